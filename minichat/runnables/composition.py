"""Composition: the methods that make a new runnable of one, LangChain's expression language.

Each imports what it makes when it is called, so that a program pays for the kinds it uses.
"""

from __future__ import annotations

from ..settings import check_dictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple, Type, Union

    from .base import Runnable

__all__ = ["Composable"]


class Composable:
    """What `Runnable` can do with other runnables."""

    # -- one after the other ---------------------------------------------------------------

    def __or__(self: Any, other: Any) -> Runnable[Any, Any]:
        """Give the sequence of this and `other`: a runnable, a function, a generator, or a dict of them.

        Raises: TypeError for anything else.
        """
        from .sequence import RunnableSequence, coerce_to_runnable

        return RunnableSequence(self, coerce_to_runnable(other))

    def __ror__(self: Any, other: Any) -> Runnable[Any, Any]:
        from .sequence import RunnableSequence, coerce_to_runnable

        return RunnableSequence(coerce_to_runnable(other), self)

    def pipe(self: Any, *others: Any, name: Optional[str] = None) -> Runnable[Any, Any]:
        """As `self | others[0] | ...`, with a name for the whole."""
        from .sequence import RunnableSequence

        return RunnableSequence(self, *others, name=name)

    def pick(self: Any, keys: Union[str, List[str]]) -> Runnable[Any, Any]:
        """Pick one key of the output dict (its value), or several (a smaller dict)."""
        from .passthrough import RunnablePick
        from .sequence import RunnableSequence

        return RunnableSequence(self, RunnablePick(keys))

    def assign(self: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """Add keys to the output dict, each computed from it by a runnable or function."""
        from .passthrough import RunnableAssign
        from .sequence import RunnableSequence

        return RunnableSequence(self, RunnableAssign(kwargs))

    def map(self: Any) -> Runnable[Any, Any]:
        """Give this for lists: each item of an input list goes through it, side by side."""
        from .each import RunnableEach

        return RunnableEach(bound=self)

    # -- the same, called otherwise --------------------------------------------------------

    def bind(self: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """Give this runnable with keyword arguments that every call of it gets."""
        from .binding import RunnableBinding

        return RunnableBinding(bound=self, kwargs=kwargs)

    def with_config(self: Any, config: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> Runnable[Any, Any]:
        """Give this runnable with a config below that of each call: `tags=`, `callbacks=`, `run_name=` …"""
        from .binding import RunnableBinding

        check_dictionary("config", config)
        return RunnableBinding(bound=self, config={**(config or {}), **kwargs})

    def with_listeners(
        self: Any,
        *,
        on_start: Optional[Callable[..., None]] = None,
        on_end: Optional[Callable[..., None]] = None,
        on_error: Optional[Callable[..., None]] = None,
    ) -> Runnable[Any, Any]:
        """Give this runnable with functions that are told its runs: `on_end(run)` or `on_end(run, config)`."""
        from .binding import RunnableBinding, listening

        return RunnableBinding(bound=self, config_factories=[listening(False, on_start, on_end, on_error)])

    def with_alisteners(
        self: Any,
        *,
        on_start: Optional[Callable[..., Any]] = None,
        on_end: Optional[Callable[..., Any]] = None,
        on_error: Optional[Callable[..., Any]] = None,
    ) -> Runnable[Any, Any]:
        """As `with_listeners`, with coroutine functions."""
        from .binding import RunnableBinding, listening

        return RunnableBinding(bound=self, config_factories=[listening(True, on_start, on_end, on_error)])

    def with_types(self: Any, *, input_type: Any = None, output_type: Any = None) -> Runnable[Any, Any]:
        """Give this runnable with other `InputType` and `OutputType`; nothing checks them."""
        from .binding import RunnableBinding

        return RunnableBinding(bound=self, custom_input_type=input_type, custom_output_type=output_type)

    def with_retry(
        self: Any,
        *,
        retry_if_exception_type: Tuple[Type[BaseException], ...] = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: Optional[Dict[str, float]] = None,
        stop_after_attempt: int = 3,
    ) -> Runnable[Any, Any]:
        """Give this runnable tried again when it raises one of these exceptions."""
        from .retry import RunnableRetry

        return RunnableRetry(
            bound=self,
            retry_exception_types=retry_if_exception_type,
            wait_exponential_jitter=wait_exponential_jitter,
            exponential_jitter_params=exponential_jitter_params,
            max_attempt_number=stop_after_attempt,
        )

    def with_fallbacks(
        self: Any,
        fallbacks: Sequence[Runnable[Any, Any]],
        *,
        exceptions_to_handle: Tuple[Type[BaseException], ...] = (Exception,),
        exception_key: Optional[str] = None,
    ) -> Runnable[Any, Any]:
        """Give this runnable with others that are asked in turn when it raises.

        `exception_key`: the input dict of a fallback gets the exception under this key.
        """
        from .fallbacks import RunnableWithFallbacks

        return RunnableWithFallbacks(
            runnable=self,
            fallbacks=fallbacks,
            exceptions_to_handle=exceptions_to_handle,
            exception_key=exception_key,
        )

    # -- settings chosen by each call ------------------------------------------------------

    def configurable_fields(self: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """Let calls choose fields by `config={"configurable": {...}}`; see `ConfigurableField`."""
        from .configurable import RunnableConfigurableFields

        return RunnableConfigurableFields(default=self, fields=kwargs)

    def configurable_alternatives(
        self: Any, which: Any, *, default_key: str = "default", prefix_keys: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """Let calls choose another runnable by `config={"configurable": {which.id: key}}`."""
        from .configurable import RunnableConfigurableAlternatives

        return RunnableConfigurableAlternatives(
            which=which, default=self, alternatives=kwargs, default_key=default_key, prefix_keys=prefix_keys
        )

    def as_tool(self: Any, args_schema: Any = None, **kwargs: Any) -> Any:
        """Give a tool of this; see `tools.convert_runnable_to_tool` for `name=`, `description=`, `arg_types=`."""
        from ..tools import convert_runnable_to_tool

        return convert_runnable_to_tool(self, args_schema, **kwargs)
