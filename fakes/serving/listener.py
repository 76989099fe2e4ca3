"""The listening socket and the routing: from the first part of a path to the package that answers.

Each provider package has three functions: `answer(request, session) -> Answer`, `error_event(error, api, moment) ->
bytes` for the middle of a stream, and `front_error(problem, session)` for bytes that never became a request. They are
loaded when they are first asked. What a connection does is `connection`'s.
"""

from __future__ import annotations

import asyncio
import traceback
from importlib import import_module
from typing import Any, Callable, List, Optional, Sequence, Set, Tuple

from ..control import api as control
from ..journal.exchanges import Exchange, key_of
from ..journal.metrics import Counters
from ..replies.reply import Error
from ..scripting.matching import Failure, without_key
from ..session import Moment, Picked, Session, Sessions
from .connection import Connection
from .http11 import Answer, BadRequest, Request
from .transmission import Plan

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
REPEATED = ("set-cookie", "vary")  # headers that providers send several of


def _provider(path: str) -> Any:
    """Give the package whose prefix a path begins with, or None."""
    home = PROVIDERS.get(path[1:].partition("/")[0])
    return import_module(".." + home, __package__) if home else None


def _last_of_each(headers: Sequence[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """Let headers that a test gave, which come last, stand for the provider's own of the same names."""
    names = [name.lower() for name, _ in headers]
    last = {name: place for place, name in enumerate(names)}
    return [row for place, row in enumerate(headers) if last[names[place]] == place or names[place] in REPEATED]


class Listener:
    """The listening socket, its connections and the routing. Use it inside one event loop.

    `tls` is an ssl.SSLContext or the name of a certificate to make. Raises: as `tls.context` does.
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
        self.source: Any = None  # answers in the place of the providers' packages, as recording.Replayer does
        self.planned: Optional[Plan] = None  # how the source wants its latest answer to go out
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
        self.planned = None
        provider = _provider(request.path)
        if provider is None:
            known = ", ".join(sorted(BASES.values()))
            answer = control.error(404, f"nothing is served under {request.path}; the providers are at {known}")
        else:
            try:
                if self.source is None:
                    answer = provider.answer(request, session)
                else:
                    answer, self.planned = self.source.answer(request, session, exchange)
            except Exception as fault:  # ours, or a test's function: say it loudly on both sides and go on serving
                traceback.print_exc()
                name = type(fault).__name__
                told = str(fault) if isinstance(fault, Failure) else f"{name} while answering"
                session.problems.append(
                    f"request {exchange.number}: {told if isinstance(fault, Failure) else f'{name}: {fault}'}"
                )
                answer = control.error(500, f"{without_key(told, key_of(request))}; the traceback is on stderr")
        picked: Optional[Picked] = session.picked
        if answer.status >= 400 or (picked is not None and picked.faults):
            answer.headers = _last_of_each(answer.headers)
        exchange.answered(answer)
        if picked is not None:
            exchange.note(picked.ask, picked.rule)
        session.journal.add(exchange)
        return answer, exchange, session

    def error_event(self, path: str, error: Error, api: str, moment: Moment) -> bytes:
        """Give the error event of the provider that a path belongs to."""
        event: bytes = _provider(path).error_event(error, api, moment)
        return event

    def front_error(self, problem: BadRequest) -> Answer:
        """Answer bytes that never became a request, as far as they say whom they were for."""
        provider = _provider(problem.path)
        if provider is None:
            return control.error(problem.status, problem.why)
        answer: Answer = provider.front_error(problem, self.sessions.main)
        return answer
