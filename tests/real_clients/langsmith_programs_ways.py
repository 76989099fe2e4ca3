"""Programs that await, that fail in the middle, that are cancelled or left early."""

from __future__ import annotations

import asyncio
from typing import Any

from langsmith_library import INPUT, program, raising, weather


@program
async def parallel_astream(lc: Any) -> None:
    async for _ in lc.RunnableParallel(a=lc.model("fake-echo"), b=lc.RunnablePassthrough()).astream("hi"):
        pass


@program
async def assigned_astream(lc: Any) -> None:
    chain = lc.RunnablePassthrough.assign(answer=lc.RunnableLambda(lambda d: d["text"]) | lc.model("fake-echo"))
    async for _ in chain.astream({"text": "hi"}):
        pass


@program
async def fallbacks_async(lc: Any) -> None:
    async def fail(x: Any) -> Any:
        raise ValueError("no")

    both = lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(lambda x: x * 2)])
    await both.ainvoke(3)
    await both.abatch([1, 2])


@program
async def retries_async(lc: Any) -> None:
    tries = []

    async def sometimes(x: Any) -> Any:
        tries.append(x)
        if len(tries) < 2:
            raise ValueError("not yet")
        return x

    await lc.RunnableLambda(sometimes).with_retry(wait_exponential_jitter=False, stop_after_attempt=3).ainvoke(1)


@program
async def tools_astream(lc: Any) -> None:
    async for _ in lc.model("fake-tool").bind_tools([weather(lc)]).astream("what is the weather?"):
        pass


@program
async def agent_async(lc: Any) -> None:
    tool = weather(lc)
    model = lc.model("fake-tool").bind_tools([tool])

    async def turn(question: str) -> Any:
        answer = await model.ainvoke(question)
        return [
            await tool.ainvoke({**call, "args": {"city": "Paris"}, "type": "tool_call"}) for call in answer.tool_calls
        ]

    await lc.RunnableLambda(turn).ainvoke("what is the weather?")


@program
async def events_left(lc: Any) -> None:
    stream = lc.RunnableLambda(lambda x: x).astream_events(1, version="v2")
    async for _ in stream:
        pass


@program
async def lambda_async_chain(lc: Any) -> None:
    async def give(x: Any) -> Any:
        return lc.chain()

    await lc.RunnableLambda(give).ainvoke(INPUT)


@program
async def cancelled_model(lc: Any) -> None:
    class Slow(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(60)

        @property
        def _llm_type(self) -> str:
            return "slow"

    task = asyncio.ensure_future((lc.RunnableLambda(lambda x: x) | Slow()).ainvoke("x"))
    await asyncio.sleep(0.2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


@program
async def cancelled_gather(lc: Any) -> None:
    async def waits(x: Any) -> Any:
        await asyncio.sleep(60 if x else 0.1)
        return x

    part = lc.RunnableLambda(waits)
    task = asyncio.ensure_future(part.abatch([0, 1]))
    await asyncio.sleep(0.3)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


@program
def model_fails_in_batch(lc: Any) -> None:
    lc.model("no-such-model-at-all").batch(["a", "b"], return_exceptions=True)


@raising
def own_model_fails(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ValueError("broken")

        @property
        def _llm_type(self) -> str:
            return "own"

    (lc.RunnableLambda(lambda x: x) | Own() | lc.StrOutputParser()).invoke("x")


@raising
def own_model_streams(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

        def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
            for part in ("a", "b"):
                chunk = lc.ChatGenerationChunk(message=lc.AIMessageChunk(part), generation_info={"part": part})
                if run_manager:
                    run_manager.on_llm_new_token(part, chunk=chunk)
                yield chunk
            usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
            yield lc.ChatGenerationChunk(message=lc.AIMessageChunk("", usage_metadata=usage))

        @property
        def _llm_type(self) -> str:
            return "own"

    list(Own().stream("x"))
    Own().invoke("y", {"callbacks": [lc.BaseCallbackHandler()]})


@raising
def own_model_stream_fails(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

        def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
            yield lc.ChatGenerationChunk(message=lc.AIMessageChunk("first"))
            raise ValueError("then not")

        @property
        def _llm_type(self) -> str:
            return "own"

    list((Own() | lc.StrOutputParser()).stream("x"))


@program
def consumer_leaves(lc: Any) -> None:
    for _ in lc.RunnableGenerator(letters).stream("abc"):
        break


def letters(parts: Any) -> Any:
    for part in parts:
        yield from part


@program
def passthrough_function(lc: Any) -> None:
    lc.RunnablePassthrough(lambda x: None).invoke({"a": 1})
    list(lc.RunnablePassthrough(lambda x: None).stream("a"))


@program
def bound_arguments(lc: Any) -> None:
    lc.RunnableLambda(lambda x, y=1: x + y, name="adds").bind(y=5).invoke(1)
    (lc.RunnableLambda(lambda x: x) | lc.model("fake-echo").bind(temperature=0.1)).invoke("hi")
    lc.chain().with_retry().with_config(tags=["x"]).invoke(INPUT)


@program
def names_of_steps(lc: Any) -> None:
    def first(x: Any) -> Any:
        return x

    class Callable:
        def __call__(self, x: Any) -> Any:
            return x

    chain = first | lc.RunnableLambda(Callable()) | lc.RunnableLambda(lambda x: x) | {"a": first, "b": lambda x: x}
    chain.invoke(1)
    chain.with_config(run_name="renamed").invoke(1)
    lc.RunnableParallel({"long key": first, "other": first}).invoke(1)


@program
def router(lc: Any) -> None:
    part = lc.RunnableLambda(lambda x: x + 1)
    lc.RouterRunnable({"a": part, "b": part}).invoke({"key": "a", "input": 1})


@program
def tool_in_chain(lc: Any) -> None:
    (lc.RunnableLambda(lambda x: {"city": x}) | weather(lc) | lc.RunnableLambda(len)).invoke("Oslo")
    list((lc.RunnableLambda(lambda x: {"city": x}) | weather(lc)).stream("Oslo"))


@program
def tool_of_a_chain(lc: Any) -> None:
    tool = lc.RunnableLambda(lambda d: d["x"] + 1).as_tool(name="adds", description="d", arg_types={"x": int})
    tool.invoke({"x": 1})


@program
def structured_tool_kind(lc: Any) -> None:
    def both(a: int, b: int = 2) -> int:
        """Add."""
        return a + b

    lc.StructuredTool.from_function(both, tags=["t"], metadata={"m": 1}).invoke({"a": 1})
    lc.Tool(name="old", func=lambda x: x, description="d").invoke("text")


@program
def tool_sees_config(lc: Any) -> None:
    from typing import Annotated

    def part(x: int, config: Any) -> int:
        """Say its tags."""
        return len(config["tags"])

    part.__annotations__["config"] = lc.RunnableConfig
    part.__annotations__["x"] = int
    lc.tool(part).invoke({"x": 1}, {"tags": ["a", "b"]})

    def injected(x: int, call_id: Any) -> str:
        """Say its call."""
        return call_id

    injected.__annotations__.update(x=int, call_id=Annotated[str, lc.InjectedToolCallId])
    lc.tool(injected).invoke({"type": "tool_call", "name": "injected", "args": {"x": 1}, "id": "call_7"})


@program
def more_prompts(lc: Any) -> None:
    example = lc.ChatPromptTemplate.from_messages([("human", "{i}"), ("ai", "{o}")])
    shots = lc.FewShotChatMessagePromptTemplate(example_prompt=example, examples=[{"i": "1", "o": "2"}])
    lc.ChatPromptTemplate.from_messages([shots, ("human", "{x}")]).invoke({"x": "3"})
    lc.FewShotPromptTemplate(
        example_prompt=lc.PromptTemplate.from_template("{i}"),
        examples=[{"i": "1"}],
        suffix="{x}",
        input_variables=["x"],
    ).invoke({"x": "y"})
    (lc.PromptTemplate.from_template("{a}") + " and {b}").invoke({"a": 1, "b": 2})


@program
def usage_of_several(lc: Any) -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "input_token_details": {"cache_read": 1}}
    lc.GenericFakeChatModel(messages=iter([lc.AIMessage("hi", id="m", usage_metadata=usage)])).invoke("x")


@program
def same_run_twice(lc: Any) -> None:
    chain = lc.RunnableLambda(lambda x: x, name="part")
    chain.invoke(1, {"tags": ["a", "a", "b"], "metadata": {}})
    chain.invoke(1, {"run_name": ""})
    chain.with_config(tags=["a"]).with_config(tags=["b", "a"], metadata={"x": 1}).with_config(metadata={"x": 2}).invoke(
        1
    )


@program
def tracer_in_with_config(lc: Any) -> None:
    tracer = lc.LangChainTracer(project_name="tracer_in_with_config")
    lc.chain().with_config(callbacks=[tracer]).invoke(INPUT)
