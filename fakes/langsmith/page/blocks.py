"""One content block of a message, whoever's shape it has: text, thought, picture, sound, file, a tool's call or result.

LangChain, OpenAI (chat completions and Responses), Anthropic and Google name the same things differently; here they
become `Part`s, calls and results. Nothing is lost: a block that is none of them is a part of kind "json", and so is one
that is known but holds more than could be shown. (Shapes: LangChain's "standard content blocks", OpenAI's "Chat" and
"Responses" reference, Anthropic's "Messages", Google's "Content" and "Part".)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from .formats import pretty

__all__ = ["Part", "call_of", "dicts", "part_of", "result_of"]

_TEXTS = (None, "text", "input_text", "output_text", "text-plain")
_CALLS = ("tool_use", "tool_call", "function_call", "server_tool_use", "server_tool_call", "mcp_tool_use")
_FILES = (
    "image", "image_url", "input_image", "audio", "input_audio", "file", "input_file", "document", "video", "media"
)  # fmt: skip
_HOLDERS = ("image_url", "source", "input_audio", "file", "audio", "inline_data", "inlineData", "file_data", "fileData")
_DATA = ("base64", "data", "file_data")
_ADDRESSES = ("url", "file_uri", "fileUri", "image_url", "file_url")
_IDS = ("file_id", "fileId", "id")


@dataclass(frozen=True)
class Part:
    """A piece of a message. `kind` is text, reasoning, refusal, notes (JSON), json, image, audio or file.

    For the last three `text` is an address: a data URL where the bytes are in the block. `name` is a file's.
    """

    kind: str
    text: str
    name: Optional[str] = None


def part_of(block: Any) -> List[Part]:
    """Give the parts of a block that is no tool's call or result."""
    if isinstance(block, str):
        return [Part("text", block)] if block else []
    if block is None:
        return []
    if not isinstance(block, dict):
        return [_json(block)]
    kind = block.get("type") if isinstance(block.get("type"), str) else None
    if isinstance(block.get("text"), str) and kind in _TEXTS:
        parts = [Part("reasoning" if block.get("thought") is True else "text", block["text"])]
        notes = block.get("citations") or block.get("annotations")
        return [*parts, Part("notes", pretty(notes))] if notes else parts
    if kind in ("thinking", "reasoning"):
        return [Part("reasoning", _thought(block))]
    if kind == "redacted_thinking":
        return [Part("reasoning", "(hidden by the provider)")]
    if kind == "refusal" and isinstance(block.get("refusal"), str):
        return [Part("refusal", block["refusal"])]
    if kind == "image_generation_call" and isinstance(block.get("result"), str):
        return [Part("image", f"data:image/{block.get('output_format') or 'png'};base64,{block['result']}")]
    return _file(block, kind) or [_json(block)]


def call_of(block: Any) -> Optional[Dict[str, Any]]:
    """Give a tool's call (name, args, id) that a block is, or None; `theirs` says that the provider ran it itself."""
    if not isinstance(block, dict):
        return None
    if block.get("type") in _CALLS:
        theirs = {"theirs": True} if block["type"].startswith(("server_", "mcp_")) else {}
        return {**_call(block), **theirs}
    inner = block.get("function_call", block.get("functionCall"))
    return _call(inner) if isinstance(inner, dict) and "name" in inner else None


def _call(call: Dict[str, Any]) -> Dict[str, Any]:
    """Give name, arguments (parsed where they are JSON) and id of a call, in a list of tool calls or a block."""
    inner = call.get("function")
    inner = inner if isinstance(inner, dict) else call
    args = next((inner[name] for name in ("args", "arguments", "input") if name in inner), None)
    if isinstance(args, str):
        try:
            args = json.loads(args)
        except (ValueError, RecursionError):
            pass  # shown as the text it is
    return {"name": str(inner.get("name") or "?"), "args": args, "id": call.get("call_id") or call.get("id")}


def result_of(block: Any) -> Optional[Tuple[Optional[str], Optional[str], Any, bool]]:
    """Give the id of the call, the tool's name, what it gave, and whether it failed; None for any other block."""
    if not isinstance(block, dict):
        return None
    if block.get("type") == "tool_result":
        return block.get("tool_use_id"), None, block.get("content"), block.get("is_error") is True
    if block.get("type") == "function_call_output":
        return block.get("call_id"), None, block.get("output"), False
    inner = block.get("function_response", block.get("functionResponse"))
    if isinstance(inner, dict):
        return inner.get("id"), inner.get("name"), [inner.get("response")], False
    return None


def dicts(value: Any) -> List[Dict[str, Any]]:
    """Give the objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _thought(block: Dict[str, Any]) -> str:
    for name in ("thinking", "reasoning", "text"):
        if isinstance(block.get(name), str):
            return str(block[name])
    said = [str(one.get("text", "")) for name in ("summary", "content") for one in dicts(block.get(name))]
    return "\n\n".join(said) or pretty({name: value for name, value in block.items() if name != "type"})


def _file(block: Dict[str, Any], kind: Optional[str]) -> List[Part]:
    """Give the picture, sound or file that a block is, or nothing."""
    if kind not in _FILES and not (kind is None and any(isinstance(block.get(name), dict) for name in _HOLDERS)):
        return []
    source = next((block[name] for name in _HOLDERS if isinstance(block.get(name), dict)), block)
    if source.get("type") == "text" and isinstance(source.get("data"), str):  # Anthropic's document of plain text
        return [Part("text", source["data"])]
    if isinstance(source.get("content"), (str, list)):  # and one of blocks
        inside = source["content"]
        return [part for one in (inside if isinstance(inside, list) else [inside]) for part in part_of(one)]
    address = _address(source) or _address(block)
    if address is None:
        return []
    name = next((str(holder[word]) for holder in (block, source) for word in ("filename", "title", "name")
                 if isinstance(holder.get(word), str)), None)  # fmt: skip
    said = str(kind) + " " + address[:40] if address.startswith("data:") else str(kind)
    what = next((word for word in ("image", "audio") if word in said), "file")
    return [Part(what, address, name)]


def _address(holder: Dict[str, Any]) -> Optional[str]:
    """Give the address of what an object holds: a data URL of the bytes in it, "id …" where they are elsewhere."""
    for name in _ADDRESSES:
        if isinstance(holder.get(name), str) and holder[name]:
            return str(holder[name])
    data = next((holder[name] for name in _DATA if isinstance(holder.get(name), str) and holder[name]), None)
    if data is not None:
        kind = next((holder[name] for name in ("mime_type", "media_type", "mimeType") if holder.get(name)), None)
        if kind is None and isinstance(holder.get("format"), str):
            kind = "audio/" + holder["format"]
        plain = data.replace("\n", "").replace("\r", "")
        return plain if plain.startswith("data:") else f"data:{kind or 'application/octet-stream'};base64,{plain}"
    number = next((holder[name] for name in _IDS if isinstance(holder.get(name), str)), None)
    return f"id {number}" if number else None


def _json(value: Any) -> Part:
    return Part("json", pretty(value))
