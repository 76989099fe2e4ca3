"""What a script asks of the fake Anthropic API besides messages: errors, raw bytes, quotas, and what rules look at."""

from __future__ import annotations

import calendar
import time

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .anthropic_asking import WEATHER_TOOL, chat, events, text, user
from .asking import raw, request_bytes

STATUSES = [  # status, type, sentence, whether the client is told to come back
    (400, "invalid_request_error", "Invalid request", "false"),
    (401, "authentication_error", "invalid x-api-key", "false"),
    (402, "billing_error", "Billing error", "false"),
    (403, "permission_error", "Permission denied", "false"),
    (404, "not_found_error", "Not found", "false"),
    (405, "invalid_request_error", "Method Not Allowed", "false"),
    (408, "invalid_request_error", "Request timeout", "true"),
    (409, "conflict_error", "Conflict", "true"),
    (418, "invalid_request_error", "Invalid request", "false"),
    (422, "invalid_request_error", "Invalid request", "false"),
    (429, "rate_limit_error", None, "true"),
    (500, "api_error", "Internal server error", "true"),
    (502, "api_error", "Bad gateway", "true"),
    (503, "api_error", "Service unavailable", "true"),
    (504, "timeout_error", "Request timeout", "true"),
    (529, "overloaded_error", "Overloaded", "true"),
    (599, "api_error", "Internal server error", "true"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status, kind, sentence, again", STATUSES)
def test_a_scripted_error_has_the_type_and_the_sentence_of_its_status(server, status, kind, sentence, again, stream):
    server.reply(Error(status))
    got = chat(server, stream=stream)
    assert (got.status, got.headers["content-type"]) == (status, "application/json")
    assert list(got.json) == ["type", "error", "request_id"] and list(got.error) == ["type", "message"]
    assert (got.json["type"], got.error["type"]) == ("error", kind)
    assert sentence is None or got.error["message"] == sentence
    assert got.headers["x-should-retry"] == again
    assert got.json["request_id"] == got.headers["request-id"]
    assert "retry-after" not in got.headers


def test_every_status_from_400_to_599_has_a_body_of_its_own_shape(server):
    server.reply(*map(Error, range(400, 600)))
    for status in range(400, 600):
        got = chat(server)
        assert got.status == status and got.error["type"].split("_")[-1] in ("error", "large")
        assert got.error["message"] and got.headers["x-should-retry"] in ("true", "false")


def test_a_413_is_the_fronts(server):
    server.reply(Error(413))
    got = chat(server)
    assert got.status == 413 and "request-id" not in got.headers
    assert got.body == b'{"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}'


def test_a_script_may_say_message_type_and_code(server):
    server.reply(Error(400, "too “low”", type="billing_error", code="enforced_spend_limit_reached"), Error(529, "wait"))
    got = chat(server)
    details = {"error_code": "enforced_spend_limit_reached"}
    assert got.error == {"type": "billing_error", "message": "too “low”", "details": details}
    assert chat(server).error == {"type": "overloaded_error", "message": "wait"}


@pytest.mark.parametrize("wait, seconds, milliseconds", [(0, "0", "0"), (2, "2", "2000"), (0.25, "0.25", "250"), (60 / 7, "8.572", "8572"), (3600, "3600", "3600000")])
def test_a_wait_is_told_in_headers_and_never_shorter_than_it_is(server, wait, seconds, milliseconds):
    server.reply(Error(503, retry_after=wait))
    got = chat(server)
    assert (got.headers["retry-after"], got.headers["retry-after-ms"]) == (seconds, milliseconds)


def test_headers_of_the_script_take_the_place_of_the_apis_own(server):
    server.reply(Error(503, headers=(("X-Should-Retry", "false"), ("retry-after", "soon"), ("x-more", "1")), retry_after=9))
    path = b"/anthropic/v1/messages"
    extra = b"x-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
    body = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    head = raw(server, request_bytes(body, extra=extra, path=path)).partition(b"\r\n\r\n")[0].lower()
    assert [line for line in head.split(b"\r\n") if b"retry" in line and b"-ms" not in line] == [
        b"x-should-retry: false",
        b"retry-after: soon",
    ]
    assert b"x-more: 1" in head


def test_a_body_of_the_script_is_sent_as_it_is(server):
    server.reply(Error(502, body=b"<html>\xff</html>", headers=(("content-type", "text/html"),)))
    got = chat(server)
    assert (got.status, got.headers["content-type"], got.body) == (502, "text/html", b"<html>\xff</html>")
    assert got.headers["x-should-retry"] == "true"


def test_a_fault_of_status_529_comes_in_the_same_shape_and_uses_no_reply_up(server):
    server.reply("Hello.")
    server.fault(Fault("status", status=529, times=1, retry_after=1.5))
    first = chat(server)
    assert (first.status, first.error["type"], first.headers["retry-after"]) == (529, "overloaded_error", "1.5")
    assert chat(server).json["content"] == [{"type": "text", "text": "Hello."}]


def test_what_no_rule_fits_is_a_404_that_names_the_nearest(server):
    server.when(user={"contains": "weather"}, turn=1).reply("Sunny.", name="weather")
    got = chat(server, "claude-sonnet-5")
    assert (got.status, got.error["type"], got.headers["x-should-retry"]) == (404, "not_found_error", "false")
    assert got.error["message"].startswith("fakes: no rule fits this request (")
    assert "model 'claude-sonnet-5', turn 1" in got.error["message"] and "rule 'weather'" in got.error["message"]
    assert got.error["details"] == {"error_code": "no_rule"}


# -- raw bytes --------------------------------------------------------------------------------------------------------

STREAM = b"event: message_start\r\ndata: {\xff}\r\n\r\nevent: odd\ndata\n\n: comment\n\nno end"


def test_raw_bytes_are_sent_as_they_are_with_the_headers_of_an_answer(server):
    server.reply(Reply(raw={"anthropic": b'{"not": "a message"'}), Reply(raw={"anthropic": STREAM}))
    whole = chat(server)
    assert (whole.status, whole.headers["content-type"], whole.body) == (200, "application/json", b'{"not": "a message"')
    got = chat(server, stream=True)
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert got.body == STREAM
    assert got.headers["anthropic-ratelimit-requests-limit"] == "10000" and got.headers["request-id"]


def test_raw_bytes_are_cut_at_their_own_events(server):
    server.reply(Reply(raw={"anthropic": STREAM}, faults=[Fault("end", event=2)]))
    assert chat(server, stream=True).body == STREAM[: STREAM.index(b": comment")]


def test_raw_bytes_for_another_provider_leave_the_reply_as_it_is(server):
    server.reply(Reply("Hi.", raw={"openai": b"{}"}))
    assert chat(server).json["content"] == [{"type": "text", "text": "Hi."}]


# -- an error inside a stream -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, inner",
    [
        ({"status": 529}, {"details": None, "type": "overloaded_error", "message": "Overloaded"}),
        ({}, {"details": None, "type": "api_error", "message": "Internal server error"}),
        (
            {"message": "é", "type": "odd_error", "code": "why"},
            {"details": {"error_code": "why"}, "type": "odd_error", "message": "é"},
        ),
    ],
)
def test_an_error_event_takes_the_place_of_an_event_and_is_the_last(server, said, inner):
    whole = events(chat(server, stream=True))
    server.fault(Fault("error_event", event=2, **said))
    got = chat(server, stream=True)
    found = events(got)
    assert [name for name, _ in found] == [name for name, _ in whole[:2]] + ["error"]
    assert found[-1][1] == {"type": "error", "error": inner, "request_id": got.headers["request-id"]}
    assert list(found[-1][1]["error"]) == ["details", "type", "message"]


# -- quotas -----------------------------------------------------------------------------------------------------------

NAMES = ("input-tokens", "output-tokens", "requests", "tokens")


def told(got, now):
    """Give limit, remaining and seconds to the reset of each limit that an answer tells of."""
    found = {}
    for name in NAMES:
        values = [got.headers.get(f"anthropic-ratelimit-{name}-{one}") for one in ("limit", "remaining", "reset")]
        if values != [None, None, None]:
            limit, remaining, reset = values
            at = calendar.timegm(time.strptime(reset, "%Y-%m-%dT%H:%M:%SZ"))
            found[name] = (int(limit), int(remaining), at - now)
    return found


@pytest.fixture
def held():
    with fakes.serve(clock="held") as server:
        yield server


def moment_of(got):
    return calendar.timegm(time.strptime(got.headers["date"], "%a, %d %b %Y %H:%M:%S GMT"))


def test_without_a_quota_large_limits_are_told(held):
    got = chat(held)
    assert told(got, moment_of(got))["requests"] == (10_000, 9_999, 0)
    assert set(told(got, 0)) == set(NAMES)


def test_a_quota_of_requests_is_told_refused_and_let_through_after_its_wait(held):
    held.quota(Quota(requests_per_minute=7))
    for left in (6, 5, 4, 3, 2, 1, 0):
        got = chat(held)
        assert got.status == 200
        assert set(told(got, 0)) == {"requests"}
        assert told(got, moment_of(got))["requests"][:2] == (7, left)
    got = chat(held)
    assert (got.status, got.error["type"], got.headers["x-should-retry"]) == (429, "rate_limit_error", "true")
    assert got.error["message"].startswith("This request would exceed your organization's rate limit of 7 requests per minute (org: ")
    assert told(got, moment_of(got)) == {"requests": (7, 0, 60)}
    assert got.headers["retry-after"] == "8.572" and got.headers["retry-after-ms"] == "8572"
    held.advance(8)
    assert chat(held).status == 429
    held.advance(float(chat(held).headers["retry-after"]))
    assert chat(held).status == 200


def test_a_quota_of_tokens_counts_what_is_asked_and_what_is_answered(held):
    words = [{"role": "user", "content": "one two three four five six seven"}]
    usage = chat(held, messages=words).json["usage"]
    taken = usage["input_tokens"] + usage["output_tokens"]
    held.quota(Quota(tokens_per_minute=1_000 + taken))
    got = chat(held, messages=words)
    assert set(told(got, 0)) == {"input-tokens", "output-tokens", "tokens"}
    reset = -(-taken * 60 // (1_000 + taken))
    assert set(told(got, moment_of(got)).values()) == {(1_000 + taken, 1_000, reset)}
    much = [{"role": "user", "content": "word " * 1_000}]
    got = chat(held, messages=much)
    assert got.status == 429
    assert f"rate limit of {1_000 + taken:,} input tokens per minute (org: " in got.error["message"]
    assert "model: fake-hello)" in got.error["message"]
    assert told(got, moment_of(got))["tokens"][:2] == (1_000 + taken, 1_000)
    held.advance(float(got.headers["retry-after"]))
    assert chat(held, messages=much).status == 200


def test_a_refused_request_takes_nothing_and_the_reply_is_still_there(held):
    held.quota(Quota(requests_per_minute=1))
    held.reply("one", "two")
    assert chat(held).json["content"][0]["text"] == "one"
    assert [chat(held).status for _ in range(3)] == [429] * 3
    held.advance(60)
    assert chat(held).json["content"][0]["text"] == "two"


def test_raw_answers_tell_of_the_quota_too(held):
    held.quota(Quota(requests_per_minute=2))
    held.reply(Reply(raw={"anthropic": b"{}"}))
    assert chat(held).headers["anthropic-ratelimit-requests-remaining"] == "1"


# -- what rules look at -----------------------------------------------------------------------------------------------


def use(number):
    return {"type": "tool_use", "id": f"t{number}", "name": "get_weather", "input": {}}


def result(number, words):
    return {"type": "tool_result", "tool_use_id": f"t{number}", "content": words}


def said(*blocks):
    return {"role": "assistant", "content": list(blocks)}


PICTURE = {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}}
CONVERSATIONS = {  # messages; turn, user, results
    "a question": ([user(text("a"))], (1, "a", ())),
    "as a string": ([{"role": "user", "content": "a"}], (1, "a", ())),
    "questions in a row": ([user(text("a")), user(text("b"), text("c"))], (1, "bc", ())),
    "a second question": ([user(text("a")), said(text("A")), user(text("b"))], (2, "b", ())),
    "an answer in two messages": ([user(text("a")), said(text("A")), said(text("B")), user(text("b"))], (2, "b", ())),
    "a beginning of the answer": ([user(text("a")), said(text("A"))], (1, "a", ())),
    "a beginning in two messages": ([user(text("a")), said(text("A")), user(text("b")), said(text("B")), said(text("C"))], (2, "b", ())),
    "a result": ([user(text("a")), said(use(1)), user(result(1, "21"))], (2, "a", ("21",))),
    "results in two messages": (
        [user(text("a")), said(use(1), use(2)), user(result(1, "21")), user(result(2, [text("2"), text("2")]))],
        (2, "a", ("21", "22")),
    ),
    "a result and a question": ([user(text("a")), said(use(1)), user(result(1, "21"), text("b"))], (2, "b", ("21",))),
    "a result and a beginning": ([user(text("a")), said(use(1)), user(result(1, "21")), said(text("It"))], (2, "a", ("21",))),
    "a result that was answered": (
        [user(text("a")), said(use(1)), user(result(1, "21")), said(text("A")), user(text("b"))],
        (3, "b", ()),
    ),
    "a picture": ([user(text("a")), said(text("A")), user(PICTURE)], (2, "", ())),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_turn_user_and_results_are_those_of_the_conversation(server, name):
    messages, expected = CONVERSATIONS[name]
    got = chat(server, messages=messages, tools=[WEATHER_TOOL])
    assert got.status == 200, got.body
    ask = server.journal[-1].ask
    assert (ask.turn, ask.user, ask.results) == expected
    assert ask.used == got.json["usage"]["input_tokens"] > 0


@pytest.mark.parametrize(
    "system, inline, joined",
    [
        ("Be brief.", None, "Be brief."),
        ([text("Be "), text("brief.")], None, "Be brief."),
        ("Be brief.", "And kind.", "Be brief.\nAnd kind."),
        (..., "And kind.", "And kind."),
        (..., None, ""),
    ],
)
def test_the_system_text_is_all_that_is_said_to_the_model(server, system, inline, joined):
    late = [{"role": "system", "content": inline}] if inline else []
    messages = [user(text("a")), said(use(1)), user(result(1, "21")), *late]
    assert chat(server, "claude-opus-4-8", messages, tools=[WEATHER_TOOL], system=system).status == 200
    ask = server.journal[-1].ask
    assert (ask.system, ask.turn, ask.results) == (joined, 2, ("21",))


def test_a_rule_by_turn_and_result_answers_a_whole_conversation(server):
    server.when(turn=1).reply(Reply([fakes.ToolCall("get_weather", "{}")]))
    server.when(turn=2, tool_result={"contains": "21"}).reply("It is 21 °C.")
    messages = [user(text("weather?"))]
    first = chat(server, "any", messages, tools=[WEATHER_TOOL]).json
    (called,) = first["content"]
    messages += [{"role": "assistant", "content": first["content"]}, user({**result(1, "21"), "tool_use_id": called["id"]})]
    assert chat(server, "any", messages, tools=[WEATHER_TOOL]).json["content"][0]["text"] == "It is 21 °C."
    assert server.unused() == []
