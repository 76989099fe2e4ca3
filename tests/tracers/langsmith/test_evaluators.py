"""How a judging function is called, and what an experiment leaves around it."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from fakes import langsmith
from minichat.backends.blocking import backend
from minichat.backends.driver import run as driven
from minichat.errors import ConfigurationError
from minichat.runnables import RunnableLambda
from minichat.tracers.langsmith.client import Client
from minichat.tracers.langsmith.evaluation import aevaluate, evaluate
from minichat.tracers.langsmith.evaluators import EvaluationResult, Judge, results_of
from minichat.tracers.langsmith.functions import get_current_run_tree, traceable
from minichat.tracers.langsmith.records import Example, Run

from .sink import Sink

ONE = UUID(int=1)
EXAMPLE = Example({"id": str(ONE), "inputs": {"q": 1}, "outputs": {"a": 2}, "metadata": {"m": 3}})
BARE = Example({"id": str(ONE), "inputs": {}})
RUN = Run({"id": str(ONE), "outputs": {"a": 4}})
EMPTY = Run({"id": str(ONE)})


def row(function, run=RUN, example=EXAMPLE, **extra):
    return driven(Judge(function).of_row(backend, run, example, extra))


def whole(function, runs=(RUN, EMPTY), examples=(EXAMPLE, BARE), **extra):
    return driven(Judge(function, whole=True).of_all(backend, runs, examples, extra))


def heard(function_of, call=row, **given):
    """Give what a judging function was called with; `function_of` makes it of a list to put that in."""
    got = []
    [result] = call(function_of(got), **given)
    assert not result.failed, result
    return got


def two(got):
    def judge(r, e, strict=True):
        got.extend([r, e, strict])
        return 1

    return judge


def optional(got):
    def judge(outputs, metadata=None, threshold=7, **more):
        got.extend([outputs, metadata, threshold, more])
        return 1

    return judge


def everything(got):
    def judge(*, metadata, reference_outputs, outputs, inputs, example, run):
        got.extend([run, example, inputs, outputs, reference_outputs, metadata])
        return 1

    return judge


def every_list(got):
    def judge(*, metadata, reference_outputs, outputs, inputs, examples, runs):
        got.extend([runs, examples, inputs, outputs, reference_outputs, metadata])
        return 1

    return judge


def test_a_judge_gets_what_its_parameters_name():
    assert heard(everything) == [RUN, EXAMPLE, {"q": 1}, {"a": 4}, {"a": 2}, {"m": 3}]
    assert heard(optional) == [{"a": 4}, {"m": 3}, 7, {}]
    assert heard(two) == [RUN, EXAMPLE, True]


def test_a_judge_gets_empty_dicts_where_there_is_nothing():
    assert heard(everything, run=EMPTY, example=BARE) == [EMPTY, BARE, {}, {}, {}, {}]


def test_a_judge_of_the_whole_gets_lists():
    runs, examples = [RUN, EMPTY], [EXAMPLE, BARE]
    lists = [runs, examples, [{"q": 1}, {}], [{"a": 4}, {}], [{"a": 2}, {}], [{"m": 3}, {}]]
    assert heard(every_list, whole) == lists
    assert heard(two, whole) == [runs, examples, True]


def needs_three(a, b, c):
    return 1


def second_by_keyword(a, *, b):
    return 1


@pytest.mark.parametrize("function", [needs_three, second_by_keyword])
def test_a_judge_that_cannot_be_called_is_told_what_it_could_take(function):
    with pytest.raises(ConfigurationError, match="run, example, inputs, outputs, reference_outputs, metadata"):
        Judge(function)
    with pytest.raises(ConfigurationError, match="runs, examples, inputs"):
        Judge(function, whole=True)


# answer -> what of it differs from an empty result of the key "mine"
ANSWERS = [
    (True, {"score": True}),
    (0, {"score": 0}),
    ("good", {"value": "good"}),
    ({"score": 0}, {"score": 0}),
    ({"value": [1]}, {"value": [1]}),
    ({"comment": "c"}, {"comment": "c"}),
    ({"correction": {"a": 1}}, {"correction": {"a": 1}}),
    ({"key": "k", "score": 1}, {"key": "k", "score": 1}),
    ({"name": "n", "score": 1}, {"key": "n", "score": 1}),
    ({"key": None, "score": 1, "unknown": 2}, {"score": 1}),
    ({"score": 1, "metadata": {"m": 1}, "feedback_config": {"type": "x"}, "extra": {"e": 1}},
     {"score": 1, "metadata": {"m": 1}, "feedback_config": {"type": "x"}, "extra": {"e": 1}}),
]  # fmt: skip


@pytest.mark.parametrize("answer, expected", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_is_a_result(answer, expected):
    for given in (answer, [answer], (answer,), {"results": [answer]}):
        [result] = results_of(given, "mine")
        assert {name: value for name, value in vars(result).items() if value is not None} == {"key": "mine", **expected}


def test_only_a_judge_that_failed_has_failed():
    assert [EvaluationResult(key="k", extra=extra).failed for extra in (None, {}, {"e": 1}, {"error": True})] == [
        False, False, False, True]  # fmt: skip


def test_a_judgement_is_a_run_and_its_results_name_it():
    sink = Sink()

    def judge(outputs):
        return [{"key": "a", "score": 1}, {"key": "b", "score": 2}]

    results = row(traceable(enabled=True, client=sink)(judge), metadata={"experiment": "e"})
    told = sink.run
    told_by = told["extra"]["metadata"]["experiment"]
    assert (told["name"], told["inputs"], told_by) == ("judge", {"outputs": {"a": 4}}, "e")
    assert {str(result.source_run_id) for result in results} == {told["id"]}


# -- experiments -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with langsmith.serve() as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(server.url, api_key=server.key)
    yield client
    client.flush(20)  # an experiment that was broken off leaves runs behind


@pytest.fixture
def data(client):
    made = client.create_dataset(f"data {uuid4()}")
    client.create_examples(dataset_id=made.id, inputs=[{"q": "a"}, {"q": "b"}])
    return made


def upper(inputs):
    return {"a": inputs["q"].upper()}


def said(outputs):
    return {"score": 1, "metadata": {"why": "so"}}


TARGETS = [(upper, "upper-"), (lambda inputs: {}, "lambda-"), (RunnableLambda(upper), "RunnableLambda-")]


@pytest.mark.parametrize("target, prefix", TARGETS, ids=[prefix for _, prefix in TARGETS])
def test_an_experiment_is_named_after_what_it_tries(client, data, target, prefix):
    assert evaluate(target, data, client=client).experiment_name.startswith(prefix)
    assert evaluate(target, data, experiment_prefix="mine", client=client).experiment_name.startswith("mine-")


def test_an_experiment_says_what_it_was_made_of(client, data):
    results = evaluate(upper, data, [said], num_repetitions=2, client=client)
    project = client.read_project(project_id=results.experiment_id)
    assert (project.num_examples, project.num_repetitions, project.evaluator_keys) == (2, 2, ["said"])
    bare = client.read_project(project_id=evaluate(upper, data, client=client).experiment_id)
    assert (bare.num_examples, bare.num_repetitions, bare.evaluator_keys) == (2, 1, None)


def test_what_a_judge_says_besides_stands_in_the_feedback(client, data):
    results = evaluate(upper, data, [said], client=client)
    [feedback] = client.list_feedback(run_ids=[results[0]["run"].id])
    assert feedback.feedback_source["metadata"]["why"] == "so"


def test_a_judge_that_is_traced_already_is_one_run_of_its_own_name(client, data):
    judge = traceable(name="of its own", run_type="tool")(said)
    results = evaluate(upper, data, [judge], client=client)
    [result] = results[0]["evaluation_results"]["results"]
    run = client.read_run(result.source_run_id, load_child_runs=True)
    assert (run.name, run.run_type, run.child_runs, result.key) == ("of its own", "tool", [], "said")


def test_a_judge_of_the_whole_is_told_by_how_many_it_saw(client, data):
    def summary(runs, examples):
        return 1

    results = evaluate(upper, data, summary_evaluators=[summary], client=client)
    [result] = results.summary_results["results"]
    run = client.read_run(result.source_run_id)
    assert run.inputs == {"runs": "2 runs", "examples": "2 examples"}
    assert run.metadata["experiment"] == results.experiment_name
    assert run.metadata["experiment_id"] == str(results.experiment_id)


def test_a_target_that_is_never_traced_has_its_rows_all_the_same(client, data):
    @traceable(enabled=False)
    def target(inputs):
        raise ValueError(inputs["q"])

    rows = {row["example"].inputs["q"]: row["run"] for row in evaluate(target, data, client=client)}
    assert {q: (run.error, run.inputs, run.session_name[:7]) for q, run in rows.items()} == {
        q: (f"ValueError('{q}')", {"q": q}, "target-") for q in "ab"
    }


def test_an_experiment_leaves_the_run_around_it_in_its_place(client, data):
    def summary(runs):
        return len(runs)

    @traceable(enabled=True, client=Sink())
    def sync():
        before = get_current_run_tree()
        evaluate(upper, data, [said], [summary], client=client)
        return before, get_current_run_tree()

    before, after = sync()
    assert before is after and before is not None

    @traceable(enabled=True, client=Sink())
    async def async_():
        before = get_current_run_tree()
        await aevaluate(upper, data, [said], [summary], client=client)
        return before, get_current_run_tree()

    before, after = asyncio.run(async_())
    assert before is after and before is not None


def test_a_judge_that_says_nothing_of_a_row_leaves_its_cell_empty(client, data):
    def sometimes(inputs):
        return {"key": "k" if inputs["q"] == "a" else "other", "value": None, "score": 0.5}

    results = evaluate(upper, data, [sometimes], client=client)
    rows = {line.split()[1]: line.split() for line in str(results).splitlines()[3:5]}
    assert sorted(row[-3:-1] for row in rows.values()) == [["-", "0.5"], ["0.5", "-"]]


def test_an_error_of_ours_in_an_experiment_is_raised_and_not_swallowed(client, data, monkeypatch):
    def broken(*args, **fields):
        raise RuntimeError("a bug")

    monkeypatch.setattr(client, "create_feedback", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        evaluate(upper, data, [said], client=client)


def test_examples_that_are_in_no_split_are_in_the_first(client, data):
    [first, _] = client.list_examples(data.id)
    bare = Example({**first.raw, "metadata": None})
    results = evaluate(upper, [bare], client=client)
    assert client.read_project(project_id=results.experiment_id).metadata["dataset_splits"] == ["base"]


def test_feedback_says_whether_the_judge_failed(client, data):
    def fails(outputs):
        raise KeyError("k")

    results = evaluate(upper, data, [said, fails], client=client)
    found = {one.key: one.error for one in client.list_feedback(run_ids=[results[0]["run"].id])}
    assert bool(found["fails"]) is True and not found["said"]
