"""`RunTree`: a run that a program begins and ends by hand, and the headers by which a trace goes on elsewhere.

A run is told to LangSmith by `post()` and again, when it has ended, by `patch()`; both leave the work to the
sender's thread. `to_headers()` gives the two headers of a request; `RunTree.from_headers` on the other side makes
the placeholder whose children stand below the caller's run (headers.py).

Source: langsmith 0.15.0, by running it (tests/tracers/langsmith/test_run_trees.py has its headers as literals).
"""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import UUID

from ...errors import ConfigurationError
from ..schemas import Run
from .headers import TRACE_HEADER, header_of, read_baggage, written
from .payloads import Pending, Terms, TracedRun, begun, ended
from .records import plain
from .settings import read_settings, truish, variable
from .snapshots import snapshot
from .tracer import in_sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

    from .settings import Settings
    from .tracer import Sink

    Id = Union[UUID, str]

__all__ = ["RunTree"]

MOST_TERMS = 16  # settings in use at once; a program has one or two
UNCHANGED: Any = object()  # for `set`, where None clears


class RunTree(TracedRun):
    """A run with its place in a trace, told by hand.

    Without `parent_run` (or `dotted_order`) it is the root of a new trace. `project_name` is where it goes, else the
    environment's project; `client` takes the runs: a `Client`, or anything with `submit(op, run)`.

    >>> root = RunTree(name="answer", inputs={"question": "why"}, project_name="mine")
    >>> child = root.create_child("look up", run_type="tool")
    >>> child.trace_id == root.id, child.dotted_order.startswith(root.dotted_order + ".")
    (True, True)
    >>> RunTree.from_headers(child.to_headers()).id == child.id
    True
    """

    has_own_inputs = False  # said by `set`
    has_own_outputs = False

    def __init__(
        self,
        *,
        name: Optional[str] = None,
        run_type: str = "chain",
        id: Optional[Id] = None,
        inputs: Any = None,
        outputs: Any = None,
        parent_run: Optional[Run] = None,
        parent_run_id: Optional[Id] = None,
        trace_id: Optional[Id] = None,
        reference_example_id: Optional[Id] = None,
        project_name: Optional[str] = None,
        session_name: Optional[str] = None,
        client: Optional[Sink] = None,
        ls_client: Optional[Sink] = None,
        start_time: Optional[datetime] = None,
        dotted_order: str = "",
        **fields: Any,
    ) -> None:
        if parent_run is not None:
            parent_run_id, trace_id = parent_run.id, parent_run.trace_id
        super().__init__(
            name=name,
            run_type=run_type,
            id=_uuid(id),
            inputs=None if inputs is None else _as_dict(inputs),
            outputs=None if outputs is None else _as_dict(outputs),
            parent_run_id=_uuid(parent_run_id),
            trace_id=_uuid(trace_id),
            reference_example_id=_uuid(reference_example_id),
            session_name=project_name or session_name or _project(),
            start_time=start_time,
            **fields,
        )
        above = "" if parent_run is None else parent_run.dotted_order + "."
        self.dotted_order = dotted_order or f"{above}{_segment(self.start_time, self.id)}"
        self._client = client if client is not None else ls_client

    # -- what is known of the run ---------------------------------------------------------------

    @property
    def client(self) -> Sink:
        """Who takes the runs: what was given, else the process's sender for the environment's endpoint and key."""
        if self._client is None:
            from .sender import sender_for

            return sender_for(read_settings())
        return self._client

    @property
    def latency(self) -> Optional[float]:
        """Seconds from start to end; None while it runs."""
        return None if self.end_time is None else (self.end_time - self.start_time).total_seconds()

    def set(
        self,
        *,
        inputs: Optional[Mapping[str, Any]] = UNCHANGED,
        outputs: Optional[Mapping[str, Any]] = UNCHANGED,
        tags: Optional[Sequence[str]] = UNCHANGED,
        metadata: Optional[Mapping[str, Any]] = UNCHANGED,
        usage_metadata: Optional[Mapping[str, Any]] = UNCHANGED,
    ) -> None:
        """Say what the run shows, in the place of what it had; metadata joins what there is.

        `outputs` stand whatever the traced function returns, and `inputs` are told with the end again. None is
        nothing. `usage_metadata` are the tokens of a model that is called by hand: `input_tokens`, `output_tokens`,
        `total_tokens`, their details and costs.
        """
        if inputs is not UNCHANGED:
            self.inputs = _as_dict(inputs or {})
            self.has_own_inputs = True
        if outputs is not UNCHANGED:
            self.outputs = _as_dict(outputs or {})
            self.has_own_outputs = True
        if tags is not UNCHANGED:
            self.tags = list(tags or ())
        if metadata is not UNCHANGED:
            self.add_metadata(metadata or {})
        if usage_metadata is not UNCHANGED:
            self.add_metadata({"usage_metadata": None if usage_metadata is None else dict(usage_metadata)})

    def add_tags(self, tags: Union[Sequence[str], str]) -> None:
        self.tags.extend([tags] if isinstance(tags, str) else tags)

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        self.metadata.update(metadata)

    def add_inputs(self, inputs: Mapping[str, Any]) -> None:
        self.inputs = {**self.inputs, **inputs}

    def add_outputs(self, outputs: Mapping[str, Any]) -> None:
        self.outputs = {**self.outputs, **outputs}

    def add_event(self, events: Union[str, Mapping[str, Any], Iterable[Mapping[str, Any]]]) -> None:
        """Add an event, or several: dicts with `name` and `time`, or the text of one."""
        if isinstance(events, str):
            events = {"name": "event", "time": datetime.now(timezone.utc), "message": events}
        given = [events] if hasattr(events, "keys") else events
        self.events.extend(dict(event) for event in given)  # type: ignore[arg-type]  # a Mapping has keys

    def end(
        self,
        *,
        outputs: Any = None,
        error: Optional[str] = None,
        end_time: Optional[datetime] = None,
        events: Union[str, Mapping[str, Any], Iterable[Mapping[str, Any]], None] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Say that the run has ended, and how; `patch()` tells it."""
        self.end_time = end_time or datetime.now(timezone.utc)
        if outputs is not None:
            self.add_outputs(_as_dict(outputs))
        if error is not None:
            self.error = error
        if events is not None:
            self.add_event(events)
        if metadata is not None:
            self.add_metadata(metadata)

    def create_child(
        self,
        name: str,
        run_type: str = "chain",
        *,
        run_id: Optional[Id] = None,
        start_time: Optional[datetime] = None,
        extra: Optional[Mapping[str, Any]] = None,
        **fields: Any,
    ) -> RunTree:
        """Give a run below this one, which has its project, client and metadata; it starts no earlier.

        `fields` are those of `RunTree`: serialized, inputs, outputs, error, reference_example_id, end_time, tags.
        """
        own = dict(extra or {})
        own["metadata"] = {**self.metadata, **(own.get("metadata") or {})}
        fields.setdefault("serialized", {"name": name})  # as the SDK; only of models and prompts is it sent
        moment = start_time or datetime.now(timezone.utc)
        child = RunTree(
            name=name,
            run_type=run_type,
            id=run_id,
            start_time=max(moment, self.start_time) if start_time is not None else moment,
            extra=own,
            parent_run=self,
            project_name=self.session_name,
            client=self._client,
            **fields,
        )
        self.child_runs.append(child)
        return child

    # -- telling ---------------------------------------------------------------------------------

    def post(self, exclude_child_runs: bool = True) -> None:
        """Tell that the run begins; with `exclude_child_runs=False` its children too."""
        self._submit("post")
        if not exclude_child_runs:
            for child in self.child_runs:
                child.post(exclude_child_runs=False)  # type: ignore[attr-defined]  # create_child makes RunTrees

    def patch(self, *, exclude_inputs: Optional[bool] = None) -> None:
        """Tell that the run has ended (it ends now, unless `end()` was called).

        Its inputs were told at the beginning, and go along again with `exclude_inputs=False`, or where that is None
        and `LANGSMITH_EXCLUDE_INPUTS_ON_PATCH` is `false`: for those that became known later.
        """
        if exclude_inputs is None:
            exclude_inputs = truish(variable("EXCLUDE_INPUTS_ON_PATCH", "true"))
        if self.end_time is None:
            self.end()
        self._submit("patch", with_inputs=self.has_own_inputs or not exclude_inputs)

    def _submit(self, op: str, with_inputs: bool = False) -> None:
        settings: Optional[Settings] = getattr(self._client, "settings", None) or _settings()
        if settings is None or not in_sample(str(self.trace_id), settings.sampling_rate):
            return
        # As it is now: a program may change whatever it likes between the two.
        kept = self.copy(update={"events": [], "is_late": with_inputs, "is_kept": False})
        terms = _terms_of(settings)
        told = begun(kept, terms) if op == "post" else ended(kept, terms)
        self.client.submit(op, _Told(told, self.events))

    def wait(self) -> None:
        """Wait until the server has what was told, or the sender gives up."""
        flush = getattr(self.client, "flush", None)
        if flush is not None:
            flush()

    # -- other processes -------------------------------------------------------------------------

    def to_headers(self) -> Dict[str, str]:
        """Give the headers of a request made in this run: `langsmith-trace` and `baggage`."""
        return written(self.dotted_order, self.metadata, self.tags, self.session_name)

    @classmethod
    def from_headers(cls, headers: Mapping[Any, Any], **kwargs: Any) -> Optional[RunTree]:
        """Give the caller's run as the parent of runs here, or None where the headers name none.

        Header names and values may be bytes; `kwargs` are those of `RunTree`. The run is the caller's: it is
        neither posted nor patched here. Baggage that cannot be read is logged and left aside.

        Raises: `ValueError` when `langsmith-trace` is no dotted order.
        """
        order = header_of(headers, TRACE_HEADER)
        if not order:
            return None
        return cls.from_dotted_order(order.strip(), baggage=header_of(headers, "baggage"), **kwargs)

    @classmethod
    def from_dotted_order(cls, dotted_order: str, *, baggage: Optional[str] = None, **kwargs: Any) -> RunTree:
        """Give the run of a dotted order, as a parent: what `from_headers` does of the first header alone."""
        ids = [UUID(segment.partition("Z")[2]) for segment in dotted_order.split(".")]
        metadata, tags, project = read_baggage(baggage)
        given = dict(kwargs)
        if metadata or tags:
            extra = dict(given.get("extra") or {})
            extra["metadata"] = {**metadata, **(extra.get("metadata") or {})}
            given["extra"] = extra
            given["tags"] = sorted({*tags, *(given.get("tags") or ())})
        if project:
            given["project_name"] = project
        given.setdefault("name", "parent")
        return cls(
            **{
                **given,
                "id": ids[-1],
                "trace_id": ids[0],
                "parent_run_id": ids[-2] if len(ids) > 1 else None,
                "dotted_order": dotted_order,
            }
        )

    def get_url(self) -> str:
        """Give the address of the run's page."""
        from .client import Client

        client = self._client if isinstance(self._client, Client) else Client()
        return client.get_run_url(run=self)


def _settings() -> Optional[Settings]:
    """Give what the environment says; None where that cannot be read, which is logged once and fails no program."""
    try:
        return read_settings()
    except ConfigurationError as error:
        from .switch import _complain

        _complain(str(error))
        return None


def _project() -> str:
    settings = _settings()
    return "default" if settings is None else settings.project


_terms: Dict[Settings, Terms] = {}


def _terms_of(settings: Settings) -> Terms:
    """Give what runs under these settings say of the environment, as it was at the first: reading it takes 30 us."""
    found = _terms.get(settings)
    if found is None:
        if len(_terms) >= MOST_TERMS:
            _terms.clear()
        found = _terms[settings] = Terms(settings)
    return found


class _Told(Pending):
    """A run on its way whose events are the program's own, in any form."""

    __slots__ = ("_own",)

    def __init__(self, told: Pending, events: List[Dict[str, Any]]) -> None:
        super().__init__(told._run, told._terms, told.weight, told._has_ended, told._again)
        self._own = snapshot(events)

    def resolve(self, *, whole: bool = False) -> Dict[str, Any]:
        run = super().resolve(whole=whole)
        run["events"] = plain(self._own)
        return run


def _segment(moment: datetime, run_id: UUID) -> str:
    """Give a run's own part of its dotted order; a time without a zone is UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y%m%dT%H%M%S%fZ") + str(run_id)


def _as_dict(value: Any) -> Dict[str, Any]:
    if isinstance(value, dict):
        return value
    dump = None if isinstance(value, type) else getattr(value, "model_dump", None)
    given: Any = value if dump is None else dump()
    return dict(given)


def _uuid(value: Optional[Id]) -> Optional[UUID]:
    return value if value is None or isinstance(value, UUID) else UUID(value)
