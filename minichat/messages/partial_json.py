r"""Read JSON that may have been cut off: the arguments of a tool call while they still stream in.

A text is accepted when some continuation would make it JSON. What is known so far is given back:
`{"a": [1, "x` is `{"a": [1, "x"]}`. A key without a value, a half-written `true` and a half-written
escape say nothing yet and are left out; a half-written number stands for what it shows. Anything
that no continuation can mend is a ValueError.

Complete texts go to the C parser at once. Only a cut one is walked here, token by token with an
own stack, so the cost is linear in the text and deep nesting cannot overflow Python's stack.
As in LangChain, raw line breaks inside strings are allowed, and text behind the closing brace is
ignored unless it closes something that was never opened.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["parse_partial_json"]

SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
NUMBER_CUT = re.compile(r"-|(?:\.|(?:\.[0-9]+)?[eE][-+]?)")  # what may follow a number at the end
HEX = "0123456789abcdefABCDEF"
LITERALS = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
SCAN = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]
LEVELS = 8  # to this depth a container that is whole is read by the C parser; one try for each level, so still linear
CUT = object()  # the text ended before this value said anything


def parse_partial_json(text: str) -> Any:
    """Return the value that `text`, complete or cut off, stands for.

    Raises: ValueError when no continuation of `text` is JSON, also for an empty text.
    """
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    except json.JSONDecodeError:
        pass
    value = _walk(text)
    if value is CUT:
        raise ValueError("no JSON value in the text")
    return value


def _walk(text: str) -> Any:
    """Read `text` with an explicit stack of open containers; CUT when it holds no value yet."""
    stack: list[Any] = []
    keys: list[str] = []  # the pending key of each open object, "" beside an array
    root: Any = CUT
    at = 0
    while True:
        # A value has to start here.
        at = SPACE.match(text, at).end()  # type: ignore[union-attr]
        char = text[at : at + 1]
        opened = char in ("{", "[")
        if opened:
            value: Any = {} if char == "{" else []
            at += 1
            if 0 < len(stack) < LEVELS:
                try:
                    value, at = SCAN(text, at - 1)
                    opened = False
                except (ValueError, StopIteration, RecursionError):
                    pass  # cut off somewhere inside
        else:
            value, at = _scalar(text, at)
            if value is CUT:
                return root
        if stack:
            if type(stack[-1]) is dict:
                stack[-1][keys[-1]] = value
            else:
                stack[-1].append(value)
        else:
            root = value
        if opened:
            stack.append(value)
            keys.append("")
        # Close what closes, up to the place of the next value.
        fresh = opened
        while True:
            at = SPACE.match(text, at).end()  # type: ignore[union-attr]
            char = text[at : at + 1]
            if not stack:
                if char in ("}", "]"):
                    raise ValueError(f"nothing open to close at character {at}")
                return root
            if not char:
                return root
            is_object = type(stack[-1]) is dict
            if char == ("}" if is_object else "]"):
                stack.pop()
                keys.pop()
                fresh = False
                at += 1
                continue
            if not fresh:
                if char != ",":
                    raise ValueError(f"expected a comma at character {at}")
                at = SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
            if is_object:
                key, at = _key(text, at)
                if key is CUT:
                    return root
                keys[-1] = key
            break


def _key(text: str, at: int) -> Any:
    """Read `"key" :`; (CUT, at) when the text ends before the colon."""
    if at >= len(text):
        return CUT, at
    if text[at] != '"':
        raise ValueError(f"expected a key at character {at}")
    key, at = _string(text, at + 1)
    at = SPACE.match(text, at).end()  # type: ignore[union-attr]
    if at >= len(text):
        return CUT, at
    if text[at] != ":":
        raise ValueError(f"expected a colon at character {at}")
    return key, at + 1


def _scalar(text: str, at: int) -> Any:
    """Read a string, number or literal at `at`; (CUT, at) when the text ends too early."""
    if at >= len(text):
        return CUT, at
    if text[at] == '"':
        return _string(text, at + 1)
    number = NUMBER.match(text, at)
    if number:
        end = number.end()
        if end < len(text) and NUMBER_CUT.fullmatch(text, end):
            end = len(text)
        return json.loads(number.group()), end
    for word, value in LITERALS.items():
        if text.startswith(word, at):
            return value, at + len(word)
        if word.startswith(text[at : at + len(word)]):
            return CUT, at
    raise ValueError(f"no JSON value at character {at}")


def _string(text: str, at: int) -> Any:
    """Read the string whose opening quote is before `at`; a cut one ends where the text ends."""
    try:
        return scanstring(text, at, False)
    except json.JSONDecodeError:
        pass
    end = _before_half_escape(text, at)
    value, stop = scanstring(text[at:end] + '"', 0, False)
    if stop != end - at + 1:
        raise ValueError(f"broken escape in the string at character {at}")
    if value and "\ud800" <= value[-1] <= "\udbff":
        value = value[:-1]  # the first half of a surrogate pair; the second is still to come
    return value, len(text)


def _before_half_escape(text: str, at: int) -> int:
    """Return where the string that starts at `at` ends, without an escape cut in two."""
    end = start = len(text)
    while start > at and end - start < 4 and text[start - 1] in HEX:
        start -= 1
    if end - start < 4 and text[start - 1 : start] == "u":
        start -= 1
    else:
        start = end
    held = text[at:start]
    return start - 1 if (len(held) - len(held.rstrip("\\"))) % 2 else end
