"""The third witness for the Responses API: events typed from the documentation, which the fake's must resemble.

Every key path of a documented event must be in the fake's events of that type, at the same JSON type, but for what the
recordings show to be otherwise on the wire.
"""

import http.client
import json
import pathlib
import urllib.parse

import pytest

import fakes

from .key_paths import paths

FOLDER = pathlib.Path(__file__).resolve().parent / "openai_responses"
TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
ASKED = [
    {"model": "fake-hello", "instructions": "You are a helpful assistant."},
    {"model": "fake-tool", "tools": [TOOL]},
    {"model": "fake-tool", "tools": [{"type": "custom", "name": "run"}]},
    {"model": "fake-tool", "tools": [{"type": "web_search"}]},
    {"model": "fake-tool", "tools": [{"type": "file_search", "vector_store_ids": ["v"]}]},
    {"model": "fake-think", "reasoning": {"summary": "auto"}},
    {"model": "fake-refuse"},
    {"model": "fake-filtered"},
    {"model": "fake-blocked"},
    {"model": "fake-hello", "background": True},
]
# Documented, but in no recording: the wire has neither.
NOT_SENT = {".response_id", ".name"}


def payloads(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


@pytest.fixture(scope="module")
def faked():
    """Give the key paths of the fake's events by type."""
    found = {}
    with fakes.serve() as server:
        address = urllib.parse.urlsplit(server.url("openai"))
        for body in ASKED:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
            headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
            body = json.dumps({"input": "hi", "stream": True, **body})
            connection.request("POST", address.path + "/responses", body, headers)
            reply = connection.getresponse()
            assert reply.status == 200, reply.read()
            for payload in payloads(reply.read().decode()):
                known = found.setdefault(payload["type"], {})
                for path, kind in paths(payload).items():
                    known[path] = known.get(path) or kind
            connection.close()
    return found


DOCUMENTED = [
    (file.stem, payload)
    for file in sorted(FOLDER.glob("*.sse"))
    for payload in payloads(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("name, event", DOCUMENTED, ids=[f"{name}-{event['type']}" for name, event in DOCUMENTED])
def test_the_fakes_events_have_every_documented_key(faked, name, event):
    assert event["type"] in faked
    for path, kind in paths(event).items():
        if path in NOT_SENT:
            continue
        if kind is None and any(other.startswith(path + ".") for other in faked[event["type"]]):
            continue  # null there, an object here
        assert path in faked[event["type"]], f"the fake's {event['type']} has no {path}"
        there = faked[event["type"]][path]
        assert kind is None or there in (None, kind), f"{path} is {there}, documented as {kind}"


def test_the_documented_stream_and_the_fakes_have_one_order(faked):
    kinds = [event["type"] for name, event in DOCUMENTED if name == "stream_text"]
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    order = [kind for kind in faked if kind in kinds]  # in the order in which the fake first sent them
    assert order == list(dict.fromkeys(kinds))
