"""A neutral reply as the API's bytes: literal JSON in the white space of a streamed chunk, from which the rest is made.

The templates are the specimen: key order and white space are those of the recordings in the project's cassettes (a
colon is followed by a space, a comma is not). A whole answer and an element of the JSON array that a stream without
`alt=sse` gives are the same JSON, indented by two. What is random at Google (ids, signatures) comes from the request's
`Moment`.

Every chunk carries new parts and the usage so far: the count of the answer's tokens comes with its first token, the
count of thoughts with the end of thinking. The last chunk has the finish reason; Gemini 3 closes a text with an empty
part that carries the signature, older models close it with its last piece.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..replies import tokens
from ..replies.reply import Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment
from . import builtin
from .models import Model

__all__ = ["Shape", "array", "events", "shape_of", "whole"]

CHUNK = '{"candidates": [%s],"usageMetadata": {%s},"modelVersion": %s,"responseId": "%s"}'
CONTENT = '"content": {"parts": [%s],"role": "model"},'
NO_PARTS = '"content": {"role": "model"},'  # the room was spent on thoughts
NO_CONTENT = '"content": {},'  # a stop sequence came first (measured in public, August 2026)
TEXT = '{"text": %s%s}'
CALL = '{"functionCall": {"name": %s,"args": %s%s}%s}'
SIGNED = ',"thoughtSignature": "%s"'
CALLED = ',"finishMessage": "Model generated function call(s)."'
MALFORMED = ',"finishMessage": "Malformed function call"'
BLOCKED = (
    '{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},"usageMetadata": {%s},"modelVersion": %s,'
    '"responseId": "%s"}'
)
RATINGS = (
    ',"safetyRatings": [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT","probability": "NEGLIGIBLE"},'
    '{"category": "HARM_CATEGORY_HATE_SPEECH","probability": "NEGLIGIBLE"},'
    '{"category": "HARM_CATEGORY_HARASSMENT","probability": "NEGLIGIBLE"},'
    '{"category": "HARM_CATEGORY_DANGEROUS_CONTENT","probability": "HIGH","blocked": true}]'
)  # the shape of CherryHQ/cherry-studio#664
FINISHES = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
THOUGHT = 64  # tokens that a thinking model spends before it answers
SUMMARY = "**Considering the Question**\n\nI'm looking at what is asked, and put the answer into words.\n\n\n"


class Piece(NamedTuple):
    """One chunk's worth: its parts as JSON, the tokens in them, whether they are thoughts."""

    parts: str
    tokens: int
    thought: bool = False


class Shape(NamedTuple):
    """One answer, ready to be written in any form."""

    model: Model
    version: str  # as JSON
    id: str
    moment: Moment
    reply: Reply
    finish: str
    thoughts: Tuple[Thinking, ...]  # those that are shown
    signature: str  # the scripted one
    usage: Usage
    tooled: bool  # functions were on offer
    choices: int
    extra: builtin.Extra


def shape_of(request: Dict[str, Any], model: Model, moment: Moment, reply: Reply, used: int) -> Shape:
    """Decide what the answer says: the reply cut to its limits, its thoughts, its usage."""
    config = request.get("generationConfig") or {}
    thinking = config.get("thinkingConfig") or {}
    thoughts = tuple(part for part in reply.parts if isinstance(part, Thinking))
    signature = "".join([part.signature for part in thoughts if part.signature][-1:])
    shown = [part for part in reply.parts if isinstance(part, (Text, Refusal, ToolCall))]
    reply = Reply(shown, finish=reply.finish, usage=reply.usage)
    reply = reply.stopped(config.get("stopSequences") or ())
    spent = _spent(thoughts, thinking, model)
    if not thinking.get("includeThoughts") or not spent:
        thoughts = ()
    elif not thoughts:
        thoughts = (Thinking(SUMMARY),)
    room = config.get("maxOutputTokens")
    if room:
        spent = min(spent, room)
        reply = Reply([], finish="length", usage=reply.usage) if spent == room else reply.limited(room - spent)
    finish = FINISHES.get(reply.finish, "OTHER")
    if any(_arguments(call) is None for call in reply.calls):  # half a call is no call here
        kept = [part for part in reply.parts if isinstance(part, Text)]
        finish = finish if finish == "MAX_TOKENS" else "MALFORMED_FUNCTION_CALL"
        reply = Reply(kept, finish=reply.finish, usage=reply.usage)
    choices = config.get("candidateCount") or 1
    cached = used // 2 if request.get("cachedContent") else 0
    extra = builtin.extra_of(request, model, moment)
    size = max(1, reply.size()) + builtin.BLOCK * len(extra.parts) if reply.parts else 0
    usage = reply.usage or Usage(used, (size + spent) * choices, spent * choices, cached)
    return Shape(
        model=model,
        version=encode_basestring(model.version),
        id=base64.urlsafe_b64encode(bytes.fromhex(moment.hexadecimal("response", 34))).decode("ascii").rstrip("="),
        moment=moment,
        reply=reply,
        finish=finish,
        thoughts=thoughts,
        signature=signature,
        usage=usage,
        tooled=any("functionDeclarations" in tool for tool in request.get("tools") or ()),
        choices=choices,
        extra=extra,
    )


def _spent(thoughts: Sequence[Thinking], thinking: Dict[str, Any], model: Model) -> int:
    """Give the tokens spent on thinking."""
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    if budget == 0:
        return 0
    if thoughts:
        return sum(tokens.count(part.text) for part in thoughts)
    if level == "MINIMAL" or not (model.thinks or (model.can_think and model.ordinary and (budget or level))):
        return 0
    return min(THOUGHT, budget) if budget and budget > 0 else THOUGHT


def whole(shape: Shape) -> bytes:
    """Write the answer in one piece, indented."""
    if shape.reply.finish == "blocked":
        return _indented(_blocked(shape))
    usage = shape.usage
    shown = usage.output - (usage.reasoning or 0)
    rows = [_candidate(shape, index, _joined(shape, index), last=True, closed=True) for index in range(shape.choices)]
    return _indented(_chunk(shape, ",".join(rows), shown, thought=True))


def events(shape: Shape) -> Iterator[bytes]:
    """Write the chunks as server-sent events: only `data:`, CRLF, and no end mark."""
    for chunk in _chunks(shape):
        yield _bytes(f"data: {chunk}\r\n\r\n")


def array(shape: Shape) -> Iterator[bytes]:
    """Write the chunks as one JSON array, which is what a stream is without `alt=sse`."""
    between = b"["
    for chunk in _chunks(shape):
        yield between + _indented(chunk)
        between = b",\r\n"
    yield b"]"


def _chunks(shape: Shape) -> Iterator[str]:
    if shape.reply.finish == "blocked":
        yield _blocked(shape)
        return
    choices = [list(_pieces(shape, index)) for index in range(shape.choices)]
    total = shape.usage.output - (shape.usage.reasoning or 0)
    written = 0
    steps = len(choices[0])
    for place in range(steps):
        last = place == steps - 1
        rows = []
        for index, pieces in enumerate(choices):
            piece = pieces[place]
            written = min(total, written + piece.tokens) if not piece.thought else written
            rows.append(_candidate(shape, index, piece.parts, last=last, closed=last and place == 0))
        yield _chunk(shape, ",".join(rows), total if last else written, thought=last or not choices[0][place].thought)


def _pieces(shape: Shape, index: int) -> Iterator[Piece]:
    """Give the chunks of one candidate. The last one closes it; it has no parts where a filter did that."""
    for thought in shape.thoughts:
        yield Piece(TEXT % (_quoted(thought.text), ',"thought": true'), tokens.count(thought.text), thought=True)
    for block in shape.extra.parts:
        yield Piece(block, builtin.BLOCK)
    signature = _signature(shape, index)
    spoken = [part for part in shape.reply.parts if isinstance(part, (Text, Refusal))]
    calls = [_call(shape, index, slot, signature if slot == 0 else "") for slot in range(len(shape.reply.calls))]
    ending = signature if not calls and spoken and (shape.model.new or shape.tooled) else ""
    closing = bool(ending) and shape.model.new
    for number, part in enumerate(spoken):
        signed = SIGNED % ending if ending and not closing and number == len(spoken) - 1 else ""
        yield Piece(TEXT % (_quoted(part.text), signed), 1)
    if shape.model.new:
        for slot, call in enumerate(calls):
            yield Piece(call, _size(shape.reply.calls[slot]))
    elif calls:
        yield Piece(",".join(calls), sum(map(_size, shape.reply.calls)))
    if closing:
        yield Piece(TEXT % ('""', SIGNED % ending), 0)
    elif shape.finish in ("SAFETY", "MALFORMED_FUNCTION_CALL") or not (spoken or calls):
        yield Piece("", 0)


def _joined(shape: Shape, index: int) -> str:
    """Give all parts of one candidate, neighbours of a kind joined."""
    if shape.finish == "SAFETY":
        return ""
    rows: List[str] = []
    if shape.thoughts:
        rows.append(TEXT % (encode_basestring("".join(part.text for part in shape.thoughts)), ',"thought": true'))
    rows += shape.extra.parts
    signature = _signature(shape, index)
    said = shape.reply.text + shape.reply.refusal
    calls = shape.reply.calls
    if said:
        ending = signature if not calls and (shape.model.new or shape.tooled) else ""
        rows.append(TEXT % (encode_basestring(said), SIGNED % ending if ending else ""))
    rows += [_call(shape, index, slot, signature if slot == 0 else "") for slot in range(len(calls))]
    return ",".join(rows)


def _candidate(shape: Shape, index: int, parts: str, *, last: bool, closed: bool) -> str:
    """Write a candidate; `closed` says that these parts are all it ever says."""
    content = CONTENT % parts
    if not parts:
        content = ""
        if closed and shape.finish == "MAX_TOKENS":
            content = NO_PARTS
        elif closed and shape.finish == "STOP":
            content = NO_CONTENT
    if not last:
        return f'{{{content}"index": {index}}}'
    tail = RATINGS if shape.finish == "SAFETY" else MALFORMED if shape.finish == "MALFORMED_FUNCTION_CALL" else ""
    if shape.finish == "STOP" and shape.reply.calls:
        tail = CALLED
    return f'{{{content}"finishReason": "{shape.finish}","index": {index}{tail}{shape.extra.candidate}}}'


def _chunk(shape: Shape, rows: str, written: int, *, thought: bool) -> str:
    return CHUNK % (rows, _usage(shape, written, thought=thought), shape.version, shape.id)


def _usage(shape: Shape, written: int, *, thought: bool) -> str:
    """Write the counts so far. A count of 0 is left out, as in protobuf's JSON."""
    usage = shape.usage
    reasoning = (usage.reasoning or 0) if thought else 0
    extra = shape.extra.tokens if thought else 0
    rows = [f'"promptTokenCount": {usage.input}']
    if written:
        rows.append(f'"candidatesTokenCount": {written}')
    rows.append(f'"totalTokenCount": {usage.input + written + reasoning + extra}')
    if usage.cache_read:
        rows.append(f'"cachedContentTokenCount": {usage.cache_read}')
    rows.append(f'"promptTokensDetails": [{{"modality": "TEXT","tokenCount": {usage.input}}}]')
    if usage.cache_read:
        rows.append(f'"cacheTokensDetails": [{{"modality": "TEXT","tokenCount": {usage.cache_read}}}]')
    if extra:
        rows.append(f'"toolUsePromptTokenCount": {extra}')
        rows.append(f'"toolUsePromptTokensDetails": [{{"modality": "TEXT","tokenCount": {extra}}}]')
    if reasoning:
        rows.append(f'"thoughtsTokenCount": {reasoning}')
    rows.append('"serviceTier": "standard"')
    return ",".join(rows)


def _blocked(shape: Shape) -> str:
    return BLOCKED % (_usage(shape, 0, thought=False), shape.version, shape.id)


def _signature(shape: Shape, index: int) -> str:
    """Give the signature of what the model thought: the scripted one, or one made up; empty when it does not sign."""
    if shape.signature:
        return shape.signature
    if not shape.model.new and not (shape.tooled and shape.usage.reasoning):
        return ""
    seed = bytes.fromhex(shape.moment.hexadecimal(f"signature/{index}", 64))
    return base64.b64encode(b"\x12\x44\x0a\x42\x01\x11\x4d\x32\x0f" + seed * 2).decode("ascii")


def _call(shape: Shape, index: int, slot: int, signature: str) -> str:
    call = shape.reply.calls[slot]
    id = call.id
    if id is None and shape.model.new:
        id = shape.moment.hexadecimal(f"call/{index}/{slot}", 8)
    arguments = json.dumps(_arguments(call), ensure_ascii=False, separators=(",", ": "))
    named = f',"id": {encode_basestring(id)}' if id else ""
    return CALL % (encode_basestring(call.name), arguments, named, SIGNED % signature if signature else "")


def _arguments(call: ToolCall) -> Optional[Dict[str, Any]]:
    """Give a call's arguments, or None when their text is no JSON object."""
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _size(call: ToolCall) -> int:
    return tokens.count(call.arguments) + tokens.count(call.name) + 8


@lru_cache(maxsize=4096)
def _quoted(piece: str) -> str:
    return encode_basestring(piece)


def _indented(text: str) -> bytes:
    return _bytes(json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n")


def _bytes(text: str) -> bytes:
    # These two signs are escaped by protobuf's JSON writer; outside strings they do not occur. A lone surrogate can be
    # asked to be echoed; "\ud800" is how JSON writes it.
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return text.encode("utf-8", "backslashreplace")
