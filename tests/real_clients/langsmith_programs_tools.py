"""Programs with tools, with messages of every kind, with prompts and parsers, and with errors."""

from __future__ import annotations

import asyncio
from typing import Any

from langsmith_library import program, raising, weather


@raising
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


@raising
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


@raising
def chained_error(lc: Any) -> None:
    def fail(x: Any) -> Any:
        try:
            raise KeyError("cause")
        except KeyError as error:
            raise ValueError("effect") from error

    lc.RunnableLambda(fail).invoke(1)


@raising
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


@raising
def stream_fails(lc: Any) -> None:
    def each(parts: Any) -> Any:
        yield "first"
        raise ValueError("then not")

    list((lc.RunnableGenerator(each) | lc.RunnablePassthrough()).stream("x"))


@raising
def parser_error(lc: Any) -> None:
    (lc.model("fake-hello") | lc.JsonOutputParser()).invoke("hi")


@program
def parsers(lc: Any) -> None:
    (lc.model("fake-echo") | lc.CommaSeparatedListOutputParser()).invoke("a, b, c")
    lc.StrOutputParser().invoke("plain")
    lc.StrOutputParser().invoke(lc.AIMessage("of a message"))
    lc.JsonOutputParser().invoke('{"a": 1}')
    list((lc.model("fake-echo") | lc.CommaSeparatedListOutputParser()).stream("a, b, c"))


@raising
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
def kinds_of_prompts(lc: Any) -> None:
    parts = [{"type": "text", "text": "{a}"}, {"type": "image_url", "image_url": {"url": "https://x/{u}"}}]
    past = lc.MessagesPlaceholder("past", optional=True, n_messages=3)
    messages = [("system", "be {how}"), lc.HumanMessage("fixed"), past, ("human", parts), ("placeholder", "{p}")]
    prompt = lc.ChatPromptTemplate.from_messages(messages).partial(how="brief")
    prompt.invoke({"a": "look", "u": "1.png"})
    settings = {"partial_variables": {"y": "1"}, "tags": ["t"], "metadata": {"m": 1}, "name": "mine"}
    lc.PromptTemplate(template="{x} {y}", input_variables=["x"], **settings).invoke({"x": "1"})
    lc.PromptTemplate.from_template("{{x}}", template_format="mustache").invoke({"x": "1"})
