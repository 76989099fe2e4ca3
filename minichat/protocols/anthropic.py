"""Anthropic's Messages API: requests out, whole replies in; streams are in anthropic_stream.py. Sans-IO.

Content forms, `usage_metadata` and `response_metadata` are those of langchain-anthropic 1.7.10 (found by running it):
one text block without citations is a string, everything else the list of blocks as it came.
Source: Anthropic, "Messages"; anthropic 2.12 `types/`; recordings; read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ProtocolError
from ..messages.ai import whole_message
from ..wire.http import Request, with_query
from .anthropic_errors import judge_payload, read_error
from .anthropic_request import encode_messages
from .anthropic_stream import MessagesStream
from .anthropic_usage import usage_metadata
from .base import ChatCall, dump_json, load_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, List, Optional

    from ..errors import ProviderError
    from ..messages import AIMessage
    from ..messages.tool import ToolCall

    JSON = Any

__all__ = ["AnthropicMessages"]

BETA_HEADER = "anthropic-beta"
PROFILE_HEADER = "anthropic-user-profile-id"  # source: anthropic 2.12 `resources/beta/messages/messages.py`
NOT_METADATA = ("content", "role", "type")
# Fields of a block that say nothing when they are null; the API refuses some of them when they are sent back.
SILENT_WHEN_NULL = ("citations", "caller", "encrypted_content")


class AnthropicMessages:
    """The codec: an endpoint that speaks the Messages API.

    `url`: of the endpoint, with the parameters of every request; `headers`: sent with every request, the key
    and the version among them. `as_blocks`: streams give lists of blocks, not strings (a call with tools or
    thinking). `stream_usage`: streams give usage. `system_in_place`: the model takes system messages after the
    first turn where they stand.
    """

    decodes_alike = True

    def __init__(
        self,
        *,
        provider: str,
        url: str,
        headers: Dict[str, str],
        as_blocks: bool = False,
        stream_usage: bool = True,
        system_in_place: bool = False,
    ) -> None:
        self.provider = provider
        self.url = url
        self.headers = headers
        self.as_blocks = as_blocks
        self.stream_usage = stream_usage
        self.system_in_place = system_in_place

    def for_call(self, *, as_blocks: bool, stream_usage: bool, system_in_place: bool) -> AnthropicMessages:
        """Give the same codec as one call needs it."""
        return AnthropicMessages(
            provider=self.provider,
            url=self.url,
            headers=self.headers,
            as_blocks=as_blocks,
            stream_usage=stream_usage,
            system_in_place=system_in_place,
        )

    def encode(self, call: ChatCall) -> Request:
        """Build the POST; the body's "betas" and "user_profile_id" go into the headers that stand for them."""
        system, turns = encode_messages(call.messages, system_in_place=self.system_in_place)
        body = {**call.body, "messages": turns}
        if system and body.get("system") is None:
            body["system"] = system
        betas = body.pop("betas", None)
        profile = body.pop("user_profile_id", None)
        if call.stream:
            body["stream"] = True
        headers: Dict[str, str] = {**self.headers, **call.headers} if call.headers else self.headers
        query = call.query
        if profile:
            headers = {**headers, PROFILE_HEADER: str(profile)}
        if betas:
            headers = _with_betas(headers, betas)
            query = {"beta": "true", **(query or {})}
        return Request("POST", with_query(self.url, query), headers, dump_json(body))

    def decode(self, body: bytes) -> List[AIMessage]:
        """Give the message of a reply.

        Raises: `ProtocolError` when it is no message, `ProviderError` when it is an error in a 200.
        """
        reply = load_json(body)
        if not isinstance(reply, dict) or reply.get("type") == "error" or reply.get("error"):
            raise judge_payload(self.provider, reply, body)
        try:
            return [self._message(reply)]
        except (KeyError, TypeError, AttributeError) as error:
            raise ProtocolError(f"no message: {error!r}", raw=body) from error

    def _message(self, reply: JSON) -> AIMessage:
        blocks = [_block(block) for block in _list(reply["content"])]
        fields: Dict[str, JSON] = {"content": blocks}
        if len(blocks) == 1 and blocks[0]["type"] == "text" and not blocks[0].get("citations"):
            fields["content"] = blocks[0]["text"]
        calls = [_tool_call(block) for block in blocks if block["type"] == "tool_use"]
        if calls:
            fields["tool_calls"] = calls
        metadata = {name: value for name, value in reply.items() if name not in NOT_METADATA}
        if "model" in metadata:
            metadata["model_name"] = metadata["model"]
        metadata["model_provider"] = self.provider
        fields["response_metadata"] = metadata
        if reply.get("usage") is not None:
            fields["usage_metadata"] = usage_metadata(reply["usage"])
        return whole_message(fields)

    def stream_decoder(self, message_id: Optional[str] = None) -> MessagesStream:
        return MessagesStream(
            self.provider, message_id, as_blocks=self.as_blocks, with_usage=self.stream_usage
        )

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """Read an error reply: Anthropic's JSON, somebody else's JSON, a gateway's page, or nothing."""
        return read_error(self.provider, status, headers, body)


def _list(value: JSON) -> JSON:
    if not isinstance(value, list):
        raise TypeError(f"content that is no list: {type(value).__name__}")
    return value


def _block(block: JSON) -> JSON:
    """Give a block of a reply without what says nothing. Raises: KeyError, TypeError for what is no block."""
    kind = block["type"]
    if not isinstance(kind, str):
        raise TypeError("a block whose type is no text")
    if kind == "text" and not isinstance(block["text"], str):
        raise TypeError("a text that is none")
    return {key: value for key, value in block.items() if value is not None or key not in SILENT_WHEN_NULL}


def _tool_call(block: JSON) -> ToolCall:
    name, id, args = block["name"], block["id"], block["input"]
    if not (isinstance(name, str) and isinstance(id, str) and isinstance(args, dict)):
        raise TypeError("a tool call without name, id or input")
    return {"name": name, "args": args, "id": id, "type": "tool_call"}


def _with_betas(headers: Mapping[str, str], betas: JSON) -> Dict[str, str]:
    """Add betas to those that the user's own header may name already."""
    named = [name for name in headers if name.lower() == BETA_HEADER]
    said = [beta.strip() for name in named for beta in headers[name].split(",")]
    wanted = [betas] if isinstance(betas, str) else betas
    rest = {name: value for name, value in headers.items() if name not in named}
    return {**rest, BETA_HEADER: ",".join(dict.fromkeys([*filter(None, said), *map(str, wanted)]))}
