"""Handlers and managers themselves: both kinds, ignoring, failing, inheriting, custom events, collected runs."""

from __future__ import annotations

import asyncio
import logging
import uuid

from .library import program
from .models import streaming
from .observe import aattempt, async_recorder, attempt, every_log, kind, recorder, shown


def prompt_model_parser(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("human", "{q}")])
    return prompt | streaming(lc) | lc.StrOutputParser()


@program
def async_handlers_are_told(lc):
    async def main():
        handler, plain = async_recorder(lc), recorder(lc)
        await prompt_model_parser(lc).ainvoke({"q": "x"}, {"callbacks": [handler, plain]})
        first, handler.log[:] = list(handler.log), []
        async for _ in prompt_model_parser(lc).astream({"q": "x"}, {"callbacks": [handler]}):
            pass
        return first, first == plain.log, handler.log

    return asyncio.run(main())


@program
def async_handlers_are_told_by_a_sync_call(lc):
    handler = async_recorder(lc)
    lc.RunnableLambda(lambda x: x, name="one").invoke(1, {"callbacks": [handler]})
    return handler.log


@program
def handlers_in_order_each_told_once(lc):
    order = []

    def build(word):
        class Word(lc.BaseCallbackHandler):
            def on_chain_start(self, *args, **kwargs):
                order.append((word, "start"))

            def on_chain_end(self, *args, **kwargs):
                order.append((word, "end"))

        return Word()

    first, second = build("first"), build("second")
    lc.RunnableLambda(lambda x: x).with_config(callbacks=[second]).invoke(1, {"callbacks": [first, first]})
    return order


@program
def handlers_that_fail_are_not_heard(lc):
    class Failing(lc.BaseCallbackHandler):
        def on_chain_start(self, *args, **kwargs):
            raise ValueError("handler")

    class Raising(Failing):
        raise_error = True

    step = lc.RunnableLambda(lambda x: x)
    logging.disable(logging.CRITICAL)
    try:
        return attempt(step.invoke, 1, {"callbacks": [Failing()]}), attempt(step.invoke, 1, {"callbacks": [Raising()]})
    finally:
        logging.disable(logging.NOTSET)


@program
def handlers_that_ignore(lc):
    logs = []
    for name in (
        "ignore_chain",
        "ignore_llm",
        "ignore_chat_model",
        "ignore_agent",
        "ignore_retriever",
        "ignore_custom_event",
    ):
        handler = type(recorder(lc))
        quiet = type("Quiet", (handler,), {name: property(lambda self: True)})()
        prompt_model_parser(lc).invoke({"q": "x"}, {"callbacks": [quiet]})
        logs.append((name, [entry[0] for entry in quiet.log]))
    return logs


@program
def run_ids_are_taken_and_passed(lc):
    chosen, seen = uuid.UUID(int=5), []

    class Ids(lc.BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
            seen.append((type(run_id).__name__, run_id == chosen, parent_run_id == chosen))

    chain = lc.RunnableLambda(lambda x: x) | (lambda x: x)
    chain.invoke(1, {"callbacks": [Ids()], "run_id": chosen})
    return seen


@program
def managers_inherit_handlers(lc):
    one, two = recorder(lc), recorder(lc)
    manager = lc.CallbackManager.configure(
        inheritable_callbacks=[one],
        local_callbacks=[two],
        inheritable_tags=["i"],
        local_tags=["l"],
        inheritable_metadata={"mi": 1},
        local_metadata={"ml": 1},
    )
    run = manager.on_chain_start({"name": "root"}, {"x": 1})
    child = run.get_child("tag")
    inner = child.on_chain_start(None, {"y": 1}, name="inner")
    inner.on_chain_end({"z": 1})
    run.on_chain_end({"done": 1})
    return (
        [handler in manager.handlers for handler in (one, two)],
        [handler in child.handlers for handler in (one, two)],
        one.log,
        two.log,
    )


@program
def managers_add_remove_and_merge(lc):
    one, two = recorder(lc), recorder(lc)
    manager = lc.CallbackManager(handlers=[one], inheritable_handlers=[one])
    manager.add_handler(two, inherit=False)
    manager.add_tags(["t"])
    manager.add_metadata({"m": 1})
    copy = manager.copy()
    manager.remove_handler(one)
    manager.remove_tags(["t"])
    manager.remove_metadata(["m"])
    merged = copy.merge(lc.CallbackManager(handlers=[two], tags=["u"]))
    return (
        (len(manager.handlers), manager.tags, manager.metadata),
        (len(copy.handlers), len(copy.inheritable_handlers), copy.tags, copy.metadata),
        (len(merged.handlers), sorted(merged.tags)),
        manager.is_async,
    )


@program
async def async_managers_tell(lc):
    handler = recorder(lc)
    manager = lc.AsyncCallbackManager.configure(inheritable_callbacks=[handler])
    run = await manager.on_chain_start({"name": "root"}, {"x": 1}, name="given")
    inner = await run.get_child().on_chain_start(None, 2, name="inner")
    await inner.on_chain_error(ValueError("x"))
    await run.on_chain_end("out")
    (model_run,) = await manager.on_chat_model_start({"name": "model"}, [[lc.HumanMessage("a")]])
    await model_run.on_llm_new_token("t")
    await model_run.on_llm_end(lc.LLMResult(generations=[[lc.ChatGeneration(message=lc.AIMessage("t"))]]))
    return handler.log, manager.is_async


@program
def manager_given_as_callbacks(lc):
    handler = recorder(lc)
    manager = lc.CallbackManager([handler])
    prompt_model_parser(lc).invoke({"q": "x"}, {"callbacks": manager})
    return [entry[:5] for entry in handler.log]


@program
def chain_groups(lc):
    handler = recorder(lc)
    with lc.trace_as_chain_group(
        "group", callback_manager=lc.CallbackManager([handler]), inputs={"a": 1}, tags=["g"]
    ) as group:
        lc.RunnableLambda(lambda x: x, name="inside").invoke(1, {"callbacks": group})
        group.on_chain_end({"b": 2})
    return handler.log


@program
def custom_events(lc):
    def work(x, config):
        lc.dispatch_custom_event("mine", {"x": x})
        lc.dispatch_custom_event("given", x, config=config)
        return x

    def build():
        return lc.RunnableLambda(work, name="work")

    return every_log(lc, build, 1, tags=["t"], metadata={"m": 1}), attempt(lc.dispatch_custom_event, "outside", 1)


@program
async def custom_events_in_async(lc):
    async def work(x, config):
        await lc.adispatch_custom_event("mine", {"x": x}, config=config)
        return x

    handler, plain = async_recorder(lc), recorder(lc)
    await lc.RunnableLambda(work).ainvoke(1, {"callbacks": [handler, plain]})
    return handler.log, plain.log, await aattempt(lc.adispatch_custom_event("outside", 1))


@program
def collect_runs_collects(lc):
    with lc.collect_runs() as found:
        prompt_model_parser(lc).invoke({"q": "x"}, {"tags": ["t"]})
        attempt(lc.RunnableLambda(lambda x: 1 // 0, name="bad").invoke, 1)
    lc.RunnableLambda(lambda x: x).invoke(1)

    def describe(run):
        children = [describe(child) for child in run.child_runs]
        return (
            run.name,
            run.run_type,
            sorted(run.tags or []),
            bool(run.error),
            len(run.dotted_order.split(".")),
            children,
        )

    return (
        [describe(run) for run in found.traced_runs],
        shown(found.traced_runs[0].inputs),
        shown(found.traced_runs[0].outputs),
    )


@program
def error_kinds_reach_the_handlers(lc):
    class Odd(KeyError):
        pass

    def fail(x):
        raise x

    logs = []
    for error in (Odd("a"), StopIteration(), AssertionError("b")):
        handler = recorder(lc)
        logs.append(
            (attempt(lc.RunnableLambda(fail).invoke, error, {"callbacks": [handler]}), kind(error), handler.log[-1:])
        )
    return logs
