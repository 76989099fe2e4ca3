"""HTTP/1.1 as a client sees it: the head of a request out, the bytes of a reply in; no socket.

Strategy. `ReplyParser` reads one reply. `feed` takes what one read of the socket gave and returns the
body bytes that it brought, as one block; what the head said is in attributes once `head_complete` is
true. Whether a reply is whole is decided here only: `complete` by its own framing (RFC 9112, 6.3), or
`close` when the peer ends the connection. Both backends ask the same object, so they never disagree.

Nothing is read twice: of a head or a line that a block cuts, only the new bytes are searched. Blocks of
one byte cost no more per byte at the end of a reply than at its beginning.

The hard part is a chunked body. A chunk that lies whole in the block, with a bare size line, is cut out
by the short way in `_chunked`. All that a block's end can cut (size line, payload, the line end behind
the payload, trailer fields) waits in one of `_held`, `_left` and `_place`.

Tolerant and strict: a head's line may end in LF alone (RFC 9112, 2.2, a MAY), and folded lines are joined
(5.2, a MUST for us). Everything that could let two readers see two different replies is refused: a bare
CR, space before a colon, lengths that differ, signs or spaces in sizes, chunks not delimited by CRLF,
empty lines before the status line (2.2 grants those to servers only). An error never swallows body bytes
from before it: those are returned first, the error is in `error`, and the next call raises it.

Content codings are not undone; `headers` tells of them.
"""

from __future__ import annotations

from ..errors import ChatError, ConfigurationError, IncompleteStream, ProtocolError, TransportError

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
HEX = b"0123456789abcdefABCDEF"
SIZE_DIGITS = 20  # of a length or chunk size: more than 64 bits need, less than int() refuses

UNTIL_CLOSE, NONE, LENGTH, CHUNKED = range(4)  # how the body's end is found
SIZE_LINE, PAYLOAD, TRAILER = range(3)  # where in a chunked body the next byte belongs


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
        return ConfigurationError("the URL's path or query holds a space, a control or a non-ASCII character; quote it")
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
        self._held = bytearray()  # a cut head, size line or trailer line
        self._framing = UNTIL_CLOSE
        self._persistent = False  # as far as the head says
        self._left = 0  # body bytes to come; in a chunk: of the payload and the CRLF behind it
        self._place = SIZE_LINE
        self._trailer_bytes = 0

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
            elif self._framing == CHUNKED:
                self._chunked(data, parts)
            elif self._framing == UNTIL_CLOSE:
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
            if self.head_complete and self._framing == UNTIL_CLOSE:
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
        if self._framing == LENGTH:
            total = self.received + self._left
            where = f"after {self.received} of {total} body bytes"
        elif self._place == PAYLOAD:
            where = f"after {self.received} body bytes, inside a chunk"
        elif self._place == TRAILER:
            where = f"after {self.received} body bytes, behind the last chunk but before the end of the body"
        else:
            where = f"after {self.received} body bytes, before the last chunk"
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
                raise ProtocolError("bad status line: this is not an HTTP reply", raw=head)
            end = _end_of_head(head, max(0, known - 2))
            if (end or len(head)) > self.max_head_bytes:
                raise ProtocolError(
                    f"the reply's head is over {self.max_head_bytes} bytes; max_head_bytes= allows more", raw=head
                )
            if not end:
                if not known:
                    held += data
                return b""
            text = head[:end].decode("latin-1")
            data = data[end - known :]
            held.clear()
            self._read_head(text)
            if self.status >= 200:
                self.head_complete = True
                self._choose_framing()
                return data
            self._interim += 1
            if self.status == 101 or self._interim > self.max_interim:
                what = "switches protocols unasked" if self.status == 101 else f"sends over {self.max_interim} 1xx replies"
                raise ProtocolError(f"the peer {what}", raw=text.encode("latin-1"))
        return b""

    def _read_head(self, text: str) -> None:
        text = text.replace("\r\n", "\n")
        line, _, fields = text[:-1].partition("\n")
        version, _, rest = line.partition(" ")
        code, space, reason = rest.partition(" ")
        if (
            version not in ("HTTP/1.1", "HTTP/1.0")
            or len(code) != 3
            or not (code.isascii() and code.isdigit())
            or code < "100"
            or "\r" in line
        ):
            raise ProtocolError("bad status line", raw=text.encode("latin-1"))
        if "\r" in fields or "\0" in fields or fields[:1] in (" ", "\t"):
            raise ProtocolError("bad header field: a bare CR, a NUL or a fold of nothing", raw=fields.encode("latin-1"))
        if "\n " in fields or "\n\t" in fields:
            fields = fields.replace("\n ", " ").replace("\n\t", " ")
        lines = fields.split("\n")
        lines.pop()
        if len(lines) > self.max_headers:
            raise ProtocolError(f"the reply has over {self.max_headers} header fields; max_headers= allows more", raw=text.encode("latin-1"))
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            name = name.lower()
            if not colon:
                raise ProtocolError("bad header field: no colon", raw=line.encode("latin-1"))
            if name in headers:
                joint = "\n" if name == "set-cookie" else ", "
                headers[name] += joint + value.strip(" \t")
            else:
                headers[name] = value.strip(" \t")
        if "" in headers or "".join(headers).encode("latin-1").translate(None, TOKEN):
            for name in headers:
                if not _is_token(name):
                    raise ProtocolError("bad header field: not a name", raw=name.encode("latin-1"))
        self.http_version = version[5:]
        self.status = int(code)
        self.reason = reason.strip(" \t")
        self.headers = headers

    def _choose_framing(self) -> None:
        """Decide how the body ends, in the order of RFC 9112, 6.3."""
        headers = self.headers
        options = headers.get("connection", "").lower().replace("\t", " ").replace(" ", "").split(",")
        if self.http_version == "1.1":
            self._persistent = "close" not in options
        else:
            self._persistent = "keep-alive" in options and "close" not in options
        coding = headers.get("transfer-encoding")
        length = headers.get("content-length")
        if self.method == "HEAD" or self.status in (204, 304) or (self.method == "CONNECT" and self.status < 300):
            self._framing = NONE
            self.complete = True
        elif coding is not None:
            if coding.lower() != "chunked":
                raise ProtocolError("a transfer coding other than chunked, which was not asked for", raw=coding.encode("latin-1"))
            self._framing = CHUNKED
            if length is not None or self.http_version == "1.0":
                self._persistent = False  # 6.1: someone on the way may have seen another end
        elif length is not None:
            self._framing = LENGTH
            self._left = _one_length(length)
            self.complete = self._left == 0
        else:
            self._framing = UNTIL_CLOSE
            self._persistent = False

    # A chunked body (RFC 9112, 7.1)

    def _chunked(self, data: bytes, parts: list[bytes]) -> None:
        """Put the payload that `data` holds into `parts`."""
        stop = len(data)
        position = 0
        if self._place == PAYLOAD:
            position = self._payload(data, 0, parts)
        while position < stop:
            if self._place == TRAILER:
                self._trailer(data, position)
                return
            if self._held:
                found = self._rest_of_line(data, position)
                if found is None:
                    return
                line, start = found
            else:
                end = data.find(b"\r\n", position)
                if end < 0:
                    self._hold_line(data[position:])
                    return
                line = data[position:end]
                start = end + 2
            if len(line) > SIZE_DIGITS or not line or line.translate(None, HEX):
                line = self._without_extension(line)
            size = int(line, 16)
            end = start + size
            if size and data.startswith(b"\r\n", end):
                parts.append(data[start:end])
                position = end + 2
            elif size:
                self._place = PAYLOAD
                self._left = size + 2
                position = self._payload(data, start, parts)
            else:
                self._place = TRAILER
                position = start

    def _payload(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Take what there is of a chunk that a block's end cut; give the position behind it."""
        if self._left > 2:
            piece = data[position : position + self._left - 2]
            if piece:
                parts.append(piece)
            position += len(piece)
            self._left -= len(piece)
        if self._left <= 2:
            piece = data[position : position + self._left]
            if not b"\r\n"[2 - self._left :].startswith(piece):
                raise ProtocolError("bad chunk: no CRLF behind its payload", raw=data[position:])
            position += len(piece)
            self._left -= len(piece)
            if not self._left:
                self._place = SIZE_LINE
        return position

    def _trailer(self, data: bytes, position: int) -> None:
        """Pass over trailer fields up to the empty line that ends the body."""
        while position < len(data):
            found = self._rest_of_line(data, position)
            if found is None:
                return
            line, position = found
            if not line:
                self.complete = True
                self.excess = data[position:]
                return
            self._trailer_bytes += len(line) + 2

    def _rest_of_line(self, data: bytes, position: int) -> Optional[tuple[bytes, int]]:
        """Give a line, begun in an earlier block perhaps, and the position behind it; None if it is cut."""
        end = data.find(b"\n", position) + 1
        if not end:
            self._hold_line(data[position:])
            return None
        line = bytes(self._held) + data[position:end]
        self._held.clear()
        self._check_line(line)
        if not line.endswith(b"\r\n"):
            raise ProtocolError("bad chunk: a line that ends in LF alone", raw=line)
        return line[:-2], end

    def _hold_line(self, piece: bytes) -> None:
        self._held += piece
        self._check_line(self._held)
        if b"\n" in piece:
            raise ProtocolError("bad chunk: a line that ends in LF alone", raw=self._held)

    def _check_line(self, line: Union[bytes, bytearray]) -> None:
        if self._trailer_bytes + len(line) > self.max_head_bytes:
            what = "trailer fields are" if self._place == TRAILER else "chunk-size line is"
            raise ProtocolError(f"the reply's {what} over {self.max_head_bytes} bytes; max_head_bytes= allows more", raw=line)

    def _without_extension(self, line: bytes) -> bytes:
        """Give the hexadecimal digits of a size line; its extension is passed over."""
        self._check_line(line)
        size, _, extension = line.partition(b";")
        size = size.rstrip(b" \t")
        if not size or len(size) > SIZE_DIGITS or size.translate(None, HEX) or b"\n" in extension or b"\r" in extension:
            raise ProtocolError("bad chunk: not a size", raw=line)
        return size


def _end_of_head(head: Union[bytes, bytearray], start: int) -> int:
    """Give the position behind the first empty line, 0 if there is none yet."""
    crlf = head.find(b"\n\r\n", start)
    lf = head.find(b"\n\n", start, crlf + 1 if crlf >= 0 else len(head))
    return lf + 2 if lf >= 0 else crlf + 3 if crlf >= 0 else 0


def _one_length(value: str) -> int:
    """Read Content-Length; the same length said twice is one (RFC 9110, 8.6)."""
    lengths = [length.strip(" \t") for length in value.split(",")]
    if not all(length.isascii() and length.isdigit() and len(length) <= SIZE_DIGITS for length in lengths):
        raise ProtocolError("bad Content-Length: not a number", raw=value.encode("latin-1"))
    if len({int(length) for length in lengths}) > 1:
        raise ProtocolError("bad Content-Length: several that differ", raw=value.encode("latin-1"))
    return int(lengths[0])
