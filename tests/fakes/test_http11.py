"""Requests come out the same however their bytes are cut; what breaks the grammar or a limit is named."""

from __future__ import annotations

import json

import pytest

from fakes.serving.http11 import Answer, BadRequest, Request, RequestParser, render

PLAIN = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nTrailer: t\r\n\r\n"
)
WHOLE = [
    (PLAIN, [("GET", "/a", "b=c", b"")]),
    (LENGTH, [("POST", "/p", "", b"hello")]),
    (CHUNKED, [("POST", "/p", "", b"hello")]),
    (LENGTH + PLAIN + CHUNKED, [("POST", "/p", "", b"hello"), ("GET", "/a", "b=c", b""), ("POST", "/p", "", b"hello")]),
    (b"\r\n" + PLAIN, [("GET", "/a", "b=c", b"")]),
    (b"GET http://host:1/a HTTP/1.1\r\nHost: x\r\n\r\n", [("GET", "/a", "", b"")]),
    (b"GET / HTTP/1.0\r\n\r\n", [("GET", "/", "", b"")]),
]


def requests_of(data, size):
    parser = RequestParser()
    found = []
    for start in range(0, len(data), size):
        found += parser.feed(data[start : start + size])
    assert parser.idle
    return [(r.method, r.path, r.query, r.body) for r in found]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize("row", range(len(WHOLE)))
def test_requests_come_out_whole_however_they_are_cut(row, size):
    data, wanted = WHOLE[row]
    assert requests_of(data, size) == wanted


HOST = b" HTTP/1.1\r\nHost: x\r\n"
BROKEN = [
    (b"GET /\r\n\r\n", 400),
    (b"G\xc3T /" + HOST + b"\r\n", 400),
    (b"GET / HTTP/2.0\r\n\r\n", 505),
    (b"GET / FTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET /" + HOST + b"no colon\r\n\r\n", 400),
    (b"GET /" + HOST + b" folded: x\r\n\r\n", 400),
    (b"GET /" + HOST + b"space : x\r\n\r\n", 400),
    (b"GET /" + HOST + b"Host: y\r\n\r\n", 400),
    (b"POST /" + HOST + b"Content-Length: x\r\n\r\n", 400),
    (b"POST /" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    (b"POST /" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"POST /" + HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"POST /" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST /" + HOST + b"Content-Length: 101\r\n\r\n", 413),
    (b"POST /" + HOST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 413),
    (b"POST /" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"POST /" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400),
    (b"POST /" + HOST + b"Transfer-Encoding: chunked\r\n\r\n65\r\n", 413),
    (b"POST /" + HOST + b"Expect: tea\r\nContent-Length: 1\r\n\r\n", 417),
    (b"GET /" + HOST + b"a: " + b"x" * 300 + b"\r\n\r\n", 431),
    (b"GET /" + b"x" * 400, 431),
]


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("data, status", BROKEN)
def test_bytes_that_are_no_request_are_refused_and_nothing_is_read_after_them(data, status, size):
    parser = RequestParser(max_head=200, max_body=100)
    found = []
    for start in range(0, len(data), size):
        found += parser.feed(data[start : start + size])
    assert [type(item) for item in found] == [BadRequest]
    assert found[0].status == status
    assert parser.feed(PLAIN) == []


@pytest.mark.parametrize(
    "head, kept",
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
def test_keep_alive_follows_version_and_connection(head, kept):
    (request,) = RequestParser().feed(head)
    assert isinstance(request, Request) and request.keep_alive is kept


def test_a_wish_for_100_continue_is_seen_before_the_body():
    parser = RequestParser()
    assert parser.feed(b"POST /" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n") == []
    assert parser.wants_continue
    assert len(parser.feed(b"{}")) == 1
    assert not parser.wants_continue


def test_an_answer_is_written_with_its_length_and_a_stream_in_chunks():
    answer = Answer(200, [("a", "b")], b"body")
    assert render(answer) == b"HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 4\r\n\r\nbody"
    assert render(answer, keep_alive=False).split(b"\r\n\r\n")[0].endswith(b"connection: close")
    assert render(answer, head_only=True).endswith(b"content-length: 4\r\n\r\n")
    stream = Answer(200, [], frames=[b"one", b"", b"twotwotwotwotwotwo"])
    assert render(stream) == (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n12\r\ntwotwotwotwotwotwo\r\n0\r\n\r\n"
    )
    assert render(stream, version_1_0=True, keep_alive=False) == (
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwotwotwotwotwotwo"
    )


NAME = "Expecting property name enclosed in double quotes"
# Body -> what is said to be wrong, and where: the same on every Python, since providers quote it.
NOT_JSON = [
    (b"", "Expecting value", 0),
    (b'{"a": 1,', NAME, 8),
    (b'{"a":1 ,  }', NAME, 10),
    (b"[1\n\n,]", "Expecting value", 5),
    (b"[1 ,  ]", "Expecting value", 6),
    (b"[1 2]", "Expecting ',' delimiter", 3),
    (b'{"a" 1}', "Expecting ':' delimiter", 5),
    (b"{} x", "Extra data", 3),
    (b'{"a', "Unterminated string starting at", 1),
    (b'"ab\\q"', "Invalid \\escape", 3),
    (b'"a\tb"', "Invalid control character at", 2),
    (b"\xef\xbb\xbf{}", "Expecting value", 0),
]


@pytest.mark.parametrize("body, said, place", NOT_JSON)
def test_what_is_wrong_with_a_body_is_told_alike_on_every_python(body, said, place):
    request = Request("POST", "/", {}, version_1_0=False)
    request.body = body
    with pytest.raises(json.JSONDecodeError) as caught:
        request.json()
    assert (caught.value.msg, caught.value.pos) == (said, place)


@pytest.mark.parametrize("status, line", [(202, b"202 Accepted"), (303, b"303 See Other"), (299, b"299 Unknown")])
def test_the_status_line_has_the_usual_words(status, line):
    assert render(Answer(status, [])).startswith(b"HTTP/1.1 " + line + b"\r\n")
