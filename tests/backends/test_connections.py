"""One exchange in both backends: large bodies, peers that answer early, consumers that do not read."""

from __future__ import annotations

import asyncio
import json
import socket
import threading

import pytest

from minichat.backends.aio import StreamConnection
from minichat.backends.blocking import BlockingConnection
from minichat.backends.driver import run
from minichat.errors import BadRequest, ConnectError, ProviderError, RequestTimeout, TransportError
from minichat.wire.limits import Limits

from . import ways
from .servers import Server, completion, echo, event, last_text, refuse, stream_end, stream_head, streamed

MB = 1024 * 1024


@pytest.mark.parametrize("way", ways.ALL)
def test_a_request_of_20_mb_goes_out_and_comes_back(way):
    text = "0123456789abcdef" * (20 * MB // 16)

    def length(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            answer = str(len(last_text(request)))
            peer.send(streamed(answer) + stream_end if request.json.get("stream") else completion(answer))

    with Server(length) as server:
        assert ways.ask_all(way, ways.model_for(server), [text, "short"]) == [str(20 * MB), "5"]
        assert server.opened == 1


@pytest.mark.parametrize("way", ways.ALL)
def test_an_answer_of_20_mb_comes_whole(way):
    text = "0123456789abcdef" * (20 * MB // 16)
    with Server(lambda peer: answer_with(peer, text)) as server:
        assert ways.ask(way, ways.model_for(server), "x") == text


def answer_with(peer, text):
    request = peer.request()
    if request is None:
        return
    if request.json.get("stream"):
        peer.send(stream_head)
        for at in range(0, len(text), 100_000):
            peer.send(event(text[at : at + 100_000]))
        peer.send(event("", "stop") + event(None) + stream_end)
    else:
        peer.send(completion(text))
    peer.wait_closed()


@pytest.mark.parametrize("way", ways.ALL)
@pytest.mark.parametrize("unread", ["nothing", "some", "all"])
def test_a_refusal_before_the_body_was_read_is_the_providers_error_and_not_a_reset(way, unread):
    def too_large(peer):
        peer.head()
        if unread == "some":
            peer.socket.recv(100_000)
        if unread == "nothing":
            # Reads on, but only after it has answered: a polite server.
            peer.send(refuse(413, "too large", headers="Connection: close\r\n"))
            peer.wait_closed()
        else:
            peer.send(refuse(413, "too large", headers="Connection: close\r\n"))
            # Closing with unread bytes resets the connection under the client's sending.

    with Server(too_large) as server:
        model = ways.model_for(server, timeout=10)
        with pytest.raises(ProviderError, match="too large") as caught:
            ways.ask(way, model, "x" * (20 * MB))
        assert isinstance(caught.value, BadRequest) and caught.value.status == 413
        assert server.opened == 1


@pytest.mark.parametrize("way", ways.ALL)
def test_a_peer_that_takes_nothing_of_a_large_request_is_a_timeout_of_the_send_phase(way):
    with Server(lambda peer: server_is_done.wait(15), receive_buffer=4096) as server:
        server_is_done = threading.Event()
        model = ways.model_for(server, timeout=(5, 0.2))
        try:
            with pytest.raises(RequestTimeout) as caught:
                ways.ask(way, model, "x" * (20 * MB))
        finally:
            server_is_done.set()
        assert (caught.value.phase, caught.value.seconds) == ("send", 0.2)


@pytest.mark.parametrize("way", ways.PARITY)
def test_a_consumer_that_does_not_read_makes_the_server_wait(way):
    total = 50 * MB
    sent = []
    stuck = threading.Event()

    def flood(peer):
        if peer.request() is None:
            return
        block = event("x" * 60_000)
        peer.send(stream_head)
        peer.socket.settimeout(0.3)  # no byte was taken for so long: the client has enough
        try:
            while sum(sent) < total:
                sent.append(peer.socket.send(block))
        except OSError:
            stuck.set()
        peer.socket.settimeout(None)
        peer.wait_closed()

    with Server(flood, receive_buffer=65536) as server:
        model = ways.model_for(server, limits=Limits(max_buffered_bytes=MB))

        async def main():
            if way == "stream":
                stream = model.stream("x")
                next(stream)
                assert stuck.wait(15)
                stream.close()
            else:
                stream = model.astream("x")
                await stream.__anext__()
                # The loop is free meanwhile: it is the transport that must not read on.
                assert await asyncio.get_running_loop().run_in_executor(None, stuck.wait, 15)
                await stream.aclose()

        asyncio.run(main())
        assert sum(sent) < 20 * MB  # what the two kernels hold, and our bound
        server.wait_idle()


def test_a_consumer_that_reads_on_gets_all_that_had_to_wait():
    text = "x" * 60_000
    stuck = threading.Event()

    def flood(peer):
        if peer.request() is None:
            return
        whole = memoryview(stream_head + event(text) * 400 + event("", "stop") + event(None) + stream_end)
        peer.socket.settimeout(0.1)
        while whole:
            try:
                whole = whole[peer.socket.send(whole) :]
            except OSError:
                stuck.set()
                peer.socket.settimeout(None)
        peer.wait_closed()

    async def main():
        size = 0
        async for chunk in model.astream("x"):
            if not size:  # the first: let the server fill what there is
                assert await asyncio.get_running_loop().run_in_executor(None, stuck.wait, 15)
            size += len(chunk.content)
        return size

    with Server(flood) as server:
        model = ways.model_for(server, limits=Limits(max_buffered_bytes=100_000))
        assert asyncio.run(main()) == 400 * len(text)


@pytest.mark.parametrize("way", ways.ALL)
def test_blocks_of_one_byte_of_the_peer_give_the_same_answer(way):
    def drip(peer):
        while True:
            request = peer.request()
            if request is None:
                return
            answer = streamed("héllo") + stream_end if request.json.get("stream") else completion("héllo")
            for at in range(len(answer)):
                peer.send(answer[at : at + 1])

    with Server(drip) as server:
        assert ways.ask_all(way, ways.model_for(server), ["one", "two"]) == ["héllo", "héllo"]
        # A streamed body's end in five bytes may be more than is waited for: that costs the connection.
        assert server.opened == 1 or way in ways.PARITY


@pytest.mark.parametrize("way", ways.ALL)
def test_blocks_of_one_byte_of_ours_give_the_same_answer(way):
    with Server(echo) as server:
        model = ways.model_for(server, limits=Limits(read_block_bytes=1))
        assert ways.ask(way, model, "héllo") == "héllo"


@pytest.mark.parametrize("way", ways.ALL)
@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test"])
def test_a_host_that_cannot_be_one_is_a_connect_error(way, host):
    with pytest.raises(ConnectError, match="host"):
        ways.ask(way, ways.model_for(f"http://{host}/v1", proxy=""))


@pytest.mark.parametrize("way", ways.BOTH)
def test_ipv6_addresses_work(way):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    seen = []

    def serve():
        sock, _ = listener.accept()
        with sock:
            seen.append(sock.recv(65536))
            sock.sendall(completion("six"))
            sock.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    model = ways.model_for(f"http://[::1]:{port}/v1")
    try:
        assert ways.ask(way, model) == "six"
    finally:
        model.close()
        thread.join()
        listener.close()
    assert f"\r\nHost: [::1]:{port}\r\n".encode() in seen[0]


@pytest.mark.parametrize("way", ways.ALL)
def test_the_request_is_one_write_with_its_length_and_no_continue(way):
    with Server(echo) as server:
        assert ways.ask(way, ways.model_for(server)) == "Hello"
        (request,) = server.requests
        assert request.method == "POST" and request.target == "/v1/chat/completions"
        assert request.headers["content-length"] == str(len(request.body))
        assert request.headers["accept-encoding"] == "identity"
        assert "expect" not in request.headers and "transfer-encoding" not in request.headers
        assert json.loads(request.body)["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_reply_that_came_before_its_request_is_not_given_to_the_next_one(way):
    """Bytes behind the end of a reply make the connection unfit: they would answer the next question."""

    def babbles(peer):
        request = peer.request()
        if request is not None:
            peer.send(completion(last_text(request)) + completion("of someone else"))
            peer.wait_closed()

    with Server(babbles) as server:
        assert ways.ask_all(way, ways.model_for(server), ["one", "two"]) == ["one", "two"]
        assert server.opened == 2


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_reply_that_comes_while_idle_is_not_given_to_the_next_question(way):
    def late(peer):
        request = peer.request()
        if request is not None:
            peer.send(completion(last_text(request)))
            may_babble.wait(15)
            peer.send(completion("of someone else"))
            babbled.set()
            peer.wait_closed()

    may_babble, babbled = threading.Event(), threading.Event()
    with Server(late) as server:
        model = ways.model_for(server)

        async def body(ask):
            assert await ask("one") == "one"
            may_babble.set()
            await asyncio.get_running_loop().run_in_executor(None, babbled.wait, 15)
            assert await ask("two") == "two"

        ways.with_loop(way, body, model)
        assert server.opened == 2


@pytest.mark.parametrize("way", ways.BOTH)
def test_a_refused_connection_names_host_and_port(way):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(ConnectError, match=f"127.0.0.1:{port}") as caught:
        ways.ask(way, ways.model_for(f"http://127.0.0.1:{port}/v1"))
    assert isinstance(caught.value, TransportError) and isinstance(caught.value, ConnectionError)
    assert caught.value.__cause__ is not caught.value


# -- an upload that is slow but moves is not given up --------------------------------------------------


class SlowSocket:
    """Takes three bytes at each send, then nothing more from the fourth on if told so."""

    def __init__(self, stalls=False):
        self.taken = b""
        self.stalls = stalls

    def settimeout(self, seconds):
        self.seconds = seconds

    def send(self, data):
        if self.stalls and len(self.taken) >= 9:
            raise socket.timeout("timed out")
        self.taken += bytes(data[:3])
        return len(data[:3])


def test_a_blocking_upload_may_take_the_timeout_for_each_piece():
    moving, stalled = SlowSocket(), SlowSocket(stalls=True)
    run(BlockingConnection(moving, "h:1", 1024).send(b"0123456789abcdef", 7))
    assert (moving.taken, moving.seconds) == (b"0123456789abcdef", 7)
    with pytest.raises(RequestTimeout) as caught:
        run(BlockingConnection(stalled, "h:1", 1024).send(b"0123456789abcdef", 7))
    assert (caught.value.phase, caught.value.seconds) == ("send", 7)


class SlowTransport:
    """A transport whose write buffer has these sizes when asked."""

    def __init__(self, sizes):
        self.sizes = iter(sizes)

    def write(self, data):
        self.data = data

    def get_write_buffer_size(self):
        return next(self.sizes)


@pytest.mark.parametrize("sizes, gives_up", [([80, 40, 40], True), ([80, 40, 10], False), ([100, 100], True)])
def test_an_asynchronous_upload_is_given_up_when_nothing_moved_for_the_timeout(sizes, gives_up):
    async def main():
        loop = asyncio.get_running_loop()
        connection = StreamConnection(loop, "h:1", 1024, memoryview(bytearray(16)))
        connection.connection_made(SlowTransport(sizes))
        connection.pause_writing()
        sending = asyncio.ensure_future(connection.send(b"x" * 99, 1000))
        for _ in sizes:
            await asyncio.sleep(0)
            connection._deadline = 0.0  # the time is over
            connection._stop_timer()
            connection._look()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if sending.done():
                break
        assert sending.done() == gives_up
        if not gives_up:
            connection.resume_writing()
        connection._stop_timer()
        await sending

    if gives_up:
        with pytest.raises(RequestTimeout, match="took nothing"):
            asyncio.run(main())
    else:
        asyncio.run(main())
