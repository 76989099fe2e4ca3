"""Answers that are made while they go out, on a real socket."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest

import fakes.langsmith
from fakes.langsmith import server as langsmith
from fakes.serving.http11 import Answer
from fakes.serving.live import Live

TYPE = [("content-type", "text/plain")]
PIECES = [b"one", b"", b"two\r\n", b"x" * 100_000]


@pytest.fixture
def serving(monkeypatch):
    """Serve a writer's answer at every address but /plain."""
    running = []

    def start(writer):
        def answer(self, request, connection):
            live = Live(200, TYPE, writer)
            return (Answer(200, TYPE, b"plain") if request.path == "/plain" else live), None, None

        monkeypatch.setattr(langsmith.Site, "answer", answer)
        running.append(fakes.langsmith.serve())
        return int(running[0].url.rpartition(":")[2])

    start.running = running
    yield start
    for server in running:
        server.close()
    for thread in threading.enumerate():
        if thread.name == "fakes live answer":
            thread.join()


def pieces(outlet):
    for piece in PIECES:
        outlet.write(piece)


def test_pieces_go_out_as_chunks_and_the_connection_stays(serving):
    client = http.client.HTTPConnection("127.0.0.1", serving(pieces), timeout=10)
    for _ in range(3):
        for path, body in (("/", b"".join(PIECES)), ("/plain", b"plain")):
            client.request("GET", path)
            assert client.getresponse().read() == body
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert answer.read() == b"" and answer.status == 200
    client.close()


def test_requests_behind_it_wait_for_its_end(serving):
    with socket.create_connection(("127.0.0.1", serving(pieces)), timeout=10) as client:
        head = b" HTTP/1.1\r\nhost: localhost\r\n"
        client.sendall(b"GET /" + head + b"\r\nGET /plain" + head + b"connection: close\r\n\r\n")
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.endswith(b"plain") and got.index(b"0\r\n\r\nHTTP/1.1 200") > 100_000


def test_http_1_0_gets_it_bare_and_closed(serving):
    with socket.create_connection(("127.0.0.1", serving(pieces)), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.partition(b"\r\n\r\n")[2] == b"".join(PIECES)


def test_each_piece_arrives_while_the_next_is_not_made_and_others_are_answered(serving):
    step = threading.Semaphore(0)

    def slow(outlet):
        for piece in (b"first", b"second"):
            outlet.write(piece)
            step.acquire()

    port = serving(slow)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/")
    answer = client.getresponse()
    assert answer.read(5) == b"first"
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    other.request("GET", "/plain")
    assert other.getresponse().read() == b"plain"
    step.release()
    assert answer.read(6) == b"second"
    step.release()
    assert answer.read() == b""
    client.close()
    other.close()


def test_a_writer_waits_for_a_client_that_does_not_read_and_ends_when_it_leaves(serving):
    ended = threading.Event()
    written = []

    def endless(outlet):
        try:
            while True:
                outlet.write(b"x" * 65_536)
                written.append(65_536)
        finally:
            ended.set()

    client = socket.create_connection(("127.0.0.1", serving(endless)), timeout=10)
    client.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert client.recv(1000)
    assert not ended.wait(0.2) and sum(written) < 64 << 20  # what kernel and outlet hold, and no more
    client.close()
    assert ended.wait(10)


def test_a_writer_that_fails_cuts_the_answer_and_not_the_server(serving, capsys):
    def failing(outlet):
        outlet.write(b"so far")
        raise ValueError("mine")

    port = serving(failing)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/")
    answer = client.getresponse()
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        answer.read()
    client.close()
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    other.request("GET", "/plain")
    assert other.getresponse().read() == b"plain"
    other.close()
    assert "ValueError: mine" in capsys.readouterr().err


def test_a_server_that_stops_ends_the_writers(serving):
    ended = threading.Event()

    def endless(outlet):
        try:
            while True:
                outlet.write(b"x" * 1_000)
        finally:
            ended.set()

    with socket.create_connection(("127.0.0.1", serving(endless)), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert client.recv(1000)
        serving.running[0].close()
        assert ended.wait(10)
