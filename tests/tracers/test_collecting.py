"""collect_runs, hooks over context variables, and root listeners, through real runnables on both sides."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from minichat.errors import ConfigurationError
from minichat.runnables import RunnableLambda
from minichat.tracers.context import collect_runs, register_configure_hook
from minichat.tracers.root_listeners import AsyncRootListenersTracer, RootListenersTracer
from minichat.tracers.run_collector import RunCollectorCallbackHandler
from tests.tracers.feeding import end, fail, number, start, tell

WAYS = {
    "invoke": lambda runnable, value, config=None: runnable.invoke(value, config),
    "ainvoke": lambda runnable, value, config=None: asyncio.run(runnable.ainvoke(value, config)),
    "stream": lambda runnable, value, config=None: list(runnable.stream(value, config)),
}
both = pytest.mark.parametrize("call", WAYS.values(), ids=WAYS)


def tree(run):
    return (run.name, [tree(child) for child in run.child_runs])


def fresh_chain():
    return RunnableLambda(lambda x: x + 1, name="one") | RunnableLambda(lambda x: x * 2, name="two")


@both
def test_runs_of_the_block_are_collected_with_their_trees_and_no_others(call):
    chain = fresh_chain()
    call(chain, 1)
    with collect_runs() as runs:
        call(chain, 1)
        call(chain, 2)
    call(chain, 3)
    shape = ("RunnableSequence", [("one", []), ("two", [])])
    assert [tree(run) for run in runs.traced_runs] == [shape, shape]
    assert [run.outputs for run in runs.traced_runs] == [{"output": 4}, {"output": 6}]
    assert runs.run_map == {}


def test_a_call_inside_a_function_stands_below_its_run():
    inner = RunnableLambda(lambda x: x, name="inner")
    outer = RunnableLambda(lambda x: inner.invoke(x), name="outer")
    with collect_runs() as runs:
        outer.invoke(1)
    assert [tree(run) for run in runs.traced_runs] == [("outer", [("inner", [])])]


def test_blocks_inside_blocks_collect_for_the_inner_one():
    chain = RunnableLambda(lambda x: x, name="id")
    with collect_runs() as outer:
        chain.invoke(1)
        with collect_runs() as inner:
            chain.invoke(2)
        chain.invoke(3)
    found = [[run.inputs["input"] for run in runs.traced_runs] for runs in (outer, inner)]
    assert found == [[1, 3], [2]]


def test_another_thread_collects_nothing_here():
    chain = RunnableLambda(lambda x: x)
    with collect_runs() as runs:
        other = threading.Thread(target=chain.invoke, args=(1,))
        other.start()
        other.join()
    assert runs.traced_runs == []


def test_a_failed_run_is_collected_too():
    with collect_runs() as runs:
        with pytest.raises(ZeroDivisionError):
            RunnableLambda(lambda x: 1 / x).invoke(0)
    (run,) = runs.traced_runs
    assert run.error.startswith("ZeroDivisionError('division by zero')Traceback") and run.outputs == {}


def test_the_collector_names_its_example():
    collector = tell(RunCollectorCallbackHandler(str(number(7))), [start(1), end(1)])
    assert collector.traced_runs[0].reference_example_id == number(7)
    assert tell(RunCollectorCallbackHandler(), [start(1), end(1)]).traced_runs[0].reference_example_id is None


def test_a_registered_variable_and_environment_give_handlers(monkeypatch):
    made = []

    class Collector(RunCollectorCallbackHandler):
        def __init__(self):
            super().__init__()
            made.append(self)

    variable = ContextVar("variable", default=None)
    register_configure_hook(variable, True, Collector, "TRACERS_TEST_COLLECT")
    chain = fresh_chain()
    for value in (None, "", "0", "false"):
        if value is None:
            monkeypatch.delenv("TRACERS_TEST_COLLECT", raising=False)
        else:
            monkeypatch.setenv("TRACERS_TEST_COLLECT", value)
        chain.invoke(1)
        assert made == []
    monkeypatch.setenv("TRACERS_TEST_COLLECT", "1")
    chain.invoke(1)
    assert [tree(run) for run in made[0].traced_runs] == [("RunnableSequence", [("one", []), ("two", [])])]
    monkeypatch.delenv("TRACERS_TEST_COLLECT")
    mine = RunCollectorCallbackHandler()
    token = variable.set(mine)
    chain.invoke(1)
    monkeypatch.setenv("TRACERS_TEST_COLLECT", "1")  # the variable goes first
    chain.invoke(1)
    monkeypatch.delenv("TRACERS_TEST_COLLECT")
    variable.reset(token)
    chain.invoke(1)
    assert len(mine.traced_runs) == 2 and len(made) == 1


def test_a_variable_of_the_environment_without_a_class_is_refused():
    with pytest.raises(ConfigurationError, match="handle_class"):
        register_configure_hook(ContextVar("v", default=None), True, None, "SOME_VARIABLE")


def listening(kind, config=None):
    """Give a tracer whose listeners write down what they are called with."""
    called = []

    def on_start(run):
        called.append(("start", run.name, run.outputs))

    def on_end(run, config):
        called.append(("end", run.name, run.outputs, config))

    def on_error(run, *, config):
        called.append(("error", run.name, run.error[:8], config))

    def awaited(function):
        async def on_event(run):
            function(run)

        async def with_config(run, config):
            function(run, config=config)

        return on_event if function is on_start else with_config

    listeners = (on_start, on_end, on_error)
    if kind is AsyncRootListenersTracer:
        listeners = tuple(awaited(one) for one in listeners)
    names = ("on_start", "on_end", "on_error")
    return kind(config=config or {"tags": ["t"]}, **dict(zip(names, listeners))), called


@pytest.mark.parametrize("kind", [RootListenersTracer, AsyncRootListenersTracer], ids=["sync", "async"])
def test_listeners_hear_of_the_root_only_and_get_the_config_when_they_ask(kind):
    config = {"tags": ["t"]}
    tracer, called = listening(kind)
    tell(tracer, [start(1, 9, name="root"), start(2, 1, name="below"), end(2), end(1)])
    assert called == [("start", "root", {}), ("end", "root", {"output": "out"}, config)]
    tracer, called = listening(kind)
    tell(tracer, [start(1, name="root"), start(2, 1), fail(2, OSError()), fail(1, KeyError())])
    assert called == [("start", "root", {}), ("error", "root", "KeyError", config)]


@pytest.mark.parametrize("kind", [RootListenersTracer, AsyncRootListenersTracer], ids=["sync", "async"])
def test_listeners_that_are_not_there_are_not_called(kind):
    assert tell(kind(config={}), [start(1), end(1)]).run_map == {}
    assert tell(kind(config={}), [start(1), fail(1, KeyError())]).run_map == {}


def test_a_listener_that_says_nothing_of_its_parameters_gets_the_run():
    class Silent(list):
        __signature__ = "none"

        def __call__(self, run):
            self.append(run.name)

    silent = Silent()
    tell(RootListenersTracer(config={}, on_start=silent, on_end=silent), [start(1, name="n"), end(1)])
    assert silent == ["n", "n"]


def test_a_builtin_is_a_listener_and_a_plain_function_an_asynchronous_one():
    heard = []
    tell(RootListenersTracer(config={}, on_start=heard.append), [start(1), end(1)])
    tell(AsyncRootListenersTracer(config={}, on_start=heard.append), [start(1), end(1)])
    assert len(heard) == 2


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_listeners_hear_a_real_run(way):
    chain = fresh_chain()
    tracer, called = listening(RootListenersTracer)
    assert WAYS[way](chain, 1, {"callbacks": [tracer]}) == 4
    assert [one[:2] for one in called] == [("start", "RunnableSequence"), ("end", "RunnableSequence")]
