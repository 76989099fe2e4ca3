"""The synchronous backend: urllib, sockets that block, and threads. Nothing in it ever suspends.

urllib's opener is the door and `http.client` opens the connection (address families, tunnel, TLS);
what urllib cannot do is keep a connection, so `KeepAliveHandler` lends one from the pool instead of
opening one for each request. Replies are read by the same parser as on the asynchronous side
(wire/http11.py): `http.client` does not notice a body that was cut short, and takes 35 us for
headers that take 4. There is no redirect handler in the opener on purpose: a redirected POST loses its
body and may carry the key to another host.
"""

from __future__ import annotations

import atexit
import http.client
import select
import socket
import sys
import time
import urllib.request

from ..errors import ChatError
from .base import exchange, open_tunnel
from .driver import run
from .failures import CONNECT, SEND, translate
from .pool import Pool
from .proxy import route_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from typing import Any, List, Optional, Tuple

    from ..wire.http import Request, Timeouts
    from ..wire.transport import Transport
    from .base import Job, Response, Stream
    from .proxy import Route

__all__ = ["Blocking", "backend"]

_THREADS = f"{__package__}.threads"  # loaded with the first work side by side; before, nobody interrupts
_pool = Pool()
_closed_at_exit: List[Any] = []


class BlockingConnection:
    """A connected socket behind the three verbs; its coroutines end without suspending."""

    __slots__ = ("_socket", "_where", "_seconds", "_block", "_poll")

    def __init__(self, sock: socket.socket, where: str, block: int) -> None:
        self._socket = sock
        self._where = where
        self._block = block
        self._seconds: Optional[float] = -1.0
        self._poll: Any = None

    def _wait_at_most(self, seconds: Optional[float]) -> None:
        if seconds != self._seconds:
            self._socket.settimeout(seconds)
            self._seconds = seconds

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    async def send(self, data: bytes, seconds: Optional[float]) -> None:
        try:
            self._wait_at_most(seconds)
            rest = memoryview(data)
            while rest:  # not sendall, which would want the whole of a long upload within `seconds`
                rest = rest[self._socket.send(rest) :]
        except OSError as error:
            raise translate(error, SEND, self._where, seconds) from error

    async def read(self, seconds: Optional[float], phase: str) -> bytes:
        try:
            self._wait_at_most(seconds)
            threads = sys.modules.get(_THREADS)
            if threads is None:
                return self._socket.recv(self._block)
            received: bytes = threads.interruptible(self._receive, self._shut)
            return received
        except OSError as error:
            raise translate(error, phase, self._where, seconds) from error

    def _receive(self) -> bytes:
        return self._socket.recv(self._block)

    def _shut(self) -> None:
        """End a `recv` that waits in another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer was quicker

    def close(self) -> None:
        self._socket.close()

    def is_dead(self) -> bool:
        if self._poll is None:
            if not hasattr(select, "poll"):  # Windows
                return bool(select.select([self._socket], [], [], 0)[0])
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
        return bool(self._poll.poll(0))


async def _connect(route: Route, transport: Transport, timeouts: Timeouts) -> BlockingConnection:
    """Open a connection as http.client does, then the proxy's tunnel and TLS, where they are due."""
    target, proxy = route.target, route.proxy
    place = proxy or target
    where = f"{target.host}:{target.port}" + (f" by proxy {proxy.host}:{proxy.port}" if proxy else "")
    context = None
    if target.scheme == "https":
        from .tls import context_for

        context = context_for(transport)
    opening = http.client.HTTPConnection(place.host, place.port, timeout=timeouts.connect)
    try:
        opening.connect()
        connection = BlockingConnection(opening.sock, where, transport.limits.read_block_bytes)
        if context is not None:
            if proxy is not None:
                await open_tunnel(connection, route, transport, where, timeouts.connect)
            connection.secure(context, target.host)
    except BaseException as error:
        opening.close()
        if isinstance(error, (OSError, UnicodeError)) and not isinstance(error, ChatError):
            raise translate(error, CONNECT, where, timeouts.connect) from error
        raise
    if not _closed_at_exit:
        # Not at import: whoever never connects gets no hook. Sockets left open warn under -X dev.
        _closed_at_exit.append(atexit.register(_pool.close))
    return connection


class _UrllibRequest(urllib.request.Request):
    """Our request in urllib's clothes: urllib reads its URL, the handler what it carries."""

    def __init__(self, request: Request, transport: Transport, timeouts: Timeouts) -> None:
        super().__init__(request.url, method=request.method)
        self.asked = (request, transport, timeouts)


class KeepAliveHandler(urllib.request.BaseHandler):
    """Opens http: and https: URLs on connections that are kept and lent again."""

    def http_open(self, req: Any) -> Response:
        request, transport, timeouts = req.asked
        return run(exchange(request, transport, timeouts, pool=_pool, connect=_connect))

    https_open = http_open


_opener = urllib.request.OpenerDirector()
_opener.add_handler(KeepAliveHandler())


class Blocking:
    """The blocking backend; stateless, one instance serves all threads."""

    suspends = False

    async def send(self, request: Request, transport: Transport, timeouts: Timeouts) -> Response:
        route_for(request.url, transport)  # our words for a bad URL, before urllib finds its own
        response: Response = _opener.open(_UrllibRequest(request, transport, timeouts))
        return response

    async def sleep(self, seconds: float) -> None:
        threads = sys.modules.get(_THREADS)
        if threads is None:
            time.sleep(seconds)
        else:
            threads.sleep(seconds)

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def settle(self, awaitable: Awaitable[Any]) -> Any:
        from .threads import settle

        return settle(awaitable)

    async def iterate(
        self, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[Any, None]:
        source = function(*args, **kwargs)
        try:
            for item in source:
                yield item
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                close()

    def completed(
        self, jobs: Iterable[Job], limit: Optional[int], until_error: bool = False
    ) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
        from .threads import completed

        return completed(jobs, limit, until_error)

    def merge(
        self, streams: Sequence[Stream], ends: bool = False
    ) -> AsyncGenerator[Tuple[int, Any], None]:
        from .threads import merge

        return merge(streams, ends)

    def tee(self, stream: Stream, copies: int) -> List[Stream]:
        from .threads import tee

        return tee(stream, copies)

    def close(self, transport: Transport) -> None:
        _pool.close(transport.tls_key)

    async def aclose(self, transport: Transport) -> None:
        self.close(transport)


backend = Blocking()
