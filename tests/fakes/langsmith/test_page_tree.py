"""The tree: dotted order, right depth, bars in percent, and balanced elements whatever a trace looks like."""

from __future__ import annotations

import pytest

from fakes.langsmith.derive import microseconds
from fakes.langsmith.page.tree import CLOSER, DEEPEST, bar_of, closeness, span_of, trace_tree
from fakes.langsmith.store import Store
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import Reader

NOW = microseconds(traces.at(100))


def stored(runs):
    store = Store()
    try:
        traces.put(store, runs)
        return store.trace(runs[0]["id"])
    finally:
        store.close()


def rows_of(runs):
    reader = Reader(trace_tree(runs, selected=runs[0]["id"], base="/r/", now_us=NOW))
    assert reader.wrong == []
    return [(row["data-run"], int(row["data-depth"])) for row in reader.all("div", class_="row")], reader


def test_rows_come_in_dotted_order_with_their_depth():
    runs = stored(traces.wide(1000, children=300))
    rows, reader = rows_of(runs)
    assert rows == [(run["id"], run["dotted_order"].count(".")) for run in runs]
    assert {depth for _, depth in rows} == {0, 1, 2}
    assert len(reader.all("details")) == 60


def test_bars_are_in_percent_of_the_span_of_the_trace():
    runs = stored(traces.chain())
    span = span_of(runs, NOW)
    assert [tuple(round(part, 3) for part in bar_of(run, span, NOW)) for run in runs] == [
        (0, 100), (0, 5), (5, 65), (70, 25), (95, 5),
    ]  # fmt: skip


def test_an_unfinished_run_reaches_to_now_and_a_failed_one_without_an_end_has_no_length():
    root = traces.run(1, "Root", "chain", 0, None)
    runs = stored([root, traces.run(2, "Broken", "tool", 50, None, parent=root, error="E('x')")])
    span = span_of(runs, NOW)
    assert [bar_of(run, span, NOW) for run in runs] == [(0, 100), (50, 0)]
    assert [age["text"] for age in rows_of(runs)[1].all("span", class_="age")] == ["1 m 40 s"]


@pytest.mark.parametrize("depth", [DEEPEST + 1, 1500])
def test_a_chain_of_calls_deeper_than_browsers_nest_is_still_one_row_each(depth):
    runs = [traces.run(1, "deep", "chain", 0, 1)]
    for number in range(2, depth + 1):
        runs.append(traces.run(number, "deep", "chain", 0, 1, parent=runs[-1]))
    rows, reader = rows_of(runs_as_shown(runs))
    assert len(rows) == depth
    assert len(reader.all("details")) <= DEEPEST


def runs_as_shown(runs):
    return [{**run, "parent_run_id": run.get("parent_run_id"), "status": "success", "total_tokens": 0} for run in runs]


def test_a_run_whose_parent_never_came_stands_on_its_own():
    root = traces.run(1, "Root", "chain", 0, 1)
    lost = traces.run(2, "Lost", "chain", 0, 1, parent=root)
    orphan = traces.run(3, "Orphan", "tool", 0.5, 0.7, parent=lost)
    rows, _ = rows_of(stored([root, orphan]))
    assert rows == [(traces.run_id(1), 0), (traces.run_id(3), 0)]


@pytest.mark.parametrize(("depth", "step"), [(0, 0), (CLOSER[0], 0), (CLOSER[0] + 1, 1), (CLOSER[1] + 1, 2), (CLOSER[2] + 1, 3)])
def test_a_deep_tree_is_set_in_by_smaller_steps(depth, step):
    assert closeness([{"dotted_order": ".".join("x" * (depth + 1))}]) == step


def test_a_deep_row_says_its_depth_and_a_name_that_may_be_cut_is_there_on_hovering():
    runs = [traces.run(1, "n" * 100, "chain", 0, 1)]
    for number in range(2, 14):
        runs.append(traces.run(number, "deep", "chain", 0, 1, parent=runs[-1]))
    _, reader = rows_of(runs_as_shown(runs))
    assert [one["text"] for one in reader.all("small", class_="level")] == ["10", "11", "12"]
    assert [one["title"] for one in reader.all("a")][:2] == ["n" * 100, "deep"]
