"""Every recorded exchange with Anthropic decodes to exactly what its raw body says.

The reading of the raw bodies here is deliberately naive and knows nothing of minichat: `json` and `str.split`.
"""

import json

import pytest

from minichat.protocols.anthropic import AnthropicMessages

from .feeding import add_up, cuts, decode_stream
from .recordings import parametrize

KNOWN = 60
DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
    "compaction_delta": "content",
}
COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def codec(**settings):
    return AnthropicMessages(provider="anthropic", url="http://x/v1/messages", headers={}, **settings)


def read_stream(body):
    """Give the whole message that a stream's raw body amounts to."""
    message, blocks = {}, {}
    for frame in body.split("\n\n"):
        data = frame.partition("data: ")[2]
        event = json.loads(data) if data else {"type": ""}
        if event["type"] == "message_start":
            message = event["message"]
        elif event["type"] == "content_block_start":
            blocks[event["index"]] = event["content_block"]
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            if delta["type"] == "citations_delta":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]
            else:
                key = DELTAS[delta["type"]]
                block[key] = (block.get(key) or "") + delta[key]
        elif event["type"] == "message_delta":
            usage = {name: value for name, value in event["usage"].items() if value is not None}
            message = {**message, **event["delta"], "usage": {**message["usage"], **usage}}
            for name in set(event) - {"type", "delta", "usage"}:
                message[name] = event[name]
    for block in blocks.values():
        pieces = block.pop("partial_json", None)
        if pieces:
            block["input"] = json.loads(pieces)
    return {**message, "content": [blocks[index] for index in sorted(blocks)]}


def plain(block):
    """Give a block without what streaming and null values add."""
    pieces = block.get("partial_json")
    block = {key: value for key, value in block.items() if key not in ("index", "partial_json")}
    if pieces:
        block["input"] = json.loads(pieces)
    silent = ("citations", "caller", "encrypted_content")
    return {key: value for key, value in block.items() if key not in silent or value not in (None, [])}


def check(message, said, *, as_blocks=True):
    texts = [block["text"] for block in said["content"] if block["type"] == "text"]
    assert str(message.text) == "".join(texts)
    calls = [(block["id"], block["name"], block["input"]) for block in said["content"] if block["type"] == "tool_use"]
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == calls
    assert message.invalid_tool_calls == []
    thoughts = [block["thinking"] for block in said["content"] if block["type"] == "thinking" and block["thinking"]]
    assert message.reasoning == "\n\n".join(thoughts)
    if as_blocks:
        content = message.content
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert [plain(block) for block in blocks] == [plain(block) for block in said["content"]]
    usage, counted = said["usage"], message.usage_metadata
    if not (usage["input_tokens"] or usage["output_tokens"]):  # a compaction and nothing else
        (usage,) = usage["iterations"]
    assert counted["input_tokens"] == sum(usage.get(name) or 0 for name in COUNTS) > 0
    assert counted["output_tokens"] == usage["output_tokens"]
    assert counted["total_tokens"] == counted["input_tokens"] + counted["output_tokens"]
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    assert (counted.get("output_token_details") or {}).get("reasoning") == thought
    for name in set(said) - {"content", "role", "type", "usage"}:
        assert message.response_metadata[name] == said[name]
    assert message.response_metadata["model_name"] == said["model"]
    assert message.response_metadata["model_provider"] == "anthropic"
    written = {name: value for name, value in said["usage"].items() if value is not None}
    assert written.items() <= message.response_metadata["usage"].items()


@pytest.mark.time_limit(120)
@parametrize("anthropic", "", KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(name, exchange):
    response = exchange["response"]
    body = response["body"].encode()
    assert response["status"] == 200  # an error, when one is recorded, needs a reading of its own here
    if not response["body"].startswith("event:"):
        (message,) = codec().decode(body)
        check(message, json.loads(body))
        return
    said = read_stream(response["body"])
    simple = [block["type"] for block in said["content"]] == ["text"]
    for way, blocks in cuts(body):
        for as_blocks in (False, True):
            chunks, error = decode_stream(codec(as_blocks=as_blocks), blocks)
            assert error is None, way
            check(add_up(chunks), said, as_blocks=as_blocks or simple)
            assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]


@parametrize("anthropic", "", KNOWN)
def test_a_recorded_stream_that_was_cut_is_never_whole(name, exchange):
    if not exchange["response"]["body"].startswith("event:"):
        return
    body = exchange["response"]["body"].encode()
    end = body.index(b"\n\n", body.index(b"event: message_stop")) + 2
    # Every cut near events' ends, where a mistake would show, and some in between.
    offsets = {0, 1, *range(0, end, 211)}
    ends = [position for position in range(len(body)) if body.startswith(b"\n\n", position)]
    near = ends if len(ends) < 60 else ends[:10] + ends[-30:]
    offsets.update(position + step for position in near for step in (0, 1, 2, 3))
    for offset in sorted(one for one in offsets if one < end):
        chunks, error = decode_stream(codec(as_blocks=True), [body[:offset]])
        assert error is not None and error.retryable, offset
