"""Programs with LangSmith's own ways: traced functions, blocks, generators and classes, trees by hand, headers."""

from __future__ import annotations

import asyncio
from typing import Any

from langsmith_library import INPUT, program, raising


@program
def traced_around(lc: Any) -> None:
    @lc.traceable
    def outer(text: str, *more: Any, flag: bool = True, **rest: Any) -> Any:
        return lc.chain().invoke({"how": "x", "text": text})

    outer("hello")
    outer("hello", 1, 2, flag=False, other="z")


@program
def traced_inside(lc: Any) -> None:
    @lc.traceable(name="inner", run_type="tool", tags=["t"], metadata={"m": 1})
    def inner(x: Any) -> Any:
        return {"got": x}

    (lc.RunnableLambda(lambda x: inner(x)) | lc.RunnableLambda(lambda x: x["got"])).invoke(
        1, {"tags": ["above"], "metadata": {"a": 1}}
    )


@program
async def traced_async(lc: Any) -> None:
    @lc.traceable
    async def inner(x: Any) -> Any:
        return (await lc.model("fake-echo").ainvoke(x)).content

    @lc.traceable
    async def outer(x: Any) -> Any:
        return await asyncio.gather(inner(x), inner(x + "2"))

    await outer("hi")


@program
def traced_generator(lc: Any) -> None:
    @lc.traceable
    def plain(x: Any) -> Any:
        yield from range(x)

    @lc.traceable(reduce_fn=lambda parts: {"sum": sum(parts)})
    def summed(x: Any) -> Any:
        yield from range(x)

    list(plain(3))
    list(summed(3))


@raising
def traced_error(lc: Any) -> None:
    @lc.traceable
    def fail(x: Any) -> Any:
        raise ValueError("no")

    fail(1)


@program
def traced_method(lc: Any) -> None:
    class Thing:
        @lc.traceable
        def method(self, x: Any) -> Any:
            return x

        def __repr__(self) -> str:
            return "<thing>"

    Thing().method(1)


@program
def traced_extra(lc: Any) -> None:
    @lc.traceable(process_inputs=lambda d: {"n": len(d)}, process_outputs=lambda o: {"seen": o})
    def part(x: Any, y: Any = 2) -> Any:
        return x

    part(1)
    part(1, langsmith_extra={"name": "other", "tags": ["e"], "metadata": {"k": 1}, "project_name": "traced_extra"})


@program
def traced_llm(lc: Any) -> None:
    @lc.traceable(run_type="llm", metadata={"ls_provider": "mine", "ls_model_name": "m"})
    def call(messages: Any) -> Any:
        return {
            "role": "assistant",
            "content": "hi",
            "usage_metadata": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        }

    call([{"role": "user", "content": "x"}])

    @lc.traceable(run_type="prompt")
    def prompt(x: Any) -> Any:
        return call([{"role": "user", "content": x}])

    prompt("nested")


@program
def traced_outputs(lc: Any) -> None:
    for value in (None, 1, "text", [1], {"a": 1}, (1, 2), lc.AIMessage("m"), {"m": lc.AIMessage("m")}):
        lc.traceable(lambda: value, name=f"of {type(value).__name__}")()


@program
def headers(lc: Any) -> None:
    @lc.traceable
    def client() -> Any:
        return lc.get_current_run_tree().to_headers()

    found = client()
    with lc.tracing_context(parent=found, project_name="headers"):
        lc.model("fake-echo").invoke("below")

        @lc.traceable
        def server() -> Any:
            return 1

        server()


@program
def tree_by_hand(lc: Any) -> None:
    root = lc.RunTree(
        name="root",
        run_type="chain",
        inputs={"a": 1},
        project_name="tree_by_hand",
        tags=["t"],
        extra={"metadata": {"m": 1}},
    )
    root.post()
    child = root.create_child(name="child", run_type="tool", inputs={"b": 2})
    child.post()
    child.end(outputs={"c": 3}, error=None)
    child.patch()
    failed = root.create_child(name="failed", run_type="llm", inputs={})
    failed.post()
    failed.add_event({"name": "hm", "time": "2026-01-02T03:04:05+00:00"})
    failed.end(error="broken")
    failed.patch()
    root.end(outputs={"d": 4}, metadata={"late": 1})
    root.patch()


@program
def traced_block(lc: Any) -> None:
    with lc.trace(
        "a block", run_type="tool", inputs={"a": 1}, tags=["t"], metadata={"m": 1}, project_name="traced_block"
    ) as run:
        lc.model("fake-echo").invoke("inside")
        run.end(outputs={"b": 2})
    with lc.tracing_context(project_name="traced_block"):
        try:
            with lc.trace("fails") as run:
                raise ValueError("in the block")
        except ValueError:
            pass


@program
def parent_tree(lc: Any) -> None:
    root = lc.RunTree(name="root", project_name="parent_tree", inputs={})
    root.post()
    with lc.tracing_context(parent=root, tags=["below"], metadata={"z": 1}):
        lc.chain().invoke(INPUT)
    root.end(outputs={})
    root.patch()


@program
def blocks_nested(lc: Any) -> None:
    with lc.tracing_context(project_name="blocks_nested", tags=["outer"], metadata={"o": 1}):
        with lc.tracing_context(tags=["inner"], metadata={"i": 1}):
            lc.RunnableLambda(lambda x: x).invoke(1)
        lc.RunnableLambda(lambda x: x, name="after").invoke(1)


@program
def traced_in_threads(lc: Any) -> None:
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    @lc.traceable
    def inner(x: Any) -> Any:
        return x

    @lc.traceable
    def outer() -> Any:
        with ThreadPoolExecutor(2) as pool:
            contexts = [contextvars.copy_context() for _ in range(2)]
            return list(pool.map(lambda pair: pair[0].run(inner, pair[1]), zip(contexts, (1, 2))))

    outer()


@program
def traced_config(lc: Any) -> None:
    @lc.traceable
    def part(x: Any, config: Any = None) -> Any:
        return x

    part(1, config={"tags": ["c"], "metadata": {"k": 1}})
    part(1, {"configurable": {"a": 1}})


@program
def decorated(lc: Any) -> None:
    model = lc.model("fake-echo")

    @lc.chain_decorator
    def own_chain(x: Any) -> Any:
        return model.invoke(x).content

    own_chain.invoke("x")


@program
def custom_events(lc: Any) -> None:
    def part(x: Any, config: Any) -> Any:
        lc.dispatch_custom_event("mine", {"x": x}, config=config)
        return x

    part.__annotations__.clear()
    lc.RunnableLambda(part).invoke(1)


@program
async def traced_async_generator(lc: Any) -> None:
    @lc.traceable
    async def give(n: int) -> Any:
        for number in range(n):
            yield number

    async for _ in give(3):
        pass


@program
def traced_generator_fails(lc: Any) -> None:
    @lc.traceable
    def give(n: int) -> Any:
        yield 1
        raise ValueError("then not")

    try:
        list(give(3))
    except ValueError:
        pass


@program
def traced_generator_left(lc: Any) -> None:
    @lc.traceable
    def give(n: int) -> Any:
        yield from range(n)

    stream = give(3)
    next(stream)
    stream.close()


@program
def traced_generator_inside(lc: Any) -> None:
    model = lc.model("fake-echo")

    @lc.traceable
    def give(x: str) -> Any:
        yield model.invoke(x).content
        yield "".join(part.content for part in model.stream(x))

    @lc.traceable
    def outer(x: str) -> Any:
        return [str(part) for part in give(x)][:1]

    outer("hi")


@program
async def traced_block_async(lc: Any) -> None:
    async with lc.trace("a block", inputs={"a": 1}, project_name="traced_block_async") as run:
        await lc.model("fake-echo").ainvoke("inside")
        run.end(outputs={"b": 2})


@program
def traced_switches(lc: Any) -> None:
    @lc.traceable(enabled=False)
    def off(x: Any) -> Any:
        return on(x)

    @lc.traceable
    def on(x: Any) -> Any:
        return x

    @lc.traceable
    def outer(x: Any) -> Any:
        return off(x)

    outer(1)


@program
def traced_changes(lc: Any) -> None:
    @lc.traceable
    def part(x: Any) -> Any:
        tree = lc.get_current_run_tree()
        tree.add_metadata({"late": 1})
        tree.add_tags(["late"])
        tree.add_outputs({"more": 2})
        tree.name = "renamed"
        return {"x": x}

    part(1)


@program
def traced_config_of_runnable(lc: Any) -> None:
    @lc.traceable
    def inner(x: Any) -> Any:
        return lc.RunnableLambda(lambda y: y, name="deep").invoke(
            x, {"tags": ["t"], "metadata": {"m": 1}, "run_name": "n"}
        )

    @lc.traceable(tags=["outer"], metadata={"o": 1})
    def outer(x: Any) -> Any:
        return inner(x)

    lc.RunnableLambda(outer, name="top").invoke(1, {"tags": ["top"], "metadata": {"top": 1}})


@program
async def traced_gather(lc: Any) -> None:
    @lc.traceable
    async def inner(x: Any) -> Any:
        await asyncio.sleep(0)
        return await lc.RunnableLambda(lambda y: y, name=f"deep {x}").ainvoke(x)

    async def outer(x: Any) -> Any:
        return await asyncio.gather(*[inner(part) for part in (1, 2)])

    await lc.RunnableLambda(outer, name="top").ainvoke(0)


@program
def traced_class(lc: Any) -> None:
    class Thing:
        @staticmethod
        @lc.traceable
        def static(x: Any) -> Any:
            return x

        @classmethod
        def make(cls, x: Any) -> Any:
            return cls.build(cls, x)

        @lc.traceable(name="built")
        def build(cls, x: Any) -> Any:  # noqa: N805
            return x

    Thing.static(1)
    Thing.make(2)
    lc.traceable(len)([1, 2])
    lc.traceable(lambda *args, **kwargs: None)(1, a=2)
    lc.traceable(name="sorted by")(sorted)([2, 1])
