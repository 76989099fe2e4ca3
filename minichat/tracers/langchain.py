"""`langchain_core.tracers.langchain` under that name: the tracer that sends runs to LangSmith."""

from __future__ import annotations

from .langsmith.ending import flush
from .langsmith.tracer import LangChainTracer

__all__ = ["LangChainTracer", "wait_for_all_tracers"]


def wait_for_all_tracers() -> None:
    """Wait until LangSmith has all runs that were told so far, or its senders gave up."""
    flush(None)
