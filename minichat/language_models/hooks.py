"""The models users write: LangChain's hooks turned into the two seams of a chat model, and back.

`_generate(messages, stop, run_manager, **kwargs) -> ChatResult` must exist; `_stream` yields
`ChatGenerationChunk`; `_agenerate` and `_astream` are their asynchronous twins. What is missing is
made of what exists: synchronous hooks run in a thread on the asynchronous side, and a model without
`_stream` is not asked for one (`can_stream`).
"""

from __future__ import annotations

import inspect

from ..backends.driver import closing
from ..errors import ConfigurationError
from ..messages import AIMessageChunk
from ..outputs import ChatGenerationChunk, ChatResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from typing import Any, Dict, List, Optional

    from ..backends.base import Backend
    from ..messages import AIMessage, BaseMessage
    from .chat_models import BaseChatModel
    from .telling import ModelRun

__all__ = ["answer", "can_stream", "pieces"]


def _hook(model: BaseChatModel, backend: Backend, sync_name: str, async_name: str) -> Any:
    """Give the hook for this side, None when there is none; of async ones only one that somebody wrote."""
    function = getattr(model, async_name, None) if backend.suspends else None
    if function is None or getattr(function, "made", False):
        function = getattr(model, sync_name, None)
    return function


def can_stream(model: BaseChatModel, backend: Backend) -> bool:
    """Tell whether a model has a hook that streams on this side."""
    return _hook(model, backend, "_stream", "_astream") is not None


def _arguments(function: Callable[..., Any], run: ModelRun, kwargs: Dict[str, Any]) -> Dict[str, Any]:
    """Add the run manager when the hook takes one, as LangChain does: of the hook's own side."""
    if "run_manager" not in inspect.signature(function).parameters:
        return kwargs
    from ..callbacks.manager import run_manager_of

    manager: Any = run_manager_of(run)
    if run.context.backend.suspends and not inspect.iscoroutinefunction(function):
        manager = manager.get_sync()  # the hook runs in a thread and cannot await
    return {**kwargs, "run_manager": manager}


async def answer(
    model: BaseChatModel,
    run: ModelRun,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
) -> ChatResult:
    """Ask `_generate` or `_agenerate`."""
    backend = run.context.backend
    function = _hook(model, backend, "_generate", "_agenerate")
    result = await backend.call(function, messages, stop=stop, **_arguments(function, run, kwargs))
    if not hasattr(result, "generations"):
        raise ConfigurationError(f"{type(model).__name__}._generate must return a ChatResult")
    alone = len(result.generations) == 1  # what is known of the call is not repeated on each of several
    for generation in result.generations:
        _join_info(generation, result.llm_output if alone else None)
    return result  # type: ignore[no-any-return]


async def pieces(
    model: BaseChatModel,
    run: ModelRun,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
) -> AsyncGenerator[Sequence[AIMessage], None]:
    """Iterate `_stream` or `_astream`. The last chunk says so, if need be an empty one after the model's."""
    function = _hook(model, run.context.backend, "_stream", "_astream")
    last: Any = None
    # The tokens are announced by whoever iterates this (telling.py), so no run manager goes in.
    source = run.context.backend.iterate(function, messages, stop=stop, **kwargs)
    async with closing(source):
        async for chunk in source:
            last = getattr(chunk, "message", None)
            if not isinstance(chunk, ChatGenerationChunk) or not isinstance(last, AIMessageChunk):
                raise ConfigurationError(
                    f"{type(model).__name__}._stream must yield ChatGenerationChunk with an AIMessageChunk"
                )
            _join_info(chunk, None)
            if last.id is None:
                last.id = f"lc_run--{run.id}"
            run.info = chunk.generation_info
            yield [last]
    run.info = None
    if last is not None and last.chunk_position is None:
        nothing: Any = "" if isinstance(last.content, str) else []
        yield [AIMessageChunk(content=nothing, chunk_position="last", id=f"lc_run--{run.id}")]


def _join_info(generation: Any, llm_output: Optional[Dict[str, Any]]) -> None:
    """Let the message know what its generation knows, as LangChain's response_metadata does."""
    known = {**(llm_output or {}), **(generation.generation_info or {})}
    if known:
        message = generation.message
        message.response_metadata = {**known, **message.response_metadata}
