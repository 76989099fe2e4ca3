"""RunnableWithFallbacks: runnables that are asked in turn until one does not raise."""

from __future__ import annotations

from ..errors import ConfigurationError
from .step import Step
from .streams import gather, once
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, List, Optional, Sequence, Tuple, Type

    from ..runs import Run
    from .base import Runnable
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

__all__ = ["RunnableWithFallbacks"]


class RunnableWithFallbacks(Step):
    """Asks `runnable`, and when it raises one of `exceptions_to_handle`, the fallbacks in turn.

    `exception_key`: the input, a dict, gets the last exception under this key. A stream changes over
    before its first piece only; later errors are raised.

    Raises: the first exception, when all have raised.
    """

    _gathers = True

    def __init__(
        self,
        *,
        runnable: Runnable[Any, Any],
        fallbacks: Sequence[Runnable[Any, Any]],
        exceptions_to_handle: Tuple[Type[BaseException], ...] = (Exception,),
        exception_key: Optional[str] = None,
    ) -> None:
        self.runnable = runnable
        self.fallbacks = list(fallbacks) if hasattr(fallbacks, "__iter__") else []
        if not hasattr(fallbacks, "__iter__") or not all(hasattr(one, "invoke") for one in self.fallbacks):
            raise ConfigurationError(f"fallbacks= takes a list of runnables, not {fallbacks!r:.100}")
        self.exceptions_to_handle = exceptions_to_handle
        self.exception_key = exception_key

    @property
    def runnables(self) -> Iterator[Runnable[Any, Any]]:
        """The runnable and its fallbacks, in order."""
        yield self.runnable
        yield from self.fallbacks

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs(self.runnables)

    def __repr__(self) -> str:
        return f"RunnableWithFallbacks(runnable={self.runnable!r}, fallbacks={self.fallbacks!r})"

    def __getattr__(self, name: str) -> Any:
        """Give an attribute of the runnable; a method that gives a runnable is applied to all of them.

        So `model.with_fallbacks([other]).bind_tools(tools)` binds them to both.
        """
        if name.startswith("_") or "runnable" not in self.__dict__:
            raise AttributeError(name)
        value = getattr(self.runnable, name)
        if name not in MAKES_A_RUNNABLE or not callable(value):
            return value

        def applied(*args: Any, **kwargs: Any) -> RunnableWithFallbacks:
            made: List[Any] = [getattr(one, name)(*args, **kwargs) for one in self.runnables]
            return RunnableWithFallbacks(
                runnable=made[0],
                fallbacks=made[1:],
                exceptions_to_handle=self.exceptions_to_handle,
                exception_key=self.exception_key,
            )

        return applied

    def _checked(self, input: Any) -> Any:
        if self.exception_key is None:
            return input
        if not isinstance(input, dict):
            raise ConfigurationError(
                "If 'exception_key' is specified then input must be a dictionary."
                f"However found a type of {type(input)} for input"
            )
        return dict(input)

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        input = self._checked(input)
        first: Optional[BaseException] = None
        for runnable in self.runnables:
            try:
                return await runnable._run_once(run.child(), input, **kwargs)
            except self.exceptions_to_handle as error:
                first = first or error
                if self.exception_key is not None:
                    input[self.exception_key] = error
        raise first  # type: ignore[misc]

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        input = self._checked(await gather(inputs))
        first: Optional[BaseException] = None
        for runnable in self.runnables:
            pieces = runnable._run_stream(run.child(), once(input), **kwargs)
            begun = False
            try:
                async for items in pieces:
                    begun = True
                    yield items
                return
            except self.exceptions_to_handle as error:
                if begun:
                    raise
                first = first or error
                if self.exception_key is not None:
                    input[self.exception_key] = error
            finally:
                await pieces.aclose()
        raise first  # type: ignore[misc]


MAKES_A_RUNNABLE = ("bind_tools", "with_structured_output")
