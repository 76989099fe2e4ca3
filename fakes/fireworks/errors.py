"""Fireworks' ways to say no. Three bodies are in use:

- the gateway's, about keys, accounts and models: `{"error": {"message", "param"?, "code": "NOT_FOUND", "type": "error"}}`
  (warpdotdev/warp#15107);
- the model server's, about the request: `{"error": {"object": "error", "type", "code", "message"}}`, where the faults
  that pydantic finds are one sentence (microsoft/copilot-intellij-feedback#1874);
- the limiter's, flat: `{"object": "error", "type", "code", "message"}` (wire/fireworks.md).
"""

from __future__ import annotations

import json
from typing import Any, List, Sequence

__all__ = ["EXTRA", "Refused", "fault", "flat", "gateway", "invalid", "one_of", "one_word", "served", "text_of_body"]

EXTRA = "Extra inputs are not permitted"
INVALID = "invalid_request_error"


class Refused(Exception):
    """A request that Fireworks refuses: the status and the body of its answer."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = text_of_body(body)
        super().__init__(self.body.decode())


def text_of_body(body: Any) -> bytes:
    """Write a body in Fireworks' white space: none."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def gateway(status: int, message: str, code: str, *, type: str = "error", **more: str) -> Refused:
    """Say no to a key, an account or a model."""
    return Refused(status, {"error": {"message": message, **more, "code": code, "type": type}})


def invalid(*faults: str) -> Refused:
    """Say no to a request; several faults are counted first."""
    message = "; ".join(faults)
    if len(faults) > 1:
        message = f"{len(faults)} request validation errors: {message}"
    return served(400, message)


def served(status: int, message: str, *, type: str = INVALID, code: str = INVALID) -> Refused:
    """Say no as the model server does."""
    return Refused(status, {"error": {"object": "error", "type": type, "code": code, "message": message}})


def flat(status: int, message: str, *, type: str = INVALID, code: str = INVALID) -> Refused:
    """Say no as the limiter does, whose type and code say nothing."""
    return Refused(status, {"object": "error", "type": type, "code": code, "message": message})


def one_word(status: int, word: str) -> Refused:
    """Say no as the framework does: NextChat#3581."""
    return Refused(status, {"detail": word})


def fault(faults: List[str], message: str, field: str, value: Any = ...) -> None:
    """Add a fault: pydantic's sentence and where; the value too when it is a plain one, written as Python does."""
    shown = isinstance(value, (str, int, float, bool))
    faults.append(f"{message}, field: '{field}'" + (f", value: {value!r}" if shown else ""))


def one_of(words: Sequence[str]) -> str:
    """Give pydantic's sentence for a word that is none of these."""
    quoted = [f"'{word}'" for word in words]
    return "Input should be " + (", ".join(quoted[:-1]) + " or " if len(quoted) > 1 else "") + quoted[-1]
