"""`multipart/form-data` taken apart, where a part may say its own length.

LangSmith's parts carry a Content-Length each (or `length=N` beside their type), so what they hold is counted off and
never searched for the boundary: traces may have CRLF, NUL and boundaries of their own in them. A part that tells no
length ends at the next delimiter, as RFC 7578 has it; so does one whose `length=` is too short, for older versions of
the JavaScript SDK counted letters there, and LangSmith's answer to bytes that are not taken is that they are lost.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

__all__ = ["Part", "parts"]

MOST_PARTS = 50_000
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')


class Part(NamedTuple):
    """One part: its name, its content type without parameters, what it holds, the name of its file if it has one."""

    name: str
    type: str
    data: bytes
    filename: str = ""


def parts(body: bytes, content_type: str) -> List[Part]:
    """Take a body apart.

    Raises: ValueError, which says what is wrong and where.
    """
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _parameters(content_type).get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise ValueError("the body is multipart/form-data, with its boundary in Content-Type")
    delimiter = b"--" + boundary.encode("latin-1")
    found: List[Part] = []
    place = 0
    if body[: len(delimiter)] != delimiter:
        place = body.find(b"\r\n" + delimiter) + 2  # a preamble, which RFC 2046 lets be ignored
        if place < 2:
            raise ValueError("the body has no delimiter of the boundary in Content-Type")
    while True:
        place += len(delimiter)
        if body[place : place + 2] == b"--":
            return found
        if body[place : place + 2] != b"\r\n":
            raise ValueError(f"byte {place}: a delimiter ends with CRLF or --")
        if len(found) == MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS:,} parts")
        end = body.find(b"\r\n\r\n", place)
        if end < 0:
            raise ValueError(f"byte {place}: the headers of a part do not end")
        headers = _headers(body[place + 2 : end])
        told = _parameters(headers.get("content-disposition", ""))
        name = told.get("name")
        if name is None:
            raise ValueError(f"byte {place}: a part has no name")
        start = end + 4
        length = _length(headers)
        stop = body.find(b"\r\n" + delimiter, start - 2) if length is None else start + length
        told_beside = length is not None and "content-length" not in headers
        if told_beside and body[stop : stop + 2 + len(delimiter)] != b"\r\n" + delimiter:
            nearest = body.find(b"\r\n" + delimiter, start - 2)
            stop = nearest if nearest > stop else -1  # -1: it is told too long, and another part would be lost in it
        if stop < start or body[stop : stop + 2 + len(delimiter)] != b"\r\n" + delimiter:
            raise ValueError(f"part {name[:100]!r}: no delimiter where it ends")
        kind = headers.get("content-type", "").partition(";")[0].strip()
        found.append(Part(name, kind, body[start:stop], told.get("filename", "")))
        place = stop + 2


def _headers(head: bytes) -> Dict[str, str]:
    headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _length(headers: Dict[str, str]) -> Optional[int]:
    told = headers.get("content-length") or _parameters(headers.get("content-type", "")).get("length")
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and len(told) < 16):
        raise ValueError(f"{told[:30]!r} is no length of a part")
    return int(told)


def _parameters(header: str) -> Dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if plain == "" else plain
        for name, quoted, plain in _PARAMETER.findall(header)
    }
