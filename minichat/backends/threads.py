"""Work side by side in threads: jobs for `batch`, streams for a parallel step. The twin of tasks.py.

Jobs: k workers over one iterator, not n tasks in a queue. A worker takes the next job when it has
ended one, so at most `limit` connections are ever open. Streams: one thread each, at most one item
ahead of the consumer.

A thread cannot be cancelled, but what it waits for can be ended: a `Branch` knows how to interrupt the
wait its thread is in (shut the socket down, wake the sleep), and the waiting call raises GeneratorExit,
as if its consumer had closed it. What cannot be interrupted is a connection being opened (its timeout
ends it) and users' own code.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import SimpleQueue
from threading import Event, Lock, Semaphore, local

from .driver import run
from .tee import Tee

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from typing import Any, List, Optional, Tuple

    from .base import Job, Stream

__all__ = ["Branch", "completed", "interruptible", "merge", "settle", "sleep", "tee"]

_ENDED: Any = object()
_WAKE: Any = (-1, None, None)

_here = local()  # .branch: what this thread works for, when another may have to stop it


class Branch:
    """The work of one thread, which another thread may stop."""

    def __init__(self) -> None:
        self.stopped = False
        self._interrupt: Optional[Callable[[], Any]] = None

    def waits(self, interrupt: Optional[Callable[[], Any]]) -> None:
        """Say how the wait that begins now is interrupted; None when it is over.

        Raises: GeneratorExit when the branch was stopped, before the wait or in it.
        """
        self._interrupt = interrupt  # first, so that `stop` sees it or we see `stopped`
        if self.stopped:
            raise GeneratorExit

    def stop(self) -> None:
        self.stopped = True
        interrupt = self._interrupt
        if interrupt is not None:
            interrupt()


def interruptible(wait: Callable[[], Any], interrupt: Callable[[], Any]) -> Any:
    """Give `wait()`; when this thread's branch is stopped meanwhile, `interrupt()` must end it."""
    branch: Optional[Branch] = getattr(_here, "branch", None)
    if branch is None:
        return wait()
    branch.waits(interrupt)
    try:
        return wait()
    finally:
        branch.waits(None)


def sleep(seconds: float) -> None:
    """Sleep in a branch, to be woken when it is stopped."""
    woken = Event()
    interruptible(lambda: woken.wait(seconds), woken.set)


def settle(awaitable: Awaitable[Any]) -> Any:
    """Wait for a coroutine on a loop of its own: this thread may have one running already."""

    async def waited() -> Any:
        return await awaitable

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(copy_context().run, lambda: asyncio.run(waited())).result()


def _in_branch(branch: Branch, work: Callable[..., Any], *args: Any) -> None:
    _here.branch = branch
    try:
        work(*args)
    finally:
        _here.branch = None


async def completed(
    jobs: Iterable[Job], limit: Optional[int], until_error: bool = False
) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
    """Run `jobs` in at most `limit` threads; give (index, result, error) as each ends.

    The default limit is that of `concurrent.futures.ThreadPoolExecutor`: min(32, processors + 4).
    Each worker runs in a copy of the caller's context variables. Whoever stops early waits for the
    jobs that have begun, unless he is being stopped himself: then they are too. With `until_error`
    none begins once one has failed, however late the consumer hears of it.
    """
    listed = list(jobs)
    workers = min(limit or min(32, (os.cpu_count() or 1) + 4), len(listed))
    if workers == 0:
        return
    waiting = iter(enumerate(listed))
    lock = Lock()
    ended: SimpleQueue[Tuple[int, Any, Optional[BaseException]]] = SimpleQueue()
    stopped = False

    def work() -> None:
        nonlocal stopped
        while not stopped:
            with lock:
                index, job = next(waiting, (-1, None))
            if job is None:
                return
            try:
                ended.put((index, run(job()), None))  # type: ignore[arg-type]
            except BaseException as error:  # reported, in place, to the consumer
                stopped = stopped or until_error
                ended.put((index, None, error))

    own: Optional[Branch] = getattr(_here, "branch", None)
    branches = [Branch() for _ in range(workers)]
    with ThreadPoolExecutor(workers) as threads:
        try:
            for branch in branches:
                threads.submit(copy_context().run, _in_branch, branch, work)
            for _ in listed:
                yield interruptible(ended.get, lambda: ended.put(_WAKE))
        finally:
            stopped = True
            if own is not None and own.stopped:
                for branch in branches:
                    branch.stop()


async def merge(
    streams: Sequence[Stream], ends: bool = False
) -> AsyncGenerator[Tuple[int, Any], None]:
    """Iterate `streams` in a thread each; give (index, item) as they come.

    With `ends`, (index, None) says that a stream has ended. Raises: the first error of a stream; the others are closed.
    """
    news: SimpleQueue[Tuple[int, Any, Optional[BaseException]]] = SimpleQueue()
    branches = [Branch() for _ in streams]
    turns = [Semaphore(0) for _ in streams]

    def pump(index: int) -> None:
        stream, failure = streams[index], None
        try:
            try:
                while not branches[index].stopped:
                    try:
                        item = run(stream.__anext__())
                    except StopAsyncIteration:
                        break
                    news.put((index, item, None))
                    turns[index].acquire()
            finally:
                run(stream.aclose())
        except BaseException as error:  # raised to the consumer
            failure = error
        news.put((index, _ENDED, failure))

    with ThreadPoolExecutor(len(streams)) as threads:
        try:
            for index, branch in enumerate(branches):
                threads.submit(copy_context().run, _in_branch, branch, pump, index)
            live = len(streams)
            while live:
                index, item, error = interruptible(news.get, lambda: news.put(_WAKE))
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
            for branch, turn in zip(branches, turns):
                branch.stop()
                turn.release()


class _Held:
    """A thread's lock for `async with`; nothing under it suspends."""

    def __init__(self) -> None:
        self._lock = Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *exc_info: object) -> None:
        self._lock.release()


def tee(stream: Stream, copies: int) -> List[Any]:
    """Give `copies` readers of one stream."""
    return list(Tee(stream, copies, _Held()).readers)
