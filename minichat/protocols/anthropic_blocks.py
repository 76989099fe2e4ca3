"""Anthropic's Messages API, the way out: content blocks. Pure.

Blocks may come in LangChain's, OpenAI's or Anthropic's shapes; they leave in Anthropic's. What an Anthropic model said
goes back unchanged, but for what streaming added (`index`, `partial_json`); of what another provider's model said, its
private thoughts and its own forms of a tool call stay behind: the former only that provider can read, the latter are in
`tool_calls`. A block that is not known is passed on: the API is the judge of it.
Source: Anthropic, "Messages", content blocks; anthropic 2.12 `types/*_block_param.py`; read 2026-11-23.
"""

from __future__ import annotations

import json
import re

from ..errors import ConfigurationError
from ..messages import AIMessage
from .blocks import KINDS, read_media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..messages import BaseMessage

    JSON = Any

__all__ = ["encode_assistant", "encode_content", "valid_id"]

PROVIDER = "anthropic"
VALID_ID = re.compile(r"[a-zA-Z0-9_-]+").fullmatch
# Other providers' words for a refusal and for tool calls; the calls themselves are in tool_calls.
FOREIGN = ("reasoning", "refusal", "function_call", "tool_call_chunk", "invalid_tool_call")
THOUGHTS = ("thinking", "redacted_thinking", "reasoning")
ADDED_BY_STREAMING = ("index", "partial_json")
SILENT_WHEN_NULL = ("citations", "caller", "encrypted_content")
# A text block's fields; LangChain gives it others, which the API refuses.
OF_TEXT = ("type", "text", "citations", "cache_control")
OF_THINKING = ("type", "thinking", "signature")
OF_DOCUMENT = ("cache_control", "citations", "title", "context")
OWN_SOURCES = ("base64", "url", "file", "text", "content")


def valid_id(id: Optional[str]) -> Optional[str]:
    """Give the id of a tool call as the API takes it; one of another provider's form always becomes the same.

    >>> valid_id("functions.add:0")
    'toolu_2aab2b9e6b10fe772400632a'
    """
    if not id or VALID_ID(id):
        return id
    from hashlib import sha256

    return f"toolu_{sha256(id.encode('utf-8', 'replace')).hexdigest()[:24]}"


def encode_content(content: JSON) -> List[JSON]:
    """Give the blocks of a text or a list of blocks, without texts of nothing, which the API refuses."""
    if isinstance(content, str):
        content = [content]
    encoded = []
    for block in content:
        if isinstance(block, str):
            block = {"type": "text", "text": block}
        said = _block(block)
        if said is not None:
            encoded.append(said)
    return encoded


def encode_assistant(message: BaseMessage) -> JSON:
    """Give the content of a model's turn: a text, or blocks, its tool calls behind what it said."""
    content: JSON = message.content
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    invalid = message.invalid_tool_calls if isinstance(message, AIMessage) else []
    if isinstance(content, str):
        if not (calls or invalid):
            return content
        blocks = encode_content(content)
    else:
        blocks = _said(content, {call["id"]: call for call in calls}, message.response_metadata)
    known = {block.get("id") for block in blocks if block.get("type") == "tool_use"}
    for call in (*calls, *invalid):
        id = valid_id(call["id"])
        if id in known or call["type"] == "invalid_tool_call" and not (id and call["name"]):
            continue
        known.add(id)
        blocks.append({"type": "tool_use", "id": id, "name": call["name"], "input": _object(call["args"])})
    return blocks


def _said(content: JSON, calls: Dict[Any, JSON], metadata: Dict[str, JSON]) -> List[JSON]:
    """Give the blocks of a model's turn. `calls`: by id, for what they say has precedence over the block."""
    foreign = metadata.get("model_provider", PROVIDER) != PROVIDER
    encoded = []
    for block in content:
        if isinstance(block, str):
            block = {"type": "text", "text": block}
        kind = block.get("type")
        if kind == "non_standard" and isinstance(block.get("value"), dict):  # LangChain's wrapper
            block = block["value"]
            kind = block.get("type")
        if kind in THOUGHTS:
            said = None if foreign else _thought(block)
        elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            said = _call(block, calls)
        elif kind == "tool_call":  # LangChain's standard form
            said = {"type": "tool_use", "id": valid_id(block.get("id")), "name": block["name"], "input": block["args"]}
        else:
            said = _block(block)
        if said is not None:
            encoded.append(said)
    return encoded


def _thought(block: JSON) -> Optional[JSON]:
    """Give a thought as it came; None for one without its signature, which the API would refuse."""
    kind = block["type"]
    if kind == "redacted_thinking":
        return {"type": kind, "data": block["data"]} if block.get("data") else None
    if kind == "reasoning":  # LangChain's standard form
        signature = (block.get("extras") or {}).get("signature") or block.get("signature")
        block = {"type": "thinking", "thinking": block.get("reasoning"), "signature": signature}
    if not block.get("signature"):
        return None
    return {**{name: block[name] for name in OF_THINKING if name in block}, "thinking": block.get("thinking") or ""}


def _call(block: JSON, calls: Dict[Any, JSON]) -> JSON:
    """Give a tool call as it came. A streamed one has its input in pieces; what `calls` says was parsed."""
    said = _cleaned(block)
    call = calls.get(block.get("id")) if block["type"] == "tool_use" else None
    if call is not None:
        said["input"] = call["args"]
    elif not block.get("input"):
        said["input"] = _object(block.get("partial_json"))
    said["id"] = valid_id(block.get("id"))
    return said


def _object(arguments: JSON) -> JSON:
    """Give a call's arguments as the object that the API wants; what is none of it cannot be said."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            pass  # no JSON is no object
    return arguments if isinstance(arguments, dict) else {}


def _block(block: JSON) -> Optional[JSON]:
    """Give one block in Anthropic's form; None for one that is not sent."""
    kind = block.get("type")
    if kind == "non_standard" and isinstance(block.get("value"), dict):
        block = block["value"]
        kind = block.get("type")
    if not isinstance(kind, str):
        raise ConfigurationError(f"a content block needs a 'type'; this one has {sorted(map(str, block))}")
    if kind == "text":
        return _text(block)
    if kind in FOREIGN:
        return None
    if kind in KINDS:
        source = block.get("source")
        if isinstance(source, dict) and source.get("type") in OWN_SOURCES:
            return _cleaned(block)
        return _media(block)
    said = _cleaned(block)
    if "tool_use_id" in said:
        said["tool_use_id"] = valid_id(said["tool_use_id"])
    if kind == "tool_result" and isinstance(said.get("content"), list):
        said["content"] = encode_content(said["content"])
    return said


def _text(block: JSON) -> Optional[JSON]:
    if not (block.get("text") or "").strip():
        return None
    said = {name: block[name] for name in OF_TEXT if block.get(name) is not None}
    if said.get("citations"):  # a reply says null there, a request may not
        said["citations"] = [
            {name: value for name, value in citation.items() if name != "file_id" or value is not None}
            for citation in said["citations"]
        ]
    return said


def _cleaned(block: JSON) -> Dict[str, JSON]:
    return {
        name: value
        for name, value in block.items()
        if name not in ADDED_BY_STREAMING and not (value is None and name in SILENT_WHEN_NULL)
    }


def _media(block: JSON) -> JSON:
    media = read_media(block)
    if media is None or media.kind in ("audio", "video"):
        raise ConfigurationError(f"Anthropic takes images, PDFs and texts, no {block['type']!r}")
    mime_type = "image/jpeg" if media.mime_type == "image/jpg" else media.mime_type
    source: Dict[str, JSON]
    if media.text is not None:
        source = {"type": "text", "media_type": "text/plain", "data": media.text}
    elif media.file_id is not None:
        source = {"type": "file", "file_id": media.file_id}
    elif media.url is not None:
        if not media.url.startswith(("http://", "https://")):
            raise ConfigurationError(f"Anthropic takes http and https URLs, or base64 data, not {media.url[:40]!r}")
        source = {"type": "url", "url": media.url}
    elif mime_type is not None and mime_type.startswith("text/"):  # base64 is for PDFs and images only
        from base64 import b64decode

        text = b64decode(media.base64 or "").decode("utf-8", "replace")
        source = {"type": "text", "media_type": "text/plain", "data": text}
    else:
        source = {"type": "base64", "media_type": mime_type, "data": media.base64}
    is_image = media.kind == "image" or (mime_type or "").startswith("image/")
    said: Dict[str, JSON] = {"type": "image" if is_image else "document", "source": source}
    said.update((name, media.extras[name]) for name in OF_DOCUMENT if media.extras.get(name) is not None)
    return said
