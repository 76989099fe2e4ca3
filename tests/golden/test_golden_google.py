"""The third witness for Gemini: frames typed from its documentation, which the fake's frames must resemble.

Every key path of a documented frame must be in the fake's frame of the same kind, at the same JSON type.
"""

import json
import pathlib

import pytest

import fakes

from ..fakes.google_asking import TOOLS, stream
from .key_paths import paths

FOLDER = pathlib.Path(__file__).resolve().parent / "google"
CASES = [
    ("stream_thinking.sse", [("fake-think", {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}})]),
    ("stream_tools.sse", [("fake-think", {"tools": TOOLS})]),
    ("stream_blocked.sse", [("fake-filtered", {}), ("fake-blocked", {})]),
]


def kind_of(payload):
    if "candidates" not in payload:
        return "blocked prompt"
    candidate = payload["candidates"][0]
    if "finishReason" in candidate:
        return "closing" if "content" in candidate else "blocked answer"
    return "thought" if candidate["content"]["parts"][0].get("thought") else "text"


def by_kind(payloads):
    known = {}
    for payload in payloads:
        known.setdefault(kind_of(payload), {}).update(paths(payload))
    return known


@pytest.mark.parametrize("name, requests", CASES, ids=[name for name, _ in CASES])
def test_the_fake_s_stream_has_every_documented_key(name, requests):
    with fakes.serve() as server:
        faked = by_kind(chunk for model, body in requests for chunk in stream(server, model, **body))
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    documented = by_kind(json.loads(line[6:]) for line in lines if line.startswith("data: "))
    assert documented
    for kind, wanted in documented.items():
        missing = {path: type_name for path, type_name in wanted.items() if faked[kind].get(path) != type_name}
        assert not missing, (kind, missing)
