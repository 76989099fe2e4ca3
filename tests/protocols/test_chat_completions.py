"""Chat Completions: frames typed from the documentation, and every kind of reply that is not whole."""

import json
import pathlib

import pytest

from minichat.errors import (
    AuthenticationError,
    BadRequest,
    IncompleteStream,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProtocolError,
    ProviderError,
    RateLimited,
    ServerError,
)
from minichat.protocols.chat_completions import ChatCompletions, usage_metadata

from .feeding import add_up, cuts, decode_stream

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "openai"
CODEC = ChatCompletions(provider="openai", url="http://x/v1/chat/completions", headers={"Authorization": "Bearer k"})


def golden(name):
    return (GOLDEN / name).read_bytes()


def event(**payload):
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def delta(finish=None, index=0, **fields):
    return event(id="c1", model="m", choices=[{"index": index, "delta": fields, "finish_reason": finish}])


DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("way, blocks", cuts(golden("stream_text.sse")), ids=lambda one: one if isinstance(one, str) else "")
def test_the_documented_stream_gives_its_text_and_usage(way, blocks):
    chunks, error = decode_stream(CODEC, blocks)
    assert error is None
    assert [chunk.content for chunk in chunks] == ["", "Hello", " 世界 🌍", ""]
    assert {chunk.id for chunk in chunks} == {"run-1"}
    message = add_up(chunks)
    assert message.content == "Hello 世界 🌍"
    assert message.usage_metadata == {
        "input_tokens": 19,
        "output_tokens": 10,
        "total_tokens": 29,
        "input_token_details": {"audio": 0, "cache_read": 8},
        "output_token_details": {"audio": 0, "reasoning": 4},
    }
    metadata = dict(message.response_metadata)
    assert metadata.pop("token_usage")["total_tokens"] == 29
    assert metadata == {
        "model_provider": "openai",
        "model_name": "gpt-4o-mini",
        "system_fingerprint": "fp_44709d6fcb",
        "id": "chatcmpl-123",
        "finish_reason": "stop",
    }


@pytest.mark.parametrize("way, blocks", cuts(golden("stream_tools.sse")), ids=lambda one: one if isinstance(one, str) else "")
def test_interleaved_tool_calls_are_assembled_by_index(way, blocks):
    chunks, error = decode_stream(CODEC, blocks)
    assert error is None
    message = add_up(chunks)
    assert message.content == ""
    assert message.tool_calls == [
        {
            "name": "get_weather",
            "args": {"location": "Paris"},
            "id": "call_DdmO9pD3xa9XTPNJ32zg2hcA",
            "type": "tool_call",
        },
        {"name": "get_time", "args": {}, "id": "call_second", "type": "tool_call"},
    ]
    assert message.response_metadata["finish_reason"] == "tool_calls"
    assert message.usage_metadata is None


def test_a_stream_cut_at_any_byte_is_incomplete_and_keeps_what_came():
    body = golden("stream_text.sse").replace(b"\n\ndata: [DONE]\n\n", b"\n\ndata: [DONE]\n")
    for offset in range(len(body)):
        chunks, error = decode_stream(CODEC, [body[:offset]])
        assert isinstance(error, IncompleteStream), offset
        text = "".join(chunk.content for chunk in chunks)
        assert "Hello 世界 🌍".startswith(text)
    assert text == "Hello 世界 🌍"


WHOLE = {
    "id": "c1",
    "object": "chat.completion",
    "model": "gpt-x",
    "system_fingerprint": "fp",
    "service_tier": "default",
    "choices": [
        {"index": 1, "message": {"role": "assistant", "content": "second"}, "finish_reason": "length"},
        {"index": 0, "message": {"role": "assistant", "content": "first"}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def test_several_choices_come_in_the_order_of_their_indexes():
    first, second = CODEC.decode(json.dumps(WHOLE).encode())
    assert (first.content, second.content) == ("first", "second")
    assert second.response_metadata["finish_reason"] == "length"
    assert first.response_metadata["service_tier"] == "default"
    assert first.usage_metadata["input_token_details"] == {}


CUSTOM = {"id": "c", "type": "custom", "custom": {"name": "run", "input": "print(1)"}}
MESSAGES = [
    ("custom tool call", {"content": None, "tool_calls": [CUSTOM]}, "", {"tool_calls": [CUSTOM]}),
    ("refusal", {"content": None, "refusal": "I can't."}, "", {"refusal": "I can't."}),
    (
        "legacy function call",
        {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
        "",
        {"function_call": {"name": "f", "arguments": "{}"}},
    ),
    ("audio", {"content": None, "audio": {"id": "a", "data": "AA", "transcript": "hi"}}, "", {"audio": {"id": "a", "data": "AA", "transcript": "hi"}}),
    ("reasoning", {"content": "4", "reasoning_content": "2+2"}, "4", {"reasoning_content": "2+2"}),
    ("annotations", {"content": "x", "annotations": [{"type": "url_citation"}]}, "x", {"annotations": [{"type": "url_citation"}]}),
]


@pytest.mark.parametrize("name, message, content, extra", MESSAGES, ids=[row[0] for row in MESSAGES])
def test_what_has_no_field_is_kept_in_additional_kwargs(name, message, content, extra):
    reply = {**WHOLE, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    (decoded,) = CODEC.decode(json.dumps(reply).encode())
    assert decoded.content == content
    assert decoded.additional_kwargs == extra


def test_arguments_that_are_no_json_become_an_invalid_tool_call():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": '}}
    reply = {**WHOLE, "choices": [{"index": 0, "message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    (decoded,) = CODEC.decode(json.dumps(reply).encode())
    assert decoded.tool_calls == []
    (invalid,) = decoded.invalid_tool_calls
    assert (invalid["name"], invalid["args"], invalid["id"]) == ("f", '{"a": ', "c")
    assert invalid["error"]


STREAMED = [
    (
        "custom tool call",
        [
            {"tool_calls": [{"index": 0, "id": "c", "type": "custom", "custom": {"name": "run", "input": ""}}]},
            {"tool_calls": [{"index": 0, "custom": {"input": "print("}}]},
            {"tool_calls": [{"index": 0, "custom": {"input": "1)"}}]},
        ],
        {"tool_calls": [{"index": 0, **CUSTOM}]},
    ),
    ("refusal", [{"refusal": "I "}, {"refusal": "can't."}], {"refusal": "I can't."}),
    ("reasoning", [{"reasoning_content": "2"}, {"reasoning_content": "+2"}], {"reasoning_content": "2+2"}),
    (
        "function call",
        [{"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}],
        {"function_call": {"name": "f", "arguments": "{}"}},
    ),
    (
        "audio, whose id comes with every piece",
        [{"audio": {"id": "a1", "transcript": "he"}}, {"audio": {"id": "a1", "data": "AAAA"}}, {"audio": {"id": "a1", "data": "BBBB", "expires_at": 9}}],
        {"audio": {"id": "a1", "transcript": "he", "data": "AAAABBBB", "expires_at": 9}},
    ),
]


@pytest.mark.parametrize("name, deltas, extra", STREAMED, ids=[row[0] for row in STREAMED])
def test_streamed_pieces_of_it_are_joined(name, deltas, extra):
    body = b"".join(delta(**one) for one in deltas) + delta("stop") + DONE
    chunks, error = decode_stream(CODEC, [body])
    assert error is None
    assert add_up(chunks).additional_kwargs == extra


def test_logprobs_are_joined():
    def piece(token):
        return event(id="c", model="m", choices=[{"index": 0, "delta": {"content": token}, "logprobs": {"content": [{"token": token}], "refusal": None}, "finish_reason": None}])

    chunks, error = decode_stream(CODEC, [piece("a") + piece("b") + delta("stop") + DONE])
    assert error is None
    message = add_up(chunks)
    assert message.content == "ab"
    assert message.response_metadata["logprobs"]["content"] == [{"token": "a"}, {"token": "b"}]


def test_a_usage_that_comes_more_than_once_is_not_added_up():
    with_usage = event(id="c", model="m", choices=[{"index": 0, "delta": {"content": "a"}, "finish_reason": None}], usage={"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6})
    last = event(id="c", model="m", choices=[], usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7})
    chunks, error = decode_stream(CODEC, [with_usage + delta("stop") + last + DONE])
    assert error is None
    assert add_up(chunks).usage_metadata["total_tokens"] == 7


def test_only_the_first_choice_is_streamed():
    body = delta(content="a") + delta(index=1, content="B") + delta(content="c") + delta("stop") + delta("stop", index=1) + DONE
    chunks, error = decode_stream(CODEC, [body])
    assert error is None
    assert "".join(chunk.content for chunk in chunks) == "ac"


def test_what_follows_the_finish_reason_is_kept():
    body = delta("stop") + delta(audio={"expires_at": 3}) + DONE
    chunks, error = decode_stream(CODEC, [body])
    assert error is None
    message = add_up(chunks)
    assert message.additional_kwargs == {"audio": {"expires_at": 3}}
    assert message.response_metadata["finish_reason"] == "stop"


def test_a_chunk_without_choices_before_the_first_is_ignored():
    body = event(id="", model="", choices=[], prompt_filter_results=[{}]) + delta(content="a") + delta("stop") + DONE
    chunks, error = decode_stream(CODEC, [body])
    assert error is None
    assert [chunk.content for chunk in chunks] == ["a", ""]


BROKEN = [
    ("not JSON", b"data: {oops\n\n", ProtocolError, False),
    ("a JSON list", b"data: [1]\n\n", ProtocolError, False),
    ("a number", b"data: 5\n\n", ProtocolError, False),
    ("no choices", event(id="x"), ProtocolError, False),
    ("choices that are null", event(id="x", choices=None), ProtocolError, False),
    ("a server error", event(error={"message": "boom", "type": "server_error", "code": None}), ServerError, True),
    ("a rate limit", event(error={"message": "slow", "type": "requests", "code": "rate_limit_exceeded"}), RateLimited, True),
    ("a used-up quota", event(error={"message": "pay", "type": "insufficient_quota", "code": "insufficient_quota"}), RateLimited, False),
    ("a status as code", event(error={"message": "busy", "code": 503}), Overloaded, True),
    ("a bad request", event(error={"message": "no", "type": "invalid_request_error"}), BadRequest, False),
    ("a bare text", event(error="it broke"), ServerError, True),
    (
        "an error beside a delta",
        event(error={"message": "boom", "code": 502}, choices=[{"index": 0, "delta": {"content": "x"}}]),
        ServerError,
        True,
    ),
]


@pytest.mark.parametrize("name, frame, kind, retryable", BROKEN, ids=[row[0] for row in BROKEN])
def test_an_event_that_breaks_the_stream_comes_after_what_was_received(name, frame, kind, retryable):
    chunks, error = decode_stream(CODEC, [delta(content="so far") + frame + delta(content="never") + DONE])
    assert [chunk.content for chunk in chunks] == ["so far"]
    assert type(error) is kind
    assert error.retryable is retryable
    if isinstance(error, ProviderError):
        assert error.status == 200 and error.message


def test_an_error_in_a_whole_200_reply_is_the_providers_error():
    with pytest.raises(ServerError) as caught:
        CODEC.decode(b'{"error": {"message": "boom", "type": "server_error"}}')
    assert caught.value.message == "boom"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": null}', b"\xff", b'{"choices": [{}]}'])
def test_a_reply_that_is_no_completion_is_a_protocol_error_with_its_bytes(body):
    with pytest.raises(ProtocolError) as caught:
        CODEC.decode(body)
    assert caught.value.raw == body


ERRORS = [
    (400, b'{"error":{"message":"m","type":"t","param":"p","code":"c"}}', BadRequest, ("m", "t", "c", "p"), False),
    (401, b'{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}', AuthenticationError, ("m", "invalid_request_error", "invalid_api_key", None), False),
    (403, b'{"error":{"message":"m"}}', PermissionDenied, ("m", None, None, None), False),
    (404, b'{"error":"no such page"}', NotFound, ("no such page", None, None, None), False),
    (409, b'{"message":"conflict","type":"x"}', BadRequest, ("conflict", "x", None, None), True),
    (422, b'{"detail":"bad field"}', BadRequest, ("bad field", None, None, None), False),
    (422, b'{"detail":[{"loc":["body"],"msg":"missing"}]}', BadRequest, ("[{'loc': ['body'], 'msg': 'missing'}]", None, None, None), False),
    (429, b'{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}', RateLimited, ("m", "tokens", "rate_limit_exceeded", None), True),
    (429, b'{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}', RateLimited, ("m", "insufficient_quota", "insufficient_quota", None), False),
    (500, b"", ServerError, ("status 500 with an empty body", None, None, None), True),
    (502, b"<html><head><title>502 Bad Gateway</title></head>", ServerError, ("status 502 with an HTML page: 502 Bad Gateway", None, None, None), True),
    (503, b"upstream connect error", Overloaded, ("status 503: upstream connect error", None, None, None), True),
    (529, b'[{"error":{"code":529,"message":"m"}}]', Overloaded, ("m", None, "529", None), True),
    (418, b'{"error":{"message":"m"}}', BadRequest, ("m", None, None, None), False),
    (408, b"{}", BadRequest, ("{}", None, None, None), True),
]


@pytest.mark.parametrize("status, body, kind, said, retryable", ERRORS, ids=[f"{row[0]} {i}" for i, row in enumerate(ERRORS)])
def test_an_error_reply_becomes_the_documented_exception(status, body, kind, said, retryable):
    error = CODEC.error(status, {"x-request-id": "req_1", "retry-after": "2"}, body)
    assert type(error) is kind
    assert (error.message, error.type, error.code, error.param) == said
    assert (error.provider, error.status, error.request_id, error.retry_after) == ("openai", status, "req_1", 2.0)
    assert error.retryable is retryable


def test_x_should_retry_overrules_the_status():
    assert CODEC.error(400, {"x-should-retry": "true"}, b"").retryable is True
    assert CODEC.error(500, {"x-should-retry": "false"}, b"").retryable is False


def test_a_redirect_is_named_without_its_query():
    error = CODEC.error(307, {"location": "https://elsewhere.example/v1?key=secret"}, b"")
    assert "https://elsewhere.example/v1" in str(error) and "secret" not in str(error)
    assert type(error) is ProviderError and not error.retryable


def test_priority_and_flex_tokens_are_counted_under_their_tier():
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    counted = usage_metadata(usage, "flex")
    assert counted["input_token_details"] == {"flex_cache_read": 4, "flex": 6}
    assert counted["output_token_details"] == {"flex_reasoning": 2, "flex": 3}
    assert usage_metadata(usage, "default")["input_token_details"] == {"cache_read": 4}


# -- what servers of this protocol do otherwise ------------------------------------------------


def piece(arguments=None, **more):
    name = more.pop("name", None)
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {**more, "function": function}


CALLS_IN_PIECES = {
    "as OpenAI": (
        [piece("", index=0, id="a", name="f"), piece('{"x"', index=0), piece(":1}", index=0), piece("{}", index=1, id="b", name="g")],
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "in turns": (
        [piece("", index=0, id="a", name="f"), piece("", index=1, id="b", name="g"), piece('{"x":1}', index=0), piece("{}", index=1)],
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "numbers from 1": ([piece("{}", index=1, id="a", name="f"), piece("{}", index=2, id="b", name="g")], [("a", "f", {}), ("b", "g", {})]),
    "id and name with each piece": (
        [piece('{"x"', index=0, id="a", name="f"), piece(":1}", index=0, id="a", name="f")],
        [("a", "f", {"x": 1})],
    ),
    "every number 0, whole": ([piece('{"x":1}', index=0, id="a", name="f"), piece("{}", index=0, id="b", name="f")], [("a", "f", {"x": 1}), ("b", "f", {})]),
    "every number 0, in pieces": (
        [piece('{"x"', index=0, id="a", name="f"), piece(":1}", index=0), piece("{", index=0, id="b", name="g"), piece("}", index=0)],
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "no numbers": ([piece("{", id="a", name="f"), piece("}"), piece("{}", id="b", name="f")], [("a", "f", {}), ("b", "f", {})]),
    "no numbers, id empty behind the first": (
        [piece("{", id="a", name="f"), piece("}", id="", type=""), piece("{", id="b", name="g"), piece("}", id="")],
        [("a", "f", {}), ("b", "g", {})],
    ),
    "neither numbers nor ids": ([piece("{}", name="f"), piece("{", name="f"), piece("}")], [(None, "f", {}), (None, "f", {})]),
    "the name behind the id": ([piece(index=0, id="a"), piece(index=0, name="f"), piece("{}", index=0)], [("a", "f", {})]),
    "a name in pieces": ([piece(index=0, id="a", name="get_"), piece("{}", index=0, name="weather")], [("a", "get_weather", {})]),
}


@pytest.mark.parametrize("together", [False, True], ids=["a chunk each", "in one chunk"])
@pytest.mark.parametrize("name", CALLS_IN_PIECES)
def test_calls_are_joined_however_they_are_numbered(name, together):
    pieces, calls = CALLS_IN_PIECES[name]
    deltas = [delta(tool_calls=pieces)] if together else [delta(tool_calls=[one]) for one in pieces]
    chunks, error = decode_stream(CODEC, [*deltas, delta("stop"), DONE])
    assert error is None
    message = add_up(chunks)
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == calls
    assert message.invalid_tool_calls == []


def test_a_call_that_is_known_goes_on_under_its_id():
    from minichat.protocols.chat_completions_calls import CallsInPieces

    calls = CallsInPieces()
    pieces = [{"name": "f", "args": "{}", "id": f"c{number}", "index": None, "type": "tool_call_chunk"} for number in range(3)]
    assert [calls.placed(one)["index"] for one in pieces] == [0, 1, 2]
    again = {"name": "f", "args": "", "id": "c1", "index": None, "type": "tool_call_chunk"}
    assert calls.placed(again) == {"name": None, "args": "", "id": None, "index": 1, "type": "tool_call_chunk"}


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}])
def test_a_stream_that_may_end_by_its_finish_reason_is_whole_then_only(usage):
    codec = ChatCompletions(provider="openai", url="http://x", headers={}, stream_end="finish_reason")
    more = [event(id="c1", model="m", choices=[], usage=usage)] if usage else []
    chunks, error = decode_stream(codec, [delta(content="Hi"), delta("stop"), *more])
    assert error is None and chunks[-1].chunk_position == "last"
    message = add_up(chunks)
    assert message.content == "Hi" and (message.usage_metadata or {}).get("total_tokens") == (usage and 3)
    for blocks in ([], [delta(content="Hi")], [delta(content="Hi"), *more]):
        assert isinstance(decode_stream(codec, blocks)[1], IncompleteStream)
    assert isinstance(decode_stream(CODEC, [delta(content="Hi"), delta("stop"), *more])[1], IncompleteStream)


@pytest.mark.parametrize(
    "told, cached",
    [
        ({"cached_tokens": 4}, 4),
        ({"cached_tokens": 0}, 0),
        ({"prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5}, 4),
        ({"cached_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}, 3),
        ({"cached_tokens": None}, None),
        ({"cached_tokens": {}}, None),
        ({}, None),
    ],
)
def test_a_cached_part_is_counted_wherever_it_stands(told, cached):
    usage = usage_metadata({"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10, **told})
    assert usage["input_token_details"] == ({} if cached is None else {"cache_read": cached})


KEEPING = ChatCompletions(provider="openai", url="http://x", headers={}, kept=("warnings", "seed"))


def test_fields_that_are_kept_stand_in_response_metadata_whole_and_streamed():
    choice = {"index": 0, "finish_reason": "stop", "seed": 5, "message": {"role": "assistant", "content": "Hi"}}
    (message,) = KEEPING.decode(json.dumps({"id": "c1", "model": "m", "choices": [choice], "warnings": ["w"]}).encode())
    frames = [delta(content="Hi"), event(id="c1", model="m", choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "seed": 5}], warnings=["w"]), DONE]
    chunks, error = decode_stream(KEEPING, frames)
    assert error is None
    for one in (message, add_up(chunks)):
        assert (one.response_metadata["seed"], one.response_metadata["warnings"]) == (5, ["w"])


# -- servers that say it otherwise ---------------------------------------------------------------

COUNTED = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def in_choice(**choice):
    return event(id="c1", model="m", choices=[{"index": 0, "delta": {}, **choice}])


ENDINGS = [
    ("told twice", delta("stop", content="a") + delta("stop") + delta("stop"), None),
    ("told before the last text", delta("stop") + delta(content="a"), None),
    ("with the usage in its choice, as Moonshot's", delta(content="a") + in_choice(finish_reason="stop", usage=COUNTED), 7),
    ("with the usage behind it and in another choice", delta("stop", content="a") + in_choice(usage=COUNTED), 7),
]


@pytest.mark.parametrize("name, body, total", ENDINGS, ids=[row[0] for row in ENDINGS])
def test_an_ending_is_said_once_however_often_a_server_says_it(name, body, total):
    chunks, error = decode_stream(CODEC, [body + DONE])
    assert error is None and chunks[-1].chunk_position == "last"
    message = add_up(chunks)
    assert message.content == "a"
    assert (message.response_metadata["finish_reason"], message.response_metadata["model_name"]) == ("stop", "m")
    assert (message.usage_metadata or {}).get("total_tokens") == total


@pytest.mark.parametrize("data", [b"{}", b'{"type": "ping"}'])
def test_a_ping_is_no_chunk(data):
    chunks, error = decode_stream(CODEC, [delta(content="a") + b"event: ping\ndata: " + data + b"\n\n" + delta("stop") + DONE])
    assert error is None and add_up(chunks).content == "a"
