"""The sockets: an asyncio server that feeds bytes to the parser, asks the provider and writes the answer.

One `Connection` per TCP connection and no task per request: an answer that waits for nothing is computed and written
inside `data_received`, in the order the requests came, so pipelining is safe by construction; one with faults or a
pace is played by a `Delivery`, and the requests behind it wait. A client that does not read stops being read from
(`pause_writing`). Routing is by the first part of the path; each provider package has three functions,
`answer(request, session) -> Answer`, `error_event(error, api, moment) -> bytes` for the middle of a stream, and
`front_error(problem, session)` for bytes that never became a request.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from importlib import import_module
from typing import Any, Callable, Deque, Optional, Set, Tuple, Union

from . import control
from .delivery import Delivery
from .faults import Fault
from .http11 import CONTINUE, Answer, BadRequest, Request, RequestParser, render
from .journal import Exchange
from .metrics import Counters
from .reply import Error
from .session import Picked, Session, Sessions
from .transmission import Plan, plan

__all__ = ["BASES", "Listener"]

# Prefix of the path -> the package that answers, loaded when it is first asked.
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "mistral": "mistral",
    "fireworks": "fireworks",
    "gemini": "google",
    "google": "google",
    "together": "together",
}
# Provider -> what a base URL of it ends in: where the provider's own documentation ends its base URL.
BASES = {
    "openai": "/openai/v1",
    "anthropic": "/anthropic",
    "mistral": "/mistral/v1",
    "fireworks": "/fireworks/inference/v1",
    "gemini": "/gemini",
    "google": "/google",
    "together": "/together/v1",
}
MOST_WAITING = 1_000  # pipelined requests of one connection; more are not read until some are answered


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._parser = RequestParser()
        self._waiting: Deque[Union[Request, BadRequest]] = deque()
        self._full = False
        self._done = False
        self._transport: Optional[asyncio.Transport] = None
        self._number = 0
        self._delivery: Optional[Delivery] = None
        self._last: Optional[Exchange] = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._listener.connections += 1
        self._listener.counters.connections += 1
        self._number = self._listener.connections
        self._listener.open.add(self)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._done = True
        self._waiting.clear()
        self._listener.open.discard(self)
        if self._transport is not None:
            self._transport.abort()  # closed it is; but TLS of 3.9 does not know, and would warn of itself
        if self._delivery is not None:
            self._delivery.stop("client")
            self._delivery = None
            self._count_last()
        elif exc is not None and self._last is not None and self._last.ended == "complete":
            self._last.ended = "client"  # it closed with bytes unread: the kernel says so by a reset

    def data_received(self, data: bytes) -> None:
        if self._done:
            return
        self._waiting.extend(self._parser.feed(data))
        self._work()
        if self._parser.wants_continue and not self._done:
            self._parser.wants_continue = False
            self._write(CONTINUE)
        self._read_or_not()

    def pause_writing(self) -> None:
        self._full = True
        self._read_or_not()

    def resume_writing(self) -> None:
        self._full = False
        if self._delivery is not None:
            self._delivery.go_on()
        self._work()
        self._read_or_not()

    def close(self) -> None:
        """Close at once, whatever is still unsent."""
        self._done = True
        if self._transport is not None:
            self._transport.abort()

    def _read_or_not(self) -> None:
        if self._transport is None or self._done:
            return
        # Of a client that is being answered slowly the next bytes are read on: among them is the news that it left.
        if self._full or len(self._waiting) > MOST_WAITING:
            self._transport.pause_reading()
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _work(self) -> None:
        while self._waiting and not self._full and not self._done and self._delivery is None:
            item = self._waiting.popleft()
            if isinstance(item, BadRequest):
                answer = _front_error(item, self._listener.sessions.main)
                self._write(render(answer, keep_alive=False))
                self._finish()
                return
            self._answer(item)

    def _answer(self, request: Request) -> None:
        answer, exchange, session = self._listener.answer(request, self._number)
        keep = request.keep_alive and not (request.version_1_0 and answer.frames is not None)
        head_only = request.method == "HEAD"
        picked = session.picked if session is not None else None
        if exchange is None or session is None or picked is None or not (picked.faults or picked.pace):
            data = render(answer, head_only=head_only, keep_alive=keep, version_1_0=request.version_1_0)
            if exchange is not None:
                exchange.sent = exchange.length = len(data)
                exchange.first_byte = exchange.ended_at = exchange.at
                exchange.ended = "complete"
                self._listener.counters.count(exchange)
            self._last = exchange
            self._write(data)
            if not keep:
                self._finish()
            return
        planned = _planned(request, answer, picked, session, exchange)
        exchange.faults = planned.struck
        for missed in planned.missed:
            session.problems.append(f"request {exchange.number}: the answer has no place for the fault {missed}")
        assert self._transport is not None
        self._last = exchange
        self._delivery = Delivery(self._transport, planned, session.clock, exchange, self._delivered, self._is_full)
        self._delivery.go_on()

    @property
    def delivering(self) -> bool:
        """Tell whether an answer is on its way, with faults or at a pace."""
        return self._delivery is not None

    def _count_last(self) -> None:
        if self._last is not None:
            self._listener.counters.count(self._last)

    def _is_full(self) -> bool:
        return self._full

    def _delivered(self, stays: bool) -> None:
        """The delivery has come to its end and said how: with the connection kept, or closing."""
        self._delivery = None
        self._count_last()
        if not stays:
            self._done = True
        self._work()
        self._read_or_not()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _finish(self) -> None:
        """Close behind what was written."""
        self._done = True
        if self._transport is not None:
            self._transport.close()


def _planned(request: Request, answer: Answer, picked: Picked, session: Session, exchange: Exchange) -> Plan:
    moment = session.present()
    api = exchange.api

    def error_event(fault: Fault) -> bytes:
        provider = _provider(request.path)
        moment.sent = (answer.frames or [])[: fault.event]  # of a negative number all but so many
        event: bytes = provider.error_event(
            Error(fault.status or 500, fault.message, fault.type, fault.code), api, moment
        )
        return event

    return plan(
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


def _provider(path: str) -> Any:
    """Give the package whose prefix a path begins with, or None."""
    home = PROVIDERS.get(path[1:].partition("/")[0])
    return import_module("." + home, __package__) if home else None


def _front_error(problem: BadRequest, session: Session) -> Answer:
    provider = _provider(problem.path)
    if provider is None:
        return control.error(problem.status, problem.why)
    answer: Answer = provider.front_error(problem, session)
    return answer


class Listener:
    """The listening socket, its connections and the routing. Use it inside one event loop.

    `tls` is an ssl.SSLContext or the name of a certificate to make. Raises: as `fakes.tls.context` does.
    """

    def __init__(self, sessions: Sessions, *, tls: Any = None, watch: Any = None) -> None:
        self.sessions = sessions
        self.open: Set[Connection] = set()
        self.connections = 0  # accepted since the last reset
        self.counters = Counters()
        self.host = ""
        self.port = 0
        self.scheme = "http" if tls is None else "https"
        self.ca_file: Optional[str] = None  # what clients are to trust, when the certificate was made here
        self._secure: Any = None  # tls.Secure, when TLS is spoken
        self._watch = watch  # of a script's file: looks whether it has changed
        self._server: Optional[asyncio.AbstractServer] = None
        self._make: Callable[[], asyncio.Protocol] = lambda: Connection(self)
        if tls is not None:
            from .tls import Secure, chosen

            context, self.ca_file = chosen(tls)
            self._make = self._secure = Secure(context, self._make)

    @property
    def delivering(self) -> int:
        """How many answers are on their way, with faults or at a pace."""
        return sum(connection.delivering for connection in self.open)

    async def start(self, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one.

        Raises: OSError when the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._make, host, port, backlog=2048)
        self.host = host
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listening socket and every connection."""
        if self._server is not None:
            self._server.close()
            if self._secure is not None:
                await self._secure.stop()
            for connection in list(self.open):
                connection.close()
            for session in self.sessions.every():
                session.clock.stop()
            await self._server.wait_closed()
            while self.open:  # each leaves the set in its connection_lost, one turn of the loop later
                await asyncio.sleep(0)

    def reset(self, seed: Optional[int] = None) -> None:
        """Start every session and the count of connections anew, perhaps with another seed."""
        self.connections = 0
        if seed is not None:
            self.sessions.seed = seed
        for session in self.sessions.every():
            session.reset(seed)

    def answer(self, request: Request, connection: int) -> Tuple[Answer, Optional[Exchange], Optional[Session]]:
        """Route a request; what is not for the control API gets a session and an entry in its journal."""
        if request.path[1:].partition("/")[0] == "__fakes":
            return control.answer(request, self), None, None
        if self._watch is not None:
            self._watch.poll()
        session = self.sessions.of(request)
        session.picked = None
        exchange = session.exchange(request, connection)
        provider = _provider(request.path)
        if provider is None:
            known = ", ".join(sorted(BASES.values()))
            answer = control.error(404, f"nothing is served under {request.path}; the providers are at {known}")
        else:
            try:
                answer = provider.answer(request, session)
            except Exception as fault:  # ours, or a test's function: say it loudly on both sides and go on serving
                traceback.print_exc()
                session.problems.append(f"request {exchange.number}: {type(fault).__name__}: {fault}")
                answer = control.error(500, f"{type(fault).__name__} while answering; the traceback is on stderr")
        exchange.answered(answer)
        picked: Optional[Picked] = session.picked
        if picked is not None:
            exchange.note(picked.ask, picked.rule)
        session.journal.add(exchange)
        return answer, exchange, session
