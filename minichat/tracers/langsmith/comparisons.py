"""`evaluate_comparative`: experiments over one dataset, judged against each other, example by example.

The comparison is kept beside the experiments. A judging function gets the runs of one example, one of each experiment
(more, where examples were repeated), and gives each a score: a list in the order of the runs, or a dict with `scores`
by the runs' ids, `key` and `comment`. Its run is in the project "evaluators", what it says is feedback on the runs.
Source: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

import inspect
import random
import sys
from uuid import UUID

from ...backends.driver import closing
from ...backends.driver import run as run_without_loop
from ...errors import ChatError, ConfigurationError
from ...runs import new_run_id
from .around import Around
from .client import Client
from .evaluators import arguments, wanted_by
from .functions import is_traceable_function, traceable
from .plans import FLUSH_SECONDS, JUDGES_PROJECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

    from ...backends.base import Backend
    from .records import ComparativeExperiment, Example, Run, TracerSession

    Row = Tuple[Example, List[Run]]

__all__ = ["ComparativeExperimentResults", "ComparisonEvaluationResult", "evaluate_comparative"]

NAMES = ("runs", "example", "inputs", "outputs", "reference_outputs", "metadata")
AT_ONCE = 5  # as the SDK


class ComparisonEvaluationResult:
    """What an evaluator says of several runs: a score for each, by the run's id; `comment` is for all, or by id too.

    >>> ComparisonEvaluationResult(key="better", scores={"00000000-0000-0000-0000-000000000001": 1}).comment is None
    True
    """

    def __init__(
        self,
        *,
        key: str,
        scores: Mapping[Any, Any],
        source_run_id: Any = None,
        comment: Any = None,
    ) -> None:
        self.key = key
        self.scores = dict(scores)
        self.source_run_id = source_run_id
        self.comment = comment

    def comment_on(self, run_id: Any) -> Optional[str]:
        """Give what was said of one of the runs."""
        if self.comment is None or isinstance(self.comment, str):
            return self.comment
        return {str(one): text for one, text in self.comment.items()}.get(str(run_id))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(key={self.key!r}, scores={self.scores!r})"


class ComparativeExperimentResults:
    """What came of it, by example.

    Shape: a row is {"example": `Example`, "evaluation_results": {"runs": [`Run`, ...], "feedback.<key>":
    `ComparisonEvaluationResult`}}; `results[example_id]` is the latter.
    """

    def __init__(self, comparative_experiment: ComparativeExperiment, rows: List[Row], url: str) -> None:
        self.comparative_experiment = comparative_experiment
        self.url = url
        self._examples = {example.id: example for example, _ in rows}
        self._results: Dict[UUID, Dict[str, Any]] = {example.id: {"runs": runs} for example, runs in rows}

    def add(self, example: Example, result: ComparisonEvaluationResult) -> None:
        """Keep what was said of an example's runs."""
        self._results[example.id][f"feedback.{result.key}"] = result

    def __getitem__(self, example_id: Any) -> Dict[str, Any]:
        return self._results[example_id if isinstance(example_id, UUID) else UUID(str(example_id))]

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        for example_id, results in self._results.items():
            yield {"example": self._examples[example_id], "evaluation_results": results}

    def __len__(self) -> int:
        return len(self._results)


class _Ranker:
    """One evaluator of several runs at once."""

    def __init__(self, evaluator: Any) -> None:
        if not callable(evaluator):
            raise ConfigurationError(f"an evaluator is a function, not {type(evaluator).__name__}")
        self.name = str(getattr(evaluator, "__name__", None) or type(evaluator).__name__)
        self._wanted = wanted_by(evaluator, self.name, NAMES)
        if inspect.iscoroutinefunction(evaluator):
            raise ConfigurationError(f"evaluator {self.name} is a coroutine function; a comparison takes plain ones")
        self._traced = evaluator if is_traceable_function(evaluator) else traceable(name=self.name)(evaluator)

    async def of_runs(self, backend: Backend, runs: List[Run], example: Example) -> ComparisonEvaluationResult:
        """Judge the runs of one example, as a run of its own. Raises: what the evaluator raises."""
        known = {
            "runs": runs,
            "example": example,
            "inputs": example.inputs,
            "outputs": [run.outputs or {} for run in runs],
            "reference_outputs": example.outputs or {},
            "metadata": example.metadata or {},
        }
        run_id = new_run_id()
        tags = [tag for run in runs for tag in (f"run:{run.id}", f"experiment:{run.session_id}")]
        positional, named = arguments(self._wanted, known)
        extra = {"run_id": run_id, "tags": tags}
        answer = await backend.call(self._traced, *positional, **named, langsmith_extra=extra)
        return self._read(answer, runs, UUID(run_id))

    def _read(self, answer: Any, runs: List[Run], run_id: UUID) -> ComparisonEvaluationResult:
        if isinstance(answer, ComparisonEvaluationResult):
            answer.source_run_id = answer.source_run_id or run_id
            return answer
        if isinstance(answer, (list, tuple)) and len(answer) == len(runs):
            answer = {"scores": {run.id: score for run, score in zip(runs, answer)}}
        if isinstance(answer, dict) and isinstance(answer.get("scores"), dict):
            return ComparisonEvaluationResult(
                key=answer.get("key") or self.name,
                scores=answer["scores"],
                source_run_id=answer.get("source_run_id") or run_id,
                comment=answer.get("comment"),
            )
        raise ConfigurationError(
            f"evaluator {self.name} answered {type(answer).__name__}; it takes a list with a score for each of the "
            f"{len(runs)} runs, or a dict with `scores` by their ids"
        )


def evaluate_comparative(
    experiments: Sequence[Any],
    /,
    evaluators: Sequence[Callable[..., Any]],
    experiment_prefix: Optional[str] = None,
    description: Optional[str] = None,
    max_concurrency: Optional[int] = AT_ONCE,
    client: Optional[Client] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    load_nested: bool = False,
    randomize_order: bool = False,
) -> ComparativeExperimentResults:
    """Judge experiments (their names or ids) against each other, on the examples that all of them have runs of.

    `randomize_order` gives each evaluator the runs in an order of chance: models that judge like the first.
    With `load_nested` the runs have their `child_runs`. At most `max_concurrency` are judged at once (None: all).
    Raises: `ConfigurationError` for fewer than two experiments, or of several datasets; what an evaluator raises.
    """
    from ...backends.blocking import backend

    if isinstance(experiments, str) or len(experiments) < 2:
        raise ConfigurationError("evaluate_comparative takes at least two experiments")
    if not evaluators:
        raise ConfigurationError("evaluate_comparative takes at least one evaluator")
    rankers = [_Ranker(one) for one in evaluators]
    client = client or Client()
    projects = [client._experiment(one) for one in experiments]
    dataset_id = projects[0].reference_dataset_id
    if dataset_id is None:
        raise ConfigurationError(f"evaluate_comparative: {projects[0].name!r} is no experiment, it has no dataset")
    if any(project.reference_dataset_id != dataset_id for project in projects):
        raise ConfigurationError("evaluate_comparative: these experiments are not over the same dataset")
    name = experiment_prefix or " vs. ".join([str(project.name) for project in projects])
    made = client.create_comparative_experiment(
        f"{name}-{new_run_id()[-8:]}",
        [project.id for project in projects],
        reference_dataset=dataset_id,
        description=description,
        metadata=metadata,
    )
    url = _url(client, projects, made)
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"View the pairwise evaluation results at:\n{url}\n")
    results = ComparativeExperimentResults(made, _rows(client, dataset_id, projects, load_nested), url)
    limit = 1 if max_concurrency == 0 else max_concurrency
    run_without_loop(_compare(backend, client, results, rankers, limit, randomize_order))
    client.flush(FLUSH_SECONDS)
    return results


def _url(client: Client, projects: List[TracerSession], made: ComparativeExperiment) -> str:
    chosen = "%2C".join([str(project.id) for project in projects])
    dataset = f"/datasets/{made.reference_dataset_id}/compare?selectedSessions={chosen}"
    return f"{client._host}/o/{made.tenant_id}{dataset}&comparativeExperiment={made.id}"


def _rows(client: Client, dataset_id: UUID, projects: List[TracerSession], nested: bool) -> List[Row]:
    """Give the examples of which every experiment has a run, with the runs in the order of the experiments."""
    found: Dict[UUID, Row] = {}
    for place, project in enumerate(projects):
        here = {example.id: example for example in client._examples_with_runs(dataset_id, project.id, nested=nested)}
        known = found if place else {example.id: (example, []) for example in here.values()}
        found = {
            one: (example, [*runs, *here[one].runs])
            for one, (example, runs) in known.items()
            if one in here and here[one].runs
        }
    return list(found.values())


async def _compare(
    backend: Backend,
    client: Client,
    results: ComparativeExperimentResults,
    rankers: List[_Ranker],
    limit: Optional[int],
    shuffled: bool,
) -> None:
    comparison = results.comparative_experiment

    async def judged(ranker: _Ranker, example: Example, runs: List[Run]) -> Tuple[Example, ComparisonEvaluationResult]:
        seen = random.sample(runs, len(runs)) if shuffled else list(runs)
        with Around(JUDGES_PROJECT, client):
            result = await ranker.of_runs(backend, seen, example)
        await backend.call(_say, client, comparison, runs, result)
        return example, result

    def job(ranker: _Ranker, row: Dict[str, Any]) -> Callable[[], Any]:
        return lambda: judged(ranker, row["example"], row["evaluation_results"]["runs"])

    jobs = [job(ranker, row) for row in results for ranker in rankers]
    async with closing(backend.completed(jobs, limit)) as completed:
        async for _, told, error in completed:
            if error is not None:
                raise error
            results.add(*told)


def _say(
    client: Client, comparison: ComparativeExperiment, runs: List[Run], result: ComparisonEvaluationResult
) -> None:
    """Keep the scores as feedback that belongs together; a comparison goes on when that fails."""
    known = {str(run.id): run for run in runs}
    group = new_run_id()
    for run_id, score in result.scores.items():
        run = known.get(str(run_id))
        try:
            client.create_feedback(
                run_id,
                result.key,
                score=score,
                comment=result.comment_on(run_id),
                comparative_experiment_id=comparison.id,
                source_run_id=result.source_run_id,
                feedback_group_id=group,
                session_id=run.session_id if run is not None else None,
                start_time=run.start_time if run is not None else None,
            )
        except ChatError as error:
            import logging

            logging.getLogger(__name__).warning("evaluate: feedback %r was not kept: %s", result.key, error)
