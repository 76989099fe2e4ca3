"""The store: merging in any order, what is derived, pages, stats, and the file itself."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from fakes.langsmith.derive import first_token, iso, microseconds
from fakes.langsmith.derive import usage as usage_of
from fakes.langsmith.ingest import read
from fakes.langsmith.projects import percentile
from fakes.langsmith.store import LIGHT, Op, Refused, Store

from .asking import a_run, at, run_id, the_end, usage


@pytest.fixture
def store():
    made = Store()
    yield made
    made.close()


def runs(store, **conditions):
    return store.runs(**conditions)[0]


ROOT = a_run(1, extra={"metadata": {"k": "v"}}, tags=["a"])
END = the_end(ROOT, 2.5, extra={"metadata": {"k": "w"}}, events=[{"name": "start", "time": at(0)}])


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(["post", "patch", "post", "patch"]))))
def test_a_post_and_its_patch_give_the_same_run_in_any_order_and_however_often(store, order):
    for kind in order:
        store.merge([Op(kind, ROOT if kind == "post" else END)])
    (run,) = runs(store)
    assert (run["status"], run["start_time"], run["end_time"]) == ("success", at(0), at(2.5))
    assert run["inputs"] == {"question": "what is 1?"} and run["outputs"] == {"answer": 42}
    assert run["extra"] == {"metadata": {"k": "w"}} and run["tags"] == ["a"]
    assert run["events"] == END["events"]
    assert store.count_runs(filter="""has(metadata, '{"k": "w"}')""") == 1


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(["post", "patch", "merged"]))))
def test_a_merged_post_that_is_sent_again_changes_nothing(store, order):
    said = {"post": ("post", ROOT), "patch": ("patch", END), "merged": ("post", {**ROOT, **END})}
    for name in order:
        store.merge([Op(*said[name])])
    (run,) = runs(store)
    assert run["outputs"] == {"answer": 42} and run["end_time"] == at(2.5) and run["extra"] == {"metadata": {"k": "w"}}


def test_null_and_absent_never_erase_and_a_present_value_replaces_whole(store):
    store.merge([Op("post", {**ROOT, "extra": {"a": 1, "b": 2}})])
    store.merge([Op("patch", {"id": ROOT["id"], "inputs": None, "name": None, "extra": {"c": 3}})])
    (run,) = runs(store)
    assert run["inputs"] == {"question": "what is 1?"} and run["name"] == "run 1" and run["extra"] == {"c": 3}


def test_a_patch_without_a_post_is_a_run(store):
    store.merge([Op("patch", END)])
    (run,) = runs(store)
    assert (run["name"], run["status"], run["inputs"]) == ("run 1", "success", {})


def test_a_run_without_trace_and_order_gets_them(store):
    store.merge([Op("post", {"id": run_id(1), "name": "a", "run_type": "tool", "start_time": at(0)})])
    store.merge([Op("post", {"id": run_id(2), "name": "b", "parent_run_id": run_id(1), "start_time": at(1)})])
    tree = store.trace(run_id(1))
    assert [(run["name"], run["dotted_order"].count(".")) for run in tree] == [("a", 0), ("b", 1)]
    assert tree[1]["parent_run_ids"] == [run_id(1)]
    assert store.project(tree[0]["session_id"])["name"] == "default"


def test_everything_of_one_call_is_stored_or_nothing(store):
    with pytest.raises(Refused, match="UUID"):
        store.merge([Op("post", ROOT), Op("post", {**ROOT, "id": "seven"})])
    assert runs(store) == [] and store.projects() == []


STATUSES = [({}, "pending"), ({"end_time": at(1)}, "success"), ({"end_time": at(1), "error": "E('x')"}, "error"),
    ({"error": "E('x')"}, "error"), ({"end_time": at(1), "error": ""}, "success")]  # fmt: skip


@pytest.mark.parametrize("fields, status", STATUSES)
def test_the_status_follows_from_end_and_error(store, fields, status):
    store.merge([Op("post", {**ROOT, **fields})])
    assert runs(store)[0]["status"] == status
    assert [store.count_runs(status=one) for one in ("pending", "success", "error")].count(1) == 1


def test_tokens_of_a_parent_are_the_sum_of_the_calls_below_it(store):
    root = a_run(1)
    left, right = a_run(2, 1, above=root), a_run(3, 2, above=root)
    call = a_run(4, 3, above=left, run_type="llm", extra=usage(10, 5))
    inner = a_run(5, 4, above=call, run_type="llm", extra=usage(10, 5))  # the same call, told by two libraries
    other = a_run(6, 5, above=right, run_type="llm", extra=usage(1, 2))
    store.merge([Op("post", run) for run in (other, inner, call, right, left, root)])
    tokens = {run["name"]: (run["prompt_tokens"], run["completion_tokens"], run["total_tokens"]) for run in runs(store)}
    assert tokens == {"run 1": (11, 7, 18), "run 2": (10, 5, 15), "run 3": (1, 2, 3), "run 4": (10, 5, 15),
        "run 5": (10, 5, 15), "run 6": (1, 2, 3)}  # fmt: skip
    assert store.stats(store.projects()[0]["id"])["total_tokens"] == 18
    assert [run["name"] for run in runs(store, filter="gt(total_tokens, 15)")] == ["run 1"]


def message(said, shape="constructor"):
    fields = {"content": "x", "usage_metadata": said}
    return {"lc": 1, "type": "constructor", "id": ["AIMessage"], "kwargs": fields} if shape == "constructor" else fields


SAID = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
USAGES = [
    ({"usage_metadata": SAID}, {"usage_metadata": {}}, SAID),
    (None, {"usage_metadata": SAID}, SAID),
    ({}, {"generations": [[{"message": message(SAID)}]]}, SAID),
    ({}, {"generations": [[{"message": message(SAID, "plain")}]]}, SAID),
    ({}, {"generations": [[{"message": message(SAID)}], [{"message": message(SAID)}]]},
     {"input_tokens": 6, "output_tokens": 8, "total_tokens": 14}),
    ({}, {"output": message(SAID)}, SAID),
    ({}, {"generations": [[{"text": "x"}]]}, {}),
    ({}, {"generations": "odd"}, {}),
    ({}, "odd", {}),
]  # fmt: skip


@pytest.mark.parametrize("metadata, outputs, told", USAGES)
def test_usage_is_found_where_libraries_put_it(metadata, outputs, told):
    assert usage_of(metadata, outputs) == told


TIMES = [
    ("2026-11-23T04:25:25.141372+00:00", "2026-11-23T04:25:25.141372+00:00"),
    ("2026-11-23T04:25:25.141372Z", "2026-11-23T04:25:25.141372+00:00"),
    ("2026-11-23T04:25:25.141372", "2026-11-23T04:25:25.141372+00:00"),
    ("2026-11-23T04:25:25", "2026-11-23T04:25:25.000000+00:00"),
    ("2026-11-23 04:25:25.1", "2026-11-23T04:25:25.100000+00:00"),
    ("2026-11-23T04:25:25.123456789Z", "2026-11-23T04:25:25.123456+00:00"),
    ("2026-11-23T06:55:25+02:30", "2026-11-23T04:25:25.000000+00:00"),
    ("2026-11-22T23:25:25-0500", "2026-11-23T04:25:25.000000+00:00"),
    ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000000+00:00"),
    (1_795_407_925_141, "2026-11-23T04:25:25.141000+00:00"),
    (1_795_407_925_141.5, "2026-11-23T04:25:25.141500+00:00"),
    (1_795_407_925, "2026-11-23T04:25:25.000000+00:00"),
    (1_795_407_925.25, "2026-11-23T04:25:25.250000+00:00"),
]


@pytest.mark.parametrize("said, shown", TIMES)
def test_times_come_with_and_without_offset_and_fraction(said, shown):
    assert iso(microseconds(said)) == shown


@pytest.mark.parametrize(
    "said",
    ["yesterday", "", "2026-13-01T00:00:00Z", "2026-11-23", 5, "2026-11-23T04:25:25Zz", "9999-12-31T23:59:59-05:00",
     -1_795_407_925, 1e20, float("nan"), float("inf"), True, [1_795_407_925], "1795407925"],
)
def test_what_is_no_time_is_refused(store, said):
    with pytest.raises(ValueError):
        microseconds(said)
    with pytest.raises(Refused, match="time|month"):
        store.merge([Op("post", {**ROOT, "start_time": said})])


def test_the_first_token_is_the_first_new_token_event():
    assert first_token([{"name": "start", "time": at(0)}, {"name": "new_token", "time": at(1)},
        {"name": "new_token", "time": at(2)}]) == microseconds(at(1))  # fmt: skip
    assert [first_token(odd) for odd in (None, [], "x", [1], [{"name": "new_token", "time": "soon"}])] == [None] * 5


def test_pages_show_every_run_once_while_new_ones_come_in(store):
    store.merge([Op("post", a_run(n, n // 3)) for n in range(1, 26)])  # several start at the same moment
    seen, cursor, late = [], None, 100
    while True:
        page, cursor = store.runs(limit=7, cursor=cursor, select=LIGHT)
        seen += [run["id"] for run in page]
        store.merge([Op("post", a_run(late, 50))])
        late += 1
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True) and sorted(seen) == [run_id(n) for n in range(1, 26)]
    with pytest.raises(Refused, match="cursor"):
        store.runs(cursor="x")


def test_a_project_counts_its_root_runs(store):
    roots = [a_run(n, n) for n in range(1, 11)]
    store.merge([Op("post", run) for run in roots])
    store.merge([Op("patch", the_end(run, n + n / 10)) for n, run in enumerate(roots[:9], 1)])
    store.merge([Op("post", a_run(50, 3, above=roots[0], error="E()", end_time=at(30)))])
    store.merge([Op("patch", {"id": roots[8]["id"], "error": "E('x')"})])
    (project,) = store.projects(stats=True)
    assert project["run_count"] == 10 and project["error_rate"] == 0.1
    assert project["latency_p50"] == pytest.approx(0.5) and project["latency_p99"] == pytest.approx(0.892)
    assert project["last_run_start_time"] == at(10)
    chart = store.latencies(project["id"], 3)
    assert [span["count"] for span in chart] == [4, 3, 3] and chart[0]["p50"] == pytest.approx(0.25)
    assert store.latencies(run_id(99), 3) == []


def test_percentiles_lie_between_neighbours():
    assert [percentile(row, 0.5) for row in ([], [3.0], [1.0, 2.0], [1.0, 2.0, 9.0])] == [None, 3.0, 1.5, 2.0]


def test_feedback_is_counted_by_key_for_runs_and_experiments(store):
    store.merge([Op("post", ROOT)])
    project = store.projects()[0]["id"]
    for score, value, comment in ((1, None, "good"), (0.5, "ok", None), (True, "ok", None)):
        store.add_feedback({"run_id": ROOT["id"], "key": "k", "score": score, "value": value, "comment": comment})
    store.add_feedback({"session_id": project, "key": "mean", "score": 0.25})
    told = {"k": {"n": 3, "avg": pytest.approx(2.5 / 3), "values": {"ok": 2}, "comments": ["good"]}}
    assert store.run(ROOT["id"])["feedback_stats"] == told
    stats = store.stats(project)
    assert stats["feedback_stats"] == told and stats["session_feedback_stats"]["mean"]["avg"] == 0.25


def test_what_changed_since_a_mark_is_told(store):
    store.merge([Op("post", ROOT), Op("post", a_run(2, 1))])
    mark = store.mark()
    assert runs(store, changed_since=mark) == []
    store.merge([Op("patch", END)])
    assert [run["name"] for run in runs(store, changed_since=mark)] == ["run 1"]


def test_a_deleted_project_takes_its_runs_and_their_feedback_along(store):
    store.merge([Op("post", ROOT), Op("post", a_run(2, session_name="other"))])
    store.add_feedback({"run_id": ROOT["id"], "key": "k"})
    store.share(ROOT["id"])
    store.delete_project(store.project_named("demo")["id"])
    assert [run["name"] for run in runs(store)] == ["run 2"] and store.feedback() == []
    assert store.row("SELECT count(*) FROM shares")[0] == 0
    store.merge([Op("post", a_run(3))])  # the name is free again
    assert len(store.projects()) == 2


ODD = ["half \ud83d a pair", "NUL \x00 inside", "\r\n\t", "<script>", "é 日本 👩‍👧", "\\u00e9", '"', "x" * 100_000]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_comes_back_as_it_went_in_and_is_found(store, text):
    store.merge([Op("post", {**ROOT, "inputs": {"q": text}, "tags": [text], "error": text, "name": text})])
    run = store.run(ROOT["id"])
    shown = text.replace("\ud83d", "?")  # a name or an error is plain text, which UTF-8 has to say
    assert run["inputs"] == {"q": text} and run["tags"] == [text]
    assert run["error"] == shown and run["name"] == shown[:4096]
    if len(text) < 100 and "\ud83d" not in text and "\x00" not in text:
        assert store.count_runs(text=text) == 1
        assert store.count_runs(text=text + "!") == 0


def test_numbers_that_are_no_json_become_null(store):
    store.merge([Op("post", {**ROOT, "inputs": read(b'{"a": NaN, "b": [Infinity, 1]}')})])
    assert store.heavy(ROOT["id"], "inputs") == '{"a":null,"b":[null,1]}'


def test_a_file_opens_again_and_another_kind_of_file_does_not(tmp_path):
    path = str(tmp_path / "a.db")
    first = Store(path)
    first.merge([Op("post", ROOT)])
    tenant = first.tenant_id
    first.close()
    second = Store(path)
    assert second.tenant_id == tenant and [run["name"] for run in runs(second)] == ["run 1"]
    second.close()
    other = sqlite3.connect(str(tmp_path / "b.db"))
    other.execute("CREATE TABLE mine (x)")
    other.commit()
    other.close()
    with pytest.raises(sqlite3.DatabaseError, match="another program.s database"):
        Store(str(tmp_path / "b.db"))
    (tmp_path / "c.db").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(sqlite3.DatabaseError):
        Store(str(tmp_path / "c.db"))


def test_a_light_list_has_previews_and_not_the_heavy_fields(store):
    store.merge([Op("post", {**ROOT, "inputs": {"q": "x" * 1_000_000}})])
    (run,) = runs(store, select=LIGHT)
    assert len(run["inputs_preview"]) == 300 and "inputs" not in run and run["outputs_preview"] == "{}"
    assert len(store.heavy(ROOT["id"], "inputs")) == 1_000_008
    with pytest.raises(Refused):
        store.heavy(ROOT["id"], "name; DROP TABLE runs")


def costing(**costs):
    told = usage(3, 4)
    told["metadata"]["usage_metadata"].update(costs)
    return told


COSTS = [
    ({}, (None, None, None)),
    ({"input_cost": 0.1, "output_cost": 0.2}, (0.1, 0.2, 0.3)),
    ({"input_cost": 0.1}, (0.1, None, 0.1)),
    ({"total_cost": 0.5}, (None, None, 0.5)),
    ({"input_cost": "0.1", "output_cost": 1, "total_cost": "7"}, (0.1, 1.0, 7.0)),
    ({"input_cost": 0, "output_cost": 0}, (0.0, 0.0, 0.0)),
    ({"input_cost": "much", "output_cost": True, "total_cost": float("nan")}, (None, None, None)),
    ({"total_cost": 1e300}, (None, None, None)),
]


@pytest.mark.parametrize("costs, wanted", COSTS, ids=range(len(COSTS)))
def test_costs_are_those_that_a_client_told_and_no_others(store, costs, wanted):
    store.merge([Op("post", ROOT), Op("post", a_run(2, 1, above=ROOT, run_type="llm", extra=costing(**costs)))])
    names = ("prompt_cost", "completion_cost", "total_cost")
    for number in (1, 2):  # the parent's are the sum
        run = store.run(run_id(number))
        assert tuple(run[name] for name in names) == wanted
    stats = store.stats(run["session_id"])
    assert tuple(stats[name] for name in names) == wanted
    if wanted[2]:
        assert store.count_runs(filter="gt(total_cost, 0)") == 2
    else:
        assert store.count_runs(filter="eq(total_cost, null)") == (2 if wanted[2] is None else 0)


def test_costs_of_a_tree_are_summed_once(store):
    agent = a_run(2, 1, above=ROOT)
    llm = [a_run(n, n, above=agent, run_type="llm", extra=costing(total_cost=0.1 * n)) for n in (3, 4)]
    inside = a_run(5, 5, above=llm[1], run_type="llm", extra=costing(total_cost=9))
    store.merge([Op("post", run) for run in (ROOT, agent, *llm, inside)])
    assert [run["total_cost"] for run in runs(store, newest_first=False)] == [0.7, 0.7, 0.3, 0.4, 9.0]
    assert store.stats(store.project_named("demo")["id"])["total_cost"] == 0.7


THREADS = [({"thread_id": "T 1"}, "T 1"), ({"session_id": "s"}, "s"), ({"conversation_id": "c"}, "c"), ({}, None),
    ({"session_id": "s", "thread_id": "t"}, "t"), ({"thread_id": 7}, "7"),
    ({"thread_id": None, "session_id": "s"}, "s")]  # fmt: skip


@pytest.mark.parametrize("metadata, wanted", THREADS)
def test_a_thread_is_what_the_metadata_call_it(store, metadata, wanted):
    store.merge([Op("post", {**ROOT, "extra": {"metadata": metadata}}), Op("post", a_run(2))])
    assert store.run(ROOT["id"])["thread_id"] == wanted and store.run(run_id(2))["thread_id"] is None
    if wanted:
        assert store.count_runs(filter=f'eq(thread_id, "{wanted}")') == (1 if wanted != "7" else 0)
