"""RunnableBinding: a runnable and the keyword arguments that each of its calls gets."""

from __future__ import annotations

from .base import Runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict

    from ..runs import Context
    from .base import Inputs

__all__ = ["RunnableBinding"]


class RunnableBinding(Runnable["Any", "Any"]):
    """What `bind` gives. A call's own keyword arguments win over the bound ones.

    Attributes it does not have are those of the runnable inside (`bound`).
    """

    def __init__(self, *, bound: Runnable[Any, Any], kwargs: Dict[str, Any]) -> None:
        self.bound = bound
        self.kwargs = kwargs

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        return await self.bound._run_once(ctx, input, **{**self.kwargs, **kwargs})

    def _run_stream(
        self, ctx: Context, inputs: Inputs, **kwargs: Any
    ) -> AsyncGenerator[Sequence[Any], None]:
        return self.bound._run_stream(ctx, inputs, **{**self.kwargs, **kwargs})

    def bind(self, **kwargs: Any) -> RunnableBinding:
        return RunnableBinding(bound=self.bound, kwargs={**self.kwargs, **kwargs})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "bound" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.bound, name)

    def __repr__(self) -> str:
        return f"RunnableBinding(bound={self.bound!r}, kwargs={self.kwargs!r})"
