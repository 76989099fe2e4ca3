"""Connections are kept, shared, bounded and replaced: what the server counts, not what we believe."""

from __future__ import annotations

import asyncio
import threading

import pytest

from minichat.backends import pool as pool_module
from minichat.errors import RequestTimeout, TransportError
from minichat.wire.limits import Limits

from . import ways
from .servers import Server, completion, echo, last_text, stream_end, streamed


@pytest.mark.parametrize("way", ways.ALL)
def test_500_calls_one_after_the_other_open_one_connection(way):
    texts = [f"question {number}" for number in range(500)]
    with Server(echo) as server:
        assert ways.ask_all(way, ways.model_for(server), texts) == texts
        assert server.opened == 1


@pytest.mark.parametrize("way", ["batch", "abatch"])
def test_a_batch_of_1000_in_50_opens_at_most_50_connections(way):
    texts = [f"question {number}" for number in range(1000)]
    with Server(echo) as server:
        model = ways.model_for(server)
        config = {"max_concurrency": 50}
        if way == "batch":
            answers = model.batch(texts, config)
        else:
            answers = asyncio.run(model.abatch(texts, config))
        assert [answer.content for answer in answers] == texts
        assert 1 <= server.opened <= 50
        assert len(server.requests) == 1000


@pytest.mark.parametrize("way", ways.PARITY)
def test_the_end_of_a_body_that_comes_after_the_last_event_is_waited_for(way):
    def late_end(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            peer.send(streamed(last_text(request)))
            # The client has the whole answer now and is in `finish`; a packet of its own ends the body.
            peer.socket.setsockopt(6, 1, 1)
            peer.send(stream_end[:2])
            peer.send(stream_end[2:])

    with Server(late_end) as server:
        texts = [f"question {number}" for number in range(30)]
        assert ways.ask_all(way, ways.model_for(server), texts) == texts
        assert server.opened == 1


@pytest.mark.parametrize("way", ways.PARITY)
def test_the_end_of_a_body_that_never_comes_costs_the_connection_not_the_answer(way):
    def no_end(peer):
        request = peer.request()
        if request is not None:
            peer.send(streamed(last_text(request)))
            peer.wait_closed()

    with Server(no_end) as server:
        model = ways.model_for(server, limits=Limits(drain_seconds=0.01))
        assert ways.ask_all(way, model, ["one", "two"]) == ["one", "two"]
        assert server.opened == 2
        server.wait_idle()


@pytest.mark.parametrize("way", ways.ALL)
def test_a_connection_closed_while_idle_is_replaced_without_an_error(way):
    with Server(echo) as server:
        model = ways.model_for(server)

        async def body(ask):
            for number in range(5):
                assert await ask("again") == "again"
                server.hang_up()
                await asyncio.get_running_loop().run_in_executor(None, server.wait_idle)

        ways.with_loop(way, body, model)
        assert server.opened == 5
        assert len(server.requests) == 5  # an idle connection that has ended is seen before it is used


def closes_at_the_request_after(answered):
    """A script whose connections answer some requests, then close at the next one's first bytes."""

    def script(peer):
        for _ in range(answered):
            request = peer.request()
            if request is None:
                return
            text = last_text(request)
            peer.send(streamed(text) + stream_end if request.json.get("stream") else completion(text))
        peer.head()
        # With unread bytes in it, or none: the client sees a reset, or the end. Both are "closed".

    return script


@pytest.mark.parametrize("way", ways.ALL)
def test_a_kept_connection_that_closes_under_a_request_is_replaced_silently(way):
    with Server(closes_at_the_request_after(1)) as server:
        texts = [f"question {number}" for number in range(5)]
        assert ways.ask_all(way, ways.model_for(server), texts) == texts
        assert server.opened == 5


@pytest.mark.parametrize("way", ways.ALL)
def test_a_new_connection_that_closes_under_a_request_is_an_error(way):
    with Server(closes_at_the_request_after(0)) as server:
        with pytest.raises(TransportError) as caught:
            ways.ask(way, ways.model_for(server))
        assert caught.value.attempts == 1
        assert server.opened == 1


@pytest.mark.parametrize("way", ways.ALL)
def test_a_replacement_that_fails_too_is_an_error_and_not_a_loop(way):
    def once(peer):
        if peer.number == 1:
            closes_at_the_request_after(1)(peer)
        else:
            peer.head()

    with Server(once) as server:
        model = ways.model_for(server)
        with pytest.raises(TransportError):
            ways.ask_all(way, model, ["one", "two"])
        assert server.opened == 2


@pytest.mark.parametrize("way", ways.ALL)
def test_a_kept_connection_that_says_nothing_is_a_timeout_and_not_asked_twice(way):
    def then_silent(peer):
        request = peer.request()
        text = last_text(request)
        peer.send(streamed(text) + stream_end if request.json.get("stream") else completion(text))
        peer.request()
        peer.wait_closed()

    with Server(then_silent) as server:
        model = ways.model_for(server, timeout=(5, 0.1))
        with pytest.raises(RequestTimeout) as caught:
            ways.ask_all(way, model, ["one", "two"])
        assert (caught.value.phase, caught.value.seconds) == ("first byte", 0.1)
        assert len(server.requests) == 2
        server.wait_idle()


@pytest.mark.parametrize("way", ways.ALL)
def test_a_reply_with_connection_close_is_not_kept(way):
    def closes(peer):
        request = peer.request()
        if request is not None:
            text = last_text(request)
            answer = streamed(text) + stream_end if request.json.get("stream") else completion(text)
            peer.send(answer.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))
            peer.wait_closed()

    with Server(closes) as server:
        assert ways.ask_all(way, ways.model_for(server), ["one", "two"]) == ["one", "two"]
        assert server.opened == 2
        server.wait_idle()


@pytest.mark.parametrize("way", ways.ALL)
def test_an_error_reply_read_to_its_end_keeps_the_connection(way):
    from .servers import refuse

    def refuses(peer):
        while peer.request() is not None:
            peer.send(refuse(400, "no"))

    with Server(refuses) as server:
        model = ways.model_for(server)

        async def body(ask):
            for _ in range(3):
                with pytest.raises(Exception, match="no"):
                    await ask("x")

        ways.with_loop(way, body, model)
        assert server.opened == 1


@pytest.mark.parametrize("way", ways.BOTH)
def test_no_more_idle_connections_are_kept_than_the_bound(way):
    gate = threading.Barrier(8)

    def together(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            if last_text(request) == "together":
                gate.wait(15)  # eight requests are open at the same time
            peer.send(completion("ok"))

    with Server(together) as server:
        model = ways.model_for(server, limits=Limits(max_idle_connections=3))
        if way == "invoke":
            model.batch(["together"] * 8, {"max_concurrency": 8})
            server.wait_for(lambda: server.open <= 3)
            assert server.open == 3
        else:

            async def main():
                await model.abatch(["together"] * 8)
                await asyncio.get_running_loop().run_in_executor(
                    None, server.wait_for, lambda: server.open <= 3
                )
                assert server.open == 3

            asyncio.run(main())
        assert server.opened == 8


@pytest.mark.parametrize("way", ways.BOTH)
def test_with_no_idle_connections_allowed_each_call_opens_its_own(way):
    with Server(echo) as server:
        model = ways.model_for(server, limits=Limits(max_idle_connections=0))
        assert ways.ask_all(way, model, ["one", "two", "three"]) == ["one", "two", "three"]
        assert server.opened == 3


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_connection_idle_for_too_long_is_not_used_again(way, monkeypatch):
    class Clock:
        now = 1000.0

        @staticmethod
        def monotonic():
            return Clock.now

    monkeypatch.setattr(pool_module, "time", Clock)
    with Server(echo) as server:
        model = ways.model_for(server, limits=Limits(idle_seconds=60))

        async def body(ask):
            await ask("first")
            Clock.now += 59.9
            await ask("kept")
            assert server.opened == 1
            Clock.now += 60.1
            await ask("new")
            assert server.opened == 2

        ways.with_loop(way, body, model)


@pytest.mark.parametrize("way", ways.ALL)
def test_models_with_equal_settings_share_connections(way):
    with Server(echo) as server:

        async def body(ask):
            assert await ask("one") == "one"

        first, second = ways.model_for(server), ways.model_for(server, api_key="sk-other", temperature=1)

        async def main():
            for model in (first, second):
                if way in ("invoke", "stream"):
                    "".join(chunk.content for chunk in model.stream("x")) if way == "stream" else model.invoke("x")
                else:
                    await ways._aask(way, model, "x")

        asyncio.run(main())
        assert server.opened == 1
        keys = [request.headers["authorization"] for request in server.requests]
        assert keys == ["Bearer sk-test-key", "Bearer sk-other"]


@pytest.mark.parametrize("way", ways.BOTH)
def test_leaving_a_model_closes_its_idle_connections_and_it_can_be_used_again(way):
    with Server(echo) as server:
        model = ways.model_for(server)
        if way == "invoke":
            with model as same:
                assert same is model
                model.invoke("x")
            server.wait_idle()
            model.invoke("x")
            model.close()
            server.wait_idle()
        else:

            async def main():
                loop = asyncio.get_running_loop()
                async with model as same:
                    assert same is model
                    await model.ainvoke("x")
                await loop.run_in_executor(None, server.wait_idle)
                await model.ainvoke("x")
                await model.aclose()
                await loop.run_in_executor(None, server.wait_idle)

            asyncio.run(main())
        assert server.opened == 2


def test_aclose_has_closed_the_sockets_when_it_returns():
    from .conftest import descriptors

    with Server(echo) as server:
        model = ways.model_for(server)

        async def main():
            before = descriptors()
            await model.ainvoke("x")
            assert descriptors() == before + 2  # our end and the server's
            await model.aclose()
            server.wait_idle()  # blocks the loop: nothing of ours needs another round
            assert descriptors() == before

        asyncio.run(main())


def test_close_in_another_thread_reaches_a_running_loop():
    with Server(echo) as server:
        model = ways.model_for(server)

        async def main():
            await model.ainvoke("x")
            await asyncio.get_running_loop().run_in_executor(None, model.close)
            await asyncio.get_running_loop().run_in_executor(None, server.wait_idle)
            assert (await model.ainvoke("y")).content == "y"

        asyncio.run(main(), debug=True)  # debug: a call of the loop from a foreign thread raises
        assert server.opened == 2
