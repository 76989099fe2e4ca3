"""A canned OpenAI server for the benchmarks, in a process of its own: prebuilt bytes, no work per call.

The first segments of the path say what is answered, so a client chooses by its base URL:

    /whole/v1/...              one JSON body under about 22 headers
    /text/N/v1/...             a stream of N text chunks, about 280 bytes each, each in its own HTTP chunk
    /tool/N/v1/...             a stream of one tool call whose arguments come in N pieces
    /slow/N/MS/v1/...          N text chunks, one every MS milliseconds, the tail with the last, N * MS after
                               the request at the most. Streams are out of step with each other on
                               purpose: chunks that arrive together cost a client less than single ones,
                               so a client whose requests came in a burst would look better than it is
    /stamped/N/MS/v1/...       the same, each text the time of its sending (`time.perf_counter_ns`, which
                               on one machine is one clock for all processes)
    /control, /control/reset   how many TCP connections carried a request, and how many requests came

Started as `python -m tests.bench.server [CORE]`: prints its port on one line and ends when its standard
input is closed, so it never outlives the program that measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from typing import Any, Dict, List, Optional

HEADERS = b"".join(
    line + b"\r\n"
    for line in (
        b"date: Tue, 04 Mar 2025 10:11:12 GMT",
        b"access-control-expose-headers: X-Request-ID",
        b"openai-organization: an-organization",
        b"openai-processing-ms: 312",
        b"openai-project: proj_aBcDeFgHiJkLmNoPqRsTuVwX",
        b"openai-version: 2020-10-01",
        b"x-envoy-upstream-service-time: 317",
        b"x-ratelimit-limit-requests: 10000",
        b"x-ratelimit-limit-tokens: 200000",
        b"x-ratelimit-remaining-requests: 9999",
        b"x-ratelimit-remaining-tokens: 199987",
        b"x-ratelimit-reset-requests: 8.64s",
        b"x-ratelimit-reset-tokens: 3ms",
        b"x-request-id: req_0123456789abcdef0123456789abcdef",
        b"cf-cache-status: DYNAMIC",
        b"set-cookie: __cf_bm=abc.def-1741083072-1.0.1.1-ghi; path=/; HttpOnly; Secure; SameSite=None",
        b"strict-transport-security: max-age=31536000; includeSubDomains; preload",
        b"x-content-type-options: nosniff",
        b"server: cloudflare",
        b"cf-ray: 91b0c1d2e3f4a5b6-FRA",
    )
)
KEYS = (
    '"id":"chatcmpl-B7kQ2mXvN4pLr8sTzY1wEaHcJdGf","object":"chat.completion.chunk","created":1741083072,'
    '"model":"gpt-4o-mini-2024-07-18","system_fingerprint":"fp_06737a9306"'
)
GOLDEN = 0.6180339887498949  # its multiples, modulo 1, are spread evenly however many there are
USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 9,
    "total_tokens": 21,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
ANSWER = {
    "id": "chatcmpl-B7kQ2mXvN4pLr8sTzY1wEaHcJdGf",
    "object": "chat.completion",
    "created": 1741083072,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello! How can I help you today?",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
    "service_tier": "default",
    "system_fingerprint": "fp_06737a9306",
}


def http_chunk(payload: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(payload), payload)


def event(delta: str, finish: str = "null") -> bytes:
    """Give one event of a stream, in an HTTP chunk of its own."""
    choice = f'{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}'
    return http_chunk(f'data: {{{KEYS},"choices":[{choice}],"usage":null}}\n\n'.encode())


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n"
    + HEADERS
    + b"\r\n"
)
OPENING = STREAM_HEAD + event('{"role":"assistant","content":"","refusal":null}')


def closing(finish: str) -> bytes:
    usage = f'data: {{{KEYS},"choices":[],"usage":{json.dumps(USAGE)}}}\n\n'.encode()
    return event("{}", finish) + http_chunk(usage) + http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


def text_chunk(text: str) -> bytes:
    return event('{"content":"%s"}' % text)


def whole_reply() -> bytes:
    body = json.dumps(ANSWER).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % len(body)
    return head + HEADERS + b"\r\n" + body


def text_reply(count: int) -> bytes:
    kinds = [text_chunk(f" word{digit}") for digit in range(10)]
    return OPENING + b"".join(kinds[index % 10] for index in range(count)) + closing('"stop"')


def tool_reply(count: int) -> bytes:
    """Give a tool call whose arguments, `{"text": " word word ..."}`, come in `count` pieces."""
    opening = (
        '{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_a1B2c3D4e5F6g7H8",'
        '"type":"function","function":{"name":"write","arguments":""}}]}'
    )
    pieces = ['{"text":"', *[f" word{index % 10}" for index in range(count - 2)], '"}']
    shape = '{"tool_calls":[{"index":0,"function":{"arguments":%s}}]}'
    chunks = [event(shape % json.dumps(piece)) for piece in pieces]
    return STREAM_HEAD + event(opening) + b"".join(chunks) + closing('"tool_calls"')


class Canned(asyncio.Protocol):
    """One connection. The counters and the prebuilt replies belong to the class, so to the server."""

    connections = 0
    requests = 0
    period = 0  # each reset begins another; a connection counts once in each that it serves in
    replies: Dict[str, bytes] = {}

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport: Any = None
        self.buffer = b""
        self.counted = -1
        self.timer: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Optional[BaseException]) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer = buffer = self.buffer + data
        end = buffer.find(b"\r\n\r\n") + 4
        if end == 3:
            return
        head = buffer[:end].lower()
        length = 0
        found = head.find(b"\r\ncontent-length:")
        if found >= 0:
            length = int(head[found + 17 : head.index(b"\r\n", found + 2)])
        if len(buffer) >= end + length:
            self.buffer = buffer[end + length :]
            self.answer(head[: head.index(b"\r\n")].split()[1].decode())

    def answer(self, path: str) -> None:
        what, _, _ = path.partition("/v1/")
        if what.startswith("/control"):
            self.control(what)
            return
        Canned.requests += 1
        if self.counted != Canned.period:
            self.counted = Canned.period
            Canned.connections += 1
        kind, *numbers = what[1:].split("/")
        if kind in ("slow", "stamped"):
            self.spaced(kind == "stamped", int(numbers[0]), float(numbers[1]) / 1000)
            return
        reply = Canned.replies.get(what)
        if reply is None:
            makers = {"whole": whole_reply, "text": text_reply, "tool": tool_reply}
            reply = Canned.replies[what] = makers[kind](*map(int, numbers))
        self.transport.write(reply)

    def control(self, what: str) -> None:
        counts = {"connections": Canned.connections, "requests": Canned.requests}
        if what.endswith("reset"):
            Canned.connections = Canned.requests = 0
            Canned.period += 1
        body = json.dumps(counts).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    def spaced(self, stamped: bool, count: int, seconds: float) -> None:
        """Send chunks by a fixed timetable: being late with one does not put off the next."""
        phase = 0.0 if stamped else Canned.requests * GOLDEN % 1.0
        self.transport.write(OPENING)
        start = self.loop.time() + (phase - 1.0) * seconds
        word = text_chunk(" word")
        last = closing('"stop"')

        def send(number: int) -> None:
            chunk = text_chunk(str(time.perf_counter_ns())) if stamped else word
            if number == count:
                self.transport.write(chunk + last)
                return
            self.transport.write(chunk)
            self.timer = self.loop.call_at(start + (number + 1) * seconds, send, number + 1)

        self.timer = self.loop.call_at(start + seconds, send, 1)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = asyncio.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, daemon=True).start()
    await over.wait()


def main(arguments: List[str]) -> None:
    if arguments and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(arguments[0])})
    asyncio.run(serve())


if __name__ == "__main__":
    main(sys.argv[1:])
