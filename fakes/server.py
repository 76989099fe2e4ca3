"""The way in from Python: a fake in a thread of its own, up before `serve()` returns and gone when it is closed.

The event loop lives in a daemon thread, whatever loop the caller may run, so one server serves sync and async tests
alike. Leaving the `with` block closes every socket and joins the thread.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Iterable, List, Optional

from .listener import BASES, Listener
from .reply import Reply
from .world import Seen, World

__all__ = ["Server", "serve"]


def serve(
    replies: Optional[Iterable[Reply]] = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    reject_keys: Iterable[str] = (),
    seed: int = 0,
) -> "Server":
    """Start a fake and give its handle; port 0 takes a free one.

    With `replies` they are its answers, in the order of the requests, whatever model is asked for; a request that is
    refused uses none up, and one after the last is refused in words. Without, the model's name chooses the answer.

    Raises: OSError when the address cannot be had.
    """
    return Server(replies, host=host, port=port, reject_keys=reject_keys, seed=seed)


class Server:
    """A running fake. Use it with `with`, `async with`, or call `close()`."""

    def __init__(
        self,
        replies: Optional[Iterable[Reply]] = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        reject_keys: Iterable[str] = (),
        seed: int = 0,
    ) -> None:
        self.host = host
        self._world = World(seed=seed, reject_keys=reject_keys, replies=replies)
        self._listener = Listener(self._world)
        self._up = threading.Event()
        self._failure: Optional[BaseException] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._stop: Optional[asyncio.Event] = None
        self._thread = threading.Thread(target=self._run, args=(port,), name="fakes", daemon=True)
        self._thread.start()
        self._up.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self._listener.port

    @property
    def requests(self) -> List[Seen]:
        """The requests seen since the last reset, oldest first; at most 1,000 are kept."""
        return self._world.requests()

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted since the last reset."""
        return self._world.connections

    def url(self, provider: Optional[str] = None) -> str:
        """Give the base URL that a client of the provider takes, or of the server when none is named."""
        if provider is not None and provider not in BASES:
            raise ValueError(f"no provider {provider!r} here; there are {', '.join(sorted(BASES))}")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{BASES[provider] if provider else ''}"

    def reply(self, *replies: Reply) -> None:
        """Add replies to the script that answers from now on; see `serve`."""
        self._world.script(replies)

    def reset(self) -> None:
        """Forget the requests seen and start counters and script anew, so that the same requests get the same bytes."""
        self._world.reset()

    def close(self) -> None:
        """Close every socket and end the thread; a second call does nothing."""
        if self._loop is not None and self._thread.is_alive():
            assert self._stop is not None
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # the loop has ended since the line above
                pass
        self._thread.join()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    def _run(self, port: int) -> None:
        try:
            asyncio.run(self._serve(port))
        except BaseException as failure:  # handed to the thread that waits in __init__
            self._failure = failure
        finally:
            self._up.set()

    async def _serve(self, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self._listener.start(self.host, port)
        self._up.set()
        try:
            await self._stop.wait()
        finally:
            await self._listener.stop()
