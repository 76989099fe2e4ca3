"""What Fireworks refuses in `messages`, one by one: roles, keys, parts, calls."""

from __future__ import annotations

from typing import Any, List

from .errors import EXTRA, fault, one_of

__all__ = ["check_message"]

ROLES = ("system", "user", "assistant", "tool")
MESSAGE_KEYS = ("role", "content", "name", "reasoning_content", "tool_calls", "tool_call_id", "function_call")
PART_KEYS = {"text": ("type", "text"), "image_url": ("type", "image_url"), "video_url": ("type", "video_url")}


def check_message(message: Any, here: str, faults: List[str]) -> None:
    """Add the faults of one message."""
    if not isinstance(message, dict):
        fault(faults, "Input should be a valid dictionary or object to extract fields from", here, message)
        return
    role = message.get("role")
    if role is None:
        fault(faults, "Field required", f"{here}.role")
    elif role not in ROLES:  # that others are refused: wire/fireworks.md; the sentence is pydantic's
        fault(faults, one_of(ROLES), f"{here}.role", role)
    for key, value in message.items():
        if key not in MESSAGE_KEYS:  # "messages[1].agent, value: 'cli'" in public reports
            fault(faults, EXTRA, f"{here}.{key}", value)
    content = message.get("content")
    if isinstance(content, list):
        for number, part in enumerate(content):
            _check_part(part, f"{here}.content[{number}]", faults)
    elif content is not None and not isinstance(content, str):
        fault(faults, "Input should be a valid string", f"{here}.content", content)
    calls = message.get("tool_calls")
    if not isinstance(calls, (list, type(None))):
        fault(faults, "Input should be a valid list", f"{here}.tool_calls", calls)
    for number, call in enumerate(calls if isinstance(calls, list) else ()):
        where = f"{here}.tool_calls[{number}]"
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            fault(faults, "Field required", f"{where}.function")
            continue
        for key, value in call.items():
            if key not in ("id", "type", "function", "index"):  # copilot-intellij-feedback#1874
                fault(faults, EXTRA, f"{where}.{key}", value)
        if not isinstance(function.get("name"), str):
            fault(faults, "Field required", f"{where}.function.name")


def _check_part(part: Any, here: str, faults: List[str]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if (
        not isinstance(kind, str) or kind not in PART_KEYS
    ):  # langchain-ai/langchain#39805: a block of another type is refused
        fault(faults, one_of(list(PART_KEYS)), f"{here}.type", kind)
        return
    for key, value in part.items():
        if key not in PART_KEYS[kind]:  # a reported fault of cache_control in a part
            fault(faults, EXTRA, f"{here}.{key}", value)
    if kind not in part:
        fault(faults, "Field required", f"{here}.{kind}")
    elif kind == "text" and not isinstance(part["text"], str):
        fault(faults, "Input should be a valid string", f"{here}.text", part["text"])
    elif kind != "text" and not (isinstance(part[kind], dict) and isinstance(part[kind].get("url"), str)):
        fault(faults, "Field required", f"{here}.{kind}.url")
