"""What handlers are told of a model at the start of its run, and that no secret is in it."""

import dataclasses
import json
import uuid

import pytest

import fakes
from minichat import AuthenticationError, ChatOpenAI, FakeListChatModel, HumanMessage
from minichat.language_models.describing import plain

from .calling import call, every_way, streamed, whole
from .recording import Log, Streaming, Whole

KEY = "sk-very-secret"


@pytest.fixture
def server():
    with fakes.serve([fakes.Reply.of("hello")] * 3) as running:
        yield running


def started(log):
    """Give (serialized, told) of the only run."""
    ((serialized, messages, told),) = log.started
    return serialized, told


@every_way
def test_what_a_provider_is_told_with(way, server):
    log = Log()
    url = server.url("openai")
    model = ChatOpenAI(api_key=KEY, base_url=url, temperature=0.5, max_tokens=9, tags=["own"], metadata={"mine": 1})
    config = {"callbacks": [log], "tags": ["t"], "metadata": {"k": 2}, "run_name": "named"}
    call(model, way, "hi", config=config, stop=["x"], seed=3)
    serialized, told = started(log)
    assert serialized == {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "chat_models", "openai", "ChatOpenAI"],
        "kwargs": {
            "model_name": "gpt-3.5-turbo",
            "openai_api_key": {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]},
            "openai_api_base": url,
            "temperature": 0.5,
            "max_tokens": 9,
        },
        "name": "ChatOpenAI",
    }
    assert told["invocation_params"] == {
        "model": "gpt-3.5-turbo",
        "model_name": "gpt-3.5-turbo",
        "stream": False,
        "temperature": 0.5,
        "max_completion_tokens": 9,
        "_type": "openai-chat",
        "stop": ["x"],
        "seed": 3,
    }
    is_stream = "stream" in way
    assert told["options"] == ({"stop": ["x"], "seed": 3} if is_stream else {"stop": ["x"]})
    assert told["metadata"] == {
        "k": 2,
        "mine": 1,
        "ls_provider": "openai",
        "ls_model_name": "gpt-3.5-turbo",
        "ls_model_type": "chat",
        "ls_temperature": 0.5,
        "ls_max_tokens": 9,
        "ls_stop": ["x"],
        "ls_integration": "langchain_chat_model",
    }
    assert (told["name"], told["tags"], told["batch_size"]) == ("named", ["t", "own"], 1)
    assert isinstance(told["parent_run_id"], (uuid.UUID, type(None)))


@every_way
def test_a_refusal_is_told_with_what_its_head_and_body_said(way):
    log, told = Log(), []
    log.on_llm_error = lambda error, *, response, **kwargs: told.append((error, response))
    with fakes.serve(reject_keys=[KEY]) as server:
        model = ChatOpenAI(api_key=KEY, base_url=server.url("openai"), max_retries=0)
        with pytest.raises(AuthenticationError) as caught:
            call(model, way, "x", config={"callbacks": [log]})
    ((error, response),) = told
    ((generation,),) = response.generations
    known = generation.message.response_metadata
    assert error is caught.value
    assert (known["status_code"], known["request_id"]) == (401, error.request_id) and error.request_id
    assert known["body"] == error.body and known["body"]["error"]["code"] == "invalid_api_key"
    assert KEY not in repr(known)


def ls_of(model, /, **kwargs):
    told = model._get_ls_params_with_defaults(**kwargs)
    return {name[3:]: value for name, value in told.items() if name not in ("ls_model_type", "ls_integration")}


class ChatSmall(Whole):
    model: str = "small"
    temperature: float = 0.5
    max_tokens: int = 7


class OtherChat(Whole):
    model_name: str = "other"
    temperature: str = "hot"


LS = [
    (ChatSmall(), {}, {"provider": "small", "model_name": "small", "temperature": 0.5, "max_tokens": 7}),
    (
        ChatSmall(),
        {"model": "big", "temperature": 1, "max_tokens": 8, "stop": ["x"]},
        {"provider": "small", "model_name": "big", "temperature": 1, "max_tokens": 8, "stop": ["x"]},
    ),
    (OtherChat(), {}, {"provider": "other", "model_name": "other"}),
    (FakeListChatModel(responses=[""]), {}, {"provider": "fakelistchatmodel"}),
    (ChatOpenAI(api_key=KEY), {}, {"provider": "openai", "model_name": "gpt-3.5-turbo", "temperature": None}),
    (
        ChatOpenAI(api_key=KEY, stop=["y"], model_kwargs={"max_completion_tokens": 5}),
        {"model": "gpt-4o"},
        {"provider": "openai", "model_name": "gpt-4o", "temperature": None, "max_tokens": 5, "stop": ["y"]},
    ),
]


@pytest.mark.parametrize("model, kwargs, told", LS, ids=range(len(LS)))
def test_what_langsmith_shows_of_a_call(model, kwargs, told):
    assert ls_of(model, **kwargs) == told


def test_the_models_own_stop_is_told_where_the_call_has_none():
    model = ChatOpenAI(api_key=KEY, stop=["own"])
    assert model._get_invocation_params()["stop"] == ["own"]
    assert model._get_invocation_params(stop=["call"])["stop"] == ["call"]


@whole
def test_a_users_model_is_told_by_its_class_without_its_fields(way):
    class Keeping(Whole):
        api_key: str = KEY

        @property
        def _identifying_params(self):
            return {"size": 3}

        @property
        def _llm_type(self):
            return "keeping"

    log = Log()
    call(Keeping(api_key=KEY, name="mine"), way, "a", config={"callbacks": [log]}, k=1)
    serialized, told = started(log)
    identity = [*__name__.split("."), "Keeping"]
    assert serialized == {"lc": 1, "type": "not_implemented", "id": identity, "name": "mine"}
    assert told["invocation_params"] == {"size": 3, "_type": "keeping", "stop": None, "k": 1}


SECRET_SETTINGS = {
    "api_key": KEY,
    "default_headers": {"Authorization": f"Bearer {KEY}"},
    "default_query": {"subscription-key": KEY, "api-version": "7"},
    "openai_proxy": f"http://me:{KEY}@localhost:1",
    "client_cert": ("cert.pem", "key.pem", KEY),
    "name": "n",
}


def test_no_secret_is_told():
    model = ChatOpenAI(**{name: value for name, value in SECRET_SETTINGS.items() if name != "client_cert"})
    tools = [{"type": "mcp", "server_url": "u", "headers": {"k": KEY}, "authorization": KEY}, {"type": "function"}]
    query = {"token": KEY, "page": 2}
    params = model._get_invocation_params(extra_headers={"X-Key": KEY}, extra_query=query, tools=tools, api_key=KEY)
    assert KEY not in json.dumps([model._serialized(), params]) and KEY not in repr(model)
    assert params["extra_headers"] == {"X-Key": "**REDACTED**"}
    assert params["extra_query"] == {"token": "**REDACTED**", "page": 2}
    assert model._serialized()["kwargs"]["default_query"] == {"subscription-key": "**********", "api-version": "7"}
    assert params["tools"][0] == {
        "type": "mcp",
        "server_url": "u",
        "headers": "**REDACTED**",
        "authorization": "**REDACTED**",
    }
    assert tools[0]["authorization"] == KEY, "what is sent is not what is told"


@pytest.mark.parametrize("key", [KEY, lambda: KEY])
def test_a_key_that_is_a_function_is_no_more_told(key):
    assert KEY not in json.dumps(ChatOpenAI(api_key=key)._serialized())


@dataclasses.dataclass
class Point:
    x: int


PLAIN = [
    ({"a": [1, None, "x", 2.5, True]}, {"a": [1, None, "x", 2.5, True]}),
    ((1, 2), [1, 2]),
    ({1: "x"}, {"1": "x"}),
    (Point(1), {"lc": 1, "type": "not_implemented", "id": [*__name__.split("."), "Point"]}),
]


@pytest.mark.parametrize("value, shown", PLAIN, ids=range(len(PLAIN)))
def test_settings_are_shown_as_json(value, shown):
    assert plain(value) == shown
    json.dumps(plain(value))


SCHEMA = {"title": "t", "type": "object", "properties": {"a": {"type": "integer"}}}


class Typed:
    """A type. It has a field."""

    a: int


@every_way
@pytest.mark.parametrize("keyword", ["ls_structured_output_format", "structured_output_format"])
def test_the_form_of_an_answer_is_told_and_sent_nowhere(way, keyword):
    seen = []

    class Seeing(Streaming):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            seen.append(kwargs)
            return super()._generate(messages)

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            seen.append(kwargs)
            return super()._stream(messages)

    form = {"kwargs": {"method": "m"}, "schema": SCHEMA}
    for handlers in ([Log()], []):
        call(Seeing(), way, "a", config={"callbacks": handlers}, **{keyword: form, "k": 1})
        for log in handlers:
            _, told = started(log)
            assert told["options"]["ls_structured_output_format"] == form
            assert keyword not in told["invocation_params"]
    assert seen == [{"k": 1}] * 2


@whole
def test_a_form_of_another_kind_is_told_as_a_schema_if_it_can_be(way):
    def film(title: str) -> None:
        """A film."""

    for schema, told_as in [(film, "film"), (3, None), (None, None)]:
        log = Log()
        form = {"kwargs": {}, "schema": schema}
        call(Whole(), way, "a", config={"callbacks": [log]}, ls_structured_output_format=form)
        told = started(log)[1]["options"].get("ls_structured_output_format")
        assert (told and told["schema"]["title"]) == told_as


@streamed
def test_a_run_in_a_chain_knows_its_parent(way):
    from minichat.runnables import RunnableLambda

    log = Log()
    call(RunnableLambda(lambda text: [HumanMessage(text)]) | Whole(), way, "a", config={"callbacks": [log]})
    assert isinstance(started(log)[1]["parent_run_id"], uuid.UUID)


@pytest.mark.parametrize(
    "model, told",
    [
        (ChatOpenAI(api_key=KEY, extra_body={"x": 1}), {"extra_body": {"x": 1}}),
        (FakeListChatModel(responses=["a", "b"]), {"responses": ["a", "b"]}),
    ],
    ids=["extra_body", "responses"],
)
def test_what_makes_a_model_answer_as_it_does_is_told_of_a_call(model, told):
    params = model._get_invocation_params()
    assert {name: params[name] for name in told} == told
