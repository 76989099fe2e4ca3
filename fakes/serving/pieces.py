"""An answer's body while faults are at work on it: pieces, and what each kind of fault does to them.

Events are edited first (duplicate, reorder, malformed, error_event), then the body is split, paused or stopped at
places. So bytes are counted in the body as it is sent, before compression and chunked coding, and events as the
provider wrote them. `transmission` frames what comes out.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from ..faults import Fault
from .http11 import Answer

__all__ = ["ACTS", "Body", "Piece"]


class Piece:
    """A part of the body: the pause before it, its event's number (-1: not the beginning of one), and the fault that
    stops the answer before it."""

    __slots__ = ("data", "wait", "apart", "event", "stop")

    def __init__(self, data: bytes, event: int = -1, wait: float = 0.0) -> None:
        self.data = data
        self.wait = wait
        self.apart = False
        self.event = event
        self.stop: Optional[Fault] = None


class Body:
    """The answer while faults are at work on it. Its last piece is always empty: the place behind the last byte.

    A body that is no stream counts as one event. `head_only`: there is no body, so there are no places in it.
    """

    def __init__(
        self, answer: Answer, pauses: List[float], error_event: Callable[[Fault], bytes], head_only: bool
    ) -> None:
        self.streamed = answer.frames is not None
        self.head_only = head_only
        self.error_event = error_event
        frames = [answer.body] if answer.frames is None else answer.frames
        self.events = 0 if head_only else len(frames)
        self.pieces = [Piece(frames[number], number, pauses[number]) for number in range(self.events)]
        self.pieces.append(Piece(b""))
        self.head = Piece(b"")  # stands for the status line and headers; its `stop`: not even they are sent
        self.head_seconds = 0.0
        self.gzip = False
        self.by = 0  # Content-Length says so many bytes more
        self.trickle = False

    def event(self, number: int) -> Optional[int]:
        """Give the index of the piece in which an event begins."""
        number += self.events if number < 0 else 0
        places = (place for place, piece in enumerate(self.pieces) if piece.event == number)
        return next(places, None) if number >= 0 else None

    def piece(self, fault: Fault) -> Optional[Piece]:
        """Give the piece before which a fault strikes, breaking one in two where needed."""
        if fault.at is not None:
            return self.head if fault.at == "start" else self.pieces[0]
        if self.head_only:
            return None
        if fault.event is not None:
            place = self.event(fault.event)
        elif fault.byte is not None:
            place = self.split(fault.byte)
        elif self.events > 1:
            place = self.event(self.events // 2)
        else:
            place = self.split(self.size() // 2)
        return None if place is None else self.pieces[place]

    def split(self, offset: int) -> Optional[int]:
        """Break the body at an offset and give the index of the piece behind it."""
        for place, piece in enumerate(self.pieces):
            if offset == 0:
                return place
            if offset < len(piece.data):
                rest = Piece(piece.data[offset:])
                rest.apart, piece.apart = piece.apart, False
                piece.data = piece.data[:offset]
                self.pieces.insert(place + 1, rest)
                return place + 1
            offset -= len(piece.data)
        return None

    def size(self) -> int:
        """Count the bytes of all pieces."""
        return sum(len(piece.data) for piece in self.pieces)


# Each act gives the piece where its fault shows, or None when the answer has no such place.


def _duplicate(body: Body, fault: Fault) -> Optional[Piece]:
    place = body.event(fault.event or 0)
    if place is None or not body.streamed:
        return None
    copy = Piece(body.pieces[place].data)
    body.pieces.insert(place + 1, copy)
    return copy


def _reorder(body: Body, fault: Fault) -> Optional[Piece]:
    place = body.event(fault.event or 0)
    if place is None or not body.streamed:
        return None
    first = body.pieces[place]
    follower = body.event(first.event + 1)
    if follower is None:
        return None
    second = body.pieces[follower]
    first.data, second.data = second.data, first.data
    return first


def _malformed(body: Body, fault: Fault) -> Optional[Piece]:
    place = body.event(fault.event or 0)
    if place is None:
        return None
    piece = body.pieces[place]
    text = piece.data.rstrip()
    piece.data = text[:-1].rstrip() + piece.data[len(text) :]
    return piece if text else None


def _error_event(body: Body, fault: Fault) -> Optional[Piece]:
    """Send the provider's error event in the place of an event, and end in good form behind it."""
    place = body.event(fault.event or 0)
    if place is None or not body.streamed:
        return None
    error, rest = Piece(body.error_event(fault), -1, body.pieces[place].wait), Piece(b"")
    rest.stop = fault
    body.pieces[place:place] = [error, rest]
    return error


def _stop(body: Body, fault: Fault) -> Optional[Piece]:
    piece = body.piece(fault)
    if piece is not None and piece.stop is None:
        piece.stop = fault
    return piece


def _stall(body: Body, fault: Fault) -> Optional[Piece]:
    piece = body.piece(fault)
    if piece is not None:
        piece.wait += fault.seconds or 0.0
    return piece


def _split(body: Body, fault: Fault) -> Optional[Piece]:
    """Break the body at many places in one walk: a body of some size may be broken at every byte."""
    size = body.size()
    offsets = sorted(set(fault.byte or range(fault.size or 1, size, fault.size or 1)))
    if body.head_only or (offsets and offsets[-1] > size):
        return None
    pieces: List[Piece] = []
    begin = taken = 0
    first = 0  # index of the piece behind the first break
    for piece in body.pieces:
        pieces.append(piece)
        apart = piece.apart
        data, end = piece.data, begin + len(piece.data)
        while data and taken < len(offsets) and offsets[taken] <= end:
            bound = offsets[taken] - begin
            following = offsets[taken + 1] - begin if taken + 1 < len(offsets) else len(data)
            last = pieces[-1]
            last.apart = True
            first = first or len(pieces)
            taken += 1
            if bound < len(data):
                if last is piece:
                    piece.data = data[:bound]
                pieces.append(Piece(data[bound : min(following, len(data))]))
        pieces[-1].apart = pieces[-1].apart or apart
        begin = end
    body.pieces = pieces
    return pieces[first] if first else body.head


def _slow_headers(body: Body, fault: Fault) -> Optional[Piece]:
    body.head_seconds += fault.seconds or 0.0
    return body.head


def _content_length(body: Body, fault: Fault) -> Optional[Piece]:
    if body.head_only:
        return None
    body.by += fault.by or 0
    return body.head


def _gzip(body: Body, fault: Fault) -> Optional[Piece]:
    if body.head_only:
        return None
    body.gzip = True
    return body.head


def _trickle(body: Body, fault: Fault) -> Optional[Piece]:
    body.trickle = True
    return body.head


# In the order in which they act; the splits come behind the edits of whole events, and the stops behind them.
ACTS: Dict[str, Callable[[Body, Fault], Optional[Piece]]] = {
    "duplicate": _duplicate,
    "reorder": _reorder,
    "malformed": _malformed,
    "error_event": _error_event,
    "split": _split,
    "stall": _stall,
    "cut": _stop,
    "reset": _stop,
    "end": _stop,
    "hang": _stop,
    "slow_headers": _slow_headers,
    "content_length": _content_length,
    "gzip": _gzip,
    "trickle": _trickle,
}
