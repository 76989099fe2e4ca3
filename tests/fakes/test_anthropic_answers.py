"""The bytes of Anthropic's answers: order of keys and events, padding, thoughts, tools, stops, the prompt cache."""

from __future__ import annotations

import base64
import json
import re

import pytest

import fakes

from .anthropic_asking import WEATHER_TOOL, call, chat, events, put_together, text, user
from .asking import MESSAGES

# Typed after the recordings chat_function_calling_…_1757f52e (August 2026) and TestAnthropicStandard_test_stream_time:
# order of keys, the ping behind the first start, the spaces before the last brace. The ids, the spaces' number and the
# time are those of request number 1, seed 0.
START = (
    'event: message_start\ndata: {"type":"message_start","message":{"model":"fake-hello",'
    '"id":"msg_01a38tFpbIWL3UtYo7brpCiz","type":"message","role":"assistant","content":[],"stop_reason":null,'
    '"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":8,"cache_creation_input_tokens":0,'
    '"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},'
    '"output_tokens":1,"service_tier":"standard","inference_geo":"not_available"}}'
)
STREAMED_HELLO = (
    START + "}\n\n"
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}'
    "}\n\n"
    'event: ping\ndata: {"type": "ping"}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    '"text":"Hello"}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    '"text":" from"}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    '"text":" fakes"}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    '"text":"."}}\n\n'
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,'
    '"stop_details":null},"usage":{"input_tokens":8,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,'
    '"output_tokens":4}}\n\n'
    'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
# Typed after the recording chat_basic_chat_functionality_…_a1617513 (August 2026).
PLAIN_HELLO = (
    '{"model":"fake-hello","id":"msg_01a38tFpbIWL3UtYo7brpCiz","type":"message","role":"assistant","content":'
    '[{"type":"text","text":"Hello from fakes."}],"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,'
    '"usage":{"input_tokens":8,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":'
    '{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":4,"service_tier":"standard",'
    '"inference_geo":"not_available"}}'
)
PADDING = re.compile(r" *\}\n\n")
CACHE = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
THINK = {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
THOUGHT = "Let me think: six times seven is forty-two."


def kinds(reply):
    return [
        data["delta"]["type"] if name == "content_block_delta" else name for name, data in events(reply)
    ]


def usage(reply):
    told = reply.json["usage"]
    return told["input_tokens"], told["cache_creation_input_tokens"], told["cache_read_input_tokens"]


def test_a_streamed_hello_has_these_bytes(server):
    got = chat(server, stream=True).body.decode()
    assert PADDING.sub("}\n\n", got) == STREAMED_HELLO


def test_a_plain_hello_has_these_bytes(server):
    assert chat(server).body.decode() == PLAIN_HELLO


def test_events_end_in_none_to_fifteen_spaces_but_a_ping_does_not(server):
    frames = chat(server, "fake-quickstart", [{"role": "user", "content": "regularization"}], stream=True).body.decode().split("\n\n")[:-1]
    widths = [len(re.search(r"( *)\}$", frame).group(1)) for frame in frames]
    assert set(widths) == set(range(16))
    assert [frame for frame in frames if "ping" in frame] == ['event: ping\ndata: {"type": "ping"}']


@pytest.mark.parametrize("stream", [False, True])
def test_the_headers_are_those_of_the_recordings(server, stream):
    got = chat(server, stream=stream)
    limits = [
        f"anthropic-ratelimit-{kind}-{what}"
        for kind in ("input-tokens", "output-tokens", "requests", "tokens")
        for what in ("limit", "remaining", "reset")
    ]
    names = list(got.headers)
    assert names[: 2 + len(limits)] == ["date", "content-type", *limits]
    assert set(names) >= {"request-id", "anthropic-organization-id", "server-timing"}
    assert got.headers["anthropic-ratelimit-requests-remaining"] == "9999"
    assert got.headers["anthropic-ratelimit-tokens-reset"] == "2026-01-01T00:00:01Z"
    assert re.fullmatch(r"req_01\w{22}", got.headers["request-id"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "fake-quickstart"},
        {"model": "fake-tools", "tools": [WEATHER_TOOL, {**WEATHER_TOOL, "name": "other"}]},
        {"model": "fake-think", **THINK},
        {"model": "fake-think", **THINK, "tools": [WEATHER_TOOL]},
        {"model": "fake-json"},
        {"model": "fake-refuse"},
        {"model": "fake-filtered"},
        {"model": "fake-blocked"},
        {"model": "claude-haiku-4-5", "max_tokens": 2},
        {"model": "fake-echo", "messages": [{"role": "user", "content": "\ud83d\ude00 é\n\"\\"}]},
        {"stop_sequences": [" fakes"]},
        {"model": "fake-think", "max_tokens": 3},
    ],
)
def test_a_stream_adds_up_to_the_whole_answer(server, body):
    whole = chat(server, **body).json
    server.reset()
    assert put_together(chat(server, **body, stream=True)) == whole


@pytest.mark.parametrize("body", [{}, {"stream": True}, {"model": "fake-think", "stream": True}])
def test_the_same_requests_after_a_reset_have_the_same_bytes(server, body):
    first = [chat(server, **body).body, chat(server, **body).body]
    server.reset()
    assert [chat(server, **body).body, chat(server, **body).body] == first
    assert first[0] != first[1]


def test_an_alias_is_answered_with_its_snapshot(server):
    assert chat(server, "claude-sonnet-4-5").json["model"] == "claude-sonnet-4-5-20250929"
    assert chat(server, "claude-opus-4-8").json["model"] == "claude-opus-4-8"


# -- thoughts ---------------------------------------------------------------------------------------------------------


def test_a_thought_comes_first_and_its_signature_last(server):
    got = chat(server, "fake-think", stream=True, **THINK)
    names = kinds(got)
    last = names.index("content_block_stop")
    assert names[:4] == ["message_start", "content_block_start", "ping", "thinking_delta"]
    assert names[last - 1] == "signature_delta"
    assert names.count("signature_delta") == 1
    message = put_together(got)
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["thinking"] == THOUGHT
    assert message["usage"]["output_tokens_details"]["thinking_tokens"] == 12
    assert message["usage"]["output_tokens"] == 17


def test_a_hidden_thought_has_its_signature_only(server):
    hidden = {"thinking": {"type": "adaptive", "display": "omitted"}}
    got = chat(server, "fake-think", stream=True, **hidden)
    assert kinds(got)[:5] == ["message_start", "content_block_start", "ping", "signature_delta", "content_block_stop"]
    assert put_together(got)["content"][0]["thinking"] == ""
    assert chat(server, "claude-opus-4-7", thinking={"type": "adaptive"}).json["content"][0]["thinking"] == ""
    shown = {"thinking": {"type": "adaptive", "display": "summarized"}}
    assert chat(server, "claude-opus-4-7", **shown).json["content"][0]["thinking"] != ""


def test_an_ordinary_model_thinks_when_it_is_asked_to(server):
    assert [block["type"] for block in chat(server, "claude-haiku-4-5", **THINK).json["content"]] == ["thinking", "text"]
    assert [block["type"] for block in chat(server, "claude-haiku-4-5").json["content"]] == ["text"]


def test_thinking_that_is_disabled_is_left_out(server):
    got = chat(server, "fake-think", thinking={"type": "disabled"})
    assert [block["type"] for block in got.json["content"]] == ["text"]


def changed(block, **changes):
    return {**block, **changes}


def flipped(signature, place):
    """Change one byte of a signature."""
    raw = bytearray(base64.b64decode(signature))
    raw[place] ^= 1
    return base64.b64encode(bytes(raw)).decode()


@pytest.fixture
def thinker(server):
    """A turn that thought and called a tool, and how to send it back."""
    options = {**THINK, "tools": [WEATHER_TOOL]}
    thought, use = chat(server, "fake-think", **options).json["content"]

    def again(*blocks, more=()):
        result = {"type": "tool_result", "tool_use_id": use["id"], "content": "21 degrees"}
        history = [*MESSAGES, {"role": "assistant", "content": [*blocks, use]}, user(result), *more]
        return chat(server, "fake-think", history, **options)

    return thought, again


def test_a_thought_is_taken_back_as_it_was(thinker):
    thought, again = thinker
    got = again(thought)
    assert got.status == 200
    assert got.json["content"][-1]["text"] == "The answer is 42."


def test_a_signature_is_known_after_a_reset_and_to_another_server(thinker, server):
    thought, again = thinker
    server.reset()
    assert again(thought).status == 200
    with fakes.serve(seed=7) as other:
        history = [*MESSAGES, {"role": "assistant", "content": [thought, text("Well.")]}, *MESSAGES]
        assert chat(other, messages=history).status == 200


@pytest.mark.parametrize("place", [0, 1, 5, 40, 70, 95])
def test_an_altered_signature_is_refused(thinker, place):
    thought, again = thinker
    got = again(changed(thought, signature=flipped(thought["signature"], place)))
    assert (got.status, got.error["message"]) == (400, "messages.1.content.0: Invalid `signature` in `thinking` block")


def test_an_altered_thought_in_the_latest_answer_is_refused_as_modified(thinker):
    thought, again = thinker
    got = again(changed(thought, thinking=thought["thinking"] + "!"))
    assert got.status == 400
    assert got.error["message"] == (
        "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
        "modified. These blocks must remain as they were in the original response."
    )


def test_an_altered_thought_in_an_earlier_answer_has_an_invalid_signature(thinker):
    thought, again = thinker
    later = ({"role": "assistant", "content": "Well."}, *MESSAGES)
    got = again(changed(thought, thinking="Something else"), more=later)
    assert (got.status, got.error["message"]) == (400, "messages.1.content.0: Invalid `signature` in `thinking` block")
    assert again(thought, more=later).status == 200


def test_a_missing_thought_is_missed_in_a_turn_that_uses_tools(thinker):
    _, again = thinker
    got = again()
    assert got.error["message"].startswith("messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.")


def test_in_a_long_turn_only_its_first_answer_must_begin_with_a_thought(server):
    options = {**THINK, "tools": [WEATHER_TOOL]}
    thought, use = chat(server, "fake-think", **options).json["content"]
    steps = []
    for number, blocks in enumerate(([thought, use], [changed(use, id="toolu_b")])):
        result = {"type": "tool_result", "tool_use_id": blocks[-1]["id"], "content": f"{number}"}
        steps += [{"role": "assistant", "content": blocks}, user(result)]
    assert chat(server, "fake-think", [*MESSAGES, *steps], **options).status == 200


def test_scripted_signatures_and_redacted_thoughts_are_taken_back_as_they_were_given():
    parts = [fakes.Thinking("Hm", "my-signature"), fakes.RedactedThinking("my-data"), fakes.Text("Well.")]
    with fakes.serve(replies=[fakes.Reply(parts), fakes.Reply.of("Fine."), fakes.Reply.of("Fine.")]) as server:
        got = chat(server, "any", stream=True)
        blocks = put_together(got)["content"]
        assert blocks == [
            {"type": "thinking", "thinking": "Hm", "signature": "my-signature"},
            {"type": "redacted_thinking", "data": "my-data"},
            text("Well."),
        ]
        assert kinds(got)[6:8] == ["content_block_start", "content_block_stop"]  # a redacted thought is sent whole
        history = [*MESSAGES, {"role": "assistant", "content": blocks}, *MESSAGES]
        assert chat(server, "any", history).status == 200
        history[1] = {"role": "assistant", "content": [changed(blocks[0], thinking="Ha"), *blocks[1:]]}
        assert chat(server, "any", history).error["message"].startswith("messages.1.content.0: `thinking` or")
        history[1] = {"role": "assistant", "content": [blocks[0], changed(blocks[1], data="other")]}
        assert chat(server, "any", history).error["message"] == "messages.1.content.1: Invalid `data` in `redacted_thinking` block"


def test_thoughts_around_a_call_are_blocks_of_their_own():
    parts = [fakes.Thinking("a"), fakes.Thinking("b"), fakes.ToolCall("f", "{}"), fakes.Thinking("c"), fakes.Text("d")]
    with fakes.serve(replies=[fakes.Reply(parts)]) as server:
        blocks = chat(server, "any").json["content"]
        assert [block["type"] for block in blocks] == ["thinking", "tool_use", "thinking", "text"]
        assert [block["thinking"] for block in blocks[::2]] == ["ab", "c"]
        assert blocks[0]["signature"] != blocks[2]["signature"]


# -- tools and structured output --------------------------------------------------------------------------------------


def test_a_streamed_call_opens_empty_and_its_first_piece_is_empty(server):
    got = chat(server, "fake-tool", tools=[WEATHER_TOOL], stream=True)
    started = next(data for name, data in events(got) if name == "content_block_start")["content_block"]
    assert list(started) == ["type", "id", "name", "input", "caller"]
    assert (started["name"], started["input"], started["caller"]) == ("get_weather", {}, {"type": "direct"})
    assert re.fullmatch(r"toolu_01\w{22}", started["id"])
    pieces = [data["delta"]["partial_json"] for name, data in events(got) if name == "content_block_delta"]
    assert pieces[0] == ""
    assert "".join(pieces) == '{"city":"Paris"}'
    message = put_together(got)
    assert (message["stop_reason"], message["content"][0]["input"]) == ("tool_use", {"city": "Paris"})


def test_parallel_calls_are_blocks_with_ids_of_their_own_unless_that_is_switched_off(server):
    tools = [WEATHER_TOOL, {**WEATHER_TOOL, "name": "other"}]
    blocks = chat(server, "fake-tools", tools=tools).json["content"]
    assert [block["name"] for block in blocks] == ["get_weather", "other"]
    assert len({block["id"] for block in blocks}) == 2
    one = {"type": "auto", "disable_parallel_tool_use": True}
    assert len(chat(server, "fake-tools", tools=tools, tool_choice=one).json["content"]) == 1


@pytest.mark.parametrize(
    "choice, names",
    [
        ({"type": "none"}, []),
        ({"type": "auto"}, []),
        ({"type": "any"}, ["get_weather"]),
        ({"type": "tool", "name": "other"}, ["other"]),
    ],
)
def test_an_ordinary_model_obeys_tool_choice(server, choice, names):
    tools = [WEATHER_TOOL, {**WEATHER_TOOL, "name": "other"}]
    got = chat(server, "claude-haiku-4-5", tools=tools, tool_choice=choice).json
    assert [block["name"] for block in got["content"] if block["type"] == "tool_use"] == names
    assert got["stop_reason"] == ("tool_use" if names else "end_turn")


def test_the_results_of_tools_are_read_whatever_their_form(server):
    use = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("sunny")]}
    for content, said in (("21", "21"), ([text("2"), text("1")], "21"), ([found], "sunny")):
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
        history = [*MESSAGES, {"role": "assistant", "content": [use]}, user(result)]
        assert chat(server, "fake-tool", history, tools=[WEATHER_TOOL]).json["content"][0]["text"] == f"The tool says: {said}"


def test_structured_output_is_json_text_that_fits_the_schema(server):
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": False}
    wanted = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    for model in ("fake-json", "claude-haiku-4-5"):
        got = chat(server, model, **wanted).json
        assert [block["type"] for block in got["content"]] == ["text"]
        assert list(json.loads(got["content"][0]["text"])) == ["age"]


def test_arguments_that_are_no_json_are_streamed_as_they_are_and_empty_when_whole():
    reply = fakes.Reply([fakes.ToolCall("f", '{"a": ')])
    with fakes.serve(replies=[reply, reply]) as server:
        assert chat(server, "any").json["content"][0]["input"] == {}
        got = events(chat(server, "any", stream=True))
        assert "".join(data["delta"]["partial_json"] for name, data in got if name == "content_block_delta") == '{"a": '


# -- how an answer ends -----------------------------------------------------------------------------------------------


def test_a_stop_sequence_is_named_and_left_out(server):
    got = chat(server, stop_sequences=["!", " fakes", "from"]).json
    assert (got["content"][0]["text"], got["stop_reason"], got["stop_sequence"]) == ("Hello ", "stop_sequence", "from")
    delta = next(data for name, data in events(chat(server, stop_sequences=["from"], stream=True)) if name == "message_delta")
    assert delta["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "from", "stop_details": None}


def test_a_stop_sequence_behind_the_limit_is_not_reached(server):
    got = chat(server, stop_sequences=["."], max_tokens=2).json
    assert (got["content"][0]["text"], got["stop_reason"], got["stop_sequence"]) == ("Hello from", "max_tokens", None)


def test_max_tokens_cuts_the_answer(server):
    got = chat(server, max_tokens=2).json
    assert (got["content"][0]["text"], got["stop_reason"]) == ("Hello from", "max_tokens")
    assert got["usage"]["output_tokens"] == 2


def test_max_tokens_of_zero_only_warms_the_cache(server):
    warmed = chat(server, messages=[user(text("a long story", **CACHE))], max_tokens=0).json
    assert (warmed["content"], warmed["stop_reason"], warmed["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert chat(server, messages=[user(text("a long story", **CACHE))]).json["usage"]["cache_read_input_tokens"] > 0


@pytest.mark.parametrize(
    "model, said, category",
    [("fake-refuse", "I'm sorry, I can't help with that.", None), ("fake-filtered", "Well, first", "general_harms"), ("fake-blocked", None, "general_harms")],
)  # fmt: skip
def test_a_refusal_is_a_stop_reason_with_details(server, model, said, category):
    got = chat(server, model).json
    assert [block["text"] for block in got["content"]] == ([said] if said else [])
    assert got["stop_reason"] == "refusal"
    assert list(got["stop_details"]) == ["type", "category", "explanation"]
    assert (got["stop_details"]["type"], got["stop_details"]["category"]) == ("refusal", category)
    assert got["usage"]["output_tokens"] > 0


def test_a_cut_stream_has_no_message_stop():
    reply = fakes.Reply("This is cut off.", faults=[fakes.Fault("cut")])
    with fakes.serve(replies=[reply]) as server:
        with pytest.raises(Exception, match="Incomplete"):
            chat(server, "any", stream=True)


# -- the prompt cache -------------------------------------------------------------------------------------------------

STORY = "Once upon a time there was a fake. " * 20


def test_a_marked_prefix_is_written_first_and_read_then_until_a_reset(server):
    body = {"system": [text(STORY, **CACHE)]}
    first, second = usage(chat(server, **body)), usage(chat(server, **body))
    assert first[1] > 100 and first[2] == 0
    assert second[1:] == (0, first[1])
    assert first[0] == second[0] > 0
    other = usage(chat(server, **body, messages=[{"role": "user", "content": "another question"}]))
    assert other[1:] == (0, first[1])
    server.reset()
    assert usage(chat(server, **body)) == first


def test_what_is_not_marked_is_neither_written_nor_read(server):
    assert usage(chat(server, system=STORY))[1:] == (0, 0)
    assert usage(chat(server, system=[text(STORY)]))[1:] == (0, 0)


def test_a_changed_prefix_or_model_is_written_anew(server):
    body = {"system": [text(STORY, **CACHE)], "tools": [WEATHER_TOOL]}
    written = usage(chat(server, **body))[1]
    assert usage(chat(server, **{**body, "tools": [{**WEATHER_TOOL, "description": "Other"}]}))[1:2] > (0,)
    assert usage(chat(server, "fake-echo", **body))[1:] == (written, 0)
    assert usage(chat(server, **body))[1:] == (0, written)


def test_a_growing_conversation_reads_what_it_had_and_writes_the_rest(server):
    def ask(*words):
        roles = ("user", "assistant")
        said = [{"role": roles[number % 2], "content": [text(word)]} for number, word in enumerate(words)]
        said[-1]["content"][0].update(CACHE)
        return usage(chat(server, messages=said))

    first = ask(STORY)
    second = ask(STORY, "Well.", "And then? " * 10)
    third = ask(STORY, "Well.", "And then? " * 10, "The end.", "Why?")
    assert (second[2], third[2]) == (first[1], first[1] + second[1])
    assert second[1] > 20 and third[1] > 0


def test_the_mark_may_stand_at_the_top_and_means_the_last_block(server):
    body = {"messages": [{"role": "user", "content": STORY}], **CACHE}
    written = usage(chat(server, **body))[1]
    assert usage(chat(server, **body))[1:] == (0, written)
    assert written > 100


def test_lifetimes_are_told_apart(server):
    body = {"system": [text(STORY, **HOUR)], "messages": [user(text("a question of ten words or so", **CACHE))]}
    told = chat(server, **body).json["usage"]
    split = told["cache_creation"]
    assert split["ephemeral_1h_input_tokens"] > split["ephemeral_5m_input_tokens"] > 0
    assert sum(split.values()) == told["cache_creation_input_tokens"]


def test_the_stream_tells_the_same_of_the_cache_at_both_ends(server):
    body = {"system": [text(STORY, **CACHE)]}
    chat(server, **body)
    told = events(chat(server, **body, stream=True))
    begun, ended = told[0][1]["message"]["usage"], told[-2][1]["usage"]
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    assert [begun[key] for key in keys] == [ended[key] for key in keys]
    assert ended["cache_read_input_tokens"] > 100
    assert ended["output_tokens"] > begun["output_tokens"] > 0


def test_a_scripted_usage_is_told_as_it_is():
    reply = fakes.Reply([fakes.Text("hi")], usage=fakes.Usage(100, 20, 5, cache_read=30, cache_creation=10))
    with fakes.serve(replies=[reply]) as server:
        told = chat(server, "any").json["usage"]
        assert (told["input_tokens"], told["cache_read_input_tokens"], told["cache_creation_input_tokens"]) == (60, 30, 10)
        assert (told["output_tokens"], told["output_tokens_details"]) == (20, {"thinking_tokens": 5})
        assert told["cache_creation"] == {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0}


# -- citations, models, counting --------------------------------------------------------------------------------------

CITES = {"citations": {"enabled": True}}
GRASS = "The grass is green. The sky is blue."


@pytest.mark.parametrize(
    "block, citation",
    [
        (
            {"type": "document", "title": "Colours", "source": {"type": "text", "media_type": "text/plain", "data": GRASS}},
            {"type": "char_location", "cited_text": "The grass is green. ", "document_index": 1, "document_title": "Colours", "start_char_index": 0, "end_char_index": 20, "file_id": None},
        ),
        (
            {"type": "document", "source": {"type": "content", "content": [text("The grass is green")]}},
            {"type": "content_block_location", "cited_text": "The grass is green", "document_index": 1, "document_title": None, "start_block_index": 0, "end_block_index": 1},
        ),
        (
            {"type": "search_result", "source": "https://x.example", "title": "X", "content": [text("Green.")]},
            {"type": "search_result_location", "cited_text": "Green.", "source": "https://x.example", "title": "X", "search_result_index": 0, "start_block_index": 0, "end_block_index": 1},
        ),
    ],
)  # fmt: skip
def test_what_may_be_cited_is_cited(server, block, citation):
    silent = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    messages = [user(silent, {**block, **CITES}, text("What colour?"))]
    whole = chat(server, messages=messages).json["content"][0]
    assert list(whole) == ["citations", "type", "text"]
    assert whole["citations"] == [citation]
    got = chat(server, messages=messages, stream=True)
    assert kinds(got)[:5] == ["message_start", "content_block_start", "ping", "citations_delta", "text_delta"]
    assert put_together(got)["content"][0] == whole
    assert "citations" not in chat(server, messages=[user(block, text("What colour?"))]).json["content"][0]


def test_models_are_listed_page_by_page(server):
    first = call(server, method="GET", path="/v1/models").json
    assert list(first) == ["data", "has_more", "first_id", "last_id"]
    assert len(first["data"]) == 20 and first["has_more"] is True
    assert list(first["data"][0]) == ["type", "id", "display_name", "created_at", "max_input_tokens", "max_tokens", "lifecycle"]
    rest = call(server, method="GET", path=f"/v1/models?after_id={first['last_id']}").json
    names = [model["id"] for model in first["data"] + rest["data"]]
    assert rest["has_more"] is False
    assert {"claude-opus-4-8", "claude-haiku-4-5-20251001", "fake-hello", "fake-blocked"} <= set(names)
    assert len(names) == len(set(names))
    back = call(server, method="GET", path=f"/v1/models?before_id={names[2]}&limit=1").json
    assert [model["id"] for model in back["data"]] == names[:1]


@pytest.mark.parametrize("name, title", [("claude-opus-4-8", "Claude Opus 4.8"), ("claude-sonnet-5", "Claude Sonnet 5"), ("claude-3-7-sonnet-latest", "Claude 3.7 Sonnet"), ("fake-echo", "fake-echo")])  # fmt: skip
def test_a_model_can_be_asked_about(server, name, title):
    told = call(server, method="GET", path=f"/v1/models/{name}").json
    assert (told["type"], told["id"], told["display_name"]) == ("model", name, title)


def test_tokens_are_counted_as_the_answer_will_tell(server):
    body = {"model": "fake-hello", "messages": MESSAGES, "system": "Be brief.", "tools": [WEATHER_TOOL]}
    got = call(server, body, path="/v1/messages/count_tokens")
    assert got.json == {"input_tokens": chat(server, **body).json["usage"]["input_tokens"]}


@pytest.mark.parametrize("extra", [{"max_tokens": 5}, {"stream": True}, {"temperature": 1}, {"stop_sequences": []}])
def test_counting_takes_no_parameter_of_the_answer(server, extra):
    body = {"model": "fake-hello", "messages": MESSAGES, **extra}
    got = call(server, body, path="/v1/messages/count_tokens")
    assert got.error["message"] == f"{next(iter(extra))}: Extra inputs are not permitted"


def test_what_was_asked_for_is_told(server):
    told = chat(server, inference_geo="us", speed="fast", service_tier="standard_only").json["usage"]
    assert (told["inference_geo"], told["speed"], told["service_tier"]) == ("us", "fast", "standard")
