"""A project's numbers and its chart, against the same counted by hand from the runs that were put in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from fakes.langsmith.page.charts import BASE, HEAD, WIDTH, latency_chart
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import Reader, api, ask, page, project_address, twin


def quantile(numbers, part):
    """Give what statistics calls the inclusive quantile, in the plainest way."""
    ordered = sorted(numbers)
    place = part * (len(ordered) - 1)
    below = ordered[int(place)]
    above = ordered[min(int(place) + 1, len(ordered) - 1)]
    return below + (above - below) * (place - int(place))


def roots(count, *, seed=1):
    """Give root runs at odd times: each fifth unfinished, each seventh failed, each with a model call below it."""
    dice, made = random.Random(seed), []
    for number in range(count):
        start, took = dice.uniform(0, 3600), dice.lognormvariate(0, 1)
        end = None if number % 5 == 4 else start + took
        error = "E('x')" if number % 7 == 6 else None
        root = traces.run(1000 + 10 * number, "R", "chain", start, end, error=error)
        usage = {"input_tokens": number, "output_tokens": 2 * number, "total_tokens": 3 * number}
        made += [root, traces.run(1001 + 10 * number, "M", "llm", start, end, parent=root,
                                  extra={"metadata": {"usage_metadata": usage}})]  # fmt: skip
    return made


def seconds(run):
    return (datetime.fromisoformat(run["end_time"]) - datetime.fromisoformat(run["start_time"])).total_seconds()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_counts_error_rate_percentiles_and_tokens_are_those_of_the_runs(server, count):
    made = roots(count)
    traces.put(server.store, made)
    top = [run for run in made if run["name"] == "R"]
    took = [seconds(run) for run in top if "end_time" in run]
    project = twin(server, "/projects.json")["projects"][0]
    assert project["run_count"] == count
    assert project["error_rate"] == pytest.approx(sum(run["error"] is not None for run in top) / count)
    assert project["latency_p50"] == pytest.approx(quantile(took, 0.5), abs=1e-6)
    assert project["latency_p99"] == pytest.approx(quantile(took, 0.99), abs=1e-6)
    assert project["total_tokens"] == sum(3 * number for number in range(count))
    assert (project["prompt_tokens"], project["completion_tokens"]) == (project["total_tokens"] // 3, project["total_tokens"] // 3 * 2)
    shown = {one["text"] for one in page(server, project_address(server)).all("dd")}
    assert {f"{count:,}", f"{project['total_tokens']:,}"} <= shown


@pytest.mark.parametrize("count", [1, 2, 60, 400])
def test_each_span_of_the_chart_counts_the_runs_that_began_in_it(server, count):
    made = roots(count)
    traces.put(server.store, made)
    top = [run for run in made if run["name"] == "R"]
    spans = server.store.latencies(project_address(server).rpartition("/")[2], buckets=12)
    starts = [datetime.fromisoformat(span["start"]) for span in spans]
    inside = [[] for _ in spans]
    for run in top:
        begun = datetime.fromisoformat(run["start_time"])
        inside[starts.index(max(start for start in starts if start <= begun))].append(run)
    assert [span["count"] for span in spans] == [len(runs) for runs in inside]
    assert [span["errors"] for span in spans] == [sum(run["error"] is not None for run in runs) for runs in inside]
    for span, runs in zip(spans, inside):
        took = [seconds(run) for run in runs if "end_time" in run]
        for name, part in (("p50", 0.5), ("p99", 0.99)):
            assert span[name] == (pytest.approx(quantile(took, part), abs=1e-6) if took else None)


def test_times_with_and_without_offsets_are_one_clock(server):
    """A program in another time zone says the same moment in other words."""
    east = timezone(timedelta(hours=5, minutes=30))
    moment = traces.BEGUN
    for number, said in enumerate((moment.isoformat(), moment.astimezone(east).isoformat(), moment.replace(tzinfo=None).isoformat()), 1):
        traces.put(server.store, [{**traces.run(number, "R", "chain", 0, 1), "start_time": said}])
    spans = server.store.latencies(project_address(server).rpartition("/")[2])
    assert [span["count"] for span in spans if span["count"]] == [3]
    reader = page(server, project_address(server))
    assert {one["text"] for one in reader.all("time")} == {"2026-11-23 04:25:25"}
    assert "Start (UTC)" in [one["text"] for one in reader.all("th")]


def span(start, count, errors, p50, p99):
    return {"start": traces.at(start), "count": count, "errors": errors, "p50": p50, "p99": p99}


def test_the_chart_draws_its_numbers_and_leaves_gaps_where_nothing_ran():
    reader = Reader(latency_chart([span(0, 2, 0, 1.0, 2.0), span(60, 0, 0, None, None), span(120, 4, 1, 0.5, 4.0)]))
    bars, failed = reader.all("rect", class_="span"), reader.all("rect", class_="failed")
    full = BASE - HEAD
    assert [(float(one["y"]), float(one["height"])) for one in bars] == [
        (pytest.approx(BASE - full / 2, abs=0.01), pytest.approx(full / 4, abs=0.01)),
        (pytest.approx(BASE - full, abs=0.01), pytest.approx(full * 7 / 8, abs=0.01)),
    ]
    assert len(failed) == 1 and float(failed[0]["x"]) > WIDTH * 2 / 3
    assert [one["text"] for one in reader.all("title")] == [
        "2026-11-23 04:25:25 UTC: 2 runs, p50 1.00 s, p99 2.00 s",
        "2026-11-23 04:27:25 UTC: 4 runs, p50 500 ms, p99 4.00 s, 1 failed (25 %)",
    ]
    assert [one["text"] for one in reader.all("figcaption")[0:1]][0].endswith("2026-11-23 04:28")  # where the last span ends


@pytest.mark.parametrize("only", [span(0, 1, 0, 1.0, 1.0), span(0, 1, 0, 0.0, 0.0), span(0, 1, 1, None, None)])
def test_a_single_run_stands_in_the_middle(only):
    reader = Reader(latency_chart([only] + [span(0, 0, 0, None, None)] * 39))
    bar = (reader.all("rect", class_="span") or reader.all("rect", class_="failed"))[0]
    assert float(bar["x"]) + float(bar["width"]) / 2 == WIDTH / 2
    assert "nan" not in str(reader.elements).lower()


def test_what_has_neither_ended_nor_failed_has_no_chart():
    assert latency_chart([span(0, 3, 0, None, None)]) is None
    assert latency_chart([]) is None


def test_a_project_without_a_run_has_no_numbers_and_says_so(server):
    server.store.create_project({"name": "empty"})
    reader = page(server, project_address(server, "empty"))
    assert [one["text"] for one in reader.all("dd")] == ["0", "–", "–", "–", "0", "0", "0"]
    assert "Nothing has been traced here yet" in reader.all("main")[0]["text"]
    assert reader.all("svg") == []


def statements(server, address):
    """Give how many statements the store runs for an answer, and how long the answer is."""
    said = []
    server.store._db.set_trace_callback(said.append)
    try:
        body = ask(server, "GET", address)[2]
    finally:
        server.store._db.set_trace_callback(None)
    return len(said), len(body)


def test_what_a_page_asks_of_the_store_does_not_grow_with_the_runs(server):
    """Why pages of many runs are there at once: the times are measured by tests/real_clients/langsmith_page.py."""
    asked = {}
    for count in (50, 1000):
        traces.put(server.store, [traces.run(10_000 + n, "R", "chain", n, n + 1) for n in range(count)],
                   traces.wide(1000, children=count))  # fmt: skip
        here = project_address(server)
        pages = ("/", here, here + ".json", f"{here}/r/{traces.run_id(1000)}", f"{here}/r/{traces.run_id(1000)}.json?light=1")
        asked[count] = [statements(server, address) for address in pages]
    assert [number for number, _ in asked[50]] == [number for number, _ in asked[1000]]
    assert max(number for number, _ in asked[1000]) < 30
    assert asked[1000][1][1] < asked[50][1][1] * 1.5  # a list is a page of it


def test_a_trace_of_two_thousand_runs_is_a_page_of_a_megabyte(server):
    traces.put(server.store, traces.wide(1000, children=2000))
    number, size = statements(server, f"{project_address(server)}/r/{traces.run_id(1000)}")
    assert number < 30 and size < 1_200_000


def test_feedback_of_the_sdk_counts_in_the_projects_scores(server):
    traces.put(server.store, [traces.run(1, "R", "chain", 0, 1), traces.run(2, "R", "chain", 0, 1)])
    for number, score in ((1, 1), (2, 0.5)):
        api(server, "POST", "/feedback", {"run_id": traces.run_id(number), "key": "ok", "score": score})
    assert "ok 0.75" in [one["text"] for one in page(server, "/").all("span", class_="score")]
