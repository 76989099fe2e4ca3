"""Every kind of message: what it takes, refuses, shows, and when two are equal."""

import copy
import pickle
import subprocess
import sys
import uuid

import pytest

import minichat.messages
from minichat.errors import ConfigurationError
from minichat.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    InvalidToolCall,
    SystemMessage,
    SystemMessageChunk,
    ToolCall,
    ToolCallChunk,
    ToolMessage,
    ToolMessageChunk,
    UsageMetadata,
    invalid_tool_call,
    message_chunk_to_message,
    tool_call,
    tool_call_chunk,
)

CALL = {"name": "add", "args": {"a": 1}, "id": "c1"}
TYPED_CALL = {**CALL, "type": "tool_call"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}

KINDS = [
    # class, required fields, type
    (HumanMessage, {}, "human"),
    (HumanMessageChunk, {}, "HumanMessageChunk"),
    (AIMessage, {}, "ai"),
    (AIMessageChunk, {}, "AIMessageChunk"),
    (SystemMessage, {}, "system"),
    (SystemMessageChunk, {}, "SystemMessageChunk"),
    (FunctionMessage, {"name": "f"}, "function"),
    (FunctionMessageChunk, {"name": "f"}, "FunctionMessageChunk"),
    (ToolMessage, {"tool_call_id": "1"}, "tool"),
    (ToolMessageChunk, {"tool_call_id": "1"}, "ToolMessageChunk"),
    (ChatMessage, {"role": "r"}, "chat"),
    (ChatMessageChunk, {"role": "r"}, "ChatMessageChunk"),
]
every_kind = pytest.mark.parametrize("cls, required, type", KINDS, ids=[k[2] for k in KINDS])

REPRS = [
    (HumanMessage("x"), "HumanMessage(content='x')"),
    (AIMessage(content="J'adore la programmation."), 'AIMessage(content="J\'adore la programmation.")'),
    (AIMessageChunk(content=" purpose"), "AIMessageChunk(content=' purpose')"),
    (AIMessageChunk(content="", chunk_position="last"), "AIMessageChunk(content='')"),
    (SystemMessage([{"type": "text", "text": "a"}]), "SystemMessage(content=[{'type': 'text', 'text': 'a'}])"),
    (HumanMessage("x", name="bob"), "HumanMessage(content='x', name='bob')"),
    (ToolMessage("c", tool_call_id="1"), "ToolMessage(content='c', tool_call_id='1')"),
    (
        ToolMessage("c", tool_call_id="1", status="error", artifact=[1]),
        "ToolMessage(content='c', tool_call_id='1', artifact=[1], status='error')",
    ),
    (ChatMessage("c", role="r"), "ChatMessage(content='c', role='r')"),
    (FunctionMessage("c", name="f"), "FunctionMessage(content='c', name='f')"),
    (BaseMessage("c", type="note"), "BaseMessage(content='c', type='note')"),
    (AIMessage("", tool_calls=[CALL]), f"AIMessage(content='', tool_calls=[{TYPED_CALL!r}])"),
    (HumanMessage("x", mood="good"), "HumanMessage(content='x', mood='good')"),
    (
        AIMessage("x", id="1", usage_metadata=USAGE, response_metadata={"a": 1}, additional_kwargs={"b": 2}),
        "AIMessage(content='x')",
    ),
]

REFUSED = [
    # what, error, words it says
    (lambda: HumanMessage(), TypeError, "'content'"),
    (lambda: AIMessageChunk(), TypeError, "'content'"),
    (lambda: ToolMessage(tool_call_id="1"), TypeError, "'content'"),
    (lambda: HumanMessage(None), ValueError, "content must be a str"),
    (lambda: HumanMessage(5), ValueError, "content must be a str"),
    (lambda: AIMessageChunk(content=None), ValueError, "content must be a str"),
    (lambda: HumanMessage([5]), ValueError, "content[0]"),
    (lambda: HumanMessage("x", additional_kwargs=None), ValueError, "additional_kwargs must be a dict"),
    (lambda: HumanMessage("x", name=5), ValueError, "name must be a str"),
    (lambda: HumanMessage("x", id=[]), ValueError, "id must be a str"),
    (lambda: HumanMessage("x", type="ai"), ValueError, "type must be 'human'"),
    (lambda: AIMessageChunk("x", _tape=[]), ValueError, "_tape"),
    (lambda: BaseMessage("x"), ValueError, "type is missing"),
    (lambda: ToolMessage("x"), ValueError, "tool_call_id is missing"),
    (lambda: ToolMessage("x", tool_call_id=None), ValueError, "tool_call_id must be a str"),
    (lambda: ToolMessage("x", tool_call_id="1", status="ok"), ValueError, "status must be"),
    (lambda: ChatMessage("x"), ValueError, "role is missing"),
    (lambda: FunctionMessage("x"), ValueError, "name is missing"),
    (lambda: FunctionMessage("x", name=None), ValueError, "name must be a str"),
    (lambda: AIMessage("", tool_calls=5), ValueError, "tool_calls must be a list"),
    (lambda: AIMessage("", tool_calls=["f"]), ValueError, "tool_calls[0] must be a dict"),
    (lambda: AIMessage("", tool_calls=[{"name": "f", "args": {}}]), ValueError, "tool_calls[0] has no 'id'"),
    (lambda: AIMessage("", tool_calls=[{**CALL, "args": "{}"}]), ValueError, "tool_calls[0]['args']"),
    (lambda: AIMessage("", tool_calls=[{**CALL, "name": None}]), ValueError, "tool_calls[0]['name']"),
    (lambda: AIMessage("", tool_calls=[{**CALL, "x": 1}]), ValueError, "unknown keys ['x']"),
    (lambda: AIMessage("", invalid_tool_calls=[{"args": 5}]), ValueError, "invalid_tool_calls[0]['args']"),
    (lambda: AIMessage("", usage_metadata=5), ValueError, "usage_metadata must be a dict"),
    (lambda: AIMessageChunk("", tool_call_chunks=[{"args": {}}]), ValueError, "tool_call_chunks[0]['args']"),
    (lambda: AIMessageChunk("", tool_call_chunks=[{"index": 1.5}]), ValueError, "tool_call_chunks[0]['index']"),
    (lambda: AIMessageChunk("", chunk_position="first"), ValueError, "chunk_position"),
]


@every_kind
def test_a_kind_has_its_type_and_the_defaults(cls, required, type):
    message = cls(content="x", **required)
    assert message.type == cls.type == type
    assert cls("x", type=type, **required) == message
    assert (message.additional_kwargs, message.response_metadata, message.id) == ({}, {}, None)
    assert message.additional_kwargs is message.additional_kwargs
    assert message.additional_kwargs is not cls("x", **required).additional_kwargs
    if isinstance(message, AIMessage):
        assert (message.tool_calls, message.invalid_tool_calls, message.usage_metadata) == ([], [], None)
    if cls is AIMessageChunk:
        assert (message.tool_call_chunks, message.chunk_position) == ([], None)
    if isinstance(message, ToolMessage):
        assert (message.artifact, message.status) == (None, "success")


@every_kind
def test_equal_means_same_class_and_same_fields(cls, required, type):
    message = cls("x", id="1", **required)
    assert message == cls("x", id="1", **required)
    assert not message != cls("x", id="1", **required)
    for other in (
        cls("y", id="1", **required),
        cls("x", id="2", **required),
        cls("x", id="1", additional_kwargs={"a": 1}, **required),
        cls("x", id="1", response_metadata={"a": 1}, **required),
        cls("x", id="1", extra=1, **required),
        *(other("x", id="1", **fields) for other, fields, _ in KINDS if other is not cls),
        "x",
    ):
        assert message != other
    with pytest.raises(TypeError, match="unhashable"):
        hash(message)


@every_kind
def test_a_message_survives_pickle_copy_and_deepcopy(cls, required, type):
    message = cls("x", id="1", additional_kwargs={"a": [1]}, mood="good", **required)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(message, protocol)) == message
    deep = copy.deepcopy(message)
    assert copy.copy(message) == deep == message
    deep.additional_kwargs["a"].append(2)
    assert message.additional_kwargs == {"a": [1]}


@every_kind
def test_model_copy_replaces_fields_and_model_dump_shows_all(cls, required, type):
    message = cls("x", additional_kwargs={"a": [1]}, mood="good", **required)
    assert message.model_copy() == message
    changed = message.model_copy(update={"content": "y", "id": "2"}, deep=True)
    assert changed == cls("y", id="2", additional_kwargs={"a": [1]}, mood="good", **required)
    changed.additional_kwargs["a"].append(2)
    dumped = message.model_dump()
    dumped["additional_kwargs"]["a"].append(3)
    assert message.additional_kwargs == {"a": [1]}
    assert {"content", "type", "id", "name", "mood", *required} <= set(dumped)
    assert dumped["type"] == type and dumped["mood"] == "good"
    assert message.model_dump(include={"content", "id"}, exclude_none=True) == {"content": "x"}
    assert "content" not in message.model_dump(exclude={"content"})
    assert message.model_extra == {"mood": "good"}


@pytest.mark.parametrize("message, shown", REPRS, ids=[r[1][:40] for r in REPRS])
def test_repr_shows_what_the_user_would_have_typed(message, shown):
    assert repr(message) == shown


def test_str_is_the_repr_without_the_class():
    assert str(HumanMessage("a")) == "content='a'"
    assert str(ChatMessage("a", role="r")) == "content='a' role='r'"


@pytest.mark.parametrize("make, error, words", REFUSED)
def test_a_wrong_argument_is_named(make, error, words):
    with pytest.raises(error) as caught:
        make()
    assert words in str(caught.value)
    assert error is TypeError or isinstance(caught.value, ConfigurationError)


def test_an_error_does_not_show_the_text_of_the_message():
    with pytest.raises(ConfigurationError) as caught:
        HumanMessage([b"my secret prompt"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "given, stored",
    [
        (5, "5"),
        ({"a": 1}, "{'a': 1}"),
        (None, "None"),
        (("a", 1), ["a", "1"]),
        (["a", {"b": 1}, 2.5], ["a", {"b": 1}, "2.5"]),
    ],
)
def test_tool_content_is_turned_to_text(given, stored):
    assert ToolMessage(given, tool_call_id="1").content == stored


@pytest.mark.parametrize("given", [7, 7.5, uuid.UUID(int=7)])
def test_a_tool_call_id_may_be_a_number_or_a_uuid(given):
    assert ToolMessage("x", tool_call_id=given).tool_call_id == str(given)


def test_a_message_does_not_share_what_it_was_given():
    content, kwargs, calls = [{"type": "text", "text": "a"}], {"a": 1}, [dict(CALL)]
    message = AIMessage(content, additional_kwargs=kwargs, tool_calls=calls)
    content[0]["text"] = "b"
    content.append("c")
    kwargs["b"] = 2
    calls.clear()
    assert message == AIMessage(
        [{"type": "text", "text": "a"}], additional_kwargs={"a": 1}, tool_calls=[TYPED_CALL]
    )


def test_numbers_as_ids_become_texts():
    assert HumanMessage("x", id=5).id == AIMessageChunk("x", id=5).id == "5"


def test_text_joins_texts_and_text_blocks():
    blocks = ["a", {"type": "text", "text": "b"}, {"type": "image_url", "image_url": {}}, {"text": "no"}, "c"]
    assert HumanMessage(blocks).text == "abc"
    assert AIMessage("plain").text == "plain"


OPENAI_CALLS = [
    {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
    {"id": "2", "type": "function", "function": {"name": "g", "arguments": ""}},
    {"id": "3", "type": "function", "function": {"name": "h", "arguments": '{"a":'}},
    {"id": "4", "type": "function", "function": {"name": "i", "arguments": "[1]"}},
    {"id": "5", "type": "custom", "custom": {"name": "j", "input": "x"}},
]


def test_openai_tool_calls_in_additional_kwargs_are_read():
    message = AIMessage("", additional_kwargs={"tool_calls": OPENAI_CALLS})
    assert message.tool_calls == [
        tool_call(name="f", args={"a": 1}, id="1"),
        tool_call(name="g", args={}, id="2"),
    ]
    assert message.invalid_tool_calls == [
        invalid_tool_call(name="h", args='{"a":', id="3"),
        invalid_tool_call(name="i", args="[1]", id="4"),
    ]
    assert AIMessage("", additional_kwargs={"tool_calls": OPENAI_CALLS}, tool_calls=[CALL]).tool_calls == [TYPED_CALL]


def test_openai_tool_calls_of_a_chunk_are_read_as_pieces():
    chunk = AIMessageChunk("", additional_kwargs={"tool_calls": [{**OPENAI_CALLS[2], "index": 0}]})
    assert chunk.tool_call_chunks == [tool_call_chunk(name="h", args='{"a":', id="3", index=0)]
    assert chunk.tool_calls == [tool_call(name="h", args={}, id="3")]


def test_the_typed_dicts_are_dicts_at_run_time():
    assert ToolCall(name="f", args={}, id=None) == {"name": "f", "args": {}, "id": None}
    assert ToolCallChunk(name="f", args="", id=None, index=0)["index"] == 0
    assert InvalidToolCall(name="f", args="x", id=None, error=None)["args"] == "x"
    assert UsageMetadata(input_tokens=1, output_tokens=2, total_tokens=3) == USAGE
    assert tool_call(**CALL) == TYPED_CALL
    assert tool_call_chunk() == {"name": None, "args": None, "id": None, "index": None, "type": "tool_call_chunk"}
    assert invalid_tool_call()["type"] == "invalid_tool_call"


@every_kind
def test_a_chunk_becomes_a_whole_message(cls, required, type):
    chunk = cls("x", id="1", additional_kwargs={"a": 1}, mood="good", **required)
    whole = message_chunk_to_message(chunk)
    if not type.endswith("Chunk"):
        assert whole is chunk
        return
    assert whole == cls.__mro__[1]("x", id="1", additional_kwargs={"a": 1}, mood="good", **required)


def test_an_ai_chunk_loses_only_the_fields_of_chunks():
    chunk = AIMessageChunk(
        [],
        tool_call_chunks=[tool_call_chunk(name="add", args='{"a": 1}', id="c1", index=0)],
        usage_metadata=USAGE,
        chunk_position="last",
    )
    assert message_chunk_to_message(chunk) == AIMessage([], tool_calls=[CALL], usage_metadata=USAGE)


def test_pretty_repr_is_a_title_and_the_content(capsys):
    assert HumanMessage("hi", name="bob").pretty_repr() == f"{'=' * 32} Human Message {'=' * 33}\nName: bob\n\nhi"
    assert HumanMessage("hi").pretty_repr(html=True).count("\033[") == 2
    AIMessage("", tool_calls=[CALL], invalid_tool_calls=[{"name": "g", "args": "{", "error": "cut"}]).pretty_print()
    assert capsys.readouterr().out.splitlines() == [
        "================================== Ai Message ==================================",
        "Tool Calls:",
        "  add (c1)",
        " Call ID: c1",
        "  Args:",
        "    a: 1",
        "Invalid Tool Calls:",
        "  g (None)",
        " Call ID: None",
        "  Error: cut",
        "  Args:",
        "    {",
    ]


def test_importing_messages_loads_nothing_heavy():
    heavy = ("typing", "dataclasses", "enum", "re", "uuid", "logging", "json", "asyncio", "inspect", "pydantic")
    code = f"import sys; import minichat.messages; print([m for m in {heavy!r} if m in sys.modules])"
    # -S -I: no site, so that nothing but our import loads modules; the path is then given by hand
    code = f"import sys; sys.path[:0] = {sys.path!r}; {code}"
    assert subprocess.check_output([sys.executable, "-S", "-I", "-c", code], text=True).strip() == "[]"
