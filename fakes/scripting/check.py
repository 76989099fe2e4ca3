"""`python -m fakes check script.json`: is a script right, without a server?

One line per script on stdout, `script.json: ok, 3 rules, 2 replies`; what is wrong goes to stderr, a line each, in the
form `FILE:LINE:COLUMN: FIELD: …` that editors can follow. A rule that can never answer is warned of: it stands behind
one that answers everything.
"""

from __future__ import annotations

import argparse
import sys
from typing import List, Optional, Sequence

from .file import ScriptError, read
from .script import Script

__all__ = ["counted", "main", "unreachable"]


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and give its exit code: 0 when all scripts are right, 1 when one is not.

    Raises: SystemExit with 2 for bad arguments.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {(__package__ or '').rpartition('.')[0]} check",
        description="Check scripts (python -m fakes --help-script) without serving.",
    )
    parser.add_argument("script", nargs="+", help="a script, a file of JSON")
    wrong = 0
    for name in parser.parse_args(argv).script:
        try:
            script = read(name)
        except ScriptError as problem:
            print(problem, file=sys.stderr)
            wrong = 1
            continue
        for warning in unreachable(script):
            print(f"{name}: warning: {warning}", file=sys.stderr)
        print(f"{name}: ok, {counted(script)}")
    return wrong


def counted(script: Script) -> str:
    """Say how much there is in a script: 3 rules, 1 reply."""
    rules, replies = len(script.rules), len(script.in_turn.replies)
    return f"{rules} rule{'' if rules == 1 else 's'}, {replies} repl{'y' if replies == 1 else 'ies'}"


def unreachable(script: Script) -> List[str]:
    """Name the rules that never can answer, because one before them always does."""
    for place, rule in enumerate(script.rules):
        if not rule.conditions and rule.limit() is None:
            never = [f"rule {later.name!r}" for later in script.rules[place + 1 :]]
            never += ["the replies given in turn"] if script.in_turn.replies else []
            return [f"{one} can never answer: rule {rule.name!r} before it answers every request" for one in never]
    return []
