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
    ({"choices": [{"text": "of a completion", "index": 0}]}, []),
    ({"choices": [{"message": {"odd": "thing"}}]}, []),
    ({"candidates": [{"content": {"odd": "thing"}}]}, []),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES)
def test_a_conversation_is_found_in(value, expected):
    found = [(one.role, " ".join(f"{part.kind}:{part.text}" for part in one.parts)) for one in conversation(value)]
    assert found == expected


WAV = "UklGRg=="
# What each vendor's package sends and gives; the rows name the place in its reference.
VENDORS = [
    # OpenAI, chat completions: sound in and out, files, a developer's message
    ([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}]}],
     [("human", "audio:data:audio/wav;base64," + WAV)]),
    ({"choices": [{"message": {"role": "assistant", "content": None, "audio": {"id": "a", "data": WAV, "transcript": "hi"}}}]},
     [("ai", "text:hi audio:data:audio/wav;base64," + WAV)]),
    ([{"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}]}],
     [("human", "file(a.pdf):data:application/pdf;base64,AAAA")]),
    ([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}], [("human", "file:id file-1")]),
    ([{"role": "developer", "content": "d"}], [("system", "text:d")]),
    # OpenAI, Responses: items
    ({"instructions": "Be kind", "model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"},
      {"type": "input_image", "image_url": "https://example.com/x.png"}]}, {"type": "function_call_output", "call_id": "c", "output": "42"}]},
     [("system", "text:Be kind"), ("human", "text:hi image:https://example.com/x.png"), ("tool", "text:42")]),
    ({"id": "r", "output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
                            {"type": "image_generation_call", "result": "AAAA"}]},
     [("ai", "reasoning:hm text:b image:data:image/png;base64,AAAA")]),
    # Anthropic, Messages: system beside the messages, documents, results of tools in the user's turn, thoughts
    ({"system": "Be nice.", "messages": [{"role": "user", "content": "a"}]}, [("system", "text:Be nice."), ("human", "text:a")]),
    ({"system": [{"type": "text", "text": "Be nice."}], "messages": [{"role": "user", "content": "a"}]},
     [("system", "text:Be nice."), ("human", "text:a")]),
    ([{"role": "user", "content": [
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, "title": "T"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}]}],
     [("human", "file(T):data:application/pdf;base64,AAAA text:words")]),
    ([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "sunny"}]},
                                   {"type": "text", "text": "and?"}]}], [("tool", "text:sunny"), ("human", "text:and?")]),
    ([{"role": "assistant", "content": [{"type": "redacted_thinking", "data": "xx"}, {"type": "text", "text": "b"}]}],
     [("ai", "reasoning:(hidden by the provider) text:b")]),
    ({"type": "message", "role": "assistant", "content": [{"type": "text", "text": "b", "citations": [{"x": 1}]}], "usage": {}},
     [("ai", 'text:b notes:[\n  {\n    "x": 1\n  }\n]')]),
    # Google: contents and parts, in JSON's and in Python's spelling
    ({"contents": [{"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                                              {"inline_data": {"mime_type": "audio/wav", "data": WAV}},
                                              {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}}]},
                   {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "b"}]},
                   {"role": "user", "parts": [{"functionResponse": {"name": "w", "response": {"t": 21}}}]}],
      "systemInstruction": {"parts": [{"text": "s"}]}},
     [("system", "text:s"), ("human", f"text:hi image:{PNG} audio:data:audio/wav;base64,{WAV} file:gs://b/x.pdf"),
      ("ai", "reasoning:hm text:b"), ("tool", 'json:{\n  "t": 21\n}')]),
    ({"candidates": [{"content": {"role": "model", "parts": [{"text": "b"}]}, "finishReason": "STOP"}]}, [("ai", "text:b")]),
    # LangChain: standard blocks, short forms, and a run wrapped in one name
    ([{"type": "human", "content": [{"type": "audio", "base64": WAV, "mime_type": "audio/wav"}, {"type": "text-plain", "text": "p"},
                                    {"type": "video", "url": "https://example.com/v.mp4"}]}],
     [("human", f"audio:data:audio/wav;base64,{WAV} text:p file:https://example.com/v.mp4")]),
    ({"messages": [["system", "s"], ["human", "h"]]}, [("system", "text:s"), ("human", "text:h")]),
    ({"output": {"messages": [{"type": "ai", "content": "b"}]}}, [("ai", "text:b")]),
    # beside a conversation an unknown block stays what it is
    ([{"role": "assistant", "content": [{"type": "web_search_result", "url": "https://example.com", "title": "t"}]}],
     [("ai", 'json:{\n  "type": "web_search_result",\n  "url": "https://example.com",\n  "title": "t"\n}')]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), VENDORS)
def test_each_vendors_shape_is_a_conversation(value, expected):
    told = [(one.role, " ".join(f"{part.kind}{f'({part.name})' if part.name else ''}:{part.text}" for part in one.parts))
            for one in conversation(value)]  # fmt: skip
    assert told == expected


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ({"messages": [[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]]}, ["prompt 1", "prompt 2"]),
        ({"messages": [[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]]}, [None, None]),
        ({"generations": [[{"text": "a", "type": "Generation"}, {"text": "b", "type": "Generation"}]]}, ["choice 1", "choice 2"]),
        ({"generations": [[{"text": "a", "type": "Generation"}], [{"text": "b", "type": "Generation"}]]}, ["prompt 1", "prompt 2"]),
        ({"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}, ["choice 1", "choice 2"]),
    ],
)  # fmt: skip
def test_several_prompts_and_choices_are_told_apart(value, labels):
    assert [one.label for one in conversation(value)] == labels


@pytest.mark.parametrize(
    "value",
    [
        {"input": "the question", "chat_history": [{"type": "human", "content": "hi"}]},
        {"messages": [{"type": "human", "content": "hi"}], "topic": "the question"},
        {"messages": [{"type": "human", "content": "hi"}], "config": {"a": "the question"}},
        {"generations": [[{"text": "hi", "type": "Generation"}]], "llm_output": {"a": "the question"}},
        {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "config": {"system_instruction": "the question"}},
        {"messages": [{"type": "human", "content": "hi"}, "the question"]},
    ],
)
def test_what_stands_beside_a_conversation_is_shown_too(value):
    shown = Reader(value_block(value, "/whole"))
    assert shown.wrong == [] and all(any(text in one["text"] for one in shown.elements) for text in ("hi", "the question"))


def test_vendors_parameters_beside_a_conversation_are_folded_and_other_things_are_not():
    value = {"messages": [{"role": "user", "content": "hi"}], "model": "m", "temperature": 0, "topic": "bears"}
    reader = Reader(value_block(value, "/whole"))
    assert [one["text"] for one in reader.all("summary")] == ["Beside the messages: model, temperature"]
    assert [one["text"] for one in reader.all("dt")] == ["topic"]


def test_a_tools_result_says_which_call_it_answers_and_whether_it_failed():
    content = [{"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True}]
    found = conversation([{"role": "user", "content": content}])
    assert [(one.role, one.answers, one.failed) for one in found] == [("tool", "t1", True)]


def test_sound_is_played_from_a_data_url_and_a_file_is_named():
    blocks = [{"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
              {"type": "file", "file": {"filename": "<a>.pdf", "file_data": "data:application/pdf;base64,AAAA"}}]  # fmt: skip
    reader = Reader(value_block({"messages": [{"role": "user", "content": blocks}]}, "/whole"))
    assert [one["src"] for one in reader.all("audio")] == ["data:audio/wav;base64," + WAV]
    assert [(one["text"], one["href"]) for one in reader.all("a")] == [("<a>.pdf, application/pdf, 3 bytes", "/whole")]


def test_many_long_messages_are_cut_together():
    said = [{"role": "user", "content": f"{n} " + "x" * 18_000} for n in range(60)]
    shown = value_block({"messages": said}, "/whole")
    assert len(shown) < 200_000
    reader = Reader(shown)
    assert len(reader.all("article")) == 60  # each with its beginning
    assert {one["href"] for one in reader.all("a", class_="more")} == {"/whole"}


CALLS = [
    ({"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}, [("f", {"a": 1}, "c1")]),
    ({"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}]},
     [("f", {"a": 1}, "c1")]),
    ({"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]}, [("f", {"a": 1}, "c1")]),
    ({"type": "ai", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
      "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}, [("f", {"a": 1}, "c1")]),
    ({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]}, [("f", {"a": 1}, None)]),
    ({"role": "assistant", "content": [{"type": "server_tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]}, [("f", {"a": 1}, "c1")]),
    ({"type": "function_call", "id": "x", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}, [("f", {"a": 1}, "c1")]),
    ({"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "[" * 100_000}}]},
     [("f", "[" * 100_000, "c1")]),
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


def test_what_a_retriever_found_is_shown_document_by_document():
    found = [{"page_content": "Bears sleep.", "type": "Document", "metadata": {"source": "zoo.txt", "page": 3}},
             {"lc": 1, "type": "constructor", "id": ["Document"], "kwargs": {"page_content": "Lions <b>not</b>.", "id": "d2"}}]  # fmt: skip
    reader = Reader(value_block({"output": found}, "/whole"))
    first, second = (one["text"] for one in reader.all("article"))
    assert first == "Document 1source: zoo.txtpage: 3Bears sleep."
    assert second.startswith("Document 2Lions <b>not</b>.") and "d2" in second
    assert reader.wrong == []


def test_what_a_vendor_keeps_beside_an_answer_is_folded_and_no_message():
    """OpenAI's Responses repeat the instructions, and tell the price, beside the output."""
    value = {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}],
             "instructions": "Be kind", "billing": {"payer": "developer"}, **{f"more {n}": n + 1 for n in range(20)}}  # fmt: skip
    reader = Reader(value_block(value, "/whole"))
    assert [one["data-role"] for one in reader.all("article")] == ["ai"]
    assert [one["text"] for one in reader.all("summary")] == ["Beside the messages: instructions, billing, more 0, more 1, more 2, more 3, more 4, more 5, …"]
    assert reader.all("dl") == [] and "developer" in reader.all("details")[0]["text"]
