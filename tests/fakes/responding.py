"""How the tests ask the fake's Responses API. No minichat here."""

from __future__ import annotations

import json

from .asking import ask

PATH = "/openai/v1/responses"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "name": "get_weather", "parameters": PARAMETERS}


def respond(server, model="fake-hello", given="hi", **body):
    """Ask for a response."""
    return ask(server, {"model": model, "input": given, **body}, path=PATH)


def made(server, model="fake-hello", given="hi", **body):
    """Ask for a response and give its object, of a stream the one at its end."""
    reply = respond(server, model, given, **body)
    assert reply.status == 200, reply.body
    return events(reply)[-1]["response"] if body.get("stream") else reply.json


def events(reply):
    """Give the payloads of a stream; every `event:` line must name the payload's type."""
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = []
    for frame in reply.body.decode().split("\n\n")[:-1]:
        named, data = frame.split("\n")
        payload = json.loads(data[len("data: ") :])
        assert named == "event: " + payload["type"]
        found.append(payload)
    assert reply.body.endswith(b"\n\n") and [event["sequence_number"] for event in found] == list(range(len(found)))
    return found


def kinds(stream):
    """Give the types of events, runs of one type as one, without "response."."""
    names = [event["type"].replace("response.", "") for event in stream]
    return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]


def refused(reply):
    """Give what a refusal says: status, code, param, message."""
    error = reply.error
    assert set(error) == {"message", "type", "param", "code"} and error["type"] == "invalid_request_error"
    return reply.status, error["code"], error["param"], error["message"]
