"""Chat models: the base for users who write their own, the built-in kind, and fakes for tests."""

from __future__ import annotations

from ..lazy import names_from
from .chat_models import BaseChatModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import BaseLanguageModel
    from .fake_chat_models import (
        FakeChatModel,
        FakeListChatModel,
        FakeMessagesListChatModel,
        GenericFakeChatModel,
        ParrotFakeChatModel,
    )
    from .names import (
        LangSmithParams,
        LanguageModelInput,
        LanguageModelLike,
        LanguageModelOutput,
        LanguageModelOutputVar,
    )
    from .simple import SimpleChatModel

__all__ = [
    "BaseChatModel",
    "BaseLanguageModel",
    "FakeChatModel",
    "FakeListChatModel",
    "FakeMessagesListChatModel",
    "GenericFakeChatModel",
    "LangSmithParams",
    "LanguageModelInput",
    "LanguageModelLike",
    "LanguageModelOutput",
    "LanguageModelOutputVar",
    "ParrotFakeChatModel",
    "SimpleChatModel",
]

__getattr__ = names_from(
    __name__,
    {
        "base": "BaseLanguageModel",
        "fake_chat_models": (
            "FakeChatModel FakeListChatModel FakeMessagesListChatModel GenericFakeChatModel ParrotFakeChatModel"
        ),
        "names": (
            "LangSmithParams LanguageModelInput LanguageModelLike LanguageModelOutput LanguageModelOutputVar"
        ),
        "simple": "SimpleChatModel",
    },
    globals(),
)
