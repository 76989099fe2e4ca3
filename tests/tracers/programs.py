"""Small programs for both libraries: each builds a runnable of `lc`'s names and says what it is called with.

`lc` has the names of one library as attributes. A program gives (runnable, input, config, filters of
astream_events); it is built afresh for each use, so that a model's iterator of answers is full.
"""

from __future__ import annotations

from importlib import import_module

HOMES = {
    "language_models": "BaseChatModel",
    "language_models.fake_chat_models": "FakeListChatModel GenericFakeChatModel",
    "messages": "AIMessage AIMessageChunk HumanMessage SystemMessage",
    "outputs": "ChatGeneration ChatGenerationChunk ChatResult",
    "output_parsers": "JsonOutputParser StrOutputParser CommaSeparatedListOutputParser",
    "prompts": "ChatPromptTemplate PromptTemplate",
    "runnables": (
        "RunnableBranch RunnableGenerator RunnableLambda RunnableParallel RunnablePassthrough "
        "RunnableSequence RunnableWithFallbacks Runnable chain"
    ),
    "tools": "tool",
    "tracers": "BaseTracer ConsoleCallbackHandler",
    "tracers.base": "AsyncBaseTracer",
    "tracers.context": "collect_runs",
    "tracers.stdout": "FunctionCallbackHandler",
    "callbacks": "adispatch_custom_event",
    "callbacks.manager": "dispatch_custom_event",
}
HOME_OF = {name: home for home, names in HOMES.items() for name in names.split()}


class Library:
    """The names of `langchain_core` or `minichat`, each imported on first use."""

    def __init__(self, prefix):
        self._prefix = prefix

    def __getattr__(self, name):
        return getattr(import_module(f"{self._prefix}.{HOME_OF[name]}"), name)


PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def model(lc, *answers, **settings):
    answers = [lc.AIMessage(content=one) if isinstance(one, str) else one for one in answers or ("hello you",)]
    return lc.GenericFakeChatModel(messages=iter(answers), **settings)


def plus(lc, number, **settings):
    return lc.RunnableLambda(lambda x: x + number, name=f"plus{number}", **settings)


@program
def one_function(lc):
    return plus(lc, 1), 1, {}, {}


@program
def an_unnamed_function(lc):
    return lc.RunnableLambda(lambda x: x), {"a": 1}, {}, {}


@program
def a_function_that_fails(lc):
    return lc.RunnableLambda(lambda x: 1 / x, name="inverse"), 0, {}, {}


@program
def a_function_that_gives_none(lc):
    return lc.RunnableLambda(lambda x: None, name="none"), "x", {}, {}


@program
def an_empty_text(lc):
    return lc.RunnableLambda(lambda x: x, name="same"), "", {}, {}


@program
def two_functions(lc):
    return plus(lc, 1) | plus(lc, 2), 1, {}, {}


@program
def two_functions_with_config(lc):
    config = {"tags": ["b", "a"], "metadata": {"m": 1}, "run_name": "whole"}
    return plus(lc, 1).with_config(tags=["own"], metadata={"o": 2}) | plus(lc, 2), 1, config, {}


@program
def dicts_as_input_and_output(lc):
    return plus(lc, 1) | (lambda x: {"x": x}) | lc.RunnableLambda(lambda d: [d["x"]], name="list"), 1, {}, {}


@program
def the_last_of_three_fails(lc):
    return plus(lc, 1) | plus(lc, 2) | lc.RunnableLambda(lambda x: {}["key"], name="bad"), 1, {}, {}


@program
def the_first_of_two_fails(lc):
    return lc.RunnableLambda(lambda x: {}["key"], name="bad") | plus(lc, 1), 1, {}, {}


@program
def a_bare_model(lc):
    return model(lc), "hi", {}, {}


@program
def a_bare_model_with_messages(lc):
    return model(lc), [lc.SystemMessage("be"), lc.HumanMessage("hi", name="bob")], {"tags": ["t"]}, {}


@program
def a_model_that_calls_a_tool(lc):
    call = {"name": "f", "args": {"a": 1}, "id": "c1"}
    return model(lc, lc.AIMessage(content="ok then", tool_calls=[call], id="a1")), "hi", {}, {}


@program
def a_model_with_a_function_call(lc):
    extra = {"function_call": {"name": "f", "arguments": '{"a": 1, "b": 2}'}}
    return model(lc, lc.AIMessage(content="x", additional_kwargs=extra)), "hi", {}, {}


@program
def a_model_letter_by_letter(lc):
    return lc.FakeListChatModel(responses=["abc"]), "hi", {}, {}


@program
def a_model_that_breaks_off(lc):
    return lc.FakeListChatModel(responses=["abc"], error_on_chunk_number=2), "hi", {}, {}


@program
def a_function_and_a_model(lc):
    return lc.RunnableLambda(lambda x: x["q"], name="question") | model(lc), {"q": "hi"}, {}, {}


@program
def a_model_and_a_function(lc):
    return model(lc) | lc.RunnableLambda(lambda m: m.content.upper(), name="upper"), "hi", {}, {}


@program
def a_model_and_a_function_that_fails(lc):
    return model(lc) | lc.RunnableLambda(lambda m: 1 / 0, name="bad"), "hi", {}, {}


@program
def a_model_and_a_generator(lc):
    async def agenerate(pieces):
        async for piece in pieces:
            yield piece.content + "!"

    def generate(pieces):
        for piece in pieces:
            yield piece.content + "!"

    return model(lc) | lc.RunnableGenerator(generate, agenerate, name="marks"), "hi", {}, {}


@program
def a_user_model_without_streaming(lc):
    class Whole(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "whole"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return lc.ChatResult(
                generations=[lc.ChatGeneration(message=lc.AIMessage(content="whole"), generation_info={"i": 1})],
                llm_output={"model_name": "w"},
            )

    return plus(lc, "!") | Whole(), "hi", {}, {}


@program
def a_user_model_that_streams(lc):
    class Pieces(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "pieces"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return lc.ChatResult(generations=[lc.ChatGeneration(message=lc.AIMessage(content="ab"))])

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            for text in "ab":
                yield lc.ChatGenerationChunk(message=lc.AIMessageChunk(content=text))

    return Pieces() | lc.RunnableLambda(lambda m: m.content, name="text"), "hi", {}, {}


@program
def a_prompt(lc):
    return lc.ChatPromptTemplate.from_messages([("system", "be {how}"), ("human", "{q}")]), {"how": "nice", "q": "?"}, {}, {}


@program
def a_text_prompt(lc):
    return lc.PromptTemplate.from_template("say {what}"), {"what": "hi"}, {}, {}


@program
def a_prompt_that_misses_a_variable(lc):
    return lc.ChatPromptTemplate.from_messages([("human", "{q} {r}")]) | model(lc), {"q": "?"}, {}, {}


@program
def prompt_model_parser(lc):
    prompt = lc.ChatPromptTemplate.from_messages([("system", "be"), ("human", "{q}")])
    return prompt | model(lc) | lc.StrOutputParser(), {"q": "hi"}, {"tags": ["t"], "metadata": {"m": 1}}, {}


@program
def a_bare_text_parser(lc):
    return lc.StrOutputParser(), "text", {}, {}


@program
def a_json_parser(lc):
    return model(lc, '{"a": [1, 2]}') | lc.JsonOutputParser(), "hi", {}, {}


@program
def a_json_parser_that_fails(lc):
    return model(lc, "no json") | lc.JsonOutputParser(), "hi", {}, {}


@program
def a_list_parser(lc):
    return model(lc, "a, b, c") | lc.CommaSeparatedListOutputParser(), "hi", {}, {}


@program
def a_passthrough(lc):
    return model(lc) | lc.RunnablePassthrough(), "hi", {}, {}


@program
def an_assignment(lc):
    return lc.RunnablePassthrough.assign(b=lambda d: d["a"] + 1), {"a": 1}, {}, {}


@program
def parallel_branches_one_after_the_other(lc):
    # One branch: with two their order is the threads' affair.
    return lc.RunnableParallel(a=plus(lc, 1)) | lc.RunnableLambda(lambda d: d["a"], name="a"), 1, {}, {}


@program
def a_branch(lc):
    return lc.RunnableBranch((lambda x: x > 0, plus(lc, 1)), plus(lc, 2)), 1, {}, {}


@program
def the_default_of_a_branch(lc):
    return lc.RunnableBranch((lambda x: x > 9, plus(lc, 1)), plus(lc, 2)), 1, {}, {}


@program
def a_fallback(lc):
    bad = lc.RunnableLambda(lambda x: 1 / 0, name="bad")
    return bad.with_fallbacks([plus(lc, 1)]), 1, {}, {}


@program
def a_retry(lc):
    seen = []

    def shaky(x):
        seen.append(x)
        return 1 / 0 if len(seen) < 2 else x

    wrapped = lc.RunnableLambda(shaky, name="shaky").with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    return wrapped, 1, {}, {}


@program
def a_call_inside_a_function(lc):
    inner = plus(lc, 1)

    def outer(x):
        return inner.invoke(x) * 2

    return lc.RunnableLambda(outer), 1, {"tags": ["t"]}, {}


@program
def an_awaited_call_inside_a_function(lc):
    inner = plus(lc, 1)

    async def outer(x, config):
        return await inner.ainvoke(x, config) * 2

    return lc.RunnableLambda(lambda x, config: inner.invoke(x, config) * 2, outer, name="outer"), 1, {"metadata": {"m": 1}}, {}


@program
def a_model_inside_a_function(lc):
    inner = model(lc)

    def ask(x):
        return inner.invoke(x).content

    return lc.RunnableLambda(ask) | plus(lc, "!"), "hi", {}, {}


@program
def a_function_that_gives_a_runnable(lc):
    return lc.RunnableLambda(lambda x: plus(lc, 1) | plus(lc, 2), name="choose"), 1, {}, {}


@program
def a_sequence_in_a_sequence(lc):
    inner = (plus(lc, 1) | plus(lc, 2)).with_config(run_name="inner")
    return inner | plus(lc, 3), 1, {}, {}


@program
def a_decorated_chain(lc):
    @lc.chain
    def double(x):
        return (plus(lc, 1) | plus(lc, 2)).invoke(x)

    return double, 1, {}, {}


@program
def every_item_of_a_list(lc):
    return lc.RunnableLambda(lambda x: [x], name="list") | plus(lc, 1).map(), 1, {}, {}


def adding(lc, **settings):
    @lc.tool(**settings)
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        if b < 0:
            raise ValueError("negative")
        return a + b

    return add


@program
def a_tool(lc):
    return adding(lc), {"a": 1, "b": 2}, {}, {}


@program
def a_tool_called_by_a_model(lc):
    return adding(lc), {"type": "tool_call", "name": "add", "id": "c1", "args": {"a": 1, "b": 2}}, {"tags": ["t"]}, {}


@program
def a_tool_that_fails(lc):
    return adding(lc), {"type": "tool_call", "name": "add", "id": "c1", "args": {"a": 1, "b": -2}}, {}, {}


@program
def a_tool_in_a_chain(lc):
    return lc.RunnableLambda(lambda x: {"a": x, "b": 1}, name="args") | adding(lc) | plus(lc, 1), 1, {}, {}


@program
def a_custom_event(lc):
    def report(x):
        lc.dispatch_custom_event("half", {"way": x})
        return x

    async def areport(x, config):
        await lc.adispatch_custom_event("half", {"way": x}, config=config)
        return x

    return lc.RunnableLambda(report, areport, name="report") | plus(lc, 1), 1, {"tags": ["t"]}, {}


FILTERS = {
    "names": {"include_names": ["plus1"]},
    "types": {"include_types": ["chat_model"]},
    "tags": {"include_tags": ["own"]},
    "names_or_types": {"include_names": ["plus1"], "include_types": ["chat_model"]},
    "not_names": {"exclude_names": ["plus1", "RunnableSequence"]},
    "not_types": {"exclude_types": ["chain"]},
    "not_tags": {"exclude_tags": ["own"]},
    "some_but_not_others": {"include_types": ["chain"], "exclude_names": ["RunnableSequence"]},
    "nothing": {"include_names": ["nobody"]},
}


def _filtered(name, filters):
    def build(lc):
        chain = plus(lc, "!").with_config(run_name="plus1", tags=["own"]) | model(lc) | (lambda m: m.content)
        return chain, "hi", {}, filters

    PROGRAMS[f"events_by_{name}"] = build


for _name, _filters in FILTERS.items():
    _filtered(_name, _filters)
