"""One node of a run tree, as handlers and listeners get it: what ran, when, with what, and what came of it.

The fields are those of `langchain_core.tracers.schemas.Run` (LangSmith's run) without its posting.

Shape: `inputs` and `outputs` are dicts (what is none stands under "input" and "output"; {} while there is
nothing); `extra` holds "metadata" and what the start event told besides (options, batch_size); `events` is a
list of `{"name": "start" | "new_token" | "retry" | "end" | "error", "time": datetime, "kwargs": {...}}`;
`dotted_order` is `<start %Y%m%dT%H%M%S%fZ><id>` of the run and those above it, joined by dots.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ..messages.merging import copy_json
from ..runs import new_run_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional, TypeVar
    from uuid import UUID

    from .places import Place

    Kind = TypeVar("Kind", bound="Run")

__all__ = ["Run", "name_in"]


class _DottedOrder:
    """A run's `dotted_order`, where none was given: that of its place."""

    def __get__(self, run: Optional[Run], owner: Any = None) -> Any:
        if run is None:
            return self
        return "" if run.place is None else run.place.text


class Run:
    """A run and, in `child_runs`, those inside it. Times are UTC; `error` is a text with the traceback.

    >>> from uuid import UUID
    >>> run = Run(id=UUID(int=1), name="double", inputs={"input": 4}, tags=["a"])
    >>> run.name, run.run_type, run.inputs, run.tags, run.outputs, run.error
    ('double', 'chain', {'input': 4}, ['a'], {}, None)
    """

    _fields = (
        "id",
        "name",
        "start_time",
        "run_type",
        "end_time",
        "extra",
        "error",
        "serialized",
        "events",
        "inputs",
        "outputs",
        "reference_example_id",
        "parent_run_id",
        "tags",
        "session_name",
        "session_id",
        "dotted_order",
        "trace_id",
    )

    place: Optional[Place] = None  # in a tracer's tree
    dotted_order: Any = _DottedOrder()

    def __init__(
        self,
        *,
        id: Optional[UUID] = None,
        name: Optional[str] = None,
        run_type: str = "chain",
        start_time: Optional[datetime] = None,
        end_time: Optional[datetime] = None,
        extra: Optional[Dict[str, Any]] = None,
        error: Optional[str] = None,
        serialized: Optional[Dict[str, Any]] = None,
        events: Optional[List[Dict[str, Any]]] = None,
        inputs: Optional[Dict[str, Any]] = None,
        outputs: Optional[Dict[str, Any]] = None,
        reference_example_id: Optional[UUID] = None,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        child_runs: Optional[List[Run]] = None,
        session_name: Optional[str] = None,
        session_id: Optional[UUID] = None,
        dotted_order: str = "",
        trace_id: Optional[UUID] = None,
    ) -> None:
        self.id = id or new_run_uuid()
        self.name = name or name_in(serialized or {})
        self.run_type = run_type
        self.start_time = start_time or datetime.now(timezone.utc)
        self.end_time = end_time
        self.extra = {} if extra is None else extra
        self.error = error
        self.serialized = serialized
        self.events = [] if events is None else events
        self.inputs = {} if inputs is None else inputs
        self.outputs: Dict[str, Any] = {} if outputs is None else outputs
        self.reference_example_id = reference_example_id
        self.parent_run_id = parent_run_id
        self.tags = list(tags or ())
        self.child_runs: List[Run] = [] if child_runs is None else child_runs
        self.session_name = session_name  # the LangSmith project, for whoever posts the run
        self.session_id = session_id
        if dotted_order:
            self.dotted_order = dotted_order
        self.trace_id = trace_id or self.id

    @property
    def metadata(self) -> Dict[str, Any]:
        """The metadata of the run, as it stands in `extra`."""
        found: Dict[str, Any] = self.extra.setdefault("metadata", {})
        return found

    def dict(self) -> Mapping[str, Any]:
        """Give the fields without `child_runs`; messages in them as dicts, lists and dicts copied."""
        return {name: _dumped(getattr(self, name)) for name in self._fields}

    model_dump = dict

    def copy(self: Kind, *, update: Optional[Mapping[str, Any]] = None) -> Kind:
        """Give a copy with other values in some fields; what the fields hold is shared."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        copied.__dict__.update(update or {})
        return copied

    model_copy = copy

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(id={self.id}, name={self.name!r}, run_type={self.run_type!r}, "
            f"dotted_order={self.dotted_order!r})"
        )


def name_in(serialized: Mapping[str, Any]) -> str:
    """Give the name of a run whose start event gives none: that of what runs, or of its class."""
    if serialized.get("name"):
        return str(serialized["name"])
    return str(serialized["id"][-1]) if serialized.get("id") else "Unnamed"


def _dumped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _dumped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dumped(item) for item in value]
    if callable(getattr(value, "model_dump", None)) and not isinstance(value, type):
        return value.model_dump()
    return copy_json(value)
