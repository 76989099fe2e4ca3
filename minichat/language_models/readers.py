"""One reply to a streamed request, read block by block: bytes in, chunks out. Sans-IO.

`EventReader` joins the two decoders on the data's way, bytes -> events -> chunks. `BodyReader` stands
in for it where the reply is no event stream although one was asked for: an error inside a 200, or a
server that cannot stream. Both are asked in the same way by `provider_model`.
"""

from __future__ import annotations

from ..errors import ChatError, ProtocolError, ProviderError
from ..messages import AIMessageChunk
from ..wire.sse import ServerSentEvent, SSEDecoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Mapping, Optional, Union

    from ..messages import AIMessage
    from ..protocols.base import Codec
    from ..wire.limits import Limits

__all__ = ["BodyReader", "EventReader", "reader_for"]


class EventReader:
    """Chunks of an event stream.

    `ended`: nothing more is to be read. `failure`: why, when the answer is not whole.
    """

    __slots__ = ("_decoder", "_events", "ended", "failure")

    def __init__(self, codec: Codec, limits: Limits, message_id: str) -> None:
        self._events = SSEDecoder(max_event_bytes=limits.max_event_bytes)
        self._decoder = codec.stream_decoder(message_id)
        self.ended = False
        self.failure: Optional[ChatError] = None

    def feed(self, data: bytes) -> List[AIMessageChunk]:
        """Give the chunks that these bytes bring; b"" is the end of the body."""
        events, decoder = self._events, self._decoder
        chunks = decoder.feed(events.feed(data) if data else events.close())
        failure = decoder.failure or events.error
        if not (data or decoder.done or failure):
            try:
                chunks += decoder.close()
            except ChatError as error:
                failure = self._told_between_events() or error
        self.failure = failure
        self.ended = decoder.done or failure is not None or not data
        return chunks

    def _told_between_events(self) -> Optional[ChatError]:
        """Give the provider's error that stands as bare JSON in the stream, for who knows no other end of it."""
        stray = self._events.stray
        if stray.lstrip()[:1] not in ("{", "["):
            return None
        self._decoder.feed([ServerSentEvent(stray)])
        failure = self._decoder.failure
        return failure if isinstance(failure, ProviderError) else None

    def held(self) -> List[AIMessageChunk]:
        """Give what was received and is not given yet, when the stream broke off."""
        return self._decoder.held()


class BodyReader:
    """A whole reply as the one chunk of a stream."""

    __slots__ = ("_blocks", "_codec", "_id", "_left", "ended", "failure")

    def __init__(self, codec: Codec, limits: Limits, message_id: str) -> None:
        self._blocks: List[bytes] = []
        self._codec = codec
        self._id = message_id
        self._left = limits.max_body_bytes
        self.ended = False
        self.failure: Optional[ChatError] = None

    def feed(self, data: bytes) -> List[AIMessageChunk]:
        self._blocks.append(data)
        self._left -= len(data)
        if data and self._left >= 0:
            return []
        self.ended = True
        try:
            if self._left < 0:
                raise ProtocolError("the reply is too long (max_body_bytes in Limits)", raw=self._blocks[0])
            return [_as_chunk(self._codec.decode(b"".join(self._blocks))[0], self._id)]
        except ChatError as error:
            self.failure = error
            return []

    def held(self) -> List[AIMessageChunk]:
        return []


def reader_for(
    headers: Mapping[str, str], codec: Codec, limits: Limits, message_id: str
) -> Union[BodyReader, EventReader]:
    """Give the reader that fits a reply's head."""
    kind = headers.get("content-type", "text/event-stream").lower()
    if kind.startswith("text/event-stream"):
        return EventReader(codec, limits, message_id)
    return BodyReader(codec, limits, message_id)


def _as_chunk(message: AIMessage, message_id: str) -> AIMessageChunk:
    calls = [
        {**call, "args": _dump(call["args"]), "index": index, "type": "tool_call_chunk"}
        for index, call in enumerate(message.tool_calls)
    ]
    return AIMessageChunk(
        content=message.content,
        id=message_id,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        tool_call_chunks=calls,
        chunk_position="last",
    )


def _dump(arguments: Any) -> str:
    import json

    return json.dumps(arguments, ensure_ascii=False)
