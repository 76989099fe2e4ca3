"""What holds for every provider alike: the ready-made replies of the fake, sync and async, whole and streamed."""

from __future__ import annotations

import json

import pytest

import fakes
from minichat import (
    AIMessageChunk,
    AuthenticationError,
    HumanMessage,
    IncompleteStream,
    NotFound,
    RateLimited,
    SystemMessage,
    ToolMessage,
    TransportError,
)
from minichat.backends import aio, blocking

from ..language_models.calling import call, every_way, streamed, whole
from .everyone import every_provider


@pytest.fixture(scope="module")
def running():
    with fakes.serve(reject_keys=["sk-rejected"]) as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    return running


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sun in {city}"


def get_time(city: str) -> str:
    """Tell the time in a city."""
    return f"noon in {city}"


SCHEMA = {
    "title": "Weather",
    "description": "The weather in a place.",
    "type": "object",
    "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}},
    "required": ["city", "temp_c"],
    "additionalProperties": False,
}


def ask(model, way, *args, **kwargs):
    """Give one message, of a stream the sum."""
    answer = call(model, way, *args, **kwargs)
    if isinstance(answer, list):
        total = answer[0]
        for piece in answer[1:]:
            total += piece
        return total
    return answer


@every_provider
@every_way
def test_a_question_is_answered(row, way, server):
    message = ask(row.model(server), way, "hi")
    assert str(message.text) == "Hello from fakes."
    usage = message.usage_metadata
    assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert message.response_metadata[row.finish[0]] == row.finish[1]
    assert message.response_metadata["model_name"]


@every_provider
@every_way
def test_an_ordinary_model_answers_the_quick_start(row, way, server):
    conversation = [
        SystemMessage("You're a helpful assistant"),
        HumanMessage("What is the purpose of model regularization?"),
    ]
    message = ask(row.model(server, row.ordinary), way, conversation)
    assert "overfitting" in str(message.text)


@every_provider
@every_way
def test_the_system_message_reaches_the_model(row, way, server):
    conversation = [("system", "You translate English to French."), ("human", "Translate: I love programming.")]
    assert str(ask(row.model(server, "fake-quickstart"), way, conversation).text) == "J'adore la programmation."


@every_provider
@every_way
def test_a_tool_is_called_and_its_result_answered(row, way, server):
    model = row.model(server, "fake-tool").bind_tools([get_weather])
    question = HumanMessage("What is the weather in Paris?")
    message = ask(model, way, [question])
    (tool_call,) = message.tool_calls
    assert (tool_call["name"], tool_call["args"]) == ("get_weather", {"city": "Paris"})
    assert tool_call["id"] and not message.invalid_tool_calls
    assert message.response_metadata[row.finish[0]] == row.finish[3]
    result = ToolMessage("sun in Paris", tool_call_id=tool_call["id"])
    assert str(ask(model, way, [question, message, result]).text) == "The tool says: sun in Paris"


@every_provider
@every_way
def test_parallel_calls_keep_their_order(row, way, server):
    model = row.model(server, "fake-tools").bind_tools([get_weather, get_time])
    message = ask(model, way, "Weather and time in Paris?")
    assert [one["name"] for one in message.tool_calls] == ["get_weather", "get_time"]
    ids = [one["id"] for one in message.tool_calls]
    assert len(set(ids)) == 2
    results = [ToolMessage(f"result {number}", tool_call_id=id) for number, id in enumerate(ids)]
    answer = ask(model, way, [HumanMessage("Weather and time in Paris?"), message, *results])
    assert str(answer.text) == "The tool says: result 0 / result 1"


@every_provider
@pytest.mark.parametrize("choice", ["any", "required", True, "get_time"])
def test_the_words_of_tool_choice_force_a_call(row, choice, server):
    model = row.model(server, row.ordinary).bind_tools([get_weather, get_time], tool_choice=choice)
    (tool_call,) = model.invoke("hi").tool_calls
    assert tool_call["name"] == ("get_time" if choice == "get_time" else "get_weather")


@every_provider
@pytest.mark.parametrize("choice", ["none", "auto"])
def test_the_words_of_tool_choice_leave_the_model_free(row, choice, server):
    model = row.model(server, row.ordinary).bind_tools([get_weather], tool_choice=choice)
    assert model.invoke("hi").tool_calls == []


@every_provider
def test_a_tool_choice_that_is_none_is_refused_with_the_tools_names(row, server):
    with pytest.raises(ValueError, match="get_weather"):
        row.model(server).bind_tools([get_weather], tool_choice="get_wether").invoke("hi")


@every_provider
@pytest.mark.parametrize("method", [None, "function_calling", "json_schema"])
@whole
def test_an_answer_in_a_form(row, method, way, server):
    asked = {} if method is None else {"method": method}
    model = row.model(server, row.ordinary).with_structured_output(SCHEMA, **asked)
    assert call(model, way, "What is the weather in Paris?") == {"city": "Paris", "temp_c": 21}


@every_provider
def test_an_answer_in_a_form_with_the_raw_message(row, server):
    model = row.model(server, row.ordinary).with_structured_output(SCHEMA, include_raw=True)
    answer = model.invoke("What is the weather in Paris?")
    assert answer["parsed"] == {"city": "Paris", "temp_c": 21} and answer["parsing_error"] is None
    assert answer["raw"].usage_metadata["input_tokens"] > 0


@every_provider
@every_way
def test_thoughts_are_shown_and_sent_back(row, way, server):
    model = row.model(server, row.thinker, **row.thinking).bind_tools([get_weather])
    question = HumanMessage("What is the weather in Paris?")
    message = ask(model, way, [question])
    assert bool(message.reasoning) == row.shows_thoughts
    if row.shows_thoughts:
        assert message.reasoning == "Let me think: six times seven is forty-two."
    result = ToolMessage("sun in Paris", tool_call_id=message.tool_calls[0]["id"])
    answer = ask(model, way, [question, message, result])  # the fake refuses a history whose thoughts were changed
    assert "42" in str(answer.text)


@every_provider
@every_way
def test_a_wrong_key_is_an_authentication_error(row, way, server):
    with pytest.raises(AuthenticationError) as caught:
        ask(row.model(server, api_key="sk-rejected"), way, "hi")
    assert "sk-rejected" not in str(caught.value) and caught.value.attempts == 1 and not caught.value.retryable


@every_provider
@every_way
def test_an_unknown_model_is_not_found(row, way, server):
    with pytest.raises(NotFound) as caught:
        ask(row.model(server, "no-such-model"), way, "hi")
    assert "no-such-model" in str(caught.value)


@every_provider
@every_way
def test_a_limited_rate_is_waited_out(row, way, server, monkeypatch):
    waits = []

    async def sleep(self, seconds):
        waits.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    message = ask(row.model(server, "fake-429-once"), way, "hi")
    assert str(message.text) == "Hello from fakes."
    assert len(waits) == 1 and 0 < waits[0] < 3
    server.reset()
    with pytest.raises(RateLimited) as caught:
        ask(row.model(server, "fake-429-once", max_retries=0), way, "hi")
    assert caught.value.status == 429 and caught.value.retryable


@every_provider
@streamed
def test_a_cut_stream_is_never_whole(row, way, server):
    with pytest.raises(IncompleteStream) as caught:
        call(row.model(server, "fake-cut", max_retries=0), way, "hi")
    said = str(caught.value.partial.text)
    whole = "This answer is cut off before its end, so nobody may take it for whole."
    assert said and whole.startswith(said) and said != whole


@every_provider
@whole
def test_a_cut_answer_is_never_whole(row, way, server):
    with pytest.raises((IncompleteStream, TransportError)):
        call(row.model(server, "fake-cut", max_retries=0), way, "hi")


@every_provider
@streamed
def test_the_last_chunk_says_that_it_is_the_last(row, way, server):
    chunks = call(row.model(server), way, "hi")
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert chunks[-1].chunk_position == "last"
    assert len({chunk.id for chunk in chunks}) == 1


@every_provider
def test_the_key_comes_from_arguments_or_the_environment(row, server, monkeypatch):
    monkeypatch.delenv(row.key_variable, raising=False)
    with pytest.raises(ValueError, match=row.key_variable):
        row.model(server, api_key=None)
    settings = {"api_key": None}
    monkeypatch.setenv(row.key_variable, "sk-from-the-environment")
    assert str(row.model(server, **settings).invoke("hi").text) == "Hello from fakes."
    kind = type(row.model(server))
    other = kind(**{"model": "fake-hello", "base_url": server.url(row.at), row.key_argument: "sk-any", **row.settings})
    assert str(other.invoke("hi").text) == "Hello from fakes."
    for made in (other, row.model(server, api_key="sk-any")):
        assert "sk-any" not in repr(made)
        with pytest.raises(TypeError, match="pickled"):
            made.__reduce__()


@every_provider
def test_a_limit_ends_the_answer_and_says_so(row, server):
    message = row.model(server, "fake-quickstart", max_tokens=16).invoke("What is the purpose of model regularization?")
    assert message.response_metadata[row.finish[0]] == row.finish[2]
    assert 0 < len(str(message.text)) < 200


@every_provider
def test_the_body_is_json_the_provider_takes_with_an_image(row, server):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    shapes = [
        {"type": "image", "base64": png, "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}},
        {"type": "image", "source_type": "base64", "data": png, "mime_type": "image/png"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png}},
    ]
    for block in shapes:
        row.model(server).invoke([HumanMessage([{"type": "text", "text": "What is this?"}, block])])
        body = json.dumps(server.journal[-1].body)
        assert server.journal[-1].status == 200 and png in body
