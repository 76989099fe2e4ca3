"""Gemini's answers, whole and streamed, where no recording says what happens."""

import base64
import json
import warnings

import pytest

from minichat import AIMessage, AuthenticationError, BadRequest, IncompleteStream, NotFound, Overloaded
from minichat import PermissionDenied, ProtocolError, RateLimited, ServerError
from minichat.messages import message_chunk_to_message
from minichat.protocols.gemini import Gemini

from .feeding import add_up, decode_stream

CODEC = Gemini(provider="google", base_url="http://x/v1beta", headers={})
SIGNATURES = "__gemini_function_call_thought_signatures__"
PIXEL = base64.b64encode(b"\xfb\xff\xfe pixel").decode()


def reply(*parts, model="gemini-2.5-flash", finish="STOP", usage=None, **candidate):
    told = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **candidate}
    if finish:
        told["finishReason"] = finish
    whole = {"candidates": [told], "modelVersion": model, "responseId": "r1"}
    return {**whole, "usageMetadata": usage} if usage else whole


def decode(value):
    return CODEC.decode(json.dumps(value).encode())


def stream(*payloads):
    pieces, error = decode_stream(CODEC, [f"data: {json.dumps(one)}\r\n\r\n".encode() for one in payloads])
    if error is not None:
        raise error
    return pieces


def without_index(content):
    if isinstance(content, str):
        return content
    return [{key: value for key, value in block.items() if key != "index"} if isinstance(block, dict) else block for block in content]


# -- content -----------------------------------------------------------------------------------

TEXT, MORE, SIGNED = {"text": "Hel"}, {"text": "lo"}, {"text": "", "thoughtSignature": "U0lH"}
THOUGHT = {"text": "hm", "thought": True}
CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)", "id": "c1"}, "thoughtSignature": "U0lH"}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "c1"}}
LATE = {"codeExecutionResult": {"outcome": "OUTCOME_DEADLINE_EXCEEDED", "id": "c1"}}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
CODE_BLOCK = {"type": "executable_code", "executable_code": "print(1)", "language": "PYTHON", "id": "c1", "extras": {"signature": "U0lH"}}
RESULT_BLOCK = {"type": "code_execution_result", "code_execution_result": "1\n", "outcome": 1, "tool_call_id": "c1"}
SIGNED_BLOCK = {"type": "text", "text": "", "extras": {"signature": "U0lH"}}


def block(text):
    return {"type": "text", "text": text}


def thinking(text, **more):
    return {"type": "thinking", "thinking": text, **more}


# (name, model, parts, content of the whole answer, content of the sum of one chunk per part, or None for the same)
CONTENTS = [
    ("a text", "gemini-2.5-flash", [TEXT], "Hel", None),
    ("nothing", "gemini-2.5-flash", [], "", None),
    ("no text", "gemini-2.5-flash", [{"text": ""}], "", None),
    ("two texts", "gemini-2.5-flash", [TEXT, MORE], ["Hel", "lo"], "Hello"),
    ("a text and a signed nothing", "gemini-2.5-flash", [TEXT, SIGNED], ["Hel", SIGNED_BLOCK], None),
    ("a lone signature", "gemini-2.5-flash", [{"thoughtSignature": "U0lH"}], [SIGNED_BLOCK], None),
    ("a thought and a text", "gemini-2.5-flash", [THOUGHT, TEXT], [thinking("hm"), block("Hel")], None),
    ("a signed thought", "gemini-2.5-flash", [{**THOUGHT, "thoughtSignature": "U0lH"}], [thinking("hm", signature="U0lH")], None),
    ("a text of Gemini 3", "gemini-3-flash-preview", [TEXT], [block("Hel")], None),
    ("a text of Gemini 3.5", "models/gemini-3.5-flash", [TEXT], [block("Hel")], None),
    ("nothing of Gemini 3", "gemini-3-flash-preview", [], [], None),
    ("two texts of Gemini 3", "gemini-3-flash-preview", [TEXT, MORE], [block("Hel"), block("lo")], [block("Hello")]),
    ("thoughts and texts", "gemini-3-flash-preview", [THOUGHT, TEXT, SIGNED], [thinking("hm"), block("Hel"), SIGNED_BLOCK], None),
    ("no model", None, [TEXT], "Hel", None),
    ("code", "gemini-2.5-flash", [CODE, RESULT, TEXT], [CODE_BLOCK, RESULT_BLOCK, "Hel"], None),
    ("code that took too long", "gemini-2.5-flash", [LATE], [{**RESULT_BLOCK, "code_execution_result": "", "outcome": 2, "extras": {"outcome": "OUTCOME_DEADLINE_EXCEEDED"}}], None),
    ("an image", "gemini-2.5-flash", [TEXT, IMAGE], ["Hel", {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}], None),
    ("an image in the other alphabet", "gemini-2.5-flash", [{"inlineData": {"mimeType": "image/png", "data": PIXEL.replace("+", "-").replace("/", "_")}}], [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}], None),
    ("a signed image", "gemini-3-pro-image", [{**IMAGE, "thoughtSignature": "U0lH"}], [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}, "extras": {"signature": "U0lH"}}], None),
    ("an image of a thought", "gemini-3-pro-image", [{**IMAGE, "thought": True}], [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}, "extras": {"thought": True}}], None),
    ("a document", "gemini-2.5-flash", [{"inlineData": {"mimeType": "application/pdf", "data": "QUJD"}}], [{"type": "media", "mime_type": "application/pdf", "data": "QUJD"}], None),
    ("a file", "gemini-2.5-flash", [{"fileData": {"mimeType": "video/mp4", "fileUri": "https://x/f"}}], [{"type": "media", "mime_type": "video/mp4", "file_uri": "https://x/f"}], None),
    ("a search of the server's", "gemini-3-flash-preview", [{"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1", "args": {"queries": ["x"]}}, "thoughtSignature": "U0lH"}, {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1", "response": {"found": 1}}}], [
        {"type": "server_tool_call", "name": "google_search_web", "id": "t1", "args": {"queries": ["x"]}, "extras": {"signature": "U0lH"}},
        {"type": "server_tool_result", "tool_call_id": "t1", "status": "success", "output": {"found": 1}, "extras": {"block_type": "google_search_web"}},
    ], None),
    ("a part of another day", "gemini-2.5-flash", [{"hologram": {"x": 1}, "thoughtSignature": "U0lH"}], [{"type": "non_standard", "value": {"hologram": {"x": 1}}, "extras": {"signature": "U0lH"}}], None),
]  # fmt: skip


@pytest.mark.parametrize("name, model, parts, whole, summed", CONTENTS, ids=[row[0] for row in CONTENTS])
def test_the_content_of_an_answer(name, model, parts, whole, summed):
    message = decode(reply(*parts, model=model))[0]
    assert message.content == whole
    wanted = whole if summed is None else summed
    pieces = stream(*(reply(part, model=model, finish=None) for part in parts), reply(model=model))
    assert without_index(add_up(pieces).content) == wanted
    assert message_chunk_to_message(add_up(pieces)).response_metadata == message.response_metadata
    joined = decode([*(reply(part, model=model, finish=None) for part in parts), reply(model=model)])[0]
    assert joined.content == wanted
    assert [str(one.text) for one in (message, joined)] == [str(add_up(pieces).text)] * 2


def test_texts_that_stream_are_one_block_until_something_else_comes():
    parts = [THOUGHT, THOUGHT, TEXT, MORE, {"text": "!", "thoughtSignature": "S"}, TEXT, CODE, TEXT]
    pieces = stream(*(reply(part, model="gemini-3-flash", finish=None) for part in parts), reply())
    shown = [(one["type"], one.get("thinking") or one.get("text"), one["index"]) for one in add_up(pieces).content]
    assert shown == [
        ("thinking", "hmhm", 0),
        ("text", "Hello", 1),
        ("text", "!", 2),
        ("text", "Hel", 3),
        ("executable_code", None, 4),
        ("text", "Hel", 5),
    ]
    assert add_up(pieces).reasoning == "hmhm"


def test_sound_comes_as_a_file_in_additional_kwargs():
    sound = base64.b64encode(b"\x01\x02" * 5).decode()
    part = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=16000", "data": sound}}
    import io
    import wave

    whole = decode(reply(part))[0]
    pieces = stream(reply(part, finish=None), reply(part, finish=None), reply())
    for message, times in ((whole, 1), (add_up(pieces), 2)):
        assert message.content == ""
        with wave.open(io.BytesIO(message.additional_kwargs["audio"])) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
            assert file.readframes(99) == b"\x01\x02" * 5 * times
    for odd in ("rate=\u00b2", "rate=" + "1" * 5000):  # no number that can be
        part = {"inlineData": {"mimeType": f"audio/L16;{odd}", "data": sound}}
        with wave.open(io.BytesIO(decode(reply(part))[0].additional_kwargs["audio"])) as file:
            assert file.getframerate() == 24000
    mp3 = {"inlineData": {"mimeType": "audio/mpeg", "data": sound}}
    assert decode(reply(mp3))[0].additional_kwargs["audio"] == b"\x01\x02" * 5


# -- calls -------------------------------------------------------------------------------------


def call(name="f", args=None, **more):
    told = {"functionCall": {"name": name, **({} if args is None else {"args": args})}}
    told["functionCall"].update({key: more.pop(key) for key in [*more] if key == "id"})
    return {**told, **more}


def test_calls_come_whole_in_order_with_their_signatures():
    parts = [call("f", {"n": 2.0, "x": 0.5, "deep": [{"m": 3.0}]}, thoughtSignature="U0lH", id="given"), call("g")]
    whole = decode(reply(*parts))[0]
    summed = add_up(stream(reply(*parts)))
    apart = add_up(stream(*(reply(part, finish=None) for part in parts), reply({"text": ""})))
    for message in (whole, summed, apart):
        first, second = message.tool_calls
        assert first == {"name": "f", "args": {"n": 2, "x": 0.5, "deep": [{"m": 3}]}, "id": "given", "type": "tool_call"}
        assert type(first["args"]["n"]) is int and type(first["args"]["deep"][0]["m"]) is int
        assert (second["name"], second["args"]) == ("g", {})
        assert second["id"].startswith("made-up-")
        assert message.additional_kwargs == {SIGNATURES: {"given": "U0lH"}, "function_call": {"name": "g", "arguments": "{}"}}
        assert message.invalid_tool_calls == []
        assert message.content == ""


def test_calls_without_ids_get_ids_of_their_own():
    calls = decode(reply(call(), call()))[0].tool_calls
    assert calls[0]["id"] != calls[1]["id"]


@pytest.mark.parametrize("finish", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "SAFETY", "A_REASON_OF_TOMORROW"])
def test_a_finish_reason_is_kept_with_whatever_came(finish):
    for parts in ([], [call("f", {"a": 1})]):
        value = reply(*parts, finish=finish, finishMessage="because", safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "probabilityScore": 0.5}])
        for message in (decode(value)[0], add_up(stream(value))):
            assert message.response_metadata["finish_reason"] == finish
            assert message.response_metadata["finish_message"] == "because"
            assert message.response_metadata["safety_ratings"] == [
                {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "probability_score": 0.5}
            ]
            assert len(message.tool_calls) == len(parts)


# -- what is beside the parts ------------------------------------------------------------------


def test_missing_fields_are_nothing():
    message = decode({"candidates": [{}]})[0]
    assert message == AIMessage("", response_metadata={"model_provider": "google_genai", "safety_ratings": []})
    assert message.usage_metadata is None
    usage = decode({"candidates": [{"finishReason": "MAX_TOKENS"}], "usageMetadata": {"totalTokenCount": 3}})[0].usage_metadata
    assert usage == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 3, "input_token_details": {"cache_read": 0}}


def test_usage_is_cumulative_and_its_differences_add_up():
    reports = [
        {"promptTokenCount": 5, "totalTokenCount": 5},
        {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 7, "totalTokenCount": 14},
        {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 7, "totalTokenCount": 14},
        {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 7, "toolUsePromptTokenCount": 3, "cachedContentTokenCount": 6, "totalTokenCount": 23},
    ]
    pieces = stream(*(reply(TEXT, finish=None, usage=one) for one in reports[:-1]), reply(usage=reports[-1]))
    shown = [piece.usage_metadata and piece.usage_metadata["output_tokens"] for piece in pieces]
    assert shown == [0, 9, None, 2]
    whole = decode(reply(usage=reports[-1]))[0]
    assert add_up(pieces).usage_metadata == whole.usage_metadata == {
        "input_tokens": 12,
        "output_tokens": 11,
        "total_tokens": 23,
        "input_token_details": {"cache_read": 6},
        "output_token_details": {"reasoning": 7},
    }
    assert add_up(pieces).response_metadata["usage"] == reports[-1]


def test_a_count_that_falls_falls():
    pieces = stream(reply(TEXT, finish=None, usage={"promptTokenCount": 8, "totalTokenCount": 8}), reply(usage={"promptTokenCount": 5, "totalTokenCount": 5}))
    assert add_up(pieces).usage_metadata["input_tokens"] == 5


def test_candidates_go_by_their_index():
    one, two = reply({"text": "one"})["candidates"][0], {**reply({"text": "two"})["candidates"][0], "index": 1}
    messages = decode({"candidates": [two, one], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}})
    assert [message.content for message in messages] == ["one", "two"]
    assert [message.usage_metadata["total_tokens"] for message in messages] == [1, 1]
    del one["index"]
    assert [message.content for message in decode({"candidates": [two, one]})] == ["one", "two"]
    pieces = stream({"candidates": [{**two, "finishReason": "STOP"}]}, {"candidates": [two, one]})
    assert add_up(pieces).content == "one"


def test_metadata_of_pieces_is_that_of_the_whole():
    grounding = {"webSearchQueries": ["q"], "searchEntryPoint": {"renderedContent": "<b>"}}
    chunks = [{"web": {"uri": "https://x", "title": "X"}}]
    logprobs = [{"chosenCandidates": [{"token": token, "logProbability": -0.5}]} for token in "ab"]
    citations = [{"citationSources": [{"startIndex": index, "uri": "https://x"}]} for index in (1, 2)]
    pieces = stream(
        reply(TEXT, finish=None, groundingMetadata=grounding, logprobsResult=logprobs[0], citationMetadata=citations[0]),
        reply(MORE, groundingMetadata={"groundingChunks": chunks}, logprobsResult=logprobs[1], citationMetadata=citations[1], avgLogprobs=-0.5, urlContextMetadata={"urlMetadata": [{"retrievedUrl": "https://x", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}]}),
    )
    metadata = add_up(pieces).response_metadata
    assert metadata["grounding_metadata"] == {
        "web_search_queries": ["q"],
        "search_entry_point": {"rendered_content": "<b>"},
        "grounding_chunks": [{"web": {"uri": "https://x", "title": "X"}}],
        "grounding_supports": [],
        "image_search_queries": [],
    }
    assert [one["token"] for one in metadata["logprobs"]["chosen_candidates"]] == ["a", "b"]
    assert [one["start_index"] for one in metadata["citation_metadata"]["citation_sources"]] == [1, 2]
    assert metadata["avg_logprobs"] == -0.5
    assert metadata["url_context_metadata"]["url_metadata"][0]["url_retrieval_status"] == "URL_RETRIEVAL_STATUS_SUCCESS"


BLOCKED = {
    "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no", "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH"}]},
    "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
    "modelVersion": "gemini-3-flash",
    "responseId": "r1",
}


def test_a_blocked_prompt_is_an_empty_message_with_its_reason_and_a_warning():
    with pytest.warns(UserWarning, match="refused the prompt.*PROHIBITED_CONTENT.*no"):
        whole = decode(BLOCKED)[0]
    with pytest.warns(UserWarning, match="PROHIBITED_CONTENT"):
        pieces = stream(BLOCKED)
    assert [piece.chunk_position for piece in pieces] == ["last"]
    for message in (whole, pieces[0]):
        assert message.content == ""
        feedback = message.response_metadata["prompt_feedback"]
        assert (feedback["block_reason"], feedback["block_reason_message"]) == ("PROHIBITED_CONTENT", "no")
        assert message.usage_metadata["input_tokens"] == 4
        assert message.response_metadata["model_name"] == "gemini-3-flash"
    assert whole.response_metadata == pieces[0].response_metadata


# -- the end of a stream -----------------------------------------------------------------------


def test_a_stream_ends_with_its_finish_reason_and_nothing_else():
    for payloads in ([], [reply(TEXT, finish=None)], [{"usageMetadata": {"promptTokenCount": 1}}], [{"promptFeedback": {"safetyRatings": []}}]):
        pieces, error = decode_stream(CODEC, [f"data: {json.dumps(one)}\n\n".encode() for one in payloads])
        assert type(error) is IncompleteStream and error.retryable and "finishReason" in str(error)


def test_reports_of_usage_alone_make_chunks_only_when_they_say_something_new():
    usage = {"promptTokenCount": 1, "totalTokenCount": 1}
    pieces = stream({"usageMetadata": usage}, {"usageMetadata": usage}, {"candidates": []}, reply(TEXT, usage=usage))
    assert [(piece.content, piece.usage_metadata is None) for piece in pieces] == [("", False), ("Hel", True)]


def test_twenty_thousand_chunks_of_either_form_add_up():
    for model, first in (("gemini-2.5-flash", TEXT), ("gemini-3-flash", TEXT), ("gemini-3-flash", THOUGHT)):
        data = f"data: {json.dumps(reply(first, model=model, finish=None, usage={'promptTokenCount': 1, 'totalTokenCount': 1}))}\n\n".encode()
        pieces, error = decode_stream(CODEC, [data * 20_000, f"data: {json.dumps(reply(model=model))}\n\n".encode()])
        assert error is None and len(pieces) == 20_001
        total = pieces[0]
        for piece in pieces[1:]:
            total = total + piece
        assert len(total.reasoning or str(total.text)) == 20_000 * len(first["text"])
        assert total.content == add_up(pieces).content
        assert isinstance(total.content, str) or len(total.content) == 1


# -- errors ------------------------------------------------------------------------------------

RPC = "type.googleapis.com/google.rpc."
KEY_INVALID = {"@type": RPC + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}


def failure(code, status, message="oops", *details):
    return {"error": {"code": code, "message": message, "status": status, **({"details": list(details)} if details else {})}}


def delay(text):
    return {"@type": RPC + "RetryInfo", "retryDelay": text}


# (name, HTTP status, body, class, code, retryable, seconds to wait)
ERRORS = [
    ("a wrong key", 400, failure(400, "INVALID_ARGUMENT", "API key not valid.", KEY_INVALID), AuthenticationError, "API_KEY_INVALID", False, None),
    ("a wrong request", 400, failure(400, "INVALID_ARGUMENT"), BadRequest, "400", False, None),
    ("no such model", 404, failure(404, "NOT_FOUND"), NotFound, "404", False, None),
    ("in a list", 429, [failure(429, "RESOURCE_EXHAUSTED", "x", delay("48s"))], RateLimited, "429", True, 48.0),
    ("half a second", 429, failure(429, "RESOURCE_EXHAUSTED", "x", delay("0.5s")), RateLimited, "429", True, 0.5),
    ("the wait in words", 429, failure(429, "RESOURCE_EXHAUSTED", "Please retry in 48.9s."), RateLimited, "429", True, 48.9),
    ("minutes in words", 429, failure(429, "RESOURCE_EXHAUSTED", "Please retry in 1m2.5s."), RateLimited, "429", True, 62.5),
    ("milliseconds in words", 429, failure(429, "RESOURCE_EXHAUSTED", "Please retry in 250ms."), RateLimited, "429", True, 0.25),
    ("nonsense for a wait", 429, failure(429, "RESOURCE_EXHAUSTED", "x", delay("soon")), RateLimited, "429", True, None),
    ("overloaded", 503, failure(503, "UNAVAILABLE"), Overloaded, "503", True, None),
    ("too late", 504, failure(504, "DEADLINE_EXCEEDED"), ServerError, "504", True, None),
    ("cancelled", 499, failure(499, "CANCELLED"), BadRequest, "499", False, None),
    ("not implemented", 501, failure(501, "UNIMPLEMENTED"), ServerError, "501", False, None),
    ("details of another kind", 403, failure(403, "PERMISSION_DENIED", "x", 5, {"@type": 7}), PermissionDenied, "403", False, None),
]  # fmt: skip


@pytest.mark.parametrize("name, status, body, kind, code, retryable, wait", ERRORS, ids=[row[0] for row in ERRORS])
def test_an_error_is_read_as_a_reply_and_in_a_stream(name, status, body, kind, code, retryable, wait):
    told = body[0]["error"] if isinstance(body, list) else body["error"]
    pieces, in_stream = decode_stream(CODEC, [f"data: {json.dumps(one)}\n\n".encode() for one in (reply(TEXT, finish=None), body)])
    assert [piece.content for piece in pieces] == ["Hel"]
    with pytest.raises(kind) as in_whole:
        decode(body)
    errors = [CODEC.error(status, {}, json.dumps(body).encode()), in_stream, in_whole.value]
    for error, said in zip(errors, (status, 200, 200)):
        assert type(error) is kind
        assert (error.status, error.code, error.type) == (said, code, told["status"])
        assert (error.message, error.retryable, error.retry_after) == (told["message"], retryable, wait)
        assert (error.provider, error.body) == ("google", body)


def test_a_field_that_is_wrong_is_named():
    details = {"@type": RPC + "BadRequest", "fieldViolations": [{"field": "generation_config.temperature", "description": "x"}]}
    assert CODEC.error(400, {}, json.dumps(failure(400, "INVALID_ARGUMENT", "x", details)).encode()).param == "generation_config.temperature"


def test_a_quota_of_the_day_is_not_waited_for():
    quota = {"@type": RPC + "QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
    error = CODEC.error(429, {}, json.dumps(failure(429, "RESOURCE_EXHAUSTED", "x", quota, delay("48s"))).encode())
    assert (type(error), error.retryable) == (RateLimited, False)
    by_minute = {**quota, "violations": [{"quotaId": "GenerateContentPaidTierInputTokensPerModelPerMinute"}]}
    assert CODEC.error(429, {}, json.dumps(failure(429, "RESOURCE_EXHAUSTED", "x", by_minute)).encode()).retryable


def test_an_error_at_the_end_of_an_array_is_an_error():
    with pytest.raises(Overloaded):
        decode([reply(TEXT, finish=None), failure(503, "UNAVAILABLE")])


@pytest.mark.parametrize("value", [[], [[]], [1], {}, {"candidates": []}, [reply(TEXT, finish=None), 5], reply({"inlineData": {"mimeType": "audio/x", "data": "é"}})])
def test_what_is_no_answer_is_a_protocol_error(value):
    with pytest.raises(ProtocolError):
        decode(value)


def test_nothing_is_warned_of_an_ordinary_answer():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode(reply(TEXT, CODE, call()))
        stream(reply(TEXT, CODE, call()))
