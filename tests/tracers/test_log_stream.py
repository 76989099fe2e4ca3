"""`astream_log`: the two forms, filters, errors, and that nothing stays when the consumer leaves."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

import fakes
from minichat import AIMessage, AIMessageChunk, ChatOpenAI, FakeChatModel, FakeListChatModel
from minichat.language_models import BaseChatModel
from minichat.outputs import ChatGenerationChunk
from minichat.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnableParallel
from minichat.tracers.log_stream import LogStreamCallbackHandler, RunLog, RunLogPatch
from minichat.tracers.schemas import Run


def collected(runnable, input="hi", **options):
    """Run `astream_log` to its end; give what it yielded."""

    async def collect():
        return [log async for log in runnable.astream_log(input, **options)]

    return asyncio.run(collect())


def ops_of(patches):
    return [(op["op"], op["path"], op["value"]) for patch in patches for op in patch.ops]


def paths_of(patches):
    return [[op["path"] for op in patch.ops] for patch in patches]


def texts(chunk):
    return getattr(chunk, "content", chunk)


async def to_text(chunks):
    async for chunk in chunks:
        yield chunk.content


parser = RunnableGenerator(to_text)


# -- a bare chat model -----------------------------------------------------------------------

WRAPPED = {
    "the model itself": lambda model: model,
    "bind": lambda model: model.bind(stop=["."]),
    "with_config": lambda model: model.with_config(tags=["a"], run_name="mine"),
    "both, twice": lambda model: model.bind(stop=["."]).with_config(tags=["a"]).bind(k=1),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_bare_model_prints_the_form_of_the_quick_start(wrap):
    first, *pieces, last = collected(wrap(FakeListChatModel(responses=["ab"])))
    (begin,) = first.ops
    assert (begin["op"], begin["path"]) == ("replace", "")
    assert {**begin["value"], "id": 0} == {"final_output": None, "id": 0, "logs": {}, "streamed_output": []}
    assert [(op, path, texts(value)) for op, path, value in ops_of(pieces)] == [
        ("add", "/streamed_output/-", "a"),
        ("add", "/streamed_output/-", "b"),
    ]
    (end,) = last.ops
    assert (end["op"], end["path"]) == ("replace", "/final_output")
    ((generation,),) = end["value"].pop("generations")
    assert end["value"] == {"llm_output": None, "run": None}
    assert set(generation) == {"text", "message", "generation_info"}
    assert isinstance(generation["message"], AIMessageChunk) and generation["text"] == generation["message"].content == "ab"


def test_a_bare_model_gives_as_many_chunks_as_its_stream():
    reply = fakes.Reply([fakes.Text(piece) for piece in ("J'", "adore", ".")], usage=fakes.Usage(5, 3))

    async def both():
        with fakes.serve([reply, reply]) as server:
            async with ChatOpenAI(api_key="k", base_url=server.url("openai"), stream_usage=True) as model:
                plain = [chunk async for chunk in model.astream("hi")]
                return plain, [log async for log in model.astream_log("hi")]

    plain, logs = asyncio.run(both())
    streamed = [value for _, path, value in ops_of(logs) if path == "/streamed_output/-"]
    assert [chunk.content for chunk in streamed] == [chunk.content for chunk in plain] == ["", "J'", "adore", ".", ""]
    assert streamed[-1].usage_metadata == plain[-1].usage_metadata
    whole = logs[-1].ops[0]["value"]["generations"][0][0]
    assert whole["generation_info"]["finish_reason"] == "stop"
    assert (whole["text"], whole["message"].usage_metadata["total_tokens"]) == ("J'adore.", 8)


def test_a_model_that_does_not_stream_gives_its_message_in_one_piece():
    logs = collected(FakeChatModel())
    assert [path for _, path, _ in ops_of(logs)] == ["", "/streamed_output/-", "/final_output"]
    assert type(logs[1].ops[0]["value"]) is AIMessage


def test_without_the_list_a_bare_model_tells_its_end_only():
    logs = collected(FakeListChatModel(responses=["ab"]), with_streamed_output_list=False)
    assert paths_of(logs) == [[""], ["/final_output"]]


def test_filters_never_leave_the_root_out():
    for options in ({"include_names": []}, {"exclude_types": ["llm"]}, {"exclude_names": ["FakeListChatModel"]}):
        assert len(collected(FakeListChatModel(responses=["ab"]), **options)) == 4


# -- chains ----------------------------------------------------------------------------------


def test_a_chain_tells_of_a_token_from_the_model_to_the_root():
    logs = collected(FakeListChatModel(responses=["ab"]) | parser)
    model, text = "/logs/FakeListChatModel", "/logs/to_text"
    assert paths_of(logs)[:6] == [
        [""],
        [model],
        [model + "/streamed_output_str/-", model + "/streamed_output/-"],
        [text],
        [text + "/streamed_output/-"],
        ["/streamed_output/-", "/final_output"],
    ]
    state = sum(logs[1:], logs[0]).state
    assert (state["name"], state["type"], state["final_output"]) == ("RunnableSequence", "chain", "ab")
    entry = state["logs"]["FakeListChatModel"]
    assert entry["streamed_output_str"] == ["a", "b"] and [c.content for c in entry["streamed_output"]] == ["a", "b"]
    assert entry["final_output"]["generations"][0][0]["message"].content == "ab"
    assert (entry["type"], entry["final_output"]["type"], entry["tags"]) == ("llm", "LLMResult", ["seq:step:1"])
    assert entry["start_time"] <= entry["end_time"] and entry["end_time"].endswith("+00:00")
    assert state["logs"]["to_text"]["final_output"] == {"output": "ab"}


def test_each_log_is_the_state_after_its_patch_and_stays_that():
    chain = FakeListChatModel(responses=["ab"]) | parser
    logs = collected(chain, diff=False)
    outputs = [log.state["final_output"] for log in logs]
    assert outputs[0] is None and outputs[-1] == "ab" and "a" in outputs
    assert [len(log.state["streamed_output"]) for log in logs] == sorted(len(log.state["streamed_output"]) for log in logs)
    assert all(type(log) is RunLog for log in logs)
    assert logs[0].ops == logs[-1].ops[:1]


def test_a_name_with_a_slash_keeps_its_place():
    named = RunnableLambda(str).with_config(run_name="a/b~c") | RunnableLambda(str).with_config(run_name="a/b~c")
    assert list(collected(named, diff=False)[-1].state["logs"]) == ["a/b~c", "a/b~c:2"]


def test_runs_that_begin_side_by_side_in_threads_get_names_of_their_own():
    barrier = threading.Barrier(4, timeout=20)

    def wait(number):
        barrier.wait()
        return RunnableLambda(str).with_config(run_name="inner").invoke(number)

    steps = {f"k{number}": RunnableLambda(wait) for number in range(4)}
    state = collected(RunnableParallel(steps), 1, diff=False)[-1].state
    assert {"inner", "inner:2", "inner:3", "inner:4"} <= set(state["logs"])
    assert [entry["final_output"] for name, entry in state["logs"].items() if "inner" in name] == [{"output": "1"}] * 4


def test_the_callers_handlers_go_on_hearing_and_get_back_nothing_of_the_log():
    heard = []

    class Handler:
        def on_chain_start(self, serialized, inputs, **kwargs):
            heard.append(kwargs["name"])

    config = {"callbacks": [Handler()]}
    collected(RunnableLambda(str) | RunnableLambda(len), config=config)
    assert heard == ["RunnableSequence", "str", "len"]
    assert len(config["callbacks"]) == 1


def test_a_log_inside_a_run_is_heard_by_the_handlers_around():
    heard = []

    class Handler:
        def on_chain_start(self, serialized, inputs, **kwargs):
            heard.append((kwargs["name"], kwargs["parent_run_id"] is None))

    async def inside(text):
        return [log async for log in RunnableLambda(str).with_config(run_name="inner").astream_log(text)]

    logs = asyncio.run(RunnableLambda(inside).ainvoke("hi", {"callbacks": [Handler()]}))
    assert heard == [("inside", True), ("inner", False)]
    assert logs[0].ops[0]["value"]["name"] == "inner"


class Doubling(Runnable):
    """A runnable as users write one: what they override is no run."""

    def invoke(self, input, config=None, **kwargs):
        return 2 * input


def test_a_runnable_without_a_run_begins_a_log_all_the_same():
    run_id = "00000000-0000-0000-0000-000000000007"
    state = collected(Doubling(), "ab", config={"run_id": run_id}, diff=False)[-1].state
    assert (state["id"], state["name"]) == (run_id, "Doubling")
    assert (state["streamed_output"], state["final_output"]) == (["abab"], "abab")


CHOICES = [
    ({}, True),
    ({"include_names": ["a"]}, True),
    ({"include_names": ["b"]}, False),
    ({"include_names": []}, False),
    ({"include_types": ["chain"]}, True),
    ({"include_tags": ["t2", "x"]}, True),
    ({"include_names": ["b"], "include_tags": ["t1"]}, True),
    ({"exclude_names": ["a"]}, False),
    ({"exclude_names": ["b"]}, True),
    ({"exclude_types": ["chain"]}, False),
    ({"exclude_tags": ["t2"]}, False),
    ({"include_names": ["a"], "exclude_tags": ["t1"]}, False),
]


@pytest.mark.parametrize("options, expected", CHOICES, ids=[str(options) for options, _ in CHOICES])
def test_runs_are_chosen_by_name_type_and_tag(options, expected):
    async def ask():
        return LogStreamCallbackHandler(**options).include_run(Run(name="a", run_type="chain", tags=["t1", "t2"]))

    assert asyncio.run(ask()) is expected


def test_a_handler_of_ones_own_can_be_iterated():
    async def program(**options):
        handler = LogStreamCallbackHandler(**options)
        output = await (RunnableLambda(str.upper) | RunnableLambda(len)).ainvoke("hi", {"callbacks": [handler]})
        return output, [patch async for patch in handler]

    output, patches = asyncio.run(program(exclude_tags=["seq:step:1"]))
    state = (RunLog(state=None) + RunLogPatch(*(op for patch in patches for op in patch.ops))).state
    assert output == 2 and state["name"] == "RunnableSequence"
    assert [entry["final_output"] for entry in state["logs"].values()] == [{"output": 2}]


# -- errors and early ends -------------------------------------------------------------------


class Broken(Exception):
    pass


class Source(BaseChatModel):
    """A model that streams letters for ever, or until it breaks, and counts what is open."""

    breaks_after: int = 1_000_000
    opened: int = 0
    closed: int = 0

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        raise AssertionError("this model only streams")

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        self.opened += 1
        try:
            for _ in range(self.breaks_after):
                await asyncio.sleep(0)
                yield ChatGenerationChunk(message=AIMessageChunk(content="x"))
            raise Broken
        finally:
            self.closed += 1


class Ends:
    """Counts the starts and ends of runs."""

    def __init__(self):
        self.starts = self.ends = 0

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)

        def count(*args, **kwargs):
            self.starts += name.endswith("_start")
            self.ends += name.endswith(("_end", "_error"))

        return count


FORMS = {"bare": lambda model: model, "chain": lambda model: model | parser | RunnableGenerator(letters)}


async def letters(texts):
    async for text in texts:
        yield text


async def tasks_left():
    await asyncio.sleep(0)
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("diff", [True, False])
def test_an_error_comes_after_what_had_come_before_it(form, diff):
    async def program():
        model, ends, logs = Source(breaks_after=3), Ends(), []
        with pytest.raises(Broken):
            async for log in form(model).astream_log("hi", {"callbacks": [ends]}, diff=diff):
                logs.append(log)
        assert (model.opened, model.closed) == (1, 1)
        assert ends.starts == ends.ends > 0
        assert not await tasks_left()
        return logs

    logs = asyncio.run(program())
    state = sum(logs[1:], logs[0]).state if diff else logs[-1].state
    assert [texts(piece) for piece in state["streamed_output"]] == ["x", "x", "x"]
    assert "generations" not in (state["final_output"] or ())


def test_a_step_that_breaks_in_mid_stream_ends_the_runs_that_feed_it_in_the_log_too():
    async def break_off(texts):
        async for text in texts:
            yield text
            raise Broken

    async def program():
        logs = []
        with pytest.raises(Broken):
            async for log in (Source() | parser | RunnableGenerator(break_off)).astream_log("hi", diff=False):
                logs.append(log)
        return logs[-1].state["logs"]

    entries = asyncio.run(program())
    assert list(entries) == ["Source", "to_text", "break_off"]
    assert all(entry["end_time"] for entry in entries.values())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("after", [1, 2, 3, 5, 9])
def test_leaving_early_ends_the_run_at_once_and_leaves_nothing(form, after):
    async def program():
        model, ends = Source(), Ends()
        logs = form(model).astream_log("hi", {"callbacks": [ends]})
        for _ in range(after):
            await logs.__anext__()
        await logs.aclose()
        assert model.opened == model.closed
        assert ends.starts == ends.ends
        assert not await tasks_left()
        gc.collect()

    asyncio.run(program())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_cancelling_the_consumer_ends_the_run(form):
    async def program():
        model, ends = Source(), Ends()
        seen = asyncio.Event()

        async def consume():
            count = 0
            async for _ in form(model).astream_log("hi", {"callbacks": [ends]}):
                count += 1
                if count == 6:
                    seen.set()

        task = asyncio.ensure_future(consume())
        await seen.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(5):  # the loop closes the abandoned generator in a task of its own
            await asyncio.sleep(0)
        gc.collect()
        for _ in range(50):
            await asyncio.sleep(0)
        assert model.opened == model.closed == 1
        assert ends.starts == ends.ends
        assert not await tasks_left()

    asyncio.run(program())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_run_waits_for_a_slow_consumer(form):
    given = 0

    async def program():
        nonlocal given

        class Counting(Source):
            async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
                nonlocal given
                async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
                    given += 1
                    yield chunk

        taken = 0
        logs = form(Counting()).astream_log("hi")
        async for log in logs:
            taken += any(op["path"] == "/streamed_output/-" for op in log.ops)
            for _ in range(20):
                await asyncio.sleep(0)
            assert given <= taken + 2
            if taken == 10:
                break
        await logs.aclose()

    asyncio.run(program())


def test_a_wrong_config_is_an_error_of_the_first_step():
    async def program():
        logs = RunnableLambda(str).astream_log("hi", {"callbacks": 5})
        with pytest.raises(ValueError, match="callbacks"):
            await logs.__anext__()
        assert not await tasks_left()

    asyncio.run(program())
