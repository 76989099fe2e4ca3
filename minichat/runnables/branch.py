"""RunnableBranch: the first runnable whose condition holds, or the default."""

from __future__ import annotations

from ..backends.driver import closing
from ..errors import ConfigurationError
from .base import Runnable
from .sequence import coerce_to_runnable
from .step import Step
from .streams import gather, once
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

    from ..runs import Run
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["RunnableBranch"]


class RunnableBranch(Step):
    """(condition, runnable) pairs, and at the end the runnable for when no condition holds.

    >>> RunnableBranch((lambda x: x > 9, lambda x: "big"), lambda x: "small").invoke(3)
    'small'

    Raises: ValueError for fewer than one pair and a default; TypeError for what is neither.
    """

    _gathers = True

    def __init__(self, *branches: Any) -> None:
        if len(branches) < 2:
            raise ValueError("RunnableBranch requires at least two branches")
        *pairs, default = branches
        if not (isinstance(default, (Runnable, dict)) or callable(default)):
            raise TypeError("RunnableBranch default must be Runnable, callable or mapping.")
        self.branches: List[Tuple[Runnable[Any, Any], Runnable[Any, Any]]] = []
        for pair in pairs:
            if not isinstance(pair, (tuple, list)):
                raise TypeError(f"RunnableBranch branches must be tuples or lists, not {type(pair)}")
            if len(pair) != 2:
                raise ConfigurationError(
                    f"RunnableBranch branches must be tuples or lists of length 2, not {len(pair)}"
                )
            self.branches.append((coerce_to_runnable(pair[0]), coerce_to_runnable(pair[1])))
        self.default = coerce_to_runnable(default)

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs([*(one for pair in self.branches for one in pair), self.default])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableBranch):
            return NotImplemented
        return (self.branches, self.default) == (other.branches, other.default)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RunnableBranch(branches={self.branches!r}, default={self.default!r})"

    async def _chosen(self, run: Run, input: Any) -> Tuple[Runnable[Any, Any], str]:
        for number, (condition, runnable) in enumerate(self.branches, 1):
            if await condition._run_once(run.child(f"condition:{number}"), input):
                return runnable, f"branch:{number}"
        return self.default, "branch:default"

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        runnable, tag = await self._chosen(run, input)
        return await runnable._run_once(run.child(tag), input, **kwargs)

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        input = await gather(inputs)
        runnable, tag = await self._chosen(run, input)
        stream = runnable._run_stream(run.child(tag), once(input), **kwargs)
        async with closing(stream) as pieces:
            async for items in pieces:
                yield items
