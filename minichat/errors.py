"""Every exception the library raises, and whose fault each one is.

::

    ChatError
      ConfigurationError(ValueError)     your call is wrong; nothing was sent
      TransportError(OSError)            the way between: lost before an answer was whole
        ConnectError(ConnectionError)      no connection: refused, no such host, proxy said no
        RequestTimeout(TimeoutError)       waited `seconds` in `phase`
        TLSError                           no trusted connection
      ProtocolError                      their bytes break HTTP, SSE, JSON or the provider's grammar
        IncompleteStream                   ended before its terminator
      ProviderError                      the provider said no
        AuthenticationError  PermissionDenied  BadRequest  NotFound
        RateLimited  Overloaded  ServerError
      OutputParserException(ValueError)  the model's answer is not what a parser asked for
        ModelRefusalError                  the model declined to answer

An exception carries its facts as attributes, so nobody has to read its sentence. Two of them are
on every one: `retryable`, decided where the error is made (wire/retry.py only counts), and
`partial`, the message as far as it had come, or None. No message, attribute or pickle holds a key.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

__all__ = [
    "AuthenticationError",
    "BadRequest",
    "ChatError",
    "ConfigurationError",
    "ConnectError",
    "IncompleteStream",
    "ModelRefusalError",
    "NotFound",
    "OutputParserException",
    "Overloaded",
    "PermissionDenied",
    "ProtocolError",
    "ProviderError",
    "RateLimited",
    "RequestTimeout",
    "ServerError",
    "TLSError",
    "TransportError",
]

RAW_LIMIT = 200  # bytes of foreign data an exception keeps; enough to recognise, too little to leak


class ChatError(Exception):
    """Base of all errors of this library.

    `retryable`: another attempt may succeed. `partial`: the `AIMessageChunk` received so far, or
    None. `attempts`: how many times it was tried before giving up (0: not once).
    `status`, `request_id`, `retry_after` (seconds): what the reply's head said, where there was one.
    """

    retryable: bool = False
    partial: Any = None
    attempts: int = 0
    status: Optional[int] = None
    request_id: Optional[str] = None
    retry_after: Optional[float] = None


class ConfigurationError(ChatError, ValueError):
    """A setting or argument is wrong or missing; nothing was sent. The text names the remedy."""


class TransportError(ChatError, OSError):
    """The connection was lost before the answer was whole."""

    retryable = True


class ConnectError(TransportError, ConnectionError):
    """No connection came about: refused, unknown host, or the proxy would not open a tunnel."""


class RequestTimeout(TransportError, TimeoutError):
    """Nothing moved for `seconds` in `phase`: "connect", "send", "first byte" or "between chunks"."""

    def __init__(self, message: str = "", *, seconds: float = 0.0, phase: str = "") -> None:
        super().__init__(message)
        self.seconds = seconds
        self.phase = phase


class TLSError(TransportError):
    """The peer could not be trusted, or does not speak TLS. Never retried: it would not change."""

    retryable = False


class ProtocolError(ChatError):
    """The reply breaks HTTP, SSE, JSON or the provider's grammar. `raw`: the first 200 bytes of it."""

    def __init__(self, message: str = "", *, raw: bytes = b"") -> None:
        super().__init__(message)
        self.raw = bytes(raw[:RAW_LIMIT])


class IncompleteStream(ProtocolError):
    """The reply ended before its terminator; `partial` has what came. Never a whole answer."""

    retryable = True


class ProviderError(ChatError):
    """The provider answered with an error, by status or by an error event inside a 200 stream.

    `provider`: "openai", ...; `status`: HTTP status; `type`, `code`, `param`, `message`: the
    provider's own words, None where it gave none; `body`: the decoded error body (JSON value or
    text, cut to 200 characters when it is not JSON).
    """

    def __init__(
        self,
        message: str = "",
        *,
        provider: str = "",
        status: Optional[int] = None,
        type: Optional[str] = None,
        code: Optional[str] = None,
        param: Optional[str] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
        retryable: bool = False,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.retryable = retryable
        self.body = body

    def __str__(self) -> str:
        what = " ".join(str(part) for part in (self.provider, self.status, self.code or self.type) if part)
        where = f" (request id {self.request_id})" if self.request_id else ""
        return f"{what}: {self.message}{where}" if what else f"{self.message}{where}"


class AuthenticationError(ProviderError):
    """401: the key is missing, wrong or expired."""


class PermissionDenied(ProviderError):
    """403: the key is good, but not for this."""


class BadRequest(ProviderError):
    """400, 409, 413, 422 and other 4xx: the request itself is refused."""


class NotFound(ProviderError):
    """404: no such model or path."""


class RateLimited(ProviderError):
    """429: too many requests or tokens, or the quota is used up."""


class Overloaded(ProviderError):
    """503, 529: the provider has no capacity now."""


class ServerError(ProviderError):
    """Any other 5xx: the provider failed."""


class OutputParserException(ChatError, ValueError):  # noqa: N818 - LangChain's name
    """What the model answered cannot be parsed, or is not what was asked for.

    `raw_message`: the whole message, where there was one. `llm_output`: the text that would not do.
    `observation`: what to tell the model so that it can mend its answer; with `send_to_llm` both are
    needed, and an agent sends them back.

    Raises: ValueError for `send_to_llm` without the other two.
    """

    def __init__(
        self,
        error: Any,
        observation: Optional[str] = None,
        llm_output: Optional[str] = None,
        send_to_llm: bool = False,
        *,
        raw_message: Any = None,
    ) -> None:
        super().__init__(error)
        if send_to_llm and (observation is None or llm_output is None):
            raise ValueError("send_to_llm=True needs observation= and llm_output=, which are what is sent")
        self.observation = observation
        self.llm_output = llm_output
        self.send_to_llm = send_to_llm
        self.raw_message = raw_message


class ModelRefusalError(OutputParserException):
    """The model declined, or a filter stopped it; `raw_message` says in which words. Not worth a retry."""

    def __init__(
        self, message: str = "Model refused to produce the requested output", *, raw_message: Any = None
    ) -> None:
        ChatError.__init__(self, message)
        self.observation = None
        self.llm_output = None
        self.send_to_llm = False
        self.raw_message = raw_message
