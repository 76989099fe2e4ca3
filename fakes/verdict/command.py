"""`python -m fakes verdict -- CMD…`: start a fake, run a client against it, and judge what the client did.

The command gets the environment variables that lead every SDK to the fake (`environment`) and FAKES_URL; it needs no
other change. A course of faults gives it something to react to. What it prints is its own business: the verdict goes
to stderr, in words or with --json as one line. How the command ended counts as its report about a last answer that was
not whole: who fails with it has noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from typing import Any, Dict, List, Optional, Tuple

from .. import environment
from ..faults import Fault
from ..server import Server, serve
from .judge import of, report

__all__ = ["COURSES", "main"]

CLEAN, FINDINGS, WRONG_CALL, COMMAND_FAILED = 0, 1, 2, 3
# Name -> the faults, which strike one request after the other, and what that asks of a client.
COURSES: Dict[str, Tuple[Tuple[Fault, ...], str]] = {
    "none": ((), "no faults"),
    "usual": (
        (
            Fault("status", status=503, times=1),
            Fault("status", status=429, retry_after=1, skip=1, times=1),
            Fault("cut", skip=2, times=1),
        ),
        "a 503, a 429 with Retry-After: 1, and an answer cut in its middle",
    ),
    "overload": (
        (Fault("status", status=503, times=2), Fault("status", status=503, retry_after=1, skip=2, times=1)),
        "two 503 and a third with Retry-After: 1",
    ),
    "limits": ((Fault("status", status=429, retry_after=1, times=2),), "two 429 with Retry-After: 1"),
    "refusals": ((Fault("status", status=400),), "400 to every request"),
    "breaks": (
        (
            Fault("cut", times=1),
            Fault("reset", skip=1, times=1),
            Fault("end", byte=1, skip=2, times=1),
        ),
        "an answer cut in its middle, one reset, one that ends early in good form",
    ),
}
KEYS = ("SIGINT", "SIGQUIT")  # which a terminal sends to all processes that it shows
PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", *KEYS)


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give the exit code.

    0: the verdict is clean, 1: it has faults or there was nothing to judge, 2: the call makes no sense, 3: it is clean
    but the command failed.
    """
    words = sys.argv[1:] if argv is None else argv
    place = words.index("--") if "--" in words else len(words)
    parser = _parser()
    args = parser.parse_args(words[:place])
    command = words[place + 1 :]
    if not command:
        parser.error("say which command to run, behind --")
    try:
        server = serve(script=args.script, seed=args.seed)
    except (ValueError, OSError) as problem:  # a ScriptError is a ValueError
        print(f"fakes: {problem}", file=sys.stderr)
        return WRONG_CALL
    with server:
        server.fault(*COURSES[args.faults][0])
        try:
            code = _run(command, environment.child(os.environ, server.url(), server.key))
        except OSError as problem:
            print(f"fakes: cannot run {command[0]!r}: {problem.strerror or problem}", file=sys.stderr)
            return WRONG_CALL
        return _judge(server, code, as_json=args.json)


def _parser() -> argparse.ArgumentParser:
    courses = "\n".join(f"  {name:10}{told}" for name, (_, told) in COURSES.items())
    parser = argparse.ArgumentParser(
        prog=f"python -m {(__package__ or '').rpartition('.')[0]} verdict",
        usage="%(prog)s [--script FILE] [--faults NAME] [--seed N] [--json] -- CMD…",
        description="Run a client command against a fake and judge how it behaves. It finds the fake by the variables "
        "that the SDKs read, such as OPENAI_BASE_URL and OPENAI_API_KEY, or by FAKES_URL.",
        epilog=f"courses of faults, one request after the other:\n{courses}\n\n"
        "what the client cannot show on the wire it may say: POST $FAKES_URL/__fakes/report, with one of\n"
        '{"completed": true}, {"raised": "Name: text"} and {"cancelled": true} for its last answer\n\n'
        "exit codes: 0 clean, 1 faults were found or nothing was asked, 2 wrong call, 3 clean but the command failed",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--script", metavar="FILE", help="a JSON file of rules and replies (see python -m fakes --help-script)"
    )
    parser.add_argument("--faults", choices=COURSES, default="none", help="what goes wrong on the way (default: none)")
    parser.add_argument("--seed", type=int, default=0, help="what ids and chances are made from (default: 0)")
    parser.add_argument("--json", action="store_true", help="the verdict as one line of JSON, the last one on stderr")
    return parser


def _run(command: List[str], variables: Dict[str, str]) -> int:
    """Run the command to its end, passing signals on, and give its code; below 0: the signal that ended it.

    Raises: OSError when it cannot be started.
    """
    child: List["subprocess.Popen[bytes]"] = []
    early: List[int] = []

    def pass_on(number: int, frame: Any) -> None:
        if not child:
            early.append(number)
        elif signal.Signals(number).name not in KEYS or not _at_terminal():
            child[0].send_signal(number)

    numbers = [getattr(signal, name) for name in PASSED_ON if hasattr(signal, name)]
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        child.append(subprocess.Popen(command, env=variables))
        for number in early:
            child[0].send_signal(number)
        return child[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_terminal() -> bool:
    """Tell whether keys like Ctrl-C reach every process of our group, by the terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:  # there is none; or it is Windows, where a console tells all its processes
        return os.name == "nt"
    try:
        return os.getpgrp() == os.tcgetpgrp(terminal)
    except OSError:
        return False
    finally:
        os.close(terminal)


def _judge(server: Server, code: int, *, as_json: bool) -> int:
    sessions = [session for session in server._sessions.every() if session.journal.count]
    for session in sessions:
        last = list(session.journal)[-1]
        if code and last.truncated and not session.reports:
            report(session, raised=f"the command {_ending(code)}", exchange=last.number)
    verdict = of(*sessions)
    if as_json:
        print(json.dumps({**verdict.as_json(), "command": code}), file=sys.stderr)
    else:
        print(verdict, file=sys.stderr)
        if code:
            print(f"fakes: the command {_ending(code)}", file=sys.stderr)
        if not verdict.judged:
            print("fakes: it asked nothing of the fake; did it read OPENAI_BASE_URL or the like?", file=sys.stderr)
    if not verdict.ok or not verdict.judged:
        return FINDINGS
    return COMMAND_FAILED if code else CLEAN


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
