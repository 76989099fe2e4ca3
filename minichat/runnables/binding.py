"""RunnableBinding: a runnable with what each of its calls gets: keyword arguments, config, listeners."""

from __future__ import annotations

from .base import Runnable
from .utils import unique_specs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Dict, List, Optional

    from ..runs import Context
    from .streams import Inputs, Pieces
    from .utils import ConfigurableFieldSpec

    ConfigFactory = Callable[[Mapping[str, Any]], Mapping[str, Any]]

__all__ = ["RunnableBinding", "RunnableBindingBase", "listening"]


class RunnableBinding(Runnable["Any", "Any"]):
    """What `bind`, `with_config`, `with_listeners` and `with_types` give.

    A call's own keyword arguments and config win over the bound ones. It has no run of its own.
    Attributes it does not have are those of the runnable inside (`bound`).
    """

    def __init__(
        self,
        *,
        bound: Runnable[Any, Any],
        kwargs: Optional[Mapping[str, Any]] = None,
        config: Optional[Mapping[str, Any]] = None,
        config_factories: Optional[Sequence[ConfigFactory]] = None,
        custom_input_type: Any = None,
        custom_output_type: Any = None,
    ) -> None:
        self.bound = bound
        self.kwargs: Dict[str, Any] = dict(kwargs or {})
        self.config: Dict[str, Any] = dict(config or {})
        self.config_factories: List[ConfigFactory] = list(config_factories or [])
        self.custom_input_type = custom_input_type
        self.custom_output_type = custom_output_type

    def _with(self, **changes: Any) -> RunnableBinding:
        fields = {
            "bound": self.bound,
            "kwargs": self.kwargs,
            "config": self.config,
            "config_factories": self.config_factories,
            "custom_input_type": self.custom_input_type,
            "custom_output_type": self.custom_output_type,
        }
        return type(self)(**{**fields, **changes})

    def _context(self, ctx: Context) -> Context:
        ctx = ctx.under(self.config)
        for factory in self.config_factories:
            ctx = ctx.under(factory(ctx.config()))
        return ctx

    async def _run_once(self, ctx: Context, input: Any, **kwargs: Any) -> Any:
        return await self.bound._run_once(self._context(ctx), input, **{**self.kwargs, **kwargs})

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        return self.bound._run_stream(self._context(ctx), inputs, **{**self.kwargs, **kwargs})

    # -- bound again: one binding, not one around another ---------------------------------

    def bind(self, **kwargs: Any) -> RunnableBinding:
        return self._with(kwargs={**self.kwargs, **kwargs})

    def with_config(self, config: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> RunnableBinding:
        return self._with(config={**self.config, **(config or {}), **kwargs})

    def with_listeners(self, *, on_start: Any = None, on_end: Any = None, on_error: Any = None) -> RunnableBinding:
        more = listening(False, on_start, on_end, on_error)
        return self._with(config_factories=[more, *self.config_factories])

    def with_alisteners(self, *, on_start: Any = None, on_end: Any = None, on_error: Any = None) -> RunnableBinding:
        more = listening(True, on_start, on_end, on_error)
        return self._with(config_factories=[more, *self.config_factories])

    def with_types(self, *, input_type: Any = None, output_type: Any = None) -> RunnableBinding:
        return self._with(
            custom_input_type=input_type if input_type is not None else self.custom_input_type,
            custom_output_type=output_type if output_type is not None else self.custom_output_type,
        )

    def with_retry(self, **kwargs: Any) -> RunnableBinding:
        """As any runnable's: what is tried again is the runnable inside, the whole has the name and the tags."""
        return self._with(bound=self.bound.with_retry(**kwargs))

    # -- what the runnable inside says of itself -------------------------------------------

    def get_name(self, suffix: Optional[str] = None, *, name: Optional[str] = None) -> str:
        return self.bound.get_name(suffix, name=name)

    @property
    def InputType(self) -> Any:
        return self.custom_input_type if self.custom_input_type is not None else self.bound.InputType

    @property
    def OutputType(self) -> Any:
        return self.custom_output_type if self.custom_output_type is not None else self.bound.OutputType

    @property
    def config_specs(self) -> List[ConfigurableFieldSpec]:
        return unique_specs([self.bound])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "bound" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.bound, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableBinding):
            return NotImplemented
        mine, theirs = (self.bound, self.kwargs, self.config), (other.bound, other.kwargs, other.config)
        return mine == theirs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"RunnableBinding(bound={self.bound!r}, kwargs={self.kwargs!r}, config={self.config!r}, "
            f"config_factories={self.config_factories!r})"
        )


RunnableBindingBase = RunnableBinding


def listening(waiting: bool, on_start: Any, on_end: Any, on_error: Any) -> ConfigFactory:
    """Give what makes the callbacks of `with_listeners` for one call."""

    def factory(config: Mapping[str, Any]) -> Mapping[str, Any]:
        from ..tracers.root_listeners import AsyncRootListenersTracer, RootListenersTracer

        kind: Any = AsyncRootListenersTracer if waiting else RootListenersTracer
        return {"callbacks": [kind(config=config, on_start=on_start, on_end=on_end, on_error=on_error)]}

    return factory
