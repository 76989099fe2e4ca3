"""The bytes a provider would send, whole, and the ways to frame them. Shapes of OpenAI's Chat Completions.

One answer in two forms, `WHOLE` and `STREAM`; everything else in these tests is damage done to them.
"""

from __future__ import annotations

import json

__all__ = [
    "KEY", "REQUEST_ID", "STREAM", "TEXT", "TEXTS", "WHOLE", "answer", "chunk", "done", "event", "events",
    "json_reply", "reply", "stream_reply",
]  # fmt: skip

KEY = "sk-test-abcdefghijklmnopqrstuvwxyz-0123456789"
REQUEST_ID = "req_11"
TEXTS = ("", "Bon", "jour à", " tous 🙂", "")  # what the stream's chunks hold
TEXT = "".join(TEXTS)

REASONS = {200: "OK", 307: "Temporary Redirect", 429: "Too Many Requests", 500: "Internal Server Error"}


def event(payload) -> bytes:
    """One server-sent event; `payload`: its text, or a value to be written as JSON."""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def chunk(delta, **choice) -> bytes:
    """One event of an answer with this delta."""
    choice = {"index": 0, "delta": delta, "finish_reason": None, **choice}
    return event({"id": "c1", "model": "m", "choices": [choice]})


def events(*, upto: int = 5) -> list[bytes]:
    """The events of the answer, at most `upto`: role, three tokens, finish reason. Without [DONE]."""
    first = chunk({"role": "assistant", "content": ""})
    tokens = [chunk({"content": text}) for text in TEXTS[1:4]]
    return [first, *tokens, chunk({}, finish_reason="stop")][:upto]


def done() -> bytes:
    return event("[DONE]")


STREAM = b"".join(events()) + done()
WHOLE = json.dumps(
    {
        "id": "c1",
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    },
    ensure_ascii=False,
).encode()


def reply(status: int, body, *fields: str, framing: str = "length", length=None, request_id=REQUEST_ID) -> bytes:
    """A reply as it goes over the wire.

    `body`: bytes, or a list of bytes, each of which becomes a chunk. `fields`: further lines of the head.
    `framing`: "length", "chunked" or "close". `length`: what Content-Length claims, if not the truth.
    """
    blocks = [body] if isinstance(body, bytes) else body
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Something')}", *fields]
    if request_id:
        lines.append(f"x-request-id: {request_id}")
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        blocks = [b"%x\r\n%b\r\n" % (len(block), block) for block in blocks if block] + [b"0\r\n\r\n"]
    elif framing == "length":
        lines.append(f"Content-Length: {sum(map(len, blocks)) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + b"".join(blocks)


def stream_reply(body=None, *fields: str, framing: str = "chunked", **options) -> bytes:
    """A 200 with an event stream; one chunk for each event."""
    body = [*events(), done()] if body is None else body
    return reply(200, body, "Content-Type: text/event-stream; charset=utf-8", *fields, framing=framing, **options)


def json_reply(body=WHOLE, status: int = 200, *fields: str, **options) -> bytes:
    """A reply with a JSON body; `body`: bytes, a list of bytes (chunks), or a value to be written as JSON."""
    blocks = isinstance(body, list) and body and isinstance(body[0], bytes)
    if not isinstance(body, bytes) and not blocks:
        body = json.dumps(body).encode()
    return reply(status, body, "Content-Type: application/json", *fields, **options)


def answer(asked: bytes) -> bytes:
    """The right answer to a request, streamed if it asked for a stream."""
    return stream_reply() if b'"stream":true' in asked else json_reply()
