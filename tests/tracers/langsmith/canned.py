"""A server that answers as it is told: badly, slowly, not at all. It keeps what it was asked.

An answer is `(status, headers, body)`, or one of HANG (read the request, say nothing until the end), CLOSE (hang
up), or bytes, sent as they are instead of a reply.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager

HANG, CLOSE = "hang", "close"
ACCEPTED = (202, {}, b"{}")
INFO = {
    "version": "0.16.0",
    "batch_ingest_config": {"use_multipart_endpoint": True, "size_limit": 100, "size_limit_bytes": 20971520},
}


class Asked:
    def __init__(self, method, path, headers, body, connection):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.connection = connection

    def json(self):
        return json.loads(self.body)

    def runs(self):
        """Give the operations of an ingest request: (op, run) in the order in which they stand."""
        if self.path == "/runs/batch":
            given = self.json()
            return [(op, run) for op in ("post", "patch") for run in given.get(op, [])]
        runs = {}
        for name, value in parts(self):
            op, run_id, *field = name.split(".")
            run = runs.setdefault((op, run_id), {})
            if field:
                run[field[0]] = value
            else:
                run.update(value)
        return [(op, run) for (op, _), run in runs.items()]


def parts(asked):
    """Read a multipart body as a server does: by each part's Content-Length."""
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    found, rest = [], asked.body
    while not rest.startswith(b"--" + boundary + b"--"):
        assert rest.startswith(b"--" + boundary + b"\r\n"), rest[:80]
        head, _, rest = rest.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert lines["Content-Type"] == "application/json"
        length = int(lines["Content-Length"])
        found.append((lines["Content-Disposition"].partition('name="')[2].rstrip('"'), json.loads(rest[:length])))
        assert rest[length : length + 2] == b"\r\n"
        rest = rest[length + 2 :]
    assert rest == b"--" + boundary + b"--\r\n"
    return found


class Canned:
    """`answers`: a function (Asked) -> answer, or one answer for all; /info is answered by `info`."""

    def __init__(self, answers=ACCEPTED, info=INFO):
        self.answers = answers
        self.info = info
        self.asked = []
        self.connections = 0
        self.news = threading.Condition()
        self.ended = threading.Event()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self._listen, daemon=True)]
        self.threads[0].start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection, number):
        try:
            with connection, connection.makefile("rb") as file:
                while self._one(connection, file, number):
                    pass
        except OSError:
            pass  # the client has gone

    def _one(self, connection, file, number):
        line = file.readline().decode()
        if not line:
            return False
        method, path, _ = line.split()
        headers = {}
        for line in iter(file.readline, b"\r\n"):
            if not line:  # the client has gone
                return False
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(": ")
            headers[name.lower()] = value
        asked = Asked(method, path, headers, file.read(int(headers.get("content-length", 0))), number)
        with self.news:
            self.asked.append(asked)
            self.news.notify_all()
        answer = self.answers
        if path == "/info":
            answer = (200, {}, json.dumps(self.info).encode()) if isinstance(self.info, dict) else self.info
        elif callable(answer):
            answer = answer(asked)
        if answer == HANG:
            self.ended.wait(60)
            return False
        if answer == CLOSE:
            return False
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return False
        status, more, body = answer
        lines = [f"HTTP/1.1 {status} Some reason", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return True

    def wait_for(self, count):
        """Wait until so many requests beside /info have come, and give them."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.ingests) >= count, 20), [one.path for one in self.asked]
        return self.ingests

    @property
    def ingests(self):
        return [one for one in self.asked if one.path != "/info"]

    @property
    def runs(self):
        return [operation for one in self.ingests for operation in one.runs()]

    def close(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)


@contextmanager
def canned(answers=ACCEPTED, info=INFO):
    server = Canned(answers, info)
    try:
        yield server
    finally:
        server.close()


def refusing():
    """Give the URL of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
