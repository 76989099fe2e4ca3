"""ChatOpenAI and the Responses API: when it is chosen, what its request says, and what it refuses."""

import pickle
import warnings

import pytest

from minichat import AIMessage, ChatOpenAI, ConfigurationError, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.tools import tool

from .asking import request_of

KEY = "sk-x"
HI = [{"type": "message", "role": "user", "content": "hi"}]
FUNCTION = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}}
FLAT = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
SCHEMA = {"title": "Answer", "description": "d", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_ORGANIZATION"):
        monkeypatch.delenv(name, raising=False)


def model(**settings):
    return ChatOpenAI(**{"api_key": KEY, "model": "gpt-4o", "use_responses_api": True, **settings})


# -- which API -----------------------------------------------------------------------------------

CHOICES = [
    ({}, {}, False),
    ({"use_responses_api": True}, {}, True),
    ({"use_responses_api": False, "model": "gpt-5-pro"}, {}, False),
    ({"model": "gpt-5-pro-2025-10-06"}, {}, True),
    ({"model": "gpt-5.2-pro"}, {}, True),
    ({"model": "codex-mini-latest"}, {}, True),
    ({"model": "gpt-5.1-codex"}, {}, True),
    ({"model": "gpt-5"}, {}, False),
    ({"model": "o3"}, {}, False),
    ({"model": "gpt-6"}, {"tools": [FUNCTION]}, True),
    ({}, {"model": "gpt-5-pro"}, True),
    ({"output_version": "responses/v1"}, {}, True),
    ({"output_version": "v0"}, {}, False),
    ({"use_previous_response_id": True}, {}, True),
    ({"reasoning": {"effort": "low"}}, {}, True),
    ({"reasoning_effort": "low"}, {}, False),
    ({"include": ["reasoning.encrypted_content"]}, {}, True),
    ({"truncation": "auto"}, {}, True),
    ({"context_management": [{"type": "compaction"}]}, {}, True),
    ({"store": False, "verbosity": "low"}, {}, False),
    ({}, {"tools": [FUNCTION]}, False),
    ({}, {"tools": [{"type": "web_search"}]}, True),
    ({}, {"tools": [FUNCTION, {"type": "custom", "name": "c"}]}, True),
    ({}, {"text": {"verbosity": "low"}}, True),
    ({}, {"previous_response_id": "resp_1"}, True),
    ({"extra_body": {"include": ["x"]}}, {}, False),  # what the user wants sent, not what is to be chosen by
]


@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
@pytest.mark.parametrize("settings, kwargs, responses", CHOICES, ids=[str(row[:2]) for row in CHOICES])
def test_a_call_goes_to_the_api_that_has_what_it_asks_for(monkeypatch, settings, kwargs, responses, stream):
    one = ChatOpenAI(**{"api_key": KEY, "model": "gpt-4o", **settings})
    asked = request_of(monkeypatch, one, stream=stream, **kwargs)
    assert asked.url == f"https://api.openai.com/v1/{'responses' if responses else 'chat/completions'}"
    assert ("input" in asked.body, "messages" in asked.body) == (responses, not responses)
    assert asked.body.get("stream", False) is stream


def test_a_model_that_always_goes_there_says_so():
    assert ChatOpenAI(api_key=KEY, model="gpt-5-pro").use_responses_api is True
    assert ChatOpenAI(api_key=KEY, model="gpt-5").use_responses_api is None
    assert "use_responses_api" not in repr(ChatOpenAI(api_key=KEY, model="gpt-5-pro"))


def test_headers_and_query_go_there_too(monkeypatch):
    one = model(default_headers={"X-Team": "a"}, default_query={"v": "1"}, organization="org-1", base_url="http://h/v1")
    asked = request_of(monkeypatch, one, extra_headers={"X-Call": "b"}, extra_query={"w": "2"})
    assert asked.url == "http://h/v1/responses?v=1&w=2"
    expected = {"X-Team": "a", "X-Call": "b", "OpenAI-Organization": "org-1", "Authorization": f"Bearer {KEY}"}
    assert expected.items() <= asked.headers.items()


def test_a_key_that_a_function_gives_goes_there_too(monkeypatch):
    assert request_of(monkeypatch, model(api_key=lambda: "sk-1")).headers["Authorization"] == "Bearer sk-1"


def test_such_a_model_is_pickled(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    one = ChatOpenAI(model="gpt-5-pro", reasoning={"effort": "low"}, output_version="v0")
    request_of(monkeypatch, one)
    other = pickle.loads(pickle.dumps(one))
    assert (other.reasoning, other.output_version, other.use_responses_api) == ({"effort": "low"}, "v0", True)


# -- fields --------------------------------------------------------------------------------------

FIELDS = [
    ({"max_tokens": 5}, {}, {"max_output_tokens": 5}),
    ({"max_completion_tokens": 5}, {"max_tokens": 6}, {"max_output_tokens": 6}),
    ({"temperature": 0.5, "top_p": 0.1}, {}, {"temperature": 0.5, "top_p": 0.1}),
    ({"reasoning_effort": "low"}, {}, {"reasoning": {"effort": "low"}}),
    ({"reasoning_effort": "low", "reasoning": {"summary": "auto"}}, {}, {"reasoning": {"effort": "low", "summary": "auto"}}),
    ({"reasoning_effort": "low"}, {"reasoning": {"effort": "high"}}, {"reasoning": {"effort": "high"}}),
    ({"verbosity": "low"}, {}, {"text": {"verbosity": "low"}}),
    ({"verbosity": "low"}, {"response_format": {"type": "json_object"}}, {"text": {"verbosity": "low", "format": {"type": "json_object"}}}),
    ({"include": ["a"], "truncation": "auto", "store": False}, {}, {"include": ["a"], "truncation": "auto", "store": False}),
    ({"logprobs": True, "top_logprobs": 2}, {}, {"include": ["message.output_text.logprobs"], "top_logprobs": 2}),
    ({"logprobs": True, "include": ["a"]}, {}, {"include": ["a", "message.output_text.logprobs"]}),
    ({"logprobs": False}, {}, {}),
    ({"service_tier": "flex", "prompt_cache_options": {"mode": "explicit"}}, {}, {"service_tier": "flex", "prompt_cache_options": {"mode": "explicit"}}),
    ({}, {"prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s"}, {"prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s"}),
    ({}, {"background": True, "metadata": {"a": "b"}, "conversation": "c"}, {"background": True, "metadata": {"a": "b"}, "conversation": "c"}),
    ({"stream_usage": True}, {"stream_options": {"include_usage": True, "include_obfuscation": False}}, {"stream_options": {"include_obfuscation": False}}),
    ({}, {"stream_options": {"include_usage": True}}, {}),
    ({}, {"extra_body": {"instructions": "x"}}, {"instructions": "x"}),
    ({"n": 1}, {}, {}),
    ({}, {"tools": []}, {}),
    ({}, {"tools": [FUNCTION]}, {"tools": [FLAT]}),
    ({}, {"tools": [FLAT]}, {"tools": [FLAT]}),
    ({}, {"tools": [{"type": "custom", "custom": {"name": "c"}}]}, {"tools": [{"type": "custom", "name": "c"}]}),
    ({}, {"tool_choice": "required"}, {"tool_choice": "required"}),
    ({}, {"tool_choice": {"type": "function", "function": {"name": "f"}}}, {"tool_choice": {"type": "function", "name": "f"}}),
    ({}, {"tool_choice": {"type": "mcp", "server_label": "l"}}, {"tool_choice": {"type": "mcp", "server_label": "l"}}),
    (
        {},
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}]}}},
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}]}},
    ),
]


@pytest.mark.parametrize("settings, kwargs, fields", FIELDS, ids=[str(row[:2])[:60] for row in FIELDS])
def test_settings_and_keywords_have_their_names_there(monkeypatch, settings, kwargs, fields):
    asked = request_of(monkeypatch, model(**settings), **kwargs)
    assert asked.body == {"model": "gpt-4o", "input": HI, **fields}


def test_a_picture_that_is_drawn_while_streaming_needs_partial_images(monkeypatch):
    tools = [{"type": "image_generation"}, {"type": "image_generation", "partial_images": 3}]
    assert request_of(monkeypatch, model(), tools=tools).body["tools"] == tools
    sent = request_of(monkeypatch, model(), stream=True, tools=tools).body["tools"]
    assert [one["partial_images"] for one in sent] == [1, 3]


NOT_HERE = ["seed", "logit_bias", "presence_penalty", "frequency_penalty", "functions", "function_call", "modalities", "audio", "prediction", "web_search_options"]


@pytest.mark.parametrize("name", NOT_HERE)
def test_a_field_that_responses_does_not_have_is_refused_by_name(monkeypatch, name):
    with pytest.raises(ConfigurationError, match=f"no {name}=; leave it out, or pass use_responses_api=False"):
        model().invoke("hi", **{name: 1})
    assert name not in request_of(monkeypatch, model(), **{name: None}).body


def test_several_choices_are_refused():
    with pytest.raises(ConfigurationError, match="no n="):
        model(n=2).invoke("hi")


def test_stop_is_left_out_with_a_warning(monkeypatch):
    for one, kwargs in ((model(stop=["x"]), {}), (model(), {"stop": ["x"]})):
        with pytest.warns(UserWarning, match="stop"):
            assert request_of(monkeypatch, one, **kwargs).body == {"model": "gpt-4o", "input": HI}


TEMPERATURES = [
    ("gpt-5-mini", {}, None),
    ("gpt-5", {"reasoning": {"effort": "low"}}, None),
    ("gpt-5", {"reasoning": {"effort": "none"}}, 0.5),
    ("gpt-5", {"reasoning_effort": "none"}, 0.5),
    ("gpt-5-chat-latest", {}, 0.5),
    ("gpt-4o", {}, 0.5),
    ("o3", {}, 0.5),
]


@pytest.mark.parametrize("api", [True, False], ids=["responses", "chat"])
@pytest.mark.parametrize("name, settings, sent", TEMPERATURES, ids=[str(row[:2]) for row in TEMPERATURES])
def test_a_temperature_that_the_model_refuses_is_left_out_with_a_warning(monkeypatch, name, settings, sent, api):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one = model(model=name, temperature=0.5, use_responses_api=api, **settings)
        assert request_of(monkeypatch, one).body.get("temperature") == sent
    assert bool(caught) is (sent is None)
    assert all(one.filename == __file__ for one in caught)


def test_a_calls_own_temperature_is_left_out_too(monkeypatch):
    with pytest.warns(UserWarning, match="temperature"):
        assert "temperature" not in request_of(monkeypatch, model(model="gpt-5"), temperature=0.5).body


WRONG = [
    ({"output_version": "v1"}, "output_version= takes 'v0' or 'responses/v1'"),
    ({"output_version": "v2"}, "output_version="),
]


@pytest.mark.parametrize("settings, names", WRONG)
def test_a_wrong_setting_is_refused_at_construction(settings, names):
    with pytest.raises(ConfigurationError, match=names):
        model(**settings)


# -- tools and forms -----------------------------------------------------------------------------


def test_bind_tools_in_all_words(monkeypatch):
    tools = [FUNCTION, {"type": "web_search"}, {"type": "custom", "name": "c"}, {**FLAT, "name": "g"}]
    choices = [
        ("auto", "auto"),
        ("none", "none"),
        ("any", "required"),
        (True, "required"),
        ("f", {"type": "function", "name": "f"}),
        ("g", {"type": "function", "name": "g"}),
        ("c", {"type": "custom", "name": "c"}),
        ("web_search", {"type": "web_search"}),
    ]
    for choice, sent in choices:
        body = request_of(monkeypatch, model().bind_tools(tools, tool_choice=choice, parallel_tool_calls=False)).body
        assert body["tools"] == [FLAT, {"type": "web_search"}, {"type": "custom", "name": "c"}, {**FLAT, "name": "g"}]
        assert (body["tool_choice"], body["parallel_tool_calls"]) == (sent, False)
    with pytest.raises(ConfigurationError, match="tool_choice='h'"):
        model().bind_tools(tools, tool_choice="h")


def test_strict_tools(monkeypatch):
    (sent,) = request_of(monkeypatch, model().bind_tools([FUNCTION], strict=True)).body["tools"]
    assert sent["strict"] is True and sent["parameters"]["additionalProperties"] is False


def test_a_tool_says_by_its_extras_that_it_is_loaded_late(monkeypatch):
    @tool(extras={"defer_loading": True, "other": 1})
    def look(where: str) -> str:
        """Look."""
        return where

    (sent,) = request_of(monkeypatch, model().bind_tools([look], strict=True)).body["tools"]
    assert (sent["name"], sent["defer_loading"], sent["strict"]) == ("look", True, True)
    assert "other" not in sent
    (sent,) = request_of(monkeypatch, ChatOpenAI(api_key=KEY).bind_tools([look])).body["tools"]
    assert (sent["function"]["name"], sent["defer_loading"]) == ("look", True)


def test_a_form_beside_tools(monkeypatch):
    body = request_of(monkeypatch, model().bind_tools([FUNCTION], response_format=SCHEMA)).body
    assert body["text"]["format"]["name"] == "Answer" and body["text"]["format"]["type"] == "json_schema"
    assert "strict" not in body["tools"][0]
    chat = ChatOpenAI(api_key=KEY).bind_tools([FUNCTION], response_format=SCHEMA)
    assert request_of(monkeypatch, chat).body["tools"][0]["function"]["strict"] is True  # which demands it


def test_structured_output_by_every_method(monkeypatch):
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA).steps[0]).body
    told = body["text"]["format"]
    assert (told["type"], told["name"], told["description"], told["strict"]) == ("json_schema", "Answer", "d", False)
    assert told["schema"]["properties"] == {"a": {"type": "integer"}} and "response_format" not in body
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA, method="function_calling").steps[0]).body
    assert body["tool_choice"] == {"type": "function", "name": "Answer"} and body["tools"][0]["name"] == "Answer"
    body = request_of(monkeypatch, model().with_structured_output(SCHEMA, method="json_mode").steps[0]).body
    assert body["text"] == {"format": {"type": "json_object"}}


# -- messages ------------------------------------------------------------------------------------


def sent_input(monkeypatch, *messages, **settings):
    return request_of(monkeypatch, model(**settings), list(messages)).body["input"]


THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
CALL = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
CALL_ITEM = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}', "status": "completed"}


def test_a_thought_is_sent_before_its_call_and_whatever_streaming_added_is_not(monkeypatch):
    streamed = {**THOUGHT, "index": 0, "summary": [{**THOUGHT["summary"][0], "index": 0}]}
    turn = AIMessage([streamed, {**CALL_ITEM, "index": 1}], tool_calls=[CALL], id="resp_1")
    items = sent_input(monkeypatch, HumanMessage("hi"), turn, ToolMessage("18", tool_call_id="c1"))
    assert items == [*HI, THOUGHT, CALL_ITEM, {"type": "function_call_output", "call_id": "c1", "output": "18"}]


def test_what_is_not_stored_goes_without_ids_and_thoughts_only_if_encrypted(monkeypatch):
    secret = {**THOUGHT, "id": "rs_2", "encrypted_content": "zz"}
    text = {"type": "text", "text": "a", "id": "msg_1", "annotations": []}
    items = sent_input(monkeypatch, AIMessage([THOUGHT, secret, text]), store=False)
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": []}]}
    assert items == [secret, said]
    drawn = {"type": "image_generation_call", "id": "ig_1"}
    assert sent_input(monkeypatch, AIMessage([drawn]), store=False) == []
    assert sent_input(monkeypatch, AIMessage([{**drawn, "result": "AAAA"}]), store=False) == [{**drawn, "result": "AAAA"}]
    assert sent_input(monkeypatch, AIMessage([{**drawn, "result": "AAAA"}])) == [drawn]


def test_items_that_nobody_knows_go_back_and_those_of_another_provider_do_not(monkeypatch):
    new = {"type": "brand_new_call", "id": "bn_1", "index": 4, "what": {"ever": 1}}
    other = [{"type": "thinking", "thinking": "t"}, {"type": "tool_use", "id": "tu_1", "name": "f", "input": {}}, {"type": "reasoning", "reasoning": "not OpenAI's"}]
    (item,) = sent_input(monkeypatch, AIMessage([new, *other]))
    assert item == {"type": "brand_new_call", "id": "bn_1", "what": {"ever": 1}}


def test_a_result_of_a_custom_tool_is_known_by_its_call(monkeypatch):
    call = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "run", "input": "1"}
    turn = AIMessage([call], tool_calls=[{"name": "run", "args": {"__arg1": "1"}, "id": "c1"}])
    items = sent_input(monkeypatch, turn, ToolMessage("2", tool_call_id="c1"))
    assert items == [call, {"type": "custom_tool_call_output", "call_id": "c1", "output": "2"}]
    known = AIMessage(turn.content, tool_calls=turn.tool_calls, response_metadata={"id": "resp_1"})
    one = model(use_previous_response_id=True)
    body = request_of(monkeypatch, one, [HumanMessage("hi"), known, ToolMessage("2", tool_call_id="c1")]).body
    assert (body["input"], body["previous_response_id"]) == (items[1:], "resp_1")


PICTURE = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
SHOWN = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
RESULTS = [
    ("18", "18"),
    ([{"type": "text", "text": "a", "id": "x"}, PICTURE], [{"type": "input_text", "text": "a"}, SHOWN]),
    (["a", "b"], [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
    ([SHOWN], [SHOWN]),
    ([{"a": 1}], '[{"a": 1}]'),
    ([{"type": "json", "json": 1}], '[{"type": "json", "json": 1}]'),
    ([], []),
]


@pytest.mark.parametrize("content, output", RESULTS, ids=[str(row[0])[:30] for row in RESULTS])
def test_results_of_tools(monkeypatch, content, output):
    items = sent_input(monkeypatch, AIMessage("", tool_calls=[CALL]), ToolMessage(content, tool_call_id="c1", status="error"))
    assert items[1:] == [{"type": "function_call_output", "call_id": "c1", "output": output}]


PARTS = [
    (PICTURE, SHOWN),
    ({"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}}, {"type": "input_image", "image_url": "https://x/a.png", "detail": "low"}),
    ({"type": "image_url", "image_url": "https://x/a.png"}, {"type": "input_image", "image_url": "https://x/a.png"}),
    ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}, SHOWN),
    ({"type": "image", "file_id": "file_1"}, {"type": "input_image", "file_id": "file_1"}),
    ({"type": "file", "base64": "AAAA", "mime_type": "application/pdf"}, {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA", "filename": "document.pdf"}),
    ({"type": "file", "url": "https://x/a.pdf"}, {"type": "input_file", "file_url": "https://x/a.pdf"}),
    ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}, {"type": "input_text", "text": "words"}),
    ({"type": "audio", "base64": "AAAA", "mime_type": "audio/mpeg"}, {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
    ({"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}, {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}),
    ({"type": "input_text", "text": "a"}, {"type": "input_text", "text": "a"}),
    ("a", {"type": "input_text", "text": "a"}),
    ({"type": "of tomorrow", "x": 1}, {"type": "of tomorrow", "x": 1}),
]


@pytest.mark.parametrize("block, part", PARTS, ids=[str(row[0])[:40] for row in PARTS])
@pytest.mark.parametrize("kind, role", [(HumanMessage, "user"), (SystemMessage, "system")])
def test_parts_of_a_message(monkeypatch, block, part, kind, role):
    assert sent_input(monkeypatch, kind([block])) == [{"type": "message", "role": role, "content": [part]}]


def test_items_among_the_parts_stand_beside_the_message(monkeypatch):
    approval = {"type": "mcp_approval_response", "approval_request_id": "m", "approve": True}
    text = {"type": "text", "text": "a"}
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    assert sent_input(monkeypatch, HumanMessage([text, approval, {"type": "non_standard", "value": approval}, text])) == [said, approval, approval, said]


REFUSED = [
    (HumanMessage([{"type": "audio", "url": "https://x/a.mp3"}]), "audio goes to OpenAI as base64 data only"),
    (HumanMessage([{"type": "video", "url": "https://x/a.mp4"}]), "video goes to OpenAI as pictures only"),
    (HumanMessage([{"type": "image"}]), "needs 'url'"),
    (FunctionMessage("r", name="f"), "FunctionMessage cannot be sent to the Responses API"),
    (ToolMessage("x", tool_call_id="c", additional_kwargs={"type": "computer_call_output"}), None),
    (ToolMessage([{"type": "text", "text": "x"}], tool_call_id="c", additional_kwargs={"type": "computer_call_output"}), "needs an image"),
]


@pytest.mark.parametrize("message, words", REFUSED, ids=[str(row[1]) for row in REFUSED])
def test_what_cannot_be_said_is_refused(monkeypatch, message, words):
    if words is None:
        (item,) = sent_input(monkeypatch, message)
        assert item["output"] == {"type": "input_image", "image_url": "x"}
        return
    with pytest.raises(ConfigurationError, match=words):
        model().invoke([message])


def test_a_conversation_begun_with_chat_completions_goes_on(monkeypatch):
    """And one begun with Responses goes on with Chat Completions."""
    chat = AIMessage("so", tool_calls=[CALL], additional_kwargs={"refusal": None}, response_metadata={"id": "chatcmpl-1"})
    items = sent_input(monkeypatch, chat, ToolMessage("1", tool_call_id="c1"))
    assert [item["type"] for item in items] == ["message", "function_call", "function_call_output"]
    turn = AIMessage([THOUGHT, {"type": "text", "text": "so", "id": "msg_1", "annotations": []}, CALL_ITEM], tool_calls=[CALL])
    body = request_of(monkeypatch, ChatOpenAI(api_key=KEY), [turn, ToolMessage("1", tool_call_id="c1")]).body
    assert body["messages"][0]["content"] == [{"type": "text", "text": "so"}]
    assert body["messages"][0]["tool_calls"][0]["id"] == "c1"


EARLIER = [
    ([HumanMessage("a"), AIMessage("b", response_metadata={"id": "resp_1"}), HumanMessage("hi")], "resp_1", HI),
    ([AIMessage("b", response_metadata={"id": "chatcmpl_1"}), HumanMessage("hi")], None, None),
    ([AIMessage("b", response_metadata={"id": "resp_1"})], "resp_1", []),
    ([HumanMessage("hi")], None, HI),
]


@pytest.mark.parametrize("messages, response_id, items", EARLIER)
def test_what_openai_has_is_not_sent_again(monkeypatch, messages, response_id, items):
    body = request_of(monkeypatch, model(use_previous_response_id=True), messages).body
    assert body.get("previous_response_id") == response_id
    assert items is None and len(body["input"]) == 2 or body["input"] == items
    kept = request_of(monkeypatch, model(use_previous_response_id=True), messages, previous_response_id="resp_mine").body
    assert kept["previous_response_id"] == "resp_mine" and len(kept["input"]) == len(messages)


def test_prompt_caching_on_chat_completions(monkeypatch):
    one = ChatOpenAI(api_key=KEY, prompt_cache_options={"mode": "explicit"}, model_kwargs={"prompt_cache_key": "k"})
    body = request_of(monkeypatch, one, prompt_cache_retention="24h", safety_identifier="s").body
    fields = {"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s"}
    assert fields.items() <= body.items() and "messages" in body


def test_a_cache_tells_the_two_apis_and_the_two_forms_apart():
    kinds = [{}, {"use_responses_api": False}, {"output_version": "v0"}, {"use_previous_response_id": True}]
    keys = {model(**settings)._get_llm_string() for settings in kinds}
    assert len(keys) == len(kinds)
    assert model()._get_llm_string() == model()._get_llm_string()


def test_a_form_with_its_name_is_sent_whole(monkeypatch):
    form = {"name": "n", "schema": {"type": "object", "properties": {}}, "strict": True}
    chat = ChatOpenAI(api_key=KEY)
    for bound in (chat.bind(response_format=form), chat.bind_tools([FUNCTION], response_format=form)):
        assert request_of(monkeypatch, bound).body["response_format"] == {"type": "json_schema", "json_schema": form}
    assert request_of(monkeypatch, model(), response_format=form).body["text"] == {"format": {"type": "json_schema", **form}}
