"""LangChain's fake chat models: a program's tests need no server and no key.

>>> FakeListChatModel(responses=["first", "second"]).invoke("anything").content
'first'
"""

from __future__ import annotations

import re

from ..errors import ConfigurationError
from ..messages import AIMessage, AIMessageChunk
from ..outputs import ChatGeneration, ChatResult
from .built_in import BuiltIn, BuiltInStreaming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence
    from typing import Any, Dict, List, Optional, Union

    from ..messages import BaseMessage
    from ..runs import Run

__all__ = [
    "FakeChatModel",
    "FakeListChatModel",
    "FakeListChatModelError",
    "FakeMessagesListChatModel",
    "GenericFakeChatModel",
    "ParrotFakeChatModel",
]


class FakeListChatModelError(Exception):
    """What `FakeListChatModel` raises at `error_on_chunk_number`."""


def _result(message: BaseMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


class _Scripted(BuiltIn):
    """Answers from a list, in turn, beginning again at its end; `sleep` seconds before each piece."""

    responses: List[Any]
    sleep: Optional[float] = None
    i: int = 0

    def _next_response(self) -> Any:
        response = self.responses[self.i]
        self.i = self.i + 1 if self.i < len(self.responses) - 1 else 0
        return response

    async def _pause(self, run: Run) -> None:
        if self.sleep is not None:
            await run.context.backend.sleep(self.sleep)


class FakeMessagesListChatModel(_Scripted):
    """Answers with the given messages, in turn."""

    responses: List[BaseMessage]

    @property
    def _llm_type(self) -> str:
        return "fake-messages-list-chat-model"

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        await self._pause(run)
        return _result(self._next_response())


class FakeListChatModel(BuiltInStreaming, _Scripted):
    """Answers with the given texts, in turn; streams them letter by letter.

    `error_on_chunk_number`: the index of the streamed chunk at which it raises.
    """

    responses: List[str]
    error_on_chunk_number: Optional[int] = None

    @property
    def _llm_type(self) -> str:
        return "fake-list-chat-model"

    @property
    def _identifying_params(self) -> Dict[str, Any]:
        return {"responses": self.responses}

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        await self._pause(run)
        return _result(AIMessage(content=self._call(messages, stop=stop, **kwargs)))

    def _call(self, messages: List[BaseMessage], stop: Optional[List[str]] = None, **kwargs: Any) -> str:
        """Give the next text; for subclasses to change."""
        text: str = self._next_response()
        return text

    async def _pieces(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        response = self._next_response()
        for index, letter in enumerate(response):
            await self._pause(run)
            if index == self.error_on_chunk_number:
                raise FakeListChatModelError
            last = "last" if index == len(response) - 1 else None
            chunk = AIMessageChunk(content=letter, id=f"lc_run--{run.id}", chunk_position=last)
            yield [chunk]


class FakeChatModel(BuiltIn):
    """Answers "fake response" to everything."""

    @property
    def _llm_type(self) -> str:
        return "fake-chat-model"

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        return _result(AIMessage(content=self._call(messages, stop=stop, **kwargs)))

    def _call(self, messages: List[BaseMessage], stop: Optional[List[str]] = None, **kwargs: Any) -> str:
        """Give the text; for subclasses to change."""
        return "fake response"


class GenericFakeChatModel(BuiltInStreaming):
    """Answers with what an iterator gives, messages or texts; streams them word by word.

    A function call in `additional_kwargs` is streamed after the text, its arguments cut at commas.
    """

    messages: Iterator[Union[AIMessage, str]]

    @property
    def _llm_type(self) -> str:
        return "generic-fake-chat-model"

    def _next_message(self) -> AIMessage:
        message = next(self.messages)
        return AIMessage(content=message) if isinstance(message, str) else message

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        return _result(self._next_message())

    async def _pieces(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        message = self._next_message()
        if not isinstance(message.content, str):
            raise ConfigurationError("GenericFakeChatModel streams messages whose content is a str")
        words = re.split(r"(\s)", message.content) if message.content else []
        pieces = [{"content": word} for word in words]
        pieces += [{"content": "", "additional_kwargs": extra} for extra in _split(message.additional_kwargs)]
        for index, piece in enumerate(pieces):
            last = "last" if index == len(pieces) - 1 and not message.additional_kwargs else None
            yield [AIMessageChunk(**piece, id=message.id or f"lc_run--{run.id}", chunk_position=last)]
        if pieces and message.additional_kwargs:
            yield [AIMessageChunk(content="", id=f"lc_run--{run.id}", chunk_position="last")]


def _split(extra: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    for key, value in extra.items():
        if key != "function_call":
            yield {key: value}
            continue
        for name, part in value.items():
            parts = re.split(r"(,)", part) if isinstance(part, str) else [part]
            yield from ({key: {name: piece}} for piece in parts)


class ParrotFakeChatModel(BuiltIn):
    """Answers with the last message it was given."""

    @property
    def _llm_type(self) -> str:
        return "parrot-fake-chat-model"

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        if not messages:
            raise ConfigurationError("ParrotFakeChatModel needs at least one message to repeat")
        return _result(messages[-1])

