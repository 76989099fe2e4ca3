"""ChatMistralAI: settings, environment, tools and forms, and the requests they make."""

import copy
import pickle

import pytest

from minichat import ChatMistralAI, ConfigurationError, HumanMessage, SecretStr, init_chat_model

from .asking import request_of

KEY = "very-secret-1234"
ASKED = {"model": "mistral-small", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("MISTRAL_API_KEY", "MISTRAL_BASE_URL", "MISTRAL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatMistralAI(**{"api_key": KEY, **settings})


# -- key and address ---------------------------------------------------------------------------------


def test_a_missing_key_is_named_with_its_remedy_at_construction():
    with pytest.raises(ValueError, match="MISTRAL_API_KEY is not set; pass api_key=... or set it"):
        ChatMistralAI()


@pytest.mark.parametrize("name", ["api_key", "mistral_api_key"])
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY), lambda: KEY], ids=["text", "secret", "function"])
def test_the_key_goes_into_the_authorization_header(monkeypatch, name, key):
    asked = request_of(monkeypatch, ChatMistralAI(**{name: key}))
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in asked.url and KEY.encode() not in asked.raw


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    assert request_of(monkeypatch, ChatMistralAI()).headers["Authorization"] == f"Bearer {KEY}"


URLS = [
    (None, "https://api.mistral.ai/v1/chat/completions"),
    ("https://api.eu.mistral.ai", "https://api.eu.mistral.ai/v1/chat/completions"),
    ("https://api.mistral.ai/", "https://api.mistral.ai/v1/chat/completions"),
    ("https://api.mistral.ai/v1", "https://api.mistral.ai/v1/chat/completions"),
    ("https://api.mistral.ai/v1/", "https://api.mistral.ai/v1/chat/completions"),
    ("http://gateway:8080/mistral", "http://gateway:8080/mistral/v1/chat/completions"),
    ("http://gateway:8080/mistral/v2", "http://gateway:8080/mistral/v2/chat/completions"),
]


@pytest.mark.parametrize("base, url", URLS)
@pytest.mark.parametrize("told", ["base_url", "endpoint", "environment"])
def test_the_address_has_one_version(monkeypatch, base, url, told):
    settings = {told: base}
    if told == "environment":
        monkeypatch.setenv("MISTRAL_BASE_URL", base or "")
        settings = {}
    asked = request_of(monkeypatch, model(**settings))
    assert asked.url == url


def test_an_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("MISTRAL_BASE_URL", "http://elsewhere")
    assert model(base_url="http://here/v1").endpoint == "http://here/v1"


def test_query_and_headers_of_the_model_and_of_a_call_are_sent(monkeypatch):
    one = model(default_headers={"X-A": "1"}, default_query={"q": "1"})
    asked = request_of(monkeypatch, one, extra_headers={"X-B": "2"}, extra_query={"r": "2"})
    assert asked.url.endswith("/chat/completions?q=1&r=2")
    assert (asked.headers["X-A"], asked.headers["X-B"]) == ("1", "2")


# -- settings ----------------------------------------------------------------------------------------

SETTINGS = [
    ({}, {}),
    ({"model": "m"}, {"model": "m"}),
    ({"model_name": "m"}, {"model": "m"}),
    ({"temperature": 0}, {"temperature": 0}),
    ({"max_tokens": 5}, {"max_tokens": 5}),
    ({"max_completion_tokens": 5}, {"max_tokens": 5}),
    ({"top_p": 0.5}, {"top_p": 0.5}),
    ({"random_seed": 7}, {"random_seed": 7}),
    ({"seed": 7}, {"random_seed": 7}),
    ({"safe_mode": True}, {"safe_prompt": True}),
    ({"safe_prompt": False}, {"safe_prompt": False}),
    ({"stop": "x"}, {"stop": "x"}),
    ({"stop": []}, {}),
    ({"stop_sequences": ["x", "y"]}, {"stop": ["x", "y"]}),
    ({"n": 2}, {"n": 2}),
    ({"presence_penalty": 0.1, "frequency_penalty": -0.1}, {"presence_penalty": 0.1, "frequency_penalty": -0.1}),
    ({"reasoning_effort": "high"}, {"reasoning_effort": "high"}),
    ({"prompt_mode": "reasoning"}, {"prompt_mode": "reasoning"}),
    ({"parallel_tool_calls": False, "prompt_cache_key": "k"}, {"parallel_tool_calls": False, "prompt_cache_key": "k"}),
    ({"model_kwargs": {"guardrails": []}}, {"guardrails": []}),
    ({"extra_body": {"top_k": 3}}, {"top_k": 3}),
]


@pytest.mark.parametrize("settings, fields", SETTINGS, ids=[str(row[0]) for row in SETTINGS])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_setting_is_a_request_field(monkeypatch, settings, fields, stream):
    if stream and "n" in settings:
        return  # refused, as everywhere
    asked = request_of(monkeypatch, model(**settings), stream=stream)
    assert asked.body == {**ASKED, **fields, **({"stream": True} if stream else {})}


CALLS = [
    ({"temperature": 1}, {"temperature": 1}),
    ({"stop": ["now"]}, {"stop": ["now"]}),
    ({"max_completion_tokens": 9}, {"max_tokens": 9}),
    ({"seed": 8}, {"random_seed": 8}),
    ({"safe_prompt": False}, {"safe_prompt": False}),
    ({"safe_mode": False}, {"safe_prompt": False}),
    ({"stream_usage": True}, {}),  # told unasked; stream_options would be refused
    ({"extra_body": {"top_k": 3}}, {"top_k": 3}),
    ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
    ({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
]


@pytest.mark.parametrize("kwargs, fields", CALLS, ids=[str(row[0]) for row in CALLS])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_keyword_of_a_call_wins_over_the_setting(monkeypatch, kwargs, fields, stream):
    one = model(temperature=0.5, stop="never", max_tokens=3, random_seed=7, safe_mode=True)
    said = {"temperature": 0.5, "stop": "never", "max_tokens": 3, "random_seed": 7, "safe_prompt": True}
    streaming = {"stream": True} if stream else {}
    assert request_of(monkeypatch, one.bind(**kwargs), stream=stream).body == {**ASKED, **said, **fields, **streaming}


def test_the_names_of_langchain_are_read_back():
    one = model(model_name="m", base_url="http://x", seed=1, safe_mode=True, request_timeout=(1, 2))
    assert (one.model, one.model_name, one.endpoint, one.random_seed) == ("m", "m", "http://x", 1)
    assert (one.safe_mode, one.timeout, one.max_retries) == (True, (1, 2), 5)
    assert one._llm_type == "mistralai-chat"


def test_times_and_attempts_are_langchains(monkeypatch):
    timeouts = request_of(monkeypatch, model()).timeouts
    assert (timeouts.connect, timeouts.read) == (120, 120)
    assert [model()._backoff.pause(made, 0) for made in range(4)] == [0.5, 0.75, 1.125, 1.6875]
    assert model()._backoff.pause(30, 0) == 60


@pytest.mark.parametrize("settings", [{"max_retries": -1}, {"model": ""}, {"timeout": 0}, {"n": 0}, {"base_url": "ftp://x"}, {"client": object()}, {"max_concurrent_requests": 3}], ids=str)
def test_a_setting_that_cannot_be_is_refused(settings):
    with pytest.raises(ConfigurationError):
        model(**settings)


def test_an_unknown_setting_is_a_request_field_with_a_warning(monkeypatch):
    with pytest.warns(UserWarning, match="top_k"):
        one = model(top_k=3)
    assert request_of(monkeypatch, one).body == {**ASKED, "top_k": 3}


def test_what_handlers_and_langsmith_are_told():
    one = model(model="m", temperature=0.1, max_tokens=9, stop=["x"])
    assert one._get_ls_params() == {
        "ls_provider": "mistral", "ls_model_name": "m", "ls_model_type": "chat",
        "ls_temperature": 0.1, "ls_max_tokens": 9, "ls_stop": ["x"],
    }  # fmt: skip
    told = one._serialized()
    assert told["id"] == ["langchain", "chat_models", "mistralai", "ChatMistralAI"]
    assert told["kwargs"]["mistral_api_key"] == {"lc": 1, "type": "secret", "id": ["MISTRAL_API_KEY"]}
    assert KEY not in repr(told) + repr(one) + repr(one.bind(stop=["y"]))


def test_a_model_is_pickled_only_with_the_environments_key(monkeypatch):
    with pytest.raises(TypeError, match="MISTRAL_API_KEY"):
        pickle.dumps(model())
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    again = pickle.loads(pickle.dumps(ChatMistralAI(model="m", seed=1)))
    assert (again.model, again.random_seed) == ("m", 1)
    assert copy.copy(again).model == "m"


def test_init_chat_model_knows_it():
    one = init_chat_model("mistralai:mistral-large-latest", api_key=KEY)
    assert isinstance(one, ChatMistralAI) and one.model == "mistral-large-latest"


# -- tools and forms -------------------------------------------------------------------------------------


def get_weather(city: str) -> str:
    """Tell the weather in a city."""


TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
SCHEMA = {"title": "Place", "description": "A place.", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMED = {"type": "function", "function": {"name": "get_weather"}}
CHOICES = [(None, None), ("auto", "auto"), ("none", "none"), ("any", "any"), ("required", "any"), (True, "any"), ("get_weather", NAMED), (NAMED, NAMED)]


@pytest.mark.parametrize("choice, sent", CHOICES, ids=[str(row[0]) for row in CHOICES])
def test_the_words_of_tool_choice_become_mistrals(monkeypatch, choice, sent):
    body = request_of(monkeypatch, model().bind_tools([get_weather], tool_choice=choice)).body
    assert body == {**ASKED, "tools": [TOOL], **({} if sent is None else {"tool_choice": sent})}


def test_parallel_calls_and_strict_tools_are_asked_for(monkeypatch):
    body = request_of(monkeypatch, model().bind_tools([get_weather], parallel_tool_calls=False, strict=True)).body
    assert body["parallel_tool_calls"] is False and body["tools"][0]["function"]["strict"] is True


def test_a_form_is_asked_for_by_a_tool_as_langchain_does(monkeypatch):
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA).first).body
    function = {"name": "Place", "description": "A place.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    assert body == {**ASKED, "tools": [{"type": "function", "function": function}], "tool_choice": "any"}


@pytest.mark.parametrize("told, strict", [({}, True), ({"strict": True}, True), ({"strict": False}, False)], ids=str)
def test_a_form_is_asked_for_by_its_schema(monkeypatch, told, strict):
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA, method="json_schema", **told).first).body
    form = body["response_format"]
    assert form["type"] == "json_schema" and form["json_schema"]["strict"] is strict
    assert form["json_schema"]["name"] == "Place" and form["json_schema"]["schema"]["required"] == ["city"]
    assert "tools" not in body


def test_json_mode_says_no_schema(monkeypatch):
    body = request_of(monkeypatch, model().with_structured_output(method="json_mode").first).body
    assert body == {**ASKED, "response_format": {"type": "json_object"}}


def test_a_form_that_cannot_be_asked_for_is_refused():
    with pytest.raises(ConfigurationError):
        model().with_structured_output(SCHEMA, method="magic")
    with pytest.raises(ConfigurationError):
        model().with_structured_output()


def test_a_prefix_is_asked_to_be_continued(monkeypatch):
    from minichat import AIMessage

    turn = AIMessage("Well, ", additional_kwargs={"prefix": True})
    body = request_of(monkeypatch, model(), [HumanMessage("hi"), turn]).body
    assert body["messages"][-1] == {"role": "assistant", "content": "Well, ", "prefix": True}
