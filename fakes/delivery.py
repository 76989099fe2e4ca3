"""Playing a plan on a connection: its bytes, its pauses on the session's clock, and its ending.

No task: each pause is a call that is due, each write a turn of the loop. A client that leaves stops the delivery, and
with it everything that was due.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from itertools import accumulate
from typing import Callable, Optional

from .clock import Clock, Timer
from .journal import Exchange
from .transmission import WHOLE, Plan, Step

__all__ = ["Delivery"]

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class Delivery:
    """One answer on its way. `done(stays)` is called behind the last byte, unless it hangs or the client left."""

    __slots__ = ("_transport", "_plan", "_clock", "_exchange", "_done", "_full", "_next", "_timer", "_turn", "_over")

    def __init__(
        self,
        transport: asyncio.Transport,
        plan: Plan,
        clock: Clock,
        exchange: Exchange,
        done: Callable[[bool], None],
        full: Callable[[], bool],
    ) -> None:
        self._transport = transport
        self._plan = plan
        self._clock = clock
        self._exchange = exchange
        self._done = done
        self._full = full
        self._next = 0
        self._timer: Optional[Timer] = None
        self._turn: Optional[asyncio.Handle] = None
        self._over = False
        exchange.length = plan.length
        exchange.truncated = plan.truncated
        exchange.schedule = tuple(round(at, 6) for at in accumulate(step.wait for step in plan.steps))

    def go_on(self) -> None:
        """Write what is due now, then wait for what comes next."""
        if self._timer is not None or self._turn is not None or self._over:
            return
        steps = self._plan.steps
        while self._next < len(steps):
            if self._full():
                return  # called again when there is room
            step = steps[self._next]
            if step.wait:
                self._timer = self._clock.after(step.wait, self._due)
                return
            if self._send(step):
                return
        self._end()

    def stop(self, why: str) -> None:
        """Forget the rest: the connection is gone."""
        if self._over:
            return
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._exchange.ended = self._exchange.ended or why
        self._exchange.ended_at = self._clock.now()

    def _due(self) -> None:
        self._timer = None
        if not self._send(self._plan.steps[self._next]):
            self.go_on()

    def _turned(self) -> None:
        self._turn = None
        self.go_on()

    def _send(self, step: Step) -> bool:
        """Write a step, and tell whether the next one has to wait for another turn of the loop."""
        self._next += 1
        last = self._next == len(self._plan.steps)
        exchange = self._exchange
        if last:
            self._note_end()  # before the client can see the last byte, and look into the journal
        if step.data:
            if exchange.first_byte is None:
                exchange.first_byte = self._clock.now()
            exchange.sent += len(step.data)
            self._transport.write(step.data)
        if step.apart and not last:
            self._turn = asyncio.get_running_loop().call_soon(self._turned)
            return True
        return False

    def _note_end(self) -> None:
        ending = self._plan.ending
        if ending != "hang":
            self._exchange.ended = "complete" if ending in (WHOLE, "end") else ending
            self._exchange.ended_at = self._clock.now()

    def _end(self) -> None:
        ending = self._plan.ending
        if ending == "hang":
            return  # until the client leaves or the server stops
        self._over = True
        if not self._plan.stays:
            if ending == "reset":
                raw = self._transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                self._transport.abort()
            else:
                self._transport.close()
        self._done(self._plan.stays)
