"""Anthropic's Messages API, saying no: error replies, and error events inside a 200 stream. Sans-IO.

An error is `{"type": "error", "error": {"type", "message", "details"?}, "request_id"}`, whole or as an event. An
event has no status of its own; its type tells which it stands for. Whatever comes, an error comes of it: no shape of
a reply may end in a KeyError or a TypeError here.
Source: Anthropic, "Errors"; anthropic 2.12 `_error_classes.py`; both read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ProtocolError
from .base import provider_error
from .errors import read_error_reply, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Optional

    from ..errors import ChatError, ProviderError

    JSON = Any

__all__ = ["judge_payload", "read_error"]

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
# A limit of money, told with 429: no waiting fills it again.
HOPELESS = ("enforced_spend_limit_reached", "contract_spend_limit_reached")


def read_error(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Read an error reply: Anthropic's JSON, somebody else's JSON, a gateway's page, or nothing."""
    return read_error_reply(provider, status, headers, body, _told)


def judge_payload(
    provider: str, payload: JSON, raw: bytes, cause: Optional[BaseException] = None
) -> ChatError:
    """Judge a payload inside a 200 reply that is no message: the provider's error, or nonsense."""
    if isinstance(payload, dict) and (payload.get("type") == "error" or payload.get("error")):
        return _told(provider, 200, {}, payload)
    why = f": {cause!r}" if cause else ""
    error = ProtocolError(f"not a message of {provider}{why}", raw=raw)
    error.__cause__ = cause
    return error


def _told(provider: str, status: int, headers: Mapping[str, str], value: JSON) -> ProviderError:
    """Find the provider's words in the JSON of an error, whatever its shape."""
    found = value if isinstance(value, dict) else {"message": str(value)[:200]}
    inner = found.get("error")
    inner = inner if isinstance(inner, dict) else {"message": inner or found.get("message") or found.get("detail")}
    message = inner.get("message") or value
    kind = word(inner.get("type"))
    details = inner.get("details")
    code = word(details.get("error_code")) if isinstance(details, dict) else None
    error = provider_error(
        status,
        headers,
        provider=provider,
        message=message if isinstance(message, str) else str(message)[:200],
        type=kind,
        code=code,
        body=value,
        hopeless=code in HOPELESS,
        judged_as=STATUS_OF_TYPE.get(kind or "", 500) if status < 400 else None,
    )
    if error.request_id is None:
        error.request_id = word(found.get("request_id")) or None
    return error
