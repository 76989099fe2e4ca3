"""Do the real clients agree with the fake? `python tests/real_clients/openai_sdk.py BASE_URL`

Runs the official `openai` package and `langchain-openai`, sync and async, against a running fake (`python -m fakes`;
BASE_URL is its url with or without `/openai/v1`). What is printed, and the exit codes: see matrix.py.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, Tuple

from matrix import (
    HELLO,
    PARAMETERS,
    STRICT_SCHEMA,
    WEATHER,
    WEATHER_TEXT,
    Case,
    Cases,
    araises,
    main,
    raises,
    same,
    summed,
    weather_class,
)

QUESTION = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": PARAMETERS,
    },
}
JSON_FORMAT = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": STRICT_SCHEMA}}
USAGE = {"include_usage": True}


# -- the official package ---------------------------------------------------------------------------------------------


def assembled(chunks: List[Any]) -> Tuple[str, List[Tuple[str, str]], Any, int]:
    """Put a stream together by hand: text, tool calls, finish reason, total tokens."""
    text, calls, finish, total = "", {}, None, 0
    for chunk in chunks:
        total = chunk.usage.total_tokens if chunk.usage else total
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            text += choice.delta.content or ""
            for piece in choice.delta.tool_calls or ():
                name, arguments = calls.get(piece.index, ("", ""))
                calls[piece.index] = (name + (piece.function.name or ""), arguments + (piece.function.arguments or ""))
    return text, list(calls.values()), finish, total


def judge(kind: str, got: Any) -> None:
    """Compare an answer of the official package, streamed or not, with what the fake was asked for."""
    if kind == "chat":
        same((got.choices[0].message.content, got.choices[0].finish_reason), (HELLO, "stop"))
        same(got.usage.total_tokens > got.usage.prompt_tokens > 0, True)
    elif kind == "stream":
        text, _, finish, total = assembled(got)
        same((text, finish, total > 0), (HELLO, "stop", True))
    elif kind == "tools":
        call = got.choices[0].message.tool_calls[0]
        same((call.function.name, call.function.arguments), ("get_weather", '{"city":"Paris"}'))
        same(got.choices[0].finish_reason, "tool_calls")
    elif kind == "streamed tools":
        _, calls, finish, _ = assembled(got)
        same((calls, finish), ([("get_weather", '{"city":"Paris"}')], "tool_calls"))
    elif kind == "JSON schema":
        same(got.choices[0].message.content, WEATHER_TEXT)
    elif kind == "JSON schema parsed":
        same(dict(got.choices[0].message.parsed), WEATHER)


REQUESTS: Dict[str, Dict[str, Any]] = {
    "chat": {"model": "fake-hello"},
    "stream": {"model": "fake-hello", "stream": True, "stream_options": USAGE},
    "tools": {"model": "fake-tool", "tools": [TOOL]},
    "streamed tools": {"model": "fake-tool", "tools": [TOOL], "stream": True},
    "JSON schema": {"model": "fake-json", "response_format": JSON_FORMAT},
}


def openai_cases(base: str) -> Cases:
    import openai

    client = openai.OpenAI(base_url=base, api_key="sk-test", max_retries=2)
    create = client.chat.completions.create

    def plain(kind: str) -> Case:
        request = {"messages": QUESTION, **REQUESTS[kind]}
        return lambda: judge(kind, list(create(**request)) if "stream" in request else create(**request))

    def parsed() -> None:
        judge(
            "JSON schema parsed",
            client.chat.completions.parse(model="fake-json", messages=QUESTION, response_format=weather_class()),
        )

    def tool_loop() -> None:
        first = create(model="fake-tool", messages=QUESTION, tools=[TOOL]).choices[0].message
        result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "21 degrees"}
        second = create(model="fake-tool", messages=[*QUESTION, first, result], tools=[TOOL])
        same("21 degrees" in second.choices[0].message.content, True)

    def wrong_key() -> None:
        other = openai.OpenAI(base_url=base, api_key="sk-fake-wrong")
        error = raises(
            openai.AuthenticationError,
            lambda: other.chat.completions.create(model="fake-hello", messages=QUESTION),
        )
        same((error.code, error.status_code, error.request_id is not None), ("invalid_api_key", 401, True))

    def no_model() -> None:
        error = raises(openai.NotFoundError, lambda: create(model="no-such-model", messages=QUESTION))
        same(error.code, "model_not_found")

    def bad_request() -> None:
        error = raises(
            openai.BadRequestError, lambda: create(model="fake-hello", messages=QUESTION, temperature=3)
        )
        same((error.code, error.param), ("decimal_above_max_value", "temperature"))

    def rate_limited() -> None:
        once = client.with_options(max_retries=0)
        raises(
            openai.RateLimitError,
            lambda: once.chat.completions.create(model="fake-429-once", messages=QUESTION),
        )

    def cut_stream() -> None:
        raises(openai.APIConnectionError, lambda: list(create(model="fake-cut", messages=QUESTION, stream=True)))

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        ("JSON schema parsed", parsed),
        ("tool loop", tool_loop),
        ("wrong key", wrong_key),
        ("no such model", no_model),
        ("bad request", bad_request),
        ("429, no retry", rate_limited),
        ("429 once, retried", lambda: judge("chat", create(model="fake-429-once", messages=QUESTION))),
        ("cut", lambda: raises(openai.APIConnectionError, lambda: create(model="fake-cut", messages=QUESTION))),
        ("cut stream", cut_stream),
        ("models", lambda: same("fake-hello" in [model.id for model in client.models.list()], True)),
    ]


def openai_async_cases(base: str) -> Cases:
    import openai

    def client(key: str = "sk-test", **options: Any) -> Any:
        return openai.AsyncOpenAI(base_url=base, api_key=key, **options)

    async def ask(who: Any = None, **request: Any) -> Any:
        async with who or client() as asked:
            answer = await asked.chat.completions.create(messages=QUESTION, **request)
            return [chunk async for chunk in answer] if request.get("stream") else answer

    def plain(kind: str) -> Case:
        async def case() -> None:
            judge(kind, await ask(**REQUESTS[kind]))

        return case

    async def parsed() -> None:
        async with client() as asked:
            judge(
                "JSON schema parsed",
                await asked.chat.completions.parse(
                    model="fake-json", messages=QUESTION, response_format=weather_class()
                ),
            )

    async def wrong_key() -> None:
        await araises(openai.AuthenticationError, ask(client("sk-fake-wrong"), model="fake-hello"))

    async def no_model() -> None:
        await araises(openai.NotFoundError, ask(model="no-such-model"))

    async def rate_limited() -> None:
        await araises(openai.RateLimitError, ask(client(max_retries=0), model="fake-429-once"))

    async def retried() -> None:
        judge("chat", await ask(model="fake-429-once"))

    async def cut() -> None:
        await araises(openai.APIConnectionError, ask(model="fake-cut"))

    async def cut_stream() -> None:
        await araises(openai.APIConnectionError, ask(model="fake-cut", stream=True))

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        ("JSON schema parsed", parsed),
        ("wrong key", wrong_key),
        ("no such model", no_model),
        ("429, no retry", rate_limited),
        ("429 once, retried", retried),
        ("cut", cut),
        ("cut stream", cut_stream),
    ]


# -- LangChain's integration ------------------------------------------------------------------------------------------


def judge_langchain(kind: str, message: Any) -> None:
    if kind in ("chat", "stream"):
        same(message.content, HELLO)
        same(message.response_metadata["finish_reason"], "stop")
        same(message.usage_metadata["total_tokens"] > message.usage_metadata["input_tokens"] > 0, True)
    elif kind in ("tools", "streamed tools"):
        same([(call["name"], call["args"]) for call in message.tool_calls], [("get_weather", {"city": "Paris"})])
    elif kind == "JSON schema":
        same(message, {"city": "Paris", "temp_c": 21})


def langchain_model(base: str, name: str, **options: Any) -> Any:
    from langchain_openai import ChatOpenAI

    options = {"api_key": "sk-test", **options}
    return ChatOpenAI(model=name, base_url=base, stream_usage=True, use_responses_api=False, **options)


def langchain_cases(base: str) -> Cases:
    import openai

    def model(name: str, **options: Any) -> Any:
        return langchain_model(base, name, **options)

    tooled = model("fake-tool").bind_tools([TOOL])
    structured = model("fake-json").with_structured_output(dict(STRICT_SCHEMA, title="weather"), method="json_schema")
    return [
        ("chat", lambda: judge_langchain("chat", model("fake-hello").invoke("hi"))),
        ("stream", lambda: judge_langchain("stream", summed(list(model("fake-hello").stream("hi"))))),
        ("tools", lambda: judge_langchain("tools", tooled.invoke("hi"))),
        ("streamed tools", lambda: judge_langchain("streamed tools", summed(list(tooled.stream("hi"))))),
        ("JSON schema", lambda: judge_langchain("JSON schema", structured.invoke("hi"))),
        (
            "JSON schema parsed",
            lambda: same(
                dict(model("fake-json").with_structured_output(weather_class(), method="json_schema").invoke("hi")),
                {"city": "Paris", "temp_c": 21},
            ),
        ),
        (
            "wrong key",
            lambda: raises(
                openai.AuthenticationError, lambda: model("fake-hello", api_key="sk-fake-wrong").invoke("hi")
            ),
        ),
        ("no such model", lambda: raises(openai.NotFoundError, lambda: model("no-such-model").invoke("hi"))),
        (
            "429, no retry",
            lambda: raises(openai.RateLimitError, lambda: model("fake-429-once", max_retries=0).invoke("hi")),
        ),
        ("429 once, retried", lambda: judge_langchain("chat", model("fake-429-once").invoke("hi"))),
        ("cut", lambda: raises(openai.APIConnectionError, lambda: model("fake-cut").invoke("hi"))),
        (
            "cut stream",
            lambda: raises(openai.APIConnectionError, lambda: list(model("fake-cut").stream("hi"))),
        ),
    ]


def langchain_async_cases(base: str) -> Cases:
    import openai

    def model(name: str, **options: Any) -> Any:
        return langchain_model(base, name, **options)

    async def streamed(asked: Any) -> Any:
        return [chunk async for chunk in asked.astream("hi")]

    async def invoked(kind: str, asked: Any) -> None:
        judge_langchain(kind, await asked.ainvoke("hi"))

    async def joined(kind: str, asked: Any) -> None:
        judge_langchain(kind, summed(await streamed(asked)))

    def tooled() -> Any:
        return model("fake-tool").bind_tools([TOOL])

    def structured() -> Any:
        return model("fake-json").with_structured_output(dict(STRICT_SCHEMA, title="weather"), method="json_schema")

    wrong = {"api_key": "sk-fake-wrong"}
    return [
        ("chat", lambda: invoked("chat", model("fake-hello"))),
        ("stream", lambda: joined("stream", model("fake-hello"))),
        ("tools", lambda: invoked("tools", tooled())),
        ("streamed tools", lambda: joined("streamed tools", tooled())),
        ("JSON schema", lambda: invoked("JSON schema", structured())),
        ("wrong key", lambda: araises(openai.AuthenticationError, model("fake-hello", **wrong).ainvoke("hi"))),
        ("no such model", lambda: araises(openai.NotFoundError, model("no-such-model").ainvoke("hi"))),
        (
            "429, no retry",
            lambda: araises(openai.RateLimitError, model("fake-429-once", max_retries=0).ainvoke("hi")),
        ),
        ("429 once, retried", lambda: invoked("chat", model("fake-429-once"))),
        ("cut", lambda: araises(openai.APIConnectionError, model("fake-cut").ainvoke("hi"))),
        ("cut stream", lambda: araises(openai.APIConnectionError, streamed(model("fake-cut")))),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    return {
        "openai": openai_cases(base),
        "openai async": openai_async_cases(base),
        "langchain": langchain_cases(base),
        "langchain async": langchain_async_cases(base),
    }


if __name__ == "__main__":
    sys.exit(main(__doc__, ("openai", "langchain-openai", "langchain-core"), columns, mount="/openai/v1"))
