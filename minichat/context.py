"""Context: how one call is made, and who is told of it. LangChain's config dictionary, read once.

A context is passed down as an argument, and `Run.child` makes the one for a nested call: handlers,
tags and metadata that are inherited go on, a run's name and id do not. One context variable exists,
`ambient`, and it is set around users' code only (`call_user`), so that a model called inside a
function finds its parent run; never across a `yield`, where it would leak to the consumer.
"""

from __future__ import annotations

import os
from contextvars import ContextVar

from .errors import ConfigurationError
from .settings import check_dictionary, check_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from typing import Any, Dict, Iterable, List, Optional, Tuple, Union
    from uuid import UUID

    from .backends.base import Backend
    from .runs import Run

    Config = Mapping[str, Any]
    Hook = Callable[[], Optional[Tuple[Any, bool]]]

__all__ = [
    "CONFIG_KEYS",
    "Context",
    "ParentRun",
    "ambient",
    "call_user",
    "iterate_user",
    "register_hook",
    "set_tracing",
]

DEFAULT_RECURSION_LIMIT = 25

CONFIG_KEYS = (
    "tags",
    "metadata",
    "callbacks",
    "run_name",
    "max_concurrency",
    "recursion_limit",
    "configurable",
    "run_id",
)

# Of `configurable`, what handlers read as metadata. Source: langchain-core 1.8, by running it.
CONFIGURABLE_IN_METADATA = ("model", "checkpoint_ns")

ambient: ContextVar[Optional[Context]] = ContextVar("ambient", default=None)

# What switches tracing on; tracers/langsmith/settings.py reads it exactly. The process has them as bytes where it can.
TRACING = ("LANGSMITH_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING")
_tracing_keys: Tuple[Any, ...] = tuple(map(os.fsencode, TRACING)) if os.supports_bytes_environ else TRACING
_yes: Any = b"true" if os.supports_bytes_environ else "true"

_hooks: List[Hook] = []
_tracing: Any = None  # the module tracers.langsmith.switch, once tracing was asked for
_plain: Dict[Backend, Context] = {}  # the context of calls without a config, of each backend


def register_hook(hook: Hook) -> None:
    """Have `hook()` asked at each call from outside: None, or (handler, does it hear child runs too).

    For handlers that a program sets without passing them: `collect_runs()`, `set_debug(True)`.
    """
    if hook not in _hooks:
        _hooks.append(hook)


def set_tracing(switch: Any) -> None:
    """Ask `switch.add_tracer(context)` at each call from outside, its other functions where a `with_config` joins."""
    global _tracing
    _tracing = switch


def _environment_asks_for_tracing() -> bool:
    """Say whether a switch of tracing stands on "true": with four looks into a dict, for this is asked at every call."""
    data = getattr(os.environ, "_data", None)  # of CPython and PyPy; `os.environ.get` takes ten times as long
    if data is None:
        return any(os.environ.get(name) == "true" for name in TRACING)
    for key in _tracing_keys:
        if data.get(key) == _yes:
            return True
    return False


class ParentRun:
    """The run above, where all that is known of it is its id, as in a manager's `parent_run_id`."""

    __slots__ = ("uuid",)

    def __init__(self, uuid: UUID) -> None:
        self.uuid = uuid

    @property
    def id(self) -> str:
        return str(self.uuid)


class Context:
    """How one call is made; immutable in use.

    `handlers` are told of this run, `inheritable` of the runs below it; in the same way `tags` and
    `inheritable_tags`, `metadata` and `inheritable_metadata`.
    """

    __slots__ = (
        "backend",
        "handlers",
        "inheritable",
        "tags",
        "inheritable_tags",
        "metadata",
        "inheritable_metadata",
        "run_name",
        "run_id",
        "max_concurrency",
        "recursion_limit",
        "configurable",
        "parent",
    )

    def __init__(
        self,
        backend: Backend,
        handlers: Tuple[Any, ...] = (),
        inheritable: Tuple[Any, ...] = (),
        tags: Tuple[str, ...] = (),
        inheritable_tags: Tuple[str, ...] = (),
        metadata: Config = {},
        inheritable_metadata: Config = {},
        run_name: Optional[str] = None,
        run_id: Optional[str] = None,
        max_concurrency: Optional[int] = None,
        recursion_limit: int = DEFAULT_RECURSION_LIMIT,
        configurable: Config = {},
        parent: Union[Run, ParentRun, None] = None,
    ) -> None:
        self.backend = backend
        self.handlers = handlers
        self.inheritable = inheritable
        self.tags = tags
        self.inheritable_tags = inheritable_tags
        self.metadata = metadata
        self.inheritable_metadata = inheritable_metadata
        self.run_name = run_name
        self.run_id = run_id
        self.max_concurrency = max_concurrency
        self.recursion_limit = recursion_limit
        self.configurable = configurable
        self.parent = parent

    # -- from outside ----------------------------------------------------------------------

    @classmethod
    def of(cls, config: Optional[Config], backend: Backend) -> Context:
        """Make the context of a call from its config, and from the run in whose code it is made.

        A key that is given replaces the one around it; handlers, tags and metadata of a run around are
        inherited, unless `callbacks` is given.

        Raises: `ConfigurationError` naming the key whose value cannot be used.
        """
        around = ambient.get()
        if _tracing is None and _environment_asks_for_tracing():
            from .tracers.langsmith import switch

            set_tracing(switch)
        # Nothing to say: such calls share one.
        if around is None and not config and not _hooks and _tracing is None:
            plain = _plain.get(backend)
            if plain is None:
                plain = _plain[backend] = cls(backend)
            return plain
        if around is None:
            context = cls(backend)
        elif config and config.get("callbacks") is not None:
            context = around.over(backend)
            context.handlers = context.inheritable = ()
            context.parent = None
        else:
            context = around.over(backend)
        if config:
            context._read(config)
        for hook in _hooks:
            found = hook()
            if found is not None and not any(found[0] is handler for handler in context.handlers):
                context._add_handlers((found[0],), inherit=found[1])
        if _tracing is not None:
            _tracing.add_tracer(context)
        return context

    def over(self, backend: Backend) -> Context:
        """Give a copy over another backend."""
        return Context(
            backend, self.handlers, self.inheritable, self.tags, self.inheritable_tags, self.metadata,
            self.inheritable_metadata, self.run_name, self.run_id, self.max_concurrency, self.recursion_limit,
            self.configurable, self.parent,
        )  # fmt: skip

    def replaced(self, **changes: Any) -> Context:
        """Give a copy with other values."""
        context = self.over(self.backend)
        for name, value in changes.items():
            setattr(context, name, value)
        return context

    def _read(self, config: Config) -> None:
        if not hasattr(config, "get"):
            raise ConfigurationError(f"config= takes a dictionary, not {type(config).__name__}")
        callbacks = config.get("callbacks")
        if callbacks is not None:
            self._read_callbacks(callbacks)
        if config.get("tags"):
            self._add_tags(check_tags(config["tags"]))
        if config.get("metadata"):
            self._add_metadata(config["metadata"])
        limit = config.get("max_concurrency")
        if limit is not None:
            if not isinstance(limit, int) or limit < 1:
                raise ConfigurationError(f"config['max_concurrency'] takes a whole number from 1, not {limit!r}")
            self.max_concurrency = limit
        if config.get("recursion_limit") is not None:
            self.recursion_limit = config["recursion_limit"]
        self.run_name = config.get("run_name")
        self.run_id = _uuid_text(config.get("run_id"))
        configurable = config.get("configurable")
        unknown = {name: config[name] for name in config if name not in CONFIG_KEYS}
        if configurable or unknown:
            self.configurable = {**(configurable or self.configurable), **unknown}
            more = {name: self.configurable.get(name) for name in CONFIGURABLE_IN_METADATA}
            found = {name: value for name, value in more.items() if isinstance(value, str)}
            self._add_metadata({**found, **self.metadata})

    def _read_callbacks(self, callbacks: Any) -> None:
        if hasattr(callbacks, "inheritable_handlers"):  # a manager, as LangChain hands them about
            self.handlers = tuple(callbacks.handlers)
            self.inheritable = tuple(callbacks.inheritable_handlers)
            self.tags = tuple(callbacks.tags)
            self.inheritable_tags = tuple(callbacks.inheritable_tags)
            self.metadata = dict(callbacks.metadata)
            self.inheritable_metadata = dict(callbacks.inheritable_metadata)
            parent = callbacks.parent_run_id
            self.parent = None if parent is None else ParentRun(parent)
        elif isinstance(callbacks, (list, tuple)):
            self.handlers = self.inheritable = tuple(callbacks)
        else:
            raise ConfigurationError(
                "config['callbacks'] takes a list of handlers or a CallbackManager, "
                f"not {type(callbacks).__name__}"
            )

    # -- more of the same ------------------------------------------------------------------

    def _add_handlers(self, handlers: Iterable[Any], inherit: bool) -> None:
        fresh = tuple(one for one in handlers if one not in self.handlers)
        self.handlers += fresh
        if inherit:
            self.inheritable += tuple(one for one in fresh if one not in self.inheritable)

    def _add_tags(self, tags: Tuple[str, ...], inherit: bool = True) -> None:
        self.tags = (*(tag for tag in self.tags if tag not in tags), *tags)
        if inherit:
            self.inheritable_tags = (*(tag for tag in self.inheritable_tags if tag not in tags), *tags)

    def _add_metadata(self, metadata: Config, inherit: bool = True) -> None:
        check_dictionary("metadata", metadata)
        self.metadata = {**self.metadata, **metadata}
        if inherit:
            self.inheritable_metadata = {**self.inheritable_metadata, **metadata}

    def with_own(self, callbacks: Any = None, tags: Any = None, metadata: Any = None) -> Context:
        """Add what a runnable itself was made with: heard of its own runs, not of those below."""
        if not (callbacks or tags or metadata):
            return self
        context = self.over(self.backend)
        context._add_handlers(getattr(callbacks, "handlers", callbacks) or (), inherit=False)
        context._add_tags(check_tags(tags or ()), inherit=False)
        context._add_metadata(metadata or {}, inherit=False)
        if callbacks and _tracing is not None:
            _tracing.keep_one(context, self.handlers)
        return context

    def under(self, config: Config) -> Context:
        """Give this context with a config bound below it (`with_config`): the call's own words win."""
        if not config:
            return self
        context = self.over(self.backend)
        bound = Context(self.backend)
        bound._read(config)
        if self.parent is None:
            context.handlers, context.inheritable = bound.handlers, bound.inheritable
            context._add_handlers(self.handlers, inherit=False)
            context.inheritable += tuple(one for one in self.inheritable if one not in context.inheritable)
        else:
            context._add_handlers(bound.inheritable, inherit=True)
        if bound.handlers and _tracing is not None:
            _tracing.keep_one(context, self.handlers)
        if bound.inheritable_tags:
            inherited = tuple(sorted({*bound.inheritable_tags, *self.inheritable_tags}))
            context._add_tags(inherited)
        context.metadata = {**bound.metadata, **self.metadata}
        context.inheritable_metadata = {**bound.inheritable_metadata, **self.inheritable_metadata}
        context.run_name = self.run_name or bound.run_name
        context.run_id = self.run_id or bound.run_id
        context.max_concurrency = self.max_concurrency or bound.max_concurrency
        if self.recursion_limit == DEFAULT_RECURSION_LIMIT:
            context.recursion_limit = bound.recursion_limit
        context.configurable = {**bound.configurable, **self.configurable}
        if bound.configurable and _tracing is not None:
            _tracing.show_configurable(context)
        return context

    def config(self, is_async: Optional[bool] = None) -> Dict[str, Any]:
        """Give LangChain's config dictionary, as users' code gets it.

        Its `callbacks` is a manager, for the backend's side or the one that `is_async` says.
        """
        from .callbacks.manager import manager_of

        config: Dict[str, Any] = {
            "tags": list(self.inheritable_tags),
            "metadata": dict(self.inheritable_metadata),
            "callbacks": manager_of(self, is_async=is_async),
            "recursion_limit": self.recursion_limit,
            "configurable": dict(self.configurable),
        }
        if self.max_concurrency is not None:
            config["max_concurrency"] = self.max_concurrency
        if self.run_name is not None:
            config["run_name"] = self.run_name
        if self.run_id is not None:
            from uuid import UUID

            config["run_id"] = UUID(self.run_id)
        return config


def _uuid_text(run_id: Any) -> Optional[str]:
    """Give config's `run_id`, a `uuid.UUID` or its text, as text."""
    if run_id is None:
        return None
    from uuid import UUID  # 8 ms, for those who name their runs

    try:
        return str(UUID(str(run_id)))
    except ValueError:
        raise ConfigurationError(f"config['run_id'] takes a uuid.UUID or its text, not {run_id!r}") from None


# -- users' code -------------------------------------------------------------------------------


async def call_user(context: Context, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a user's function; what it calls finds `context` around it."""
    token = ambient.set(context)
    try:
        return await context.backend.call(function, *args, **kwargs)
    finally:
        _reset(token)


async def iterate_user(
    context: Context, function: Callable[..., Any], *args: Any, **kwargs: Any
) -> AsyncGenerator[Any, None]:
    """Iterate what a user's function returns; `context` is around each step of it."""
    source = context.backend.iterate(function, *args, **kwargs)
    try:
        while True:
            token = ambient.set(context)
            try:
                item = await source.__anext__()
            except StopAsyncIteration:
                return
            finally:
                _reset(token)
            yield item
    finally:
        await source.aclose()


def _reset(token: Any) -> None:
    try:
        ambient.reset(token)
    except ValueError:
        # A coroutine that was never finished is collected in another context, which has no such value.
        pass
