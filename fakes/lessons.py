"""What a lesson about a wire is made of; each provider's folder has one of its own, in `lesson`.

A note is a sentence and its source. The bytes that a lesson talks about are never typed here: `show` asks the fake
itself, so that a note can be wrong but the bytes cannot.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Tuple

__all__ = ["Lesson", "Note", "Wrong"]

Change = Callable[[Dict[str, str], Dict[str, Any]], None]


class Note(NamedTuple):
    """What a part of the wire means, for the parts that a pattern fits, and where that is written."""

    pattern: str  # a regular expression, searched for in a header line, the name of a field, or a whole event
    says: str
    source: str


class Wrong(NamedTuple):
    """A change to headers and body that makes the request one to refuse, and where it is written that it is."""

    what: str
    change: Change
    source: str
    path: str = ""  # to ask in the place of the lesson's, when that is what is wrong


class Lesson(NamedTuple):
    """A request to send, and the notes on it and on its answer."""

    path: str  # with the provider's prefix and the query
    headers: Dict[str, str]
    body: Dict[str, Any]
    on_headers: Tuple[Note, ...]
    on_fields: Tuple[Note, ...]  # of the request's body, by name
    wrong: Tuple[Wrong, ...]
    on_answer_headers: Tuple[Note, ...]
    on_events: Tuple[Note, ...]  # of the stream, or of the one body
