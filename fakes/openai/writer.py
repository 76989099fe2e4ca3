"""OpenAI's chat completions: a neutral reply as that API's bytes, in literal JSON.

The templates below are the specimen: key order, white space and event order are those of the recordings in the
project's cassettes (a plain answer is indented by two, a chunk is compact). What is random at OpenAI (ids,
`obfuscation`, times) comes from the request's `Moment`.

`obfuscation` pads every chunk: in all recordings since August 2025 the chunk's JSON is one character longer than a
multiple of 16, so the padding below has exactly the length that OpenAI's has.
"""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

from ..replies import tokens
from ..replies.reply import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment
from . import audio as audio_form
from . import logprobs as logprobs_form
from .models import Model

__all__ = ["Shape", "completion", "shape_of", "stream"]

COMPLETION = """{
  "id": "%s",
  "object": "chat.completion",
  "created": %d,
  "model": %s,
  "choices": [%s
  ],
  "usage": %s,
  "service_tier": "%s",
  "system_fingerprint": %s
}
"""
CHOICE = """
    {
      "index": %d,
      "message": {
        "role": "assistant",
        "content": %s,%s
        "refusal": %s,%s
        "annotations": []
      },%s
      "finish_reason": "%s"
    }"""
TOOL_CALLS = """
        "tool_calls": [%s
        ],"""
TOOL_CALL = """
          {
            "id": "%s",
            "type": "function",
            "function": {
              "name": %s,
              "arguments": %s
            }
          }"""
FUNCTION_CALL = """
        "function_call": {
          "name": %s,
          "arguments": %s
        },"""
USAGE = """{
    "prompt_tokens": %d,
    "completion_tokens": %d,
    "total_tokens": %d,
    "prompt_tokens_details": {
      "cached_tokens": %d,
      "audio_tokens": 0
    },
    "completion_tokens_details": {
      "reasoning_tokens": %d,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }
  }"""
TOTALS = """{
    "prompt_tokens": %d,
    "completion_tokens": %d,
    "total_tokens": %d
  }"""  # as OpenAI told it in early 2024, and many compatible servers do
CHUNK = (
    '{"id":"%s","object":"chat.completion.chunk","created":%d,"model":%s,"service_tier":"%s",'
    '"system_fingerprint":%s,"choices":['
)
DONE = b"data: [DONE]\n\n"
THOUGHT = 64  # tokens a reasoning model spends before it answers


class Shape(NamedTuple):
    """One answer, ready to be written in either form."""

    id: str
    created: int
    model: str
    tier: str
    fingerprint: str
    moment: Moment
    reply: Reply
    choices: int
    usage: str  # indented as in a whole answer
    legacy: bool
    logprobs: Optional[int]  # how many alternatives per token; None: no logprobs asked for
    plain: bool  # a model that never gives logprobs leaves the key out
    audio: Optional[str]  # the format asked for


def shape_of(body: Dict[str, Any], model: Model, moment: Moment, reply: Reply, used: int) -> Shape:
    """Decide what the answer says: the reply cut to its limits, its ids, its usage."""
    stop = body.get("stop")
    shown = [part for part in reply.parts if not isinstance(part, (Thinking, RedactedThinking))]
    hidden = len(reply.parts) - len(shown)  # this API tells of thoughts by their number only
    if hidden:
        reply = Reply(shown, finish=reply.finish, usage=reply.usage)
    if stop:
        reply = reply.stopped([stop] if isinstance(stop, str) else stop)
    effort = body.get("reasoning_effort")
    thought = hidden or (THOUGHT if model.thinks(effort) and effort != "minimal" else 0)
    room = body.get("max_completion_tokens") or body.get("max_tokens")
    thought = min(thought, room) if room else thought
    reply = reply.limited(room - thought if room else None)
    choices = body.get("n") or 1
    usage = reply.usage or Usage(used, max(1, reply.size() + thought) * choices, thought * choices)
    tier = body.get("service_tier")
    return Shape(
        id="chatcmpl-" + moment.letters("completion", 29),
        created=moment.created,
        model=encode_basestring(model.snapshot),
        tier=tier if tier in ("flex", "priority", "scale") else "default",
        fingerprint=f'"fp_{moment.fixed(model.snapshot, 10)}"' if model.fingerprinted else "null",
        moment=moment,
        reply=reply,
        choices=choices,
        usage=_usage(usage),
        legacy="functions" in body,
        logprobs=(body.get("top_logprobs") or 0) if body.get("logprobs") else None,
        plain=model.reasons,
        audio=body["audio"]["format"] if "audio" in (body.get("modalities") or ()) else None,
    )


def _usage(usage: Usage) -> str:
    totals = (usage.input, usage.output, usage.input + usage.output)
    return TOTALS % totals if usage.reasoning is None else USAGE % (*totals, usage.cache_read, usage.reasoning)


def completion(shape: Shape) -> bytes:
    """Write the answer whole."""
    choices = ",".join(_plain_choice(shape, index) for index in range(shape.choices))
    text = COMPLETION % (
        shape.id,
        shape.created,
        shape.model,
        choices,
        shape.usage,
        shape.tier,
        shape.fingerprint,
    )
    return _bytes(text)


def _plain_choice(shape: Shape, index: int) -> str:
    reply = shape.reply
    calls = reply.calls
    content = encode_basestring(reply.text) if reply.text or not (calls or reply.refusal) else "null"
    audio = ""
    if shape.audio and not calls:
        content, audio = "null", audio_form.plain(shape.moment, index, reply.text, shape.audio)
    written = ""
    if calls and shape.legacy:
        written = FUNCTION_CALL % (encode_basestring(calls[0].name), encode_basestring(calls[0].arguments))
    elif calls:
        rows = (
            TOOL_CALL
            % (
                call.id or _call_id(shape, index, slot),
                encode_basestring(call.name),
                encode_basestring(call.arguments),
            )
            for slot, call in enumerate(calls)
        )
        written = TOOL_CALLS % ",".join(rows)
    refusal = encode_basestring(reply.refusal) if reply.refusal else "null"
    if shape.plain:
        logprobs = ""
    elif shape.logprobs is None:
        logprobs = '\n      "logprobs": null,'
    else:
        logprobs = f'\n      "logprobs": {logprobs_form.of(reply.parts, shape.logprobs)},'
    return CHOICE % (index, content, written, refusal, audio, logprobs, _finish(shape))


def _finish(shape: Shape) -> str:
    return "function_call" if shape.legacy and shape.reply.finish == "tool_calls" else shape.reply.finish


def _call_id(shape: Shape, index: int, slot: int) -> str:
    return "call_" + shape.moment.letters(f"call/{index}/{slot}", 24)


def stream(body: Dict[str, Any], shape: Shape) -> Iterator[bytes]:
    """Write the events: opening, pieces, finish, usage when asked for, [DONE]."""
    options = body.get("stream_options") or {}
    head = CHUNK % (shape.id, shape.created, shape.model, shape.tier, shape.fingerprint)
    usage = ',"usage":null' if options.get("include_usage") else ""
    noise = shape.moment.letters("obfuscation", 43) if options.get("include_obfuscation", True) else None
    # Choices differ in the ids of their calls and sounds only, and their chunks interleave.
    alike = not (shape.reply.calls or shape.audio)
    first = list(_deltas(shape, 0))
    choices = [first if alike or index == 0 else list(_deltas(shape, index)) for index in range(shape.choices)]
    number = 0
    for place in range(len(first)):
        finish = f'"{_finish(shape)}"' if place == len(first) - 1 else "null"
        for index, deltas in enumerate(choices):
            delta, logprobs = deltas[place]
            text = f'{head}{{"index":{index},"delta":{delta}{logprobs},"finish_reason":{finish}}}]{usage}'
            yield _event(text, noise, number)
            number += 1
    if usage:
        yield _event(f'{head}],"usage":{"".join(shape.usage.split())}', noise, number)
    yield DONE


def _event(text: str, noise: Optional[str], number: int) -> bytes:
    """Close a chunk, with its padding, and make an event of it."""
    if noise is not None:
        text += ',"obfuscation":"'
        start = number * 5 % 28
        text += noise[start : start + (-1 - len(text)) % 16] + '"'
    return _bytes(f"data: {text}}}\n\n")


def _deltas(shape: Shape, index: int) -> Iterator[Tuple[str, str]]:
    """Give each delta of one choice and its logprobs, both as JSON."""
    none = "" if shape.plain else ',"logprobs":null'
    reply = shape.reply
    calls = reply.calls
    if shape.audio and not calls:
        for delta in audio_form.deltas(shape.moment, index, reply.spoken, shape.audio):
            yield delta, none
        yield "{}", none
        return
    spoken = [part for part in reply.parts if isinstance(part, (Text, Refusal))]
    opening = '"role":"assistant","content":' + ('""' if spoken or not calls else "null")
    if not calls or spoken:
        yield "{" + opening + ',"refusal":null}', none
    elif len(calls) > 1:  # recording multi-tool-streaming-4e56d8f8: the opening names no call
        yield "{" + opening + "}", none
    for part in spoken:
        key = "refusal" if isinstance(part, Refusal) else "content"
        shown = none
        if shape.logprobs is not None and not shape.plain:
            shown = ',"logprobs":' + logprobs_form.compact([part], shape.logprobs)
        yield f'{{"{key}":{_quoted(part.text)}}}', shown
    if shape.legacy:
        for delta in _function_deltas(calls[:1], "" if spoken else opening + ","):
            yield delta, none
    else:
        alone = opening + "," if len(calls) == 1 and not spoken else ""
        for slot, call in enumerate(calls):
            for delta in _call_deltas(call.id or _call_id(shape, index, slot), slot, call, alone):
                yield delta, none
    yield "{}", none


def _call_deltas(id: str, slot: int, call: ToolCall, opening: str) -> Iterator[str]:
    """Open a slot, then append to its arguments. A single call is opened in the first chunk, with the role."""
    name = encode_basestring(call.name)
    tail = ',"refusal":null' if opening else ""
    yield (
        f'{{{opening}"tool_calls":[{{"index":{slot},"id":"{id}","type":"function",'
        f'"function":{{"name":{name},"arguments":""}}}}]{tail}}}'
    )
    for piece in tokens.split(call.arguments):
        yield f'{{"tool_calls":[{{"index":{slot},"function":{{"arguments":{_quoted(piece)}}}}}]}}'


def _function_deltas(calls: Sequence[ToolCall], opening: str) -> Iterator[str]:
    for call in calls:
        tail = ',"refusal":null' if opening else ""
        yield f'{{{opening}"function_call":{{"name":{encode_basestring(call.name)},"arguments":""}}{tail}}}'
        for piece in tokens.split(call.arguments):
            yield f'{{"function_call":{{"arguments":{_quoted(piece)}}}}}'


@lru_cache(maxsize=4096)
def _quoted(piece: str) -> str:
    return encode_basestring(piece)


def _bytes(text: str) -> bytes:
    # A lone surrogate can be asked to be echoed; "\ud800" is how JSON writes it.
    return text.encode("utf-8", "backslashreplace")
