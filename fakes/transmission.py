"""From an answer, its faults and its pace to what the listener does: bytes, pauses and an ending. No socket, no clock.

`plan` gives `Step`s: wait so long, write these bytes, apart from the next ones or not. Events are edited first
(duplicate, reorder, malformed, error_event), then the body is stopped, paused or split at places, then it is
compressed, then framed by HTTP. Where a place lies beyond the answer nothing is done there and `missed` says so: a
test that aims past the end must hear of it.
"""

from __future__ import annotations

import zlib
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from .faults import Fault
from .http11 import LAST_CHUNK, Answer, chunk, render_head
from .pace import Pace

__all__ = ["Plan", "Step", "plan"]

# What an ending is when the answer goes out whole; the others are the kinds of faults that stop it.
WHOLE = "whole"


class Step(NamedTuple):
    """Wait (seconds), then write; `apart`: the next bytes belong into another write."""

    wait: float
    data: bytes
    apart: bool = False


class Plan(NamedTuple):
    """Everything that is to happen.

    `ending` is "whole", "end", "cut", "reset" or "hang"; `stays` tells whether the connection is kept behind it;
    `truncated`: no client may take what it gets for a whole answer. `length` counts the bytes of all steps.
    """

    steps: List[Step]
    ending: str
    stays: bool
    truncated: bool
    length: int
    struck: Tuple[str, ...]
    missed: Tuple[str, ...]


class Piece:
    """A part of the body: the pause before it, its event's number (-1: not the beginning of one), and the ending that
    takes the place of it and of all behind it."""

    __slots__ = ("data", "wait", "apart", "event", "stop")

    def __init__(self, data: bytes, event: int = -1, wait: float = 0.0) -> None:
        self.data = data
        self.wait = wait
        self.apart = False
        self.event = event
        self.stop = ""


class Body:
    """The answer while faults are at work on it. Its last piece is always empty: the place behind the last byte."""

    def __init__(self, answer: Answer, pauses: List[float], error_event: Callable[[Fault], bytes]) -> None:
        self.answer = answer
        self.streamed = answer.frames is not None
        self.error_event = error_event
        frames = [answer.body] if answer.frames is None else answer.frames
        self.pieces = [Piece(frame, number, wait) for number, (frame, wait) in enumerate(zip(frames, pauses))]
        self.events = len(self.pieces)
        self.pieces.append(Piece(b""))
        self.before_head = 0.0
        self.head_seconds = 0.0
        self.silent = ""  # the ending, when not even the head is sent
        self.gzip = False
        self.by = 0  # Content-Length says so many bytes more
        self.trickle = False

    def event(self, fault: Fault) -> Optional[int]:
        """Give the index of the piece in which the fault's event begins."""
        number = fault.event or 0
        number += self.events if number < 0 else 0
        return next((place for place, piece in enumerate(self.pieces) if piece.event == number >= 0), None)

    def place(self, fault: Fault) -> Optional[int]:
        """Give the index of the piece before which a fault strikes, breaking one in two where needed."""
        if fault.at is not None:
            return 0
        if fault.event is not None:
            return self.event(fault)
        if fault.byte is not None:
            return self.split(fault.byte)
        if self.streamed:
            return max(1, self.events // 2)
        return self.split(len(self.answer.body) // 2)

    def split(self, offset: int) -> Optional[int]:
        """Break the body at an offset and give the index of the piece behind it."""
        for place, piece in enumerate(self.pieces):
            if offset == 0:
                return place
            if offset < len(piece.data):
                rest = Piece(piece.data[offset:])
                rest.apart = piece.apart
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
    faults: Tuple[Fault, ...],
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
    paced = pace is not None and answer.frames is not None
    body = Body(answer, pace.pauses(count, chance) if pace is not None and paced else [0.0] * count, error_event)
    if pace is not None and not paced:
        body.before_head = pace.whole(tokens, chance)
    struck: List[str] = []
    missed: List[str] = []
    for kind, act in ACTS.items():
        for fault in faults:
            if fault.kind == kind:
                (struck if act(body, fault) else missed).append(f"{kind} {fault.place}".strip())
    struck += [f"status {fault.status}" for fault in faults if fault.kind == "status"]
    if body.gzip:
        _compress(body)
    return _framed(body, struck, missed, keep_alive=keep_alive, version_1_0=version_1_0, head_only=head_only)


def _framed(
    body: Body, struck: List[str], missed: List[str], *, keep_alive: bool, version_1_0: bool, head_only: bool
) -> Plan:
    """Put HTTP around the body."""
    answer = body.answer
    whole = body.size()
    stop = next((place for place, piece in enumerate(body.pieces) if piece.stop), None)
    ending = WHOLE if stop is None else body.pieces[stop].stop
    sent = body.pieces if stop is None else body.pieces[:stop]
    length: Optional[int] = None
    if body.by or not body.streamed:
        # An early end in good form tells its own length; every other stop leaves bytes owing.
        length = max(0, body.by + (sum(len(piece.data) for piece in sent) if ending == "end" else whole))
    chunked = length is None and not version_1_0
    stays = keep_alive and (length is not None or chunked)
    headers = list(answer.headers)
    if body.gzip:
        headers = [row for row in headers if row[0] != "content-encoding"] + [("content-encoding", "gzip")]
    told = Answer(answer.status, headers, answer.body, frames=answer.frames)
    steps = _head(render_head(told, length, keep_alive=stays, version_1_0=version_1_0), body)
    if body.silent:
        ending, steps = body.silent, [Step(body.before_head, b"")]
    elif not head_only:
        for piece in sent:
            if piece.data or piece.wait:
                steps.append(Step(piece.wait, chunk(piece.data) if chunked and piece.data else piece.data, piece.apart))
        if chunked and ending in (WHOLE, "end"):
            steps.append(Step(0.0, LAST_CHUNK))
    if body.trickle:
        steps = _trickled(steps)
    steps = _joined(steps)
    return Plan(
        steps,
        ending,
        stays and not body.by and ending in (WHOLE, "end"),
        ending != WHOLE or bool(body.by),
        sum(len(step.data) for step in steps),
        tuple(struck),
        tuple(missed),
    )


def _head(head: bytes, body: Body) -> List[Step]:
    if not body.head_seconds:
        return [Step(body.before_head, head)]
    lines = head.splitlines(keepends=True)
    pause = body.head_seconds / len(lines)
    return [Step(pause + (0.0 if place else body.before_head), line, True) for place, line in enumerate(lines)]


def _trickled(steps: List[Step]) -> List[Step]:
    return [
        Step(0.0 if place else step.wait, step.data[place : place + 1], True)
        for step in steps
        for place in range(max(1, len(step.data)))
    ]


def _joined(steps: List[Step]) -> List[Step]:
    """Join what may go out in one write."""
    joined: List[Step] = []
    parts: List[bytes] = []
    for step in steps:
        if joined and not step.wait and not joined[-1].apart:
            parts.append(step.data)
            joined[-1] = Step(joined[-1].wait, b"", step.apart)
            continue
        if joined:
            joined[-1] = joined[-1]._replace(data=b"".join(parts))
        joined.append(step)
        parts = [step.data]
    if joined:
        joined[-1] = joined[-1]._replace(data=b"".join(parts))
    return joined


def _compress(body: Body) -> None:
    """Compress the body, flushing behind each piece, so that a reader gets each event when it is sent."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in body.pieces[:-1]:
        piece.data = packer.compress(piece.data) + packer.flush(zlib.Z_SYNC_FLUSH)
    body.pieces[-1].data = packer.flush(zlib.Z_FINISH)


def _duplicate(body: Body, fault: Fault) -> bool:
    place = body.event(fault)
    if place is None:
        return False
    body.pieces.insert(place + 1, Piece(body.pieces[place].data))
    return True


def _reorder(body: Body, fault: Fault) -> bool:
    place = body.event(fault)
    if place is None or place + 1 >= len(body.pieces) - 1:
        return False
    first, second = body.pieces[place], body.pieces[place + 1]
    first.data, second.data = second.data, first.data
    return True


def _malformed(body: Body, fault: Fault) -> bool:
    place = body.event(fault)
    if place is None:
        return False
    data = body.pieces[place].data
    text = data.rstrip()
    body.pieces[place].data = text[:-1].rstrip() + data[len(text) :]
    return True


def _error_event(body: Body, fault: Fault) -> bool:
    """Send the provider's error event in the place of an event, and end in good form behind it."""
    place = body.event(fault)
    if place is None:
        return False
    follower = Piece(b"")
    follower.stop = "end"
    body.pieces[place:place] = [Piece(body.error_event(fault)), follower]
    return True


def _stop(body: Body, fault: Fault) -> bool:
    if fault.at == "start":
        body.silent = body.silent or fault.kind
        return True
    place = body.place(fault)
    if place is None:
        return False
    body.pieces[place].stop = body.pieces[place].stop or fault.kind
    return True


def _stall(body: Body, fault: Fault) -> bool:
    if fault.at == "start":
        body.before_head += fault.seconds or 0.0
        return True
    place = body.place(fault)
    if place is None:
        return False
    body.pieces[place].wait += fault.seconds or 0.0
    return True


def _split(body: Body, fault: Fault) -> bool:
    offsets = fault.byte or range(fault.size or 1, body.size(), fault.size or 1)
    whole = True
    for offset in offsets:
        place = body.split(offset)
        if place is None:
            whole = False
        else:
            body.pieces[place - 1].apart = True
    return whole


def _slow_headers(body: Body, fault: Fault) -> bool:
    body.head_seconds += fault.seconds or 0.0
    return True


def _content_length(body: Body, fault: Fault) -> bool:
    body.by += fault.by or 0
    return True


def _gzip(body: Body, fault: Fault) -> bool:
    body.gzip = True
    return True


def _trickle(body: Body, fault: Fault) -> bool:
    body.trickle = True
    return True


# In the order in which they act; the splits come behind the edits of whole events, and the stops behind them.
ACTS: Dict[str, Callable[[Body, Fault], bool]] = {
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
