"""ChatGoogleGenerativeAI: settings, environment, aliases, tools, structured output, and the requests they make."""

import pickle
from dataclasses import dataclass

import pytest

from minichat import AIMessage, ChatGoogleGenerativeAI, ConfigurationError, SecretStr
from minichat.backends import aio, blocking
from minichat.errors import Overloaded, ProviderError

from ..language_models.calling import call, every_way
from .asking import request_of

KEY = "AIza-very-secret-1234"
VARIABLES = "GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GEMINI_BASE_URL GOOGLE_GENAI_API_VERSION".split()
PATH = "/models/gemini-2.5-flash:generateContent"
GOOGLE = "https://generativelanguage.googleapis.com"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def make(**settings):
    return ChatGoogleGenerativeAI(**{"model": "gemini-2.5-flash", "api_key": KEY, **settings})


def config_of(monkeypatch, model, **kwargs):
    return request_of(monkeypatch, model, **kwargs).body.get("generationConfig")


# -- key and address ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["api_key", "google_api_key"])
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY), lambda: KEY], ids=["text", "secret", "function"])
def test_the_key_goes_into_its_header_and_never_into_the_address(monkeypatch, name, key):
    asked = request_of(monkeypatch, ChatGoogleGenerativeAI(model="gemini-2.5-flash", **{name: key}), stream=True)
    assert asked.headers["x-goog-api-key"] == KEY
    assert KEY not in asked.url and "Authorization" not in asked.headers
    assert KEY.encode() not in asked.raw


def test_the_key_comes_from_the_environment_the_first_variable_first(monkeypatch):
    with pytest.raises(ConfigurationError, match="GOOGLE_API_KEY is not set"):
        ChatGoogleGenerativeAI(model="gemini-2.5-flash")
    monkeypatch.setenv("GEMINI_API_KEY", "second")
    model = ChatGoogleGenerativeAI(model="gemini-2.5-flash")
    assert request_of(monkeypatch, model).headers["x-goog-api-key"] == "second"
    monkeypatch.setenv("GOOGLE_API_KEY", "first")
    with pytest.warns(UserWarning, match="both GOOGLE_API_KEY and GEMINI_API_KEY are set; GOOGLE_API_KEY is used") as told:
        model = ChatGoogleGenerativeAI(model="gemini-2.5-flash")
    assert told[0].filename == __file__
    assert request_of(monkeypatch, model).headers["x-goog-api-key"] == "first"
    make()  # a key given outright needs no warning


def test_a_model_is_named():
    with pytest.raises(ConfigurationError, match="model="):
        ChatGoogleGenerativeAI(api_key=KEY)


# (settings, environment, address without the model's path)
ADDRESSES = [
    ({}, {}, f"{GOOGLE}/v1beta"),
    ({"api_version": "v1"}, {}, f"{GOOGLE}/v1"),
    ({}, {"GOOGLE_GENAI_API_VERSION": "v1alpha"}, f"{GOOGLE}/v1alpha"),
    ({"api_version": "v1"}, {"GOOGLE_GENAI_API_VERSION": "v1alpha"}, f"{GOOGLE}/v1"),
    ({"base_url": "http://x/gemini"}, {}, "http://x/gemini/v1beta"),
    ({"base_url": "http://x/gemini/"}, {}, "http://x/gemini/v1beta"),
    ({"base_url": "http://x/v1beta"}, {}, "http://x/v1beta"),
    ({"base_url": "http://x/v1beta/"}, {"GOOGLE_GENAI_API_VERSION": "v1"}, "http://x/v1beta"),
    ({"base_url": "http://x/v1beta", "api_version": "v1"}, {}, "http://x/v1"),
    ({"client_options": {"api_endpoint": "http://x"}}, {}, "http://x/v1beta"),
    ({"client_options": {"api_endpoint": "x.example"}}, {}, "https://x.example/v1beta"),
    ({"base_url": {"api_endpoint": "http://x"}}, {}, "http://x/v1beta"),
    ({}, {"GOOGLE_GEMINI_BASE_URL": "http://y"}, "http://y/v1beta"),
    ({"base_url": "http://x"}, {"GOOGLE_GEMINI_BASE_URL": "http://y"}, "http://x/v1beta"),
]


@pytest.mark.parametrize("settings, environment, address", ADDRESSES)
def test_the_address_has_one_version(monkeypatch, settings, environment, address):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert request_of(monkeypatch, make(**settings)).url == address + PATH
    assert request_of(monkeypatch, make(model="models/gemini-2.5-flash", **settings)).url == address + PATH


@pytest.mark.parametrize("options", [{}, {"api_endpoint": "http://x", "more": 1}, {"endpoint": "http://x"}])
def test_other_client_options_are_refused(options):
    with pytest.raises(ConfigurationError, match="api_endpoint"):
        make(client_options=options)


def test_headers_query_and_further_fields(monkeypatch):
    model = make(additional_headers={"X-Team": "a"}, default_query={"q": 1}, extra_body={"labels": {"a_b": "c"}}, model_kwargs={"service_tier": "flex"})
    asked = request_of(monkeypatch, model, stream=True, extra_headers={"X-Call": "b"}, extra_query={"p": 2})
    assert asked.headers["X-Team"] == "a" and asked.headers["X-Call"] == "b"
    assert asked.url == f"{GOOGLE}/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&q=1&p=2"
    assert (asked.body["labels"], asked.body["serviceTier"]) == ({"a_b": "c"}, "flex")


# -- settings ----------------------------------------------------------------------------------

# (name, value, what is sent in generationConfig)
SETTINGS = [
    ("temperature", 0.5, {"temperature": 0.5}),
    ("top_p", 0.5, {"topP": 0.5}),
    ("top_k", 4, {"topK": 4}),
    ("max_output_tokens", 5, {"maxOutputTokens": 5}),
    ("max_tokens", 5, {"maxOutputTokens": 5}),
    ("n", 2, {"candidateCount": 2}),
    ("candidate_count", 2, {"candidateCount": 2}),
    ("stop", ["a"], {"stopSequences": ["a"]}),
    ("stop_sequences", ["a"], {"stopSequences": ["a"]}),
    ("seed", 7, {"seed": 7}),
    ("presence_penalty", 0.5, {"presencePenalty": 0.5}),
    ("frequency_penalty", -0.5, {"frequencyPenalty": -0.5}),
    ("response_mime_type", "application/json", {"responseMimeType": "application/json"}),
    ("response_schema", {"type": "object"}, {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}}),
    ("response_json_schema", {"type": "object"}, {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}}),
    ("response_modalities", ["TEXT", "IMAGE"], {"responseModalities": ["TEXT", "IMAGE"]}),
    ("response_logprobs", True, {"responseLogprobs": True}),
    ("logprobs", 2, {"logprobs": 2}),
    ("media_resolution", "MEDIA_RESOLUTION_LOW", {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
    ("image_config", {"aspect_ratio": "1:1"}, {"imageConfig": {"aspectRatio": "1:1"}}),
    ("speech_config", {"language_code": "fr"}, {"speechConfig": {"languageCode": "fr"}}),
    ("thinking_budget", -1, {"thinkingConfig": {"thinkingBudget": -1}}),
    ("thinking_level", "low", {"thinkingConfig": {"thinkingLevel": "low"}}),
    ("reasoning_effort", "low", {"thinkingConfig": {"thinkingLevel": "low"}}),
    ("include_thoughts", True, {"thinkingConfig": {"includeThoughts": True}}),
    ("thinking_config", {"thinking_budget": 3}, {"thinkingConfig": {"thinkingBudget": 3}}),
]  # fmt: skip


@pytest.mark.parametrize("name, value, sent", SETTINGS, ids=[row[0] for row in SETTINGS])
def test_a_setting_is_sent_at_construction_and_with_a_call(monkeypatch, name, value, sent):
    assert config_of(monkeypatch, make(**{name: value})) == sent
    assert config_of(monkeypatch, make(), **{name: value}) == sent
    if name not in ("n", "candidate_count"):
        assert config_of(monkeypatch, make(), stream=True, **{name: value}) == sent


def test_nothing_is_sent_that_was_not_set(monkeypatch):
    for name in ("gemini-2.0-flash", "gemini-3-flash-preview"):
        asked = request_of(monkeypatch, make(model=name))
        assert asked.body == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_a_call_wins_over_the_model_under_any_name(monkeypatch):
    model = make(max_output_tokens=5, stop=["a"], thinking_level="low", n=2)
    config = config_of(monkeypatch, model, max_tokens=6, stop=["b"], reasoning_effort="high", candidate_count=1)
    assert config == {"maxOutputTokens": 6, "stopSequences": ["b"], "thinkingConfig": {"thinkingLevel": "high"}, "candidateCount": 1}


def test_what_stands_beside_the_configuration(monkeypatch):
    model = make(safety_settings={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"}, cached_content="cachedContents/1", labels={"a": "b"}, service_tier="flex")
    body = request_of(monkeypatch, model).body
    del body["contents"]
    assert body == {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "cachedContent": "cachedContents/1",
        "labels": {"a": "b"},
        "serviceTier": "flex",
    }


WRONG = [
    {"temperature": 2.1}, {"temperature": -1}, {"temperature": "hot"}, {"top_p": 1.5}, {"top_k": 0}, {"presence_penalty": 3},
    {"frequency_penalty": -3}, {"n": 0}, {"n": 2, "streaming": True}, {"max_retries": -1}, {"timeout": -1},
    {"transport": "grpc"}, {"credentials": object()}, {"vertexai": True}, {"project": "p"}, {"location": "l"},
    {"client_args": {}}, {"convert_system_message_to_human": True}, {"max_tokens": 1, "max_output_tokens": 2},
]  # fmt: skip


@pytest.mark.parametrize("settings", WRONG, ids=[str([*one]) for one in WRONG])
def test_a_setting_that_cannot_be_is_refused_at_construction(settings):
    with pytest.raises(ConfigurationError):
        make(**settings)


def test_several_candidates_do_not_stream():
    for settings, kwargs in (({"n": 2}, {}), ({}, {"n": 2}), ({}, {"candidate_count": 2})):
        with pytest.raises(ConfigurationError, match="n must be 1 when streaming"):
            list(make(**settings).stream("hi", **kwargs))


def test_names_that_can_be_read_back():
    model = make(thinking_level="low", max_tokens=5, candidate_count=2, retries=3, request_timeout=4)
    assert (model.thinking_level, model.reasoning_effort, model.model_name) == ("low", "low", "gemini-2.5-flash")
    assert (model.max_output_tokens, model.n, model.max_retries, model.timeout) == (5, 2, 3, 4)
    assert model._llm_type == "chat-google-generative-ai"
    told = make(model="models/gemini-2.5-flash", temperature=1, max_tokens=5)._get_ls_params(stop=["x"])
    assert told == {
        "ls_provider": "google_genai", "ls_model_name": "gemini-2.5-flash", "ls_model_type": "chat",
        "ls_temperature": 1, "ls_max_tokens": 5, "ls_stop": ["x"],
    }  # fmt: skip


def test_no_secret_is_printed_or_pickled(monkeypatch):
    model = make(additional_headers={"X-Gateway-Key": "gw-secret"})
    assert KEY not in repr(model) and "gw-secret" not in repr(model)
    with pytest.raises(TypeError):
        pickle.dumps(model)
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    bare = ChatGoogleGenerativeAI(model="gemini-2.5-flash", temperature=1)
    data = pickle.dumps(bare)
    assert KEY.encode() not in data
    assert repr(pickle.loads(data)) == repr(bare)


# -- attempts ----------------------------------------------------------------------------------


class Reply:
    def __init__(self, status, body):
        self.status, self.headers, self.body = status, {"content-type": "application/json"}, body

    async def read(self):
        body, self.body = self.body, b""
        return body

    async def close(self):
        pass


RETRY_INFO = b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"x/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}'
ATTEMPTS = [
    (400, b"{}", {}, []),
    (409, b"{}", {}, []),
    (499, b"{}", {}, []),
    (501, b"{}", {}, []),
    *[(status, b"{}", {}, [1, 2, 4, 8, 16]) for status in (408, 429, 500, 502, 503, 504)],
    (503, b"{}", {"max_retries": 0}, []),
    (503, b"{}", {"max_retries": 8}, [1, 2, 4, 8, 16, 32, 60, 60]),
    (429, RETRY_INFO, {"max_retries": 2}, [1.5, 1.5]),
]


@pytest.mark.parametrize("status, body, settings, waits", ATTEMPTS)
def test_how_often_and_after_which_pause_it_is_tried_again(monkeypatch, status, body, settings, waits):
    slept = []

    async def send(self, request, transport, timeouts):
        return Reply(status, body)

    async def sleep(self, seconds):
        slept.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "send", send)
    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr("random.random", lambda: 0.0)
    with pytest.raises(ProviderError) as caught:
        make(**settings).invoke("hi")
    assert caught.value.attempts == len(waits) + 1
    assert slept == waits


BARE = b'{\n  "error": {\n    "code": 503,\n    "message": "The model is overloaded.",\n    "status": "UNAVAILABLE"\n  }\n}'
FIRST = b'data: {"candidates": [{"content": {"parts": [{"text": "Hel"}]}}]}\r\n\r\n'


@pytest.mark.parametrize("blocks", [[FIRST, BARE], [FIRST, BARE + b"\n\n"], [FIRST + BARE[:30], BARE[30:].replace(b"\n", b"\r\n")], [FIRST, b"[" + BARE + b"]"]])
@every_way
def test_an_error_that_stands_in_a_stream_as_bare_json_is_that_error(monkeypatch, way, blocks):
    async def send(self, request, transport, timeouts):
        reply = Reply(200, b"")
        reply.headers = {"content-type": "text/event-stream"}
        left = iter([*blocks, b""])

        async def read():
            return next(left)

        reply.read = read
        return reply

    for backend in (blocking.Blocking, aio.Asyncio):
        monkeypatch.setattr(backend, "send", send)
    with pytest.raises(Overloaded) as caught:
        call(make(max_retries=0, streaming=True), way, "hi")
    assert (caught.value.type, caught.value.status, caught.value.retryable) == ("UNAVAILABLE", 200, True)
    assert caught.value.partial.content == "Hel"


# -- tools -------------------------------------------------------------------------------------


def weather(city: str, days: int = 1) -> str:
    """Tell the weather."""
    return city


def now() -> str:
    """Tell the time."""
    return "now"


@dataclass
class Place:
    """A place."""

    city: str


def test_tools_of_every_kind_are_bound(monkeypatch):
    listed = [weather, now, Place, {"google_search": {}}, {"name": "a", "description": "b", "input_schema": {"type": "object", "properties": {"c": {"type": "string"}}}}]
    body = request_of(monkeypatch, make().bind_tools(listed, tool_choice="weather")).body
    search, functions = body["tools"]
    assert search == {"googleSearch": {}}
    declared = {one.pop("name"): one for one in functions["functionDeclarations"]}
    assert list(declared) == ["weather", "now", "Place", "a"]
    schema = declared["weather"]["parametersJsonSchema"]
    assert schema["properties"] == {"city": {"type": "string"}, "days": {"type": "integer", "default": 1}}
    assert schema["required"] == ["city"]
    assert declared["now"] == {"description": "Tell the time."}
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}}
    given = request_of(monkeypatch, make(), tools=[now]).body["tools"]
    assert given == [{"functionDeclarations": [{"name": "now", "description": "Tell the time."}]}]


def test_a_tool_object_of_google_s_sdk_is_taken(monkeypatch):
    class Tool:
        function_declarations = None

        def model_dump(self, **options):
            assert options == {"mode": "json", "exclude_none": True}
            return {"url_context": {}}

    assert request_of(monkeypatch, make().bind_tools([Tool()])).body["tools"] == [{"urlContext": {}}]


def test_a_choice_may_come_with_google_s_own_configuration(monkeypatch):
    bound = make().bind_tools([now], {"retrieval_config": {"language_code": "fr"}}, tool_choice="any")
    assert request_of(monkeypatch, bound).body["toolConfig"] == {
        "retrievalConfig": {"languageCode": "fr"},
        "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["now"]},
    }


# -- structured output -------------------------------------------------------------------------

PLACE = {"title": "Place", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
UNTITLED = {name: value for name, value in PLACE.items() if name != "title"}


@pytest.mark.parametrize("schema", [PLACE, UNTITLED, Place], ids=["titled", "untitled", "dataclass"])
@pytest.mark.parametrize("method", [None, "json_schema", "json_mode"])
def test_an_answer_in_a_form_is_asked_for_by_its_schema(monkeypatch, schema, method):
    model = make().with_structured_output(schema, **({"method": method} if method else {}))
    config = config_of(monkeypatch, model)
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"]["properties"] == {"city": {"type": "string"}}
    assert config["responseJsonSchema"]["required"] == ["city"]


def test_any_json_is_asked_for_without_a_schema(monkeypatch):
    assert config_of(monkeypatch, make().with_structured_output(method="json_mode")) == {"responseMimeType": "application/json"}


def test_an_answer_in_a_form_may_be_a_call(monkeypatch):
    body = request_of(monkeypatch, make().with_structured_output(Place, method="function_calling")).body
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["Place"]}}
    with pytest.raises(ConfigurationError):
        make().with_structured_output(Place, method="telepathy")


def test_a_schema_may_be_python_s(monkeypatch):
    for name in ("response_schema", "response_json_schema"):
        config = config_of(monkeypatch, make(**{name: Place}))
        assert config["responseJsonSchema"]["properties"] == {"city": {"type": "string"}}
    config = config_of(monkeypatch, make(), response_format=Place)
    assert config["responseJsonSchema"]["properties"] == {"city": {"type": "string"}}


def test_a_message_of_the_model_goes_back_into_the_next_request(monkeypatch):
    call = {"name": "now", "args": {}, "id": "made-up-1"}
    turn = [("human", "time?"), AIMessage("", tool_calls=[call]), {"role": "tool", "content": "noon", "tool_call_id": "made-up-1"}]
    sent = request_of(monkeypatch, make().bind_tools([now]), turn).body["contents"]
    assert sent[1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "now", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "now", "response": {"output": "noon"}}}]},
    ]
