"""The three forms of ingest, the bodies that are none, and many writers at once."""

from __future__ import annotations

import json
import threading

import pytest

from fakes.langsmith.multipart import parts

from .asking import BOUNDARY, a_run, ask, at, multipart, parts_of, run_id, the_end

TYPE = f"multipart/form-data; boundary={BOUNDARY}"
ROOT = a_run(1, extra={"metadata": {"k": "v"}})
KID = a_run(2, 0.5, above=ROOT, run_type="tool")
END = the_end(ROOT, 2.0)
HOSTILE = b"\r\n--" + BOUNDARY.encode() + b"--\r\n\x00" + bytes(range(256)) * 8_000


def send(server, body, path="/runs/multipart"):
    return ask(server.url, "POST", path, body)


FORMS = {
    "multipart": [("POST", "/runs/multipart", multipart(parts_of("post", ROOT) + parts_of("post", KID))),
        ("POST", "/runs/multipart", multipart(parts_of("patch", END)))],
    "multipart, one request": [
        ("POST", "/api/v1/runs/multipart",
         multipart(parts_of("post", ROOT) + parts_of("post", KID) + parts_of("patch", END)))],
    "multipart, patch first": [("POST", "/runs/multipart", multipart(parts_of("patch", END))),
        ("POST", "/runs/multipart", multipart(parts_of("post", KID) + parts_of("post", ROOT)))],
    "batch": [("POST", "/runs/batch", {"post": [ROOT, KID]}), ("POST", "/runs/batch", {"patch": [END]})],
    "batch, one request": [("POST", "/api/v1/runs/batch", {"post": [KID, ROOT], "patch": [END]})],
    "single": [("POST", "/runs", {**ROOT, "attachments": {}, "child_runs": []}), ("POST", "/runs", KID),
        ("PATCH", f"/runs/{ROOT['id']}", {name: END[name] for name in ("end_time", "outputs")})],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_ingest_gives_the_same_runs(server, form):
    for method, path, body in FORMS[form] * 2:  # all of it once more, as after an answer that was not heard
        assert ask(server.url, method, path, body)[0] == 202
    root, kid = server.runs()
    assert (root["name"], root["status"], root["outputs"], root["inputs"]) == (
        "run 1", "success", {"answer": 42}, {"question": "what is 1?"})  # fmt: skip
    assert kid["parent_run_ids"] == [root["id"]] and kid["status"] == "pending" and kid["trace_id"] == root["id"]
    assert root["extra"] == {"metadata": {"k": "v"}}
    assert [project["name"] for project in server.store.projects()] == ["demo"]
    assert "attachments" not in root and "child_runs" not in root and "session_name" not in root


def test_a_part_is_as_long_as_it_says_whatever_is_in_it(server):
    name = f"attachment.{ROOT['id']}.photo"
    status, _ = send(
        server, multipart([*parts_of("post", ROOT), (name, ("image/png", HOSTILE)), *parts_of("post", KID)])
    )
    assert status == 202 and len(server.runs()) == 2
    kept = server.store.attachment(ROOT["id"], "photo")
    assert kept["data"] == HOSTILE and kept["type"] == "image/png"
    assert server.store.attachments(ROOT["id"]) == [{"name": "photo", "type": "image/png", "size": len(HOSTILE)}]


def test_a_length_may_stand_beside_the_type_or_be_left_out():
    typed = parts(multipart([("a", (f"image/png; length={len(HOSTILE)}", HOSTILE)), ("b", 1)], lengths=False), TYPE)
    assert [(part.name, part.type, part.data) for part in typed] == [
        ("a", "image/png", HOSTILE), ("b", "application/json", b"1")]  # fmt: skip
    assert [part.data for part in parts(multipart([("a", b""), ("b", b"\r\n")], lengths=False), TYPE)] == [b"", b"\r\n"]
    assert parts(b"--" + BOUNDARY.encode() + b"--", TYPE) == []
    assert parts(b"preamble\r\n" + multipart([("a", 1)]), TYPE)[0].data == b"1"


def test_the_javascript_sdk_sends_times_in_milliseconds(server):
    """As langsmith 0.12 for Node does: a number in the core, and each length beside its type."""
    run = {**ROOT, "start_time": 1_795_407_925_141, "end_time": 1_795_407_926_641,
           "events": [{"name": "new_token", "time": 1_795_407_925_641}]}  # fmt: skip
    rows = []
    for name, value in parts_of("post", run):
        data = json.dumps(value, ensure_ascii=False).encode()
        rows.append((name, (f"application/json; length={len(data)}", data)))
    assert send(server, multipart(rows, lengths=False))[0] == 202
    (found,) = server.runs()
    assert found["start_time"] == "2026-11-23T04:25:25.141000+00:00" and found["status"] == "success"
    assert found["end_time"] == "2026-11-23T04:25:26.641000+00:00"
    assert found["first_token_time"] == "2026-11-23T04:25:25.641000+00:00"


def test_a_length_that_counts_letters_is_too_short_and_does_no_harm():
    said = json.dumps({"q": "größer 😀"}, ensure_ascii=False)
    for count in (len(said), len(said.encode("utf-16-le")) // 2, len(said.encode())):
        rows = [("a", (f"application/json; length={count}", said.encode())), ("b", ("text/plain; length=1", b"x"))]
        assert [part.data.decode() for part in parts(multipart(rows, lengths=False), TYPE)] == [said, "x"]
    rows = [("a", ("application/json; length=9", b"1"))]
    with pytest.raises(ValueError, match="no delimiter where it ends"):
        parts(multipart(rows, lengths=False), TYPE)
    rows = [("a", ("text/plain; length=2", b"1")), ("b", ("text/plain; length=1", b"x"))]
    with pytest.raises(ValueError, match="no delimiter where it ends"):  # else b would be lost in a
        parts(multipart(rows, lengths=False), TYPE)


GOOD = multipart(parts_of("post", ROOT))
BODIES = [
    (b"", "no delimiter"),
    (GOOD.replace(BOUNDARY.encode(), b"other"), "no delimiter"),
    (GOOD[:-30], "no delimiter where it ends"),
    (GOOD[:60], "headers of a part do not end"),
    (multipart([("post.x", {})]), "not a UUID"),
    (multipart([(f"put.{run_id(1)}", {})]), "a name is post, patch"),
    (multipart([(f"post.{run_id(1)}.colour", {})]), "a name is post, patch"),
    (multipart([(f"post.{run_id(1)}", [])]), "is a JSON object"),
    (multipart([(f"post.{run_id(1)}", b"{")]), "no JSON in UTF-8"),
    (multipart([(f"post.{run_id(1)}", b'"\xff"')]), "no JSON in UTF-8"),
    (multipart([(f"post.{run_id(1)}.inputs", b"[" * 100_000)]), "no JSON in UTF-8"),
    (multipart([(f"post.{run_id(1)}", {"trace_id": 5})]), "not a UUID"),
    (multipart([(f"post.{run_id(1)}", {"name": 5})]), "name is a text"),
    (multipart([(f"post.{run_id(1)}", {"start_time": "soon"})]), "not a time"),
    (multipart([(f"feedback.{run_id(1)}", {"run_id": run_id(1)})]), "has a key"),
    (multipart([(f"feedback.{run_id(1)}", {"run_id": run_id(1), "key": "k", "score": "good"})]), "score is a number"),
    (multipart([("a", 1)]).replace(b"Content-Length: 1", b"Content-Length: -1"), "no length"),
    (multipart([("a", 1)]).replace(b"Content-Length: 1", b"Content-Length: 9"), "no delimiter where it ends"),
    (multipart([("a", 1)]).replace(b"; name=", b"; title="), "has no name"),
]


@pytest.mark.parametrize("body, told", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_none_is_refused_whole_and_in_words(server, body, told):
    good = multipart(parts_of("post", a_run(9)), end=b"")[: -len(BOUNDARY) - 2]
    for sent in (body, good + body if body.startswith(b"--") else body):
        status, said = send(server, sent)
        assert status == 422 and told in said["detail"], said
    assert server.runs() == [] and server.store.projects() == []


def test_other_content_types_and_codings_are_refused(server):
    for headers, status in (({"content-type": "application/json"}, 422), ({"content-type": "multipart/form-data"}, 422),
                            ({"content-encoding": "zstd"}, 415), ({"content-encoding": "identity"}, 202)):  # fmt: skip
        assert ask(server.url, "POST", "/runs/multipart", GOOD, headers=headers)[0] == status
    for body in ([], {"post": {}}, {"post": [1]}, {"post": [{}]}):
        assert ask(server.url, "POST", "/runs/batch", body)[0] == 422


def test_feedback_comes_with_the_runs_and_before_them(server):
    said = {"id": run_id(50), "run_id": ROOT["id"], "trace_id": ROOT["id"], "key": "k", "score": 1, "value": None,
        "created_at": at(3), "modified_at": at(3), "feedback_source": {"type": "api", "metadata": {}}}  # fmt: skip
    for rows in ([(f"feedback.{run_id(50)}", said)], parts_of("post", ROOT), [(f"feedback.{run_id(50)}", said)]):
        assert send(server, multipart(rows))[0] == 202
    (run,) = server.runs()
    assert run["feedback_stats"] == {"k": {"n": 1, "avg": 1.0, "values": {}, "comments": []}}
    (kept,) = server.store.feedback()
    assert kept["created_at"] == at(3) and kept["feedback_source"]["type"] == "api"


def test_values_of_one_byte_and_of_megabytes_come_back_as_they_were(server):
    big = {
        "text": "x" * 3_000_000 + "\r\n\u2028😀",
        "n": 12345678901234567890123,
        "f": 0.1,
        "deep": [[[[{}]]]],
        "z": None,
    }
    send(server, multipart(parts_of("post", {**ROOT, "inputs": big, "outputs": []})))
    status, run = ask(server.url, "GET", f"/runs/{ROOT['id']}")
    assert status == 200 and run["inputs"] == big and run["outputs"] == []


@pytest.mark.parametrize("depth", [10, 390, 420, 900])
def test_json_that_is_too_deep_is_kept_as_a_text(server, depth):
    text = '{"a": ' + "[" * depth + "1, {}" + "]" * depth + "}"
    assert send(server, multipart([*parts_of("post", ROOT), (f"post.{ROOT['id']}.inputs", text.encode())]))[0] == 202
    body = {"filter": 'and(eq(input_key, "a"), eq(metadata_key, "k"))'}
    status, page = ask(server.url, "POST", "/runs/query", body)
    assert status == 200 and len(page["runs"]) == (depth < 400)
    kept = ask(server.url, "GET", f"/runs/{ROOT['id']}")[1]["inputs"]
    assert kept == (json.loads(text) if depth < 400 else text)
    status, said = ask(server.url, "POST", "/runs/batch", {"post": [{**a_run(2), "outputs": json.loads(text)}]})
    assert status == (202 if depth < 400 else 422)


def test_many_writers_at_once_lose_nothing(server):
    def write(place):
        for n in range(10):
            run = a_run(place * 100 + n, n)
            assert send(server, multipart(parts_of("post", run)))[0] == 202
            assert send(server, multipart(parts_of("patch", the_end(run, n + 1))))[0] == 202

    threads = [threading.Thread(target=write, args=(place,)) for place in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run["status"] for run in server.runs()] == ["success"] * 80
