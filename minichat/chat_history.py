"""Where a conversation is kept between calls: names and behaviour of `langchain_core.chat_history`.

A history of one's own has `messages` (an attribute or a property), `clear`, and one of `add_message` and
`add_messages`, each of which is made from the other. The a-variants run these in a thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from .errors import ConfigurationError
from .messages import AIMessage, BaseMessage, HumanMessage, get_buffer_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, List, Optional, Union

__all__ = ["BaseChatMessageHistory", "InMemoryChatMessageHistory"]


class BaseChatMessageHistory(ABC):
    """A conversation that is kept somewhere; `str` of it is the conversation as text.

    >>> class Upper(BaseChatMessageHistory):
    ...     def __init__(self):
    ...         self.messages = []
    ...     def add_messages(self, messages):
    ...         self.messages += [HumanMessage(one.text.upper()) for one in messages]
    ...     def clear(self):
    ...         self.messages = []
    >>> history = Upper()
    >>> history.add_user_message("hi")
    >>> print(history)
    Human: HI
    """

    messages: List[BaseMessage]

    def add_message(self, message: BaseMessage) -> None:
        """Add one message.

        Raises: NotImplementedError where a subclass has neither this nor `add_messages`.
        """
        if type(self).add_messages is BaseChatMessageHistory.add_messages:
            raise NotImplementedError(
                "add_message is not implemented for this class. Please implement add_message or add_messages."
            )
        self.add_messages([message])

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Add messages, in their order; a store far away does better to take them all at once."""
        for message in messages:
            self.add_message(message)

    def add_user_message(self, message: Union[HumanMessage, str]) -> None:
        """Add what the person said: a text, or a human message."""
        self.add_message(message if isinstance(message, HumanMessage) else HumanMessage(message))

    def add_ai_message(self, message: Union[AIMessage, str]) -> None:
        """Add what the model answered: a text, or its message."""
        self.add_message(message if isinstance(message, AIMessage) else AIMessage(message))

    @abstractmethod
    def clear(self) -> None:
        """Forget all messages."""

    async def aget_messages(self) -> List[BaseMessage]:
        """Give `messages`, on the running event loop."""
        found: List[BaseMessage] = await _in_thread(lambda: self.messages)
        return found

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """As `add_messages`, on the running event loop."""
        await _in_thread(self.add_messages, messages)

    async def aclear(self) -> None:
        """As `clear`, on the running event loop."""
        await _in_thread(self.clear)

    def __str__(self) -> str:
        return get_buffer_string(self.messages)


class InMemoryChatMessageHistory(BaseChatMessageHistory):
    """A conversation in a list.

    >>> history = InMemoryChatMessageHistory()
    >>> history.add_user_message("Is 1 < 2?")
    >>> history.add_ai_message("Yes.")
    >>> history.messages
    [HumanMessage(content='Is 1 < 2?'), AIMessage(content='Yes.')]
    >>> print(history)
    Human: Is 1 < 2?
    AI: Yes.

    Raises: `ConfigurationError` for what is no message.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *, messages: Optional[Sequence[BaseMessage]] = None) -> None:
        if messages is not None and not isinstance(messages, (list, tuple)):
            raise ConfigurationError(
                f"{type(self).__name__}: messages must be a list of messages, got {type(messages).__name__}"
            )
        self.messages = []
        self.add_messages(messages or [])

    def add_message(self, message: BaseMessage) -> None:
        """Add one message, the object itself."""
        if not (hasattr(message, "type") and hasattr(message, "content")):
            raise ConfigurationError(
                f"{type(self).__name__}: message must be a message, got {type(message).__name__}; "
                "add_user_message and add_ai_message take a text"
            )
        self.messages.append(message)

    def clear(self) -> None:
        """Begin a new list; whoever holds the old one keeps its messages."""
        self.messages = []

    async def aget_messages(self) -> List[BaseMessage]:
        """Give `messages`; no thread is needed for it."""
        return self.messages

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """As `add_messages`; no thread is needed for it."""
        self.add_messages(messages)

    async def aclear(self) -> None:
        """As `clear`; no thread is needed for it."""
        self.clear()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.messages == other.messages

    def __repr__(self) -> str:
        return f"{type(self).__name__}(messages={self.messages!r})"


async def _in_thread(function: Any, *args: Any) -> Any:
    from .backends.aio import backend

    return await backend.call(function, *args)
