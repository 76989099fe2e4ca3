"""The asynchronous backend: asyncio transports under our own reply parser. No thread of its own.

A `StreamConnection` is an `asyncio.Protocol` that collects what arrives until somebody reads. Its
timeouts do not make a timer per read: one timer per connection looks, when it fires, whether the
current wait is over and goes back to sleep if it is not.

Idle connections belong to one event loop. They are held by a suspended async generator, because a loop
that is closed in order (`asyncio.run`) closes its async generators first: so the sockets end with their
loop, and no module-level hook is needed.

asyncio objects are made inside coroutines only: Python 3.9 binds them to a loop when they are made.
"""

from __future__ import annotations

import asyncio
import inspect

from ..errors import ChatError
from .base import exchange, open_tunnel
from .failures import CONNECT, SEND, timed_out, translate
from .pool import Pool
from .tasks import completed, in_thread, merge, tee
from .tls import context_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from typing import Any, Dict, List, Optional, Tuple

    from ..wire.http import Request, Timeouts
    from ..wire.transport import Transport
    from .base import Job, Response, Stream
    from .proxy import Route

__all__ = ["Asyncio", "backend"]


class StreamConnection(asyncio.BufferedProtocol):
    """A connected transport behind the three verbs.

    All connections of a loop are read into one block, which is filled and emptied in the same step.
    (`asyncio.Protocol` asks the allocator for 256 KiB at each read, which costs more than the reading.)
    """

    __slots__ = (
        "_loop",
        "_where",
        "_high_water",
        "_block",
        "_transport",
        "_blocks",
        "_held",
        "_reading",
        "_ended",
        "_lost",
        "_waiter",
        "_writable",
        "_closed",
        "_timer",
        "_deadline",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, where: str, high_water: int, block: memoryview
    ) -> None:
        self._loop = loop
        self._where = where
        self._high_water = high_water
        self._block = block
        self._transport: Any = None
        self._blocks: List[bytes] = []
        self._held = 0
        self._reading = True
        self._ended = False
        self._lost: Optional[BaseException] = None
        self._waiter: Optional[asyncio.Future[None]] = None
        self._writable: Optional[asyncio.Future[None]] = None
        self._closed = False
        self._timer: Optional[asyncio.TimerHandle] = None
        self._deadline = 0.0

    # -- called by the event loop ----------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._block

    def buffer_updated(self, nbytes: int) -> None:
        self._blocks.append(self._block[:nbytes].tobytes())
        self._held += nbytes
        if self._waiter is not None:
            self._wake()
        elif self._held > self._high_water and self._reading:
            self._reading = False
            self._transport.pause_reading()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Optional[BaseException]) -> None:
        self._ended = self._closed = True
        if exc is not None and self._lost is None:
            self._lost = exc
        self._stop_timer()
        self._wake()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # -- waiting ---------------------------------------------------------------------------

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _look(self) -> None:
        """The timer fired: end a wait that is over, or sleep until its deadline."""
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look)
        else:
            waiter.set_exception(TimeoutError())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _until(self, waiter: asyncio.Future[None], seconds: Optional[float]) -> asyncio.Future[None]:
        """Give `waiter`, to be awaited at once: it ends with what it waits for, or after `seconds`."""
        self._waiter = waiter
        if seconds is not None:
            self._deadline = self._loop.time() + seconds
            if self._timer is not None and self._timer.when() > self._deadline:
                self._stop_timer()
            if self._timer is None:
                self._timer = self._loop.call_at(self._deadline, self._look)
        return waiter

    # -- the three verbs -------------------------------------------------------------------

    async def send(self, data: bytes, seconds: Optional[float]) -> None:
        if self._ended:
            raise translate(self._lost or EOFError("closed by the peer"), SEND, self._where, seconds)
        self._transport.write(data)
        unsent = len(data) + 1
        while self._writable is not None:
            try:
                await self._until(self._writable, seconds)
            except TimeoutError:
                left = self._transport.get_write_buffer_size()
                if left >= unsent:
                    raise timed_out(seconds, SEND, self._where) from None
                unsent = left  # a long upload, but it moves: wait as long again
                self._writable = self._loop.create_future()
            finally:
                self._waiter = None
            if self._ended or self._blocks:
                return  # the peer has answered, or gone: reading will tell

    async def read(self, seconds: Optional[float], phase: str) -> bytes:
        if not self._blocks and not self._ended:
            try:
                await self._until(self._loop.create_future(), seconds)
            except TimeoutError:
                raise timed_out(seconds, phase, self._where) from None
            finally:
                self._waiter = None
        blocks = self._blocks
        if blocks:
            data = blocks[0] if len(blocks) == 1 else b"".join(blocks)
            self._blocks = []
            self._held = 0
            if not self._reading and not self._closed:
                self._reading = True
                self._transport.resume_reading()
            return data
        if self._lost is not None:
            raise translate(self._lost, phase, self._where, seconds) from self._lost
        return b""

    def close(self) -> None:
        self._stop_timer()
        self._ended = True
        if self._transport is not None and not self._loop.is_closed():
            self._transport.abort()

    def is_dead(self) -> bool:
        return self._ended or bool(self._blocks)


async def _connect(route: Route, transport: Transport, timeouts: Timeouts) -> StreamConnection:
    """Open a connection: TCP, the proxy's tunnel, TLS; all within `timeouts.connect`."""
    target, proxy = route.target, route.proxy
    where = f"{target.host}:{target.port}" + (f" by proxy {proxy.host}:{proxy.port}" if proxy else "")
    loop = asyncio.get_running_loop()
    limits = transport.limits
    block = _pools[loop].block(limits.read_block_bytes)
    connection = StreamConnection(loop, where, limits.max_buffered_bytes, block)
    opening = asyncio.ensure_future(_open(connection, route, transport, timeouts, where))
    timer = None if timeouts.connect is None else loop.call_later(timeouts.connect, opening.cancel)
    try:
        await asyncio.wait([opening])
        if opening.cancelled():
            raise timed_out(timeouts.connect, CONNECT, where)
        error = opening.exception()
        if error is None:
            return connection
        if isinstance(error, (OSError, UnicodeError)) and not isinstance(error, ChatError):
            raise translate(error, CONNECT, where, timeouts.connect) from error
        raise error
    except BaseException:
        opening.cancel()
        connection.close()
        await asyncio.wait([opening])
        connection.close()
        raise
    finally:
        if timer is not None:
            timer.cancel()


async def _open(
    connection: StreamConnection, route: Route, transport: Transport, timeouts: Timeouts, where: str
) -> None:
    target, proxy = route.target, route.proxy
    context = context_for(transport) if target.scheme == "https" else None
    place = proxy or target
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: connection, place.host, place.port)
    if context is None:
        return
    if proxy is not None:
        await open_tunnel(connection, route, transport, where, timeouts.connect)
    # Not by create_connection(ssl=...): a handshake that is given up would keep its socket for a while
    # (until Python 3.11), and only this way is there a transport that can be aborted.
    connection._transport = await loop.start_tls(
        connection._transport,
        connection,
        context,
        server_hostname=target.host,
        # asyncio has a limit of its own (60 s) that tells less: ours must come first.
        ssl_handshake_timeout=(timeouts.connect or 86400.0) + 5.0,
    )


# -- pools ---------------------------------------------------------------------------------

_pools: Dict[asyncio.AbstractEventLoop, Pool] = {}


async def _keep(pool: Pool) -> AsyncGenerator[None, None]:
    """Hold a pool until the loop closes its async generators, then close the connections."""
    try:
        yield
    finally:
        pool.close()
        await _rounds()


async def _rounds() -> None:
    """Let the loop close the sockets of transports that were aborted."""
    for _ in range(4):
        await asyncio.sleep(0)


async def _pool() -> Pool:
    """Give the pool of the running loop."""
    loop = asyncio.get_running_loop()
    pool = _pools.get(loop)
    if pool is None:
        for other in list(_pools):  # other threads add theirs meanwhile
            if other.is_closed():
                _pools.pop(other, None)
        pool = _pools[loop] = Pool()
        pool.keeper = _keep(pool)
        await pool.keeper.__anext__()
    return pool


# -- the backend ---------------------------------------------------------------------------


class Asyncio:
    """The asyncio backend; stateless, one instance serves all loops."""

    suspends = True

    async def send(self, request: Request, transport: Transport, timeouts: Timeouts) -> Response:
        pool = _pools.get(asyncio.get_running_loop()) or await _pool()
        return await exchange(request, transport, timeouts, pool=pool, connect=_connect)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*args, **kwargs)
        result = await in_thread(function, *args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def settle(self, awaitable: Awaitable[Any]) -> Any:
        return await awaitable

    async def iterate(
        self, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[Any, None]:
        source = function(*args, **kwargs)
        if hasattr(source, "__aiter__"):
            try:
                async for item in source:
                    yield item
            finally:
                close = getattr(source, "aclose", None)
                if close is not None:
                    await close()
            return
        ended = object()
        try:
            while True:
                item = await in_thread(next, source, ended)
                if item is ended:
                    return
                yield item
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                await in_thread(close)

    def completed(
        self, jobs: Iterable[Job], limit: Optional[int], until_error: bool = False
    ) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
        return completed(jobs, limit, until_error)

    def merge(
        self, streams: Sequence[Stream], ends: bool = False
    ) -> AsyncGenerator[Tuple[int, Any], None]:
        return merge(streams, ends)

    def tee(self, stream: Stream, copies: int) -> List[Stream]:
        return tee(stream, copies)

    def close(self, transport: Transport) -> None:
        """Close this loop's idle connections; without a running loop, those of all loops."""
        try:
            here: Optional[asyncio.AbstractEventLoop] = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        for loop, pool in list(_pools.items()):
            if loop is here or (here is None and not loop.is_running()):
                pool.close(transport.tls_key)
            elif here is None:  # it runs in another thread, where its transports must be touched
                try:
                    loop.call_soon_threadsafe(pool.close, transport.tls_key)
                except RuntimeError:
                    continue  # closed in this moment, and its connections with it

    async def aclose(self, transport: Transport) -> None:
        """As `close`; this loop's sockets are closed when it returns."""
        self.close(transport)
        await _rounds()


backend = Asyncio()
