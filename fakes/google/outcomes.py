"""What the Gemini API answers with besides content: headers, scripted failures, raw bytes, errors in a stream.

An `Error` of a script becomes Google's error object: the word of its status, the sentence of that word (`FAILURES`),
and details: the script's code as the reason of an ErrorInfo, the quota that was reached as a QuotaFailure, the wait as
a RetryInfo. Nothing of a quota is told in headers, neither here nor on success: no recording has any.
"""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Optional, Tuple

from ..quotas import Limits
from ..replies.reply import Error, Reply, events_of
from ..serving.http11 import Answer
from ..session import Moment
from .errors import STATUSES, Refused, status_of

__all__ = ["WRONG_TOKEN", "error_event", "failed", "headers", "headers_of_content", "raw"]

Headers = List[Tuple[str, str]]

JSON = "application/json; charset=UTF-8"
WRONG_TOKEN = (  # every Google API's sentence; from memory
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
# Status word -> sentence of a failure that a test asks for without words of its own.
FAILURES: Dict[str, str] = {
    "INVALID_ARGUMENT": "Request contains an invalid argument.",  # Wei-Shaw/claude-relay-service#295
    "FAILED_PRECONDITION": "User location is not supported for the API use.",  # google-gemini/gemini-cli#24641
    "UNAUTHENTICATED": WRONG_TOKEN,
    "PERMISSION_DENIED": "The caller does not have permission",  # iBUHub/AIStudioToAPI#109
    "NOT_FOUND": "Requested entity was not found.",  # every Google API's sentence; from memory
    "RESOURCE_EXHAUSTED": "Resource has been exhausted (e.g. check quota).",  # eastlondoner/vibe-tools#35; but for 429
    "ABORTED": "The operation was aborted.",  # no wording found; google/rpc/code.proto describes it so
    "CANCELLED": "The operation was cancelled.",  # google-gemini/gemini-cli#20309
    "INTERNAL": "Internal error encountered.",  # wri/project-zeno#591
    "UNIMPLEMENTED": "Operation is not implemented, or supported, or enabled.",  # no wording found; gRPC's description
    "UNAVAILABLE": "The model is overloaded. Please try again later.",  # google-gemini/gemini-cli#5191
    "DEADLINE_EXCEEDED": "Deadline expired before operation could complete.",  # interviewstreet/hiring-agent#284
}
OTHERWISE = "The request failed."  # other statuses from 400 to 499: no wording found
RATE_LIMITED = (  # recording chat_real_error_scenarios_gemini_…-153cee0d
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: "
    "https://ai.dev/rate-limit. \n* Quota exceeded for metric: %s, limit: %d, model: %s"
)
RETRY = "\nPlease retry in %s."  # the same
METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_"
# What is limited -> its metric and its id, both of googleapis/python-genai#2044.
QUOTAS = {
    "requests": (METRIC + "requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    "tokens": (METRIC + "input_token_count", "GenerateContentInputTokensPerModelPerMinute-FreeTier"),
}
HELP = {
    "type": "Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}


def failed(error: Error, name: str, moment: Moment, *, array: bool = False) -> Answer:
    """Answer where the script or a behaviour gives no reply; `name` is the model's, `array` the form of its stream."""
    body = _refused(error, name).body(array=array) if error.body is None else error.body
    names = {given.lower() for given, _ in error.headers}
    own = (row for row in headers(moment, JSON) if row[0] not in names)
    return Answer(error.status, [*own, *error.headers], body)


def _refused(error: Error, name: str) -> Refused:
    word = status_of(error.status) if error.type is None else error.type
    details: List[Dict[str, Any]] = []
    if error.code is not None:
        details.append({"type": "ErrorInfo", "reason": error.code, "domain": "googleapis.com"})
    message = error.message
    if error.status == 429 and word == "RESOURCE_EXHAUSTED":
        metric, id, limit = _quota(error.limits)
        if message is None:
            wait = RETRY % _spelt(_rounded_up(error.retry_after)) if error.retry_after is not None else ""
            message = RATE_LIMITED % (metric, limit, name) + wait
        dimensions = {"location": "global", "model": name}
        violation = {"quotaMetric": metric, "quotaId": id, "quotaDimensions": dimensions, "quotaValue": str(limit)}
        details += [HELP, {"type": "QuotaFailure", "violations": [violation]}]
    if error.retry_after is not None:
        details.append({"type": "RetryInfo", "retryDelay": f"{_number(_rounded_up(error.retry_after))}s"})
    if message is None:
        words = (error.type or "", STATUSES.get(error.status, ""), "" if error.status < 500 else "INTERNAL")
        message = next((FAILURES[one] for one in words if one in FAILURES), OTHERWISE)
    return Refused(message, code=error.status, status=word, details=details)


def _quota(limits: Optional[Limits]) -> Tuple[str, str, int]:
    """Give metric, id and size of the limit that was reached; without a quota it is the free tier's."""
    if limits is not None and limits.reached == "tokens" and limits.tokens is not None:
        return (*QUOTAS["tokens"], limits.tokens.limit)
    return (*QUOTAS["requests"], limits.requests.limit if limits is not None and limits.requests is not None else 15)


def _rounded_up(seconds: float) -> float:
    """Round a wait up to whole milliseconds: who waits as long as it was told gets through."""
    return math.ceil(seconds * 1000 - 1e-6) / 1000


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _spelt(seconds: float) -> str:
    """Write a time as Go writes a duration: 50ms, 8.572s, 1m5.5s, 2h0m0s."""
    if seconds < 1:
        return f"{_number(seconds * 1000)}ms" if seconds else "0s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    spelt = f"{_number(rest)}s"
    if hours or minutes:
        spelt = f"{minutes:.0f}m{spelt}"
    return f"{hours:.0f}h{spelt}" if hours else spelt


def raw(reply: Reply, moment: Moment, *, form: str) -> Optional[Answer]:
    """Answer with the bytes that a reply has for this API, or give None when it has none.

    `form` is "whole", "sse" or "array".
    """
    sent = reply.raw.get("google")
    if sent is None:
        return None
    told = headers_of_content(moment, form)
    return Answer(200, told, sent) if form == "whole" else Answer(200, told, frames=events_of(sent))


def error_event(error: Error, api: str, moment: Moment) -> bytes:
    """Give an error in the middle of a stream: a chunk that has the error object, and nothing behind it.

    diegosouzapw/OmniRoute#4177 and ankit373/hydra#869 have it as such an event; googleapis/python-genai#1162 and
    maximhq/bifrost#5262 saw it as bare lines of JSON too. The white space is that of every chunk. In an array it is the
    last element, for which no quotation was found; that it is one is seen from what went before.
    """
    refused = _refused(error, "the model")
    if moment.sent and moment.sent[0].startswith(b"["):
        return b",\r\n" + refused.body() + b"]"
    text = json.dumps(refused.object(), ensure_ascii=False, separators=(",", ": "))
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"data: {text}\r\n\r\n".encode("utf-8", "backslashreplace")


def headers(moment: Moment, kind: str) -> Headers:
    """Give the headers of an answer, in the order of the recordings."""
    return [
        ("content-type", kind),
        ("vary", "Origin"),
        ("vary", "X-Origin"),
        ("vary", "Referer"),
        ("date", moment.date()),
        ("server", "scaffolding on HTTPServer2"),
        ("x-xss-protection", "0"),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-content-type-options", "nosniff"),
        ("server-timing", f"gfet4t7; dur={300 + moment.number * 37 % 900}"),
    ]


def headers_of_content(moment: Moment, form: str) -> Headers:
    """Give the headers of generated content in a form: "whole", "sse" or "array"."""
    told = [*headers(moment, "text/event-stream" if form == "sse" else JSON), ("x-gemini-service-tier", "standard")]
    if form == "sse":
        told.append(("content-disposition", "attachment"))
    return told
