"""The API's calls about runs, projects, feedback and sharing, and who may make them."""

from __future__ import annotations

import base64
import http.client
from urllib.parse import urlsplit

import pytest

import fakes.langsmith
from fakes.langsmith.api import is_api, may_be_api

from .asking import KEY, a_run, ask, at, caller, multipart, parts_of, run_id, the_end

ROOT = a_run(1, end_time=at(2), tags=["t"])
KID = a_run(2, 1, above=ROOT, run_type="llm", error="ValueError('x')")
OTHER = a_run(3, 5, session_name="elsewhere")
NOBODY = run_id(99)


@pytest.fixture
def call(server):
    made = caller(server)
    made("POST", "/runs/batch", {"post": [ROOT, KID, OTHER]}, 202)
    return made


def project_of(call, name="demo"):
    return call("GET", f"/sessions?name={name}&limit=1")[0]


def test_info_says_what_the_sdk_needs_and_nothing_of_zstd(call):
    info = call("GET", "/info")
    assert set(info["batch_ingest_config"]) == {"use_multipart_endpoint", "scale_up_qsize_trigger",
        "scale_up_nthreads_limit", "scale_down_nempty_trigger", "size_limit", "size_limit_bytes"}  # fmt: skip
    assert info["instance_flags"]["zstd_compression_enabled"] is False
    assert info["instance_flags"]["dataset_examples_multipart_enabled"] is True
    assert tuple(map(int, info["version"].split("."))) >= (0, 16, 0)


@pytest.mark.parametrize("before", ["", "/api/v1", "/api", "/v1"])
def test_every_path_is_served_bare_and_under_its_prefixes(call, before):
    assert call("GET", f"{before}/info")["version"]
    assert call("GET", f"{before}/runs/{ROOT['id']}")["id"] == ROOT["id"]
    assert call("GET", f"{before}/sessions")[0]["name"]


def test_a_run_has_what_the_sdk_reads(call):
    run = call("GET", f"/runs/{ROOT['id']}")
    assert (run["id"], run["status"], run["tags"], run["parent_run_id"]) == (ROOT["id"], "success", ["t"], None)
    assert run["session_id"] == project_of(call)["id"]
    assert run["app_path"] == f"/o/{project_of(call)['tenant_id']}/projects/p/{run['session_id']}/r/{run['id']}"
    assert not {"attachments", "child_runs", "session_name"} & set(run)
    assert call("GET", f"/runs/{NOBODY}", status=404) == {"detail": "Run not found"}
    assert "not a UUID" in call("GET", "/runs/seven", status=422)["detail"]


QUERIES = [
    ({}, "123"),
    ({"is_root": True}, "13"),
    ({"is_root": False}, "2"),
    ({"run_type": "llm"}, "2"),
    ({"error": True}, "2"),
    ({"error": False}, "13"),
    ({"id": [ROOT["id"], NOBODY]}, "1"),
    ({"id": []}, ""),
    ({"session": []}, ""),
    ({"session": [NOBODY]}, ""),
    ({"trace": ROOT["id"]}, "12"),
    ({"trace": ROOT["id"], "is_root": False}, "2"),
    ({"parent_run": ROOT["id"]}, "2"),
    ({"start_time": at(1)}, "23"),
    ({"query": "valueerror"}, "2"),
    ({"filter": 'eq(name, "run 3")'}, "3"),
    ({"trace_filter": 'has(tags, "t")'}, "12"),
    ({"tree_filter": "neq(error, null)", "is_root": True}, "1"),
    ({"execution_order": 1, "run_type": None, "cursor": None}, "13"),
    ({"reference_example": [NOBODY]}, ""),
]


@pytest.mark.parametrize("body, numbers", QUERIES)
def test_a_query_gives(call, body, numbers):
    page = call("POST", "/runs/query", {**body, "order": "asc"})
    assert "".join(run["name"][-1] for run in page["runs"]) == numbers and page["cursors"] == {"next": None}
    assert "".join(run["name"][-1] for run in call("POST", "/runs/query", body)["runs"]) == numbers[::-1]


def test_a_query_of_a_project_and_of_selected_fields(call):
    page = call("POST", "/runs/query", {"session": [project_of(call)["id"]], "select": ["inputs", "no such"]})
    assert [run["name"] for run in page["runs"]] == ["run 2", "run 1"]
    assert page["runs"][0]["inputs"] and "outputs" not in page["runs"][0]
    assert {"id", "name", "start_time", "run_type", "trace_id", "session_id"} <= set(page["runs"][0])


@pytest.mark.parametrize("limit", [8, 100, 5_000])
def test_pages_follow_a_cursor(call, limit):
    call("POST", "/runs/batch", {"post": [a_run(n, n % 60) for n in range(10, 240)]}, 202)
    seen, cursor = [], None
    while True:
        page = call("POST", "/runs/query", {"limit": limit, "cursor": cursor})
        assert len(page["runs"]) <= min(limit, 100)
        seen += [run["id"] for run in page["runs"]]
        cursor = page["cursors"]["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 233


BAD = [
    ({"limit": 0}, 422, "limit"), ({"limit": True}, 422, "limit"),
    ({"limit": "9"}, 422, "limit"), ({"colour": 1}, 422, "no field"), ({"id": "x"}, 422, "list"),
    ({"id": ["x"]}, 422, "UUID"), ({"trace": "x"}, 422, "UUID"), ({"is_root": "yes"}, 422, "true or false"),
    ({"filter": 1}, 422, "text"), ({"filter": "eq("}, 400, "Invalid filter"), ({"tree_filter": "x"}, 400, "filter"),
    ({"cursor": "x"}, 422, "cursor"), ({"start_time": "soon"}, 422, "time"), ({"select": "id"}, 422, "list"),
    ({"order": "up"}, 422, "asc or desc"), ({"session_id": NOBODY, "session": [NOBODY]}, 422, "two words"),
    ({"filter": 'eq(name, "\ud800")'}, 400, "surrogate pair"),
]  # fmt: skip


@pytest.mark.parametrize("body, status, told", BAD)
def test_a_query_that_is_none_is_refused_in_words(call, body, status, told):
    assert told in call("POST", "/runs/query", body, status)["detail"]


UNFIT = [
    ("POST", "/sessions", {"name": "a", "description": {}}), ("POST", "/sessions", {"name": "a", "num_examples": [1]}),
    ("POST", "/sessions", {"name": "a", "description": "\ud800"}),
    ("POST", "/datasets", {"name": "a", "description": []}),
    ("POST", "/feedback", {"run_id": NOBODY, "key": "k", "score": 10**30}),
    ("POST", f"/datasets/{NOBODY}/runs", {"session_ids": 5}), ("POST", "/examples", {"dataset_id": 5}),
    ("POST", "/runs/batch", {"post": [{**OTHER, "extra": {"metadata": {"usage_metadata": {"input_tokens": 10**30}}},
                                       "run_type": "llm"}]}),
]  # fmt: skip


@pytest.mark.parametrize("method, path, body", UNFIT)
def test_values_of_another_kind_are_refused_and_leave_nothing(call, server, method, path, body):
    before = [
        server.store.row(f"SELECT count(*) FROM {name}")[0] for name in ("projects", "datasets", "feedback", "examples")
    ]
    assert call(method, path, body, 422)["detail"]
    after = [
        server.store.row(f"SELECT count(*) FROM {name}")[0] for name in ("projects", "datasets", "feedback", "examples")
    ]
    assert before == after and len(server.runs()) == 3


def test_runs_are_counted_by_a_query(call):
    counted = call("POST", "/runs/stats", {"trace": ROOT["id"]})
    assert (counted["run_count"], counted["error_rate"], counted["latency_p50"]) == (2, 0.5, 2.0)
    assert call("POST", "/runs/stats", {"filter": 'eq(name, "nobody")'})["run_count"] == 0
    call("POST", "/runs/stats", {"limit": 3}, 422)
    call("POST", "/runs/stats", {"data_source_type": "historical"}, 422)


def test_projects_are_found_by_metadata(call):
    for name, version in (("a", "1"), ("b", "2")):
        call("POST", "/sessions", {"name": name, "extra": {"metadata": {"dataset_version": version, "k": name}}})
    assert [one["name"] for one in call("GET", '/sessions?metadata={"k":"a"}')] == ["a"]
    assert [one["name"] for one in call("GET", "/sessions?dataset_version=2")] == ["b"]


def test_version_2_has_its_own_names_and_pages(call):
    project = project_of(call)["id"]
    page = call(
        "POST", "/api/v2/runs/query", {"project_ids": [project], "selects": ["NAME", "STATUS", "PARENT_RUN_IDS"]}
    )
    assert page == {"items": [
        {"id": KID["id"], "name": "run 2", "status": "ERROR", "parent_run_ids": [ROOT["id"]]},
        {"id": ROOT["id"], "name": "run 1", "status": "SUCCESS", "parent_run_ids": []},
    ], "next_cursor": None}  # fmt: skip
    first = call("POST", "/api/v2/runs/query", {"page_size": 1, "is_root": True})
    second = call("POST", "/api/v2/runs/query", {"page_size": 1, "is_root": True, "cursor": first["next_cursor"]})
    assert [page["items"][0]["name"] for page in (first, second)] == ["run 3", "run 1"]
    run = call("GET", f"/api/v2/runs/{ROOT['id']}?project_id={project}&selects=PROJECT_ID&selects=LATENCY_SECONDS")
    assert run == {"id": ROOT["id"], "project_id": project, "latency_seconds": 2.0}
    assert call("GET", f"/api/v2/runs/{ROOT['id']}")["run_type"] == "CHAIN"
    assert "no field" in call("POST", "/api/v2/runs/query", {"session": []}, 422)["detail"]


def test_projects_are_made_listed_changed_and_deleted(call):
    made = call("POST", "/sessions", {"id": run_id(70), "name": "new", "description": "d", "extra": {"a": 1}})
    assert (made["id"], made["name"], made["extra"]) == (run_id(70), "new", {"a": 1})
    assert call("POST", "/sessions", {"name": "new"}, 409)["detail"]
    again = call("POST", "/sessions?upsert=true", {"name": "new", "description": "e"})
    assert again["id"] == made["id"] and again["description"] == "e"
    changed = call("PATCH", f"/sessions/{made['id']}", {"name": "newer", "description": None, "end_time": at(9)})
    assert (changed["name"], changed["description"], changed["end_time"]) == ("newer", "e", at(9))
    call("PATCH", f"/sessions/{made['id']}", {"name": "demo"}, 409)
    names = {one["name"] for one in call("GET", "/sessions?limit=100&offset=0")}
    assert names == {"demo", "elsewhere", "newer"}
    assert [one["name"] for one in call("GET", "/sessions?name_contains=EMO")] == ["demo"]
    assert call("GET", "/sessions?name=nobody&limit=1&include_stats=False") == []
    assert call("GET", f"/sessions/{NOBODY}", status=404)["detail"] == "Project not found"
    call("DELETE", f"/sessions/{made['id']}")
    call("DELETE", f"/sessions/{made['id']}", status=404)


def test_stats_come_when_they_are_asked_for(call):
    plain = call("GET", "/sessions?limit=1&name=demo&include_stats=False")[0]
    counted = call("GET", f"/sessions/{plain['id']}?limit=1&include_stats=True")
    assert "run_count" not in plain
    assert (counted["run_count"], counted["error_rate"], counted["latency_p50"]) == (1, 0.0, 2.0)
    assert {"tenant_id", "reference_dataset_id", "latency_p99", "total_tokens", "feedback_stats"} <= set(counted)


def test_feedback_goes_both_ways(call):
    made = call("POST", "/feedback", {"run_id": ROOT["id"], "key": "k", "score": True, "comment": "good",
        "correction": {"a": 1}, "extend_trace_retention": True})  # fmt: skip
    assert (made["score"], made["trace_id"], made["session_id"]) == (1, ROOT["id"], project_of(call)["id"])
    call("POST", "/feedback", {"run_id": KID["id"], "key": "l", "value": "a", "feedback_source": {"type": "model"}})
    listed = call("GET", f"/feedback?run={ROOT['id']}&run={KID['id']}&limit=100&offset=0")
    assert {one["key"] for one in listed} == {"k", "l"}
    assert [one["key"] for one in call("GET", "/feedback?source=model")] == ["l"]
    assert [one["key"] for one in call("GET", "/feedback?key=k")] == ["k"]
    assert call("GET", f"/feedback?run={NOBODY}") == []
    changed = call("PATCH", f"/feedback/{made['id']}", {"score": 0.25, "comment": None})
    assert (changed["score"], changed["comment"], changed["correction"]) == (0.25, None, {"a": 1})
    assert call("GET", f"/feedback/{made['id']}") == changed
    call("DELETE", f"/feedback/{made['id']}")
    for method in ("GET", "DELETE", "PATCH"):
        assert call(method, f"/feedback/{made['id']}", {} if method == "PATCH" else None, 404)["detail"]
    call("POST", "/feedback", {"key": "k"}, 422)


def test_a_shared_run_shows_itself_and_what_is_below_it_and_no_more(call):
    assert call("GET", f"/runs/{KID['id']}/share") is None
    token = call("PUT", f"/runs/{KID['id']}/share", {"run_id": KID["id"], "share_token": run_id(80)})["share_token"]
    assert token == run_id(80)
    assert call("PUT", f"/runs/{KID['id']}/share", {"share_token": run_id(81)})["share_token"] == token
    assert call("GET", f"/runs/{KID['id']}/share") == {"run_id": KID["id"], "share_token": token}
    assert call("GET", f"/public/{token}/run")["id"] == KID["id"]
    shown = call("POST", f"/public/{token}/runs/query", {"trace": ROOT["id"]})["runs"]
    assert [run["id"] for run in shown] == [KID["id"]]
    assert call("POST", f"/public/{token}/runs/query", {"id": [ROOT["id"]]})["runs"] == []
    assert call("DELETE", f"/runs/{KID['id']}/share") == {}
    call("GET", f"/public/{token}/run", status=404)
    call("PUT", f"/runs/{NOBODY}/share", {}, 404)


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/api/v1/nothing", 404), ("GET", "/runs/query/more/words", 404), ("DELETE", f"/runs/{NOBODY}", 405),
    ("PUT", "/sessions", 405), ("POST", "/info", 405), ("GET", "/v1", 404), ("GET", "/api", 404),
    ("POST", "/runs/query", 422), ("GET", "/sessions?colour=red", 422), ("GET", "/sessions?limit=1000", 422),
    ("GET", "/sessions?limit=x", 422), ("GET", "/sessions?include_stats=maybe", 422),
    ("GET", "/datasets?metadata=x", 422), ("GET", "/feedback?run=x", 422),
])  # fmt: skip
def test_what_is_not_there_is_told_as_json(call, method, path, status):
    assert call(method, path, status=status)["detail"]


KEYS = [
    ({"x-api-key": KEY}, 200), ({"x-api-key": "sk-fake"}, 200), ({"x-api-key": ""}, 200),
    ({"x-api-key": "", "authorization": f"Bearer {KEY}"}, 200), ({"x-api-key": "lsv2_pt_0123456789"}, 401),
    ({"x-api-key": "", "authorization": "Bearer sk-ant-real"}, 401),
]  # fmt: skip


@pytest.mark.parametrize("headers, status", KEYS)
def test_fake_keys_and_none_are_taken_and_real_ones_refused_without_repeating_them(server, headers, status):
    got, said = ask(server.url, "GET", "/info", headers=headers)
    assert got == status
    if status == 401:
        assert "0123456789" not in str(said) and "sk-ant" not in str(said)


def test_keys_are_not_kept(tmp_path):
    with fakes.langsmith.serve(str(tmp_path / "t.db")) as server:
        key = "lsv2_fake_verysecret"
        for path, body in (
            ("/runs/multipart", multipart(parts_of("post", ROOT))),
            ("/runs/batch", {"patch": [the_end(ROOT)]}),
        ):
            assert ask(server.url, "POST", path, body, headers={"x-api-key": key})[0] == 202
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"run 1" in kept and b"verysecret" not in kept


PLACES = [
    ({"host": "evil.example"}, 421), ({"host": "localhost"}, 200), ({"host": "127.0.0.1:80"}, 200),
    ({"origin": "http://evil.example"}, 403), ({"origin": "null"}, 403),
    ({"host": "localhost:1", "origin": "http://localhost:1"}, 200), ({"origin": "http://localhost:9"}, 403),
]  # fmt: skip


@pytest.mark.parametrize("headers, status", PLACES)
def test_web_pages_from_elsewhere_are_kept_out(server, headers, status):
    assert ask(server.url, "GET", "/info", headers=headers)[0] == status


BASIC = {"x-api-key": "", "authorization": "Basic " + base64.b64encode("who:pässword".encode()).decode()}
PASSWORDS = [
    ("/info", {"x-api-key": KEY}, 401), ("/info", {"x-api-key": ""}, 401), ("/info", BASIC, 200),
    ("/info", {"x-api-key": "lsv2_fake_"}, 401), ("/projects", {}, 401), ("/public/x/r", {"x-api-key": KEY}, 401),
    ("/info", {"x-api-key": "", "authorization": "Basic ???"}, 401),
    ("/projects", {"sec-fetch-dest": "document"}, 401), ("/projects", {"sec-fetch-dest": "empty"}, 401),
]  # fmt: skip


@pytest.mark.parametrize("path, headers, status", PASSWORDS)
def test_with_a_password_nothing_is_told_to_who_does_not_say_it(path, headers, status):
    with fakes.langsmith.serve(password="pässword") as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        # Whoever opens a page is asked for the password by the browser; a page's script is told, and nobody is asked.
        assert ("www-authenticate" in answer.headers) == (path == "/projects" and "empty" not in headers.values())
        connection.close()


def test_the_key_with_the_password_is_taken():
    with fakes.langsmith.serve(password="swordfish") as server:
        assert server.key == "lsv2_fake_swordfish"
        assert ask(server.url, "GET", "/info", headers={"x-api-key": server.key})[0] == 200
        assert ask(server.url, "GET", "/info", headers={"x-api-key": "swordfish"})[0] == 200


def test_the_api_has_the_paths_of_its_calls_and_refuses_what_looks_like_them():
    assert not is_api("/") and not is_api("/o/x") and not is_api("/projects") and is_api("/runs/query")
    assert not is_api("/public/x/r") and is_api("/api/v2/runs/query") and is_api("/v1/platform/datasets/x/examples")
    assert may_be_api("/api/v1/nothing") and may_be_api("/runs/a/b/c") and not may_be_api("/projects")


def test_a_page_of_large_runs_ends_early_and_its_cursor_leads_on(server, monkeypatch):
    from fakes.langsmith import database

    monkeypatch.setattr(database, "MOST_LETTERS", 100_000)
    runs = [a_run(number, number, inputs={"q": "x" * 30_000}) for number in range(1, 21)]
    ask(server.url, "POST", "/runs/batch", {"post": runs})
    found, pages, cursor = [], 0, None
    while pages == 0 or cursor:
        said = ask(server.url, "POST", "/runs/query", {"limit": 10, "cursor": cursor})[1]
        found += [run["id"] for run in said["runs"]]
        assert 0 < len(said["runs"]) <= 4
        pages, cursor = pages + 1, said["cursors"]["next"]
    assert found == [run["id"] for run in reversed(runs)] and pages == 5
    said = ask(server.url, "POST", "/runs/query", {"limit": 10, "select": ["name"]})[1]
    assert len(said["runs"]) == 10  # light ones are not cut short
    assert [run["id"] for run in server.runs()] == [run["id"] for run in runs]
