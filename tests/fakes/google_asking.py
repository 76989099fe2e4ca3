"""How the tests talk to the fake Gemini API."""

from __future__ import annotations

import json

from .asking import ask

WEATHER_FUNCTION = {
    "name": "get_weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
TOOLS = [{"functionDeclarations": [WEATHER_FUNCTION]}]
HI = [{"role": "user", "parts": [{"text": "hi"}]}]


def gemini(server, model="fake-hello", verb="generateContent", *, path=None, key="any", prefix="/gemini/v1beta/", **body):
    """Ask for content: fields of the body as keyword arguments; `contents` says hi unless it is given."""
    headers = {"x-goog-api-key": key} if key is not None else {}
    return ask(server, {"contents": HI, **body}, path=path or f"{prefix}models/{model}:{verb}", key=None, headers=headers)


def stream(server, model="fake-hello", **body):
    """Ask for a stream of events and give its chunks."""
    got = gemini(server, model, "streamGenerateContent?alt=sse", **body)
    assert got.status == 200, got.body
    frames = got.body.decode().split("\r\n\r\n")
    assert frames[-1] == "" and all(frame.startswith("data: ") and "\n" not in frame for frame in frames[:-1])
    return [json.loads(frame[6:]) for frame in frames[:-1]]


def parts(payload, index=0):
    """Give the parts of a candidate."""
    return payload["candidates"][index].get("content", {}).get("parts", [])


def text(payload):
    return "".join(part.get("text", "") for part in parts(payload) if not part.get("thought"))


def user(*given):
    return {"role": "user", "parts": list(given)}


def model(*given):
    return {"role": "model", "parts": list(given)}


def call(name="f", **more):
    return {"functionCall": {"name": name, "args": {}}, **more}


def result(name="f", **response):
    return {"functionResponse": {"name": name, "response": response or {"output": "21"}}}
