"""Mistral, saying no: five shapes of error replies, by the layer that refuses, as exceptions. Sans-IO.

The gateway says `{"message", "request_id"}`, the authorizer `{"detail": word}`, the checker of parameters
`{"detail": [{"loc", "msg", "type"}, ...]}`, bare or inside `message`, and the model server
`{"object": "error", "message", "type", "param", "code"}`. A proxy in between may say anything.
Source: mistralai 3.7.0 `errors/httpvalidationerror.py`; ../shared/wire/mistral.md; read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ProtocolError
from .base import provider_error
from .chat_completions_errors import STATUS_OF_TYPE
from .errors import read_error_reply, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, List, Optional

    from ..errors import ChatError, ProviderError

    JSON = Any

__all__ = ["is_error", "judge_payload", "read_error"]

# What Mistral's SDK tries again; source: wire/mistral.md, "Errors".
RETRIED = frozenset((429, 500, 502, 503, 504))
# An unknown model is told with 400. Source: recordings of tmc/langchaingo and maruel/genai.
UNKNOWN_MODEL = ("1500", "invalid_model")
STATUS_OF = {**STATUS_OF_TYPE, "rate_limited": 429, "1300": 429, "1500": 404, "invalid_model": 404}


def read_error(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Read an error reply: Mistral's JSON, somebody else's JSON, a gateway's page, or nothing."""
    return read_error_reply(provider, status, headers, body, _told)


def is_error(payload: JSON) -> bool:
    """Tell whether a payload inside a 200 reply is an error."""
    if not isinstance(payload, dict):
        return False
    return bool(payload.get("error")) or payload.get("object") == "error" or "detail" in payload


def judge_payload(
    provider: str, payload: JSON, raw: bytes, cause: Optional[BaseException] = None
) -> ChatError:
    """Judge a payload inside a 200 reply that is no completion: Mistral's error, or nonsense."""
    if is_error(payload):
        return _told(provider, 200, {}, payload)
    error = ProtocolError(f"not a chat completion: {cause!r}" if cause else "not a chat completion", raw=raw)
    error.__cause__ = cause
    return error


def _told(provider: str, status: int, headers: Mapping[str, str], value: JSON) -> ProviderError:
    """Find Mistral's words in the JSON of an error, whatever its shape."""
    found = value if isinstance(value, dict) else {"message": str(value)[:200]}
    inner = found.get("error") or found
    inner = inner if isinstance(inner, dict) else {**found, "message": inner}
    message = inner.get("message") or inner.get("detail")
    faults = _faults(message)
    code = word(inner.get("code"))
    kind = word(inner.get("type") or (faults[0].get("type") if faults else None))
    param = word(inner.get("param")) or (_place(faults[0]) if faults else None)
    if faults:
        message = "; ".join(": ".join(filter(None, (_place(one), str(one.get("msg"))))) for one in faults)
    elif isinstance(message, dict) and isinstance(message.get("detail"), str):
        message = message["detail"]
    judged_as = None
    if status < 400:
        judged_as = _judge(inner, code, kind)
    elif status == 400 and (code in UNKNOWN_MODEL or kind in UNKNOWN_MODEL):
        judged_as = 404
    error = provider_error(
        status,
        headers,
        provider=provider,
        message=message if isinstance(message, str) and message else str(message or value)[:200],
        type=kind,
        code=code,
        param=param,
        body=value,
        hopeless="insufficient_quota" in (code, kind),
        judged_as=judged_as,
        retried=RETRIED,
    )
    if error.request_id is None:
        error.request_id = word(found.get("request_id")) or None
    return error


def _faults(message: JSON) -> List[JSON]:
    """Give the list of faults that a 422 has, bare or inside `detail`."""
    listed = message.get("detail") if isinstance(message, dict) else message
    if not isinstance(listed, list):
        return []
    return [fault for fault in listed if isinstance(fault, dict) and "msg" in fault]


def _place(fault: JSON) -> Optional[str]:
    """Give where a fault is, as "messages.0.role"."""
    place = fault.get("loc")
    steps = [str(step) for step in place] if isinstance(place, list) else []
    return ".".join(steps[1:] if steps[:1] == ["body"] else steps) or None


def _judge(inner: JSON, code: Optional[str], kind: Optional[str]) -> int:
    """Tell which status an error inside a 200 reply would have had."""
    told = inner.get("raw_status_code")
    if type(told) is int and 400 <= told < 600:
        return told
    if code and len(code) == 3 and code.isascii() and code.isdigit() and code >= "400":
        return int(code)
    return STATUS_OF.get(code or "") or STATUS_OF.get(kind or "") or 500
