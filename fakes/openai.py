"""OpenAI's chat completions: a neutral reply as that API's bytes, in literal JSON.

The templates below are the specimen: key order, white space and event order are those of the recordings in the
project's cassettes (a plain answer is indented by two, a chunk is compact). `openai_checks` decides what is refused.
What is random at OpenAI (ids, `obfuscation`, times) comes from the request's `Moment`.

`obfuscation` pads every chunk: in all recordings since August 2025 the chunk's JSON is one character longer than a
multiple of 16, so the padding below has exactly the length that OpenAI's has.
"""

from __future__ import annotations

import re
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import behaviours, openai_audio, openai_checks, openai_logprobs, tokens
from .http11 import Answer, BadRequest, Request
from .openai_errors import Refused
from .openai_messages import text_of
from .openai_models import LISTED, Model, find
from .reply import Ask, Failure, Refusal, Reply, Tool, ToolCall
from .world import EPOCH, Moment, World

__all__ = ["answer", "front_error"]

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
      "cached_tokens": 0,
      "audio_tokens": 0
    },
    "completion_tokens_details": {
      "reasoning_tokens": %d,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }
  }"""
USAGE_COMPACT = re.sub(r"\s+", "", USAGE)
CHUNK = (
    '{"id":"%s","object":"chat.completion.chunk","created":%d,"model":%s,"service_tier":"%s",'
    '"system_fingerprint":%s,"choices":['
)
DONE = b"data: [DONE]\n\n"
MODEL = """    {
      "id": "%s",
      "object": "model",
      "created": %d,
      "owned_by": "%s"
    }"""

THOUGHT = 64  # tokens a reasoning model spends before it answers
ORGANIZATION = "fakes"
RATE_LIMITED = (  # feder-cr/invisible_playwright_mcp#249
    "Rate limit reached for %s in organization org-%s on requests per min (RPM): Limit 3, Used 3, Requested 1. Please "
    "try again in %dms. Visit https://platform.openai.com/account/rate-limits to learn more."
)
NO_KEY = (  # openai/openai-python#1434
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
    "API from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
WRONG_KEY = "Incorrect API key provided: %s. You can find your API key at https://platform.openai.com/account/api-keys."
WRONG_METHOD = "Not allowed to %s on %s. (HINT: Perhaps you meant to use a different HTTP method?)"


def answer(request: Request, world: World) -> Answer:
    """Answer a request whose path begins with /openai."""
    moment = world.moment()
    path = request.path[len("/openai") :]
    try:
        method = _method_of(path)
        if method is None:
            raise Refused(f"Invalid URL ({request.method} {path or '/'})", status=404, gateway=True)
        if request.method != method:  # the body is quoted in several compatible servers' sources and tests
            raise Refused(WRONG_METHOD % (request.method, path), status=405, gateway=True)
        _check_key(request.headers, world)
        if path == "/v1/chat/completions":
            return _chat(_parse(request), world, moment)
        return _models(path, moment)
    except Refused as refused:
        return _refusal(refused, moment)


def front_error(problem: BadRequest, world: World) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # The real front (Cloudflare) answers with pages of its own; no JSON wording was found for these.
    return _refusal(Refused(problem.why, status=problem.status, gateway=True), world.moment())


def _method_of(path: str) -> Optional[str]:
    if path == "/v1/chat/completions":
        return "POST"
    return "GET" if path == "/v1/models" or (path.startswith("/v1/models/") and len(path) > 11) else None


def _check_key(headers: Dict[str, str], world: World) -> None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:  # another scheme: no wording of its own found
        raise Refused(NO_KEY, status=401, gateway=True)
    if key in world.rejected:
        raise Refused(WRONG_KEY % _masked(key), code="invalid_api_key", status=401, gateway=True)


def _masked(key: str) -> str:
    """Hide a key as OpenAI does: the first eight and the last four characters are shown."""
    return key[:8] + "*" * (len(key) - 12) + key[-4:] if len(key) > 12 else key


def _parse(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:
        raise Refused(openai_checks.MALFORMED, gateway=True) from None


def _models(path: str, moment: Moment) -> Answer:
    name = path[len("/v1/models/") :]
    if name:
        if find(name) is None:  # widely quoted for GET /models/{id}
            raise Refused(f"The model '{name}' does not exist", param="model", code="model_not_found", status=404)
        body = re.sub(r"^    ", "", _model(name), flags=re.MULTILINE)
    else:
        rows = ",\n".join(_model(name) for name in (*LISTED, *behaviours.MODELS))
        body = '{\n  "object": "list",\n  "data": [\n' + rows + "\n  ]\n}"
    return Answer(200, _headers(moment, "application/json"), body.encode())


def _model(name: str) -> str:
    return MODEL % (name, EPOCH, "fakes" if behaviours.is_fake(name) else "system")


def _chat(body: Any, world: World, moment: Moment) -> Answer:
    model = openai_checks.check_chat(body)
    reply = behaviours.answer(_ask(body), world, ordinary=model.ordinary)
    used = openai_checks.prompt_tokens(body)
    if isinstance(reply, Failure):
        return _failure(reply, model, moment)
    shape = _shape(body, model, moment, reply, used)
    headers = _headers(moment, "text/event-stream; charset=utf-8" if body.get("stream") else "application/json", used)
    if body.get("stream"):
        return Answer(200, headers, frames=list(_stream(body, shape)), cut=reply.cut)
    return Answer(200, headers, _completion(shape), cut=reply.cut)


def _ask(body: Dict[str, Any]) -> Ask:
    """Put OpenAI's request into neutral words."""
    messages = body["messages"]
    results: List[str] = []
    for message in reversed(messages):
        if message["role"] not in ("tool", "function"):
            break
        results.insert(0, text_of(message.get("content")))
    users = [text_of(message.get("content")) for message in messages if message["role"] == "user"]
    systems = [text_of(message.get("content")) for message in messages if message["role"] in ("system", "developer")]
    functions = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    functions += body.get("functions") or []
    wanted = body.get("response_format") or {}
    schema = wanted.get("json_schema", {}).get("schema") if wanted.get("type") == "json_schema" else None
    choice, allowed = _choice(body)
    return Ask(
        model=body["model"],
        user=users[-1] if users else "",
        system="\n".join(systems),
        tools=tuple(
            Tool(function["name"], function.get("parameters") or {"type": "object", "properties": {}})
            for function in functions
            if allowed is None or function["name"] in allowed
        ),
        tool_choice=choice,
        json=schema if schema is not None else (True if wanted.get("type") == "json_object" else None),
        results=tuple(results),
        parallel=body.get("parallel_tool_calls") is not False,
    )


def _choice(body: Dict[str, Any]) -> Tuple[str, Optional[List[str]]]:
    """Give tool_choice as a neutral word or a name, and the allowed names if they are restricted."""
    choice = body.get("tool_choice", body.get("function_call")) or "auto"
    if isinstance(choice, str):
        return choice, None
    kind = choice.get("type", "legacy")
    if kind == "allowed_tools":
        allowed = choice["allowed_tools"]
        names = [tool.get(tool.get("type", "function"), {}).get("name") for tool in allowed.get("tools") or ()]
        return allowed["mode"], names
    return (choice if kind == "legacy" else choice[kind]).get("name", "auto"), None


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
    usage: Tuple[int, int, int, int]
    legacy: bool
    logprobs: Optional[int]  # how many alternatives per token; None: no logprobs asked for
    plain: bool  # a model that never gives logprobs leaves the key out
    audio: Optional[str]  # the format asked for


def _shape(body: Dict[str, Any], model: Model, moment: Moment, reply: Reply, used: int) -> Shape:
    stop = body.get("stop")
    reply = reply.stopped([stop] if isinstance(stop, str) else stop or ())
    effort = body.get("reasoning_effort")
    thought = THOUGHT if model.thinks(effort) and effort != "minimal" else 0
    room = body.get("max_completion_tokens") or body.get("max_tokens")
    thought = min(thought, room) if room else thought
    reply = reply.limited(room - thought if room else None)
    choices = body.get("n") or 1
    if reply.usage is not None:
        used, shown, thought = reply.usage.input, reply.usage.output, reply.usage.reasoning
    else:
        shown = max(1, reply.size() + thought) * choices
        thought *= choices
    tier = body.get("service_tier")
    return Shape(
        id="chatcmpl-" + moment.letters("completion", 29),
        created=moment.created,
        model=encode_basestring(model.snapshot),
        tier=tier if tier in ("flex", "priority", "scale") else "default",
        fingerprint="null" if model.reasons else f'"fp_{moment.fixed(model.snapshot, 10)}"',
        moment=moment,
        reply=reply,
        choices=choices,
        usage=(used, shown, used + shown, thought),
        legacy="functions" in body,
        logprobs=(body.get("top_logprobs") or 0) if body.get("logprobs") else None,
        plain=model.reasons,
        audio=body["audio"]["format"] if "audio" in (body.get("modalities") or ()) else None,
    )


def _completion(shape: Shape) -> bytes:
    choices = ",".join(_plain_choice(shape, index) for index in range(shape.choices))
    text = COMPLETION % (
        shape.id,
        shape.created,
        shape.model,
        choices,
        USAGE % shape.usage,
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
        content, audio = "null", openai_audio.plain(shape.moment, index, reply.text, shape.audio)
    written = ""
    if calls and shape.legacy:
        written = FUNCTION_CALL % (encode_basestring(calls[0].name), encode_basestring(calls[0].arguments))
    elif calls:
        rows = (
            TOOL_CALL % (_call_id(shape, index, slot), encode_basestring(call.name), encode_basestring(call.arguments))
            for slot, call in enumerate(calls)
        )
        written = TOOL_CALLS % ",".join(rows)
    refusal = encode_basestring(reply.refusal) if reply.refusal else "null"
    if shape.plain:
        logprobs = ""
    elif shape.logprobs is None:
        logprobs = '\n      "logprobs": null,'
    else:
        logprobs = f'\n      "logprobs": {openai_logprobs.of(reply.parts, shape.logprobs)},'
    return CHOICE % (index, content, written, refusal, audio, logprobs, _finish(shape))


def _finish(shape: Shape) -> str:
    return "function_call" if shape.legacy and shape.reply.finish == "tool_calls" else shape.reply.finish


def _call_id(shape: Shape, index: int, slot: int) -> str:
    return "call_" + shape.moment.letters(f"call/{index}/{slot}", 24)


def _stream(body: Dict[str, Any], shape: Shape) -> Iterator[bytes]:
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
        yield _event(f'{head}],"usage":{USAGE_COMPACT % shape.usage}', noise, number)
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
        for delta in openai_audio.deltas(shape.moment, index, [part.text for part in reply.parts], shape.audio):
            yield delta, none
        yield "{}", none
        return
    spoken = [part for part in reply.parts if not isinstance(part, ToolCall)]
    opening = '"role":"assistant","content":' + ('""' if spoken or not calls else "null")
    if not calls or spoken:
        yield "{" + opening + ',"refusal":null}', none
    elif len(calls) > 1:  # recording multi-tool-streaming-4e56d8f8: the opening names no call
        yield "{" + opening + "}", none
    for part in spoken:
        key = "refusal" if isinstance(part, Refusal) else "content"
        shown = none
        if shape.logprobs is not None and not shape.plain:
            shown = ',"logprobs":' + openai_logprobs.compact([part], shape.logprobs)
        yield f'{{"{key}":{_quoted(part.text)}}}', shown
    if shape.legacy:
        for delta in _function_deltas(calls[:1], "" if spoken else opening + ","):
            yield delta, none
    else:
        alone = opening + "," if len(calls) == 1 and not spoken else ""
        for slot, call in enumerate(calls):
            for delta in _call_deltas(_call_id(shape, index, slot), slot, call, alone):
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


def _failure(failure: Failure, model: Model, moment: Moment) -> Answer:
    assert failure.kind == "rate_limit", failure  # an unknown model was refused before its behaviour was asked
    wait = failure.retry_after or 0.0
    refused = Refused(
        RATE_LIMITED % (model.name, ORGANIZATION, wait * 1000),
        type="requests",
        code="rate_limit_exceeded",
        status=429,
        gateway=True,
    )
    return _refusal(refused, moment, [("retry-after", f"{wait:g}"), ("retry-after-ms", f"{wait * 1000:.0f}")])


def _refusal(refused: Refused, moment: Moment, extra: Sequence[Tuple[str, str]] = ()) -> Answer:
    kind = "application/json; charset=utf-8" if refused.status in (404, 405) else "application/json"
    return Answer(refused.status, [*_headers(moment, kind), *extra], refused.body())


def _headers(moment: Moment, kind: str, used: Optional[int] = None) -> List[Tuple[str, str]]:
    headers = [
        ("date", moment.date()),
        ("content-type", kind),
        ("openai-organization", ORGANIZATION),
        ("openai-processing-ms", str(20 + moment.number * 37 % 400)),
        ("openai-version", "2020-10-01"),
    ]
    if used is not None:
        headers += [
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-limit-tokens", "2000000"),
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-remaining-tokens", str(2_000_000 - used)),
            ("x-ratelimit-reset-requests", "6ms"),
            ("x-ratelimit-reset-tokens", f"{used * 60_000 // 2_000_000}ms"),
        ]
    headers.append(("x-request-id", "req_" + moment.hexadecimal("request", 32)))
    return headers
