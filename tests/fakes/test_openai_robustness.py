"""Nothing that a client may send breaks the fake: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import pytest

import fakes

from .asking import WEATHER_TOOL, ask
from .walking import WRONG, changed, keys, name, places

RICH = {
    "model": "fake-tool",
    "messages": [
        {"role": "system", "content": "Be JSON."},
        {
            "role": "user",
            "name": "Ada",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
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
                "strict": False,
                "parameters": {
                    "type": "object",
                    "properties": {
                        "a": {"type": "string", "pattern": "^a$", "format": "date", "minLength": 1, "maxLength": 3},
                        "b": {"type": "number", "minimum": 1, "maximum": 3, "multipleOf": 1, "exclusiveMinimum": 0},
                        "c": {"type": "array", "items": {"$ref": "#/$defs/x"}, "minItems": 1, "uniqueItems": True},
                        "d": {"anyOf": [{"enum": [1]}, {"const": 2}], "default": 1},
                    },
                    "patternProperties": {"^x": {}},
                    "required": ["a", "b"],
                    "additionalProperties": False,
                    "$defs": {"x": {"allOf": [{"minimum": 1}, {"minimum": 2, "type": "integer"}]}},
                },
            },
        },
        WEATHER_TOOL,
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
    },
    "parallel_tool_calls": True,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "x", "strict": False, "schema": {"type": "object", "properties": {"a": {}}}},
    },
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": True},
    "stop": ["x"],
    "n": 2,
    "logit_bias": {"1": 2},
    "logprobs": True,
    "top_logprobs": 1,
    "max_completion_tokens": 50,
    "metadata": {"a": "b"},
    "modalities": ["text"],
    "audio": {"voice": "alloy", "format": "wav"},
    "service_tier": "default",
}


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def test_the_rich_request_itself_is_answered(server):
    got = ask(server, RICH)
    assert got.status == 200, got.body
    assert len(got.events) > 10


@pytest.mark.parametrize("path", list(places(RICH)), ids=name)
def test_no_wrong_value_breaks_the_fake(server, path):
    for value in WRONG:
        got = ask(server, changed(RICH, path, value))
        assert got.status in (200, 400, 404), (path, value, got.body)
        assert got.status == 200 or set(got.error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("path", keys(RICH), ids=name)
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(RICH, path)).status in (200, 400, 404)
