"""The queue between a traced program and LangSmith: `submit` costs a few microseconds and cannot fail.

One daemon thread for each sender, started by the first run, takes what waits (backlog.py), merges what belongs to
one run, and hands it to the destinations (delivery.py, otel.py). The caller appends to a list; only when the thread
is to be woken or the bounds are near it takes the lock, a reentrant one, since a garbage collection in the middle may
end a forgotten stream whose end is a run of its own. When the queue is full the oldest runs go: a program must not
grow because its LangSmith is down.

At exit, registered with the first run, all senders together get 3 seconds. A forked child starts with an
empty queue and a thread of its own: what was queued before is the parent's to send.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue

from .backlog import Backlog
from .delivery import Ingest
from .ending import flush, register
from .fan import joined
from .payloads import Pending, merged
from .settings import whole_number
from .snapshots import weight
from .transport import Transport, transport_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Optional, Sequence, Set, Tuple, Union

    from .backlog import Waiting
    from .delivery import Destination
    from .fan import Fan
    from .settings import Settings

__all__ = ["Sender", "flush", "sender_for"]

MOST_RUNS = 10_000  # waiting at once; as the SDK's queue
MOST_BYTES = 256 * 1024 * 1024
GATHER = 0.05  # seconds without another run after which all are sent; as the SDK
LOOKS = 20  # so often at most: a program that always has another run is seen within a second
BURST = 2000  # operations after which all are sent: what comes in quick succession, when the program has time for it
BURST_BYTES = 16 * 1024 * 1024
UNKNOWN_BYTES = 4096  # taken for a run that cannot be weighed
MOST_FAILURES = 64  # told apart


class Sender:
    """Runs to one LangSmith, from a thread of its own.

    `destinations` are there for tests and for OpenTelemetry; without them runs go to `transport`.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Optional[Transport] = None,
        *,
        destinations: Optional[Sequence[Destination]] = None,
        most_runs: int = MOST_RUNS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.settings = settings
        if destinations is None:
            destinations = [Ingest(transport or transport_for(settings))]
        self._destinations: List[Destination] = list(destinations)
        self._bounds = (most_runs, most_bytes)
        self.begin_empty()

    def begin_empty(self) -> None:
        """Be as new; also in a forked child, whose locks may be held by threads that it does not have."""
        self.dropped = 0  # runs that were given up, for whatever reason; a run sent in two counts twice
        self._lock = threading.RLock()
        self._moved = threading.Condition(self._lock)
        self._said = threading.Lock()  # held while something is logged
        self._signal: SimpleQueue[None] = SimpleQueue()
        self._backlog = Backlog(*self._bounds)
        self._sending = 0  # number of the oldest run under way, 0: none is
        self._under_way = 0  # runs
        self._late = 0  # runs that the end of the process cost
        self._hurry = 0  # up to this number nothing is gathered any more
        self._waits = False  # the thread, perhaps, for a signal
        self._closing = False
        self._until: Optional[float] = None  # when the process ends
        self._thread: Optional[threading.Thread] = None
        self._overflow = 0  # dropped since it was last told
        self._full = False  # an episode of dropping goes on
        self._told: Set[str] = set()
        self._silent = False

    # -- the program's side --------------------------------------------------------------------

    def submit(self, op: str, run: Any) -> None:
        """Queue the beginning ("post") or the end ("patch") of a run; never waits, never raises.

        `run` is the wire's object or has a `resolve()` that gives it, called later in the sender's thread; it
        must not be changed any more. Nothing is written out here.
        """
        if self._silent:  # the interpreter ends, and a stopped thread may hold the lock for ever
            self.dropped += 1
            return
        try:
            backlog = self._backlog
            if type(run) is Pending:
                size = run.weight
            else:
                hash(run["id"])
                known = getattr(run, "weight", None)
                size = known if type(known) is int else _weight(run)
            backlog.inbox += (op, run, size)
            backlog.load = load = backlog.load + size
            if len(backlog.inbox) > backlog.room or load > backlog.room_bytes:
                self._attend()
        except Exception as error:  # the program must not fail because it is watched
            self.lost(1)
            if self._said.acquire(blocking=False):  # not waited for; and this may be inside a log handler
                try:
                    self._log("submit " + type(error).__name__, f"a run could not be queued: {error!r}")
                finally:
                    self._said.release()

    def _attend(self) -> None:
        """Wake the thread if it waits for that, and see that what waits stays within its bounds."""
        with self._lock:
            wake, self._waits = self._waits, False
            if self._thread is None:
                self._start()
            self._allow_all()
            if self._backlog.is_over():
                self._take_in()
        if wake:
            self._signal.put(None)

    def _allow_all(self) -> None:
        self._backlog.allow_all()
        if self._thread is None:
            self._backlog.room = 0  # whoever comes tries to start one

    def _take_in(self) -> None:
        dropped = self._backlog.take_in()
        self._overflow += dropped
        self.dropped += dropped
        self._allow_all()

    def flush(self, timeout: Optional[float] = 10.0) -> bool:
        """Wait until all that was queued so far is sent or given up; False when that took too long.

        Units: seconds; None waits as long as it takes.
        """
        if self._silent or self._thread is threading.current_thread():
            return False  # all is over; or a log handler of the program's flushes, and nothing would ever come
        with self._lock:
            self._take_in()
            if self._backlog.queue and self._thread is None:
                self._start()
                if self._thread is None:
                    return False
            number = self._hurry = max(self._hurry, self._backlog.numbered)
        self._signal.put(None)
        with self._lock:
            self._moved.wait_for(lambda: self._is_settled(number) or self._thread is None, timeout)
            return self._is_settled(number)

    def close(self, timeout: Optional[float] = 10.0) -> bool:
        """Flush, and end the thread. A later `submit` begins anew."""
        done = self.flush(timeout)
        with self._lock:
            thread, self._closing = self._thread, True
        self._signal.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout if done else 0)
        return done

    def _is_settled(self, number: int) -> bool:
        oldest = self._sending or self._backlog.oldest()
        return not oldest or oldest > number

    def _start(self) -> None:
        register(self)
        self._closing = False
        thread = threading.Thread(target=self._work, name="tracing", daemon=True)
        self._thread = thread
        try:
            thread.start()
        except Exception:  # no more threads or memory, or the main thread has ended: what waits is sent at exit
            self._thread = None

    # -- the thread ----------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                batch = self._gather()
                if not batch:
                    return
                self._deliver(batch)
                del batch  # or these runs would be kept until others come
        finally:
            with self._lock:
                if self._thread is threading.current_thread():  # it dies, as of no memory: the next run starts another
                    self._thread, self._backlog.room = None, 0
                    self._moved.notify_all()

    def _deliver(self, batch: List[Waiting]) -> None:
        try:
            self._hand_over(batch)
        except BaseException as error:  # a bug of ours, or a program's SystemExit; it costs this batch and no thread
            self.lost(len(batch))
            self.say("sender " + type(error).__name__, f"a batch of runs was dropped: {error!r}")
        finally:
            with self._lock:
                self._sending = self._under_way = 0
                self._moved.notify_all()

    def _gather(self) -> List[Waiting]:
        """Wait for runs and take a batch of them; none: the thread is to end."""
        limit = min(one.limit for one in self._destinations)
        seen, looks = -1, 0
        backlog = self._backlog
        while True:
            with self._lock:
                came = backlog.came()
                self._allow_burst()
                if looks == LOOKS or came == seen or backlog.is_over():
                    self._take_in()
                    self._hurry = backlog.numbered
                if 0 < backlog.oldest() <= self._hurry:
                    return self._take(limit)
                # From here on whoever comes looks and wakes, and only then it is looked whether somebody came: either
                # he sees this, or what he brought is seen here. Also if it is a garbage collection in this thread.
                self._waits = True
                backlog.room = 0
                if not backlog.is_empty():
                    looks += 1
                    self._allow_burst()
                elif self._closing:
                    self._waits, self._thread = False, None
                    backlog.room = 0
                    return []
                else:
                    looks, self._full = 0, False
                seen = came
            try:
                self._signal.get(timeout=GATHER if looks else None)
            except Empty:
                pass

    def _allow_burst(self) -> None:
        """Let less than a burst come until the thread is to be woken, and of a small queue the half."""
        backlog = self._backlog
        backlog.allow(min(BURST, backlog.most_runs // 2) - 1, min(BURST_BYTES, backlog.most_bytes // 2) - 1)

    def _take(self, limit: int) -> List[Waiting]:
        batch = self._backlog.take(limit)
        self._sending = batch[0].number
        self._under_way = len(batch)
        return batch

    def _hand_over(self, batch: List[Waiting]) -> None:
        operations = []
        for one in batch:
            try:
                operations.append(merged(one.operations))
            except BaseException as error:  # of `resolve`; a program's `__str__` raises even SystemExit
                self.lost(1)
                self.say("run " + type(error).__name__, f"a traced run was dropped: {error!r}")
        operations.sort(key=lambda operation: str(operation[1].get("dotted_order") or ""))
        self._tell_of_drops()
        taken = [destination.deliver(operations, self) for destination in self._destinations]
        if all(taken):
            self._told.clear()

    def _tell_of_drops(self) -> None:
        """Tell of dropping, once until the queue has been empty."""
        with self._lock:
            overflow, self._overflow = self._overflow, 0
        if overflow and not self._full:
            self._full = True
            where = self._whither()
            self.say("overflow", f"the queue of traced runs{where} is full; the oldest were dropped: {overflow}")

    def _whither(self) -> str:
        """Say in a log line which of several senders it is about."""
        places = [one.transport.endpoint for one in self._destinations if hasattr(one, "transport")]
        return f" to {', '.join(places)}" if places else ""

    # -- delivery.Line -------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        due = time.monotonic() + seconds
        while True:
            until = self._until
            if until is not None and due > until:
                return False
            left = due - time.monotonic()
            if left <= 0:
                return True
            try:
                self._signal.get(timeout=left)
            except Empty:
                pass

    def left(self) -> Optional[float]:
        until = self._until
        return None if until is None else until - time.monotonic()

    def lost(self, count: int) -> None:
        with self._lock:
            self.dropped += count

    def late(self, count: int) -> None:
        self._late += count
        self.lost(count)

    def say(self, key: str, text: str) -> None:
        with self._said:
            self._log(key, text)

    def _log(self, key: str, text: str) -> None:
        if self._silent or key in self._told or len(self._told) >= MOST_FAILURES:
            return
        self._told.add(key)
        import logging

        try:
            logging.getLogger(__name__).warning("%s", text)
        except Exception:  # of a handler of the program's: where it would be told is what failed
            return

    # -- the end -------------------------------------------------------------------------------

    def end_by(self, moment: float) -> None:
        """Say when the process ends (`time.monotonic`), so that nothing is waited for beyond it."""
        self._until = moment
        self._signal.put(None)

    def finish(self, seconds: float) -> None:
        """Send what waits, within `seconds`; here, when there is no thread."""
        self.flush(seconds)
        while self._thread is None and self._backlog.queue:
            with self._lock:
                batch = self._take(min(one.limit for one in self._destinations))
            self._deliver(batch)

    def be_silent(self) -> None:
        """Log nothing any more: a daemon thread that writes while the interpreter ends can crash it."""
        with self._lock:
            self._take_in()
            left = self._late + self._under_way + len(self._backlog.queue)
        told = self._said.acquire(timeout=0.5)  # else a handler of the program's hangs, and is not waited for
        if told and left and not self._told:  # else it was said why, and that is the one line
            text = f"the process ended before all traced runs were sent{self._whither()}; runs dropped: {left}"
            self._log("exit", text)
        self._silent = True
        if told:
            self._said.release()

    def hang_up(self) -> None:
        """Close the connections that are kept."""
        for destination in self._destinations:
            destination.close()


def _weight(run: Any) -> int:
    try:
        return weight(run if type(run) is dict else dict(run))  # one of a program's own kind
    except Exception:  # a cycle, or a class of the program's
        return UNKNOWN_BYTES


# -- all senders of the process ----------------------------------------------------------------

_senders: Dict[Tuple[Any, ...], Sender] = {}


def sender_for(settings: Settings) -> Union[Sender, Fan]:
    """Give the sender to this endpoint, key and workspace; all tracers with the same share one.

    To several endpoints, and to a collector of OpenTelemetry where the environment names one, it is several as one.
    """
    return joined(settings, _sender_to)


def _sender_to(place: Tuple[Any, ...], settings: Settings, made: Callable[[], Destination]) -> Sender:
    found = _senders.get(place)
    if found is None:
        most = whole_number("TRACING_QUEUE_MAX_SIZE", MOST_RUNS)
        found = _senders.setdefault(place, Sender(settings, destinations=[made()], most_runs=most))
    return found
