"""A run in a task, watched from the side: order, pace, errors, and nothing left when the consumer goes."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from minichat.backends.driver import closing
from minichat.tracers.streaming import Mailbox, events_of


class Source:
    """An async generator of numbers that says how far it is and whether it was closed."""

    def __init__(self, count, error=None):
        self.count = count
        self.error = error
        self.given = 0
        self.closed = 0

    async def pieces(self):
        try:
            for number in range(self.count):
                await asyncio.sleep(0)
                self.given = number + 1
                yield number
            if self.error:
                raise self.error
        finally:
            self.closed += 1


def watched(source):
    """Give events_of a run over `source` that tells each of its pieces."""
    mailbox = Mailbox()

    async def work():
        async with closing(source.pieces()) as pieces:
            async for piece in pieces:
                mailbox.put(piece)
                await mailbox.taken()

    return events_of(work, mailbox)


async def tasks_left():
    await asyncio.sleep(0)
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def test_what_is_put_comes_out_in_order_and_the_end_of_the_work_ends_it():
    async def program():
        source = Source(5)
        assert [item async for item in watched(source)] == [0, 1, 2, 3, 4]
        assert source.closed == 1
        assert not await tasks_left()

    asyncio.run(program())


def test_work_that_puts_nothing_gives_nothing():
    async def program():
        async def work():
            await asyncio.sleep(0)

        return [item async for item in events_of(work, Mailbox())]

    assert asyncio.run(program()) == []


def test_the_source_waits_for_a_slow_consumer():
    async def program():
        source = Source(100)
        ahead = []
        async for item in watched(source):
            for _ in range(20):
                await asyncio.sleep(0)
            ahead.append(source.given - item)
        return ahead

    assert set(asyncio.run(program())) == {1}


def test_an_error_of_the_work_comes_after_what_was_put_before_it():
    async def program():
        seen = []
        with pytest.raises(KeyError, match="later"):
            async for item in watched(Source(3, KeyError("later"))):
                seen.append(item)
        return seen

    assert asyncio.run(program()) == [0, 1, 2]


def test_cancellation_that_the_work_raises_itself_reaches_the_consumer():
    async def program():
        with pytest.raises(asyncio.CancelledError):
            async for _ in watched(Source(1, asyncio.CancelledError())):
                pass

    asyncio.run(program())


@pytest.mark.parametrize("stop_after", [1, 2, 4])
@pytest.mark.parametrize("way", ["aclose", "athrow", "cancel"])
def test_the_work_has_ended_when_a_consumer_that_leaves_early_goes_on(way, stop_after):
    async def consume(events):
        async with closing(events):
            async for item in events:
                if item == stop_after - 1:
                    if way == "athrow":
                        await events.athrow(ValueError("mine"))
                    if way == "cancel":
                        asyncio.current_task().cancel()
                        await asyncio.sleep(0)
                    return

    async def program():
        source = Source(10)
        consumer = asyncio.ensure_future(consume(watched(source)))
        await asyncio.wait([consumer])
        assert source.closed == 1 and source.given == stop_after
        assert not await tasks_left()
        if way == "aclose":
            consumer.result()
        elif way == "athrow":
            assert str(consumer.exception()) == "mine"
        else:
            assert consumer.cancelled()

    asyncio.run(program())


def test_a_consumer_cancelled_while_it_waits_takes_the_work_with_it():
    async def program():
        closed = []

        async def work():
            try:
                await asyncio.Event().wait()
            finally:
                closed.append(True)

        async def consume():
            async for _ in events_of(work, Mailbox()):
                pass

        consumer = asyncio.ensure_future(consume())
        for _ in range(5):
            await asyncio.sleep(0)
        consumer.cancel()
        await asyncio.wait([consumer])
        assert consumer.cancelled() and closed == [True]
        assert not await tasks_left()

    asyncio.run(program())


def test_an_error_while_closing_is_raised_to_whoever_closes():
    async def program():
        async def work():
            try:
                mailbox.put("first")
                await asyncio.Event().wait()
            finally:
                raise RuntimeError("cannot close")

        mailbox = Mailbox()
        events = events_of(work, mailbox)
        assert await events.__anext__() == "first"
        with pytest.raises(RuntimeError, match="cannot close"):
            await events.aclose()

    asyncio.run(program())


def test_a_failure_the_consumer_did_not_come_to_see_is_not_complained_of():
    complaints = []

    async def program():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))

        async def work():
            mailbox.put("first")
            raise RuntimeError("unseen")

        mailbox = Mailbox()
        events = events_of(work, mailbox)
        assert await events.__anext__() == "first"
        await asyncio.sleep(0)
        await events.aclose()
        del events, work
        gc.collect()

    asyncio.run(program())
    assert complaints == []


def test_a_second_cancellation_does_not_wait_for_work_that_will_not_end():
    async def program():
        release = asyncio.Event()
        cancelled = []

        async def work():
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    cancelled.append(True)

        async def consume():
            async for _ in events_of(work, Mailbox()):
                pass

        consumer = asyncio.ensure_future(consume())
        for _ in range(2):
            for _ in range(5):
                await asyncio.sleep(0)
            assert not consumer.done()
            consumer.cancel()
        await asyncio.wait([consumer])
        assert consumer.cancelled()
        await asyncio.sleep(0)
        assert cancelled == [True, True]  # the work was told both times
        release.set()
        while await tasks_left():
            await asyncio.sleep(0)

    asyncio.run(program())


def test_a_thread_may_put_and_its_items_come_before_what_is_put_after_it():
    async def program():
        mailbox = Mailbox()

        async def work():
            mailbox.put("before")
            await asyncio.get_running_loop().run_in_executor(None, lambda: [mailbox.put(n) for n in range(100)])
            mailbox.put("after")

        return [item async for item in events_of(work, mailbox)]

    assert asyncio.run(program()) == ["before", *range(100), "after"]


def test_what_a_thread_puts_arrives_while_the_thread_goes_on():
    async def program():
        mailbox = Mailbox()
        arrived = threading.Event()

        def job():
            mailbox.put("first")
            mailbox.put("second")
            return arrived.wait(20)

        async def work():
            mailbox.put(await asyncio.get_running_loop().run_in_executor(None, job))

        seen = []
        async for item in events_of(work, mailbox):
            seen.append(item)
            if item == "second":
                arrived.set()
        return seen

    assert asyncio.run(program()) == ["first", "second", True]


def test_a_loop_in_another_thread_may_put_too():
    async def program():
        mailbox = Mailbox()
        arrived = threading.Event()

        async def inner():
            mailbox.put("from the other loop")
            return arrived.wait(20)

        async def work():
            mailbox.put(await asyncio.get_running_loop().run_in_executor(None, asyncio.run, inner()))

        seen = []
        async for item in events_of(work, mailbox):
            seen.append(item)
            arrived.set()
        return seen

    assert asyncio.run(program()) == ["from the other loop", True]


def test_a_thread_that_outlives_the_consumer_puts_into_nothing():
    async def program():
        mailbox = Mailbox()

        async def work():
            mailbox.put("first")
            await asyncio.Event().wait()

        events = events_of(work, mailbox)
        assert await events.__anext__() == "first"
        await events.aclose()
        return mailbox

    mailbox = asyncio.run(program())
    late = threading.Thread(target=mailbox.put, args=("late",))
    late.start()
    late.join()
    mailbox.put("later")
    assert mailbox.queue.qsize() <= 1  # the end of the work, which nobody came to see
