"""Mistral's chat completions: what the documentation says and no recording shows, and every way to say no."""

import json
import pathlib

import pytest

from minichat import (
    AIMessage,
    AuthenticationError,
    BadRequest,
    ChatMessage,
    ConfigurationError,
    FunctionMessage,
    HumanMessage,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    SystemMessage,
    ToolMessage,
)
from minichat.protocols.base import ChatCall
from minichat.protocols.mistral import MistralChat
from minichat.protocols.mistral_request import encode_messages, tool_call_id

from .feeding import add_up, cuts, decode_stream

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "mistral"
CODEC = MistralChat(provider="mistral", url="http://x/v1/chat/completions", headers={}, model_provider="mistralai")
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
DONE = b"data: [DONE]\n\n"


def event(delta, finish=None, **more):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "model": "m", "choices": [choice], "p": "abc", **more}).encode() + b"\n\n"


def streamed(*deltas, finish="stop", usage=USAGE):
    """Give the message of a stream of these deltas; the last comes with finish reason and usage, as Mistral's do."""
    events = [event(delta) for delta in deltas[:-1]] + [event(deltas[-1], finish, usage=usage), DONE]
    chunks, error = decode_stream(CODEC, events)
    assert error is None
    assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
    return add_up(chunks)


def whole(message, finish="stop", usage=USAGE, **more):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    (decoded,) = CODEC.decode(json.dumps({"id": "c1", "model": "m", "choices": [choice], "usage": usage, **more}).encode())
    return decoded


def thought(text, **more):
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], **more}


def text(said):
    return {"type": "text", "text": said}


OPENING = {"role": "assistant", "content": ""}


# -- the documented streams ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, content, calls",
    [
        ("stream_text.sse", "Hello", []),
        ("stream_thinking.sse", [{**thought("Okay"), "index": 0}, {**text("The"), "index": 1}], []),
        ("stream_tools.sse", "", [("retrieve_payment_status", {"transaction_id": "T1001"}, "D681PevKs")]),
    ],
)
def test_a_documented_stream_says_what_it_says(name, content, calls):
    for way, blocks in cuts((GOLDEN / name).read_bytes()):
        chunks, error = decode_stream(CODEC, blocks)
        assert error is None, way
        message = add_up(chunks)
        found = [{**block, "thinking": [text("Okay")]} if "thinking" in block else block for block in message.content] if isinstance(message.content, list) else message.content
        assert found == content
        assert [(call["name"], call["args"], call["id"]) for call in message.tool_calls] == calls
        assert message.usage_metadata["total_tokens"] == 50


# -- content that changes its kind -------------------------------------------------------------------

CONTENTS = {
    "text": ([OPENING, {"content": "Hel"}, {"content": "lo"}], "Hello", ""),
    "nothing": ([OPENING, {"content": ""}], "", ""),
    "null": ([OPENING, {"content": None}, {"content": "a"}, {"content": None}], "a", ""),
    "a thought, a text and null": ([OPENING, {"content": ""}, {"content": [thought("Hm")]}, {"content": [thought(", yes."), text("4")]}, {"content": "2"}, {"content": None}], "42", "Hm, yes."),
    "a thought, a text and \"\"": ([OPENING, {"content": [thought("Hm")]}, {"content": "42"}, {"content": ""}], "42", "Hm"),
    "a list of texts": ([OPENING, {"content": [text("a")]}, {"content": [text("b")]}], "ab", ""),
    "an empty list": ([OPENING, {"content": []}, {"content": "a"}], "a", ""),
    "texts in a list": ([OPENING, {"content": ["a", "b"]}], "ab", ""),
    "a text and then a thought": ([OPENING, {"content": "a"}, {"content": [thought("Hm")]}, {"content": "b"}], "ab", "Hm"),
    "two thoughts around a text": ([OPENING, {"content": [thought("a")]}, {"content": "b"}, {"content": [thought("c")]}, {"content": "d"}], "bd", "a\n\nc"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENTS)
def test_content_of_any_kind_adds_up(name):
    deltas, said, reasoning = CONTENTS[name]
    message = streamed(*deltas)
    assert (str(message.text), message.reasoning) == (said, reasoning)


def test_the_empty_text_that_opens_a_stream_stands_before_texts_and_not_before_lists():
    chunks, _ = decode_stream(CODEC, [event(OPENING), event({"content": "a"})])
    assert [chunk.content for chunk in chunks] == ["", "a"]
    chunks, _ = decode_stream(CODEC, [event(OPENING), event({"content": [text("a")]})])
    assert [chunk.content for chunk in chunks] == [[{**text("a"), "index": 0}]]
    chunks, error = decode_stream(CODEC, [event(OPENING)])
    assert [chunk.content for chunk in chunks] == [""] and error.retryable


def test_what_stands_beside_an_empty_text_is_kept():
    message = streamed({**OPENING, "reasoning_content": "Hm"}, {"content": [text("a")]})  # as other servers tell it
    assert message.reasoning == "Hm" and str(message.text) == "a"


@pytest.mark.parametrize("way", ["in one block", "event by event"])
def test_a_stream_without_a_finish_reason_is_whole_with_its_terminator(way):
    events = [event(OPENING), event({"content": "a"}), DONE]
    chunks, error = decode_stream(CODEC, [b"".join(events)] if way == "in one block" else events)
    assert error is None and [chunk.content for chunk in chunks] == ["", "a"]
    chunks, error = decode_stream(CODEC, [DONE])
    assert isinstance(error, ProtocolError) and not chunks


def test_a_thought_keeps_its_signature_and_goes_back_as_it_came():
    message = streamed(OPENING, {"content": [thought("Hm")]}, {"content": [thought(".", signature="c2ln", closed=True)]}, {"content": "42"})
    assert encode_messages([message]) == [{"role": "assistant", "content": [thought("Hm.", signature="c2ln", closed=True), text("42")]}]
    same = whole({"content": [thought("Hm.", signature="c2ln", closed=True), text("42")]})
    assert encode_messages([same]) == encode_messages([message])


def test_thoughts_go_back_beside_tool_calls():
    call = {"id": "abcDEF123", "function": {"name": "f", "arguments": "{}"}}
    turns = [streamed(OPENING, {"content": [thought("Hm")]}, {"tool_calls": [call]}), whole({"content": [thought("Hm")], "tool_calls": [call]})]
    for turn in turns:
        (encoded,) = encode_messages([turn])
        assert encoded == {"role": "assistant", "content": [thought("Hm")], "tool_calls": [{"type": "function", **call}]}


def test_citations_are_text_with_their_reference():
    cited = {"type": "reference", "reference_ids": [1], "text": "Paris"}
    bare = {"type": "reference", "reference_ids": [2, "b"]}
    kept = [text("In "), {**text("Paris"), "reference": {"reference_ids": [1]}}, {**text(""), "reference": {"reference_ids": [2, "b"]}}, text(".")]
    message = whole({"content": [text("In "), cited, bare, text(".")]})
    assert message.content == kept and str(message.text) == "In Paris."
    summed = streamed(OPENING, {"content": [text("In ")]}, {"content": [cited]}, {"content": [bare]}, {"content": "."})
    assert [{key: value for key, value in block.items() if key != "index"} for block in summed.content] == kept
    assert encode_messages([summed])[0]["content"] == [text("In "), text("Paris"), bare, text(".")]


# -- tool calls ----------------------------------------------------------------------------------------


def call(id=None, name="f", arguments="{}", **more):
    return {**({} if id is None else {"id": id}), "function": {"name": name, "arguments": arguments}, **more}


A, B = "aaaaaaaa1", "bbbbbbbb2"
CALLS = {  # deltas' tool calls -> (name, args, id or None where it is made up)
    "whole, without type and index": ([[call(A)]], [("f", {}, A)]),
    "two without index": ([[call(A), call(B, "g")]], [("f", {}, A), ("g", {}, B)]),
    "two with index 0": ([[call(A, index=0), call(B, "g", index=0)]], [("f", {}, A), ("g", {}, B)]),
    "two in two deltas with index 0": ([[call(A, index=0)], [call(B, "g", index=0)]], [("f", {}, A), ("g", {}, B)]),
    "an object": ([[call(A, arguments={"a": [1, "é"]})]], [("f", {"a": [1, "é"]}, A)]),
    "an empty object": ([[call(A, arguments={})]], [("f", {}, A)]),
    "without id": ([[call()]], [("f", {}, None)]),
    "id null": ([[call("null")]], [("f", {}, None)]),
    "two without ids": ([[call("null", index=0), call("null", "g", index=0)]], [("f", {}, None), ("g", {}, None)]),
    "pieces without id": ([[call(A, arguments='{"a"', index=0)], [call(name="", arguments=": 1}", index=0)]], [("f", {"a": 1}, A)]),
    "pieces with id null": ([[call("chatcmpl-tool-9f14", arguments="", index=0)], [call("null", "", '{"a": 1}', index=0)]], [("f", {"a": 1}, "chatcmpl-tool-9f14")]),
    "pieces without index": ([[call(A, arguments='{"a"')], [call(name="", arguments=": 1}")]], [("f", {"a": 1}, A)]),
    "pieces of two": ([[call(A, arguments="{", index=0)], [call(name="", arguments="}", index=0)], [call(B, "g", '{"b"', index=1)], [call(name=None, arguments=":2}", index=1)]], [("f", {}, A), ("g", {"b": 2}, B)]),
    "pieces without any id": ([[call("null", arguments='{"a"', index=0)], [call("null", "", ":1}", index=0)]], [("f", {"a": 1}, None)]),
    "pieces with the same id": ([[call(A, arguments='{"a"', index=0)], [call(A, "f", ":1}", index=0)]], [("f", {"a": 1}, A)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("before", [[OPENING], [OPENING, {"content": "So."}], [OPENING, {"content": [thought("Hm")]}]], ids=["first", "text", "thought"])
def test_tool_calls_of_any_kind_are_read(name, before):
    deltas, calls = CALLS[name]
    message = streamed(*before, *({"content": "", "tool_calls": one} for one in deltas), finish="tool_calls")
    answers = [message]
    if len(deltas) == 1:
        answers.append(whole({"content": "", "tool_calls": deltas[0]}, finish="tool_calls"))
        assert answers[1].tool_calls == message.tool_calls  # the made-up ids among them
    for answer in answers:
        assert [(one["name"], one["args"]) for one in answer.tool_calls] == [(one[0], one[1]) for one in calls]
        for found, (_, _, id) in zip(answer.tool_calls, calls):
            assert found["id"] == id if id else tool_call_id(found["id"]) == found["id"]
        assert len({one["id"] for one in answer.tool_calls}) == len(calls)
        assert not answer.invalid_tool_calls and answer.response_metadata["finish_reason"] == "tool_calls"


def test_arguments_that_are_no_json_object_make_an_invalid_call():
    for answer in (streamed(OPENING, {"tool_calls": [call(A, arguments="{no")]}), whole({"tool_calls": [call(A, arguments="[1]")]})):
        (one,) = answer.invalid_tool_calls
        assert (one["name"], one["id"]) == ("f", A) and not answer.tool_calls


@pytest.mark.parametrize(
    "id, mapped",
    [("D681PevKs", "D681PevKs"), ("call_1", "rwU906w5h"), ("", None), ("a" * 10, None), ("chatcmpl-tool-9f14", None), ("é\ud800", None)],
)
def test_ids_get_mistrals_form_once_and_for_all(id, mapped):
    found = tool_call_id(id)
    assert len(found) == 9 and found.isalnum() and found.isascii()
    assert tool_call_id(found) == found == tool_call_id(id)
    assert mapped is None or found == mapped


# -- usage and finish ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more, cached",
    [
        ({}, None),
        ({"num_cached_tokens": 3}, 3),
        ({"num_cached_tokens": None}, None),
        ({"prompt_tokens_details": {"cached_tokens": 4}}, 4),
        ({"prompt_tokens_details": {"cached_tokens": 4}, "num_cached_tokens": 3}, 4),
        ({"prompt_tokens_details": None, "num_cached_tokens": 0}, 0),
        ({"prompt_audio_seconds": 9, "service_tier": "standard"}, None),
    ],
)
def test_cached_tokens_have_two_names(more, cached):
    usage = {**USAGE, **more}
    for message in (whole({"content": "a"}, usage=usage), streamed(OPENING, {"content": "a"}, usage=usage)):
        assert message.usage_metadata["input_token_details"].get("cache_read") == cached
        assert message.usage_metadata["total_tokens"] == 7
        assert message.response_metadata["token_usage"] == usage


@pytest.mark.parametrize("finish", ["stop", "length", "model_length", "error", "tool_calls"])
def test_every_finish_reason_is_told_raw(finish):
    for message in (whole({"content": "a"}, finish=finish), streamed(OPENING, {"content": "a"}, finish=finish)):
        assert message.response_metadata["finish_reason"] == finish
        assert message.response_metadata["model_provider"] == "mistralai" and str(message.text) == "a"


# -- saying no -------------------------------------------------------------------------------------------

FAULTS = [
    {"type": "extra_forbidden", "loc": ["body", "messages", 0, "user", "name"], "msg": "Extra inputs are not permitted", "input": "x"},
    {"type": "missing", "loc": ["body", "model"], "msg": "Field required", "input": {}},
]
FAULTS_SAID = "messages.0.user.name: Extra inputs are not permitted; model: Field required"


def words(message, type=None, code=None, **more):
    return {"object": "error", "message": message, "type": type, "param": None, "code": code, **more}


REFUSALS = [  # status, body, class, message, type, code, param
    (401, {"detail": "Invalid API Key"}, AuthenticationError, "Invalid API Key", None, None, None),
    (401, {"message": "No API key found in request", "request_id": "r9"}, AuthenticationError, "No API key found in request", None, None, None),
    (422, {"detail": FAULTS}, BadRequest, FAULTS_SAID, "extra_forbidden", None, "messages.0.user.name"),
    (422, words({"detail": FAULTS}, "invalid_request_error"), BadRequest, FAULTS_SAID, "invalid_request_error", None, "messages.0.user.name"),
    (422, {"detail": [{"msg": "no"}]}, BadRequest, "no", None, None, None),
    (400, words({"detail": "No."}, "x"), BadRequest, "No.", "x", None, None),
    (400, words("Invalid model: m", "invalid_model", "1500"), NotFound, "Invalid model: m", "invalid_model", "1500", None),
    (400, words("Invalid model: m", None, 1500), NotFound, "Invalid model: m", None, "1500", None),
    (400, words("Unexpected role", "invalid_request_message_order", "3230"), BadRequest, "Unexpected role", "invalid_request_message_order", "3230", None),
    (403, words("Request blocked by guardrails", "guardrails"), PermissionDenied, "Request blocked by guardrails", "guardrails", None, None),
    (429, words("Rate limit exceeded", "rate_limited", "1300"), RateLimited, "Rate limit exceeded", "rate_limited", "1300", None),
    (429, {"message": "Service tier capacity exceeded for this model."}, RateLimited, "Service tier capacity exceeded for this model.", None, None, None),
    (500, {"object": "error", "message": None}, ServerError, "{'object': 'error', 'message': None}", None, None, None),
    (400, {"error": {"message": "a proxy's", "type": "t", "code": 7, "param": "p"}}, BadRequest, "a proxy's", "t", "7", "p"),
    (400, {"error": "a word"}, BadRequest, "a word", None, None, None),
    (400, [1], BadRequest, "[1]", None, None, None),
    (400, {"detail": []}, BadRequest, "{'detail': []}", None, None, None),
    (400, {"detail": [1]}, BadRequest, "[1]", None, None, None),
    (422, {"detail": [{"msg": ["x"], "loc": 7, "type": 8}]}, BadRequest, "['x']", "8", None, None),
]  # fmt: skip


@pytest.mark.parametrize("status, body, kind, message, type, code, param", REFUSALS)
def test_every_shape_of_a_refusal_is_read(status, body, kind, message, type, code, param):
    error = CODEC.error(status, {"mistral-correlation-id": "r1"}, json.dumps(body).encode())
    assert error.__class__ is kind and error.status == status and error.body == body
    assert (error.message, error.type, error.code, error.param) == (message, type, code, param)
    assert error.provider == "mistral" and error.request_id == "r1"
    assert error.retryable == (status in (429, 500))


def test_a_request_id_may_stand_in_the_body():
    assert CODEC.error(401, {}, b'{"message": "no", "request_id": "r9"}').request_id == "r9"


INSIDE = [  # an error inside a 200
    (words("Invalid model: m", "invalid_model", "1500"), NotFound, False),
    (words("slow", "rate_limited", "1300"), RateLimited, True),
    (words("bad", "x", "3230", raw_status_code=400), BadRequest, False),
    (words("oops"), ServerError, True),
    ({"detail": "Invalid API Key"}, ServerError, True),
]


@pytest.mark.parametrize("payload, kind, retryable", INSIDE)
def test_an_error_inside_a_200_is_an_error(payload, kind, retryable):
    with pytest.raises(kind) as caught:
        CODEC.decode(json.dumps(payload).encode())
    chunks, error = decode_stream(CODEC, [event(OPENING), event({"content": "a"}), b"data: " + json.dumps(payload).encode() + b"\n\n", DONE])
    assert [chunk.content for chunk in chunks] == ["", "a"]
    for one in (caught.value, error):
        assert one.__class__ is kind and one.status == 200 and one.retryable is retryable


@pytest.mark.parametrize(
    "content",
    [5, {"a": 1}, [5], [{"no": "type"}], [{"type": 5}], [text(5)], [{"type": "text"}], [{"type": "thinking"}], [thought(5)], [{"type": "thinking", "thinking": [5]}], [{"type": "thinking", "thinking": 5}]],
)
def test_content_that_is_none_is_a_protocol_error(content):
    with pytest.raises(ProtocolError):
        whole({"content": content})
    for before in ([], [event({"content": "a"})], [event({"content": [text("a")]})]):
        chunks, error = decode_stream(CODEC, [event(OPENING), *before, event({"content": content}), DONE])
        assert isinstance(error, ProtocolError)
        assert "".join(str(chunk.text) for chunk in chunks) == "a" * len(before)


NO_CALLS = [5, ["x"], [{}], [{"function": "f"}], [call(A, name=5)], [call([1])]]


@pytest.mark.parametrize("calls", [*NO_CALLS, [call(A, arguments=5)], [call(A, index="0")]])
def test_pieces_of_tool_calls_that_are_none_are_a_protocol_error(calls):
    _, error = decode_stream(CODEC, [event(OPENING), event({"content": "a"}), event({"tool_calls": calls}), DONE])
    assert isinstance(error, ProtocolError)


@pytest.mark.parametrize("calls", NO_CALLS)
def test_tool_calls_that_are_none_are_a_protocol_error(calls):
    with pytest.raises(ProtocolError):
        whole({"tool_calls": calls})


def test_a_number_of_cached_tokens_that_is_none_is_a_protocol_error():
    with pytest.raises(ProtocolError):
        whole({"content": "a"}, usage={**USAGE, "num_cached_tokens": "3"})


# -- the way out -----------------------------------------------------------------------------------------

PNG, PDF = "iVBORw0KGgo=", "JVBERi0="
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
BLOCKS = [  # as written, as sent
    ("a", text("a")),
    ({**text("a"), "id": "x", "index": 0, "annotations": [], "cache_control": {}}, text("a")),
    ({"type": "image", "base64": PNG, "mime_type": "image/png"}, IMAGE),
    ({"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"}, IMAGE),
    ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}, IMAGE),
    ({"type": "image", "url": "https://x/a.png"}, {"type": "image_url", "image_url": {"url": "https://x/a.png"}}),
    ({"type": "input_image", "image_url": "https://x/a.png", "detail": "low"}, {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}}),
    ({**IMAGE, "index": 0}, IMAGE),
    ({"type": "image_url", "image_url": "https://x/a.png"}, {"type": "image_url", "image_url": "https://x/a.png"}),
    ({"type": "image", "file_id": "f1"}, {"type": "file", "file_id": "f1"}),
    ({"type": "file", "base64": PDF, "mime_type": "application/pdf"}, {"type": "document_url", "document_url": f"data:application/pdf;base64,{PDF}"}),
    ({"type": "file", "url": "https://x/a.pdf", "filename": "a.pdf"}, {"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a.pdf"}),
    ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"}}, {"type": "document_url", "document_url": f"data:application/pdf;base64,{PDF}", "document_name": "a.pdf"}),
    ({"type": "document", "source": {"type": "url", "url": "https://x/a.pdf"}}, {"type": "document_url", "document_url": "https://x/a.pdf"}),
    ({"type": "file", "base64": PNG, "mime_type": "image/png"}, IMAGE),
    ({"type": "file", "file_id": "f1"}, {"type": "file", "file_id": "f1"}),
    ({"type": "file", "file": {"file_id": "f1"}}, {"type": "file", "file_id": "f1"}),
    ({"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a"}, {"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a"}),
    ({"type": "audio", "base64": "UklG", "mime_type": "audio/wav"}, {"type": "input_audio", "input_audio": "UklG"}),
    ({"type": "audio", "url": "https://x/a.mp3"}, {"type": "input_audio", "input_audio": "https://x/a.mp3"}),
    ({"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}, {"type": "input_audio", "input_audio": "UklG"}),
    ({"type": "input_audio", "input_audio": "UklG"}, {"type": "input_audio", "input_audio": "UklG"}),
    ({"type": "text-plain", "text": "a"}, text("a")),
    ({"type": "reference", "reference_ids": [1], "index": 3}, {"type": "reference", "reference_ids": [1]}),
    ({"type": "resource_link", "uri": "x:y"}, {"type": "resource_link", "uri": "x:y"}),
    ({"type": "newer", "than": "this", "index": 0}, {"type": "newer", "than": "this"}),
]  # fmt: skip


@pytest.mark.parametrize("block, sent", BLOCKS)
def test_a_block_is_sent_in_mistrals_form_by_user_and_tool(block, sent):
    assert encode_messages([HumanMessage([block])]) == [{"role": "user", "content": [sent]}]
    (result,) = encode_messages([ToolMessage([block], tool_call_id=A)])
    assert result == {"role": "tool", "content": [sent], "tool_call_id": A}


def test_a_film_is_refused():
    with pytest.raises(ConfigurationError, match="no video"):
        encode_messages([HumanMessage([{"type": "video", "url": "https://x/a.mp4"}])])


F = {"name": "f", "args": {"a": "é"}, "id": "call_1"}
SENT = {"id": "rwU906w5h", "type": "function", "function": {"name": "f", "arguments": '{"a": "é"}'}}
TURNS = [
    (SystemMessage("s"), {"role": "system", "content": "s"}),
    (SystemMessage("s", additional_kwargs={"__openai_role__": "developer"}), {"role": "system", "content": "s"}),
    (ChatMessage("s", role="developer"), {"role": "system", "content": "s"}),
    (ChatMessage("s", role="user"), {"role": "user", "content": "s"}),
    (HumanMessage("u", name="Ann"), {"role": "user", "content": "u"}),
    (AIMessage("a", name="bot"), {"role": "assistant", "content": "a"}),
    (AIMessage("a", additional_kwargs={"prefix": True}), {"role": "assistant", "content": "a", "prefix": True}),
    (AIMessage("", tool_calls=[F]), {"role": "assistant", "content": "", "tool_calls": [SENT]}),
    (AIMessage("So.", tool_calls=[F]), {"role": "assistant", "content": "So.", "tool_calls": [SENT]}),
    (AIMessage([], tool_calls=[F]), {"role": "assistant", "content": "", "tool_calls": [SENT]}),
    (AIMessage("", invalid_tool_calls=[{"name": "f", "args": "{no", "id": "call_1", "error": "x"}]), {"role": "assistant", "content": "", "tool_calls": [{**SENT, "function": {"name": "f", "arguments": "{no"}}]}),
    (AIMessage(["", {**text("a"), "index": 0}]), {"role": "assistant", "content": [text("a")]}),
    (AIMessage([{"type": "thinking", "thinking": "Hm", "signature": "somebody else's"}, text("a")]), {"role": "assistant", "content": [thought("Hm"), text("a")]}),
    (AIMessage([{"type": "reasoning", "reasoning": "Hm"}, text("a")]), {"role": "assistant", "content": [thought("Hm"), text("a")]}),
    (AIMessage([{"type": "reasoning", "summary": [], "encrypted_content": "x"}, text("a")]), {"role": "assistant", "content": [text("a")]}),
    (AIMessage([{"type": "redacted_thinking", "data": "x"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}, text("a")]), {"role": "assistant", "content": [text("a")]}),
    (ToolMessage("r", tool_call_id="call_1"), {"role": "tool", "content": "r", "tool_call_id": "rwU906w5h"}),
    (ToolMessage("r", tool_call_id=A, name="f"), {"role": "tool", "content": "r", "tool_call_id": A, "name": "f"}),
]  # fmt: skip


@pytest.mark.parametrize("message, sent", TURNS)
def test_a_turn_is_sent_in_mistrals_form(message, sent):
    assert encode_messages([message]) == [sent]


def test_a_function_message_is_refused():
    with pytest.raises(ConfigurationError, match="FunctionMessage"):
        encode_messages([FunctionMessage("r", name="f")])


def test_a_stream_is_asked_for_without_options():
    request = CODEC.encode(ChatCall([HumanMessage("hi")], {"model": "m"}, stream=True))
    assert json.loads(request.body) == {"messages": [{"role": "user", "content": "hi"}], "model": "m", "stream": True}


def test_a_flag_that_changes_does_not_break_the_sum():
    def thought(text, closed):
        return event({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": closed}]})

    chunks, error = decode_stream(CODEC, [thought("a", False) + thought("b", True) + event({"content": "c"}, "stop") + DONE])
    assert error is None
    assert (add_up(chunks).reasoning, add_up(chunks).text) == ("ab", "c")
