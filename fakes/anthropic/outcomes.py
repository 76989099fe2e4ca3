"""What Anthropic answers with besides a message: headers, refusals, scripted failures, raw bytes, errors in a stream.

The headers and their order are those of the recordings of August 2026. An `Error` of a script becomes the body of its
status: the type from `errors.TYPES`, the sentence from `FAILURES`, unless the script says its own.
"""

from __future__ import annotations

import json
import math
import time
from functools import lru_cache
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ..quotas import Level, Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import Answer
from ..session import Moment
from .errors import Refused

__all__ = ["error_event", "failed", "headers", "raw", "refusal", "stamp"]

Headers = List[Tuple[str, str]]

LIMITS = (  # name, limit per minute: as recorded in August 2026
    ("input-tokens", 10_000_000),
    ("output-tokens", 2_000_000),
    ("requests", 10_000),
    ("tokens", 12_000_000),
)
RATE_LIMITED = (  # requests: anthropics/claude-code#55132; input tokens: logancyang/obsidian-copilot#2327
    "This request would exceed your organization's rate limit of %s per minute (org: %s, model: %s). For details, refer "
    "to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce "
    "the prompt length or the maximum tokens requested, or try again later. You may also contact sales at "
    "https://claude.com/contact-sales to discuss your options for a rate limit increase."
)
# Status -> sentence of a failure that a test asks for without words of its own. REFERENCE: the default messages that
# the API reference gives its error objects (platform.claude.com/docs/en/api/$shared).
FAILURES: Dict[int, str] = {
    400: "Invalid request",  # REFERENCE
    401: "invalid x-api-key",  # the recorded 401 of ../shared/wire/anthropic.md
    402: "Billing error",  # REFERENCE; an empty account gets a 400 (anthropics/anthropic-sdk-typescript#618)
    403: "Permission denied",  # anthropics/claude-code#51610
    404: "Not found",  # REFERENCE; for a model it is "model: NAME"
    405: "Method Not Allowed",  # a measured answer, in a project's notes
    408: "Request timeout",  # REFERENCE, there for 504; no wording found for 408
    409: "Conflict",  # no wording found
    413: "Request exceeds the maximum size",  # earendil-works/pi#2734
    422: "Invalid request",  # no wording found; REFERENCE has it for the type
    500: "Internal server error",  # anthropics/claude-code#45350
    502: "Bad gateway",  # no JSON wording found: the front answers with a page
    503: "Service unavailable",  # no JSON wording found: "no healthy upstream" as text, anthropics/claude-code#7045
    504: "Request timeout",  # REFERENCE; the front's own 504 is a page (anthropics/claude-code#6781)
    529: "Overloaded",  # anthropics/claude-code#35792
}


def failed(error: Error, name: str, moment: Moment) -> Answer:
    """Answer where the script or a behaviour gives no reply; `name` is the model's."""
    refused = _refused(error, name, moment)
    told: Headers = []
    if error.limits is not None:
        told += _limit_headers(error.limits, moment)
    if error.retry_after is not None:
        wait = _rounded_up(error.retry_after)
        told += [("retry-after", _number(wait)), ("retry-after-ms", f"{wait * 1000:.0f}")]
    own = refusal(refused, moment, told)
    return Answer(error.status, _overridden(own.headers, error.headers), own.body if error.body is None else error.body)


def _refused(error: Error, name: str, moment: Moment) -> Refused:
    message = error.message
    if message is None and error.status == 429:
        message = _limited(error, name, moment)
    if message is None:
        general = FAILURES[400] if error.status < 500 else FAILURES[500]
        message = FAILURES.get(error.status, general)
    return Refused(message, status=error.status, type=error.type, code=error.code)


def _limited(error: Error, name: str, moment: Moment) -> str:
    """Say which limit was reached; without a quota it is a made-up one."""
    limits = error.limits
    if limits is not None and limits.reached == "tokens" and limits.tokens is not None:
        limit = f"{limits.tokens.limit:,} input tokens"
    else:
        limit = f"{limits.requests.limit if limits is not None and limits.requests is not None else 50:,} requests"
    return RATE_LIMITED % (limit, _organization(moment), name)


def _rounded_up(seconds: float) -> float:
    """Round a wait up to whole milliseconds: who waits as long as it was told gets through."""
    return math.ceil(seconds * 1000 - 1e-6) / 1000


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _overridden(own: Iterable[Tuple[str, str]], given: Sequence[Tuple[str, str]]) -> Headers:
    """Add headers, which take the place of those with the same name."""
    names = {name.lower() for name, _ in given}
    return [*(row for row in own if row[0] not in names), *given]


def raw(reply: Reply, moment: Moment, *, stream: bool, used: int, limits: Optional[Limits]) -> Optional[Answer]:
    """Answer with the bytes that a reply has for this API, or give None when it has none."""
    sent = reply.raw.get("anthropic")
    if sent is None:
        return None
    if stream:
        return Answer(200, headers(moment, "text/event-stream; charset=utf-8", used, limits), frames=events_of(sent))
    return Answer(200, headers(moment, "application/json", used, limits), sent)


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream.

    `details` comes first there, null or not, and the spaces before the last brace are those of every event:
    anthropics/anthropic-sdk-typescript#346; with the request's id, in August 2026: karthink/gptel#1512.
    """
    refused = _refused(error, "the model", moment)
    details = "null" if refused.code is None else '{"error_code":%s}' % json.dumps(refused.code)
    inner = f'"details":{details},"type":{json.dumps(refused.type)},"message":{_quoted(refused.message)}'
    pad = " " * int(moment.hexadecimal("error padding", 1), 16)
    text = f'event: error\ndata: {{"type":"error","error":{{{inner}}},"request_id":"{_request_id(moment)}"{pad}}}\n\n'
    return text.encode("utf-8", "backslashreplace")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def refusal(refused: Refused, moment: Moment, more: Sequence[Tuple[str, str]] = ()) -> Answer:
    """Answer a refused request.

    `x-should-retry` is true in the 429 of anthropics/anthropic-sdk-typescript#357 and the 529 of #616 there, and false
    in the recorded 401; between them it follows the SDK's own rule, which the header overrules.
    """
    again = refused.status in (408, 409, 429) or refused.status >= 500
    told = [*headers(moment, "application/json"), ("x-should-retry", "true" if again else "false"), *more]
    if refused.status == 413:  # the front's; see errors
        told = [row for row in told if row[0] != "request-id"]
    return Answer(refused.status, told, refused.body(_request_id(moment)))


def headers(moment: Moment, kind: str, used: Optional[int] = None, limits: Optional[Limits] = None) -> Headers:
    """Give the headers of an answer; `used` tokens are told where a model was asked, of `limits` where there are any."""
    told = [("date", moment.date()), ("content-type", kind)]
    if used is not None and limits is not None:
        told += _limit_headers(limits, moment)
    elif used is not None:
        spent = {"input-tokens": used, "requests": 1, "tokens": used}
        for name, limit in LIMITS:
            left = limit - spent.get(name, 0)
            if "tokens" in name:
                left = round(left, -3)  # told to the nearest thousand, as recorded
            told += _level(name, Level(limit, left, 0), moment)
    told += [
        ("request-id", _request_id(moment)),
        ("anthropic-organization-id", _organization(moment)),
        ("server-timing", f"x-originResponse;dur={20 + moment.number * 37 % 400}"),
    ]
    return told


def _limit_headers(limits: Limits, moment: Moment) -> Headers:
    """Tell what is left of the session's quota; what has no limit is not told.

    A session has one limit for tokens in and out, so all three names tell it; and it is told exactly, because the
    quotas of tests are small.
    """
    told: Headers = []
    for name, _ in LIMITS:
        level = limits.requests if name == "requests" else limits.tokens
        if level is not None:
            told += _level(name, level, moment)
    return told


def _level(name: str, level: Level, moment: Moment) -> Headers:
    return [
        (f"anthropic-ratelimit-{name}-limit", str(level.limit)),
        (f"anthropic-ratelimit-{name}-remaining", str(level.remaining)),
        (f"anthropic-ratelimit-{name}-reset", stamp(moment.created + math.ceil(level.reset))),
    ]


@lru_cache(maxsize=256)
def stamp(seconds: int) -> str:
    """Write a time as RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _request_id(moment: Moment) -> str:
    return "req_01" + moment.letters("request", 22)


def _organization(moment: Moment) -> str:
    digits = moment.fixed("organization", 32)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
