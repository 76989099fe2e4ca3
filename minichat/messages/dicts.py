"""Messages as plain dicts and back, for storing a conversation: `{"type": ..., "data": {...}}`.

The shape is LangChain's, so a history stored by one library is read by the other. `data` holds all
fields; what is no field (an old "example", say) comes back as an extra attribute.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .convert import BY_TYPE
from .kinds import RemoveMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .base import BaseMessage

__all__ = ["message_from_dict", "message_to_dict", "messages_from_dict", "messages_to_dict"]


def message_to_dict(message: BaseMessage) -> dict[str, Any]:
    """Return one message as a dict that shares nothing with it.

    >>> from .kinds import HumanMessage
    >>> stored = message_to_dict(HumanMessage("hi", id="m1"))
    >>> stored["type"], stored["data"]["content"], stored["data"]["id"]
    ('human', 'hi', 'm1')

    Shape: {"type": str, "data": {field: value}}; JSON as far as the values in it are.
    """
    return {"type": message.type, "data": message.model_dump()}


def messages_to_dict(messages: Iterable[BaseMessage]) -> list[dict[str, Any]]:
    """Return each message as `message_to_dict` does."""
    return [message_to_dict(message) for message in messages]


def messages_from_dict(messages: Iterable[dict[str, Any]]) -> list[BaseMessage]:
    """Return the messages that `messages_to_dict` wrote.

    >>> messages_from_dict([{"type": "human", "data": {"content": "hi"}}])
    [HumanMessage(content='hi')]

    Raises: ConfigurationError (a ValueError) that names the entry and what is wrong with it.
    """
    return [message_from_dict(stored, f"messages[{at}]") for at, stored in enumerate(messages)]


def message_from_dict(stored: Any, where: str = "the message", *, exactly: bool = False) -> BaseMessage:
    """Return the message of one dict; `where` names it in errors.

    A message's tool calls are read out of `additional_kwargs` where it has none of its own, as by its
    constructor. `exactly`: every field is as it was stored; for what `message_to_dict` itself wrote.

    Raises: ConfigurationError (a ValueError) that says what is wrong.
    """
    if not isinstance(stored, dict) or "type" not in stored or not isinstance(stored.get("data"), dict):
        raise ConfigurationError(
            f"{where} must be a dict with 'type' and a dict 'data', as messages_to_dict writes; "
            f"got {sorted(map(str, stored)) if isinstance(stored, dict) else type(stored).__name__}"
        )
    kind, data = stored["type"], stored["data"]
    cls = BY_TYPE.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise ConfigurationError(
            f"{where} has the unexpected message type {kind!r}; known: {', '.join(BY_TYPE)}"
        )
    needed = ("id",) if cls is RemoveMessage else ("content", *cls._required)
    missing = [name for name in needed if name not in data]
    if missing:
        raise ConfigurationError(f"{where}: the data of a {kind!r} message lacks {missing}")
    message: BaseMessage = cls(**data)
    if exactly:
        fields = {name: value for name, value in data.items() if name != "type"}
        message = message.model_copy(update=fields)
    return message
