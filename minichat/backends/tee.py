"""One stream for several readers: each reads at its own pace, and the source is read once.

Shared by both backends; they differ in the lock under which the source is read.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager
    from typing import Any, Deque, List, Optional

__all__ = ["Reader", "Tee"]


class Tee:
    """The source that `Reader`s share. It is closed when the last of them is."""

    def __init__(
        self, source: AsyncGenerator[Any, None], copies: int, lock: AbstractAsyncContextManager[Any]
    ) -> None:
        self.source = source
        self.lock = lock
        self.end: Optional[BaseException] = None  # what ended it, told to every reader
        self.readers: List[Reader] = []
        self.readers = [Reader(self) for _ in range(copies)]

    async def advance(self) -> None:
        """Read the source once, for everybody who still reads."""
        try:
            item = await self.source.__anext__()
        except BaseException as error:
            self.end = error
            return
        for reader in self.readers:
            reader.items.append(item)


class Reader:
    """One reader of a `Tee`: an async iterator that can be closed."""

    def __init__(self, tee: Tee) -> None:
        self._tee = tee
        self.items: Deque[Any] = deque()

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> Any:
        tee = self._tee
        if not self.items:
            async with tee.lock:
                if not self.items and tee.end is None:
                    await tee.advance()
        if self.items:
            return self.items.popleft()
        if isinstance(tee.end, StopAsyncIteration) or tee.end is None:
            raise StopAsyncIteration
        raise tee.end

    async def aclose(self) -> None:
        readers = self._tee.readers
        if self in readers:
            readers.remove(self)
            self.items.clear()
            if not readers:
                await self._tee.source.aclose()
