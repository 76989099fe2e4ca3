"""Events and logs of what is built of several: each kind of step inside, nested, failing, filtered."""

from __future__ import annotations

from .library import program
from .models import answering, streaming, whole_only
from .programs_events import by_run
from .programs_events import collect as events
from .programs_log import by_owner
from .programs_log import collect as log


def named(lc, name, function=lambda x: x):
    return lc.RunnableLambda(function, name=name)


def both(build, value, **options):
    """Events and log of one runnable, each run's own in order."""
    return by_run(events(build, value, **options)), by_owner(log(build, value, **options))


@program
def composite_branch(lc):
    def build():
        return lc.RunnableBranch((named(lc, "when", lambda x: x > 1), named(lc, "then")), named(lc, "else"))

    return both(build, 2)


@program
def composite_fallbacks(lc):
    def build():
        return named(lc, "first", lambda x: 1 // 0).with_fallbacks([named(lc, "second")]) | named(lc, "after")

    found = both(build, 1)
    return [sorted(run[1] for run in found[0]), list(found[1])]


@program
def composite_retry(lc):
    def build():
        seen = []

        def flaky(x):
            seen.append(x)
            if len(seen) < 2:
                raise ValueError("again")
            return x

        return lc.RunnablePassthrough() | named(lc, "flaky", flaky).with_retry(wait_exponential_jitter=False)

    return [run[1] for run in by_run(events(build, 1))], list(by_owner(log(build, 1)))


@program
def composite_assign_and_pick(lc):
    def build():
        return lc.RunnablePassthrough.assign(b=named(lc, "b", lambda d: d["a"] + 1)) | lc.RunnablePick("b")

    found = {}
    for event in events(build, {"a": 1}):  # which of the two inner runs begins first is chance
        found.setdefault(event[3], []).append((event[0], event[6]))
    return dict(sorted(found.items())), by_owner(log(build, {"a": 1}))


@program
def composite_each(lc):
    return events(lambda: named(lc, "one").map(), [1])


@program
def composite_each_in_a_log(lc):
    return by_owner(log(lambda: named(lc, "one").map(), [1]))


@program
def composite_binding(lc):
    def build():
        inner = named(lc, "inner").with_config(run_name="renamed", tags=["t"], metadata={"m": 1})
        return inner | named(lc, "outer")

    return both(build, 1)


@program
def composite_router(lc):
    return both(lambda: lc.RouterRunnable({"k": named(lc, "one")}), {"key": "k", "input": 1})


@program
def composite_alternatives(lc):
    def build():
        return lc.RunnablePassthrough().configurable_alternatives(lc.ConfigurableField(id="w"), two=named(lc, "two"))

    return both(build, 1, config={"configurable": {"w": "two"}})


@program
def composite_tool(lc):
    @lc.tool
    def add(a: int) -> int:
        """Add one."""
        return a + 1

    return both(lambda: named(lc, "before", lambda x: {"a": x}) | add, 1)


@program
def composite_lambda_of_chain(lc):
    def build():
        inner = lc.PromptTemplate.from_template("{q}") | streaming(lc, ("a", "b")) | lc.StrOutputParser()
        return lc.RunnableLambda(lambda x: inner, name="outer")

    return both(build, {"q": "x"})


@program
def composite_lambda_that_invokes(lc):
    def build():
        inner = lc.PromptTemplate.from_template("{q}") | whole_only(lc) | lc.StrOutputParser()

        async def call(x):
            return await inner.ainvoke(x)

        return lc.RunnableLambda(call, name="outer")

    return both(build, {"q": "x"})


@program
def composite_lambda_that_streams(lc):
    def build():
        inner = streaming(lc, ("a", "b")) | lc.StrOutputParser()

        async def call(x):
            async for piece in inner.astream(x):
                yield piece + "."

        return lc.RunnableLambda(call, name="outer")

    return both(build, "x")


@program
def composite_sync_lambda_that_invokes_a_model(lc):
    def build():
        model = streaming(lc, ("a", "b"))
        return lc.RunnableLambda(lambda x: model.invoke(x).content, name="outer")

    return both(build, "x")


@program
def composite_history(lc):
    def build():
        history = lc.InMemoryChatMessageHistory()
        return lc.RunnableWithMessageHistory(answering(lc, "a b"), lambda session_id: history)

    found = events(build, "q", config={"configurable": {"session_id": "s"}})
    return [event[:4] for event in found if event[3] == "GenericFakeChatModel"][-1][0]


@program
def composite_models_side_by_side(lc):
    def build():
        return lc.RunnableParallel(
            one=answering(lc, "a b") | lc.StrOutputParser(), two=answering(lc, "c") | lc.StrOutputParser()
        )

    found = by_run(events(build, "x"))
    return sorted(repr([event[0] for event in own]) for own in found.values()), sorted(by_owner(log(build, "x")))


@program
def composite_filters_together(lc):
    def build():
        return named(lc, "one").with_config(tags=["t"]) | named(lc, "two") | lc.StrOutputParser()

    def names(**options):
        return [(event[0], event[3]) for event in events(build, "x", **options)], list(
            by_owner(log(build, "x", **options))
        )

    return {
        "name and type": names(include_names=["one"], include_types=["parser"]),
        "in and out": names(include_names=["one", "two"], exclude_names=["two"]),
        "tag and name": names(include_tags=["t"], exclude_names=["one"]),
        "nothing": names(include_names=["nobody"]),
        "all out": names(exclude_types=["chain", "parser"]),
    }


@program
def composite_errors_in_each_place(lc):
    def fail(x):
        raise ValueError("no")

    def place(index):
        steps = [named(lc, "a"), named(lc, "b"), named(lc, "c")]
        steps[index] = named(lc, "bad", fail)
        return steps[0] | steps[1] | steps[2]

    return [(events(lambda i=i: place(i), 1)[-1], list(by_owner(log(lambda i=i: place(i), 1)))) for i in range(3)]


@program
def composite_log_of_a_tool_loop(lc):
    @lc.tool
    def double(x: int) -> int:
        """Double."""
        return x * 2

    def build():
        call = {"name": "double", "args": {"x": 4}, "id": "1"}
        model = answering(lc, lc.AIMessage("", tool_calls=[call]), lc.AIMessage("eight"))

        async def loop(question):
            messages = [lc.HumanMessage(question)]
            while True:
                answer = await model.ainvoke(messages)
                messages.append(answer)
                if not answer.tool_calls:
                    return answer.content
                messages += [await double.ainvoke(one) for one in answer.tool_calls]

        return lc.RunnableLambda(loop, name="agent")

    found = events(build, "x")
    return [event[:4] for event in found if not event[0].endswith("stream")], list(by_owner(log(build, "x")))


@program
def composite_inner_branch_streams(lc):
    def build():
        return lc.RunnablePassthrough() | lc.RunnableBranch((lambda x: True, named(lc, "then")), named(lc, "else"))

    return [event[:1] for event in events(build, 2) if event[3] == "RunnableBranch"]


@program
def composite_inner_fallbacks_stream(lc):
    def build():
        return lc.RunnablePassthrough() | named(lc, "first").with_fallbacks([named(lc, "second")])

    return [event[:1] for event in events(build, 2) if event[3] == "RunnableWithFallbacks"]
