"""Files of recordings: what is written is read again, what is none is named, and nothing outside is touched."""

from __future__ import annotations

import copy
import json
import os
import stat

import pytest

from fakes.recording import store
from fakes.recording.exchange import Recording, RecordingError, from_json

GOOD = {
    "recording": 1,
    "provider": "anthropic",
    "request": {"method": "POST", "path": "/v1/messages", "headers": {"accept": "*/*"}, "body": {"a": 1}},
    "response": {
        "status": 200,
        "headers": {"content-type": "text/event-stream"},
        "body": "data: é\n\ndata: 2\n\n",
        "framing": "chunked",
        "chunks": [[0.5, 7], [0.75, 12]],
        "head_at": 0.25,
        "ended": "complete",
        "ended_at": 1.0,
    },
}
BODIES = [
    b"",
    b"{}",
    b'{"a":1,"b":"\xc3\xa9"}',
    b'{"a": 1, "b": "\\u00e9"}',
    b'{"a":1,"b":"\\u00e9"}',
    b'{"a": 1, "b": "\xc3\xa9"}',
    b'{ "a":1.0e0 }',
    b'{"a":1,"a":2}',
    b'{"a":"\\ud800"}',
    b'{"numbers": [[1, 2], [0.5, 3]], "text": "[\\n 1,\\n 2\\n]"}',
    b"null",
    b"plain words",
    b"\xff\xfe\x00",
    b"[" * 5_000,
    b"[" * 99 + b"]" * 99,
    b"[" * 900 + b"]" * 900,
    b"[" * 3_000 + b"]" * 3_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
]


def recording(**changes):
    made = Recording(
        "x.json",
        "openai",
        "POST",
        "/v1/responses?a=b",
        {"accept": "*/*"},
        b"{}",
        200,
        (("date", "x"),),
        ((0.5, b"ab"), (0.5, b"c")),
    )
    return made._replace(**{"ended_at": 0.5, **changes})


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_what_is_written_is_read_again(body, tmp_path):
    chunks = ((0.25, body),) if body else ()
    one = recording(request_body=body, chunks=chunks, framing="close", ended="cut", ended_at=0.5, owing=7)
    name = store.write(str(tmp_path), one, 12)
    assert name.startswith("0012-openai-responses-") and store.read(str(tmp_path), name) == one._replace(name=name)


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    def failing(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        store.write(str(tmp_path), recording(), 1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_its_owner_s(tmp_path):
    name = store.write(str(tmp_path), recording(), 1)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "outside.json"
    inside.mkdir()
    outside.write_text("mine")
    name = store.write(str(inside), recording(), 1)
    (inside / name).unlink()
    (inside / name).symlink_to(outside)
    assert store.write(str(inside), recording(), 1) == name
    assert outside.read_text() == "mine" and not (inside / name).is_symlink()


def test_recordings_come_in_the_order_of_their_numbers_then_of_their_names(tmp_path):
    for number in (2, 10_000, 1, 9_999):
        store.write(str(tmp_path), recording(), number)
    for name in ("b.json", "a.json"):
        (tmp_path / name).write_text(json.dumps(GOOD))
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "0001-x.json").write_text(json.dumps(GOOD))
    for ignored in ("README.md", ".hidden.json", "notes.txt"):
        (tmp_path / ignored).write_text("no recording")
    names = [one.name for one in store.load(tmp_path)]
    assert [name.partition("-")[0] for name in names] == ["0001", "0002", "9999", "10000", "a.json", "b.json", "0001"]
    assert store.next_number(str(tmp_path)) == 10_001


def test_without_chunks_a_stream_has_one_for_each_event_and_another_body_has_one():
    value = copy.deepcopy(GOOD)
    for field in ("chunks", "framing", "head_at", "ended_at", "ended"):
        del value["response"][field]
    read = from_json("x", value)
    assert [data for _, data in read.chunks] == ["data: é\n\n".encode(), b"data: 2\n\n"] and read.framing == "chunked"
    value["response"]["headers"] = {}
    read = from_json("x", value)
    assert [data for _, data in read.chunks] == ["data: é\n\ndata: 2\n\n".encode()] and read.framing == "length"


def changed(path, value):
    """GOOD with the value at a path replaced; `...` takes the key out."""
    whole = copy.deepcopy(GOOD)
    *way, last = path.split(".")
    place = whole
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(whole)


MALFORMED = [
    ("", "not JSON in UTF-8"),
    ("{", "not JSON in UTF-8"),
    ("[" * 100_000, "not JSON in UTF-8"),
    ("[]", "the file: must be a JSON object, not list"),
    ("{}", "provider: must be a text, not NoneType"),
    ('{"name": "left-pad", "version": "1.0.0"}', "provider: must be a text"),
    (changed("recording", 2), "recording: this reads version 1, not 2"),
    (changed("provider", "acme"), "provider: is one of anthropic, .* not 'acme'"),
    (changed("request", []), "request: must be a JSON object, not list"),
    (changed("request.path", ...), "request.path: must be a text"),
    (changed("request.path", "http://x"), "request.path: begins with a slash"),
    (changed("request.headers", {"a b": "c"}), "request.headers: 'a b' is no header"),
    (changed("request.written", "loud"), "request.written: is one of compact"),
    (changed("request.text", '{"a":2}'), "request.text: says something else than request.body"),
    (changed("response.status", "200"), "response.status: must be a whole number"),
    (changed("response.status", True), "response.status: is a status"),
    (changed("response.status", 101), "response.status: is a status from 200 to 599"),
    (changed("response.headers", {"a": "b\r\nc: d"}), "response.headers: 'a' is no header with a text"),
    (changed("response.headers", {"a": 1}), "response.headers: 'a' is no header with a text"),
    (changed("response.body", ...), "response.body: must be a text"),
    (changed("response.body", {"a": 1}), "response.body: must be a text, not dict"),
    (changed("response.body", "\ud800"), "response.body: has half a surrogate pair"),
    (changed("response.base64", "?"), "response.base64: "),
    (changed("response.body", "shorter"), "response.chunks: add up to 19 bytes, the body has 7"),
    (changed("response.chunks", [[0, 0]]), "response.chunks: a chunk has at least one byte"),
    (changed("response.chunks", [[0.25]]), "response.chunks: has rows of seconds and bytes"),
    (changed("response.chunks", [[0.75, 7], [0.5, 12]]), "response.chunks: the seconds .* do not increase"),
    (changed("response.chunks", [["0", 19]]), "response.chunks: is a number of seconds"),
    (changed("response.head_at", -1), "response.head_at: is a number of seconds from 0"),
    (changed("response.ended_at", 0.1), "do not increase"),
    (changed("response.ended", "maybe"), "response.ended: is one of complete, cut"),
    (changed("response.framing", "none"), "response.framing: is one of"),
    (changed("response.owing", -1), "response.owing: is a number of bytes"),
]


@pytest.mark.parametrize("text, why", MALFORMED, ids=[why[:40] for _, why in MALFORMED])
def test_a_file_that_is_no_recording_is_named_with_the_field(text, why, tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    (tmp_path / "strange.json").write_text(text)
    with pytest.raises(RecordingError, match=f"strange.json: .*{why}"):
        store.load(tmp_path)


def test_a_file_that_is_no_utf_8_is_named(tmp_path):
    (tmp_path / "a.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(RecordingError, match="a.json: not JSON in UTF-8"):
        store.load(tmp_path)


@pytest.mark.parametrize(
    "name", ["../x.json", "/etc/x.json", "a/b.json", "..", "", "x.txt", ".x.json", "a\0.json", "a\\b.json"]
)
def test_a_name_that_could_lead_elsewhere_is_refused(name, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "x.json").write_text(json.dumps(GOOD))
    with pytest.raises(RecordingError, match="is not the name of a recording"):
        store.read(str(tmp_path / "in"), name)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_that_leads_out_of_the_folder_is_refused(kind, tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    inside.mkdir()
    (outside / "a.json").write_text(json.dumps(GOOD))
    (inside / "b.json").write_text(json.dumps(GOOD))
    (inside / ("c.json" if kind == "file" else "c")).symlink_to(outside / "a.json" if kind == "file" else outside)
    with pytest.raises(RecordingError, match="leads out of .*, and nothing outside is read"):
        store.load(inside)


def test_a_link_that_stays_in_the_folder_is_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GOOD))
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    assert len(store.load(tmp_path)) == 2


def test_an_empty_folder_and_a_missing_one_are_said(tmp_path):
    with pytest.raises(RecordingError, match="no recording"):
        store.load(tmp_path)
    with pytest.raises(RecordingError, match="there is no such folder or file"):
        store.load(tmp_path / "none")


def test_one_file_is_a_set_of_recordings_too(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GOOD))
    assert [one.name for one in store.load(tmp_path / "a.json")] == ["a.json"]
