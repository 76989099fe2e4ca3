"""The metrics: their form as Prometheus reads it, and that each counts what it says."""

from __future__ import annotations

import http.client
import re
import socket
import threading

import pytest

import fakes
from fakes import Fault, Pace

from .asking import MESSAGES, ask, chat, request_bytes

HELP = re.compile(r"# HELP (fakes_[a-z_]+) \S.*")
TYPE = re.compile(r"# TYPE (fakes_[a-z_]+) (counter|gauge)")
SAMPLE = re.compile(r'(fakes_[a-z_]+)(\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? ([0-9]+)')


def metrics(server):
    """Read the metrics strictly: name with its labels -> value."""
    got = ask(server, method="GET", path="/__fakes/metrics", key=None)
    assert got.status == 200 and got.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = got.body.decode()
    assert text.endswith("\n")
    found, typed, name = {}, set(), ""
    for line in text[:-1].split("\n"):
        if HELP.fullmatch(line):
            name = HELP.fullmatch(line).group(1)
            assert name not in typed
        elif TYPE.fullmatch(line):
            told, kind = TYPE.fullmatch(line).groups()
            assert told == name and (kind == "counter") == name.endswith("_total")
            typed.add(name)
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample is not None and sample.group(1) == name in typed, line
            assert name + (sample.group(2) or "") not in found
            found[name + (sample.group(2) or "")] = int(sample.group(3))
    return found


def requests(provider, api, status):
    return f'fakes_requests_total{{provider="{provider}",api="{api}",status="{status}"}}'


def test_nothing_has_happened_yet():
    with fakes.serve() as server:
        found = metrics(server)
        assert found.pop("fakes_connections_total") == found.pop("fakes_connections_open") == 1  # the one that asks
        assert found.pop("fakes_sessions") == 1
        assert set(found.values()) == {0} and not any(name.startswith("fakes_requests") for name in found)


def test_requests_are_counted_by_provider_api_and_status(server):
    hi = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    for _ in range(3):
        chat(server)
    chat(server, stream=True)
    chat(server, "fake-429-once")
    chat(server, temperature=9)
    ask(server, {"model": "fake-hello", "input": "hi"}, path="/openai/v1/responses")
    ask(server, hi, path="/gemini/v1beta/models/fake-hello:generateContent?key=k")
    ask(server, {}, path="/anthropic/v1/messages", headers={"x-api-key": "k"})
    ask(server, {}, path="/elsewhere")
    found = {name: value for name, value in metrics(server).items() if name.startswith("fakes_requests_total")}
    assert found == {
        requests("openai", "chat_completions", 200): 4,
        requests("openai", "chat_completions", 429): 1,
        requests("openai", "", 400): 1,
        requests("openai", "responses", 200): 1,
        requests("google", "generate_content", 200): 1,
        requests("anthropic", "", 400): 1,
        requests("none", "", 404): 1,
    }
    assert metrics(server)['fakes_answers_ended_total{ended="complete"}'] == 10


def test_the_bytes_are_those_that_were_sent(server):
    data = request_bytes({"model": "fake-hello", "messages": MESSAGES}, extra=b"connection: close\r\n")
    got = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(data)
        while True:
            block = connection.recv(65536)
            if not block:
                break
            got += block
    assert metrics(server)["fakes_sent_bytes_total"] == len(got) > 500


@pytest.mark.parametrize("kind, ended", [("cut", "cut"), ("reset", "reset"), ("end", "complete"), ("split", "complete")])
def test_answers_are_counted_by_how_they_ended(kind, ended):
    with fakes.serve(clock="virtual") as server:
        chat(server, stream=True)
        server.fault(Fault(kind, size=10) if kind == "split" else Fault(kind))
        try:
            chat(server, stream=True)
        except (ConnectionError, http.client.HTTPException):
            assert ended != "complete"
        server.wait_for(lambda: metrics(server)[f'fakes_answers_ended_total{{ended="{ended}"}}'] == 1 + (ended == "complete"))
        found = metrics(server)
        assert sum(value for name, value in found.items() if name.startswith("fakes_answers_ended")) == 2
        assert found[requests("openai", "chat_completions", 200)] == 2


def test_an_answer_under_way_is_open_and_one_that_is_left_is_the_client_s():
    with fakes.serve(clock="held") as server:
        server.pace(Pace(first_token=60))
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(request_bytes({"model": "fake-hello", "messages": MESSAGES, "stream": True}))
            server.wait_for(lambda: metrics(server)["fakes_answers_open"] == 1)
            found = metrics(server)
            assert found["fakes_connections_open"] == 2
            assert not any(name.startswith("fakes_requests") for name in found)
        server.wait_for(lambda: metrics(server)['fakes_answers_ended_total{ended="client"}'] == 1)
        found = metrics(server)
        assert found["fakes_answers_open"] == 0 and found[requests("openai", "chat_completions", 200)] == 1


def test_what_no_rule_fits_and_what_a_journal_holds_is_told():
    with fakes.serve([]) as server:
        for session in (server, server.session("a"), server.session("a")):
            ask(server, {"model": "x", "messages": MESSAGES}, key=session.key)
        found = metrics(server)
        assert found["fakes_unmatched_requests"] == 3 and found[requests("openai", "chat_completions", 404)] == 3
        assert found["fakes_journal_exchanges"] == 3 and found["fakes_journal_bytes"] > 3_000
        assert found["fakes_sessions"] == 2
        server.session("a").reset()
        assert metrics(server)["fakes_unmatched_requests"] == 1


def test_a_reset_leaves_the_counters_of_the_server_and_empties_the_journals(server):
    chat(server)
    before = metrics(server)
    server.reset()
    after = metrics(server)
    assert after["fakes_requests_total" + requests("openai", "chat_completions", 200)[20:]] == 1
    assert after["fakes_connections_total"] == before["fakes_connections_total"] + 1
    assert (after["fakes_journal_exchanges"], after["fakes_journal_bytes"]) == (0, 0)


def test_control_requests_are_not_counted_and_an_unknown_path_makes_no_label_of_its_own(server):
    for number in range(5):
        ask(server, method="GET", path=f"/{number}", key=None)
        metrics(server)
    found = {name: value for name, value in metrics(server).items() if name.startswith("fakes_requests_total")}
    assert found == {requests("none", "", 404): 5}


def test_many_clients_at_once_are_all_counted(server):
    threads = [threading.Thread(target=lambda: [chat(server) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = metrics(server)
    assert found[requests("openai", "chat_completions", 200)] == 80
    assert found['fakes_answers_ended_total{ended="complete"}'] == 80
