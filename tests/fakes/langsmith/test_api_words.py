"""Each word that a call may have: that it does what it says, and that none is taken and ignored."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote

import pytest

from fakes.langsmith.api_runs import INFO
from fakes.langsmith.calls import is_type
from fakes.langsmith.derive import counts, microseconds, now_us
from fakes.langsmith.derive import usage as usage_of

from .asking import BOUNDARY, KEY, a_run, ask, at, caller, multipart, parts_of, run_id, the_end, usage

NOBODY = run_id(99)
ROOT = a_run(1, tags=["t"], extra={"metadata": {"m": 1, "usage_metadata": {"input_tokens": 900}}})
ROOT.update(end_time=at(4))
MODEL = a_run(2, 1, above=ROOT, run_type="llm", extra=usage(10, 5), serialized={"id": ["m"]}, end_time=at(3),
              events=[{"name": "new_token", "time": at(1.5)}], reference_example_id=run_id(77))  # fmt: skip
FAILED = a_run(3, 5, session_name="elsewhere", run_type="tool", error="ValueError('x')" + "y" * 400)


@pytest.fixture
def call(server):
    made = caller(server)
    made("POST", "/runs/batch", {"post": [ROOT, MODEL, FAILED]}, 202)
    return made


@pytest.fixture
def project(call):
    return call("GET", "/sessions?name=demo&limit=1")[0]["id"]


def numbers(runs):
    return "".join(sorted(run["name"][-1] for run in runs))


# -- queries of runs ---------------------------------------------------------------------------

QUERIES = [
    ({"end_time": at(3)}, "2"),
    ({"end_time": at(4)}, "12"),
    ({"start_time": at(1)}, "23"),
    ({"reference_example": [run_id(77)]}, "2"),
    ({"parent_run": run_id(1)}, "2"),
    ({"trace": run_id(3)}, "3"),
    ({"query": "VALUEERROR"}, "3"),
    ({"run_type": "tool"}, "3"),
]


@pytest.mark.parametrize("body, found", QUERIES, ids=[next(iter(body)) for body, _ in QUERIES])
def test_each_condition_of_a_query_chooses(call, body, found):
    assert numbers(call("POST", "/runs/query", body)["runs"]) == found
    assert call("POST", "/runs/stats", body)["run_count"] == len(found)


SECOND = [
    ({"reference_examples": [run_id(77)]}, "2"),
    ({"ids": [run_id(1), NOBODY]}, "1"),
    ({"trace_id": run_id(1)}, "12"),
    ({"trace": run_id(1)}, "12"),
    ({"parent_run_id": run_id(1)}, "2"),
    ({"run_type": "LLM"}, "2"),
    ({"is_root": True}, "13"),
    ({"error": True}, "3"),
    ({"has_error": False}, "12"),
    ({"query": "valueerror"}, "3"),
    ({"filter": 'eq(name, "run 2")'}, "2"),
    ({"trace_filter": 'eq(name, "run 1")'}, "12"),
    ({"tree_filter": 'eq(run_type, "llm")'}, "12"),
    ({"min_start_time": at(1)}, "23"),
    ({"start_time": at(1)}, "23"),
    ({"limit": 1}, "3"),
    ({"page_size": 2}, "23"),
    ({"page_size": 1, "order": "ASC"}, "1"),
    ({"page_size": 1, "sort_order": "asc"}, "1"),
]


@pytest.mark.parametrize("body, found", SECOND, ids=[" ".join(body) for body, _ in SECOND])
def test_each_word_of_version_2_chooses(call, body, found):
    assert numbers(call("POST", "/api/v2/runs/query", {**body, "selects": ["NAME"]})["items"]) == found


def test_a_project_is_chosen_in_both_versions(call, project):
    for path, body in (("/runs/query", {"session": [project]}), ("/runs/query", {"session_id": project})):
        assert numbers(call("POST", path, body)["runs"]) == "12"
    found = call("POST", "/api/v2/runs/query", {"project_ids": [project], "selects": ["NAME"]})
    assert numbers(found["items"]) == "12"


# field of version 2 -> its value for the model's run
FIELDS = {
    "run_type": "LLM",
    "status": "SUCCESS",
    "is_root": False,
    "latency_seconds": 2.0,
    "manifest": {"id": ["m"]},
    "error_preview": None,
    "metadata": usage(10, 5)["metadata"],
    "parent_run_ids": [run_id(1)],
    "trace_id": run_id(1),
    "start_time": at(1),
    "total_tokens": 15,
    "reference_example_id": run_id(77),
    "inputs": {"question": "what is 2?"},
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_of_version_2_can_be_selected(call, name):
    assert call("GET", f"/api/v2/runs/{run_id(2)}?selects={name.upper()}") == {"id": run_id(2), name: FIELDS[name]}


def test_version_2_without_a_selection_has_its_own_names_only(call, project):
    run = call("GET", f"/api/v2/runs/{run_id(3)}")
    assert not {"session_id", "parent_run_id", "serialized"} & set(run)
    assert (run["is_root"], run["latency_seconds"], run["manifest"]) == (True, None, None)
    assert run["error_preview"] == run["error"][:300] and run["status"] == "ERROR"
    assert call("GET", f"/api/v2/runs/{run_id(1)}")["project_id"] == project


@pytest.mark.parametrize("name", ["session", "id", "reference_example"])
def test_a_list_of_ids_has_its_bounds(call, name):
    many = [run_id(number) for number in range(1_000, 2_001)]
    assert call("POST", "/runs/query", {name: many[:1_000]})["runs"] == []
    assert "1,000" in call("POST", "/runs/query", {name: many}, 422)["detail"]
    assert "list" in call("POST", "/runs/query", {name: NOBODY if name != "reference_example" else 5}, 422)["detail"]


def test_runs_are_counted_with_their_waits_tokens_and_failures(call):
    counted = call("POST", "/runs/stats", {})
    assert counted == {**counted, "run_count": 3, "error_rate": pytest.approx(1 / 3), "latency_p50": 3.0}
    assert counted["latency_p99"] == pytest.approx(3.98) and counted["last_run_start_time"] == at(5)
    assert (counted["first_token_p50"], counted["first_token_p99"]) == (0.5, 0.5)
    assert counted["prompt_tokens"] == 20  # the chain's are those of the model below it, counted where they are seen
    empty = call("POST", "/runs/stats", {"id": [NOBODY]})
    assert (empty["run_count"], empty["total_tokens"]) == (0, 0)
    for name in ("error_rate", "latency_p50", "first_token_p50", "last_run_start_time"):
        assert empty[name] is None
    for word in ({"limit": 3}, {"select": ["id"]}, {"order": "asc"}, {"cursor": "x"}):
        assert call("POST", "/runs/stats", word, 422)["detail"]


def test_more_runs_than_a_page_are_counted(call):
    call("POST", "/runs/batch", {"post": [a_run(n, 10) for n in range(100, 260)]}, 202)
    assert call("POST", "/runs/stats", {})["run_count"] == 163


def test_what_the_server_offers_is_said_as_it_is(call):
    assert call("GET", "/info") == INFO
    assert INFO["batch_ingest_config"]["size_limit_bytes"] == 20 * 1024 * 1024
    assert INFO["instance_flags"]["examples_multipart_enabled"] is True


# -- no word is taken and ignored --------------------------------------------------------------

READS = [
    "/sessions", "/sessions/{project}", f"/runs/{run_id(1)}", "/feedback", "/datasets", "/datasets/{data}/splits",
    "/examples?dataset={data}", "/examples/{example}", "/datasets/{data}/versions", f"/attachments/{NOBODY}",
    "/public/{share}/datasets", "/public/{share}/examples", "/public/{share}/datasets/sessions",
    "/datasets/{data}/version?as_of=latest", "/datasets/{data}/comparative",
    "/datasets/{data}/versions/diff?from_version=latest&to_version=latest",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_a_parameter_that_a_call_does_not_know_is_refused_and_named(call, project, path):
    data = call("POST", "/datasets", {"name": "d"})["id"]
    example = call("POST", "/examples", {"dataset_id": data, "inputs": {}})["id"]
    share = call("PUT", f"/datasets/{data}/share", {})["share_token"]
    path = path.format(project=project, data=data, example=example, share=share)
    refused = call("GET", path + ("&" if "?" in path else "?") + "colour=red", status=422)
    assert "'colour'" in refused["detail"]


WRITES = [("POST", "/sessions?colour=red", {"name": "a"}), ("DELETE", "/examples?colour=red", None)]


@pytest.mark.parametrize("method, path, body", WRITES)
def test_a_write_with_a_parameter_it_does_not_know_changes_nothing(call, method, path, body):
    before = call("GET", "/sessions")
    assert "'colour'" in call(method, path, body, 422)["detail"]
    assert call("GET", "/sessions") == before


FLAGS = [("true", True), ("True", True), ("1", True), ("false", False), ("False", False), ("0", False), ("", False)]


@pytest.mark.parametrize("said, on", FLAGS)
def test_a_flag_is_said_in_several_ways(call, said, on):
    assert ("run_count" in call("GET", f"/sessions?include_stats={said}")[0]) is on


PAGES = [
    ("limit=1", 200), ("limit=100", 200), ("limit=101", 422), ("limit=-1", 422), ("limit=1.5", 422), ("limit=", 200),
    ("offset=1", 200), ("offset=-1", 422), ("offset=" + "9" * 30, 422), ("limit=%C2%B2", 422),
]  # fmt: skip


@pytest.mark.parametrize("query, status", PAGES)
@pytest.mark.parametrize("path", ["/sessions", "/datasets", "/feedback", "/examples"])
def test_a_page_has_its_bounds_everywhere(call, path, query, status):
    call("GET", f"{path}?{query}", status=status)


def test_pages_of_every_list_follow_each_other(call):
    data = [call("POST", "/datasets", {"name": f"d {n}"})["id"] for n in range(3)]
    call("POST", "/examples/bulk", [{"dataset_id": data[0], "inputs": {"n": n}} for n in range(3)])
    for n in range(3):
        call("POST", "/sessions", {"name": f"p {n}"})
        call("POST", "/feedback", {"run_id": run_id(1), "key": f"k {n}"})
    for path in ("/datasets?", "/sessions?name_contains=p&", "/feedback?", f"/examples?dataset={data[0]}&"):
        whole = [one["id"] for one in call("GET", path)]
        assert [one["id"] for start in range(3) for one in call("GET", f"{path}limit=1&offset={start}")] == whole
        assert len(set(whole)) == 3


# -- what is kept of what was sent -------------------------------------------------------------


def test_feedback_keeps_all_it_says(call, project):
    said = {
        "id": run_id(50), "run_id": run_id(1), "trace_id": run_id(1), "session_id": project, "key": "k", "score": 0.5,
        "value": {"v": 1}, "comment": "c", "correction": {"a": 1},
        "feedback_source": {"type": "model", "metadata": {"x": 1}},
        "feedback_config": {"type": "continuous", "min": 0}, "extra": {"e": 1}, "start_time": at(1),
        "comparative_experiment_id": run_id(51), "feedback_group_id": run_id(52), "created_at": at(2),
        "modified_at": at(3),
    }  # fmt: skip
    assert call("POST", "/feedback", said) == {**said, "error": None}
    assert call("GET", f"/feedback/{run_id(50)}") == {**said, "error": None}
    for error in (True, False):
        assert bool(call("POST", "/feedback", {"run_id": run_id(1), "key": "k", "error": error})["error"]) is error
    changed = call("PATCH", f"/feedback/{run_id(50)}", {"value": "new", "key": "l", "extra": None})
    assert (changed["key"], changed["value"], changed["extra"], changed["score"]) == ("l", "new", None, 0.5)
    assert changed["created_at"] == at(2) and changed["modified_at"] > at(3)


BAD_FEEDBACK = [
    {"key": 5}, {"key": ""}, {"key": None}, {"run_id": "x"}, {"trace_id": "x"}, {"session_id": "x"}, {"id": "x"},
    {"created_at": "soon"}, {"comment": 5}, {"feedback_group_id": "x"}, {"comparative_experiment_id": "x"},
    {"score": "0.5"},
]  # fmt: skip


@pytest.mark.parametrize("said", BAD_FEEDBACK, ids=[str(said) for said in BAD_FEEDBACK])
def test_feedback_that_is_none_is_refused(call, said):
    assert call("POST", "/feedback", {"run_id": run_id(1), "key": "k", **said}, 422)["detail"]
    assert call("GET", "/feedback") == []
    made = call("POST", "/feedback", {"run_id": run_id(1), "key": "k"})
    if "key" in said:
        assert call("PATCH", f"/feedback/{made['id']}", said, 422)["detail"]


def test_a_run_says_its_project_by_id_too(call, project):
    call("POST", "/runs", {**a_run(10), "session_name": "ignored", "session_id": project}, 202)
    assert call("GET", f"/runs/{run_id(10)}")["session_id"] == project
    assert [one["name"] for one in call("GET", "/sessions?name=ignored")] == []


def test_a_run_without_a_time_begins_when_it_comes(call):
    call("POST", "/runs", {"id": run_id(10), "name": "a"}, 202)
    run = call("GET", f"/runs/{run_id(10)}")
    assert run["start_time"] > at(0) and run["dotted_order"][:4] == run["start_time"][:4]
    assert (run["trace_id"], run["run_type"], run["parent_run_ids"]) == (run_id(10), "chain", [])


def test_what_a_run_says_of_its_place_is_kept_and_the_rest_made_up(call):
    order = f"{ROOT['dotted_order']}.20260101T000000000000Z{run_id(10)}"
    call("POST", "/runs", {"id": run_id(10), "dotted_order": order, "name": "a"}, 202)
    run = call("GET", f"/runs/{run_id(10)}")
    assert (run["dotted_order"], run["parent_run_id"], run["trace_id"]) == (order, run_id(1), run_id(1))
    call("POST", "/runs", {"id": run_id(11), "parent_run_id": run_id(1), "trace_id": run_id(98), "name": "a"}, 202)
    assert call("GET", f"/runs/{run_id(11)}")["trace_id"] == run_id(98)
    call("POST", "/runs", {"id": run_id(12), "parent_run_id": NOBODY, "name": "a"}, 202)
    assert call("GET", f"/runs/{run_id(12)}")["trace_id"] == NOBODY


def test_only_a_models_tokens_are_counted_also_when_a_patch_brings_them(call):
    """A chain's metadata often repeats the usage of a model in it; counted twice, a trace would cost double."""
    assert call("GET", f"/runs/{run_id(1)}")["prompt_tokens"] == 10
    call("POST", "/runs", a_run(10, run_type="llm"), 202)
    call("PATCH", f"/runs/{run_id(10)}", {"extra": usage(3, 4)}, 202)  # says no type
    assert call("GET", f"/runs/{run_id(10)}")["total_tokens"] == 7
    call("PATCH", f"/runs/{run_id(10)}", {"run_type": "tool", "extra": usage(30, 40)}, 202)
    assert call("GET", f"/runs/{run_id(10)}")["total_tokens"] == 7
    typeless = {name: value for name, value in a_run(11).items() if name != "run_type"}
    call("POST", "/runs", {**typeless, "extra": usage(3, 4)}, 202)  # shown as a chain
    assert call("GET", f"/runs/{run_id(11)}")["total_tokens"] == 0


def test_an_error_that_is_no_text_is_told_as_json(call):
    call("POST", "/runs", {**a_run(10), "error": {"code": 5}}, 202)
    run = call("GET", f"/runs/{run_id(10)}")
    assert (run["status"], json.loads(run["error"])) == ("error", {"code": 5})


def test_a_deleted_example_takes_its_attachments_along(call, server):
    data = call("POST", "/datasets", {"name": "d"})["id"]
    rows = [(run_id(20), {"inputs": {}}), (f"{run_id(20)}.attachment.a", ("text/plain", b"x"))]
    call("POST", f"/v1/platform/datasets/{data}/examples", multipart(rows), 201)
    assert len(server.store.attachments(run_id(20))) == 1
    call("DELETE", f"/examples/{run_id(20)}")
    assert server.store.attachments(run_id(20)) == []


def test_an_attachment_without_a_type_is_bytes(call, server):
    rows = [*parts_of("post", a_run(10)), (f"attachment.{run_id(10)}.a", ("", b"x"))]
    call("POST", "/runs/multipart", multipart(rows), 202)
    assert server.store.attachment(run_id(10), "a")["type"] == "application/octet-stream"


def test_feedback_of_a_multipart_body_has_the_parts_id(call):
    call("POST", "/runs/multipart", multipart([(f"feedback.{run_id(60)}", {"run_id": run_id(1), "key": "k"})]), 202)
    assert call("GET", f"/feedback/{run_id(60)}")["key"] == "k"


TYPES = [
    ("image/png", True), ("application/vnd.x-y+json", True), ("text", False), ("a/b; c=d", False), ("a/b\r\n", False),
    ("té/xt", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize("text, fit", TYPES)
def test_only_what_is_a_content_type_becomes_a_header(text, fit):
    assert is_type(text) is fit


@pytest.mark.parametrize("body", [{}, [1], "x", [[]]])
def test_many_examples_come_as_a_list_of_objects(call, body):
    assert "list of JSON objects" in call("POST", "/examples/bulk", body, 422)["detail"]


# -- who asks ----------------------------------------------------------------------------------

KEYS = [
    ({"x-api-key": "", "authorization": f"bearer  {KEY} "}, 200),
    ({"x-api-key": "", "authorization": f"Basic {KEY}"}, 200),  # no key at all, as without a header
    ({"x-api-key": KEY, "authorization": "Bearer sk-real"}, 200),  # the key is what its own header says
    ({"x-api-key": "lsv2_pt_1", "authorization": f"Bearer {KEY}"}, 401),
]


@pytest.mark.parametrize("headers, status", KEYS)
def test_a_key_is_looked_for_in_its_own_header_first(server, headers, status):
    assert ask(server.url, "GET", "/info", headers=headers)[0] == status


# -- usage and times ---------------------------------------------------------------------------

COUNTS = [
    ({}, (None, None, None)),
    ({"input_tokens": 3}, (3, None, 3)),
    ({"output_tokens": 4}, (None, 4, 4)),
    ({"input_tokens": 3, "output_tokens": 4}, (3, 4, 7)),
    ({"input_tokens": 3, "output_tokens": 4, "total_tokens": 9}, (3, 4, 9)),
    ({"total_tokens": 9}, (None, None, 9)),
    ({"input_tokens": 3.0, "output_tokens": True, "total_tokens": "9"}, (3, None, 3)),
    ({"input_tokens": float("nan")}, (None, None, None)),
]


@pytest.mark.parametrize("said, told", COUNTS, ids=range(len(COUNTS)))
def test_the_total_is_what_is_said_or_what_the_parts_come_to(said, told):
    assert counts(said) == told


def test_usage_of_several_answers_adds_up_where_it_is_numbers():
    details = {"input_token_details": {"cache_read": 1}}
    answers = [[{"message": {"usage_metadata": {"input_tokens": number, **details}}}] for number in (3, 4)]
    assert usage_of({}, {"generations": answers}) == {"input_tokens": 7, **details}
    odd = [[{"message": {"usage_metadata": {"input_tokens": number}}}] for number in (3, "4", 5, None)]
    assert set(usage_of({}, {"generations": odd})) == {"input_tokens"}
    assert usage_of({}, {"message": {"usage_metadata": {"input_tokens": 3}}}) == {"input_tokens": 3}
    assert usage_of({}, {"output": {"kwargs": 5, "usage_metadata": {"input_tokens": 3}}}) == {"input_tokens": 3}


@pytest.mark.parametrize("text, same", [
    ("2026-11-23T04:25Z", "2026-11-23T04:25:00Z"), (" 2026-11-23T04:25:00z ", "2026-11-23T04:25:00Z"),
    ("2026-11-23T04:25:00,5Z", "2026-11-23T04:25:00.500000Z"), ("2026-11-23T05:25:30+01:00:30", "2026-11-23T04:25:00Z"),
])  # fmt: skip
def test_times_are_read_as_iso_8601_has_them(text, same):
    assert microseconds(text) == microseconds(same)


# -- filters: every field ----------------------------------------------------------------------

FILTERS = [
    (f'eq(session_id, "{NOBODY}")', ""), (f'neq(session, "{NOBODY}")', "123"),
    (f'eq(trace, "{run_id(1)}")', "12"), (f'eq(parent_run, "{run_id(1)}")', "2"),
    (f'eq(reference_example_id, "{run_id(77)}")', "2"), (f'eq(dotted_order, "{ROOT["dotted_order"]}")', "1"),
    ('like(inputs, "%what is 2%")', "2"), ('like(outputs, "%nothing%")', ""), ('like(error, "ValueError%")', "3"),
    (f'eq(first_token_time, "{at(1.5)}")', "2"), ("gt(first_token, 0.4)", "2"), ("gt(first_token, 0.5)", ""),
    ("lt(completion_tokens, 1)", "3"), ("gte(prompt_tokens, 10)", "12"), ('search(error, "valueerror")', "3"),
    ('search(name, "RUN 2")', "2"), ('search(inputs, "what is \\"2\\"")', ""),
    ("gt(total_tokens, 9223372036854775807)", ""), ("lt(total_tokens, 9223372036854775808)", "123"),
    ("gt(total_tokens, -9223372036854775809)", "123"), ('in(run_type, ["llm", "tool"])', "23"),
    ("eq(end_time, null)", "3"), ("eq(latency, null)", "3"), ("gte(latency, 2)", "12"),
]  # fmt: skip


@pytest.mark.parametrize("text, found", FILTERS)
def test_each_field_can_be_filtered_by(call, text, found):
    assert numbers(call("POST", "/runs/query", {"filter": text})["runs"]) == found


@pytest.mark.parametrize("text", ["search(tags, \"x\")", "search(nothing, \"x\")", 'search("a", "b")', "search()"])
def test_a_search_in_no_field_is_told(call, text):
    assert "search" in call("POST", "/runs/query", {"filter": text}, 400)["detail"]


def test_projects_are_chosen_by_each_word(call, project):
    data = call("POST", "/datasets", {"name": "d"})["id"]
    extra = {"metadata": {"k": {"a": 1}}}
    call("POST", "/sessions", {"name": "exp", "reference_dataset_id": data.upper(), "extra": extra})
    names = lambda query: [one["name"] for one in call("GET", "/sessions?" + query)]
    assert names(f"reference_dataset={data}") == ["exp"] and "exp" not in names("reference_free=true")
    assert names(f"id={project}&id={NOBODY}") == ["demo"]
    assert names("metadata=" + quote('{"k": {"a": 1}}')) == ["exp"] and names("metadata=" + quote('{"k": 1}')) == []
    assert call("GET", f"/sessions?reference_dataset={data}&reference_dataset={data}", status=422)["detail"]


@pytest.mark.parametrize("change, status", [
    ({"name": "demo"}, 409), ({"id": "x"}, 422), ({"start_time": "soon"}, 422), ({"end_time": "soon"}, 422),
    ({"reference_dataset_id": "x"}, 422), ({"reference_dataset_id": NOBODY}, 404),
])  # fmt: skip
def test_a_project_that_cannot_be_is_refused(call, project, change, status):
    assert call("POST", "/sessions", {"name": "new", **change}, status)["detail"]
    assert [one["name"] for one in call("GET", "/sessions?name=new")] == []
    assert call("POST", "/sessions", {"name": "new", "id": project}, 409)["detail"]
    assert call("PATCH", f"/sessions/{NOBODY}", {"name": "x"}, 404)["detail"]


def test_a_project_without_a_name_is_the_default_one(call):
    made = call("POST", "/sessions", {"start_time": at(0), "end_time": at(1)})
    assert (made["name"], made["start_time"], made["end_time"]) == ("default", at(0), at(1))
    call("PATCH", f"/sessions/{made['id']}", {"extra": {"a": 1}, "num_examples": 3})
    changed = call("GET", f"/sessions/{made['id']}")
    assert (changed["extra"], changed["name"]) == ({"a": 1}, "default")


def test_a_run_may_be_ended_before_it_is_begun_in_one_body(call):
    begun = a_run(10)
    call("POST", "/runs/batch", {"patch": [the_end(begun)], "post": [begun]}, 202)
    run = call("GET", f"/runs/{run_id(10)}")
    assert (run["outputs"], run["inputs"]) == ({"answer": 42}, begun["inputs"])


# -- datasets ----------------------------------------------------------------------------------


@pytest.fixture
def data(call):
    made = call("POST", "/datasets", {"name": "d"})["id"]
    rows = [(run_id(20), {"inputs": {}}), (run_id(21), {"inputs": {}})]
    rows += [(f"{run_id(20)}.attachment.{name}", ("text/plain", name.encode())) for name in ("a", "b", "c")]
    call("POST", f"/v1/platform/datasets/{made}/examples", multipart(rows), 201)
    return made


OPERATIONS = [
    (None, {"a": b"a", "b": b"b", "c": b"c"}),
    ({}, {}),
    ({"retain": ["a", "nobody"]}, {"a": b"a"}),
    ({"rename": {"a": "x", "nobody": "y"}}, {"x": b"a"}),
    ({"rename": {"a": "b"}, "retain": ["b", "c"]}, {"b": b"a", "c": b"c"}),
    ({"rename": {"a": "b", "b": "a"}, "retain": ["c"]}, {"a": b"b", "b": b"a", "c": b"c"}),
]


@pytest.mark.parametrize("said, left", OPERATIONS, ids=range(len(OPERATIONS)))
def test_attachments_are_kept_renamed_or_dropped_as_was_said(call, server, data, said, left):
    rows = [(run_id(20), {"metadata": {"n": 1}})]
    rows += [] if said is None else [(f"{run_id(20)}.attachments_operations", said)]
    call("PATCH", f"/v1/platform/datasets/{data}/examples", multipart(rows), 201)
    store = server.store
    names = [one["name"] for one in store.attachments(run_id(20))]
    assert {name: store.attachment(run_id(20), name)["data"] for name in names} == left


@pytest.mark.parametrize("said", [[], "x", {"rename": ["a"]}, {"retain": "a"}, {"retain": {"a": 1}}])
def test_operations_on_attachments_that_are_none_are_refused_and_change_nothing(call, server, data, said):
    rows = [(run_id(20), {"metadata": {"n": 1}}), (f"{run_id(20)}.attachments_operations", said)]
    told = call("PATCH", f"/v1/platform/datasets/{data}/examples", multipart(rows), 422)
    assert "attachments_operations is" in told["detail"] and len(server.store.attachments(run_id(20))) == 3
    assert "n" not in call("GET", f"/examples/{run_id(20)}")["metadata"]


def test_an_example_is_not_changed_through_another_dataset(call, data):
    other = call("POST", "/datasets", {"name": "other"})["id"]
    rows = [(run_id(20), {"metadata": {"n": 1}})]
    call("PATCH", f"/v1/platform/datasets/{other}/examples", multipart(rows), 404)
    assert "n" not in call("GET", f"/examples/{run_id(20)}")["metadata"]


def test_examples_changed_by_one_request_are_one_version(call, data):
    versions = lambda: len(call("GET", f"/datasets/{data}/versions"))
    before = versions()
    call("PATCH", "/examples/bulk", [{"id": run_id(n), "metadata": {"n": n}} for n in (20, 21)])
    assert versions() == before + 1
    call("GET", f"/datasets/{NOBODY}/splits", status=404)


def test_experiments_of_a_shared_dataset_are_chosen_by_each_word(call, data):
    made = [call("POST", "/sessions", {"name": name, "reference_dataset_id": data})["id"] for name in ("e1", "e2")]
    token = call("PUT", f"/datasets/{data}/share", {})["share_token"]
    names = lambda query: sorted(one["name"] for one in call("GET", f"/public/{token}/datasets/sessions?{query}"))
    assert names("") == ["e1", "e2"] and names("name=e1") == ["e1"] and names("name_contains=2") == ["e2"]
    assert names(f"id={made[0]}") == ["e1"] and len(names("limit=1")) == 1
    call("GET", f"/public/{NOBODY}/datasets/sessions", status=404)


def test_a_dataset_that_comes_again_under_its_old_id_is_not_shared_by_the_old_link(call):
    call("POST", "/datasets", {"name": "d", "id": run_id(40)})
    token = call("PUT", f"/datasets/{run_id(40)}/share", {})["share_token"]
    assert call("GET", f"/public/{token}/datasets")["name"] == "d"
    call("DELETE", f"/datasets/{run_id(40)}")
    call("POST", "/datasets", {"name": "secret", "id": run_id(40)})
    call("GET", f"/public/{token}/datasets", status=404)


def test_a_run_that_comes_again_under_its_old_id_is_not_shared_by_the_old_link(call, project):
    token = call("PUT", f"/runs/{run_id(1)}/share", {})["share_token"]
    call("DELETE", f"/sessions/{project}")
    call("POST", "/runs", ROOT, 202)
    call("GET", f"/public/{token}/run", status=404)


def test_a_chat_example_is_a_line_for_fine_tuning_by_either_name_of_its_messages(call, server):
    said = lambda role, text: [{"role": role, "content": text}]
    wanted = {"messages": [*said("user", "q"), *said("assistant", "a")]}
    for asked, answered in (("input", "output"), ("messages", "messages")):
        made = call("POST", "/datasets", {"name": asked, "data_type": "chat"})["id"]
        values = {"inputs": {asked: said("user", "q")}, "outputs": {answered: said("assistant", "a")}}
        call("POST", "/examples", {"dataset_id": made, **values})
        assert call("GET", f"/datasets/{made}/openai_ft") == wanted  # one line, which is JSON by itself


@pytest.mark.parametrize("kind", ["multipart/mixed", "text/plain", "multipart/form-data-x"])
def test_a_body_of_another_kind_with_a_boundary_is_refused(call, kind):
    headers = {"content-type": f"{kind}; boundary={BOUNDARY}"}
    body = multipart(parts_of("post", a_run(10)))
    assert "multipart/form-data" in call("POST", "/runs/multipart", body, 422, headers=headers)["detail"]
    headers = {"content-type": f"Multipart/Form-Data ; charset=utf-8; Boundary={BOUNDARY}"}
    call("POST", "/runs/multipart", body, 202, headers=headers)


SPANS = [({"minutes": 30}, 30), ({"hours": 2}, 120), ({"days": 1, "hours": 1, "minutes": 1}, 1501), (None, 180)]


@pytest.mark.parametrize("span, minutes", SPANS, ids=[str(span) for span, _ in SPANS])
def test_a_feedback_token_ends_after_what_was_said(call, span, minutes):
    body = {"run_id": run_id(1), "feedback_key": "k", "expires_in": span}
    ends = microseconds(call("POST", "/feedback/tokens", body)["expires_at"])
    assert ends - now_us() == pytest.approx(minutes * 60_000_000, abs=60_000_000)


# -- what is not here, and what goes wrong -------------------------------------------------------

ABSENT = [
    ("annotation-queues", "feedback on the runs"), ("feedback-configs", "no configuration"),
    ("repos", "prompts, agents and skills are not kept here"), ("commits/me/p/latest", "not kept here"),
    ("prompts", "not kept here"), ("workspaces", "only traces"), ("charts", "only traces"),
]  # fmt: skip


@pytest.mark.parametrize("path, told", ABSENT)
def test_what_langsmith_has_and_this_server_has_not_is_said(call, path, told):
    assert told in call("GET", f"/api/v1/{path}", status=404)["detail"]
    assert told in call("POST", f"/{path}", {"name": "x"}, 501)["detail"]


@pytest.mark.parametrize("path", ["/sessions", "/projects"])
def test_an_error_of_ours_is_told_without_its_text_and_the_next_call_is_answered(server, monkeypatch, capfd, path):
    def broken(*args, **how):
        raise RuntimeError("inner detail")

    projects = server.store.projects
    monkeypatch.setattr(server.store, "projects", broken)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(b"GET %b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n" % path.encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 500 ") and b"inner detail" not in answer
    assert "RuntimeError: inner detail" in capfd.readouterr().err
    monkeypatch.setattr(server.store, "projects", projects)
    assert ask(server.url, "GET", "/sessions") == (200, [])


def test_what_a_deleted_project_had_is_gone_and_it_cannot_be_deleted_twice(call, server, project):
    call("DELETE", f"/sessions/{project}")
    assert [run["id"] for run in server.runs()] == [run_id(3)]
    for method in ("GET", "DELETE"):
        call(method, f"/sessions/{project}", status=404)


def test_inputs_of_a_run_that_are_no_object_become_no_example(call, data):
    call("POST", "/runs", {**a_run(30), "inputs": [1]}, 202)
    body = {"dataset_id": data, "source_run_id": run_id(30), "use_source_run_io": True}
    assert "no objects" in call("POST", "/examples", body, 422)["detail"]
