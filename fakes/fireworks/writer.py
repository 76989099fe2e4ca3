"""Fireworks' chat completions: a neutral reply as that API's bytes, in literal JSON.

Key order and white space are those of the recordings. What is peculiar here: the first delta is a role without
content, `"usage":null` stands in every chunk until the last, which has an empty delta, the finish and the usage; and
thoughts come in `reasoning_content`. With OpenAI's `stream_options.include_usage` the usage comes behind the finish in
a chunk without choices (as langchain-fireworks 1.7.1 reads it; wire/fireworks.md: possible, unverified).
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from ..replies import tokens
from ..replies.reply import Part, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment
from . import checks

__all__ = ["Shape", "completion", "shape_of", "stream"]

COMPLETION = '{"id":"%s","object":"chat.completion","created":%d,"model":%s,"choices":[%s],"usage":%s%s}'
CHOICE = '{"index":%d,"message":{"role":"assistant","content":%s%s%s},"finish_reason":"%s"%s}'
TOOL_CALL = '{"index":%d,"id":"%s","type":"function","function":{"name":%s,"arguments":%s}}'
USAGE = '{"prompt_tokens":%d,"total_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}'
CHUNK = 'data: {"id":"%s","object":"chat.completion.chunk","created":%d,"model":%s,"choices":['
DONE = b"data: [DONE]\n\n"
UNASKED_THOUGHT = "Just answer."
FINISH = {"content_filter": "stop", "blocked": "stop"}  # no filter is known here: such an answer just ends


class Shape(NamedTuple):
    """One answer, ready to be written in either form."""

    id: str
    created: int
    model: str
    moment: Moment
    reply: Reply
    choices: int
    read: int  # tokens
    cached: int  # tokens
    usage: str
    usage_apart: bool
    logprobs: int  # alternatives per token; -1: none asked for
    metrics: str


def shape_of(body: Dict[str, Any], moment: Moment, reply: Reply, used: int, *, scripted: bool) -> Shape:
    """Decide what the answer says: the reply in parts that this API has, cut to its limits; its ids; its usage."""
    parts: List[Part] = [
        Text(part.text) if isinstance(part, Refusal) else part  # a refusal is text here
        for part in reply.parts
        if not isinstance(part, RedactedThinking)  # and a hidden thought is not told
    ]
    if not scripted and checks.thinks(body) and not any(isinstance(part, Thinking) for part in parts):
        parts[:0] = [Thinking(piece) for piece in tokens.split(UNASKED_THOUGHT)]
    stop = body.get("stop")
    whole = Reply(parts, finish=reply.finish, usage=reply.usage)
    whole = whole.stopped([stop] if isinstance(stop, str) else stop or ()).limited(checks.room(body))
    choices = body.get("n") or 1
    usage = reply.usage or Usage(used, max(1, whole.size()) * choices)
    asked = body.get("logprobs")
    top = body.get("top_logprobs") or (asked if isinstance(asked, int) and asked is not True else 0)
    metrics = ',"perf_metrics":{"prompt-tokens":"%d","cached-prompt-tokens":"%d"}' % (usage.input, usage.cache_read)
    return Shape(
        id=uuid(moment),
        created=moment.created,
        model=encode_basestring(body["model"]),
        moment=moment,
        reply=whole,
        choices=choices,
        read=usage.input,
        cached=usage.cache_read,
        usage=USAGE % (usage.input, usage.input + usage.output, usage.output, usage.cache_read),
        usage_apart=bool((body.get("stream_options") or {}).get("include_usage")),
        logprobs=top if asked or asked == 0 and asked is not False else -1,
        metrics=metrics if body.get("perf_metrics_in_response") else "",
    )


def uuid(moment: Moment) -> str:
    """Give the id of the answer, which is the request's id too."""
    digits = moment.hexadecimal("request", 32)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def completion(shape: Shape) -> bytes:
    """Write the answer whole."""
    choices = ",".join(_choice(shape, index) for index in range(shape.choices))
    head = (shape.id, shape.created, shape.model)
    return _bytes(COMPLETION % (*head, choices, shape.usage, shape.metrics))


def _choice(shape: Shape, index: int) -> str:
    reply = shape.reply
    content = encode_basestring(reply.text) if reply.text or not reply.calls else "null"
    thoughts = f',"reasoning_content":{encode_basestring(reply.thoughts)}' if reply.thoughts else ""
    rows = ",".join(
        TOOL_CALL
        % (slot, _id(shape, index, slot, call), encode_basestring(call.name), encode_basestring(call.arguments))
        for slot, call in enumerate(reply.calls)
    )
    calls = f',"tool_calls":[{rows}]' if rows else ""
    logprobs = "" if shape.logprobs < 0 else f',"logprobs":{_logprobs(reply.parts, shape.logprobs)}'
    return CHOICE % (index, content, thoughts, calls, FINISH.get(reply.finish, reply.finish), logprobs)


def _id(shape: Shape, index: int, slot: int, call: ToolCall) -> str:
    return call.id or "call_" + shape.moment.letters(f"call/{index}/{slot}", 24)


def stream(shape: Shape) -> Iterator[bytes]:
    """Write the events: role, pieces, finish with usage, [DONE]. The choices' chunks interleave."""
    head = CHUNK % (shape.id, shape.created, shape.model)
    choices = [list(_deltas(shape, index)) for index in range(shape.choices)]
    for place in range(len(choices[0])):
        closing = place == len(choices[0]) - 1
        finish = f'"{FINISH.get(shape.reply.finish, shape.reply.finish)}"' if closing else "null"
        for index, deltas in enumerate(choices):
            delta, logprobs = deltas[place]
            last = closing and index == shape.choices - 1 and not shape.usage_apart
            tail = f'"usage":{shape.usage}{shape.metrics}' if last else '"usage":null'
            yield _bytes(f'{head}{{"index":{index},"delta":{delta},"finish_reason":{finish}{logprobs}}}],{tail}}}\n\n')
    if shape.usage_apart:
        yield _bytes(f'{head}],"usage":{shape.usage}{shape.metrics}}}\n\n')
    yield DONE


def _deltas(shape: Shape, index: int) -> Iterator[Tuple[str, str]]:
    """Give each delta of one choice, and its logprobs, as JSON."""
    yield '{"role":"assistant"}', ""
    slot = 0
    for part in shape.reply.parts:
        if isinstance(part, Thinking):
            yield f'{{"reasoning_content":{_quoted(part.text)}}}', ""
        elif isinstance(part, Text):
            logprobs = "" if shape.logprobs < 0 else f',"logprobs":{_logprobs([part], shape.logprobs)}'
            yield f'{{"content":{_quoted(part.text)}}}', logprobs
        elif isinstance(part, ToolCall):
            opening = TOOL_CALL % (slot, _id(shape, index, slot, part), encode_basestring(part.name), '""')
            yield f'{{"tool_calls":[{opening}]}}', ""
            for piece in tokens.split(part.arguments):
                yield f'{{"tool_calls":[{{"index":{slot},"function":{{"arguments":{_quoted(piece)}}}}}]}}', ""
            slot += 1
    yield "{}", ""


def _logprobs(parts: Sequence[Part], top: int) -> str:
    """Write log probabilities of the SDK's types/shared/new_log_probs.py: deterministic numbers."""
    entries: List[Dict[str, Any]] = []
    offset = 0
    for part in parts:
        if isinstance(part, Text):
            ranked = [_probability(part.text, rank) for rank in range(max(1, top))]
            entries.append({**ranked[0], "text_offset": offset, "top_logprobs": ranked[:top]})
            offset += len(part.text)
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
