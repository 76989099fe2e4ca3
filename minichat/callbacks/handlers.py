"""What programs subclass to listen to runs: `BaseCallbackHandler`, and its twin with coroutines.

The events are those of the mixins. How a handler is called is written in `runs`: inline and in order; what
it raises is logged and swallowed, unless it has `raise_error`.
"""

from __future__ import annotations

from .mixins import (
    CallbackManagerMixin,
    ChainManagerMixin,
    LLMManagerMixin,
    RetrieverManagerMixin,
    RunManagerMixin,
    ToolManagerMixin,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence, Union
    from uuid import UUID

    from ..messages import BaseMessage
    from ..outputs import ChatGenerationChunk, GenerationChunk, LLMResult

__all__ = ["AsyncCallbackHandler", "BaseCallbackHandler"]


class BaseCallbackHandler(
    LLMManagerMixin,
    ChainManagerMixin,
    ToolManagerMixin,
    RetrieverManagerMixin,
    CallbackManagerMixin,
    RunManagerMixin,
):
    """A listener: override the events to hear, and pass it in `config={"callbacks": [...]}`.

    >>> class Shout(BaseCallbackHandler):
    ...     def on_text(self, text, **kwargs):
    ...         print(text.upper())
    >>> Shout().ignore_llm
    False

    `raise_error`: what it raises ends the run instead of being logged. `run_inline`: LangChain calls such
    a handler in the event loop and others in threads; here all are, so it changes nothing.
    A property `ignore_...` that is True spares it a kind of event.
    """

    raise_error: bool = False
    run_inline: bool = False

    @property
    def ignore_llm(self) -> bool:
        """Leave out tokens, ends and errors of models, and starts of those that take text."""
        return False

    @property
    def ignore_retry(self) -> bool:
        """Leave out `on_retry`."""
        return False

    @property
    def ignore_chain(self) -> bool:
        """Leave out chains: prompts, parsers, sequences, lambdas."""
        return False

    @property
    def ignore_agent(self) -> bool:
        """Leave out tools, and agents' actions."""
        return False

    @property
    def ignore_retriever(self) -> bool:
        """Leave out retrievers."""
        return False

    @property
    def ignore_chat_model(self) -> bool:
        """Leave out the starts of chat models."""
        return False

    @property
    def ignore_custom_event(self) -> bool:
        """Leave out what user code dispatches."""
        return False


class AsyncCallbackHandler(BaseCallbackHandler):
    """A listener whose methods are coroutines; under the synchronous methods each is run to its end.

    >>> class Count(AsyncCallbackHandler):
    ...     tokens = 0
    ...     async def on_llm_new_token(self, token, **kwargs):
    ...         self.tokens += 1
    """

    async def on_llm_new_token(
        self,
        token: Union[str, List[Any]],
        *,
        chunk: Optional[Union[GenerationChunk, ChatGenerationChunk]] = None,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `LLMManagerMixin`."""

    async def on_llm_end(
        self,
        response: LLMResult,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `LLMManagerMixin`."""

    async def on_llm_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `LLMManagerMixin`."""

    async def on_chain_end(
        self,
        outputs: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ChainManagerMixin`."""

    async def on_chain_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ChainManagerMixin`."""

    async def on_agent_action(
        self,
        action: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ChainManagerMixin`."""

    async def on_agent_finish(
        self,
        finish: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ChainManagerMixin`."""

    async def on_tool_end(
        self,
        output: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ToolManagerMixin`."""

    async def on_tool_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `ToolManagerMixin`."""

    async def on_retriever_end(
        self,
        documents: Sequence[Any],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `RetrieverManagerMixin`."""

    async def on_retriever_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `RetrieverManagerMixin`."""

    async def on_llm_start(
        self,
        serialized: Dict[str, Any],
        prompts: List[str],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `CallbackManagerMixin`."""

    async def on_chat_model_start(
        self,
        serialized: Dict[str, Any],
        messages: List[List[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not implement `on_chat_model_start`")

    async def on_retriever_start(
        self,
        serialized: Dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `CallbackManagerMixin`."""

    async def on_chain_start(
        self,
        serialized: Dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `CallbackManagerMixin`."""

    async def on_tool_start(
        self,
        serialized: Dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        inputs: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `CallbackManagerMixin`."""

    async def on_text(
        self,
        text: str,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `RunManagerMixin`."""

    async def on_retry(
        self,
        retry_state: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `RunManagerMixin`."""

    async def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """As in `RunManagerMixin`."""
