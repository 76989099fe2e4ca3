"""Does `langchain-anthropic` agree with the fake? `python tests/real_clients/langchain_anthropic_sdk.py BASE_URL`

Runs ChatAnthropic, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url with or without
`/anthropic`). What is printed, and the exit codes: see matrix.py. (Its name is not the package's: it would shadow it.)

The package sends `anthropic-version: 2026-10-21` with anthropic 2.x.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, List, Mapping

from anthropic_sdk import THINK, TOOL, cut_error
from matrix import ANSWER, HELLO, STRICT_SCHEMA, THOUGHT, WEATHER, Case, Cases, araises, main, raises, same, summed


def model_of(base: str, name: str, **options: Any) -> Any:
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(**{"model": name, "base_url": base, "api_key": "sk-test", "max_tokens": 2048, **options})


def asked(base: str, kind: str) -> Any:
    """Give what is to be asked for a case, ready to be invoked or streamed."""
    if "tool" in kind:
        return model_of(base, "fake-tool").bind_tools([TOOL])
    if "thinking" in kind:
        return model_of(base, "fake-think", thinking=THINK)
    if kind == "structured output":
        return model_of(base, "fake-json").with_structured_output(dict(STRICT_SCHEMA, title="w"), method="json_schema")
    if kind == "forced output":
        return model_of(base, "claude-haiku-4-5").with_structured_output(dict(STRICT_SCHEMA, title="w"))
    return model_of(base, "fake-refuse" if kind == "refusal" else "fake-hello")


KINDS = (
    "chat", "stream", "tool", "streamed tool", "structured output", "forced output", "thinking", "streamed thinking",
    "refusal",
)  # fmt: skip


def judge(kind: str, message: Any) -> None:
    if kind == "structured output":
        same(message, WEATHER)
        return
    if kind == "forced output":
        same(sorted(message), ["city", "temp_c"])
        return
    said = message.response_metadata
    same(message.usage_metadata["input_tokens"] > 0 and message.usage_metadata["output_tokens"] > 0, True)
    if kind in ("chat", "stream"):
        same((message.content, said["stop_reason"]), (HELLO, "end_turn"))
    elif "tool" in kind:
        same([(call["name"], call["args"]) for call in message.tool_calls], [("get_weather", {"city": "Paris"})])
        same(said["stop_reason"], "tool_use")
    elif "thinking" in kind:
        same((message.content[0]["thinking"], message.content[1]["text"]), (THOUGHT, ANSWER))
        same(len(message.content[0]["signature"]) > 100, True)
    elif kind == "refusal":
        same((said["stop_reason"], said["stop_details"]["type"]), ("refusal", "refusal"))


def sync_cases(base: str) -> Cases:
    import anthropic
    from langchain_core.messages import HumanMessage, ToolMessage

    def plain(kind: str) -> Case:
        def case() -> None:
            who = asked(base, kind)
            judge(kind, summed(list(who.stream("hi"))) if "stream" in kind else who.invoke("hi"))

        return case

    def loop() -> None:
        who = model_of(base, "fake-think", thinking=THINK).bind_tools([TOOL])
        first = summed(list(who.stream("hi")))  # streamed: the signature must survive being put together
        result = ToolMessage("21 degrees", tool_call_id=first.tool_calls[0]["id"])
        same(who.invoke([HumanMessage("hi"), first, result]).content[-1]["text"], ANSWER)

    def call(name: str, **options: Any) -> Callable[[], Any]:
        return lambda: model_of(base, name, **options).invoke("hi")

    return [
        *((kind, plain(kind)) for kind in KINDS),
        ("tool loop with thoughts", loop),
        ("wrong key", lambda: raises(anthropic.AuthenticationError, call("fake-hello", api_key="sk-fake-wrong"))),
        ("no such model", lambda: raises(anthropic.NotFoundError, call("no-such-model"))),
        ("429, no retry", lambda: raises(anthropic.RateLimitError, call("fake-429-once", max_retries=0))),
        ("429 once, retried", lambda: judge("chat", call("fake-429-once")())),
        ("cut", lambda: raises(anthropic.APIConnectionError, call("fake-cut", max_retries=0))),
        ("cut stream", lambda: raises(cut_error(), lambda: list(model_of(base, "fake-cut").stream("hi")))),
    ]


def async_cases(base: str) -> Cases:
    import anthropic
    from langchain_core.messages import HumanMessage, ToolMessage

    async def streamed(who: Any) -> List[Any]:
        return [chunk async for chunk in who.astream("hi")]

    def plain(kind: str) -> Case:
        async def case() -> None:
            who = asked(base, kind)
            judge(kind, summed(await streamed(who)) if "stream" in kind else await who.ainvoke("hi"))

        return case

    async def loop() -> None:
        who = model_of(base, "fake-think", thinking=THINK).bind_tools([TOOL])
        first = summed(await streamed(who))
        result = ToolMessage("21 degrees", tool_call_id=first.tool_calls[0]["id"])
        second = await who.ainvoke([HumanMessage("hi"), first, result])
        same(second.content[-1]["text"], ANSWER)

    async def retried() -> None:
        judge("chat", await model_of(base, "fake-429-once").ainvoke("hi"))

    def call(name: str, **options: Any) -> Any:
        return model_of(base, name, **options).ainvoke("hi")

    return [
        *((kind, plain(kind)) for kind in KINDS),
        ("tool loop with thoughts", loop),
        ("wrong key", lambda: araises(anthropic.AuthenticationError, call("fake-hello", api_key="sk-fake-wrong"))),
        ("no such model", lambda: araises(anthropic.NotFoundError, call("no-such-model"))),
        ("429, no retry", lambda: araises(anthropic.RateLimitError, call("fake-429-once", max_retries=0))),
        ("429 once, retried", retried),
        ("cut", lambda: araises(anthropic.APIConnectionError, call("fake-cut", max_retries=0))),
        ("cut stream", lambda: araises(cut_error(), streamed(model_of(base, "fake-cut")))),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    return {"langchain": sync_cases(base), "langchain async": async_cases(base)}


if __name__ == "__main__":
    sys.exit(main(__doc__, ("langchain-anthropic", "langchain-core", "anthropic"), columns, mount="/anthropic"))
