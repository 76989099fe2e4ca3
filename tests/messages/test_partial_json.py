"""JSON that is cut off: every prefix of a document is read, in linear work."""

import json
import random
from json import decoder

import pytest

from minichat.messages import partial_json
from minichat.messages.partial_json import parse_partial_json

CUT = [
    ('{"a": 1}', {"a": 1}),
    (' {"a": 1} ', {"a": 1}),
    ("{", {}),
    ("[", []),
    ('"', ""),
    ('{"a', {}),
    ('{"a"', {}),
    ('{"a":', {}),
    ('{"a": ', {}),
    ('{"a": "', {"a": ""}),
    ('{"a":"x', {"a": "x"}),
    ('{"a":"x"', {"a": "x"}),
    ('{"a": "x\\', {"a": "x"}),
    ('{"a": "x\\\\', {"a": "x\\"}),
    ('{"a": "x\\"', {"a": 'x"'}),
    ('{"a": "x\\u', {"a": "x"}),
    ('{"a": "x\\u00e', {"a": "x"}),
    ('{"a": "x\\u00e9', {"a": "x\u00e9"}),
    ('{"a": "x\\\\u00e', {"a": "x\\u00e"}),
    ('{"a": "due', {"a": "due"}),
    ('{"a": "\\ud83d', {"a": ""}),
    ('{"a": "\\ud83d\\ude00', {"a": "\U0001f600"}),
    ('{"a": "one\ntwo', {"a": "one\ntwo"}),
    ('{"a": 12', {"a": 12}),
    ('{"a": 1.', {"a": 1}),
    ('{"a": 1.5e', {"a": 1.5}),
    ('{"a": 1e-', {"a": 1}),
    ('{"a": -', {}),
    ('{"a": tr', {}),
    ('{"a": true', {"a": True}),
    ('{"a": nul', {}),
    ('{"a": null, ', {"a": None}),
    ('{"a": [1, 2', {"a": [1, 2]}),
    ('{"a": [1, ', {"a": [1]}),
    ('{"a": [[{"b": [', {"a": [[{"b": []}]]}),
    ('{"a": {"b": 1}, "c": {', {"a": {"b": 1}, "c": {}}),
    ('{"a": 1} and more', {"a": 1}),
    ('{"a": 1}{"a": 2}', {"a": 1}),
]

HOPELESS = [
    "",
    " ",
    "nonsense",
    "}",
    "tru",
    '{"a": 1}}',
    '{"a": 1]',
    "{a: 1",
    '{"a" 1',
    '{"a": 1 "b"',
    '{"a": 1,}',
    "[1,,",
    "[,",
    '{"a": x',
    '{"a": "\\x',
    '{"a": "\\u00zz',
    '{"a": "\\x" , "b',
    '{1: 2',
    '{"a": 1.x',
    "[" * 100_000,
]


@pytest.mark.parametrize("text, value", CUT)
def test_a_cut_text_stands_for_what_is_known(text, value):
    assert parse_partial_json(text) == value


@pytest.mark.parametrize("text", HOPELESS, ids=lambda text: text[:20])
def test_a_text_that_nothing_can_mend_is_refused(text):
    with pytest.raises(ValueError):
        parse_partial_json(text)


def random_value(rng, depth=3):
    kind = rng.randrange(7 if depth else 5)
    if kind == 0:
        return rng.choice((True, False, None))
    if kind == 1:
        return rng.choice((0, -1, 12, 1.5, -2.5e-7, 1e30))
    if kind in (2, 3, 4):
        return "".join(rng.choice('ab"\\/\n\t\u00e9\U0001f600u0') for _ in range(rng.randrange(8)))
    if kind == 5:
        return [random_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {f"k{at}": random_value(rng, depth - 1) for at in range(rng.randrange(4))}


def covers(whole, known):
    """Is `known` a beginning of `whole`?"""
    if isinstance(whole, dict):
        names = list(whole)[: len(known)]
        return isinstance(known, dict) and list(known) == names and all(covers(whole[n], known[n]) for n in names)
    if isinstance(whole, list):
        return isinstance(known, list) and len(known) <= len(whole) and all(map(covers, whole, known))
    if isinstance(whole, str):
        return isinstance(known, str) and whole.startswith(known)
    if isinstance(whole, bool) or whole is None:
        return whole is known
    return isinstance(known, (int, float)) and json.dumps(whole)[0] == json.dumps(known)[0]


@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_every_prefix_of_a_document_is_a_beginning_of_it(seed, ascii):
    rng = random.Random(seed)
    whole = {"first": random_value(rng), "second": random_value(rng)}
    text = json.dumps(whole, ensure_ascii=ascii, indent=rng.choice((None, 1)))
    for end in range(1, len(text)):
        assert covers(whole, parse_partial_json(text[:end])), text[:end]
    assert parse_partial_json(text) == whole


def test_each_string_is_scanned_once(monkeypatch):
    scanned = []

    def counting(text, at, strict):
        value, end = decoder.scanstring(text, at, strict)
        scanned.append(end - at)
        return value, end

    text = json.dumps([{"key": "v" * 50} for _ in range(500)])[:-1]
    monkeypatch.setattr(partial_json, "scanstring", counting)
    assert len(parse_partial_json(text)) == 500
    assert sum(scanned) <= len(text)


def test_deep_nesting_does_not_overflow():
    depth = 300
    value = parse_partial_json('{"a":[' * depth)
    for _ in range(depth - 1):
        value = value["a"][0]
    assert value == {"a": []}
