"""OpenAI's Responses, saying no: error replies, failed responses, error events in a stream. Sans-IO.

Inside a 200 an error has three shapes: the event `{"type": "error", "code", "message", "param"}` of the
SDK's types, the same with the words inside "error" as recorded, and the `error` of a response whose status
is "failed", which is only {code, message}. An error reply with a status of its own is that of Chat Completions,
or `{"detail": ...}` from the backend of Codex.

Sources: openai 3.54 `types/responses/response_error.py` and `response_error_event.py`, read 2026-11-23;
vercel/ai `packages/openai/src/responses/__fixtures__/openai-error.1.chunks.txt` for the nested event.
"""

from __future__ import annotations

from ..errors import ProtocolError
from .base import provider_error
from .errors import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from ..errors import ChatError, ProviderError

    JSON = Any

__all__ = ["failure_of", "is_failed", "judge_payload"]

# Which status an error inside a 200 would have had, by its code or type; the beginning of a word decides.
STATUS_OF = (
    ("rate_limit", 429),
    ("insufficient_quota", 429),
    ("server_error", 500),
    ("internal", 500),
    ("overloaded", 503),
    ("vector_store_timeout", 504),
    ("invalid_api_key", 401),
    ("authentication", 401),
    ("permission", 403),
    ("model_not_found", 404),
    ("not_found", 404),
    ("context_length", 400),
    ("invalid", 400),
    ("image_", 400),
    ("unsupported", 400),
    ("failed_to_download_image", 400),
    ("empty_image", 400),
    ("data_residency", 400),
    ("bio_policy", 400),
    ("misalignment_policy", 400),
    ("cyber_policy", 400),
)


def is_failed(reply: JSON) -> bool:
    """Tell whether a response is one that failed."""
    return bool(reply.get("error")) or reply.get("status") == "failed"


def failure_of(provider: str, payload: JSON) -> ProviderError:
    """Give the error of an error event, of a failed response, or of an event that carries one."""
    response = payload.get("response")
    told = payload.get("error") or (response if isinstance(response, dict) else payload).get("error")
    if isinstance(told, str):
        told = {"message": told}
    if not isinstance(told, dict):
        told = payload if payload.get("type") == "error" or "detail" in payload else {}
    code, kind = word(told.get("code")), word(told.get("type"))
    message = told.get("message") or told.get("detail") or code or "the response failed; no reason was told"
    return provider_error(
        200,
        {},
        provider=provider,
        message=message if isinstance(message, str) else str(message)[:200],
        type=None if told is payload else kind,
        code=code,
        param=word(told.get("param")),
        body=payload,
        hopeless="insufficient_quota" in (code, kind),
        judged_as=_judge(code) or _judge(kind) or 500,
    )


def judge_payload(
    provider: str, payload: JSON, raw: bytes, cause: Optional[BaseException] = None
) -> ChatError:
    """Judge a payload inside a 200 that is no response and no event: the provider's error, or nonsense."""
    if isinstance(payload, dict) and (payload.get("error") or "detail" in payload):
        return failure_of(provider, payload)
    error = ProtocolError(f"no OpenAI response: {cause!r}" if cause else "no OpenAI response", raw=raw)
    error.__cause__ = cause
    return error


def _judge(said: Optional[str]) -> Optional[int]:
    if not said:
        return None
    if len(said) == 3 and said.isascii() and said.isdigit() and said >= "400":
        return int(said)
    return next((status for begin, status in STATUS_OF if said.startswith(begin)), None)
