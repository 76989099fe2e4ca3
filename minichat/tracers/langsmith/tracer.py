"""`LangChainTracer`: the handler that sends every run it hears of to LangSmith.

When tracing is on each call has one; given by hand (`config={"callbacks": [LangChainTracer(project_name=...)]}`)
it is the only one. A run is told when it begins and when it has ended; both times the caller waits for a snapshot
and no longer, the sender's thread does the rest. A trace that is not in the sample, and a run begun where
`tracing_context(enabled=False)` stands, are not told at all.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timezone

from ...context import set_tracing
from ..base import BaseTracer
from ..core import MODELS
from ..places import Place, Recent
from .blocks import block_var
from .payloads import Terms, TracedRun, begun, ended, outputs_of
from .settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Mapping, Optional, Protocol, Union
    from uuid import UUID

    from ...messages import BaseMessage
    from ...outputs import LLMResult
    from ..schemas import Run
    from .settings import Settings

    class Sink(Protocol):
        """Who takes runs, such as a sender. It neither blocks nor raises. See `LangChainTracer`."""

        def submit(self, op: str, run: Any) -> None: ...


__all__ = ["LangChainTracer", "in_sample"]

# Runs of other processes and tracers below which runs may begin. Not counted by those that do: of a batch one may have
# ended before the next begins, and of a call that fails at once none ever does.
_attached = Recent(1000)

OVERRIDABLE = ("ls_agent_type",)  # metadata of a tracer that beats the run's own. Source: langchain-core 1.8.2


class LangChainTracer(BaseTracer):
    """Send the runs of a call, as LangChain's tracer of this name.

    `project_name` is where they go (else the environment's), `tags` and `metadata` are added to each of them, and
    `example_id` says which example of a dataset the root run answers. `client` takes the runs: anything with
    `submit(op, run)`, such as a `Client`, whose settings (what is hidden, sampled) then count; else the process's
    sender for the environment's endpoint and key. `op` is "post" when a run begins and "patch" when it has ended, with
    what is new then; `run` is a mapping (`run["inputs"]`, `run.get("error")`, `dict(run)`) of JSON values. They are
    written out when they are first asked for, which the caller waits for if it is in `submit`; all but `run["id"]` and
    `run["dotted_order"]`, so a sink that only passes runs on should ask for these. A client with `create_run` and
    `update_run` in place of `submit`, such as that of the langsmith package, is not taken.

    Raises: `ConfigurationError` when the environment's sampling rate is no number from 0 to 1.
    """

    run_inline = True
    first_token_is_enough = True  # of a stream's tokens only the first is told
    makes_again = True  # of a result that can be made again nothing is read
    wants_manifests = True  # prompts are described, as models are
    run_class = TracedRun

    def __init__(
        self,
        example_id: Union[UUID, str, None] = None,
        project_name: Optional[str] = None,
        client: Optional[Sink] = None,
        tags: Optional[List[str]] = None,
        *,
        metadata: Optional[Mapping[str, Any]] = None,
        settings: Optional[Settings] = None,
        _terms: Optional[Terms] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings: Settings = settings or getattr(client, "settings", None) or read_settings()
        self.example_id = example_id
        self.project_name = project_name or self.settings.project
        self.tags = list(tags or ())
        self.tracing_metadata = None if metadata is None else dict(metadata)
        self._latest_run: Optional[Run] = None
        self.automatic = False  # made by the switch: it gives way to one given by hand
        self._client = client
        self._terms = _terms or Terms(self.settings)
        from . import switch  # which has this class already

        set_tracing(switch)  # it puts a call's runs into their tree, also where the environment says nothing

    @property
    def client(self) -> Sink:
        """Who takes the runs; the process's sender begins at the first of them."""
        if self._client is None:
            from .sender import sender_for

            self._client = sender_for(self.settings)
        return self._client

    def copy_with_metadata_defaults(
        self, *, metadata: Optional[Mapping[str, Any]] = None, tags: Optional[List[str]] = None
    ) -> LangChainTracer:
        """Give a tracer of the same runs that adds more metadata, where a run has none of its name, and tags."""
        known = self.tracing_metadata
        if metadata is not None:
            known = {**metadata, **(known or {})}
            known.update((name, metadata[name]) for name in OVERRIDABLE if name in metadata)
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)  # the trees are shared, and what the environment says
        copied.tracing_metadata = known
        copied.tags = sorted({*self.tags, *tags}) if tags else self.tags
        return copied

    # -- events: values stay the program's own, until they are frozen (payloads.py) --------------

    def on_chat_model_start(
        self, serialized: Any, messages: List[List[BaseMessage]], **event: Any
    ) -> Run:
        run = self._begin("llm", serialized, {"messages": messages}, **event)
        self._start_trace(run)
        return run

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **event: Any) -> Run:
        run = self._get_run(run_id, MODELS)
        run.end_time = datetime.now(timezone.utc)
        run.events.append({"name": "end", "time": run.end_time})
        run.outputs = response  # type: ignore[assignment]  # payloads.py writes it out
        self._end_trace(run)
        if response.again is not None:
            run.outputs = response.again  # type: ignore[assignment]  # what waits is not to hold the answer's objects
        return run

    def on_llm_error(
        self, error: BaseException, *, run_id: UUID, response: Optional[LLMResult] = None, **event: Any
    ) -> Run:
        run = self._get_run(run_id, MODELS)
        if response is not None:
            run.outputs = response  # type: ignore[assignment]
        self._fail(run, error)
        self._end_trace(run)
        return run

    def on_llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None, **kwargs: Any) -> Run:
        run = self._get_run(run_id, MODELS)
        if all(event["name"] != "new_token" for event in run.events):  # it says how long the first took
            run.events.append({"name": "new_token", "time": datetime.now(timezone.utc)})
        return run

    def on_chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **event: Any) -> Run:
        if inputs is not None:
            late: Any = self._get_run(run_id)
            late.is_late = True
        run: Run = super().on_chain_end(outputs, run_id=run_id, inputs=inputs, **event)
        return run

    def on_chain_error(
        self, error: BaseException, *, run_id: UUID, inputs: Any = None, **event: Any
    ) -> Run:
        if inputs is not None:
            late: Any = self._get_run(run_id)
            late.is_late = True
        run: Run = super().on_chain_error(error, run_id=run_id, inputs=inputs, **event)
        return run

    # -- parents from outside ------------------------------------------------------------------

    def attach(self, parent_id: UUID, trace_id: UUID, dotted_order: str) -> None:
        """Know a run that is told elsewhere, so that runs may begin below it soon."""
        _attached.add(Place(parent_id, trace_id, None, text=dotted_order))

    def place_of(self, run_id: Optional[UUID]) -> Optional[Place]:
        """Give the place of a run whose tree has not ended, or that is attached; None for any other."""
        if run_id is None:
            return None
        place = self._places.get(run_id.int) or _attached.get(run_id.int)
        if place is None:
            block = block_var.get()
            if block is not None and block.parent is not None and block.parent.id == run_id:
                place = Place(run_id, block.parent.trace_id, None, text=block.parent.dotted_order)
        return place

    def shares_trees_with(self, other: LangChainTracer) -> bool:
        """Say whether a run that the other has seen is known here, too: one is a copy of the other."""
        return self._places is other._places

    # -- what is sent --------------------------------------------------------------------------

    def _start_trace(self, run: Any) -> None:  # a `TracedRun`, as all of this tracer
        above = self.run_of(run.parent_run_id)
        if above is not None and run.start_time < above.start_time:  # the clock was set back
            run.start_time = run.events[0]["time"] = above.start_time
        self._enter(run)
        run.session_name = self.project_name if above is None else above.session_name or self.project_name
        if run.parent_run_id is None:
            run.reference_example_id = self.example_id  # a UUID or its text
        if self.tags:
            run.tags = sorted({*run.tags, *self.tags})
        if self.tracing_metadata:
            self._add_metadata(run)
        block = block_var.get()
        off = block is not None and block.enabled is False
        if off or not in_sample(run.trace_id, self.settings.sampling_rate):
            run.is_told = False
        else:
            self.client.submit("post", begun(run, self._terms))
        self._on_run_create(run)

    def _end_trace(self, run: Any) -> None:
        if run.is_told:
            self.client.submit("patch", ended(run, self._terms))
        super()._end_trace(run)

    def _add_metadata(self, run: Run) -> None:
        known = dict(run.metadata)
        for name, value in (self.tracing_metadata or {}).items():
            if name not in known or name in OVERRIDABLE:
                known[name] = value
        run.extra["metadata"] = known

    def _persist_run(self, run: Run) -> None:
        run.child_runs = []  # what is kept until the next root is not to hold its whole tree
        self._latest_run = run

    @property
    def latest_run(self) -> Optional[Run]:
        """The root run that ended last, without those inside it."""
        run = self._latest_run
        if run is not None and type(run.outputs) is not dict:  # the run itself may still wait to be sent
            run = self._latest_run = run.copy(update={"outputs": outputs_of(run)})
        return run

    def get_run_url(self) -> str:
        """Give the address of the latest root run's page; the server has to have the run by then.

        Raises: ValueError before the first run has ended; what `Client.get_run_url` raises.
        """
        if self._latest_run is None:
            raise ValueError("No traced run found.")
        from .client import Client

        self.wait_for_futures()
        known = self.settings
        client: Any = self._client
        if not isinstance(client, Client):
            client = Client(known.endpoint, api_key=known.api_key, workspace_id=known.workspace)
        url: str = client.get_run_url(run=self._latest_run, project_name=self.project_name)
        return url

    def wait_for_futures(self) -> None:
        """Wait until the server has the runs that were told so far, or the sender gives up."""
        flush = getattr(self.client, "flush", None)
        if flush is not None:
            flush()


def in_sample(trace_id: Any, rate: Optional[float]) -> bool:
    """Say whether a trace is sent: the same for all its runs, wherever they are made.

    >>> [in_sample("0198", rate) for rate in (None, 0, 1)]
    [True, False, True]
    """
    return rate is None or zlib.crc32(str(trace_id).lower().encode()) < rate * 0x1_0000_0000
