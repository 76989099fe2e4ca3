"""OpenAI's API as a server: the routes, and chat completions' request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written; the Responses API has
its own modules, behind `responses`.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Optional, Pattern, Tuple

from ..replies import behaviours
from ..replies.chat import chat_asked
from ..replies.reply import Ask, Error
from ..serving.http11 import Answer, BadRequest, Request
from ..session import EPOCH, Moment, Session
from . import checks
from .errors import Refused
from .models import LISTED, find
from .outcomes import BLOCKED, check_key, failed, headers, parsed, raw, refusal
from .responses import cancel, count, create, delete, input_items, retrieve
from .writer import completion, shape_of, stream

__all__ = ["answer", "front_error"]

Handler = Callable[[Request, str, Session, Moment], Answer]

MODEL = """    {
      "id": "%s",
      "object": "model",
      "created": %d,
      "owned_by": "%s"
    }"""
WRONG_METHOD = "Not allowed to %s on %s. (HINT: Perhaps you meant to use a different HTTP method?)"


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /openai."""
    moment = session.moment()
    path = request.path[len("/openai") :]
    try:
        handlers, found = _route(path)
        if request.method not in handlers:  # the body is quoted in several compatible servers' sources and tests
            if handlers:
                raise Refused(WRONG_METHOD % (request.method, path), status=405, gateway=True)
            raise Refused(f"Invalid URL ({request.method} {path or '/'})", status=404, gateway=True)
        check_key(request.headers, session)
        return handlers[request.method](request, found, session, moment)
    except Refused as refused:
        return refusal(refused, moment)


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # The real front (Cloudflare) answers with pages of its own; no JSON wording was found for these.
    return refusal(Refused(problem.why, status=problem.status, gateway=True), session.moment())


def _route(path: str) -> Tuple[Dict[str, Handler], str]:
    """Give what answers a path, by method, and the name or id in the path."""
    for pattern, handlers in ROUTES:
        match = pattern.fullmatch(path)
        if match:
            return handlers, (match.group(1) or "") if pattern.groups else ""
    return {}, ""


def _models(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    if name:
        if find(name) is None:  # widely quoted for GET /models/{id}
            raise Refused(f"The model '{name}' does not exist", param="model", code="model_not_found", status=404)
        body = re.sub(r"^    ", "", _model(name), flags=re.MULTILINE)
    else:
        rows = ",\n".join(_model(name) for name in (*LISTED, *behaviours.MODELS))
        body = '{\n  "object": "list",\n  "data": [\n' + rows + "\n  ]\n}"
    return Answer(200, headers(moment, "application/json"), body.encode())


def _model(name: str) -> str:
    return MODEL % (name, EPOCH, "fakes" if behaviours.is_fake(name) else "system")


def _chat(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    body = parsed(request)
    model, used = checks.check_chat(body, any_name=session.scripted)
    ask = _ask(request, body, used)
    reply = behaviours.answer(ask, session, ordinary=model.ordinary)
    if isinstance(reply, Error):
        return failed(reply, model.name, moment)
    limits = session.limits()
    given = raw(reply, ask.api, moment, stream=bool(body.get("stream")), used=used, limits=limits)
    if given is not None:
        return given
    if reply.finish == "blocked":
        raise Refused(BLOCKED, code="invalid_prompt")
    if reply.finish == "tool_calls" and ask.tool_choice not in ("auto", "none", "required"):
        reply = reply.ending("stop")  # a call that was forced by name ends so (wire/openai.md)
    shape = shape_of(body, model, moment, reply, used)
    if body.get("stream"):
        told = headers(moment, "text/event-stream; charset=utf-8", used, limits)
        return Answer(200, told, frames=list(stream(body, shape)))
    return Answer(200, headers(moment, "application/json", used, limits), completion(shape))


def _ask(request: Request, body: Dict[str, Any], used: int) -> Ask:
    """Put OpenAI's request into neutral words."""
    functions = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    functions += body.get("functions") or []
    wanted = body.get("response_format") or {}
    schema = wanted.get("json_schema", {}).get("schema") if wanted.get("type") == "json_schema" else None
    choice, allowed = _choice(body)
    return chat_asked(
        request,
        "openai",
        body,
        body["messages"],
        model=body["model"],
        used=used,
        functions=[function for function in functions if allowed is None or function["name"] in allowed],
        tool_choice=choice,
        json=schema if schema is not None else (True if wanted.get("type") == "json_object" else None),
        result_roles=("tool", "function"),
        system_roles=("system", "developer"),
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


ROUTES: List[Tuple[Pattern[str], Dict[str, Handler]]] = [
    (re.compile("/v1/chat/completions"), {"POST": _chat}),
    (re.compile("/v1/models(?:/(.+))?"), {"GET": _models}),
    (re.compile("/v1/responses"), {"POST": create}),
    (re.compile("/v1/responses/input_tokens"), {"POST": count}),
    (re.compile("/v1/responses/([^/]+)"), {"GET": retrieve, "DELETE": delete}),
    (re.compile("/v1/responses/([^/]+)/cancel"), {"POST": cancel}),
    (re.compile("/v1/responses/([^/]+)/input_items"), {"GET": input_items}),
]
