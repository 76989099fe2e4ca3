"""The Runnable interface and what composes it."""

from __future__ import annotations

from ..lazy import names_from
from .base import Runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .binding import RunnableBinding
    from .config import (
        RunnableConfig,
        ensure_config,
        get_config_list,
        merge_configs,
        patch_config,
        run_in_executor,
    )
    from .lambdas import RunnableGenerator, RunnableLambda, chain
    from .parallel import RunnableMap, RunnableParallel
    from .sequence import RunnableSequence, coerce_to_runnable
    from .utils import AddableDict, ConfigurableField, aadd, add

__all__ = [
    "AddableDict",
    "ConfigurableField",
    "Runnable",
    "RunnableBinding",
    "RunnableConfig",
    "RunnableGenerator",
    "RunnableLambda",
    "RunnableMap",
    "RunnableParallel",
    "RunnableSequence",
    "aadd",
    "add",
    "chain",
    "coerce_to_runnable",
    "ensure_config",
    "get_config_list",
    "merge_configs",
    "patch_config",
    "run_in_executor",
]

__getattr__ = names_from(
    __name__,
    {
        "binding": "RunnableBinding",
        "config": "RunnableConfig ensure_config get_config_list merge_configs patch_config run_in_executor",
        "lambdas": "RunnableGenerator RunnableLambda chain",
        "parallel": "RunnableMap RunnableParallel",
        "sequence": "RunnableSequence coerce_to_runnable",
        "utils": "AddableDict ConfigurableField aadd add",
    },
    globals(),
)
