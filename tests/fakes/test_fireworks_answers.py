"""What the fake Fireworks says: the ready behaviours and the ordinary models, whole and streamed, in Fireworks' form."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage

from ..protocols.recordings import recordings
from .asking import MESSAGES, WEATHER_TOOL, ask

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}}, "required": ["city", "temp_c"]}
LLAMA = "accounts/fireworks/models/llama-v3p3-70b-instruct"
HELLO = "Hello from fakes."


def chat(server, model="fake-hello", messages=None, path="/fireworks/inference/v1/chat/completions", **body):
    return ask(server, {"model": model, "messages": MESSAGES if messages is None else messages, **body}, path=path)


def joined(got, key="content"):
    return "".join(event["choices"][0]["delta"].get(key) or "" for event in got.events if event["choices"])


@pytest.mark.parametrize("path", ["/fireworks/v1", "/fireworks/inference/v1"])
@pytest.mark.parametrize("model", ["fake-hello", "accounts/fireworks/models/fake-hello"])
def test_both_paths_and_both_names_answer(server, path, model):
    got = chat(server, model, path=path + "/chat/completions")
    assert got.message == {"role": "assistant", "content": HELLO} and got.json["model"] == model
    assert list(got.json) == ["id", "object", "created", "model", "choices", "usage"]
    assert list(got.json["choices"][0]) == ["index", "message", "finish_reason"]
    assert got.json["usage"]["total_tokens"] == got.json["usage"]["prompt_tokens"] + 4


def test_the_headers_are_those_of_the_recordings(server):
    got = chat(server)
    assert got.headers["x-request-id"] == got.json["id"]
    assert got.headers["fireworks-prompt-tokens"] == str(got.json["usage"]["prompt_tokens"])
    assert float(got.headers["fireworks-server-processing-time"]) > float(got.headers["fireworks-server-time-to-first-token"]) > 0
    assert got.headers["x-ratelimit-over-limit"] == "no" and got.headers["x-ratelimit-limit-requests"] == "60"
    assert "fireworks-server-processing-time" not in chat(server, stream=True).headers


def test_the_first_delta_is_a_role_and_usage_comes_with_the_finish(server):
    events = chat(server, stream=True).events
    assert events[0]["choices"][0]["delta"] == {"role": "assistant"}
    assert [event["usage"] is None for event in events] == [True] * 5 + [False]
    assert events[-1]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}


def test_usage_stands_apart_when_openai_s_option_asks_for_it(server):
    events = chat(server, stream=True, stream_options={"include_usage": True}).events
    assert events[-2]["choices"][0]["finish_reason"] == "stop" and events[-2]["usage"] is None
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] == 4


def test_tool_calls_open_and_then_append(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL])
    (call,) = got.message["tool_calls"]
    assert list(call) == ["index", "id", "type", "function"] and call["id"].startswith("call_") and got.message["content"] is None
    assert got.json["choices"][0]["finish_reason"] == "tool_calls"
    deltas = [event["choices"][0]["delta"] for event in chat(server, "fake-tool", tools=[WEATHER_TOOL], stream=True).events]
    pieces = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert pieces[0]["function"] == {"name": "get_weather", "arguments": ""} and "id" not in pieces[1]
    assert "".join(piece["function"]["arguments"] for piece in pieces) == '{"city":"Paris"}'


def test_several_calls_have_ids_of_their_own(server):
    other = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
    calls = chat(server, "fake-tools", tools=[WEATHER_TOOL, other]).message["tool_calls"]
    assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "get_weather"), (1, "get_time")]
    assert len({call["id"] for call in calls}) == 2
    assert len(chat(server, "fake-tools", tools=[WEATHER_TOOL, other], parallel_tool_calls=False).message["tool_calls"]) == 1


def test_a_tool_s_result_is_answered(server):
    call = chat(server, "fake-tool", tools=[WEATHER_TOOL]).message
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "21 degrees"}
    assert chat(server, "fake-tool", [*MESSAGES, call, result], tools=[WEATHER_TOOL]).message["content"] == "The tool says: 21 degrees"


@pytest.mark.parametrize("choice, called", [("any", True), ("required", True), ("none", False), ("auto", False), ({"type": "function", "function": {"name": "get_weather"}}, True)])
def test_an_ordinary_model_obeys_tool_choice(server, choice, called):
    assert bool(chat(server, LLAMA, tools=[WEATHER_TOOL], tool_choice=choice).message.get("tool_calls")) == called


def test_thoughts_come_in_reasoning_content(server):
    got = chat(server, "fake-think")
    assert list(got.message) == ["role", "content", "reasoning_content"]
    assert got.message["reasoning_content"] == "Let me think: six times seven is forty-two."
    streamed = chat(server, "fake-think", stream=True)
    assert joined(streamed, "reasoning_content") == got.message["reasoning_content"] and joined(streamed) == "The answer is 42."


@pytest.mark.parametrize(
    "model, body, thinks",
    [
        (LLAMA, {}, False),
        ("accounts/fireworks/models/gpt-oss-20b", {}, True),
        ("accounts/fireworks/models/gpt-oss-20b", {"reasoning_effort": "low"}, True),
        ("accounts/fireworks/models/qwen3-235b-a22b", {"reasoning_effort": "none"}, False),
        ("accounts/fireworks/models/qwen3-235b-a22b", {"reasoning_effort": False}, False),
        ("accounts/fireworks/models/glm-4p6", {"thinking": {"type": "disabled"}}, False),
    ],
)
def test_a_reasoning_model_shows_its_reasoning_unless_told_not_to(server, model, body, thinks):
    assert ("reasoning_content" in chat(server, model, **body).message) == thinks
    assert bool(joined(chat(server, model, stream=True, **body), "reasoning_content")) == thinks


def test_what_this_api_cannot_say_is_said_as_text_or_not_at_all():
    reply = Reply([RedactedThinking("x"), Thinking("Hm", "sig"), Text("a"), Refusal("no"), ToolCall("f", "{}", "own-id")])
    with fakes.serve([reply, reply]) as server:
        message = chat(server, "any-name").message
        assert (message["content"], message["reasoning_content"], message["tool_calls"][0]["id"]) == ("ano", "Hm", "own-id")
        assert joined(chat(server, "any-name", stream=True)) == "ano"


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_object", "schema": SCHEMA},
        {"type": "json_object", "schema": json.dumps(SCHEMA)},
        {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA, "strict": True}},
        {"type": "json_schema", "json_schema": SCHEMA},
        {"type": "json_schema", "json_schema": json.dumps(SCHEMA)},
        {"type": "json_object"},
    ],
)
def test_json_is_given_in_every_form_of_asking(server, wanted):
    assert json.loads(chat(server, LLAMA, response_format=wanted).message["content"]) == {"city": "Paris", "temp_c": 21}


@pytest.mark.parametrize("body, text, finish", [({"max_tokens": 2}, "Hello from", "length"), ({"max_completion_tokens": 1}, "Hello", "length"), ({"stop": "fak"}, "Hello from ", "stop"), ({"stop": ["x", " from"]}, "Hello", "stop")])
def test_limits_cut_the_text(server, body, text, finish):
    got = chat(server, **body)
    assert (got.message["content"], got.json["choices"][0]["finish_reason"]) == (text, finish)
    streamed = chat(server, stream=True, **body)
    assert (joined(streamed), streamed.events[-1]["choices"][0]["finish_reason"]) == (text, finish)


def test_several_choices_log_probabilities_and_metrics(server):
    got = chat(server, n=2, logprobs=True, top_logprobs=2, perf_metrics_in_response=True).json
    assert [choice["index"] for choice in got["choices"]] == [0, 1] and got["perf_metrics"]["prompt-tokens"] == str(got["usage"]["prompt_tokens"])
    entries = got["choices"][0]["logprobs"]["content"]
    assert [entry["text_offset"] for entry in entries] == [0, 5, 10, 16] and len(entries[0]["top_logprobs"]) == 2
    assert [event["choices"][0]["index"] for event in chat(server, n=2, stream=True).events[:4]] == [0, 1, 0, 1]


def test_nothing_is_filtered_here(server):
    assert chat(server, "fake-filtered").json["choices"][0]["finish_reason"] == "stop"
    got = chat(server, "fake-blocked")
    assert (got.message["content"], got.json["choices"][0]["finish_reason"]) == ("", "stop")
    assert got.json["usage"]["completion_tokens"] > 0
    assert chat(server, "fake-refuse").message["content"] == "I'm sorry, I can't help with that."


def test_usage_can_be_scripted():
    with fakes.serve([Reply([Text("a")], usage=Usage(10, 5, None, cache_read=4))]) as server:
        got = chat(server, "m")
        assert got.json["usage"] == {"prompt_tokens": 10, "total_tokens": 15, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
        assert got.headers["fireworks-cached-prompt-tokens"] == "4"
        assert chat(server, "m").error["code"] == "no_rule"


@pytest.mark.parametrize("text", ["é ü 😀 漢字", 'quote " back \\ slash\n\ttab', "\ud800 lone"])
def test_any_text_survives_the_way_there_and_back(server, text):
    messages = [{"role": "user", "content": text}]
    assert chat(server, "fake-echo", messages).message["content"] == text
    assert joined(chat(server, "fake-echo", messages, stream=True)) == text


def test_models_are_listed(server):
    listed = ask(server, method="GET", path="/fireworks/inference/v1/models").json
    assert listed["object"] == "list" and {"fake-hello", "accounts/fireworks/models/fake-hello", LLAMA} <= {row["id"] for row in listed["data"]}


def test_the_same_requests_get_the_same_bytes(server):
    first = [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body]
    server.reset()
    assert [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body] == first


def test_the_chunks_are_those_of_the_recording_but_for_their_words(server):
    """The second witness: the recorded stream."""
    found = [exchange for _, exchange in recordings("fireworks", "/chat/completions") if "tream" in str(exchange["response"]["headers"].get("content-type"))]
    if not found:
        pytest.skip("the recordings are not beside this repository")
    recorded = [line[6:] for line in found[0]["response"]["body"].splitlines() if line.startswith("data: {")]
    faked = [line[6:] for line in chat(server, stream=True, max_tokens=2).body.decode().splitlines() if line.startswith("data: {")]

    def shape(chunk):
        payload = json.loads(chunk)
        choice = payload["choices"][0]
        usage = payload["usage"] and list(payload["usage"])[:3]
        return list(payload), list(choice), list(choice["delta"]), choice["finish_reason"], usage, " " in chunk.replace(str(choice["delta"].get("content")), "")

    assert [shape(chunk) for chunk in (recorded[0], recorded[-1])] == [shape(chunk) for chunk in (faked[0], faked[-1])]
    assert shape(recorded[1])[:5] == shape(faked[1])[:5]
