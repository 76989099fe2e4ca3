"""What Fireworks answers with besides a completion: headers, scripted failures, raw bytes, errors in a stream.

A failure is written by the layer that would refuse so (see `errors`): accounts, keys and models by the gateway, too
many requests by the limiter, the method by the framework, everything else by the model server. Headers and their order
are the recordings'.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..quotas import Level, Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import REASONS, Answer
from ..session import Moment
from .errors import Refused, flat, gateway, one_word, served, text_of_body
from .writer import uuid

__all__ = ["FIRE_PASS", "SUSPENDED", "WRONG_KEY", "error_event", "failed", "headers", "limit_headers", "raw"]

SUSPENDED = (  # quoted in several public logs and tests; the code was not found
    "Account fakes is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. "
    "Please go to https://fireworks.ai/account/billing for more information."
)
WRONG_KEY = "The API key you provided is invalid."  # a body captured in a public note; of a missing key none was found
FIRE_PASS = "Fire Pass API keys are not authorized for this route."  # typeclaw/typeclaw#388
REQUESTS, PROMPT, GENERATED = 60, 60_000, 12_000  # the recordings' limits, a minute


class Words(NamedTuple):
    """What is said for a status."""

    message: str
    type: str
    code: str


# By the gateway, whose type is always "error". That 402 is told: docs.fireworks.ai/guides/inference-error-codes; no body.
GATEWAY: Dict[int, Words] = {
    401: Words(WRONG_KEY, "error", "UNAUTHORIZED"),
    402: Words("Payment Required", "error", "PAYMENT_REQUIRED"),
    403: Words(FIRE_PASS, "error", "FORBIDDEN"),
    404: Words("Model not found, inaccessible, and/or not deployed", "error", "NOT_FOUND"),  # warpdotdev/warp#15107
    412: Words(SUSPENDED, "error", "PRECONDITION_FAILED"),
}
INVALID = "invalid_request_error"
BROKEN = "internal_server_error"
# By the model server. For a status that is not here no body was found: it gets its HTTP name and the type of its class.
SERVER: Dict[int, Words] = {
    # An overloaded model says at 429, and in the server's shape, "Request didn't generate first token before the given
    # deadline, the service is overloaded" with the code "too_many_requests" (vybestack/llxprt-code#144 and a quoted
    # body); that is for a script to say.
    429: Words("rate limit exceeded, please try again later", INVALID, INVALID),  # wire/fireworks.md, in the flat shape
    500: Words(  # an error in a stream, quoted in a client's tests
        "server had an error while processing your request, please retry again after a brief wait", BROKEN, BROKEN
    ),
}


def failed(error: Error, moment: Moment) -> Answer:
    """Answer where the script or a behaviour gives no reply.

    Fireworks has no Retry-After (none in any recording or report, and its documentation has none), so `retry_after` is
    not told; a script that wants it says so in `headers`.
    """
    extra = limit_headers(0, error.limits, left=0) if error.status == 429 else []
    body = _refused(error).body if error.body is None else error.body
    return Answer(error.status, [*headers(moment, "application/json"), *extra, *error.headers], body)


def _refused(error: Error) -> Refused:
    status, words = error.status, _words(error)
    if status in GATEWAY:
        return gateway(status, words.message, words.code, type=words.type)
    if status == 429:
        return flat(status, words.message, type=words.type, code=words.code)
    if status == 405 and error.type is None and error.code is None:  # it has a place for the message only
        return one_word(status, "Method Not Allowed" if error.message is None else error.message)
    return served(status, words.message, type=words.type, code=words.code)


def _words(error: Error) -> Words:
    usual = GATEWAY.get(error.status) or SERVER.get(error.status)
    if usual is None:
        name = REASONS.get(error.status, "The request failed.")
        kind = INVALID if error.status < 500 else BROKEN
        usual = Words(name, kind, kind)
    return Words(
        usual.message if error.message is None else error.message,
        usual.type if error.type is None else error.type,
        usual.code if error.code is None else error.code,
    )


def limit_headers(read: int, limits: Optional[Limits], *, left: int = REQUESTS - 1) -> List[Tuple[str, str]]:
    """Tell the limits; `read` is in tokens, `left` in requests. The header over-limit stays "no", at 429 too, as recorded.

    Without a quota the numbers are made up. A quota counts all tokens in one, Fireworks those read and those written
    apart: the quota's are told as those read, and what it does not limit is not told.
    """
    if limits is not None:
        levels = [("requests", limits.requests), ("tokens-prompt", limits.tokens)]
    else:
        prompt, generated = Level(PROMPT, max(0, PROMPT - read), 0.0), Level(GENERATED, GENERATED, 0.0)
        levels = [("requests", Level(REQUESTS, left, 0.0)), ("tokens-prompt", prompt), ("tokens-generated", generated)]
    told = [("x-ratelimit-over-limit", "no")]
    for name, level in levels:
        if level is not None:
            told.append((f"x-ratelimit-limit-{name}", str(level.limit)))
            told.append((f"x-ratelimit-remaining-{name}", str(level.remaining)))
    return told


def raw(reply: Reply, moment: Moment, *, stream: bool, used: int, limits: Optional[Limits]) -> Optional[Answer]:
    """Answer with the bytes that a reply has for Fireworks, or give None when it has none."""
    sent = reply.raw.get("fireworks")
    if sent is None:
        return None
    kind = "text/event-stream; charset=utf-8" if stream else "application/json"
    told = [*headers(moment, kind), ("fireworks-prompt-tokens", str(used)), *limit_headers(used, limits)]
    return Answer(200, told, frames=events_of(sent)) if stream else Answer(200, told, sent)


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream: `data: {"error": {"message", "type", "code"}}`.

    Its shape: an error of Fireworks' stream that is quoted in a client's tests (the 500 above); wire/fireworks.md has
    the same from memory.
    """
    words = _words(error)
    inner: Dict[str, Any] = {"message": words.message, "type": words.type, "code": words.code}
    return b"data: " + text_of_body({"error": inner}) + b"\n\n"


def headers(moment: Moment, kind: str) -> List[Tuple[str, str]]:
    """Give the headers of every answer."""
    return [("date", moment.date()), ("content-type", kind), ("x-request-id", uuid(moment))]
