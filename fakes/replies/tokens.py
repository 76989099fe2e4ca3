"""Text as token-sized pieces, and the count of them.

No tokenizer is at hand, and none is needed: a fake must only stream in pieces of a natural size and count the same
text alike every time. A piece is a run of at most seven letters with the space before it, up to three digits, a run
of signs, or white space; `"".join(split(text)) == text` always holds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Tuple

__all__ = ["count", "count_chat", "split"]

PIECE = re.compile(r" ?[^\W\d_]{1,7}| ?\d{1,3}| ?[^\w\s]{1,4}|\s+|_+|.", re.DOTALL)
LONGEST_KEPT = 2_000  # characters; longer texts are split anew each time instead of filling memory


def split(text: str) -> Tuple[str, ...]:
    """Cut a text into token-sized pieces whose concatenation is the text."""
    return _kept(text) if len(text) <= LONGEST_KEPT else tuple(PIECE.findall(text))


@lru_cache(maxsize=1024)
def _kept(text: str) -> Tuple[str, ...]:
    return tuple(PIECE.findall(text))


def count(text: str) -> int:
    """Count the pieces of a text."""
    return len(split(text))


def count_chat(value: Any) -> int:
    """Count the pieces of all texts in a JSON value: keys do not count, binary data counts as one image's worth."""
    if isinstance(value, str):
        return 85 if value.startswith("data:") else count(value)
    if isinstance(value, dict):
        return sum(count_chat(item) for item in value.values())
    if isinstance(value, list):
        return sum(count_chat(item) for item in value)
    return 1 if value is not None else 0
