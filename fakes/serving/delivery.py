"""Playing a plan on a connection: its bytes, its pauses on the session's clock, and its ending.

No task: each pause is a call that is due, and so is the next turn of the loop behind a write that stands apart. The
times are those of the schedule, counted from the beginning, so a late write does not make the next ones later. A
client that leaves stops the delivery, and with it everything that was due.

While an answer is delivered, the transport's buffer counts as full from its first byte on: so `sent` is
at most one write ahead of what the kernel took, and a reset comes behind it. (Bytes that are still the kernel's when it
sends RST are lost, as in life: those for which a client that does not read has no room.)
"""

from __future__ import annotations

import asyncio
import socket
import struct
from itertools import accumulate
from typing import Optional

from ..clock import Clock, Timer
from ..journal.exchanges import Exchange
from .transmission import WHOLE, Plan, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Owner(Protocol):
        """The connection: whether its buffer is full, and who hears of the end."""

        full: bool

        def delivered(self, stays: bool) -> None: ...

        def failed(self, problem: Exception) -> None: ...


__all__ = ["Delivery"]

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class Delivery:
    """One answer on its way.

    `owner.delivered(stays)` is called behind the last byte, unless it hangs or the client left; `owner.failed` when
    playing it failed.
    """

    __slots__ = ("_transport", "_plan", "_clock", "_exchange", "_owner", "_next", "_began", "_timer", "_over")

    def __init__(
        self, transport: asyncio.Transport, plan: Plan, clock: Clock, exchange: Exchange, owner: "Owner"
    ) -> None:
        self._transport = transport
        self._plan = plan
        self._clock = clock
        self._exchange = exchange
        self._owner = owner
        self._next = 0
        self._began = clock.now()
        self._timer: Optional[Timer] = None
        self._over = False
        exchange.length = plan.length
        exchange.truncated = plan.truncated
        exchange.schedule = tuple(round(at, 6) for at in accumulate(step.wait for step in plan.steps))
        clock.closing.add(self.close)
        # Of TLS's own buffer 0 would mean "always full".
        transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") else 0)

    def go_on(self) -> None:
        """Write what is due now, then wait for what comes next."""
        if self._timer is not None or self._over:
            return
        try:
            self._play()
        except Exception as problem:
            self.stop("reset")
            self._owner.failed(problem)

    def stop(self, why: str) -> None:
        """Forget the rest: the connection is gone."""
        if self._over:
            return
        self._leave()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._exchange.ended:
            self._exchange.ended = why
            self._exchange.ended_at = self._clock.now()

    def close(self) -> None:
        """End it from our side: the session is reset, or the server stops."""
        self.stop("closed")
        self._transport.abort()

    def _leave(self) -> None:
        self._over = True
        self._clock.closing.discard(self.close)

    def _play(self) -> None:
        steps, schedule = self._plan.steps, self._exchange.schedule
        while self._next < len(steps):
            if self._owner.full:
                return  # called again when there is room
            due = self._began + schedule[self._next]
            if due > self._clock.now():
                self._timer = self._clock.at(due, self._due)
                return
            step = steps[self._next]
            self._send(step)
            if step.apart and self._next < len(steps):
                self._timer = self._clock.at(self._clock.now(), self._due)
                return
        self._end()

    def _due(self) -> None:
        self._timer = None
        self.go_on()

    def _send(self, step: Step) -> None:
        self._next += 1
        exchange = self._exchange
        if self._next == len(self._plan.steps) and self._plan.ending != "hang":
            # Before the client can see the last byte, and look into the journal.
            exchange.ended = "complete" if self._plan.ending in (WHOLE, "end") else self._plan.ending
            exchange.ended_at = self._clock.now()
        if step.held:
            if exchange.first_byte is None:
                exchange.first_byte = self._clock.now()
            exchange.sent += step.size
            self._transport.write(step.data)

    def _end(self) -> None:
        ending = self._plan.ending
        if ending == "hang" or (ending == "reset" and self._owner.full):
            return  # until the client leaves or the server stops; until the bytes before the reset are gone
        self._leave()
        self._transport.set_write_buffer_limits()
        if ending == "reset":
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            self._transport.abort()
        elif not self._plan.stays:
            self._transport.close()
        self._owner.delivered(self._plan.stays)
