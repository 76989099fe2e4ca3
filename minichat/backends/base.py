"""What a backend is, and one HTTP exchange over it, written once for both.

A backend brings connections (three verbs: send, read, close), sleeping, and running jobs side by
side. `exchange` is everything between a `Request` and a `Response`: lend a connection, send, read the
head, and judge whether a lost connection was merely an old one. `Response` gives the body in the
blocks in which it came, and hands the connection back only after the body's own end.
"""

from __future__ import annotations

from ..errors import ChatError, ConnectError, IncompleteStream, ProtocolError, RequestTimeout, TransportError
from ..wire.coding import content_decoder
from ..wire.http11 import ReplyParser, render_head
from .failures import BETWEEN, CONNECT, FIRST_BYTE
from .proxy import route_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from typing import Any, Dict, List, Optional, Protocol, Tuple

    from ..wire.http import Request, Timeouts
    from ..wire.limits import Limits
    from ..wire.transport import Transport
    from .pool import Pool
    from .proxy import Route

    Job = Callable[[], Awaitable[Any]]
    Stream = AsyncGenerator[Any, None]

    class Connection(Protocol):
        """A byte stream to one place. Errors come as `errors.TransportError`."""

        async def send(self, data: bytes, seconds: Optional[float]) -> None: ...
        async def read(self, seconds: Optional[float], phase: str) -> bytes: ...  # b"": peer has ended
        def close(self) -> None: ...
        def is_dead(self) -> bool: ...  # of an idle one: has the peer gone or said something?

    class Backend(Protocol):
        """The door to I/O. Two exist: `blocking.Blocking` never suspends, `aio.Asyncio` does."""

        suspends: bool

        async def send(self, request: Request, transport: Transport, timeouts: Timeouts) -> Response:
            """Send, and give the reply as soon as its head is there, whatever its status."""

        async def sleep(self, seconds: float) -> None: ...

        async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            """Run user code, sync or async, where it may block."""

        async def settle(self, awaitable: Awaitable[Any]) -> Any:
            """Wait for a coroutine of a handler; the blocking side gives it a loop in a thread."""

        def iterate(
            self, function: Callable[..., Any], *args: Any, **kwargs: Any
        ) -> AsyncGenerator[Any, None]:
            """Iterate what user code returns, sync or async iterator."""

        def completed(
            self, jobs: Iterable[Job], limit: Optional[int], until_error: bool = False
        ) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
            """Run jobs side by side, at most `limit`; give (index, result, error) as each ends.

            With `until_error` no job begins once one has failed: the consumer raises what it is given.
            """

        def merge(
            self, streams: Sequence[Stream], ends: bool = False
        ) -> AsyncGenerator[Tuple[int, Any], None]:
            """Iterate streams side by side; give (index, item) as they come, each at most one ahead.

            With `ends`, (index, None) says that a stream has ended. The first error is raised. Leaving early closes every stream at once, also one that waits
            for bytes.
            """

        def tee(self, stream: Stream, copies: int) -> List[Stream]:
            """Give several readers of one stream, which may run side by side."""

        def close(self, transport: Transport) -> None:
            """Close the idle connections made with these settings."""

        async def aclose(self, transport: Transport) -> None:
            """As `close`; the sockets are closed when it returns."""


__all__ = ["Response", "exchange", "open_tunnel"]  # Backend and Connection exist for type checkers only

OUR_FRAMING = ("content-length", "transfer-encoding")  # said by us alone, or two readers see two requests


async def exchange(
    request: Request,
    transport: Transport,
    timeouts: Timeouts,
    *,
    pool: Pool,
    connect: Callable[[Route, Transport, Timeouts], Awaitable[Connection]],
) -> Response:
    """Send `request` and read the head of its reply.

    A kept connection may have been closed by the peer in the moment it was lent. When it fails before
    the first byte of an answer the request is sent once more on a new one, and nobody hears of it.

    Raises: `TransportError` and its kinds, `ProtocolError`, `ConfigurationError`.
    """
    route = route_for(request.url, transport)
    limits = transport.limits
    wire = b"%bContent-Length: %d\r\n\r\n%b" % (_head(request, route), len(request.body), request.body)
    kept = pool.take(route.key, limits)
    while True:
        connection = kept or await connect(route, transport, timeouts)
        parser = reply_parser(request.method, limits)
        try:
            body = await _ask(connection, wire, parser, timeouts)
            return Response(connection, parser, body, transport, timeouts, pool, route)
        except TransportError as error:
            connection.close()
            if kept is None or parser.started or isinstance(error, RequestTimeout):
                raise
            kept = None
        except BaseException:
            connection.close()
            raise


def _head(request: Request, route: Route) -> bytes:
    """Give the head without its last lines; a model sends the same again and again, so it is kept."""
    headers, method, rendered = route.head
    if headers is not request.headers or method != request.method:
        given = {name: value for name, value in request.headers.items() if name.lower() not in OUR_FRAMING}
        named = {name.lower() for name in given}
        added = {name: value for name, value in route.extra_headers.items() if name.lower() not in named}
        rendered = render_head(request.method, route.path, {**added, **given})[:-2]
        route.head = (request.headers, request.method, rendered)
    return rendered


def reply_parser(method: str, limits: Limits) -> ReplyParser:
    """Make the parser of one reply, within these limits."""
    return ReplyParser(
        method=method,
        max_head_bytes=limits.max_head_bytes,
        max_headers=limits.max_headers,
        max_interim=limits.max_interim_replies,
    )


async def _ask(connection: Connection, wire: bytes, parser: ReplyParser, timeouts: Timeouts) -> bytes:
    """Send the request, read until the head of the reply is whole; give what came of the body."""
    failure = None
    try:
        await connection.send(wire, timeouts.read)
    except RequestTimeout:
        raise
    except TransportError as error:
        failure = error  # a server that refuses a large body answers and closes: read its answer
    try:
        while True:
            data = await connection.read(timeouts.read, FIRST_BYTE)
            if not data:
                parser.close()
                return b""
            try:
                body = parser.feed(data)
            except ProtocolError:
                if not parser.head_complete:
                    raise
                return b""  # the head's status counts; the fault is raised to whoever reads the body
            if parser.head_complete:
                return body
    except TransportError as error:
        raise failure or error


async def open_tunnel(
    connection: Connection, route: Route, transport: Transport, where: str, seconds: Optional[float]
) -> None:
    """Ask the proxy at the other end of `connection` for a tunnel to the target.

    Raises: `ConnectError` when it opens none, its `status` being the proxy's answer, or when the answer
    makes no sense; `RequestTimeout`.
    Source: RFC 9110 section 9.3.6.
    """
    target, proxy = route.target, route.proxy
    name = f"[{target.host}]" if ":" in target.host else target.host
    authority = f"{name}:{target.port}"
    headers = {"Host": authority}
    if proxy is not None and proxy.authorization:
        headers["Proxy-Authorization"] = proxy.authorization
    parser = reply_parser("CONNECT", transport.limits)
    try:
        await connection.send(render_head("CONNECT", authority, headers), seconds)
        while not parser.head_complete:
            data = await connection.read(seconds, CONNECT)
            if not data:
                parser.close()
            parser.feed(data)
    except RequestTimeout:
        raise
    except (ProtocolError, TransportError) as error:
        raise ConnectError(f"no tunnel to {where}: {error}") from error
    if not 200 <= parser.status < 300:
        failure = ConnectError(f"the proxy opened no tunnel to {where}: {parser.status} {parser.reason}")
        failure.status = parser.status
        failure.retryable = parser.status >= 500 or parser.status in (408, 429)
        raise failure
    if parser.excess:
        raise ConnectError(f"no tunnel to {where}: the proxy sent more than its answer")


class Response:
    """A reply: `status`, `headers` (lower-case names), and its body, read block by block.

    Whoever gets one calls `finish` after its last event, or reads to the end, or calls `close`.
    """

    __slots__ = (
        "status",
        "headers",
        "_connection",
        "_parser",
        "_held",
        "_coding",
        "_transport",
        "_timeouts",
        "_pool",
        "_route",
    )

    def __init__(
        self,
        connection: Connection,
        parser: ReplyParser,
        held: bytes,
        transport: Transport,
        timeouts: Timeouts,
        pool: Pool,
        route: Route,
    ) -> None:
        self.status: int = parser.status
        self.headers: Dict[str, str] = parser.headers
        self._connection: Optional[Connection] = connection
        self._parser = parser
        self._held = held
        self._coding: Any = self.headers.get("content-encoding")  # its decoder, once the body is read
        self._transport = transport
        self._timeouts = timeouts
        self._pool = pool
        self._route = route

    async def read(self) -> bytes:
        """Give the next bytes of the body; b"" at its end, when the connection is back in the pool.

        Raises: `IncompleteStream` when the peer stopped before the end it had announced,
        `RequestTimeout` (phase "between chunks"), `ProtocolError`.
        """
        held, self._held = self._held, b""
        while True:
            while not held and not self._parser.complete:
                held = await self._more(self._timeouts.read)
            if not self._coding:
                break
            held, ended = self._uncompressed(held), not held
            if held or ended:
                break
        if not held:
            self._release()
        return held

    def _uncompressed(self, block: bytes) -> bytes:
        try:
            if isinstance(self._coding, str):
                self._coding = content_decoder(self._coding, self._transport.limits.max_body_bytes)
                if self._coding is None:
                    return block
            if block:
                return self._coding.feed(block)  # type: ignore[no-any-return]
            self._coding.close()
        except ChatError:
            self._give_up()
            raise
        return b""

    async def _more(self, seconds: Optional[float]) -> bytes:
        connection = self._connection
        if connection is None:
            raise ProtocolError("the body of this reply was closed; it cannot be read on")
        parser = self._parser
        try:
            data = b"" if parser.error is not None else await connection.read(seconds, BETWEEN)
            if data:
                return parser.feed(data)
            parser.close()  # raises, unless the end of the connection was the end of the body
        except ChatError as error:
            self._give_up()
            if isinstance(error, TransportError) and not isinstance(error, RequestTimeout):
                raise IncompleteStream(f"the reply broke off: {error}") from error
            raise
        except BaseException:
            self._give_up()
            raise
        return b""

    async def read_all(self, limit: int, option: str) -> bytes:
        """Give the rest of the body as one.

        Raises: as `read`; `ProtocolError` naming `option` when the body is longer than `limit`.
        """
        blocks: List[bytes] = []
        size = 0
        while True:
            block = await self.read()
            if not block:
                return b"".join(blocks)
            blocks.append(block)
            size += len(block)
            if size > limit:
                await self.close()
                raise ProtocolError(
                    f"the reply is longer than {limit} bytes ({option} in Limits)", raw=blocks[0]
                )
            if self._parser.complete and not self._coding and size == len(block):
                self._release()  # all of it in one block, as most replies come
                return block

    async def finish(self) -> None:
        """The last event has come: fetch the body's end, so that the connection can be kept.

        Servers often send the last chunk of a body a moment after the last event. That is waited for
        up to `drain_seconds`, in at most `drain_blocks` reads; whatever else happens here costs the
        connection, never the answer.
        """
        limits = self._transport.limits
        try:
            for _ in range(limits.drain_blocks):
                if self._connection is None or self._parser.complete:
                    break
                await self._more(limits.drain_seconds)
        except ChatError:
            return  # _more has closed the connection; the answer itself was whole
        self._release()

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._parser.keep_alive:
            self._pool.give(self._route.key, connection, self._transport.limits)
        else:
            connection.close()

    def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def close(self) -> None:
        """Close the connection at once unless the body was read to its end. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # Nothing is awaited here. A loop that ends closes a stream's generators all at once, and
            # complains of each that is still closing one inside it.
            connection.close()
