"""Tracers that users write, printing handlers, hooks, usage counts, debug mode."""

from __future__ import annotations

import contextlib
import contextvars
import io
import re

from .library import program
from .models import answering, streaming, whole_only
from .observe import aattempt, attempt, shown


def chain(lc):
    return lc.ChatPromptTemplate.from_messages([("human", "{q}")]) | streaming(lc) | lc.StrOutputParser()


def described(run):
    children = [described(child) for child in run.child_runs]
    kinds = [event["name"] for event in run.events]
    outputs = sorted(run.outputs) if isinstance(run.outputs, dict) else run.outputs
    return run.name, run.run_type, sorted(run.tags or []), shown(run.inputs), outputs, bool(run.error), kinds, children


def tracer(lc, found):
    class Tracer(lc.BaseTracer):
        def _persist_run(self, run):
            found.append(described(run))

    return Tracer()


def printed(function, *args, **kwargs):
    """What a call prints, times and colours aside."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        attempt(function, *args, **kwargs)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    return shown(re.sub(r"\[[0-9.]+m?s\]", "[time]", text))


@program
def tracer_of_a_chain(lc):
    found = []
    chain(lc).invoke({"q": "x"}, {"callbacks": [tracer(lc, found)], "tags": ["t"]})
    return found


@program
def tracer_of_a_stream(lc):
    found = []
    list(chain(lc).stream({"q": "x"}, {"callbacks": [tracer(lc, found)]}))
    return found


@program
def tracer_of_an_error(lc):
    found = []
    step = lc.RunnableLambda(lambda x: 1 // x, name="div") | str
    attempt(step.invoke, 0, {"callbacks": [tracer(lc, found)]})
    return found


@program
def tracer_of_a_tool(lc):
    @lc.tool
    def add(a: int) -> int:
        """Add one."""
        return a + 1

    found = []
    add.invoke({"a": 1}, {"callbacks": [tracer(lc, found)]})
    return found


@program
def tracer_with_hooks(lc):
    seen = []

    class Hooked(lc.BaseTracer):
        def _persist_run(self, run):
            seen.append(("persist", run.name))

        def _on_chain_start(self, run):
            seen.append(("chain", run.name))

        def _on_chain_end(self, run):
            seen.append(("chain end", run.name))

        def _on_chat_model_start(self, run):
            seen.append(("model", run.name))

        def _on_llm_end(self, run):
            seen.append(("model end", run.name))

        def _on_run_create(self, run):
            seen.append(("create", run.name))

        def _on_run_update(self, run):
            seen.append(("update", run.name))

    chain(lc).invoke({"q": "x"}, {"callbacks": [Hooked()]})
    return seen


@program
def tracer_sees_dotted_orders(lc):
    found = []

    class Orders(lc.BaseTracer):
        def _persist_run(self, run):
            found.append(run)

    chain(lc).invoke({"q": "x"}, {"callbacks": [Orders()]})
    (root,) = found
    return (
        [
            (
                child.dotted_order.startswith(root.dotted_order + "."),
                child.trace_id == root.id,
                child.parent_run_id == root.id,
            )
            for child in root.child_runs
        ],
        root.dotted_order.endswith(str(root.id)),
        root.trace_id == root.id,
    )


@program
async def async_tracer(lc):
    found = []

    class Tracer(lc.AsyncBaseTracer):
        async def _persist_run(self, run):
            found.append(described(run))

    await chain(lc).ainvoke({"q": "x"}, {"callbacks": [Tracer()]})
    return found


@program
def console_output(lc):
    return printed(chain(lc).invoke, {"q": "x"}, {"callbacks": [lc.ConsoleCallbackHandler()]})


@program
def console_output_of_an_error(lc):
    step = lc.RunnableLambda(lambda x: 1 // x, name="div")
    text = printed(step.invoke, 0, {"callbacks": [lc.ConsoleCallbackHandler()]})
    return [line for line in text.splitlines() if line.startswith("[")]


@program
def stdout_output(lc):
    return printed(chain(lc).invoke, {"q": "x"}, {"callbacks": [lc.StdOutCallbackHandler()]})


@program
def streaming_stdout_output(lc):
    config = {"callbacks": [lc.StreamingStdOutCallbackHandler()]}
    return printed(lambda: list(chain(lc).stream({"q": "x"}, config))), printed(whole_only(lc).invoke, "x", config)


@program
def debug_mode_prints(lc):
    lc.set_debug(True)
    try:
        text = printed(lc.RunnableLambda(lambda x: x, name="one").invoke, 1)
    finally:
        lc.set_debug(False)
    return text, lc.get_debug(), printed(lc.RunnableLambda(lambda x: x).invoke, 1)


@program
def verbose_mode_is_kept(lc):
    before = lc.get_verbose()
    lc.set_verbose(True)
    try:
        return before, lc.get_verbose()
    finally:
        lc.set_verbose(False)


def counted(lc, *names):
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_token_details": {"cache_read": 1}}
    messages = [lc.AIMessage("a", usage_metadata=usage, response_metadata={"model_name": name}) for name in names]
    return answering(lc, *messages)


@program
def usage_is_counted_by_model(lc):
    handler, model = lc.UsageMetadataCallbackHandler(), counted(lc, "m", "n", "m")
    for _ in range(3):
        model.invoke("x", {"callbacks": [handler]})
    return handler.usage_metadata


@program
async def usage_is_counted_in_a_block(lc):
    model = counted(lc, "m", "m", "m")
    with lc.get_usage_metadata_callback() as found:
        model.invoke("x")
        await model.ainvoke("y")
    model.invoke("z")
    return found.usage_metadata


@program
def usage_that_is_not_told(lc):
    handler = lc.UsageMetadataCallbackHandler()
    answering(lc, "a").invoke("x", {"callbacks": [handler]})
    return handler.usage_metadata


@program
def hooks_of_ones_own(lc):
    seen = []

    class Names(lc.BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, **kwargs):
            seen.append((kwargs.get("name"), inputs))

    variable = contextvars.ContextVar("a_hook_of_the_differential_programs", default=None)
    lc.register_configure_hook(variable, True)
    token = variable.set(Names())
    try:
        (lc.RunnableLambda(lambda x: x, name="a") | lc.RunnableLambda(lambda x: x, name="b")).invoke(1)
    finally:
        variable.reset(token)
    lc.RunnableLambda(lambda x: x, name="c").invoke(1)
    return seen


@program
async def collected_runs_in_async(lc):
    with lc.collect_runs() as found:
        await chain(lc).ainvoke({"q": "x"})
        await aattempt(lc.RunnableLambda(lambda x: 1 // x).ainvoke(0))
    return [described(run) for run in found.traced_runs]
