"""`invoke(x)` is the sum of `stream(x)`: for every kind of reply that the fake can give, for every provider.

What a provider's own wire says differently whole and streamed is a row of ALLOWED, with its reason.
"""

from __future__ import annotations

import json
import re

import pytest

import fakes
from fakes import RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage

from .everyone import every_provider

REPLIES = {
    "a text": Reply.of("Bonjour à tous 🙂, and a second sentence."),
    "a text of many lines": Reply.of("one\n\n  two\n\tthree\n"),
    "nothing": Reply([]),
    "one piece": Reply([Text("whole")]),
    "empty pieces": Reply([Text(""), Text("a"), Text(""), Text("b"), Text("")]),
    "a tool call": Reply([ToolCall("get_weather", '{"city":"Paris"}')]),
    "a tool call without arguments": Reply([ToolCall("get_weather", "{}")]),
    "a tool call of everything": Reply([ToolCall("f", '{"a":[1,2.5,{"b":null}],"c":"é\\n","d":true}')]),
    "two tool calls": Reply([ToolCall("get_weather", '{"city":"Paris"}'), ToolCall("get_time", '{"city":"Rome"}')]),
    "words and a tool call": Reply([Text("Let me "), Text("look."), ToolCall("get_weather", '{"city":"Paris"}')]),
    "a tool call with its own id": Reply([ToolCall("get_weather", '{"city":"Paris"}', "abcDEF123")]),
    "a thought": Reply([Thinking("Let me "), Thinking("think."), *Reply.of("The answer is 42.").parts]),
    "a signed thought": Reply([Thinking("Hm.", "c2lnbmF0dXJl"), Text("42")]),
    "a thought and a tool call": Reply([Thinking("Hm, "), Thinking("the weather."), ToolCall("get_weather", '{"city":"Paris"}')]),
    "a redacted thought": Reply([RedactedThinking("ZW5jcnlwdGVk"), Text("42")]),
    "a refusal": Reply([Refusal("I'm sorry, "), Refusal("no.")]),
    "a filter": Reply([Text("Well, ")], finish="content_filter"),
    "a limit reached": Reply([Text("half")], finish="length"),
    "usage of its own": Reply([Text("hi")], usage=Usage(1000, 50, 20, cache_read=600, cache_creation=100)),
    "usage without details": Reply([Text("hi")], usage=Usage(10, 5, None)),
}  # fmt: skip

# (provider, reply, field): why they differ.
ALLOWED = {
    # Google sends no content with an answer that its filter stopped, but has streamed the beginning by then.
    ("google", "a filter", "text"),
    ("google", "a filter", "content"),
    # Mistral says "closed" of a whole thought, and in a stream only from a thought's second piece on (as recorded).
    ("mistral", "a signed thought", "content"),
}


@pytest.fixture(scope="module")
def running():
    with fakes.serve() as server:
        yield server


def plain(content):
    """Content as a list of blocks, without what only streams have: a block's place, and a tool's input in pieces.

    LangChain's own whole and streamed messages differ in these (Anthropic, Responses), and in nothing else.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [without_places(block) for block in content]


def without_places(value):
    if isinstance(value, list):
        return [without_places(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_places(one) for key, one in value.items() if key not in ("index", "partial_json")}
    if value.get("partial_json"):
        kept["input"] = json.loads(value["partial_json"])
    return kept


def with_equal_ids(value):
    """Google's older models give calls no ids; those that the client makes up are new in every answer."""
    return json.loads(re.sub(r"made-up-[0-9a-f]{32}", "made-up", json.dumps(value)))


def shown(message):
    return with_equal_ids({
        "text": str(message.text),
        "content": plain(message.content),
        "reasoning": message.reasoning,
        "tool_calls": message.tool_calls,
        "invalid_tool_calls": message.invalid_tool_calls,
        "usage_metadata": message.usage_metadata,
        "additional_kwargs": message.additional_kwargs,
        "response_metadata": {name: value for name, value in message.response_metadata.items() if value is not None},
    })


def get_weather(city: str) -> str:
    """Tell the weather in a city."""


def get_time(city: str) -> str:
    """Tell the time in a city."""


@every_provider
@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_answer_is_the_sum_of_its_stream(row, name, running):
    reply = REPLIES[name]
    answers = []
    for streamed in (False, True):
        running.reset()
        with fakes.serve([reply]) as server:  # a world of its own: the same moment, so the same ids
            model = row.model(server, "some-model", **row.thinking)
            if reply.calls:
                model = model.bind_tools([get_weather, get_time])
            if streamed:
                chunks = list(model.stream("hi"))
                total = chunks[0]
                for chunk in chunks[1:]:
                    total += chunk
                answers.append(shown(total))
            else:
                answers.append(shown(model.invoke("hi")))
    whole, summed = answers
    left = {field: (whole[field], summed[field]) for field in whole if whole[field] != summed[field]}
    for field in list(left):
        if (row.name, field) in ALLOWED or (row.name, name, field) in ALLOWED:
            del left[field]
    assert not left
