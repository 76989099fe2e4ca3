"""Subclasses of the built-in models and the fakes: LangChain's hooks are theirs to override and to call."""

import asyncio

import pytest

import fakes
from minichat import (
    AIMessage,
    AIMessageChunk,
    ChatGenerationChunk,
    ChatOpenAI,
    FakeChatModel,
    FakeListChatModel,
    FakeMessagesListChatModel,
    GenericFakeChatModel,
    ParrotFakeChatModel,
)
from minichat.language_models import BaseLanguageModel, SimpleChatModel
from minichat.language_models.chat_models import agenerate_from_stream, generate_from_stream

from .calling import call, every_way, streamed, whole
from .recording import Log, both_sides, piece


@pytest.fixture
def server():
    with fakes.serve([fakes.Reply([fakes.Text("Hel"), fakes.Text("lo")])] * 3) as running:
        yield running


def text_of(answer):
    pieces = answer if isinstance(answer, list) else [answer]
    return "".join(one.content for one in pieces)


class Louder(ChatOpenAI):
    """Each hook calls its super and changes what comes."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return self._loud(super()._generate(messages, stop, run_manager, **kwargs))

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        return self._loud(await super()._agenerate(messages, stop, run_manager, **kwargs))

    def _loud(self, result):
        result.generations[0].message.content += "!"
        return result

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in super()._stream(messages, stop, run_manager, **kwargs):
            yield self._upper(chunk)

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
            yield self._upper(chunk)

    def _upper(self, chunk):
        return ChatGenerationChunk(message=AIMessageChunk(chunk.message.content.upper(), id=chunk.message.id))


@every_way
def test_a_subclass_of_a_provider_changes_what_its_hooks_give(way, server):
    log = Log()
    model = Louder(api_key="k", base_url=server.url("openai"))
    answer = call(model, way, "x", config={"callbacks": [log]}, stop=["s"], seed=1)
    assert text_of(answer) == ("HELLO" if "stream" in way else "Hello!")
    body = server.journal[0].body
    assert (body["stop"], body["seed"], body.get("stream", False)) == (["s"], 1, "stream" in way)
    assert log.events[0] == "start" and log.events[-1] == "end" and log.events.count("start") == 1
    assert len(server.journal) == 1


@whole
def test_what_the_hook_calls_knows_the_run(way, server):
    log = Log()
    answer = call(Louder(api_key="k", base_url=server.url("openai")), way, "x", config={"callbacks": [log]})
    assert answer.id == f"lc_run--{log.runs[0]}-0"
    assert answer.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("side", ["sync", "async"])
def test_a_subclass_of_a_subclass(side, server):
    class Loudest(Louder):
        def _loud(self, result):
            return super()._loud(super()._loud(result))

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return super()._generate(messages, stop, run_manager, **kwargs)

    model = Loudest(api_key="k", base_url=server.url("openai"))
    assert both_sides(model, "invoke", "x", side=side).content == "Hello!!"


def test_a_hook_that_is_not_overridden_stays_the_providers(server):
    class Whole(ChatOpenAI):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return super()._generate(messages, stop, run_manager, **kwargs)

    model = Whole(api_key="k", base_url=server.url("openai"))
    assert text_of(call(model, "stream", "x")) == text_of(call(model, "astream", "x")) == "Hello"
    assert "_pieces" not in Whole.__dict__ and "_answer" in Whole.__dict__


def test_hooks_may_be_called_by_hand(server):
    model = ChatOpenAI(api_key="k", base_url=server.url("openai"))
    found = model._generate([AIMessage("x")])
    assert (found.generations[0].text, found.generations[0].generation_info) == ("Hello", {"finish_reason": "stop"})
    assert found.llm_output["token_usage"]["total_tokens"] > 0
    assert "".join(chunk.text for chunk in model._stream([AIMessage("x")])) == "Hello"

    async def collect():
        return [chunk.text async for chunk in model._astream([AIMessage("x")])]

    assert "".join(asyncio.run(collect())) == "Hello"


def test_a_hook_given_a_run_manager_tells_its_tokens():
    seen = []

    class Telling(FakeListChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return generate_from_stream(super()._stream(messages, stop, run_manager, **kwargs))

    log = Log()
    seen.append(Telling(responses=["ab"]).invoke("x", {"callbacks": [log]}).content)
    assert seen == ["ab"]
    assert log.told[1:] == [("token", 0, "a"), ("token", 0, "b"), ("end", 0, ["ab"])]


FAKES = [
    (FakeListChatModel, {"responses": ["a"]}, "a"),
    (FakeMessagesListChatModel, {"responses": [AIMessage("a")]}, "a"),
    (FakeChatModel, {}, "fake response"),
    (ParrotFakeChatModel, {}, "x"),
]


@whole
@pytest.mark.parametrize("kind, settings, text", FAKES, ids=[row[0].__name__ for row in FAKES])
def test_a_subclass_of_a_fake_changes_what_its_hook_gives(way, kind, settings, text):
    class Changed(kind):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            found = super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)
            found.generations[0].message = AIMessage(found.generations[0].text + "!")
            return found

    assert call(Changed(**settings), way, "x").content == text + "!"


@whole
@pytest.mark.parametrize("kind, settings", [row[:2] for row in FAKES if hasattr(row[0], "_call")])
def test_the_text_of_a_simple_fake_is_its_subclasses_to_change(way, kind, settings):
    class Louder(kind):
        def _call(self, *args, **kwargs):
            return super()._call(*args, **kwargs).upper()

    assert call(Louder(**settings), way, "x").content.isupper()


@streamed
def test_a_fakes_stream_is_changed(way):
    class Upper(GenericFakeChatModel):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            for chunk in super()._stream(messages, stop, run_manager, **kwargs):
                yield piece(chunk.text.upper())

    assert text_of(call(Upper(messages=iter(["a b"])), way, "x")) == "A B"


@every_way
def test_a_model_of_one_function(way):
    class Counting(SimpleChatModel):
        def _call(self, messages, stop=None, run_manager=None, **kwargs):
            return f"{len(messages)} {stop} {kwargs}"

    assert text_of(call(Counting(), way, "x", stop=["s"], k=1)) == "1 ['s'] {'k': 1}"


def test_a_simple_model_without_its_function_says_so():
    with pytest.raises(TypeError, match="SimpleChatModel defines no _call"):
        SimpleChatModel().invoke("x")


def test_sums_of_streams():
    info = {"finish_reason": "stop"}
    pieces = [piece("a"), piece("b", generation_info=info)]

    async def stream():
        for one in pieces:
            yield one

    async def empty():
        return
        yield

    for found in (generate_from_stream(iter(pieces)), asyncio.run(agenerate_from_stream(stream()))):
        (generation,) = found.generations
        assert (generation.message, generation.generation_info) == (AIMessage("ab"), info)
    with pytest.raises(ValueError, match="No generations found in stream"):
        generate_from_stream(iter(()))
    with pytest.raises(ValueError, match="No generations found in stream"):
        asyncio.run(agenerate_from_stream(empty()))


def test_every_model_is_a_language_model():
    for kind in (ChatOpenAI, FakeChatModel, SimpleChatModel):
        assert issubclass(kind, BaseLanguageModel)
