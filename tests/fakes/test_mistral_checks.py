"""Each wrong request gets Mistral's own answer: status, body, and for a 422 every fault with its place."""

from __future__ import annotations

import pytest

import fakes

from ..protocols.recordings import parametrize
from .asking import MESSAGES, WEATHER_TOOL, ask, raw

PATH = "/mistral/v1/chat/completions"
ORDER, CALL, ARGS = ("invalid_request_message_order", "3230"), ("invalid_function_call", "3280"), ("invalid_request_invalid_args", "3051")
USER = {"role": "user", "content": "hi"}
UNEQUAL = "Not the same number of function calls and responses"


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def called(*ids, **more):
    calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id in ids]
    return {"role": "assistant", "content": "", "tool_calls": calls, **more}


def result(id, **more):
    return {"role": "tool", "tool_call_id": id, "content": "1", **more}


def said(text, **more):
    return {"role": "assistant", "content": text, **more}


def history(*messages):
    return {"messages": [USER, *messages]}


def last_role(role):
    return f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {role}"


def bad_id(id):
    return f"Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."


def function(**changes):
    return {"tools": [{"type": "function", "function": {**WEATHER_TOOL["function"], **changes}}]}


# what is changed in {"model": "fake-hello", "messages": MESSAGES} -> message, type, code of the 400
REFUSED = [
    ({"model": "no-such-model"}, "Invalid model: no-such-model", "invalid_model", "1500"),
    ({"model": ""}, "Invalid model: ", "invalid_model", "1500"),
    ({"messages": []}, "Conversation must have at least one message", *ORDER),
    ({"messages": [said("a")]}, "Conversation must start with a user message or system message", *ORDER),
    ({"messages": [result("abcdefghi")]}, "Conversation must start with a user message or system message", *ORDER),
    (history(said("a")), last_role("assistant"), *ORDER),
    (history(said("a", prefix=False)), last_role("assistant"), *ORDER),
    (history({"role": "system", "content": "s"}), last_role("system"), *ORDER),
    (history(result("abcdefghi")), "Unexpected role 'tool' after role 'user'", *ORDER),
    (history(called("abcdefghi"), result("abcdefghi"), USER), "Unexpected role 'user' after role 'tool'", *ORDER),
    ({"messages": [{"role": "system", "content": "s"}, result("abcdefghi")]}, "Unexpected role 'tool' after role 'system'", *ORDER),
    (history(said("a"), {"role": "system", "content": "s"}, USER), "Unexpected role 'system' after role 'assistant'", *ORDER),
    (history(called("abcdefghi"), USER), UNEQUAL, *ORDER),
    (history(called("abcdefghi", "bcdefghij"), result("abcdefghi")), UNEQUAL, *ORDER),
    (history(called("abcdefghi"), result("abcdefghi"), result("abcdefghi")), UNEQUAL, *ORDER),
    (history(said("a"), result("abcdefghi")), UNEQUAL, *ORDER),
    (history(called("abcdefghi"), USER, said("a"), USER), UNEQUAL, *ORDER),
    (history(called("abcdefghi"), result("zzzzzzzzz")), "Unexpected tool call id zzzzzzzzz in tool results", *ORDER),
    (history(called("call_0fypS1hVX"), result("call_0fypS1hVX")), bad_id("call_0fypS1hVX"), *CALL),
    (history(called("short"), result("short")), bad_id("short"), *CALL),
    (history(called("abcdefghi"), result("turn1_0")), bad_id("turn1_0"), *CALL),
    (history(called("null"), result("abcdefghi")), "Tool call id has to be defined in serving mode.", *CALL),
    (history(called("abcdefghi"), {"role": "tool", "content": "1"}), "Tool call id has to be defined.", *CALL),
    (history(said(""), USER), "Assistant message must have either content or tool_calls, but not none.", "invalid_request_assistant_message", "3240"),
    (history(said(None, tool_calls=[]), USER), "Assistant message must have either content or tool_calls, but not none.", "invalid_request_assistant_message", "3240"),
    (history(said("a", prefix=True), USER), "Assistant message with prefix True must be last message", "invalid_request_assistant_message", "3240"),
    (function(parameters=None), "Invalid tool schema: None is not of type 'object'", "invalid_request_tool_schema", None),
    (function(parameters={"type": "object", "properties": {"a": {"type": "str"}}}), "Invalid tool schema: 'str' is not valid under any of the given schemas", "invalid_request_tool_schema", None),
    (function(parameters={"type": "object", "properties": None}), "Invalid tool schema: None is not of type 'object'", "invalid_request_tool_schema", None),
    (function(name="a.b"), "Function name was a.b but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.", "invalid_request_tool_schema", None),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "Tool other of tool_choice is not in tools", *ARGS),
    ({"temperature": 0, "top_p": 0.5}, "top_p must be 1 when using greedy sampling", "invalid_request_error", "3054"),
    ({"model": "mistral-small-latest", "reasoning_effort": "low"}, "reasoning_effort='low' is not supported for this model. Must be one of (<ReasoningEffort.none: 'none'>, <ReasoningEffort.high: 'high'>)", *ARGS),
    ({"messages": [{"role": "user", "content": "word " * 262_144}]}, "Prompt 262149 > 262144 maximum context length", "invalid_request_prompt_too_long", "3059"),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_a_request_without_sense_is_refused_in_mistral_s_words(server, row):
    changes, message, kind, code = REFUSED[row]
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **changes}, path=PATH)
    assert got.json == {"object": "error", "message": message, "type": kind, "param": None, "code": code, "raw_status_code": 400}
    assert got.status == 400 and got.headers["mistral-correlation-id"]


EXTRA = "Extra inputs are not permitted"
MODELLED = "Input should be a valid dictionary or object to extract fields from"
EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'"
TAGS = "'system', 'user', 'assistant', 'tool'"
FORMATS = "'text', 'json_object' or 'json_schema'"
CHOICES = "'auto', 'none', 'any' or 'required'"


def message_fault(message, kind, *loc, **rest):
    return ({"messages": [message]}, (kind, ["messages", 0, *loc], rest.pop("msg"), rest.pop("input"), *rest.values()))


# what is changed -> (type, loc, msg, input, ctx?) of each fault of the 422
UNPROCESSABLE = [
    ({"stream_options": {"include_usage": True}}, ("extra_forbidden", ["stream_options", "include_usage"], EXTRA, True)),
    ({"store": False, "max_completion_tokens": 8192}, ("extra_forbidden", ["store"], EXTRA, False), ("extra_forbidden", ["max_completion_tokens"], EXTRA, 8192)),
    ({"seed": 1}, ("extra_forbidden", ["seed"], EXTRA, 1)),
    ({"user": "u"}, ("extra_forbidden", ["user"], EXTRA, "u")),
    ({"logit_bias": {}}, ("extra_forbidden", ["logit_bias"], EXTRA, {})),
    ({"temperature": 1.6}, ("less_than_equal", ["temperature"], "Input should be less than or equal to 1.5", 1.6, {"le": 1.5})),
    ({"temperature": -1}, ("greater_than_equal", ["temperature"], "Input should be greater than or equal to 0", -1, {"ge": 0})),
    ({"temperature": "hot"}, ("float_parsing", ["temperature"], "Input should be a valid number, unable to parse string as a number", "hot")),
    ({"temperature": []}, ("float_type", ["temperature"], "Input should be a valid number", [])),
    ({"top_p": 1.1}, ("less_than_equal", ["top_p"], "Input should be less than or equal to 1", 1.1, {"le": 1})),
    ({"presence_penalty": 3}, ("less_than_equal", ["presence_penalty"], "Input should be less than or equal to 2", 3, {"le": 2})),
    ({"max_tokens": -1}, ("greater_than_equal", ["max_tokens"], "Input should be greater than or equal to 0", -1, {"ge": 0})),
    ({"max_tokens": 1.5}, ("int_from_float", ["max_tokens"], "Input should be a valid integer, got a number with a fractional part", 1.5)),
    ({"max_tokens": "many"}, ("int_parsing", ["max_tokens"], "Input should be a valid integer, unable to parse string as an integer", "many")),
    ({"n": 0}, ("greater_than_equal", ["n"], "Input should be greater than or equal to 1", 0, {"ge": 1})),
    ({"n": {}}, ("int_type", ["n"], "Input should be a valid integer", {})),
    ({"random_seed": -1}, ("greater_than_equal", ["random_seed"], "Input should be greater than or equal to 0", -1, {"ge": 0})),
    ({"safe_prompt": "perhaps"}, ("bool_parsing", ["safe_prompt"], "Input should be a valid boolean, unable to interpret input", "perhaps")),
    ({"safe_prompt": []}, ("bool_type", ["safe_prompt"], "Input should be a valid boolean", [])),
    ({"stream": None}, ("bool_type", ["stream"], "Input should be a valid boolean", None)),
    ({"model": 4}, ("string_type", ["model"], "Input should be a valid string", 4)),
    ({"messages": "hi"}, ("list_type", ["messages"], "Input should be a valid list", "hi")),
    ({"metadata": "m"}, ("model_attributes_type", ["metadata"], MODELLED, "m")),
    ({"stop": 3}, ("string_type", ["stop", "str"], "Input should be a valid string", 3)),
    ({"stop": [1]}, ("string_type", ["stop", "str"], "Input should be a valid string", [1])),
    ({"reasoning_effort": "huge"}, ("enum", ["reasoning_effort"], f"Input should be {EFFORTS}", "huge", {"expected": EFFORTS})),
    ({"prompt_mode": "fast"}, ("enum", ["prompt_mode"], "Input should be 'reasoning'", "fast", {"expected": "'reasoning'"})),
    ({"response_format": {"type": "json"}}, ("enum", ["response_format", "type"], f"Input should be {FORMATS}", "json", {"expected": FORMATS})),
    ({"response_format": {"type": "json_schema"}}, ("missing", ["response_format", "json_schema"], "Field required", {"type": "json_schema"})),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, ("missing", ["response_format", "json_schema", "schema"], "Field required", {"name": "x"})),
    ({"tools": [WEATHER_TOOL], "tool_choice": "must"}, ("enum", ["tool_choice", "ToolChoiceEnum"], f"Input should be {CHOICES}", "must", {"expected": CHOICES})),
    ({"tools": [WEATHER_TOOL], "tool_choice": 1}, ("enum", ["tool_choice", "ToolChoiceEnum"], f"Input should be {CHOICES}", 1, {"expected": CHOICES})),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"name": "f"}}, ("missing", ["tool_choice", "ToolChoice", "function", "name"], "Field required", {"name": "f"})),
    ({"tools": {}}, ("list_type", ["tools"], "Input should be a valid list", {})),
    ({"tools": ["f"]}, ("model_attributes_type", ["tools", 0], MODELLED, "f")),
    ({"tools": [{"type": "function"}]}, ("missing", ["tools", 0, "function"], "Field required", {"type": "function"})),
    ({"tools": [{"function": {"name": "f"}}]}, ("missing", ["tools", 0, "function", "parameters"], "Field required", {"name": "f"})),
    ({"tools": [{"function": {"name": 1, "parameters": {}}}]}, ("string_type", ["tools", 0, "function", "name"], "Input should be a valid string", 1)),
    message_fault("hi", "model_attributes_type", msg=MODELLED, input="hi"),
    message_fault({"content": "hi"}, "union_tag_not_found", msg="Unable to extract tag using discriminator 'role'", input={"content": "hi"}, ctx={"discriminator": "'role'"}),
    message_fault({"role": "developer", "content": "d"}, "union_tag_invalid", msg=f"Input tag 'developer' found using 'role' does not match any of the expected tags: {TAGS}", input={"role": "developer", "content": "d"}, ctx={"discriminator": "'role'", "tag": "developer", "expected_tags": TAGS}),
    message_fault({"role": "user"}, "missing", "user", "content", msg="Field required", input={"role": "user"}),
    message_fault({"role": "user", "content": 1}, "string_type", "user", "content", "str", msg="Input should be a valid string", input=1),
    message_fault({"role": "system", "content": None}, "string_type", "system", "content", "str", msg="Input should be a valid string", input=None),
    message_fault({"role": "user", "content": "a", "name": "Ada"}, "extra_forbidden", "user", "name", msg=EXTRA, input="Ada"),
    message_fault({"role": "assistant", "content": "a", "reasoning_content": "r"}, "extra_forbidden", "assistant", "reasoning_content", msg=EXTRA, input="r"),
    message_fault({"role": "user", "content": [{"text": "a"}]}, "union_tag_not_found", "user", "content", 0, msg="Unable to extract tag using discriminator 'type'", input={"text": "a"}, ctx={"discriminator": "'type'"}),
    message_fault({"role": "user", "content": [{"type": "text"}]}, "missing", "user", "content", 0, "text", "text", msg="Field required", input={"type": "text"}),
    message_fault({"role": "user", "content": [{"type": "text", "text": 1}]}, "string_type", "user", "content", 0, "text", "text", msg="Input should be a valid string", input=1),
    message_fault({"role": "assistant", "tool_calls": {}}, "list_type", "assistant", "tool_calls", msg="Input should be a valid list", input={}),
    message_fault({"role": "assistant", "tool_calls": [{"id": "abcdefghi"}]}, "missing", "assistant", "tool_calls", 0, "function", msg="Field required", input={"id": "abcdefghi"}),
    message_fault({"role": "tool", "content": "1", "tool_call_id": 1}, "string_type", "tool", "tool_call_id", msg="Input should be a valid string", input=1),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(UNPROCESSABLE)))
def test_a_wrong_shape_is_refused_with_every_fault(server, row):
    changes, *faults = UNPROCESSABLE[row]
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **changes}, path=PATH)
    names = ("type", "loc", "msg", "input", "ctx")
    wanted = [dict(zip(names, (kind, ["body", *loc], *rest))) for kind, loc, *rest in faults]
    assert got.json["message"] == {"detail": wanted}
    assert (got.status, got.json["type"], got.json["code"], got.json["raw_status_code"]) == (422, "invalid_request_error", None, 422)


def test_what_is_missing_altogether_is_named_beside_the_rest(server):
    got = ask(server, {"modle": "x"}, path=PATH).json["message"]["detail"]
    assert [(fault["type"], fault["loc"]) for fault in got] == [
        ("missing", ["body", "model"]),
        ("missing", ["body", "messages"]),
        ("extra_forbidden", ["body", "modle"]),
    ]


FINE = [
    {"temperature": None, "top_p": None, "max_tokens": None, "stop": None, "n": None, "random_seed": None, "safe_prompt": None},
    {"temperature": 1.5, "top_p": 1, "presence_penalty": -2, "frequency_penalty": 2, "random_seed": 0},
    {"temperature": "0.5", "max_tokens": 5.0, "safe_prompt": 1, "stream": False},
    {"temperature": 0, "top_p": 1},
    {"stop": "x"},
    {"stop": ["a", "b", "c", "d", "e"]},
    {"stream_options": {}},
    {"tool_choice": "auto"},
    {"tools": [WEATHER_TOOL], "tool_choice": "any", "parallel_tool_calls": False},
    {"tools": [{"type": "web_search"}]},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object"}},
    {"model": "magistral-small-latest", "prompt_mode": "reasoning"},
    {"model": "ft:open-mistral-7b:org:20260101:abc"},
    {"messages": [{"role": "system", "content": "s"}]},
    {"messages": [USER, USER, {"role": "system", "content": [{"type": "text", "text": "s"}]}, USER]},
    history(said("a"), said("b"), USER),
    history(said("The answer", prefix=True)),
    history(called("abcdefghi", "bcdefghij"), result("bcdefghij", name="f"), result("abcdefghi")),
    history(called("abcdefghi", content="words too"), result("abcdefghi"), said("done"), USER),
    history(said([{"type": "thinking", "thinking": [{"type": "text", "text": "t"}], "closed": True}, {"type": "text", "text": "a"}]), USER),
    {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://x/y.png"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}, {"type": "document_url", "document_url": "https://x/y.pdf"}, {"type": "input_audio", "input_audio": "aGk="}, {"type": "file", "file_id": "f"}]}]},
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(FINE)))
def test_a_right_request_is_answered(server, row):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **FINE[row]}, path=PATH)
    assert got.status == 200, got.body


@parametrize("mistral", "/chat/completions", 54)
def test_every_recorded_request_is_judged_as_it_was(server, name, exchange):
    if exchange["response"]["status"] == 401:
        pytest.skip("the recorder took the key out; the case is a row of its own below")
    got = ask(server, exchange["request"]["body"], path=PATH)
    assert got.status == exchange["response"]["status"], got.body


def test_a_missing_key_is_refused_by_the_gateway(server):
    for key, headers in ((None, {}), (None, {"authorization": "Basic abc"}), (None, {"authorization": "Bearer "})):
        got = ask(server, {}, path=PATH, key=key, headers=headers)
        assert got.status == 401 and got.headers["content-type"] == "application/json; charset=utf-8"
        assert list(got.json) == ["message", "request_id"] and got.json["message"] == "No API key found in request"


def test_a_wrong_key_is_refused_in_one_word(server):
    got = ask(server, {}, path=PATH, key="sk-fake-wrong")
    assert (got.status, got.json) == (401, {"detail": "Invalid API Key"})


def test_unreadable_json_is_refused_with_its_place(server):
    got = ask(server, b'{"model": oops}', path=PATH)
    (fault,) = got.json["message"]["detail"]
    assert (got.status, fault["type"], fault["loc"], fault["msg"]) == (422, "json_invalid", ["body", 10], "JSON decode error")
    assert fault["ctx"] == {"error": "Expecting value"}
    assert ask(server, b"", path=PATH).json["message"]["detail"][0]["type"] == "missing"
    assert ask(server, b"\xff", path=PATH).json == {"detail": "There was an error parsing the body"}
    assert ask(server, [1], path=PATH).json["message"]["detail"][0]["msg"] == MODELLED


def test_other_paths_and_methods_are_refused(server):
    got = ask(server, {}, path="/mistral/v1/chat/models")
    assert (got.status, got.json["message"]) == (404, "no Route matched with those values")
    got = ask(server, None, path=PATH, method="GET")
    assert (got.status, got.json, got.headers["allow"]) == (405, {"detail": "Method Not Allowed"}, "POST")
    got = ask(server, None, path="/mistral/v1/models/no-such-model", method="GET")
    assert (got.status, got.json["type"]) == (404, "invalid_model")


def test_too_large_a_body_is_refused_before_it_is_read(server):
    head = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer k\r\ncontent-length: 99999999\r\n\r\n"
    got = raw(server, head % PATH.encode())
    assert got.startswith(b"HTTP/1.1 413 ") and b'"request_id":' in got


def test_the_limit_of_requests_is_told_without_retry_after(server):
    server.reset()
    got = ask(server, {"model": "fake-429-once", "messages": MESSAGES}, path=PATH)
    assert got.status == 429 and "retry-after" not in got.headers
    assert got.json == {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "param": None, "code": "1300", "raw_status_code": 429}
    assert got.headers["x-ratelimit-remaining-req-minute"] == "0"
    assert ask(server, {"model": "fake-429-once", "messages": MESSAGES}, path=PATH).status == 200


def test_a_blocked_prompt_is_forbidden(server):
    got = ask(server, {"model": "fake-blocked", "messages": MESSAGES}, path=PATH)
    assert (got.status, got.json["message"]) == (403, "Request blocked by guardrails")
