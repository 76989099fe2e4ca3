"""LangChainTracer under real programs, on both sides: what it tells of their runs, and what it never tells."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from contextlib import closing

import pytest

import fakes
from fakes import langsmith
from minichat import (
    AIMessage,
    AIMessageChunk,
    ChatOpenAI,
    ChatPromptTemplate,
    FakeListChatModel,
    GenericFakeChatModel,
    HumanMessage,
    StrOutputParser,
    tool,
)
from minichat.runnables import RunnableLambda, RunnableParallel
from minichat.tracers.langsmith import Client, LangChainTracer, tracing_context
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.langsmith.tracer import in_sample
from tests.tracers.langsmith.sink import Sink

HERE = Settings("http://127.0.0.1:9", "lsv2_fake_key_of_the_tests", "here")


async def gather(stream):
    return [item async for item in stream]


WAYS = {
    "invoke": lambda runnable, value, config: runnable.invoke(value, config),
    "ainvoke": lambda runnable, value, config: asyncio.run(runnable.ainvoke(value, config)),
    "stream": lambda runnable, value, config: list(runnable.stream(value, config)),
    "astream": lambda runnable, value, config: asyncio.run(gather(runnable.astream(value, config))),
}
every_way = pytest.mark.parametrize("call", WAYS.values(), ids=WAYS)


@pytest.fixture
def sink():
    return Sink()


def traced(sink, call, runnable, value, tracer=None, **config):
    tracer = tracer or LangChainTracer(client=sink, settings=HERE)
    return call(runnable, value, {**config, "callbacks": [tracer]})


def chain():
    prompt = ChatPromptTemplate.from_messages([("system", "be {how}"), ("human", "{text}")])
    return prompt | FakeListChatModel(responses=["hello you"]) | StrOutputParser()


INPUT = {"how": "brief", "text": "hi"}


@every_way
def test_a_chain_is_told_as_a_tree_with_inputs_and_outputs(sink, call):
    traced(sink, call, chain(), INPUT, tags=["t"], metadata={"k": 1})
    names = ["ChatPromptTemplate", "FakeListChatModel", "StrOutputParser"]
    assert sink.tree == [("RunnableSequence", [(name, []) for name in names])]
    root, prompt, model, parser = sorted(sink.runs, key=lambda run: run["dotted_order"])
    assert [run["run_type"] for run in (root, prompt, model, parser)] == ["chain", "prompt", "llm", "parser"]
    assert (root["inputs"], root["outputs"]) == (INPUT, {"output": "hello you"})
    assert prompt["serialized"]["id"][-1] == "ChatPromptTemplate"
    assert prompt["inputs"] == INPUT and len(prompt["outputs"]["output"]["messages"]) == 2
    assert parser["inputs"]["input"]["content"] == "hello you" and parser["outputs"] == {"output": "hello you"}
    assert [one["kwargs"]["content"] for one in model["inputs"]["messages"][0]] == ["be brief", "hi"]
    assert model["outputs"]["generations"][0][0]["text"] == "hello you"
    for run in sink.runs:
        assert "t" in run["tags"] and run["extra"]["metadata"]["k"] == 1
        assert run["session_name"] == "here" and "error" not in run
        assert run["events"][0]["name"] == "start" and run["events"][-1]["name"] == "end"
        assert run["end_time"] >= run["start_time"]


@every_way
def test_every_run_stands_at_its_place_in_the_order(sink, call):
    traced(sink, call, chain(), INPUT)
    runs = {run["id"]: run for run in sink.runs}
    assert len(runs) == 4
    for run in runs.values():
        own = re.sub("[-:]", "", run["start_time"]).replace("+0000", "Z").replace(".", "") + run["id"]
        above = runs.get(run.get("parent_run_id"))
        assert run["dotted_order"] == (f"{above['dotted_order']}.{own}" if above else own)
        assert run["trace_id"] == run["dotted_order"][22:58]
        assert uuid.UUID(run["id"]).version == 7


def test_a_stream_tells_its_first_token_and_no_other(sink):
    traced(sink, WAYS["stream"], GenericFakeChatModel(messages=iter([AIMessage("a b c d")])), "hi")
    assert [event["name"] for event in sink.run["events"]] == ["start", "new_token", "end"]
    assert "kwargs" not in sink.run["events"][1]
    assert sink.run["outputs"]["generations"][0][0]["text"] == "a b c d"


def test_another_handler_of_the_same_stream_hears_every_token(sink):
    heard = []

    class Listener:
        def on_llm_new_token(self, token, **kwargs):
            heard.append(token)

    model = GenericFakeChatModel(messages=iter([AIMessage("a b c")]))
    list(model.stream("hi", {"callbacks": [LangChainTracer(client=sink, settings=HERE), Listener()]}))
    assert "".join(heard) == "a b c" and len(heard) > 2


@every_way
def test_an_error_is_told_in_every_run_it_went_through(sink, call):
    def fail(x):
        raise ValueError(f"no {x}")

    with pytest.raises(ValueError, match="no 2"):
        traced(sink, call, RunnableLambda(lambda x: x + 1) | RunnableLambda(fail), 1)
    runs = {run["name"]: run for run in sink.runs}
    for name in ("RunnableSequence", "fail"):
        error = runs[name]["error"]
        assert error.startswith("ValueError('no 2')Traceback (most recent call last):")
        assert "test_tracer.py" in error and error.endswith("ValueError: no 2")
        assert runs[name]["events"][-1]["name"] == "error" and "end_time" in runs[name]


def test_what_came_of_a_stream_that_broke_off_is_told(sink):
    with fakes.serve() as server:
        model = ChatOpenAI(model="fake-cut", base_url=server.url("openai"), api_key="sk-fake", max_retries=0)
        with pytest.raises(Exception, match="closed the connection"):
            traced(sink, WAYS["stream"], model, "hi")
    assert sink.run["outputs"]["generations"][0][0]["text"].startswith("This answer")
    assert "IncompleteStream" in sink.run["error"]


def test_a_stream_that_the_reader_leaves_has_an_end(sink):
    stream = chain().stream(INPUT, {"callbacks": [LangChainTracer(client=sink, settings=HERE)]})
    next(stream)
    stream.close()
    assert all("end_time" in run for run in sink.runs) and len(sink.runs) == 4


def test_a_call_in_a_function_stands_below_its_run(sink):
    model = FakeListChatModel(responses=["a"])
    inner = RunnableLambda(lambda x: model.invoke(x).content, name="inner")
    traced(sink, WAYS["invoke"], RunnableLambda(lambda x: inner.invoke(x), name="outer"), "x")
    assert sink.tree == [("outer", [("inner", [("FakeListChatModel", [])])])]


def test_tools_and_branches(sink):
    @tool
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    both = RunnableParallel(a=double, b=lambda x: x["number"])
    assert traced(sink, WAYS["invoke"], both, {"number": 2}) == {"a": 4, "b": 2}
    run = next(run for run in sink.runs if run["name"] == "double")
    assert (run["run_type"], run["inputs"], run["outputs"]) == ("tool", {"number": 2}, {"output": 4})


def test_a_batch_is_a_trace_for_each_input_and_generate_a_run_for_each_conversation(sink):
    model = FakeListChatModel(responses=["a", "b"])
    model.batch(["one", "two"], {"callbacks": [LangChainTracer(client=sink, settings=HERE)]})
    assert len(sink.tree) == 2 and len({run["trace_id"] for run in sink.runs}) == 2
    other = Sink()
    model.generate([[HumanMessage("a")], [HumanMessage("b")]], callbacks=[LangChainTracer(client=other, settings=HERE)])
    assert [run["extra"]["batch_size"] for run in other.runs] == [2, 2]


def test_what_the_program_changes_later_is_told_as_it_was(sink):
    messages = [HumanMessage("before", additional_kwargs={"k": [1]})]
    given = {"messages": messages, "list": [1]}
    tags, metadata = ["a"], {"deep": {"x": 1}}

    def change(value):
        value["list"].append(2)
        value["messages"][0].content = "after"
        value["messages"][0].additional_kwargs["k"].append(2)
        value["messages"].append(AIMessage("more"))
        metadata["deep"]["x"] = 2
        return value

    result = traced(sink, WAYS["invoke"], RunnableLambda(change), given, tags=tags, metadata=metadata)
    result["list"].append(3)
    tags.append("b")
    run = sink.run
    assert run["inputs"]["list"] == [1] and run["outputs"]["list"] == [1, 2]
    assert [one["content"] for one in run["inputs"]["messages"]] == ["before"]
    assert [one["content"] for one in run["outputs"]["messages"]] == ["after", "more"]
    assert run["inputs"]["messages"][0]["additional_kwargs"] == {"k": [1]}
    assert run["tags"] == ["a"] and run["extra"]["metadata"]["deep"] == {"x": 1}


def test_a_models_messages_are_told_as_they_were(sink):
    question, answer = HumanMessage("before"), AIMessage("before", response_metadata={"k": {"x": 1}})
    model = GenericFakeChatModel(messages=iter([answer]))
    result = traced(sink, WAYS["invoke"], model, [question])
    question.content = result.content = "after"
    result.response_metadata["k"]["x"] = 2
    text = json.dumps(sink.run)
    assert "after" not in text and text.count("before") == 3  # the answer also as its generation's text
    assert '"x": 1' in text


def test_a_real_provider_model_tells_parameters_usage_and_tools_but_no_key(sink, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake-of-the-environment")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_fake_never_told")
    monkeypatch.setenv("LANGCHAIN_THE_TOKEN", "never told either")

    @tool
    def get_weather(city: str) -> str:
        """Say the weather."""
        return "fine"

    with fakes.serve() as server:
        ways = {"base_url": server.url("openai"), "default_headers": {"X-Gateway": "never told 1"}}
        for key in ({}, {"api_key": "sk-fake-given-by-hand"}):
            model = ChatOpenAI(model="fake-tool", temperature=0.5, max_tokens=99, **ways, **key)
            model = model.bind_tools([get_weather]).bind(stop=["x"], extra_headers={"X-Key": "never told 2"})
            tracer = LangChainTracer(client=sink, settings=HERE)
            model.invoke("weather?", {"callbacks": [tracer]})
            list(model.stream("weather?", {"callbacks": [tracer]}))
    assert len(sink.runs) == 4
    for run in sink.runs:
        params = run["extra"]["invocation_params"]
        assert params["tools"][0]["function"]["name"] == "get_weather" and params["stop"] == ["x"]
        known = run["extra"]["metadata"]
        assert (known["ls_provider"], known["ls_model_name"], known["ls_model_type"]) == ("openai", "fake-tool", "chat")
        assert (known["ls_temperature"], known["ls_max_tokens"], known["ls_stop"]) == (0.5, 99, ["x"])
        assert "tools" not in known and known["temperature"] == 0.5
        assert run["extra"]["options"]["stop"] == ["x"]
        assert run["serialized"]["kwargs"]["openai_api_key"] == {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}
        assert run["extra"]["tool_call_count"] == 1
    assert sink.runs[0]["extra"]["metadata"]["usage_metadata"]["total_tokens"] > 0
    text = json.dumps(sink.told)
    for secret in ("sk-fake", "lsv2_", "never told"):
        assert secret not in text


def test_tags_metadata_and_the_example_of_the_tracer(sink):
    tracer = LangChainTracer("e1", "its own", sink, ["b", "a"], metadata={"k": "tracer", "ls_agent_type": "t"}, settings=HERE)
    chain().invoke(INPUT, {"callbacks": [tracer], "tags": ["c"], "metadata": {"k": "call", "ls_agent_type": "c"}})
    root = sink.runs[0]
    assert root["tags"] == ["a", "b", "c"] and root["session_name"] == "its own"
    assert root["extra"]["metadata"]["k"] == "call" and root["extra"]["metadata"]["ls_agent_type"] == "t"
    assert [run.get("reference_example_id") for run in sink.runs] == ["e1", None, None, None]


def test_a_copy_with_more_metadata_goes_on_with_the_same_trees(sink):
    tracer = LangChainTracer(client=sink, settings=HERE, metadata={"a": 1}, tags=["x"])
    copied = tracer.copy_with_metadata_defaults(metadata={"a": 2, "b": 3, "ls_agent_type": "n"}, tags=["w"])
    assert copied.tracing_metadata == {"a": 1, "b": 3, "ls_agent_type": "n"} and copied.tags == ["w", "x"]
    assert copied.shares_trees_with(tracer)


def test_a_trace_is_sampled_as_a_whole():
    rate = Settings("http://127.0.0.1:9", None, "p", sampling_rate=0.5)
    sink = Sink()
    tracer = LangChainTracer(client=sink, settings=rate)
    ids = [uuid.UUID(int=number) for number in range(60)]
    for run_id in ids:
        chain().invoke(INPUT, {"callbacks": [tracer], "run_id": run_id})
    kept = [run_id for run_id in ids if in_sample(run_id, 0.5)]
    assert 10 < len(kept) < 50
    assert len(sink.runs) == 4 * len(kept)
    assert {run["trace_id"] for run in sink.runs} == {str(run_id) for run_id in kept}
    assert tracer.run_map == {} and tracer.order_map == {}


@pytest.mark.parametrize("rate, count", [(0, 0), (1, 4), (None, 4)])
def test_the_ends_of_the_sampling_rate(sink, rate, count):
    settings = Settings("http://127.0.0.1:9", None, "p", sampling_rate=rate)
    traced(sink, WAYS["invoke"], chain(), INPUT, LangChainTracer(client=sink, settings=settings))
    assert len(sink.runs) == count


def test_the_share_of_traces_is_the_rate():
    drawn = sum(in_sample(uuid.UUID(int=number * 7919), 0.25) for number in range(4000))
    assert 800 < drawn < 1200
    assert in_sample("ABC", 0.5) is in_sample("abc", 0.5)


def test_a_clock_that_is_set_back_puts_no_child_before_its_parent(sink, monkeypatch):
    import datetime

    import minichat.tracers.core as core

    class Clock(datetime.datetime):
        moments = iter(range(1000, 0, -1))

        @classmethod
        def now(cls, tz=None):
            return datetime.datetime(2026, 1, 1, tzinfo=tz) + datetime.timedelta(seconds=next(cls.moments))

    monkeypatch.setattr(core, "datetime", Clock)
    traced(sink, WAYS["invoke"], RunnableLambda(lambda x: x) | RunnableLambda(lambda x: x), 1)
    root, *children = sink.runs
    assert [child["start_time"] >= root["start_time"] for child in children] == [True, True]
    assert all(child["dotted_order"].startswith(root["dotted_order"] + ".") for child in children)


def test_the_latest_root_is_kept_without_its_tree(sink):
    tracer = LangChainTracer(client=sink, settings=HERE)
    traced(sink, WAYS["invoke"], chain(), INPUT, tracer)
    assert tracer.latest_run.name == "RunnableSequence" and tracer.latest_run.child_runs == []
    assert tracer.run_map == {} and tracer.order_map == {}


def test_values_that_cannot_be_described_fail_nothing(sink):
    class Broken:
        def __str__(self):
            raise RuntimeError("no")

        __repr__ = __str__

    traced(sink, WAYS["invoke"], RunnableLambda(lambda x: x), {"x": Broken(), ("t",): float("inf")}, metadata={"b": Broken()})
    assert "not described: RuntimeError" in json.dumps(sink.run["inputs"])


def test_a_run_begun_where_tracing_is_off_is_not_told(sink):
    def part(x):
        with tracing_context(enabled=False):
            RunnableLambda(lambda x: x, name="hidden").invoke(x)
        return RunnableLambda(lambda x: x, name="seen").invoke(x)

    traced(sink, WAYS["invoke"], RunnableLambda(part, name="outer"), 1)
    assert sink.tree == [("outer", [("seen", [])])]


def test_a_sum_of_chunks_given_by_the_program_is_told(sink):
    given = AIMessageChunk("a", id="1") + AIMessageChunk("b", id="1")
    traced(sink, WAYS["invoke"], RunnableLambda(lambda x: x), given)
    assert sink.run["inputs"]["input"]["content"] == "ab"


def test_waiting_for_the_sender(sink):
    waited = []
    sink.flush = lambda: waited.append(True)
    LangChainTracer(client=sink, settings=HERE).wait_for_futures()
    assert waited == [True]
    LangChainTracer(client=Sink(), settings=HERE).wait_for_futures()


def test_the_senders_side_is_asked_for_at_the_first_run_only(monkeypatch, sink):
    from minichat.tracers.langsmith import sender

    asked = []
    monkeypatch.setattr(sender, "sender_for", lambda settings: asked.append(settings) or sink)
    tracer = LangChainTracer(settings=HERE)
    assert asked == []
    RunnableLambda(lambda x: x).invoke(1, {"callbacks": [tracer]})
    assert asked == [HERE] and len(sink.runs) == 1


def test_a_prompt_is_described_to_those_who_want_it_only():
    told = []

    class Listener:
        def on_chain_start(self, serialized, inputs, **kwargs):
            told.append(serialized)

    chain().invoke(INPUT, {"callbacks": [Listener()]})
    assert told == [None, None, None]


def test_what_a_client_hides_is_hidden_in_what_it_takes(sink):
    sink.settings = Settings("http://127.0.0.1:9", None, "the client's", hide_inputs=True)
    step = RunnableLambda(lambda x: "out")
    step.invoke("secret", {"callbacks": [LangChainTracer(client=sink)]})
    with tracing_context(enabled=True, client=sink):
        step.invoke("secret")
    assert [(run["inputs"], run["outputs"]) for run in sink.runs] == [({}, {"output": "out"})] * 2
    assert {run["session_name"] for run in sink.runs} == {"the client's"}


def test_traces_reach_a_langsmith_and_the_latest_has_a_page(monkeypatch):
    with closing(langsmith.serve()) as server:
        monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", server.key)
        monkeypatch.setenv("LANGSMITH_PROJECT", "p")
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        chain().invoke(INPUT)
        list(chain().stream(INPUT))
        tracer = LangChainTracer()
        with pytest.raises(ValueError, match="No traced run"):
            tracer.get_run_url()
        chain().invoke(INPUT, {"callbacks": [tracer]})
        assert str(tracer.latest_run.id) in tracer.get_run_url()
        runs = list(Client().list_runs(project_name="p"))
    assert len(runs) == 12 and {run.status for run in runs} == {"success"}
    assert sum(run.first_token_time is not None for run in runs) >= 1


class BrokenDict(dict):
    def keys(self):
        raise RuntimeError("no keys")

    __iter__ = items = keys


def test_a_run_ends_whatever_it_was_given_and_gave(sink):
    value = BrokenDict(a=1)
    assert RunnableLambda(lambda x: value).invoke(value, {"callbacks": [LangChainTracer(client=sink)]}) is value
    told = "<tests.tracers.langsmith.test_tracer.BrokenDict, not described: RuntimeError>"
    assert (sink.run["inputs"], sink.run["outputs"]) == ({"input": told}, {"output": told})
    assert sink.run["end_time"]


def test_a_tag_given_twice_is_told_once(sink):
    RunnableLambda(lambda x: x).invoke(1, {"callbacks": [LangChainTracer(client=sink)], "tags": ["b", "a", "b"]})
    assert sink.run["tags"] == ["b", "a"]
