"""Filtering, joining and trimming conversations, here without LangChain; the wide tables are beside it."""

import copy

import pytest

from minichat.errors import ConfigurationError
from minichat.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    filter_messages,
    merge_message_runs,
    trim_messages,
)

CALLS = [{"name": "f", "args": {"a": n}, "id": f"c{n}"} for n in (1, 2)]
USES = [{"type": "tool_use", "id": f"c{n}", "name": "f", "input": {"a": n}} for n in (1, 2)]
TALK = [
    SystemMessage("Be brief."),
    HumanMessage("hi", name="bob", id="h1"),
    AIMessage(["so", *USES], tool_calls=CALLS, id="a1"),
    ToolMessage("one", tool_call_id="c1"),
    ToolMessage("two", tool_call_id="c2"),
    AIMessage("done", id="a2"),
]


@pytest.mark.parametrize(
    "options, kept",
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"include_types": "human"}, [1]),
        ({"include_types": [SystemMessage, "tool"]}, [0, 3, 4]),
        ({"include_types": (kind for kind in ("system", "human"))}, [0, 1]),
        ({"include_names": ["bob"], "include_ids": ["a2"]}, [1, 5]),
        ({"include_names": "bobby"}, []),
        ({"exclude_ids": ["h1", "a1"], "exclude_types": [ToolMessage]}, [0, 5]),
        ({"exclude_tool_calls": True}, [0, 1, 5]),
        ({"exclude_tool_calls": False}, [0, 1, 2, 3, 4, 5]),
        ({"exclude_tool_calls": ["c1", "c2"]}, [0, 1, 5]),
        ({"exclude_tool_calls": ["c3"]}, [0, 1, 2, 3, 4, 5]),
    ],
    ids=str,
)
def test_filters_keep_the_messages_themselves(options, kept):
    found = filter_messages(TALK, **options)
    assert [id(message) for message in found] == [id(TALK[at]) for at in kept]


@pytest.mark.parametrize("gone", ["c1", ["c1"], {"c1"}, ("c1",)])
def test_an_excluded_call_leaves_its_message_with_the_others(gone):
    before = copy.deepcopy(TALK)
    found = filter_messages(TALK, exclude_tool_calls=gone)
    assert found == [*TALK[:2], AIMessage(["so", USES[1]], tool_calls=CALLS[1:], id="a1"), *TALK[4:]]
    assert TALK == before


@pytest.mark.parametrize(
    "options, wanted",
    [
        ({"include_types": [5]}, "include_types takes type names .* got int"),
        ({"exclude_names": 5}, "exclude_names takes names"),
        ({"exclude_ids": [None]}, "exclude_ids takes ids"),
        ({"exclude_tool_calls": [{"id": "c1"}]}, "exclude_tool_calls takes tool call ids, or True"),
    ],
)
def test_a_filter_that_can_fit_nothing_is_refused_by_name(options, wanted):
    with pytest.raises(ConfigurationError, match=wanted):
        filter_messages(TALK, **options)


@pytest.mark.parametrize(
    "function, options",
    [(filter_messages, {}), (merge_message_runs, {}), (trim_messages, {"max_tokens": 1, "token_counter": len})],
)
def test_without_messages_it_is_a_step_of_a_chain(function, options):
    talk = [("human", "a"), ("human", "b")]
    step = function(**options)
    assert step.get_name() == function.__name__
    assert step.invoke(talk) == function(talk, **options)
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\).*'nonsense'"):
        function(nonsense=1, **options)


H, A = HumanMessage, AIMessage
RUNS = [
    # run, joined
    ([], []),
    ([H("a"), H("b", id="2")], [H("a\nb")]),
    ([H("a", id="1"), H(""), H("b")], [H("a\nb", id="1")]),
    ([H(""), H("b")], [H("b")]),
    ([H("a", name="bob"), H("b")], [H("a\nb")]),
    ([H("a"), H(["b"]), H("c")], [H(["a", "bc"])]),
    (
        [H("a", additional_kwargs={"k": "v"}), H("b", additional_kwargs={"k": "w"})],
        [H("a\nb", additional_kwargs={"k": "vw"})],
    ),
    ([A("a", response_metadata={"m": 1}), A("b", response_metadata={"m": 2})], [A("a\nb", response_metadata={"m": 1})]),
    ([A("", tool_calls=CALLS[:1]), A("b", tool_calls=CALLS[1:])], [A("b", tool_calls=CALLS)]),
    (
        [A("a", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3})] * 2,
        [A("a\na", usage_metadata={"input_tokens": 2, "output_tokens": 4, "total_tokens": 6})],
    ),
    ([ToolMessage("a", tool_call_id="1"), ToolMessage("b", tool_call_id="1")], None),
    ([H("a"), A("b"), H("c")], None),
    ([H("a"), HumanMessageChunk("b"), H("c")], [H("a\nb\nc")]),
    ([HumanMessageChunk("a"), H("b")], None),
    ([RemoveMessage("1"), H("a")], None),
    ([AIMessageChunk("a"), AIMessageChunk("b") + AIMessageChunk("c")], [A("a\nbc")]),
    (
        [
            AIMessageChunk("a"),
            AIMessageChunk("", tool_call_chunks=[{"name": "f", "args": '{"a"', "id": "c1", "index": 0}]),
            AIMessageChunk("", tool_call_chunks=[{"name": None, "args": ": 1}", "id": None, "index": 0}]),
        ],
        [A("a", tool_calls=CALLS[:1])],
    ),
    ([A("", tool_calls=CALLS[:1]), AIMessageChunk("b")], [A("b", tool_calls=CALLS[:1])]),
]


@pytest.mark.parametrize("run, joined", RUNS, ids=range(len(RUNS)))
def test_neighbours_of_one_class_are_joined(run, joined):
    before = copy.deepcopy(run)
    assert merge_message_runs(run) == (run if joined is None else joined)
    assert run == before


def test_a_joined_message_shares_nothing_with_its_parts():
    parts = [HumanMessage([{"type": "text", "text": "a"}], additional_kwargs={"k": [1]}), HumanMessage("b")]
    (joined,) = merge_message_runs(parts)
    joined.content[0]["text"] = "changed"
    joined.additional_kwargs["k"].append(2)
    assert parts[0] == HumanMessage([{"type": "text", "text": "a"}], additional_kwargs={"k": [1]})


def test_a_message_of_a_users_own_class_joins_to_the_librarys():
    class Question(HumanMessage):
        pass

    assert merge_message_runs([Question("a"), Question("b"), HumanMessage("c")]) == [HumanMessage("a\nb\nc")]


@pytest.mark.parametrize(
    "run, wanted",
    [
        ([ChatMessage("a", role="x"), ChatMessage("b", role="y")], "different roles"),
        ([RemoveMessage("1"), RemoveMessage("2")], "RemoveMessage cannot be joined"),
        ([BaseMessage("a", type="note")] * 2, "BaseMessage cannot be joined"),
    ],
)
def test_neighbours_that_do_not_join_are_a_value_error(run, wanted):
    with pytest.raises(ValueError, match=wanted):
        merge_message_runs(run)


def test_a_separator_is_a_text():
    with pytest.raises(ConfigurationError, match="chunk_separator must be a str, got NoneType"):
        merge_message_runs([], chunk_separator=None)


def size(messages):
    return sum(len(message.text) for message in messages)


BLOCKS = [{"type": "text", "text": "ab\ncd"}, "efg"]
LINES = [("system", "sys"), ("human", "one\ntwo"), ("ai", "three"), ("human", BLOCKS)]


@pytest.mark.parametrize(
    "limit, options, kept",
    [
        (99, {}, ["sys", "one\ntwo", "three", "ab\ncdefg"]),
        (13, {}, ["three", "ab\ncdefg"]),
        (12, {}, ["ab\ncdefg"]),
        (7, {}, []),
        (7, {"allow_partial": True}, ["efg"]),
        (2, {"allow_partial": True}, []),
        (2, {"allow_partial": True, "text_splitter": list}, ["fg"]),
        (10, {"allow_partial": True, "text_splitter": list}, ["ee", "ab\ncdefg"]),
        (16, {"allow_partial": True}, ["two", "three", "ab\ncdefg"]),
        (11, {"include_system": True}, ["sys", "ab\ncdefg"]),
        (1, {"include_system": True}, ["sys"]),
        (13, {"start_on": "human"}, ["ab\ncdefg"]),
        (99, {"start_on": SystemMessage, "end_on": ["ai"]}, ["sys", "one\ntwo", "three"]),
        (99, {"end_on": "tool"}, []),
        (14, {"strategy": "first"}, ["sys", "one\ntwo"]),
        (8, {"strategy": "first", "allow_partial": True}, ["sys", "one\n"]),
        (20, {"strategy": "first", "allow_partial": True}, ["sys", "one\ntwo", "three", "ab\ncd"]),
        (18, {"strategy": "first", "allow_partial": True}, ["sys", "one\ntwo", "three", "ab\n"]),
        (15, {"strategy": "first", "end_on": "human"}, ["sys", "one\ntwo"]),
    ],
    ids=str,
)
def test_trimming_keeps_what_fits(limit, options, kept):
    before = copy.deepcopy(LINES)
    found = trim_messages(LINES, max_tokens=limit, token_counter=size, **options)
    assert [message.text for message in found] == kept
    assert LINES == before


def test_trimming_asks_the_counter_a_few_times_only():
    asked = []

    def counter(messages):
        asked.append(len(messages))
        return len(messages)

    messages = [HumanMessage("x")] * 1000
    assert len(trim_messages(messages, max_tokens=100, token_counter=counter)) == 100
    assert len(asked) <= 12


def test_a_counter_of_one_message_is_told_by_its_annotation():
    def of_one(message: BaseMessage):
        return len(message.text)

    def of_one_as_text(message: "BaseMessage"):
        return len(message.text)

    class Model:
        def get_num_tokens_from_messages(self, messages):
            return size(messages)

    for counter in (of_one, of_one_as_text, Model(), size):
        assert len(trim_messages(LINES, max_tokens=13, token_counter=counter)) == 2


def test_a_splitter_may_be_an_object():
    class Splitter:
        def split_text(self, text):
            return list(text)

    found = trim_messages(["abc"], max_tokens=2, token_counter=size, allow_partial=True, text_splitter=Splitter())
    assert found == [HumanMessage("bc")]


@pytest.mark.parametrize(
    "options, wanted",
    [
        ({"strategy": "middle"}, "strategy must be 'first' or 'last', got 'middle'"),
        ({"strategy": "first", "start_on": "human"}, "start_on goes with strategy='last' only"),
        ({"strategy": "first", "include_system": True}, "include_system goes with"),
        ({"max_tokens": None}, "max_tokens must be a number, got NoneType"),
        ({"max_tokens": True}, "max_tokens must be a number, got bool"),
        ({"token_counter": "exact"}, "token_counter must be .* got 'exact'"),
        ({"token_counter": 5}, "token_counter must be .* got int"),
        ({"allow_partial": True, "text_splitter": 5}, "text_splitter must be a function .* got int"),
        ({"end_on": [5]}, "end_on takes type names"),
    ],
)
def test_a_wrong_argument_of_trimming_is_named(options, wanted):
    with pytest.raises(ConfigurationError, match=wanted):
        trim_messages(LINES, **{"max_tokens": 5, "token_counter": len, **options})
