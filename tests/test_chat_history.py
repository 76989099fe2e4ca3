"""Chat histories: the one in memory, and what a history of one's own gets from the base class."""

from __future__ import annotations

import asyncio
import threading

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    BaseChatMessageHistory,
    BaseMessage,
    ChatMessage,
    ConfigurationError,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    InMemoryChatMessageHistory,
    SystemMessage,
    ToolMessage,
)

# What langchain-core 1.8.2 prints for the same messages.
LINES = [
    (HumanMessage("hi"), "Human: hi"),
    (AIMessage("yo"), "AI: yo"),
    (SystemMessage("s"), "System: s"),
    (ToolMessage("r", tool_call_id="1"), "Tool: r"),
    (FunctionMessage("f", name="n"), "Function: f"),
    (ChatMessage("c", role="ref"), "ref: c"),
    (HumanMessage([{"type": "text", "text": "a"}, "b", {"type": "image_url", "image_url": {"url": "x"}}]), "Human: ab"),
    (
        AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}),
        "AI: {'name': 'f', 'arguments': '{}'}",
    ),
    (
        AIMessage("t", tool_calls=[{"name": "a", "args": {"x": 1}, "id": "1"}]),
        "AI: t[{'name': 'a', 'args': {'x': 1}, 'id': '1', 'type': 'tool_call'}]",
    ),
    (HumanMessageChunk("ch"), "Human: ch"),
    (AIMessageChunk("aic"), "AI: aic"),
]


@pytest.mark.parametrize("message, line", LINES, ids=[line for _, line in LINES])
def test_a_message_is_printed_with_its_speaker(message, line):
    assert str(InMemoryChatMessageHistory(messages=[message])) == line


def test_a_history_is_printed_line_by_line():
    history = InMemoryChatMessageHistory(messages=[message for message, _ in LINES])
    assert str(history) == "\n".join(line for _, line in LINES)
    assert str(InMemoryChatMessageHistory()) == ""


def test_a_message_of_no_speaker_is_named():
    history = InMemoryChatMessageHistory(messages=[BaseMessage("x", type="note")])
    with pytest.raises(ConfigurationError, match="BaseMessage"):
        str(history)


ONE, TWO = HumanMessage("one"), AIMessage("two")


class OneByOne(BaseChatMessageHistory):
    def __init__(self):
        self.messages = []
        self.threads = set()

    def add_message(self, message):
        self.threads.add(threading.current_thread())
        self.messages.append(message)

    def clear(self):
        self.threads.add(threading.current_thread())
        self.messages = []


class AllAtOnce(BaseChatMessageHistory):
    def __init__(self):
        self.kept = []

    @property
    def messages(self):
        return list(self.kept)

    def add_messages(self, messages):
        self.kept.extend(messages)

    def clear(self):
        self.kept.clear()


@pytest.mark.parametrize("kind", [InMemoryChatMessageHistory, OneByOne, AllAtOnce])
def test_every_way_of_adding_adds_in_order(kind):
    history = kind()
    history.add_message(ONE)
    history.add_messages([TWO, ONE])
    history.add_user_message("hi")
    history.add_user_message(ONE)
    history.add_ai_message("yo")
    history.add_ai_message(TWO)
    assert history.messages == [ONE, TWO, ONE, HumanMessage("hi"), ONE, AIMessage("yo"), TWO]
    history.clear()
    assert history.messages == []


@pytest.mark.parametrize("kind", [InMemoryChatMessageHistory, OneByOne, AllAtOnce])
def test_the_same_from_an_event_loop(kind):
    async def main():
        history = kind()
        await history.aadd_messages([ONE, TWO])
        before = await history.aget_messages()
        before = list(before)
        await history.aclear()
        return before, await history.aget_messages()

    assert asyncio.run(main()) == ([ONE, TWO], [])


def test_a_history_that_knows_no_event_loop_does_not_block_one():
    history = OneByOne()
    asyncio.run(history.aadd_messages([ONE]))
    asyncio.run(history.aclear())
    assert threading.current_thread() not in history.threads and history.threads


def test_a_history_without_a_way_to_add_says_what_to_write():
    class Incomplete(BaseChatMessageHistory):
        messages = []

        def clear(self):
            raise AssertionError

    for add in (lambda one: one.add_message(ONE), lambda one: one.add_messages([ONE])):
        with pytest.raises(NotImplementedError, match="Please implement add_message or add_messages"):
            add(Incomplete())
    with pytest.raises(TypeError, match="abstract.*clear"):
        BaseChatMessageHistory()


def test_the_list_given_is_copied_and_the_messages_are_not():
    given = [ONE]
    history = InMemoryChatMessageHistory(messages=given)
    history.add_message(TWO)
    assert given == [ONE]
    assert history.messages[0] is ONE and history.messages[1] is TWO


def test_histories_are_equal_and_printed_by_their_messages():
    history = InMemoryChatMessageHistory(messages=[ONE])
    assert history == InMemoryChatMessageHistory(messages=[HumanMessage("one")])
    assert history != InMemoryChatMessageHistory()
    assert history != [ONE]
    assert repr(history) == "InMemoryChatMessageHistory(messages=[HumanMessage(content='one')])"


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: InMemoryChatMessageHistory(messages="x"), "messages must be a list"),
        (lambda: InMemoryChatMessageHistory(messages=["x"]), "got str; add_user_message"),
        (lambda: InMemoryChatMessageHistory().add_message("x"), "got str; add_user_message"),
        (lambda: InMemoryChatMessageHistory().add_user_message(3), "HumanMessage: content must be"),
        (lambda: InMemoryChatMessageHistory().add_ai_message(None), "AIMessage: content must be"),
    ],
)
def test_what_is_no_message_is_refused_by_name(call, words):
    with pytest.raises(ConfigurationError, match=words):
        call()
