"""What was asked and what was answered: one `Exchange` per request, kept within bounds, with no secret in it.

Headers that carry keys are left out, and a key is masked wherever else it stands: in path, query, other headers and
body, in each of the forms that `masking` knows; the answer to such a request, which may echo it, is kept as a note.
An exchange is masked when it is made, so nothing that is kept (its `ask`, its pickle, its JSON) ever had a key in it.

Bounds count the memory that is held, as estimated: of bodies as text and as parsed values, of answers and schedules.
The journal is read from the test's thread while the server's thread writes, hence the lock.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, Optional, Sequence, Tuple
from urllib.parse import unquote

from ..replies.reply import Ask, Tool
from ..serving.http11 import Answer, Request
from .masking import MASK, SECRET_HEADER, Forms, held_in, key_of, keys_of, masked, masked_query, safe_names

__all__ = ["MASK", "SECRET_HEADER", "Exchange", "Journal", "key_of"]

MAX_KEPT = 1_000  # exchanges
MAX_BYTES = 32 << 20  # of memory that they hold
EMPTY = 2_048  # bytes that an exchange holds besides bodies
VALUE = 64  # bytes that one parsed value takes, about
MAPPING = 200  # bytes more for an object
UNTOLD = ("ask", "seen", "left", "size")  # of no use in JSON, or different on every run
RETRY_INFO = re.compile(rb'"retryDelay": ?"(\d{1,9}(?:\.\d{1,9})?)s"')
WITH_KEY = "(left out: the API key was in it)"


class Exchange:
    """One request and its answer.

    Asked: `number` (from 1, in its session), `session`, `connection` (from 1, in its session), `at` (seconds on the
    session's clock), `seen` (seconds of real time, counted from anywhere), `method`, `path`, `query`, `headers`
    (lower-case names) and `body` (parsed JSON, or None), all without keys, `secret_in_url`; and where the request was
    not refused before that was known `provider`, `api`, `model` and `ask`, the request in neutral words.

    Answered: `status`, `rule` (the name of the rule that answered), `faults` (those that struck, in words),
    `retry_after` (seconds, as told), `schedule` (seconds after the request at which each part was due), `length`
    (bytes of the whole HTTP answer as planned), `sent` (bytes written so far), `truncated` (the answer was not meant
    to be whole), `first_byte` and `ended_at` (clock), `ended`: "" while it is being sent, then "complete", "cut",
    "reset", "client" (it hung up, at `ended_at`) or "closed" (the server was); `left`: when its connection was closed
    (as `seen`), where it was the last one on it.
    """

    __slots__ = (
        "number", "session", "connection", "at", "method", "path", "query", "headers", "body", "provider", "api",
        "model", "secret_in_url", "status", "rule", "faults", "retry_after", "length", "sent", "truncated",
        "first_byte", "ended_at", "ended", "size", "seen", "left", "ask", "_schedule", "_keys", "_request", "_answer",
        "_journal",
    )  # fmt: skip

    def __init__(
        self,
        request: Request,
        *,
        session: str,
        number: int,
        connection: int,
        at: float,
    ) -> None:
        self.number = number
        self.session = session
        self.connection = connection
        self.at = at
        self.seen = time.monotonic()
        self.method = request.method
        self.provider = self.api = self.model = self.ended = ""
        self.status = self.length = self.sent = 0
        self.faults: Tuple[str, ...] = ()
        self._schedule: Sequence[float] = ()
        self.truncated = False
        self.rule: Optional[str] = None
        self.retry_after: Optional[float] = None
        self.first_byte: Optional[float] = None
        self.ended_at: Optional[float] = None
        self.left: Optional[float] = None
        self.ask: Optional[Ask] = None
        self._answer: Optional[Answer] = None
        self._journal: Optional[Journal] = None
        self._keys: Optional[Forms] = None  # where the client wrote a key into something else; until it is kept

        keys = keys_of(request)
        self.headers = {name: value for name, value in request.headers.items() if safe_names[name]}
        self.path = request.path
        self.query = ""
        self.secret_in_url = False
        raw = request.body
        self.body: Any = request.parsed()
        if request.query:
            self.query, self.secret_in_url = masked_query(request.query, keys)
        if keys[0]:
            told = "\n".join((self.path, *self.headers.values()))
            if "%" in self.path or any(form in told for form in keys[0]):
                self._hide_in_head(keys)
            if raw and held_in(raw, keys, self.body):
                self._keys = keys
                self.body = masked(self.body, keys)
                raw = json.dumps(self.body).encode() if self.body is not None else WITH_KEY.encode()
        self.size = EMPTY + 2 * len(raw) + VALUE * raw.count(b",") + MAPPING * raw.count(b"{")
        shown = Request(self.method, self.path, self.headers, version_1_0=request.version_1_0)
        shown.query, shown.body, shown._json = self.query, raw, self.body
        self._request = shown

    def _hide_in_head(self, keys: Forms) -> None:
        plain = unquote(self.path)
        path = masked(self.path if masked(plain, keys) == plain else plain, keys)
        headers = {name: value for name, value in self.headers.items() if masked(value, keys) == value}
        if path != self.path or len(headers) != len(self.headers):
            self._keys = keys
            self.secret_in_url = self.secret_in_url or path != self.path
            self.path, self.headers = path, headers

    def __repr__(self) -> str:
        return f"<Exchange {self.number} {self.method} {self.path} -> {self.status} {self.ended or 'open'}>"

    def __getstate__(self) -> Dict[str, Any]:
        kept = {name: getattr(self, name) for name in self.__slots__ if name not in ("_journal", "_keys")}
        return {**kept, "_journal": None, "_keys": None}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    @property
    def hung_up(self) -> bool:
        """Tell whether the client closed the connection before it had the whole answer."""
        return self.ended == "client"

    @property
    def request(self) -> Request:
        """The request as it is kept: without keys."""
        return self._request

    @property
    def schedule(self) -> Sequence[float]:
        """Seconds after the request at which each part of the answer was due."""
        return self._schedule

    @schedule.setter
    def schedule(self, due: Sequence[float]) -> None:
        self._schedule = due
        self._grow(32 * len(due))

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
        self.status = answer.status
        if answer.status >= 400:
            self.retry_after = _retry_after(answer.headers, answer.body)
        if self._keys is not None:  # it may echo what it was asked, a piece in each event
            headers = [(name, masked(value, self._keys)) for name, value in answer.headers]
            answer = Answer(answer.status, headers, WITH_KEY.encode())
        self._answer = answer
        frames = answer.frames
        self._grow(len(answer.body) if frames is None else sum(map(len, frames)) + 40 * len(frames))

    def note(self, ask: Ask, rule: Optional[str]) -> None:
        """Note what was understood, and which rule answered."""
        self.provider, self.api, self.model = ask.provider, ask.api, ask.model
        self.rule = rule
        if self._keys is not None:
            ask = _without(ask, self._keys)
            self.model = ask.model
        self.ask = Ask._make((self._request, *ask[1:]))

    def _grow(self, more: int) -> None:
        self.size += more
        if self._journal is not None:
            self._journal.grew(more)

    def as_json(self) -> Dict[str, Any]:
        """Give everything as plain JSON values; the answer's body as text."""
        shown = {name: getattr(self, name) for name in self.__slots__ if name not in UNTOLD and name[0] != "_"}
        shown["faults"], shown["schedule"] = list(self.faults), list(self.schedule)
        shown["hung_up"] = self.hung_up
        shown["response_headers"] = [list(row) for row in self.response_headers]
        shown["response_body"] = self.response_body.decode("utf-8", "replace")
        return shown


def _without(ask: Ask, keys: Forms) -> Ask:
    """Give a request in neutral words without the keys."""
    texts = {name: masked(getattr(ask, name), keys) for name in ("model", "user", "system", "tool_choice")}
    tools = tuple(Tool(masked(tool.name, keys), masked(tool.schema, keys)) for tool in ask.tools)
    return ask._replace(**texts, tools=tools, json=masked(ask.json, keys), results=tuple(masked(ask.results, keys)))


def _retry_after(headers: Sequence[Tuple[str, str]], body: bytes) -> Optional[float]:
    """Give how long the client was told to wait, in seconds; of two times the shorter. A date is not understood.

    Google tells it in the body: google/rpc/error_details.proto, RetryInfo.
    """
    told: List[float] = []
    for name, value in headers:
        lower = name.lower()
        if lower in ("retry-after", "retry-after-ms"):
            try:
                told.append(float(value) / (1_000 if lower == "retry-after-ms" else 1))
            except ValueError:
                continue
    if not told:
        told = [float(delay) for delay in RETRY_INFO.findall(body)]
    return min(told) if told else None


class Journal:
    """The exchanges of one session, oldest first. The oldest go when there are too many or they are too large.

    `count` tells how many there were since the last reset, kept or not.
    """

    def __init__(self, *, most: int = MAX_KEPT, most_bytes: int = MAX_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: Deque[Exchange] = deque()
        self._bytes = 0
        self.count = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        with self._lock:
            exchange._journal = self
            exchange._keys = None
            self.count += 1
            self._kept.append(exchange)
            self._bytes += exchange.size
            self._trim()

    def grew(self, more: int) -> None:
        """Count bytes that an exchange holds besides those it had when it was added."""
        with self._lock:
            self._bytes += more
            self._trim()

    def _trim(self) -> None:
        while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
            oldest = self._kept.popleft()
            oldest._journal = None
            self._bytes -= oldest.size

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def dropped(self) -> int:
        """How many exchanges since the last reset are no longer kept."""
        return self.count - len(self._kept)

    @property
    def held(self) -> int:
        """How many bytes of memory the kept exchanges hold, about."""
        return self._bytes

    def since(self, number: int = 0, limit: Optional[int] = None) -> List[Exchange]:
        """Give the exchanges behind the one with this number, oldest first, at most so many."""
        found = [exchange for exchange in self if exchange.number > number]
        return found if limit is None else found[: max(0, limit)]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for exchange in self._kept:
                exchange._journal = None
            self._kept.clear()
            self._bytes = self.count = 0
