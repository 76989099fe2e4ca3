"""Gather the chunks of one stream, compactly: what the library does while a caller iterates.

`+` would do, but its tape keeps every piece. Here nobody else holds the tape, so its end is joined
every `BLOCK` entries: no chunk stays alive, each text is joined twice at most, and what is kept for
a long stream is little more than its text.
"""

from __future__ import annotations

from .ai import AIMessageChunk, _fields_of, _merge_now, new
from .base import MISSING, message_chunk_to_message
from .merging import best_id
from .tape import SHORT, Tape, compact, contribution, fits, piece_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional

    from .ai import AIMessage

__all__ = ["Accumulator"]

BLOCK = 512  # entries that are joined at once


class Accumulator:
    """The sum of the chunks given so far.

    >>> gathered = Accumulator()
    >>> gathered.extend([AIMessageChunk("Hel"), AIMessageChunk("lo")])
    >>> gathered.message
    AIMessage(content='Hello')

    `extend` and `add` raise what `+` would raise.
    """

    __slots__ = ("_folded", "_id", "_tape")

    def __init__(self) -> None:
        self._tape: Optional[Tape] = None
        self._folded = 0  # entries at the front that are joined already
        self._id: Optional[str] = None

    def add(self, chunk: AIMessageChunk) -> None:
        """Add one chunk."""
        self.extend((chunk,))

    def extend(self, chunks: Iterable[AIMessageChunk]) -> None:
        """Add chunks, in order."""
        tape = self._tape
        id = self._id
        for chunk in chunks:
            stored = chunk.__dict__
            if tape is not None and len(stored) <= 3 and stored.get("id", MISSING) == id:
                entry = stored.get("content") if len(stored) == 2 else piece_entry(stored)
                if type(entry) in SHORT:
                    tape.append(entry)
                    continue
            self._add(chunk)
            tape = self._tape
            id = self._id
        if tape is not None and len(tape) - self._folded >= BLOCK:
            self._fold()

    @property
    def chunk(self) -> Optional[AIMessageChunk]:
        """The sum as a chunk, None when nothing came. Later additions do not change it."""
        if self._tape is None:
            return None
        self._fold()
        total = new(AIMessageChunk)
        total.id = self._id
        total._tape = Tape(self._tape, self._tape.shapes)
        total._count = len(self._tape)
        return total

    @property
    def message(self) -> Optional[AIMessage]:
        """The sum as a whole message, None when nothing came."""
        chunk = self.chunk
        return None if chunk is None else message_chunk_to_message(chunk)  # type: ignore[return-value]

    def _add(self, chunk: Any) -> None:
        if not isinstance(chunk, AIMessageChunk):
            raise TypeError(f"only chunks of AI messages can be gathered, not {type(chunk).__name__}")
        fields = _fields_of(chunk)
        entries = contribution(fields, first=self._tape is None)
        if self._tape is None:
            self._tape = Tape()
            self._id = fields.get("id")
        if entries and type(entries[-1]) is dict and not fits(self._tape.shapes, entries[-1]):
            total = _merge_now(self.chunk, chunk)  # type: ignore[arg-type]
            self._id = total.id
            entries = contribution(total.__dict__, first=True)
            self._tape = Tape()
            self._folded = 0
            if type(entries[-1]) is dict:
                fits(self._tape.shapes, entries[-1])
        self._tape.extend(entries)
        self._id = best_id(self._id, fields.get("id"))
        if len(self._tape) - self._folded >= BLOCK:
            self._fold()

    def _fold(self) -> None:
        tape = self._tape
        if tape is not None and len(tape) - self._folded > 1:
            tape[self._folded :] = compact(tape[self._folded :])
            self._folded = len(tape)
