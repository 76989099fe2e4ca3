"""BuiltIn: base of the models of this library, whose seams are their own: LangChain's hooks, made of them.

Whoever writes a subclass of `ChatOpenAI` or of a fake overrides a hook and calls `super()` in it, as in
LangChain: the four hooks exist here for that, and for models that ask another one. Nothing else calls them. A class that overrides
one has that seam made of its hooks (`BaseChatModel.__init_subclass__`); `super()` in it comes here, and
finds the seam of the kind below.
"""

from __future__ import annotations

from ..backends.driver import closing, iterate, run as run_blocking
from ..outputs import ChatGenerationChunk
from ..runnables.base import asyncio_backend, blocking_backend
from ..runs import Context
from .async_hooks import made
from .chat_models import BaseChatModel
from .telling import ModelRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from typing import Any, Dict, List, Optional

    from ..backends.base import Backend
    from ..messages import BaseMessage
    from ..outputs import ChatResult

    Stop = Optional[List[str]]

__all__ = ["BuiltIn", "BuiltInStreaming"]


class BuiltIn(BaseChatModel):
    """A chat model with an `_answer` of its own."""

    def _generate(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        """Give the answers to `messages`. For subclasses to call; callers use `invoke` or `generate`."""
        return run_blocking(self._own_answer(blocking_backend(), messages, stop, run_manager, kwargs))

    @made
    async def _agenerate(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        """As `_generate`, without blocking the event loop."""
        return await self._own_answer(asyncio_backend(), messages, stop, run_manager, kwargs)

    async def _own_answer(
        self, backend: Backend, messages: List[BaseMessage], stop: Stop, manager: Any, kwargs: Dict[str, Any]
    ) -> ChatResult:
        run = self._own_run(backend, manager)
        result: ChatResult = await self._own_seam("_answer")(run, messages, stop, kwargs)
        result.again = None  # whoever asked may change it
        self._describe(result)
        return result

    def _own_run(self, backend: Backend, manager: Any) -> ModelRun:
        """Give the run that a hook was told of by its run manager, or one that nobody hears of."""
        told: Any = getattr(manager, "_run", None)
        if told is None:
            return ModelRun(Context(backend), self)
        return ModelRun(told.context.over(backend).replaced(run_id=told.id), self)

    def _own_seam(self, name: str) -> Any:
        """Give the seam that a kind of model defines, not the one made of a subclass's hooks."""
        made = BaseChatModel.__dict__[name]
        for cls in type(self).__mro__:
            if cls.__dict__.get(name, made) is not made:
                return cls.__dict__[name].__get__(self)
        raise TypeError(f"{type(self).__name__} does not say how it answers ({name})")


class BuiltInStreaming(BuiltIn):
    """A chat model with `_pieces` of its own, too."""

    def _stream(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        """Give the answer to `messages` in chunks. For subclasses to call; callers use `stream`."""
        return iterate(self._own_pieces(blocking_backend(), messages, stop, run_manager, kwargs))

    @made
    def _astream(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        """As `_stream`, without blocking the event loop."""
        return self._own_pieces(asyncio_backend(), messages, stop, run_manager, kwargs)

    async def _own_pieces(
        self, backend: Backend, messages: List[BaseMessage], stop: Stop, manager: Any, kwargs: Dict[str, Any]
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        run = self._own_run(backend, manager)
        async with closing(self._own_seam("_pieces")(run, messages, stop, kwargs)) as pieces:
            async for items in pieces:
                for message in items:
                    chunk = ChatGenerationChunk(message=message, generation_info=self._info_of(message))
                    if manager is not None:
                        await run.tell("token", token=message.content, chunk=chunk)
                    yield chunk
