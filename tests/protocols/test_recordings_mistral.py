"""Every recorded exchange with Mistral decodes to exactly what its raw body says; none of them is left out."""

import json

import pytest

from minichat import AuthenticationError
from minichat.protocols.mistral import MistralChat

from .feeding import add_up, cuts, decode_stream
from .recordings import parametrize

CODEC = MistralChat(
    provider="mistral", url="http://x/v1/chat/completions", headers={}, model_provider="mistralai", kept=("created", "model")
)
PATH = "/v1/chat/completions"
KNOWN = 55


# -- a naive reading -------------------------------------------------------------------------------


def chunks_of(content):
    """Give content as (type, text) with neighbours of one type joined."""
    content = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
    found = []
    for chunk in content:
        told = chunk["text"] if chunk["type"] == "text" else "".join(piece["text"] for piece in chunk["thinking"])
        if found and found[-1][0] == chunk["type"]:
            found[-1] = (chunk["type"], found[-1][1] + told)
        else:
            found.append((chunk["type"], told))
    return found


def calls_of(message):
    return [(one["id"], one["function"]["name"], json.loads(one["function"]["arguments"])) for one in message.get("tool_calls") or []]


def read_whole(body):
    reply = json.loads(body)
    (choice,) = reply["choices"]
    return {
        "chunks": chunks_of(choice["message"].get("content")),
        "calls": calls_of(choice["message"]),
        "finish": choice["finish_reason"],
        "reply": reply,
    }


def read_stream(body):
    said = {"calls": [], "finish": None, "reply": {}}
    content = []
    for frame in body.split("\n\n"):
        data = frame.partition("data: ")[2]
        if not data or data == "[DONE]":
            continue
        payload = json.loads(data)
        (choice,) = payload["choices"]
        delta = choice["delta"].get("content") or []
        content += [{"type": "text", "text": delta}] if isinstance(delta, str) else delta
        said["calls"] += calls_of(choice["delta"])
        said["finish"] = choice["finish_reason"] or said["finish"]
        said["reply"].update(payload)
    return {**said, "chunks": chunks_of(content)}


# -- what must hold --------------------------------------------------------------------------------


def check(message, said):
    assert chunks_of(message.content) == said["chunks"]
    assert str(message.text) == "".join(text for kind, text in said["chunks"] if kind == "text")
    assert message.reasoning == "".join(text for kind, text in said["chunks"] if kind == "thinking")
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == said["calls"]
    assert message.invalid_tool_calls == [] and message.additional_kwargs == {}
    reply, metadata = said["reply"], message.response_metadata
    assert metadata["finish_reason"] == said["finish"]
    assert metadata["model_name"] == metadata["model"] == reply["model"]
    assert (metadata["id"], metadata["created"]) == (reply["id"], reply["created"])
    assert metadata["model_provider"] == "mistralai"
    assert metadata["token_usage"] == reply["usage"]
    usage, counted = reply["usage"], message.usage_metadata
    assert counted["input_tokens"] == usage["prompt_tokens"] > 0
    assert counted["output_tokens"] == usage["completion_tokens"]
    assert counted["total_tokens"] == usage["total_tokens"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", usage.get("num_cached_tokens"))
    assert counted["input_token_details"].get("cache_read") == cached


@pytest.mark.time_limit(120)
@parametrize("mistral", PATH, KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(name, exchange):
    response = exchange["response"]
    body = response["body"].encode()
    if response["status"] == 401:
        error = CODEC.error(401, response["headers"], body)
        raw = json.loads(body)
        assert isinstance(error, AuthenticationError) and not error.retryable
        assert (error.message, error.request_id) == (raw["message"], raw["request_id"])
    elif "stream" in exchange["tags"]:
        said = read_stream(response["body"])
        for way, blocks in cuts(body):
            chunks, error = decode_stream(CODEC, blocks)
            assert error is None, way
            check(add_up(chunks), said)
            assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
    else:
        (message,) = CODEC.decode(body)
        check(message, read_whole(body))
        assert message.content == (json.loads(body)["choices"][0]["message"].get("content") or "")


@parametrize("mistral", PATH, KNOWN)
def test_a_recorded_stream_that_was_cut_is_never_whole(name, exchange):
    if "stream" not in exchange["tags"]:
        return
    body = exchange["response"]["body"].encode()
    end = body.index(b"data: [DONE]\n\n") + len(b"data: [DONE]\n\n")
    # Every cut near events' ends, where a mistake would show, and some in between.
    offsets = {0, 1, *range(0, end, 211)}
    offsets.update(at + step for at in range(len(body)) if body.startswith(b"\n\n", at) for step in (0, 1, 2, 3))
    for offset in sorted(one for one in offsets if one < end):
        chunks, error = decode_stream(CODEC, [body[:offset]])
        assert error is not None and error.retryable, offset
