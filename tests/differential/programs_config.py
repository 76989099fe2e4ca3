"""RunnableConfig: its defaults, how two are merged, how it reaches what runs inside; run_in_executor; threads."""

from __future__ import annotations

import contextvars
import threading

from .library import program
from .observe import aattempt, attempt, every_way, recorder, shown


def plain(config):
    """A config without the callback manager that may be in it."""
    found = {key: shown(value) for key, value in config.items() if key != "callbacks"}
    found["has callbacks"] = config.get("callbacks") is not None
    found["metadata"] = {key: value for key, value in (config.get("metadata") or {}).items() if not key.startswith("l")}
    return dict(sorted(found.items()))


@program
def ensure_config_fills_in(lc):
    return (
        plain(lc.ensure_config()),
        plain(lc.ensure_config({"tags": ["a"], "run_name": "n", "max_concurrency": 2})),
        plain(lc.ensure_config({"recursion_limit": 3, "configurable": {"k": "v"}})),
        plain(lc.ensure_config({"tags": None, "unknown": 5})),
    )


@program
def ensure_config_copies_scalars_to_metadata(lc):
    given = {"a": "text", "b": 1, "c": 1.5, "d": True, "e": [1], "__hidden": "x", "model": "m"}
    return plain(lc.ensure_config({"configurable": given, "metadata": {"a": "mine"}}))


@program
def merge_configs_rules(lc):
    first = {"tags": ["b", "a"], "metadata": {"x": 1, "y": 1}, "run_name": "one", "recursion_limit": 7}
    second = {
        "tags": ["c", "a"],
        "metadata": {"y": 2},
        "run_name": "two",
        "configurable": {"k": 1},
        "max_concurrency": 4,
    }
    return (
        plain(lc.merge_configs(first, second)),
        plain(lc.merge_configs(second, first)),
        plain(lc.merge_configs(first, None, {})),
        plain(lc.merge_configs()),
        plain(lc.merge_configs(second, {"configurable": {"j": 2}})),
    )


@program
def merge_configs_joins_callbacks(lc):
    one, two = recorder(lc), recorder(lc)
    listed = lc.merge_configs({"callbacks": [one]}, {"callbacks": [two]})["callbacks"]
    manager = lc.CallbackManager([one])
    joined = lc.merge_configs({"callbacks": manager}, {"callbacks": [two]})["callbacks"]
    return len(listed), len(joined.handlers), len(manager.handlers)


@program
def patch_config_replaces(lc):
    config = {"tags": ["a"], "run_name": "n", "configurable": {"k": 1}, "metadata": {"m": 1}}
    manager = lc.CallbackManager([])
    return (
        plain(lc.patch_config(config, run_name="new")),
        plain(lc.patch_config(config, max_concurrency=3, recursion_limit=9)),
        plain(lc.patch_config(config, configurable={"j": 2})),
        plain(lc.patch_config({**config, "run_id": "x"}, callbacks=manager)),
        plain(lc.patch_config(None)),
    )


@program
def get_config_list_rules(lc):
    return (
        [plain(one) for one in lc.get_config_list({"tags": ["a"]}, 2)],
        [plain(one) for one in lc.get_config_list([{"tags": ["a"]}, {"run_name": "r"}], 2)],
        attempt(lc.get_config_list, [{}], 2),
        attempt(lc.get_config_list, {}, -1),
        len(lc.get_config_list(None, 3)),
    )


@program
def config_of_one_step_does_not_change_the_callers(lc):
    config = {"tags": ["a"], "metadata": {"m": 1}, "callbacks": []}
    chain = lc.RunnableLambda(lambda x: x).with_config(tags=["inner"]) | (lambda x: x)
    chain.invoke(1, config)
    list(chain.stream(1, config))
    return config


@program
def config_reaches_nested_runnables(lc):
    inner = lc.RunnableLambda(lambda x, config: (sorted(config["tags"]), config["metadata"], config.get("run_name")))
    outer = lc.RunnableLambda(lambda x: inner.invoke(x))
    return attempt(outer.invoke, 1, {"tags": ["t"], "metadata": {"m": 1}, "run_name": "root"})


@program
def config_given_to_the_nested_call_is_merged(lc):
    inner = lc.RunnableLambda(lambda x, config: (sorted(config["tags"]), config["metadata"]))

    def call(x, config):
        return inner.invoke(x), inner.invoke(x, {"tags": ["own"]}), inner.invoke(x, config)

    return attempt(lc.RunnableLambda(call).invoke, 1, {"tags": ["t"], "metadata": {"m": 1}})


@program
async def config_reaches_nested_runnables_in_async(lc):
    async def look(x, config):
        return sorted(config["tags"]), config.get("configurable")

    inner = lc.RunnableLambda(look)

    async def call(x):
        return await inner.ainvoke(x)

    config = {"tags": ["t"], "configurable": {"k": 1}}
    return await aattempt(lc.RunnableLambda(call).ainvoke(1, config)), await aattempt(
        lc.RunnableLambda(look).ainvoke(1)
    )


@program
def config_keys_the_step_sees(lc):
    seen = lc.RunnableLambda(lambda x, config: sorted(key for key in config)).invoke(1)
    run = lc.RunnableLambda(lambda x, config: config["recursion_limit"])
    return (
        seen,
        run.invoke(1),
        run.invoke(1, {"recursion_limit": 4}),
        (run | (lambda x: x)).invoke(1, {"recursion_limit": 9}),
    )


@program
def config_run_name_is_not_inherited(lc):
    handler = recorder(lc)
    chain = lc.RunnableLambda(lambda x: x, name="a") | lc.RunnableLambda(lambda x: x, name="b")
    chain.invoke(1, {"run_name": "mine", "callbacks": [handler]})
    return [entry[3] for entry in handler.log if entry[0] == "chain_start"]


@program
def config_of_the_second_call_is_its_own(lc):
    step = lc.RunnableLambda(lambda x, config: sorted(config["tags"]))
    return step.invoke(1, {"tags": ["a"]}), step.invoke(1), step.invoke(1, {"tags": ["b"]})


@program
def config_in_threads_of_a_batch(lc):
    inner = lc.RunnableLambda(lambda x, config: sorted(config["tags"]))
    outer = lc.RunnableLambda(lambda x: inner.invoke(x))
    return outer.batch([1, 2, 3], {"tags": ["t"]})


@program
def context_variables_reach_parallel_branches(lc):
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("set")
    steps = lc.RunnableParallel(a=lambda x: variable.get(), b=lambda x: variable.get())
    return steps.invoke(1), lc.RunnableLambda(lambda x: variable.get()).batch([1, 2])


@program
async def context_variables_reach_functions_in_async(lc):
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("set")
    step = lc.RunnableLambda(lambda x: variable.get())
    return await step.ainvoke(1), await lc.RunnableParallel(a=step).ainvoke(1), await step.abatch([1, 2])


@program
async def sync_functions_run_in_threads_in_async(lc):
    here = threading.current_thread()
    step = lc.RunnableLambda(lambda x: threading.current_thread() is here)
    return await step.ainvoke(1), step.invoke(1)


@program
async def run_in_executor_calls(lc):
    def fail():
        raise LookupError("no")

    def stop():
        raise StopIteration

    return (
        await lc.run_in_executor(None, pow, 2, 5),
        await lc.run_in_executor({"tags": []}, lambda x, y=1: x + y, 1, y=4),
        await aattempt(lc.run_in_executor(None, fail)),
        await aattempt(lc.run_in_executor(None, stop)),
    )


@program
def config_type_is_a_typed_dict(lc):
    made = lc.RunnableConfig(tags=["a"], recursion_limit=3)
    return type(made).__name__, made, sorted(lc.RunnableConfig.__annotations__)


@program
def names_of_everything(lc):
    steps = [
        lc.RunnableLambda(len) | str,
        lc.RunnableParallel(a=len, b=str),
        lc.RunnablePassthrough(),
        lc.StrOutputParser(),
        lc.PromptTemplate.from_template("{x}"),
        lc.ChatPromptTemplate.from_messages([("human", "{x}")]),
        lc.FakeListChatModel(responses=["a"]),
        lc.RunnableLambda(len).with_retry(),
        lc.RunnableLambda(len).bind(a=1),
        lc.RunnableLambda(len).with_config(run_name="given"),
        lc.RunnableLambda(len).map(),
        lc.RunnableBranch((len, str), str),
        lc.RouterRunnable({"a": str}),
    ]
    return [(step.get_name(), step.get_name("Input"), step.get_name(name="n")) for step in steps]


@program
def user_subclass_of_runnable(lc):
    class Doubler(lc.Runnable):
        def invoke(self, input, config=None, **kwargs):
            return input * 2

    chain = Doubler() | (lambda x: x + 1)
    return every_way(Doubler, 2), every_way(lambda: chain, 2), Doubler().get_name()


@program
def user_subclass_that_streams(lc):
    class Counter(lc.Runnable):
        def invoke(self, input, config=None, **kwargs):
            return list(range(input))

        def stream(self, input, config=None, **kwargs):
            for number in range(input):
                yield [number]

        async def ainvoke(self, input, config=None, **kwargs):
            return ["async", *range(input)]

    return every_way(Counter, 2), every_way(lambda: lc.RunnablePassthrough() | Counter(), 2)


@program
def user_runnable_with_fields(lc):
    class Times(lc.RunnableSerializable):
        factor: int = 2
        label: str = "x"

        def invoke(self, input, config=None, **kwargs):
            return f"{self.label}{input * self.factor}"

    chosen = Times(label="y").configurable_fields(factor=lc.ConfigurableField(id="by"))
    return (
        every_way(lambda: Times(factor=3), 5),
        attempt(chosen.invoke, 5),
        attempt(chosen.invoke, 5, {"configurable": {"by": 7}}),
        repr(Times(factor=3)).startswith("Times("),
        Times(factor=3) == Times(factor=3),
        Times(factor=3) == Times(factor=4),
    )
