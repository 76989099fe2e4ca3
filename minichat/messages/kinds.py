"""The plain kinds of message: human, system, function and chat, each whole and as a chunk; and remove.

The kinds with rules of their own have their own files: ai.py and tool.py.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .base import BaseMessage, BaseMessageChunk, check_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

__all__ = [
    "ChatMessage",
    "ChatMessageChunk",
    "FunctionMessage",
    "FunctionMessageChunk",
    "HumanMessage",
    "HumanMessageChunk",
    "RemoveMessage",
    "SystemMessage",
    "SystemMessageChunk",
]

PLAIN_FIELDS = ("content", "additional_kwargs", "response_metadata", "name", "id")
SHOWN = (("name", None),)


class HumanMessage(BaseMessage):
    """What a person says to the model.

    >>> HumanMessage("Hello", name="bob")
    HumanMessage(content='Hello', name='bob')
    """

    type = "human"
    _fields = PLAIN_FIELDS
    _shown = SHOWN
    _required = ()


class HumanMessageChunk(HumanMessage, BaseMessageChunk):
    """A piece of a human message."""

    type = "HumanMessageChunk"


class SystemMessage(BaseMessage):
    """Instructions that stand above the conversation.

    >>> SystemMessage("Be brief.")
    SystemMessage(content='Be brief.')
    """

    type = "system"
    _fields = PLAIN_FIELDS
    _shown = SHOWN
    _required = ()


class SystemMessageChunk(SystemMessage, BaseMessageChunk):
    """A piece of a system message."""

    type = "SystemMessageChunk"


class FunctionMessage(BaseMessage):
    """The result of a function call of OpenAI's legacy kind; new programs use ToolMessage.

    >>> FunctionMessage("4", name="add")
    FunctionMessage(content='4', name='add')
    """

    type = "function"
    name: str
    _fields = PLAIN_FIELDS
    _shown = SHOWN
    _required = ("name",)
    _checks = {**BaseMessage._checks, "name": check_text}


class FunctionMessageChunk(FunctionMessage, BaseMessageChunk):
    """A piece of a function message."""

    type = "FunctionMessageChunk"

    def _add_own(self, others: Any) -> dict[str, Any]:
        for other in others:
            if isinstance(other, FunctionMessageChunk) and other.name != self.name:
                raise ValueError("Cannot concatenate FunctionMessageChunks with different names.")
        return {"name": self.name}


class ChatMessage(BaseMessage):
    """A message of a role that the caller names.

    >>> ChatMessage("hi", role="referee")
    ChatMessage(content='hi', role='referee')
    """

    type = "chat"
    role: str
    _fields = (*PLAIN_FIELDS, "role")
    _shown = (*SHOWN, ("role", None))
    _required = ("role",)
    _checks = {**BaseMessage._checks, "role": check_text}


class ChatMessageChunk(ChatMessage, BaseMessageChunk):
    """A piece of a chat message."""

    type = "ChatMessageChunk"

    def _add_own(self, others: Any) -> dict[str, Any]:
        for other in others:
            if isinstance(other, ChatMessageChunk) and other.role != self.role:
                raise ValueError("Cannot concatenate ChatMessageChunks with different roles.")
        return {"role": self.role}


class RemoveMessage(BaseMessage):
    """Says that the message of this id is to be taken out of a stored history.

    >>> RemoveMessage("m1")
    RemoveMessage(content='', id='m1')

    For programs that keep histories; no model can be sent one. Its content is always empty.
    """

    type = "remove"
    _fields = PLAIN_FIELDS
    _shown = (*SHOWN, ("id", None))
    _required = ()

    def __init__(self, id: Optional[str], **fields: Any) -> None:
        if fields.pop("content", ""):
            raise ConfigurationError("RemoveMessage: content must be left out; it names a message by id only")
        super().__init__("", id=id, **fields)
