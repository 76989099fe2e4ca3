"""Handlers that see whole runs: trees of them, what they print, and views of a run while it goes on.

As in `langchain_core.tracers`; the names are loaded from their modules on first use.
"""

from __future__ import annotations

from ..lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import AsyncBaseTracer, BaseTracer
    from .context import collect_runs
    from .langsmith.tracer import LangChainTracer
    from .log_stream import LogStreamCallbackHandler, RunLog, RunLogPatch
    from .root_listeners import AsyncRootListenersTracer, RootListenersTracer
    from .run_collector import RunCollectorCallbackHandler
    from .schemas import Run
    from .stdout import ConsoleCallbackHandler, FunctionCallbackHandler

__all__ = [
    "AsyncBaseTracer",
    "AsyncRootListenersTracer",
    "BaseTracer",
    "ConsoleCallbackHandler",
    "FunctionCallbackHandler",
    "LangChainTracer",
    "LogStreamCallbackHandler",
    "RootListenersTracer",
    "Run",
    "RunCollectorCallbackHandler",
    "RunLog",
    "RunLogPatch",
    "collect_runs",
]

__getattr__ = names_from(
    __name__,
    {
        "base": "AsyncBaseTracer BaseTracer",
        "context": "collect_runs",
        "langsmith.tracer": "LangChainTracer",
        "log_stream": "LogStreamCallbackHandler RunLog RunLogPatch",
        "root_listeners": "AsyncRootListenersTracer RootListenersTracer",
        "run_collector": "RunCollectorCallbackHandler",
        "schemas": "Run",
        "stdout": "ConsoleCallbackHandler FunctionCallbackHandler",
    },
    globals(),
)
