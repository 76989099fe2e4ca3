"""From events to run trees: the bookkeeping of tracers, written once for both of their kinds.

Each handler event has a method here that brings the tree up to date and gives the run together with the
names of the hooks to call for it. base.py makes of each a handler method that calls them, or awaits them.
Nothing is kept of a tree after its root and all runs in it have ended: whoever wants it keeps it in `_persist_run`.
No lock is held here. Each step on a dict or a list is one of the interpreter's, and their order is such that a run
which begins in one thread while its tree ends in another keeps its place, and is forgotten with its own end.

A run whose parent the tracer has not seen is a root: it was attached further down.
"""

from __future__ import annotations

import traceback
from datetime import datetime, timezone

from ..errors import ChatError
from .dumping import dump_message, dump_result
from .places import Place
from .schemas import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence, Tuple
    from uuid import UUID

    from ..messages import BaseMessage
    from ..outputs import LLMResult

    Told = Tuple[Run, Tuple[str, ...]]  # a run, and the hooks to call with it, in order

__all__ = ["TracerCore", "TracerException", "stacktrace"]

FORMATS = ("original", "original+chat", "streaming_events")
MODELS = ("llm", "chat_model")


class TracerException(ChatError):
    """A tracer was told of a run that it has not seen begin, or that began as another kind."""


class TracerCore:
    """Runs that have begun and not ended, by id, in `run_map`; in `order_map` where they and those before them stand.

    `_schema_format`: "original" has chat models as runs of type "llm" with the prompt as text (their start
    reaches `on_llm_start`); "original+chat" as "chat_model" with messages; "streaming_events" also puts
    inputs and outputs that are dicts under "input" and "output".
    """

    log_missing_parent: bool = True
    run_class = Run

    def __init__(self, *, _schema_format: str = "original", **kwargs: Any) -> None:
        if _schema_format not in FORMATS:
            raise ValueError(f"_schema_format is one of {', '.join(FORMATS)}, not {_schema_format!r}")
        super().__init__(**kwargs)
        self._schema_format = _schema_format
        # By the ids' numbers, which are found in a fraction of the time of a UUID.
        self._runs: Dict[int, Run] = {}
        self._places: Dict[int, Place] = {}  # also of runs that ended: until their tree has
        self._below: Dict[int, List[int]] = {}  # all runs of a tree by that of its top, which is not among them

    def __copy__(self) -> TracerCore:
        return self

    def __deepcopy__(self, memo: Any = None) -> TracerCore:
        return self

    # -- the tree ----------------------------------------------------------------------------

    @property
    def run_map(self) -> Dict[str, Run]:
        """The runs that have begun and not ended, by the texts of their ids; made when asked for."""
        return {str(run.id): run for run in list(self._runs.values())}

    @property
    def order_map(self) -> Dict[UUID, Tuple[UUID, str]]:
        """Trace id and dotted order of each run of the traces that have not ended; made when asked for."""
        places = [one for place in list(self._places.values()) for one in (place, place.above) if one is not None]
        return {place.id: (place.trace_id, place.text) for place in places}

    def run_of(self, run_id: Optional[UUID]) -> Optional[Run]:
        """Give a run that has begun and not ended; None for any other."""
        return None if run_id is None else self._runs.get(run_id.int)

    def place_of(self, run_id: Optional[UUID]) -> Optional[Place]:
        """Give the place of a run whose tree has not ended; None for any other."""
        return None if run_id is None else self._places.get(run_id.int)

    def _enter(self, run: Run) -> None:
        """Put a run that begins into its tree, and give it its place in the order."""
        above = self.place_of(run.parent_run_id)
        if above is not None:
            run.trace_id = above.trace_id
            parent = self._runs.get(above.id.int)  # it may have ended before its child began
            if parent is not None:
                parent.child_runs.append(run)
        else:
            if run.parent_run_id is not None and self.log_missing_parent:
                import logging

                message = "Parent run %s not found for run %s. Treating as a root run."
                logging.getLogger(__name__).debug(message, run.parent_run_id, run.id)
            run.parent_run_id = None
        place = run.place = Place(run.id, run.trace_id, run.start_time, above)
        number = run.id.int
        self._runs[number] = run  # first: a tree with a run that goes on is not forgotten
        top = place.top
        if top is not None:
            self._below.setdefault(top.id.int, []).append(number)
        self._places[number] = place

    def _leave(self, run: Run) -> None:
        """Forget a run that has ended; its place with the tree, when nothing in that goes on."""
        number = run.id.int
        self._runs.pop(number, None)
        place = run.place
        top = number if place is None or place.top is None else place.top.id.int
        if top in self._runs:
            return
        below = self._below.get(top, ())
        for one in below:
            if one in self._runs:
                return
        if below:
            self._below.pop(top, None)
            for one in below:
                if one not in self._runs:
                    self._places.pop(one, None)
        if top != number:
            self._places.pop(number, None)  # it began while another thread forgot the tree
        self._places.pop(top, None)

    def _get_run(self, run_id: UUID, run_types: Sequence[str] = ()) -> Run:
        run = self._runs.get(run_id.int)
        if run is None:
            raise TracerException(f"No indexed run ID {run_id}.")
        if run_types and run.run_type not in run_types:
            raise TracerException(
                f"Found {run.run_type} run at ID {run_id}, but expected {' or '.join(run_types)} run."
            )
        return run

    def _begin(
        self,
        run_type: str,
        serialized: Optional[Dict[str, Any]],
        inputs: Dict[str, Any],
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        name: Optional[str] = None,
        **extra: Any,
    ) -> Run:
        now = datetime.now(timezone.utc)
        if metadata:
            extra["metadata"] = metadata
        return self.run_class(
            id=run_id,
            parent_run_id=parent_run_id,
            serialized=serialized,
            inputs=inputs,
            extra=extra,
            events=[{"name": "start", "time": now}],
            start_time=now,
            run_type=run_type,
            tags=tags,
            name=name,
        )

    def _end(self, run: Run, outputs: Dict[str, Any]) -> None:
        run.outputs = {**run.outputs, **outputs}
        run.end_time = datetime.now(timezone.utc)
        run.events.append({"name": "end", "time": run.end_time})

    def _fail(self, run: Run, error: BaseException) -> None:
        run.error = stacktrace(error)
        run.end_time = datetime.now(timezone.utc)
        run.events.append({"name": "error", "time": run.end_time})

    def _wrapped(self, value: Any, key: str) -> Any:
        if not isinstance(value, dict) or self._schema_format == "streaming_events":
            return {key: value}
        if type(value) is dict:
            return value
        try:
            return {**value}
        except Exception:  # a class of the user's own, whose methods fail; it is described as any other object
            return {key: value}

    # -- hooks -------------------------------------------------------------------------------
    # What a subclass overrides; coroutines in an asynchronous tracer, where `_nothing` can be awaited.

    _nothing: Any = None

    def _on_run_create(self, run: Run) -> Any:
        """A run of any kind begins; it stands in its tree."""
        return self._nothing

    def _on_run_update(self, run: Run) -> Any:
        """A run of any kind has ended."""
        return self._nothing

    def _on_llm_start(self, run: Run) -> Any:
        return self._nothing

    def _on_chat_model_start(self, run: Run) -> Any:
        return self._nothing

    def _on_llm_new_token(self, run: Run, token: Any, chunk: Any) -> Any:
        return self._nothing

    def _on_llm_end(self, run: Run) -> Any:
        """A model of either kind answered."""
        return self._nothing

    def _on_llm_error(self, run: Run) -> Any:
        return self._nothing

    def _on_chain_start(self, run: Run) -> Any:
        """A run that is neither model, tool nor retriever begins; `run.run_type` says which kind it is."""
        return self._nothing

    def _on_chain_end(self, run: Run) -> Any:
        return self._nothing

    def _on_chain_error(self, run: Run) -> Any:
        return self._nothing

    def _on_tool_start(self, run: Run) -> Any:
        return self._nothing

    def _on_tool_end(self, run: Run) -> Any:
        return self._nothing

    def _on_tool_error(self, run: Run) -> Any:
        return self._nothing

    def _on_retriever_start(self, run: Run) -> Any:
        return self._nothing

    def _on_retriever_end(self, run: Run) -> Any:
        return self._nothing

    def _on_retriever_error(self, run: Run) -> Any:
        return self._nothing

    # -- models ------------------------------------------------------------------------------

    def _chat_model_start(self, serialized: Any, messages: List[List[BaseMessage]], **event: Any) -> Told:
        if self._schema_format == "original":
            raise NotImplementedError("runs tells on_llm_start instead, with the messages as text")
        inputs = {"messages": [[dump_message(message) for message in batch] for batch in messages]}
        run = self._begin("chat_model", serialized, inputs, **event)
        return run, ("_start_trace", "_on_chat_model_start")

    def _llm_start(self, serialized: Any, prompts: List[str], **event: Any) -> Told:
        run = self._begin("llm", serialized, {"prompts": prompts}, **event)
        return run, ("_start_trace", "_on_llm_start")

    def _llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None) -> Run:
        run = self._get_run(run_id, MODELS)
        kwargs = {"token": token} if chunk is None else {"token": token, "chunk": chunk}
        run.events.append({"name": "new_token", "time": datetime.now(timezone.utc), "kwargs": kwargs})
        return run

    def _llm_end(self, response: LLMResult, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id, MODELS)
        self._end(run, dump_result(response))
        answers = [one for answers in response.generations for one in answers]
        calls = sum(len(getattr(getattr(one, "message", None), "tool_calls", ())) for one in answers)
        if calls:
            run.extra["tool_call_count"] = calls
        return run, ("_end_trace", "_on_llm_end")

    def _llm_error(
        self, error: BaseException, *, run_id: UUID, response: Optional[LLMResult] = None, **event: Any
    ) -> Told:
        run = self._get_run(run_id, MODELS)
        if response is not None:
            run.outputs = dump_result(response)  # what had come
        self._fail(run, error)
        return run, ("_end_trace", "_on_llm_error")

    def _retry(self, retry_state: Any, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id)
        kwargs = {"slept": retry_state.idle_for, "attempt": retry_state.attempt_number}
        outcome = retry_state.outcome
        if outcome is None:
            kwargs["outcome"] = "N/A"
        elif outcome.failed:
            error = outcome.exception()
            kwargs.update(outcome="failed", exception=str(error), exception_type=type(error).__name__)
        else:
            kwargs.update(outcome="success", result=str(outcome.result()))
        run.events.append({"name": "retry", "time": datetime.now(timezone.utc), "kwargs": kwargs})
        return run, ()

    # -- chains, tools, retrievers -------------------------------------------------------------

    def _chain_start(
        self, serialized: Any, inputs: Any, *, run_type: Optional[str] = None, **event: Any
    ) -> Told:
        run = self._begin(run_type or "chain", serialized, self._wrapped(inputs, "input"), **event)
        return run, ("_start_trace", "_on_chain_start")

    def _chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **event: Any) -> Told:
        run = self._get_run(run_id)
        self._end(run, self._wrapped(outputs, "output"))
        if inputs is not None:  # of a stream, known only now
            run.inputs = self._wrapped(inputs, "input")
        return run, ("_end_trace", "_on_chain_end")

    def _chain_error(self, error: BaseException, *, run_id: UUID, inputs: Any = None, **event: Any) -> Told:
        run = self._get_run(run_id)
        self._fail(run, error)
        if inputs is not None:
            run.inputs = self._wrapped(inputs, "input")
        return run, ("_end_trace", "_on_chain_error")

    def _tool_start(
        self, serialized: Any, input_str: str, *, inputs: Optional[Dict[str, Any]] = None, **event: Any
    ) -> Told:
        if self._schema_format == "streaming_events":
            shown: Dict[str, Any] = {"input": inputs}
        else:
            shown = inputs if isinstance(inputs, dict) else {"input": input_str}
        return self._begin("tool", serialized, shown, **event), ("_start_trace", "_on_tool_start")

    def _tool_end(self, output: Any, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id, ("tool",))
        self._end(run, {"output": output})
        return run, ("_end_trace", "_on_tool_end")

    def _tool_error(self, error: BaseException, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id, ("tool",))
        self._fail(run, error)
        return run, ("_end_trace", "_on_tool_error")

    def _retriever_start(
        self, serialized: Any, query: str, *, name: Optional[str] = None, **event: Any
    ) -> Told:
        run = self._begin("retriever", serialized, {"query": query}, name=name or "Retriever", **event)
        return run, ("_start_trace", "_on_retriever_start")

    def _retriever_end(self, documents: Any, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id, ("retriever",))
        self._end(run, {"documents": documents})
        return run, ("_end_trace", "_on_retriever_end")

    def _retriever_error(self, error: BaseException, *, run_id: UUID, **event: Any) -> Told:
        run = self._get_run(run_id, ("retriever",))
        self._fail(run, error)
        return run, ("_end_trace", "_on_retriever_error")


def stacktrace(error: BaseException) -> str:
    """Give an error as the text of `Run.error`: its repr, then the traceback with empty lines between."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return (repr(error) + "\n\n".join(lines)).strip()
