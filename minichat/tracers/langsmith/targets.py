"""What an experiment runs: how a target is called with an example, and what its run shows."""

from __future__ import annotations

import inspect

from ...errors import ConfigurationError
from .functions import is_traceable_function, traceable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List

__all__ = ["name_of_run", "traced_target"]


def traced_target(target: Any, suspends: bool) -> Any:
    """Give the name of a target, a traced function, and which parts of an example it is called with."""
    name = str(getattr(target, "__name__", None) or type(target).__name__).strip("<>")
    if callable(getattr(target, "invoke", None)):
        return name, _as_target(target.ainvoke if suspends else target.invoke, suspends), PARTS[:1]
    if not callable(target):
        raise ConfigurationError(f"evaluate takes a function or a runnable as target, not {type(target).__name__}")
    return name, target if is_traceable_function(target) else _as_target(target, suspends), _wanted(target)


PARTS = ["inputs", "metadata"]  # of an example, that a target can ask for by the names of its parameters


def _wanted(target: Callable[..., Any]) -> List[str]:
    """Give what a target is called with: an example's inputs, unless its first parameters name parts of one.

    Raises: `ConfigurationError` for one that asks for anything else, or for nothing.
    """
    parameters = [
        one
        for one in inspect.signature(target).parameters.values()
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    required = [one.name for one in parameters if one.default is one.empty]
    if not parameters or (len(required) > 1 and not set(required) <= set(PARTS)):
        raise ConfigurationError(
            "evaluate: a target takes the inputs of an example, or parameters named `inputs` and `metadata`"
            + ("; attachments are not read here" if "attachments" in required else f", not {required}")
        )
    named: List[str] = []
    for one in parameters:
        if one.name not in PARTS:
            break
        named.append(one.name)
    return named or PARTS[:1]


def _as_target(function: Callable[..., Any], suspends: bool) -> Any:
    """Trace a function of an example's inputs: the run's are these, where the parameter is called `inputs`, else all
    arguments by their names. Source: langsmith 0.15.0, by running it.
    """

    def shown(inputs: Dict[str, Any]) -> Any:
        return inputs["inputs"] if "inputs" in inputs else inputs

    return traceable(name=name_of_run(suspends), process_inputs=shown)(function)


def name_of_run(suspends: bool) -> str:
    """Give the name of a target's run, where that has none of its own."""
    return "AsyncTarget" if suspends else "Target"
