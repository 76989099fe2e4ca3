"""Mistral's chat completions: OpenAI's protocol, and what is Mistral's own in it. Sans-IO.

Content may be a list of chunks (thoughts, text, citations) instead of a text, and changes from one to the
other inside a stream. Tool calls come whole, often without type or place, sometimes without an id or
with their arguments as an object. Usage comes with the finish reason. Padding (`p`) says nothing.

A stream's content adds up to that of the whole reply: once a list has come, text comes in blocks too, and
the empty text with which every stream opens is held back until it is known whether it opens a text.
Source: mistralai 3.7.0 `models/`, langchain-mistralai 1.1.6 by running it, recordings; read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ChatError
from ..messages.ai import leaf_chunk
from .base import load_json, parse_json
from .chat_completions import DONE, ChatCompletions, ChatCompletionsStream, usage_metadata
from .chat_completions_fields import is_plain, text_of
from .mistral_errors import is_error, judge_payload, read_error
from .mistral_request import encode_messages, tool_call_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Dict, List, Optional

    from ..errors import ProviderError
    from ..messages import AIMessage, AIMessageChunk, UsageMetadata
    from ..wire.sse import ServerSentEvent
    from .base import ChatCall

    JSON = Any

__all__ = ["MistralChat", "MistralStream"]

NO_ID = (None, "", "null")  # the SDK's default for a call's id is the text "null"
TEXT, BLOCKS = 1, 2  # what a stream's content is


class MistralChat(ChatCompletions):
    """The codec of Mistral's endpoint."""

    def _encode_messages(self, call: ChatCall) -> List[JSON]:
        return encode_messages(call.messages)

    def decode(self, body: bytes) -> List[AIMessage]:
        """Give one message per choice, in the order of their indexes.

        Raises: `ProtocolError` when it is no completion, `ProviderError` when it is an error in a 200.
        """
        try:
            return super().decode(body)
        except ChatError:
            payload = load_json(body)
            if is_error(payload):
                raise judge_payload(self.provider, payload, body) from None
            raise

    def _message(self, reply: JSON, choice: JSON) -> AIMessage:
        message = choice["message"].copy()
        if isinstance(message.get("content"), list):
            message["content"] = [_read_block(block) for block in message["content"]]
        if message.get("tool_calls"):
            start = f"{reply.get('id')}/{choice.get('index') or 0}"
            calls = [_read_call(call) for call in message["tool_calls"]]
            message["tool_calls"] = [
                {**call, "id": call["id"] or tool_call_id(f"{start}/{place}")} for place, call in enumerate(calls)
            ]
        decoded = super()._message(reply, {**choice, "message": message})
        if reply.get("usage"):
            decoded.usage_metadata = _usage_metadata(reply["usage"])
        return decoded

    def stream_decoder(self, message_id: Optional[str] = None) -> MistralStream:
        return MistralStream(self, message_id)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """Read an error reply: Mistral's JSON, somebody else's JSON, a gateway's page, or nothing."""
        return read_error(self.provider, status, headers, body)


class MistralStream(ChatCompletionsStream):
    """The decoder of one stream. Choices other than the first are not shown: a stream is one message."""

    __slots__ = ("_form", "_opening", "_place", "_kind", "_closed", "_reply_id", "_named")

    def __init__(self, codec: MistralChat, message_id: Optional[str]) -> None:
        super().__init__(codec, message_id)
        self._form = 0  # TEXT or BLOCKS as soon as anything was said
        self._opening: List[AIMessageChunk] = []
        self._place = -1  # of the last block
        self._kind = ""  # and its type
        self._closed: Dict[int, JSON] = {}  # what the first piece of a block said of it
        self._reply_id: JSON = None
        self._named = 0  # calls begun

    def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]:
        """Give the chunks of these events. An event that breaks the stream sets `failure`."""
        chunks: List[AIMessageChunk] = []
        for event in events:
            data = event.data
            if data.startswith(DONE):
                self._begun = self._begun or bool(chunks)
                chunks += super().feed((event,))
                break
            try:
                payload = parse_json(data)
                # The ordinary token, first and fast; whatever else a chunk has goes the long way.
                choices = payload["choices"]
                if self._form == TEXT and self._closing is None and len(choices) == 1:
                    choice = choices[0]
                    delta = choice["delta"]
                    text = delta.get("content") if delta and len(delta) == 1 else None
                    if type(text) is str and is_plain(payload, choice):
                        chunks.append(leaf_chunk(text, self._id))
                        continue
                chunks += self._slowly(payload)
            except ChatError as error:
                self.failure = error
                break
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                raw = data.encode("utf-8", "replace")
                self.failure = judge_payload(self._codec.provider, payload, raw, error)
                break
        if chunks:
            self._begun = True
        return chunks

    def _slowly(self, payload: JSON) -> List[AIMessageChunk]:
        if is_error(payload):
            raise judge_payload(self._codec.provider, payload, b"")
        if payload.get("usage"):
            _usage_metadata(payload["usage"])  # raises here, where it came, if it counts nothing
        self._reply_id = payload.get("id")
        chunks = super()._slowly(payload)
        if not self._form:  # nothing but empty texts
            self._opening += chunks
            return []
        if self._opening:
            if self._form == TEXT:
                chunks[:0] = self._opening
            self._opening = []
        return chunks

    def _chunk(self, delta: JSON, choice: JSON) -> AIMessageChunk:
        content = delta.get("content")
        if isinstance(content, list) and content:
            self._form = BLOCKS
            content = [self._placed(_read_block(block)) for block in content]
        elif content and isinstance(content, str) and self._form == BLOCKS:
            content = [self._placed({"type": "text", "text": content})]
        elif content or choice.get("logprobs") or any(delta[name] for name in delta if name not in ("role", "content")):
            self._form = self._form or TEXT
        delta = {**delta, "content": content}
        if delta.get("tool_calls"):
            delta["tool_calls"] = [self._identified(_read_call(call)) for call in delta["tool_calls"]]
        return super()._chunk(delta, choice)

    def _placed(self, block: Dict[str, JSON]) -> Dict[str, JSON]:
        """Give a block with its place: pieces of one kind that follow each other are one block, citations are whole."""
        kind = "reference" if "reference" in block else block["type"]
        if kind != self._kind or kind not in ("text", "thinking"):
            self._kind = kind
            self._place += 1
        if kind == "thinking" and isinstance(block["thinking"], list):
            pieces = [{**piece, "index": 0} if piece.get("type") == "text" else piece for piece in block["thinking"]]
            block = {**block, "thinking": pieces}
        if "closed" in block and block["closed"] != self._closed.setdefault(self._place, block["closed"]):
            # In a sum a flag can be told again, but not change.
            block = {key: value for key, value in block.items() if key != "closed"}
        return {**block, "index": self._place}

    def _identified(self, call: Dict[str, JSON]) -> Dict[str, JSON]:
        """Give the first piece of a call an id, where it has none: a name begins a call."""
        if call["id"] is None and call["function"]["name"]:
            call["id"] = tool_call_id(f"{self._reply_id}/0/{self._named}")
        if call["function"]["name"]:
            self._named += 1
        return call

    def _close(self) -> List[AIMessageChunk]:
        opening, self._opening = self._opening, []
        chunks = super()._close()
        if self._usage and chunks:
            chunks[-1].usage_metadata = _usage_metadata(self._usage)
        return opening + chunks

    def held(self) -> List[AIMessageChunk]:
        return self._opening + super().held()


def _read_block(block: JSON) -> Dict[str, JSON]:
    """Give a chunk of content as a block of LangChain's: a citation is text with a reference, others as they are.

    Raises: TypeError for what could not be added up.
    """
    if isinstance(block, str):
        return {"type": "text", "text": block}
    kind = block["type"]
    if not isinstance(kind, str):
        raise TypeError("a block whose type is no text")
    if kind == "text" and not isinstance(block["text"], str):
        raise TypeError("a text that is none")
    if kind == "thinking":
        told = block["thinking"]
        pieces = told if isinstance(told, list) else [{"text": told}]
        if not all(isinstance(piece.get("text", ""), str) for piece in pieces):
            raise TypeError("a thought that is no text")
        return {key: value for key, value in block.items() if value is not None}
    if kind == "reference":
        rest = {key: value for key, value in block.items() if key not in ("type", "text")}
        return {"type": "text", "text": block.get("text") or "", "reference": rest}
    return dict(block)


def _read_call(call: JSON) -> Dict[str, JSON]:
    """Give a tool call, or a piece of one, as OpenAI has it. Raises: TypeError for what is none."""
    function = call.get("function")
    if not isinstance(function, dict):
        raise TypeError("a tool call without a function")
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    named = {"name": text_of(function.get("name") or None), "arguments": arguments}
    return {**call, "id": None if call.get("id") in NO_ID else text_of(call["id"]), "function": named}


def _usage_metadata(usage: JSON) -> UsageMetadata:
    """Give LangChain's `usage_metadata`. The number of cached tokens has two names, and an older API's is the second."""
    details = usage.get("prompt_tokens_details") or {}
    cached = usage.get("num_cached_tokens")
    if cached is None or details.get("cached_tokens") is not None:
        return usage_metadata(usage)
    if not isinstance(cached, int):
        raise TypeError("a number of cached tokens that is none")
    return usage_metadata({**usage, "prompt_tokens_details": {**details, "cached_tokens": cached}})
