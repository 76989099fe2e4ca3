"""RunnableConfig: the dictionary a call takes, and LangChain's functions around it.

Inside the library a config is read once, into a `Context`; these functions are for programs that
handle the dictionaries themselves.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, TypedDict, Union

from ..context import CONFIG_KEYS, CONFIGURABLE_IN_METADATA, DEFAULT_RECURSION_LIMIT, ambient
from ..errors import ConfigurationError

__all__ = [
    "RunnableConfig",
    "ensure_config",
    "get_async_callback_manager_for_config",
    "get_callback_manager_for_config",
    "get_config_list",
    "merge_configs",
    "patch_config",
    "run_in_executor",
    "set_config_context",
]

COPIED = ("tags", "metadata", "callbacks", "configurable")


class RunnableConfig(TypedDict, total=False):
    """How a call is made.

    `tags`, `metadata`: told to handlers, inherited by the runs below. `callbacks`: a list of handlers or
    a manager. `run_name`, `run_id` (UUID): of this run alone. `max_concurrency`: of `batch` and parallel
    steps. `recursion_limit`: how deep functions may return runnables. `configurable`: choices for
    configurable fields and alternatives.
    """

    tags: List[str]
    metadata: Dict[str, Any]
    callbacks: Any
    run_name: str
    max_concurrency: Optional[int]
    recursion_limit: int
    configurable: Dict[str, Any]
    run_id: Any


def ensure_config(config: Optional[RunnableConfig] = None) -> RunnableConfig:
    """Give a config with every default, below it that of the run in whose code this is called."""
    whole: Dict[str, Any] = {
        "tags": [],
        "metadata": {},
        "callbacks": None,
        "recursion_limit": DEFAULT_RECURSION_LIMIT,
        "configurable": {},
    }
    around = ambient.get()
    for layer in (around.config() if around is not None else {}, config or {}):
        for key, value in layer.items():
            if value is not None and key in CONFIG_KEYS:
                whole[key] = value.copy() if key in COPIED and hasattr(value, "copy") else value
    for key, value in (config or {}).items():
        if key not in CONFIG_KEYS and value is not None:
            whole["configurable"][key] = value
    for key in CONFIGURABLE_IN_METADATA:
        value = whole["configurable"].get(key)
        if isinstance(value, str):
            whole["metadata"].setdefault(key, value)
    return whole  # type: ignore[return-value]


def get_config_list(
    config: Union[RunnableConfig, Sequence[RunnableConfig], None], length: int
) -> List[RunnableConfig]:
    """Give `length` configs, of one or of a list of as many.

    Raises: ValueError for a negative length, or a list of another length.
    """
    if length < 0:
        raise ConfigurationError(f"length must be >= 0, but got {length}")
    if isinstance(config, (list, tuple)):
        if len(config) != length:
            raise ConfigurationError(
                "config must be a list of the same length as inputs, "
                f"but got {len(config)} configs for {length} inputs"
            )
        return [ensure_config(one) for one in config]
    first: Any = config
    rest = first
    if length > 1 and first and first.get("run_id") is not None:
        import warnings

        warnings.warn(
            "Provided run_id be used only for the first element of the batch.", RuntimeWarning, stacklevel=2
        )
        rest = {key: value for key, value in first.items() if key != "run_id"}
    return [ensure_config(rest if index else first) for index in range(length)]


def patch_config(
    config: Optional[RunnableConfig],
    *,
    callbacks: Any = None,
    recursion_limit: Optional[int] = None,
    max_concurrency: Optional[int] = None,
    run_name: Optional[str] = None,
    configurable: Optional[Dict[str, Any]] = None,
) -> RunnableConfig:
    """Give `config` with other values; with other callbacks it loses run_name and run_id, which were theirs."""
    patched: Dict[str, Any] = dict(ensure_config(config))
    if callbacks is not None:
        patched["callbacks"] = callbacks
        patched.pop("run_name", None)
        patched.pop("run_id", None)
    given = {"recursion_limit": recursion_limit, "max_concurrency": max_concurrency, "run_name": run_name}
    patched.update({key: value for key, value in given.items() if value is not None})
    if configurable is not None:
        patched["configurable"] = {**patched.get("configurable", {}), **configurable}
    return patched  # type: ignore[return-value]


def merge_configs(*configs: Optional[Mapping[str, Any]]) -> RunnableConfig:
    """Merge configs: tags are united and sorted, dicts updated, callbacks joined; else the later wins."""
    merged: Dict[str, Any] = {}
    for config in configs:
        whole: Mapping[str, Any] = ensure_config(config) if config is not None else {}  # type: ignore[arg-type]
        for key, value in whole.items():
            if key == "tags":
                merged[key] = sorted({*merged.get(key, []), *(value or [])})
            elif key in ("metadata", "configurable"):
                merged[key] = {**merged.get(key, {}), **(value or {})}
            elif key == "callbacks":
                merged[key] = _joined_callbacks(merged.get(key), value)
            elif key == "recursion_limit":
                if value != DEFAULT_RECURSION_LIMIT:
                    merged[key] = value
            else:
                merged[key] = value or merged.get(key)
    return merged  # type: ignore[return-value]


def _joined_callbacks(base: Any, more: Any) -> Any:
    """Join two lists, or a list into a manager, or two managers."""
    if not base or not more:
        return (more or base) if not isinstance(more or base, list) else list(more or base)
    lists = isinstance(base, list), isinstance(more, list)
    if lists == (True, True):
        return base + more
    if lists == (False, False):
        return base.merge(more)
    manager, handlers = (more, base) if lists[0] else (base, more)
    manager = manager.copy()
    for handler in handlers:
        manager.add_handler(handler, inherit=True)
    return manager


def get_callback_manager_for_config(config: RunnableConfig) -> Any:
    """Give the CallbackManager of a config's callbacks, tags and metadata."""
    from ..callbacks.manager import CallbackManager

    return CallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )


def get_async_callback_manager_for_config(config: RunnableConfig) -> Any:
    """Give the AsyncCallbackManager of a config's callbacks, tags and metadata."""
    from ..callbacks.manager import AsyncCallbackManager

    return AsyncCallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )


class set_config_context:
    """Have `config` around the code of a `with` block, as a runnable's own code has its run's."""

    def __init__(self, config: RunnableConfig) -> None:
        self._config = config

    def __enter__(self) -> Any:
        from contextvars import copy_context

        from ..context import Context
        from .base import blocking_backend

        inside = copy_context()
        inside.run(ambient.set, Context.of(self._config, blocking_backend()))
        return inside

    def __exit__(self, *exc_info: object) -> None:
        pass


async def run_in_executor(
    executor_or_config: Any, func: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Run a synchronous function in a thread, with the caller's context variables.

    `executor_or_config`: an executor of concurrent.futures; None or a config means the loop's own.
    Raises: what the function raises; RuntimeError for a StopIteration, which no future can carry.
    """
    from ..backends.tasks import in_thread

    executor = None if executor_or_config is None or isinstance(executor_or_config, dict) else executor_or_config
    return await in_thread(func, *args, executor=executor, **kwargs)
