"""What an answer of Anthropic's cost: the `usage` object as LangChain's `usage_metadata`. Pure.

`input_tokens` on the wire leaves out what was read from the cache or written to it; LangChain's total counts it in.
In a stream, `message_start` tells the input and `message_delta` the output; newer models repeat the input there,
with larger numbers where server tools have added to it, older ones do not. The numbers are totals so far: the
later one replaces the earlier, and what is not said again stands.
Source: Anthropic, "Streaming messages", "Prompt caching" and "Compaction", read 2026-11-23; recordings.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from ..messages import UsageMetadata

    JSON = Any

__all__ = ["merge_usage", "usage_metadata"]

BY_LIFETIME = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
READ = "cache_read_input_tokens"
WRITTEN = "cache_creation_input_tokens"
COUNTED = ("input_tokens", "output_tokens", READ, WRITTEN)


def merge_usage(before: Dict[str, JSON], after: JSON) -> Dict[str, JSON]:
    """Give what is known of a stream's usage after another `usage` object. Raises: TypeError for what is none."""
    if not isinstance(after, dict):
        raise TypeError(f"usage that is a {type(after).__name__}")
    merged = {**before, **{name: value for name, value in after.items() if value is not None or name not in before}}
    if not merged.get("input_tokens") and before.get("input_tokens") and not after.get("iterations"):
        merged["input_tokens"] = before["input_tokens"]  # a server that does not count again: totals do not fall to 0
    usage_metadata(merged)  # raises here, where it came, if it counts nothing
    if after.get(WRITTEN) not in (None, before.get(WRITTEN)) and after.get("cache_creation") is None:
        merged.pop("cache_creation", None)  # it split up an earlier total
    return merged


def usage_metadata(usage: JSON) -> UsageMetadata:
    """Give LangChain's `usage_metadata` for a `usage` object; details only where they were sent.

    The tokens written to the cache are counted once: under their lifetimes where these are told, else as
    `cache_creation`.

    Raises: TypeError, AttributeError for what is no usage.
    """
    if not any(usage.get(name) for name in COUNTED) and usage.get("iterations"):
        # Of a reply that only compacted the conversation the top level says 0: it leaves compaction out.
        usage = {name: sum(_count(one.get(name)) for one in usage["iterations"]) for name in COUNTED}
    read, written = _count(usage.get(READ)), _count(usage.get(WRITTEN))
    split = usage.get("cache_creation") or {}
    lifetimes = {name: _count(split[name]) for name in BY_LIFETIME if split.get(name) is not None}
    by_lifetime = sum(lifetimes.values())
    details: Dict[str, int] = {}
    if usage.get(READ) is not None:
        details["cache_read"] = read
    if by_lifetime or usage.get(WRITTEN) is not None:
        details["cache_creation"] = 0 if by_lifetime else written
    input_tokens = _count(usage.get("input_tokens")) + read + (by_lifetime or written)
    output_tokens = _count(usage.get("output_tokens"))
    counted: UsageMetadata = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "input_token_details": {**details, **lifetimes},  # type: ignore[typeddict-item]  # with the lifetimes' names
    }
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    if thought is not None:
        counted["output_token_details"] = {"reasoning": _count(thought)}
    return counted


def _count(value: JSON) -> int:
    if value is None:
        return 0
    if not isinstance(value, int):
        raise TypeError(f"a number of tokens that is a {type(value).__name__}")
    return value
