"""Jobs side by side in asyncio tasks, for `abatch`: the twin of threads.py.

k workers over one iterator, not n tasks behind a semaphore: a worker takes the next job when it has
ended one. Whoever stops early cancels the jobs that have begun, and waits until they have ended.
"""

from __future__ import annotations

import asyncio
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from typing import Any, Deque, Optional, Tuple

    from .base import Job

__all__ = ["completed"]


async def completed(
    jobs: Iterable[Job], limit: Optional[int]
) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
    """Run `jobs` in at most `limit` tasks (None: one each); leaving early cancels them."""
    listed = list(jobs)
    waiting = iter(enumerate(listed))
    loop = asyncio.get_running_loop()
    ended: Deque[Tuple[int, Any, Optional[BaseException]]] = deque()
    news: asyncio.Future[None] = loop.create_future()  # ended is no longer empty

    def report(index: int, result: Any, error: Optional[BaseException]) -> None:
        ended.append((index, result, error))
        if not news.done():
            news.set_result(None)

    async def work() -> None:
        for index, job in waiting:
            try:
                report(index, await job(), None)
            except Exception as error:  # reported, in place, to the consumer
                report(index, None, error)
            except BaseException as error:
                report(index, None, error)
                raise

    workers = [asyncio.ensure_future(work()) for _ in range(min(limit or len(listed), len(listed)))]
    try:
        for _ in listed:
            if not ended:
                news = loop.create_future()
                await news
            yield ended.popleft()
    finally:
        running = [worker for worker in workers if not worker.done()]
        for worker in running:
            worker.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)
