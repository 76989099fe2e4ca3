"""SimpleChatModel: for users whose model gives a text, `_call(messages, stop, run_manager, **kwargs) -> str`."""

from __future__ import annotations

from ..messages import AIMessage
from ..outputs import ChatGeneration, ChatResult
from .chat_models import BaseChatModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional

    from ..messages import BaseMessage

__all__ = ["SimpleChatModel"]


class SimpleChatModel(BaseChatModel):
    """A chat model of one function from messages to a text.

    >>> class Counting(SimpleChatModel):
    ...     def _call(self, messages, stop=None, run_manager=None, **kwargs):
    ...         return f"{len(messages)} so far"
    >>> Counting().invoke("hello")
    AIMessage(content='1 so far')
    """

    def _call(
        self, messages: List[BaseMessage], stop: Optional[List[str]] = None, run_manager: Any = None, **kwargs: Any
    ) -> str:
        raise TypeError(f"{type(self).__name__} defines no _call(messages, stop, run_manager, **kwargs)")

    def _generate(
        self, messages: List[BaseMessage], stop: Optional[List[str]] = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        text = self._call(messages, stop=stop, run_manager=run_manager, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])
