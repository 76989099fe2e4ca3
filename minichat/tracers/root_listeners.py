"""What `with_listeners` adds to a runnable: functions that hear of its own run, not of those inside.

The tracer takes the first run it sees begin for the root. A listener is called with the `Run`, and with the
config as well when it has a parameter of that name.
"""

from __future__ import annotations

import inspect

from .base import AsyncBaseTracer, BaseTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, Optional
    from uuid import UUID

    from .schemas import Run

    Listener = Callable[..., Any]
    AsyncListener = Callable[..., Awaitable[Any]]

__all__ = ["AsyncRootListenersTracer", "RootListenersTracer"]


class _Listeners:
    """Which listener an event is for, and what it is called with; the same for both kinds of tracer."""

    def __init__(self, on_start: Any, on_end: Any, on_error: Any, config: Mapping[str, Any]) -> None:
        self._on_start = on_start
        self._on_end = on_end
        self._on_error = on_error
        self._config = config
        self.root_id: Optional[UUID] = None

    def begun(self, run: Run) -> Any:
        """Give what the start listener gives, None when the run is not the root or nobody listens."""
        if self.root_id is not None:
            return None
        self.root_id = run.id
        return self._call(self._on_start, run)

    def ended(self, run: Run) -> Any:
        """The same for the listener of its end or its error."""
        if run.id != self.root_id:
            return None
        return self._call(self._on_end if run.error is None else self._on_error, run)

    def _call(self, listener: Optional[Callable[..., Any]], run: Run) -> Any:
        if listener is None:
            return None
        if _takes_config(listener):
            return listener(run, config=self._config)
        return listener(run)


def _takes_config(function: Callable[..., Any]) -> bool:
    try:
        return "config" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin says nothing of its parameters
        return False


class RootListenersTracer(BaseTracer):
    """Calls `on_start(run)` when the root begins, `on_end(run)` or `on_error(run)` when it has ended."""

    log_missing_parent = False

    def __init__(
        self,
        *,
        config: Mapping[str, Any],
        on_start: Optional[Listener] = None,
        on_end: Optional[Listener] = None,
        on_error: Optional[Listener] = None,
    ) -> None:
        super().__init__(_schema_format="original+chat")
        self.listeners = _Listeners(on_start, on_end, on_error, config)

    def _persist_run(self, run: Run) -> None:
        """Nothing is kept."""

    def _on_run_create(self, run: Run) -> None:
        self.listeners.begun(run)

    def _on_run_update(self, run: Run) -> None:
        self.listeners.ended(run)


class AsyncRootListenersTracer(AsyncBaseTracer):
    """`RootListenersTracer` whose listeners are coroutine functions."""

    log_missing_parent = False

    def __init__(
        self,
        *,
        config: Mapping[str, Any],
        on_start: Optional[AsyncListener] = None,
        on_end: Optional[AsyncListener] = None,
        on_error: Optional[AsyncListener] = None,
    ) -> None:
        super().__init__(_schema_format="original+chat")
        self.listeners = _Listeners(on_start, on_end, on_error, config)

    async def _persist_run(self, run: Run) -> None:
        """Nothing is kept."""

    async def _on_run_create(self, run: Run) -> None:
        await _done(self.listeners.begun(run))

    async def _on_run_update(self, run: Run) -> None:
        await _done(self.listeners.ended(run))


async def _done(result: Any) -> None:
    """Await what a listener gave, if it is to be awaited: a plain function is a listener too."""
    if hasattr(result, "__await__"):
        await result
