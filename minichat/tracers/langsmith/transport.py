"""HTTP with a LangSmith: one blocking call over the backend that the models use, so its proxy and its trust.

`send` is one attempt and gives any answer as it came; background ingest counts its retries itself, since it may
have to stop in the middle. `request` is for whoever waits for the answer: it tries again and raises by the SDK's
names. Whatever is said about a failure goes through `masked`, because servers like to repeat the key.
"""

from __future__ import annotations

import json as json_

from ...backends.driver import run
from ...errors import ChatError, RequestTimeout, TransportError
from ...version import USER_AGENT
from ...wire.http import Request, Timeouts, with_query
from ...wire.retry import Backoff, parse_retry_after
from ...wire.transport import Transport as Trust
from .endpoints import without_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable, Dict, Optional, Tuple

    from .settings import Settings

__all__ = [
    "LangSmithAPIError",
    "LangSmithAuthError",
    "LangSmithConflictError",
    "LangSmithConnectionError",
    "LangSmithError",
    "LangSmithNotFoundError",
    "LangSmithRateLimitError",
    "LangSmithRequestTimeout",
    "RETRIED",
    "Reply",
    "Transport",
    "transport_for",
]

RETRIED = (408, 425, 429, 500, 502, 503, 504)  # what the SDK tries again, whatever the method
RETRIES = 3
BACKOFF = Backoff(0.5, 2.0, 4.0)
LONGEST_RETRY_AFTER = 30.0  # for a caller who waits; more is an error at once
SHOWN = 200  # characters of a server's words in a message
ANSWER_BYTES = 256 * 1024 * 1024

# What minichat's own transport calls a model's settings, and what they are called here.
NAMES = (
    ("check base_url= and", "check LANGSMITH_ENDPOINT and"),
    ("base_url must", "an endpoint must"),
    ("; timeout= sets how long to wait", ""),
)

READS = (10.0, 60.0)  # seconds to connect, and for each piece of an answer; as the SDK


class LangSmithError(ChatError):
    """A LangSmith said no, or could not be asked. `status` is None where there was no answer."""


class LangSmithAuthError(LangSmithError):
    """401: the key is missing or wrong."""


class LangSmithNotFoundError(LangSmithError):
    """404: there is no such run, project, dataset or example."""


class LangSmithConflictError(LangSmithError):
    """409: there is one already."""


class LangSmithRequestTimeout(LangSmithError):
    """408, or no answer in time."""


class LangSmithRateLimitError(LangSmithError):
    """429: too many requests."""


class LangSmithAPIError(LangSmithError):
    """The server failed (5xx)."""


class LangSmithConnectionError(LangSmithError):
    """No connection, or one that was lost."""


KINDS = {
    401: LangSmithAuthError,
    404: LangSmithNotFoundError,
    408: LangSmithRequestTimeout,
    409: LangSmithConflictError,
    429: LangSmithRateLimitError,
}


class Reply:
    """An answer: `status`, `headers` with lower-case names, `body`."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def value(self) -> Any:
        """Give the body as a JSON value; as bytes when it is none, None when there is none."""
        if not self.body:
            return None
        try:
            return json_.loads(self.body)
        except (ValueError, RecursionError):
            return self.body

    def asked_to_wait(self) -> Optional[float]:
        """Seconds of `Retry-After`, or None."""
        import time

        return parse_retry_after(self.headers, time.time)


class Transport:
    """Requests to one LangSmith; `waits` are the seconds to connect, and for each piece of an answer.

    `backend` and `sleep` are there for tests: what sends (minichat's blocking backend), and what waits.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        endpoint: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        trust: Optional[Trust] = None,
        waits: Tuple[float, float] = READS,
        backend: Any = None,
        sleep: Optional[Callable[[float], Any]] = None,
    ) -> None:
        given = (endpoint or settings.endpoint).rstrip("/")
        self.endpoint = without_password(given)
        if trust is None:
            trust = Trust()
            trust.tls_key = object()  # connections apart from the models', to be closed alone
        self._trust = trust
        self._waits = waits
        self._backend = backend
        self._sleep = sleep
        self._secrets = tuple(value for value in (settings.api_key, *(headers or {}).values()) if value)
        self.headers: Dict[str, str] = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if given != self.endpoint:
            self.headers["Authorization"] = _basic(given)
        if headers is not None:  # of another service: LangSmith's key is none of its business
            self.headers.update(headers)
            return
        if settings.api_key:
            self.headers["x-api-key"] = settings.api_key
        if settings.workspace:
            self.headers["X-Tenant-Id"] = settings.workspace

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}>"

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Optional[Mapping[str, str]] = None,
        query: Optional[Mapping[str, object]] = None,
        connect: Optional[float] = None,
        read: Optional[float] = None,
        status_counts: bool = False,
    ) -> Reply:
        """Ask once and give the answer, whatever its status.

        With `status_counts` a 2xx whose body breaks off is an answer, with an empty body.
        Raises: `errors.TransportError` and its kinds, `ProtocolError`, `ConfigurationError`.
        """
        backend = self._backend
        if backend is None:
            from ...backends.blocking import backend as blocking

            backend = self._backend = blocking
        url = with_query(self.endpoint + path, query)
        request = Request(method, url, {**self.headers, **(headers or {})}, body)
        waits = Timeouts(self._waits[0] if connect is None else connect, self._waits[1] if read is None else read)
        return run(self._exchange(backend, request, waits, status_counts))

    async def _exchange(
        self, backend: Any, request: Request, timeouts: Timeouts, status_counts: bool
    ) -> Reply:
        response = await backend.send(request, self._trust, timeouts)
        try:
            body = await response.read_all(ANSWER_BYTES, "max_body_bytes")
        except ChatError:
            if not status_counts or not 200 <= response.status < 300:
                raise
            body = b""
        return Reply(response.status, response.headers, body)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
        query: Optional[Mapping[str, object]] = None,
    ) -> Tuple[int, Any]:
        """Ask, again after an answer that may pass, and give (status, JSON value, or bytes, or None).

        `json` is sent as JSON unless there is a `body`. Every method is tried again, as the SDK does it.
        Raises: `LangSmithError`, of the kind of the status or of what went wrong on the way.
        """
        given = dict(headers or {})
        if body is None and json is not None:
            from .multipart import dumps

            body = dumps(json)
        if body is not None:
            given.setdefault("Content-Type", "application/json")
        for attempt in range(RETRIES + 1):
            pause: Optional[float] = BACKOFF.pause(attempt, 0.0)
            try:
                reply = self.send(method, path, body=body or b"", headers=given, query=query)
                if reply.status < 400:
                    return reply.status, reply.value()
                error = self._refused(method, path, reply)
                if reply.status not in RETRIED:
                    raise error
                asked = reply.asked_to_wait()
                if asked is not None:
                    pause = asked if asked <= LONGEST_RETRY_AFTER else None
            except ChatError as failure:
                if isinstance(failure, LangSmithError):
                    raise
                error = self._failed(method, path, failure)
                error.__cause__ = failure
                if not isinstance(failure, TransportError) or not failure.retryable:
                    pause = None
            error.attempts = attempt + 1
            if attempt == RETRIES or pause is None:
                break
            self._wait(pause)
        raise error

    def _wait(self, seconds: float) -> None:
        if self._sleep is None:
            from ...backends.blocking import backend

            run(backend.sleep(seconds))
        else:
            self._sleep(seconds)

    def _refused(self, method: str, path: str, reply: Reply) -> LangSmithError:
        kind = KINDS.get(reply.status)
        if kind is None:
            kind = LangSmithAPIError if reply.status >= 500 else LangSmithError
        said = self.shown(reply.body)
        if reply.status == 403 and "org_scoped_key_requires_workspace" in said:
            said += "; this key is the organisation's: set LANGSMITH_WORKSPACE_ID"
        error = kind(f"{method} {path}: {self.endpoint} answered {reply.status}: {said}")
        error.status = reply.status
        error.retryable = reply.status in RETRIED
        return error

    def _failed(self, method: str, path: str, failure: ChatError) -> LangSmithError:
        if isinstance(failure, RequestTimeout):
            kind: Any = LangSmithRequestTimeout
        else:
            kind = LangSmithConnectionError if isinstance(failure, TransportError) else LangSmithError
        error: LangSmithError = kind(f"{method} {path}: {self.told(failure)}")
        error.retryable = failure.retryable
        return error

    def shown(self, body: bytes) -> str:
        """Give the beginning of an answer as text for a message, without the key."""
        text = self.masked(body[: 64 * 1024].decode("utf-8", "replace"))  # masked before it is cut
        return " ".join(text.split())[:SHOWN] or "no text"

    def told(self, failure: ChatError) -> str:
        """Give what went wrong on the way in words that fit here, without the key."""
        text = self.masked(str(failure))
        for theirs, ours in NAMES:
            text = text.replace(theirs, ours)
        return text

    def masked(self, text: str) -> str:
        """Give a text without this server's secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def close(self) -> None:
        """Close the connections that are kept."""
        if self._backend is not None:
            self._backend.close(self._trust)


def _basic(url: str) -> str:
    """Give the header that stands for the user name and password in an address, as the SDK sends them."""
    from base64 import b64encode
    from urllib.parse import unquote_to_bytes

    user, _, password = url.partition("://")[2].partition("/")[0].rpartition("@")[0].partition(":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode("ascii")


_transports: Dict[Any, Transport] = {}


def transport_for(settings: Settings, waits: Tuple[float, float] = READS) -> Transport:
    """Give the transport to this endpoint, key and workspace with these waits: one for all who ask."""
    key = (settings.endpoint, settings.api_key, settings.workspace, waits)
    found = _transports.get(key)
    if found is None:
        found = _transports.setdefault(key, Transport(settings, waits=waits))
    return found
