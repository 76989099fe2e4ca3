"""What opens without the key: shared runs and datasets, signed addresses of attachments, feedback tokens."""

from __future__ import annotations

import urllib.request
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.langsmith import attachments, shares

from .asking import a_run, caller, multipart, parts_of, run_id

NONE = {"x-api-key": ""}
PLACEHOLDER = {"x-api-key": "placeholder"}  # what the SDK's clone_public_dataset says
NOBODY = run_id(99)
RUN = a_run(1)


@pytest.fixture
def call(guarded):
    return caller(guarded)


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as problem:
        with problem:
            return problem.code, problem.read()


def test_an_attachment_is_fetched_by_its_address_alone(guarded, call):
    rows = parts_of("post", RUN) + [(f"attachment.{RUN['id']}.photo & co", ("image/png", b"\x00photo"))]
    call("POST", "/runs/multipart", multipart(rows), 202)
    told = call("GET", f"/runs/{RUN['id']}")["s3_urls"]["attachment.photo & co"]
    assert told["mime_type"] == "image/png"
    assert fetch(guarded.url + told["presigned_url"]) == (200, b"\x00photo")
    assert fetch(f"{guarded.url}/api/v1{told['presigned_url']}") == (200, b"\x00photo")


@pytest.mark.parametrize("change", [
    {"name": "sound"}, {"until": "99999999999"}, {"until": "x"}, {"signature": "0" * 64}, {"signature": ""},
    {"signature": "é"},
])  # fmt: skip
def test_an_address_that_was_changed_opens_nothing(guarded, call, change):
    kinds = [(f"attachment.{RUN['id']}.{name}", ("image/png", b"x")) for name in ("photo", "sound")]
    call("POST", "/runs/multipart", multipart(parts_of("post", RUN) + kinds), 202)
    told = call("GET", f"/runs/{RUN['id']}")["s3_urls"]["attachment.photo"]["presigned_url"]
    said = {name: values[0] for name, values in parse_qs(urlsplit(told).query).items()}
    assert fetch(f"{guarded.url}/attachments/{RUN['id']}?{urlencode({**said, **change})}")[0] == 401
    assert fetch(f"{guarded.url}/attachments/{NOBODY}?{urlencode(said)}")[0] == 401
    assert fetch(f"{guarded.url}/attachments/{RUN['id']}?name=photo")[0] == 401
    assert fetch(f"{guarded.url}/attachments/{RUN['id']}?" + "&".join(["name=x"] * 60))[0] == 401


def test_an_address_ends_and_opens_again_after_a_restart(tmp_path, monkeypatch):
    now = [1_700_000_000.0]
    monkeypatch.setattr(attachments.time, "time", lambda: now[0])
    from fakes.langsmith.store import Store

    first = Store(str(tmp_path / "t.db"))
    said = {name: values[0] for name, values in parse_qs(urlsplit(first.address(run_id(1), "a")).query).items()}
    first.close()
    second, other = Store(str(tmp_path / "t.db")), Store()
    for wait, good in ((0, True), (attachments.DAY, True), (attachments.DAY * 2, False)):
        now[0] = 1_700_000_000.0 + wait
        assert second.opens(run_id(1), said["name"], said["until"], said["signature"]) is good
    now[0] = 1_700_000_000.0
    assert not other.opens(run_id(1), said["name"], said["until"], said["signature"])
    second.close()
    other.close()


def test_runs_show_where_attachments_are_only_if_they_have_some_and_it_is_asked(call):
    rows = [row for n in (1, 2) for row in parts_of("post", a_run(n, n))]
    call("POST", "/runs/multipart", multipart([*rows, (f"attachment.{run_id(1)}.a", ("text/plain", b"x"))]), 202)
    found = call("POST", "/runs/query", {})["runs"]
    assert [("s3_urls" in run, "attachments" in run) for run in found] == [(False, False), (True, False)]
    assert "s3_urls" not in call("POST", "/runs/query", {"select": ["id"]})["runs"][1]
    assert "s3_urls" in call("POST", "/runs/query", {"select": ["s3_urls"]})["runs"][1]


@pytest.mark.parametrize("key", [NONE, PLACEHOLDER])
def test_a_shared_run_and_a_shared_dataset_need_the_token_and_no_key(call, key):
    call("POST", "/runs/batch", {"post": [RUN]}, 202)
    token = call("PUT", f"/runs/{RUN['id']}/share", {"run_id": RUN["id"]})["share_token"]
    assert call("GET", f"/public/{token}/run", headers=key)["id"] == RUN["id"]
    assert len(call("POST", f"/public/{token}/runs/query", {}, headers=key)["runs"]) == 1
    call("GET", f"/runs/{RUN['id']}", status=401, headers=key)
    call("GET", f"/public/{NOBODY}/run", status=404, headers=key)
    dataset = call("POST", "/datasets", {"name": "questions"})["id"]
    call("POST", "/examples/bulk", [{"dataset_id": dataset, "inputs": {"x": n}} for n in range(3)])
    call("POST", "/sessions", {"name": "exp", "reference_dataset_id": dataset})
    call("GET", f"/datasets/{dataset}/share", status=404)
    token = call("PUT", f"/datasets/{dataset}/share", {"dataset_id": dataset})["share_token"]
    assert call("PUT", f"/datasets/{dataset}/share")["share_token"] == token
    assert call("GET", f"/datasets/{dataset}/share") == {"dataset_id": dataset, "share_token": token}
    assert call("GET", f"/public/{token}/datasets", headers=key)["id"] == dataset
    found = call("GET", f"/public/{token}/examples?limit=2", headers=key)
    assert len(found) == 2 and [one["name"] for one in call("GET", f"/public/{token}/datasets/sessions")] == ["exp"]
    assert call("GET", f"/public/{token}/examples?id={found[0]['id']}", headers=key) == found[:1]
    call("GET", f"/datasets/{dataset}", status=401, headers=key)
    call("DELETE", f"/datasets/{dataset}/share")
    call("GET", f"/public/{token}/datasets", status=404, headers=key)
    call("PUT", f"/datasets/{NOBODY}/share", {}, 404)


def test_runs_are_shared_in_version_2(guarded, call):
    kid, other = a_run(2, 1, above=RUN, run_type="llm"), a_run(3, 3)
    call("POST", "/runs/batch", {"post": [RUN, kid, other]}, 202)
    session = call("GET", f"/runs/{RUN['id']}")["session_id"]
    body = {"session_id": session, "trace_id": RUN["id"]}
    token = call("POST", f"/api/v2/runs/{RUN['id']}/share", body)["share_token"]
    found = call("POST", f"/api/v2/public/{token}/runs/query", {"selects": ["NAME", "RUN_TYPE"]}, headers=NONE)
    assert found == {"items": [{"id": RUN["id"], "name": "run 1", "run_type": "CHAIN"},
        {"id": kid["id"], "name": "run 2", "run_type": "LLM"}]}  # fmt: skip
    one = call("GET", f"/api/v2/public/{token}/run/{kid['id']}?selects=NAME&start_time=x", headers=NONE)
    assert one == {"id": kid["id"], "name": "run 2"}
    call("GET", f"/api/v2/public/{token}/run/{other['id']}?selects=NAME", status=404, headers=NONE)
    url = call("GET", f"/api/v2/runs/{kid['id']}/url?project_id={session}&trace_id={RUN['id']}")["url"]
    assert url.startswith(f"{guarded.url}/o/") and url.endswith(f"/r/{kid['id']}")
    call("DELETE", f"/api/v2/runs/{RUN['id']}/share", {"session_id": session})
    call("POST", f"/api/v2/public/{token}/runs/query", {"selects": ["NAME"]}, 404, headers=NONE)


def test_a_token_shares_one_thing(call):
    call("POST", "/runs/batch", {"post": [RUN, a_run(2, 2)]}, 202)
    call("PUT", f"/runs/{run_id(1)}/share", {"share_token": NOBODY})
    assert call("PUT", f"/runs/{run_id(1)}/share", {"share_token": run_id(98)})["share_token"] == NOBODY
    call("PUT", f"/runs/{run_id(2)}/share", {"share_token": NOBODY}, 409)


def test_feedback_comes_by_a_token_without_a_key(guarded, call):
    call("POST", "/runs/batch", {"post": [RUN]}, 202)
    asked = {"run_id": RUN["id"], "feedback_key": "user", "expires_in": {"days": 0, "hours": 1, "minutes": 0}}
    token = call("POST", "/feedback/tokens", asked)
    assert token["url"] == f"{guarded.url}/feedback/tokens/{token['id']}" and token["expires_at"]
    path = f"/feedback/tokens/{token['id']}"
    call("POST", path, {"score": 1, "comment": "good", "metadata": {"a": 1}}, headers=NONE)
    (found,) = call("GET", f"/feedback?run={RUN['id']}")
    assert (found["key"], found["score"], found["comment"], found["feedback_source"]["metadata"]) == (
        "user", 1, "good", {"a": 1})  # fmt: skip
    assert fetch(token["url"] + "?score=0.5&comment=so+so")[0] == 200
    (found,) = call("GET", f"/feedback?run={RUN['id']}")
    assert (found["score"], found["comment"]) == (0.5, "so so")
    call("POST", path, {"score": "high"}, 422, headers=NONE)
    call("GET", path + "?score=high", status=422, headers=NONE)
    call("POST", f"/feedback/tokens/{NOBODY}", {"score": 1}, 404, headers=NONE)
    several = call("POST", "/api/v1/feedback/tokens", [asked, {**asked, "expires_at": "2999-01-01T00:00:00Z"}])
    assert several[0]["url"].startswith(f"{guarded.url}/api/v1/feedback/tokens/")
    assert [one["id"] for one in call("GET", f"/feedback/tokens?run_id={RUN['id']}&limit=100&offset=0")] == [
        token["id"], *(one["id"] for one in several)]  # fmt: skip
    call("GET", f"/feedback/tokens?run_id={RUN['id']}", status=401, headers=NONE)
    call("POST", "/feedback/tokens", asked, 401, headers=NONE)


@pytest.mark.parametrize("change, status", [
    ({"run_id": NOBODY}, 404), ({"run_id": "x"}, 422), ({"feedback_key": None}, 422), ({"feedback_key": ""}, 422),
    ({"expires_at": "soon"}, 422), ({"expires_in": 3}, 422), ({"expires_in": {"days": -1}}, 422), ({"id": "x"}, 422),
])  # fmt: skip
def test_a_feedback_token_that_cannot_be_made_is_told_in_words(call, change, status):
    call("POST", "/runs/batch", {"post": [RUN]}, 202)
    asked = {"run_id": RUN["id"], "feedback_key": "user", **change}
    assert call("POST", "/feedback/tokens", asked, status)["detail"]
    assert call("POST", "/feedback/tokens", [{**asked}, {}], 422 if status == 422 else 404)["detail"]
    assert call("GET", f"/feedback/tokens?run_id={RUN['id']}") == []


def test_a_feedback_token_ends(call, monkeypatch):
    call("POST", "/runs/batch", {"post": [RUN]}, 202)
    token = call("POST", "/feedback/tokens", {"run_id": RUN["id"], "feedback_key": "user"})["id"]
    later = shares.now_us() + shares.THREE_HOURS + 1
    monkeypatch.setattr(shares, "now_us", lambda: later)
    assert "ended" in call("POST", f"/feedback/tokens/{token}", {"score": 1}, 403, headers=NONE)["detail"]
    assert call("GET", f"/feedback/tokens?run_id={RUN['id']}") == []
