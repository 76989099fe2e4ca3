"""Experiments that do not block, are not uploaded, or whose judges are not traced; their rows as pandas has them."""

from __future__ import annotations

import asyncio
import sys
import threading
import types

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith.client import Client
from minichat.tracers.langsmith.evaluation import aevaluate, evaluate
from minichat.tracers.langsmith.functions import get_current_run_tree, traceable
from tests.tracers.langsmith.test_evaluation import ROWS, WAYS, asked_of, both_ways, correct, upper, verdicts


@pytest.fixture
def client():
    with langsmith.serve() as server:
        client = Client(server.url, api_key=server.key)
        made = client.create_dataset("ds")
        client.create_examples(
            dataset_id=made.id, inputs=[{"q": q} for q in ROWS], outputs=[{"a": a} for a in ROWS.values()]
        )
        yield client


def questions(rows):
    return [row["example"].inputs["q"] for row in rows]


# -- what a target is called with ---------------------------------------------------------------

METADATA = {"dataset_split": ["base"]}


class Counting:
    def __call__(self, inputs):
        return {"i": inputs}


# target, what it gives of {"q": "a"}. Source: langsmith 0.15.0.
TARGETS = {
    "any name": (lambda x: {"i": x}, {"i": {"q": "a"}}),
    "an optional one more": (lambda x, more=3: {"i": x, "m": more}, {"i": {"q": "a"}, "m": 3}),
    "both": (lambda inputs, metadata: {"i": inputs, "m": metadata}, {"i": {"q": "a"}, "m": METADATA}),
    "turned": (lambda metadata, inputs: {"i": inputs, "m": metadata}, {"i": {"q": "a"}, "m": METADATA}),
    "metadata that need not be": (lambda inputs, metadata=None: {"m": metadata}, {"m": METADATA}),
    "an object": (Counting(), {"i": {"q": "a"}}),
    "traced": (traceable(lambda inputs, metadata: {"m": metadata}), {"m": METADATA}),
}


@pytest.mark.parametrize("name", TARGETS)
@both_ways
def test_a_target_is_given_what_its_parameters_name(run, client, name):
    target, expected = TARGETS[name]
    row = asked_of(run(target, "ds", client=client, upload_results=False))["a"]
    assert row["run"].outputs == expected
    shown = {"any name": {"x": {"q": "a"}}, "an optional one more": {"x": {"q": "a"}, "more": 3}}
    if name != "traced":
        assert row["run"].inputs == shown.get(name, {"q": "a"})


REFUSED = [lambda: {}, lambda *args: {}, lambda *, inputs: {}, lambda a, b: {}, lambda inputs, attachments: {}]


@pytest.mark.parametrize("target", REFUSED)
@both_ways
def test_a_target_that_asks_for_anything_else_is_an_error_at_once(run, client, target):
    with pytest.raises(ConfigurationError, match="target"):
        run(target, "ds", client=client)
    assert [one.name for one in client.list_projects()] == []


# -- not blocking ------------------------------------------------------------------------------


def test_rows_come_while_the_experiment_goes_on(client):
    doors = {q: threading.Event() for q in ROWS}

    def target(inputs):
        assert doors[inputs["q"]].wait(20)
        return upper(inputs)

    order = questions_of(client)
    results = evaluate(target, "ds", [correct], client=client, blocking=False)
    assert len(results) == 0 and results.experiment_name.startswith("target-")
    rows = iter(results)
    for number, question in enumerate(order, 1):
        doors[question].set()
        assert questions([next(rows)]) == [question]
        assert len(results) >= number
    assert list(rows) == []
    results.wait()
    assert questions(results) == order  # and again, from the beginning
    assert client.read_project(project_id=results.experiment_id).metadata["num_repetitions"] == 1


def questions_of(client):
    return [example.inputs["q"] for example in client.list_examples(dataset_name="ds")]


def test_rows_come_in_the_order_of_the_examples_whichever_is_ready_first(client):
    order = questions_of(client)
    last = threading.Event()

    def target(inputs):
        if inputs["q"] == order[-1]:
            last.set()
        assert last.wait(20)
        return {}

    results = evaluate(target, "ds", client=client, blocking=False, max_concurrency=None)
    assert questions(results) == order


def test_what_ends_an_experiment_is_raised_where_its_rows_are_looked_at(client, monkeypatch):
    def broken(*args):
        raise RuntimeError("no end")

    monkeypatch.setattr("minichat.tracers.langsmith.plans.Plan._finish", broken)
    for run in WAYS.values():
        with pytest.raises(RuntimeError, match="no end"):
            run(upper, "ds", client=client)
    results = evaluate(upper, "ds", client=client, blocking=False)
    rows = iter(results)
    assert questions([next(rows) for _ in ROWS]) == questions_of(client)
    with pytest.raises(RuntimeError, match="no end"):
        next(rows)
    with pytest.raises(RuntimeError, match="no end"):
        results.wait()

    async def main():
        results = await aevaluate(upper, "ds", client=client, blocking=False)
        seen = []
        with pytest.raises(RuntimeError, match="no end"):
            async for row in results:
                seen.append(row)
        with pytest.raises(RuntimeError, match="no end"):
            await results.wait()
        return seen

    assert questions(asyncio.run(main())) == questions_of(client)
    assert client.flush(20)


def test_an_experiment_that_cannot_begin_says_so_at_once_also_without_blocking(client):
    with pytest.raises(ConfigurationError):
        evaluate(upper, [], client=client, blocking=False)
    with pytest.raises(ConfigurationError):
        asyncio.run(aevaluate(upper, [], client=client, blocking=False))


def test_a_task_goes_on_while_its_rows_are_awaited(client):
    async def main():
        doors = {q: asyncio.Event() for q in ROWS}

        async def target(inputs):
            await doors[inputs["q"]].wait()
            return {"a": inputs["q"]}

        order = questions_of(client)
        results = await aevaluate(target, "ds", [correct], client=client, blocking=False)
        assert list(results) == []
        rows = results.__aiter__()
        for question in order:
            doors[question].set()
            assert questions([await rows.__anext__()]) == [question]
        with pytest.raises(StopAsyncIteration):
            await rows.__anext__()
        await results.wait()
        assert [row async for row in results] == list(results)
        assert await results.get_comparison_url() == results.url
        return results, order

    results, order = asyncio.run(main())
    assert questions(results) == order and results.means() == {"correct": 0.0}


def test_the_thread_of_an_experiment_is_in_the_callers_context(client):
    seen = []

    @traceable(enabled=False)
    def around():
        before = get_current_run_tree()
        results = evaluate(lambda inputs: seen.append(get_current_run_tree().name), "ds", client=client, blocking=False)
        results.wait()
        return before is get_current_run_tree()

    assert around() and seen == ["Target"] * 3


# -- not uploaded ------------------------------------------------------------------------------


def kept(client):
    return (
        [one.name for one in client.list_projects()],
        list(client._query({"is_root": None})),
        list(client.list_feedback()),
    )


@both_ways
def test_an_experiment_that_is_not_uploaded_leaves_nothing_at_the_server(run, client, capsys):
    def accuracy(outputs):
        return len(outputs)

    results = run(upper, "ds", [correct], [accuracy], client=client, upload_results=False, experiment_prefix="mine")
    assert client.flush(20)
    assert kept(client) == ([], [], [])
    rows = asked_of(results)
    assert rows["a"]["run"].outputs == {"a": "A"} and rows["boom"]["run"].error.startswith("ValueError")
    assert {q: verdicts(row)["correct"].score for q, row in rows.items()} == {"a": True, "b": False, "boom": False}
    assert results.summary_results["results"][0].score == 3
    assert results.experiment_name.startswith("mine-") and results.url is None
    assert "mine" in str(results) and "not uploaded" in capsys.readouterr().err


def test_what_is_called_below_a_target_that_is_not_uploaded_is_not_either(client):
    @traceable
    def helper(text):
        return get_current_run_tree().trace_id

    results = evaluate(lambda inputs: {"id": helper("x")}, "ds", client=client, upload_results=False)
    assert client.flush(20) and kept(client) == ([], [], [])
    assert all(row["run"].outputs == {"id": row["run"].id} for row in results)


@both_ways
def test_judges_that_are_not_traced_say_what_they_say(run, client):
    results = run(upper, "ds", [correct], [lambda outputs: 1], client=client, disable_evaluator_tracing=True)
    assert [one.name for one in client.list_projects()] == [results.experiment_name]
    row = asked_of(results)["a"]
    assert verdicts(row)["correct"].source_run_id is None
    [feedback] = client.list_feedback(run_ids=[row["run"].id])
    assert (feedback.key, feedback.score) == ("correct", 1)
    assert "__run" not in feedback.feedback_source["metadata"]


# -- failures ----------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("handling, linked", [("log", {"a", "b", "boom"}), ("ignore", {"a", "b"})])
def test_runs_that_failed_can_be_left_out_of_the_experiment(run, client, handling, linked):
    results = run(upper, "ds", client=client, error_handling=handling)
    assert set(asked_of(results)) == {"a", "b", "boom"}
    runs = client.list_runs(project_id=results.experiment_id)
    assert {one.inputs["q"] for one in runs if one.reference_example_id is not None} == linked


@both_ways
def test_another_word_for_failures_is_an_error(run, client):
    with pytest.raises(ConfigurationError, match="error_handling"):
        run(upper, "ds", client=client, error_handling="raise")


# -- pandas ------------------------------------------------------------------------------------


def test_without_pandas_a_table_of_it_says_what_to_install(client, monkeypatch):
    results = evaluate(upper, "ds", client=client, upload_results=False)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        results.to_pandas()


@both_ways
def test_rows_are_a_table_of_pandas_with_the_sdks_columns(run, client, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=list))
    judges = [correct, lambda inputs: {"key": "said", "value": inputs["q"]}]
    results = run(upper, "ds", judges, client=client, upload_results=False)
    rows = {row["inputs.q"]: row for row in results.to_pandas()}
    [one] = [row for row in results if row["example"].inputs["q"] == "a"]
    assert rows["a"] == {
        "inputs.q": "a",
        "outputs.a": "A",
        "error": None,
        "reference.a": "A",
        "feedback.correct": True,
        "feedback.said": "a",
        "execution_time": (one["run"].end_time - one["run"].start_time).total_seconds(),
        "example_id": one["example"].id,
        "id": one["run"].id,
    }
    assert rows["boom"]["error"].startswith("ValueError")
    assert len(results.to_pandas(1, 2)) == 1
