"""Jobs side by side in threads, for `batch`: k workers over one iterator, not n tasks in a queue.

A worker takes the next job when it has ended one, so at most `limit` connections are ever open.
Whoever stops early (an error, a consumer that left) waits only for the jobs that have begun: a thread
that waits for bytes cannot be stopped, its timeout ends it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import SimpleQueue
from threading import Lock

from .driver import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from typing import Any, Optional, Tuple

    from .base import Job

__all__ = ["completed"]


async def completed(
    jobs: Iterable[Job], limit: Optional[int]
) -> AsyncGenerator[Tuple[int, Any, Optional[BaseException]], None]:
    """Run `jobs` in at most `limit` threads; give (index, result, error) as each ends.

    The default limit is that of `concurrent.futures.ThreadPoolExecutor`: min(32, processors + 4).
    Each worker runs in a copy of the caller's context variables.
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
        while not stopped:
            with lock:
                index, job = next(waiting, (-1, None))
            if job is None:
                return
            try:
                ended.put((index, run(job()), None))  # type: ignore[arg-type]
            except BaseException as error:  # reported, in place, to the consumer
                ended.put((index, None, error))

    with ThreadPoolExecutor(workers) as threads:
        try:
            for _ in range(workers):
                threads.submit(copy_context().run, work)
            for _ in listed:
                yield ended.get()
        finally:
            stopped = True
