"""astream_events v2: events, names, runs, tags, parents, data; filters; custom events; errors."""

from __future__ import annotations

import asyncio

from .library import program
from .models import answering, streaming, whole_only
from .observe import recorder, shown


def plain(event, runs):
    data = {key: shown(value) for key, value in event["data"].items()}
    metadata = {key: value for key, value in event["metadata"].items() if not key.startswith("l")}
    parents = [runs.setdefault(one, len(runs)) for one in event.get("parent_ids", [])]
    run = runs.setdefault(event["run_id"], len(runs))
    return event["event"], run, parents, event["name"], sorted(event["tags"]), metadata, data


def collect(build, value, **options):
    async def main():
        runs, found = {}, []
        try:
            async for event in build().astream_events(value, version="v2", **options):
                found.append(plain(event, runs))
        except Exception as error:
            found.append(shown(error))
        return found

    return asyncio.run(main())


def names(found):
    return [(event[0], event[3]) for event in found]


def chain(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{q}")])
    return prompt | streaming(lc, ("a", "b")) | lc.StrOutputParser()


def by_run(found):
    """Events of different runs may swap places while a stream flows: give each run its own."""
    runs = {}
    for event in found:
        runs.setdefault((event[1], event[3]) if len(event) > 2 else "raised", []).append(event)
    return runs


@program
def events_of_a_lambda(lc):
    return collect(lambda: lc.RunnableLambda(lambda x: x + 1, name="plus"), 1)


@program
def events_of_a_chain(lc):
    return by_run(collect(lambda: chain(lc), {"q": "x"}))


@program
def events_of_a_chain_in_order(lc):
    return names(collect(lambda: chain(lc), {"q": "x"}))


@program
def events_of_a_model(lc):
    return collect(lambda: streaming(lc, ("a", "b")), "x")


@program
def events_of_a_model_that_does_not_stream(lc):
    return collect(lambda: whole_only(lc), "x"), by_run(collect(lambda: whole_only(lc) | lc.StrOutputParser(), "x"))


@program
def events_of_a_prompt_and_a_parser(lc):
    return collect(lambda: lc.PromptTemplate.from_template("{a}"), {"a": 1}), collect(lambda: lc.StrOutputParser(), "x")


@program
def events_of_a_tool(lc):
    @lc.tool
    def add(a: int, b: int = 2) -> int:
        """Add."""
        return a + b

    return collect(lambda: add, {"a": 1}), collect(lambda: lc.RunnableLambda(lambda x: {"a": x}) | add, 1)


@program
def events_of_a_failing_tool(lc):
    @lc.tool
    def bad(a: int) -> int:
        """Fail."""
        raise ValueError("bad")

    return collect(lambda: bad, {"a": 1})


@program
def events_of_a_failing_chain(lc):
    return collect(lambda: lc.RunnableLambda(lambda x: 1 // 0, name="bad"), 1), names(
        [event for event in collect(lambda: lc.RunnablePassthrough() | (lambda x: 1 // 0), 1) if len(event) > 2]
    )


@program
def events_of_a_lambda_that_calls_a_model(lc):
    def build():
        model = streaming(lc, ("a", "b"))

        async def call(x):
            return (await model.ainvoke(x)).content

        return lc.RunnableLambda(call, name="outer")

    return collect(build, "x")


@program
def events_with_config(lc):
    config = {"tags": ["t"], "metadata": {"m": 1}, "run_name": "root"}
    return collect(lambda: lc.RunnablePassthrough() | lc.StrOutputParser(), "x", config=config)


@program
def events_filtered(lc):
    def found(**options):
        return names(collect(lambda: chain(lc), {"q": "x"}, **options))

    return {
        "names": found(include_names=["StrOutputParser"]),
        "types": found(include_types=["chat_model"]),
        "tags": found(include_tags=["seq:step:1"]),
        "not names": found(exclude_names=["RunnableSequence", "StrOutputParser"]),
        "not types": found(exclude_types=["chat_model", "chain"]),
        "not tags": found(exclude_tags=["seq:step:1", "seq:step:2", "seq:step:3"]),
    }


@program
def events_of_ones_own(lc):
    async def work(x, config):
        await lc.adispatch_custom_event("progress", {"done": x}, config=config)
        return x

    def build():
        return lc.RunnableLambda(work, name="work")

    return (
        collect(build, 1, config={"tags": ["t"]}),
        names(collect(build, 1, include_names=["progress"])),
        names(collect(build, 1, exclude_names=["work"])),
    )


@program
def events_of_a_generator(lc):
    async def letters(stream):
        async for text in stream:
            for letter in text:
                yield letter

    return collect(lambda: lc.RunnableGenerator(letters), "ab")


@program
def events_of_a_parallel(lc):
    def build():
        return lc.RunnableParallel(a=lc.RunnableLambda(lambda x: x, name="one"))

    return by_run(collect(build, 1))


@program
def events_of_nested_parents(lc):
    def build():
        inner = lc.RunnableLambda(lambda x: x, name="inner")

        async def middle(x):
            return await inner.ainvoke(x)

        middle_step = lc.RunnableLambda(middle, name="middle")

        async def outer(x):
            return await middle_step.ainvoke(x)

        return lc.RunnableLambda(outer, name="outer")

    return [event[:4] for event in collect(build, 1)]


@program
def events_closed_early(lc):
    async def main():
        seen, events = [], answering(lc, "a b c").astream_events("x", version="v2")
        async for event in events:
            seen.append(event["event"])
            if len(seen) == 2:
                break
        await events.aclose()
        return seen

    return asyncio.run(main())


@program
def events_of_an_unknown_version(lc):
    async def main():
        try:
            async for _ in lc.RunnableLambda(len).astream_events("x", version="v9"):
                return "an event"
        except Exception as error:
            return shown(error)

    return asyncio.run(main())


@program
def events_with_handlers_of_ones_own(lc):
    handler = recorder(lc)
    collect(lambda: chain(lc), {"q": "x"}, config={"callbacks": [handler]})
    return handler.log
