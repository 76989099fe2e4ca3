"""What Anthropic answers, whole, streamed and refusing: what recordings lack, and what servers do wrong."""

import json

import pytest

from minichat import (
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
from minichat.protocols.anthropic import AnthropicMessages
from minichat.protocols.anthropic_usage import merge_usage, usage_metadata

from .feeding import add_up, cuts, decode_stream


def codec(**settings):
    return AnthropicMessages(provider="anthropic", url="http://x/v1/messages", headers={}, **settings)


def whole(*content, **fields):
    said = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": list(content)}
    return {**said, "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 2}, **fields}


def decoded(*content, **fields):
    (message,) = codec().decode(json.dumps(whole(*content, **fields)).encode())
    return message


def text(said, **more):
    return {"type": "text", "text": said, **more}


CITATION = {"type": "char_location", "cited_text": "s", "document_index": 0, "start_char_index": 0, "end_char_index": 1}
USE = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}

# -- whole replies -------------------------------------------------------------------------

CONTENTS = {
    "one text": ([text("hi")], "hi"),
    "one text with null citations": ([text("hi", citations=None)], "hi"),
    "one text with citations": ([text("hi", citations=[CITATION])], [text("hi", citations=[CITATION])]),
    "two texts": ([text("a"), text("b", citations=None)], [text("a"), text("b")]),
    "nothing": ([], []),
    "a tool call": ([{**USE, "caller": None}], [USE]),
    "a block newer than this code": ([{"type": "brand_new", "x": None}], [{"type": "brand_new", "x": None}]),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_is_a_text_or_the_blocks_as_they_came(name):
    blocks, content = CONTENTS[name]
    assert decoded(*blocks).content == content


@pytest.mark.parametrize(
    "reason",
    "end_turn max_tokens stop_sequence tool_use pause_turn refusal model_context_window_exceeded compaction new".split(),
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_stop_reason_is_told_raw(reason, streamed):
    details = {"type": "refusal", "category": "cyber", "explanation": "no"}
    told = {"stop_reason": reason, "stop_sequence": "END", "stop_details": details}
    message = sum_of(*started(), *block(0, "hi"), *ended(**told)) if streamed else decoded(text("hi"), **told)
    assert {name: message.response_metadata[name] for name in told} == told


def test_everything_the_reply_says_is_in_response_metadata():
    container = {"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}
    message = decoded(text("hi"), container=container, brand_new=[1])
    assert message.response_metadata == {
        "id": "msg_1", "model": "m", "model_name": "m", "model_provider": "anthropic", "stop_reason": "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 2}, "container": container, "brand_new": [1],
    }  # fmt: skip


# -- usage ---------------------------------------------------------------------------------

USAGES = {
    "plain": ({"input_tokens": 5, "output_tokens": 2}, (5, 2), {}, None),
    "cached": (
        {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 10},
        (115, 2),
        {"cache_read": 100, "cache_creation": 10},
        None,
    ),
    "cached for a time": (
        {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 30,
         "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}},
        (35, 2),
        {"cache_read": 0, "cache_creation": 0, "ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        None,
    ),
    "a split of nothing": (
        {"input_tokens": 5, "output_tokens": 2, "cache_creation_input_tokens": 30, "cache_creation": {"ephemeral_5m_input_tokens": 0}},
        (35, 2),
        {"cache_creation": 30, "ephemeral_5m_input_tokens": 0},
        None,
    ),
    "thoughts": ({"input_tokens": 5, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 7}}, (5, 9), {}, {"reasoning": 7}),
    "nulls": (
        {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": None, "cache_creation": None, "output_tokens_details": None},
        (5, 2),
        {},
        None,
    ),
    "a compaction only": (
        {"input_tokens": 0, "output_tokens": 0, "iterations": [{"type": "compaction", "input_tokens": 83555, "output_tokens": 139}]},
        (83555, 139),
        {"cache_read": 0, "cache_creation": 0},
        None,
    ),
    "a compaction before the answer": (
        {"input_tokens": 224, "output_tokens": 22, "iterations": [{"input_tokens": 83555, "output_tokens": 139}, {"input_tokens": 224, "output_tokens": 22}]},
        (224, 22),
        {},
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", USAGES)
def test_usage_counts_all_input_and_each_token_once(name):
    usage, (input_tokens, output_tokens), details, thought = USAGES[name]
    counted = usage_metadata(usage)
    expected = {"input_tokens": input_tokens, "output_tokens": output_tokens, "total_tokens": input_tokens + output_tokens}
    expected["input_token_details"] = details
    assert counted == ({**expected, "output_token_details": thought} if thought else expected)


START = {"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2,
         "cache_creation": {"ephemeral_5m_input_tokens": 2}}  # fmt: skip
MERGES = {
    "an older model tells the output only": ({"output_tokens": 9}, (10, 9)),
    "nulls tell nothing": ({"input_tokens": None, "output_tokens": 9}, (10, 9)),
    "a newer model repeats the input": ({**START, "output_tokens": 9}, (10, 9)),
    "a server's tool has added to it": ({"input_tokens": 4000, "output_tokens": 9, "cache_creation_input_tokens": 2}, (4005, 9)),
    "what was written to the cache has grown": ({"output_tokens": 9, "cache_creation_input_tokens": 500}, (508, 9)),
    "a gateway says 0": ({"input_tokens": 0, "output_tokens": 9}, (10, 9)),
    "nothing": ({}, (10, 1)),
}


@pytest.mark.parametrize("name", MERGES)
def test_numbers_of_message_delta_replace_those_of_message_start(name):
    later, expected = MERGES[name]
    counted = usage_metadata(merge_usage(merge_usage({}, START), later))
    assert (counted["input_tokens"], counted["output_tokens"]) == expected
    message = sum_of(started(usage=START)[0], *block(0, "hi"), *ended(usage=later))
    assert message.usage_metadata == counted


# -- streams -------------------------------------------------------------------------------


def event(payload):
    return f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()


def started(**message):
    begun = {**whole(stop_reason=None), **message}
    return [event({"type": "message_start", "message": begun})]


def opened(index, block):
    return event({"type": "content_block_start", "index": index, "content_block": block})


def delta(index, kind, **fields):
    return event({"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}})


def stopped(index):
    return event({"type": "content_block_stop", "index": index})


def block(index, *texts):
    return [opened(index, text("")), *(delta(index, "text_delta", text=one) for one in texts), stopped(index)]


def ended(stop_reason="end_turn", usage=None, top=None, **fields):
    closing = {"type": "message_delta", "delta": {"stop_reason": stop_reason, **fields}, "usage": {"output_tokens": 7} if usage is None else usage}
    return [event({**closing, **(top or {})}), event({"type": "message_stop"})]


def sum_of(*events, **settings):
    total = None
    for _, blocks in cuts(b"".join(events)):
        chunks, error = decode_stream(codec(**settings), blocks)
        assert error is None
        message = add_up(chunks)
        assert total is None or message == total
        total = message
    return total


PING = event({"type": "ping"})
THINKING = {"type": "thinking", "thinking": "", "signature": ""}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "x", "content": [{"type": "web_search_result", "url": "https://x"}]}
STREAMS = {
    "text": ([*block(0, "Hel", "lo")], False, "Hello"),
    "text for a call with tools": ([*block(0, "Hel", "lo")], True, [text("Hello", index=0)]),
    "two texts": ([*block(0, "a"), *block(1, "b")], False, "ab"),
    "two blocks of text": ([*block(0, "a"), *block(1, "b")], True, [text("a", index=0), text("b", index=1)]),
    "an empty text": ([*block(0)], True, [text("", index=0)]),
    "text in the start of its block": ([opened(0, text("Hel")), delta(0, "text_delta", text="lo"), stopped(0)], False, "Hello"),
    "the same in blocks": ([opened(0, text("Hel", citations=None)), delta(0, "text_delta", text="lo"), stopped(0)], True, [text("Hello", index=0)]),
    "pings and what is unknown": (
        [PING, opened(0, text("")), event({"type": "brand_new", "x": 1}), delta(0, "new_delta", x=1), delta(0, "text_delta", text="a"), PING, stopped(0)],
        False,
        "a",
    ),
    "thoughts": (
        [opened(0, THINKING), delta(0, "thinking_delta", thinking="h"), delta(0, "thinking_delta", thinking="m"), delta(0, "signature_delta", signature="c2ln"), stopped(0), *block(1, "a")],
        True,
        [{"type": "thinking", "thinking": "hm", "signature": "c2ln", "index": 0}, text("a", index=1)],
    ),
    "thoughts that nobody asked for": (
        [opened(0, THINKING), delta(0, "thinking_delta", thinking="hm"), delta(0, "signature_delta", signature="c2ln"), stopped(0), *block(1, "a", "b")],
        False,
        [{"type": "thinking", "thinking": "hm", "signature": "c2ln", "index": 0}, text("ab", index=1)],
    ),
    "thoughts that are not shown": (
        [opened(0, THINKING), delta(0, "signature_delta", signature="c2ln"), stopped(0), *block(1, "a")],
        True,
        [{"type": "thinking", "thinking": "", "signature": "c2ln", "index": 0}, text("a", index=1)],
    ),
    "a thought in the start of its block": (
        [opened(0, {"type": "thinking", "thinking": "hm", "signature": "c2ln"}), delta(0, "signature_delta", signature="c2ln"), stopped(0)],
        True,
        [{"type": "thinking", "thinking": "hm", "signature": "c2ln", "index": 0}],
    ),
    "a redacted thought": (
        [opened(0, {"type": "redacted_thinking", "data": "eA=="}), stopped(0), *block(1, "a")],
        True,
        [{"type": "redacted_thinking", "data": "eA==", "index": 0}, text("a", index=1)],
    ),
    "citations": (
        [opened(0, text("", citations=[])), delta(0, "citations_delta", citation=CITATION), delta(0, "text_delta", text="a"), delta(0, "citations_delta", citation=CITATION), stopped(0)],
        True,
        [text("a", citations=[CITATION, CITATION], index=0)],
    ),
    "a server's tool and its result": (
        [opened(0, {"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}}), delta(0, "input_json_delta", partial_json=""), delta(0, "input_json_delta", partial_json='{"query": "x"}'), stopped(0), opened(1, RESULT), stopped(1), *block(2, "a")],
        True,
        [{"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}, "partial_json": '{"query": "x"}', "index": 0}, {**RESULT, "index": 1}, text("a", index=2)],
    ),
    "a compaction": (
        [opened(0, {"type": "compaction", "content": None}), delta(0, "compaction_delta", content="They said hi.", encrypted_content=None), stopped(0), *block(1, "a")],
        True,
        [{"type": "compaction", "content": "They said hi.", "index": 0}, text("a", index=1)],
    ),
    "a compaction whole in its start": (
        [opened(0, {"type": "compaction", "content": "They said hi."}), delta(0, "compaction_delta", content="They said hi."), stopped(0)],
        True,
        [{"type": "compaction", "content": "They said hi.", "index": 0}],
    ),
    "a block newer than this code": ([opened(0, {"type": "brand_new", "x": [1]}), stopped(0)], False, [{"type": "brand_new", "x": [1], "index": 0}]),
    "nothing": ([], False, ""),
    "no start of the block": ([delta(0, "text_delta", text="a")], False, "a"),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_adds_up_to_its_content(name):
    events, as_blocks, content = STREAMS[name]
    message = sum_of(*started(), *events, *ended(), as_blocks=as_blocks)
    assert message.content == content
    assert message.usage_metadata == {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, "input_token_details": {}}


def use(*pieces, index=0, **start):
    return [
        opened(index, {**USE, "input": {}, **start}),
        *(delta(index, "input_json_delta", partial_json=piece) for piece in pieces),
        stopped(index),
    ]


CALLS = {
    "in pieces": (use("", '{"a"', ": 1}"), [{"a": 1}], []),
    "without arguments": (use(""), [{}], []),
    "without a piece": (use(), [{}], []),
    "in the start of its block": (use(input={"a": 1}), [{"a": 1}], []),
    "in the start and again": (use("", '{"a": 1}', input={"a": 1}), [{"a": 1}], []),
    "of no JSON": (use('{"a" 1'), [], ['{"a" 1']),
    "two": ([*use('{"a": 1}'), *use('{"a": 2}', index=1, id="toolu_2")], [{"a": 1}, {"a": 2}], []),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_streamed_call_of_a_tool(name):
    events, arguments, invalid = CALLS[name]
    message = sum_of(*started(), *events, *ended("tool_use"), as_blocks=True)
    assert [call["args"] for call in message.tool_calls] == arguments
    assert [call["args"] for call in message.invalid_tool_calls] == invalid
    assert all(call["name"] == "add" for call in (*message.tool_calls, *message.invalid_tool_calls))
    assert [part["index"] for part in message.content] == list(range(len(message.content)))


def test_chunks_bear_the_id_and_the_first_and_last_what_is_known():
    chunks, error = decode_stream(codec(), [b"".join([*started(), *block(0, "a"), *ended(top={"context_management": {"applied_edits": []}})])])
    assert error is None and {chunk.id for chunk in chunks} == {"run-1"}
    assert [chunk.content for chunk in chunks] == ["", "a", ""]
    assert chunks[0].response_metadata == {"model_provider": "anthropic", "model_name": "m"}
    assert chunks[1].response_metadata == {} and chunks[1].usage_metadata is None
    assert chunks[2].response_metadata["context_management"] == {"applied_edits": []}
    assert chunks[2].response_metadata["usage"] == {"input_tokens": 5, "output_tokens": 7}
    assert chunks[2].chunk_position == "last"


def test_a_stream_without_usage_if_the_caller_wants_none():
    message = sum_of(*started(), *block(0, "a"), *ended(), stream_usage=False)
    assert message.usage_metadata is None and "usage" not in message.response_metadata
    assert message.response_metadata["stop_reason"] == "end_turn"


def test_a_stream_and_the_whole_reply_say_the_same_of_the_message():
    details = {"stop_reason": "end_turn", "stop_sequence": None, "container": {"id": "c"}}
    streamed = sum_of(*started(), *block(0, "a"), *ended(usage={"input_tokens": 5, "output_tokens": 2}, **details))
    answered = decoded(text("a"), **details)
    assert streamed.response_metadata == answered.response_metadata
    assert streamed.usage_metadata == answered.usage_metadata


def test_a_stream_ends_by_message_stop_only():
    everything = [*started(), *block(0, "a", "b"), *ended()]
    for count in range(len(everything)):
        chunks, error = decode_stream(codec(), [b"".join(everything[:count])])
        assert isinstance(error, IncompleteStream) and error.retryable
        assert not any(chunk.chunk_position for chunk in chunks)


def test_a_start_alone_is_not_handed_out_so_that_another_attempt_may_be_made():
    assert decode_stream(codec(), started())[0] == []


def test_what_came_with_message_delta_is_held_when_the_end_does_not_come():
    chunks, _ = decode_stream(codec(), [b"".join([*started(), *block(0, "a"), ended()[0]])])
    assert add_up(chunks).response_metadata["stop_reason"] == "end_turn"


BROKEN = {
    "a second start of a block": [opened(0, text("")), opened(0, text(""))],
    "a block without index": [event({"type": "content_block_start", "content_block": text("")})],
    "a tool's input that is a list": [opened(0, {**USE, "input": [1]})],
    "a citation that is a text": [delta(0, "citations_delta", citation="x")],
    "a text that is null": [delta(0, "text_delta", text=None)],
    "no JSON": [b"data: {\n\n"],
    "an id that is a number": started(id=5),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("as_blocks", [False, True])
def test_an_event_that_breaks_the_rules_ends_the_stream(name, as_blocks):
    chunks, error = decode_stream(codec(as_blocks=as_blocks), [b"".join([*started(), *block(7, "a"), *BROKEN[name], *ended()])])
    assert type(error) is ProtocolError
    assert str(add_up(chunks).text) == "a"


def test_an_end_without_a_message_is_no_stream():
    assert type(decode_stream(codec(), [event({"type": "message_stop"})])[1]) is ProtocolError


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("as_blocks", [False, True])
def test_a_stream_of_20000_pieces_adds_up(as_blocks):
    events = b"".join([*started(), opened(0, text("")), delta(0, "text_delta", text="ab") * 20_000, stopped(0), *ended()])
    chunks, error = decode_stream(codec(as_blocks=as_blocks), [events])
    assert error is None and len(chunks) == 20_002
    assert str(add_up(chunks).text) == "ab" * 20_000


# -- errors --------------------------------------------------------------------------------


def failure(kind, message="oops", **more):
    return {"type": "error", "error": {"type": kind, "message": message, **more}, "request_id": "req_1"}


# status, type, class, retryable
ERRORS = [
    (400, "invalid_request_error", BadRequest, False),
    (401, "authentication_error", AuthenticationError, False),
    (402, "billing_error", BadRequest, False),
    (403, "permission_error", PermissionDenied, False),
    (404, "not_found_error", NotFound, False),
    (409, "conflict_error", BadRequest, True),
    (413, "request_too_large", BadRequest, False),
    (429, "rate_limit_error", RateLimited, True),
    (500, "api_error", ServerError, True),
    (504, "timeout_error", ServerError, True),
    (529, "overloaded_error", Overloaded, True),
]


@pytest.mark.parametrize("status, kind, cls, retryable", ERRORS)
def test_an_error_reply(status, kind, cls, retryable):
    error = codec().error(status, {"retry-after": "2"}, json.dumps(failure(kind)).encode())
    assert type(error) is cls and error.retryable is retryable
    assert (error.provider, error.status, error.type, error.code, error.message) == ("anthropic", status, kind, None, "oops")
    assert (error.request_id, error.retry_after, error.body) == ("req_1", 2.0, failure(kind))


@pytest.mark.parametrize("status, kind, cls, retryable", ERRORS)
def test_an_error_in_mid_stream_is_judged_by_its_type(status, kind, cls, retryable):
    events = b"".join([*started(), *block(0, "a"), event(failure(kind)), event({"type": "message_stop"})])
    for _, blocks in cuts(events):
        chunks, error = decode_stream(codec(), blocks)
        assert type(error) is cls and error.retryable is retryable and error.status == 200
        assert (error.type, error.message, error.request_id) == (kind, "oops", "req_1")
        assert add_up(chunks).content == "a"


def test_an_error_in_a_200_that_is_json():
    with pytest.raises(Overloaded) as caught:
        codec().decode(json.dumps(failure("overloaded_error")).encode())
    assert caught.value.status == 200 and caught.value.retryable


@pytest.mark.parametrize("code", ["enforced_spend_limit_reached", "contract_spend_limit_reached"])
def test_a_limit_of_money_is_not_waited_for(code):
    body = failure("rate_limit_error", details={"error_code": code})
    error = codec().error(429, {}, json.dumps(body).encode())
    assert type(error) is RateLimited and error.code == code and not error.retryable


@pytest.mark.parametrize("status, told, retryable", [(400, "true", True), (529, "false", False), (429, "fnord", True)])
def test_x_should_retry_wins_over_the_status(status, told, retryable):
    error = codec().error(status, {"x-should-retry": told}, json.dumps(failure("x")).encode())
    assert error.retryable is retryable


def test_the_request_id_of_the_head_counts_first():
    error = codec().error(400, {"request-id": "req_head"}, json.dumps(failure("x")).encode())
    assert error.request_id == "req_head"


ODD = [
    (b"<html><title>Bad gateway</title></html>", "Bad gateway"),
    (b"upstream is gone", "upstream is gone"),
    (b"", "empty body"),
    (b'{"detail": "no"}', "no"),
    (b'{"message": "no"}', "no"),
    (b'{"error": "no"}', "no"),
    (b'["no"]', "no"),
    (b"null", "None"),
    (b'{"type":"error","error":{"type":["x"],"message":{"a":1},"details":"x"},"request_id":7}', "a"),
]


@pytest.mark.parametrize("body, says", ODD)
def test_an_error_reply_of_any_shape_is_an_error(body, says):
    error = codec().error(502, {}, body)
    assert isinstance(error, ProviderError) and type(error) is ServerError and error.retryable
    assert says in str(error)
