"""What a reply is made of is checked where it is written, not when it is sent."""

from __future__ import annotations

import json

import pytest

import fakes

WRONG = [
    (fakes.ToolCall("f", 5), "arguments of ToolCall takes a text, not int"),
    (fakes.ToolCall("f", {"a": 1}, id=7), "id of ToolCall takes a text, not int"),
    (fakes.Text(None), "text of Text takes a text, not NoneType"),
    (fakes.Thinking("a", signature=b"x"), "signature of Thinking takes a text, not bytes"),
    ({"text": "a"}, "a part of a reply is Text, Refusal, Thinking, RedactedThinking, ToolCall, not {'text': 'a'}"),
]


@pytest.mark.parametrize("part, text", WRONG)
def test_a_part_that_cannot_be_sent_is_refused_at_once(part, text):
    with pytest.raises(TypeError) as refused:
        fakes.Reply([fakes.Text("before"), part])
    assert str(refused.value) == text


def test_the_arguments_of_a_tool_are_a_dict_or_the_text_itself():
    given = {"city": "Malm\u00f6", "days": [1, None]}
    reply = fakes.Reply([fakes.ToolCall("f", given), fakes.ToolCall("g", '{"a": ')])
    first, second = reply.parts
    assert json.loads(first.arguments) == given and second.arguments == '{"a": '
    assert reply.finish == "tool_calls"
