"""What is known about OpenAI's models: which names are ordinary, which reason, how much they hold.

Figures from the model pages of OpenAI's documentation as remembered; a test should not lean on the exact sizes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, Optional

from ..replies import behaviours

__all__ = ["LISTED", "Model", "find"]

ORDINARY = re.compile(r"(ft:)?(gpt-|chatgpt-|o[134](-|$))")
# `GET /models` names these besides the ready behaviours.
LISTED = (
    "gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini", "chatgpt-4o-latest", "gpt-4.1", "gpt-4.1-mini",
    "gpt-4.1-nano", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.5", "gpt-5.6",
    "gpt-5.6-sol", "o1", "o3", "o3-mini", "o4-mini",
)  # fmt: skip
# An alias is answered with the name of its snapshot (seen in the recordings).
SNAPSHOTS = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.2": "gpt-5.2-2025-12-11",
    "gpt-5.4": "gpt-5.4-2026-03-05",
    "gpt-5.6": "gpt-5.6-sol",
    "o4-mini": "o4-mini-2025-04-16",
}
# Prefix of the name -> tokens of context, tokens of completion. First match wins.
SIZES = (
    ("gpt-3.5", 16_385, 4_096),
    ("gpt-4o", 128_000, 16_384),
    ("gpt-4.1", 1_047_576, 32_768),
    ("gpt-4-turbo", 128_000, 4_096),
    ("gpt-4-1106", 128_000, 4_096),
    ("gpt-4", 8_192, 8_192),
    ("gpt-5", 400_000, 128_000),
    ("o", 200_000, 100_000),
    ("", 128_000, 16_384),
)


class Model(NamedTuple):
    """A model that can be asked."""

    name: str
    snapshot: str
    context: int
    completion: int
    reasons: bool
    ordinary: bool

    @property
    def fingerprinted(self) -> bool:
        """Tell whether `system_fingerprint` says something; null for gpt-3.5 in all recordings of it."""
        return not self.reasons and not self.name.startswith("gpt-3.5")

    def thinks(self, effort: Any) -> bool:
        """Tell whether this request reasons: gpt-5.1 and gpt-5.2 do so only when asked to."""
        if not self.reasons or effort == "none":
            return False
        return effort is not None or not re.match(r"gpt-5\.[12]\b", self.name)


@lru_cache(maxsize=256)
def find(name: str, *, any_name: bool = False) -> Optional[Model]:
    """Look a model up, or give None when OpenAI would not know it (and not `any_name` will do)."""
    ordinary = bool(ORDINARY.match(name))
    if not ordinary and not behaviours.is_fake(name) and not any_name:
        return None
    base = name[3:] if name.startswith("ft:") else name
    _, context, completion = next(row for row in SIZES if base.startswith(row[0]))
    reasons = bool(re.match(r"o[134](-|$)|gpt-5(?!.*chat)", base))
    return Model(name, SNAPSHOTS.get(name, name), context, completion, reasons, ordinary)
