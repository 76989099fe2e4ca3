"""Make messages out of what people write: texts, pairs, dicts, and messages of other libraries.

An object counts as a message when it has `type` and `content`. So LangChain's own messages and
those of a second vendored copy of this library are understood, by reading their attributes; they
are never compared by class.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ConfigurationError
from .ai import AIMessage, AIMessageChunk
from .base import MISSING, BaseMessage
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
from .tool import ToolMessage, ToolMessageChunk, parse_openai_tool_calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["coerce_input", "coerce_message", "convert_to_messages"]

ROLES: dict[str, Any] = {
    "human": HumanMessage,
    "user": HumanMessage,
    "ai": AIMessage,
    "assistant": AIMessage,
    "system": SystemMessage,
    "developer": SystemMessage,
    "function": FunctionMessage,
    "tool": ToolMessage,
    "remove": RemoveMessage,
}
BY_TYPE = {
    cls.type: cls
    for cls in (
        HumanMessage,
        HumanMessageChunk,
        AIMessage,
        AIMessageChunk,
        SystemMessage,
        SystemMessageChunk,
        FunctionMessage,
        FunctionMessageChunk,
        ToolMessage,
        ToolMessageChunk,
        ChatMessage,
        ChatMessageChunk,
        RemoveMessage,
    )
}


def coerce_input(value: Any) -> list[BaseMessage]:
    """Return the messages of what a chat model was given: a text is one human message.

    Raises: ValueError for anything but a prompt value, a str or a sequence.
    """
    if isinstance(value, str):
        return [HumanMessage(value)]
    if hasattr(value, "to_messages") or isinstance(value, Sequence):
        return convert_to_messages(value)
    raise ConfigurationError(
        f"Invalid input type {type(value)}. Must be a PromptValue, str, or list of BaseMessages."
    )


def convert_to_messages(messages: Any) -> list[BaseMessage]:
    """Return a list of messages from a prompt value or an iterable of message-likes.

    A bare str is an iterable of characters here, each a human message; only a chat model's
    methods take it as one message.
    Raises: ValueError for an unknown role or a dict without role and content, NotImplementedError
    for a type that no message can be made of.
    """
    to_messages = getattr(messages, "to_messages", None)
    if to_messages is not None:
        messages = to_messages()
    return [one if isinstance(one, BaseMessage) else coerce_message(one) for one in messages]


def coerce_message(item: Any) -> BaseMessage:
    """Return the message one item stands for; a message is given back as it is."""
    if isinstance(item, BaseMessage):
        return item
    if isinstance(item, str):
        return HumanMessage(item)
    if isinstance(item, Sequence):
        if len(item) != 2:
            raise NotImplementedError("Message as a sequence must be (role string, content)")
        return _from_role(item[0], item[1])
    if isinstance(item, dict):
        return _from_dict(item)
    if hasattr(item, "type") and hasattr(item, "content"):
        return _from_foreign(item)
    raise NotImplementedError(f"Unsupported message type: {type(item)}")


def _from_dict(item: dict[str, Any]) -> BaseMessage:
    fields = dict(item)
    role = fields.pop("role", MISSING)
    if role is MISSING:
        role = fields.pop("type", MISSING)
    if role is MISSING or "content" not in fields:
        raise ConfigurationError(f"Message dict must contain 'role' and 'content' keys, got {item}")
    return _from_role(role, fields.pop("content") or "", **fields)


def _from_role(role: Any, content: Any, **given: Any) -> BaseMessage:
    """Build the message of a role; keys that are no field go to additional_kwargs."""
    cls = ROLES.get(role) if isinstance(role, str) else None
    if cls is None:
        raise ConfigurationError(
            f"Unexpected message type: {role}. Use one of 'human', 'user', 'ai', 'assistant', or 'system'. "
            "Known too: 'developer', 'function' and 'tool'."
        )
    kwargs = given.pop("additional_kwargs", None) or {}
    fields = {}
    for name in ("tool_call_id", "tool_calls", *cls._fields):
        value = given.pop(name, None)
        if value is not None:
            fields[name] = value
    kwargs = {**given, **kwargs}
    if cls is ToolMessage:  # old programs put them there
        for name in ("artifact", "status"):
            if kwargs.get(name) is not None:
                fields[name] = kwargs.pop(name)
    if fields.get("tool_calls"):
        fields.update(_tool_calls(fields["tool_calls"]))
    if role == "developer":
        kwargs["__openai_role__"] = "developer"
    if cls in (HumanMessage, AIMessage) and kwargs.pop("example", False):
        fields["example"] = True
    if kwargs:
        fields["additional_kwargs"] = kwargs
    made: BaseMessage = cls(content=content, **fields)
    return made


def _tool_calls(given: Any) -> dict[str, Any]:
    """Split tool calls of OpenAI's shape, of our own, or mixed, into valid and invalid ones."""
    calls, invalid = [], []
    for call in given:
        if isinstance(call, dict) and "function" in call:
            good, bad = parse_openai_tool_calls([call])
            calls += good
            invalid += bad
        else:
            calls.append(call)
    return {"tool_calls": calls, "invalid_tool_calls": invalid} if invalid else {"tool_calls": calls}


def _from_foreign(item: Any) -> BaseMessage:
    """Copy a message of another library, field by field, into the class of the same type."""
    cls = BY_TYPE.get(item.type) if isinstance(item.type, str) else None
    if cls is None:
        raise ConfigurationError(f"Unexpected message type: {item.type} of a {type(item)}")
    fields = dict(getattr(item, "model_extra", None) or {})
    for name in cls._fields:
        value = getattr(item, name, None)
        if value is not None and (name != "content"):
            fields[name] = value
    made = cls(content=item.content, **fields)
    if cls is AIMessageChunk:  # what was read there already is not read again from the pieces
        for name in ("tool_calls", "invalid_tool_calls"):
            if fields.get(name):
                made.__dict__[name] = cls._checks[name](cls, name, fields[name])
    return made
