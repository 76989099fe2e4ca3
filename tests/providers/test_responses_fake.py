"""ChatOpenAI's Responses against the fake: what is whole and what is streamed are the same answer."""

import pytest

import fakes
from minichat import (
    AIMessage,
    AuthenticationError,
    BadRequest,
    ChatOpenAI,
    HumanMessage,
    IncompleteStream,
    ModelRefusalError,
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
        fixed = {"model": name, "base_url": server.url("openai"), "api_key": "sk-any", "use_responses_api": True}
        return ChatOpenAI(**{**fixed, **settings})

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
    ("fake-think", "hi", {}),
    ("fake-think", "hi", {"reasoning": {"effort": "low", "summary": "auto"}}),
    ("fake-think", "hi", {"include": ["reasoning.encrypted_content"], "store": False}),
    ("gpt-5-mini", "hi", {"reasoning": {"summary": "detailed"}}),
    ("fake-refuse", "hi", {}),
    ("fake-filtered", "hi", {}),
    ("fake-json", "json, please", {"response_format": {"type": "json_object"}}),
    ("fake-json", "hi", {"response_format": SCHEMA}),
    ("fake-hello", "hi", {"logprobs": True, "top_logprobs": 2}),
    ("fake-quickstart", REGULARIZATION, {"max_tokens": 16}),
    ("fake-tool", "weather?", {"tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]}),
]


# Not the same in two answers: ids, which the fake draws for each response, and its clock.
def plain(value):
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: plain(one) for key, one in value.items() if key not in ("index", "id", "call_id", "created_at", "encrypted_content", "__openai_function_call_ids__")}


def same(whole, streamed):
    for field in ("content", "tool_calls", "usage_metadata", "additional_kwargs", "response_metadata"):
        assert plain(getattr(whole, field)) == plain(getattr(streamed, field)), field
    assert (whole.text, whole.reasoning) == (streamed.text, streamed.reasoning)


def add_up(chunks):
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total


@pytest.mark.parametrize("version", [None, "v0"])
@pytest.mark.parametrize("name, prompt, kwargs", REPLIES, ids=[f"{row[0]} {i}" for i, row in enumerate(REPLIES)])
def test_invoke_equals_the_sum_of_stream(model, name, prompt, kwargs, version):
    one = model(name, output_version=version)
    whole = call(one, "invoke", prompt, **kwargs)
    assert whole.usage_metadata["output_tokens"] > 0
    assert whole.response_metadata["id"].startswith("resp_")
    same(whole, add_up(call(one, "stream", prompt, **kwargs)))
    same(call(one, "ainvoke", prompt, **kwargs), add_up(call(one, "astream", prompt, **kwargs)))
    same(whole, call(model(name, streaming=True, output_version=version), "invoke", prompt, **kwargs))


def test_both_apis_say_the_same(model):
    for name in ("fake-hello", "fake-echo", "fake-think"):
        chat, responses = model(name, use_responses_api=False).invoke("hi"), model(name).invoke("hi")
        assert chat.text == responses.text
        assert isinstance(chat.content, str) and isinstance(responses.content, list)


@every_way
def test_a_thought_goes_back_before_the_call_it_led_to(model, way):
    """The fake refuses a thought without its item, and a result without its call."""
    bound = model("fake-tool", store=False, include=["reasoning.encrypted_content"]).bind_tools([get_weather])
    answer = call(bound, way, "weather?")
    asked = answer if isinstance(answer, AIMessage) else add_up(answer)
    (called,) = asked.tool_calls
    assert (called["name"], called["args"]) == ("get_weather", {"city": "Paris"})
    assert called["id"].startswith("call_")
    result = ToolMessage(get_weather(**called["args"]), tool_call_id=called["id"])
    answer = call(bound, way, [HumanMessage("weather?"), asked, result])
    told = answer if isinstance(answer, AIMessage) else add_up(answer)
    assert "sun in Paris" in told.text and not told.tool_calls


@pytest.mark.parametrize("version", [None, "v0"])
@pytest.mark.parametrize("store", [True, False])
def test_a_conversation_goes_on_in_both_forms(model, version, store):
    one = model("gpt-5-mini", output_version=version, store=store, include=["reasoning.encrypted_content"])
    history = [HumanMessage("one")]
    for prompt in ("two", "three"):
        history += [add_up(list(one.stream(history))), HumanMessage(prompt)]
        history += [one.invoke(history), HumanMessage("and?")]
    assert one.invoke(history).text


def test_only_the_new_messages_are_sent_when_openai_has_the_rest(model):
    one = model("fake-echo", use_previous_response_id=True)
    first = one.invoke("hello")
    second = one.invoke([HumanMessage("hello"), first, HumanMessage("again")])
    assert second.text == "again" and second.response_metadata["id"] != first.response_metadata["id"]


@every_way
def test_a_wrong_key_and_an_unknown_model_have_their_own_errors(model, way):
    for key in ("sk-fake-wrong", "sk-rejected"):
        with pytest.raises(AuthenticationError) as caught:
            call(model("fake-hello", api_key=key), way, "hi")
        assert (caught.value.status, caught.value.code, caught.value.attempts) == (401, "invalid_api_key", 1)
        assert key not in str(caught.value) and caught.value.request_id
    with pytest.raises((NotFound, BadRequest)) as caught:
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
    assert (answer if isinstance(answer, AIMessage) else add_up(answer)).text == "Hello from fakes."
    assert len(waited) == 1 and 0 < waited[0] < 5


@every_way
def test_a_cut_reply_is_never_whole(model, way):
    with pytest.raises(IncompleteStream) as caught:
        call(model("fake-cut", max_retries=0), way, "hi")
    if "stream" in way:
        assert caught.value.partial.text


@every_way
def test_a_blocked_prompt_is_a_typed_error(model, way):
    with pytest.raises(BadRequest) as caught:
        call(model("fake-blocked"), way, "hi")
    assert caught.value.code == "invalid_prompt"


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_an_answer_in_a_form(model, method):
    name = "fake-json" if method == "json_schema" else "fake-tool"
    asked = model(name).with_structured_output(SCHEMA, method=method)
    answer = asked.invoke("weather?")
    assert set(answer) == {"city", "temp_c"}
    assert list(asked.stream("weather?"))[-1] == answer


def test_a_refusal_in_place_of_a_form_is_told_as_such(model):
    with pytest.raises(ModelRefusalError, match="sorry"):
        model("fake-refuse").with_structured_output(SCHEMA).invoke("hi")
    with pytest.raises(ModelRefusalError, match="I'm sorry, I can't help with that."):
        list(model("fake-refuse").with_structured_output(SCHEMA).stream("hi"))


def test_a_response_in_the_background_is_a_message_with_its_status(model):
    answer = model("fake-hello").invoke("hi", background=True)
    assert answer.response_metadata["status"] in ("queued", "in_progress", "completed")
    assert answer.id.startswith("resp_")
