"""Adding chunks: the rules, one row each, and what a sum keeps true while others go on from it."""

import copy
import pickle
import threading

import pytest

from minichat.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessageChunk,
    FunctionMessageChunk,
    HumanMessageChunk,
    SystemMessageChunk,
    ToolMessageChunk,
    add_ai_message_chunks,
    add_usage,
    leaf_chunk,
    merge_content,
    tool_call,
    tool_call_chunk,
)
from minichat.messages import tape


def block(text, index=None, **more):
    return {"type": "text", "text": text, **more, **({} if index is None else {"index": index})}


CONTENTS = [
    # left, right, sum
    ("a", "b", "ab"),
    ("", "", ""),
    (["a"], "b", ["ab"]),
    ([block("a")], "b", [block("a"), "b"]),
    ([block("a")], "", [block("a")]),
    ([], "b", ["b"]),
    ([], "", []),
    ("a", [block("b")], ["a", block("b")]),
    ("", [block("b")], ["", block("b")]),
    (["a"], ["b"], ["a", "b"]),
    ([block("a")], [block("b")], [block("a"), block("b")]),
    ([block("a", 0)], [block("b", 0)], [block("ab", 0)]),
    ([block("a", 0)], [block("b", 1)], [block("a", 0), block("b", 1)]),
    ([block("a", 0)], [block("b", 1), block("c", 0)], [block("ac", 0), block("b", 1)]),
    ([block("a", 0)], [block("b", 0, id="x")], [block("ab", 0, id="x")]),
    ([block("a", 0, id="x")], [block("b", 0, id="y")], [block("a", 0, id="x"), block("b", 0, id="y")]),
    ([block("a", "lc_1")], [block("b", "lc_1")], [block("ab", "lc_1")]),
    ([block("a", "one")], [block("b", "one")], [block("a", "one"), block("b", "one")]),
]

DICTS = [
    ({}, {}, {}),
    ({"a": 1}, {}, {"a": 1}),
    ({"a": "x"}, {"a": "y"}, {"a": "xy"}),
    ({"a": None}, {"a": "y"}, {"a": "y"}),
    ({"a": "x"}, {"a": None}, {"a": "x"}),
    ({"a": None}, {"a": None}, {"a": None}),
    ({"n": 1}, {"n": 2}, {"n": 3}),
    ({"n": 1}, {"n": 1}, {"n": 1}),
    ({"f": 1.5}, {"f": 1.5}, {"f": 1.5}),
    ({"b": True}, {"b": True}, {"b": True}),
    ({"a": {"b": "x", "c": 1}}, {"a": {"b": "y"}}, {"a": {"b": "xy", "c": 1}}),
    ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 1, 2]}),
    ({"a": [{"index": 0, "t": "x"}]}, {"a": [{"index": 0, "t": "y"}]}, {"a": [{"index": 0, "t": "xy"}]}),
    ({"id": "1"}, {"id": "1"}, {"id": "1"}),
    ({"model_provider": "p"}, {"model_provider": "p"}, {"model_provider": "p"}),
    ({"created": 5}, {"created": 6}, {"created": 6}),
    ({"type": "a"}, {"type": "a"}, {"type": "aa"}),
]

MISMATCHED = [
    ({"n": 1}, {"n": "x"}),
    ({"n": 1}, {"n": 1.0}),
    ({"n": 1}, {"n": True}),
    ({"n": True}, {"n": False}),
    ({"n": 1.5}, {"n": 2.5}),
    ({"n": {"m": 1}}, {"n": {"m": "x"}}),
    ({"n": [1]}, {"n": {}}),
    ({"n": "x"}, {"n": ["x"]}),
    ({"n": [{"index": 0, "m": 1}]}, {"n": [{"index": 0, "m": "x"}]}),
]

IDS = [
    (None, None, None),
    (None, "a", "a"),
    ("a", None, "a"),
    ("a", "b", "a"),
    ("run-1", "chatcmpl-1", "chatcmpl-1"),
    ("lc_run-1", "chatcmpl-1", "chatcmpl-1"),
    ("chatcmpl-1", "run-1", "chatcmpl-1"),
    ("lc_1", "run-1", "run-1"),
    ("run-1", "run-2", "run-1"),
    (None, "run-1", "run-1"),
    ("", "a", "a"),
    ("a", "", "a"),
    ("", None, None),
]


def piece(args=None, index=0, name=None, id=None):
    return tool_call_chunk(name=name, args=args, id=id, index=index)


PIECES = [
    ([piece('{"a', name="f", id="c")], [piece('":1}')], [piece('{"a":1}', name="f", id="c")]),
    ([piece("x")], [piece("y", index=1)], [piece("x"), piece("y", index=1)]),
    ([piece("x", index=None)], [piece("y", index=None)], [piece("x", index=None), piece("y", index=None)]),
    ([piece("x", id="1")], [piece("y", id="2")], [piece("x", id="1"), piece("y", id="2")]),
    ([piece("x", id="1")], [piece("y", id="1")], [piece("xy", id="1")]),
    ([piece("x", id="1")], [piece("y", id="")], [piece("xy", id="1")]),
    ([piece("x")], [piece("y", id="1")], [piece("xy", id="1")]),
    ([piece("x")], [piece("y", id="")], [piece("xy", id="")]),
    ([piece(None, name="f")], [piece(None, name="g")], [piece(None, name="fg")]),
    ([], [piece("x")], [piece("x")]),
    ([piece("x")], [], [piece("x")]),
]

# The same rows through every way in which a sum comes about.
WAYS = {
    "one": lambda left, right: left + right,
    "list": lambda left, right: left + [right],
    "sum on the left": lambda left, right: (left + leaf_chunk("", left.id)) + right,
    "sum on the right": lambda left, right: left + (right + leaf_chunk("", right.id)),
    "left sum was read": lambda left, right: read(left + leaf_chunk("", left.id)) + right,
    "function": lambda left, right: add_ai_message_chunks(left, right),
}
in_every_way = pytest.mark.parametrize("add", WAYS.values(), ids=WAYS.keys())


def read(chunk):
    """Read all fields and give the chunk back."""
    assert chunk == copy.deepcopy(chunk)
    return chunk


@in_every_way
@pytest.mark.parametrize("left, right, both", CONTENTS)
def test_contents_join(add, left, right, both):
    assert add(AIMessageChunk(left), AIMessageChunk(right)).content == both
    assert merge_content(left, right) == both
    for cls in (HumanMessageChunk, SystemMessageChunk):
        assert (cls(left) + cls(right)).content == both


@in_every_way
@pytest.mark.parametrize("left, right, both", DICTS)
@pytest.mark.parametrize("field", ["additional_kwargs", "response_metadata"])
def test_dicts_merge(add, field, left, right, both):
    total = add(AIMessageChunk("", **{field: left}), AIMessageChunk("", **{field: right}))
    assert getattr(total, field) == both
    assert getattr(HumanMessageChunk("", **{field: left}) + HumanMessageChunk("", **{field: right}), field) == both


@in_every_way
@pytest.mark.parametrize("left, right", MISMATCHED)
@pytest.mark.parametrize("field", ["additional_kwargs", "response_metadata"])
def test_values_that_do_not_merge_are_refused_at_the_plus(add, field, left, right):
    one, two = AIMessageChunk("a", **{field: left}), AIMessageChunk("b", **{field: right})
    with pytest.raises(TypeError, match="already exists in"):
        add(one, two)
    assert (one, two) == (AIMessageChunk("a", **{field: left}), AIMessageChunk("b", **{field: right}))
    with pytest.raises(TypeError, match="already exists in"):
        HumanMessageChunk("a", **{field: left}) + HumanMessageChunk("b", **{field: right})


def test_the_message_of_the_refusal_names_the_key():
    with pytest.raises(TypeError) as caught:
        AIMessageChunk("", additional_kwargs={"n": 1}) + AIMessageChunk("", additional_kwargs={"n": "x"})
    assert str(caught.value) == (
        'additional_kwargs["n"] already exists in this message, but with a different type.'
    )


def test_a_sum_is_as_it_was_after_a_refusal():
    total = AIMessageChunk("a", additional_kwargs={"n": 1}) + AIMessageChunk("b")
    with pytest.raises(TypeError):
        total + AIMessageChunk("c", additional_kwargs={"m": 1, "n": "x"})
    for _ in range(2):  # what the refused chunk had beside it leaves no trace
        total += AIMessageChunk("d", additional_kwargs={"m": "y", "n": 2})
    assert total == AIMessageChunk("abdd", additional_kwargs={"n": 5, "m": "yy"})


@in_every_way
@pytest.mark.parametrize("left, right, both", IDS)
def test_a_providers_id_beats_that_of_a_run(add, left, right, both):
    assert add(AIMessageChunk("", id=left), AIMessageChunk("", id=right)).id == both


@in_every_way
@pytest.mark.parametrize("left, right, both", PIECES)
def test_tool_call_pieces_join_by_index(add, left, right, both):
    total = add(AIMessageChunk("", tool_call_chunks=left), AIMessageChunk("", tool_call_chunks=right))
    assert total.tool_call_chunks == both


@in_every_way
def test_usages_are_summed(add):
    one = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "input_token_details": {"cache_read": 1}}
    two = {"input_tokens": 10, "output_tokens": 0, "total_tokens": 10, "output_token_details": {"reasoning": 4}}
    both = {
        "input_tokens": 11,
        "output_tokens": 2,
        "total_tokens": 13,
        "input_token_details": {"cache_read": 1},
        "output_token_details": {"reasoning": 4},
    }
    for left, right, sum in ((one, two, both), (one, None, one), (None, two, two), (None, None, None)):
        assert add(AIMessageChunk("", usage_metadata=left), AIMessageChunk("", usage_metadata=right)).usage_metadata == sum
    assert add_usage(one, two) == both
    assert add_usage(None, None) == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("left, right", [(1, "x"), ("x", "y"), (1, {}), ({"a": "x"}, {"a": "y"}), (None, 1)])
def test_a_usage_that_is_no_number_is_refused_at_the_plus(left, right):
    with pytest.raises(ValueError, match="Unknown value types"):
        AIMessageChunk("", usage_metadata={"n": left}) + AIMessageChunk("", usage_metadata={"n": right})


@in_every_way
def test_a_sum_with_the_last_chunk_is_last(add):
    last, other = AIMessageChunk("", chunk_position="last"), AIMessageChunk("")
    assert add(last, other).chunk_position == add(other, last).chunk_position == "last"
    assert add(other, other).chunk_position is None


ARGUMENTS = [
    # text of the pieces, args, or None where the call is invalid
    ('{"a":"x', {"a": "x"}),
    ('{"a": 1}', {"a": 1}),
    ("", {}),
    (None, {}),
    ("{", {}),
    ('{"a": 1, "b', {"a": 1}),
    ("nonsense", None),
    ("[1]", None),
    ("5", None),
]


@pytest.mark.parametrize("text, args", ARGUMENTS)
def test_tool_calls_are_read_from_the_pieces_even_when_cut(text, args):
    chunk = AIMessageChunk("", tool_call_chunks=[piece(text, name="f", id="c")])
    for each in (chunk, chunk + leaf_chunk("", None)):
        if args is None:
            assert each.tool_calls == []
            assert each.invalid_tool_calls == [
                {"name": "f", "args": text, "id": "c", "error": None, "type": "invalid_tool_call"}
            ]
        else:
            assert each.invalid_tool_calls == []
            assert each.tool_calls == [tool_call(name="f", args=args, id="c")]


def test_pieces_follow_from_calls_when_only_those_are_given():
    chunk = AIMessageChunk(
        "",
        tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c"}],
        invalid_tool_calls=[{"name": "g", "args": "{{", "id": "d"}],
    )
    assert chunk.tool_call_chunks == [
        piece('{"a": 1}', name="f", id="c", index=None),
        piece("{{", name="g", id="d", index=None),
    ]
    total = chunk + AIMessageChunk("x")
    assert (total.tool_calls, total.invalid_tool_calls) == (chunk.tool_calls, chunk.invalid_tool_calls)


@pytest.mark.parametrize("right", [AIMessage("x"), "x", 5, None, ["x"], [AIMessage("x")]])
@pytest.mark.parametrize("left", [AIMessageChunk("a"), AIMessageChunk("a") + leaf_chunk("b", None), HumanMessageChunk("a")])
def test_only_chunks_can_be_added(left, right):
    with pytest.raises(TypeError) as caught:
        left + right
    assert str(caught.value) == (
        f'unsupported operand type(s) for +: "{type(left).__name__}" and "{type(right).__name__}"'
    )


def test_a_list_of_chunks_may_stand_on_the_right():
    assert AIMessageChunk("a") + [AIMessageChunk("b"), AIMessageChunk("c")] == AIMessageChunk("abc")
    assert AIMessageChunk("a") + [] == AIMessageChunk("a")
    assert HumanMessageChunk("a") + [HumanMessageChunk("b")] == HumanMessageChunk("ab")


def test_the_class_is_that_of_the_left_operand():
    assert AIMessageChunk("a", id="run-1") + HumanMessageChunk("b", id="x", additional_kwargs={"k": 1}) == (
        AIMessageChunk("ab", id="run-1", additional_kwargs={"k": 1})
    )
    assert HumanMessageChunk("a") + AIMessageChunk("b") + AIMessageChunk("c") == HumanMessageChunk("abc")

    class Mine(AIMessageChunk):
        pass

    assert type(Mine("a") + AIMessageChunk("b")) is Mine
    assert AIMessageChunk("a") + Mine("b") == AIMessageChunk("ab")


def test_name_and_extras_belong_to_the_piece_that_had_them():
    total = AIMessageChunk("a", name="n", mood="good") + AIMessageChunk("b")
    assert (total.name, total.model_extra) == (None, {})


KEPT = [
    (ChatMessageChunk, "role", "Cannot concatenate ChatMessageChunks with different roles."),
    (FunctionMessageChunk, "name", "Cannot concatenate FunctionMessageChunks with different names."),
    (ToolMessageChunk, "tool_call_id", "Cannot concatenate ToolMessageChunks with different names."),
]


@pytest.mark.parametrize("cls, field, refusal", KEPT)
def test_chunks_of_different_speakers_are_not_mixed(cls, field, refusal):
    assert cls("a", id="1", **{field: "x"}) + cls("b", id="2", **{field: "x"}) == cls("ab", id="1", **{field: "x"})
    with pytest.raises(ValueError) as caught:
        cls("a", **{field: "x"}) + cls("b", **{field: "y"})
    assert str(caught.value) == refusal
    assert cls("a", **{field: "x"}) + AIMessageChunk("b") == cls("ab", **{field: "x"})


def test_tool_chunks_merge_artifact_and_status():
    one = ToolMessageChunk("a", tool_call_id="1", artifact={"k": "x"})
    two = ToolMessageChunk("b", tool_call_id="1", artifact={"k": "y"}, status="error")
    assert one + two == ToolMessageChunk("ab", tool_call_id="1", artifact={"k": "xy"}, status="error")
    with pytest.raises(TypeError, match="different types"):
        one + ToolMessageChunk("b", tool_call_id="1", artifact=[1])
    with pytest.raises(ValueError, match="cannot merge"):
        ToolMessageChunk("a", tool_call_id="1", artifact=1) + ToolMessageChunk("b", tool_call_id="1", artifact=2)


def test_elements_of_one_index_and_several_ids_are_kept_apart():
    def chunk(**element):
        return AIMessageChunk([{"index": 0, **element}])

    total = chunk(t="a") + chunk(t="b", id="x") + chunk(t="c", id="y") + chunk(t="d", id="x") + chunk(t="e")
    assert total.content == [{"index": 0, "t": "abde", "id": "x"}, {"index": 0, "t": "c", "id": "y"}]
    pieces = [[{"index": 0, "t": t, "id": id}] for t, id in (("a", None), ("b", "x"), ("c", "y"), ("d", "x"))]
    assert merge_content(*pieces) == [{"index": 0, "t": "abd", "id": "x"}, {"index": 0, "t": "c", "id": "y"}]
    total = chunk(t="a", id="x") + chunk(t=1, id="y")
    assert (total + chunk(t=2, id="y")).content == [{"index": 0, "t": "a", "id": "x"}, {"index": 0, "t": 3, "id": "y"}]
    with pytest.raises(TypeError, match="different type"):
        total + chunk(t="b", id="y")


# -- what stays true ------------------------------------------------------------------------------


def test_two_continuations_of_one_sum_do_not_see_each_other():
    base = leaf_chunk("a", "1") + leaf_chunk("b", "1")
    left = base + leaf_chunk("c", "1")
    right = base + leaf_chunk("d", "1")
    right2 = right + AIMessageChunk("", id="1", tool_call_chunks=[piece("x")])
    left2 = left + AIMessageChunk("e", id="1", additional_kwargs={"k": "v"})
    assert [c.content for c in (base, left, right, left2, right2)] == ["ab", "abc", "abd", "abce", "abd"]
    assert (right2.tool_call_chunks, left2.tool_call_chunks) == ([piece("x")], [])
    assert (right2.additional_kwargs, left2.additional_kwargs) == ({}, {"k": "v"})


def test_a_sum_can_be_added_to_itself():
    total = leaf_chunk("a", "1") + leaf_chunk("b", "1")
    assert (total + total).content == "abab"
    assert total.content == "ab"


def test_what_is_set_on_a_sum_counts_in_later_sums_only():
    first = leaf_chunk("a", None) + AIMessageChunk("b", additional_kwargs={"k": "x"})
    second = first + AIMessageChunk("c", additional_kwargs={"k": "y"})
    first.content = "A"
    first.additional_kwargs["new"] = 1
    third = first + AIMessageChunk("d", additional_kwargs={"k": "z"})
    first.additional_kwargs["newer"] = 1
    assert (second.content, second.additional_kwargs) == ("abc", {"k": "xy"})
    assert (third.content, third.additional_kwargs) == ("Ad", {"k": "xz", "new": 1})


def test_changing_a_chunk_after_adding_it_does_not_change_the_sum():
    piece_ = piece("x")
    left = AIMessageChunk([block("a", 0)], additional_kwargs={"k": {"l": ["m"]}})
    right = AIMessageChunk([block("b", 0)], response_metadata={"k": {"l": ["m"]}}, tool_call_chunks=[piece_])
    total = left + right
    for chunk in (left, right):
        chunk.content[0]["text"] = "changed"
        chunk.additional_kwargs.setdefault("k", {})["l"] = "changed"
        chunk.response_metadata.setdefault("k", {})["l"] = "changed"
        for p in chunk.tool_call_chunks:
            p["args"] = "changed"
    assert total == AIMessageChunk(
        [block("ab", 0)],
        additional_kwargs={"k": {"l": ["m"]}},
        response_metadata={"k": {"l": ["m"]}},
        tool_call_chunks=[piece("x")],
    )


def test_what_a_sum_gives_out_is_not_what_its_parts_hold():
    left = AIMessageChunk("a", additional_kwargs={"k": {"l": ["m"]}})
    total = left + AIMessageChunk("b")
    total.additional_kwargs["k"]["l"].append("n")
    assert left.additional_kwargs == {"k": {"l": ["m"]}}


def test_a_sum_may_be_read_at_every_step():
    total = None
    for at in range(50):
        chunk = AIMessageChunk(
            "ab", id="1", additional_kwargs={"k": "v"}, tool_call_chunks=[piece("x")], usage_metadata={"n": 1}
        )
        total = chunk if total is None else total + chunk
        assert total.content == "ab" * (at + 1)
        assert total.additional_kwargs == {"k": "v" * (at + 1)}
        assert total.tool_call_chunks == [piece("x" * (at + 1))]
        assert total.usage_metadata == {"n": at + 1}


def test_a_sum_is_an_ordinary_message():
    total = leaf_chunk("a", "1") + AIMessageChunk("b", id="1", tool_call_chunks=[piece("{", name="f")])
    same = AIMessageChunk("ab", id="1", tool_call_chunks=[piece("{", name="f")])
    fresh = lambda: leaf_chunk("a", "1") + AIMessageChunk("b", id="1", tool_call_chunks=[piece("{", name="f")])  # noqa: E731
    assert total == same
    assert repr(fresh()) == repr(same) and str(fresh()) == str(same)
    assert pickle.loads(pickle.dumps(fresh())) == same
    assert copy.copy(fresh()) == copy.deepcopy(fresh()) == fresh().model_copy() == same
    assert fresh().model_dump() == same.model_dump()
    assert fresh().text == "ab"
    assert fresh().model_copy(update={"content": "z"}).content == "z"
    assert "_tape" not in copy.copy(fresh()).__dict__


def test_a_chunk_is_complete_with_two_attributes():
    chunk = object.__new__(AIMessageChunk)
    chunk.content = "x"
    chunk.id = None
    assert chunk == leaf_chunk("x", None) == AIMessageChunk("x")
    assert vars(leaf_chunk("x", None)) == vars(AIMessageChunk("x")) == {"content": "x", "id": None}


@pytest.mark.parametrize("chunk", [leaf_chunk("mine", "1"), AIMessageChunk("mine", id="1", additional_kwargs={"k": "v"})])
def test_another_thread_between_the_look_and_the_write_does_no_harm(chunk):
    class Raced(tape.Tape):
        """A tape on which somebody else is always a moment faster."""

        __slots__ = ()

        def append(self, entry):
            list.extend(self, ("theirs", entry))

        def extend(self, entries):
            list.extend(self, ("theirs", *entries))

    base = leaf_chunk("a", "1") + leaf_chunk("b", "1")
    base._tape = Raced(base._tape)
    total = base + chunk
    assert (base.content, total.content) == ("ab", "abmine")
    assert total.additional_kwargs == chunk.additional_kwargs


def test_threads_may_go_on_from_one_sum():
    base = leaf_chunk("a", "1") + leaf_chunk("b", "1")
    start, results = threading.Barrier(4), {}

    def go_on(name):
        start.wait()
        mine = []
        for _ in range(300):
            total = base
            for _ in range(5):
                total = total + leaf_chunk(name, "1")
            mine.append(total.content)
        results[name] = mine

    threads = [threading.Thread(target=go_on, args=(name,)) for name in "wxyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: set(texts) for name, texts in results.items()} == {name: {"ab" + name * 5} for name in "wxyz"}
