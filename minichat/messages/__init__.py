"""Messages: the items of a conversation, their streamed pieces, and how to make them.

Reading order: base (what all share), kinds and tool (the plain ones), merging (the rules of `+`),
tape (why `+` is cheap), ai (the one that streams), accumulate, convert.
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

__all__ = [
    "AIMessage",
    "AIMessageChunk",
    "Accumulator",
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
    "OutputTokenDetails",
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
    "invalid_tool_call",
    "leaf_chunk",
    "merge_content",
    "message_chunk_to_message",
    "tool_call",
    "tool_call_chunk",
]
