"""Sessions: which one a request belongs to, that no two of them meet, and what they take from the server's script."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

import fakes
from fakes import Fault, Pace, Quota, Reply

from .asking import MESSAGES, ask, chat
from .responding import PATH as RESPONSES

CHAT = {"model": "fake-hello", "messages": MESSAGES}
MESSAGE = {**CHAT, "max_tokens": 9}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
GENERATE = "/v1beta/models/fake-hello:generateContent"
ANTHROPIC = {"anthropic-version": "2023-06-01"}
# The ways in which clients send their key: path, body, headers; KEY stands for the key.
WAYS = {
    "openai": ("/openai/v1/chat/completions", CHAT, {"authorization": "Bearer KEY"}),
    "openai responses": (RESPONSES, {"model": "fake-hello", "input": "hi"}, {"authorization": "Bearer KEY"}),
    "anthropic": ("/anthropic/v1/messages", MESSAGE, {**ANTHROPIC, "x-api-key": "KEY"}),
    "anthropic token": ("/anthropic/v1/messages", MESSAGE, {**ANTHROPIC, "authorization": "Bearer KEY"}),
    "gemini header": ("/gemini" + GENERATE, CONTENTS, {"x-goog-api-key": "KEY"}),
    "gemini query": ("/gemini" + GENERATE + "?key=KEY", CONTENTS, {}),
    "google stream": ("/google" + GENERATE.replace("generate", "streamGenerate") + "?alt=sse&key=KEY", CONTENTS, {}),
    "mistral": ("/mistral/v1/chat/completions", CHAT, {"authorization": "Bearer KEY"}),
    "fireworks": ("/fireworks/inference/v1/chat/completions", CHAT, {"authorization": "Bearer KEY"}),
    "together": ("/together/v1/chat/completions", CHAT, {"authorization": "Bearer KEY"}),
}


def send(server, way, key, **more):
    path, body, headers = WAYS[way]
    sent = {name: value.replace("KEY", key) for name, value in headers.items()}
    return ask(server, body, path=path.replace("KEY", key), key=None, headers={**sent, **more})


def said(server, session, **body):
    """Ask in a session and give the text of the answer, or the code of the refusal."""
    got = ask(server, {**CHAT, **body}, key=session.key)
    return got.message["content"] if got.status == 200 else got.error["code"]


@pytest.mark.parametrize("way", WAYS)
def test_the_key_chooses_the_session_however_it_is_sent(server, way):
    session = server.session("a-1")
    got = send(server, way, session.key)
    assert got.status == 200, got.body
    assert (len(session.journal), len(server.journal)) == (1, 0)
    seen = session.journal[0]
    assert seen.session == "a-1" and session.key not in repr(seen.as_json())


@pytest.mark.parametrize("way", WAYS)
def test_the_header_chooses_before_the_key_and_any_other_key_is_the_server_s_own(server, way):
    assert send(server, way, "sk-fake-a", **{"x-fakes-session": "b"}).status == 200
    assert send(server, way, "something-else").status == 200
    assert [len(server.session(name).journal) for name in "ab"] == [0, 1] and len(server.journal) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", ["sk-fake-wrong", "sk-rejected-by-option"])
def test_a_wrong_key_is_rejected_and_names_no_session(server, way, key):
    assert send(server, way, key).status in (400, 401, 403)
    assert len(server.journal) == 1
    assert [one["name"] for one in ask(server, method="GET", path="/__fakes/sessions", key=None).json["sessions"]] == [""]
    assert send(server, way, "sk-fake-a").status == 200


def test_nothing_of_one_session_is_seen_in_another():
    with fakes.serve(clock="virtual") as server:
        one, two = server.session("one"), server.session("two")
        one.reply("first", "second")
        one.fault(Fault("stall", seconds=10, skip=1))
        one.quota(Quota(requests_per_minute=2))
        assert [said(server, one), said(server, one), said(server, one)] == ["first", "second", "rate_limit_exceeded"]
        assert (one.now(), two.now()) == (10, 0)
        assert [said(server, two) for _ in range(4)] == ["Hello from fakes."] * 4
        assert [seen.number for seen in two.journal] == [1, 2, 3, 4]
        assert [seen.connection for seen in two.journal] == [1, 2, 3, 4]
        assert (len(one.journal), server.journal, server.unused()) == (3, [], [])
        two.advance(5)
        assert (one.now(), two.now(), server.now()) == (10, 5, 0)


def test_counters_and_ids_of_sessions_begin_alike_and_do_not_meet(server):
    keys = [server.session(name).key for name in ("a", "b")]
    for key in keys:
        answers = [ask(server, {**CHAT, "model": "fake-429-once"}, key=key) for _ in range(2)]
        assert [got.status for got in answers] == [429, 200]
    first, second = [ask(server, CHAT, key=key) for key in keys]
    assert first.body == second.body and first.headers == second.headers


def test_what_a_provider_keeps_is_kept_for_one_session(server):
    stored = {"model": "fake-hello", "input": "hi", "store": True}
    kept = ask(server, stored, path=RESPONSES, key="sk-fake-a").json["id"]
    found = [ask(server, method="GET", path=f"{RESPONSES}/{kept}", key=key).status for key in ("sk-fake-a", "sk-fake-b")]
    assert found == [200, 404]
    server.session("a").reset()
    assert ask(server, method="GET", path=f"{RESPONSES}/{kept}", key="sk-fake-a").status == 404


def test_a_session_resets_alone():
    with fakes.serve() as server:
        sessions = [server.session(name) for name in ("a", "b")]
        for session in sessions:
            session.reply("one", "two")
            session.when(user="never").reply("no", name="a rule")
            assert said(server, session) == "one"
        sessions[0].reset()
        assert [len(session.journal) for session in sessions] == [0, 1]
        assert [said(server, session) for session in sessions] == ["one", "two"]
        assert sessions[0].unused() == ["a rule", "replies[1]"] and sessions[1].unused() == ["a rule"]


def test_a_session_without_a_script_uses_the_server_s_with_a_place_of_its_own():
    with fakes.serve(["one", "two"]) as server:
        a, b = server.session("a"), server.session("b")
        assert [said(server, a), said(server, a), said(server, b), said(server, server)] == ["one", "two", "one", "one"]
        assert (a.unused(), b.unused()) == ([], ["replies[1]"])
        server.reply("three")
        assert (said(server, a), said(server, b)) == ("three", "two")


def test_a_script_that_is_replaced_on_the_server_reaches_those_without_their_own():
    with fakes.serve(["old"]) as server:
        a, own = server.session("a"), server.session("own")
        own.reply("mine", "mine too")
        assert (said(server, a), said(server, own)) == ("old", "mine")
        server.script({"replies": ["new", "newer"]})
        assert a.unused() == ["replies[0]", "replies[1]"]  # before it has asked again
        assert (said(server, a), said(server, a), said(server, own)) == ("new", "newer", "mine too")


SETTINGS = {
    "fault": (lambda session: session.fault(Fault("status", status=503, times=1)), [503, 200, 200]),
    "pace": (lambda session: session.pace(Pace(first_token=9)), [200, 200, 404]),
    "quota": (lambda session: session.quota(Quota(requests_per_minute=1)), [200, 429, 429]),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_session_with_only_a_setting_of_its_own_keeps_the_server_s_replies(name):
    change, statuses = SETTINGS[name]
    with fakes.serve(["zero", "one", "two"], clock="virtual") as server:
        session = server.session("a")
        assert said(server, session) == "zero"
        change(session)
        got = [ask(server, CHAT, key=session.key) for _ in range(3)]
        assert [one.status for one in got] == statuses
        assert [one.message["content"] for one in got if one.status == 200] == ["one", "two"][: statuses.count(200)]
        assert ask(server, CHAT).message["content"] == "zero" and server.now() == 0
        server.script({"replies": ["new"]})
        assert session.unused() == ["replies[0]"]
        session.reply("mine")
        session.advance(60)
        assert said(server, session) == "mine" and server.unused() == ["replies[0]"]  # the fault has struck once already
        session.reset()
        assert ask(server, CHAT, key=session.key).status == (503 if name == "fault" else 200)


def test_fifty_sessions_at_once_get_their_own_answers_only():
    names = [f"s{number}" for number in range(50)]
    wrong = []

    def client(server, mine):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for turn in range(6):
            for name in mine:
                headers = {"authorization": f"Bearer sk-fake-{name}"}
                connection.request("POST", "/openai/v1/chat/completions", json.dumps(CHAT), headers)
                answer = json.loads(connection.getresponse().read())
                text = answer["choices"][0]["message"]["content"]
                if text != (f"{name} says {turn}"):
                    wrong.append((name, turn, text))
        connection.close()

    with fakes.serve() as server:
        for name in names:
            server.session(name).reply(*[Reply(f"{name} says {turn}") for turn in range(6)])
        threads = [threading.Thread(target=client, args=(server, names[start::10])) for start in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        for name in names:
            session = server.session(name)
            assert [seen.number for seen in session.journal] == [1, 2, 3, 4, 5, 6]
            assert {seen.session for seen in session.journal} == {name} and session.unused() == []
            assert {seen.connection for seen in session.journal} == {1}
        assert server.journal == [] and server.connections == 10


def test_a_reset_ends_what_is_under_way_in_its_own_session_only():
    ended = []

    def client(server, session):
        try:
            ask(server, {**CHAT, "stream": True}, key=session.key)
        except (ConnectionError, http.client.HTTPException):
            ended.append(session.name)

    with fakes.serve(clock="held") as server:
        sessions = [server.session(name) for name in ("a", "b")]
        threads = []
        for session in sessions:
            session.pace(Pace(first_token=60))
            threads.append(threading.Thread(target=client, args=(server, session)))
            threads[-1].start()
            while not session.journal and threads[-1].is_alive():
                pass
        sessions[0].reset()
        threads[0].join(20)
        assert (ended, sessions[0].journal, len(sessions[1].journal)) == (["a"], [], 1)
        sessions[1].advance(60)
        threads[1].join(20)
        assert ended == ["a"]


NAMES = [("", "has one"), ("wrong", "rejects the key"), ("é", "ASCII"), ("a\r\nb", "ASCII"), (" a", "ASCII")]


@pytest.mark.parametrize("name, words", NAMES)
def test_a_name_that_no_client_could_choose_is_refused(server, name, words):
    with pytest.raises(ValueError, match=f"name: .*{words}"):
        server.session(name)


def test_a_name_that_is_too_long_is_shortened_and_still_differs_from_others(server):
    names = ["n" * 5_000 + end for end in "ab"]
    for name in names:
        assert ask(server, CHAT, headers={"x-fakes-session": name}).status == 200
    found = [server.session(name) for name in names]
    assert [len(session.journal) for session in found] == [1, 1]
    assert len({session.name for session in found}) == 2 and all(len(session.name) <= 200 for session in found)


def test_sessions_are_bounded_and_the_one_used_longest_ago_goes(monkeypatch):
    monkeypatch.setattr("fakes.session.MAX_SESSIONS", 3)
    with fakes.serve() as server:
        for name in ("a", "b", "c", "a", "d"):
            assert ask(server, CHAT, key=f"sk-fake-{name}").status == 200
        listed = ask(server, method="GET", path="/__fakes/sessions", key=None).json["sessions"]
        assert [one["name"] for one in listed] == ["", "c", "a", "d"]
        assert [len(server.session(name).journal) for name in "acd"] == [2, 1, 1]


def test_the_journals_of_all_sessions_together_are_bounded(monkeypatch):
    monkeypatch.setattr("fakes.session.LOOK_EVERY", 10)
    with fakes.serve() as server:
        chat(server)
        monkeypatch.setattr("fakes.session.MAX_JOURNALS", 12 * server.journal[0].size)
        for number in range(30):
            assert ask(server, CHAT, key=f"sk-fake-{number}").status == 200
        kept = [len(server.session(str(number)).journal) for number in range(30)]
        assert kept == [0] * (29 - 12) + [1] * (12 + 1)  # the last look was before the last of them asked


def test_problems_of_a_session_are_its_own_and_bounded(monkeypatch):
    with fakes.serve() as server:
        one = server.session("one")
        one.reply("short", "short")
        one.fault(Fault("duplicate", event=500))
        assert said(server, one) == "short"
        assert len(one.problems) == 1 and "duplicate" in one.problems[0] and server.problems == []
        one.reset()
        assert one.problems == []


def test_connections_of_a_session_are_numbered_from_one_and_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr("fakes.session.MAX_CONNECTIONS", 5)
    with fakes.serve() as server:
        for _ in range(3):
            chat(server)
        session = server.session("a")
        for _ in range(12):
            assert ask(server, CHAT, key=session.key).status == 200
        assert [seen.connection for seen in session.journal] == list(range(1, 13))
        held = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        numbers = []
        for others in (0, 0, 4, 5):
            for _ in range(others):
                ask(server, CHAT, key="sk-fake-b")
            held.request("POST", "/openai/v1/chat/completions", json.dumps(CHAT), {"authorization": "Bearer sk-fake-b"})
            assert held.getresponse().read()
            numbers.append(server.session("b").journal[-1].connection)
        held.close()
        assert numbers == [1, 1, 1, 11]  # five others came behind it: it counts as a new one
        listed = ask(server, method="GET", path="/__fakes/sessions", key=None).json["sessions"]
        assert [(one["name"], one["connections"]) for one in listed] == [("", 3), ("a", 12), ("b", 11)]
