"""Threads that share a model, and `batch`: k workers over one list, in order, each with its own answer."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from minichat.backends.driver import iterate
from minichat.backends.threads import completed
from minichat.errors import BadRequest

from . import ways
from .servers import Server, completion, echo, last_text, refuse


@pytest.mark.parametrize("way", ways.ALL)
def test_20_threads_share_a_model_and_each_gets_its_own_answers(way):
    wrong = []

    def work(name):
        texts = [f"thread {name} question {number}" for number in range(15)]
        answers = ways.ask_all(way, model, texts)
        if answers != texts:
            wrong.append((name, answers))

    with Server(echo) as server:
        model = ways.model_for(server)
        threads = [threading.Thread(target=work, args=(name,)) for name in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(server.requests) == 300
        assert server.opened <= 20
        model.close()


class Gate:
    """A server script that answers only when `size` requests are open at once, and counts them."""

    def __init__(self, size):
        self.barrier = threading.Barrier(size)
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, peer):
        while True:
            request = peer.request()
            if request is None:
                return
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self.barrier.wait(15)
            with self.lock:
                self.now -= 1
            peer.send(completion(last_text(request)))


def batch(way, model, texts, config=None, **kwargs):
    if way == "batch":
        return model.batch(texts, config, **kwargs)
    return asyncio.run(model.abatch(texts, config, **kwargs))


BATCHES = ["batch", "abatch"]


@pytest.mark.parametrize("way", BATCHES)
def test_max_concurrency_is_reached_and_not_passed(way):
    gate = Gate(5)
    texts = [f"question {number}" for number in range(20)]
    with Server(gate) as server:
        answers = batch(way, ways.model_for(server), texts, {"max_concurrency": 5})
        assert [answer.content for answer in answers] == texts
        assert gate.most == 5
        assert server.opened <= 5


@pytest.mark.parametrize("way", BATCHES)
def test_a_batch_of_nothing_is_nothing_and_of_one_is_one(way):
    with Server(echo) as server:
        model = ways.model_for(server)
        assert batch(way, model, []) == []
        assert [answer.content for answer in batch(way, model, ["one"])] == ["one"]


@pytest.mark.parametrize("way", BATCHES)
def test_answers_stand_in_the_order_of_the_questions_whoever_is_first(way):
    def last_first(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            turn = int(last_text(request))
            server.wait_for(lambda: len(answered) == 5 - turn)
            peer.send(completion(str(turn)))
            server.change(lambda: answered.append(turn))

    answered = []
    with Server(last_first) as server:
        texts = [str(number) for number in range(6)]
        answers = batch(way, ways.model_for(server), texts, {"max_concurrency": 6})
        assert [answer.content for answer in answers] == texts
        server.wait_for(lambda: len(answered) == 6)  # the last is noted behind its answer
        assert answered == [5, 4, 3, 2, 1, 0]


def refuses_bad(peer):
    while True:
        request = peer.request()
        if request is None:
            return
        text = last_text(request)
        peer.send(refuse(400, text) if text.startswith("bad") else completion(text))


@pytest.mark.parametrize("way", BATCHES)
def test_with_return_exceptions_they_stand_in_place(way):
    with Server(refuses_bad) as server:
        answers = batch(way, ways.model_for(server), ["a", "bad 1", "b", "bad 2"], return_exceptions=True)
        assert [getattr(one, "content", None) for one in answers] == ["a", None, "b", None]
        assert [str(one.message) for one in answers if isinstance(one, BadRequest)] == ["bad 1", "bad 2"]


@pytest.mark.parametrize("way", BATCHES)
def test_without_it_the_first_exception_is_raised_and_the_rest_is_left(way):
    texts = ["a", "bad 1", *(f"rest {number}" for number in range(200))]
    with Server(refuses_bad) as server:
        model = ways.model_for(server)
        with pytest.raises(BadRequest, match="bad 1"):
            batch(way, model, texts, {"max_concurrency": 1})
        assert len(server.requests) == 2  # however late the caller hears of it
        model.close()


@pytest.mark.parametrize("way", BATCHES)
@pytest.mark.parametrize("count", [1, 3])
def test_a_list_of_configs_gives_each_question_its_own(way, count):
    seen = []

    class Handler:
        def on_chat_model_start(self, serialized, messages, *, tags, **kwargs):
            seen.append((messages[0][0].content, tags))

    texts = [f"question {number}" for number in range(count)]
    configs = [{"tags": [f"tag {number}"], "callbacks": [Handler()]} for number in range(count)]
    with Server(echo) as server:
        model = ways.model_for(server)
        batch(way, model, texts, configs)
        assert sorted(seen) == [(text, [f"tag {number}"]) for number, text in enumerate(texts)]
        with pytest.raises(ValueError, match="same length"):
            batch(way, model, texts, configs + [{}])


@pytest.mark.parametrize("way", BATCHES)
def test_as_completed_gives_pairs_as_they_come(way):
    def second_first(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            if last_text(request) == "first":
                server.wait_for(lambda: second_is_there)
            peer.send(completion(last_text(request)))

    second_is_there = []
    config = {"max_concurrency": 2}

    async def main():
        pairs = []
        if way == "batch":
            for index, answer in model.batch_as_completed(["first", "second"], config):
                pairs.append((index, answer.content))
                server.change(lambda: second_is_there.append(True))
        else:
            async for index, answer in model.abatch_as_completed(["first", "second"], config):
                pairs.append((index, answer.content))
                server.change(lambda: second_is_there.append(True))
        assert pairs == [(1, "second"), (0, "first")]

    with Server(second_first) as server:
        model = ways.model_for(server)
        asyncio.run(main())


def test_leaving_batch_as_completed_begins_no_more_and_waits_for_what_runs():
    with Server(echo) as server:
        model = ways.model_for(server)
        pairs = model.batch_as_completed([f"question {number}" for number in range(300)], {"max_concurrency": 2})
        next(pairs)
        pairs.close()
        assert 1 <= len(server.requests) < 300
        assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]
        model.close()


def test_as_completed_raises_what_failed_and_closes():
    with Server(refuses_bad) as server:
        model = ways.model_for(server)
        pairs = model.batch_as_completed(["bad 1"] * 50, {"max_concurrency": 1})
        with pytest.raises(BadRequest):
            next(pairs)
        assert len(server.requests) < 10
        pairs = model.batch_as_completed(["bad 1", "a"], {"max_concurrency": 1}, return_exceptions=True)
        found = dict(pairs)
        assert isinstance(found[0], BadRequest) and found[1].content == "a"
        model.close()


# -- the workers themselves ----------------------------------------------------------------


def jobs_of(*functions):
    def job(function):
        async def work():
            return function()

        return work

    return [job(function) for function in functions]


def test_each_worker_sees_the_callers_context_variables_and_keeps_its_own():
    variable = contextvars.ContextVar("variable", default="none")
    variable.set("the caller's")

    def look():
        before = variable.get()
        variable.set("a worker's")
        return before

    seen = [result for _, result, _ in iterate(completed(jobs_of(look, look, look), 3))]
    assert "the caller's" in seen and "none" not in seen
    assert variable.get() == "the caller's"


def test_what_ends_a_worker_reaches_the_caller_whatever_it_is():
    def stop():
        raise SystemExit(3)

    ((index, result, error),) = iterate(completed(jobs_of(stop), 1))
    assert (index, result) == (0, None) and isinstance(error, SystemExit)


def test_never_more_threads_than_jobs_nor_than_the_limit():
    names = set()
    meet = threading.Barrier(2)

    def note():
        names.add(threading.current_thread().name)
        meet.wait(15)

    assert len(list(iterate(completed(jobs_of(note, note, note, note), 2)))) == 4
    assert len(names) == 2
    assert list(iterate(completed([], None))) == []
