"""The server over real sockets: connections, pipelining, limits, the control API, its life and end."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading

import pytest

import fakes

from .asking import MESSAGES, ask, chat, raw, request_bytes
from .wire import Wire, request

HELLO = {"model": "fake-hello", "messages": MESSAGES}


def test_a_connection_is_kept_for_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for stream in (False, True) * 5:
        body = json.dumps({**HELLO, "stream": stream})
        connection.request("POST", "/openai/v1/chat/completions", body, {"authorization": "Bearer k"})
        response = connection.getresponse()
        assert response.status == 200 and response.read()
    connection.close()
    assert server.connections == 1
    assert {seen.connection for seen in server.journal} == {1}


def test_pipelined_requests_are_answered_in_order(server):
    texts = [f"question {number}" for number in range(50)]
    data = b"".join(
        request_bytes({"model": "fake-echo", "messages": [{"role": "user", "content": text}], "stream": number % 2 == 1})
        for number, text in enumerate(texts)
    )
    got = raw(server, data)
    assert got.count(b"HTTP/1.1 200 OK") == 50
    places = [got.find(f"chatcmpl-{id}".encode()) for id in ids_in(got)]
    assert places == sorted(places) and len(set(places)) == 50
    assert [seen.body["messages"][0]["content"] for seen in server.journal] == texts


def ids_in(data):
    found = []
    for piece in data.split(b"chatcmpl-")[1:]:
        if piece[:29].decode() not in found:
            found.append(piece[:29].decode())
    return found


def test_a_request_of_single_bytes_is_understood(server):
    data = request_bytes(HELLO, extra=b"connection: close\r\n")
    assert b"Hello from fakes." in raw(server, *(data[i : i + 1] for i in range(len(data))))


def test_a_chunked_request_is_understood(server):
    def body():
        data = json.dumps(HELLO).encode()
        yield data[:10]
        yield data[10:]

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/openai/v1/chat/completions", body(), {"authorization": "Bearer k"}, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_client_that_expects_100_continue_gets_it_before_it_sends_the_body(server):
    data = request_bytes(HELLO, extra=b"expect: 100-continue\r\nconnection: close\r\n")
    head, body = data.split(b"\r\n\r\n", 1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_limits_and_broken_requests_end_the_connection(server):
    rows = [
        (b"GET / HTTP/1.1\r\nhost: x\r\nbig: " + b"x" * 70_000 + b"\r\n\r\n", b"431"),
        (b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
        (b"nonsense\r\n\r\n", b"400"),
    ]
    for data, status in rows:
        got = raw(server, data)
        assert got.startswith(b"HTTP/1.1 " + status), got
        assert b"connection: close" in got and b'"error"' in got
    assert b"invalid_request_error" in raw(server, rows[1][0])  # under a provider's path, in the provider's shape


REFUSED = [
    (b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
    (b"POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nbig: " + b"x" * 70_000, b"431"),
    (b"nonsense\r\n\r\n", b"400"),
]


@pytest.mark.parametrize("data, status", REFUSED)
def test_a_client_that_is_still_sending_what_was_refused_can_read_why(server, data, status):
    with Wire(server) as wire:
        wire.send(data)
        for _ in range(100):
            wire.send(b"y" * 200_000)  # a connection that were closed at once would be reset by this
        assert wire.read().head.startswith(b"HTTP/1.1 " + status) and wire.ended == "fin"


def test_who_never_stops_sending_what_was_refused_is_not_listened_to_for_ever(server):
    with Wire(server) as wire, pytest.raises(OSError):
        while True:
            wire.send(b"nonsense\r\n\r\n" + b"y" * (1 << 20))


def test_a_client_that_leaves_in_the_middle_of_its_request_is_forgotten(server):
    whole = request()
    for end in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        with Wire(server) as wire:
            wire.send(whole[:end])
    assert chat(server).status == 200 and len(server.journal) == 1 and not server.problems


def test_connection_close_closes_behind_the_answer_and_answers_nothing_more(server):
    with Wire(server) as wire:
        got = wire.send(request(stream=False, extra=b"connection: close\r\n") + request()).read()
    assert got.headers["connection"] == "close" and got.in_form and len(server.journal) == 1


def test_a_head_request_gets_no_body(server):
    got = raw(server, b"HEAD /openai/v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 405") and got.endswith(b"\r\n\r\n")


def test_a_stream_for_http_1_0_ends_with_the_connection(server):
    data = request_bytes({**HELLO, "stream": True}).replace(b"HTTP/1.1", b"HTTP/1.0")
    got = raw(server, data)
    assert b"transfer-encoding" not in got and got.endswith(b"data: [DONE]\n\n")


def test_a_path_of_no_provider_is_not_found(server):
    got = ask(server, method="GET", path="/v2/other")
    assert got.status == 404 and "/openai/v1" in got.error["message"]


def test_a_cut_stream_lacks_the_last_chunk_and_done(server):
    got = raw(server, request_bytes({"model": "fake-cut", "messages": MESSAGES, "stream": True}))
    assert b"200 OK" in got and b"This" in got
    assert b"[DONE]" not in got and not got.endswith(b"0\r\n\r\n") and b'"finish_reason":"stop"' not in got


def test_a_cut_answer_is_shorter_than_it_says(server):
    got = raw(server, request_bytes({"model": "fake-cut", "messages": MESSAGES}))
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert 0 < len(body) < length
    with pytest.raises(http.client.IncompleteRead):
        chat(server, "fake-cut")


def test_requests_are_kept_without_the_key(server):
    ask(server, {**HELLO, "temperature": 0.5}, key="sk-secret", headers={"x-mine": "1", "api-key": "sk-secret"})
    ask(server, b"not json", key="sk-secret")
    first, second = server.journal
    assert (first.method, first.path, first.status) == ("POST", "/openai/v1/chat/completions", 200)
    assert first.body["temperature"] == 0.5 and first.headers["x-mine"] == "1"
    assert (second.body, second.status) == (None, 400)
    assert "sk-secret" not in repr([first, first.headers, second.headers])


def test_only_the_last_thousand_requests_are_kept(server):
    raw(server, request_bytes(HELLO) * 1010)
    assert len(server.journal) == 1000


def test_a_rejected_key_is_an_option(server):
    assert ask(server, HELLO, key="sk-rejected-by-option").error["code"] == "invalid_api_key"
    assert ask(server, HELLO, key="anything-else").status == 200


def test_reset_forgets_requests_and_counters(server):
    chat(server)
    server.reset()
    assert (server.journal, server.connections) == ([], 0)
    chat(server)
    assert ask(server, b"", path="/__fakes/reset", key=None).json == {"reset": True}
    assert server.journal == []


CONTROL = [
    ("GET", "/__fakes/health", "127.0.0.1:80", 200),
    ("GET", "/__fakes/health", "localhost", 200),
    ("GET", "/__fakes/health", "LOCALHOST:1", 200),
    ("GET", "/__fakes/health", "[::1]:80", 200),
    ("GET", "/__fakes/health", "a.localhost", 200),
    ("GET", "/__fakes/health", "evil.example", 403),
    ("GET", "/__fakes/health", "127.0.0.1.evil.example", 403),
    ("GET", "/__fakes/health", "localhost.evil.example", 403),
    ("GET", "/__fakes/health", "", 403),
    ("POST", "/__fakes/reset", "evil.example", 403),
    ("GET", "/__fakes/reset", "localhost", 405),
    ("POST", "/__fakes/health", "localhost", 405),
    ("GET", "/__fakes/other", "localhost", 404),
]


@pytest.mark.parametrize("method, path, host, status", CONTROL)
def test_the_control_api_answers_only_under_loopback_names(server, method, path, host, status):
    got = ask(server, method=method, path=path, key=None, headers={"host": host})
    assert got.status == status
    assert server.journal == []  # control requests are not the client's requests


def test_the_same_server_serves_a_running_event_loop():
    async def main():
        async with fakes.serve() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request_bytes(HELLO, extra=b"connection: close\r\n"))
            got = await reader.read()
            writer.close()
            return got, server

    got, server = asyncio.run(main())
    assert b"Hello from fakes." in got
    assert_gone(server)


def assert_gone(server):
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_closing_ends_open_connections_and_the_thread():
    server = fakes.serve()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request_bytes(HELLO))
        assert connection.recv(100)
        server.close()
        server.close()
        with pytest.raises(OSError):
            while connection.recv(65536):
                pass
            raise OSError("closed in order")
    assert_gone(server)


def test_urls_and_wrong_names():
    with fakes.serve() as server:
        assert server.url() == f"http://127.0.0.1:{server.port}"
        assert server.url("openai") == f"http://127.0.0.1:{server.port}/openai/v1"
        with pytest.raises(ValueError, match="no provider 'nobody' here; there are anthropic, fireworks, "):
            server.url("nobody")


def test_a_port_in_use_is_an_oserror_and_leaves_no_thread():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError):
            fakes.serve(port=taken.getsockname()[1])
    assert not [thread for thread in threading.enumerate() if thread.name == "fakes"]


def test_a_client_that_does_not_read_stops_being_read_from(server):
    messages = [{"role": "user", "content": "x" * 200_000}]
    data = request_bytes({"model": "fake-echo", "messages": messages})
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.setblocking(False)
        sent = 0
        try:
            while sent < 400 * len(data):  # far more than both sides' buffers hold
                sent += connection.send(data[sent % len(data) :])
        except BlockingIOError:
            pass
        assert sent < 400 * len(data)
    assert chat(server).status == 200
