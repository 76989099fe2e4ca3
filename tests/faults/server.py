"""A TCP server that does to its peers exactly what a script says, and writes down what they did.

A script is a list of actions: functions of a `Peer`, made by the words below (`request`, `send`,
`drip`, `reset`, `finish`, ...). Each new connection takes the next script; so does a connection on which
another request comes after its script has ended well, for a kept connection is a new attempt too. When
a script ends without closing, the peer is stalled: it gets nothing more, and its closing is noted.

Everything waits on sockets and events, never on a clock. `close` wakes and joins every thread, and says
so when one will not end. Nothing of the client is imported: what the tests claim about it is seen here.
"""

from __future__ import annotations

import itertools
import os
import select
import socket
import struct
import threading

__all__ = [
    "Server", "drip", "finish", "flood", "hold", "request", "reset", "send", "start_tls", "unlisten"
]  # fmt: skip

PATIENCE = 10.0  # seconds until a wait that should end is a failure of the test
NO_LINGER = struct.pack("ii", 1, 0)  # close() then sends RST and drops what was not delivered


class Gone(Exception):
    """The peer has closed, or the server is being closed: the script ends here."""


class Peer:
    """One accepted connection.

    `requests`: whole requests read from it, head and body. `closed`: set when the client has closed its
    end, or when this side reset the connection. `tls_error`: why a TLS handshake failed, as text.
    """

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server = server
        self.socket = sock
        self.requests: list[bytes] = []
        self.closed = threading.Event()
        self.tls_error = ""
        self.held = b""
        self.may_go_on = False  # the script read its request and left the connection open
        self.thread = threading.Thread(target=self._serve, name="faults-peer", daemon=True)

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:
            raise Gone from None

    def receive(self) -> bytes:
        try:
            data = self.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise Gone
        return data

    def _serve(self) -> None:
        try:
            while True:
                script = self.server.next_script()
                if script is None:
                    self.server.unexpected += 1
                    reset(self)
                self.may_go_on = False
                for action in script:
                    action(self)
                while not self.may_go_on:
                    self.receive()
                self.held = self.held or self.receive()
        except Gone:
            pass
        finally:
            if not self.server.closing:
                self.closed.set()
            self.socket.close()


class Server:
    """Listen on a free loopback port and follow `scripts`; use it in a `with`.

    `scripts`: an iterable of lists of actions, asked for one as it is needed. `unexpected`: connections
    that came after the last script; they are reset. `released`: lets `hold` go on.
    """

    def __init__(self, scripts, *, receive_buffer: int = 0) -> None:
        self._scripts = iter(scripts)
        self._lock = threading.Lock()
        self.peers: list[Peer] = []
        self.unexpected = 0
        self.released = threading.Event()
        self.closing = False
        self._listener = socket.socket()
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        self._wake, self._woken = os.pipe()
        self._accepting = threading.Thread(target=self._accept, name="faults-accept", daemon=True)
        self._accepting.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def requests(self) -> list[bytes]:
        """Every whole request that came, in the order of the connections."""
        return list(itertools.chain.from_iterable(peer.requests for peer in self.peers))

    def next_script(self):
        with self._lock:
            return next(self._scripts, None)

    def wait_until_left(self, *, but: int = 0) -> None:
        """Wait until all clients have closed; `but`: connections that are meant to stay open.

        Ends every `hold`: who never reads cannot see that the other side has gone.

        Raises: AssertionError when they have not.
        """
        self.released.set()
        kept = self.peers[len(self.peers) - but :]
        for peer in self.peers[: len(self.peers) - but]:
            assert peer.closed.wait(PATIENCE), "the client has left a connection open"
        for peer in kept:
            assert not peer.closed.is_set(), "the client has closed a connection it could keep"

    def _accept(self) -> None:
        with self._listener as listener:
            while self._wake not in select.select([listener, self._wake], [], [])[0]:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peer = Peer(self, sock)
                self.peers.append(peer)
                peer.thread.start()

    def stop_listening(self) -> None:
        """Refuse connections from now on; those that are open stay."""
        with self._lock:
            if self._woken >= 0:
                os.write(self._woken, b"!")
                self._accepting.join(PATIENCE)
                os.close(self._wake)
                os.close(self._woken)
                self._woken = -1

    def close(self) -> None:
        self.closing = True
        self.released.set()
        self.stop_listening()
        for peer in self.peers:
            try:
                peer.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already
            peer.thread.join(PATIENCE)
        stuck = [thread for thread in [self._accepting, *(peer.thread for peer in self.peers)] if thread.is_alive()]
        assert not stuck, f"threads of the server do not end: {stuck}"


# -- the words of a script -----------------------------------------------------------------


def request(peer: Peer) -> None:
    """Read one whole request (Content-Length framing, which is what the client sends)."""
    data = peer.held
    while b"\r\n\r\n" not in data:
        data += peer.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
    blocks, have = [body], len(body)
    while have < length:
        blocks.append(peer.receive())
        have += len(blocks[-1])
    body = b"".join(blocks)
    peer.held = body[length:]
    peer.requests.append(head + b"\r\n\r\n" + body[:length])
    peer.may_go_on = True


def send(data: bytes):
    """Send all of this at once."""
    return lambda peer: peer.send(data)


def drip(data: bytes):
    """Send every byte by itself."""

    def action(peer: Peer) -> None:
        for position in range(len(data)):
            peer.send(data[position : position + 1])

    return action


def flood(data: bytes):
    """Send this again and again until the client has gone."""

    def action(peer: Peer) -> None:
        while True:
            peer.send(data)

    return action


def hold(peer: Peer) -> None:
    """Do nothing until `server.released` is set; above all, do not read."""
    peer.server.released.wait(PATIENCE)


def reset(peer: Peer) -> None:
    """Send RST: the connection is lost without a goodbye."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    peer.socket.close()
    raise Gone


def finish(peer: Peer) -> None:
    """Send FIN: nothing more comes from here, whatever was promised."""
    peer.may_go_on = False
    try:
        peer.socket.shutdown(socket.SHUT_WR)
    except OSError:
        raise Gone from None


def unlisten(peer: Peer) -> None:
    """Refuse further connections."""
    peer.server.stop_listening()


def start_tls(context):
    """Speak TLS from here, as the server, with this `ssl.SSLContext`."""

    def action(peer: Peer) -> None:
        peer.socket = context.wrap_socket(peer.socket, server_side=True, do_handshake_on_connect=False)
        try:
            peer.socket.do_handshake()
        except OSError as error:  # ssl.SSLError among them
            peer.tls_error = str(error)
            raise Gone from None

    return action
