"""The queue and its thread, and a batch's way to a server. Nothing here waits for time to pass."""

from __future__ import annotations

import gc
import itertools
import logging
import threading
import weakref

import pytest

from minichat.tracers.langsmith import delivery, sender as module
from minichat.tracers.langsmith.delivery import Ingest, post
from minichat.tracers.langsmith.sender import Sender, flush, sender_for
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.transport import Transport

from .canned import CLOSE, HANG, INFO, canned, refusing

KEY = "lsv2_fake_0123456789"


class Kept:
    """A destination that keeps what comes, and may be stopped at its door."""

    def __init__(self, limit=100, held=False):
        self.limit = limit
        self.batches = []
        self.inside = threading.Event()
        self.door = threading.Event()
        if not held:
            self.door.set()

    def deliver(self, operations, line):
        self.inside.set()
        assert self.door.wait(20)
        self.batches.append(operations)
        return True

    def close(self):
        pass


def ids(batch):
    return [run["id"] for _, run in batch]


def begun(number, **more):
    return {"id": f"r{number}", "dotted_order": f"{number:06}", **more}


# -- the queue ---------------------------------------------------------------------------------


def test_a_post_and_its_patch_that_wait_together_are_one_operation(queue):
    kept = Kept()
    sender = queue(kept)
    sender.submit("post", begun(1, inputs={"a": 1}, outputs={}, end_time=None, error=None, tags=["x"]))
    sender.submit("patch", begun(1, outputs={"b": 2}, end_time="z", inputs=None, error=None))
    assert sender.flush()
    whole = begun(1, inputs={"a": 1}, outputs={"b": 2}, end_time="z", tags=["x"])
    assert kept.batches == [[("post", whole)]]


def test_a_patch_that_comes_before_its_post_does_not_lose_to_it(queue):
    kept = Kept()
    sender = queue(kept)
    sender.submit("patch", begun(1, outputs={"b": 2}))
    sender.submit("post", begun(1, outputs={}))
    sender.flush()
    assert kept.batches == [[("post", begun(1, outputs={"b": 2}))]]


def test_they_are_merged_wherever_they_stand_in_the_queue(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 251):
        sender.submit("post", begun(number))
    for number in range(1, 251):
        sender.submit("patch", begun(number, end_time="z"))
    kept.door.set()
    assert sender.flush()
    assert [len(batch) for batch in kept.batches] == [1, 100, 100, 50]
    assert {op for batch in kept.batches for op, _ in batch} == {"post"}


def test_the_end_of_a_run_whose_begin_is_under_way_is_a_patch(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(1))
    kept.inside.wait()
    sender.submit("patch", begun(1, end_time="z"))
    kept.door.set()
    sender.flush()
    assert kept.batches == [[("post", begun(1))], [("patch", begun(1, end_time="z"))]]


def test_a_batch_stands_in_dotted_order(queue):
    kept = Kept()
    sender = queue(kept)
    for number in (3, 1, 2):
        sender.submit("post", begun(number))
    sender.submit("post", {"id": "no order"})
    sender.flush()
    assert ids(kept.batches[0]) == ["no order", "r1", "r2", "r3"]


def test_the_oldest_runs_go_when_too_many_wait_and_it_is_told_once(queue, caplog):
    kept = Kept(held=True)
    sender = queue(kept, most_runs=10)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 31):
        sender.submit("post", begun(number))
    assert sender.dropped == 20
    kept.door.set()
    sender.flush()
    assert ids(kept.batches[1]) == [f"r{number}" for number in range(21, 31)]
    told = [record.getMessage() for record in caplog.records]
    assert told == ["the queue of traced runs is full; the oldest were dropped: 20"]
    assert caplog.records[0].name == "minichat.tracers.langsmith.sender"


def test_each_episode_of_dropping_is_told_of_once(queue, caplog):
    class Turnstile(Kept):
        turns = threading.Semaphore(0)
        entered = threading.Semaphore(0)

        def deliver(self, operations, line):
            self.entered.release()
            assert self.turns.acquire(timeout=20)
            return super().deliver(operations, line)

    kept = Turnstile(limit=1)
    sender = queue(kept, most_runs=3)
    for episode in (1, 2):
        sender.submit("post", begun(0))
        kept.entered.acquire()
        for number in range(1, 7):
            sender.submit("post", begun(number))  # 1 to 3 go
        kept.turns.release()
        kept.entered.acquire()  # 4 is inside, 5 and 6 wait
        sender.submit("post", begun(7))
        sender.submit("post", begun(8))  # 5 goes, too
        for _ in range(4):
            kept.turns.release()
        for _ in range(3):
            kept.entered.acquire()
        assert sender.flush()
        assert [ids(batch)[0] for batch in kept.batches] == episode * ["r0", "r4", "r6", "r7", "r8"]
        assert len(caplog.records) == episode


def test_the_oldest_runs_go_when_they_are_too_large(queue):
    kept = Kept(held=True)
    sender = queue(kept, most_bytes=10_000)
    sender.submit("post", begun(0))
    kept.inside.wait()
    for number in range(1, 11):
        sender.submit("post", begun(number, inputs={"text": "x" * 3000}))
    kept.door.set()
    sender.flush()
    assert ids(kept.batches[1]) == ["r8", "r9", "r10"]


def test_a_run_larger_than_the_bound_is_kept_alone(queue):
    kept = Kept()
    sender = queue(kept, most_bytes=1000)
    sender.submit("post", begun(1, inputs={"text": "x" * 5000}))
    sender.flush()
    assert ids(kept.batches[0]) == ["r1"]


def test_a_run_that_is_resolved_later_is_resolved_in_the_thread(queue):
    class Late(dict):
        weight = 10

        def resolve(self):
            return {**self, "made_by": threading.current_thread().name}

    kept = Kept()
    sender = queue(kept)
    sender.submit("post", Late(id="1"))
    sender.flush()
    assert kept.batches == [[("post", {"id": "1", "made_by": "tracing"})]]


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_a_run_that_cannot_be_resolved_costs_no_other(queue, caplog, kind):
    class Broken(dict):
        weight = 10

        def resolve(self):
            raise kind("a bug")

    kept = Kept()
    sender = queue(kept)
    sender.submit("post", Broken(id="1"))
    sender.submit("post", begun(2))
    assert sender.flush()
    assert ids(kept.batches[0]) == ["r2"]
    assert sender.dropped == 1
    assert "a bug" in caplog.text


@pytest.mark.parametrize("run", [None, {}, 5, {"id": []}, object()])
def test_what_is_no_run_is_counted_and_raises_nothing(queue, caplog, run):
    kept = Kept()
    sender = queue(kept)
    sender.submit("post", run)
    sender.submit("post", begun(1))
    assert sender.flush()
    assert ids(kept.batches[0]) == ["r1"]
    assert sender.dropped == 1
    assert len(caplog.records) == 1


def test_a_run_with_a_cycle_is_weighed_somehow(queue):
    kept = Kept()
    sender = queue(kept)
    value = {}
    value["self"] = value
    sender.submit("post", begun(1, inputs=value))
    sender.flush()
    assert ids(kept.batches[0]) == ["r1"]


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_a_destination_with_a_bug_costs_its_batch_and_no_thread(queue, caplog, kind):
    class Broken(Kept):
        def deliver(self, operations, line):
            super().deliver(operations, line)
            if len(self.batches) == 1:
                raise kind("a bug")

    kept = Broken()
    sender = queue(kept)
    for number in (1, 2):
        sender.submit("post", begun(number))
        assert sender.flush()
    assert [ids(batch) for batch in kept.batches] == [["r1"], ["r2"]]
    assert sender.dropped == 1
    assert "a bug" in caplog.text


def test_submitting_from_inside_submit_is_possible(queue):
    # As when a garbage collection in it ends a stream, whose end is a run of its own.
    kept = Kept()
    sender = queue(kept)

    class Reentrant(dict):
        weight = 10

        def __getitem__(self, key):
            if not self.get("inner"):
                self["inner"] = True
                sender.submit("post", begun(2))
            return super().__getitem__(key)

    sender.submit("post", Reentrant(begun(1)))
    assert sender.flush()
    assert sorted(run_id for batch in kept.batches for run_id in ids(batch)) == ["r1", "r2"]


def test_what_was_sent_is_not_kept(queue):
    class Watched(dict):
        weight = 10

    kept = Kept()
    sender = queue(kept)
    run = Watched(begun(1))
    gone = weakref.ref(run)
    sender.submit("post", run)
    sender.flush()
    assert sender.close()
    del run
    gc.collect()
    assert gone() is None


def test_many_threads_lose_nothing(queue):
    kept = Kept()
    sender = queue(kept)

    def work(name):
        for number in range(200):
            sender.submit("post", {"id": f"{name}-{number}"})
            sender.submit("patch", {"id": f"{name}-{number}", "end_time": "z"})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sender.flush()
    merged = {}
    for _, run in itertools.chain(*kept.batches):
        merged.setdefault(run["id"], {}).update(run)
    assert len(merged) == 1600
    assert all(run["end_time"] for run in merged.values())
    assert max(map(len, kept.batches)) <= 100


# -- flushing and closing ----------------------------------------------------------------------


def test_no_thread_before_the_first_run_and_none_after_closing(queue):
    sender = queue(Kept())
    assert sender._thread is None
    assert sender.flush(0)
    sender.submit("post", begun(1))
    thread = sender._thread
    assert thread.daemon
    assert sender.close()
    assert not thread.is_alive()
    sender.submit("post", begun(2))
    assert sender._thread is not thread
    assert sender.flush()


def test_runs_wait_for_the_end_when_no_thread_can_be_started(queue, monkeypatch):
    def no(thread):
        raise RuntimeError("can't start new thread")

    kept = Kept()
    sender = queue(kept)
    monkeypatch.setattr(threading.Thread, "start", no)
    for number in (1, 2):
        sender.submit("post", begun(number))
    assert sender.flush() is False
    assert kept.batches == [] and sender.dropped == 0
    sender.finish(10)
    assert ids(kept.batches[0]) == ["r1", "r2"]


def test_a_flush_that_takes_too_long_says_so(queue):
    kept = Kept(held=True)
    sender = queue(kept)
    sender.submit("post", begun(1))
    assert sender.flush(0.01) is False
    kept.door.set()
    assert sender.flush() is True


def test_a_flush_does_not_wait_for_runs_that_come_later(queue):
    first, later = Kept(), []

    class Busy(Kept):
        def deliver(self, operations, line):
            later.append(1)
            sender.submit("post", {"id": f"later {len(later)}"})  # for ever one more
            return True

    sender = queue(first)
    sender._destinations[:] = [Busy()]
    sender.submit("post", begun(1))
    assert sender.flush()
    sender._destinations[:] = [first]


def test_a_log_handler_that_flushes_is_not_waited_for(queue):
    answers = []

    class Handler(logging.Handler):
        def emit(self, record):
            answers.append(sender.flush())

    class Telling(Kept):
        def deliver(self, operations, line):
            line.say("key", "text")
            return False

    sender = queue(Telling())
    handler = Handler()
    logging.getLogger(module.__name__).addHandler(handler)
    try:
        sender.submit("post", begun(1))
        assert sender.flush()
    finally:
        logging.getLogger(module.__name__).removeHandler(handler)
    assert answers == [False]


def test_a_failure_is_told_again_after_a_success(queue, caplog):
    class Telling(Kept):
        def deliver(self, operations, line):
            good = "good" in operations[0][1]
            if not good:
                line.say("key", "text")
            return good

    sender = queue(Telling())
    for run in (begun(1), begun(2), begun(3, good=1), begun(4)):
        sender.submit("post", run)
        sender.flush()
    assert len(caplog.records) == 2


def test_equal_settings_share_a_sender(monkeypatch):
    one = sender_for(Settings("http://a", KEY, "p"))
    assert one is sender_for(Settings("http://a", KEY, "q"))
    assert one is not sender_for(Settings("http://a", KEY, workspace="w"))
    assert one is not sender_for(Settings("http://b", KEY))


def test_flushing_all_senders_flushes_each(queue):
    kept = [Kept(), Kept()]
    for number, one in enumerate(kept):
        queue(one).submit("post", begun(number))
    assert flush(10)
    assert [len(one.batches) for one in kept] == [1, 1]


# -- a batch's way -----------------------------------------------------------------------------


class Line:
    """What a delivery needs; waits are kept, not waited for."""

    def __init__(self, left=None, ends=False):
        self.waits = []
        self.said = []
        self.count = 0
        self.seconds = left
        self.ends = ends

    def wait(self, seconds):
        self.waits.append(seconds)
        return not self.ends

    def left(self):
        return self.seconds

    def say(self, key, text):
        self.said.append(text)

    def lost(self, count):
        self.count += count

    late = lost


def ingest(server, **more):
    return Ingest(Transport(Settings(server.url, KEY), **more))


def deliver(server, count=1, line=None):
    line = line or Line()
    destination = ingest(server)
    taken = destination.deliver([("post", begun(number)) for number in range(count)], line)
    destination.close()
    return taken, line


def test_info_is_asked_once_and_runs_go_as_multipart():
    with canned() as server:
        destination = ingest(server)
        for _ in range(3):
            assert destination.deliver([("post", begun(1, inputs={})), ("patch", begun(2))], Line())
        destination.close()
    assert [one.path for one in server.asked] == ["/info"] + 3 * ["/runs/multipart"]
    assert server.ingests[0].runs() == [("post", begun(1, inputs={})), ("patch", begun(2))]
    assert server.connections == 1


INFOS = [
    ({"batch_ingest_config": {"use_multipart_endpoint": False, "size_limit": 2}}, ["/runs/batch"] * 3),
    ({"batch_ingest_config": {"size_limit": 3}}, ["/runs/multipart"] * 2),
    ({"batch_ingest_config": {"size_limit_bytes": 1}}, ["/runs/multipart"] * 5),
    ({"batch_ingest_config": {"size_limit": "many", "size_limit_bytes": -1}}, ["/runs/multipart"]),
    ({"batch_ingest_config": []}, ["/runs/multipart"]),
    ({}, ["/runs/multipart"]),
    ((404, {}, b"no"), ["/runs/multipart"]),
    ((500, {}, b"{}"), ["/runs/multipart"]),
    ((200, {}, b"<html>"), ["/runs/multipart"]),
    ((200, {}, b"[]"), ["/runs/multipart"]),
    (CLOSE, ["/runs/multipart"]),
    (b"garbage", ["/runs/multipart"]),
]


@pytest.mark.parametrize("info, requests", INFOS)
def test_what_info_says_is_heeded_and_what_it_does_not_say_harms_nothing(info, requests):
    with canned(info=info) as server:
        taken, line = deliver(server, 5)
    assert taken and line.said == []
    assert [one.path for one in server.ingests] == requests
    assert ids(server.runs) == ["r0", "r1", "r2", "r3", "r4"]


def test_an_info_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(delivery, "ASKED", 0.05)
    with canned(info=HANG) as server:
        assert deliver(server)[0]
    assert ids(server.runs) == ["r0"]


def test_after_a_404_the_older_form_is_used_for_good():
    with canned(lambda asked: (404 if asked.path == "/runs/multipart" else 202, {}, b"")) as server:
        destination = ingest(server)
        for _ in range(2):
            line = Line()
            assert destination.deliver([("post", begun(1))], line)
        destination.close()
    assert [one.path for one in server.ingests] == ["/runs/multipart", "/runs/batch", "/runs/batch"]
    assert line.count == 0


# status -> requests, pauses, whether it counts as sent, lines said
ANSWERS = [
    (200, 1, [], True, 0),
    (204, 1, [], True, 0),
    (409, 1, [], True, 0),
    (302, 1, [], False, 1),
    (400, 1, [], False, 1),
    (401, 1, [], False, 1),
    (403, 1, [], False, 1),
    (422, 1, [], False, 1),
    (408, 4, [0.5, 1.0, 2.0], False, 1),
    (425, 4, [0.5, 1.0, 2.0], False, 1),
    (429, 4, [0.5, 1.0, 2.0], False, 1),
    (500, 4, [0.5, 1.0, 2.0], False, 1),
    (503, 4, [0.5, 1.0, 2.0], False, 1),
]


@pytest.mark.parametrize("status, requests, pauses, taken, said", ANSWERS)
def test_what_an_answer_means(status, requests, pauses, taken, said):
    with canned((status, {}, f"not with {KEY}".encode() if status != 204 else b"")) as server:
        result, line = deliver(server, 3)
    assert (result, len(server.ingests), line.waits, len(line.said)) == (taken, requests, pauses, said)
    assert line.count == (0 if taken else 3)
    assert len({one.body for one in server.ingests}) == 1
    if said:
        assert f"answered {status}: not with ***" in line.said[0]
        assert KEY not in line.said[0]


def test_a_batch_that_is_too_large_is_divided_until_it_is_not():
    with canned(lambda asked: (413 if len(asked.runs()) > 1 or "r2" in ids(asked.runs()) else 202, {}, b"")) as server:
        taken, line = deliver(server, 5)
    assert not taken and line.count == 1 and len(line.said) == 1
    assert [ids(one.runs()) for one in server.ingests if len(one.runs()) == 1] == [[f"r{n}"] for n in range(5)]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx", b"HTTP/1.1 202 Yes\r\n\r\n"])
def test_what_was_accepted_counts_though_the_answer_breaks_off(answer):
    with canned(answer) as server:
        taken, line = deliver(server)
    assert taken and line.said == [] and len(server.ingests) == 1


def answering(*answers):
    left = itertools.chain(answers, itertools.repeat((202, {}, b"")))
    return lambda asked: next(left)


def test_retry_after_is_waited_for():
    with canned(answering((429, {"Retry-After": "4"}, b""), (503, {"Retry-After": "3"}, b""))) as server:
        taken, line = deliver(server)
    assert taken and line.waits == [4.0, 3.0] and line.said == []


def test_a_server_that_asks_for_more_than_the_budget_loses_the_batch():
    with canned((429, {"Retry-After": "8"}, b"")) as server:
        taken, line = deliver(server)
    assert not taken and line.waits == [8.0, 8.0]


def test_a_lost_connection_is_tried_again():
    with canned(answering(CLOSE, CLOSE)) as server:
        taken, line = deliver(server)
    assert taken and line.waits == [0.5]  # the first was a kept one, replaced at once


def test_where_nobody_listens_the_batch_goes_after_four_attempts():
    destination = Ingest(Transport(Settings(refusing(), KEY)))
    line = Line()
    assert not destination.deliver([("post", begun(1))], line)
    assert line.waits == [0.5, 1.0, 2.0]
    assert "cannot connect" in line.said[0]


def test_a_server_that_reads_and_says_nothing_is_not_asked_again(monkeypatch):
    monkeypatch.setattr(delivery, "READ", 0.05)
    with canned(HANG) as server:
        taken, line = deliver(server)
    assert (taken, line.waits, len(line.said), len(server.ingests)) == (False, [], 1, 1)


@pytest.mark.parametrize("garbage", [b"garbage\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"\0" * 5000, b"SSH-2.0-x\r\n"])
def test_garbage_costs_the_batch_and_a_line(garbage):
    with canned(garbage) as server:
        taken, line = deliver(server)
    assert not taken
    assert len(line.said) == 1


def test_at_exit_nothing_is_begun_when_no_time_is_left():
    with canned() as server:
        destination = ingest(server)
        line = Line(left=0.0)
        destination._asked = True
        assert not destination.deliver([("post", begun(1))], line)
        destination.close()
    assert server.asked == [] and line.count == 1 and line.said == []


def test_at_exit_a_server_that_is_not_there_is_not_waited_for():
    destination = Ingest(Transport(Settings(refusing(), KEY)))
    line = Line(left=3.0)
    assert not destination.deliver([("post", begun(1))], line)
    assert line.waits == [] and len(line.said) == 1


def test_a_pause_beyond_the_end_of_the_process_ends_the_attempts():
    with canned((503, {}, b"")) as server:
        taken, line = deliver(server, line=Line(left=3.0, ends=True))
    assert not taken and len(server.ingests) == 1 and len(line.said) == 1


def test_post_gives_what_was_answered():
    with canned((200, {}, b'{"a": 1}')) as server:
        transport = Transport(Settings(server.url, KEY))
        assert post(transport, "/v1/traces", b"{}", "application/json", Line()).answer == {"a": 1}
        transport.close()
    assert server.asked[0].headers["content-type"] == "application/json"


def test_a_whole_way_from_the_queue_to_the_server(queue):
    with canned(info={**INFO, "batch_ingest_config": {"size_limit": 30}}) as server:
        transport = Transport(Settings(server.url, KEY))
        sender = Sender(Settings(server.url, KEY), transport)
        for number in range(70):
            sender.submit("post", begun(number, inputs={"n": number}))
            sender.submit("patch", begun(number, outputs={"n": -number}))
        assert sender.close()
        transport.close()
    assert [run["outputs"]["n"] for _, run in server.runs] == [-number for number in range(70)]
    assert max(len(one.runs()) for one in server.ingests) == 30
