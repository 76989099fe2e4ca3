"""Chat Completions, what it cost: a reply's `usage` in LangChain's words. Pure.

OpenAI tells details of prompt and completion; others tell a cached part beside the sums, or the whole usage of a
stream in a place of their own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from ..messages import UsageMetadata

    JSON = Any

__all__ = ["usage_metadata", "usage_of"]

# LangChain's name and OpenAI's.
INPUT_DETAILS = (("audio", "audio_tokens"), ("cache_read", "cached_tokens"), ("cache_creation", "cache_write_tokens"))
OUTPUT_DETAILS = (("audio", "audio_tokens"), ("reasoning", "reasoning_tokens"))


def usage_of(payload: JSON) -> JSON:
    """Give the usage of a reply or chunk; Groq tells it of a stream under a name of its own."""
    usage = payload.get("usage") or (payload.get("x_groq") or {}).get("usage")
    if usage or not payload.get("choices"):
        return usage
    return payload["choices"][0].get("usage")  # Moonshot (Kimi) tells it in the last choice


def usage_metadata(usage: JSON, service_tier: Optional[str] = None) -> UsageMetadata:
    """Give LangChain's `usage_metadata` for a `usage` object; details only where they were sent."""
    input_tokens = usage.get("prompt_tokens") or 0
    output_tokens = usage.get("completion_tokens") or 0
    # Tokens of these tiers are priced apart, so LangChain counts them under names of their own.
    tier = f"{service_tier}_" if service_tier in ("priority", "flex") else ""
    details_in = _details(usage.get("prompt_tokens_details"), tier, INPUT_DETAILS)
    if not details_in:
        cached = usage.get("cached_tokens", usage.get("prompt_cache_hit_tokens"))  # Together's, DeepSeek's
        if isinstance(cached, int):
            details_in = _details({"cached_tokens": cached}, tier, INPUT_DETAILS)
    details_out = _details(usage.get("completion_tokens_details"), tier, OUTPUT_DETAILS)
    if tier:
        details_in[tier[:-1]] = input_tokens - details_in.get(f"{tier}cache_read", 0)
        details_out[tier[:-1]] = output_tokens - details_out.get(f"{tier}reasoning", 0)
    total = usage.get("total_tokens")
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens if total is None else total,
        "input_token_details": details_in,  # type: ignore[typeddict-item]  # with the tiers' own names
        "output_token_details": details_out,  # type: ignore[typeddict-item]
    }


def _details(told: JSON, tier: str, names: JSON) -> Dict[str, int]:
    if not told:
        return {}
    counted = ((name if name == "audio" else tier + name, told.get(field)) for name, field in names)
    return {name: count for name, count in counted if count is not None}
