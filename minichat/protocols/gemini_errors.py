"""Google's Gemini API, saying no: error replies, and errors inside a 200 stream. Sans-IO.

An error is `{"error": {"code", "message", "status", "details": [...]}}`, sometimes in a list of one, whole or as a
chunk of a stream. Its details say why (`ErrorInfo.reason`), which field (`BadRequest`), how long to wait
(`RetryInfo.retryDelay`; there is no Retry-After), and which quota is used up (`QuotaFailure`).
Source: google.rpc `error_details.proto`; recordings; google-genai 3.4 `errors.py`, `_api_client.py`; all read
2026-11-23.
"""

from __future__ import annotations

import re

from ..errors import ProtocolError
from .base import provider_error
from .errors import read_error_reply, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, List, Optional

    from ..errors import ChatError, ProviderError

    JSON = Any

__all__ = ["judge_payload", "read_error"]

# What google-genai tries again when it is told to retry. Source: `_api_client.py`, `_RETRY_HTTP_STATUS_CODES`.
RETRIED = frozenset((408, 429, 500, 502, 503, 504))
# A status word -> the HTTP status it stands for. Source: google.rpc `code.proto`.
STATUS_OF_WORD = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INTERNAL": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
# Reasons that mean a wrong key, which Google tells with 400.
KEY_REASONS = frozenset(("API_KEY_INVALID", "API_KEY_EXPIRED"))
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def read_error(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Read an error reply: Google's JSON, in a list or not, a gateway's page, or nothing."""
    return read_error_reply(provider, status, headers, body, _told)


def judge_payload(
    provider: str, payload: JSON, raw: bytes, cause: Optional[BaseException] = None
) -> ChatError:
    """Judge a payload inside a 200 reply that is no answer: the provider's error, or nonsense."""
    found = payload[0] if isinstance(payload, list) and payload else payload
    if isinstance(found, dict) and found.get("error"):
        return _told(provider, 200, {}, payload)
    error = ProtocolError(f"not an answer of Gemini: {cause!r}" if cause else "not an answer of Gemini", raw=raw)
    error.__cause__ = cause
    return error


def _told(provider: str, status: int, headers: Mapping[str, str], value: JSON) -> ProviderError:
    """Find Google's words in the JSON of an error, whatever its shape."""
    found = value[0] if isinstance(value, list) and value else value
    found = found if isinstance(found, dict) else {"message": str(found)}
    inner = found.get("error") or found
    inner = inner if isinstance(inner, dict) else {**found, "message": inner}
    told = inner.get("message") or value
    message = told if isinstance(told, str) else str(told)[:200]
    details = _details(inner.get("details"))
    number, kind = inner.get("code"), word(inner.get("status"))
    reason = word(_first(details, "ErrorInfo").get("reason"))
    judged = _status_of(number, kind) if status < 400 else status
    if judged == 400 and reason in KEY_REASONS:
        judged = 401
    fields = _first(details, "BadRequest").get("fieldViolations")
    field = fields[0].get("field") if isinstance(fields, list) and fields and isinstance(fields[0], dict) else None
    return provider_error(
        status,
        headers,
        provider=provider,
        message=message,
        type=kind,
        code=reason or word(number),
        param=word(field),
        body=value,
        hopeless=_is_daily(_first(details, "QuotaFailure")),
        judged_as=judged,
        retry_after=_wait(_first(details, "RetryInfo").get("retryDelay"), message),
        retried=RETRIED,
    )


def _details(told: JSON) -> List[Dict[str, JSON]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _first(details: List[Dict[str, JSON]], name: str) -> Dict[str, JSON]:
    """Give the first detail of a kind, {} where there is none."""
    for detail in details:
        if str(detail.get("@type")).endswith(f"google.rpc.{name}"):
            return detail
    return {}


def _status_of(number: JSON, kind: Optional[str]) -> int:
    """Tell which status an error inside a 200 reply would have had."""
    if isinstance(number, int) and 400 <= number < 600:
        return number
    return STATUS_OF_WORD.get(kind or "", 500)


def _is_daily(failure: Dict[str, JSON]) -> bool:
    """Tell whether a quota of the day is used up: no waiting that a caller would do fills it again."""
    return any("PerDay" in str(violation.get("quotaId")) for violation in _details(failure.get("violations")))


def _wait(delay: JSON, message: str) -> Optional[float]:
    """Give the seconds to wait: of `retryDelay` ("48s", "0.5s"), or of the text ("Please retry in 48.9s.")."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d*)?)s", delay) if isinstance(delay, str) else None
    if match:
        return float(match.group(1))
    said = re.search(r"[Rr]etry in ((?:\d{1,9}(?:\.\d+)?(?:h|ms|m|s))+)", message)
    if not said:
        return None
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(h|ms|m|s)", said.group(1)))
