"""What OpenAI refuses in `messages`: roles, contents, parts, and the order of tool calls and their results."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Dict, List, Optional

from ..replies.chat import text_of
from .errors import Refused, missing, unknown_value, wrong_type

__all__ = [
    "FUNCTION_NAME", "IMAGE", "IMAGE_TYPES", "PDF", "check", "data_url_fault", "empty_array", "is_base64",
    "mention_json", "no_match",
]  # fmt: skip

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")
KEYS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls", "function_call", "audio", "annotations"},
    "tool": {"role", "content", "tool_call_id", "name"},
    "function": {"role", "content", "name"},
}
NAME = re.compile(r"^[^\s<|\\/>]+$")
FUNCTION_NAME = re.compile(r"^[a-zA-Z0-9_-]+$")
PDF = "application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==')"
IMAGE = "image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp")


def check(messages: List[Any]) -> None:
    """Judge the messages one by one, then their order.

    Raises: Refused for the first fault.
    """
    if not messages:  # CopilotKit/CopilotKit#529
        raise empty_array("messages")
    for place, message in enumerate(messages):
        where = f"messages[{place}]"
        if not isinstance(message, dict):
            raise wrong_type(where, "an object", message)
        _check_message(message, where, place)
    _check_order(messages)


def mention_json(messages: List[Dict[str, Any]]) -> bool:
    """Tell whether the word JSON occurs in any message."""
    return any("json" in text_of(message.get("content")).lower() for message in messages)


def empty_array(param: str) -> Refused:
    return Refused(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param=param,
        code="empty_array",
    )


def _check_message(message: Dict[str, Any], where: str, place: int) -> None:
    role = message.get("role")
    if role is None:
        raise missing(f"{where}.role")
    if role not in ROLES:
        raise unknown_value(f"{where}.role", role, ROLES)
    for key in message:
        if key not in KEYS[role]:
            raise Refused(f"Unknown parameter: '{where}.{key}'.", param=f"{where}.{key}", code="unknown_parameter")
    name = message.get("name")
    if name is not None:
        if not isinstance(name, str):
            raise wrong_type(f"{where}.name", "a string", name)
        if not NAME.match(name):
            raise no_match(f"{where}.name", r"^[^\\s<|\\\\/>]+$")
    calls = message.get("tool_calls")
    if calls is not None:
        _check_calls(calls, f"{where}.tool_calls")
    old_call = message.get("function_call")
    if old_call is not None:
        _check_function(old_call, f"{where}.function_call")
    speaks_otherwise = calls or old_call is not None or message.get("audio") or message.get("refusal") is not None
    _check_content(message, where, place, optional=role == "assistant" and bool(speaks_otherwise))
    if role == "tool" and message.get("tool_call_id") is None:  # wording from memory
        raise Refused(
            "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
            param=f"messages.[{place}].tool_call_id",
        )


def _check_content(message: Dict[str, Any], where: str, place: int, *, optional: bool) -> None:
    content = message.get("content")
    if content is None:
        if optional:
            return
        if "content" not in message:
            raise missing(f"{where}.content")
        # run-llama/llama_index#17555, docker/docker-agent#63; the param's spelling from memory
        raise Refused("Invalid value for 'content': expected a string, got null.", param=f"messages.[{place}].content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):  # clusterzx/paperless-ai#748
        raise wrong_type(f"{where}.content", "one of a string or array of objects", content)
    for number, part in enumerate(content):
        _check_part(part, f"{where}.content[{number}]", where, message["role"])


def _check_part(part: Any, here: str, where: str, role: str) -> None:
    if not isinstance(part, dict):
        raise wrong_type(here, "an object", part)
    kind = part.get("type")
    if kind is None:  # neuron-core/neuron-ai#292
        raise missing(f"{here}.type")
    if kind not in PARTS:  # the sentence: aallam/openai-kotlin#320; the list as of 2025
        raise unknown_value(f"{here}.type", kind, PARTS)
    if kind == "image_url" and role != "user":  # wording from memory
        raise Refused(
            f"Invalid '{where}'. Image URLs are only allowed for messages with role 'user', but this message with "
            f"role '{role}' contains an image URL.",
            param=where,
            code="invalid_value",
        )
    allowed = {"user": ("text", "image_url", "input_audio", "file"), "assistant": ("text", "refusal")}
    if kind not in allowed.get(role, ("text",)):
        raise unknown_value(f"{here}.type", kind, allowed.get(role, ("text",)))
    if kind not in part:
        raise missing(f"{here}.{kind}")
    value = part[kind]
    if kind in ("text", "refusal"):
        if not isinstance(value, str):
            raise wrong_type(f"{here}.{kind}", "a string", value)
        return
    if not isinstance(value, dict):
        raise wrong_type(f"{here}.{kind}", "an object", value)
    {"image_url": _check_image, "input_audio": _check_audio, "file": _check_file}[kind](value, f"{here}.{kind}")


def _check_image(value: Dict[str, Any], here: str) -> None:
    url = _string(value, "url", here)
    detail = value.get("detail")
    if detail is not None and detail not in ("auto", "low", "high", "original"):
        raise unknown_value(f"{here}.detail", detail, ("auto", "low", "high", "original"))
    if url.startswith(("http://", "https://")):
        if not re.match(r"https?://[^\s/]+", url):
            raise Refused(f"Failed to download image from {url}.", code="invalid_image_url")  # wording from memory
        return
    fault = data_url_fault(url)  # Alibaba-NLP/OmniSearch#3
    if fault is not None:
        raise Refused(
            f"Invalid image URL: '{here}.url'. Expected a base64-encoded data URL with an {IMAGE}, but got {fault}.",
            param=f"{here}.url",
            code="invalid_value",
        )
    if url[5:].partition(";")[0] not in IMAGE_TYPES:  # langchain-ai/docs#2363 for the sentence; code from wire notes
        raise Refused("Invalid MIME type. Only image types are supported.", code="invalid_image_format")


def _check_audio(value: Dict[str, Any], here: str) -> None:
    data = _string(value, "data", here)
    kind = _string(value, "format", here)
    if kind not in ("wav", "mp3"):  # pydantic/pydantic-ai#1594
        raise unknown_value(f"{here}.format", kind, ("wav", "mp3"))
    if not is_base64(data):  # no wording found
        raise Refused(
            f"Invalid '{here}.data'. Expected base64-encoded audio data, but got an invalid base64-encoded value.",
            param=f"{here}.data",
            code="invalid_value",
        )


def _check_file(value: Dict[str, Any], here: str) -> None:
    if value.get("file_id") is not None:
        return
    if value.get("file_data") is None:
        raise missing(f"{here}.file_id")
    data = _string(value, "file_data", here)
    fault = data_url_fault(data)  # vercel/ai#7266
    if fault is not None:
        raise Refused(
            f"Invalid file data: '{here}.file_data'. Expected a base64-encoded data URL with an {PDF}, but got "
            f"{fault}.",
            param=f"{here}.file_data",
            code="invalid_value",
        )
    if value.get("filename") is None:
        raise missing(f"{here}.filename")


def _string(value: Dict[str, Any], key: str, here: str) -> str:
    if value.get(key) is None:
        raise missing(f"{here}.{key}")
    if not isinstance(value[key], str):
        raise wrong_type(f"{here}.{key}", "a string", value[key])
    return str(value[key])


def data_url_fault(url: str) -> Optional[str]:
    """Say what is wrong with a data URL, as the end of a sentence; None when nothing is."""
    if not url.startswith("data:"):
        return "a value without the 'data:' prefix"
    head, comma, data = url.partition(",")
    if not comma or not head.endswith(";base64"):
        return "an invalid base64-encoded value"
    if not data:
        return "empty base64-encoded bytes"
    return None if is_base64(data) else "an invalid base64-encoded value"


def is_base64(data: str) -> bool:
    """Tell whether a text is base64 of something."""
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(data)


def _check_calls(calls: Any, where: str) -> None:
    if not isinstance(calls, list):
        raise wrong_type(where, "an array of objects", calls)
    if not calls:  # home-assistant/core#118577
        raise empty_array(where)
    for number, call in enumerate(calls):
        here = f"{where}[{number}]"
        if not isinstance(call, dict):
            raise wrong_type(here, "an object", call)
        for key in call:
            if key not in ("id", "type", "function", "custom"):
                raise Refused(f"Unknown parameter: '{here}.{key}'.", param=f"{here}.{key}", code="unknown_parameter")
        _string(call, "id", here)
        kind = call.get("type")
        if kind is None:
            raise missing(f"{here}.type")
        if kind not in ("function", "custom"):
            raise unknown_value(f"{here}.type", kind, ("function", "custom"))
        if kind not in call:
            raise missing(f"{here}.{kind}")
        if kind == "function":
            _check_function(call["function"], f"{here}.function")


def _check_function(function: Any, here: str) -> None:
    if not isinstance(function, dict):
        raise wrong_type(here, "an object", function)
    name = _string(function, "name", here)
    if not FUNCTION_NAME.match(name):  # mcp-use/mcp-use#90
        raise no_match(f"{here}.name", "^[a-zA-Z0-9_-]+$")
    _string(function, "arguments", here)


def no_match(param: str, pattern: str) -> Refused:
    return Refused(
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        param=param,
        code="invalid_value",
    )


def _check_order(messages: List[Dict[str, Any]]) -> None:
    """Every tool result follows its call at once, every call has its result."""
    open_calls: List[str] = []
    answering = False
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            if not answering:  # llama_index#10493, smarter-sh/smarter#264
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    param=f"messages.[{place}].role",
                )
            wanted = message["tool_call_id"]
            if wanted in open_calls:
                open_calls.remove(wanted)
            else:  # wording from memory
                raise Refused(
                    f"Invalid parameter: 'tool_call_id' of '{wanted}' not found in 'tool_calls' of previous message.",
                    param=f"messages.[{place}].tool_call_id",
                )
            continue
        if open_calls:
            raise _unanswered(open_calls, place)
        calls = message.get("tool_calls") or []
        answering = bool(calls)
        open_calls = [call["id"] for call in calls]
    if open_calls:
        raise _unanswered(open_calls, len(messages) - 1)


def _unanswered(calls: List[str], place: int) -> Refused:
    # RamiAwar/dataline#172; which place is named when the list just ends is not known, here the last one
    return Refused(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(calls)}",
        param=f"messages.[{place}].role",
    )
