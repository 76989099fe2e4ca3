"""The server: a listener like the providers', whose every request is the API's or the page's.

`serve()` runs it in a thread of its own for a test, `command` as a program. Requests are answered one after the other
in the event loop, each with its transaction committed before the answer goes out: what was acknowledged is in the file.
With a password (`door`) whoever does not say it gets what was shared with everybody (`public`), and nothing else.
"""

from __future__ import annotations

import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Tuple

from ..serving.http11 import Answer, BadRequest, Request
from ..serving.listener import Listener
from ..serving.threaded import Threaded, shown_host
from ..session import Sessions
from . import api, calls
from .door import Door, Shut
from .page.security import secured
from .store import Store

__all__ = ["KEY", "LangSmith", "Site", "serve"]

KEY = "lsv2_fake_key"


class Site(Listener):
    """The listening socket and what stands behind it. With a password both page and API ask for it.

    `clock` gives seconds, for the waits of who guesses at the password.
    """

    def __init__(
        self,
        store: Store,
        *,
        password: Optional[str] = None,
        tls: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(Sessions(), tls=tls)
        self.store = store
        self.door = None if password is None else Door(password, clock)

    def answer(self, request: Request, connection: int) -> Tuple[Answer, None, None]:
        """Answer a request: what the API has is its own, everything else is the page's."""
        return secured(self._answered(request, lambda: self._address(connection))), None, None

    def front_error(self, problem: BadRequest) -> Answer:
        """Answer bytes that never became a request."""
        return secured(calls.error(problem.status, problem.why))

    def _answered(self, request: Request, address: Callable[[], str]) -> Answer:
        refusal = api.let_in(request, self.host)
        if refusal is not None:
            return refusal
        shown = None if api.is_api(request.path) else self._page(request, address)
        return api.answer(request, self.store, self.door, address) if shown is None else shown

    def _page(self, request: Request, address: Callable[[], str]) -> Optional[Answer]:
        from . import public
        from .page import pages

        try:
            refusal = self._asked(request, address)
            if refusal is not None:
                shown = public.answer(request, self.store)
                if shown is not None:
                    return shown
                to_api = api.may_be_api(request.path) and not public.is_ours(request.path)
                return None if refusal.status == 401 and to_api else refusal
            shown = pages.answer(request, self.store)
            # Who may see everything is led from a shared run to its own page; what has no other is for him, too.
            missing = shown is None or shown.status == 404
            return (public.answer(request, self.store) if missing else None) or shown
        except Exception as problem:
            traceback.print_exc()
            return calls.error(500, f"{type(problem).__name__} while answering; the traceback is on stderr")

    def _asked(self, request: Request, address: Callable[[], str]) -> Optional[Answer]:
        """Give the refusal of a request for a page that does not say the password, or says it too often wrongly."""
        if self.door is None:
            return None
        text = ("content-type", "text/plain; charset=utf-8")
        try:
            if self.door.opens([api.password_of(request)], address):
                return None
        except Shut as shut:
            return Answer(shut.status, [("retry-after", str(shut.wait)), text], f"{shut}.\n".encode())
        # A script's request (a live page's) is not to make the browser ask: the page says that the password changed.
        by_script = request.headers.get("sec-fetch-dest") == "empty"
        asking = [] if by_script else [("www-authenticate", 'Basic realm="fakes langsmith", charset="UTF-8"')]
        return Answer(401, [*asking, text], b"This server has a password.\n")

    def _address(self, connection: int) -> str:
        """Give the network address of a client, as far as its socket tells it."""
        return next((one.address for one in self.open if one.number == connection), "")


def serve(
    db: Optional[str] = None, port: int = 0, *, host: str = "127.0.0.1", password: Optional[str] = None
) -> "LangSmith":
    """Start a LangSmith and give its handle; without a file it keeps everything in memory, port 0 takes a free one.

    With a password the page asks for it and the API key has to say it, as `key` then does.

    Raises: OSError when the address cannot be had, sqlite3.Error when the file is no database of ours, ValueError for
    a password that is empty or no text.
    """
    return LangSmith(db, port, host, password)


class LangSmith:
    """A running server. Use it with `with`, or call `close()`.

    >>> with serve() as langsmith:
    ...     langsmith.runs()
    []
    """

    def __init__(self, db: Optional[str], port: int, host: str, password: Optional[str]) -> None:
        self.host = host
        self.store = Store(db)
        try:
            self._site = Site(self.store, password=password)
            self._running = Threaded(self._site, host, port, name="fakes langsmith", depth=3)
        except BaseException:
            self.store.close()
            raise

    @property
    def key(self) -> str:
        """An API key that it takes."""
        return KEY if self._site.door is None else "lsv2_fake_" + self._site.door.password

    @property
    def url(self) -> str:
        """The address for LANGSMITH_ENDPOINT, and of the page."""
        return f"http://{shown_host(self.host)}:{self._site.port}"

    @property
    def env(self) -> Dict[str, str]:
        """The environment variables that switch tracing to this server on."""
        return {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": self.url, "LANGSMITH_API_KEY": self.key}

    def runs(self, **conditions: Any) -> List[Dict[str, Any]]:
        """Give all runs that fit (`runs.Query`), oldest first, a trace's in the order of its tree."""
        found: List[Dict[str, Any]] = []
        cursor: Optional[str] = None
        while True:
            page, cursor = self.store.runs(newest_first=False, cursor=cursor, **conditions)
            found += page
            if cursor is None:
                return sorted(found, key=lambda run: run["dotted_order"] or "")

    def close(self) -> None:
        """Close every socket, end the thread, close the file; a second call does nothing."""
        self._running.close()
        self.store.close()

    def __enter__(self) -> "LangSmith":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
