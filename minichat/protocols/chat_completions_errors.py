"""Chat Completions, saying no: error replies and error objects inside a 200, as exceptions. Sans-IO.

Servers that speak OpenAI's protocol refuse in many shapes: OpenAI's own object, a bare text, FastAPI's
`detail`, a gateway's HTML page, nothing at all. Whatever comes, an error comes of it: no shape of a
reply may end in a KeyError or a TypeError here.
"""

from __future__ import annotations

from ..errors import ProtocolError
from .base import RETRIED, provider_error
from .errors import read_error_reply, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any, Optional

    from ..errors import ChatError, ProviderError

    JSON = Any

__all__ = ["Refusals", "judge_payload", "read_error"]

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


class Refusals:
    """How one provider says no.

    `retried`: the statuses worth another attempt. `types`: what the types and codes of errors without a
    status stand for, where they can be trusted. `notes`: what a message lacks, by status; "{model}" in it is
    the model asked for, and such a note is left out where the message has its name already. `model`: that.
    `means`: statuses that stand for another, by which the class of the error is chosen.
    """

    __slots__ = ("retried", "types", "notes", "model", "means")

    def __init__(
        self,
        *,
        retried: Container[int] = RETRIED,
        types: Mapping[str, int] = STATUS_OF_TYPE,
        notes: Optional[Mapping[int, str]] = None,
        model: str = "",
        means: Optional[Mapping[int, int]] = None,
    ) -> None:
        self.retried = retried
        self.means = means or {}
        self.types = types
        self.notes = notes or {}
        self.model = model

    def asked(self, model: str) -> Refusals:
        """Give the same for a call to another model."""
        return Refusals(
            retried=self.retried, types=self.types, notes=self.notes, model=model, means=self.means
        )

    def noted(self, status: int, message: str) -> str:
        note = self.notes.get(status)
        if not note or ("{model}" in note and self.model in message):
            return message
        return f"{message} ({note.replace('{model}', self.model)})"


def read_error(
    provider: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    refusals: Refusals = Refusals(),
) -> ProviderError:
    """Read an error reply: OpenAI's JSON, somebody else's JSON, a gateway's page, or nothing."""

    def tell(provider: str, status: int, headers: Mapping[str, str], value: JSON) -> ProviderError:
        return _told(provider, status, headers, value, refusals)

    return read_error_reply(provider, status, headers, body, tell)


def judge_payload(
    provider: str,
    payload: JSON,
    raw: bytes,
    cause: Optional[BaseException] = None,
    refusals: Refusals = Refusals(),
) -> ChatError:
    """Judge a payload inside a 200 reply that is no completion: the provider's error, or nonsense."""
    if isinstance(payload, dict) and (payload.get("error") or payload.get("object") == "error"):
        return _told(provider, 200, {}, payload, refusals)
    error = ProtocolError(f"not a chat completion: {cause!r}" if cause else "not a chat completion", raw=raw)
    error.__cause__ = cause
    return error


def _told(
    provider: str, status: int, headers: Mapping[str, str], value: JSON, refusals: Refusals
) -> ProviderError:
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
        message=refusals.noted(status, message if isinstance(message, str) else str(message)[:200]),
        type=kind,
        code=code,
        param=word(inner.get("param")),
        body=value,
        hopeless="insufficient_quota" in (code, kind),
        judged_as=_judge(code, kind, refusals.types) if status < 400 else refusals.means.get(status),
        retried=refusals.retried,
    )


def _judge(code: Optional[str], kind: Optional[str], types: Mapping[str, int]) -> int:
    """Tell which status an error inside a 200 reply would have had."""
    if code and len(code) == 3 and code.isascii() and code.isdigit() and code >= "400":
        return int(code)
    return types.get(code or "") or types.get(kind or "") or 500
