"""Mistral's chat completions: a neutral reply as that API's bytes, in literal JSON.

Key order and white space are those of the recordings of August 2026 (a whole answer tells its usage before its
choices). What is peculiar here: usage comes with the finish, tool calls come whole in one delta of the finishing
chunk, every chunk but the first is padded by `p`, a run of "abcdefgh…", and an answer with thoughts has a list for its
content: in a stream the content is a list while thoughts come and a string afterwards (recording
al-hybrid-reasoning-streams-thinking-…-65cda1e8, whose pieces have `"closed":true` from the second on).
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from ..replies import tokens
from ..replies.chat import text_of
from ..replies.reply import Part, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment
from . import checks

__all__ = ["Shape", "completion", "shape_of", "stream"]

COMPLETION = '{"id":"%s","created":%d,"model":%s,"usage":%s,"object":"chat.completion","choices":[%s]}'
CHOICE = '{"index":%d,"finish_reason":"%s","message":{"role":"assistant","tool_calls":%s,"content":%s}%s}'
TOOL_CALL = '{"id":"%s","type":"function","function":{"name":%s,"arguments":%s},"index":%d}'
USAGE = (
    '{"prompt_tokens":%d,"total_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d},'
    '"service_tier":"standard"}'
)
CHUNK = 'data: {"id":"%s","object":"chat.completion.chunk","created":%d,"model":%s,"choices":['
THINKING = '{"type":"thinking","thinking":[{"type":"text","text":%s}]%s}'
TEXT = '{"type":"text","text":%s}'
DONE = b"data: [DONE]\n\n"
PADDING = "abcdefghijklmnopqrstuvwxyz0123456789"
UNASKED_THOUGHT = "The user asks something simple, so I can answer at once."
FINISH = {"content_filter": "error"}  # the nearest word of the SDK's models/chatcompletionchoice.py


class Shape(NamedTuple):
    """One answer, ready to be written in either form."""

    id: str
    created: int
    model: str
    moment: Moment
    reply: Reply
    choices: int
    usage: str
    total: int  # tokens
    logprobs: int  # alternatives per token; -1: none asked for


def shape_of(body: Dict[str, Any], moment: Moment, reply: Reply, used: int, *, scripted: bool) -> Shape:
    """Decide what the answer says: the reply in parts that this API has, cut to its limits; its ids; its usage."""
    parts: List[Part] = [
        Text(part.text) if isinstance(part, Refusal) else part  # a refusal is text here
        for part in reply.parts
        if not isinstance(part, RedactedThinking)  # and a hidden thought is not told
    ]
    last = body["messages"][-1]
    if last["role"] == "assistant":  # with "prefix": the answer begins with it
        parts[:0] = [Text(text_of(last.get("content")))]
    if not scripted and checks.thinks(body) and not any(isinstance(part, Thinking) for part in parts):
        parts[:0] = [Thinking(piece) for piece in tokens.split(UNASKED_THOUGHT)]
    stop = body.get("stop")
    whole = Reply(parts, finish=reply.finish, usage=reply.usage)
    whole = whole.stopped([stop] if isinstance(stop, str) else stop or ()).limited(body.get("max_tokens") or None)
    choices = body.get("n") or 1
    usage = reply.usage or Usage(used, max(1, whole.size()) * choices)
    total = usage.input + usage.output
    return Shape(
        id=moment.hexadecimal("completion", 32),
        created=moment.created,
        model=encode_basestring(body["model"]),
        moment=moment,
        reply=whole,
        choices=choices,
        usage=USAGE % (usage.input, total, usage.output, usage.cache_read),
        total=total,
        logprobs=(body.get("top_logprobs") or 0) if body.get("logprobs") else -1,
    )


def completion(shape: Shape) -> bytes:
    """Write the answer whole."""
    choices = ",".join(_choice(shape, index) for index in range(shape.choices))
    return _bytes(COMPLETION % (shape.id, shape.created, shape.model, shape.usage, choices))


def _choice(shape: Shape, index: int) -> str:
    reply = shape.reply
    calls = _calls(shape, index) if reply.calls else "null"
    content = _chunks(reply) if reply.thoughts else encode_basestring(reply.text)
    logprobs = "" if shape.logprobs < 0 else f',"logprobs":{_logprobs(reply.parts, shape.logprobs)}'
    return CHOICE % (index, FINISH.get(reply.finish, reply.finish), calls, content, logprobs)


def _chunks(reply: Reply) -> str:
    """Write the content list of an answer with thoughts: pieces of one kind that follow each other are one chunk."""
    runs: List[Tuple[type, str, Any]] = []
    for part in reply.parts:
        if isinstance(part, (Text, Thinking)):
            signature = part.signature if isinstance(part, Thinking) else None
            if runs and runs[-1][0] is type(part) and runs[-1][2] is None:
                runs[-1] = (type(part), runs[-1][1] + part.text, signature)
            else:
                runs.append((type(part), part.text, signature))
    broken = reply.finish == "length" and runs[-1][0] is Thinking  # cut before the thought was over
    written = [
        TEXT % encode_basestring(text)
        if kind is Text
        else _thinking(text, signature, closed=not (broken and place == len(runs) - 1))
        for place, (kind, text, signature) in enumerate(runs)
    ]
    return f"[{','.join(written)}]"


def _thinking(text: str, signature: Any, *, closed: bool) -> str:
    tail = f',"signature":{encode_basestring(signature)}' if signature else ""
    return THINKING % (_quoted(text), tail + (',"closed":true' if closed else ""))


def _calls(shape: Shape, index: int) -> str:
    rows = (
        TOOL_CALL
        % (
            call.id or shape.moment.letters(f"call/{index}/{slot}", 9),
            encode_basestring(call.name),
            encode_basestring(call.arguments),
            slot,
        )
        for slot, call in enumerate(shape.reply.calls)
    )
    return f"[{','.join(rows)}]"


def stream(shape: Shape) -> Iterator[bytes]:
    """Write the events: opening, pieces, finish with usage, [DONE]. The choices' chunks interleave."""
    head = CHUNK % (shape.id, shape.created, shape.model)
    noise = int(shape.moment.hexadecimal("padding", 8), 16)
    choices = [list(_deltas(shape, index)) for index in range(shape.choices)]
    number = 0
    for place in range(len(choices[0])):
        closing = place == len(choices[0]) - 1
        finish = f'"{FINISH.get(shape.reply.finish, shape.reply.finish)}"' if closing else "null"
        for index, deltas in enumerate(choices):
            delta, logprobs = deltas[place]
            text = f'{head}{{"index":{index},"delta":{delta},"finish_reason":{finish}{logprobs}}}]'
            if closing and index == shape.choices - 1:
                text += f',"usage":{shape.usage}'
            if place:
                text += f',"p":"{PADDING[: 1 + (noise + number * 17) % len(PADDING)]}"'
            number += 1
            yield _bytes(text + "}\n\n")
    yield DONE


def _deltas(shape: Shape, index: int) -> Iterator[Tuple[str, str]]:
    """Give each delta of one choice, and its logprobs, as JSON."""
    parts = [part for part in shape.reply.parts if not isinstance(part, ToolCall)]
    thoughtful = any(isinstance(part, Thinking) for part in parts)
    yield '{"role":"assistant","content":""}', ""
    if thoughtful:
        yield '{"content":""}', ""
    closed = False  # as recorded: not in the first piece of a thought, but in all others
    place = 0
    while place < len(parts):
        part = parts[place]
        if isinstance(part, Thinking):
            chunks = _thinking(part.text, part.signature, closed=closed)
            closed = True
            after = parts[place + 1] if place + 1 < len(parts) else None
            if isinstance(after, Text):  # the text begins in the chunk in which the thought ends
                chunks += "," + TEXT % _quoted(after.text)
                closed = False
                place += 1
            yield f'{{"content":[{chunks}]}}', ""
        elif isinstance(part, Text):
            if thoughtful and place == len(parts) - 1 and not shape.reply.calls:
                break  # the last piece comes with the finish
            logprobs = "" if shape.logprobs < 0 else f',"logprobs":{_logprobs([part], shape.logprobs)}'
            yield f'{{"content":{_quoted(part.text)}}}', logprobs
        place += 1
    if shape.reply.calls:
        yield f'{{"tool_calls":{_calls(shape, index)}}}', ""
    else:
        rest = parts[place].text if place < len(parts) else ""  # type: ignore[union-attr]  # a Text, by the break
        yield f'{{"content":{_quoted(rest)}}}', ""


def _logprobs(parts: Sequence[Part], top: int) -> str:
    """Write log probabilities of the SDK's shape: deterministic numbers, the token first among its alternatives."""
    entries: List[Dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            ranked = [_probability(part.text, rank) for rank in range(max(1, top))]
            entries.append({**ranked[0], "top_logprobs": ranked[:top]})
    return json.dumps({"content": entries}, ensure_ascii=False, separators=(",", ":"))


def _probability(token: str, rank: int) -> Dict[str, Any]:
    text = token + "'" * rank
    spelt = list(text.encode("utf-8", "replace"))
    logprob = round(-0.01 * (1 + len(token) % 7) - 2.5 * rank, 4)
    return {"token": text, "logprob": logprob, "bytes": spelt, "token_id": 1000 + sum(spelt)}


@lru_cache(maxsize=4096)
def _quoted(piece: str) -> str:
    return encode_basestring(piece)


def _bytes(text: str) -> bytes:
    # A lone surrogate can be asked to be echoed; "\ud800" is how JSON writes it.
    return text.encode("utf-8", "backslashreplace")
