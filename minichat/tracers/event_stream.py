"""`astream_events`: what a run and the runs below it do, as one stream of dicts (LangChain's version "v2").

Each event names the run it is about, its tags and metadata and the ids of the runs above it, the root first.
`on_<type>_start`, `_stream` and `_end` with a type of chain, chat_model, prompt, parser, tool or retriever;
`on_tool_error`; `on_custom_event`. There is no event for the failure of anything but a tool: the exception
itself is raised to the consumer, after the events so far. What gives one whole output (a prompt, a tool) has no
stream events. As in LangChain, the first event that passes the filters carries the input of the whole call, and
the end event of the same run then has none.

The run goes on in a task, see streaming.py.
"""

from __future__ import annotations

from typing import Any, Dict, List, TypedDict, Union  # for the events; this module is loaded on use

from ..backends.driver import closing
from ..callbacks.handlers import BaseCallbackHandler
from ..context import Context
from ..messages import AIMessageChunk
from ..runnables.base import asyncio_backend
from ..runnables.streams import once
from .schemas import name_in
from .streaming import Filter, Mailbox, events_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from typing import Optional
    from uuid import UUID

    from ..outputs import LLMResult
    from ..runnables.base import Runnable

__all__ = [
    "CustomStreamEvent",
    "EventData",
    "StandardStreamEvent",
    "StreamEvent",
    "astream_events",
]


class EventData(TypedDict, total=False):
    """`input` where it is known; `chunk` of a stream event, `output` of an end, `error` of a tool's failure."""

    input: Any
    chunk: Any
    output: Any
    error: BaseException
    tool_call_id: Any


class _Event(TypedDict):
    event: str
    name: str
    run_id: str
    tags: List[str]
    metadata: Dict[str, Any]
    parent_ids: List[str]


class StandardStreamEvent(_Event):
    """An event of a run; `name` is the run's."""

    data: EventData


class CustomStreamEvent(_Event):
    """`on_custom_event`: what user code dispatched under `name`."""

    data: Any


StreamEvent = Union[StandardStreamEvent, CustomStreamEvent]


async def astream_events(
    runnable: Runnable[Any, Any],
    input: Any,
    config: Optional[Mapping[str, Any]] = None,
    *,
    version: str = "v2",
    include_names: Optional[Sequence[str]] = None,
    include_types: Optional[Sequence[str]] = None,
    include_tags: Optional[Sequence[str]] = None,
    exclude_names: Optional[Sequence[str]] = None,
    exclude_types: Optional[Sequence[str]] = None,
    exclude_tags: Optional[Sequence[str]] = None,
    **kwargs: Any,
) -> AsyncGenerator[StreamEvent, None]:
    """Run `runnable` as `astream` does and yield what happens; the filters choose runs by name, type or tag.

    Leaving early cancels the run and waits for its end.

    Raises: NotImplementedError for a version other than "v2"; what the run raises, after its events.
    """
    if version != "v2":
        raise NotImplementedError(f"astream_events knows the events of version 'v2', not {version!r}")
    mailbox = Mailbox()
    passes = Filter(
        (include_names, include_types, include_tags), (exclude_names, exclude_types, exclude_tags)
    )
    handler = _Events(mailbox.put, passes)
    ctx = Context.of(config, asyncio_backend())
    ctx = ctx.replaced(handlers=(*ctx.handlers, handler), inheritable=(*ctx.inheritable, handler))

    async def work() -> None:
        async with closing(runnable._run_stream(ctx, once(input), **kwargs)) as pieces:
            async for _ in pieces:
                await mailbox.taken()

    first = None
    async with closing(events_of(work, mailbox)) as events:
        async for event in events:
            if first is None:
                first = event["run_id"]
                if event["event"] != "on_custom_event":  # whose data is the user's own
                    event["data"]["input"] = input
            elif event["run_id"] == first and event["event"].endswith("_end"):
                event["data"].pop("input", None)
            yield event


class _Live:
    """A run that has begun and not ended."""

    __slots__ = ("head", "input", "kind", "tool_call_id")

    def __init__(self, head: Dict[str, Any], kind: str, input: Any) -> None:
        self.head = head  # what all its events say
        self.kind = kind
        self.input = input  # None: not known yet
        self.tool_call_id: Any = None


class _Events(BaseCallbackHandler):
    """The handler: turns what it is told into events and puts those that pass."""

    def __init__(self, put: Callable[[Any], None], passes: Filter) -> None:
        self._put = put
        self._passes = passes
        self._live: Dict[UUID, _Live] = {}
        # Kept to the end of the call: a run may end before those below it, which still name it.
        self._parents: Dict[UUID, Optional[UUID]] = {}

    def __copy__(self) -> _Events:
        return self

    def __deepcopy__(self, memo: Any = None) -> _Events:
        return self

    # -- what all events share ---------------------------------------------------------------

    def _begin(
        self,
        kind: str,
        data: Dict[str, Any],
        run_id: UUID,
        serialized: Any = None,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[Sequence[str]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        name: Optional[str] = None,
        **kwargs: Any,
    ) -> _Live:
        self._parents[run_id] = parent_run_id
        head = {
            "name": name or name_in(serialized or {}),
            "run_id": str(run_id),
            "tags": list(tags or ()),
            "metadata": dict(metadata or {}),
            "parent_ids": self._above(run_id),
        }
        live = self._live[run_id] = _Live(head, kind, data.get("input"))
        self._send(live, "start", data)
        return live

    def _send(self, live: _Live, step: str, data: Dict[str, Any]) -> None:
        head = live.head
        if self._passes(head["name"], live.kind, head["tags"]):
            self._put({"event": f"on_{live.kind}_{step}", "data": data, **head})

    def _above(self, run_id: UUID) -> List[str]:
        ids = []
        parent = self._parents.get(run_id)
        while parent is not None:
            ids.append(str(parent))
            parent = self._parents.get(parent)
        return ids[::-1]

    # -- models ------------------------------------------------------------------------------

    def on_chat_model_start(self, serialized: Any, messages: Any, **event: Any) -> None:
        self._begin("chat_model", {"input": {"messages": messages}}, serialized=serialized, **event)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None, **event: Any) -> None:
        live = self._live.get(run_id)
        if live is not None:
            message = AIMessageChunk(content=token) if chunk is None else chunk.message
            self._send(live, "stream", {"chunk": message})

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **event: Any) -> None:
        live = self._live.pop(run_id, None)
        if live is not None:
            answers = [one for answers in response.generations for one in answers]
            output: Any = getattr(answers[0], "message", {}) if answers else {}
            self._send(live, "end", {"output": output, "input": live.input})

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **event: Any) -> None:
        self._live.pop(run_id, None)

    # -- chains, prompts, parsers --------------------------------------------------------------

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_type: Optional[str] = None, **event: Any
    ) -> None:
        # {"input": ""} is said of a stream, whose input is not known before its end.
        data = {} if inputs == {"input": ""} else {"input": inputs}
        self._begin(run_type or "chain", data, serialized=serialized, **event)

    def on_run_chunk(self, chunk: Any, *, run_id: UUID, **event: Any) -> None:
        """A piece of a stream passes (our own event, for all kinds of run but models)."""
        live = self._live.get(run_id)
        if live is not None:
            self._send(live, "stream", {"chunk": chunk})

    def on_chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **event: Any) -> None:
        live = self._live.pop(run_id, None)
        if live is not None:
            self._send(live, "end", {"output": outputs, "input": inputs or live.input or {}})

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **event: Any) -> None:
        self._live.pop(run_id, None)

    # -- tools, retrievers, custom events ---------------------------------------------------------

    def on_tool_start(self, serialized: Any, input_str: str, *, inputs: Any = None, **event: Any) -> None:
        live = self._begin("tool", {"input": inputs or {}}, serialized=serialized, **event)
        live.input = inputs
        live.tool_call_id = event.get("tool_call_id")

    def on_tool_end(self, output: Any, *, run_id: UUID, **event: Any) -> None:
        live = self._live.pop(run_id, None)
        if live is not None:
            self._send(live, "end", {"output": output, "input": live.input})

    def on_tool_error(
        self, error: BaseException, *, run_id: UUID, tool_call_id: Any = None, **event: Any
    ) -> None:
        live = self._live.pop(run_id, None)
        if live is not None:
            call = live.tool_call_id if tool_call_id is None else tool_call_id
            self._send(live, "error", {"error": error, "input": live.input, "tool_call_id": call})

    def on_retriever_start(self, serialized: Any, query: str, **event: Any) -> None:
        self._begin("retriever", {"input": {"query": query}}, serialized=serialized, **event)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **event: Any) -> None:
        live = self._live.pop(run_id, None)
        if live is not None:
            self._send(live, "end", {"output": documents, "input": live.input})

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **event: Any) -> None:
        self._live.pop(run_id, None)

    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,
        tags: Optional[Sequence[str]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        **event: Any,
    ) -> None:
        if self._passes(name, name, tags or ()):
            self._put(
                {
                    "event": "on_custom_event",
                    "run_id": str(run_id),
                    "name": name,
                    "tags": list(tags or ()),
                    "metadata": dict(metadata or {}),
                    "data": data,
                    "parent_ids": self._above(run_id),
                }
            )
