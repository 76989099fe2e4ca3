"""When the sender's thread acts by itself, what counts as waiting, and the last seconds of a process."""

from __future__ import annotations

import logging
import threading
import time
from queue import Empty, SimpleQueue

import pytest

from minichat.tracers.langsmith import ending
from minichat.tracers.langsmith import sender as module
from minichat.tracers.langsmith.delivery import Ingest
from minichat.tracers.langsmith.sender import Sender
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.transport import Transport

from .canned import canned
from .test_sender import KEY, Kept, Line, begun, ids

LARGE = {"text": "x" * 3000}


@pytest.fixture
def queue():
    """Make senders to destinations; those that were not ended otherwise end with the test."""
    made = []

    def make(*destinations, **bounds):
        one = Sender(Settings("http://nowhere", KEY), destinations=destinations, **bounds)
        made.append(one)
        return one

    yield make
    for one in made:
        one._silent, one._late = False, 0
        assert one.close()


class Closable(Kept):
    closed = 0

    def close(self):
        self.closed += 1


# -- by itself ---------------------------------------------------------------------------------


def test_a_run_is_sent_though_nobody_flushes(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    for number in (1, 2):  # the second finds the thread asleep once more
        kept.inside.clear()
        sender.submit("post", begun(number))
        assert kept.inside.wait(20)
        kept.door.set()
        assert sender.flush()
    assert [ids(batch) for batch in kept.batches] == [["r1"], ["r2"]]


class Signal:
    """A sender's signal whose gathering pauses never end by themselves; `on_pause` is called at each."""

    def __init__(self, on_pause=None):
        self.inside = SimpleQueue()
        self.puts = 0
        self.paused = threading.Event()
        self.on_pause = on_pause

    def put(self, item):
        self.puts += 1
        self.inside.put(item)

    def get(self, timeout=None):
        if timeout is not None:
            self.paused.set()
            if self.on_pause is not None:
                self.on_pause()
                raise Empty
        return self.inside.get(timeout=20)


def test_a_burst_is_gathered_until_it_is_large_and_then_sent_without_a_pause(queue, monkeypatch):
    monkeypatch.setattr(module, "BURST", 250)
    kept = Kept(held=True)
    sender = queue(kept)
    signal = sender._signal = Signal()
    sender.submit("post", begun(1))
    assert signal.paused.wait(20)  # the thread gathers
    for number in range(2, 250):
        sender.submit("post", begun(number))
    woken = signal.puts
    sender.submit("post", begun(250))
    assert kept.inside.wait(20)
    assert signal.puts == woken + 1
    kept.door.set()
    with sender._lock:  # not by `flush`, for that ends all gathering
        assert sender._moved.wait_for(lambda: sender._is_settled(250), 20)
    assert [len(batch) for batch in kept.batches] == [100, 100, 50]


def test_a_burst_of_large_runs_is_sent_earlier(queue, monkeypatch):
    monkeypatch.setattr(module, "BURST_BYTES", 8000)
    kept = Kept(held=True)
    sender = queue(kept)
    signal = sender._signal = Signal()
    sender.submit("post", {**begun(1), "inputs": LARGE})
    assert signal.paused.wait(20)
    sender.submit("post", {**begun(2), "inputs": LARGE})
    woken = signal.puts
    sender.submit("post", {**begun(3), "inputs": LARGE})
    assert kept.inside.wait(20)
    assert signal.puts == woken + 1
    kept.door.set()
    assert sender.flush()
    assert [ids(batch) for batch in kept.batches] == [["r1", "r2", "r3"]]


def test_a_program_that_always_has_another_run_is_seen_all_the_same(queue):
    kept, numbers = Kept(), iter(range(2, 10_000))
    sender = queue(kept)
    sender._signal = Signal(lambda: kept.batches or sender.submit("post", begun(next(numbers))))
    sender.submit("post", begun(1))
    assert kept.inside.wait(20) and sender.flush()
    assert 1 < len(kept.batches[0]) < 50  # and not only when a batch of 100 is full


def test_runs_that_come_one_after_the_other_are_gathered_into_one_batch(queue):
    kept, left = Kept(), [4, 3, 2]
    sender = queue(kept)
    sender._signal = Signal(lambda: left and sender.submit("post", begun(left.pop())))
    sender.submit("post", begun(1))
    assert kept.inside.wait(20) and sender.flush()
    assert ids(kept.batches[0]) == ["r1", "r2", "r3", "r4"]


# -- what counts as waiting --------------------------------------------------------------------


def test_what_was_sent_leaves_room_for_others(queue):
    kept = Kept()
    sender = queue(kept, most_bytes=10_000)
    for number in range(20):
        sender.submit("post", begun(number, inputs=LARGE))
        assert sender.flush()
    assert sender.dropped == 0 and len(kept.batches) == 20


def test_what_is_sent_while_others_wait_leaves_room_too(queue):
    class Feeding(Kept):
        def deliver(self, operations, line):
            if len(self.batches) < 20:
                sender.submit("post", begun(100 + len(self.batches), inputs=LARGE))
            return super().deliver(operations, line)

    kept = Feeding(limit=1, held=True)
    sender = queue(kept, most_bytes=14_000)
    for number in range(3):
        sender.submit("post", begun(number, inputs=LARGE))
    kept.door.set()
    for _ in range(23):  # each flush waits for those that were there when it began
        assert sender.flush()
    assert (len(kept.batches), sender.dropped) == (23, 0)


def test_what_was_dropped_leaves_room_for_others(queue):
    kept = Kept(limit=1, held=True)
    sender = queue(kept, most_bytes=10_000)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 7):
        sender.submit("post", begun(number, inputs=LARGE))
    assert sender.dropped == 3
    sender.submit("post", begun(7))
    assert sender.dropped == 3  # a small one fits beside the three large ones
    kept.door.set()
    assert sender.flush()
    assert [ids(batch)[0] for batch in kept.batches] == ["r0", "r4", "r5", "r6", "r7"]


@pytest.mark.parametrize("bound", [{"most_runs": 3}, {"most_bytes": 9_300}])
def test_a_queue_takes_as_much_as_its_bound_and_no_more(queue, bound):
    kept = Kept(held=True)
    sender = queue(kept, **bound)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 4):
        sender.submit("post", begun(number, inputs=LARGE))
    assert sender.dropped == 0
    sender.submit("patch", begun(3))  # more of a run that waits is no run more
    sender.submit("post", begun(4, inputs=LARGE))
    assert sender.dropped == 1
    kept.door.set()
    assert sender.flush() and ids(kept.batches[1]) == ["r2", "r3", "r4"]


def test_a_program_with_a_thousand_ways_to_fail_does_not_fill_its_log(queue, caplog):
    class Telling(Kept):
        def deliver(self, operations, line):
            for number in range(1000):
                line.say(f"key {number}", "text")
            return False

    sender = queue(Telling())
    sender.submit("post", begun(1))
    assert sender.flush()
    assert len(caplog.records) == module.MOST_FAILURES < 100


def test_a_log_handler_that_raises_costs_nothing(queue):
    class Raising(logging.Handler):
        def handle(self, record):
            raise RuntimeError("a handler of the program's")

    kept, handler = Kept(), Raising()
    sender = queue(kept)
    logging.getLogger(module.__name__).addHandler(handler)
    try:
        sender.submit("post", None)
        sender.submit("post", begun(1))
        assert sender.flush()
    finally:
        logging.getLogger(module.__name__).removeHandler(handler)
    assert ids(kept.batches[0]) == ["r1"] and sender.dropped == 1


# -- waiting for a server ----------------------------------------------------------------------


class Clock:
    """Time that passes by half of what is waited for, as when something wakes the thread early."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def get(self, timeout):
        self.now += max(timeout / 2, 0.01)

    def put(self, item):
        pass


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_pause_lasts_as_long_as_was_said_whatever_wakes_it(queue, clock):
    sender = queue(Kept())
    real, sender._signal = sender._signal, clock
    assert sender.wait(4.0) is True
    assert clock.now >= 1004.0
    assert sender.wait(0.0) is True and sender.left() is None
    sender._signal = real


def test_a_pause_beyond_the_end_of_the_process_is_not_begun(queue, clock):
    sender = queue(Kept())
    real, sender._signal = sender._signal, clock
    sender.end_by(1003.0)
    assert sender.left() == 3.0
    assert sender.wait(4.0) is False and clock.now == 1000.0
    assert sender.wait(2.0) is True and 1002.0 <= clock.now < 1003.0
    sender._signal = real


def test_the_end_of_the_process_ends_a_pause_that_is_under_way(queue):
    sender = queue(Kept())
    answers = SimpleQueue()
    thread = threading.Thread(target=lambda: answers.put(sender.wait(3600)))
    thread.start()
    sender.end_by(time.monotonic() + 1)
    assert answers.get(timeout=20) is False
    thread.join()


def test_at_the_end_nothing_is_gathered(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    sender._signal = Signal()  # its pauses do not end
    sender.submit("post", begun(1))
    sender.end_by(time.monotonic() + 100)
    assert kept.inside.wait(20)
    kept.door.set()
    assert sender.flush()


# -- the last seconds --------------------------------------------------------------------------


def test_what_is_left_is_told_in_one_line_and_then_there_is_silence(queue, caplog):
    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 4):
        sender.submit("post", begun(number))
    sender.late(2)
    sender.be_silent()
    sender.be_silent()
    sender.submit("post", begun(9))
    sender.say("key", "text")
    assert sender.flush() is False
    assert [record.getMessage() for record in caplog.records] == [
        "the process ended before all traced runs were sent; runs dropped: 6"
    ]
    assert sender.dropped == 3  # two late ones, and the one that came after the end
    kept.door.set()


def test_where_nothing_is_left_or_it_was_said_why_nothing_is_added(queue, caplog):
    sender = queue(Kept())
    sender.submit("post", begun(1))
    assert sender.flush()
    sender.be_silent()
    assert caplog.records == []
    other = queue(Kept(held=True))
    other.submit("post", begun(1))
    other._destinations[0].inside.wait()
    other.say("401", "answered 401")
    other.be_silent()
    assert len(caplog.records) == 1
    other._destinations[0].door.set()


class Held:
    """A lock that somebody else holds for ever."""

    def acquire(self, blocking=True, timeout=-1):
        assert not blocking or 0 <= timeout < 1, "this would hang"
        return False


def test_a_log_handler_that_hangs_is_not_waited_for(queue, caplog):
    sender = queue(Kept())
    real, sender._said = sender._said, Held()
    sender.submit("post", None)
    sender.late(1)
    sender.be_silent()
    assert sender._silent and caplog.records == [] and sender.dropped == 2
    sender._said = real


def test_hanging_up_closes_every_connection(queue):
    kept = [Closable(), Closable()]
    queue(*kept).hang_up()
    assert [one.closed for one in kept] == [1, 1]


def test_a_destination_that_is_closed_closes_its_connection_and_opens_another_when_it_is_used_again():
    with canned() as server:
        destination = Ingest(Transport(Settings(server.url, KEY)))
        for connections in (1, 1, 2):
            if connections == 2:
                destination.close()
            assert destination.deliver([("post", begun(1))], Line())
            assert server.connections == connections
        destination.close()


@pytest.fixture
def process(monkeypatch):
    """The senders of a process of one's own."""
    monkeypatch.setattr(ending, "_started", [])
    monkeypatch.setattr(ending, "_ends", [])
    return ending


def test_at_exit_all_senders_send_what_waits_and_close(queue, process, monkeypatch):
    kept = [Closable(), Closable()]
    senders = [queue(one) for one in kept]
    for one in senders:
        one._signal = Signal()
        one.submit("post", begun(1))
    ending._at_exit()
    assert [ids(one.batches[0]) for one in kept] == [["r1"], ["r1"]]
    assert [one.closed for one in kept] == [1, 1] and all(one._silent for one in senders)


def test_at_exit_runs_are_sent_though_no_thread_can_be_started(queue, process, monkeypatch):
    def no(thread):
        raise RuntimeError("can't start new thread")

    kept = Kept(limit=2)
    sender = queue(kept)
    monkeypatch.setattr(threading.Thread, "start", no)
    for number in range(3):
        sender.submit("post", begun(number))
    assert ending.flush(1) is False
    ending._at_exit()
    assert [ids(batch) for batch in kept.batches] == [["r0", "r1"], ["r2"]]


def test_at_exit_a_sender_that_hangs_costs_the_others_nothing(queue, process, monkeypatch, caplog):
    monkeypatch.setattr(ending, "EXIT_SECONDS", 0.05)
    hanging, well = Kept(held=True), Kept()
    one, other = queue(hanging), queue(well)
    one.submit("post", begun(1))
    hanging.inside.wait()
    other.submit("post", begun(2))
    ending._at_exit()
    assert ids(well.batches[0]) == ["r2"]
    assert "runs dropped: 1" in caplog.text and len(caplog.records) == 1
    hanging.door.set()


def test_the_end_of_a_process_comes_once_and_is_three_seconds_away(queue, process):
    """multiprocessing and atexit may both announce it; the time is that of the first."""
    sender = queue(Kept())
    sender.submit("post", begun(1))
    before = time.monotonic()
    ending._at_exit()
    until = sender._until
    assert before + 3 <= until <= time.monotonic() + 3
    ending._at_exit()
    assert sender._until == until is not None


def test_flushing_the_process_is_true_only_when_all_is_sent(queue, process):
    hanging, well = Kept(held=True), Kept()
    for number, one in enumerate((hanging, well)):
        queue(one).submit("post", begun(number))
    assert ending.flush(0.01) is False
    hanging.door.set()
    assert ending.flush(20) is True and ending.flush(None) is True
    assert [len(one.batches) for one in (hanging, well)] == [1, 1]
