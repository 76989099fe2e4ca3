"""What the API says of a body that is not JSON: what it expected, the bytes around the place, a caret below it.

The sentences are those of protobuf's `json_stream_parser.cc` and of error bodies seen in public (googlecodelabs
/feedback#441: "Expected , or } after key:value pair." with 20 bytes either side). Python's parser finds the place; the
API's own is more lenient (bare names, single quotes, commas at the end), which is not imitated: a client that sends
such a thing should hear of it.
"""

from __future__ import annotations

import json
from typing import Tuple

from ..serving.http11 import TOO_DEEP

__all__ = ["complaint"]

AROUND = 20  # bytes quoted on each side
EXPECTED = (  # what Python says -> what the API says
    ("Expecting property name", "Expected an object key or }."),
    ("Expecting ':'", "Expected : between key:value pair."),
    ("Extra data", "Parsing terminated before end of input."),
    ("Unterminated string", "Closing quote expected in string."),
    ("Invalid \\", "Invalid escape sequence."),
    ("Invalid control character", "Closing quote expected in string."),
)


def complaint(body: bytes, problem: ValueError) -> str:
    """Give the sentence for a body, and what `Request.json` said of it."""
    if isinstance(problem, UnicodeDecodeError):
        return "Invalid JSON payload received. Encountered non UTF-8 code points."
    if str(problem) == TOO_DEEP:
        return "Invalid JSON payload received. Message too deep. Max recursion depth reached for key ''"
    text = body.decode("utf-8")
    if isinstance(problem, json.JSONDecodeError):
        sentence, place = _translated(problem, text)
    else:  # NaN and Infinity are what is left: Python reads them
        word = min((at for at in map(text.find, ("NaN", "Infinity")) if at >= 0), default=0)
        sentence, place = "Unexpected token.", word
    # A place at which the first pass waits for more input is quoted from there on (both documents above).
    begin = place if sentence.startswith(("Unexpected end", "Closing quote")) else max(0, place - AROUND)
    return f"Invalid JSON payload received. {sentence}\n{text[begin : place + AROUND]}\n{' ' * (place - begin)}^"


def _translated(error: json.JSONDecodeError, text: str) -> Tuple[str, int]:
    place = error.pos
    ended = not text[place:].strip()
    if error.msg.startswith("Expecting ',' delimiter"):
        inside = _in_array(text[:place])
        sentence = "Expected , or ] after array value." if inside else "Expected , or } after key:value pair."
    elif error.msg.startswith("Expecting value"):
        sentence = "Expected a value." if ended else "Unexpected token."
    else:
        sentence = next(said for seen, said in EXPECTED if error.msg.startswith(seen))
    if ended:
        return "Unexpected end of string. " + sentence, len(text)
    return sentence, place


def _in_array(text: str) -> bool:
    """Tell whether the innermost bracket that is open at the end of a text is a square one."""
    opened = []
    inside = escaped = False
    for sign in text:
        if inside:
            inside = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            inside = True
        elif sign in "[{":
            opened.append(sign)
        elif sign in "]}" and opened:
            opened.pop()
    return bool(opened) and opened[-1] == "["
