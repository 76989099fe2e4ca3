"""Templates: what they echo, what they refuse when they are read, and that nobody's request breaks JSON or tells a key."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes.scripting.templates import NAMES, PLAIN, Template, arguments, filler, template

from . import anthropic_asking, google_asking
from .asking import ask as send
from .asking import chat
from .test_matching import BODY, KEY, asked

NASTY = 'a "quote", a \\ backslash, {{user}}, a\nline, é 🌍 \u2028 and }}'


def filled(text, ask=None):
    read = filler(text)
    return read if isinstance(read, str) else read.fill(ask or asked())


FILLED = [
    ("You said {{user}}", "You said Weather in Paris?"),
    ("{{ user }}{{system}}", "Weather in Paris?Be brief."),
    ("{{model}} of {{provider}}, turn {{turn}}", "gpt-5 of openai, turn 2"),
    ("{{tool_result}}", "sunny\n18 degrees"),
    ("{{header.x-team}} {{header.X-Team}}", "blue blue"),
    ("[{{header.x-none}}]", "[]"),
    ("{{json.messages[0].content}}", "Be brief."),
    ("{{json.messages[-1].role}} {{json.messages[9].role}}.", "user ."),
    ("{{json.n}} {{json.stream}} {{json.stop}} {{json.temperature}}", "1 true null 0.5"),
    ('{{json.metadata["a.b"]}} {{json["n"]}}', "dotted 1"),
    ("{{json.metadata}}", '{"a.b":"dotted","tags":["x","y"]}'),
    ("{{json.metadata.tags[*]}}", "x\ny"),
    ('{{"{{"}}user}} {{"}}"}} {{ "\\u00e9\\"" }}', '{{user}} }} é"'),
    ('{"a": {"b": {}}} } }} {', '{"a": {"b": {}}} } }} {'),
    ("", ""),
]


@pytest.mark.parametrize("text, wanted", FILLED)
def test_a_template_is_filled_from_the_request(text, wanted):
    assert filled(text) == wanted


REFUSED = [
    ("{{usr}}", "{{usr}} has no meaning; did you mean 'user'?"),
    ("{{}}", "{{}} has no meaning; there are user, system"),
    ("{{zzz}}", "there are user, system, model, provider, turn, tool_result, header.NAME, json.PATH"),
    ("{{user", "'{{user' is not closed by }}; for the braces themselves write {{\"{{\"}}"),
    ('{{"user}}', "is not closed by }}"),
    ('{{"a" b}}', "is no JSON text"),
    ("{{header.authorization}}", "a header that may carry a key cannot be echoed"),
    ("{{header.X-API-Key}}", "a header that may carry a key cannot be echoed"),
    ("{{header.x-goog-api-key}}", "a header that may carry a key cannot be echoed"),
    ("{{header.cookie}}", "a header that may carry a key cannot be echoed"),
    ("{{header.}}", "is no name of a header"),
    ("{{header.a b}}", "is no name of a header"),
    ("{{json.a..b}}", "cannot read the path"),
    ("{{json}}", "{{json}} has no meaning"),
    ("{{user}} {{ {{user}} }}", "has no meaning"),
]


@pytest.mark.parametrize("text, words", REFUSED)
def test_a_template_that_cannot_be_read_is_refused_at_once(text, words):
    with pytest.raises(ValueError) as caught:
        filler(text)
    assert words in str(caught.value)
    with pytest.raises(ValueError):
        template(text)


def test_what_is_echoed_is_not_read_as_a_template():
    assert filled("{{user}}", asked(user="{{model}} {{header.authorization}}")) == "{{model}} {{header.authorization}}"


def test_a_text_without_templates_stays_a_text_and_one_with_them_is_read_once():
    assert filler("plain") == "plain" and filler('{{"{{"}}') == "{{"
    read = filler("{{user}}!")
    assert isinstance(read, Template)
    assert read.fill(asked(user="one")) == "one!" and read.fill(asked(user="two")) == "two!"


def test_the_requests_own_key_is_never_echoed():
    body = {"text": f"use {KEY} please", "more": [KEY]}
    assert filled("{{header.x-said}} / {{json.text}} / {{json.more}}", asked(body)) == (
        "my key is *** / use *** please / [\"***\"]"
    )
    assert filled("{{user}}", asked(user=KEY)) == "***"


def test_every_name_is_documented():
    assert {name.partition(".")[0] for name in NAMES} == {*PLAIN, "header", "json"}


# Arguments and what they are as JSON when the user's text is NASTY.
ARGUMENTS = [
    ({"q": "{{user}}"}, {"q": NASTY}),
    ({"q": "[{{user}}]", "n": 1, "deep": [{"x": "{{model}}"}, None, True, 1.5, [], {}]},
     {"q": f"[{NASTY}]", "n": 1, "deep": [{"x": "gpt-5"}, None, True, 1.5, [], {}]}),
    ({"q": 'say "{{user}}" \\ é'}, {"q": f'say "{NASTY}" \\ é'}),
    ({"q": '{{"{{"}}x}}'}, {"q": "{{x}}"}),
    ({"n": "{{json.n}}"}, {"n": "1"}),
    ({'{{user}} "': 1}, {'{{user}} "': 1}),
    ({}, {}),
    ('{"q": "{{user}}", "n": {{json.n}}, "m": {{json.metadata}}, "u": {{user}}, "none": {{json.seed}}}',
     {"q": NASTY, "n": 1, "m": BODY["metadata"], "u": NASTY, "none": ""}),
    ('{"a\\"b": "x\\\\", "q": "{{user}}", "lit": "{{"\\"{{"}}"}', {'a"b': "x\\", "q": NASTY, "lit": '"{{'}),
    ('{"many": {{json.metadata.tags[*]}}}', {"many": "x\ny"}),
]  # fmt: skip


@pytest.mark.parametrize("value, wanted", ARGUMENTS, ids=str)
def test_arguments_stay_valid_json_whatever_is_echoed(value, wanted):
    read = arguments(value)
    assert json.loads(read if isinstance(read, str) else read.fill(asked(user=NASTY))) == wanted


def test_arguments_that_are_wrong_on_purpose_stay_as_they_are():
    assert arguments('{"city": "Par') == '{"city": "Par'
    assert arguments({"city": "Paris", "n": [1, 2]}) == '{"city":"Paris","n":[1,2]}'


def test_a_template_is_a_reply_in_every_dialect():
    with fakes.serve() as server:
        server.when(user={"contains": "hi"}).reply(template("{{provider}} heard {{user}}"))
        assert chat(server, "m").message["content"] == "openai heard hi"
        assert anthropic_asking.chat(server, "m").json["content"] == [{"type": "text", "text": "anthropic heard hi"}]
        assert google_asking.text(google_asking.gemini(server, "m").json) == "google heard hi"
        with pytest.raises(TypeError, match="template: takes a text, not 3"):
            template(3)


def test_a_script_echoes_in_each_of_its_texts():
    said = {
        "thinking": "thinking of {{user}}",
        "text": ["one ", "{{user}}", " three"],
        "tool_calls": [{"name": "get_weather", "arguments": {"city": "{{user}}"}}],
    }
    rules = [
        {"when": {"user": {"contains": "refuse"}}, "reply": {"refusal": "no {{user}}"}},
        {"when": {"user": {"contains": "fail"}}, "reply": {"error": {"status": 418, "message": "{{user}} {{turn}}"}}},
        {"reply": said},
    ]
    with fakes.serve(script={"rules": rules}) as server:
        tools = [anthropic_asking.WEATHER_TOOL]
        content = anthropic_asking.chat(server, "m", [anthropic_asking.user({"type": "text", "text": NASTY})], tools=tools,
                                        thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000).json["content"]
        assert [block["type"] for block in content] == ["thinking", "text", "tool_use"]
        assert content[0]["thinking"] == f"thinking of {NASTY}" and content[1]["text"] == f"one {NASTY} three"
        assert content[2]["input"] == {"city": NASTY}
        assert chat(server, "m", [{"role": "user", "content": "refuse"}]).message["refusal"] == "no refuse"
        failed = chat(server, "m", [{"role": "user", "content": "fail"}])
        assert (failed.status, failed.error["message"]) == (418, "fail 1")


def test_a_header_is_echoed_over_the_wire():
    with fakes.serve() as server:
        server.reply(template("team {{header.x-team}}"))
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        assert send(server, body, headers={"X-Team": "blue"}).message["content"] == "team blue"
