"""What a chat model is set up with, and what it tells: cache, rate limiter, streaming, tags, handlers."""

from __future__ import annotations

from .library import program
from .models import result, streaming, whole_only
from .observe import apieces, attempt, every_log, every_way, pieces, recorder


@program
def cache_of_a_model(lc):
    calls = []

    class Counted(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "counted"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            calls.append(messages[0].content)
            return result(lc, f"answer {len(calls)}")

    def ask(model, *args, **kwargs):
        return model.invoke(*args, **kwargs).content

    cache = lc.InMemoryCache()
    model, plain = Counted(cache=cache), Counted()
    return (
        [ask(model, "a"), ask(model, "a"), ask(model, "b"), ask(model, "a", stop=["x"]), ask(plain, "a")],
        [one.content for one in model.stream("a")],
        calls,
        attempt(Counted(cache=True).invoke, "a"),
    )


@program
def cache_for_everything(lc):
    calls = []

    class Counted(lc.BaseChatModel):
        @property
        def _llm_type(self):
            return "counted"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            calls.append(1)
            return result(lc, f"answer {len(calls)}")

    lc.set_llm_cache(lc.InMemoryCache())
    try:
        first = [Counted().invoke("a").content for _ in range(2)]
        without = Counted(cache=False).invoke("a").content
        return first, without, len(calls), lc.get_llm_cache() is not None
    finally:
        lc.set_llm_cache(None)


@program
async def cache_in_async(lc):
    model = lc.FakeListChatModel(responses=["one", "two"], cache=lc.InMemoryCache())
    asked = [await model.ainvoke("a"), await model.ainvoke("a"), await model.ainvoke("b")]
    return [one.content for one in asked], [one.content async for one in model.astream("a")]


@program
def rate_limiter_is_asked(lc):
    asked = []

    class Limiter(lc.BaseRateLimiter):
        def acquire(self, *, blocking=True):
            asked.append(("sync", blocking))
            return True

        async def aacquire(self, *, blocking=True):
            asked.append(("async", blocking))
            return True

    return every_way(lambda: streaming(lc, rate_limiter=Limiter()), "hi")["stream"], asked


@program
def rate_limiter_is_not_asked_for_a_cached_answer(lc):
    asked = []

    class Limiter(lc.BaseRateLimiter):
        def acquire(self, *, blocking=True):
            asked.append(blocking)
            return True

        async def aacquire(self, *, blocking=True):
            return True

    model = whole_only(lc, rate_limiter=Limiter(), cache=lc.InMemoryCache())
    return model.invoke("a").content, model.invoke("a").content, asked


@program
def streaming_disabled(lc):
    return (
        pieces(streaming(lc, disable_streaming=True).stream("x")),
        pieces(streaming(lc, disable_streaming="tool_calling").stream("x")),
        pieces(streaming(lc, disable_streaming="tool_calling").stream("x", tools=[{}])),
    )


@program
def constructor_tags_metadata_and_callbacks(lc):
    own = recorder(lc)
    model = streaming(lc, tags=["model"], metadata={"m": 1}, callbacks=[own])
    logs = every_log(lc, lambda: model, "hi", tags=["call"], metadata={"c": 2})
    chain_log = every_log(lc, lambda: lc.RunnableLambda(lambda x: x) | model, "hi")
    return logs["invoke"], logs["stream"], own.log, chain_log["invoke"]


@program
def models_tell_their_runs(lc):
    return every_log(lc, lambda: streaming(lc), "hi"), every_log(lc, lambda: whole_only(lc), "404")


@program
def model_errors_tell_what_had_come(lc):
    return every_log(lc, lambda: streaming(lc, fail_after=2), "hi")


@program
def partial_answer_of_a_failed_run(lc):
    rows = []

    class Failed(lc.BaseCallbackHandler):
        def on_llm_error(self, error, *, response=None, **kwargs):
            rows.append([len(row) for row in response.generations])

    pieces(streaming(lc, fail_after=2).stream("hi", {"callbacks": [Failed()]}))
    attempt(whole_only(lc).invoke, "404", {"callbacks": [Failed()]})
    return rows


@program
def generate_tells_every_run(lc):
    handler = recorder(lc)
    model = whole_only(lc)
    model.generate([[lc.HumanMessage("a")], [lc.HumanMessage("b")]], callbacks=[handler], tags=["t"], run_name="n")
    return handler.log


@program
def generate_that_fails(lc):
    handler = recorder(lc)
    prompts = [[lc.HumanMessage("a")], [lc.HumanMessage("1")]]
    return attempt(whole_only(lc).generate, prompts, callbacks=[handler]), handler.log


@program
async def agenerate_tells_every_run(lc):
    handler = recorder(lc)
    await whole_only(lc).agenerate([[lc.HumanMessage("a")]], callbacks=[handler], metadata={"m": 1})
    return handler.log, await apieces(whole_only(lc).astream("x"))


@program
def tools_bound_to_a_model(lc):
    class Model(lc.BaseChatModel):
        seen: list = []

        @property
        def _llm_type(self):
            return "bound"

        def bind_tools(self, tools, **kwargs):
            return self.bind(tools=[lc.convert_to_openai_tool(one) for one in tools], **kwargs)

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            self.seen.append(sorted(kwargs))
            return result(lc, kwargs["tools"][0]["function"]["name"])

    @lc.tool
    def add(a: int, b: int = 2) -> int:
        """Add."""
        return a + b

    model = Model()
    return (
        attempt(model.bind_tools([add], choice="x").invoke, "hi"),
        model.seen,
        attempt(lc.FakeListChatModel(responses=["a"]).bind_tools, []),
    )
