"""Replies by table: each row whole, byte by byte, cut at every offset and with bytes behind its end."""

import io
import random
from http.client import HTTPResponse

import pytest

from minichat.errors import ChatError, ConfigurationError, IncompleteStream, ProtocolError, TransportError
from minichat.wire.http11 import ReplyParser, render_head

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# name, method, bytes, what must come out beside status 200, reason OK, version 1.1, kept alive.
# `stdlib=False`: the standard library reads it otherwise, for the reason given.
REPLIES = [
    ("length", "POST", OK + b"Content-Length: 5\r\n\r\nhello", dict(body=b"hello")),
    ("length of nothing", "POST", OK + b"Content-Length: 0\r\n\r\n", dict(body=b"")),
    ("length with zeros", "POST", OK + b"Content-Length: 005\r\n\r\nhello", dict(body=b"hello")),
    ("length twice", "POST", OK + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello", dict(body=b"hello")),
    (
        "length listed",
        "POST",
        OK + b"Content-Length: 5, 5\r\n\r\nhello",
        dict(body=b"hello", headers={"content-length": "5, 5"}),
    ),
    ("chunks", "POST", CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", dict(body=b"hello world")),
    ("chunks none", "POST", CHUNKED + b"0\r\n\r\n", dict(body=b"")),
    ("chunk sizes in hex", "POST", CHUNKED + b"00A\r\n0123456789\r\na\r\nabcdefghij\r\n000\r\n\r\n",
     dict(body=b"0123456789abcdefghij")),
    ("chunk of line ends", "POST", CHUNKED + b"9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", dict(body=b"\r\n0\r\n\r\n\r\n")),
    ("chunk extensions", "POST", CHUNKED + b"5;a=b\r\nhello\r\n1 ; x=\"y;z\"\r\n!\r\n0;last\r\n\r\n", dict(body=b"hello!")),
    ("chunk size with blanks behind", "POST", CHUNKED + b"5 \t\r\nhello\r\n0 \r\n\r\n", dict(body=b"hello")),
    ("trailer", "POST", CHUNKED + b"2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", dict(body=b"hi")),
    ("coding name in capitals", "POST", OK + b"TRANSFER-ENCODING: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", dict(body=b"x")),
    (
        "chunked and length",
        "POST",
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        dict(body=b"x", keep_alive=False),
    ),
    ("chunked in 1.0", "POST", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
     dict(body=b"x", version="1.0", keep_alive=False)),
    ("until close", "POST", OK + b"\r\nall of it", dict(body=b"all of it", until_close=True, keep_alive=False)),
    ("until close, empty", "POST", OK + b"A: b\r\n\r\n", dict(body=b"", until_close=True, keep_alive=False)),
    ("until close in 1.0", "GET", b"HTTP/1.0 200 OK\r\n\r\nx\r\n\r\ny",
     dict(body=b"x\r\n\r\ny", version="1.0", until_close=True, keep_alive=False)),
    ("1.0", "POST", b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", dict(body=b"x", version="1.0", keep_alive=False)),
    ("1.0 kept", "POST", b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx",
     dict(body=b"x", version="1.0")),
    ("1.0 torn", "POST", b"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx",
     dict(body=b"x", version="1.0", keep_alive=False)),
    ("1.1 closed", "POST", OK + b"Connection: x , Close\r\nContent-Length: 1\r\n\r\nx", dict(body=b"x", keep_alive=False)),
    ("1.1 closed in a second field", "POST",
     OK + b"Connection: keep-alive\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", dict(body=b"x", keep_alive=False)),
    ("no such option", "POST", OK + b"Connection: closely\r\nContent-Length: 1\r\n\r\nx", dict(body=b"x")),
    ("HEAD", "HEAD", OK + b"Content-Length: 5\r\n\r\n", dict(body=b"", headers={"content-length": "5"})),
    ("HEAD chunked", "HEAD", CHUNKED, dict(body=b"")),
    ("204", "POST", b"HTTP/1.1 204 No Content\r\n\r\n", dict(status=204, reason="No Content", body=b"")),
    ("304 with length", "GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
     dict(status=304, reason="Not Modified", body=b"")),
    # The standard library's http.client reads a tunnel's reply elsewhere.
    ("CONNECT", "CONNECT", OK + b"Transfer-Encoding: chunked\r\n\r\n", dict(body=b"", stdlib=False)),
    ("CONNECT refused", "CONNECT", b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", dict(status=407, reason="No", body=b"no")),
    ("no reason", "POST", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", dict(reason="", body=b"")),
    ("no reason, space", "POST", b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", dict(reason="", body=b"")),
    ("reason of words", "POST", b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
     dict(status=500, reason="Internal Server Error", body=b"")),
    ("overloaded", "POST", b"HTTP/1.1 529 \xe9\r\nContent-Length: 0\r\n\r\n", dict(status=529, reason="\xe9", body=b"")),
    ("status of three digits", "POST", b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", dict(status=999, reason="x", body=b"")),
    ("100 before", "POST", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx", dict(body=b"x")),
    # http.client passes over 100 only.
    ("103 and 100 before", "POST",
     b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx",
     dict(body=b"x", headers={"content-length": "1"}, stdlib=False)),
    ("lone LF", "POST", b"HTTP/1.1 200 OK\nContent-Length: 4\nA: b\n\n\n\r\nx", dict(body=b"\n\r\nx", headers={"content-length": "4", "a": "b"})),
    ("lone LF before a CRLF", "POST", OK + b"Content-Length: 1\nA: b\n\r\nx", dict(body=b"x", headers={"content-length": "1", "a": "b"})),
    ("lone LF inside", "POST", OK + b"A: b\nContent-Length: 1\r\n\r\nx", dict(body=b"x", headers={"content-length": "1", "a": "b"})),
    ("blanks around values", "POST", OK + b"A:b\r\nC: \t d e \t\r\nF:\r\nG: \r\nContent-Length:0\r\n\r\n",
     dict(body=b"", headers={"a": "b", "c": "d e", "f": "", "g": "", "content-length": "0"})),
    ("colons in values", "POST", OK + b"Date: 10:11:12\r\nContent-Length: 0\r\n\r\n",
     dict(body=b"", headers={"date": "10:11:12", "content-length": "0"})),
    ("names of all signs", "POST", OK + b"!#$%&'*+-.^_`|~aZ09: x\r\nContent-Length: 0\r\n\r\n",
     dict(body=b"", headers={"!#$%&'*+-.^_`|~az09": "x", "content-length": "0"})),
    ("repeated fields", "POST", OK + b"Via: a\r\nvia: b\r\nSet-Cookie: c=1, 2\r\nSet-Cookie: d=2\r\nVIA: c\r\nContent-Length: 0\r\n\r\n",
     dict(body=b"", headers={"via": "a, b, c", "set-cookie": "c=1, 2\nd=2", "content-length": "0"}, stdlib=False)),
    ("Latin-1 value", "POST", OK + b"A: caf\xe9 \xa0\r\nContent-Length: 0\r\n\r\n",
     dict(body=b"", headers={"a": "caf\xe9 \xa0", "content-length": "0"}, stdlib=False)),
    # http.client keeps the line end of a fold inside the value.
    ("folded", "POST", OK + b"A: one\r\n two: 2\r\n\t three\r\nContent-Length: 1\r\nB: x\r\n \r\n\r\nx",
     dict(body=b"x", headers={"a": "one two: 2 three", "content-length": "1", "b": "x"}, stdlib=False)),
]

GARBAGE = [
    (b"SSH-2.0-OpenSSH_9.2\r\n", "bad status line"),
    (b"\x15\x03\x01\x00\x02\x02\x46", "bad status line"),
    (b"http/1.1 200 OK\r\n\r\n", "bad status line"),
    (b"\r\nHTTP/1.1 200 OK\r\n\r\n", "bad status line"),
    (b" HTTP/1.1 200 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.2 200 OK\r\n\r\n", "bad status line"),
    (b"HTTP/2 200\r\n\r\n", "bad status line"),
    (b"HTTP/1.1\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 \r\n\r\n", "bad status line"),
    (b"HTTP/1.1  200 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1\t200 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 20 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 2000 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 +20 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 099 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 20\xb2 OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 200OK\r\n\r\n", "bad status line"),
    (b"HTTP/1.1 200 O\rK\r\n\r\n", "CR without a LF"),
    (OK + b"A: b\rC: d\r\n\r\n", "CR without a LF"),
    (OK + b"A: b\r\r\n\r\n", "CR without a LF"),
    (b"HTTP/1.1 200 OK\nA: b\r\n\rC: d\n\n", "CR without a LF"),
    (OK + b"A: b\0\r\n\r\n", "a NUL"),
    (OK + b"no colon\r\n\r\n", "bad header field"),
    (OK + b"nocolon\r\n\r\n", "bad header field"),
    (OK + b"A: b\r\nnocolon\r\nC: d\r\n\r\n", "bad header field"),
    (OK + b": b\r\n\r\n", "bad header field"),
    (OK + b":\r\n\r\n", "bad header field"),
    (OK + b"A : b\r\n\r\n", "bad header field"),
    (OK + b"A\t: b\r\n\r\n", "bad header field"),
    (OK + b"A B: c\r\n\r\n", "bad header field"),
    (OK + b"A(b): c\r\n\r\n", "bad header field"),
    (OK + b"caf\xe9: c\r\n\r\n", "bad header field"),
    (OK + b" A: b\r\n\r\n", "bad header field"),
    (OK + b" folded\r\nA: b\r\n\r\n", "bad header field"),
    (OK + b"A: b\r\n folded\r\nC : d\r\n\r\n", "bad header field"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "status 101"),
    (b"HTTP/1.1 100 Continue\r\n\r\nnonsense", "bad status line"),
    (OK + b"Content-Length: five\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length:\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: -1\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: +1\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: 1_0\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: 0x1\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: \xb2\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: 1 1\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: 5,\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "bad Content-Length"),
    (OK + b"Content-Length: 5, 6\r\n\r\n", "several that differ"),
    (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "several that differ"),
    (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer coding"),
    (OK + b"Transfer-Encoding: identity\r\n\r\n", "transfer coding"),
    (OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer coding"),
    (OK + b"Transfer-Encoding:\r\nContent-Length: 1\r\n\r\nx", "transfer coding"),
]

# What follows the payload b"hi" of a first good chunk. That payload must never be lost.
BAD_CHUNKS = [
    (b"\r\n", "not a size"),
    (b"x\r\n", "not a size"),
    (b"0x5\r\n", "not a size"),
    (b"+5\r\n", "not a size"),
    (b"-5\r\n", "not a size"),
    (b" 5\r\n", "not a size"),
    (b"5_0\r\n", "not a size"),
    (b"5 5\r\n", "not a size"),
    (b";a=b\r\n", "not a size"),
    (b"\xb2\r\n", "not a size"),
    (b"0" * 21 + b"\r\n", "not a size"),
    (b"f" * 5000 + b"\r\n", "not a size"),
    (b"5\r;a\r\n", "not a size"),
    (b"5;a\rb\r\n", "not a size"),
    (b"5\r\r\n", "not a size"),
    (b"0\n\n", "ends in LF alone"),
    (b"5\nhello\n", "ends in LF alone"),
    (b"5;a\nhello\n", "ends in LF alone"),
    (b"0\r\nA: b\n\r\n", "ends in LF alone"),
    (b"0\r\n\n", "ends in LF alone"),
]
BAD_ENDS = [b"3\r\nabcd\r\n", b"3\r\nabc\n", b"3\r\nabc\rx", b"3\r\nabc0\r\n\r\n", b"3\r\nabc\n\r"]


def run(blocks, method="POST", closing=False, **limits):
    """Feed one reply; give the parser, its body, and the error if there was one."""
    parser = ReplyParser(method=method, **limits)
    body = []
    error = None
    try:
        for block in blocks:
            body.append(parser.feed(block))
        if closing or parser.error is not None:
            parser.close()
    except ChatError as problem:
        error = problem
        with pytest.raises(type(problem)) as again:
            parser.feed(b"x")
        assert again.value is problem  # the same answer for ever
        with pytest.raises(type(problem)):
            parser.close()
    assert parser.received == len(b"".join(body))
    return parser, b"".join(body), error


def splits(data):
    """Whole, byte by byte, and in two at each offset (at 50 of them, if it is long)."""
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    offsets = range(len(data) + 1)
    if len(data) > 1000:
        offsets = random.Random(len(data)).sample(offsets, 50)
    for i in offsets:
        yield [data[:i], data[i:]]


@pytest.mark.parametrize("name, method, data, want", REPLIES, ids=[row[0] for row in REPLIES])
def test_a_reply_is_read_alike_however_it_is_cut(name, method, data, want):
    until_close = want.get("until_close", False)
    for blocks in splits(data):
        parser, body, error = run(blocks, method)
        assert error is None
        assert parser.head_complete and parser.started
        assert parser.complete is not until_close, blocks
        assert body == want["body"], blocks
        parser.close()
        parser.close()
        assert parser.complete
        assert parser.status == want.get("status", 200)
        assert parser.reason == want.get("reason", "OK")
        assert parser.http_version == want.get("version", "1.1")
        assert parser.keep_alive is want.get("keep_alive", True), blocks
        assert parser.excess == b""
        if "headers" in want:
            assert parser.headers == want["headers"], blocks


@pytest.mark.parametrize("name, method, data, want", REPLIES, ids=[row[0] for row in REPLIES])
def test_bytes_behind_a_reply_are_kept_and_forbid_reuse(name, method, data, want):
    if want.get("until_close"):
        pytest.skip("such a body has no behind")
    for blocks in splits(data + b"HTTP/1.1 200"):
        parser, body, error = run(blocks, method)
        assert error is None and parser.complete
        assert (body, parser.excess, parser.keep_alive) == (want["body"], b"HTTP/1.1 200", False), blocks


@pytest.mark.parametrize("data, words", GARBAGE, ids=[repr(row[0])[:60] for row in GARBAGE])
def test_a_bad_head_is_refused_however_it_is_cut(data, words):
    for blocks in splits(data):
        parser, body, error = run(blocks)
        assert type(error) is ProtocolError and words in str(error), blocks
        assert body == b"" and not parser.complete
        assert error.raw and len(error.raw) <= 200


@pytest.mark.parametrize("tail, words", BAD_CHUNKS + [(end, "no CRLF behind") for end in BAD_ENDS])
def test_a_bad_chunk_is_refused_after_the_payload_before_it(tail, words):
    for blocks in splits(CHUNKED + b"2\r\nhi\r\n" + tail):
        parser, body, error = run(blocks)
        assert type(error) is ProtocolError and words in str(error), blocks
        assert body == (b"hiabc" if tail in BAD_ENDS else b"hi"), blocks
        assert not parser.complete


def test_the_error_behind_good_payload_is_seen_before_the_next_read():
    parser = ReplyParser()
    assert parser.feed(CHUNKED + b"2\r\nhi\r\nnonsense\r\n") == b"hi"
    assert isinstance(parser.error, ProtocolError)


class Socket:
    def __init__(self, data):
        self.data = data

    def makefile(self, mode):
        return io.BytesIO(self.data)


@pytest.mark.parametrize("name, method, data, want", REPLIES, ids=[row[0] for row in REPLIES])
def test_the_standard_library_reads_the_same(name, method, data, want):
    if not want.get("stdlib", True):
        pytest.skip("read otherwise there; the table says why")
    theirs = HTTPResponse(Socket(data), method=method)
    theirs.begin()
    parser, body, _ = run([data], method, closing=True)
    assert theirs.read() == body
    assert (theirs.status, theirs.reason, theirs.version) == (
        parser.status,
        parser.reason,
        int(parser.http_version.replace(".", "")),
    )
    headers = {}
    for key, value in theirs.getheaders():
        headers.setdefault(key.lower(), []).append(value.strip(" \t"))
    assert {key: ", ".join(values) for key, values in headers.items()} == parser.headers


CUTS = [
    CHUNKED + b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n",
    OK + b"Content-Length: 6\r\n\r\nhello!",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 6\r\n\r\nhello!",
]


@pytest.mark.parametrize("data", CUTS)
def test_a_reply_cut_at_any_byte_is_never_whole(data):
    head = data.index(OK) + data[data.index(OK) :].index(b"\r\n\r\n") + 4
    bodies = [b""]
    for cut in range(len(data)):
        for blocks in ([data[:cut]], [data[i : i + 1] for i in range(cut)]):
            parser, body, error = run(blocks, closing=True)
            assert not parser.complete and not parser.keep_alive
            assert b"hello!".startswith(body) and len(body) >= len(bodies[-1])
            bodies.append(body)
            assert error.retryable
            if cut == 0:
                assert type(error) is TransportError and "without a reply" in str(error)
                assert not parser.started
            elif cut < head:
                assert type(error) is TransportError and "in the head" in str(error)
            else:
                assert type(error) is IncompleteStream
                assert f"after {len(body)} " in str(error)
    assert bodies[-1] == b"hello!"[: 6 if data is CUTS[0] else 5]


def test_a_cut_body_says_what_is_missing():
    cases = [
        (OK + b"Content-Length: 10\r\n\r\nabc", "after 3 of 10 body bytes"),
        (CHUNKED, "after 0 body bytes, before the last chunk"),
        (CHUNKED + b"5\r\nhel", "after 3 body bytes, inside a chunk, 2 bytes before its end"),
        (CHUNKED + b"5\r\nhello\r\n", "after 5 body bytes, before the last chunk"),
        (CHUNKED + b"5\r\nhello\r\n0\r\nA:", "after 5 body bytes, before the end of the trailer"),
    ]
    for data, words in cases:
        _, _, error = run([data], closing=True)
        assert type(error) is IncompleteStream and str(error).endswith(words)


def test_a_body_that_runs_until_the_close_is_whole_only_then():
    data = OK + b"\r\nall of it"
    for cut in range(len(OK) + 2, len(data) + 1):
        parser, body, error = run([data[:cut]])
        assert not parser.complete and body == data[len(OK) + 2 : cut]
        parser.close()
        assert parser.complete and not parser.keep_alive


def test_a_length_beyond_memory_is_only_a_number():
    parser = ReplyParser()
    assert parser.feed(OK + b"Content-Length: 99999999999999999999\r\n\r\nabc") == b"abc"
    assert parser.feed(b"d") == b"d" and not parser.complete


def test_no_block_changes_nothing():
    parser = ReplyParser()
    assert parser.feed(b"") == b"" and not parser.started


HEAD = OK + b"A: " + b"x" * 40 + b"\r\nContent-Length: 0\r\n\r\n"
FIELDS = OK + b"A: b\r\n" * 5 + b"Content-Length: 0\r\n\r\n"
INTERIM = b"HTTP/1.1 103 E\r\n\r\n"
LINE = b"1;" + b"x" * 40 + b"\r\n"
TRAILER = b"A: b\r\n" * 10
EDGES = [  # option, largest that passes, one less is refused with these words
    ("max_head_bytes", len(HEAD), HEAD, "Limits(max_head_bytes=...)"),
    ("max_headers", 6, FIELDS, "max_headers"),
    ("max_interim", 3, INTERIM * 3 + OK + b"Content-Length: 0\r\n\r\n", "max_interim"),
    ("max_head_bytes", max(len(CHUNKED), len(LINE)), CHUNKED + LINE + b"x\r\n0\r\n\r\n", "Limits(max_head_bytes=...)"),
    ("max_head_bytes", len(TRAILER) + 2, CHUNKED + b"0\r\n" + TRAILER + b"\r\n", "Limits(max_head_bytes=...)"),
]


@pytest.mark.parametrize("option, size, data, words", EDGES)
def test_each_limit_holds_to_the_byte(option, size, data, words):
    for blocks in splits(data):
        parser, _, error = run(blocks, **{option: size})
        assert error is None and parser.complete, blocks
        parser, _, error = run(blocks, **{option: size - 1})
        assert type(error) is ProtocolError and words in str(error), blocks


def test_an_endless_size_line_is_refused():
    for line in (b"1;" + b"x" * 200, b"1;" + b"x" * 200 + b"\r\n"):
        for blocks in splits(CHUNKED + line):
            _, _, error = run(blocks, max_head_bytes=100)
            assert type(error) is ProtocolError and "chunk-size line" in str(error)


class Counting(bytearray):
    """Counts the bytes that each look at it has to pass over."""

    work = 0

    def __iadd__(self, data):
        Counting.work += len(data)
        return super().__iadd__(data)

    def find(self, what, start=0, end=None):
        end = len(self) if end is None else end
        Counting.work += max(0, end - start)
        return super().find(what, start, end)

    def __contains__(self, what):
        Counting.work += len(self)
        return super().__contains__(what)

    def __getitem__(self, key):
        found = super().__getitem__(key)
        Counting.work += len(found) if isinstance(key, slice) else 1
        return found

    def _whole(name):
        def method(self, *args):
            Counting.work += len(self)
            return getattr(bytearray, name)(self, *args)

        return method

    for name in ("rfind", "index", "rindex", "split", "decode", "replace", "count", "partition", "__add__"):
        locals()[name] = _whole(name)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_work_is_linear_for_small_blocks(size, monkeypatch):
    head = OK + b"A: " + b"x" * 50_000 + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    line = b"5;" + b"x" * 50_000 + b"\r\n"
    tail = b"hello\r\n0\r\nA: " + b"x" * 50_000 + b"\r\n\r\n"
    monkeypatch.setattr(Counting, "work", 0)
    monkeypatch.setattr("minichat.wire.chunked.bytearray", Counting, raising=False)
    parser = ReplyParser()
    parser._held = Counting()
    data = head + line + tail
    body = b"".join(parser.feed(data[i : i + size]) for i in range(0, len(data), size))
    assert body == b"hello" and parser.complete
    assert len(data) < Counting.work < 15 * len(data)


def random_reply(dice):
    """One valid reply and its body."""
    eol = dice.choice([b"\r\n", b"\r\n", b"\n"])
    body = bytes(dice.choice(b"\r\n0a; \xff") for _ in range(dice.choice([0, 1, 5, 60, 300])))
    lines = [dice.choice([b"HTTP/1.1 200 OK", b"HTTP/1.1 429", b"HTTP/1.0 500 a b"])]
    lines += [b"X-%d: %s" % (i, dice.choice([b"", b"v", b"a:b", b"\xe9 x"])) for i in range(dice.randrange(4))]
    kind = dice.choice(["length", "chunked", "close"])
    wire = body
    if kind == "length":
        lines.append(b"Content-Length: %d" % len(body))
    if kind == "chunked":
        lines.append(b"Transfer-Encoding: chunked")
        wire = b""
        rest = body
        while rest:
            n = dice.randint(1, len(rest))
            size = dice.choice([b"%x", b"%X", b"00%x"]) % n
            wire += size + dice.choice([b"", b"", b";e", b' ;e="f"', b" "]) + b"\r\n" + rest[:n] + b"\r\n"
            rest = rest[n:]
        wire += b"0\r\n" + dice.choice([b"", b"T: x\r\n", b"T: x\r\nU: y\r\n"]) + b"\r\n"
    dice.shuffle(lines[1:])
    interim = dice.choice([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n"])
    return interim + eol.join(lines) + eol + eol + wire, body, kind


def cut_at_random(dice, data):
    places = sorted(dice.randint(0, len(data)) for _ in range(dice.choice([0, 1, 3, 20])))
    return [data[a:b] for a, b in zip([0] + places, places + [len(data)])]


def test_random_replies_give_their_body():
    dice = random.Random(9112)
    for _ in range(2000):
        data, want, kind = random_reply(dice)
        parser, body, error = run(cut_at_random(dice, data))
        assert (error, body, parser.complete) == (None, want, kind != "close"), data


def test_damaged_replies_mean_the_same_however_they_are_cut():
    dice = random.Random(2024)
    outcomes = set()
    for _ in range(3000):
        data = bytearray(random_reply(dice)[0])
        for _ in range(dice.choice([1, 1, 2, 5])):
            at = dice.randrange(len(data))
            what = dice.choice([b"\r", b"\n", b"\r\n", b"", b"\0", b" ", b"0", b"f", b";", b":", b"\xff"])
            data[at : at + dice.randint(0, 2)] = what
            data = data or bytearray(b"x")
        results = []
        for blocks in ([bytes(data)], [bytes([byte]) for byte in data], cut_at_random(dice, bytes(data))):
            parser, body, error = run(blocks, closing=True)
            results.append((body, parser.complete, parser.keep_alive, parser.excess, type(error), str(error)))
        assert results[0] == results[1] == results[2], bytes(data)
        outcomes.add(results[0][4])
    assert outcomes == {type(None), ProtocolError, TransportError, IncompleteStream}  # all were reached


def test_a_request_head_is_rendered():
    headers = {"Host": "localhost:1", "X-Empty": "", "X-Name": "caf\xe9"}
    assert render_head("POST", "/v1/chat?a=b", headers) == (
        b"POST /v1/chat?a=b HTTP/1.1\r\nHost: localhost:1\r\nX-Empty: \r\nX-Name: caf\xe9\r\n\r\n"
    )
    assert render_head("CONNECT", "host:443", {}) == b"CONNECT host:443 HTTP/1.1\r\n\r\n"


SECRET = "sk-secret"
BAD_HEADS = [
    ("GET", "/", {"A": f"{SECRET}\r\nB: c"}, "'A'"),
    ("GET", "/", {"A": f"{SECRET}\n"}, "'A'"),
    ("GET", "/", {"A": f"{SECRET}\r"}, "'A'"),
    ("GET", "/", {"A": f"{SECRET}\0"}, "'A'"),
    ("GET", "/", {"A": f"{SECRET}\u20ac"}, "'A'"),
    ("GET", "/", {"Fine": "x", "A": f"{SECRET}\u2028"}, "'A'"),
    ("GET", "/", {f"A: {SECRET}": "x"}, "header name"),
    ("GET", "/", {"A B": SECRET}, "'A B'"),
    ("GET", "/", {"A\r\nB": SECRET}, "header name"),
    ("GET", "/", {"\xe9": SECRET}, "header name"),
    ("GET", "/", {"\u20ac": SECRET}, "header name"),
    ("GET", "/", {"": SECRET}, "header name"),
    ("GET", f"/?key={SECRET} x", {}, "quote it"),
    ("GET", f"/?key={SECRET}\r\nA: b", {}, "quote it"),
    ("GET", f"/?key={SECRET}\xe9", {}, "quote it"),
    ("GET", f"/?key={SECRET}\u20ac", {}, "quote it"),
    ("GET", f"/?key={SECRET}\x7f", {}, "quote it"),
    ("GET", "", {}, "quote it"),
    ("", "/", {}, "method"),
    ("GE T", "/", {}, "method"),
    ("G\xc9T", "/", {}, "method"),
]


@pytest.mark.parametrize("method, target, headers, words", BAD_HEADS)
def test_a_head_that_would_break_is_refused_without_its_values(method, target, headers, words):
    with pytest.raises(ConfigurationError) as caught:
        render_head(method, target, headers)
    assert words in str(caught.value) and SECRET not in str(caught.value)
