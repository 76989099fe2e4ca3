"""The bytes of OpenAI's answers: order of keys and events, pieces, usage, logprobs, sameness after a reset."""

from __future__ import annotations

import json
import re

import pytest

from .asking import MESSAGES, WEATHER_TOOL, ask, chat

# Typed after the recording test-chat-completion-with-raw-response-streaming-abb016d5 (December 2025): order of keys,
# the opening delta, the empty last delta. The ids, the time and the padding are those of request number 1, seed 0.
HEAD = (
    'data: {"id":"chatcmpl-Lqq0Kqzs70aBn4gjyrbA5Y3E4s6D4","object":"chat.completion.chunk","created":1767225601,'
    '"model":"fake-hello","service_tier":"default","system_fingerprint":"fp_90f621a8d7","choices":['
)
STREAMED_HELLO = (
    HEAD + '{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]'
    ',"obfuscation":"Qm"}\n\n' + HEAD + '{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]'
    ',"obfuscation":"MdqeJkxjQMKmCoJ"}\n\n' + HEAD + '{"index":0,"delta":{"content":" from"},"logprobs":null,"finish_reason":null}]'
    ',"obfuscation":"kxjQMKmCoJ3ROul"}\n\n' + HEAD + '{"index":0,"delta":{"content":" fakes"},"logprobs":null,"finish_reason":null}]'
    ',"obfuscation":"KmCoJ3ROulfHyO"}\n\n' + HEAD + '{"index":0,"delta":{"content":"."},"logprobs":null,"finish_reason":null}]'
    ',"obfuscation":"3RO"}\n\n' + HEAD + '{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]'
    ',"obfuscation":"fHyOqglUe29c9O"}\n\n'
    "data: [DONE]\n\n"
)
# Typed after the recording chat-audio-models-… (August 2026) and s-test-tool-calling-agent-… for `logprobs`.
PLAIN_HELLO = """{
  "id": "chatcmpl-Lqq0Kqzs70aBn4gjyrbA5Y3E4s6D4",
  "object": "chat.completion",
  "created": 1767225601,
  "model": "fake-hello",
  "choices": [
    {
      "index": 0,
      "message": {
        "role": "assistant",
        "content": "Hello from fakes.",
        "refusal": null,
        "annotations": []
      },
      "logprobs": null,
      "finish_reason": "stop"
    }
  ],
  "usage": {
    "prompt_tokens": 7,
    "completion_tokens": 4,
    "total_tokens": 11,
    "prompt_tokens_details": {
      "cached_tokens": 0,
      "audio_tokens": 0
    },
    "completion_tokens_details": {
      "reasoning_tokens": 0,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }
  },
  "service_tier": "default",
  "system_fingerprint": "fp_90f621a8d7"
}
"""


def text_of(events, index=0):
    return "".join(
        choice["delta"].get("content") or "" for event in events for choice in event["choices"] if choice["index"] == index
    )


def test_a_streamed_hello_has_these_bytes(server):
    assert chat(server, stream=True).body.decode() == STREAMED_HELLO


def test_a_plain_hello_has_these_bytes(server):
    assert chat(server).body.decode() == PLAIN_HELLO


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": True}}, {"n": 3}])
def test_the_padding_makes_each_chunk_one_longer_than_a_multiple_of_16(server, options):
    for frame in chat(server, "fake-quickstart", stream=True, **options).body.split(b"\n\n")[:-2]:
        assert (len(frame) - len(b"data: ")) % 16 == 1


def test_the_padding_can_be_switched_off(server):
    got = chat(server, stream=True, stream_options={"include_obfuscation": False})
    assert all("obfuscation" not in event for event in got.events)
    assert got.body.decode() == re.sub(r',"obfuscation":"\w*"', "", STREAMED_HELLO)


def test_usage_comes_last_and_alone_when_asked_for(server):
    *events, last = chat(server, stream=True, stream_options={"include_usage": True}).events
    assert all(event["usage"] is None for event in events)
    assert last["choices"] == []
    assert last["usage"] == chat(server).json["usage"]


@pytest.mark.parametrize(
    "body",
    [
        {"model": "fake-hello"},
        {"model": "fake-quickstart", "n": 2},
        {"model": "fake-tool", "tools": [WEATHER_TOOL]},
        {"model": "fake-json", "logprobs": True, "top_logprobs": 3},
        {"model": "fake-nothing"},
        {"model": "gpt-5", "modalities": ["audio"], "audio": {"voice": "alloy", "format": "wav"}},
    ],
    ids=lambda body: body["model"],
)
def test_the_same_requests_after_a_reset_get_the_same_bytes(server, body):
    def run():
        server.reset()
        got = [ask(server, {"messages": MESSAGES, **body, "stream": stream}) for stream in (False, True)]
        return [(reply.status, reply.headers, reply.body) for reply in got]

    first = run()
    assert run() == first
    assert first[0][1]["x-request-id"] != first[1][1]["x-request-id"]


def test_headers_are_those_of_the_real_api(server):
    got = chat(server)
    expected = {
        "content-type": "application/json",
        "openai-version": "2020-10-01",
        "openai-organization": "fakes",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-limit-tokens": "2000000",
        "date": "Thu, 01 Jan 2026 00:00:01 GMT",
        "content-length": str(len(got.body)),
    }
    assert {name: got.headers.get(name) for name in expected} == expected
    assert len(got.headers["x-request-id"]) == len("req_") + 32
    assert got.headers["openai-processing-ms"].isdigit()
    streamed = chat(server, stream=True)
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert streamed.headers["transfer-encoding"] == "chunked"


def test_one_streamed_tool_call_opens_in_the_first_chunk(server):
    events = chat(server, "fake-tool", tools=[WEATHER_TOOL], stream=True).events
    deltas = [event["choices"][0]["delta"] for event in events]
    opening = deltas[0]
    assert list(opening) == ["role", "content", "tool_calls", "refusal"] and opening["content"] is None
    call = opening["tool_calls"][0]
    assert list(call) == ["index", "id", "type", "function"]
    assert (call["index"], call["type"], call["function"]) == (0, "function", {"name": "get_weather", "arguments": ""})
    assert call["id"].startswith("call_") and len(call["id"]) == 29
    pieces = [delta["tool_calls"] for delta in deltas[1:-1]]
    assert len(pieces) > 1 and all(list(piece[0]) == ["index", "function"] for piece in pieces)
    assert "".join(piece[0]["function"]["arguments"] for piece in pieces) == '{"city":"Paris"}'
    assert deltas[-1] == {} and events[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_several_streamed_tool_calls_open_after_a_chunk_with_the_role(server):
    tools = [WEATHER_TOOL, {"type": "function", "function": {"name": "other"}}]
    events = chat(server, "fake-tools", tools=tools, stream=True).events
    deltas = [event["choices"][0]["delta"] for event in events]
    assert deltas[0] == {"role": "assistant", "content": None}  # recording multi-tool-streaming-4e56d8f8
    opened = [piece for delta in deltas for piece in delta.get("tool_calls", ()) if "id" in piece]
    assert [(piece["index"], piece["function"]["name"]) for piece in opened] == [(0, "get_weather"), (1, "other")]
    assert opened[0]["id"] != opened[1]["id"]
    assert len(chat(server, "fake-tools", tools=tools).message["tool_calls"]) == 2
    assert len(chat(server, "fake-tools", tools=tools, parallel_tool_calls=False).message["tool_calls"]) == 1


def test_a_plain_tool_call_stands_between_content_and_refusal(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL])
    assert list(got.message) == ["role", "content", "tool_calls", "refusal", "annotations"]
    assert got.message["content"] is None
    assert got.message["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert got.json["choices"][0]["finish_reason"] == "tool_calls"


def test_a_call_forced_by_name_finishes_with_stop(server):
    choice = {"type": "function", "function": {"name": "get_weather"}}
    for model in ("fake-tool", "gpt-4o"):
        got = chat(server, model, tools=[WEATHER_TOOL], tool_choice=choice)
        assert got.message["tool_calls"] and got.json["choices"][0]["finish_reason"] == "stop"


def test_several_choices_interleave(server):
    got = chat(server, n=3)
    assert [choice["index"] for choice in got.json["choices"]] == [0, 1, 2]
    assert {choice["message"]["content"] for choice in got.json["choices"]} == {"Hello from fakes."}
    assert got.json["usage"]["completion_tokens"] == 12
    events = chat(server, n=2, stream=True).events
    assert [event["choices"][0]["index"] for event in events[:4]] == [0, 1, 0, 1]
    assert [text_of(events, index) for index in (0, 1)] == ["Hello from fakes."] * 2
    assert sum(event["choices"][0]["finish_reason"] == "stop" for event in events) == 2


def test_choices_call_tools_under_ids_of_their_own(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL], n=2)
    ids = [choice["message"]["tool_calls"][0]["id"] for choice in got.json["choices"]]
    events = chat(server, "fake-tool", tools=[WEATHER_TOOL], n=2, stream=True).events
    ids += [call["id"] for event in events for call in event["choices"][0]["delta"].get("tool_calls", ()) if "id" in call]
    assert len(set(ids)) == 4


def test_logprobs_have_an_entry_for_each_token(server):
    got = chat(server, logprobs=True, top_logprobs=2).json["choices"][0]["logprobs"]
    assert got["refusal"] is None
    assert [entry["token"] for entry in got["content"]] == ["Hello", " from", " fakes", "."]
    first = got["content"][0]
    assert list(first) == ["token", "logprob", "bytes", "top_logprobs"]
    assert first["bytes"] == list(b"Hello") and first["logprob"] < 0
    assert len(first["top_logprobs"]) == 2 and first["top_logprobs"][0]["token"] == "Hello"
    events = chat(server, logprobs=True, stream=True).events
    streamed = [event["choices"][0]["logprobs"] for event in events]
    assert streamed[0] is None and streamed[-1] is None
    assert [entry["token"] for logprobs in streamed[1:-1] for entry in logprobs["content"]] == [
        entry["token"] for entry in got["content"]
    ]
    assert streamed[1]["content"][0]["top_logprobs"] == []


@pytest.mark.parametrize(
    "stop, text",
    [("from", "Hello "), (["zzz", " fa"], "Hello from"), (["kes.", "from"], "Hello "), ("Hello", ""), ("x", "Hello from fakes.")],
)
def test_stop_sequences_cut_the_text(server, stop, text):
    got = chat(server, stop=stop)
    assert got.message["content"] == text and got.json["choices"][0]["finish_reason"] == "stop"
    assert got.json["usage"]["completion_tokens"] > 0
    assert text_of(chat(server, stop=stop, stream=True).events) == text


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("room, text, finish", [(1, "Hello", "length"), (3, "Hello from fakes", "length"), (4, "Hello from fakes.", "stop")])
def test_token_limits_cut_the_text(server, name, room, text, finish):
    got = chat(server, **{name: room})
    assert (got.message["content"], got.json["choices"][0]["finish_reason"]) == (text, finish)
    assert got.json["usage"]["completion_tokens"] == room
    events = chat(server, stream=True, **{name: room}).events
    assert (text_of(events), events[-1]["choices"][0]["finish_reason"]) == (text, finish)


def test_a_token_limit_cuts_a_tool_call_in_its_arguments(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL], max_tokens=12)
    assert got.json["choices"][0]["finish_reason"] == "length"
    arguments = got.message["tool_calls"][0]["function"]["arguments"]
    assert arguments != '{"city":"Paris"}' and '{"city":"Paris"}'.startswith(arguments)


def test_a_reasoning_model_reports_its_reasoning(server):
    usage = chat(server, "gpt-5").json["usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 64
    assert usage["completion_tokens"] == 64 + 4
    cut = chat(server, "gpt-5", max_completion_tokens=10).json
    assert (cut["choices"][0]["message"]["content"], cut["choices"][0]["finish_reason"]) == ("", "length")
    assert cut["usage"]["completion_tokens"] == 10
    assert "logprobs" not in chat(server, "gpt-5").json["choices"][0]  # recording simple-object-6bbd3692
    assert chat(server, "gpt-5").json["system_fingerprint"] is None
    assert chat(server, "gpt-5").json["model"] == "gpt-5-2025-08-07"


def test_a_spoken_answer_has_a_transcript_and_sound(server):
    spoken = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
    audio = chat(server, "gpt-4o", **spoken).message["audio"]
    assert list(audio) == ["id", "data", "expires_at", "transcript"]
    assert audio["transcript"] == "Hello from fakes." and audio["data"].startswith("UklGR")  # "RIFF" in base64
    spoken["audio"]["format"] = "pcm16"
    deltas = [event["choices"][0]["delta"] for event in chat(server, "gpt-4o", stream=True, **spoken).events]
    pieces = [delta["audio"] for delta in deltas if "audio" in delta]
    assert "".join(piece.get("transcript", "") for piece in pieces) == "Hello from fakes."
    assert len({piece["id"] for piece in pieces}) == 1
    assert any("data" in piece for piece in pieces) and "expires_at" in pieces[-1]


def test_legacy_functions_are_called_in_the_legacy_form(server):
    function = WEATHER_TOOL["function"]
    got = chat(server, "fake-tool", functions=[function], function_call="auto")
    assert got.message["function_call"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert got.json["choices"][0]["finish_reason"] == "function_call"
    events = chat(server, "fake-tool", functions=[function], stream=True).events
    calls = [event["choices"][0]["delta"].get("function_call", {}) for event in events]
    assert calls[0]["name"] == "get_weather"
    assert "".join(call.get("arguments", "") for call in calls) == '{"city":"Paris"}'


@pytest.mark.parametrize("text", ["é ü 😀 漢字", 'quote " back \\ slash\n\ttab', "\x00\x1f", "\ud800 lone"])
def test_any_text_survives_the_way_there_and_back(server, text):
    messages = [{"role": "user", "content": text}]
    assert chat(server, "fake-echo", messages).message["content"] == text
    assert text_of(chat(server, "fake-echo", messages, stream=True).events) == text


def test_models_are_listed_and_described(server):
    listed = ask(server, method="GET", path="/openai/v1/models").json
    assert listed["object"] == "list"
    names = [model["id"] for model in listed["data"]]
    assert {"fake-hello", "fake-cut", "gpt-4o"} <= set(names)
    one = ask(server, method="GET", path="/openai/v1/models/gpt-4o").json
    assert one == {"id": "gpt-4o", "object": "model", "created": 1767225600, "owned_by": "system"}
    none = ask(server, method="GET", path="/openai/v1/models/no-such-model")
    assert (none.status, none.error["code"]) == (404, "model_not_found")


def test_the_echo_is_json_and_not_only_looks_like_it(server):
    body = chat(server, "fake-echo", [{"role": "user", "content": '", "x": "'}]).body
    assert json.loads(body)["choices"][0]["message"]["content"] == '", "x": "'
