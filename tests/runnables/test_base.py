"""The public methods over the two seams, for a runnable that is no model."""

import asyncio

import pytest

from minichat import ConfigurationError, Runnable, RunnableBinding
from minichat.runnables.streams import gather, once

from ..language_models.calling import call, every_way, streamed, whole


class Double(Runnable):
    """Only `_run_once`: streams its one result."""

    async def _run_once(self, ctx, input, **kwargs):
        return input * 2 + kwargs.get("more", 0)


class Count(Runnable):
    """Only `_run_stream`: hands over lists, which the public iterators give out singly."""

    async def _run_stream(self, ctx, inputs, **kwargs):
        for start in range(0, await gather(inputs), 2):
            yield [start, start + 1]


async def stream_of(*lists):
    for items in lists:
        yield items


@whole
def test_one_result(way):
    assert call(Double(), way, 3) == 6
    assert call(Double(), way, 3, more=1) == 7


@streamed
def test_a_runnable_that_cannot_stream_gives_its_result_as_one_piece(way):
    assert call(Double(), way, 3) == [6]


@streamed
def test_lists_inside_are_single_pieces_outside(way):
    assert call(Count(), way, 6) == [0, 1, 2, 3, 4, 5]


@every_way
def test_a_runnable_without_seams_says_so(way):
    with pytest.raises(TypeError, match="_run_once"):
        call(Runnable(), way, 1)


@every_way
def test_bound_keywords_reach_both_seams(way):
    bound = Double().bind(more=10)
    answer = call(bound, way, 1)
    assert answer == (12 if way in ("invoke", "ainvoke") else [12])
    assert isinstance(bound, RunnableBinding) and bound.kwargs == {"more": 10}
    assert "more" in repr(bound)


def test_inputs_are_added_up():
    assert asyncio.run(gather(once(5))) == 5
    assert asyncio.run(gather(stream_of(["a"], ["b", "c"]))) == "abc"
    with pytest.raises(ConfigurationError, match="without any input"):
        asyncio.run(gather(stream_of([])))


def test_a_stream_of_one_item_gives_it_once():
    async def items():
        found = []
        async for each in once("x"):
            found += each
        closed = once("y")
        await closed.aclose()
        async for each in closed:
            found += each
        return found

    assert asyncio.run(items()) == ["x"]


def test_adding_up_closes_its_source():
    closed = []

    async def source():
        try:
            yield [1]
            raise KeyError("broken")
        finally:
            closed.append(True)

    with pytest.raises(KeyError):
        asyncio.run(gather(source()))
    assert closed == [True]


@pytest.mark.parametrize(
    "items, total",
    [(["a", "b"], "ab"), ([1, "b", "c"], "bc"), ([{"a": 1}, {"b": 2}], {"b": 2}), ([[1], [2], "x"], "x")],
)
def test_what_cannot_be_added_stands_for_all_before_it(items, total):
    async def source():
        for item in items:
            yield [item]

    assert asyncio.run(gather(source())) == total


def test_generic_parameters_are_accepted_at_run_time():
    class Typed(Runnable[int, "int"]):
        async def _run_once(self, ctx, input, **kwargs):
            return input

    assert Typed().invoke(4) == 4


@pytest.mark.parametrize("config", [None, {}, {"max_concurrency": 2}])
def test_batches_of_any_runnable(config):
    assert Double().batch([1, 2, 3], config) == [2, 4, 6]
    assert asyncio.run(Double().abatch([1, 2, 3], config)) == [2, 4, 6]
    assert sorted(Double().batch_as_completed([1, 2], config)) == [(0, 2), (1, 4)]
