"""Does `langchain-anthropic` agree with the fake? `python tests/real_clients/langchain_anthropic_sdk.py BASE_URL`

Runs ChatAnthropic, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url with or without
`/anthropic`) and prints one row per case. Exit code 1 when a case fails, 2 when the package is missing. It is a script,
not a test, and lives beside the packages in a scratch environment. (Its name is not the package's: it would shadow it.)

The package sends `anthropic-version: 2026-10-21` with anthropic 2.x.
"""

from __future__ import annotations

import pathlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Callable, List, Tuple

sys.path.insert(0, str(pathlib.Path(sys.argv[0]).resolve().parent))

from anthropic_sdk import HELLO, SCHEMA, THINK, THOUGHT, TOOL, araises, cut_error, raises, same, show  # noqa: E402

Case = Callable[[], Any]
NAMES = ("langchain-anthropic", "langchain-core", "anthropic")


def main(argv: List[str]) -> int:
    """Run all cases and print the matrix."""
    if len(argv) != 1:
        print((__doc__ or "").strip().splitlines()[0], file=sys.stderr)
        return 2
    root = argv[0].rstrip("/")
    root = root[: -len("/anthropic")] if root.endswith("/anthropic") else root
    try:
        print(", ".join(f"{name} {version(name)}" for name in NAMES) + f", Python {sys.version.split()[0]}")
    except PackageNotFoundError as problem:
        print(f"the real client is not installed: {problem}", file=sys.stderr)
        return 2
    base = root + "/anthropic"
    return show(root, {"langchain": sync_cases(base), "langchain async": async_cases(base)})


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
        return model_of(base, "fake-json").with_structured_output(dict(SCHEMA, title="w"), method="json_schema")
    if kind == "forced output":
        return model_of(base, "claude-haiku-4-5").with_structured_output(dict(SCHEMA, title="w"))
    return model_of(base, "fake-refuse" if kind == "refusal" else "fake-hello")


KINDS = (
    "chat", "stream", "tool", "streamed tool", "structured output", "forced output", "thinking", "streamed thinking",
    "refusal",
)  # fmt: skip


def judge(kind: str, message: Any) -> None:
    if kind == "structured output":
        same(message, {"city": "Paris", "temp_c": 21})
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
        same((message.content[0]["thinking"], message.content[1]["text"]), (THOUGHT, "The answer is 42."))
        same(len(message.content[0]["signature"]) > 100, True)
    elif kind == "refusal":
        same((said["stop_reason"], said["stop_details"]["type"]), ("refusal", "refusal"))


def summed(chunks: List[Any]) -> Any:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def sync_cases(base: str) -> List[Tuple[str, Case]]:
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
        same(who.invoke([HumanMessage("hi"), first, result]).content[-1]["text"], "The answer is 42.")

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


def async_cases(base: str) -> List[Tuple[str, Case]]:
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
        same(second.content[-1]["text"], "The answer is 42.")

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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
