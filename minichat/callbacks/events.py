"""Events said by hand: to a list of handlers, or to whoever listens to the run one stands in.

How a handler is called is written in `runs`; here it is only chosen on which side.
"""

from __future__ import annotations

from ..backends.driver import run
from ..context import Context
from ..runs import notify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Dict, Mapping, Optional, Tuple
    from uuid import UUID

    from ..backends.base import Backend

__all__ = [
    "adispatch_custom_event",
    "ahandle_event",
    "backend_for",
    "custom_event",
    "dispatch_custom_event",
    "handle_event",
]


def handle_event(
    handlers: Iterable[Any], event_name: str, ignore_condition_name: Optional[str], *args: Any, **kwargs: Any
) -> None:
    """Call the method `event_name` of each handler whose `ignore_condition_name` is not true.

    >>> class Shout:
    ...     def on_text(self, text, **kwargs):
    ...         print(text.upper())
    >>> handle_event([Shout()], "on_text", None, "hello")
    HELLO
    """
    backend = backend_for(is_async=False)
    run(_tell(backend, handlers, event_name, ignore_condition_name, args, kwargs))


async def ahandle_event(
    handlers: Iterable[Any], event_name: str, ignore_condition_name: Optional[str], *args: Any, **kwargs: Any
) -> None:
    """As `handle_event`; coroutines are awaited on the running event loop."""
    backend = backend_for(is_async=True)
    await _tell(backend, handlers, event_name, ignore_condition_name, args, kwargs)


def dispatch_custom_event(name: str, data: Any, *, config: Optional[Mapping[str, Any]] = None) -> None:
    """Tell `on_custom_event(name, data)` to the handlers of the run whose code this is called from.

    `config` is what the function was given, where context variables do not reach (a thread of its own).
    Raises: RuntimeError outside of a run.
    """
    run(_dispatch(name, data, config, backend_for(is_async=False)))


async def adispatch_custom_event(name: str, data: Any, *, config: Optional[Mapping[str, Any]] = None) -> None:
    """As `dispatch_custom_event`, from a coroutine."""
    await _dispatch(name, data, config, backend_for(is_async=True))


async def _dispatch(name: str, data: Any, config: Optional[Mapping[str, Any]], backend: Backend) -> None:
    context = Context.of(config, backend)
    if context.parent is None:
        raise RuntimeError(
            f"the custom event {name!r} has no run to belong to; dispatch it from a function that a runnable "
            "calls (a RunnableLambda, a RunnableGenerator, a tool), and pass config= on into threads of your own"
        )
    await custom_event(context, name, data, context.parent.uuid)


async def custom_event(context: Context, name: str, data: Any, run_id: UUID) -> None:
    """Tell the handlers of `context` a custom event of the run `run_id`; they are not told its parent."""
    told = {"run_id": run_id, "tags": list(context.tags), "metadata": dict(context.metadata)}
    await _tell(context.backend, context.handlers, "on_custom_event", "ignore_custom_event", (name, data), told)


async def _tell(
    backend: Backend,
    handlers: Iterable[Any],
    method: str,
    switch: Optional[str],
    args: Tuple[Any, ...],
    kwargs: Dict[str, Any],
) -> None:
    for handler in handlers:
        if not (switch and getattr(handler, switch, False)):
            await notify(backend, handler, method, args, kwargs)


def backend_for(*, is_async: bool) -> Backend:
    """Give the backend of one side, loaded when it is needed."""
    if is_async:
        from ..backends import aio

        return aio.backend
    from ..backends import blocking

    return blocking.backend
