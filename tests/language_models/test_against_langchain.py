"""The same programs through langchain-core and this library: what models tell, keep, stream and are called.

Skipped where langchain-core is not installed. Each program takes a namespace of one library's names and gives
plain values. What is meant to differ stands in DIFFERENT, with the reason.
"""

import asyncio
import contextlib
import importlib
import types
import warnings

import pytest

import fakes

pytest.importorskip("langchain_core", reason="langchain-core is not installed: nothing to compare with")

HOMES = {
    "messages": "AIMessage AIMessageChunk HumanMessage",
    "outputs": "ChatGeneration ChatGenerationChunk ChatResult Generation",
    "language_models": "BaseChatModel FakeListChatModel GenericFakeChatModel SimpleChatModel",
    "callbacks": "BaseCallbackHandler CallbackManager",
    "caches": "BaseCache InMemoryCache",
    "globals": "set_llm_cache",
    "rate_limiters": "BaseRateLimiter",
    "runnables": "RunnableLambda",
}


def names_of(prefix):
    found = types.SimpleNamespace(prefix=prefix)
    for home, names in HOMES.items():
        module = importlib.import_module(f"{prefix}.{home}")
        for name in names.split():
            setattr(found, name, getattr(module, name))
    return found


def answer(lc, *texts, llm_output=None, **info):
    generations = [lc.ChatGeneration(message=lc.AIMessage(text), generation_info=info or None) for text in texts]
    return lc.ChatResult(generations=generations, llm_output=llm_output)


def models(lc):
    """Give a model that answers whole and one that streams, both counting what they are asked."""

    class Whole(lc.BaseChatModel):
        mark: str = ""

        @property
        def _llm_type(self):
            return "whole"

        @property
        def _identifying_params(self):
            return {"mark": self.mark}

        def _combine_llm_outputs(self, llm_outputs):
            return {"n": sum(one["n"] for one in llm_outputs if one)}

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            text = messages[-1].content
            asked.append(text)
            if text.isdigit():
                raise KeyError(text)
            return answer(lc, f"{text}{len(asked)}", llm_output={"n": len(text)}, finish_reason="stop")

    class Streaming(Whole):
        streaming: bool = False

        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            asked.append("stream")
            for letter in messages[-1].content:
                if letter.isdigit():
                    raise KeyError(letter)
                yield lc.ChatGenerationChunk(message=lc.AIMessageChunk(letter), generation_info={"k": letter})

    asked = []
    return Whole, Streaming, asked


def log_of(lc, told=None):
    told = [] if told is None else told
    runs = []

    class Log(lc.BaseCallbackHandler):
        def _run(self, run_id):
            if run_id not in runs:
                runs.append(run_id)
            return runs.index(run_id)

        def on_chat_model_start(self, serialized, messages, *, run_id, metadata=None, name=None, **kwargs):
            metadata = {key: value for key, value in metadata.items() if key != "lc_versions"}
            told.append(("start", self._run(run_id), sorted(kwargs["tags"]), metadata, kwargs["options"]))
            told.append((kwargs["batch_size"], kwargs["invocation_params"], serialized["type"]))

        def on_llm_new_token(self, token, *, run_id, chunk=None, **kwargs):
            info = chunk.generation_info if chunk else None
            told.append(("token", self._run(run_id), token, type(chunk).__name__, info))

        def on_llm_end(self, response, *, run_id, **kwargs):
            told.append(("end", self._run(run_id), *shown(response)))

        def on_llm_error(self, error, *, run_id, response=None, **kwargs):
            told.append(("error", self._run(run_id), type(error).__name__, shown(response)[0]))

    handler = Log()
    handler.told = told
    return handler


def shown(result):
    rows = [[(type(one).__name__, one.text, one.generation_info) for one in row] for row in result.generations]
    return rows, result.llm_output


def message(one):
    usage = getattr(one, "usage_metadata", None)
    return type(one).__name__, one.content, one.response_metadata, usage, (one.id or "").endswith("-0")


def attempted(function, *args, **kwargs):
    try:
        found = function(*args, **kwargs)
        return [message(one) for one in found] if hasattr(found, "__next__") else found
    except Exception as error:
        names = [cls.__name__ for cls in type(error).__mro__]
        return next(name for name in names if name in ("KeyError", "ValueError", "TypeError", "AttributeError", "OSError"))


def conversations(lc, *texts):
    return [[lc.HumanMessage(text)] for text in texts]


# -- programs --------------------------------------------------------------------------------------


def generate_events(lc):
    Whole, _, _ = models(lc)
    log = log_of(lc)
    run = {"tags": ["t"], "metadata": {"k": 1}, "run_name": "r", "extra": 2}
    found = Whole(tags=["own"]).generate(conversations(lc, "a", "bc"), ["s"], [log], **run)
    return log.told, shown(found), [shown(one) for one in found.flatten()], shown(Whole().generate([]))


def agenerate_events(lc):
    Whole, _, _ = models(lc)
    log = log_of(lc)
    found = asyncio.run(Whole().agenerate(conversations(lc, "a"), callbacks=[log], tags=["t"]))
    return log.told, shown(found), [type(one).__name__ for one in found.run]


def agenerate_failing(lc):
    Whole, _, _ = models(lc)
    log = log_of(lc)
    outcome = attempted(lambda: asyncio.run(Whole().agenerate(conversations(lc, "1", "2"), callbacks=[log])))
    return outcome, log.told


def generate_failing_alone(lc):
    Whole, _, _ = models(lc)
    log = log_of(lc)
    return attempted(Whole().generate, conversations(lc, "1"), callbacks=[log]), log.told


def generate_failing_second(lc):
    Whole, _, _ = models(lc)
    log = log_of(lc)
    return attempted(Whole().generate, conversations(lc, "a", "1"), callbacks=[log]), log.told


def generate_refusing(lc):
    Whole, _, _ = models(lc)
    return [attempted(Whole().generate, wrong) for wrong in (["a"], [["a"]], [[("human", "a")]])]


def several_answers(lc):
    class Two(models(lc)[0]):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return answer(lc, "x", "y", llm_output={"n": 1}, finish_reason="stop")

    found = Two().generate(conversations(lc, "a"))
    return [message(one.message) for one in found.generations[0]], message(Two().invoke("a"))


def calls_told(way):
    def program(lc):
        told = []
        for kind in models(lc)[:2]:
            for text in ("ab", "1", "a1"):
                log = log_of(lc, told)
                model = kind(callbacks=[log], tags=["own"], metadata={"mine": 1, "k": "own"})
                config = {"tags": ["t"], "metadata": {"k": "call"}}
                told.append(attempted(way, model, text, config))
        return told

    return program


def invoke(model, *args, **kwargs):
    return message(model.invoke(*args, **kwargs))


def ainvoke(model, *args, **kwargs):
    return message(asyncio.run(model.ainvoke(*args, **kwargs)))


def stream(model, *args, **kwargs):
    return [message(one) for one in model.stream(*args, **kwargs)]


def astream(model, *args, **kwargs):
    async def collect():
        return [message(one) async for one in model.astream(*args, **kwargs)]

    return asyncio.run(collect())


WAYS = {"invoke": invoke, "ainvoke": ainvoke, "stream": stream, "astream": astream}


def streams_switched(way):
    def program(lc):
        found = []
        for settings in (
            {},
            {"disable_streaming": True},
            {"disable_streaming": "tool_calling"},
            {"streaming": True},
            {"streaming": False},
            {"streaming": True, "disable_streaming": True},
        ):
            for kwargs in ({}, {"stream": True}, {"stream": False}, {"tools": [{"type": "x"}]}):
                _, Streaming, asked = models(lc)
                log = log_of(lc)
                found.append(attempted(way, Streaming(**settings), "ab", {"callbacks": [log]}, **kwargs))
                found.append((asked, log.told))
        return found

    return program


def disabling_refused(lc):
    return [attempted(models(lc)[0], disable_streaming=value) for value in ("tools", 5)]


def cached(way):
    def program(lc):
        found = []
        for kind in range(2):
            model = models(lc)[kind]
            asked = []
            log = log_of(lc)
            one = model(cache=lc.InMemoryCache(), callbacks=[log])
            for text, kwargs in [("a", {}), ("a", {}), ("b", {}), ("a", {"stop": ["x"]}), ("a", {"k": 1}), ("a", {})]:
                found.append(attempted(way, one, text, **kwargs))
            found.append(([entry for entry in log.told if isinstance(entry[0], str)], asked))
        return found

    return program


def cache_for_all(lc):
    Whole, _, asked = models(lc)
    lc.set_llm_cache(lc.InMemoryCache())
    try:
        found = [invoke(Whole(cache=setting), "a") for setting in (None, None, True, False)]
        found += [invoke(Whole(mark=mark), "a") for mark in ("", "!", "!")]
    finally:
        lc.set_llm_cache(None)
    return found, asked, attempted(Whole(cache=True).invoke, "a")


def cache_of_texts(lc):
    class Old(lc.InMemoryCache):
        def lookup(self, prompt, llm_string):
            return [lc.Generation(text="old", generation_info={"k": 1})]

    return invoke(models(lc)[0](cache=Old()), "a")


def cache_failing(lc):
    class Broken(lc.InMemoryCache):
        def lookup(self, prompt, llm_string):
            raise OSError("gone")

    return attempted(models(lc)[0](cache=Broken()).invoke, "a")


def cache_with_message_ids(lc):
    Whole, _, asked = models(lc)
    model = Whole(cache=lc.InMemoryCache())
    for one in (lc.HumanMessage("a"), lc.HumanMessage("a", id="1"), lc.HumanMessage("a", name="b")):
        model.invoke([one])
    return asked


def cache_in_generate(lc):
    Whole, _, asked = models(lc)
    model = Whole(cache=lc.InMemoryCache())
    model.invoke("a")
    log = log_of(lc)
    found = model.generate(conversations(lc, "a", "b"), callbacks=[log])
    return shown(found), asked, log.told


def limited(way):
    def program(lc):
        seen = []

        class Limiter(lc.BaseRateLimiter):
            def acquire(self, *, blocking=True):
                seen.append(("sync", blocking))
                return True

            async def aacquire(self, *, blocking=True):
                seen.append(("async", blocking))
                return True

        for kind in models(lc)[:2]:
            model = kind(rate_limiter=Limiter(), cache=lc.InMemoryCache())
            for _ in range(2):
                attempted(way, model, "ab")
        return seen

    return program


def own_handlers_in_chains(lc):
    Whole, _, _ = models(lc)
    own, given = log_of(lc), log_of(lc)
    chain = lc.RunnableLambda(lambda text: text) | Whole(callbacks=[own], tags=["own"], metadata={"mine": 1})
    chain.invoke("a", {"callbacks": [given], "tags": ["t"], "metadata": {"k": 1}})
    Whole(callbacks=lc.CallbackManager([own])).invoke("b")
    return own.told, given.told


def tokens_of_ones_own(lc):
    Whole, _, _ = models(lc)
    model = Whole(custom_get_token_ids=lambda text: [ord(letter) for letter in text])
    messages = [lc.HumanMessage("ab"), lc.AIMessage("c")]
    return model.get_token_ids("ab"), model.get_num_tokens("abc"), model.get_num_tokens_from_messages(messages)


def simple(lc):
    class Simple(lc.SimpleChatModel):
        @property
        def _llm_type(self):
            return "simple"

        def _call(self, messages, stop=None, run_manager=None, **kwargs):
            return f"{len(messages)} {stop} {kwargs}"

    return [attempted(way, Simple(), "x", stop=["s"], k=1) for way in WAYS.values()]


def described(lc):
    class ChatThing(models(lc)[0]):
        model: str = "m"
        temperature: float = 0.5
        max_tokens: int = 3

    found = ChatThing()
    return (
        found.asdict(),
        found._get_invocation_params(stop=["s"], k=1),
        dict(found._get_ls_params(stop=["s"])),
        dict(found._get_ls_params(model="n", temperature=1, max_tokens=4)),
        dict(models(lc)[0]()._get_ls_params()),
    )


def required(lc):
    class Nothing(lc.BaseChatModel):
        pass

    return attempted(Nothing), attempted(lc.BaseChatModel)


PROGRAMS = {
    one.__name__: one
    for one in (
        generate_events,
        agenerate_events,
        agenerate_failing,
        generate_failing_alone,
        generate_failing_second,
        generate_refusing,
        several_answers,
        disabling_refused,
        cache_for_all,
        cache_of_texts,
        cache_failing,
        cache_with_message_ids,
        cache_in_generate,
        own_handlers_in_chains,
        tokens_of_ones_own,
        simple,
        described,
        required,
    )
}
for _made in (calls_told, streams_switched, cached, limited):
    PROGRAMS.update({f"{_made.__name__} {name}": _made(way) for name, way in WAYS.items()})

DIFFERENT = {
    "generate_failing_second": "a conversation that was answered before another failed is told its end",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_the_same_in_both(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = (PROGRAMS[name](names_of(prefix)) for prefix in ("langchain_core", "minichat"))
    if name in DIFFERENT:
        assert ours != theirs, "there is no difference any more"
    else:
        assert ours == theirs


# -- ChatOpenAI ------------------------------------------------------------------------------------

CALLS = [
    ({}, {}),
    ({"temperature": 0.5, "max_tokens": 9, "model": "gpt-4o"}, {"stop": ["x"], "seed": 3}),
    ({"stop": ["own"], "model_kwargs": {"user": "u"}}, {"temperature": 1, "max_tokens": 4}),
    ({"streaming": True}, {}),
    ({"disable_streaming": True, "name": "named", "tags": ["own"], "metadata": {"k": 1}}, {}),
    ({}, {"stream": True}),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("settings, kwargs", CALLS, ids=range(len(CALLS)))
def test_chat_openai_tells_the_same_of_its_calls(way, settings, kwargs):
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed: nothing to compare with")
    told = []
    for prefix, home in (("langchain_core", "langchain_openai"), ("minichat", "minichat")):
        log = started(names_of(prefix))
        with fakes.serve([fakes.Reply.of("hello")]) as server, contextlib.ExitStack() as stack:
            url = server.url("openai")
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            cls = importlib.import_module(home).ChatOpenAI
            model = cls(api_key="sk-secret", base_url=url, max_retries=0, callbacks=[log], **settings)
            WAYS[way](model, "hi", **kwargs)
        assert log.told[0].pop("url") == url and "sk-secret" not in repr(log.told)
        told.append(log.told)
    assert told[1] == told[0]


def started(lc):
    class Started(lc.BaseCallbackHandler):
        def on_chat_model_start(self, serialized, messages, **kwargs):
            serialized = {**serialized, "kwargs": dict(serialized["kwargs"])}
            metadata = {key: value for key, value in kwargs["metadata"].items() if key != "lc_versions"}
            url = serialized["kwargs"].pop("openai_api_base")
            kept = {key: kwargs[key] for key in ("tags", "options", "invocation_params", "batch_size")}
            self.told.append({"url": url, "serialized": serialized, "metadata": metadata, **kept})

        def on_llm_end(self, response, **kwargs):
            output = response.llm_output
            self.told.append(("end", None if output is None else sorted(output), response.generations[0][0].text))

    handler = Started()
    handler.told = []
    return handler
