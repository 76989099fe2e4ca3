"""The bytes of replies, in the ways HTTP frames them; what is in them is a dialect's (dialects/)."""

from __future__ import annotations

import json

__all__ = ["KEY", "REQUEST_ID", "answer", "json_reply", "reply", "stream_reply"]

KEY = "sk-test-abcdefghijklmnopqrstuvwxyz-0123456789"
REQUEST_ID = "req_11"

REASONS = {200: "OK", 307: "Temporary Redirect", 429: "Too Many Requests", 500: "Internal Server Error"}


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


def stream_reply(body, *fields: str, framing: str = "chunked", **options) -> bytes:
    """A 200 with an event stream; `body`: a list of bytes, one chunk for each, or bytes."""
    return reply(200, body, "Content-Type: text/event-stream; charset=utf-8", *fields, framing=framing, **options)


def json_reply(body, status: int = 200, *fields: str, **options) -> bytes:
    """A reply with a JSON body; `body`: bytes, a list of bytes (chunks), or a value to be written as JSON."""
    blocks = isinstance(body, list) and body and isinstance(body[0], bytes)
    if not isinstance(body, bytes) and not blocks:
        body = json.dumps(body).encode()
    return reply(status, body, "Content-Type: application/json", *fields, **options)


def answer(dialect, asked: bytes) -> bytes:
    """The right answer to a request, streamed if it asked for a stream."""
    if dialect.asks_for_stream(asked):
        return stream_reply([*dialect.events(), dialect.terminator])
    return json_reply(dialect.whole)
