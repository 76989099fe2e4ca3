"""ChatOpenAI of both libraries against the fake server, where chains, tools and structured answers meet it.

Each program has a server of its own. Of a stream, the texts and the sum are compared: where the pieces begin and
end is the provider's affair, and what comes beside the text is spread over them in different ways.
"""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add

import fakes
from fakes import Reply, Text, ToolCall, Usage

from .library import program
from .observe import aattempt, attempt, every_log, shown

MOVIE = {
    "title": "movie",
    "description": "A movie.",
    "type": "object",
    "properties": {"title": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["title", "year"],
    "additionalProperties": False,
}
PARIS = '{"title": "Paris", "year": 1926}'
HELLO = Reply([Text("Hel"), Text("lo "), Text("you")], usage=Usage(5, 3))


class served:
    """`with served(lc, reply, ...) as model`: the library's ChatOpenAI before a fake that gives these replies."""

    def __init__(self, lc, *replies, **settings):
        self.server = fakes.serve(list(replies))
        url = self.server.url("openai")
        self.model = lc.ChatOpenAI(model="gpt-4o", api_key="k", base_url=url, max_retries=0, **settings)

    def __enter__(self):
        return self.model

    def __exit__(self, *exc_info):
        self.server.close()


def said(message):
    """What a message says, without what names the answer (ids, fingerprints)."""
    usage = message.usage_metadata or {}
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    totals = [usage.get(f"{side}_tokens") for side in ("input", "output", "total")]
    return type(message).__name__, message.content, calls, totals, message.response_metadata.get("finish_reason")


@program
def openai_answers(lc):
    with served(lc, HELLO, HELLO) as model:
        return said(model.invoke("hi")), said(asyncio.run(model.ainvoke("hi")))


@program
def openai_streams(lc):
    with served(lc, HELLO, HELLO, stream_usage=True) as model:

        async def collect():
            return [piece async for piece in model.astream("hi")]

        streams = [list(model.stream("hi")), asyncio.run(collect())]
    return [([piece.content for piece in one if piece.content], said(reduce(add, one))) for one in streams]


@program
def openai_in_a_chain(lc):
    with served(lc, HELLO, HELLO, HELLO) as model:
        chain = lc.ChatPromptTemplate.from_messages([("human", "{q}")]) | model | lc.StrOutputParser()
        whole, streamed = chain.invoke({"q": "x"}), [piece for piece in chain.stream({"q": "x"}) if piece]
        return shown([whole, streamed, asyncio.run(chain.ainvoke({"q": "x"}))])


@program
def openai_calls_tools(lc):
    @lc.tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"rain in {city}"

    with served(lc, Reply([ToolCall("weather", '{"city": "Rome"}')]), HELLO) as model:
        bound = model.bind_tools([weather])
        messages = [lc.HumanMessage("weather in Rome?")]
        answer = bound.invoke(messages)
        results = [weather.invoke(call) for call in answer.tool_calls]
        final = bound.invoke([*messages, answer, *results])
    return said(answer), [(type(one).__name__, one.content, one.name) for one in results], said(final)


@program
def openai_streams_tool_calls(lc):
    with served(lc, Reply([ToolCall("f", '{"a": 1}'), ToolCall("g", "{}")])) as model:
        total = reduce(add, model.bind(tools=[{"type": "function", "function": {"name": "f"}}]).stream("x"))
    return said(total)[:3], [(call["name"], call["args"], call["index"]) for call in total.tool_call_chunks]


@program
def openai_structured_by_each_method(lc):
    found = []
    for method, reply in (
        ("function_calling", Reply([ToolCall("movie", PARIS)])),
        ("json_schema", Reply([Text(PARIS)])),
        ("json_mode", Reply([Text(PARIS)])),
    ):
        with served(lc, reply) as model:
            found.append(attempt(model.with_structured_output(MOVIE, method=method).invoke, "a movie as JSON"))
    return found


@program
def openai_structured_with_the_raw_message(lc):
    with served(lc, Reply([ToolCall("movie", PARIS)])) as model:
        step = model.with_structured_output(MOVIE, method="function_calling", include_raw=True)
        found = step.invoke("a movie")
    return sorted(found), said(found["raw"]), shown(found["parsed"]), found["parsing_error"]


@program
def openai_generates(lc):
    with served(lc, HELLO, HELLO) as model:
        found = model.generate([[lc.HumanMessage("a")], [lc.HumanMessage("b")]])
    usage = {
        key: found.llm_output["token_usage"][key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")
    }
    rows = [[(str(one.text), one.generation_info["finish_reason"]) for one in row] for row in found.generations]
    return rows, usage, found.llm_output["model_name"], len(found.run)


@program
def openai_tells_its_runs(lc):
    kept = {}
    for way in ("invoke", "stream", "ainvoke", "astream"):
        with served(lc, HELLO) as model:  # one each: the openai package keeps a client, which belongs to one loop
            log = every_log(lc, lambda: model, "hi", ways=[way], tags=["t"])[way]  # noqa: B023
        kept[way] = [entry for entry in log if entry[0] != "token" or entry[2][0]]
    return kept


@program
def openai_refuses(lc):
    with served(lc, HELLO) as model:
        return (
            attempt(model.invoke, 3),
            attempt(model.bind(temperature=5).invoke, "x")[0],
            attempt(model.batch, ["a"])[0][1],
        )


@program
async def openai_counts_usage(lc):
    handler = lc.UsageMetadataCallbackHandler()
    with served(lc, HELLO, HELLO) as model:
        model.invoke("a", {"callbacks": [handler]})
        await model.ainvoke("b", {"callbacks": [handler]})
        refused = await aattempt(model.ainvoke(None))
    counts = [
        (one["input_tokens"], one["output_tokens"], one["total_tokens"]) for one in handler.usage_metadata.values()
    ]
    return counts, refused
