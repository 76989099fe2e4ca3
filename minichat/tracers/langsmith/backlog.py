"""What waits to be sent: operations as they come, and the runs that they are made into.

A caller only puts its operation into the inbox, and needs no lock for it: to extend a list, to copy it and to cut off
its beginning is one step each of CPython's and PyPy's, without a GIL too (there a list has a lock), and the inbox is
always the same list. Whoever holds the sender's lock takes in what is there: operations of one run become one entry,
and beyond the bounds the oldest runs go.
"""

from __future__ import annotations

from collections import OrderedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

__all__ = ["ENTRY", "Backlog", "Waiting"]

ENTRY = 3


class Waiting(list):  # type: ignore[type-arg]  # list[Any] would need `Any` at run time
    """The operations of one run, flat: op, run, op, run; in which order it came, and what it weighs.

    One object for each run rather than one for each of these: thousands may wait, and a garbage collection of the
    program's looks at them all.
    """

    __slots__ = ("number", "weight")

    def __init__(self, number: int) -> None:
        self.number = number
        self.weight = 0

    @property
    def operations(self) -> List[Tuple[str, Any]]:
        return list(zip(self[::2], self[1::2]))


class Backlog:
    """Runs that wait, at most `most_runs` and `most_bytes` of them once they are taken in.

    `inbox` is flat, `ENTRY` things for each operation: op, run, weight. `load`: what it weighs, about, for no lock is
    held where it grows. Beyond `room` things in it or a load of `room_bytes` somebody has to look. `numbered` runs and
    `operations` were taken in since the beginning.
    """

    __slots__ = (
        "bytes", "inbox", "load", "most_bytes", "most_runs", "numbered", "operations", "queue", "room", "room_bytes",
        "taking",
    )  # fmt: skip

    def __init__(self, most_runs: int, most_bytes: int) -> None:
        self.most_runs = most_runs
        self.most_bytes = most_bytes
        self.inbox: List[Any] = []
        self.load = 0
        self.room = self.room_bytes = 0
        self.queue: OrderedDict[Any, Waiting] = OrderedDict()
        self.bytes = 0
        self.numbered = 0
        self.operations = 0
        self.taking = False

    def allow(self, runs: int, size: int) -> None:
        """Let so many runs and bytes wait in all until somebody has to look."""
        self.room = ENTRY * (runs - len(self.queue))
        self.room_bytes = size - self.bytes

    def allow_all(self) -> None:
        """Let as much come as the bounds do."""
        self.allow(self.most_runs, self.most_bytes)

    def is_over(self) -> bool:
        """Say whether more waits than was allowed."""
        return len(self.inbox) > self.room or self.load > self.room_bytes

    def is_empty(self) -> bool:
        return not self.inbox and not self.queue

    def came(self) -> int:
        """Give how many operations have come since the beginning."""
        return self.operations + len(self.inbox) // ENTRY

    def oldest(self) -> int:
        """Give the number of the oldest run that was taken in and waits; 0 when none does."""
        return next((one.number for one in self.queue.values()), 0)

    def take_in(self) -> int:
        """Make runs of what is in the inbox; give how many were dropped for it."""
        if self.taking:  # a garbage collection in the middle of it ended a run
            return 0
        self.taking = True
        dropped = 0
        try:
            inbox = self.inbox
            came = inbox[:]
            del inbox[: len(came)]
            self.load = 0
            for op, run, size in zip(came[::ENTRY], came[1::ENTRY], came[2::ENTRY]):
                try:
                    self._enter(op, run, size)
                except (Exception, SystemExit):  # a class of the program's whose id can no longer be asked for
                    dropped += 1
        finally:
            self.taking = False
        return dropped + self._make_room()

    def _enter(self, op: str, run: Any, size: int) -> None:
        key = run["id"]
        waiting = self.queue.get(key)
        if waiting is None:
            self.numbered += 1
            waiting = self.queue[key] = Waiting(self.numbered)
        waiting += (op, run)
        waiting.weight += size
        self.bytes += size
        self.operations += 1

    def _make_room(self) -> int:
        """Drop the oldest runs; the newest stays, however large it is."""
        dropped = 0
        while len(self.queue) > 1 and (self.bytes > self.most_bytes or len(self.queue) > self.most_runs):
            _, oldest = self.queue.popitem(last=False)
            self.bytes -= oldest.weight
            dropped += 1
        return dropped

    def take(self, limit: int) -> List[Waiting]:
        """Take the oldest out, at most `limit`."""
        batch = [self.queue.popitem(last=False)[1] for _ in range(min(limit, len(self.queue)))]
        self.bytes -= sum([one.weight for one in batch])
        return batch
