"""What a prompt template gives a model: something that is text and messages at once."""

from __future__ import annotations

from .messages import HumanMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Sequence, TypedDict

    from .messages import BaseMessage

    class ImageURL(TypedDict, total=False):
        """An image by address, or as a `data:` URL; `detail` is low, high or auto (OpenAI's)."""

        url: str
        detail: str

else:
    ImageURL = dict

__all__ = [
    "ChatPromptValue",
    "ChatPromptValueConcrete",
    "ImagePromptValue",
    "ImageURL",
    "PromptValue",
    "StringPromptValue",
]


class PromptValue:
    """Base: `to_messages` for chat models, `to_string` for people and text models."""

    def to_messages(self) -> List[BaseMessage]:
        raise TypeError(f"{type(self).__name__} does not define to_messages()")

    def to_string(self) -> str:
        """Return the messages as text: `Human: ...`, `AI: ...`.

        Raises: ConfigurationError (a ValueError) for a kind of message that nobody speaks.
        """
        from .messages import get_buffer_string  # whole conversations are a module of their own

        return get_buffer_string(self.to_messages())


class StringPromptValue(PromptValue):
    """A prompt that is one text; for a chat model, one human message."""

    type = "StringPromptValue"

    def __init__(self, *, text: str) -> None:
        self.text = text

    def to_string(self) -> str:
        return self.text

    def to_messages(self) -> List[BaseMessage]:
        return [HumanMessage(content=self.text)]

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, StringPromptValue) else NotImplemented

    def __repr__(self) -> str:
        return f"StringPromptValue({self})"

    def __str__(self) -> str:
        return f"text={self.text!r}"


class ChatPromptValue(PromptValue):
    """A prompt that is a list of messages."""

    def __init__(self, *, messages: Sequence[BaseMessage]) -> None:
        self.messages = list(messages)

    def to_messages(self) -> List[BaseMessage]:
        return list(self.messages)

    def __eq__(self, other: object) -> bool:
        return self.messages == other.messages if isinstance(other, ChatPromptValue) else NotImplemented

    def __repr__(self) -> str:
        return f"ChatPromptValue({self})"

    def __str__(self) -> str:
        return f"messages={self.messages!r}"


ChatPromptValueConcrete = ChatPromptValue  # LangChain's name for schemas


class ImagePromptValue(PromptValue):
    """A prompt that is one image, by address."""

    type = "ImagePromptValue"

    def __init__(self, *, image_url: ImageURL) -> None:
        self.image_url = image_url

    def to_string(self) -> str:
        return self.image_url.get("url", "")

    def to_messages(self) -> List[BaseMessage]:
        return [HumanMessage(content=[dict(self.image_url)])]

    def __eq__(self, other: object) -> bool:
        return self.image_url == other.image_url if isinstance(other, ImagePromptValue) else NotImplemented

    def __repr__(self) -> str:
        return f"ImagePromptValue({self})"

    def __str__(self) -> str:
        return f"image_url={self.image_url!r}"
