"""The Runnable interface and what composes it."""

from __future__ import annotations

from ..lazy import names_from
from .base import Runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .binding import RunnableBinding
    from .branch import RunnableBranch
    from .config import (
        RunnableConfig,
        ensure_config,
        get_config_list,
        merge_configs,
        patch_config,
        run_in_executor,
    )
    from .configurable import RunnableConfigurableAlternatives, RunnableConfigurableFields
    from .each import RunnableEach
    from .fallbacks import RunnableWithFallbacks
    from .history import RunnableWithMessageHistory
    from .lambdas import RunnableGenerator, RunnableLambda, chain
    from .parallel import RunnableMap, RunnableParallel
    from .passthrough import RunnableAssign, RunnablePassthrough, RunnablePick
    from .retry import RunnableRetry
    from .router import RouterInput, RouterRunnable
    from .sequence import RunnableSequence, coerce_to_runnable
    from .serializable import RunnableSerializable
    from .utils import (
        AddableDict,
        ConfigurableField,
        ConfigurableFieldMultiOption,
        ConfigurableFieldSingleOption,
        ConfigurableFieldSpec,
        aadd,
        add,
    )

__all__ = [
    "AddableDict",
    "ConfigurableField",
    "ConfigurableFieldMultiOption",
    "ConfigurableFieldSingleOption",
    "ConfigurableFieldSpec",
    "RouterInput",
    "RouterRunnable",
    "Runnable",
    "RunnableAssign",
    "RunnableBinding",
    "RunnableBranch",
    "RunnableConfig",
    "RunnableConfigurableAlternatives",
    "RunnableConfigurableFields",
    "RunnableEach",
    "RunnableGenerator",
    "RunnableLambda",
    "RunnableMap",
    "RunnableParallel",
    "RunnablePassthrough",
    "RunnablePick",
    "RunnableRetry",
    "RunnableSequence",
    "RunnableSerializable",
    "RunnableWithFallbacks",
    "RunnableWithMessageHistory",
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
        "branch": "RunnableBranch",
        "config": "RunnableConfig ensure_config get_config_list merge_configs patch_config run_in_executor",
        "configurable": "RunnableConfigurableAlternatives RunnableConfigurableFields",
        "each": "RunnableEach",
        "fallbacks": "RunnableWithFallbacks",
        "history": "RunnableWithMessageHistory",
        "lambdas": "RunnableGenerator RunnableLambda chain",
        "parallel": "RunnableMap RunnableParallel",
        "passthrough": "RunnableAssign RunnablePassthrough RunnablePick",
        "retry": "RunnableRetry",
        "router": "RouterInput RouterRunnable",
        "sequence": "RunnableSequence coerce_to_runnable",
        "serializable": "RunnableSerializable",
        "utils": (
            "AddableDict ConfigurableField ConfigurableFieldMultiOption ConfigurableFieldSingleOption "
            "ConfigurableFieldSpec aadd add"
        ),
    },
    globals(),
)
