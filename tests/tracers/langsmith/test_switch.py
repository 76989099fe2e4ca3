"""When a call is traced: by the environment at each root run, by blocks, by hand; and never twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import uuid

import pytest

import minichat.context
from minichat import CallbackManager, FakeListChatModel
from minichat.errors import ConfigurationError
from minichat.runnables import RunnableLambda
from minichat.tracers.langsmith import (
    LangChainTracer,
    get_tracing_context,
    sender,
    switch,
    tracing_context,
    tracing_v2_enabled,
)
from minichat.tracers.schemas import Run
from tests.source_tree import ROOT
from tests.tracers.langsmith.sink import Sink

SWITCH = "LANGSMITH_TRACING"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(switch, "_tracers", {})
    monkeypatch.setattr(switch, "_latest", None)
    monkeypatch.setattr(switch, "_complained", set())
    monkeypatch.setattr(minichat.context, "_tracing", None)


@pytest.fixture
def sent(monkeypatch):
    """What the process's senders get; the settings they were asked for in `sent.settings`."""
    sink = Sink()
    sink.settings = []
    monkeypatch.setattr(sender, "sender_for", lambda settings: sink.settings.append(settings) or sink)
    return sink


def step(name="step"):
    return RunnableLambda(lambda x: x, name=name)


def names(sink):
    return [run["name"] for run in sink.runs]


# -- the environment ---------------------------------------------------------------------------


def test_without_the_variables_nothing_is_traced(sent):
    step().invoke(1)
    assert sent.operations == [] and minichat.context._tracing is None


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"])
def test_each_variable_switches_tracing_on_and_off_between_two_calls(monkeypatch, sent, name):
    step("before").invoke(1)
    monkeypatch.setenv(name, "true")
    step("on").invoke(1)
    monkeypatch.setenv(name, "false")
    step("off").invoke(1)
    monkeypatch.setenv(name, "true")
    asyncio.run(step("again").ainvoke(1))
    assert names(sent) == ["on", "again"]


def test_another_variable_says_no(monkeypatch, sent):
    monkeypatch.setenv("LANGCHAIN_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_TRACING_V2", "false")
    step().invoke(1)
    assert sent.operations == []


def test_the_settings_are_those_of_the_moment_the_root_begins(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    for project in ("a", "b", "a"):
        monkeypatch.setenv("LANGSMITH_PROJECT", project)
        step().invoke(1)
    monkeypatch.setenv("LANGCHAIN_ENDPOINT", "http://127.0.0.1:7")

    def changes(x):
        monkeypatch.setenv("LANGSMITH_PROJECT", "later")
        return step("inner").invoke(x)

    RunnableLambda(changes, name="outer").invoke(1)
    assert [run["session_name"] for run in sent.runs] == ["a", "b", "a", "a", "a"]
    assert [settings.endpoint[-2:] for settings in sent.settings] == ["om", "om", ":7"]  # one sender asked for by each tracer


def test_an_environment_of_another_kind_switches_too(monkeypatch, sent):
    import os

    monkeypatch.setattr(os, "environ", {SWITCH: "true"})
    step().invoke(1)
    assert names(sent) == ["step"]


def test_a_bad_sampling_rate_is_said_once_and_costs_no_call(monkeypatch, sent, caplog):
    monkeypatch.setenv(SWITCH, "true")
    monkeypatch.setenv("LANGSMITH_TRACING_SAMPLING_RATE", "2")
    assert [step().invoke(number) for number in range(3)] == [0, 1, 2]
    assert sent.operations == []
    assert [record.name for record in caplog.records] == ["minichat.tracers.langsmith.switch"]
    assert "from 0 to 1" in caplog.text


def test_threads_have_the_environments_tracing(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    threads = [threading.Thread(target=step().invoke, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent.tree) == 4


IMPORTED = """
import sys
from minichat import FakeListChatModel
FakeListChatModel(responses=["a"]).invoke("x")
print([name for name in sys.modules if "langsmith" in name])
"""


@pytest.mark.parametrize("value, loaded", [("false", False), ("TRUE", False), ("true", True)])
def test_nothing_of_it_is_imported_while_tracing_is_off(value, loaded):
    environment = {SWITCH: value, "LANGSMITH_TRACING_SAMPLING_RATE": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", IMPORTED], env=environment, capture_output=True, text=True, timeout=25)
    assert done.returncode == 0, done.stderr
    assert ("minichat.tracers.langsmith" in done.stdout) is loaded


# -- blocks ------------------------------------------------------------------------------------


def test_a_block_switches_on_with_project_tags_and_metadata(sent):
    with tracing_context(enabled=True, project_name="p", tags=["b"], metadata={"k": "block", "m": 1}):
        step().invoke(1, {"tags": ["a"], "metadata": {"k": "call"}})
    step("after").invoke(1)
    [run] = sent.runs
    assert (run["session_name"], sorted(run["tags"])) == ("p", ["a", "b"])
    assert run["extra"]["metadata"] == {"k": "call", "m": 1}


def test_a_block_has_a_sink_of_its_own(sent):
    own = Sink()
    with tracing_context(enabled=True, client=own):
        step().invoke(1)
    assert len(own.runs) == 1 and sent.operations == []


def test_a_block_switches_off_what_the_environment_says(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    with tracing_context(enabled=False):
        step("no").invoke(1)
        with tracing_context(project_name="inner"):
            step("nor here").invoke(1)
        with tracing_context(enabled=True):
            step("here").invoke(1)
    step("after").invoke(1)
    assert names(sent) == ["here", "after"]


def test_a_block_that_says_nothing_of_it_leaves_the_switch_to_the_environment(monkeypatch, sent):
    with tracing_context(project_name="p"):
        step("off").invoke(1)
        monkeypatch.setenv(SWITCH, "true")
        step("on").invoke(1)
    assert [(run["name"], run["session_name"]) for run in sent.runs] == [("on", "p")]


def test_a_block_ends_with_its_error_too(sent):
    with pytest.raises(ValueError, match="out"):
        with tracing_context(enabled=True):
            raise ValueError("out")
    step().invoke(1)
    assert sent.operations == []


def test_blocks_belong_to_their_task(sent):
    async def one(name):
        with tracing_context(enabled=True, project_name=name):
            await asyncio.sleep(0)
            await step(name).ainvoke(1)

    async def both():
        await asyncio.gather(one("a"), one("b"), step("none").ainvoke(1))

    asyncio.run(both())
    assert sorted((run["name"], run["session_name"]) for run in sent.runs) == [("a", "a"), ("b", "b")]


def test_the_context_is_told_as_arguments():
    assert get_tracing_context() == dict.fromkeys(get_tracing_context())
    with tracing_context(project_name="p", tags=["t"], metadata={"k": 1}, enabled=False):
        told = get_tracing_context()
        with tracing_context(**{**told, "project_name": "q"}):
            assert get_tracing_context() == {**told, "project_name": "q"}
    assert told["enabled"] is False and told["tags"] == ["t"] and told["parent"] is None


def test_tracing_v2_enabled_traces_whatever_the_environment_says(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "false")
    with tracing_v2_enabled("p", tags=["t"], example_id="e") as tracer:
        RunnableLambda(lambda x: step("inner").invoke(x), name="outer").invoke(1)
    step("after").invoke(1)
    assert sent.tree == [("outer", [("inner", [])])]
    assert [run["tags"] for run in sent.runs] == [["t"], ["t"]] and sent.runs[0]["reference_example_id"] == "e"
    assert {run["session_name"] for run in sent.runs} == {"p"}
    assert tracer.latest_run.name == "outer"


# -- parents -----------------------------------------------------------------------------------

TRACE, ABOVE = uuid.UUID(int=1), uuid.UUID(int=2)
ORDER = f"20260102T030405678901Z{TRACE}.20260102T030406678901Z{ABOVE}"


def as_run():
    return Run(id=ABOVE, name="above", trace_id=TRACE, dotted_order=ORDER, session_name="theirs", tags=["theirs"])


PARENTS = {
    "a dotted order": lambda: ORDER,
    "a run": as_run,
    "headers": lambda: {"langsmith-trace": ORDER},
    "headers in bytes": lambda: {b"langsmith-trace": ORDER.encode()},
}


@pytest.mark.parametrize("parent", PARENTS.values(), ids=PARENTS)
def test_a_blocks_calls_are_children_of_its_parent(sent, parent):
    with tracing_context(parent=parent()):
        (step("a") | step("b")).invoke(1)
        step("c").invoke(1)
    runs = {run["name"]: run for run in sent.runs}
    root = runs["RunnableSequence"]
    assert root["parent_run_id"] == runs["c"]["parent_run_id"] == str(ABOVE)
    assert runs["a"]["parent_run_id"] == root["id"]
    for run in runs.values():
        assert run["trace_id"] == str(TRACE) and run["dotted_order"].startswith(ORDER + ".")


def test_project_and_tags_go_on_from_a_parent_that_is_a_run(sent):
    with tracing_context(parent=as_run(), tags=["mine"]):
        step().invoke(1)
    [run] = sent.runs
    assert run["session_name"] == "theirs" and sorted(run["tags"]) == ["mine", "theirs"]


def test_a_block_inside_a_run_does_not_tear_it_out_of_its_tree(sent):
    with tracing_context(parent=ORDER):
        RunnableLambda(lambda x: step("inner").invoke(x), name="outer").invoke(1)
    runs = {run["name"]: run for run in sent.runs}
    assert runs["inner"]["parent_run_id"] == runs["outer"]["id"]


def test_no_parent_can_be_said_too(sent):
    with tracing_context(enabled=True, parent=False):
        step().invoke(1)
    assert "parent_run_id" not in sent.runs[0]


@pytest.mark.parametrize("parent", [5, "no order", {"other": "x"}, f"20260102T030405678901Z{TRACE}.x"])
def test_what_is_no_parent_is_refused(parent):
    with pytest.raises(ConfigurationError):
        with tracing_context(parent=parent):
            pass


def test_a_parent_from_outside_is_forgotten_with_its_last_run(sent):
    tracer = LangChainTracer(client=Sink())
    inside = []

    def look(x):
        inside.append(dict(tracer.order_map))
        return step("inner").invoke(x)

    with tracing_context(parent=ORDER):
        (RunnableLambda(look) | step("b")).invoke(1, {"callbacks": [tracer]})
        (step("a") | step("b")).batch([1, 2, 3], {"callbacks": [tracer]})
    assert inside[0][ABOVE] == (TRACE, ORDER)
    assert (tracer.order_map, tracer.run_map) == ({}, {})


class Listener:
    parents = None

    def on_chain_start(self, serialized, inputs, *, parent_run_id=None, **kwargs):
        self.parents = [*(self.parents or ()), parent_run_id]


def test_a_call_with_handlers_of_its_own_stays_in_the_trace_it_is_made_in(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    listener = Listener()
    inner = step("inner") | step("last")
    RunnableLambda(lambda x: inner.invoke(x, {"callbacks": [listener]}), name="outer").invoke(1)
    assert sent.tree == [("outer", [("RunnableSequence", [("inner", []), ("last", [])])])]
    outer = next(run for run in sent.runs if run["name"] == "outer")
    assert str(listener.parents[0]) == outer["id"]


def test_a_tracer_of_its_own_puts_a_call_below_the_run_it_is_made_in(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    own = LangChainTracer(client=Sink())
    RunnableLambda(lambda x: step("inner").invoke(x, {"callbacks": [own]}), name="outer").invoke(1)
    [outer], [inner] = sent.runs, own.client.runs
    assert (inner["parent_run_id"], inner["trace_id"]) == (outer["id"], outer["id"])
    assert inner["dotted_order"].startswith(outer["dotted_order"] + ".")
    assert own.order_map == {}


def test_without_tracing_handlers_of_a_calls_own_hear_a_root():
    listener = Listener()
    RunnableLambda(lambda x: step().invoke(x, {"callbacks": [listener]})).invoke(1)
    assert listener.parents == [None]


def test_a_call_with_handlers_where_tracing_is_off_is_not_told(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")

    def part(x):
        with tracing_context(enabled=False):
            return step("hidden").invoke(x, {"callbacks": [Listener()]})

    RunnableLambda(part, name="outer").invoke(1)
    assert names(sent) == ["outer"]


# -- by hand, and never twice ------------------------------------------------------------------


def test_a_tracer_given_by_hand_is_the_only_one(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    own = Sink()
    RunnableLambda(lambda x: step("inner").invoke(x), name="outer").invoke(1, {"callbacks": [LangChainTracer(client=own)]})
    assert own.tree == [("outer", [("inner", [])])] and sent.operations == []


def test_with_tracing_on_nothing_is_told_twice(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    RunnableLambda(lambda x: (step("a") | step("b")).invoke(x), name="outer").invoke(1)
    assert sent.tree == [("outer", [("RunnableSequence", [("a", []), ("b", [])])])]
    assert len(sent.operations) == 8


def test_a_models_own_tracer_takes_the_place_of_the_automatic_one(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    own = Sink()
    model = FakeListChatModel(responses=["a"], callbacks=[LangChainTracer(client=own)])
    model.invoke("x")
    assert names(own) == ["FakeListChatModel"] and sent.operations == []


def test_inside_a_traced_run_the_tracer_that_knows_the_tree_stays(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    own = Sink()
    model = FakeListChatModel(responses=["a"], callbacks=[LangChainTracer(client=own)])
    (step("a") | model).invoke("x")
    assert sent.tree == [("RunnableSequence", [("a", []), ("FakeListChatModel", [])])] and own.operations == []


def test_a_bound_tracer_takes_the_place_of_the_automatic_one(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    own = Sink()
    (step("a") | step("b")).with_config(callbacks=[LangChainTracer(client=own)]).invoke(1)
    assert own.tree == [("RunnableSequence", [("a", []), ("b", [])])] and sent.operations == []


def test_two_tracers_given_by_hand_both_hear(sent):
    one, two = Sink(), Sink()
    step().invoke(1, {"callbacks": [LangChainTracer(client=one), LangChainTracer(client=two)]})
    assert names(one) == names(two) == ["step"]


def test_a_managers_run_is_traced_and_a_given_tracer_not_doubled(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    CallbackManager.configure().on_chain_start({"name": "mine"}, {"x": 1}).on_chain_end({"y": 2})
    assert [(run["name"], run["outputs"]) for run in sent.runs] == [("mine", {"y": 2})]
    given = LangChainTracer(client=Sink())
    manager = CallbackManager.configure([given])
    assert manager.handlers == [given] and manager.inheritable_handlers == [given]


def test_a_managers_run_stands_below_a_blocks_parent(sent):
    with tracing_context(parent=ORDER):
        CallbackManager.configure().on_chain_start({"name": "mine"}, {"x": 1}).on_chain_end({"y": 2})
    assert sent.runs[0]["parent_run_id"] == str(ABOVE)


def test_configurable_values_are_metadata_where_the_call_says_nothing_else(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    values = {"thread": "t", "n": 1, "k": "lost", "__x": 1, "deep": {"a": 1}}
    values.update(api_key="sk-x", the_openai_key="sk-y", Token="z", max_tokens=5)  # a number is no key
    (step("a") | step("b")).invoke(1, {"configurable": values, "metadata": {"k": "call"}})
    for run in sent.runs:
        known = {name: value for name, value in run["extra"]["metadata"].items() if not name.startswith("LANG")}
        assert known == {"thread": "t", "n": 1, "k": "call", "max_tokens": 5}
    step("next").invoke(1)
    assert "thread" not in sent.runs[-1]["extra"]["metadata"]


def test_configurable_values_of_with_config_are_metadata_too(monkeypatch, sent):
    monkeypatch.setenv(SWITCH, "true")
    chain = (step("a") | step("b")).with_config(configurable={"thread": "t", "n": 1, "api_key": "sk-x"})
    chain.invoke(1, {"configurable": {"n": 2}})
    asyncio.run(chain.ainvoke(1, {"configurable": {"n": 2}}))
    list(chain.stream(1, {"configurable": {"n": 2}}))
    assert len(sent.runs) == 9
    for run in sent.runs:
        known = {name: value for name, value in run["extra"]["metadata"].items() if not name.startswith("LANG")}
        assert known == {"thread": "t", "n": 2}
    step("next").invoke(1)
    assert "thread" not in sent.runs[-1]["extra"]["metadata"]


def test_a_tracer_given_by_hand_to_with_config_shows_its_configurable_values(sent):
    tracer = LangChainTracer(client=sent)
    step("a").with_config(callbacks=[tracer], configurable={"thread": "t"}).invoke(1)
    step("a").invoke(1, {"callbacks": [tracer], "configurable": {"thread": "t"}})
    assert [run["extra"]["metadata"].get("thread") for run in sent.runs] == ["t", "t"]
