"""The recordings as a witness: the fake's objects have the recorded keys, in the recorded order, and no others.

Only what the API itself wrote counts: not bodies that a recorder parsed and wrote anew, not edited fixtures.
"""

from __future__ import annotations

import json

import pytest

from ..protocols.recordings import recordings
from .responding import TOOL, events, respond

RESPONSES = [
    (name, exchange)
    for name, exchange in recordings("openai", "/responses")
    if exchange["response"]["status"] == 200
    and not any("re-serialised" in note or "may have been edited" in note for note in exchange["notes"])
]
# Keys that only the newer recordings have.
NEWER = {
    "billing", "cache_write_tokens", "completed_at", "content", "context", "encrypted_content", "frequency_penalty",
    "max_tool_calls", "mode", "moderation", "obfuscation", "output_schema", "presence_penalty", "prompt_cache_key",
    "prompt_cache_retention", "safety_identifier", "service_tier", "tool_usage", "top_logprobs", "verbosity", "logprobs",
}  # fmt: skip
# Kinds of objects that the fake does not give.
ABSENT = {
    "compaction", "image_generation", "image_generation_call", "mcp", "mcp_approval_request", "mcp_list_tools", "tools",
    "tool_search", "tool_search_call",
}  # fmt: skip
REQUESTS = [
    ("fake-hello", {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}}),
    ("gpt-5", {"include": ["reasoning.encrypted_content"], "reasoning": {"summary": "auto"}}),
    ("gpt-5.5", {}),
    ("fake-tools", {"tools": [TOOL, {"type": "custom", "name": "run"}]}),
    ("fake-tool", {"tools": [{"type": "web_search_preview"}]}),
    ("fake-tool", {"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}),
]


def objects(value, kind=None):
    """Give every object with what it is: its type, or the key under which it stands."""
    if isinstance(value, dict):
        name = value.get("type") if isinstance(value.get("type"), str) else value.get("object", kind)
        if name in ABSENT:
            return
        yield name, list(value)
        for key, inner in value.items():
            if key not in ("parameters", "schema", "metadata"):
                yield from objects(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner, kind)


def payloads(body):
    if body.startswith("{"):
        return [json.loads(body)]
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]


@pytest.fixture(scope="module")
def faked():
    """Give the keys of each kind of object, as the fake writes them, in every form it has."""
    import fakes

    found = {}
    with fakes.serve() as server:
        for model, body in REQUESTS:
            whole = respond(server, model, **body)
            assert whole.status == 200, whole.body
            for value in [whole.json, *events(respond(server, model, stream=True, **body))]:
                for kind, keys in objects(value):
                    found.setdefault(kind, []).append(keys)
    return found


def agrees(recorded, faked):
    """Tell whether the fake's keys are the recorded ones, in that order, with nothing but newer ones between them."""
    return [key for key in faked if key in recorded] == recorded and set(faked) - set(recorded) <= NEWER


@pytest.mark.skipif(not RESPONSES, reason="no recordings beside this repository")
def test_the_recordings_are_there():
    assert len(RESPONSES) >= 20


@pytest.mark.parametrize("name, exchange", RESPONSES, ids=[name for name, _ in RESPONSES])
def test_the_fake_writes_the_recorded_keys_in_the_recorded_order(faked, name, exchange):
    old = '"sequence_number":0,"response"' in exchange["response"]["body"]  # the order of events until early 2026
    for payload in payloads(exchange["response"]["body"]):
        for kind, keys in objects(payload):
            if old and kind.startswith(("response.", "error")):
                continue
            assert kind in faked, f"{name}: the fake never writes {kind}: {keys}"
            assert any(agrees(keys, other) for other in faked[kind]), (kind, keys, faked[kind][0])
