"""The floor: the least a Python program can do for the same answers. No message is built.

Sync is a kept-alive raw socket, async an `asyncio.Protocol`. Both decode the reply really: headers by
hand, chunked bodies cut anywhere, events cut anywhere, one `json.loads` per event, the text joined.
What it leaves out, and every client must pay for: timeouts, errors, retries, checks of the reply.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from typing import Any, Callable, Dict, List, Optional

BLOCK = 65536  # bytes per recv

scan = json.decoder.JSONDecoder().scan_once

QUESTION = [{"role": "user", "content": "hi"}]


def request(base: str, path: str, *, stream: bool, messages: Any = QUESTION) -> bytes:
    """Give the bytes of a request; the body is made anew each time, as a client must."""
    call = {"model": "gpt-4o-mini", "messages": messages, "stream": stream}
    body = json.dumps(call).encode()
    return (
        f"POST {path}/v1/chat/completions HTTP/1.1\r\nHost: {base[7:]}\r\nAuthorization: Bearer sk-bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Reply:
    """One reply, fed with blocks of any size; `feed` gives the bytes of the body that they hold."""

    __slots__ = ("headers", "status", "done", "_buffer", "_left")

    def __init__(self) -> None:
        self.headers: Optional[Dict[str, str]] = None
        self.status = 0
        self.done = False
        self._buffer = b""
        self._left = -1  # bytes of a body with Content-Length; -1: chunked

    def feed(self, data: bytes) -> bytes:
        buffer = self._buffer + data if self._buffer else data
        if self.headers is None:
            head, end, rest = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = buffer
                return b""
            buffer = rest
            self._head(head.decode("latin-1"))
        if self._left >= 0:
            self._left -= len(buffer)
            self.done = self._left <= 0
            self._buffer = b""
            return buffer
        pieces = []
        position = 0
        while True:
            start = buffer.find(b"\r\n", position) + 2
            if start == 1:
                break
            size = int(buffer[position : start - 2], 16)
            stop = start + size
            if len(buffer) < stop + 2:
                break
            if not size:
                self.done = True
                break
            pieces.append(buffer[start:stop])
            position = stop + 2
        self._buffer = buffer[position:]
        return b"".join(pieces)

    def _head(self, head: str) -> None:
        status, *lines = head.split("\r\n")
        self.status = int(status[9:12])
        headers = self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "content-length" in headers:
            self._left = int(headers["content-length"])


class Events:
    """Event streams: blocks in; what `read` finds in the delta of each event goes into a list.

    The C scanner starts inside the decoded block, as `json.loads` does inside a text of its own: the
    same parse without a copy of each event. It is the fastest way known here, which a floor has to be.
    """

    __slots__ = ("_held", "_read", "_found")

    def __init__(self, read: Callable[[Any], Any], found: List[Any]) -> None:
        self._held = b""
        self._read = read
        self._found = found

    def feed(self, data: bytes) -> None:
        data = self._held + data if self._held else data
        end = data.rfind(b"\n\n") + 2
        if end == 1:
            self._held = data
            return
        self._held = data[end:]
        text = data[:end].decode()
        read, append = self._read, self._found.append
        position = 0
        while True:
            position = text.find("data: ", position) + 6
            if position == 5 or text[position] == "[":  # no more, or [DONE]
                return
            event, position = scan(text, position)
            choices = event["choices"]
            if choices:
                found = read(choices[0]["delta"])
                if found:
                    append(found)


def answer_of(body: bytes) -> str:
    return json.loads(body)["choices"][0]["message"]["content"]


def content(delta: Any) -> Any:
    return delta.get("content")


def arguments(delta: Any) -> Any:
    calls = delta.get("tool_calls")
    return calls[0]["function"]["arguments"] if calls else None


def lag(delta: Any) -> Optional[int]:
    """Give the nanoseconds since a chunk's text said that it was sent."""
    stamp = delta.get("content")
    return time.perf_counter_ns() - int(stamp) if stamp else None


class Floor:
    """The clients' common verbs; `base` is the server's URL, paths as in server.py."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._socket: Optional[socket.socket] = None
        self._idle: List[Connection] = []
        self._loop: Any = None

    # -- sync ------------------------------------------------------------------------------

    def _connect(self) -> socket.socket:
        host, _, port = self.base[7:].partition(":")
        sock = socket.create_connection((host, int(port)))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _kept(self) -> socket.socket:
        if self._socket is None:
            self._socket = self._connect()
        return self._socket

    def _ask(self, sock: socket.socket, data: bytes) -> str:
        sock.sendall(data)
        reply = Reply()
        body = []
        while not reply.done:
            body.append(reply.feed(sock.recv(BLOCK)))
        return answer_of(b"".join(body))

    def _read(self, path: str, read: Callable[[Any], Any]) -> List[Any]:
        sock = self._kept()
        sock.sendall(request(self.base, path, stream=True))
        found: List[Any] = []
        reply, events = Reply(), Events(read, found)
        while not reply.done:
            events.feed(reply.feed(sock.recv(BLOCK)))
        return found

    def call(self, path: str) -> str:
        return self._ask(self._kept(), request(self.base, path, stream=False))

    def history(self, path: str, messages: Any) -> str:
        return self._ask(self._kept(), request(self.base, path, stream=False, messages=messages))

    def stream(self, path: str) -> str:
        return "".join(self._read(path, content))

    added = stream

    def drain(self, path: str) -> None:
        """Read a stream and keep nothing."""
        self._read(path, lambda delta: None)

    def tool(self, path: str) -> Any:
        return json.loads("".join(self._read(path, arguments)))

    def lags(self, path: str) -> List[int]:
        return self._read(path, lag)

    def batch(self, path: str, count: int, at_once: int) -> List[str]:
        """Threads with a socket each, over one iterator."""
        inputs = iter(range(count))
        answers: List[str] = [""] * count

        def work() -> None:
            sock = self._connect()
            for index in inputs:  # the interpreter's lock makes next() of a range iterator safe
                answers[index] = self._ask(sock, request(self.base, path, stream=False))
            sock.close()

        threads = [threading.Thread(target=work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    # -- async -----------------------------------------------------------------------------

    async def _aask(self, connection: Connection, data: bytes) -> str:
        body: List[bytes] = []
        await connection.ask(data, body.append)
        return answer_of(b"".join(body))

    async def _aread(self, path: str, read: Callable[[Any], Any]) -> List[Any]:
        connection = await self._take()
        found: List[Any] = []
        await connection.ask(request(self.base, path, stream=True), Events(read, found).feed)
        self._idle.append(connection)
        return found

    async def _take(self) -> Connection:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._idle = loop, []
        if self._idle:
            return self._idle.pop()
        host, _, port = self.base[7:].partition(":")
        _, connection = await loop.create_connection(Connection, host, int(port))
        return connection

    async def acall(self, path: str) -> str:
        connection = await self._take()
        answer = await self._aask(connection, request(self.base, path, stream=False))
        self._idle.append(connection)
        return answer

    async def astream(self, path: str) -> str:
        return "".join(await self._aread(path, content))

    async def adrain(self, path: str) -> None:
        await self._aread(path, lambda delta: None)

    async def alags(self, path: str) -> List[int]:
        return await self._aread(path, lag)

    async def abatch(self, path: str, count: int, at_once: int) -> List[str]:
        """Tasks with a connection each, over one iterator."""
        inputs = iter(range(count))
        answers: List[str] = [""] * count

        async def work() -> None:
            connection = await self._take()
            for index in inputs:
                answers[index] = await self._aask(connection, request(self.base, path, stream=False))
            self._idle.append(connection)

        await asyncio.gather(*[work() for _ in range(at_once)])
        return answers

    async def concurrent(self, path: str, count: int) -> List[str]:
        return await asyncio.gather(*[self.astream(path) for _ in range(count)])


class Connection(asyncio.Protocol):
    """Decodes a reply inside `data_received`; the task wakes once, at its end."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._reply = Reply()
        self._take: Callable[[bytes], Any] = bytes
        self._done: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    async def ask(self, data: bytes, take: Callable[[bytes], Any]) -> None:
        self._reply = Reply()
        self._take = take
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        await self._done

    def data_received(self, data: bytes) -> None:
        payload = self._reply.feed(data)
        if payload:
            self._take(payload)
        if self._reply.done:
            self._done.set_result(None)

    def connection_lost(self, exc: Optional[BaseException]) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or EOFError("the server closed the connection"))
