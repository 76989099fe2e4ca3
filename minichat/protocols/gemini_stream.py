"""Gemini's event stream, translated as it comes: one chunk per event. Sans-IO.

Every event has the parts that are new, so its text goes out as it is. Usage is told anew in each, for the whole so
far; a chunk has how much it grew, so that the chunks add up to the last report. What is told of the answer besides
(safety, grounding, ...) is noted, and goes out with the chunk of the finish reason, which ends the stream.
Source: "Gemini API reference", models.streamGenerateContent; langchain-google-genai 4.4.2; recordings; read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ChatError, IncompleteStream
from ..messages.ai import leaf_chunk
from .base import parse_json
from .gemini_errors import judge_payload
from .gemini_metadata import closing_kwargs, metadata_of, note, read_usage, usage_difference, warn_blocked
from .gemini_parts import SIGNATURES, Parts, content_of, is_gemini_3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Dict, List, Optional, Tuple

    from ..messages import AIMessageChunk
    from ..wire.sse import ServerSentEvent

    JSON = Any

__all__ = ["MISFITS", "GeminiStream"]

# What an answer that is none of Gemini's lacks, or has of the wrong kind, shows as one of these.
MISFITS = (KeyError, TypeError, AttributeError, IndexError, ValueError)
GROWING = ("text", "thinking")  # blocks that come in pieces


class GeminiStream:
    """The decoder of one stream. Candidates other than the first are not shown: a stream is one message.

    Each chunk has what is new, and how much the usage grew; the one with the finish reason has the rest.
    """

    __slots__ = (
        "done",
        "failure",
        "_provider",
        "_id",
        "_facts",
        "_version",
        "_blocks",
        "_usage",
        "_told_usage",
        "_next",
        "_open",
        "_call",
        "_sound",
    )

    def __init__(self, provider: str, message_id: Optional[str]) -> None:
        self.done = False
        self.failure: Optional[ChatError] = None
        self._provider = provider
        self._id = message_id
        self._facts: Dict[str, JSON] = {}  # what was said of the answer so far
        self._version: Optional[str] = None
        self._blocks = False
        self._usage: Optional[Dict[str, JSON]] = None
        self._told_usage: JSON = None
        self._next = 0  # index of the next block
        self._open: Tuple[str, int] = ("", 0)  # the block that may go on: its type and index
        self._call: Optional[Tuple[str, Dict[str, JSON], str]] = None
        self._sound: Optional[Tuple[str, bytes]] = None

    def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]:
        """Give the chunks of these events. An event that breaks the stream sets `failure`."""
        chunks: List[AIMessageChunk] = []
        for event in events:
            payload: JSON = None
            try:
                payload = parse_json(event.data)
                candidates = payload.get("candidates")
                if payload.get("error"):
                    raise judge_payload(self._provider, payload, b"")
                chunk = self._chunk(payload, candidates)
            except ChatError as error:
                self.failure = error
                break
            except MISFITS as error:
                self.failure = judge_payload(self._provider, payload, event.data.encode("utf-8", "replace"), error)
                break
            if chunk is not None:
                chunks.append(chunk)
            if self.done:
                break
        return chunks

    def _chunk(self, payload: JSON, candidates: JSON) -> Optional[AIMessageChunk]:
        """Give the chunk of one payload; None when it says nothing new."""
        version = payload.get("modelVersion")
        if version and version != self._version:
            self._version = version
            self._blocks = self._blocks or is_gemini_3(version)
        candidate = None
        for one in candidates or ():
            if not one.get("index"):
                candidate = one
        feedback = payload.get("promptFeedback")
        if candidate is None:
            chunk = leaf_chunk("", self._id)
            reason = (feedback or {}).get("blockReason")
        else:
            chunk = self._of_parts((candidate.get("content") or {}).get("parts") or ())
            reason = candidate.get("finishReason")
            note(self._facts, candidate)
        told = payload.get("usageMetadata")
        if told and told != self._told_usage:
            usage = read_usage(told)
            self._told_usage = told
            if usage["total_tokens"] or usage["input_tokens"] or usage["output_tokens"] or self._usage:
                chunk.usage_metadata = usage_difference(usage, self._usage)  # type: ignore[assignment]
                self._usage = usage
        elif candidate is None and not reason:
            return None
        if feedback:
            note(self._facts, {"promptFeedback": feedback})
        if reason:
            self._close(chunk, payload, blocked=candidate is None)
        return chunk

    def _of_parts(self, told: JSON) -> AIMessageChunk:
        if len(told) == 1 and not self._blocks and len(told[0]) == 1 and type(told[0].get("text")) is str:
            return leaf_chunk(told[0]["text"], self._id)  # the ordinary token of Gemini 2
        parts = Parts(blocks=self._blocks)
        for part in told:
            parts.add(part)
        self._blocks = parts.blocks
        content = content_of(parts, of_gemini_3=is_gemini_3(self._version), joined=True)
        for block in content:
            if type(block) is dict:
                self._number(block)
        chunk = leaf_chunk(content, self._id)  # type: ignore[arg-type]
        if parts.calls:
            chunk.tool_call_chunks = [
                {"name": name, "args": json.dumps(args), "id": id, "index": self._index(), "type": "tool_call_chunk"}
                for name, args, id in parts.calls
            ]
            self._call = parts.calls[-1]
        if parts.signatures:
            chunk.additional_kwargs = {SIGNATURES: parts.signatures}
        if parts.sound:
            before = self._sound[1] if self._sound else b""
            self._sound = (parts.sound[0], before + parts.sound[1])
        return chunk

    def _number(self, block: Dict[str, JSON]) -> None:
        """Give a block its index: that of the open one when it goes on with it.

        A signature belongs to its own part alone, so a block that has one neither goes on nor is gone on with.
        """
        kind = block["type"]
        if kind in GROWING and not (block.get("signature") or block.get("extras")):
            if kind != self._open[0]:
                index = self._index()
                self._open = (kind, index)
            block["index"] = self._open[1]
        else:
            block["index"] = self._index()

    def _index(self) -> int:
        """Give the next index; whatever was open is closed by it."""
        self._open = ("", 0)
        self._next += 1
        return self._next - 1

    def _close(self, chunk: AIMessageChunk, payload: JSON, *, blocked: bool) -> None:
        """Complete the last chunk with what is known of the whole answer."""
        note(self._facts, payload)
        if self._told_usage:
            self._facts["usageMetadata"] = self._told_usage
        if self._version:
            self._facts["modelVersion"] = self._version
        chunk.response_metadata = metadata_of(self._facts)
        extra = closing_kwargs(self._call, self._sound)
        if extra:
            chunk.additional_kwargs.update(extra)
        chunk.chunk_position = "last"
        self.done = True
        if blocked:
            warn_blocked(payload["promptFeedback"])

    def held(self) -> List[AIMessageChunk]:
        return []

    def close(self) -> List[AIMessageChunk]:
        """The body has ended.

        Raises: `IncompleteStream` when no finish reason has come.
        """
        if not self.done:
            raise IncompleteStream(f"the stream of {self._provider} ended without a finishReason")
        return []
