"""`python -m fakes replay`, and the same from Python: a server that answers from recordings.

>>> with replay("recordings") as server:                      # doctest: +SKIP
...     client = anthropic.Anthropic(base_url=server.url("anthropic"), api_key="sk-any")
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Iterable, List, Optional, Union

from ..cli import add_listen_options, run
from ..handle import Handle
from ..server import Server
from ..serving.listener import BASES, Listener
from ..session import Session, Sessions
from .exchange import RecordingError
from .replayer import Replayer
from .store import load

__all__ = ["Replay", "main", "replay"]


def replay(
    directory: Union[str, "os.PathLike[str]"],
    *,
    timing: bool = False,
    repeat: bool = False,
    scrub: Iterable[str] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    clock: str = "real",
) -> "Replay":
    """Start a server that answers from a folder of recordings (or one file) and give its handle.

    The same request recorded several times is answered in that order, each once, unless `repeat` begins anew. With
    `timing` the recorded pauses are kept, on a `clock` as that of `serve`. `scrub` are the patterns that were given to
    `record`.

    Raises: fakes.RecordingError, which names the file; OSError when the address cannot be had; ValueError.
    """
    return Replay(
        Replayer(load(directory), timing=timing, repeat=repeat, scrub=scrub), host=host, port=port, clock=clock
    )


class Replay(Server):
    """A running replay: a `Server` with journal, sessions, clock and reset, whose answers are the recordings."""

    def __init__(self, replayer: Replayer, *, host: str = "127.0.0.1", port: int = 0, clock: str = "real") -> None:
        self._replayer = replayer
        super().__init__(host=host, port=port, clock=clock)
        self._listener.source = replayer  # before anybody can know the port

    def session(self, name: str) -> Handle:
        """Give the handle of a session of its own: in it no recording was given yet.

        Raises: ValueError for an empty name.
        """
        if not name:
            raise ValueError("name: a session of its own has one")
        return ReplaySession(self._replayer, self._sessions.named(name), self._base, self._in_loop)

    def unused(self) -> List[str]:
        """Name the recordings that nobody asked for since the last reset, in the session with no name."""
        return self._replayer.unused(self._session)


class ReplaySession(Handle):
    """A session of a replay."""

    def __init__(self, replayer: Replayer, session: Session, *ways: Any) -> None:
        super().__init__(session, *ways)
        self._replayer = replayer

    def unused(self) -> List[str]:
        """Name the recordings that nobody asked for since the last reset, in this session."""
        return self._replayer.unused(self._session)


def main(argv: Optional[List[str]] = None) -> int:
    """Replay until told to end: 0 then, 1 when it cannot listen, 2 for bad arguments or recordings."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {(__package__ or '').rpartition('.')[0]} replay",
        description="Answer from recordings, byte for byte and with their split points. A request that was not "
        "recorded gets a 404 which says what differs from the nearest recording.",
        epilog="Base URLs: " + ", ".join(sorted(BASES.values())),
    )
    parser.add_argument("directory", metavar="DIR", help="a folder of recordings, or one of them")
    parser.add_argument("--timing", action="store_true", help="wait as long between the chunks as the provider did")
    parser.add_argument(
        "--repeat", action="store_true", help="begin anew when a request was asked as often as recorded"
    )
    parser.add_argument(
        "--scrub", action="append", default=[], metavar="REGEX", help="what was masked besides keys when recording"
    )
    add_listen_options(parser)
    args = parser.parse_args(argv)
    try:
        replayer = Replayer(
            load(args.directory),
            timing=args.timing,
            repeat=args.repeat,
            scrub=args.scrub,
            say=None if args.quiet else lambda line: print(f"fakes: {line}", file=sys.stderr, flush=True),
        )
    except RecordingError as problem:
        print(f"fakes: {problem}", file=sys.stderr)
        return 2
    except ValueError as problem:
        parser.error(str(problem))
    listener = Listener(Sessions())
    listener.source = replayer
    return run(listener, args, recordings=len(replayer.recordings))
