"""Faults before the reply's head is whole: no connection, no trust, no answer, or no HTTP."""

from __future__ import annotations

from minichat import ConnectError, IncompleteStream, Limits, ProtocolError, RequestTimeout, TLSError
from minichat import TransportError

from .framing import REQUEST_ID, json_reply, reply, stream_reply
from .rows import Maker, Row
from .server import drip, finish, flood, hold, request, reset, send, start_tls, unlisten

def rows(dialect) -> list[Row]:
    """The rows of one dialect."""
    make = Maker(dialect)
    give_answer, again, replying = make.give_answer, make.again, make.replying
    pauses = dialect.pauses
    whole_stream = stream_reply([*dialect.events(), dialect.terminator])
    return [
        # -- no connection
        Row("refused", [], ConnectError, "refused", setup="refused", **again({"retryable": True}), seen=0),
        Row(
            "no such host", [], ConnectError, "cannot find host", setup="no such host", seen=0,
            url="http://no-such-host.invalid/v1", **again({"retryable": True}),
        ),
        Row(
            "a host name that no resolver takes", [], ConnectError, "cannot find host", seen=0,
            url=f"http://{'a' * 64}.invalid/v1", **again({"retryable": True}),
        ),
        Row(
            "refused after a lost attempt", [[request, unlisten, reset]], ConnectError, "refused", seen=1,
            **again({"retryable": True}),
        ),
        # -- TLS. The server's context comes from a fixture, so these scripts are functions of it.
        Row(
            "self-signed", lambda made: [start_tls(made["here"].context)], TLSError,
            "not trusted", url="https", seen=0,
        ),
        Row(
            "certificate of another host", lambda made: [start_tls(made["elsewhere"].context)], TLSError,
            "not trusted", url="https", setup="trust elsewhere", seen=0,
        ),
        Row(
            "plain HTTP where TLS is expected", [send(reply(400, b"plain"))], TLSError, "no TLS", url="https", seen=0,
        ),
        Row(
            "end in the TLS handshake", [finish], ConnectError, url="https", seen=0, **again({"retryable": True}),
        ),
        Row(
            "reset in the TLS handshake", [lambda peer: peer.receive(), reset], ConnectError, url="https", seen=0,
            **again({"retryable": True}),
        ),
        Row(
            "stall in the TLS handshake", [], RequestTimeout, "no connection to", url="https", seen=0,
            settings={"timeout": (0.05, 10.0)}, facts={"phase": "connect", "seconds": 0.05},
            **again({"retryable": True}),
        ),
        Row(
            "trusted by ca_file", lambda made: [start_tls(made["here"].context), request, give_answer],
            url="https", setup="trust here", kept=True, chunks=dialect.texts,
        ),
        Row(
            "reset before the head, over TLS",
            # Without a word to look for: Python takes a reset under TLS for an end in some versions.
            lambda made: [start_tls(made["here"].context), request, reset], TransportError,
            url="https", setup="trust here", **again({"retryable": True}),
        ),
        Row(
            "stall before the head, over TLS",
            lambda made: [start_tls(made["here"].context), request], RequestTimeout, "no answer",
            url="https", setup="trust here", settings={"timeout": (10.0, 0.05)},
            facts={"phase": "first byte"}, **again({"retryable": True}),
        ),
        Row(
            "an answer read to close, over TLS",
            lambda made: [start_tls(made["here"].context), request, send(json_reply(dialect.whole, framing="close")), finish],
            url="https", setup="trust here", chunks=(dialect.text,), body="whole",
        ),
        Row(
            "an answer read to close and cut, over TLS",
            lambda made: [start_tls(made["here"].context), request, send(json_reply(dialect.whole, framing="close")[:-9]), finish],
            ProtocolError, "not JSON", url="https", setup="trust here", body="whole", status=200, request_id=REQUEST_ID,
        ),
        Row(
            "a stream cut over TLS",
            lambda made: [start_tls(made["here"].context), request, send(stream_reply(dialect.events(upto=3))[:-5]), finish],
            IncompleteStream, url="https", setup="trust here", body="stream", chunks=dialect.given(3),
            partial="".join(dialect.given(3)), status=200, request_id=REQUEST_ID, retryable=True,
        ),
        # -- no head
        Row("reset before the head", [request, reset], TransportError, "lost", **again({"retryable": True})),
        replying("reset in the head", b"HTTP/1.1 200 OK\r\nConte", TransportError, reset, says="lost", retryable=True),
        Row("empty reply", [request, finish], TransportError, "without a reply", **again({"retryable": True})),
        replying(
            "end in the head", b"HTTP/1.1 200 OK\r\nContent-Type: te", TransportError, finish,
            says="in the head", retryable=True,
        ),
        Row(
            "stall before the first byte", [request], RequestTimeout, "no answer from 127.0.0.1",
            settings={"timeout": (10.0, 0.05)}, facts={"phase": "first byte", "seconds": 0.05},
            **again({"retryable": True}),
        ),
        replying(
            "stall in the head", b"HTTP/1.1 200 OK\r\nConte", RequestTimeout, says="no answer from", retryable=True,
            settings={"timeout": (10.0, 0.05)}, facts={"phase": "first byte", "seconds": 0.05},
        ),
        Row(
            "stall while the request is sent", [hold], RequestTimeout, "took nothing of the request", seen=0,
            settings={"timeout": (10.0, 0.05)}, facts={"phase": "send", "seconds": 0.05}, prompt="x" * 16_000_000,
            setup="small receive buffer", **again({"retryable": True}),
        ),
        # -- no HTTP
        *[
            replying(f"bad status line: {line[:14]!r}", line, ProtocolError, says="status line")
            for line in (
                b"SSH-2.0-OpenSSH_9.2p1\r\n",
                b"\r\nHTTP/1.1 200 OK\r\n\r\n",
                b"HTTP/1.1 abc\r\n\r\n",
                b"HTTP/1.1 20\r\n\r\n",
                b"HTTP/2 200 OK\r\n\r\n",
                b"<html>",
            )
        ],
        replying(
            "one line over the head's limit", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 66_000, ProtocolError,
            says="max_head_bytes",
        ),
        Row(
            "a head without an end", [request, send(b"HTTP/1.1 200 OK\r\n"), flood(b"X-More: yes\r\n" * 100)],
            ProtocolError, "max_head_bytes",
        ),
        replying(
            "a head over a lower limit", reply(200, b"", "X-Long: " + "x" * 500), ProtocolError,
            says="over 300 bytes", settings={"limits": Limits(max_head_bytes=300)},
        ),
        replying("too many headers", reply(200, b"", *["X-More: yes"] * 300), ProtocolError, says="over 256 lines"),
        replying("a header line without colon", reply(200, b"", "nonsense"), ProtocolError, says="no colon"),
        replying("a NUL in the head", reply(200, b"", "X-Bad: a\0b"), ProtocolError, says="NUL"),
        replying("a switch of protocols", b"HTTP/1.1 101 Switching\r\n\r\n", ProtocolError, says="101"),
        Row(
            "interim replies without end", [request, flood(b"HTTP/1.1 102 Processing\r\n\r\n")], ProtocolError,
            "1xx",
        ),
        # -- lost at first, right in the end
        Row(
            "an interim reply first", [request, send(b"HTTP/1.1 100 Continue\r\n\r\n"), give_answer],
            kept=True, chunks=dialect.texts,
        ),
        Row(
            "a right answer after a reset", [[request, reset], [request, give_answer]], attempts=2,
            waits=pauses[:1], kept=True, chunks=dialect.texts,
        ),
        Row(
            "a right answer after an empty reply and a stall", [[request, finish], [request], [request, give_answer]],
            attempts=3, waits=pauses[:2], kept=True, chunks=dialect.texts, settings={"timeout": (10.0, 0.25)},
        ),
        # Of a stream no more than a few blocks are read behind [DONE], so its connection is not kept.
        Row(
            "every byte of a stream by itself", [request, drip(whole_stream)], chunks=dialect.texts, body="stream",
            setup="read byte by byte",
        ),
        Row(
            "every byte of a whole answer by itself", [request, drip(json_reply(dialect.whole))], chunks=(dialect.text,), body="whole",
            setup="read byte by byte", kept=True,
        ),
    ]
