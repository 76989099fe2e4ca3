"""What a hook or a tool gets as `run_manager`: a view of its run, through which it speaks to the handlers.

All data is the run's (`runs.Run`); the lists one reads here are copies. Each kind of run has two classes, one
with functions and one with coroutines, that differ in nothing but `await`.
"""

from __future__ import annotations

from ..backends.driver import run as run_blocking
from ..context import Context, ParentRun
from ..runs import Run, new_run_uuid
from .events import ahandle_event, backend_for, handle_event
from .mixins import ChainManagerMixin, LLMManagerMixin, RetrieverManagerMixin, RunManagerMixin, ToolManagerMixin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional, Type, TypeVar, Union
    from uuid import UUID

    from ..outputs import ChatGenerationChunk, GenerationChunk, LLMResult
    from .base import BaseCallbackManager
    from .starting import AsyncCallbackManager, CallbackManager

    Child = TypeVar("Child", bound="BaseCallbackManager")
    Self = TypeVar("Self", bound="BaseRunManager")

__all__ = [
    "AsyncCallbackManagerForChainRun",
    "AsyncCallbackManagerForLLMRun",
    "AsyncCallbackManagerForRetrieverRun",
    "AsyncCallbackManagerForToolRun",
    "AsyncParentRunManager",
    "AsyncRunManager",
    "BaseRunManager",
    "CallbackManagerForChainRun",
    "CallbackManagerForLLMRun",
    "CallbackManagerForRetrieverRun",
    "CallbackManagerForToolRun",
    "ParentRunManager",
    "RunManager",
]


class BaseRunManager(RunManagerMixin):
    """A run, with what LangChain's run managers show of it; made by hand, or of a live run with `of`.

    >>> manager = CallbackManagerForLLMRun.get_noop_manager()
    >>> manager.handlers, manager.parent_run_id
    ([], None)
    """

    _run_type = "chain"
    _is_async = False

    def __init__(
        self,
        *,
        run_id: UUID,
        handlers: List[Any],
        inheritable_handlers: List[Any],
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        inheritable_tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        inheritable_metadata: Optional[Dict[str, Any]] = None,
    ) -> None:
        context = Context(
            backend_for(is_async=self._is_async),
            handlers=tuple(handlers),
            inheritable=tuple(inheritable_handlers),
            tags=tuple(tags or ()),
            inheritable_tags=tuple(inheritable_tags or ()),
            metadata=metadata or {},
            inheritable_metadata=inheritable_metadata or {},
            run_id=str(run_id),
            parent=None if parent_run_id is None else ParentRun(parent_run_id),
        )
        self._run = Run(context, self._run_type, self._run_type)

    @classmethod
    def of(cls: Type[Self], run: Run) -> Self:
        """Give the view of a live run."""
        manager = cls.__new__(cls)
        manager._run = run
        return manager

    @classmethod
    def get_noop_manager(cls: Type[Self]) -> Self:
        """Give one that nobody listens to."""
        return cls(run_id=new_run_uuid(), handlers=[], inheritable_handlers=[])

    @property
    def run_id(self) -> UUID:
        return self._run.uuid

    @property
    def parent_run_id(self) -> Optional[UUID]:
        parent = self._run.context.parent
        return None if parent is None else parent.uuid

    @property
    def handlers(self) -> List[Any]:
        return list(self._run.context.handlers)

    @property
    def inheritable_handlers(self) -> List[Any]:
        return list(self._run.context.inheritable)

    @property
    def tags(self) -> List[str]:
        return list(self._run.context.tags)

    @property
    def inheritable_tags(self) -> List[str]:
        return list(self._run.context.inheritable_tags)

    @property
    def metadata(self) -> Dict[str, Any]:
        return dict(self._run.context.metadata)

    @property
    def inheritable_metadata(self) -> Dict[str, Any]:
        return dict(self._run.context.inheritable_metadata)

    def _known(self) -> Dict[str, Any]:
        """Give what every event but the start carries; `Run.tell` adds it by itself."""
        return {"run_id": self.run_id, "parent_run_id": self.parent_run_id, "tags": self.tags}

    def _child(self, kind: Type[Child], tag: Optional[str]) -> Child:
        """Make a manager for calls inside this run; `tag` is for those calls only."""
        manager = kind(
            self.inheritable_handlers,
            self.inheritable_handlers,
            self.run_id,
            tags=self.inheritable_tags,
            inheritable_tags=self.inheritable_tags,
            metadata=self.inheritable_metadata,
            inheritable_metadata=self.inheritable_metadata,
        )
        if tag is not None:
            manager.add_tags([tag], inherit=False)
        return manager


class RunManager(BaseRunManager):
    """What any run can say, with functions."""

    def _tell(self, event: str, *args: Any, **kwargs: Any) -> None:
        run_blocking(self._run.tell(event, *args, **kwargs))

    def on_text(self, text: str, **kwargs: Any) -> None:
        self._tell("text", text, **kwargs)

    def on_retry(self, retry_state: Any, **kwargs: Any) -> None:
        self._tell("retry", retry_state, **kwargs)


class ParentRunManager(RunManager):
    """The manager of a run that has others inside it."""

    def get_child(self, tag: Optional[str] = None) -> CallbackManager:
        """Give the manager for calls inside this run, to pass as their config's "callbacks"."""
        from .starting import CallbackManager

        return self._child(CallbackManager, tag)


class AsyncRunManager(BaseRunManager):
    """What any run can say, with coroutines."""

    _is_async = True

    async def _tell(self, event: str, *args: Any, **kwargs: Any) -> None:
        await self._run.tell(event, *args, **kwargs)

    async def on_text(self, text: str, **kwargs: Any) -> None:
        await self._tell("text", text, **kwargs)

    async def on_retry(self, retry_state: Any, **kwargs: Any) -> None:
        await self._tell("retry", retry_state, **kwargs)

    def get_sync(self) -> RunManager:
        """Give the manager of the same run with functions, for code in a thread."""
        return RunManager.of(self._blocking_run())

    def _blocking_run(self) -> Run:
        """Give the run told with the blocking backend: the same to whoever listens."""
        context = self._run.context.over(backend_for(is_async=False))
        context.run_id = self._run.id
        return Run(context, self._run.name, self._run.run_type)


class AsyncParentRunManager(AsyncRunManager):
    """The same for a run that has others inside it."""

    def get_child(self, tag: Optional[str] = None) -> AsyncCallbackManager:
        """Give the manager for calls inside this run, to pass as their config's "callbacks"."""
        from .starting import AsyncCallbackManager

        return self._child(AsyncCallbackManager, tag)


# -- models --------------------------------------------------------------------------------------


class CallbackManagerForLLMRun(RunManager, LLMManagerMixin):
    """What `_generate` and `_stream` get."""

    _run_type = "chat_model"

    def on_llm_new_token(
        self,
        token: Union[str, List[Any]],
        *,
        chunk: Optional[Union[GenerationChunk, ChatGenerationChunk]] = None,
        **kwargs: Any,
    ) -> None:
        self._tell("token", token=token, chunk=chunk, **kwargs)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        self._tell("end", response, **kwargs)

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self._tell("error", error, **kwargs)


class AsyncCallbackManagerForLLMRun(AsyncRunManager, LLMManagerMixin):
    """What `_agenerate` and `_astream` get."""

    _run_type = "chat_model"

    def get_sync(self) -> CallbackManagerForLLMRun:
        return CallbackManagerForLLMRun.of(self._blocking_run())

    async def on_llm_new_token(
        self,
        token: Union[str, List[Any]],
        *,
        chunk: Optional[Union[GenerationChunk, ChatGenerationChunk]] = None,
        **kwargs: Any,
    ) -> None:
        await self._tell("token", token=token, chunk=chunk, **kwargs)

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        await self._tell("end", response, **kwargs)

    async def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        await self._tell("error", error, **kwargs)


# -- chains --------------------------------------------------------------------------------------


class CallbackManagerForChainRun(ParentRunManager, ChainManagerMixin):
    """What a function that asks for `run_manager` gets, and what `on_chain_start` gives."""

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self._tell("end", outputs, **kwargs)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        self._tell("error", error, **kwargs)

    def on_agent_action(self, action: Any, **kwargs: Any) -> None:
        handle_event(self.handlers, "on_agent_action", "ignore_agent", action, **self._known(), **kwargs)

    def on_agent_finish(self, finish: Any, **kwargs: Any) -> None:
        handle_event(self.handlers, "on_agent_finish", "ignore_agent", finish, **self._known(), **kwargs)


class AsyncCallbackManagerForChainRun(AsyncParentRunManager, ChainManagerMixin):
    """The same for coroutines."""

    def get_sync(self) -> CallbackManagerForChainRun:
        return CallbackManagerForChainRun.of(self._blocking_run())

    async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        await self._tell("end", outputs, **kwargs)

    async def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        await self._tell("error", error, **kwargs)

    async def on_agent_action(self, action: Any, **kwargs: Any) -> None:
        await ahandle_event(self.handlers, "on_agent_action", "ignore_agent", action, **self._known(), **kwargs)

    async def on_agent_finish(self, finish: Any, **kwargs: Any) -> None:
        await ahandle_event(self.handlers, "on_agent_finish", "ignore_agent", finish, **self._known(), **kwargs)


# -- tools and retrievers ------------------------------------------------------------------------


class CallbackManagerForToolRun(ParentRunManager, ToolManagerMixin):
    """What a tool that asks for `run_manager` gets."""

    _run_type = "tool"

    def on_tool_end(self, output: Any, **kwargs: Any) -> None:
        self._tell("end", output, **kwargs)

    def on_tool_error(self, error: BaseException, **kwargs: Any) -> None:
        self._tell("error", error, **kwargs)


class AsyncCallbackManagerForToolRun(AsyncParentRunManager, ToolManagerMixin):
    """The same for coroutines."""

    _run_type = "tool"

    def get_sync(self) -> CallbackManagerForToolRun:
        return CallbackManagerForToolRun.of(self._blocking_run())

    async def on_tool_end(self, output: Any, **kwargs: Any) -> None:
        await self._tell("end", output, **kwargs)

    async def on_tool_error(self, error: BaseException, **kwargs: Any) -> None:
        await self._tell("error", error, **kwargs)


class CallbackManagerForRetrieverRun(ParentRunManager, RetrieverManagerMixin):
    """What `on_retriever_start` gives, for programs with retrievers of their own."""

    _run_type = "retriever"

    def on_retriever_end(self, documents: Sequence[Any], **kwargs: Any) -> None:
        self._tell("end", documents, **kwargs)

    def on_retriever_error(self, error: BaseException, **kwargs: Any) -> None:
        self._tell("error", error, **kwargs)


class AsyncCallbackManagerForRetrieverRun(AsyncParentRunManager, RetrieverManagerMixin):
    """The same for coroutines."""

    _run_type = "retriever"

    def get_sync(self) -> CallbackManagerForRetrieverRun:
        return CallbackManagerForRetrieverRun.of(self._blocking_run())

    async def on_retriever_end(self, documents: Sequence[Any], **kwargs: Any) -> None:
        await self._tell("end", documents, **kwargs)

    async def on_retriever_error(self, error: BaseException, **kwargs: Any) -> None:
        await self._tell("error", error, **kwargs)
