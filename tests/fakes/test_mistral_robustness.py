"""Nothing that a client may send breaks the fake Mistral: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import copy

import pytest

import fakes

from .asking import WEATHER_TOOL, ask

PATH = "/mistral/v1/chat/completions"
RICH = {
    "model": "fake-tool",
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "Be JSON."}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
                {"type": "input_audio", "input_audio": "aGk="},
                {"type": "document_url", "document_url": "https://x/y.pdf", "document_name": "y"},
                {"type": "reference", "reference_ids": [1]},
            ],
        },
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}], "closed": True}],
            "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "abcdefghi", "name": "f", "content": [{"type": "text", "text": "21"}]},
        {"role": "assistant", "content": "So ", "prefix": True},
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
    "stop": ["x"],
    "n": 2,
    "temperature": 0.5,
    "top_p": 0.5,
    "logprobs": True,
    "top_logprobs": 1,
    "max_tokens": 50,
    "random_seed": 1,
    "safe_prompt": True,
    "metadata": {"a": "b"},
    "reasoning_effort": "high",
    "prompt_mode": "reasoning",
    "prediction": {"type": "content", "content": "x"},
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
    assert len(got.events) > 3


@pytest.mark.parametrize("path", list(places(RICH)), ids=lambda path: ".".join(map(str, path)) or "body")
def test_no_wrong_value_breaks_the_fake(server, path):
    for value in WRONG:
        got = ask(server, changed(path, value), path=PATH)
        assert got.status in (200, 400, 422), (path, value, got.body)
        assert got.status == 200 or "object" in got.json or "detail" in got.json


@pytest.mark.parametrize("path", [path for path in places(RICH) if path and isinstance(path[-1], str)], ids=lambda path: ".".join(map(str, path)))
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(path), path=PATH).status in (200, 400, 422)
