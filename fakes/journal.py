"""What was asked and what was answered: one `Exchange` per request, kept within bounds, with no secret in it.

Headers that carry keys are left out, keys in a URL are masked (that there was one is noted), and a body that has the
key's text in it is kept as a note, not as itself. The journal is read from the test's thread while the server's
thread writes, hence the lock.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, Optional, Sequence, Tuple
from urllib.parse import unquote_plus

from .http11 import Answer, Request
from .reply import Ask

__all__ = ["Exchange", "Journal", "key_of"]

MAX_KEPT = 1_000  # exchanges
MAX_BYTES = 32 << 20  # of their bodies, asked and answered
SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|credential|password", re.IGNORECASE)
SECRET_QUERY = re.compile(r"((?:^|&)[^=&]*(?:key|token|secret|password)[^=&]*=)([^&]+)", re.IGNORECASE)
MASK = "***"
WITH_KEY = "(left out: the API key was in it)"


class Exchange:
    """One request and its answer.

    Asked: `number` (from 1, in its session), `session`, `connection` (from 1, in its session), `at` (seconds on the
    session's clock), `method`, `path`, `query` (keys masked), `headers` (lower-case names, without keys), `body`
    (parsed JSON, or None), `secret_in_url`; and where the request was not refused before that was known `provider`,
    `api`, `model` and `ask`, the request in neutral words without its key.

    Answered: `status`, `rule` (the name of the rule that answered), `faults` (those that struck, in words),
    `retry_after` (seconds, as told), `schedule` (seconds after the request at which each part was due), `length`
    (bytes of the whole HTTP answer as planned), `sent` (bytes written so far), `truncated` (the answer was not meant
    to be whole), `first_byte` and `ended_at` (clock), `ended`: "" while it is being sent, then "complete", "cut",
    "reset" or "client" (it hung up).
    """

    __slots__ = (
        "number", "session", "connection", "at", "method", "path", "query", "headers", "body", "provider", "api",
        "model", "secret_in_url", "status", "rule", "faults", "retry_after", "schedule", "length", "sent", "truncated",
        "first_byte", "ended_at", "ended", "size", "ask", "_answer",
    )  # fmt: skip

    def __init__(self, request: Request, *, session: str, number: int, connection: int, at: float) -> None:
        self.number = number
        self.session = session
        self.connection = connection
        self.at = at
        self.method = request.method
        self.path = request.path
        key = key_of(request)
        self.query, self.secret_in_url = masked_query(request.query, key)
        self.headers = {
            name: value
            for name, value in request.headers.items()
            if not SECRET_HEADER.search(name) and (len(key) < 8 or key not in value)
        }
        hidden = len(key) >= 8 and key.encode("utf-8", "replace") in request.body
        self.body: Any = WITH_KEY if hidden else request.parsed()
        self.provider = self.api = self.model = ""
        self.status = 0
        self.rule: Optional[str] = None
        self.faults: Tuple[str, ...] = ()
        self.retry_after: Optional[float] = None
        self.schedule: Sequence[float] = ()
        self.length = self.sent = 0
        self.truncated = False
        self.first_byte: Optional[float] = None
        self.ended_at: Optional[float] = None
        self.ended = ""
        self.size = len(request.body) + 1_024
        self.ask: Optional[Ask] = None
        self._answer: Optional[Answer] = None

    def __repr__(self) -> str:
        return f"<Exchange {self.number} {self.method} {self.path} -> {self.status} {self.ended or 'open'}>"

    @property
    def hung_up(self) -> bool:
        """Tell whether the client closed the connection before it had the whole answer."""
        return self.ended == "client"

    @property
    def response_headers(self) -> List[Tuple[str, str]]:
        """The headers of the answer, in order."""
        return list(self._answer.headers) if self._answer is not None else []

    @property
    def response_body(self) -> bytes:
        """The body as the provider wrote it: whole, without chunked coding, before any fault."""
        if self._answer is None:
            return b""
        return self._answer.body if self._answer.frames is None else b"".join(self._answer.frames)

    def answered(self, answer: Answer) -> None:
        """Note what the provider answered."""
        self._answer = answer
        self.status = answer.status
        frames = answer.frames
        self.size += len(answer.body) if frames is None else sum(map(len, frames))
        for name, value in answer.headers:
            if name == "retry-after" and answer.status >= 400:
                self.retry_after = _seconds(value)

    def note(self, ask: Ask, rule: Optional[str]) -> None:
        """Note what was understood, and which rule answered."""
        self.provider, self.api, self.model = ask.provider, ask.api, ask.model
        self.rule = rule
        shown = Request(self.method, self.path, self.headers, version_1_0=ask.request.version_1_0)
        shown.body = b"" if self.body == WITH_KEY else ask.request.body
        self.ask = ask._replace(request=shown)

    def as_json(self) -> Dict[str, Any]:
        """Give everything but the answer's body, which is given as text, as plain JSON values."""
        shown = {name: getattr(self, name) for name in self.__slots__ if name not in ("ask", "size", "_answer")}
        shown["faults"], shown["schedule"] = list(self.faults), list(self.schedule)
        shown["response_headers"] = [list(row) for row in self.response_headers]
        shown["response_body"] = self.response_body.decode("utf-8", "replace")
        return shown


def key_of(request: Request) -> str:
    """Give the API key of a request, wherever a provider takes one, or nothing."""
    headers = request.headers
    for name in ("x-api-key", "x-goog-api-key", "api-key"):
        if headers.get(name):
            return headers[name].strip()
    bearer = headers.get("authorization", "").partition(" ")[2].strip()
    if bearer or not request.query:
        return bearer
    found = re.search(r"(?:^|&)key=([^&]*)", request.query)
    return unquote_plus(found.group(1)) if found else ""


def masked_query(query: str, key: str) -> Tuple[str, bool]:
    """Give a query with its secrets masked, and whether there were any."""
    if not query:
        return "", False
    masked = SECRET_QUERY.sub(lambda found: found.group(1) + MASK, query)
    if len(key) >= 8:
        masked = masked.replace(key, MASK)
    return masked, masked != query


def _seconds(text: str) -> Optional[float]:
    try:
        return float(text)
    except ValueError:
        return None


class Journal:
    """The exchanges of one session, oldest first. The oldest go when there are too many or they are too large."""

    def __init__(self, *, most: int = MAX_KEPT, most_bytes: int = MAX_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: Deque[Exchange] = deque()
        self._bytes = 0
        self.count = 0  # of all since the last reset, kept or not

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        with self._lock:
            self.count += 1
            self._kept.append(exchange)
            self._bytes += exchange.size
            while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
                self._bytes -= self._kept.popleft().size

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = self.count = 0
