"""Requests and tokens per minute: the buckets alone, then what a client is told, on a clock that a test moves."""

from __future__ import annotations

import pytest

import fakes
from fakes import Quota
from fakes.quotas import Level, Meter

from .asking import MESSAGES, ask

# Limits, then what is taken at which second: (tokens, now) -> reached, wait; requests left, tokens left.
TAKEN = [
    ("requests", Quota(3), [((5, 0), None, 0, 2, None), ((5, 0), None, 0, 1, None), ((5, 0), None, 0, 0, None),
                            ((5, 0), "requests", 20, 0, None), ((5, 19), "requests", 1, 0, None),
                            ((5, 20), None, 0, 0, None), ((5, 20), "requests", 20, 0, None)]),
    ("tokens", Quota(None, 600), [((400, 0), None, 0, None, 200), ((400, 0), "tokens", 20, None, 200),
                                  ((200, 0), None, 0, None, 0), ((1, 0), "tokens", 0.1, None, 0),
                                  ((400, 20), "tokens", 20, None, 200), ((400, 40), None, 0, None, 0)]),
    ("a refusal takes nothing of either", Quota(2, 100), [((60, 0), None, 0, 1, 40), ((60, 0), "tokens", 12, 1, 40),
                                                          ((40, 0), None, 0, 0, 0), ((0, 0), "requests", 30, 0, 0)]),
    ("no more than the bucket holds", Quota(2, 100), [((100, 0), None, 0, 1, 0), ((100, 1000), None, 0, 1, 0)]),
    ("as much as the bucket holds", Quota(None, 100), [((100, 0), None, 0, None, 0)]),
    ("more than the bucket holds never passes", Quota(None, 100), [((101, 0), "tokens", 60, None, 100),
                                                                   ((101, 999), "tokens", 60, None, 100)]),
    ("thirds of a second", Quota(180), [((0, at / 3), None, 0, 179, None) for at in range(0, 30)]),
]  # fmt: skip


@pytest.mark.parametrize("name, quota, rows", TAKEN)
def test_a_bucket_empties_and_refills(name, quota, rows):
    meter = Meter(quota.checked(), 0)
    for (tokens, now), reached, wait, requests, left in rows:
        got = meter.take(tokens, now)
        assert (got.reached, round(got.wait, 6)) == (reached, wait), (tokens, now)
        assert (got.requests and got.requests.remaining, got.tokens and got.tokens.remaining) == (requests, left)
        assert got.asked == (0 if reached is None else 1 if reached == "requests" else tokens)


def test_a_request_that_is_too_large_is_told_from_one_that_is_too_early():
    meter = Meter(Quota(10, 100), 0)
    assert meter.take(101, 0).too_large
    meter.take(60, 0)
    assert not meter.take(60, 0).too_large and not meter.take(40, 0).too_large


def test_the_tokens_of_an_answer_take_the_bucket_below_empty():
    meter = Meter(Quota(None, 60), 0)
    meter.take(50, 0)
    meter.spend(30)
    assert meter.limits(0).tokens == Level(60, 0, 80.0)
    assert meter.take(1, 10).wait == pytest.approx(11)
    assert meter.take(1, 21).reached is None


def test_reset_is_when_the_bucket_is_full():
    meter = Meter(Quota(4, 600), 0)
    assert meter.limits(0)[:2] == (Level(4, 4, 0), Level(600, 600, 0))
    meter.take(150, 0)
    assert meter.limits(0)[:2] == (Level(4, 3, 15), Level(600, 450, 15))
    assert meter.limits(7.5)[:2] == (Level(4, 3, 7.5), Level(600, 525, 7.5))


@pytest.mark.parametrize("quota", [Quota(0), Quota(None, -1), Quota(True), Quota(1.5), Quota("3")])
def test_a_quota_that_cannot_be_meant_is_named(quota):
    with pytest.raises(ValueError, match=r"quota\.(requests|tokens)_per_minute is a whole number from 1, not "):
        quota.checked()


def asked(handle, **body):
    return ask(handle, {"model": "fake-hello", "messages": MESSAGES, **body})


@pytest.mark.parametrize("clock", ["held", "virtual"])
def test_the_window_moves_with_the_clock_of_the_session(clock):
    with fakes.serve(clock=clock) as server:
        server.quota(Quota(requests_per_minute=2))
        assert [asked(server).status for _ in range(3)] == [200, 200, 429]
        server.advance(29.9)
        assert asked(server).status == 429
        server.advance(0.1)
        got = [asked(server) for _ in range(2)]
        assert [one.status for one in got] == [200, 429]
        assert got[0].headers["x-ratelimit-remaining-requests"] == "0"
        assert got[1].headers["retry-after"] == "30" and server.journal[-1].retry_after == 30
        server.reset()
        assert [asked(server).status for _ in range(3)] == [200, 200, 429]


def test_a_refusal_by_quota_uses_no_reply_up_and_counts_for_no_fault():
    with fakes.serve(["one", "two"], clock="held") as server:
        server.quota(Quota(requests_per_minute=1))
        server.fault(fakes.Fault("status", status=503, skip=1, times=1))
        assert [asked(server).status for _ in range(3)] == [200, 429, 429]
        server.advance(60)
        assert asked(server).status == 503  # the second answer that a fault could strike
        server.advance(60)
        assert asked(server).message["content"] == "two"


def test_what_an_answer_took_is_missing_afterwards():
    with fakes.serve([fakes.Reply("x", usage=fakes.Usage(10, 500))] * 2, clock="held") as server:
        server.quota(Quota(tokens_per_minute=100))
        assert [asked(server).status for _ in range(2)] == [200, 429]
        wait = float(server.journal[-1].retry_after)
        assert wait > 240
        server.advance(wait + 0.001)
        assert asked(server).status == 200


def test_a_quota_of_a_session_is_its_own():
    with fakes.serve(clock="held") as server:
        server.session("a").quota(Quota(requests_per_minute=1))
        assert [ask(server, {"model": "fake-hello", "messages": MESSAGES}, key="sk-fake-a").status for _ in "xx"] == [200, 429]
        assert [asked(server).status for _ in range(3)] == [200, 200, 200]
