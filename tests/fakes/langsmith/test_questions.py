"""What a question costs the store, in sqlite's own steps, since everybody waits behind it; and that it ends."""

from __future__ import annotations

import pytest

from fakes.langsmith import api, database
from fakes.langsmith.store import Op, Refused, Store
from fakes.langsmith.tally import FEW
from fakes.serving.http11 import Request, RequestParser

from .asking import a_run, at, run_id, usage


class Clock:
    """Goes on by so many seconds with each look at it."""

    def __init__(self):
        self.now, self.step = 0.0, 0.0

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(monkeypatch, clock):
    monkeypatch.setattr(database, "STEPS", 50)
    made = Store(clock=clock)
    yield made
    made.close()


def filled(count, traces=1, **fields):
    """Give a store with so many runs, each trace a root and what is below it."""
    store = Store()
    each = count // traces
    for first in range(1, count + 1, each):
        root = a_run(first, first)
        kids = [a_run(n, n, above=root, **fields) for n in range(first + 1, first + each)]
        store.merge([Op("post", run) for run in (root, *kids)])
    return store


def steps(store, ask):
    """Give how many steps sqlite makes for a question."""
    told = [0]

    def count():
        told[0] += 1
        return 0

    store._db.set_progress_handler(count, 10)
    ask(store)
    store._db.set_progress_handler(None, 0)
    store.close()
    return told[0]


@pytest.mark.parametrize("most, ask", [
    (6, lambda store: store.runs(tree_filter='search("nothing")')),
    (6, lambda store: store.runs(tree_filter='search("nothing")', sessions=[store.project_named("demo")["id"]])),
    (6, lambda store: store.count_runs(tree_filter='search("nothing")')),
    (1.1, lambda store: store.runs(changed_since=store.mark(), sessions=[store.project_named("demo")["id"]])),
    (1.1, lambda store: store.runs(changed_since=store.mark() - 1, is_root=True)),
])  # fmt: skip
def test_four_times_the_runs_of_a_trace_are_no_more_than_so_many_times_the_work(most, ask):
    few, many = steps(filled(200), ask), steps(filled(800), ask)
    assert many <= most * few + 5


def test_the_newest_roots_of_all_projects_are_found_without_looking_at_all_runs():
    few, many = (steps(filled(n, n // 2), lambda store: store.runs(is_root=True, select=["id"], limit=10))
                 for n in (400, 1_600))  # fmt: skip
    assert many <= 1.1 * few + 5


def test_feedback_of_a_project_is_not_looked_for_run_by_run_where_there_is_none():
    scores = [steps(filled(n, n // 2), lambda store: store.scores(store._of_runs(100),
                    store.project_named("demo")["id"])) for n in (400, 1_600)]  # fmt: skip
    assert scores[1] <= scores[0] + 5


def test_statistics_ask_what_is_dear_once():
    dear = {"filter": "gt(total_tokens, 100)"}
    counted, told = (steps(filled(400, 100), ask) for ask in (lambda store: store.count_runs(**dear),
                                                              lambda store: store.tally(**dear)))  # fmt: skip
    assert told <= 1.2 * counted


@pytest.mark.parametrize("traces", [10, FEW + 10])
def test_statistics_are_the_same_for_few_traces_and_for_many(traces):
    store = filled(traces * 2, traces, run_type="llm", extra=usage(2, 3))
    store.merge([Op("patch", {"id": run_id(9_999), "run_type": "llm", "extra": usage(100, 0)})])  # of no trace yet
    said = store.tally()
    assert (said["run_count"], said["total_tokens"], said["total_cost"]) == (traces * 2 + 1, traces * 10 + 100, None)
    store.close()


@pytest.mark.parametrize("many", [1, 4])
def test_feedback_is_counted_the_same_whichever_way_it_is_found(store, many):
    store.merge([Op("post", a_run(n)) for n in (1, 2)] + [Op("post", a_run(3, session_name="other"))])
    for n in (1, 2, 3):
        for _ in range(many):
            store.add_feedback({"run_id": a_run(n)["id"], "key": "k", "score": n})
    told = store.stats(store.project_named("demo")["id"])["feedback_stats"]
    assert told == {"k": {"n": 2 * many, "avg": 1.5, "values": {}, "comments": []}}


@pytest.mark.parametrize("wanted, found", [
    ('{"user": "ann"}', "1"), ('{"user": "an"}', ""), ('{"use": "ann"}', ""), ('{"ann": "user"}', ""), ('{}', "12345"),
    ('{"n": 1}', "2"), ('{"n": 1.0}', "2"), ('{"n": true}', "2"), ('{"a b": "c:d-e.f+g"}', "3"),
    ('{"ü": "\\"x\\""}', "4"),
    ('{"in": {"deep": "x"}}', "5"), ('{"in": {"deep": "y"}}', ""), ('{"user": "ann", "n": 1}', ""), ('{"n": null}', ""),
    ('{"user": "ann", "team": "a"}', "1"), ('{"p/q": "r\\\\s"}', "4"), ('{"\\u0075ser": "\\u0061nn"}', "1"),
])  # fmt: skip
def test_has_finds_what_is_there_however_it_is_written(store, wanted, found):
    all_of_it = [{"user": "ann", "team": "a"}, {"n": 1}, {"a b": "c:d-e.f+g"}, {"ü": '"x"', "p/q": "r\\s"},
                 {"in": {"deep": "x"}, "list": ["user"]}]  # fmt: skip
    for number, said in enumerate(all_of_it, 1):
        store.merge([Op("post", a_run(number, extra={"metadata": said}, inputs=said))])
    quoted = "'" + wanted.replace("\\", "\\\\").replace("'", "\\'") + "'"
    for field in ("metadata", "inputs"):
        rows = store.runs(filter=f"has({field}, {quoted})", newest_first=False)[0]
        assert "".join(row["name"][-1] for row in rows) == found


def test_has_reads_only_the_json_that_may_have_it(monkeypatch):
    read = []
    monkeypatch.setattr(database, "_json_has", lambda *given: read.append(given) or 0)
    store = filled(100, extra={"metadata": {"user": "ann"}})
    assert store.runs(filter='has(metadata, \'{"user": "bob"}\')')[0] == [] and read == []
    store.runs(filter='has(metadata, \'{"user": "ann"}\')')
    assert len(read) == 99
    store.close()


@pytest.mark.parametrize("ask", [
    lambda store: store.runs(), lambda store: store.tally(), lambda store: store.every_run(text="x"),
    lambda store: store.count_runs(text="x"), lambda store: store.row("SELECT count(*) FROM runs a, runs b"),
])  # fmt: skip
def test_a_question_that_takes_too_long_is_broken_off_in_words(store, clock, ask):
    store.merge([Op("post", a_run(n)) for n in range(1, 50)])
    clock.step = database.LONGEST
    with pytest.raises(Refused, match="broken off.*ask about less") as refusal:
        ask(store)
    assert refusal.value.status == 422
    clock.step = 0.0
    assert len(store.runs()[0]) == 49


def test_a_transaction_is_never_broken_off(store, clock):
    clock.step = database.LONGEST * 10
    store.merge([Op("post", a_run(n)) for n in range(1, 60)])
    with store.writing() as db:
        assert store.rows("SELECT count(*) FROM runs a, runs b")[0][0] == 59 * 59
        db.execute("UPDATE runs SET name='other'")
    clock.step = 0.0
    assert {run["name"] for run in store.runs()[0]} == {"other"}


def test_the_api_tells_that_a_question_was_broken_off(store, clock):
    store.merge([Op("post", a_run(n)) for n in range(1, 50)])
    clock.step = database.LONGEST
    body = b'{"query": "nothing"}'
    sent = b"POST /runs/query HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    (request,) = RequestParser().feed(sent)
    assert isinstance(request, Request)
    answer = api.answer(request, store)
    assert answer.status == 422 and b"ask about less" in answer.body


def test_no_latency_is_below_zero(store):
    """The JavaScript SDK ends a run in milliseconds that it started in microseconds."""
    store.merge([Op("post", a_run(1, 0.000_7, end_time=at(0)))])
    project = store.project_named("demo")["id"]
    assert store.tally()["latency_p50"] == store.stats(project)["latency_p50"] == 0
    assert [one["p50"] for one in store.latencies(project) if one["count"]] == [0]
    assert len(store.runs(filter="gte(latency, 0)")[0]) == 1 and store.runs(filter="lt(latency, 0)")[0] == []
