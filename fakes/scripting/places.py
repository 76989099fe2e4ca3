"""JSON read with the place of every value and name, so that an error in a script can say line and column.

The standard library's reader forgets places and takes the last of two equal names; this one keeps both, and says what
to do about the usual slips (a comma too many, single quotes, comments, Python's words). It is strict JSON otherwise.
A path is the names and indexes from the top; lines and columns count from 1, columns in characters.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, NamedTuple, Tuple, Union

__all__ = ["Document", "Misread", "Path", "parse", "spelled"]

Path = Tuple[Union[str, int], ...]
DEEPEST = 100  # objects and lists inside each other
SPACE = re.compile(r"[ \t\r\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
WORD = re.compile(r"[A-Za-z_]+")
PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*')  # without its end
HALF = re.compile("[\ud800-\udfff]")
CONSTANTS = {"true": True, "false": False, "null": None}
MEANT = {"True": "true", "False": "false", "None": "null", "undefined": "null", "NaN": "null", "Infinity": "a number"}


class Misread(ValueError):
    """What is read is no JSON; `offset` is where."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(text)
        self.offset = offset


class Document(NamedTuple):
    """A JSON value, and where its parts stand in the text: path -> offset, of values and of names."""

    value: Any
    values: Dict[Path, int]
    names: Dict[Path, int]
    repeated: List[Tuple[Path, int]]  # names that stand more than once in their object; the first counts


def parse(text: str) -> Document:
    """Read a text.

    Raises: Misread.
    """
    reader = _Reader(text)
    value, end = reader.value(reader.skip(0), ())
    end = reader.skip(end)
    if end < len(text):
        raise Misread(f"{text[end]!r} after the end of the value; a file has one JSON value", end)
    return Document(value, reader.values, reader.names, reader.repeated)


def line_and_column(text: str, offset: int) -> Tuple[int, int]:
    """Give the line and column of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def spelled(path: Path) -> str:
    """Write a path: rules[1].when.header["x-a"]."""
    steps = [
        f"[{step}]" if isinstance(step, int) else f".{step}" if PLAIN.fullmatch(step) else f'["{step}"]'
        for step in path
    ]
    return "".join(steps).lstrip(".") or "the script"


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.values: Dict[Path, int] = {}
        self.names: Dict[Path, int] = {}
        self.repeated: List[Tuple[Path, int]] = []

    def skip(self, place: int) -> int:
        match = SPACE.match(self.text, place)
        assert match is not None  # it matches nothing, too
        place = match.end()
        if self.text.startswith(("//", "/*", "#"), place):
            raise Misread('JSON has no comments; write a field "comment"', place)
        return place

    def value(self, place: int, path: Path) -> Tuple[Any, int]:
        """Read the value that begins at an offset, and give it and the offset behind it."""
        self.values[path] = place
        if len(path) > DEEPEST:
            raise Misread(f"more than {DEEPEST} objects and lists inside each other", place)
        first = self.text[place : place + 1]
        if first == "{":
            return self._object(place, path)
        if first == "[":
            return self._list(place, path)
        if first == '"':
            return self._string(place)
        number = NUMBER.match(self.text, place)
        if number is not None:
            return _number(number), number.end()
        word = WORD.match(self.text, place)
        if word is not None and word.group() in CONSTANTS:
            return CONSTANTS[word.group()], word.end()
        raise Misread(self._expected("a value", place), place)

    def _object(self, opened: int, path: Path) -> Tuple[Dict[str, Any], int]:
        members: Dict[str, Any] = {}
        place = self.skip(opened + 1)
        if self.text[place : place + 1] == "}":
            return members, place + 1
        while True:
            if self.text[place : place + 1] != '"':
                raise Misread(self._expected("a name in double quotes", place, opened), place)
            name, end = self._string(place)
            below = (*path, name)
            again = name in members
            if again:
                self.repeated.append((below, place))
                below = (*path, name, -len(self.repeated))  # its places must not replace those of the first
            else:
                self.names[below] = place
            end = self.skip(end)
            if self.text[end : end + 1] != ":":
                raise Misread(self._expected(f"a colon after {name!r:.60}", end, opened), end)
            value, end = self.value(self.skip(end + 1), below)
            if not again:
                members[name] = value
            place, done = self._next(end, "}", opened)
            if done:
                return members, place

    def _list(self, opened: int, path: Path) -> Tuple[List[Any], int]:
        items: List[Any] = []
        place = self.skip(opened + 1)
        if self.text[place : place + 1] == "]":
            return items, place + 1
        while True:
            item, end = self.value(place, (*path, len(items)))
            items.append(item)
            place, done = self._next(end, "]", opened)
            if done:
                return items, place

    def _next(self, end: int, closing: str, opened: int) -> Tuple[int, bool]:
        """Go over the comma or the closing sign behind an item."""
        place = self.skip(end)
        sign = self.text[place : place + 1]
        if sign == closing:
            return place + 1, True
        if sign != ",":
            raise Misread(self._expected(f"a comma or {closing!r}", place, opened), place)
        following = self.skip(place + 1)
        if self.text[following : following + 1] in ("}", "]"):
            raise Misread(f"a comma before {self.text[following]!r}; leave it out", place)
        return following, False

    def _string(self, place: int) -> Tuple[str, int]:
        match = STRING.match(self.text, place)
        assert match is not None  # the caller saw the quote
        end = match.end()
        after = self.text[end : end + 1]
        if not after or after == "\\" and end + 1 == len(self.text):
            raise Misread("a text that does not end; close it with a double quote", place)
        if after != '"':
            raise Misread(
                r"a line break or other control character in a text; close the text before it, or write \n, \t, \u00XX",
                end,
            )
        try:
            text = str(json.loads(self.text[place : end + 1]))
        except json.JSONDecodeError as problem:
            raise Misread(
                r'after a backslash comes one of " \ / b f n r t or u and four digits', place + problem.pos
            ) from None
        half = HALF.search(text)
        if half:
            raise Misread(f"\\u{ord(half.group()):04x} is one half of a character; write both halves", place)
        return text, end + 1

    def _expected(self, wanted: str, place: int, opened: int = -1) -> str:
        found = self.text[place : place + 1]
        if not found:
            inside = (
                f"; what was opened in line {line_and_column(self.text, opened)[0]} is not closed"
                if opened >= 0
                else ""
            )
            return f"the end of the file instead of {wanted}{inside}"
        word = WORD.match(self.text, place)
        if found == "'":
            return f"a single quote instead of {wanted}; texts and names are in double quotes"
        if word is not None:
            meant = MEANT.get(word.group())
            remedy = f"; JSON writes {meant}" if meant else "; texts and names are in double quotes"
            return f"{word.group()[:40]!r} instead of {wanted}{remedy}"
        return f"{found!r} instead of {wanted}"


def _number(match: "re.Match[str]") -> Union[int, float]:
    text = match.group()
    if len(text) > 400:
        raise Misread("a number with more than 400 signs", match.start())
    if match.group(1) is None and match.group(2) is None:
        return int(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Misread(f"the number {text} is too large", match.start())
    return value
