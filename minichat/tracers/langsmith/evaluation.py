"""`evaluate` and `aevaluate`: a program run over the examples of a dataset, judged, and kept as an experiment.

The experiment is a project that refers to the dataset. Each example is one run of the target there, with
`reference_example_id`; each evaluator is a run in the project "evaluators", and what it says is feedback on the
target's run. Summary evaluators see all rows and speak of the experiment. The link and the progress go to stderr;
`print(results)` shows a table.

Written once over a backend: `evaluate` works in threads, `aevaluate` in tasks, at most `max_concurrency` rows at once.
"""

from __future__ import annotations

import inspect
from uuid import UUID

from ...backends.driver import closing, run as run_without_loop
from ...context import ambient, set_tracing
from ...errors import ChatError, ConfigurationError
from ...runs import new_run_id
from . import switch
from .blocks import Block, block_var
from .client import Client
from .evaluators import EvaluationResult, Judge
from .records import Dataset, Example, Run, TracerSession
from .results import AsyncExperimentResults, ExperimentResults, Progress
from .run_trees import RunTree
from .functions import is_traceable_function, traceable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

    from ...backends.base import Backend

    Data = Union[str, UUID, Dataset, Iterable[Example]]
    Row = Dict[str, Any]

__all__ = ["AsyncExperimentResults", "EvaluationResult", "ExperimentResults", "aevaluate", "evaluate"]

JUDGES_PROJECT = "evaluators"
FLUSH_SECONDS = 60.0  # for the last runs, when the server is slow; they go on being sent afterwards


def evaluate(
    target: Any,
    /,
    data: Optional[Data] = None,
    evaluators: Optional[Sequence[Any]] = None,
    summary_evaluators: Optional[Sequence[Any]] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    experiment_prefix: Optional[str] = None,
    description: Optional[str] = None,
    max_concurrency: Optional[int] = 0,
    num_repetitions: int = 1,
    client: Optional[Client] = None,
    experiment: Union[TracerSession, str, UUID, None] = None,
) -> ExperimentResults:
    """Run `target` (a function of an example's inputs, or a runnable) over `data`, and judge what it gives.

    A `target` that is an experiment, its name or id, is judged once more, without `data` and without new runs.
    `data` is a dataset, its name or id, or examples of one. `evaluators` judge rows, `summary_evaluators` the whole
    (evaluators.py says how they are called). With `experiment` rows are added to one that exists. Rows run
    one by one unless `max_concurrency` says how many at once (None: as many as there are).
    Raises: `LangSmithError` when the dataset cannot be read or the experiment not made; `ConfigurationError` for
    coroutine functions, which `aevaluate` takes. A target or an evaluator that fails is an error in its row.
    """
    from ...backends.blocking import backend

    plan = _Plan(backend, target, data, evaluators, summary_evaluators, client, num_repetitions)
    plan.hold_synchronous()
    work = plan.carried_out(metadata, experiment_prefix, description, max_concurrency, experiment)
    return ExperimentResults(*run_without_loop(work))


async def aevaluate(
    target: Any,
    /,
    data: Optional[Data] = None,
    evaluators: Optional[Sequence[Any]] = None,
    summary_evaluators: Optional[Sequence[Any]] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    experiment_prefix: Optional[str] = None,
    description: Optional[str] = None,
    max_concurrency: Optional[int] = 0,
    num_repetitions: int = 1,
    client: Optional[Client] = None,
    experiment: Union[TracerSession, str, UUID, None] = None,
) -> AsyncExperimentResults:
    """As `evaluate`, for coroutine functions and runnables; plain functions are called in threads."""
    from ...backends.aio import backend

    plan = _Plan(backend, target, data, evaluators, summary_evaluators, client, num_repetitions)
    work = plan.carried_out(metadata, experiment_prefix, description, max_concurrency, experiment)
    return AsyncExperimentResults(*await work)


class _Plan:
    """One experiment: what is run, over what, and by what it is judged."""

    def __init__(
        self,
        backend: Backend,
        target: Any,
        data: Any,
        evaluators: Optional[Sequence[Any]],
        summary_evaluators: Optional[Sequence[Any]],
        client: Optional[Client],
        repetitions: int,
    ) -> None:
        if not isinstance(repetitions, int) or repetitions < 1:
            raise ConfigurationError(f"evaluate: num_repetitions takes a whole number from 1, not {repetitions!r}")
        self._backend = backend
        self._old = target if isinstance(target, (str, UUID, TracerSession)) else None
        if (data is None) != (self._old is not None):
            raise ConfigurationError("evaluate takes data=, and none when an experiment is judged once more")
        self._name = ""
        self._target: Any = None
        if self._old is None:
            self._name, self._target = _traced_target(target, backend.suspends)
        self._data = data
        self._judges = [Judge(one) for one in evaluators or ()]
        self._summary = [Judge(one, whole=True) for one in summary_evaluators or ()]
        self._client = client or Client()
        self._repetitions = repetitions

    def hold_synchronous(self) -> None:
        """Hold that nothing here has to be awaited. Raises: `ConfigurationError`."""
        if inspect.iscoroutinefunction(self._target):
            raise ConfigurationError("evaluate takes a plain function as target; use aevaluate for a coroutine function")
        for judge in (*self._judges, *self._summary):
            if judge.is_async:
                raise ConfigurationError(f"evaluator {judge.name} is a coroutine function; use aevaluate")

    async def carried_out(
        self,
        metadata: Optional[Mapping[str, Any]],
        prefix: Optional[str],
        description: Optional[str],
        limit: Optional[int],
        experiment: Any,
    ) -> Any:
        """Give the experiment, its rows in the order of the examples, the summary's results and the link."""
        call = self._backend.call
        told = {**(metadata or {}), "__ls_runner": "evaluate"}
        if self._old is not None:
            project = await call(self._existing, self._old)
            pairs = await call(self._old_rows, project)
        else:
            examples = await call(self._examples)
            project = await call(self._project, experiment, prefix, description, told, examples)
            pairs = [(example, None) for example in examples]
        url = await call(self._url, project)
        progress = Progress(project.name, url, len(pairs))
        told["num_repetitions"] = self._repetitions
        jobs = [self._job(example, run, project, told) for example, run in pairs]
        rows: List[Optional[Row]] = [None] * len(jobs)
        # 0 is one after the other, as the SDK has it.
        async with closing(self._backend.completed(jobs, 1 if limit == 0 else limit)) as completed:
            async for index, row, error in completed:
                if error is not None:
                    raise error
                rows[index] = row
                progress.step(row)
        done = [row for row in rows if row is not None]
        summary = await self._summed_up(done, project)
        await call(self._finish, project, [example for example, _ in pairs], told)
        progress.end()
        return project, done, summary, url

    # -- the experiment ------------------------------------------------------------------------

    def _examples(self) -> List[Example]:
        data = self._data
        if isinstance(data, Dataset):
            found = list(self._client.list_examples(data.id))
        elif isinstance(data, UUID):
            found = list(self._client.list_examples(data))
        elif isinstance(data, str):
            try:
                found = list(self._client.list_examples(UUID(data)))
            except ValueError:  # no id, so a name
                found = list(self._client.list_examples(dataset_name=data))
        else:
            found = list(data)
        if not found:
            raise ConfigurationError("evaluate: there are no examples in data=")
        return found * self._repetitions

    def _existing(self, experiment: Any) -> TracerSession:
        if isinstance(experiment, TracerSession):
            return experiment
        try:
            return self._client.read_project(project_id=UUID(str(experiment)))
        except ValueError:  # no id, so a name
            return self._client.read_project(project_name=experiment)

    def _old_rows(self, project: TracerSession) -> List[Any]:
        """Give the examples of an experiment with their runs."""
        if project.reference_dataset_id is None:
            raise ConfigurationError(f"evaluate: {project.name!r} is no experiment, it has no dataset")
        rows = self._client._examples_with_runs(project.reference_dataset_id, project.id)
        return [(example, run) for example in rows for run in example.runs]

    def _project(
        self, experiment: Any, prefix: Optional[str], description: Optional[str], told: Any, examples: List[Example]
    ) -> TracerSession:
        if experiment is not None:
            return self._existing(experiment)
        return self._client.create_project(
            f"{prefix or self._name}-{new_run_id()[-8:]}",
            description=description,
            metadata=told,
            reference_dataset_id=examples[0].dataset_id,
            num_examples=len(examples) // self._repetitions,
            num_repetitions=self._repetitions,
            evaluator_keys=[judge.name for judge in self._judges] or None,
        )

    def _url(self, project: TracerSession) -> str:
        dataset = f"/datasets/{project.reference_dataset_id}/compare?selectedSessions={project.id}"
        return f"{self._client._host}/o/{project.tenant_id}{dataset}"

    def _finish(self, project: TracerSession, examples: List[Example], told: Dict[str, Any]) -> None:
        """Wait for the runs, and say which version of the dataset this was."""
        self._client.flush(FLUSH_SECONDS)
        if self._old is not None:
            return
        changed = [one.modified_at for one in examples if one.modified_at is not None]
        splits = {split for one in examples for split in (one.metadata or {}).get("dataset_split") or ["base"]}
        metadata = {
            **project.metadata,
            **told,
            "dataset_version": max(changed).isoformat() if changed else None,
            "dataset_splits": sorted(splits),
        }
        self._client.update_project(project.id, metadata=metadata)

    # -- rows ----------------------------------------------------------------------------------

    def _job(
        self, example: Example, run: Optional[Run], project: TracerSession, told: Mapping[str, Any]
    ) -> Callable[[], Any]:
        return lambda: self._row(example, run, project, told)

    async def _row(
        self, example: Example, old: Optional[Run], project: TracerSession, told: Mapping[str, Any]
    ) -> Row:
        """Run the target on one example, unless it ran before, and judge it."""
        metadata = dict(told)
        if example.modified_at is not None:
            metadata["example_version"] = example.modified_at.isoformat()
        run = old or await self._run(example, project, metadata)
        about = {
            "metadata": {
                "experiment": project.name,
                "target_run_id": str(run.id),
                "reference_example_id": str(example.id),
                "reference_run_id": str(run.id),
            }
        }
        results: List[EvaluationResult] = []
        for judge in self._judges:
            with _Around(JUDGES_PROJECT, self._client):
                found = await judge.of_row(self._backend, run, example, about)
            for result in found:
                await self._say(result, project, run)
            results += found
        return {"run": run, "example": example, "evaluation_results": {"results": results}}

    async def _run(self, example: Example, project: TracerSession, metadata: Dict[str, Any]) -> RunTree:
        ended: List[RunTree] = []
        extra = {"reference_example_id": example.id, "metadata": metadata, "on_end": ended.append}
        error = None
        with _Around(str(project.name), self._client):
            try:
                await self._backend.call(self._target, example.inputs, langsmith_extra=extra)
            except Exception as problem:
                error = repr(problem)
                _logger().warning("evaluate: the target failed on example %s: %s", example.id, error)
        if ended:
            return ended[-1]
        return RunTree(name="Target", inputs=example.inputs, error=error, project_name=project.name)

    async def _say(self, result: EvaluationResult, project: TracerSession, run: Union[RunTree, Run, None]) -> None:
        """Keep what an evaluator said; an experiment goes on when that fails."""
        fields: Dict[str, Any] = {"session_id": project.id} if run is not None else {"project_id": project.id}
        if run is not None:
            fields.update(
                run_id=run.id,
                trace_id=run.trace_id,
                feedback_source_type="model",
                source_run_id=result.source_run_id,
            )
        about = {
            name: getattr(result, name)
            for name in ("key", "score", "value", "comment", "correction", "feedback_config", "extra")
        }
        try:
            await self._backend.call(
                self._client.create_feedback,
                **fields,
                **about,
                source_info=result.metadata,
                error=True if result.failed else None,
            )
        except ChatError as error:
            _logger().warning("evaluate: feedback %r was not kept: %s", result.key, error)

    async def _summed_up(self, rows: List[Row], project: TracerSession) -> List[EvaluationResult]:
        runs, examples = [row["run"] for row in rows], [row["example"] for row in rows]
        results: List[EvaluationResult] = []
        extra = {"metadata": {"experiment": project.name, "experiment_id": str(project.id)}}
        for judge in self._summary:
            with _Around(JUDGES_PROJECT, self._client):
                found = await judge.of_all(self._backend, runs, examples, extra)
            for result in found:
                await self._say(result, project, None)
            results += found
        return results


class _Around:
    """Tracing on, into one project, with no run around: what the SDK's `tracing_context(enabled=True)` is for."""

    def __init__(self, project: str, client: Client) -> None:
        self._block = Block()
        self._block.enabled = True
        self._block.project_name = project
        self._block.client = client

    def __enter__(self) -> None:
        set_tracing(switch)  # for runnables called in a target while the environment does not ask for tracing
        self._tokens = block_var.set(self._block), ambient.set(None)

    def __exit__(self, *exc: object) -> None:
        block_var.reset(self._tokens[0])
        ambient.reset(self._tokens[1])


def _traced_target(target: Any, suspends: bool) -> Any:
    """Give the name of a target, and a traced function of an example's inputs."""
    name = str(getattr(target, "__name__", None) or type(target).__name__).strip("<>")
    if callable(getattr(target, "invoke", None)):

        def invoked(inputs: Dict[str, Any]) -> Any:
            return target.invoke(inputs)

        async def ainvoked(inputs: Dict[str, Any]) -> Any:
            return await target.ainvoke(inputs)

        return name, _as_target(ainvoked if suspends else invoked)
    if not callable(target):
        raise ConfigurationError(f"evaluate takes a function or a runnable as target, not {type(target).__name__}")
    return name, target if is_traceable_function(target) else _as_target(target)


def _as_target(function: Callable[..., Any]) -> Any:
    """Trace a function of an example's inputs; those are the run's inputs, under their own names."""
    return traceable(name="Target", process_inputs=lambda inputs: next(iter(inputs.values())))(function)


def _logger() -> Any:
    import logging

    return logging.getLogger(__name__)
