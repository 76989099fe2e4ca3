"""A script: replies in turn, whatever the model is called; rules, what they match, and what they say when none fits."""

from __future__ import annotations

import re
import threading

import pytest

import fakes
from fakes import Error, Pace, Reply, Text, ToolCall, Usage

from . import anthropic_asking, google_asking
from .asking import MESSAGES, WEATHER_TOOL, ask, chat
from .responding import respond

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


def says(text, *, before=()):
    """A conversation that ends with this user message."""
    return [*before, {"role": "user", "content": text}]


CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
AFTER_A_TOOL = [
    *says("Weather?"),
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
]


def anthropic(server, text, **body):
    return anthropic_asking.chat(server, "m", says(text), **body)


def gemini(server, text, **body):
    return google_asking.gemini(server, "m", contents=[{"role": "user", "parts": [{"text": text}]}], **body)


# Conditions, a request that fits, and one that does not.
RULES = [
    ({"provider": "anthropic"}, lambda s: anthropic(s, "hi"), lambda s: chat(s)),
    ({"provider": "gemini"}, lambda s: gemini(s, "hi"), lambda s: chat(s)),
    ({"api": "responses"}, lambda s: respond(s, "m"), lambda s: chat(s)),
    ({"api": "messages"}, lambda s: anthropic(s, "hi"), lambda s: gemini(s, "hi")),
    ({"path": {"contains": "/chat/"}}, lambda s: chat(s), lambda s: respond(s, "m")),
    ({"model": "gpt-5"}, lambda s: chat(s, "gpt-5"), lambda s: chat(s, "gpt-5-mini")),
    ({"model": re.compile("^gpt")}, lambda s: chat(s, "gpt-5"), lambda s: chat(s, "o3")),
    ({"user": "hi"}, lambda s: chat(s), lambda s: chat(s, messages=says("hi!"))),
    ({"user": {"contains": "rain"}}, lambda s: gemini(s, "any rain?"), lambda s: gemini(s, "sun?")),
    ({"user": {"regex": "^any"}}, lambda s: anthropic(s, "any rain?"), lambda s: anthropic(s, "is any")),
    ({"system": {"contains": "brief"}}, lambda s: anthropic(s, "hi", system="Be brief."), lambda s: anthropic(s, "hi")),
    ({"header": {"X-Team": "blue"}}, lambda s: ask(s, BODY, headers={"x-team": "blue"}), lambda s: ask(s, BODY)),
    ({"tool": "get_weather"}, lambda s: chat(s, tools=[WEATHER_TOOL]), lambda s: chat(s)),
    ({"tool_result": {"contains": "21"}}, lambda s: chat(s, messages=AFTER_A_TOOL), lambda s: chat(s)),
    ({"turn": 2}, lambda s: chat(s, messages=says("?", before=[*says("a"), SAID])), lambda s: chat(s)),
    ({"json": {"temperature": 0.5}}, lambda s: chat(s, temperature=0.5), lambda s: chat(s, temperature=1)),
    ({"json": {"messages[0].role": "user"}}, lambda s: chat(s), lambda s: chat(s, messages=[SYSTEM, *says("hi")])),
    ({"when": lambda ask: ask.body.get("seed") == 7}, lambda s: chat(s, seed=7), lambda s: chat(s, seed=8)),
    ({"user": "hi", "model": "gpt-5"}, lambda s: chat(s, "gpt-5"), lambda s: chat(s, "o3")),
]
SAID = {"role": "assistant", "content": "b"}
SYSTEM = {"role": "system", "content": "Be brief."}
BODY = {"model": "m", "messages": says("hi")}


@pytest.mark.parametrize("wanted, fits, fits_not", RULES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_a_rule_answers_what_fits_and_nothing_else(server, wanted, fits, fits_not):
    rule = server.when(**wanted).reply("found")
    got = fits(server)
    assert got.status == 200 and b"found" in got.body
    missed = fits_not(server)
    assert missed.status == 404 and b"no rule fits this request" in missed.body
    assert rule.used == 1 and server.unused() == []
    assert [exchange.rule for exchange in server.journal] == ["rule 1", None]


@pytest.mark.parametrize("wanted, fits, fits_not", [row for row in RULES if "when" not in row[0]], ids=str)
def test_a_rule_of_a_json_script_answers_the_same(wanted, fits, fits_not):
    wanted = {field: {"regex": one.pattern} if isinstance(one, re.Pattern) else one for field, one in wanted.items()}
    with fakes.serve(script={"rules": [{"name": "it", "when": wanted, "reply": "found"}]}) as server:
        assert fits(server).status == 200 and fits_not(server).status == 404
        assert [exchange.rule for exchange in server.journal] == ["it", None]


def test_the_first_rule_that_fits_answers_and_then_the_replies_in_turn(server):
    server.when(user={"contains": "rain"}).reply("rule one")
    server.when(user={"contains": "ra"}).reply("rule two")
    server.reply("in turn")
    texts = [chat(server, messages=says(text)).message["content"] for text in ("rain", "rapid", "hi")]
    assert texts == ["rule one", "rule two", "in turn"]
    assert chat(server).status == 404


# Replies and options of a rule, and what the first requests get; None: no rule fits.
SERIES = [
    (["a"], {}, ["a", "a", "a"]),
    (["a"], {"times": 2}, ["a", "a", None]),
    (["a", "b"], {}, ["a", "b", None]),
    (["a", "b"], {"times": 1}, ["a", None, None]),
    (["a", "b"], {"times": 2}, ["a", "b", None]),
    (["a", "b"], {"repeat": True}, ["a", "b", "a", "b", "a"]),
    (["a", "b"], {"repeat": True, "times": 3}, ["a", "b", "a", None]),
    (["a"], {"repeat": True}, ["a", "a"]),
    (["a"], {"repeat": True, "times": 1}, ["a", None]),
    (["a"], {"name": "replies"}, ["a", "a"]),
]


def first_texts(server, count):
    got = [chat(server) for _ in range(count)]
    return [reply.message["content"] if reply.status == 200 else None for reply in got]


@pytest.mark.parametrize("replies, options, wanted", SERIES, ids=str)
def test_a_series_is_given_as_often_as_it_says(server, replies, options, wanted):
    server.when().reply(*replies, **options)
    assert first_texts(server, len(wanted)) == wanted
    server.reset()
    assert first_texts(server, len(wanted)) == wanted
    with fakes.serve(script={"rules": [{"replies": replies, **options}]}) as other:
        assert first_texts(other, len(wanted)) == wanted


def test_a_used_up_rule_lets_the_next_one_answer(server):
    server.when(user="hi").reply("once", times=1)
    server.when(user="hi").reply("else")
    assert first_texts(server, 3) == ["once", "else", "else"]


def test_a_function_is_a_reply(server):
    server.reply(lambda ask: f"{ask.api} {ask.turn}", lambda ask: Reply("whole"), lambda ask: Error(418, "no tea"))
    assert first_texts(server, 2) == ["chat_completions 1", "whole"]
    assert (chat(server).status, server.unused()) == (418, [])


def test_an_error_is_a_reply(server):
    server.reply(Error(400, "not today", type="made_up", code="c", retry_after=2, headers=(("x-a", "b"),)))
    got = chat(server)
    assert (got.status, got.error["message"], got.error["type"], got.error["code"]) == (400, "not today", "made_up", "c")
    assert (got.headers["retry-after"], got.headers["x-a"]) == ("2", "b")


def test_with_a_fallback_the_models_name_answers_what_nothing_fits():
    with fakes.serve(script={"rules": [{"when": {"user": "yo"}, "reply": "ruled"}], "fallback": True}) as server:
        assert chat(server, "fake-echo", says("yo")).message["content"] == "ruled"
        assert chat(server, "fake-echo").message["content"] == "hi"


@pytest.mark.parametrize("script", [{}, {"pace": {}}, {"faults": [], "comment": "none"}])
def test_a_script_that_says_no_reply_leaves_it_to_the_models_name(script):
    with fakes.serve(script=script) as server:
        assert chat(server, "fake-echo").message["content"] == "hi"


@pytest.mark.parametrize("script", [{"rules": []}, {"replies": []}])
def test_an_empty_list_of_rules_is_a_script_that_fits_nothing(script):
    with fakes.serve(script=script) as server:
        assert chat(server, "fake-echo").error["code"] == "no_rule"


def test_the_error_names_the_nearest_rules_and_why_each_failed(server):
    server.when(user="a", model="b", turn=9, tool="c").reply("x", name="far")
    server.when(user={"contains": "x" * 100}, model="m").reply("x", name="near")
    server.when(user="hi", model="m").reply("x", name="used up", times=1)
    server.when(when=lambda ask: False).reply("x", name="never")
    assert chat(server, "m").status == 200
    got = chat(server, "m")
    assert (got.status, got.error["code"]) == (404, "no_rule")
    assert got.error["message"] == (
        "fakes: no rule fits this request (provider openai, model 'm', turn 1, user 'hi'). Nearest: "
        "rule 'used up': its only answer has been given; "
        f"rule 'near': user is 'hi', wanted a text with '{'x' * 59}…' in it; "
        "rule 'never': the condition '<lambda>' does not hold; and 1 more"
    )
    assert server.unused() == ["far", "near", "never"]


def test_the_error_is_in_the_shape_of_each_provider(server):
    server.when(user="never said").reply("x")
    for got, provider in ((chat(server), "openai"), (anthropic(server, "hi"), "anthropic"), (gemini(server, "hi"), "google")):
        assert got.status == 404
        assert f"no rule fits this request (provider {provider}," in got.error["message"]
        assert "user is 'hi', wanted 'never said'" in got.error["message"]


def test_the_error_is_short_and_has_no_key_in_it(server):
    key = "sk-some-secret-0123456789"
    server.when(user="x", header={"authorization": f"Bearer {key}-other"}).reply("x")
    body = {"model": "m", "messages": says(f"my key is {key} " + "long " * 100_000)}
    got = ask(server, body, key=key)
    assert got.status == 404 and len(got.body) < 1_000
    assert key.encode() not in got.body and b"my key is ***" in got.body


def broken(ask):
    raise KeyError("weather")


# A rule of which a function fails, and the text that says so.
FAILING = [
    (lambda s: s.when(when=broken).reply("x", name="r"), "rule 'r': the condition 'broken' raised KeyError: 'weather'"),
    (lambda s: s.when().reply(broken, name="r"), "rule 'r': the reply 'broken' raised KeyError: 'weather'"),
    (lambda s: s.reply(broken), "rule 'replies': the reply 'broken' raised KeyError: 'weather'"),
    (lambda s: s.when().reply(lambda ask: 3, name="r"), "rule 'r': the reply '<lambda>' gave int, not a text, Reply or Error"),
    (lambda s: s.when().reply(lambda ask: None, name="r"), "rule 'r': the reply '<lambda>' gave NoneType"),
]


@pytest.mark.parametrize("add, words", FAILING, ids=range(len(FAILING)))
def test_a_function_that_fails_is_named_on_both_sides_and_the_server_goes_on(server, capfd, add, words):
    add(server)
    got = chat(server)
    assert got.status == 500 and words in got.error["message"]
    assert len(server.problems) == 1 and server.problems[0].startswith(f"request 1: {words}")
    assert "Traceback" in capfd.readouterr().err
    server.reset()
    assert server.problems == [] and chat(server).status == 500


def test_a_function_that_failed_used_no_reply_up(server, capfd):
    times = []

    def second(ask):
        times.append(ask.turn)
        if len(times) == 1:
            raise ValueError("not yet")
        return "now"

    server.reply(second)
    assert [chat(server).status, chat(server).message["content"]] == [500, "now"]
    capfd.readouterr()


# What a rule refuses when it is written, and the words.
NO_RULES = [
    (lambda s: s.when(usr="x").reply("x"), "usr: no such condition; did you mean 'user'"),
    (lambda s: s.when().reply(), "replies: give at least one"),
    (lambda s: s.when().reply("a", times=0), "times: is a whole number from 1, not 0"),
    (lambda s: s.when().reply("a", times=True), "times: is a whole number from 1, not true"),
    (lambda s: s.when().reply("a", "b", times=3), "times: 3 answers of 2 replies, each of which is given once; set repeat"),
    (lambda s: s.when().reply("a", repeat="yes"), "repeat: is true or false, not 'yes'"),
    (lambda s: s.when().reply("a", name=5), "name: is a text that is not empty, not 5"),
    (lambda s: s.when().reply("a", pace=Pace(jitter=2)), "jitter is a share from 0 to 1"),
    (lambda s: s.when().reply("a", faults=["cut"]), "faults takes Fault, not str"),
    (lambda s: s.when().reply(b"a"), "reply: takes a text, a Reply, an Error or a function of the request, not bytes"),
]


@pytest.mark.parametrize("add, words", NO_RULES, ids=range(len(NO_RULES)))
def test_a_rule_that_cannot_be_meant_is_refused_and_nothing_is_added(server, add, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        add(server)
    assert words in str(caught.value)
    assert chat(server, "fake-hello").message["content"] == "Hello from fakes."


def test_a_reply_that_must_be_awaited_is_refused(server):
    async def late(ask):
        return "late"

    with pytest.raises(TypeError, match="must not be async"):
        server.reply(late)
    server.reply(lambda ask: late(ask))
    assert "gave coroutine, not a text" in chat(server).error["message"]


def test_unused_names_rules_and_the_replies_that_were_not_given(server):
    server.when(user="hi").reply("a", name="used", times=1)
    server.when(user="ho").reply("b")
    server.reply("one", "two", "three")
    assert server.unused() == ["used", "rule 2", "replies[0]", "replies[1]", "replies[2]"]
    assert first_texts(server, 2) == ["a", "one"]
    assert server.unused() == ["rule 2", "replies[1]", "replies[2]"]
