"""Managers and run managers of calls that really go on, on both sides."""

from __future__ import annotations

import asyncio
import inspect
import uuid
import warnings

import pytest

from minichat.backends import aio, blocking
from minichat.caches import InMemoryCache
from minichat.callbacks import (
    AsyncCallbackHandler,
    BaseCallbackHandler,
    CallbackManager,
    FileCallbackHandler,
    get_usage_metadata_callback,
)
from minichat.callbacks import manager as managers
from minichat.callbacks.manager import manager_of, run_manager_of
from minichat.context import Context
from minichat.globals import get_debug, get_llm_cache, get_verbose, set_debug, set_llm_cache, set_verbose
from minichat.messages import AIMessage
from minichat.language_models import GenericFakeChatModel
from minichat.runnables import RunnableLambda
from minichat.runs import Run

ONE = uuid.UUID(int=1)


class Recorder(BaseCallbackHandler):
    def __init__(self):
        self.events = []

    def note(self, event, about, kwargs):
        self.events.append((event, about, kwargs["run_id"], kwargs.get("parent_run_id"), kwargs.get("tags")))

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.note("start", kwargs.get("name"), kwargs)

    def on_chain_end(self, outputs, **kwargs):
        self.note("end", outputs, kwargs)

    def on_text(self, text, **kwargs):
        self.note("text", text, kwargs)

    def on_custom_event(self, name, data, **kwargs):
        self.note(name, data, kwargs)

    def ids(self):
        """The events with runs as 1, 2, ... in order of appearance: (event, what about, run, parent)."""
        known = {None: None}
        return [
            (event, about, known.setdefault(run, len(known)), known.get(parent, "outside"))
            for event, about, run, parent, _ in self.events
        ]


def ask(is_async, runnable, value, config=None):
    return asyncio.run(runnable.ainvoke(value, config)) if is_async else runnable.invoke(value, config)


BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def named(name, function, is_async):
    """A lambda of a function of two forms: `function(await_or_not, x, ...)` is written once, as a coroutine."""
    if is_async:
        return RunnableLambda(function, name=name)

    def called(x, config, run_manager):
        coroutine = function(x, config, run_manager)
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value

    return RunnableLambda(called, name=name)


async def maybe(value):
    return await value if inspect.isawaitable(value) else value


@BOTH
def test_a_manager_in_the_config_says_where_the_call_belongs(is_async):
    recorder = Recorder()
    manager = CallbackManager([recorder], [recorder], ONE, tags=["t"], inheritable_tags=["t"])
    ask(is_async, RunnableLambda(lambda x: x, name="f"), 1, {"callbacks": manager, "tags": ["u"]})
    assert [(event, parent, tags) for event, _, _, parent, tags in recorder.events] == [
        ("start", ONE, ["t", "u"]),
        ("end", ONE, ["t", "u"]),
    ]


@BOTH
def test_a_function_finds_a_manager_of_its_side_in_its_config(is_async):
    found = []

    async def function(x, config, run_manager):
        found.append((config["callbacks"], run_manager))
        return x

    recorder = Recorder()
    ask(is_async, named("f", function, is_async), 1, {"callbacks": [recorder], "tags": ["t"], "metadata": {"m": 1}})
    [(manager, run_manager)] = found
    prefix = "Async" if is_async else ""
    assert type(manager) is getattr(managers, f"{prefix}CallbackManager")
    assert type(run_manager) is getattr(managers, f"{prefix}CallbackManagerForChainRun")
    assert manager.is_async is is_async
    assert manager.parent_run_id == run_manager.run_id == recorder.events[0][2]
    assert (manager.handlers, manager.inheritable_handlers) == ([recorder], [recorder])
    assert (manager.tags, manager.metadata) == (["t"], {"m": 1})


@BOTH
def test_calls_with_a_functions_config_or_child_are_inside_its_run(is_async):
    inner = RunnableLambda(lambda x: x + 1, name="inner")

    async def function(x, config, run_manager):
        await maybe(run_manager.on_text("first"))
        if is_async:
            return await inner.ainvoke(x, config) + await inner.ainvoke(x, {"callbacks": run_manager.get_child("t")})
        return inner.invoke(x, config) + inner.invoke(x, {"callbacks": run_manager.get_child("t")})

    recorder = Recorder()
    assert ask(is_async, named("outer", function, is_async), 1, {"callbacks": [recorder]}) == 4
    assert recorder.ids() == [
        ("start", "outer", 1, None),
        ("text", "first", 1, None),
        ("start", "inner", 2, 1),
        ("end", 2, 2, 1),
        ("start", "inner", 3, 1),
        ("end", 2, 3, 1),
        ("end", 4, 1, None),
    ]
    assert [tags for *_, tags in recorder.events] == [[], [], [], [], ["t"], ["t"], []]


@BOTH
def test_a_custom_event_is_of_the_run_it_is_dispatched_in(is_async):
    async def function(x, config, run_manager):
        if is_async:
            await managers.adispatch_custom_event("said", {"x": x})
        else:
            managers.dispatch_custom_event("said", {"x": x})
        return x

    recorder = Recorder()
    ask(is_async, named("f", function, is_async), 1, {"callbacks": [recorder], "tags": ["t"]})
    assert recorder.ids() == [("start", "f", 1, None), ("said", {"x": 1}, 1, None), ("end", 1, 1, None)]
    assert recorder.events[1][4] == ["t"]


def test_a_synchronous_function_dispatches_custom_events_on_the_asynchronous_side_too():
    recorder = Recorder()

    def function(x):
        managers.dispatch_custom_event("said", x)
        return x

    asyncio.run(RunnableLambda(function, name="f").ainvoke(1, {"callbacks": [recorder]}))
    assert recorder.ids() == [("start", "f", 1, None), ("said", 1, 1, None), ("end", 1, 1, None)]


def test_a_block_is_the_parent_of_the_calls_that_get_its_manager():
    recorder = Recorder()
    inner = RunnableLambda(lambda x: x + 1, name="inner")
    with managers.trace_as_chain_group("block", [recorder], tags=["t"]) as manager:
        inner.invoke(1, {"callbacks": manager})
    assert [event[0:1] + event[2:] for event in recorder.ids()] == [
        ("start", 1, None),
        ("start", 2, 1),
        ("end", 2, 1),
        ("end", 1, None),
    ]
    assert [tags for *_, tags in recorder.events] == [["t"]] * 4


def test_a_handler_with_coroutines_is_waited_for_where_no_loop_runs():
    class Later(AsyncCallbackHandler):
        events = ()

        async def on_chain_start(self, serialized, inputs, **kwargs):
            await asyncio.sleep(0)
            self.events += ("start",)

        async def on_chain_end(self, outputs, **kwargs):
            await asyncio.sleep(0)
            self.events += ("end",)

    handler = Later()
    CallbackManager([handler]).on_chain_start({}, {}).on_chain_end({})
    RunnableLambda(lambda x: x).invoke(1, {"callbacks": [handler]})
    assert handler.events == ("start", "end", "start", "end")


VIEWS = [
    ("chat_model", "LLM"),
    ("llm", "LLM"),
    ("tool", "Tool"),
    ("retriever", "Retriever"),
    ("chain", "Chain"),
    ("prompt", "Chain"),
    ("parser", "Chain"),
]


@pytest.mark.parametrize("backend, prefix", [(blocking.backend, ""), (aio.backend, "Async")], ids=["sync", "async"])
@pytest.mark.parametrize("run_type, kind", VIEWS)
def test_a_run_is_viewed_by_its_kind_and_side(run_type, kind, backend, prefix):
    context = Context(backend, handlers=("h",), inheritable=("i",), tags=("t",), metadata={"m": 1}, inheritable_metadata={"n": 1})
    run = Run(context, "name", run_type)
    view = run_manager_of(run)
    assert type(view) is getattr(managers, f"{prefix}CallbackManagerFor{kind}Run")
    assert (view.run_id, view.parent_run_id, view.handlers, view.inheritable_handlers) == (run.uuid, None, ["h"], ["i"])
    assert (view.tags, view.inheritable_tags, view.metadata, view.inheritable_metadata) == (["t"], [], {"m": 1}, {"n": 1})
    if prefix:
        assert type(manager_of(context, is_async=False)) is managers.CallbackManager
        for same in (view.get_sync(), run_manager_of(run, is_async=False)):
            assert type(same) is getattr(managers, f"CallbackManagerFor{kind}Run")
            assert (same.run_id, same.handlers) == (run.uuid, ["h"])
    child = manager_of(run.child("t"))
    assert (child.parent_run_id, child.handlers, child.metadata) == (run.uuid, ["i"], {"n": 1})


def test_a_view_gives_copies_and_a_manager_owns_its_lists():
    context = Context(blocking.backend, handlers=("h",), tags=("t",), metadata={"m": 1})
    view = run_manager_of(Run(context, "name", "chain"))
    for shown in (view, manager_of(context)):
        shown.handlers.append("x")
        shown.tags.append("x")
        shown.metadata["x"] = 1
    assert (context.handlers, context.tags, context.metadata) == (("h",), ("t",), {"m": 1})


@BOTH
def test_a_block_counts_the_tokens_of_models_called_inside_it(is_async):
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    answers = iter(AIMessage("a", usage_metadata=usage, response_metadata={"model_name": "m"}) for _ in range(3))
    model = GenericFakeChatModel(messages=answers)
    with get_usage_metadata_callback() as callback:
        ask(is_async, model, "x")
        ask(is_async, RunnableLambda(lambda x: x, name="f") | model, "x")
    ask(is_async, model, "x")
    assert callback.usage_metadata == {"m": {"input_tokens": 2, "output_tokens": 4, "total_tokens": 6}}


def test_a_file_handler_without_with_is_warned_of_once(tmp_path):
    handler = FileCallbackHandler(tmp_path / "log.txt")
    with pytest.warns(PendingDeprecationWarning, match="with FileCallbackHandler") as caught:
        handler.on_text("a")
        handler.on_text("b")
    assert len(caught) == 1
    handler.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with FileCallbackHandler(tmp_path / "log.txt") as handler:
            handler.on_text("c")
    assert (tmp_path / "log.txt").read_text("utf-8") == "abc"


SWITCHES = [(set_verbose, get_verbose, False, True), (set_debug, get_debug, False, True), (set_llm_cache, get_llm_cache, None, InMemoryCache())]


@pytest.mark.parametrize("switch, read, first, other", SWITCHES, ids=lambda value: getattr(value, "__name__", None))
def test_a_switch_is_read_as_it_was_set(switch, read, first, other):
    assert read() is first
    try:
        switch(other)
        assert read() is other
    finally:
        switch(first)
    assert read() is first


@BOTH
def test_debug_prints_every_run_once_also_of_calls_inside_calls(is_async, capsys):
    inner = RunnableLambda(lambda x: x + 1, name="inner")
    outer = RunnableLambda(lambda x: inner.invoke(x), name="outer")
    set_debug(True)
    try:
        ask(is_async, outer, 1)
        shown = capsys.readouterr().out
        assert CallbackManager.configure(verbose=True).handlers == CallbackManager.configure().handlers != []
    finally:
        set_debug(False)
    assert [shown.count(f"{name}] Entering Chain run") for name in ("chain:outer", "chain:inner")] == [1, 1]
    ask(is_async, outer, 1)
    assert capsys.readouterr().out == ""
    assert CallbackManager.configure().handlers == []
