"""Version 2 of the API where it is another call: traces, lists by cursor; and what of it is not here."""

from __future__ import annotations

import pytest

from .asking import a_run, at, run_id, the_end, usage

NOBODY = run_id(99)


@pytest.fixture
def project(call):
    """A project of three traces, at 0, 10 and 20 seconds; the first has a model call below it that failed."""
    roots = [a_run(n, (n - 1) * 10) for n in (1, 2, 3)]
    kid = a_run(4, 1, above=roots[0], run_type="llm", extra=usage(3, 4))
    ends = [the_end(roots[0], 5), the_end(kid, 4, error="boom")]
    call("POST", "/runs/batch", {"post": [*roots, kid, a_run(5, 1, session_name="other")], "patch": ends}, 202)
    return call("GET", f"/runs/{run_id(1)}")["session_id"]


@pytest.mark.parametrize("asked, found", [
    ({}, "321"), ({"trace_ids": [run_id(2)]}, "2"), ({"trace_filter": 'eq(status, "success")'}, "1"),
    ({"tree_filter": 'eq(run_type, "llm")'}, "1"), ({"min_start_time": at(10)}, "32"),
    ({"max_start_time": at(10)}, "1"),
    ({"max_start_time": at(20), "trace_filter": 'eq(status, "pending")'}, "2"), ({"trace_ids": []}, ""),
])  # fmt: skip
def test_traces_are_asked_for_by_their_roots(call, project, asked, found):
    said = call("POST", "/api/v2/traces/query", {"project_id": project, "selects": ["NAME"], **asked})
    assert "".join(one["root_run"]["name"][-1] for one in said["items"]) == found
    assert all(set(one) == {"root_run"} and set(one["root_run"]) == {"id", "name"} for one in said["items"])


def test_a_trace_has_its_sums_beside_its_root(call, project):
    asked = {"project_id": project, "trace_ids": [run_id(1)], "selects": ["STATUS", "TOTAL_TOKENS", "TOTAL_COST"]}
    (one,) = call("POST", "/api/v2/traces/query", asked)["items"]
    assert one["root_run"] == {"id": run_id(1), "status": "SUCCESS"}
    assert one["trace_aggregates"] == {"total_tokens": 7, "total_cost": None}
    assert call("POST", "/api/v2/traces/query", {"project_id": project, "trace_ids": [run_id(1)]})["items"] == [
        {"root_run": {"id": run_id(1)}}]


def test_traces_come_in_pages(call, project):
    seen, asked = [], {"project_id": project, "page_size": 2}
    while asked.get("cursor", "") is not None:
        said = call("POST", "/api/v2/traces/query", asked)
        seen += [one["root_run"]["id"] for one in said["items"]]
        asked["cursor"] = said["next_cursor"]
    assert seen == [run_id(3), run_id(2), run_id(1)]


@pytest.mark.parametrize("asked, status, told", [
    ({"project_id": None}, 422, "project_id"), ({"project_id": "x"}, 422, "UUID"),
    ({"ai_search": "x"}, 422, "'ai_search' is no field"),
    ({"max_start_time": 'x")'}, 422, "ISO"), ({"max_start_time": "x"}, 400, "ISO"), ({"page_size": 0}, 422, "limit"),
    ({"trace_filter": "eq("}, 400, "filter"),
])  # fmt: skip
def test_a_question_about_traces_that_is_none_is_told_in_words(call, asked, status, told):
    assert told in call("POST", "/api/v2/traces/query", {"project_id": NOBODY, **asked}, status)["detail"]


@pytest.mark.parametrize("query, found", [
    ("", "14"), ("&filter=eq(run_type,%22llm%22)", "4"), (f"&max_start_time={at(0)[:-6]}Z", "1"),
    (f"&min_start_time={at(1)[:-6]}Z&max_start_time={at(9)[:-6]}Z", "4"),
])  # fmt: skip
def test_the_runs_of_a_trace_come_all_at_once_and_the_oldest_first(call, project, query, found):
    path = f"/api/v2/traces/{run_id(1)}/runs?project_id={project}&selects=NAME&selects=STATUS"
    said = call("GET", path + query)["items"]
    assert "".join(one["name"][-1] for one in said) == found and set(said[0]) == {"id", "name", "status"}
    assert call("GET", f"/api/v2/traces/{run_id(1)}/runs?project_id={NOBODY}") == {"items": []}
    assert "project_id" in call("GET", f"/api/v2/traces/{run_id(1)}/runs", status=422)["detail"]


def test_a_trace_of_more_runs_than_a_page_is_whole(call):
    root = a_run(1)
    kids = [a_run(n, above=root) for n in range(2, 252)]
    call("POST", "/runs/batch", {"post": [root, *kids]}, 202)
    project = call("GET", f"/runs/{run_id(1)}")["session_id"]
    said = call("GET", f"/api/v2/traces/{run_id(1)}/runs?project_id={project}")["items"]
    assert len({one["id"] for one in said}) == len(said) == 251


def test_projects_and_datasets_are_listed_by_cursor_and_tell_their_type(call):
    dataset = call("POST", "/datasets", {"name": "d0"})["id"]
    for n in (1, 2):
        call("POST", "/datasets", {"name": f"d{n}", "data_type": "chat"})
    for n in range(3):
        call("POST", "/sessions", {"name": f"p{n}"})
    said = {"name": "experiment", "reference_dataset_id": dataset, "type": "EXPERIMENT"}
    made = call("POST", "/api/v2/sessions", said)
    assert made["type"] == "EXPERIMENT" and call("GET", f"/api/v2/sessions/{made['id']}")["type"] == "EXPERIMENT"
    assert "type" not in call("GET", f"/sessions/{made['id']}")
    for path, wanted in (("sessions", ["experiment", "p0", "p1", "p2"]), ("datasets", ["d0", "d1", "d2"])):
        seen, cursor = [], ""
        while cursor is not None:
            said = call("GET", f"/api/v2/{path}?page_size=2&cursor={cursor}")
            assert set(said) == {"items", "next_cursor"} and len(said["items"]) <= 2
            seen += [one["name"] for one in said["items"]]
            cursor = said["next_cursor"]
        assert sorted(seen) == wanted and len(call("GET", f"/api/v1/{path}")) == len(wanted)
    for query, count in (("type=PROJECT", 3), (f"type=EXPERIMENT&reference_dataset_id={dataset}", 1), ("name=p1", 1)):
        found = call("GET", f"/api/v2/sessions?{query}")["items"]
        assert len(found) == count and {one["type"] for one in found} == {"EXPERIMENT" if "EXP" in query else "PROJECT"}
    assert [one["name"] for one in call("GET", "/api/v2/datasets?data_type=kv")["items"]] == ["d0"]
    for query in ("sessions?type=AGENT", "sessions?type=EXPERIMENT", "sessions?sort_by=NAME", "sessions?cursor=x",
                  "datasets?data_type=kv&data_type=llm", "datasets?exclude=x", "datasets?page_size=101"):  # fmt: skip
        assert call("GET", f"/api/v2/{query}", status=422)["detail"]


@pytest.mark.parametrize("asked, found", [
    ({"parent_run": [run_id(1)]}, "4"), ({"parent_run": run_id(1)}, "4"), ({"reference_example": NOBODY}, ""),
])  # fmt: skip
def test_the_javascript_sdk_says_one_id_with_a_list_or_without_one(call, project, asked, found):
    rows = call("POST", "/runs/query", {"session": [project], **asked})["runs"]
    assert "".join(run["name"][-1] for run in rows) == found
    assert call("POST", "/runs/stats", {"session": [project], **asked})["run_count"] == len(found)


def test_statistics_without_a_project_are_of_all(call, project):
    assert call("POST", "/runs/stats", {"session": []})["run_count"] == 5
    assert call("POST", "/runs/stats", {"session": [], "trace": run_id(1)})["run_count"] == 2
    assert "not grouped" in call("POST", "/runs/group", {"group_by": "conversation"}, 501)["detail"]


@pytest.mark.parametrize("what", ["index", "index/sync", "search"])
def test_similar_examples_are_refused_in_words(call, what):
    assert "not indexed here" in call("POST", f"/datasets/{NOBODY}/{what}", {"inputs": {}, "limit": 3}, 501)["detail"]


def test_threads_and_spans_are_refused_in_words(call):
    assert "thread_id" in call("POST", "/api/v2/threads/query", {}, 501)["detail"]
    assert "thread_id" in call("GET", "/api/v2/threads/x/traces", status=404)["detail"]
    # An exporter asks again after a 501, for a minute, while the program waits.
    assert "LANGSMITH_OTEL_ENABLED" in call("POST", "/otel/v1/traces", {}, 404)["detail"]


def test_the_version_that_is_told_is_none_that_the_sdk_warns_of(call):
    """The SDK 0.15 wants 0.18.0 for `client.sessions` and less for all else."""
    assert tuple(int(part) for part in call("GET", "/info")["version"].split(".")) >= (0, 18, 0)


def test_each_of_its_filters_leaves_out_the_others(call, project):
    call("POST", "/datasets", {"name": "d0", "metadata": {"k": 1}, "extra": {"metadata": {"k": 1}}})
    other = call("POST", "/datasets", {"name": "d1"})["id"]
    made = call("POST", "/api/v2/sessions", {"name": "pq", "extra": {"metadata": {"m": 1}}})
    assert call("PATCH", f"/api/v2/sessions/{made['id']}", {"description": "d"})["type"] == "PROJECT"

    def names(query):
        return [one["name"] for one in call("GET", f"/api/v2/{query}")["items"]]

    assert names("sessions?name_contains=pq") == names(f"sessions?id={made['id']}") == ["pq"]
    assert names("sessions?metadata=%7B%22m%22%3A1%7D") == ["pq"]
    assert names("datasets?name_contains=1") == names(f"datasets?id={other}") == names("datasets?name=d1") == ["d1"]
    assert names("datasets?metadata=%7B%22k%22%3A1%7D") == ["d0"]
    (told,) = call("GET", f"/api/v2/sessions?id={project}&include_stats=true")["items"]
    assert told["run_count"] == 3
    assert call("GET", "/api/v2/sessions?page_size=0")["next_cursor"] == "1"
    for query, told in (
        (f"sessions?reference_dataset_id={other}&reference_dataset_id={NOBODY}", "reference_dataset_id"),
        ("sessions?type=PROJECT&type=EXPERIMENT", "type"),
        ("sessions?sort_by=NAME", "sort_by"),
    ):
        assert told in call("GET", f"/api/v2/{query}", status=422)["detail"]
