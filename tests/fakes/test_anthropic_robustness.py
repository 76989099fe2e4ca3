"""Whatever is put in a request's place, it is answered or refused, never with a fault of the fake's own.

Every value of a large request is replaced in turn by each of a row of odd values, taken out, and given a stranger beside
it. And an echo of anything, cut anywhere, adds up.
"""

from __future__ import annotations

import copy
import json

import pytest

import fakes
from fakes.anthropic import answer
from fakes.serving.http11 import Request
from fakes.session import Session

from .anthropic_asking import WEATHER_TOOL, chat, put_together, text, user

ODD = (None, True, 0, -1, 1.5, 10**30, "", "x", "é\ud83d", [], [None], [[]], {}, {"type": None}, {"type": "text"}, {"type": {}})
CACHE = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "additionalProperties": False}
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}, "caller": {"type": "direct"}}
LARGE = {
    "model": "fake-tool",
    "max_tokens": 3000,
    "system": [text("Be brief.", **CACHE)],
    "messages": [
        user(
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
            {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Green. Blue."}, "citations": {"enabled": True}, "title": "t", "context": "c"},
            {"type": "document", "source": {"type": "content", "content": [text("a")]}},
            text("What?", citations=None),
        ),
        {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, text("Let me see."), USE]},
        user({"type": "tool_result", "tool_use_id": "toolu_1", "is_error": False, "content": [text("21"), {"type": "search_result", "source": "s", "title": "t", "content": [text("x")], "citations": {"enabled": True}}]}, text("And?")),
    ],
    "tools": [{**WEATHER_TOOL, **CACHE, "strict": False, "type": "custom"}, {"type": "web_search_20250305", "name": "web_search"}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": False},
    "thinking": {"type": "adaptive", "display": "summarized"},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}, "effort": "low"},
    "metadata": {"user_id": "u"},
    "stop_sequences": ["END"],
    "temperature": 1,
    "service_tier": "auto",
    "stream": False,
    "cache_control": {"type": "ephemeral"},
}  # fmt: skip


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def variants():
    for path in places(LARGE):
        for odd in ODD:
            whole = {"": copy.deepcopy(LARGE)}
            *way, last = ("", *path)
            holder = whole
            for step in way:
                holder = holder[step]
            holder[last] = odd
            yield path, odd, whole[""]
        if path:
            whole = copy.deepcopy(LARGE)
            holder = whole
            for step in path[:-1]:
                holder = holder[step]
            del holder[path[-1]]
            yield path, "(taken out)", whole


def ask(body, session):
    request = Request("POST", "/anthropic/v1/messages", {"x-api-key": "k", "anthropic-version": "2023-06-01"}, version_1_0=False)
    request.body = json.dumps(body).encode()
    return answer(request, session)


@pytest.mark.time_limit(100)
@pytest.mark.parametrize("stream", [False, True])
def test_odd_values_anywhere_are_answered_or_refused_in_form(stream):
    session, seen = Session(), {}
    for path, odd, body in variants():
        if isinstance(body, dict) and stream and body.get("stream") is False:
            body["stream"] = True
        try:
            got = ask(body, session)
        except Exception as fault:
            raise AssertionError(f"{type(fault).__name__} for {odd!r} at {path}") from fault
        assert got.status in (200, 400, 404), (path, odd)
        if got.status != 200:
            told = json.loads(got.body)
            assert list(told) == ["type", "error", "request_id"], (path, odd)
            assert isinstance(told["error"]["message"], str)
        seen[got.status] = seen.get(got.status, 0) + 1
    assert seen[200] > 100 and seen[400] > 1000


@pytest.mark.parametrize("words", ["é", "a\u2028b", "😀" * 3, '"\\\n\t\x00\x7f', "data: x\n\nevent: y", "a\r\nb", "</s>"])
def test_an_echo_of_anything_is_itself(words):
    with fakes.serve() as server:
        asked = {"model": "fake-echo", "messages": [{"role": "user", "content": words}]}
        assert chat(server, **asked).json["content"][0]["text"] == words
        assert put_together(chat(server, **asked, stream=True))["content"][0]["text"] == words
