"""The third witness for Mistral: frames typed from its documentation, which the fake's frames must resemble.

Every key path of a documented frame must be in the fake's frame of the same kind, at the same JSON type.
"""

import json
import pathlib

import pytest

import fakes

from ..fakes.asking import MESSAGES, WEATHER_TOOL, ask
from .key_paths import paths

FOLDER = pathlib.Path(__file__).resolve().parent / "mistral"
CASES = [
    ("stream_text.sse", {"model": "fake-hello"}),
    ("stream_tools.sse", {"model": "fake-tool", "tools": [WEATHER_TOOL]}),
    ("stream_thinking.sse", {"model": "fake-think"}),
]


def kind_of(payload):
    choice = payload["choices"][0]
    delta = choice["delta"]
    if choice["finish_reason"]:
        return "closing"
    return "opening" if "role" in delta else "text" if isinstance(delta["content"], str) else "thinking"


def by_kind(text):
    known = {}
    for line in text.splitlines():
        if line.startswith("data: {"):
            payload = json.loads(line[6:])
            known.setdefault(kind_of(payload), {}).update(paths(payload))
    return known


@pytest.mark.parametrize("name, body", CASES, ids=[name for name, _ in CASES])
def test_the_fake_s_stream_has_every_documented_key(name, body):
    with fakes.serve() as server:
        got = ask(server, {"messages": MESSAGES, "stream": True, **body}, path="/mistral/v1/chat/completions")
    documented, faked = by_kind((FOLDER / name).read_text(encoding="utf-8")), by_kind(got.body.decode())
    assert got.body.endswith(b"data: [DONE]\n\n") and documented
    for what, wanted in documented.items():
        for path, type_name in wanted.items():
            assert path in faked[what], f"{what}: the fake has no {path}"
            there = faked[what][path]
            assert type_name is None or there in (None, type_name), f"{what}: {path} is {there}, documented {type_name}"
