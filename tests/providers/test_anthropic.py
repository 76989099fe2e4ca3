"""ChatAnthropic's settings, environment, tools and answer forms: what request they make. Nothing is opened."""

import dataclasses
import json
import pickle

import pytest

from minichat import AIMessage, HumanMessage, SystemMessage
from minichat.errors import ConfigurationError, ModelRefusalError, OutputParserException
from minichat.protocols.anthropic import AnthropicMessages
from minichat.providers.anthropic import ChatAnthropic
from minichat.providers.anthropic_models import MODELS
from minichat.settings import SecretStr

from .asking import request_of

KEY = "sk-ant-secret"
VARIABLES = (
    "ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_API_URL ANTHROPIC_BASE_URL ANTHROPIC_PROXY ANTHROPIC_CUSTOM_HEADERS"
).split()
EPHEMERAL = {"type": "ephemeral"}
THINKING = {"type": "enabled", "budget_tokens": 2000}
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatAnthropic(**{"model": "claude-x", "api_key": KEY, **settings})


# -- key, address, headers -----------------------------------------------------------------


def test_a_missing_key_is_named_with_its_remedy_at_construction():
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY is not set; pass api_key=... or set it"):
        ChatAnthropic(model="claude-x")


@pytest.mark.parametrize("name", ["api_key", "anthropic_api_key"])
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY), lambda: KEY], ids=["text", "secret", "function"])
def test_the_key_goes_into_x_api_key(monkeypatch, name, key):
    asked = request_of(monkeypatch, ChatAnthropic(**{"model": "claude-x", name: key}))
    assert asked.headers["x-api-key"] == KEY
    assert "Authorization" not in asked.headers and KEY.encode() not in asked.raw


# environment -> (x-api-key, Authorization)
KEYS = [
    ({"ANTHROPIC_API_KEY": "a"}, ("a", None)),
    ({"ANTHROPIC_AUTH_TOKEN": "b"}, (None, "Bearer b")),
    ({"ANTHROPIC_API_KEY": "a", "ANTHROPIC_AUTH_TOKEN": "b"}, ("a", None)),
    ({"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "b"}, (None, "Bearer b")),
]


@pytest.mark.parametrize("variables, expected", KEYS)
def test_the_key_or_the_token_of_the_environment(monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    asked = request_of(monkeypatch, ChatAnthropic(model="claude-x"))
    assert (asked.headers.get("x-api-key"), asked.headers.get("Authorization")) == expected
    asked = request_of(monkeypatch, model())
    assert (asked.headers.get("x-api-key"), asked.headers.get("Authorization")) == (KEY, None)


OFFICIAL = "https://api.anthropic.com/v1/messages"
URLS = [
    ({}, {}, OFFICIAL),
    ({}, {"base_url": "http://x"}, "http://x/v1/messages"),
    ({}, {"anthropic_api_url": "http://x/"}, "http://x/v1/messages"),
    ({}, {"base_url": "http://x/anthropic/v1/"}, "http://x/anthropic/v1/messages"),
    ({"ANTHROPIC_BASE_URL": "http://b"}, {}, "http://b/v1/messages"),
    ({"ANTHROPIC_API_URL": "http://a", "ANTHROPIC_BASE_URL": "http://b"}, {}, "http://a/v1/messages"),
    ({"ANTHROPIC_API_URL": "http://a"}, {"base_url": "http://x"}, "http://x/v1/messages"),
    ({}, {"default_query": {"a": "1"}}, OFFICIAL + "?a=1"),
    ({}, {"default_query": {"a": "1"}, "betas": ["b"]}, OFFICIAL + "?a=1&beta=true"),
]


@pytest.mark.parametrize("variables, settings, url", URLS)
def test_where_the_request_goes(monkeypatch, variables, settings, url):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert request_of(monkeypatch, model(**settings)).url == url


def test_the_version_of_the_api_is_one_that_takes_everything_unless_another_is_asked_for(monkeypatch):
    assert request_of(monkeypatch, model()).headers["anthropic-version"] == "2023-06-01"
    newer = model(anthropic_version="2026-10-21")
    assert request_of(monkeypatch, newer).headers["anthropic-version"] == "2026-10-21"
    asked = request_of(monkeypatch, model(default_headers={"Anthropic-Version": "x"}))
    versions = [value for name, value in asked.headers.items() if name.lower() == "anthropic-version"]
    assert versions == ["x"]


def test_headers_and_proxy_of_the_environment(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-One: 1\nX-Two: a:b\n\n")
    monkeypatch.setenv("ANTHROPIC_PROXY", "http://proxy:3128")
    made = model()
    headers = request_of(monkeypatch, made).headers
    assert (headers["X-One"], headers["X-Two"]) == ("1", "a:b")
    assert made.anthropic_proxy == "http://proxy:3128"
    assert model(proxy="http://other:1").anthropic_proxy == "http://other:1"


def test_no_secret_is_printed_or_pickled(monkeypatch):
    made = model(default_headers={"X-Gateway-Key": "gw-secret"}, proxy="http://joe:hunter2@proxy:3128")
    for secret in (KEY, "gw-secret", "hunter2"):
        assert secret not in repr(made)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(model())
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "b")
    again = pickle.loads(pickle.dumps(ChatAnthropic(model="claude-x", max_tokens=7)))
    asked = request_of(monkeypatch, again)
    assert asked.headers["Authorization"] == "Bearer b" and asked.body["max_tokens"] == 7


@pytest.mark.parametrize("timeout, connect, read", [(None, 5, 600), (9, 9, 9), ((1, 2), 1, 2)])
@pytest.mark.parametrize("name", ["timeout", "default_request_timeout"])
def test_timeouts(monkeypatch, name, timeout, connect, read):
    asked = request_of(monkeypatch, model(**{name: timeout}))
    assert (asked.timeouts.connect, asked.timeouts.read) == (connect, read)


# -- request fields ------------------------------------------------------------------------

SETTINGS = [
    ({}, {}),
    ({"temperature": 0}, {"temperature": 0}),
    ({"top_k": 3, "top_p": 0.5}, {"top_k": 3, "top_p": 0.5}),
    ({"max_tokens": 5}, {"max_tokens": 5}),
    ({"max_tokens_to_sample": 5}, {"max_tokens": 5}),
    ({"stop": "x"}, {"stop_sequences": ["x"]}),
    ({"stop_sequences": ["x", "y"]}, {"stop_sequences": ["x", "y"]}),
    ({"stop": []}, {}),
    ({"thinking": THINKING}, {"thinking": THINKING}),
    ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
    ({"effort": "low"}, {"output_config": {"effort": "low"}}),
    ({"reasoning_effort": "low"}, {"output_config": {"effort": "low"}}),
    ({"output_config": {"effort": "max"}}, {"output_config": {"effort": "max"}}),
    ({"output_config": {"effort": "max", "x": 1}, "effort": "low"}, {"output_config": {"effort": "low", "x": 1}}),
    ({"mcp_servers": [{"name": "s"}]}, {"mcp_servers": [{"name": "s"}]}),
    ({"context_management": {"edits": []}}, {"context_management": {"edits": []}}),
    ({"container": "c"}, {"container": "c"}),
    ({"service_tier": "standard_only"}, {"service_tier": "standard_only"}),
    ({"inference_geo": "us"}, {"inference_geo": "us"}),
    ({"user_profile_id": "u"}, {}),
    ({"betas": ["b"]}, {}),
    ({"model_kwargs": {"metadata": {"user_id": "u"}}}, {"metadata": {"user_id": "u"}}),
    ({"extra_body": {"speed": "fast"}}, {"speed": "fast"}),
]


@pytest.mark.parametrize("settings, fields", SETTINGS, ids=lambda row: ",".join(row))
def test_a_setting_is_a_request_field(monkeypatch, settings, fields):
    asked = request_of(monkeypatch, model(**settings))
    assert asked.body == {"model": "claude-x", "max_tokens": 4096, "messages": HI, **fields}


CALLS = [
    ({"temperature": 1}, {"temperature": 1}),
    ({"temperature": None}, {"temperature": None}),
    ({"stop": ["now"]}, {"stop_sequences": ["now"]}),
    ({"stop": "now"}, {"stop_sequences": ["now"]}),
    ({"stop_sequences": ["now"]}, {"stop_sequences": ["now"]}),
    ({"max_tokens": 9}, {"max_tokens": 9}),
    ({"model": "claude-opus-4-8"}, {"model": "claude-opus-4-8"}),
    ({"effort": "low"}, {"output_config": {"effort": "low"}}),
    ({"reasoning_effort": "low"}, {"output_config": {"effort": "low"}}),
    ({"output_config": {"x": 1}}, {"output_config": {"x": 1, "effort": "high"}}),
    ({"thinking": THINKING}, {"thinking": THINKING}),
    ({"cache_control": EPHEMERAL}, {"cache_control": EPHEMERAL}),
    ({"extra_body": {"speed": "fast"}}, {"speed": "fast"}),
    ({"stream_usage": False}, {}),
    ({"timeout": 3}, {}),
]


@pytest.mark.parametrize("kwargs, fields", CALLS, ids=lambda row: ",".join(row))
@pytest.mark.parametrize("bound", [False, True], ids=["per call", "bound"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_keyword_of_a_call_wins_over_the_setting(monkeypatch, kwargs, fields, bound, stream):
    made = model(temperature=0.5, stop="never", max_tokens=3, effort="high", thinking={"type": "disabled"})
    if bound:
        asked = request_of(monkeypatch, made.bind(**kwargs), stream=stream)
    else:
        asked = request_of(monkeypatch, made, stream=stream, **kwargs)
    expected = {
        "model": "claude-x", "temperature": 0.5, "stop_sequences": ["never"], "max_tokens": 3, "messages": HI,
        "output_config": {"effort": "high"}, "thinking": {"type": "disabled"}, **({"stream": True} if stream else {}), **fields,
    }  # fmt: skip
    assert asked.body == {name: value for name, value in expected.items() if value is not None}


# the model -> its max_tokens when nobody says
LIMITS = {
    "claude-haiku-4-5": 64_000,
    "claude-haiku-4-5-20251001": 64_000,
    "claude-sonnet-4-5": 64_000,
    "claude-opus-4-6": 128_000,
    "claude-opus-5-5": 128_000,
    "claude-fable-5-1": 128_000,
    "claude-mythos-5": 4096,
    "claude-3-opus-20240229": 4096,
    "claude-opus-4-5-preview": 4096,
}


@pytest.mark.parametrize("name", LIMITS)
def test_max_tokens_when_nobody_says(monkeypatch, name):
    assert request_of(monkeypatch, model(model=name)).body["max_tokens"] == LIMITS[name]
    assert request_of(monkeypatch, model(), model=name).body["max_tokens"] == LIMITS[name]
    assert request_of(monkeypatch, model(max_tokens=7), model=name).body["max_tokens"] == 7


def test_effort_makes_newer_models_think_unless_thinking_says_otherwise(monkeypatch):
    adaptive = {"type": "adaptive", "display": "summarized"}
    newer = {"model": "claude-opus-4-8"}
    assert request_of(monkeypatch, model(effort="low", **newer)).body["thinking"] == adaptive
    assert request_of(monkeypatch, model(**newer), effort="low").body["thinking"] == adaptive
    assert "thinking" not in request_of(monkeypatch, model(**newer)).body
    assert "thinking" not in request_of(monkeypatch, model(model="claude-opus-4-6", effort="low")).body
    off = {"type": "disabled"}
    assert request_of(monkeypatch, model(effort="low", thinking=off, **newer)).body["thinking"] == off


@pytest.mark.parametrize(
    "settings, betas",
    [
        ({"betas": ["a", "b"]}, "a,b"),
        ({"betas": "a"}, "a"),
        ({"mcp_servers": [{"name": "s"}]}, "mcp-client-2025-11-20"),
        ({"mcp_servers": [{"name": "s"}], "betas": ["mcp-client-2025-11-20", "a"]}, "mcp-client-2025-11-20,a"),
        ({"output_config": {"task_budget": {"type": "tokens", "total": 30_000}}}, "task-budgets-2026-03-13"),
        ({"user_profile_id": "u"}, "user-profiles-2026-03-24"),
        ({"output_config": {"format": {}}}, None),
    ],
)
def test_betas_of_settings(monkeypatch, settings, betas):
    asked = request_of(monkeypatch, model(**settings))
    assert asked.headers.get("anthropic-beta") == betas
    assert asked.url == OFFICIAL + ("?beta=true" if betas else "")


TOOLS = [
    ({"type": "web_search_20250305", "name": "web_search"}, None),
    ({"type": "web_fetch_20250910", "name": "web_fetch"}, "web-fetch-2025-09-10"),
    ({"type": "code_execution_20250522", "name": "code_execution"}, "code-execution-2025-05-22"),
    ({"type": "memory_20250818", "name": "memory"}, "context-management-2025-06-27"),
    ({"type": "computer_20250124", "name": "computer", "display_width_px": 1, "display_height_px": 1}, "computer-use-2025-01-24"),
    ({"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}, "advanced-tool-use-2025-11-20"),
    ({"type": "mcp_toolset", "mcp_server_name": "s"}, "mcp-client-2025-11-20"),
    ({"type": "brand_new_20270101", "name": "new"}, None),
    ({"name": "f", "input_schema": {"type": "object"}, "strict": True}, None),
    ({"name": "f", "input_schema": {"type": "object"}, "input_examples": [{}]}, "advanced-tool-use-2025-11-20"),
]


@pytest.mark.parametrize("tool, beta", TOOLS)
def test_a_tool_in_anthropics_form_is_passed_on_with_its_beta(monkeypatch, tool, beta):
    asked = request_of(monkeypatch, model().bind_tools([tool]))
    assert asked.body["tools"] == [tool]
    assert asked.headers.get("anthropic-beta") == beta


def test_the_container_of_the_last_answer_is_used_again_if_asked_for(monkeypatch):
    answers = [AIMessage("a", response_metadata={"container": {"id": one}}) for one in ("c1", "c2")]
    history = [HumanMessage("hi"), answers[0], HumanMessage("hi"), answers[1], HumanMessage("hi")]
    assert "container" not in request_of(monkeypatch, model(), history).body
    again = model(reuse_last_container=True)
    assert request_of(monkeypatch, again, history).body["container"] == "c2"
    assert "container" not in request_of(monkeypatch, again, "hi").body
    assert request_of(monkeypatch, again, history, container="mine").body["container"] == "mine"
    skills = {"skills": [1]}
    assert request_of(monkeypatch, again, history, container=skills).body["container"] == {**skills, "id": "c2"}


def test_a_newer_model_is_sent_system_messages_in_place(monkeypatch):
    talk = [SystemMessage("a"), HumanMessage("hi"), SystemMessage("b")]
    body = request_of(monkeypatch, model(model="claude-opus-4-8"), talk).body
    assert body["system"] == "a" and body["messages"] == [*HI, {"role": "system", "content": "b"}]
    with pytest.raises(ConfigurationError, match="non-consecutive"):
        model(model="claude-opus-4-7").invoke(talk)


def test_a_wrong_setting_is_refused_at_construction_and_named():
    for settings, named in [
        ({"thinking": True}, "thinking="),
        ({"model": ""}, "model="),
        ({"max_retries": -1}, "max_retries="),
        ({"timeout": 0}, "timeout="),
        ({"base_url": "fnord"}, "fnord"),
        ({"http_client": 1}, "http_client"),
    ]:
        with pytest.raises(ConfigurationError, match=named):
            model(**settings)
    with pytest.raises(ConfigurationError, match="model="):
        ChatAnthropic(api_key=KEY)


def test_names_and_what_is_told_of_a_model():
    made = model(effort="low", temperature=0)
    assert (made.model, made.model_name, made.effort, made._llm_type) == ("claude-x", "claude-x", "low", "anthropic-chat")
    params = made._get_ls_params(stop=["x"])
    assert params["ls_provider"] == "anthropic" and params["ls_model_name"] == "claude-x"
    assert params["ls_max_tokens"] == 4096 and params["ls_stop"] == ["x"] and params["ls_temperature"] == 0
    assert made._serialized()["id"] == ["langchain", "chat_models", "anthropic", "ChatAnthropic"]
    assert KEY not in json.dumps(made._serialized())


def test_the_table_of_models_says_known_words_only():
    assert {word for _, words in MODELS.values() for word in words.split()} == {"adapts", "system", "free"}


# -- tools ---------------------------------------------------------------------------------


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ADD = {"name": "add", "description": "Add", "input_schema": SCHEMA}
OPENAI = {"type": "function", "function": {"name": "add", "description": "Add", "parameters": SCHEMA}}


def tools_of(monkeypatch, *tools, **kwargs):
    body = request_of(monkeypatch, model().bind_tools(list(tools), **kwargs)).body
    return body["tools"], body.get("tool_choice")


def test_tools_in_every_form(monkeypatch):
    (made, again, own), choice = tools_of(monkeypatch, OPENAI, OPENAI["function"], ADD)
    assert made == again == own == ADD and choice is None
    ((function,), _) = tools_of(monkeypatch, add)
    assert (function["name"], function["description"]) == ("add", "Add two numbers.")
    assert function["input_schema"]["required"] == ["a"]

    @dataclasses.dataclass
    class Nothing:
        """Do nothing."""

    ((nothing,), _) = tools_of(monkeypatch, Nothing)
    assert nothing == {"name": "Nothing", "description": "Do nothing.", "input_schema": {"type": "object", "properties": {}}}


def test_what_a_tools_extras_say_to_anthropic_is_sent(monkeypatch):
    from minichat.tools import tool

    made = tool(add, extras={"cache_control": EPHEMERAL, "defer_loading": True, "fnord": 1})
    ((sent,), _) = tools_of(monkeypatch, made)
    assert sent["cache_control"] == EPHEMERAL and sent["defer_loading"] is True and "fnord" not in sent
    defined = {"type": "bash_20250124", "name": "bash"}
    assert tools_of(monkeypatch, tool(add, extras={"provider_tool_definition": defined}))[0] == [defined]


def test_strict(monkeypatch):
    ((sent,), _) = tools_of(monkeypatch, OPENAI, strict=True)
    assert sent == {**ADD, "strict": True, "input_schema": {**SCHEMA, "additionalProperties": False}}
    ((sent,), _) = tools_of(monkeypatch, {**OPENAI["function"], "strict": True})
    assert sent == {**ADD, "strict": True}


AUTO, ANY, TOOL, NONE = {"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "add"}, {"type": "none"}
CHOICES = [
    (None, None),
    (False, None),
    ("auto", AUTO),
    ("any", ANY),
    ("required", ANY),
    (True, ANY),
    ("none", NONE),
    ("add", TOOL),
    (TOOL, TOOL),
    ({"type": "function", "function": {"name": "add"}}, TOOL),
]


@pytest.mark.parametrize("choice, sent", CHOICES, ids=str)
def test_the_words_of_tool_choice(monkeypatch, choice, sent):
    assert tools_of(monkeypatch, add, tool_choice=choice)[1] == sent
    if isinstance(choice, str):
        assert request_of(monkeypatch, model(), tools=[ADD], tool_choice=choice).body["tool_choice"] == sent


@pytest.mark.parametrize("choice, sent", CHOICES, ids=str)
@pytest.mark.parametrize("parallel", [False, True])
def test_parallel_calls_are_said_beside_the_choice(monkeypatch, choice, sent, parallel):
    expected = sent if sent == NONE else {**(sent or AUTO), "disable_parallel_tool_use": not parallel}
    assert tools_of(monkeypatch, add, tool_choice=choice, parallel_tool_calls=parallel)[1] == expected
    assert TOOL == {"type": "tool", "name": "add"}  # the caller's dictionary is its own


def test_a_tool_choice_that_is_no_tool_is_refused_with_the_names():
    with pytest.raises(ConfigurationError, match="'ad'.*add, web_search"):
        model().bind_tools([add, {"type": "web_search_20250305", "name": "web_search"}], tool_choice="ad")


@pytest.mark.parametrize("choice", ["any", "add"])
def test_a_forced_choice_is_dropped_with_a_warning_where_anthropic_refuses_it(monkeypatch, choice):
    thinking = model(thinking=THINKING)
    with pytest.warns(UserWarning, match="thinking is on"):
        bound = thinking.bind_tools([add], tool_choice=choice)
    assert "tool_choice" not in request_of(monkeypatch, bound).body
    with pytest.warns(UserWarning, match="claude-opus-5-5 does not take it"):
        bound = model(model="claude-opus-5-5").bind_tools([add], tool_choice=choice, parallel_tool_calls=False)
    assert request_of(monkeypatch, bound).body["tool_choice"] == {**AUTO, "disable_parallel_tool_use": True}
    bound = model().bind_tools([add], tool_choice=choice)
    with pytest.warns(UserWarning, match="thinking is on"):
        asked = request_of(monkeypatch, bound, thinking=THINKING)
    assert "tool_choice" not in asked.body
    assert request_of(monkeypatch, bound).body["tool_choice"]["type"] in ("any", "tool")


def test_a_free_choice_goes_with_thinking(monkeypatch):
    bound = model(thinking=THINKING).bind_tools([add], tool_choice="auto")
    assert request_of(monkeypatch, bound).body["tool_choice"] == AUTO


@pytest.mark.parametrize("word", ["oneOf", "anyOf", "allOf"])
def test_a_tool_whose_schema_has_a_choice_at_its_root_is_left_out(monkeypatch, word):
    refused = {"name": "either", "input_schema": {"type": "object", word: []}}
    with pytest.warns(UserWarning, match=f"'either' is left out.*{word}"):
        assert tools_of(monkeypatch, refused, ADD)[0] == [ADD]
    for choice in ("any", "either"):
        with pytest.raises(ConfigurationError, match="'either' cannot be offered"):
            model().bind_tools([refused, ADD], tool_choice=choice)


# -- answers in a form ---------------------------------------------------------------------

FORM = {"title": "Place", "description": "A place", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def answers(monkeypatch, *replies):
    """Make every model answer with these whole replies in turn."""
    given = iter(replies)

    async def ask(self, backend, codec, request, timeouts):
        said = {"type": "message", "role": "assistant", "model": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}
        body = json.dumps({**said, **next(given)}).encode()
        return codec.decode(body), body

    monkeypatch.setattr(ChatAnthropic, "_ask", ask)


CALLED = {"content": [{"type": "tool_use", "id": "t", "name": "Place", "input": {"city": "Paris"}}], "stop_reason": "tool_use"}
WRITTEN = {"content": [{"type": "text", "text": '{"city": "Paris"}'}], "stop_reason": "end_turn"}


def test_a_form_is_asked_for_by_a_tool_that_has_to_be_called(monkeypatch):
    body = request_of(monkeypatch, model().with_structured_output(FORM)).body
    assert body["tool_choice"] == {"type": "tool", "name": "Place"}
    (tool,) = body["tools"]
    assert (tool["name"], tool["description"]) == ("Place", "A place")
    assert tool["input_schema"]["properties"] == FORM["properties"]
    strict = request_of(monkeypatch, model().with_structured_output(FORM, strict=True)).body
    assert strict["tools"][0]["strict"] is True


def test_a_form_is_asked_for_by_output_config(monkeypatch):
    kept = model(effort="low").with_structured_output(FORM, method="json_schema")
    body = request_of(monkeypatch, kept).body
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": {**FORM, "additionalProperties": False}}}
    assert "tools" not in body


def test_a_response_format_of_openais_is_anthropics_output_config(monkeypatch):
    wanted = {"type": "json_schema", "json_schema": {"name": "Place", "schema": FORM, "strict": True}}
    body = request_of(monkeypatch, model(), response_format=wanted).body
    assert body["output_config"]["format"]["schema"] == {**FORM, "additionalProperties": False}
    assert "response_format" not in body


@pytest.mark.parametrize("method, reply", [("function_calling", CALLED), ("json_schema", WRITTEN)])
def test_the_answer_is_read(monkeypatch, method, reply):
    answers(monkeypatch, reply, reply)
    assert model().with_structured_output(FORM, method=method).invoke("hi") == {"city": "Paris"}
    raw = model().with_structured_output(FORM, method=method, include_raw=True).invoke("hi")
    assert raw["parsed"] == {"city": "Paris"} and raw["parsing_error"] is None and raw["raw"].usage_metadata


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_a_class_makes_an_instance(monkeypatch, method):
    @dataclasses.dataclass
    class Place:
        """A place."""

        city: str

    answers(monkeypatch, CALLED if method == "function_calling" else WRITTEN)
    assert model().with_structured_output(Place, method=method).invoke("hi") == Place("Paris")


def test_an_answer_that_is_none_is_an_error(monkeypatch):
    answers(monkeypatch, WRITTEN, {"content": [{"type": "text", "text": "no"}], "stop_reason": "refusal"})
    with pytest.warns(UserWarning, match="thinking is on"):
        free = model(thinking=THINKING).with_structured_output(FORM)
    with pytest.raises(OutputParserException, match="did not call 'Place'"):
        free.invoke("hi")
    with pytest.raises(ModelRefusalError):
        model().with_structured_output(FORM, method="json_schema").invoke("hi")


def test_methods_that_do_not_exist():
    with pytest.raises(ConfigurationError, match="neither"):
        model().with_structured_output(FORM, method="fnord")
    with pytest.raises(ConfigurationError, match="schema"):
        model().with_structured_output()
    with pytest.warns(UserWarning, match="no JSON mode"):
        model().with_structured_output(FORM, method="json_mode")


def test_what_anthropic_cannot_enforce_is_told_in_words():
    from minichat.providers.anthropic_tools import answer_schema

    assert answer_schema(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "minLength": 1, "format": "uuid", "description": "A"},
                "b": {"type": "array", "items": {"$ref": "#/$defs/C"}, "minItems": 2},
                "c": {"oneOf": [{"const": 1}, {"type": "null"}]},
                "d": {"type": "string", "enum": ["x"], "format": "fnord"},
            },
            "additionalProperties": True,
            "$defs": {"C": {"type": "object"}},
        }
    ) == {
        "$defs": {"C": {"type": "object", "properties": {}, "additionalProperties": False}},
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "A\n\n{minLength: 1}", "format": "uuid"},
            "b": {"type": "array", "items": {"$ref": "#/$defs/C"}, "description": "{minItems: 2}"},
            "c": {"anyOf": [{"const": 1}, {"type": "null"}]},
            "d": {"enum": ["x"], "description": "{format: fnord}"},
        },
        "additionalProperties": False,
    }
    with pytest.raises(ConfigurationError, match="no type"):
        answer_schema({"type": "object", "properties": {"a": {}}})


# -- streams of blocks ---------------------------------------------------------------------

DOCUMENT = {"type": "text-plain", "text": "abc", "citations": {"enabled": True}}
FOUND = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "search_result", "citations": {"enabled": True}}]}
FORMS = [
    ({}, "hi", {}, False),
    ({}, "hi", {"tools": [ADD]}, True),
    ({"thinking": THINKING}, "hi", {}, True),
    ({"thinking": {"type": "disabled"}}, "hi", {}, False),
    ({"mcp_servers": [{"name": "s"}]}, "hi", {}, True),
    ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "hi", {}, True),
    ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}, "hi", {}, False),
    ({}, [HumanMessage([DOCUMENT])], {}, True),
    ({}, [HumanMessage([FOUND])], {}, True),
    ({}, [HumanMessage([{**DOCUMENT, "citations": {"enabled": False}}])], {}, False),
]


@pytest.mark.parametrize("settings, messages, kwargs, as_blocks", FORMS, ids=range(len(FORMS)))
def test_streams_are_of_blocks_where_langchains_are(monkeypatch, settings, messages, kwargs, as_blocks):
    seen = []
    kept = AnthropicMessages.encode

    def encode(self, call):
        seen.append(self.as_blocks)
        return kept(self, call)

    monkeypatch.setattr(AnthropicMessages, "encode", encode)
    request_of(monkeypatch, model(**settings), messages, stream=True, **kwargs)
    assert seen == [as_blocks]
