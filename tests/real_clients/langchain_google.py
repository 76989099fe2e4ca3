"""Does LangChain's Gemini integration agree with the fake? `python tests/real_clients/langchain_google.py BASE_URL`

Runs `ChatGoogleGenerativeAI`, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url with or
without `/gemini`). What is printed, and the exit codes: see matrix.py.

A wrong key is a 400 at Google, and this package goes by the status: its class for it is the invalid-request one, with
API_KEY_INVALID in the text; a missing or refused permission (403) has a class of its own.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, Callable, List, Mapping, Tuple

import matrix
from google_sdk import transport_errors
from matrix import (
    ANSWER,
    HELLO,
    PARAMETERS,
    THOUGHT,
    WEATHER,
    Case,
    Cases,
    araises,
    main,
    raises,
    same,
    summed,
    weather_class,
)

QUESTION = "What is the weather in Paris?"
SCHEMA = {**matrix.SCHEMA, "title": "weather", "description": "The weather of a city"}
FUNCTION = {"name": "get_weather", "description": "Get the weather of a city", "parameters": PARAMETERS}
OTHER = {"name": "other", "description": "Do something else", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}


def model(base: str, name: str, **options: Any) -> Any:
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(**{"model": name, "base_url": base, "api_key": "any", "max_retries": 1, **options})


Asked = Callable[[], Any]
Judge = Callable[[Any], None]


def invoked(make: Asked, judge: Judge, question: Any = QUESTION) -> Tuple[Case, Case]:
    async def later() -> None:
        judge(await make().ainvoke(question))

    return lambda: judge(make().invoke(question)), later


def streamed(make: Asked, judge: Judge, question: Any = QUESTION) -> Tuple[Case, Case]:
    async def later() -> None:
        judge(summed([chunk async for chunk in make().astream(question)]))

    return lambda: judge(summed(list(make().stream(question)))), later


def refused(make: Asked, wanted: Any, inside: str = "", *, stream: bool = False) -> Tuple[Case, Case]:
    def check(error: BaseException) -> None:
        same(inside in str(error), True)

    def sync() -> None:
        check(raises(wanted, lambda: list(make().stream(QUESTION)) if stream else make().invoke(QUESTION)))

    async def later() -> None:
        async def ask() -> Any:
            return [chunk async for chunk in make().astream(QUESTION)] if stream else await make().ainvoke(QUESTION)

        check(await araises(wanted, ask()))

    return sync, later


def hello(message: Any) -> None:
    same((message.text, message.response_metadata["finish_reason"]), (HELLO, "STOP"))
    usage = message.usage_metadata
    same(usage["total_tokens"] > usage["input_tokens"] > 0, True)


def called(message: Any) -> None:
    same([(call["name"], call["args"]) for call in message.tool_calls], [("get_weather", {"city": "Paris"})])
    same(bool(message.tool_calls[0]["id"]), True)


def called_twice(message: Any) -> None:
    same([call["name"] for call in message.tool_calls], ["get_weather", "other"])


def thought(message: Any) -> None:
    seen = "".join(block["thinking"] for block in message.content if isinstance(block, dict) and block["type"] == "thinking")
    same((seen, message.text), (THOUGHT, ANSWER))
    same(message.usage_metadata["output_token_details"]["reasoning"] > 0, True)


def unsafe(message: Any) -> None:
    same(message.response_metadata["finish_reason"], "SAFETY")
    same(any(rating["blocked"] for rating in message.response_metadata["safety_ratings"]), True)


def blocked(message: Any) -> None:
    same(message.text, "")
    same("PROHIBITED_CONTENT" in str(message.response_metadata["prompt_feedback"]), True)


def loop(base: str, name: str, answer: str) -> Tuple[Case, Case]:
    """Call a tool and give its result back, with what the first message carried."""
    from langchain_core.messages import HumanMessage, ToolMessage

    def history(first: Any) -> List[Any]:
        result = ToolMessage("21 degrees", tool_call_id=first.tool_calls[0]["id"])
        return [HumanMessage(QUESTION), first, result]

    def sync() -> None:
        asked = model(base, name).bind_tools([FUNCTION])
        same(asked.invoke(history(asked.invoke(QUESTION))).text, answer)
        same(asked.invoke(history(summed(list(asked.stream(QUESTION))))).text, answer)

    async def later() -> None:
        asked = model(base, name).bind_tools([FUNCTION])
        same((await asked.ainvoke(history(await asked.ainvoke(QUESTION)))).text, answer)

    return sync, later


def cases(base: str) -> List[Tuple[str, Tuple[Case, Case]]]:
    """Give each case twice: as it is asked, and as it is asked with await."""
    import langchain_google_genai.chat_models as package

    def of(name: str, **options: Any) -> Asked:
        return lambda: model(base, name, **options)

    def with_tools(name: str, *tools: Any, **options: Any) -> Asked:
        return lambda: model(base, name).bind_tools(list(tools), **options)

    def structured(method: str, schema: Any) -> Asked:
        return lambda: model(base, "fake-json" if method == "json_schema" else "fake-tool").with_structured_output(schema, method=method)

    thinking = {"include_thoughts": True, "thinking_budget": 1024}
    return [
        ("chat", invoked(of("fake-hello"), hello)),
        ("stream", streamed(of("fake-hello"), hello)),
        ("chat, gemini-2.5-flash", invoked(of("gemini-2.5-flash"), hello)),
        ("stream, gemini-2.5-flash", streamed(of("gemini-2.5-flash"), hello)),
        ("chat, gemini-3-flash-preview", invoked(of("gemini-3-flash-preview"), hello)),
        ("stream, gemini-3", streamed(of("models/gemini-3-flash-preview"), hello)),
        ("tool", invoked(with_tools("fake-tool", FUNCTION), called)),
        ("streamed tool", streamed(with_tools("fake-tool", FUNCTION), called)),
        ("forced tool, gemini-2.5", invoked(with_tools("gemini-2.5-flash", FUNCTION, tool_choice="get_weather"), called)),
        ("forced tool, gemini-3", streamed(with_tools("gemini-3-flash-preview", FUNCTION, tool_choice="any"), called)),
        ("parallel tools", invoked(with_tools("fake-tools", FUNCTION, OTHER), called_twice)),
        ("parallel tools streamed", streamed(with_tools("fake-tools", FUNCTION, OTHER), called_twice)),
        ("tool loop", loop(base, "fake-tool", "The tool says: 21 degrees")),
        ("signed tool loop", loop(base, "fake-think", ANSWER)),
        ("structured output", invoked(structured("json_schema", SCHEMA), lambda got: same(got, WEATHER))),
        ("structured, class", invoked(structured("json_schema", weather_class()), lambda got: same(dict(got), WEATHER))),
        ("structured by function", invoked(structured("function_calling", SCHEMA), lambda got: same(got["city"], "Paris"))),
        ("thinking", invoked(of("fake-think", **thinking), thought)),
        ("thinking streamed", streamed(of("fake-think", **thinking), thought)),
        ("blocked answer", invoked(of("fake-filtered"), unsafe)),
        ("blocked prompt", invoked(of("fake-blocked"), blocked)),
        ("wrong key", refused(of("fake-hello", api_key="sk-fake-wrong"), package.GoogleInvalidRequestError, "API_KEY_INVALID")),
        ("wrong key, stream", refused(of("fake-hello", api_key="sk-fake-wrong"), package.GoogleInvalidRequestError, "API_KEY_INVALID", stream=True)),
        ("no such model", refused(of("no-such-model"), package.GoogleModelNotFoundError, "Call ListModels")),
        ("no such model, stream", refused(of("no-such-model"), package.GoogleModelNotFoundError, "Call ListModels", stream=True)),
        ("bad request", refused(of("fake-hello", stop=list("abcdef")), package.GoogleInvalidRequestError, "must not exceed 5")),
        ("429, no retry", refused(of("fake-429-once"), package.GoogleRateLimitError, "RESOURCE_EXHAUSTED")),
        ("429 once, retried", invoked(of("fake-429-once", max_retries=3), hello)),
        ("429 once, retried stream", streamed(of("fake-429-once", max_retries=3), hello)),
        ("cut", refused(of("fake-cut"), transport_errors())),
        ("cut stream", refused(of("fake-cut"), transport_errors(), stream=True)),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    warnings.simplefilter("ignore")  # what it says about unknown model names is of no interest here
    both = cases(base)
    return {"sync": [(name, sync) for name, (sync, _) in both], "async": [(name, later) for name, (_, later) in both]}


if __name__ == "__main__":
    sys.exit(main(__doc__, ("langchain-google-genai", "google-genai", "langchain-core"), columns, mount="/gemini"))
