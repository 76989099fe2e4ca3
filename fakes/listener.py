"""The sockets: an asyncio server that feeds bytes to the parser, asks the provider and writes the answer.

One `Connection` per TCP connection and no task per request: an answer that waits for nothing is computed and written
inside `data_received`, in the order the requests came, so pipelining is safe by construction. A client that does not
read stops being read from (`pause_writing`). Routing is by the first part of the path; each provider package has two
functions, `answer(request, world) -> Answer`, and `front_error(problem, world)` for bytes that never became a request.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from importlib import import_module
from typing import Any, Deque, Optional, Set, Union

from . import control
from .http11 import CONTINUE, Answer, BadRequest, Request, RequestParser, render
from .world import Seen, World

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
SECRET_HEADERS = frozenset(("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"))


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

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._number = self._listener.world.connected()
        self._listener.open.add(self)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._done = True
        self._waiting.clear()
        self._listener.open.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._done:
            return
        self._waiting.extend(self._parser.feed(data))
        self._work()
        if self._parser.wants_continue and not self._done:
            self._parser.wants_continue = False
            self._write(CONTINUE)

    def pause_writing(self) -> None:
        self._full = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._full = False
        if self._transport is not None and not self._done:
            self._transport.resume_reading()
        self._work()

    def close(self) -> None:
        """Close at once, whatever is still unsent."""
        self._done = True
        if self._transport is not None:
            self._transport.abort()

    def _work(self) -> None:
        while self._waiting and not self._full and not self._done:
            item = self._waiting.popleft()
            if isinstance(item, BadRequest):
                answer = _front_error(item, self._listener.world)
                self._finish(render(answer, keep_alive=False))
                return
            answer = self._listener.answer(item, self._number)
            keep = item.keep_alive and not (item.version_1_0 and answer.frames is not None)
            head_only = item.method == "HEAD"
            data = render(answer, head_only=head_only, keep_alive=keep, version_1_0=item.version_1_0)
            if keep and not answer.cut:
                self._write(data)
            else:
                self._finish(data)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _finish(self, data: bytes) -> None:
        """Send the last bytes and close behind them."""
        self._done = True
        self._write(data)
        if self._transport is not None:
            self._transport.close()


def _provider(path: str) -> Any:
    """Give the package whose prefix a path begins with, or None."""
    home = PROVIDERS.get(path[1:].partition("/")[0])
    return import_module("." + home, __package__) if home else None


def _front_error(problem: BadRequest, world: World) -> Answer:
    provider = _provider(problem.path)
    if provider is None:
        return control.error(problem.status, problem.why)
    answer: Answer = provider.front_error(problem, world)
    return answer


class Listener:
    """The listening socket, its connections and the routing. Use it inside one event loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: Set[Connection] = set()
        self.port = 0
        self._server: Optional[asyncio.AbstractServer] = None

    async def start(self, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one.

        Raises: OSError when the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, backlog=2048)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listening socket and every connection."""
        if self._server is not None:
            self._server.close()
            for connection in list(self.open):
                connection.close()
            await self._server.wait_closed()
            while self.open:  # each leaves the set in its connection_lost, one turn of the loop later
                await asyncio.sleep(0)

    def answer(self, request: Request, connection: int) -> Answer:
        """Route a request, and keep it for assertions unless it is for the control API."""
        if request.path[1:].partition("/")[0] == "__fakes":
            return control.answer(request, self.world)
        provider = _provider(request.path)
        if provider is None:
            known = ", ".join(sorted(BASES.values()))
            return control.error(404, f"nothing is served under {request.path}; the providers are at {known}")
        try:
            answer: Answer = provider.answer(request, self.world)
        except Exception as fault:  # ours, not the client's: say it loudly on both sides and go on serving
            traceback.print_exc()
            answer = control.error(500, f"{type(fault).__name__} while answering; the traceback is on stderr")
        self._remember(request, answer, connection)
        return answer

    def _remember(self, request: Request, answer: Answer, connection: int) -> None:
        headers = {name: value for name, value in request.headers.items() if name not in SECRET_HEADERS}
        self.world.remember(
            Seen(
                request.method,
                request.path,
                headers,
                request.parsed(),
                connection=connection,
                status=answer.status,
                size=len(request.body) + 512,
            )
        )


