"""What a fault may say, and which answers it strikes: the settings alone, then the order of things on a server."""

from __future__ import annotations

import pytest

import fakes
from fakes import Error, Fault, Reply
from fakes.faults import KINDS

from .asking import MESSAGES, ask
from .wire import DIALECTS, exchange

GOOD = [
    dict(kind="status", status=429, retry_after=2, message="m", type="t", code="c", headers={"a": "b"}, times=2),
    dict(kind="status", status=200, body=b"odd", every=3),
    dict(kind="status", status=599, body="odd", rate=0.5, skip=1),
    dict(kind="cut"),
    dict(kind="cut", byte=0),
    dict(kind="cut", at="start"),
    dict(kind="reset", event=-1),
    dict(kind="reset", at="headers"),
    dict(kind="end", byte=7),
    dict(kind="split", byte=5),
    dict(kind="split", byte=[1, 2, 3]),
    dict(kind="split", size=1),
    dict(kind="trickle"),
    dict(kind="slow_headers", seconds=0.5),
    dict(kind="duplicate", event=0),
    dict(kind="reorder", event=0),
    dict(kind="malformed", event=-1),
    dict(kind="error_event", event=2, status=529, message="m", type="t", code="c"),
    dict(kind="content_length", by=-5),
    dict(kind="gzip"),
    dict(kind="hang", at="headers"),
    dict(kind="stall", seconds=60, byte=0),
]


@pytest.mark.parametrize("settings", GOOD)
def test_a_fault_is_what_was_said(settings):
    fault = Fault(**settings)
    for name, value in settings.items():
        expected = ((value,) if isinstance(value, int) else tuple(value)) if settings["kind"] == "split" and name == "byte" else value
        assert getattr(fault, name) == expected
    assert eval(repr(fault), {"Fault": Fault}).__class__ is Fault


def test_every_kind_is_tried_here():
    assert {settings["kind"] for settings in GOOD} == set(KINDS)


WRONG = [
    (dict(kind="melt"), ValueError, "kind: no fault 'melt'; there are status, cut, reset"),
    (dict(kind="status"), ValueError, "status: a 'status' fault needs it"),
    (dict(kind="status", status=199), ValueError, "status: is a status from 200 to 599, not 199"),
    (dict(kind="status", status=600), ValueError, "status: is a status"),
    (dict(kind="status", status="429"), TypeError, "status: must be a whole number, not '429'"),
    (dict(kind="status", status=429, byte=1), ValueError, "byte: a 'status' fault takes body, code, every"),
    (dict(kind="status", status=429, retry_after=-1), ValueError, "retry_after: is a number from 0"),
    (dict(kind="status", status=429, headers=[("a", "b")]), TypeError, "headers: must be a mapping of texts"),
    (dict(kind="status", status=429, headers={"a": 1}), TypeError, "headers: must be a mapping of texts"),
    *[
        (dict(kind="status", status=429, headers={name: text}), ValueError, "headers: is no HTTP header")
        for name, text in [("a", "1\r\nb: 2"), ("a\n", "1"), ("a b", "1"), ("", "1"), ("a:", "1"), ("a", "…"), ("a", "\0")]
    ],
    (dict(kind="status", status=429, body={"a": 1}), TypeError, "body: must be a text or bytes"),
    (dict(kind="status", status=429, message=1), TypeError, "message: must be a text"),
    (dict(kind="cut", byte=-1), ValueError, "byte: is a whole number from 0, not -1"),
    (dict(kind="cut", byte=1.0), TypeError, "byte: must be a whole number"),
    (dict(kind="cut", byte=[1]), TypeError, "byte: must be a whole number"),
    (dict(kind="cut", byte=True), TypeError, "byte: must be a whole number"),
    (dict(kind="cut", byte=1, event=1), ValueError, "byte: give one place: byte, event or at"),
    (dict(kind="cut", at="middle"), ValueError, 'at: is "start" or "headers", not \'middle\''),
    (dict(kind="end", at="start"), ValueError, "at: a 'end' fault takes byte, event, every"),
    (dict(kind="cut", seconds=1), ValueError, "seconds: a 'cut' fault takes"),
    (dict(kind="split"), ValueError, "byte: a 'split' fault needs byte or size"),
    (dict(kind="split", byte=1, size=1), ValueError, "byte: a 'split' fault needs byte or size"),
    (dict(kind="split", byte=0), ValueError, "byte: is a whole number from 1"),
    (dict(kind="split", byte=[]), ValueError, "byte: is one or more offsets from 1"),
    (dict(kind="split", byte=[0, 1]), ValueError, "byte: is one or more offsets from 1"),
    (dict(kind="split", size=0), ValueError, "size: is a whole number from 1"),
    (dict(kind="stall"), ValueError, "seconds: a 'stall' fault needs it"),
    (dict(kind="stall", seconds=float("inf")), ValueError, "seconds: is a number from 0"),
    (dict(kind="stall", seconds=float("nan")), ValueError, "seconds: is a number from 0"),
    (dict(kind="stall", seconds="1"), TypeError, "seconds: must be a number"),
    (dict(kind="duplicate"), ValueError, "event: a 'duplicate' fault needs it"),
    (dict(kind="content_length"), ValueError, "by: a 'content_length' fault needs it"),
    (dict(kind="content_length", by=0), ValueError, "by: is not 0"),
    (dict(kind="gzip", times=0), ValueError, "times: is a whole number from 1, not 0"),
    (dict(kind="gzip", every=0), ValueError, "every: is a whole number from 1"),
    (dict(kind="gzip", skip=-1), ValueError, "skip: is a whole number from 0"),
    (dict(kind="gzip", rate=1.1), ValueError, "rate: is a number from 0 to 1, not 1.1"),
    (dict(kind="gzip", rate=True), TypeError, "rate: must be a number"),
]


@pytest.mark.parametrize("settings, error, text", WRONG)
def test_a_fault_that_cannot_be_meant_is_refused_by_name(settings, error, text):
    with pytest.raises(error) as caught:
        Fault(**settings)
    assert str(caught.value).startswith(text)


# The schedule, and which of the answers 1 to 12 are struck; the chances are 0.0, 0.1, 0.2 and so on.
STRUCK = [
    ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ({"times": 2}, [1, 2]),
    ({"skip": 3, "times": 2}, [4, 5]),
    ({"every": 3}, [3, 6, 9, 12]),
    ({"every": 3, "times": 2}, [3, 6]),
    ({"every": 3, "skip": 1}, [4, 7, 10]),
    ({"rate": 0.35}, [1, 2, 3, 4]),
    ({"rate": 0}, []),
    ({"rate": 1, "times": 3}, [1, 2, 3]),
    ({"rate": 0.45, "every": 2}, [2, 4]),
    ({"rate": 0.35, "times": 6, "skip": 2}, [3, 4]),
]


@pytest.mark.parametrize("schedule, numbers", STRUCK)
def test_a_schedule_says_which_answers_are_struck(schedule, numbers):
    fault = Fault("cut", **schedule)
    assert [number for number in range(1, 13) if fault.strikes(number, lambda: (number - 1) / 10)] == numbers


HI = {"model": "fake-hello", "messages": MESSAGES}


def statuses(server, count, *, key="sk-test", **body):
    return [ask(server, {**HI, **body}, key=key).status for _ in range(count)]


def test_a_status_comes_so_many_times_with_its_words_and_retry_after():
    with fakes.serve(["the reply"]) as server:
        server.fault(Fault("status", status=503, times=2, message="Come back.", code="busy", retry_after=7, headers={"x-mine": "1"}))
        first = ask(server, HI)
        assert (first.status, first.error["message"], first.error["code"]) == (503, "Come back.", "busy")
        assert (first.headers["retry-after"], first.headers["x-mine"]) == ("7", "1")
        assert statuses(server, 1) == [503]
        assert ask(server, HI).message["content"] == "the reply"  # not used up by the refusals
        assert [exchange.faults for exchange in server.journal] == [("status 503",), ("status 503",), ()]
        assert [exchange.retry_after for exchange in server.journal] == [7, 7, None]
        assert not server.unused() and not server.problems


def test_a_status_may_have_a_body_of_its_own():
    with fakes.serve() as server:
        server.fault(Fault("status", status=502, body="<html>bad gateway</html>", times=1))
        assert ask(server, HI).body == b"<html>bad gateway</html>"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_headers_of_a_status_stand_for_the_providers_own(dialect):
    with fakes.serve() as server:
        given = {"Content-Type": "text/html", "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}
        server.fault(Fault("status", status=502, body="<html>", headers=given, retry_after=3))
        lines = exchange(server, dialect).head.decode().lower().split("\r\n")
    told = [line for line in lines if line.startswith(("content-type:", "retry-after:"))]
    assert sorted(told) == ["content-type: text/html", "retry-after: wed, 21 oct 2026 07:28:00 gmt"]


def test_every_kth_answer_fails():
    with fakes.serve() as server:
        server.fault(Fault("status", status=500, every=3, skip=1))
        assert statuses(server, 10) == [200, 200, 200, 500, 200, 200, 500, 200, 200, 500]


# Literal, for every machine and run: the answers of 30 that fail at a rate of 0.3 under seeds 0 and 1.
PATTERNS = {0: "x..xxx.x.x.x...........x.....x", 1: ".........xx.x...x.xxx.xx...xx."}


@pytest.mark.parametrize("seed", PATTERNS)
def test_a_rate_is_seeded_and_the_same_after_a_reset_and_in_every_session(seed):
    with fakes.serve(seed=seed) as server:
        server.fault(Fault("status", status=500, rate=0.3))
        for key in ("sk-test", "sk-fake-other"):
            for _ in range(2):
                got = "".join("x" if status == 500 else "." for status in statuses(server, 30, key=key))
                assert got == PATTERNS[seed]
                server.reset()


def test_faults_of_session_rule_and_reply_act_together_and_each_counts_its_own_answers():
    with fakes.serve() as server:
        server.fault(Fault("duplicate", event=0, every=2))
        reply = Reply("Hello there", faults=[Fault("malformed", event=1)])
        server.when(user="hi").reply(reply, "second", "third", faults=Fault("trickle", skip=1))
        for _ in range(3):
            assert ask(server, {**HI, "stream": True}).status == 200
        assert [exchange.faults for exchange in server.journal] == [
            ("malformed event 1",), ("duplicate event 0", "trickle"), ("trickle",)
        ]  # fmt: skip


def test_a_fault_of_a_reply_waits_for_the_reply():
    with fakes.serve([Reply("cut short", faults=[Fault("cut", times=1)]), "whole"]) as server:
        server.fault(Fault("status", status=500, times=1))
        assert statuses(server, 1) == [500]  # whole, with nothing of the reply's
        with pytest.raises(Exception, match="IncompleteRead"):
            ask(server, HI)
        assert ask(server, HI).message["content"] == "whole"
        assert [exchange.faults for exchange in server.journal] == [("status 500",), ("cut",), ()]


def test_a_reply_can_fail_before_it_is_given():
    with fakes.serve([Reply("at last", faults=[Fault("status", status=529, times=2)])]) as server:
        assert statuses(server, 3) == [529, 529, 200]


@pytest.mark.parametrize("error", [Error(429, retry_after=1), Error(500, body=b'{"error":"half')])
def test_a_scripted_error_can_be_cut_too(error):
    with fakes.serve([error]) as server:
        server.fault(Fault("cut"))
        with pytest.raises(Exception, match="IncompleteRead"):
            ask(server, HI)
        (exchange,) = server.journal
        assert (exchange.status, exchange.faults, exchange.truncated, exchange.ended) == (error.status, ("cut",), True, "cut")


def test_a_fault_that_has_no_place_is_a_problem_of_the_session_and_the_answer_goes_out():
    with fakes.serve() as server:
        server.fault(Fault("error_event", event=1), Fault("cut", byte=100_000))
        assert ask(server, HI).status == 200
        assert server.problems == [
            "request 1: the answer has no place for the fault error_event event 1",
            "request 1: the answer has no place for the fault cut byte 100000",
        ]
        assert server.journal[0].faults == ()


def test_what_is_no_fault_is_refused():
    with fakes.serve() as server:
        for wrong in ("cut", [{"kind": "cut"}], 5):
            with pytest.raises(TypeError, match="faults takes Fault"):
                server.when(user="x").reply("y", faults=wrong)
