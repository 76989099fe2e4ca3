"""The client's calls about experiments: made by `evaluate`, read back, and set side by side."""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import UUID

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import PAGE, present
from .reading import RunCalls
from .records import ComparativeExperiment, Example, Run, TracerSession, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Dict, List, Mapping, Optional, Sequence

    from .calls import Id
    from .results import AsyncExperimentResults

__all__ = ["ExperimentCalls"]

# What is told of an experiment's runs, beside what was said of them.
STATS = (
    "run_count",
    "latency_p50",
    "latency_p99",
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "last_run_start_time",
    "run_facets",
    "total_cost",
    "prompt_cost",
    "completion_cost",
    "first_token_p50",
    "first_token_p99",
    "error_rate",
)


class ExperimentCalls(RunCalls):
    """Experiments, by the SDK's names."""

    def evaluate(self, target: Any, /, data: Any = None, *positional: Any, **options: Any) -> Any:
        """Run and judge a target as `evaluation.evaluate` does, with this client."""
        from .evaluation import evaluate

        given: Dict[str, Any] = {**options, "client": self}
        return evaluate(target, data, *positional, **given)

    async def aevaluate(
        self, target: Any, /, data: Any = None, *positional: Any, **options: Any
    ) -> AsyncExperimentResults:
        """The same as `evaluation.aevaluate`."""
        from .evaluation import aevaluate

        given: Dict[str, Any] = {**options, "client": self}
        return await aevaluate(target, data, *positional, **given)

    def _experiment(self, which: Any) -> TracerSession:
        """Give an experiment that is given as such, or by its id or name. Raises: `LangSmithNotFoundError`."""
        if isinstance(which, TracerSession):
            return which
        try:
            number = UUID(str(which))
        except ValueError:  # no id, so a name
            return self.read_project(project_name=which)
        return self.read_project(project_id=number)

    def get_experiment_results(
        self,
        name: Optional[str] = None,
        project_id: Optional[Id] = None,
        preview: bool = False,
        comparative_experiment_id: Optional[Id] = None,
        filters: Optional[Mapping[Id, List[str]]] = None,
        limit: Optional[int] = None,
    ) -> Dict[str, Any]:
        """Give an experiment's project with its counts, and its examples, each with its runs.

        `preview` is for the beginnings of long values, `filters` are filters of runs by the experiment's id, and
        `limit` is the most examples there are. What was said of the experiment as a whole stands with the rest.
        Shape: {"feedback_stats", "run_stats": {...}, "examples_with_runs": iterator of `Example` with `runs`}.
        """
        project = self.read_project(
            project_name=None if project_id else name, project_id=project_id, include_stats=True
        )
        if project.reference_dataset_id is None:
            raise ConfigurationError(f"{project.name!r} is no experiment: it has no dataset")
        asked = present(
            preview=preview,
            comparative_experiment_id=comparative_experiment_id,
            filters={str(one): list(several) for one, several in filters.items()} if filters else None,
        )
        rows = self._examples_with_runs(project.reference_dataset_id, project.id, limit, asked=asked)
        return {
            "feedback_stats": {**(project.feedback_stats or {}), **(project.session_feedback_stats or {})},
            "run_stats": {name: getattr(project, name, None) for name in STATS},
            "examples_with_runs": rows,
        }

    def _examples_with_runs(
        self,
        dataset_id: Id,
        session_id: Id,
        limit: Optional[int] = None,
        *,
        asked: Optional[Dict[str, Any]] = None,
        nested: bool = False,
    ) -> Iterator[Example]:
        """Give the examples of an experiment, each with its `runs`, and with `nested` those below them too."""
        offset = 0
        while limit is None or offset < limit:
            size = PAGE if limit is None else min(PAGE, limit - offset)
            body = {"session_ids": [session_id], "offset": offset, "limit": size, "preview": False, **(asked or {})}
            page = self._ask("POST", f"/datasets/{dataset_id}/runs", json=plain(body))
            for raw in page:
                example = Example(raw)
                example.runs = [Run(one, self._host) for one in raw.get("runs") or ()]
                if nested:
                    example.runs = [self.read_run(run.id, load_child_runs=True) for run in example.runs]
                yield example
            if len(page) < size:
                return
            offset += size

    def create_comparative_experiment(
        self,
        name: str,
        experiments: Sequence[Id],
        *,
        reference_dataset: Optional[Id] = None,
        description: Optional[str] = None,
        created_at: Optional[datetime] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        id: Optional[Id] = None,
    ) -> ComparativeExperiment:
        """Set experiments (their ids) of one dataset side by side; `evaluate_comparative` judges them so.

        Raises: `ConfigurationError` without an experiment, or when the first of them has no dataset.
        """
        if not experiments:
            raise ConfigurationError("create_comparative_experiment takes at least one experiment")
        dataset = reference_dataset or self.read_project(project_id=experiments[0]).reference_dataset_id
        if dataset is None:
            raise ConfigurationError(f"{experiments[0]} is no experiment: it has no dataset")
        body = {
            "id": id or new_run_id(),
            "name": name,
            "experiment_ids": list(experiments),
            "reference_dataset_id": dataset,
            "description": description,
            "created_at": created_at or datetime.now(timezone.utc),
            "extra": present(metadata=metadata),
        }
        return ComparativeExperiment(self._ask("POST", "/datasets/comparative", json=plain(body)))
