"""Run coroutine code without an event loop, when nothing in it can wait.

All waiting logic of the library is written once, as `async def` over a `Backend`. Under the blocking
backend every `await` comes back at once (the socket call inside it blocked), so the coroutine ends on
its first step and these few lines are the whole "event loop" of the synchronous side. Three traps:

1. `async for` does not close what it iterates: always `async with closing(inputs)`.
2. A context variable set across a `yield` leaks to the caller: contexts are passed as arguments.
3. A real wait under the blocking backend is a bug: `throw` (not `close`) names the guilty `await`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")
else:
    T = object

    class Generic:
        """`Runnable[Input, Output]` at run time without importing typing, which takes 10 ms."""

        __slots__ = ()

        def __class_getitem__(cls, item):
            return cls


__all__ = ["Generic", "closing", "iterate", "run"]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Give the result of a coroutine that never suspends.

    Raises: what the coroutine raises; RuntimeError at the `await` that really waited.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.throw(RuntimeError("asynchronous wait under the blocking backend"))
    raise RuntimeError("a coroutine went on after an asynchronous wait under the blocking backend")


def iterate(source: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """Iterate an async generator that never suspends; leaving early closes it at once."""
    try:
        while True:
            try:
                item = _unseen(source.__anext__)
            except StopAsyncIteration:
                return
            yield item
    finally:
        _unseen(source.aclose)


def _unseen(step: Callable[[], Any]) -> Any:
    """Run the coroutine of one step of a stream, behind the back of a running event loop.

    A loop closes, when it ends, every async generator begun inside it. Those of a synchronous stream
    are not its own: the stream may outlive it, and would end early without a word.
    """
    hooks = sys.get_asyncgen_hooks()
    if hooks[0] is None:
        return run(step())
    sys.set_asyncgen_hooks(None, None)
    try:
        return run(step())
    finally:
        sys.set_asyncgen_hooks(*hooks)


class closing(Generic[T]):
    """`contextlib.aclosing`, which Python 3.9 does not have."""

    __slots__ = ("source",)

    def __init__(self, source: AsyncGenerator[T, None]) -> None:
        self.source = source

    async def __aenter__(self) -> AsyncGenerator[T, None]:
        return self.source

    async def __aexit__(self, *exc_info: object) -> None:
        await self.source.aclose()
