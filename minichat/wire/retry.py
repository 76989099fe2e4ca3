"""When to try again: pure arithmetic over (attempt, error, random). Nothing here waits.

The rules are those of the official OpenAI SDK (openai 3.54, `_base_client.py`, read 2026-11-23), which
Anthropic's and Fireworks' share; other providers have a `Backoff` of their own:
two retries, half a second doubling to eight, up to a quarter less at random; a wait the server asks
for is used as it is, unless it is longer than two minutes, when waiting makes no sense and the error
is raised. Whether an error may be retried at all is `error.retryable`, decided where it was made.
The caller adds the one rule that needs the stream: never after the first chunk was handed out.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Mapping, Optional

    from ..errors import ChatError

__all__ = ["Backoff", "pause_before_retry", "parse_retry_after"]


class Backoff:
    """How long to wait when nobody says: `first` seconds, `factor` times more each time, at most `longest`.

    Up to `jitter` of it less at random, so that clients which failed together do not come back together.
    """

    __slots__ = ("first", "factor", "longest", "jitter")

    def __init__(
        self, first: float = 0.5, factor: float = 2.0, longest: float = 8.0, jitter: float = 0.25
    ) -> None:
        self.first = first
        self.factor = factor
        self.longest = longest
        self.jitter = jitter

    def pause(self, retries_made: int, random: float) -> float:
        """Seconds before the next attempt; `random` in [0, 1)."""
        pause = min(self.first * self.factor ** min(retries_made, 40), self.longest)
        return pause * (1.0 - self.jitter * random)


def pause_before_retry(
    retries_made: int,
    error: ChatError,
    *,
    max_retries: int,
    max_retry_after: float,
    random: Callable[[], float],
    backoff: Backoff = Backoff(),
) -> Optional[float]:
    """Seconds to wait before the next attempt, or None: give up and raise `error`.

    `random` gives numbers in [0, 1), as `random.random`.
    """
    if not error.retryable or retries_made >= max_retries:
        return None
    asked = error.retry_after
    if asked is not None:
        if asked > max_retry_after:
            return None
        if asked > 0:
            return asked
    return backoff.pause(retries_made, random())


def parse_retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> Optional[float]:
    """Seconds a reply asks to wait, or None; `retry-after-ms` before `retry-after`.

    Shape: `headers` has lower-case names. A date is measured from the reply's own `Date`, so that a
    wrong clock here does not matter; `now` (seconds since the epoch) serves where there is none.
    Source: RFC 9110 section 10.2.3; openai 3.54 `_base_client.py` for the milliseconds.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000.0
    value = headers.get("retry-after")
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    due = _date(value)
    if due is None:
        return None
    sent = _date(headers.get("date", ""))
    return max(0.0, due - (now() if sent is None else sent))


def _number(text: Optional[str]) -> Optional[float]:
    """A finite number of at least 0, or None for anything else."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


def _date(text: str) -> Optional[float]:
    from datetime import timezone
    from email.utils import parsedate_to_datetime  # 6 ms to import, and hardly ever needed

    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # "-0000": a date of HTTP is in UTC, never in our own zone
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
