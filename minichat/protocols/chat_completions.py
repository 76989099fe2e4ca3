"""Chat Completions, the way back: OpenAI's replies and event streams as messages. Sans-IO.

A stream is `data: {chunk}` events, ended by `data: [DONE]`. Each chunk has one delta per choice: a
first one with the role, then text or pieces of tool calls, then one with the finish reason; with
`stream_options.include_usage` one more without choices brings the usage. The closing chunk is held
back until `[DONE]` or the usage, so that one chunk closes the message with all that is known of it,
as the quick-start prints it (LangChain gives usage in a chunk of its own).

Mistral, Fireworks and Together speak it with small differences, which are fields of this codec.
Source: openai 3.54 `types/chat/`, and recordings; both read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ChatError, IncompleteStream, ProtocolError
from ..messages.ai import leaf_chunk, whole_message
from ..messages.tool import parse_openai_tool_calls
from ..wire.http import Request, with_query
from .base import ChatCall, dump_json, load_json, parse_json
from .chat_completions_calls import CallsInPieces
from .chat_completions_errors import Refusals, judge_payload, read_error
from .chat_completions_fields import additional_kwargs_of, content_of, is_plain, kept_of, text_of, tool_call_chunk
from .chat_completions_request import encode_messages, with_part_fields, with_text_results
from .chat_completions_usage import usage_metadata, usage_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Dict, List, Optional

    from ..errors import ProviderError
    from ..messages import AIMessage, AIMessageChunk
    from ..wire.sse import ServerSentEvent

    JSON = Any

__all__ = ["ChatCompletions", "ChatCompletionsStream", "usage_metadata"]

DONE = "[DONE]"


class ChatCompletions:
    """The codec: one provider's endpoint and its differences.

    `url`: of the endpoint; `headers`: sent with every request, the key among them;
    `system_role`: "system", or "developer" for reasoning models.
    `model_provider`: the name in response_metadata, where LangChain's is not `provider`.
    `thoughts_sent_as`: the field of an assistant's turn in which its thoughts go back, where they do.
    `text_results`: a tool's result is one text, not a list of parts.
    `part_fields`: by the type of a content part, the fields it may have, where others are refused; what more
    a part has (another provider's cache marker) is not sent.
    `kept`: fields of a reply, and of a choice, that stand in response_metadata by their own names.
    `stream_end`: what ends a stream: "done", the event `[DONE]`; or "finish_reason": for servers without
    that event, where a body that ended after a finish reason is whole too.
    `refusals`: how this provider says no.
    """

    decodes_alike = True

    def __init__(
        self,
        *,
        provider: str,
        url: str,
        headers: Dict[str, str],
        system_role: str = "system",
        model_provider: Optional[str] = None,
        thoughts_sent_as: Optional[str] = None,
        text_results: bool = False,
        part_fields: Optional[Mapping[str, Sequence[str]]] = None,
        kept: Sequence[str] = (),
        stream_end: str = "done",
        refusals: Refusals = Refusals(),
    ) -> None:
        self.provider = provider
        self.url = url
        self.headers = headers
        self.system_role = system_role
        self.model_provider = model_provider or provider
        self.thoughts_sent_as = thoughts_sent_as
        self.text_results = text_results
        self.part_fields = part_fields
        self.kept = kept
        self.stream_end = stream_end
        self.refusals = refusals

    def encode(self, call: ChatCall) -> Request:
        """Build the POST. Source: OpenAI's API reference, "Create chat completion"."""
        body = {"messages": self._encode_messages(call), **call.body}
        if call.stream:
            body["stream"] = True
        headers = {**self.headers, **call.headers} if call.headers else self.headers
        return Request("POST", with_query(self.url, call.query), headers, dump_json(body))

    def _encode_messages(self, call: ChatCall) -> List[JSON]:
        thoughts = (self.thoughts_sent_as, self.model_provider) if self.thoughts_sent_as else None
        encoded = encode_messages(call.messages, self.system_role, thoughts)
        if self.part_fields:
            encoded = with_part_fields(encoded, self.part_fields)
        return with_text_results(encoded) if self.text_results else encoded

    def decode(self, body: bytes) -> List[AIMessage]:
        """Give one message per choice, in the order of their indexes.

        Raises: `ProtocolError` when it is no completion, `ProviderError` when it is an error in a 200.
        """
        reply = load_json(body)
        if not isinstance(reply, dict) or reply.get("error") or reply.get("object") == "error":
            raise judge_payload(self.provider, reply, body, refusals=self.refusals)
        try:
            choices = sorted(reply["choices"], key=lambda choice: choice.get("index") or 0)
            messages = [self._message(reply, choice) for choice in choices]
        except (KeyError, TypeError, AttributeError) as error:
            raise ProtocolError(f"no chat completion: {error!r}", raw=body) from error
        if not messages:
            raise ProtocolError("a chat completion without choices", raw=body)
        return messages

    def _message(self, reply: JSON, choice: JSON) -> AIMessage:
        message = choice["message"]
        fields: Dict[str, JSON] = {"content": content_of(message)}
        extra = additional_kwargs_of(message)
        if extra:
            fields["additional_kwargs"] = extra
        if message.get("tool_calls"):
            for call in message["tool_calls"]:
                if not isinstance(call.get("function") or call.get("custom"), dict):
                    raise TypeError("a tool call without a function")
            fields["tool_calls"], invalid = parse_openai_tool_calls(message["tool_calls"])
            fields["invalid_tool_calls"] = [
                {**call, "error": call.get("error") or "the arguments are no JSON object"} for call in invalid
            ]
        usage = usage_of(reply)
        fields["response_metadata"] = metadata = {
            "token_usage": usage,
            "model_provider": self.model_provider,
            "model_name": reply.get("model"),
            "system_fingerprint": reply.get("system_fingerprint"),
            "id": reply.get("id"),
            "finish_reason": choice.get("finish_reason"),
            "logprobs": choice.get("logprobs"),
        }
        if reply.get("service_tier"):
            metadata["service_tier"] = reply["service_tier"]
        metadata.update(kept_of(self.kept, reply))
        metadata.update(kept_of(self.kept, choice))
        if usage:
            fields["usage_metadata"] = usage_metadata(usage, reply.get("service_tier"))
        return whole_message(fields)

    def asked(self, model: str) -> ChatCompletions:
        """Give the same codec for a call to another model."""
        from copy import copy

        other = copy(self)
        other.refusals = self.refusals.asked(model)
        return other

    def stream_decoder(self, message_id: Optional[str] = None) -> ChatCompletionsStream:
        return ChatCompletionsStream(self, message_id)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """Read an error reply: OpenAI's JSON, somebody else's JSON, a gateway's page, or nothing."""
        return read_error(self.provider, status, headers, body, self.refusals)


class ChatCompletionsStream:
    """The decoder of one stream. Choices other than the first are not shown: a stream is one message."""

    __slots__ = (
        "done",
        "failure",
        "_codec",
        "_id",
        "_closing",
        "_ending",
        "_usage",
        "_service_tier",
        "_audio_id",
        "_begun",
        "_kept",
        "_calls",
    )

    def __init__(self, codec: ChatCompletions, message_id: Optional[str]) -> None:
        self.done = False
        self.failure: Optional[ChatError] = None
        self._codec = codec
        self._id = message_id
        self._closing: Optional[AIMessageChunk] = None
        self._ending: Dict[str, JSON] = {}  # what is said of the end; some servers say it twice, so kept apart
        self._usage: JSON = None
        self._service_tier: Optional[str] = None
        self._audio_id: Optional[str] = None
        self._begun = False  # has anything of a message come?
        self._kept: Dict[str, JSON] = {}
        self._calls = CallsInPieces()

    def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]:
        """Give the chunks of these events. An event that breaks the stream sets `failure`."""
        chunks: List[AIMessageChunk] = []
        append = chunks.append
        message_id = self._id
        for event in events:
            data = event.data
            if data.startswith(DONE):
                chunks += self._close()
                if chunks or self._begun:
                    self.done = True
                else:
                    self.failure = ProtocolError("a stream without a message", raw=data.encode())
                break
            try:
                payload = parse_json(data)
                # The ordinary token, first and fast; whatever else a chunk has goes the long way.
                choices = payload["choices"]
                delta = choices[0]["delta"] if len(choices) == 1 else None
                if delta and len(delta) == 1 and self._closing is None and is_plain(payload, choices[0]):
                    text = delta.get("content")
                    if type(text) is str:
                        append(leaf_chunk(text, message_id))
                        continue
                    calls = delta.get("tool_calls")
                    if calls and len(calls) == 1 and "function" in calls[0]:
                        chunk = leaf_chunk("", message_id)
                        chunk.tool_call_chunks = [self._calls.placed(tool_call_chunk(calls[0]))]
                        append(chunk)
                        continue
                chunks += self._slowly(payload)
            except ChatError as error:
                self.failure = error
                break
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                if event.event == "ping":  # Fireworks' SDK skips such events
                    continue
                raw = data.encode("utf-8", "replace")
                self.failure = judge_payload(self._codec.provider, payload, raw, error, self._codec.refusals)
                break
        if chunks:
            self._begun = True
        return chunks

    def _slowly(self, payload: JSON) -> List[AIMessageChunk]:
        """Give the chunks of one payload that is not just a piece of text."""
        if payload.get("error"):
            raise judge_payload(self._codec.provider, payload, b"", refusals=self._codec.refusals)
        usage = usage_of(payload)
        if usage:
            usage_metadata(usage)  # raises here, where it came, if it counts nothing
            self._usage = usage  # cumulative where it comes more than once: the last counts
        if self._codec.kept:
            self._kept.update(kept_of(self._codec.kept, payload))
        if payload.get("service_tier"):
            self._service_tier = payload["service_tier"]
        chunks: List[AIMessageChunk] = []
        for choice in payload["choices"]:
            if choice.get("index"):
                continue
            if self._closing is not None:  # something follows the finish reason after all
                chunks.append(self._closing)
                self._closing = None
            chunk = self._chunk(choice.get("delta") or {}, choice)
            if text_of(choice.get("finish_reason")):
                self._ending = {
                    "model_provider": self._codec.model_provider,
                    "model_name": payload.get("model"),
                    "system_fingerprint": payload.get("system_fingerprint"),
                    "id": payload.get("id"),
                    "finish_reason": choice["finish_reason"],
                }
                self._kept.update(kept_of(self._codec.kept, choice))
                self._closing = chunk
            else:
                chunks.append(chunk)
        return chunks

    def _chunk(self, delta: JSON, choice: JSON) -> AIMessageChunk:
        chunk = leaf_chunk(content_of(delta), self._id)
        told = delta.get("tool_calls") or ()
        calls = [self._calls.placed(tool_call_chunk(call)) for call in told if "custom" not in call]
        if calls:
            chunk.tool_call_chunks = calls
        extra = additional_kwargs_of(delta)
        audio = extra.get("audio")
        if audio and audio.get("id"):  # comes with every piece; joined it would grow
            if audio["id"] == self._audio_id:
                extra["audio"] = {key: value for key, value in audio.items() if key != "id"}
            self._audio_id = audio["id"]
        if extra:
            chunk.additional_kwargs = extra
        if choice.get("logprobs"):
            logprobs = chunk.response_metadata["logprobs"] = choice["logprobs"]
            if not isinstance(logprobs.get("content"), (list, type(None))):
                raise TypeError("logprobs that are no list")
        return chunk

    def _close(self) -> List[AIMessageChunk]:
        """Complete the closing chunk with what came after it."""
        chunk, self._closing = self._closing, None
        if chunk is None:
            if not (self._usage or self._ending):
                return []
            chunk = leaf_chunk("", self._id)
        chunk.response_metadata.update(self._ending)
        if self._usage:
            chunk.usage_metadata = usage_metadata(self._usage, self._service_tier)
            chunk.response_metadata["token_usage"] = self._usage
        if self._service_tier:
            chunk.response_metadata["service_tier"] = self._service_tier
        chunk.response_metadata.update(self._kept)
        chunk.chunk_position = "last"
        return [chunk]

    def held(self) -> List[AIMessageChunk]:
        if self._closing is None:
            return []
        self._closing.response_metadata.update(self._ending)
        return [self._closing]

    def close(self) -> List[AIMessageChunk]:
        """The body has ended.

        Raises: `IncompleteStream` when `[DONE]` has not come, nor whatever else may end this stream.
        """
        if self.done:
            return []
        if self._codec.stream_end == "finish_reason" and self._ending:
            self.done = True
            return self._close()
        raise IncompleteStream(f"the stream of {self._codec.provider} ended without data: {DONE}")
