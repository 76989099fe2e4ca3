"""With a password: what a link shares opens without it, on the page and in the API, and nothing beside it does."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

import pytest

import fakes.langsmith
from fakes.langsmith.database import Refused

from .asking import a_run, caller, multipart, parts_of, run_id, the_end, usage

ROOT = a_run(1)
SHARED = a_run(2, 1, above=ROOT, inputs={"question": "open <b>&</b> \r\n😀", "long": "x" * 60_000})
BELOW = a_run(3, 2, above=SHARED, run_type="llm", inputs={"messages": [{"role": "user", "content": "below"}]})
SECRET = a_run(4, 3, above=ROOT, inputs={"question": "secret"})
OTHER = a_run(5, 4, inputs={"question": "secret"})


@pytest.fixture
def call(guarded):
    return caller(guarded)


@pytest.fixture
def token(call):
    """A link to a run in the middle of a trace, with an attachment."""
    rows = [row for run in (ROOT, SHARED, BELOW, SECRET, OTHER) for row in parts_of("post", run)]
    rows += [(f"attachment.{one['id']}.photo", ("image/png", b"\x00photo")) for one in (BELOW, SECRET)]
    call("POST", "/runs/multipart", multipart(rows), 202)
    call("PATCH", f"/runs/{BELOW['id']}", the_end(BELOW, 5.0, error="it <failed>"), 202)
    return call("PUT", f"/runs/{SHARED['id']}/share", {})["share_token"]


def stranger(server, path, method="GET", body=None, headers=()):
    """Ask without a password, with a path that goes out as it stands; give status, headers and text."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8")
    finally:
        connection.close()


def test_a_shared_run_is_a_page_for_everybody(guarded, token):
    status, headers, text = stranger(guarded, f"/public/{token}/r")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in headers["content-security-policy"] and headers["cache-control"] == "no-store"
    assert "open &lt;b&gt;&amp;&lt;/b&gt;" in text and "<form" not in text and "<script" not in text
    addresses = set(re.findall(r'(?:href|src|action)="([^"#]+)', text))
    assert f"/public/{token}/r/{BELOW['id']}" in addresses
    for address in addresses:  # every way from it is open, and stays with what is shared
        assert token in address and stranger(guarded, address)[0] == 200, address
    status, _, text = stranger(guarded, f"/public/{token}/r/{BELOW['id']}")
    assert status == 200 and "it &lt;failed&gt;" in text and "below" in text
    (photo,) = re.findall(r'href="(/attachments/[^"]+)"', text)
    assert stranger(guarded, photo.replace("&amp;", "&"))[2] == "\x00photo"
    for shown in (run_id(4), run_id(5), "secret", "demo"):
        assert shown not in text


def test_a_head_of_a_shared_page_has_no_body(guarded, token):
    status, headers, text = stranger(guarded, f"/public/{token}/r", "HEAD")
    assert status == 200 and int(headers["content-length"]) > 1_000 and text == ""


@pytest.mark.parametrize("path", [
    "/public/{token}/r/{root}", "/public/{token}/r/{secret}", "/public/{token}/r/{other}", "/public/{token}/r/{below}/",
    "/public/{token}/r/{below}/feedback", "/public/{token}/r/{below}.jsonl", "/public/{token}/r/../../projects",
    "/public/{token}/r/{below}/../{secret}", "/public/{token}/r/..%2f..%2fprojects", "/public/{token}%2fr%2f{below}",
    "/public/{token}/d", "/public/{token}/r.json", "/public/{other}/r", "/public/{other}/style.css", "/public//r",
    "/public/{token}/../../projects/p/x/r/{secret}", "//public/{token}/r", "/public/{token}//r", "/PUBLIC/{token}/r",
    "/public/{token}/run/{secret}", "/public/{token}/examples", "/public/{token}/run/..%2f..%2fruns%2f{secret}",
    "/public/{token}/..%2f..%2fruns%2f{secret}", "/public%2f{token}/../runs/{secret}", "/runs/{below}",
    "/runs/{secret}",
    "/public/../runs/{secret}", "/api/v1/public/../runs/{secret}", "/public/{token}%00/r", "/public/{token}/r?/../x",
    "/projects/p/-/r/{below}", "/projects/p/-/r/{below}.json", "/projects/p/-/r/{below}.jsonl", "/static/style.css",
    "/projects/p/-/r/{below}/inputs.json", "/projects/p/-/r/{below}/files/photo", "/attachments/{below}?name=photo",
    "/runs/{below}/share", "/runs/{below}/url", "/feedback?run={below}", "/sessions", "/playground?run={below}",
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_beside_a_shared_run_stays_closed(guarded, token, method, path):
    said = {"root": ROOT["id"], "secret": SECRET["id"], "other": OTHER["id"], "below": BELOW["id"], "token": token}
    status, _, text = stranger(guarded, path.format(**said), method)
    allowed = (200,) if path == "/public/{token}/r?/../x" else (401, 404, 422)
    assert status in allowed and "secret" not in text and "photo" not in text


@pytest.mark.parametrize("method, path", [
    ("POST", "/public/{token}/r"), ("DELETE", "/public/{token}/run"), ("PUT", "/public/{token}/run"),
    ("PATCH", "/public/{token}/runs/query"), ("POST", "/projects/p/-/r/{below}/feedback"),
    ("POST", "/projects/p/-/r/{below}/share"), ("DELETE", "/runs/{below}/share"), ("POST", "/runs/{below}/share"),
    ("POST", "/feedback"), ("POST", "/public/{token}/r/{below}/feedback"), ("OPTIONS", "/public/{token}/r"),
])  # fmt: skip
def test_a_link_only_reads(guarded, call, token, method, path):
    body = f'{{"run_id": "{BELOW["id"]}", "key": "k"}}'
    assert stranger(guarded, path.format(token=token, below=BELOW["id"]), method, body)[0] in (401, 404, 405)
    assert call("GET", f"/feedback?run={BELOW['id']}") == []
    assert call("GET", f"/runs/{SHARED['id']}/share")["share_token"] == token


@pytest.mark.parametrize("word", ["trace_filter", "tree_filter"])
def test_a_filter_of_a_shared_part_tells_nothing_of_the_rest(call, token, word):
    none = {"x-api-key": ""}
    for text in ("secret", "nowhere"):
        asked = {word: f'search(inputs, "{text}")'}
        said = call("POST", f"/public/{token}/runs/query", asked, 422, headers=none)
        assert "not shared" in said["detail"]
    whole = call("PUT", f"/runs/{ROOT['id']}/share", {})["share_token"]
    assert len(call("POST", f"/public/{whole}/runs/query", asked, headers=none)["runs"]) == 0
    assert len(call("POST", f"/public/{whole}/runs/query", {word: 'search(inputs, "what")'}, headers=none)["runs"]) == 4


def test_a_shared_query_of_version_2_refuses_words_it_has_not(call, token):
    call("POST", f"/api/v2/public/{token}/runs/query", {"selects": ["NAME"], "filter": 'eq(name, "x")'}, 422)


def test_who_says_the_password_is_led_to_the_whole_page(guarded, token):
    basic = {"authorization": "Basic OnN3b3JkZmlzaA=="}
    status, headers, _ = stranger(guarded, f"/public/{token}/r", headers=basic)
    assert status == 303 and headers["location"].endswith(f"/r/{SHARED['id']}")
    assert stranger(guarded, f"/public/{token}/r/{BELOW['id']}", headers=basic)[0] == 200
    assert stranger(guarded, f"/public/{run_id(99)}/r/{BELOW['id']}", headers=basic)[0] == 404


def test_a_link_that_was_taken_back_opens_nothing(guarded, call, token):
    call("DELETE", f"/runs/{SHARED['id']}/share")
    for path in ("r", f"r/{BELOW['id']}", "style.css"):
        status, headers, text = stranger(guarded, f"/public/{token}/{path}")
        assert status == 401 and "www-authenticate" in headers and "below" not in text


@pytest.mark.parametrize("password", [None, "swordfish"])
def test_a_shared_dataset_is_a_page_for_everybody(password):
    with fakes.langsmith.serve(password=password) as server:
        made = server.store.create_dataset({"name": "questions <1>", "description": "of <all> kinds"})["id"]
        server.store.add_examples(made, [{"inputs": {"n": f"n{n:02}"}, "outputs": {"y": n}} for n in range(60)])
        other = server.store.create_dataset({"name": "other"})["id"]
        (closed,) = server.store.add_examples(other, [{"inputs": {"question": "secret"}}])
        token = server.store.share_dataset(made)
        status, _, text = stranger(server, f"/public/{token}/d")
        assert status == 200 and "questions &lt;1&gt;" in text and "of &lt;all&gt; kinds" in text
        assert "n59" in text and "n09" not in text and "secret" not in text and "<form" not in text
        (older,) = [one for one in re.findall(r'href="([^"]+)"', text) if "/d?" in one]
        assert "n09" in stranger(server, older)[2]
        for address in set(re.findall(r'href="([^"]+)"', text)):
            assert stranger(server, address.replace("&amp;", "&"))[0] == 200, address
        assert "secret" not in stranger(server, f"/public/{token}/examples?id={closed}")[2]
        server.store.unshare_dataset(made)
        assert stranger(server, f"/public/{token}/d")[0] == (404 if password is None else 401)


def test_a_link_answers_about_no_run_beside_it_that_is_asked_for_by_its_id(call, token):
    nobody = {"x-api-key": ""}
    asked = {"id": [SECRET["id"], OTHER["id"], ROOT["id"], BELOW["id"]]}
    rows = call("POST", f"/public/{token}/runs/query", asked, headers=nobody)["runs"]
    assert [row["id"] for row in rows] == [BELOW["id"]]
    assert call("POST", f"/public/{token}/runs/query", {"id": [SECRET["id"]]}, headers=nobody)["runs"] == []


def test_a_shared_page_shows_all_that_is_told_of_a_run(guarded, call):
    long = "E" * 70_000
    run = a_run(20, 20, tags=["tagged"], run_type="llm", inputs={"q": "asked"},
                extra={"metadata": {"kept": "meta", **usage(3, 4)["metadata"]}})  # fmt: skip
    end = the_end(run, 25.0, error=long, outputs={"answer": "told"})
    call("POST", "/runs/batch", {"post": [run, a_run(21, 21, above=run)], "patch": [end]}, 202)
    call("POST", "/feedback", {"run_id": run["id"], "key": "mood", "score": 1})
    link = call("PUT", f"/runs/{run['id']}/share", {})["share_token"]
    _, _, text = stranger(guarded, f"/public/{link}/r")
    for shown in ("2 runs", "tagged", "mood", "asked", "told", "meta", "<dt>Tokens</dt><dd>7</dd>"):
        assert shown in text, shown
    assert long not in text and f"/api/v2/public/{link}/run/{run['id']}?selects=ERROR" in text
    assert f'href="/api/v2/public/{link}/run/{run["id"]}">this page as JSON' in text
    _, _, below = stranger(guarded, f"/public/{link}/r/{run_id(21)}")
    assert f'data-run="{run_id(21)}" data-depth="1" aria-current="true"' in below


def test_a_shared_example_shows_its_output_and_its_files_and_leads_to_itself(guarded):
    store = guarded.store
    made = store.create_dataset({"name": "ds"})["id"]
    (one,) = store.add_examples(made, [{"inputs": {"q": "x" * 70_000, "odd": "\ud800"}, "outputs": {"a": "told"}}])
    store.attach(one, "photo", "image/png", b"x")
    status, _, text = stranger(guarded, f"/public/{store.share_dataset(made)}/d")
    assert status == 200 and "told" in text and "photo" in text and "Examples (1)" in text
    assert f"/examples?id={one}" in text and "older" not in text
    assert "/examples?limit=50&amp;offset=0" in text


def test_what_is_shared_may_be_very_many_runs(guarded, call):
    root = a_run(1000, 0)
    call("POST", "/runs/batch", {"post": [root, *[a_run(1000 + n, n, above=root) for n in range(1, 700)]]}, 202)
    link = call("PUT", f"/runs/{root['id']}/share", {})["share_token"]
    nobody = {"x-api-key": ""}
    rows = call("POST", f"/api/v2/public/{link}/runs/query", {"selects": ["NAME"]}, headers=nobody)["items"]
    assert len({row["id"] for row in rows}) == 700
    first = call("POST", f"/public/{link}/runs/query", {"order": "asc", "limit": 100}, headers=nobody)
    assert len(first["runs"]) == 100 and first["runs"][0]["id"] == root["id"]
    only = call("POST", f"/public/{link}/runs/query", {"run_type": "llm"}, headers=nobody)["runs"]
    assert only == []


def test_a_run_of_which_only_the_end_came_is_shared_by_itself(guarded, call):
    alone = run_id(30)
    call("PATCH", f"/runs/{alone}", {"outputs": {"a": "the end"}}, 202)
    link = call("PUT", f"/runs/{alone}/share", {})["share_token"]
    status, _, text = stranger(guarded, f"/public/{link}/r")
    assert status == 200 and "the end" in text
    assert call("GET", f"/api/v2/public/{link}/run/{alone}", headers={"x-api-key": ""})["id"] == alone


def test_a_page_that_takes_too_long_says_so(guarded, token, monkeypatch):
    def broken_off(*args, **kwargs):
        raise Refused(422, "ask about less")

    monkeypatch.setattr(guarded.store, "trace", broken_off)
    status, headers, text = stranger(guarded, f"/public/{token}/r")
    assert (status, headers["content-type"]) == (422, "text/plain; charset=utf-8") and "ask about less" in text
