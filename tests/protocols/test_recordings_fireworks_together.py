"""Every recorded chat completion of Fireworks and Together decodes to exactly what its raw body says."""

import json

import pytest

from minichat import ChatFireworks, ChatTogether

from .feeding import add_up, cuts, decode_stream
from .recordings import parametrize_over, read_stream, read_whole

CODECS = {
    "fireworks": ChatFireworks(model="m", api_key="any")._codec,
    "together": ChatTogether(model="m", api_key="any")._codec,
}
PATH = "/chat/completions"
KNOWN = [("fireworks", PATH, 3), ("together", PATH, 10)]


def thoughts(body, streamed):
    """Give the thoughts that a raw body tells beside its content."""
    if not streamed:
        (choice,) = json.loads(body)["choices"]
        return choice["message"].get("reasoning_content") or choice["message"].get("reasoning") or ""
    told = ""
    for line in body.splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line[len("data: ") :])["choices"]:
                told += choice["delta"].get("reasoning_content") or choice["delta"].get("reasoning") or ""
    return told


def cached(usage):
    told = usage.get("prompt_tokens_details") or {}
    return told.get("cached_tokens", usage.get("cached_tokens"))


def check(message, said, thought):
    assert message.content == said["text"]
    calls = [(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    assert calls == [(id, name, json.loads(arguments)) for id, name, arguments in said["calls"]]
    assert message.invalid_tool_calls == []
    assert message.reasoning == thought
    usage, raw = message.usage_metadata, said["usage"]
    counts = (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"])
    assert counts == (raw["prompt_tokens"], raw["completion_tokens"], raw["total_tokens"])
    assert usage["input_token_details"].get("cache_read") == cached(raw)
    assert message.response_metadata["token_usage"] == raw
    assert message.response_metadata["finish_reason"] == said["finish"]
    assert message.response_metadata["model_name"] == said["model"]
    assert message.response_metadata["id"] == said["id"]


@pytest.mark.time_limit(120)
@parametrize_over(*KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(provider, name, exchange):
    response = exchange["response"]
    assert response["status"] == 200  # no refusal was recorded
    body = response["body"].encode()
    thought = thoughts(response["body"], "stream" in exchange["tags"])
    if "stream" not in exchange["tags"]:
        (message,) = CODECS[provider].decode(body)
        check(message, read_whole(body), thought)
        seed = json.loads(body)["choices"][0].get("seed")
        assert message.response_metadata.get("seed") == (seed if "seed" in CODECS[provider].kept else None)
        return
    said = read_stream(response["body"])
    for way, blocks in cuts(body):
        chunks, error = decode_stream(CODECS[provider], blocks)
        assert error is None, way
        check(add_up(chunks), said, thought)
        assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]


@parametrize_over(*KNOWN)
def test_a_recorded_stream_that_was_cut_is_never_whole(provider, name, exchange):
    if "stream" not in exchange["tags"]:
        return
    body = exchange["response"]["body"].encode()
    end = body.index(b"data: [DONE]\n\n") + len(b"data: [DONE]\n\n")
    # Every cut near events' ends, where a mistake would show, and some in between.
    places = [at for at in range(len(body)) if body.startswith(b"\n\n", at)]
    offsets = {0, 1, *range(0, end, 211), *(at + step for at in places for step in (0, 1, 2, 3))}
    for offset in sorted(one for one in offsets if one < end):
        chunks, error = decode_stream(CODECS[provider], [body[:offset]])
        assert error is not None and error.retryable, offset
