"""What every wire format has: a codec with four verbs, and a decoder with state for one stream.

::

    encode(call)               ChatCall -> Request
    decode(body)               bytes of a whole reply -> [AIMessage], one per choice
    stream_decoder(message_id) -> StreamDecoder: feed(events) -> [AIMessageChunk]; close()
    error(status, headers, body) -> ProviderError

A codec is immutable and may be used by many calls at once; only a stream decoder has state. Nothing
here knows a socket. A stream ends by its protocol's own terminator and by nothing else: whatever else
ends it is an `IncompleteStream`.
"""

from __future__ import annotations

import json
import time

from ..errors import (
    AuthenticationError,
    BadRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProtocolError,
    ProviderError,
    RateLimited,
    ServerError,
)
from ..wire.retry import parse_retry_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from typing import Any, Dict, List, Optional, Protocol, Type

    from ..errors import ChatError
    from ..messages import AIMessage, AIMessageChunk, BaseMessage
    from ..wire.http import Request
    from ..wire.sse import ServerSentEvent

    JSON = Any

    class StreamDecoder(Protocol):
        """Translates one reply's events; every chunk gets the message id it was made with.

        `done`: the terminator has come. `failure`: what broke the stream, behind the chunks that
        `feed` has just given; nothing follows it. `held()`: what was received and not yet given.
        """

        done: bool
        failure: Optional[ChatError]

        def feed(self, events: Iterable[ServerSentEvent]) -> List[AIMessageChunk]: ...
        def held(self) -> List[AIMessageChunk]: ...
        def close(self) -> List[AIMessageChunk]: ...  # end of body; raises IncompleteStream

    class Codec(Protocol):
        """One wire format, for one provider. `decodes_alike`: the same bytes are the same messages each time."""

        decodes_alike: bool

        def encode(self, call: ChatCall) -> Request: ...
        def decode(self, body: bytes) -> List[AIMessage]: ...
        def stream_decoder(self, message_id: Optional[str] = None) -> StreamDecoder: ...
        def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError: ...


# Codec etc.: types only
__all__ = [
    "ChatCall", "dump_json", "load_json", "parse_json", "place_of_no_json", "provider_error", "request_id",
]  # fmt: skip


class ChatCall:
    """What one request says: `messages`, the other fields of the `body`, and whether to `stream`.

    `headers` and `query` are added to the provider's own for this request only.
    """

    __slots__ = ("messages", "body", "stream", "headers", "query")

    def __init__(
        self,
        messages: Sequence[BaseMessage],
        body: Dict[str, JSON],
        *,
        stream: bool = False,
        headers: Optional[Mapping[str, str]] = None,
        query: Optional[Mapping[str, object]] = None,
    ) -> None:
        self.messages = messages
        self.body = body
        self.stream = stream
        self.headers = headers
        self.query = query


# -- JSON ----------------------------------------------------------------------------------

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # set in its __init__
# TypeError: PyPy's, when a RecursionError comes while another error is being handled and cannot be chained to it.
_NO_JSON = (ValueError, RecursionError, TypeError)


DEEPEST_PLACE = 20  # levels that an error message names; what contains itself has no end


def dump_json(value: JSON) -> bytes:
    """Render compact JSON in UTF-8.

    Raises: TypeError or ValueError, as `json.dumps`, for what JSON cannot say (NaN among it).
    """
    text = _encode(value)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate: JSON can say it, UTF-8 cannot
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def place_of_no_json(value: Any, place: str = "") -> str:
    """Say where in `value` the first part lies that JSON cannot say, as "tools[0].parameters"; "" for nowhere."""
    parts = [(place, value)]
    for _ in range(DEEPEST_PLACE):
        found = next(((inner, part) for inner, part in parts if not _is_json(part)), None)
        if found is None:
            return place
        place, value = found
        parts = []
        if isinstance(value, dict):
            parts = [(f"{place}.{key}".lstrip("."), part) for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            parts = [(f"{place}[{index}]", part) for index, part in enumerate(value)]
    return place


def _is_json(value: Any) -> bool:
    try:
        _encode(value)
    except _NO_JSON:
        return False
    return True


def parse_json(text: str) -> JSON:
    """Parse JSON text; without the two searches for blanks that `json.loads` makes first.

    Raises: `ProtocolError` with the text.
    """
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except (StopIteration, *_NO_JSON):
        pass  # blanks around it, or no JSON: json.loads tells which
    try:
        return json.loads(text)
    except _NO_JSON as error:
        raise ProtocolError(f"not JSON: {error}", raw=text.encode("utf-8", "replace")) from None


def load_json(body: bytes) -> JSON:
    """Parse the body of a reply.

    Raises: `ProtocolError` with its first bytes.
    """
    try:
        return parse_json(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ProtocolError("the reply is not UTF-8", raw=body) from None


# -- errors --------------------------------------------------------------------------------

_BY_STATUS: Dict[int, Type[ProviderError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}


# What the official SDKs of OpenAI, Anthropic, Fireworks and Together try again.
RETRIED = frozenset((408, 409, 429, *range(500, 600)))

# Where providers put the number under which they find a request in their logs.
REQUEST_IDS = ("x-request-id", "request-id", "mistral-correlation-id")


def request_id(headers: Mapping[str, str]) -> Optional[str]:
    """Give the provider's number of a reply, or None."""
    for name in REQUEST_IDS:
        if headers.get(name):
            return headers[name]
    return None


def provider_error(
    status: Optional[int],
    headers: Mapping[str, str],
    *,
    provider: str,
    message: str,
    type: Optional[str] = None,
    code: Optional[str] = None,
    param: Optional[str] = None,
    body: JSON = None,
    hopeless: bool = False,
    judged_as: Optional[int] = None,
    retry_after: Optional[float] = None,
    retried: Container[int] = RETRIED,
) -> ProviderError:
    """Build the error of a reply: its class by status, and whether another attempt may help.

    `judged_as`: the status that stands for the error, where the reply's own does not (an error inside a
    200, a wrong key told with 400). `retry_after`: seconds, where the body says them, not the head.

    The statuses in `retried` (408, 409, 429 and 5xx) are worth another attempt, unless the reply's
    `x-should-retry` says otherwise, or the caller knows it is `hopeless` (a used-up quota).
    Source: openai 3.54 `_base_client.py`, read 2026-11-23.
    """
    number = judged_as or status or 0
    kind = _BY_STATUS.get(number)
    if kind is None:
        kind = ServerError if number >= 500 else BadRequest if number >= 400 else ProviderError
    retryable = number in retried
    told = headers.get("x-should-retry", "").lower()
    if told in ("true", "false"):
        retryable = told == "true"
    return kind(
        message,
        provider=provider,
        status=status,
        type=type,
        code=code,
        param=param,
        request_id=request_id(headers),
        retry_after=parse_retry_after(headers, time.time) if retry_after is None else retry_after,
        retryable=retryable and not hopeless,
        body=body,
    )
