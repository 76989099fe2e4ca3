"""Log probabilities of the right shape: deterministic numbers, the token itself first among its alternatives."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from ..replies.reply import Part, Refusal, Text

__all__ = ["compact", "listed", "of"]


def of(parts: Sequence[Part], top: int) -> str:
    """Give the `logprobs` of a whole answer as indented JSON."""
    return json.dumps(_value(parts, top), indent=2, ensure_ascii=False).replace("\n", "\n      ")


def compact(parts: Sequence[Part], top: int) -> str:
    """Give the `logprobs` of a piece as compact JSON."""
    return json.dumps(_value(parts, top), separators=(",", ":"), ensure_ascii=False)


def listed(parts: Sequence[Part], top: int) -> str:
    """Give the log probabilities of pieces as the Responses API does: one list, keys in alphabetical order."""
    entries = [_entry(part.text, top) for part in parts if isinstance(part, Text)]
    return json.dumps(entries, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _value(parts: Sequence[Part], top: int) -> Dict[str, Any]:
    content = [_entry(part.text, top) for part in parts if isinstance(part, Text)]
    refusal = [_entry(part.text, top) for part in parts if isinstance(part, Refusal)]
    return {"content": content or (None if refusal else []), "refusal": refusal or None}


def _entry(token: str, top: int) -> Dict[str, Any]:
    entry = _probability(token, 0)
    entry["top_logprobs"] = [_probability(token, rank) for rank in range(top)]
    return entry


def _probability(token: str, rank: int) -> Dict[str, Any]:
    text = token + "'" * rank if rank else token
    spelt: List[int] = list(text.encode("utf-8", "replace"))
    return {"token": text, "logprob": round(-0.01 * (1 + len(token) % 7) - 2.5 * rank, 4), "bytes": spelt}
