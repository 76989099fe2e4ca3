"""The calls of early LangChain: `chat(messages)`, `predict` and their relatives, each with a warning.

They are gone from langchain-core 1.x; programs and pages of 2023 and early 2024 use them. All of them are
`generate` of one conversation.
"""

from __future__ import annotations

from ..messages import HumanMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional

    from ..messages import BaseMessage
    from ..outputs import LLMResult

__all__ = ["LangChainDeprecationWarning", "Legacy", "deprecated"]


class LangChainDeprecationWarning(DeprecationWarning):
    """What the deprecated calls warn with; LangChain's name."""


def deprecated(old: str, new: str) -> None:
    """Warn at the line that called the caller of this."""
    import warnings

    text = f"{old} is deprecated in LangChain and gone from its version 1; use {new}"
    warnings.warn(text, LangChainDeprecationWarning, stacklevel=3)


class Legacy:
    """What chat models could be asked before there was `invoke`."""

    def __call__(
        self,
        messages: List[BaseMessage],
        stop: Optional[List[str]] = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> BaseMessage:
        """Answer a list of messages. Deprecated: `invoke`."""
        deprecated("calling a chat model", "invoke(messages)")
        return self._one([messages], stop, callbacks, kwargs)

    def predict(self, text: str, *, stop: Optional[Sequence[str]] = None, **kwargs: Any) -> str:
        """Answer a text with a text. Deprecated: `invoke(text).text`.

        Raises: ValueError for an answer that is more than text.
        """
        deprecated("predict", "invoke(text).content")
        return _text(self._one([[HumanMessage(content=text)]], stop, None, kwargs))

    def predict_messages(
        self, messages: List[BaseMessage], *, stop: Optional[Sequence[str]] = None, **kwargs: Any
    ) -> BaseMessage:
        """Answer a list of messages. Deprecated: `invoke`."""
        deprecated("predict_messages", "invoke(messages)")
        return self._one([messages], stop, None, kwargs)

    def call_as_llm(self, message: str, stop: Optional[List[str]] = None, **kwargs: Any) -> str:
        """Answer a text with a text. Deprecated: `invoke`."""
        deprecated("call_as_llm", "invoke(text).content")
        return _text(self._one([[HumanMessage(content=message)]], stop, None, kwargs))

    async def apredict(self, text: str, *, stop: Optional[Sequence[str]] = None, **kwargs: Any) -> str:
        """As `predict`, on the running event loop."""
        deprecated("apredict", "ainvoke(text).content")
        return _text(await self._aone([[HumanMessage(content=text)]], stop, None, kwargs))

    async def apredict_messages(
        self, messages: List[BaseMessage], *, stop: Optional[Sequence[str]] = None, **kwargs: Any
    ) -> BaseMessage:
        """As `predict_messages`, on the running event loop."""
        deprecated("apredict_messages", "ainvoke(messages)")
        return await self._aone([messages], stop, None, kwargs)

    async def _call_async(
        self,
        messages: List[BaseMessage],
        stop: Optional[List[str]] = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> BaseMessage:
        """Answer a list of messages; what subclasses of early LangChain call."""
        return await self._aone([messages], stop, callbacks, kwargs)

    def dict(self, **kwargs: Any) -> Dict[str, Any]:
        """Give what identifies this model. Deprecated: `asdict`."""
        deprecated("dict", "asdict()")
        return self.asdict()  # type: ignore[attr-defined,no-any-return]

    # -- what they are made of -------------------------------------------------------------

    def _one(self, messages: Any, stop: Any, callbacks: Any, kwargs: Any) -> BaseMessage:
        stop = None if stop is None else list(stop)
        return _first(self.generate(messages, stop, callbacks, **kwargs))  # type: ignore[attr-defined]

    async def _aone(self, messages: Any, stop: Any, callbacks: Any, kwargs: Any) -> BaseMessage:
        stop = None if stop is None else list(stop)
        return _first(await self.agenerate(messages, stop, callbacks, **kwargs))  # type: ignore[attr-defined]


def _first(result: LLMResult) -> BaseMessage:
    return result.generations[0][0].message  # type: ignore[attr-defined,no-any-return]


def _text(message: BaseMessage) -> str:
    if not isinstance(message.content, str):
        raise ValueError("Cannot use predict when output is not a string.")
    return message.content
