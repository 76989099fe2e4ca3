"""Experiments that are there: judged once more, and against each other. Source of all names: langsmith 0.15.0."""

from __future__ import annotations

import asyncio
import random
import uuid

import pytest

from fakes import langsmith
from minichat.backends.blocking import backend
from minichat.errors import ConfigurationError
from minichat.tracers.langsmith import (
    ComparativeExperimentResults,
    ComparisonEvaluationResult,
    EvaluationResult,
    EvaluationResults,
    RunEvaluator,
    RunTree,
    aevaluate_existing,
    evaluate,
    evaluate_comparative,
    evaluate_existing,
    run_evaluator,
    traceable,
)
from minichat.tracers.langsmith.client import Client

ROWS = {"a": "A", "b": "B", "c": "X"}


@pytest.fixture
def client():
    with langsmith.serve() as server:
        client = Client(server.url, api_key=server.key)
        made = client.create_dataset("ds")
        client.create_examples(
            dataset_id=made.id, inputs=[{"q": q} for q in ROWS], outputs=[{"a": a} for a in ROWS.values()]
        )
        yield client
        client.close(1)


def upper(inputs):
    return {"a": inputs["q"].upper()}


def same(inputs):
    return {"a": inputs["q"]}


def exact(outputs, reference_outputs):
    return [one == reference_outputs for one in outputs]


def liked(runs, example):
    return {"key": "liked", "scores": {run.id: place for place, run in enumerate(runs)}, "comment": "so"}


@pytest.fixture
def two(client):
    """Two experiments over the dataset."""
    return [evaluate(target, data="ds", client=client, experiment_prefix=target.__name__) for target in (upper, same)]


def names(two):
    return tuple(one.experiment_name for one in two)


def runs_of(client, experiment):
    return {run.inputs["q"]: run for run in client.list_runs(project_name=experiment.experiment_name, is_root=True)}


# -- against each other ------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [0, 1, 3, None])
def test_two_experiments_are_judged_against_each_other(client, two, at_once, capsys):
    results = evaluate(
        names(two), evaluators=[exact, liked], client=client, description="d", metadata={"k": 1},
        max_concurrency=at_once,
    )  # fmt: skip
    assert isinstance(results, ComparativeExperimentResults) and len(results) == 3
    seen = {row["example"].inputs["q"]: row["evaluation_results"] for row in results}
    first, second = (runs_of(client, one) for one in two)
    for q, told in seen.items():
        assert [run.id for run in told["runs"]] == [first[q].id, second[q].id]
        assert told["feedback.exact"].scores == {first[q].id: q != "c", second[q].id: False}
        assert told["feedback.liked"].scores == {first[q].id: 0, second[q].id: 1}
    made = results.comparative_experiment
    assert (made.description, made.metadata) == ("d", {"k": 1})
    assert made.name.startswith(" vs. ".join(names(two)) + "-")
    assert results[first["a"].reference_example_id] is results[str(first["a"].reference_example_id)]
    assert f"compare?selectedSessions={two[0].experiment_id}%2C{two[1].experiment_id}" in results.url
    assert results.url.endswith(f"&comparativeExperiment={made.id}")
    assert results.url in capsys.readouterr().err


@pytest.mark.parametrize("at_once, most", [(0, 1), (1, 1), (2, 2), (None, None)])
def test_no_more_are_judged_at_once_than_is_allowed(client, two, monkeypatch, at_once, most):
    def completed(jobs, limit):
        seen.append((len(jobs), limit))
        return real(jobs, limit)

    seen, real = [], backend.completed
    monkeypatch.setattr(backend, "completed", completed)
    evaluate(names(two), evaluators=[exact, liked], client=client, max_concurrency=at_once)
    assert seen == [(6, most)]


def test_each_experiment_is_read_once(client, two, monkeypatch):
    asked = []
    ask = client._ask
    monkeypatch.setattr(client, "_ask", lambda method, path, **more: asked.append(path) or ask(method, path, **more))
    evaluate_comparative(names(two), evaluators=[liked], client=client)
    assert len([path for path in asked if path.startswith("/sessions")]) == 2


def test_what_is_said_is_feedback_on_the_runs_with_the_run_that_said_it(client, two):
    results = evaluate_comparative(names(two), evaluators=[liked], client=client, experiment_prefix="which")
    made = results.comparative_experiment
    assert made.name.startswith("which-")
    run, other = (runs_of(client, one)["a"] for one in two)
    [told] = client.list_feedback(run_ids=[run.id])
    [also] = client.list_feedback(run_ids=[other.id])
    assert (told.key, told.score, told.comment, also.score) == ("liked", 0, "so", 1)
    assert told.comparative_experiment_id == also.comparative_experiment_id == made.id
    assert told.feedback_group_id == also.feedback_group_id is not None
    judge = client.read_run(told.feedback_source.metadata["__run"]["run_id"])
    assert (judge.name, judge.run_type) == ("liked", "chain")
    assert client.read_project(project_id=judge.session_id).name == "evaluators"
    assert set(judge.tags) == {f"{what}:{one}" for what, one in [
        ("run", run.id), ("run", other.id), ("experiment", two[0].experiment_id), ("experiment", two[1].experiment_id)
    ]}  # fmt: skip


def by_keyword(*, inputs, outputs, reference_outputs, metadata):
    return [len(outputs), metadata == {"dataset_split": ["base"]}]


@traceable(name="traced")
def traced(runs, example):
    return [1, 0]


# What an evaluator is, and the key and scores of its answer for two runs.
RANKERS = {
    "by keyword": (by_keyword, "by_keyword", [2, True]),
    "other names": (lambda these, row: [len(these), row.inputs["q"]], "<lambda>", [2, "a"]),
    "traced": (traced, "traced", [1, 0]),
    "a tuple": (lambda runs: (1, 2), "<lambda>", [1, 2]),
    "an object": (
        lambda runs: ComparisonEvaluationResult(key="k", scores={str(runs[1].id): 5, runs[0].id: 4}), "k", [4, 5]
    ),
    "its own key": (lambda runs: {"key": "mine", "scores": {run.id: 3 for run in runs}}, "mine", [3, 3]),
    "without a key": (lambda runs: {"scores": {run.id: 3 for run in runs}}, "<lambda>", [3, 3]),
}  # fmt: skip


@pytest.mark.parametrize("ranker, key, scores", RANKERS.values(), ids=RANKERS)
def test_what_an_evaluator_of_several_runs_may_be_and_answer(client, two, ranker, key, scores):
    results = evaluate(names(two), evaluators=[ranker], client=client)
    told = next(row["evaluation_results"] for row in results if row["example"].inputs == {"q": "a"})
    said = told[f"feedback.{key}"]
    by_id = {str(one): score for one, score in said.scores.items()}
    assert [by_id[str(run.id)] for run in told["runs"]] == scores
    assert said.source_run_id is not None


@pytest.mark.parametrize("answer", [None, 1, [1], [1, 2, 3], {"key": "k"}, {"scores": [1, 2]}])
def test_an_answer_that_ranks_nothing_is_an_error(client, two, answer):
    with pytest.raises(ConfigurationError, match="a score for each of the 2 runs"):
        evaluate(names(two), evaluators=[lambda runs: answer], client=client)


def test_an_evaluator_that_fails_ends_the_comparison(client, two):
    with pytest.raises(ZeroDivisionError):
        evaluate(names(two), evaluators=[lambda runs: 1 / 0], client=client)


def test_a_comment_may_be_on_each_run(client, two):
    def ranked(runs):
        return {"key": "k", "scores": {one.id: 1 for one in runs}, "comment": {str(runs[1].id): "the second"}}

    evaluate(names(two), evaluators=[ranked], client=client)
    said = [next(client.list_feedback(run_ids=[runs_of(client, one)["b"].id])).comment for one in two]
    assert said == [None, "the second"]


def test_the_order_of_the_runs_is_one_of_chance_where_that_is_wanted(client, two, monkeypatch):
    monkeypatch.setattr(random, "sample", lambda runs, count: list(reversed(runs)))
    for shuffled, wanted in ((False, ["A", "a"]), (True, ["a", "A"])):
        seen = []

        def look(inputs, outputs, seen=seen):
            if inputs["q"] == "a":
                seen += [one["a"] for one in outputs]
            return [0, 0]

        results = evaluate(names(two), evaluators=[look], client=client, randomize_order=shuffled)
        assert seen == wanted
        row = next(row for row in results if row["example"].inputs == {"q": "a"})
        assert [run.outputs["a"] for run in row["evaluation_results"]["runs"]] == ["A", "a"]


def test_only_examples_that_all_experiments_ran_are_compared(client, two):
    few = [one for one in client.list_examples(dataset_name="ds") if one.inputs["q"] == "b"]
    third = evaluate(same, data=few, client=client, num_repetitions=2)
    results = evaluate_comparative([*names(two), third.experiment_id], evaluators=[lambda runs: [0] * 4], client=client)
    [row] = results
    assert row["example"].inputs == {"q": "b"} and len(row["evaluation_results"]["runs"]) == 4


def test_the_runs_below_are_there_where_that_is_wanted(client):
    @traceable
    def inner(q):
        return q

    def outer(inputs):
        return {"a": inner(inputs["q"])}

    made = [evaluate(outer, data="ds", client=client) for _ in range(2)]
    for nested, wanted in ((False, {None}), (True, {"inner"})):
        results = evaluate(names(made), evaluators=[lambda runs: [0, 0]], client=client, load_nested=nested)
        runs = [run for row in results for run in row["evaluation_results"]["runs"]]
        assert {run.child_runs and run.child_runs[0].name for run in runs} == wanted
    seen = []
    evaluate_existing(
        made[0].experiment_name, [lambda run: bool(seen.append(run.child_runs[0].name))], client=client, load_nested=True
    )
    assert seen == ["inner"] * 3


async def later(runs):
    return [0, 0]


# Arguments of `evaluate` with two experiments, and what the refusal names.
REFUSED = {
    "no evaluators": ({}, "at least one evaluator"),
    "data": ({"data": "ds"}, "data="),
    "repeated": ({"num_repetitions": 2}, "num_repetitions="),
    "not uploaded": ({"upload_results": False}, "upload_results="),
    "in the background": ({"blocking": False}, "blocking="),
    "a summary": ({"summary_evaluators": [len]}, "summary_evaluators="),
    "into another": ({"experiment": "x"}, "experiment="),
    "no judge traced": ({"disable_evaluator_tracing": True}, "disable_evaluator_tracing="),
    "a coroutine": ({"evaluators": [later]}, "coroutine"),
    "no function": ({"evaluators": [3]}, "not int"),
    "other parameters": ({"evaluators": [lambda a, b, c: 0]}, "parameters"),
}


@pytest.mark.parametrize("given, said", REFUSED.values(), ids=REFUSED)
def test_what_two_experiments_cannot_take_is_refused_by_name(client, given, said):
    with pytest.raises(ConfigurationError, match=said):
        evaluate(("one", "two"), client=client, **given)


@pytest.mark.parametrize("given", [[], ["one"], "one"])
def test_one_experiment_alone_is_not_compared(given, client):
    with pytest.raises(ConfigurationError, match="two experiments"):
        evaluate_comparative(given, evaluators=[liked], client=client)


def test_experiments_of_several_datasets_are_not_compared(client, two):
    client.create_dataset("other")
    client.create_example({"q": "a"}, dataset_name="other")
    third = evaluate(same, data="other", client=client)
    with pytest.raises(ConfigurationError, match="same dataset"):
        evaluate((two[0].experiment_name, third.experiment_name), evaluators=[liked], client=client)
    plain = [client.create_project(name).name for name in ("p", "q")]
    with pytest.raises(ConfigurationError, match="no dataset"):
        evaluate(plain, evaluators=[liked], client=client)


def test_an_order_of_chance_is_for_two_experiments(client):
    with pytest.raises(ConfigurationError, match="randomize_order="):
        evaluate(upper, data="ds", client=client, randomize_order=True)


# -- once more ---------------------------------------------------------------------------------------


def test_an_experiment_is_judged_once_more_under_the_sdks_names(client, two):
    def good(outputs):
        return {"key": "good", "score": 1}

    async def agood(outputs):
        return {"key": "agood", "score": 1}

    again = evaluate_existing(two[0].experiment_id, evaluators=[good], client=client, metadata={"m": 1})
    asyncio.run(aevaluate_existing(names(two)[0], evaluators=[agood], client=client))
    assert again.experiment_name == names(two)[0] and len(again) == 3
    project = client.read_project(project_name=names(two)[0], include_stats=True)
    assert {key: one["n"] for key, one in project.feedback_stats.items()} == {"good": 3, "agood": 3}
    assert project.metadata["m"] == 1 and project.metadata["num_repetitions"] == 1


OF_NEW = {"num_repetitions": 2, "experiment_prefix": "p", "description": "d"}


@pytest.mark.parametrize("name, value", [*OF_NEW.items(), ("experiment", "x")])
def test_what_is_for_a_new_experiment_is_refused_for_one_that_is_there(client, two, name, value):
    with pytest.raises(ConfigurationError, match=f"{name}="):
        evaluate(names(two)[0], evaluators=[], client=client, **{name: value})


def test_rows_that_are_added_may_be_repeated_but_bring_no_name(client, two):
    again = evaluate(upper, data="ds", client=client, experiment=names(two)[0], num_repetitions=2)
    assert len(again) == 6
    for name in ("experiment_prefix", "description"):
        with pytest.raises(ConfigurationError, match=f"{name}="):
            evaluate(upper, data="ds", client=client, experiment=names(two)[0], **{name: "p"})


# -- evaluators as objects ---------------------------------------------------------------------------


class Short(RunEvaluator):
    def evaluate_run(self, run, example=None):
        return EvaluationResult(key="short", score=len(run.outputs["a"]))


@run_evaluator
def both(outputs, reference_outputs):
    return [{"key": "one", "score": outputs == reference_outputs}, {"key": "two", "score": 2}]


def test_evaluators_as_objects_judge_rows(client):
    results = evaluate(upper, data="ds", client=client, evaluators=[Short(), both])
    assert results.means() == {"short": 1.0, "one": pytest.approx(2 / 3), "two": 2.0}


def test_an_evaluator_can_be_asked_by_itself():
    run = RunTree(name="f", outputs={"a": 1})
    assert both.__name__ == "both"
    told = both.evaluate_run(run)
    assert isinstance(told, EvaluationResults) and [one.key for one in told["results"]] == ["one", "two"]
    assert run_evaluator(lambda inputs, metadata: {"score": 5})(run).score == 5
    @run_evaluator
    async def slow(outputs):
        raise AssertionError("never begun")

    with pytest.raises(ConfigurationError, match="evaluator slow is a coroutine function: await it"):
        slow.evaluate_run(run)
    with pytest.raises(NotImplementedError, match="RunEvaluator"):
        RunEvaluator().evaluate_run(run)


def test_ids_are_no_names():
    assert ComparisonEvaluationResult(key="k", scores={uuid.UUID(int=1): 1}).comment_on(uuid.UUID(int=1)) is None
