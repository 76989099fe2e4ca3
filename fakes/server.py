"""The way in from Python: a fake in a thread of its own, up before `serve()` returns and gone when it is closed.

The event loop lives in a daemon thread, whatever loop the caller may run, so one server serves sync and async tests
alike. Leaving the `with` block closes every socket and joins the thread.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from .handle import Handle
from .scripting.script import Answering, Script
from .serving.listener import BASES, Listener
from .serving.threaded import Threaded, shown_host
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
            if isinstance(replies, (str, Mapping)) or not isinstance(replies, Iterable):
                raise TypeError(
                    f"replies: takes a list of replies, not {type(replies).__name__}; a script, or its file, is given "
                    "as script=..."
                )
            self._session.own_script().only_scripted = True
            self.reply(*replies)
        self._listener = Listener(self._sessions, tls=tls)
        self._running = Threaded(self._listener, host, port, name="fakes", depth=3)

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
        if not isinstance(name, str):
            raise TypeError(f"name: takes a text, not {name!r}")
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
        self._running.close()

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
        return f"{self._listener.scheme}://{shown_host(self.host)}:{self.port}{BASES[provider] if provider else ''}"

    def _in_loop(self, call: Callable[[], None]) -> None:
        """Make a call in the server's thread and wait until it is done."""
        self._running.do(call)
