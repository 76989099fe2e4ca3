"""One request's number in its session, and everything that looks like time or chance in its answer.

Ids, times and random-looking text are all made from the session's seed and the number of the request since the last
reset. So the same requests after a reset get the same bytes, on every machine.
"""

from __future__ import annotations

import base64
import hashlib
import time
from functools import lru_cache
from typing import Sequence

__all__ = ["EPOCH", "Moment"]

EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z: request number n happens n seconds later
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Moment:
    """One request's number, and what is derived from it: time, ids, noise.

    `sent`: in the middle of a stream, the events that went before.
    """

    __slots__ = ("number", "created", "sent", "_seed")

    def __init__(self, seed: int, number: int, later: int = 0) -> None:
        self.number = number
        self.created = EPOCH + number + later
        self.sent: Sequence[bytes] = ()
        self._seed = seed

    def hexadecimal(self, purpose: str, length: int) -> str:
        """Give up to 64 hexadecimal digits that depend on seed, number and purpose."""
        return self._digest(purpose).hex()[:length]

    def letters(self, purpose: str, length: int) -> str:
        """Give up to 43 letters and digits that depend on seed, number and purpose."""
        return base64.b64encode(self._digest(purpose), b"Zq").decode("ascii")[:length]

    def fixed(self, purpose: str, length: int) -> str:
        """Give hexadecimal digits that depend on seed and purpose only, alike for all requests."""
        return _digits(f"{self._seed}/{purpose}")[:length]

    def chance(self, purpose: str) -> float:
        """Give a number from 0 to 1 (not 1 itself) that depends on seed, number and purpose."""
        return int.from_bytes(self._digest(purpose)[:6], "big") / (1 << 48)

    def date(self) -> str:
        """Give the moment as an HTTP date."""
        t = time.gmtime(self.created)
        return (
            f"{_DAYS[t.tm_wday]}, {t.tm_mday:02} {_MONTHS[t.tm_mon - 1]} {t.tm_year} "
            f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"
        )

    def _digest(self, purpose: str) -> bytes:
        return hashlib.blake2b(f"{self._seed}/{self.number}/{purpose}".encode(), digest_size=32).digest()


@lru_cache(maxsize=256)
def _digits(of: str) -> str:
    return hashlib.blake2b(of.encode(), digest_size=32).hexdigest()
