"""Lambdas, sequences, parallels, generators: what goes in, what comes out, piece by piece."""

from __future__ import annotations

from .library import program
from .models import answering
from .observe import aattempt, apieces, attempt, attempt_text, every_way, pieces, shown


def add_one(x):
    return x + 1


async def add_one_later(x):
    return x + 1


def letters(stream):
    for text in stream:
        yield from text


async def aletters(stream):
    async for text in stream:
        for letter in text:
            yield letter


@program
def lambda_sync(lc):
    return every_way(lambda: lc.RunnableLambda(add_one), 1)


@program
def lambda_async_only(lc):
    return every_way(lambda: lc.RunnableLambda(add_one_later), 1)


@program
def lambda_with_both_sides(lc):
    async def later(x):
        return ["async", x]

    return every_way(lambda: lc.RunnableLambda(lambda x: ["sync", x], afunc=later), 1)


@program
def lambda_not_callable(lc):
    return [attempt(lc.RunnableLambda, value) for value in (1, "text", {"a": 1})]


@program
def lambda_returns_a_runnable(lc):
    inner = lc.RunnableLambda(lambda x: x * 10)
    return every_way(lambda: lc.RunnableLambda(lambda x: inner), 4)


@program
def lambda_returns_a_sequence_that_streams(lc):
    def choose(x):
        return lc.RunnableLambda(lambda y: y + "!") | lc.RunnableGenerator(letters, aletters)

    return every_way(lambda: lc.RunnableLambda(choose), "ab")


@program
def lambda_recursion_within_the_limit(lc):
    def down(n):
        return step if n > 100 else lc.RunnableLambda(lambda x: f"done {x}")

    step = lc.RunnableLambda(down)
    return every_way(lambda: step, 3)


@program
def lambda_recursion_beyond_the_limit(lc):
    step = lc.RunnableLambda(lambda x: step)
    return {
        "invoke": attempt(step.invoke, 1, {"recursion_limit": 5}),
        "stream": pieces(step.stream(1, {"recursion_limit": 5})),
        "default": attempt(step.invoke, 1),
    }


@program
def lambda_that_is_a_generator_function(lc):
    def count(n):
        for i in range(n):
            yield i

    return every_way(lambda: lc.RunnableLambda(count), 3)


@program
def lambda_that_is_an_async_generator_function(lc):
    async def count(n):
        for i in range(n):
            yield i

    return every_way(lambda: lc.RunnableLambda(count), 3)


@program
def lambda_takes_config_by_name(lc):
    def look(x, config):
        return x, sorted(config.get("tags", [])), config.get("configurable")

    return every_way(lambda: lc.RunnableLambda(look), 1, {"tags": ["b", "a"], "configurable": {"k": "v"}})


@program
def lambda_takes_a_run_manager(lc):
    def look(x, run_manager):
        return type(run_manager).__name__, sorted(run_manager.tags)

    return attempt(lc.RunnableLambda(look).invoke, 1, {"tags": ["t"]})


@program
def lambda_takes_keyword_arguments(lc):
    return every_way(lambda: lc.RunnableLambda(lambda x, factor=2: x * factor), 3, None, factor=5)


@program
def lambda_error(lc):
    return every_way(lambda: lc.RunnableLambda(lambda x: 1 // x), 0)


@program
def lambda_names_and_reprs(lc):
    class Callable:
        def __call__(self, x):
            return x

    named = lc.RunnableLambda(add_one, name="mine")
    found = [lc.RunnableLambda(add_one), lc.RunnableLambda(lambda x: x * 2), named, lc.RunnableLambda(Callable())]
    return [(one.get_name(), getattr(one, "name", None), shown(repr(one).split(" at 0x")[0])) for one in found]


@program
def lambda_equality(lc):
    first, second = lc.RunnableLambda(add_one), lc.RunnableLambda(add_one)
    return first == second, first == lc.RunnableLambda(letters), first == add_one


@program
def coerced_lambda_around_an_async_function(lc):
    chain = lc.RunnableLambda(add_one) | add_one_later | (lambda x: x * 2)
    return every_way(lambda: chain, 1)


@program
def sequence_of_functions_and_dicts(lc):
    chain = lc.RunnableLambda(add_one) | {"twice": lambda x: x * 2, "same": lc.RunnablePassthrough()} | str
    return every_way(lambda: chain, 1)


@program
def sequence_with_a_dict_on_the_left(lc):
    chain = {"a": lambda x: x, "b": lambda x: -x} | lc.RunnableLambda(lambda d: d["a"] - d["b"])
    return every_way(lambda: chain, 2), type(chain).__name__, type(chain.first).__name__


@program
def sequence_with_a_function_on_the_left(lc):
    chain = (lambda x: x + "!") | lc.RunnableLambda(lambda x: x * 2)
    return every_way(lambda: chain, "a")


@program
def sequence_with_generators_on_both_sides(lc):
    chain = letters | lc.RunnablePassthrough() | letters
    return [type(step).__name__ for step in chain.steps], attempt(chain.invoke, "abc"), pieces(chain.stream("abc"))


@program
def sequence_parts(lc):
    one, two, three = (lc.RunnableLambda(lambda x, n=n: x + n, name=f"n{n}") for n in (1, 2, 3))
    chain = one | (two | three) | one
    nested = (one | two) | (three | one)
    return (
        len(chain.steps),
        len(nested.steps),
        chain.first is one,
        chain.last is one,
        [step.name for step in chain.middle],
        chain.get_name(),
    )


@program
def sequence_repr(lc):
    chain = lc.RunnablePassthrough() | lc.StrOutputParser() | lc.CommaSeparatedListOutputParser()
    return repr(chain).count("\n| "), [line.split("(")[0] for line in repr(chain).split("\n")]


@program
def sequence_made_by_its_class(lc):
    chain = lc.RunnableSequence(add_one, lambda x: x * 3, name="calc")
    return chain.get_name(), every_way(lambda: chain, 1)


@program
def sequence_needs_two_steps(lc):
    return attempt(lc.RunnableSequence, add_one), attempt(lc.RunnableSequence)


@program
def sequence_keeps_its_name(lc):
    named = (lc.RunnableLambda(add_one) | add_one).with_config(run_name="run")
    piped = lc.RunnableLambda(add_one).pipe(add_one, add_one, name="piped")
    joined = lc.RunnableSequence(add_one, add_one, name="inner") | add_one
    return named.get_name(), piped.get_name(), piped.invoke(1), joined.get_name()


@program
def pipe_operator_refuses_other_things(lc):
    step = lc.RunnableLambda(add_one)
    return [attempt_text(lambda value=value: step | value) for value in (1, "text", None)]


@program
def pipe_operator_refuses_other_things_on_the_left(lc):
    step = lc.RunnableLambda(add_one)
    return [attempt(lambda value=value: value | step) for value in (1, "text")]


@program
def coerce_to_runnable_of_every_kind(lc):
    async def agen(stream):
        async for piece in stream:
            yield piece

    values = (add_one, add_one_later, letters, agen, {"a": add_one}, lc.RunnablePassthrough())
    kinds = [type(lc.coerce_to_runnable(value)).__name__ for value in values]
    return kinds, attempt_text(lc.coerce_to_runnable, 3)


@program
def sequence_stops_at_the_first_error(lc):
    seen = []

    def fail(x):
        raise LookupError("no")

    def build():
        return lc.RunnableLambda(lambda x: seen.append(x)) | fail | (lambda x: seen.append("never"))

    return every_way(build, 7), seen


@program
def sequence_streams_through_generators(lc):
    order = []

    def source(stream):
        for text in stream:
            for letter in text:
                order.append(f"made {letter}")
                yield letter

    def upper(stream):
        for letter in stream:
            order.append(f"passed {letter}")
            yield letter.upper()

    for piece in (lc.RunnableGenerator(source) | upper).stream("abc"):
        order.append(f"got {piece}")
    return order


@program
async def sequence_streams_through_async_generators(lc):
    order = []

    async def source(stream):
        async for text in stream:
            for letter in text:
                order.append(f"made {letter}")
                yield letter

    async def upper(stream):
        async for letter in stream:
            order.append(f"passed {letter}")
            yield letter.upper()

    chain = lc.RunnableGenerator(source) | lc.RunnableGenerator(upper)
    async for piece in chain.astream("abc"):
        order.append(f"got {piece}")
    return order


@program
def lambda_in_a_stream_gathers_its_input(lc):
    chain = lc.RunnableGenerator(letters, aletters) | (lambda text: [text]) | (lambda x: x * 2)
    return every_way(lambda: chain, "abc")


@program
def generator_one_sided(lc):
    only_sync, only_async = lc.RunnableGenerator(letters), lc.RunnableGenerator(aletters)
    return {
        "sync invoke": attempt(only_sync.invoke, "ab"),
        "sync stream": pieces(only_sync.stream("ab")),
        "async invoke": attempt(only_async.invoke, "ab"),
        "names": [only_sync.get_name(), only_async.get_name()],
    }


@program
async def generator_one_sided_in_async(lc):
    only_sync, only_async = lc.RunnableGenerator(letters), lc.RunnableGenerator(aletters)
    return {
        "sync": await aattempt(only_sync.ainvoke("ab")),
        "async": await aattempt(only_async.ainvoke("ab")),
        "stream": await apieces(only_async.astream("ab")),
        "sync stream": await apieces(lambda: only_sync.astream("ab")),
    }


@program
def generator_refuses_functions(lc):
    return attempt(lc.RunnableGenerator, add_one), attempt(lc.RunnableGenerator, letters, add_one)


@program
def generator_that_yields_nothing(lc):
    def nothing(stream):
        for _ in stream:
            pass
        yield from ()

    return attempt(lc.RunnableGenerator(nothing).invoke, "a"), pieces(lc.RunnableGenerator(nothing).stream("a"))


@program
def generator_that_fails_in_the_middle(lc):
    def half(stream):
        for text in stream:
            yield text
            raise ArithmeticError("half")

    return pieces((lc.RunnableGenerator(half) | (lambda x: x)).stream("a")), pieces(
        (lc.RunnablePassthrough() | half | letters).stream("ab")
    )


@program
def model_to_parser_pieces(lc):
    return every_way(lambda: answering(lc, "one two") | lc.StrOutputParser(), "hello")
