"""Together's API as a server: routes, keys, the request in neutral words.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written; `outcomes` has the rest.
"""

from __future__ import annotations

import json
from typing import Any, Dict

from ..replies import behaviours
from ..replies.chat import chat_asked
from ..replies.reply import Ask, Error, Reply
from ..serving.http11 import Answer, BadRequest, Request
from ..session import EPOCH, Moment, Session
from . import checks
from .errors import Refused, unauthorized, wrong_shape
from .outcomes import WRONG_KEY, answered, failed, headers, raw
from .writer import completion, shape_of, stream

__all__ = ["answer", "front_error"]

LISTED = (
    "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    "mistralai/Mixtral-8x7B-Instruct-v0.1", "deepseek-ai/DeepSeek-V3", "deepseek-ai/DeepSeek-R1",
    "Qwen/Qwen3-235B-A22B-Instruct-2507-tput", "openai/gpt-oss-20b", "moonshotai/Kimi-K2-Instruct",
)  # fmt: skip
CHAT = "/v1/chat/completions"


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /together."""
    moment = session.moment()
    path = request.path[len("/together") :]
    try:
        return _routed(request, path, session, moment)
    except Refused as no:
        return Answer(no.status, headers(moment, "application/json; charset=utf-8"), no.body(moment))


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # What Cloudflare says here was not found; the API's usual body is used.
    moment = session.moment()
    no = Refused(problem.why, status=problem.status)
    return Answer(no.status, headers(moment, "application/json; charset=utf-8"), no.body(moment))


def _routed(request: Request, path: str, session: Session, moment: Moment) -> Answer:
    if path not in (CHAT, "/v1/models"):  # that it is a 404: docs.together.ai/docs/error-codes; no body was found
        raise Refused(f"Not found: {request.method} {path}", status=404, code="not_found")
    if request.method != ("POST" if path == CHAT else "GET"):  # no body was found
        raise Refused(f"Method not allowed: {request.method} {path}", status=405, code="method_not_allowed")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip() or key.strip() in session.rejected:
        # maruel/genai, errors/bad_apiKey; what is said to a missing key was not found
        raise Refused(WRONG_KEY, code="invalid_api_key", status=401) if path == CHAT else unauthorized()
    return _chat(request, _parse(request), session, moment) if path == CHAT else _models(moment)


def _parse(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:  # that it is a 400: docs.together.ai/docs/error-codes; the sentence was not found
        raise Refused("Invalid JSON in the request body") from None


def _models(moment: Moment) -> Answer:
    """List the models: a bare list, in the shape of the SDK's types/model_object.py."""
    rows = [
        {
            "id": name,
            "object": "model",
            "created": EPOCH,
            "type": "chat",
            "running": False,
            "display_name": name.partition("/")[2] or name,
            "organization": name.partition("/")[0] if "/" in name else "fakes",
            "link": "",
            "context_length": checks.CONTEXT,
            "config": {"chat_template": None, "stop": ["<|eot_id|>"], "bos_token": None, "eos_token": None},
            "pricing": {"hourly": 0, "input": 0.88, "output": 0.88, "base": 0, "finetune": 0},
        }
        for name in (*LISTED, *behaviours.MODELS)
    ]
    body = json.dumps(rows, separators=(",", ":")).encode("ascii")
    return Answer(200, headers(moment, "application/json; charset=utf-8"), body)


def _chat(request: Request, body: Any, session: Session, moment: Moment) -> Answer:
    checks.check_chat(body, any_name=session.scripted)
    used = checks.prompt_tokens(body)
    reply = behaviours.answer(_ask(request, body, used), session, ordinary=checks.is_ordinary(body["model"]))
    if isinstance(reply, Error):
        return failed(reply, body["model"], moment)
    limits = session.limits()
    streamed = bool(body.get("stream"))
    given = raw(reply, moment, stream=streamed, limits=limits)
    if given is not None:
        return given
    if reply.finish == "blocked":  # no filter of prompts is known here: a model that will not speak says nothing
        reply = Reply([], finish="stop", usage=reply.usage)
    shape = shape_of(body, moment, reply, used, scripted=session.scripted)
    told = answered(moment, limits, stream=streamed)
    if streamed:
        return Answer(200, told, frames=list(stream(shape)))
    return Answer(200, told, completion(shape))


def _ask(request: Request, body: Dict[str, Any], used: int) -> Ask:
    """Put Together's request into neutral words."""
    choice = body.get("tool_choice") or "auto"
    return chat_asked(
        request,
        "together",
        body,
        body["messages"],
        model=body["model"],
        used=used,
        functions=[tool["function"] for tool in body.get("tools") or ()],
        tool_choice=choice["function"]["name"] if isinstance(choice, dict) else choice,
        json=_form(body.get("response_format") or {}),
        result_roles=("tool", "function"),
    )


def _form(wanted: Dict[str, Any]) -> Any:
    """Give the schema asked for: json_schema, or the older json_object with `schema`, which may be JSON text."""
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"].get("schema", True)
    if wanted.get("type") != "json_object":
        return None
    schema = wanted.get("schema", True)
    if isinstance(schema, str):
        try:
            return json.loads(schema)
        except ValueError:
            raise wrong_shape("response_format.schema") from None
    return schema
