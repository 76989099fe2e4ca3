"""The journal: everything about a request, within bounds, and no key in it, however the client sends or spells it."""

from __future__ import annotations

import base64
import http.client
import json
import pickle
import time
from urllib.parse import quote

import pytest

import fakes
from fakes.serving.http11 import Answer, Request
from fakes.journal.exchanges import Exchange, Journal
from fakes.replies.reply import Ask, Tool

from .asking import MESSAGES, ask, chat, raw, request_bytes

KEY = 'sk-fake-Zm9v/ba+r~"quoted"'  # what every escaping changes
PLAIN = "sk-fake-s3cr3t-0123456789"


def test_an_exchange_tells_what_was_asked_and_what_was_answered(server):
    server.when(user="hi", provider="openai").reply("Hello.", name="greeting")
    got = chat(server, "gpt-4o", temperature=0.5)
    (one,) = server.journal
    assert (one.number, one.connection, one.session) == (1, 1, "")
    assert (one.method, one.path, one.query) == ("POST", "/openai/v1/chat/completions", "")
    assert one.body == {"model": "gpt-4o", "messages": MESSAGES, "temperature": 0.5}
    assert one.headers["content-type"] == "application/json"
    assert (one.provider, one.api, one.model, one.ask.user) == ("openai", "chat_completions", "gpt-4o", "hi")
    assert one.ask.body == one.body and one.ask.headers == one.headers
    assert (one.status, one.rule, one.response_body) == (200, "greeting", got.body)
    assert dict(one.response_headers)["content-type"] == got.headers["content-type"]
    assert (one.ended, one.truncated, one.hung_up, one.faults) == ("complete", False, False, ())
    assert one.sent == one.length > len(got.body)
    assert one.at <= one.first_byte <= one.ended_at


def test_a_refused_request_is_there_too(server):
    chat(server, temperature=9)
    ask(server, {"model": "m"}, path="/nowhere")
    ask(server, b"not json")
    assert [(one.number, one.status) for one in server.journal] == [(1, 400), (2, 404), (3, 400)]
    assert [one.body for one in server.journal] == [
        {"model": "fake-hello", "messages": MESSAGES, "temperature": 9},
        {"model": "m"},
        None,
    ]


def test_connections_are_numbered_in_each_session():
    with fakes.serve() as server:
        for key in ("sk-fake-a", "sk-fake-b", "sk-fake-a"):
            ask(server, {"model": "fake-hello", "messages": MESSAGES}, key=key)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for _ in range(2):
            connection.request("GET", "/openai/v1/models", headers={"authorization": "Bearer sk-fake-a"})
            connection.getresponse().read()
        connection.close()
        assert [one.connection for one in server.session("a").journal] == [1, 2, 3, 3]
        assert [one.connection for one in server.session("b").journal] == [1]


def test_a_wait_that_is_told_in_the_body_is_noted_too():
    with fakes.serve() as server:  # Google's RetryInfo
        server.reply(fakes.Error(429, retry_after=7.5))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            body = json.dumps({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
            path = "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
            connection.request("POST", path, body, {"x-goog-api-key": "sk-fake", "content-type": "application/json"})
            reply = connection.getresponse()
            assert (reply.status, reply.headers["retry-after"]) == (429, None) and reply.read()
        finally:
            connection.close()
        assert server.journal[0].retry_after == 7.5


def test_faults_schedule_and_the_wait_that_was_told_are_noted():
    with fakes.serve(clock="virtual") as server:
        server.fault(fakes.Fault("status", status=429, retry_after=7, times=1))
        server.fault(fakes.Fault("stall", event=1, seconds=60, skip=1, times=1))
        server.fault(fakes.Fault("cut", event=2, skip=1, times=1))
        assert chat(server).status == 429
        raw(server, request_bytes({"model": "fake-hello", "messages": MESSAGES, "stream": True}))
        refused, cut = server.journal
        assert (refused.retry_after, refused.faults) == (7.0, ("status 429",))
        assert (cut.faults, cut.ended, cut.truncated) == (("stall event 1", "cut event 2"), "cut", True)
        assert list(cut.schedule)[-1] == 60.0
        assert cut.ended_at - cut.first_byte == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ([("Retry-After", "3")], 3.0),
        ([("retry-after-ms", "250")], 0.25),
        ([("retry-after", "1"), ("retry-after-ms", "250")], 0.25),
        ([("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], None),
        ([], None),
    ],
)
def test_the_wait_is_read_from_the_headers_of_an_error(headers, waits):
    exchange = made()
    exchange.answered(Answer(503, headers, b""))
    assert exchange.retry_after == waits


def test_a_client_that_hangs_up_is_noted_with_the_time():
    with fakes.serve(clock="held") as server:
        server.fault(fakes.Fault("stall", event=1, seconds=60))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        body = json.dumps({"model": "fake-hello", "messages": MESSAGES, "stream": True})
        connection.request("POST", "/openai/v1/chat/completions", body, {"authorization": "Bearer sk-test"})
        response = connection.getresponse()
        assert server.journal[0].ended == "" and not server.journal[0].hung_up
        server.advance(5)
        response.close()
        connection.close()
        deadline = time.monotonic() + 10
        while not server.journal[0].hung_up and time.monotonic() < deadline:
            time.sleep(0.001)
        (one,) = server.journal
        assert one.hung_up and one.ended_at == 5.0 and 0 < one.sent < one.length


# -- keys ------------------------------------------------------------------------------------

BASIC = base64.b64encode(b"somebody:" + KEY.encode()).decode()
WAYS = {
    "bearer": ({"authorization": f"Bearer {KEY}"}, ""),
    "x-api-key": ({"x-api-key": KEY}, ""),
    "x-goog-api-key": ({"x-goog-api-key": KEY}, ""),
    "api-key": ({"api-key": KEY}, ""),
    "basic": ({"authorization": f"Basic {BASIC}"}, ""),
    "bare": ({"authorization": KEY}, ""),
    "query": ({}, f"key={quote(KEY, safe='')}&alt=sse"),
    "two at once": ({"authorization": "Bearer sk-another-key", "x-api-key": KEY}, ""),
}
PLACES = {
    "as it is": KEY,
    "percent": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 inside, one off": base64.b64encode(b"x" + KEY.encode() + b"yz").decode(),
    "base64 inside, two off": base64.urlsafe_b64encode(b"xx" + KEY.encode() + b"y").decode(),
}


def made(headers=None, query="", *, path="/gemini/v1beta/models/m:generateContent", body=b"", parsed_ask=None):
    request = Request("POST", path + ("?" + query if query else ""), headers or {}, version_1_0=False)
    request.body = body
    exchange = Exchange(request, session="", number=1, connection=1, at=0.0)
    exchange.answered(Answer(200, [("x-echo", KEY)], frames=[b"Said: ", KEY.encode()[:9], KEY.encode()[9:]]))
    if parsed_ask is not None:
        exchange.note(Ask(request, *parsed_ask), "rule")
    Journal().add(exchange)
    return exchange


def everything(exchange):
    """All texts that can be read from an exchange: its pickle, its JSON, its repr, and its attributes one by one."""
    pickled = pickle.dumps(exchange)
    told = [pickled.decode("latin-1"), json.dumps(exchange.as_json(), ensure_ascii=False), repr(exchange)]
    told += [repr(getattr(exchange, name)) for name in exchange.__slots__ if name != "_journal"]
    if exchange.ask is not None:
        told += [
            repr(exchange.ask),
            repr(exchange.ask.body),
            repr(exchange.ask.headers),
            repr(exchange.ask.request.query),
        ]
    told += [repr(exchange.request.body), exchange.request.path, repr(exchange.response_body)]
    return "\n".join(told)


def assert_no_key(exchange, key=KEY):
    told = everything(exchange)
    forms = {key, json.dumps(key)[1:-1], repr(key)[1:-1], quote(key, safe=""), base64.b64encode(key.encode()).decode()}
    for offset in range(3):
        forms.add(base64.b64encode(b"\0" * offset + key.encode())[4:-4].decode())
        forms.add(base64.urlsafe_b64encode(b"\0" * offset + key.encode())[4:-4].decode())
    for form in sorted(forms):
        assert form not in told, form


@pytest.mark.parametrize("way", sorted(WAYS))
def test_no_key_is_kept_however_it_is_sent_and_wherever_else_it_stands(way):
    headers, query = WAYS[way]
    for place, text in PLACES.items():
        body = json.dumps({"contents": [{"text": f"my key is {text}!"}], text: 1, "n": 7}).encode()
        words = (
            "google",
            "generate_content",
            f"m{text}",
            f"key {text}",
            text,
            1,
            0,
            (Tool(text, {text: text}),),
            text,
            {"a": text},
            (text,),
        )
        exchange = made(
            {**headers, "x-note": f"it is {text}", "x-kept": "kept"},
            f"{query}&q={quote(text, safe='')}" if query else f"q={text}",
            path="/gemini/" + quote(text, safe=""),
            body=body,
            parsed_ask=words,
        )
        assert_no_key(exchange)
        assert exchange.headers["x-kept"] == "kept" and exchange.body["n"] == 7, place
        assert exchange.secret_in_url, place


@pytest.mark.parametrize("escaped", [PLAIN.replace("-", "\\u002d"), "\\u0073" + PLAIN[1:]])
def test_a_key_behind_the_escapes_of_json_is_found(escaped):
    exchange = made({"authorization": f"Bearer {PLAIN}"}, body=b'{"text": "it is %b."}' % escaped.encode())
    assert exchange.body == {"text": "it is ***."}
    assert_no_key(exchange, PLAIN)


def test_a_body_that_is_no_json_is_kept_as_a_note_when_the_key_is_in_it():
    exchange = made({"authorization": f"Bearer {PLAIN}"}, body=b"key=" + PLAIN.encode())
    assert exchange.body is None and exchange.request.body == b"(left out: the API key was in it)"
    assert_no_key(exchange, PLAIN)


def test_the_answer_that_echoes_a_key_is_left_out(server):
    question = [{"role": "user", "content": f"Is {PLAIN} a good key?"}]
    body = {"model": "fake-echo", "messages": question, "stream": True}
    got = ask(server, body, key=PLAIN)
    assert b"".join(
        json.loads(line[6:])["choices"][0]["delta"].get("content", "").encode() for line in got.body.split(b"\n\n")[:-2]
    )
    (one,) = server.session("s3cr3t-0123456789").journal
    assert one.body["messages"] == [{"role": "user", "content": "Is *** a good key?"}]
    assert (one.ask.user, one.response_body) == ("Is *** a good key?", b"(left out: the API key was in it)")
    assert_no_key(one, PLAIN)


PATHS = [
    "/openai/v1/chat/completions",
    "/openai/v1/responses",
    "/anthropic/v1/messages",
    "/gemini/v1beta/models/fake-hello:generateContent",
    "/mistral/v1/chat/completions",
    "/fireworks/inference/v1/chat/completions",
    "/together/v1/chat/completions",
    "/nowhere/at/all",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_providers_refusal_puts_the_key_into_the_journal(path):
    with fakes.serve(reject_keys=[PLAIN]) as server:
        for headers in ({"x-api-key": PLAIN}, {"x-goog-api-key": PLAIN}, {"authorization": f"Bearer {PLAIN}"}, {}):
            for body in (
                {"model": "fake-hello", "messages": MESSAGES},
                {"model": PLAIN, PLAIN: 1},
                b"no json " + PLAIN.encode(),
            ):
                status = ask(server, body, path=path + f"?key={PLAIN}", key=None, headers=headers).status
                assert status >= 400
        assert len(server.journal) == 12
        for exchange in server.journal:
            assert_no_key(exchange, PLAIN)


def test_an_exchange_survives_its_pickle():
    exchange = made(
        {"authorization": f"Bearer {PLAIN}"}, body=b'{"n": 1}', parsed_ask=("google", "generate_content", "m", "u", "s")
    )
    again = pickle.loads(pickle.dumps(exchange))
    assert again.as_json() == exchange.as_json()
    assert again.ask.body == {"n": 1} and again.ask.user == "u" and again.request.json() == {"n": 1}


@pytest.mark.parametrize(
    ("query", "shown", "secret"),
    [
        ("", "", False),
        ("alt=sse&pageToken=abc&pageSize=2", "alt=sse&pageToken=abc&pageSize=2", False),
        ("key=abcdefghij", "key=***", True),
        ("%6bey=abcdefghij", "%6bey=***", True),
        ("api_key=x&a=b", "api_key=***&a=b", True),
        ("subscription-key=x&access_token=y", "subscription-key=***&access_token=***", True),
        ("key=", "key=", False),
        ("monkey=banana&keyword=z", "monkey=banana&keyword=z", False),
    ],
)
def test_secrets_of_a_query_are_known_by_their_names(query, shown, secret):
    exchange = made({}, query)
    assert (exchange.query, exchange.secret_in_url) == (shown, secret)


def test_headers_with_secrets_are_left_out_and_others_are_not():
    headers = {"cookie": "a=b", "x-amz-security-token": "t", "idempotency-key": "retry-1", "user-agent": "x"}
    assert made(headers).headers == {"idempotency-key": "retry-1", "user-agent": "x"}


def test_a_short_key_does_not_blot_out_the_journal(server):
    chat(server, messages=[{"role": "user", "content": "a test of sk-test"}])
    assert server.journal[0].ask.user == "a test of sk-test"


# -- bounds ----------------------------------------------------------------------------------


def test_the_oldest_go_when_there_are_too_many():
    journal = Journal(most=3)
    for number in range(1, 6):
        exchange = made()
        exchange.number = number
        journal.add(exchange)
    assert [one.number for one in journal] == [3, 4, 5]
    assert (journal.count, len(journal), journal.dropped) == (5, 3, 2)
    assert [one.number for one in journal.since(3)] == [4, 5]
    assert [one.number for one in journal.since(limit=2)] == [3, 4]
    journal.clear()
    assert (list(journal), journal.count, journal.held) == ([], 0, 0)


BODIES = {
    "one long text": json.dumps({"text": "x" * 400_000}).encode(),
    "many numbers": json.dumps(list(range(100_000))).encode(),
    "empty lists": b"[" + b",".join([b"[]"] * 60_000) + b"]",
    "small objects": b"[" + b",".join([b'{"a":1.5}'] * 20_000) + b"]",
}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_what_a_large_body_holds_is_counted_about_right(name):
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    body = BODIES[name]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        exchange = made(body=bytes(bytearray(body)))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held / 2 < exchange.size < held * 6


def test_large_bodies_answers_and_schedules_push_the_oldest_out():
    journal = Journal(most_bytes=1 << 20)
    for name in sorted(BODIES) * 3:
        journal.add(made(body=BODIES[name]))
        assert journal.held <= 1 << 20 or len(journal) == 1
    journal.clear()
    journal.add(made())
    answered = made()
    answered.answered(Answer(200, [], frames=[b"x" * 100] * 9_000))
    journal.add(answered)
    assert list(journal) == [answered]
    late = made()
    journal.add(late)
    assert len(journal) == 1 or journal.held <= 1 << 20
    late.schedule = tuple(float(n) for n in range(40_000))  # it comes when the exchange is already kept
    assert list(journal) == [late] and journal.held == late.size


def test_a_server_keeps_within_the_bounds_and_says_how_many_there_were():
    big = [{"role": "user", "content": "x" * 3_000_000}]
    with fakes.serve() as server:
        for _ in range(8):
            chat(server, messages=big)  # too long for the model, which is no reason to forget it
        kept = server.journal
        assert 1 <= len(kept) < 8 and kept[-1].number == 8
        assert sum(one.size for one in kept) <= 32 << 20


def test_the_json_form_has_everything_and_no_python(server):
    chat(server, "fake-hello", stream=True)
    (one,) = json.loads(json.dumps([one.as_json() for one in server.journal]))
    assert one["body"]["stream"] is True and one["response_body"].endswith("data: [DONE]\n\n")
    assert one["status"] == 200 and one["model"] == "fake-hello" and one["hung_up"] is False
    assert set(one) == {
        "number", "session", "connection", "at", "method", "path", "query", "headers", "body", "provider", "api",
        "model", "secret_in_url", "status", "rule", "faults", "retry_after", "schedule", "length", "sent", "truncated",
        "first_byte", "ended_at", "ended", "hung_up", "response_headers", "response_body",
    }  # fmt: skip
