"""The recordings of other projects beside this repository are replayed as they are."""

from __future__ import annotations

import json
import pathlib

import pytest

import fakes
from fakes.recording import store
from fakes.recording.replay import replay

from .asking import exchange

FOLDER = pathlib.Path(fakes.__path__[0]).parents[1] / "shared" / "cassettes"
COUNTS = {"anthropic": 60, "fireworks": 3, "google": 60, "mistral": 55, "openai": 60, "together": 10}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recordings: shared/cassettes is not beside this repository"
)


def asked(path):
    """Read a recording without the code under test: (target, body of the request, status, body of the answer)."""
    one = json.loads(path.read_text("utf-8"))
    request, response = one["request"], one["response"]
    return (
        request["path"],
        json.dumps(request["body"], indent=2).encode(),
        response["status"],
        response["body"].encode(),
    )


@pytest.mark.parametrize("provider", COUNTS)
def test_every_recording_is_given_for_its_request(provider):
    files = sorted((FOLDER / provider).glob("*.json"))
    assert len(files) >= COUNTS[provider]
    with replay(FOLDER / provider) as server:
        for file in files:  # the same request was recorded several times now and then: in the order of the names
            target, body, status, wanted = asked(file)
            got = exchange(server.port, "POST", f"/{provider}{target}", body, [("content-type", "application/json")])
            assert (got.status, got.body) == (status, wanted), file.name
        assert [one.rule for one in server.journal] == [file.name for file in files]
        assert (server.unused(), server.problems) == ([], [])


def test_all_of_them_are_served_together():
    recordings = store.load(FOLDER)
    assert len(recordings) >= sum(COUNTS.values())
    with replay(FOLDER) as server:
        file = sorted((FOLDER / "google").glob("*.json"))[0]
        target, body, status, wanted = asked(file)
        got = exchange(server.port, "POST", f"/gemini{target}", body)
        assert (got.status, got.body) == (status, wanted)
