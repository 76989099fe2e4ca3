"""Adding n chunks does work in proportion to n. Counted, not timed: joins, copies, parsed text."""

import pytest

from minichat.messages import AIMessageChunk, Accumulator, leaf_chunk, tool_call_chunk
from minichat.messages import ai, merging, partial_json, tape

N = 3000


class Counted(str):
    """A text that counts the characters that pass through its joins and additions."""

    copied = 0

    def __add__(self, other):
        Counted.copied += len(self) + len(other)
        return Counted(str.__add__(self, other))

    def __radd__(self, other):
        Counted.copied += len(self) + len(other)
        return Counted(str.__add__(other, self))


@pytest.fixture
def work(monkeypatch):
    """Count the entries that tapes copy, join and merge."""
    counts = {"copied": 0, "opened": 0, "read": 0}

    class CountingTape(tape.Tape):
        __slots__ = ()

        def __getitem__(self, key):
            found = list.__getitem__(self, key)
            if isinstance(key, slice):
                counts["copied"] += len(found)
            return found

    def counting(function, name):
        def counted(entries, *rest, **more):
            counts[name] += len(entries)
            return function(entries, *rest, **more)

        return counted

    original = ai.contribution
    monkeypatch.setattr(ai, "Tape", CountingTape)
    monkeypatch.setattr(ai, "contribution", counting(lambda *a, **k: original(*a, **k), "opened"))
    Counted.copied = 0
    return counts


def text_chunk(at):
    return AIMessageChunk(Counted("abcd"), id="1")


def tool_chunk(at):
    return AIMessageChunk("", id="1", tool_call_chunks=[tool_call_chunk(args='{"a":"' if at == 0 else "abcd", index=0)])


def reasoning_chunk(at):
    return AIMessageChunk("", id="1", additional_kwargs={"reasoning_content": Counted("abcd")})


def usage_chunk(at):
    return AIMessageChunk("a", id="1", usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2})


def block_chunk(at):
    return AIMessageChunk([{"type": "text", "text": Counted("abcd"), "index": 0}], id="1")


def logprob_chunk(at):
    return AIMessageChunk("a", id="1", response_metadata={"logprobs": {"content": [{"token": "a"}]}, "model_provider": "p"})


ROWS = [
    # chunks, what to read at the end, what it must be
    (text_chunk, lambda c: c.content, "abcd" * N),
    (tool_chunk, lambda c: c.tool_calls[0]["args"], {"a": "abcd" * (N - 1)}),
    (reasoning_chunk, lambda c: c.additional_kwargs, {"reasoning_content": "abcd" * N}),
    (usage_chunk, lambda c: c.usage_metadata, {"input_tokens": N, "output_tokens": N, "total_tokens": 2 * N}),
    (block_chunk, lambda c: c.content, [{"type": "text", "text": "abcd" * N, "index": 0}]),
    (
        logprob_chunk,
        lambda c: c.response_metadata,
        {"logprobs": {"content": [{"token": "a"}] * N}, "model_provider": "p"},
    ),
]


@pytest.mark.parametrize("make, read, expected", ROWS, ids=[row[0].__name__ for row in ROWS])
def test_a_loop_of_plus_copies_each_piece_a_constant_number_of_times(work, make, read, expected):
    total = make(0)
    for at in range(1, N):
        total = total + make(at)
    assert work["copied"] == 0, "nothing is put together before somebody reads"
    assert work["opened"] <= 3 * N
    assert read(total) == expected
    assert work["copied"] <= 2 * N
    assert Counted.copied == 0, "texts are joined, never added to an ever longer one"


def test_a_read_is_done_once(work):
    total = text_chunk(0) + text_chunk(1)
    assert total.content is total.content
    assert total.tool_calls is total.tool_calls
    assert work["copied"] == 4  # the content and the tool call pieces, once each


def test_going_on_from_an_old_sum_copies_the_front_once(work):
    sums = [text_chunk(0)]
    for at in range(1, N):
        sums.append(sums[-1] + text_chunk(at))
    branch = sums[100] + text_chunk(0)
    assert work["copied"] == 101
    for at in range(N):
        branch = branch + text_chunk(at)
    assert work["copied"] == 101


def test_arguments_are_not_parsed_before_they_are_read(monkeypatch):
    parsed = []
    original = partial_json.parse_partial_json
    monkeypatch.setattr(partial_json, "parse_partial_json", lambda text: parsed.append(len(text)) or original(text))
    total = tool_chunk(0)
    for at in range(1, N):
        total = total + tool_chunk(at)
    assert parsed == []
    assert total.tool_calls and total.invalid_tool_calls == []
    assert parsed == [6 + 4 * (N - 1)]


def test_a_sum_that_is_read_at_each_step_joins_two_texts_at_a_time(monkeypatch):
    joined = []
    original = tape.read_content
    monkeypatch.setattr(AIMessageChunk.__dict__["content"], "read", lambda e: joined.append(len(e)) or original(e))
    total = leaf_chunk("a", "1")
    for _ in range(N):
        total = total + leaf_chunk("a", "1")
        assert total.content
    assert max(joined) == 2


def test_many_calls_find_their_place_in_constant_time(monkeypatch):
    looked = []

    class Index(int):
        def __eq__(self, other):
            looked.append(1)
            return int.__eq__(self, other)

        __hash__ = int.__hash__

    pieces = [(Index(at), None, "f", "{}") for at in range(N)] * 2
    assert [c["args"] for c in merging.join_tool_pieces(pieces)] == ["{}{}"] * N
    lists = [[{"index": Index(at), "t": "x"}] for at in range(N)] * 2
    assert merging.merge_lists(*lists) == [{"index": at, "t": "xx"} for at in range(N)]
    assert len(looked) <= 20 * N


def test_an_accumulator_keeps_little_more_than_the_text():
    for make, read, expected in ROWS[:5]:
        gathered = Accumulator()
        for at in range(N):
            gathered.add(make(at))
        assert len(gathered._tape) <= N // 100 + 512
        assert read(gathered.chunk) == expected
        assert len(gathered._tape) <= N // 100
