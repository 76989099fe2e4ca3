"""Google's Gemini API, the way back: whole replies and event streams as messages. Sans-IO.

A reply is `{"candidates": [{"content": {"parts": [...]}, "finishReason", ...}], "usageMetadata", "modelVersion",
"responseId"}`, and every event of a stream (`alt=sse`) is one more such object: with new parts, the usage so far,
and the finish reason in the last. Nothing else ends a stream: no `[DONE]`, no event of another name. A prompt that
is refused has no candidates but a `promptFeedback`, which ends the stream as well. Function calls come whole.

Without `alt=sse` a stream is one JSON array of the same objects; `decode` reads that too.
Source: ai.google.dev, "Gemini API reference"; google-genai 3.4, langchain-google-genai 4.4.2; recordings; read
2026-11-23.
"""

from __future__ import annotations

from ..errors import IncompleteStream
from ..messages.ai import whole_message
from ..wire.http import Request, with_query
from .base import ChatCall, dump_json, load_json
from .gemini_errors import judge_payload, read_error
from .gemini_metadata import closing_kwargs, metadata_of, note, read_usage, warn_blocked
from .gemini_parts import SIGNATURES, Parts, content_of, is_gemini_3
from .gemini_settings import encode_request
from .gemini_stream import MISFITS, GeminiStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, List, Optional

    from ..errors import ProviderError
    from ..messages import AIMessage

    JSON = Any

__all__ = ["Gemini"]


class Gemini:
    """The codec. `base_url`: with the API's version at its end; `query`: added to every address."""

    decodes_alike = False  # ids are made up for calls that have none

    def __init__(
        self, *, provider: str, base_url: str, headers: Dict[str, str], query: Optional[Mapping[str, object]] = None
    ) -> None:
        self.provider = provider
        self.base_url = base_url
        self.headers = headers
        self.query = query

    def encode(self, call: ChatCall) -> Request:
        """Build the POST. Source: "Gemini API reference", models.generateContent, models.streamGenerateContent."""
        fields = dict(call.body)
        model = fields.pop("model")
        query = {**({"alt": "sse"} if call.stream else {}), **(self.query or {}), **(call.query or {})}
        url = f"{self.base_url}/{_path(model)}:{'streamGenerateContent' if call.stream else 'generateContent'}"
        headers = {**self.headers, **call.headers} if call.headers else self.headers
        body = dump_json(encode_request(call.messages, fields, model=model))
        return Request("POST", with_query(url, query), headers, body)

    def decode(self, body: bytes) -> List[AIMessage]:
        """Give one message per candidate, in the order of their indexes.

        Raises: `ProtocolError` when it is no answer, `IncompleteStream` for an array without a finish reason,
        `ProviderError` when it is an error in a 200.
        """
        reply = load_json(body)
        try:
            if isinstance(reply, list) and reply and not (isinstance(reply[0], dict) and reply[0].get("error")):
                reply = self._joined(reply, body)
            if reply.get("error"):
                raise judge_payload(self.provider, reply, body)
            usage = _usage(reply)
            candidates = sorted(reply.get("candidates") or (), key=lambda one: one.get("index") or 0)
            messages = [self._message(reply, candidate, usage) for candidate in candidates]
            if not messages and reply.get("promptFeedback"):
                messages = [self._blocked(reply, usage)]
        except MISFITS as error:
            raise judge_payload(self.provider, reply, body, error) from error
        if not messages:
            raise judge_payload(self.provider, reply, body, KeyError("candidates"))
        return messages

    def _joined(self, chunks: List[JSON], body: bytes) -> JSON:
        """Give a streamed JSON array as the whole reply that it is."""
        reply: Dict[str, JSON] = {}
        candidates: Dict[int, Dict[str, JSON]] = {}
        for chunk in chunks:
            if chunk.get("error"):
                raise judge_payload(self.provider, chunk, body)
            reply.update(chunk)
            for candidate in chunk.get("candidates") or ():
                known = candidates.setdefault(candidate.get("index") or 0, {"content": {"parts": []}})
                for part in (candidate.get("content") or {}).get("parts") or ():
                    _append(known["content"]["parts"], part)
                note(known, candidate)
        reply["candidates"] = [{**candidates[index], "index": index} for index in candidates]
        ended = [one.get("finishReason") for one in reply["candidates"]]
        if not (all(ended) and ended or (reply.get("promptFeedback") or {}).get("blockReason")):
            raise IncompleteStream(f"the stream of {self.provider} ended without a finishReason")
        return reply

    def _message(self, reply: JSON, candidate: JSON, usage: JSON) -> AIMessage:
        facts: Dict[str, JSON] = {}
        note(facts, reply)
        note(facts, candidate)
        version = reply.get("modelVersion")
        parts = Parts(blocks=is_gemini_3(version))
        for part in (candidate.get("content") or {}).get("parts") or ():
            parts.add(part)
        fields: Dict[str, JSON] = {
            "content": content_of(parts, of_gemini_3=is_gemini_3(version)),
            "response_metadata": metadata_of(facts),
        }
        if parts.calls:
            fields["tool_calls"] = [
                {"name": name, "args": args, "id": id, "type": "tool_call"} for name, args, id in parts.calls
            ]
        extra = {SIGNATURES: parts.signatures} if parts.signatures else {}
        extra.update(closing_kwargs(parts.calls[-1] if parts.calls else None, parts.sound))
        if extra:
            fields["additional_kwargs"] = extra
        if usage:
            fields["usage_metadata"] = usage
        return whole_message(fields)

    def _blocked(self, reply: JSON, usage: JSON) -> AIMessage:
        facts: Dict[str, JSON] = {}
        note(facts, reply)
        fields: Dict[str, JSON] = {"content": "", "response_metadata": metadata_of(facts)}
        if usage:
            fields["usage_metadata"] = usage
        warn_blocked(reply["promptFeedback"])
        return whole_message(fields)

    def stream_decoder(self, message_id: Optional[str] = None) -> GeminiStream:
        return GeminiStream(self.provider, message_id)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """Read an error reply: Google's JSON, in a list or not, a gateway's page, or nothing."""
        return read_error(self.provider, status, headers, body)


def _append(parts: List[JSON], part: JSON) -> None:
    """Add a part of a streamed array; text goes on with the text before it, unless one is signed."""
    last = parts[-1] if parts else None
    if last and "text" in part and part.keys() == last.keys() and part.keys() <= {"text", "thought"}:
        parts[-1] = {**last, "text": last["text"] + part["text"]}
    else:
        parts.append(part)


def _usage(reply: JSON) -> JSON:
    """Give the usage of a reply, None where nothing was counted."""
    usage = read_usage(reply.get("usageMetadata") or {})
    return usage if usage["total_tokens"] or usage["input_tokens"] or usage["output_tokens"] else None


def _path(model: str) -> str:
    """Give a model's name as a path: "models/" once; a tuned model's stays."""
    from re import fullmatch

    name = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    if fullmatch(r"[\w./@-]+", name, 256):  # re.ASCII
        return name
    from urllib.parse import quote

    return quote(name, safe="/@")
