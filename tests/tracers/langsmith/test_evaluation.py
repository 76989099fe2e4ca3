"""evaluate and aevaluate against the server of fakes.langsmith: experiment, runs, feedback, progress, table."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from fakes import langsmith
from minichat.errors import ConfigurationError
from minichat.runnables import RunnableLambda
from minichat.tracers.langsmith.client import Client, LangSmithConnectionError, LangSmithNotFoundError
from minichat.tracers.langsmith.evaluation import aevaluate, evaluate
from minichat.tracers.langsmith.evaluators import EvaluationResult, results_of
from minichat.tracers.langsmith.functions import get_current_run_tree, trace, traceable

ROWS = {"a": "A", "b": "X", "boom": "Y"}  # question -> wanted answer


@pytest.fixture
def server():
    with langsmith.serve() as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(server.url, api_key=server.key)
    made = client.create_dataset("ds")
    client.create_examples(
        dataset_id=made.id,
        inputs=[{"q": q} for q in ROWS],
        outputs=[{"a": a} for a in ROWS.values()],
        splits=["one", ["two"], None],
    )
    return client


def upper(inputs):
    if inputs["q"] == "boom":
        raise ValueError("no")
    return {"a": inputs["q"].upper()}


def correct(outputs, reference_outputs):
    return outputs == reference_outputs


def asked_of(results):
    return {row["example"].inputs["q"]: row for row in results}


def verdicts(row):
    return {result.key: result for result in row["evaluation_results"]["results"]}


WAYS = {
    "evaluate": evaluate,
    "aevaluate": lambda *args, **kwargs: asyncio.run(aevaluate(*args, **kwargs)),
}
both_ways = pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
TARGET = {WAYS["evaluate"]: "Target", WAYS["aevaluate"]: "AsyncTarget"}  # the name of its run. Source: langsmith 0.15.0


# -- what is kept ----------------------------------------------------------------------------------


@both_ways
def test_an_experiment_is_a_project_of_the_dataset_with_a_run_for_each_example(run, client):
    results = run(
        upper, "ds", [correct], metadata={"m": 1}, experiment_prefix="exp", description="why", client=client
    )
    assert results.experiment_name.startswith("exp-") and len(results) == 3
    project = client.read_project(project_id=results.experiment_id)
    dataset = client.read_dataset(dataset_name="ds")
    assert (project.name, project.description) == (results.experiment_name, "why")
    told = results.get_dataset_id()
    told = asyncio.run(told) if asyncio.iscoroutine(told) else told  # as in the SDK
    assert str(project.reference_dataset_id) == told == str(dataset.id)
    newest = max(example.modified_at for example in client.list_examples(dataset.id))
    assert project.metadata == {
        "m": 1,
        "__ls_runner": "evaluate",
        "num_repetitions": 1,
        "dataset_version": newest.isoformat(),
        "dataset_splits": ["base", "one", "two"],
    }
    runs = {run.inputs["q"]: run for run in client.list_runs(project_id=project.id)}
    examples = {example.inputs["q"]: example for example in client.list_examples(dataset.id)}
    assert set(runs) == set(ROWS)
    for question, told in runs.items():
        assert (told.name, told.reference_example_id) == (TARGET[run], examples[question].id)
        assert told.metadata["example_version"] == examples[question].modified_at.isoformat()
        assert told.metadata["m"] == 1
    assert runs["a"].outputs == {"a": "A"} and runs["boom"].error.startswith("ValueError('no')")
    assert f"selectedSessions={project.id}" in results.url


@both_ways
def test_what_evaluators_say_is_feedback_and_their_runs_stand_in_their_own_project(run, client):
    results = run(upper, "ds", [correct], client=client)
    row = asked_of(results)["b"]
    [feedback] = client.list_feedback(run_ids=[row["run"].id])
    verdict = verdicts(row)["correct"]
    assert (feedback.key, feedback.score, feedback.trace_id) == ("correct", 0, row["run"].id)
    assert feedback.session_id == results.experiment_id and feedback.start_time == row["run"].start_time
    source = {"type": "model", "metadata": {"__run": {"run_id": str(verdict.source_run_id)}}}
    assert {name: feedback.feedback_source[name] for name in source} == source
    judged = client.read_run(verdict.source_run_id)
    assert (judged.name, judged.inputs) == ("correct", {"outputs": {"a": "B"}, "reference_outputs": {"a": "X"}})
    assert judged.metadata["target_run_id"] == judged.metadata["reference_run_id"] == str(row["run"].id)
    assert judged.metadata["experiment"] == results.experiment_name
    assert judged.metadata["reference_example_id"] == str(row["example"].id)
    assert client.read_project(project_id=judged.session_id).name == "evaluators"
    stats = client.read_project(project_id=results.experiment_id, include_stats=True).feedback_stats
    assert stats["correct"]["n"] == 3


@both_ways
def test_summary_evaluators_speak_of_the_experiment(run, client):
    def accuracy(outputs, reference_outputs):
        return {"key": "acc", "score": sum(map(lambda a, b: a == b, outputs, reference_outputs)) / len(outputs)}

    def number(runs, examples):
        return {"score": len(runs) + len(examples), "comment": "both"}

    results = run(upper, "ds", [], [accuracy, number], client=client)
    said = {result.key: result.score for result in results.summary_results["results"]}
    assert said == {"acc": 1 / 3, "number": 6}
    project = client.read_project(project_id=results.experiment_id, include_stats=True)
    assert {key: stats["avg"] for key, stats in project.session_feedback_stats.items()} == {"acc": 0.3333, "number": 6}


def test_the_results_are_read_back_as_examples_with_runs(client):
    results = evaluate(upper, "ds", [correct], client=client)
    read = client.get_experiment_results(results.experiment_name)
    found = {example.inputs["q"]: example.runs for example in read["examples_with_runs"]}
    assert {question: len(runs) for question, runs in found.items()} == dict.fromkeys(ROWS, 1)
    assert read["run_stats"]["run_count"] == 3 and read["feedback_stats"]["correct"]["n"] == 3


def test_experiments_are_listed_by_their_dataset(client):
    results = evaluate(upper, "ds", client=client)
    assert [one.id for one in client.list_projects(reference_dataset_name="ds")] == [results.experiment_id]


def test_rows_can_be_added_to_an_experiment_that_exists(client):
    first = evaluate(upper, "ds", client=client)
    for given in (first.experiment_name, first.experiment_id, client.read_project(project_id=first.experiment_id)):
        assert evaluate(upper, "ds", experiment=given, client=client).experiment_id == first.experiment_id
    assert len(list(client.list_runs(project_id=first.experiment_id))) == 12


@both_ways
def test_an_experiment_is_judged_once_more_without_new_runs(run, client):
    first = evaluate(upper, "ds", client=client)
    before = {one.id for one in client.list_runs(project_id=first.experiment_id)}
    for given in (first.experiment_name, first.experiment_id, client.read_project(project_id=first.experiment_id)):
        results = run(given, evaluators=[correct], client=client)
        assert results.experiment_id == first.experiment_id
        assert {row["run"].id for row in results} == before
        assert verdicts(asked_of(results)["a"])["correct"].score is True
        assert "ValueError('no')" in str(results)
    assert {one.id for one in client.list_runs(project_id=first.experiment_id)} == before
    assert client.read_project(project_id=first.experiment_id, include_stats=True).feedback_stats["correct"]["n"] == 9


def test_a_project_without_a_dataset_is_no_experiment(client):
    client.create_project("plain")
    with pytest.raises(ConfigurationError, match="no experiment"):
        evaluate("plain", evaluators=[correct], client=client)


def test_the_client_evaluates_too(client):
    assert asked_of(client.evaluate(upper, "ds", evaluators=[correct]))["a"]["run"].outputs == {"a": "A"}
    assert len(asyncio.run(client.aevaluate(upper, data="ds", num_repetitions=2))) == 6


DATA = {
    "its name": lambda client, dataset: "ds",
    "its id": lambda client, dataset: dataset.id,
    "its id as text": lambda client, dataset: str(dataset.id),
    "the dataset": lambda client, dataset: dataset,
    "examples": lambda client, dataset: client.list_examples(dataset.id),
}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_a_dataset_is_named_in_several_ways(data, client):
    results = evaluate(upper, data(client, client.read_dataset(dataset_name="ds")), client=client)
    assert set(asked_of(results)) == set(ROWS)


@both_ways
def test_repetitions_run_every_example_again(run, client):
    results = run(upper, "ds", num_repetitions=2, max_concurrency=3, client=client)
    asked = [row["example"].inputs["q"] for row in results]
    assert len(asked) == 6 and asked[:3] == asked[3:]
    assert client.read_project(project_id=results.experiment_id).metadata["num_repetitions"] == 2


@both_ways
@pytest.mark.parametrize("limit", [0, 1, 2, None])
def test_rows_stand_in_the_order_of_the_examples_however_many_run_at_once(run, limit, client):
    results = run(upper, "ds", [correct], max_concurrency=limit, client=client)
    expected = [example.inputs["q"] for example in client.list_examples(dataset_name="ds")]
    assert [row["example"].inputs["q"] for row in results] == expected
    assert {question: row["run"].outputs.get("a") for question, row in asked_of(results).items()} == {
        "a": "A", "b": "B", "boom": None,
    }  # fmt: skip


# -- what is run -----------------------------------------------------------------------------------


def tree_of(client, results, question):
    read = client.read_run(asked_of(results)[question]["run"].id, load_child_runs=True)
    shape = lambda run: (run.name, [shape(child) for child in run.child_runs])
    return shape(read)


@both_ways
def test_what_a_target_calls_is_below_its_run_in_the_same_project(run, client):
    @traceable
    def helper(x):
        return RunnableLambda(lambda y: y).with_config(run_name="runnable").invoke(x)

    results = run(lambda inputs: {"a": helper(inputs["q"])}, "ds", client=client)
    assert tree_of(client, results, "a") == (TARGET[run], [("helper", [("runnable", [])])])


@both_ways
def test_a_runnable_can_be_the_target(run, client):
    chain = RunnableLambda(lambda inputs: inputs["q"]) | RunnableLambda(lambda q: {"a": q})
    results = run(chain, "ds", client=client)
    name, [(below, _)] = tree_of(client, results, "a")
    assert (name, below) == (TARGET[run], "RunnableSequence")
    told = asked_of(results)["a"]["run"]
    assert (told.inputs, told.outputs) == ({"input": {"q": "a"}, "config": None}, {"a": "a"})


def test_a_traced_target_is_the_run_itself(client):
    @traceable(name="mine", run_type="tool")
    def target(inputs):
        return {"a": 1}

    results = evaluate(target, "ds", client=client)
    assert tree_of(client, results, "a") == ("mine", [])


def test_coroutine_functions_are_awaited(client):
    async def target(inputs):
        await asyncio.sleep(0)
        return {"a": inputs["q"].upper()}

    async def judge(outputs):
        await asyncio.sleep(0)
        return {"score": 1, "key": "async"}

    async def main():
        results = await aevaluate(target, "ds", [judge], max_concurrency=None, client=client)
        return results, [row["run"].outputs["a"] async for row in results]

    results, outputs = asyncio.run(main())
    assert sorted(outputs) == ["A", "B", "BOOM"] and results.means() == {"async": 1.0}


def test_an_experiment_inside_a_run_stands_beside_it(client):
    with trace("around", client=client):
        before = get_current_run_tree()
        results = evaluate(upper, "ds", client=client)
        assert get_current_run_tree() is before
    assert client.read_run(results[0]["run"].id).parent_run_id is None


def test_an_experiment_inside_a_runnable_stands_beside_it(client, monkeypatch, server):
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    target = lambda inputs: {"a": RunnableLambda(lambda x: x).with_config(run_name="below").invoke(inputs["q"])}
    results = RunnableLambda(lambda _: evaluate(target, "ds", client=client)).invoke(0)
    assert client.flush(20)  # the runnable around it has ended after the experiment
    assert tree_of(client, results, "a") == ("Target", [("below", [])])


LIMITS = [(0, 1), (1, 1), (2, 2), (None, 3)]


@pytest.mark.parametrize(("limit", "most"), LIMITS)
def test_so_many_rows_run_at_once_as_was_said(limit, most, client):
    running, seen = set(), []

    async def target(inputs):
        running.add(inputs["q"])
        for _ in range(20):
            await asyncio.sleep(0)
        seen.append(len(running))
        running.discard(inputs["q"])
        return {}

    asyncio.run(aevaluate(target, "ds", max_concurrency=limit, client=client))
    assert max(seen) == most


# -- evaluators ------------------------------------------------------------------------------------


class Object:
    def evaluate_run(self, run, example):
        return {"key": "object", "score": run.outputs["a"] == example.outputs["a"]}


# name -> evaluator, what it says of "a" as {key: (score, value, comment)}
EVALUATORS = {
    "a bool is a score": (correct, {"correct": (True, None, None)}),
    "a number is a score": (lambda outputs: 0.5, {"<lambda>": (0.5, None, None)}),
    "a text is a value": (lambda inputs: inputs["q"], {"<lambda>": (None, "a", None)}),
    "a dict says its key": (lambda run: {"key": "k", "score": 2, "comment": "c"}, {"k": (2, None, "c")}),
    "a list is several": (
        lambda run, example: [{"key": "x", "score": 1}, {"key": "y", "value": "v"}],
        {"x": (1, None, None), "y": (None, "v", None)},
    ),
    "results are several": (lambda example: {"results": [{"key": "x", "score": 1}]}, {"x": (1, None, None)}),
    "an object": (Object(), {"object": (True, None, None)}),
    "an EvaluationResult": (lambda outputs: EvaluationResult(key="e", score=3), {"e": (3, None, None)}),
    "two of any name are run and example": (
        lambda r, e: {"key": "two", "score": r.inputs == e.inputs},
        {"two": (True, None, None)},
    ),
    "in any order": (
        lambda reference_outputs, inputs, outputs: {"key": "o", "value": [inputs, outputs, reference_outputs]},
        {"o": (None, [{"q": "a"}, {"a": "A"}, {"a": "A"}], None)},
    ),
    "does not apply": (lambda outputs: {"key": "n", "score": None}, {"n": (None, None, None)}),
    "one that fails": (lambda outputs: {}["k"], {"<lambda>": (None, None, "KeyError('k')")}),
}


@pytest.mark.parametrize(("evaluator", "expected"), EVALUATORS.values(), ids=EVALUATORS)
def test_evaluators_say_what_they_want_and_answer_in_many_forms(evaluator, expected, client):
    [example] = [one for one in client.list_examples(dataset_name="ds") if one.inputs["q"] == "a"]
    [row] = evaluate(upper, [example], [evaluator], client=client)
    assert {key: (one.score, one.value, one.comment) for key, one in verdicts(row).items()} == expected
    kept = {one.key: (one.value, one.comment) for one in client.list_feedback(run_ids=[row["run"].id])}
    assert kept == {key: said[1:] for key, said in expected.items()}


def test_an_evaluator_that_fails_is_an_error_in_its_row_and_in_the_log(client, caplog):
    def bad(outputs):
        raise KeyError("evalfail")

    results = evaluate(upper, "ds", [bad, correct], client=client)
    row = asked_of(results)["a"]
    assert verdicts(row)["bad"].failed and verdicts(row)["correct"].score is True
    assert "evaluator bad failed: KeyError('evalfail')" in caplog.text
    [feedback] = client.list_feedback(run_ids=[row["run"].id], feedback_key="bad")
    assert (feedback.comment, feedback.extra) == ("KeyError('evalfail')", {"error": True})


def test_the_run_of_an_evaluator_has_what_it_said_for_its_outputs(client):
    [row] = evaluate(upper, "ds", [lambda outputs: EvaluationResult(key="k", score=3)], client=client)[:1]
    [result] = row["evaluation_results"]["results"]
    assert client.read_run(result.source_run_id).outputs == {"key": "k", "score": 3}


NOTHING = [None, {}, {"key": "k"}, {"comment": None}, object()]


@pytest.mark.parametrize("answer", NOTHING)
def test_an_answer_that_says_nothing_is_refused(answer):
    with pytest.raises(ConfigurationError, match="evaluator mine answered"):
        results_of(answer, "mine")


# -- what is shown ---------------------------------------------------------------------------------


@both_ways
def test_progress_and_the_link_go_to_stderr(run, client, capsys):
    results = run(upper, "ds", client=client)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"View the evaluation results for experiment {results.experiment_name!r} at:\n{results.url}\n"
        "3 of 3 examples done, 1 failed\n"
    )


def test_on_a_terminal_one_line_is_rewritten(client, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    evaluate(lambda inputs: {}, "ds", client=client)
    said = capsys.readouterr().err.splitlines(keepends=True)
    steps = "".join(said[2:]).split("\r")  # each ends at the line's beginning: a warning is not appended to it
    assert steps == [*(f"{n} of 3 examples done" for n in (1, 2, 3)), "3 of 3 examples done\n"]


def test_a_program_without_a_console_evaluates_in_silence(client, monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert len(evaluate(lambda inputs: {}, "ds", client=client)) == 3


@pytest.mark.parametrize("columns, widest", [("50", 50), ("60", 60), ("10", 47), ("79", 68), ("0", 68)])
def test_a_table_gives_way_to_a_narrow_terminal(columns, widest, client, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)  # as a terminal's width; 0: output goes to a file
    results = evaluate(lambda inputs: {"a": "x" * 40, "b": inputs["q"] * 30}, "ds", [correct], client=client)
    lines = str(results).splitlines()[1:]
    assert max(map(len, lines)) == widest
    assert lines[0].split() == (
        ["inputs", "outputs", "referen…", "correct", "seconds"]
        if columns == "10"
        else ["inputs", "outputs", "reference", "correct", "seconds"]
    )


def test_what_a_model_said_does_not_move_the_terminals_cursor(client):
    results = evaluate(lambda inputs: {"a": "\x1b[2Jgone\r\n\x07é"}, "ds", client=client)
    assert "\\x1b[2Jgone\\r\\n\\x07é" in str(results)


def test_results_are_printed_as_a_table(client, monkeypatch):
    monkeypatch.setenv("COLUMNS", "0")

    def length(outputs):
        return {"score": len(outputs["a"]) / 1, "key": "length"}

    results = evaluate(
        lambda inputs: upper({"q": inputs["q"] * (1 if inputs["q"] == "boom" else 20)}),
        "ds",
        [correct, length],
        [lambda runs, examples: {"key": "rows", "score": len(runs)}],
        experiment_prefix="table",
        client=client,
    )
    lines = str(results).splitlines()
    assert lines[0] == results.experiment_name and repr(results) == f"<ExperimentResults {lines[0]}>"
    assert lines[1].split() == ["inputs", "outputs", "reference", "correct", "length", "seconds"]
    cells = {line.split()[1]: line.split()[2:] for line in lines[3:6]}
    assert cells["a"][:4] == ["A" * 20, "A", "False", "20"]
    assert cells["boom"][:2] == ["!", "ValueError('no')"]
    assert lines[6].split() == ["mean", "0", "20"]
    assert lines[7:] == ["rows: 3"]
    assert results.means() == {"correct": 0.0, "length": 20.0}


# -- refusals --------------------------------------------------------------------------------------


async def coroutine(inputs):
    return {}


async def judge(outputs):
    return 1


REFUSED = [
    (lambda client: evaluate(coroutine, "ds", client=client), "aevaluate"),
    (lambda client: evaluate(upper, "ds", [judge], client=client), "aevaluate"),
    (lambda client: evaluate("an experiment", "ds", client=client), "judged once more"),
    (lambda client: evaluate(upper, client=client), "takes data="),
    (lambda client: evaluate(5, "ds", client=client), "function or a runnable"),
    (lambda client: evaluate(upper, "ds", [lambda a, b, c: 1], client=client), "its parameters are two"),
    (lambda client: evaluate(upper, "ds", [5], client=client), "an evaluator is a function"),
    (lambda client: evaluate(upper, [], client=client), "no examples"),
    (lambda client: evaluate(upper, "ds", num_repetitions=0, client=client), "num_repetitions"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_cannot_be_carried_out_is_refused_before_an_experiment_is_made(call, words, client):
    with pytest.raises(ConfigurationError, match=words):
        call(client)
    assert list(client.list_projects()) == []


def test_a_dataset_that_is_not_there_is_not_found(client):
    for data in ("no such", uuid4()):
        with pytest.raises((LangSmithNotFoundError, ConfigurationError)):
            evaluate(upper, data, client=client)


def test_an_experiment_goes_on_when_feedback_is_refused(client, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise LangSmithConnectionError("no line")

    monkeypatch.setattr(client, "create_feedback", refuse)
    results = evaluate(upper, "ds", [correct], client=client)
    assert verdicts(asked_of(results)["a"])["correct"].score is True
    assert "feedback 'correct' was not kept: no line" in caplog.text


def test_ids_of_results_are_uuids(client):
    results = evaluate(upper, "ds", [correct], client=client)
    assert isinstance(results.experiment_id, UUID) and len(results) == len(ROWS)
    assert all(isinstance(verdicts(row)["correct"].source_run_id, UUID) for row in results)
