"""Patches and the log they add up to: printing, adding, comparing, and that nothing held is changed."""

from __future__ import annotations

import copy
import pickle

import pytest

from minichat.errors import ConfigurationError
from minichat.messages import AIMessageChunk
from minichat.tracers.log_patch import RunLog, RunLogPatch, difference

START = {"op": "replace", "path": "", "value": {"final_output": None, "id": "1", "logs": {}, "streamed_output": []}}
PIECE = {"op": "add", "path": "/streamed_output/-", "value": AIMessageChunk(content="The")}
ENTRY = {"op": "add", "path": "/logs/Model", "value": {"streamed_output": [], "end_time": None}}
TOKEN = {"op": "add", "path": "/logs/Model/streamed_output/-", "value": "a"}
OUTPUT = {"op": "replace", "path": "/final_output", "value": {"a": "b"}}


def add(path, value):
    return {"op": "add", "path": path, "value": value}


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


PRINTED = [
    ([], "RunLogPatch()"),
    ([add("/a", 1)], "RunLogPatch({'op': 'add', 'path': '/a', 'value': 1})"),
    (
        [add("/a", 1), replace("/b", 2)],
        "RunLogPatch({'op': 'add', 'path': '/a', 'value': 1},\n {'op': 'replace', 'path': '/b', 'value': 2})",
    ),
    (
        [START],
        "RunLogPatch({'op': 'replace',\n  'path': '',\n  'value': {'final_output': None,\n            'id': '1',\n"
        "            'logs': {},\n            'streamed_output': []}})",
    ),
    (
        [PIECE],
        "RunLogPatch({'op': 'add',\n  'path': '/streamed_output/-',\n  'value': AIMessageChunk(content='The')})",
    ),
]


@pytest.mark.parametrize("ops, text", PRINTED, ids=range(len(PRINTED)))
def test_a_patch_prints_its_operations_as_pprint_does(ops, text):
    assert repr(RunLogPatch(*ops)) == text


def test_a_log_prints_its_state():
    log = RunLogPatch(START) + RunLogPatch(PIECE)
    assert repr(log) == (
        "RunLog({'final_output': None,\n 'id': '1',\n 'logs': {},\n"
        " 'streamed_output': [AIMessageChunk(content='The')]})"
    )
    assert repr(RunLog(state=None)) == "RunLog(None)"


def test_patches_add_up_to_a_log_with_all_their_operations():
    log = RunLogPatch(START) + RunLogPatch(PIECE, ENTRY)
    assert type(log) is RunLog
    assert log.ops == [START, PIECE, ENTRY]
    log = log + RunLogPatch(TOKEN) + RunLogPatch(OUTPUT)
    assert log.state == {
        "id": "1",
        "final_output": {"a": "b"},
        "streamed_output": [AIMessageChunk(content="The")],
        "logs": {"Model": {"streamed_output": ["a"], "end_time": None}},
    }
    assert RunLog(state=None) + RunLogPatch(START) == RunLog(START, state=START["value"])


def test_adding_changes_nothing_that_somebody_holds():
    start = copy.deepcopy(START)
    first = RunLogPatch(START) + RunLogPatch(ENTRY)
    held = copy.deepcopy(first.state)
    second = first + RunLogPatch(TOKEN, PIECE)
    third = first + RunLogPatch(add("/logs/Model/streamed_output/-", "b"))
    assert START == start and first.state == held and ENTRY["value"]["streamed_output"] == []
    assert second.state["logs"]["Model"]["streamed_output"] == ["a"]
    assert third.state["logs"]["Model"]["streamed_output"] == ["b"]


def test_what_a_patch_does_not_touch_is_shared():
    log = RunLogPatch(START) + RunLogPatch(ENTRY, TOKEN)
    later = log + RunLogPatch(PIECE)
    assert later.state["logs"] is log.state["logs"]


def test_patches_compare_by_their_operations_and_logs_by_their_state_too():
    assert RunLogPatch(START) == RunLogPatch(copy.deepcopy(START))
    assert RunLogPatch(START) != RunLogPatch(PIECE)
    assert RunLogPatch(START) != START and not RunLogPatch() == None  # noqa: E711
    log = RunLogPatch(START) + RunLogPatch(PIECE)
    assert log == RunLogPatch(START) + RunLogPatch(PIECE)
    assert log != RunLog(*log.ops, state=None)
    assert log != RunLogPatch(*log.ops)
    for one in (log, RunLogPatch()):
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)


def test_patches_and_logs_can_be_copied_and_pickled():
    log = RunLogPatch(START) + RunLogPatch(PIECE)
    for one in (log, RunLogPatch(START, PIECE)):
        assert pickle.loads(pickle.dumps(one)) == one and copy.deepcopy(one) == one


PATCH = RunLogPatch(START)
LOG = PATCH + RunLogPatch()


@pytest.mark.parametrize("left, right", [(PATCH, 1), (PATCH, None), (PATCH, LOG), (LOG, LOG), (LOG, "x"), (1, PATCH)])
def test_only_a_patch_can_be_added(left, right):
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+"):
        left + right


STATE = {"l": [1, 2], "d": {"k": {"x": 1}}, "a/b": {}, "a~b": 1, "": 0}
APPLIED = [
    (add("/l/-", 3), "l", [1, 2, 3]),
    (add("/l/0", 0), "l", [0, 1, 2]),
    (add("/l/2", 3), "l", [1, 2, 3]),
    (replace("/l/1", 5), "l", [1, 5]),
    (add("/d/n", 1), "d", {"k": {"x": 1}, "n": 1}),
    (add("/d/k/x", 2), "d", {"k": {"x": 2}}),
    (replace("/d/k", 3), "d", {"k": 3}),
    (add("/a~1b/c", 1), "a/b", {"c": 1}),
    (replace("/a~0b", 2), "a~b", 2),
    (replace("/", 9), "", 9),
]


@pytest.mark.parametrize("op, key, value", APPLIED, ids=[op["op"] + op["path"] for op, _, _ in APPLIED])
def test_an_operation_changes_its_place(op, key, value):
    log = RunLogPatch(replace("", STATE)) + RunLogPatch(op)
    assert log.state == {**STATE, key: value}


MISPLACED = [
    add("/l/9", 0),
    add("/l/x", 0),
    add("/l/-1", 0),
    replace("/l/-", 0),
    replace("/l/2", 0),
    replace("/l/-1", 0),
    replace("/none", 0),
    add("/none/k", 0),
    add("/d/k/x/y", 0),
    {"op": "remove", "path": "/l/0"},
]


@pytest.mark.parametrize("op", MISPLACED, ids=[op["op"] + op["path"] for op in MISPLACED])
def test_an_operation_without_a_place_is_an_error_that_names_it(op):
    with pytest.raises(ConfigurationError, match="remove" if op["op"] == "remove" else op["path"]):
        RunLogPatch(replace("", STATE)) + RunLogPatch(op)


def test_a_patch_on_nothing_is_an_error():
    with pytest.raises(ConfigurationError):
        RunLog(state=None) + RunLogPatch(PIECE)


class Array:
    """Compares as an array does: to another array."""

    def __eq__(self, other):
        return [True]


DIFFERENCES = [
    (None, "a", [replace("/o", "a")]),
    ("a", "a", []),
    ("a", "ab", [replace("/o", "ab")]),
    (1, True, [replace("/o", True)]),
    (None, None, []),
    ({"a": 1}, {"a": 1, "b": 2}, [add("/o/b", 2)]),
    ({"a": "x", "b": 1}, {"b": 1, "a": "xy"}, [replace("/o/a", "xy")]),
    ({"a": {"b": [1]}}, {"a": {"b": [1, 2]}}, [add("/o/a/b/1", 2)]),
    ({"a/b": 1}, {"a/b": 2}, [replace("/o/a~1b", 2)]),
    ({"a": 1, "b": 1}, {"a": 1}, [replace("/o", {"a": 1})]),
    ({1: "a"}, {1: "ab"}, [replace("/o", {1: "ab"})]),
    ([1], [1, 2, 3], [add("/o/1", 2), add("/o/2", 3)]),
    ([1, 2], [1, 3], [replace("/o/1", 3)]),
    ([1, 2], [1], [replace("/o", [1])]),
    (AIMessageChunk(content="a"), AIMessageChunk(content="a"), []),
    (AIMessageChunk(content="a"), AIMessageChunk(content="ab"), [replace("/o", AIMessageChunk(content="ab"))]),
]


@pytest.mark.parametrize("old, new, ops", DIFFERENCES, ids=range(len(DIFFERENCES)))
def test_a_difference_turns_the_old_into_the_new(old, new, ops):
    found = difference("/o", old, new)
    assert found == ops
    log = RunLogPatch(replace("", {"o": old})) + RunLogPatch(*found)
    assert log.state == {"o": new} and type(log.state["o"]) is type(new)


def test_what_cannot_be_compared_has_changed():
    old, new = Array(), Array()
    assert [op["value"] is new for op in difference("/o", old, new)] == [True]
