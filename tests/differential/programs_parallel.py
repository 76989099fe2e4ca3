"""Parallel, passthrough, assign, pick, branch, router, each, and dicts that add up."""

from __future__ import annotations

import operator
from functools import reduce

from .library import program
from .models import answering
from .observe import attempt, attempt_text, every_way, pieces, shown


def total(found):
    """The pieces of branches come in any order: add them up, and say how many there were for each key."""
    keys = sorted(key for piece in found for key in piece)
    return {key: reduce(operator.add, [piece[key] for piece in found if key in piece]) for key in keys}, keys


@program
def parallel_results(lc):
    return every_way(lambda: lc.RunnableParallel(a=lambda x: x + 1), 1), attempt(
        lc.RunnableParallel({"a": lambda x: x, "b": lambda x: x * 2}, c=lambda x: x * 3).invoke, 2
    )


@program
def parallel_keeps_the_order_of_its_keys(lc):
    steps = lc.RunnableParallel(z=lambda x: x, a=lambda x: x, m=lambda x: x)
    return list(steps.invoke(1)), list(steps.steps__), steps.get_name(), steps.get_name("Suffix")


@program
def parallel_of_streams_adds_up(lc):
    chain = lc.RunnableParallel(
        one=answering(lc, "a b c") | lc.StrOutputParser(), two=answering(lc, "d e") | lc.StrOutputParser()
    )
    return total(list(chain.stream("x")))


@program
async def parallel_of_streams_adds_up_in_async(lc):
    chain = lc.RunnableParallel(
        one=answering(lc, "a b c") | lc.StrOutputParser(), two=answering(lc, "d e") | lc.StrOutputParser()
    )
    return total([piece async for piece in chain.astream("x")])


@program
def parallel_stream_gives_addable_dicts(lc):
    found = list(lc.RunnableParallel(one=lambda x: x).stream("x"))
    return [type(one).__name__ for one in found], type(lc.RunnableParallel(one=lambda x: x).invoke(1)).__name__


@program
def parallel_with_an_error_in_one_branch(lc):
    def fail(x):
        raise LookupError("no")

    return every_way(lambda: lc.RunnableParallel(bad=fail), 1), attempt(
        lc.RunnableParallel(good=lambda x: x, bad=fail).invoke, 1
    )


@program
def parallel_names_in_repr(lc):
    first = repr(lc.RunnableParallel(a=lc.RunnablePassthrough(), b=lc.StrOutputParser()))
    return first.split("\n")[0], "a:" in first, lc.RunnableMap is lc.RunnableParallel


@program
def parallel_nested_in_a_parallel(lc):
    inner = {"b": lambda x: x + "b", "c": {"d": lambda x: x + "d"}}
    return attempt(lc.RunnableParallel(a=inner).invoke, "x")


@program
def passthrough_results(lc):
    return every_way(lambda: lc.RunnablePassthrough(), {"a": 1}), lc.RunnablePassthrough().get_name()


@program
def passthrough_with_a_function_at_the_side(lc):
    seen = []

    async def later(x):
        seen.append(("async", x))

    def build():
        return lc.RunnablePassthrough(func=lambda x: seen.append(("sync", x)), afunc=later)

    return every_way(build, "ab"), seen


@program
def passthrough_passes_pieces(lc):
    seen = []
    step = lc.RunnablePassthrough(seen.append)
    return list(step.transform(iter(["a", "b", "c"]))), seen


@program
def passthrough_with_a_function_that_takes_config(lc):
    seen = []
    step = lc.RunnablePassthrough(lambda x, config: seen.append(sorted(config["tags"])))
    return step.invoke(1, {"tags": ["q"]}), seen


@program
def assign_adds_keys(lc):
    return every_way(lambda: lc.RunnablePassthrough.assign(b=lambda d: d["a"] + 1), {"a": 1})


@program
def assign_on_a_runnable(lc):
    chain = lc.RunnableLambda(lambda x: {"a": x}).assign(b=lambda d: d["a"] * 2).assign(a=lambda d: "new")
    return every_way(lambda: chain, 5)


@program
def assign_wants_a_dict(lc):
    step = lc.RunnablePassthrough.assign(b=lambda d: 1)
    return attempt_text(step.invoke, "text"), attempt_text(step.invoke, [1]), pieces(step.stream("text"))


@program
def assign_streams_what_it_has_first(lc):
    def build():
        said = lc.RunnableLambda(lambda d: d["q"]) | answering(lc, "x y") | lc.StrOutputParser()
        return lc.RunnablePassthrough.assign(answer=said)

    found = list(build().stream({"q": "hi", "n": 1}))
    return [shown(dict(one)) for one in found], shown(build().invoke({"q": "hi"}))


@program
def assign_gathers_dicts_that_come_in_pieces(lc):
    step = lc.RunnablePassthrough.assign(n=lambda d: sorted(d))
    return pieces(step.transform(iter([{"a": 1}, {"b": 2}])))


@program
def pick_one_and_many(lc):
    chain = lc.RunnableLambda(lambda x: {"a": x, "b": x + 1})
    return (
        every_way(lambda: chain.pick("a"), 1),
        every_way(lambda: chain.pick(["a", "zzz"]), 1),
        attempt(chain.pick("zzz").invoke, 1),
        pieces(chain.pick("zzz").stream(1)),
    )


@program
def pick_names(lc):
    return [lc.RunnablePick(keys).get_name() for keys in ("a", ["a", "b"])]


@program
def pick_from_a_text(lc):
    return attempt_text(lc.RunnablePick("a").invoke, "text")


@program
def assign_names(lc):
    step = lc.RunnablePassthrough.assign(b=lambda d: 1, c=lambda d: 2)
    return step.get_name(), step.get_name("Input")


@program
def branch_takes_the_first_that_holds(lc):
    def build():
        return lc.RunnableBranch(
            (lambda x: x > 10, lambda x: "big"), (lambda x: x > 5, lambda x: "middle"), lambda x: f"small {x}"
        )

    return [every_way(build, value) for value in (20, 7, 1)], build().get_name()


@program
def branch_streams_its_choice(lc):
    def letters(stream):
        for text in stream:
            yield from text

    step = lc.RunnableBranch((lambda x: len(x) > 2, letters), lambda x: x)
    return pieces(step.stream("abc")), pieces(step.stream("ab"))


@program
def branch_is_checked_when_made(lc):
    return [
        attempt(lc.RunnableBranch),
        attempt(lc.RunnableBranch, lambda x: x),
        attempt(lc.RunnableBranch, (lambda x: True, lambda x: x)),
        attempt(lc.RunnableBranch, (lambda x: True, lambda x: x), (lambda x: True, lambda x: x)),
        attempt(lc.RunnableBranch, "not a pair", lambda x: x),
        attempt(lc.RunnableBranch, (lambda x: True,), lambda x: x),
    ]


@program
def branch_condition_fails(lc):
    return every_way(lambda: lc.RunnableBranch((lambda x: x / 0, lambda x: 1), lambda x: 2), 1)


@program
def branch_conditions_may_be_runnables_and_async(lc):
    async def big(x):
        return x > 1

    step = lc.RunnableBranch((lc.RunnableLambda(big), lambda x: "big"), lambda x: "small")
    return every_way(lambda: step, 2), every_way(lambda: step, 1)


@program
def router_by_key(lc):
    def build():
        return lc.RouterRunnable({"add": lambda x: x + 1, "square": lc.RunnableLambda(lambda x: x * x)})

    return (
        every_way(build, {"key": "square", "input": 3}),
        attempt(build().batch, [{"key": "add", "input": 1}, {"key": "square", "input": 5}]),
        attempt_text(build().invoke, {"key": "none", "input": 1}),
        attempt(build().batch, [{"key": "none", "input": 1}]),
    )


@program
def map_over_a_list(lc):
    def build():
        return lc.RunnableLambda(lambda x: x * 2).map()

    return every_way(build, [1, 2, 3]), attempt(build().invoke, []), build().get_name(), type(build()).__name__


@program
def map_with_an_error(lc):
    step = lc.RunnableLambda(lambda x: 1 // x).map()
    return attempt(step.invoke, [1, 0]), attempt(step.invoke, [1, 0], None, return_exceptions=True)


@program
def map_binds_and_configures(lc):
    step = lc.RunnableLambda(lambda x, n=1: x * n).map().bind(n=3).with_config(tags=["t"])
    return attempt(step.invoke, [1, 2])


@program
def addable_dicts(lc):
    first, second = lc.AddableDict({"a": "x", "n": None}), lc.AddableDict({"a": "y", "b": [1], "n": 2})
    return (
        shown(first + second),
        shown(second + {"b": [2]}),
        shown({"a": "w"} + first),
        shown(first + {"n": None}),
        attempt(lambda: lc.AddableDict({"a": {"k": 1}}) + {"a": {"j": 2}}),
        type(first + second).__name__,
    )


@program
async def add_and_aadd(lc):
    async def numbers():
        for number in (1, 2, 3):
            yield number

    return (
        lc.add(["a", "b"]),
        lc.add([]),
        lc.add(iter([(1,), (2,)])),
        attempt(lc.add, [{"a"}, {"b"}]),
        await lc.aadd(numbers()),
    )


@program
def stream_of_dicts_that_do_not_add(lc):
    def two(stream):
        for _ in stream:
            yield {"a": 1}
            yield {"b": 2}

    chain = lc.RunnableGenerator(two) | (lambda d: d)
    return every_way(lambda: chain, 1), attempt(lc.RunnableGenerator(two).invoke, 1)
