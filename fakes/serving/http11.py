"""HTTP/1.1 as a server sees it, without a socket: bytes to requests, answers to bytes.

`RequestParser.feed` takes blocks of any size and gives the requests that became whole, in order, so pipelined
requests and requests split anywhere are one case. Bodies come by Content-Length or chunked. Whatever breaks the
grammar or a limit becomes a `BadRequest` in the place of the request; nothing after it is read, since where the next
request would begin is unknown. (RFC 9112, sections 2 to 7.)

An `Answer` has a body (sent with Content-Length) or frames (sent chunked, one frame to a chunk, all joined into one
write). What a fault makes of it is `transmission`'s.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

__all__ = [
    "LAST_CHUNK", "REASONS", "TOO_DEEP", "Answer", "BadRequest", "Request", "RequestParser", "chunk", "render",
    "render_head",
]  # fmt: skip

MAX_HEAD = 64 << 10  # bytes of request line and headers; OpenAI's front refuses at about this size too
MAX_BODY = 64 << 20  # bytes; images and audio travel inside the JSON
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
REASONS = {  # http.HTTPStatus names some otherwise from one Python to the next
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    303: "See Other",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    418: "I'm a Teapot",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    507: "Insufficient Storage",
}
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


_METHODS = frozenset(("GET", "POST"))  # the usual ones need no look at each letter
_UNREAD = object()
TOO_DEEP = "the JSON is nested too deeply"


class Request:
    """One whole request. `headers` has lower-case names; repeated ones are joined by a comma."""

    __slots__ = ("method", "path", "query", "headers", "body", "keep_alive", "version_1_0", "_json")

    def __init__(self, method: str, target: str, headers: Dict[str, str], *, version_1_0: bool) -> None:
        self.method = method
        if target.startswith(("http://", "https://")):  # the form a proxy's client sends
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        self.body = b""
        self._json: Any = _UNREAD
        self.version_1_0 = version_1_0
        wishes = headers.get("connection", "").lower()
        self.keep_alive = "keep-alive" in wishes if version_1_0 else "close" not in wishes

    def json(self) -> Any:
        """Parse the body, once.

        Raises: ValueError when it is not JSON in UTF-8 (NaN and Infinity are not JSON).
        """
        if self._json is _UNREAD:
            try:
                self._json = _DECODER.decode(self.body.decode("utf-8"))
            except RecursionError:
                raise ValueError(TOO_DEEP) from None
            except json.JSONDecodeError as problem:
                raise _told_alike(problem) from None
        return self._json

    def parsed(self) -> Any:
        """Give the parsed body, or None when there is none or it is not JSON."""
        try:
            return self.json() if self.body else None
        except ValueError:
            return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _told_alike(problem: json.JSONDecodeError) -> json.JSONDecodeError:
    """Tell what is wrong as CPython did before 3.13: providers quote it, and an answer is the same on every Python."""
    said, place = problem.msg, problem.pos
    if said.startswith("Illegal trailing comma"):  # 3.13 points at the comma, not at the bracket behind it
        bracket = problem.doc[place + 1 :].lstrip(" \t\n\r")
        said = "Expecting value" if bracket[0] == "]" else "Expecting property name enclosed in double quotes"
        return json.JSONDecodeError(said, problem.doc, len(problem.doc) - len(bracket))
    # The decoder in Python, which PyPy uses, names the character and points behind it.
    if said.startswith("Invalid control character '"):
        return json.JSONDecodeError("Invalid control character at", problem.doc, place - 1)
    if said.startswith("Invalid \\escape: "):
        return json.JSONDecodeError("Invalid \\escape", problem.doc, place - 1)
    return problem


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class BadRequest(Exception):
    """Bytes that are no acceptable request: the status to answer with, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.path = ""


class RequestParser:
    """Bytes in, requests out. After a `BadRequest` it stays silent."""

    def __init__(self, *, max_head: int = MAX_HEAD, max_body: int = MAX_BODY) -> None:
        self.max_head = max_head
        self.max_body = max_body
        self.wants_continue = False
        self._held = bytearray()
        self._scanned = 0
        self._request: Optional[Request] = None  # whose body is being read
        self._left = 0  # bytes of a Content-Length body still to come
        self._chunks: Optional[List[bytes]] = None  # of a chunked body
        self._chunk_bytes = 0
        self._chunk_left = -1  # of the chunk being read; -1: a size line comes next, -2: trailers
        self._dead = False

    def feed(self, data: bytes) -> List[Union[Request, BadRequest]]:
        """Take a block and give what became whole by it."""
        if self._dead:
            return []
        self._held += data
        whole: List[Union[Request, BadRequest]] = []
        try:
            while True:
                request = self._next()
                if request is None:
                    break
                whole.append(request)
        except BadRequest as problem:
            self._dead = True
            self._held.clear()
            if self._request is not None:
                problem.path = self._request.path
            whole.append(problem)
        return whole

    @property
    def idle(self) -> bool:
        """Between two requests: nothing of the next one has come."""
        return self._request is None and not self._held

    def _next(self) -> Optional[Request]:
        if self._request is None and not self._head():
            return None
        request = self._request
        assert request is not None
        if self._chunks is not None:
            if not self._chunked():
                return None
            request.body = b"".join(self._chunks)
        elif self._left:
            if len(self._held) < self._left:
                return None
            request.body = bytes(self._held[: self._left])
            del self._held[: self._left]
        self._request = self._chunks = None
        self._left = 0
        self.wants_continue = False
        return request

    def _head(self) -> bool:
        held = self._held
        while held[:2] == b"\r\n":  # RFC 9112, 2.2: empty lines before a request line are ignored
            del held[:2]
        end = held.find(b"\r\n\r\n", max(0, self._scanned - 3))
        if end < 0:
            self._scanned = len(held)
            if len(held) > self.max_head:
                raise BadRequest(431, "request headers are too large")
            return False
        if end > self.max_head:
            raise BadRequest(431, "request headers are too large")
        head = bytes(held[:end])
        del held[: end + 4]
        self._scanned = 0
        request = self._request = _parse_head(head)
        headers = request.headers
        coding = headers.get("transfer-encoding")
        if coding is not None:
            if coding.lower() != "chunked":
                raise BadRequest(501, f"transfer coding {coding!r} is not known here")
            if "content-length" in headers:
                raise BadRequest(400, "both Content-Length and Transfer-Encoding")
            self._chunks, self._chunk_bytes, self._chunk_left = [], 0, -1
        else:
            length = headers.get("content-length", "0")
            if not length.isdigit() or not length.isascii():
                raise BadRequest(400, "Content-Length is not a number")
            self._left = int(length) if len(length) < 19 else self.max_body + 1
            if self._left > self.max_body:
                raise BadRequest(413, "the body is too large")
        expected = headers.get("expect")
        if expected is not None:
            if expected.lower() != "100-continue":
                raise BadRequest(417, f"Expect: {expected} is not known here")
            self.wants_continue = (bool(self._left) or self._chunks is not None) and not request.version_1_0
        return True

    def _chunked(self) -> bool:
        """Read chunks as far as they are here; True when the last one and the trailers are read."""
        held, chunks = self._held, self._chunks
        assert chunks is not None
        while True:
            if self._chunk_left >= 0:
                if len(held) < self._chunk_left + 2:
                    return False
                if held[self._chunk_left : self._chunk_left + 2] != b"\r\n":
                    raise BadRequest(400, "a chunk is longer than its size says")
                chunks.append(bytes(held[: self._chunk_left]))
                del held[: self._chunk_left + 2]
                self._chunk_left = -1
            end = held.find(b"\r\n")
            if end < 0:
                if len(held) > 4096:
                    raise BadRequest(400, "a chunk's size line is too long")
                return False
            line = bytes(held[:end])
            del held[: end + 2]
            if self._chunk_left == -2:
                if not line:
                    return True
                continue
            size = line.partition(b";")[0].strip()
            if not size or len(size) > 15 or not all(c in b"0123456789abcdefABCDEF" for c in size):
                raise BadRequest(400, "a chunk's size is not a hexadecimal number")
            self._chunk_left = int(size, 16) or -2
            self._chunk_bytes += max(self._chunk_left, 0)
            if self._chunk_bytes > self.max_body:
                raise BadRequest(413, "the body is too large")


def _is_token(text: str) -> bool:
    return bool(text) and all(ord(c) in _TOKEN for c in text)


def _parse_head(head: bytes) -> Request:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[1] or (words[0] not in _METHODS and not _is_token(words[0])):
        raise BadRequest(400, "malformed request line")
    method, target, version = words
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest(505 if version.startswith("HTTP/") else 400, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    headers: Dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name[0] in " \t" or name[-1] in " \t" or "\0" in value or "\n" in line:
            raise BadRequest(400, "malformed header line")
        name = name.lower()
        value = value.strip(" \t")
        if name in headers:
            if name in ("content-length", "host") and headers[name] != value:
                raise BadRequest(400, f"two different {name} headers")
            if name not in ("content-length", "host"):
                value = headers[name] + ", " + value
        headers[name] = value
    if version == "HTTP/1.1" and "host" not in headers:
        raise BadRequest(400, "no Host header")
    return Request(method, target, headers, version_1_0=version == "HTTP/1.0")


class Answer:
    """What to send back: status, headers in order, and a body or the frames of a stream."""

    __slots__ = ("status", "headers", "body", "frames")

    def __init__(
        self,
        status: int,
        headers: Sequence[Tuple[str, str]],
        body: bytes = b"",
        *,
        frames: Optional[List[bytes]] = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.frames = frames


def render_head(answer: Answer, length: Optional[int], *, keep_alive: bool = True, version_1_0: bool = False) -> bytes:
    """Give the status line and headers; `length` None: the body is chunked, or ends with an HTTP/1.0 connection."""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if length is not None:
        lines.append(f"content-length: {length}")
    elif not version_1_0:
        lines.append("transfer-encoding: chunked")
    if not keep_alive:
        lines.append("connection: close")
    elif version_1_0:
        lines.append("connection: keep-alive")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Give a piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def render(answer: Answer, *, head_only: bool = False, keep_alive: bool = True, version_1_0: bool = False) -> bytes:
    """Give all bytes of an answer."""
    frames = answer.frames
    length = len(answer.body) if frames is None else None
    head = render_head(answer, length, keep_alive=keep_alive, version_1_0=version_1_0)
    if head_only:
        return head
    if frames is None:
        return head + answer.body
    if version_1_0:
        return head + b"".join(frames)
    return b"".join([head, *[chunk(frame) for frame in frames if frame], LAST_CHUNK])
