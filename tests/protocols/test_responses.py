"""Responses: frames typed from the documentation, and every kind of reply that is not whole."""

import json

import pytest

from minichat.errors import (
    AuthenticationError,
    BadRequest,
    IncompleteStream,
    NotFound,
    Overloaded,
    ProtocolError,
    ProviderError,
    RateLimited,
    ServerError,
)
from minichat.protocols.responses import Responses
from minichat.protocols.responses_items import usage_metadata

from .feeding import add_up, cuts, decode_stream

CODEC = Responses(provider="openai", url="http://x/v1/responses", headers={"Authorization": "Bearer k"})
OLD = Responses(provider="openai", url="http://x/v1/responses", headers={}, v0=True)


def event(kind, **payload):
    """Write an event as openai 3.54 `types/responses/*_event.py` have it."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **payload}, ensure_ascii=False)}\n\n".encode()


def at(item_id, place, part=None):
    told = {"item_id": item_id, "output_index": place}
    return told if part is None else {**told, "content_index": part}


USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 18,
}
SHELL = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-x", "error": None, "incomplete_details": None}


def reply(*items, status="completed", **fields):
    """Give a whole response."""
    return {**SHELL, "status": status, "output": list(items), "usage": USAGE, **fields}


CREATED = event("response.created", response={**SHELL, "status": "in_progress", "output": [], "usage": None})


def finished(*items, kind="response.completed", **fields):
    return event(kind, response=reply(*items, **fields))


def plain(value):
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {key: plain(one) for key, one in value.items() if key != "index"} if isinstance(value, dict) else value


def text_part(text="", **fields):
    return {"type": "output_text", "text": text, "annotations": [], **fields}


def message_item(*parts, **fields):
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": list(parts), **fields}


CITED = {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 4}
TOKEN = {"token": "a", "bytes": [97], "logprob": -0.1, "top_logprobs": []}
THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Second."}],
    "encrypted_content": "gAAA",
    "status": "completed",
}
CALL = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'}
CUSTOM = {"id": "ctc_1", "type": "custom_tool_call", "status": "completed", "call_id": "call_2", "name": "run", "input": 'say("é")'}
SHELL_CALL = {"id": "sh_1", "type": "shell_call", "call_id": "call_3", "action": {"commands": ["ls"]}, "status": "completed"}


def text_events(text, place=0, *, annotation=None, phase=None):
    said = text_part(text, annotations=[annotation] if annotation else [])
    item = message_item(said, **({"phase": phase} if phase else {}))
    return b"".join(
        [
            event("response.output_item.added", output_index=place, item={**item, "content": [], "status": "in_progress"}),
            event("response.content_part.added", **at("msg_1", place, 0), part=text_part()),
            *(event("response.output_text.delta", **at("msg_1", place, 0), delta=one, logprobs=[]) for one in text),
            event("response.output_text.annotation.added", **at("msg_1", place, 0), annotation_index=0, annotation=annotation)
            if annotation
            else b"",
            event("response.output_text.done", **at("msg_1", place, 0), text=text, logprobs=[]),
            event("response.content_part.done", **at("msg_1", place, 0), part=said),
            event("response.output_item.done", output_index=place, item=item),
        ]
    ), item


def thought_events(place=0):
    begun = {**THOUGHT, "summary": [], "encrypted_content": "gA", "status": "in_progress"}
    frames = [event("response.output_item.added", output_index=place, item=begun)]
    for number, part in enumerate(THOUGHT["summary"]):
        told = {**at("rs_1", place), "summary_index": number}
        frames.append(event("response.reasoning_summary_part.added", **told, part={"type": "summary_text", "text": ""}))
        for piece in (part["text"][:3], part["text"][3:]):
            frames.append(event("response.reasoning_summary_text.delta", **told, delta=piece))
        frames.append(event("response.reasoning_summary_text.done", **told, text=part["text"]))
        frames.append(event("response.reasoning_summary_part.done", **told, part=part))
    return b"".join(frames) + event("response.output_item.done", output_index=place, item=THOUGHT), THOUGHT


def call_events(place=0):
    begun = {**CALL, "status": "in_progress", "arguments": ""}
    return b"".join(
        [
            event("response.output_item.added", output_index=place, item=begun),
            event("response.function_call_arguments.delta", **at("fc_1", place), delta='{"a"'),
            event("response.function_call_arguments.delta", **at("fc_1", place), delta=":1}"),
            event("response.function_call_arguments.done", **at("fc_1", place), arguments='{"a":1}', name="f"),
            event("response.output_item.done", output_index=place, item=CALL),
        ]
    ), CALL


def refusal_events(place=0):
    item = message_item({"type": "refusal", "refusal": "I can't."})
    return b"".join(
        [
            event("response.output_item.added", output_index=place, item={**item, "content": [], "status": "in_progress"}),
            event("response.content_part.added", **at("msg_1", place, 0), part={"type": "refusal", "refusal": ""}),
            event("response.refusal.delta", **at("msg_1", place, 0), delta="I "),
            event("response.refusal.delta", **at("msg_1", place, 0), delta="can't."),
            event("response.refusal.done", **at("msg_1", place, 0), refusal="I can't."),
            event("response.output_item.done", output_index=place, item=item),
        ]
    ), item


def item_events(item, place=0):
    """Give the events of an item without deltas."""
    added = event("response.output_item.added", output_index=place, item={**item, "status": "in_progress"})
    return added + event("response.output_item.done", output_index=place, item=item), item


def open_thought_events(place=0):
    """Give those of a model that shows all its thoughts, as the open ones of OpenAI do."""
    item = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm hm"}]}
    return b"".join(
        [
            event("response.output_item.added", output_index=place, item={**item, "content": []}),
            event("response.reasoning_text.delta", **at("rs_1", place, 0), delta="hm "),
            event("response.reasoning_text.delta", **at("rs_1", place, 0), delta="hm"),
            event("response.reasoning_text.done", **at("rs_1", place, 0), text="hm hm"),
            event("response.output_item.done", output_index=place, item=item),
        ]
    ), item


def logprob_events(place=0):
    item = message_item(text_part("a", logprobs=[TOKEN]))
    return b"".join(
        [
            event("response.output_item.added", output_index=place, item={**item, "content": []}),
            event("response.output_text.delta", **at("msg_1", place, 0), delta="a", logprobs=[{"token": "a", "logprob": -0.1}]),
            event("response.output_text.done", **at("msg_1", place, 0), text="a", logprobs=[]),
            event("response.output_item.done", output_index=place, item=item),
        ]
    ), item


def several(*makers):
    frames, items = zip(*(make(place) for place, make in enumerate(makers)))
    return b"".join(frames), items


STREAMS = {
    "text": several(lambda place: text_events("Hé 🌍", place)),
    "text with a citation": several(lambda place: text_events("ab", place, annotation=CITED)),
    "text with its phase": several(lambda place: text_events("ab", place, phase="final_answer")),
    "thought, text": several(thought_events, lambda place: text_events("4", place)),
    "thought, call": several(thought_events, call_events),
    "refusal": several(refusal_events),
    "custom tool": several(lambda place: item_events(CUSTOM, place)),
    "item that nobody knows": several(lambda place: item_events(SHELL_CALL, place), lambda place: text_events("x", place)),
    "a thought that is shown": several(open_thought_events, lambda place: text_events("x", place)),
    "logprobs": several(logprob_events),
    "nothing": (b"", ()),
}
every_stream = pytest.mark.parametrize("name", STREAMS)


@every_stream
def test_a_stream_adds_up_to_the_whole_response_however_it_is_cut(name):
    frames, items = STREAMS[name]
    (whole,) = CODEC.decode(json.dumps(reply(*items)).encode())
    for way, blocks in cuts(CREATED + frames + finished(*items)):
        chunks, error = decode_stream(CODEC, blocks)
        assert error is None, way
        assert {chunk.id for chunk in chunks} == {"resp_1"}
        assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
        same(add_up(chunks), whole)


@every_stream
def test_so_it_does_in_langchains_older_form(name):
    frames, items = STREAMS[name]
    (whole,) = OLD.decode(json.dumps(reply(*items)).encode())
    chunks, error = decode_stream(OLD, [CREATED + frames + finished(*items)])
    assert error is None
    streamed = add_up(chunks)
    whole.id = whole.id or "run-1"  # the id of the message item; where there is none, the run's
    same(streamed, whole)


@every_stream
def test_a_server_that_sends_only_what_is_done_is_understood(name):
    _, items = STREAMS[name]
    frames = b"".join(event("response.output_item.done", output_index=place, item=item) for place, item in enumerate(items))
    (whole,) = CODEC.decode(json.dumps(reply(*items)).encode())
    chunks, error = decode_stream(CODEC, [CREATED + frames + finished(*items)])
    assert error is None
    same(add_up(chunks), whole)


def same(streamed, whole):
    for field in ("content", "tool_calls", "invalid_tool_calls", "usage_metadata", "response_metadata", "additional_kwargs", "id"):
        assert plain(getattr(streamed, field)) == plain(getattr(whole, field)), field
    assert (streamed.text, streamed.reasoning) == (whole.text, whole.reasoning)


def test_what_a_whole_response_says():
    items = [THOUGHT, message_item(text_part("a", annotations=[CITED], logprobs=[TOKEN]), phase="commentary"), CALL, CUSTOM, SHELL_CALL]
    told = {"service_tier": "default", "metadata": {"k": "v"}, "user": None, "background": False, "temperature": 1.0}
    (message,) = CODEC.decode(json.dumps(reply(*items, **told)).encode())
    assert message.content == [
        THOUGHT,
        {
            "type": "text",
            "text": "a",
            "annotations": [{"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "file_index": 4}],
            "id": "msg_1",
            "phase": "commentary",
        },
        CALL,
        CUSTOM,
        SHELL_CALL,
    ]
    assert message.tool_calls == [
        {"name": "f", "args": {"a": 1}, "id": "call_1", "type": "tool_call"},
        {"name": "run", "args": {"__arg1": 'say("é")'}, "id": "call_2", "type": "tool_call"},
    ]
    assert (message.id, message.text, message.reasoning) == ("resp_1", "a", "First.\n\nSecond.")
    assert message.usage_metadata == {
        "input_tokens": 11,
        "output_tokens": 7,
        "total_tokens": 18,
        "input_token_details": {"cache_read": 3, "cache_creation": 4},
        "output_token_details": {"reasoning": 5},
    }
    assert message.response_metadata == {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "metadata": {"k": "v"},
        "model": "gpt-x",
        "model_name": "gpt-x",
        "model_provider": "openai",
        "service_tier": "default",
        "background": False,
        "token_usage": USAGE,
        "logprobs": {"content": [TOKEN]},
    }


def test_the_older_form_of_the_same():
    items = [THOUGHT, message_item(text_part("a")), message_item({"type": "refusal", "refusal": "no"}), CALL, {"id": "ws_1", "type": "web_search_call"}]
    (message,) = OLD.decode(json.dumps(reply(*items)).encode())
    assert message.content == [{"type": "text", "text": "a", "annotations": []}]
    assert message.additional_kwargs == {
        "reasoning": THOUGHT,
        "refusal": "no",
        "__openai_function_call_ids__": {"call_1": "fc_1"},
        "tool_outputs": [{"id": "ws_1", "type": "web_search_call"}],
    }
    assert (message.id, message.response_metadata["id"], message.reasoning) == ("msg_1", "resp_1", "First.\n\nSecond.")


UNFINISHED = [
    ("queued", {"status": "queued", "background": True, "usage": None}),
    ("in_progress", {"status": "in_progress", "usage": None}),
    ("incomplete", {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
    ("cancelled", {"status": "cancelled"}),
]


@pytest.mark.parametrize("status, fields", UNFINISHED, ids=[row[0] for row in UNFINISHED])
def test_a_response_that_is_not_completed_is_a_message_with_its_status(status, fields):
    (message,) = CODEC.decode(json.dumps(reply(**fields)).encode())
    assert (message.content, message.response_metadata["status"]) == ([], status)
    assert message.response_metadata.get("incomplete_details") == fields.get("incomplete_details")
    assert (message.usage_metadata is None) is ("usage" in fields)


def test_an_incomplete_response_ends_the_stream_with_its_reason():
    frames, item = text_events("ab")
    for reason in ("max_output_tokens", "content_filter"):
        last = finished(item, kind="response.incomplete", status="incomplete", incomplete_details={"reason": reason})
        chunks, error = decode_stream(CODEC, [CREATED + frames + last])
        assert error is None
        message = add_up(chunks)
        assert message.text == "ab" and message.usage_metadata["output_tokens"] == 7
        assert message.response_metadata["status"] == "incomplete"
        assert message.response_metadata["incomplete_details"] == {"reason": reason}


def test_arguments_that_are_no_json_become_an_invalid_tool_call():
    (message,) = CODEC.decode(json.dumps(reply({**CALL, "arguments": '{"a": '})).encode())
    assert message.tool_calls == []
    (invalid,) = message.invalid_tool_calls
    assert (invalid["name"], invalid["args"], invalid["id"]) == ("f", '{"a": ', "call_1") and invalid["error"]


def test_an_answer_that_had_to_fit_a_schema_is_given_read():
    asked = {"format": {"type": "json_schema", "name": "n", "schema": {}}}
    frames, item = text_events('{"a":1}')
    (message,) = CODEC.decode(json.dumps(reply(item, text=asked)).encode())
    assert message.additional_kwargs == {"parsed": {"a": 1}}
    chunks, _ = decode_stream(CODEC, [CREATED + frames + finished(item, text=asked)])
    assert add_up(chunks).additional_kwargs == {"parsed": {"a": 1}}
    (cut,) = CODEC.decode(json.dumps(reply(message_item(text_part('{"a":')), text=asked)).encode())
    assert cut.additional_kwargs == {}


def test_calls_whose_arguments_interleave_are_kept_apart():
    begun = [{**CALL, "id": f"fc_{one}", "call_id": f"call_{one}", "arguments": ""} for one in (1, 2)]
    frames = [event("response.output_item.added", output_index=place, item=item) for place, item in enumerate(begun)]
    for piece in ('{"a"', ":", "1}"):
        for place in (0, 1):
            frames.append(event("response.function_call_arguments.delta", **at(f"fc_{place + 1}", place), delta=piece))
    chunks, error = decode_stream(CODEC, [CREATED + b"".join(frames) + finished()])
    assert error is None
    message = add_up(chunks)
    assert [(call["id"], call["args"]) for call in message.tool_calls] == [("call_1", {"a": 1}), ("call_2", {"a": 1})]
    assert [block["arguments"] for block in message.content] == ['{"a":1}', '{"a":1}']


def test_two_parts_of_one_message_are_two_blocks():
    item = message_item(text_part("ab"), text_part("c"))
    frames = [event("response.output_item.added", output_index=0, item={**item, "content": []})]
    frames += [event("response.output_text.delta", **at("msg_1", 0, part), delta=text) for part, text in ((0, "a"), (0, "b"), (1, "c"))]
    frames += [event("response.output_item.done", output_index=0, item=item)]
    chunks, error = decode_stream(CODEC, [CREATED + b"".join(frames) + finished(item)])
    assert error is None
    assert [block["text"] for block in add_up(chunks).content] == ["ab", "c"]


def test_an_items_place_is_the_one_first_told_and_its_id_may_change():
    """After built-in tools OpenAI tells a later place when an item is done; Copilot's gateway another id each time."""
    frames, item = text_events("ab")
    later = frames.replace(b'"output_index": 0, "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"', b'"output_index": 3, "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"')
    assert later != frames
    restless = frames
    for number in range(9):
        restless = restless.replace(b'"item_id": "msg_1"', b'"item_id": "msg_other_%d"' % number, 1)
    for body in (later, restless):
        chunks, error = decode_stream(CODEC, [CREATED + body + finished(item)])
        assert error is None
        (block,) = add_up(chunks).content
        assert block["text"] == "ab"


def test_events_that_are_not_needed_are_passed_over():
    frames, item = text_events("ab")
    noise = b"".join(event(kind, sequence_number=1) for kind in ("response.queued", "response.audio.delta", "keepalive", "response.web_search_call.searching"))
    chunks, error = decode_stream(CODEC, [CREATED + noise + frames + noise + finished(item)])
    assert error is None and add_up(chunks).text == "ab"


def test_a_stream_that_begins_without_response_created_has_its_id_from_the_end():
    frames, item = text_events("ab")
    chunks, error = decode_stream(CODEC, [frames + finished(item)])
    assert error is None
    message = add_up(chunks)
    assert (message.id, message.response_metadata["id"], message.text) == ("resp_1", "resp_1", "ab")


def test_a_stream_cut_at_any_byte_is_incomplete_and_keeps_what_came():
    frames, item = text_events("Hé 🌍")
    body = CREATED + frames + finished(item)
    for offset in range(len(body) - 1):
        chunks, error = decode_stream(CODEC, [body[:offset]])
        assert isinstance(error, IncompleteStream) and error.retryable, offset
        assert "Hé 🌍".startswith("".join(chunk.text for chunk in chunks))


def test_done_of_chat_completions_ends_no_response():
    frames, item = text_events("ab")
    _, error = decode_stream(CODEC, [CREATED + frames + b"data: [DONE]\n\n"])
    assert isinstance(error, IncompleteStream)
    chunks, error = decode_stream(CODEC, [CREATED + frames + finished(item) + b"data: [DONE]\n\n"])
    assert error is None and add_up(chunks).text == "ab"


NESTED = {"type": "server_error", "code": "server_error", "message": "boom", "param": None}
ERRORS = [
    ("flat", event("error", code="server_error", message="boom", param=None, sequence_number=2), ServerError, ("boom", None, "server_error", None), True),
    ("nested", event("error", sequence_number=2, error=NESTED), ServerError, ("boom", "server_error", "server_error", None), True),
    ("a wrong input", event("error", code="invalid_prompt", message="no", param="input"), BadRequest, ("no", None, "invalid_prompt", "input"), False),
    ("a rate limit", event("error", code="rate_limit_exceeded", message="slow"), RateLimited, ("slow", None, "rate_limit_exceeded", None), True),
    ("a used-up quota", event("error", error={"type": "insufficient_quota", "code": "insufficient_quota", "message": "pay"}), RateLimited, ("pay", "insufficient_quota", "insufficient_quota", None), False),
    ("a too long input", event("error", error={"type": "invalid_request_error", "code": "context_length_exceeded", "message": "long", "param": "input"}), BadRequest, ("long", "invalid_request_error", "context_length_exceeded", "input"), False),
    ("failed", finished(kind="response.failed", status="failed", error={"code": "server_error", "message": "boom"}), ServerError, ("boom", None, "server_error", None), True),
    ("failed for a picture", finished(kind="response.failed", status="failed", error={"code": "image_too_large", "message": "big"}), BadRequest, ("big", None, "image_too_large", None), False),
    ("failed without a word", finished(kind="response.failed", status="failed"), ServerError, ("the response failed; no reason was told", None, None, None), True),
    ("completed, and failed", finished(status="failed", error={"code": "rate_limit_exceeded", "message": "slow"}), RateLimited, ("slow", None, "rate_limit_exceeded", None), True),
    ("an error alone", b'data: {"error": {"message": "busy", "code": 503}}\n\n', Overloaded, ("busy", None, "503", None), True),
    ("an error in a word", b'data: {"error": "it broke"}\n\n', ServerError, ("it broke", None, None, None), True),
    ("a detail", b'data: {"detail": "no such model"}\n\n', ServerError, ("no such model", None, None, None), True),
    ("not JSON", b"data: {oops\n\n", ProtocolError, None, None),
    ("a JSON list", b"data: [1]\n\n", ProtocolError, None, None),
    ("a number", b"data: 5\n\n", ProtocolError, None, None),
    ("no type", b"data: {}\n\n", ProtocolError, None, None),
]


@pytest.mark.parametrize("name, frame, kind, said, retryable", ERRORS, ids=[row[0] for row in ERRORS])
def test_an_event_that_breaks_the_stream_comes_after_what_was_received(name, frame, kind, said, retryable):
    frames, item = text_events("so far")
    chunks, error = decode_stream(CODEC, [CREATED + frames + frame + finished(item)])
    assert "".join(chunk.text for chunk in chunks) == "so far"
    assert chunks[-1].chunk_position is None
    assert type(error) is kind
    if isinstance(error, ProviderError):
        assert (error.message, error.type, error.code, error.param) == said
        assert (error.status, error.provider, error.retryable) == (200, "openai", retryable)
        assert error.body == json.loads(frame.partition(b"data: ")[2])


# What a broken server might send: each value at each place of each event is replaced by something else.
BREAKING = [None, 5, "x", [], {}, [1], {"a": 1}, True]
FRAMES = CREATED + several(thought_events, lambda place: text_events("ab", place, annotation=CITED, phase="final_answer"), call_events)[0]
FRAMES += several(refusal_events, lambda place: item_events(CUSTOM, place), open_thought_events, logprob_events)[0]
FRAMES += finished(message_item(text_part("ab")), text={"format": {"type": "json_schema"}}, service_tier="flex")


def spoiled(value, other):
    """Give the copies of a JSON value in which one leaf or branch is `other`."""
    yield other
    if isinstance(value, dict):
        for key in value:
            for one in spoiled(value[key], other):
                yield {**value, key: one}
            yield {name: inner for name, inner in value.items() if name != key}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            for one in spoiled(inner, other):
                yield [*value[:place], one, *value[place + 1 :]]


@pytest.mark.time_limit(120)
@pytest.mark.parametrize("codec", [CODEC, OLD], ids=["new", "old"])
def test_no_event_however_wrong_ends_in_anything_but_a_chat_error(codec):
    frames = FRAMES.decode().split("\n\n")[:-1]
    payloads = {frame: json.loads(frame.partition("data: ")[2]) for frame in frames}
    kinds = set()
    for place, frame in enumerate(frames):
        if payloads[frame]["type"] in kinds:
            continue  # once per type of event is enough
        kinds.add(payloads[frame]["type"])
        for other in BREAKING:
            for wrong in spoiled(payloads[frame], other):
                body = "\n\n".join([*frames[:place], f"data: {json.dumps(wrong)}", *frames[place + 1 :], ""])
                chunks, error = decode_stream(codec, [body.encode()])
                try:
                    add_up(chunks) if chunks else None
                except Exception as raised:
                    raise AssertionError((payloads[frame]["type"], wrong)) from raised


@pytest.mark.time_limit(120)
@pytest.mark.parametrize("codec", [CODEC, OLD], ids=["new", "old"])
def test_no_whole_reply_however_wrong_ends_in_anything_but_a_chat_error(codec):
    items = [THOUGHT, message_item(text_part("a", annotations=[CITED], logprobs=[TOKEN]), {"type": "refusal", "refusal": "no"}), CALL, CUSTOM]
    for other in BREAKING:
        for wrong in spoiled(reply(*items, service_tier="flex", text={"format": {"type": "json_schema"}}), other):
            try:
                (message,) = codec.decode(json.dumps(wrong).encode())
            except (ProtocolError, ProviderError):
                continue
            assert message.text is not None and message.reasoning is not None


def test_an_error_in_a_whole_200_reply_is_the_providers_error():
    with pytest.raises(ServerError) as caught:
        CODEC.decode(json.dumps(reply(status="failed", error={"code": "server_error", "message": "boom"})).encode())
    assert (caught.value.message, caught.value.code, caught.value.status) == ("boom", "server_error", 200)
    with pytest.raises(RateLimited):
        CODEC.decode(b'{"error": {"message": "slow", "type": "rate_limit_error"}}')


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"output": null}', b"\xff", b'{"output": [{}]}', b'{"choices": []}'])
def test_a_reply_that_is_no_response_is_a_protocol_error_with_its_bytes(body):
    with pytest.raises(ProtocolError) as caught:
        CODEC.decode(body)
    assert caught.value.raw == body


REPLIES = [
    (400, b'{"error":{"message":"m","type":"invalid_request_error","param":"input","code":"c"}}', BadRequest, ("m", "invalid_request_error", "c", "input"), False),
    (401, b'{"detail":"Could not parse your authentication token."}', AuthenticationError, ("Could not parse your authentication token.", None, None, None), False),
    (404, b'{"error":{"message":"m","type":"invalid_request_error","param":"model","code":"model_not_found"}}', NotFound, ("m", "invalid_request_error", "model_not_found", "model"), False),
    (400, b'{"detail":"Store must be set to false"}', BadRequest, ("Store must be set to false", None, None, None), False),
    (429, b'{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}', RateLimited, ("m", "insufficient_quota", "insufficient_quota", None), False),
    (502, b"<html><head><title>Bad gateway</title>", ServerError, ("status 502 with an HTML page: Bad gateway", None, None, None), True),
]


@pytest.mark.parametrize("status, body, kind, said, retryable", REPLIES, ids=[f"{row[0]} {i}" for i, row in enumerate(REPLIES)])
def test_an_error_reply_becomes_the_documented_exception(status, body, kind, said, retryable):
    error = CODEC.error(status, {"x-request-id": "req_1", "retry-after": "2"}, body)
    assert type(error) is kind
    assert (error.message, error.type, error.code, error.param) == said
    assert (error.provider, error.status, error.request_id, error.retry_after) == ("openai", status, "req_1", 2.0)
    assert error.retryable is retryable


def test_priority_and_flex_tokens_are_counted_under_their_tier():
    counted = usage_metadata(USAGE, "flex")
    assert counted["input_token_details"] == {"flex_cache_read": 3, "flex_cache_creation": 4, "flex": 8}
    assert counted["output_token_details"] == {"flex_reasoning": 5, "flex": 2}
    assert usage_metadata({"input_tokens": 1, "output_tokens": 2}) == {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
        "input_token_details": {},
        "output_token_details": {},
    }
