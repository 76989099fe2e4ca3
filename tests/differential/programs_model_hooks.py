"""The hooks of chat models, as subclasses override them, call them by `super()`, and as others call them."""

from __future__ import annotations

from .library import program
from .models import piece, streaming, whole_only
from .observe import aattempt, apieces, attempt, every_log, every_way, pieces, shown


@program
def model_that_calls_its_super(lc):
    class Louder(lc.FakeListChatModel):
        def _call(self, *args, **kwargs):
            return super()._call(*args, **kwargs).upper()

    class Marked(lc.GenericFakeChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            found = super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)
            found.generations[0].message.content += "!"
            return found

    return attempt(Louder(responses=["a"]).invoke, "x"), attempt(Marked(messages=iter(["b"])).invoke, "x")


@program
def hooks_called_by_hand(lc):
    model = streaming(lc)
    return shown(model._generate([lc.HumanMessage("x")])), pieces(model._stream([lc.HumanMessage("x")]))


@program
async def async_hooks_called_by_hand(lc):
    model = streaming(lc)
    return await aattempt(model._agenerate([lc.HumanMessage("x")])), await apieces(
        lambda: model._astream([lc.HumanMessage("x")])
    )


@program
def async_hooks_that_call_their_super(lc):
    class Marked(lc.FakeListChatModel):
        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            found = await super()._agenerate(messages, stop=stop, run_manager=run_manager, **kwargs)
            found.generations[0].message.content += "!"
            return found

        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            async for chunk in super()._astream(messages, stop=stop, run_manager=run_manager, **kwargs):
                chunk.message.content += "?"
                yield chunk

    return every_way(lambda: Marked(responses=["ab"]), "x")


@program
def sync_hooks_alone_serve_the_other_side(lc):
    class Marked(lc.GenericFakeChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            found = super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)
            found.generations[0].message.content += "!"
            return found

    found = every_way(lambda: Marked(messages=iter(["b c"])), "x")
    return found["invoke"], found["ainvoke"], found["abatch"]


def delegating(lc, inner):
    class Delegating(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "delegating"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return inner._generate(messages, stop=stop, run_manager=run_manager, **kwargs)

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            return await inner._agenerate(messages, stop=stop, run_manager=run_manager, **kwargs)

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield from inner._stream(messages, stop=stop, run_manager=run_manager, **kwargs)

        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            async for chunk in inner._astream(messages, stop=stop, run_manager=run_manager, **kwargs):
                yield chunk

    return Delegating()


@program
def model_that_asks_another(lc):
    return every_way(lambda: delegating(lc, streaming(lc)), "x")


@program
def model_that_asks_a_fake(lc):
    return every_way(lambda: delegating(lc, lc.FakeListChatModel(responses=["ab"])), "x")


@program
def model_that_asks_another_tells_its_run(lc):
    return every_log(lc, lambda: delegating(lc, streaming(lc)), "x")


@program
def model_that_invokes_another(lc):
    class Outer(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "outer"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            config = {"callbacks": run_manager.get_child()} if hasattr(run_manager, "get_child") else None
            said = whole_only(lc).invoke(messages, config)
            return lc.ChatResult(generations=[lc.ChatGeneration(message=lc.AIMessage(said.content + "!"))])

    return every_way(Outer, "x"), every_log(lc, Outer, "x")["invoke"]


@program
def hook_without_a_run_manager(lc):
    class Plain(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "plain"

        def _generate(self, messages, stop=None, **kwargs):
            return lc.ChatResult(generations=[lc.ChatGeneration(message=lc.AIMessage(str(sorted(kwargs))))])

    return attempt(Plain().invoke, "x")


@program
def several_generations_of_one_prompt(lc):
    class Two(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "two"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            both = [lc.ChatGeneration(message=lc.AIMessage(text), generation_info={"n": text}) for text in "ab"]
            return lc.ChatResult(generations=both, llm_output={"k": 1})

    return attempt(Two().invoke, "x"), attempt(Two().generate, [[lc.HumanMessage("x")]])


@program
def chunks_with_generation_info(lc):
    class Informed(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "informed"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise NotImplementedError

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield piece(lc, "a")
            chunk = lc.AIMessageChunk("b", chunk_position="last")
            yield lc.ChatGenerationChunk(message=chunk, generation_info={"finish_reason": "stop"})

    return pieces(Informed().stream("x"))


@program
def hooks_that_give_something_else(lc):
    class Wrong(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "wrong"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return lc.AIMessage("no result")

    return attempt(Wrong().invoke, "x")[0]
