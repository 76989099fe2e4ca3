"""A seventh provider needs no code: `ChatOpenAI(base_url=...)` reads what other servers of this protocol send.

One stream each, over a socket, as its documentation or a report shows it. Read 2026-11-23, but those marked [M], which
are from memory.
"""

from __future__ import annotations

import json

import pytest

from minichat import ChatOpenAI, IncompleteStream, ProviderError, ToolMessage

from ..backends.servers import Server
from ..language_models.calling import call, streamed, whole


def event(**payload):
    return "data: " + json.dumps(payload) + "\n\n"


def chunk(delta, finish=None, **more):
    return event(id="c1", object="chat.completion.chunk", created=1, model="m", choices=[{"index": 0, "delta": delta, "finish_reason": finish}], **more)


DONE = "data: [DONE]\n\n"


def answering(body, kind="text/event-stream", *, length=True):
    """Give a server that answers every request with `body`; `length=False`: in chunks, ended as HTTP has it."""
    data = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
    if length:
        reply = f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
    else:
        blocks = b"".join(b"%x\r\n%s\r\n" % (len(data[at : at + 64]), data[at : at + 64]) for at in range(0, len(data), 64))
        reply = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + blocks + b"0\r\n\r\n"

    def script(peer):
        while peer.request():
            peer.send(reply)

    return Server(script)


def model_at(server, **settings):
    return ChatOpenAI(model="m", api_key="any", base_url=server.base_url, max_retries=0, **settings)


def summed(way, *events, **settings):
    """Give the sum of the chunks that a stream of these events gives."""
    with answering("".join(events), length=False) as server:
        pieces = call(model_at(server, **settings), way, "hi")
    total = pieces[0]
    for piece in pieces[1:]:
        total += piece
    assert pieces[-1].chunk_position == "last"
    return total


def calls_of(message):
    assert message.invalid_tool_calls == []
    return [(one["name"], one["args"], one["id"]) for one in message.tool_calls]


USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


@streamed
def test_groq_tells_usage_in_a_field_of_its_own_and_thoughts_as_reasoning(way):
    """console.groq.com/docs/text-chat (streaming), /docs/reasoning (`reasoning_format="parsed"`) [M]; public recordings."""
    message = summed(
        way,
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
        chunk({"reasoning": "Hm, "}),
        chunk({"reasoning": "easy."}),
        chunk({"content": "42"}),
        chunk({}, "stop", x_groq={"id": "req_1", "usage": {**USAGE, "queue_time": 0.01, "total_time": 0.2}}),
        DONE,
    )
    assert (message.content, message.reasoning) == ("42", "Hm, easy.")
    assert message.usage_metadata["total_tokens"] == 12
    assert message.response_metadata["token_usage"]["queue_time"] == 0.01


@streamed
def test_deepseek_thinks_in_reasoning_content_counts_its_cache_and_says_that_it_is_there(way):
    """api-docs.deepseek.com/quick_start/rate_limit (comments); /guides/reasoning_model, /guides/kv_cache (fields) [M]."""
    usage = {**USAGE, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2}}
    message = summed(
        way,
        ": keep-alive\n\n",
        chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
        chunk({"content": None, "reasoning_content": "Hm."}),
        ": keep-alive\n\n",
        chunk({"content": "42", "reasoning_content": None}),
        chunk({"content": "", "reasoning_content": None}, "stop", usage=usage),
        DONE,
    )
    assert (message.content, message.reasoning) == ("42", "Hm.")
    assert message.usage_metadata["input_token_details"] == {"cache_read": 4}
    assert message.usage_metadata["output_token_details"] == {"reasoning": 2}


@whole
def test_deepseek_does_so_in_a_whole_answer_too_and_sends_empty_lines_meanwhile(way):
    """api-docs.deepseek.com/quick_start/rate_limit: "continuously return empty lines"."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "42", "reasoning_content": "Hm."}, "finish_reason": "stop"}
    body = {"id": "c1", "model": "m", "choices": [choice], "usage": {**USAGE, "prompt_cache_hit_tokens": 4}}
    with answering("\n\n\n" + json.dumps(body), "application/json") as server:
        message = call(model_at(server), way, "hi")
    assert (message.content, message.reasoning) == ("42", "Hm.")
    assert message.usage_metadata["input_token_details"] == {"cache_read": 4}


@pytest.mark.parametrize("settings, told", [({}, {}), ({"thoughts_sent_as": "reasoning_content"}, {"reasoning_content": "Hm."})])
def test_deepseek_gets_its_thoughts_back_where_that_is_said(settings, told):
    """api-docs.deepseek.com/guides/thinking_mode, as quoted in github.com/anomalyco/opencode/issues/24722: 400 without them."""
    function = {"name": "f", "arguments": "{}"}
    message = {"role": "assistant", "content": "", "reasoning_content": "Hm.", "tool_calls": [{"id": "c", "type": "function", "function": function}]}
    body = json.dumps({"id": "c1", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    with answering(body, "application/json") as server:
        model = model_at(server, **settings)
        answer = model.invoke("hi")
        model.invoke([("human", "hi"), answer, ToolMessage("r", tool_call_id="c")])
        sent = server.requests[1].json["messages"][1]
    assert {name: value for name, value in sent.items() if name.startswith("reasoning")} == told
    assert sent["tool_calls"][0]["id"] == "c"


@streamed
def test_openrouter_comments_while_it_works(way):
    """openrouter.ai/docs/api-reference/streaming: ": OPENROUTER PROCESSING"; /docs/use-cases/reasoning-tokens [M]."""
    details = [{"type": "reasoning.text", "text": "Hm.", "index": 0}]
    message = summed(
        way,
        ": OPENROUTER PROCESSING\n\n",
        ": OPENROUTER PROCESSING\n\n",
        chunk({"role": "assistant", "content": "", "reasoning": "Hm.", "reasoning_details": details}, provider="X"),
        chunk({"role": "assistant", "content": "Yes"}, provider="X"),
        chunk({"role": "assistant", "content": ""}, "stop", provider="X", native_finish_reason="end"),
        chunk({"role": "assistant", "content": ""}, None, usage={**USAGE, "cost": 0.001}),
        DONE,
    )
    assert (message.content, message.reasoning) == ("Yes", "Hm.")
    assert message.usage_metadata["total_tokens"] == 12
    assert message.response_metadata["token_usage"]["cost"] == 0.001


@streamed
@pytest.mark.parametrize("code, status", [(502, 502), (429, 429), ("server_error", 500)])
def test_openrouter_breaks_off_with_an_error_beside_a_choice(way, code, status):
    """openrouter.ai/docs/api-reference/streaming, "Errors during streaming" [M]."""
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    broken = event(id="c1", object="chat.completion.chunk", created=1, model="m", provider="X", error={"code": code, "message": "Provider disconnected"}, choices=[choice])
    with answering(chunk({"content": "Half"}) + broken) as server:
        with pytest.raises(ProviderError, match="Provider disconnected") as caught:
            call(model_at(server), way, "hi")
    assert caught.value.code == str(code) and caught.value.partial.content == "Half"
    assert type(caught.value).__name__ == ("RateLimited" if status == 429 else "ServerError")


@streamed
def test_vllm_tells_its_usage_on_every_chunk_and_once_more_without_choices(way):
    """docs.vllm.ai, "OpenAI-Compatible Server": stream_options.continuous_usage_stats; a null role [M]."""
    counts = [{"prompt_tokens": 9, "completion_tokens": made, "total_tokens": 9 + made} for made in range(4)]
    message = summed(
        way,
        chunk({"role": "assistant", "content": ""}, usage=counts[0]),
        chunk({"role": None, "content": "a"}, usage=counts[1]),
        chunk({"role": None, "content": "b"}, usage=counts[2]),
        chunk({"role": None, "content": "c", "reasoning": None, "tool_calls": []}, "stop", usage=counts[3], stop_reason=None),
        event(id="c1", object="chat.completion.chunk", created=1, model="m", choices=[], usage=counts[3]),
        DONE,
    )
    assert message.content == "abc"
    assert message.usage_metadata["output_tokens"] == 3 and message.usage_metadata["total_tokens"] == 12


@streamed
def test_ollama_calls_tools_whole_and_ends_with_stop(way):
    """github.com/ollama/ollama/issues/15457: every call has the index 0."""

    def piece(name, arguments, id):
        return {"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}

    message = summed(
        way,
        chunk({"role": "assistant", "content": "", "tool_calls": [piece("f", '{"a":1}', "call_1")]}),
        chunk({"role": "assistant", "content": "", "tool_calls": [piece("g", "{}", "call_2")]}),
        chunk({"role": "assistant", "content": ""}, "stop"),
        DONE,
    )
    assert calls_of(message) == [("f", {"a": 1}, "call_1"), ("g", {}, "call_2")]
    assert message.response_metadata["finish_reason"] == "stop"


@streamed
def test_ollama_of_old_gave_calls_neither_index_nor_id(way):
    """github.com/ollama/ollama/issues/7881: calls without index, until v0.4.7. That an id was missing too: [M]."""
    first = {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    second = {"type": "function", "function": {"name": "f", "arguments": '{"a":2}'}}
    message = summed(way, chunk({"role": "assistant", "content": "", "tool_calls": [first, second]}), chunk({}, "stop"), DONE)
    assert calls_of(message) == [("f", {"a": 1}, None), ("f", {"a": 2}, None)]


@streamed
def test_tool_deltas_without_index_are_told_apart_by_their_id(way):
    """Gemini's endpoint of this shape: github.com/open-webui/computer/issues/224, THU-MAIC/OpenMAIC/issues/1556.

    wire/fireworks.md: its SDK's type has no index either.
    """

    def piece(arguments, **more):
        name = more.pop("name", None)
        return {"tool_calls": [{**more, "function": {**({"name": name} if name else {}), "arguments": arguments}}]}

    message = summed(
        way,
        chunk(piece('{"a"', id="call_1", name="f")),
        chunk(piece(":1}")),
        chunk(piece('{"b"', id="call_2", name="g")),
        chunk(piece(":2}", id="call_2", name="g")),
        chunk(piece(" ", id="call_1")),
        chunk({}, "stop"),
        DONE,
    )
    assert calls_of(message) == [("f", {"a": 1}, "call_1"), ("g", {"b": 2}, "call_2")]


@pytest.mark.parametrize("length", [True, False])
@streamed
def test_llama_cpp_and_lm_studio_may_end_without_done_where_that_is_said(way, length):
    """github.com/ikawrakow/ik_llama.cpp/issues/467, gpustack/llama-box/issues/2 and /66: no `[DONE]` comes."""
    body = chunk({"role": "assistant", "content": "Hi"}) + chunk({}, "stop") + event(id="c1", model="m", choices=[], usage=USAGE)
    with answering(body, length=length) as server:
        with pytest.raises(IncompleteStream):
            call(model_at(server), way, "hi")
        *_, last = pieces = call(model_at(server, stream_end="finish_reason"), way, "hi")
    assert "".join(piece.content for piece in pieces) == "Hi"
    assert last.chunk_position == "last" and last.usage_metadata["total_tokens"] == 12


@streamed
def test_without_a_finish_reason_such_a_stream_is_not_whole_either(way):
    with answering(chunk({"role": "assistant", "content": "Hi"})) as server:
        with pytest.raises(IncompleteStream):
            call(model_at(server, stream_end="finish_reason"), way, "hi")


@streamed
def test_a_stream_that_broke_off_behind_its_finish_reason_is_not_whole_either(way):
    body = (chunk({"role": "assistant", "content": "Hi"}) + chunk({}, "stop")).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode()

    def script(peer):
        peer.request()
        peer.send(head + body)

    with Server(script) as server:
        with pytest.raises(IncompleteStream):
            call(model_at(server, stream_end="finish_reason"), way, "hi")


def test_a_stream_end_of_another_name_is_refused():
    with pytest.raises(ValueError, match="finish_reason"):
        ChatOpenAI(model="m", api_key="any", stream_end="length")
