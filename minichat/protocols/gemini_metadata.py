"""Gemini's answer, what is said beside its parts: finish reason, safety, grounding, usage, as metadata. Pure.

LangChain's names where it has them (`finish_reason`, `model_name`, `safety_ratings`, `grounding_metadata`,
`prompt_feedback`, their keys as Python spells them); what it drops is kept under the wire's own name spelled likewise
(`citation_metadata`, `url_context_metadata`, `finish_message`, `response_id`, ...), token probabilities as `logprobs`,
and the last report of usage, as it came, as `usage`.
Source: "Gemini API reference", Candidate; langchain-google-genai 4.4.2, by running it; read 2026-11-23.
"""

from __future__ import annotations

import json

from .gemini_parts import snake_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    JSON = Any

__all__ = ["closing_kwargs", "metadata_of", "note", "read_usage", "usage_difference", "warn_blocked"]

NOT_FACTS = frozenset(("candidates", "content", "index"))
# Lists that LangChain gives empty where they did not come.
GROUNDING_LISTS = ("grounding_chunks", "grounding_supports", "web_search_queries", "image_search_queries")
# Facts that a stream tells piece by piece; of all others the last word stands.
PIECEWISE = ("citationMetadata", "logprobsResult")
SAMPLE_RATE = 24000  # of PCM sound whose MIME type does not say; Gemini's TTS models speak at it
# Answered in the same words as asked for: audio/L16;codec=pcm;rate=24000
PCM = ("audio/l16", "audio/pcm")


def note(facts: Dict[str, JSON], told: JSON) -> None:
    """Add to `facts` what a reply or a candidate says of the answer, by the wire's names.

    Raises: TypeError or AttributeError for what cannot be added.
    """
    for name, value in told.items():
        if value is None or name in NOT_FACTS:
            continue
        known = facts.get(name)
        if name in PIECEWISE and known:
            lists = {key: [*known.get(key, ()), *value[key]] for key in value if isinstance(value[key], list)}
            facts[name] = {**known, **value, **lists}
        elif name == "groundingMetadata":
            facts[name] = {**(known or {}), **value}
        elif name == "finishReason" and not isinstance(value, str):
            raise TypeError("a finish reason that is no text")
        else:
            facts[name] = value


def metadata_of(facts: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give `response_metadata` for what was noted."""
    metadata: Dict[str, JSON] = {"model_provider": "google_genai"}
    for name, value in facts.items():
        if name == "usageMetadata":
            metadata["usage"] = value
        elif name == "modelVersion":
            metadata["model_name"] = value
        elif name == "logprobsResult":
            metadata["logprobs"] = snake_case(value)
        else:
            metadata.update(snake_case({name: value}))
    grounding = metadata.get("grounding_metadata")
    if grounding is not None:
        metadata["grounding_metadata"] = {**{name: [] for name in GROUNDING_LISTS}, **grounding}
    if "prompt_feedback" not in metadata or "finish_reason" in metadata:
        metadata.setdefault("safety_ratings", [])
    return metadata


def read_usage(told: JSON) -> Dict[str, JSON]:
    """Give LangChain's `usage_metadata` for a `usageMetadata`; a count that is missing is 0.

    Raises: TypeError for counts that are no numbers.
    """
    thoughts = _count(told, "thoughtsTokenCount")
    usage: Dict[str, JSON] = {
        "input_tokens": _count(told, "promptTokenCount") + _count(told, "toolUsePromptTokenCount"),
        "output_tokens": _count(told, "candidatesTokenCount") + thoughts,
        "total_tokens": _count(told, "totalTokenCount"),
        "input_token_details": {"cache_read": _count(told, "cachedContentTokenCount")},
    }
    heard = _of_sound(told, "promptTokensDetails")
    if heard:
        usage["input_token_details"]["audio"] = heard
    spoken = _of_sound(told, "candidatesTokensDetails")
    details = {name: count for name, count in (("reasoning", thoughts), ("audio", spoken)) if count}
    if details:
        usage["output_token_details"] = details
    return usage


def _count(told: JSON, name: str) -> int:
    count = told.get(name) or 0
    if type(count) is not int:
        raise TypeError(f"{name} that is no whole number")
    return count


def _of_sound(told: JSON, name: str) -> int:
    return sum(_count(one, "tokenCount") for one in told.get(name) or () if one.get("modality") == "AUDIO")


def usage_difference(usage: Dict[str, JSON], before: Optional[Dict[str, JSON]]) -> Dict[str, JSON]:
    """Give what to add to `before` to have `usage`; less than 0 where a later report says less."""
    if before is None:
        return usage
    changed: Dict[str, JSON] = {}
    for name in (*usage, *(name for name in before if name not in usage)):
        value, known = usage.get(name), before.get(name)
        if isinstance(value or known, dict):
            changed[name] = usage_difference(value or {}, known or {})
        else:
            changed[name] = (value or 0) - (known or 0)
    return changed


# -- beside the content -------------------------------------------------------------------


def closing_kwargs(call: Optional[Tuple[str, Dict[str, JSON], str]], sound: Optional[Tuple[str, bytes]]) -> Dict[str, JSON]:
    """Give what LangChain keeps in additional_kwargs of a whole answer: the last call, the sound."""
    extra: Dict[str, JSON] = {}
    if call:
        extra["function_call"] = {"name": call[0], "arguments": json.dumps(call[1])}
    if sound:
        extra["audio"] = _wav(*sound)
    return extra


def _wav(mime_type: str, data: bytes) -> bytes:
    """Give sound as a file that players know: raw PCM (16 bits, mono) gets a WAV head, anything else is one already."""
    kind, *parameters = [one.strip().lower() for one in mime_type.split(";")]
    if kind not in PCM:
        return data
    rates = [one[5:] for one in parameters if one.startswith("rate=") and one[5:].isdecimal() and len(one) < 16]
    rate = int(rates[0]) if rates else SAMPLE_RATE
    # Source: "Multimedia Programming Interface and Data Specifications 1.0", RIFF WAVE, PCM format.
    form = b"".join(number.to_bytes(size, "little") for number, size in ((1, 2), (1, 2), (rate, 4), (rate * 2, 4), (2, 2), (16, 2)))
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little") + form
    return head + b"data" + len(data).to_bytes(4, "little") + data


def warn_blocked(feedback: JSON) -> None:
    """Say that a prompt was refused, as LangChain does: its answer is an empty message."""
    import warnings

    told = feedback.get("blockReasonMessage") or ""
    warnings.warn(
        f"Gemini refused the prompt ({feedback.get('blockReason')}) and answered nothing; see "
        f"response_metadata['prompt_feedback']{': ' if told else ''}{told}",
        stacklevel=2,
    )
