"""A provider's answer is told as it came, whatever the program did to its own since; and nobody else sees how."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import weakref

import pytest

import fakes
from minichat import AIMessage, ChatAnthropic, ChatGoogleGenerativeAI, ChatOpenAI
from minichat.callbacks import BaseCallbackHandler
from minichat.outputs import LLMResult
from minichat.tracers.langsmith import LangChainTracer

pytestmark = pytest.mark.time_limit(30)

MODELS = {"openai": ChatOpenAI, "anthropic": ChatAnthropic, "google": ChatGoogleGenerativeAI}
TOOL = {"title": "weather", "description": "d", "type": "object", "properties": {"city": {"type": "string"}}}


class Sink:
    settings = None

    def __init__(self):
        self.told = []

    def submit(self, op, run):
        self.told.append((op, run))

    def outputs(self):
        return [run.resolve()["outputs"] for op, run in self.told if op == "patch"]


@pytest.fixture
def server():
    with fakes.serve() as one:
        yield one


def model_of(server, provider, **more):
    return MODELS[provider](model="fake-hello", base_url=server.url(provider), api_key="sk-fake-again", **more)


def ask(model, way, config):
    return model.invoke("hi", config) if way == "sync" else asyncio.run(model.ainvoke("hi", config))


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("provider", sorted(MODELS))
def test_what_the_program_does_to_its_answer_is_not_told(server, provider, way):
    sink = Sink()
    answer = ask(model_of(server, provider), way, {"callbacks": [LangChainTracer(client=sink)]})
    expected = copy.deepcopy(answer)
    answer.content, answer.id = "changed", "changed"
    answer.response_metadata.clear()
    answer.usage_metadata.clear()
    [outputs] = sink.outputs()
    [[told]] = outputs["generations"]
    kwargs = told["message"]["kwargs"]
    assert (told["text"], kwargs["id"]) == (expected.text, expected.id)
    assert kwargs["response_metadata"] == expected.response_metadata
    assert kwargs["usage_metadata"] == expected.usage_metadata
    finish = expected.response_metadata.get("finish_reason")
    assert (told["generation_info"] or {}).get("finish_reason") == finish
    assert [outputs] == sink.outputs()  # as often as it is asked


def test_an_answer_that_a_subclass_changed_is_told_as_changed(server):
    class Loud(ChatOpenAI):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            result = super()._generate(messages, stop, run_manager, **kwargs)
            result.generations[0].message.content = "LOUD"
            return result

    sink = Sink()
    model = Loud(model="fake-hello", base_url=server.url("openai"), api_key="sk-fake-again")
    assert model.invoke("hi", {"callbacks": [LangChainTracer(client=sink)]}).content == "LOUD"
    assert sink.outputs()[0]["generations"][0][0]["text"] == "LOUD"


@pytest.mark.parametrize("provider", sorted(MODELS))
def test_tool_calls_have_the_same_ids_again(server, provider):
    server.reply(fakes.Reply([fakes.ToolCall("weather", {"city": "Oslo"})]))
    sink = Sink()
    model = model_of(server, provider).bind_tools([TOOL])
    answer = model.invoke("hi", {"callbacks": [LangChainTracer(client=sink)]})
    assert answer.tool_calls
    [outputs] = sink.outputs()
    assert outputs["generations"][0][0]["message"]["kwargs"]["tool_calls"] == answer.tool_calls


class Keeper(BaseCallbackHandler):
    def on_llm_end(self, response, **kwargs):
        self.response = response


def test_a_result_is_pickled_and_copied_without_its_model(server):
    keeper = Keeper()
    model_of(server, "openai").invoke("hi", {"callbacks": [keeper]})
    assert keeper.response.again is not None and "again" not in repr(keeper.response)
    for copied in (pickle.loads(pickle.dumps(keeper.response)), copy.deepcopy(keeper.response)):
        assert copied == keeper.response and copied.again is None
        assert isinstance(copied, LLMResult) and isinstance(copied.generations[0][0].message, AIMessage)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("provider", sorted(MODELS))
def test_what_waits_to_be_sent_does_not_hold_the_answer(server, provider, way):
    sink = Sink()
    answer = ask(model_of(server, provider), way, {"callbacks": [LangChainTracer(client=sink)]})
    gone = weakref.ref(answer)
    del answer
    gc.collect()
    assert len(sink.told) == 2 and gone() is None


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("provider", sorted(MODELS))
def test_the_latest_run_has_its_outputs_as_langchains_tracers_do(server, provider, way):
    sink = Sink()
    tracer = LangChainTracer(client=sink)
    assert tracer.latest_run is None
    answer = ask(model_of(server, provider), way, {"callbacks": [tracer]})
    assert [tracer.latest_run.outputs] * 2 == [*sink.outputs(), tracer.latest_run.outputs]
    assert tracer.latest_run.outputs["generations"][0][0]["text"] == answer.text


def test_who_looks_at_the_latest_run_changes_nothing_of_what_is_told(server):
    class Own(ChatOpenAI):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            result = super()._generate(messages, stop, run_manager, **kwargs)
            result.generations[0].message.content = "own"  # read as objects: it is not made again
            return result

    server.reply(fakes.Reply([fakes.ToolCall("weather", {"city": "Oslo"})]))
    sink = Sink()
    tracer = LangChainTracer(client=sink)
    model = Own(model="fake-hello", base_url=server.url("openai"), api_key="sk-fake-again").bind_tools([TOOL])
    model.invoke("hi", {"callbacks": [tracer]})
    _, run = sink.told[-1]
    before = run.resolve()
    assert tracer.latest_run is tracer.latest_run and tracer.latest_run.outputs == before["outputs"]
    assert run.resolve() == before
    assert before["extra"]["metadata"]["usage_metadata"] and before["extra"]["tool_call_count"] == 1
