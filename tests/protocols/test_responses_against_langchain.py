"""Recorded responses as langchain-openai reads them, and the requests it makes: minichat does the same.

Runs where langchain-openai is installed; what is compared there was written down in the tables of the other
tests here. Its client is real, only its HTTP transport is not.
"""

import json
import warnings

import pytest

from minichat import ChatOpenAI
from minichat.messages import Accumulator
from minichat.protocols.responses import Responses

from ..providers.asking import request_of
from .feeding import decode_stream
from .recordings import parametrize

theirs = pytest.importorskip("langchain_openai")
httpx = pytest.importorskip("httpx")
core = pytest.importorskip("langchain_core.messages")

KEY = "sk-x"


def client(answer):
    return httpx.Client(transport=httpx.MockTransport(answer))


def plain(value):
    """Copy without "index"."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {key: plain(one) for key, one in value.items() if key != "index"} if isinstance(value, dict) else value


# What minichat has beside: everything that the wire says is kept.
OURS = {"token_usage", "background", "logprobs", "moderation", "conversation"}


@pytest.mark.parametrize("version", [None, "v0"])
@parametrize("openai", "/responses", 37)
def test_a_recording_is_read_as_langchain_reads_it(name, exchange, version):
    response = exchange["response"]
    if response["status"] >= 400:
        return
    stream = "stream" in exchange["tags"]
    kind = {"content-type": "text/event-stream" if stream else "application/json"}
    replay = client(lambda request: httpx.Response(200, headers=kind, content=response["body"].encode()))
    model = theirs.ChatOpenAI(model="m", api_key=KEY, http_client=replay, use_responses_api=True, output_version=version)
    codec = Responses(provider="openai", url="http://x", headers={}, v0=version == "v0")
    if stream:
        expected = None
        for chunk in model.stream("hi"):
            expected = chunk if expected is None else expected + chunk
        chunks, error = decode_stream(codec, [response["body"].encode()])
        assert error is None
        total = Accumulator()
        total.extend(chunks)
        found = total.message
    else:
        expected = model.invoke("hi")
        (found,) = codec.decode(response["body"].encode())
    compare_content(found.content, expected.content, stream)
    assert found.tool_calls == expected.tool_calls
    assert found.usage_metadata == expected.usage_metadata
    metadata = {key: value for key, value in found.response_metadata.items() if key not in OURS}
    assert metadata == expected.response_metadata
    assert found.text == expected.text
    if found.id and found.id != "run-1":
        assert found.id == expected.id
    ours = {key: value for key, value in found.additional_kwargs.items() if key != "parsed"}
    assert plain(ours) == plain({k: v for k, v in expected.additional_kwargs.items() if v})


def compare_content(found, expected, stream):
    assert len(found) == len(expected)
    for ours, others in zip(plain(found), plain(expected)):
        if stream:  # LangChain's sum leaves out what only the end of an item says
            ours = {key: value for key, value in ours.items() if key in others}
        for one in (ours, others):
            for annotation in one.get("annotations", ()):  # theirs have nulls there
                annotation.update({key: None for key in annotation if annotation[key] is None})
        assert without_nulls(ours) == without_nulls(others)


def without_nulls(value):
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return value


# -- requests ----------------------------------------------------------------------------------

TEXT = {"type": "text", "text": "Hello", "annotations": [{"type": "file_citation", "file_id": "f", "file_index": 3}], "id": "msg_1"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm", "index": 0}], "index": 0}
SECRET = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "zz"}
CALL_ITEM = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}', "status": "completed", "index": 1}
CALL = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
PICTURE = "data:image/png;base64,AAAA"


def ai(content, **fields):
    return ("AIMessage", {"content": content, **fields})


def human(content, **fields):
    return ("HumanMessage", {"content": content, **fields})


def tool(content, **fields):
    return ("ToolMessage", {"content": content, "tool_call_id": "c1", **fields})


REPLIES = [
    ("text", [human("hi")]),
    ("system", [("SystemMessage", {"content": "s"}), human("hi")]),
    ("developer", [("SystemMessage", {"content": "s", "additional_kwargs": {"__openai_role__": "developer"}}), human("hi")]),
    ("name", [human("hi", name="bob")]),
    ("chat message", [("ChatMessage", {"content": "c", "role": "user"})]),
    ("parts", [human([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}}])]),
    ("LangChain's image", [human([{"type": "image", "base64": "AAAA", "mime_type": "image/png"}])]),
    ("LangChain's older image", [human([{"type": "image", "source_type": "url", "url": "https://x/a.png"}])]),
    ("Anthropic's image", [human([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}])]),
    ("a file", [human([{"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "filename": "a.pdf"}])]),
    ("a file by its URL", [human([{"type": "file", "url": "https://x/a.pdf"}])]),
    ("a file by its id", [human([{"type": "file", "file_id": "file_1"}])]),
    ("OpenAI's file", [human([{"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}])]),
    ("own parts", [human([{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": PICTURE}, {"type": "input_file", "file_id": "f"}])]),
    ("an approval", [human([{"type": "mcp_approval_response", "approve": True, "approval_request_id": "m1"}])]),
    ("a cache breakpoint", [human([{"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}])]),
    ("assistant's text", [human("hi"), ai("a"), human("b")]),
    ("assistant's empty text", [ai("")]),
    ("assistant's blocks", [ai([THOUGHT, TEXT])]),
    ("two texts of one item", [ai([TEXT, {**TEXT, "text": "more"}])]),
    ("texts of items with their phases", [ai([{**TEXT, "phase": "commentary"}, {**TEXT, "id": "msg_2", "phase": "final_answer"}])]),
    ("texts without ids", [ai([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])]),
    ("an id that LangChain made up", [ai([{"type": "text", "text": "a", "id": "lc_1"}])]),
    ("a refusal", [ai([{"type": "refusal", "refusal": "no", "id": "msg_1"}])]),
    ("a call", [ai([THOUGHT, CALL_ITEM], tool_calls=[CALL]), tool("1")]),
    ("a call without its item", [ai("", tool_calls=[CALL]), tool("1")]),
    ("a call beside text", [ai("so", tool_calls=[CALL]), tool("1")]),
    ("an invalid call", [ai("", invalid_tool_calls=[{"name": "f", "args": "{", "id": "c1", "error": "e", "type": "invalid_tool_call"}]), tool("1")]),
    ("Chat Completions' calls", [ai("", additional_kwargs={"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}), tool("1")]),
    ("hosted tools", [ai([SEARCH, TEXT]), ai([{"type": "mcp_list_tools", "id": "m", "server_label": "l", "tools": []}])]),
    ("a picture drawn", [ai([{"type": "image_generation_call", "id": "ig_1", "result": "AAAA", "status": "completed"}])]),
    ("a compaction", [ai([{"type": "compaction", "id": "cmp_1", "encrypted_content": "zz"}])]),
    ("another provider's thoughts", [ai([{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "text", "text": "a"}])]),
    ("results with parts", [ai("", tool_calls=[CALL]), tool([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PICTURE}}])]),
    ("a result with an image", [ai("", tool_calls=[CALL]), tool([{"type": "image", "base64": "AAAA", "mime_type": "image/png"}])]),
    ("a result that is JSON", [ai("", tool_calls=[CALL]), tool([{"a": 1}])]),
    ("a custom tool", [ai([{"type": "custom_tool_call", "call_id": "c1", "id": "ctc_1", "name": "f", "input": "x"}], tool_calls=[{**CALL, "args": {"__arg1": "x"}}]), tool([{"type": "custom_tool_call_output", "output": "1"}])]),
    ("a screenshot", [ai([{"type": "computer_call", "id": "cc_1", "call_id": "c1", "action": {"type": "screenshot"}}]), tool([{"type": "input_image", "image_url": PICTURE}], additional_kwargs={"type": "computer_call_output"})]),
    ("the older form", [ai([{"type": "text", "text": "a", "annotations": []}], id="msg_1", response_metadata={"id": "resp_1"}, additional_kwargs={"reasoning": {"id": "rs_1", "type": "reasoning", "summary": []}, "tool_outputs": [{"type": "code_interpreter_call", "id": "ci_1", "code": "1"}, SEARCH], "refusal": "no"})]),
    ("the older form with a call", [ai([], tool_calls=[CALL], additional_kwargs={"__openai_function_call_ids__": {"c1": "fc_1"}}, response_metadata={"id": "resp_1"}), tool("1")]),
    ("encrypted thoughts", [ai([SECRET, CALL_ITEM], tool_calls=[CALL]), tool("1")]),
    ("non-standard blocks", [ai([{"type": "non_standard", "value": SEARCH}])]),
    ("standard thoughts", [ai([{"type": "reasoning", "reasoning": "a", "id": "rs_1"}, {"type": "text", "text": "x"}])]),
    ("a standard call", [ai([{"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}, "extras": {"item_id": "fc_1", "arguments": "{}"}}], tool_calls=[CALL]), tool("1")]),
    ("a standard citation", [ai([{"type": "text", "text": "x", "annotations": [{"type": "citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}]}])]),
]
FUNCTION = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "properties": {}}, "strict": True}}
SETTINGS = [
    {},
    {"max_tokens": 5},
    {"temperature": 0.5},
    {"top_p": 0.5, "top_logprobs": 2, "service_tier": "flex", "store": False},
    {"reasoning_effort": "low"},
    {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    {"verbosity": "low"},
    {"truncation": "auto", "context_management": [{"type": "compaction"}]},
    {"prompt_cache_options": {"mode": "explicit"}},
    {"model_kwargs": {"prompt_cache_key": "k", "safety_identifier": "s", "user": "u", "prompt_cache_retention": "24h"}},
    {"model": "gpt-5-mini", "temperature": 0.5},
    {"model": "gpt-5-chat", "temperature": 0.5},
    {"model": "gpt-5-mini", "temperature": 0.5, "reasoning": {"effort": "none"}},
    {"model": "o3-mini"},
]
CALLS = [
    {"tools": [FUNCTION]},
    {"tools": [FUNCTION], "tool_choice": "required", "parallel_tool_calls": False},
    {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "f"}}},
    {"tools": [FUNCTION, {"type": "web_search"}], "tool_choice": {"type": "web_search"}},
    {"tools": [{"type": "image_generation"}]},
    {"tools": [{**FUNCTION, "defer_loading": True}]},
    {"response_format": {"type": "json_object"}},
    {"response_format": SCHEMA},
    {"response_format": SCHEMA, "verbosity": "high"},
    {"text": {"verbosity": "low"}, "response_format": SCHEMA},
    {"previous_response_id": "resp_1"},
    {"background": True},
    {"instructions": "be brief", "max_tool_calls": 3},
    {"max_tokens": 7},
    {"stop": ["x"]},
    {"reasoning_effort": "high"},
    {"conversation": "conv_1"},
]
# Where minichat's input is another one, with the reason: what LangChain takes apart is one item, as it came.
DIFFERENT = {
    ("two texts of one item", False): [  # it knows them by the id alone, and sends no ids
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": text, "annotations": [{"type": "file_citation", "file_id": "f", "index": 3}]}
                for text in ("Hello", "more")
            ],
        }
    ],
    ("the older form", None): [  # it does not give the refusal the id of its message
        {"id": "rs_1", "type": "reasoning", "summary": []},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1"},
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "content": [{"type": "output_text", "text": "a", "annotations": []}, {"type": "refusal", "refusal": "no"}],
        },
        SEARCH,
    ],
    ("the older form", False): [
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a", "annotations": []}, {"type": "refusal", "refusal": "no"}],
        },
        SEARCH,
    ],
}


def both(monkeypatch, settings, said, kwargs, stream):
    """Give the path and body of the request of langchain-openai, and of minichat."""
    sent = []

    def answer(request):
        sent.append((request.url.path, json.loads(request.content)))
        return httpx.Response(400, json={"error": {"message": "stop here"}})

    def messages(home):
        return [getattr(home, kind)(**json.loads(json.dumps(fields))) for kind, fields in said]

    import minichat.messages as mine

    settings = {"model": "m", "api_key": KEY, "base_url": "http://x/v1", "max_retries": 0, **settings}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = theirs.ChatOpenAI(**settings, http_client=client(answer))
        try:
            list(model.stream(messages(core), **kwargs)) if stream else model.invoke(messages(core), **kwargs)
        except theirs.chat_models.base.openai.BadRequestError:
            pass  # what was to be seen has been sent
        asked = request_of(monkeypatch, ChatOpenAI(**settings), messages(mine), stream=stream, **kwargs)
    return sent[0], (asked.url.partition("//x")[2], asked.body)


def said_by(body):
    """Give a body without what says nothing: LangChain sends "stream": false."""
    return {key: value for key, value in body.items() if (key, value) != ("stream", False)}


@pytest.mark.parametrize("store", [None, False])
@pytest.mark.parametrize("name, said", REPLIES, ids=[row[0] for row in REPLIES])
def test_messages_are_sent_as_langchain_sends_them(monkeypatch, name, said, store):
    settings = {"use_responses_api": True, **({} if store is None else {"store": store})}
    (path, expected), (found_path, found) = both(monkeypatch, settings, said, {}, False)
    assert found_path == path == "/v1/responses"
    if (name, store) in DIFFERENT:
        assert found["input"] != expected["input"], "no longer different"
        expected["input"] = DIFFERENT[name, store]
    assert found["input"] == expected["input"]
    assert said_by(found) == said_by(expected)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_settings_are_sent_as_langchain_sends_them(monkeypatch, settings, stream):
    for api in (True, None):
        chosen = {**settings, **({} if api is None else {"use_responses_api": api})}
        expected, found = both(monkeypatch, chosen, [human("hi")], {}, stream)
        assert found[0] == expected[0]
        assert without_usage(found[1]) == without_usage(expected[1])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kwargs", CALLS, ids=str)
def test_keywords_of_a_call_are_sent_as_langchain_sends_them(monkeypatch, kwargs, stream):
    expected, found = both(monkeypatch, {"use_responses_api": True}, [human("hi")], kwargs, stream)
    assert found[0] == expected[0]
    assert said_by(found[1]) == said_by(expected[1])


def without_usage(body):
    return {key: value for key, value in said_by(body).items() if key != "stream_options"}


CHOICES = [
    ({}, {}),
    ({"model": "gpt-5-pro"}, {}),
    ({"model": "gpt-5.2-pro-2026"}, {}),
    ({"model": "gpt-5.1-codex-mini"}, {}),
    ({"model": "gpt-5.6-sol"}, {}),
    ({"model": "gpt-5"}, {}),
    ({"model": "gpt-6"}, {}),
    ({"model": "gpt-6"}, {"tools": [FUNCTION]}),
    ({"model": "gpt-5-pro", "use_responses_api": False}, {}),
    ({"output_version": "responses/v1"}, {}),
    ({"output_version": "v0"}, {}),
    ({"use_previous_response_id": True}, {}),
    ({"reasoning": {"effort": "low"}}, {}),
    ({"reasoning_effort": "low"}, {}),
    ({"verbosity": "low"}, {}),
    ({"store": True}, {}),
    ({"include": []}, {}),
    ({"truncation": "auto"}, {}),
    ({"context_management": []}, {}),
    ({}, {"tools": [FUNCTION]}),
    ({}, {"tools": [{"type": "web_search"}]}),
    ({}, {"tools": [{"type": "custom", "name": "f"}]}),
    ({}, {"reasoning": {"effort": "low"}}),
    ({}, {"text": {"verbosity": "low"}}),
    ({}, {"include": []}),
    ({}, {"truncation": "auto"}),
    ({}, {"previous_response_id": "resp_1"}),
    ({}, {"context_management": []}),
    ({}, {"user": "u"}),
    ({"model_kwargs": {"previous_response_id": "resp_1"}}, {}),
    ({"model_kwargs": {"text": {"verbosity": "low"}}}, {}),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("settings, kwargs", CHOICES, ids=[str(row) for row in CHOICES])
def test_the_api_is_chosen_as_langchain_chooses_it(monkeypatch, settings, kwargs, stream):
    expected, found = both(monkeypatch, settings, [human("hi")], kwargs, stream)
    assert found[0] == expected[0]


EARLIER = [
    [human("a"), ai("b", response_metadata={"id": "resp_1"}), human("c")],
    [human("a"), ai("b", response_metadata={"id": "resp_1"}), human("c"), ai("d"), human("e")],
    [human("a"), ai("b", response_metadata={"id": "chatcmpl-1"}), human("c")],
    [human("a"), ai("b", response_metadata={"id": "resp_1"})],
    [human("a")],
]


@pytest.mark.parametrize("said", EARLIER)
def test_only_what_follows_the_last_response_is_sent(monkeypatch, said):
    expected, found = both(monkeypatch, {"use_previous_response_id": True}, said, {}, False)
    assert said_by(found[1]) == said_by(expected[1])


FORM = {"title": "Answer", "description": "d", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def look(where: str) -> str:
    """Look."""
    return where


# Where the form is a JSON schema and strict was not said, LangChain says strict=False, OpenAI's default; and a tool
# that is a ready dictionary it leaves unstrict: rows of these are in tests/language_models and tests/utils.
BINDINGS = [
    ("with_structured_output", (FORM,), {}),
    ("with_structured_output", (FORM,), {"strict": True}),
    ("with_structured_output", (FORM,), {"method": "function_calling"}),
    ("with_structured_output", (FORM,), {"method": "function_calling", "strict": True}),
    ("with_structured_output", (FORM,), {"method": "json_mode"}),
    ("with_structured_output", (FORM,), {"strict": True, "tools": [look]}),
    ("bind_tools", ([FUNCTION],), {}),
    ("bind_tools", ([look],), {"tool_choice": "any", "strict": True}),
    ("bind_tools", ([FUNCTION],), {"tool_choice": "f", "parallel_tool_calls": False}),
    ("bind_tools", ([FUNCTION, {"type": "web_search"}],), {"tool_choice": "web_search"}),
    ("bind_tools", ([look],), {"response_format": {"name": "n", "schema": FORM, "strict": True}}),
    ("bind_tools", ([{"type": "mcp", "server_label": "l", "server_url": "u", "require_approval": "never"}],), {}),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api", [True, False], ids=["responses", "chat"])
@pytest.mark.parametrize("method, given, options", BINDINGS, ids=[f"{row[0]} {i}" for i, row in enumerate(BINDINGS)])
def test_what_is_bound_is_sent_as_langchain_sends_it(monkeypatch, method, given, options, api, stream):
    sent = []

    def answer(request):
        sent.append((request.url.path, json.loads(request.content)))
        return httpx.Response(400, json={"error": {"message": "stop here"}})

    settings = {"model": "gpt-4o", "api_key": KEY, "base_url": "http://x/v1", "max_retries": 0, "use_responses_api": api}
    bound = getattr(theirs.ChatOpenAI(**settings, http_client=client(answer)), method)(*given, **options)
    with pytest.raises(theirs.chat_models.base.openai.BadRequestError):
        list(bound.stream("hi")) if stream else bound.invoke("hi")
    ours = getattr(ChatOpenAI(**settings), method)(*given, **options)
    asked = request_of(monkeypatch, ours, stream=stream)
    assert asked.url.partition("//x")[2] == sent[0][0]
    assert without_usage(asked.body) == without_usage(sent[0][1])
