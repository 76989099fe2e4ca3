"""Bodies of ingest: what stands in them, and that no value keeps a run out of them."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import pathlib
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from minichat import HumanMessage
from minichat.tracers.langsmith import multipart
from minichat.tracers.langsmith.multipart import batch_body, dumps, encode, multipart_body

from .canned import Asked, parts


@dataclass
class Point:
    x: int = 1
    inside: Any = b"a"


class Colour(enum.Enum):
    RED = "red"


class Hostile:
    def __repr__(self):
        raise RuntimeError("no")


class HostileDict(dict):
    def items(self):
        raise RuntimeError("no")


class HostileDump:
    def model_dump(self):
        raise RuntimeError("no")

    def __repr__(self):
        return "shown"


def cycle():
    value = {"a": [1]}
    value["a"].append(value)
    return value


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def deep_in_dicts():
    value = {}
    for _ in range(100_000):
        value = {"a": value}
    return value


class Onion:
    """Gives itself as its field for ever, each time another."""

    def model_dump(self):
        return {"inside": Onion()}


ODD = [
    (b"\xffab", "/2Fi"),
    (bytearray(b"ab"), "YWI="),
    (datetime.datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),
    (datetime.date(2026, 1, 2), "2026-01-02"),
    ({7}, [7]),
    (frozenset("a"), ["a"]),
    ((1, 2), [1, 2]),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (Point(), {"x": 1, "inside": "YQ=="}),
    (Colour.RED, "red"),
    (pathlib.PurePosixPath("/x"), "PurePosixPath('/x')"),
    (decimal.Decimal("1.5"), "1.5"),
    (1j, "1j"),
    (float("nan"), None),
    (float("-inf"), None),
    ({"nan": float("nan"), "f": 1.5, "i": 7, "b": [True, False], "none": None}, {"nan": None, "f": 1.5, "i": 7, "b": [True, False], "none": None}),  # noqa: E501
    (ValueError("x"), {"error": "ValueError", "message": "x"}),
    (int, "<class 'int'>"),
    ({(1, 2): 3, None: 1, 4: 5, True: 6}, {"(1, 2)": 3, "null": 1, "4": 5, "true": 6}),
    (cycle(), {"a": [1, "..."]}),
    ("\ud800 half", "? half"),
    (Hostile(), "<Hostile, whose repr raises RuntimeError>"),
    (HostileDict(a=1), None),  # whatever it is, but JSON
    (HostileDump(), "shown"),
    (10**5000, "<int of 16610 bits>"),
    ([1, {"a": Hostile(), (): 2}], [1, {"a": "<Hostile, whose repr raises RuntimeError>", "()": 2}]),
]


@pytest.fixture(params=["quick first", "tame first"])
def both_ways(request, monkeypatch):
    """As CPython writes values, and as PyPy does."""
    monkeypatch.setattr(multipart, "_TAME_FIRST", request.param == "tame first")


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("value, told", ODD, ids=[type(value).__name__ + str(n) for n, (value, _) in enumerate(ODD)])
def test_an_odd_value_becomes_what_json_can_say(value, told):
    found = json.loads(dumps({"before": 1, "value": value, "after": [2]}))
    assert (found["before"], found["after"]) == (1, [2])
    if not isinstance(value, HostileDict):
        assert found["value"] == told


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("value", [deep(), deep_in_dicts(), Onion()], ids=["lists", "dicts", "objects"])
def test_a_value_of_a_hundred_thousand_levels_is_cut(value):
    text = dumps({"value": value})
    assert b"too deep" in text and len(text) < 2000
    assert 20 < text.count(b"[") + text.count(b"{") < 65


def test_where_the_encoder_may_abort_the_process_it_never_meets_what_is_deep(monkeypatch):
    untamed, depths = [], []
    monkeypatch.setattr(multipart, "_TAME_FIRST", True)
    monkeypatch.setattr(multipart, "_write", lambda value: untamed.append(value) or "")
    assert dumps({"a": [1, "é", None]}) == '{"a":[1,"é",null]}'.encode()
    monkeypatch.setattr(multipart, "_write_tame", lambda value: depths.append(depth(value)) or "")
    for value in (deep(), deep_in_dicts(), Onion()):
        dumps(value)
    assert not untamed and depths == [multipart.DEEPEST, multipart.DEEPEST, multipart.DEEPEST // 2]


def depth(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inside)) if isinstance(value, (dict, list)) else 0


def test_a_run_that_goes_out_knows_its_size():
    encoded = encode("post", {"id": "1", "inputs": {"a": "é"}, "error": "e"})
    assert encoded.fields == {"": b'{"id":"1"}', "inputs": '{"a":"é"}'.encode(), "error": b'"e"'}
    assert encoded.size == sum(map(len, encoded.fields.values())) == 23
    alone = encode("post", {"id": None, "inputs": {"a": 1}})
    assert json.loads(batch_body([alone])) == {"post": [{"inputs": {"a": 1}}]}


def test_a_message_is_told_by_its_fields():
    assert json.loads(dumps(HumanMessage("hi")))["content"] == "hi"


def test_text_is_not_escaped_and_comes_back():
    text = 'é 漢 🙂 "\r\n\0</script>'
    assert json.loads(dumps(text)) == text
    assert "🙂".encode() in dumps(text)


def test_a_long_repr_is_cut():
    class Long:
        def __repr__(self):
            return "x" * 50_000

    assert len(dumps(Long())) < 11_000


def test_an_exit_in_a_repr_ends_nothing():
    class Exits:
        def __repr__(self):
            raise SystemExit(3)

    assert json.loads(dumps([Exits()])) == ["<Exits, whose repr raises SystemExit>"]


def read(op, run):
    body = multipart_body([encode(op, run)], "b")
    return parts(Asked("POST", "/runs/multipart", {"content-type": "multipart/form-data; boundary=b"}, body, 1))


def test_the_core_is_one_part_and_each_large_field_its_own():
    run = {
        "id": "i", "trace_id": "t", "name": "n", "tags": ["a"], "session_id": None, "error": None, "extra": {},
        "inputs": {"a": 1}, "outputs": None, "attachments": {}, "child_runs": [], "events": [], "serialized": None,
    }  # fmt: skip
    assert read("post", run) == [
        ("post.i", {"id": "i", "trace_id": "t", "name": "n", "tags": ["a"]}),
        ("post.i.inputs", {"a": 1}),
        ("post.i.events", []),
        ("post.i.extra", {}),
    ]


def test_a_value_may_hold_the_boundary_and_line_ends():
    assert dict(read("patch", {"id": "i", "error": "\r\n--b--\r\n\0"}))["patch.i.error"] == "\r\n--b--\r\n\0"


@pytest.mark.parametrize("run_id", ['a"b', "a\r\nX-Evil: 1", "é"])
def test_an_id_cannot_break_out_of_a_header(run_id):
    ((name, core),) = read("post", {"id": run_id})
    assert core == {"id": run_id}
    assert not set(name) - set("post.abcdefghijklmnopqrstuvwxyzXE_1-")


def test_a_batch_has_whole_runs_by_operation():
    encoded = [
        encode("post", {"id": "1", "inputs": {"a": 1}, "error": None}),
        encode("patch", {"id": "2", "error": "e", "outputs": {}}),
        encode("post", {"id": "3"}),
    ]
    assert json.loads(batch_body(encoded)) == {
        "post": [{"id": "1", "inputs": {"a": 1}}, {"id": "3"}],
        "patch": [{"id": "2", "outputs": {}, "error": "e"}],
    }
    assert json.loads(batch_body(encoded[:1])) == {"post": [{"id": "1", "inputs": {"a": 1}}]}


def test_a_field_no_server_takes_is_cut_and_says_how_long_it_was(monkeypatch):
    monkeypatch.setattr(multipart, "LARGEST_FIELD", 1000)
    found = dict(read("post", {"id": "i", "inputs": {"a": "é" * 100_000}, "outputs": {"b": 1}}))
    assert found["post.i.inputs"]["bytes"] > 200_000
    assert found["post.i.inputs"]["truncated"].startswith('{"a":"éé')
    assert len(found["post.i.inputs"]["truncated"]) == multipart.KEPT_OF_A_LARGE_FIELD
    assert found["post.i.outputs"] == {"b": 1}
