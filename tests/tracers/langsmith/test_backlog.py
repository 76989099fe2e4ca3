"""What waits, and each way in which a caller, the sender's thread and a garbage collection may come between each other.

No thread is raced here: the steps of one are driven, and at each of them the other does its part.
"""

from __future__ import annotations

import gc
import random
import threading
import weakref
from queue import Empty

import pytest

from minichat.tracers.langsmith.backlog import ENTRY, Backlog
from minichat.tracers.langsmith.payloads import Terms, TracedRun
from minichat.tracers.langsmith.payloads import begun as told_begun
from minichat.tracers.langsmith.payloads import ended as told_ended
from minichat.tracers.langsmith.sender import Sender

from .test_sender import KEY, Kept, Settings, begun, ids

# -- the backlog by itself ---------------------------------------------------------------------


def put(backlog, *operations):
    for op, run, size in operations:
        backlog.inbox += (op, run, size)
        backlog.load += size


def waiting(backlog):
    return [(key, one.number, one.weight, one.operations) for key, one in backlog.queue.items()]


def test_operations_of_one_run_are_one_entry_in_the_order_in_which_the_first_came():
    backlog = Backlog(10, 1000)
    assert backlog.is_empty() and backlog.oldest() == 0 == backlog.came()
    put(backlog, ("post", begun(1), 5), ("post", begun(2), 6), ("patch", begun(1), 7))
    assert backlog.came() == 3 and not backlog.is_empty() and backlog.oldest() == 0
    assert backlog.take_in() == 0
    assert waiting(backlog) == [
        ("r1", 1, 12, [("post", begun(1)), ("patch", begun(1))]),
        ("r2", 2, 6, [("post", begun(2))]),
    ]
    assert (backlog.inbox, backlog.load, backlog.bytes, backlog.came(), backlog.oldest()) == ([], 0, 18, 3, 1)
    [first] = backlog.take(1)
    assert (first.number, backlog.bytes, backlog.oldest(), backlog.is_empty()) == (1, 6, 2, False)
    put(backlog, ("patch", begun(1), 1))  # the run is under way: one more entry
    backlog.take_in()
    assert [one.number for one in backlog.take(10)] == [2, 3]
    assert backlog.bytes == 0 and backlog.is_empty() and backlog.came() == 4


def test_the_inbox_stays_the_same_list():
    # A caller may have it in hand while it is taken in.
    backlog = Backlog(10, 1000)
    inbox = backlog.inbox
    put(backlog, ("post", begun(1), 5))
    backlog.take_in()
    assert backlog.inbox is inbox


@pytest.mark.parametrize(
    "runs, size, load, over", [(2, 100, 10, False), (1, 100, 10, True), (2, 20, 10, False), (2, 19, 10, True)]
)
def test_more_than_was_allowed_is_over(runs, size, load, over):
    for taken in (0, 1, 2):  # wherever the runs are
        backlog = Backlog(10, 1000)
        operations = [("post", begun(number), load) for number in range(2)]
        put(backlog, *operations[:taken])
        backlog.take_in()
        put(backlog, *operations[taken:])
        backlog.allow(runs, size)
        assert backlog.is_over() is over
        backlog.allow_all()
        assert not backlog.is_over()


@pytest.mark.parametrize(
    "sizes, left",
    [
        ([4, 3, 3], [4, 3, 3]),  # as much as the bound
        ([4, 3, 4], [3, 4]),
        ([4, 6, 5], [5]),
        ([4, 11], [11]),  # the newest stays
        ([11], [11]),
        ([1, 1, 1, 1], [1, 1, 1]),
    ],
)
def test_the_oldest_go_until_the_rest_is_within_the_bounds(sizes, left):
    backlog = Backlog(3, 10)
    assert (backlog.load, backlog.bytes, backlog.came(), backlog.take_in()) == (0, 0, 0, 0)
    put(backlog, *[("post", begun(number), size) for number, size in enumerate(sizes)])
    assert backlog.is_over()  # nothing was allowed yet
    assert backlog.take_in() == len(sizes) - len(left)
    assert [one.weight for one in backlog.queue.values()] == left and backlog.bytes == sum(left)


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_a_run_whose_id_can_no_longer_be_asked_for_costs_no_other(kind):
    class Broken(dict):
        def __getitem__(self, key):
            raise kind("a program's own")

    backlog = Backlog(10, 1000)
    put(backlog, ("post", begun(1), 5), ("post", Broken(), 6), ("post", begun(2), 7))
    assert backlog.take_in() == 1
    assert [one[0] for one in waiting(backlog)] == ["r1", "r2"] and backlog.bytes == 12


def test_a_run_that_comes_while_others_are_taken_in_waits_for_its_turn():
    class Ending(dict):
        def __getitem__(self, key):
            put(backlog, ("post", begun(2), 6))
            assert backlog.take_in() == 0 and len(backlog.inbox) == ENTRY
            return super().__getitem__(key)

    backlog = Backlog(10, 1000)
    put(backlog, ("post", Ending(begun(1)), 5), ("post", begun(3), 7))
    assert backlog.take_in() == 0
    assert [one[0] for one in waiting(backlog)] == ["r1", "r3"]
    assert (len(backlog.inbox), backlog.load, backlog.came()) == (ENTRY, 6, 3)
    assert backlog.take_in() == 0
    assert [one[0] for one in waiting(backlog)] == ["r1", "r3", "r2"]


def test_what_waits_is_counted_rightly_whatever_comes_and_goes():
    chance = random.Random(6)
    backlog = Backlog(20, 2000)
    came = taken = dropped = 0
    for _ in range(3000):
        step = chance.random()
        if step < 0.8:
            put(backlog, (chance.choice(["post", "patch"]), begun(chance.randrange(60)), chance.randrange(1, 300)))
            came += 1
        elif step < 0.95:
            dropped += backlog.take_in()
            assert len(backlog.queue) <= 20 and (backlog.bytes <= 2000 or len(backlog.queue) == 1)
            assert backlog.inbox == [] and backlog.load == 0
        else:
            taken += len(backlog.take(chance.randrange(1, 30)))
        assert backlog.bytes == sum(one.weight for one in backlog.queue.values())
        assert backlog.came() == came
    assert backlog.numbered == taken + dropped + len(backlog.queue) and taken > 100 < dropped


# -- between the steps of the sender's thread --------------------------------------------------


class Asleep(BaseException):
    """The thread would wait until it is woken."""


class Steps:
    """Counts steps, and at one of them does something, once."""

    def __init__(self):
        self.at = None
        self.seen = 0
        self.act = None
        self.is_done = False

    def step(self):
        if self.at is None or self.is_done:
            return
        self.seen += 1
        if self.seen > self.at:
            self.is_done = True
            self.act()


class SteppedBacklog(Backlog):
    def __init__(self, steps, *bounds):
        object.__setattr__(self, "steps", steps)
        super().__init__(*bounds)

    def __getattribute__(self, name):
        if name in ("inbox", "queue", "room", "load"):
            object.__getattribute__(self, "steps").step()
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        self.steps.step()
        object.__setattr__(self, name, value)
        self.steps.step()


class SteppedSender(Sender):
    def __init__(self, **bounds):
        object.__setattr__(self, "steps", Steps())
        super().__init__(Settings("http://nowhere", KEY), destinations=[Kept()], **bounds)
        self._backlog = SteppedBacklog(self.steps, *self._bounds)
        self._signal = self
        self.signals = 0
        self.deferred = []
        self.is_deferring = True
        self.started = 0
        self._thread = "one"

    def __setattr__(self, name, value):
        self.steps.step()
        object.__setattr__(self, name, value)
        self.steps.step()

    def _start(self):
        self.started += 1
        self._thread = "another"

    def _attend(self):
        """Of a caller in another thread: when the lock is free, which it is while the sender's thread waits."""
        if self.is_deferring:
            self.deferred.append(super()._attend)
        else:
            super()._attend()

    def put(self, item):
        self.signals += 1

    def get(self, timeout=None):
        while self.deferred:
            self.deferred.pop()()
        if self.signals:
            self.signals -= 1
        elif timeout is None:
            raise Asleep
        else:
            raise Empty


def driven(way, moment, closing=False, earlier=0):
    """Let the thread look for work, and a run come at its step `moment`; give the sender and what the thread took."""
    sender = SteppedSender()
    sender.is_deferring = way == "another thread"
    sender._closing = closing
    for number in range(earlier):
        sender.submit("post", begun(10 + number))
    sender.steps.act = lambda: sender.submit("post", begun(1))
    sender.steps.at = moment
    batches = []
    try:
        while True:
            batch = sender._gather()
            if not batch:
                break
            batches.append([one[1]["id"] for one in batch])
    except Asleep:
        pass
    return sender, [run for batch in batches for run in batch]


WAYS = pytest.mark.parametrize("way", ["another thread", "a collection in this one"])


@WAYS
@pytest.mark.parametrize("earlier", [0, 1, 3])
def test_no_run_is_slept_over_whenever_it_comes(way, earlier):
    moment = 0
    while True:
        sender, taken = driven(way, moment, earlier=earlier)
        if not sender.steps.is_done:
            break
        assert sorted(taken) == sorted(["r1", *[f"r{10 + number}" for number in range(earlier)]]), moment
        assert sender._backlog.is_empty() and sender._waits and sender.started == 0
        moment += 1
    assert moment > 15


@WAYS
def test_no_run_is_lost_whenever_it_comes_while_the_thread_is_to_end(way):
    moment = 0
    while True:
        sender, taken = driven(way, moment, closing=True)
        for attend in sender.deferred:
            attend()
        if not sender.steps.is_done:
            break
        if taken != ["r1"]:
            assert not sender._backlog.is_empty()
            before, sender.is_deferring = sender.started, False
            sender.submit("post", begun(2))
            assert before == 1 or sender.started == 1  # at once, or by the next that comes
        moment += 1
    assert moment > 10 and sender._thread is None and not sender._waits


@pytest.mark.parametrize("earlier", [0, 1])
def test_no_run_is_slept_over_when_the_thread_looks_in_the_middle_of_a_submit(earlier):
    moment = 0
    while True:
        sender = SteppedSender()
        sender.is_deferring = False
        for number in range(earlier):
            sender.submit("post", begun(10 + number))
        taken = []

        def look(sender=sender, taken=taken):
            try:
                while True:
                    taken.extend(one[1]["id"] for one in sender._gather())
            except Asleep:
                pass

        sender.steps.act = look
        sender.steps.at = moment
        sender.submit("post", begun(1))
        if not sender.steps.is_done:
            break
        if "r1" not in taken:  # the thread slept already: it is woken
            assert sender.signals == 1
            look()
        assert sorted(taken) == sorted(["r1", *[f"r{10 + number}" for number in range(earlier)]])
        moment += 1
    assert moment > 3


def test_a_thread_whose_only_run_was_none_sleeps_again():
    class Broken(dict):
        asked = 0

        def __getitem__(self, key):
            self.asked += 1
            if self.asked > 1:
                raise RuntimeError("a program's own")
            return super().__getitem__(key)

    sender = SteppedSender()
    sender.is_deferring = False
    sender.submit("post", Broken(begun(1)))
    with pytest.raises(Asleep):
        sender._gather()
    assert sender.dropped == 1 and sender._backlog.is_empty()


# -- the bounds --------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("bounds", [{"most_runs": 50}, {"most_bytes": 50 * 1000}])
def test_what_waits_stays_within_its_bounds_while_a_server_hangs(queue, threads, bounds):
    kept = Kept(held=True)
    sender = queue(kept, **bounds)
    sender.submit("post", begun(0))
    kept.inside.wait()
    most = []

    class Heavy(dict):
        weight = 1000

    def work(name):
        for number in range(300):
            sender.submit("post", Heavy(id=f"{name}-{number}"))
            sender.submit("patch", Heavy(id=f"{name}-{number}"))
            backlog = sender._backlog
            with sender._lock:
                most.append(sum(len(one) // 2 for one in backlog.queue.values()) + len(backlog.inbox) // ENTRY)

    workers = [threading.Thread(target=work, args=(name,)) for name in range(threads)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    # In operations: two of a run, and of each thread one that it has just put in.
    assert max(most) <= (100 if "most_runs" in bounds else 50) + 2 * threads
    kept.door.set()
    assert sender.flush()
    sent = sum(map(len, kept.batches))
    assert 1 < sent <= 51
    # A run whose beginning was dropped counts once more when its end is, or when that is sent.
    assert 300 * threads + 1 <= sent + sender.dropped <= 600 * threads + 1


def test_a_thread_that_is_busy_is_not_told_again_and_again(queue):
    kept = Kept(held=True)
    sender = queue(kept, most_runs=2)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 100):
        sender.submit("post", begun(number))
    assert sender.dropped == 97 and sender._signal.qsize() < 3
    kept.door.set()


@pytest.mark.parametrize("bounds", [{"most_runs": 6}, {"most_bytes": 6000}])
def test_a_small_queue_is_sent_before_it_is_full(queue, bounds):
    class Heavy(dict):
        weight = 990

    kept = Kept(held=True)
    sender = queue(kept, **bounds)
    paused = threading.Event()

    class Waiting:
        """A signal without time: only who is woken goes on."""

        real = sender._signal

        def put(self, item):
            self.real.put(item)

        def get(self, timeout=None):
            if timeout is not None:
                paused.set()
            return self.real.get(timeout=20)

    sender._signal = Waiting()
    sender.submit("post", Heavy(begun(1)))
    assert paused.wait(20)
    for number in (2, 3):
        assert not kept.inside.is_set()
        sender.submit("post", Heavy(begun(number)))
        if number == 2:
            paused.clear()
    if "most_bytes" in bounds:
        sender.submit("post", Heavy(begun(4)))
    assert kept.inside.wait(20)
    kept.door.set()
    assert sender.flush() and sender.dropped == 0
    assert ids(kept.batches[0])[:3] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("weight", [None, "heavy", 1.5, True])
def test_a_run_whose_weight_is_something_else_is_weighed(queue, weight):
    class Own(dict):
        pass

    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(0))
    assert kept.inside.wait(20)
    run = Own(begun(1, inputs={"text": "x" * 1000}))
    run.weight = weight
    sender.submit("post", run)
    with sender._lock:
        waiting = sender._backlog.load + sender._backlog.bytes
    kept.door.set()
    assert sender.flush() and ids(kept.batches[1]) == ["r1"] and sender.dropped == 0
    assert sender._backlog.bytes == 0 and 1000 < waiting < 3000


def test_a_queue_of_one_run_sends_it(queue):
    kept = Kept()
    sender = queue(kept, most_runs=1, most_bytes=1)
    for number in (1, 2):
        sender.submit("post", begun(number))
        sender.submit("patch", begun(number, end_time="z"))
        assert sender.flush()
    assert {run["id"] for batch in kept.batches for _, run in batch} == {"r1", "r2"} and sender.dropped == 0


# -- a collection, a fork, no memory -----------------------------------------------------------


def test_runs_that_collections_end_are_sent_whatever_they_come_between(queue):
    class Forgotten:
        """As a stream that nobody reads to its end: part of a cycle, and when that is collected a run ends."""

        def __init__(self, number):
            self.itself = self
            self.number = number

        def __del__(self):
            sender.submit("patch", begun(self.number, end_time="z"))

    kept = Kept()
    sender = queue(kept)
    before = gc.get_threshold() if hasattr(gc, "get_threshold") else None  # PyPy has none, and its own moments
    gc.collect()
    if before:
        gc.set_threshold(1, 1, 1)
    try:
        for number in range(300):
            Forgotten(number)
            sender.submit("post", begun(number))
            if number % 50 == 0:
                assert sender.flush()
    finally:
        if before:
            gc.set_threshold(*before)
    while gc.collect():
        pass
    assert sender.flush() and sender.dropped == 0
    ended = [run["id"] for batch in kept.batches for _, run in batch if "end_time" in run]
    assert sorted(ended) == sorted(f"r{number}" for number in range(300))


@pytest.mark.parametrize("kind", [RuntimeError, MemoryError])
def test_a_thread_that_cannot_be_started_is_tried_again_with_the_next_run(queue, monkeypatch, kind):
    def no(thread):
        raise kind("no thread")

    kept = Kept()
    sender = queue(kept)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no)
        for number in (1, 2):
            sender.submit("post", begun(number))
            assert sender._thread is None and sender._backlog.room == 0
        assert not sender.flush()
    sender.submit("post", begun(3))
    assert sender._thread is not None and sender.flush()
    assert ids(kept.batches[0]) == ["r1", "r2", "r3"] and sender.dropped == 0


def test_a_thread_that_could_not_be_started_is_tried_again_by_flushing(queue, monkeypatch):
    def no(thread):
        raise RuntimeError("no thread")

    kept = Kept()
    sender = queue(kept)
    assert sender.flush() and sender._thread is None  # nothing to do
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no)
        sender.submit("post", begun(1))
    assert sender.flush() and ids(kept.batches[0]) == ["r1"]


def test_a_thread_that_begins_after_closing_stays(queue):
    sender = queue(Kept())
    for number in (1, 2):
        sender.submit("post", begun(number))
        assert sender.close() and sender._thread is None
    sender.submit("post", begun(3))
    assert sender.flush() and not sender._closing and sender._thread.is_alive()


def test_who_closes_from_the_senders_own_thread_is_not_waited_for(queue):
    answers = []

    class Closing(Kept):
        def deliver(self, operations, line):
            answers.append((sender.flush(), sender.close()))
            return super().deliver(operations, line)

    kept = Closing()
    sender = queue(kept)
    for number in (1, 2):
        sender.submit("post", begun(number))
        assert sender.flush(20)
    assert answers == [(False, False)] * 2 and len(kept.batches) == 2 and sender.dropped == 0


def test_at_the_end_nobody_else_does_the_work_of_a_thread_that_hangs(queue):
    kept = Kept(limit=1, held=True)
    sender = queue(kept)
    for number in (1, 2):
        sender.submit("post", begun(number))
    assert kept.inside.wait(20)
    sender.finish(0.0)
    assert kept.batches == [] and len(sender._backlog.queue) == 1
    kept.door.set()


def test_a_thread_that_sleeps_holds_nothing_of_what_it_sent(queue):
    class Watched(dict):
        weight = 10

    class Watching:
        def __init__(self, real):
            self.real = real
            self.found = []
            self.asleep = threading.Event()

        def put(self, item):
            self.real.put(item)

        def get(self, timeout=None):
            if timeout is None and kept.batches:
                kept.batches.clear()
                gc.collect()
                self.found.append(gone())
                self.asleep.set()
            return self.real.get(timeout=timeout)

    kept = Kept()
    sender = queue(kept)
    signal = sender._signal = Watching(sender._signal)
    run = Watched(begun(1))
    gone = weakref.ref(run)
    sender.submit("post", run)
    del run
    assert sender.flush() and signal.asleep.wait(20)
    assert signal.found == [None]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_replaced_with_the_next_run(queue, monkeypatch):
    class Dying(Sender):
        def _gather(self):
            raise MemoryError

    kept = Kept()
    sender = queue(kept)
    sender._gather = Dying._gather.__get__(sender)
    threads = []
    monkeypatch.setattr(threading, "excepthook", lambda args: threads.append(args.thread))
    sender.submit("post", begun(1))
    thread = sender._thread
    if thread is not None:
        thread.join(20)
    assert sender._thread is None
    del sender._gather
    sender.submit("post", begun(2))
    assert sender.flush(20) and ids(kept.batches[0]) == ["r1", "r2"]
    assert len(threads) == 1 and sender._thread not in threads


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_waits_for_a_thread_that_dies_is_told(queue, monkeypatch):
    waits = threading.Event()

    def die(limit):
        assert waits.wait(20)
        raise MemoryError

    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    sender = queue(Kept())
    wait_for = sender._moved.wait_for
    monkeypatch.setattr(sender._moved, "wait_for", lambda *args: waits.set() or wait_for(*args))
    monkeypatch.setattr(sender, "_take", die)
    sender.submit("post", begun(1))
    assert sender.flush(None) is False
    monkeypatch.undo()
    assert sender.flush(20)


KINDS = ("TypeError", "KeyError")


def test_what_could_not_be_queued_does_not_silence_the_thread(queue, caplog):
    class Telling(Kept):
        def deliver(self, operations, line):
            line.say("key", "by the thread")
            return super().deliver(operations, line)

    sender = queue(Telling())
    sender.submit("post", None)
    sender.submit("post", {"id": []})
    sender.submit("post", {})
    sender.submit("post", begun(1))
    assert sender.flush(20) and sender.dropped == 3
    told = [record.getMessage() for record in caplog.records]
    assert [text.partition("(")[0] for text in told[:2]] == [f"a run could not be queued: {kind}" for kind in KINDS]
    assert told[2:] == ["by the thread"]


def test_a_tracers_runs_are_weighed_as_they_say(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(0))
    kept.inside.wait()
    run = TracedRun(name="n", inputs={"text": "x" * 5000}, run_type="chain")
    first = told_begun(run, Terms(sender.settings, {}))
    sender.submit("post", first)
    assert sender._backlog.load == first.weight > 5000
    run.outputs, run.end_time = {"text": "y" * 7000}, run.start_time
    last = told_ended(run, Terms(sender.settings, {}))
    sender.submit("patch", last)
    with sender._lock:
        assert sender._backlog.load == first.weight + last.weight > 12_000
    kept.door.set()
    assert sender.flush()
    [(op, told)] = kept.batches[1]
    assert (op, told["inputs"], told["outputs"]) == ("post", run.inputs, run.outputs)


def test_a_sender_that_was_never_used_ends_silently(queue, caplog):
    sender = queue(Kept())
    sender.end_by(0.0)
    sender.finish(0.0)
    sender.be_silent()
    sender._silent, sender._until = False, None
    assert caplog.records == [] and sender.dropped == 0 and sender._thread is None


def test_without_a_thread_the_bounds_hold_too(queue, monkeypatch):
    def no(thread):
        raise RuntimeError("no thread")

    kept = Kept()
    sender = queue(kept, most_runs=5)
    monkeypatch.setattr(threading.Thread, "start", no)
    for number in range(9):
        sender.submit("post", begun(number))
        assert len(sender._backlog.queue) <= 5 and sender._backlog.inbox == []
    assert sender.dropped == 4
    sender.finish(1)
    assert ids(kept.batches[0]) == ["r4", "r5", "r6", "r7", "r8"]


def test_a_forked_child_counts_from_nothing(queue):
    sender = queue(Kept())
    sender.submit("post", None)
    assert sender.dropped == 1
    sender.close()
    sender._lock.acquire()  # by a thread that the child does not have
    sender.begin_empty()
    assert sender.dropped == 0 and sender._backlog.is_empty()
    sender.submit("post", begun(1))
    assert sender.flush() and sender.dropped == 0


def test_what_is_no_run_is_counted_under_the_lock(queue):
    sender = queue(Kept())
    held = []
    real = sender._lock

    class Lock:
        def __enter__(self):
            held.append(1)
            return real.__enter__()

        def __exit__(self, *exc):
            held.pop()
            return real.__exit__(*exc)

    class Counting(int):
        def __add__(self, other):
            assert held
            return Counting(int(self) + other)

    sender._lock = Lock()
    sender.dropped = Counting(0)
    sender.submit("post", None)
    assert sender.dropped == 1
    sender._lock, sender.dropped = real, 1
