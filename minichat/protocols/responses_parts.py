"""OpenAI's Responses, the way out: content blocks as input parts, and the results of tools. Pure.

Texts, pictures, documents and sounds come in the shape of any provider (blocks.py) and leave in this API's:
`input_text`, `input_image` (whose `image_url` is a text), `input_file`, `input_audio`. Parts in its own shape
are passed on as they are, and so is what is newer than this code.

Source: openai 3.54 `types/responses/response_input_content_param.py` and
`response_function_call_output_item_param.py`, read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ConfigurationError
from .blocks import read_media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..messages import ToolMessage
    from .blocks import Media

    JSON = Any

__all__ = ["encode_output", "encode_parts", "is_item"]

OWN = frozenset(("input_text", "input_image", "input_file", "input_audio"))
# Input items that users write as blocks of a message: they stand beside messages, not in them.
ITEMS = frozenset(
    "item_reference mcp_approval_response additional_tools configuration_update compaction compaction_trigger "
    "tool_search_output function_call function_call_output custom_tool_call custom_tool_call_output "
    "computer_call_output apply_patch_call_output shell_call_output local_shell_call_output".split()
)
AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}


def is_item(block: JSON) -> bool:
    """Tell whether a block is an input item of its own."""
    return isinstance(block, dict) and block.get("type") in ITEMS


def encode_parts(blocks: JSON) -> List[JSON]:
    """Give the parts of a message of the user's or the system's.

    Raises: `ConfigurationError` for a medium that this API does not take, or without a place.
    """
    return [_part(block) for block in blocks]


def _part(block: JSON) -> JSON:
    if isinstance(block, str):
        return {"type": "input_text", "text": block}
    kind = block.get("type")
    if kind in OWN:
        return {name: value for name, value in block.items() if name != "index"}
    if kind in ("text", "output_text"):
        part = {"type": "input_text", "text": block["text"]}
    else:
        media = read_media(block)
        if media is None:
            return block
        part = _media_part(media)
    marker = block.get("prompt_cache_breakpoint") or (block.get("extras") or {}).get("prompt_cache_breakpoint")
    if marker:
        part["prompt_cache_breakpoint"] = marker
    return part


def _media_part(media: Media) -> Dict[str, JSON]:
    if media.kind == "text":
        return {"type": "input_text", "text": media.text}
    if media.kind == "image":
        place = {"file_id": media.file_id} if media.file_id else {"image_url": media.address}
        detail = {"detail": media.extras["detail"]} if media.extras.get("detail") else {}
        return {"type": "input_image", **place, **detail}
    if media.kind == "file":
        if media.file_id:
            return {"type": "input_file", "file_id": media.file_id}
        named = {"filename": media.name} if media.name else {}
        if media.base64 is None:
            return {"type": "input_file", "file_url": media.url, **named}
        # OpenAI demands a name with the data; its ending is what tells the kind of document.
        ending = str(media.mime_type).partition("/")[2]
        return {"type": "input_file", "file_data": media.address, "filename": media.name or f"document.{ending}"}
    if media.kind == "audio" and media.base64 is not None:
        subtype = str(media.mime_type).partition("/")[2]
        told = {"data": media.base64, "format": AUDIO_FORMATS.get(subtype, subtype)}
        return {"type": "input_audio", "input_audio": told}
    remedy = "as base64 data" if media.kind == "audio" else "as pictures"
    raise ConfigurationError(f"{media.kind} goes to OpenAI {remedy} only")


# -- results of tools ----------------------------------------------------------------------


def encode_output(message: ToolMessage, *, custom: bool = False) -> List[JSON]:
    """Give the items of a tool's result. `custom`: it answers the call of a tool that takes text."""
    content = message.content
    items: List[JSON] = []
    left: Any = content
    if not isinstance(content, str):
        blocks = [_opened(block) for block in content]
        items = [{"call_id": message.tool_call_id, **block} for block in blocks if is_item(block)]
        left = [block for block in blocks if not is_item(block)]
    screen = _screen(message, left)
    if screen is not None:
        return [*items, screen]
    if left or not items:
        kind = "custom_tool_call_output" if custom else "function_call_output"
        items.append({"type": kind, "call_id": message.tool_call_id, "output": _output(left)})
    return items


def _opened(block: JSON) -> JSON:
    return block["value"] if isinstance(block, dict) and block.get("type") == "non_standard" else block


def _output(content: Any) -> JSON:
    """Give the output of a call: text, parts where all of it can be such, else JSON text."""
    if isinstance(content, str):
        return content
    for block in content:
        if isinstance(block, dict) and block.get("type") not in (*OWN, "text") and read_media(block) is None:
            return json.dumps(content, ensure_ascii=False)
    return encode_parts(content)


def _screen(message: ToolMessage, content: Any) -> Optional[Dict[str, JSON]]:
    """Give the result of a computer's use, which LangChain marks in additional_kwargs; None for any other."""
    extra = message.additional_kwargs
    if extra.get("type") != "computer_call_output":
        return None
    if isinstance(content, str):
        picture: JSON = {"type": "input_image", "image_url": content}
    else:
        pictures = [part for part in encode_parts(content) if part.get("type") == "input_image"]
        if not pictures:
            raise ConfigurationError("a computer_call_output needs an image")
        picture = pictures[0]
    item = {"type": "computer_call_output", "call_id": message.tool_call_id, "output": picture}
    if "acknowledged_safety_checks" in extra:
        item["acknowledged_safety_checks"] = extra["acknowledged_safety_checks"]
    return item
