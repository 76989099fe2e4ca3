"""Requests and tokens per minute: buckets that refill steadily, as the providers' do, on the session's clock.

`Quota` is what a test asks for, `Meter` the state of one session, `Limits` what a provider tells in its headers and
in its refusal. Sizes are per minute, times are seconds. (Anthropic's documentation of its rate limits names the token
bucket; of OpenAI's the headers tell the same: a reset of 6ms after one request of 10,000 a minute.)

A request takes one request and the tokens asked, and goes through when both are there; the tokens of its answer are
taken when they are known, so a bucket may fall below empty, and the next request waits for that too. A request for
more tokens than the bucket holds is refused however full it is, as OpenAI refuses it ("Request too large",
Aider-AI/aider#1880): its `wait` is a whole minute, and no wait would help.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

__all__ = ["Level", "Limits", "Meter", "Quota"]

MINUTE = 60.0


class Quota(NamedTuple):
    """How much a session may ask for in a minute; None: any amount."""

    requests_per_minute: Optional[int] = None
    tokens_per_minute: Optional[int] = None

    def checked(self, where: str = "quota") -> "Quota":
        """Give itself.

        Raises: ValueError that names the field which is out of its range.
        """
        for name, value in zip(self._fields, self):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ValueError(f"{where}.{name} is a whole number from 1, not {value!r}")
        return self


class Level(NamedTuple):
    """How full a bucket is: its size, what is left (rounded down), and the seconds until it is full again."""

    limit: int
    remaining: int
    reset: float


class Limits(NamedTuple):
    """What a session has left; None where there is no limit.

    In a refusal `reached` is "requests" or "tokens", `asked` what the request would have taken and `wait` the seconds
    until it would have gone through; `too_large` says that it never would.
    """

    requests: Optional[Level]
    tokens: Optional[Level]
    reached: Optional[str] = None
    asked: int = 0
    wait: float = 0.0

    @property
    def too_large(self) -> bool:
        """Tell whether the request asked for more tokens than the limit."""
        return self.reached == "tokens" and self.tokens is not None and self.asked > self.tokens.limit


class _Bucket:
    __slots__ = ("size", "left", "at")

    def __init__(self, size: int, now: float) -> None:
        self.size = size
        self.left = float(size)
        self.at = now

    def refill(self, now: float) -> None:
        self.left = min(float(self.size), self.left + (now - self.at) * self.size / MINUTE)
        self.at = now

    def wait_for(self, amount: float) -> float:
        """Seconds until there is so much; a minute for what is more than the bucket holds."""
        return MINUTE if amount > self.size else max(0.0, amount - self.left) * MINUTE / self.size

    def level(self) -> Level:
        return Level(self.size, max(0, math.floor(self.left + 1e-9)), self.wait_for(self.size))


class Meter:
    """The buckets of one session. A refused request takes nothing."""

    __slots__ = ("_requests", "_tokens")

    def __init__(self, quota: Quota, now: float) -> None:
        self._requests = _Bucket(quota.requests_per_minute, now) if quota.requests_per_minute else None
        self._tokens = _Bucket(quota.tokens_per_minute, now) if quota.tokens_per_minute else None

    def take(self, tokens: int, now: float) -> Limits:
        """Take one request and so many tokens; `reached` is set, and nothing taken, when there is not enough."""
        for name, bucket, amount in (("requests", self._requests, 1), ("tokens", self._tokens, tokens)):
            if bucket is None:
                continue
            bucket.refill(now)
            wait = bucket.wait_for(amount)
            if wait > 1e-9:
                return self.limits(now)._replace(reached=name, asked=amount, wait=wait)
        for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
            if bucket is not None:
                bucket.left -= amount
        return self.limits(now)

    def spend(self, tokens: int) -> None:
        """Take the tokens of an answer, which are known afterwards only; the bucket may go below empty."""
        if self._tokens is not None:
            self._tokens.left -= tokens

    def limits(self, now: float) -> Limits:
        """Tell what is left."""
        for bucket in (self._requests, self._tokens):
            if bucket is not None:
                bucket.refill(now)
        return Limits(
            self._requests.level() if self._requests is not None else None,
            self._tokens.level() if self._tokens is not None else None,
        )
