"""How these tests ask: raw bytes of an answer with its chunks, and a provider made of prepared bytes."""

from __future__ import annotations

import json
import socket
import socketserver
import threading

KEY = "sk-ant-api03-Zx9/Qw+e4rT-7yUiOpAsDfGhJkLzXcVbNm"
HI = [{"role": "user", "content": "hi"}]
# Provider -> path of the fake, body of a request, how its key is sent.
CHAT = {"model": "fake-hello", "messages": HI}
ASKED = {
    "openai": ("/openai/v1/chat/completions", CHAT, "authorization"),
    "responses": ("/openai/v1/responses", {"model": "fake-hello", "input": "hi"}, "authorization"),
    "anthropic": ("/anthropic/v1/messages", {**CHAT, "max_tokens": 100}, "x-api-key"),
    "mistral": ("/mistral/v1/chat/completions", CHAT, "authorization"),
    "fireworks": ("/fireworks/inference/v1/chat/completions", CHAT, "authorization"),
    "together": ("/together/v1/chat/completions", CHAT, "authorization"),
    "google": (
        "/google/v1beta/models/fake-hello:",
        {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
        "query",
    ),
}


class Raw:
    """An answer as it came: `status`, `headers` (lower-case names), `chunks` of the body."""

    def __init__(self, data):
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = (
                f"{self.headers[name.lower()]}, {value}" if name.lower() in self.headers else value
            )
        self.chunks, self.whole = [], True
        if self.headers.get("transfer-encoding") != "chunked":
            self.chunks = [rest] if rest else []
            self.whole = len(rest) == int(self.headers.get("content-length", len(rest)))
            return
        while True:
            line, end, rest = rest.partition(b"\r\n")
            if not end or not int(line, 16):
                self.whole = bool(end)
                return
            size = int(line, 16)
            self.chunks.append(rest[:size])
            rest = rest[size + 2 :]

    @property
    def body(self):
        return b"".join(self.chunks)

    @property
    def message(self):
        """The words of an error, whatever its shape."""
        return self.body.decode()


def exchange(port, method, path, body=b"", headers=()):
    """Send a request on a connection of its own and read until the server closes."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "connection: close", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        got = b""
        while True:
            data = connection.recv(65536)
            if not data:
                return Raw(got)
            got += data


def ask(port, provider, *, streamed=False, key=KEY, **more):
    """Ask a fake, a proxy or a replay."""
    path, body, place = ASKED[provider]
    body = {**body, **more}
    headers = [("content-type", "application/json")]
    if provider == "google":
        path += "streamGenerateContent?alt=sse" if streamed else "generateContent"
        path += ("&" if streamed else "?") + f"key={key}"
    else:
        body = {**body, "stream": True} if streamed else body
        headers.append((place, key if place == "x-api-key" else f"Bearer {key}"))
    headers += [("anthropic-version", "2023-06-01")] if provider == "anthropic" else []
    return exchange(port, "POST", path, json.dumps(body).encode(), headers)


class Provider(socketserver.ThreadingTCPServer):
    """A provider made of prepared bytes: it answers every connection with them and closes. `asked`: what it got."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *answers, reset=False):
        self.answers, self.asked, self.reset = list(answers), [], reset
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *exc):
        self.shutdown()
        super().__exit__(*exc)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.request.recv(65536)
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next((int(line[16:]) for line in lines if line.startswith("content-length: ")), 0)
        while len(body) < length:
            body += self.request.recv(65536)
        self.server.asked.append((head.decode("latin-1"), body))
        number = min(len(self.server.asked), len(self.server.answers))
        self.request.sendall(self.server.answers[number - 1])


def answer(body=b"{}", *headers, status="200 OK", length=None):
    """The bytes of an answer in one piece."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*chunks, last=True, head=b"content-type: text/event-stream\r\n"):
    """The bytes of an answer in chunks."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return (
        b"HTTP/1.1 200 OK\r\n" + head + b"transfer-encoding: chunked\r\n\r\n" + framed + (b"0\r\n\r\n" if last else b"")
    )
