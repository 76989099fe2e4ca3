"""The constructor form of messages in traced runs."""

from __future__ import annotations

from datetime import date

import pytest

from minichat.messages import AIMessage, AIMessageChunk, ChatMessage, HumanMessage, RemoveMessage, ToolMessage
from minichat.outputs import ChatGeneration, Generation, LLMResult, RunInfo
from minichat.tracers.dumping import dump_message, dump_result
from tests.tracers.feeding import number



class Text(str):
    """As an Enum of texts."""


CALL = {"name": "f", "args": {"a": 1}, "id": "c", "type": "tool_call"}
BAD = {"name": "f", "args": "{", "id": "c", "error": None, "type": "invalid_tool_call"}
MESSAGES = [
    (HumanMessage(""), {"content": "", "type": "human"}),
    (HumanMessage("hi", example=True), {"content": "hi", "type": "human"}),  # extras are no fields
    (AIMessage("x"), {"content": "x", "type": "ai", "tool_calls": [], "invalid_tool_calls": []}),
    (
        AIMessage("x", tool_calls=[CALL], response_metadata={"m": 1}),
        {"content": "x", "response_metadata": {"m": 1}, "type": "ai", "tool_calls": [CALL], "invalid_tool_calls": []},
    ),
    (
        AIMessage("x", invalid_tool_calls=[BAD]),
        {"content": "x", "type": "ai", "tool_calls": [], "invalid_tool_calls": [BAD]},
    ),
    (
        AIMessageChunk(content="x", chunk_position="last"),
        {"content": "x", "type": "AIMessageChunk", "tool_calls": [], "chunk_position": "last", "invalid_tool_calls": []},
    ),
    (ToolMessage("3", tool_call_id=""), {"content": "3", "type": "tool", "tool_call_id": "", "status": "success"}),
    (ChatMessage("1", role="r"), {"content": "1", "type": "chat", "role": "r"}),
    (RemoveMessage(id="z"), {"content": "", "type": "remove", "id": "z"}),
    (
        HumanMessage(["a", {"lc": 1, "x": {"lc": 2}}, {"b": ({"__lc_escaped__": 1},)}]),
        {"content": ["a", {"__lc_escaped__": {"lc": 1, "x": {"lc": 2}}}, {"b": [{"__lc_escaped__": {"__lc_escaped__": 1}}]}], "type": "human"},
    ),
    (
        HumanMessage("x", additional_kwargs={"d": {(1, 2): 3}}),
        {
            "content": "x",
            "additional_kwargs": {
                "d": {"lc": 1, "type": "not_implemented", "id": ["builtins", "dict"], "repr": "{(1, 2): 3}"}
            },
            "type": "human",
        },
    ),
    (
        HumanMessage("x", additional_kwargs={"d": {1: Text("t"), None: None}, "e": [2.5, None], "f": {"__lc_escaped__": 1, "b": 2}}),
        {
            "content": "x",
            "additional_kwargs": {"d": {1: "t", None: None}, "e": [2.5, None], "f": {"__lc_escaped__": 1, "b": 2}},
            "type": "human",
        },
    ),
    (
        HumanMessage("x", additional_kwargs={"d": HumanMessage("y")}),
        {
            "content": "x",
            "additional_kwargs": {
                "d": {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["langchain", "schema", "messages", "HumanMessage"],
                    "kwargs": {"content": "y", "type": "human"},
                }
            },
            "type": "human",
        },
    ),
    (
        HumanMessage("x", additional_kwargs={"d": date(2020, 1, 2)}),
        {
            "content": "x",
            "additional_kwargs": {
                "d": {"lc": 1, "type": "not_implemented", "id": ["datetime", "date"], "repr": "datetime.date(2020, 1, 2)"}
            },
            "type": "human",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize("message, kwargs", MESSAGES, ids=lambda value: repr(value)[:40])
def test_a_message_shows_the_fields_that_say_something_in_langchains_order(message, kwargs):
    dumped = dump_message(message)
    assert dumped["kwargs"] == kwargs and list(dumped["kwargs"]) == list(kwargs)
    assert dumped["id"] == ["langchain", "schema", "messages", type(message).__name__]


def test_a_result_of_texts_has_no_messages():
    result = LLMResult(generations=[[Generation(text="t")]], run=[RunInfo(run_id=number(1))])
    assert dump_result(result) == {
        "generations": [[{"text": "t", "generation_info": None, "type": "Generation"}]],
        "llm_output": None,
        "run": [{"run_id": number(1)}],
        "type": "LLMResult",
    }


def test_what_is_dumped_shares_no_list_or_dict_with_the_result():
    generation = ChatGeneration(message=AIMessage("x"), generation_info={"a": [1]})
    result = LLMResult(generations=[[generation]], llm_output={"token_usage": {"n": 1}})
    dumped = dump_result(result)
    dumped["llm_output"]["token_usage"].clear()
    dumped["generations"][0][0]["generation_info"]["a"].clear()
    assert (result.llm_output, generation.generation_info) == ({"token_usage": {"n": 1}}, {"a": [1]})
