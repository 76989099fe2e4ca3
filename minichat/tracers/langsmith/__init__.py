"""LangSmith: runs sent to it as they happen, and what is there read back.

Set `LANGSMITH_TRACING=true` and `LANGSMITH_API_KEY` (or `LANGCHAIN_TRACING_V2`, `LANGCHAIN_API_KEY`), and every call
is traced; `tracing_context` and `tracing_v2_enabled` do it for a block, `LangChainTracer` for a call. Nothing of
this folder is imported before one of these is used. The names are those of `langsmith` and
`langchain_core.tracers`; they are loaded from their modules on first use.
"""

from __future__ import annotations

from ...lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .settings import Settings, tracing_is_on
    from .switch import get_tracing_context, tracing_context, tracing_v2_enabled
    from .tracer import LangChainTracer

__all__ = [
    "LangChainTracer",
    "Settings",
    "get_tracing_context",
    "tracing_context",
    "tracing_is_on",
    "tracing_v2_enabled",
]

__getattr__ = names_from(
    __name__,
    {
        "settings": "Settings tracing_is_on",
        "switch": "get_tracing_context tracing_context tracing_v2_enabled",
        "tracer": "LangChainTracer",
    },
    globals(),
)
