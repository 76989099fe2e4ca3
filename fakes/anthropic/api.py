"""Anthropic's API as a server: routes, keys, versions, and the request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written, `outcomes` everything
that is no message.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence
from urllib.parse import parse_qs, unquote

from ..replies import behaviours, tokens
from ..replies.reply import Ask, Error, Reply, Thinking, Tool
from ..serving.http11 import Answer, BadRequest, Request
from ..session import EPOCH, Moment, Session
from . import caching, checks
from .errors import Refused, at
from .messages import plain_text, text_of, turns
from .models import LISTED, display_name, find
from .outcomes import failed, headers, raw, refusal, stamp
from .tools import custom_tools
from .writer import message, shape_of, stream

__all__ = ["answer", "front_error"]

MODEL = (  # keys from the SDK's ModelInfo, their order from the docs of GET /v1/models
    '{"type":"model","id":%s,"display_name":%s,"created_at":"%s","max_input_tokens":%d,"max_tokens":%d,'
    '"lifecycle":"active"}'
)
MODELS = '{"data":[%s],"has_more":%s,"first_id":%s,"last_id":%s}'
LARGEST = 32 << 20  # bytes of a body (anthropics/anthropic-sdk-python#938)
VERSIONS = ("2023-01-01", "2023-06-01", "2026-10-21")
THOUGHT = "Let me see what is being asked, and answer it."
MALFORMED = "The request body is not valid JSON: %s"  # anthropics/claude-code#77525
CHOICES = {"auto": "auto", "any": "required", "none": "none"}


class Call(NamedTuple):
    """What a request says outside its body."""

    request: Request
    session: Session
    moment: Moment
    version: str
    beta: bool


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /anthropic."""
    moment = session.moment()
    path = request.path[len("/anthropic") :]
    try:
        method = _method_of(path)
        if method is None:  # widely quoted for a base URL with /v1 too many
            raise Refused("Not Found", status=404)
        if request.method != method:  # a measured answer, in a project's notes
            raise Refused("Method Not Allowed", status=405)
        _check_key(request.headers, session)
        beta = bool(request.headers.get("anthropic-beta")) or "beta=true" in request.query.split("&")
        call = Call(request, session, moment, _version(request.headers), beta)
        if path == "/v1/messages":
            return _messages(_parse(request), call)
        if path == "/v1/messages/count_tokens":
            return _count(_parse(request), call)
        return _models(path, call)
    except Refused as refused:
        return refusal(refused, moment)


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # The real front (Cloudflare) answers with pages of its own, but for 413; no JSON wording was found for the others.
    why = "Request exceeds the maximum size" if problem.status == 413 else problem.why
    return refusal(Refused(why, status=problem.status), session.moment())


def _method_of(path: str) -> Optional[str]:
    if path in ("/v1/messages", "/v1/messages/count_tokens"):
        return "POST"
    return "GET" if path == "/v1/models" or (path.startswith("/v1/models/") and len(path) > 11) else None


def _check_key(headers: Dict[str, str], session: Session) -> None:
    """Want `x-api-key`, or else a Bearer token; of both the key counts (Synthorai's article of October 2026)."""
    key = headers.get("x-api-key", "").strip()
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not key and (scheme.lower() != "bearer" or not token.strip()):  # n8n-io/n8n#37930
        raise Refused("x-api-key header is required", status=401)
    if key and key in session.rejected:  # the recorded 401 of ../shared/wire/anthropic.md
        raise Refused("invalid x-api-key", status=401)
    if not key and token.strip() in session.rejected:  # widely quoted for Claude Code
        raise Refused("Invalid bearer token", status=401)


def _version(headers: Dict[str, str]) -> str:
    version = headers.get("anthropic-version", "").strip()
    if not version:  # PipedreamHQ/pipedream#9697, envoyproxy/ai-gateway#1909
        raise at("anthropic-version", "header is required")
    if version not in VERSIONS:  # decolua/9router#2357
        raise at("anthropic-version", f'"{version}" is not a valid version')
    return version


def _parse(request: Request) -> Any:
    if len(request.body) > LARGEST:
        raise Refused("Request exceeds the maximum size", status=413)
    try:
        return request.json()
    except ValueError as problem:  # the reason is Python's there too, by its form: "…: line 1 column 2379 (char 2378)"
        reason = str(problem)
        raise Refused(MALFORMED % (reason[:1].lower() + reason[1:])) from None


def _messages(body: Any, call: Call) -> Answer:
    session, moment = call.session, call.moment
    model = checks.check_messages(body, session, version=call.version, beta=call.beta)
    used = caching.count(body)
    reply = behaviours.answer(_ask(call.request, body, used), session, ordinary=model.ordinary)
    if isinstance(reply, Error):
        return failed(reply, model.name, moment)
    limits = session.limits()
    given = raw(reply, moment, stream=bool(body.get("stream")), used=used, limits=limits)
    if given is not None:
        return given
    thinks = (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
    if thinks and model.ordinary and not session.scripted:
        thoughts = [Thinking(piece) for piece in tokens.split(THOUGHT)]
        reply = Reply([*thoughts, *reply.parts], finish=reply.finish, usage=reply.usage)
    shape = shape_of(body, model, moment, reply, session, (used, caching.look_up(body, model.snapshot, session)))
    if body.get("stream"):
        told = headers(moment, "text/event-stream; charset=utf-8", used, limits)
        return Answer(200, told, frames=list(stream(shape)))
    return Answer(200, headers(moment, "application/json", used, limits), message(shape))


def _count(body: Any, call: Call) -> Answer:
    checks.check_count(body, call.session, version=call.version, beta=call.beta)
    return Answer(200, headers(call.moment, "application/json"), b'{"input_tokens":%d}' % caching.count(body))


def _ask(request: Request, body: Dict[str, Any], used: int) -> Ask:
    """Put Anthropic's request into neutral words.

    Messages of one role that follow each other are one turn. An assistant turn at the end is the beginning of the
    answer that is asked for, none that was given before. A user message of tool results alone says nothing of the
    user's.
    """
    messages = body["messages"]
    rows = turns(messages)
    prefilled = rows[-1][2] == "assistant"
    last = [row for row in rows[: len(rows) - prefilled] if row[2] != "system"][-1:]
    blocks = [block for begin, end, role in last if role == "user" for block in _blocks(messages[begin:end])]
    users = [one["content"] for one in messages if one["role"] == "user" and not _only_results(one["content"])]
    systems = [body.get("system")] + [one["content"] for one in messages if one["role"] == "system"]
    choice = body.get("tool_choice") or {"type": "auto"}
    return Ask(
        request,
        "anthropic",
        "messages",
        model=body["model"],
        user=text_of(users[-1]) if users else "",
        system="\n".join(text_of(system) for system in systems if system),
        turn=1 + sum(role == "assistant" for _, _, role in rows) - prefilled,
        used=used,
        tools=tuple(Tool(tool["name"], tool["input_schema"]) for tool in custom_tools(body)),
        tool_choice=choice["name"] if choice["type"] == "tool" else CHOICES[choice["type"]],
        json=((body.get("output_config") or {}).get("format") or {}).get("schema"),
        results=tuple(plain_text(block.get("content")) for block in blocks if block["type"] == "tool_result"),
        parallel=not choice.get("disable_parallel_tool_use"),
    )


def _only_results(content: Any) -> bool:
    return not isinstance(content, str) and all(block["type"] == "tool_result" for block in content)


def _blocks(messages: Sequence[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
    for one in messages:
        if not isinstance(one["content"], str):
            yield from one["content"]


def _models(path: str, call: Call) -> Answer:
    names = [*LISTED, *behaviours.MODELS]
    name = unquote(path[len("/v1/models/") :])
    if name:
        if find(name) is None:  # as for messages
            raise Refused(f"model: {name}", status=404)
        body = _model(name)
    else:
        asked = {key: values[-1] for key, values in parse_qs(call.request.query).items()}
        if "after_id" in asked:
            names = names[names.index(asked["after_id"]) + 1 :] if asked["after_id"] in names else []
        if "before_id" in asked:
            names = names[: names.index(asked["before_id"])] if asked["before_id"] in names else []
        limit = asked.get("limit", "20")
        number = int(limit) if limit.lstrip("-").isdecimal() and len(limit) < 10 else None
        if number is None:  # 1 to 1,000, 20 by default: the docs; pydantic's words
            raise at("limit", "Input should be a valid integer, unable to parse string as an integer")
        if number < 1:
            raise at("limit", "Input should be greater than or equal to 1")
        if number > 1_000:
            raise at("limit", "Input should be less than or equal to 1000")
        page = names[:number]
        ends = [json.dumps(page[place]) if page else "null" for place in (0, -1)]
        body = MODELS % (",".join(_model(one) for one in page), json.dumps(len(page) < len(names)), *ends)
    return Answer(200, headers(call.moment, "application/json"), body.encode())


def _model(name: str) -> str:
    model = find(name)
    assert model is not None, name
    title = json.dumps(display_name(name))
    return MODEL % (json.dumps(name), title, stamp(EPOCH), model.context, model.output)
