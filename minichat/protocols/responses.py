"""OpenAI's Responses: the codec. What a message becomes and what becomes a message is in the modules beside.

The request is `{"input": [items], ...}`, the answer a response object with output items, or a stream of typed
events. A response may be answered before it is finished ("queued", "in_progress": `background=True`); it is a
message without content then, its status told in `response_metadata`.

Source: OpenAI's API reference, "Create a model response"; openai 3.54 `types/responses/`; both read 2026-11-23.
"""

from __future__ import annotations

from ..messages.ai import whole_message
from ..wire.http import Request, with_query
from .base import ChatCall, dump_json, load_json
from .chat_completions_errors import read_error
from .responses_errors import failure_of, is_failed, judge_payload
from .responses_items import message_fields
from .responses_request import encode_input
from .responses_stream import ResponsesStream
from .responses_v0 import to_v0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Dict, List, Optional

    from ..errors import ProviderError
    from ..messages import AIMessage

__all__ = ["Responses"]


class Responses:
    """The codec: one provider's endpoint.

    `url`: of the endpoint; `headers`: sent with every request, the key among them; `v0`: messages have
    LangChain's older form (`output_version="v0"`).
    """

    decodes_alike = True

    def __init__(self, *, provider: str, url: str, headers: Dict[str, str], v0: bool = False) -> None:
        self.provider = provider
        self.url = url
        self.headers = headers
        self.v0 = v0

    def encode(self, call: ChatCall) -> Request:
        """Build the POST. A call may have `after`, the number of messages that OpenAI has already."""
        stored = call.body.get("store") is not False  # what is not stored cannot be referred to by its id
        after = getattr(call, "after", 0)
        body = {"input": encode_input(call.messages, stored=stored, after=after), **call.body}
        if call.stream:
            body["stream"] = True
        headers = {**self.headers, **call.headers} if call.headers else self.headers
        return Request("POST", with_query(self.url, call.query), headers, dump_json(body))

    def decode(self, body: bytes) -> List[AIMessage]:
        """Give the one message of a response.

        Raises: `ProtocolError` when it is no response, `ProviderError` when it failed.
        """
        reply = load_json(body)
        if not isinstance(reply, dict):
            raise judge_payload(self.provider, reply, body)
        if is_failed(reply):
            raise failure_of(self.provider, reply)
        try:
            fields = message_fields(reply, self.provider)
            if self.v0:
                fields["content"], beside, fields["id"] = to_v0(fields["content"])
                fields["additional_kwargs"] = {**fields.get("additional_kwargs", {}), **beside}
        except (KeyError, TypeError, AttributeError) as error:
            raise judge_payload(self.provider, reply, body, error) from error
        return [whole_message(fields)]

    def stream_decoder(self, message_id: Optional[str] = None) -> ResponsesStream:
        return ResponsesStream(self.provider, message_id, v0=self.v0)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """Read an error reply: OpenAI's JSON, that of the Codex backend, a gateway's page, or nothing."""
        return read_error(self.provider, status, headers, body)
