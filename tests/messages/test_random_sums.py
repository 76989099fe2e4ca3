"""Random chunks, added in any order of association, give what a plain fold gives.

The fold below is written on its own, value by value, as section "Chunk +" of the specification
reads. The data keep to values for which the rules are associative; that leaves out unequal
numbers in dicts ("equal are kept, others summed") and texts beside lists.
"""

import random

import pytest

from minichat.messages import AIMessageChunk, Accumulator, leaf_chunk, message_chunk_to_message

FIELDS = ("content", "additional_kwargs", "response_metadata", "tool_call_chunks", "usage_metadata", "chunk_position")


def fold_dict(left, right):
    both = dict(left)
    for key, value in right.items():
        if both.get(key) is None:
            both[key] = value
        elif isinstance(value, str):
            both[key] = both[key] + value
        elif isinstance(value, dict):
            both[key] = fold_dict(both[key], value)
        elif isinstance(value, list):
            both[key] = fold_list(both[key], value)
        elif value is not None:
            assert both[key] == value
    return both


def fold_list(left, right):
    both = list(left)
    for new in right:
        for at, old in enumerate(both):
            if (
                isinstance(new, dict)
                and isinstance(new.get("index"), int)
                and isinstance(old, dict)
                and old.get("index") == new["index"]
                and (not old.get("id") or not new.get("id") or old["id"] == new["id"])
            ):
                rest = {k: v for k, v in new.items() if k not in ("type", "index", "id")}
                both[at] = fold_dict(old, rest)
                both[at]["id" if "id" in new or "id" in old else "index"] = (
                    old.get("id") or new.get("id") if "id" in new or "id" in old else old["index"]
                )
                break
        else:
            both.append(new)
    return both


def fold_counts(left, right):
    if left is None or right is None:
        return right if left is None else left
    both = dict(left)
    for key, value in right.items():
        both[key] = fold_counts(both.get(key), value) if isinstance(value, dict) else both.get(key, 0) + value
    return both


def fold(left, right):
    text = isinstance(left["content"], str)
    return {
        "content": left["content"] + right["content"] if text else fold_list(left["content"], right["content"]),
        "additional_kwargs": fold_dict(left["additional_kwargs"], right["additional_kwargs"]),
        "response_metadata": fold_dict(left["response_metadata"], right["response_metadata"]),
        "tool_call_chunks": fold_list(left["tool_call_chunks"], right["tool_call_chunks"]),
        "usage_metadata": fold_counts(left["usage_metadata"], right["usage_metadata"]),
        "chunk_position": left["chunk_position"] or right["chunk_position"],
    }


def word(rng):
    return "".join(rng.choice('ab"{}\\é ') for _ in range(rng.randrange(4)))


def random_dict(rng, depth=2):
    made = {}
    for key, kind in (("s", "str"), ("t", "str"), ("d", "dict"), ("l", "list"), ("e", "equal"), ("i", "indexed")):
        if rng.random() < 0.7:
            continue
        if rng.random() < 0.1:
            made[key] = None
        elif kind == "str":
            made[key] = word(rng)
        elif kind == "dict" and depth:
            made[key] = random_dict(rng, depth - 1)
        elif kind == "list":
            made[key] = [word(rng) for _ in range(rng.randrange(3))]
        elif kind == "equal":
            made[key] = 7
        elif kind == "indexed":
            made[key] = [{"index": at, "text": word(rng)} for at in rng.sample(range(3), rng.randrange(3))]
    return made


def random_fields(rng, lists):
    indexes = rng.sample(range(3), rng.choice((0, 0, 1, 2)))
    content = [{"index": at, "type": "text", "text": word(rng)} for at in rng.sample(range(3), rng.randrange(3))]
    return {
        "content": content if lists else word(rng),
        "additional_kwargs": random_dict(rng) if rng.random() < 0.3 else {},
        "response_metadata": random_dict(rng) if rng.random() < 0.2 else {},
        "tool_call_chunks": [
            {
                "name": rng.choice((None, "", word(rng))),
                "args": rng.choice((None, word(rng))),
                "id": rng.choice((None, f"call{at}")),
                "index": at,
                "type": "tool_call_chunk",
            }
            for at in indexes
        ],
        "usage_metadata": rng.choice(
            (None, None, {"input_tokens": rng.randrange(9), "output_token_details": {"reasoning": rng.randrange(9)}})
        ),
        "chunk_position": rng.choice((None, None, None, "last")),
    }


def chunk_of(fields, rng):
    given = {name: value for name, value in fields.items() if value or name == "content" or rng.random() < 0.2}
    if given.get("content") == fields["content"] and len(given) == 1 and isinstance(fields["content"], str):
        return leaf_chunk(fields["content"], "run-1")
    return AIMessageChunk(id="run-1", **given)


def add_up(chunks, rng):
    """Add in a random order of association, looking into some of the sums on the way."""
    if len(chunks) == 1:
        return chunks[0]
    at = rng.choice((len(chunks) - 1, len(chunks) - 1, rng.randrange(1, len(chunks))))
    total = add_up(chunks[:at], rng) + add_up(chunks[at:], rng)
    if rng.random() < 0.2:
        getattr(total, rng.choice(FIELDS + ("tool_calls",)))
    return total


def state(chunk):
    return {name: getattr(chunk, name) for name in FIELDS}


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_any_association_gives_what_the_plain_fold_gives(seed, lists):
    rng = random.Random(seed)
    fields = [random_fields(rng, lists) for _ in range(rng.randrange(1, 30))]
    expected = fields[0]
    for each in fields[1:]:
        expected = fold(expected, each)
    chunks = [chunk_of(each, rng) for each in fields]
    before = [state(chunk) for chunk in chunks]

    total = add_up(chunks, rng)
    assert state(total) == expected
    assert total.id == "run-1"
    assert state(add_up(chunks, rng)) == expected, "the chunks can be added again"
    assert state(chunks[0] + chunks[1:]) == expected
    assert [state(chunk) for chunk in chunks] == before == fields


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("block", [2, 5, 512])
def test_an_accumulator_gives_the_sum_whatever_its_block_size(monkeypatch, seed, lists, block):
    monkeypatch.setattr("minichat.messages.accumulate.BLOCK", block)
    rng = random.Random(seed)
    chunks = [chunk_of(random_fields(rng, lists), rng) for _ in range(rng.randrange(1, 40))]
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk

    gathered = Accumulator()
    rest = list(chunks)
    while rest:
        size = rng.randrange(1, 6)
        gathered.extend(rest[:size])
        del rest[:size]
        if rng.random() < 0.1:
            assert gathered.chunk is not None
    assert gathered.chunk == total
    assert gathered.message == message_chunk_to_message(total)


@pytest.mark.parametrize("seed", range(40))
def test_an_accumulator_agrees_where_the_rules_are_not_associative(monkeypatch, seed):
    """Repeated ids, pieces without an id after a second one of their index, texts beside lists."""
    monkeypatch.setattr("minichat.messages.accumulate.BLOCK", 3)
    rng = random.Random(seed)

    def element():
        made = {"index": rng.randrange(2), "t": rng.choice("xy")}
        return made if rng.random() < 0.7 else {**made, "id": rng.choice(("p", "q", "", None))}

    def content():
        if seed % 2:
            return [element() for _ in range(rng.randrange(1, 4))]
        return rng.choice(("", "a", "b")) if rng.random() < 0.9 else [element()]

    def chunk():
        if seed % 4 == 1:
            return AIMessageChunk(content())
        return AIMessageChunk(
            content(),
            id=rng.choice((None, "run-1", "prov")),
            additional_kwargs=rng.choice(({}, {"n": rng.randrange(3)}, {"id": rng.choice("ab")}, {"s": "t"}, {"s": None})),
            tool_call_chunks=[
                {"index": rng.choice((0, 1, None)), "id": rng.choice((None, None, "", "a", "b")), "args": word(rng)}
                for _ in range(rng.randrange(3))
            ],
        )

    chunks = [chunk() for _ in range(25)]
    total, gathered = chunks[0], Accumulator()
    for each in chunks[1:]:
        total = total + each
    for each in chunks:
        gathered.add(each)
    assert gathered.chunk == total
