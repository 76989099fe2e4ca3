"""The token bucket, its waiting on both sides, and threads that share one. Nothing here waits for real."""

from __future__ import annotations

import asyncio
import threading

import pytest

from minichat import BaseRateLimiter, ConfigurationError, InMemoryRateLimiter
from minichat.backends import aio, blocking
from minichat.rate_limiters import take_token

# (tokens, last, now, rate, size) -> (taken, tokens, last)
STEPS = {
    "the clock starts with the first look, at an empty bucket": ((0, None, 5, 10, 1), (False, 0, 5)),
    "less than one token is not yet added": ((0, 5, 5.5, 1, 1), (False, 0, 5)),
    "one token is added and taken": ((0, 5, 6, 1, 1), (True, 0, 6)),
    "a part of a token waits for the next whole one": ((0.5, 5, 5.75, 1, 9), (False, 0.5, 5)),
    "more than one is added, the rest is kept": ((0, 5, 7.5, 1, 9), (True, 1.5, 7.5)),
    "what does not fit is lost": ((0, 5, 1000, 1, 3), (True, 2, 1000)),
    "a kept token is taken at once": ((2, 5, 5, 1, 3), (True, 1, 5)),
    "a clock that stands gives nothing": ((0, 5, 5, 1e9, 3), (False, 0, 5)),
    "a bucket that became smaller is cut": ((9, 5, 5, 1, 2), (True, 1, 5)),
}


@pytest.mark.parametrize("given, wanted", STEPS.values(), ids=list(STEPS))
def test_one_look_at_the_bucket(given, wanted):
    tokens, last, now, rate, size = given
    assert take_token(tokens, last, now=now, rate=rate, size=size) == wanted


class Time:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Time()
    monkeypatch.setattr("minichat.rate_limiters.time.monotonic", lambda: clock.now)
    for backend in (blocking.Blocking, aio.Asyncio):  # the classes: undone on an object, a patch stays as attribute
        monkeypatch.setattr(backend, "sleep", lambda self, seconds: clock.sleep(seconds))
    return clock


@pytest.fixture(params=["acquire", "aacquire"])
def acquire(request, clock):
    """Take a token from a limiter, on either side."""

    def call(limiter, **kwargs):
        if request.param == "acquire":
            return limiter.acquire(**kwargs)
        return asyncio.run(limiter.aacquire(**kwargs))

    return call


def test_each_request_waits_for_its_token_in_steps_of_the_given_length(acquire, clock):
    limiter = InMemoryRateLimiter(requests_per_second=2, check_every_n_seconds=0.25)
    assert [acquire(limiter) for _ in range(3)] == [True, True, True]
    assert clock.slept == [0.25] * 6
    assert clock.now == 101.5


def test_without_blocking_the_answer_comes_at_once(acquire, clock):
    limiter = InMemoryRateLimiter(requests_per_second=1, max_bucket_size=2)
    answers = [acquire(limiter, blocking=False)]
    clock.now += 10
    answers += [acquire(limiter, blocking=False) for _ in range(3)]
    assert answers == [False, True, True, False]  # a burst of two, however long it was quiet
    assert clock.slept == []


def test_the_defaults_are_one_request_a_second(acquire, clock):
    limiter = InMemoryRateLimiter()
    assert acquire(limiter) is True
    assert set(clock.slept) == {0.1}
    assert clock.now == pytest.approx(101, abs=0.1)
    assert acquire(limiter, blocking=False) is False


def test_a_changed_rate_counts_from_then_on(acquire, clock):
    limiter = InMemoryRateLimiter(requests_per_second=1)
    acquire(limiter, blocking=False)
    limiter.requests_per_second = 4
    clock.now += 0.25
    assert acquire(limiter, blocking=False) is True


def test_both_sides_share_one_bucket(clock):
    limiter = InMemoryRateLimiter(max_bucket_size=2)
    assert limiter.acquire(blocking=False) is False
    clock.now += 2
    assert asyncio.run(limiter.aacquire(blocking=False)) is True
    assert limiter.acquire(blocking=False) is True
    assert asyncio.run(limiter.aacquire(blocking=False)) is False


def test_a_cancelled_wait_has_taken_nothing(monkeypatch, clock):
    limiter = InMemoryRateLimiter(max_bucket_size=5)

    async def forever(self, seconds):
        await asyncio.get_running_loop().create_future()

    async def main():
        monkeypatch.setattr(aio.Asyncio, "sleep", forever)
        waiting = asyncio.ensure_future(limiter.aacquire())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    clock.now += 1
    assert limiter.acquire(blocking=False) is True
    assert limiter.acquire(blocking=False) is False


def test_threads_take_every_token_exactly_once(clock):
    limiter = InMemoryRateLimiter(max_bucket_size=500)
    limiter.acquire(blocking=False)
    clock.now += 500
    taken = [0] * 8
    start = threading.Barrier(len(taken))

    def work(at):
        start.wait()
        for _ in range(100):
            taken[at] += limiter.acquire(blocking=False)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(taken))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 500


def test_the_clock_is_read_and_the_token_taken_under_one_lock(monkeypatch):
    held = []
    limiter = InMemoryRateLimiter()
    monkeypatch.setattr("minichat.rate_limiters.time.monotonic", lambda: held.append(limiter._lock.locked()) or 1.0)
    assert limiter.acquire(blocking=False) is False
    assert held == [True] and not limiter._lock.locked()


WRONG = [
    (name, value)
    for name in ("requests_per_second", "check_every_n_seconds", "max_bucket_size")
    for value in (0, -1, float("nan"), float("inf"), "1", None, True)
] + [("max_bucket_size", 0.5)]


@pytest.mark.parametrize("name, value", WRONG)
def test_a_bucket_that_cannot_work_is_refused_by_the_arguments_name(name, value):
    with pytest.raises(ConfigurationError, match=f"{name} must be a number.*got {value!r}"):
        InMemoryRateLimiter(**{name: value})


def test_a_limiter_of_ones_own_defines_both_sides():
    with pytest.raises(TypeError, match="abstract"):
        BaseRateLimiter()
    assert sorted(BaseRateLimiter.__abstractmethods__) == ["aacquire", "acquire"]
