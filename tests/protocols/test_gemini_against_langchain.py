"""Recorded answers of Gemini, read by langchain-google-genai and by minichat: the same messages but for DIFFERENCES.

Skipped where langchain-google-genai is not installed. Its reader is called as its own `_generate` and `_stream` call
it, on the recorded JSON.
"""

import json
import warnings

import pytest

import minichat
from minichat.protocols.gemini import Gemini
from minichat.protocols.gemini_request import encode_contents

from .feeding import decode_stream
from .recordings import parametrize

chat_models = pytest.importorskip("langchain_google_genai.chat_models")
types = pytest.importorskip("google.genai.types")

CODEC = Gemini(provider="google", base_url="http://x/v1beta", headers={})
SIGNATURES = "__gemini_function_call_thought_signatures__"
# What is read otherwise here, and why:
DIFFERENCES = """
- ids that nobody gave are invented, so they differ; a code block's own id is kept, where LangChain invents another
- whole texts keep their trailing line feeds
- sound is counted in usage_metadata; counts that fall within a stream fall here, where LangChain stops at 0
- grounding_metadata and prompt_feedback have the keys that came, not one of None for each that did not; a prompt's
  feedback is in response_metadata of a whole answer too
- response_metadata has more: usage, response_id, citation_metadata, logprobs, finish_message, ...
- safety_ratings come once in a stream, with the finish reason
- in a stream, a signed text is a block of its own, not the end of the text before it; behind a thought text is a block,
  as in a whole answer; function_call is the last call, not the names and arguments of all of them strung together
- signatures stay with code blocks and server-side tools; empty code results, documents and unknown parts are kept
"""


def read_by_langchain(payloads, stream):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not stream:
            result = chat_models._response_to_result(types.GenerateContentResponse._from_response(response=payloads[0], kwargs={}))
            message = result.generations[0].message
            return message, {**result.generations[0].generation_info, **message.response_metadata}
        total, usage, indexer = None, None, chat_models._StreamBlockIndexer()
        for payload in payloads:
            response = types.GenerateContentResponse._from_response(response=payload, kwargs={})
            generation = chat_models._response_to_result(response, stream=True, prev_usage=usage).generations[0]
            indexer.assign(generation.message)
            usage = generation.message.usage_metadata if usage is None else chat_models.add_usage(usage, generation.message.usage_metadata)
            total = generation if total is None else total + generation
        return total.message, {**total.generation_info, **total.message.response_metadata}


def comparable(message):
    content = message.content
    if not isinstance(content, str):
        content = [comparable_block(block) for block in content]
        content = joined([block for block in content if block])
    else:
        content = content.rstrip("\n")
    return {
        "content": content,
        "calls": [(call["name"], call["args"]) for call in message.tool_calls],
        "function_call": message.additional_kwargs.get("function_call"),
        "signatures": list(message.additional_kwargs.get(SIGNATURES, {}).values()),
    }


def comparable_block(block):
    if isinstance(block, str):
        return {"type": "text", "text": block.rstrip("\n")}
    known = {key: value for key, value in block.items() if key not in ("index", "id", "tool_call_id")}
    if block["type"] in ("executable_code", "server_tool_call", "server_tool_result"):
        known.pop("extras", None)
    if block["type"] == "code_execution_result" and not block["code_execution_result"]:
        return None
    if block["type"] == "text":
        known["text"] = known["text"].rstrip("\n")
    if block["type"] == "server_tool_call":
        known["args"] = dict(known["args"])
    return known


def joined(blocks):
    """Join texts that follow each other, signed or not: where they are parted is among the differences."""
    out = []
    for block in blocks:
        if block["type"] == "text" and out and out[-1]["type"] == "text":
            out[-1] = {**out[-1], **block, "text": out[-1]["text"] + block["text"]}
        else:
            out.append(block)
    return out


def comparable_usage(usage):
    known = {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
    read, thought = usage["input_token_details"]["cache_read"], usage.get("output_token_details", {}).get("reasoning", 0)
    return {**known, "cache_read": read, "reasoning": thought}


def falls(payloads):
    """Tell whether a count of usage gets less within a stream."""
    counts = [payload["usageMetadata"].get("totalTokenCount", 0) for payload in payloads]
    return any(later < before for before, later in zip(counts, counts[1:]))


@pytest.mark.filterwarnings("ignore:Gemini refused the prompt")
@parametrize("google", "", 60)
def test_a_recorded_answer_reads_as_langchain_reads_it(name, exchange):
    response = exchange["response"]
    if response["status"] >= 400:
        return
    stream = "streamGenerateContent" in exchange["request"]["path"]
    if response["headers"].get("content-type", "").startswith("text/event-stream"):
        payloads = [json.loads(line[5:]) for line in response["body"].splitlines() if line.startswith("data:")]
    else:
        value = json.loads(response["body"])
        payloads = value if isinstance(value, list) else [value]
    theirs, their_metadata = read_by_langchain(payloads, stream)
    if stream:
        pieces, error = decode_stream(CODEC, [f"data: {json.dumps(payload)}\n\n".encode() for payload in payloads])
        assert error is None
        ours = pieces[0]
        for piece in pieces[1:]:
            ours = ours + piece
    else:
        ours = CODEC.decode(response["body"].encode())[0]
    assert comparable(ours) == comparable(theirs)
    if theirs.usage_metadata and not (stream and falls(payloads)):
        assert comparable_usage(ours.usage_metadata) == comparable_usage(theirs.usage_metadata)
    for key in ("finish_reason", "model_name", "model_provider"):
        if key in their_metadata:
            assert ours.response_metadata[key] == their_metadata[key]
    grounding = their_metadata.get("grounding_metadata")
    if grounding:
        assert ours.response_metadata["grounding_metadata"] == without_none(grounding)


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


# -- the way out -------------------------------------------------------------------------------


def histories(library):
    """Conversations, made of one library's messages. What is sent otherwise, and why: ids go back, which LangChain
    drops; the texts of a tool's result are joined, where LangChain sends their blocks."""
    human, ai, tool, system = library.HumanMessage, library.AIMessage, library.ToolMessage, library.SystemMessage
    own, foreign = {"model_provider": "google_genai"}, {"model_provider": "anthropic"}
    one, two = ({"name": name, "args": {"a": 1}, "id": id} for name, id in (("f", "1"), ("g", "2")))
    image = {"type": "image", "base64": "QUJD", "mime_type": "image/png"}
    text = {"type": "text", "text": "x", "extras": {"signature": "U0lH"}}
    thought = {"type": "thinking", "thinking": "h", "signature": "U0lH"}
    code = {"type": "executable_code", "executable_code": "1", "language": "PYTHON", "id": "c"}
    result = {"type": "code_execution_result", "code_execution_result": "1", "outcome": 2, "tool_call_id": ""}
    return {
        "plain": [system("s"), human("a"), ai("b"), human("c")],
        "system messages": [system("s"), human("a"), system([{"type": "text", "text": "t"}])],
        "an empty answer": [human("a"), ai(""), human("b")],
        "calls": [human("a"), ai("x", tool_calls=[one, two]), tool("r", tool_call_id="1"), tool('{"z": 1}', tool_call_id="2")],
        "two steps": [human("a"), ai("", tool_calls=[one]), tool("7", tool_call_id="1"), ai("", tool_calls=[two]), tool("[1]", tool_call_id="2")],
        "a turn before": [human("a"), ai("", tool_calls=[one]), tool("7", tool_call_id="1"), ai("b"), human("c")],
        "signatures": [human("a"), ai([text], tool_calls=[one], additional_kwargs={SIGNATURES: {"1": "U0lH"}}, response_metadata=own), tool("7", tool_call_id="1")],
        "another provider": [human("a"), ai([thought, {"type": "text", "text": "x"}], tool_calls=[one], response_metadata=foreign), tool("7", tool_call_id="1")],
        "thoughts": [human("a"), ai([thought, text], response_metadata=own), human("b")],
        "code": [human("a"), ai([code, result], response_metadata=own), human("b")],
        "media": [human(["x", image, {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}, {"type": "media", "mime_type": "audio/mp3", "data": "QUJD"}, {"type": "media", "file_uri": "https://youtu.be/x", "mime_type": "video/mp4", "video_metadata": {"fps": 1.0}}, {"type": "file", "file_id": "https://g/files/1", "mime_type": "application/pdf"}])],
        "a tool's image": [human("a"), ai("", tool_calls=[one]), tool(["x", image], tool_call_id="1")],
    }  # fmt: skip


def without_ids(value):
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key != "id"}
    if isinstance(value, list):
        return "".join(value) if value and all(isinstance(item, str) for item in value) else [without_ids(item) for item in value]
    return value


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-flash-preview"])
@pytest.mark.parametrize("name", list(histories(minichat)))
def test_a_conversation_is_sent_as_langchain_sends_it(name, model):
    system, contents = chat_models._parse_chat_history(histories(pytest.importorskip("langchain_core.messages"))[name], model=model)
    theirs = [json.loads(one.model_dump_json(by_alias=True, exclude_none=True, warnings=False)) for one in ([system] if system else []) + contents]
    said, turns = encode_contents(histories(minichat)[name], gemini_3="gemini-3" in model)
    ours = ([{"parts": said}] if said else []) + turns
    assert without_ids(json.loads(json.dumps(ours))) == without_ids(theirs)
