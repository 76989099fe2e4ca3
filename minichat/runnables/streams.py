"""Streams between runnables: lists of items, added up where a whole is needed.

Inside, a stream hands over lists, all that one read gave; only the public iterators give the items
out one by one, and nobody waits to fill a list.
"""

from __future__ import annotations

from ..backends.driver import closing
from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict, List, Union

    from ..backends.base import Backend

    Pieces = AsyncGenerator[Sequence[Any], None]
    Inputs = Union[AsyncGenerator[Sequence[Any], None], "once", "Seen"]

__all__ = ["Seen", "Sum", "gather", "once", "split"]


class once:
    """A stream of one item. Not a generator: an event loop would keep books on it, for each call."""

    __slots__ = ("item", "left")

    def __init__(self, item: Any) -> None:
        self.item = item
        self.left = True

    def __aiter__(self) -> once:
        return self

    async def __anext__(self) -> List[Any]:
        if not self.left:
            raise StopAsyncIteration
        self.left = False
        return [self.item]

    async def aclose(self) -> None:
        self.left = False


class Sum:
    """Items added up with `+`; one that cannot be added stands in for all before it, as in LangChain.

    Runs of texts are joined when the value is read, so that many cost no more than one each.
    `last_only_after`: once an item could not be added, every later one stands alone.
    """

    __slots__ = ("_addable", "_last_only_after", "_texts", "_value", "empty")

    def __init__(self, *, last_only_after: bool = False) -> None:
        self._value: Any = None
        self._texts: List[str] = []
        self._addable = True
        self._last_only_after = last_only_after
        self.empty = True

    def add(self, item: Any) -> None:
        if type(item) is str and self._addable and (self._texts or self._value is None):
            self._texts.append(item)
            self.empty = False
            return
        value = self.value
        self.empty = False
        if value is None or not self._addable:
            self._value = item
            return
        try:
            self._value = value + item
        except TypeError:
            self._value = item
            self._addable = not self._last_only_after

    @property
    def value(self) -> Any:
        """The sum so far; None for nothing."""
        if self._texts:
            texts, self._texts = self._texts, []
            self._value = "".join(texts)
            if self._addable:
                self._texts.append(self._value)  # texts that follow join it
        return self._value


class Seen:
    """A stream that remembers the sum of what was read from it. `begin` reads ahead, once."""

    __slots__ = ("_ahead", "_source", "sum")

    def __init__(self, source: Any) -> None:
        self._source = source
        self._ahead: Any = None
        self.sum = Sum(last_only_after=True)

    async def begin(self) -> None:
        """Read the first list, so that whoever makes the input begins before its reader."""
        try:
            self._ahead = await self._source.__anext__()
        except StopAsyncIteration:
            self._ahead = ()

    def __aiter__(self) -> Seen:
        return self

    async def __anext__(self) -> Any:
        items, self._ahead = self._ahead, None
        if items is None:
            items = await self._source.__anext__()
        elif not items:
            raise StopAsyncIteration
        for item in items:
            self.sum.add(item)
        return items

    def known(self) -> Dict[str, Any]:
        """What handlers are told of the input, at the end of a run that read it."""
        return {"inputs": self.sum.value}

    async def aclose(self) -> None:
        await self._source.aclose()


    def single(self) -> Any:
        """Give the stream of the one item, when it is one that is known to bring no more."""
        if not isinstance(self._source, once):
            return self
        if self._ahead is not None:
            for item in self._ahead:
                self.sum.add(item)
            self._ahead = ()
        return once(self._source.item)


def split(inputs: Inputs, copies: int, backend: Backend) -> List[Any]:
    """Give several readers of one stream; of a single item, as many `once`."""
    if isinstance(inputs, Seen):
        inputs = inputs.single()
    if isinstance(inputs, once):
        return [once(inputs.item) for _ in range(copies)]
    return list(backend.tee(inputs, copies))  # type: ignore[arg-type]


async def gather(inputs: Inputs) -> Any:
    """Add up a stream to one input.

    Raises: `ConfigurationError` when nothing comes.
    """
    if isinstance(inputs, once):
        return inputs.item
    total = Sum()
    async with closing(inputs):  # type: ignore[arg-type]
        async for items in inputs:
            for item in items:
                total.add(item)
    if total.empty:
        raise ConfigurationError("a stream without any input")
    return total.value
