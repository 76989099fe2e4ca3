"""The accumulator: the same as adding, and nothing kept alive."""

import gc
import weakref

import pytest

from minichat.messages import AIMessage, AIMessageChunk, Accumulator, HumanMessageChunk, leaf_chunk, tool_call_chunk
from minichat.messages import tape


def test_nothing_came():
    gathered = Accumulator()
    gathered.extend([])
    assert (gathered.chunk, gathered.message) == (None, None)


def test_chunks_of_a_stream_become_a_message():
    gathered = Accumulator()
    gathered.add(leaf_chunk("", "run-1"))
    gathered.extend([leaf_chunk("Hel", "run-1"), leaf_chunk("lo", "run-1")])
    gathered.add(AIMessageChunk("", id="chatcmpl-1", tool_call_chunks=[tool_call_chunk(name="f", args="{}", index=0)]))
    gathered.add(
        AIMessageChunk("", id="run-1", chunk_position="last", response_metadata={"finish_reason": "stop"})
    )
    assert gathered.message == AIMessage(
        "Hello",
        id="chatcmpl-1",
        tool_calls=[{"name": "f", "args": {}, "id": None}],
        response_metadata={"finish_reason": "stop"},
    )
    assert type(gathered.message) is AIMessage
    assert gathered.chunk.chunk_position == "last"


def test_a_sum_taken_out_is_not_changed_by_what_comes_later():
    gathered = Accumulator()
    gathered.extend([leaf_chunk("a", None), leaf_chunk("b", None)])
    early = gathered.chunk
    assert (early + leaf_chunk("x", None)).content == "abx"
    assert gathered.chunk.content == "ab"
    gathered.extend([leaf_chunk("c", None)] * 2000)
    assert early.content == "ab"
    assert (early + leaf_chunk("x", None)).content == "abx"
    assert gathered.chunk.content == "ab" + "c" * 2000


def test_no_chunk_is_kept_alive():
    gathered = Accumulator()
    chunks = [
        leaf_chunk("a", None),
        leaf_chunk("b", None),
        AIMessageChunk("", tool_call_chunks=[tool_call_chunk(args="x", index=0)]),
        AIMessageChunk("", additional_kwargs={"k": "v"}),
    ]
    gathered.extend(chunks)
    left = [weakref.ref(chunk) for chunk in chunks]
    chunks.clear()
    gc.collect()
    assert [ref() for ref in left] == [None] * 4


def test_what_does_not_merge_is_refused_and_the_rest_stays():
    gathered = Accumulator()
    gathered.add(AIMessageChunk("a", additional_kwargs={"n": 1}))
    with pytest.raises(TypeError, match="different type"):
        gathered.add(AIMessageChunk("b", additional_kwargs={"n": "x"}))
    gathered.add(AIMessageChunk("c", additional_kwargs={"n": 2}))
    assert gathered.chunk == AIMessageChunk("ac", additional_kwargs={"n": 3})


def test_values_without_a_shortcut_are_merged_exactly():
    gathered = Accumulator()
    for id in ("x", "y", None, "x"):
        gathered.add(AIMessageChunk([{"index": 0, "text": "a", "id": id}], id="1"))
    assert gathered.chunk.content == [
        {"index": 0, "text": "aaa", "id": "x"},
        {"index": 0, "text": "a", "id": "y"},
    ]


@pytest.mark.parametrize("other", [AIMessage("x", additional_kwargs={"a": 1}), AIMessage("x"), HumanMessageChunk("x")])
def test_only_chunks_of_ai_messages_are_gathered(other):
    with pytest.raises(TypeError, match="only chunks of AI messages"):
        Accumulator().add(other)


@pytest.mark.parametrize(
    "entries",
    [
        [{"content": [{"index": 0, "t": "a"}]}, {"content": [{"index": 0, "t": "b", "id": "q"}]}],
        [{"content": [{"index": 0, "t": "a"}]}, {"content": [{"index": 0, "t": "b"}]}],
        [(0, None, None, "a"), (0, "q", None, "b"), (0, None, None, "c"), (0, None, None, "d")],
        ["a", (0, None, "f", None), "b", {"usage_metadata": {"n": 1}}, "c", {"usage_metadata": {"n": 1}}],
    ],
)
@pytest.mark.parametrize("before", [[{"content": [{"index": 0, "t": "z", "id": "p"}]}, (0, "p", None, "z")], [""]])
def test_fewer_entries_read_the_same_behind_others(before, entries):
    short = tape.compact(entries)
    for read in (tape.read_content, tape.read_pieces, tape.read_usage):
        assert read(before + short) == read(before + entries)
    assert len(short) <= len(entries)
