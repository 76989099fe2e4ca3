"""What each ready model name does."""

from __future__ import annotations

import json

import pytest

from .asking import WEATHER_TOOL, ask, chat


def content(reply):
    return reply.message["content"]


def test_fake_hello_says_hello_whatever_is_asked(server):
    assert content(chat(server)) == "Hello from fakes."
    assert content(chat(server, tools=[WEATHER_TOOL], tool_choice="required")) == "Hello from fakes."


def test_fake_tool_makes_values_when_paris_does_not_fit(server):
    parameters = {"type": "object", "properties": {"x": {"type": "integer", "minimum": 100}}, "required": ["x"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    call = chat(server, "fake-tool", tools=[tool]).message["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"x": 100}


def test_fake_tool_answers_in_words_where_it_may_not_call(server):
    assert "tool_calls" not in chat(server, "fake-tool").message
    assert "tool_calls" not in chat(server, "fake-tool", tools=[WEATHER_TOOL], tool_choice="none").message


def test_fake_tool_obeys_a_named_choice_and_allowed_tools(server):
    other = {"type": "function", "function": {"name": "other"}}
    named = {"type": "function", "function": {"name": "other"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named]}}
    for choice in (named, allowed):
        got = chat(server, "fake-tool", tools=[WEATHER_TOOL, other], tool_choice=choice)
        assert got.message["tool_calls"][0]["function"]["name"] == "other"


def test_fake_tool_uses_the_result(server):
    first = chat(server, "fake-tool", tools=[WEATHER_TOOL]).message
    messages = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": None, "tool_calls": first["tool_calls"]},
        {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "21 degrees"},
    ]
    assert content(chat(server, "fake-tool", messages, tools=[WEATHER_TOOL])) == "The tool says: 21 degrees"


def test_fake_json_answers_the_weather_or_what_the_schema_wants(server):
    assert json.loads(content(chat(server, "fake-json"))) == {"city": "Paris", "temp_c": 21}
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert json.loads(content(chat(server, "fake-json", response_format=wanted))) == {"ok": True}
    assert json.loads(content(chat(server, "gpt-4o", response_format=wanted))) == {"ok": True}


def test_fake_429_once_fails_once_after_each_reset(server):
    for _ in range(2):
        first = chat(server, "fake-429-once")
        assert first.status == 429
        assert (first.error["type"], first.error["code"]) == ("requests", "rate_limit_exceeded")
        assert 0 < float(first.headers["retry-after"]) < 1
        assert float(first.headers["retry-after-ms"]) == 1000 * float(first.headers["retry-after"])
        assert [content(chat(server, "fake-429-once")) for _ in range(2)] == ["Hello from fakes."] * 2
        assert ask(server, b"", path="/__fakes/reset", key=None).status == 200


def test_fake_echo_repeats_the_last_user_message(server):
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "th"}, {"type": "text", "text": "ree"}]},
    ]
    assert content(chat(server, "fake-echo", messages)) == "three"


FRENCH = "You are a helpful assistant that translates English to French."
QUICKSTART = [
    ("You're a helpful assistant", "What is the purpose of model regularization?", "Regularization keeps"),
    ("", "What is overfitting?", "Overfitting means"),
    ("", "Translate this sentence from English to French: I love programming.", "J'adore la programmation."),
    (FRENCH, "I love programming.", "J'adore la programmation."),
    (FRENCH, "I love artificial intelligence.", "J'adore l'intelligence artificielle."),
    ("", "Something else", "Hello from fakes."),
]


@pytest.mark.parametrize("model", ["fake-quickstart", "gpt-3.5-turbo", "gpt-4o-mini", "chatgpt-4o-latest", "o3"])
@pytest.mark.parametrize("system, user, answer", QUICKSTART)
def test_the_quick_start_s_prompts_are_answered(server, model, system, user, answer):
    messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": user}]
    assert content(chat(server, model, messages)).startswith(answer)


def test_the_explanation_streams_in_token_sized_pieces_between_two_empty_ones(server):
    messages = [{"role": "user", "content": "What is the purpose of model regularization?"}]
    events = chat(server, "fake-quickstart", messages, stream=True).events
    pieces = [event["choices"][0]["delta"].get("content") for event in events]
    assert pieces[0] == "" and pieces[-1] is None
    assert len(pieces) > 60 and all(0 < len(piece) <= 8 for piece in pieces[1:-1])


def test_ordinary_models_call_a_tool_only_when_they_must(server):
    assert content(chat(server, "gpt-4o", tools=[WEATHER_TOOL])) == "Hello from fakes."
    assert chat(server, "gpt-4o", tools=[WEATHER_TOOL], tool_choice="required").message["tool_calls"]


def finishes(events):
    return [event["choices"][0]["finish_reason"] for event in events if event["choices"]]


def test_fake_think_tells_of_its_thoughts_by_their_number_only(server):
    reply = chat(server, "fake-think")
    assert content(reply) == "The answer is 42."
    usage = reply.json["usage"]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < thought < usage["completion_tokens"]
    assert b"Let me think" not in reply.body
    events = chat(server, "fake-think", stream=True, stream_options={"include_usage": True}).events
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events[:-1]) == "The answer is 42."
    assert events[-1]["usage"] == usage


def test_fake_think_calls_a_tool_and_then_answers(server):
    first = chat(server, "fake-think", tools=[WEATHER_TOOL])
    assert first.json["choices"][0]["finish_reason"] == "tool_calls"
    call = first.message["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}
    messages = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "21"},
    ]
    assert content(chat(server, "fake-think", messages, tools=[WEATHER_TOOL])) == "The answer is 42."


def test_fake_refuse_refuses_where_the_content_would_be(server):
    said = "I'm sorry, I can't help with that."
    reply = chat(server, "fake-refuse")
    assert (reply.message["content"], reply.message["refusal"]) == (None, said)
    assert reply.json["choices"][0]["finish_reason"] == "stop" and reply.json["usage"]["completion_tokens"] > 0
    events = chat(server, "fake-refuse", stream=True).events
    deltas = [event["choices"][0]["delta"] for event in events]
    assert "".join(delta.get("refusal") or "" for delta in deltas) == said
    assert not any(delta.get("content") for delta in deltas) and finishes(events)[-1] == "stop"


def test_fake_filtered_stops_for_the_filter_in_the_middle_of_its_answer(server):
    reply = chat(server, "fake-filtered")
    assert (content(reply), reply.json["choices"][0]["finish_reason"]) == ("Well, first", "content_filter")
    events = chat(server, "fake-filtered", stream=True).events
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == "Well, first"
    assert finishes(events)[-1] == "content_filter"


@pytest.mark.parametrize("stream", [False, True])
def test_fake_blocked_refuses_the_prompt(server, stream):
    reply = chat(server, "fake-blocked", stream=stream)
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "invalid_prompt", None)
    assert reply.error["message"].startswith("Invalid prompt: your prompt was flagged")


def test_the_models_are_listed_and_each_can_be_asked(server):
    listing = ask(server, None, method="GET", path="/openai/v1/models").json
    names = [row["id"] for row in listing["data"]]
    assert len(names) == len(set(names)) and {"gpt-5.6-sol", "gpt-4o", "o3", "fake-think", "fake-blocked"} <= set(names)
    for row in listing["data"]:
        assert list(row) == ["id", "object", "created", "owned_by"] and row["object"] == "model"
        assert ask(server, None, method="GET", path=f"/openai/v1/models/{row['id']}").json == row
        if not row["id"].startswith("fake-"):
            for path, body in (("chat/completions", {"messages": [{"role": "user", "content": "hi"}]}), ("responses", {"input": "hi"})):
                assert ask(server, {"model": row["id"], **body}, path=f"/openai/v1/{path}").status == 200
    gone = ask(server, None, method="GET", path="/openai/v1/models/nobody")
    assert (gone.status, gone.error["code"]) == (404, "model_not_found")
