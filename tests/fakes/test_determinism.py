"""The same requests get the same bytes: in every dialect, from every server, in every process, on every machine.

Whole conversations are sent in each dialect: plain and streamed answers, a tool call and its result, thoughts, a
refusal, structured output, errors, a rate limit, the list of models, and a session whose answers come with jitter and
faults by chance. What is hashed is every byte of every answer, heads included, and the schedule it was sent by.

When a wire is changed on purpose, new hashes are printed by `python -m tests.fakes.test_determinism`.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

import fakes
from fakes import Error, Fault, Pace, Quota

HASHES = {
    "openai": "a71c6ab3ad42cbd375e8c6a891a855653a29fbcd423c3b89b64a6ba5ed1d2ad9",
    "responses": "44feaa7ecda19fae5783dc1e49603422306b73fd801dfed6c2315535d294bd2a",
    "anthropic": "5c381f0736d5128e96042489681b8b222fa2a9f4f84b033eee960291a15fa7ba",
    "google": "a8c614545924dea3717771e52b6dc5d7aa8b9b19b3544ec9258f02c206b6e123",
    "mistral": "049104d9793cf215396a5b30eaaf24eb72f300e02cf2077f253d21b0e7316f89",
    "fireworks": "04cdc398f74709a7f31fce7a46494e2ca188a2bb64fb773d547d63a4f9f6e7ae",
    "together": "ed51642b62b43ebb556a19927d6c96077cd30c005d1e9294c7dd0f3e090a5bc8",
}

HOME = pathlib.Path(fakes.__path__[0]).parent
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "rain": {"type": "boolean"}},
    "required": ["city", "rain"],
    "additionalProperties": False,
}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
HI = "Say hi — in français 🌍"
QUESTION = "The weather in Paris?"


class Chat:
    """Chat Completions, as four providers speak it."""

    def __init__(self, base):
        self.base = base

    def headers(self, key):
        return {"authorization": f"Bearer {key}"}

    def request(self, model, turns, *, stream=False, tools=False, schema=None):
        body = {"model": model, "messages": turns}
        if stream:
            body["stream"] = True
        if tools:
            body["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
        return "POST", self.base + "/chat/completions", body

    def models(self):
        return "GET", self.base + "/models", None

    def user(self, text):
        return [{"role": "user", "content": text}]

    def after(self, turns, answer):
        """Give the conversation that goes on behind the call of a tool."""
        message = answer["choices"][0]["message"]
        call = message["tool_calls"][0]
        said = {"role": "assistant", "content": "", "tool_calls": message["tool_calls"]}
        return [*turns, said, {"role": "tool", "tool_call_id": call["id"], "content": "21 degrees"}]


class Responses(Chat):
    def request(self, model, turns, *, stream=False, tools=False, schema=None):
        body = {"model": model, "input": turns}
        if stream:
            body["stream"] = True
        if tools:
            body["tools"] = [{"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": False}]
        if schema is not None:
            body["text"] = {"format": {"type": "json_schema", "name": "x", "schema": schema, "strict": True}}
        return "POST", self.base + "/responses", body

    def after(self, turns, answer):
        call = next(item for item in answer["output"] if item["type"] == "function_call")
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "21 degrees"}
        return [*turns, *answer["output"], result]


class Anthropic(Chat):
    def headers(self, key):
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def request(self, model, turns, *, stream=False, tools=False, schema=None):
        body = {"model": model, "max_tokens": 2000, "messages": turns}
        if stream:
            body["stream"] = True
        if model == "fake-think":
            body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        if tools:
            body["tools"] = [{"name": "get_weather", "input_schema": PARAMETERS}]
        if schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return "POST", self.base + "/messages", body

    def after(self, turns, answer):
        call = next(block for block in answer["content"] if block["type"] == "tool_use")
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "21 degrees"}
        return [*turns, {"role": "assistant", "content": answer["content"]}, {"role": "user", "content": [result]}]


class Google(Chat):
    def headers(self, key):
        return {"x-goog-api-key": key}

    def request(self, model, turns, *, stream=False, tools=False, schema=None):
        body = {"contents": turns}
        if model == "fake-think":
            body["generationConfig"] = {"thinkingConfig": {"includeThoughts": True}}
        if tools:
            declared = {"name": "get_weather", "parametersJsonSchema": PARAMETERS}
            body["tools"] = [{"functionDeclarations": [declared]}]
        if schema is not None:
            body["generationConfig"] = {"responseMimeType": "application/json", "responseJsonSchema": schema}
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return "POST", f"{self.base}/models/{model}:{verb}", body

    def user(self, text):
        return [{"role": "user", "parts": [{"text": text}]}]

    def after(self, turns, answer):
        said = answer["candidates"][0]["content"]
        call = next(part["functionCall"] for part in said["parts"] if "functionCall" in part)
        result = {"functionResponse": {"name": call["name"], "response": {"output": "21 degrees"}}}
        return [*turns, said, {"role": "user", "parts": [result]}]


DIALECTS = {
    "openai": Chat("/openai/v1"),
    "responses": Responses("/openai/v1"),
    "anthropic": Anthropic("/anthropic/v1"),
    "google": Google("/gemini/v1beta"),
    "mistral": Chat("/mistral/v1"),
    "fireworks": Chat("/fireworks/inference/v1"),
    "together": Chat("/together/v1"),
}


class Teller:
    """Sends requests in one dialect and keeps every byte that comes back."""

    def __init__(self, server, name):
        self.server, self.name, self.dialect = server, name, DIALECTS[name]
        self.told = []

    def session(self, kind):
        return self.server.session(f"{self.name}-{kind}")

    def send(self, request, *, key, **more):
        """Do one exchange on a connection of its own, note its bytes, and give its status and its body if it is JSON."""
        method, path, body = request
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"host": "127.0.0.1", "connection": "close", **self.dialect.headers(key), **more}
        if data:
            headers.update({"content-type": "application/json", "content-length": str(len(data))})
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        got = bytearray()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
            while True:
                block = connection.recv(65536)
                if not block:
                    break
                got += block
        self.told.append(bytes(got))
        status, _, rest = bytes(got).partition(b"\r\n\r\n")
        whole = rest.startswith(b"{") and b"chunked" not in status
        try:
            return int(status.split(b" ")[1]), json.loads(rest) if whole else None
        except ValueError:  # it was cut
            return int(status.split(b" ")[1]), None

    def conversations(self):
        """Hold all conversations and give the statuses of the answers."""
        dialect = self.dialect
        session = self.session("plain")
        key = session.key
        statuses = []

        def ask(model, turns, **more):
            status, answer = self.send(dialect.request(model, turns, **more), key=key)
            statuses.append(status)
            return answer

        hi = dialect.user(HI)
        for stream in (False, True):
            ask("fake-hello", hi, stream=stream)
            ask("fake-echo", hi, stream=stream)
            ask("fake-refuse", hi, stream=stream)
            ask("fake-json", hi, stream=stream, schema=SCHEMA)
            ask("fake-think", hi, stream=stream)
            question = dialect.user(QUESTION)
            called = ask("fake-tool", question, tools=True)
            ask("fake-tool", question, tools=True, stream=stream)
            ask("fake-tool", dialect.after(question, called), tools=True, stream=stream)
        statuses.append(self.send(dialect.models(), key=key)[0])
        ask("no-such-model", hi)
        ask("fake-hello", [])
        ask("fake-429-once", hi)
        ask("fake-429-once", hi)
        wrong = self.send(dialect.request("fake-hello", hi), key="sk-fake-wrong", **{"x-fakes-session": session.name})
        statuses.append(wrong[0])
        session.reply(*[Error(status, retry_after=3) for status in (400, 403, 429, 500, 503)])
        for _ in range(6):
            ask("any", hi)
        return statuses

    def limited(self):
        session = self.session("limited")
        session.quota(Quota(requests_per_minute=2, tokens_per_minute=500))
        statuses = []
        for seconds in (0, 0, 0, 12, 30):
            session.advance(seconds)
            statuses.append(self.send(self.dialect.request("fake-hello", self.dialect.user(HI)), key=session.key)[0])
        return statuses

    def shaky(self):
        """Ask where chance decides, and give what it decided."""
        session = self.session("shaky")
        session.fault(Fault("status", status=503, rate=0.3), Fault("cut", rate=0.3), Fault("duplicate", event=1, rate=0.3))
        session.pace(Pace(first_token=0.5, tokens_per_second=20, jitter=0.5))
        for number in range(12):
            self.send(self.dialect.request("fake-hello", self.dialect.user(HI), stream=number % 2 == 1), key=session.key)
        seen = [(exchange.status, exchange.faults, exchange.schedule) for exchange in session.journal]
        self.told.append(repr(seen).encode())
        return seen

    def paced(self):
        """Let the clock reach whole seconds by tenths, whose sum Python 3.12 rounds otherwise than those before it."""
        session = self.session("paced")
        session.pace(Pace(tokens_per_second=10))
        for tokens in (11, 10, 11, 21, 31):
            self.send(self.dialect.request("fake-echo", self.dialect.user(" yes" * tokens)), key=session.key)
        self.told.append(repr([exchange.schedule for exchange in session.journal]).encode())
        return int(session.now())

    def all(self):
        """Give everything that came back, after having looked whether it was worth asking."""
        statuses = self.conversations()
        assert statuses[:17] == [200] * 17, (self.name, statuses)
        assert statuses[17] in (400, 404) and statuses[18] in (400, 422), (self.name, statuses)
        assert statuses[19:21] == [429, 200] and statuses[21] in (400, 401, 403), (self.name, statuses)
        assert statuses[22:27] == [400, 403, 429, 500, 503] and statuses[27] == 404, (self.name, statuses)
        limited = self.limited()
        assert limited == [200, 200, 429, 429, 200], (self.name, limited)
        assert self.paced() >= 7, self.name
        seen = self.shaky()
        assert {status for status, _, _ in seen} == {200, 503} and len({schedule for _, _, schedule in seen}) > 6
        assert len({fault for _, faults, _ in seen for fault in faults}) >= 2, seen
        return b"\0".join(self.told)


def tell(server, name):
    return Teller(server, name).all()


def hash_of(told):
    return hashlib.sha256(told).hexdigest()


def serve():
    return fakes.serve(clock="virtual", seed=5)


@pytest.fixture(scope="module")
def first():
    """What each dialect told the first time."""
    with serve() as server:
        yield {name: tell(server, name) for name in DIALECTS}


@pytest.mark.parametrize("name", DIALECTS)
def test_another_server_sends_the_same_bytes_and_so_does_the_same_one_after_a_reset(first, name):
    with serve() as server:
        assert tell(server, name) == first[name]
        sessions = [server.session(f"{name}-{kind}") for kind in ("plain", "limited", "paced", "shaky")]
        assert all(session.journal for session in sessions)
        server.reset()
        for session in sessions:
            session.script({})
        assert tell(server, name) == first[name]


def test_dialects_that_ask_at_the_same_time_get_what_they_get_alone(first):
    from concurrent.futures import ThreadPoolExecutor

    with serve() as server, ThreadPoolExecutor(len(DIALECTS)) as pool:
        told = dict(zip(DIALECTS, pool.map(lambda name: tell(server, name), DIALECTS)))
    assert [name for name in DIALECTS if told[name] != first[name]] == []


def test_another_seed_sends_other_bytes(first):
    with fakes.serve(clock="virtual", seed=6) as server:
        for name in ("openai", "google"):
            assert tell(server, name) != first[name]


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_other_hashes_sends_the_same_bytes(first, seed):
    command = [sys.executable, "-m", "tests.fakes.test_determinism"]
    done = subprocess.run(
        command, cwd=HOME, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True, check=True
    )
    printed = json.loads(done.stdout)
    assert printed == {name: hash_of(told) for name, told in first.items()}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_machine_and_every_python_gets_the_same_bytes(first, name):
    assert hash_of(first[name]) == HASHES[name]


if __name__ == "__main__":
    with serve() as running:
        print(json.dumps({one: hash_of(tell(running, one)) for one in DIALECTS}, indent=4))
