"""The answer of a provider, read from blocks of any size."""

from __future__ import annotations

import gzip
import zlib

import pytest

from fakes.recording.responses import End, Head, Malformed, Piece, ResponseReader, unpacked

from .asking import answer, chunked

# Bytes -> framing, chunks, how it ends once the connection is closed.
ANSWERS = [
    (answer(b"hello"), "length", [b"hello"], End("complete")),
    (answer(b""), "length", [], End("complete")),
    (answer(b"hel", length=5), "length", [b"hel"], End("cut", 2)),
    (b"HTTP/1.1 200 OK\r\n\r\nhello", "close", [b"hello"], End("complete")),
    (b"HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n", "close", [], End("complete")),
    (chunked(b"one", b"two\r\n", b"3" * 40), "chunked", [b"one", b"two\r\n", b"3" * 40], End("complete")),
    (chunked(b"one", last=False), "chunked", [b"one"], End("cut")),
    (chunked(b"one")[:-2], "chunked", [b"one"], End("cut")),
    (chunked(b"one", last=False)[:-3], "chunked", [b"on"], End("cut")),
    (chunked(b"one", last=False) + b"0;x=y\r\ntrailer: a\r\n\r\n", "chunked", [b"one"], End("complete")),
    (
        chunked(b"one", last=False) + b"000A ; x\r\n0123456789\r\n0\r\n\r\n",
        "chunked",
        [b"one", b"0123456789"],
        End("complete"),
    ),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + answer(b"x"),
        "length",
        [b"x"],
        End("complete"),
    ),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "length", [], End("complete")),
    (b"HTTP/1.1 529\r\ncontent-length: 1\r\n\r\nx", "length", [b"x"], End("complete")),
]


def read(data, size):
    reader = ResponseReader()
    events = [event for place in range(0, len(data), size) for event in reader.feed(data[place : place + size])]
    if not any(isinstance(event, End) for event in events):
        events.append(reader.eof())
    return events


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize("data, framing, chunks, end", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_is_read_from_blocks_of_any_size(data, framing, chunks, end, size):
    head, *pieces, last = read(data, size)
    assert isinstance(head, Head) and head.framing == framing and last == end
    joined, part = [], b""
    for piece in pieces:
        assert isinstance(piece, Piece) and piece.data
        part += piece.data
        if piece.ends:
            joined.append(part)
            part = b""
    joined += [part] if part else []
    # Only HTTP's own chunks are split points that do not depend on the network.
    assert joined == chunks if framing == "chunked" or size == 10_000 else b"".join(joined) == b"".join(chunks)


def test_the_answer_to_head_has_no_body_whatever_its_headers_say():
    reader = ResponseReader(head_only=True)
    head, end = reader.feed(answer(b"", length=10))
    assert head.length == 0 and end == End("complete")


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "ended before an answer came"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "ended before an answer came"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP/1.1"),
        (b"HTTP/2 200\r\n\r\n", "no HTTP/1.1"),
        (b"HTTP/1.1 abc\r\n\r\n", "no HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n: x\r\n\r\n", "no name"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "no number"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "no number"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "not known"),
        (chunked(b"one", last=False) + b"zz\r\n", "no hexadecimal number"),
        (chunked(last=False) + b"-1\r\n", "no hexadecimal number"),
        (chunked(last=False) + b"0x1\r\n", "no hexadecimal number"),
        (chunked(last=False) + b"1_0\r\n", "no hexadecimal number"),
        (chunked(last=False) + b"f" * 16 + b"\r\n", "no hexadecimal number"),
        (chunked(last=False) + b"\r\n", "no hexadecimal number"),
        (chunked(b"one", last=False)[:-2] + b"xx", "longer than its size says"),
        (chunked(last=False) + b"1" * 5_000, "too long"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 60_000, "too large"),
    ],
)
def test_what_is_no_answer_is_said(data, why):
    with pytest.raises(Malformed, match=why):
        read(data, 1_000)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "GZIP "])
@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_a_compressed_body_is_unpacked_chunk_by_chunk(coding, size):
    plain = b"data: one\n\ndata: two\n\n" * 3
    packed = zlib.compress(plain) if coding == "deflate" else gzip.compress(plain)
    chunks = [packed[place : place + size] for place in range(0, len(packed), size)]
    found = unpacked(chunks, coding)
    assert b"".join(found) == plain and len(found) == len(chunks)


@pytest.mark.parametrize("coding", ["", "identity"])
def test_a_plain_body_is_left_alone(coding):
    assert unpacked([b"a", b"b"], coding) == [b"a", b"b"]


@pytest.mark.parametrize(
    "coding, why",
    [
        ("br", "'br' is not known here"),
        ("zstd", "not known"),
        ("gzip", "is not in its content coding"),
        ("deflate", "is not in"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_said(coding, why):
    with pytest.raises(ValueError, match=why):
        unpacked([b"abc"], coding)


@pytest.mark.parametrize("packed", [gzip.compress(b"abc")[:-1], gzip.compress(b"abc") + b"x", b""])
def test_a_body_that_ends_too_early_or_too_late_is_said(packed):
    with pytest.raises(ValueError, match="does not end where its content coding 'gzip' does"):
        unpacked([packed], "gzip")
