"""Conditions: what each holds for, what it says when it does not hold, and which are refused when they are written."""

from __future__ import annotations

import json
import re

import pytest

from fakes.serving.http11 import Request
from fakes.scripting.matching import APIS, FIELDS, PROVIDERS, Failure, conditions, look_up, path_steps
from fakes.replies.reply import Ask, Tool
from fakes.scripting.fields import CONDITIONS

BODY = {
    "model": "gpt-5",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Paris?"}],
    "temperature": 0.5,
    "n": 1,
    "stream": True,
    "stop": None,
    "metadata": {"a.b": "dotted", "tags": ["x", "y"]},
}
KEY = "sk-very-secret-key"
TOOLS = (Tool("get_weather", {}), Tool("get_time", {}))


def asked(body=BODY, **changes):
    headers = {"authorization": f"Bearer {KEY}", "x-team": "blue", "x-said": f"my key is {KEY}"}
    request = Request("POST", "/openai/v1/chat/completions", headers, version_1_0=False)
    request.body = json.dumps(body).encode()
    ask = Ask(request, "openai", "chat_completions", "gpt-5", "Weather in Paris?", "Be brief.", 2, 9, TOOLS)
    return ask._replace(**{"results": ("sunny", "18 degrees"), **changes})


HOLDS = [
    {"provider": "openai"},
    {"provider": {"exact": "openai"}},
    {"provider": {"regex": "^open"}},
    {"api": "chat_completions"},
    {"path": "/openai/v1/chat/completions"},
    {"path": {"contains": "/chat/"}},
    {"model": "gpt-5"},
    {"model": re.compile("^gpt-")},
    {"user": "Weather in Paris?"},
    {"user": {"exact": "Weather in Paris?"}},
    {"user": {"contains": "Paris"}},
    {"user": {"regex": "(?i)weather"}},
    {"user": {"regex": re.compile("Paris")}},
    {"user": {"exists": True}},
    {"system": {"contains": "brief"}},
    {"header": {"X-Team": "blue"}},
    {"header": {"x-team": {"regex": "^b"}, "x-other": {"exists": False}}},
    {"header": {"Authorization": {"contains": "sk-"}}},
    {"tool": "get_time"},
    {"tool": {"regex": "^get_w"}},
    {"tool_result": "18 degrees"},
    {"tool_result": {"contains": "sun"}},
    {"tool_result": {"exists": True}},
    {"turn": 2},
    {"turn": {"exact": 2}},
    {"json": {"messages[1].content": {"contains": "Paris"}}},
    {"json": {"$.messages[-1].role": "user"}},
    {"json": {"messages[*].role": "system"}},
    {"json": {"messages.0.role": "system"}},
    {"json": {"temperature": 0.5, "n": 1, "stream": True, "stop": None}},
    {"json": {'metadata["a.b"]': "dotted", "metadata.tags": ["x", "y"]}},
    {"json": {"metadata": {"exact": {"a.b": "dotted", "tags": ["x", "y"]}}}},
    {"json": {"stop": {"exists": True}, "seed": {"exists": False}}},
    {"json": {"$": {"exists": True}}},
    {"when": lambda ask: ask.used == 9 and ask.body["n"] == 1},
    {"user": {"contains": "Paris"}, "turn": 2, "provider": "openai"},
    {},
]


@pytest.mark.parametrize("wanted", HOLDS, ids=str)
def test_a_condition_holds(wanted):
    assert all(one.holds(asked()) for one in conditions(wanted))


# Condition, and what it says. The value and the wish are both there, cut when they are long.
FAILS = [
    ({"provider": "anthropic"}, "provider is 'openai', wanted 'anthropic'"),
    ({"provider": "gemini"}, "provider is 'openai', wanted 'google'"),
    ({"api": "messages"}, "api is 'chat_completions', wanted 'messages'"),
    ({"model": re.compile("^claude")}, "model is 'gpt-5', wanted a text that '^claude' is found in"),
    ({"user": "weather in Paris?"}, "user is 'Weather in Paris?', wanted 'weather in Paris?'"),
    ({"user": {"contains": "Rome"}}, "user is 'Weather in Paris?', wanted a text with 'Rome' in it"),
    ({"user": {"exists": False}}, "user is there, wanted none"),
    ({"header": {"x-team": "red"}}, "header x-team is 'blue', wanted 'red'"),
    ({"header": {"x-none": "red"}}, "header x-none is missing, wanted 'red'"),
    ({"header": {"x-none": {"exists": True}}}, "header x-none is missing, wanted any value"),
    ({"tool": "search"}, "tool is 'get_weather' and 'get_time', wanted 'search'"),
    ({"tool_result": "rain"}, "tool_result is 'sunny' and '18 degrees', wanted 'rain'"),
    ({"turn": 1}, "turn is 2, wanted 1"),
    ({"json": {"n": True}}, "json n is 1, wanted true"),
    ({"json": {"stream": 1}}, "json stream is true, wanted 1"),
    ({"json": {"messages[7].content": "x"}}, "json messages[7].content is missing, wanted 'x'"),
    ({"json": {"metadata.tags": ["y", "x"]}}, 'json metadata.tags is ["x", "y"], wanted ["y", "x"]'),
    ({"json": {"temperature": {"contains": "0"}}}, "json temperature is 0.5, wanted a text with '0' in it"),
]


@pytest.mark.parametrize("wanted, words", FAILS, ids=str)
def test_a_condition_that_fails_says_what_was_there_and_what_was_wanted(wanted, words):
    (one,) = conditions(wanted)
    assert not one.holds(asked())
    assert one.why_not(asked()) == words


def test_long_values_are_cut_and_many_are_counted():
    (one,) = conditions({"user": "y" * 500})
    words = one.why_not(asked(user="x" * 500))
    assert words == f"user is '{'x' * 59}…', wanted '{'y' * 59}…'"
    (one,) = conditions({"tool_result": "z"})
    assert one.why_not(asked(results=tuple("abcde"))) == "tool_result is 'a' and 'b' and 'c' and 2 more, wanted 'z'"
    (one,) = conditions({"user": {"regex": "y" * 500}})
    assert len(one.why_not(asked())) < 200


def test_an_empty_text_counts_as_none():
    (there,) = conditions({"system": {"exists": True}})
    assert not there.holds(asked(system="")) and there.why_not(asked(system="")) == "system is missing, wanted any value"
    (empty,) = conditions({"system": ""})
    assert empty.holds(asked(system=""))


def test_no_condition_tells_a_secret():
    (one,) = conditions({"header": {"authorization": "Bearer sk-another-secret"}})
    assert "sk-" not in one.why_not(asked()) and "header authorization" in one.why_not(asked())
    for wrong in ({"regex": "(sk-another"}, {"contain": "sk-another"}, {"contains": ["sk-another"]}, ["sk-another"]):
        with pytest.raises((ValueError, TypeError), match="a value that is not shown, as it may be a key") as caught:
            conditions({"header": {"x-api-key": wrong}})
        assert "sk-another" not in str(caught.value)
    (one,) = conditions({"header": {"x-said": "nothing"}})
    assert one.why_not(asked()) == "header x-said is 'my key is ***', wanted 'nothing'"


def test_a_predicate_is_named():
    def is_short(ask):
        return len(ask.user) < 3

    (one,) = conditions({"when": is_short})
    assert one.holds(asked(user="hi")) and not one.holds(asked())
    assert one.why_not(asked()) == "the condition 'is_short' does not hold"

    class Long:
        def __call__(self, ask):
            return ask.nothing

    (one,) = conditions({"when": Long()})
    with pytest.raises(Failure, match="the condition 'Long' raised AttributeError: .*nothing"):
        one.holds(asked())


def test_a_condition_that_must_be_awaited_is_not_taken_for_true():
    async def waits(ask):
        return False

    with pytest.raises(TypeError, match="when: takes a function .* which is not async"):
        conditions({"when": waits})
    (one,) = conditions({"when": lambda ask: waits(ask)})
    with pytest.raises(Failure, match="gave something to await"):
        one.holds(asked())


REFUSED = [
    ({"usr": "x"}, "usr: no such condition; did you mean 'user'?"),
    ({"zzz": "x"}, "zzz: no such condition; there are provider, api, path"),
    ({"provider": "opnai"}, "provider: no provider 'opnai'; did you mean 'openai'?"),
    ({"provider": {"exact": "bedrock"}}, "provider: no provider 'bedrock'; there are openai, anthropic"),
    ({"api": "embeddings"}, "api: no api 'embeddings'; there are chat_completions"),
    ({"user": 3}, "user: takes a text, a pattern or a condition, not 3"),
    ({"user": None}, "user: takes a text, a pattern or a condition, not null"),
    ({"user": {"contain": "x"}}, 'user: a condition has one of exact, contains, regex, exists, not {"contain": "x"}'),
    ({"user": {"contains": "x", "regex": "y"}}, "user: a condition has one of exact, contains, regex, exists"),
    ({"user": {}}, "user: a condition has one of exact, contains, regex, exists, not {}"),
    ({"user": {"contains": 3}}, "user.contains: takes a text, not 3"),
    ({"user": {"exact": 3}}, "user.exact: takes a text, not 3"),
    ({"user": {"exists": "yes"}}, "user.exists: is true or false, not 'yes'"),
    ({"user": {"regex": "("}}, "user.regex: '(' is no regular expression: missing )"),
    ({"user": re.compile(b"x")}, "user: takes a pattern of text"),
    ({"turn": 0}, "turn: is a whole number from 1, not 0"),
    ({"turn": True}, "turn: is a whole number from 1, not true"),
    ({"turn": {"regex": "2"}}, 'turn: is a whole number from 1, not {"regex": "2"}'),
    ({"header": "x"}, "header: takes a mapping from name to condition"),
    ({"header": {"x-a": 5}}, "header x-a: takes a text, a pattern or a condition, not 5"),
    ({"header": {"x-a": {"regex": "["}}}, "header x-a.regex: '[' is no regular expression"),
    ({"json": []}, "json: takes a mapping from path to condition"),
    ({"json": {"a": {"contain": "x"}}}, 'not {"contain": "x"}; an object to compare with is wrapped as {"exact": …}'),
    ({"json": {"a..b": 1}}, "json: cannot read the path 'a..b' from '..b' on"),
    ({"json": {"a[x]": 1}}, "json: cannot read the path 'a[x]'"),
    ({"json": {r'a["\q"]': 1}}, "is no JSON text"),
    ({"when": "ask.turn == 1"}, "when: takes a function of the request"),
]


@pytest.mark.parametrize("wanted, words", REFUSED, ids=str)
def test_a_condition_that_cannot_be_meant_is_refused_when_it_is_written(wanted, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        conditions(wanted)
    assert words in str(caught.value)
    assert str(caught.value).startswith(next(iter(wanted)))


PATHS = [
    ("", [BODY]),
    ("$", [BODY]),
    ("n", [1]),
    ("messages[0].content", ["Be brief."]),
    ("messages[*].content", ["Be brief.", "Weather in Paris?"]),
    ("metadata.tags[*]", ["x", "y"]),
    ("metadata.tags[-2]", ["x"]),
    ("metadata.tags[-3]", []),
    ("metadata.tags[2]", []),
    ('$["metadata"]["a.b"]', ["dotted"]),
    ("n.x", []),
    ("metadata.0", []),
    ("metadata.tags.1", ["y"]),
    ("metadata.tags.x", []),
]


@pytest.mark.parametrize("path, found", PATHS)
def test_a_path_finds_what_stands_there(path, found):
    assert look_up(BODY, path_steps(path)) == found


def test_a_body_that_is_no_json_has_nothing_at_any_path():
    ask = asked()
    ask.request.body = b"no json"
    (one,) = conditions({"json": {"n": 1}})
    assert not one.holds(ask) and one.why_not(ask) == "json n is missing, wanted 1"


def test_every_field_of_the_conditions_is_documented():
    assert set(CONDITIONS) == {*FIELDS, "header", "json"}
    assert set(PROVIDERS) < set(CONDITIONS["provider"].schema["enum"])
    assert list(APIS) == CONDITIONS["api"].schema["enum"]


def test_a_long_text_is_searched():
    (one,) = conditions({"user": {"regex": "needle$"}})
    assert one.holds(asked(user="hay " * 250_000 + "needle"))
