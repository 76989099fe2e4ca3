"""The four ways to call a model, so that one test body goes through both backends."""

import asyncio

import pytest

WAYS = ("invoke", "ainvoke", "stream", "astream")


def call(model, way, *args, **kwargs):
    """Call `model` by the method `way`; a stream is collected to the list of its pieces."""
    if way == "invoke":
        return model.invoke(*args, **kwargs)
    if way == "stream":
        return list(model.stream(*args, **kwargs))
    if way == "ainvoke":
        return asyncio.run(model.ainvoke(*args, **kwargs))

    async def collect():
        return [piece async for piece in model.astream(*args, **kwargs)]

    return asyncio.run(collect())


every_way = pytest.mark.parametrize("way", WAYS)
whole = pytest.mark.parametrize("way", ["invoke", "ainvoke"])
streamed = pytest.mark.parametrize("way", ["stream", "astream"])
