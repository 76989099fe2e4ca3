"""A chain of three ends in whatever way: every run has one end, and nothing is left open.

The steps are a source of pieces, a model on a real connection, and a reader of its pieces. An error is
raised in each of them, before its first piece and after some; the consumer leaves after each number of
pieces; a task is cancelled while each of them waits.
"""

from __future__ import annotations

import asyncio

import pytest

from minichat import ChatOpenAI, IncompleteStream, RunnableGenerator, RunnableLambda, RunnableParallel
from minichat.backends.driver import closing
from minichat.runnables.step import Step

from ..faults.exercise import nothing_left
from ..faults.server import Server, finish, request, send
from .telling import Told

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(text):
    data = f'data: {{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}\n\n'.encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
END = b"%x\r\n%s\r\n0\r\n\r\n" % (len(END), END)
WHOLE = [request, send(HEAD + event("a") + event("b") + event("c") + END)]
STALLED = [request, send(HEAD + event("a") + event("b"))]
CUT = [request, send(HEAD + event("a") + event("b")), finish]


class Stage(Step):
    """Passes pieces on; raises before piece number `fails_at`; counts what is open."""

    def __init__(self, name, fails_at=None):
        self.name = name
        self.fails_at = fails_at
        self.open = 0

    async def _work(self, run, input, **kwargs):
        if self.fails_at is not None:
            raise KeyError(self.name)
        return input

    async def _flow(self, run, inputs, **kwargs):
        self.open += 1
        try:
            number = 0
            async with closing(inputs):
                async for items in inputs:
                    for item in items:
                        if number == self.fails_at:
                            raise KeyError(self.name)
                        number += 1
                        yield [item]
        finally:
            self.open -= 1


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Chain:
    """source | model | reader, with a handler that watches."""

    def __init__(self, server, first=None, last=None):
        self.told = Told()
        self.source, self.reader = Stage("source", first), Stage("reader", last)
        self.model = ChatOpenAI(
            model="m", api_key="k", base_url=f"http://127.0.0.1:{server.port}", max_retries=0, name="model"
        )
        self.chain = (self.source | self.model | self.reader).with_config(run_name="chain")
        self.config = {"callbacks": [self.told]}

    def run(self, way, pieces=None):
        """Call the chain, leaving a stream after `pieces`; give what came and the error."""
        got, error = [], None
        try:
            if way == "invoke":
                got.append(self.chain.invoke("x", self.config))
            elif way == "stream":
                stream = self.chain.stream("x", self.config)
                for piece in stream:
                    got.append(piece)
                    if len(got) == pieces:
                        stream.close()
                        break
                del stream
            else:
                asyncio.run(self._on_a_loop(way, pieces, got))
        except Exception as raised:
            error = raised
        self.model.close()
        assert self.source.open == self.reader.open == 0, "a stage was left open"
        return got, error

    async def _on_a_loop(self, way, pieces, got):
        loop, complaints = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        try:
            if way == "ainvoke":
                got.append(await self.chain.ainvoke("x", self.config))
            else:
                stream = self.chain.astream("x", self.config)
                async for piece in stream:
                    got.append(piece)
                    if len(got) == pieces:
                        await stream.aclose()
                        break
        finally:
            assert not asyncio.all_tasks() - {asyncio.current_task()}, "a task is left"
            assert not complaints
            await self.model.aclose()


STREAMS = ["stream", "astream"]


@pytest.mark.parametrize("way", STREAMS)
def test_a_chain_that_succeeds_ends_each_run_once(way):
    with nothing_left(), Server([WHOLE]) as server:
        chain = Chain(server)
        got, error = chain.run(way)
        assert error is None and "".join(one.content for one in got) == "abc"
        assert chain.told.outcomes() == dict.fromkeys(["chain", "source", "model", "reader"], "end")


ERRORS = [
    # stage, at its piece, script, the errors told
    ("source", 0, WHOLE, {"source": "KeyError"}),
    ("reader", 0, WHOLE, {"source": "end", "model": "GeneratorExit", "reader": "KeyError"}),
    ("reader", 1, WHOLE, {"source": "end", "model": "GeneratorExit", "reader": "KeyError"}),
    ("model", 2, CUT, {"source": "end", "model": "IncompleteStream", "reader": "IncompleteStream"}),
    ("model", 0, [request, finish], {"source": "end", "model": None}),
]


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("stage, at, script, told", ERRORS, ids=[f"{row[0]}-{row[1]}" for row in ERRORS])
def test_an_error_in_a_stream_ends_each_run_once(way, stage, at, script, told):
    with nothing_left(), Server([script]) as server:
        chain = Chain(server, first=at if stage == "source" else None, last=at if stage == "reader" else None)
        got, error = chain.run(way)
        assert error is not None and len(got) == (at if stage != "source" else 0)
        outcomes = chain.told.outcomes()
        assert outcomes.pop("chain") == type(error).__name__
        for name, outcome in told.items():
            assert outcomes[name] == (outcome or type(error).__name__)
        if stage == "model":
            assert (error.partial.content if at else error.partial) == ("ab" if at else None)
        server.wait_until_left()


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
@pytest.mark.parametrize("stage", ["source", "model", "reader"])
def test_an_error_in_a_call_ends_each_run_once(way, stage):
    plain = b'{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"abc"},"finish_reason":"stop"}]}'
    ok = [request, send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(plain), plain))]
    with nothing_left(), Server([[request, finish] if stage == "model" else ok]) as server:
        chain = Chain(server, first=0 if stage == "source" else None, last=0 if stage == "reader" else None)
        _, error = chain.run(way)
        outcomes = chain.told.outcomes()
        names = ["source", "model", "reader"]
        before = names[: names.index(stage)]
        assert outcomes == {**dict.fromkeys(before, "end"), stage: type(error).__name__, "chain": type(error).__name__}


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("pieces", [1, 2])
def test_leaving_early_ends_each_run_once_and_closes_the_connection(way, pieces):
    with nothing_left(), Server([STALLED]) as server:
        chain = Chain(server)
        got, error = chain.run(way, pieces)
        assert error is None and len(got) == pieces
        assert chain.told.outcomes() == {"chain": "end", "source": "end", "model": "GeneratorExit", "reader": "end"}
        server.wait_until_left()


def test_a_cancelled_stream_ends_each_run_once_and_closes_the_connection():
    with nothing_left(), Server([STALLED]) as server:
        chain = Chain(server)

        async def main():
            got, all_there = [], asyncio.Event()

            async def read():
                async for piece in chain.chain.astream("x", chain.config):
                    got.append(piece.content)
                    if len(got) == 2:
                        all_there.set()

            task = asyncio.ensure_future(read())
            await all_there.wait()
            await asyncio.sleep(0)  # it waits for the third piece now
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert got == ["a", "b"]
            assert not asyncio.all_tasks() - {asyncio.current_task()}
            await chain.model.aclose()

        asyncio.run(main())
        assert chain.told.outcomes() == {
            "chain": "CancelledError", "source": "end", "model": "CancelledError", "reader": "CancelledError"
        }  # fmt: skip
        assert chain.source.open == chain.reader.open == 0
        server.wait_until_left()


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
@pytest.mark.parametrize("waiting", ["source", "reader"])
def test_cancelling_while_a_function_waits_ends_each_run_once(way, waiting):
    async def main():
        begun, told = asyncio.Event(), Told()

        async def wait(value):
            begun.set()
            await asyncio.Event().wait()

        async def pass_on(value):
            return value

        steps = {"source": pass_on, "reader": pass_on, waiting: wait}
        chain = RunnableLambda(steps["source"], name="source") | RunnableLambda(pass_on, name="middle") | RunnableLambda(steps["reader"], name="reader")
        config = {"callbacks": [told], "run_name": "chain"}

        async def call():
            if way == "ainvoke":
                return await chain.ainvoke("x", config)
            return [piece async for piece in chain.astream("x", config)]

        task = asyncio.ensure_future(call())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not asyncio.all_tasks() - {asyncio.current_task()}
        return told.outcomes()

    outcomes = asyncio.run(main())
    assert outcomes["chain"] == outcomes[waiting] == "CancelledError"
    assert all(outcome in ("end", "CancelledError") for outcome in outcomes.values())


# -- side by side --------------------------------------------------------------------------


@pytest.mark.parametrize("way", STREAMS)
def test_leaving_a_parallel_step_closes_branches_that_wait_for_bytes(way):
    """The read timeout is 600 s: the test would not end if the branches were waited for."""
    told = Told()
    with nothing_left(), Server([STALLED, STALLED]) as server:
        model = ChatOpenAI(model="m", api_key="k", base_url=f"http://127.0.0.1:{server.port}", max_retries=0)
        both = RunnableParallel(left=model.with_config(run_name="left"), right=model.with_config(run_name="right"))
        seen = []

        def enough(piece):
            seen.extend(piece)
            return len(seen) == 4  # two pieces of each: from here on both wait

        config = {"callbacks": [told], "run_name": "both"}
        if way == "stream":
            stream = both.stream("x", config)
            for piece in stream:
                if enough(piece):
                    break
            stream.close()
            model.close()
        else:

            async def main():
                stream = both.astream("x", config)
                async for piece in stream:
                    if enough(piece):
                        break
                await stream.aclose()
                assert not asyncio.all_tasks() - {asyncio.current_task()}
                await model.aclose()

            asyncio.run(main())
        assert sorted(seen) == ["left", "left", "right", "right"]
        outcomes = told.outcomes()
        assert outcomes.pop("both") == "end"
        assert set(outcomes) == {"left", "right"}
        assert set(outcomes.values()) <= {"GeneratorExit", "CancelledError"}
        server.wait_until_left()


@pytest.mark.parametrize("way", STREAMS)
def test_an_error_of_one_branch_closes_the_others(way):
    told = Told()
    with nothing_left(), Server([STALLED]) as server:
        model = ChatOpenAI(model="m", api_key="k", base_url=f"http://127.0.0.1:{server.port}", max_retries=0)

        def fail(pieces):
            for piece in pieces:
                raise KeyError("branch")
                yield piece

        async def afail(pieces):
            async for piece in pieces:
                raise KeyError("branch")
                yield piece

        both = RunnableParallel(good=model.with_config(run_name="good"), bad=RunnableGenerator(fail, afail))
        with pytest.raises(KeyError):
            if way == "stream":
                list(both.stream("x", {"callbacks": [told]}))
            else:

                async def main():
                    try:
                        return [piece async for piece in both.astream("x", {"callbacks": [told]})]
                    finally:
                        assert not asyncio.all_tasks() - {asyncio.current_task()}
                        await model.aclose()

                asyncio.run(main())
        model.close()
        told.outcomes()
        for peer in server.peers:
            assert peer.closed.wait(10)


def test_a_cut_stream_keeps_its_partial_through_a_chain():
    with Server([CUT]) as server:
        chain = Chain(server)
        _, error = chain.run("stream")
        assert isinstance(error, IncompleteStream) and error.partial.content == "ab"
