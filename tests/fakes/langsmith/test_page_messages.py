"""Messages are found in every shape that is sent, and what is no conversation is left as JSON."""

from __future__ import annotations

import pytest

from fakes.langsmith.page.conversation import value_block
from fakes.langsmith.page.messages import conversation
from tests.fakes.langsmith.page_reading import Reader
from tests.fakes.langsmith.page_traces import PIXEL, chat_inputs, chat_outputs, constructor

HUMAN = constructor("HumanMessage", "hello")
PNG = "data:image/png;base64,AAAA"

SHAPES = [
    (chat_inputs(HUMAN), [("human", "text:hello")]),
    ({"messages": [HUMAN, constructor("AIMessage", "hi")]}, [("human", "text:hello"), ("ai", "text:hi")]),
    (chat_outputs(constructor("AIMessageChunk", "hi", type="AIMessageChunk")), [("ai", "text:hi")]),
    ({"generations": [[{"text": "plain", "type": "Generation"}]]}, [("ai", "text:plain")]),
    ({"output": {"content": "hi", "type": "ai", "tool_calls": []}}, [("ai", "text:hi")]),
    ({"output": {"messages": [{"content": "a", "type": "system"}]}}, [("system", "text:a")]),
    ({"lc": 1, "type": "constructor", "id": ["x", "ChatPromptValue"], "kwargs": {"messages": [HUMAN]}}, [("human", "text:hello")]),
    ({"messages": [{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}]}, [("system", "text:a"), ("human", "text:b")]),
    ({"choices": [{"message": {"role": "assistant", "content": "hi"}}]}, [("ai", "text:hi")]),
    ({"role": "model", "parts": [{"text": "deep", "thought": True}, {"text": "hi"}]}, [("ai", "reasoning:deep text:hi")]),
    ({"input": constructor("ToolMessage", "sunny", tool_call_id="c1")}, [("tool", "text:sunny")]),
    ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PNG}}]}],
     [("human", f"text:a image:{PNG}")]),
    ([{"role": "user", "content": [{"type": "image_url", "image_url": PNG}]}], [("human", f"image:{PNG}")]),
    ([{"type": "human", "content": [{"type": "image", "source_type": "base64", "data": "AAAA", "mime_type": "image/png"}]}],
     [("human", f"image:{PNG}")]),
    ([{"type": "human", "content": [{"type": "image", "base64": "AAAA", "mime_type": "image/png"}]}], [("human", f"image:{PNG}")]),
    ([{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]}],
     [("human", f"image:{PNG}")]),
    ([{"role": "user", "content": [{"type": "image", "url": "https://example.com/x.png"}]}], [("human", "image:https://example.com/x.png")]),
    ([{"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}]}],
     [("ai", "reasoning:hm text:b")]),
    ([{"role": "assistant", "content": [{"type": "reasoning", "summary": [{"text": "x"}, {"text": "y"}]}]}], [("ai", "reasoning:x\n\ny")]),
    ([{"role": "assistant", "content": None, "refusal": "no"}], [("ai", "refusal:no")]),
    ({"topic": "bears"}, []),
    ({"messages": "text"}, []),
    ({"messages": []}, []),
    ([], []),
    (None, []),
    ("text", []),
    ({"type": "human"}, []),
    ([{"type": "human", "content": "a"}, 7], []),
    ({"type": ["human"], "content": "a"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES)
def test_a_conversation_is_found_in(value, expected):
    found = [(one.role, " ".join(f"{part.kind}:{part.text}" for part in one.parts)) for one in conversation(value)]
    assert found == expected


CALLS = [
    ({"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}, [("f", {"a": 1}, "c1")]),
    ({"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}]},
     [("f", {"a": 1}, "c1")]),
    ({"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]}, [("f", {"a": 1}, "c1")]),
    ({"type": "ai", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
      "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}, [("f", {"a": 1}, "c1")]),
    ({"type": "ai", "content": "", "invalid_tool_calls": [{"name": "f", "args": "{bad", "id": "c1", "error": None}]}, [("f", "{bad", "c1")]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), CALLS)
def test_tool_calls_are_found_once_in(value, expected):
    assert [(call["name"], call["args"], call["id"]) for call in conversation([value])[0].calls] == expected


def test_a_deep_value_is_given_up_and_shown_as_json():
    value = {"type": "human", "content": "hi"}
    for _ in range(50):
        value = {"messages": [value]}
    assert conversation(value) == []
    assert "hi" in value_block(value, "/whole")


def test_a_picture_by_data_url_is_shown_and_one_elsewhere_only_linked():
    blocks = [{"type": "image_url", "image_url": {"url": address}} for address in (PIXEL, "https://example.com/x.png")]
    reader = Reader(value_block({"messages": [{"role": "user", "content": blocks}]}, "/whole"))
    assert [image["src"] for image in reader.all("img")] == [PIXEL]
    assert [link["href"] for link in reader.all("a")] == ["https://example.com/x.png"]


def test_a_data_url_that_is_no_picture_is_a_link_to_the_whole():
    blocks = [{"type": "image_url", "image_url": {"url": "data:text/html;base64,PHNjcmlwdD4="}}]
    reader = Reader(value_block({"messages": [{"role": "user", "content": blocks}]}, "/whole"))
    assert (reader.all("img"), [link["href"] for link in reader.all("a")]) == ([], ["/whole"])


def test_a_long_text_is_cut_with_a_link_to_the_whole():
    reader = Reader(value_block({"messages": [{"role": "user", "content": "x" * 1_000_000}]}, "/whole"))
    assert len(reader.all("div", class_="text")[0]["text"]) == 20_000
    assert [(link["href"], link["text"]) for link in reader.all("a")] == [
        ("/whole", "980,000 more characters: show the whole")
    ]


def test_many_messages_are_cut_with_a_link_to_the_whole():
    reader = Reader(value_block({"messages": [{"role": "user", "content": str(n)} for n in range(1_000)]}, "/whole"))
    assert len(reader.all("article")) == 200
    assert [link["href"] for link in reader.all("a")] == ["/whole"]
