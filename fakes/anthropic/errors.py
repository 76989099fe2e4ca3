"""Anthropic's way to say no: one exception, the error body, and the sentences of its schema validator.

The validator is pydantic's, and its sentences are those of pydantic 2 behind the dotted place of the field
("max_tokens: Field required"); what is no matter of the schema has sentences of Anthropic's own, written where they
are raised. Sources: error bodies quoted in public issue threads, named beside each row, and PARITY, a public proxy
project's table of refusals of the real API (its docs/conformance-matrix.md, sections 5.5.4 to 5.5.7, measured live in
August and September 2026 with claude-sonnet-5); where none was found the row says so.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence

__all__ = [
    "OBJECT", "SHAPE", "Field", "Refused", "anything", "array", "at", "boolean", "check_record", "dictionary",
    "integer", "missing", "number", "one_of", "string", "unknown_tag",
]  # fmt: skip

BODY = '{"type":"error","error":{"type":%s,"message":%s%s},"request_id":"%s"}'
DETAILS = ',"details":{"error_code":%s}'  # the key from the SDK's ErrorDetails; its place was seen in no refusal
FRONT = '{"error":{"type":%s,"message":%s%s}}'  # knows neither `type` nor an id: earendil-works/pi#2734
# docs: "Errors"; other 4xx are invalid_request_error there too, other 5xx were seen as pages only
TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class Refused(Exception):
    """A request that Anthropic refuses, with what its answer says: `type` by the status, `code` where there is one."""

    def __init__(
        self, message: str, *, status: int = 400, type: Optional[str] = None, code: Optional[str] = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        general = "invalid_request_error" if status < 500 else "api_error"
        self.type = type if type is not None else TYPES.get(status, general)
        self.code = code

    def body(self, request_id: str) -> bytes:
        """Give the JSON body."""
        details = DETAILS % json.dumps(self.code) if self.code is not None else ""
        parts = (json.dumps(self.type), json.dumps(self.message, ensure_ascii=False), details)
        text = FRONT % parts if self.status == 413 else BODY % (*parts, request_id)
        return text.encode("utf-8", "backslashreplace")


def at(place: str, words: str) -> Refused:
    """Say it of a place in the body: "messages.0.role: …"."""
    return Refused(f"{place}: {words}")


def missing(place: str) -> Refused:
    """ "thinking.budget_tokens: Field required"; "max_tokens: Field required" is quoted in several projects' tests."""
    return at(place, "Field required")


def extra(place: str) -> Refused:
    """ "response_format: Extra inputs are not permitted" (amrit110/oli#7, Aider-AI/aider#4404)"""
    return at(place, "Extra inputs are not permitted")


def unknown_tag(place: str, tag: Any, known: Sequence[str]) -> Refused:
    """ "messages.0.content.2: Input tag 'image_url' found using 'type' does not match …" (AstrBotDevs/AstrBot#4444)"""
    expected = ", ".join(f"'{name}'" for name in sorted(known))
    return at(place, f"Input tag '{tag}' found using 'type' does not match any of the expected tags: {expected}")


Check = Callable[[Any, str], None]


class Field(NamedTuple):
    """How a field of an object is judged. A `nullable` one may be null."""

    check: Check
    required: bool = False
    nullable: bool = False


OBJECT = "Input should be an object"  # PARITY, as SHAPE; which of the two is not to be guessed
SHAPE = "Input does not match the expected shape."


def check_record(
    value: Any, place: str, fields: Dict[str, Field], *, ignored: Sequence[str] = (), otherwise: str = OBJECT
) -> None:
    """Judge an object: what must be there, each field, and that nothing else is.

    Raises: Refused for the first fault, in the order of `fields`; strangers come last.
    """
    if not isinstance(value, dict):
        raise at(place, otherwise)
    prefix = f"{place}." if place else ""
    for name, field in fields.items():
        if name not in value:
            if field.required:
                raise missing(prefix + name)
        elif value[name] is not None or not field.nullable:
            field.check(value[name], prefix + name)
    for name in value:
        if name not in fields and name not in ignored:
            raise extra(prefix + name)


def string(*, pattern: Optional[str] = None, least: Optional[int] = None, most: Optional[int] = None) -> Check:
    """Want a text. The pattern's sentence: anthropics/claude-code#5835; the length's: anthropics/claude-code#96152."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, str):
            raise at(place, "Input should be a valid string")
        if least is not None and len(value) < least:
            raise at(place, f"String should have at least {least} character{'' if least == 1 else 's'}")
        if most is not None and len(value) > most:
            raise at(place, f"String should have at most {most} characters")
        if pattern is not None and not re.match(pattern, value):
            raise at(place, f"String should match pattern '{pattern}'")

    return check


def integer(low: Optional[int] = None) -> Check:
    """Want a whole number. "Input should be greater than or equal to 1024": themaximalist/llm.js#30."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise at(place, "Input should be a valid integer")
        if low is not None and value < low:
            raise at(place, f"Input should be greater than or equal to {low}")

    return check


def number(low: float, high: float) -> Check:
    """Want a number in a range. "temperature: range: 0..1": PARITY."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise at(place, "Input should be a valid number")
        if not low <= value <= high:
            raise at(place, f"range: {low:g}..{high:g}")

    return check


def one_of(*values: str) -> Check:
    """Want one of some words. The sentence: anthropics/claude-code#8184."""
    quoted = [f"'{value}'" for value in values]
    words = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)

    def check(value: Any, place: str) -> None:
        if value not in values or not isinstance(value, str):
            raise at(place, "Input should be " + words)

    return check


def array(item: Optional[Check] = None) -> Check:
    """Want a list, whose items are judged each. "tools: Input should be a valid array": PARITY."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, list):
            raise at(place, "Input should be a valid array")
        for number, one in enumerate(value):
            if item is not None:
                item(one, f"{place}.{number}")

    return check


def boolean(value: Any, place: str) -> None:
    """Want true or false."""
    if not isinstance(value, bool):
        raise at(place, "Input should be a valid boolean")


def dictionary(value: Any, place: str) -> None:
    """Want an object of any keys. "Input should be a valid dictionary" is how a string `tool_use.input` is refused."""
    if not isinstance(value, dict):
        raise at(place, "Input should be a valid dictionary")


def anything(value: Any, place: str) -> None:
    """Take whatever comes."""
