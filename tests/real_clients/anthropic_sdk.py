"""Does the official `anthropic` package agree with the fake? `python tests/real_clients/anthropic_sdk.py BASE_URL`

Runs it, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url with or without `/anthropic`).
What is printed, and the exit codes: see matrix.py.

Every answer and every event is also judged strictly: it must validate against the package's own pydantic model, which
the package itself does not ask for unless `_strict_response_validation` is set, as it is here.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, Tuple

from matrix import (
    ANSWER,
    HELLO,
    PARAMETERS,
    STRICT_SCHEMA,
    THOUGHT,
    WEATHER_TEXT,
    Case,
    Cases,
    araises,
    main,
    raises,
    same,
)

QUESTION = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOL = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "input_schema": PARAMETERS,
}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "The grass is green. The sky is blue."},
    "citations": {"enabled": True},
}
CITING = [{"role": "user", "content": [DOCUMENT, {"type": "text", "text": "What colour is the grass?"}]}]
THINK = {"type": "enabled", "budget_tokens": 1024}
COMMON = {"max_tokens": 2048, "messages": QUESTION}
REQUESTS: Dict[str, Dict[str, Any]] = {
    "chat": {"model": "fake-hello"},
    "stream": {"model": "fake-hello"},
    "tool": {"model": "fake-tool", "tools": [TOOL]},
    "streamed tool": {"model": "fake-tool", "tools": [TOOL]},
    "structured output": {"model": "fake-json", "output_config": {"format": {"type": "json_schema", "schema": STRICT_SCHEMA}}},
    "thinking": {"model": "fake-think", "thinking": THINK},
    "streamed thinking": {"model": "fake-think", "thinking": THINK},
    "refusal": {"model": "fake-refuse"},
    "streamed citations": {"model": "fake-hello", "messages": CITING},
}


def cut_error() -> Any:
    """Give what the package raises for a stream that is cut: its transport's error, which it lets through."""
    import anthropic

    transport = sys.modules.get("httpx2") or sys.modules["httpx"]
    return (anthropic.APIConnectionError, transport.RemoteProtocolError)  # type: ignore[attr-defined]


def strictly(kind: Any, value: Any) -> None:
    """Validate what the package built against its own model of it, from the JSON it holds; no key may be unknown."""
    from pydantic import TypeAdapter

    TypeAdapter(kind).validate_json(value.to_json())
    unknown = dict(strangers(value, ""))
    same(unknown, {})


def strangers(value: Any, place: str) -> List[Tuple[str, Any]]:
    """Give the keys of the wire that the package's models do not know."""
    found = [(f"{place}.{key}", one) for key, one in (getattr(value, "model_extra", None) or {}).items()]
    for key in getattr(type(value), "model_fields", ()):
        inner = getattr(value, key)
        for one in inner if isinstance(inner, list) else [inner]:
            found += strangers(one, f"{place}.{key}")
    return found


def judge(kind: str, message: Any) -> None:
    """Compare an answer, whole or put together from a stream, with what the fake was asked for."""
    blocks = message.content
    kinds = [block.type for block in blocks]
    same(message.usage.input_tokens > 0 and message.usage.output_tokens > 0, True)
    if kind in ("chat", "stream"):
        same((kinds, blocks[0].text, message.stop_reason), (["text"], HELLO, "end_turn"))
    elif "tool" in kind:
        same((kinds, blocks[0].name, blocks[0].input), (["tool_use"], "get_weather", {"city": "Paris"}))
        same(message.stop_reason, "tool_use")
    elif kind == "structured output":
        same(blocks[0].text, WEATHER_TEXT)
    elif "thinking" in kind:
        same((kinds, blocks[0].thinking, blocks[1].text), (["thinking", "text"], THOUGHT, ANSWER))
        same(len(blocks[0].signature) > 100, True)
    elif kind == "refusal":
        same((message.stop_reason, message.stop_details.type), ("refusal", "refusal"))
    elif "citations" in kind:
        cited = blocks[0].citations[0]
        same((cited.type, cited.cited_text), ("char_location", "The grass is green. "))


def events_of(events: List[Any], message: Any) -> None:
    """Check the events of a stream: each validates, and they come in the documented order."""
    from anthropic.types import RawMessageStreamEvent

    names = [event.type for event in events]
    same((names[0], names[1], names[-2:]), ("message_start", "content_block_start", ["message_delta", "message_stop"]))
    same(names.count("content_block_start"), names.count("content_block_stop"))
    same(names.count("content_block_start"), len(message.content))
    for event in events:
        strictly(RawMessageStreamEvent, event)


def follow_up(first: Any) -> List[Dict[str, Any]]:
    """Send an answer back with the result of its tool."""
    call = next(block for block in first.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "21 degrees"}
    blocks = [block.to_dict() for block in first.content]
    return [*QUESTION, {"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]


def sync_cases(base: str) -> Cases:
    import anthropic
    from anthropic.types import Message

    options: Dict[str, Any] = {"base_url": base, "_strict_response_validation": True}
    client = anthropic.Anthropic(api_key="sk-test", **options)
    create: Any = client.messages.create

    def plain(kind: str) -> Case:
        request: Any = {**COMMON, **REQUESTS[kind]}

        def case() -> None:
            if "stream" in kind:
                events = list(create(stream=True, **request))
                with client.messages.stream(**request) as stream:
                    message = stream.get_final_message()
                events_of(events, message)
            else:
                message = create(**request)
                strictly(Message, message)
            judge(kind, message)

        return case

    def loop() -> None:
        request: Any = {**COMMON, "model": "fake-think", "thinking": THINK, "tools": [TOOL]}
        first = create(**request)
        second = create(**{**request, "messages": follow_up(first)})
        same([block.type for block in first.content], ["thinking", "tool_use"])
        same(second.content[-1].text, ANSWER)

    def ask(model: str = "fake-hello", key: str = "sk-test", retries: int = 2, **more: Any) -> Any:
        other: Any = anthropic.Anthropic(api_key=key, max_retries=retries, **options)
        return other.messages.create(**{**COMMON, "model": model, **more})

    def wrong_key() -> None:
        error = raises(anthropic.AuthenticationError, lambda: ask(key="sk-fake-wrong"))
        same((error.status_code, error.request_id is not None, error.type), (401, True, "authentication_error"))

    def no_model() -> None:
        error = raises(anthropic.NotFoundError, lambda: ask("no-such-model"))
        same(error.body["error"], {"type": "not_found_error", "message": "model: no-such-model"})

    def bad_request() -> None:
        error = raises(anthropic.BadRequestError, lambda: ask(max_tokens=-1))
        same(error.body["error"]["message"], "max_tokens: must be greater than or equal to 0")

    def cut_stream() -> None:
        raises(cut_error(), lambda: list(ask("fake-cut", stream=True)))

    def token() -> None:
        other: Any = anthropic.Anthropic(auth_token="sk-test", **options)
        judge("chat", other.messages.create(**COMMON, model="fake-hello"))

    def count() -> None:
        counted = client.messages.count_tokens(messages=QUESTION, model="fake-hello")  # type: ignore[arg-type]
        same(counted.input_tokens, ask().usage.input_tokens)

    def beta() -> None:
        message: Any = client.beta.messages.create(**COMMON, model="fake-hello", betas=["files-api-2025-04-14"])  # type: ignore[arg-type]
        judge("chat", message)

    def models() -> None:
        listed = [model.id for model in client.models.list(limit=3)]  # follows the pages
        same("fake-hello" in listed and len(listed) == len(set(listed)) > 3, True)
        same(client.models.retrieve("claude-opus-4-8").display_name, "Claude Opus 4.8")

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        ("tool loop with thoughts", loop),
        ("wrong key", wrong_key),
        ("no such model", no_model),
        ("bad request", bad_request),
        ("429, no retry", lambda: raises(anthropic.RateLimitError, lambda: ask("fake-429-once", retries=0))),
        ("429 once, retried", lambda: judge("chat", ask("fake-429-once"))),
        ("cut", lambda: raises(anthropic.APIConnectionError, lambda: ask("fake-cut", retries=0))),
        ("cut stream", cut_stream),
        ("bearer token", token),
        ("count_tokens", count),
        ("beta", beta),
        ("models", models),
    ]


def async_cases(base: str) -> Cases:
    import anthropic
    from anthropic.types import Message

    def client(key: str = "sk-test", **options: Any) -> Any:
        return anthropic.AsyncAnthropic(base_url=base, api_key=key, _strict_response_validation=True, **options)

    async def ask(model: str, who: Any = None, **more: Any) -> Any:
        async with who or client() as asked:
            return await asked.messages.create(**{**COMMON, "model": model, **more})

    def plain(kind: str) -> Case:
        request: Any = {**COMMON, **REQUESTS[kind]}

        async def case() -> None:
            async with client() as asked:
                if "stream" in kind:
                    events = [event async for event in await asked.messages.create(stream=True, **request)]
                    async with asked.messages.stream(**request) as stream:
                        message = await stream.get_final_message()
                    events_of(events, message)
                else:
                    message = await asked.messages.create(**request)
                    strictly(Message, message)
                judge(kind, message)

        return case

    async def loop() -> None:
        request: Any = {"thinking": THINK, "tools": [TOOL]}
        first = await ask("fake-think", **request)
        second = await ask("fake-think", **request, messages=follow_up(first))
        same(second.content[-1].text, ANSWER)

    async def cut_stream() -> None:
        async with client() as asked:
            stream = await asked.messages.create(**COMMON, model="fake-cut", stream=True)

            async def read() -> Any:
                return [event async for event in stream]

            await araises(cut_error(), read())

    async def retried() -> None:
        judge("chat", await ask("fake-429-once"))

    async def wrong_key() -> None:
        error = await araises(anthropic.AuthenticationError, ask("fake-hello", client("sk-fake-wrong")))
        same(error.body["error"]["message"], "Invalid bearer token")

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        ("tool loop with thoughts", loop),
        ("wrong key", wrong_key),
        ("no such model", lambda: araises(anthropic.NotFoundError, ask("no-such-model"))),
        ("bad request", lambda: araises(anthropic.BadRequestError, ask("fake-hello", max_tokens=-1))),
        (
            "429, no retry",
            lambda: araises(anthropic.RateLimitError, ask("fake-429-once", client(max_retries=0))),
        ),
        ("429 once, retried", retried),
        ("cut", lambda: araises(anthropic.APIConnectionError, ask("fake-cut", client(max_retries=0)))),
        ("cut stream", cut_stream),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    return {"anthropic": sync_cases(base), "anthropic async": async_cases(base)}


if __name__ == "__main__":
    sys.exit(main(__doc__, ("anthropic",), columns, mount="/anthropic"))
