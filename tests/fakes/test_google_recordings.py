"""The fake takes every recorded request, and what it answers has the recordings' keys, order and white space."""

from __future__ import annotations

import json
import re

import pytest

import fakes

from ..protocols.recordings import recordings
from .asking import ask

RECORDED = [
    (name, exchange)
    for ending in ("generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse")
    for name, exchange in recordings("google", ":" + ending)
    if exchange["request"]["path"].startswith("/v1beta/models/")  # the others went to Vertex AI
]
WHOLE = [pair for pair in RECORDED if pair[1]["response"]["body"].startswith('{\n  "candidates"')]
STREAMED = [pair for pair in RECORDED if pair[1]["response"]["body"].startswith("data: ")]
ARRAYS = [pair for pair in RECORDED if pair[1]["response"]["body"].startswith("[{")]
# What only real media, caches and searches bring.
ELSEWHERE = re.compile(r"groundingMetadata|cacheTokens|cachedContent|toolUse|avgLogprobs|candidatesTokensDetails|citation")


def over(pairs, least):
    if not pairs:
        return pytest.mark.parametrize("name, exchange", [pytest.param("", {}, marks=pytest.mark.skip(reason="no recordings beside this repository"))])
    assert len(pairs) >= least, f"{len(pairs)} recordings found, {least} are known"
    return pytest.mark.parametrize("name, exchange", pairs, ids=[name for name, _ in pairs])


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def again(server, exchange):
    return ask(
        server,
        exchange["request"]["body"],
        path="/gemini" + exchange["request"]["path"],
        key=None,
        headers={"x-goog-api-key": "any", "content-type": "application/json"},
    )


@over(RECORDED, 43)
def test_every_recorded_request_is_taken(server, name, exchange):
    got = again(server, exchange)
    assert got.status == 200, got.body.decode()
    assert got.headers["content-type"] == exchange["response"]["headers"]["content-type"].replace(", ", "")


def orders(value, path="", found=None):
    """Give the order of keys of every object: path -> pairs (earlier, later)."""
    found = {} if found is None else found
    if isinstance(value, dict):
        keys = list(value)
        pairs = found.setdefault(path, set())
        pairs.update((one, other) for number, one in enumerate(keys) for other in keys[number + 1 :])
        for key, child in value.items():
            if key not in ("args", "safetyRatings"):
                orders(child, f"{path}.{key}", found)
    elif isinstance(value, list):
        for child in value:
            orders(child, path + "[]", found)
    return found


def payloads(body):
    if body.startswith("data: "):
        return [json.loads(frame[6:]) for frame in re.split(r"\r\n\r\n", body) if frame]
    value = json.loads(body)
    return value if isinstance(value, list) else [value]


def known_orders():
    """Key orders of all recordings whose bodies are as they were sent: the parsed ones are sorted."""
    found = {}
    for _, exchange in WHOLE + STREAMED + ARRAYS:
        if "reserialised" not in exchange["tags"]:
            for payload in payloads(exchange["response"]["body"]):
                orders(payload, "", found)
    return found


ASKED = [
    ("fake-hello", {}),
    ("fake-think", {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}),
    ("fake-think", {"tools": [{"functionDeclarations": [{"name": "f"}]}]}),
    ("fake-tool", {"tools": [{"functionDeclarations": [{"name": "f"}]}]}),
    ("fake-tool", {"tools": [{"codeExecution": {}}]}),
    ("gemini-2.5-flash", {"cachedContent": "cachedContents/x"}),
    ("gemini-3-flash-preview", {}),
]


@pytest.mark.skipif(not WHOLE, reason="no recordings beside this repository")
@pytest.mark.parametrize("verb", ["generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"])
@pytest.mark.parametrize("model, more", ASKED)
def test_keys_come_in_the_recorded_order(server, model, more, verb):
    known = known_orders()
    request = {"contents": [{"parts": [{"text": "hi"}]}], **more}
    got = ask(server, request, path=f"/gemini/v1beta/models/{model}:{verb}", headers={"x-goog-api-key": "any"})
    for payload in payloads(got.body.decode()):
        for path, pairs in orders(payload).items():
            wrong = [pair for pair in pairs if pair[::-1] in known.get(path, ()) and pair not in known[path]]
            assert not wrong, (path, wrong)


@over(WHOLE + STREAMED + ARRAYS, 30)
def test_white_space_is_the_recorded_one(server, name, exchange):
    """Every recorded body is its own JSON written in one of the three ways, as the fake writes it."""
    body = exchange["response"]["body"]
    if body.startswith("data: "):
        made = "".join(
            "data: " + json.dumps(one, ensure_ascii=False, separators=(",", ": ")) + "\r\n\r\n" for one in payloads(body)
        )
    else:
        made = [json.dumps(one, ensure_ascii=False, indent=2) + "\n" for one in payloads(body)]
        made = "[" + ",\r\n".join(made) + "]" if body.startswith("[") else made[0]
    assert made.replace("<", "\\u003c").replace(">", "\\u003e") == body
    got = again(server, exchange).body.decode()
    assert got.startswith(body[: body.index('"')]), got[:80]
    assert got.endswith(body[-2:]), got[-80:]


@over([pair for pair in WHOLE + STREAMED + ARRAYS if pair[1]["response"]["status"] == 200], 30)
def test_usage_has_the_recorded_keys(server, name, exchange):
    def usage_keys(body):
        return [key for key in payloads(body)[-1]["usageMetadata"] if not ELSEWHERE.search(key)]

    wanted = [key for key in usage_keys(exchange["response"]["body"]) if key != "thoughtsTokenCount"]
    got = usage_keys(again(server, exchange).body.decode())
    assert [key for key in got if key != "thoughtsTokenCount"] == (wanted if "serviceTier" in wanted else [*wanted, "serviceTier"])
