"""A client that looks at bytes: what came, in which chunks, and how it ended. One request in each of the seven dialects."""

from __future__ import annotations

import json
import socket
import ssl
import time

HI = [{"role": "user", "content": "hi"}]
CHAT = {"model": "fake-hello", "messages": HI}
GOOGLE = "/gemini/v1beta/models/fake-hello:"
# Dialect -> path (of a stream, where it differs), body.
DIALECTS = {
    "openai": ("/openai/v1/chat/completions", CHAT),
    "responses": ("/openai/v1/responses", {"model": "fake-hello", "input": "hi"}),
    "anthropic": ("/anthropic/v1/messages", {**CHAT, "max_tokens": 99}),
    "google": (GOOGLE + "generateContent", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
    "mistral": ("/mistral/v1/chat/completions", CHAT),
    "fireworks": ("/fireworks/inference/v1/chat/completions", CHAT),
    "together": ("/together/v1/chat/completions", CHAT),
}
KEYS = b"authorization: Bearer %b\r\nx-api-key: %b\r\nx-goog-api-key: %b\r\nanthropic-version: 2023-06-01\r\n"


def request(dialect="openai", *, stream=True, key="sk-test", extra=b"", text=None, version=b"HTTP/1.1", **body):
    """Give the bytes of a request; `text` is what the user of OpenAI's dialect says."""
    path, given = DIALECTS[dialect]
    given = {**given, **body}
    if text is not None:
        given["messages"] = [{"role": "user", "content": text}]
    if stream and dialect == "google":
        path = GOOGLE + "streamGenerateContent?alt=sse"
    elif stream:
        given["stream"] = True
    data = json.dumps(given).encode()
    keys = KEYS % ((key.encode(),) * 3)
    head = b"POST %b %b\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n%b%b" % (path.encode(), version, keys, extra)
    return head + b"content-length: %d\r\n\r\n%b" % (len(data), data)


class Got:
    """What came on a connection that sent one request.

    `head` bytes, `headers`, `body` without chunked coding, `chunks` of it, `in_form`: its end came as HTTP says;
    `ended`: "fin", "reset" or "open".
    """

    def __init__(self, data, ended):
        self.data, self.ended = data, ended
        self.head, whole, rest = data.partition(b"\r\n\r\n")
        if not whole:  # a part of the head is none
            self.head = b""
        lines = self.head.decode().split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if self.head else None
        self.headers = dict(line.split(": ", 1) for line in lines[1:])
        self.chunks, self.in_form = [], False
        if "transfer-encoding" not in self.headers:
            length = int(self.headers.get("content-length", len(rest)))
            self.body, self.in_form = rest[:length], len(rest) >= length
            return
        while rest and not self.in_form:
            size, whole, rest = rest.partition(b"\r\n")
            if not whole:
                break
            size = int(size, 16)
            self.in_form = size == 0 and rest[:2] == b"\r\n"
            self.chunks += [rest[:size]] if size else []
            rest = rest[size + 2 :]
        self.body = b"".join(self.chunks)


class Wire:
    """One connection."""

    def __init__(self, server, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.data = bytearray()
        self.ended = "open"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def read(self, count=None):
        """Read so many bytes in all, or to the end of the connection."""
        while self.ended == "open" and (count is None or len(self.data) < count):
            self._take()
        return Got(bytes(self.data), self.ended)

    def look(self):
        """Read what is there, without waiting."""
        self.socket.setblocking(False)
        try:
            while self.ended == "open":
                self._take()
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        self.socket.settimeout(20)
        return Got(bytes(self.data), self.ended)

    def _take(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            self.ended = "reset"
        else:
            self.data += data
            self.ended = "open" if data else "fin"


def exchange(server, dialect="openai", **said):
    """Ask once on a connection of its own, and read to the end of it."""
    with Wire(server) as wire:
        return wire.send(request(dialect, extra=b"connection: close\r\n", **said)).read()


def until(server, holds):
    """Wait until something holds that the server's thread does, by letting its loop go round."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        server.advance(0)
    server.advance(0)  # what the journal tells is on its way: now it has been written
