"""ChatOpenAI: settings, environment, and the request they make."""

import copy
import json
import pickle
import warnings

import pytest

from minichat import ChatOpenAI, ConfigurationError, HumanMessage, Limits, SecretStr
from minichat.errors import ChatError

from .asking import request_of

KEY = "sk-very-secret-1234"
VARIABLES = (
    "OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE OPENAI_ORG_ID OPENAI_ORGANIZATION OPENAI_PROJECT_ID "
    "OPENAI_CUSTOM_HEADERS OPENAI_PROXY"
).split()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatOpenAI(**{"api_key": KEY, **settings})


# -- the key -----------------------------------------------------------------------------------


def test_a_missing_key_is_named_with_its_remedy_at_construction():
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY is not set; pass api_key=... or set it"):
        ChatOpenAI()


def test_a_configuration_error_is_a_value_error():
    with pytest.raises(ValueError):
        ChatOpenAI()


@pytest.mark.parametrize("name", ["api_key", "openai_api_key"])
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY), lambda: KEY, lambda: SecretStr(KEY)], ids=["text", "secret", "function", "secret function"])
def test_the_key_goes_into_the_authorization_header(monkeypatch, name, key):
    asked = request_of(monkeypatch, ChatOpenAI(**{name: key}))
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in asked.url and KEY.encode() not in asked.raw


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert request_of(monkeypatch, ChatOpenAI()).headers["Authorization"] == f"Bearer {KEY}"


def test_a_function_gives_the_key_anew_for_each_request(monkeypatch):
    keys = iter(["sk-1", "sk-2"])
    one = ChatOpenAI(api_key=lambda: next(keys))
    assert request_of(monkeypatch, one).headers["Authorization"] == "Bearer sk-1"
    assert request_of(monkeypatch, one).headers["Authorization"] == "Bearer sk-2"


@pytest.mark.parametrize("key", ["sk-abc\n", "sk-\u00e9", "sk\rX: y", "\x00"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_shown(key):
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        ChatOpenAI(api_key=key)
    assert key.strip() not in str(caught.value).replace("api_key", "")


@pytest.mark.parametrize("key", [5, b"sk", ["sk"]])
def test_a_key_of_another_type_is_refused(key):
    with pytest.raises(ConfigurationError, match="api_key"):
        ChatOpenAI(api_key=key)


def test_no_secret_is_printed():
    one = model(
        default_headers={"X-Gateway-Key": "gw-secret"},
        proxy="http://joe:hunter2@proxy:3128",
        client_cert=("cert.pem", "key.pem", "passphrase"),
    )
    for text in (repr(one), str(one), repr(one.bind(stop=["x"])), repr(vars(one))):
        assert KEY not in text
    for secret in ("gw-secret", "hunter2", "passphrase"):
        assert secret not in repr(one)


# -- settings ----------------------------------------------------------------------------------

SETTINGS = [
    ({"temperature": 0}, {"temperature": 0}),
    ({"max_tokens": 5}, {"max_completion_tokens": 5}),
    ({"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
    ({"n": 2}, {"n": 2}),
    ({"stop": "x"}, {"stop": "x"}),
    ({"stop_sequences": ["x", "y"]}, {"stop": ["x", "y"]}),
    ({"stop": []}, {}),
    ({"seed": 7}, {"seed": 7}),
    ({"top_p": 0.5}, {"top_p": 0.5}),
    ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    ({"logit_bias": {50256: -100}}, {"logit_bias": {"50256": -100}}),
    ({"presence_penalty": 0.1, "frequency_penalty": -0.1}, {"presence_penalty": 0.1, "frequency_penalty": -0.1}),
    ({"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"verbosity": "low", "store": False}, {"verbosity": "low", "store": False}),
    ({"model_kwargs": {"user": "u"}}, {"user": "u"}),
    ({"extra_body": {"top_k": 3}}, {"top_k": 3}),
]


@pytest.mark.parametrize("settings, fields", SETTINGS, ids=[str(next(iter(row[0].items()))) for row in SETTINGS])
def test_a_setting_is_a_request_field(monkeypatch, settings, fields):
    asked = request_of(monkeypatch, model(**settings))
    assert asked.body == {"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "hi"}], **fields}


CALLS = [
    ({"temperature": 1}, {"temperature": 1}),
    ({"stop": ["now"]}, {"stop": ["now"]}),
    ({"max_tokens": 9}, {"max_completion_tokens": 9}),
    ({"extra_body": {"top_k": 3}}, {"top_k": 3}),
    ({"model": "other"}, {"model": "other"}),
    ({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
    ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
]


@pytest.mark.parametrize("kwargs, fields", CALLS, ids=[next(iter(row[0])) for row in CALLS])
@pytest.mark.parametrize("bound", [False, True], ids=["per call", "bound"])
def test_a_keyword_of_a_call_wins_over_the_setting(monkeypatch, kwargs, fields, bound):
    one = model(temperature=0.5, stop="never", max_tokens=3)
    asked = request_of(monkeypatch, one.bind(**kwargs)) if bound else request_of(monkeypatch, one, **kwargs)
    expected = {"model": "gpt-3.5-turbo", "temperature": 0.5, "stop": "never", "max_completion_tokens": 3}
    assert asked.body == {**expected, **fields, "messages": [{"role": "user", "content": "hi"}]}


def test_headers_and_query_of_model_and_call(monkeypatch):
    one = model(
        organization="org-1",
        default_headers={"X-Team": "a", "user-agent": "mine/1"},
        default_query={"api-version": "2024"},
    )
    asked = request_of(monkeypatch, one, extra_headers={"X-Call": "b"}, extra_query={"debug": "1 2"})
    assert asked.url == "https://api.openai.com/v1/chat/completions?api-version=2024&debug=1+2"
    expected = {"X-Team": "a", "X-Call": "b", "OpenAI-Organization": "org-1", "user-agent": "mine/1"}
    assert expected.items() <= asked.headers.items()
    assert "User-Agent" not in asked.headers
    assert asked.headers["Accept-Encoding"] == "identity"
    assert "extra_headers" not in asked.body and "extra_query" not in asked.body


@pytest.mark.parametrize(
    "timeout, connect, read",
    [(None, 5.0, 600.0), (3, 3, 3), ((1, 2), 1, 2), ((None, 2), None, 2), ([1, None], 1, None)],
)
def test_timeouts(monkeypatch, timeout, connect, read):
    for asked in (request_of(monkeypatch, model(timeout=timeout)), request_of(monkeypatch, model(), timeout=timeout)):
        assert (asked.timeouts.connect, asked.timeouts.read) == (connect, read)
        assert "timeout" not in asked.body


WRONG = [
    ({"timeout": 0}, "timeout="),
    ({"timeout": "5"}, "timeout="),
    ({"timeout": (1, 2, 3)}, "timeout="),
    ({"max_retries": -1}, "max_retries="),
    ({"max_retries": 1.5}, "max_retries="),
    ({"n": 0}, "n must be at least 1"),
    ({"n": 2, "streaming": True}, "n must be 1 when streaming"),
    ({"model": ""}, "model="),
    ({"model": None}, "model="),
    ({"base_url": "api.example.com/v1"}, "base_url"),
    ({"base_url": "ftp://example.com"}, "base_url"),
    ({"base_url": "https://user:pw@example.com"}, "base_url"),
    ({"base_url": "https://"}, "host"),
    ({"base_url": "http://host:99999"}, "port"),
    ({"base_url": "http://exa mple.com"}, "base_url"),
    ({"model": "a", "model_name": "b"}, "a second time"),
    ({"http_client": object()}, "http_client"),
    ({"include_response_headers": True}, "include_response_headers"),
    ({"output_version": "v1"}, "output_version"),
    ({"callbacks": "one"}, "callbacks="),
    ({"tags": "t"}, "tags="),
    ({"cache": 1}, "cache="),
    ({"rate_limiter": object()}, "rate_limiter="),
    ({"disable_streaming": "tools"}, "disable_streaming="),
    ({"limits": {"max_event_bytes": 5}}, "limits="),
    ({"ssl_context": object(), "ca_file": "x"}, "ssl_context="),
]


@pytest.mark.parametrize("settings, names", WRONG, ids=[str(row[0])[:40] for row in WRONG])
def test_a_wrong_setting_is_refused_at_construction_and_named(settings, names):
    with pytest.raises(ConfigurationError, match=names) as caught:
        model(**settings)
    assert KEY not in str(caught.value) and "pw" not in str(caught.value)


def test_an_unknown_setting_becomes_a_request_field_with_a_warning(monkeypatch):
    with pytest.warns(UserWarning, match="top_k") as caught:
        one = ChatOpenAI(api_key=KEY, top_k=5)
    assert caught[0].filename == __file__, "the warning points at the line that made the model"
    assert one.model_kwargs == {"top_k": 5}
    assert request_of(monkeypatch, one).body["top_k"] == 5


def test_model_kwargs_are_not_shared_between_models():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(a=1)
    assert model().model_kwargs == {}


def test_a_model_is_immutable():
    one = model()
    with pytest.raises(AttributeError, match="bind"):
        one.temperature = 1
    assert copy.copy(one) is one and copy.deepcopy(one) is one


ENVIRONMENT = [
    ({}, "https://api.openai.com/v1/chat/completions"),
    ({"OPENAI_BASE_URL": "http://b/v1/"}, "http://b/v1/chat/completions"),
    ({"OPENAI_BASE_URL": "http://b", "OPENAI_API_BASE": "http://a"}, "http://a/chat/completions"),
    ({"OPENAI_BASE_URL": ""}, "https://api.openai.com/v1/chat/completions"),
]


@pytest.mark.parametrize("variables, url", ENVIRONMENT)
def test_where_the_base_url_comes_from(monkeypatch, variables, url):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert request_of(monkeypatch, model()).url == url
    assert request_of(monkeypatch, model(base_url="http://c/v1")).url == "http://c/v1/chat/completions"
    assert request_of(monkeypatch, model(openai_api_base="http://c/v1")).url == "http://c/v1/chat/completions"


def test_organization_project_and_custom_headers_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-env")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-A: 1\nX-B:2:3\nnonsense")
    headers = request_of(monkeypatch, model()).headers
    expected = {"OpenAI-Organization": "org-env", "OpenAI-Project": "proj-env", "X-A": "1", "X-B": "2:3"}
    assert expected.items() <= headers.items()
    assert request_of(monkeypatch, model(organization="org-arg")).headers["OpenAI-Organization"] == "org-arg"


STREAM_USAGE = [
    ({}, {}, True),
    ({"base_url": "http://x"}, {}, False),
    ({"base_url": "http://x", "stream_usage": True}, {}, True),
    ({"stream_usage": False}, {}, False),
    ({"stream_usage": False}, {"stream_usage": True}, True),
    ({}, {"stream_options": {"include_usage": False}}, False),
]


@pytest.mark.parametrize("settings, kwargs, wanted", STREAM_USAGE)
def test_when_a_stream_asks_for_usage(monkeypatch, settings, kwargs, wanted):
    body = request_of(monkeypatch, model(**settings), stream=True, **kwargs).body
    assert body["stream"] is True
    assert (body.get("stream_options") or {}).get("include_usage", False) is wanted
    assert "stream_usage" not in body
    assert "stream" not in request_of(monkeypatch, model(**settings)).body


def test_streaming_makes_invoke_stream(monkeypatch):
    assert request_of(monkeypatch, model(streaming=True)).body["stream"] is True


def test_more_than_one_choice_cannot_be_streamed():
    with pytest.raises(ConfigurationError, match="n must be 1"):
        list(model(n=2).stream("hi"))


def test_o_series_models_take_the_system_prompt_as_developer(monkeypatch):
    messages = [("system", "s"), ("human", "h")]
    assert request_of(monkeypatch, model(model="o3-mini"), messages).body["messages"][0]["role"] == "developer"
    assert request_of(monkeypatch, model(model="gpt-4o"), messages).body["messages"][0]["role"] == "system"


def test_a_value_that_is_no_json_is_named(monkeypatch):
    with pytest.raises(ConfigurationError, match="JSON"):
        request_of(monkeypatch, model(), metadata={"a": object()})
    with pytest.raises(ConfigurationError, match="JSON"):
        request_of(monkeypatch, model(), temperature=float("nan"))


def test_a_lone_surrogate_is_sent_escaped(monkeypatch):
    asked = request_of(monkeypatch, model(), "\ud800")
    assert asked.body["messages"][0]["content"] == "\ud800"


# -- tools and response_format -----------------------------------------------------------------


def get_weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: where
    """
    return city


FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "where"}},
            "required": ["city"],
        },
    },
}
CHOICES = [
    (None, None),
    (False, None),
    ("auto", "auto"),
    ("none", "none"),
    ("any", "required"),
    ("required", "required"),
    (True, "required"),
    ("get_weather", {"type": "function", "function": {"name": "get_weather"}}),
    ({"type": "function", "function": {"name": "x"}}, {"type": "function", "function": {"name": "x"}}),
]


@pytest.mark.parametrize("choice, sent", CHOICES, ids=[str(row[0])[:20] for row in CHOICES])
def test_bind_tools_offers_them_on_every_call(monkeypatch, choice, sent):
    bound = model().bind_tools([get_weather], tool_choice=choice)
    body = request_of(monkeypatch, bound).body
    assert body["tools"] == [FUNCTION]
    assert body.get("tool_choice") == sent


def test_a_tool_choice_that_is_no_tool_is_refused_with_the_names():
    with pytest.raises(ConfigurationError, match="get_weather"):
        model().bind_tools([get_weather], tool_choice="get_wether")


def test_strict_and_parallel_tool_calls(monkeypatch):
    body = request_of(monkeypatch, model().bind_tools([get_weather], strict=True, parallel_tool_calls=False)).body
    assert body["parallel_tool_calls"] is False
    function = body["tools"][0]["function"]
    assert function["strict"] is True and function["parameters"]["additionalProperties"] is False


SCHEMA = {"title": "Answer", "description": "d", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_json_schema_as_response_format(monkeypatch):
    sent = request_of(monkeypatch, model(), response_format=SCHEMA).body["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] == "Answer"
    assert sent["json_schema"]["schema"]["properties"] == {"a": {"type": "integer"}}
    ready = {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}
    assert request_of(monkeypatch, model(), response_format=ready).body["response_format"] == ready


# -- pickling ----------------------------------------------------------------------------------


def test_a_model_with_the_environments_key_is_pickled_without_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    one = ChatOpenAI(model="gpt-x", temperature=0.5, base_url="http://h/v1", limits=Limits(max_head_bytes=9))
    data = pickle.dumps(one)
    assert KEY.encode() not in data
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-other-machine")
    other = pickle.loads(data)
    assert (other.model_name, other.temperature, other.openai_api_base) == ("gpt-x", 0.5, "http://h/v1")
    assert other.limits == Limits(max_head_bytes=9)
    assert request_of(monkeypatch, other).headers["Authorization"] == "Bearer sk-of-the-other-machine"


@pytest.mark.parametrize(
    "settings, names",
    [
        ({"api_key": KEY}, "OPENAI_API_KEY"),
        ({"default_headers": {"X": "secret"}}, "default_headers"),
        ({"proxy": "http://u:p@h:1"}, "proxy"),
    ],
)
def test_what_would_carry_a_secret_is_not_pickled_and_says_why(monkeypatch, settings, names):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(TypeError, match=names):
        pickle.dumps(ChatOpenAI(**settings))


# -- inputs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [5, None, {"role": "user"}, HumanMessage("hi")])
def test_an_input_that_is_no_conversation_is_refused(value):
    with pytest.raises(ValueError, match="Invalid input type .* Must be a PromptValue, str, or list of BaseMessages"):
        model().invoke(value)


def test_errors_are_chat_errors():
    with pytest.raises(ChatError):
        model().invoke(5)


def test_the_body_is_compact_utf_8(monkeypatch):
    asked = request_of(monkeypatch, model(), "h\u00e9")
    assert b'"content":"h\xc3\xa9"' in asked.raw and b'": ' not in asked.raw
    assert json.loads(asked.raw) == asked.body
