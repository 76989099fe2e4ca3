"""OpenAI's way to say no: one exception, the recurring sentences, the error body.

The sentences follow error bodies quoted in public issue threads and the recordings in the project's cassettes; a row
whose wording could not be found says so where it is raised. The body's white space is the real one: the gateway
(key, path, method, malformed JSON) indents by four and ends with a newline, the parameter checker indents by two.
"""

from __future__ import annotations

import json
from typing import Any, Optional, Sequence

__all__ = ["Refused", "above", "below", "kind_of", "missing", "unknown_value", "wrong_type"]

TEMPLATE = """{
  "error": {
    "message": %s,
    "type": %s,
    "param": %s,
    "code": %s
  }
}"""


class Refused(Exception):
    """A request that OpenAI refuses, with what its answer says."""

    def __init__(
        self,
        message: str,
        *,
        param: Optional[str] = None,
        code: Optional[str] = None,
        status: int = 400,
        type: str = "invalid_request_error",
        gateway: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.type = type
        self.gateway = gateway

    def body(self) -> bytes:
        """Give the JSON body."""
        words = (self.message, self.type, self.param, self.code)
        template = TEMPLATE.replace("  ", "    ") + "\n" if self.gateway else TEMPLATE
        text = template % tuple(json.dumps(word, ensure_ascii=False) for word in words)
        return text.encode("utf-8", "backslashreplace")


def kind_of(value: Any) -> str:
    """Name a JSON value's kind as OpenAI's sentences do."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a decimal number"  # kangminlee-maker/local-OAuth-CLI-API-adapter, measured for `seed` and `n`
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def wrong_type(param: str, expected: str, value: Any) -> Refused:
    """ "Invalid type for 'parallel_tool_calls': expected a boolean, but got null instead." (IBM/unitxt#1193)"""
    return Refused(
        f"Invalid type for '{param}': expected {expected}, but got {kind_of(value)} instead.",
        param=param,
        code="invalid_type",
    )


def missing(param: str) -> Refused:
    """ "Missing required parameter: 'messages'." (SilasMarvin/lsp-ai#108)"""
    return Refused(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def unknown_value(param: str, value: Any, supported: Sequence[str]) -> Refused:
    """ "Invalid value: 'image'. Supported values are: 'text' and 'image_url'." (aallam/openai-kotlin#320)"""
    quoted = [f"'{name}'" for name in supported]
    listed = " and ".join(quoted) if len(quoted) < 3 else ", ".join(quoted[:-1]) + ", and " + quoted[-1]
    return Refused(f"Invalid value: '{value}'. Supported values are: {listed}.", param=param, code="invalid_value")


def below(param: str, value: Any, least: Any, kind: str) -> Refused:
    """ "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -1 instead."

    (YSocialTwin/YClient#6, OpenBMB/ChatDev#446)
    """
    return Refused(
        f"Invalid '{param}': {kind} below minimum value. Expected a value >= {least}, but got {value} instead.",
        param=param,
        code=f"{kind}_below_min_value",
    )


def above(param: str, value: Any, most: Any, kind: str) -> Refused:
    """ "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 200 instead." """
    return Refused(
        f"Invalid '{param}': {kind} above maximum value. Expected a value <= {most}, but got {value} instead.",
        param=param,
        code=f"{kind}_above_max_value",
    )
