"""Fireworks' API as a server, under /v1 and /inference/v1: routes, keys, the request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written; `outcomes` has the rest.
The key `fw-fake-suspended` belongs to a suspended account (412), one that begins with `fpk_` may chat but not list
models (403).
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from ..replies import behaviours
from ..replies.chat import chat_asked
from ..replies.reply import Ask, Error, Reply
from ..serving.http11 import Answer, BadRequest, Request
from ..session import EPOCH, Moment, Session
from . import checks
from .errors import Refused, gateway, invalid, one_word
from .outcomes import FIRE_PASS, SUSPENDED, WRONG_KEY, failed, headers, limit_headers, raw
from .writer import Shape, completion, shape_of, stream

__all__ = ["answer", "front_error"]

LISTED = (
    "llama-v3p3-70b-instruct", "mixtral-8x7b-instruct", "gpt-oss-20b", "gpt-oss-120b", "deepseek-v3p1",
    "qwen3-235b-a22b", "kimi-k2-instruct-0905", "glm-4p6",
)  # fmt: skip
SUSPENDED_KEY = "fw-fake-suspended"


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /fireworks."""
    moment = session.moment()
    path = request.path[len("/fireworks") :]
    path = path[len("/inference") :] if path.startswith("/inference/") else path
    try:
        return _routed(request, path, session, moment)
    except Refused as no:
        return Answer(no.status, headers(moment, "application/json"), no.body)


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # That 413 is told: docs.fireworks.ai/guides/inference-error-codes; the bodies of these were not found.
    return Answer(
        problem.status, headers(session.moment(), "application/json"), one_word(problem.status, problem.why).body
    )


def _routed(request: Request, path: str, session: Session, moment: Moment) -> Answer:
    chat = path == "/v1/chat/completions"
    if not chat and path != "/v1/models":
        raise one_word(404, "Not Found")
    if request.method != ("POST" if chat else "GET"):  # the framework's sentence; no body of Fireworks' was found
        raise one_word(405, "Method Not Allowed")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or key in session.rejected:
        raise gateway(401, WRONG_KEY, "UNAUTHORIZED")
    if key == SUSPENDED_KEY:
        raise gateway(412, SUSPENDED, "PRECONDITION_FAILED")
    if chat:
        return _chat(request, _parse(request), session, moment)
    if key.startswith("fpk_"):
        raise gateway(403, FIRE_PASS, "FORBIDDEN")
    return _models(moment)


def _parse(request: Request) -> Any:
    """Read the body; the message is pydantic's list as Python writes it, as in TabbyML/tabby#3676."""
    try:
        return request.json()
    except ValueError as problem:
        place = problem.pos if isinstance(problem, json.JSONDecodeError) else 0
        ctx = {"error": problem.msg if isinstance(problem, json.JSONDecodeError) else str(problem)}
        found = {"type": "json_invalid", "loc": ("body", place), "msg": "JSON decode error", "input": {}, "ctx": ctx}
        raise invalid(str([found])) from None


def _models(moment: Moment) -> Answer:
    names = ["accounts/fireworks/models/" + name for name in (*LISTED, *behaviours.MODELS)]
    rows = [
        {
            "id": name,
            "object": "model",
            "owned_by": "fireworks",
            "created": EPOCH,
            "kind": "HF_BASE_MODEL",
            "supports_chat": True,
            "supports_image_input": True,
            "supports_tools": True,
            "context_length": checks.CONTEXT + 1,
        }
        for name in (*names, *behaviours.MODELS)
    ]
    body = json.dumps({"object": "list", "data": rows}, separators=(",", ":")).encode("ascii")
    return Answer(200, headers(moment, "application/json"), body)


def _chat(request: Request, body: Any, session: Session, moment: Moment) -> Answer:
    checks.check_chat(body, any_name=session.scripted)
    used = checks.prompt_tokens(body)
    reply = behaviours.answer(_ask(request, body, used), session, ordinary=checks.is_ordinary(body["model"]))
    if isinstance(reply, Error):
        return failed(reply, moment)
    limits = session.limits()
    streamed = bool(body.get("stream"))
    given = raw(reply, moment, stream=streamed, used=used, limits=limits)
    if given is not None:
        return given
    if reply.finish == "blocked":  # no filter of prompts is known here: a model that will not speak says nothing
        reply = Reply([], finish="stop", usage=reply.usage)
    shape = shape_of(body, moment, reply, used, scripted=session.scripted)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    told = [*headers(moment, kind), *_figures(shape, whole=not streamed), *limit_headers(shape.read, limits)]
    if streamed:
        return Answer(200, told, frames=list(stream(shape)))
    return Answer(200, told, completion(shape))


def _ask(request: Request, body: Dict[str, Any], used: int) -> Ask:
    """Put Fireworks' request into neutral words."""
    choice = body.get("tool_choice") or "auto"
    return chat_asked(
        request,
        "fireworks",
        body,
        body["messages"],
        model=checks.short_name(body["model"]),
        used=used,
        functions=[tool["function"] for tool in body.get("tools") or ()],
        tool_choice=choice["function"]["name"] if isinstance(choice, dict) else {"any": "required"}.get(choice, choice),
        json=_form(body.get("response_format") or {}),
    )


def _form(wanted: Dict[str, Any]) -> Any:
    """Give the schema asked for, in any of the forms: json_object with `schema`, json_schema with or without a name.

    A schema may be JSON text. A grammar is accepted, but what it describes is not known here: the answer is free text.
    """
    schema: Optional[Any] = wanted.get("schema")
    if wanted.get("type") == "json_schema":
        holder = wanted["json_schema"]
        schema = holder.get("schema", holder) if isinstance(holder, dict) else holder
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except ValueError:
            raise invalid("response_format: the schema is not JSON") from None  # no sentence was found
    if schema is None:
        return True if wanted.get("type") == "json_object" else None
    return schema


def _figures(shape: Shape, *, whole: bool) -> List[Tuple[str, str]]:
    """Tell what was read and how long it took: the headers of the recordings."""
    first = 0.1 + shape.moment.number % 50 / 1000  # seconds
    figures = [
        ("fireworks-prompt-tokens", str(shape.read)),
        ("fireworks-cached-prompt-tokens", str(shape.cached)),
        ("fireworks-server-time-to-first-token", f"{first:.3f}"),
    ]
    return figures + ([("fireworks-server-processing-time", f"{first * 2:.3f}")] if whole else [])
