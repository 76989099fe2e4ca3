"""AsyncHooks: `_agenerate` and `_astream` of models that define only `_generate` and `_stream`.

For those who call hooks themselves: an override that says `super()`, and models that ask another one. The
library's own way to a model (hooks.py) does not come by here, it sees that these were `made` and takes the
synchronous hook, which may be a subclass's.
"""

from __future__ import annotations

from ..backends.driver import closing
from ..runnables.base import asyncio_backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Any, Dict, List, Optional, TypeVar

    from ..messages import BaseMessage
    from ..outputs import ChatGenerationChunk, ChatResult

    Stop = Optional[List[str]]
    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["AsyncHooks", "made"]


def made(hook: F) -> F:
    """Mark an asynchronous hook as made of the model's synchronous one, or of its seam."""
    hook.made = True  # type: ignore[attr-defined]
    return hook


class AsyncHooks:
    """The two asynchronous hooks, over the synchronous ones in a thread."""

    @made
    async def _agenerate(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        """Give the answers to `messages`. For subclasses and other models; callers use `ainvoke` or `agenerate`."""
        hook: Any = self._sync_hook("_generate")
        result = await asyncio_backend().call(hook, messages, stop=stop, **_managed(run_manager), **kwargs)
        return result  # type: ignore[no-any-return]

    @made
    async def _astream(
        self, messages: List[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        """Give the answer to `messages` in chunks. For subclasses and other models; callers use `astream`."""
        hook: Any = self._sync_hook("_stream")
        source = asyncio_backend().iterate(hook, messages, stop=stop, **_managed(run_manager), **kwargs)
        async with closing(source):
            async for chunk in source:
                yield chunk

    def _sync_hook(self, name: str) -> Any:
        hook = getattr(self, name, None)
        if hook is None:
            raise NotImplementedError(f"{type(self).__name__} defines no {name}")
        return hook


def _managed(manager: Any) -> Dict[str, Any]:
    """Give the run manager as the keyword of a synchronous hook, which cannot await; none when there is none."""
    return {} if manager is None else {"run_manager": manager.get_sync()}
