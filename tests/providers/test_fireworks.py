"""ChatFireworks: settings, environment, the requests they make, and how its refusals are told."""

from __future__ import annotations

import pytest

import fakes
from minichat import (
    AIMessage,
    BadRequest,
    ChatFireworks,
    ConfigurationError,
    HumanMessage,
    NotFound,
    RateLimited,
    ServerError,
    ToolMessage,
)

from ..language_models.calling import call, every_way
from ..protocols.feeding import decode_stream
from .asking import request_of

KEY = "fw-very-secret-1234"
MODEL = "accounts/fireworks/models/gpt-oss-20b"
VARIABLES = "FIREWORKS_API_KEY FIREWORKS_BASE_URL FIREWORKS_API_BASE FIREWORKS_CUSTOM_HEADERS".split()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatFireworks(**{"model": MODEL, "api_key": KEY, **settings})


# -- settings ----------------------------------------------------------------------------------


def test_a_model_has_to_be_named():
    with pytest.raises(ConfigurationError, match="model_name="):
        ChatFireworks(api_key=KEY)


def test_a_missing_key_is_named_with_its_remedy():
    with pytest.raises(ConfigurationError, match="FIREWORKS_API_KEY is not set; pass api_key="):
        ChatFireworks(model=MODEL)


@pytest.mark.parametrize("name", ["api_key", "fireworks_api_key"])
def test_the_key_goes_into_the_authorization_header_and_nowhere_else(monkeypatch, name):
    one = ChatFireworks(model_name=MODEL, **{name: KEY})
    asked = request_of(monkeypatch, one)
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in asked.url and KEY.encode() not in asked.raw and KEY not in repr(one)


ADDRESSES = [
    ({}, {}, "https://api.fireworks.ai/inference/v1/chat/completions"),
    ({"base_url": "http://h/inference"}, {}, "http://h/inference/v1/chat/completions"),
    ({"fireworks_api_base": "http://h/inference/v1/"}, {}, "http://h/inference/v1/chat/completions"),
    ({}, {"FIREWORKS_BASE_URL": "http://e"}, "http://e/v1/chat/completions"),
    ({}, {"FIREWORKS_API_BASE": "http://l/v1", "FIREWORKS_BASE_URL": "http://e"}, "http://l/v1/chat/completions"),
    ({"base_url": "http://h/v1", "default_query": {"a": "b"}}, {"FIREWORKS_API_BASE": "http://l"}, "http://h/v1/chat/completions?a=b"),
]  # fmt: skip


@pytest.mark.parametrize("settings, environment, url", ADDRESSES)
def test_the_address_has_its_version_once(monkeypatch, settings, environment, url):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert request_of(monkeypatch, model(**settings)).url == url


def test_headers_of_the_environment_are_sent(monkeypatch):
    monkeypatch.setenv("FIREWORKS_CUSTOM_HEADERS", "X-One: 1\nx-session-affinity: user-42")
    headers = request_of(monkeypatch, model(default_headers={"X-One": "2"})).headers
    assert headers["X-One"] == "2" and headers["x-session-affinity"] == "user-42"


SETTINGS = [
    ({"temperature": 0}, {"temperature": 0}),
    ({"max_tokens": 5, "n": 2}, {"max_tokens": 5, "n": 2}),
    ({"stop": "x"}, {"stop": "x"}),
    ({"stop_sequences": ["x", "y"]}, {"stop": ["x", "y"]}),
    ({"top_p": 0.5, "top_k": 3, "min_p": 0.1, "seed": 7}, {"top_p": 0.5, "top_k": 3, "min_p": 0.1, "seed": 7}),
    ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    ({"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
    ({"reasoning_effort": False}, {"reasoning_effort": False}),
    ({"reasoning_effort": 512}, {"reasoning_effort": 512}),
    ({"thinking": {"type": "enabled", "budget_tokens": 9}}, {"thinking": {"type": "enabled", "budget_tokens": 9}}),
    ({"reasoning_history": "preserved"}, {"reasoning_history": "preserved"}),
    ({"service_tier": "priority", "prompt_cache_key": "u"}, {"service_tier": "priority", "prompt_cache_key": "u"}),
    ({"perf_metrics_in_response": True}, {"perf_metrics_in_response": True}),
    ({"model_kwargs": {"mirostat_lr": 0.1}}, {"mirostat_lr": 0.1}),
    ({"extra_body": {"raw_output": True}}, {"raw_output": True}),
    ({"stream_usage": True}, {}),
]


@pytest.mark.parametrize("settings, fields", SETTINGS)
def test_a_setting_is_a_request_field(monkeypatch, settings, fields):
    body = request_of(monkeypatch, model(**settings)).body
    assert body == {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], **fields}


@pytest.mark.parametrize("asked, told", [(None, {}), (False, {}), (True, {"stream_options": {"include_usage": True}})])
def test_usage_of_a_stream_is_asked_for_where_that_is_wanted(monkeypatch, asked, told):
    for settings, kwargs in (({"stream_usage": asked}, {}), ({}, {"stream_usage": asked})):
        body = request_of(monkeypatch, model(**settings), stream=True, **kwargs).body
        assert body == {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": True, **told}


def test_an_unknown_setting_is_sent_with_a_warning_and_langchains_clients_are_refused(monkeypatch):
    with pytest.warns(UserWarning, match="mirostat_target"):
        one = model(mirostat_target=1)
    assert request_of(monkeypatch, one).body["mirostat_target"] == 1
    with pytest.raises(ConfigurationError, match="proxy="):
        model(client=object())


# -- messages ----------------------------------------------------------------------------------

CALL = {"name": "f", "args": {"a": 1}, "id": "call_1"}
HISTORY = [
    ({}, {"reasoning_content": "Hm."}),
    ({"model_provider": "fireworks"}, {"reasoning_content": "Hm."}),
    ({"model_provider": "deepseek"}, {}),
]


@pytest.mark.parametrize("metadata, told", HISTORY)
def test_thoughts_go_back_to_whom_they_came_from(monkeypatch, metadata, told):
    answer = AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "Hm."}, response_metadata=metadata)
    turns = [HumanMessage("hi"), answer, ToolMessage("r", tool_call_id="call_1")]
    sent = request_of(monkeypatch, model(), turns).body["messages"]
    function = {"name": "f", "arguments": '{"a": 1}'}
    assert sent[1] == {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}], **told}
    assert sent[2] == {"role": "tool", "tool_call_id": "call_1", "content": "r"}


def test_a_cache_marker_of_another_provider_is_not_sent(monkeypatch):
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    video = {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}, "index": 0}
    sent = request_of(monkeypatch, model(), [HumanMessage([marked, video])]).body["messages"][0]["content"]
    assert sent == [{"type": "text", "text": "a"}, {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}}]
    with fakes.serve() as server:  # which refuses such a field, as Fireworks does
        model(model="fake-hello", base_url=server.url("fireworks")).invoke([HumanMessage([marked])])


# -- tools and forms ---------------------------------------------------------------------------


def get_weather(city: str) -> str:
    """Tell the weather in a city."""


@pytest.mark.parametrize(
    "choice, wire",
    [("any", "any"), ("required", "any"), (True, "any"), ("auto", "auto"), ("none", "none"), ("get_weather", {"type": "function", "function": {"name": "get_weather"}})],
)
def test_the_words_of_tool_choice(monkeypatch, choice, wire):
    bound = model().bind_tools([get_weather], tool_choice=choice, parallel_tool_calls=False)
    body = request_of(monkeypatch, bound).body
    assert body["tool_choice"] == wire and body["parallel_tool_calls"] is False


SCHEMA = {"title": "A", "description": "d", "type": "object", "properties": {"a": {"type": "integer"}}}


def test_a_form_is_asked_for_by_a_tool_unless_told(monkeypatch):
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA)).body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "A"}}
    assert "parallel_tool_calls" not in body and "response_format" not in body
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA, method="json_schema")).body
    assert body["response_format"]["type"] == "json_schema" and "tools" not in body
    body = request_of(monkeypatch, model().with_structured_output(method="json_mode")).body
    assert body["response_format"] == {"type": "json_object"}


# -- answers -----------------------------------------------------------------------------------


@every_way
def test_performance_and_thoughts_are_kept(way):
    with fakes.serve() as server:
        one = model(model="fake-think", base_url=server.url("fireworks"), perf_metrics_in_response=True)
        answer = call(one, way, "hi")
    pieces = answer if isinstance(answer, list) else [answer]
    total = pieces[0]
    for piece in pieces[1:]:
        total += piece
    assert total.additional_kwargs == {"reasoning_content": "Let me think: six times seven is forty-two."}
    assert total.response_metadata["perf_metrics"]["prompt-tokens"]
    assert total.response_metadata["model_provider"] == "fireworks"


@pytest.mark.parametrize("stream_usage", [False, True])
def test_usage_is_counted_once_wherever_it_stands(stream_usage):
    with fakes.serve() as server:
        one = model(model="fake-hello", base_url=server.url("fireworks"), stream_usage=stream_usage)
        counted = [chunk.usage_metadata for chunk in one.stream("hi") if chunk.usage_metadata]
        assert counted == [one.invoke("hi").usage_metadata]


def frame(text):
    return f"data: {text}\n\n".encode()


TEXT = frame('{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}')
END = frame('{"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"total_tokens":3,"completion_tokens":1}}')
EXTRA = frame('{"id":"1","model":"m","choices":[],"usage":{"prompt_tokens":2,"total_tokens":3,"completion_tokens":1},"perf_metrics":{"a":"b"}}')


def test_usage_told_twice_is_not_added_up():
    chunks, error = decode_stream(model()._codec, [TEXT, END, EXTRA, b"data: [DONE]\n\n"])
    assert error is None
    assert [chunk.usage_metadata and chunk.usage_metadata["total_tokens"] for chunk in chunks] == [None, 3]
    assert chunks[-1].response_metadata["perf_metrics"] == {"a": "b"}


# -- refusals ----------------------------------------------------------------------------------

FLAT = b'{"object":"error","type":"invalid_request_error","code":"invalid_request_error","message":"rate limit exceeded, please try again later"}'
NESTED = b'{"error":{"object":"error","type":"invalid_request_error","code":"NOT_FOUND","message":"Model not found, inaccessible, and/or not deployed"}}'


def test_a_flat_error_is_judged_by_its_status_not_by_its_type():
    error = model()._codec.error(429, {}, FLAT)
    assert type(error) is RateLimited and error.retryable
    assert (error.message, error.type) == ("rate limit exceeded, please try again later", "invalid_request_error")
    assert error.body["object"] == "error"


@pytest.mark.parametrize("body", [FLAT, b'{"error":' + FLAT + b"}"], ids=["flat", "nested"])
def test_such_an_error_inside_a_stream_breaks_it_and_its_type_is_not_believed(body):
    chunks, error = decode_stream(model()._codec, [TEXT, frame(body.decode())])
    assert [chunk.content for chunk in chunks] == ["Hi"]
    assert type(error) is ServerError and error.message.startswith("rate limit exceeded") and error.status == 200


@pytest.mark.parametrize("body", [FLAT, b'{"error":' + FLAT + b"}"], ids=["flat", "nested"])
def test_such_an_error_inside_a_whole_answer_is_one_too(body):
    with pytest.raises(ServerError, match="rate limit exceeded"):
        model()._codec.decode(body)


def test_a_missing_model_is_named(monkeypatch):
    codec = model()._codec
    error = codec.error(404, {}, NESTED)
    assert type(error) is NotFound
    assert error.message == f"Model not found, inaccessible, and/or not deployed (the model asked for is {MODEL})"
    named = codec.error(404, {}, NESTED.replace(b"Model not", f"{MODEL} not".encode()))
    assert named.message.count(MODEL) == 1


@every_way
def test_a_model_named_for_one_call_is_the_one_told_of(way):
    with fakes.serve() as server:
        with pytest.raises(NotFound, match="no-such-model"):
            call(model(base_url=server.url("fireworks")).bind(model="no-such-model"), way, "hi")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 408, 409, 412, 413, 429, 500, 501, 502, 503, 504])
def test_the_statuses_that_are_tried_again(status):
    error = model()._codec.error(status, {}, b'{"error":{"message":"no"}}')
    assert error.retryable == (status in (408, 429, 500, 502, 503, 504))
    assert error.status == status and error.provider == "fireworks"
    if status in (402, 405, 409, 412, 413):
        assert type(error) is BadRequest
