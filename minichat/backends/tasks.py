"""Work side by side in asyncio tasks: jobs for `abatch`, streams for a parallel step. The twin of threads.py.

Jobs: k workers over one iterator, not n tasks behind a semaphore: a worker takes the next job when it
has ended one. Streams: one task each, at most one item ahead of the consumer. Whoever stops early
cancels what has begun, and waits until it has ended. Users' synchronous code runs in a thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections import deque

from .tee import Tee

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
    from typing import Any, Deque, List, Optional, Tuple

    from .base import Job, Stream

__all__ = ["completed", "in_thread", "merge", "tee"]

_ENDED: Any = object()


async def completed(
    jobs: Iterable[Job], limit: Optional[int], until_error: bool = False
) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
    """Run `jobs` in at most `limit` tasks (None: one each); leaving early cancels them.

    With `until_error` none begins once one has failed.
    """
    listed = list(jobs)
    waiting: Iterator[Tuple[int, Any]] = iter(enumerate(listed))
    news = _News()

    async def work() -> None:
        nonlocal waiting
        while True:
            index, job = next(waiting, (-1, None))
            if job is None:
                return
            try:
                news.put((index, await job(), None))
            except Exception as error:  # reported, in place, to the consumer
                news.put((index, None, error))
                if until_error:
                    waiting = iter(())  # for every worker
            except BaseException as error:
                news.put((index, None, error))
                raise

    workers = [asyncio.ensure_future(work()) for _ in range(min(limit or len(listed), len(listed)))]
    try:
        for _ in listed:
            yield await news.get()
    finally:
        await _cancel(workers)


async def merge(
    streams: Sequence[Stream], ends: bool = False
) -> AsyncGenerator[Tuple[int, Any], None]:
    """Iterate `streams` in a task each; give (index, item) as they come.

    With `ends`, (index, None) says that a stream has ended. Raises: the first error of a stream; the others are closed.
    """
    news = _News()
    turns = [asyncio.Semaphore(0) for _ in streams]

    async def pump(index: int, stream: Stream) -> None:
        failure: Optional[BaseException] = None
        try:
            try:
                async for item in stream:
                    news.put((index, item, None))
                    await turns[index].acquire()
            finally:
                await stream.aclose()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # raised to the consumer
            failure = error
        news.put((index, _ENDED, failure))

    pumps = [asyncio.ensure_future(pump(index, stream)) for index, stream in enumerate(streams)]
    try:
        live = len(streams)
        while live:
            index, item, error = await news.get()
            if error is not None:
                raise error
            if item is _ENDED:
                live -= 1
                if ends:
                    yield index, None
                continue
            turns[index].release()
            yield index, item
    finally:
        await _cancel(pumps)


class _News:
    """What tasks report to one consumer. Lighter than `asyncio.Queue`: no lock, no books on getters."""

    def __init__(self) -> None:
        self._items: Deque[Tuple[int, Any, Optional[BaseException]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Future[None] = self._loop.create_future()

    def put(self, item: Tuple[int, Any, Optional[BaseException]]) -> None:
        self._items.append(item)
        if not self._arrived.done():
            self._arrived.set_result(None)

    async def get(self) -> Tuple[int, Any, Optional[BaseException]]:
        if not self._items:
            self._arrived = self._loop.create_future()
            await self._arrived
        return self._items.popleft()


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.gather(*running, return_exceptions=True)


def tee(stream: Stream, copies: int) -> List[Any]:
    """Give `copies` readers of one stream."""
    return list(Tee(stream, copies, asyncio.Lock()).readers)


# -- users' synchronous code -------------------------------------------------------------------


async def in_thread(
    function: Callable[..., Any], *args: Any, executor: Any = None, **kwargs: Any
) -> Any:
    """Run sync user code in the loop's executor or a given one, with the caller's context variables."""
    context = contextvars.copy_context()
    call = functools.partial(context.run, _without_stop_iteration, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(executor, call)


def _without_stop_iteration(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function`; no future can carry a StopIteration, and who waits for it would wait for ever."""
    try:
        return function(*args, **kwargs)
    except StopIteration as stop:
        raise RuntimeError(f"{getattr(function, '__name__', 'function')} raised StopIteration") from stop
