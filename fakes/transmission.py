"""From an answer, its faults and its pace to what the listener does: bytes, pauses and an ending. No socket, no clock.

`plan` gives `Step`s: wait so long, write these bytes, apart from the next ones or not. Events are edited first
(duplicate, reorder, malformed, error_event), then the body is split, paused or stopped at places, then it is
compressed, then framed by HTTP. So bytes are counted in the body as it is sent, before compression and chunked coding,
and events as the provider wrote them.

A test that aims past the end must hear of it: where an answer has no such place, or is no stream, or has no body,
`missed` says so. What lies behind the place where the answer stops has not struck, and is told nowhere.
"""

from __future__ import annotations

import zlib
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .faults import Fault
from .http11 import LAST_CHUNK, Answer, chunk, render_head
from .pace import Pace

__all__ = ["Plan", "Step", "plan"]

# What an ending is when the answer goes out whole; the others are the kinds of faults that stop it.
WHOLE = "whole"


class Step(NamedTuple):
    """Wait (seconds), then write; `apart`: the next bytes belong into another write.

    `framed`: what is written is a chunk around `held`, made when it is due, so that a stream which waits holds the
    events of its answer and no copy of them.
    """

    wait: float
    held: bytes
    apart: bool = False
    framed: bool = False

    @property
    def data(self) -> bytes:
        """The bytes to write."""
        return chunk(self.held) if self.framed else self.held

    @property
    def size(self) -> int:
        """The count of these bytes."""
        return len(self.held) + (len(f"{len(self.held):x}") + 4 if self.framed else 0)


class Plan(NamedTuple):
    """Everything that is to happen.

    `ending` is "whole", "end", "cut", "reset" or "hang"; `stays` tells whether the connection is kept behind it;
    `truncated`: more than white space of the body is kept back, so no client may take what it gets for the whole
    answer. `length` counts the bytes of all steps. `struck` and `missed` name faults in words.
    """

    steps: List[Step]
    ending: str
    stays: bool
    truncated: bool
    length: int
    struck: Tuple[str, ...]
    missed: Tuple[str, ...]


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


def plan(
    answer: Answer,
    faults: Sequence[Fault],
    pace: Optional[Pace],
    *,
    tokens: int,
    chance: Callable[[str], float],
    error_event: Callable[[Fault], bytes],
    keep_alive: bool = True,
    version_1_0: bool = False,
    head_only: bool = False,
) -> Plan:
    """Plan how an answer goes out.

    `tokens` of an answer in one piece and `pace` make its pause, `chance` gives the jitter, and `error_event` the
    provider's own event for an "error_event" fault.
    """
    count = 1 if answer.frames is None else len(answer.frames)
    pauses, first = [0.0] * count, 0.0
    if pace is not None and answer.frames is not None:
        pauses = pace.pauses(count, chance)
    elif pace is not None:
        first = pace.whole(tokens, chance)
    body = Body(answer, pauses, error_event, head_only)
    body.head.wait = first
    where = [(fault, act(body, fault)) for kind, act in ACTS.items() for fault in faults if fault.kind == kind]
    pieces = [body.head, *body.pieces]
    stop = next((place for place, piece in enumerate(pieces) if piece.stop), len(pieces))
    before, behind = pieces[:stop], pieces[stop:]
    struck = [_words(fault) for fault in faults if fault.kind == "status"][:1]
    struck += [_words(fault) for fault, piece in where if piece and _happens(fault, piece, before, behind)]
    missed = [_words(fault) for fault, piece in where if piece is None]
    steps, ending, stays, truncated = _framed(
        answer, body, before, behind, keep_alive=keep_alive, version_1_0=version_1_0
    )
    return Plan(steps, ending, stays, truncated, sum(step.size for step in steps), tuple(struck), tuple(missed))


def _words(fault: Fault) -> str:
    return f"{fault.kind} {fault.status if fault.kind == 'status' else fault.place}".strip()


def _happens(fault: Fault, piece: Piece, before: List[Piece], behind: List[Piece]) -> bool:
    """Tell whether a fault comes to pass: not where the answer has been stopped before it."""
    if behind and piece is behind[0]:
        return fault.kind == "stall" or piece.stop is fault
    return piece in before


def _framed(
    answer: Answer, body: Body, before: List[Piece], behind: List[Piece], *, keep_alive: bool, version_1_0: bool
) -> Tuple[List[Step], str, bool, bool]:
    """Put HTTP around the body: the steps, the ending, whether the connection stays, whether something is kept back."""
    ending = (behind[0].stop.kind if behind[0].stop else WHOLE) if behind else WHOLE
    ending = "end" if ending == "error_event" else ending
    in_form = ending in (WHOLE, "end")
    if not before:
        return [Step(body.head.wait, b"")], ending, False, True
    sent = before[1:]
    kept_back = b"".join(piece.data for piece in behind).strip() != b""
    last_words = b"".join(piece.data for piece in sent)[body.by :] if body.by < 0 else b""
    if body.gzip:
        tail = _compress(sent if in_form else body.pieces)
        (sent if in_form else body.pieces).append(Piece(tail))
    length: Optional[int] = None
    if body.by or not body.streamed:
        # An early end in good form tells its own length; every other stop leaves bytes owing.
        told = sum(len(piece.data) for piece in (sent if in_form else body.pieces))
        length = max(0, body.by + (len(answer.body) if body.head_only else told))
    chunked = length is None and not version_1_0
    stays = keep_alive and (length is not None or chunked)
    headers = list(answer.headers)
    if body.gzip:
        headers = [row for row in headers if row[0] != "content-encoding"] + [("content-encoding", "gzip")]
    told_answer = Answer(answer.status, headers)
    steps = _head(render_head(told_answer, length, keep_alive=stays, version_1_0=version_1_0), body)
    for piece in sent:
        if piece.data or piece.wait:
            steps.append(Step(piece.wait, piece.data, piece.apart, chunked and bool(piece.data)))
    if behind and behind[0].wait and ending != "hang":
        steps.append(Step(behind[0].wait, b""))
    if chunked and in_form and not body.head_only:
        steps.append(Step(0.0, LAST_CHUNK))
    if body.trickle:
        steps = _trickled(steps)
    short = last_words.strip() != b"" or (body.by > 0 and not body.streamed)
    return _joined(steps), ending, stays and in_form and not body.by, kept_back or short


def _head(head: bytes, body: Body) -> List[Step]:
    if not body.head_seconds:
        return [Step(body.head.wait, head)]
    lines = head.splitlines(keepends=True)
    pause = body.head_seconds / len(lines)
    return [Step(pause + (0.0 if place else body.head.wait), line, True) for place, line in enumerate(lines)]


def _trickled(steps: List[Step]) -> List[Step]:
    return [
        Step(0.0 if place else step.wait, data[place : place + 1], True)
        for step, data in [(step, step.data) for step in steps]
        for place in range(max(1, len(data)))
    ]


def _joined(steps: List[Step]) -> List[Step]:
    """Join what may go out in one write."""
    groups: List[List[Step]] = []
    for step in steps:
        if groups and not step.wait and not groups[-1][-1].apart:
            groups[-1].append(step)
        else:
            groups.append([step])
    return [
        group[0] if len(group) == 1 else Step(group[0].wait, b"".join([step.data for step in group]), group[-1].apart)
        for group in groups
    ]


def _compress(pieces: List[Piece]) -> bytes:
    """Compress each piece, so that a reader gets each event when it is sent, and give what ends the whole.

    What the bytes decode to is the same everywhere; they themselves depend on the zlib that Python was built with.
    """
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # 31: with the frame of gzip
    for piece in pieces:
        if piece.data:
            piece.data = packer.compress(piece.data) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packer.flush()


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
