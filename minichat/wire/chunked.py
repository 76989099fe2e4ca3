"""The chunked body of an HTTP/1.1 reply: its bytes in, its payload out (RFC 9112, 7.1).

Strategy. A chunk that lies whole in the block, behind a bare size line, is cut out by the short way in
`feed`; that is nearly all of them. What the end of a block can cut waits: a line in `_held`, a payload
and the CRLF behind it as the count `_left`. No byte is searched twice, and what is held is bounded.

Strict where proxies and clients have been played off against each other: every line ends in CRLF (the
tolerance for a lone LF in 2.2 is for heads), a size is hexadecimal digits alone, and exactly a CRLF
follows a payload. Extensions and trailer fields are passed over, but counted against the bound.
"""

from __future__ import annotations

from ..errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

__all__ = ["ChunkedDecoder"]

HEX = b"0123456789abcdefABCDEF"
SIZE_DIGITS = 20  # more than 64 bits need, so that some leading zeros pass
SIZE_LINE, PAYLOAD, TRAILER = range(3)  # where the next byte belongs


class ChunkedDecoder:
    r"""Take the payload out of one chunked body.

    `max_line_bytes`: of a size line with its extensions, and of all trailer fields together.
    `complete`: the empty line behind the last chunk came. `excess`: what came behind that.

    >>> decoder, parts = ChunkedDecoder(max_line_bytes=1024), []
    >>> decoder.feed(b"5\r\nHello\r\n0\r\n\r\nHTTP/1.1", parts)
    >>> parts, decoder.complete, decoder.excess
    ([b'Hello'], True, b'HTTP/1.1')
    """

    __slots__ = ("max_line_bytes", "complete", "excess", "_held", "_left", "_place", "_trailer_bytes")

    __slots__ = (
        "max_line_bytes",
        "complete",
        "excess",
        "_held",
        "_left",
        "_place",
        "_trailer_bytes",
    )

    def __init__(self, *, max_line_bytes: int) -> None:
        self.max_line_bytes = max_line_bytes
        self.complete = False
        self.excess = b""
        self._held = bytearray()  # a size or trailer line that is cut
        self._left = 0  # bytes to come of a cut chunk: its payload and the CRLF behind it
        self._place = SIZE_LINE
        self._trailer_bytes = 0

    @property
    def where(self) -> str:
        """Where the body stands, for the error message when it ends there."""
        if self._place == PAYLOAD:
            return f"inside a chunk, {max(0, self._left - 2)} bytes before its end"
        return "before the last chunk" if self._place == SIZE_LINE else "before the end of the trailer"

    def feed(self, data: bytes, parts: list[bytes]) -> None:
        """Append the payload that `data` holds to `parts`, also where an error follows it.

        Raises: ProtocolError.
        """
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
                end = data.find(b"\n", position)
                if end < 0:
                    self._hold(data[position:])
                    return
                line = data[position:end]
                start = end + 1
            if line.lstrip(HEX) != b"\r" or not 1 < len(line) <= SIZE_DIGITS:
                line = self._digits(line)
            size = int(line, 16)  # a CR behind the digits does not trouble it
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
        """Pass over trailer fields, up to the empty line that ends the body."""
        while position < len(data):
            found = self._rest_of_line(data, position)
            if found is None:
                return
            line, position = found
            self._check_end(line)
            if line == b"\r":
                self.complete = True
                self.excess = data[position:]
                return
            self._trailer_bytes += len(line) + 1

    def _rest_of_line(self, data: bytes, position: int) -> Optional[tuple[bytes, int]]:
        """Give a line up to its LF, perhaps begun in an earlier block, and the position behind it.

        None: the block's end cuts it.
        """
        end = data.find(b"\n", position)
        if end < 0:
            self._hold(data[position:])
            return None
        line = bytes(self._held) + data[position:end]
        self._held.clear()
        self._check_size(len(line) + 1)
        return line, end + 1

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        self._check_size(len(self._held))

    def _digits(self, line: bytes) -> bytes:
        """Give the hexadecimal digits of a size line; its extension is passed over."""
        self._check_size(len(line) + 1)
        self._check_end(line)
        size, _, extension = line[:-1].partition(b";")
        size = size.rstrip(b" \t")
        if not 0 < len(size) <= SIZE_DIGITS or size.translate(None, HEX) or b"\r" in extension:
            raise ProtocolError("bad chunk: not a size", raw=line)
        return size

    def _check_size(self, size: int) -> None:
        if self._trailer_bytes + size > self.max_line_bytes:
            what = "trailer" if self._place == TRAILER else "chunk-size line"
            what = f"the reply's {what} is over {self.max_line_bytes} bytes"
            raise ProtocolError(f"{what}; Limits(max_head_bytes=...) allows more")

    def _check_end(self, line: bytes) -> None:
        if not line.endswith(b"\r"):
            raise ProtocolError("bad chunk: a line that ends in LF alone", raw=line)
