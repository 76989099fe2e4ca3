"""Nothing that a client may send breaks the fake Fireworks: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import pytest

import fakes

from .asking import ask
from .walking import FORMAT, TOOLS, WRONG, changed, keys, name, places

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
    "tools": TOOLS,
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": True,
    "response_format": FORMAT,
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
        assert got.status in (200, 400, 404), (path, value, got.body)
        assert got.status == 200 or {"code", "message", "type"} <= set(got.error)


@pytest.mark.parametrize("path", keys(RICH), ids=name)
def test_no_missing_key_breaks_the_fake(server, path):
    assert ask(server, changed(RICH, path), path=PATH).status in (200, 400, 404)
