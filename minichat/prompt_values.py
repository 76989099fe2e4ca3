"""What a prompt template gives a model: something that is text and messages at once."""

from __future__ import annotations

from .messages import HumanMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Sequence

    from .messages import BaseMessage

__all__ = ["ChatPromptValue", "PromptValue", "StringPromptValue"]

SPEAKERS = {"human": "Human", "ai": "AI", "system": "System", "tool": "Tool", "function": "Function"}


class PromptValue:
    """Base: `to_messages` for chat models, `to_string` for people and text models."""

    def to_messages(self) -> List[BaseMessage]:
        raise TypeError(f"{type(self).__name__} does not define to_messages()")

    def to_string(self) -> str:
        lines = []
        for message in self.to_messages():
            speaker = SPEAKERS.get(message.type.replace("MessageChunk", "").lower())
            lines.append(f"{speaker or getattr(message, 'role', message.type)}: {message.text}")
        return "\n".join(lines)


class StringPromptValue(PromptValue):
    """A prompt that is one text; for a chat model, one human message."""

    def __init__(self, *, text: str) -> None:
        self.text = text

    def to_string(self) -> str:
        return self.text

    def to_messages(self) -> List[BaseMessage]:
        return [HumanMessage(content=self.text)]

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, StringPromptValue) else NotImplemented

    def __repr__(self) -> str:
        return f"StringPromptValue(text={self.text!r})"


class ChatPromptValue(PromptValue):
    """A prompt that is a list of messages."""

    def __init__(self, *, messages: Sequence[BaseMessage]) -> None:
        self.messages = list(messages)

    def to_messages(self) -> List[BaseMessage]:
        return list(self.messages)

    def __eq__(self, other: object) -> bool:
        return self.messages == other.messages if isinstance(other, ChatPromptValue) else NotImplemented

    def __repr__(self) -> str:
        return f"ChatPromptValue(messages={self.messages!r})"
