"""Messages: the items of a conversation, their streamed pieces, and how to make them.

Reading order: base (what all share), kinds and tool (the plain ones), merging (the rules of `+`),
tape (why `+` is cheap), ai (the one that streams), accumulate, convert. What works on whole
conversations is imported on first use: selection, trimming, openai_messages, counting, buffer, dicts.
"""

from __future__ import annotations

from .accumulate import Accumulator
from .ai import (
    AIMessage,
    AIMessageChunk,
    InputTokenDetails,
    OutputTokenDetails,
    UsageMetadata,
    add_ai_message_chunks,
    add_usage,
    leaf_chunk,
)
from .base import BaseMessage, BaseMessageChunk, message_chunk_to_message
from .convert import coerce_input, coerce_message, convert_to_messages
from .kinds import (
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
)
from .merging import merge_content
from .tool import (
    InvalidToolCall,
    ToolCall,
    ToolCallChunk,
    ToolMessage,
    ToolMessageChunk,
    invalid_tool_call,
    tool_call,
    tool_call_chunk,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .buffer import get_buffer_string
    from .counting import count_tokens_approximately
    from .dicts import message_to_dict, messages_from_dict, messages_to_dict
    from .openai_messages import convert_to_openai_messages
    from .selection import filter_messages, merge_message_runs
    from .trimming import trim_messages
    from .utils import AnyMessage, MessageLikeRepresentation

__all__ = [
    "AIMessage",
    "AIMessageChunk",
    "Accumulator",
    "AnyMessage",
    "BaseMessage",
    "BaseMessageChunk",
    "ChatMessage",
    "ChatMessageChunk",
    "FunctionMessage",
    "FunctionMessageChunk",
    "HumanMessage",
    "HumanMessageChunk",
    "InputTokenDetails",
    "InvalidToolCall",
    "MessageLikeRepresentation",
    "OutputTokenDetails",
    "RemoveMessage",
    "SystemMessage",
    "SystemMessageChunk",
    "ToolCall",
    "ToolCallChunk",
    "ToolMessage",
    "ToolMessageChunk",
    "UsageMetadata",
    "add_ai_message_chunks",
    "add_usage",
    "coerce_input",
    "coerce_message",
    "convert_to_messages",
    "convert_to_openai_messages",
    "count_tokens_approximately",
    "filter_messages",
    "get_buffer_string",
    "invalid_tool_call",
    "leaf_chunk",
    "merge_content",
    "merge_message_runs",
    "message_chunk_to_message",
    "message_to_dict",
    "messages_from_dict",
    "messages_to_dict",
    "tool_call",
    "tool_call_chunk",
    "trim_messages",
]

_LATER = {
    "AnyMessage": "utils",
    "MessageLikeRepresentation": "utils",
    "convert_to_openai_messages": "openai_messages",
    "count_tokens_approximately": "counting",
    "filter_messages": "selection",
    "get_buffer_string": "buffer",
    "merge_message_runs": "selection",
    "message_to_dict": "dicts",
    "messages_from_dict": "dicts",
    "messages_to_dict": "dicts",
    "trim_messages": "trimming",
}


def __getattr__(name: str) -> Any:
    home = _LATER.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
