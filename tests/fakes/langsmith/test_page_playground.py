"""The playground: filled from a run, sent to the fake or a provider with a key, and each call is itself a run."""

from __future__ import annotations

import json
import threading

import pytest

import fakes
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import ask, page, send, token, twin

KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY",
        "FIREWORKS_API_KEY", "TOGETHER_API_KEY")  # fmt: skip
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def provider(monkeypatch):
    """A provider beside the LangSmith server, that a key and an address in the environment lead to."""
    with fakes.serve() as running:
        monkeypatch.setenv("OPENAI_API_KEY", running.key)
        monkeypatch.setenv("OPENAI_BASE_URL", running.url("openai"))
        yield running


def play(server, **fields):
    """Send the form, wait for the call to end, and give its run."""
    said = {
        "token": token(server, "/playground"),
        "provider": "fake",
        "model": "fake-gpt",
        "role0": "user",
        "text0": "hello",
    }
    status, headers, body = send(server, "/playground", {**said, **fields})
    assert status == 303, body
    for thread in threading.enumerate():
        if thread.name == "playground":
            thread.join(20)
    run_id = headers["location"].partition("run=")[2].partition("#")[0]
    return server.store.run(run_id)


def test_it_opens_filled_with_messages_parameters_and_tools(server):
    traces.put(server.store, traces.chain())
    reader = page(server, "/playground?run=" + traces.run_id(3))
    areas = {
        one["name"]: one["text"].removeprefix("\n") if hasattr(str, "removeprefix") else one["text"]
        for one in reader.all("textarea")
    }
    assert areas["text0"] == "Be brief."
    whole = json.loads(areas["text1"])
    assert (whole["role"], whole["content"][0]["text"], whole["content"][1]["image_url"]["url"]) == (
        "user",
        traces.NASTY,
        traces.PIXEL,
    )
    assert json.loads(areas["tools"]) == [TOOL]
    assert json.loads(areas["parameters"]) == {"temperature": 0.2}
    chosen = [one["value"] for one in reader.all("option") if "selected" in one]
    assert chosen[:3] == ["fake", "system", "JSON"]
    assert [one["value"] for one in reader.all("input") if one.get("name") == "model"] == ["fake-gpt"]


def test_a_call_of_the_fake_is_answered_and_traced(server):
    run = play(server, parameters='{"temperature": 0.5}', tools=json.dumps([TOOL]))
    assert (run["status"], run["run_type"], run["name"], run["error"]) == ("success", "llm", "fake-gpt", None)
    assert server.store.project(run["session_id"])["name"] == "playground"
    assert run["inputs"] == {"messages": [{"role": "user", "content": "hello"}]}
    answer = run["outputs"]["choices"][0]["message"]
    assert answer == {"role": "assistant", "content": "The fake was told: hello"}
    assert run["extra"]["invocation_params"] == {"model": "fake-gpt", "temperature": 0.5, "tools": [TOOL]}
    assert run["total_tokens"] == run["prompt_tokens"] + run["completion_tokens"] > 0
    assert run["start_time"] < run["first_token_time"] < run["end_time"]
    told = twin(server, f"/playground/{run['id']}.json")
    assert told == {"id": run["id"], "status": "success", "text": answer["content"], "error": None}
    again = page(server, "/playground?run=" + run["id"])
    assert [one["text"].strip() for one in again.all("textarea")][0] == "hello"
    assert answer["content"] in again.all("section")[-1]["text"]


def test_a_provider_gets_what_the_form_says(server, provider):
    provider.when(user="Weather?").reply(fakes.Reply([fakes.ToolCall("weather", '{"town": "Bern"}', "call_9")]))
    whole = {"role": "assistant", "content": "I look", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]}  # fmt: skip
    anthropic = {"name": "weather", "description": "d", "input_schema": {"type": "object"}}
    run = play(server, provider="openai", role0="system", text0="Be\r\nbrief.", role1="user", text1="And?", role2="JSON",
               text2=json.dumps(whole), role3="JSON", text3='{"role": "tool", "content": "sun", "tool_call_id": "c1"}',
               role4="user", text4="Weather?", role5="user", text5="", tools=json.dumps([anthropic]),
               parameters='{"temperature": 0}')  # fmt: skip
    assert run["error"] is None
    body = provider.calls()[-1].body
    assert body["messages"] == [
        {"role": "system", "content": "Be\nbrief."}, {"role": "user", "content": "And?"}, whole,
        {"role": "tool", "content": "sun", "tool_call_id": "c1"}, {"role": "user", "content": "Weather?"},
    ]  # fmt: skip
    assert body["tools"] == [
        {"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object"}}}
    ]
    assert (body["temperature"], body["stream"], body["model"]) == (0, True, "fake-gpt")
    assert run["outputs"]["choices"][0]["message"]["tool_calls"] == [
        {"id": "call_9", "type": "function", "function": {"name": "weather", "arguments": '{"town": "Bern"}'}}
    ]


def test_a_key_is_nowhere_in_page_trace_or_error(server, monkeypatch):
    with fakes.serve(reject_keys=["sk-secret-0123456789"]) as strict:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", strict.url("openai"))
        run = play(server, provider="openai")
    assert run["status"] == "error" and "401" in run["error"]
    seen = ask(server, "GET", "/playground?run=" + run["id"])[2] + json.dumps(run).encode()
    assert b"0123456789" not in seen
    assert "HTTP 401" in page(server, "/playground?run=" + run["id"]).all("div", class_="failure")[0]["text"]


def test_an_error_of_the_provider_is_the_runs_error(server, provider):
    provider.when(user="hello").reply(fakes.Error(429, "slow down"))
    run = play(server, provider="openai")
    assert (run["status"], "slow down" in run["error"]) == ("error", True)


def test_a_provider_that_is_not_there_is_the_runs_error(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    run = play(server, provider="openai")
    assert run["status"] == "error" and "refused" in run["error"].lower()


def test_only_providers_with_a_key_are_offered(server, monkeypatch):
    offered = lambda: [one["value"] for one in page(server, "/playground").all("option")][:3]  # noqa: E731
    assert offered() == ["fake", "system", "user"]
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    assert offered() == ["fake", "mistral", "system"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"provider": "openai"}, "cannot be asked"),
        ({"provider": "http://evil/"}, "cannot be asked"),
        ({"text0": ""}, "no message"),
        ({"model": " "}, "has a name"),
        ({"role0": "king"}, "no role"),
        ({"role0": "JSON", "text0": "{"}, "not JSON"),
        ({"role0": "JSON", "text0": "[]"}, "object with a role"),
        ({"tools": "{}"}, "JSON list"),
        ({"tools": "[1]"}, "JSON object"),
        ({"parameters": "[]"}, "JSON object"),
        ({"parameters": "[" * 100_000}, "not JSON"),
    ],
)
def test_what_cannot_be_sent_is_told_and_nothing_is_called(server, fields, told):
    said = {"token": token(server, "/playground"), "provider": "fake", "model": "m", "role0": "user", "text0": "x"}
    status, _, body = send(server, "/playground", {**said, **fields})
    assert (status, told in body.decode()) == (422, True)
    assert server.store.runs()[0] == []


def test_a_form_without_its_token_calls_nobody(server):
    assert send(server, "/playground", {"provider": "fake", "model": "m", "role0": "user", "text0": "x"})[0] == 403
    assert server.store.runs()[0] == []
