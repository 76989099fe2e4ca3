"""What has changed between two sets of recordings: events, keys, kinds of values, headers, statuses."""

from __future__ import annotations

import json
import pathlib
import random

import pytest

import fakes
from fakes.recording import store
from fakes.recording.diff import main
from fakes.recording.drift import compare, lines
from fakes.recording.exchange import Recording
from fakes.recording.record import record

from .asking import ASKED, ask

CASSETTES = pathlib.Path(fakes.__path__[0]).parents[1] / "shared" / "cassettes"
START = {"type": "message_start", "message": {"id": "a", "usage": {"input_tokens": 1}}}
TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TOOL = {
    "type": "content_block_start",
    "index": 1,
    "content_block": {"type": "tool_use", "id": "x", "input": {"city": 1}},
}
STOP = {"type": "message_stop"}


def stream(*events, provider="anthropic", path="/v1/messages", status=200, headers=(), label=True):
    frames = [(f"event: {event['type']}\n" if label else "") + f"data: {json.dumps(event)}\n\n" for event in events]
    told = (("content-type", "text/event-stream"), *headers)
    return Recording(
        "x", provider, "POST", path, {}, b"{}", status, told, tuple((0.0, one.encode()) for one in frames), "chunked"
    )


def whole(value, **more):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    made = Recording(
        "x", "openai", "POST", "/v1/responses", {}, b"{}", 200, (("content-type", "application/json"),), ((0.0, body),)
    )
    return made._replace(**more)


OLD = stream(START, TEXT, TOOL, STOP)
# New recording -> what is told of it: surface, then (what, kind, where, old, new).
CHANGES = {
    "nothing": (OLD, []),
    "another order and number": (stream(START, TOOL, TEXT, TEXT, STOP), []),
    "another value": (stream(json.loads(json.dumps(START).replace("1", "99")), TEXT, TOOL, STOP), []),
    "other arguments of a tool": (stream(START, TEXT, json.loads(json.dumps(TOOL).replace("city", "town")), STOP), []),
    "a lost event": (stream(START, TEXT, TOOL), [("lost", "event", "message_stop")]),
    "a new event with new keys": (
        stream(START, TEXT, TOOL, STOP, {"type": "ping", "x": {"y": 1}}),
        [("new", "event", "ping")],
    ),
    "a lost key": (
        stream({"type": "message_start", "message": {"usage": {"input_tokens": 1}}}, TEXT, TOOL, STOP),
        [("lost", "key", "message_start: message.id")],
    ),
    "a lost key with keys below it": (
        stream({"type": "message_start", "message": {"id": "a"}}, TEXT, TOOL, STOP),
        [("lost", "key", "message_start: message.usage")],
    ),
    "a new key": (
        stream({**START, "extra": [{"a": 1}]}, TEXT, TOOL, STOP),
        [("new", "key", "message_start: extra")],
    ),
    "a lost kind of block": (
        stream(START, TEXT, STOP),
        [("lost", "key", "content_block_start: content_block(tool_use)")],
    ),
    "a number that is a text": (
        stream(json.loads(json.dumps(START).replace(": 1", ': "1"')), TEXT, TOOL, STOP),
        [("changed", "value", "message_start: message.usage.input_tokens", "number", "string")],
    ),
    "a value that may be null": (
        stream(
            START,
            START,
            {"type": "message_start", "message": {"id": None, "usage": {"input_tokens": 1}}},
            TEXT,
            TOOL,
            STOP,
        ),
        [("changed", "value", "message_start: message.id", "string", "null|string")],
    ),
    "a new header": (
        stream(START, TEXT, TOOL, STOP, headers=(("request-id", "x"),)),
        [("new", "header", "request-id")],
    ),
}
LOSSES = {name for name in CHANGES if "lost" in name or name == "a number that is a text"}


def told(changes):
    return [(one.what, one.kind, one.where, *((one.old, one.new) if one.kind == "value" else ())) for one in changes]


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_once_and_losses_are_known(name):
    new, wanted = CHANGES[name]
    changes = compare([OLD], [new])
    assert told(changes) == wanted
    assert {change.surface for change in changes} <= {"anthropic messages streamed"}
    assert any(change.loses for change in changes) is (name in LOSSES)
    # The other way round what was lost is new.
    other = {"lost": "new", "new": "lost", "changed": "changed"}
    assert [(other[one[0]], *one[1:3]) for one in wanted] == [one[:3] for one in told(compare([new], [OLD]))]


def test_surfaces_are_told_apart_and_one_that_is_in_one_set_only_is_one_line():
    old = [whole({"object": "response", "a": 1}), whole({"error": {"message": "x"}}, status=429), stream(START)]
    new = [whole({"object": "response", "b": 1}), stream(START, provider="mistral", path="/v1/chat/completions")]
    assert lines(compare(old, new)) == [
        "anthropic messages streamed",
        "  lost    surface no new recording shows it",
        "mistral chat_completions streamed",
        "  new     surface no old recording shows it",
        "openai responses error",
        "  lost    surface no new recording shows it",
        "openai responses whole",
        "  lost    key     response: a",
        "  new     key     response: b",
    ]


def test_statuses_of_errors_are_compared():
    old = [whole({"error": {}}, status=429), whole({"error": {}}, status=400)]
    assert told(compare(old, old[:1])) == [("lost", "status", "400")]


@pytest.mark.parametrize(
    "one, other, event",
    [
        ({"type": "a"}, {"type": "b"}, "b"),
        ({"object": "chat.completion.chunk"}, {"object": "other"}, "other"),
        ({"x": 1}, {"error": {}}, None),
    ],
)
def test_an_event_without_a_label_is_named_by_its_json(one, other, event):
    made = [
        stream({**value, "type": value.get("type", "t")} if "type" in value else value, label=False)
        for value in (one, other)
    ]
    names = {
        change.where
        for change in compare(*[[recording] for recording in made])
        if change.kind == "event" and change.what == "new"
    }
    assert names == ({event} if event else set())


def test_what_is_no_json_is_an_event_without_keys():
    old = stream(START)._replace(chunks=((0.0, b"data: [DONE]\n\n: comment\n\nevent: x\ndata: <html>\n\n"),))
    assert told(compare([old], [stream(START)])) == [
        ("lost", "event", "[DONE]"), ("lost", "event", "x"), ("new", "event", "message_start"),
    ]  # fmt: skip
    assert told(compare([whole(b"<html>")], [whole(b"\xff")])) == []


def test_the_order_of_recordings_makes_no_difference():
    recordings = [new for new, _ in CHANGES.values()] + [whole({"a": {"b": [1, None, "x"]}})]
    wanted = lines(compare(recordings[:7], recordings[7:]))
    for seed in range(5):
        old, new = recordings[:7], recordings[7:]
        random.Random(seed).shuffle(old)
        random.Random(seed).shuffle(new)
        assert lines(compare(old, new)) == wanted and len(wanted) > 4


def test_deep_nesting_is_survived():
    deep = b"[" * 900 + b"]" * 900
    assert compare([whole(deep)], [whole(deep)]) == []


@pytest.mark.skipif(not CASSETTES.is_dir(), reason="no recordings: shared/cassettes is not beside this repository")
def test_the_recordings_of_other_projects_have_no_drift_against_themselves():
    recordings = store.load(CASSETTES)
    assert compare(recordings, recordings) == []
    changes = compare(recordings, recordings[:100])
    assert len(changes) > 10 and all(change.loses for change in changes)


def test_two_recordings_of_the_same_provider_show_no_drift(tmp_path):
    for name in ("old", "new"):
        with (
            fakes.serve(seed=len(name)) as real,
            record(
                tmp_path / name, **{one: f"{real.url()}/{one}" for one in ("openai", "anthropic", "google")}
            ) as proxy,
        ):
            for provider in ("openai", "responses", "anthropic", "google"):
                for streamed in (False, True):
                    ask(proxy.port, provider, streamed=streamed)
    assert compare(store.load(tmp_path / "old"), store.load(tmp_path / "new")) == []
    assert set(ASKED) > {"openai"}


def written(folder, *recordings):
    folder.mkdir()
    for number, one in enumerate(recordings, 1):
        store.write(str(folder), one, number)
    return str(folder)


def test_the_command_s_exit_code_tells_losses(tmp_path, capsys):
    old, new = written(tmp_path / "old", OLD), written(tmp_path / "new", CHANGES["a new key"][0])
    assert main([old, old]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main([old, new]) == 0
    assert capsys.readouterr().out == "anthropic messages streamed\n  new     key     message_start: extra\n"
    assert main([new, old]) == 1
    assert "lost    key     message_start: extra" in capsys.readouterr().out


def test_the_command_gives_json(tmp_path, capsys):
    old, new = written(tmp_path / "old", OLD), written(tmp_path / "new", CHANGES["a number that is a text"][0])
    (file,) = pathlib.Path(old).iterdir()
    assert main(["--json", str(file), new]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "what": "changed",
            "surface": "anthropic messages streamed",
            "kind": "value",
            "where": "message_start: message.usage.input_tokens",
            "old": ["number"],
            "new": ["string"],
            "loses": True,
        }
    ]
    assert main(["--json", old, old]) == 0 and json.loads(capsys.readouterr().out) == []


def test_what_cannot_be_read_is_said(tmp_path, capsys):
    old = written(tmp_path / "old", OLD)
    assert main([old, str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.endswith("none: there is no such folder or file\n")
    with pytest.raises(SystemExit, match="2"):
        main([old])
