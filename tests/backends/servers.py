"""A raw HTTP server, with or without TLS, and a forward proxy: what they send is bytes a test wrote.

One thread per connection runs a script, a function of the `Peer`. Everything a test waits for is a
condition of the server (`wait_for`), never a time. Nothing here knows minichat.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

__all__ = [
    "Peer",
    "Proxy",
    "Request",
    "Server",
    "completion",
    "echo",
    "event",
    "last_text",
    "refuse",
    "stream_head",
    "stream_end",
    "streamed",
]

PATIENCE = 15.0  # seconds until a wait that nobody ends fails its test


class Request(NamedTuple):
    """What was asked, and on which connection (counted from 1)."""

    connection: int
    method: str
    target: str
    headers: Dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """The server's side of one connection."""

    def __init__(self, server: Server, sock: socket.socket, number: int) -> None:
        self.server = server
        self.socket = sock
        self.number = number
        self._held = b""

    def _more(self) -> bool:
        try:
            data = self.socket.recv(1 << 16)
        except (OSError, ValueError):  # the second: hang_up has ended its TLS
            return False
        self._held += data
        return bool(data)

    def head(self) -> Optional[Request]:
        """Read the head of the next request; None when the client has gone."""
        while b"\r\n\r\n" not in self._held:
            if not self._more():
                return None
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = [line.partition(":") for line in lines]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return Request(self.number, method, target, headers, b"")

    def request(self) -> Optional[Request]:
        """Read the next request whole and note it; None when the client has gone."""
        request = self.head()
        if request is None:
            return None
        blocks = [self._held]
        missing = int(request.headers.get("content-length", 0)) - len(self._held)
        while missing > 0:
            try:
                data = self.socket.recv(min(missing, 1 << 20))
            except OSError:
                data = b""
            if not data:
                return None
            blocks.append(data)
            missing -= len(data)
        body = b"".join(blocks)
        self._held = body[len(body) + missing :] if missing < 0 else b""
        request = request._replace(body=body[: len(body) + min(missing, 0)])
        self.server.note(request)
        return request

    def send(self, data: bytes) -> bool:
        """Send; False when the client has gone."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def wait_closed(self) -> None:
        """Wait until the client has closed its side."""
        while self._more():
            self._held = b""


class Server:
    """Listens on a free loopback port; `script(peer)` is one connection's life.

    `opened`: connections so far; `open`: those open now; `requests`: all that `Peer.request` read;
    `refused`: TLS handshakes that failed.
    """

    def __init__(
        self,
        script: Callable[[Peer], Any],
        *,
        context: Optional[ssl.SSLContext] = None,
        receive_buffer: int = 0,
    ) -> None:
        self._script = script
        self._context = context
        self._listener = socket.socket()
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(512)
        self.port: int = self._listener.getsockname()[1]
        self.opened = 0
        self.open = 0
        self.refused = 0
        self.requests: List[Request] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._peers: Dict[int, Tuple[socket.socket, threading.Thread]] = {}
        self._threads: List[threading.Thread] = []  # of all peers; one that has left _peers may not have ended
        self._thread = threading.Thread(target=self._accept, name="test server")
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http{'s' if self._context else ''}://127.0.0.1:{self.port}/v1"

    def note(self, request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def change(self, change: Callable[[], Any]) -> Any:
        """Run `change` under the lock, for a script with counters of its own."""
        with self._changed:
            result = change()
            self._changed.notify_all()
            return result

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition()`, looked at after each change of the counters, is true."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), "the server waited in vain"

    def wait_idle(self) -> None:
        """Wait until every client has closed its connection."""
        self.wait_for(lambda: not self.open)

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopped:
                sock.close()
                return
            with self._changed:
                self.opened += 1
                self.open += 1
                thread = threading.Thread(target=self._serve, args=(sock, self.opened), name="test peer")
                self._peers[self.opened] = (sock, thread)
                self._threads.append(thread)
                self._changed.notify_all()
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._context is not None:
                try:
                    sock = self._context.wrap_socket(sock, server_side=True)
                except OSError:
                    self.change(lambda: setattr(self, "refused", self.refused + 1))
                    return
                with self._changed:
                    self._peers[number] = (sock, self._peers[number][1])
            self._script(Peer(self, sock, number))
        finally:
            sock.close()
            with self._changed:
                self.open -= 1
                del self._peers[number]
                self._changed.notify_all()

    def hang_up(self) -> None:
        """Close every connection, as a server does that has waited long enough."""
        with self._changed:
            for sock, _ in self._peers.values():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._stopped = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script of the test server does not end"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class Proxy(Server):
    """A forward proxy: absolute URLs, and CONNECT. `credentials`: "user:password" that it demands.

    `asked`: the heads of what it was asked. Only what a client may see of a proxy is here.
    """

    def __init__(self, credentials: str = "") -> None:
        self.asked: List[Request] = []
        self._demanded = ""
        if credentials:
            self._demanded = "Basic " + base64.b64encode(credentials.encode()).decode()
        super().__init__(self._forward)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url_with(self, credentials: str) -> str:
        return f"http://{credentials}@127.0.0.1:{self.port}"

    def _forward(self, peer: Peer) -> None:
        target: Optional[socket.socket] = None
        pump: Optional[threading.Thread] = None
        try:
            while True:
                request = peer.head() if target is None else peer.request()
                if request is None:
                    return
                self.change(lambda: self.asked.append(request))
                if self._demanded and request.headers.get("proxy-authorization") != self._demanded:
                    peer.send(
                        b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                        b'Proxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n'
                    )
                    return
                connect = request.method == "CONNECT"
                place, path = request.target, ""
                if not connect:
                    place, _, path = request.target.partition("://")[2].partition("/")
                if target is None:
                    host, _, port = place.rpartition(":")
                    target = socket.create_connection((host, int(port)))
                    pump = threading.Thread(target=_copy, args=(target, peer.socket), name="test pump")
                    if connect:
                        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    pump.start()
                if connect:
                    target.sendall(peer._held)
                    _copy(peer.socket, target)
                    return
                if not request.body:
                    request = self._with_body(peer, request)
                kept = {name: value for name, value in request.headers.items() if name != "proxy-authorization"}
                lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
                target.sendall(f"{request.method} /{path} HTTP/1.1\r\n{lines}\r\n".encode() + request.body)
        finally:
            if target is not None:
                with contextlib.suppress(OSError):
                    target.shutdown(socket.SHUT_RDWR)
                if pump is not None:
                    pump.join()
                target.close()

    def _with_body(self, peer: Peer, request: Request) -> Request:
        missing = int(request.headers.get("content-length", 0))
        while len(peer._held) < missing and peer._more():
            pass
        body, peer._held = peer._held[:missing], peer._held[missing:]
        return request._replace(body=body)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until either side has gone, then let both know."""
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(1 << 16)
            if not data:
                break
            sink.sendall(data)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


# -- what a provider says ------------------------------------------------------------------


def last_text(request: Request) -> str:
    """Give the text of the last message."""
    content = request.json["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def completion(text: str, *, headers: str = "") -> bytes:
    """Give a whole reply with a chat completion."""
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ],
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def refuse(status: int, message: str, *, headers: str = "") -> bytes:
    """Give a whole reply with OpenAI's error body."""
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}}).encode()
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


stream_head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
stream_end = b"0\r\n\r\n"  # the end of the body, which servers like to send a moment after [DONE]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(text: Optional[str], finish: Optional[str] = None) -> bytes:
    """Give one event of a stream as one chunk of the body; `event(None)` is [DONE]."""
    if text is None:
        return _chunk(b"data: [DONE]\n\n")
    delta = {"content": text} if text else {}
    piece = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return _chunk(b"data: " + json.dumps(piece).encode() + b"\n\n")


def streamed(text: str) -> bytes:
    """Give a streamed reply up to and with [DONE], without the end of its body."""
    pieces = [event(text[at : at + 3]) for at in range(0, len(text), 3)]
    return stream_head + b"".join(pieces) + event("", "stop") + event(None)


def echo(peer: Peer) -> None:
    """A script: repeat the last message, whole or streamed, as it was asked, until the client goes."""
    while True:
        request = peer.request()
        if request is None:
            return
        text = last_text(request)
        if not request.json.get("stream"):
            peer.send(completion(text))
        else:
            peer.send(streamed(text))
            peer.send(stream_end)
