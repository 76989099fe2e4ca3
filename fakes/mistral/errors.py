"""Mistral's ways to say no. Four bodies are in use, by the layer that refuses:

- the gateway (Kong): `{"message": …, "request_id": …}`: no key at all, no such path;
- the authorizer and the framework: `{"detail": word}`;
- the parameter checker (pydantic): 422 with a list of faults, all at once;
- the model server: `{"object": "error", "message", "type", "param", "code", "raw_status_code"}`, where `code` is a
  number in quotes. `raw_status_code` is there since spring 2026 (nearai/ironclaw#1241 has it, editor-code-assistant/
  eca#233 of December 2025 has not).
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..session import Moment

__all__ = ["Fault", "Refused", "detail", "fault", "gateway", "refused", "unprocessable"]

Fault = Dict[str, Any]
ALLOW = {"POST": [("allow", "POST")], "GET": [("allow", "GET")]}


class Refused(Exception):
    """A request that Mistral refuses: the status and the body of its answer."""

    def __init__(self, status: int, body: str, *, headers: Sequence[Tuple[str, str]] = ()) -> None:
        super().__init__(body)
        self.status = status
        self.body = body.encode("utf-8", "backslashreplace")
        self.headers = list(headers)


def refused(message: str, type: str, code: Optional[str], *, status: int = 400) -> Refused:
    """Say no as the model server does."""
    words = {"object": "error", "message": message, "type": type, "param": None, "code": code}
    return Refused(status, _json({**words, "raw_status_code": status}))


def unprocessable(faults: List[Fault]) -> Refused:
    """Say no as the parameter checker does; body with raw_status_code: langchaingo and others, mid 2026.

    The bare form `{"detail": [...]}` occurs too (Gitlawb/openclaude#739, April 2026).
    """
    words = {"object": "error", "message": {"detail": faults}, "type": "invalid_request_error"}
    return Refused(422, _json({**words, "param": None, "code": None, "raw_status_code": 422}))


def fault(kind: str, loc: Sequence[Any], msg: str, value: Any, ctx: Optional[Dict[str, Any]] = None) -> Fault:
    """Make one entry of a 422, its keys in pydantic's order."""
    entry: Fault = {"type": kind, "loc": ["body", *loc], "msg": msg, "input": value}
    if ctx is not None:
        entry["ctx"] = ctx
    return entry


def gateway(status: int, message: str, moment: Moment) -> Refused:
    """Say no as the gateway does, in its own white space (cline/cline#1734)."""
    id = moment.hexadecimal("request", 32)
    return Refused(status, '{\n  "message":%s,\n  "request_id":"%s"\n}' % (_json(message), id))


def detail(status: int, word: str, *, allow: str = "") -> Refused:
    """Say no in one word."""
    return Refused(status, _json({"detail": word}), headers=ALLOW.get(allow, ()))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
