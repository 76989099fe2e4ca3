"""What the fake Mistral says: the ready behaviours and the ordinary models, whole and streamed, in Mistral's form."""

from __future__ import annotations

import json
import re

import pytest

import fakes
from fakes import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage

from ..protocols.recordings import recordings
from .asking import MESSAGES, WEATHER_TOOL, ask

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}}, "required": ["city", "temp_c"]}


def chat(server, model="fake-hello", messages=None, **body):
    request = {"model": model, "messages": MESSAGES if messages is None else messages, **body}
    return ask(server, request, path="/mistral/v1/chat/completions")


def deltas(got):
    return [event["choices"][0]["delta"] for event in got.events]


def content_of(got):
    """Add a stream's content up: a string, or (thoughts, text) when lists came."""
    thoughts, text, listed = "", "", False
    for delta in deltas(got):
        content = delta.get("content")
        if isinstance(content, str):
            text += content
        for chunk in content if isinstance(content, list) else ():
            listed = True
            if chunk["type"] == "thinking":
                thoughts += "".join(piece["text"] for piece in chunk["thinking"])
            else:
                text += chunk["text"]
    return (thoughts, text) if listed else text


def test_an_answer_has_the_recorded_key_order(server):
    got = chat(server)
    assert list(got.json) == ["id", "created", "model", "usage", "object", "choices"]
    assert list(got.json["choices"][0]) == ["index", "finish_reason", "message"]
    assert got.message == {"role": "assistant", "tool_calls": None, "content": "Hello from fakes."}
    assert got.json["usage"]["total_tokens"] == got.json["usage"]["prompt_tokens"] + got.json["usage"]["completion_tokens"]
    assert re.fullmatch("[0-9a-f]{32}", got.json["id"])
    assert b" " not in got.body.replace(b"Hello from fakes.", b"")


def test_the_headers_are_those_of_the_recordings(server):
    got = chat(server)
    assert got.headers["x-ratelimit-tokens-query-cost"] == str(got.json["usage"]["total_tokens"])
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", got.headers["mistral-correlation-id"])
    streamed = chat(server, stream=True).headers
    assert streamed["content-type"] == "text/event-stream; charset=utf-8" and "x-ratelimit-limit-req-minute" not in streamed


def test_usage_comes_with_the_finish_and_every_chunk_but_the_first_is_padded(server):
    events = chat(server, stream=True).events
    assert [("usage" in event, "p" in event) for event in events] == [(False, False)] + [(False, True)] * 4 + [(True, True)]
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert events[-1]["choices"][0] == {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}
    assert list(events[-1]) == ["id", "object", "created", "model", "choices", "usage", "p"]
    assert all("abcdefghijklmnopqrstuvwxyz0123456789".startswith(event["p"]) for event in events[1:])


def test_a_tool_call_comes_whole_with_the_finish(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL])
    (call,) = got.message["tool_calls"]
    assert list(call) == ["id", "type", "function", "index"] and got.message["content"] == ""
    assert re.fullmatch("[a-zA-Z0-9]{9}", call["id"]) and call["function"]["arguments"] == '{"city":"Paris"}'
    events = chat(server, "fake-tool", tools=[WEATHER_TOOL], stream=True).events
    assert len(events) == 2 and events[1]["choices"][0]["finish_reason"] == "tool_calls"
    assert events[1]["choices"][0]["delta"]["tool_calls"][0]["function"] == call["function"]
    assert events[1]["usage"]["completion_tokens"] > 0


def test_several_calls_share_one_delta_and_have_ids_of_their_own(server):
    other = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
    events = chat(server, "fake-tools", tools=[WEATHER_TOOL, other], stream=True).events
    calls = events[-1]["choices"][0]["delta"]["tool_calls"]
    assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "get_weather"), (1, "get_time")]
    assert len({call["id"] for call in calls}) == 2
    got = chat(server, "fake-tools", tools=[WEATHER_TOOL, other], parallel_tool_calls=False)
    assert len(got.message["tool_calls"]) == 1


def test_a_tool_s_result_is_answered(server):
    call = chat(server, "fake-tool", tools=[WEATHER_TOOL]).message
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "21 degrees"}
    del call["content"]
    got = chat(server, "fake-tool", [*MESSAGES, call, result], tools=[WEATHER_TOOL])
    assert got.message["content"] == "The tool says: 21 degrees"


@pytest.mark.parametrize("choice, called", [("any", True), ("required", True), ("none", False), ("auto", False), ({"type": "function", "function": {"name": "get_weather"}}, True)])
def test_an_ordinary_model_obeys_tool_choice(server, choice, called):
    got = chat(server, "mistral-large-latest", tools=[WEATHER_TOOL], tool_choice=choice)
    assert bool(got.message["tool_calls"]) == called
    assert got.json["choices"][0]["finish_reason"] == ("tool_calls" if called else "stop")


def test_thoughts_are_chunks_of_a_content_list(server):
    got = chat(server, "fake-think").message["content"]
    assert got == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Let me think: six times seven is forty-two."}], "closed": True},
        {"type": "text", "text": "The answer is 42."},
    ]
    streamed = chat(server, "fake-think", stream=True)
    assert content_of(streamed) == ("Let me think: six times seven is forty-two.", "The answer is 42.")
    kinds = [type(delta["content"]).__name__ for delta in deltas(streamed)]
    assert kinds[:2] == ["str", "str"] and kinds[-1] == "str" and "list" in kinds
    turning = [delta["content"] for delta in deltas(streamed) if len(delta["content"]) == 2 and isinstance(delta["content"], list)]
    assert [[chunk["type"] for chunk in content] for content in turning] == [["thinking", "text"]]


@pytest.mark.parametrize(
    "model, body, thinks",
    [
        ("mistral-small-latest", {}, False),
        ("mistral-small-latest", {"reasoning_effort": "high"}, True),
        ("mistral-small-latest", {"reasoning_effort": "none"}, False),
        ("magistral-small-latest", {"prompt_mode": "reasoning"}, True),
        ("magistral-medium-latest", {}, True),
        ("magistral-medium-latest", {"reasoning_effort": "none"}, False),
        ("fake-hello", {"reasoning_effort": "high"}, False),
    ],
)
def test_a_model_thinks_when_it_is_asked_to(server, model, body, thinks):
    assert isinstance(chat(server, model, **body).message["content"], list) == thinks
    assert isinstance(content_of(chat(server, model, stream=True, **body)), tuple) == thinks


def test_a_signed_thought_and_what_this_api_cannot_say():
    reply = Reply([RedactedThinking("x"), Thinking("Hm", None), Thinking(".", "sig"), Text("a"), Refusal("no")])
    with fakes.serve([reply, reply]) as server:
        content = chat(server, "any-name").message["content"]
        assert content[0] == {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "sig", "closed": True}
        assert content[1:] == [{"type": "text", "text": "ano"}]
        assert content_of(chat(server, "any-name", stream=True)) == ("Hm.", "ano")


def test_a_thought_and_a_call_and_a_limit():
    replies = [Reply([Thinking("Hm"), ToolCall("f", "{}", "abcDEF123")])] * 2 + [Reply([Thinking("a"), Thinking("b"), Text("c")])]
    with fakes.serve(replies) as server:
        message = chat(server, "m").message
        assert [chunk["type"] for chunk in message["content"]] == ["thinking"] and message["tool_calls"][0]["id"] == "abcDEF123"
        assert "tool_calls" in deltas(chat(server, "m", stream=True))[-1]
        cut = chat(server, "m", max_tokens=2).json["choices"][0]
        assert cut["finish_reason"] == "length" and "closed" not in cut["message"]["content"][0]


def test_a_prefix_is_continued(server):
    got = chat(server, messages=[*MESSAGES, {"role": "assistant", "content": "Well. ", "prefix": True}])
    assert got.message["content"] == "Well. Hello from fakes."


def test_json_is_given_in_both_forms(server):
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}
    assert json.loads(chat(server, "mistral-small-latest", response_format=wanted).message["content"]) == {"city": "Paris", "temp_c": 21}
    assert json.loads(chat(server, "mistral-small-latest", response_format={"type": "json_object"}).message["content"])


@pytest.mark.parametrize("body, text, finish", [({"max_tokens": 2}, "Hello from", "length"), ({"stop": "fak"}, "Hello from ", "stop"), ({"stop": ["x", " from"]}, "Hello", "stop")])
def test_limits_cut_the_text(server, body, text, finish):
    got = chat(server, **body)
    assert (got.message["content"], got.json["choices"][0]["finish_reason"]) == (text, finish)
    streamed = chat(server, stream=True, **body)
    assert (content_of(streamed), streamed.events[-1]["choices"][0]["finish_reason"]) == (text, finish)


def test_several_choices_and_log_probabilities(server):
    got = chat(server, n=2, logprobs=True, top_logprobs=2).json
    assert [choice["index"] for choice in got["choices"]] == [0, 1]
    (first, *_) = got["choices"][0]["logprobs"]["content"]
    assert first["token"] == "Hello" and list(first) == ["token", "logprob", "bytes", "token_id", "top_logprobs"] and len(first["top_logprobs"]) == 2
    events = chat(server, n=2, stream=True).events
    assert [event["choices"][0]["index"] for event in events[:4]] == [0, 1, 0, 1]
    assert ["usage" in event for event in events[-2:]] == [False, True]


def test_what_is_filtered_ends_with_error_and_what_is_refused_is_text(server):
    assert chat(server, "fake-filtered").json["choices"][0]["finish_reason"] == "error"
    assert chat(server, "fake-refuse").message["content"] == "I'm sorry, I can't help with that."


def test_usage_can_be_scripted():
    with fakes.serve([Reply.of("a"), Reply([Text("a")], usage=Usage(10, 5, None, cache_read=4))]) as server:
        assert chat(server, "m").json["usage"]["completion_tokens"] == 1
        usage = chat(server, "m").json["usage"]
        assert usage == {"prompt_tokens": 10, "total_tokens": 15, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}, "service_tier": "standard"}
        assert chat(server, "m").json["code"] == "no_rule"


@pytest.mark.parametrize("text", ["é ü 😀 漢字", 'quote " back \\ slash\n\ttab', "\ud800 lone"])
def test_any_text_survives_the_way_there_and_back(server, text):
    messages = [{"role": "user", "content": text}]
    assert chat(server, "fake-echo", messages).message["content"] == text
    assert content_of(chat(server, "fake-echo", messages, stream=True)) == text


def test_models_are_listed_and_described(server):
    listed = ask(server, method="GET", path="/mistral/v1/models").json
    assert listed["object"] == "list" and {"fake-hello", "mistral-small-latest"} <= {row["id"] for row in listed["data"]}
    one = ask(server, method="GET", path="/mistral/v1/models/mistral-small-latest").json
    assert (one["id"], one["owned_by"], one["type"], one["capabilities"]["completion_chat"]) == ("mistral-small-latest", "mistralai", "base", True)


def test_the_same_requests_get_the_same_bytes(server):
    first = [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body]
    server.reset()
    assert [chat(server, stream=True).body, chat(server, "fake-tool", tools=[WEATHER_TOOL]).body] == first


def test_the_chunks_have_the_keys_of_the_newest_recording(server):
    """The second witness: the recordings of August 2026."""
    found = [exchange for name, exchange in recordings("mistral", "/chat/completions") if name.startswith("al-hybrid-reasoning-streams")]
    if not found:
        pytest.skip("the recordings are not beside this repository")
    recorded = [json.loads(line[6:]) for line in found[0]["response"]["body"].splitlines() if line.startswith("data: {")]
    faked = chat(server, "fake-think", stream=True).events
    assert [list(event) for event in (recorded[0], recorded[1], recorded[-1])] == [list(event) for event in (faked[0], faked[1], faked[-1])]
    assert list(recorded[-1]["usage"]) == list(faked[-1]["usage"])

    def shapes(events):
        return {json.dumps(event["choices"][0]["delta"]["content"], default=str)[:22] for event in events if isinstance(event["choices"][0]["delta"]["content"], list)}

    assert shapes(recorded) == shapes(faked)
