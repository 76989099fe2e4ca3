"""Each wrong request gets OpenAI's own answer: status, type, param, code and the whole sentence."""

from __future__ import annotations

import pytest

from .asking import MESSAGES, WEATHER_TOOL, ask

NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
    "API from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
TYPE = "invalid_request_error"
PNG = "data:image/png;base64,aGVsbG8="


def user(*parts):
    return {"messages": [{"role": "user", "content": list(parts)}]}


def image(url, **more):
    return user({"type": "image_url", "image_url": {"url": url, **more}})


def called(*ids):
    calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def history(*messages):
    return {"messages": [{"role": "user", "content": "hi"}, *messages]}


def function(**changes):
    return {"tools": [{"type": "function", "function": {**WEATHER_TOOL["function"], **changes}}]}


def schema(value, **more):
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": value, **more}}}


OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
IMAGE_HINT = "Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
PDF_HINT = (
    "Expected a base64-encoded data URL with an application/pdf MIME type "
    "(e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==')"
)
CHOICE_NEEDS_TOOLS = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
SHORT = "empty array. Expected an array with minimum length 1, but got an empty array instead."
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: "
)
ORPHAN = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
PARTS = "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'"

# what is changed in {"model": "fake-hello", "messages": MESSAGES} -> message, param, code
REFUSED = [
    # the body as a whole
    ({"model": None}, "you must provide a model parameter", None, None),
    ({"model": ""}, "you must provide a model parameter", None, None),
    ({"model": 4}, "Invalid type for 'model': expected a string, but got an integer instead.", "model", "invalid_type"),
    ({"messages": ...}, "Missing required parameter: 'messages'.", "messages", "missing_required_parameter"),
    ({"messages": []}, f"Invalid 'messages': {SHORT}", "messages", "empty_array"),
    ({"foo": 1}, "Unrecognized request argument supplied: foo", None, None),
    ({"foo": 1, "bar": 2}, "Unrecognized request arguments supplied: bar, foo", None, None),
    ({"model": "o4-mini", "foo": 1, "bar": 2}, "Unknown parameter: 'foo'.", "foo", "unknown_parameter"),
    (
        {"model": "gpt-4o", "reasoning_effort": "low"},
        "Unrecognized request argument supplied: reasoning_effort",
        None,
        None,
    ),
    # kinds
    ({"messages": "hi"}, "Invalid type for 'messages': expected an array of objects, but got a string instead.", "messages", "invalid_type"),
    ({"temperature": "1"}, "Invalid type for 'temperature': expected a decimal, but got a string instead.", "temperature", "invalid_type"),
    ({"n": 1.5}, "Invalid type for 'n': expected an integer, but got a decimal number instead.", "n", "invalid_type"),
    ({"stream": "yes"}, "Invalid type for 'stream': expected a boolean, but got a string instead.", "stream", "invalid_type"),
    ({"parallel_tool_calls": None}, "Invalid type for 'parallel_tool_calls': expected a boolean, but got null instead.", "parallel_tool_calls", "invalid_type"),
    ({"logit_bias": []}, "Invalid type for 'logit_bias': expected an object, but got an array instead.", "logit_bias", "invalid_type"),
    ({"max_tokens": True}, "Invalid type for 'max_tokens': expected an integer, but got a boolean instead.", "max_tokens", "invalid_type"),
    ({"stop": 3}, "Invalid type for 'stop': expected one of a string or array of strings, but got an integer instead.", "stop", "invalid_type"),
    # ranges
    ({"temperature": 200}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 200 instead.", "temperature", "decimal_above_max_value"),
    ({"temperature": -0.1}, "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.", "temperature", "decimal_below_min_value"),
    ({"top_p": 5}, "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 5 instead.", "top_p", "decimal_above_max_value"),
    ({"presence_penalty": 2.5}, "Invalid 'presence_penalty': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", "presence_penalty", "decimal_above_max_value"),
    ({"frequency_penalty": -3}, "Invalid 'frequency_penalty': decimal below minimum value. Expected a value >= -2, but got -3 instead.", "frequency_penalty", "decimal_below_min_value"),
    ({"n": 0}, "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "n", "integer_below_min_value"),
    ({"n": 129}, "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.", "n", "integer_above_max_value"),
    ({"max_tokens": -1}, "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -1 instead.", "max_tokens", "integer_below_min_value"),
    ({"max_completion_tokens": 0}, "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.", "max_completion_tokens", "integer_below_min_value"),
    ({"logprobs": True, "top_logprobs": 21}, "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.", "top_logprobs", "integer_above_max_value"),
    ({"max_tokens": 16385}, "max_tokens is too large: 16385. This model supports at most 16384 completion tokens, whereas you provided 16385.", "max_tokens", "invalid_value"),
    ({"stop": list("abcde")}, "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.", "stop", "array_above_max_length"),
    ({"reasoning_effort": "huge"}, "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.", "reasoning_effort", "invalid_value"),
    # what goes together
    ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", None),
    ({"stream": True, "stream_options": {"usage": True}}, "Unknown parameter: 'stream_options.usage'.", "stream_options.usage", "unknown_parameter"),
    ({"top_logprobs": 2}, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs", None),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination"),
    # models that reason
    ({"model": "o3", "max_tokens": 5}, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter"),
    ({"model": "gpt-5", "temperature": 0.7}, "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.", "temperature", "unsupported_value"),
    ({"model": "o3-mini", "temperature": 0}, "Unsupported parameter: 'temperature' is not supported with this model.", "temperature", "unsupported_parameter"),
    ({"model": "o4-mini", "top_p": 0.5}, "Unsupported parameter: 'top_p' is not supported with this model.", "top_p", "unsupported_parameter"),
    # messages
    ({"messages": ["hi"]}, "Invalid type for 'messages[0]': expected an object, but got a string instead.", "messages[0]", "invalid_type"),
    ({"messages": [{"content": "hi"}]}, "Missing required parameter: 'messages[0].role'.", "messages[0].role", "missing_required_parameter"),
    ({"messages": [{"role": "human", "content": "hi"}]}, f"Invalid value: 'human'. Supported values are: {ROLES}.", "messages[0].role", "invalid_value"),
    ({"messages": [{"role": "user"}]}, "Missing required parameter: 'messages[0].content'.", "messages[0].content", "missing_required_parameter"),
    ({"messages": [{"role": "user", "content": None}]}, "Invalid value for 'content': expected a string, got null.", "messages.[0].content", None),
    ({"messages": [{"role": "assistant", "content": None}]}, "Invalid value for 'content': expected a string, got null.", "messages.[0].content", None),
    ({"messages": [{"role": "user", "content": {}}]}, "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an object instead.", "messages[0].content", "invalid_type"),
    ({"messages": [{"role": "user", "content": "a", "mood": 1}]}, "Unknown parameter: 'messages[0].mood'.", "messages[0].mood", "unknown_parameter"),
    ({"messages": [{"role": "user", "content": "a", "name": "a b"}]}, r"Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'.", "messages[0].name", "invalid_value"),
    (user({"text": "a"}), "Missing required parameter: 'messages[0].content[0].type'.", "messages[0].content[0].type", "missing_required_parameter"),
    (user({"type": "image"}), f"Invalid value: 'image'. Supported values are: {PARTS}.", "messages[0].content[0].type", "invalid_value"),
    (user({"type": "text"}), "Missing required parameter: 'messages[0].content[0].text'.", "messages[0].content[0].text", "missing_required_parameter"),
    (user({"type": "image_url", "image_url": PNG}), "Invalid type for 'messages[0].content[0].image_url': expected an object, but got a string instead.", "messages[0].content[0].image_url", "invalid_type"),
    (image("aGVsbG8="), f"Invalid image URL: 'messages[0].content[0].image_url.url'. {IMAGE_HINT}, but got a value without the 'data:' prefix.", "messages[0].content[0].image_url.url", "invalid_value"),
    (image("data:image/png;base64,"), f"Invalid image URL: 'messages[0].content[0].image_url.url'. {IMAGE_HINT}, but got empty base64-encoded bytes.", "messages[0].content[0].image_url.url", "invalid_value"),
    (image("data:image/png;base64,a*b"), f"Invalid image URL: 'messages[0].content[0].image_url.url'. {IMAGE_HINT}, but got an invalid base64-encoded value.", "messages[0].content[0].image_url.url", "invalid_value"),
    (image("data:text/plain;base64,aGVsbG8="), "Invalid MIME type. Only image types are supported.", None, "invalid_image_format"),
    (image("https://"), "Failed to download image from https://.", None, "invalid_image_url"),
    (image(PNG, detail="best"), "Invalid value: 'best'. Supported values are: 'auto', 'low', 'high', and 'original'.", "messages[0].content[0].image_url.detail", "invalid_value"),
    (user({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "audio/wav"}}), "Invalid value: 'audio/wav'. Supported values are: 'wav' and 'mp3'.", "messages[0].content[0].input_audio.format", "invalid_value"),
    (user({"type": "input_audio", "input_audio": {"data": "***", "format": "wav"}}), "Invalid 'messages[0].content[0].input_audio.data'. Expected base64-encoded audio data, but got an invalid base64-encoded value.", "messages[0].content[0].input_audio.data", "invalid_value"),
    (user({"type": "file", "file": {}}), "Missing required parameter: 'messages[0].content[0].file.file_id'.", "messages[0].content[0].file.file_id", "missing_required_parameter"),
    (user({"type": "file", "file": {"file_data": "https://x/y.pdf"}}), f"Invalid file data: 'messages[0].content[0].file.file_data'. {PDF_HINT}, but got a value without the 'data:' prefix.", "messages[0].content[0].file.file_data", "invalid_value"),
    ({"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}]}, "Invalid 'messages[0]'. Image URLs are only allowed for messages with role 'user', but this message with role 'system' contains an image URL.", "messages[0]", "invalid_value"),
    # tool calls and their results
    (history({"role": "tool", "tool_call_id": "a", "content": "1"}), ORPHAN, "messages.[1].role", None),
    (history(called("a")), UNANSWERED + "a", "messages.[1].role", None),
    (history(called("a", "b"), {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "user", "content": "x"}), UNANSWERED + "b", "messages.[3].role", None),
    (history(called("a"), {"role": "tool", "content": "1"}), "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.", "messages.[2].tool_call_id", None),
    (history(called("a"), {"role": "tool", "tool_call_id": "z", "content": "1"}), "Invalid parameter: 'tool_call_id' of 'z' not found in 'tool_calls' of previous message.", "messages.[2].tool_call_id", None),
    (history({"role": "assistant", "content": "a", "tool_calls": []}), f"Invalid 'messages[1].tool_calls': {SHORT}", "messages[1].tool_calls", "empty_array"),
    (history({"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}), "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an object instead.", "messages[1].tool_calls[0].function.arguments", "invalid_type"),
    (history({"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]}), "Missing required parameter: 'messages[1].tool_calls[0].id'.", "messages[1].tool_calls[0].id", "missing_required_parameter"),
    (history({"role": "assistant", "tool_calls": [{"id": "a", "index": 0}]}), "Unknown parameter: 'messages[1].tool_calls[0].index'.", "messages[1].tool_calls[0].index", "unknown_parameter"),
    # tools
    ({"tools": []}, f"Invalid 'tools': {SHORT}", "tools", "empty_array"),
    ({"tools": [WEATHER_TOOL] * 129}, "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.", "tools", "array_above_max_length"),
    ({"tools": [{"function": {}}]}, "Missing required parameter: 'tools[0].type'.", "tools[0].type", "missing_required_parameter"),
    ({"tools": [{"type": "tool"}]}, "Invalid value: 'tool'. Supported values are: 'function' and 'custom'.", "tools[0].type", "invalid_value"),
    ({"tools": [{"type": "function"}]}, "Missing required parameter: 'tools[0].function'.", "tools[0].function", "missing_required_parameter"),
    ({"tools": [{"type": "function", "function": {}}]}, "Missing required parameter: 'tools[0].function.name'.", "tools[0].function.name", "missing_required_parameter"),
    (function(name="a.b"), "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "tools[0].function.name", "invalid_value"),
    (function(name="x" * 65), "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.", "tools[0].function.name", "string_above_max_length"),
    (function(args={}), "Unknown parameter: 'tools[0].function.args'.", "tools[0].function.args", "unknown_parameter"),
    (function(parameters=[]), "Invalid schema for function 'get_weather': [] is not of type 'object', 'boolean'.", "tools[0].function.parameters", "invalid_function_parameters"),
    (function(parameters={"type": "string"}), "Invalid schema for function 'get_weather': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.", "tools[0].function.parameters", "invalid_function_parameters"),
    (function(parameters={"properties": {}}), "Invalid schema for function 'get_weather': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.", "tools[0].function.parameters", "invalid_function_parameters"),
    (function(parameters={"type": "object", "properties": {"a": {"type": "str"}}}), "Invalid schema for function 'get_weather': 'str' is not valid under any of the given schemas.", "tools[0].function.parameters", "invalid_function_parameters"),
    (function(strict=True), "Invalid schema for function 'get_weather': In context=(), 'additionalProperties' is required to be supplied and to be false.", "tools[0].function.parameters", "invalid_function_parameters"),
    # tool_choice
    ({"tool_choice": "auto"}, CHOICE_NEEDS_TOOLS, "tool_choice", None),
    ({"parallel_tool_calls": True}, "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.", "parallel_tool_calls", None),
    ({"tools": [WEATHER_TOOL], "tool_choice": "any"}, "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.", "tool_choice", "invalid_value"),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "Tool choice 'other' not found in 'tools' parameter.", "tool_choice", None),
    ({"tools": [WEATHER_TOOL], "tool_choice": {"name": "get_weather"}}, "Missing required parameter: 'tool_choice.type'.", "tool_choice.type", "missing_required_parameter"),
    # response_format
    ({"response_format": {}}, "Missing required parameter: 'response_format.type'.", "response_format.type", "missing_required_parameter"),
    ({"response_format": {"type": "json"}}, "Invalid value: 'json'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type", "invalid_value"),
    ({"response_format": {"type": "json_object"}}, "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages", None),
    ({"response_format": {"type": "json_schema"}}, "Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema", "missing_required_parameter"),
    ({"response_format": {"type": "json_schema", "json_schema": {"schema": OBJECT}}}, "Missing required parameter: 'response_format.json_schema.name'.", "response_format.json_schema.name", "missing_required_parameter"),
    ({"response_format": {"type": "json_schema", "schema": {}}}, "Unknown parameter: 'response_format.schema'.", "response_format.schema", "unknown_parameter"),
    (schema({"type": "array", "items": {}}), "Invalid schema for response_format 'x': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.", "response_format", None),
    (schema({**OBJECT, "additionalProperties": True}, strict=True), "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is required to be supplied and to be false.", "response_format", None),
    (schema({**OBJECT, "required": []}, strict=True), f"Invalid schema for response_format 'x': In context=(), {REQUIRED} Missing 'a'.", "response_format", None),
    (schema({**OBJECT, "required": ["a", "b"]}, strict=True), f"Invalid schema for response_format 'x': In context=(), {REQUIRED} Extra required key 'b' supplied.", "response_format", None),
    (schema({**OBJECT, "properties": {"a": {}}}, strict=True), "Invalid schema for response_format 'x': In context=('properties', 'a'), schema must have a 'type' key.", "response_format", None),
    (schema({**OBJECT, "properties": {"a": {"type": "array", "items": {"type": "object"}}}}, strict=True), "Invalid schema for response_format 'x': In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false.", "response_format", None),
    (schema({**OBJECT, "properties": {"a": {"oneOf": [{"type": "string"}]}}}, strict=True), "Invalid schema for response_format 'x': In context=('properties', 'a'), 'oneOf' is not permitted.", "response_format", None),
]


@pytest.fixture(scope="module")
def server():
    import fakes

    with fakes.serve() as running:
        yield running


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_a_wrong_body_is_refused_in_openai_s_words(server, row):
    changes, message, param, code = REFUSED[row]
    body = {"model": "fake-hello", "messages": MESSAGES, **changes}
    body = {key: value for key, value in body.items() if value is not ...}
    got = ask(server, body)
    assert got.error == {"message": message, "type": TYPE, "param": param, "code": code}
    assert got.status == 400
    assert got.headers["x-request-id"].startswith("req_")
    assert got.headers["content-type"] == "application/json"


FINE = [
    {"temperature": None, "top_p": None, "n": None, "stop": None, "seed": None, "stream": None, "logprobs": None},
    {"temperature": 2, "top_p": 1, "presence_penalty": -2, "frequency_penalty": 2, "seed": -1, "user": "u"},
    {"response_format": None, "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "verbosity": "low"},
    {"stop": "x"},
    {"stop": ["a", "b", "c", "d"]},
    {"model": "gpt-4o", "reasoning_effort": None},
    {"model": "gpt-5", "temperature": 1, "reasoning_effort": "low"},
    {"model": "gpt-5.1", "temperature": 0.5},
    {"model": "o3", "messages": [{"role": "developer", "content": "d"}, *MESSAGES], "max_completion_tokens": 100},
    image(PNG),
    image("https://example.com/a.png", detail="low"),
    user({"type": "input_audio", "input_audio": {"data": "aGVsbG8=", "format": "mp3"}}),
    user({"type": "file", "file": {"file_id": "file-1"}}),
    user({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}}),
    history(called("a", "b"), *({"role": "tool", "tool_call_id": id, "content": "1"} for id in "ba")),
    history({"role": "assistant", "content": None, "refusal": "no"}, {"role": "user", "content": "x", "name": "Ada"}),
    {"tools": [WEATHER_TOOL], "tool_choice": "none", "parallel_tool_calls": False},
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
    function(parameters={**OBJECT}, strict=True),
    schema(OBJECT, strict=True),
    schema({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["a"], "additionalProperties": False}, strict=True),
    {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "as JSON please"}]},
    {"logit_bias": {"50256": -100}, "prediction": {"type": "content", "content": "x"}},
]


@pytest.mark.parametrize("row", range(len(FINE)))
def test_a_right_body_is_not_refused(server, row):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES, **FINE[row]})
    assert got.status == 200, got.body


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Token sk-test", "sk-test"], ids=lambda header: repr(header)
)
def test_a_missing_or_malformed_key_is_refused(server, header):
    headers = {} if header is None else {"authorization": header}
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES}, key=None, headers=headers)
    assert got.status == 401
    assert got.error == {"message": NO_KEY, "type": TYPE, "param": None, "code": None}


def test_a_wrong_key_is_refused_and_masked_in_the_recorded_form(server):
    got = ask(server, {"model": "fake-hello", "messages": MESSAGES}, key="sk-fake-wrong")
    assert got.status == 401
    # White space as in the recording at-prompt-builder-…-56079ed4: four and a newline at the end.
    assert got.body == (
        b'{\n    "error": {\n        "message": "Incorrect API key provided: sk-fake-*rong. You can find your API key '
        b'at https://platform.openai.com/account/api-keys.",\n        "type": "invalid_request_error",\n'
        b'        "param": null,\n        "code": "invalid_api_key"\n    }\n}\n'
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff", b'{"model": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(server, body):
    got = ask(server, body)
    assert got.status == 400
    assert got.error == {"message": NOT_JSON, "type": TYPE, "param": None, "code": None}


def test_an_unknown_model_is_not_found(server):
    for name in ("no-such-model", "llama-3", "claude-3", "fake-unknown"):
        got = ask(server, {"model": name, "messages": MESSAGES})
        assert got.status == 404
        assert got.error == {  # recording test-model-name-suggestion-openai-chat
            "message": f"The model `{name}` does not exist or you do not have access to it.",
            "type": TYPE,
            "param": None,
            "code": "model_not_found",
        }


def test_a_prompt_longer_than_the_context_is_refused(server):
    got = ask(server, {"model": "gpt-4", "messages": [{"role": "user", "content": "word " * 9000}]})
    assert (got.status, got.error["code"], got.error["param"]) == (400, "context_length_exceeded", "messages")
    assert got.error["message"].startswith("This model's maximum context length is 8192 tokens. However, your")


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/openai/v1/foo"),
        ("POST", "/openai/v1"),
        ("GET", "/openai/v1/chat"),
        ("POST", "/openai/chat/completions"),
        ("GET", "/openai/v1/models/"),
    ],
)
def test_an_unknown_path_is_an_invalid_url(server, method, path):
    got = ask(server, b"{}" if method == "POST" else None, method=method, path=path)
    shown = path[len("/openai") :]
    assert got.status == 404
    assert got.error == {"message": f"Invalid URL ({method} {shown})", "type": TYPE, "param": None, "code": None}


@pytest.mark.parametrize("method, path", [("GET", "/v1/chat/completions"), ("PUT", "/v1/chat/completions"), ("POST", "/v1/models")])
def test_a_wrong_method_is_not_allowed(server, method, path):
    got = ask(server, b"{}" if method != "GET" else None, method=method, path="/openai" + path)
    assert got.status == 405
    message = f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)"
    assert got.error == {"message": message, "type": TYPE, "param": None, "code": None}
