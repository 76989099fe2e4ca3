"""`python -m fakes langsmith --db FILE`: LangSmith as a program, until SIGTERM, SIGINT or the end of its stdin.

Like every server here it prints one line of JSON when it is ready, `{"url": …, "pid": …, "db": …}`; on stderr stands
what to set so that programs trace to it.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from typing import List, Optional

from ..cli import add_listen_options, run
from .server import KEY, Site
from .store import Store

__all__ = ["main"]


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code: 0 when told to end, 1 when it cannot listen or open its file."""
    parser = argparse.ArgumentParser(
        prog="python -m fakes langsmith",
        description="A LangSmith of one's own: takes what the langsmith package and minichat send, answers the SDK, "
        "and shows it on a page.",
        epilog=f"Programs trace to it with LANGSMITH_TRACING=true, LANGSMITH_ENDPOINT=<the url> and "
        f"LANGSMITH_API_KEY={KEY} (keys that begin with {' or '.join(('lsv2_fake', 'sk-fake'))} are taken, and none).",
    )
    parser.add_argument("--db", metavar="FILE", help="the sqlite3 file to keep everything in (default: memory)")
    parser.add_argument("--password-file", metavar="FILE", help="ask for the password in the first line of this file")
    add_listen_options(parser)
    args = parser.parse_args(argv)
    password = None
    if args.password_file is not None:
        try:
            with open(args.password_file, encoding="utf-8") as lines:
                password = lines.readline().strip()
        except (OSError, ValueError) as problem:
            print(f"fakes: cannot read {args.password_file}: {problem}", file=sys.stderr)
            return 1
        if not password:
            parser.error(f"{args.password_file} has no password in its first line")
    try:
        store = Store(args.db)
    except sqlite3.Error as problem:
        print(f"fakes: cannot open {args.db}: {problem}", file=sys.stderr)
        return 1
    try:
        return run(Site(store, password=password), args, db=store.path)
    finally:
        store.close()
