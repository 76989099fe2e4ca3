"""Each kind of runnable: what it gives at once, in pieces, and for many, on both sides by one test."""

from __future__ import annotations

import asyncio
import operator

import pytest

from minichat import (
    AddableDict,
    AIMessage,
    FakeListChatModel,
    InMemoryChatMessageHistory,
    Runnable,
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
    RunnableWithMessageHistory,
    RouterRunnable,
    chain,
)

from ..language_models.calling import call, every_way, streamed, whole


def add_one(x):
    return x + 1


async def async_double(x):
    return x * 2


def letters(pieces):
    for piece in pieces:
        yield from piece


async def aletters(pieces):
    async for piece in pieces:
        for letter in piece:
            yield letter


def words(text):
    for word in text.split():
        yield word + " "


split = RunnableGenerator(letters, aletters)

KINDS = {
    # name: (runnable, input, what invoke gives, the pieces a stream gives)
    "function": (lambda: RunnableLambda(add_one), 1, 2, [2]),
    "function on both sides": (lambda: RunnableLambda(operator.neg, async_double), 3, {"sync": -3, "async": 6}, None),
    "function that gives a runnable": (lambda: RunnableLambda(lambda x: RunnableLambda(add_one)), 1, 2, [2]),
    "generator function": (lambda: RunnableLambda(words), "a b", "a b ", ["a ", "b "]),
    "generator": (lambda: split, "abc", "abc", ["a", "b", "c"]),
    "sequence": (lambda: RunnableLambda(str.strip) | split, " ab ", "ab", ["a", "b"]),
    "sequence of named steps": (lambda: RunnableSequence(first=RunnableLambda(add_one), last=RunnableLambda(str)), 1, "2", ["2"]),
    "pipe": (lambda: RunnableLambda(add_one).pipe(add_one, str), 1, "3", ["3"]),
    "callable on the left": (lambda: add_one | RunnableLambda(add_one), 1, 3, [3]),
    "dict on the left": (lambda: {"a": add_one} | RunnablePick("a"), 1, 2, [2]),
    "dict on the right": (lambda: RunnableLambda(add_one) | {"a": str}, 1, {"a": "2"}, [{"a": "2"}]),
    "parallel of one": (lambda: RunnableParallel(a=split), "ab", {"a": "ab"}, [{"a": "a"}, {"a": "b"}]),
    "passthrough": (lambda: RunnablePassthrough(), "x", "x", ["x"]),
    "pieces passed through": (lambda: split | RunnablePassthrough(), "ab", "ab", ["a", "b"]),
    "assign": (
        lambda: RunnablePassthrough.assign(b=lambda d: d["a"] + 1), {"a": 1}, {"a": 1, "b": 2}, [{"a": 1}, {"b": 2}],
    ),
    "assign over a key": (lambda: RunnablePassthrough.assign(a=lambda d: 9), {"a": 1}, {"a": 9}, [{"a": 9}]),
    "assign as a method": (lambda: RunnableParallel(a=add_one).assign(b=lambda d: d["a"]), 1, {"a": 2, "b": 2}, [{"a": 2}, {"b": 2}]),
    "pick one": (lambda: RunnableParallel(a=add_one).pick("a"), 1, 2, [2]),
    "pick several": (lambda: RunnablePick(["a", "z"]), {"a": 1, "b": 2}, {"a": 1}, [{"a": 1}]),
    "pick what is not there": (lambda: RunnablePick("z"), {"a": 1}, None, []),
    "branch": (lambda: RunnableBranch((lambda x: x > 5, lambda x: "big"), lambda x: "small"), 9, "big", ["big"]),
    "branch, default": (lambda: RunnableBranch((lambda x: x > 5, lambda x: "big"), lambda x: "small"), 1, "small", ["small"]),
    "branch, streamed through": (lambda: RunnableBranch((lambda x: False, add_one), split), "ab", "ab", ["a", "b"]),
    "router": (lambda: RouterRunnable({"a": add_one, "b": split}), {"key": "b", "input": "ab"}, "ab", ["a", "b"]),
    "each": (lambda: RunnableLambda(add_one).map(), [1, 2, 3], [2, 3, 4], [[2, 3, 4]]),
    "each of none": (lambda: RunnableLambda(add_one).map(), [], [], [[]]),
    "bound": (lambda: RunnableLambda(lambda x, more=0: x + more).bind(more=5), 1, 6, [6]),
    "bound twice": (lambda: RunnableLambda(lambda x, more=0, less=0: x + more - less).bind(more=5).bind(less=1), 1, 5, [5]),
    "typed": (lambda: RunnableLambda(add_one).with_types(input_type=int), 1, 2, [2]),
    "named": (lambda: RunnableLambda(add_one).with_config(run_name="n", tags=["t"]), 1, 2, [2]),
    "fallback": (lambda: RunnableLambda(int).with_fallbacks([RunnableLambda(len)]), "abc", 3, [3]),
    "fallback not needed": (lambda: RunnableLambda(int).with_fallbacks([RunnableLambda(len)]), "12", 12, [12]),
    "decorated": (lambda: chain(add_one), 1, 2, [2]),
    "model in the middle": (
        lambda: RunnableLambda(str) | FakeListChatModel(responses=["hey"]) | (lambda m: m.content), 1, "hey", ["hey"],
    ),
}  # fmt: skip


@every_way
@pytest.mark.parametrize("name", KINDS)
def test_what_each_kind_gives(name, way):
    make, given, result, pieces = KINDS[name]
    if isinstance(result, dict) and set(result) == {"sync", "async"}:
        result = result["async" if way.startswith("a") else "sync"]
        pieces = [result]
    got = call(make(), way, given)
    assert got == (pieces if way.endswith("stream") else result)


@pytest.mark.parametrize("name", KINDS)
def test_many_inputs_give_as_many_outputs(name):
    make, given, result, _ = KINDS[name]
    if isinstance(result, dict) and set(result) == {"sync", "async"}:
        assert make().batch([given, given]) == [result["sync"]] * 2
        result = result["async"]
    else:
        assert make().batch([given, given]) == [result] * 2
    assert asyncio.run(make().abatch([given, given])) == [result] * 2


@streamed
def test_side_by_side_pieces_come_as_they_are_made(way):
    both = RunnableParallel(a=split, b=split)
    pieces = call(both, way, "xyz")
    assert all(len(piece) == 1 for piece in pieces) and len(pieces) == 6
    total = AddableDict()
    for piece in pieces:
        total = total + piece
    assert total == {"a": "xyz", "b": "xyz"}


def test_a_stream_is_read_once_for_all_branches():
    read = []

    def source(pieces):
        for piece in pieces:
            for letter in piece:
                read.append(letter)
                yield letter

    both = RunnableGenerator(source) | {"a": RunnablePassthrough(), "b": split}
    pieces = list(both.stream("xy"))
    assert sorted(map(str, pieces)) == ["{'a': 'x'}", "{'a': 'y'}", "{'b': 'x'}", "{'b': 'y'}"]
    assert read == ["x", "y"]


@pytest.mark.parametrize("side", ["sync", "async"])
def test_pieces_flow_through_a_chain_before_the_next_is_made(side):
    events = []

    def source(pieces):
        for piece in pieces:
            for letter in piece:
                events.append(f"made {letter}")
                yield letter

    async def asource(pieces):
        async for piece in pieces:
            for letter in piece:
                events.append(f"made {letter}")
                yield letter

    flow = RunnableGenerator(source, asource) | RunnablePassthrough() | split
    if side == "sync":
        for piece in flow.stream("ab"):
            events.append(f"got {piece}")
    else:

        async def read():
            async for piece in flow.astream("ab"):
                events.append(f"got {piece}")

        asyncio.run(read())
    assert events == ["made a", "got a", "made b", "got b"]


@pytest.mark.parametrize("side", ["sync", "async"])
def test_transform_takes_an_input_in_pieces_and_closes_it(side):
    closed = []
    if side == "sync":

        def source():
            try:
                yield "ab"
                yield "cd"
            finally:
                closed.append(True)

        stream = split.transform(source())
        assert next(stream) == "a"
        stream.close()
        assert list(split.transform(iter(["ab", "c"]))) == ["a", "b", "c"]
    else:

        async def asource():
            try:
                yield "ab"
                yield "cd"
            finally:
                closed.append(True)

        async def main():
            stream = split.atransform(asource())
            assert await stream.__anext__() == "a"
            await stream.aclose()

        asyncio.run(main())
    assert closed == [True]


ERRORS = {
    "no runnable": (lambda: RunnableLambda(add_one) | 3, TypeError, "Expected a Runnable, callable or dict"),
    "no function": (lambda: RunnableLambda(3), TypeError, "Expected a callable type"),
    "two coroutines": (lambda: RunnableLambda(async_double, async_double), TypeError, "ambiguity"),
    "no generator": (lambda: RunnableGenerator(add_one), TypeError, "generator function"),
    "one step": (lambda: RunnableSequence(add_one), ValueError, "at least 2 steps"),
    "one branch": (lambda: RunnableBranch(add_one), ValueError, "at least two branches"),
    "a branch that is none": (lambda: RunnableBranch(3, add_one), TypeError, "tuples or lists"),
    "a branch of three": (lambda: RunnableBranch((1, 2, 3), add_one), ValueError, "length 2"),
    "a default that is none": (lambda: RunnableBranch((add_one, add_one), 3), TypeError, "default must be"),
    "unknown waiting": (lambda: RunnableLambda(add_one).with_retry(exponential_jitter_params={"x": 1}), ValueError, "initial"),
    "unknown field": (lambda: RunnableLambda(add_one).configurable_fields(nothing=1), ValueError, "not found"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_composed_is_refused_when_it_is_made(name):
    make, kind, words = ERRORS[name]
    with pytest.raises(kind, match=words):
        make()


CALL_ERRORS = {
    "assign to no dict": (lambda: RunnablePassthrough.assign(a=add_one), 3, ValueError, "must be a dict"),
    "pick of no dict": (lambda: RunnablePick("a"), 3, ValueError, "must be a dict"),
    "unknown key": (lambda: RouterRunnable({"a": add_one}), {"key": "z", "input": 1}, ValueError, "'z'"),
    "all fallbacks fail": (lambda: RunnableLambda(int).with_fallbacks([RunnableLambda(float)]), "x", ValueError, "int"),
    "key for no dict": (
        lambda: RunnableLambda(int).with_fallbacks([RunnableLambda(float)], exception_key="e"), "x", ValueError, "dictionary",
    ),
    "endless functions": (lambda: endless, 1, RecursionError, "Recursion limit reached"),
}  # fmt: skip


def _endless(x):
    return endless


endless = RunnableLambda(_endless)


@every_way
@pytest.mark.parametrize("name", CALL_ERRORS)
def test_what_cannot_be_computed_is_refused_by_name(name, way):
    make, given, kind, words = CALL_ERRORS[name]
    with pytest.raises(kind, match=words):
        call(make(), way, given)


@pytest.mark.parametrize("method", ["invoke", "stream"])
def test_a_coroutine_function_is_refused_on_the_synchronous_side(method):
    with pytest.raises(TypeError, match="coroutine function synchronously"):
        list([getattr(RunnableLambda(async_double), method)(1)])
    with pytest.raises(NotImplementedError, match="only supports async"):
        list([getattr(RunnableGenerator(aletters), method)("a")])


def test_a_synchronous_generator_is_refused_on_the_other():
    with pytest.raises(NotImplementedError, match="only supports sync"):
        asyncio.run(RunnableGenerator(letters).ainvoke("a"))


# -- retries and fallbacks -----------------------------------------------------------------


class Flaky:
    """Raises `failures` times, then gives how often it was called."""

    def __init__(self, failures, kind=ValueError):
        self.failures, self.kind, self.calls = failures, kind, 0

    def __call__(self, x):
        self.calls += 1
        if self.calls <= self.failures:
            raise self.kind(f"call {self.calls}")
        return self.calls


@whole
def test_retries_wait_as_they_are_told_and_then_give_up(way, monkeypatch):
    from minichat.backends import aio, blocking

    waits = []

    async def note(self, seconds):
        waits.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", note)
    monkeypatch.setattr(aio.Asyncio, "sleep", note)
    jitter = {"initial": 2, "exp_base": 3, "jitter": 0, "max": 5}
    flaky = Flaky(2)
    assert call(RunnableLambda(flaky).with_retry(exponential_jitter_params=jitter), way, 1) == 3
    assert waits == [2, 5]
    with pytest.raises(ValueError, match="call 2"):
        call(RunnableLambda(Flaky(9)).with_retry(stop_after_attempt=2, wait_exponential_jitter=False), way, 1)
    other = Flaky(1, KeyError)
    with pytest.raises(KeyError):
        call(RunnableLambda(other).with_retry(retry_if_exception_type=(ValueError,)), way, 1)
    assert other.calls == 1 and len(waits) == 2


@streamed
def test_a_stream_is_not_tried_again(way):
    flaky = Flaky(1)
    with pytest.raises(ValueError):
        call(RunnableLambda(flaky).with_retry(), way, 1)
    assert flaky.calls == 1


@every_way
def test_a_fallback_sees_the_exception_under_its_key(way):
    def fail(given):
        raise KeyError("first")

    given = {"x": 1}
    fallback = RunnableLambda(lambda d: (d["x"], type(d["error"]).__name__))
    got = call(RunnableLambda(fail).with_fallbacks([fallback], exception_key="error"), way, given)
    assert got == ((1, "KeyError") if not way.endswith("stream") else [(1, "KeyError")])
    assert given == {"x": 1}, "the caller's own input was written to"


@streamed
def test_a_stream_changes_over_before_its_first_piece_only(way):
    def breaks(pieces):
        for piece in pieces:
            yield piece
            raise ValueError("too late")

    async def abreaks(pieces):
        async for piece in pieces:
            yield piece
            raise ValueError("too late")

    with pytest.raises(ValueError, match="too late"):
        call(RunnableGenerator(breaks, abreaks).with_fallbacks([RunnableLambda(str)]), way, "x")


def test_fallbacks_bind_to_all_of_them():
    class Tooled(FakeListChatModel):
        def bind_tools(self, tools, **kwargs):
            return self.bind(tools=tools)

    model = Tooled(responses=["a"]).with_fallbacks([Tooled(responses=["b"])])
    bound = model.bind_tools(["t"])
    assert [one.kwargs for one in bound.runnables] == [{"tools": ["t"]}] * 2


# -- config --------------------------------------------------------------------------------


@whole
def test_functions_get_the_config_of_what_they_call(way):
    def look(x, config):
        return config["tags"], config["metadata"], config["configurable"], "run_name" in config

    given = {"tags": ["t"], "metadata": {"m": 1}, "configurable": {"c": 2}, "run_name": "mine"}
    assert call(RunnableLambda(look), way, 1, given) == (["t"], {"m": 1}, {"c": 2}, False)


@whole
def test_settings_chosen_by_a_call(way):
    from minichat import ConfigurableField, ConfigurableFieldMultiOption, ConfigurableFieldSingleOption

    model = FakeListChatModel(responses=["default"])
    chosen = model.configurable_fields(responses=ConfigurableField(id="r"))
    assert call(chosen, way, "x").content == "default"
    assert call(chosen, way, "x", {"configurable": {"r": ["mine"]}}).content == "mine"
    single = ConfigurableFieldSingleOption(id="s", options={"a": ["A"], "b": ["B"]}, default="a")
    chosen = model.configurable_fields(responses=single)
    assert [call(chosen, way, "x", {"configurable": {"s": key}}).content for key in "ab"] == ["A", "B"]
    with pytest.raises(ValueError, match="'s'.*'a', 'b'.*not 'z'"):
        call(chosen, way, "x", {"configurable": {"s": "z"}})
    several = ConfigurableFieldMultiOption(id="s", options={"a": "A", "b": "B"}, default=["b"])
    assert call(model.configurable_fields(responses=several), way, "x").content == "B"


@whole
def test_runnables_chosen_by_a_call(way):
    from minichat import ConfigurableField

    model = FakeListChatModel(responses=["one"]).configurable_alternatives(
        ConfigurableField(id="llm"), default_key="one",
        two=FakeListChatModel(responses=["two"]),
        three=lambda: FakeListChatModel(responses=["three"]),
    )  # fmt: skip
    asked = {key: call(model, way, "x", {"configurable": {"llm": key}}).content for key in ("one", "two", "three")}
    assert asked == {"one": "one", "two": "two", "three": "three"}
    assert call(model.with_config(configurable={"llm": "two"}), way, "x").content == "two"
    with pytest.raises(ValueError, match="Unknown alternative: four"):
        call(model, way, "x", {"configurable": {"llm": "four"}})


# -- what users write ----------------------------------------------------------------------


class Doubled(Runnable):
    """LangChain's way to write a runnable: `invoke` alone."""

    def invoke(self, input, config=None, **kwargs):
        return input * 2


@every_way
def test_a_class_that_overrides_invoke_is_a_step_like_any_other(way):
    got = call(Doubled() | RunnableLambda(add_one), way, 2)
    assert got == (5 if not way.endswith("stream") else [5])
    assert Doubled().batch([1, 2]) == [2, 4] and asyncio.run(Doubled().abatch([1])) == [2]


class Marked(FakeListChatModel):
    """Overrides and asks its super()."""

    def invoke(self, input, config=None, **kwargs):
        answer = super().invoke(input, config, **kwargs)
        return AIMessage(content=answer.content + "!")

    async def ainvoke(self, input, config=None, **kwargs):
        answer = await super().ainvoke(input, config, **kwargs)
        return AIMessage(content=answer.content + "?")

    def stream(self, input, config=None, **kwargs):
        for chunk in super().stream(input, config, **kwargs):
            yield chunk
        yield "!"

    async def astream(self, input, config=None, **kwargs):
        async for chunk in super().astream(input, config, **kwargs):
            yield chunk
        yield "?"


class Twice(Marked):
    def invoke(self, input, config=None, **kwargs):
        return AIMessage(content=super().invoke(input, config, **kwargs).content * 2)


@every_way
def test_an_overriding_method_reaches_its_super_by_call_and_in_a_chain(way):
    def text(answer):
        return "".join(one if isinstance(one, str) else one.content for one in answer)

    mark = "?" if way.startswith("a") else "!"
    for runnable in (Marked(responses=["hi"]), Marked(responses=["hi"]) | RunnablePassthrough()):
        answer = call(runnable, way, "x")
        assert text(answer if way.endswith("stream") else [answer]) == "hi" + mark
    if way == "invoke":
        assert Twice(responses=["hi"]).invoke("x").content == "hi!hi!"


@whole
def test_a_conversation_is_kept_and_a_broken_history_loses_no_answer(way, caplog):
    histories = {}

    def history_of(session_id):
        return histories.setdefault(session_id, InMemoryChatMessageHistory())

    talk = RunnableWithMessageHistory(FakeListChatModel(responses=["one", "two"]), history_of)
    config = {"configurable": {"session_id": "s"}}
    assert [call(talk, way, question, config).content for question in ("a", "b")] == ["one", "two"]
    assert [message.content for message in histories["s"].messages] == ["a", "one", "b", "two"]
    with pytest.raises(ValueError, match="session_id"):
        call(talk, way, "a")

    class Broken(InMemoryChatMessageHistory):
        def add_messages(self, messages):
            if messages:
                raise OSError("disk full")

        async def aadd_messages(self, messages):
            raise OSError("disk full")

    talk = RunnableWithMessageHistory(FakeListChatModel(responses=["one"]), lambda session_id: Broken())
    assert call(talk, way, "a", config).content == "one"
    assert "disk full" in caplog.text


@streamed
def test_a_conversation_is_kept_after_a_whole_stream_and_not_after_a_part(way):
    history = InMemoryChatMessageHistory()
    talk = RunnableWithMessageHistory(FakeListChatModel(responses=["one"]), lambda session_id: history)
    config = {"configurable": {"session_id": "s"}}
    assert [one.content for one in call(talk, way, "a", config)] == ["o", "n", "e"]
    assert history.messages[1] == AIMessage(content="one", id=history.messages[1].id)
    if way == "stream":
        stream = talk.stream("b", config)
        next(stream)
        stream.close()
        assert len(history.messages) == 2


def test_names_are_those_langchain_gives():
    names = {
        "RunnableSequence": RunnableLambda(add_one) | add_one,
        "RunnableParallel<a,b>": RunnableParallel(a=add_one, b=add_one),
        "add_one": RunnableLambda(add_one),
        "RunnableLambda": RunnableLambda(lambda x: x),
        "letters": RunnableGenerator(letters),
        "RunnableEach<add_one>": RunnableLambda(add_one).map(),
        "RunnableAssign<b>": RunnablePassthrough.assign(b=add_one),
        "RunnablePick<a,b>": RunnablePick(["a", "b"]),
        "mine": RunnableLambda(add_one, name="mine"),
    }
    assert {name: runnable.get_name() for name, runnable in names.items()} == {name: name for name in names}
    assert RunnableLambda(add_one).get_name("Input") == "add_one_input"
    assert RunnablePassthrough().get_name("output") == "RunnablePassthroughOutput"
