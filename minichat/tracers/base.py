"""`BaseTracer` and its asynchronous twin: handlers that get whole run trees and override what they need.

Subclass and define `_persist_run(run)`, which is called once for each root run that ended, with its tree.
The other hooks (listed in core.py) are called with a run when it begins and ends: `_on_run_create` and
`_on_run_update` for every kind of run, then the one for its kind. Of the asynchronous tracer every hook is
a coroutine. Tracers are handlers: pass them in `config["callbacks"]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..callbacks.handlers import AsyncCallbackHandler, BaseCallbackHandler
from .core import TracerCore, TracerException
from .schemas import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any
    from uuid import UUID

__all__ = ["AsyncBaseTracer", "BaseTracer", "TracerException"]


def _calling(update: Callable[..., Any]) -> Callable[..., Any]:
    """Make a handler method that brings the tree up to date, then calls the hooks with the run."""

    def on_event(self: Any, *args: Any, **kwargs: Any) -> Run:
        run: Run
        run, hooks = update(self, *args, **kwargs)
        for hook in hooks:
            getattr(self, hook)(run)
        return run

    return on_event


def _awaiting(update: Callable[..., Any]) -> Callable[..., Any]:
    """The same with hooks that are coroutines."""

    async def on_event(self: Any, *args: Any, **kwargs: Any) -> Run:
        run: Run
        run, hooks = update(self, *args, **kwargs)
        for hook in hooks:
            await getattr(self, hook)(run)
        return run

    return on_event


class BaseTracer(TracerCore, BaseCallbackHandler, ABC):
    """A handler of whole runs.

    >>> class Names(BaseTracer):
    ...     def _persist_run(self, run):
    ...         print(run.name, [child.name for child in run.child_runs])
    >>> from uuid import UUID
    >>> tracer = Names()
    >>> _ = tracer.on_chain_start({}, "in", run_id=UUID(int=1), name="outer")
    >>> _ = tracer.on_chain_start({}, "in", run_id=UUID(int=2), parent_run_id=UUID(int=1), name="inner")
    >>> _ = tracer.on_chain_end("out", run_id=UUID(int=2))
    >>> _ = tracer.on_chain_end("out", run_id=UUID(int=1))
    outer ['inner']
    """

    @abstractmethod
    def _persist_run(self, run: Run) -> None:
        """Take a root run that has ended, with its `child_runs`."""

    def _start_trace(self, run: Run) -> None:
        """Put a run that begins into its tree."""
        self._enter(run)
        self._on_run_create(run)

    def _end_trace(self, run: Run) -> None:
        """Take a run that has ended out of `run_map`; a root is persisted."""
        if run.parent_run_id is None:
            self._persist_run(run)
        self._leave(run)
        self._on_run_update(run)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None, **kwargs: Any) -> Run:
        run = self._llm_new_token(token, run_id=run_id, chunk=chunk)
        self._on_llm_new_token(run, token, chunk)
        return run

    on_chat_model_start = _calling(TracerCore._chat_model_start)
    on_llm_start = _calling(TracerCore._llm_start)
    on_llm_end = _calling(TracerCore._llm_end)
    on_llm_error = _calling(TracerCore._llm_error)
    on_retry = _calling(TracerCore._retry)
    on_chain_start = _calling(TracerCore._chain_start)
    on_chain_end = _calling(TracerCore._chain_end)
    on_chain_error = _calling(TracerCore._chain_error)
    on_tool_start = _calling(TracerCore._tool_start)
    on_tool_end = _calling(TracerCore._tool_end)
    on_tool_error = _calling(TracerCore._tool_error)
    on_retriever_start = _calling(TracerCore._retriever_start)
    on_retriever_end = _calling(TracerCore._retriever_end)
    on_retriever_error = _calling(TracerCore._retriever_error)


class _Done:
    """What awaiting a hook that nobody overrode waits for: nothing."""

    def __await__(self) -> Iterator[None]:
        return iter(())


class AsyncBaseTracer(TracerCore, AsyncCallbackHandler, ABC):
    """`BaseTracer` whose hooks are coroutines, awaited in the same order."""

    _nothing = _Done()

    @abstractmethod
    async def _persist_run(self, run: Run) -> None:
        """Take a root run that has ended, with its `child_runs`."""

    async def _start_trace(self, run: Run) -> None:
        """Put a run that begins into its tree."""
        self._enter(run)
        await self._on_run_create(run)

    async def _end_trace(self, run: Run) -> None:
        """Take a run that has ended out of `run_map`; a root is persisted."""
        if run.parent_run_id is None:
            await self._persist_run(run)
        self._leave(run)
        await self._on_run_update(run)

    async def on_llm_new_token(  # type: ignore[override]  # gives the run, as the synchronous kind does
        self, token: Any, *, run_id: UUID, chunk: Any = None, **kwargs: Any
    ) -> Run:
        run = self._llm_new_token(token, run_id=run_id, chunk=chunk)
        await self._on_llm_new_token(run, token, chunk)
        return run

    on_chat_model_start = _awaiting(TracerCore._chat_model_start)
    on_llm_start = _awaiting(TracerCore._llm_start)
    on_llm_end = _awaiting(TracerCore._llm_end)
    on_llm_error = _awaiting(TracerCore._llm_error)
    on_retry = _awaiting(TracerCore._retry)
    on_chain_start = _awaiting(TracerCore._chain_start)
    on_chain_end = _awaiting(TracerCore._chain_end)
    on_chain_error = _awaiting(TracerCore._chain_error)
    on_tool_start = _awaiting(TracerCore._tool_start)
    on_tool_end = _awaiting(TracerCore._tool_end)
    on_tool_error = _awaiting(TracerCore._tool_error)
    on_retriever_start = _awaiting(TracerCore._retriever_start)
    on_retriever_end = _awaiting(TracerCore._retriever_end)
    on_retriever_error = _awaiting(TracerCore._retriever_error)
