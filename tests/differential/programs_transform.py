"""Inputs that come in pieces: what each kind of step does with them, and what it hands on when."""

from __future__ import annotations

import asyncio
import functools
import operator

from .library import program
from .models import answering, whole_only
from .observe import apieces, attempt, every_way, pieces, shown


def both(build, chunks, config=None):
    """transform and atransform of a stream of chunks."""

    async def source():
        for chunk in chunks:
            yield chunk

    return (
        pieces(lambda: build().transform(iter(chunks), config)),
        asyncio.run(apieces(lambda: build().atransform(source(), config))),
    )


def upper(stream):
    for text in stream:
        yield text.upper()


async def aupper(stream):
    async for text in stream:
        yield text.upper()


@program
def pieces_into_a_lambda(lc):
    return both(lambda: lc.RunnableLambda(lambda text: text + "!"), ["a", "b"])


@program
def no_pieces_into_a_lambda(lc):
    return both(lambda: lc.RunnableLambda(lambda text: text), [])


@program
def pieces_into_a_generator(lc):
    return both(lambda: lc.RunnableGenerator(upper, aupper), ["a", "b"]), both(
        lambda: lc.RunnableGenerator(upper, aupper), []
    )


@program
def pieces_into_a_sequence(lc):
    chain = lc.RunnablePassthrough() | lc.RunnableGenerator(upper, aupper) | lc.RunnablePassthrough()
    return both(lambda: chain, ["a", "b", "c"])


@program
def pieces_into_a_parallel(lc):
    def build():
        return lc.RunnableParallel(one=lc.RunnableGenerator(upper, aupper))

    return both(build, ["a", "b"])


@program
def dicts_in_pieces_into_assign(lc):
    def build():
        return lc.RunnablePassthrough.assign(size=lambda d: len(d["text"]))

    return both(build, [lc.AddableDict({"text": "a"}), lc.AddableDict({"more": 1}), lc.AddableDict({"text": "b"})])


@program
def addable_dicts_in_pieces(lc):
    def build():
        return lc.RunnableLambda(lambda d: dict(d))

    parts = [lc.AddableDict({"a": "x"}), lc.AddableDict({"a": "y", "b": 1})]
    return (
        both(build, parts),
        both(lambda: lc.RunnablePick("a"), parts),
        both(lambda: lc.RunnablePick(["a", "b"]), parts),
    )


@program
def pieces_into_a_branch(lc):
    def build():
        return lc.RunnableBranch((lambda text: text == "ab", lc.RunnableGenerator(upper, aupper)), lambda text: "else")

    return both(build, ["a", "b"]), both(build, ["a"])


@program
def pieces_into_fallbacks(lc):
    def fail(stream):
        for _ in stream:
            raise LookupError("no")
        yield

    async def afail(stream):
        async for _ in stream:
            raise LookupError("no")
        yield

    def build():
        return lc.RunnableGenerator(fail, afail).with_fallbacks([lc.RunnableLambda(lambda text: text + "?")])

    return both(build, ["a", "b"])


@program
def pieces_into_bindings(lc):
    def build():
        return lc.RunnableGenerator(upper, aupper).with_config(tags=["t"]).with_types(input_type=str)

    return both(build, ["a", "b"]), both(lambda: build().with_retry(), ["a", "b"])


@program
def pieces_into_a_prompt_and_a_model(lc):
    def build():
        prompt = lc.ChatPromptTemplate.from_template("{q}{r}")
        return prompt | whole_only(lc) | lc.StrOutputParser()

    return both(build, [{"q": "a", "r": "b"}])


@program
def chunks_into_a_parser(lc):
    chunks = [lc.AIMessageChunk("a, "), lc.AIMessageChunk("b, c")]
    return both(lc.StrOutputParser, chunks), both(lc.CommaSeparatedListOutputParser, chunks)


@program
def pieces_into_each(lc):
    return both(lambda: lc.RunnableLambda(lambda x: x + 1).map(), [[1], [2, 3]])


@program
def pieces_that_do_not_add(lc):
    return both(lambda: lc.RunnableLambda(lambda x: x), [{"a"}, {"b"}]), both(
        lambda: lc.RunnablePassthrough(), [{"a"}, {"b"}]
    )


@program
def callables_of_every_kind(lc):
    class Sync:
        def __call__(self, x):
            return x + 1

        def method(self, x):
            return x + 2

    values = [Sync(), Sync().method, functools.partial(operator.add, 5), abs, operator.neg, int]
    chains = [lc.RunnablePassthrough() | value for value in values]
    return [(attempt(one.invoke, 1), type(one.last).__name__, one.last.get_name()) for one in chains]


@program
def callables_that_generate(lc):
    class Generating:
        def __call__(self, stream):
            for item in stream:
                yield item + 3

    chain = lc.RunnablePassthrough() | Generating()
    return attempt(chain.invoke, 1), type(chain.last).__name__


@program
def callables_that_are_async_objects(lc):
    class Later:
        async def __call__(self, x):
            return x + 1

    return every_way(lambda: lc.RunnablePassthrough() | Later(), 1)


@program
def itemgetter_in_a_chain(lc):
    chain = {"a": operator.itemgetter("x"), "b": operator.itemgetter("y", "z")} | lc.RunnablePassthrough()
    step = lc.RunnableLambda(operator.itemgetter("x"))
    return (
        every_way(lambda: step, {"x": 1}),
        attempt(chain.invoke, {"x": 1, "y": 2, "z": 3}),
        step.get_name(),
        repr(step),
    )


@program
def attributes_through_a_binding(lc):
    model = lc.FakeListChatModel(responses=["a"]).bind(stop=["x"])
    bound = answering(lc, "b").with_config(tags=["t"])
    return model.responses, bound._llm_type, attempt(lambda: model.nothing), attempt(lambda: model.bind_tools([]))


@program
def attributes_through_fallbacks(lc):
    class Model(lc.FakeListChatModel):
        def bind_tools(self, tools, **kwargs):
            return self.bind(tools=len(tools), **kwargs)

    Model.bind_tools.__annotations__["return"] = lc.Runnable  # LangChain looks at what a method says it returns
    model = Model(responses=["a"]).with_fallbacks([Model(responses=["b"])])
    bound = model.bind_tools([1, 2])
    return (
        type(bound).__name__,
        bound.runnable.kwargs,
        [one.kwargs for one in bound.fallbacks],
        attempt(bound.invoke, "x"),
    )


@program
def attributes_through_configurable(lc):
    class Model(lc.FakeListChatModel):
        def bind_tools(self, tools, **kwargs):
            return self.bind(tools=len(tools), **kwargs)

    model = Model(responses=["a"]).configurable_fields(responses=lc.ConfigurableField(id="answers"))
    bound = model.bind_tools([1])
    config = {"configurable": {"answers": ["z"]}}
    return (
        attempt(bound.invoke, "x"),
        attempt(bound.invoke, "x", config),
        attempt(bound.with_config(config).invoke, "x"),
    )


@program
def chains_keep_their_parts(lc):
    prompt, parser = lc.PromptTemplate.from_template("{a}"), lc.StrOutputParser()
    chain = prompt | answering(lc, "x") | parser
    again = chain.bind(stop=["y"]).with_config(tags=["t"])
    return chain.first is prompt, chain.last is parser, len(chain.steps), again.bound is chain, shown(again.kwargs)


@program
def sequences_compare(lc):
    one, two = lc.RunnablePassthrough(), lc.StrOutputParser()
    return (one | two) == (one | two), (one | two) == (two | one), lc.RunnablePassthrough() == lc.RunnablePassthrough()
