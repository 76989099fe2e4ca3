"""Each wrong request gets Together's own answer: status, body, and the field it is about."""

from __future__ import annotations

import re

import pytest

import fakes

from ..protocols.recordings import parametrize
from .asking import MESSAGES, WEATHER_TOOL, ask, raw

PATH = "/together/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
TYPE = "invalid_request_error"


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def called(*ids, arguments="{}"):
    calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def parts(*content):
    return {"messages": [{"role": "user", "content": list(content)}]}


def tool(**changes):
    return {"tools": [{"type": "function", "function": {**WEATHER_TOOL["function"], **changes}}]}


# what is changed in {"model": "fake-hello", "messages": MESSAGES} -> the field that "Input validation error" is about
WRONG_SHAPE = [
    ({"model": ...}, "model"),
    ({"model": None}, "model"),
    ({"model": 4}, "model"),
    ({"messages": ...}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": []}, "messages"),
    ({"stop": "x"}, "stop"),
    ({"stop": [1]}, "stop"),
    ({"logprobs": True}, "logprobs"),
    ({"logprobs": "2"}, "logprobs"),
    ({"temperature": "hot"}, "temperature"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"stream": "yes"}, "stream"),
    ({"seed": "s"}, "seed"),
    ({"reasoning": True}, "reasoning"),
    ({"reasoning_effort": "none"}, "reasoning_effort"),
    ({"context_length_exceeded_behavior": "stop"}, "context_length_exceeded_behavior"),
    ({"compliance": "gdpr"}, "compliance"),
    ({"chat_template_kwargs": []}, "chat_template_kwargs"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [{"content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "developer", "content": "d"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    (parts({"text": "a"}), "messages[0].content[0].type"),
    (parts({"type": "text"}), "messages[0].content[0].text"),
    (parts({"type": "image_url", "image_url": "https://x/y.png"}), "messages[0].content[0].image_url.url"),
    (parts({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}}), "messages[0].content[0].input_audio"),
    ({"messages": [USER, called("a"), {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "1"}]}]}, "messages[2].content"),
    ({"messages": [USER, called("a"), {"role": "tool", "content": "1"}]}, "messages[2].tool_call_id"),
    ({"messages": [USER, called("a"), {"role": "tool", "tool_call_id": "b", "content": "1"}]}, "messages[2].tool_call_id"),
    ({"messages": [USER, {"role": "tool", "tool_call_id": "a", "content": "1"}]}, "messages[1].tool_call_id"),
    ({"messages": [USER, called("a", arguments={})]}, "messages[1].tool_calls[0].function.arguments"),
    ({"messages": [USER, called(None)]}, "messages[1].tool_calls[0].id"),
    ({"messages": [USER, {"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "messages[1].tool_calls[0].function"),
    ({"tools": {}}, "tools"),
    ({"tools": ["f"]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    (tool(name="a b"), "tools[0].function.name"),
    (tool(parameters={"type": "object", "properties": {"a": {"type": "str"}}}), "tools[0].function.parameters"),
    ({"messages": [USER, {"role": "assistant", "tool_calls": {"a": 1}, "content": "x"}]}, "messages[1].tool_calls"),
    (tool(parameters=[1]), "tools[0].function.parameters"),
    ({"tools": [WEATHER_TOOL], "tool_choice": "any"}, "tool_choice"),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
    ({"response_format": {"type": "json"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": "s"}}}, "response_format.json_schema.schema"),
    ({"response_format": {"type": "json_object", "schema": "{"}}, "response_format.schema"),
    ({"response_format": {"type": "json_object", "schema": 1}}, "response_format.schema"),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(WRONG_SHAPE)))
def test_a_wrong_shape_is_refused_in_one_sentence_with_its_field(server, row):
    changes, param = WRONG_SHAPE[row]
    body = {"model": "fake-hello", "messages": MESSAGES, **changes}
    got = ask(server, {key: value for key, value in body.items() if value is not ...}, path=PATH)
    assert (got.status, got.error) == (400, {"message": "Input validation error", "type": TYPE, "param": param, "code": None})


POSITIVE = "must be strictly positive"
OUT_OF_RANGE = [
    ({"temperature": -1}, "temperature", POSITIVE),
    ({"max_tokens": 0}, "max_new_tokens", POSITIVE),
    ({"max_completion_tokens": -5}, "max_new_tokens", POSITIVE),
    ({"top_p": 1.5}, "top_p", "must be > 0.0 and <= 1.0"),
    ({"top_k": -2}, "top_k", POSITIVE),
    ({"min_p": 2}, "min_p", "must be >= 0.0 and <= 1.0"),
    ({"n": 0}, "n", "must be > 0 and <= 128"),
    ({"logprobs": 21}, "logprobs", "must be >= 0 and <= 20"),
    ({"frequency_penalty": 3}, "frequency_penalty", "must be >= -2.0 and <= 2.0"),
    ({"repetition_penalty": -1}, "repetition_penalty", POSITIVE),
]


@pytest.mark.parametrize("row", range(len(OUT_OF_RANGE)))
def test_a_number_out_of_its_range_is_unprocessable(server, row):
    changes, param, rule = OUT_OF_RANGE[row]
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **changes}, path=PATH)
    assert (got.status, got.error["message"], got.error["param"]) == (422, f"Input validation error: `{param}` {rule}", param)


@pytest.mark.parametrize(
    "changes, used, asked",
    [
        ({"max_tokens": 131_072}, 11, 131_072),
        ({"messages": [{"role": "user", "content": "word " * 131_072}]}, 131_083, 0),
        ({"messages": [{"role": "user", "content": "word " * 131_072}], "context_length_exceeded_behavior": "truncate"}, 131_083, 0),
    ],
)
def test_too_long_a_context_is_forbidden(server, changes, used, asked):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **changes}, path=PATH)
    message = f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 131072. Given: {used} `inputs` tokens and {asked} `max_new_tokens`"
    assert (got.status, got.error["message"], got.error["type"]) == (403, message, TYPE)


FINE = [
    {"temperature": None, "top_p": None, "max_tokens": None, "stop": None, "n": None, "logprobs": None, "tools": None, "response_format": None},
    {"temperature": 2, "top_k": 50, "min_p": 0.1, "repetition_penalty": 1, "seed": 7, "safety_model": "m", "echo": True},
    {"stop": ["a", "b"]},
    {"stream_options": {"include_usage": True}, "parallel_tool_calls": True, "an_unknown_field": 1},
    {"tools": []},
    {"tools": [WEATHER_TOOL], "tool_choice": "required"},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "grammar", "value": "root ::= x"}},
    {"reasoning": {"enabled": True}, "reasoning_effort": "low", "chat_template_kwargs": {"thinking": True}},
    {"max_tokens": 131_072, "context_length_exceeded_behavior": "truncate"},
    {"model": "meta-llama/Llama-3.3-70B-Instruct-Turbo"},
    {"model": "Qwen/Qwen3-235B-A22B-Instruct-2507-tput"},
    parts({"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}, {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, {"type": "audio_url", "audio_url": {"url": "https://x/y.wav"}}),
    {"messages": [USER, {**called("a"), "reasoning": "r", "name": None}, {"role": "tool", "tool_call_id": "a", "name": "f", "content": "1"}, USER]},
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(FINE)))
def test_a_right_request_is_answered(server, row):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **FINE[row]}, path=PATH)
    assert got.status == 200, got.body


@parametrize("together", "/chat/completions", 10)
def test_every_recorded_request_is_answered(server, name, exchange):
    got = ask(server, exchange["request"]["body"], path=PATH)
    assert got.status == exchange["response"]["status"] == 200, got.body


@pytest.mark.parametrize("model", ["no-such-model", "", "nobody/no-such-model", "gpt-4o"])
def test_an_unknown_model_is_not_found(server, model):
    got = ask(server, {"model": model, "messages": MESSAGES}, path=PATH)
    message = f"Unable to access model {model}. Please visit https://api.together.ai/models to view the list of supported models."
    assert (got.status, got.error) == (404, {"message": message, "type": TYPE, "param": None, "code": "model_not_available"})
    assert re.fullmatch("o[a-zA-Z0-9]{6}-[a-zA-Z0-9]{6}-[0-9a-f]{16}", got.json["id"]) and got.body.startswith(b'{\n  "id": "')


@pytest.mark.parametrize("key, headers", [("sk-fake-wrong", {}), (None, {}), (None, {"authorization": "Basic x"}), ("", {})])
def test_a_wrong_key_is_refused(server, key, headers):
    got = ask(server, {}, path=PATH, key=key, headers=headers)
    message = "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys."
    assert (got.status, got.error) == (401, {"message": message, "type": TYPE, "param": None, "code": "invalid_api_key"})
    got = ask(server, None, path="/together/v1/models", method="GET", key=key, headers=headers)
    assert (got.status, got.body) == (401, b'{"error":{"message":"Unauthorized"}}')


def test_unreadable_json_other_paths_and_methods_are_refused(server):
    got = ask(server, b'{"model": oops}', path=PATH)
    assert (got.status, got.error["message"]) == (400, "Invalid JSON in the request body")
    assert ask(server, [1], path=PATH).error["param"] == "body"
    assert ask(server, {}, path="/together/v1/chat").status == 404
    assert ask(server, {}, path="/together/v1/v1/chat/completions").status == 404
    assert ask(server, None, path=PATH, method="GET").status == 405


def test_too_large_a_body_is_refused_before_it_is_read(server):
    head = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer k\r\ncontent-length: 99999999\r\n\r\n"
    assert raw(server, head % PATH.encode()).startswith(b"HTTP/1.1 413 ")


def test_the_limit_of_a_model_is_told_with_the_time_to_wait(server):
    server.reset()
    got = ask(server, {"model": "fake-429-once", "messages": MESSAGES}, path=PATH)
    assert got.status == 429 and got.error["message"].startswith("You have reached the rate limit specific to this model fake-429-once.")
    assert got.error["type"] == "credit_limit" and float(got.headers["retry-after"]) > 0 and got.headers["x-ratelimit-remaining"] == "0"
    assert ask(server, {"model": "fake-429-once", "messages": MESSAGES}, path=PATH).status == 200
