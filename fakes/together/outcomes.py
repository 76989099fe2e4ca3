"""What Together answers with besides a completion: headers, scripted failures, raw bytes, errors in a stream.

All failures have one body (see `errors`). Headers and their order are the recordings'.
"""

from __future__ import annotations

import json
import math
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..quotas import Level, Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import REASONS, Answer
from ..session import Moment
from .errors import Refused

__all__ = ["WRONG_KEY", "answered", "error_event", "failed", "headers", "raw"]

WRONG_KEY = "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys."
REQUESTS_LIMITED = (  # xtekky/gpt4free#3032; its type and code are cut off, those of togethercomputer/MoA#27 stand in
    "You have reached the rate limit specific to this model %s. The maximum rate limit for this model is %.1f queries per "
    "minute. This limit differs from the general rate limits published at Together AI rate limits documentation "
    "(https://docs.together.ai/docs/rate-limits). For inquiries about increasing your model-specific rate limit, please "
    "contact our sales team (https://www.together.ai/forms/contact-sales)"
)
# togethercomputer/MoA#27 says so of queries; of tokens no wording was found.
TOKENS_LIMITED = "You have been rate limited. Your rate limit is %d tokens per minute."
NO_MODEL = (  # maruel/genai, errors/bad_model
    "Unable to access model %s. Please visit https://api.together.ai/models to view the list of supported models."
)
QUERIES = 9.0  # the quoted limit, of a server without a quota
REQUESTS, REMAINING, TOKENS, TOKENS_LEFT, RESET = 100, 199, 16_666, 16_269, 2  # a recording's numbers


class Words(NamedTuple):
    """What is said for a status."""

    message: str
    type: str
    code: Optional[str] = None


INVALID = "invalid_request_error"
BROKEN = "server_error"
# What the statuses mean: docs.together.ai/docs/error-codes. For a status that is not here no body was found: it gets its
# HTTP name and the type of its class; "server_error" was not found either.
FAILURES: Dict[int, Words] = {
    400: Words("Input validation error", INVALID),  # mozilla-ai/any-llm#714
    401: Words(WRONG_KEY, INVALID, "invalid_api_key"),  # maruel/genai, errors/bad_apiKey
    402: Words(  # a body of May 2026 that a dispatcher's tests quote
        "Credit limit exceeded, please [add credits](https://api.together.ai/settings/billing).", "credit_limit"
    ),
    403: Words("Input validation error", INVALID),  # the context is exceeded; the sentence with its numbers: `checks`
    422: Words("Input validation error", INVALID),
    503: Words("The server is overloaded or not ready yet.", BROKEN),  # togethercomputer/together-cookbook#57
}


def failed(error: Error, name: str, moment: Moment) -> Answer:
    """Answer where the script or a behaviour gives no reply; `name` is the model's.

    Retry-After is whole seconds there, and here as short as the script says; a 429 also tells the limits.
    """
    told = headers(moment, "application/json; charset=utf-8")
    if error.retry_after is not None:
        told.append(("retry-after", _seconds(error.retry_after)))
    if error.status == 429:
        told += _limit_headers(moment, error.limits, refused=True, whole=True)
    words = _words(error, name)
    refused = Refused(words.message, status=error.status, type=words.type, code=words.code)
    return Answer(error.status, [*told, *error.headers], refused.body(moment) if error.body is None else error.body)


def _words(error: Error, name: str) -> Words:
    """Give the words for an error; a message of the script's own goes without the usual code."""
    usual = FAILURES.get(error.status)
    if error.status == 404:
        usual = Words(NO_MODEL % name, INVALID, "model_not_available")
    elif error.status == 429:
        usual = Words(_limited(error.limits, name), "credit_limit")
    elif usual is None:
        phrase = REASONS.get(error.status, "The request failed.")
        usual = Words(phrase, INVALID if error.status < 500 else BROKEN)
    return Words(
        usual.message if error.message is None else error.message,
        usual.type if error.type is None else error.type,
        usual.code if error.message is None and error.code is None else error.code,
    )


def _limited(limits: Optional[Limits], name: str) -> str:
    if limits is not None and limits.reached == "tokens" and limits.tokens is not None:
        return TOKENS_LIMITED % limits.tokens.limit
    return REQUESTS_LIMITED % (name, limits.requests.limit if limits is not None and limits.requests else QUERIES)


def _seconds(value: float) -> str:
    """Write seconds, rounded up to a millisecond, so that who waits so long has waited enough."""
    return f"{math.ceil(value * 1000 - 1e-6) / 1000:.3f}".rstrip("0").rstrip(".")


def _limit_headers(
    moment: Moment, limits: Optional[Limits], *, refused: bool = False, whole: bool
) -> List[Tuple[str, str]]:
    """Tell the limits, between the times of the call; `whole`: its end is known.

    Without a quota the numbers are made up; of a quota only what it limits is told, a minute's worth. `x-ratelimit-reset`
    is in whole seconds.
    """
    told = [("x-api-call-start", _instant(moment, 27)), ("x-inference-version", "v2")]
    told.append(("x-ratelimit", "true" if refused else "false"))
    if limits is None:
        limits = Limits(Level(REQUESTS, 0 if refused else REMAINING, RESET), Level(TOKENS, TOKENS_LEFT, RESET))
    levels = [
        (suffix, level) for suffix, level in (("", limits.requests), ("-tokens", limits.tokens)) if level is not None
    ]
    told += [("x-ratelimit-limit" + suffix, str(level.limit)) for suffix, level in levels]
    told += [("x-ratelimit-remaining" + suffix, str(level.remaining)) for suffix, level in levels]
    if levels:
        told.append(("x-ratelimit-reset", str(math.ceil(limits.wait or levels[0][1].reset))))
    return told + ([("x-api-call-end", _instant(moment, 480))] if whole else [])


def raw(reply: Reply, moment: Moment, *, stream: bool, limits: Optional[Limits]) -> Optional[Answer]:
    """Answer with the bytes that a reply has for Together, or give None when it has none."""
    sent = reply.raw.get("together")
    if sent is None:
        return None
    told = answered(moment, limits, stream=stream)
    return Answer(200, told, frames=events_of(sent)) if stream else Answer(200, told, sent)


def answered(moment: Moment, limits: Optional[Limits], *, stream: bool) -> List[Tuple[str, str]]:
    """Give the headers of a completion; "retry-after" is told on success too, and means nothing there."""
    kind = "text/event-stream;charset=utf-8" if stream else "application/json; charset=utf-8"
    return [*headers(moment, kind), ("retry-after", "2"), *_limit_headers(moment, limits, whole=not stream)]


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream: `data: {"error": {…}}`, as together 3.1.1 _streaming.py reads it.

    What else it holds was not found; it has the keys of any other error of Together's.
    """
    words = _words(error, "the model")
    inner: Dict[str, Any] = {"message": words.message, "type": words.type, "param": None, "code": words.code}
    text = json.dumps({"error": inner}, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.encode("utf-8", "backslashreplace") + b"\n\n"


def headers(moment: Moment, kind: str) -> List[Tuple[str, str]]:
    """Give the headers of every answer."""
    return [("date", moment.date()), ("content-type", kind), ("x-api-received", _instant(moment, 11))]


def _instant(moment: Moment, milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment.created)) + f".{milliseconds:03}Z"
