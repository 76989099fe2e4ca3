"""What a test may get wrong about the fake: the error names the argument, and says what it takes."""

from __future__ import annotations

import pytest

import fakes
from fakes import Error, Pace, Quota, Reply, Usage
from tests.fakes.asking import MESSAGES, ask

NAN = float("nan")
MADE = [
    (lambda: fakes.serve(port="a"), ValueError, "port: is a whole number from 0 (a free one) to 65535, not 'a'"),
    (lambda: fakes.serve(port=-1), ValueError, "port: is a whole number"),
    (lambda: fakes.serve(port=65536), ValueError, "port: is a whole number"),
    (lambda: fakes.serve(host=3), TypeError, "host: takes a text, not 3"),
    (lambda: fakes.serve("script.json"), TypeError, "replies: takes a list of replies, not str; a script, or its file"),
    (lambda: fakes.serve({"rules": []}), TypeError, "replies: takes a list of replies, not dict"),
    (lambda: fakes.serve(3), TypeError, "replies: takes a list of replies, not int"),
    (lambda: Reply(None), TypeError, "parts: takes a text or a list of parts, not None"),
    (lambda: Reply(fakes.Text("x")), TypeError, "parts: takes a text or a list of parts, not Text(text='x')"),
    (lambda: Reply("x", usage={"input": 1}), TypeError, "usage takes Usage(input, output), not dict"),
    (lambda: Reply("x", usage=Usage(-1, 2)), ValueError, "usage.input is a whole number from 0, not -1"),
    (lambda: Reply("x", usage=Usage(1, NAN)), ValueError, "usage.output is a whole number from 0, not nan"),
    (lambda: Reply("x", usage=Usage(1, 2, cache_read="a")), ValueError, "usage.cache_read is a whole number"),
]
GIVEN = [
    (lambda server: server.reply(Error("429")), TypeError, "status: must be a whole number, not '429'"),
    (lambda server: server.reply(Error(200)), ValueError, "status: a refusal has one from 400 to 599, not 200"),
    (lambda server: server.when().reply(Error(999)), ValueError, "status: is a status"),
    (lambda server: server.reply(Error(429, retry_after="soon")), TypeError, "retry_after: must be a number"),
    (lambda server: server.reply(Error(429, retry_after=NAN)), ValueError, "retry_after: is a number from 0"),
    (lambda server: server.reply(Error(429, message=3)), TypeError, "message: must be a text"),
    (lambda server: server.reply(Error(429, headers="a")), TypeError, "headers: must be pairs of texts or a mapping"),
    (lambda server: server.reply(Error(429, headers=(("a b", "c"),))), ValueError, "headers: is no HTTP header"),
    (lambda server: server.reply(Error(429, body=3)), TypeError, "body: must be a text or bytes"),
    (lambda server: server.quota({"requests_per_minute": 1}), TypeError, "quota: takes Quota(...) or None, not dict"),
    (lambda server: server.quota(Quota(requests_per_minute=0)), ValueError, "quota.requests_per_minute is a whole"),
    (lambda server: server.pace(3), TypeError, "pace: takes Pace(...) or None, not int"),
    (lambda server: server.pace(Pace(first_token=NAN)), ValueError, "pace.first_token is a number of seconds"),
    (lambda server: server.fault("cut"), TypeError, "faults takes Fault, not str"),
    (lambda server: server.advance("3"), TypeError, "seconds is a number, not '3'"),
    (lambda server: server.session(3), TypeError, "name: takes a text, not 3"),
    (lambda server: server.assert_order("user"), TypeError, "assert_order: takes mappings of conditions"),
    (lambda server: server.when(usr="x").reply("y"), ValueError, "usr: no such condition; did you mean 'user'?"),
]


@pytest.mark.parametrize("make, kind, told", MADE)
def test_what_cannot_be_meant_is_named_where_it_is_made(make, kind, told):
    with pytest.raises(kind) as caught:
        make()
    assert told in str(caught.value)


@pytest.mark.parametrize("give, kind, told", GIVEN)
def test_what_cannot_be_meant_is_named_where_it_is_given(give, kind, told):
    with fakes.serve(clock="virtual") as server, pytest.raises(kind) as caught:
        give(server)
    assert told in str(caught.value)


def test_the_host_that_has_no_address_is_named():
    with pytest.warns(RuntimeWarning), pytest.raises(OSError, match="host: there is no address for 'nobody.invalid'"):
        fakes.serve(host="nobody.invalid")


def test_an_error_of_a_function_is_looked_at_as_one_that_is_given():
    with fakes.serve([lambda asked: Error(200)]) as server:
        assert ask(server, {"model": "m", "messages": MESSAGES}).status == 500
        assert "gave an Error that cannot be meant: status: a refusal has one" in server.problems[0]


def test_headers_that_can_be_read_once_are_sent():
    with fakes.serve([Error(429, headers=zip(["x-mine"], ["1"]))]) as server:
        assert dict(ask(server, {"model": "m", "messages": MESSAGES}).headers)["x-mine"] == "1"


def test_an_error_takes_its_headers_as_a_fault_does():
    with fakes.serve([Error(503, headers={"x-more": "1"}, body="no")]) as server:
        refused = ask(server, {"model": "m", "messages": MESSAGES})
    assert (refused.status, refused.headers["x-more"], refused.body) == (503, "1", b"no")
