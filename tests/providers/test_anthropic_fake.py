"""ChatAnthropic against the fake: what is whole and what is streamed are the same answer, both ways."""

import asyncio
import json

import pytest

import fakes
from fakes import RedactedThinking, Reply, Text, Thinking, ToolCall, Usage
from minichat import (
    AIMessage,
    AuthenticationError,
    BadRequest,
    HumanMessage,
    IncompleteStream,
    NotFound,
    SystemMessage,
    ToolMessage,
)
from minichat.backends import aio, blocking
from minichat.providers.anthropic import ChatAnthropic

from ..language_models.calling import call, every_way

THINKING = {"type": "enabled", "budget_tokens": 1024}
REGULARIZATION = "What is the purpose of model regularization?"


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["sk-rejected"]) as server:
        yield server


@pytest.fixture
def model(server):
    server.reset()

    def make(name="fake-hello", **settings):
        return ChatAnthropic(**{"model": name, "base_url": server.url("anthropic"), "api_key": "sk-any", **settings})

    return make


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sun in {city}"


def get_time(city: str) -> str:
    """Tell the time in a city."""
    return f"noon in {city}"


def add_up(chunks):
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total


def whole_form(content):
    """Give a stream's content as a whole reply has it: these two differ as LangChain's do, and in nothing else.

    A call with tools or thinking streams lists of blocks with their place, and a tool's input in pieces.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    blocks = []
    for block in content:
        pieces = block.get("partial_json")
        block = {key: value for key, value in block.items() if key not in ("index", "partial_json")}
        blocks.append({**block, "input": json.loads(pieces)} if pieces else block)
    return blocks


def same(whole, streamed):
    assert whole_form(whole.content) == whole_form(streamed.content)
    for name in ("text", "reasoning", "tool_calls", "invalid_tool_calls", "usage_metadata", "additional_kwargs"):
        assert getattr(whole, name) == getattr(streamed, name), name
    assert whole.response_metadata == streamed.response_metadata


REPLIES = {
    "a text": Reply.of("Bonjour à tous 🙂."),
    "nothing": Reply([]),
    "a thought": Reply([Thinking("Let me "), Thinking("think."), Text("42")]),
    "a redacted thought": Reply([RedactedThinking("ZW5jcnlwdGVk"), Text("42")]),
    "words and two calls": Reply([Text("So."), ToolCall("get_weather", '{"city":"Paris"}'), ToolCall("get_time", "{}")]),
    "a thought and a call": Reply([Thinking("Hm."), ToolCall("get_weather", '{"city":"Paris"}')]),
    "a limit reached": Reply([Text("half")], finish="length"),
    "a filter": Reply([Text("Well, ")], finish="content_filter"),
    "cached input": Reply([Text("hi")], usage=Usage(1000, 50, 20, cache_read=600, cache_creation=100)),
}


@pytest.mark.parametrize("tools", [[], [get_weather, get_time]], ids=["no tools", "tools"])
@pytest.mark.parametrize("name", REPLIES)
def test_invoke_equals_the_sum_of_stream(name, tools):
    if "call" in name and not tools:
        return  # the model called what nobody offered: no reply of Anthropic's
    with fakes.serve(replies=[REPLIES[name]] * 5) as server:

        def asked(way, **settings):
            server.reset()
            settings = {"model": "m", "max_tokens": 4096, "api_key": "k", "base_url": server.url("anthropic"), **settings}
            one = ChatAnthropic(**settings)
            given = call(one.bind_tools(tools) if tools else one, way, "hi")
            return add_up(given) if isinstance(given, list) else given

        thinking = {"thinking": THINKING} if "thought" in name else {}
        whole = asked("invoke", **thinking)
        for way in ("ainvoke", "stream", "astream"):
            same(whole, asked(way, **thinking))
        same(whole, asked("invoke", streaming=True, **thinking))
        assert whole.usage_metadata["input_tokens"] > 0


@every_way
def test_thoughts_and_tools_over_several_turns(model, way):
    """The fake refuses a history in which a thought, its signature or its place was changed."""
    bound = model("fake-think", thinking=THINKING, max_tokens=4096).bind_tools([get_weather])
    talk = [SystemMessage("Be brief."), HumanMessage("What is the weather in Paris?")]

    def ask():
        given = call(bound, way, talk)
        return add_up(given) if isinstance(given, list) else given

    message = ask()
    assert message.reasoning and message.content[0]["type"] == "thinking" and message.content[0]["signature"]
    (called,) = message.tool_calls
    talk += [message, ToolMessage(get_weather(**called["args"]), tool_call_id=called["id"])]
    answer = ask()
    assert "42" in str(answer.text)
    talk[-2].content[0]["signature"] = "changed"
    with pytest.raises(BadRequest, match="signature"):
        ask()


def test_a_history_without_its_tools_results_is_refused_with_the_providers_words(model):
    bound = model("fake-tool").bind_tools([get_weather])
    message = bound.invoke("weather?")
    with pytest.raises(BadRequest, match="tool_result") as caught:
        bound.invoke([HumanMessage("weather?"), message, HumanMessage("so?")])
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    assert caught.value.request_id and caught.value.attempts == 1


def test_a_history_of_another_provider_is_taken(model):
    called = {"name": "get_weather", "args": {"city": "Paris"}, "id": "functions.get_weather:0"}
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    talk = [
        HumanMessage("weather?"),
        AIMessage([thought], tool_calls=[called], response_metadata={"model_provider": "openai"}),
        ToolMessage("sun in Paris", tool_call_id=called["id"]),
    ]
    answer = model("fake-tool").bind_tools([get_weather]).invoke(talk)
    assert str(answer.text) == "The tool says: sun in Paris"


@every_way
def test_a_wrong_key_an_unknown_model_and_a_wrong_request(model, way):
    with pytest.raises(AuthenticationError) as caught:
        call(model(api_key="sk-rejected"), way, "hi")
    assert (caught.value.status, caught.value.type, caught.value.attempts) == (401, "authentication_error", 1)
    assert "sk-rejected" not in str(caught.value) and caught.value.request_id
    with pytest.raises(NotFound) as caught:
        call(model("no-such-model"), way, "hi")
    assert (caught.value.type, caught.value.message) == ("not_found_error", "model: no-such-model")
    with pytest.raises(BadRequest, match="temperature"):
        call(model(temperature=3), way, "hi")


def test_the_token_of_a_gateway_is_taken_as_bearer(model, monkeypatch, server):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "sk-rejected")
    with pytest.raises(AuthenticationError) as caught:
        model(api_key=None).invoke("hi")
    assert "sk-rejected" not in str(caught.value)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "sk-other")
    assert model(api_key=None).invoke("hi").content == "Hello from fakes."
    assert "x-api-key" not in {name.lower() for name in server.journal[-1].headers}


@every_way
def test_a_429_is_waited_for_and_asked_again(model, way, monkeypatch):
    waited = []

    async def sleep(self, seconds):
        waited.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    answer = call(model("fake-429-once"), way, "hi")
    assert str((answer if isinstance(answer, AIMessage) else add_up(answer)).text) == "Hello from fakes."
    assert len(waited) == 1 and 0 < waited[0] < 5


@every_way
def test_a_cut_reply_is_never_whole(model, way):
    with pytest.raises(IncompleteStream) as caught:
        call(model("fake-cut", max_retries=0), way, "hi")
    if "stream" in way:
        assert caught.value.partial.content


def test_the_version_that_refuses_sampling_parameters_says_so(model):
    newer = {"anthropic_version": "2026-10-21"}
    assert model(**newer).invoke("hi").content == "Hello from fakes."
    with pytest.raises(BadRequest, match="temperature"):
        model(temperature=0, **newer).invoke("hi")


def test_usage_can_be_left_out_of_streams(model):
    assert add_up(list(model().stream("hi"))).usage_metadata["input_tokens"] > 0
    assert add_up(list(model(stream_usage=False).stream("hi"))).usage_metadata is None
    assert add_up(list(model().stream("hi", stream_usage=False))).usage_metadata is None


def test_a_model_shared_by_both_sides_in_one_loop(model):
    one = model()

    async def main():
        return [one.invoke("a").content, (await one.ainvoke("b")).content, "".join(c.content for c in one.stream("c"))]

    assert asyncio.run(main()) == ["Hello from fakes."] * 3


def test_the_quick_start_is_answered_under_an_ordinary_name(model):
    assert "overfitting" in str(model("claude-sonnet-4-5").invoke(REGULARIZATION).text)
