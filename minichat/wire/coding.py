"""Undo a content coding that nobody asked for. Sans-IO.

We say `Accept-Encoding: identity`, since compressed event streams arrive late; some gateways compress
all the same. gzip and deflate are undone (the standard library has them), any other is refused by name.
Source: RFC 9110, section 8.4.
"""

from __future__ import annotations

from ..errors import IncompleteStream, ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

__all__ = ["ContentDecoder", "content_decoder"]

GZIP_OR_ZLIB = 47  # zlib's window bits: 15, plus 32 to tell the two by their header


class ContentDecoder:
    """Compressed bytes in, cut anywhere; plain bytes out, at most `max_bytes` of them in all."""

    def __init__(self, max_bytes: int) -> None:
        import zlib

        self._left = max_bytes
        self._stream = zlib.decompressobj(GZIP_OR_ZLIB)
        self._broken = zlib.error

    def feed(self, data: bytes) -> bytes:
        """Give what these bytes add; b"" when that is nothing yet.

        Raises: `ProtocolError` when they are not compressed as was said.
        """
        try:
            plain = self._stream.decompress(data, self._left + 1)
        except self._broken as error:
            raise ProtocolError(f"the body is not compressed as its head says: {error}", raw=data) from error
        self._left -= len(plain)
        if self._left < 0:  # a few bytes can swell to a thousand times as many
            raise ProtocolError("the compressed body is too long; Limits(max_body_bytes=...) allows more", raw=data)
        return plain

    def close(self) -> None:
        """The body has ended.

        Raises: `IncompleteStream` when its compressed form has not.
        """
        if not self._stream.eof:
            raise IncompleteStream("the compressed body ended before its own end")


def content_decoder(coding: str, max_bytes: int) -> Optional[ContentDecoder]:
    """Give the decoder for a Content-Encoding; None for none.

    Raises: `ProtocolError` for one that the standard library cannot undo.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return ContentDecoder(max_bytes)
    raise ProtocolError(f"the body is coded as {name[:40]!r}, although no coding was asked for")
