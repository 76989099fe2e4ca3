"""Anthropic's messages: a neutral reply as that API's bytes, in literal JSON.

The templates below are the specimen: key order, white space and event order are those of the recordings of August 2026
in the project's cassettes. Everything is compact, but a ping has its space, and each event ends in none to fifteen
spaces before its last brace. The ping comes behind the first `content_block_start`. What is random at Anthropic (ids,
signatures, the padding) comes from the request's `Moment`.

Pieces of one kind that follow each other are one content block. A refusal is text, and a stop_reason.
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ..replies import tokens
from ..replies.reply import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment, Session
from . import thinking
from .caching import Cached
from .citations import citation
from .models import Model

__all__ = ["Shape", "message", "shape_of", "stream"]

MESSAGE = (
    '{"model":%s,"id":"%s","type":"message","role":"assistant","content":[%s],"stop_reason":%s,"stop_sequence":%s,'
    '"stop_details":%s,"usage":%s%s}'
)
USAGE = (
    '{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"cache_creation":'
    '{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d},"output_tokens":%d%s,"service_tier":"standard",'
    '"inference_geo":%s%s}'
)
LAST_USAGE = '{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"output_tokens":%d%s}'
DELTA = '{"stop_reason":%s,"stop_sequence":%s,"stop_details":%s}'
DETAILS = ',"output_tokens_details":{"thinking_tokens":%d}'
TEXT = '{"type":"text","text":%s}'
CITED = '{"citations":[%s],"type":"text","text":%s}'
THINKING = '{"type":"thinking","thinking":%s,"signature":%s}'
REDACTED = '{"type":"redacted_thinking","data":%s}'
TOOL_USE = '{"type":"tool_use","id":"%s","name":%s,"input":%s,"caller":{"type":"direct"}}'
EDITED = ',"context_management":{"applied_edits":[]}'  # recordings test_compaction_…
STOP_DETAILS = '{"type":"refusal","category":%s,"explanation":%s}'  # keys from the SDK's RefusalStopDetails
DECLINED = "The model declined to answer this request."
POLICY = "This request triggered restrictions on violative content and was blocked under Anthropic's Usage Policy."
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
BEGUN = 1  # the output tokens that message_start tells of


class Thought(NamedTuple):
    """A content block of thoughts; `signature` is the last thing of it."""

    pieces: List[str]
    signature: str


class Secret(NamedTuple):
    """A content block of encrypted thoughts."""

    data: str


class Spoken(NamedTuple):
    """A content block of text; `citation` is JSON."""

    pieces: List[str]
    citation: Optional[str]


class Used(NamedTuple):
    """A content block that calls a tool; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


Block = Union[Thought, Secret, Spoken, Used]


class Shape(NamedTuple):
    """One answer, ready to be written in either form; every text field is JSON already."""

    id: str
    model: str
    moment: Moment
    blocks: List[Block]
    stop_reason: str
    stop_sequence: str
    stop_details: str
    usage: Usage
    cached: Cached
    geo: str
    speed: str
    edited: str


def shape_of(
    body: Dict[str, Any], model: Model, moment: Moment, reply: Reply, session: Session, used: Tuple[int, Cached]
) -> Shape:
    """Decide what the answer says: the reply cut to its limits, its blocks and signatures, its usage."""
    config = body.get("thinking") or {}
    if config.get("type") == "disabled":
        shown = [part for part in reply.parts if not isinstance(part, (Thinking, RedactedThinking))]
        reply = Reply(shown, finish=reply.finish, usage=reply.usage)
    stops = body.get("stop_sequences") or []
    cut = reply.stopped(stops)
    hit = _hit(reply.text, stops) if cut is not reply else None
    room = body["max_tokens"]
    limited = cut.limited(room) if room else Reply([], finish="length", usage=cut.usage)
    hit = hit if limited is cut else None
    reason, details = _stop(limited)
    hidden = config.get("display", "omitted" if model.omits else "summarized") == "omitted"
    thoughts = sum(isinstance(part, (Thinking, RedactedThinking)) for part in limited.parts)
    prompt, cached = used
    usage = limited.usage or Usage(
        prompt, max(1 if room else 0, limited.size()), thoughts, cached.read, cached.written_5m + cached.written_1h
    )
    if limited.usage is not None:
        cached = Cached(usage.cache_read, usage.cache_creation)
    return Shape(
        id="msg_01" + moment.letters("message", 22),
        model=encode_basestring(model.snapshot),
        moment=moment,
        blocks=list(_blocks(limited, moment, session, hidden=hidden, cited=citation(body["messages"]))),
        stop_reason='"stop_sequence"' if hit is not None else reason,
        stop_sequence="null" if hit is None else encode_basestring(hit),
        stop_details=details,
        usage=usage,
        cached=cached,
        geo=encode_basestring(body.get("inference_geo") or "not_available"),
        speed=f',"speed":"{body["speed"]}"' if body.get("speed") else "",
        edited=EDITED if body.get("context_management") else "",
    )


def _hit(text: str, stops: List[str]) -> str:
    """Give the stop sequence that comes first in a text."""
    return min((stop for stop in stops if stop in text), key=text.find)


def _stop(reply: Reply) -> Tuple[str, str]:
    """Give stop_reason and stop_details. A model that says no in its own words gives no category."""
    if reply.finish in REASONS and not (reply.refusal and reply.finish == "stop"):
        return f'"{REASONS[reply.finish]}"', "null"
    if reply.finish == "stop":
        return '"refusal"', STOP_DETAILS % ("null", encode_basestring(DECLINED))
    return '"refusal"', STOP_DETAILS % ('"general_harms"', encode_basestring(POLICY))


def _blocks(reply: Reply, moment: Moment, session: Session, *, hidden: bool, cited: Optional[str]) -> Iterator[Block]:
    """Join the pieces of one kind that follow each other."""
    parts = reply.parts
    place = calls = thoughts = 0
    while place < len(parts):
        part = parts[place]
        if isinstance(part, RedactedThinking):
            thinking.issue(session, part.data)
            yield Secret(part.data)
        elif isinstance(part, ToolCall):
            yield Used(part.id or f"toolu_01{moment.letters(f'call/{calls}', 22)}", part.name, part.arguments)
            calls += 1
        elif isinstance(part, Thinking):
            run = _run(parts, place, Thinking)
            pieces = [] if hidden else [one.text for one in run]
            given = [one.signature for one in run if one.signature is not None]
            signature = given[-1] if given else thinking.sign("".join(pieces), moment, thoughts)
            if given:
                thinking.issue(session, signature, "".join(pieces))
            yield Thought(pieces, signature)
            thoughts += 1
            place += len(run) - 1
        else:
            spoken = _run(parts, place, (Text, Refusal))
            yield Spoken([one.text for one in spoken], cited)
            place += len(spoken) - 1
        place += 1


def _run(parts: Any, place: int, kind: Any) -> List[Any]:
    end = place
    while end < len(parts) and isinstance(parts[end], kind):
        end += 1
    return list(parts[place:end])


def message(shape: Shape) -> bytes:
    """Write the answer whole."""
    usage = shape.usage
    blocks = ",".join(_whole(block) for block in shape.blocks)
    ends = (shape.stop_reason, shape.stop_sequence, shape.stop_details)
    return _bytes(
        MESSAGE % (shape.model, shape.id, blocks, *ends, _usage(shape, usage.output, _details(usage)), shape.edited)
    )


def _usage(shape: Shape, output: int, details: str) -> str:
    read = shape.usage.cache_read
    written = shape.usage.cache_creation
    fresh = max(1, shape.usage.input - read - written)
    cached = (written, read, shape.cached.written_5m, shape.cached.written_1h)
    return USAGE % (fresh, *cached, output, details, shape.geo, shape.speed)


def _details(usage: Usage) -> str:
    return DETAILS % usage.reasoning if usage.reasoning else ""


def _whole(block: Block) -> str:
    if isinstance(block, Thought):
        return THINKING % (encode_basestring("".join(block.pieces)), encode_basestring(block.signature))
    if isinstance(block, Secret):
        return REDACTED % encode_basestring(block.data)
    if isinstance(block, Used):
        return TOOL_USE % (block.id, encode_basestring(block.name), _input(block.arguments))
    text = encode_basestring("".join(block.pieces))
    return TEXT % text if block.citation is None else CITED % (block.citation, text)


def _input(arguments: str) -> str:
    """Give the arguments as a JSON object. What was cut off, or is no object, cannot be sent whole: it is empty."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        value = {}
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False, separators=(",", ":"))


def stream(shape: Shape) -> Iterator[bytes]:
    """Write the events: message_start, each block from start to stop, message_delta, message_stop."""
    noise = shape.moment.hexadecimal("padding", 64)
    number = 0
    opening = MESSAGE % (shape.model, shape.id, "", "null", "null", "null", _usage(shape, BEGUN, ""), "")
    for name, data in _events(shape, opening):
        if name == "ping":
            yield PING
            continue
        pad = " " * int(noise[number * 7 % 64], 16)
        yield _bytes(f'event: {name}\ndata: {{"type":"{name}"{data}{pad}}}\n\n')
        number += 1


def _events(shape: Shape, opening: str) -> Iterator[Tuple[str, str]]:
    """Give each event's name and the rest of its data, behind the type and before the last brace."""
    yield "message_start", ',"message":' + opening
    for index, block in enumerate(shape.blocks):
        yield "content_block_start", f',"index":{index},"content_block":{_start(block)}'
        if index == 0:
            yield "ping", ""
        for delta in _deltas(block):
            yield "content_block_delta", f',"index":{index},"delta":{delta}'
        yield "content_block_stop", f',"index":{index}'
    usage = shape.usage
    fresh = max(1, usage.input - usage.cache_read - usage.cache_creation)
    last = LAST_USAGE % (fresh, usage.cache_creation, usage.cache_read, usage.output, _details(usage))
    delta = DELTA % (shape.stop_reason, shape.stop_sequence, shape.stop_details)
    yield "message_delta", f',"delta":{delta},"usage":{last}{shape.edited}'
    yield "message_stop", ""


def _start(block: Block) -> str:
    if isinstance(block, Thought):
        return THINKING % ('""', '""')
    if isinstance(block, Secret):
        return _whole(block)
    if isinstance(block, Used):
        return TOOL_USE % (block.id, encode_basestring(block.name), "{}")
    return TEXT % '""' if block.citation is None else CITED % ("", '""')


def _deltas(block: Block) -> Iterator[str]:
    if isinstance(block, Thought):
        for piece in block.pieces:
            yield f'{{"type":"thinking_delta","thinking":{_quoted(piece)}}}'
        yield f'{{"type":"signature_delta","signature":{encode_basestring(block.signature)}}}'
    elif isinstance(block, Used):
        yield '{"type":"input_json_delta","partial_json":""}'
        for piece in tokens.split(block.arguments):
            yield f'{{"type":"input_json_delta","partial_json":{_quoted(piece)}}}'
    elif isinstance(block, Spoken):
        if block.citation is not None:
            yield f'{{"type":"citations_delta","citation":{block.citation}}}'
        for piece in block.pieces:
            yield f'{{"type":"text_delta","text":{_quoted(piece)}}}'


@lru_cache(maxsize=4096)
def _quoted(piece: str) -> str:
    return encode_basestring(piece)


def _bytes(text: str) -> bytes:
    # A lone surrogate can be asked to be echoed; "\ud800" is how JSON writes it.
    return text.encode("utf-8", "backslashreplace")
