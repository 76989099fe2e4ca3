"""What LangSmith's API answers, as small objects: `Run`, `Example`, `Dataset`, `TracerSession`.

The attributes have the names and types of `langsmith.schemas`: ids are `uuid.UUID`, times are `datetime` with a
time zone, durations `timedelta`. A field that the server left out is None (or an empty dict or list); one that is
not known here can be read as an attribute too, as the server wrote it. `raw` is the whole answer.
Those of feedback stand in opinions.py. Also here: `plain`, which writes any value as the JSON that requests carry.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

from .snapshots import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

__all__ = [
    "ComparativeExperiment",
    "Dataset",
    "DatasetDiffInfo",
    "DatasetVersion",
    "Example",
    "Record",
    "Run",
    "TracerSession",
    "grow",
    "moment",
    "plain",
]


class Record:
    """One JSON object of the API with its fields as attributes.

    >>> example = Example({"id": "00000000-0000-0000-0000-000000000001", "inputs": {"a": 1}, "new": 2})
    >>> example.id.int, example.inputs, example.outputs, example.new
    (1, {'a': 1}, None, 2)
    """

    _ids: Tuple[str, ...] = ("id",)
    _times: Tuple[str, ...] = ()
    _seconds: Tuple[str, ...] = ()  # numbers of seconds, given as timedelta
    _plain: Tuple[str, ...] = ()
    _dicts: Tuple[str, ...] = ()  # {} where the server says null
    _shown: Tuple[str, ...] = ("id", "name")

    id: UUID

    def __init__(self, raw: Dict[str, Any]) -> None:
        self.raw = raw
        fields = self.__dict__
        for name, value in raw.items():
            if name not in ("raw", "id") and not name.startswith("_") and not hasattr(type(self), name):
                fields[name] = value
        for name in self._plain:
            fields[name] = raw.get(name)
        for name in self._dicts:
            fields[name] = raw.get(name) or {}
        for name in self._ids:
            fields[name] = _uuid(raw.get(name))
        for name in self._times:
            fields[name] = moment(raw.get(name))
        for name in self._seconds:
            value = raw.get(name)
            fields[name] = None if value is None else timedelta(seconds=float(value))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def dict(self) -> Dict[str, Any]:
        """Give the fields as they are here, without `raw`."""
        return {name: value for name, value in self.__dict__.items() if name not in ("raw", "host")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and self.raw == other.raw

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name, None)!r}" for name in self._shown)
        return f"{type(self).__name__}({shown})"


class Run(Record):
    """A run as it is stored; `child_runs` is None unless `read_run(load_child_runs=True)` made it.

    `status` is "pending", "success" or "error"; tokens and costs are those the server counted.
    """

    _ids = ("id", "session_id", "reference_example_id", "parent_run_id", "trace_id", "manifest_id")
    _times = ("start_time", "end_time", "first_token_time")
    _plain = (
        "name",
        "run_type",
        "error",
        "serialized",
        "outputs",
        "tags",
        "feedback_stats",
        "app_path",
        "status",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_token_details",
        "completion_token_details",
        "prompt_cost",
        "completion_cost",
        "total_cost",
        "in_dataset",
        "dotted_order",
        "events",
    )
    _dicts = ("inputs", "extra")
    _shown = ("id", "name", "run_type", "status")

    name: str
    run_type: str
    inputs: Dict[str, Any]
    outputs: Optional[Dict[str, Any]]
    extra: Dict[str, Any]
    error: Optional[str]
    tags: Optional[List[str]]
    start_time: datetime
    end_time: Optional[datetime]
    trace_id: UUID
    parent_run_id: Optional[UUID]
    session_id: Optional[UUID]
    reference_example_id: Optional[UUID]
    dotted_order: str
    status: Optional[str]
    total_tokens: Optional[int]

    def __init__(self, raw: Dict[str, Any], host: str = "") -> None:
        super().__init__(raw)
        self.host = host
        self.child_runs: Optional[List[Run]] = None
        self.parent_run_ids = [_uuid(one) for one in raw.get("parent_run_ids") or ()]
        self.child_run_ids = [_uuid(one) for one in raw.get("child_run_ids") or ()]

    @property
    def metadata(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.extra.setdefault("metadata", {})
        return found

    @property
    def latency(self) -> Optional[float]:
        """Seconds from start to end; None while it runs."""
        return None if self.end_time is None else (self.end_time - self.start_time).total_seconds()

    @property
    def url(self) -> Optional[str]:
        """Where the run's page is."""
        path = self.__dict__.get("app_path")
        return self.host + path if path else None


def grow(top: Run, runs: List[Run]) -> None:
    """Hang runs, in dotted order, below the run they belong to; those not below `top` are left out."""
    known = {top.id: top}
    top.child_runs = []
    for run in runs:
        parent = None if run.parent_run_id is None else known.get(run.parent_run_id)
        if parent is not None and parent.child_runs is not None and run.id not in known:
            run.child_runs = []
            known[run.id] = run
            parent.child_runs.append(run)
    for run in known.values():
        run.child_run_ids = [child.id for child in run.child_runs or ()]


class Example(Record):
    """A row of a dataset: inputs, and the outputs that are wanted."""

    _ids = ("id", "dataset_id", "source_run_id")
    _times = ("created_at", "modified_at")
    _plain = ("outputs", "metadata", "attachments")
    _dicts = ("inputs",)
    _shown = ("id", "dataset_id", "inputs")

    dataset_id: UUID
    inputs: Dict[str, Any]
    outputs: Optional[Dict[str, Any]]
    metadata: Optional[Dict[str, Any]]
    created_at: datetime
    modified_at: Optional[datetime]
    runs: List[Run]  # of get_experiment_results only


class Dataset(Record):
    """A named list of examples; `data_type` is "kv", "llm" or "chat"."""

    _times = ("created_at", "modified_at", "last_session_start_time")
    _plain = (
        "name",
        "description",
        "data_type",
        "example_count",
        "session_count",
        "transformations",
        "metadata",
    )
    _shown = ("id", "name", "data_type")

    name: str
    description: Optional[str]
    example_count: Optional[int]
    session_count: Optional[int]

    def __init__(self, raw: Dict[str, Any]) -> None:
        super().__init__(raw)
        self.inputs_schema = raw.get("inputs_schema_definition") or raw.get("inputs_schema")
        self.outputs_schema = raw.get("outputs_schema_definition") or raw.get("outputs_schema")


class TracerSession(Record):
    """A project, or an experiment over a dataset (`reference_dataset_id`); its counts where they were asked for."""

    _ids = ("id", "tenant_id", "reference_dataset_id")
    _times = ("start_time", "end_time", "last_run_start_time")
    _seconds = ("latency_p50", "latency_p99", "first_token_p50", "first_token_p99")
    _plain = (
        "name",
        "description",
        "run_count",
        "total_tokens",
        "prompt_tokens",
        "completion_tokens",
        "error_rate",
        "feedback_stats",
        "session_feedback_stats",
        "run_facets",
        "prompt_cost",
        "completion_cost",
        "total_cost",
    )
    _dicts = ("extra",)

    name: Optional[str]
    description: Optional[str]
    tenant_id: UUID
    reference_dataset_id: Optional[UUID]
    run_count: Optional[int]
    error_rate: Optional[float]
    extra: Dict[str, Any]

    @property
    def metadata(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.extra.setdefault("metadata", {})
        return found


class DatasetVersion(Record):
    """A moment at which a dataset changed, and the tags that name it."""

    _ids = ()
    _times = ("as_of",)
    _plain = ("tags",)
    _shown = ("as_of", "tags")

    as_of: datetime
    tags: Optional[List[str]]


class DatasetDiffInfo(Record):
    """Which examples came, changed and went between two versions of a dataset."""

    _ids = ()
    _shown = ("examples_added", "examples_modified", "examples_removed")

    examples_added: List[UUID]
    examples_modified: List[UUID]
    examples_removed: List[UUID]

    def __init__(self, raw: Dict[str, Any]) -> None:
        super().__init__(raw)
        for name in self._shown:
            self.__dict__[name] = [_uuid(one) for one in raw.get(name) or ()]


class ComparativeExperiment(Record):
    """Experiments of one dataset side by side."""

    _ids = ("id", "tenant_id", "reference_dataset_id")
    _times = ("created_at", "modified_at")
    _plain = ("name", "description", "experiments_info", "feedback_stats")
    _dicts = ("extra",)

    name: Optional[str]
    tenant_id: UUID
    reference_dataset_id: UUID
    extra: Dict[str, Any]

    @property
    def metadata(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.extra.get("metadata") or {}
        return found


def moment(value: Any) -> Optional[datetime]:
    """Read a time of the API, with or without a time zone; without one it is UTC.

    >>> moment("2026-11-23T04:25:25.141372Z")
    datetime.datetime(2026, 11, 23, 4, 25, 25, 141372, tzinfo=datetime.timezone.utc)
    >>> moment("2026-11-23T04:25:25") == moment("2026-11-23T05:25:25.0+01:00")
    True
    """
    if value is None or isinstance(value, datetime):
        return value
    text = str(value).replace("Z", "+00:00")
    head, dot, rest = text.partition(".")
    if dot:  # Python 3.9 reads three or six digits and no others
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    read = datetime.fromisoformat(text)
    return read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)


def plain(value: Any) -> Any:
    """Give a value as JSON: messages as their fields, ids and times as text.

    >>> plain({"ids": (UUID(int=7),), "for": timedelta(seconds=2)})
    {'ids': ['00000000-0000-0000-0000-000000000007'], 'for': 2.0}
    """
    return _written(snapshot(value))


def _written(value: Any) -> Any:
    if type(value) is dict:
        return {key: _written(item) for key, item in value.items()}
    if type(value) is list:
        return [_written(item) for item in value]
    dump = getattr(value, "model_dump", None)  # a message, the only thing that a snapshot leaves whole
    return snapshot(dump(exclude_none=True)) if dump is not None else value


def _uuid(value: Any) -> Any:
    return value if value is None or isinstance(value, UUID) else UUID(str(value))
