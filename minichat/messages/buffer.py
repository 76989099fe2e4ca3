"""A conversation as one text, for prompts that quote it: `Human: hi` lines, or XML elements.

The plain form is for people; a text in it that looks like `AI: ...` cannot be told from a turn.
The XML form escapes what is quoted, and names images, sound and tool traffic in elements of their
own. Data inside a message (base64, `data:` URLs) is left out of both.
"""

from __future__ import annotations

import json

from ..errors import ConfigurationError
from .ai import AIMessage
from .kinds import ChatMessage, FunctionMessage, HumanMessage, SystemMessage
from .tool import ToolMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

    from .base import BaseMessage

__all__ = ["get_buffer_string"]

# Characters of a quotation; those of LangChain, whose prompts may have been tuned with them.
MAX_QUOTED = 500
MAX_CALL_ID = 64

ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
ATTRIBUTE_ESCAPES = (("\n", "&#10;"), ("\r", "&#13;"), ("\t", "&#9;"))  # parsers read the bare ones as spaces


def get_buffer_string(
    messages: Iterable[BaseMessage],
    human_prefix: str = "Human",
    ai_prefix: str = "AI",
    *,
    system_prefix: str = "System",
    function_prefix: str = "Function",
    tool_prefix: str = "Tool",
    message_separator: str = "\n",
    format: Literal["prefix", "xml"] = "prefix",
) -> str:
    """Return the messages as one text.

    >>> talk = [HumanMessage("Is 1 < 2?"), AIMessage("Yes.")]
    >>> print(get_buffer_string(talk))
    Human: Is 1 < 2?
    AI: Yes.
    >>> print(get_buffer_string(talk, format="xml"))
    <message type="human">Is 1 &lt; 2?</message>
    <message type="ai">Yes.</message>

    The prefixes name the speaker, in lower case as the XML "type"; a ChatMessage is named by its
    role. "prefix" has texts and tool calls only.
    Raises: ConfigurationError for another format, or for a kind of message that nobody speaks.
    """
    if format not in ("prefix", "xml"):
        raise ConfigurationError(f"get_buffer_string: format must be 'prefix' or 'xml', got {format!r}")
    prefixes = (
        (HumanMessage, human_prefix),
        (AIMessage, ai_prefix),
        (SystemMessage, system_prefix),
        (FunctionMessage, function_prefix),
        (ToolMessage, tool_prefix),
    )
    written = []
    for at, message in enumerate(messages):
        if isinstance(message, ChatMessage):
            speaker = kind = message.role
        else:
            found = [prefix for cls, prefix in prefixes if isinstance(message, cls)]
            if not found:
                raise ConfigurationError(
                    f"get_buffer_string: messages[{at}] is of the unsupported message type "
                    f"{type(message).__name__}; leave it out, or use a ChatMessage"
                )
            speaker, kind = found[0], found[0].lower()
        written.append(_element(message, kind) if format == "xml" else _line(message, speaker))
    return message_separator.join(written)


def _line(message: BaseMessage, speaker: str) -> str:
    calls: Any = ""
    if isinstance(message, AIMessage):
        calls = message.tool_calls or message.additional_kwargs.get("function_call", "")
    return f"{speaker}: {message.text}{calls}"


def _element(message: BaseMessage, kind: str) -> str:
    blocks: Any = [message.content] if isinstance(message.content, str) else message.content
    parts = [_escaped(block) if isinstance(block, str) else _quotation(block) for block in blocks]
    content = " ".join(part for part in parts if part)
    opened = f"<message type={_quoted(kind)}>"
    calls = _calls(message) if isinstance(message, AIMessage) else []
    if not calls:
        return f"{opened}{content}</message>"
    inner = [f"<content>{content}</content>", *calls] if content else calls
    return "\n".join([opened, *(f"  {line}" for line in inner), "</message>"])


def _calls(message: AIMessage) -> list[str]:
    """Return one element per tool call, or that of a legacy function call."""
    if not message.tool_calls and "function_call" in message.additional_kwargs:
        call = message.additional_kwargs["function_call"]
        args = _escaped(str(call.get("arguments") or "{}"))
        return [f"<function_call name={_quoted(call.get('name'))}>{args}</function_call>"]
    elements = []
    for call in message.tool_calls:
        id = _cut(call.get("id") or "", MAX_CALL_ID)
        args = _escaped(_json(call.get("args", {})))
        elements.append(f"<tool_call id={_quoted(id)} name={_quoted(call.get('name'))}>{args}</tool_call>")
    return elements


def _quotation(block: dict[str, Any]) -> str:
    """Return a content block as text or element; "" for data and for kinds that are not quoted."""
    kind = block.get("type", "")
    if _holds_data(block):
        return ""
    if kind == "text":
        return _escaped(block.get("text") or "")
    if kind == "text-plain":
        return _escaped(_cut(block.get("text") or "", MAX_QUOTED))
    if kind == "reasoning":
        thought = _escaped(block.get("reasoning") or "")
        return f"<reasoning>{thought}</reasoning>" if thought else ""
    if kind == "image_url":
        url = _image_url(block)
        return f"<image url={_quoted(url)} />" if url else ""
    if kind in ("image", "audio", "video"):
        for key in ("url", "file_id"):
            if block.get(key):
                return f"<{kind} {key}={_quoted(block[key])} />"
        return ""
    if kind == "server_tool_call":
        attributes = f"id={_quoted(block.get('id'))} name={_quoted(block.get('name'))}"
        args = _escaped(_cut(_json(block.get("args", {})), MAX_QUOTED))
        return f"<server_tool_call {attributes}>{args}</server_tool_call>"
    if kind == "server_tool_result":
        attributes = f"tool_call_id={_quoted(block.get('tool_call_id'))} status={_quoted(block.get('status'))}"
        output = _escaped(_cut(_json(block["output"]), MAX_QUOTED)) if block.get("output") else ""
        return f"<server_tool_result {attributes}>{output}</server_tool_result>"
    return ""


def _holds_data(block: dict[str, Any]) -> bool:
    urls = (block.get("url"), _image_url(block))
    return bool(block.get("base64")) or any(isinstance(url, str) and url.startswith("data:") for url in urls)


def _image_url(block: dict[str, Any]) -> Any:
    image = block.get("image_url")
    return image.get("url") if isinstance(image, dict) else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "..."


def _escaped(text: str) -> str:
    for character, entity in ESCAPES:
        text = text.replace(character, entity)
    return text


def _quoted(value: Any) -> str:
    """Return an attribute's value in quotes, of the kind that it does not contain itself."""
    text = _escaped(str(value or ""))
    for character, entity in ATTRIBUTE_ESCAPES:
        text = text.replace(character, entity)
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace('"', "&quot;") + '"'
