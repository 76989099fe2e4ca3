"""What the fake Together says: the ready behaviours and the ordinary models, whole and streamed, in Together's form."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage

from ..protocols.recordings import recordings
from .asking import MESSAGES, WEATHER_TOOL, ask

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}}, "required": ["city", "temp_c"]}
LLAMA = "meta-llama/Llama-3.3-70B-Instruct-Turbo"
HELLO = "Hello from fakes."


def chat(server, model="fake-hello", messages=None, **body):
    request = {"model": model, "messages": MESSAGES if messages is None else messages, **body}
    return ask(server, request, path="/together/v1/chat/completions")


def joined(got, key="content"):
    return "".join(event["choices"][0]["delta"].get(key) or "" for event in got.events)


def test_an_answer_is_indented_and_has_the_recorded_keys(server):
    got = chat(server)
    assert json.dumps(got.json, indent=2).encode() == got.body
    assert list(got.json) == ["id", "object", "created", "model", "prompt", "choices", "usage"] and got.json["prompt"] == []
    assert list(got.json["choices"][0]) == ["finish_reason", "seed", "index", "logprobs", "message"]
    assert got.message == {"role": "assistant", "content": HELLO, "tool_calls": []}
    assert list(got.json["usage"]) == ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"]
    assert got.json["usage"]["total_tokens"] == got.json["usage"]["prompt_tokens"] + 4


def test_the_headers_are_those_of_the_recordings(server):
    got = chat(server)
    assert got.headers["content-type"] == "application/json; charset=utf-8" and got.headers["retry-after"] == "2"
    assert (got.headers["x-ratelimit"], got.headers["x-ratelimit-reset"], got.headers["x-inference-version"]) == ("false", "2", "v2")
    streamed = chat(server, stream=True).headers
    assert streamed["content-type"] == "text/event-stream;charset=utf-8" and "x-api-call-end" not in streamed


def test_every_chunk_says_its_text_twice_and_the_last_piece_comes_with_the_finish(server):
    events = chat(server, stream=True).events
    choices = [event["choices"][0] for event in events]
    assert [choice["text"] for choice in choices] == [choice["delta"]["content"] for choice in choices] == ["Hello", " from", " fakes", "."]
    assert all(choice["delta"]["role"] == "assistant" and isinstance(choice["delta"]["token_id"], int) for choice in choices)
    assert [event["usage"] is None for event in events] == [True, True, True, False]
    assert [choice["finish_reason"] for choice in choices] == [None, None, None, "stop"]
    assert choices[0]["seed"] is None and choices[-1]["seed"] > 0


def test_seeds_exceed_what_javascript_can_count_and_are_given_back(server):
    seeds = [chat(server).json["choices"][0]["seed"] for _ in range(8)]
    assert max(seeds) > 2**53 and all(seed == int(float(seed)) or seed % 1000 == 0 for seed in seeds)
    assert chat(server, seed=7).json["choices"][0]["seed"] == 7


def test_tool_calls_open_and_then_append(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL])
    (call,) = got.message["tool_calls"]
    assert list(call) == ["id", "type", "function", "index"] and call["id"].startswith("call_") and got.message["content"] == ""
    assert got.json["choices"][0]["finish_reason"] == "tool_calls"
    events = chat(server, "fake-tool", tools=[WEATHER_TOOL], stream=True).events
    pieces = [event["choices"][0]["delta"]["tool_calls"][0] for event in events if event["choices"][0]["delta"]["tool_calls"]]
    assert pieces[0]["function"] == {"name": "get_weather", "arguments": ""} and "id" not in pieces[1]
    assert "".join(piece["function"]["arguments"] for piece in pieces) == '{"city":"Paris"}'
    assert events[0]["choices"][0]["delta"]["tool_calls"] is None and events[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_several_calls_have_ids_of_their_own(server):
    other = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
    calls = chat(server, "fake-tools", tools=[WEATHER_TOOL, other]).message["tool_calls"]
    assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "get_weather"), (1, "get_time")]
    assert len({call["id"] for call in calls}) == 2


def test_a_tool_s_result_is_answered(server):
    call = chat(server, "fake-tool", tools=[WEATHER_TOOL]).message
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "21 degrees"}
    assert chat(server, "fake-tool", [*MESSAGES, call, result], tools=[WEATHER_TOOL]).message["content"] == "The tool says: 21 degrees"


@pytest.mark.parametrize("choice, called", [("required", True), ("none", False), ("auto", False), ({"type": "function", "function": {"name": "get_weather"}}, True)])
def test_an_ordinary_model_obeys_tool_choice(server, choice, called):
    assert bool(chat(server, LLAMA, tools=[WEATHER_TOOL], tool_choice=choice).message["tool_calls"]) == called


def test_thoughts_come_in_reasoning(server):
    got = chat(server, "fake-think")
    assert got.message["reasoning"] == "Let me think: six times seven is forty-two." and got.message["content"] == "The answer is 42."
    streamed = chat(server, "fake-think", stream=True)
    assert (joined(streamed, "reasoning"), joined(streamed)) == (got.message["reasoning"], got.message["content"])
    assert all("reasoning" in event["choices"][0]["delta"] for event in streamed.events)


@pytest.mark.parametrize(
    "model, body, thinks",
    [
        (LLAMA, {}, False),
        ("moonshotai/Kimi-K2.5", {"reasoning": {"enabled": True}}, True),
        ("openai/gpt-oss-20b", {}, True),
        ("openai/gpt-oss-20b", {"reasoning": {"enabled": False}}, False),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", {"reasoning_effort": "low"}, True),
    ],
)
def test_a_reasoning_model_shows_its_reasoning_unless_told_not_to(server, model, body, thinks):
    assert ("reasoning" in chat(server, model, **body).message) == thinks
    assert bool(joined(chat(server, model, stream=True, **body), "reasoning")) == thinks


def test_deepseek_r1_thinks_inside_its_content(server):
    got = chat(server, "deepseek-ai/DeepSeek-R1").message["content"]
    assert got.startswith("<think>\n") and got.endswith("</think>\n" + HELLO)
    assert joined(chat(server, "deepseek-ai/DeepSeek-R1", stream=True)) == got


@pytest.mark.parametrize("model, finish", [(LLAMA, "stop"), ("mistralai/Mixtral-8x7B-Instruct-v0.1", "eos")])
def test_an_older_model_ends_with_eos(server, model, finish):
    assert chat(server, model).json["choices"][0]["finish_reason"] == finish
    assert chat(server, model, stream=True).events[-1]["choices"][0]["finish_reason"] == finish
    assert chat(server, model, max_tokens=1).json["choices"][0]["finish_reason"] == "length"


def test_what_this_api_cannot_say_is_said_as_text_or_not_at_all():
    reply = Reply([RedactedThinking("x"), Thinking("Hm", "sig"), Text("a"), Refusal("no"), ToolCall("f", "{}", "own-id")])
    with fakes.serve([reply, reply]) as server:
        message = chat(server, "any-name").message
        assert (message["content"], message["reasoning"], message["tool_calls"][0]["id"]) == ("ano", "Hm", "own-id")
        assert joined(chat(server, "any-name", stream=True)) == "ano"


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA, "strict": True}},
        {"type": "json_object", "schema": SCHEMA},
        {"type": "json_object", "schema": json.dumps(SCHEMA)},
        {"type": "json_object"},
    ],
)
def test_json_is_given_in_every_form_of_asking(server, wanted):
    assert json.loads(chat(server, LLAMA, response_format=wanted).message["content"]) == {"city": "Paris", "temp_c": 21}


@pytest.mark.parametrize("body, text, finish", [({"max_tokens": 2}, "Hello from", "length"), ({"max_completion_tokens": 1}, "Hello", "length"), ({"stop": ["x", " from"]}, "Hello", "stop"), ({"stop": ["Hello"]}, "", "stop")])
def test_limits_cut_the_text(server, body, text, finish):
    got = chat(server, **body)
    assert (got.message["content"], got.json["choices"][0]["finish_reason"]) == (text, finish)
    streamed = chat(server, stream=True, **body)
    assert (joined(streamed), streamed.events[-1]["choices"][0]["finish_reason"]) == (text, finish)


def test_log_probabilities_are_asked_for_by_a_number(server):
    entries = chat(server, logprobs=2).json["choices"][0]["logprobs"]["content"]
    assert [entry["token"] for entry in entries] == ["Hello", " from", " fakes", "."] and len(entries[0]["top_logprobs"]) == 2
    streamed = chat(server, logprobs=2, stream=True).events[0]["choices"][0]["logprobs"]
    assert streamed["tokens"] == ["Hello"] and streamed["token_logprobs"] == [entries[0]["logprob"]] and len(streamed["top_logprobs"][0]) == 2
    assert chat(server, logprobs=0).json["choices"][0]["logprobs"] is None


def test_several_choices_and_an_echo(server):
    got = chat(server, n=2, echo=True).json
    assert [choice["index"] for choice in got["choices"]] == [0, 1] and got["prompt"] == [{"text": "hi", "logprobs": None}]
    assert [event["choices"][0]["index"] for event in chat(server, n=2, stream=True).events[:4]] == [0, 1, 0, 1]


def test_nothing_is_filtered_here(server):
    assert chat(server, "fake-filtered").json["choices"][0]["finish_reason"] == "stop"
    assert chat(server, "fake-blocked").message["content"] == ""
    assert chat(server, "fake-refuse").message["content"] == "I'm sorry, I can't help with that."


def test_usage_can_be_scripted():
    reply = Reply([Text("a")], usage=Usage(10, 5, None, cache_read=4))
    with fakes.serve([reply, reply]) as server:
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cached_tokens": 4}
        assert chat(server, "m").json["usage"] == usage
        assert chat(server, "m", stream=True).events[-1]["usage"] == usage
        assert chat(server, "m").error["code"] == "no_rule"


@pytest.mark.parametrize("text", ["é ü 😀 漢字", 'quote " back \\ slash\n\ttab', "\ud800 lone"])
def test_any_text_survives_the_way_there_and_back(server, text):
    messages = [{"role": "user", "content": text}]
    assert chat(server, "fake-echo", messages).message["content"] == text
    assert joined(chat(server, "fake-echo", messages, stream=True)) == text


def test_models_are_a_bare_list(server):
    listed = ask(server, method="GET", path="/together/v1/models").json
    assert isinstance(listed, list) and {"fake-hello", LLAMA} <= {row["id"] for row in listed}


def test_the_same_requests_get_the_same_bytes(server):
    first = [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body]
    server.reset()
    assert [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body] == first


def test_the_chunks_are_those_of_the_recording_but_for_their_words(server):
    """The second witness: the recorded stream."""
    found = [exchange for _, exchange in recordings("together", "/chat/completions") if exchange["request"]["body"].get("stream")]
    if not found:
        pytest.skip("the recordings are not beside this repository")
    recorded = [json.loads(line[6:]) for line in found[0]["response"]["body"].splitlines() if line.startswith("data: {")]
    faked = chat(server, stream=True, max_tokens=3).events

    def shape(event):
        choice = event["choices"][0]
        return list(event), list(choice), list(choice["delta"]), choice["finish_reason"], event["usage"] and list(event["usage"])[:3]

    assert [shape(recorded[0]), shape(recorded[-1])] == [shape(faked[0]), shape(faked[-1])]
