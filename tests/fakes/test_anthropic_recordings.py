"""The recordings of real traffic as a witness: the fake takes every recorded request, and speaks as the recordings do.

"As they do" is about keys: for each kind of block, event and usage in the answers of 2026, the fake's has the same keys
in the same order, and no key that no recording has.
"""

from __future__ import annotations

import json
import pathlib

import pytest

import fakes

from .anthropic_asking import WEATHER_TOOL, call, chat, events, text, user

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "shared" / "cassettes" / "anthropic"
THINK = {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
# name -> why the fake refuses what Anthropic took
REFUSED = {
    "test_anthropic_image_with_history_1-5df86ec0": "its JPEG was replaced by a PNG when the recording was collected",
}


def recordings():
    found = []
    for file in sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else ():
        exchange = json.loads(file.read_text(encoding="utf-8"))
        if exchange["request"]["path"].partition("?")[0].endswith("/v1/messages"):
            found.append((file.stem, exchange))
    return found


FOUND = recordings()
SKIP = pytest.mark.skipif(not FOUND, reason="no recordings: shared/cassettes/anthropic is not beside this repository")


def test_no_recording_is_left_out():
    assert not FOUND or len(FOUND) >= 55
    assert set(REFUSED) <= {name for name, _ in FOUND} or not FOUND


@SKIP
@pytest.mark.parametrize("name, exchange", FOUND, ids=[name for name, _ in FOUND])
def test_a_recorded_request_is_taken(server, name, exchange):
    request = exchange["request"]
    got = call(server, request["body"], path=request["path"])
    assert (got.status, name) == (400 if name in REFUSED else 200, name), got.body
    if name not in REFUSED:
        answered = got.body.startswith(b"event: message_start\n")
        assert answered == bool(request["body"].get("stream"))


def note(known, what, value):
    known.setdefault(what, set()).add(tuple(value))


def of_message(known, message, end):
    note(known, f"{end} message", message)
    note(known, f"{end} usage", message["usage"])
    for block in message["content"]:
        note(known, f"{end} {block['type']} block", block)
        for citation in block.get("citations") or ():
            note(known, citation["type"], citation)


def keys_of(body, known):
    """Collect the keys of one raw answer, by what they are keys of."""
    if body.startswith("{"):
        of_message(known, json.loads(body), "whole")
        return
    for frame in body.split("\n\n")[:-1]:
        data = json.loads(frame.split("\n")[1][6:])
        kind = data["type"]
        note(known, kind, data)
        if kind == "message_start":
            of_message(known, data["message"], "streamed")
        elif kind == "content_block_start":
            note(known, f"streamed {data['content_block']['type']} block", data["content_block"])
        elif kind == "content_block_delta":
            note(known, data["delta"]["type"], data["delta"])
            if "citation" in data["delta"]:
                note(known, data["delta"]["citation"]["type"], data["delta"]["citation"])
        elif kind == "message_delta":
            note(known, "last delta", data["delta"])
            note(known, "last usage", data["usage"])


def recorded_keys():
    known = {}
    for _, exchange in FOUND:
        body = exchange["response"]["body"]
        own = not body.startswith("{") or list(json.loads(body))[0] == "model"  # others have their keys sorted anew
        if own and '{"model"' in body[:200]:
            keys_of(body, known)
    return known


def faked_keys():
    known = {}
    cited = {"type": "document", "source": {"type": "content", "content": [text("a")]}, "citations": {"enabled": True}}
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("a")], "citations": {"enabled": True}}
    edit = {"context_management": {"edits": []}}
    with fakes.serve() as server:
        for stream in (False, True):
            for body in (
                {},
                {"model": "fake-tool", "tools": [WEATHER_TOOL]},
                {"model": "fake-think", **THINK},
                {"messages": [user(cited, text("?"))]},
                {"messages": [user(found, text("?"))]},
                {**edit, "exchange": {"path": "/v1/messages?beta=true"}},
            ):
                got = chat(server, stream=stream, **body)
                assert got.status == 200, got.body
                keys_of(got.body.decode(), known)
    return known


@SKIP
def test_keys_and_their_order_are_those_of_the_recordings():
    recorded, faked = recorded_keys(), faked_keys()
    assert len(faked) >= 22
    # `whole usage` with thoughts was recorded with its keys sorted only; the streams have its place
    sorted_only = {("whole usage", "output_tokens_details")}
    for what, rows in faked.items():
        assert what in recorded, f"no recording has a {what}"
        for row in rows:
            bare = tuple(key for key in row if (what, key) not in sorted_only)
            if "context_management" in row:  # recorded before answers had stop_details
                bare = tuple(key for key in bare if key != "stop_details")
            assert bare in recorded[what], f"{what}: {bare} in no recording; there are {sorted(recorded[what])}"


def test_events_are_in_the_recorded_order():
    """start, ping, deltas, stop, for each block; the recordings' second ping and missing ping are Anthropic's timing."""
    with fakes.serve() as server:
        names = [name for name, _ in events(chat(server, "fake-think", stream=True, **THINK))]
    first = names.index("content_block_stop")
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert set(names[3:first]) == {"content_block_delta"}
    assert names[first + 1] == "content_block_start"
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert names.count("ping") == 1
