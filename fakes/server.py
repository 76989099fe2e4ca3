"""The way in from Python: a fake in a thread of its own, up before `serve()` returns and gone when it is closed.

The event loop lives in a daemon thread, whatever loop the caller may run, so one server serves sync and async tests
alike. Leaving the `with` block closes every socket and joins the thread.
"""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from .control.api import is_loopback
from .handle import Handle
from .scripting.script import Answering, Script
from .serving.listener import BASES, Listener
from .session import KEY, Sessions

__all__ = ["Server", "serve"]


def serve(
    replies: Optional[Iterable[Answering]] = None,
    *,
    script: Union[Script, Mapping[str, Any], str, "os.PathLike[str]", None] = None,
    host: str = "127.0.0.1",
    port: int = 0,
    reject_keys: Iterable[str] = (),
    seed: int = 0,
    clock: str = "real",
    tls: Any = None,
) -> "Server":
    """Start a fake and give its handle; port 0 takes a free one.

    With `replies` they are its answers, in the order of the requests, whatever model is asked for; a request that is
    refused uses none up, and one after the last is refused in words. A `script` says more; with neither, the model's
    name chooses the answer. `clock` is "real", "virtual" (pauses take no time) or "held" (until `advance`). `tls` is
    an ssl.SSLContext, or the name of a certificate that is made on the fly: "good", "expired", "not_yet",
    "wrong_host" or "self_signed"; `ca_file` then is what the client is to trust.

    Raises: OSError when the address cannot be had; ValueError or TypeError for arguments that cannot be meant;
    RuntimeError when a certificate is asked for and there is no `openssl` command to make it.
    """
    return Server(
        replies, script=script, host=host, port=port, reject_keys=reject_keys, seed=seed, clock=clock, tls=tls
    )


class Server(Handle):
    """A running fake. Use it with `with`, `async with`, or call `close()`."""

    def __init__(
        self,
        replies: Optional[Iterable[Answering]] = None,
        *,
        script: Union[Script, Mapping[str, Any], str, "os.PathLike[str]", None] = None,
        host: str = "127.0.0.1",
        port: int = 0,
        reject_keys: Iterable[str] = (),
        seed: int = 0,
        clock: str = "real",
        tls: Any = None,
    ) -> None:
        self.host = host
        self._sessions = Sessions(seed=seed, reject_keys=reject_keys, clock=clock)
        super().__init__(self._sessions.main, self._base, self._in_loop)
        if script is not None:
            self.script(script)
        if replies is not None:
            self._session.own_script().only_scripted = True
            self.reply(*replies)
        self._listener = Listener(self._sessions, tls=tls)
        self._up = threading.Event()
        self._failure: Optional[BaseException] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._stop: Optional[asyncio.Event] = None
        if not is_loopback(self._base(None).partition("://")[2]):
            warnings.warn(f"fakes: listening on {host}, which other machines may reach", RuntimeWarning, stacklevel=3)
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
    def connections(self) -> int:
        """How many TCP connections were accepted since the last reset."""
        return self._listener.connections

    @property
    def ca_file(self) -> Optional[str]:
        """The PEM file that a client is to trust: the authority behind `tls="good"` and the like; None without."""
        return self._listener.ca_file

    def session(self, name: str) -> Handle:
        """Give the handle of a session of its own: clients choose it by its `key`, or the header x-fakes-session.

        Raises: ValueError for an empty name, one that no header can carry, and one whose key the server rejects.
        """
        if not name:
            raise ValueError("name: a session of its own has one")
        if not (name.isascii() and name.isprintable()) or name != name.strip():
            raise ValueError(f"name: {name!r} cannot be sent in a header; use ASCII")
        if KEY + name in self._sessions.rejected:
            raise ValueError(f"name: this server rejects the key {KEY + name}")
        return Handle(self._sessions.named(name), self._base, self._in_loop)

    def reset(self) -> None:
        """Start every session anew: no requests seen, counters, clocks and scripts at their beginning."""
        self._in_loop(self._listener.reset)

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

    def _base(self, provider: Optional[str]) -> str:
        if provider is not None and provider not in BASES:
            raise ValueError(f"no provider {provider!r} here; there are {', '.join(sorted(BASES))}")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._listener.scheme}://{host}:{self.port}{BASES[provider] if provider else ''}"

    def _in_loop(self, call: Callable[[], None]) -> None:
        """Make a call in the server's thread and wait until it is done; at once when the server is not running."""

        async def made() -> None:
            call()

        if self._loop is None or not self._thread.is_alive() or threading.current_thread() is self._thread:
            call()
            return
        asyncio.run_coroutine_threadsafe(made(), self._loop).result()

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
