"""`python -m fakes diff OLD NEW`: what a provider says otherwise than it did when the old recordings were made."""

from __future__ import annotations

import argparse
import json
import sys
from typing import List, Optional

from .drift import compare, lines
from .exchange import RecordingError
from .store import load

__all__ = ["main"]


def main(argv: Optional[List[str]] = None) -> int:
    """Print the differences: 0 when nothing was lost, 1 when something was, 2 for bad arguments or recordings."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {(__package__ or '').rpartition('.')[0]} diff",
        description="Compare two sets of recordings: event types, key paths, kinds of values, headers, statuses, for "
        "each provider and API. Only what the recordings show can be compared, so record the same requests.",
        epilog="Exit code: 0 when nothing was lost (new things are no loss), 1 when an event, key, kind of value, "
        "header or status of OLD is not in NEW, 2 when a recording cannot be read.",
    )
    parser.add_argument("old", metavar="OLD", help="a folder of recordings, or one of them")
    parser.add_argument("new", metavar="NEW", help="the same, later")
    parser.add_argument("--json", action="store_true", help="print a JSON list of the differences")
    args = parser.parse_args(argv)
    try:
        changes = compare(load(args.old), load(args.new))
    except RecordingError as problem:
        print(f"fakes: {problem}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps([change.as_json() for change in changes], indent=1))
    else:
        print("\n".join(lines(changes) or ["no difference"]))
    return 1 if any(change.loses for change in changes) else 0
