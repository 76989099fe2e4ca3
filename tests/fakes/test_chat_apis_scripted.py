"""What a script asks for is answered alike by the five chat APIs of OpenAI, Mistral, Fireworks and Together."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import Error, Fault, Quota, Reply

from .asking import WEATHER_TOOL, ask

PATHS = {
    "openai": "/openai/v1/chat/completions",
    "responses": "/openai/v1/responses",
    "mistral": "/mistral/v1/chat/completions",
    "fireworks": "/fireworks/inference/v1/chat/completions",
    "together": "/together/v1/chat/completions",
}
APIS = list(PATHS)
CALL = "abcdefghi"
WHOLE = b'{"whole": "\xc3\xa9"}'
STREAM = b'data: {"a": 1}\n\ndata: {"b": "\xc3\xa9"}\r\n\r\n: note\n\ndata: [DONE]\n\n'


@pytest.fixture(params=APIS)
def api(request):
    return request.param


@pytest.fixture
def held():
    with fakes.serve(clock="held") as running:
        yield running


def say(server, api, text="hi", *, stream=False, messages=None):
    messages = messages or [{"role": "user", "content": text}]
    asked = {"input": messages} if api == "responses" else {"messages": messages}
    return ask(server, {"model": "m", "stream": stream, **asked}, path=PATHS[api])


def provider(api):
    return "openai" if api == "responses" else api


def told(got):
    """Give the object of an error body that has its words."""
    body = got.json
    return body["error"] if "error" in body else body


def message(got):
    words = told(got)
    if "detail" in words:
        return words["detail"]
    return words["message"]["detail"][0]["msg"] if isinstance(words["message"], dict) else words["message"]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_every_status_has_words_in_the_shape_of_the_api(server, api, stream):
    server.reply(*map(Error, range(400, 600)))
    for status in range(400, 600):
        got = say(server, api, stream=stream)
        assert got.status == status
        assert got.headers["content-type"].startswith("application/json")
        assert isinstance(message(got), str) and message(got), got.body


def test_an_error_s_own_words_take_the_place_of_the_usual_ones(server, api):
    for status in (400, 401, 404, 405, 418, 422, 429, 500, 503, 529):
        server.reply(Error(status, "Mine, é.", type="my_type", code="my_code"), Error(status, "Only this."))
        got = say(server, api)
        words = told(got)
        assert (got.status, words["message"], words["type"], words["code"]) == (status, "Mine, é.", "my_type", "my_code")
        assert message(say(server, api)) == "Only this."


def test_an_error_s_headers_are_sent_besides_the_usual_ones_and_its_body_instead(server, api):
    server.reply(
        Error(503, headers=(("x-mine", "1"), ("retry-after", "7"))), Error(502, body=b"<html>no</html>", headers=(("via", "x"),))
    )
    got = say(server, api)
    assert (got.headers["x-mine"], got.headers["retry-after"]) == ("1", "7") and message(got) and "date" in got.headers
    got = say(server, api)
    assert (got.status, got.body, got.headers["via"]) == (502, b"<html>no</html>", "x")


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait_is_told_by_those_that_have_a_way_to(server, api, status):
    server.reply(Error(status, retry_after=1.5), Error(status, retry_after=1 / 3), Error(status))
    expected = {"mistral": None, "fireworks": None}.get(api, "1.5")
    assert say(server, api).headers.get("retry-after") == expected
    assert say(server, api).headers.get("retry-after") == (expected and "0.334")  # never too short
    assert "retry-after" not in say(server, api).headers


def test_a_request_that_no_rule_fits_is_refused_loudly(server, api):
    server.when(user="something else").reply("never", name="the only rule")
    for stream in (False, True):
        got = say(server, api, stream=stream)
        assert (got.status, told(got)["code"]) == (404, "no_rule")
        assert "the only rule" in message(got) and "something else" in message(got)


def test_a_status_fault_is_an_error_of_the_same_words(server, api):
    server.reply("fine")
    server.fault(Fault("status", status=503, message="down", times=1))
    got = say(server, api)
    assert (got.status, message(got)) == (503, "down")
    assert say(server, api).status == 200


# ---------------------------------------------------------------- raw bytes


def test_raw_bytes_are_sent_as_they_are(server, api):
    server.reply(Reply(raw={api: WHOLE}), Reply("unheard", raw={api: STREAM}))
    got = say(server, api)
    assert (got.status, got.body) == (200, WHOLE) and got.headers["content-type"].startswith("application/json")
    assert got.headers["content-length"] == str(len(WHOLE))
    got = say(server, api, stream=True)
    assert (got.status, got.body) == (200, STREAM) and got.headers["content-type"].startswith("text/event-stream")
    assert [name for name in got.headers if "limit" in name] or api == "mistral"


def test_a_fault_can_aim_at_an_event_of_raw_bytes(server, api):
    server.reply(Reply(raw={api: STREAM}, faults=[Fault("end", event=2)]))
    assert say(server, api, stream=True).body == STREAM[: STREAM.index(b": note")]


def test_bytes_for_others_only_are_no_answer(server, api):
    others = {name: STREAM for name in ("anthropic", *APIS) if name not in (api, provider(api))}
    if api == "openai":
        others.pop("responses")
    server.when(user="hi").reply(Reply(raw=others), Reply("words", raw=others), name="bytes")
    got = say(server, api)
    assert (got.status, told(got)["code"]) == (404, "no_rule")
    assert "'bytes'" in message(got) and ", ".join(others) in message(got)
    assert say(server, api).status == 404  # the reply was not used up


def test_bytes_beside_parts_are_for_one_provider_and_parts_for_the_others(server, api):
    server.when().reply(Reply("words", raw={"anthropic": STREAM}))
    assert b"words" in say(server, api).body


# ---------------------------------------------------------------- an error in the middle of a stream


def test_an_error_event_takes_the_place_of_an_event_and_ends_the_stream_in_good_form(server, api):
    server.reply("one two three four", "one two three four")
    whole = say(server, api, stream=True).body
    server.reset()
    server.fault(Fault("error_event", event=2, message="It broke."))
    got = say(server, api, stream=True)
    assert got.status == 200
    events = fakes.replies.reply.events_of(got.body)
    before = fakes.replies.reply.events_of(whole)[:2]
    assert events[:2] == before and len(events) == (4 if api == "responses" else 3)
    assert b"It broke." in events[2] and b"[DONE]" not in got.body
    assert not server.problems


# ---------------------------------------------------------------- quotas


def test_a_quota_of_requests_refuses_tells_and_lets_through_after_the_wait(held, api):
    held.quota(Quota(requests_per_minute=2))
    held.when().reply("fine")
    assert [say(held, api).status for _ in range(3)] == [200, 200, 429]
    assert not held.problems and message(say(held, api))
    held.advance(29.9)
    assert say(held, api).status == 429
    held.advance(0.1)
    assert [say(held, api).status for _ in range(2)] == [200, 429]


def test_a_quota_of_tokens_counts_what_is_asked_and_what_is_answered(held, api):
    held.when().reply(lambda question: "a b c d" if question.used else "")
    held.quota(Quota(tokens_per_minute=1000))
    first = say(held, api, "word " * 400)
    assert first.status == 200
    usage = first.json["usage"]
    spent = usage.get("total_tokens")
    assert 400 < spent < 500
    seen = held.journal[0].ask.used
    assert seen == usage.get("prompt_tokens", usage.get("input_tokens"))
    assert say(held, api, "word " * 400).status == 200
    got = say(held, api, "word " * 400)
    assert got.status == 429
    held.advance((seen - (1000 - 2 * spent)) * 60 / 1000 - 0.01)
    assert say(held, api, "word " * 400).status == 429
    held.advance(0.02)
    assert say(held, api, "word " * 400).status == 200


@pytest.mark.parametrize("api", ["openai", "responses", "together"])  # the others tell none
def test_a_wait_that_is_told_is_long_enough(held, api):
    held.quota(Quota(requests_per_minute=7))
    held.when().reply("fine")
    while say(held, api).status == 200:
        pass
    for _ in range(5):
        held.advance(float(say(held, api).headers["retry-after"]))
        assert say(held, api).status == 200


# ---------------------------------------------------------------- what a rule sees

USER = {"role": "user", "content": "q"}
ASSISTANT = {"role": "assistant", "content": "a"}
CALLS = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": CALL, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": CALL, "name": "get_weather", "content": "21"}
PARTS = {"role": "user", "content": [{"type": "text", "text": "p1 "}, {"type": "text", "text": "p2"}]}
SYSTEM = {"role": "system", "content": "Be brief."}
TURNS = [  # messages, turn, user, system, results
    ([USER], 1, "q", "", ()),
    ([SYSTEM, USER], 1, "q", "Be brief.", ()),
    ([SYSTEM, USER, ASSISTANT, PARTS], 2, "p1 p2", "Be brief.", ()),
    ([USER, CALLS, RESULT], 2, "q", "", ("21",)),
    ([USER, CALLS, RESULT, ASSISTANT, PARTS], 3, "p1 p2", "", ()),
    ([USER, ASSISTANT, USER, ASSISTANT, USER, CALLS, RESULT], 4, "q", "", ("21",)),
]


def seen_by_a_rule(server, api, messages):
    server.when().reply(lambda question: json.dumps([question.turn, question.user, question.system, question.results]))
    body = {"model": "m", "messages": messages, "tools": [WEATHER_TOOL]}
    got = ask(server, body, path=PATHS[api])
    assert got.status == 200, got.body
    turn, user, system, results = json.loads(got.message["content"].rpartition("\n")[2])
    return turn, user, system, tuple(results)


@pytest.mark.parametrize("row", range(len(TURNS)))
@pytest.mark.parametrize("api", [name for name in APIS if name != "responses"])
def test_turn_user_system_and_results_of_a_conversation(server, api, row):
    messages, *expected = TURNS[row]
    assert seen_by_a_rule(server, api, messages) == tuple(expected)


def test_the_beginning_of_an_answer_that_mistral_is_to_go_on_with_is_no_answer(server):
    prefix = {"role": "assistant", "content": "So\n", "prefix": True}
    assert seen_by_a_rule(server, "mistral", [USER, prefix]) == (1, "q", "", ())
    assert seen_by_a_rule(server, "mistral", [USER, CALLS, RESULT, prefix]) == (2, "q", "", ("21",))


ITEMS = {
    "call": {"type": "function_call", "call_id": CALL, "name": "get_weather", "arguments": "{}"},
    "result": {"type": "function_call_output", "call_id": CALL, "output": "21"},
    "said": {"role": "assistant", "content": "a"},
    "asked": {"role": "user", "content": "q"},
    "system": {"role": "developer", "content": "Be brief."},
}


@pytest.mark.parametrize(
    "items, expected",
    [
        ("asked", [1, "q", "", []]),
        ("system asked said asked", [2, "q", "Be brief.", []]),
        ("asked call result", [2, "q", "", ["21"]]),
        ("asked said call result", [2, "q", "", ["21"]]),  # a message and its calls are one answer
        ("asked call result said asked", [3, "q", "", []]),
    ],
)
def test_turn_user_system_and_results_of_items(server, items, expected):
    server.when().reply(lambda question: json.dumps([question.turn, question.user, question.system, question.results]))
    body = {"model": "m", "input": [ITEMS[word] for word in items.split()]}
    got = ask(server, body, path=PATHS["responses"])
    assert got.status == 200, got.body
    assert json.loads(got.json["output"][-1]["content"][0]["text"]) == expected


def test_turns_go_on_over_stored_responses(server):
    server.when(turn=1).reply("first")
    server.when(turn=2).reply("second")
    path = PATHS["responses"]
    first = ask(server, {"model": "m", "input": "q"}, path=path).json
    got = ask(server, {"model": "m", "input": "r", "previous_response_id": first["id"]}, path=path)
    assert got.json["output"][-1]["content"][0]["text"] == "second"
