"""Do the real clients agree with the fake? `python tests/real_clients/mistral_fireworks_together.py BASE_URL`

Runs the vendors' packages `mistralai`, `fireworks-ai` and `together`, and `langchain-mistralai`, `langchain-fireworks`
and `langchain-together`, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url). Of these
packages, those that are installed are run. What is printed, and the exit codes: see matrix.py.

Where the clients differ is in their own ways: `Row` says which exception is theirs for a wrong key, an unknown model
and a cut stream. mistralai and langchain-mistralai have one class for all statuses, and repeat no 429 unless told how;
in the middle of a stream, all but langchain-together let the transport's own exception through. None takes a cut for the end.
"""

from __future__ import annotations

import importlib
import json
import sys
import urllib.request
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

import matrix
from matrix import ANSWER, HELLO, PARAMETERS, THOUGHT, WEATHER, Cases, is_installed, main, same, settled, summed

QUESTION = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Get the weather of a city", "parameters": PARAMETERS},
}
SCHEMA = {**matrix.SCHEMA, "title": "weather"}
JSON_FORMAT = {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA}}
CALL = [("get_weather", {"city": "Paris"})]
REQUESTS: Dict[str, Dict[str, Any]] = {
    "chat": {"model": "fake-hello"},
    "stream": {"model": "fake-hello", "stream": True},
    "tool": {"model": "fake-tool", "tools": [TOOL]},
    "streamed tool": {"model": "fake-tool", "tools": [TOOL], "stream": True},
    "structured output": {"model": "fake-json", "response_format": JSON_FORMAT},
    "thoughts": {"model": "fake-think"},
    "streamed thoughts": {"model": "fake-think", "stream": True},
}
INFERENCE = "/fireworks/inference"


class Spot(NamedTuple):
    """Where a client is and what it talks to. `retries`: it takes a number of retries and repeats a 429 by itself."""

    module: str
    cls: str
    url: str
    retries: bool = True


Ask = Callable[[Spot, str, int, Dict[str, Any]], Any]  # -> an answer, a list of chunks, or a coroutine of one


class Row(NamedTuple):
    """One client. `errors`: classes, and the status, of a wrong key and of an unknown model; classes of a cut."""

    name: str
    package: str
    spot: Spot
    ask: Ask
    judge: Callable[[str, Any], None]
    wrong_key: Tuple[str, int]
    no_model: Tuple[str, int]
    cut: str


def run(root: str, row: Row, name: str) -> None:
    if name in REQUESTS:
        row.judge(name, settled(row.ask(at(root, row), "sk-test", 0, REQUESTS[name])))
    elif name == "wrong key":
        expect(row.wrong_key, lambda: row.ask(at(root, row), "sk-fake-wrong", 0, REQUESTS["chat"]))
    elif name == "unknown model":
        expect(row.no_model, lambda: row.ask(at(root, row), "sk-test", 0, {"model": "no-such-model"}))
    elif name == "429 once":
        row.judge("chat", settled(row.ask(at(root, row), "sk-test", 2, {"model": "fake-429-once"})))
        with urllib.request.urlopen(root + "/__fakes/health") as answer:
            same(json.loads(answer.read())["requests"], 2)  # one was refused, one answered
    else:
        request = {"model": "fake-cut", "stream": name == "cut stream"}
        expect((row.cut, 0), lambda: row.ask(at(root, row), "sk-test", 0, request))


def at(root: str, row: Row) -> Spot:
    return row.spot._replace(url=root + row.spot.url)


def expect(wanted: Tuple[str, int], call: Callable[[], Any]) -> None:
    """Ask for an error by the names of its classes, and its status when one is named."""
    names, status = wanted
    try:
        result = settled(call())
    except Exception as error:
        classes = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
        if not classes & set(names.split(" or ")):
            raise
        response = getattr(error, "response", None)
        told = getattr(error, "status_code", None) or getattr(response, "status_code", None)
        if status and told != status:
            raise
        return
    raise AssertionError(f"no error, but {result!r}")


# -- the vendors' packages --------------------------------------------------------------------------------------------


def collected(answer: Any) -> Tuple[str, str, List[Tuple[str, Any]], Any, Any]:
    """Read an answer, or put a list of chunks together: text, thoughts, calls, finish, usage."""
    text, thoughts, finish, usage = "", "", None, None
    calls: Dict[int, List[str]] = {}
    for chunk in answer if isinstance(answer, list) else [answer]:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            said = choice.delta if isinstance(answer, list) else choice.message
            for piece in said.content if isinstance(said.content, list) else [said.content]:
                if isinstance(piece, str):
                    text += piece
                elif getattr(piece, "type", None) == "text":
                    text += piece.text
                elif getattr(piece, "type", None) == "thinking":
                    thoughts += "".join(part.text for part in piece.thinking)
            for name in ("reasoning_content", "reasoning"):
                thoughts += getattr(said, name, None) or ""
            for place, call in enumerate(said.tool_calls or ()):
                entry = calls.setdefault(int(getattr(call, "index", place) or 0), ["", ""])
                entry[0] += call.function.name or ""
                entry[1] += call.function.arguments or ""
    return text, thoughts, [(name, json.loads(arguments)) for name, arguments in calls.values()], finish, usage


def judge_vendor(kind: str, answer: Any) -> None:
    text, thoughts, calls, finish, usage = collected(answer)
    if kind in ("chat", "stream"):
        same((text, finish), (HELLO, "stop"))
    elif kind in ("tool", "streamed tool"):
        same((calls, finish), (CALL, "tool_calls"))
    elif kind == "structured output":
        same(json.loads(text), WEATHER)
    else:
        same((thoughts, text), (THOUGHT, ANSWER))
    same(usage.total_tokens > usage.prompt_tokens > 0, True)


def mistral_client(spot: Spot, key: str, retries: int) -> Any:
    from mistralai.client.utils import BackoffStrategy, RetryConfig

    rule = RetryConfig("backoff", BackoffStrategy(10, 20, 1.5, 5000), True) if retries else None
    kind = getattr(importlib.import_module(spot.module), spot.cls)
    return kind(api_key=key, server_url=spot.url, retry_config=rule)


def mistral(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    chat = mistral_client(spot, key, retries).chat
    asked = {name: value for name, value in request.items() if name != "stream"}
    if request.get("stream"):
        return [event.data for event in chat.stream(messages=QUESTION, **asked)]
    return chat.complete(messages=QUESTION, **asked)


async def mistral_async(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    async with mistral_client(spot, key, retries) as client:
        asked = {name: value for name, value in request.items() if name != "stream"}
        if request.get("stream"):
            return [event.data async for event in await client.chat.stream_async(messages=QUESTION, **asked)]
        return await client.chat.complete_async(messages=QUESTION, **asked)


def create(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    """Ask with a client whose way is `chat.completions.create`: fireworks, together."""
    kind = getattr(importlib.import_module(spot.module), spot.cls)
    client = kind(api_key=key, base_url=spot.url, max_retries=retries)
    answer = client.chat.completions.create(messages=QUESTION, **request)
    return list(answer) if request.get("stream") else answer


async def create_async(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    kind = getattr(importlib.import_module(spot.module), spot.cls)
    async with kind(api_key=key, base_url=spot.url, max_retries=retries) as client:
        answer = await client.chat.completions.create(messages=QUESTION, **request)
        return [chunk async for chunk in answer] if request.get("stream") else answer


# -- LangChain's integrations -----------------------------------------------------------------------------------------


def judge_langchain(kind: str, message: Any) -> None:
    if kind in ("chat", "stream"):
        same((text_of(message.content), message.response_metadata["finish_reason"]), (HELLO, "stop"))
        same(message.usage_metadata["total_tokens"] > message.usage_metadata["input_tokens"] > 0, True)
    elif kind in ("tool", "streamed tool"):
        same([(call["name"], call["args"]) for call in message.tool_calls], CALL)
    elif kind == "structured output":
        same(message, WEATHER)
    else:
        same(text_of(message.content), ANSWER)


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block if isinstance(block, str) else block.get("text", "") for block in content)


def langchain_model(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    """Make a model. langchain-mistralai repeats what the transport failed at only, so LangChain's with_retry helps."""
    options = {"max_retries": retries if spot.retries else 1}
    kind = getattr(importlib.import_module(spot.module), spot.cls)
    model = kind(model=request["model"], api_key=key, base_url=spot.url, **options)
    if "tools" in request:
        return model.bind_tools([TOOL])
    if "response_format" in request:
        return model.with_structured_output(SCHEMA, method="json_schema")
    if retries and not spot.retries:
        return model.with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    return model


def langchain(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    model = langchain_model(spot, key, retries, request)
    return summed(list(model.stream("hi"))) if request.get("stream") else model.invoke("hi")


async def langchain_async(spot: Spot, key: str, retries: int, request: Dict[str, Any]) -> Any:
    model = langchain_model(spot, key, retries, request)
    if request.get("stream"):
        return summed([chunk async for chunk in model.astream("hi")])
    return await model.ainvoke("hi")


def rows() -> List[Row]:
    """Give the clients: sync and async of each."""
    # fireworks-ai posts to BASE/v1/chat/completions when its base is given, and so does langchain-fireworks with it.
    mistralai = ("mistralai.MistralError", 401), ("mistralai.MistralError", 400), "httpx2.TransportError"
    fireworks = ("fireworks.AuthenticationError", 401), ("fireworks.NotFoundError", 404)
    together = ("together.AuthenticationError", 401), ("together.NotFoundError", 404)
    cut = "httpx.TransportError or fireworks.APIConnectionError or together.APIConnectionError"
    httpx = ("httpx.HTTPStatusError", 401), ("httpx.HTTPStatusError", 400), "httpx.TransportError"
    openai = ("openai.AuthenticationError", 401), ("openai.NotFoundError", 404), "openai.APIConnectionError"
    vendors = [
        Row("mistralai", "mistralai", Spot("mistralai.client", "Mistral", "/mistral"), mistral, judge_vendor, *mistralai),
        Row("fireworks", "fireworks-ai", Spot("fireworks", "Fireworks", INFERENCE), create, judge_vendor, *fireworks, cut),
        Row("together", "together", Spot("together", "Together", "/together"), create, judge_vendor, *together, cut),
    ]
    asyncs = {mistral: mistral_async, create: create_async, langchain: langchain_async}
    chains = [
        ("mistralai", Spot("langchain_mistralai", "ChatMistralAI", "/mistral/v1", False), *httpx),
        ("fireworks", Spot("langchain_fireworks", "ChatFireworks", INFERENCE), *fireworks, cut),
        ("together", Spot("langchain_together", "ChatTogether", "/together/v1"), *openai),
    ]
    alike = vendors + [
        Row(f"langchain-{name}", f"langchain-{name}", spot, langchain, judge_langchain, *errors)
        for name, spot, *errors in chains
    ]
    found = []
    for row in alike:
        cls = "Async" + row.spot.cls if row.ask is create else row.spot.cls
        twin = row._replace(name=row.name + " async", spot=row.spot._replace(cls=cls), ask=asyncs[row.ask])
        found += [row, twin]
    return found


def columns(root: str) -> Mapping[str, Cases]:
    names = [*REQUESTS, "wrong key", "unknown model", "429 once", "cut stream", "cut answer"]
    there = [row for row in rows() if is_installed(row.package)]
    return {row.name: [(name, partial(run, root, row, name)) for name in names] for row in there}


if __name__ == "__main__":
    sys.exit(main(__doc__, sorted({row.package for row in rows()}), columns, some=True))
