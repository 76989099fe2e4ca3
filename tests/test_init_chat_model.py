"""init_chat_model: a model by its name, at once or chosen by each call."""

import pytest

import fakes
from minichat import BaseChatModel, ChatOpenAI, ConfigurationError
from minichat.chat_models import PROVIDERS, init_chat_model

from .language_models.calling import call, every_way, whole


@pytest.fixture
def server():
    with fakes.serve([fakes.Reply.of("hello")] * 5) as running:
        yield running


@pytest.fixture
def made(server):
    return {"api_key": "k", "base_url": server.url("openai")}


# Arguments -> the name of the model that ChatOpenAI is made with.
NAMES = [
    (("openai:gpt-4o",), {}, "gpt-4o"),
    (("OpenAI:gpt-4o",), {}, "gpt-4o"),
    (("gpt-4o",), {}, "gpt-4o"),
    (("o3-mini",), {}, "o3-mini"),
    (("chatgpt-4o-latest",), {}, "chatgpt-4o-latest"),
    (("anything",), {"model_provider": "openai"}, "anything"),
    (("ft:gpt-4o:me",), {"model_provider": "openai"}, "ft:gpt-4o:me"),
    (("openai:ft:gpt-4o:me",), {}, "ft:gpt-4o:me"),
]


@pytest.mark.parametrize("args, kwargs, name", NAMES, ids=range(len(NAMES)))
def test_a_name_makes_a_model(args, kwargs, name):
    model = init_chat_model(*args, api_key="k", temperature=0.5, **kwargs)
    assert (type(model), model.model_name, model.temperature) == (ChatOpenAI, name, 0.5)


@pytest.mark.parametrize("name, cls", [
    ("claude-sonnet-4-5", "ChatAnthropic"),
    ("anthropic:whatever", "ChatAnthropic"),
    ("mistral-large-latest", "ChatMistralAI"),
    ("mistralai:codestral", "ChatMistralAI"),
    ("accounts/fireworks/models/x", "ChatFireworks"),
    ("gemini-2.5-flash", "ChatGoogleGenerativeAI"),
    ("google-genai:x", "ChatGoogleGenerativeAI"),
    ("together:meta-llama/x", "ChatTogether"),
])  # fmt: skip
def test_each_providers_models_are_known(name, cls):
    model = init_chat_model(name, api_key="k")
    assert type(model).__name__ == cls
    assert model._defaults["model"] == name.partition(":")[2] or name


WRONG = [
    (("command-r",), {}, ConfigurationError, "'cohere'; there are: openai, anthropic, mistralai"),
    (("deepseek:chat",), {}, ConfigurationError, "'deepseek'; there are: openai"),
    (("x",), {"model_provider": "google-vertexai"}, ConfigurationError, "'google_vertexai'"),
    (("gpt-4o",), {"model_provider": "Nobody"}, ConfigurationError, "'nobody'; there are: openai"),
    (("mystery",), {}, ConfigurationError, "whose model is 'mystery'.*openai:mystery"),
    (("nobody:gpt-4o",), {}, ConfigurationError, "whose model is 'nobody:gpt-4o'"),
    ((5,), {}, TypeError, "'openai:gpt-4o'"),
]


@pytest.mark.parametrize("args, kwargs, error, words", WRONG, ids=range(len(WRONG)))
def test_a_name_without_an_adapter_is_refused(args, kwargs, error, words):
    with pytest.raises(error, match=words):
        init_chat_model(*args, **kwargs)


def test_an_adapter_is_a_line_of_the_table(monkeypatch):
    monkeypatch.setitem(PROVIDERS, "parrots", ("language_models.fake_chat_models", "GenericFakeChatModel"))
    monkeypatch.setattr("minichat.language_models.fake_chat_models.GenericFakeChatModel.model", "", raising=False)
    with pytest.raises(ConfigurationError, match="GenericFakeChatModel has no setting 'model'"):
        init_chat_model("parrots:grey")


def test_a_prefix_without_fields_is_of_no_use():
    with pytest.warns(UserWarning, match="no use") as caught:
        model = init_chat_model("gpt-4o", config_prefix="a", api_key="k")
    assert isinstance(model, BaseChatModel) and caught[0].filename == __file__


# -- chosen by each call ---------------------------------------------------------------------------


@every_way
def test_a_call_chooses_the_model(way, made, server):
    model = init_chat_model(**made)
    for choice in ({"model": "gpt-4o"}, {"model": "openai:gpt-4o"}, {"model": "gpt-4o", "model_provider": "openai"}):
        call(model, way, "x", config={"configurable": choice})
        assert server.journal[-1].body["model"] == "gpt-4o"
    with pytest.raises(ConfigurationError, match="no model is chosen"):
        call(model, way, "x")


@every_way
def test_a_call_chooses_among_the_fields_that_are_named(way, made, server):
    model = init_chat_model("gpt-4o", configurable_fields=["temperature"], config_prefix="first", seed=1, **made)
    call(model, way, "x", config={"configurable": {"first_temperature": 0.5, "first_seed": 2, "seed": 3}})
    body = server.journal[-1].body
    assert (body["model"], body["temperature"], body["seed"]) == ("gpt-4o", 0.5, 1)
    call(model, way, "x")
    assert "temperature" not in server.journal[-1].body


@whole
def test_any_field_may_be_chosen_where_that_is_said(way, made, server):
    model = init_chat_model("gpt-4o", configurable_fields="any", config_prefix="a_", **made)
    config = {"configurable": {"a_temperature": 0.5, "a_model": "gpt-4", "other": 1}}
    call(model, way, "x", config=config)
    assert (server.journal[-1].body["model"], server.journal[-1].body["temperature"]) == ("gpt-4", 0.5)


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@every_way
def test_what_is_made_of_it_is_made_of_what_is_chosen(way, made, server):
    model = init_chat_model(**made).bind_tools([add], tool_choice="any").bind(seed=4)
    chain = (lambda text: text * 2) | model.with_config(configurable={"model": "gpt-4o"})
    call(chain, way, "x")
    body = server.journal[-1].body
    assert (body["model"], body["tools"][0]["function"]["name"], body["seed"]) == ("gpt-4o", "add", 4)
    assert (body["tool_choice"], body["messages"][0]["content"]) == ("required", "xx")


def test_structured_output_of_what_is_chosen():
    schema = {"title": "t", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with fakes.serve([fakes.Reply.of('{"a": 1}')]) as server:
        model = init_chat_model(api_key="k", base_url=server.url("openai")).with_structured_output(schema)
        assert model.invoke("x", {"configurable": {"model": "gpt-4o"}}) == {"a": 1}


def test_what_it_does_not_have_itself_is_the_default_models():
    model = init_chat_model("gpt-4o", configurable_fields=["model"], api_key="k", temperature=0.5)
    assert (model.model_name, model.temperature, model.get_num_tokens("abcd")) == ("gpt-4o", 0.5, 1)
    nothing = init_chat_model()
    assert not hasattr(nothing, "model_name") and not hasattr(nothing, "_private")
    assert model.get_name() == "ConfigurableChatModel"


def test_it_prints_no_key():
    model = init_chat_model("gpt-4o", configurable_fields="any", config_prefix="a", api_key="sk-secret")
    assert repr(model) == (
        "ConfigurableChatModel({'model': 'gpt-4o'}, configurable_fields='any', config_prefix='a_')"
    )
