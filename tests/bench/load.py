"""A load client: the same request over and over on some connections, as fast as the server answers.

One thread, non-blocking sockets and a selector; each connection has one request on its way. It looks only for the end
of each answer (Content-Length, or the last chunk) and that its status is 200, so that it costs less than any server
it measures. `python -m tests.bench.load URL [--stream] [--seconds N] [--connections N]` prints answers per second.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import time
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Load(NamedTuple):
    """What came of it: answers, seconds, the bytes of the last answer."""

    answers: int
    seconds: float
    last: bytes

    @property
    def each(self) -> float:
        """Microseconds of the wall clock per answer."""
        return self.seconds * 1e6 / self.answers


def request_bytes(url: str, body: Dict[str, Any], key: str = "sk-fake") -> bytes:
    """Give the bytes of a chat request."""
    place = urlsplit(url)
    sent = json.dumps(body).encode()
    head = (
        f"POST {place.path} HTTP/1.1\r\nhost: {place.netloc}\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\naccept: */*\r\nuser-agent: load\r\ncontent-length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


def drive(url: str, body: Dict[str, Any], *, seconds: float = 1.0, connections: int = 16) -> Load:
    """Ask for so many seconds.

    Raises: RuntimeError for an answer that is no 200, ConnectionError when the server closes.
    """
    place = urlsplit(url)
    asked = request_bytes(url, body)
    selector = selectors.DefaultSelector()
    open_now = []
    for _ in range(connections):
        one = socket.create_connection((place.hostname, place.port), timeout=10)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        open_now.append(one)
        selector.register(one, selectors.EVENT_READ)
    held: Dict[socket.socket, bytes] = {}
    answers, last = 0, b""
    begun = time.perf_counter()
    for one in open_now:
        one.send(asked)
    try:
        while time.perf_counter() - begun < seconds:
            for key, _ in selector.select(1.0):
                one = key.fileobj
                data = one.recv(262_144)
                if not data:
                    raise ConnectionError("the server closed a connection")
                if one in held:
                    data = held.pop(one) + data
                if not _whole(data):
                    held[one] = data
                    continue
                if data[9:12] != b"200":
                    raise RuntimeError(data[:2_000].decode("utf-8", "replace"))
                answers += 1
                last = data
                one.send(asked)
        return Load(answers, time.perf_counter() - begun, last)
    finally:
        selector.close()
        for one in open_now:
            one.close()


def _whole(data: bytes) -> bool:
    """Tell whether an answer has come to its end."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    found: Optional["re.Match[bytes]"] = LENGTH.search(data, 0, head)
    if found is not None:
        return len(data) >= head + 4 + int(found.group(1))
    return data.endswith(b"0\r\n\r\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description="Ask a chat completions server.")
    parser.add_argument("url", help="such as http://127.0.0.1:PORT/openai/v1/chat/completions")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--model", default="gpt-4o")
    parser.add_argument("--text", default="What is the weather in Paris?")
    args = parser.parse_args()
    body = {"model": args.model, "messages": [{"role": "user", "content": args.text}], "stream": args.stream}
    load = drive(args.url, body, seconds=args.seconds, connections=args.connections)
    events = load.last.count(b"data: ")
    print(f"{load.answers / load.seconds:.0f} answers a second, {load.each:.1f} us each, {len(load.last)} bytes, {events} events")


if __name__ == "__main__":
    main()
