"""HTTP/1.1 as a client sees it: the head of a request out, the bytes of a reply in; no socket.

Strategy. `ReplyParser` reads one reply. `feed` takes what one read of the socket gave and returns the
body bytes that it brought, as one block; what the head said is in attributes once `head_complete` is
true. Whether a reply is whole is decided here only: `complete` by its own framing (RFC 9112, 6.3), or
`close` when the peer ends the connection. Both backends ask the same object, so they never disagree.

Nothing is read twice: of a head or a line that a block cuts, only the new bytes are searched. Blocks of
one byte cost no more per byte at the end of a reply than at its beginning.

Tolerant and strict: a head's line may end in LF alone (RFC 9112, 2.2, a MAY), and folded lines are joined
(5.2, a MUST for us). Everything that could let two readers see two different replies is refused: a bare
CR, space before a colon, lengths that differ, a second transfer coding, empty lines before the status
line (2.2 grants those to servers only). An error never swallows body bytes from before it: those are
returned first, the error is in `error`, and the next call raises it.

Content codings are not undone; `headers` tells of them.
"""

from __future__ import annotations

from ..errors import ChatError, ConfigurationError, IncompleteStream, ProtocolError, TransportError
from .chunked import ChunkedDecoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Optional, Union

__all__ = ["MAX_HEADERS", "MAX_HEAD_BYTES", "MAX_INTERIM", "ReplyParser", "render_head"]

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 256
MAX_INTERIM = 8  # 1xx replies before the real one; 103 comes once or twice in practice

# RFC 9110, 5.6.2: what a field's name is made of.
TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTH_DIGITS = 20  # more than 64 bits need, less than int() refuses



def render_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    r"""Give the request line and the header fields as sent, empty line included.

    >>> render_head("GET", "/v1/models", {"Host": "localhost"})
    b'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n'

    Raises: ConfigurationError, naming the header but never its value, where a line end, a NUL or a
    character outside Latin-1 would break the head or smuggle a second field into it.
    """
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    text = f"{method} {target} HTTP/1.1\r\n{fields}\r\n"
    lines = len(headers) + 2
    try:
        head = text.encode("latin-1")
        names = "".join((method, *headers)).encode("ascii").translate(None, TOKEN)
    except UnicodeEncodeError:
        raise _head_error(method, target, headers) from None
    if (
        names
        or "" in headers
        or head.count(b"\n") != lines
        or head.count(b"\r") != lines
        or b"\0" in head
        or not (target.isascii() and target.isprintable())
        or " " in target
        or not target
        or not method
    ):
        raise _head_error(method, target, headers)
    return head


def _head_error(method: str, target: str, headers: Mapping[str, str]) -> ConfigurationError:
    if not _is_token(method):
        return ConfigurationError(f"{method!r} is not an HTTP method")
    if not (target and target.isascii() and target.isprintable()) or " " in target:
        # Not shown: a query may hold a key.
        return ConfigurationError("the URL's path or query holds a blank, control or non-ASCII sign; quote it")
    for name, value in headers.items():
        if not _is_token(name):
            shown = name.partition(":")[0][:40]  # someone may have put the whole line here
            return ConfigurationError(f"a header name holds a character that no name may hold: {shown!r}")
        if any(bad in value for bad in "\r\n\0"):
            return ConfigurationError(f"header {name!r}: its value holds a line end or a NUL; strip it")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            return ConfigurationError(f"header {name!r}: its value holds a character outside Latin-1")
    return ConfigurationError("the request's head cannot be sent")


def _is_token(name: str) -> bool:
    return bool(name) and name.isascii() and not name.encode("ascii").translate(None, TOKEN)


class ReplyParser:
    """Read one HTTP/1.x reply from blocks of bytes, cut anywhere.

    `method`: of the request; the reply to HEAD has no body, and CONNECT's none when it succeeds.
    `max_head_bytes`: of a head, empty line included; also of one chunk-size line with its extensions and
    of all trailer fields. `max_headers`: lines of a head. `max_interim`: 1xx replies before the real one.

    Attributes, valid once `head_complete`: `status`, `reason` (may be empty), `http_version` (`"1.0"` or
    `"1.1"`), `headers`: names in lower case; a repeated field's values joined with `", "`, those of
    `set-cookie` with a line feed, since a cookie may hold commas.

    `started`: a byte of a reply came. `received`: body bytes so far. `complete`: the reply is whole.
    `excess`: what came behind it (after CONNECT, the tunnel's first bytes). `keep_alive`: the connection
    may carry another request. `error`: None, or what each further call raises.

    >>> parser = ReplyParser()
    >>> parser.feed(b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nHel")
    b'Hel'
    >>> parser.feed(b"lo\\r\\n0\\r\\n\\r\\n"), parser.status, parser.complete, parser.keep_alive
    (b'lo', 200, True, True)
    """

    __slots__ = (
        "method",
        "max_head_bytes",
        "max_headers",
        "max_interim",
        "started",
        "head_complete",
        "complete",
        "status",
        "reason",
        "http_version",
        "headers",
        "received",
        "excess",
        "error",
        "_interim",
        "_held",
        "_until_close",
        "_persistent",
        "_left",
        "_chunked",
    )

    def __init__(
        self,
        *,
        method: str = "POST",
        max_head_bytes: int = MAX_HEAD_BYTES,
        max_headers: int = MAX_HEADERS,
        max_interim: int = MAX_INTERIM,
    ) -> None:
        self.method = method
        self.max_head_bytes = max_head_bytes
        self.max_headers = max_headers
        self.max_interim = max_interim
        self.started = False
        self.head_complete = False
        self.complete = False
        self.status = 0
        self.reason = ""
        self.http_version = ""
        self.headers: dict[str, str] = {}
        self.received = 0
        self.excess = b""
        self.error: Optional[ChatError] = None
        self._interim = 0
        self._held = bytearray()  # a head that a block's end cut
        self._until_close = False
        self._persistent = False  # as far as the head says
        self._left = 0  # body bytes to come, where the head said how many
        self._chunked: Optional[ChunkedDecoder] = None

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request: the reply is whole and said nothing else."""
        return self.complete and self._persistent and not self.excess

    def feed(self, data: bytes) -> bytes:
        """Give the body bytes that this block brought, in one piece; `b""` where it brought none.

        Bytes behind the end of the reply go to `excess`.
        Raises: ProtocolError, and the same again at each later call. Body bytes from before the fault are
        returned first: then `error` is set, and the next call raises it.
        """
        if self.error is not None:
            raise self.error
        if not data:
            return b""
        self.started = True
        body = b""
        parts: list[bytes] = []
        try:
            if not self.head_complete:
                data = self._head(data)
                if not data:
                    return b""
            if self.complete:
                self.excess += data
            elif self._chunked is not None:
                self._chunked.feed(data, parts)
                if self._chunked.complete:
                    self.complete = True
                    self.excess = self._chunked.excess
            elif self._until_close:
                body = data
            else:
                body = data[: self._left]
                self.excess = data[self._left :]
                self._left -= len(body)
                self.complete = not self._left
        except ProtocolError as problem:
            self.error = problem
            if not parts:
                raise
        if parts:
            body = parts[0] if len(parts) == 1 else b"".join(parts)
        self.received += len(body)
        return body

    def close(self) -> None:
        """Note that the peer ended the connection: the proper end of a body without framing.

        May be repeated, and after a complete reply does nothing.
        Raises: TransportError when the head is not whole, IncompleteStream when the body is not.
        """
        if self.error is None and not self.complete:
            if self.head_complete and self._until_close:
                self.complete = True
            else:
                self.error = self._cut_off()
        if self.error is not None:
            raise self.error

    def _cut_off(self) -> ChatError:
        if not self.started:
            return TransportError("the peer closed the connection without a reply")
        if not self.head_complete:
            return TransportError("the peer closed the connection in the head of its reply")
        if self._chunked is not None:
            where = f"after {self.received} body bytes, {self._chunked.where}"
        else:
            where = f"after {self.received} of {self.received + self._left} body bytes"
        return IncompleteStream(f"the peer closed the connection {where}")

    # The head

    def _head(self, data: bytes) -> bytes:
        """Read heads until the real one is whole; give the bytes behind it."""
        held = self._held
        while data:
            known = len(held)
            head: Union[bytes, bytearray] = data
            if held:
                held += data
                head = held
            if head[:5] != b"HTTP/"[: len(head)]:
                # At once: a peer that speaks another protocol may never send an empty line.
                raise ProtocolError("bad status line: this is not an HTTP reply", raw=bytes(head))
            end = _end_of_head(head, max(0, known - 2))
            if (end or len(head)) > self.max_head_bytes:
                what = f"the reply's head is over {self.max_head_bytes} bytes"
                raise ProtocolError(f"{what}; Limits(max_head_bytes=...) allows more", raw=bytes(head))
            if not end:
                if not known:
                    held += data
                return b""
            lines = _lines(bytes(head[:end]))
            data = data[end - known :]
            held.clear()
            self.http_version, self.status, self.reason = _status_line(lines[0])
            if len(lines) > self.max_headers + 1:
                what = f"the reply's head has over {self.max_headers} lines; Limits(max_headers=...) allows more"
                raise ProtocolError(what, raw=lines[0].encode("latin-1"))
            self.headers = _fields(lines)
            if self.status >= 200:
                self.head_complete = True
                self._choose_framing()
                return data
            self._interim += 1
            if self.status == 101:
                what = "status 101: a switch of protocols nobody asked for"
                raise ProtocolError(what, raw=lines[0].encode("latin-1"))
            if self._interim > self.max_interim:
                what = f"over {self.max_interim} 1xx replies before the real one; Limits(max_interim_replies=...) allows more"
                raise ProtocolError(what, raw=lines[0].encode("latin-1"))
        return b""

    def _choose_framing(self) -> None:
        """Decide how the body ends, in the order of RFC 9112, 6.3."""
        headers = self.headers
        self._persistent = self.http_version == "1.1"
        options = headers.get("connection")
        if options is not None:
            names = [name.strip(" \t") for name in options.lower().split(",")]
            self._persistent = "close" not in names and (self._persistent or "keep-alive" in names)
        coding = headers.get("transfer-encoding")
        length = headers.get("content-length")
        tunnel = self.method == "CONNECT" and self.status < 300
        if tunnel or self.method == "HEAD" or self.status in (204, 304):
            self.complete = True
        elif coding is not None:
            if coding.lower() != "chunked":
                what = "a transfer coding that is not chunked alone"
                raise ProtocolError(what, raw=b"transfer-encoding: " + coding.encode("latin-1"))
            self._chunked = ChunkedDecoder(max_line_bytes=self.max_head_bytes)
            if length is not None or self.http_version == "1.0":
                self._persistent = False  # 6.1: someone on the way may have seen another end
        elif length is not None:
            self._left = _one_length(length)
            self.complete = self._left == 0
        else:
            self._until_close = True
            self._persistent = False


def _end_of_head(head: Union[bytes, bytearray], start: int) -> int:
    """Give the position behind the first empty line, 0 if there is none yet."""
    crlf = head.find(b"\n\r\n", start)
    lf = head.find(b"\n\n", start, crlf + 1 if crlf >= 0 else len(head))
    return lf + 2 if lf >= 0 else crlf + 3 if crlf >= 0 else 0


def _lines(head: bytes) -> list[str]:
    """Split a head, its empty line included, into its lines."""
    text = head.decode("latin-1")
    lines = text.split("\r\n")
    if not len(lines) - 1 == text.count("\n") == text.count("\r"):  # not all of them CRLF
        lines = text.replace("\r\n", "\n").split("\n")
        if "\r" in "".join(lines):
            raise ProtocolError("bad head: a CR without a LF", raw=head)
    if "\0" in text:
        raise ProtocolError("bad head: a NUL", raw=head)
    return lines[:-2]


def _status_line(line: str) -> tuple[str, int, str]:
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    number = len(code) == 3 and code.isascii() and code.isdigit() and code >= "100"
    if not number or version not in ("HTTP/1.1", "HTTP/1.0"):
        raise ProtocolError("bad status line", raw=line.encode("latin-1"))
    return version[5:], int(code), reason.strip(" \t")


def _fields(lines: list[str]) -> dict[str, str]:
    """Read the header fields behind the status line, `lines[0]`."""
    parted = [line.partition(":") for line in lines[1:]]
    headers = {name.lower(): value.strip(" \t") for name, _, value in parted}
    if len(headers) < len(parted):
        headers = _joined(parted)
    fault = "no colon" if "" in [colon for _, colon, _ in parted] else ""
    if "" in headers or "".join(headers).encode("latin-1").translate(None, TOKEN):
        fault = "not a name"
    if fault:
        unfolded = _unfolded(lines)
        if len(unfolded) < len(lines):
            return _fields(unfolded)
        for line in lines[1:]:
            name, colon, _ = line.partition(":")
            if not colon or not _is_token(name):
                raise ProtocolError(f"bad header field: {fault}", raw=line.encode("latin-1"))
    return headers


def _joined(parted: list[tuple[str, str, str]]) -> dict[str, str]:
    """Join the values of fields that come more than once."""
    headers: dict[str, str] = {}
    for name, _, value in parted:
        name, value = name.lower(), value.strip(" \t")
        joint = "\n" if name == "set-cookie" else ", "
        headers[name] = headers[name] + joint + value if name in headers else value
    return headers


def _unfolded(lines: list[str]) -> list[str]:
    """Join each line that opens with white space to the field before it (RFC 9112, 5.2)."""
    whole = lines[:2]  # a fold right behind the status line continues nothing: 2.2 has it refused
    for line in lines[2:]:
        if line[:1] in (" ", "\t"):
            whole[-1] += " " + line.strip(" \t")
        else:
            whole.append(line)
    return whole


def _one_length(value: str) -> int:
    """Read Content-Length; the same length said twice is one (RFC 9110, 8.6)."""
    raw = b"content-length: " + value.encode("latin-1")
    if len(value) <= LENGTH_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    lengths = [length.strip(" \t") for length in value.split(",")]
    if not all(length.isascii() and length.isdigit() and len(length) <= LENGTH_DIGITS for length in lengths):
        raise ProtocolError("bad Content-Length: not a number", raw=raw)
    if len({int(length) for length in lengths}) > 1:
        raise ProtocolError("bad Content-Length: several that differ", raw=raw)
    return int(lengths[0])
