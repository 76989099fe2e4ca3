"""Nothing that a client may send breaks the fake: each value of a rich request is replaced by each kind of value."""

from __future__ import annotations

import copy

import pytest

import fakes

from .asking import ask
from .google_asking import HI

RICH = {
    "model": "models/fake-tool",
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "hi", "videoMetadata": {"fps": 1.5, "startOffset": "1s"}},
                {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x/y"}},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "hm", "thought": True},
                {"executableCode": {"language": "PYTHON", "code": "1", "id": "a"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1", "id": "a"}},
                {"functionCall": {"id": "b", "name": "f", "args": {"a": [1, {"b": None}]}}, "thoughtSignature": "aGk="},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": {"id": "b", "name": "f", "response": {"output": "21"}, "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]}}]},
    ],
    "system_instruction": {"role": "user", "parts": [{"text": "Be JSON."}]},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "f",
                    "description": "d",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {
                            "a": {"type": "STRING", "format": "enum", "enum": ["x"], "nullable": True, "pattern": "^a$", "maxLength": "3"},
                            "b": {"type": "number", "minimum": 1, "maximum": 3},
                            "c": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": 1},
                            "d": {"anyOf": [{"type": "STRING"}, {"type": "NULL"}], "default": 1},
                        },
                        "required": ["a", "b"],
                        "propertyOrdering": ["b", "a"],
                    },
                },
                {"name": "g", "parametersJsonSchema": {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "required": ["x"], "$defs": {"x": {"minimum": 1}}}},
            ]
        },
        {"googleSearch": {}},
        {"codeExecution": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, "includeServerSideToolInvocations": True},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "generationConfig": {
        "temperature": 1,
        "topP": 0.5,
        "topK": 3,
        "candidateCount": 2,
        "maxOutputTokens": 500,
        "stopSequences": ["x"],
        "seed": 1,
        "presencePenalty": 0.5,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        "responseModalities": ["TEXT"],
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 100},
        "responseLogprobs": False,
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
    },
    "serviceTier": "standard",
}
WRONG = [None, True, -1, 0, 1.5, 10**30, 1e400, "", "text", "(", "\ud800", [], [1], {}, {"type": "OBJECT"}, [[]], {"a": {}}]


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from places(child, path + (key,))


def without(path):
    body = copy.deepcopy(RICH)
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    return body, holder


def named(path):
    return ".".join(map(str, path)) or "body"


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def send(server, body, model, verb):
    return ask(server, body, path=f"/gemini/v1beta/models/{model}:{verb}", key=None, headers={"x-goog-api-key": "k"})


def test_the_rich_request_itself_is_answered(server):
    for verb in ("generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"):
        got = send(server, RICH, "fake-tool", verb)
        assert got.status == 200, got.body


@pytest.mark.parametrize("path", list(places(RICH)), ids=named)
def test_no_wrong_value_breaks_the_fake(server, path):
    for number, value in enumerate(WRONG):
        body, holder = without(path)
        if path:
            holder[path[-1]] = value
        else:
            body = value
        verb = ("generateContent", "streamGenerateContent?alt=sse", "countTokens")[number % 3]
        for model in ("fake-think", "gemini-2.5-flash"):
            got = send(server, body, model, verb)
            assert got.status in (200, 400, 403), (path, value, got.body)
            assert got.status == 200 or {"code", "message", "status"} <= set(got.error)


@pytest.mark.parametrize("path", [path for path in places(RICH) if path and isinstance(path[-1], str)], ids=named)
def test_no_missing_key_breaks_the_fake(server, path):
    body, holder = without(path)
    del holder[path[-1]]
    for model in ("fake-tools", "gemini-3.5-flash"):
        assert send(server, body, model, "generateContent").status in (200, 400)


@pytest.mark.parametrize("field", ["", "_", "__", "a_", "contents_", "generation__config", "Contents", "x" * 10_000])
def test_odd_names_are_unknown_fields(server, field):
    got = send(server, {"contents": HI, field: 1}, "fake-hello", "generateContent")
    assert got.status == 400 and got.error["details"][0]["fieldViolations"], got.body
