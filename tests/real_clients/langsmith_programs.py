"""The programs that langsmith_differential.py traces with both libraries: `langsmith_programs.py LIBRARY [PROGRAM ...]`

What a program is, and gets: see langsmith_library.py. Here are the first ones, and `main`, which runs all; the others are
in `langsmith_programs_....py`, by what they are about.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime
import pathlib
import sys
from concurrent import futures
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from langsmith_library import INPUT, PACKAGES, PROGRAMS, RAISE, SCHEMA, Library, program, raising, weather

FURTHER = ("chains", "tools", "models", "traced", "ways")


@program
def invoke(lc: Any) -> None:
    lc.model().invoke("hello")


@program
def settings(lc: Any) -> None:
    model = lc.model(temperature=0.2, max_tokens=55, top_p=0.5, seed=7, timeout=20, tags=["own"], metadata={"m": 1})
    model.invoke([lc.SystemMessage("be brief"), lc.HumanMessage("hello")], stop=["x", "y"])


@program
def call_arguments(lc: Any) -> None:
    lc.model().invoke("hello", temperature=0.7, max_tokens=9, user="somebody")


@program
def config(lc: Any) -> None:
    lc.model().invoke("hello", {"tags": ["a", "b"], "metadata": {"k": "v", "deep": {"x": [1]}}, "run_name": "named"})


@program
def configurable(lc: Any) -> None:
    lc.chain().invoke(INPUT, {"configurable": {"thread_id": "t1", "number": 3, "__hidden": 1, "thing": {"a": 1}}})


@program
def stream(lc: Any) -> None:
    list(lc.model().stream("hello"))


@program
def stream_usage(lc: Any) -> None:
    list(lc.model(stream_usage=True).stream("hello"))


@program
async def ainvoke(lc: Any) -> None:
    await lc.model().ainvoke("hello")


@program
async def astream(lc: Any) -> None:
    async for _ in lc.model().astream("hello"):
        pass


@program
def batch(lc: Any) -> None:
    lc.model("fake-echo").batch(["one", "two", "three"], {"tags": ["together"]})


@program
async def abatch(lc: Any) -> None:
    await lc.model("fake-echo").abatch(["one", "two"])


@program
def generate(lc: Any) -> None:
    lc.model("fake-echo").generate([[lc.HumanMessage("one")], [lc.HumanMessage("two")]])


@program
def chain_invoke(lc: Any) -> None:
    lc.chain().invoke(INPUT, {"tags": ["t"], "metadata": {"k": 1}, "run_name": "my chain"})


@program
def chain_stream(lc: Any) -> None:
    list(lc.chain().stream(INPUT))


@program
async def chain_ainvoke(lc: Any) -> None:
    await lc.chain().ainvoke(INPUT)


@program
async def chain_astream(lc: Any) -> None:
    async for _ in lc.chain().astream(INPUT):
        pass


@program
def chain_batch(lc: Any) -> None:
    lc.chain().batch([INPUT, {**INPUT, "text": "bye"}])


@program
def tools(lc: Any) -> None:
    lc.model("fake-tool").bind_tools([weather(lc)]).invoke("what is the weather?")


@program
def tools_stream(lc: Any) -> None:
    list(lc.model("fake-tool").bind_tools([weather(lc)], tool_choice="auto").stream("what is the weather?"))


@program
def tool_alone(lc: Any) -> None:
    weather(lc).invoke({"city": "Paris"}, {"tags": ["x"]})


@program
def tool_call(lc: Any) -> None:
    call = {"type": "tool_call", "name": "get_weather", "args": {"city": "Paris"}, "id": "call_1"}
    weather(lc).invoke(call)


@program
def agent(lc: Any) -> None:
    tool = weather(lc)
    model = lc.model("fake-tool").bind_tools([tool])

    def turn(question: str) -> Any:
        messages = [lc.HumanMessage(question)]
        answer = model.invoke(messages)
        messages.append(answer)
        for call in answer.tool_calls:
            messages.append(tool.invoke({**call, "args": {"city": "Paris"}, "type": "tool_call"}))
        return lc.model().invoke(messages).content

    lc.RunnableLambda(turn).invoke("what is the weather?")


@program
def structured(lc: Any) -> None:
    lc.model("fake-json").with_structured_output(SCHEMA, method="json_schema").invoke("the weather?")


# Not here: `include_raw=True`, which the two libraries make of other steps.
@program
def structured_tool(lc: Any) -> None:
    lc.model("fake-tool").with_structured_output(SCHEMA, method="function_calling").invoke("the weather?")


@raising
def refused(lc: Any) -> None:
    lc.model("no-such-model-at-all", api_key="sk-invalid").invoke("hello")


@raising
def refused_chain(lc: Any) -> None:
    list((lc.PromptTemplate.from_template("{x}") | lc.model("fake-cut") | lc.StrOutputParser()).stream({"x": "hello"}))


@raising
def lambda_fails(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError(f"no {x}")

    (lc.RunnableLambda(lambda x: x + 1) | lc.RunnableLambda(fail)).invoke(1)


@program
def nested(lc: Any) -> None:
    model = lc.model("fake-echo")

    def inner(text: str) -> str:
        return str(model.invoke(text + " inside").content)

    def outer(text: str) -> str:
        return str(lc.RunnableLambda(inner, name="inner").invoke(text, {"tags": ["deep"]}))

    lc.RunnableLambda(outer).invoke("x", {"metadata": {"from": "above"}, "tags": ["high"]})


@program
def nested_with_handlers(lc: Any) -> None:
    model = lc.model("fake-echo")
    handler = lc.BaseCallbackHandler()
    lc.RunnableLambda(lambda text: model.invoke(text, {"callbacks": [handler]}).content, name="outer").invoke("x")


@program
def nested_in_a_thread(lc: Any) -> None:
    model = lc.model("fake-echo")

    def outer(text: str) -> str:
        context = contextvars.copy_context()
        with futures.ThreadPoolExecutor(1) as pool:
            return str(pool.submit(context.run, lambda: model.invoke(text).content).result())

    lc.RunnableLambda(outer).invoke("x")


@program
def grouped(lc: Any) -> None:
    with lc.trace_as_chain_group("group", inputs={"a": 1}, tags=["g"]) as group:
        lc.model("fake-echo").invoke("x", {"callbacks": group})
        group.on_chain_end({"b": 2})


@program
async def left_early(lc: Any) -> None:
    stream = lc.chain().astream(INPUT)
    await stream.__anext__()
    await stream.aclose()


@program
def mapped(lc: Any) -> None:
    lc.RunnableLambda(lambda x: x + 1).map().invoke([1, 2])


@program
def odd_values(lc: Any) -> None:
    value = {"bytes": b"\x00", "set": {1}, "tuple": (1, 2), "when": datetime.timedelta(seconds=3), 5: "five", "type": int}
    lc.RunnableLambda(lambda x: x).invoke(value)
    lc.RunnableLambda(lambda x: [lc.HumanMessage("in a list"), ("a", b"b")]).invoke("x")


@program
async def nested_async(lc: Any) -> None:
    model = lc.model("fake-echo")

    async def inner(text: str, config: Any) -> str:
        return str((await model.ainvoke(text, config)).content)

    inner.__annotations__.clear()
    await lc.RunnableLambda(inner).ainvoke("x")


@program
def parallel(lc: Any) -> None:
    echo = lc.model("fake-echo")
    both = lc.RunnableParallel(a=echo, b=lc.RunnableLambda(lambda x: {"got": x}), same=lc.RunnablePassthrough())
    both.invoke("hi")


@program
def assigned(lc: Any) -> None:
    chain = lc.RunnablePassthrough.assign(answer=lambda x: x["text"].upper()) | lc.RunnableLambda(lambda x: [x["answer"]])
    chain.invoke({"text": "hi"})


@program
def branches(lc: Any) -> None:
    lc.RunnableBranch((lambda x: x > 3, lambda x: "big"), lambda x: "small").invoke(2)


@program
def json_stream(lc: Any) -> None:
    list((lc.model("fake-json") | lc.JsonOutputParser()).stream("give JSON"))


@program
def generator(lc: Any) -> None:
    def each(parts: Any) -> Any:
        for part in parts:
            yield part.upper()

    list((lc.chain() | lc.RunnableGenerator(each)).stream(INPUT))


@program
def conversation(lc: Any) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    calls = [{"name": "get_weather", "args": {"city": "Oslo"}, "id": "call_9", "type": "tool_call"}]
    lc.model("fake-echo").invoke(
        [
            ("system", "be brief"),
            {"role": "user", "content": [{"type": "text", "text": "look: \r\n\u00e9\U0001f600<script>"}, image]},
            lc.AIMessage("", tool_calls=calls),
            lc.ToolMessage("rain", tool_call_id="call_9", name="get_weather"),
            lc.HumanMessage("and now?", name="ann", id="m1"),
        ]
    )


@program
def history(lc: Any) -> None:
    prompt = lc.ChatPromptTemplate.from_messages([lc.MessagesPlaceholder("past"), ("human", "{text}")])
    (prompt | lc.model()).invoke({"past": [lc.HumanMessage("a"), lc.AIMessage("b")], "text": "c"})


@program
def retries(lc: Any) -> None:
    tries = []

    def sometimes(x: Any) -> Any:
        tries.append(x)
        if len(tries) < 2:
            raise ValueError("not yet")
        return x

    lc.RunnableLambda(sometimes).with_retry(wait_exponential_jitter=False, stop_after_attempt=3).invoke(1)


@program
def fallbacks(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(lambda x: x * 2)]).invoke(3)


@program
def bound_config(lc: Any) -> None:
    lc.chain().with_config(tags=["bound"], metadata={"b": 1}, run_name="bound chain").invoke(INPUT, {"tags": ["call"]})


@program
def block(lc: Any) -> None:
    with lc.tracing_context(project_name="block", tags=["of the block"], metadata={"block": 1, "k": "block"}):
        lc.chain().invoke(INPUT, {"metadata": {"k": "call"}})


@program
def block_off(lc: Any) -> None:
    with lc.tracing_context(enabled=False):
        lc.chain().invoke(INPUT)
    lc.model().invoke("hello")


@program
def off_inside(lc: Any) -> None:
    def part(x: Any) -> Any:
        with lc.tracing_context(enabled=False):
            lc.model().invoke("not told")
        return lc.model().invoke("told").content

    lc.RunnableLambda(part).invoke("x")


@program
def under_a_parent(lc: Any) -> None:
    order = "20260102T030405678901Z0198f3c2-0000-7000-8000-000000000001"
    with lc.tracing_context(project_name="under_a_parent", parent=order):
        lc.chain().invoke(INPUT)


@program
def by_hand(lc: Any) -> None:
    tracer = lc.LangChainTracer(project_name="by_hand", tags=["hand"])
    lc.chain().invoke(INPUT, {"callbacks": [tracer]})


@program
def enabled_block(lc: Any) -> None:
    with lc.tracing_v2_enabled("enabled_block", tags=["v2"]):
        lc.chain().invoke(INPUT)


def main(library: str, names: Any) -> None:
    """Run the programs that are named, or all, with one library; what ought not to be raised is told on stderr."""
    lc = Library(library)
    for part in FURTHER:
        import_module(f"langsmith_programs_{part}")
    for name, package in PACKAGES.items():
        if find_spec(package) is None:
            PROGRAMS.pop(name)
    loop = asyncio.new_event_loop()  # one for all: langchain-openai keeps its connections for the process
    for name in names or PROGRAMS:
        with lc.tracing_context(project_name=name):
            try:
                done = PROGRAMS[name](lc)
                if done is not None:
                    loop.run_until_complete(done)
            except (ImportError, AttributeError):
                raise
            except Exception as error:
                if name not in RAISE:
                    print(f"{library} {name}: {error!r}", file=sys.stderr)
    lc.model().invoke("of the environment's project")
    if library == "langchain":
        import_module("langchain_core.tracers.langchain").wait_for_all_tracers()


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(sys.argv[0]).resolve().parents[2]))
    main(sys.argv[1], sys.argv[2:])
