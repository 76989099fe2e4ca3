"""Time as a session sees it: real, virtual (pauses are skipped, in the right order) or held (until `advance`).

A clock counts seconds from 0. Under "virtual" a pause moves the clock and takes no time: whatever is due next comes
next, so two slow streams interleave as they would in life. Under "held" nothing that is due later happens until the
test moves the clock; so a client that meets a stall of a minute really hangs, until its own timeout or `advance`.
Everything here runs in the server's event loop, but for `now`.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import Callable, List, Optional, Tuple

__all__ = ["CLOCKS", "Clock", "Timer"]

CLOCKS = ("real", "virtual", "held")


class Timer:
    """A call that is due; `cancel` forgets it."""

    __slots__ = ("call", "_handle")

    def __init__(self, call: Optional[Callable[[], None]]) -> None:
        self.call = call
        self._handle: Optional[asyncio.TimerHandle] = None

    def cancel(self) -> None:
        """Never make the call; a second cancel does nothing."""
        self.call = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Clock:
    """The clock of one session."""

    def __init__(self, kind: str = "real") -> None:
        if kind not in CLOCKS:
            raise ValueError(f"clock is one of {', '.join(CLOCKS)}, not {kind!r}")
        self.kind = kind
        self._began = time.monotonic()
        self._shift = 0.0  # of a real clock that was advanced; else the time itself
        self._due: List[Tuple[float, int, Timer]] = []
        self._number = 0
        self._jumping = False

    def now(self) -> float:
        """Tell the seconds since the session began, or was reset."""
        return time.monotonic() - self._began + self._shift if self.kind == "real" else self._shift

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Make a call in so many seconds."""
        timer = Timer(call)
        self._number += 1
        heapq.heappush(self._due, (self.now() + seconds, self._number, timer))
        if self.kind == "real":
            timer._handle = asyncio.get_running_loop().call_later(seconds, self._run_due)
        elif self.kind == "virtual" and not self._jumping:
            self._jumping = True
            asyncio.get_running_loop().call_soon(self._jump)
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock, making each call that becomes due at its own time."""
        target = self.now() + seconds
        while self._due and self._due[0][0] <= target:
            due, _, timer = heapq.heappop(self._due)
            if self.kind == "real":
                self._shift += max(0.0, due - self.now())
            else:
                self._shift = max(self._shift, due)
            self._fire(timer)
        self._shift += max(0.0, target - self.now())

    def finish(self) -> None:
        """Let everything that is due happen now, each at its own time: this clock is used no longer."""
        if self.kind == "held":
            self.kind = "virtual"  # what follows later waits for no `advance`
        while self._due:
            self.advance(max(0.0, self._due[0][0] - self.now()))

    def stop(self) -> None:
        """Forget everything that is due."""
        for _, _, timer in self._due:
            timer.cancel()
        self._due.clear()

    def _run_due(self) -> None:
        # A little early is on time: the loop's clock and this one differ by rounding.
        while self._due and (self._due[0][2].call is None or self._due[0][0] <= self.now() + 0.001):
            self._fire(heapq.heappop(self._due)[2])

    def _jump(self) -> None:
        """Move to what is due next and do it; what follows is the next turn's."""
        self._jumping = False
        while self._due and self._due[0][2].call is None:
            heapq.heappop(self._due)
        if not self._due:
            return
        due, _, timer = heapq.heappop(self._due)
        self._shift = max(self._shift, due)
        self._fire(timer)
        if self._due and not self._jumping:
            self._jumping = True
            asyncio.get_running_loop().call_soon(self._jump)

    @staticmethod
    def _fire(timer: Timer) -> None:
        call, timer.call = timer.call, None
        timer._handle = None
        if call is not None:
            call()
