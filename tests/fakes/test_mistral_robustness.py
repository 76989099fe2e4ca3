"""Nothing that a client may send breaks the fake Mistral: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import pytest

import fakes

from .asking import ask
from .walking import FORMAT, TOOLS, WRONG, changed, keys, name, places

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
    "tools": TOOLS,
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": True,
    "response_format": FORMAT,
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


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def test_the_rich_request_itself_is_answered(server):
    got = ask(server, RICH, path=PATH)
    assert got.status == 200, got.body
    assert len(got.events) > 3


@pytest.mark.parametrize("path", list(places(RICH)), ids=name)
def test_no_wrong_value_breaks_the_fake(server, path):
    for value in WRONG:
        got = ask(server, changed(RICH, path, value), path=PATH)
        assert got.status in (200, 400, 422), (path, value, got.body)
        assert got.status == 200 or "object" in got.json or "detail" in got.json


@pytest.mark.parametrize("path", keys(RICH), ids=name)
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(RICH, path), path=PATH).status in (200, 400, 422)
