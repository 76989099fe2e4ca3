"""The models users write: LangChain's hooks turned into the two seams of a chat model.

`_generate(messages, stop, run_manager, **kwargs) -> ChatResult` must exist; `_stream` yields
`ChatGenerationChunk`; `_agenerate` and `_astream` are their asynchronous twins. What is missing is
made of what exists: a model that cannot stream gives its whole message, and synchronous hooks run in a
thread on the asynchronous side.
"""

from __future__ import annotations

import inspect

from ..backends.driver import closing, run as run_blocking
from ..errors import ConfigurationError
from ..outputs import ChatGenerationChunk, ChatResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from typing import Any, Dict, List, Optional
    from uuid import UUID

    from ..messages import AIMessage, BaseMessage
    from ..runs import Run
    from .chat_models import BaseChatModel

__all__ = ["AsyncRunManager", "RunManager", "answer", "pieces"]


class RunManager:
    """What a synchronous hook gets as `run_manager`: its run, and the way to announce a token."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def run_id(self) -> UUID:
        return self._run.uuid

    @property
    def tags(self) -> List[str]:
        return list(self._run.context.tags)

    @property
    def metadata(self) -> Dict[str, Any]:
        return dict(self._run.context.metadata or {})

    def on_llm_new_token(self, token: str, *, chunk: Any = None, **kwargs: Any) -> None:
        run_blocking(self._run.tell("token", token, chunk=chunk, **kwargs))


class AsyncRunManager(RunManager):
    """The same for an asynchronous hook."""

    async def on_llm_new_token(  # type: ignore[override]
        self, token: str, *, chunk: Any = None, **kwargs: Any
    ) -> None:
        await self._run.tell("token", token, chunk=chunk, **kwargs)


def _hook(model: BaseChatModel, run: Run, sync_name: str, async_name: str) -> Any:
    """Give the hook for this side and its run manager, or (None, None)."""
    if run.context.backend.suspends:
        function = getattr(model, async_name, None)
        if function is not None:
            return function, AsyncRunManager(run)
    function = getattr(model, sync_name, None)
    return function, RunManager(run)


def _arguments(function: Callable[..., Any], manager: RunManager, kwargs: Dict[str, Any]) -> Dict[str, Any]:
    """Add the run manager when the hook takes one, as LangChain does."""
    parameters = inspect.signature(function).parameters
    if "run_manager" in parameters:
        return {**kwargs, "run_manager": manager}
    return kwargs


async def answer(
    model: BaseChatModel,
    run: Run,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
) -> ChatResult:
    """Ask `_generate` or `_agenerate`."""
    function, manager = _hook(model, run, "_generate", "_agenerate")
    if function is None:
        raise ConfigurationError(
            f"{type(model).__name__} defines no _generate(messages, stop, run_manager, **kwargs)"
        )
    arguments = _arguments(function, manager, kwargs)
    result = await run.context.backend.call(function, messages, stop=stop, **arguments)
    if not hasattr(result, "generations"):
        raise ConfigurationError(f"{type(model).__name__}._generate must return a ChatResult")
    for generation in result.generations:
        _join_info(generation, result.llm_output)
    return result  # type: ignore[no-any-return]


async def pieces(
    model: BaseChatModel,
    run: Run,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
) -> AsyncGenerator[Sequence[AIMessage], None]:
    """Iterate `_stream` or `_astream`; without either, give the whole answer as one piece."""
    function, _ = _hook(model, run, "_stream", "_astream")
    if function is None:
        result = await answer(model, run, messages, stop, kwargs)
        message = result.generations[0].message
        if message.id is None:
            message.id = f"lc_run--{run.id}"
        yield [message]  # type: ignore[list-item]
        return
    empty = True
    # The tokens are announced by whoever iterates this (runs.observe_stream), so no run manager goes in.
    source = run.context.backend.iterate(function, messages, stop=stop, **kwargs)
    async with closing(source):
        async for chunk in source:
            if not isinstance(chunk, ChatGenerationChunk) and not hasattr(chunk, "message"):
                raise ConfigurationError(f"{type(model).__name__}._stream must yield ChatGenerationChunk")
            _join_info(chunk, None)
            if chunk.message.id is None:
                chunk.message.id = f"lc_run--{run.id}"
            empty = False
            yield [chunk.message]
    if empty:
        raise ConfigurationError("No generation chunks were returned")


def _join_info(generation: Any, llm_output: Optional[Dict[str, Any]]) -> None:
    """Let the message know what its generation knows, as LangChain's response_metadata does."""
    known = {**(llm_output or {}), **(generation.generation_info or {})}
    if known:
        message = generation.message
        message.response_metadata = {**known, **message.response_metadata}
