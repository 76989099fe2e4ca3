"""`evaluate` and `aevaluate`: a program run over the examples of a dataset, judged, and kept as an experiment.

The experiment is a project that refers to the dataset. Each example is one run of the target there, with
`reference_example_id`; each evaluator is a run in the project "evaluators", and what it says is feedback on the
target's run. Summary evaluators see all rows and speak of the experiment. The link and the progress go to stderr;
`print(results)` shows a table.

Written once over a backend: `evaluate` works in threads, `aevaluate` in tasks, at most `max_concurrency` rows at once.
Two experiments as the target are judged against each other: comparisons.py.
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import overload

from ...backends.driver import run as run_without_loop
from ...errors import ConfigurationError
from .evaluators import EvaluationResult
from .plans import Plan
from .results import AsyncExperimentResults, ExperimentResults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union
    from uuid import UUID

    from .client import Client
    from .comparisons import ComparativeExperimentResults
    from .records import Dataset, Example, TracerSession

    Data = Union[str, UUID, Dataset, Iterable[Example]]
    Experiment = Union[TracerSession, str, UUID]

__all__ = [
    "AsyncExperimentResults",
    "EvaluationResult",
    "ExperimentResults",
    "aevaluate",
    "aevaluate_existing",
    "evaluate",
    "evaluate_existing",
]


@overload
def evaluate(
    target: Union[Tuple[Experiment, Experiment], List[Experiment]],
    /,
    *,
    evaluators: Sequence[Any],
    metadata: Optional[Mapping[str, Any]] = None,
    experiment_prefix: Optional[str] = None,
    description: Optional[str] = None,
    max_concurrency: Optional[int] = 0,
    client: Optional[Client] = None,
    randomize_order: bool = False,
    load_nested: bool = False,
) -> ComparativeExperimentResults: ...


@overload
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
    blocking: bool = True,
    experiment: Optional[Experiment] = None,
    upload_results: bool = True,
    disable_evaluator_tracing: bool = False,
    error_handling: str = "log",
    *,
    load_nested: bool = False,
) -> ExperimentResults: ...


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
    blocking: bool = True,
    experiment: Optional[Experiment] = None,
    upload_results: bool = True,
    disable_evaluator_tracing: bool = False,
    error_handling: str = "log",
    *,
    randomize_order: bool = False,
    load_nested: bool = False,
) -> Union[ExperimentResults, ComparativeExperimentResults]:
    """Run `target` (a function of an example's inputs, or a runnable) over `data`, and judge what it gives.

    A `target` that is an experiment, its name or id, is judged once more, without `data` and without new runs; two of
    them, in a tuple, are judged against each other as by `evaluate_comparative`, which `randomize_order` is for.
    With `load_nested` the runs of experiments that are there have their `child_runs`.
    `data` is a dataset, its name or id, or examples of one. `evaluators` judge rows, `summary_evaluators` the whole
    (evaluators.py says how they are called). With `experiment` rows are added to one that exists. Rows run
    one by one unless `max_concurrency` says how many at once (None: as many as there are).

    With `blocking=False` the results come while they are iterated over, from a thread. `upload_results=False` keeps
    all of it here: nothing but the dataset is asked for. `error_handling="ignore"` leaves runs of a target that
    failed out of the experiment at the server; their rows are here.
    Raises: `LangSmithError` when the dataset cannot be read or the experiment not made; `ConfigurationError` for
    coroutine functions, which `aevaluate` takes. A target or an evaluator that fails is an error in its row.
    """
    from ...backends.blocking import backend

    if isinstance(target, (tuple, list)):
        alone: Dict[str, Any] = {"data": data, "summary_evaluators": summary_evaluators, "experiment": experiment}
        alone.update(num_repetitions=num_repetitions != 1, blocking=not blocking, upload_results=not upload_results)
        alone.update(disable_evaluator_tracing=disable_evaluator_tracing, error_handling=error_handling != "log")
        return _compared(
            target, alone, evaluators=evaluators or (), experiment_prefix=experiment_prefix, description=description,
            max_concurrency=max_concurrency, client=client, metadata=metadata, load_nested=load_nested,
            randomize_order=randomize_order,
        )  # fmt: skip
    if randomize_order:
        raise ConfigurationError("evaluate: randomize_order= is for two experiments as target")
    plan = Plan(
        backend,
        target,
        data,
        evaluators,
        summary_evaluators,
        client,
        metadata=metadata,
        prefix=experiment_prefix,
        description=description,
        limit=max_concurrency,
        repetitions=num_repetitions,
        experiment=experiment,
        upload=upload_results,
        error_handling=error_handling,
        trace_judges=not disable_evaluator_tracing,
        nested=load_nested,
    )
    plan.hold_synchronous()
    run_without_loop(plan.begin())
    results = ExperimentResults(plan.project, len(plan.pairs), plan.url)
    if blocking:
        run_without_loop(plan.carry_out(results))
    else:
        work = copy_context()
        # No daemon: a program that ends meanwhile has its experiment first, as with the SDK.
        threading.Thread(target=lambda: work.run(_carry_out, plan, results), name="evaluate").start()
    return results


def _compared(target: Any, alone: Mapping[str, Any], **given: Any) -> ComparativeExperimentResults:
    """Compare two experiments; `alone` is what is given that has no meaning for them."""
    from .comparisons import evaluate_comparative

    strange = [name for name, value in alone.items() if value]
    if strange:
        raise ConfigurationError(f"evaluate: {strange[0]}= is of no use to two experiments as target")
    return evaluate_comparative(target, **given)


def evaluate_existing(
    experiment: Experiment,
    /,
    evaluators: Optional[Sequence[Any]] = None,
    summary_evaluators: Optional[Sequence[Any]] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    max_concurrency: Optional[int] = 0,
    client: Optional[Client] = None,
    load_nested: bool = False,
    blocking: bool = True,
    disable_evaluator_tracing: bool = False,
) -> ExperimentResults:
    """Judge an experiment once more: `evaluate` with it as the target. `metadata` joins the experiment's."""
    return evaluate(
        experiment,
        None,
        evaluators,
        summary_evaluators,
        metadata,
        max_concurrency=max_concurrency,
        client=client,
        load_nested=load_nested,
        blocking=blocking,
        disable_evaluator_tracing=disable_evaluator_tracing,
    )


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
    blocking: bool = True,
    experiment: Optional[Experiment] = None,
    upload_results: bool = True,
    disable_evaluator_tracing: bool = False,
    error_handling: str = "log",
    *,
    load_nested: bool = False,
) -> AsyncExperimentResults:
    """As `evaluate`, for coroutine functions and runnables; plain functions are called in threads.

    With `blocking=False` a task goes on, and `async for` gives the rows as they come. Two experiments are for
    `evaluate`.
    """
    from ...backends.aio import backend

    plan = Plan(
        backend,
        target,
        data,
        evaluators,
        summary_evaluators,
        client,
        metadata=metadata,
        prefix=experiment_prefix,
        description=description,
        limit=max_concurrency,
        repetitions=num_repetitions,
        experiment=experiment,
        upload=upload_results,
        error_handling=error_handling,
        trace_judges=not disable_evaluator_tracing,
        nested=load_nested,
    )
    await plan.begin()
    results = AsyncExperimentResults(plan.project, len(plan.pairs), plan.url)
    if blocking:
        await plan.carry_out(results)
    else:
        results.go_on(plan.carry_out(results))
    return results


async def aevaluate_existing(
    experiment: Experiment,
    /,
    evaluators: Optional[Sequence[Any]] = None,
    summary_evaluators: Optional[Sequence[Any]] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    max_concurrency: Optional[int] = 0,
    client: Optional[Client] = None,
    load_nested: bool = False,
    blocking: bool = True,
    disable_evaluator_tracing: bool = False,
) -> AsyncExperimentResults:
    """The same with `aevaluate`."""
    return await aevaluate(
        experiment,
        None,
        evaluators,
        summary_evaluators,
        metadata,
        max_concurrency=max_concurrency,
        client=client,
        load_nested=load_nested,
        blocking=blocking,
        disable_evaluator_tracing=disable_evaluator_tracing,
    )


def _carry_out(plan: Plan, results: ExperimentResults) -> None:
    try:
        run_without_loop(plan.carry_out(results))
    except BaseException:  # the results have it, and raise it for whoever looks at them
        return
