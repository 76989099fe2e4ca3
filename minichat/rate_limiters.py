"""Rate limiters: who may send a request, and when. Names and behaviour of `langchain_core.rate_limiters`.

`take_token` is the whole arithmetic of the token bucket: numbers in, numbers out, the time included.
Around it stands the waiting, written once as a coroutine over a backend's `sleep`; `acquire` runs it
with the blocking backend and `aacquire` awaits it on the event loop.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from math import isfinite

from .backends.driver import run
from .errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    from .backends.base import Backend

__all__ = ["BaseRateLimiter", "InMemoryRateLimiter"]


class BaseRateLimiter(ABC):
    """What a model asks before each request: one permission, now or after waiting for it.

    >>> class Open(BaseRateLimiter):
    ...     def acquire(self, *, blocking=True):
    ...         return True
    ...     async def aacquire(self, *, blocking=True):
    ...         return True
    >>> Open().acquire()
    True
    """

    @abstractmethod
    def acquire(self, *, blocking: bool = True) -> bool:
        """Take a permission, waiting for it; without `blocking` say at once whether there was one."""

    @abstractmethod
    async def aacquire(self, *, blocking: bool = True) -> bool:
        """As `acquire`, on the running event loop."""


class InMemoryRateLimiter(BaseRateLimiter):
    """A token bucket in this process, shared by threads and event loops.

    Each request takes one token; `requests_per_second` tokens are added each second, and at most
    `max_bucket_size` are kept for a burst. The bucket begins empty and its clock starts with the first
    request, so that request waits as well. These tokens have nothing to do with a model's tokens.

    >>> limiter = InMemoryRateLimiter(requests_per_second=2, max_bucket_size=10)
    >>> limiter.acquire(blocking=False)
    False

    Units: `check_every_n_seconds` is the pause between two looks at the bucket, in seconds.
    Raises: `ConfigurationError` naming the argument.
    """

    def __init__(
        self,
        *,
        requests_per_second: float = 1,
        check_every_n_seconds: float = 0.1,
        max_bucket_size: float = 1,
    ) -> None:
        from .backends.locks import Lock

        _check("requests_per_second", requests_per_second, "a number above 0")
        _check("check_every_n_seconds", check_every_n_seconds, "a number of seconds above 0")
        _check("max_bucket_size", max_bucket_size, "a number, at least 1, or no request ever passes", least=1)
        self.requests_per_second = requests_per_second
        self.check_every_n_seconds = check_every_n_seconds
        self.max_bucket_size = max_bucket_size
        self.available_tokens = 0.0
        self.last: Optional[float] = None  # monotonic time up to which tokens were added
        self._lock = Lock()

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take a token, sleeping until there is one; without `blocking` say at once if there was."""
        from .backends.blocking import backend

        return run(self._acquire(backend, blocking))

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """As `acquire`; other tasks run while it waits, and a cancelled wait has taken nothing."""
        from .backends.aio import backend

        return await self._acquire(backend, blocking)

    async def _acquire(self, backend: Backend, blocking: bool) -> bool:
        while not self._take(time.monotonic):
            if not blocking:
                return False
            await backend.sleep(self.check_every_n_seconds)
        return True

    def _take(self, clock: Any) -> bool:
        with self._lock:  # the clock is read inside: two threads must not come with times out of order
            taken, self.available_tokens, self.last = take_token(
                self.available_tokens,
                self.last,
                now=clock(),
                rate=self.requests_per_second,
                size=self.max_bucket_size,
            )
        return taken


def take_token(
    tokens: float, last: Optional[float], *, now: float, rate: float, size: float
) -> Tuple[bool, float, float]:
    """Give (was one taken, tokens left, time up to which tokens were added).

    Tokens are added when at least one whole token has come together since `last`, as in LangChain; what
    does not fit in `size` is lost. A `last` of None means that the clock starts `now`.

    >>> take_token(0.0, 10.0, now=10.5, rate=4, size=10)
    (True, 1.0, 10.5)
    >>> take_token(0.0, 10.0, now=10.5, rate=1, size=10)
    (False, 0.0, 10.0)
    """
    since = now if last is None else last
    gained = (now - since) * rate
    if gained >= 1:
        tokens += gained
        since = now
    tokens = min(tokens, size)
    return (True, tokens - 1, since) if tokens >= 1 else (False, tokens, since)


def _check(name: str, value: Any, wanted: str, *, least: float = 0) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not isfinite(value) or value < least or value <= 0:
        raise ConfigurationError(f"InMemoryRateLimiter: {name} must be {wanted}; got {value!r}")
