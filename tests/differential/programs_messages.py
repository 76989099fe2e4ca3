"""Messages, their chunks, conversions and histories: a few of each (tests/messages compares them thoroughly)."""

from __future__ import annotations

from .library import program
from .models import answering
from .observe import aattempt, attempt, attempt_text, every_way, pieces, shown


@program
def messages_of_every_class(lc):
    return shown(
        [
            lc.HumanMessage("a"),
            lc.AIMessage("b", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}]),
            lc.SystemMessage(content=["c", {"type": "text", "text": "d"}]),
            lc.ToolMessage("e", tool_call_id="1", artifact={"k": 1}, status="error"),
            lc.FunctionMessage(name="g", content="h"),
            lc.ChatMessage(role="i", content="j"),
            lc.RemoveMessage(id="k"),
        ]
    )


@program
def messages_equal_and_not(lc):
    return (
        lc.HumanMessage("a") == lc.HumanMessage("a"),
        lc.HumanMessage("a") == lc.AIMessage("a"),
        lc.HumanMessage("a") == lc.HumanMessage("a", id="1"),
        attempt(hash, lc.HumanMessage("a")),
    )


@program
def chunks_add_up(lc):
    def call(args, **more):
        return lc.AIMessageChunk("", tool_call_chunks=[{"name": None, "args": args, "id": None, "index": 0, **more}])

    total = lc.AIMessageChunk("x", id="1") + call('{"a": ', name="f", id="7") + call("1}") + lc.AIMessageChunk("y")
    return shown(total), shown(lc.message_chunk_to_message(total)), attempt_text(lambda: total + "text")


@program
def convert_to_messages_inputs(lc):
    return (
        attempt(lc.convert_to_messages, ["a", ("ai", "b"), ("system", "c"), {"role": "user", "content": "d"}]),
        attempt(lc.convert_to_messages, [("zzz", "b")]),
        attempt_text(lc.convert_to_messages, [3]),
        attempt_text(lc.convert_to_messages, [{"content": "x"}]),
    )


@program
def message_dicts_there_and_back(lc):
    messages = [lc.HumanMessage("a"), lc.AIMessage("b", id="1"), lc.SystemMessage("c")]
    return lc.messages_from_dict(lc.messages_to_dict(messages)) == messages


@program
def buffer_string_forms(lc):
    messages = [lc.SystemMessage("s"), lc.HumanMessage("a"), lc.AIMessage("b")]
    return lc.get_buffer_string(messages), lc.get_buffer_string(messages, human_prefix="U", ai_prefix="M")


@program
def message_helpers_in_a_chain(lc):
    messages = [lc.SystemMessage("s"), lc.HumanMessage("a"), lc.HumanMessage("b"), lc.AIMessage("c", name="n")]
    merged, kept = lc.merge_message_runs(), lc.filter_messages(include_types=["human"])
    trimmed = lc.trim_messages(max_tokens=2, token_counter=len, strategy="last", include_system=True)
    return (
        attempt(merged.invoke, messages),
        attempt((merged | kept).invoke, messages),
        attempt(trimmed.invoke, messages),
        pieces((kept | (lambda found: len(found))).stream(messages)),
    )


@program
def message_plus_message_is_a_prompt(lc):
    prompt = lc.SystemMessage("be {kind}") + "hello {name}"
    both = lc.HumanMessage("a") + lc.AIMessage("b")
    return (
        type(prompt).__name__,
        sorted(prompt.input_variables),
        attempt(prompt.invoke, {"name": "x"}),
        attempt(both.invoke, {}),
    )


@program
def messages_pretty(lc):
    return (
        lc.HumanMessage("a", name="bob").pretty_repr(),
        lc.AIMessage("b").pretty_repr(),
        str(lc.HumanMessage("a").text),
    )


@program
def prompt_values_both_ways(lc):
    text, chat = (
        lc.StringPromptValue(text="a"),
        lc.ChatPromptValue(messages=[lc.SystemMessage("s"), lc.HumanMessage("h")]),
    )
    return (
        text.to_string(),
        shown(text.to_messages()),
        chat.to_string(),
        shown(chat.to_messages()),
        text == lc.StringPromptValue(text="a"),
    )


@program
def history_in_memory(lc):
    history = lc.InMemoryChatMessageHistory()
    history.add_user_message("a")
    history.add_ai_message(lc.AIMessage("b"))
    history.add_messages([lc.HumanMessage("c")])
    history.add_message(lc.AIMessage("d"))
    text = str(history)
    shown_messages = shown(history.messages)
    history.clear()
    return shown_messages, text, history.messages


@program
async def history_in_async(lc):
    history = lc.InMemoryChatMessageHistory(messages=[lc.HumanMessage("a")])
    await history.aadd_messages([lc.AIMessage("b")])
    found = shown(await history.aget_messages())
    await history.aclear()
    return found, await history.aget_messages()


@program
def history_of_ones_own(lc):
    class Mine(lc.BaseChatMessageHistory):
        def __init__(self):
            self.messages = []

        def add_messages(self, messages):
            self.messages = [*self.messages, *messages]

        def clear(self):
            self.messages = []

    history = Mine()
    history.add_user_message("a")
    history.add_message(lc.AIMessage("b"))
    return shown(history.messages), str(history)


def sessions(lc):
    store = {}

    def get(session_id):
        return store.setdefault(session_id, lc.InMemoryChatMessageHistory())

    return store, get


@program
def with_history_of_messages(lc):
    store, get = sessions(lc)
    chain = lc.RunnableWithMessageHistory(answering(lc, "one", "two", "three"), get)
    first = attempt(chain.invoke, [lc.HumanMessage("hi")], {"configurable": {"session_id": "s"}})
    second = attempt(chain.invoke, "again", {"configurable": {"session_id": "s"}})
    other = attempt(chain.invoke, [lc.HumanMessage("new")], {"configurable": {"session_id": "t"}})
    return first[1], second[1], other[1], {key: [m.content for m in one.messages] for key, one in store.items()}


@program
def with_history_of_keys(lc):
    store, get = sessions(lc)
    prompt = lc.ChatPromptTemplate.from_messages(
        [("system", "be {mood}"), lc.MessagesPlaceholder("past"), ("human", "{question}")]
    )
    seen = []
    model = answering(lc, "one", "two")
    chain = lc.RunnableWithMessageHistory(
        prompt | (lambda value: seen.append(shown(value)) or value) | model,
        get,
        input_messages_key="question",
        history_messages_key="past",
    )
    config = {"configurable": {"session_id": "s"}}
    chain.invoke({"mood": "kind", "question": "q1"}, config)
    chain.invoke({"mood": "rude", "question": "q2"}, config)
    return seen, [m.content for m in store["s"].messages]


@program
def with_history_that_streams(lc):
    store, get = sessions(lc)
    chain = lc.RunnableWithMessageHistory(answering(lc, "a b"), get)
    found = [piece.content for piece in chain.stream("q", {"configurable": {"session_id": "s"}})]
    return [text for text in found if text], [(type(m).__name__, m.content) for m in store["s"].messages]


@program
async def with_history_in_async(lc):
    store, get = sessions(lc)
    chain = lc.RunnableWithMessageHistory(answering(lc, "a b", "c"), get)
    config = {"configurable": {"session_id": "s"}}
    await chain.ainvoke("q", config)
    found = [piece.content async for piece in chain.astream("r", config)]
    return [text for text in found if text], [m.content for m in store["s"].messages]


@program
def with_history_output_keys(lc):
    store, get = sessions(lc)
    chain = lc.RunnableWithMessageHistory(
        lc.RunnableLambda(lambda d: {"out": lc.AIMessage("said " + d["in"][-1].content), "more": 1}),
        get,
        input_messages_key="in",
        output_messages_key="out",
    )
    found = attempt(chain.invoke, {"in": [lc.HumanMessage("x")]}, {"configurable": {"session_id": "s"}})
    return found, [m.content for m in store["s"].messages]


@program
def with_history_needs_its_session(lc):
    _, get = sessions(lc)
    chain = lc.RunnableWithMessageHistory(answering(lc, "a"), get)
    return (
        attempt(chain.invoke, "q"),
        attempt(chain.invoke, "q", {"configurable": {"other": 1}}),
        attempt(chain.invoke, "q", {"configurable": {}}),
    )


@program
def with_history_of_two_keys(lc):
    made = []

    def get(user, talk):
        made.append((user, talk))
        return lc.InMemoryChatMessageHistory()

    chain = lc.RunnableWithMessageHistory(
        answering(lc, "a", "b"),
        get,
        history_factory_config=[
            lc.ConfigurableFieldSpec(id="user", annotation=str, name="", description="", default="", is_shared=True),
            lc.ConfigurableFieldSpec(id="talk", annotation=str, name="", description="", default="", is_shared=True),
        ],
    )
    attempt(chain.invoke, "q", {"configurable": {"user": "u", "talk": "t"}})
    return made, attempt(chain.invoke, "q", {"configurable": {"user": "u"}})


@program
async def caches_in_memory(lc):
    cache, generations = lc.InMemoryCache(), [lc.ChatGeneration(message=lc.AIMessage("x"))]
    cache.update("p", "m", generations)
    found = cache.lookup("p", "m"), cache.lookup("p", "n"), await cache.alookup("p", "m")
    cache.clear()
    return (
        shown(found),
        cache.lookup("p", "m"),
        await aattempt(cache.aupdate("p", "m", generations)),
        attempt(lc.InMemoryCache, maxsize=0),
    )


@program
def chain_that_keeps_its_own_history(lc):
    past = []

    def remember(message):
        past.append(message.content)
        return message

    def build():
        return answering(lc, "a b") | lc.RunnableLambda(remember) | lc.StrOutputParser()

    return every_way(build, "q"), past
