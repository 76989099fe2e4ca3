"""astream_events through real runnables: what is told, in which order, and what happens when it ends early."""

from __future__ import annotations

import asyncio
import threading

import pytest

from minichat.backends.driver import closing
from minichat.callbacks.manager import CallbackManager, adispatch_custom_event, dispatch_custom_event
from minichat.language_models import FakeListChatModel, GenericFakeChatModel
from minichat.messages import AIMessage, AIMessageChunk, HumanMessage
from minichat.outputs import LLMResult
from minichat.runnables import RunnableGenerator, RunnableLambda, RunnableParallel
from minichat.tracers.event_stream import _Events, astream_events
from minichat.tracers.run_collector import RunCollectorCallbackHandler
from minichat.tracers.streaming import Filter
from tests.tracers.feeding import end, fail, number, start, tell


def plus(more, **kwargs):
    return RunnableLambda(lambda x: x + more, name=f"plus{more}", **kwargs)


def model(*answers):
    return GenericFakeChatModel(messages=iter([AIMessage(content=one) for one in answers or ("hello you",)]))


async def listed(runnable, value, config=None, **kwargs):
    return [event async for event in runnable.astream_events(value, config, **kwargs)]


def events(runnable, value, config=None, **kwargs):
    return asyncio.run(listed(runnable, value, config, **kwargs))


def brief(found):
    """Give each event as "name: kind data" with the data's keys."""
    return [f"{event['event'][3:]} {event['name']}: {' '.join(event['data'])}" for event in found]


def test_a_chain_and_its_steps():
    found = events(plus(1) | plus(2), 1, {"tags": ["t"], "metadata": {"m": 1}})
    assert brief(found) == [
        "chain_start RunnableSequence: input",
        "chain_start plus1: ",
        "chain_stream plus1: chunk",
        "chain_start plus2: ",
        "chain_end plus1: output input",
        "chain_stream plus2: chunk",
        "chain_stream RunnableSequence: chunk",
        "chain_end plus2: output input",
        "chain_end RunnableSequence: output",
    ]
    root, first = found[0], found[1]
    assert root == {
        "event": "on_chain_start",
        "name": "RunnableSequence",
        "run_id": root["run_id"],
        "tags": ["t"],
        "metadata": {"m": 1},
        "parent_ids": [],
        "data": {"input": 1},
    }
    assert first["tags"] == ["seq:step:1", "t"] and first["metadata"] == {"m": 1}
    assert {tuple(event["parent_ids"]) for event in found} == {(), (root["run_id"],)}
    assert found[4]["data"] == {"output": 2, "input": 1} and found[-1]["data"] == {"output": 4}


def test_a_bare_model_tells_its_input_pieces_and_whole_answer():
    found = events(model(), "hi")
    assert brief(found)[0] == "chat_model_start GenericFakeChatModel: input"
    assert [event["data"]["chunk"].content for event in found[1:-1]] == ["hello", " ", "you"]
    assert brief(found)[-1] == "chat_model_end GenericFakeChatModel: output"
    assert (found[0]["data"], found[-1]["data"]["output"].content) == ({"input": "hi"}, "hello you")


def test_a_model_in_a_chain_tells_the_messages_it_got():
    found = events(RunnableLambda(lambda x: x) | model(), "hi")
    starts = [event["data"]["input"] for event in found if event["event"] == "on_chat_model_start"]
    ends = [event["data"] for event in found if event["event"] == "on_chat_model_end"]
    assert starts == [{"messages": [[HumanMessage("hi")]]}]
    assert ends[0]["input"] == starts[0] and isinstance(ends[0]["output"], AIMessageChunk)


def test_parent_ids_begin_with_the_root():
    inner = plus(1)
    middle = RunnableLambda(lambda x: inner.invoke(x), name="middle")
    found = events(middle | plus(2), 1)
    ids = {event["name"]: event["run_id"] for event in found}
    (above,) = {tuple(event["parent_ids"]) for event in found if event["name"] == "plus1"}
    assert above == (ids["RunnableSequence"], ids["middle"])


FILTERS = [
    ({}, "RunnableSequence own GenericFakeChatModel last"),
    ({"include_names": ["last"]}, "last"),
    ({"include_types": ["chat_model"]}, "GenericFakeChatModel"),
    ({"include_tags": ["mine"]}, "own"),
    ({"include_tags": ["mine"], "include_names": ["last"]}, "own last"),
    ({"exclude_names": ["last", "own"]}, "RunnableSequence GenericFakeChatModel"),
    ({"exclude_types": ["chain"]}, "GenericFakeChatModel"),
    ({"exclude_tags": ["mine", "seq:step:2"]}, "RunnableSequence last"),
    ({"include_types": ["chain"], "exclude_names": ["RunnableSequence"]}, "own last"),
    ({"include_names": []}, ""),
]


@pytest.mark.parametrize("filters, names", FILTERS, ids=lambda value: str(value)[:40])
def test_filters_choose_runs_by_name_type_or_tag(filters, names):
    own = RunnableLambda(lambda x: x, name="own").with_config(tags=["mine"])
    chain = own | model() | RunnableLambda(lambda message: message.content, name="last")
    assert list(dict.fromkeys(event["name"] for event in events(chain, "hi", **filters))) == names.split()


def test_the_first_event_carries_the_input_of_the_call_whichever_run_it_is_of():
    found = events(RunnableLambda(lambda x: x["q"]) | model(), {"q": "hi"}, include_types=["chat_model"])
    assert found[0]["data"] == {"input": {"q": "hi"}} and list(found[-1]["data"]) == ["output"]


def test_an_error_is_raised_after_the_events_before_it():
    chain = plus(1) | RunnableLambda(lambda x: 1 / 0, name="bad")
    found = []

    async def program():
        async for event in chain.astream_events(1):
            found.append(event)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(program())
    assert brief(found) == [
        "chain_start RunnableSequence: input",
        "chain_start plus1: ",
        "chain_stream plus1: chunk",
        "chain_start bad: ",
        "chain_end plus1: output input",
    ]


def test_a_failing_models_pieces_come_first():
    found = []

    async def program():
        async for event in FakeListChatModel(responses=["abc"], error_on_chunk_number=2).astream_events("hi"):
            found.append(event["event"])

    with pytest.raises(Exception, match="^$"):
        asyncio.run(program())
    assert found == ["on_chat_model_start", "on_chat_model_stream", "on_chat_model_stream"]


def test_custom_events_have_the_name_and_data_they_were_given():
    def report(x):
        dispatch_custom_event("half", {"way": x})
        return x

    async def areport(x, config):
        await adispatch_custom_event("half", [x], config=config)
        return x

    for function, data in [(RunnableLambda(report), {"way": 1}), (RunnableLambda(areport), [1])]:
        (custom,) = [event for event in events(function, 1, {"tags": ["t"]}) if event["event"] == "on_custom_event"]
        assert (custom["name"], custom["data"], custom["tags"]) == ("half", data, ["t"])
        (only,) = events(function, 1, include_names=["half"])
        assert only["data"] == data  # the input of the call is not put into the user's own data
        assert [event for event in events(function, 1, exclude_names=["half"]) if event["name"] == "half"] == []


def told(told_events):
    """Give what the handler makes of events told by hand."""
    found = []
    passes = Filter((None, None, None), (None, None, None))
    tell(_Events(found.append, passes), told_events)
    return found


def test_a_tools_failure_is_an_event_with_the_call_it_was_for():
    error = KeyError("k")
    start_event = ("on_tool_start", 1, 9, ({"name": "add"}, "x"), {"inputs": {"a": 1}, "tool_call_id": "c1"})
    started, failed = told([start_event, fail(1, error, "tool")])
    assert (started["event"], started["data"]) == ("on_tool_start", {"input": {"a": 1}})
    assert failed["data"] == {"error": error, "input": {"a": 1}, "tool_call_id": "c1"}
    assert (failed["event"], failed["parent_ids"]) == ("on_tool_error", [str(number(9))])
    ended = told([start_event, end(1, "out", "tool")])[1]
    assert (ended["event"], ended["data"]) == ("on_tool_end", {"output": "out", "input": {"a": 1}})


def test_a_retriever_tells_its_query_and_documents():
    found = told([start(1, inputs="q", kind="retriever", name="r"), end(1, ["d"], "retriever")])
    assert [event["data"] for event in found] == [
        {"input": {"query": "q"}},
        {"output": ["d"], "input": {"query": "q"}},
    ]


def test_a_child_that_ends_after_its_parent_still_names_those_above():
    found = told([start(1), start(2, 1), start(3, 2), end(1), end(2), end(3)])
    assert found[-1]["parent_ids"] == [str(number(1)), str(number(2))]


def test_events_of_runs_that_have_ended_are_dropped():
    late = [
        ("on_run_chunk", 1, None, ("late",), {}),
        ("on_llm_new_token", 1, None, ("late",), {}),
        end(1),
        end(1, LLMResult(generations=[]), "llm"),
        end(1, "x", "tool"),
        end(1, [], "retriever"),
        fail(1, KeyError(), "tool"),
    ]
    for kind, method in [("chain", "chain"), ("chat_model", "llm"), ("tool", "tool"), ("retriever", "retriever")]:
        output = LLMResult(generations=[]) if method == "llm" else "out"
        for last in (end(1, output, method), fail(1, KeyError(), method)):
            events_before = [start(1, kind=kind), last]
            assert told([*events_before, *late]) == told(events_before), (kind, last)


def test_a_token_without_its_chunk_is_made_one():
    found = told([start(1, inputs=[], kind="chat_model"), ("on_llm_new_token", 1, None, ("hey",), {})])
    assert found[1]["data"] == {"chunk": AIMessageChunk(content="hey")}


def test_a_model_that_gave_nothing_has_an_empty_output():
    for generations in ([], [[]]):
        answer = LLMResult(generations=generations)
        found = told([start(1, inputs=[], kind="chat_model"), end(1, answer, "llm")])
        assert found[1]["data"] == {"output": {}, "input": {"messages": [[]]}}


@pytest.mark.parametrize("version", ["v1", "v3", "", None])
def test_other_versions_are_refused(version):
    with pytest.raises(NotImplementedError, match="version 'v2'"):
        events(plus(1), 1, version=version)


def test_handlers_of_the_config_hear_the_run_too():
    for wrap in (list, CallbackManager):
        collector = RunCollectorCallbackHandler()
        config = {"callbacks": wrap([collector]), "run_name": "mine", "run_id": number(5)}
        found = events(plus(1), 1, config)
        assert (found[0]["name"], found[0]["run_id"]) == ("mine", str(number(5)))
        assert [run.id for run in collector.traced_runs] == [number(5)]
        assert len(getattr(config["callbacks"], "handlers", config["callbacks"])) == 1  # not left in the config


def test_inside_a_function_the_events_are_of_runs_below_it():
    seen = []

    async def watch(x):
        async for event in plus(1).astream_events(x):
            seen.append((event["event"], event["parent_ids"]))
        return x

    collector = RunCollectorCallbackHandler()
    asyncio.run(RunnableLambda(watch, name="outer").ainvoke(1, {"callbacks": [collector]}))
    (root,) = collector.traced_runs
    assert [child.name for child in root.child_runs] == ["plus1"]
    assert [name for name, _ in seen] == ["on_chain_start", "on_chain_stream", "on_chain_end"]


def test_synchronous_functions_tell_their_calls_from_their_thread():
    threads = []
    inner = RunnableLambda(lambda x: threads.append(threading.current_thread()) or x, name="inner")
    found = events(RunnableLambda(lambda x: inner.invoke(x), name="outer"), 1)
    assert threads[0] is not threading.main_thread()
    assert brief(found) == [
        "chain_start outer: input",
        "chain_start inner: input",
        "chain_end inner: output input",
        "chain_stream outer: chunk",
        "chain_end outer: output",
    ]
    assert found[2]["data"] == {"output": 1, "input": 1}


def test_branches_side_by_side_are_told_as_they_come():
    found = events(RunnableParallel(a=plus(1), b=plus(2)), 1)
    names = [event["name"] for event in found]
    assert (names[0], names[-1]) == ("RunnableParallel<a,b>", "RunnableParallel<a,b>")
    assert sorted(names[1:-1]) == sorted(["plus1", "plus2"] * 3 + ["RunnableParallel<a,b>"] * 2)
    tags = {event["name"]: event["tags"] for event in found}
    assert (tags["plus1"], tags["plus2"]) == (["map:key:a"], ["map:key:b"])


class Endless:
    """An async generator function that counts what it gave and when it was closed."""

    def __init__(self):
        self.given = self.closed = 0

    async def __call__(self, inputs):
        try:
            async for _ in inputs:
                while True:
                    self.given += 1
                    yield self.given
                    await asyncio.sleep(0)
        finally:
            self.closed += 1


@pytest.mark.parametrize("stop_at", ["on_chain_start", "on_chain_stream"])
@pytest.mark.parametrize("way", ["aclose", "cancel"])
def test_leaving_early_closes_every_inner_iterator_and_ends_every_run(way, stop_at):
    source = Endless()
    collector = RunCollectorCallbackHandler()
    chain = RunnableGenerator(source) | RunnableGenerator(passing) | RunnableGenerator(passing)

    async def consume():
        async with closing(chain.astream_events(1, {"callbacks": [collector]})) as stream:
            async for event in stream:
                if event["event"] == stop_at:
                    if way == "cancel":
                        asyncio.current_task().cancel()
                        await asyncio.sleep(0)
                    break

    async def program():
        task = asyncio.ensure_future(consume())
        await asyncio.wait([task])
        assert task.cancelled() == (way == "cancel")
        await asyncio.sleep(0)
        return [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]

    assert asyncio.run(program()) == []
    assert source.closed == (1 if source.given else 0)
    assert collector.run_map == {} and len(collector.traced_runs) <= 1
    for root in collector.traced_runs:
        assert all(run.end_time is not None for run in [root, *root.child_runs])


async def passing(inputs):
    async for item in inputs:
        yield item


def test_the_run_does_not_go_ahead_of_a_slow_consumer():
    source = Endless()

    async def program():
        ahead = []
        async with closing(RunnableGenerator(source, name="numbers").astream_events(1)) as stream:
            async for event in stream:
                if event["event"] == "on_chain_stream":
                    for _ in range(10):
                        await asyncio.sleep(0)
                    ahead.append(source.given - event["data"]["chunk"])
                    if len(ahead) == 20:
                        return ahead

    assert set(asyncio.run(program())) == {0}


def test_a_stream_that_is_left_and_never_closed_ends_with_the_loop(recwarn):
    source = Endless()
    complaints = []

    async def program():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        stream = RunnableGenerator(source).astream_events(1)
        async for event in stream:
            if event["event"] == "on_chain_stream":
                break
        return stream

    asyncio.run(program())
    assert (source.closed, complaints, recwarn.list) == (1, [], [])


def test_the_function_itself_is_what_the_method_calls():
    async def program():
        direct = [event["event"] async for event in astream_events(plus(1), 1, include_types=["chain"])]
        return direct, [event["event"] for event in await listed(plus(1), 1, version="v2")]

    direct, by_method = asyncio.run(program())
    assert direct == by_method == ["on_chain_start", "on_chain_stream", "on_chain_end"]
