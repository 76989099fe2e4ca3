"""Every recorded chat completion of OpenAI decodes to exactly what its raw body says."""

import json

import pytest

from minichat.protocols.chat_completions import ChatCompletions

from .feeding import add_up, cuts, decode_stream
from .recordings import parametrize, read_stream, read_whole, usage_read, usage_said

CODEC = ChatCompletions(provider="openai", url="http://x/v1/chat/completions", headers={})
PATH = "/chat/completions"
KNOWN = 23


def check(message, said):
    assert message.content == said["text"]
    calls = [(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    assert calls == [(id, name, json.loads(arguments)) for id, name, arguments in said["calls"]]
    assert message.invalid_tool_calls == []
    assert usage_read(message) == usage_said(said["usage"])
    assert message.response_metadata["finish_reason"] == said["finish"]
    assert message.response_metadata["model_name"] == said["model"]
    assert message.response_metadata["id"] == said["id"]
    for name, value in said["extra"].items():
        assert message.additional_kwargs[name] == value


@pytest.mark.time_limit(120)
@parametrize("openai", PATH, KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(name, exchange):
    response = exchange["response"]
    body = response["body"].encode()
    if response["status"] >= 400:
        error = CODEC.error(response["status"], response["headers"], body)
        raw = json.loads(response["body"])["error"]
        assert error.status == response["status"]
        assert (error.message, error.type, error.code, error.param) == (
            raw["message"],
            raw["type"],
            raw["code"],
            raw["param"],
        )
        assert error.request_id == response["headers"].get("x-request-id")
    elif "stream" in exchange["tags"]:
        said = read_stream(response["body"])
        for way, blocks in cuts(body):
            chunks, error = decode_stream(CODEC, blocks)
            assert error is None, way
            check(add_up(chunks), said)
            assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
    else:
        messages = CODEC.decode(body)
        assert len(messages) == len(json.loads(body)["choices"])
        for index, message in enumerate(messages):
            check(message, read_whole(body, index))


@parametrize("openai", PATH, KNOWN)
def test_a_recorded_stream_that_was_cut_is_never_whole(name, exchange):
    if "stream" not in exchange["tags"] or exchange["response"]["status"] >= 400:
        return
    body = exchange["response"]["body"].encode()
    end = body.index(b"data: [DONE]\n\n") + len(b"data: [DONE]\n\n")
    # Every cut near events' ends, where a mistake would show, and some in between.
    offsets = {0, 1, *range(0, end, 211)}
    offsets.update(
        position + step
        for position in range(len(body))
        if body.startswith(b"\n\n", position)
        for step in (0, 1, 2, 3)
    )
    for offset in sorted(one for one in offsets if one < end):
        chunks, error = decode_stream(CODEC, [body[:offset]])
        assert error is not None and error.retryable, offset
