"""Everything that changes while the server runs: counters, requests seen, connections made, the script's place.

Ids, times and random-looking text all come from `Moment`, which is made from the seed and the number of the request
since the last reset. So the same requests after a reset get the same bytes, on every machine. A `World` is read from
the test's thread while the server's thread writes, hence the lock. Sessions (one world per API key) fit here later:
the listener asks for the world of a request and knows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, FrozenSet, Iterable, List, Optional, Tuple

from .reply import Reply

__all__ = ["Moment", "Seen", "World"]

EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z: request number n happens n seconds later
ALWAYS_WRONG = "sk-fake-wrong"
MAX_SEEN = 1_000  # requests kept for assertions
MAX_SEEN_BYTES = 32 << 20  # and no more than this of their bodies
MAX_KEPT = 4_000  # things that a provider keeps for its client, such as stored responses
MAX_KEPT_BYTES = 64 << 20
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Moment:
    """One request's number, and what is derived from it: time, ids, noise."""

    __slots__ = ("number", "created", "_seed")

    def __init__(self, seed: int, number: int) -> None:
        self.number = number
        self.created = EPOCH + number
        self._seed = seed

    def hexadecimal(self, purpose: str, length: int) -> str:
        """Give up to 64 hexadecimal digits that depend on seed, number and purpose."""
        return self._digest(purpose).hex()[:length]

    def letters(self, purpose: str, length: int) -> str:
        """Give up to 43 letters and digits that depend on seed, number and purpose."""
        return base64.b64encode(self._digest(purpose), b"Zq").decode("ascii")[:length]

    def fixed(self, purpose: str, length: int) -> str:
        """Give hexadecimal digits that depend on seed and purpose only, alike for all requests."""
        return hashlib.blake2b(f"{self._seed}/{purpose}".encode(), digest_size=32).hexdigest()[:length]

    def date(self) -> str:
        """Give the moment as an HTTP date."""
        t = time.gmtime(self.created)
        return (
            f"{_DAYS[t.tm_wday]}, {t.tm_mday:02} {_MONTHS[t.tm_mon - 1]} {t.tm_year} "
            f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"
        )

    def _digest(self, purpose: str) -> bytes:
        return hashlib.blake2b(f"{self._seed}/{self.number}/{purpose}".encode(), digest_size=32).digest()


class Seen:
    """A request as the server saw it, kept for assertions; the key is left out.

    Shape: `method` and `path` are text (no query), `headers` a dict with lower-case names, `body` the parsed JSON
    (None when there was none or it was malformed), `connection` counts TCP connections from 1, `status` is what was
    answered.
    """

    __slots__ = ("method", "path", "headers", "body", "connection", "status", "size")

    def __init__(
        self, method: str, path: str, headers: Dict[str, str], body: Any, *, connection: int, status: int, size: int
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.connection = connection
        self.status = status
        self.size = size

    def __repr__(self) -> str:
        return f"<Seen {self.method} {self.path} -> {self.status}>"


class World:
    """The state of one running fake."""

    def __init__(
        self, *, seed: int = 0, reject_keys: Iterable[str] = (), replies: Optional[Iterable[Reply]] = None
    ) -> None:
        self.seed = seed
        self.rejected: FrozenSet[str] = frozenset(reject_keys) | {ALWAYS_WRONG}
        self.connections = 0
        self._lock = threading.Lock()
        self._seen: Deque[Seen] = deque()
        self._seen_bytes = 0
        self._number = 0
        self._counts: Dict[str, int] = {}
        self._kept: Dict[str, Tuple[Any, int]] = {}
        self._kept_bytes = 0
        self._script: List[Reply] = []
        self._given = 0
        self.scripted = replies is not None  # the script answers, whatever the model's name
        self.script(replies or ())

    def script(self, replies: Iterable[Reply]) -> None:
        """Add replies to the end of the script.

        Raises: TypeError for what is no Reply.
        """
        added = list(replies)
        for reply in added:
            if not isinstance(reply, Reply):
                kind = type(reply).__name__
                raise TypeError(f"the script takes Reply, not {kind}; Reply.of(text) makes one of a text")
        with self._lock:
            self._script += added
            self.scripted = self.scripted or bool(added)

    def next_reply(self) -> Optional[Reply]:
        """Give the script's next reply, or None when all have been given."""
        with self._lock:
            if self._given == len(self._script):
                return None
            self._given += 1
            return self._script[self._given - 1]

    def moment(self) -> Moment:
        """Begin the next request."""
        with self._lock:
            self._number += 1
            return Moment(self.seed, self._number)

    def count(self, name: str) -> int:
        """Count one more of a thing since the last reset; the first gives 1."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1
            return self._counts[name]

    def counted(self, name: str) -> int:
        """Tell how often a thing was counted since the last reset, without counting it."""
        with self._lock:
            return self._counts.get(name, 0)

    def keep(self, name: str, thing: Any, size: int) -> None:
        """Keep a thing until the next reset; the oldest go when there are too many or they are too large (bytes)."""
        with self._lock:
            self._drop(name)
            self._kept[name] = (thing, size)
            self._kept_bytes += size
            while len(self._kept) > MAX_KEPT or (self._kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1):
                self._drop(next(iter(self._kept)))

    def kept(self, name: str) -> Any:
        """Give a thing that was kept, or None."""
        with self._lock:
            return self._kept.get(name, (None, 0))[0]

    def drop(self, name: str) -> None:
        """Keep a thing no longer."""
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._kept_bytes -= self._kept.pop(name, (None, 0))[1]

    def connected(self) -> int:
        """Count a TCP connection and give its number since the last reset."""
        with self._lock:
            self.connections += 1
            return self.connections

    def remember(self, seen: Seen) -> None:
        """Keep a request; the oldest go when there are too many or they are too large."""
        with self._lock:
            self._seen.append(seen)
            self._seen_bytes += seen.size
            while len(self._seen) > MAX_SEEN or (self._seen_bytes > MAX_SEEN_BYTES and len(self._seen) > 1):
                self._seen_bytes -= self._seen.popleft().size

    def requests(self) -> List[Seen]:
        """Give the requests kept, oldest first."""
        with self._lock:
            return list(self._seen)

    def reset(self) -> None:
        """Forget all requests, start every counter anew and the script from its beginning."""
        with self._lock:
            self._seen.clear()
            self._counts.clear()
            self._kept.clear()
            self._kept_bytes = 0
            self._seen_bytes = self._number = self.connections = self._given = 0
