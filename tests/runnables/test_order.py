"""The order in which handlers hear of a prompt, a model and a parser in a chain: LangChain's, on both sides."""

from __future__ import annotations

import asyncio

import pytest

from minichat import ChatPromptTemplate, FakeListChatModel, JsonOutputParser, OutputParserException, StrOutputParser

from ..language_models.calling import call, streamed, whole
from .telling import Told

PROMPT = ChatPromptTemplate.from_messages([("human", "{q}")])


class Tagged(Told):
    def tags(self):
        return {name: kwargs["tags"] for event, name, _, kwargs in self.events if event == "start"}


@whole
def test_a_call_is_told_step_by_step(way):
    told = Tagged()
    call(PROMPT | FakeListChatModel(responses=["ab"]) | StrOutputParser(), way, {"q": "x"}, {"callbacks": [told]})
    assert told.order() == [
        "start RunnableSequence",
        "start ChatPromptTemplate", "end ChatPromptTemplate",
        "start FakeListChatModel", "end FakeListChatModel",
        "start StrOutputParser", "end StrOutputParser",
        "end RunnableSequence",
    ]  # fmt: skip
    assert told.tags() == {
        "RunnableSequence": [],
        "ChatPromptTemplate": ["seq:step:1"],
        "FakeListChatModel": ["seq:step:2"],
        "StrOutputParser": ["seq:step:3"],
    }


@streamed
def test_in_a_stream_the_parser_begins_after_the_first_piece_and_ends_after_the_model(way):
    told = Tagged()
    call(PROMPT | FakeListChatModel(responses=["ab"]) | StrOutputParser(), way, {"q": "x"}, {"callbacks": [told]})
    heard = [(event, name) for event, name, _, _ in told.events]
    token, chunk = ("token", "FakeListChatModel"), "chunk"
    assert heard == [
        ("start", "RunnableSequence"),
        ("start", "ChatPromptTemplate"), ("end", "ChatPromptTemplate"),
        ("start", "FakeListChatModel"), token,
        ("start", "StrOutputParser"), (chunk, "StrOutputParser"), (chunk, "RunnableSequence"),
        token, (chunk, "StrOutputParser"), (chunk, "RunnableSequence"),
        ("end", "FakeListChatModel"), ("end", "StrOutputParser"), ("end", "RunnableSequence"),
    ]  # fmt: skip
    tokens = [kwargs for event, _, _, kwargs in told.events if event == "token"]
    assert [one["token"] for one in tokens] == ["a", "b"] and tokens[0]["chunk"].text == "a"


@streamed
def test_pieces_that_come_together_are_told_in_turn_through_the_chain(way):
    class Three(FakeListChatModel):
        """Gives three pieces in one read, as a fast server does."""

        async def _pieces(self, run, messages, stop, kwargs):
            async for [piece] in super()._pieces(run, messages, stop, kwargs):
                self.__dict__.setdefault("held", []).append(piece)
            yield self.__dict__.pop("held")

    told = Tagged()
    call(Three(responses=["abc"]) | StrOutputParser(), way, "x", {"callbacks": [told]})
    pieces = [name for event, name, _, _ in told.events if event in ("token", "chunk")]
    assert pieces == ["Three", "StrOutputParser", "RunnableSequence"] * 3


@whole
def test_a_failure_is_told_of_the_step_and_of_the_chain(way):
    told = Tagged()
    chain = PROMPT | FakeListChatModel(responses=["no json"]) | JsonOutputParser()
    with pytest.raises(OutputParserException) as caught:
        call(chain, way, {"q": "x"}, {"callbacks": [told]})
    assert caught.value.raw_message.content == "no json"
    assert told.order()[-3:] == ["start JsonOutputParser", "error JsonOutputParser", "error RunnableSequence"]


class Broken:
    raise_error = False

    def on_chain_start(self, *args, **kwargs):
        raise KeyError("handler")


@whole
def test_what_a_handler_raises_is_logged_unless_it_says_otherwise(way, caplog):
    assert call(StrOutputParser(), way, "x", {"callbacks": [Broken()]}) == "x"
    assert "Error in Broken.on_chain_start callback: KeyError('handler')" in caplog.text
    strict = Broken()
    strict.raise_error = True
    with pytest.raises(KeyError):
        call(StrOutputParser(), way, "x", {"callbacks": [strict]})


def test_handlers_are_called_in_their_order_on_the_loop_that_calls():
    heard = []

    class Named:
        def __init__(self, name):
            self.name = name

        def on_chain_start(self, *args, **kwargs):
            heard.append((self.name, "sync"))

    class Waiting(Named):
        async def on_chain_start(self, *args, **kwargs):
            await asyncio.sleep(0)
            heard.append((self.name, "async"))

    asyncio.run(StrOutputParser().ainvoke("x", {"callbacks": [Named(1), Waiting(2), Named(3)]}))
    assert heard == [(1, "sync"), (2, "async"), (3, "sync")]
