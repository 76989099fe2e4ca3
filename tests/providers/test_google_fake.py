"""ChatGoogleGenerativeAI against the fake: what is whole and what is streamed are the same answer."""

import asyncio
import warnings

import pytest

import fakes
from minichat import (
    AIMessage,
    AuthenticationError,
    ChatGoogleGenerativeAI,
    HumanMessage,
    IncompleteStream,
    NotFound,
    ToolMessage,
)
from minichat.backends import aio, blocking

from ..language_models.calling import call, every_way


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["key-rejected"]) as server:
        yield server


@pytest.fixture(params=["gemini", "google"])
def model(server, request):
    server.reset()

    def make(name, **settings):
        return ChatGoogleGenerativeAI(**{"model": name, "base_url": server.url(request.param), "api_key": "key-any", **settings})

    return make


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sun in {city}"


SCHEMA = {"title": "Place", "type": "object", "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}}, "required": ["city", "temp_c"]}
REGULARIZATION = "What is the purpose of model regularization?"

REPLIES = [
    ("fake-hello", "hi", {}),
    ("fake-echo", "h\u00e9 \U0001f30d", {}),
    ("fake-quickstart", REGULARIZATION, {}),
    ("gemini-2.5-flash", REGULARIZATION, {}),
    ("gemini-3-flash-preview", REGULARIZATION, {}),
    ("models/gemini-2.5-flash", "hi", {}),
    ("fake-json", "json, please", {"response_mime_type": "application/json"}),
    ("fake-json", "hi", {"response_json_schema": SCHEMA}),
    ("fake-think", "hi", {"include_thoughts": True}),
    ("fake-think", "hi", {}),
    ("fake-refuse", "hi", {}),
    ("fake-blocked", "hi", {}),
    ("fake-quickstart", REGULARIZATION, {"max_output_tokens": 3}),
    ("fake-quickstart", REGULARIZATION, {"stop": ["overfitting"]}),
]
# Of the same prompt asked twice: the answer's own number.
ALLOWED = {"response_id"}


def joined(content):
    """Give a content without what the written exceptions to "invoke equals the sum of stream" are about.

    A stream gives its blocks an `index`; it joins unsigned texts, and unsigned thoughts, that follow each other,
    where a whole answer keeps the parts apart; its signature comes in an empty last text, where that of a whole
    answer stands at the text itself, and is another one each time.
    """
    out = []
    for block in [content] if isinstance(content, str) else content:
        block = {"type": "text", "text": block} if isinstance(block, str) else {k: v for k, v in block.items() if k != "index"}
        signed = bool(block.get("extras", {}).get("signature"))
        kind = block["type"]
        if out and kind in ("text", "thinking") and out[-1][0]["type"] == kind and not out[-1][1]:
            last = out[-1][0]
            out[-1] = ({**last, kind: last[kind] + block[kind]}, signed)
        else:
            out.append(({key: value for key, value in block.items() if key != "extras"}, signed))
    return [one for one in out if one != ({"type": "text", "text": ""}, False)]


def same(whole, streamed):
    assert joined(whole.content) == joined(streamed.content)
    assert [{**one, "id": None} for one in whole.tool_calls] == [{**one, "id": None} for one in streamed.tool_calls]
    assert whole.usage_metadata == streamed.usage_metadata
    assert list(whole.additional_kwargs) == list(streamed.additional_kwargs)
    assert whole.additional_kwargs.get("function_call") == streamed.additional_kwargs.get("function_call")
    metadata = [{key: value for key, value in one.response_metadata.items() if key not in ALLOWED} for one in (whole, streamed)]
    assert metadata[0] == metadata[1]


def add_up(chunks):
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    assert chunks[-1].chunk_position == "last"
    return total


@pytest.mark.filterwarnings("ignore:Gemini refused the prompt")
@pytest.mark.parametrize("name, prompt, kwargs", REPLIES, ids=[f"{row[0]} {i}" for i, row in enumerate(REPLIES)])
def test_invoke_equals_the_sum_of_stream(model, name, prompt, kwargs):
    one = model(name)
    whole = call(one, "invoke", prompt, **kwargs)
    assert whole.usage_metadata["input_tokens"] > 0
    assert whole.response_metadata["model_provider"] == "google_genai"
    same(whole, add_up(call(one, "stream", prompt, **kwargs)))
    same(call(one, "ainvoke", prompt, **kwargs), add_up(call(one, "astream", prompt, **kwargs)))
    same(whole, call(model(name, streaming=True), "invoke", prompt, **kwargs))


@pytest.mark.parametrize("name", ["fake-tool", "fake-tools", "fake-think"])
def test_a_tool_is_called_and_its_result_is_used(model, name):
    bound = model(name, include_thoughts=True).bind_tools([get_weather])
    whole, streamed = bound.invoke("weather?"), add_up(list(bound.stream("weather?")))
    same(whole, streamed)
    for message in (whole, streamed):
        (called,) = message.tool_calls
        assert (called["name"], called["args"]) == ("get_weather", {"city": "Paris"})
        assert message.response_metadata["finish_reason"] == "STOP"
        result = ToolMessage(get_weather(**called["args"]), tool_call_id=called["id"])
        answer = bound.invoke([HumanMessage("weather?"), message, result])
        assert not answer.tool_calls
        assert ("42" if name == "fake-think" else "sun in Paris") in str(answer.text)


def test_thoughts_are_readable(model):
    message = model("fake-think", include_thoughts=True).invoke("hi")
    assert message.reasoning and "42" in str(message.text)
    assert message.usage_metadata["output_token_details"]["reasoning"] > 0


def test_an_answer_in_a_form(model):
    for method in ("json_schema", "function_calling"):
        structured = model("gemini-2.5-flash").with_structured_output(SCHEMA, method=method)
        answer = structured.invoke("where?")
        assert set(answer) == {"city", "temp_c"}
        assert list(structured.stream("where?"))[-1] == answer


@every_way
def test_an_answer_that_a_filter_stopped_has_its_reason(model, way):
    """Another exception: of such an answer a stream has what came before, a whole one nothing."""
    answer = call(model("fake-filtered"), way, "hi")
    message = answer if isinstance(answer, AIMessage) else add_up(answer)
    assert message.response_metadata["finish_reason"] == "SAFETY"
    assert message.response_metadata["safety_ratings"]


def test_several_candidates(model):
    result = model("fake-hello", n=2).generate([[HumanMessage("hi")]])
    assert [one.text for one in result.generations[0]] == ["Hello from fakes."] * 2


@every_way
def test_a_blocked_prompt_is_an_empty_message_with_its_reason(model, way):
    with pytest.warns(UserWarning, match="Gemini refused the prompt"):
        answer = call(model("fake-blocked"), way, "hi")
    message = answer if isinstance(answer, AIMessage) else add_up(answer)
    assert message.content == ""
    assert message.response_metadata["prompt_feedback"]["block_reason"]


@every_way
def test_a_wrong_key_and_an_unknown_model_have_their_own_errors(model, way):
    with pytest.raises(AuthenticationError) as caught:
        call(model("fake-hello", api_key="key-rejected"), way, "hi")
    assert (caught.value.status, caught.value.code, caught.value.type) == (400, "API_KEY_INVALID", "INVALID_ARGUMENT")
    assert caught.value.attempts == 1 and "key-rejected" not in str(caught.value)
    with pytest.raises(NotFound) as caught:
        call(model("no-such-model"), way, "hi")
    assert (caught.value.type, caught.value.status) == ("NOT_FOUND", 404)


@every_way
def test_a_429_is_waited_for_and_asked_again(model, way, monkeypatch):
    waited = []

    async def sleep(self, seconds):
        waited.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    answer = call(model("fake-429-once"), way, "hi")
    assert (answer if isinstance(answer, AIMessage) else add_up(answer)).text == "Hello from fakes."
    assert len(waited) == 1 and 0 < waited[0] < 61


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

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(main()) == ["Hello from fakes."] * 3
