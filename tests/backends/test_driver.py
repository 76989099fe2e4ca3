"""The blocking driver: the four traps of its docstring and of the architecture, one test or more each."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import platform
import traceback

import pytest

from minichat.backends.driver import closing, iterate, run


class Source:
    """An async generator's maker that counts what becomes of its generators."""

    def __init__(self, items=3, wait=None):
        self.items = items
        self.wait = wait
        self.opened = self.closed = 0

    async def __call__(self):
        self.opened += 1
        try:
            for number in range(self.items):
                if self.wait is not None:
                    await self.wait()
                yield number
        finally:
            self.closed += 1


async def doubled(source):
    async with closing(source) as items:
        async for item in items:
            yield item * 2


# -- what a driver does --------------------------------------------------------------------


def test_run_gives_the_result_or_raises_the_error():
    async def good():
        return 7

    async def bad():
        raise KeyError("mine")

    assert run(good()) == 7
    with pytest.raises(KeyError, match="mine"):
        run(bad())


def test_iterate_gives_every_item_and_closes():
    source = Source()
    assert list(iterate(doubled(source()))) == [0, 2, 4]
    assert source.closed == 1


def test_an_error_in_the_source_comes_out_of_the_iteration_and_closes():
    closed = []

    async def broken():
        try:
            yield 1
            raise KeyError("mine")
        finally:
            closed.append(True)

    items = iterate(broken())
    assert next(items) == 1
    with pytest.raises(KeyError, match="mine"):
        next(items)
    assert closed == [True]
    assert list(items) == []


def test_an_iteration_never_begun_runs_nothing():
    source = Source()
    items = iterate(doubled(source()))
    items.close()
    del items
    gc.collect()
    assert source.opened == source.closed == 0


# -- 1: async for does not close what it iterates ------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("leave", ["close", "break", "throw", "forget"])
def test_leaving_early_closes_every_stage_at_once(leave, depth):
    source = Source(100)
    stages = source()
    for _ in range(depth):
        stages = doubled(stages)
    items = iterate(stages)
    if leave == "close":
        next(items)
        items.close()
    elif leave == "break":
        for _ in items:
            break
        items.close()
    elif leave == "throw":
        next(items)
        with pytest.raises(KeyError):
            items.throw(KeyError("mine"))
    else:
        next(items)
        del items, stages
        if platform.python_implementation() == "PyPy":  # no reference counts
            gc.collect()
    assert (source.opened, source.closed) == (1, 1)


def test_a_stage_without_closing_would_leave_its_source_open():
    # What the rule is for: should Python ever close it by itself, the rule may go.
    async def naive(source):
        async for item in source:
            yield item

    source = Source(100)
    inner = source()
    items = iterate(naive(inner))
    next(items)
    items.close()
    assert source.closed == 0
    run(inner.aclose())
    assert source.closed == 1


def test_closing_closes_when_the_body_raises_and_lets_it_pass():
    source = Source()

    async def body():
        async with closing(source()) as items:
            async for _ in items:
                raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(body())
    assert source.closed == 1


# -- 2: no context variable across a yield -------------------------------------------------


def test_a_context_variable_set_across_a_yield_would_leak_and_ours_passes_arguments():
    from minichat import AIMessageChunk, GenericFakeChatModel
    from minichat.messages import AIMessage

    before = contextvars.copy_context()
    model = GenericFakeChatModel(messages=iter([AIMessage(content="one two three")]))
    seen = []
    for chunk in model.stream("x"):
        assert isinstance(chunk, AIMessageChunk)
        seen.append(dict(contextvars.copy_context()) == dict(before))
    assert seen and all(seen)


# -- 3: a real wait names the guilty await -------------------------------------------------


def guilty():
    return asyncio.sleep(0)


def test_a_real_wait_raises_at_the_await_that_waited():
    async def outer():
        await inner()

    async def inner():
        await guilty()  # the guilty one

    with pytest.raises(RuntimeError, match="asynchronous wait under the blocking backend") as caught:
        run(outer())
    lines = [frame.line for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert any("the guilty one" in line for line in lines)


def test_a_real_wait_inside_an_async_generator_does_so_too_and_closes_it():
    source = Source(3, wait=guilty)
    with pytest.raises(RuntimeError, match="asynchronous wait under the blocking backend") as caught:
        list(iterate(doubled(source())))
    lines = [frame.line for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert any("self.wait()" in line for line in lines)
    assert source.closed == 1


def test_a_coroutine_that_waits_again_after_that_is_an_error_too():
    async def stubborn():
        try:
            await guilty()
        except RuntimeError:
            await guilty()

    with pytest.raises(RuntimeError, match="went on"):
        run(stubborn())


# -- 4: inside a running loop --------------------------------------------------------------


@pytest.mark.parametrize("leave", ["to the end", "close", "forget"])
def test_the_driver_works_inside_a_running_loop_and_leaves_the_loop_nothing(leave):
    source = Source()

    async def main():
        items = iterate(doubled(source()))
        if leave == "to the end":
            assert list(items) == [0, 2, 4]
        else:
            next(items)
            if leave == "close":
                items.close()
            del items
            gc.collect()
        assert source.closed == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main(), debug=True)


def test_a_stream_begun_inside_a_loop_is_ended_by_its_consumer_and_not_by_the_loop():
    source = Source()
    held = []

    async def main():
        held.append(iterate(doubled(source())))
        assert next(held[0]) == 0

    asyncio.run(main(), debug=True)
    assert list(held[0]) == [2, 4]
    assert source.closed == 1
