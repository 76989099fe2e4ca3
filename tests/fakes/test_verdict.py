"""The verdict: for each kind of misbehaviour a client that does it, and one in the same trouble that is not blamed."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.error
import urllib.request

import pytest

import fakes
from fakes import Fault
from fakes.verdict.judge import KINDS, judge

from .asking import ask
from .clients import Broken, Client, reader

COMPLAINTS = (Broken, urllib.error.HTTPError)


@pytest.fixture
def server():
    with fakes.serve(clock="held") as running:
        yield running


def kinds(server, severity="fault"):
    return [finding.kind for finding in server.verdict().findings if finding.severity == severity]


def calls(client, *texts, times=1, **body):
    for text in texts or ("hi",):
        for _ in range(times):
            with contextlib.suppress(*COMPLAINTS):
                client.ask(text, **body)
    client.close()


def status(number, **settings):
    return Fault("status", status=number, **settings)


def no_wait(seconds):
    pass


# -- one kind after the other: trouble, the bad client, what is found, and the good client -----------------------------

TROUBLES = {
    "400 again": ([status(400)], {"retries_all": True}, "retried_final", "the same request again 2 times after 400"),
    "401 again": ([status(401)], {"retries_all": True}, "retried_final", "again 2 times after 401"),
    "too early": ([status(429, retry_after=30, times=1)], {"obeys": False}, "ignored_retry_after", "which said to wait 30 s"),
    "too early after 503": ([status(503, retry_after=2, times=1)], {"obeys": False}, "ignored_retry_after", "after 503, which said to wait 2 s"),
    "at once": ([status(503, times=5)], {"retries": 5, "waits": no_wait}, "no_backoff", " times at once, at most 0.0"),
    "always the same wait": ([status(500, times=4)], {"retries": 4, "grows": False, "first": 1.0}, "no_backoff", "the waits before 4 retries do not grow: 1.000, 1.000"),
    "without end": ([status(502, times=15)], {"retries": 20}, "retry_storm", "retried one request 15 times"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TROUBLES))
def test_a_client_that_retries_badly_is_blamed(server, name):
    faults, policy, kind, text = TROUBLES[name]
    server.fault(*faults)
    calls(Client(server, **policy))
    verdict = server.verdict()
    assert [one.kind for one in verdict.findings] == [kind], str(verdict)
    assert text in verdict.findings[0].text
    assert not verdict.ok


@pytest.mark.parametrize("name", sorted(TROUBLES))
def test_a_client_that_retries_well_is_not(server, name):
    server.fault(*TROUBLES[name][0])
    calls(Client(server))
    assert server.verdict().findings == []


@pytest.mark.parametrize("number", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_be_retried_may_be_retried(server, number):
    server.fault(status(number, times=1))
    calls(Client(server, retries_all=True))
    assert [one.status for one in server.journal] == [number, 200]
    assert server.verdict().findings == []


@pytest.mark.parametrize("number", [400, 401, 402, 403, 404, 413, 422])
def test_what_must_not_be_retried_must_not(server, number):
    server.fault(status(number, times=1))
    calls(Client(server, retries_all=True))
    assert kinds(server) == ["retried_final"]


@pytest.mark.parametrize(("number", "should", "found"), [(400, "true", []), (503, "false", ["retried_final"])])
def test_the_answer_itself_may_say_whether_to_retry(server, number, should, found):
    server.fault(status(number, times=1, headers={"x-should-retry": should}))
    calls(Client(server, retries_all=True))
    assert kinds(server) == found


def test_one_retry_at_once_is_a_hint(server):
    server.fault(status(503, times=1))
    calls(Client(server, waits=no_wait))
    verdict = server.verdict()
    # On a machine that took longer than the limit between the two it is nothing.
    assert verdict.ok and [one.kind for one in verdict.findings] in ([], ["no_backoff"])


def test_a_wait_is_measured_on_the_real_clock_too():
    with fakes.serve() as server:
        server.fault(status(429, retry_after=0.05, times=2))
        calls(Client(server, waits=threading.Event().wait))
        assert server.verdict().findings == []
        server.reset()
        server.fault(status(429, retry_after=600, times=2, skip=0))
        calls(Client(server, waits=no_wait))
        assert kinds(server) == ["ignored_retry_after"] * 2


def test_a_client_that_really_sleeps_under_a_virtual_clock_is_not_blamed():
    with fakes.serve(clock="virtual") as server:
        server.fault(status(429, retry_after=0.1, times=1))
        calls(Client(server, waits=threading.Event().wait))
        assert server.verdict().findings == []


def test_a_whole_answer_that_is_asked_for_twice_is_nobodys_business(server):
    calls(Client(server), times=3)
    assert server.verdict().findings == []


@pytest.mark.parametrize("again", [{"x-stainless-retry-count": "1"}, {"idempotency-key": "one"}])
def test_a_whole_answer_that_the_client_itself_says_it_retries_is(server, again):
    first = {"idempotency-key": "one"}
    body = {"model": "fake-hello", "messages": [{"role": "user", "content": "hi"}]}
    ask(server, body, headers=first)
    ask(server, body, headers=again)
    assert [(one.kind, one.exchanges) for one in server.verdict().findings] == [("retried_final", (1, 2))]


def test_a_call_that_says_it_is_new_is_no_retry(server):
    server.fault(status(400, times=2))
    for _ in range(2):
        calls(Client(server, headers={"x-stainless-retry-count": "0"}))
    assert server.verdict().findings == []


def test_a_call_after_a_failure_that_was_reported_is_no_retry(server):
    server.fault(status(400))
    client = Client(server, tells=lambda raised, completed: server.report(raised=raised, completed=None))
    calls(client, times=2)
    assert len(server.journal) == 2 and server.verdict().findings == []


def test_parallel_calls_of_the_same_text_are_not_taken_for_retries(server):
    server.fault(status(503, times=4))
    begun = threading.Barrier(4)

    def call():
        client = Client(server, retries=0)
        begun.wait()
        with pytest.raises(urllib.error.HTTPError):
            client.ask("hi")
        begun.wait()  # as with a pool, the connections stay
        client.close()

    together(call, 4)
    assert len(server.journal) == 4 and server.verdict().findings == []


def test_callers_that_share_a_connection_and_a_text_are_not_taken_for_one_that_hurries(server):
    server.fault(status(503, times=4))
    callers = Client(server, retries=0)  # four threads of a pool that take the connection in turn
    for _ in range(4):
        with pytest.raises(urllib.error.HTTPError):
            callers.ask("hi")
    server.advance(0.5)
    for _ in range(4):
        callers.ask("hi")
    callers.close()
    assert [one.status for one in server.journal] == [503] * 4 + [200] * 4
    assert server.verdict().findings == []


def test_a_retry_that_may_be_that_of_another_call_is_not_too_early(server):
    server.fault(status(429, retry_after=5, times=2))
    line = Client(server, retries=0)  # the connection of a pool, and two callers
    for seconds in (4.9, 0.1, 5):
        with contextlib.suppress(urllib.error.HTTPError):
            line.ask("hi")  # one at 0, the other at 4.9; the first comes back at 5, the other at 10
        server.advance(seconds)
    line.ask("hi")
    line.close()
    assert [round(one.at, 1) for one in server.journal] == [0.0, 4.9, 5.0, 10.0]
    assert [one.status for one in server.journal] == [429, 429, 200, 200]
    assert server.verdict().findings == []


def test_retries_that_say_which_they_are_belong_to_the_right_call(server):
    server.fault(status(429, retry_after=5, times=2))
    body = {"model": "fake-hello", "messages": [{"role": "user", "content": "hi"}]}
    for count, seconds in (("0", 4.9), ("0", 0.1), ("1", 4.9), ("1", 0)):
        ask(server, body, headers={"x-stainless-retry-count": count})
        server.advance(seconds)
    assert server.verdict().findings == []
    server.reset()
    for count, seconds in (("0", 4.9), ("0", 0.1), ("1", 1.0), ("1", 0)):
        ask(server, body, headers={"x-stainless-retry-count": count})
        server.advance(seconds)
    verdict = server.verdict()
    assert [(one.kind, one.exchanges) for one in verdict.findings] == [("ignored_retry_after", (2, 4))], str(verdict)


def together(call, count):
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("pause", "found"), [(0.0, ["retry_storm"]), (0.5, [])])
def test_many_clients_that_come_back_in_the_same_moment_are_a_storm(server, pause, found):
    server.fault(status(503, times=8))
    failed = threading.Barrier(8)

    def call(number):
        client = Client(server, retries=0)
        with pytest.raises(urllib.error.HTTPError):
            client.ask(f"question {number}")
        failed.wait()
        if pause:
            server.advance(pause)
        client.ask(f"question {number}")
        client.close()

    numbers = iter(range(8))
    together(lambda: call(next(numbers)), 8)
    assert kinds(server) == found
    if found:
        assert " retries came at the same moment over " in str(server.verdict())


# -- streams that broke off --------------------------------------------------------------------------------------------

CUTS = {
    "cut": Fault("cut", event=2),
    "reset": Fault("reset", event=2),
    "end": Fault("end", event=2),
    "error": Fault("error_event", event=2, status=500),
}


@pytest.mark.parametrize("name", sorted(CUTS))
def test_a_truncated_stream_that_the_client_calls_whole_is_a_fault(server, name):
    server.fault(CUTS[name])
    if name == "reset":  # no client of http.client can overlook that one; so it says so without having looked
        calls(Client(server, retries=0), stream=True)
        server.report(completed=True)
    else:
        told = Client(server, minds=False, tells=lambda raised, completed: server.report(completed=completed))
        calls(told, stream=True)
    assert kinds(server) == ["took_truncated"]
    assert "the client says that it completed" in str(server.verdict())


@pytest.mark.parametrize("name", sorted(CUTS))
def test_a_client_that_raises_says_so_and_one_that_retries_are_not_blamed(server, name):
    server.fault(CUTS[name])
    calls(Client(server, retries=0, tells=lambda raised, completed: server.report(raised=raised)), stream=True)
    assert server.verdict().findings == []
    with server_that_cuts_once(CUTS[name]) as other:
        calls(Client(other), stream=True)
        assert [one.truncated for one in other.journal] == [True, False]
        assert other.verdict().findings == []


@contextlib.contextmanager
def server_that_cuts_once(fault):
    once = Fault(fault.kind, event=fault.event, times=1, **({"status": 500} if fault.status else {}))
    with fakes.serve(clock="held") as server:
        server.fault(once)
        yield server


def test_without_any_report_a_truncated_stream_is_a_hint(server):
    server.fault(CUTS["cut"])
    calls(Client(server, retries=0, minds=False), stream=True)
    verdict = server.verdict()
    assert verdict.ok and [(one.kind, one.severity) for one in verdict.findings] == [("took_truncated", "hint")]
    assert "is unknown, since it reports nothing" in str(verdict)


def test_who_reports_of_other_answers_and_is_silent_about_a_truncated_one_took_it_for_whole(server):
    server.fault(Fault("cut", event=2, skip=1))
    calls(Client(server, retries=0, tells=lambda raised, completed: server.report(completed=completed)), "first")
    calls(Client(server, retries=0, minds=False), "second", stream=True)
    assert [(one.kind, one.exchanges) for one in server.verdict().findings] == [("took_truncated", (2,))]


def test_a_client_that_hung_up_took_nothing_for_whole():
    with fakes.serve(clock="held") as server:
        server.fault(Fault("hang", event=2))
        reader(server, "hi").close()
        server.wait_for(lambda: server.journal and server.journal[0].hung_up)
        assert server.verdict().findings == []


# -- connections -------------------------------------------------------------------------------------------------------


def urllib_client(server):
    """What the standard library's own client does: a connection for each request."""
    for number in range(12):
        body = json.dumps({"model": "fake-hello", "messages": [{"role": "user", "content": str(number)}]}).encode()
        request = urllib.request.Request(
            server.url("openai") + "/chat/completions", body, {"authorization": "Bearer k"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request, timeout=10).read()


def test_a_connection_for_each_request_is_a_fault(server):
    urllib_client(server)
    verdict = server.verdict()
    assert [one.kind for one in verdict.findings] == ["no_reuse"]
    assert "opened 11 new connections to openai while another one was free" in str(verdict)


def test_one_connection_for_all_is_none(server):
    calls(Client(server), *map(str, range(12)))
    assert server.journal[-1].connection == 1
    assert server.verdict().findings == []


def test_parallel_requests_need_connections_of_their_own():
    with fakes.serve(clock="held") as server:
        server.fault(Fault("stall", at="start", seconds=1))
        clients = [reader(server, str(number)) for number in range(12)]
        server.wait_for(lambda: len(server.journal) == 12)
        server.advance(1)
        server.wait_for(lambda: all(one.ended for one in server.journal))
        for client in clients:
            client.close()
        assert server.verdict().findings == []


def test_connections_that_were_idle_for_long_need_not_be_used_again(server):
    client = Client(server)
    for number in range(12):
        calls(client, str(number))
        server.advance(10)
    assert server.journal[-1].connection == 12
    assert server.verdict().findings == []


def test_a_connection_that_an_error_ended_need_not_be_used_again(server):
    server.fault(status(400))
    for number in range(12):
        calls(Client(server), str(number))
    assert server.verdict().findings == []


# -- streams that were given up ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [{"cancelled": True}, {"raised": "TimeoutError: too slow"}])
def test_a_stream_that_was_given_up_and_left_open_is_a_fault(server, said):
    server.fault(Fault("hang", event=1))
    connection = reader(server, "hi")
    server.wait_for(lambda: server.journal)
    server.report(**said)
    assert kinds(server) == ["left_open"]
    connection.close()
    server.wait_for(lambda: server.journal[0].hung_up)
    assert server.verdict().findings == []


def test_a_stream_that_was_cancelled_and_read_to_its_end_is_a_fault(server):
    server.fault(Fault("stall", event=2, seconds=60))
    connection = reader(server, "hi")
    server.wait_for(lambda: server.journal)
    server.report(cancelled=True)
    server.advance(60)
    server.wait_for(lambda: server.journal[0].ended)
    verdict = server.verdict()
    assert [one.kind for one in verdict.findings] == ["left_open"]
    assert "was still sent the answer 60.000 s after it was cancelled" in str(verdict)
    connection.close()


def test_a_stream_that_is_still_read_is_a_hint(server):
    server.fault(Fault("hang", event=1))
    connection = reader(server, "hi")
    server.wait_for(lambda: server.journal)
    assert kinds(server) == [] and kinds(server, "hint") == ["left_open"]
    connection.close()


def test_a_client_that_asks_again_and_keeps_the_old_answer_open_is_blamed(server):
    server.fault(Fault("hang", at="headers", times=1))
    connection = reader(server, "hi")
    server.wait_for(lambda: server.journal)
    body = {"model": "fake-hello", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    ask(server, body, headers={"x-stainless-retry-count": "1"})
    assert kinds(server) == ["left_open"]
    connection.close()


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_a_secret_in_a_url_is_a_fault(server):
    calls(Client(server, query="api_key=sk-fake-very-secret"))
    verdict = server.verdict()
    assert [one.kind for one in verdict.findings] == ["secret_in_url"]
    assert "very-secret" not in str(verdict) + json.dumps(verdict.as_json())


def test_the_key_in_a_query_as_gemini_documents_it_is_a_hint(server):
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    ask(server, body, path="/gemini/v1beta/models/fake-hello:generateContent?key=AIza-secret-secret", key=None)
    assert server.journal[0].status == 200
    assert kinds(server) == [] and kinds(server, "hint") == ["secret_in_url"]
    ask(server, body, path="/gemini/v1beta/models/fake-hello:generateContent?access_token=AIza-secret-secret", key=None)
    assert kinds(server) == ["secret_in_url"]


def test_a_key_in_a_header_is_as_it_should_be(server):
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    path = "/gemini/v1beta/models/fake-hello:generateContent?alt=json&pageToken=x"
    ask(server, body, path=path, key=None, headers={"x-goog-api-key": "AIza-secret-secret"})
    assert server.verdict().findings == []


# -- the verdict itself ------------------------------------------------------------------------------------------------


def test_the_verdict_in_words_and_as_json(server):
    assert str(server.verdict()) == "verdict: clean, 0 requests judged"
    server.fault(status(400))
    calls(Client(server, retries_all=True, query="token=abc"))
    verdict = server.verdict()
    assert str(verdict) == (
        "verdict: 2 faults, 3 requests judged\n"
        "  fault: retried_final: sent the same request again 2 times after 400 (requests 1, 2, 3)\n"
        "  fault: secret_in_url: a secret is in the URL of /openai/v1/chat/completions (requests 1, 2, 3)"
    )
    told = json.loads(json.dumps(verdict.as_json()))
    assert (told["ok"], told["judged"], told["missing"]) == (False, 3, 0)
    assert told["findings"][0] == {
        "kind": "retried_final", "severity": "fault", "exchanges": [1, 2, 3], "session": "",
        "text": "sent the same request again 2 times after 400",
    }  # fmt: skip
    assert [one.kind for one in verdict.of("secret_in_url")] == ["secret_in_url"] and verdict.of("left_open") == []
    with pytest.raises(ValueError, match="no 'oops'; there are retried_final"):
        verdict.of("oops")


def test_every_kind_says_what_it_means():
    assert list(KINDS) == [
        "retried_final", "ignored_retry_after", "no_backoff", "retry_storm", "took_truncated", "no_reuse", "left_open",
        "secret_in_url",
    ]  # fmt: skip
    assert all(KINDS.values())


def test_sessions_are_judged_each_for_itself(server):
    one, two = server.session("one"), server.session("two")
    for session in (one, two):
        session.fault(status(400))
    calls(Client(server, key=one.key, retries_all=True, waits=no_wait))
    calls(Client(server, key=two.key))
    assert [(f.kind, f.session) for f in one.verdict().findings] == [("retried_final", "one")]
    assert two.verdict().findings == [] and server.verdict().findings == []
    both = judge([*one.journal, *two.journal])
    assert [(f.kind, f.session) for f in both.findings] == [("retried_final", "one")]


def test_what_the_journal_no_longer_has_is_told(server):
    for number in range(1_003):
        ask(server, b"x", path="/openai/v1/files", key="k") if number % 100 else calls(Client(server), str(number))
    assert "not judged: 3 requests that the journal no longer has" in str(server.verdict())


def test_a_report_about_nothing_is_refused(server):
    with pytest.raises(ValueError, match="say what it raised"):
        server.report()
    with pytest.raises(ValueError, match="no request that nothing was said of"):
        server.report(completed=True)
    calls(Client(server))
    with pytest.raises(ValueError, match="the journal has no request 2"):
        server.report(completed=True, exchange=2)
    server.report(raised=RuntimeError("with Bearer sk-live-0123456789abcdef"), exchange=1)
    assert "0123456789" not in repr(server._session.reports)


def test_reports_without_a_number_are_about_what_was_spoilt(server):
    server.fault(Fault("cut", event=2))
    calls(Client(server, retries=0, minds=False), stream=True)
    kept = server.journal
    assert [f.severity for f in judge(kept).findings] == ["hint"]
    assert judge(kept, [{"raised": "Broken"}]).findings == []
    assert [f.severity for f in judge(kept, [{"completed": True}]).findings] == ["fault"]
    assert judge(kept, [{"completed": False}]).findings == []


def test_a_client_that_closes_with_a_reset_is_heard(server):
    server.fault(Fault("hang", event=1))
    connection = reader(server, "hi")
    server.wait_for(lambda: server.journal)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
    server.report(cancelled=True)
    assert server.verdict().findings == []  # the verdict waits a moment for the news
