"""RunnableParallel: several runnables on the same input, side by side; what a dict becomes in a chain."""

from __future__ import annotations

from ..backends.driver import closing
from .batching import run_jobs
from .sequence import coerce_to_runnable, indent_after_first
from .step import Step
from .streams import split
from .utils import AddableDict, unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, List, Optional

    from ..runs import Run
    from .base import Runnable
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["RunnableMap", "RunnableParallel"]


class RunnableParallel(Step):
    """Gives a dict: for each key what its runnable made of the input.

    Streamed, it gives dicts of one key each, as they come; they add up with `+`.

    >>> RunnableParallel(double=lambda x: x * 2, text=str).invoke(4)
    {'double': 8, 'text': '4'}
    """

    def __init__(
        self, steps__: Optional[Mapping[str, Any]] = None, *, name: Optional[str] = None, **kwargs: Any
    ) -> None:
        merged = {**(steps__ or {}), **kwargs}
        self.steps__: Dict[str, Runnable[Any, Any]] = {
            key: coerce_to_runnable(step) for key, step in merged.items()
        }
        self.name = name

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        known = name or self.name or f"RunnableParallel<{','.join(self.steps__)}>"
        return super().get_name(suffix, name=known)

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs(self.steps__.values())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableParallel):
            return NotImplemented
        return self.steps__ == other.steps__ and self.name == other.name

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        lines = (
            f"{key}: {indent_after_first(repr(step), ' ' * (len(key) + 4))}"
            for key, step in self.steps__.items()
        )
        return "{\n  " + ",\n  ".join(lines) + "\n}"

    # -- the work --------------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        keys = list(self.steps__)

        def job(key: str) -> Any:
            return lambda: self.steps__[key]._run_once(run.child(f"map:key:{key}"), input)

        return dict(zip(keys, await run_jobs(run.context, [job(key) for key in keys])))

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        steps = dict(self.steps__)
        backend = run.context.backend
        keys = list(steps)
        streams = [
            steps[key]._run_stream(run.child(f"map:key:{key}"), copy)
            for key, copy in zip(keys, split(inputs, len(steps), backend))
        ]
        if len(streams) == 1:
            async with closing(streams[0]) as pieces:
                async for items in pieces:
                    yield [AddableDict({keys[0]: item}) for item in items]
            return
        async with closing(backend.merge(streams)) as merged:
            async for index, items in merged:
                yield [AddableDict({keys[index]: item}) for item in items]


RunnableMap = RunnableParallel
