"""Time as a session sees it: real, virtual (pauses are skipped, in the right order) or held (until `advance`).

A clock counts seconds from 0 and makes calls at their time. Under "virtual" a pause moves the clock and takes no time:
whatever is due next comes next, so two slow streams interleave as they would in life. Under "held" nothing that is due
later happens until the test moves the clock; so a client that meets a stall of a minute really hangs, until its own
timeout or `advance`. What is due at once is a call like others, so that `advance` makes it at its place in the order.

One wake-up of the event loop, for the call that is due first, serves all of them. Everything here runs in the server's
event loop, but for `now`.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import Callable, List, Optional, Set, Tuple

__all__ = ["CLOCKS", "Clock", "Timer"]

CLOCKS = ("real", "virtual", "held")
MOST_DEAD = 64  # cancelled calls that are kept in the queue whatever its length


class Timer:
    """A call that is due; `cancel` forgets it."""

    __slots__ = ("call", "_clock")

    def __init__(self, call: Callable[[], None], clock: "Clock") -> None:
        self.call: Optional[Callable[[], None]] = call
        self._clock = clock

    def cancel(self) -> None:
        """Never make the call; a second cancel does nothing."""
        if self.call is not None:
            self.call = None
            self._clock.forget()


class Clock:
    """The clock of one session. `closing` has the calls that end what is played on it, made by `stop`."""

    def __init__(self, kind: str = "real") -> None:
        if kind not in CLOCKS:
            raise ValueError(f"clock is one of {', '.join(CLOCKS)}, not {kind!r}")
        self.kind = kind
        self.closing: Set[Callable[[], None]] = set()
        self._began = time.monotonic()
        self._shift = 0.0  # of a real clock that was advanced; else the time itself
        self._due: List[Tuple[float, int, Timer]] = []
        self._dead = 0  # of them, cancelled
        self._number = 0
        self._wake: Optional[asyncio.Handle] = None
        self._wake_at = 0.0
        self._advancing = False

    def now(self) -> float:
        """Tell the seconds since the session began, or was reset."""
        return time.monotonic() - self._began + self._shift if self.kind == "real" else self._shift

    def at(self, due: float, call: Callable[[], None]) -> Timer:
        """Make a call at a time; when that is past, in the next turn of the loop."""
        timer = Timer(call, self)
        self._number += 1
        heapq.heappush(self._due, (due, self._number, timer))
        self._set_wake()
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock, making each call that becomes due at its own time, and what follows from it."""
        target = self.now() + seconds
        self._advancing = True
        try:
            while self._due and self._due[0][0] <= target:
                self._move(self._due[0][0])
                self._fire()
            self._move(target)
        finally:
            self._advancing = False
            self._cancel_wake()  # it was set by the time as it was before
            self._set_wake()

    def stop(self) -> None:
        """End what is under way, whose connections close, and forget everything that is due."""
        for close in list(self.closing):
            close()
        self.closing.clear()
        self._due.clear()
        self._dead = 0
        self._cancel_wake()

    def forget(self) -> None:
        """Count a call that was cancelled; when most of them are, the queue is made anew without them."""
        self._dead += 1
        if self._dead > MOST_DEAD and self._dead * 2 > len(self._due):
            self._due = [row for row in self._due if row[2].call is not None]
            heapq.heapify(self._due)
            self._dead = 0

    def _move(self, when: float) -> None:
        if self.kind == "real":
            self._shift += max(0.0, when - self.now())
        else:
            self._shift = max(self._shift, when)

    def _fire(self) -> None:
        timer = heapq.heappop(self._due)[2]
        call, timer.call = timer.call, None
        if call is None:
            self._dead -= 1
        else:
            call()

    def _set_wake(self) -> None:
        """See to it that the loop comes back for what is due first."""
        while self._due and self._due[0][2].call is None:
            self._fire()
        if not self._due or self._advancing:
            return
        due = self._due[0][0]
        if self.kind == "real":
            if self._wake is not None and self._wake_at <= due:
                return
            self._cancel_wake()
            self._wake_at = due
            self._wake = asyncio.get_running_loop().call_later(max(0.0, due - self.now()), self._turn)
        elif self._wake is None and (self.kind == "virtual" or due <= self._shift):
            self._wake = asyncio.get_running_loop().call_soon(self._turn)

    def _cancel_wake(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None

    def _turn(self) -> None:
        """Make the calls that are due; what they put off until now has its turn later, so that the loop goes round."""
        self._wake = None
        while self._due and self._due[0][2].call is None:
            self._fire()
        if self._due and self.kind == "virtual":
            self._move(self._due[0][0])
        now, last = self.now(), self._number
        while self._due and self._due[0][0] <= now and self._due[0][1] <= last:
            self._fire()
        self._set_wake()
