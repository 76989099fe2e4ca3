"""What a row of the table of faults is: a server's script, and what each of the four methods must do.

A row is the same for `invoke`, `ainvoke`, `stream` and `astream`. Where a fault needs a body of one
kind, `body` says which: with "stream" the two `invoke` methods ask for a stream too (`streaming=True`),
with "whole" the server answers with one JSON document although a stream was asked for, as servers that
cannot stream do. Only what a method hands out differs, and that is `chunks`, for streams.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

from .framing import REQUEST_ID, answer, json_reply, stream_reply
from .server import request, send

__all__ = ["Maker", "Row"]

@dataclasses.dataclass
class Row:
    """One fault. `scripts`: the server's, one for each attempt; a single one serves for all attempts.

    `raises`: the exact class, or None for the right answer. `says`: a piece of its text. `attempts`:
    as the error must tell; `seen`: how many requests the server must have seen, if not that many.
    `waits`: seconds before each further attempt. `partial`: the text received, None for no message.
    `chunks`: the texts yielded by a stream. `kept`: the connection can be used again. `facts`: further
    attributes of the error. `url`: "http", "https", or a whole one; `setup`: a name in test_faults.py.
    """

    name: str
    scripts: Any
    raises: Optional[type] = None
    says: str = ""
    status: Optional[int] = None
    request_id: Optional[str] = None
    retry_after: Optional[float] = None
    retryable: bool = False
    attempts: int = 1
    seen: Optional[int] = None
    waits: tuple = ()
    partial: Optional[str] = None
    chunks: tuple = ()
    text: Optional[str] = None
    kept: bool = False
    facts: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    prompt: str = "Bonjour"
    url: str = "http"
    setup: str = ""
    body: str = "as asked"


class Maker:
    """Makes the rows of a dialect."""

    def __init__(self, dialect) -> None:
        self.dialect = dialect

    def again(self, options: dict) -> dict:
        """Fill in what follows from `retryable`: three attempts with the usual pauses."""
        if options.get("retryable") and "attempts" not in options:
            options = {"attempts": 3, "waits": self.dialect.pauses[:2], **options}
        return options

    def replying(self, name: str, data: bytes, raises, *after, **options) -> Row:
        """A row whose server reads the request, sends this reply head, and then does what `after` says."""
        return Row(name, [request, send(data), *after], raises, **self.again(options))

    def give_answer(self, peer) -> None:
        """Send the right answer to the request that was just read."""
        peer.send(answer(self.dialect, peer.requests[-1]))

    def whole(self, name: str, data, raises=None, *after, says: str = "", **options) -> Row:
        """A row about a 200 whose body is one JSON document. `data`: the wire's bytes, or just the body."""
        data = data if isinstance(data, bytes) and data.startswith(b"HTTP") else json_reply(data)
        placed = {} if raises is None else {"status": 200, "request_id": REQUEST_ID}
        chunks = (self.dialect.text,) if raises is None else ()
        options = {"chunks": chunks, "body": "whole", **placed, **options}
        return Row(name, [request, send(data), *after], raises, says, **self.again(options))

    def streaming(self, name: str, data, raises=None, *after, given: int = 0, says: str = "", **options) -> Row:
        """A row about a 200 with an event stream. `given`: how many steps' chunks must have been yielded."""
        data = data if isinstance(data, bytes) and data.startswith(b"HTTP") else stream_reply(data)
        if raises is None:
            placed = {"chunks": self.dialect.texts}
        else:
            chunks = self.dialect.given(given)
            partial = "".join(chunks) if chunks else None
            placed = {"status": 200, "request_id": REQUEST_ID, "chunks": chunks, "partial": partial}
            if chunks:  # something was handed out, so it is never tried again
                placed["attempts"] = 1
        options = {"body": "stream", **placed, **options}
        return Row(name, [request, send(data), *after], raises, says, **self.again(options))
