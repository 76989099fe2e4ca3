"""Whoever leaves a stream early closes its connection at once, in whatever way he leaves.

CPython closes a generator that nobody holds in the moment of the last reference; PyPy collects it later,
so there `gc.collect()` is what drops it, after those ways that only forget it and after no other.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings

import pytest

from . import ways
from .conftest import PYPY
from .conftest import collect as collect_everything
from .conftest import descriptors
from .servers import Server, echo, event, stream_end, stream_head

# There each collection walks through the whole heap, the collected tests too.
LAPS = 1 if PYPY else 3
# A multiple of 20. In Python's development mode each task remembers the stack it was made in: 2 s a thousand.
TIMES = 20 if PYPY else 100 if sys.flags.dev_mode else 1000


def endless(peer):
    """A script: two pieces of an answer, then nothing more until the client goes."""
    if peer.request() is not None:
        peer.send(stream_head + event("one") + event("two"))
        peer.wait_closed()


def flood(peer):
    """A script: pieces without end, until the client goes."""
    if peer.request() is not None:
        block = b"".join(event(f"piece {number}") for number in range(50))
        peer.send(stream_head)
        while peer.send(block):
            pass


def collect():
    """Nothing on CPython, which counts references: the last one gone, the stream is closed."""
    if PYPY:
        collect_everything()


def collect_after(leave):
    if leave in FORGETFUL:
        collect()


class Mine(Exception):
    """The consumer's own."""


# -- five ways to leave, twice -------------------------------------------------------------


def breaks(model):
    for chunk in model.stream("x"):
        assert chunk.content
        break


def closes(model):
    stream = model.stream("x")
    next(stream)
    stream.close()


def raises(model):
    with pytest.raises(Mine):
        for _ in model.stream("x"):
            raise Mine


def forgets(model):
    next(model.stream("x"))


def throws(model):
    stream = model.stream("x")
    next(stream)
    with pytest.raises(Mine):
        stream.throw(Mine())


async def abreaks(model):
    async for chunk in model.astream("x"):
        assert chunk.content
        break


async def acloses(model):
    stream = model.astream("x")
    await stream.__anext__()
    await stream.aclose()


async def araises(model):
    with pytest.raises(Mine):
        async for _ in model.astream("x"):
            raise Mine


async def aforgets(model):
    await model.astream("x").__anext__()


async def cancels(model):
    begun = asyncio.get_running_loop().create_future()

    async def consume():
        async for _ in model.astream("x"):
            if not begun.done():
                begun.set_result(None)

    task = asyncio.ensure_future(consume())
    await begun
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def waits_for(model):
    stream = model.astream("x")
    await stream.__anext__()

    async def consume():
        async for _ in stream:
            pass

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(consume(), 0.002)


FORGETFUL = {breaks, raises, forgets, abreaks, araises, aforgets}
SYNC = [breaks, closes, raises, forgets, throws]
ASYNC = [abreaks, acloses, araises, aforgets, cancels, waits_for]


@pytest.mark.parametrize("script", [endless, flood])
@pytest.mark.parametrize("leave", SYNC)
def test_leaving_a_stream_closes_its_connection_at_once(leave, script):
    with Server(script) as server:
        model = ways.model_for(server)
        for number in range(1, LAPS + 1):
            leave(model)
            collect_after(leave)
            server.wait_idle()
            assert server.opened == number


@pytest.mark.parametrize("script", [endless, flood])
@pytest.mark.parametrize("leave", ASYNC)
def test_leaving_an_astream_closes_its_connection_at_once(leave, script):
    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(LAPS):
            await leave(model)
            collect_after(leave)
            await loop.run_in_executor(None, server.wait_idle)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(script) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        assert server.opened == LAPS


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("leave", SYNC)
def test_leaving_1000_streams_leaves_the_descriptors_where_they_were(leave):
    with Server(endless) as server:
        model = ways.model_for(server)
        leave(model)
        collect_after(leave)
        server.wait_idle()
        before = descriptors()
        for number in range(TIMES):
            leave(model)
            if number % 100 == 99:
                collect_after(leave)
        collect_after(leave)
        server.wait_idle()
        assert descriptors() == before
        assert server.opened == TIMES + 1


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("leave", ASYNC)
def test_leaving_1000_astreams_leaves_the_descriptors_where_they_were(leave):
    async def main():
        loop = asyncio.get_running_loop()
        await leave(model)
        collect_after(leave)
        await loop.run_in_executor(None, server.wait_idle)
        before = descriptors()
        # Twenty at a time, as a server does whose clients go away.
        for _ in range(TIMES // 20):
            await asyncio.gather(*(leave(model) for _ in range(20)))
        collect_after(leave)
        await loop.run_in_executor(None, server.wait_idle)
        assert descriptors() == before
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(endless) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        assert server.opened == TIMES + 1


# -- where the others wait -----------------------------------------------------------------


def silent(peer):
    if peer.request() is not None:
        peer.wait_closed()


def unread(peer):
    peer.wait_closed()


@pytest.mark.parametrize("call", ["ainvoke", "astream"])
@pytest.mark.parametrize("leave", ["cancel", "wait_for"])
def test_a_call_cancelled_before_the_first_byte_closes_its_connection(call, leave):
    async def consume():
        if call == "ainvoke":
            await model.ainvoke("x")
        else:
            async for _ in model.astream("x"):
                raise AssertionError("the server said nothing")

    async def main():
        loop = asyncio.get_running_loop()
        if leave == "cancel":
            task = asyncio.ensure_future(consume())
            await loop.run_in_executor(None, server.wait_for, lambda: server.requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(consume(), 0.02)
        await loop.run_in_executor(None, server.wait_idle)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(silent) as server:
        model = ways.model_for(server, timeout=None)
        asyncio.run(main())


def test_a_task_cancelled_before_it_began_opens_nothing():
    async def main():
        task = asyncio.ensure_future(model.ainvoke("x"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Server(silent) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        assert server.opened == 0


@pytest.mark.parametrize("rounds", range(8))
def test_cancelling_in_any_round_of_connecting_leaves_nothing(rounds):
    async def main():
        task = asyncio.ensure_future(model.ainvoke("x"))
        for _ in range(rounds):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(silent) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        server.wait_idle()


def test_cancelling_while_waiting_to_retry_ends_at_once():
    from .servers import refuse

    def busy(peer):
        while peer.request() is not None:
            peer.send(refuse(429, "slow down", headers="Retry-After: 60\r\n"))

    async def main():
        task = asyncio.ensure_future(model.ainvoke("x"))
        await asyncio.get_running_loop().run_in_executor(None, server.wait_for, lambda: server.requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Server(busy) as server:
        model = ways.model_for(server, max_retries=5)
        asyncio.run(main())
        assert len(server.requests) == 1


def test_leaving_abatch_as_completed_cancels_the_others_and_closes_their_connections():
    def one_answers(peer):
        request = peer.request()
        if request is not None:
            from .servers import completion, last_text

            if last_text(request) == "quick":
                # The others are all asked before anyone is answered.
                server.wait_for(lambda: len(server.requests) == 5)
                peer.send(completion("quick"))
            peer.wait_closed()

    async def main():
        async for index, answer in model.abatch_as_completed(["slow", "slow", "quick", "slow", "slow"]):
            assert (index, answer.content) == (2, "quick")
            break
        collect()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, server.wait_for, lambda: server.open == 1)  # the idle one
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(one_answers) as server:
        model = ways.model_for(server, timeout=None)
        asyncio.run(main())


def test_cancelling_abatch_cancels_every_call():
    async def main():
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(model.abatch(["x"] * 6, {"max_concurrency": 4}))
        await loop.run_in_executor(None, server.wait_for, lambda: len(server.requests) == 4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await loop.run_in_executor(None, server.wait_idle)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(server.requests) == 4

    with Server(silent) as server:
        model = ways.model_for(server, timeout=None)
        asyncio.run(main())


# -- the end of a loop ---------------------------------------------------------------------


def test_idle_connections_end_with_their_loop_and_the_model_serves_the_next_one():
    with Server(echo) as server:
        model = ways.model_for(server)
        for number in range(1, 4):
            assert ways.ask_all("ainvoke", model, ["one", "two"]) == ["one", "two"]
            server.wait_idle()
            assert server.opened == number


@pytest.mark.parametrize("held", [0, 1, 10])
def test_a_loop_may_end_while_streams_are_held_half_read(held):
    # The loop closes all generators at once, outer and inner ones in an order of its own: so, often.
    async def main():
        for _ in range(10):
            stream = model.astream("x")
            await stream.__anext__()
            kept.append(stream)
        del kept[held:], stream

    with Server(endless) as server:
        model = ways.model_for(server)
        for _ in range(10):
            kept = []
            asyncio.run(main())
            server.wait_idle()


def test_a_loop_may_end_while_abatch_as_completed_is_held_half_read():
    async def main():
        pairs = model.abatch_as_completed([f"question {number}" for number in range(30)], {"max_concurrency": 5})
        await pairs.__anext__()
        kept.append(pairs)

    with Server(echo) as server:
        model = ways.model_for(server)
        for _ in range(10):
            kept = []
            asyncio.run(main())
            server.wait_idle()


def test_a_loop_may_end_while_a_task_is_reading():
    async def consume():
        async for _ in model.astream("x"):
            pass

    async def main():
        asyncio.ensure_future(consume())
        asyncio.ensure_future(model.ainvoke("x"))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, server.wait_for, lambda: len(server.requests) == 2)

    with Server(endless) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        server.wait_idle()


def test_a_loop_closed_in_disorder_does_not_disturb_the_next_one():
    with Server(echo) as server:
        model = ways.model_for(server)
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(model.ainvoke("one")).content == "one"
        loop.close()  # without shutdown_asyncgens, so nobody told us
        del loop
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # asyncio's, for its transport; rightly
            assert ways.ask("ainvoke", model, "two") == "two"
            collect_everything()
        server.wait_idle()


def test_a_loop_run_in_pieces_keeps_its_connections_and_closes_them_when_asked():
    with Server(echo) as server:
        model = ways.model_for(server)
        loop = asyncio.new_event_loop()
        for text in ("one", "two"):
            assert loop.run_until_complete(model.ainvoke(text)).content == text
        assert server.opened == 1
        loop.run_until_complete(model.aclose())
        server.wait_idle()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


# -- inside a running loop -----------------------------------------------------------------


def test_sync_methods_work_inside_a_running_loop():
    async def main():
        assert model.invoke("one").content == "one"
        assert "".join(chunk.content for chunk in model.stream("two")) == "two"
        assert [answer.content for answer in model.batch(["three", "four"])] == ["three", "four"]
        assert sorted(pair[0] for pair in model.batch_as_completed(["five", "six"])) == [0, 1]
        assert (await model.ainvoke("seven")).content == "seven"
        next(model.stream("left half read"))
        collect()

    with Server(echo) as server:
        model = ways.model_for(server)
        asyncio.run(main(), debug=True)


def test_a_sync_stream_may_outlive_the_loop_it_was_begun_in():
    loop_is_over = threading.Event()
    kept = []

    def in_two_parts(peer):
        if peer.request() is not None:
            peer.send(stream_head + event("one "))
            loop_is_over.wait(15)
            peer.send(event("two", "stop") + event(None) + stream_end)
            peer.wait_closed()

    async def main():
        stream = model.stream("x")
        kept.append(next(stream).content)
        kept.append(stream)

    with Server(in_two_parts) as server:
        model = ways.model_for(server)
        asyncio.run(main())
        loop_is_over.set()
        first, stream = kept
        assert first + "".join(chunk.content for chunk in stream) == "one two"
        model.close()


def test_a_sync_stream_half_read_is_left_inside_a_running_loop():
    async def main():
        for leave in SYNC:
            leave(model)
            collect_after(leave)
            server.wait_idle()  # blocks the loop on purpose: it is not needed

    with Server(endless) as server:
        model = ways.model_for(server)
        asyncio.run(main(), debug=True)
        assert server.opened == len(SYNC)
