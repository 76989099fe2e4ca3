"""Mistral's API as a server: routes, keys, the request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written; `outcomes` has the rest.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from ..replies import behaviours
from ..replies.chat import chat_asked
from ..replies.reply import Ask, Error
from ..serving.http11 import Answer, BadRequest, Request
from ..session import EPOCH, Moment, Session
from . import checks
from .errors import Refused, detail, fault, gateway, refused, unprocessable
from .outcomes import failed, headers, limit_headers, raw, refusal
from .writer import completion, shape_of, stream

__all__ = ["answer", "front_error"]

LISTED = (
    "mistral-small-latest", "mistral-medium-latest", "mistral-large-latest", "magistral-small-latest",
    "magistral-medium-latest", "ministral-8b-latest", "codestral-latest", "devstral-latest", "open-mistral-nemo",
)  # fmt: skip
CAPABILITIES = ("completion_chat", "function_calling", "reasoning", "completion_fim", "fine_tuning", "vision", "ocr")
NO_KEY = "No API key found in request"  # recording tapes-8e11fc5c
WRONG_KEY = "Invalid API Key"  # wire/mistral.md; recordings of December 2025 (maruel/genai) have "Unauthorized" here
NO_ROUTE = "no Route matched with those values"  # nextcloud/assistant#593
CHAT = "/v1/chat/completions"


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /mistral."""
    moment = session.moment()
    path = request.path[len("/mistral") :]
    try:
        return _routed(request, path, session, moment)
    except Refused as no:
        return refusal(no, moment, [])


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # What Cloudflare and Kong say here was not found; the gateway's usual body is used.
    moment = session.moment()
    no = gateway(problem.status, problem.why, moment)
    return Answer(no.status, headers(moment, "application/json; charset=utf-8"), no.body)


def _routed(request: Request, path: str, session: Session, moment: Moment) -> Answer:
    method = _method_of(path)
    if method is None:
        raise gateway(404, NO_ROUTE, moment)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        id = moment.hexadecimal("request", 32)
        raise Refused(401, f'{{"message":"{NO_KEY}","request_id":"{id}"}}')
    if key.strip() in session.rejected:
        raise detail(401, WRONG_KEY)
    if request.method != method:  # the framework's sentence; no body of Mistral's was found
        raise detail(405, "Method Not Allowed", allow=method)
    if path == CHAT:
        return _chat(request, _parse(request), session, moment)
    return _models(path[len("/v1/models/") :], moment)


def _method_of(path: str) -> Optional[str]:
    if path == CHAT:
        return "POST"
    return "GET" if path == "/v1/models" or (path.startswith("/v1/models/") and len(path) > 11) else None


def _parse(request: Request) -> Any:
    """Read the body as FastAPI does: its own sentences, with the place where reading stopped."""
    if not request.body:
        raise unprocessable([fault("missing", (), "Field required", None)])
    try:
        return request.json()
    except json.JSONDecodeError as problem:
        ctx = {"error": problem.msg}
        raise unprocessable([fault("json_invalid", (problem.pos,), "JSON decode error", {}, ctx)]) from None
    except ValueError:  # not UTF-8, NaN, too deep: FastAPI answers in one word
        raise detail(400, "There was an error parsing the body") from None


def _models(name: str, moment: Moment) -> Answer:
    if name and not (checks.is_ordinary(name) or behaviours.is_fake(name)):
        raise refused(f"Invalid model: {name}", "invalid_model", "1500", status=404)  # no body of this fault was found
    rows = [_model(row) for row in ([name] if name else (*LISTED, *behaviours.MODELS))]
    value = rows[0] if name else {"object": "list", "data": rows}
    body = json.dumps(value, separators=(",", ":")).encode("ascii")
    return Answer(200, headers(moment, "application/json"), body)


def _model(name: str) -> Dict[str, Any]:
    """Describe a model in the shape of the SDK's models/basemodelcard.py."""
    capabilities = {word: word in ("completion_chat", "function_calling", "vision") for word in CAPABILITIES}
    return {
        "id": name,
        "object": "model",
        "created": EPOCH,
        "owned_by": "fakes" if behaviours.is_fake(name) else "mistralai",
        "capabilities": capabilities,
        "name": name,
        "description": "Official mistralai model" if checks.is_ordinary(name) else "A ready behaviour of fakes",
        "max_context_length": checks.CONTEXT,
        "aliases": [],
        "deprecation": None,
        "default_model_temperature": 0.3,
        "type": "base",
    }


def _chat(request: Request, sent: Any, session: Session, moment: Moment) -> Answer:
    body = checks.check_chat(sent, any_name=session.scripted)
    used = checks.prompt_tokens(body)
    reply = behaviours.answer(_ask(request, body, used), session, ordinary=checks.is_ordinary(body["model"]))
    if isinstance(reply, Error):
        return failed(reply, moment)
    limits = session.limits()
    streamed = bool(body.get("stream"))
    given = raw(reply, moment, stream=streamed, used=used, limits=limits)
    if given is not None:
        return given
    if reply.finish == "blocked":
        # That a guardrail answers 403: the SDK's models/guardrailconfig.py. Its body was not found.
        raise refused("Request blocked by guardrails", "guardrails", None, status=403)
    shape = shape_of(body, moment, reply, used, scripted=session.scripted)
    if streamed:
        return Answer(200, headers(moment, "text/event-stream; charset=utf-8"), frames=list(stream(shape)))
    told = [*headers(moment, "application/json"), *limit_headers(shape.total, limits)]
    return Answer(200, told, completion(shape))


def _ask(request: Request, body: Dict[str, Any], used: int) -> Ask:
    """Put Mistral's request into neutral words. A prefix is the beginning of the answer, not one that was given."""
    messages = body["messages"]
    wanted = body.get("response_format") or {}
    kind = wanted.get("type")
    choice = body.get("tool_choice") or "auto"
    return chat_asked(
        request,
        "mistral",
        body,
        messages[:-1] if messages[-1]["role"] == "assistant" else messages,
        model=body["model"],
        used=used,
        functions=[
            tool["function"] for tool in body.get("tools") or () if tool.get("type", "function") == "function"
        ],
        tool_choice=choice["function"]["name"] if isinstance(choice, dict) else {"any": "required"}.get(choice, choice),
        json=wanted["json_schema"]["schema"] if kind == "json_schema" else (True if kind == "json_object" else None),
    )
