"""What a traced function or block takes from around it, and what it does when something around it is broken."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import threading
import types
from datetime import datetime, timezone
from uuid import UUID

import pytest

from minichat import AIMessage
from minichat.runnables import RunnableLambda
from minichat.tracers.langsmith import LangChainTracer, run_trees, sender, tracing_context
from minichat.tracers.langsmith.functions import (
    get_current_run_tree,
    is_traceable_function,
    set_run_metadata,
    trace,
    traceable,
)
from minichat.tracers.langsmith.run_trees import RunTree
from minichat.tracers.langsmith.settings import Settings
from minichat.tracers.schemas import Run

from .sink import Sink

THEN = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc)
ABOVE = UUID(int=1)
ORDER = f"20260102T030405000678Z{ABOVE}"
HEADERS = {
    "langsmith-trace": ORDER,
    "baggage": "langsmith-project=theirs,langsmith-tags=h,langsmith-metadata=%7B%22h%22%3A1%7D",
}


@pytest.fixture
def on(monkeypatch):
    monkeypatch.setenv("LANGSMITH_TRACING", "true")


@pytest.fixture
def sink(on):
    """Where all runs of a test go."""
    sink = Sink()
    with tracing_context(client=sink):
        yield sink


@traceable
def same(x):
    return x


def named(sink):
    return {run["name"]: run for run in sink.runs}


def metadata(run):
    return {name: value for name, value in run["extra"]["metadata"].items() if not name.startswith("LANG")}


# -- a block of a program's own ----------------------------------------------------------------


def test_a_block_takes_project_tags_and_metadata_from_the_context_around(sink):
    with tracing_context(project_name="p", tags=["c"], metadata={"c": 1, "k": "context"}, client=sink):
        with trace("block", tags=["b"], metadata={"b": 2, "k": "block"}):
            pass
        with trace("own project", project_name="mine"):
            pass
    run = named(sink)["block"]
    assert (run["session_name"], run["tags"]) == ("p", ["b", "c"])
    assert metadata(run) == {"b": 2, "c": 1, "k": "context", "ls_method": "trace"}
    assert named(sink)["own project"]["session_name"] == "mine"


def test_a_blocks_own_client_comes_before_the_contexts(sink):
    own = Sink()
    with trace("block", client=own):
        same(1)
    assert own.tree == [("block", [("same", [])])] and sink.operations == []


def test_a_context_adds_its_metadata_to_the_runs_of_a_tracer_given_by_hand_too():
    own = Sink()
    tracer = LangChainTracer(client=own, settings=Settings("http://127.0.0.1:9"), metadata={"k": "tracer"})
    with tracing_context(metadata={"m": 1, "k": "context"}):
        RunnableLambda(lambda x: x).invoke(1, {"callbacks": [tracer]})
    RunnableLambda(lambda x: x).invoke(1, {"callbacks": [tracer]})
    inside, after = (metadata(run) for run in own.runs)
    assert (inside["m"], inside["k"], "m" in after) == (1, "tracer", False)


def test_a_programs_own_handlers_hear_what_they_heard_where_a_context_adds_metadata(sink):
    heard = []

    class Listener:
        def on_chain_start(self, serialized, inputs, *, name=None, **kwargs):
            heard.append(name)

    inner = RunnableLambda(lambda x: x).with_config(run_name="inner")
    outer = RunnableLambda(lambda x: inner.invoke(x)).with_config(run_name="outer")
    with tracing_context(metadata={"m": 1}, client=sink):
        outer.invoke(1, {"callbacks": [Listener()], "configurable": {"thread": "t"}})
    assert heard == ["outer", "inner"] and sink.tree == [("outer", [("inner", [])])]


def test_what_was_told_at_the_beginning_is_not_told_again(sink):
    RunnableLambda(lambda x: x).invoke({"large": "x" * 1000})
    [(first, begun), (second, ended)] = sink.told
    assert (first, second) == ("post", "patch")
    assert "inputs" in begun and "inputs" not in ended and "serialized" not in ended
    assert "outputs" in ended and "end_time" in ended


def test_an_object_that_changes_after_the_run_is_told_as_it_was(sink):
    class Basket:
        def __init__(self):
            self.held = ["apple"]

        def to_dict(self):
            return {"held": list(self.held)}

    given = Basket()
    taken = RunnableLambda(lambda basket: basket).invoke(given)
    taken.held.append("pear")  # before the sender's thread has written anything out
    assert sink.run["inputs"] == {"input": {"held": ["apple"]}}
    assert sink.run["outputs"] == {"output": {"held": ["apple"]}}


def test_a_run_weighs_its_inputs_at_first_and_its_outputs_at_the_end(sink):
    RunnableLambda(lambda x: "x" * 100_000).invoke("small")
    RunnableLambda(lambda x: "small").invoke("x" * 100_000)
    weights = [run.weight > 100_000 for _, run in sink.operations]
    assert weights == [False, True, True, False]


def test_a_block_is_told_with_all_it_was_given(sink):
    with trace("root", run_id=ABOVE, reference_example_id=UUID(int=2), extra={"more": 1}) as run:
        with trace("child", "tool", run_id=str(UUID(int=3)), extra={"less": 2}) as child:
            assert (run.id, child.id, child.parent_run_id) == (ABOVE, UUID(int=3), ABOVE)
    root, child = named(sink)["root"], named(sink)["child"]
    assert (root["id"], root["reference_example_id"], root["extra"]["more"]) == (str(ABOVE), str(UUID(int=2)), 1)
    assert (child["id"], child["run_type"], child["extra"]["less"]) == (str(UUID(int=3)), "tool", 2)
    assert root["inputs"] == child["inputs"] == {} and "error" not in root


PARENTS = {
    "headers": lambda sink: HEADERS,
    "a dotted order": lambda sink: ORDER,
    "a run": lambda sink: RunTree(name="above", id=ABOVE, start_time=THEN, client=sink),
}


@pytest.mark.parametrize("parent", PARENTS.values(), ids=PARENTS)
def test_a_block_stands_below_the_parent_it_is_given(sink, parent):
    with trace("block", parent=parent(sink)):
        same(1)
    runs = named(sink)
    assert runs["block"]["parent_run_id"] == runs["block"]["trace_id"] == str(ABOVE)
    assert runs["same"]["parent_run_id"] == runs["block"]["id"]


def test_a_parent_that_is_given_to_a_block_does_not_switch_tracing_on():
    sink = Sink()
    with tracing_context(client=sink):
        with trace("block", parent=HEADERS) as run:
            same(1)
    assert run.trace_id == ABOVE and sink.operations == []


def test_a_block_with_ignore_as_parent_begins_a_new_trace(sink):
    with trace("outer"):
        with trace("alone", parent="ignore"):
            pass
    assert sink.tree == [("outer", []), ("alone", [])]


def test_a_block_may_end_in_another_context_than_it_began_in(sink):
    block = trace("block")
    contextvars.copy_context().run(block.__enter__)
    block.__exit__(None, None, None)
    assert sink.run["end_time"] and "error" not in sink.run


def test_a_block_whose_end_cannot_be_told_ends_all_the_same(sink, caplog):
    with trace("block") as run:
        run.end_time = "not a time"
        run.add_event = run.copy = None  # a program's own, and wrong
    assert "the end of a run of 'block' failed" in caplog.text


# -- the run around ----------------------------------------------------------------------------


def test_in_a_runnable_the_run_around_is_that_runnables(sink):
    found = []

    def look(x):
        found.append(get_current_run_tree())
        return x

    tracer = LangChainTracer(None, "its project", sink, settings=Settings("http://127.0.0.1:9"))
    step = RunnableLambda(look).with_config(run_name="step", metadata={"m": 1})
    step.invoke(1, {"callbacks": [tracer]})
    [tree], run = found, sink.run
    assert (str(tree.id), tree.name, tree.run_type, tree.session_name) == (run["id"], "step", "chain", "its project")
    assert (tree.start_time.isoformat(), tree.dotted_order) == (run["start_time"], run["dotted_order"])
    assert tree.metadata["m"] == 1 and tree.client is sink


ABOVES = {
    "a dotted order": ORDER,
    "a run of another maker": Run(id=ABOVE, name="above", trace_id=ABOVE, dotted_order=ORDER),
    "a run": RunTree(name="above", id=ABOVE, start_time=THEN),
}


@pytest.mark.parametrize("parent", ABOVES.values(), ids=ABOVES)
def test_in_a_context_with_a_parent_the_run_around_is_the_parent(parent):
    with tracing_context(parent=parent):
        tree = get_current_run_tree()
    assert isinstance(tree, RunTree)
    assert (tree.id, tree.trace_id, tree.dotted_order) == (ABOVE, ABOVE, ORDER)
    assert get_current_run_tree() is None


def test_in_a_runnable_that_nobody_traces_there_is_no_run_around():
    class Listener:
        heard = 0

        def on_chain_start(self, *args, **kwargs):
            self.heard += 1

    found, listener = [], Listener()
    RunnableLambda(lambda x: found.append(get_current_run_tree())).invoke(1, {"callbacks": [listener]})
    RunnableLambda(lambda x: found.append(get_current_run_tree())).invoke(1)
    assert found == [None, None] and listener.heard == 1
    set_run_metadata(nobody="hears")


# -- one call ----------------------------------------------------------------------------------


def test_a_calls_client_comes_before_the_decorators_and_that_before_the_blocks(sink):
    of_call, of_decorator = Sink(), Sink()
    function = traceable(client=of_decorator)(lambda: None)
    function(langsmith_extra={"client": of_call})
    function()
    same(1)
    assert [len(one.operations) for one in (of_call, of_decorator, sink)] == [2, 2, 2]


def test_a_client_given_with_headers_takes_the_runs_below_them(on):
    sink = Sink()
    traceable(lambda: same(1))(langsmith_extra={"parent": HEADERS, "client": sink})
    runs = sink.runs
    assert [run["session_name"] for run in runs] == ["theirs", "theirs"]
    assert {run["trace_id"] for run in runs} == {str(ABOVE)}


def test_a_tag_that_comes_from_two_sides_is_told_once_in_its_first_place(sink):
    with tracing_context(tags=["b", "a"], client=sink):
        traceable(tags=["c", "a"])(lambda: None)(langsmith_extra={"tags": ["b", "d"]})
    assert sink.run["tags"] == ["b", "d", "a", "c"]


def test_a_call_of_too_many_arguments_is_told_as_it_was_made(sink):
    with pytest.raises(TypeError):
        same(1, 2, three=3)
    assert sink.run["inputs"] == {"args": [1, 2], "kwargs": {"three": 3}}
    assert sink.run["error"].startswith("TypeError")


def test_a_class_as_output_is_a_value_and_not_asked_for_its_fields(sink):
    assert traceable(lambda: AIMessage)() is AIMessage
    assert list(sink.run["outputs"]) == ["output"] and "AIMessage" in sink.run["outputs"]["output"]


def test_a_config_that_the_function_does_not_take_is_not_given_to_it(sink):
    taken = traceable(lambda x, config: config)(1, config={"tags": ["mine"]})
    assert taken == {"tags": ["mine"]} and same(1, config={"callbacks": []}) == 1
    assert traceable(lambda **more: more)(config={}) == {"config": {}}


def test_what_is_traced_with_parentheses_is_told_as_without(sink):
    for decorate in (traceable, traceable(), traceable("chain")):
        function = decorate(lambda: 1)
        assert function() == 1 and is_traceable_function(function) is True
    assert [run["run_type"] for run in sink.runs] == ["chain"] * 3


# what fails, how the function is traced, what its call gives and what the log says
BROKEN = {
    "process_chunk": (dict(process_chunk=lambda x: 1 / 0), None, "process_chunk of 'numbers' failed"),
    "process_outputs": (dict(process_outputs=lambda x: 1 / 0), None, "process_outputs of 'numbers' failed"),
    "on_end": ({}, lambda run: 1 / 0, "the end of a run of 'numbers' failed: ZeroDivisionError"),
}


@pytest.mark.parametrize("options, on_end, told", BROKEN.values(), ids=BROKEN)
def test_what_a_program_hangs_in_may_fail_and_the_stream_goes_on(sink, caplog, options, on_end, told):
    @traceable(**options)
    def numbers():
        yield from (1, 2)

    assert list(numbers(langsmith_extra={"on_end": on_end})) == [1, 2]
    assert told in caplog.text and sink.run["end_time"]


def test_pieces_that_could_not_be_processed_are_left_out_of_what_is_told(sink):
    @traceable(process_chunk=lambda x: 10 // x)
    def numbers():
        yield from (0, 5, 2)

    assert list(numbers()) == [0, 5, 2]
    assert sink.run["outputs"] == {"output": [2, 5]}


def test_an_unfinished_stream_that_another_thread_drops_is_ended(sink):
    @traceable
    def numbers():
        yield 1
        yield 2

    stream = numbers()
    next(stream)
    thread = threading.Thread(target=stream.close)
    thread.start()
    thread.join()
    assert sink.run["outputs"] == {"output": [1]} and sink.run["error"].startswith("GeneratorExit")
    assert get_current_run_tree() is None


def test_a_stream_begun_in_one_context_and_ended_in_another_is_whole(sink):
    @traceable
    async def numbers():
        yield 1
        yield 2

    async def main():
        stream = numbers()
        first = await asyncio.ensure_future(stream.__anext__())
        return [first, *[item async for item in stream]]

    assert asyncio.run(main()) == [1, 2]
    assert sink.run["outputs"] == {"output": [1, 2]} and "error" not in sink.run


def test_a_step_that_is_dropped_in_another_context_than_it_began_in_ends_with_its_own_error(sink):
    """As when an event loop is closed while a stream waits: what collects it then runs somewhere else."""

    @types.coroutine
    def suspended():
        yield

    @traceable
    async def numbers():
        await suspended()
        yield 1

    step = numbers().__anext__()
    contextvars.copy_context().run(step.send, None)
    with pytest.raises(KeyError, match="dropped"):
        step.throw(KeyError("dropped"))
    assert sink.run["error"].startswith("KeyError('dropped')")
    assert get_current_run_tree() is None


def test_junk_beside_the_arguments_does_not_fail_a_call(sink, caplog):
    assert same(1, langsmith_extra="junk") == 1
    assert "the beginning of 'same' failed" in caplog.text and sink.operations == []


def test_a_function_with_some_of_its_arguments_given_has_its_name(sink):
    def power(base, exponent):
        return base**exponent

    assert traceable(functools.partial(functools.partial(power, 2), exponent=3))() == 8
    assert sink.run["name"] == "power"


def test_a_call_made_when_the_run_around_it_has_ended_is_a_trace_of_its_own(sink):
    contexts = []
    outer = RunnableLambda(lambda x: contexts.append(contextvars.copy_context())).with_config(run_name="outer")
    outer.invoke(1)
    later = RunnableLambda(lambda x: x).with_config(run_name="later")
    [context] = contexts
    assert context.run(later.invoke, 2) == 2
    assert context.run(later.invoke, 3, {"callbacks": [LangChainTracer(client=sink)]}) == 3
    assert [name for name, _ in sink.tree] == ["outer", "later", "later"]


def test_a_stream_without_pieces_has_none_as_output(sink):
    assert list(traceable(lambda: iter(()))()) == []
    assert list(traceable(reduce_fn=sum)(empty)()) == []
    assert named(sink)["empty"]["outputs"] == {"output": None}


def empty():
    yield from ()


# -- RunTree -----------------------------------------------------------------------------------


def test_a_run_without_a_client_goes_to_the_environments_sender(monkeypatch):
    asked, sink = [], Sink()
    monkeypatch.setattr(sender, "sender_for", lambda settings: asked.append(settings.endpoint) or sink)
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:7")
    RunTree(name="r").post()
    assert set(asked) == {"http://127.0.0.1:7"} and sink.run["name"] == "r"


def test_either_name_of_a_runs_client_is_taken():
    one, two = Sink(), Sink()
    assert RunTree(name="r", client=one, ls_client=two).client is one
    assert RunTree(name="r", ls_client=two).client is two


def test_a_run_is_added_to_while_it_runs():
    run = RunTree(name="r", inputs={"a": 1}, outputs={"a": 1}, tags=["t"])
    run.add_tags("one")
    run.add_tags(["two", "three"])
    run.add_inputs({"b": 2})
    run.add_outputs({"b": 2})
    assert (run.tags, run.inputs, run.outputs) == (["t", "one", "two", "three"], {"a": 1, "b": 2}, {"a": 1, "b": 2})


def test_inputs_and_outputs_may_be_objects_with_fields():
    class Fields:
        def model_dump(self):
            return {"a": 1}

    run = RunTree(name="r", inputs=Fields(), outputs=[("b", 2)])
    run.end(outputs=Fields())
    assert (run.inputs, run.outputs) == ({"a": 1}, {"a": 1, "b": 2})


def test_waiting_for_a_run_flushes_who_takes_it():
    waited = []
    taking = Sink()
    taking.flush = lambda: waited.append(True)
    RunTree(name="r", client=taking).wait()
    RunTree(name="r", client=Sink()).wait()  # one that has nothing to wait for
    assert waited == [True]


def test_a_run_knows_its_parent_and_its_place_however_they_are_said():
    above = RunTree(name="above", id=ABOVE, start_time=THEN)
    child = RunTree(name="r", parent_run=above, id=str(UUID(int=2)), start_time=THEN)
    assert (child.parent_run_id, child.trace_id) == (ABOVE, ABOVE)
    assert child.dotted_order == f"{ORDER}.20260102T030405000678Z{UUID(int=2)}"
    told = RunTree(name="r", parent_run_id=str(ABOVE), trace_id=str(ABOVE), dotted_order="given")
    assert (told.parent_run_id, told.trace_id, told.dotted_order) == (ABOVE, ABOVE, "given")
    assert RunTree(name="r", id=ABOVE, start_time=THEN.replace(tzinfo=None)).dotted_order == ORDER


def test_what_the_environment_says_is_kept_for_each_of_many_settings(monkeypatch):
    monkeypatch.setattr(run_trees, "_terms", {})
    monkeypatch.setattr(run_trees, "MOST_TERMS", 2)
    for number in range(5):
        monkeypatch.setenv("LANGSMITH_PROJECT", f"p{number}")
        monkeypatch.setenv("LANGSMITH_HOBBY", f"h{number}")
        for _ in range(2):
            sink = Sink()
            RunTree(name="r", client=sink).post()
            assert sink.run["extra"]["metadata"]["LANGSMITH_HOBBY"] == f"h{number}"
        assert len(run_trees._terms) <= 2


def test_a_run_weighs_what_it_holds_for_the_senders_bound():
    sink = Sink()
    for text in ("", "x" * 100_000):
        RunTree(name="r", client=sink, inputs={"text": text}).post()
    (_, small), (_, large) = sink.operations
    assert 0 < small.weight < 10_000 < 100_000 <= large.weight < 110_000


def test_baggage_is_logged_by_this_library_only_when_it_is_wrong(caplog):
    with caplog.at_level(logging.DEBUG):
        RunTree.from_headers(HEADERS)
        RunTree.from_headers({"langsmith-trace": ORDER})
    assert caplog.records == []
