"""Tool calls in pieces: which piece belongs to which call, where servers number them badly or not at all.

OpenAI numbers the calls of a turn from 0 and repeats only the number. Servers that speak its protocol have been
seen to leave the number out, to give every call the number 0, and to repeat id and name with each piece. Pieces are
joined by their number, so each call gets one here; what comes as OpenAI sends it stays as it is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

    from ..messages import ToolCallChunk

__all__ = ["CallsInPieces"]


class CallsInPieces:
    """The calls of one turn.

    A piece with an id that is not known begins a call, one with a known id goes on with that call. Without an
    id, the number tells; without either, a piece with a name begins a call, and others go on with the last.
    """

    __slots__ = ("_by_id", "_by_index", "_last", "_names", "_next")

    def __init__(self) -> None:
        self._names: Dict[int, Optional[str]] = {}  # by number
        self._by_id: Dict[str, int] = {}
        self._by_index: Dict[int, int] = {}  # the server's number -> the number of the last call under it
        self._last = -1
        self._next = 0  # above every number so far

    def placed(self, piece: ToolCallChunk) -> ToolCallChunk:
        """Give a piece with the number of its call."""
        index, call_id = piece["index"], piece["id"]
        number: Optional[int] = None
        if call_id:
            number = self._by_id.get(call_id)
            if number is not None:
                piece["id"] = None  # texts are joined: an id told twice would be doubled
                if piece["name"] == self._names[number]:
                    piece["name"] = None
        elif index is not None:  # the ordinary piece
            number = self._by_index.get(index)
        elif not piece["name"] and self._names:
            number = self._last
        if number is None:
            number = self._begin(index, call_id, piece["name"])
        piece["index"] = self._last = number
        return piece

    def _begin(self, index: Optional[int], call_id: Optional[str], name: Optional[str]) -> int:
        number = index
        if number is None or number in self._names:
            number = self._next
        self._names[number] = name
        self._next = max(self._next, number + 1)
        if call_id:
            self._by_id[call_id] = number
        if index is not None:
            self._by_index[index] = number
        return number
