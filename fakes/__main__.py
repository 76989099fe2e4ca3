"""`python -m fakes`: the fake as a command.

It prints one line of JSON on stdout when it is ready, `{"url": "http://127.0.0.1:PORT", "pid": N}`, and serves until
SIGTERM, SIGINT or, on request, the end of its stdin (so that it dies with its parent, however that dies).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from typing import List, Optional

from .control import is_loopback
from .listener import BASES, Listener
from .session import Sessions

__all__ = ["main"]


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code: 0 when told to end, 1 when it cannot listen, 2 for bad arguments."""
    args = _parser().parse_args(argv)
    try:
        asyncio.run(_serve(args))
    except OSError as problem:
        print(f"fakes: cannot listen on {args.host}:{args.port}: {problem.strerror or problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # a second Ctrl-C, or one before the handler was there
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="A fake LLM provider server for tests. Base URLs: " + ", ".join(sorted(BASES.values())),
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: 0, a free one)")
    parser.add_argument("--reject-key", action="append", default=[], metavar="KEY", help="an API key to refuse")
    parser.add_argument("--exit-on-stdin-close", action="store_true", help="end when stdin reaches its end")
    parser.add_argument("--quiet", action="store_true", help="no warnings; the ready line is always printed")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


async def _serve(args: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    listener = Listener(Sessions(reject_keys=args.reject_key))
    await listener.start(args.host, args.port)
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # Windows: the default handlers must do
                pass
        if args.exit_on_stdin_close:
            threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
        host = f"[{args.host}]" if ":" in args.host else args.host
        if not is_loopback(host) and not args.quiet:
            print(f"fakes: warning: listening on {args.host}, which other machines may reach", file=sys.stderr)
        print(json.dumps({"url": f"http://{host}:{listener.port}", "pid": os.getpid()}), flush=True)
        await stop.wait()
    finally:
        await listener.stop()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read stdin to its end; os.read, because a buffered read would hold a lock that the exit waits for."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:  # stdin was closed before the start: nobody holds the other end
        pass
    try:
        loop.call_soon_threadsafe(stop.set)
    except RuntimeError:  # the loop ended first
        pass


if __name__ == "__main__":
    sys.exit(main())
