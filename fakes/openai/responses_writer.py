"""The Responses API's answer as bytes: the response object, whole or in the events of a stream, in literal JSON.

The templates are compact, as in a stream; a plain answer is the same JSON indented by two with everything outside
ASCII escaped, as all recordings have it. Keys are those of the recordings of July and August 2026. Every key after
`type` is in alphabetical order in events, `sequence_number` among them. There is no [DONE].

`obfuscation` pads a delta: in all recordings delta and padding together are 16 characters or a multiple.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring as quoted
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ..replies import tokens
from ..replies.reply import Usage
from ..session import Moment
from .models import Model
from .responses_items import Call, Item, Message, Search, Thought, compact

__all__ = ["Turn", "failed_frames", "frames", "plain", "response"]

RESPONSE = (
    '{"id":"%(id)s","object":"response","created_at":%(created)d,"status":"%(status)s","background":%(background)s,'
    '%(billing)s"completed_at":%(completed)s,"error":%(error)s,"frequency_penalty":0.0,'
    '"incomplete_details":%(incomplete)s,"instructions":%(instructions)s,"max_output_tokens":%(max_output_tokens)s,'
    '"max_tool_calls":%(max_tool_calls)s,"model":%(model)s,"moderation":null,"output":[%(output)s],'
    '"parallel_tool_calls":%(parallel_tool_calls)s,"presence_penalty":0.0,'
    '"previous_response_id":%(previous_response_id)s,"prompt_cache_key":%(prompt_cache_key)s,%(cache_options)s'
    '"prompt_cache_retention":%(retention)s,"reasoning":%(reasoning)s,"safety_identifier":%(safety_identifier)s,'
    '"service_tier":"%(tier)s","store":%(store)s,"temperature":%(temperature)s,"text":%(text)s,'
    '"tool_choice":%(tool_choice)s,"tool_usage":{"image_gen":{"input_tokens":0,"input_tokens_details":'
    '{"image_tokens":0,"text_tokens":0},"output_tokens":0,"output_tokens_details":{"image_tokens":0,"text_tokens":0},'
    '"total_tokens":0},"web_search":{"num_requests":%(searches)d}},"tools":%(tools)s,"top_logprobs":%(top_logprobs)d,'
    '"top_p":%(top_p)s,"truncation":"%(truncation)s","usage":%(usage)s,"user":%(user)s,"metadata":%(metadata)s}'
)
USAGE = (
    '{"input_tokens":%d,"input_tokens_details":{"cache_write_tokens":%d,"cached_tokens":%d},"output_tokens":%d,'
    '"output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d}'
)
PLACE = '"item_id":"%(id)s","output_index":%(index)d'
EVENTS = {
    "response.created": '"response":%(response)s,"sequence_number":%(n)d',
    "response.queued": '"response":%(response)s,"sequence_number":%(n)d',
    "response.in_progress": '"response":%(response)s,"sequence_number":%(n)d',
    "response.completed": '"response":%(response)s,"sequence_number":%(n)d',
    "response.incomplete": '"response":%(response)s,"sequence_number":%(n)d',
    "response.failed": '"response":%(response)s,"sequence_number":%(n)d',
    "error": '"error":%(error)s,"sequence_number":%(n)d',
    "response.output_item.added": '"item":%(item)s,"output_index":%(index)d,"sequence_number":%(n)d',
    "response.output_item.done": '"item":%(item)s,"output_index":%(index)d,"sequence_number":%(n)d',
    "response.content_part.added": f'"content_index":%(part)d,{PLACE},"part":%(value)s,"sequence_number":%(n)d',
    "response.content_part.done": f'"content_index":%(part)d,{PLACE},"part":%(value)s,"sequence_number":%(n)d',
    "response.output_text.delta": (
        '"content_index":%(part)d,"delta":%(delta)s,"item_id":"%(id)s","logprobs":%(logprobs)s%(noise)s,'
        '"output_index":%(index)d,"sequence_number":%(n)d'
    ),
    "response.output_text.annotation.added": (
        '"annotation":%(annotation)s,"annotation_index":%(number)d,"content_index":%(part)d,'
        f'{PLACE},"sequence_number":%(n)d'
    ),
    "response.output_text.done": (
        '"content_index":%(part)d,"item_id":"%(id)s","logprobs":%(logprobs)s,"output_index":%(index)d,'
        '"sequence_number":%(n)d,"text":%(text)s'
    ),
    "response.refusal.delta": (
        '"content_index":%(part)d,"delta":%(delta)s,"item_id":"%(id)s"%(noise)s,"output_index":%(index)d,'
        '"sequence_number":%(n)d'
    ),
    "response.refusal.done": f'"content_index":%(part)d,{PLACE},"refusal":%(text)s,"sequence_number":%(n)d',
    "response.function_call_arguments.delta": (
        '"delta":%(delta)s,"item_id":"%(id)s"%(noise)s,"output_index":%(index)d,"sequence_number":%(n)d'
    ),
    "response.function_call_arguments.done": f'"arguments":%(text)s,{PLACE},"sequence_number":%(n)d',
    "response.custom_tool_call_input.delta": (
        '"delta":%(delta)s,"item_id":"%(id)s"%(noise)s,"output_index":%(index)d,"sequence_number":%(n)d'
    ),
    "response.custom_tool_call_input.done": f'"input":%(text)s,{PLACE},"sequence_number":%(n)d',
    "response.reasoning_summary_part.added": (f'{PLACE},"part":%(value)s,"sequence_number":%(n)d,"summary_index":0'),
    "response.reasoning_summary_text.delta": (
        '"delta":%(delta)s,"item_id":"%(id)s"%(noise)s,"output_index":%(index)d,"sequence_number":%(n)d,'
        '"summary_index":0'
    ),
    "response.reasoning_summary_text.done": (f'{PLACE},"sequence_number":%(n)d,"summary_index":0,"text":%(text)s'),
    "response.reasoning_summary_part.done": (f'{PLACE},"part":%(value)s,"sequence_number":%(n)d,"summary_index":0'),
}
SUMMARY = '{"type":"summary_text","text":%s}'


class Turn(NamedTuple):
    """One answer, ready to be written in either form."""

    id: str
    moment: Moment
    model: Model
    body: Dict[str, Any]
    tools: Sequence[Dict[str, Any]]  # on offer, with those that came in the input
    items: List[Item]
    status: str  # "completed", "incomplete", "failed"
    reason: Optional[str]  # why it is incomplete
    error: Optional[Dict[str, str]]
    usage: Usage


def response(turn: Turn, status: str, *, streamed: bool) -> str:
    """Write the response object as it stands: "queued", "in_progress", "cancelled", or at its end."""
    body, model = turn.body, turn.model
    over = status == turn.status
    usage = turn.usage
    ended = USAGE % (
        usage.input, usage.cache_creation, usage.cache_read, usage.output, usage.reasoning or 0,
        usage.input + usage.output,
    )  # fmt: skip
    options = body.get("prompt_cache_options")
    searches = sum(isinstance(item, Search) and item.kind == "web_search" for item in turn.items) if over else 0
    last = "incomplete" if turn.status == "incomplete" else "completed"
    return RESPONSE % {
        "id": turn.id,
        "created": turn.moment.created,
        "status": status,
        "background": _json(bool(body.get("background"))),
        # In no recorded stream, in no recorded unfinished response.
        "billing": '"billing":{"payer":"developer"},' if over and not streamed else "",
        "completed": turn.moment.created + 1 if over and status == "completed" else "null",
        "error": _json(turn.error) if over else "null",
        "incomplete": _json({"reason": turn.reason}) if over and turn.reason else "null",
        "instructions": _json(body.get("instructions")),
        "max_output_tokens": _json(body.get("max_output_tokens")),
        "max_tool_calls": _json(body.get("max_tool_calls")),
        "model": quoted(model.snapshot),
        "output": compact(turn.items, last) if over else "",
        "parallel_tool_calls": _json(body.get("parallel_tool_calls") is not False),
        "previous_response_id": _json(body.get("previous_response_id")),
        "prompt_cache_key": _json(body.get("prompt_cache_key")),
        "cache_options": f'"prompt_cache_options":{_json(options)},' if options else "",
        "retention": _json(body.get("prompt_cache_retention") or _retention(model)),
        "reasoning": _reasoning(body.get("reasoning") or {}, model),
        "safety_identifier": _json(body.get("safety_identifier")),
        "tier": _tier(body.get("service_tier")) if over else body.get("service_tier") or "auto",
        "store": _json(body.get("store") is not False),
        "temperature": _number(body.get("temperature"), 1.0),
        "text": _text(body.get("text") or {}),
        "tool_choice": _json(body.get("tool_choice") or "auto"),
        "searches": searches,
        "tools": "[" + ",".join(_tool(tool) for tool in turn.tools) + "]",
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": _number(body.get("top_p"), 0.98 if re.match(r"gpt-5\.[2-9]", model.name) else 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": ended if over and turn.status != "failed" else "null",
        "user": _json(body.get("user")),
        "metadata": _json(body.get("metadata") or {}),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _number(value: Any, default: float) -> str:
    return repr(float(default if value is None else value))


def _retention(model: Model) -> Optional[str]:
    if re.match(r"gpt-5\.[5-9]", model.name):
        return "24h"
    return "in_memory" if model.reasons else None


def _tier(asked: Any) -> str:
    """Give the tier that served the request (measured, see `responses_checks`)."""
    return {"fast": "priority", "priority": "priority", "flex": "flex"}.get(asked, "default")


def _reasoning(asked: Dict[str, Any], model: Model) -> str:
    if model.ordinary and not model.reasons:
        return '{"effort":null,"summary":null}'
    effort = asked.get("effort") or ("medium" if model.thinks(None) else "none")
    turns = asked.get("context") or "auto"
    if turns == "auto":
        turns = "all_turns" if re.match(r"gpt-5\.[6-9]", model.name) else "current_turn"
    mode = asked.get("mode") or "standard"
    return _json({"context": turns, "effort": effort, "mode": mode, "summary": asked.get("summary")})


def _text(asked: Dict[str, Any]) -> str:
    wanted = asked.get("format") or {"type": "text"}
    if wanted["type"] == "json_schema":
        wanted = {
            "type": "json_schema",
            "description": wanted.get("description"),
            "name": wanted["name"],
            "schema": wanted["schema"],
            "strict": wanted.get("strict") is not False,
        }
    return _json({"format": wanted, "verbosity": asked.get("verbosity") or "medium"})


def _tool(tool: Dict[str, Any]) -> str:
    """Write a tool as it is echoed: the type, then every key in alphabetical order, defaults filled in."""
    kind = tool["type"]
    if kind == "function":
        filled = {"description": None, "output_schema": None, "parameters": None, **tool}
        filled["strict"] = tool.get("strict") is not False
    elif kind == "custom":
        filled = {"description": None, "format": {"type": "text"}, **tool}
    elif kind.startswith("web_search"):
        place = {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None}
        filled = {"search_context_size": "medium", "user_location": place, **tool}
    elif kind == "file_search":
        ranking = {"ranker": "auto", "score_threshold": 0.0}
        filled = {"filters": None, "max_num_results": 20, "ranking_options": ranking, **tool}
    else:
        filled = dict(tool)
    del filled["type"]
    return _json({"type": kind, **dict(sorted(filled.items()))})


def plain(text: str) -> bytes:
    """Give a compact JSON text as a plain answer is written."""
    return json.dumps(json.loads(text), indent=2).encode("ascii")


class Frames:
    """The events so far; each one knows its number."""

    def __init__(self, turn: Turn) -> None:
        options = turn.body.get("stream_options") or {}
        self._noise = turn.moment.letters("obfuscation", 43) if options.get("include_obfuscation", True) else None
        self.written: List[bytes] = []

    def add(self, kind: str, **values: Any) -> None:
        """Write an event; `delta` is the plain text of a piece."""
        number = len(self.written)
        if "delta" in values:
            noise = ""
            if self._noise is not None:
                start = number * 5 % 28
                noise = f',"obfuscation":"{self._noise[start : start + -len(values["delta"]) % 16]}"'
            values.update(delta=quoted(values["delta"]), noise=noise)
        values["n"] = number
        members = EVENTS[kind] % values
        text = f'event: {kind}\ndata: {{"type":"{kind}",{members}}}\n\n'
        self.written.append(text.encode("utf-8", "backslashreplace"))

    def begin(self, turn: Turn) -> None:
        """Write what every stream begins with."""
        if turn.body.get("background"):
            queued = response(turn, "queued", streamed=True)
            self.add("response.created", response=queued)
            self.add("response.queued", response=queued)
        begun = response(turn, "in_progress", streamed=True)
        if not turn.body.get("background"):
            self.add("response.created", response=begun)
        self.add("response.in_progress", response=begun)


def frames(turn: Turn) -> List[bytes]:
    """Write the events of a turn: the response, each item from its opening to its end, the response at its end."""
    written = Frames(turn)
    written.begin(turn)
    for index, item in enumerate(turn.items):
        written.add("response.output_item.added", item=item.json("in_progress"), index=index)
        _WRITERS[type(item)](written, item, index)
        last = turn.status == "incomplete" and index == len(turn.items) - 1
        written.add("response.output_item.done", item=item.json("incomplete" if last else "completed"), index=index)
    written.add(f"response.{turn.status}", response=response(turn, turn.status, streamed=True))
    return written.written


def failed_frames(turn: Turn) -> List[bytes]:
    """Write the events of a turn that fails before it says anything: an error event, then the failed response.

    Source: vercel/ai packages/openai/src/responses/__fixtures__/openai-error.1.chunks.txt.
    """
    written = Frames(turn)
    written.begin(turn)
    error = {"type": "invalid_request_error", **(turn.error or {}), "param": None}
    written.add("error", error=_json(error))
    written.add("response.failed", response=response(turn, "failed", streamed=True))
    return written.written


def _thought(written: Frames, item: Thought, index: int) -> None:
    if not item.summary:
        return
    at = {"id": item.id, "index": index}
    text = quoted("".join(item.summary))
    written.add("response.reasoning_summary_part.added", value=SUMMARY % '""', **at)
    for piece in item.summary:
        written.add("response.reasoning_summary_text.delta", delta=piece, **at)
    written.add("response.reasoning_summary_text.done", text=text, **at)
    written.add("response.reasoning_summary_part.done", value=SUMMARY % text, **at)


def _message(written: Frames, item: Message, index: int) -> None:
    for part, (pieces, citations) in enumerate(item.parts):
        at = {"id": item.id, "index": index, "part": part}
        word = "refusal" if item.refuses(part) else "output_text"
        written.add("response.content_part.added", value=item.part(part, begun=True), **at)
        for piece in pieces:
            written.add(f"response.{word}.delta", delta=piece.text, logprobs=item.logprobs([piece]), **at)
        for number, citation in enumerate(citations):
            written.add("response.output_text.annotation.added", annotation=citation, number=number, **at)
        text = quoted("".join(piece.text for piece in pieces))
        written.add(f"response.{word}.done", text=text, logprobs=item.logprobs(pieces), **at)
        written.add("response.content_part.done", value=item.part(part), **at)


def _call(written: Frames, item: Call, index: int) -> None:
    at = {"id": item.id, "index": index}
    word = "custom_tool_call_input" if item.custom else "function_call_arguments"
    for piece in tokens.split(item.argument):
        written.add(f"response.{word}.delta", delta=piece, **at)
    written.add(f"response.{word}.done", text=quoted(item.argument), **at)


def _search(written: Frames, item: Search, index: int) -> None:
    for state in ("in_progress", "searching", "completed"):
        written.add(f"response.{item.kind}_call.{state}", id=item.id, index=index)


_WRITERS: Dict[type, Any] = {Thought: _thought, Message: _message, Call: _call, Search: _search}
for _kind in ("web_search", "file_search"):
    for _state in ("in_progress", "searching", "completed"):
        EVENTS[f"response.{_kind}_call.{_state}"] = f'{PLACE},"sequence_number":%(n)d'
