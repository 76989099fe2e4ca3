"""What Mistral answers with besides a completion: headers, scripted failures, raw bytes, errors in a stream.

A failure is written by the layer that would refuse so (see `errors`): in one word by the authorizer and the framework,
as a list by the parameter checker (422), else by the model server. Headers and their order are the recordings'.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from ..quotas import Level, Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import REASONS, Answer
from ..session import Moment
from .errors import Refused, detail, fault, refused, unprocessable

__all__ = ["error_event", "failed", "headers", "limit_headers", "raw", "refusal"]

TOKENS_MINUTE = 100_000
REQUESTS_MINUTE = 100


class Words(NamedTuple):
    """What the model server says for a status."""

    message: str
    type: str
    code: Optional[str] = None


# In one word, when the script gives no words of its own.
ONE_WORD: Dict[int, str] = {
    401: "Unauthorized",  # agent0ai/agent-zero#539
    404: "Not Found",  # dyad-sh/dyad#883
    405: "Method Not Allowed",  # the framework's; no body of Mistral's was found
    500: "Internal Server Error",  # mistralai/client-python#103, of another endpoint
}
# 400's code null: Mobile-Artificial-Intelligence/maid#672. For a status that is not here no body was found: it gets its
# HTTP name, and the type of its class.
FAILURES: Dict[int, Words] = {
    403: Words(
        "Request blocked by guardrails", "guardrails"
    ),  # the status: the SDK's models/guardrailconfig.py; no body
    # cline/cline#9085, raycast/extensions#31107; a model that is too busy says "Service tier capacity exceeded for this
    # model." (continuedev/continue#6185), and a whole server "Capacity exceeded for this model." (engine_max_pending_tokens,
    # 3810, beside the 503 in the same collection): a script can give these words.
    429: Words("Rate limit exceeded", "rate_limited", "1300"),
    503: Words(
        "Service unavailable.", "internal_server_error", "3800"
    ),  # bodies of August and September 2026, in tests
}


def failed(error: Error, moment: Moment) -> Answer:
    """Answer where the script or a behaviour gives no reply.

    Mistral has no Retry-After (none in any recording or report), so `retry_after` is not told; a script that wants it
    says so in `headers`. A 429 tells of the limits the one that was reached, and no time.
    """
    extra = [*(_reached(error.limits) if error.status == 429 else ()), *error.headers]
    if error.body is not None:
        return Answer(error.status, [*headers(moment, _kind(error.status)), *extra], error.body)
    return refusal(_refused(error), moment, extra)


def _refused(error: Error) -> Refused:
    status = error.status
    worded = error.type is not None or error.code is not None  # only the model server has a place for these
    if status in ONE_WORD and not worded:
        return detail(status, ONE_WORD[status] if error.message is None else error.message)
    if status == 422 and not worded:
        if error.message is None:
            return unprocessable([fault("missing", ("messages",), "Field required", None)])
        return unprocessable([fault("value_error", (), error.message, None)])
    return refused(*_words(error), status=status)


def _words(error: Error) -> Words:
    """Give the words of the model server; a message of the script's own goes without the usual code."""
    usual = FAILURES.get(error.status)
    if usual is None:
        name = REASONS.get(error.status, "The request failed.")
        usual = Words(name, "invalid_request_error" if error.status < 500 else "internal_server_error")
    code = usual.code if error.message is None and error.code is None else error.code
    message = usual.message if error.message is None else error.message
    return Words(message, usual.type if error.type is None else error.type, code)


def _reached(limits: Optional[Limits]) -> List[Tuple[str, str]]:
    """Tell the limit that was reached, alone: a measured account of August 2026 (Jerome-Group/syrax)."""
    if limits is None:
        return _level("req-minute", Level(REQUESTS_MINUTE, 0, 0.0))
    name = "tokens-minute" if limits.reached == "tokens" else "req-minute"
    return _level(name, limits.tokens if limits.reached == "tokens" else limits.requests)


def _level(name: str, level: Optional[Level]) -> List[Tuple[str, str]]:
    if level is None:
        return []
    return [(f"x-ratelimit-limit-{name}", str(level.limit)), (f"x-ratelimit-remaining-{name}", str(level.remaining))]


def limit_headers(cost: int, limits: Optional[Limits]) -> List[Tuple[str, str]]:
    """Tell the limits, as whole answers do; recorded streams have none. `cost` is in tokens.

    Without a quota the numbers are made up; of a quota only what it limits is told.
    """
    if limits is None:
        left = max(0, TOKENS_MINUTE - cost)
        limits = Limits(Level(REQUESTS_MINUTE, REQUESTS_MINUTE - 1, 0.0), Level(TOKENS_MINUTE, left, 0.0))
    query = ("x-ratelimit-tokens-query-cost", str(cost))
    return [*_level("tokens-minute", limits.tokens), query, *_level("req-minute", limits.requests)]


def raw(reply: Reply, moment: Moment, *, stream: bool, used: int, limits: Optional[Limits]) -> Optional[Answer]:
    """Answer with the bytes that a reply has for Mistral, or give None when it has none."""
    sent = reply.raw.get("mistral")
    if sent is None:
        return None
    if stream:
        return Answer(200, headers(moment, "text/event-stream; charset=utf-8"), frames=events_of(sent))
    return Answer(200, [*headers(moment, "application/json"), *limit_headers(used, limits)], sent)


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream: a data event with the model server's body.

    No recording of one was found; clients' tests have it so ("internal_error", raw_status_code 500, in a data line),
    and the SDK's CompletionEvent has no other place for it.
    """
    return b"data: " + refused(*_words(error), status=error.status).body + b"\n\n"


def refusal(no: Refused, moment: Moment, extra: List[Tuple[str, str]]) -> Answer:
    """Answer a refused request."""
    return Answer(no.status, [*headers(moment, _kind(no.status)), *no.headers, *extra], no.body)


def _kind(status: int) -> str:
    return "application/json; charset=utf-8" if status in (401, 404, 405) else "application/json"


def headers(moment: Moment, kind: str) -> List[Tuple[str, str]]:
    """Give the headers of every answer."""
    digits = moment.hexadecimal("correlation", 32)
    id = f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
    return [
        ("date", moment.date()),
        ("content-type", kind),
        ("mistral-correlation-id", id),
        ("x-max-retry-attempts-reached", "false"),
    ]
