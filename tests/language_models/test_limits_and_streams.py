"""When a request waits for permission, and when an answer is streamed that is wanted whole, or the other way round."""

import asyncio

import pytest

import fakes
from minichat import AIMessage, AIMessageChunk, BaseChatModel, ChatOpenAI, ConfigurationError, InMemoryCache
from minichat.runnables import RunnableLambda

from .calling import call, every_way, streamed, whole
from .recording import Log, Streaming, Watching, Whole, both_sides, piece, result


class Limiter:
    """Lets everybody pass and notes who asked."""

    def __init__(self, error=None):
        self.asked = []
        self.error = error

    def acquire(self, *, blocking=True):
        self.asked.append(("sync", blocking))
        if self.error is not None:
            raise self.error
        return True

    async def aacquire(self, *, blocking=True):
        await asyncio.sleep(0)
        self.acquire(blocking=blocking)
        self.asked[-1] = ("async", blocking)
        return True


SIDES = {"invoke": "sync", "stream": "sync", "ainvoke": "async", "astream": "async"}


@every_way
@pytest.mark.parametrize("handlers", [[], [Log()]], ids=["unheard", "heard"])
@pytest.mark.parametrize("kind", [Whole, Streaming])
def test_each_request_waits_for_permission(way, kind, handlers):
    limiter = Limiter()
    call(kind(rate_limiter=limiter), way, "a", config={"callbacks": handlers})
    assert limiter.asked == [(SIDES[way], True)]


@every_way
def test_without_permission_nothing_is_asked_and_the_run_ends(way):
    model, log = Streaming(rate_limiter=Limiter(OSError("never"))), Log()
    for config in ({}, {"callbacks": [log]}):
        with pytest.raises(OSError, match="never"):
            call(model, way, "a", config=config)
    assert model.asked == [] and log.events == ["start", "error"]


@whole
def test_a_kept_answer_needs_no_permission(way):
    limiter = Limiter()
    model = Whole(rate_limiter=limiter, cache=InMemoryCache())
    assert [call(model, way, "a").content for _ in range(3)] == ["A1"] * 3
    assert len(limiter.asked) == 1


@pytest.mark.parametrize("side", ["sync", "async"])
def test_each_conversation_of_generate_needs_its_own(side):
    limiter = Limiter()
    both_sides(Whole(rate_limiter=limiter), "generate", [[AIMessage("a")], [AIMessage("b")]], side=side)
    assert limiter.asked == [(side, True)] * 2


@every_way
def test_a_providers_request_waits_too(way):
    limiter = Limiter()
    with fakes.serve([fakes.Reply.of("x")]) as server:
        call(ChatOpenAI(api_key="k", base_url=server.url("openai"), rate_limiter=limiter), way, "a")
    assert limiter.asked == [(SIDES[way], True)]


# -- a stream that is none -------------------------------------------------------------------------

# Settings, arguments of the call -> is it a stream?
DISABLED = [
    ({}, {}, True),
    ({"disable_streaming": False}, {"tools": [{}]}, True),
    ({"disable_streaming": True}, {}, False),
    ({"disable_streaming": "tool_calling"}, {}, True),
    ({"disable_streaming": "tool_calling"}, {"tools": []}, True),
    ({"disable_streaming": "tool_calling"}, {"tools": [{}]}, False),
    ({"streaming": True}, {}, True),
    ({"streaming": False}, {}, False),
    ({"streaming": False}, {"stream": True}, False),
    ({"streaming": True, "disable_streaming": True}, {"stream": True}, False),
]


class Switched(Streaming):
    streaming: bool = False


@streamed
@pytest.mark.parametrize("settings, kwargs, is_stream", DISABLED, ids=range(len(DISABLED)))
def test_a_stream_may_be_one_whole_message(way, settings, kwargs, is_stream):
    log = Log()
    model = Switched(**settings)
    pieces = call(model, way, "ab", config={"callbacks": [log]}, **kwargs)
    assert [type(one) for one in pieces] == ([AIMessageChunk] * 3 if is_stream else [AIMessage])
    assert log.events == ["start", *["token"] * (3 * is_stream), "end"]
    assert (model.asked[0] == "stream") is is_stream


@streamed
def test_a_model_without_a_stream_gives_its_message_and_tells_no_token(way):
    log = Log()
    pieces = call(Whole(), way, "ab", config={"callbacks": [log]})
    assert [(type(one), one.content, one.id[-2:]) for one in pieces] == [(AIMessage, "AB1", "-0")]
    assert log.told == [("start", 0, "ab"), ("end", 0, ["AB1"])]


def test_a_model_that_streams_on_one_side_only_does_so_on_that_side():
    class There(Whole):
        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            yield piece("x")

    assert [type(one) for one in call(There(), "stream", "a")] == [AIMessage]
    assert [type(one) for one in call(There(), "astream", "a")] == [AIMessageChunk] * 2


@streamed
def test_a_provider_is_not_asked_for_a_stream_that_is_disabled(way):
    with fakes.serve([fakes.Reply.of("hello")]) as server:
        model = ChatOpenAI(api_key="k", base_url=server.url("openai"), disable_streaming=True)
        pieces = call(model, way, "a")
        assert "stream" not in server.journal[0].body
    assert [(type(one), one.content) for one in pieces] == [(AIMessage, "hello")]


@pytest.mark.parametrize("value", ["tools", 2, None])
def test_another_word_for_disabling_is_refused(value):
    with pytest.raises(ConfigurationError, match="'tool_calling'"):
        Whole(disable_streaming=value)


# -- a whole answer that is streamed ---------------------------------------------------------------

SUMMED = [
    ({}, {}, [], False),
    ({}, {}, [Log], False),
    ({}, {"stream": True}, [Log], True),
    ({"streaming": True}, {}, [Log], True),
    ({"streaming": True}, {"stream": False}, [Log], False),
    ({"streaming": False}, {}, [Watching], False),
    ({}, {}, [Log, Watching], True),
    ({}, {"stream": False}, [Watching], False),
    ({"disable_streaming": True}, {"stream": True}, [Watching], False),
    ({"disable_streaming": "tool_calling"}, {"tools": [{}]}, [Watching], False),
    ({"disable_streaming": "tool_calling"}, {}, [Watching], True),
]


@whole
@pytest.mark.parametrize("settings, kwargs, handlers, is_stream", SUMMED, ids=range(len(SUMMED)))
def test_an_answer_is_summed_from_a_stream_where_somebody_wants_to_see_one(way, settings, kwargs, handlers, is_stream):
    logs = [kind() for kind in handlers]
    model = Switched(**settings)
    answer = call(model, way, "ab", config={"callbacks": logs}, **kwargs)
    assert (type(answer), answer.content[:2]) == (AIMessage, "AB")
    assert answer.id.endswith("-0") is not is_stream
    assert (model.asked[0] == "stream") is is_stream
    for log in logs:
        assert log.events == ["start", *["token"] * (3 * is_stream), "end"]
        if is_stream:
            assert [one[2] for one in log.told[1:]] == ["A", "B", "", ["AB"]]


@whole
def test_a_model_without_a_stream_is_asked_for_its_answer_all_the_same(way):
    log = Watching()
    assert call(Whole(), way, "ab", config={"callbacks": [log]}).content == "AB1"
    assert log.events == ["start", "end"]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "batch", "abatch"])
def test_a_model_inside_a_watched_chain_streams(way):
    log = Watching()
    chain = RunnableLambda(lambda text: text * 2) | Streaming() | RunnableLambda(lambda message: message.content)
    config = {"callbacks": [log]}
    if "batch" in way:
        done = getattr(chain, way)(["ab"], config)
        assert (asyncio.run(done) if way == "abatch" else done) == ["ABAB"]
    else:
        assert call(chain, way, "ab", config=config) == "ABAB"
    assert [one[2] for one in log.told if one[0] == "token"] == ["A", "B", "A", "B", ""]


def test_a_function_that_asks_a_model_shows_its_tokens_to_astream_events():
    async def main(function):
        events = RunnableLambda(function).astream_events("ab", version="v2")
        return [one["data"]["chunk"].content async for one in events if one["event"] == "on_chat_model_stream"]

    async def awaiting(text):
        return (await Streaming().ainvoke(text)).content

    for function in (awaiting, lambda text: Streaming().invoke(text).content):
        assert asyncio.run(main(function)) == ["A", "B", ""]


@whole
@pytest.mark.parametrize("text, partial", [("a1", [["A"], []]), ("1", [[]])])
def test_an_error_inside_a_summed_stream_is_told_once_with_what_had_come(way, text, partial):
    log = Watching()
    with pytest.raises(KeyError):
        call(Streaming(), way, text, config={"callbacks": [log]})
    assert log.told[-1] == ("error", 0, "KeyError", partial)
    assert log.events.count("error") == 1 and "end" not in log.events


@streamed
@pytest.mark.parametrize("text, partial", [("a1", [["A"], []]), ("1", [[]])])
def test_an_error_inside_a_stream_is_told_once_with_what_had_come(way, text, partial):
    log = Log()
    with pytest.raises(KeyError):
        call(Streaming(), way, text, config={"callbacks": [log]})
    assert log.told[-1] == ("error", 0, "KeyError", partial)
    assert log.events.count("error") == 1 and "end" not in log.events


@every_way
def test_a_stream_without_pieces_is_an_error_of_its_run(way):
    log = Watching()
    with pytest.raises(ValueError, match="No generation chunks were returned"):
        call(Streaming(), way, [AIMessage("")], config={"callbacks": [log]})
    assert log.told == [("start", 0, ""), ("error", 0, "ConfigurationError", [[]])]


def test_a_cancelled_call_that_streams_ends_its_run_and_its_source():
    log, closed = Watching(), []

    class Waiting(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return result("no")

        async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
            try:
                yield piece("so far")
                here.set()
                await asyncio.Event().wait()
            finally:
                closed.append(True)

    async def main():
        global here
        here = asyncio.Event()
        task = asyncio.ensure_future(Waiting().ainvoke("x", {"callbacks": [log]}))
        await here.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert closed == [True]
    assert log.told[1:] == [("token", 0, "so far"), ("error", 0, "CancelledError", [["so far"], []])]


@streamed
def test_what_a_hook_says_beside_its_pieces_is_told_with_them_and_summed(way):
    told = []

    class Hearing(Log):
        def on_llm_new_token(self, token, *, chunk=None, **kwargs):
            told.append(chunk.generation_info)

        def on_llm_end(self, response, **kwargs):
            told.append(response.generations[0][0].generation_info)

    class Saying(Whole):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield piece("a", generation_info={"k": "x"})
            yield piece("b")
            yield piece("c", generation_info={"k": "y", "finish_reason": "stop"})

    pieces = call(Saying(), way, "x", config={"callbacks": [Hearing()]})
    whole_info = {"k": "xy", "finish_reason": "stop"}
    assert told == [{"k": "x"}, None, {"k": "y", "finish_reason": "stop"}, None, whole_info]
    assert [one.response_metadata for one in pieces] == [{"k": "x"}, {}, {"k": "y", "finish_reason": "stop"}, {}]


@streamed
def test_the_last_piece_says_so_once(way):
    class Marking(Whole):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield piece("a")
            chunk = piece("b")
            chunk.message.chunk_position = "last"
            yield chunk

    assert [(one.content, one.chunk_position) for one in call(Marking(), way, "x")] == [("a", None), ("b", "last")]


@streamed
@pytest.mark.parametrize("wrong", ["text", AIMessageChunk("x"), None])
def test_a_stream_of_anything_but_chunks_is_named(way, wrong):
    class Wrong(Whole):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield wrong

    with pytest.raises(ConfigurationError, match="Wrong._stream must yield ChatGenerationChunk"):
        call(Wrong(), way, "x")
