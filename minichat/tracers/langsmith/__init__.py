"""LangSmith: runs sent to it as they happen, and what is there read back.

Set `LANGSMITH_TRACING=true` and `LANGSMITH_API_KEY` (or `LANGCHAIN_TRACING_V2`, `LANGCHAIN_API_KEY`), and every call
is traced; `tracing_context` and `tracing_v2_enabled` do it for a block, `LangChainTracer` for a call, `@traceable`
for a function of one's own. `Client` reads what is there, `evaluate` makes an experiment. Nothing of
this folder is imported before one of these is used. The names are those of `langsmith` and
`langchain_core.tracers`; they are loaded from their modules on first use.

The way of a run: `switch` (is this call traced?) -> `tracer` (its events, as `snapshots`) -> `payloads` (the wire's
object; `masks` of a client's own) -> `sender` (queue and thread; `fan` to several `endpoints`) -> `delivery`
(`multipart`, `transport`; `failed` keeps what nobody took) or `otel` (`spans`).
"""

from __future__ import annotations

from ...lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .anonymizer import create_anonymizer
    from .client import Client
    from .comparisons import ComparativeExperimentResults, ComparisonEvaluationResult, evaluate_comparative
    from .ending import flush
    from .evaluation import (
        AsyncExperimentResults,
        ExperimentResults,
        aevaluate,
        aevaluate_existing,
        evaluate,
        evaluate_existing,
    )
    from .evaluators import EvaluationResult, EvaluationResults, RunEvaluator, run_evaluator
    from .functions import get_current_run_tree, is_traceable_function, set_run_metadata, trace, traceable
    from .run_trees import RunTree
    from .settings import Settings, tracing_is_on
    from .switch import get_tracing_context, tracing_context, tracing_v2_enabled
    from .tracer import LangChainTracer
    from .transport import (
        LangSmithAPIError,
        LangSmithAuthError,
        LangSmithConflictError,
        LangSmithConnectionError,
        LangSmithError,
        LangSmithNotFoundError,
        LangSmithRateLimitError,
        LangSmithRequestTimeout,
    )

__all__ = [
    "AsyncExperimentResults",
    "Client",
    "ComparativeExperimentResults",
    "ComparisonEvaluationResult",
    "EvaluationResult",
    "EvaluationResults",
    "ExperimentResults",
    "LangChainTracer",
    "LangSmithAPIError",
    "LangSmithAuthError",
    "LangSmithConflictError",
    "LangSmithConnectionError",
    "LangSmithError",
    "LangSmithNotFoundError",
    "LangSmithRateLimitError",
    "LangSmithRequestTimeout",
    "RunEvaluator",
    "RunTree",
    "Settings",
    "aevaluate",
    "aevaluate_existing",
    "create_anonymizer",
    "evaluate",
    "evaluate_comparative",
    "evaluate_existing",
    "flush",
    "get_current_run_tree",
    "get_tracing_context",
    "is_traceable_function",
    "run_evaluator",
    "set_run_metadata",
    "trace",
    "traceable",
    "tracing_context",
    "tracing_is_on",
    "tracing_v2_enabled",
]

_load = names_from(
    __name__,
    {
        "anonymizer": "create_anonymizer",
        "client": "Client",
        "comparisons": "ComparativeExperimentResults ComparisonEvaluationResult evaluate_comparative",
        "ending": "flush",
        "evaluation": "AsyncExperimentResults ExperimentResults aevaluate aevaluate_existing evaluate"
        " evaluate_existing",
        "evaluators": "EvaluationResult EvaluationResults RunEvaluator run_evaluator",
        "run_trees": "RunTree",
        "settings": "Settings tracing_is_on",
        "switch": "get_tracing_context tracing_context tracing_v2_enabled",
        "functions": "get_current_run_tree is_traceable_function set_run_metadata trace traceable",
        "tracer": "LangChainTracer",
        "transport": "LangSmithAPIError LangSmithAuthError LangSmithConflictError LangSmithConnectionError"
        " LangSmithError LangSmithNotFoundError LangSmithRateLimitError LangSmithRequestTimeout",
    },
    globals(),
)


def __getattr__(name: str) -> object:
    return _load(name)
