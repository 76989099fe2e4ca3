"""RunnableEach: a runnable for each item of a list; what `map` gives."""

from __future__ import annotations

from .base import Runnable
from .batching import run_jobs
from .sequence import coerce_to_runnable
from .step import Step
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional

    from ..runs import Run
    from .utils import ConfigurableFieldSpec

__all__ = ["RunnableEach", "RunnableEachBase"]


class RunnableEach(Step):
    """Gives the list of what `bound` made of each item, side by side, in the order of the items."""

    def __init__(self, *, bound: Any) -> None:
        self.bound: Runnable[Any, Any] = coerce_to_runnable(bound)

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        known = name or self.name or f"RunnableEach<{self.bound.get_name()}>"
        return super().get_name(suffix, name=known)

    def bind(self, **kwargs: Any) -> RunnableEach:
        return RunnableEach(bound=self.bound.bind(**kwargs))

    def with_config(self, config: Any = None, **kwargs: Any) -> RunnableEach:
        return RunnableEach(bound=self.bound.with_config(config, **kwargs))

    def with_listeners(self, *, on_start: Any = None, on_end: Any = None, on_error: Any = None) -> RunnableEach:
        bound = self.bound.with_listeners(on_start=on_start, on_end=on_end, on_error=on_error)
        return RunnableEach(bound=bound)

    def with_alisteners(self, *, on_start: Any = None, on_end: Any = None, on_error: Any = None) -> RunnableEach:
        bound = self.bound.with_alisteners(on_start=on_start, on_end=on_end, on_error=on_error)
        return RunnableEach(bound=bound)

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs([self.bound])

    def __eq__(self, other: object) -> bool:
        return self.bound == other.bound if isinstance(other, RunnableEach) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RunnableEach(bound={self.bound!r})"

    async def _work(self, run: Run, input: Any, *, return_exceptions: bool = False, **kwargs: Any) -> Any:
        def job(item: Any) -> Any:
            return lambda: self.bound._run_once(run.child(), item, **kwargs)

        return await run_jobs(run.context, [job(item) for item in input], return_exceptions)


RunnableEachBase = RunnableEach
