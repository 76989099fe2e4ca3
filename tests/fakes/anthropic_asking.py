"""How the tests talk to the fake Anthropic API: one exchange at a time, and an event stream taken apart. No minichat."""

from __future__ import annotations

import json

from .asking import MESSAGES, ask

VERSION = "2023-06-01"
WEATHER_TOOL = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def call(server, body=None, *, method="POST", path="/v1/messages", key="sk-test", version=VERSION, headers=None):
    """Do one exchange under /anthropic. `body` may be JSON or bytes; None for key or version leaves the header out."""
    sent = {"content-type": "application/json"}
    sent.update({"x-api-key": key} if key is not None else {})
    sent.update({"anthropic-version": version} if version is not None else {})
    sent.update(headers or {})
    return ask(server, body, method=method, path="/anthropic" + path, key=None, headers=sent)


def chat(server, model="fake-hello", messages=None, *, exchange=None, **body):
    """Ask for a message. A body value of `...` takes the key out; `exchange` has options of `call`."""
    whole = {"model": model, "max_tokens": 1000, "messages": MESSAGES if messages is None else messages, **body}
    return call(server, {key: value for key, value in whole.items() if value is not ...}, **(exchange or {}))


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def text(words, **more):
    return {"type": "text", "text": words, **more}


def events(reply):
    """Take a stream apart: (name, data) of each event; every event has its two lines and its type is its name."""
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = reply.body.decode().split("\n\n")
    assert frames.pop() == ""
    found = []
    for frame in frames:
        first, second = frame.split("\n")
        assert first.startswith("event: ") and second.startswith("data: "), frame
        data = json.loads(second[6:])
        assert data["type"] == first[7:]
        found.append((first[7:], data))
    return found


def put_together(reply):
    """Build the message that a stream tells of, as the documentation says to."""
    message = None
    for name, data in events(reply):
        if name == "message_start":
            message = data["message"]
        elif name == "content_block_start":
            assert data["index"] == len(message["content"])
            message["content"].append(data["content_block"])
            pieces = ""
        elif name == "content_block_delta":
            block, delta = message["content"][data["index"]], data["delta"]
            kind = delta["type"]
            if kind == "input_json_delta":
                pieces += delta["partial_json"]
            elif kind == "citations_delta":
                block["citations"].append(delta["citation"])
            else:
                key = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}[kind]
                block[key] += delta[key]
        elif name == "content_block_stop" and pieces:
            message["content"][data["index"]]["input"] = json.loads(pieces)
        elif name == "message_delta":
            message.update(data["delta"])
            message["usage"].update(data["usage"])
            message.update({key: data[key] for key in data if key not in ("type", "delta", "usage")})
    return message
