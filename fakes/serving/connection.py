"""One client's connection: bytes to requests, requests to answers, in order, without a task.

An answer that waits for nothing is computed and written inside `data_received`, in the order the requests came, so
pipelining is safe by construction; one with faults or a pace is played by a `Delivery`, and the requests behind it
wait. What a connection holds is bounded: a client that does not read its answers is not read from (`pause_writing`),
and neither is one that sends far ahead of an answer that is slow. Of the others the bytes are read on while they wait:
among them is the news that the client has left.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from typing import Any, List, Optional, Union

from ..faults import Fault
from ..journal.exchanges import Exchange
from ..replies.reply import Error
from ..session import Picked, Session
from .delivery import Delivery
from .http11 import CONTINUE, MAX_BODY, Answer, BadRequest, Request, RequestParser, render
from .live import Live, LiveDelivery
from .transmission import Plan, plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .listener import Listener

__all__ = ["Connection"]

MOST_WAITING = 1_000  # pipelined requests of one connection; more are not read until some are answered
MOST_BEHIND = MAX_BODY  # bytes that came behind an answer under way; more are not read until it has ended


class Connection(asyncio.Protocol):
    """One client's connection. `full`: the client does not read as fast as it is written to."""

    def __init__(self, listener: "Listener") -> None:
        self.full = False
        self._listener = listener
        self._parser = RequestParser()
        self._waiting: List[Union[Request, BadRequest]] = []  # a deque would be 700 bytes, and few ever wait
        self._behind = 0  # bytes that came while requests were waiting
        self._working = False
        self._done = False  # nothing more is read or answered
        self._closed = False  # by us, without being asked
        self._transport: Optional[asyncio.Transport] = None
        self.number = 0
        self._delivery: Union[Delivery, LiveDelivery, None] = None
        self._last: Optional[Exchange] = None

    @property
    def delivering(self) -> bool:
        """Tell whether an answer is on its way, with faults or at a pace."""
        return self._delivery is not None

    @property
    def address(self) -> str:
        """The network address of the client, as far as its socket tells it."""
        told = None if self._transport is None else self._transport.get_extra_info("peername")
        return str(told[0]) if isinstance(told, tuple) else ""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._listener.connections += 1
        self._listener.counters.connections += 1
        self.number = self._listener.connections
        self._listener.open.add(self)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._done = True
        self._waiting.clear()
        self._listener.open.discard(self)
        self._hung_up()
        if self._last is not None and self._last.ended == "complete" and (exc is not None or self.full):
            # It closed with bytes unread, as the kernel says by a reset, or before they had all gone out.
            self._last.ended = "closed" if self._closed else "client"
        if self._last is not None:
            self._last.left = time.monotonic()
        self._last = self._transport = None

    def eof_received(self) -> None:
        """The client closed, or closed its half: who leaves in the middle of an answer does not want the rest."""
        if self._delivery is not None and self._transport is not None:
            self._hung_up()
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._done:
            self._behind += len(data)  # it goes on sending what was refused, and is to read the refusal
            if self._behind > MOST_BEHIND:
                self.close()
            return
        self._waiting.extend(self._parser.feed(data))
        self._work()
        if self._waiting:
            self._behind += len(data)
        self._read_or_not()

    def pause_writing(self) -> None:
        self.full = True
        self._read_or_not()

    def resume_writing(self) -> None:
        self.full = False
        # Not from in here: a transport that is closed inside this call reports its end twice.
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._delivery is not None:
            self._delivery.go_on()
        self._work()
        self._read_or_not()

    def close(self) -> None:
        """Close at once, whatever is still unsent."""
        self._done = self._closed = True
        self._hung_up()
        if self._transport is not None:
            self._transport.abort()

    def delivered(self, stays: bool) -> None:
        """The delivery has come to its end and said how: with the connection kept, or closing."""
        self._delivery = None
        self._count_last()
        self._done = self._done or not stays
        self._work()
        self._read_or_not()

    def failed(self, problem: Exception) -> None:
        """Something failed that is ours: tell it, and close, since nobody knows how much was sent."""
        traceback.print_exception(type(problem), problem, problem.__traceback__)
        session = self._listener.sessions.named(self._last.session if self._last is not None else "")
        session.problems.append(f"while answering: {type(problem).__name__}: {problem}")
        self.close()
        if self._last is not None and not self._last.ended:
            self._last.ended, self._last.ended_at = "closed", session.clock.now()
            self._count_last()

    def _hung_up(self) -> None:
        if self._delivery is not None:
            self._delivery.stop("closed" if self._closed else "client")
            self._delivery = None
            self._count_last()

    def _count_last(self) -> None:
        if self._last is not None:
            self._listener.counters.count(self._last)

    def _read_or_not(self) -> None:
        if self._transport is None:
            return
        much = self.full or len(self._waiting) > MOST_WAITING or self._behind > MOST_BEHIND
        if much and not self._done:  # what comes behind the last request is read and thrown away, up to its end
            self._transport.pause_reading()
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _work(self) -> None:
        """Answer what waits, as far as that can be done now; an answer that has ended at once calls back to here."""
        if self._working:
            return
        self._working = True
        try:
            while self._waiting and not self.full and not self._done and self._delivery is None:
                item = self._waiting.pop(0)
                if isinstance(item, BadRequest):
                    self._refuse(item)
                else:
                    self._answer(item)
        except Exception as problem:
            self.failed(problem)
        finally:
            self._working = False
        if not self._waiting:
            self._behind = 0
            if self._parser.wants_continue and not self._done and self._delivery is None:
                self._parser.wants_continue = False
                self._write(CONTINUE)

    def _answer(self, request: Request) -> None:
        answer, exchange, session = self._listener.answer(request, self.number)
        picked = session.picked if session is not None else None
        self._last = exchange
        if exchange is not None and session is not None and picked is not None and (picked.faults or picked.pace):
            self._deliver(request, answer, picked, session, exchange)
            return
        if isinstance(answer, Live):
            assert self._transport is not None
            self._delivery = LiveDelivery(self._transport, answer, request, self)
            self._delivery.go_on()
            return
        planned = self._listener.planned
        if exchange is not None and session is not None and planned is not None:
            self._play(planned, session, exchange)
            return
        keep = request.keep_alive and not (request.version_1_0 and answer.frames is not None)
        head_only = request.method == "HEAD"
        data = render(answer, head_only=head_only, keep_alive=keep, version_1_0=request.version_1_0)
        if exchange is not None:
            exchange.sent = exchange.length = len(data)
            exchange.first_byte = exchange.ended_at = exchange.at
            exchange.ended = "complete"
            self._listener.counters.count(exchange)
        self._write(data)
        if not keep:
            self._finish()

    def _deliver(self, request: Request, answer: Answer, picked: Picked, session: Session, exchange: Exchange) -> None:
        moment = session.present()

        def error_event(fault: Fault) -> bytes:
            moment.sent = (answer.frames or [])[: fault.event]  # of a negative number all but so many
            error = Error(fault.status or 500, fault.message, fault.type, fault.code)
            return self._listener.error_event(request.path, error, exchange.api, moment)

        planned = plan(
            answer,
            picked.faults,
            picked.pace,
            tokens=picked.tokens,
            chance=moment.chance,
            error_event=error_event,
            keep_alive=request.keep_alive,
            version_1_0=request.version_1_0,
            head_only=request.method == "HEAD",
        )
        exchange.faults = planned.struck
        for missed in planned.missed:
            session.problems.append(f"request {exchange.number}: the answer has no place for the fault {missed}")
        self._play(planned, session, exchange)

    def _play(self, planned: Plan, session: Session, exchange: Exchange) -> None:
        assert self._transport is not None
        self._delivery = Delivery(self._transport, planned, session.clock, exchange, self)
        self._delivery.go_on()

    def _refuse(self, problem: BadRequest) -> None:
        """Answer bytes that are no request and close our half; the client is read on until it closes its own.

        Closing it all with bytes unread would reset the connection, and take the refusal from under the client.
        """
        self._write(render(self._listener.front_error(problem), keep_alive=False))
        if self._transport is not None and self._transport.can_write_eof():
            self._done = True
            self._transport.write_eof()
        else:
            self._finish()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _finish(self) -> None:
        """Close behind what was written."""
        self._done = True
        if self._transport is not None:
            self._transport.close()
