"""An agent's loop over the fake: two tools, their results fed back, every answer streamed, on both sides."""

from __future__ import annotations

import asyncio
import json

import pytest

import fakes
from minichat import ChatOpenAI, HumanMessage, ToolMessage, tool


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"21 degrees in {city}"


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


TOOLS = {one.name: one for one in (get_weather, multiply)}

REPLIES = [
    # Two calls side by side; one more, which needs what came; one with arguments that are wrong; then words.
    lambda: fakes.Reply(
        [fakes.Text("Let me see."), fakes.ToolCall("get_weather", '{"city":"Paris"}'), fakes.ToolCall("multiply", '{"a":6,"b":7}')]
    ),
    lambda: fakes.Reply([fakes.ToolCall("multiply", '{"a":42,"b":2}')]),
    lambda: fakes.Reply([fakes.ToolCall("multiply", '{"a":"six"}')]),
    lambda: fakes.Reply([fakes.Text("It is 84"), fakes.Text(" and 21 degrees.")]),
]


@pytest.fixture
def server():
    with fakes.serve(replies=[make() for make in REPLIES]) as server:
        yield server


def loop(model, question, shown):
    conversation = [HumanMessage(question)]
    while True:
        answer = None
        for chunk in model.stream(conversation):
            shown.append(chunk.content)
            answer = chunk if answer is None else answer + chunk
        conversation.append(answer)
        if not answer.tool_calls:
            return conversation
        for call in answer.tool_calls:
            try:
                conversation.append(TOOLS[call["name"]].invoke(call))
            except ValueError as error:  # the model is told what was wrong with its arguments
                conversation.append(ToolMessage(str(error), tool_call_id=call["id"], status="error"))


async def aloop(model, question, shown):
    conversation = [HumanMessage(question)]
    while True:
        answer = None
        async for chunk in model.astream(conversation):
            shown.append(chunk.content)
            answer = chunk if answer is None else answer + chunk
        conversation.append(answer)
        if not answer.tool_calls:
            await model.aclose()
            return conversation
        for call in answer.tool_calls:
            try:
                conversation.append(await TOOLS[call["name"]].ainvoke(call))
            except ValueError as error:
                conversation.append(ToolMessage(str(error), tool_call_id=call["id"], status="error"))


@pytest.mark.parametrize("side", ["sync", "async"])
def test_an_agent_calls_its_tools_until_it_can_answer(server, side):
    model = ChatOpenAI(model="gpt-4o-mini", api_key="any", base_url=server.url("openai"))
    bound = model.bind_tools(list(TOOLS.values()))
    shown = []
    if side == "sync":
        conversation = loop(bound, "How warm is it, times four?", shown)
        model.close()
    else:
        conversation = asyncio.run(aloop(bound, "How warm is it, times four?", shown))
    assert "".join(shown) == "Let me see.It is 84 and 21 degrees."
    results = [(one.name, one.content, one.status) for one in conversation if isinstance(one, ToolMessage)]
    assert results[:3] == [
        ("get_weather", "21 degrees in Paris", "success"),
        ("multiply", "42", "success"),
        ("multiply", "84", "success"),
    ]
    assert results[3][2] == "error" and "a" in results[3][1] and "b" in results[3][1]
    last = server.journal[-1].body
    assert [one["role"] for one in last["messages"]] == [
        "user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "tool"
    ]  # fmt: skip
    assert {one["function"]["name"] for one in last["tools"]} == set(TOOLS)
    answered = [one["tool_call_id"] for one in last["messages"] if one["role"] == "tool"]
    asked = [call["id"] for one in last["messages"] for call in one.get("tool_calls") or []]
    assert answered == asked and json.loads(last["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
