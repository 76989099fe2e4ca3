"""Runs: the one place where the events of a call are born.

`Run` is one call of one runnable; `observe` awaits its work and tells its handlers the end or the error.
(Streams are told where they are made: runnables/step.py, language_models/telling.py.) Handlers are any objects with some of LangChain's `on_*` methods; `_EVENTS`
maps run type and event to the method's name. They are called in order, where the event happens.

A run that is left early (the consumer broke off, the task was cancelled) is told as an error carrying
the partial result, so that each start has exactly one end. Without handlers none of this costs more
than one `if`.
"""

from __future__ import annotations

import os
import time

from .context import Context, ambient, call_user, iterate_user, register_hook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Dict, Optional, Tuple, TypeVar
    from uuid import UUID

    from .backends.base import Backend

    T = TypeVar("T")

__all__ = [
    "Context",
    "Run",
    "ambient",
    "call_user",
    "iterate_user",
    "new_run_id",
    "new_run_uuid",
    "notify",
    "observe",
    "register_hook",
]

# Kind of run -> event -> (method of a handler, the handler's attribute that switches it off).
_LLM = {
    "token": ("on_llm_new_token", "ignore_llm"),
    "end": ("on_llm_end", "ignore_llm"),
    "error": ("on_llm_error", "ignore_llm"),
}
_ANY = {
    "text": ("on_text", ""),
    "retry": ("on_retry", "ignore_retry"),
    "custom": ("on_custom_event", "ignore_custom_event"),
    "chunk": ("on_run_chunk", ""),  # our own, for astream_log and astream_events: a streamed piece
}


def _three(kind: str, switch: str) -> Dict[str, Tuple[str, str]]:
    return {event: (f"on_{kind}_{event}", switch) for event in ("start", "end", "error")}


_CHAIN = {**_ANY, **_three("chain", "ignore_chain")}
_EVENTS: Dict[str, Dict[str, Tuple[str, str]]] = {
    "chat_model": {**_ANY, **_LLM, "start": ("on_chat_model_start", "ignore_chat_model")},
    "llm": {**_ANY, **_LLM, "start": ("on_llm_start", "ignore_llm")},
    "chain": _CHAIN,
    "prompt": _CHAIN,
    "parser": _CHAIN,
    "tool": {**_ANY, **_three("tool", "ignore_agent")},
    "retriever": {**_ANY, **_three("retriever", "ignore_retriever")},
}


_UUID: Any = None  # the class, once a run needs an id: it takes 8 ms to import


def new_run_id() -> str:
    """Give a UUIDv7 as text."""
    return str(new_run_uuid())


def new_run_uuid() -> UUID:
    """Give a UUIDv7: time-ordered, as langchain-core 1.x makes them. Source: RFC 9562, 5.7."""
    global _UUID
    if _UUID is None:
        from uuid import UUID as _UUID
    chance = int.from_bytes(os.urandom(10), "big")
    number = (time.time_ns() // 1_000_000) << 80 | chance
    return _UUID(int=number & _WITHOUT_MARKS | _MARKS)  # type: ignore[no-any-return]


_MARKS = 0x7 << 76 | 0x2 << 62  # version and variant
_WITHOUT_MARKS = ~(0xF << 76 | 0x3 << 62)


class Run:
    """One run of one runnable. Its id is made when somebody asks for it."""

    __slots__ = ("_id", "_source", "_uuid", "context", "run_type")

    def __init__(self, context: Context, source: Any, run_type: str) -> None:
        self._id = context.run_id
        self._uuid: Optional[UUID] = None
        self._source = source  # a name, or the runnable that can say its name
        self.context = context
        self.run_type = run_type

    @property
    def id(self) -> str:
        """UUID text."""
        if self._id is None:
            self._id = str(self.uuid)
        return self._id

    @property
    def uuid(self) -> UUID:
        if self._uuid is None:
            if self._id is None:
                self._uuid = new_run_uuid()
            else:
                from uuid import UUID

                self._uuid = UUID(self._id)
        return self._uuid

    @property
    def name(self) -> str:
        source = self._source
        return self.context.run_name or (source if isinstance(source, str) else source.get_name())

    @property
    def observed(self) -> bool:
        return bool(self.context.handlers)

    def hears(self, event: str) -> bool:
        """Has any handler a method for this event? For those that happen at every piece of a stream."""
        method = _EVENTS[self.run_type][event][0]
        return any(hasattr(handler, method) for handler in self.context.handlers)

    def child(self, tag: Optional[str] = None) -> Context:
        """Give the context of a call made inside this run; `tag` is that call's own."""
        context = self.context
        tags = context.inheritable_tags
        return Context(
            context.backend,
            context.inheritable,
            context.inheritable,
            (tag, *tags) if tag is not None else tags,
            tags,
            context.inheritable_metadata,
            context.inheritable_metadata,
            None,
            None,
            context.max_concurrency,
            context.recursion_limit,
            context.configurable,
            self,
        )

    # -- events ----------------------------------------------------------------------------

    async def start(self, serialized: Any, inputs: Any, **extra: Any) -> None:
        """Tell the start; `extra` goes to the handlers as it is."""
        extra["name"] = self.name
        await self.tell("start", serialized, inputs, metadata=dict(self.context.metadata), **extra)

    async def tell(self, event: str, *args: Any, **kwargs: Any) -> None:
        """Call every handler's method for `event`, in order."""
        context = self.context
        if not context.handlers:
            return
        method, switch = _EVENTS[self.run_type][event]
        kwargs["run_id"] = self._uuid or self.uuid
        kwargs["parent_run_id"] = context.parent.uuid if context.parent is not None else None
        kwargs["tags"] = list(context.tags)
        for handler in context.handlers:
            if not (switch and getattr(handler, switch, False)):
                function = getattr(handler, method, None)
                if function is not None:
                    try:  # as `notify`, without a coroutine of its own: this is on the way of every event
                        result = function(*args, **kwargs)
                        if hasattr(result, "__await__"):
                            await context.backend.settle(result)
                    except Exception as error:
                        await _failed(context.backend, handler, method, args, kwargs, error)


async def notify(backend: Backend, handler: Any, method: str, args: Any, kwargs: Dict[str, Any]) -> None:
    """Call one handler. What it raises is logged, unless it has `raise_error` set."""
    function = getattr(handler, method, None)
    if function is None:
        return
    try:
        result = function(*args, **kwargs)
        if hasattr(result, "__await__"):
            await backend.settle(result)
    except Exception as error:
        await _failed(backend, handler, method, args, kwargs, error)


async def _failed(
    backend: Backend, handler: Any, method: str, args: Any, kwargs: Dict[str, Any], error: Exception
) -> None:
    """Do what is to be done when a handler raised."""
    if isinstance(error, NotImplementedError) and method == "on_chat_model_start":
        if getattr(handler, "ignore_llm", False):
            return
        # A handler that knows texts only gets the conversation as text, as LangChain does it.
        from .messages import get_buffer_string

        try:
            texts = [get_buffer_string(messages) for messages in args[1]]
        except Exception as unspeakable:  # a kind of message that nobody speaks
            error = unspeakable
        else:
            await notify(backend, handler, "on_llm_start", (args[0], texts), kwargs)
            return
    if getattr(handler, "raise_error", False):
        raise error
    import logging

    name = f"{type(handler).__name__}.{method}"
    logging.getLogger(__name__).warning("Error in %s callback: %r", name, error)


async def observe(run: Run, body: Awaitable[T], summary: Optional[Callable[[T], Any]] = None) -> T:
    """Await `body` as the work of `run`; tell its handlers `summary(result)` or the error."""
    try:
        result = await body
    except BaseException as error:
        await run.tell("error", error)
        raise
    await run.tell("end", result if summary is None else summary(result))
    return result
