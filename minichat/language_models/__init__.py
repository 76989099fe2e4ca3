"""Chat models: the base for users who write their own, the built-in kind, and fakes for tests."""

from __future__ import annotations

from .chat_models import BaseChatModel
from .fake_chat_models import (
    FakeChatModel,
    FakeListChatModel,
    FakeMessagesListChatModel,
    GenericFakeChatModel,
    ParrotFakeChatModel,
)

__all__ = [
    "BaseChatModel",
    "FakeChatModel",
    "FakeListChatModel",
    "FakeMessagesListChatModel",
    "GenericFakeChatModel",
    "ParrotFakeChatModel",
]
