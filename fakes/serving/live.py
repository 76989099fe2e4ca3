"""An answer that is made while it goes out: a function in a thread of its own writes the body piece by piece.

For what takes long or waits for somebody else, such as passing on the stream of another server: the event loop goes on
answering others meanwhile. `Outlet.write` is called in the thread and waits while the client does not read; the loop
is told of each piece and sends it as a chunk. When the client leaves, or the server stops, the next write raises
ConnectionAbortedError, and the function ends by it.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Callable, List, Optional, Sequence, Tuple

from .http11 import LAST_CHUNK, Answer, Request, chunk, render_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .delivery import Owner

__all__ = ["Live", "LiveDelivery", "Outlet"]

MOST_HELD = 1 << 20  # bytes that were written and not yet sent


class Live(Answer):
    """Status and headers as of any answer; `writer(outlet)` makes the body and ends it by returning."""

    __slots__ = ("writer",)

    def __init__(self, status: int, headers: Sequence[Tuple[str, str]], writer: Callable[["Outlet"], None]) -> None:
        super().__init__(status, headers)
        self.writer = writer


class Outlet:
    """Where the function writes to."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told  # tells the loop, from any thread
        self._held: List[bytes] = []
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def write(self, data: bytes) -> None:
        """Send a piece, and wait while much of what was sent before is unread.

        Raises: ConnectionAbortedError when nobody reads any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._bytes < MOST_HELD)
            if self._closed:
                raise ConnectionAbortedError("the client has left")
            if not data:
                return
            self._held.append(data)
            self._bytes += len(data)
        self._told()

    def take(self) -> List[bytes]:
        """Give what is to be sent now; called by the loop."""
        with self._changed:
            held, self._held, self._bytes = self._held, [], 0
            self._changed.notify_all()
            return held

    def close(self) -> None:
        """Let the next write raise; called by the loop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class LiveDelivery:
    """A live answer on its way; `owner` hears of its end as of any delivery's."""

    def __init__(self, transport: asyncio.Transport, answer: Live, request: Request, owner: "Owner") -> None:
        self._transport = transport
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._over = False
        self._ended = False  # the function has returned; what it wrote may still be here
        self._failure: Optional[Exception] = None
        self._chunked = not request.version_1_0
        self._keep = request.keep_alive and self._chunked
        head = render_head(answer, None, keep_alive=self._keep, version_1_0=request.version_1_0)
        transport.write(head)
        self._outlet = Outlet(self._tell)
        if request.method == "HEAD":
            self._ended, self._chunked = True, False
        else:
            threading.Thread(target=self._run, args=(answer.writer,), name="fakes live answer", daemon=True).start()

    def go_on(self) -> None:
        """Send what is there, as far as the client reads."""
        if self._over or self._owner.full:
            return
        ended = self._ended  # before the last pieces are taken: what comes behind it belongs to the next turn
        for piece in self._outlet.take():
            self._transport.write(chunk(piece) if self._chunked else piece)
        if not ended:
            return
        self._over = True
        if self._failure is not None:
            self._owner.failed(self._failure)
            return
        if self._chunked:
            self._transport.write(LAST_CHUNK)
        if not self._keep:
            self._transport.close()
        self._owner.delivered(self._keep)

    def stop(self, how: str) -> None:
        """End it: the client left, or the connection is closed."""
        self._over = True
        self._outlet.close()

    def _run(self, writer: Callable[[Outlet], None]) -> None:
        try:
            writer(self._outlet)
        except ConnectionAbortedError as gone:
            if not self._over:  # it was another connection's
                self._failure = gone
        except Exception as problem:
            self._failure = problem
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self.go_on)
        except RuntimeError:  # the server has stopped
            self._outlet.close()
