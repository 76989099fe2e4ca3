"""Anthropic's event streams as chunks. Sans-IO.

`message_start`, then for each block `content_block_start`, its deltas and `content_block_stop`, then `message_delta`
with the reason of the end and the usage, then `message_stop`: only with that one is the answer whole. `ping` and what
is unknown may stand anywhere and say nothing. Events are told apart by the `type` in their data.

A call with tools, thinking or citations streams lists of blocks with an `index`, by which messages/ joins the pieces;
any other call streams strings, as langchain-anthropic 1.7.10 does (found by running it). The closing chunk is held
back until `message_stop` and has the metadata of a whole reply, so that a stream adds up to what `invoke` gives.
Source: Anthropic, "Streaming messages"; anthropic 2.12 `types/raw_*_event.py`; recordings; read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ChatError, IncompleteStream, ProtocolError
from ..messages.ai import leaf_chunk
from .anthropic_errors import judge_payload
from .anthropic_usage import merge_usage, usage_metadata
from .base import parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Dict, List, Optional

    from ..messages import AIMessageChunk
    from ..wire.sse import ServerSentEvent

    JSON = Any

__all__ = ["MessagesStream"]

NOT_METADATA = ("content", "role", "type", "usage")
NOT_OF_THE_END = ("type", "delta", "usage")
SILENT_WHEN_NULL = ("citations", "caller", "encrypted_content")
# Of a block: what deltas add to, so it has to be text.
GROWING = ("text", "thinking", "signature", "partial_json")
# A delta's type -> the field it has, and the type that LangChain gives the piece.
DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "thinking"),
    "citations_delta": ("citation", "text"),
    "input_json_delta": ("partial_json", "input_json_delta"),
    "compaction_delta": ("content", "compaction"),
}
# Where the start of a block has this field filled, it is whole, and deltas would say it twice.
WHOLE_AT_START = {"input_json_delta": "input", "signature_delta": "signature", "compaction_delta": "content"}


class MessagesStream:
    """The decoder of one stream.

    `as_blocks`: give lists of blocks, not strings; a block that is no plain text has it that way from there on.
    """

    __slots__ = (
        "done",
        "failure",
        "_as_blocks",
        "_begun",
        "_blocks",
        "_ending",
        "_head",
        "_id",
        "_provider",
        "_silent",
        "_starting",
        "_usage",
        "_with_usage",
    )

    def __init__(
        self, provider: str, message_id: Optional[str], *, as_blocks: bool = False, with_usage: bool = True
    ) -> None:
        self.done = False
        self.failure: Optional[ChatError] = None
        self._provider = provider
        self._id = message_id
        self._as_blocks = as_blocks
        self._with_usage = with_usage
        self._begun = False  # has anything of a message come?
        self._starting = False  # the first chunk waits for the first block, which decides on its form
        self._ending = False  # message_delta has come
        self._head: Dict[str, JSON] = {}  # the message without its content
        self._usage: Dict[str, JSON] = {}
        self._blocks: Dict[int, JSON] = {}  # the start of each block, by index
        self._silent: Dict[int, JSON] = {}  # blocks that were opened empty, and of which no chunk speaks yet

    # -- events ----------------------------------------------------------------------------

    def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]:
        """Give the chunks of these events. An event that breaks the stream sets `failure`."""
        chunks: List[AIMessageChunk] = []
        append = chunks.append
        message_id = self._id
        for event in events:
            data = event.data
            payload: JSON = None
            try:
                payload = parse_json(data)
                # The ordinary token, first and fast; whatever else an event says goes the long way.
                if payload["type"] == "content_block_delta" and not self._starting:
                    delta = payload["delta"]
                    index = payload["index"]
                    if delta["type"] == "text_delta" and type(delta["text"]) is str and type(index) is int:
                        if not self._as_blocks:
                            append(leaf_chunk(delta["text"], message_id))
                            self._begun = True
                            continue
                        if index not in self._silent:
                            append(self._chunk([{"type": "text", "text": delta["text"], "index": index}]))
                            self._begun = True
                            continue
                chunks += self._slowly(payload)
            except ChatError as error:
                self.failure = error
            except (KeyError, TypeError, AttributeError) as error:
                self.failure = judge_payload(self._provider, payload, data.encode("utf-8", "replace"), error)
            if self.done or self.failure is not None:
                break
        return chunks

    def _slowly(self, payload: JSON) -> List[AIMessageChunk]:
        """Give the chunks of an event that is not just a piece of text."""
        kind = payload["type"]
        if not isinstance(kind, str):
            raise TypeError("an event whose type is no text")
        if kind == "content_block_delta":
            return self._delta(_index(payload), payload["delta"])
        if kind == "content_block_start":
            return self._block_start(_index(payload), payload["content_block"])
        if kind == "content_block_stop":
            silent = self._silent.pop(_index(payload), None)
            return [] if silent is None else [self._chunk([silent])]
        if kind == "message_start":
            self._message_start(payload["message"])
        elif kind == "message_delta":
            return self._message_delta(payload)
        elif kind == "message_stop":
            return self._message_stop()
        elif kind == "error":
            raise judge_payload(self._provider, payload, b"")
        return []

    def _message_start(self, message: JSON) -> None:
        head = {name: value for name, value in message.items() if name not in NOT_METADATA}
        _texts(head, "id", "model")
        self._usage = merge_usage(self._usage, message.get("usage") or {})
        self._head.update(head)
        self._starting = not self._begun
        self._begun = True

    def _block_start(self, index: int, block: JSON) -> List[AIMessageChunk]:
        kind = block["type"]
        if not isinstance(kind, str) or index in self._blocks:
            raise TypeError("a block without a type, or one that was there already")
        _texts(block, *GROWING)
        self._begun = True
        if kind != "text":
            self._as_blocks = True
        self._blocks[index] = block
        if kind == "text" and not self._as_blocks:
            text = block.get("text")
            return [*self._first(), *([leaf_chunk(text, self._id)] if text else [])]
        said = {name: value for name, value in block.items() if value is not None or name not in SILENT_WHEN_NULL}
        said["index"] = index
        if kind in ("text", "thinking") and not (block.get(kind) or block.get("signature")):
            if not said.get("citations"):
                said.pop("citations", None)
            self._silent[index] = said
            return self._first()
        chunk = self._chunk([said])
        if kind == "tool_use":
            arguments = block.get("input")
            if not isinstance(arguments, (dict, type(None))):
                raise TypeError("the input of a tool that is no object")
            _texts(block, "id", "name")
            chunk.tool_call_chunks = [
                {
                    "name": block["name"],
                    "args": json.dumps(arguments) if arguments else "",
                    "id": block["id"],
                    "index": index,
                    "type": "tool_call_chunk",
                }
            ]
        return [*self._first(), chunk]

    def _delta(self, index: int, delta: JSON) -> List[AIMessageChunk]:
        kind = delta["type"]
        if kind not in DELTAS:
            return []
        field, said_as = DELTAS[kind]
        value = delta[field]
        block = self._blocks.get(index) or {}
        if kind in WHOLE_AT_START and block.get(WHOLE_AT_START[kind]):
            return []
        self._begun = True
        self._silent.pop(index, None)
        if kind != "text_delta":
            self._as_blocks = True
        if kind == "citations_delta":
            if not isinstance(value, dict):
                raise TypeError("a citation that is no object")
            return [*self._first(), self._chunk([{"type": said_as, "citations": [value], "index": index}])]
        if not isinstance(value, str) and not (value is None and kind == "compaction_delta"):
            raise TypeError(f"{field} that is no text")
        if not self._as_blocks:
            return [*self._first(), self._chunk(value)]
        piece = {"type": said_as, field: value, "index": index}
        if kind == "signature_delta":
            piece["thinking"] = ""
        elif kind == "compaction_delta" and delta.get("encrypted_content") is not None:
            piece["encrypted_content"] = delta["encrypted_content"]
        chunk = self._chunk([piece])
        if kind == "input_json_delta" and block.get("type") == "tool_use":
            chunk.tool_call_chunks = [
                {"name": None, "args": value, "id": None, "index": index, "type": "tool_call_chunk"}
            ]
        return [*self._first(), chunk]

    # -- the end ---------------------------------------------------------------------------

    def _message_delta(self, payload: JSON) -> List[AIMessageChunk]:
        delta = payload["delta"]
        _texts(delta, "stop_reason", "stop_sequence")
        self._usage = merge_usage(self._usage, payload.get("usage") or {})
        self._head.update(delta)
        self._head.update((name, value) for name, value in payload.items() if name not in NOT_OF_THE_END)
        self._ending = self._begun = True
        return self._first()

    def _message_stop(self) -> List[AIMessageChunk]:
        if not self._begun:
            raise ProtocolError("a stream without a message")
        chunks = [*self._first(), self._closing()]
        chunks[-1].chunk_position = "last"
        self.done = True
        return chunks

    def held(self) -> List[AIMessageChunk]:
        return [self._closing()] if self._ending and not self.done else []

    def close(self) -> List[AIMessageChunk]:
        """The body has ended.

        Raises: `IncompleteStream` when `message_stop` has not come.
        """
        if not self.done:
            raise IncompleteStream(f"the stream of {self._provider} ended without message_stop")
        return []

    # -- chunks ----------------------------------------------------------------------------

    def _chunk(self, content: JSON) -> AIMessageChunk:
        chunk = leaf_chunk("", self._id)
        chunk.content = content
        return chunk

    def _first(self) -> List[AIMessageChunk]:
        """Give the chunk that opens the message, once."""
        if not self._starting:
            return []
        self._starting = False
        chunk = self._chunk([] if self._as_blocks else "")
        chunk.response_metadata = {"model_provider": self._provider}
        if self._head.get("model"):
            chunk.response_metadata["model_name"] = self._head["model"]
        return [chunk]

    def _closing(self) -> AIMessageChunk:
        """Give the chunk that closes it, with what is known of the message besides its content."""
        chunk = self._chunk([] if self._as_blocks else "")
        chunk.response_metadata = {**self._head, "model_provider": self._provider}
        if self._usage and self._with_usage:
            chunk.response_metadata["usage"] = self._usage
            chunk.usage_metadata = usage_metadata(self._usage)
        return chunk


def _index(payload: JSON) -> int:
    index = payload["index"]
    if type(index) is not int:
        raise TypeError("the index of a block that is no number")
    return index


def _texts(value: JSON, *names: str) -> None:
    """Raise TypeError where one of these fields is neither text nor null: it could not be added up."""
    for name in names:
        if not isinstance(value.get(name), (str, type(None))):
            raise TypeError(f"{name} that is no text")
