"""The third witness for Anthropic: events typed from its documentation, which the fake's events must resemble.

Every key path of a documented event must be in the fake's event of the same kind, at the same JSON type, and the kinds
must follow each other alike once the pings, which may stand anywhere, and repetitions are left out.
"""

import itertools
import json
import pathlib

import pytest

import fakes

from ..fakes.anthropic_asking import WEATHER_TOOL, chat, events
from .key_paths import paths

FOLDER = pathlib.Path(__file__).resolve().parent / "anthropic"
THINK = {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
CASES = [
    ("stream_text.sse", {}),
    ("stream_tools.sse", {"model": "fake-tool", "tools": [WEATHER_TOOL]}),
    ("stream_thinking.sse", {"model": "fake-think", **THINK}),
]


def documented(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    named = [line[7:] for line in lines if line.startswith("event: ")]
    data = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert named == [one["type"] for one in data]
    return data


def kind_of(event):
    if event["type"] == "content_block_start":
        return "start of " + event["content_block"]["type"]
    return event["delta"]["type"] if event["type"] == "content_block_delta" else event["type"]


def row(told):
    return [kind for kind, _ in itertools.groupby(kind_of(event) for event in told if event["type"] != "ping")]


@pytest.mark.parametrize("name, body", CASES, ids=[name for name, _ in CASES])
def test_the_fake_s_stream_has_every_documented_key_and_the_documented_order(name, body):
    with fakes.serve() as server:
        faked = [data for _, data in events(chat(server, stream=True, **body))]
    wanted = documented(name)
    assert row(faked) == row(wanted)
    for event in wanted:
        known = {}
        for one in faked:
            if kind_of(one) == kind_of(event):
                known.update(paths(one))
        for path, kind in paths(event).items():
            assert path in known, f"{kind_of(event)}: the fake has no {path}"
            assert kind is None or known[path] in (None, kind), f"{kind_of(event)}: {path} is {known[path]}"
