"""Does Google's own client agree with the fake? `python tests/real_clients/google_sdk.py BASE_URL`

Runs `google-genai`, sync and async, against a running fake (`python -m fakes`; BASE_URL is its url with or without
`/gemini`), under the API versions v1beta and v1. What is printed, and the exit codes: see matrix.py.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, Tuple

from matrix import (
    ANSWER,
    HELLO,
    SCHEMA,
    THOUGHT,
    WEATHER,
    WEATHER_TEXT,
    Case,
    Cases,
    araises,
    main,
    raises,
    same,
    weather_class,
)

QUESTION = "What is the weather in Paris?"
FUNCTION = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
TOOLS = [{"function_declarations": [FUNCTION]}]
JSON = {"response_mime_type": "application/json", "response_json_schema": SCHEMA}


def client(base: str, api: str, *, key: str = "any", attempts: int = 1) -> Any:
    from google import genai
    from google.genai import types

    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.01, jitter=0.01)
    return genai.Client(
        api_key=key, http_options=types.HttpOptions(base_url=base, api_version=api, retry_options=retry)
    )


# name -> model, config, what is expected of the answer, whole or streamed
REQUESTS: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "chat": ("fake-hello", {}),
    "chat, models/ name": ("models/fake-hello", {"temperature": 0.5, "stop_sequences": ["zzz"], "max_output_tokens": 64}),
    "system": ("gemini-2.5-flash", {"system_instruction": "Be brief."}),
    "tool": ("fake-tool", {"tools": TOOLS}),
    "parallel tools": ("fake-tools", {"tools": [{"function_declarations": [FUNCTION, {"name": "other"}]}]}),
    "structured output": ("fake-json", JSON),
    "thinking": ("fake-think", {"thinking_config": {"include_thoughts": True, "thinking_budget": 1024}}),
    "code execution": ("fake-tool", {"tools": [{"code_execution": {}}]}),
    "search": ("fake-tool", {"tools": [{"google_search": {}}]}),
    "blocked answer": ("fake-filtered", {"safety_settings": [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"}]}),
    "blocked prompt": ("fake-blocked", {}),
}


def parts_of(chunks: List[Any]) -> List[Any]:
    found = []
    for chunk in chunks:
        for candidate in chunk.candidates or ():
            found += (candidate.content.parts if candidate.content else None) or []
    return found


def judge(kind: str, chunks: List[Any]) -> None:
    """Compare an answer, one object or the chunks of a stream, with what the fake was asked for."""
    parts, last = parts_of(chunks), chunks[-1]
    text = "".join(part.text or "" for part in parts if not part.thought)
    for chunk in chunks:
        same(chunk.usage_metadata.prompt_token_count > 0, True)
        same(bool(chunk.response_id and chunk.model_version), True)
    if kind == "blocked prompt":
        same((parts, last.prompt_feedback.block_reason.name), ([], "PROHIBITED_CONTENT"))
        return
    finish = last.candidates[0].finish_reason.name
    same(finish, "SAFETY" if kind == "blocked answer" else "STOP")
    if kind.startswith("chat") or kind == "system":
        same(text, HELLO)
        same(last.usage_metadata.total_token_count > last.usage_metadata.prompt_token_count, True)
    elif kind == "tool":
        same([(part.function_call.name, part.function_call.args) for part in parts], [("get_weather", {"city": "Paris"})])
    elif kind == "parallel tools":
        same([part.function_call.name for part in parts], ["get_weather", "other"])
    elif kind == "structured output":
        same(text, WEATHER_TEXT)
    elif kind == "thinking":
        same("".join(part.text for part in parts if part.thought), THOUGHT)
        same((text, last.usage_metadata.thoughts_token_count > 0), (ANSWER, True))
        same(parts[-1].thought_signature is not None, True)
    elif kind == "code execution":
        same(parts[0].executable_code.language.name, "PYTHON")
        same(parts[1].code_execution_result.outcome.name, "OUTCOME_OK")
    elif kind == "search":
        same(last.candidates[0].grounding_metadata.web_search_queries, ["what is an example"])
    elif kind == "blocked answer":
        same(any(rating.blocked for rating in last.candidates[0].safety_ratings), True)


def second_turn(first: Any, response: Dict[str, Any]) -> List[Any]:
    """Give the history after a call: the question, the model's own content, the result."""
    call = first.candidates[0].content.parts[0].function_call
    result = {"function_response": {"id": call.id, "name": call.name, "response": response}}
    return [{"role": "user", "parts": [{"text": QUESTION}]}, first.candidates[0].content, {"role": "user", "parts": [result]}]


def sync_cases(base: str, api: str) -> Cases:
    from google.genai import errors

    asked = client(base, api)
    models = asked.models

    def plain(kind: str) -> Case:
        model, config = REQUESTS[kind]
        return lambda: judge(kind, [models.generate_content(model=model, contents=QUESTION, config=config)])

    def streamed(kind: str) -> Case:
        model, config = REQUESTS[kind]
        return lambda: judge(kind, list(models.generate_content_stream(model=model, contents=QUESTION, config=config)))

    def parsed() -> None:
        config = {"response_mime_type": "application/json", "response_schema": weather_class()}
        got = models.generate_content(model="fake-json", contents=QUESTION, config=config)
        same(dict(got.parsed), WEATHER)

    def tool_loop() -> None:
        for model in ("fake-tool", "fake-think"):  # the latter wants its signature back
            first = models.generate_content(model=model, contents=QUESTION, config={"tools": TOOLS})
            again = models.generate_content(
                model=model, contents=second_turn(first, {"output": "21 degrees"}), config={"tools": TOOLS}
            )
            wanted = "The tool says: 21 degrees" if model == "fake-tool" else ANSWER
            same(again.text, wanted)

    def automatic() -> None:
        def get_weather(city: str) -> str:
            """Get the weather of a city."""
            return f"21 degrees in {city}"

        got = models.generate_content(model="fake-tool", contents=QUESTION, config={"tools": [get_weather]})
        same(got.text, "The tool says: 21 degrees in Paris")

    def chat_session() -> None:
        chat = asked.chats.create(model="fake-echo")
        same([chat.send_message("one").text, chat.send_message("two").text], ["one", "two"])

    def wrong_key() -> None:
        other = client(base, api, key="sk-fake-wrong")
        error = raises(errors.ClientError, lambda: other.models.generate_content(model="fake-hello", contents="hi"))
        same((error.code, error.status, error.details["error"]["details"][0]["reason"]), (400, "INVALID_ARGUMENT", "API_KEY_INVALID"))

    def no_model() -> None:
        error = raises(errors.ClientError, lambda: models.generate_content(model="no-such-model", contents="hi"))
        same((error.code, error.status), (404, "NOT_FOUND"))

    def no_model_streamed() -> None:
        error = raises(errors.ClientError, lambda: list(models.generate_content_stream(model="none", contents="hi")))
        same((error.code, error.status), (404, "NOT_FOUND"))

    def bad_request() -> None:
        config = {"temperature": 3.0}
        error = raises(errors.ClientError, lambda: models.generate_content(model="fake-hello", contents="hi", config=config))
        same((error.code, "range [0.0, 2.0]" in error.message), (400, True))

    def once() -> None:
        error = raises(errors.ClientError, lambda: models.generate_content(model="fake-429-once", contents="hi"))
        same((error.code, error.status), (429, "RESOURCE_EXHAUSTED"))

    def retried() -> None:
        other = client(base, api, attempts=3)
        judge("chat", [other.models.generate_content(model="fake-429-once", contents="hi")])

    def retried_stream() -> None:
        other = client(base, api, attempts=3)
        judge("chat", list(other.models.generate_content_stream(model="fake-429-once", contents="hi")))

    return [
        *((kind, plain(kind)) for kind in REQUESTS),
        *((kind + " streamed", streamed(kind)) for kind in REQUESTS),
        ("parsed into a class", parsed),
        ("tool loop", tool_loop),
        ("automatic calling", automatic),
        ("chat session", chat_session),
        ("wrong key", wrong_key),
        ("no such model", no_model),
        ("no such model streamed", no_model_streamed),
        ("bad request", bad_request),
        ("429, no retry", once),
        ("429 once, retried", retried),
        ("429 once streamed", retried_stream),
        ("cut", lambda: raises(transport_errors(), lambda: models.generate_content(model="fake-cut", contents="hi"))),
        ("cut stream", lambda: raises(transport_errors(), lambda: list(models.generate_content_stream(model="fake-cut", contents="hi")))),
        ("count tokens", lambda: same(models.count_tokens(model="fake-hello", contents="hi").total_tokens > 0, True)),
        ("models", lambda: same("models/fake-hello" in [model.name for model in models.list()], True)),
        ("one model", lambda: same(models.get(model="gemini-2.5-flash").name, "models/gemini-2.5-flash")),
    ]


def transport_errors() -> Any:
    """What the transports under the client raise when the bytes end too early: the client passes them on."""
    import aiohttp
    import httpx

    found = [httpx.RemoteProtocolError, aiohttp.ClientPayloadError]
    try:
        import httpx2
    except ImportError:
        pass
    else:
        found.append(httpx2.RemoteProtocolError)
    return tuple(found)


def async_cases(base: str, api: str) -> Cases:
    from google.genai import errors

    async def ask(model: str, contents: Any = QUESTION, *, stream: bool = False, key: str = "any", attempts: int = 1, **config: Any) -> List[Any]:
        async with client(base, api, key=key, attempts=attempts).aio as asked:
            request = {"model": model, "contents": contents, "config": config}
            if stream:
                return [chunk async for chunk in await asked.models.generate_content_stream(**request)]
            return [await asked.models.generate_content(**request)]

    def plain(kind: str, stream: bool) -> Case:
        async def case() -> None:
            model, config = REQUESTS[kind]
            judge(kind, await ask(model, stream=stream, **config))

        return case

    async def parsed() -> None:
        (got,) = await ask("fake-json", response_mime_type="application/json", response_schema=weather_class())
        same(dict(got.parsed), WEATHER)

    async def tool_loop() -> None:
        (first,) = await ask("fake-tool", tools=TOOLS)
        (again,) = await ask("fake-tool", second_turn(first, {"output": "21 degrees"}), tools=TOOLS)
        same(again.text, "The tool says: 21 degrees")

    async def refused(code: int, *args: Any, **options: Any) -> None:
        error = await araises(errors.ClientError, ask(*args, **options))
        same(error.code, code)

    async def retried(stream: bool) -> None:
        judge("chat", await ask("fake-429-once", attempts=3, stream=stream))

    async def listed() -> None:
        async with client(base, api).aio as asked:
            same("models/fake-hello" in [model.name async for model in await asked.models.list()], True)

    return [
        *((kind, plain(kind, False)) for kind in REQUESTS),
        *((kind + " streamed", plain(kind, True)) for kind in REQUESTS),
        ("parsed into a class", parsed),
        ("tool loop", tool_loop),
        ("wrong key", lambda: refused(400, "fake-hello", key="sk-fake-wrong")),
        ("no such model", lambda: refused(404, "no-such-model")),
        ("no such model streamed", lambda: refused(404, "no-such-model", stream=True)),
        ("bad request", lambda: refused(400, "fake-hello", temperature=3.0)),
        ("429, no retry", lambda: refused(429, "fake-429-once")),
        ("429 once, retried", lambda: retried(False)),
        ("429 once streamed", lambda: retried(True)),
        ("cut", lambda: araises(transport_errors(), ask("fake-cut"))),
        ("cut stream", lambda: araises(transport_errors(), ask("fake-cut", stream=True))),
        ("models", listed),
    ]


def columns(base: str) -> Mapping[str, Cases]:
    ways = {"sync": sync_cases, "async": async_cases}
    return {f"{kind} {api}": cases(base, api) for kind, cases in ways.items() for api in ("v1beta", "v1")}


if __name__ == "__main__":
    sys.exit(main(__doc__, ("google-genai",), columns, mount="/gemini"))
