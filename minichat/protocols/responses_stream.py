"""OpenAI's Responses as a stream: typed events as the chunks of one message. Sans-IO.

A response opens with `response.created`; then come the events about its output items (responses_pieces.py);
one of `response.completed`, `response.incomplete` and `response.failed` ends it with the whole response, and
nothing else does. All chunks have the response's id as soon as it is known, as the whole message has.

Sources: openai 3.54 `types/responses/response_stream_event.py` and recordings, read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ChatError, IncompleteStream
from ..messages.ai import leaf_chunk
from .base import parse_json
from .responses_errors import failure_of, is_failed, judge_payload
from .responses_items import metadata_of, parsed_answer, text_of, usage_metadata
from .responses_pieces import PIECES, TEXT_DELTA, Pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, List, Optional

    from ..messages import AIMessageChunk
    from ..wire.sse import ServerSentEvent

    JSON = Any

__all__ = ["ResponsesStream"]

DONE = "[DONE]"  # of Chat Completions; a gateway may add it, but it ends no response


class ResponsesStream(Pieces):
    """The decoder of one stream. `v0`: LangChain's older form of the message (responses_v0.py)."""

    __slots__ = ("done", "failure", "_provider", "_told_id")

    def __init__(self, provider: str, message_id: Optional[str], *, v0: bool = False) -> None:
        super().__init__(message_id, v0=v0)
        self.done = False
        self.failure: Optional[ChatError] = None
        self._provider = provider
        self._told_id = False

    def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]:
        """Give the chunks of these events. An event that breaks the stream sets `failure`."""
        chunks: List[AIMessageChunk] = []
        append = chunks.append
        for event in events:
            data = event.data
            payload: JSON = None
            try:
                if data.startswith(DONE):
                    raise IncompleteStream(f"the stream of {self._provider} has no end of its response before {DONE}")
                payload = parse_json(data)
                kind = payload["type"]
                if (
                    kind == TEXT_DELTA
                    and payload.get("item_id") == self._text_item
                    and payload.get("content_index") == self._text_part
                ):
                    text = payload["delta"]
                    if type(text) is str:
                        chunk = leaf_chunk("", self._id)
                        chunk.content = [{"type": "text", "text": text, "index": self._text_index}]
                        append(chunk)
                        continue
                step = STEPS.get(text_of(kind))
                if step is not None:
                    chunks += step(self, payload)
            except ChatError as error:
                self.failure = error
                break
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                self.failure = judge_payload(self._provider, payload, data.encode("utf-8", "replace"), error)
                break
            if self.done:
                break
        return chunks

    def held(self) -> List[AIMessageChunk]:
        return []

    def close(self) -> List[AIMessageChunk]:
        """The body has ended.

        Raises: `IncompleteStream` when no event has ended the response.
        """
        if not self.done:
            raise IncompleteStream(f"the stream of {self._provider} ended without response.completed")
        return []

    # -- the response ----------------------------------------------------------------------

    def _created(self, payload: JSON) -> List[AIMessageChunk]:
        response_id = payload["response"].get("id")
        if self._told_id or not response_id:
            return []
        self._told_id = True
        if not self._v0:  # there it is the message item's
            self._id = text_of(response_id)
        chunk = self._chunk()
        chunk.response_metadata = {"model_provider": self._provider, "id": text_of(response_id)}
        return [chunk]

    def _ended(self, payload: JSON) -> List[AIMessageChunk]:
        response = payload["response"]
        if is_failed(response):
            raise failure_of(self._provider, payload)
        opening = self._created(payload)
        chunk = self._chunk()
        chunk.response_metadata = metadata_of(response, self._provider)
        chunk.response_metadata.pop("id", None)  # the first chunk has it
        if response.get("usage"):
            chunk.usage_metadata = usage_metadata(response["usage"], response.get("service_tier"))
        parsed = parsed_answer(response)
        if parsed is not None:
            chunk.additional_kwargs = {"parsed": parsed}
        chunk.chunk_position = "last"
        self.done = True
        return [*opening, chunk]

    def _failed(self, payload: JSON) -> List[AIMessageChunk]:
        raise failure_of(self._provider, payload)


STEPS: Any = {
    **PIECES,
    "response.created": ResponsesStream._created,
    "response.in_progress": ResponsesStream._created,  # where a stream is taken up again
    "response.completed": ResponsesStream._ended,
    "response.incomplete": ResponsesStream._ended,
    "response.failed": ResponsesStream._failed,
    "error": ResponsesStream._failed,
}
