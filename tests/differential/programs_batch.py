"""batch, abatch, as_completed: order, errors, configs, limits. Run with one worker where order would be chance."""

from __future__ import annotations

import asyncio
import threading
import uuid

from .library import program
from .models import whole_only
from .observe import aattempt, attempt, attempt_text, recorder, shown


def inverse(x):
    return 10 // x


@program
def batch_keeps_the_order(lc):
    step = lc.RunnableLambda(inverse)
    return step.batch([1, 2, 5]), step.batch([]), step.batch([2]), step.batch([1, 2], {"max_concurrency": 1})


@program
def batch_errors(lc):
    step = lc.RunnableLambda(inverse)
    return (
        attempt(step.batch, [1, 0, 5]),
        attempt(step.batch, [1, 0, 5], return_exceptions=True),
        attempt(step.batch, [0]),
        attempt(step.batch, [0], return_exceptions=True),
    )


@program
async def abatch_errors(lc):
    step = lc.RunnableLambda(inverse)
    return (
        await aattempt(step.abatch([1, 0, 5])),
        await aattempt(step.abatch([1, 0, 5], return_exceptions=True)),
        await aattempt(step.abatch([])),
        await aattempt(step.abatch([1, 2], {"max_concurrency": 1})),
    )


@program
def batch_with_a_list_of_configs(lc):
    step = lc.RunnableLambda(lambda x, config: (x, config["tags"]))
    return (
        attempt(step.batch, [1, 2], [{"tags": ["a"]}, {"tags": ["b"]}]),
        attempt_text(step.batch, [1, 2], [{"tags": ["a"]}]),
        attempt(step.batch, [1, 2], {"tags": ["c"]}),
    )


@program
async def abatch_with_a_list_of_configs(lc):
    step = lc.RunnableLambda(lambda x, config: (x, config["tags"]))
    return (
        await aattempt(step.abatch([1, 2], [{"tags": ["a"]}, {"tags": ["b"]}])),
        await aattempt(step.abatch([1, 2], [{"tags": ["a"]}])),
    )


@program
def batch_is_bounded(lc):
    lock, running, most = threading.Lock(), [], []

    def work(x):
        with lock:
            running.append(x)
            most.append(len(running))
        with lock:
            running.remove(x)
        return x

    found = lc.RunnableLambda(work).batch(list(range(20)), {"max_concurrency": 1})
    return found, max(most)


@program
async def abatch_is_bounded(lc):
    running, most = [], []

    async def work(x):
        running.append(x)
        most.append(len(running))
        for _ in range(5):
            await asyncio.sleep(0)
        running.remove(x)
        return x

    step = lc.RunnableLambda(work)
    found = await step.abatch(list(range(9)), {"max_concurrency": 3})
    bounded, most[:] = max(most), []
    await step.abatch(list(range(9)))
    return found, bounded, max(most)


@program
def batch_of_a_sequence(lc):
    chain = lc.RunnableLambda(inverse) | (lambda x: 10 // x)
    return (
        attempt(chain.batch, [1, 2, 5]),
        attempt(chain.batch, [1, 0, 20, 5], return_exceptions=True),
        attempt(chain.batch, [1, 0]),
    )


@program
async def abatch_of_a_sequence(lc):
    chain = lc.RunnableLambda(inverse) | (lambda x: 10 // x)
    return (
        await aattempt(chain.abatch([1, 2, 5])),
        await aattempt(chain.abatch([1, 0, 20, 5], return_exceptions=True)),
    )


@program
def batch_as_completed_pairs(lc):
    step = lc.RunnableLambda(inverse)
    return (
        sorted(step.batch_as_completed([1, 2, 5])),
        list(step.batch_as_completed([])),
        list(step.batch_as_completed([5])),
        shown(sorted(step.batch_as_completed([1, 0], return_exceptions=True), key=lambda pair: pair[0])),
        attempt(lambda: list(step.batch_as_completed([0]))),
    )


@program
def batch_as_completed_in_order_of_finish(lc):
    first_may_go = threading.Event()

    def work(x):
        if x == "slow":
            first_may_go.wait(20)
        return x

    found = []
    for index, value in lc.RunnableLambda(work).batch_as_completed(["slow", "quick"]):
        found.append((index, value))
        first_may_go.set()
    return found


@program
async def abatch_as_completed_in_order_of_finish(lc):
    may_go = asyncio.Event()

    async def work(x):
        if x == "slow":
            await may_go.wait()
        return x

    found = []
    async for index, value in lc.RunnableLambda(work).abatch_as_completed(["slow", "quick"]):
        found.append((index, value))
        may_go.set()
    return found


@program
async def abatch_as_completed_errors(lc):
    step = lc.RunnableLambda(inverse)

    async def collect(values, **kwargs):
        return sorted([pair async for pair in step.abatch_as_completed(values, **kwargs)], key=lambda pair: pair[0])

    return (
        await aattempt(collect([1, 0], return_exceptions=True)),
        await aattempt(collect([0])),
        await aattempt(collect([])),
    )


@program
def batch_of_a_model_with_an_error_in_place(lc):
    model = whole_only(lc)
    return attempt(model.batch, ["a", "1", "b"], return_exceptions=True), attempt(model.batch, ["a", "1"])


@program
def batch_tells_each_run(lc):
    handler = recorder(lc)
    step = lc.RunnableLambda(inverse, name="inverse")
    found = step.batch([1, 0, 2], {"callbacks": [handler], "max_concurrency": 1}, return_exceptions=True)
    return shown(found), sorted(handler.log, key=lambda entry: entry[1])


@program
def batch_gives_a_run_id_to_the_first_only(lc):
    chosen, seen = uuid.UUID(int=7), []

    class Ids(lc.BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, *, run_id, **kwargs):
            seen.append((inputs, run_id == chosen))

    step = lc.RunnableLambda(inverse)
    step.batch([1, 2], {"callbacks": [Ids()], "run_id": chosen, "max_concurrency": 1})
    step.invoke(5, {"callbacks": [Ids()], "run_id": chosen})
    return sorted(seen)


@program
def batch_of_lists_and_strings_as_inputs(lc):
    step = lc.RunnableLambda(len)
    return step.batch(["ab", [1, 2, 3], {}]), step.batch(("ab", "c"))


@program
async def abatch_that_fails(lc):
    """What becomes of the calls beside one that fails."""
    told, go_on = [], asyncio.Event()

    async def work(x):
        if x == "bad":
            raise LookupError(x)
        try:
            await go_on.wait()
            told.append((x, "done"))
        except asyncio.CancelledError:
            told.append((x, "cancelled"))
            raise

    outcome = await aattempt(lc.RunnableLambda(work).abatch(["a", "bad", "b"]))
    go_on.set()
    for _ in range(20):
        await asyncio.sleep(0)
    return outcome, sorted(told)
