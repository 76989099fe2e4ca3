"""Every recorded exchange with Gemini decodes to exactly what its raw body says; none is left out.

The reading here is naive: `json`, the lines of the body, and no knowledge of minichat. A streamed JSON array (tag
json-array-stream) is read as the body that it is, and once more as events, each element one.
"""

import json

import pytest

from minichat import AIMessage, IncompleteStream, RateLimited
from minichat.messages import message_chunk_to_message
from minichat.protocols.gemini import Gemini

from .feeding import add_up, cuts, decode_stream
from .recordings import parametrize

CODEC = Gemini(provider="google", base_url="http://x/v1beta", headers={})
KNOWN = 60


def chunks_of(exchange):
    """Give the objects that the body consists of."""
    body, kind = exchange["response"]["body"], exchange["response"]["headers"].get("content-type", "")
    if kind.startswith("text/event-stream"):
        return [json.loads(line[5:]) for line in body.splitlines() if line.startswith("data:")]
    value = json.loads(body)
    return value if isinstance(value, list) else [value]


def said_by(chunks):
    """Say what the chunks of one answer say, as one answer."""
    said = {"text": "", "thoughts": "", "calls": [], "finish": None, "usage": None, "signatures": [], "code": [], "other": 0}
    for chunk in chunks:
        said["usage"] = chunk.get("usageMetadata") or said["usage"]
        said["model"], said["id"] = chunk["modelVersion"], chunk["responseId"]
        for candidate in chunk.get("candidates", []):
            said["finish"] = candidate.get("finishReason") or said["finish"]
            for part in candidate.get("content", {}).get("parts", []):
                if "thoughtSignature" in part:
                    said["signatures"].append(part["thoughtSignature"])
                if part.get("thought"):
                    said["thoughts"] += part.get("text", "")
                elif "text" in part:
                    said["text"] += part["text"]
                elif "functionCall" in part:
                    call = part["functionCall"]
                    said["calls"].append((call["name"], call.get("args", {}), call.get("id")))
                elif "executableCode" in part:
                    said["code"].append(part["executableCode"]["code"])
                elif "codeExecutionResult" in part:
                    said["code"].append(part["codeExecutionResult"].get("output", ""))
                else:
                    said["other"] += 1
    return said


def usage_said(usage):
    details = {"cache_read": usage.get("cachedContentTokenCount", 0)}
    audio = sum(one.get("tokenCount", 0) for one in usage.get("promptTokensDetails", []) if one["modality"] == "AUDIO")
    if audio:
        details["audio"] = audio
    counted = {
        "input_tokens": usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0),
        "output_tokens": usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0),
        "total_tokens": usage["totalTokenCount"],
        "input_token_details": details,
    }
    if usage.get("thoughtsTokenCount"):
        counted["output_token_details"] = {"reasoning": usage["thoughtsTokenCount"]}
    return counted


def signatures_of(message):
    blocks = [block for block in message.content if isinstance(block, dict)]
    in_blocks = [block.get("signature") or block.get("extras", {}).get("signature") for block in blocks]
    calls = message.additional_kwargs.get("__gemini_function_call_thought_signatures__", {})
    assert set(calls) <= {call["id"] for call in message.tool_calls}
    return [one for one in [*in_blocks, *calls.values()] if one]


def check(message, said):
    assert str(message.text) == said["text"]
    assert message.reasoning.replace("\n\n", "") == said["thoughts"].replace("\n\n", "")
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    assert calls == [(name, args) for name, args, _ in said["calls"]]
    for call, (_, _, id) in zip(message.tool_calls, said["calls"]):
        assert call["id"] == id if id else call["id"].startswith("made-up-")
    assert message.invalid_tool_calls == []
    assert message.response_metadata.get("finish_reason") == said["finish"]
    assert message.response_metadata["model_name"] == said["model"]
    assert message.response_metadata["response_id"] == said["id"]
    assert message.response_metadata["usage"] == said["usage"]
    if "totalTokenCount" in said["usage"]:
        assert {**message.usage_metadata} == usage_said(said["usage"])
    assert sorted(signatures_of(message)) == sorted(said["signatures"])
    blocks = [block for block in message.content if isinstance(block, dict)]
    code = [block.get("executable_code", block.get("code_execution_result")) for block in blocks]
    assert [one for one in code if one is not None] == said["code"]
    tools = [block for block in blocks if block["type"].startswith("server_tool")]
    assert len(tools) == said["other"]


@pytest.mark.time_limit(120)
@pytest.mark.filterwarnings("ignore:Gemini refused the prompt")
@parametrize("google", "", KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(name, exchange):
    response = exchange["response"]
    body = response["body"].encode()
    if response["status"] >= 400:
        error = CODEC.error(response["status"], response["headers"], body)
        raw = json.loads(body)["error"]
        assert (error.status, error.message, error.type) == (response["status"], raw["message"], raw["status"])
        assert error.code == str(raw["code"])
        if isinstance(error, RateLimited):
            assert error.retryable and error.retry_after == 48.0
        return
    chunks = chunks_of(exchange)
    said = said_by(chunks)
    if response["headers"].get("content-type", "").startswith("text/event-stream"):
        streams = [body.replace(b"\r\n", b"\n")]
    else:
        messages = CODEC.decode(body)
        assert len(messages) == 1
        check(messages[0], said)
        if "streamGenerateContent" not in exchange["request"]["path"]:
            return
        streams = [b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)]
    for stream in streams:
        for way, blocks in cuts(stream):
            pieces, error = decode_stream(CODEC, blocks)
            assert error is None, way
            assert [chunk.chunk_position for chunk in pieces] == [None] * (len(pieces) - 1) + ["last"]
            assert len(pieces) == len(chunks)
            check(add_up(pieces), said)
            # and `+` says the same as the accumulator
            total = pieces[0]
            for piece in pieces[1:]:
                total = total + piece
            check(total, said)
            assert isinstance(message_chunk_to_message(total), AIMessage)


@parametrize("google", "streamGenerateContent?alt=sse", 17)
def test_a_recorded_stream_that_was_cut_is_never_whole(name, exchange):
    body = exchange["response"]["body"].replace("\r\n", "\n").encode()
    chunks = chunks_of(exchange)
    assert all("finishReason" not in chunk["candidates"][0] for chunk in chunks[:-1])
    end = len(body.rstrip(b"\n")) + 2
    offsets = {0, 1, *range(0, end, 211)}
    offsets.update(at + step for at in range(len(body)) if body.startswith(b"\n\n", at) for step in (0, 1, 2, 3))
    for offset in sorted(one for one in offsets if one < end):
        pieces, error = decode_stream(CODEC, [body[:offset]])
        assert type(error) is IncompleteStream and error.retryable, offset
        assert all(piece.chunk_position is None for piece in pieces)


@parametrize("google", ("streamGenerateContent", "streamGenerateContent?alt=sse"), 20)
def test_a_streamed_answer_says_what_the_same_answer_says_as_an_array(name, exchange):
    chunks = chunks_of(exchange)
    whole = CODEC.decode(json.dumps(chunks).encode())[0]
    said = said_by(chunks)
    check(whole, said)
    with pytest.raises(IncompleteStream):
        CODEC.decode(json.dumps([{**chunk, "candidates": [{**chunk["candidates"][0], "finishReason": None}]} for chunk in chunks]).encode())
