"""Handlers that a program sets for a stretch of its way, without passing them about: `collect_runs`.

Such a handler stands in a context variable, which `runs` asks for at each call from outside. So it hears the
calls made in the `with` block, also in the tasks begun there, and those of no other thread.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import ConfigurationError
from ..lazy import names_from
from ..runs import register_hook
from .run_collector import RunCollectorCallbackHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Optional, Tuple

    from .langsmith.switch import tracing_v2_enabled

__all__ = ["collect_runs", "register_configure_hook", "tracing_v2_enabled"]

__getattr__ = names_from(__name__.rpartition(".")[0], {"langsmith.switch": "tracing_v2_enabled"}, globals())

NOT_SET = ("", "0", "false", "False")  # values of an environment variable that mean no, as in LangChain

_collector: ContextVar[Optional[RunCollectorCallbackHandler]] = ContextVar("run_collector", default=None)


def _current() -> Optional[Tuple[RunCollectorCallbackHandler, bool]]:
    collector = _collector.get()
    return None if collector is None else (collector, True)


@contextmanager
def collect_runs() -> Iterator[RunCollectorCallbackHandler]:
    """Collect the runs of the block: `with collect_runs() as runs: ...; runs.traced_runs[0].id`."""
    register_hook(_current)  # once is enough, and it does nothing outside a block
    collector = RunCollectorCallbackHandler()
    token = _collector.set(collector)
    try:
        yield collector
    finally:
        _collector.reset(token)


def register_configure_hook(
    context_var: ContextVar[Any],
    inheritable: bool,
    handle_class: Optional[Callable[[], Any]] = None,
    env_var: Optional[str] = None,
) -> None:
    """Have the handler in `context_var`, when there is one, hear every call made from then on.

    With `handle_class` and `env_var`: while that environment variable says yes (not "", "0" or "false") and
    the context variable is empty, each call gets a new handler of the class.
    `inheritable` says whether nested runs are heard. LangChain asks the variable again at each of them,
    so that they are heard in either case; here too.

    Raises: `ConfigurationError` (a ValueError) for an `env_var` without a class.
    """
    del inheritable
    if env_var is not None and handle_class is None:
        raise ConfigurationError("register_configure_hook: env_var= needs handle_class=, to make a handler of")

    def hook() -> Optional[Tuple[Any, bool]]:
        handler = context_var.get(None)
        if handler is None and env_var is not None and handle_class is not None:
            import os

            if os.environ.get(env_var, "") not in NOT_SET:
                handler = handle_class()
        return None if handler is None else (handler, True)

    register_hook(hook)
