"""Together's API as a server: routes, keys, the request in neutral words, headers.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written.
"""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Tuple

from .. import behaviours
from ..http11 import Answer, BadRequest, Request
from ..reply import Ask, Error, Reply, Tool
from ..session import EPOCH, Moment, Session
from . import checks
from .checks import text_of
from .errors import Refused, unauthorized, wrong_shape
from .writer import completion, shape_of, stream

__all__ = ["answer", "front_error"]

LISTED = (
    "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    "mistralai/Mixtral-8x7B-Instruct-v0.1", "deepseek-ai/DeepSeek-V3", "deepseek-ai/DeepSeek-R1",
    "Qwen/Qwen3-235B-A22B-Instruct-2507-tput", "openai/gpt-oss-20b", "moonshotai/Kimi-K2-Instruct",
)  # fmt: skip
WRONG_KEY = "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys."
RATE_LIMITED = (  # xtekky/gpt4free#3032; its type and code are cut off there, those of togethercomputer/MoA#27 stand in
    "You have reached the rate limit specific to this model %s. The maximum rate limit for this model is 9.0 queries per "
    "minute. This limit differs from the general rate limits published at Together AI rate limits documentation "
    "(https://docs.together.ai/docs/rate-limits). For inquiries about increasing your model-specific rate limit, please "
    "contact our sales team (https://www.together.ai/forms/contact-sales)"
)
SCRIPT_OVER = "fakes: every scripted reply has been given and there is none left for this request"
CHAT = "/v1/chat/completions"


def answer(request: Request, session: Session) -> Answer:
    """Answer a request whose path begins with /together."""
    moment = session.moment()
    path = request.path[len("/together") :]
    try:
        return _routed(request, path, session, moment)
    except Refused as no:
        return Answer(no.status, _headers(moment, "application/json; charset=utf-8"), no.body(moment))


def front_error(problem: BadRequest, session: Session) -> Answer:
    """Answer bytes that are no request, or too many of them."""
    # What Cloudflare says here was not found; the API's usual body is used.
    moment = session.moment()
    no = Refused(problem.why, status=problem.status)
    return Answer(no.status, _headers(moment, "application/json; charset=utf-8"), no.body(moment))


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
    return Answer(200, _headers(moment, "application/json; charset=utf-8"), body)


def _chat(request: Request, body: Any, session: Session, moment: Moment) -> Answer:
    checks.check_chat(body, any_name=session.scripted)
    reply = behaviours.answer(_ask(request, body), session, ordinary=checks.is_ordinary(body["model"]))
    if isinstance(reply, Error):
        return _failure(reply, body["model"], moment)
    if reply.finish == "blocked":  # no filter of prompts is known here: a model that will not speak says nothing
        reply = Reply([], finish="stop", usage=reply.usage)
    shape = shape_of(body, moment, reply, scripted=session.scripted)
    streamed = bool(body.get("stream"))
    kind = "text/event-stream;charset=utf-8" if streamed else "application/json; charset=utf-8"
    # "retry-after" is told on success too, and means nothing there.
    headers = [*_headers(moment, kind), ("retry-after", "2"), *_limits(moment, left=199, whole=not streamed)]
    if streamed:
        return Answer(200, headers, frames=list(stream(shape)))
    return Answer(200, headers, completion(shape))


def _ask(request: Request, body: Dict[str, Any]) -> Ask:
    """Put Together's request into neutral words."""
    messages = body["messages"]
    results: List[str] = []
    for message in reversed(messages):
        if message["role"] not in ("tool", "function"):
            break
        results.insert(0, text_of(message.get("content")))
    users = [text_of(message.get("content")) for message in messages if message["role"] == "user"]
    systems = [text_of(message.get("content")) for message in messages if message["role"] == "system"]
    choice = body.get("tool_choice") or "auto"
    functions = [tool["function"] for tool in body.get("tools") or ()]
    return Ask(
        request,
        "together",
        "chat_completions",
        model=body["model"],
        user=users[-1] if users else "",
        system="\n".join(systems),
        turn=1 + sum(message["role"] == "assistant" for message in messages),
        tools=tuple(
            Tool(function["name"], function.get("parameters") or {"type": "object", "properties": {}})
            for function in functions
        ),
        tool_choice=choice["function"]["name"] if isinstance(choice, dict) else choice,
        json=_form(body.get("response_format") or {}),
        results=tuple(results),
        parallel=body.get("parallel_tool_calls") is not False,
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


def _failure(error: Error, model: str, moment: Moment) -> Answer:
    if error.status != 429:
        raise Refused(SCRIPT_OVER, code="script_over")
    no = Refused(RATE_LIMITED % model, status=429, type="credit_limit")
    headers = _headers(moment, "application/json; charset=utf-8")
    wait = ("retry-after", f"{error.retry_after or 0:g}")  # there in whole seconds; here as short as a test likes
    return Answer(429, [*headers, wait, *_limits(moment, left=0, whole=True)], no.body(moment))


def _headers(moment: Moment, kind: str) -> List[Tuple[str, str]]:
    return [("date", moment.date()), ("content-type", kind), ("x-api-received", _instant(moment, 11))]


def _limits(moment: Moment, *, left: int, whole: bool) -> List[Tuple[str, str]]:
    headers = [
        ("x-api-call-start", _instant(moment, 27)),
        ("x-inference-version", "v2"),
        ("x-ratelimit", "false" if left else "true"),
        ("x-ratelimit-limit", "100"),
        ("x-ratelimit-limit-tokens", "16666"),
        ("x-ratelimit-remaining", str(left)),
        ("x-ratelimit-remaining-tokens", "16269"),
        ("x-ratelimit-reset", "2"),
    ]
    return headers + ([("x-api-call-end", _instant(moment, 480))] if whole else [])


def _instant(moment: Moment, milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment.created)) + f".{milliseconds:03}Z"
