"""Do the real clients agree with the fake's Responses API? `python tests/real_clients/openai_responses.py BASE_URL`

Runs the official `openai` package and `langchain-openai` with `use_responses_api=True`, sync and async, against a
running fake (`python -m fakes`; BASE_URL is its url with or without `/openai/v1`). What is printed, and the exit
codes: see matrix.py.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, List, Mapping

import matrix
from matrix import (
    ANSWER,
    HELLO,
    STRICT_SCHEMA,
    THOUGHT,
    WEATHER,
    Case,
    Cases,
    araises,
    main,
    raises,
    same,
    weather_class,
)

QUESTION = "What is the weather in Paris?"
PARAMETERS = {**matrix.PARAMETERS, "additionalProperties": False}
TOOL = {"type": "function", "name": "get_weather", "description": "d", "parameters": PARAMETERS, "strict": True}
CUSTOM = {"type": "custom", "name": "run", "description": "Run code"}
FORMAT = {"format": {"type": "json_schema", "name": "weather", "schema": STRICT_SCHEMA, "strict": True}}
THINKING = {"model": "fake-think", "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]}


# -- the official package ---------------------------------------------------------------------------------------------

REQUESTS: Dict[str, Dict[str, Any]] = {
    "chat": {"model": "fake-hello"},
    "tools": {"model": "fake-tool", "tools": [TOOL]},
    "parallel tools": {"model": "fake-tools", "tools": [TOOL, {**TOOL, "name": "other"}]},
    "custom tool": {"model": "fake-tool", "tools": [CUSTOM]},
    "JSON schema": {"model": "fake-json", "text": FORMAT},
    "reasoning": THINKING,
    "refusal": {"model": "fake-refuse"},
    "incomplete": {"model": "fake-filtered"},
    "web search": {"model": "fake-tool", "tools": [{"type": "web_search"}]},
    "logprobs": {"model": "fake-hello", "include": ["message.output_text.logprobs"], "top_logprobs": 2},
}


def judge(kind: str, got: Any) -> None:
    """Compare a response of the official package, plain or the end of a stream, with what was asked for."""
    same(got.usage.total_tokens > got.usage.input_tokens > 0, True)
    same(got.status, "incomplete" if kind == "incomplete" else "completed")
    last = got.output[-1]
    if kind in ("chat", "logprobs"):
        same(got.output_text, HELLO)
        same(bool(last.content[0].logprobs), kind == "logprobs")
    elif kind in ("tools", "parallel tools"):
        names = [item.name for item in got.output if item.type == "function_call"]
        same(names, ["get_weather", "other"][: 2 if kind == "parallel tools" else 1])
        same(last.arguments, '{"city":"Paris"}')
        same(last.call_id.startswith("call_") and last.id.startswith("fc_"), True)
    elif kind == "custom tool":
        same((last.type, last.name, bool(last.input)), ("custom_tool_call", "run", True))
    elif kind == "JSON schema":
        same(got.output_text, '{"city":"Paris","temp_c":21}')
    elif kind == "reasoning":
        thought = got.output[0]
        same((thought.type, thought.summary[0].text, thought.encrypted_content[:4]), ("reasoning", THOUGHT, "gAAA"))
        same(got.usage.output_tokens_details.reasoning_tokens > 0, True)
    elif kind == "refusal":
        same((last.content[0].type, last.content[0].refusal), ("refusal", "I'm sorry, I can't help with that."))
    elif kind == "incomplete":
        same(got.incomplete_details.reason, "content_filter")
    elif kind == "web search":
        same([item.type for item in got.output], ["web_search_call", "message"])
        same(last.content[0].annotations[0].type, "url_citation")


def ended(events: List[Any]) -> Any:
    """Check that the events are one stream, that their pieces add up, and give the response at their end."""
    same([event.sequence_number for event in events], list(range(len(events))))
    whole = events[-1].response
    pieces = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    same(pieces, whole.output_text)
    arguments = "".join(event.delta for event in events if event.type == "response.function_call_arguments.delta")
    same(arguments, "".join(item.arguments for item in whole.output if item.type == "function_call"))
    return whole


def openai_cases(base: str) -> Cases:
    import openai

    client = openai.OpenAI(base_url=base, api_key="sk-test", max_retries=2)
    responses = client.responses

    def plain(kind: str) -> Case:
        return lambda: judge(kind, responses.create(input=QUESTION, **REQUESTS[kind]))

    def streamed(kind: str) -> Case:
        return lambda: judge(kind, ended(list(responses.create(input=QUESTION, stream=True, **REQUESTS[kind]))))

    def helper() -> None:
        with responses.stream(model="fake-tool", input=QUESTION, tools=[TOOL]) as stream:
            list(stream)
            judge("tools", stream.get_final_response())

    def parsed() -> None:
        got = responses.parse(model="fake-json", input=QUESTION, text_format=weather_class())
        same(dict(got.output_parsed), WEATHER)

    def tool_loop() -> None:
        first = responses.create(input=QUESTION, **{**REQUESTS["tools"], "model": "fake-tool"})
        result = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "21 degrees"}
        items = [{"role": "user", "content": QUESTION}, *first.output, result]
        by_hand = responses.create(model="fake-tool", input=items, tools=[TOOL])
        same("21 degrees" in by_hand.output_text, True)
        by_id = responses.create(model="fake-tool", input=[result], tools=[TOOL], previous_response_id=first.id)
        same("21 degrees" in by_id.output_text, True)

    def previous() -> None:
        first = responses.create(model="fake-echo", input="one")
        second = responses.create(model="fake-echo", input="two", previous_response_id=first.id)
        same((second.output_text, second.previous_response_id), ("two", first.id))
        error = raises(
            openai.BadRequestError,
            lambda: responses.create(model="fake-echo", input="x", previous_response_id="resp_none"),
        )
        same(error.code, "previous_response_not_found")

    def stored() -> None:
        made = responses.create(model="fake-hello", input=QUESTION, metadata={"a": "b"})
        same(responses.retrieve(made.id).output_text, HELLO)
        same(list(responses.input_items.list(made.id))[0].content[0].text, QUESTION)
        responses.delete(made.id)
        raises(openai.NotFoundError, lambda: responses.retrieve(made.id))

    def background() -> None:
        made = responses.create(model="fake-hello", input=QUESTION, background=True)
        same(made.status, "queued")
        same(responses.retrieve(made.id).output_text, HELLO)
        other = responses.create(model="fake-hello", input=QUESTION, background=True)
        same(responses.cancel(other.id).status, "cancelled")

    def wrong_key() -> None:
        other = openai.OpenAI(base_url=base, api_key="sk-fake-wrong")
        error = raises(openai.AuthenticationError, lambda: other.responses.create(model="fake-hello", input="hi"))
        same((error.code, error.status_code, error.request_id is not None), ("invalid_api_key", 401, True))

    def no_model() -> None:
        error = raises(openai.NotFoundError, lambda: responses.create(model="no-such-model", input="hi"))
        same(error.code, "model_not_found")

    def bad_request() -> None:
        error = raises(openai.BadRequestError, lambda: responses.create(model="fake-hello", input="hi", temperature=3))
        same((error.code, error.param), ("decimal_above_max_value", "temperature"))

    def limited() -> None:
        once = client.with_options(max_retries=0)
        raises(openai.RateLimitError, lambda: once.responses.create(model="fake-429-once", input="hi"))

    def cut() -> None:
        raises(openai.APIConnectionError, lambda: responses.create(model="fake-cut", input="hi"))

    def cut_stream() -> None:
        raises(openai.APIConnectionError, lambda: list(responses.create(model="fake-cut", input="hi", stream=True)))

    def blocked() -> None:
        error = raises(openai.BadRequestError, lambda: responses.create(model="fake-blocked", input="hi"))
        same(error.code, "invalid_prompt")
        raises(openai.APIError, lambda: list(responses.create(model="fake-blocked", input="hi", stream=True)))

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        *((f"{kind}, streamed", streamed(kind)) for kind in REQUESTS),
        ("stream helper", helper),
        ("parsed", parsed),
        ("tool loop", tool_loop),
        ("previous response", previous),
        ("stored", stored),
        ("background", background),
        ("wrong key", wrong_key),
        ("no such model", no_model),
        ("bad request", bad_request),
        ("429, no retry", limited),
        ("429 once, retried", lambda: judge("chat", responses.create(model="fake-429-once", input="hi"))),
        ("cut", cut),
        ("cut stream", cut_stream),
        ("blocked", blocked),
    ]


def openai_async_cases(base: str) -> Cases:
    import openai

    def client(key: str = "sk-test", **options: Any) -> Any:
        return openai.AsyncOpenAI(base_url=base, api_key=key, **options)

    async def ask(who: Any = None, **request: Any) -> Any:
        async with who or client() as asked:
            answer = await asked.responses.create(**{"input": QUESTION, **request})
            return [event async for event in answer] if request.get("stream") else answer

    def plain(kind: str) -> Case:
        async def case() -> None:
            judge(kind, await ask(**REQUESTS[kind]))

        return case

    def streamed(kind: str) -> Case:
        async def case() -> None:
            judge(kind, ended(await ask(stream=True, **REQUESTS[kind])))

        return case

    async def helper() -> None:
        async with client() as asked, asked.responses.stream(model="fake-tool", input="hi", tools=[TOOL]) as stream:
            async for _ in stream:
                pass
            judge("tools", await stream.get_final_response())

    async def parsed() -> None:
        async with client() as asked:
            got = await asked.responses.parse(model="fake-json", input=QUESTION, text_format=weather_class())
        same(dict(got.output_parsed), WEATHER)

    async def previous() -> None:
        first = await ask(model="fake-echo", input="one")
        second = await ask(model="fake-echo", input="two", previous_response_id=first.id)
        same((second.output_text, second.previous_response_id), ("two", first.id))

    async def background() -> None:
        made = await ask(model="fake-hello", background=True)
        async with client() as asked:
            same((await asked.responses.retrieve(made.id)).output_text, HELLO)

    async def retried() -> None:
        judge("chat", await ask(model="fake-429-once"))

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        *((f"{kind}, streamed", streamed(kind)) for kind in REQUESTS),
        ("stream helper", helper),
        ("parsed", parsed),
        ("previous response", previous),
        ("background", background),
        ("wrong key", lambda: araises(openai.AuthenticationError, ask(client("sk-fake-wrong"), model="fake-hello"))),
        ("no such model", lambda: araises(openai.NotFoundError, ask(model="no-such-model"))),
        ("bad request", lambda: araises(openai.BadRequestError, ask(model="fake-hello", temperature=3))),
        ("429, no retry", lambda: araises(openai.RateLimitError, ask(client(max_retries=0), model="fake-429-once"))),
        ("429 once, retried", retried),
        ("cut", lambda: araises(openai.APIConnectionError, ask(model="fake-cut"))),
        ("cut stream", lambda: araises(openai.APIConnectionError, ask(model="fake-cut", stream=True))),
        ("blocked", lambda: araises(openai.BadRequestError, ask(model="fake-blocked"))),
    ]


# -- LangChain's integration ------------------------------------------------------------------------------------------


def langchain_cases(base: str, *, asynchronous: bool) -> Cases:
    import openai
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_openai import ChatOpenAI

    def model(name: str, **options: Any) -> Any:
        options = {"api_key": "sk-test", **options}
        return ChatOpenAI(model=name, base_url=base, use_responses_api=True, **options)

    async def ask(asked: Any, given: Any = "hi") -> Any:
        return await asked.ainvoke(given) if asynchronous else asked.invoke(given)

    async def summed(asked: Any, given: Any = "hi") -> Any:
        chunks = [chunk async for chunk in asked.astream(given)] if asynchronous else list(asked.stream(given))
        return matrix.summed(chunks)

    def both(name: str, asked: Callable[[], Any], check: Callable[[Any], None]) -> Cases:
        async def plain() -> None:
            check(await ask(asked()))

        async def streamed() -> None:
            check(await summed(asked()))

        return [(name, plain), (f"{name}, streamed", streamed)]

    def check_chat(message: Any) -> None:
        same(message.text, HELLO)
        same(message.response_metadata["status"], "completed")
        same(message.usage_metadata["total_tokens"] > message.usage_metadata["input_tokens"] > 0, True)

    def check_tools(message: Any) -> None:
        same([(call["name"], call["args"]) for call in message.tool_calls], [("get_weather", {"city": "Paris"})])

    def check_thought(message: Any) -> None:
        blocks = [block for block in message.content_blocks if block["type"] == "reasoning"]
        same("".join(block.get("reasoning", "") for block in blocks), THOUGHT)
        same(message.text, ANSWER)

    def check_search(message: Any) -> None:
        same(message.text, HELLO)
        same(any(block["type"] == "server_tool_call" for block in message.content_blocks), True)

    chat_tool = {"type": "function", "function": {key: TOOL[key] for key in ("name", "description", "parameters")}}
    thinking = {key: value for key, value in THINKING.items() if key != "model"}
    tooled = {"tool": model("fake-tool").bind_tools([chat_tool]), "think": model("fake-think", **thinking)}
    tooled["think tool"] = tooled["think"].bind_tools([chat_tool])

    def loop(which: str) -> Case:
        async def case() -> None:
            asked = [HumanMessage("weather?")]
            for give in (ask, summed):
                first = await give(tooled[which], asked)
                check_tools(first)
                result = ToolMessage("21 degrees", tool_call_id=first.tool_calls[0]["id"])
                second = await ask(tooled[which], [*asked, first, result])
                same(second.text, "The tool says: 21 degrees" if which == "tool" else ANSWER)

        return case

    async def structured() -> None:
        titled = dict(STRICT_SCHEMA, title="weather")
        same(await ask(model("fake-json").with_structured_output(titled, method="json_schema")), WEATHER)

    async def parsed() -> None:
        got = await ask(model("fake-json").with_structured_output(weather_class(), method="json_schema"))
        same(dict(got), WEATHER)

    async def previous() -> None:
        asked = model("fake-echo", use_previous_response_id=True)
        first = await ask(asked, "one")
        second = await ask(asked, [HumanMessage("one"), first, HumanMessage("two")])
        same(second.text, "two")

    async def refused(error: Any, asked: Any) -> None:
        await araises(error, ask(asked))

    async def cut_stream() -> None:
        await araises(openai.APIConnectionError, summed(model("fake-cut")))

    return [
        *both("chat", lambda: model("fake-hello"), check_chat),
        *both("tools", lambda: tooled["tool"], check_tools),
        *both("reasoning", lambda: tooled["think"], check_thought),
        *both("web search", lambda: model("fake-tool").bind_tools([{"type": "web_search"}]), check_search),
        ("JSON schema", structured),
        ("parsed", parsed),
        ("tool loop", loop("tool")),
        ("tool loop, thinking", loop("think tool")),
        ("previous response", previous),
        ("wrong key", lambda: refused(openai.AuthenticationError, model("fake-hello", api_key="sk-fake-wrong"))),
        ("no such model", lambda: refused(openai.NotFoundError, model("no-such-model"))),
        ("bad request", lambda: refused(openai.BadRequestError, model("fake-hello", temperature=3))),
        ("429, no retry", lambda: refused(openai.RateLimitError, model("fake-429-once", max_retries=0))),
        both("429 once, retried", lambda: model("fake-429-once"), check_chat)[0],
        ("cut", lambda: refused(openai.APIConnectionError, model("fake-cut"))),
        ("cut stream", cut_stream),
        ("blocked", lambda: refused(openai.BadRequestError, model("fake-blocked"))),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    return {
        "openai": openai_cases(base),
        "openai async": openai_async_cases(base),
        "langchain": langchain_cases(base, asynchronous=False),
        "langchain async": langchain_cases(base, asynchronous=True),
    }


if __name__ == "__main__":
    sys.exit(main(__doc__, ("openai", "langchain-openai", "langchain-core"), columns, mount="/openai/v1"))
