"""What keeps the page safe, address by address: headers, hosts, passwords, tokens, and text that wants to be code."""

from __future__ import annotations

import base64
import json
import re
import socket

import pytest

import fakes.langsmith
from fakes.langsmith.page import pages
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.asking import KEY, multipart
from tests.fakes.langsmith.page_reading import Reader, ask, send, token

POLICY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>"
CODE = "javascript:alert(3)"


def every_text(where=""):
    """Give texts for a field: code in markup and code in an address."""
    return f"{EVIL}{where}"


def hostile(server):
    """Put the same attack into every field that is stored, as strings, keys, addresses and names of files."""
    constructor = traces.constructor
    blocks = [
        {"type": "text", "text": EVIL, "annotations": [{"url": CODE, "title": EVIL}]}, {"type": EVIL, "text": EVIL},
        {"type": "image_url", "image_url": {"url": CODE}}, {"type": "image_url", "image_url": {"url": f"https://x/{EVIL}"}},
        {"type": "image", "base64": EVIL, "mime_type": f"image/png{EVIL}"}, {"type": "image", "url": f"data:image/svg+xml,{EVIL}"},
        {"type": "input_audio", "input_audio": {"data": EVIL, "format": EVIL}},
        {"type": "file", "file": {"filename": EVIL, "file_data": f"data:text/html,{EVIL}"}}, {"type": "file", "url": CODE},
        {"type": "file", "file": {"file_id": EVIL}}, {"type": "thinking", "thinking": EVIL}, {"type": "refusal", "refusal": EVIL},
        {"type": "tool_use", "name": EVIL, "id": EVIL, "input": {EVIL: CODE}}, {"fileData": {"fileUri": CODE}},
        {"type": "tool_result", "tool_use_id": EVIL, "content": EVIL, "is_error": True}, {EVIL: EVIL}, EVIL,
    ]  # fmt: skip
    call = {"name": EVIL, "args": {EVIL: CODE}, "id": EVIL}
    message = constructor("AIMessage", blocks, name=EVIL, tool_calls=[call], invalid_tool_calls=[{**call, "args": EVIL, "error": EVIL}],
                          additional_kwargs={"reasoning_content": EVIL, "refusal": EVIL}, tool_call_id=EVIL)  # fmt: skip
    chat = {"type": "chat", "role": EVIL, "content": EVIL}
    inputs = {"messages": [message, chat, {"role": "system", "content": CODE}], EVIL: CODE, "model": EVIL, "link": CODE}
    extra = {"metadata": {EVIL: EVIL, "ls_model_name": EVIL, "ls_provider": EVIL, "revision": CODE},
             "invocation_params": {EVIL: EVIL, "model": EVIL, "tools": [{"name": EVIL, "input_schema": {EVIL: EVIL}}, {"type": EVIL}]},
             "runtime": {EVIL: CODE}}  # fmt: skip
    fields = {"inputs": inputs, "outputs": {"output": [message], EVIL: CODE}, "extra": extra, "events": [{"name": EVIL}],
              "serialized": {EVIL: CODE}, "tags": [EVIL, CODE], "error": f"{EVIL}\n{CODE}", "session_name": EVIL}  # fmt: skip
    root = traces.run(1, EVIL, EVIL, 0, 1, **{**fields, "error": None})
    traces.put(server.store, [{**root, **fields, "error": None}])
    traces.put(server.store, [{**traces.run(2, CODE, "llm", 0, 1, parent=root), **fields}])
    rows = [(f"post.{traces.run_id(3)}", {**traces.run(3, EVIL, "llm", 0, None), "session_name": EVIL}),
            (f"attachment.{traces.run_id(3)}.{EVIL.replace('.', '')[:40]}", ("text/html", EVIL.encode())),
            (f"attachment.{traces.run_id(3)}.pixel", ("image/svg+xml", EVIL.encode())),
            (f"attachment.{traces.run_id(3)}.code", ("text/javascript", b"alert(4)"))]  # fmt: skip
    quoted = [(name.replace('"', "%22"), value) for name, value in rows]
    status, _, body = ask(server, "POST", "/runs/multipart", body=multipart(quoted),
                          headers={"x-api-key": KEY, "content-type": "multipart/form-data; boundary=0123456789abcdef0123456789abcdef"})  # fmt: skip
    assert status == 202, body
    for number in (1, 2):
        server.store.add_feedback({"run_id": traces.run_id(number), "key": EVIL, "value": EVIL, "comment": f"{EVIL}{CODE}", "score": 1,
                                   "feedback_source": {"type": EVIL, "metadata": {EVIL: CODE}}, "correction": {EVIL: CODE}})  # fmt: skip
    dataset = server.store.create_dataset({"name": EVIL, "description": f"{EVIL}{CODE}"})["id"]
    made = server.store.add_examples(dataset, [{"inputs": inputs, "outputs": inputs, "source_run_id": traces.run_id(1),
                                                "metadata": {"dataset_split": [EVIL], EVIL: CODE}}])  # fmt: skip
    server.store.create_project({"name": CODE, "description": EVIL, "reference_dataset_id": dataset, "extra": {"metadata": {EVIL: CODE}}})
    traces.put(server.store, [{**traces.run(4, EVIL, "chain", 0, 1), **fields, "session_name": CODE, "reference_example_id": made[0]}])
    server.store.share(traces.run_id(1))


def crawled(server, *more):
    """Give each address that links and forms lead to, with status, headers and body."""
    seen, waiting = {}, ["/", "/playground", *more]
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith("/"):
            continue
        seen[address] = status, headers, body = ask(server, "GET", address)
        waiting.append(headers.get("location", ""))
        if headers.get("content-type", "").startswith("text/html"):
            waiting += [one.get("href", "").partition("#")[0] for one in Reader(body.decode()).all("a")]
    return seen


def test_text_that_wants_to_be_code_stays_text_on_every_page(server):
    hostile(server)
    more = [f"/playground?run={traces.run_id(number)}" for number in (1, 2, 3, 4)]
    found = crawled(server, *more, f"/projects/compare?run={traces.run_id(1)}&run={traces.run_id(2)}", f"/?x={EVIL}".replace(" ", "+"))
    assert len(found) > 50
    shown = 0
    for address, (status, _, body) in found.items():
        assert status in (200, 303), (address, body[:300])
        if not found[address][1]["content-type"].startswith("text/html"):
            continue
        reader = Reader(body.decode())
        assert reader.wrong == [], address
        assert [one["src"].partition("?")[0] for one in reader.all("script")] == ["/static/script.js"], address
        for one in reader.elements:
            assert not any(name.startswith("on") or name in ("style", "srcdoc") for name in one), (address, one)
            for name in ("href", "src", "action", "formaction"):
                value = one.get(name) or "/"
                assert re.match(r"(/(?![/\\])|#|\?|https?://|data:(image|audio)/)", value), (address, name, value)
                assert name == "href" or not value.startswith("http"), (address, name, value)
        shown += EVIL in reader.all("main")[0]["text"]
    assert shown > 12


def test_only_pages_are_html_and_files_that_were_sent_are_never_run(server):
    hostile(server)
    for address, (_, headers, _) in crawled(server).items():
        html = headers["content-type"].startswith("text/html")
        assert html is (address.partition("?")[0].rpartition(".")[2] not in ("json", "jsonl") and "/files/" not in address
                        and "location" not in headers), address  # fmt: skip
        assert headers["x-content-type-options"] == "nosniff" and "set-cookie" not in headers
        if "/files/" in address:
            assert headers["content-disposition"].startswith("attachment"), address
            assert headers["content-type"] == "application/octet-stream", address


def odd_requests():
    """Give requests and the status of each: right ones, wrong ones, and those that are none."""
    run = f"/projects/p/-/r/{traces.run_id(1)}"
    return [
        ("GET", "/", {}, 200), ("HEAD", "/", {}, 200), ("GET", "/projects.json", {}, 200), ("GET", run, {}, 200), ("GET", run + ".json", {}, 200),
        ("GET", run + ".jsonl", {}, 200), ("GET", run + "/inputs.json", {}, 200), ("GET", run + "/error.json", {}, 200),
        ("GET", "/static/style.css", {}, 200), ("GET", "/static/icon.svg", {}, 200), ("GET", "/static/nothing", {}, 404),
        ("GET", "/o/x/projects", {}, 303), ("GET", "/nothing", {}, 404), ("GET", run + "/nothing.json", {}, 404),
        ("GET", "/projects/p/--------------------------------", {}, 422), ("POST", "/projects", {}, 405), ("POST", "/data", {}, 415),
        ("DELETE", "/", {}, 405), ("GET", "/", {"Host": "evil.example"}, 421), ("GET", "/", {"Origin": "http://evil.example"}, 403),
        ("GET", "/info", {}, 200), ("GET", "/runs/x", {}, 422), ("GET", "/info", {"x-api-key": "ls__real"}, 401), ("GET", "/api/v1/nothing", {}, 404),
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "address", "headers", "expected"), odd_requests())
def test_every_answer_has_the_headers_that_keep_it_to_itself(server, method, address, headers, expected):
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1, error="E")])
    status, got, _ = ask(server, method, address, headers=headers)
    assert status == expected
    assert all(part in got["content-security-policy"] for part in POLICY)
    assert "unsafe" not in got["content-security-policy"]
    assert (got["x-content-type-options"], got["referrer-policy"]) == ("nosniff", "same-origin")
    assert (got["cross-origin-resource-policy"], got["cross-origin-opener-policy"]) == ("same-origin", "same-origin")


def test_bytes_that_are_no_request_and_errors_of_ours_have_them_too(server, monkeypatch, capsys):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(b"nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400") and b"content-security-policy: default-src 'none'" in answer
    monkeypatch.setattr(server.store, "projects", lambda **_: 1 / 0)
    status, headers, body = ask(server, "GET", "/")
    assert status == 500 and "default-src 'none'" in headers["content-security-policy"]
    assert b"ZeroDivisionError" in body and b"Traceback" not in body
    assert "Traceback" in capsys.readouterr().err


def addresses(method):
    """Give an address for each route of the page with this method."""
    made = []
    for wanted, pattern, _ in pages._ROUTES:
        if wanted == method:
            shape = pattern.pattern.replace(r"([0-9a-fA-F-]{32,36})", traces.run_id(1)).replace("[^/]+", "x").replace(r"(\w+)", "inputs")
            shape = shape.replace("(x)", "x").replace(r"([\w.]+)", "style.css").replace("((?:projects|datasets)(?:/.+)?)", "projects")
            made.append(re.sub(r"\(\?:(.*?)\)\?", r"\1", shape).replace("\\", ""))
    return made


def test_the_table_of_addresses_is_one():
    for method in ("GET", "POST"):
        for address in addresses(method):
            assert any(pattern.fullmatch(address) for wanted, pattern, _ in pages._ROUTES if wanted == method), address
    assert len(addresses("POST")) >= 8


@pytest.mark.parametrize("address", [*addresses("GET"), *addresses("POST")])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::2]", "evil.example:127.0.0.1"])
def test_no_address_answers_to_a_name_that_is_not_ours(server, address, host):
    method = "GET" if address in addresses("GET") else "POST"
    assert ask(server, method, address, headers={"Host": host})[0] in (400, 421)


@pytest.mark.parametrize("address", addresses("POST"))
@pytest.mark.parametrize(
    ("fields", "headers"),
    [({}, {}), ({"token": "x"}, {}), ({"token": "right"}, {"Origin": "http://evil.example"}), ({"token": "right"}, {"Origin": "null"}),
     ({"token": "right"}, {"Sec-Fetch-Site": "cross-site"}), ({"token": "right"}, {"Sec-Fetch-Site": "same-site"})],
)  # fmt: skip
def test_no_form_is_taken_without_the_token_or_from_elsewhere(server, address, fields, headers):
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1)])
    before = list(server.store._db.iterdump())
    said = {**fields, "name": "n", "key": "k", "score": "1", "new": "d", "model": "m", "provider": "fake", "role0": "user", "text0": "x"}
    if fields.get("token") == "right":
        said["token"] = token(server, "/playground")
    assert send(server, address, said, **headers)[0] == 403
    assert list(server.store._db.iterdump()) == before


def test_nothing_that_is_read_changes_anything(server):
    hostile(server)
    before = list(server.store._db.iterdump())
    crawled(server)
    assert list(server.store._db.iterdump()) == before


def basic(words):
    return {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}


@pytest.mark.parametrize("address", [*addresses("GET"), "/api/v1/sessions", "/static/script.js", f"/projects/p/{traces.run_id(1)}.jsonl"])
def test_a_password_stands_before_every_address(address):
    with fakes.langsmith.serve(password="sword%fish ü") as server:
        for headers in ({}, basic("me:wrong"), basic("sword%fish ü:"), basic("nonsense"), {"Authorization": "Basic !!"},
                        {"Authorization": "Bearer lsv2_fake_key"}, {"Cookie": "password=sword%fish ü".encode().decode("latin-1")}):  # fmt: skip
            status, got, body = ask(server, "GET", address, headers=headers)
            assert status == 401 and b"fish" not in body, headers
            assert "default-src 'none'" in got["content-security-policy"]
        assert ask(server, "GET", address, headers=basic("anyone:sword%fish ü"))[0] != 401


def test_a_wrong_password_posts_nothing():
    with fakes.langsmith.serve(password="p") as server:
        said = {"name": "d", "token": re.search(rb'name="token" value="([^"]+)"', ask(server, "GET", "/data", headers=basic("x:p"))[2]).group(1).decode()}
        assert send(server, "/data", said)[0] == 401 and server.store.datasets() == []
        assert send(server, "/data", said, **basic("x:p"))[0] == 303 and len(server.store.datasets()) == 1


@pytest.mark.parametrize(
    "address",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static/style.css%00", "/..%2f..%2fetc/passwd", "//etc/passwd",
     f"/projects/p/-/r/{traces.run_id(1)}/files/..%2F..%2Fetc%2Fpasswd", f"/projects/p/-/r/{traces.run_id(1)}/files/%2e%2e",
     f"/projects/p/-/r/{traces.run_id(1)}/session_id.json", f"/projects/p/-/r/{traces.run_id(1)}/sqlite_master.json"],
)  # fmt: skip
def test_no_path_leads_out(server, address):
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1)])
    assert ask(server, "GET", address)[0] == 404


@pytest.mark.parametrize("name", ['a"\r\nset-cookie: x=1\r\n\r\n<script>', "../../etc/passwd", "a\0b", "ü🐻" * 200, "a/b\\c:d*?", ""])
def test_the_name_of_a_file_is_a_name_and_nothing_more(server, name):
    traces.put(server.store, [{**traces.run(1, "R", "chain", 0, 1), "session_name": name}])
    project = server.store.projects()[0]["id"]
    status, headers, body = ask(server, "GET", f"/projects/p/{project}.jsonl")
    assert status == 200 and json.loads(body)["name"] == "R"
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]{1,100}"', headers["content-disposition"])
    assert "set-cookie" not in headers
