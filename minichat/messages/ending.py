"""Why a model's answer ended, in one word for all providers.

Each says it in its own place and words, which stay as they are in `response_metadata`: OpenAI's `finish_reason`,
Anthropic's `stop_reason`, Google's `finish_reason` in capitals, the Responses API's `incomplete_details`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

__all__ = ["ending_of"]

# Sources: OpenAI, "Chat Completions" and "Responses"; Anthropic, "Handling stop reasons"; Mistral's and Google's
# SDKs (FinishReason), read 2026-11-23.
LENGTH = frozenset(
    "length max_tokens max_output_tokens model_length model_context_window_exceeded MAX_TOKENS".split()
)
FILTERED = frozenset(
    "content_filter SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT "
    "IMAGE_RECITATION MODEL_ARMOR".split()
)
PLACES = ("finish_reason", "stop_reason")


def ending_of(message: Any) -> Optional[str]:
    """Give "length" where a limit of tokens cut the answer off, "filtered" where a filter stopped it, else None."""
    metadata = message.response_metadata
    details = metadata.get("incomplete_details")
    told = [metadata.get(place) for place in PLACES]
    told.append(details.get("reason") if isinstance(details, dict) else None)
    for word in told:
        if isinstance(word, str):
            if word in LENGTH:
                return "length"
            if word in FILTERED:
                return "filtered"
    feedback = metadata.get("prompt_feedback")
    if isinstance(feedback, dict) and (feedback.get("block_reason") or feedback.get("blockReason")):
        return "filtered"
    return None
