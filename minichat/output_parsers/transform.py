"""Parsers that work while the answer streams in: piece by piece, or on all that has come so far.

A user's class may define LangChain's `_transform` (an iterator of inputs in, outputs out) or, for async
calls, `_atransform`; then that is how it streams.
"""

from __future__ import annotations

import json

from ..backends.driver import closing, iterate
from ..messages import AIMessage, AIMessageChunk, BaseMessageChunk, tool_call_chunk
from ..outputs import ChatGeneration, ChatGenerationChunk, GenerationChunk
from ..runnables.base import Runnable
from ..runnables.streams import once
from ..runs import iterate_user
from .base import BaseOutputParser, generation_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from typing import Any, Optional, TypeVar

    from ..outputs import Generation
    from ..runnables.streams import Inputs, Pieces
    from ..runs import Context, Run

    T = TypeVar("T")
else:
    T = object

__all__ = ["BaseCumulativeTransformOutputParser", "BaseTransformOutputParser"]


class BaseTransformOutputParser(BaseOutputParser[T]):
    """Base of parsers that parse each streamed piece by itself."""

    _transform: Any = None
    _atransform: Any = None

    def _run_stream(self, ctx: Context, inputs: Inputs, **kwargs: Any) -> Pieces:
        # One whole answer is parsed as `invoke` does it, as in LangChain: what will not do is an error.
        if isinstance(inputs, once):
            return Runnable._run_stream(self, ctx, inputs, **kwargs)
        return super()._run_stream(ctx, inputs, **kwargs)

    async def _flow(self, run: Run, inputs: Inputs, **kwargs: Any) -> Pieces:
        transform = self._atransform if run.context.backend.suspends else self._transform
        async with closing(inputs):  # type: ignore[arg-type]
            if transform is not None:
                source = _singly_async(inputs) if run.context.backend.suspends else _singly(inputs)
                async with closing(iterate_user(run.child(), transform, source)) as outputs:
                    async for output in outputs:
                        yield [output]
                return
            async with closing(self._outputs(run, inputs)) as outputs:
                async for output in outputs:
                    yield [output]

    async def _outputs(self, run: Run, inputs: Inputs) -> AsyncGenerator[Any, None]:
        """Give the outputs one by one, so that an error comes after all that came before it."""
        async for items in inputs:
            for item in items:
                yield await self._parsed(run, generation_of(self, item))


class BaseCumulativeTransformOutputParser(BaseTransformOutputParser[T]):
    """Base of parsers that parse all that has come so far, and give it whenever it has changed.

    `diff`: give what has changed instead, as the parser's `_diff(before, now)` says it.
    """

    diff: bool = False

    def _diff(self, prev: Optional[T], next: T) -> T:
        raise NotImplementedError(f"{type(self).__name__} does not say how two results differ (_diff)")

    async def _outputs(self, run: Run, inputs: Inputs) -> AsyncGenerator[Any, None]:
        before: Any = None
        total: Any = None
        async for items in inputs:
            for item in items:
                piece = chunk_of(generation_of(self, item))
                total = piece if total is None else total + piece
                parsed = await self._parsed(run, total, partial=True)
                if parsed is None or parsed == before:
                    continue
                yield await self._call(run, self._diff, before, parsed) if self.diff else parsed
                before = parsed


def chunk_of(generation: Generation) -> Any:
    """Give a generation as one that can be added to; a whole message becomes a chunk with all of it."""
    if not isinstance(generation, ChatGeneration):
        return GenerationChunk(text=generation.text)
    message = generation.message
    if not isinstance(message, BaseMessageChunk):
        calls: Any = message.tool_calls if isinstance(message, AIMessage) else []
        message = AIMessageChunk(
            content=message.content,
            additional_kwargs=message.additional_kwargs,
            response_metadata=message.response_metadata,
            id=message.id,
            tool_call_chunks=[
                tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
                for index, call in enumerate(calls)
            ],
        )
    return ChatGenerationChunk(message=message)


def _singly(inputs: Inputs) -> Iterator[Any]:
    for items in iterate(inputs):  # type: ignore[arg-type]
        yield from items


async def _singly_async(inputs: Inputs) -> AsyncIterator[Any]:
    async for items in inputs:
        for item in items:
            yield item
