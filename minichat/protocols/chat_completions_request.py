"""Chat Completions, the way out: messages and their content blocks as request JSON. Pure.

Blocks may come in LangChain's shapes (`{"type": "image", "base64": ...}` and the older
`source_type` form), in Anthropic's (`{"type": "image", "source": {...}}`) or in OpenAI's own; they
leave in OpenAI's. A block that this wire cannot say is refused, never dropped, but for two kinds in
the history of an assistant: the model's tool calls, which travel in `tool_calls`, and its private
thoughts, which only the provider that made them can read.

Source: openai 3.54 `types/chat/chat_completion_*_param.py`, read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ConfigurationError
from ..messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from .blocks import read_media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Dict, List, Optional, Tuple

    from .blocks import Media

    JSON = Any

__all__ = ["encode_messages", "with_part_fields", "with_text_results"]

# Of an assistant's turn: said elsewhere (tool_calls), or readable only by whoever made it.
ASSISTANT_ONLY = frozenset(
    "tool_use tool_call tool_call_chunk invalid_tool_call function_call code_interpreter_call "
    "thinking redacted_thinking reasoning reasoning_content".split()
)
# Added to blocks by streaming and by LangChain; OpenAI refuses them as unknown.
NOT_ON_THE_WIRE = ("index", "annotations", "id", "extras")
NOT_SAID = frozenset(("content", "id", "response_metadata", "usage_metadata"))  # about a turn, not of it
AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}


def encode_messages(
    messages: Sequence[BaseMessage], system_role: str = "system", thoughts: Optional[Tuple[str, str]] = None
) -> List[JSON]:
    """Give the `messages` array. `system_role`: "developer" for reasoning models.

    `thoughts`: (the field in which an assistant's thoughts go back, the model_provider whose they are). Those
    of another provider do not: only whoever made them can be sure to take them.
    """
    roles = {HumanMessage: "user", AIMessage: "assistant", SystemMessage: system_role}
    encoded = []
    for message in messages:
        # The ordinary turn, first and fast: a history may have a thousand of them.
        role = roles.get(type(message))
        fields = message.__dict__
        content = fields.get("content")
        if role is not None and type(content) is str and (len(fields) == 1 or _is_plain(fields)):
            encoded.append({"role": role, "content": content})
        else:
            turn = _encode(message, system_role)
            if thoughts is not None and isinstance(message, AIMessage):
                thought = message.additional_kwargs.get("reasoning_content")
                if thought and message.response_metadata.get("model_provider") in (None, thoughts[1]):
                    turn[thoughts[0]] = thought
            encoded.append(turn)
    return encoded


def with_text_results(turns: List[JSON]) -> List[JSON]:
    """Give `turns` with each tool's result as one text.

    Raises: `ConfigurationError` for a result that is more than text.
    """
    for turn in turns:
        if turn["role"] == "tool" and isinstance(turn["content"], list):
            other = [part.get("type") for part in turn["content"] if part.get("type") != "text"]
            if other:
                raise ConfigurationError(f"a tool's result is text for this provider, not {other[0]}: say it in words")
            turn["content"] = "".join(part.get("text") or "" for part in turn["content"])
    return turns


def with_part_fields(turns: List[JSON], known: Mapping[str, Sequence[str]]) -> List[JSON]:
    """Give `turns` whose content parts have no fields but the known ones of their type; other types as they are."""
    for turn in turns:
        if isinstance(turn["content"], list):
            turn["content"] = [
                {key: value for key, value in part.items() if key in known.get(part.get("type"), part)} for part in turn["content"]
            ]
    return turns


def _is_plain(fields: Dict[str, Any]) -> bool:
    """Tell whether a message says nothing but its content."""
    for name, value in fields.items():
        if value and name not in NOT_SAID:
            return False
    return True


def _encode(message: BaseMessage, system_role: str) -> Dict[str, JSON]:
    extra = message.additional_kwargs
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": _content(message)}
    encoded: Dict[str, JSON] = {"role": "", "content": _content(message)}
    name = message.name or extra.get("name")
    if name is not None:
        encoded["name"] = name
    if isinstance(message, HumanMessage):
        encoded["role"] = "user"
    elif isinstance(message, AIMessage):
        encoded["role"] = "assistant"
        _add_assistant_fields(encoded, message)
    elif isinstance(message, SystemMessage):
        encoded["role"] = extra.get("__openai_role__", system_role)
    elif isinstance(message, FunctionMessage):
        encoded["role"] = "function"
    elif isinstance(message, ChatMessage):
        encoded["role"] = message.role
    else:
        raise ConfigurationError(
            f"a {type(message).__name__} cannot be sent to a chat model; "
            "use System-, Human-, AI-, Tool- or ChatMessage"
        )
    return encoded


def _add_assistant_fields(encoded: Dict[str, JSON], message: AIMessage) -> None:
    """Add the calls, audio and refusal of a model's earlier turn."""
    extra = message.additional_kwargs
    calls = [_tool_call(call, json.dumps(call["args"], ensure_ascii=False)) for call in message.tool_calls]
    calls += [_tool_call(call, call["args"] or "") for call in message.invalid_tool_calls]
    for call in extra.get("tool_calls") or ():
        if "custom" in call or not message.tool_calls + message.invalid_tool_calls:
            calls.append({key: call[key] for key in ("id", "type", "function", "custom") if key in call})
    if calls:
        encoded["tool_calls"] = calls
    elif "function_call" in extra:  # both at once are refused
        encoded["function_call"] = extra["function_call"]
    if calls or "function_call" in encoded:
        encoded["content"] = encoded["content"] or None
    audio = extra.get("audio") or _audio_block(message.content)
    if audio:  # its data cannot be sent back, only its id
        encoded["audio"] = {"id": audio["id"]} if "id" in audio else audio
    if extra.get("refusal"):
        encoded["refusal"] = extra["refusal"]


def _tool_call(call: JSON, arguments: str) -> Dict[str, JSON]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": arguments},
    }


def _audio_block(content: JSON) -> Optional[JSON]:
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and block.get("type") == "audio" and block.get("id"):
            return block
    return None


# -- content -------------------------------------------------------------------------------


def _content(message: BaseMessage) -> JSON:
    content = message.content
    if isinstance(content, str):
        return content
    assistant = isinstance(message, AIMessage)
    parts = []
    for block in content:
        if isinstance(block, str):
            parts.append({"type": "text", "text": block})
        elif assistant and (block.get("type") in ASSISTANT_ONLY or _audio_block([block])):
            continue
        else:
            parts.append(_part(block))
    return parts if parts or not assistant else ""


def _part(block: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give one content part in OpenAI's form.

    Raises: `ConfigurationError` for a medium that this wire cannot say.
    """
    kind = block.get("type")
    if isinstance(kind, str) and isinstance(block.get(kind), dict):  # OpenAI's own form already, or one newer than this code
        return block
    if kind == "text":
        part = {key: value for key, value in block.items() if key not in NOT_ON_THE_WIRE}
    else:
        media = read_media(block)
        if media is None:
            return block
        part = _medium(media)
    marker = block.get("prompt_cache_breakpoint") or (block.get("extras") or {}).get("prompt_cache_breakpoint")
    if marker:
        part["prompt_cache_breakpoint"] = marker
    return part


def _medium(media: Media) -> Dict[str, JSON]:
    if media.kind == "text":
        return {"type": "text", "text": media.text}
    if media.kind == "image" or media.kind == "video":
        if media.address is None:
            raise ConfigurationError(f"an {media.kind} goes to Chat Completions by 'url', or 'base64' with 'mime_type'")
        place: Dict[str, JSON] = {"url": media.address}
        if "detail" in media.extras:
            place["detail"] = media.extras["detail"]
        name = f"{media.kind}_url"  # OpenAI has no video; Fireworks and Together have it so
        return {"type": name, name: place}
    subtype = (media.mime_type or "").partition("/")[2]
    if media.kind == "audio":
        if media.base64 is None:
            raise ConfigurationError("audio goes to Chat Completions as base64 data, not as a URL")
        sound = {"data": media.base64, "format": AUDIO_FORMATS.get(subtype, subtype)}
        return {"type": "input_audio", "input_audio": sound}
    if media.file_id is not None:
        return {"type": "file", "file": {"file_id": media.file_id}}
    if media.base64 is None:
        raise ConfigurationError(
            "a file goes to Chat Completions as 'base64' with 'mime_type', or by 'file_id', not as a URL"
        )
    # OpenAI demands a name with the data; its ending is what tells the kind of document.
    return {"type": "file", "file": {"file_data": media.address, "filename": media.name or f"document.{subtype}"}}
