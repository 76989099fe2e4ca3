"""What Anthropic's models can do, as far as a request has to know it.

A model that is not in the table gets nothing of this: 4,096 tokens, no system message in place, no thinking that
was not asked for. The API judges whatever is sent.
Source: the profile table of langchain-anthropic 1.7.10 (`data/_profiles.py`); Anthropic, "Models"; read 2026-11-23.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import FrozenSet, Tuple

__all__ = ["adapts_thinking", "output_limit", "takes_forced_choice", "takes_system_in_place"]

FALLBACK_LIMIT = 4096
# Model, without its date -> the most tokens it gives (0: not told), and what it can do besides:
# "adapts": thinks as much as `effort` says, up to "xhigh"; "system": takes system messages in place;
# "free": cannot be made to call a tool.
MODELS = {
    "claude-haiku-4-5": (64_000, ""),
    "claude-sonnet-4-5": (64_000, ""),
    "claude-opus-4-5": (64_000, ""),
    "claude-opus-4-6": (128_000, ""),
    "claude-sonnet-4-6": (128_000, ""),
    "claude-opus-4-7": (128_000, "adapts"),
    "claude-opus-4-8": (128_000, "adapts system"),
    "claude-opus-5": (128_000, "adapts system"),
    "claude-opus-5-5": (128_000, "adapts system free"),
    "claude-sonnet-5": (128_000, "adapts system"),
    "claude-sonnet-5-5": (128_000, "adapts system free"),
    "claude-haiku-5-5": (128_000, "system"),
    "claude-fable-5": (128_000, "adapts system"),
    "claude-fable-5-1": (128_000, "adapts system free"),
    "claude-mythos-5": (0, "system"),
    "claude-mythos-5-1": (0, "system"),
}


def output_limit(model: str) -> int:
    """Give the `max_tokens` of a request that says none; the API demands a number. Units: tokens."""
    return _known(model)[0] or FALLBACK_LIMIT


def adapts_thinking(model: str) -> bool:
    """Tell whether a model takes `thinking={"type": "adaptive"}` beside an effort."""
    return "adapts" in _known(model)[1]


def takes_system_in_place(model: str) -> bool:
    """Tell whether a model takes a system message behind a user's turn."""
    return "system" in _known(model)[1]


def takes_forced_choice(model: str) -> bool:
    """Tell whether a model can be made to call a tool."""
    return "free" not in _known(model)[1]


def _known(model: str) -> Tuple[int, FrozenSet[str]]:
    limit, words = MODELS.get(re.sub(r"-\d{8}$", "", model), (0, ""))
    return limit, frozenset(words.split())
