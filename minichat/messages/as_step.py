"""Functions over conversations that are steps of a chain too, when they are called without messages."""

from __future__ import annotations

import functools
import inspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["or_step"]


def or_step(function: F) -> F:
    """Let `function(**settings)` give a RunnableLambda that applies them to the messages it gets.

    Raises: TypeError at once for a setting the function does not have.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(messages: Any = None, **settings: Any) -> Any:
        if messages is not None:
            return function(messages, **settings)
        try:
            signature.bind(None, **settings)
        except TypeError as error:
            raise TypeError(f"{function.__name__}() {error}") from None
        from ..runnables.lambdas import RunnableLambda

        return RunnableLambda(functools.partial(function, **settings), name=function.__name__)

    return called  # type: ignore[return-value]
