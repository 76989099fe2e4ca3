"""Nothing that a client may send breaks the fake Fireworks: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import copy

import pytest

import fakes

from .asking import WEATHER_TOOL, ask

PATH = "/fireworks/inference/v1/chat/completions"
RICH = {
    "model": "accounts/fireworks/models/fake-tool",
    "messages": [
        {"role": "system", "content": "Be JSON."},
        {
            "role": "user",
            "name": "Ada",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
                {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "t",
            "tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "21"}]},
        {"role": "user", "content": "and now?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "f",
                "description": "d",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "a": {"type": "string", "pattern": "^a$", "format": "date", "minLength": 1, "maxLength": 3},
                        "b": {"type": "number", "minimum": 1, "maximum": 3, "multipleOf": 1},
                        "c": {"type": "array", "items": {"$ref": "#/$defs/x"}, "minItems": 1},
                        "d": {"anyOf": [{"enum": [1]}, {"const": 2}], "default": 1},
                    },
                    "required": ["a", "b"],
                    "$defs": {"x": {"allOf": [{"minimum": 1}, {"minimum": 2, "type": "integer"}]}},
                },
            },
        },
        WEATHER_TOOL,
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": True,
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {}}}}},
    "stream": True,
    "stream_options": {"include_usage": True},
    "stop": ["x"],
    "n": 2,
    "temperature": 0.5,
    "logprobs": True,
    "top_logprobs": 1,
    "max_tokens": 50,
    "reasoning_effort": "low",
    "thinking": {"type": "enabled", "budget_tokens": 5},
    "metadata": {"a": "b"},
    "perf_metrics_in_response": True,
    "context_length_exceeded_behavior": "error",
}
WRONG = [None, True, -1, 1.5, 10**30, "", "text", "(", [], [1], {}, {"type": "function"}, [[]], {"a": {}}]


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from places(child, path + (key,))


def changed(path, value=...):
    """Give the rich request with one value replaced, or left out."""
    if not path:
        return value
    body = copy.deepcopy(RICH)
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return body


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def test_the_rich_request_itself_is_answered(server):
    got = ask(server, RICH, path=PATH)
    assert got.status == 200, got.body
    assert len(got.events) > 10


@pytest.mark.parametrize("path", list(places(RICH)), ids=lambda path: ".".join(map(str, path)) or "body")
def test_no_wrong_value_breaks_the_fake(server, path):
    for value in WRONG:
        got = ask(server, changed(path, value), path=PATH)
        assert got.status in (200, 400, 404), (path, value, got.body)
        assert got.status == 200 or {"code", "message", "type"} <= set(got.error)


@pytest.mark.parametrize("path", [path for path in places(RICH) if path and isinstance(path[-1], str)], ids=lambda path: ".".join(map(str, path)))
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(path), path=PATH).status in (200, 400, 404)
