"""The rules of wire/retry.py, end to end: what a server says, and how long is waited before what is sent.

No clock is used: both backends' `sleep` writes its seconds down (exercise.py), `random` is given by the
test, and so is the time of day. Rows are for all four methods alike.
"""

from __future__ import annotations

import random
import time
import types

import pytest

from minichat import ConnectError, IncompleteStream, Limits, RateLimited, ServerError
from minichat.protocols import base

from .dialects import OPENAI
from .exercise import METHODS, ask, make_model, nothing_left
from .framing import json_reply, stream_reply
from .rows import Maker
from .server import Server, finish, request, reset, send, unlisten

pytestmark = pytest.mark.filterwarnings("error")

give_answer = Maker(OPENAI).give_answer
ERROR = {"error": {"message": "because"}}
NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


def refuse(status: int, *fields: str):
    return [request, send(json_reply(ERROR, status, *fields))]


def run(method, monkeypatch, scripts, **settings):
    """Ask a server with these scripts; give the outcome, the requests it saw and how many connections."""
    with nothing_left(), Server(scripts) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", **settings)
        outcome = ask(method, model, monkeypatch)
        server.wait_until_left()
        assert not server.unexpected, "a request too many"
        return outcome, list(server.requests), len(server.peers)


# (random number, the pauses before six retries): half a second doubling to eight, up to a quarter less
PAUSES = [
    (0.0, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]),
    (0.5, [0.4375, 0.875, 1.75, 3.5, 7.0, 7.0]),
    (1.0, [0.375, 0.75, 1.5, 3.0, 6.0, 6.0]),  # random() stays just below
]


@pytest.mark.parametrize("number, pauses", PAUSES)
@pytest.mark.parametrize("method", METHODS)
def test_pauses_double_up_to_eight_seconds_less_a_quarter_at_random(method, number, pauses, monkeypatch):
    monkeypatch.setattr(random, "random", lambda: number)
    outcome, requests, _ = run(method, monkeypatch, [refuse(500)] * 7, max_retries=6)
    assert outcome.waits == pauses
    assert type(outcome.error) is ServerError and outcome.error.attempts == len(requests) == 7


@pytest.mark.parametrize("retries", [0, 1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_max_retries_counts_the_further_attempts(method, retries, monkeypatch):
    outcome, requests, _ = run(method, monkeypatch, [refuse(503)] * (retries + 1), max_retries=retries)
    assert outcome.error.attempts == len(requests) == retries + 1
    assert len(outcome.waits) == retries


@pytest.mark.parametrize("method", METHODS)
def test_two_retries_are_made_unless_told_otherwise(method, monkeypatch):
    outcome, requests, _ = run(method, monkeypatch, [refuse(503)] * 3)
    assert outcome.error.attempts == len(requests) == 3


BACKOFF = 0.5
GIVEN_UP = None
DATED = "Date: Fri, 15 Jan 2027 07:00:00 GMT"  # the server's clock, an hour behind ours

# (header lines of a 429, what `retry_after` tells, seconds waited before the second attempt)
RETRY_AFTER = [
    (["Retry-After: 3"], 3.0, 3.0),
    (["Retry-After: 0.2"], 0.2, 0.2),
    (["Retry-After: 0"], 0.0, BACKOFF),
    (["retry-after-ms: 20"], 0.02, 0.02),
    (["retry-after-ms: 20.5"], 0.0205, 0.0205),
    (["Retry-After: 7", "retry-after-ms: 250"], 0.25, 0.25),
    (["Retry-After: 7", "retry-after-ms: soon"], 7.0, 7.0),
    ([DATED, "Retry-After: Fri, 15 Jan 2027 07:00:09 GMT"], 9.0, 9.0),
    ([DATED, "Retry-After: Fri, 15 Jan 2027 06:59:00 GMT"], 0.0, BACKOFF),
    (["Retry-After: Fri, 15 Jan 2027 08:00:30 GMT"], 30.0, 30.0),
    (["Date: yesterday", "Retry-After: Fri, 15 Jan 2027 08:00:30 GMT"], 30.0, 30.0),
    (["Retry-After: Friday, 15-Jan-27 08:00:30 GMT"], 30.0, 30.0),
    (["Retry-After: Fri, 15 Jan 2027 10:00:30 +0200"], 30.0, 30.0),
    (["Retry-After: Fri, 15 Jan 2027 08:00:30 -0000"], 30.0, 30.0),
    (["Retry-After: Fri, 15 Jan 2027 08:02:00 GMT"], 120.0, 120.0),
    (["Retry-After: Fri, 15 Jan 2027 08:02:01 GMT"], 121.0, GIVEN_UP),
    (["Retry-After: 120"], 120.0, 120.0),
    (["Retry-After: 120.5"], 120.5, GIVEN_UP),
    (["retry-after-ms: 120001"], 120.001, GIVEN_UP),
    (["Retry-After: -5"], None, BACKOFF),
    (["Retry-After: nan"], None, BACKOFF),
    (["Retry-After: inf"], None, BACKOFF),
    (["Retry-After: 1e999"], None, BACKOFF),
    (["Retry-After: in a while"], None, BACKOFF),
    (["Retry-After:"], None, BACKOFF),
    (["Retry-After: Fri, 99 Jan 2027 08:00:30 GMT"], None, BACKOFF),
    (["Retry-After: Fri, 15 Jan 99999 08:00:30 GMT"], None, BACKOFF),
    (["Retry-After: Fri, 15 Jan 2027 08:00:30 +99999999999999999999"], None, BACKOFF),
    ([f"Retry-After: Fri, 15 Jan {'9' * 5000} 08:00:30 GMT"], None, BACKOFF),
    (["Retry-After: 1", "Retry-After: 2"], None, BACKOFF),
]


@pytest.fixture
def far_from_greenwich(monkeypatch):
    monkeypatch.setenv("TZ", "FAR+07")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize("fields, told, waited", RETRY_AFTER, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("method", METHODS)
def test_a_wait_that_the_server_asks_for_is_kept_to(method, fields, told, waited, monkeypatch):
    monkeypatch.setattr(base, "time", types.SimpleNamespace(time=lambda: NOW))
    scripts = [refuse(429, *fields)] * (1 if waited is GIVEN_UP else 2)
    outcome, requests, _ = run(method, monkeypatch, scripts, max_retries=1)
    assert type(outcome.error) is RateLimited
    assert outcome.error.retry_after == (None if told is None else pytest.approx(told))
    assert outcome.error.retryable, "giving up for the length of the wait makes no error hopeless"
    assert outcome.waits == ([] if waited is GIVEN_UP else [pytest.approx(waited)])
    assert outcome.error.attempts == len(requests) == len(scripts)


@pytest.mark.parametrize("method", METHODS)
def test_how_long_a_wait_may_be_is_an_option(method, monkeypatch):
    limits = Limits(max_retry_after=5.0)
    outcome, _, _ = run(method, monkeypatch, [refuse(429, "Retry-After: 6")], limits=limits)
    assert (outcome.waits, outcome.error.retry_after) == ([], 6.0)
    scripts = [refuse(429, "Retry-After: 5"), [request, give_answer]]
    outcome, _, _ = run(method, monkeypatch, scripts, limits=limits)
    assert (outcome.waits, outcome.text) == ([5.0], OPENAI.text)


# (status, header lines, body, whether it is tried again)
SHOULD_RETRY = [
    (400, [], ERROR, False),
    (400, ["x-should-retry: true"], ERROR, True),
    (401, ["x-should-retry: TRUE"], ERROR, True),
    (500, ["x-should-retry: false"], ERROR, False),
    (429, ["x-should-retry: false", "Retry-After: 1"], ERROR, False),
    (500, ["x-should-retry: perhaps"], ERROR, True),
    (429, [], {"error": {"message": "pay", "code": "insufficient_quota"}}, False),
    (429, [], {"error": {"message": "pay", "type": "insufficient_quota"}}, False),
    (429, ["x-should-retry: true"], {"error": {"message": "pay", "code": "insufficient_quota"}}, False),
    (408, [], ERROR, True),
    (409, [], ERROR, True),
    (422, [], ERROR, False),
]


@pytest.mark.parametrize("status, fields, body, tried", SHOULD_RETRY, ids=lambda value: str(value)[:50])
@pytest.mark.parametrize("method", METHODS)
def test_whether_to_try_again_is_the_servers_word_before_the_status(method, status, fields, body, tried, monkeypatch):
    script = [request, send(json_reply(body, status, *fields))]
    outcome, requests, _ = run(method, monkeypatch, [script] * (2 if tried else 1), max_retries=1)
    assert outcome.error.retryable is tried
    assert len(requests) == (2 if tried else 1)


@pytest.mark.parametrize("method", METHODS)
def test_each_attempt_sends_the_same_request(method, monkeypatch):
    scripts = [refuse(500), [request, reset], refuse(429), [request, finish], [request, give_answer]]
    outcome, requests, _ = run(method, monkeypatch, scripts, max_retries=4)
    assert outcome.text == OPENAI.text
    assert len(requests) == 5 and len(set(requests)) == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_refusal_that_was_read_to_its_end_keeps_the_connection(method, monkeypatch):
    outcome, _, connections = run(method, monkeypatch, [refuse(500), refuse(429), [request, give_answer]])
    assert outcome.text == OPENAI.text
    assert connections == 1


@pytest.mark.parametrize("method", METHODS)
def test_the_last_attempts_error_is_the_one_that_is_raised(method, monkeypatch):
    scripts = [[request, reset], refuse(500), refuse(429, "Retry-After: 2")]
    outcome, _, _ = run(method, monkeypatch, scripts)
    assert type(outcome.error) is RateLimited
    assert (outcome.error.status, outcome.error.attempts, outcome.error.retry_after) == (429, 3, 2.0)
    scripts = [refuse(429, "Retry-After: 2"), [request, unlisten, reset]]
    outcome, _, _ = run(method, monkeypatch, scripts)
    assert type(outcome.error) is ConnectError
    assert (outcome.error.status, outcome.error.attempts, outcome.error.retry_after) == (None, 3, None)
    assert outcome.waits == [2.0, 1.0]


@pytest.mark.parametrize("given", range(1, 6))
@pytest.mark.parametrize("damage", [finish, reset], ids=["FIN", "RST"])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_tried_again_once_a_chunk_was_given(method, damage, given, monkeypatch):
    data = stream_reply(OPENAI.events(upto=given)).replace(b"0\r\n\r\n", b"")
    settings = {"streaming": True} if "invoke" in method else {}
    outcome, requests, _ = run(method, monkeypatch, [[request, send(data), damage]], max_retries=5, **settings)
    assert type(outcome.error) is IncompleteStream
    assert outcome.error.retryable, "the caller may try again"
    assert outcome.error.attempts == len(requests) == 1 and not outcome.waits
    assert outcome.error.partial.content == "".join(OPENAI.given(given))
    assert outcome.chunks == ([] if settings else list(OPENAI.given(given)))


@pytest.mark.parametrize("method", METHODS)
def test_what_a_lost_attempt_received_is_not_in_the_answer_of_the_next(method, monkeypatch):
    cut = json_reply(OPENAI.whole) if "invoke" in method else stream_reply([b": a comment, and no chunk yet\n\n"])
    outcome, _, _ = run(method, monkeypatch, [[request, send(cut[:-9]), finish], [request, give_answer]])
    assert outcome.text == OPENAI.text
    assert outcome.waits == [0.5]


@pytest.mark.parametrize("lost", [finish, reset], ids=["FIN", "RST"])
@pytest.mark.parametrize("method", METHODS)
def test_a_kept_connection_that_has_gone_is_replaced_without_an_attempt(method, lost, monkeypatch):
    """A peer may close an idle connection in the moment it is used: the request is sent once more, silently."""
    warm = [request, give_answer]
    with nothing_left(), Server([warm, [request, lost], [request, give_answer]]) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", max_retries=0)
        outcome = ask(method, model, monkeypatch, times=2)  # on one loop: the second finds the first's connection
        server.wait_until_left()
        assert len(server.requests) == 3 and len(server.peers) == 2
    assert outcome.error is None and not outcome.waits
    assert outcome.text == OPENAI.text * 2


@pytest.mark.parametrize("method", METHODS)
def test_the_silent_second_sending_is_made_once(method, monkeypatch):
    with nothing_left(), Server([[request, give_answer], [request, finish], [request, finish]]) as server:
        model = make_model(f"http://127.0.0.1:{server.port}", max_retries=0)
        outcome = ask(method, model, monkeypatch, times=2)  # on one loop: the second finds the first's connection
        server.wait_until_left()
        assert len(server.requests) == 3 and not server.unexpected
    assert outcome.error.attempts == 1 and outcome.error.retryable
    assert outcome.text == OPENAI.text
