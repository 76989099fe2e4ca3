"""The third witness: frames typed from the documentation, which the fake's frames must resemble.

Client and fake were written by one team and could share one misreading. So every key path that a
documented frame has must be in the fake's frame of the same kind, at the same JSON type.
"""

import http.client
import json
import pathlib
import urllib.parse

import fakes

from .key_paths import paths

FOLDER = pathlib.Path(__file__).resolve().parent / "openai"
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}


def frames(text):
    return [line[6:] for line in text.splitlines() if line.startswith("data: ")]


def kinds(payload):
    """Tell what a chunk is, by what the documentation distinguishes; a first tool call may open too."""
    if not payload["choices"]:
        return ["usage"]
    choice = payload["choices"][0]
    delta = choice["delta"]
    if choice["finish_reason"]:
        return ["closing"]
    found = ["opening"] if "role" in delta else []
    if "tool_calls" in delta:
        found.append("tool call" if "id" in delta["tool_calls"][0] else "arguments")
    return found or ["text"]


def by_kind(datas):
    known = {}
    for data in datas:
        if data != "[DONE]":
            payload = json.loads(data)
            for what in kinds(payload):
                known.setdefault(what, {}).update(paths(payload))
    return known


def ask(server, **body):
    address = urllib.parse.urlsplit(server.url("openai"))
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True, "stream_options": {"include_usage": True}, **body}
        headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
        connection.request("POST", address.path + "/chat/completions", json.dumps(body), headers)
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        return frames(reply.read().decode())
    finally:
        connection.close()


def compare(name, said):
    documented, faked = by_kind(frames((FOLDER / name).read_text(encoding="utf-8"))), by_kind(said)
    assert said[-1] == "[DONE]"
    for what, wanted in documented.items():
        for path, type_name in wanted.items():
            assert path in faked[what], f"{what}: the fake has no {path}"
            there = faked[what][path]
            assert type_name is None or there in (None, type_name), f"{what}: {path} is {there}, documented {type_name}"


def test_the_fakes_text_stream_has_every_documented_key():
    with fakes.serve() as server:
        compare("stream_text.sse", ask(server, model="fake-hello"))


def test_the_fakes_tool_stream_has_every_documented_key():
    with fakes.serve() as server:
        compare("stream_tools.sse", ask(server, model="fake-tool", tools=[TOOL]))
