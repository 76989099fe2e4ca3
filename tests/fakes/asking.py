"""How the tests talk to a fake: http.client for whole exchanges, a bare socket where bytes matter. No minichat here."""

from __future__ import annotations

import http.client
import json
import socket

MESSAGES = [{"role": "user", "content": "hi"}]
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Reply:
    """What came back: `status`, `headers` (lower-case names), `body` bytes."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def message(self):
        return self.json["choices"][0]["message"]

    @property
    def events(self):
        """The payloads of an event stream, without the [DONE]."""
        assert self.body.endswith(b"data: [DONE]\n\n"), self.body[-80:]
        frames = self.body.decode().split("\n\n")
        assert frames[-1] == "" and all(frame.startswith("data: ") for frame in frames[:-1])
        return [json.loads(frame[6:]) for frame in frames[:-2]]


def ask(server, body=None, *, method="POST", path="/openai/v1/chat/completions", key="sk-test", headers=None):
    """Do one exchange on a connection of its own. `body` may be JSON or bytes."""
    sent = {"authorization": f"Bearer {key}", "content-type": "application/json"} if key is not None else {}
    sent.update(headers or {})
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        got = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, got, response.read())
    finally:
        connection.close()


def chat(server, model="fake-hello", messages=None, **body):
    """Ask for a chat completion."""
    return ask(server, {"model": model, "messages": MESSAGES if messages is None else messages, **body})


def request_bytes(body, *, extra=b"", path=b"/openai/v1/chat/completions"):
    """A chat request as bytes."""
    data = json.dumps(body).encode()
    return (
        b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk-test\r\n%bcontent-length: %d\r\n\r\n%b"
        % (path, extra, len(data), data)
    )


def raw(server, *blocks):
    """Send blocks and give all bytes until the server closes; the client closes its half after the last block."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for block in blocks:
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            data = connection.recv(65536)
            if not data:
                return got
            got += data
