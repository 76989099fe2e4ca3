"""The same calls through langchain-core, where it is installed: two hands, one behaviour.

Skipped without it; it is no dependency, also not for tests. Every place where the two part on
purpose is a row of DIFFERENT, with the reason, so that an unnoticed one cannot hide.
"""

import json
import random

import pytest

import minichat.messages as mine

theirs = pytest.importorskip("langchain_core.messages", reason="langchain-core is not installed")

FIELDS = (
    "type",
    "content",
    "additional_kwargs",
    "response_metadata",
    "name",
    "id",
    "tool_calls",
    "invalid_tool_calls",
    "usage_metadata",
    "tool_call_chunks",
    "chunk_position",
    "tool_call_id",
    "artifact",
    "status",
    "role",
)


def state(message):
    """All that both libraries show of a message, or of the error instead of it."""
    if isinstance(message, Exception):
        return "error"
    found = {"class": type(message).__name__}
    found.update((name, getattr(message, name)) for name in FIELDS if hasattr(message, name))
    found["text"] = str(message.text)
    return found


def both_ways(build):
    """Build with each library; an error counts as a result."""
    results = []
    for library in (mine, theirs):
        try:
            results.append(build(library))
        except Exception as error:
            results.append(error)
    return results


def piece(args, index=0, name=None, id=None):
    return {"name": name, "args": args, "id": id, "index": index}


AI = "AIMessageChunk"
# The arguments are such that any sequence of pieces is the beginning of some JSON or plainly none;
# for texts in between the libraries part on purpose (DIFFERENT).
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}

CHUNKS = [
    # class, fields: each is added to each
    (AI, {"content": ""}),
    (AI, {"content": "a"}),
    (AI, {"content": "b", "id": "run-1"}),
    (AI, {"content": "c", "id": "chatcmpl-1"}),
    (AI, {"content": "c", "id": "lc_run--1"}),
    (AI, {"content": "c", "id": "lc_1"}),
    (AI, {"content": ["x"]}),
    (AI, {"content": [{"type": "text", "text": "x"}]}),
    (AI, {"content": [{"type": "text", "text": "x", "index": 0}]}),
    (AI, {"content": [{"type": "text", "text": "y", "index": 0}, {"type": "text", "text": "z", "index": 1}]}),
    (AI, {"content": [{"type": "thinking", "thinking": "t", "index": 1}, "s"]}),
    (AI, {"content": [{"type": "text", "text": "i", "index": 0, "id": "p"}]}),
    (AI, {"content": [{"type": "text", "text": "j", "index": 0, "id": "q"}]}),
    (AI, {"content": "", "additional_kwargs": {"s": "x", "n": 1, "d": {"k": "v"}, "l": [1], "none": None}}),
    (AI, {"content": "", "additional_kwargs": {"s": "y", "n": 2, "d": {"k": "w", "m": 1}, "l": [2], "none": "n"}}),
    (AI, {"content": "", "additional_kwargs": {"s": 1}}),
    (AI, {"content": "", "additional_kwargs": {"n": True}}),
    (AI, {"content": "", "additional_kwargs": {"b": True}}),
    (AI, {"content": "", "additional_kwargs": {"b": False}}),
    (AI, {"content": "", "additional_kwargs": {"f": 1.5}}),
    (AI, {"content": "", "additional_kwargs": {"f": 2.5}}),
    (AI, {"content": "", "additional_kwargs": {"tool_calls": [{"index": 5, "function": {"name": "f", "arguments": '{"b":['}}]}}),
    (AI, {"content": "", "response_metadata": {"model_name": "m", "model_provider": "openai", "created": 1}}),
    (AI, {"content": "", "response_metadata": {"model_name": "m", "model_provider": "openai", "created": 2}}),
    (AI, {"content": "", "response_metadata": {"logprobs": {"content": [{"token": "a"}]}, "finish_reason": "stop"}}),
    (AI, {"content": "", "tool_call_chunks": [piece('{"a":[', name="f", id="c1")]}),
    (AI, {"content": "", "tool_call_chunks": [piece("[1,")]}),
    (AI, {"content": "", "tool_call_chunks": [piece("{}", index=1, name="g", id="c2")]}),
    (AI, {"content": "", "tool_call_chunks": [piece("{}", index=None, name="h", id="c3")]}),
    (AI, {"content": "", "tool_call_chunks": [piece("nonsense", name="g", id="c4")]}),
    (AI, {"content": "", "tool_call_chunks": [piece(None, name="k"), piece("", index=2)]}),
    (AI, {"content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c5"}]}),
    (AI, {"content": "", "invalid_tool_calls": [{"name": "f", "args": "{{", "id": "c6", "error": "e"}]}),
    (AI, {"content": "", "usage_metadata": USAGE}),
    (AI, {"content": "", "usage_metadata": {**USAGE, "input_token_details": {"cache_read": 4}}}),
    (AI, {"content": "", "chunk_position": "last"}),
    (AI, {"content": "n", "name": "bob"}),
    ("HumanMessageChunk", {"content": "h", "id": "h1", "additional_kwargs": {"s": "z"}}),
    ("SystemMessageChunk", {"content": "s", "response_metadata": {"model_name": "m"}}),
    ("ChatMessageChunk", {"content": "c", "role": "r"}),
    ("ChatMessageChunk", {"content": "d", "role": "q"}),
    ("FunctionMessageChunk", {"content": "f", "name": "g"}),
    ("FunctionMessageChunk", {"content": "e", "name": "h"}),
    ("ToolMessageChunk", {"content": "t", "tool_call_id": "1", "artifact": {"a": "x"}, "id": "t1"}),
    ("ToolMessageChunk", {"content": "u", "tool_call_id": "1", "artifact": {"a": "y"}, "status": "error"}),
    ("ToolMessageChunk", {"content": "v", "tool_call_id": "2"}),
    ("AIMessage", {"content": "whole"}),
]


def chunk(library, row):
    name, fields = row
    return getattr(library, name)(**json.loads(json.dumps(fields)))


def on_purpose(left, right):
    """Why the sums differ, for the pairs that differ on purpose; None for all others."""
    kinds = (left[0], right[0])
    if left[0] == "AIMessage":
        return "message + message makes a prompt template in LangChain"
    if "run-1" in (left[1].get("id"), right[1].get("id")):
        return "run- ids are made up here, in LangChain only lc_run- ones"
    if kinds[0] != kinds[1] and left[0] == AI and right[0].endswith("Chunk"):
        return "LangChain drops the left chunk's tool calls, usage and position beside another kind"
    if kinds[0] != kinds[1] and left[0] in ("ToolMessageChunk", "FunctionMessageChunk"):
        return "LangChain fails on the id or name that its sum then lacks"
    return None


@pytest.mark.parametrize("left", CHUNKS, ids=lambda row: str(row)[:60])
def test_sums_of_two_and_three_agree(left):
    for right in CHUNKS:
        if on_purpose(left, right) is not None:
            continue
        ours, other = both_ways(lambda lib: chunk(lib, left) + chunk(lib, right))
        assert state(ours) == state(other), (left, right)
        if isinstance(ours, Exception):
            assert isinstance(ours, type(other)) and str(ours) == str(other), (left, right)
            continue
        for third in CHUNKS[::5]:
            if on_purpose(left, third) is not None or (left[0], right[0]) != (AI, AI):
                continue
            ours, other = both_ways(lambda lib: chunk(lib, left) + chunk(lib, right) + chunk(lib, third))
            assert state(ours) == state(other), (left, right, third)


@pytest.mark.parametrize("row", CHUNKS, ids=lambda row: str(row)[:60])
def test_a_built_chunk_and_its_whole_message_agree(row):
    ours, other = both_ways(lambda lib: chunk(lib, row))
    assert state(ours) == state(other)
    ours, other = both_ways(lambda lib: lib.message_chunk_to_message(chunk(lib, row)))
    assert state(ours) == state(other)


@pytest.mark.parametrize("seed", range(30))
def test_long_random_sums_agree(seed):
    rng = random.Random(seed)
    rows = [row for row in CHUNKS if row[0] == AI and row[1].get("id") != "run-1"]
    rows = [rng.choice(rows) for _ in range(rng.randrange(2, 15))]
    sums, refused = [], []
    for library in (mine, theirs):
        total = chunk(library, rows[0])
        errors = []
        for at, row in enumerate(rows[1:]):
            try:
                total = total + chunk(library, row)
            except TypeError:
                errors.append(at)  # of two keys that do not fit, either may be named
        sums.append(state(total))
        refused.append(errors)
    assert sums[0] == sums[1]
    assert refused[0] == refused[1]


MESSAGES = [
    lambda lib: lib.AIMessage("x", tool_calls=[{"name": "f", "args": {}, "id": None}]),
    lambda lib: lib.AIMessage("x", tool_calls=[{"name": "f", "args": {}}]),
    lambda lib: lib.AIMessage("x", tool_calls=[{"name": "f", "args": "{}", "id": "1"}]),
    lambda lib: lib.AIMessage(
        "",
        additional_kwargs={
            "tool_calls": [
                {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}},
                {"id": "2", "function": {"name": "f", "arguments": "{"}},
                {"id": "3", "type": "custom"},
            ]
        },
    ),
    lambda lib: lib.AIMessage("x", id=5),
    lambda lib: lib.AIMessage(5),
    lambda lib: lib.AIMessage(None),
    lambda lib: lib.AIMessage(),
    lambda lib: lib.AIMessage([5]),
    lambda lib: lib.HumanMessage("x", additional_kwargs=None),
    lambda lib: lib.HumanMessage("x", type="ai"),
    lambda lib: lib.HumanMessage("x", type="human"),
    lambda lib: lib.HumanMessage([{"type": "text", "text": "a"}, "b", {"type": "image_url"}]),
    lambda lib: lib.ToolMessage(5, tool_call_id=7),
    lambda lib: lib.ToolMessage(("a", 5), tool_call_id="1"),
    lambda lib: lib.ToolMessage(["a", 5, {"b": 1}], tool_call_id="1"),
    lambda lib: lib.ToolMessage("x"),
    lambda lib: lib.ToolMessage("x", tool_call_id="1", status="ok"),
    lambda lib: lib.ChatMessage("x"),
    lambda lib: lib.ChatMessage("x", role="r", name="n"),
    lambda lib: lib.FunctionMessage("x"),
    lambda lib: lib.FunctionMessage("x", name="f"),
    lambda lib: lib.AIMessageChunk("x", chunk_position="first"),
]


@pytest.mark.parametrize("build", MESSAGES, ids=range(len(MESSAGES)))
def test_construction_agrees(build):
    ours, other = both_ways(build)
    assert state(ours) == state(other)


@pytest.mark.parametrize("build", MESSAGES + [lambda lib, row=row: chunk(lib, row) for row in CHUNKS])
def test_pretty_repr_agrees(build):
    ours, other = both_ways(build)
    if not isinstance(ours, Exception):
        assert ours.pretty_repr() == other.pretty_repr()
        assert ours.pretty_repr(html=True) == other.pretty_repr(html=True)


CALL = {"name": "f", "args": {"a": 1}, "id": "c1"}
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
ITEMS = [
    "hi",
    ("human", "x"),
    ("user", "x"),
    ("ai", "x"),
    ("assistant", [{"type": "text", "text": "x"}]),
    ("system", "x"),
    ("developer", "x"),
    ["human", "x"],
    ("zzz", "x"),
    ("human",),
    ("human", "x", "y"),
    ("human", None),
    {"role": "user", "content": "x"},
    {"type": "human", "content": "x"},
    {"role": "user", "type": "ai", "content": "x"},
    {"role": "user", "content": "x", "name": "bob", "id": "1", "foo": 1, "additional_kwargs": {"bar": 2}},
    {"role": "assistant", "content": None},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL, CALL]},
    {"role": "assistant", "content": None, "tool_calls": []},
    {"role": "ai", "content": "x", "response_metadata": {"m": 1}},
    {"role": "tool", "content": "x", "tool_call_id": "1", "status": "error", "artifact": [1]},
    {"role": "tool", "content": "x", "tool_call_id": "1", "additional_kwargs": {"status": "error"}},
    {"role": "tool", "content": "x"},
    {"role": "function", "content": "x", "name": "f"},
    {"role": "function", "content": "x"},
    {"role": "user", "content": "x", "additional_kwargs": {"example": True}},
    {"role": "chat", "content": "x"},
    {"role": "user"},
    {"content": "x"},
    {},
    5,
    None,
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: str(item)[:50])
def test_conversion_agrees(item):
    ours, other = both_ways(lambda lib: lib.convert_to_messages([json.loads(json.dumps(item)) if type(item) is dict else item]))
    if isinstance(other, Exception):
        assert isinstance(ours, Exception)
        shared = (NotImplementedError, ValueError)
        if isinstance(other, shared):
            assert [isinstance(ours, kind) for kind in shared] == [isinstance(other, kind) for kind in shared]
    else:
        assert [state(message) for message in ours] == [state(message) for message in other]


@pytest.mark.parametrize("row", CHUNKS, ids=lambda row: str(row)[:60])
def test_langchains_own_messages_are_understood(row):
    their_chunk = chunk(theirs, row)
    for foreign in (their_chunk, theirs.message_chunk_to_message(their_chunk)):
        (ours,) = mine.convert_to_messages([foreign])
        assert state(ours) == state(foreign)
        assert type(ours).__module__.startswith("minichat.")


def test_extras_of_langchains_messages_come_along():
    assert mine.convert_to_messages([theirs.HumanMessage("x", mood="good")]) == [mine.HumanMessage("x", mood="good")]


REPRS = [
    # Those of 1.x that do not show metadata, which this library never prints.
    lambda lib: lib.ToolMessage("c", tool_call_id="1"),
    lambda lib: lib.ToolMessage("c", tool_call_id="1", status="error", artifact=[1]),
]


@pytest.mark.parametrize("build", REPRS)
def test_reprs_agree_where_they_should(build):
    assert repr(build(mine)) == repr(build(theirs))


DIFFERENT = [
    # ours, theirs, why
    (
        lambda lib: (lib.AIMessageChunk([]) + lib.AIMessageChunk("x")).content,
        ["x"],
        [],
        "LangChain loses a text behind an empty list",
    ),
    (
        lambda lib: lib.AIMessageChunk("", tool_call_chunks=[piece('{"a": "\\u00e', name="f")]).tool_calls[0]["args"],
        {"a": ""},
        {},
        "the half of an escape costs the whole string there",
    ),
    (
        lambda lib: len(lib.AIMessageChunk("", tool_call_chunks=[piece("{a", name="f")]).tool_calls),
        0,
        1,
        "a text that nothing can mend is invalid here; there it is {} when a brace is open",
    ),
    (
        lambda lib: (lib.AIMessageChunk("a", id="run-1") + lib.AIMessageChunk("b", id="chatcmpl-1")).id,
        "chatcmpl-1",
        "run-1",
        "the specification: a provider's id beats run- ids",
    ),
    (
        lambda lib: (
            lib.AIMessageChunk("", tool_call_chunks=[piece("{}", name="f")]) + lib.HumanMessageChunk("b")
        ).tool_call_chunks
        != [],
        True,
        False,
        "LangChain drops the left chunk's tool calls beside another kind",
    ),
]


@pytest.mark.parametrize("build, ours, other, why", DIFFERENT, ids=[row[3][:50] for row in DIFFERENT])
def test_the_known_differences_are_the_known_ones(build, ours, other, why):
    assert build(mine) == ours
    assert build(theirs) == other
