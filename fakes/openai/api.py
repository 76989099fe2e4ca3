"""OpenAI's API as a server: routes, keys, the request in neutral words, errors and headers.

`checks` decides what is refused, `behaviours` what is answered, `writer` how that is written.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .. import behaviours
from ..http11 import Answer, BadRequest, Request
from ..reply import Ask, Failure, Tool
from ..world import EPOCH, Moment, World
from . import checks
from .errors import Refused
from .messages import text_of
from .models import LISTED, Model, find
from .writer import completion, shape_of, stream

__all__ = ["answer", "front_error"]

MODEL = """    {
      "id": "%s",
      "object": "model",
      "created": %d,
      "owned_by": "%s"
    }"""

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
SCRIPT_OVER = "fakes: every scripted reply has been given and there is none left for this request"
BLOCKED = (  # BeehiveInnovations/pal-mcp-server#178
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting"
)
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
        raise Refused(checks.MALFORMED, gateway=True) from None


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
    model = checks.check_chat(body, any_name=world.scripted)
    ask = _ask(body)
    reply = behaviours.answer(ask, world, ordinary=model.ordinary)
    used = checks.prompt_tokens(body)
    if isinstance(reply, Failure):
        return _failure(reply, model, moment)
    if reply.finish == "blocked":
        raise Refused(BLOCKED, code="invalid_prompt")
    if reply.finish == "tool_calls" and ask.tool_choice not in ("auto", "none", "required"):
        reply = reply.ending("stop")  # a call that was forced by name ends so (wire/openai.md)
    shape = shape_of(body, model, moment, reply, used)
    headers = _headers(moment, "text/event-stream; charset=utf-8" if body.get("stream") else "application/json", used)
    if body.get("stream"):
        return Answer(200, headers, frames=list(stream(body, shape)), cut=reply.cut)
    return Answer(200, headers, completion(shape), cut=reply.cut)


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


def _failure(failure: Failure, model: Model, moment: Moment) -> Answer:
    if failure.kind == "script_over":  # 400: a client does not ask again
        return _refusal(Refused(SCRIPT_OVER, code="script_over"), moment)
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
