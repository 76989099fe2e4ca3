"""Run every program through minichat and langchain-core and say where they part.

`python -m tests.differential [--only NAME] [--library PREFIX] [--times N]`, from the repository's root, in an
environment that has langchain-core. With --library only that one is run, and its values must not change.
"""

from __future__ import annotations

import argparse
import os
import pprint
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from .known import KNOWN
from .library import PROGRAMS, Library, run
from .observe import UUID_TEXT

REFERENCE = "langchain_core"
OURS = "minichat"
TRACING = ("LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING", "LANGSMITH_TRACING_V2")


class Crash:
    """A program that did not come to its end: never equal to anything, so that it is always seen."""

    def __init__(self, error):
        self.error = error

    def __repr__(self):
        return f"CRASH {type(self.error).__name__}: {UUID_TEXT.sub('<id>', str(self.error))[:300]}"


def load():
    """Import every programs_*.py beside this file, so that PROGRAMS is full."""
    for file in sorted(Path(__file__).parent.glob("programs_*.py")):
        import_module(f".{file.stem}", __package__)
    return PROGRAMS


def can_run(name, prefix):
    """False where the reference has no model of that provider: langchain-openai is a package of its own."""
    alone = PROGRAMS[name].__module__.endswith("programs_openai") and prefix == REFERENCE
    return not alone or find_spec("langchain_openai") is not None


def outcome(name, prefix):
    """Give the value of a program, or a Crash."""
    try:
        return run(name, Library(prefix))
    except Exception as error:
        return Crash(error)


def differences(ours, theirs, where=""):
    """List (path, ours, theirs) for the smallest parts that differ."""
    if isinstance(ours, Crash) or isinstance(theirs, Crash):
        return [(where, ours, theirs)]
    if isinstance(ours, dict) and isinstance(theirs, dict) and list(ours) == list(theirs):
        return [one for key in ours for one in differences(ours[key], theirs[key], f"{where}[{key!r}]")]
    if type(ours) is type(theirs) and isinstance(ours, (list, tuple)) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs))
        return [one for index, (left, right) in pairs for one in differences(left, right, f"{where}[{index}]")]
    same = type(ours) is type(theirs) and ours == theirs
    return [] if same else [(where, ours, theirs)]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--only", default="", help="programs whose name contains this")
    parser.add_argument("--library", help="run this one alone, and check that it is deterministic")
    parser.add_argument("--times", type=int, default=3, help="how often with --library")
    parser.add_argument("--brief", action="store_true", help="names only")
    options = parser.parse_args(arguments)
    for name in TRACING:  # nothing is sent anywhere, whatever the caller's environment says
        os.environ.pop(name, None)
    names = [name for name in load() if options.only in name and can_run(name, options.library or REFERENCE)]
    if options.library:
        return _repeat(names, options)
    return _compare(names, options)


def _repeat(names, options):
    bad = 0
    for name in names:
        values = [outcome(name, options.library) for _ in range(options.times)]
        if options.only:
            pprint.pprint(values[0], width=150)
        if isinstance(values[0], Crash):
            bad += 1
            print(f"{name}: {values[0]!r}")
        elif any(value != values[0] for value in values):
            bad += 1
            print(f"{name}: not the same each time: {differences(values[0], values[-1])[:2]}")
    print(f"{len(names)} programs through {options.library}, {bad} bad")
    return 1 if bad else 0


def _compare(names, options):
    agree, known, open_ = [], [], []
    for name in names:
        found = differences(outcome(name, OURS), outcome(name, REFERENCE))
        if not found:
            (open_ if name in KNOWN else agree).append(name)
            if name in KNOWN:
                print(f"== {name}: in KNOWN, but there is no difference")
            continue
        (known if name in KNOWN else open_).append(name)
        if name in KNOWN and not options.only:
            continue
        print(f"== {name} ({PROGRAMS[name].__module__.rpartition('.')[2]})")
        for where, ours, theirs in [] if options.brief else found[: None if options.only else 4]:
            print(f"   {where}\n     minichat:  {_cut(ours, options)}\n     langchain: {_cut(theirs, options)}")
    print(f"{len(names)} programs: {len(agree)} agree, {len(known)} known differences, {len(open_)} open")
    return 1 if open_ else 0


def _cut(value, options):
    text = repr(value)
    return text if options.only or len(text) < 700 else text[:700] + " …"


if __name__ == "__main__":
    sys.exit(main())
