"""What Mistral refuses in `messages`: their shape (422), then their order and the match of calls and results (400)."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from .errors import Fault, Refused, fault, refused

__all__ = ["check_meaning", "check_shapes"]

KEYS = {  # the SDK's models/*message.py; a user's `name` is refused: Gage-Technologies/mistral-go#2
    "system": ("role", "content"),
    "user": ("role", "content"),
    "assistant": ("role", "content", "tool_calls", "prefix"),
    "tool": ("role", "content", "tool_call_id", "name"),
}
CHUNKS = {  # type of a chunk -> the field it needs
    "text": "text",
    "image_url": "image_url",
    "document_url": "document_url",
    "file": "file_id",
    "input_audio": "input_audio",
    "reference": "reference_ids",
    "thinking": "thinking",
    "resource": "resource",
    "resource_link": "resource_link",
}
ID = re.compile(r"^[a-zA-Z0-9]{9}$")
AFTER = {  # role -> the roles that may follow it: mistral-common's validator
    "system": ("user", "assistant", "system"),
    "user": ("assistant", "system", "user"),
    "assistant": ("assistant", "user", "tool"),
    "tool": ("assistant", "tool"),
}


def check_shapes(messages: List[Any], faults: List[Fault]) -> None:
    """Add pydantic's faults for the messages, one by one."""
    for place, message in enumerate(messages):
        here = ("messages", place)
        if not isinstance(message, dict):
            note = "Input should be a valid dictionary or object to extract fields from"
            faults.append(fault("model_attributes_type", here, note, message))
        elif "role" not in message:
            note = "Unable to extract tag using discriminator 'role'"
            faults.append(fault("union_tag_not_found", here, note, message, {"discriminator": "'role'"}))
        elif (
            not isinstance(message["role"], str) or message["role"] not in KEYS
        ):  # pydantic's sentence; the order of the tags is not known for sure
            tag, tags = message["role"], ", ".join(f"'{role}'" for role in KEYS)
            note = f"Input tag '{tag}' found using 'role' does not match any of the expected tags: {tags}"
            ctx = {"discriminator": "'role'", "tag": str(tag), "expected_tags": tags}
            faults.append(fault("union_tag_invalid", here, note, message, ctx))
        else:
            _check_message(message, (*here, message["role"]), faults)


def _check_message(message: Dict[str, Any], here: Sequence[Any], faults: List[Fault]) -> None:
    role = message["role"]
    for key, value in message.items():
        if key not in KEYS[role]:  # charmbracelet/crush#1590: reasoning_content; mistral-go#2: name, tool_calls
            faults.append(fault("extra_forbidden", (*here, key), "Extra inputs are not permitted", value))
    content = message.get("content")
    if "content" not in message:
        if role != "assistant":
            faults.append(fault("missing", (*here, "content"), "Field required", message))
    elif isinstance(content, list):
        for number, chunk in enumerate(content):
            _check_chunk(chunk, (*here, "content", number), faults)
    elif not isinstance(content, str) and (content is not None or role == "system"):
        faults.append(fault("string_type", (*here, "content", "str"), "Input should be a valid string", content))
    calls = message.get("tool_calls")
    if role == "assistant" and calls is not None:
        if not isinstance(calls, list):
            faults.append(fault("list_type", (*here, "tool_calls"), "Input should be a valid list", calls))
            return
        for number, call in enumerate(calls):
            _check_call(call, (*here, "tool_calls", number), faults)
    if role == "tool" and not isinstance(message.get("tool_call_id", ""), (str, type(None))):
        value = message["tool_call_id"]
        faults.append(fault("string_type", (*here, "tool_call_id"), "Input should be a valid string", value))


def _check_chunk(chunk: Any, here: Sequence[Any], faults: List[Fault]) -> None:
    # Where exactly pydantic says a chunk's fault is (`list[tagged-union[…]]`) was not found; the path is shortened.
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind is None:
        note = "Unable to extract tag using discriminator 'type'"
        faults.append(fault("union_tag_not_found", here, note, chunk, {"discriminator": "'type'"}))
    elif not isinstance(kind, str) or kind not in CHUNKS:
        tags = ", ".join(f"'{name}'" for name in CHUNKS)
        note = f"Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"
        ctx = {"discriminator": "'type'", "tag": str(kind), "expected_tags": tags}
        faults.append(fault("union_tag_invalid", here, note, chunk, ctx))
    elif kind not in ("resource", "resource_link") and CHUNKS[kind] not in chunk:
        faults.append(fault("missing", (*here, kind, CHUNKS[kind]), "Field required", chunk))
    elif kind == "text" and not isinstance(chunk["text"], str):
        faults.append(fault("string_type", (*here, "text", "text"), "Input should be a valid string", chunk["text"]))


def _check_call(call: Any, here: Sequence[Any], faults: List[Fault]) -> None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        faults.append(fault("missing", (*here, "function"), "Field required", call))
        return
    for key in ("name", "arguments"):
        if key not in function:
            faults.append(fault("missing", (*here, "function", key), "Field required", function))
    if not isinstance(function.get("arguments", ""), (str, dict)):  # the SDK sends either
        note = "Input should be a valid string"
        faults.append(fault("string_type", (*here, "function", "arguments", "str"), note, function["arguments"]))


def check_meaning(messages: List[Dict[str, Any]]) -> None:
    """Judge the order of the messages, then each one's own sense.

    Raises: Refused for the first fault.
    """
    if not messages:  # mistral-common
        raise _disorder("Conversation must have at least one message")
    if len(messages) == 1 and messages[0]["role"] not in ("user", "system"):  # mistral-common
        raise _disorder("Conversation must start with a user message or system message")
    last = messages[-1]
    fitting = last["role"] in ("user", "tool") or (last["role"] == "assistant" and last.get("prefix"))
    if len(messages) > 1 and not fitting:  # QuantumNous/new-api#2858
        raise _disorder(
            f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {last['role']}"
        )
    for before, after in zip(messages, messages[1:]):
        if after["role"] not in AFTER[before["role"]]:  # datapizza-labs/datapizza-ai#98, charmbracelet/crush#279
            raise _disorder(f"Unexpected role '{after['role']}' after role '{before['role']}'")
    _check_counts(messages)
    for place, message in enumerate(messages):
        if message["role"] == "assistant":
            _check_assistant(message, is_last=place == len(messages) - 1)
        elif message["role"] == "tool":
            _check_result(message)
    _check_answers(messages)


def _check_counts(messages: List[Dict[str, Any]]) -> None:
    """Each assistant's calls have as many results before anybody else speaks (camel-ai/camel#1467)."""
    owed = 0
    for message in messages:
        if message["role"] == "tool":
            owed -= 1
        elif message["role"] == "assistant":
            if owed:
                raise _disorder("Not the same number of function calls and responses")
            owed = len(message.get("tool_calls") or ())
    if owed:
        raise _disorder("Not the same number of function calls and responses")


def _check_answers(messages: List[Dict[str, Any]]) -> None:
    calls: List[str] = []
    for message in messages:
        if message["role"] == "assistant":
            calls = [call.get("id", "null") for call in message.get("tool_calls") or ()]
        elif message["role"] == "tool" and message["tool_call_id"] not in calls:
            # The sentence is quoted in public code; type and code were not found and are the order's.
            raise _disorder(f"Unexpected tool call id {message['tool_call_id']} in tool results")


def _check_assistant(message: Dict[str, Any], *, is_last: bool) -> None:
    calls = message.get("tool_calls")
    if not message.get("content") and not calls:  # OpenHands/OpenHands#8685; type and code: quoted in public tests
        raise refused(
            "Assistant message must have either content or tool_calls, but not none.",
            "invalid_request_assistant_message",
            "3240",
        )
    for call in calls or ():
        if call.get("id", "null") == "null":  # mistral-common
            raise _bad_call("Tool call id has to be defined in serving mode.")
        _check_id(call["id"])
    if message.get("prefix") and not is_last:  # mistral-common
        note = "Assistant message with prefix True must be last message"
        raise refused(note, "invalid_request_assistant_message", "3240")


def _check_result(message: Dict[str, Any]) -> None:
    if message.get("tool_call_id") is None:  # mistral-common; its code was not found, the call's is used
        raise _bad_call("Tool call id has to be defined.")
    _check_id(message["tool_call_id"])


def _check_id(id: Any) -> None:
    if not isinstance(id, str) or not ID.match(id):  # nearai/ironclaw#1241
        raise _bad_call(f"Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.")


def _bad_call(message: str) -> Refused:
    return refused(message, "invalid_function_call", "3280")


def _disorder(message: str) -> Refused:
    return refused(message, "invalid_request_message_order", "3230")
