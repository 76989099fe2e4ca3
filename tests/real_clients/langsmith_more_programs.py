"""More programs that langsmith_differential.py traces with both libraries: composition, errors, other providers.

As in langsmith_programs.py a program gets `lc`, the names of one library. What it raises is its own matter
(`RAISE` names those that do); KeyboardInterrupt and cancellation are caught here.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import enum
import uuid
from typing import Any, Callable, Dict

PROGRAMS: Dict[str, Callable[[Any], Any]] = {}
RAISE = {
    "chained_error",
    "tool_error",
    "tool_bad_input",
    "parser_error",
    "batch_fails",
    "own_error_class",
    "traced_error",
    "stream_fails",
    "fallbacks_all_fail",
    "prompt_misses",
    "retries_spent",
    "own_model_fails",
    "own_model_stream_fails",
}
INPUT = {"how": "brief", "text": "hello"}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PROGRAMS[function.__name__] = function
    return function


def weather(lc: Any) -> Any:
    @lc.tool
    def get_weather(city: str) -> str:
        """Say the weather of a city."""
        return f"fine in {city}"

    return get_weather


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


@program
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


@program
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


@program
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


SCHEMA = {
    "title": "Weather",
    "description": "the weather",
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
    "required": ["city"],
}


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


@program
def tool_error(lc: Any) -> None:
    @lc.tool
    def fails(x: int) -> int:
        """Fail."""
        raise ValueError("the tool is broken")

    fails.invoke({"x": 1})


@program
def tool_error_handled(lc: Any) -> None:
    @lc.tool
    def fails(x: int) -> int:
        """Fail."""
        raise lc.ToolException("the tool is broken")

    fails.handle_tool_error = True
    fails.invoke({"x": 1})
    fails.invoke({"type": "tool_call", "name": "fails", "args": {"x": 1}, "id": "call_1"})


@program
def tool_bad_input(lc: Any) -> None:
    weather(lc).invoke({"town": 1})


@program
def tool_artifact(lc: Any) -> None:
    @lc.tool(response_format="content_and_artifact")
    def both(x: int) -> Any:
        """Give both."""
        return "content", {"artifact": [x]}

    both.invoke({"x": 1})
    both.invoke({"type": "tool_call", "name": "both", "args": {"x": 1}, "id": "call_1"})


@program
def tool_kinds(lc: Any) -> None:
    @lc.tool
    def many(a: int, b: Any = None, c: list = []) -> Any:  # noqa: B006
        """Give many."""
        return {"a": a, "b": b, "c": c}

    many.invoke({"a": 1, "b": {"x": 1}})
    many.invoke({"type": "tool_call", "name": "many", "args": {"a": 1, "c": [1]}, "id": "call_1"})

    @lc.tool
    def single(text: str) -> str:
        """Give it back."""
        return text

    single.invoke("plain text", {"metadata": {"m": 1}, "run_name": "renamed"})


@program
async def tool_async(lc: Any) -> None:
    @lc.tool
    async def later(text: str) -> str:
        """Give it back."""
        return text

    await later.ainvoke({"text": "x"})


@program
def tool_calls_model(lc: Any) -> None:
    model = lc.model("fake-echo")

    @lc.tool
    def asks(text: str) -> str:
        """Ask the model."""
        return str(model.invoke(text).content)

    asks.invoke({"text": "x"})


@program
def artifact_message(lc: Any) -> None:
    calls = [{"name": "f", "args": {}, "id": "call_9", "type": "tool_call"}]
    message = lc.ToolMessage("rain", tool_call_id="call_9", artifact={"raw": [1, 2]}, status="error")
    lc.model("fake-echo").invoke([lc.HumanMessage("q"), lc.AIMessage("", tool_calls=calls), message])
    lc.RunnableLambda(lambda x: x).invoke({"m": message})


@program
def multimodal(lc: Any) -> None:
    parts = [
        {"type": "text", "text": "a look"},
        {"type": "image_url", "image_url": {"url": "https://x.example/1.png", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ]
    lc.model("fake-echo").invoke([lc.HumanMessage(content=parts)])
    image = {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": "iVBORw0KGgo="}
    lc.model("fake-echo").invoke([lc.HumanMessage(content=[{"type": "text", "text": "b look"}, image])])
    new = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
    lc.model("fake-echo").invoke([lc.HumanMessage(content=[{"type": "text", "text": "c look"}, new])])


@program
def multimodal_kinds(lc: Any) -> None:
    blocks = [
        {"type": "image", "url": "https://x.example/1.png"},
        {"type": "image", "file_id": "file-1"},
        {"type": "image", "source_type": "url", "url": "https://x.example/1.png"},
        {"type": "image", "source_type": "id", "id": "file-1"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf", "filename": "a.pdf"},
        {"type": "file", "source_type": "base64", "data": "JVBERi0=", "mime_type": "application/pdf"},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}},
        {"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"},
        {"type": "video", "base64": "AAAA", "mime_type": "video/mp4"},
        {"text": "without a type"},
        {"other": {"a": 1}},
        {"type": "image", "image": "odd"},
        "text",
    ]
    for number, block in enumerate(blocks):
        model = lc.FakeListChatModel(responses=["x"])
        content = [{"type": "text", "text": f"{number}"}, block]
        model.invoke([lc.HumanMessage(content=content)], {"run_name": f"in {number:02}"})
        list(model.stream([lc.HumanMessage(content=content)], {"run_name": f"stream {number:02}"}))
        lc.RunnableLambda(lambda x: x, name=f"chain {number:02}").invoke([lc.HumanMessage(content=content)])


@program
def message_kinds(lc: Any) -> None:
    messages = [
        lc.SystemMessage("s", id="s1"),
        lc.HumanMessage("h", additional_kwargs={"x": 1}, response_metadata={"y": 2}),
        lc.AIMessage("a", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
        lc.ChatMessage("c", role="user"),
        lc.AIMessage("b"),
    ]
    lc.model("fake-echo").invoke(messages)
    lc.RunnableLambda(lambda x: x).invoke(messages)


@program
def chunks_in_values(lc: Any) -> None:
    chunk = lc.AIMessageChunk(
        "c", tool_call_chunks=[{"name": "f", "args": "{}", "id": "call_1", "index": 0, "type": "tool_call_chunk"}]
    )
    lc.RunnableLambda(lambda x: {"chunk": chunk, "human": lc.HumanMessageChunk("h")}).invoke("x")


@program
def abandoned(lc: Any) -> None:
    stream = lc.model().stream("hello")
    next(stream)
    stream.close()


@program
async def cancelled(lc: Any) -> None:
    async def waits(x: Any) -> Any:
        await asyncio.sleep(60)

    task = asyncio.ensure_future(lc.RunnableLambda(waits).ainvoke("x"))
    await asyncio.sleep(0.05)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


@program
def chained_error(lc: Any) -> None:
    def fail(x: Any) -> Any:
        try:
            raise KeyError("cause")
        except KeyError as error:
            raise ValueError("effect") from error

    lc.RunnableLambda(fail).invoke(1)


@program
def own_error_class(lc: Any) -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            return "odd\nin two lines"

    def fail(x: Any) -> Any:
        raise Odd(1, "two")

    lc.RunnableLambda(fail).invoke(1)


@program
def interrupted(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise KeyboardInterrupt()

    try:
        (lc.RunnableLambda(lambda x: x) | lc.RunnableLambda(fail)).invoke(1)
    except KeyboardInterrupt:
        pass


@program
def exits(lc: Any) -> None:
    def fail(x: Any) -> Any:
        raise SystemExit(3)

    try:
        lc.RunnableLambda(fail).invoke(1)
    except SystemExit:
        pass


@program
def stream_fails(lc: Any) -> None:
    def each(parts: Any) -> Any:
        yield "first"
        raise ValueError("then not")

    list((lc.RunnableGenerator(each) | lc.RunnablePassthrough()).stream("x"))


@program
def parser_error(lc: Any) -> None:
    (lc.model("fake-hello") | lc.JsonOutputParser()).invoke("hi")


@program
def parsers(lc: Any) -> None:
    (lc.model("fake-echo") | lc.CommaSeparatedListOutputParser()).invoke("a, b, c")
    lc.StrOutputParser().invoke("plain")
    lc.StrOutputParser().invoke(lc.AIMessage("of a message"))
    lc.JsonOutputParser().invoke('{"a": 1}')
    list((lc.model("fake-echo") | lc.CommaSeparatedListOutputParser()).stream("a, b, c"))


@program
def prompt_misses(lc: Any) -> None:
    lc.chain().invoke({"text": "x"})


@program
def prompt_partials(lc: Any) -> None:
    prompt = lc.ChatPromptTemplate.from_messages([("system", "{date}"), ("human", "{x}")])
    prompt.partial(date=lambda: "today").invoke({"x": 1})
    lc.PromptTemplate.from_template("{a}{b}").partial(a="1").invoke({"b": 2})
    lc.PromptTemplate.from_template("{a}").invoke("one")


@program
def prompt_stream(lc: Any) -> None:
    list((lc.ChatPromptTemplate.from_template("{x}") | lc.model("fake-echo")).stream({"x": "hi"}))


@program
def placeholder(lc: Any) -> None:
    prompt = lc.ChatPromptTemplate.from_messages([("placeholder", "{past}"), ("human", "{x}")])
    prompt.invoke({"past": [("human", "a"), ("ai", "b"), {"role": "system", "content": "c"}], "x": "y"})
    prompt.invoke({"x": "y"})


@program
def picked(lc: Any) -> None:
    (lc.RunnablePassthrough.assign(b=lambda d: d["a"] + 1) | lc.RunnablePick("b")).invoke({"a": 1})
    chain = lc.RunnableParallel(a=lambda x: x, b=lambda x: x + 1).pick(["a", "b"])
    chain.invoke(1)
    list(chain.stream(1))
    lc.RunnableParallel(a=lambda x: x).assign(c=lambda d: d["a"]).invoke(1)


@program
def assigned_stream(lc: Any) -> None:
    chain = lc.RunnablePassthrough.assign(
        answer=lc.RunnableLambda(lambda d: d["text"]) | lc.model("fake-echo") | lc.StrOutputParser()
    )
    list(chain.stream({"text": "hi"}))


@program
def item_getter(lc: Any) -> None:
    from operator import itemgetter

    ({"x": itemgetter("a")} | lc.RunnableLambda(lambda d: d["x"])).invoke({"a": 1})


@program
def each_of(lc: Any) -> None:
    (lc.RunnableLambda(lambda x: [x, x]) | lc.RunnableLambda(lambda x: x + 1).map()).invoke(1)
    list(lc.RunnableLambda(lambda x: x + 1).map().stream([1, 2]))


@program
def with_listeners(lc: Any) -> None:
    lc.RunnableLambda(lambda x: x).with_listeners(on_start=lambda run: None, on_end=lambda run: None).invoke(1)


@program
def bound(lc: Any) -> None:
    lc.model("fake-echo").bind(stop=["x"], temperature=0.3).invoke("hi")
    lc.model("fake-echo").with_config(run_name="named", tags=["t"], metadata={"m": 1}).invoke(
        "hi", {"metadata": {"m": 2, "n": 3}}
    )
    lc.model("fake-echo").with_config(configurable={"c": 1}).invoke("hi")


@program
def configurable_fields(lc: Any) -> None:
    model = lc.model("fake-echo").configurable_fields(temperature=lc.ConfigurableField(id="temp"))
    model.invoke("hi", {"configurable": {"temp": 0.9}})
    model.with_config(configurable={"temp": 0.1}).invoke("hi")
    either = lc.model("fake-echo").configurable_alternatives(
        lc.ConfigurableField(id="which"), other=lc.model("fake-hello")
    )
    either.invoke("hi", {"configurable": {"which": "other"}})


@program
def configurable_chain(lc: Any) -> None:
    lc.chain().with_config(configurable={"thread": "t", "n": 1}).invoke(INPUT)
    lc.chain().with_config(run_name="both", configurable={"thread": "t", "n": 1}).invoke(
        INPUT, {"configurable": {"n": 2}}
    )
    lc.RunnableLambda(lambda x: x, name="odd").invoke(
        1,
        {
            "configurable": {
                "model": "m",
                "checkpoint_ns": "c",
                "api_key": "no",
                "none": None,
                "list": [1],
                "true": True,
            }
        },
    )
    inner = lc.RunnableLambda(lambda x: x, name="inner")
    lc.RunnableLambda(lambda x: inner.invoke(x, {"configurable": {"deep": 1}}), name="outer").invoke(
        1, {"configurable": {"high": 1}}
    )
    lc.RunnableLambda(lambda x: x, name="own").invoke(1, {"metadata": {"k": "own"}, "configurable": {"k": "conf"}})
    lc.RunnableLambda(lambda x: x, name="free").invoke(1, {"free": "key", "tags": None})
    model = lc.model("fake-echo")
    (lc.RunnableLambda(lambda x: x, name="first") | model).with_config(run_name="model key").invoke(
        "x", {"configurable": {"model": "m2"}}
    )
    lc.RunnableLambda(lambda x: x, name="listed").batch(
        [1, 2], [{"configurable": {"a": 1}}, {"configurable": {"a": 2}}]
    )
    lc.RunnableLambda(lambda x: lc.RunnableLambda(lambda y: y, name="plain").invoke(x), name="above").with_config(
        configurable={"w": 1}
    ).invoke(1)


@program
def given_ids(lc: Any) -> None:
    lc.RunnableLambda(lambda x: x).invoke(1, {"run_id": uuid.UUID("0198f3c2-0000-7000-8000-00000000aaaa")})
    lc.chain().invoke(
        INPUT,
        {"run_id": uuid.UUID("0198f3c2-0000-7000-8000-00000000bbbb"), "max_concurrency": 2, "recursion_limit": 30},
    )


@program
def n_answers(lc: Any) -> None:
    lc.model("fake-echo", n=2).generate([[lc.HumanMessage("one")]])


@program
def logprobs(lc: Any) -> None:
    lc.model("fake-hello", logprobs=True, top_logprobs=2).invoke("hi")


@program
def think(lc: Any) -> None:
    lc.model("fake-think").invoke("hi")
    lc.model("fake-hello", reasoning_effort="low").invoke("hi")


@program
def responses(lc: Any) -> None:
    lc.model("fake-hello", use_responses_api=True).invoke("hi")


@program
def responses_stream(lc: Any) -> None:
    list(lc.model("fake-hello", use_responses_api=True).stream("hi"))


@program
def refusing(lc: Any) -> None:
    lc.model("fake-refuse").invoke("hi")


@program
def tool_choice(lc: Any) -> None:
    lc.model("fake-tool").bind_tools(
        [weather(lc), SCHEMA], tool_choice="get_weather", parallel_tool_calls=False
    ).invoke("hi")
    lc.model("fake-tools").bind_tools([weather(lc)], strict=True).invoke("hi")


@program
def extras_of_model(lc: Any) -> None:
    lc.model(
        "fake-echo",
        model_kwargs={"user": "u"},
        extra_body={"metadata": {"a": "b"}},
        frequency_penalty=0.1,
        presence_penalty=0.2,
    ).invoke("hi")
    lc.model(
        "fake-echo", default_headers={"X-Secret": "hidden-header-value"}, default_query={"q": "1"}, organization="org"
    ).invoke("hi")
    lc.model("fake-echo", stop=["a"], max_tokens=3, n=1, streaming=False).invoke("hi")
    lc.model("fake-echo", temperature=0, seed=0, top_p=1).invoke("hi")
    lc.model("fake-echo", streaming=True).invoke("hi")


@program
async def nested_events(lc: Any) -> None:
    model = lc.model("fake-echo")

    async def part(x: Any) -> Any:
        return (await model.ainvoke(x)).content

    await asyncio.gather(*[lc.RunnableLambda(part, name=f"part {x}").ainvoke(x) for x in ("a", "b")])


@program
def fake_model(lc: Any) -> None:
    lc.GenericFakeChatModel(messages=iter([lc.AIMessage("hi", id="m")])).invoke("x")
    list(lc.FakeListChatModel(responses=["abc"]).stream("x"))


@program
def own_model(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
            answer = lc.AIMessage("own", usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2})
            return lc.ChatResult(generations=[lc.ChatGeneration(message=answer)], llm_output={"x": 1})

        @property
        def _llm_type(self) -> str:
            return "own-type"

        @property
        def _identifying_params(self) -> Any:
            return {"p": 1}

    Own().invoke("x", stop=["s"], some=1)
    list(Own().stream("x"))


@program
def chat_history(lc: Any) -> None:
    store = {}

    def of(session_id: str) -> Any:
        return store.setdefault(session_id, lc.InMemoryChatMessageHistory())

    prompt = lc.ChatPromptTemplate.from_messages([lc.MessagesPlaceholder("past"), ("human", "{text}")])
    chain = lc.RunnableWithMessageHistory(
        prompt | lc.model(), of, input_messages_key="text", history_messages_key="past"
    )
    chain.invoke({"text": "hi"}, {"configurable": {"session_id": "s1"}})


# -- traced functions and blocks -------------------------------------------------------------


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


@program
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


# -- the same ways with await, and ways out ----------------------------------------------------


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


@program
def own_model_fails(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ValueError("broken")

        @property
        def _llm_type(self) -> str:
            return "own"

    (lc.RunnableLambda(lambda x: x) | Own() | lc.StrOutputParser()).invoke("x")


@program
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


@program
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


# -- the other providers; each wants its package -----------------------------------------------


def ask(model: Any, lc: Any) -> None:
    model.invoke([lc.SystemMessage("be brief"), lc.HumanMessage("hi")], stop=["x"])
    list(model.stream("hi"))
    model.bind_tools([weather(lc)]).invoke("what is the weather?")


def others(name: str, model: str, **settings: Any) -> None:
    def ask_it(lc: Any) -> None:
        ask(lc.other(name, model=model, max_tokens=77, max_retries=0, **settings), lc)

    PROGRAMS[name] = ask_it


for one in ("ChatMistralAI", "ChatFireworks", "ChatTogether"):
    others(one, "fake-hello", temperature=0.5)
others("ChatAnthropic", "claude-3-5-haiku-latest")
others("ChatGoogleGenerativeAI", "gemini-fake-hello", temperature=0.5)
