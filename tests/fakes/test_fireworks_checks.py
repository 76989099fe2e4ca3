"""Each wrong request gets Fireworks' own answer: status, body, the sentence with its field and value."""

from __future__ import annotations

import pytest

import fakes

from ..protocols.recordings import parametrize
from .asking import MESSAGES, WEATHER_TOOL, ask, raw

PATH = "/fireworks/inference/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
EXTRA = "Extra inputs are not permitted"
MODELLED = "Input should be a valid dictionary or object to extract fields from"
ORPHAN = "messages[1] with role 'tool' does not answer a tool call of the messages before it"


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def called(*ids, **more):
    calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}, **more} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def said(**more):
    return {"messages": [{"role": "user", "content": "hi", **more}]}


def parts(*content):
    return {"messages": [{"role": "user", "content": list(content)}]}


def function(**changes):
    return {"tools": [{"type": "function", "function": {**WEATHER_TOOL["function"], **changes}}]}


# what is changed in {"model": "fake-hello", "messages": MESSAGES} -> the sentence of the 400
REFUSED = [
    ({"vl_high_resolution_images": True}, f"{EXTRA}, field: 'vl_high_resolution_images', value: True"),
    ({"random_seed": 4}, f"{EXTRA}, field: 'random_seed', value: 4"),
    ({"reasoning": {"enabled": True}}, f"{EXTRA}, field: 'reasoning'"),
    ({"store": False, "verbosity": "low"}, f"2 request validation errors: {EXTRA}, field: 'store', value: False; {EXTRA}, field: 'verbosity', value: 'low'"),
    ({"messages": ...}, "Field required, field: 'messages'"),
    ({"model": 4}, "Input should be a valid string, field: 'model', value: 4"),
    ({"messages": "hi"}, "Input should be a valid list, field: 'messages', value: 'hi'"),
    ({"messages": []}, "messages must not be empty"),
    ({"temperature": 2.5}, "Input should be less than or equal to 2, field: 'temperature', value: 2.5"),
    ({"temperature": -1}, "Input should be greater than or equal to 0, field: 'temperature', value: -1"),
    ({"temperature": "hot"}, "Input should be a valid number, unable to parse string as a number, field: 'temperature', value: 'hot'"),
    ({"temperature": []}, "Input should be a valid number, field: 'temperature'"),
    ({"top_p": 2}, "Input should be less than or equal to 1, field: 'top_p', value: 2"),
    ({"top_k": 101}, "Input should be less than or equal to 100, field: 'top_k', value: 101"),
    ({"n": 0}, "Input should be greater than or equal to 1, field: 'n', value: 0"),
    ({"n": 1.5}, "Input should be a valid integer, got a number with a fractional part, field: 'n', value: 1.5"),
    ({"max_tokens": "many"}, "Input should be a valid integer, unable to parse string as an integer, field: 'max_tokens', value: 'many'"),
    ({"max_tokens": 5000}, "Requests with max_tokens > 4096 must have stream=true"),
    ({"stream": "yes"}, "Input should be a valid boolean, field: 'stream', value: 'yes'"),
    ({"stop": 3}, "Input should be a valid string, field: 'stop', value: 3"),
    ({"logprobs": 9}, "Input should be a valid boolean, field: 'logprobs', value: 9"),
    ({"metadata": 1}, "Input should be a valid dictionary, field: 'metadata', value: 1"),
    ({"reasoning_effort": "huge"}, "Input should be 'low', 'medium', 'high' or 'none', field: 'reasoning_effort', value: 'huge'"),
    ({"reasoning_effort": 0}, "Input should be greater than 0, field: 'reasoning_effort', value: 0"),
    ({"thinking": {"type": "adaptive"}}, "Input should be 'enabled' or 'disabled', field: 'thinking.type', value: 'adaptive'"),
    ({"context_length_exceeded_behavior": "stop"}, "Input should be 'error' or 'truncate', field: 'context_length_exceeded_behavior', value: 'stop'"),
    ({"service_tier": "gold"}, "Input should be 'auto', 'default', 'flex' or 'priority', field: 'service_tier', value: 'gold'"),
    ({"messages": ["hi"]}, f"{MODELLED}, field: 'messages[0]', value: 'hi'"),
    ({"messages": [{"content": "hi"}]}, "Field required, field: 'messages[0].role'"),
    ({"messages": [{"role": "developer", "content": "d"}]}, "Input should be 'system', 'user', 'assistant' or 'tool', field: 'messages[0].role', value: 'developer'"),
    (said(agent="cli"), f"{EXTRA}, field: 'messages[0].agent', value: 'cli'"),
    (said(reasoning="r"), f"{EXTRA}, field: 'messages[0].reasoning', value: 'r'"),
    (said(content=1), "Input should be a valid string, field: 'messages[0].content', value: 1"),
    (parts({"type": "invalid_tool_call"}), "Input should be 'text', 'image_url' or 'video_url', field: 'messages[0].content[0].type', value: 'invalid_tool_call'"),
    (parts({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}), f"{EXTRA}, field: 'messages[0].content[0].cache_control'"),
    (parts({"type": "text"}), "Field required, field: 'messages[0].content[0].text'"),
    (parts({"type": "text", "text": 1}), "Input should be a valid string, field: 'messages[0].content[0].text', value: 1"),
    (parts({"type": "image_url", "image_url": "https://x/y.png"}), "Field required, field: 'messages[0].content[0].image_url.url'"),
    ({"messages": [USER, called("a", approxNumTokens=0), {"role": "tool", "tool_call_id": "a", "content": "1"}]}, f"{EXTRA}, field: 'messages[1].tool_calls[0].approxNumTokens', value: 0"),
    ({"messages": [USER, {"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "Field required, field: 'messages[1].tool_calls[0].function'"),
    ({"messages": [USER, {"role": "tool", "tool_call_id": "a", "content": "1"}]}, ORPHAN),
    ({"messages": [USER, called("a"), {"role": "tool", "tool_call_id": "b", "content": "1"}]}, ORPHAN.replace("[1]", "[2]")),
    ({"messages": [USER, called("a"), {"role": "tool", "content": "1"}]}, ORPHAN.replace("[1]", "[2]")),
    ({"tools": {}}, "Input should be a valid list, field: 'tools'"),
    ({"tools": ["f"]}, f"{MODELLED}, field: 'tools[0]', value: 'f'"),
    ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, f"2 request validation errors: {EXTRA}, field: 'tools[0].name', value: 'web_search'; Input should be 'function', field: 'tools[0].type', value: 'web_search_20250305'"),
    ({"tools": [{"type": "function"}]}, "Field required, field: 'tools[0].function'"),
    ({"tools": [{"type": "function", "function": {}}]}, "Field required, field: 'tools[0].function.name'"),
    (function(name="a b"), "Invalid function name: 'a b'"),
    (function(parameters={"required": ["criteria"]}), "JSON Schema not supported: could not understand the instance `{'required': ['criteria']}`."),
    (function(parameters={"type": "object", "properties": {"a": {"type": "str"}}}), "JSON Schema not supported: could not understand the instance `{'type': 'str'}`."),
    ({"messages": [USER, {"role": "assistant", "tool_calls": {}}]}, "Input should be a valid list, field: 'messages[1].tool_calls'"),
    ({"tools": [WEATHER_TOOL], "tool_choice": "must"}, "Input should be 'auto', 'none', 'any' or 'required', field: 'tool_choice', value: 'must'"),
    ({"tools": [WEATHER_TOOL], "tool_choice": 1}, "Input should be a valid string, field: 'tool_choice', value: 1"),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"type": "function"}}, "Field required, field: 'tool_choice.function.name'"),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice names a function that is not in tools: 'other'"),
    ({"response_format": {"type": "json"}}, "Input should be 'json_object', 'json_schema', 'grammar' or 'text', field: 'response_format.type', value: 'json'"),
    ({"response_format": {"type": "json_schema"}}, "Field required, field: 'response_format.json_schema'"),
    ({"response_format": {"type": "grammar"}}, "Field required, field: 'response_format.grammar'"),
    ({"response_format": {"type": "json_object", "schema": "{"}}, "response_format: the schema is not JSON"),
    ({"response_format": {"type": "json_object", "schema": {"required": ["a"]}}}, "JSON Schema not supported: could not understand the instance `{'required': ['a']}`."),
    ({"messages": [{"role": "user", "content": "word " * 131_071}]}, "The prompt is too long: 131085, model maximum context length: 131071"),
    ({"max_tokens": 131_071, "stream": True, "context_length_exceeded_behavior": "error"}, "The prompt is too long: 131085, model maximum context length: 131071"),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_a_wrong_body_is_refused_in_fireworks_words(server, row):
    changes, message = REFUSED[row]
    body = {"model": "fake-hello", "messages": MESSAGES, **changes}
    got = ask(server, {key: value for key, value in body.items() if value is not ...}, path=PATH)
    assert got.json == {"error": {"object": "error", "type": "invalid_request_error", "code": "invalid_request_error", "message": message}}
    assert got.status == 400 and got.headers["x-request-id"]


FINE = [
    {"temperature": None, "top_p": None, "max_tokens": None, "stop": None, "n": None, "logprobs": None, "stream_options": None},
    {"temperature": 2, "top_k": 100, "min_p": 0.1, "typical_p": 1, "mirostat_target": 1.5, "seed": -3, "user": "u"},
    {"stop": "x"},
    {"stop": ["a", "b"]},
    {"max_completion_tokens": 5},
    {"logprobs": 2},
    {"reasoning_effort": True},
    {"reasoning_effort": 500},
    {"thinking": {"type": "enabled", "budget_tokens": 100}},
    {"tools": [WEATHER_TOOL], "tool_choice": "any", "parallel_tool_calls": False},
    {"tool_choice": "auto"},
    function(parameters={"type": "object", "properties": {"a": {"title": "A"}, "b": {"$ref": "#/$defs/B"}}, "$defs": {"B": {"enum": [1]}}}),
    {"response_format": {"type": "grammar", "grammar": 'root ::= "yes"'}},
    {"response_format": {"type": "text"}},
    {"model": "accounts/fireworks/models/fake-hello"},
    {"model": "accounts/my-team/deployedModels/my-own-123"},
    {"model": "accounts/fireworks/routers/kimi-k2p6-turbo"},
    parts({"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}, {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}}),
    {"messages": [USER, {**called("a", index=0), "reasoning_content": "r"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, USER]},
    {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"b": 1}}}]}, {"role": "tool", "tool_call_id": "a", "name": "f", "content": [{"type": "text", "text": "1"}]}]},
    {"stream": True, "max_tokens": 5000},
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(FINE)))
def test_a_right_request_is_answered(server, row):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **FINE[row]}, path=PATH)
    assert got.status == 200, got.body


@parametrize("fireworks", "/chat/completions", 3)
def test_every_recorded_request_is_answered(server, name, exchange):
    got = ask(server, exchange["request"]["body"], path="/fireworks" + exchange["request"]["path"])
    assert got.status == exchange["response"]["status"] == 200, got.body


@pytest.mark.parametrize("model", ["no-such-model", "", "accounts/fireworks/models/no-such-model", "llama-v3p3-70b-instruct"])
def test_an_unknown_model_is_not_found(server, model):
    got = ask(server, {"model": model, "messages": MESSAGES}, path=PATH)
    words = {"message": "Model not found, inaccessible, and/or not deployed", "param": "model", "code": "NOT_FOUND", "type": "error"}
    assert (got.status, got.error) == (404, words) and list(got.error) == list(words)


@pytest.mark.parametrize("key, headers", [("sk-fake-wrong", {}), (None, {}), (None, {"authorization": "Basic x"}), ("", {})])
def test_a_wrong_key_is_refused(server, key, headers):
    got = ask(server, {}, path=PATH, key=key, headers=headers)
    assert (got.status, got.json) == (401, {"error": {"message": "The API key you provided is invalid.", "code": "UNAUTHORIZED", "type": "error"}})


def test_a_suspended_account_and_a_limited_key(server):
    got = ask(server, {}, path=PATH, key="fw-fake-suspended")
    assert got.status == 412 and got.error["message"].startswith("Account fakes is suspended, possibly due to reaching")
    got = ask(server, None, path="/fireworks/inference/v1/models", method="GET", key="fpk_1")
    assert (got.status, got.error["code"]) == (403, "FORBIDDEN")
    assert ask(server, {"model": "fake-hello", "messages": MESSAGES}, path=PATH, key="fpk_1").status == 200


def test_unreadable_json_is_refused_with_its_place(server):
    got = ask(server, b'{"model": oops}', path=PATH)
    assert got.status == 400 and got.error["message"].startswith("[{'type': 'json_invalid', 'loc': ('body', 10), 'msg': 'JSON decode error'")
    assert ask(server, b"\xff", path=PATH).status == 400
    assert "model_attributes_type" in ask(server, [1], path=PATH).error["message"]


def test_other_paths_and_methods_are_refused(server):
    for path in ("/fireworks/inference/v1/chat", "/fireworks/inference/v1/v1/chat/completions", "/fireworks/chat/completions"):
        got = ask(server, {}, path=path)
        assert (got.status, got.json) == (404, {"detail": "Not Found"})
    got = ask(server, None, path=PATH, method="GET")
    assert (got.status, got.json) == (405, {"detail": "Method Not Allowed"})


def test_too_large_a_body_is_refused_before_it_is_read(server):
    head = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer k\r\ncontent-length: 99999999\r\n\r\n"
    assert raw(server, head % PATH.encode()).startswith(b"HTTP/1.1 413 ")


def test_the_limiter_s_answer_is_flat(server):
    server.reset()
    got = ask(server, {"model": "fake-429-once", "messages": MESSAGES}, path=PATH)
    assert (got.status, got.json) == (429, {"object": "error", "type": "invalid_request_error", "code": "invalid_request_error", "message": "rate limit exceeded, please try again later"})
    assert "retry-after" not in got.headers and got.headers["x-ratelimit-over-limit"] == "no" and got.headers["x-ratelimit-remaining-requests"] == "0"
    assert ask(server, {"model": "accounts/fireworks/models/fake-429-once", "messages": MESSAGES}, path=PATH).status == 200
