"""What a test may claim of the requests, and the errors that tell it what came instead."""

from __future__ import annotations

import re
import threading

import pytest

import fakes
from fakes import Error, Fault

from .asking import WEATHER_TOOL, ask, chat


def say(server, text, model="fake-hello", **body):
    return chat(server, model, [{"role": "user", "content": text}], **body)


@pytest.fixture
def asked(server):
    """Four requests: two about the weather, one refused, one for another provider."""
    say(server, "How is the weather in Paris?", temperature=0.5)
    say(server, "And the weather in Rome?", tools=[WEATHER_TOOL])
    say(server, "Too hot.", temperature=9)
    message = {"model": "fake-hello", "max_tokens": 9, "messages": [{"role": "user", "content": "Bonjour"}]}
    ask(server, message, path="/anthropic/v1/messages", headers={"x-api-key": "k", "anthropic-version": "2023-06-01"})
    return server


FITTING = [
    ({}, [1, 2, 3, 4]),
    ({"user": {"contains": "weather"}}, [1, 2]),
    ({"user": re.compile("Rome|Bonjour")}, [2, 4]),
    ({"provider": "anthropic"}, [4]),
    ({"provider": "openai"}, [1, 2, 3]),
    ({"tool": "get_weather"}, [2]),
    ({"json": {"temperature": 9}}, [3]),
    ({"json": {"messages[0].content": {"contains": "hot"}}}, [3]),
    ({"header": {"Anthropic-Version": "2023-06-01"}}, [4]),
    ({"path": "/openai/v1/chat/completions"}, [1, 2, 3]),
    ({"model": "fake-hello"}, [1, 2, 3, 4]),
    ({"status": 200}, [1, 2, 4]),
    ({"status": "4xx"}, [3]),
    ({"status": (200, 400)}, [1, 2, 3, 4]),
    ({"when": lambda ask: ask.turn == 1 and "weather" in ask.user}, [1, 2]),
    ({"user": {"contains": "weather"}, "status": 400}, []),
]


@pytest.mark.parametrize(("conditions", "numbers"), FITTING)
def test_calls_gives_what_fits_and_the_claims_agree(asked, conditions, numbers):
    assert [one.number for one in asked.calls(**conditions)] == numbers
    asked.assert_called(len(numbers), **conditions)
    asked.assert_called(at_most=len(numbers), **conditions)
    asked.assert_called(at_least=len(numbers), at_most=4, **conditions)
    if numbers:
        asked.assert_called(**conditions)
        with pytest.raises(AssertionError):
            asked.assert_not_called(**conditions)
    else:
        asked.assert_not_called(**conditions)
        with pytest.raises(AssertionError):
            asked.assert_called(**conditions)
    for wrong in ({"times": len(numbers) + 1}, {"at_least": len(numbers) + 1}):
        with pytest.raises(AssertionError):
            asked.assert_called(**wrong, **conditions)


def test_the_error_tells_what_was_wanted_what_came_nearest_and_what_was_asked(asked):
    with pytest.raises(AssertionError) as told:
        asked.assert_called(user="And the weather in Oslo?", tool="get_weather")
    assert str(told.value) == (
        "expected at least 1 request with user: 'And the weather in Oslo?'; tool: 'get_weather', but there was none\n"
        "nearest is request 2: user is 'And the weather in Rome?', wanted 'And the weather in Oslo?'\n"
        "requests:\n"
        "   1. POST /openai/v1/chat/completions fake-hello 'How is the weather in Paris?' -> 200\n"
        "   2. POST /openai/v1/chat/completions fake-hello 'And the weather in Rome?' -> 200\n"
        "   3. POST /openai/v1/chat/completions -> 400\n"
        "   4. POST /anthropic/v1/messages fake-hello 'Bonjour' -> 200"
    )


def test_requests_that_fit_are_marked_when_there_are_too_many_or_too_few(asked):
    with pytest.raises(AssertionError) as told:
        asked.assert_called(1, user={"contains": "weather"})
    text = str(told.value)
    assert text.startswith(
        "expected 1 request with user: a text with 'weather' in it, but there were 2\nrequests:\n-> 1. "
    )
    assert "\n-> 2. " in text and "\n   3. " in text and "nearest" not in text
    with pytest.raises(AssertionError, match=r"but there were 2\nnearest is request 3: user is '', wanted"):
        asked.assert_called(3, user={"contains": "weather"})
    with pytest.raises(
        AssertionError, match="expected at least 3 and at most 4 requests with status: 400, but there was 1"
    ):
        asked.assert_called(at_least=3, at_most=4, status=400)
    with pytest.raises(AssertionError, match="expected no request with status: 4xx, but there was 1"):
        asked.assert_not_called(status="4xx")


def test_no_request_at_all_is_said_so(server):
    server.assert_not_called()
    with pytest.raises(AssertionError, match="^expected at least 1 request, but there was none\nthere was no request$"):
        server.assert_called()


def test_the_error_stays_readable_when_there_were_many_long_requests(server):
    for number in range(30):
        say(server, f"{number} " + "long " * 2_000)
    with pytest.raises(AssertionError) as told:
        server.assert_called(user="short")
    text = str(told.value)
    assert len(text) < 6_100 and "requests, the last 20 of 30:" in text
    assert "\n   11. " in text and "\n   10. " not in text


def test_faults_and_endings_are_told_with_the_requests():
    with fakes.serve() as server:
        server.fault(Fault("status", status=503, times=1))
        server.reply(Error(418, "a teapot"))
        say(server, "one")
        say(server, "two")
        with pytest.raises(AssertionError) as told:
            server.assert_called(3)
        assert "'one' -> 503 (status 503)\n" in str(told.value) and str(told.value).endswith("'two' -> 418")


WRONG = [
    ({"usr": "hi"}, "usr: no such condition; did you mean 'user'"),
    ({"status": "200"}, "status: is a number"),
    ({"status": True}, "status: is a number"),
    ({"times": -1}, "times: is a whole number from 0, not -1"),
    ({"at_least": 1.5}, "at_least: is a whole number from 0, not 1.5"),
    ({"times": 1, "at_most": 2}, "times: give it alone"),
    ({"at_least": 2, "at_most": 1}, "at_least: 2 is more than at_most, 1"),
    (
        {"header": {"Authorization": "Bearer k"}},
        "header: the journal keeps no keys, so nothing can be said of Authorization",
    ),
]


@pytest.mark.parametrize(("claim", "why"), WRONG)
def test_a_claim_that_cannot_be_meant_is_no_claim_that_fails(asked, claim, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        asked.assert_called(**claim)


def test_an_order_may_have_others_between(asked):
    asked.assert_order({"user": {"contains": "Paris"}}, {"status": 400}, {"provider": "anthropic"})
    asked.assert_order({}, {}, {}, {})
    with pytest.raises(ValueError, match="give the conditions"):
        asked.assert_order()


def test_a_wrong_order_names_the_step_and_where_its_request_was(asked):
    with pytest.raises(AssertionError) as told:
        asked.assert_order({"status": 400}, {"user": {"contains": "Rome"}}, {"provider": "anthropic"})
    assert str(told.value).startswith(
        "expected these requests in this order, others may lie between:\n"
        "  1. a request with status: 400: request 3\n"
        "  2. a request with user: a text with 'Rome' in it: missing\n"
        "  3. a request with provider: 'anthropic': not looked for\n"
        "request 2 fits step 2, but does not come behind that of step 1\n"
        "nearest is request 4: user is 'Bonjour', wanted a text with 'Rome' in it\n"
        "requests:\n"
    )
    with pytest.raises(AssertionError, match="5. a request: missing"):
        asked.assert_order({}, {}, {}, {}, {})


def test_one_request_is_not_counted_for_two_steps(server):
    say(server, "hi")
    with pytest.raises(AssertionError, match="2. a request with user: 'hi': missing"):
        server.assert_order({"user": "hi"}, {"user": "hi"})


def test_everything_of_a_script_has_to_be_used(server):
    server.assert_all_used()
    server.when(user="hi").reply("Hello.", name="greeting")
    server.when(user="bye").reply("Bye.", name="farewell")
    server.reply("one", "two")
    say(server, "hi")
    say(server, "anything")
    with pytest.raises(AssertionError) as told:
        server.assert_all_used()
    assert str(told.value).splitlines()[1:] == ["never used: farewell", "never used: replies[1]"]
    say(server, "bye")
    say(server, "anything")
    server.assert_all_used()


def test_a_problem_of_the_script_counts_as_unused():
    with fakes.serve(["Hello."]) as server:
        server.fault(Fault("cut", event=1_000))
        say(server, "hi", stream=True)
        with pytest.raises(
            AssertionError, match="problem: request 1: the answer has no place for the fault cut event 1000"
        ):
            server.assert_all_used()


def test_waiting_ends_when_the_condition_holds(server):
    thread = threading.Thread(target=say, args=(server, "hi"))
    thread.start()
    server.wait_for(lambda: server.calls(user="hi", status=200))
    thread.join()
    assert len(server.journal) == 1


def test_waiting_in_vain_shows_the_journal(server):
    say(server, "hi")

    def never_true():
        return False

    with pytest.raises(
        AssertionError,
        match=r"the condition 'never_true' did not come to hold in 0 s\nrequests:\n   1\. POST .* -> 200",
    ):
        server.wait_for(never_true, 0)
    with pytest.raises(KeyError):
        server.wait_for(lambda: {}["gone"])


def test_claims_are_about_one_session(server):
    one, two = server.session("one"), server.session("two")
    ask(server, {"model": "fake-hello", "messages": [{"role": "user", "content": "hi"}]}, key=one.key)
    one.assert_called(1, user="hi")
    two.assert_not_called()
    server.assert_not_called()
