"""Evaluators: how a function that judges is called, and what its answer means.

A judging function says by its parameters what it wants, in any order: `inputs`, `outputs`, `reference_outputs`,
`metadata`, `run`, `example`; or it takes two others, which are the run and its example. Of a whole experiment it gets
a list of each, `runs` and `examples` then. It answers with a dict (`score`, `value`, `comment`, `key`), a number or
bool (a score), a text (a value), a list of dicts, or `{"results": [...]}`. Source: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

import inspect
from uuid import UUID

from ...errors import ConfigurationError
from ...runs import new_run_id
from .functions import is_traceable_function, traceable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

    from ...backends.base import Backend
    from .records import Example, Run
    from .run_trees import RunTree

__all__ = [
    "EvaluationResult",
    "EvaluationResults",
    "Judge",
    "RESULT_FIELDS",
    "RunEvaluator",
    "arguments",
    "run_evaluator",
    "wanted_by",
]

RESULT_FIELDS = ("key", "score", "value", "comment", "correction", "metadata", "feedback_config", "extra")
JUDGED = ("score", "value")  # None of these is an answer too: this measure does not apply
# What an evaluator may ask for; two parameters of any other names are the first two.
ROW = ("run", "example", "inputs", "outputs", "reference_outputs", "metadata")
WHOLE = ("runs", "examples", "inputs", "outputs", "reference_outputs", "metadata")


class EvaluationResult:
    """What an evaluator says: `key` names the measure; `score` is a number or bool, `value` anything else.

    >>> EvaluationResult(key="exact", score=True)
    EvaluationResult(key='exact', score=True)
    """

    def __init__(
        self,
        *,
        key: str,
        score: Any = None,
        value: Any = None,
        comment: Optional[str] = None,
        correction: Any = None,
        metadata: Optional[Mapping[str, Any]] = None,
        feedback_config: Optional[Mapping[str, Any]] = None,
        extra: Optional[Mapping[str, Any]] = None,
        source_run_id: Optional[UUID] = None,
    ) -> None:
        self.key = key
        self.score = score
        self.value = value
        self.comment = comment
        self.correction = correction
        self.metadata = metadata
        self.feedback_config = feedback_config
        self.extra = extra
        self.source_run_id = source_run_id

    @property
    def failed(self) -> bool:
        """Say whether the evaluator itself failed; `comment` says how."""
        return bool(self.extra and self.extra.get("error"))

    def model_dump(self) -> Dict[str, Any]:
        """Give what was said, as the output of the evaluator's run."""
        return {name: getattr(self, name) for name in RESULT_FIELDS if getattr(self, name) is not None}

    def __repr__(self) -> str:
        shown = [f"{name}={value!r}" for name, value in vars(self).items() if value is not None]
        return f"{type(self).__name__}({', '.join(shown)})"


class EvaluationResults(dict):  # type: ignore[type-arg]  # dict[str, Any] would need `Any` at run time
    """Several answers of one evaluator.

    >>> EvaluationResults(results=[EvaluationResult(key="a", score=1)])
    {'results': [EvaluationResult(key='a', score=1)]}
    """


class RunEvaluator:
    """An evaluator as an object: a class of your own says in `evaluate_run` what it thinks of a run."""

    def evaluate_run(self, run: Any, example: Optional[Example] = None) -> Any:
        """Give an `EvaluationResult`, or what else an evaluator may answer."""
        raise NotImplementedError(f"{type(self).__name__} has no evaluate_run(run, example)")


class _Function(RunEvaluator):
    """A function as an object that can be asked; `evaluate` calls the function itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = str(getattr(function, "__name__", type(function).__name__))
        self._wanted = wanted_by(function, self.__name__)

    def evaluate_run(self, run: Any, example: Optional[Example] = None) -> Any:
        """Give what the function says of a run, as an `EvaluationResult`, or `EvaluationResults` if it is not one."""
        if inspect.iscoroutinefunction(self.function):
            raise ConfigurationError(
                f"evaluator {self.__name__} is a coroutine function: await it yourself, or give it to aevaluate()"
            )
        positional, named = arguments(self._wanted, _of_row(run, example))
        found = results_of(self.function(*positional, **named), self.__name__)
        return found[0] if len(found) == 1 else EvaluationResults(results=found)

    __call__ = evaluate_run


def run_evaluator(function: Callable[..., Any]) -> RunEvaluator:
    """Make an evaluator of a function, which can also be asked by itself.

    >>> @run_evaluator
    ... def short(run, example):
    ...     return len(run.outputs["text"]) < 9
    >>> from minichat.tracers.langsmith import RunTree
    >>> short.evaluate_run(RunTree(name="f", outputs={"text": "so"})).score
    True
    """
    return _Function(function)


class Judge:
    """One evaluator of an experiment, of its rows or (`whole`) of all of them at once.

    Raises: `ConfigurationError` for something that cannot be called with what there is.
    """

    def __init__(self, evaluator: Any, *, whole: bool = False) -> None:
        function = evaluator.function if isinstance(evaluator, _Function) else evaluator
        function = getattr(function, "evaluate_run", function)
        if not callable(function):
            raise ConfigurationError(f"an evaluator is a function, not {type(evaluator).__name__}")
        self.name = str(getattr(evaluator, "__name__", None) or type(evaluator).__name__)
        self._whole = whole
        self._wanted = wanted_by(function, self.name, WHOLE if whole else ROW)
        if is_traceable_function(function):
            self._traced = function
        else:
            shown = _counted if whole else None
            self._traced = traceable(name=self.name, process_inputs=shown)(function)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self._traced)

    async def of_row(
        self, backend: Backend, run: Union[RunTree, Run], example: Example, extra: Dict[str, Any]
    ) -> List[EvaluationResult]:
        """Judge one row, as a run of its own."""
        return await self._judged(backend, _of_row(run, example), extra)

    async def of_all(
        self,
        backend: Backend,
        runs: Sequence[Union[RunTree, Run]],
        examples: Sequence[Example],
        extra: Dict[str, Any],
    ) -> List[EvaluationResult]:
        """Judge an experiment."""
        known = {
            "runs": list(runs),
            "examples": list(examples),
            "inputs": [example.inputs for example in examples],
            "outputs": [run.outputs or {} for run in runs],
            "reference_outputs": [example.outputs or {} for example in examples],
            "metadata": [example.metadata or {} for example in examples],
        }
        return await self._judged(backend, known, extra)

    async def _judged(self, backend: Backend, known: Dict[str, Any], extra: Dict[str, Any]) -> List[EvaluationResult]:
        run_id = new_run_id()
        extra = {**extra, "run_id": run_id}
        positional, named = arguments(self._wanted, known)
        try:
            answer = await backend.call(self._traced, *positional, **named, langsmith_extra=extra)
            results = results_of(answer, self.name)
        except Exception as error:
            import logging

            logging.getLogger(__name__).warning("evaluator %s failed: %r", self.name, error)
            results = [EvaluationResult(key=self.name, comment=repr(error), extra={"error": True})]
        for result in results:
            result.source_run_id = UUID(run_id)
        return results


def _counted(inputs: Dict[str, Any]) -> Dict[str, Any]:
    """Show of the inputs of a whole experiment how many there are; each stands in a run already."""
    return {name: f"{len(value)} {name}" for name, value in inputs.items()}


def _of_row(run: Union[RunTree, Run], example: Optional[Example]) -> Dict[str, Any]:
    """Give what an evaluator of one row may want, by name."""
    return {
        "run": run,
        "example": example,
        "inputs": getattr(example, "inputs", None) or {},
        "outputs": run.outputs or {},
        "reference_outputs": getattr(example, "outputs", None) or {},
        "metadata": getattr(example, "metadata", None) or {},
    }


def arguments(wanted: Sequence[str], known: Mapping[str, Any]) -> Tuple[List[Any], Dict[str, Any]]:
    """Give the arguments for what a function wants, by position and by name."""
    positional = [known[name] for name in wanted if name[0] != "="]
    return positional, {name[1:]: known[name[1:]] for name in wanted if name[0] == "="}


def wanted_by(function: Callable[..., Any], name: str, names: Sequence[str] = ROW) -> List[str]:
    """Give the values to call a function with, those by keyword with `=` before the name.

    Raises: `ConfigurationError` for one that cannot be called with any of `names`.
    """
    parameters = [
        one
        for one in inspect.signature(function).parameters.values()
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    required = [one for one in parameters if one.default is one.empty]
    if all(one.name in names for one in required):
        return [
            one.name if one.kind is one.POSITIONAL_ONLY else "=" + one.name for one in parameters if one.name in names
        ]
    if len(required) <= 2 <= len([one for one in parameters if one.kind is not one.KEYWORD_ONLY]):
        return list(names[:2])
    raise ConfigurationError(f"evaluator {name}: its parameters are two, or some of {', '.join(names)}")


def results_of(answer: Any, name: str) -> List[EvaluationResult]:
    """Read what an evaluator answered; `name` is the key where it gives none.

    >>> [result.key for result in results_of([{"key": "a", "score": 1}, {"score": 0}], "mine")]
    ['a', 'mine']

    Raises: `ConfigurationError` for an answer that says nothing.
    """
    if isinstance(answer, EvaluationResult):
        return [answer]
    if isinstance(answer, dict) and "results" in answer:
        answer = answer["results"]
    if isinstance(answer, (list, tuple)):
        return [result for one in answer for result in results_of(one, name)]
    if isinstance(answer, (bool, int, float)):
        return [EvaluationResult(key=name, score=answer)]
    if isinstance(answer, str):
        return [EvaluationResult(key=name, value=answer)]
    said = RESULT_FIELDS[1:]
    told = [field for field in said if field in answer] if isinstance(answer, dict) else []
    if any(field in JUDGED or answer[field] is not None for field in told):
        fields = {field: answer[field] for field in RESULT_FIELDS if field in answer}
        fields["key"] = answer.get("key") or answer.get("name") or name
        return [EvaluationResult(**fields)]
    raise ConfigurationError(
        f"evaluator {name} answered {type(answer).__name__}; it takes a dict with score or value, a number, "
        "a bool, a text, or a list of these"
    )
