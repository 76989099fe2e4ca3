"""ChatOpenAI against the fake: what is whole and what is streamed are the same answer."""

import asyncio

import pytest

import fakes
from minichat import (
    AIMessage,
    AuthenticationError,
    ChatOpenAI,
    HumanMessage,
    IncompleteStream,
    NotFound,
    ToolMessage,
)
from minichat.backends import aio, blocking

from ..language_models.calling import call, every_way


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["sk-rejected"]) as server:
        yield server


@pytest.fixture
def model(server):
    server.reset()

    def make(name, **settings):
        return ChatOpenAI(**{"model": name, "base_url": server.url("openai"), "api_key": "sk-any", **settings})

    return make


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sun in {city}"


SCHEMA = {"title": "Place", "type": "object", "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}}, "required": ["city", "temp_c"], "additionalProperties": False}
REGULARIZATION = "What is the purpose of model regularization?"

REPLIES = [
    ("fake-hello", "hi", {}),
    ("fake-echo", "h\u00e9 \U0001f30d", {}),
    ("fake-quickstart", REGULARIZATION, {}),
    ("gpt-4o-mini", REGULARIZATION, {}),
    ("o3-mini", "hi", {}),
    ("fake-json", "json, please", {"response_format": {"type": "json_object"}}),
    ("fake-json", "hi", {"response_format": SCHEMA}),
    ("fake-hello", "hi", {"logprobs": True, "top_logprobs": 2}),
    ("fake-quickstart", REGULARIZATION, {"max_tokens": 3}),
    ("fake-quickstart", REGULARIZATION, {"stop": ["overfitting"]}),
]
# What differs between a whole reply and a streamed one of the same prompt, by the wire itself.
ALLOWED = {"id"}


def same(whole, streamed):
    assert whole.content == streamed.content
    assert [{**one, "id": None} for one in whole.tool_calls] == [{**one, "id": None} for one in streamed.tool_calls]
    assert whole.usage_metadata == streamed.usage_metadata
    assert whole.additional_kwargs == streamed.additional_kwargs
    metadata = [{k: v for k, v in one.response_metadata.items() if k not in ALLOWED and v is not None} for one in (whole, streamed)]
    assert metadata[0] == metadata[1]


def add_up(chunks):
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total


@pytest.mark.parametrize("name, prompt, kwargs", REPLIES, ids=[f"{row[0]} {i}" for i, row in enumerate(REPLIES)])
def test_invoke_equals_the_sum_of_stream(model, name, prompt, kwargs):
    one = model(name, stream_usage=True)
    whole = call(one, "invoke", prompt, **kwargs)
    assert whole.usage_metadata["output_tokens"] > 0
    same(whole, add_up(call(one, "stream", prompt, **kwargs)))
    same(call(one, "ainvoke", prompt, **kwargs), add_up(call(one, "astream", prompt, **kwargs)))
    same(whole, call(model(name, streaming=True, stream_usage=True), "invoke", prompt, **kwargs))


def test_a_tool_is_called_and_its_result_is_used(model):
    bound = model("fake-tool", stream_usage=True).bind_tools([get_weather])
    whole, streamed = bound.invoke("weather?"), add_up(list(bound.stream("weather?")))
    same(whole, streamed)
    (called,) = whole.tool_calls
    assert (called["name"], called["args"]) == ("get_weather", {"city": "Paris"})
    assert whole.response_metadata["finish_reason"] == "tool_calls"
    result = ToolMessage(get_weather(**called["args"]), tool_call_id=called["id"])
    answer = bound.invoke([HumanMessage("weather?"), whole, result])
    assert "sun in Paris" in answer.content and not answer.tool_calls


def test_several_choices(model):
    result = model("fake-hello", n=2).invoke("hi")
    assert result.content == "Hello from fakes."


@every_way
def test_a_wrong_key_and_an_unknown_model_have_their_own_errors(model, way):
    for key in ("sk-fake-wrong", "sk-rejected"):
        with pytest.raises(AuthenticationError) as caught:
            call(model("fake-hello", api_key=key), way, "hi")
        assert (caught.value.status, caught.value.code, caught.value.attempts) == (401, "invalid_api_key", 1)
        assert key not in str(caught.value) and caught.value.request_id
    with pytest.raises(NotFound) as caught:
        call(model("no-such-model"), way, "hi")
    assert caught.value.code == "model_not_found"


@every_way
def test_a_429_is_waited_for_and_asked_again(model, way, monkeypatch):
    waited = []

    async def sleep(self, seconds):
        waited.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    answer = call(model("fake-429-once"), way, "hi")
    assert (answer if isinstance(answer, AIMessage) else add_up(answer)).content == "Hello from fakes."
    assert len(waited) == 1 and 0 < waited[0] < 5


@every_way
def test_a_cut_reply_is_never_whole(model, way):
    with pytest.raises(IncompleteStream) as caught:
        call(model("fake-cut", max_retries=0), way, "hi")
    if "stream" in way:
        assert caught.value.partial.content


def test_a_model_shared_by_both_sides_in_one_loop(model):
    one = model("fake-hello")

    async def main():
        return [one.invoke("a").content, (await one.ainvoke("b")).content, "".join(c.content for c in one.stream("c"))]

    assert asyncio.run(main()) == ["Hello from fakes."] * 3
