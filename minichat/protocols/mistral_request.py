"""Mistral, the way out: messages and their content as request JSON. Pure.

It is Chat Completions with content of its own: documents by `document_url`, sounds as a bare base64 text,
thoughts as chunks that go back with their signature. There is no developer role, a user has no name, and
the ids of tool calls have a form, which the ids of other providers' calls are brought into.
Source: mistralai 3.7.0 `models/*message.py`, `models/*chunk.py`; langchain-mistralai 1.1.6; read 2026-11-23.
"""

from __future__ import annotations

import json
import re

from ..errors import ConfigurationError
from ..messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from ..messages.reasoning import reasoning_of
from .blocks import read_media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional

    from .blocks import Media

    JSON = Any

__all__ = ["encode_messages", "tool_call_id"]

ROLES = {HumanMessage: "user", AIMessage: "assistant", SystemMessage: "system"}
PLAIN = frozenset(("content", "id", "name", "response_metadata", "usage_metadata"))  # not said, besides content
# Said elsewhere (tool_calls), or readable only by whoever made it.
ASSISTANT_ONLY = frozenset(
    "tool_use tool_call tool_call_chunk invalid_tool_call function_call code_interpreter_call "
    "redacted_thinking".split()
)
# Mistral's own chunks that are no media of a form that others have, too.
OWN = frozenset(("reference", "resource", "resource_link", "tool_reference"))
ID = re.compile(r"[a-zA-Z0-9]{9}")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tool_call_id(id: str) -> str:
    """Give a tool call's id in the form that Mistral's models demand; the same id always becomes the same.

    >>> tool_call_id("D681PevKs"), tool_call_id("call_1")
    ('D681PevKs', 'rwU906w5h')

    Source: the rule is langchain-mistralai's (by running it): the first nine digits to the base of 62 of the SHA-256.
    """
    if ID.fullmatch(id):
        return id
    from hashlib import sha256  # here: few histories have a call of another provider

    number = int.from_bytes(sha256(id.encode("utf-8", "surrogatepass")).digest(), "big")
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return digits[:9].rjust(9, "0")


def encode_messages(messages: Sequence[BaseMessage]) -> List[JSON]:
    """Give the `messages` array."""
    encoded: List[JSON] = []
    for message in messages:
        # The ordinary turn, first and fast: a history may have a thousand of them.
        role = ROLES.get(type(message))
        fields = message.__dict__
        content = fields.get("content")
        if role is not None and type(content) is str and (len(fields) == 1 or _is_plain(fields)):
            encoded.append({"role": role, "content": content})
        else:
            encoded.append(_encode(message))
    return encoded


def _is_plain(fields: Dict[str, Any]) -> bool:
    """Tell whether a message says nothing but its content."""
    for name, value in fields.items():
        if value and name not in PLAIN:
            return False
    return True


def _encode(message: BaseMessage) -> Dict[str, JSON]:
    if isinstance(message, AIMessage):
        return _assistant(message)
    content = _content(message.content)
    if isinstance(message, ToolMessage):
        encoded = {"role": "tool", "content": content, "tool_call_id": tool_call_id(message.tool_call_id)}
        return {**encoded, "name": message.name} if message.name else encoded
    for kind, role in ROLES.items():
        if isinstance(message, kind):
            return {"role": role, "content": content}
    if isinstance(message, ChatMessage):
        return {"role": "system" if message.role == "developer" else message.role, "content": content}
    raise ConfigurationError(
        f"a {type(message).__name__} cannot be sent to Mistral; use System-, Human-, AI-, Tool- or ChatMessage"
    )


def _assistant(message: AIMessage) -> Dict[str, JSON]:
    encoded: Dict[str, JSON] = {"role": "assistant"}
    content = message.content
    encoded["content"] = content if isinstance(content, str) else _content(_said(content)) or ""
    calls = [_call(call, json.dumps(call["args"], ensure_ascii=False)) for call in message.tool_calls]
    calls += [_call(call, call["args"] or "") for call in message.invalid_tool_calls]
    if calls:
        encoded["tool_calls"] = calls
    if "prefix" in message.additional_kwargs:
        encoded["prefix"] = message.additional_kwargs["prefix"]
    return encoded


def _call(call: JSON, arguments: str) -> Dict[str, JSON]:
    encoded = {"type": "function", "function": {"name": call["name"], "arguments": arguments}}
    return {"id": tool_call_id(call["id"]), **encoded} if call.get("id") else encoded


def _said(content: List[Any]) -> List[Any]:
    """Give the blocks of an assistant's turn that are its content: with its thoughts, without its calls."""
    blocks = []
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        if block == "" or kind in ASSISTANT_ONLY:
            continue
        if kind in ("thinking", "reasoning"):
            block = _thinking(block)
        if block is not None:
            blocks.append(block)
    return blocks


def _thinking(block: Dict[str, JSON]) -> Optional[Dict[str, JSON]]:
    """Give a thought as Mistral's chunk; of another provider's its text, for its signature is not Mistral's."""
    told = block.get("thinking")
    if isinstance(told, list):
        pieces = [_without_place(piece) if isinstance(piece, dict) else piece for piece in told]
        return {**_without_place(block), "thinking": pieces}
    text = reasoning_of(AIMessage([block]))
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]} if text else None


def _without_place(block: Dict[str, JSON]) -> Dict[str, JSON]:
    return {key: value for key, value in block.items() if key != "index"}


# -- content -------------------------------------------------------------------------------


def _content(content: JSON) -> JSON:
    return content if isinstance(content, str) else [_chunk(block) for block in content]


def _chunk(block: JSON) -> Dict[str, JSON]:
    """Give one chunk of content in Mistral's form.

    Raises: `ConfigurationError` for a medium that Mistral's models do not take.
    """
    if isinstance(block, str):
        return {"type": "text", "text": block}
    kind = block.get("type")
    if kind == "text" and "text" in block:
        reference = block.get("reference")  # as a citation is kept in content, see mistral.py
        if reference and not block["text"]:
            return {"type": "reference", **reference}
        return {"type": "text", "text": block["text"]}
    if kind == "thinking" or kind in OWN:
        return _without_place(block)
    if kind == "image_url":  # Mistral's form is OpenAI's, and also a bare URL
        return {"type": "image_url", "image_url": block["image_url"]}
    if kind == "document_url" and isinstance(block.get("document_url"), str):
        return {key: block[key] for key in ("type", "document_url", "document_name") if key in block}
    if kind == "input_audio" and isinstance(block.get("input_audio"), str):
        return {"type": "input_audio", "input_audio": block["input_audio"]}
    media = read_media(block)
    return _without_place(block) if media is None else _medium(media)


def _medium(media: Media) -> Dict[str, JSON]:
    if media.kind == "text":
        return {"type": "text", "text": media.text}
    if media.file_id is not None:
        return {"type": "file", "file_id": media.file_id}
    family = media.kind
    if family == "file" and media.mime_type:  # a file may be an image or a sound as well
        told = media.mime_type.partition("/")[0]
        family = told if told in ("image", "audio") else family
    if family == "image":
        detail = {"detail": media.extras["detail"]} if "detail" in media.extras else {}
        return {"type": "image_url", "image_url": {"url": media.address, **detail}}
    if family == "audio":
        return {"type": "input_audio", "input_audio": media.base64 or media.url}
    if family == "file":
        name = {"document_name": media.name} if media.name else {}
        return {"type": "document_url", "document_url": media.address, **name}
    raise ConfigurationError(f"Mistral's models take images, sounds and documents, no {media.kind}")
