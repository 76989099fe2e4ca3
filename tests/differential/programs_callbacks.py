"""What handlers are told: order, names, tags, parents, metadata; for every kind of step."""

from __future__ import annotations

from .library import program
from .models import answering, streaming, whole_only
from .observe import every_log, recorder, tree


def prompt_model_parser(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{q}")])
    return prompt | streaming(lc) | lc.StrOutputParser()


@program
def three_steps(lc):
    return every_log(lc, lambda: prompt_model_parser(lc), {"q": "x"})


@program
def three_steps_with_tags_and_metadata(lc):
    config = {"tags": ["b", "a"], "metadata": {"m": 1}, "run_name": "root"}
    return every_log(lc, lambda: prompt_model_parser(lc), {"q": "x"}, **config)["invoke"]


@program
def three_steps_prompt_fails(lc):
    return every_log(lc, lambda: prompt_model_parser(lc), {"wrong": "x"})


@program
def three_steps_model_fails(lc):
    chain = lc.ChatPromptTemplate.from_messages([("human", "{q}")]) | whole_only(lc) | lc.StrOutputParser()
    return every_log(lc, lambda: chain, {"q": "404"})


@program
def three_steps_model_fails_in_its_stream(lc):
    def build():
        return lc.RunnablePassthrough() | streaming(lc, fail_after=1) | lc.StrOutputParser()

    return every_log(lc, build, "x")


@program
def three_steps_parser_fails(lc):
    return every_log(lc, lambda: lc.RunnablePassthrough() | answering(lc, "no json") | lc.JsonOutputParser(), "x")


@program
def lambda_log(lc):
    return every_log(lc, lambda: lc.RunnableLambda(lambda x: x + 1, name="plus"), 1), every_log(
        lc, lambda: lc.RunnableLambda(lambda x: 1 // x, name="div"), 0
    )


@program
def lambda_that_calls_a_model(lc):
    def build():
        model = streaming(lc)
        return lc.RunnableLambda(lambda x: model.invoke(x).content, name="outer")

    return every_log(lc, build, "x", tags=["t"], metadata={"m": 1})


@program
def lambda_that_returns_a_chain(lc):
    def build():
        return lc.RunnableLambda(lambda x: prompt_model_parser(lc), name="outer")

    return every_log(lc, build, {"q": "x"})


@program
def lambda_that_passes_its_config_on(lc):
    def build():
        inner = lc.RunnableLambda(lambda x: x, name="inner")
        return lc.RunnableLambda(lambda x, config: inner.invoke(x, config), name="outer")

    return every_log(lc, build, "x", tags=["t"], run_name="named")


@program
def parallel_log(lc):
    def build():
        return lc.RunnableParallel(
            a=lc.RunnableLambda(lambda x: x, name="one"), b=lc.RunnableLambda(lambda x: x, name="two") | str
        )

    return {way: tree(log) for way, log in every_log(lc, build, "x", tags=["t"]).items()}


@program
def assign_log(lc):
    def build():
        return lc.RunnablePassthrough.assign(b=lc.RunnableLambda(lambda d: 1, name="one"))

    return {way: tree(log) for way, log in every_log(lc, build, {"a": 1}).items()}


@program
def pick_and_passthrough_log(lc):
    def build():
        return lc.RunnablePassthrough() | lc.RunnablePick("a")

    return every_log(lc, build, {"a": 1})


@program
def branch_log(lc):
    def build():
        return lc.RunnableBranch(
            (lc.RunnableLambda(lambda x: x > 5, name="big"), lc.RunnableLambda(lambda x: "b", name="then")),
            lc.RunnableLambda(lambda x: "d", name="default"),
        )

    return every_log(lc, build, 7), every_log(lc, build, 1)


@program
def generator_log(lc):
    def letters(stream):
        for text in stream:
            yield from text

    async def aletters(stream):
        async for text in stream:
            for letter in text:
                yield letter

    return every_log(lc, lambda: lc.RunnableGenerator(letters, aletters) | (lambda x: x), "ab")


@program
def map_log(lc):
    def build():
        return lc.RunnableLambda(lambda x: x, name="one").map()

    return {way: tree(log) for way, log in every_log(lc, build, [1, 2], max_concurrency=1).items()}


@program
def retry_log(lc):
    def build():
        seen = []

        def flaky(x):
            seen.append(x)
            if len(seen) < 3:
                raise ValueError("again")
            return len(seen)

        return lc.RunnableLambda(flaky, name="flaky").with_retry(wait_exponential_jitter=False, stop_after_attempt=3)

    logs = every_log(lc, build, 1, tags=["t"])
    return logs["invoke"], logs["ainvoke"], tree(logs["batch"])


@program
def fallbacks_log(lc):
    def build():
        failing = lc.RunnableLambda(lambda x: 1 // 0, name="failing")
        return failing.with_fallbacks([lc.RunnableLambda(lambda x: "saved", name="saving")])

    return every_log(lc, build, 1)


@program
def binding_log(lc):
    def build():
        return lc.RunnableLambda(lambda x: x, name="one").with_config(
            run_name="named", tags=["bound"], metadata={"b": 1}
        )

    return every_log(lc, build, 1, tags=["call"], run_name="other"), every_log(lc, lambda: build() | build(), 1)[
        "invoke"
    ]


@program
def router_log(lc):
    return every_log(
        lc, lambda: lc.RouterRunnable({"a": lc.RunnableLambda(lambda x: x, name="one")}), {"key": "a", "input": 1}
    )


@program
def alternatives_log(lc):
    def build():
        return lc.RunnablePassthrough().configurable_alternatives(
            lc.ConfigurableField(id="which"), two=lc.RunnableLambda(lambda x: x, name="two")
        )

    return every_log(lc, build, 1, configurable={"which": "two"})


@program
def history_log(lc):
    def build():
        history = lc.InMemoryChatMessageHistory()
        return lc.RunnableWithMessageHistory(answering(lc, "a"), lambda session_id: history)

    log = every_log(lc, build, "q", configurable={"session_id": "s"})["invoke"]
    return [(entry[0], entry[3]) for entry in log if entry[0].endswith("_start")]


@program
def chain_decorator(lc):
    @lc.chain
    def plus(x):
        return lc.RunnableLambda(lambda y: y + 1, name="inner").invoke(x)

    @lc.chain
    def stream(x):
        yield from range(x)

    return every_log(lc, lambda: plus, 1), plus.get_name(), type(plus).__name__, list(stream.stream(3))


@program
def nested_call_with_a_config_of_its_own(lc):
    def build():
        inner = lc.RunnableLambda(lambda x: x, name="inner")
        own = {"tags": ["own"], "metadata": {"o": 1}, "run_name": "renamed"}
        return lc.RunnableLambda(lambda x: inner.invoke(x, own), name="outer")

    return every_log(lc, build, "x", tags=["t"], metadata={"m": 1})


@program
def nested_call_with_handlers_of_its_own(lc):
    own = recorder(lc)
    inner = lc.RunnableLambda(lambda x: x, name="inner")
    outer = lc.RunnableLambda(lambda x: inner.invoke(x, {"callbacks": [own]}), name="outer")
    log = every_log(lc, lambda: outer, "x", tags=["t"])
    return log["invoke"], own.log


@program
def retry_of_a_binding_log(lc):
    def build():
        bound = lc.RunnableLambda(lambda x, n=1: x * n, name="one").bind(n=3)
        return bound.with_config(run_name="named", tags=["bound"]).with_retry(stop_after_attempt=2)

    return every_log(lc, build, 1, tags=["call"])


@program
def retry_in_a_map_log(lc):
    def build():
        return lc.RunnableLambda(lambda x: x, name="one").with_retry(stop_after_attempt=2).map()

    return every_log(lc, build, [1])["invoke"]


@program
def binding_in_a_branch_log(lc):
    def build():
        then = lc.RunnableLambda(lambda x: x, name="then").with_config(tags=["bound"])
        return lc.RunnablePassthrough() | lc.RunnableBranch((lambda x: True, then), lambda x: x)

    return every_log(lc, build, 1)["invoke"]
