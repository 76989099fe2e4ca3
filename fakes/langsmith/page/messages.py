"""The conversation in a run's inputs or outputs, whatever shape it was sent in.

Chat models send LangChain's constructor shape in lists of lists, chains send plain dumps (`{"type": "human"}`), functions
under `@traceable` what the vendors take (`{"role": "user"}`, choices). All become `Message`s with `Part`s; a value with
no message in it gives an empty list, and is then shown as JSON. Nothing is lost: a block of an unknown kind is a part of
kind "json". (Shapes: §5 of the wire notes; content blocks as LangChain, OpenAI, Anthropic and Google name them.)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

__all__ = ["Message", "Part", "conversation"]

_ROLES = {
    "human": "human", "user": "human", "ai": "ai", "assistant": "ai", "model": "ai", "system": "system",
    "developer": "system", "tool": "tool", "function": "tool", "chat": "chat", "remove": "remove",
    "AIMessageChunk": "ai", "HumanMessageChunk": "human", "SystemMessageChunk": "system", "ToolMessageChunk": "tool",
    "FunctionMessageChunk": "tool", "ChatMessageChunk": "chat",
}  # fmt: skip
_DEEPEST = 6  # of values that are looked through
_INSIDE = ("messages", "generations", "choices", "output", "input", "message", "chat_history", "agent_scratchpad")


@dataclass(frozen=True)
class Part:
    """A piece of a message: kind is text, reasoning, refusal, image, link or json; `text` an address for two of them."""

    kind: str
    text: str


@dataclass(frozen=True)
class Message:
    """One message: who said it, its parts, and the tools it asks for (name, args, id)."""

    role: str
    parts: List[Part]
    calls: List[Dict[str, Any]] = field(default_factory=list)
    name: Optional[str] = None
    answers: Optional[str] = None  # the id of the tool call that it answers
    failed: bool = False


def conversation(value: Any) -> List[Message]:
    """Give the messages in a JSON value, in order; none where it is not a conversation."""
    found: List[Message] = []
    return found if _gather(value, found, 0) else []


def _gather(value: Any, found: List[Message], depth: int) -> bool:
    """Add the messages in a value; False when there is something in it that would not be shown then."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, list):
        return bool(value) and all([_gather(one, found, depth + 1) for one in value])
    if not isinstance(value, dict):
        return False
    fields = _fields(value)
    if fields is not None:
        found.append(_message(fields))
        return True
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        return _gather(value["kwargs"], found, depth + 1)
    if "generation_info" in value or value.get("type") in ("Generation", "ChatGeneration", "ChatGenerationChunk"):
        if isinstance(value.get("message"), dict):
            return _gather(value["message"], found, depth + 1)
        found.append(Message("ai", [Part("text", str(value.get("text", "")))]))
        return True
    return any(
        [_gather(value[name], found, depth + 1) for name in _INSIDE if isinstance(value.get(name), (list, dict))]
    )


def _fields(value: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Give a message's own fields, or None for a value that is no message."""
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        path = value.get("id")
        last = str(path[-1]) if isinstance(path, list) and path else ""
        if not last.endswith(("Message", "MessageChunk")):
            return None
        kind = last[:-5] if last.endswith("Chunk") else last
        return {"type": kind[: -len("Message")].lower(), **value["kwargs"]}
    if not any(value.get(name) in _ROLES for name in ("type", "role") if isinstance(value.get(name), str)):
        return None
    return value if "content" in value or "tool_calls" in value or "parts" in value else None


def _message(fields: Dict[str, Any]) -> Message:
    kind = str(fields.get("type") or "")
    role = _ROLES.get(kind) or _ROLES.get(str(fields.get("role"))) or kind or "chat"
    if role == "chat":
        role = str(fields.get("role") or "chat")
    more = fields.get("additional_kwargs")
    more = more if isinstance(more, dict) else {}
    calls = [_call(one) for one in _dicts(fields.get("tool_calls")) or _dicts(more.get("tool_calls"))]
    for broken in _dicts(fields.get("invalid_tool_calls")):
        calls.append({**_call(broken), "error": str(broken.get("error") or "not valid JSON")})
    parts: List[Part] = []
    thought = more.get("reasoning_content") or fields.get("reasoning_content")
    if isinstance(thought, str) and thought:
        parts.append(Part("reasoning", thought))
    content = fields.get("content", fields.get("parts"))
    for block in content if isinstance(content, list) else [content]:
        _block(block, parts, calls)
    refusal = more.get("refusal") or fields.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Part("refusal", refusal))
    name, answers = fields.get("name"), fields.get("tool_call_id")
    return Message(
        role,
        parts,
        calls,
        str(name) if name else None,
        str(answers) if answers else None,
        fields.get("status") == "error",
    )


def _block(block: Any, parts: List[Part], calls: List[Dict[str, Any]]) -> None:
    if isinstance(block, str):
        if block:
            parts.append(Part("text", block))
        return
    if block is None:
        return
    if not isinstance(block, dict):
        parts.append(Part("json", json.dumps(block, ensure_ascii=False)))
        return
    kind = block.get("type")
    if isinstance(block.get("text"), str) and kind in (None, "text", "input_text", "output_text"):
        parts.append(Part("reasoning" if block.get("thought") else "text", block["text"]))
    elif kind in ("thinking", "reasoning"):
        parts.append(Part("reasoning", _thought(block)))
    elif kind == "refusal" and isinstance(block.get("refusal"), str):
        parts.append(Part("refusal", block["refusal"]))
    elif kind in ("tool_use", "tool_call", "function_call"):
        call = _call(block)
        if not any(one["id"] == call["id"] and one["name"] == call["name"] for one in calls):
            calls.append(call)
    else:
        address = _address(block)
        if address is None:
            parts.append(Part("json", json.dumps(block, ensure_ascii=False, indent=2)))
        else:
            parts.append(Part("image" if _is_image(block, address) else "link", address))


def _thought(block: Dict[str, Any]) -> str:
    for name in ("thinking", "reasoning", "text"):
        if isinstance(block.get(name), str):
            return str(block[name])
    summary = [str(one.get("text", "")) for one in _dicts(block.get("summary"))]
    return "\n\n".join(summary) or json.dumps(block, ensure_ascii=False)


def _address(block: Dict[str, Any]) -> Optional[str]:
    """Give the address of an image or file block: a data URL where the bytes are in it."""
    for holder in (block.get("image_url"), block.get("source"), block.get("inline_data"), block.get("file"), block):
        if isinstance(holder, str):
            return holder
        if not isinstance(holder, dict):
            continue
        for name in ("url", "file_data"):
            if isinstance(holder.get(name), str):
                return str(holder[name])
        data = next((holder[name] for name in ("base64", "data") if isinstance(holder.get(name), str)), None)
        if data is not None:
            kind = holder.get("mime_type") or holder.get("media_type") or "application/octet-stream"
            return data if data.startswith("data:") else f"data:{kind};base64,{data}"
    return None


def _is_image(block: Dict[str, Any], address: str) -> bool:
    return address.startswith("data:image/") or (not address.startswith("data:") and "image" in str(block.get("type")))


def _call(call: Dict[str, Any]) -> Dict[str, Any]:
    inner = call.get("function")
    inner = inner if isinstance(inner, dict) else call
    args = next((inner[name] for name in ("args", "arguments", "input") if name in inner), None)
    if isinstance(args, str):
        try:
            args = json.loads(args)
        except ValueError:
            pass  # shown as the text it is
    return {"name": str(inner.get("name") or "?"), "args": args, "id": call.get("call_id") or call.get("id")}


def _dicts(value: Any) -> List[Dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
