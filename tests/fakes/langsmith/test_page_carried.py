"""What the playground takes over from a run, whoever traced it, and that it says what it cannot."""

from __future__ import annotations

import json

import pytest

from fakes.langsmith.page.carried import carried, tool_of
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import page

FUNCTION = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object"}}}
TOOLS = [
    (FUNCTION, [FUNCTION], []),
    # Anthropic
    ({"name": "weather", "description": "d", "input_schema": {"type": "object"}}, [FUNCTION], []),
    ({"type": "custom", "name": "weather", "description": "d", "input_schema": {"type": "object"}}, [FUNCTION], []),
    ({"name": "weather", "description": "d", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
     [FUNCTION], ["cache_control of the tool weather"]),
    ({"type": "web_search_20250305", "name": "web_search"}, [],
     ['the tool {"type": "web_search_20250305", "name": "web_search"}, which the provider itself would run']),
    # OpenAI, Responses
    ({"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}}, [FUNCTION], []),
    ({"type": "web_search"}, [], ['the tool {"type": "web_search"}, which the provider itself would run']),
    # Google
    ({"functionDeclarations": [{"name": "weather", "description": "d", "parameters": {"type": "OBJECT"}}]}, [FUNCTION], []),
    ({"function_declarations": [{"name": "weather", "description": "d", "parameters_json_schema": {"type": "object"}}], "google_search": {}},
     [FUNCTION], ["the tool google_search"]),
    ("weather", [], ['the tool "weather"']),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "turned", "left"), TOOLS)
def test_a_tool_is_turned_into_openais_form(tool, turned, left):
    assert tool_of(tool) == (turned, left)


def a_call(called=None, *, provider="openai", inputs=None):
    extra = {"metadata": {"ls_provider": provider}}
    if called is not None:
        extra["invocation_params"] = called
    return {"inputs": inputs or {"messages": [{"role": "user", "content": "hi"}]}, "extra": extra}


# As langchain-anthropic 1.7, langchain-google-genai 4.4 and langchain-openai 1.7 note them.
PARAMETERS = [
    ("openai", {"model": "m", "model_name": "m", "stream": False, "stop": ["Z"], "n": 2, "user": "u", "max_completion_tokens": 30,
                "_type": "openai-chat"}, {"stop": ["Z"], "user": "u", "max_completion_tokens": 30},
     ["n = 2: the playground asks for one answer"]),
    ("openai", {"model": "m", "reasoning": {"effort": "low", "summary": "auto"}, "stop": None}, {"reasoning_effort": "low"},
     ["the parameter reasoning.summary"]),
    ("anthropic", {"model": "m", "max_tokens": 9, "top_k": 3, "thinking": {"type": "enabled"}, "streaming": False, "max_retries": 2,
                   "model_kwargs": {}, "tool_choice": {"type": "any"}, "stop_sequences": ["X"]},
     {"max_tokens": 9, "thinking": {"type": "enabled"}, "tool_choice": "required", "stop": ["X"]}, ["the parameter top_k = 3"]),
    ("anthropic", {"tool_choice": {"type": "tool", "name": "f"}}, {"tool_choice": {"type": "function", "function": {"name": "f"}}}, []),
    ("openai", {"thinking": {"type": "enabled"}}, {}, ['the parameter thinking = {"type": "enabled"}']),
    ("fireworks", {"top_k": 3}, {"top_k": 3}, []),
    ("google_genai", {"model": "models/gemini", "temperature": 0.3, "top_k": 3, "max_output_tokens": 55, "n": 1, "thinking_budget": 10},
     {"temperature": 0.3, "max_tokens": 55}, ["the parameter top_k = 3", "the parameter thinking_budget = 10"]),
    ("openai", {"model_kwargs": {"a": 1}}, {}, ['the parameter model_kwargs = {"a": 1}']),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "called", "parameters", "left"), PARAMETERS)
def test_parameters_are_carried_over_or_said_to_be_left(provider, called, parameters, left):
    found = carried(a_call(called, provider=provider))
    assert (found.parameters, found.left_out) == (parameters, left)


def test_model_tools_and_parameters_of_a_wrapped_client_stand_beside_its_messages():
    inputs = {"messages": [{"role": "user", "content": "hi"}], "model": "gpt", "temperature": 0.1, "tools": [FUNCTION], "stream": True}
    found = carried(a_call(inputs=inputs))
    assert (found.model, found.parameters, found.tools, found.rows, found.left_out) == (
        "gpt", {"temperature": 0.1}, [FUNCTION], [("user", "hi")], [],
    )  # fmt: skip


def test_an_input_in_one_word_is_a_message():
    assert carried(a_call(inputs={"input": "hi", "model": "gpt", "instructions": "Be kind"})).rows == [("system", "Be kind"), ("user", "hi")]


def test_a_models_name_is_googles_without_its_folder():
    assert carried(a_call({"model": "models/gemini-3"})).model == "gemini-3"


def whole(row):
    assert row[0] == "JSON"
    return json.loads(row[1])


def test_anthropics_conversation_is_openais():
    found = carried(a_call(provider="anthropic", inputs={"system": "Be nice.", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "tool_use", "id": "t1", "name": "w", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}]}]}))  # fmt: skip
    assert found.rows[0] == ("system", "Be nice.")
    assert [whole(row) for row in found.rows[1:]] == [
        {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "https://x/a.png"}}]},
        {"role": "assistant", "content": "",
         "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "w", "arguments": '{"a": 1}'}}]},
        {"role": "tool", "content": "sunny", "tool_call_id": "t1"},
    ]  # fmt: skip
    assert found.left_out == ["the model's reasoning"]


def test_googles_calls_and_results_get_an_id_that_joins_them():
    found = carried(a_call(provider="google_genai", inputs={"contents": [
        {"role": "model", "parts": [{"functionCall": {"name": "w", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "w", "response": {"t": 21}}}]}]}))  # fmt: skip
    call, result = (whole(row) for row in found.rows)
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == "call_w"
    assert json.loads(result["content"]) == {"t": 21}


@pytest.mark.parametrize(
    ("block", "sent", "left"),
    [
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, []),
        ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
         {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}, []),
        ({"type": "file", "file": {"file_id": "file-1"}}, {"type": "file", "file": {"file_id": "file-1"}}, []),
        ({"type": "video", "url": "https://x/v.mp4"}, None, ["file https://x/v.mp4"]),
        ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, None, ["the provider's own call of web_search"]),
        ({"type": "odd", "x": 1}, None, ["a content block of type 'odd'"]),
    ],
)  # fmt: skip
def test_a_content_block_is_carried_over_or_said_to_be_left(block, sent, left):
    found = carried(a_call(inputs={"messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, block]}]}))
    if sent is None:
        assert found.rows == [("user", "see")]
    else:
        assert whole(found.rows[0])["content"] == [{"type": "text", "text": "see"}, sent]
    assert found.left_out == left


def test_a_role_that_a_chat_completion_has_not_is_said():
    found = carried(a_call(inputs={"messages": [{"type": "chat", "role": "critic", "content": "hm"}, {"type": "remove", "content": "", "id": "x"}]}))
    assert (found.rows, found.left_out) == ([("user", "hm")], ["the role 'critic', which became user", "messages that remove others"])


def test_several_prompts_are_one_and_said():
    found = carried(a_call(inputs={"messages": [[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]]}))
    assert (found.rows, found.left_out) == ([("user", "a")], ["all prompts but the first of several"])


def test_the_page_says_what_it_left(server):
    extra = {"invocation_params": {"model": "claude", "top_k": 3, "tools": [{"type": "bash_20250124", "name": "<bash>"}]}}
    traces.put(server.store, [traces.run(1, "M", "llm", 0, 1, extra=extra, inputs={"messages": [{"role": "user", "content": "hi"}]})])
    reader = page(server, "/playground?run=" + traces.run_id(1))
    told = reader.all("div", class_="notice")[0]["text"]
    assert "Not carried over" in told and "top_k = 3" in told and "<bash>" in told
    traces.put(server.store, [traces.run(2, "M", "llm", 0, 1, inputs={"messages": [{"role": "user", "content": "hi"}]})])
    assert page(server, "/playground?run=" + traces.run_id(2)).all("div", class_="notice") == []
