"""What every endpoint of OpenAI's answers with besides its own body: headers, refusals, failures, the check of the key.

`api` and `responses` share these; the headers and their order are those of the recordings.
"""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..quotas import Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import REASONS, Answer, Request
from ..session import Moment, Session
from .errors import Refused

__all__ = [
    "BLOCKED", "MALFORMED", "ORGANIZATION", "check_key", "error_event", "failed", "headers", "parsed", "raw", "refusal",
]  # fmt: skip

ORGANIZATION = "fakes"
RATE_LIMITED = (  # feder-cr/invisible_playwright_mcp#249
    "Rate limit reached for %s in organization org-%s on requests per min (RPM): Limit %d, Used %d, Requested 1. Please "
    "try again in %s. Visit https://platform.openai.com/account/rate-limits to learn more."
)
NO_KEY = (  # openai/openai-python#1434
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
    "API from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
WRONG_KEY = "Incorrect API key provided: %s. You can find your API key at https://platform.openai.com/account/api-keys."
TOKENS_LIMITED = (  # BuilderIO/micro-agent#86, FoundationAgents/MetaGPT#523
    "Rate limit reached for %s in organization org-%s on tokens per min (TPM): Limit %d, Used %d, Requested %d. Please "
    "try again in %s. Visit https://platform.openai.com/account/rate-limits to learn more."
)
TOO_LARGE = (  # TheR1D/shell_gpt#653
    "Request too large for %s in organization org-%s on tokens per min (TPM): Limit %d, Requested %d. The input or output "
    "tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to learn "
    "more."
)
BLOCKED = (  # BeehiveInnovations/pal-mcp-server#178
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting"
)
MALFORMED = (  # ChatGPTNextWeb/NextChat#4064
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


def check_key(sent: Dict[str, str], session: Session) -> None:
    """Look at the Authorization header.

    Raises: Refused when there is no key, or a rejected one.
    """
    scheme, _, key = sent.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:  # another scheme: no wording of its own found
        raise Refused(NO_KEY, status=401, gateway=True)
    if key in session.rejected:
        raise Refused(WRONG_KEY % _masked(key), code="invalid_api_key", status=401, gateway=True)


def _masked(key: str) -> str:
    """Hide a key as OpenAI does: the first eight and the last four characters are shown."""
    return key[:8] + "*" * (len(key) - 12) + key[-4:] if len(key) > 12 else key


def parsed(request: Request) -> Any:
    """Give the JSON body of a request.

    Raises: Refused when it is none.
    """
    try:
        return request.json()
    except ValueError:
        raise Refused(MALFORMED, gateway=True) from None


class Words(NamedTuple):
    """What is said for a status."""

    message: str
    type: str
    code: Optional[str] = None


INVALID = "invalid_request_error"
BROKEN = "server_error"
# Of a failure without words of its own. For a status that is not here no body was found: it gets its HTTP name and the
# type of its class.
FAILURES: Dict[int, Words] = {
    401: Words(
        "Incorrect API key provided.", INVALID, "invalid_api_key"
    ),  # a measured body of August 2026, without its end
    403: Words(  # quoted in many issues of openai/openai-python
        "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"
    ),
    404: Words("The model does not exist or you do not have access to it.", INVALID, "model_not_found"),
    408: Words("Request timed out.", BROKEN),  # no body was found
    500: Words(
        "The server had an error while processing your request. Sorry about that!", BROKEN
    ),  # openai-python#1002
    502: Words("Bad gateway.", "cf_bad_gateway"),  # openai/openai-python#464
    503: Words("The engine is currently overloaded, please try again later", BROKEN),  # OpenAI's error guide
}


def failed(error: Error, name: str, moment: Moment) -> Answer:
    """Answer where the script or a behaviour gives no reply; `name` is the model's."""
    if error.body is not None:
        return Answer(error.status, [*headers(moment, "application/json"), *_extra(error)], error.body)
    return refusal(_refused(error, name), moment, _extra(error))


def _refused(error: Error, name: str) -> Refused:
    usual = FAILURES.get(error.status)
    if error.status == 429:
        usual = Words(_limited(error, name), _reached(error), "rate_limit_exceeded")
    elif usual is None:
        phrase = REASONS.get(error.status, "The request failed.")
        usual = Words(phrase, INVALID if error.status < 500 else BROKEN)
    return Refused(
        usual.message if error.message is None else error.message,
        type=usual.type if error.type is None else error.type,
        code=error.code if error.code is not None or error.message is not None else usual.code,
        status=error.status,
        gateway=True,
    )


def _reached(error: Error) -> str:
    return (error.limits.reached if error.limits else None) or "requests"


def _limited(error: Error, name: str) -> str:
    """Say which limit was reached, in OpenAI's sentence; without a quota it is a made-up one."""
    wait = error.retry_after or 0.0
    limits = error.limits
    if limits is not None and limits.too_large and limits.tokens:
        return TOO_LARGE % (name, ORGANIZATION, limits.tokens.limit, limits.asked)
    if limits is not None and limits.reached == "tokens" and limits.tokens:
        used = limits.tokens.limit - limits.tokens.remaining
        return TOKENS_LIMITED % (name, ORGANIZATION, limits.tokens.limit, used, limits.asked, _span(wait))
    level = limits.requests if limits is not None else None
    limit, used = (level.limit, level.limit - level.remaining) if level else (3, 3)
    return RATE_LIMITED % (name, ORGANIZATION, limit, used, _span(wait))


def _milliseconds(seconds: float) -> int:
    """Round up, so that who waits so long has waited enough."""
    return math.ceil(seconds * 1000 - 1e-6)


def _span(seconds: float) -> str:
    """Write a time as OpenAI does in sentences and headers: 6ms, 1.5s, 1m12s."""
    whole = _milliseconds(seconds)
    if whole < 1000:
        return f"{whole}ms"
    minutes, rest = divmod(whole, 60_000)
    shown = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{minutes}m{shown}s" if minutes else f"{shown}s"


def _extra(error: Error) -> List[Tuple[str, str]]:
    """Give the headers that an error brings along."""
    given: List[Tuple[str, str]] = _limit_headers(error.limits) if error.limits is not None else []
    if error.retry_after is not None:
        whole = _milliseconds(error.retry_after)
        shown = f"{whole / 1000:.3f}".rstrip("0").rstrip(".")
        given += [("retry-after", shown), ("retry-after-ms", str(whole))]
    return [*given, *error.headers]


def raw(
    reply: Reply, api: str, moment: Moment, *, stream: bool, used: int, limits: Optional[Limits]
) -> Optional[Answer]:
    """Answer with the bytes that a reply has for this API, or give None when it has none."""
    sent = reply.raw.get("responses") if api == "responses" else None
    sent = reply.raw.get("openai") if sent is None else sent
    if sent is None:
        return None
    if stream:
        return Answer(200, headers(moment, "text/event-stream; charset=utf-8", used, limits), frames=events_of(sent))
    return Answer(200, headers(moment, "application/json", used, limits), sent)


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream.

    Chat completions: a data event (wire/openai.md, "Error mid-stream"). Responses: an `error` event with the error nested,
    though openai 3.54.0 types/responses/response_error_event.py has it flat, then `response.failed`, both numbered on from
    what was sent (vercel/ai packages/openai/src/responses/__fixtures__/openai-error.1.chunks.txt, a recording; so does
    openai-error-null-code.1 of 2026).
    """
    refused = _refused(error, "the model")
    inner = {"message": refused.message, "type": refused.type, "param": None, "code": refused.code}
    if api != "responses":
        return b"data: " + _compact({"error": inner}) + b"\n\n"
    number = _told(moment.sent[-1]).get("sequence_number", len(moment.sent) - 1) + 1 if moment.sent else 0
    nested = {"type": refused.type, "code": refused.code, "message": refused.message, "param": None}
    events: List[Tuple[str, Dict[str, Any]]] = [("error", {"error": nested, "sequence_number": number})]
    response = _told(moment.sent[0]).get("response") if moment.sent else None
    if response is not None:  # without one nothing was begun that could fail
        failure = {"code": refused.code or refused.type, "message": refused.message}
        response = {**response, "status": "failed", "error": failure}
        events.append(("response.failed", {"response": response, "sequence_number": number + 1}))
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (kind.encode(), _compact({"type": kind, **told})) for kind, told in events
    )


def _told(event: bytes) -> Dict[str, Any]:
    """Give the JSON of an event of a stream; of raw bytes that are no such event an empty one."""
    try:
        value = json.loads(event.partition(b"data:")[2])
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def refusal(refused: Refused, moment: Moment, extra: Sequence[Tuple[str, str]] = ()) -> Answer:
    """Answer a refused request."""
    kind = "application/json; charset=utf-8" if refused.status in (404, 405) else "application/json"
    return Answer(refused.status, [*headers(moment, kind), *extra], refused.body())


def headers(
    moment: Moment, kind: str, used: Optional[int] = None, limits: Optional[Limits] = None
) -> List[Tuple[str, str]]:
    """Give the headers of an answer; `used` tokens are told where a model was asked, of `limits` where there are any."""
    given = [
        ("date", moment.date()),
        ("content-type", kind),
        ("openai-organization", ORGANIZATION),
        ("openai-processing-ms", str(20 + moment.number * 37 % 400)),
        ("openai-version", "2020-10-01"),
    ]
    if used is not None and limits is not None:
        given += _limit_headers(limits)
    elif used is not None:
        given += [
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-limit-tokens", "2000000"),
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-remaining-tokens", str(2_000_000 - used)),
            ("x-ratelimit-reset-requests", "6ms"),
            ("x-ratelimit-reset-tokens", f"{used * 60_000 // 2_000_000}ms"),
        ]
    given.append(("x-request-id", "req_" + moment.hexadecimal("request", 32)))
    return given


def _limit_headers(limits: Limits) -> List[Tuple[str, str]]:
    """Tell what is left of the session's quota. Names and forms of the recordings; what has no limit is not told."""
    levels = [("requests", limits.requests), ("tokens", limits.tokens)]
    there = [(name, level) for name, level in levels if level is not None]
    return [
        *[(f"x-ratelimit-limit-{name}", str(level.limit)) for name, level in there],
        *[(f"x-ratelimit-remaining-{name}", str(level.remaining)) for name, level in there],
        *[(f"x-ratelimit-reset-{name}", _span(level.reset)) for name, level in there],
    ]
