"""Nothing that a client may send breaks the fake Together: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import pytest

import fakes

from .asking import ask
from .walking import FORMAT, TOOLS, WRONG, changed, keys, name, places

PATH = "/together/v1/chat/completions"
RICH = {
    "model": "fake-tool",
    "messages": [
        {"role": "system", "content": "Be JSON."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning": "t",
            "tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "21"},
        {"role": "user", "content": "and now?"},
    ],
    "tools": TOOLS,
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": FORMAT,
    "stream": True,
    "stop": ["x"],
    "n": 2,
    "temperature": 0.5,
    "logprobs": 1,
    "max_tokens": 50,
    "seed": 4,
    "echo": True,
    "reasoning": {"enabled": True},
    "reasoning_effort": "low",
    "chat_template_kwargs": {"a": 1},
}


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def test_the_rich_request_itself_is_answered(server):
    got = ask(server, RICH, path=PATH)
    assert got.status == 200, got.body
    assert len(got.events) > 10


@pytest.mark.parametrize("path", list(places(RICH)), ids=name)
def test_no_wrong_value_breaks_the_fake(server, path):
    for value in WRONG:
        got = ask(server, changed(RICH, path, value), path=PATH)
        assert got.status in (200, 400, 403, 404, 422), (path, value, got.body)
        assert got.status == 200 or set(got.error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("path", keys(RICH), ids=name)
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(RICH, path), path=PATH).status in (200, 400, 403, 404, 422)
