"""Managers: who listens to the next call, in a form that programs change and hand about.

A manager is what a config's "callbacks" may be instead of a list, and what users' code finds there. It owns
its lists; `context.Context.of` reads them when a call begins, and `manager_of` gives a context in this form.
Programs with runs of their own begin them here (`on_chain_start`) and get a run manager back.
"""

from __future__ import annotations

from ..backends.driver import run as run_blocking
from ..context import Context, ParentRun
from ..globals import get_debug
from ..runs import Run
from .base import BaseCallbackManager, contents
from .events import backend_for, custom_event
from .run_managers import (
    AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    AsyncCallbackManagerForToolRun,
    AsyncRunManager,
    BaseRunManager,
    CallbackManagerForChainRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
    CallbackManagerForToolRun,
)
from .stdout import StdOutCallbackHandler, name_of_chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional, Type, TypeVar, Union
    from uuid import UUID

    from ..messages import BaseMessage
    from .base import Callbacks

    Manager = TypeVar("Manager", bound="_Starting")

__all__ = ["AsyncCallbackManager", "CallbackManager", "manager_of", "run_manager_of"]

# Kind of run -> (view with functions, view with coroutines); every other kind is a chain.
_VIEWS: Dict[str, Any] = {
    "chat_model": (CallbackManagerForLLMRun, AsyncCallbackManagerForLLMRun),
    "llm": (CallbackManagerForLLMRun, AsyncCallbackManagerForLLMRun),
    "tool": (CallbackManagerForToolRun, AsyncCallbackManagerForToolRun),
    "retriever": (CallbackManagerForRetrieverRun, AsyncCallbackManagerForRetrieverRun),
}


def run_manager_of(run: Run, *, is_async: Optional[bool] = None) -> BaseRunManager:
    """Give the view of a live run: by its kind, and by its backend's side or, with `is_async`, by another's.

    A synchronous function on the asynchronous side needs the view with functions: it cannot await.
    """
    suspends = run.context.backend.suspends
    views = _VIEWS.get(run.run_type, (CallbackManagerForChainRun, AsyncCallbackManagerForChainRun))
    view: BaseRunManager = views[suspends].of(run)
    if isinstance(view, AsyncRunManager) and is_async is False:
        return view.get_sync()
    return view


def manager_of(
    context: Context, *, is_async: Optional[bool] = None
) -> Union[CallbackManager, AsyncCallbackManager]:
    """Give a context's handlers, tags and metadata as a manager: of its side, or of the one `is_async` says."""
    suspends = context.backend.suspends if is_async is None else is_async
    kind = AsyncCallbackManager if suspends else CallbackManager
    return kind(
        handlers=list(context.handlers),
        inheritable_handlers=list(context.inheritable),
        parent_run_id=None if context.parent is None else context.parent.uuid,
        tags=list(context.tags),
        inheritable_tags=list(context.inheritable_tags),
        metadata=dict(context.metadata),
        inheritable_metadata=dict(context.inheritable_metadata),
    )


class _Starting(BaseCallbackManager):
    """What both managers share: how they are configured, and how a run begins."""

    @classmethod
    def configure(
        cls: Type[Manager],
        inheritable_callbacks: Callbacks = None,
        local_callbacks: Callbacks = None,
        verbose: bool = False,
        inheritable_tags: Optional[List[str]] = None,
        local_tags: Optional[List[str]] = None,
        inheritable_metadata: Optional[Dict[str, Any]] = None,
        local_metadata: Optional[Dict[str, Any]] = None,
    ) -> Manager:
        """Make the manager of a call: what its config says, and what its runnable was made with (`local`).

        `verbose` adds a `StdOutCallbackHandler`, unless there is one or debug prints more. Handlers set for
        the whole program (`collect_runs`, `set_debug`) come last.
        """
        given, local = inheritable_callbacks or [], local_callbacks or []
        if isinstance(given, (list, tuple)):
            manager = cls(list(given), list(given))
        else:
            manager = cls(**contents(given))
        for handler in local if isinstance(local, (list, tuple)) else local.handlers:
            manager.add_handler(handler, inherit=False)
        manager.add_tags(inheritable_tags or [])
        manager.add_tags(local_tags or [], inherit=False)
        manager.add_metadata(inheritable_metadata or {})
        manager.add_metadata(local_metadata or {}, inherit=False)
        if verbose and not get_debug():
            printing = any(isinstance(handler, StdOutCallbackHandler) for handler in manager.handlers)
            if not printing:
                manager.add_handler(StdOutCallbackHandler(), inherit=False)
        here = tuple(manager.handlers)
        of_the_program = Context.of({"callbacks": here}, backend_for(is_async=manager.is_async))
        for handler in of_the_program.handlers:
            if handler not in here:
                manager.add_handler(handler, inherit=handler in of_the_program.inheritable)
        if manager.parent_run_id is None and of_the_program.parent is not None:  # of a `tracing_context`
            manager.parent_run_id = of_the_program.parent.uuid
        return manager

    def context(self, run_id: Optional[UUID] = None, parent_run_id: Optional[UUID] = None) -> Context:
        """Give the context of a run that begins now."""
        parent = parent_run_id or self.parent_run_id
        return Context(
            backend_for(is_async=self.is_async),
            handlers=tuple(self.handlers),
            inheritable=tuple(self.inheritable_handlers),
            tags=tuple(self.tags),
            inheritable_tags=tuple(self.inheritable_tags),
            metadata=dict(self.metadata),
            inheritable_metadata=dict(self.inheritable_metadata),
            run_id=None if run_id is None else str(run_id),
            parent=None if parent is None else ParentRun(parent),
        )

    async def begin(
        self, run_type: str, serialized: Any, inputs: Any, context: Context, extra: Mapping[str, Any] = {}
    ) -> Run:
        """Tell the start of a run, with what the caller has for the handlers, and give the run."""
        run = Run(context, name_of_chain(serialized, extra), run_type)
        await run.tell("start", serialized, inputs, metadata=dict(context.metadata), **extra)
        return run

    async def _begin_each(
        self, run_type: str, serialized: Any, items: List[Any], run_id: Optional[UUID], extra: Dict[str, Any]
    ) -> List[Run]:
        """Begin a run for each item; no two runs can have one id, so the id given is the first one's."""
        runs = []
        for item in items:
            runs.append(await self.begin(run_type, serialized, [item], self.context(run_id), extra))
            run_id = None
        return runs

    async def _custom(self, name: str, data: Any, run_id: Optional[UUID], extra: Dict[str, Any]) -> None:
        if extra:
            raise ValueError(
                f"on_custom_event takes a name and data; put {', '.join(sorted(extra))} into the data"
            )
        context = self.context()
        await custom_event(context, name, data, run_id or Run(context, name, "chain").uuid)


class CallbackManager(_Starting):
    """Who listens to the next call on the synchronous side, and the beginning of runs of one's own.

    >>> class Names:
    ...     def on_chain_start(self, serialized, inputs, **kwargs):
    ...         print(serialized["name"], inputs)
    >>> run_manager = CallbackManager([Names()]).on_chain_start({"name": "mine"}, {"x": 1})
    mine {'x': 1}
    """

    def on_llm_start(
        self, serialized: Dict[str, Any], prompts: List[str], run_id: Optional[UUID] = None, **kwargs: Any
    ) -> List[CallbackManagerForLLMRun]:
        """Begin a run for each prompt."""
        runs = run_blocking(self._begin_each("llm", serialized, prompts, run_id, kwargs))
        return [CallbackManagerForLLMRun.of(run) for run in runs]

    def on_chat_model_start(
        self,
        serialized: Dict[str, Any],
        messages: List[List[BaseMessage]],
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> List[CallbackManagerForLLMRun]:
        """Begin a run for each conversation."""
        runs = run_blocking(self._begin_each("chat_model", serialized, messages, run_id, kwargs))
        return [CallbackManagerForLLMRun.of(run) for run in runs]

    def on_chain_start(
        self,
        serialized: Optional[Dict[str, Any]],
        inputs: Any,
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> CallbackManagerForChainRun:
        """Begin a chain's run; end it with the manager that comes back."""
        run = run_blocking(self.begin("chain", serialized, inputs, self.context(run_id), kwargs))
        return CallbackManagerForChainRun.of(run)

    def on_tool_start(
        self,
        serialized: Optional[Dict[str, Any]],
        input_str: str,
        run_id: Optional[UUID] = None,
        parent_run_id: Optional[UUID] = None,
        inputs: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> CallbackManagerForToolRun:
        """Begin a tool's run."""
        context = self.context(run_id, parent_run_id)
        kwargs["inputs"] = inputs
        run = run_blocking(self.begin("tool", serialized, input_str, context, kwargs))
        return CallbackManagerForToolRun.of(run)

    def on_retriever_start(
        self,
        serialized: Optional[Dict[str, Any]],
        query: str,
        run_id: Optional[UUID] = None,
        parent_run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> CallbackManagerForRetrieverRun:
        """Begin a retriever's run."""
        context = self.context(run_id, parent_run_id)
        run = run_blocking(self.begin("retriever", serialized, query, context, kwargs))
        return CallbackManagerForRetrieverRun.of(run)

    def on_custom_event(self, name: str, data: Any, run_id: Optional[UUID] = None, **kwargs: Any) -> None:
        """Tell an event of one's own, of the run `run_id`. Raises: ValueError for more keywords."""
        run_blocking(self._custom(name, data, run_id, kwargs))


class AsyncCallbackManager(_Starting):
    """The same for the asynchronous side: every `on_...` is a coroutine."""

    @property
    def is_async(self) -> bool:
        return True

    async def on_llm_start(
        self, serialized: Dict[str, Any], prompts: List[str], run_id: Optional[UUID] = None, **kwargs: Any
    ) -> List[AsyncCallbackManagerForLLMRun]:
        """Begin a run for each prompt."""
        runs = await self._begin_each("llm", serialized, prompts, run_id, kwargs)
        return [AsyncCallbackManagerForLLMRun.of(run) for run in runs]

    async def on_chat_model_start(
        self,
        serialized: Dict[str, Any],
        messages: List[List[BaseMessage]],
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> List[AsyncCallbackManagerForLLMRun]:
        """Begin a run for each conversation."""
        runs = await self._begin_each("chat_model", serialized, messages, run_id, kwargs)
        return [AsyncCallbackManagerForLLMRun.of(run) for run in runs]

    async def on_chain_start(
        self,
        serialized: Optional[Dict[str, Any]],
        inputs: Any,
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForChainRun:
        """Begin a chain's run; end it with the manager that comes back."""
        run = await self.begin("chain", serialized, inputs, self.context(run_id), kwargs)
        return AsyncCallbackManagerForChainRun.of(run)

    async def on_tool_start(
        self,
        serialized: Optional[Dict[str, Any]],
        input_str: str,
        run_id: Optional[UUID] = None,
        parent_run_id: Optional[UUID] = None,
        inputs: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForToolRun:
        """Begin a tool's run."""
        context = self.context(run_id, parent_run_id)
        kwargs["inputs"] = inputs
        run = await self.begin("tool", serialized, input_str, context, kwargs)
        return AsyncCallbackManagerForToolRun.of(run)

    async def on_retriever_start(
        self,
        serialized: Optional[Dict[str, Any]],
        query: str,
        run_id: Optional[UUID] = None,
        parent_run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForRetrieverRun:
        """Begin a retriever's run."""
        context = self.context(run_id, parent_run_id)
        run = await self.begin("retriever", serialized, query, context, kwargs)
        return AsyncCallbackManagerForRetrieverRun.of(run)

    async def on_custom_event(self, name: str, data: Any, run_id: Optional[UUID] = None, **kwargs: Any) -> None:
        """Tell an event of one's own, of the run `run_id`. Raises: ValueError for more keywords."""
        await self._custom(name, data, run_id, kwargs)
