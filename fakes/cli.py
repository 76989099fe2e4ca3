"""`python -m fakes`: the fake as a command, and the commands beside it.

The server prints one line of JSON on stdout when it is ready, `{"url": "http://127.0.0.1:PORT", "pid": N}`, and serves
until SIGTERM, SIGINT or, on request, the end of its stdin (so that it dies with its parent, however that dies). What
a script had and nobody asked for is told on stderr at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from importlib import import_module
from typing import Any, Callable, Dict, List, Optional

from .control.api import is_loopback
from .serving.listener import BASES, Listener
from .session import Sessions

__all__ = ["add_listen_options", "main", "run"]

MOST_OPEN = 16_384  # files, so connections
# Name -> the module whose `main(argv)` it is, and what it is for.
COMMANDS = {
    "check": ("scripting.check", "check script files"),
    "verdict": ("verdict.command", "run a client command and judge how it behaves"),
    "record": ("recording.record", "pass requests on to a real provider and keep what it says"),
    "replay": ("recording.replay", "answer from recordings, byte for byte"),
    "diff": ("recording.diff", "show what changed between two sets of recordings"),
    "langsmith": ("langsmith.command", "take LangSmith traces, answer its SDK, and show them"),
    "show": ("show", "print what a provider expects and every byte it would send"),
}


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code: 0 when told to end, 1 when it cannot listen, 2 for bad arguments."""
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in COMMANDS:
        command: Callable[[List[str]], int] = import_module("." + COMMANDS[words[0]][0], __package__).main
        return command(words[1:])
    args = _parser().parse_args(words)
    if args.help_script is not None:
        from .scripting import help as script_help

        sys.stdout.write(script_help.schema_text() if args.help_script == "schema" else script_help.page())
        return 0
    sessions = Sessions(seed=args.seed, reject_keys=args.reject_key, clock=args.clock)
    watch: Any = None
    if args.script is not None:
        from .scripting.file import ScriptError
        from .scripting.watching import Watch

        watch = Watch(args.script, sessions.main.load, _say)
        try:
            watch.load()
        except ScriptError as problem:
            _say(str(problem))
            return 2
    try:
        listener = Listener(sessions, tls=args.tls, watch=watch)
    except RuntimeError as problem:  # no certificate can be made here; it says why
        _say(str(problem))
        return 1
    return run(listener, args, **({"ca_file": listener.ca_file} if args.tls else {}))


def add_listen_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that serves; `run` obeys them."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: 0, a free one)")
    parser.add_argument("--exit-on-stdin-close", action="store_true", help="end when stdin reaches its end")
    parser.add_argument("--quiet", action="store_true", help="no warnings; the ready line is always printed")


def run(listener: Listener, args: argparse.Namespace, **told: Any) -> int:
    """Serve until told to end, and give the exit code; `told` joins the ready line. Options: `add_listen_options`."""
    _allow_connections()
    try:
        asyncio.run(_serve(listener, args, told))
    except OSError as problem:
        _say(f"cannot listen on {args.host}:{args.port}: {problem.strerror or problem}")
        return 1
    except KeyboardInterrupt:  # a second Ctrl-C, or one before the handler was there
        pass
    if not args.quiet:
        for session in listener.sessions.every():
            of = f" in session {session.name!r}" if session.name else ""
            for name in session.script.unused(session.tally) if session.journal.count else ():
                _say(f"never used{of}: {name}")
    return 0


def _parser() -> argparse.ArgumentParser:
    beside = "\n".join(f"  {name:10}{what}" for name, (_, what) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="A fake LLM provider server for tests. Base URLs: " + ", ".join(sorted(BASES.values())),
        epilog=f"commands instead of a script, each with its own --help:\n{beside}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("script", nargs="?", help="a JSON file of rules and replies, read anew when it changes")
    add_listen_options(parser)
    parser.add_argument("--reject-key", action="append", default=[], metavar="KEY", help="an API key to refuse")
    parser.add_argument("--seed", type=int, default=0, help="what ids and chances are made from (default: 0)")
    parser.add_argument(
        "--clock",
        choices=("real", "virtual", "held"),
        default="real",
        help="virtual: pauses take no time; held: they last until POST /__fakes/advance (default: real)",
    )
    parser.add_argument(
        "--tls",
        choices=("good", "expired", "not_yet", "wrong_host", "self_signed"),
        help="serve https with such a certificate; the ready line has `ca_file`, what a client is to trust",
    )
    parser.add_argument(
        "--help-script", nargs="?", const="page", choices=("page", "schema"), help="tell what a script can say, and end"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def _allow_connections() -> None:
    """Raise this process's own limit of open files, which by default is less than the streams it can hold at once."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS has a second, lower one; what is allowed has to do
            pass


def _say(text: str) -> None:
    print(f"fakes: {text}", file=sys.stderr)


async def _serve(listener: Listener, args: argparse.Namespace, told: Dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
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
            _say(f"warning: listening on {args.host}, which other machines may reach")
        ready = {"url": f"{listener.scheme}://{host}:{listener.port}", "pid": os.getpid(), **told}
        print(json.dumps(ready), flush=True)
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
