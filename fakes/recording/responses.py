"""HTTP/1.1 as a client sees it, without a socket: the bytes of one answer to its head, its pieces and its end.

`ResponseReader.feed` takes blocks of any size. A piece is what may be passed on at once; `ends` tells whether it ends
a chunk of the provider's, which is the split point that is kept. A body that is not chunked has no split points but
those of its arrival. (RFC 9112, sections 4, 6 and 7.)
"""

from __future__ import annotations

import re
import zlib
from typing import List, NamedTuple, Optional, Sequence, Tuple, Union

__all__ = ["End", "Head", "Malformed", "Piece", "ResponseReader", "unpacked"]

MOST_HEAD = 256 << 10  # bytes
MOST_UNPACKED = 512 << 20
NO_BODY = (204, 304)


class Malformed(Exception):
    """Bytes that are no HTTP answer."""


class Head(NamedTuple):
    """Status and headers (names in lower case, repeated ones apart); how the body is framed, and its length."""

    status: int
    headers: Tuple[Tuple[str, str], ...]
    framing: str
    length: Optional[int]

    def header(self, name: str) -> str:
        """Give a header's values joined by commas; empty when there is none."""
        return ", ".join(value for one, value in self.headers if one == name)


class Piece(NamedTuple):
    """Bytes of the body as they arrived."""

    data: bytes
    ends: bool


class End(NamedTuple):
    """The end of the answer; `ended` is "complete", or "cut" with the bytes it is `owing` where that is known."""

    ended: str
    owing: int = 0


Event = Union[Head, Piece, End]


class ResponseReader:
    """Bytes in, events out: one Head, Pieces, one End. `head_only`: the request was HEAD."""

    def __init__(self, *, head_only: bool = False) -> None:
        self._head_only = head_only
        self._held = bytearray()
        self._head: Optional[Head] = None
        self._left = 0  # bytes still to come: of the body, or of the chunk being read
        self._in_chunk = False
        self._trailers = False
        self._ended = False

    def feed(self, data: bytes) -> List[Event]:
        """Take a block and give what is in it.

        Raises: Malformed.
        """
        self._held += data
        found: List[Event] = []
        if self._head is None:
            self._read_head(found)
        if self._head is None or self._ended:
            return found
        if self._head.framing == "chunked":
            self._chunked(found)
        elif self._head.framing == "close":
            if self._held:
                found.append(Piece(self._take(len(self._held)), True))
        else:
            if self._held and self._left:
                piece = self._take(min(self._left, len(self._held)))
                self._left -= len(piece)
                found.append(Piece(piece, True))
            if not self._left:
                self._end(found)
        return found

    def eof(self) -> End:
        """Tell what the end of the connection means.

        Raises: Malformed when not even a head has come.
        """
        if self._head is None:
            raise Malformed("the connection ended before an answer came")
        whole = self._ended or self._head.framing == "close"
        return End("complete") if whole else End("cut", self._left if self._head.framing == "length" else 0)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _end(self, found: List[Event]) -> None:
        self._ended = True
        found.append(End("complete"))

    def _read_head(self, found: List[Event]) -> None:
        while self._head is None:
            end = self._held.find(b"\r\n\r\n")
            if end < 0:
                if len(self._held) > MOST_HEAD:
                    raise Malformed("the head of the answer is too large")
                return
            head = _parsed(self._take(end + 4)[:-4])
            if head.status >= 200:  # an interim answer is none
                self._head = head
        if self._head_only or self._head.status in NO_BODY:
            self._head = self._head._replace(framing="length", length=0)
        self._left = self._head.length or 0
        found.append(self._head)

    def _chunked(self, found: List[Event]) -> None:
        while self._held or self._in_chunk:
            if self._in_chunk:
                if self._left:
                    if not self._held:
                        return
                    piece = self._take(min(self._left, len(self._held)))
                    self._left -= len(piece)
                    found.append(Piece(piece, not self._left))
                    continue
                if len(self._held) < 2:
                    return
                if self._take(2) != b"\r\n":
                    raise Malformed("a chunk is longer than its size says")
                self._in_chunk = False
                continue
            end = self._held.find(b"\r\n")
            if end < 0:
                if len(self._held) > 4096:
                    raise Malformed("the size line of a chunk is too long")
                return
            line = self._take(end + 2)[:-2]
            if self._trailers:
                if not line:
                    return self._end(found)
                continue
            size = line.partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
                raise Malformed("the size of a chunk is no hexadecimal number")
            self._left = int(size, 16)
            self._trailers = not self._left
            self._in_chunk = bool(self._left)


def _parsed(data: bytes) -> Head:
    lines = data.decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit() and len(status) == 3):
        raise Malformed("the answer is no HTTP/1.1")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise Malformed("a header of the answer has no name")
        headers.append((name.strip().lower(), value.strip(" \t")))
    head = Head(int(status), tuple(headers), "close", None)
    if head.header("transfer-encoding"):
        if head.header("transfer-encoding").lower() != "chunked":
            raise Malformed("the transfer coding of the answer is not known")
        return head._replace(framing="chunked")
    told = {part.strip() for part in head.header("content-length").split(",")} - {""}
    if not told:
        return head
    length = told.pop()
    if told or not (length.isascii() and length.isdigit()):
        raise Malformed("the Content-Length of the answer is no number")
    return head._replace(framing="length", length=int(length))


def unpacked(chunks: Sequence[bytes], coding: str) -> List[bytes]:
    """Give the chunks of a compressed body as those of the plain one, as many as before; some may become empty.

    Raises: ValueError for a coding that the standard library does not know, or a body that is not in it.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return list(chunks)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"the content coding {coding!r} is not known here")
    unpacker = zlib.decompressobj(47 if coding != "deflate" else 15)
    found, total = [], 0
    try:
        for chunk in chunks:
            found.append(unpacker.decompress(chunk, MOST_UNPACKED - total + 1))
            total += len(found[-1])
            if total > MOST_UNPACKED or unpacker.unconsumed_tail:
                raise ValueError(f"the body has more than {MOST_UNPACKED} bytes when it is unpacked")
    except zlib.error as problem:
        raise ValueError(f"the body is not in its content coding {coding!r}: {problem}") from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError(f"the body does not end where its content coding {coding!r} does")
    return found
