"""@traceable and trace: what is told of functions and blocks, and how they nest with each other and with runnables.

The expected names, inputs, outputs, tags and metadata are what langsmith 0.15.0 sends for the same programs.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import threading

import pytest

from minichat import FakeListChatModel
from minichat.runnables import RunnableLambda
from minichat.tracers.langsmith import LangChainTracer, traced, tracing_context
from minichat.tracers.langsmith.functions import (
    get_current_run_tree,
    is_traceable_function,
    set_run_metadata,
    trace,
    traceable,
)
from minichat.tracers.langsmith.run_trees import RunTree
from minichat.tracers.langsmith.settings import Settings
from tests.tracers.langsmith.sink import Sink

HEADERS = {
    "langsmith-trace": "20260102T030405000678Z01930000-0000-7000-8000-000000000001",
    "baggage": "langsmith-metadata=%7B%22m%22%3A1%7D,langsmith-tags=a%2Cb,langsmith-project=pq",
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


def named(sink):
    return {run["name"]: run for run in sink.runs}


def metadata(run):
    return {name: value for name, value in run["extra"]["metadata"].items() if not name.startswith("LANG")}


@traceable
def twice(x):
    return 2 * x


@traceable
async def atwice(x):
    return 2 * x


@traceable
def count(n):
    yield from range(n)


@traceable
async def acount(n):
    for number in range(n):
        yield number


async def gathered(stream):
    return [item async for item in stream]


# -- what is told of one function ----------------------------------------------------------------


def test_a_call_is_a_run_with_inputs_by_name_and_the_output(sink):
    assert twice(4) == 8
    run = sink.run
    assert (run["name"], run["run_type"], run["inputs"], run["outputs"]) == ("twice", "chain", {"x": 4}, {"output": 8})
    assert metadata(run) == {"ls_method": "traceable"}
    assert run["end_time"] >= run["start_time"] and run.get("error") is None


CALLS = {
    "function": lambda: twice(2),
    "coroutine": lambda: asyncio.run(atwice(2)),
    "generator": lambda: list(count(2)),
    "asynchronous generator": lambda: asyncio.run(gathered(acount(2))),
}
GIVEN = {"function": 4, "coroutine": 4, "generator": [0, 1], "asynchronous generator": [0, 1]}


@pytest.mark.parametrize("kind", CALLS)
def test_every_kind_of_function_gives_what_it_gives_and_tells_it(kind, sink):
    assert CALLS[kind]() == GIVEN[kind]
    assert sink.run["outputs"] == {"output": GIVEN[kind]}
    assert [op for op, _ in sink.operations] == ["post", "patch"]


@pytest.mark.parametrize("kind", CALLS)
def test_without_tracing_a_function_is_itself(kind, monkeypatch):
    sink = Sink()
    with tracing_context(client=sink):
        assert CALLS[kind]() == GIVEN[kind]
    assert sink.operations == []


def f_defaults(a, b=2, *rest, **more):
    pass


def f_keyword(a, *, b):
    pass


class Thing:
    def method(self, x):
        pass

    def __repr__(self):
        raise AssertionError("nobody asked")


# function, arguments, keywords, inputs
BOUND = [
    (f_defaults, ("A",), {"k": 5}, {"a": "A", "b": 2, "rest": [], "k": 5}),
    (f_defaults, (1, 2, 3, 4), {}, {"a": 1, "b": 2, "rest": [3, 4]}),
    (f_keyword, (1,), {"b": 2}, {"a": 1, "b": 2}),
    (Thing.method, (Thing(), 1), {}, {"x": 1}),
]


@pytest.mark.parametrize(("function", "args", "kwargs", "inputs"), BOUND)
def test_inputs_are_the_arguments_by_name(function, args, kwargs, inputs, sink):
    traceable(function)(*args, **kwargs)
    assert sink.run["inputs"] == inputs


def test_a_call_that_does_not_fit_fails_as_it_would_and_is_a_failed_run(sink):
    with pytest.raises(TypeError, match="missing 1 required"):
        traceable(f_keyword)(1)
    assert "TypeError" in sink.run["error"] and sink.run["inputs"] == {"a": 1}


OUTPUTS = [({"a": 1}, {"a": 1}), ([1], {"output": [1]}), (None, {"output": None}), ("x", {"output": "x"})]


@pytest.mark.parametrize(("value", "outputs"), OUTPUTS)
def test_a_dict_is_the_outputs_and_anything_else_stands_under_output(value, outputs, sink):
    assert traceable(lambda: value)() == value
    assert sink.run["outputs"] == outputs


def test_a_message_as_output_is_told_by_its_fields(sink):
    @traceable(run_type="llm")
    def ask():
        return FakeListChatModel(responses=["hi"]).invoke("x", {"callbacks": []})

    ask()
    [run] = [run for run in sink.runs if run["name"] == "ask"]
    assert (run["outputs"]["content"], run["outputs"]["type"]) == ("hi", "ai")


def test_usage_in_the_outputs_is_usage_of_the_run(sink):
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    traceable(run_type="llm")(lambda: {"usage_metadata": usage})()
    assert sink.run["extra"]["metadata"]["usage_metadata"] == usage


def test_inputs_are_those_at_the_beginning(sink):
    @traceable
    def change(d):
        d["more"] = 1
        return d

    change({"a": 1})
    assert sink.run["inputs"] == {"d": {"a": 1}} and sink.run["outputs"] == {"a": 1, "more": 1}


@pytest.mark.parametrize(
    "decorate",
    [
        lambda f: traceable("tool", name="N")(f),
        lambda f: traceable(run_type="tool", name="N")(f),
        lambda f: traceable("tool", name="N")(functools.partial(f)),
    ],
)  # fmt: skip
def test_the_decorator_is_told_by_position_or_by_name(decorate, sink):
    decorate(lambda x: x)(1)
    assert (sink.run["name"], sink.run["run_type"]) == ("N", "tool")


def test_a_traced_function_keeps_its_name_its_signature_and_its_kind():
    assert twice.__name__ == "twice" and is_traceable_function(twice) and not is_traceable_function(len)
    assert str(inspect.signature(twice)) == "(x)"
    assert inspect.iscoroutinefunction(atwice)
    assert inspect.isasyncgenfunction(acount)


# -- errors --------------------------------------------------------------------------------------


@traceable
def fails():
    raise ValueError("no")


@traceable
async def afails():
    raise ValueError("no")


@traceable
def fails_midway():
    yield 1
    raise ValueError("no")


@traceable
async def afails_midway():
    yield 1
    raise ValueError("no")


FAILURES = [
    (lambda: fails(), None),
    (lambda: asyncio.run(afails()), None),
    (lambda: list(fails_midway()), [1]),
    (lambda: asyncio.run(gathered(afails_midway())), [1]),
]


@pytest.mark.parametrize(("call", "outputs"), FAILURES)
def test_an_error_is_told_with_its_traceback_and_raised(call, outputs, sink):
    with pytest.raises(ValueError, match="no"):
        call()
    run = sink.run
    assert run["error"].startswith("ValueError('no')\n\nTraceback (most recent call last):\n")
    assert run["outputs"] == {"output": outputs}


def test_an_error_that_is_to_be_handled_is_none(sink):
    with pytest.raises(KeyError):
        traceable(exceptions_to_handle=(KeyError,))(lambda: {}["k"])()
    assert sink.run.get("error") is None and sink.run["end_time"]


def test_a_cancelled_task_is_a_failed_run(sink):
    async def main():
        begun = asyncio.Event()

        @traceable
        async def wait():
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(wait())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert sink.run["error"].startswith("CancelledError")


# -- generators ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["replicas", "address", "nmae"])
def test_what_a_call_cannot_say_is_told_once_and_the_rest_counts(sink, caplog, monkeypatch, name):
    monkeypatch.setattr(traced, "_unknown", set())
    for number in (1, 2):
        assert twice(number, langsmith_extra={name: [1], "name": "mine"}) == 2 * number
    [record] = caplog.records
    assert repr(name) in record.message
    assert [run["name"] for run in sink.runs] == ["mine", "mine"]


def test_a_generator_of_which_nothing_is_taken_is_no_run(sink):
    """Nobody could tell its end: langsmith 0.15.0 begins with the first step too."""
    kept = count(2), acount(2)
    del kept
    assert sink.operations == []
    assert inspect.isgeneratorfunction(count) and inspect.isasyncgenfunction(acount)
    begun = count(2)
    assert next(begun) == 0 and [op for op, _ in sink.operations] == ["post"]
    begun.close()
    assert [op for op, _ in sink.operations] == ["post", "patch"]


def test_what_a_generator_returns_reaches_who_delegates_to_it(sink):
    @traceable
    def returning():
        yield 1
        return 2

    def delegating():
        yield (yield from returning())

    assert list(delegating()) == [1, 2]
    assert sink.run["outputs"] == {"output": [1, 2]}


def test_a_generator_that_is_left_early_tells_what_it_gave(sink):
    closed = []

    @traceable
    def numbers():
        try:
            yield 1
            yield 2
        finally:
            closed.append(get_current_run_tree().name)

    stream = numbers()
    assert next(stream) == 1
    stream.close()
    assert closed == ["numbers"]
    assert sink.run["outputs"] == {"output": [1]} and sink.run["error"].startswith("GeneratorExit")


def test_an_asynchronous_generator_that_is_left_early_tells_what_it_gave(sink):
    async def main():
        stream = acount(3)
        assert await stream.__anext__() == 0
        await stream.aclose()

    asyncio.run(main())
    assert sink.run["outputs"] == {"output": [0]} and sink.run["error"].startswith("GeneratorExit")


def test_what_is_sent_and_thrown_into_a_generator_reaches_it(sink):
    @traceable
    def echo():
        got = yield "first"
        try:
            yield got
        except KeyError:
            yield "caught"
        return "last"

    stream = echo()
    assert [next(stream), stream.send("sent"), stream.throw(KeyError("k"))] == ["first", "sent", "caught"]
    with pytest.raises(StopIteration) as stop:
        next(stream)
    assert stop.value.value == "last"
    assert sink.run["outputs"] == {"output": ["first", "sent", "caught", "last"]}


def test_reduce_fn_and_process_chunk_make_the_outputs_of_a_stream(sink):
    @traceable(reduce_fn=lambda all: {"sum": sum(all)}, process_chunk=lambda x: 10 * x)
    def numbers():
        yield from (1, 2)

    assert list(numbers()) == [1, 2]
    assert named(sink)["numbers"]["outputs"] == {"sum": 30}


def test_a_reduce_fn_that_fails_leaves_the_list(sink, caplog):
    @traceable(reduce_fn=lambda all: 1 / 0)
    def numbers():
        yield 1

    assert list(numbers()) == [1]
    assert sink.run["outputs"] == {"output": [1]} and "reduce_fn" in caplog.text


def test_of_a_models_stream_the_first_token_has_its_time(sink):
    assert list(traceable("llm")(count.__wrapped__)(3)) == [0, 1, 2]
    [event] = sink.run["events"]
    assert event["name"] == "new_token"


def test_the_consumer_of_a_generator_is_not_inside_its_run(sink):
    for _ in count(2):
        assert get_current_run_tree() is None
        twice(1)
    assert sink.tree == [("count", []), ("twice", []), ("twice", [])]


def test_what_a_generator_calls_is_below_it(sink):
    @traceable
    def outer():
        yield twice(1)
        yield from count(1)

    list(outer())
    assert sink.tree == [("outer", [("twice", []), ("count", [])])]


# -- what is shown -------------------------------------------------------------------------------


def test_inputs_and_outputs_are_shown_as_the_processors_say(sink):
    traced = traceable(process_inputs=lambda i: {"in": i}, process_outputs=lambda o: {"out": o})(lambda a: a)
    assert traced(3) == 3
    assert (sink.run["inputs"], sink.run["outputs"]) == ({"in": {"a": 3}}, {"out": 3})


def test_a_processor_that_fails_shows_nothing_of_the_value(sink, caplog):
    assert traceable(process_inputs=lambda i: 1 / 0, process_outputs=lambda o: {}["x"])(lambda a: a)("secret") == "secret"
    run = sink.run
    assert run["inputs"] == {
        "ls_error": "Processing failed; inputs dropped (process_inputs: ZeroDivisionError)"
    }
    assert run["outputs"] == {"ls_error": "Processing failed; outputs dropped (process_outputs: KeyError)"}
    assert "secret" not in str(sink.told)


def test_the_run_is_given_to_who_asks_for_it(sink):
    @traceable
    def mine(x, run_tree=None):
        run_tree.add_metadata({"found": x})
        set_run_metadata(also=1)
        return run_tree.name

    assert mine(5) == "mine"
    assert metadata(sink.run) == {"ls_method": "traceable", "found": 5, "also": 1}
    assert sink.run["inputs"] == {"x": 5}


# -- langsmith_extra -----------------------------------------------------------------------------


def test_langsmith_extra_names_what_this_call_is(sink):
    ended = []
    extra = {
        "name": "N",
        "run_id": "01930000-0000-7000-8000-000000000009",
        "tags": ["t"],
        "metadata": {"m": 1},
        "project_name": "other",
        "reference_example_id": "01930000-0000-7000-8000-00000000000a",
        "run_extra": {"more": 1},
        "on_end": ended.append,
    }
    assert twice(4, langsmith_extra=extra) == 8
    run = sink.run
    assert (run["name"], run["id"], run["tags"]) == ("N", extra["run_id"], ["t"])
    assert (run["session_name"], run["reference_example_id"]) == ("other", extra["reference_example_id"])
    assert run["extra"]["more"] == 1 and metadata(run)["m"] == 1
    assert [tree.outputs for tree in ended] == [{"output": 8}]


def test_headers_as_parent_continue_the_trace_of_another_process(sink):
    twice(1, langsmith_extra={"parent": HEADERS})
    run = sink.run
    assert run["trace_id"] == run["parent_run_id"] == "01930000-0000-7000-8000-000000000001"
    assert run["dotted_order"].startswith(HEADERS["langsmith-trace"] + ".")
    assert (run["session_name"], metadata(run)["m"], run["tags"]) == ("pq", 1, [])


def test_a_dotted_order_or_a_run_can_be_the_parent(sink):
    twice(1, langsmith_extra={"parent": HEADERS["langsmith-trace"]})
    twice(1, langsmith_extra={"parent": RunTree.from_headers(HEADERS, client=sink)})
    assert {run["parent_run_id"] for run in sink.runs} == {"01930000-0000-7000-8000-000000000001"}


def test_a_parent_that_is_given_does_not_switch_tracing_on():
    sink = Sink()
    found = []

    @traceable
    def outer():
        found.append(get_current_run_tree().trace_id)
        return twice(RunnableLambda(lambda x: x).invoke(1))

    with tracing_context(client=sink):
        assert outer(langsmith_extra={"parent": HEADERS}) == 2
    assert [str(one) for one in found] == ["01930000-0000-7000-8000-000000000001"]
    assert sink.operations == []


def test_a_parent_that_is_junk_does_not_fail_the_call(sink, caplog):
    assert twice(1, langsmith_extra={"parent": {"langsmith-trace": "junk"}}) == 2
    assert "parent_run_id" not in sink.run and "parent=" in caplog.text


def test_ignore_as_parent_begins_a_new_trace(sink):
    @traceable
    def outer():
        twice(1, langsmith_extra={"parent": "ignore"})

    outer()
    assert sink.tree == [("outer", []), ("twice", [])]


# -- switching -----------------------------------------------------------------------------------


def test_enabled_traces_without_the_environment_and_prevents_with_it(monkeypatch):
    sink = Sink()
    traceable(enabled=True, client=sink)(lambda: twice(1))()
    assert [name for name, _ in sink.tree] == ["<lambda>"]
    assert [child for _, [(child, _)] in sink.tree] == ["twice"]


def test_a_runnable_in_a_function_that_is_always_traced_is_told(monkeypatch):
    monkeypatch.setattr("minichat.context._tracing", None)  # as in a process where nothing was traced yet
    sink = Sink()
    traceable(enabled=True, client=sink, name="f")(lambda: RunnableLambda(lambda x: x).invoke(1))()
    assert sink.tree == [("f", [("RunnableLambda", [])])]


def test_a_function_that_is_never_traced_hides_the_run_above_it(sink):
    traceable(name="outer")(lambda: traceable(enabled=False)(lambda: twice(1))())()
    assert sink.tree == [("outer", []), ("twice", [])]


def test_where_tracing_is_switched_off_nothing_is_told(sink):
    with tracing_context(enabled=False, client=sink):
        assert twice(1) == 2
    assert sink.operations == []


def test_a_bad_environment_does_not_fail_a_call(on, monkeypatch, caplog):
    monkeypatch.setenv("LANGSMITH_TRACING_SAMPLING_RATE", "much")
    assert twice(1) == 2
    assert "SAMPLING_RATE" in caplog.text


def test_the_project_is_the_calls_then_the_blocks_then_the_decorators(on, monkeypatch):
    monkeypatch.setenv("LANGSMITH_PROJECT", "environment")
    sink = Sink()
    of_decorator = traceable(project_name="decorator")(lambda: None)
    with tracing_context(client=sink):
        twice(1)
        of_decorator()
    with tracing_context(client=sink, project_name="block"):
        of_decorator()
        of_decorator(langsmith_extra={"project_name": "call"})
    assert [run["session_name"] for run in sink.runs] == ["environment", "decorator", "block", "call"]


# -- nesting -------------------------------------------------------------------------------------


def test_tags_and_metadata_go_on_to_what_is_called(sink):
    @traceable(tags=["outer"], metadata={"o": 1})
    def outer():
        inner()

    @traceable(name="In", metadata={"i": 2}, tags=["inn"])
    def inner():
        with trace("block", metadata={"b": 3}, tags=["tt"]):
            pass

    outer(langsmith_extra={"tags": ["le"], "metadata": {"lm": 1}})
    runs = named(sink)
    assert runs["outer"]["tags"] == ["le", "outer"]
    assert runs["In"]["tags"] == ["le", "outer", "inn"]
    assert runs["block"]["tags"] == ["inn", "le", "outer", "tt"]
    assert metadata(runs["In"]) == {"lm": 1, "o": 1, "i": 2, "ls_method": "traceable"}
    assert metadata(runs["block"]) == {"lm": 1, "o": 1, "i": 2, "b": 3, "ls_method": "trace"}


def test_runnables_and_functions_nest_both_ways(sink):
    @traceable
    def outer(x):
        return RunnableLambda(inner).with_config(run_name="runnable", metadata={"c": 3}).invoke(x)

    @traceable
    def inner(x):
        return (RunnableLambda(lambda y: y).with_config(run_name="a") | FakeListChatModel(responses=["hi"])).invoke(x)

    outer("q")
    model = ("FakeListChatModel", [])
    assert sink.tree == [
        ("outer", [("runnable", [("inner", [("RunnableSequence", [("a", []), model])])])])
    ]
    assert len({run["trace_id"] for run in sink.runs}) == 1
    assert metadata(named(sink)["inner"]) == {"c": 3, "ls_method": "traceable"}


def test_they_nest_alike_on_the_asynchronous_side(sink):
    @traceable
    async def outer(x):
        return await RunnableLambda(inner).with_config(run_name="runnable").ainvoke(x)

    @traceable
    async def inner(x):
        return [chunk async for chunk in FakeListChatModel(responses=["hi"]).astream(x)]

    asyncio.run(outer("q"))
    assert sink.tree == [("outer", [("runnable", [("inner", [("FakeListChatModel", [])])])])]


def test_a_function_in_a_runnable_is_its_child_with_a_tracer_given_by_hand_only():
    sink = Sink()
    tracer = LangChainTracer(None, "by hand", sink, settings=Settings("http://127.0.0.1:9"))
    RunnableLambda(lambda x: twice(x)).with_config(run_name="runnable").invoke(1, {"callbacks": [tracer]})
    assert sink.tree == [("runnable", [("twice", [])])]
    assert {run["session_name"] for run in sink.runs} == {"by hand"}


def test_a_config_says_who_the_parent_is_where_the_context_is_lost(sink):
    def elsewhere(x, config):
        thread = threading.Thread(target=lambda: twice(x, config=config))
        thread.start()
        thread.join()

    RunnableLambda(elsewhere).with_config(run_name="runnable").invoke(1)
    assert sink.tree == [("runnable", [("twice", [])])]


def test_tasks_side_by_side_find_their_own_parents(sink):
    @traceable
    async def parent(n):
        await asyncio.sleep(0)
        return await asyncio.gather(*[child(n) for _ in range(2)])

    @traceable
    async def child(n):
        await asyncio.sleep(0)
        return get_current_run_tree().parent_run_id

    async def main():
        return await asyncio.gather(*[parent(n) for n in range(3)])

    found = asyncio.run(main())
    assert [len(set(pair)) for pair in found] == [1, 1, 1] and len({pair[0] for pair in found}) == 3
    assert sink.tree == [("parent", [("child", [])] * 2)] * 3


# -- trace ---------------------------------------------------------------------------------------


def test_a_block_is_a_run(sink):
    with trace("look up", run_type="tool", inputs={"word": "ls"}, tags=["b", "a"], project_name="P") as run:
        assert get_current_run_tree() is run
        twice(1)
        RunnableLambda(lambda x: x).with_config(run_name="runnable").invoke(0)
        run.end(outputs={"found": True})
    assert get_current_run_tree() is None
    assert sink.tree == [("look up", [("twice", []), ("runnable", [])])]
    told = named(sink)["look up"]
    assert (told["run_type"], told["inputs"], told["outputs"]) == ("tool", {"word": "ls"}, {"found": True})
    assert (told["tags"], told["session_name"], metadata(told)) == (["a", "b"], "P", {"ls_method": "trace"})


def test_an_asynchronous_block_is_a_run(sink):
    async def main():
        async with trace("block"):
            await atwice(1)

    asyncio.run(main())
    assert sink.tree == [("block", [("atwice", [])])]


def test_an_error_in_a_block_is_told_and_raised(sink):
    with pytest.raises(KeyError), trace("block"):
        raise KeyError("k")
    assert sink.run["error"].startswith("KeyError('k')\n\nTraceback")
    with pytest.raises(KeyError), trace("handled", exceptions_to_handle=(KeyError,)):
        raise KeyError("k")
    assert named(sink)["handled"].get("error") is None


def test_a_block_without_tracing_has_a_run_that_is_not_told():
    sink = Sink()
    with trace("block", client=sink) as run:
        run.end(outputs={"a": 1})
    assert (run.name, run.outputs, sink.operations) == ("block", {"a": 1}, [])


def test_a_tracing_context_inside_a_traced_function_stays_inside_of_it(sink):
    model = FakeListChatModel(responses=["a", "b"])

    @traceable
    def outer():
        with tracing_context(tags=["t"]):
            model.invoke("x")
        with tracing_context(parent=False):
            model.invoke("y", {"run_name": "alone"})

    outer()
    runs = named(sink)
    inner = runs["FakeListChatModel"]
    assert inner["parent_run_id"] == runs["outer"]["id"] and inner["tags"] == ["t"]
    assert runs["alone"].get("parent_run_id") is None


def test_an_argument_by_the_name_of_config_is_shown_without_callbacks(sink):
    @traceable
    def train(config, more=1):
        return more

    train({"rate": 0.1})
    train(config={"tags": ["a"], "callbacks": [LangChainTracer(client=sink)]})
    train("a path")
    assert [run["inputs"] for run in sink.runs] == [
        {"config": {"rate": 0.1}, "more": 1},
        {"config": {"tags": ["a"]}, "more": 1},
        {"config": "a path", "more": 1},
    ]


class BrokenDict(dict):
    def keys(self):
        raise RuntimeError("no keys")

    __iter__ = items = keys


class Broken:
    def __getattr__(self, name):
        raise RuntimeError("no attributes")


class BrokenModel:
    @property
    def model_dump(self):
        raise KeyError("no fields")


@pytest.mark.parametrize("kind", [BrokenDict, Broken, BrokenModel])
def test_a_run_ends_whatever_it_gave(kind, sink):
    value = kind()
    assert traceable(lambda x: x, name="f")(value) is value
    assert "end_time" in sink.run and "not described" in sink.run["outputs"]["output"]


@pytest.mark.parametrize(
    "messages",
    [[{"role": "user", "content": "x"}], [[{"role": "user", "content": "x"}]], "x", ["x"], [], [[("user", "x")]], {"a": 1}, None],
    ids=str,
)
def test_a_function_traced_as_a_model_is_asked_in_any_form(messages, sink):
    @traceable(run_type="llm")
    def call(messages):
        return {"content": "hi"}

    assert call(messages) == {"content": "hi"}
    as_json = json.loads(json.dumps(messages))
    assert (sink.run["inputs"], sink.run["outputs"]) == ({"messages": as_json}, {"content": "hi"})


def test_outputs_that_a_function_sets_itself_stand_whatever_it_returns(sink):
    @traceable(run_type="llm")
    def ask(question):
        tree = get_current_run_tree()
        tree.set(outputs={"shown": 1}, usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3})
        return "kept to itself"

    assert ask("q") == "kept to itself"
    assert sink.run["outputs"] == {"shown": 1}
    assert metadata(sink.run)["usage_metadata"]["total_tokens"] == 3


def test_outputs_that_are_set_to_nothing_stay_nothing_when_it_fails(sink):
    @traceable
    def fail():
        get_current_run_tree().set(outputs=None)
        raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    assert sink.run["outputs"] == {} and sink.run["error"].startswith("KeyError")
