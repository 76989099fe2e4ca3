"""One experiment as it is carried out: the examples, the project they become, the rows one by one, and its end.

Written once over a backend, of threads or of tasks; `evaluation` is what programs call. An experiment that is not
uploaded is the same with runs that go nowhere: no project is made, no feedback sent, the dataset only read.
"""

from __future__ import annotations

import inspect
from uuid import UUID

from ...backends.driver import closing
from ...errors import ChatError, ConfigurationError
from ...runs import new_run_id
from .around import Around, Nowhere
from .client import Client
from .evaluators import EvaluationResult, Judge
from .records import Dataset, Example, Run, TracerSession
from .results import Progress
from .run_trees import RunTree
from .targets import name_of_run, traced_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

    from ...backends.base import Backend
    from .results import Results
    from .tracer import Sink

    Row = Dict[str, Any]

__all__ = ["Plan"]

JUDGES_PROJECT = "evaluators"
FLUSH_SECONDS = 60.0  # for the last runs, when the server is slow; they go on being sent afterwards
HANDLINGS = ("log", "ignore")


class Plan:
    """One experiment: what is run, over what, and by what it is judged."""

    def __init__(
        self,
        backend: Backend,
        target: Any,
        data: Any,
        evaluators: Optional[Sequence[Any]],
        summary_evaluators: Optional[Sequence[Any]],
        client: Optional[Client],
        *,
        metadata: Optional[Mapping[str, Any]],
        prefix: Optional[str],
        description: Optional[str],
        limit: Optional[int],
        repetitions: int,
        experiment: Any,
        upload: bool,
        error_handling: str,
        trace_judges: bool,
        nested: bool = False,
    ) -> None:
        if not isinstance(repetitions, int) or repetitions < 1:
            raise ConfigurationError(f"evaluate: num_repetitions takes a whole number from 1, not {repetitions!r}")
        self._backend = backend
        if error_handling not in HANDLINGS:
            raise ConfigurationError(f"evaluate: error_handling takes 'log' or 'ignore', not {error_handling!r}")
        self._old = target if isinstance(target, (str, UUID, TracerSession)) else None
        if (data is None) != (self._old is not None):
            raise ConfigurationError("evaluate takes data=, and none when an experiment is judged once more")
        of_new = {"num_repetitions": repetitions > 1, "experiment_prefix": prefix, "description": description}
        if self._old is not None or experiment is not None:
            strange = [name for name, given in {**of_new, "experiment": self._old and experiment}.items() if given]
            # Rows that are added to an experiment may be repeated; the rest is of one that is made.
            strange = [name for name in strange if self._old is not None or name != "num_repetitions"]
            if strange:
                raise ConfigurationError(f"evaluate: {strange[0]}= is of no use to an experiment that is there already")
        self._name = ""
        self._target: Any = None
        self._wanted: List[str] = []
        if self._old is None:
            self._name, self._target, self._wanted = traced_target(target, backend.suspends)
        self._data = data
        self._judges = [Judge(one) for one in evaluators or ()]
        self._summary = [Judge(one, whole=True) for one in summary_evaluators or ()]
        self._client = client or Client()
        self._repetitions = repetitions
        self._metadata = dict(metadata or {})
        self._told: Dict[str, Any] = {**self._metadata, "__ls_runner": "evaluate"}
        self._nested = nested
        self._prefix = prefix
        self._description = description
        self._limit = limit
        self._experiment = experiment
        self._upload = upload
        self._links_errors = error_handling == "log"
        self._trace_judges = trace_judges
        self._sink: Sink = self._client if upload else Nowhere(self._client)

    def hold_synchronous(self) -> None:
        """Hold that nothing here has to be awaited. Raises: `ConfigurationError`."""
        if inspect.iscoroutinefunction(self._target):
            raise ConfigurationError("evaluate takes a plain function as target; aevaluate takes coroutine functions")
        for judge in (*self._judges, *self._summary):
            if judge.is_async:
                raise ConfigurationError(f"evaluator {judge.name} is a coroutine function; use aevaluate")

    async def begin(self) -> None:
        """Read the examples and make the experiment: `project`, its `url`, and the `pairs` of examples and old runs."""
        call = self._backend.call
        if self._old is not None:
            self.project: TracerSession = await call(self._client._experiment, self._old)
            self.pairs: List[Any] = await call(self._old_rows, self.project)
        else:
            examples = await call(self._examples)
            self.project = await call(self._project, examples)
            self.pairs = [(example, None) for example in examples]
        self.url: Optional[str] = await call(self._url) if self._upload else None
        self._told["num_repetitions"] = self._repetitions

    async def carry_out(self, results: Results) -> None:
        """Run and judge row by row, and put into `results` what comes of it, in the end also what went wrong."""
        try:
            progress = Progress(self.project.name, self.url, len(self.pairs))
            jobs = [self._job(example, run) for example, run in self.pairs]
            # 0 is one after the other, as the SDK has it.
            limit = 1 if self._limit == 0 else self._limit
            async with closing(self._backend.completed(jobs, limit)) as completed:
                async for index, row, error in completed:
                    if error is not None:
                        raise error
                    results.add(index, row)
                    progress.step(row)
            results.summary_results["results"] += await self._summed_up(results.rows)
            await self._backend.call(self._finish)
            progress.end()
        except BaseException as error:
            results.end(error)
            raise
        results.end()

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

    def _old_rows(self, project: TracerSession) -> List[Any]:
        """Give the examples of an experiment with their runs."""
        if project.reference_dataset_id is None:
            raise ConfigurationError(f"evaluate: {project.name!r} is no experiment, it has no dataset")
        rows = self._client._examples_with_runs(project.reference_dataset_id, project.id, nested=self._nested)
        return [(example, run) for example in rows for run in example.runs]

    def _project(self, examples: List[Example]) -> TracerSession:
        if self._experiment is not None:
            return self._client._experiment(self._experiment)
        name = f"{self._prefix or self._name}-{new_run_id()[-8:]}"
        dataset_id = examples[0].dataset_id
        if not self._upload:
            return TracerSession({"id": new_run_id(), "name": name, "reference_dataset_id": dataset_id})
        return self._client.create_project(
            name,
            description=self._description,
            metadata=self._told,
            reference_dataset_id=dataset_id,
            num_examples=len(examples) // self._repetitions,
            num_repetitions=self._repetitions,
            evaluator_keys=[judge.name for judge in self._judges] or None,
        )

    def _url(self) -> str:
        project = self.project
        dataset = f"/datasets/{project.reference_dataset_id}/compare?selectedSessions={project.id}"
        return f"{self._client._host}/o/{project.tenant_id}{dataset}"

    def _finish(self) -> None:
        """Wait for the runs, and say which version of the dataset this was."""
        if not self._upload:
            return
        self._client.flush(FLUSH_SECONDS)
        if self._old is not None:
            if self._metadata:
                metadata = {**self.project.metadata, **self._metadata}
                self._client.update_project(self.project.id, metadata=metadata)
            return
        examples = [example for example, _ in self.pairs]
        changed = [one.modified_at for one in examples if one.modified_at is not None]
        splits = {split for one in examples for split in (one.metadata or {}).get("dataset_split") or ["base"]}
        metadata = {
            **self.project.metadata,
            **self._told,
            "dataset_version": max(changed).isoformat() if changed else None,
            "dataset_splits": sorted(splits),
        }
        self._client.update_project(self.project.id, metadata=metadata)

    # -- rows ----------------------------------------------------------------------------------

    def _job(self, example: Example, run: Optional[Run]) -> Callable[[], Any]:
        return lambda: self._row(example, run)

    async def _row(self, example: Example, old: Optional[Run]) -> Row:
        """Run the target on one example, unless it ran before, and judge it."""
        run = old or await self._run(example)
        about = {
            "metadata": {
                "experiment": self.project.name,
                "target_run_id": str(run.id),
                "reference_example_id": str(example.id),
                "reference_run_id": str(run.id),
            }
        }
        results: List[EvaluationResult] = []
        for judge in self._judges:
            with self._among_judges():
                found = await judge.of_row(self._backend, run, example, about)
            for result in found:
                await self._say(result, run)
            results += found
        return {"run": run, "example": example, "evaluation_results": {"results": results}}

    async def _run(self, example: Example) -> RunTree:
        project = str(self.project.name)
        metadata = dict(self._told)
        if example.modified_at is not None:
            metadata["example_version"] = example.modified_at.isoformat()
        ended: List[RunTree] = []
        extra: Dict[str, Any] = {"metadata": metadata, "on_end": ended.append}
        if self._links_errors:
            extra["reference_example_id"] = example.id
        else:  # a run that failed is none of the experiment's
            extra["on_success"] = lambda tree: setattr(tree, "reference_example_id", example.id)
        error = None
        with Around(project, self._sink):
            try:
                known = {"inputs": example.inputs, "metadata": example.metadata or {}}
                given = [known[name] for name in self._wanted]
                await self._backend.call(self._target, *given, langsmith_extra=extra)
            except Exception as problem:
                error = repr(problem)
                _logger().warning("evaluate: the target failed on example %s: %s", example.id, error)
        if ended:
            return ended[-1]
        name = name_of_run(self._backend.suspends)
        return RunTree(name=name, inputs=example.inputs, error=error, project_name=project)

    def _among_judges(self) -> Around:
        return Around(JUDGES_PROJECT, self._sink, enabled=self._trace_judges)

    async def _say(self, result: EvaluationResult, run: Union[RunTree, Run, None]) -> None:
        """Keep what an evaluator said; an experiment goes on when that fails."""
        project = self.project
        if not self._trace_judges:
            result.source_run_id = None  # there is no such run
        if not self._upload:
            return
        fields: Dict[str, Any] = {"session_id": project.id} if run is not None else {"project_id": project.id}
        if run is not None:
            fields.update(
                run_id=run.id,
                trace_id=run.trace_id,
                start_time=run.start_time,
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

    async def _summed_up(self, rows: List[Row]) -> List[EvaluationResult]:
        project = self.project
        runs, examples = [row["run"] for row in rows], [row["example"] for row in rows]
        results: List[EvaluationResult] = []
        extra = {"metadata": {"experiment": project.name, "experiment_id": str(project.id)}}
        for judge in self._summary:
            with self._among_judges():
                found = await judge.of_all(self._backend, runs, examples, extra)
            for result in found:
                await self._say(result, None)
            results += found
        return results


def _logger() -> Any:
    import logging

    return logging.getLogger(__name__)
