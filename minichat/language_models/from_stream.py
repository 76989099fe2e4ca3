"""A whole answer out of the chunks of a user's `_stream`: what `_generate` returns in models that only stream."""

from __future__ import annotations

from ..messages import message_chunk_to_message
from ..outputs import ChatGeneration, ChatResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import Optional

    from ..outputs import ChatGenerationChunk

__all__ = ["agenerate_from_stream", "generate_from_stream"]


def generate_from_stream(stream: Iterator[ChatGenerationChunk]) -> ChatResult:
    """Add up a stream.

    >>> from ..messages import AIMessageChunk
    >>> from ..outputs import ChatGenerationChunk
    >>> pieces = [ChatGenerationChunk(message=AIMessageChunk(content=text)) for text in ("Hel", "lo")]
    >>> generate_from_stream(iter(pieces)).generations[0].message
    AIMessage(content='Hello')

    Raises: ValueError when nothing comes.
    """
    return _whole(stream)


async def agenerate_from_stream(stream: AsyncIterator[ChatGenerationChunk]) -> ChatResult:
    """As `generate_from_stream`, for an asynchronous stream."""
    return _whole([chunk async for chunk in stream])


def _whole(stream: Iterable[ChatGenerationChunk]) -> ChatResult:
    total: Optional[ChatGenerationChunk] = None
    for chunk in stream:
        total = chunk if total is None else total + chunk
    if total is None:
        raise ValueError("No generations found in stream.")
    message = message_chunk_to_message(total.message)
    return ChatResult(generations=[ChatGeneration(message=message, generation_info=total.generation_info)])
