"""The asynchronous hooks where nobody wrote them: called by `super()`, and by models that ask another one."""

import asyncio
import threading

import pytest

from minichat import AIMessage, AIMessageChunk, BaseChatModel, ChatGeneration, ChatGenerationChunk, ChatResult, FakeListChatModel


class Own(BaseChatModel):
    """Both synchronous hooks; writes down in which thread they run."""

    threads: list = []

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.threads.append(threading.current_thread())
        return ChatResult(generations=[ChatGeneration(message=AIMessage(f"{stop} {type(run_manager).__name__}"))])

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self.threads.append(threading.current_thread())
        for text in ("a", "b"):
            yield ChatGenerationChunk(message=AIMessageChunk(text))


class Asking(BaseChatModel):
    """Asks another model by its asynchronous hooks."""

    inner: BaseChatModel

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        raise AssertionError("not on this side")

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        return await self.inner._agenerate(messages, stop=stop, run_manager=run_manager, **kwargs)

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        async for chunk in self.inner._astream(messages, stop=stop, **kwargs):
            yield chunk


async def texts(stream):
    return [piece.content async for piece in stream if piece.content]


def test_a_synchronous_hook_is_called_in_a_thread_with_its_own_kind_of_run_manager():
    own = Own(threads=[])
    assert asyncio.run(Asking(inner=own).ainvoke("x", stop=["s"])).content == "['s'] CallbackManagerForLLMRun"
    assert asyncio.run(texts(Asking(inner=own).astream("x"))) == ["a", "b"]
    assert threading.main_thread() not in own.threads
    assert len(own.threads) == 2


@pytest.mark.parametrize("inner", [Own(), FakeListChatModel(responses=["ab"])], ids=["own", "fake"])
def test_any_model_can_be_asked(inner):
    assert asyncio.run(texts(Asking(inner=inner).astream("x"))) == ["a", "b"]


def test_without_a_streaming_hook_it_is_said_which_one_is_missing():
    class Whole(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise AssertionError("not asked")

    async def first():
        async for _ in Whole()._astream([]):
            return

    with pytest.raises(NotImplementedError, match="Whole defines no _stream"):
        asyncio.run(first())


def test_an_overridden_synchronous_hook_serves_both_sides():
    class Louder(FakeListChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            result = super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)
            result.generations[0].message.content += "!"
            return result

    model = Louder(responses=["a"])
    assert model.invoke("x").content == asyncio.run(model.ainvoke("x")).content == "a!"
