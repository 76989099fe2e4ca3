"""ChatMistralAI against the fake: what is whole and what is streamed are the same answer, both ways."""

import asyncio

import pytest

import fakes
from fakes import Reply, Text, Thinking, ToolCall, Usage
from minichat import (
    AIMessage,
    AuthenticationError,
    BadRequest,
    ChatMistralAI,
    HumanMessage,
    IncompleteStream,
    NotFound,
    RateLimited,
    SystemMessage,
    ToolMessage,
)
from minichat.backends import aio, blocking

from ..language_models.calling import call, every_way

REGULARIZATION = "What is the purpose of model regularization?"
PDF = {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf"}


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["sk-rejected"]) as server:
        yield server


@pytest.fixture
def model(server):
    server.reset()

    def make(name="fake-hello", **settings):
        return ChatMistralAI(**{"model": name, "base_url": server.url("mistral"), "api_key": "sk-any", **settings})

    return make


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sun in {city}"


def get_time(city: str) -> str:
    """Tell the time in a city."""
    return f"noon in {city}"


def one_message(answer):
    """Give the answer, of a stream the sum."""
    if not isinstance(answer, list):
        return answer
    total = answer[0]
    for chunk in answer[1:]:
        total = total + chunk
    return total


def without_places(value):
    if isinstance(value, list):
        return [without_places(one) for one in value]
    if isinstance(value, dict):
        return {key: without_places(one) for key, one in value.items() if key != "index"}
    return value


def same(whole, streamed):
    assert without_places(whole.content) == without_places(streamed.content)
    for name in ("text", "reasoning", "tool_calls", "invalid_tool_calls", "usage_metadata", "additional_kwargs"):
        assert getattr(whole, name) == getattr(streamed, name), name
    metadata = [{key: value for key, value in one.response_metadata.items() if value is not None} for one in (whole, streamed)]
    assert metadata[0] == metadata[1]


REPLIES = {
    "a text": Reply.of("Bonjour à tous 🙂."),
    "nothing": Reply([]),
    "a thought": Reply([Thinking("Let me "), Thinking("think."), Text("4"), Text("2")]),
    "a thought and a call": Reply([Thinking("Hm, "), Thinking("so."), ToolCall("get_weather", '{"city":"Paris"}')]),
    "words and two calls": Reply([Text("So."), ToolCall("get_weather", '{"city":"Paris"}'), ToolCall("get_time", "{}")]),
    "a limit reached": Reply([Text("half")], finish="length"),
    "a filter": Reply([Text("Well, ")], finish="content_filter"),
    "cached input": Reply([Text("hi")], usage=Usage(1000, 50, 0, cache_read=600)),
}


@pytest.mark.parametrize("tools", [[], [get_weather, get_time]], ids=["no tools", "tools"])
@pytest.mark.parametrize("name", REPLIES)
def test_invoke_equals_the_sum_of_stream(name, tools):
    if "call" in name and not tools:
        return  # the model called what nobody offered: no reply of Mistral's
    with fakes.serve(replies=[REPLIES[name]] * 5) as server:

        def asked(way, **settings):
            server.reset()
            one = ChatMistralAI(model="m", api_key="k", base_url=server.url("mistral"), **settings)
            return one_message(call(one.bind_tools(tools) if tools else one, way, "hi"))

        whole = asked("invoke")
        for way in ("ainvoke", "stream", "astream"):
            same(whole, asked(way))
        same(whole, asked("invoke", streaming=True))
        assert whole.usage_metadata["input_tokens"] > 0
        assert whole.response_metadata["model_provider"] == "mistralai"


@every_way
def test_thoughts_and_tools_over_several_turns(model, way, server):
    bound = model("fake-think", reasoning_effort="high").bind_tools([get_weather])
    talk = [SystemMessage("Be brief."), HumanMessage("What is the weather in Paris?")]
    message = one_message(call(bound, way, talk))
    assert message.reasoning and message.content[0]["type"] == "thinking"
    (called,) = message.tool_calls
    talk += [message, ToolMessage(get_weather(**called["args"]), tool_call_id=called["id"])]
    assert "42" in str(one_message(call(bound, way, talk)).text)
    sent = server.journal[-1].body["messages"]
    assert [one["role"] for one in sent] == ["system", "user", "assistant", "tool"]
    assert "".join(piece["text"] for piece in sent[2]["content"][0]["thinking"]) == message.reasoning
    assert sent[2]["tool_calls"][0]["id"] == sent[3]["tool_call_id"]


def test_a_history_of_another_provider_is_taken(model):
    called = {"name": "get_weather", "args": {"city": "Paris"}, "id": "functions.get_weather:0"}
    thoughts = [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}, {"type": "redacted_thinking", "data": "x"}]
    talk = [
        HumanMessage("weather?", name="Ann"),
        AIMessage(thoughts, tool_calls=[called], response_metadata={"model_provider": "openai"}),
        ToolMessage("sun in Paris", tool_call_id=called["id"]),
    ]
    answer = model("fake-tool").bind_tools([get_weather]).invoke(talk)
    assert str(answer.text) == "The tool says: sun in Paris"


@every_way
def test_a_turn_that_was_begun_is_continued(model, way):
    talk = [HumanMessage("hi"), AIMessage("Well: ", additional_kwargs={"prefix": True})]
    assert str(one_message(call(model(), way, talk)).text) == "Well: Hello from fakes."


@pytest.mark.parametrize(
    "block",
    [PDF, {"type": "audio", "base64": "UklG", "mime_type": "audio/wav"}, {"type": "file", "file_id": "f1"}, {"type": "document_url", "document_url": "https://x/a.pdf"}],
)
def test_documents_and_sounds_are_taken_from_users_and_tools(model, block):
    assert model().invoke([HumanMessage(["What is this?", block])]).content == "Hello from fakes."
    called = {"name": "get_weather", "args": {}, "id": "call_1"}
    talk = [HumanMessage("hi"), AIMessage("", tool_calls=[called]), ToolMessage([block], tool_call_id="call_1")]
    assert model().bind_tools([get_weather]).invoke(talk).usage_metadata["input_tokens"] > 0


@every_way
def test_a_wrong_key_an_unknown_model_and_a_wrong_request(model, way):
    with pytest.raises(AuthenticationError) as caught:
        call(model(api_key="sk-rejected"), way, "hi")
    assert (caught.value.status, caught.value.attempts, caught.value.provider) == (401, 1, "mistral")
    assert "sk-rejected" not in str(caught.value) and caught.value.request_id
    with pytest.raises(NotFound) as caught:
        call(model("no-such-model"), way, "hi")
    assert (caught.value.status, caught.value.type, caught.value.code) == (400, "invalid_model", "1500")
    assert caught.value.message == "Invalid model: no-such-model" and caught.value.attempts == 1
    with pytest.raises(BadRequest) as caught:
        call(model(temperature=3), way, "hi")
    assert caught.value.status == 422 and caught.value.param == "temperature"
    assert caught.value.message.startswith("temperature: ")


@every_way
def test_a_429_is_waited_for_and_asked_again(model, way, monkeypatch, server):
    waited = []

    async def sleep(self, seconds):
        waited.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    assert str(one_message(call(model("fake-429-once"), way, "hi")).text) == "Hello from fakes."
    assert len(waited) == 1 and 0.37 < waited[0] <= 0.5
    server.reset()
    with pytest.raises(RateLimited) as caught:
        call(model("fake-429-once", max_retries=0), way, "hi")
    assert caught.value.code == "1300" and caught.value.retryable


@every_way
def test_a_cut_reply_is_never_whole(model, way):
    with pytest.raises(IncompleteStream) as caught:
        call(model("fake-cut", max_retries=0), way, "hi")
    if "stream" in way:
        assert caught.value.partial.content


def test_several_answers_are_several_generations(model):
    result = model("mistral-small-latest", n=2).generate([[HumanMessage(REGULARIZATION)]])
    assert len(result.generations[0]) == 2
    assert result.llm_output["model_name"]


def test_a_model_shared_by_both_sides_in_one_loop(model):
    one = model()

    async def main():
        return [one.invoke("a").content, (await one.ainvoke("b")).content, "".join(c.content for c in one.stream("c"))]

    assert asyncio.run(main()) == ["Hello from fakes."] * 3
