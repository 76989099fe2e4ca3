"""The control API: steering and questioning a server over HTTP alone, as another language does, and who may do it."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest

import fakes
from fakes import Pace

from .asking import MESSAGES, ask, chat, raw

CHAT = {"model": "fake-hello", "messages": MESSAGES}
KEY = "sk-a-real-looking-secret"


def control(server, method, path, body=None, **headers):
    """Do a control request and give its answer."""
    return ask(server, body, method=method, path="/__fakes/" + path, key=None if body is None else "sk-test", headers=headers)


def done(server, method, path, body=None, **headers):
    got = control(server, method, path, body, **headers)
    assert got.status == 200, got.body
    return got.json


def said(server, text="hi", **more):
    got = ask(server, {**CHAT, "messages": [{"role": "user", "content": text}]}, **more)
    return got.message["content"] if got.status == 200 else (got.status, got.error["code"])


@pytest.fixture
def virtual():
    with fakes.serve(clock="virtual") as running:
        yield running


def test_a_script_is_put_told_and_used(server):
    script = {
        "rules": [{"name": "weather", "when": {"user": {"contains": "weather"}}, "reply": "Sunny."}, {"reply": "No.", "times": 1}],
        "replies": ["Yes.", {"text": "Perhaps.", "finish": "length"}],
        "faults": [{"kind": "status", "status": 503, "times": 1}],
    }
    told = done(server, "PUT", "script", script)
    assert told["own"] and [rule["name"] for rule in told["rules"]] == ["weather", "rules[1]"]
    assert told["unused"] == ["weather", "rules[1]", "replies[0]", "replies[1]"]
    assert said(server)[0] == 503
    assert [said(server, text) for text in ("the weather?", "a", "b")] == ["Sunny.", "No.", "Yes."]
    told = done(server, "GET", "script")
    assert [(rule["name"], rule["used"], rule["limit"]) for rule in told["rules"]] == [("weather", 1, None), ("rules[1]", 1, 1)]
    assert "weather" in told["rules"][0]["when"][0] and told["rules"][0]["when"][0].startswith("user: ")
    assert (told["replies"], told["unused"]) == ({"given": 1, "of": 2}, ["replies[1]"])
    assert told["faults"] == [{"kind": "status", "place": "", "counted": 4}]
    assert done(server, "GET", "unused") == {"unused": ["replies[1]"]} and server.unused() == ["replies[1]"]


def test_replies_rules_and_faults_are_added_to_what_is_there(server):
    assert done(server, "POST", "replies", {"replies": ["one", "two"]}) == {"replies": 2}
    assert done(server, "POST", "replies", {"replies": ["three"]}) == {"replies": 3}
    assert done(server, "POST", "rules", {"when": {"user": "rule?"}, "reply": "a rule"}) == {"name": "rule 1"}
    assert done(server, "POST", "rules", {"when": {"user": "other?"}, "reply": "other"}) == {"name": "rule 2"}
    assert done(server, "POST", "faults", {"faults": [{"kind": "status", "status": 500, "times": 1}]}) == {"faults": 1}
    assert said(server)[0] == 500
    assert [said(server), said(server, "rule?"), said(server, "other?"), said(server)] == ["one", "a rule", "other", "two"]
    assert done(server, "GET", "unused") == {"unused": ["replies[2]"]}


def test_a_fault_that_is_added_to_a_session_leaves_it_the_server_s_replies(server):
    done(server, "PUT", "script", {"replies": ["one", "two"]})
    assert said(server, key="sk-fake-a") == "one"
    fault = {"faults": [{"kind": "status", "status": 500, "times": 1}]}
    assert done(server, "POST", "faults?session=a", fault) == {"faults": 1}
    assert said(server, key="sk-fake-a")[0] == 500
    assert (said(server, key="sk-fake-a"), said(server)) == ("two", "one")
    assert not done(server, "GET", "script?session=a")["own"] and done(server, "GET", "script")["faults"] == []


def test_a_key_that_a_rule_looks_for_is_not_told(server):
    done(server, "POST", "rules", {"when": {"header": {"authorization": f"Bearer {KEY}"}}, "reply": "known"})
    assert KEY.encode() not in control(server, "GET", "script").body
    assert said(server, key=KEY) == "known"


WRONG = [
    ("PUT", "script", {"rules": [{"reply": "x", "when": {"usr": "a"}}], "replys": []}, ["rules[0].when.usr", "replys"]),
    ("PUT", "script", {"replies": [{"text": 3}], "faults": [{"kind": "explode"}]}, ["replies[0].text", "faults[0].kind"]),
    ("POST", "rules", {"reply": "x", "when": {"turn": 0}}, ["when.turn"]),
    ("POST", "rules", {"reply": "x", "replies": ["y"]}, [""]),
    ("POST", "rules", {"name": "", "reply": "x"}, ["name"]),
    ("POST", "replies", {"replies": [{"finish": "never"}]}, ["replies[0].finish"]),
    ("POST", "replies", {"replies": []}, ["replies"]),
    ("POST", "replies", {"replies": "x"}, ["replies"]),
    ("POST", "replies", {}, ["replies"]),
    ("POST", "replies", {"replies": [{"raw": {"openai": {"file": "/etc/hostname"}}}]}, ["replies[0].raw.openai"]),
    ("POST", "faults", {"faults": [{"kind": "stall"}]}, ["faults[0]"]),
    ("POST", "faults", {"faults": [{"kind": "cut", "byte": -1}]}, ["faults[0].byte"]),
    ("POST", "advance", {"seconds": -1}, ["seconds"]),
    ("POST", "advance", {"seconds": "5"}, ["seconds"]),
    ("POST", "advance", {"seconds": True}, ["seconds"]),
    ("POST", "advance", {"seconds": 1e300}, ["seconds"]),
    ("POST", "advance", {"second": 1}, ["second", "seconds"]),
    ("POST", "reset", {"seed": 1.5}, ["seed"]),
    ("POST", "report", {}, ["raised"]),
    ("POST", "report", {"raised": 3, "completed": "no"}, ["raised", "completed"]),
    ("POST", "report", {"completed": True, "exchange": 0}, ["exchange"]),
    ("POST", "report", {"completed": True, "exchange": 7}, ["exchange"]),
    ("POST", "assert", {"times": 1}, ["conditions"]),
    ("POST", "assert", {"conditions": {"usr": "x"}}, ["usr"]),
    ("POST", "assert", {"conditions": {}, "times": -1}, ["times"]),
    ("POST", "assert", {"conditions": {}, "times": 1, "at_least": 1}, ["times"]),
]


@pytest.mark.parametrize("method, path, body, fields", WRONG, ids=lambda value: json.dumps(value) if isinstance(value, dict) else None)
def test_what_cannot_be_meant_is_refused_with_every_field_and_changes_nothing(server, method, path, body, fields):
    got = control(server, method, path, body)
    assert got.status == 422, got.body
    error = got.error
    assert error["type"] == "fakes_error" and error["message"].startswith("fakes: ")
    told = [one.get("field", "") for one in error["errors"]] if "errors" in error else [error["field"]]
    assert len(told) == len(fields) and all(name.startswith(field) for name, field in zip(sorted(told), sorted(fields))), told
    assert all(field.split(".")[-1] in error["message"] for field in fields)
    assert said(server) == "Hello from fakes." and server.now() < 100 and not done(server, "GET", "script")["rules"]


BROKEN = [
    (b"{", 400, "not JSON"),
    (b'{"seconds": NaN}', 400, "not JSON"),
    (b"[" * 5_000, 400, "not JSON"),
    (b"[]", 422, "JSON object"),
    (b'"seconds"', 422, "JSON object"),
    (b"\xff{}", 400, "not JSON"),
    (b" " * (8 << 20) + b"{}", 413, "larger than"),
]


@pytest.mark.parametrize("body, status, words", BROKEN, ids=range(len(BROKEN)))
def test_a_body_that_is_no_object_is_refused(server, body, status, words):
    got = ask(server, body, path="/__fakes/advance")
    assert (got.status, words in got.error["message"]) == (status, True), got.body


@pytest.mark.parametrize("depth", [90, 300, 900, 3_000, 30_000])
def test_what_is_nested_deeply_is_refused_in_words_or_taken(server, depth):
    deep = b"[" * depth + b"]" * depth
    for body in (b'{"rules": %b}', b'{"replies": [{"tool_calls": [{"name": "x", "arguments": {"a": %b}}]}]}'):
        got = ask(server, body % deep, method="PUT", path="/__fakes/script")
        assert got.status in (200, 400, 422), got.body
        assert chat(server).status < 500
    conditions = {"conditions": {"json": {"a": {"exact": json.loads(deep) if depth < 300 else []}}}, "times": 0}
    assert ask(server, conditions, path="/__fakes/assert").status == 200


def test_at_no_depth_is_it_the_server_s_own_error(server):
    for depth in range(900, 1_000, 7):  # about what Python's own limit lets through
        deep = b"[" * depth + b"]" * depth
        for path, body in (
            ("assert", b'{"conditions": {"user": %b}}'),
            ("rules", b'{"reply": "x", "when": {"json": {"a": %b}}}'),
            ("faults", b'{"faults": [{"kind": "cut", "byte": %b}]}'),
        ):
            assert ask(server, body % deep, path="/__fakes/" + path).status in (200, 400, 409, 422)


def test_an_error_is_bounded_though_it_shows_what_was_sent(server):
    got = control(server, "PUT", "script", {"faults": [{"kind": "cut", "byte": "x" * 20_000}] * 300})
    assert got.status == 422 and len(got.body) < 1_000_000 and len(got.error["errors"]) == 100
    assert len(got.error["message"]) < 9_000


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", None])
def test_a_body_must_call_itself_json(server, kind):
    headers = {} if kind is None else {"content-type": kind}
    got = ask(server, b'{"seconds": 5}', path="/__fakes/advance", key=None, headers=headers)
    assert got.status == 415 and server.now() < 5
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert ask(server, b"", path="/__fakes/reset", key=None, headers=form).status == 415
    assert ask(server, b'{"seconds": 5}', path="/__fakes/advance", headers={"content-type": "application/json; charset=utf-8"}).status == 200


ORIGINS = [
    ("http://localhost:3000", 200),
    ("https://127.0.0.1", 200),
    ("http://[::1]:80", 200),
    ("http://app.localhost", 200),
    ("null", 403),
    ("", 403),
    ("https://evil.example", 403),
    ("http://127.0.0.1.evil.example", 403),
    ("http://localhost@evil.example", 403),
    ("http://evil.example@localhost", 403),
    ("file://localhost", 403),
    ("http://[", 403),
]


@pytest.mark.parametrize("origin, status", ORIGINS)
def test_a_page_of_another_machine_is_refused(server, origin, status):
    for method, path in (("GET", "journal"), ("POST", "reset"), ("GET", "nothing")):
        got = control(server, method, path, origin=origin)
        assert got.status == (404 if status == 200 and path == "nothing" else status)


LISTENING = [
    ("127.0.0.1", "192.168.1.5", 403),
    ("0.0.0.0", "192.168.1.5:8080", 200),
    ("0.0.0.0", "[fe80::1]:8080", 200),
    ("0.0.0.0", "localhost", 200),
    ("0.0.0.0", "0.0.0.0", 200),
    ("0.0.0.0", "evil.example", 403),
    ("0.0.0.0", "192.168.1.5.evil.example", 403),
    ("0.0.0.0", "", 403),
]


@pytest.mark.filterwarnings("ignore:fakes. listening on:RuntimeWarning")
@pytest.mark.parametrize("listening, host, status", LISTENING)
def test_a_server_that_listens_for_others_answers_under_its_addresses_only(listening, host, status):
    with fakes.serve(host=listening) as server:
        got = control(server, "GET", "health", host=host)
        assert got.status == status
        assert status == 200 or "the address that the server was told to listen on" in got.error["message"]


@pytest.mark.filterwarnings("ignore:fakes. listening on:RuntimeWarning")
def test_a_server_answers_under_the_name_it_was_told_to_listen_on():
    name = socket.gethostname()
    try:
        server = fakes.serve(host=name)
    except OSError:
        pytest.skip("this machine's name has no address")
    with server:
        with socket.create_connection((name, server.port), timeout=10) as connection:
            connection.sendall(f"GET /__fakes/health HTTP/1.1\r\nhost: {name.upper()}\r\nconnection: close\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
        with socket.create_connection((name, server.port), timeout=10) as connection:
            connection.sendall(b"GET /__fakes/health HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 403 Forbidden")


SECRET_PLACES = [
    ("GET", f"{KEY}", None),
    ("GET", f"journal?{KEY}=1", None),
    ("DELETE", f"sessions/{KEY}", None),
    ("POST", "advance", {"seconds": KEY}),
    ("POST", "advance", {KEY: 1}),
    ("POST", "assert", {"conditions": {KEY: 1}}),
    ("POST", "assert", {"conditions": {"user": KEY}}),
    ("POST", "rules", {"reply": "x", "when": {"turn": KEY}}),
    ("PUT", "script", {"replies": [{"finish": KEY}]}),
    ("POST", "report", {"exchange": KEY}),
]


@pytest.mark.parametrize("method, path, body", SECRET_PLACES, ids=range(len(SECRET_PLACES)))
def test_no_error_repeats_the_key_of_the_request(server, method, path, body):
    got = ask(server, body, method=method, path="/__fakes/" + path, key=KEY)
    assert got.status >= 400 and KEY.encode() not in got.body, got.body


def test_what_a_client_reports_is_kept_without_what_looks_like_a_key_and_judged(server):
    for _ in range(2):
        chat(server)
    said(server, key="sk-fake-a")
    told = {"exchange": 1, "raised": f"KeyError: 401 for {KEY} after Bearer abcdefghijklmnop", "completed": False}
    assert done(server, "POST", "report", told) == {"exchange": 1, "reports": 1}
    assert done(server, "POST", "report", {"cancelled": True}) == {"exchange": 2, "reports": 2}
    assert done(server, "POST", "report?session=a", {"completed": True}) == {"exchange": 1, "reports": 1}
    assert control(server, "POST", "report", {"completed": True}).status == 422  # nothing is left to be said of
    verdict = control(server, "GET", "verdict")
    assert verdict.json["judged"] == 2 and done(server, "GET", "verdict?session=a")["judged"] == 1
    assert KEY.encode() not in verdict.body and b"abcdefghijklmnop" not in verdict.body
    server.reset()
    assert done(server, "GET", "verdict") == {"ok": True, "judged": 0, "missing": 0, "findings": []}
    chat(server)
    assert done(server, "POST", "report", {"completed": True}) == {"exchange": 1, "reports": 1}  # the others are forgotten


def test_the_verdict_tells_what_the_client_did_wrong():
    with fakes.serve(clock="virtual") as server:
        done(server, "POST", "faults", {"faults": [{"kind": "status", "status": 400, "times": 1}]})
        for _ in range(2):
            chat(server)
        told = done(server, "GET", "verdict")
        assert not told["ok"] and [1, 2] in [finding["exchanges"] for finding in told["findings"]], told


def test_the_journal_is_read_on_from_a_number(server):
    for text in ("a", "b", "c"):
        said(server, text)
    whole = done(server, "GET", "journal")
    assert [seen["number"] for seen in whole["exchanges"]] == [1, 2, 3] and (whole["next"], whole["more"]) == (3, False)
    assert (whole["requests"], whole["dropped"], whole["session"]) == (3, 0, "")
    first = whole["exchanges"][0]
    assert (first["method"], first["path"], first["status"]) == ("POST", "/openai/v1/chat/completions", 200)
    assert first["body"]["messages"][0]["content"] == "a" and "Hello from fakes." in first["response_body"]
    part = done(server, "GET", "journal?limit=2")
    assert [seen["number"] for seen in part["exchanges"]] == [1, 2] and (part["next"], part["more"]) == (2, True)
    rest = done(server, "GET", f"journal?since={part['next']}&limit=2")
    assert [seen["number"] for seen in rest["exchanges"]] == [3] and (rest["next"], rest["more"]) == (3, False)
    assert done(server, "GET", "journal?since=3")["next"] == 3
    assert done(server, "DELETE", "journal") == {"cleared": 3}
    assert (done(server, "GET", "journal")["exchanges"], server.journal) == ([], [])


def test_what_was_reported_of_an_exchange_goes_with_the_journal(server):
    severities = []
    for _ in range(2):  # each is number 1, and only of the first anything is reported
        with pytest.raises(http.client.IncompleteRead):
            chat(server, "fake-cut")
        if not severities:
            done(server, "POST", "report", {"exchange": 1, "completed": True})
        severities.append([finding["severity"] for finding in done(server, "GET", "verdict")["findings"]])
        done(server, "DELETE", "journal")
    assert severities == [["fault"], ["hint"]]


QUERIES = [
    ("journal?since=-1", "since"),
    ("journal?since=x", "since"),
    ("journal?since=", "since"),
    ("journal?since=%D9%A3", "since"),
    ("journal?since=" + "9" * 5_000, "since"),
    ("journal?limit=0", "limit"),
    ("journal?limit=1001", "limit"),
    ("journal?limit=1&limit=2", "limit"),
    ("journal?after=1", "after"),
    ("clock?session=" + "n" * 201, "session"),
    ("health?session=a", "session"),
]


@pytest.mark.parametrize("path, field", QUERIES, ids=[path[:24] for path, _ in QUERIES])
def test_a_query_that_cannot_be_meant_names_its_parameter(server, path, field):
    got = control(server, "GET", path)
    assert (got.status, got.error["field"]) == (400, field)


def test_no_key_is_in_the_journal(server):
    said(server, key=KEY)
    ask(server, {"contents": [{"parts": [{"text": "hi"}]}]}, path=f"/gemini/v1beta/models/fake-hello:generateContent?key={KEY}", key=None)
    got = control(server, "GET", "journal")
    assert len(got.json["exchanges"]) == 2 and KEY.encode() not in got.body
    assert [seen["secret_in_url"] for seen in got.json["exchanges"]] == [False, True]


def test_assertions_hold_or_say_why_not(server):
    said(server, "the weather?")
    said(server, "the time?")
    for body in (
        {"conditions": {"user": {"contains": "weather"}}},
        {"conditions": {"provider": "openai", "status": 200}, "times": 2},
        {"conditions": {"user": {"regex": "^the"}}, "at_least": 1, "at_most": 2},
        {"conditions": {"provider": "mistral"}, "times": 0},
    ):
        assert done(server, "POST", "assert", body) == {"ok": True}
    got = control(server, "POST", "assert", {"conditions": {"user": "the tide?"}, "times": 1})
    assert got.status == 409 and "the tide?" in got.error["message"] and "the weather?" in got.error["message"]
    assert control(server, "POST", "assert", {"conditions": {"provider": "openai"}, "at_most": 1}).status == 409


def test_the_clock_is_told_and_moved():
    with fakes.serve(clock="held") as server:
        server.pace(Pace(first_token=60))
        got = []
        client = threading.Thread(target=lambda: got.append(said(server)))
        client.start()
        while not server.journal and client.is_alive():
            pass
        assert done(server, "GET", "clock") == {"kind": "held", "now": 0}
        assert done(server, "POST", "advance", {"seconds": 59.5}) == {"kind": "held", "now": 59.5} and got == []
        assert done(server, "POST", "advance", {"seconds": 0.5}) == {"kind": "held", "now": 60}
        client.join(20)
        assert got == ["Hello from fakes."]
        assert done(server, "POST", "advance?session=a", {"seconds": 5})["now"] == 5 and server.now() == 60


CHOICES = [("?session=a", {}), ("", {"x-fakes-session": "a"}), ("?session=a", {"x-fakes-session": "b"})]


@pytest.mark.parametrize("query, headers", CHOICES)
def test_every_operation_chooses_its_session_alike(query, headers):
    with fakes.serve(clock="virtual") as server:
        assert done(server, "POST", "replies" + query, {"replies": ["one", "two", "three"]}, **headers) == {"replies": 3}
        assert done(server, "POST", "advance" + query, {"seconds": 9}, **headers)["now"] == 9
        a = server.session("a")
        assert (said(server, key=a.key), said(server), said(server, key="sk-fake-b")) == ("one", *["Hello from fakes."] * 2)
        assert done(server, "GET", "script" + query, **headers)["session"] == "a"
        assert done(server, "GET", "unused" + query, **headers)["unused"] == ["replies[1]", "replies[2]"]
        assert len(done(server, "GET", "journal" + query, **headers)["exchanges"]) == 1
        assert done(server, "POST", "assert" + query, {"conditions": {}, "times": 1}, **headers)
        assert done(server, "POST", "reset" + query, **headers) == {"reset": True}
        assert (a.now(), a.journal, len(server.journal)) == (0, [], 1) and said(server, key=a.key) == "one"
        assert done(server, "DELETE", "journal" + query, **headers) == {"cleared": 1}
        assert len(server.journal) == 1 == len(server.session("b").journal)


def test_the_empty_name_is_the_session_with_no_name(server):
    for key in ("sk-x", "sk-fake-a"):
        said(server, key=key)
    assert done(server, "POST", "reset?session=", **{"x-fakes-session": "a"}) == {"reset": True}
    assert (server.journal, len(server.session("a").journal)) == ([], 1)
    assert done(server, "POST", "reset") == {"reset": True}
    assert server.session("a").journal == []


def test_a_reset_may_set_another_seed(server):
    def sent(**more):
        return ask(server, CHAT, **more).json["id"]

    first = sent()
    assert done(server, "POST", "reset", {"seed": 7}) == {"reset": True}
    seeded, named = sent(), sent(key="sk-fake-new")
    assert seeded == named != first
    done(server, "POST", "reset?session=new", {"seed": 0})
    assert (sent(key="sk-fake-new"), done(server, "GET", "sessions")["sessions"][1]["seed"]) == (first, 0)
    done(server, "POST", "reset", {"seed": 0})
    assert sent() == first


def test_sessions_are_listed_and_dropped(server):
    done(server, "POST", "replies?session=a%2Fb%20c", {"replies": ["one"]})
    assert said(server, headers={"x-fakes-session": "a/b c"}) == "one"
    listed = done(server, "GET", "sessions")["sessions"]
    assert [(one["name"], one["requests"], one["own"]) for one in listed] == [("", 0, False), ("a/b c", 1, True)]
    assert done(server, "DELETE", "sessions/a%2Fb%20c") == {"dropped": "a/b c"}
    assert control(server, "DELETE", "sessions/a%2Fb%20c").status == 404
    assert said(server, headers={"x-fakes-session": "a/b c"}) == "Hello from fakes."
    assert control(server, "DELETE", "sessions/").status == 404


def test_a_session_that_is_dropped_ends_what_is_under_way_in_it():
    with fakes.serve(clock="held") as server:
        session = server.session("a")
        session.pace(Pace(first_token=60))
        ended = []

        def client():
            try:
                said(server, key=session.key)
            except (ConnectionError, http.client.HTTPException):
                ended.append("by the server")

        thread = threading.Thread(target=client)
        thread.start()
        while not session.journal and thread.is_alive():
            pass
        assert done(server, "DELETE", "sessions/a") == {"dropped": "a"}
        thread.join(20)
        assert ended == ["by the server"]


def test_the_health_counts_the_requests_of_all_sessions(server):
    for key in ("sk-x", "sk-fake-a", "sk-fake-b"):
        said(server, key=key)
    told = done(server, "GET", "health")
    assert told == {"status": "ok", "requests": 3, "connections": 4}


def test_a_head_request_gets_the_head_of_the_answer(server):
    got = raw(server, b"HEAD /__fakes/clock HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 OK") and got.endswith(b"\r\n\r\n") and b"content-length: 0" not in got


def test_control_requests_and_those_of_clients_share_a_connection(server):
    data = json.dumps({"replies": ["scripted"]}).encode()
    head = b"POST /__fakes/replies HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    body = json.dumps(CHAT).encode()
    asked = b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\ncontent-length: %d\r\n\r\n%b"
    got = raw(server, head % (len(data), data) + asked % (len(body), body) + b"GET /__fakes/unused HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert got.count(b"HTTP/1.1 200 OK") == 3 and b'"scripted"' in got and got.endswith(b'{"unused": []}\n')
