"""LangChain's module of the functions over messages, and the types that programs write for them.

The functions are written in the modules beside this one; the two aliases are written here, because only
they need `typing` at run time.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple, Union

from .ai import AIMessage, AIMessageChunk
from .base import BaseMessage, message_chunk_to_message
from .buffer import get_buffer_string
from .convert import convert_to_messages
from .counting import count_tokens_approximately
from .dicts import messages_from_dict
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
from .openai_messages import convert_to_openai_messages
from .selection import filter_messages, merge_message_runs
from .tool import ToolMessage, ToolMessageChunk
from .trimming import trim_messages

__all__ = [
    "AnyMessage",
    "MessageLikeRepresentation",
    "convert_to_messages",
    "convert_to_openai_messages",
    "count_tokens_approximately",
    "filter_messages",
    "get_buffer_string",
    "merge_message_runs",
    "message_chunk_to_message",
    "messages_from_dict",
    "trim_messages",
]

AnyMessage = Union[
    AIMessage,
    HumanMessage,
    ChatMessage,
    SystemMessage,
    FunctionMessage,
    ToolMessage,
    AIMessageChunk,
    HumanMessageChunk,
    ChatMessageChunk,
    SystemMessageChunk,
    FunctionMessageChunk,
    ToolMessageChunk,
]
MessageLikeRepresentation = Union[BaseMessage, List[str], Tuple[str, str], str, Dict[str, Any]]
