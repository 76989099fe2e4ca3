"""Run trees built from events told by hand: shapes, order, hooks, and what is kept afterwards."""

from __future__ import annotations

import copy
import logging
from datetime import timezone
from types import SimpleNamespace

import pytest

from minichat.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from minichat.outputs import ChatGeneration, ChatGenerationChunk, LLMResult
from minichat.tracers.base import AsyncBaseTracer, BaseTracer, TracerException
from minichat.tracers.core import stacktrace
from minichat.tracers.schemas import Run
from tests.tracers.feeding import end, fail, number, start, tell


class Roots(BaseTracer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.roots = []

    def _persist_run(self, run):
        self.roots.append(run)


class AsyncRoots(AsyncBaseTracer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.roots = []

    async def _persist_run(self, run):
        self.roots.append(run)


BOTH = pytest.mark.parametrize("kind", [Roots, AsyncRoots], ids=["sync", "async"])


def tree(run):
    return (run.name, run.run_type, [tree(child) for child in run.child_runs])


def names(run):
    return [event["name"] for event in run.events]


@BOTH
def test_runs_stand_in_the_tree_of_their_parents_and_nothing_is_kept_afterwards(kind):
    tracer = tell(
        kind(),
        [
            start(1, name="outer"),
            start(2, 1, kind="prompt", name="p"),
            end(2),
            start(3, 1, name="inner"),
            start(4, 3, kind="parser", name="leaf"),
            end(4),
            end(3),
            start(5, 1, kind="tool", name="t"),
            end(5, kind="tool"),
            end(1),
        ],
    )
    (root,) = tracer.roots
    inner = ("inner", "chain", [("leaf", "parser", [])])
    assert tree(root) == ("outer", "chain", [("p", "prompt", []), inner, ("t", "tool", [])])
    assert (tracer.run_map, tracer.order_map) == ({}, {})


def test_trace_ids_and_dotted_order_follow_the_parents():
    tracer = tell(Roots(), [start(1), start(2, 1), start(3, 2), end(3), end(2), end(1)])
    (root,) = tracer.roots
    (child,) = root.child_runs
    (leaf,) = child.child_runs
    own = [f"{run.start_time:%Y%m%dT%H%M%S%fZ}{run.id}" for run in (root, child, leaf)]
    assert root.dotted_order == own[0]
    assert child.dotted_order == ".".join(own[:2])
    assert leaf.dotted_order == ".".join(own)
    assert {run.trace_id for run in (root, child, leaf)} == {number(1)}
    assert (root.parent_run_id, child.parent_run_id, leaf.parent_run_id) == (None, number(1), number(2))
    assert root.start_time.tzinfo is timezone.utc and root.start_time <= leaf.start_time <= root.end_time


def test_two_traces_at_once_do_not_mix():
    tracer = tell(Roots(), [start(1), start(2), start(3, 1), start(4, 2), end(1), end(3), end(4), end(2)])
    assert [[child.id for child in root.child_runs] for root in tracer.roots] == [[number(3)], [number(4)]]
    assert (tracer.run_map, tracer.order_map) == ({}, {})


def test_a_child_that_begins_after_its_parent_ended_keeps_its_place_in_the_order():
    tracer = tell(Roots(), [start(1), start(2, 1), end(2), start(3, 2), end(3), end(1)])
    (root,) = tracer.roots
    assert tree(root) == ("Unnamed", "chain", [("Unnamed", "chain", [])])
    assert len(tracer.roots) == 1  # 3 is not a root of its own


def test_a_run_whose_parent_nobody_saw_is_a_root(caplog):
    with caplog.at_level(logging.DEBUG):
        tracer = tell(Roots(), [start(2, 1), end(2)])
    (root,) = tracer.roots
    assert (root.id, root.parent_run_id, root.trace_id) == (number(2), None, number(2))
    assert "not found for run" in caplog.text


@pytest.mark.parametrize("parent, asked", [(None, True), (1, False)])
def test_a_root_is_not_told_of_as_without_its_parent_nor_is_any_run_to_who_does_not_want_it(caplog, parent, asked):
    class Quiet(Roots):
        log_missing_parent = asked

    with caplog.at_level(logging.DEBUG):
        assert len(tell(Quiet(), [start(2, parent), end(2)]).roots) == 1
    assert "not found" not in caplog.text


WRAPPED = [
    # value, as inputs, as outputs, as both in "streaming_events"
    ("text", {"input": "text"}, {"output": "text"}),
    ({"a": 1}, {"a": 1}, {"a": 1}),
    (["x"], {"input": ["x"]}, {"output": ["x"]}),
    (None, {"input": None}, {"output": None}),
]


@pytest.mark.parametrize("value, inputs, outputs", WRAPPED)
def test_what_is_no_dict_is_wrapped(value, inputs, outputs):
    (root,) = tell(Roots(), [start(1, inputs=value), end(1, value)]).roots
    assert (root.inputs, root.outputs) == (inputs, outputs)
    (root,) = tell(Roots(_schema_format="streaming_events"), [start(1, inputs=value), end(1, value)]).roots
    assert (root.inputs, root.outputs) == ({"input": value}, {"output": value})


def test_the_input_of_a_stream_comes_with_its_end_or_error():
    (root,) = tell(Roots(), [start(1, inputs=""), end(1, inputs="whole")]).roots
    assert root.inputs == {"input": "whole"}
    (root,) = tell(Roots(), [start(1, inputs=""), fail(1, KeyError("k"), inputs={"so": "far"})]).roots
    assert root.inputs == {"so": "far"}


def test_metadata_tags_and_the_rest_of_the_start_event_are_kept():
    tags = ["a"]
    event = start(1, tags=tags, metadata={"m": 1}, invocation_params={"p": 2}, options={"stop": None})
    (root,) = tell(Roots(), [event, end(1)]).roots
    assert root.tags == ["a"] and root.tags is not tags  # the next handler is told with the same list
    assert root.extra == {"invocation_params": {"p": 2}, "options": {"stop": None}, "metadata": {"m": 1}}
    assert root.metadata == {"m": 1}
    (root,) = tell(Roots(), [start(1, metadata={}), end(1)]).roots
    assert root.extra == {} and root.metadata == {}


def test_a_name_comes_from_the_event_or_from_the_class():
    found = [
        tell(Roots(), [("on_chain_start", 1, None, (serialized, "in"), kwargs), end(1)]).roots[0].name
        for serialized, kwargs in [
            ({"name": "other"}, {"name": "given"}),
            ({"name": "named", "id": ["a", "B"]}, {}),
            ({"id": ["a", "B"]}, {}),
            ({}, {}),
            (None, {}),
        ]
    ]
    assert found == ["given", "named", "B", "Unnamed", "Unnamed"]


def answer(*texts, **fields):
    return LLMResult(generations=[[ChatGeneration(message=AIMessage(content=text, **fields)) for text in texts]])


CALL = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}


def test_a_chat_models_run_shows_messages_tokens_and_the_answer():
    piece = ChatGenerationChunk(message=AIMessageChunk(content="he"))
    messages = [SystemMessage("be brief"), HumanMessage("hi", name="bob", id="h1")]
    tracer = tell(
        Roots(_schema_format="original+chat"),
        [
            start(1, inputs=messages, kind="chat_model"),
            ("on_llm_new_token", 1, None, ("he",), {"chunk": piece}),
            ("on_llm_new_token", 1, None, ("y",), {}),
            end(1, answer("hey", tool_calls=[CALL], id="a1"), kind="llm"),
        ],
    )
    (root,) = tracer.roots
    identity = ["langchain", "schema", "messages"]
    system = {"content": "be brief", "type": "system"}
    human = {"content": "hi", "type": "human", "name": "bob", "id": "h1"}
    ai = {"content": "hey", "type": "ai", "id": "a1", "tool_calls": [CALL], "invalid_tool_calls": []}

    def constructor(name, kwargs):
        return {"lc": 1, "type": "constructor", "id": [*identity, name], "kwargs": kwargs}

    assert root.inputs == {"messages": [[constructor("SystemMessage", system), constructor("HumanMessage", human)]]}
    message = constructor("AIMessage", ai)
    generation = {"text": "hey", "generation_info": None, "type": "ChatGeneration", "message": message}
    assert root.outputs == {"generations": [[generation]], "llm_output": None, "run": None, "type": "LLMResult"}
    assert (root.run_type, root.name, root.extra) == ("chat_model", "Model", {"tool_call_count": 1})
    assert names(root) == ["start", "new_token", "new_token", "end"]
    assert [event["kwargs"] for event in root.events[1:3]] == [{"token": "he", "chunk": piece}, {"token": "y"}]


def test_the_plain_format_leaves_chat_models_to_on_llm_start():
    with pytest.raises(NotImplementedError):
        tell(Roots(), [start(1, inputs=[HumanMessage("hi")], kind="chat_model")])
    (root,) = tell(Roots(), [start(1, inputs="Human: hi", kind="llm"), end(1, answer("a"), kind="llm")]).roots
    assert (root.run_type, root.inputs, root.extra) == ("llm", {"prompts": ["Human: hi"]}, {})


def test_a_failed_model_run_keeps_what_had_come():
    events = [start(1, inputs="p", kind="llm"), fail(1, KeyError("k"), "llm", response=answer("so far"))]
    (root,) = tell(Roots(), events).roots
    assert root.outputs["generations"][0][0]["text"] == "so far"
    assert root.error.startswith("KeyError('k')") and names(root) == ["start", "error"]
    (root,) = tell(Roots(), [start(1, inputs="p", kind="llm"), fail(1, KeyError("k"), "llm")]).roots
    assert root.outputs == {}


def test_an_error_is_its_repr_and_its_traceback_with_empty_lines_between():
    try:
        raise ValueError("broken\nin two lines")
    except ValueError as error:
        raised = error
    (root,) = tell(Roots(), [start(1), fail(1, raised)]).roots
    assert root.error.startswith("ValueError('broken\\nin two lines')Traceback (most recent call last):\n\n\n  File ")
    assert root.error.endswith("\n\nValueError: broken\nin two lines")
    assert root.error == stacktrace(raised) and root.end_time is not None
    assert stacktrace(KeyError("never raised")) == "KeyError('never raised')KeyError: 'never raised'"


TOOLS = [
    # inputs= of the event, format, inputs of the run
    ({"a": 1}, "original", {"a": 1}),
    (None, "original", {"input": "text"}),
    ({"a": 1}, "streaming_events", {"input": {"a": 1}}),
    (None, "streaming_events", {"input": None}),
]


@pytest.mark.parametrize("inputs, form, shown", TOOLS)
def test_a_tools_run_shows_its_arguments(inputs, form, shown):
    start_event = ("on_tool_start", 1, None, ({"name": "add"}, "text"), {"inputs": inputs, "tool_call_id": "c1"})
    (root,) = tell(Roots(_schema_format=form), [start_event, end(1, {"x": 3}, kind="tool")]).roots
    assert (root.name, root.run_type, root.inputs, root.outputs) == ("add", "tool", shown, {"output": {"x": 3}})
    assert root.extra == {"tool_call_id": "c1"}


def test_a_retrievers_run_shows_its_query_and_documents():
    events = [start(1, inputs="q", kind="retriever"), end(1, ["d"], kind="retriever")]
    (root,) = tell(Roots(), events).roots
    shown = (root.name, root.run_type, root.inputs, root.outputs)
    assert shown == ("Retriever", "retriever", {"query": "q"}, {"documents": ["d"]})
    (root,) = tell(Roots(), [start(1, inputs="q", kind="retriever"), fail(1, OSError("o"), "retriever")]).roots
    assert root.error.startswith("OSError('o')")


def outcome(error=None, result=None):
    return SimpleNamespace(failed=error is not None, exception=lambda: error, result=lambda: result)


RETRIES = [
    (None, {"outcome": "N/A"}),
    (outcome(KeyError("k")), {"outcome": "failed", "exception": "'k'", "exception_type": "KeyError"}),
    (outcome(result=5), {"outcome": "success", "result": "5"}),
]


@pytest.mark.parametrize("outcome, said", RETRIES)
def test_a_retry_is_an_event_of_the_run(outcome, said):
    state = SimpleNamespace(idle_for=1.5, attempt_number=2, outcome=outcome)
    (root,) = tell(Roots(), [start(1), ("on_retry", 1, None, (state,), {}), end(1)]).roots
    assert names(root) == ["start", "retry", "end"]
    assert root.events[1]["kwargs"] == {"slept": 1.5, "attempt": 2, **said}


UNKNOWN = [
    ([end(1)], "No indexed run ID"),
    ([start(1), end(1, kind="tool")], "Found chain run at ID .*, but expected tool run"),
    ([start(1), end(1, answer("x"), kind="llm")], "expected llm or chat_model run"),
    ([start(1, kind="tool"), fail(1, KeyError(), "retriever")], "expected retriever run"),
    ([start(1, kind="tool"), end(1, [], "retriever")], "expected retriever run"),
    ([start(1), fail(1, KeyError(), "tool")], "expected tool run"),
    ([start(1), fail(1, KeyError(), "llm")], "expected llm or chat_model run"),
    ([start(1), ("on_llm_new_token", 1, None, ("t",), {})], "expected llm or chat_model run"),
]


@pytest.mark.parametrize("events, said", UNKNOWN)
@BOTH
def test_an_end_without_its_start_is_refused(kind, events, said):
    with pytest.raises(TracerException, match=said):
        tell(kind(), events)


HOOKS = (
    "_persist_run _on_run_create _on_run_update _on_llm_start _on_chat_model_start _on_llm_end _on_llm_error "
    "_on_chain_start _on_chain_end _on_chain_error _on_tool_start _on_tool_end _on_tool_error "
    "_on_retriever_start _on_retriever_end _on_retriever_error _on_llm_new_token"
).split()


def hooked(base):
    """Make a tracer of `base` that writes down each hook with its run's number."""

    def hook(name):
        def synchronous(self, run, *args):
            self.called.append((name, run.id.int, str(run.id) in self.run_map))

        async def asynchronous(self, run, *args):
            synchronous(self, run)

        return asynchronous if base is AsyncBaseTracer else synchronous

    return type("Hooked", (base,), {"called": [], **{name: hook(name) for name in HOOKS}})


STORIES = [
    (
        [start(1), start(2, 1), end(2), end(1)],
        "_on_run_create 1, _on_chain_start 1, _on_run_create 2, _on_chain_start 2, "
        "_on_run_update 2, _on_chain_end 2, _persist_run 1, _on_run_update 1, _on_chain_end 1",
    ),
    (
        [start(1, kind="tool"), fail(1, KeyError(), "tool")],
        "_on_run_create 1, _on_tool_start 1, _persist_run 1, _on_run_update 1, _on_tool_error 1",
    ),
    (
        [start(1, inputs="p", kind="llm"), ("on_llm_new_token", 1, None, ("t",), {}), end(1, answer("x"), "llm")],
        "_on_run_create 1, _on_llm_start 1, _on_llm_new_token 1, _persist_run 1, _on_run_update 1, _on_llm_end 1",
    ),
    (
        [start(1, inputs=[], kind="chat_model"), fail(1, KeyError(), "llm")],
        "_on_run_create 1, _on_chat_model_start 1, _persist_run 1, _on_run_update 1, _on_llm_error 1",
    ),
    (
        [start(1, kind="retriever"), fail(1, KeyError(), "retriever")],
        "_on_run_create 1, _on_retriever_start 1, _persist_run 1, _on_run_update 1, _on_retriever_error 1",
    ),
    ([start(1), fail(1, KeyError())], "_on_run_create 1, _on_chain_start 1, _persist_run 1, _on_run_update 1, _on_chain_error 1"),
]


@pytest.mark.parametrize("events, told", STORIES, ids=lambda value: value[:40] if isinstance(value, str) else "")
@pytest.mark.parametrize("base", [BaseTracer, AsyncBaseTracer], ids=["sync", "async"])
def test_hooks_are_called_in_order(base, events, told):
    tracer = tell(hooked(base)(_schema_format="original+chat"), events)
    assert ", ".join(f"{name} {run}" for name, run, _ in tracer.called) == told


@pytest.mark.parametrize("base", [BaseTracer, AsyncBaseTracer], ids=["sync", "async"])
def test_a_run_is_in_the_map_from_its_create_hook_to_its_persisting(base):
    tracer = tell(hooked(base)(), [start(1), end(1)])
    assert [(name, there) for name, _, there in tracer.called] == [
        ("_on_run_create", True),
        ("_on_chain_start", True),
        ("_persist_run", True),
        ("_on_run_update", False),
        ("_on_chain_end", False),
    ]


def test_a_subclass_may_call_the_hook_it_overrides():
    class Calling(AsyncRoots):
        async def _on_chain_start(self, run):
            await super()._on_chain_start(run)
            self.roots.append("start")

    assert tell(Calling(), [start(1)]).roots == ["start"]


def test_a_tracer_without_persist_run_cannot_be_made():
    for kind in (BaseTracer, AsyncBaseTracer):
        with pytest.raises(TypeError, match="abstract"):
            kind()


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="original, original\\+chat"):
        Roots(_schema_format="new")


def test_a_copy_of_a_tracer_is_the_tracer_since_it_has_runs_going_on():
    tracer = Roots()
    assert copy.copy(tracer) is tracer and copy.deepcopy({"t": tracer})["t"] is tracer


def test_a_run_is_shown_as_a_dict_and_copied():
    (root,) = tell(Roots(), [start(1, inputs=HumanMessage("hi"), name="n"), start(2, 1), end(2), end(1)]).roots
    shown = root.dict()
    assert list(shown) == [
        "id", "name", "start_time", "run_type", "end_time", "extra", "error", "serialized", "events", "inputs",
        "outputs", "reference_example_id", "parent_run_id", "tags", "session_name", "session_id", "dotted_order",
        "trace_id",
    ]  # fmt: skip
    assert shown["inputs"]["input"] == HumanMessage("hi").model_dump()
    shown["events"].clear()
    assert names(root) == ["start", "end"]
    copied = root.copy(update={"name": "m"})
    assert (copied.name, root.name, copied.child_runs is root.child_runs) == ("m", "n", True)
    assert repr(root) == f"Run(id={root.id}, name='n', run_type='chain', dotted_order={root.dotted_order!r})"


def test_a_run_made_by_hand_has_what_it_needs():
    run = Run()
    assert run.trace_id == run.id and run.id.version == 7 and run.start_time.tzinfo is timezone.utc
    assert (run.inputs, run.events, run.tags, run.extra, run.child_runs) == ({}, [], [], {}, [])
    with pytest.raises(TypeError, match="attachment"):
        Run(attachment=1)
