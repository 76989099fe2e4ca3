"""Watching a run while it goes on: its handlers write into a mailbox, and a generator reads from it.

`astream_log` and `astream_events` both show a run from the side. The run goes on in a task of its own;
handlers, which are called in the middle of its work, `put` what there is to tell; the consumer gets it
from `events_of` in the order in which it was put. Three things are promised:

1. The run is never far ahead. Whoever pulls its pieces waits after each one until the consumer has
   taken everything (`taken`), so a slow consumer holds up the source as in a plain `astream`.
2. However the consumer leaves (`aclose`, `break`, an exception, cancellation), the task is cancelled and
   has ended before the generator has: no iterator, task or socket of the run stays open.
3. What the run raises is raised to the consumer, after everything that was put before.

Handlers may be called in a thread (synchronous code under asyncio runs in one): `put` takes that.
"""

from __future__ import annotations

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
    from typing import Any

__all__ = ["Filter", "Mailbox", "events_of"]

END: Any = object()  # put when the task has ended


class Filter:
    """Which runs are shown: those of an included name, type or tag (all, where none is given) and no excluded one."""

    def __init__(self, include: Sequence[Any], exclude: Sequence[Any]) -> None:
        self._all = all(listed is None for listed in include)
        self._include = [listed or () for listed in include]
        self._exclude = [listed or () for listed in exclude]

    def __call__(self, name: str, kind: str, tags: Sequence[str]) -> bool:
        return (self._all or _matches(self._include, name, kind, tags)) and not _matches(
            self._exclude, name, kind, tags
        )


def _matches(listed: Sequence[Any], name: str, kind: str, tags: Sequence[str]) -> bool:
    names, kinds, wanted = listed
    return name in names or kind in kinds or any(tag in wanted for tag in tags)


class Mailbox:
    """What handlers have put and the consumer has not taken yet. Make it inside the running loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = False  # the consumer has left: what a thread still puts goes nowhere

    def put(self, item: Any) -> None:
        """Leave an item for the consumer; from any thread, never waiting."""
        if self.closed:
            return
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:  # a thread without a loop
            here = False
        if here:
            self.queue.put_nowait(item)
        else:  # in the order of the calls, and before the thread's own end is noticed
            self.loop.call_soon_threadsafe(self.queue.put_nowait, item)

    async def taken(self) -> None:
        """Wait until the consumer has come back for more after the last item."""
        await self.queue.join()


async def events_of(
    work: Callable[[], Coroutine[Any, Any, None]], mailbox: Mailbox
) -> AsyncGenerator[Any, None]:
    """Run `work()` in a task; yield what is put into `mailbox` until it has ended.

    The usual `work`, with a handler in the context that calls `mailbox.put`:

        async def work():
            async with closing(runnable._run_stream(ctx, once(input))) as pieces:
                async for items in pieces:
                    await mailbox.taken()

    Raises: what `work` raises, after the last item. To a consumer that leaves early only an error of
    the closing itself; a failure it had not come to see stays unseen, as with any generator.
    """
    task = asyncio.ensure_future(work())
    task.add_done_callback(lambda _: mailbox.queue.put_nowait(END))
    try:
        while True:
            item = await mailbox.queue.get()
            if item is END:
                break
            yield item
            mailbox.queue.task_done()
    finally:
        mailbox.closed = True
        if task.done():
            task.cancelled() or task.exception()  # seen: asyncio does not complain of it
        else:
            await _stop(task)
    task.result()


async def _stop(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait for its end. Raises: what it raises then, unless it is the cancellation."""
    task.cancel()
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:  # whoever waits here is being cancelled, perhaps again
        task.cancel()
        raise
    if not task.cancelled():
        task.result()
