"""From an answer, its faults and its pace to what the listener does: bytes, pauses and an ending. No socket, no clock.

`plan` gives `Step`s: wait so long, write these bytes, apart from the next ones or not. `pieces` lets the faults act on
the body, here it is compressed and framed by HTTP.

A test that aims past the end must hear of it: where an answer has no such place, or is no stream, or has no body,
`missed` says so. What lies behind the place where the answer stops has not struck, and is told nowhere.
"""

from __future__ import annotations

import zlib
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from ..faults import Fault
from ..pace import Pace
from .http11 import LAST_CHUNK, Answer, chunk, render_head
from .pieces import ACTS, Body, Piece

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
