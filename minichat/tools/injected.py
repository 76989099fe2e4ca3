"""Arguments that the model never sees: what marks them, and where a function asks for them.

A parameter annotated ``Annotated[T, InjectedToolArg]`` is filled in by the program, one annotated
``Annotated[str, InjectedToolCallId]`` with the id of the call at hand, one annotated `RunnableConfig`
with the config of the calls made inside the tool; `run_manager` and `callbacks` go by their names.
"""

from __future__ import annotations

import functools
import inspect
import typing

from ..utils.function_calling import RUN_ARGUMENTS as FILTERED_ARGS
from ..utils.function_calling import annotation_resolver, injected_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

__all__ = [
    "FILTERED_ARGS",
    "InjectedToolArg",
    "InjectedToolCallId",
    "asks_for_call_id",
    "injected_parameters",
    "is_injected",
    "parameters_of",
    "runnable_config_param",
    "source_of",
]


class InjectedToolArg:
    """Marks an argument that the program gives and the model does not see: ``Annotated[T, InjectedToolArg]``."""


class InjectedToolCallId(InjectedToolArg):
    """Marks the argument that gets the id of the tool call: ``Annotated[str, InjectedToolCallId]``."""


def is_injected(annotation: Any) -> bool:
    """Tell whether an annotation, resolved, is marked; LangChain's own marks count too."""
    return bool({"InjectedToolArg", "_DirectlyInjectedToolArg"}.intersection(injected_by(annotation)))


def asks_for_call_id(annotation: Any) -> bool:
    """Tell whether an annotation asks for the id of the tool call."""
    return "InjectedToolCallId" in injected_by(annotation)


def source_of(function: Any) -> Any:
    """Give the function that carries names, docstring and annotations: of a partial, or of a callable object."""
    while isinstance(function, functools.partial):
        function = function.func
    plain = inspect.isroutine(function) or isinstance(function, type)
    return function if plain else function.__call__


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    """Give a function's parameters; none for what cannot tell, as some built-in functions."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def injected_parameters(function: Callable[..., Any]) -> list[str]:
    """Name the parameters of a function that are marked; what cannot be resolved is not."""
    source = source_of(function)
    resolve = annotation_resolver(source.__name__, source)
    found = []
    for name, parameter in parameters_of(function).items():
        try:
            annotation = resolve(name, parameter.annotation)
        except TypeError:
            continue  # a name for type checkers only; no mark can be inside what is not there
        if is_injected(annotation):
            found.append(name)
    return found


def runnable_config_param(function: Callable[..., Any]) -> Optional[str]:
    """Name the parameter annotated `RunnableConfig`, perhaps ``Optional``, if there is one."""
    for name, parameter in parameters_of(function).items():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            found = "RunnableConfig" in annotation
        else:
            parts = (annotation, *typing.get_args(annotation))
            found = any(getattr(part, "__name__", "") == "RunnableConfig" for part in parts)
        if found:
            return name
    return None
