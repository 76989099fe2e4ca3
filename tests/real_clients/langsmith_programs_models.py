"""Programs with settings and ways of models: configured, bound, thinking, of one's own, of the other providers."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from langsmith_library import INPUT, PROGRAMS, SCHEMA, program, weather


@program
def picked(lc: Any) -> None:
    (lc.RunnablePassthrough.assign(b=lambda d: d["a"] + 1) | lc.RunnablePick("b")).invoke({"a": 1})
    chain = lc.RunnableParallel(a=lambda x: x, b=lambda x: x + 1).pick(["a", "b"])
    chain.invoke(1)
    list(chain.stream(1))
    lc.RunnableParallel(a=lambda x: x).assign(c=lambda d: d["a"]).invoke(1)


@program
def assigned_stream(lc: Any) -> None:
    chain = lc.RunnablePassthrough.assign(
        answer=lc.RunnableLambda(lambda d: d["text"]) | lc.model("fake-echo") | lc.StrOutputParser()
    )
    list(chain.stream({"text": "hi"}))


@program
def item_getter(lc: Any) -> None:
    from operator import itemgetter

    ({"x": itemgetter("a")} | lc.RunnableLambda(lambda d: d["x"])).invoke({"a": 1})


@program
def each_of(lc: Any) -> None:
    (lc.RunnableLambda(lambda x: [x, x]) | lc.RunnableLambda(lambda x: x + 1).map()).invoke(1)
    list(lc.RunnableLambda(lambda x: x + 1).map().stream([1, 2]))


@program
def with_listeners(lc: Any) -> None:
    lc.RunnableLambda(lambda x: x).with_listeners(on_start=lambda run: None, on_end=lambda run: None).invoke(1)


@program
def bound(lc: Any) -> None:
    lc.model("fake-echo").bind(stop=["x"], temperature=0.3).invoke("hi")
    lc.model("fake-echo").with_config(run_name="named", tags=["t"], metadata={"m": 1}).invoke(
        "hi", {"metadata": {"m": 2, "n": 3}}
    )
    lc.model("fake-echo").with_config(configurable={"c": 1}).invoke("hi")


@program
def configurable_fields(lc: Any) -> None:
    model = lc.model("fake-echo").configurable_fields(temperature=lc.ConfigurableField(id="temp"))
    model.invoke("hi", {"configurable": {"temp": 0.9}})
    model.with_config(configurable={"temp": 0.1}).invoke("hi")
    either = lc.model("fake-echo").configurable_alternatives(
        lc.ConfigurableField(id="which"), other=lc.model("fake-hello")
    )
    either.invoke("hi", {"configurable": {"which": "other"}})


@program
def configurable_chain(lc: Any) -> None:
    lc.chain().with_config(configurable={"thread": "t", "n": 1}).invoke(INPUT)
    lc.chain().with_config(run_name="both", configurable={"thread": "t", "n": 1}).invoke(
        INPUT, {"configurable": {"n": 2}}
    )
    lc.RunnableLambda(lambda x: x, name="odd").invoke(
        1,
        {
            "configurable": {
                "model": "m",
                "checkpoint_ns": "c",
                "api_key": "no",
                "none": None,
                "list": [1],
                "true": True,
            }
        },
    )
    inner = lc.RunnableLambda(lambda x: x, name="inner")
    lc.RunnableLambda(lambda x: inner.invoke(x, {"configurable": {"deep": 1}}), name="outer").invoke(
        1, {"configurable": {"high": 1}}
    )
    lc.RunnableLambda(lambda x: x, name="own").invoke(1, {"metadata": {"k": "own"}, "configurable": {"k": "conf"}})
    lc.RunnableLambda(lambda x: x, name="free").invoke(1, {"free": "key", "tags": None})
    model = lc.model("fake-echo")
    (lc.RunnableLambda(lambda x: x, name="first") | model).with_config(run_name="model key").invoke(
        "x", {"configurable": {"model": "m2"}}
    )
    lc.RunnableLambda(lambda x: x, name="listed").batch(
        [1, 2], [{"configurable": {"a": 1}}, {"configurable": {"a": 2}}]
    )
    lc.RunnableLambda(lambda x: lc.RunnableLambda(lambda y: y, name="plain").invoke(x), name="above").with_config(
        configurable={"w": 1}
    ).invoke(1)


@program
def given_ids(lc: Any) -> None:
    lc.RunnableLambda(lambda x: x).invoke(1, {"run_id": uuid.UUID("0198f3c2-0000-7000-8000-00000000aaaa")})
    lc.chain().invoke(
        INPUT,
        {"run_id": uuid.UUID("0198f3c2-0000-7000-8000-00000000bbbb"), "max_concurrency": 2, "recursion_limit": 30},
    )


@program
def n_answers(lc: Any) -> None:
    lc.model("fake-echo", n=2).generate([[lc.HumanMessage("one")]])


@program
def logprobs(lc: Any) -> None:
    lc.model("fake-hello", logprobs=True, top_logprobs=2).invoke("hi")


@program
def think(lc: Any) -> None:
    lc.model("fake-think").invoke("hi")
    lc.model("fake-hello", reasoning_effort="low").invoke("hi")


@program
def responses(lc: Any) -> None:
    lc.model("fake-hello", use_responses_api=True).invoke("hi")


@program
def responses_stream(lc: Any) -> None:
    list(lc.model("fake-hello", use_responses_api=True).stream("hi"))


@program
def refusing(lc: Any) -> None:
    lc.model("fake-refuse").invoke("hi")


@program
def tool_choice(lc: Any) -> None:
    lc.model("fake-tool").bind_tools(
        [weather(lc), SCHEMA], tool_choice="get_weather", parallel_tool_calls=False
    ).invoke("hi")
    lc.model("fake-tools").bind_tools([weather(lc)], strict=True).invoke("hi")


@program
def extras_of_model(lc: Any) -> None:
    lc.model(
        "fake-echo",
        model_kwargs={"user": "u"},
        extra_body={"metadata": {"a": "b"}},
        frequency_penalty=0.1,
        presence_penalty=0.2,
    ).invoke("hi")
    lc.model(
        "fake-echo", default_headers={"X-Secret": "hidden-header-value"}, default_query={"q": "1"}, organization="org"
    ).invoke("hi")
    lc.model("fake-echo", stop=["a"], max_tokens=3, n=1, streaming=False).invoke("hi")
    lc.model("fake-echo", temperature=0, seed=0, top_p=1).invoke("hi")
    lc.model("fake-echo", streaming=True).invoke("hi")


@program
async def nested_events(lc: Any) -> None:
    model = lc.model("fake-echo")

    async def part(x: Any) -> Any:
        return (await model.ainvoke(x)).content

    await asyncio.gather(*[lc.RunnableLambda(part, name=f"part {x}").ainvoke(x) for x in ("a", "b")])


@program
def fake_model(lc: Any) -> None:
    lc.GenericFakeChatModel(messages=iter([lc.AIMessage("hi", id="m")])).invoke("x")
    list(lc.FakeListChatModel(responses=["abc"]).stream("x"))


@program
def own_model(lc: Any) -> None:
    class Own(lc.BaseChatModel):  # type: ignore[name-defined,misc]
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
            answer = lc.AIMessage("own", usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2})
            return lc.ChatResult(generations=[lc.ChatGeneration(message=answer)], llm_output={"x": 1})

        @property
        def _llm_type(self) -> str:
            return "own-type"

        @property
        def _identifying_params(self) -> Any:
            return {"p": 1}

    Own().invoke("x", stop=["s"], some=1)
    list(Own().stream("x"))


@program
def chat_history(lc: Any) -> None:
    store = {}

    def of(session_id: str) -> Any:
        return store.setdefault(session_id, lc.InMemoryChatMessageHistory())

    prompt = lc.ChatPromptTemplate.from_messages([lc.MessagesPlaceholder("past"), ("human", "{text}")])
    chain = lc.RunnableWithMessageHistory(
        prompt | lc.model(), of, input_messages_key="text", history_messages_key="past"
    )
    chain.invoke({"text": "hi"}, {"configurable": {"session_id": "s1"}})


def ask(model: Any, lc: Any) -> None:
    model.invoke([lc.SystemMessage("be brief"), lc.HumanMessage("hi")], stop=["x"])
    list(model.stream("hi"))
    model.bind_tools([weather(lc)]).invoke("what is the weather?")


def others(name: str, model: str, **settings: Any) -> None:
    def ask_it(lc: Any) -> None:
        ask(lc.other(name, model=model, max_tokens=77, max_retries=0, **settings), lc)

    PROGRAMS[name] = ask_it


for one in ("ChatMistralAI", "ChatFireworks", "ChatTogether"):
    others(one, "fake-hello", temperature=0.5)
others("ChatAnthropic", "claude-3-5-haiku-latest")
others("ChatGoogleGenerativeAI", "gemini-fake-hello", temperature=0.5)
