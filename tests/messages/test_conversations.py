"""Conversations as OpenAI's dicts, as stored dicts, as one text, and counted; without LangChain."""

import json
import pickle
import subprocess
import sys

import pytest

import minichat.messages
from minichat.errors import ConfigurationError
from minichat.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
    convert_to_openai_messages,
    count_tokens_approximately,
    get_buffer_string,
    message_to_dict,
    messages_from_dict,
    messages_to_dict,
)

CALL = {"name": "add", "args": {"a": "é"}, "id": "c1"}
OPENAI_CALL = {"type": "function", "id": "c1", "function": {"name": "add", "arguments": '{"a": "é"}'}}
PNG = "data:image/png;base64,AAE="

OPENAI = [
    # message, dict
    ("hi", {"role": "user", "content": "hi"}),
    (SystemMessage("s", additional_kwargs={"__openai_role__": "developer"}), {"role": "developer", "content": "s"}),
    (FunctionMessage("4", name="add"), {"role": "function", "name": "add", "content": "4"}),
    (ChatMessage("c", role="referee"), {"role": "referee", "content": "c"}),
    (ToolMessage("4", tool_call_id="c1"), {"role": "tool", "tool_call_id": "c1", "content": "4"}),
    (AIMessage("", tool_calls=[CALL]), {"role": "assistant", "tool_calls": [OPENAI_CALL], "content": ""}),
    (AIMessage("", additional_kwargs={"refusal": "no"}), {"role": "assistant", "refusal": "no", "content": ""}),
    (HumanMessage(["a", {"type": "text", "text": "b"}]), {"role": "user", "content": "a\nb"}),
    (
        AIMessage(["a", {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": "é"}}]),
        {"role": "assistant", "tool_calls": [OPENAI_CALL], "content": "a"},
    ),
    (
        AIMessage([{"type": "tool_use", "id": "c1", "name": "add", "input": {"a": "é"}}], tool_calls=[CALL]),
        {"role": "assistant", "tool_calls": [OPENAI_CALL], "content": ""},
    ),
    (
        HumanMessage([{"type": "tool_result", "tool_use_id": "c1", "content": "4"}]),
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
    ),
]
IMAGES = [
    {"type": "image_url", "image_url": {"url": PNG}},
    {"type": "image", "url": PNG},
    {"type": "image", "base64": "AAE=", "mime_type": "image/png"},
    {"type": "image", "source_type": "base64", "data": "AAE=", "mime_type": "image/png"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAE="}},
    {"image": {"format": "png", "source": {"bytes": b"\0\1"}}},
    {"type": "media", "mime_type": "image/png", "data": b"\0\1"},
]


@pytest.mark.parametrize("message, made", OPENAI, ids=range(len(OPENAI)))
def test_a_message_becomes_openais_dict(message, made):
    assert convert_to_openai_messages([message]) == [made]
    assert convert_to_openai_messages(message) == made


@pytest.mark.parametrize("block", IMAGES, ids=lambda block: str(block)[:40])
def test_an_image_of_any_providers_shape_becomes_openais(block):
    made = convert_to_openai_messages([HumanMessage(["what?", block])])
    parts = [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": PNG}}]
    assert made == [{"role": "user", "content": parts}]


def test_blocks_ids_and_tool_results_come_as_asked():
    message = HumanMessage(["a", {"type": "tool_result", "tool_use_id": "c1", "content": "4"}], id="h1")
    assert convert_to_openai_messages([message, "b"], text_format="block", include_id=True) == [
        {"role": "user", "id": "h1", "content": [{"type": "text", "text": "a"}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "4"}]},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
    ]
    with pytest.raises(ConfigurationError, match="this one message is 2 of OpenAI's"):
        convert_to_openai_messages(message)


@pytest.mark.parametrize(
    "block, wanted",
    [
        ({"type": "text"}, r"messages\[1\].content\[0\] \(type 'text'\) lacks the expected keys \['text'\]"),
        ({"type": "image"}, "without 'source' or 'image'"),
        ({"type": "image", "file_id": "f"}, "no 'url' and no 'base64'"),
        ({"type": "audio", "url": "http://x"}, "OpenAI takes no audio by URL"),
        ({"type": "file", "url": "http://x"}, "OpenAI takes no file by URL"),
        ({"type": "video", "url": "http://x"}, "cannot be sent to OpenAI"),
        ({"type": "media", "mime_type": "audio/wav", "data": b""}, "only images and text"),
        ({"type": "odd", "secret": "sesame"}, "pass_through_unknown_blocks=True"),
    ],
)
def test_a_block_that_cannot_be_said_is_named_and_not_shown(block, wanted):
    with pytest.raises(ConfigurationError, match=wanted) as caught:
        convert_to_openai_messages(["x", HumanMessage([block])], pass_through_unknown_blocks=False)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("message", [RemoveMessage("1"), BaseMessage("x", type="note")])
@pytest.mark.parametrize("function", [convert_to_openai_messages, count_tokens_approximately, get_buffer_string])
def test_a_message_that_nobody_speaks_is_refused_with_its_class(function, message):
    with pytest.raises(ConfigurationError, match=type(message).__name__):
        function([message])


STORED = [
    HumanMessage("hi", name="bob", id="h1", mood="good"),
    SystemMessage([{"type": "text", "text": "s"}], additional_kwargs={"k": {"l": [1]}}),
    AIMessage("a", tool_calls=[CALL], usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
    AIMessage("", invalid_tool_calls=[{"name": "f", "args": "{", "id": "c2", "error": "cut"}]),
    AIMessageChunk("", tool_call_chunks=[{"name": "f", "args": '{"a"', "id": "c", "index": 0}], chunk_position="last"),
    AIMessageChunk("a", id="1") + AIMessageChunk("b"),
    ToolMessage("4", tool_call_id="c1", artifact=[1], status="error"),
    FunctionMessage("4", name="add"),
    ChatMessage("c", role="referee"),
    RemoveMessage("h1"),
]


@pytest.mark.parametrize("message", STORED, ids=lambda message: message.type)
def test_a_message_comes_back_from_its_dict_and_from_json(message):
    stored = message_to_dict(message)
    assert stored == {"type": message.type, "data": message.model_dump()}
    assert messages_to_dict([message]) == [stored]
    assert messages_from_dict([stored]) == [message]
    assert messages_from_dict(json.loads(json.dumps([stored]))) == [message]


@pytest.mark.parametrize(
    "stored, wanted",
    [
        ("x", r"messages\[0\] must be a dict .* got str"),
        ({"type": "human"}, r"'data', as messages_to_dict writes; got \['type'\]"),
        ({"type": "human", "content": "x"}, "'data'"),
        ({"type": "zz", "data": {"content": "x"}}, "unexpected message type 'zz'; known: human"),
        ({"type": ["human"], "data": {"content": "x"}}, "unexpected message type"),
        ({"type": "human", "data": {}}, r"lacks \['content'\]"),
        ({"type": "tool", "data": {"content": "x"}}, r"lacks \['tool_call_id'\]"),
        ({"type": "remove", "data": {"content": ""}}, r"lacks \['id'\]"),
        ({"type": "human", "data": {"content": "x", "type": "ai"}}, "type must be 'human'"),
    ],
)
def test_a_dict_that_is_no_message_is_refused_with_its_place(stored, wanted):
    with pytest.raises(ConfigurationError, match=wanted):
        messages_from_dict([stored])


TALK = [
    SystemMessage("Be <brief>."),
    HumanMessage(["look: ", {"type": "image", "url": 'http://x/?a="b"'}, {"type": "text", "text": "what?"}]),
    AIMessage("I add.", tool_calls=[CALL]),
    ToolMessage("4", tool_call_id="c1"),
    ChatMessage("fault", role="Referee"),
]


def test_a_conversation_reads_as_lines():
    calls = "[{'name': 'add', 'args': {'a': 'é'}, 'id': 'c1', 'type': 'tool_call'}]"
    assert get_buffer_string(TALK, ai_prefix="Bot", human_prefix="Me").split("\n") == [
        "System: Be <brief>.",
        "Me: look: what?",
        "Bot: I add." + calls,
        "Tool: 4",
        "Referee: fault",
    ]


def test_a_conversation_reads_as_xml_that_is_well_formed():
    from xml.etree import ElementTree

    written = get_buffer_string(TALK, format="xml", message_separator="")
    root = ElementTree.fromstring(f"<talk>{written}</talk>")
    assert [message.attrib["type"] for message in root] == ["system", "human", "ai", "tool", "Referee"]
    assert root[0].text == "Be <brief>."
    assert root[1][0].attrib["url"] == 'http://x/?a="b"'
    assert [(part.tag, part.text) for part in root[2]] == [("content", "I add."), ("tool_call", '{"a": "é"}')]


def test_data_is_not_quoted_and_long_things_are_cut():
    data = HumanMessage([{"type": "image", "base64": "AAAA"}, {"type": "image_url", "image_url": {"url": PNG}}, "x"])
    assert get_buffer_string([data], format="xml") == '<message type="human">x</message>'
    long = HumanMessage([{"type": "text-plain", "text": "y" * 501}])
    assert get_buffer_string([long], format="xml") == f'<message type="human">{"y" * 500}...</message>'


def test_another_format_is_refused():
    with pytest.raises(ConfigurationError, match="format must be 'prefix' or 'xml', got 'html'"):
        get_buffer_string([], format="html")


USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
SAID = {"response_metadata": {"model_provider": "openai"}}


@pytest.mark.parametrize(
    "messages, options, tokens",
    [
        ([], {}, 0),
        (["1234"], {}, 5),  # 4 characters and "user" are 2 tokens, and 3 for the message
        (["1234"], {"extra_tokens_per_message": 0.5}, 3),
        (["1234"], {"chars_per_token": 1}, 11),
        ([HumanMessage("1234", name="abcd")], {}, 6),
        ([HumanMessage("1234", name="abcd")], {"count_name": False}, 5),
        ([HumanMessage(["1234", {"type": "image", "url": "http://x"}])], {}, 90),
        ([HumanMessage(["1234", {"type": "image", "url": "http://x"}])], {"tokens_per_image": 1}, 6),
        ([ToolMessage("1234", tool_call_id="abcd")], {}, 6),
        (["1234"], {"tools": [{"name": "f"}]}, 9),
        (["x", AIMessage("y", usage_metadata=USAGE, **SAID), "z"], {}, 16),
        (["x", AIMessage("y", usage_metadata=USAGE, **SAID), "z"], {"use_usage_metadata_scaling": True}, 20),
        (["x", AIMessage("y", usage_metadata=USAGE), "z"], {"use_usage_metadata_scaling": True}, 16),
        ([AIMessage("y", usage_metadata=USAGE, **SAID)], {"use_usage_metadata_scaling": True}, 6),
    ],
    ids=str,
)
def test_tokens_are_characters_by_four_and_three_a_message(messages, options, tokens):
    assert count_tokens_approximately(messages, **options) == tokens


def test_a_tool_is_counted_as_what_a_provider_is_told_of_it():
    class Schema:
        @staticmethod
        def model_json_schema():
            return {"title": "Add", "description": "x", "type": "object"}

    class Tool:
        name, description, tool_call_schema = "add", "Add.", Schema

    told = {"name": "add", "description": "Add.", "parameters": {"type": "object"}}
    assert count_tokens_approximately([], tools=[Tool]) == count_tokens_approximately([], tools=[told]) == 18


@pytest.mark.parametrize(
    "options, wanted",
    [
        ({"chars_per_token": 0}, "chars_per_token must be more than 0, got 0"),
        ({"tools": [{"name": "f"}, len]}, r"tools\[1\] must be a dict, or a tool with .* got builtin"),
    ],
)
def test_a_wrong_argument_of_counting_is_named(options, wanted):
    with pytest.raises(ConfigurationError, match=wanted):
        count_tokens_approximately(["x"], **options)


def test_a_remove_message_is_an_id_and_nothing_else():
    message = RemoveMessage("m1")
    assert repr(message) == "RemoveMessage(content='', id='m1')"
    assert (message.type, message.content, message.id) == ("remove", "", "m1")
    assert pickle.loads(pickle.dumps(message)) == message
    assert convert_to_messages([{"role": "remove", "content": "", "id": "m1"}, message]) == [message, message]
    with pytest.raises(ConfigurationError, match="content must be left out"):
        RemoveMessage("m1", content="x")
    with pytest.raises(TypeError, match="id"):
        RemoveMessage()


def test_what_works_on_conversations_is_loaded_when_it_is_used():
    modules = sorted(set(minichat.messages._LATER.values()))
    code = (
        "import sys, minichat.messages as m\n"
        f"print([x for x in {modules!r} if m.__name__ + '.' + x in sys.modules], set(m.__all__) <= set(dir(m)))\n"
        "[getattr(m, name) for name in m._LATER]\n"
        f"print([x for x in {modules!r} if m.__name__ + '.' + x in sys.modules] == {modules!r})"
    )
    code = f"import sys; sys.path[:0] = {sys.path!r}\n{code}"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split("\n")[:2] == ["[] True", "True"]


def test_an_unknown_name_of_the_messages_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'trim_massages'"):
        minichat.messages.trim_massages
