"""Every recorded response of OpenAI's Responses API decodes to exactly what its raw body says."""

import json

import pytest

from minichat.messages import Accumulator
from minichat.protocols.responses import Responses

from .feeding import cuts, decode_stream
from .recordings import parametrize

CODEC = Responses(provider="openai", url="http://x/v1/responses", headers={})
OLD = Responses(provider="openai", url="http://x/v1/responses", headers={}, v0=True)
PATH = "/responses"
KNOWN = 37


def payloads(body):
    """Give the payloads of a stream, read as naively as can be."""
    found = []
    for frame in body.split("\n\n"):
        data = frame.partition("data: ")[2]
        if data:
            found.append(json.loads(data))
    return found


def read_items(items):
    """Give what output items say."""
    said = {"text": "", "refusal": "", "annotations": [], "calls": [], "thoughts": [], "secrets": [], "kinds": [], "ids": []}
    for item in items:
        said["kinds"].append(item["type"])
        said["ids"].append(item.get("id"))
        for part in item.get("content") or []:
            said["text"] += part.get("text", "") if part["type"] == "output_text" else ""
            said["refusal"] += part.get("refusal", "")
            said["annotations"] += part.get("annotations", [])
        if item["type"] == "function_call":
            said["calls"].append((item["call_id"], item["name"], json.loads(item["arguments"])))
        if item["type"] == "custom_tool_call":
            said["calls"].append((item["call_id"], item["name"], {"__arg1": item["input"]}))
        if item["type"] == "reasoning":
            said["thoughts"] += [part["text"] for part in item["summary"]]
        if item.get("encrypted_content"):
            said["secrets"].append(item["encrypted_content"])
    return said


def read_stream(body):
    """Give what a stream says, by its deltas where there are such; and its last event's response."""
    found = payloads(body)
    said = read_items([one["item"] for one in found if one["type"] == "response.output_item.done"])
    for name, kind in (("text", "response.output_text.delta"), ("refusal", "response.refusal.delta")):
        assert said[name] == "".join(one["delta"] for one in found if one["type"] == kind)
    return said, found[-1]["response"]


def usage_said(usage):
    if not usage:
        return None
    cached, thought = usage["input_tokens_details"]["cached_tokens"], usage["output_tokens_details"]["reasoning_tokens"]
    return (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"], cached, thought)


def usage_read(message):
    usage = message.usage_metadata
    if usage is None:
        return None
    counts = (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"])
    return (*counts, usage["input_token_details"]["cache_read"], usage["output_token_details"]["reasoning"])


def check(message, said, response):
    blocks = message.content
    assert message.text == said["text"]
    assert "".join(block["refusal"] for block in blocks if block["type"] == "refusal") == said["refusal"]
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == said["calls"]
    assert message.invalid_tool_calls == []
    assert message.reasoning == "\n\n".join(said["thoughts"])
    assert [block["encrypted_content"] for block in blocks if "encrypted_content" in block] == said["secrets"]
    kinds = ["message" if block["type"] in ("text", "refusal") else block["type"] for block in blocks]
    assert kinds == said["kinds"]  # one part per message in all recordings
    assert [block["id"] for block in blocks] == said["ids"]
    annotations = [one for block in blocks for one in block.get("annotations", ())]
    assert [{**one, "file_index": None} for one in annotations] == [
        {**{key: value for key, value in one.items() if key != "index"}, "file_index": None} for one in said["annotations"]
    ]
    assert usage_read(message) == usage_said(response["usage"])
    metadata = message.response_metadata
    assert (metadata["id"], metadata["model_name"], metadata["status"]) == (response["id"], response["model"], response["status"])
    assert message.id == response["id"]
    assert metadata.get("service_tier") == response.get("service_tier")


def add_up(chunks):
    total = Accumulator()
    total.extend(chunks)
    return total.message


@pytest.mark.time_limit(120)
@parametrize("openai", PATH, KNOWN)
def test_a_recording_decodes_to_what_its_raw_body_says(name, exchange):
    response = exchange["response"]
    body = response["body"].encode()
    if response["status"] >= 400:
        error = CODEC.error(response["status"], response["headers"], body)
        raw = json.loads(response["body"])["error"]
        said = (raw["message"], raw["type"], raw["code"], raw["param"])
        assert (error.message, error.type, error.code, error.param) == said
        assert error.status == response["status"]
        assert error.request_id == response["headers"].get("x-request-id")
    elif "stream" in exchange["tags"]:
        said, last = read_stream(response["body"])
        for way, blocks in cuts(body):
            chunks, error = decode_stream(CODEC, blocks)
            assert error is None, way
            check(add_up(chunks), said, last)
            assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
    else:
        reply = json.loads(body)
        (message,) = CODEC.decode(body)
        check(message, read_items(reply["output"]), reply)


@parametrize("openai", PATH, KNOWN)
def test_a_recorded_stream_adds_up_to_its_last_events_response(name, exchange):
    """The whole response is in the last event: what `invoke` would have got."""
    if "stream" not in exchange["tags"] or exchange["response"]["status"] >= 400:
        return
    body = exchange["response"]["body"]
    for codec in (CODEC, OLD):
        chunks, error = decode_stream(codec, [body.encode()])
        assert error is None
        (whole,) = codec.decode(json.dumps(payloads(body)[-1]["response"]).encode())
        streamed = add_up(chunks)
        for field in ("content", "tool_calls", "usage_metadata", "response_metadata"):
            assert plain(getattr(streamed, field)) == plain(getattr(whole, field)), field
        assert streamed.id == (whole.id or "run-1")  # in the older form the id of a text's item; there may be none
        extras = [plain(one.additional_kwargs) for one in (streamed, whole)]
        if codec is OLD and len(read_stream(body)[0]["thoughts"]) != 1:
            # The older form has room for one thought: the last in a whole reply, a sum of all in a stream.
            assert [one.pop("reasoning", None) is None for one in extras] in ([True, True], [False, False])
        assert extras[0] == extras[1]


def plain(value):
    """Copy without "index", and without what OpenAI encrypts anew for the last event of a compaction."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    left = ("index", "encrypted_content") if value.get("type") == "compaction" else ("index",)
    return {key: plain(one) for key, one in value.items() if key not in left}


@pytest.mark.time_limit(120)
@parametrize("openai", PATH, KNOWN)
def test_a_recorded_stream_that_was_cut_is_never_whole(name, exchange):
    if "stream" not in exchange["tags"] or exchange["response"]["status"] >= 400:
        return
    body = exchange["response"]["body"].encode()
    end = body.rindex(b"\n\n") + 2 if body.endswith(b"\n\n") else len(body)
    # Every cut near events' ends, where a mistake would show, and some in between.
    offsets = {0, 1, end - 1, *range(0, end, max(211, end // 40))}
    at = body.find(b"\n\n")
    while at >= 0:
        offsets.update((at, at + 1, at + 2, at + 3))
        at = body.find(b"\n\n", at + max(1, end // 30))
    for offset in sorted(one for one in offsets if one < end):
        chunks, error = decode_stream(CODEC, [body[:offset]])
        assert error is not None and error.retryable, offset
