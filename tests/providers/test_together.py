"""ChatTogether: settings, environment, the requests they make, and how its refusals are told."""

from __future__ import annotations

import json

import pytest

import fakes
from minichat import (
    AIMessage,
    BadRequest,
    ChatTogether,
    ConfigurationError,
    HumanMessage,
    NotFound,
    RateLimited,
    ToolMessage,
)

from ..protocols.feeding import add_up, decode_stream
from .asking import request_of

KEY = "tg-very-secret-1234"
MODEL = "openai/gpt-oss-20b"
VARIABLES = "TOGETHER_API_KEY TOGETHER_BASE_URL TOGETHER_API_BASE TOGETHER_CUSTOM_HEADERS".split()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatTogether(**{"model": MODEL, "api_key": KEY, **settings})


# -- settings ----------------------------------------------------------------------------------


def test_a_key_is_enough(monkeypatch):
    body = request_of(monkeypatch, ChatTogether(together_api_key=KEY)).body
    assert body == {"model": "Qwen/Qwen2.5-7B-Instruct-Turbo", "messages": [{"role": "user", "content": "hi"}]}


def test_a_missing_key_is_named_with_its_remedy():
    with pytest.raises(ConfigurationError, match="TOGETHER_API_KEY is not set; pass api_key="):
        ChatTogether()


@pytest.mark.parametrize("name", ["api_key", "together_api_key"])
def test_the_key_goes_into_the_authorization_header_and_nowhere_else(monkeypatch, name):
    one = ChatTogether(model_name=MODEL, **{name: KEY})
    asked = request_of(monkeypatch, one)
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in asked.url and KEY.encode() not in asked.raw and KEY not in repr(one)


ADDRESSES = [
    ({}, {}, "https://api-inference.together.ai/v1/chat/completions"),
    ({"base_url": "https://api.together.xyz/v1/"}, {}, "https://api.together.xyz/v1/chat/completions"),
    ({"together_api_base": "http://h"}, {}, "http://h/v1/chat/completions"),
    ({}, {"TOGETHER_BASE_URL": "http://e"}, "http://e/v1/chat/completions"),
    ({}, {"TOGETHER_API_BASE": "http://l/v1", "TOGETHER_BASE_URL": "http://e"}, "http://l/v1/chat/completions"),
]


@pytest.mark.parametrize("settings, environment, url", ADDRESSES)
def test_the_address_has_its_version_once(monkeypatch, settings, environment, url):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert request_of(monkeypatch, model(**settings)).url == url


def test_headers_of_the_environment_are_sent(monkeypatch):
    monkeypatch.setenv("TOGETHER_CUSTOM_HEADERS", "X-One: 1")
    assert request_of(monkeypatch, model()).headers["X-One"] == "1"


SETTINGS = [
    ({"temperature": 0, "top_p": 0.5, "top_k": 3, "min_p": 0.1}, {"temperature": 0, "top_p": 0.5, "top_k": 3, "min_p": 0.1}),
    ({"max_tokens": 5, "n": 2}, {"max_tokens": 5, "n": 2}),
    ({"max_completion_tokens": 5}, {"max_tokens": 5}),
    ({"stop": "x"}, {"stop": ["x"]}),
    ({"stop_sequences": ["x", "y"]}, {"stop": ["x", "y"]}),
    ({"logprobs": True}, {"logprobs": 1}),
    ({"logprobs": False}, {}),
    ({"logprobs": False, "top_logprobs": 3}, {}),
    ({"logprobs": 0}, {"logprobs": 0}),
    ({"logprobs": 5}, {"logprobs": 5}),
    ({"logprobs": True, "top_logprobs": 3}, {"logprobs": 3}),
    ({"top_logprobs": 3}, {"logprobs": 3}),
    ({"reasoning": {"enabled": True}}, {"reasoning": {"enabled": True}}),
    ({"reasoning_effort": "high"}, {"reasoning_effort": "high"}),
    ({"chat_template_kwargs": {"thinking": True}}, {"chat_template_kwargs": {"thinking": True}}),
    ({"repetition_penalty": 1.1, "safety_model": "g"}, {"repetition_penalty": 1.1, "safety_model": "g"}),
    ({"context_length_exceeded_behavior": "error"}, {"context_length_exceeded_behavior": "error"}),
    ({"model_kwargs": {"compliance": "hipaa"}}, {"compliance": "hipaa"}),
    ({"extra_body": {"echo": True}}, {"echo": True}),
    ({"stream_usage": True}, {}),
]


@pytest.mark.parametrize("settings, fields", SETTINGS)
def test_a_setting_is_a_request_field(monkeypatch, settings, fields):
    plain = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}
    body = request_of(monkeypatch, model(**settings)).body
    assert body == {**plain, **fields}
    assert type(body.get("logprobs")) is not bool  # True == 1, but not on the wire
    kwargs = {name: value for name, value in settings.items() if name not in ("model_kwargs", "stop_sequences")}
    if kwargs == settings:
        assert request_of(monkeypatch, model(), **kwargs).body == {**plain, **fields}


def test_stop_of_a_call_is_a_list_too(monkeypatch):
    assert request_of(monkeypatch, model(stop="y"), stop=["x"]).body["stop"] == ["x"]


def test_langchains_clients_are_refused():
    with pytest.raises(ConfigurationError, match="proxy="):
        model(http_client=object())


# -- messages ----------------------------------------------------------------------------------

CALL = {"name": "f", "args": {"a": 1}, "id": "call_1"}


@pytest.mark.parametrize("metadata, told", [({}, {"reasoning": "Hm."}), ({"model_provider": "openai"}, {"reasoning": "Hm."}), ({"model_provider": "fireworks"}, {})])
def test_thoughts_go_back_to_whom_they_came_from(monkeypatch, metadata, told):
    answer = AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "Hm."}, response_metadata=metadata)
    sent = request_of(monkeypatch, model(), [HumanMessage("hi"), answer]).body["messages"][1]
    assert {name: value for name, value in sent.items() if name.startswith("reasoning")} == told
    assert sent["content"] is None and sent["tool_calls"][0]["function"]["name"] == "f"


def test_a_result_of_a_tool_is_one_text(monkeypatch):
    turns = [HumanMessage("hi"), AIMessage("", tool_calls=[CALL]), ToolMessage([{"type": "text", "text": "a"}, "b"], tool_call_id="call_1")]
    assert request_of(monkeypatch, model(), turns).body["messages"][2]["content"] == "ab"
    picture = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    turns[2] = ToolMessage([picture], tool_call_id="call_1")
    with pytest.raises(ConfigurationError, match="image_url"):
        model().invoke(turns)


# -- tools and forms ---------------------------------------------------------------------------


def get_weather(city: str) -> str:
    """Tell the weather in a city."""


@pytest.mark.parametrize(
    "choice, wire",
    [("any", "required"), ("required", "required"), (True, "required"), ("auto", "auto"), ("none", "none"), ("get_weather", {"type": "function", "function": {"name": "get_weather"}})],
)
def test_the_words_of_tool_choice(monkeypatch, choice, wire):
    body = request_of(monkeypatch, model().bind_tools([get_weather], tool_choice=choice)).body
    assert body["tool_choice"] == wire and "parallel_tool_calls" not in body


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


def whole(message, finish="stop", **more):
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "seed": 14145416413182314000, "message": message}
    return json.dumps({"id": "1", "model": "m", "prompt": [], "choices": [choice], **more}).encode()


def stream(*deltas, finish="stop", **more):
    frames = []
    for place, delta in enumerate(deltas):
        last = place == len(deltas) - 1
        text = delta.get("content") or ""
        delta = {"token_id": 7, "role": "assistant", **delta}
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish if last else None, "seed": 5 if last else None, "delta": delta}
        payload = {"id": "1", "choices": [choice], "model": "m", "usage": None, **(more if last else {})}
        frames.append(b"data: " + json.dumps(payload).encode() + b"\n\n")
    return [*frames, b"data: [DONE]\n\n"]


def read_stream(*deltas, **more):
    chunks, error = decode_stream(model()._codec, stream(*deltas, **more))
    assert error is None
    return add_up(chunks)


THOUGHTS = [
    ({"reasoning": "Hm."}, "Hm."),
    ({"reasoning_content": "Hm."}, "Hm."),
    ({"reasoning": "Hm.", "reasoning_content": "Hm."}, "Hm."),
    ({"reasoning": None, "reasoning_content": "Hm."}, "Hm."),
    ({"reasoning": "Hm.", "reasoning_content": ""}, "Hm."),
    ({"reasoning": None}, ""),
]


@pytest.mark.parametrize("fields, thought", THOUGHTS)
def test_a_thought_under_either_name_or_both_is_told_once(fields, thought):
    (message,) = model()._codec.decode(whole({"role": "assistant", "content": "42", "tool_calls": [], **fields}))
    summed = read_stream({"content": "", "tool_calls": None, **fields}, {"content": "42", "tool_calls": None})
    for one in (message, summed):
        assert (one.content, one.reasoning) == ("42", thought)
        assert one.additional_kwargs == ({"reasoning_content": thought} if thought else {})


def test_text_beside_the_delta_is_not_read_twice_and_the_last_piece_is_not_lost():
    usage = {"prompt_tokens": 46, "completion_tokens": 9, "total_tokens": 55, "cached_tokens": 32}
    message = read_stream({"content": "Hel"}, {"content": "lo"}, finish="eos", usage=usage)
    assert message.content == "Hello"
    assert message.usage_metadata["input_token_details"] == {"cache_read": 32}
    assert (message.response_metadata["finish_reason"], message.response_metadata["seed"]) == ("eos", 5)
    assert message.response_metadata["model_provider"] == "openai"  # as langchain-together has it


def test_what_else_an_answer_says_is_kept():
    message = {"role": "assistant", "content": "a"}
    (answer,) = model()._codec.decode(whole(message, usage=None, warnings=[{"message": "w"}], metadata={"weight_version": "default"}))
    kept = answer.response_metadata
    assert (kept["seed"], kept["warnings"], kept["metadata"]) == (14145416413182314000, [{"message": "w"}], {"weight_version": "default"})
    assert answer.usage_metadata is None


def test_the_number_of_a_call_may_be_a_float():
    first = {"index": 0.0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0.0, "function": {"arguments": '{"a":1}'}}
    other = {"index": 1.0, "id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
    message = read_stream(*({"content": None, "tool_calls": [one]} for one in (first, more, other)), finish="tool_calls")
    assert [(one["name"], one["args"], one["id"]) for one in message.tool_calls] == [("f", {"a": 1}, "call_1"), ("g", {}, "call_2")]


# -- refusals ----------------------------------------------------------------------------------


def test_a_context_that_is_too_long_is_a_403_that_says_so():
    with fakes.serve() as server:
        one = model(base_url=server.url("together"), max_tokens=10_000_000)
        with pytest.raises(BadRequest) as caught:
            one.invoke("hi")
    assert "the key is good" in caught.value.message and caught.value.status == 403 and not caught.value.retryable


def test_a_model_that_a_call_asked_for_is_the_one_that_is_named():
    with fakes.serve() as server:
        with pytest.raises(NotFound) as caught:
            model(base_url=server.url("together")).bind(model="no-such-model").invoke("hi")
    assert "no-such-model" in str(caught.value) and MODEL not in str(caught.value)


def test_a_missing_model_is_named():
    error = model()._codec.error(404, {}, b'{"id":"1","error":{"message":"Unable to access it","type":"invalid_request_error","code":"model_not_available"}}')
    assert type(error) is NotFound and MODEL in str(error) and error.code == "model_not_available"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504, 520, 524, 529])
def test_the_statuses_that_are_tried_again(status):
    error = model()._codec.error(status, {"retry-after": "2"}, b'{"error":{"message":"no"}}')
    assert error.retryable == (status in (408, 409, 429) or status >= 500)
    assert (error.status, error.provider, error.retry_after) == (status, "together", 2.0)
    if status in (400, 402, 422):
        assert type(error) is BadRequest


def test_an_error_inside_a_stream_breaks_it():
    frames = stream({"content": "Hi"})[:-1]
    frames.append(b'data: {"error":{"message":"slow down","type":"rate_limit_error"}}\n\n')
    chunks, error = decode_stream(model()._codec, frames)
    assert chunks and type(error) is RateLimited and error.message == "slow down"
    assert error.retry_after is None  # what the 200 of this stream said of it is not about an error
