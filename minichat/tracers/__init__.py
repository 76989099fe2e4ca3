"""Handlers that see whole runs: trees of them, what they print, and views of a run while it goes on.

As in `langchain_core.tracers`; the names are loaded from their modules on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .base import AsyncBaseTracer as AsyncBaseTracer, BaseTracer as BaseTracer
    from .context import collect_runs as collect_runs
    from .log_stream import (
        LogStreamCallbackHandler as LogStreamCallbackHandler,
        RunLog as RunLog,
        RunLogPatch as RunLogPatch,
    )
    from .root_listeners import (
        AsyncRootListenersTracer as AsyncRootListenersTracer,
        RootListenersTracer as RootListenersTracer,
    )
    from .run_collector import RunCollectorCallbackHandler as RunCollectorCallbackHandler
    from .schemas import Run as Run
    from .stdout import (
        ConsoleCallbackHandler as ConsoleCallbackHandler,
        FunctionCallbackHandler as FunctionCallbackHandler,
    )

_HOME_OF = {
    "AsyncBaseTracer": "base",
    "AsyncRootListenersTracer": "root_listeners",
    "BaseTracer": "base",
    "ConsoleCallbackHandler": "stdout",
    "FunctionCallbackHandler": "stdout",
    "LogStreamCallbackHandler": "log_stream",
    "RootListenersTracer": "root_listeners",
    "Run": "schemas",
    "RunCollectorCallbackHandler": "run_collector",
    "RunLog": "log_stream",
    "RunLogPatch": "log_stream",
    "collect_runs": "context",
}

__all__ = [*_HOME_OF]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
