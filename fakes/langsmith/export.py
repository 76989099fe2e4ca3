"""Exports: values one to a line of JSON (JSONL), sent while they are read.

The lines are made in a thread of their own, one value at a time, and wait while the client does not read: an export of
any size takes no more memory than its largest value, and others are answered meanwhile.
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence, Tuple

from ..serving.live import Live, Outlet
from .database import dumped

__all__ = ["jsonl", "line"]


def jsonl(values: Iterable[Any], headers: Sequence[Tuple[str, str]] = ()) -> Live:
    """Give an answer of values one to a line, with these headers beside its type.

    What is wrong with the question has to be found before: once the first line is out, an exception ends the
    connection, and the client sees that the file is not whole.
    """

    def write(outlet: Outlet) -> None:
        for value in values:
            outlet.write(line(value))

    return Live(200, [("content-type", "application/x-ndjson"), *headers], write)


def line(value: Any) -> bytes:
    """Give a JSON value as a line, its letters readable."""
    return (dumped(value) or "null").encode("utf-8") + b"\n"
