"""What is put around a runnable: bind, with_config, retry, fallbacks, listeners, types, configurable parts."""

from __future__ import annotations

from .library import program
from .models import answering, whole_only
from .observe import aattempt, apieces, attempt, attempt_text, every_way, pieces, shown


def fail(x):
    raise LookupError("no")


class Flaky:
    """Fails the first `times` calls."""

    def __init__(self, times, error=ValueError):
        self.times, self.error, self.calls = times, error, 0

    def __call__(self, x):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error(f"call {self.calls}")
        return f"{x} after {self.calls}"


@program
def bind_gives_arguments(lc):
    step = lc.RunnableLambda(lambda x, n=1, m=0: x * n + m)
    return every_way(lambda: step.bind(n=3), 2), attempt(step.bind(n=3).bind(m=1, n=4).invoke, 2)


@program
def bind_and_arguments_of_the_call(lc):
    step = lc.RunnableLambda(lambda x, n=1: x * n).bind(n=3)
    return step.invoke(2, n=5), step.batch([1, 2], n=7), list(step.stream(2, n=9))


@program
def bind_on_a_model(lc):
    model = whole_only(lc)
    return attempt(model.bind(stop=["end"], extra=1).invoke, "hi"), attempt(model.bind(stop=["end"]).invoke, "hi", k=2)


@program
def binding_attributes(lc):
    step = lc.RunnableLambda(len)
    bound = step.bind(n=1).with_config(tags=["t"], run_name="r")
    again = bound.with_config(tags=["u"], metadata={"k": 1})
    return (
        bound.kwargs,
        bound.bound is step,
        bound.config.get("tags"),
        bound.get_name(),
        sorted(again.config.get("tags")),
        again.config.get("metadata"),
        type(again).__name__,
    )


@program
def with_config_reaches_the_function(lc):
    step = lc.RunnableLambda(lambda x, config: (sorted(config["tags"]), config["metadata"], config.get("configurable")))
    bound = step.with_config({"tags": ["b"], "metadata": {"m": 1}}, configurable={"k": 2})
    return attempt(bound.invoke, 1), attempt(
        bound.invoke, 1, {"tags": ["a"], "metadata": {"n": 2}, "configurable": {"j": 3}}
    )


@program
def with_config_on_a_sequence(lc):
    step = lc.RunnableLambda(lambda x, config: sorted(config["tags"]))
    chain = (lc.RunnablePassthrough() | step).with_config(tags=["outer"])
    return every_way(lambda: chain, 1), (chain | len).invoke(1)


@program
def with_config_with_an_unknown_key(lc):
    return attempt(lc.RunnableLambda(len).with_config(nonsense=1).invoke, "abc")


@program
def retry_succeeds(lc):
    functions = []

    def build():
        functions.append(Flaky(2))
        return lc.RunnableLambda(functions[-1]).with_retry(stop_after_attempt=3, wait_exponential_jitter=False)

    return every_way(build, "x"), [function.calls for function in functions]


@program
def retry_gives_up(lc):
    function = Flaky(9)
    step = lc.RunnableLambda(function).with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    return attempt_text(step.invoke, "x"), function.calls, type(step).__name__


@program
def retry_of_other_errors(lc):
    function = Flaky(9, KeyError)
    step = lc.RunnableLambda(function).with_retry(
        retry_if_exception_type=(ValueError, OSError), stop_after_attempt=3, wait_exponential_jitter=False
    )
    return attempt(step.invoke, "x"), function.calls


@program
def retry_in_a_batch_tries_only_what_failed(lc):
    seen = []

    def odd(x):
        seen.append(x)
        if x % 2 and seen.count(x) < 2:
            raise ValueError(x)
        return x

    step = lc.RunnableLambda(odd).with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    return attempt(step.batch, [1, 2, 3], {"max_concurrency": 1}), sorted(seen)


@program
def retry_in_a_batch_returns_exceptions(lc):
    step = lc.RunnableLambda(lambda x: 1 // x).with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    return attempt(step.batch, [1, 0], return_exceptions=True), attempt(step.batch, [1, 0])


@program
def retry_does_not_retry_streams(lc):
    function = Flaky(1)
    step = lc.RunnableLambda(function).with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    return pieces(step.stream("x")), function.calls


@program
async def retry_in_async(lc):
    function = Flaky(1)

    async def later(x):
        return function(x)

    step = lc.RunnableLambda(later).with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    return await aattempt(step.ainvoke("x")), await aattempt(step.abatch(["y", "z"])), function.calls


@program
def fallbacks_succeed(lc):
    def build():
        return lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(fail), lc.RunnableLambda(lambda x: x * 2)])

    return every_way(build, 3), type(build()).__name__


@program
def fallbacks_all_fail_with_the_first_error(lc):
    def worse(x):
        raise OSError("worse")

    return every_way(lambda: lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(worse)]), 3)


@program
def fallbacks_of_other_errors(lc):
    step = lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(str)], exceptions_to_handle=(OSError,))
    return every_way(lambda: step, 3)


@program
def fallbacks_with_an_exception_key(lc):
    def explain(d):
        return {"input": d["q"], "error": type(d["error"]).__name__, "text": str(d["error"])}

    def build():
        return lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(explain)], exception_key="error")

    return every_way(build, {"q": 1}), attempt_text(build().invoke, "text")


@program
def fallbacks_in_a_batch(lc):
    step = lc.RunnableLambda(lambda x: 1 // x).with_fallbacks([lc.RunnableLambda(lambda x: f"fall {x}")])
    none = lc.RunnableLambda(fail).with_fallbacks([lc.RunnableLambda(lambda x: 1 // x)])
    return (
        attempt(step.batch, [1, 0, 2]),
        attempt(none.batch, [1, 0]),
        attempt(none.batch, [1, 0], return_exceptions=True),
    )


@program
def fallbacks_after_a_stream_has_begun(lc):
    def half(stream):
        for text in stream:
            yield text
            raise LookupError("half")

    step = lc.RunnableGenerator(half).with_fallbacks([lc.RunnableLambda(lambda x: "fallback")])
    return pieces(step.stream("a"))


@program
def fallbacks_show_what_they_hold(lc):
    main, other = lc.RunnableLambda(fail), lc.RunnableLambda(str)
    step = main.with_fallbacks([other])
    return step.runnable is main, step.fallbacks == [other], len(list(step.runnables)), step.get_name()


@program
def fallbacks_for_models(lc):
    model = whole_only(lc).with_fallbacks([answering(lc, "rescued")])
    return attempt(model.invoke, "hi"), attempt(model.invoke, "404")


@program
def listeners_hear_start_end_and_error(lc):
    seen = []

    def note(word):
        return lambda run: seen.append((word, run.name, shown(run.inputs), shown(run.outputs), bool(run.error)))

    def listen(step):
        return step.with_listeners(on_start=note("start"), on_end=note("end"), on_error=note("error"))

    outcome = every_way(lambda: listen(lc.RunnableLambda(lambda x: x + 1)), 1)
    return outcome, attempt(listen(lc.RunnableLambda(fail)).invoke, 2), seen


@program
def listeners_may_take_the_config(lc):
    seen = []

    def note(run, config):
        seen.append((run.name, sorted(config["tags"])))

    step = lc.RunnableLambda(len).with_listeners(on_end=note)
    return step.invoke("abc", {"tags": ["t"]}), seen


@program
def listeners_hear_the_root_only(lc):
    seen = []
    chain = (lc.RunnableLambda(len) | str).with_listeners(
        on_end=lambda run: seen.append((run.name, len(run.child_runs)))
    )
    return chain.invoke("abc"), seen, list(chain.stream("ab")), seen


@program
async def async_listeners(lc):
    seen = []

    async def start(run):
        seen.append(("start", run.name))

    async def end(run, config):
        seen.append(("end", shown(run.outputs)))

    async def error(run):
        seen.append(("error", run.name))

    step = lc.RunnableLambda(lambda x: 1 // x).with_alisteners(on_start=start, on_end=end, on_error=error)
    return await aattempt(step.ainvoke(1)), await aattempt(step.ainvoke(0)), await apieces(step.astream(1)), seen


@program
def with_types_passes_through(lc):
    step = lc.RunnableLambda(lambda x: x).with_types(input_type=int, output_type=int)
    return every_way(lambda: step, 3), type(step).__name__


@program
def configurable_fields_of_a_model(lc):
    model = lc.FakeListChatModel(responses=["one"]).configurable_fields(
        responses=lc.ConfigurableField(id="answers", name="Answers")
    )
    chain = model | lc.StrOutputParser()
    return (
        attempt(chain.invoke, "x"),
        attempt(chain.invoke, "x", {"configurable": {"answers": ["two"]}}),
        attempt(chain.with_config(configurable={"answers": ["three"]}).invoke, "x"),
        [spec.id for spec in model.config_specs],
        attempt(model.configurable_fields, nonsense=lc.ConfigurableField(id="n")),
        "".join(chain.stream("x", {"configurable": {"answers": ["ab"]}})),
    )


@program
def configurable_fields_of_a_prompt(lc):
    prompt = lc.PromptTemplate.from_template("say {x}").configurable_fields(template=lc.ConfigurableField(id="text"))
    return attempt(prompt.invoke, {"x": 1}), attempt(prompt.invoke, {"x": 1}, {"configurable": {"text": "shout {x}"}})


@program
def configurable_alternatives_by_key(lc):
    def build():
        return lc.RunnablePassthrough().configurable_alternatives(
            lc.ConfigurableField(id="which"),
            default_key="same",
            double=lc.RunnableLambda(lambda x: x * 2),
            made=lambda: lc.RunnableLambda(lambda x: "made"),
        )

    return (
        every_way(build, 2),
        every_way(build, 2, {"configurable": {"which": "double"}}),
        attempt(build().invoke, 2, {"configurable": {"which": "made"}}),
        attempt_text(build().invoke, 2, {"configurable": {"which": "none"}}),
        attempt(build().invoke, 2, {"configurable": {"which": "same"}}),
    )


@program
def configurable_alternatives_inside_a_chain(lc):
    model = lc.FakeListChatModel(responses=["default"]).configurable_alternatives(
        lc.ConfigurableField(id="llm"), other=lc.FakeListChatModel(responses=["other"])
    )
    chain = lc.PromptTemplate.from_template("{q}") | model | lc.StrOutputParser()
    return (
        attempt(chain.invoke, {"q": 1}),
        attempt(chain.with_config(configurable={"llm": "other"}).invoke, {"q": 1}),
        attempt(chain.batch, [{"q": 1}, {"q": 2}], [{"configurable": {"llm": "other"}}, {}]),
    )


@program
def configurable_alternatives_with_prefixed_keys(lc):
    step = lc.FakeListChatModel(responses=["a"]).configurable_fields(responses=lc.ConfigurableField(id="answers"))
    chosen = step.configurable_alternatives(
        lc.ConfigurableField(id="llm"), prefix_keys=True, other=lc.FakeListChatModel(responses=["b"])
    )
    return (
        attempt(chosen.invoke, "x")[1],
        attempt(chosen.invoke, "x", {"configurable": {"llm==default/answers": ["c"]}})[1],
        attempt(chosen.invoke, "x", {"configurable": {"llm": "other"}})[1],
        sorted(spec.id for spec in chosen.config_specs),
    )


@program
def bound_models_keep_their_methods(lc):
    model = answering(lc, "a", "b")
    bound = model.bind(stop=["x"])
    return bound.bound is model, attempt(lambda: bound.invoke("x").content), bound.kwargs, bound.get_name()
