"""One call of a tool: what handlers hear, what its function is given, and where it runs."""

from __future__ import annotations

import asyncio
import threading
import uuid
from typing import Annotated, Any, TypedDict

import pytest

from minichat.callbacks import BaseCallbackHandler, StdOutCallbackHandler
from minichat.messages import ToolMessage
from minichat.runnables import RunnableConfig, RunnableLambda
from minichat.tools import BaseTool, InjectedToolArg, InjectedToolCallId, StructuredTool, Tool, ToolException, tool

from . import makers
from .library import Listener, call, invoked, library, shown

ours = library("minichat")
WAYS = pytest.mark.parametrize("way", ["sync", "async"])


def heard(made, given, config=None, *, way="sync"):
    listener = Listener()
    shown(lambda: invoked(made, given, {**(config or {}), "callbacks": [listener]}, way=way))
    return listener.events


@WAYS
def test_start_tells_the_tool_and_its_arguments_and_end_its_output(way):
    config = {"run_name": "sum", "tags": ["t"], "metadata": {"m": 1}}
    assert heard(makers.labelled(ours), call({"a": 1}), config, way=way) == [
        "on_tool_start [1, None] [{'name': 'add', 'description': 'Add two numbers.'}, \"{'a': 1}\"] "
        "[('color', 'green'), ('inputs', {'a': 1}), ('metadata', {'m': 1, 'own': 1}), ('name', 'sum'), "
        "('tags', ['t', 'own']), ('tool_call_id', 'call_1')]",
        "on_tool_end [1, None] [ToolMessage(content='3', name='add', tool_call_id='call_1')] "
        "[('color', 'green'), ('name', 'add'), ('tags', ['t', 'own'])]",
    ]


@WAYS
def test_an_error_is_told_once(way):
    start, error = heard(makers.failing(ours), call({}), way=way)
    assert error == "on_tool_error [1, None] ['KeyError'] [('tags', []), ('tool_call_id', 'call_1')]"


@WAYS
@pytest.mark.parametrize("flag", [5, lambda error: 1 / 0])
def test_an_error_while_an_error_is_handled_ends_the_run_too(flag, way):
    events = heard(makers.raising("boom", handle_tool_error=flag)(ours), {}, way=way)
    assert [event.split()[0] for event in events] == ["on_tool_start", "on_tool_error"]


@WAYS
def test_what_is_injected_is_told_to_nobody(way):
    start = heard(makers.injected(ours), {"a": 1, "state": {"k": "secret"}}, way=way)[0]
    assert "('inputs', {'a': 1})" in start
    assert "secret" not in start


class Secret(TypedDict):
    a: int
    state: Annotated[str, InjectedToolArg]


def test_what_only_the_schema_or_only_the_function_marks_is_told_to_nobody():
    def marked(a: int, state: Annotated[str, InjectedToolArg]) -> str:
        """M."""
        return state

    plain = makers.add(ours).args_schema
    told = StructuredTool.from_function(
        lambda **values: values["state"], name="told", description="D.", args_schema=Secret
    )
    beside = StructuredTool.from_function(marked, args_schema=type(plain)("marked", plain.fields[:1]))
    for made in (told, beside):
        given = {"a": 1, "state": "secret"}
        assert list(made.args) == ["a"]
        assert made.invoke(given) == "secret"
        assert "('inputs', {'a': 1})" in heard(made, given)[0]


@WAYS
def test_what_is_called_inside_has_the_tool_as_its_parent(way):
    make = makers.nesting_later if way == "async" else makers.nesting
    events = [event.split()[:3] for event in heard(make(ours), {"a": 1}, way=way)]
    assert events == [
        ["on_tool_start", "[1,", "None]"],
        ["on_chain_start", "[2,", "1]"],
        ["on_chain_end", "[2,", "1]"],
        ["on_tool_end", "[1,", "None]"],
    ]


@WAYS
def test_the_config_a_function_is_given_is_for_calls_inside(way):
    # LangChain hands over the config of the tool itself: passed on, it makes a run beside the tool's.
    inner = RunnableLambda(lambda x: x)

    @tool
    def outer(a: int, config: RunnableConfig, callbacks: Any = None) -> int:
        """O."""
        return inner.invoke(inner.invoke(a, config), {"callbacks": callbacks})

    events = [event.split()[:3] for event in heard(outer, {"a": 1}, way=way)]
    assert [one[1:] for one in events if one[0] == "on_chain_start"] == [["[2,", "1]"], ["[3,", "1]"]]


@WAYS
def test_a_tools_own_handlers_hear_its_own_run_only(way):
    listener = Listener()
    made = makers.nesting(ours)
    made.callbacks = [listener]
    assert invoked(made, {"a": 1}, way=way) == 2
    assert [event.split()[0] for event in listener.events] == ["on_tool_start", "on_tool_end"]


@WAYS
def test_keywords_of_a_call_go_to_the_handlers(way):
    listener = Listener()
    made = makers.add(ours)
    if way == "async":
        asyncio.run(made.ainvoke({"a": 1}, {"callbacks": [listener]}, color="red", more=1))
    else:
        made.invoke({"a": 1}, {"callbacks": [listener]}, color="red", more=1)
    assert "('color', 'green')" in listener.events[0]
    assert all("('more', 1)" in event for event in listener.events)
    assert "('color', 'red')" in listener.events[1]


@WAYS
def test_run_takes_the_config_in_single_arguments(way):
    listener = Listener()
    made = makers.asking_config(ours)
    run_id = uuid.uuid4()
    told = {"callbacks": [listener], "tags": ["t"], "metadata": {"m": 1}, "run_name": "n", "run_id": run_id}
    told.update(tool_call_id="c", config={"configurable": {"k": 1}})
    output = asyncio.run(made.arun({"a": 1}, **told)) if way == "async" else made.run({"a": 1}, **told)
    assert output == ToolMessage('[1, ["t"], {"m": 1}, {"k": 1}]', name="asking", tool_call_id="c")
    assert list(listener.ids) == [None, run_id]
    assert "('name', 'n')" in listener.events[0]
    assert made.run({"a": 1}) == (1, [], {}, {})


def test_a_verbose_tool_prints_its_output(capsys):
    made = makers.add(ours)
    made.invoke({"a": 1})
    assert capsys.readouterr().out == ""
    made.run({"a": 1}, True)
    made.verbose = True
    made.invoke({"a": 2})
    out = capsys.readouterr().out
    assert "3" in out and "4" in out
    made.invoke({"a": 3}, {"callbacks": [StdOutCallbackHandler()]})
    assert capsys.readouterr().out.count("5") == 1, "who prints already is enough"


def test_a_function_runs_in_a_thread_where_a_loop_is_running():
    @tool
    def where() -> Any:
        """W."""
        return threading.current_thread()

    assert where.invoke({}) is threading.current_thread()
    assert asyncio.run(where.ainvoke({})) is not threading.current_thread()


def test_a_coroutine_function_runs_on_the_loop():
    @tool
    async def where() -> Any:
        """W."""
        await asyncio.sleep(0)
        return threading.current_thread()

    assert asyncio.run(where.ainvoke({})) is threading.current_thread()


def test_a_cancelled_tool_ends_its_run_as_an_error():
    listener = Listener()
    begun = []

    @tool
    async def forever() -> None:
        """F."""
        begun.append(1)
        await asyncio.Event().wait()

    async def main():
        task = asyncio.ensure_future(forever.ainvoke({}, {"callbacks": [listener]}))
        while not begun:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [event.split()[0] for event in listener.events] == ["on_tool_start", "on_tool_error"]


def test_the_asynchronous_side_of_a_class_may_ask_for_the_other():
    class Own(BaseTool):
        name: str = "own"
        description: str = "D."

        def _run(self, a, run_manager=None):
            return (a, type(run_manager).__name__, threading.current_thread())

        async def _arun(self, a, run_manager=None):
            return await super()._arun(a + 1, run_manager=run_manager)

    a, manager, thread = asyncio.run(Own().ainvoke({"a": 1}))
    assert (a, manager) == (2, "CallbackManagerForToolRun")
    assert thread is not threading.current_thread()


def test_a_subclass_may_pass_the_asynchronous_side_on():
    class Plain(BaseTool):
        name: str = "plain"
        description: str = "D."

        def _run(self, a):
            return a

        async def _arun(self, a):
            return await super()._arun(a + 1)

    class Wrapped(StructuredTool):
        def _function_for(self, *, suspends):
            return self._arun if suspends else self._run

    wrapped = Wrapped.from_function(makers.add(ours).func)
    assert asyncio.run(Plain().ainvoke({"a": 1})) == 2
    assert asyncio.run(wrapped.ainvoke({"a": 1})) == wrapped.invoke({"a": 1}) == 3


@WAYS
def test_a_run_manager_speaks_for_the_run(way):
    heard_texts = []

    class Texts(BaseCallbackHandler):
        def on_text(self, text, *, run_id, **kwargs):
            heard_texts.append((text, run_id))

        def on_tool_start(self, serialized, input_str, *, run_id, **kwargs):
            heard_texts.append(run_id)

    class Own(BaseTool):
        name: str = "own"
        description: str = "D."

        def _run(self, a, run_manager=None):
            run_manager.on_text("halfway")
            return a

    assert invoked(Own(), {"a": 1}, {"callbacks": [Texts()]}, way=way) == 1
    assert heard_texts == [heard_texts[0], ("halfway", heard_texts[0])]


@WAYS
def test_a_tool_streams_its_whole_output(way):
    made = makers.add(ours)

    async def pieces():
        return [piece async for piece in made.astream({"a": 1})]

    assert (asyncio.run(pieces()) if way == "async" else list(made.stream({"a": 1}))) == [3]


@WAYS
def test_many_calls_are_a_batch(way):
    made = makers.add(ours)
    calls = [call({"a": a}, id=str(a)) for a in range(3)]
    answers = asyncio.run(made.abatch(calls)) if way == "async" else made.batch(calls)
    assert [(one.tool_call_id, one.content) for one in answers] == [("0", "2"), ("1", "3"), ("2", "4")]


def test_the_arguments_of_a_call_are_the_callers_own():
    given = call({"a": 1, "which": "theirs"})
    makers.call_id(ours).invoke(given)
    assert given["args"] == {"a": 1, "which": "theirs"}
    arguments = {"a": 1}
    makers.call_id(ours).run(arguments, tool_call_id="call_1")
    makers.own(ours).invoke(arguments)
    assert arguments == {"a": 1}


def test_a_tools_work_can_be_called_by_hand():
    assert makers.asking_callbacks(ours)._run(1) == (1, "NoneType")


def test_an_id_that_only_the_function_asks_for_is_filled_in():
    def f(a: int, tool_call_id: "makers.Annotated[str, InjectedToolCallId]"):
        """F."""
        return (a, tool_call_id)

    schema = makers.add(ours).args_schema
    made = StructuredTool.from_function(f, args_schema=type(schema)("f", schema.fields[:1]))
    f.__annotations__["tool_call_id"] = makers.Annotated[str, InjectedToolCallId]
    assert made.invoke(call({"a": 1})).content == '[1, "call_1"]'
    with pytest.raises(ValueError, match="When tool includes an InjectedToolCallId"):
        made.invoke({"a": 1})


def test_a_tool_inside_a_tool_may_fail_for_both():
    @tool
    def inner() -> None:
        """I."""
        raise ToolException("no luck")

    outer = Tool("outer", lambda text: inner.invoke({}), "O.", handle_tool_error=True)
    assert outer.invoke("x") == "no luck"
