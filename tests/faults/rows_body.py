"""Faults in the body of a 200: cut, stalled, too large, damaged, or an error in disguise."""

from __future__ import annotations

import gzip

from minichat import IncompleteStream, Limits, ProtocolError, RequestTimeout

from .framing import json_reply, reply, stream_reply
from .rows import Maker, Row
from .server import finish, flood, request, reset, send

CUT = {"retryable": True}
SHORT = {"timeout": (10.0, 0.25)}  # long enough for what is sent before the stall, on a busy machine


def errors(dialect, make):
    """An error object inside a 200: instead of the answer, as the first event, and after two tokens."""
    event, done = dialect.event, dialect.terminator
    for name, payload, raises, code, retryable in dialect.errors:
        known = {"retryable": retryable, "facts": {"code": code, "provider": dialect.provider}}
        yield make.whole(f"error in a whole 200: {name}", json_reply(payload), raises, kept=True, **known)
        yield make.streaming(f"error as first event: {name}", [event(payload), done], raises, **known)
        events = [*dialect.events(upto=3), event(payload), done]
        yield make.streaming(f"error after two tokens: {name}", events, raises, given=3, **known)


def rows(dialect) -> list[Row]:
    """The rows of one dialect."""
    make = Maker(dialect)
    whole, streaming, event = make.whole, make.streaming, dialect.event
    text, stream, events, done = dialect.whole, dialect.stream, dialect.events, dialect.terminator
    steps = len(dialect.steps)
    whole_reply, whole_stream = json_reply(text, framing="chunked"), stream_reply([*events(), done])
    most_said = stream_reply(events(upto=4)).replace(b"0\r\n\r\n", b"")  # then whatever the row says
    two_said = stream_reply(events(upto=2)).replace(b"0\r\n\r\n", b"")
    unended = dialect.says_incomplete
    refusal = next(row for row in dialect.errors if not row[4])
    return [
        # -- one JSON document: where the framing or the JSON is not whole, nothing is given
        whole("chunks cut", json_reply([text[:60], text[60:]], framing="chunked")[:-9], IncompleteStream, finish, says="inside a chunk", **CUT),
        whole("last chunk missing", whole_reply[:-5], IncompleteStream, finish, says="before the last chunk", **CUT),
        whole("reset in the body", whole_reply[:-30], IncompleteStream, reset, says="broke off", **CUT),
        whole("Content-Length too long", json_reply(text, length=len(text) + 7), IncompleteStream, finish, says=f"after {len(text)} of {len(text) + 7}", **CUT),
        whole("Content-Length too long, and a stall", json_reply(text, length=len(text) + 7), RequestTimeout, says="sent nothing more", settings={**SHORT, "max_retries": 0}, attempts=1, facts={"phase": "between chunks", "seconds": 0.25}, **CUT),
        whole("Content-Length too short", json_reply(text, length=len(text) - 7), ProtocolError, says="not JSON"),
        whole("read to close, and cut", json_reply(text, framing="close")[:-7], ProtocolError, finish, says="not JSON"),
        whole("read to close, and reset", json_reply(text, framing="close"), IncompleteStream, reset, says="broke off", **CUT),
        whole("read to close", json_reply(text, framing="close"), None, finish),
        whole("blanks around the JSON", b"\r\n " + text + b"\n", kept=True),
        whole("a chunk size that is no number", whole_reply.replace(b"\r\n\r\n", b"\r\n\r\nzz", 1), ProtocolError, says="bad chunk"),
        whole("no CRLF behind a chunk", whole_reply.replace(b"}\r\n0", b"}xx0"), ProtocolError, says="bad chunk"),
        whole("two lengths that differ", reply(200, b"", "Content-Length: 7"), ProtocolError, says="differ"),
        whole("a length that is no number", reply(200, b"", length="ten"), ProtocolError, says="Content-Length"),
        whole("an unknown transfer coding", reply(200, b"", "Transfer-Encoding: gzip, chunked", framing="close"), ProtocolError, says="transfer coding"),
        whole("an unknown content coding", json_reply(text, 200, "Content-Encoding: br"), ProtocolError, says="coded as 'br'"),
        whole("a body that is not compressed as it says", json_reply(text, 200, "Content-Encoding: gzip"), ProtocolError, says="not compressed"),
        whole("a body compressed and cut", json_reply(gzip.compress(text, mtime=0)[:-9], 200, "Content-Encoding: gzip"), IncompleteStream, says="compressed body ended", **CUT),
        whole("a body compressed though nobody asked", json_reply(gzip.compress(text, mtime=0), 200, "Content-Encoding: gzip"), kept=True),
        whole("an empty body", b"", ProtocolError, says="not JSON", kept=True),
        whole("an HTML page", reply(200, b"<html><title>Login</title>", "Content-Type: text/html"), ProtocolError, says="not JSON", kept=True),
        whole("bytes that are not UTF-8", text.replace("à".encode(), b"\xe0"), ProtocolError, says="UTF-8", kept=True),
        whole("JSON without end", b"[" * 200_000, ProtocolError, says="not JSON", kept=True),
        whole("a body over the limit", whole_reply, ProtocolError, says="max_body_bytes", settings={"limits": Limits(max_body_bytes=100)}),
        Row("a body without end", [request, send(reply(200, b"", "Content-Type: application/json", framing="close")), flood(b" " * 1000)], ProtocolError, "max_body_bytes", status=200, request_id="req_11", body="whole", settings={"limits": Limits(max_body_bytes=100_000)}),
        *[whole(f"no completion: {name}", json_reply(value), ProtocolError, kept=True) for name, value in dialect.messages],
        # -- a stream that ends too early
        streaming("a stream without terminator", events(upto=4), IncompleteStream, given=4, says=unended, kept=True, **CUT),
        streaming("a finish reason without terminator", events(), IncompleteStream, given=steps, says=unended, kept=True, **CUT),
        streaming("a stream of nothing", stream_reply([]), IncompleteStream, kept=True, **CUT),
        streaming("a stream of comments", [b": hello\n\n", b": hello\n\n"], IncompleteStream, kept=True, **CUT),
        streaming("a terminator without its empty line", [*events(), done[: -len(dialect.blank)]], IncompleteStream, given=steps, kept=True, **CUT),
        streaming("a stream cut in an event", most_said + b"20\r\ndata: {", IncompleteStream, finish, given=4, says="inside a chunk", **CUT),
        streaming("a stream reset in an event", most_said + b"20\r\ndata: {", IncompleteStream, reset, given=4, says="broke off", **CUT),
        streaming("a stream reset before its first event", stream_reply([]).replace(b"0\r\n\r\n", b""), IncompleteStream, reset, says="broke off", **CUT),
        streaming("a stream with Content-Length too long", stream_reply(stream[: -len(done) - 6], framing="length", length=len(stream)), IncompleteStream, finish, given=steps - 1, says="body bytes", **CUT),
        streaming("a stream with Content-Length too short", stream_reply([*events(), done], framing="length", length=len(stream) - 3), IncompleteStream, given=steps, **CUT),
        streaming("a stream read to close and cut", stream_reply(events(upto=4), framing="close"), IncompleteStream, finish, given=4, **CUT),
        streaming("a stall between chunks", most_said, RequestTimeout, given=4, says="sent nothing more", settings=SHORT, facts={"phase": "between chunks", "seconds": 0.25}, **CUT),
        streaming("a bad chunk size between events", two_said + b"xyz\r\n", ProtocolError, given=2, says="bad chunk"),
        # -- a stream that ends as it should, and what comes behind does not matter
        streaming("a stream", whole_stream, kept=True),
        streaming("a stream with Content-Length", stream_reply([*events(), done], framing="length"), kept=True),
        streaming("a stream read to close", stream_reply([*events(), done], framing="close"), None, finish),
        streaming("a stream whose connection says close", stream_reply([*events(), done], "Connection: close"), None),
        streaming("a stream reset behind its terminator", whole_stream[:-5], None, reset),
        streaming("a stall behind the terminator", whole_stream[:-5], settings={"limits": Limits(drain_seconds=0.05)}),
        streaming("no end behind the terminator", whole_stream[:-5], None, flood(b"a\r\n: comment\n\r\n"), settings={"limits": Limits(drain_seconds=0.05)}),
        streaming("events behind the terminator", [*events(), done, *events(upto=2)], kept=True),
        streaming("comments, CRLF and a byte order mark", [b"\xef\xbb\xbf: hi\r\n\r\n", *(one.replace(b"\n", b"\r\n") for one in events()), done.replace(b"\n", b"\r\n")], kept=True),
        streaming("characters cut by chunks", [stream[i : i + 1] for i in range(len(stream))], kept=True),
        # -- events that are none
        streaming("bad JSON as first event", [event("{bad"), done], ProtocolError, says="not JSON", facts={"raw": b"{bad"}),
        streaming("bad JSON after two tokens", [*events(upto=3), event('{"choices": [{'), done], ProtocolError, given=3, says="not JSON"),
        streaming("bad JSON in the block of two tokens", stream_reply([b"".join([*events(upto=3), event("{bad"), done])]), ProtocolError, given=3, says="not JSON"),
        streaming("an event over the limit first", [event("x" * 999), done], ProtocolError, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
        streaming("an event over the limit after two tokens", [*events(upto=3), event("x" * 999), done], ProtocolError, given=3, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
        streaming("an event over the limit in the block of two tokens, then nothing", stream_reply([b"".join(events(upto=3)) + event("x" * 999)]).replace(b"0\r\n\r\n", b""), ProtocolError, given=3, says="max_event_bytes", settings={"limits": Limits(max_event_bytes=500)}),
        Row("an event without end", [request, send(stream_reply([], framing="close")), flood(b"data: xxxxxxxx" * 100)], ProtocolError, "max_event_bytes", status=200, request_id="req_11", body="stream", settings={"limits": Limits(max_event_bytes=100_000)}),
        *[streaming(f"no chunk, first: {name}", [event(value), done], ProtocolError) for name, value in dialect.shapes],
        *[streaming(f"no chunk, after two tokens: {name}", [*events(upto=3), event(value), done], ProtocolError, given=3) for name, value in dialect.shapes],
        *errors(dialect, make),
        # -- asked for a stream, answered with an error of a 200 in JSON: the same as whole
        Row(
            "an error in JSON where a stream was asked for", [request, send(json_reply(refusal[1]))], refusal[2],
            status=200, request_id="req_11", body="stream", kept=True,
        ),
    ]  # fmt: skip
