"""A script: replies in turn, with their pieces and their usage, whatever the model is called."""

from __future__ import annotations

import threading

import pytest

import fakes
from fakes import Reply, Text, ToolCall, Usage

from .asking import MESSAGES, WEATHER_TOOL, ask, chat

PIECES = ["L'", "inté", "rêt", "", " 🌍 is\n", " this"]
REPLIES = [
    Reply([Text(piece) for piece in PIECES], finish="stop", usage=Usage(53, 18, reasoning=4)),
    Reply([ToolCall("get_weather", '{"city":"Paris"}')]),
    Reply.of("cut short"),
]


@pytest.fixture
def scripted():
    with fakes.serve(REPLIES) as server:
        yield server


def spoken(events):
    choices = [choice for event in events for choice in event["choices"]]
    return [choice["delta"]["content"] for choice in choices if "content" in choice["delta"]]


def test_replies_are_given_in_turn_whatever_the_model_is_called(scripted):
    first = chat(scripted, "gpt-3.5-turbo").message
    second = chat(scripted, "a-model-nobody-has-heard-of", tools=[WEATHER_TOOL]).message
    third = chat(scripted, "fake-echo").message
    assert first["content"] == "".join(PIECES)
    assert second["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert third["content"] == "cut short"


def test_a_stream_has_the_scripted_pieces_between_an_empty_opening_and_the_finish(scripted):
    events = chat(scripted, stream=True, stream_options={"include_usage": True}).events
    assert spoken(events) == ["", *PIECES]
    assert [choice["finish_reason"] for event in events for choice in event["choices"]][-1] == "stop"
    usage = events[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (53, 18, 71)
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 4


def test_a_whole_answer_and_a_stream_tell_the_same_usage(scripted):
    whole = chat(scripted).json["usage"]
    scripted.reset()
    assert chat(scripted, stream=True, stream_options={"include_usage": True}).events[-1]["usage"] == whole


def test_usage_without_details_is_told_as_three_totals():
    reply = Reply.of("ok")
    reply.usage = Usage(53, 18, reasoning=None)
    with fakes.serve([reply, reply]) as server:
        totals = {"prompt_tokens": 53, "completion_tokens": 18, "total_tokens": 71}
        assert chat(server).json["usage"] == totals
        assert chat(server, stream=True, stream_options={"include_usage": True}).events[-1]["usage"] == totals


def test_a_scripted_reply_obeys_the_limits_of_its_request(scripted):
    got = chat(scripted, max_tokens=2).json["choices"][0]
    assert (got["message"]["content"], got["finish_reason"]) == ("L'inté", "length")


def test_a_refused_request_uses_no_reply_up(scripted):
    assert chat(scripted, temperature=7).status == 400
    assert ask(scripted, b"no json").status == 400
    assert chat(scripted).message["content"] == "".join(PIECES)


def test_a_request_after_the_last_reply_is_refused_so_that_no_client_asks_again(scripted):
    for _ in REPLIES:
        assert chat(scripted).status == 200
    got = chat(scripted)
    assert (got.status, got.error["code"]) == (404, "no_rule")
    assert "all 3 of its answers have been given" in got.error["message"]


def test_replies_can_be_added_and_a_reset_begins_anew():
    with fakes.serve() as server:
        assert chat(server, "fake-hello").message["content"] == "Hello from fakes."
        server.reply(Reply.of("one"), Reply.of("two"))
        assert [chat(server).message["content"] for _ in range(2)] == ["one", "two"]
        server.reply(Reply.of("three"))
        assert chat(server).message["content"] == "three"
        server.reset()
        assert chat(server).message["content"] == "one"


def test_an_empty_script_is_a_script():
    with fakes.serve([]) as server:
        assert chat(server).error["code"] == "no_rule"


def test_what_is_no_reply_is_refused_at_once():
    with pytest.raises(TypeError, match="takes a text, a Reply, an Error or a function of the request, not int"):
        fakes.serve([3])
    with fakes.serve() as server:
        with pytest.raises(TypeError, match="not dict"):
            server.reply(Reply.of("kept?"), {"text": "hello"})
        assert chat(server, "fake-hello").message["content"] == "Hello from fakes."
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_requests_side_by_side_get_one_reply_each():
    texts = [f"reply {number}" for number in range(40)]
    got = []
    with fakes.serve([Reply.of(text) for text in texts]) as server:

        def client():
            for _ in range(5):
                got.append(chat(server).message["content"])

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == sorted(texts)


def test_gpt_3_5_has_no_fingerprint_and_others_have_one(scripted):
    bodies = [chat(scripted, name, MESSAGES).json for name in ("gpt-3.5-turbo", "gpt-4o-mini")]
    assert [body["system_fingerprint"] is None for body in bodies] == [True, False]
