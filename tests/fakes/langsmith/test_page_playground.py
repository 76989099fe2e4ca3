"""The playground: filled from a run, sent to the fake or a provider with a key, and each call is itself a run."""

from __future__ import annotations

import json
import socket
import threading

import pytest

import fakes
from tests.fakes.langsmith import page_traces as traces
from tests.fakes.langsmith.page_reading import Reader, ask, page, send, token, twin

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
    params = {"model": "fake-gpt", "temperature": 0.5, "stream": True, "tools": [TOOL]}
    assert run["extra"]["invocation_params"] == params
    metadata = run["extra"]["metadata"]
    assert {name: metadata[name] for name in ("ls_provider", "ls_model_name", "ls_model_type", "ls_temperature")} == {
        "ls_provider": "fake", "ls_model_name": "fake-gpt", "ls_model_type": "chat", "ls_temperature": 0.5,
    }  # fmt: skip
    assert metadata["usage_metadata"]["total_tokens"] == run["total_tokens"]
    assert [event["name"] for event in run["events"]] == ["start", "new_token", "end"]
    assert run["total_tokens"] == run["prompt_tokens"] + run["completion_tokens"] > 0
    assert run["start_time"] < run["first_token_time"] < run["end_time"]
    told = twin(server, f"/playground/{run['id']}.json")
    assert told == {"id": run["id"], "status": "success", "under_way": False, "text": answer["content"],
                    "error": None}  # fmt: skip
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


def offered(server):
    return {one["value"]: one["text"] for one in page(server, "/playground").all("option")}


def test_every_provider_is_offered_and_says_whether_it_needs_a_key(server, monkeypatch):
    assert (offered(server)["fake"], offered(server)["mistral"]) == ("fake", "mistral (needs a key)")
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    assert offered(server)["mistral"] == "mistral"


def raw_provider(monkeypatch, body, *, status=b"200 OK", length=None):
    """Give the requests of a provider that answers the first with these bytes, and hangs up."""
    listening, heard = socket.create_server(("127.0.0.1", 0)), []

    def answer():
        connection, _ = listening.accept()
        with connection, listening, connection.makefile("rb") as lines:
            head = b"".join(iter(lines.readline, b"\r\n"))
            heard.append(head + lines.read(int(head.lower().partition(b"content-length: ")[2].split()[0])))
            more = b"" if length is None else b"\r\ncontent-length: %d" % length
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nconnection: close" + more + b"\r\n\r\n" + body)

    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
    threading.Thread(target=answer, daemon=True).start()
    return heard


TYPED = "sk-typed-0123456789"


@pytest.mark.parametrize("where", ["typed", "environment"])
def test_a_key_goes_to_the_provider_and_nowhere_else(server, monkeypatch, where):
    # Some providers repeat the key that they refuse.
    heard = raw_provider(monkeypatch, f"Incorrect API key provided: {TYPED}.".encode(), status=b"401 Unauthorized")
    monkeypatch.delenv("OPENAI_API_KEY")
    if where == "environment":
        monkeypatch.setenv("OPENAI_API_KEY", TYPED)
    run = play(server, provider="openai", **({"key": f" {TYPED} "} if where == "typed" else {}))
    assert f"authorization: bearer {TYPED}\r\n" in heard[0].decode().lower()
    assert run["error"] == "HTTP 401 Unauthorized: Incorrect API key provided: …."
    seen = b"".join(
        ask(server, "GET", address)[2]
        for address in ("/playground?run=" + run["id"], f"/projects/p/-/r/{run['id']}.json", f"/projects/p/-/r/{run['id']}",
                        f"/playground/{run['id']}.json", "/playground")
    ) + json.dumps(run).encode() + "\n".join(server.store._db.iterdump()).encode()  # fmt: skip
    assert TYPED.encode() not in seen and b"0123456789" not in seen


@pytest.mark.parametrize("key", ["sk bad", "sk-\nx: y", "sk-ключ", "k" * 5000])
def test_a_key_that_can_be_none_is_refused_without_being_repeated(server, key):
    fields = {"token": token(server, "/playground"), "provider": "openai", "model": "m", "role0": "user", "text0": "x", "key": key}
    status, _, body = send(server, "/playground", fields)
    assert status == 422 and "holds a letter that no key has" in body.decode() and key not in body.decode()
    assert server.store.count_runs() == 0


def test_a_key_of_the_environment_may_end_in_a_newline(server, provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", provider.key + "\n")
    provider.when(user="hello").reply("hi")
    assert play(server, provider="openai")["error"] is None


def said(content, **more):
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": content}, **more}]}).encode() + b"\n\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (said("Half of an"), "broke off"),
        (b"<html>Welcome to the proxy</html>", "no stream of a chat completion came: <html>Welcome to the proxy"),
        (b"", "no stream of a chat completion came"),
        (said("Half") + b'data: {"error": {"message": "overloaded"}}\n\n', "overloaded"),
        (b"data: [1]\n\n", "is no object"),
        (b"data: {oops\n\n", "JSONDecodeError"),
    ],
)
def test_an_answer_that_is_none_or_breaks_off_is_the_runs_error(server, monkeypatch, body, told):
    raw_provider(monkeypatch, body)
    run = play(server, provider="openai")
    assert run["status"] == "error" and told in run["error"]
    assert run["outputs"]["choices"][0]["message"]["content"] == ("Half of an" if b"Half of" in body else "Half" if b"Half" in body else "")


def test_an_error_that_breaks_off_still_ends_the_run(server, monkeypatch):
    raw_provider(monkeypatch, b"slow", status=b"429 Too Many Requests", length=500)
    run = play(server, provider="openai")
    assert run["status"] == "error" and run["error"].startswith("HTTP 429 Too Many Requests: ")


def test_thoughts_details_of_usage_and_what_the_provider_calls_it_are_traced(server, monkeypatch):
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 4},
             "completion_tokens_details": {"reasoning_tokens": 3}}  # fmt: skip
    pieces = [
        {"id": "c1", "model": "gpt-x-2026", "choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]},
        {"choices": [{"index": 0, "delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "!"}]},
                                                        {"type": "text", "text": "yes"}]}}]},
        {"choices": [{"index": 0, "delta": {"content": "."}, "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
    ]  # fmt: skip
    raw_provider(monkeypatch, b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in pieces) + b"data: [DONE]\n\n")
    run = play(server, provider="openai")
    answer = run["outputs"]
    assert (answer["id"], answer["model"], answer["usage"]) == ("c1", "gpt-x-2026", usage)
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "yes.", "reasoning_content": "hm!"}
    assert run["extra"]["metadata"]["usage_metadata"] == {
        "input_tokens": 9, "output_tokens": 5, "total_tokens": 14, "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 3},
    }  # fmt: skip
    assert (run["prompt_tokens"], run["total_tokens"]) == (9, 14)


def test_a_call_is_stopped_with_what_has_come_and_hangs_up_on_the_provider(server, provider):
    provider.pace(fakes.Pace(first_token=0.0, tokens_per_second=4.0))
    provider.when(user="hello").reply("word " * 2000)
    fields = {"token": token(server, "/playground"), "provider": "openai", "model": "fake-gpt", "role0": "user", "text0": "hello"}
    _, headers, _ = send(server, "/playground", fields)
    run_id = headers["location"].partition("run=")[2].partition("#")[0]
    while "word" not in twin(server, f"/playground/{run_id}.json")["text"]:
        pass
    assert "Stop" in [one["text"] for one in page(server, "/playground?run=" + run_id).all("button")]
    assert send(server, f"/playground/{run_id}/stop", {})[0] == 403  # not without the token
    status, headers, _ = send(server, f"/playground/{run_id}/stop", {"token": fields["token"]})
    assert (status, headers["location"]) == (303, f"/playground?run={run_id}#answer")
    run = server.store.run(run_id)
    assert (run["status"], run["error"][:9]) == ("error", "Cancelled")
    assert run["outputs"]["choices"][0]["message"]["content"].startswith("word")
    for thread in threading.enumerate():
        if thread.name == "playground":
            thread.join(10)
            assert not thread.is_alive()  # it did not wait for the provider's minutes
    assert server.store.run(run_id)["end_time"] == run["end_time"]  # ended once
    assert "Stop" not in [one["text"] for one in page(server, "/playground?run=" + run_id).all("button")]
    assert send(server, f"/playground/{run_id}/stop", {"token": fields["token"]})[0] == 303  # too late is no error


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"provider": "openai"}, "cannot be asked"),
        ({"provider": "http://evil/"}, "no provider"),
        ({"parameters": '{"stream": false}'}, "the form says it"),
        ({"parameters": '{"model": "x"}'}, "the form says it"),
        ({"parameters": '{"n": 2}'}, "one answer"),
        ({"tools": '[{"type": "web_search_20250305", "name": "web_search"}]'}, "cannot say"),
        ({"tools": '[{"googleSearch": {}}]'}, "cannot say"),
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


def test_a_form_that_cannot_be_read_comes_back_as_it_was_sent_without_the_key(server):
    sent = {"token": token(server, "/playground"), "provider": "mistral", "model": "my <model>", "key": TYPED, "role0": "system", "text0": "Be\r\nbrief.",
            "role1": "JSON", "text1": "{oops", "role2": "user", "text2": "", "tools": "[1", "parameters": '{"a": 1}'}  # fmt: skip
    status, _, body = send(server, "/playground", sent)
    assert status == 422 and TYPED.encode() not in body
    reader = Reader(body.decode())
    assert "message 2: not JSON" in reader.all("p", class_="error")[0]["text"]
    areas = {one["name"]: one["text"][1:] for one in reader.all("textarea")}  # the first newline is swallowed
    assert areas == {"text0": "Be\nbrief.", "text1": "{oops", "text2": "", "tools": "[1", "parameters": '{"a": 1}'}
    assert [one["value"] for one in reader.all("option") if "selected" in one] == ["mistral", "system", "JSON", "user"]
    assert [one["value"] for one in reader.all("input") if one.get("name") == "model"] == ["my <model>"]
    sent.update({name: text for name, text in areas.items()}, text1='{"role": "user", "content": "hi"}', tools="", provider="fake")
    assert send(server, "/playground", sent)[0] == 303  # mended, it is taken


CALLS = {"role": "assistant", "content": "", "tool_calls": [
    {"id": one, "type": "function", "function": {"name": "weather", "arguments": "{}"}} for one in ("c1", "c2")]}  # fmt: skip


def test_a_tools_answer_names_the_call_that_it_is_of(server):
    run = play(server, role1="JSON", text1=json.dumps(CALLS), role2="tool", text2="sun", role3="tool", text3="rain")
    assert [(one["content"], one["tool_call_id"]) for one in run["inputs"]["messages"][2:]] == [
        ("sun", "c1"), ("rain", "c2"),
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [
    {}, {"role1": "JSON", "text1": json.dumps({**CALLS, "tool_calls": [None, {}]})},
    {"role1": "JSON", "text1": json.dumps({**CALLS, "tool_calls": CALLS["tool_calls"][:1]}), "role2": "tool", "text2": "sun"},
])  # fmt: skip
def test_an_answer_of_a_tool_that_nobody_called_is_refused_and_kept_in_the_form(server, rows):
    fields = {"token": token(server, "/playground"), "provider": "fake", "model": "m", "role0": "user", "text0": "x",
              **rows, "role3": "tool", "text3": "mine"}  # fmt: skip
    status, _, body = send(server, "/playground", fields)
    assert status == 422 and b"message 4: a tool&#39;s answer follows the call" in body and b"mine" in body
