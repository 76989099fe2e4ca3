"""A listener in a thread of its own, for programs and tests in Python: up when it is made, gone when it is closed.

The event loop lives in a daemon thread, whatever loop the caller may run, so one server serves sync and async tests
alike.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import warnings
from typing import Any, Callable, Optional

from ..control.api import is_loopback

__all__ = ["Threaded", "shown_host"]


def shown_host(host: str) -> str:
    """Give a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


class Threaded:
    """A running listener: anything with `await start(host, port)` and `await stop()`.

    Raises: OSError when the address cannot be had; TypeError or ValueError for what is none. Warns (RuntimeWarning) of
    one that other machines may reach; `depth` is how many calls above this one the caller's own line is.
    """

    def __init__(self, listener: Any, host: str, port: int, *, name: str, depth: int) -> None:
        if not isinstance(host, str):
            raise TypeError(f"host: takes a text, not {host!r}")
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
            raise ValueError(f"port: is a whole number from 0 (a free one) to 65535, not {port!r}")
        if not is_loopback(shown_host(host)):
            text = f"fakes: listening on {host}, which other machines may reach"
            warnings.warn(text, RuntimeWarning, stacklevel=depth + 1)
        self._listener = listener
        self._up = threading.Event()
        self._failure: Optional[BaseException] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._stop: Optional[asyncio.Event] = None
        self._thread = threading.Thread(target=self._run, args=(host, port), name=name, daemon=True)
        self._thread.start()
        self._up.wait()
        if self._failure is not None:
            self._thread.join()
            if isinstance(self._failure, socket.gaierror):
                told = f"host: there is no address for {host!r}: {self._failure.strerror}"
                raise OSError(self._failure.errno, told) from self._failure
            raise self._failure

    def close(self) -> None:
        """Close every socket and end the thread; a second call does nothing."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # the loop has ended since the line above
                pass
        self._thread.join()

    def do(self, call: Callable[[], None]) -> None:
        """Make a call in the server's thread and wait until it is done; at once when the server is not running."""

        async def made() -> None:
            call()

        if self._loop is None or not self._thread.is_alive() or threading.current_thread() is self._thread:
            call()
            return
        asyncio.run_coroutine_threadsafe(made(), self._loop).result()

    def _run(self, host: str, port: int) -> None:
        try:
            asyncio.run(self._serve(host, port))
        except BaseException as failure:  # handed to the thread that waits in __init__
            self._failure = failure
        finally:
            self._up.set()

    async def _serve(self, host: str, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self._listener.start(host, port)
        self._up.set()
        try:
            await self._stop.wait()
        finally:
            await self._listener.stop()
