"""Chat models: inputs, hooks of subclasses on both sides, generate, caches, limiter, fakes, errors."""

from __future__ import annotations

from .library import program
from .models import answering, both_sides, piece, result, streaming, whole_only
from .observe import aattempt, attempt, attempt_text, every_log, every_way, pieces, shown


@program
def model_inputs(lc):
    model = lc.ParrotFakeChatModel()
    inputs = [
        "text",
        [lc.HumanMessage("m")],
        [("human", "t")],
        lc.StringPromptValue(text="p"),
        ("a", "b"),
        [{"role": "user", "content": "d"}],
    ]
    return [attempt(model.invoke, one) for one in inputs]


@program
def model_inputs_refused(lc):
    model = lc.ParrotFakeChatModel()
    return [attempt_text(model.invoke, one) for one in (3, None, {"role": "user"})], attempt(
        model.invoke, lc.HumanMessage("x")
    )


@program
def model_with_generate_only(lc):
    return every_way(lambda: whole_only(lc), "hi"), every_way(lambda: whole_only(lc), "404")


@program
def model_with_generate_only_streams_a_message(lc):
    return [type(one).__name__ for one in whole_only(lc).stream("hi")]


@program
def model_that_streams(lc):
    return every_way(lambda: streaming(lc), "hi")


@program
def model_that_fails_while_streaming(lc):
    return every_way(lambda: streaming(lc, fail_after=2), "hi")


@program
def model_that_streams_nothing(lc):
    return pieces(streaming(lc, texts=()).stream("hi"))


@program
def model_with_every_hook(lc):
    log = []
    return every_way(lambda: both_sides(lc, log), "hi"), log


@program
def closing_chunk_of_a_stream(lc):
    class Unmarked(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "unmarked"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(lc, "ab")

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield piece(lc, "a")
            yield piece(lc, "b")

    return every_way(Unmarked, "hi"), every_way(lambda: Unmarked() | lc.StrOutputParser(), "hi")


@program
def model_that_is_async_only(lc):
    class AsyncOnly(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "async-only"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise NotImplementedError("async only")

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(lc, "async")

    return every_way(AsyncOnly, "hi")


@program
def model_without_hooks_is_abstract(lc):
    class Nothing(lc.BaseChatModel):
        pass

    return attempt(Nothing), attempt(lc.BaseChatModel)


@program
def model_of_the_simple_kind(lc):
    class Simple(lc.SimpleChatModel):
        @property
        def _llm_type(self):
            return "simple"

        def _call(self, messages, stop=None, run_manager=None, **kwargs):
            return f"{len(messages)} {stop}"

    return every_way(Simple, "hi"), attempt(Simple().invoke, "hi", stop=["x"])


@program
def model_with_fields(lc):
    class Fielded(lc.BaseChatModel):
        prefix: str
        times: int = 2

        @property
        def _llm_type(self):
            return "fielded"

        @property
        def _identifying_params(self):
            return {"prefix": self.prefix}

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(lc, self.prefix * self.times)

    return (
        attempt(Fielded(prefix="ab").invoke, "x"),
        attempt(Fielded(prefix="a", times=3).invoke, "x"),
        attempt(Fielded),
    )


@program
def model_that_calls_its_run_manager(lc):
    class Telling(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "telling"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            run_manager.on_llm_new_token("t1")
            run_manager.on_llm_new_token("t2")
            return result(lc, "done")

    return every_log(lc, Telling, "hi")


@program
def generate_of_many(lc):
    model = whole_only(lc)
    found = model.generate([[lc.HumanMessage("a")], [lc.HumanMessage("b")]], stop=["s"])
    return shown(found), len(found.run), shown(found.flatten()), shown(model.generate([]))


@program
def generate_joins_llm_output(lc):
    class Counting(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "counting"

        def _combine_llm_outputs(self, llm_outputs):
            return {"total": sum(one["n"] for one in llm_outputs)}

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result(lc, messages[0].content, llm_output={"n": len(messages[0].content)})

    found = Counting().generate([[lc.HumanMessage("ab")], [lc.HumanMessage("c")]])
    return shown(found.llm_output), shown(found.generations), attempt(Counting().invoke, "abc")


@program
async def agenerate_of_many(lc):
    found = await whole_only(lc).agenerate([[lc.HumanMessage("a")], [lc.HumanMessage("b")]])
    return shown(found), await aattempt(whole_only(lc).agenerate([[lc.HumanMessage("a")], [lc.HumanMessage("1")]]))


@program
async def generate_prompt_both_ways(lc):
    prompts = [lc.StringPromptValue(text="a"), lc.ChatPromptValue(messages=[lc.HumanMessage("b")])]
    model = whole_only(lc)
    return (
        attempt(model.generate_prompt, prompts),
        await aattempt(model.agenerate_prompt(prompts)),
        attempt(model.generate, [["text"]]),
    )


@program
def results_compare(lc):
    one, two = whole_only(lc).generate([[lc.HumanMessage("a")]]), whole_only(lc).generate([[lc.HumanMessage("a")]])
    generation = lc.ChatGeneration(message=lc.AIMessage("x"), generation_info={"k": 1})
    return (
        one.generations[0][0].text == two.generations[0][0].text,
        shown(generation),
        shown(piece(lc, "a") + piece(lc, "b")),
        attempt(lambda: piece(lc, "a") + "b"),
        shown(lc.Generation(text="t")),
        shown(lc.GenerationChunk(text="a") + lc.GenerationChunk(text="b", generation_info={"k": 1})),
    )


@program
def fake_models_answer(lc):
    listed = lc.FakeListChatModel(responses=["a", "b"])
    messages = lc.FakeMessagesListChatModel(responses=[lc.AIMessage("m1"), lc.HumanMessage("m2")])
    return (
        [listed.invoke("x").content for _ in range(3)],
        [shown(messages.invoke("x"))[:2] for _ in range(3)],
        attempt(lc.FakeChatModel().invoke, "x"),
        attempt(lc.ParrotFakeChatModel().invoke, "x"),
        [attempt(answering(lc, "a").invoke, "x")],
        listed._llm_type,
    )


@program
def fake_models_stream(lc):
    def build():
        return lc.FakeListChatModel(responses=["abc"])

    return (
        every_way(build, "x"),
        every_way(lambda: answering(lc, lc.AIMessage("a b", id="1")), "x"),
        pieces(lc.FakeListChatModel(responses=["abc"], error_on_chunk_number=1).stream("x")),
        pieces(lc.FakeMessagesListChatModel(responses=[lc.AIMessage("ab")]).stream("x")),
    )


@program
def fake_model_with_a_function_call(lc):
    message = lc.AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": '{"a": 1, "b": 2}'}})
    return pieces(answering(lc, message).stream("x"))


@program
def fake_model_batches(lc):
    model = lc.FakeListChatModel(responses=["a", "b", "c"])
    return [one.content for one in model.batch(["x", "y"], {"max_concurrency": 1})]


@program
def model_output_is_a_message_with_an_id(lc):
    found = whole_only(lc).invoke("x")
    own = answering(lc, lc.AIMessage("x", id="mine")).invoke("y")
    return found.id.split("-")[0], own.id, [one.id.split("-")[0] for one in streaming(lc).stream("x")][0]


@program
def model_with_stop_and_arguments(lc):
    return attempt(whole_only(lc).invoke, "a", stop=["b"], k="v"), pieces(whole_only(lc).stream("a", stop=["b"], k="v"))


@program
def structured_output_without_tools_is_refused(lc):
    return attempt(lc.FakeListChatModel(responses=["a"]).with_structured_output, {"title": "T", "type": "object"})
