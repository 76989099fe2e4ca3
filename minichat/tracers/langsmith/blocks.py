"""What the innermost `tracing_context` says, where every tracer can ask for it."""

from __future__ import annotations

from contextvars import ContextVar

from ...errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from .settings import Settings
    from .tracer import LangChainTracer

__all__ = ["Block", "Parent", "block_var"]


class Block:
    """The arguments of a `tracing_context`, None for what it says nothing of, and the tracers made for it."""

    __slots__ = ("client", "enabled", "metadata", "parent", "project_name", "tags", "tracers")

    def __init__(self) -> None:
        self.project_name: Optional[str] = None
        self.tags: Optional[List[str]] = None
        self.metadata: Optional[Dict[str, Any]] = None
        self.parent: Optional[Parent] = None
        self.enabled: Optional[bool] = None
        self.client: Any = None
        self.tracers: Dict[Settings, LangChainTracer] = {}


class Parent:
    """The run above a block's runs: its place in its trace, and what goes on from it."""

    __slots__ = ("dotted_order", "id", "metadata", "project", "source", "tags", "trace_id")

    def __init__(self, source: Any) -> None:
        from uuid import UUID

        self.source = source
        self.dotted_order = str(source if isinstance(source, str) else source.dotted_order)
        try:
            ids = [UUID(segment.partition("Z")[2]) for segment in self.dotted_order.split(".")]
        except ValueError:
            raise ConfigurationError(
                "tracing_context: parent= takes a run, the headers of one or its dotted order "
                "(`20261123T042525141372Z<run id>`, joined by dots)"
            ) from None
        self.trace_id, self.id = ids[0], ids[-1]
        self.project = getattr(source, "session_name", None)
        self.tags = list(getattr(source, "tags", None) or ())
        self.metadata = dict(getattr(source, "metadata", None) or {})


block_var: ContextVar[Optional[Block]] = ContextVar("langsmith_block", default=None)
