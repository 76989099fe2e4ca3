"""What people write becomes messages; each row of the specification's table, and its errors."""

import pytest

from minichat.errors import ConfigurationError
from minichat.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    coerce_input,
    coerce_message,
    convert_to_messages,
    invalid_tool_call,
    leaf_chunk,
    tool_call_chunk,
)

CALL = {"name": "f", "args": {"a": 1}, "id": "c1"}
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
MESSAGE = HumanMessage("itself")


class PromptValue:
    def to_messages(self):
        return [SystemMessage("s"), HumanMessage("h")]


class Foreign:
    """A message of another library: attributes, nothing else."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


ROWS = [
    ("hi", HumanMessage("hi")),
    (("human", "x"), HumanMessage("x")),
    (("user", "x"), HumanMessage("x")),
    (("ai", "x"), AIMessage("x")),
    (("assistant", "x"), AIMessage("x")),
    (("system", "x"), SystemMessage("x")),
    (("developer", "x"), SystemMessage("x", additional_kwargs={"__openai_role__": "developer"})),
    (["human", "x"], HumanMessage("x")),
    (("human", [{"type": "text", "text": "x"}]), HumanMessage([{"type": "text", "text": "x"}])),
    ({"role": "user", "content": "x"}, HumanMessage("x")),
    ({"type": "human", "content": "x"}, HumanMessage("x")),
    ({"role": "user", "content": "x", "name": "bob", "id": "1"}, HumanMessage("x", name="bob", id="1")),
    ({"role": "user", "content": "x", "foo": 1}, HumanMessage("x", additional_kwargs={"foo": 1})),
    (
        {"role": "user", "content": "x", "foo": 1, "additional_kwargs": {"bar": 2}},
        HumanMessage("x", additional_kwargs={"foo": 1, "bar": 2}),
    ),
    ({"role": "assistant", "content": None}, AIMessage("")),
    ({"role": "assistant", "content": "", "tool_calls": [CALL]}, AIMessage("", tool_calls=[CALL])),
    ({"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]}, AIMessage("", tool_calls=[CALL])),
    (
        {"role": "assistant", "content": None, "tool_calls": [{"id": "d", "function": {"name": "f", "arguments": "{"}}]},
        AIMessage("", tool_calls=[], invalid_tool_calls=[invalid_tool_call(name="f", args="{", id="d")]),
    ),
    (
        {"role": "ai", "content": "x", "response_metadata": {"m": 1}, "usage_metadata": {"input_tokens": 1}},
        AIMessage("x", response_metadata={"m": 1}, usage_metadata={"input_tokens": 1}),
    ),
    ({"role": "tool", "content": "x", "tool_call_id": "1"}, ToolMessage("x", tool_call_id="1")),
    (
        {"role": "tool", "content": "x", "tool_call_id": "1", "status": "error", "artifact": [1]},
        ToolMessage("x", tool_call_id="1", status="error", artifact=[1]),
    ),
    (
        {"role": "tool", "content": "x", "tool_call_id": "1", "additional_kwargs": {"status": "error"}},
        ToolMessage("x", tool_call_id="1", status="error"),
    ),
    ({"role": "function", "content": "x", "name": "f"}, FunctionMessage("x", name="f")),
    ({"role": "user", "content": "x", "additional_kwargs": {"example": True}}, HumanMessage("x", example=True)),
    (Foreign(type="human", content="x"), HumanMessage("x")),
    (Foreign(type="chat", content="x", role="r"), ChatMessage("x", role="r")),
    (
        Foreign(type="ai", content="x", name=None, id="1", tool_calls=[CALL], usage_metadata=None),
        AIMessage("x", id="1", tool_calls=[CALL]),
    ),
    (Foreign(type="tool", content="x", tool_call_id="1", status="error"), ToolMessage("x", tool_call_id="1", status="error")),
    (
        Foreign(type="AIMessageChunk", content="x", tool_call_chunks=[tool_call_chunk(args="{", index=0)]),
        AIMessageChunk("x", tool_call_chunks=[tool_call_chunk(args="{", index=0)]),
    ),
    (Foreign(type="human", content="x", model_extra={"mood": "good"}), HumanMessage("x", mood="good")),
]

REFUSED = [
    # item, error, words
    ({"content": "x"}, ConfigurationError, "Message dict must contain 'role' and 'content' keys, got {'content': 'x'}"),
    ({"role": "user"}, ConfigurationError, "Message dict must contain 'role' and 'content' keys, got {'role': 'user'}"),
    (
        ("zzz", "x"),
        ConfigurationError,
        "Unexpected message type: zzz. Use one of 'human', 'user', 'ai', 'assistant', or 'system'.",
    ),
    ({"role": 5, "content": "x"}, ConfigurationError, "Unexpected message type: 5."),
    (("human",), NotImplementedError, "(role string, content)"),
    (("human", "x", "y"), NotImplementedError, "(role string, content)"),
    (5, NotImplementedError, "Unsupported message type: <class 'int'>"),
    (None, NotImplementedError, "Unsupported message type: <class 'NoneType'>"),
    (("human", None), ConfigurationError, "content must be a str"),
    ({"role": "tool", "content": "x"}, ConfigurationError, "tool_call_id is missing"),
    ({"role": "assistant", "content": "x", "tool_calls": [5]}, ConfigurationError, "tool_calls[0] must be a dict"),
    (Foreign(type="zzz", content="x"), ConfigurationError, "Unexpected message type: zzz"),
]


@pytest.mark.parametrize("item, message", ROWS, ids=lambda value: str(value)[:40])
def test_each_form_becomes_its_message(item, message):
    before = repr(item)
    assert convert_to_messages([item]) == [message]
    assert coerce_message(item) == message
    assert repr(item) == before, "what was given stays as it was"


@pytest.mark.parametrize("item, error, words", REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_message_is_refused(item, error, words):
    with pytest.raises(error) as caught:
        convert_to_messages([item])
    assert words in str(caught.value)


def test_a_message_is_given_back_itself():
    chunk = leaf_chunk("x", None)
    assert [a is b for a, b in zip(convert_to_messages([MESSAGE, chunk]), [MESSAGE, chunk])] == [True, True]


def test_prompt_values_iterators_and_mixed_lists():
    assert convert_to_messages(PromptValue()) == [SystemMessage("s"), HumanMessage("h")]
    assert convert_to_messages(iter([MESSAGE, "x", ("ai", "y")])) == [MESSAGE, HumanMessage("x"), AIMessage("y")]
    assert convert_to_messages([]) == []
    assert convert_to_messages("hi") == [HumanMessage("h"), HumanMessage("i")]


def test_a_chat_model_takes_text_prompt_values_and_sequences():
    assert coerce_input("hi") == [HumanMessage("hi")]
    assert coerce_input(PromptValue()) == [SystemMessage("s"), HumanMessage("h")]
    assert coerce_input([MESSAGE, "x"]) == [MESSAGE, HumanMessage("x")]
    assert coerce_input(("human", "x")) == [HumanMessage("human"), HumanMessage("x")]
    assert coerce_input([]) == []


@pytest.mark.parametrize("value", [MESSAGE, {"role": "user", "content": "x"}, 5, None, {1}])
def test_a_chat_model_refuses_anything_else(value):
    with pytest.raises(ValueError) as caught:
        coerce_input(value)
    assert str(caught.value) == (
        f"Invalid input type {type(value)}. Must be a PromptValue, str, or list of BaseMessages."
    )


def test_messages_of_a_second_copy_are_understood(tmp_path, monkeypatch):
    import shutil
    import sys
    from pathlib import Path

    import minichat.messages

    source = Path(minichat.messages.__file__).parent.parent
    copy = tmp_path / "othercopy"
    copy.mkdir()
    (copy / "__init__.py").write_text("")
    shutil.copy(source / "errors.py", copy)
    shutil.copytree(source / "messages", copy / "messages")
    monkeypatch.syspath_prepend(str(tmp_path))
    import othercopy.messages as other

    try:
        total = other.leaf_chunk("a", "1") + other.AIMessageChunk("b", id="1", response_metadata={"m": 1})
        given = [total, other.ToolMessage("x", tool_call_id="1"), other.HumanMessage("h", name="n", mood="good")]
        assert convert_to_messages(given) == [
            AIMessageChunk("ab", id="1", response_metadata={"m": 1}),
            ToolMessage("x", tool_call_id="1"),
            HumanMessage("h", name="n", mood="good"),
        ]
        assert all(type(m).__module__.startswith("minichat.") for m in convert_to_messages(given))
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "othercopy"]:
            del sys.modules[name]
