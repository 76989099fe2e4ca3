"""How fast an answer comes: the pauses alone, then the schedule that the journal tells, the same under all clocks."""

from __future__ import annotations

import socket
from contextlib import contextmanager

import pytest

import fakes
from fakes import Pace

from .asking import MESSAGES, ask, request_bytes

PAUSES = [
    (Pace(), 3, [0, 0, 0]),
    (Pace(1.5), 3, [1.5, 0, 0]),
    (Pace(1, 4), 4, [1, 0.25, 0.25, 0.25]),
    (Pace(tokens_per_second=10), 2, [0, 0.1]),
    (Pace(1), 1, [1]),
    (Pace(1, 2, jitter=0.5), 3, [0.5, 0.5, 0.625]),  # chances 0, 0.5, 0.75
]


@pytest.mark.parametrize("pace, count, pauses", PAUSES)
def test_each_event_has_its_pause(pace, count, pauses):
    chances = {"jitter/0": 0.0, "jitter/1": 0.5, "jitter/2": 0.75}
    assert pace.checked().pauses(count, lambda purpose: chances.get(purpose, 0.5)) == pytest.approx(pauses)


def test_an_answer_in_one_piece_comes_when_its_last_token_would():
    assert Pace(1, 4).whole(9, lambda purpose: 0.5) == 3
    assert Pace(1, 4).whole(0, lambda purpose: 0.5) == 1


WRONG = [
    (Pace(-1), ValueError, "first_token is a number of seconds from 0"),
    (Pace(float("inf")), ValueError, "first_token is a number of seconds from 0"),
    (Pace(float("nan")), ValueError, "first_token is a number of seconds from 0"),
    (Pace("1"), TypeError, "first_token is a number, not '1'"),
    (Pace(None), TypeError, "first_token is a number, not None"),
    (Pace(0, 0), ValueError, "tokens_per_second is a number above 0"),
    (Pace(0, True), TypeError, "tokens_per_second is a number, not True"),
    (Pace(0, 1, 1.5), ValueError, "jitter is a share from 0 to 1"),
    (Pace(0, 1, None), TypeError, "jitter is a number, not None"),
]


@pytest.mark.parametrize("pace, error, text", WRONG)
def test_a_pace_that_cannot_be_meant_is_named(pace, error, text):
    with fakes.serve() as server:
        with pytest.raises(error, match=r"pace\." + text):
            server.pace(pace)
        with pytest.raises(error, match=r"pace\." + text):
            fakes.Reply("x", pace=pace)


STREAM = {"model": "fake-hello", "messages": MESSAGES, "stream": True}
# "Hello from fakes." has an opening, four pieces, the finish and [DONE]; the head goes at once.
EVEN = (0, 1, 1.5, 2, 2.5, 3, 3.5, 4)
# Literal, for every machine: each pause up to a fifth shorter or longer.
JITTERED = (0, 0.955743, 1.494608, 1.925897, 2.506469, 2.91764, 3.353562, 3.764829)


def schedules(clock, pace, *faults, requests=1, named=None, seed=0, **body):
    with fakes.serve(clock=clock, seed=seed) as server:
        handle = server.session(named) if named else server
        handle.pace(pace)
        handle.fault(*faults)
        for _ in range(requests):
            assert ask(server, {**STREAM, **body}, key=handle.key).status == 200
        return [exchange.schedule for exchange in handle.journal]


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_the_schedule_is_told_and_exact(clock):
    speed = 1 if clock == "virtual" else 1000
    assert schedules(clock, Pace(1 / speed, 2 * speed)) == [tuple(at / speed for at in EVEN)]


def test_a_held_clock_has_the_same_schedule_before_anything_has_come():
    with fakes.serve(clock="held") as server:
        server.pace(Pace(1, 2))
        with held(server, STREAM) as connection:
            connection.recv(65536)
            assert server.journal[0].schedule == EVEN


@contextmanager
def held(server, body):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request_bytes(body))
        yield connection


def test_a_stall_is_in_the_schedule_and_a_whole_answer_has_one_entry():
    stalled = fakes.Fault("stall", event=2, seconds=60)
    assert schedules("virtual", Pace(1, 2), stalled) == [(0, 1, 1.5, 62, 62.5, 63, 63.5, 64)]
    assert schedules("virtual", Pace(1, 2), stream=False) == [(1 + 3 / 2,)]


def test_jitter_comes_from_the_seed_and_the_number_of_the_request():
    pace = Pace(1, 2, jitter=0.2)
    first, second = schedules("virtual", pace, requests=2)
    assert first == JITTERED and second != first
    assert schedules("virtual", pace, requests=2, named="other") == [first, second]
    assert schedules("virtual", pace, seed=7) != [first]


def test_the_pace_of_a_reply_goes_before_that_of_its_rule_and_that_of_the_session():
    with fakes.serve(clock="virtual") as server:
        server.pace(Pace(3))
        server.when(user="hi", turn=1).reply("a", times=1, name="plain")
        server.when(user="hi").reply(fakes.Reply("b", pace=Pace(1)), "c", pace=Pace(2), name="paced")
        for _ in range(3):
            assert ask(server, {**STREAM, "stream": False}).status == 200
        assert [(exchange.rule, exchange.schedule) for exchange in server.journal] == [
            ("plain", (3,)), ("paced", (1,)), ("paced", (2,))
        ]  # fmt: skip
