"""Chat Completions, saying no: error replies and error objects inside a 200, as exceptions. Sans-IO.

Servers that speak OpenAI's protocol refuse in many shapes: OpenAI's own object, a bare text, FastAPI's
`detail`, a gateway's HTML page, nothing at all. Whatever comes, an error comes of it: no shape of a
reply may end in a KeyError or a TypeError here.
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

# An error inside a 200 stream has no status of its own; its type or code tells which it would be.
STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "overloaded_error": 503,
    "server_error": 500,
    "internal_server_error": 500,
}


def read_error(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Read an error reply: OpenAI's JSON, somebody else's JSON, a gateway's page, or nothing."""
    return read_error_reply(provider, status, headers, body, _told)


def judge_payload(
    provider: str, payload: JSON, raw: bytes, cause: Optional[BaseException] = None
) -> ChatError:
    """Judge a payload inside a 200 reply that is no completion: the provider's error, or nonsense."""
    if isinstance(payload, dict) and payload.get("error"):
        return _told(provider, 200, {}, payload)
    error = ProtocolError(f"not a chat completion: {cause!r}" if cause else "not a chat completion", raw=raw)
    error.__cause__ = cause
    return error


def _told(provider: str, status: int, headers: Mapping[str, str], value: JSON) -> ProviderError:
    """Find the provider's words in the JSON of an error, whatever its shape."""
    found = value[0] if isinstance(value, list) and value else value
    found = found if isinstance(found, dict) else {"message": str(found)}
    inner = found.get("error") or found
    inner = inner if isinstance(inner, dict) else {**found, "message": inner}
    message = inner.get("message") or inner.get("detail") or inner.get("error") or value
    code = word(inner.get("code"))
    kind = word(inner.get("type"))
    return provider_error(
        status,
        headers,
        provider=provider,
        message=message if isinstance(message, str) else str(message)[:200],
        type=kind,
        code=code,
        param=word(inner.get("param")),
        body=value,
        hopeless="insufficient_quota" in (code, kind),
        judged_as=_judge(code, kind) if status < 400 else None,
    )


def _judge(code: Optional[str], kind: Optional[str]) -> int:
    """Tell which status an error inside a 200 reply would have had."""
    if code and len(code) == 3 and code.isascii() and code.isdigit() and code >= "400":
        return int(code)
    return STATUS_OF_TYPE.get(code or "") or STATUS_OF_TYPE.get(kind or "") or 500
