"""LangChain's fake models behave as LangChain's."""

import pytest

from minichat import (
    AIMessage,
    ConfigurationError,
    FakeChatModel,
    FakeListChatModel,
    FakeMessagesListChatModel,
    GenericFakeChatModel,
    ParrotFakeChatModel,
)
from minichat.backends import aio, blocking
from minichat.language_models.fake_chat_models import FakeListChatModelError

from .calling import call, streamed, whole


@whole
def test_a_list_is_answered_in_turn_and_again_from_its_start(way):
    model = FakeListChatModel(responses=["a", "b"])
    assert [call(model, way, "x").content for _ in range(3)] == ["a", "b", "a"]


@streamed
def test_a_text_is_streamed_letter_by_letter(way):
    pieces = call(FakeListChatModel(responses=["abc"]), way, "x")
    assert [piece.content for piece in pieces] == ["a", "b", "c"]
    assert [piece.chunk_position for piece in pieces] == [None, None, "last"]


@streamed
def test_an_error_at_a_chunk(way):
    with pytest.raises(FakeListChatModelError):
        call(FakeListChatModel(responses=["abc"], error_on_chunk_number=1), way, "x")


@whole
def test_messages_are_answered_as_they_are(way):
    message = AIMessage("m", id="own")
    assert call(FakeMessagesListChatModel(responses=[message]), way, "x") is message


@streamed
def test_sleep_is_waited_before_each_piece(way, monkeypatch):
    waited = []

    async def sleep(self, seconds):
        waited.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", sleep)
    monkeypatch.setattr(aio.Asyncio, "sleep", sleep)
    call(FakeListChatModel(responses=["ab"], sleep=7), way, "x")
    assert waited == [7, 7]


@whole
def test_an_iterator_gives_messages_and_texts(way):
    model = GenericFakeChatModel(messages=iter(["text", AIMessage("message")]))
    assert [call(model, way, "x").content for _ in range(2)] == ["text", "message"]


@streamed
def test_words_and_blanks_are_pieces(way):
    pieces = call(GenericFakeChatModel(messages=iter(["hello  world"])), way, "x")
    assert [piece.content for piece in pieces] == ["hello", " ", "", " ", "world"]  # as langchain-core splits it


@streamed
def test_a_function_call_is_cut_at_commas(way):
    message = AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "a,b"}, "other": 1})
    pieces = call(GenericFakeChatModel(messages=iter([message])), way, "x")
    assert [piece.additional_kwargs for piece in pieces] == [
        {"function_call": {"name": "f"}},
        {"function_call": {"arguments": "a"}},
        {"function_call": {"arguments": ","}},
        {"function_call": {"arguments": "b"}},
        {"other": 1},
        {},
    ]
    assert pieces[-1].chunk_position == "last"


@whole
def test_the_parrot_repeats_and_the_simple_one_always_says_the_same(way):
    assert call(ParrotFakeChatModel(), way, "polly").content == "polly"
    assert call(FakeChatModel(), way, "x").content == "fake response"
    with pytest.raises(ConfigurationError, match="at least one message"):
        call(ParrotFakeChatModel(), way, [])


def test_the_kinds_name_themselves():
    assert FakeListChatModel(responses=["a"])._llm_type == "fake-list-chat-model"
    assert repr(FakeListChatModel(responses=["a"])) == "FakeListChatModel(responses=['a'])"
