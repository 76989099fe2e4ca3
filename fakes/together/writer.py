"""Together's chat completions: a neutral reply as that API's bytes, in literal JSON.

A whole answer is indented by two, with `prompt` and a `seed` that JavaScript has rounded; a chunk is compact, tells its
model behind its choices, says its text twice (`text` and `delta.content`) and its role each time, with a `token_id`.
The last piece of text comes with the finish and the usage. Key order and white space: the recordings of January 2025
(stream) and August 2026 (whole); what they lack is as in public recordings of maruel/genai: thoughts and tool calls in
a stream (May 2026, December 2025), log probabilities (December 2025).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..replies import tokens
from ..replies.chat import text_of
from ..replies.reply import Part, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
from ..session import Moment
from . import checks
from .errors import answer_id

__all__ = ["Shape", "completion", "shape_of", "stream"]

COMPLETION = """{
  "id": "%s",
  "object": "chat.completion",
  "created": %d,
  "model": %s,
  "prompt": %s,
  "choices": [
%s
  ],
  "usage": {
    "prompt_tokens": %d,
    "completion_tokens": %d,
    "total_tokens": %d,
    "cached_tokens": %d
  }
}"""
CHOICE = """    {
      "finish_reason": "%s",
      "seed": %s,
      "index": %d,
      "logprobs": %s,
      "message": {
        "role": "assistant",
        "content": %s,
        "tool_calls": %s%s
      }
    }"""
TOOL_CALL = """          {
            "id": "%s",
            "type": "function",
            "function": {
              "name": %s,
              "arguments": %s
            },
            "index": %d
          }"""
HEAD = 'data: {"id":"%s","object":"chat.completion.chunk","created":%d,"choices":['
CHUNK = '{"index":%d,"text":%s,"logprobs":%s,"finish_reason":%s,"seed":%s,"delta":%s}'
DELTA = '{"token_id":%s,"role":"assistant","content":%s%s}'
USAGE = '{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cached_tokens":%d}'
DONE = b"data: [DONE]\n\n"
UNASKED_THOUGHT = "The user wants an answer."
OLD = re.compile(r"mixtral|mistral-7b|llama-2|gemma-2", re.IGNORECASE)  # whose end is "eos": 11 of 36 recordings
FINISH = {"content_filter": "stop", "blocked": "stop"}  # no filter is known here: such an answer just ends


class Shape(NamedTuple):
    """One answer, ready to be written in either form."""

    id: str
    created: int
    model: str
    moment: Moment
    reply: Reply
    finish: str
    choices: int
    usage: Usage
    seed: Optional[int]
    prompt: str
    logprobs: int  # alternatives per token; 0: none asked for


def shape_of(body: Dict[str, Any], moment: Moment, reply: Reply, used: int, *, scripted: bool) -> Shape:
    """Decide what the answer says: the reply in parts that this API has, cut to its limits; its ids; its usage."""
    parts: List[Part] = [
        Text(part.text) if isinstance(part, Refusal) else part  # a refusal is text here
        for part in reply.parts
        if not isinstance(part, RedactedThinking)  # and a hidden thought is not told
    ]
    if not scripted and checks.thinks(body) and not any(isinstance(part, Thinking) for part in parts):
        thought = tokens.split(UNASKED_THOUGHT)
        if body["model"].startswith("deepseek-ai/DeepSeek-R1"):  # recording test-hf-model-instructions-ad6741af
            parts[:0] = [Text(piece) for piece in ("<think>", "\n", *thought, "\n", "</think>", "\n")]
        else:
            parts[:0] = [Thinking(piece) for piece in thought]
    whole = Reply(parts, finish=reply.finish, usage=reply.usage)
    whole = whole.stopped(body.get("stop") or ()).limited(checks.room(body))
    choices = body.get("n") or 1
    finish = FINISH.get(whole.finish, whole.finish)
    echoed = "\n".join(text_of(message.get("content")) for message in body["messages"])
    return Shape(
        id=answer_id(moment),
        created=moment.created,
        model=encode_basestring(body["model"]),
        moment=moment,
        reply=whole,
        finish="eos" if finish == "stop" and OLD.search(body["model"]) else finish,
        choices=choices,
        usage=reply.usage or Usage(used, max(1, whole.size()) * choices),
        seed=body.get("seed"),
        prompt=json.dumps([{"text": echoed, "logprobs": None}], ensure_ascii=False) if body.get("echo") else "[]",
        logprobs=body.get("logprobs") or 0,
    )


def completion(shape: Shape) -> bytes:
    """Write the answer whole."""
    choices = ",\n".join(_choice(shape, index) for index in range(shape.choices))
    return _bytes(COMPLETION % (shape.id, shape.created, shape.model, shape.prompt, choices, *_figures(shape.usage)))


def _figures(usage: Usage) -> Tuple[int, int, int, int]:
    return usage.input, usage.output, usage.input + usage.output, usage.cache_read


def _choice(shape: Shape, index: int) -> str:
    reply = shape.reply
    rows = ",\n".join(
        TOOL_CALL
        % (_id(shape, index, slot, call), encode_basestring(call.name), encode_basestring(call.arguments), slot)
        for slot, call in enumerate(reply.calls)
    )
    calls = f"[\n{rows}\n        ]" if rows else "[]"
    thoughts = f',\n        "reasoning": {encode_basestring(reply.thoughts)}' if reply.thoughts else ""
    logprobs = "null"
    if shape.logprobs:
        entries = [_entry(part.text, shape.logprobs) for part in reply.parts if isinstance(part, Text)]
        logprobs = json.dumps({"content": entries}, ensure_ascii=False, indent=2).replace("\n", "\n      ")
    content = encode_basestring(reply.text)
    return CHOICE % (shape.finish, _seed(shape, index), index, logprobs, content, calls, thoughts)


def _seed(shape: Shape, index: int) -> str:
    """Give the seed used: the one asked for, or one of 64 bits with the digits that JavaScript keeps of it."""
    if shape.seed is not None:
        return str(shape.seed)
    return str(int(Decimal(repr(float(int(shape.moment.hexadecimal(f"seed/{index}", 16), 16))))))


def _id(shape: Shape, index: int, slot: int, call: ToolCall) -> str:
    return call.id or "call_" + shape.moment.hexadecimal(f"call/{index}/{slot}", 24)


def stream(shape: Shape) -> Iterator[bytes]:
    """Write the events: pieces, the last of them with finish and usage, [DONE]. The choices' chunks interleave."""
    head = HEAD % (shape.id, shape.created)
    usage = USAGE % _figures(shape.usage)
    choices = [list(_pieces(shape, index)) for index in range(shape.choices)]
    for place in range(len(choices[0])):
        closing = place == len(choices[0]) - 1
        for index, pieces in enumerate(choices):
            text, more = pieces[place]
            quoted = encode_basestring(text)
            delta = DELTA % (_token(text), quoted, more)
            finish = f'"{shape.finish}"' if closing else "null"
            seed = _seed(shape, index) if closing else "null"
            logprobs = _streamed_logprobs(text, shape.logprobs) if shape.logprobs and text else "null"
            choice = CHUNK % (index, quoted, logprobs, finish, seed, delta)
            told = usage if closing and index == shape.choices - 1 else "null"
            yield _bytes(f'{head}{choice}],"model":{shape.model},"usage":{told}}}\n\n')
    yield DONE


def _pieces(shape: Shape, index: int) -> Iterator[Tuple[str, str]]:
    """Give each chunk's text and what else its delta says."""
    parts = shape.reply.parts
    none = ',"tool_calls":null'
    thoughtful = any(isinstance(part, Thinking) for part in parts)
    plain = none + (',"reasoning":null' if thoughtful else "")
    slot = 0
    if not parts or not isinstance(parts[0], Text):
        yield "", plain
    for part in parts:
        if isinstance(part, Text):
            yield part.text, plain
        elif isinstance(part, Thinking):
            yield "", f'{none},"reasoning":{encode_basestring(part.text)}'
        elif isinstance(part, ToolCall):
            name, id = encode_basestring(part.name), _id(shape, index, slot, part)
            opening = f'"id":"{id}","type":"function","function":{{"name":{name},"arguments":""}}'
            yield "", f',"tool_calls":[{{"index":{slot},{opening}}}]'
            for piece in tokens.split(part.arguments):
                arguments = f'{{"arguments":{encode_basestring(piece)}}}'
                yield "", f',"tool_calls":[{{"index":{slot},"function":{arguments}}}]'
            slot += 1
    if parts and not isinstance(parts[-1], Text):
        yield "", plain


def _token(text: str) -> str:
    """Give a token's number: any will do that depends on the token only; null where no text is."""
    return (
        str(sum(place * byte for place, byte in enumerate(text.encode("utf-8", "replace"), 1)) % 128_000)
        if text
        else "null"
    )


def _streamed_logprobs(text: str, top: int) -> str:
    entry = _entry(text, top)
    ranked = [{"token": one["token"], "logprob": one["logprob"]} for one in entry["top_logprobs"]]
    value = {"tokens": [text], "token_logprobs": [entry["logprob"]], "top_logprobs": [ranked]}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _entry(token: str, top: int) -> Dict[str, Any]:
    """Give the log probability of a token: a deterministic number, the token first among its alternatives."""
    ranked = [_probability(token, rank) for rank in range(top)]
    return {**_probability(token, 0), "top_logprobs": ranked}


def _probability(token: str, rank: int) -> Dict[str, Any]:
    text = token + "'" * rank
    spelt: Sequence[int] = list(text.encode("utf-8", "replace"))
    return {"token": text, "bytes": spelt, "logprob": round(-0.01 * (1 + len(token) % 7) - 2.5 * rank, 4)}


def _bytes(text: str) -> bytes:
    # A lone surrogate can be asked to be echoed; "\ud800" is how JSON writes it.
    return text.encode("utf-8", "backslashreplace")
