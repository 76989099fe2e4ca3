"""Programs of chains: steps side by side, branches, retries, fallbacks, batches, structured answers, odd values."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Any

from langsmith_library import INPUT, SCHEMA, program, raising


@program
def parallel_nested(lc: Any) -> None:
    inner = lc.RunnableParallel(x=lambda v: v + 1, y=lambda v: v * 2)
    outer = lc.RunnableParallel(inner=inner, again=lc.RunnablePassthrough())
    (outer | (lambda d: d["inner"]["x"])).invoke(3)


@program
def parallel_stream(lc: Any) -> None:
    list(lc.RunnableParallel(a=lc.model("fake-echo"), b=lc.RunnablePassthrough()).stream("hi"))


@program
async def parallel_async(lc: Any) -> None:
    await lc.RunnableParallel(a=lc.model("fake-echo"), b=lambda x: x).ainvoke("hi")


@program
def recursion(lc: Any) -> None:
    def count(x: int) -> Any:
        return lc.RunnableLambda(lambda y: y) if x == 0 else lc.RunnableLambda(lambda y: 0) | again

    again = lc.RunnableLambda(count)
    again.invoke(1)


@program
def lambda_gives_chain(lc: Any) -> None:
    lc.RunnableLambda(lambda x: lc.chain()).invoke(INPUT)


@program
def lambda_config(lc: Any) -> None:
    def part(x: Any, config: Any) -> Any:
        return {"tags": sorted(config["tags"]), "k": config["metadata"].get("k")}

    part.__annotations__.clear()
    lc.RunnableLambda(part).invoke("x", {"tags": ["a"], "metadata": {"k": 2}})


@program
def lambda_stream(lc: Any) -> None:
    model = lc.model("fake-echo")
    list(lc.RunnableLambda(lambda x: model).stream("one two three"))


@program
def branch_default_fails(lc: Any) -> None:
    branch = lc.RunnableBranch(
        (lambda x: x > 3, lambda x: "big"), (lambda x: x > 1, lc.RunnableLambda(str)), lambda x: "small"
    )
    branch.invoke(2)
    branch.invoke(9)
    list(branch.stream(0))


@program
async def branch_async(lc: Any) -> None:
    await lc.RunnableBranch((lambda x: x > 3, lambda x: "big"), lambda x: "small").ainvoke(2)


@raising
def retries_spent(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("never")

    lc.RunnableLambda(fail).with_retry(wait_exponential_jitter=False, stop_after_attempt=2).invoke(1)


@program
def retries_batch(lc: Any) -> None:
    tries = []

    def sometimes(x: Any) -> Any:
        tries.append(x)
        if tries.count(x) < 2 and x == 2:
            raise ValueError("not yet")
        return x

    lc.RunnableLambda(sometimes).with_retry(wait_exponential_jitter=False, stop_after_attempt=3).batch(
        [1, 2], {"max_concurrency": 1}
    )


@program
def fallbacks_model(lc: Any) -> None:
    bad = lc.model("no-such-model-at-all")
    bad.with_fallbacks([lc.model("fake-echo")]).invoke("hi")


@raising
def fallbacks_all_fail(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(fail)]).invoke(1)


@program
def fallbacks_stream(lc: Any) -> None:
    bad = lc.model("no-such-model-at-all")
    list(bad.with_fallbacks([lc.model("fake-echo")]).stream("hi"))


@program
def fallbacks_exception_key(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(lambda x: str(x["e"]))], exception_key="e").invoke(
        {"a": 1}
    )


@program
def fallbacks_batch(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(lambda x: x * 2)]).batch([1, 2])


@program
async def log(lc: Any) -> None:
    async for _ in lc.chain().astream_log(INPUT):
        pass


@program
async def events(lc: Any) -> None:
    async for _ in lc.chain().astream_events(INPUT, version="v2"):
        pass


@program
async def events_of_model(lc: Any) -> None:
    async for _ in lc.model().astream_events("hi", version="v2"):
        pass


@raising
def batch_fails(lc: Any) -> None:
    def part(x: Any) -> Any:
        if x == 2:
            raise ValueError("two")
        return x

    lc.RunnableLambda(part).batch([1, 2])


@program
def batch_returns_errors(lc: Any) -> None:
    def part(x: Any) -> Any:
        if x == 2:
            raise ValueError("two")
        return x

    (lc.RunnableLambda(part) | lc.RunnableLambda(lambda x: x + 1)).batch([1, 2, 3], return_exceptions=True)


@program
async def abatch_returns_errors(lc: Any) -> None:
    def part(x: Any) -> Any:
        if x == 2:
            raise ValueError("two")
        return x

    await (lc.RunnableLambda(part) | lc.RunnableLambda(lambda x: x + 1)).abatch([1, 2, 3], return_exceptions=True)


@program
def batch_configs(lc: Any) -> None:
    lc.chain().batch([INPUT, INPUT], [{"tags": ["one"], "run_name": "first"}, {"metadata": {"n": 2}}])


@program
def batch_completed(lc: Any) -> None:
    list(lc.RunnableLambda(lambda x: x + 1).batch_as_completed([1, 2]))


@program
def structured_raw(lc: Any) -> None:
    lc.model("fake-json").with_structured_output(SCHEMA, method="json_schema", include_raw=True).invoke("the weather?")


@program
def structured_json_mode(lc: Any) -> None:
    lc.model("fake-json").with_structured_output(SCHEMA, method="json_mode").invoke("the weather in json?")


@program
def structured_stream(lc: Any) -> None:
    list(lc.model("fake-json").with_structured_output(SCHEMA, method="json_mode").stream("the weather in json?"))


@program
def generator_alone(lc: Any) -> None:
    def each(parts: Any) -> Any:
        for part in parts:
            yield part
            yield part + "!"

    lc.RunnableGenerator(each).invoke("x")
    list(lc.RunnableGenerator(each).stream("x"))


@program
async def generator_async(lc: Any) -> None:
    async def each(parts: Any) -> Any:
        async for part in parts:
            yield part + "!"

    async for _ in lc.RunnableGenerator(each).astream("x"):
        pass


@program
def generator_function(lc: Any) -> None:
    def each(x: Any) -> Any:
        yield x
        yield x

    lc.RunnableLambda(each).invoke("ab")
    list(lc.RunnableLambda(each).stream("ab"))


@program
def transform_sums(lc: Any) -> None:
    def each(parts: Any) -> Any:
        for part in parts:
            yield part

    list(lc.RunnableGenerator(each).transform(iter([1, 2, 3])))
    list(lc.RunnablePassthrough().transform(iter(["a", "b"])))


@program
def odd_metadata(lc: Any) -> None:
    class Colour(enum.Enum):
        RED = "red"

    class Own:
        def __init__(self) -> None:
            self.a = 1

        def __repr__(self) -> str:
            return "<own>"

    odd = {
        "none": None,
        "false": False,
        "when": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        "date": datetime.date(2026, 1, 2),
        "uuid": uuid.UUID(int=5),
        "decimal": decimal.Decimal("1.5"),
        "enum": Colour.RED,
        "own": Own(),
        "bytes": b"abc",
        "list": [1, (2, {3})],
        "nul": "a\x00b",
        "": "empty name",
        "complex": 1j,
        "range": range(3),
        "exception": ValueError("v"),
        "api_key": "sk-in-metadata",
    }
    lc.RunnableLambda(lambda x: x).invoke(1, {"metadata": odd})


@program
def odd_inputs(lc: Any) -> None:
    import dataclasses

    class Colour(enum.IntEnum):
        RED = 1

    @dataclasses.dataclass
    class Point:
        x: int
        y: Any

    class Slotted:
        __slots__ = ("a",)

        def __init__(self) -> None:
            self.a = 1

        def __repr__(self) -> str:
            return "<slotted>"

    class Dumps:
        def model_dump(self, **kwargs: Any) -> Any:
            return {"dumped": 1}

    values = [
        Point(1, [Point(2, 3)]),
        Colour.RED,
        Slotted(),
        Dumps(),
        {
            (1, 2): "tuple key",
            uuid.UUID(int=9): "uuid",
            datetime.date(2026, 1, 2): "date",
            Colour.RED: "enum",
            b"k": "bytes",
        },
        {None: "none", True: "true", 1.5: "float"},
        float("inf"),
        decimal.Decimal("2"),
        uuid.UUID(int=7),
        frozenset(["one"]),
        {"nested": {"deep": {"er": [{"x": (1,)}]}}},
        "",
        [],
        {},
        None,
        0,
        False,
        b"\xff\xfe",
        "\ud800",
        "a\x00b",
        ValueError("v"),
        Ellipsis,
    ]
    for value in values:
        lc.RunnableLambda(lambda x: x, name=f"of {type(value).__name__}").invoke(value)


@program
def callbacks_too(lc: Any) -> None:
    handler = lc.BaseCallbackHandler()
    lc.chain().invoke(INPUT, {"callbacks": [handler]})
