"""Runs: the one place where the events of a call are born.

A `Context` says how a call is made (which backend, who listens, under which name) and is passed down
as an argument, never through a context variable. `observe` and `observe_stream` wrap the work of one
runnable and tell its handlers: start, tokens, end or error. Handlers are any objects with some of
LangChain's `on_*` methods; `_EVENTS` maps run type and event to the method's name.

A run that is left early (the consumer broke off, the task was cancelled) is told as an error carrying
the partial result, so that each start has exactly one end. Without handlers none of this costs more
than one `if`.
"""

from __future__ import annotations

import os
import time

from .errors import ChatError, ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from typing import Any, Dict, Optional, Tuple, TypeVar
    from uuid import UUID

    from .backends.base import Backend

    T = TypeVar("T")

__all__ = ["Context", "Run", "new_run_id", "observe", "observe_stream"]

_EVENTS: Dict[Tuple[str, str], str] = {
    ("chat_model", "start"): "on_chat_model_start",
    ("chat_model", "token"): "on_llm_new_token",
    ("chat_model", "end"): "on_llm_end",
    ("chat_model", "error"): "on_llm_error",
}


def new_run_id() -> str:
    """Give a UUIDv7 as text: time-ordered, as langchain-core 1.x makes them. Source: RFC 9562, 5.7."""
    moment = f"{time.time_ns() // 1_000_000:012x}"
    chance = os.urandom(10).hex()
    variant = "89ab"[int(chance[3], 16) & 3]
    return f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{variant}{chance[4:7]}-{chance[7:19]}"


class Context:
    """How one call is made; immutable in use. `of` reads LangChain's config dictionary."""

    __slots__ = (
        "backend",
        "handlers",
        "tags",
        "metadata",
        "run_name",
        "run_id",
        "max_concurrency",
        "parent",
    )

    def __init__(
        self,
        backend: Backend,
        *,
        handlers: Tuple[Any, ...] = (),
        tags: Tuple[str, ...] = (),
        metadata: Optional[Mapping[str, Any]] = None,
        run_name: Optional[str] = None,
        run_id: Optional[str] = None,
        max_concurrency: Optional[int] = None,
        parent: Optional[Run] = None,
    ) -> None:
        self.backend = backend
        self.handlers = handlers
        self.tags = tags
        self.metadata = metadata
        self.run_name = run_name
        self.run_id = run_id
        self.max_concurrency = max_concurrency
        self.parent = parent

    @classmethod
    def of(cls, config: Optional[Mapping[str, Any]], backend: Backend) -> Context:
        """Make the context of a call from its config.

        Raises: `ConfigurationError` naming the key whose value cannot be used.
        """
        if not config:
            return cls(backend)
        if not hasattr(config, "get"):
            raise ConfigurationError(f"config= takes a dictionary, not {type(config).__name__}")
        callbacks = config.get("callbacks") or ()
        if not isinstance(callbacks, (list, tuple)):
            raise ConfigurationError("config['callbacks'] takes a list of handlers")
        limit = config.get("max_concurrency")
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise ConfigurationError(f"config['max_concurrency'] takes a whole number from 1, not {limit!r}")
        return cls(
            backend,
            handlers=tuple(callbacks),
            tags=tuple(config.get("tags") or ()),
            metadata=config.get("metadata"),
            run_name=config.get("run_name"),
            run_id=_uuid_text(config.get("run_id")),
            max_concurrency=limit,
        )


def _uuid_text(run_id: Any) -> Optional[str]:
    """Give config's `run_id`, a `uuid.UUID` or its text, as text."""
    if run_id is None:
        return None
    from uuid import UUID  # 8 ms, for those who name their runs

    try:
        return str(UUID(str(run_id)))
    except ValueError:
        raise ConfigurationError(f"config['run_id'] takes a uuid.UUID or its text, not {run_id!r}") from None


class Run:
    """One run of one runnable. `id` is UUID text; a `uuid.UUID` is made when a handler asks."""

    __slots__ = ("id", "name", "run_type", "context")

    def __init__(self, context: Context, name: str, run_type: str) -> None:
        self.id = context.run_id or new_run_id()
        self.name = context.run_name or name
        self.run_type = run_type
        self.context = context

    @property
    def observed(self) -> bool:
        return bool(self.context.handlers)

    @property
    def uuid(self) -> UUID:
        from uuid import UUID

        return UUID(self.id)

    async def start(self, serialized: Dict[str, Any], inputs: Any, **extra: Any) -> None:
        context = self.context
        await self.tell(
            "start",
            serialized,
            inputs,
            tags=list(context.tags),
            metadata=dict(context.metadata or {}),
            name=self.name,
            **extra,
        )

    async def tell(self, event: str, *args: Any, **kwargs: Any) -> None:
        """Call every handler's method for `event`, in order."""
        context = self.context
        if not context.handlers:
            return
        method = _EVENTS[self.run_type, event]
        kwargs["run_id"] = self.uuid
        kwargs["parent_run_id"] = context.parent.uuid if context.parent is not None else None
        for handler in context.handlers:
            function = getattr(handler, method, None)
            if function is not None:
                await _notify(context.backend, handler, function, args, kwargs)


async def _notify(
    backend: Backend, handler: Any, function: Callable[..., Any], args: Any, kwargs: Dict[str, Any]
) -> None:
    """Call one handler. What it raises is logged, unless it has `raise_error` set."""
    try:
        result = function(*args, **kwargs)
        if hasattr(result, "__await__"):
            if not backend.suspends:
                result.close()
                raise TypeError("a coroutine handler works with the async methods only")
            await result
    except Exception as error:
        if getattr(handler, "raise_error", False):
            raise
        import logging

        name = f"{type(handler).__name__}.{function.__name__}"
        logging.getLogger(__name__).warning("Error in %s callback: %r", name, error)


async def observe(run: Run, body: Awaitable[T], summary: Callable[[T], Any]) -> T:
    """Await `body` as the work of `run`; tell its handlers `summary(result)` or the error."""
    try:
        result = await body
    except BaseException as error:
        await run.tell("error", error)
        raise
    await run.tell("end", summary(result))
    return result


async def observe_stream(
    run: Run,
    pieces: AsyncGenerator[Sequence[T], None],
    summary: Callable[[], Any],
    token: Callable[[T], Tuple[str, Any]],
) -> AsyncGenerator[Sequence[T], None]:
    """Pass lists of pieces on as the work of `run`; `summary()` is what has come so far.

    Each piece is told before it is passed on; `token(piece)` gives its text and its chunk.
    """
    try:
        try:
            async for items in pieces:
                for item in items:
                    text, chunk = token(item)
                    await run.tell("token", text, chunk=chunk)
                try:
                    yield items
                except ChatError as error:  # thrown in by whoever could not use them: the source's to judge
                    await pieces.athrow(error)
        finally:
            await pieces.aclose()
    except BaseException as error:
        await run.tell("error", error, response=summary())
        raise
    await run.tell("end", summary())
