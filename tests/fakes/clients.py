"""A client to be judged: http.client and a loop, good in every respect that a test does not switch off.

It waits by moving the session's clock, so a wait of a minute takes none.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import urllib.error
import urllib.request

FINAL = b"data: [DONE]\n\n"


class Broken(Exception):
    """The answer was not whole."""


class Client:
    """Calls a chat model.

    `waits`: how it waits (seconds -> nothing), `retries`: how often, `obeys`: heeds Retry-After, `grows`: its waits
    grow, `first`: seconds of the first one, `reuses`: keeps its connection, `minds`: looks whether the answer is
    whole, `final`: the statuses that it does not retry, `tells`: a function of (raised, completed).
    """

    def __init__(
        self, server, *, key=None, waits=None, retries=2, obeys=True, grows=True, first=0.5, reuses=True, minds=True,
        retries_all=False, tells=None, headers=(), query="",
    ):  # fmt: skip
        self.server, self.key = server, key or server.key
        self.waits = waits or server.advance
        self.retries, self.obeys, self.grows, self.first = retries, obeys, grows, first
        self.reuses, self.minds, self.retries_all, self.tells = reuses, minds, retries_all, tells
        self.headers, self.query = dict(headers), query
        self.random = random.Random(1)
        self.connection = None

    def ask(self, text, model="fake-hello", **body):
        """Give the bytes of the answer.

        Raises: Broken, or urllib's HTTPError.
        """
        body = {"model": model, "messages": [{"role": "user", "content": text}], **body}
        for attempt in range(self.retries + 1):
            wait = self.first * (2**attempt if self.grows else 1) * (1 - self.random.random() / 4 if self.grows else 1)
            try:
                status, headers, answer = self.exchange(body, attempt)
            except (http.client.HTTPException, OSError) as problem:
                self.close()
                if attempt == self.retries:
                    self.tell(problem, False)
                    raise Broken(str(problem)) from None
            else:
                if status < 400:
                    self.tell(None, True)
                    return answer
                again = self.retries_all or status in (408, 409, 425, 429) or status >= 500
                if not again or attempt == self.retries:
                    problem = urllib.error.HTTPError("", status, answer.decode(), None, None)
                    self.tell(problem, False)
                    raise problem
                if self.obeys and "retry-after" in headers:
                    wait = float(headers["retry-after"])
            if wait:
                self.waits(wait)
        raise AssertionError("never comes here")

    def exchange(self, body, attempt):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        sent = {"authorization": f"Bearer {self.key}", "content-type": "application/json", **self.headers}
        path = "/openai/v1/chat/completions" + (f"?{self.query}" if self.query else "")
        self.connection.request("POST", path, json.dumps(body), sent)
        response = self.connection.getresponse()
        try:
            answer = response.read()
        except http.client.IncompleteRead as problem:
            if self.minds:
                raise
            answer = problem.partial
        if self.minds and body.get("stream") and response.status == 200 and not answer.endswith(FINAL):
            raise http.client.IncompleteRead(answer)
        if not self.reuses or response.will_close:
            self.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, answer

    def tell(self, raised, completed):
        if self.tells is not None:
            self.tells(raised, completed)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def reader(server, text, model="fake-hello"):
    """Begin a stream and give what reads it: a response whose connection the test closes, or leaves open."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": text}]}).encode()
    head = f"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {server.key}\r\n"
    connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    return connection
