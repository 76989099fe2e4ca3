"""Compression that nobody asked for is undone, or refused by name."""

import gzip
import zlib

import pytest

from minichat.errors import IncompleteStream, ProtocolError
from minichat.wire.coding import content_decoder

TEXT = b"data: hello\n\n" * 50


@pytest.mark.parametrize("coding, body", [("gzip", gzip.compress(TEXT)), ("X-GZIP ", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))])
@pytest.mark.parametrize("step", [1, 7, 10000])
def test_a_compressed_body_is_undone_however_it_is_cut(coding, body, step):
    decoder = content_decoder(coding, 10**6)
    assert b"".join(decoder.feed(body[i : i + step]) for i in range(0, len(body), step)) == TEXT
    decoder.close()


@pytest.mark.parametrize("coding", ["", "identity", " Identity"])
def test_no_coding_needs_no_decoder(coding):
    assert content_decoder(coding, 10**6) is None


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br"])
def test_a_coding_that_cannot_be_undone_is_named(coding):
    with pytest.raises(ProtocolError, match=coding):
        content_decoder(coding, 10**6)


def test_what_is_not_compressed_is_refused():
    with pytest.raises(ProtocolError, match="not compressed"):
        content_decoder("gzip", 10**6).feed(TEXT)


def test_a_cut_body_is_incomplete():
    body = gzip.compress(TEXT)
    for end in range(len(body)):
        decoder = content_decoder("gzip", 10**6)
        decoder.feed(body[:end])
        with pytest.raises(IncompleteStream):
            decoder.close()


def test_a_body_that_swells_beyond_its_limit_is_refused():
    bomb = gzip.compress(b"x" * 1_000_000)
    assert content_decoder("gzip", 1_000_000).feed(bomb) == b"x" * 1_000_000
    with pytest.raises(ProtocolError, match="max_body_bytes"):
        content_decoder("gzip", 999_999).feed(bomb)
