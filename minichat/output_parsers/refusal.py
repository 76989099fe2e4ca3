"""Refusals: an answer that says no is told as such, not as a broken answer.

Source: OpenAI, "Structured Outputs", section "Refusals" (a `refusal` beside or among the content);
Anthropic, "Handling stop reasons" (`stop_reason` "refusal"); what langchain-core 1.8 raises, by running it.
"""

from __future__ import annotations

from ..errors import ModelRefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

__all__ = ["raise_if_refused"]


def raise_if_refused(message: Any) -> None:
    """Raise `ModelRefusalError` with the message when the model refused to answer."""
    refusal = _refusal(message)
    if refusal is not None:
        said = f": {refusal}" if refusal else ""
        raise ModelRefusalError(f"Model refused to produce the requested output{said}", raw_message=message)


def _refusal(message: Any) -> Optional[str]:
    """Give the model's words, "" where it has none to give, None when it did not refuse."""
    said = message.additional_kwargs.get("refusal")
    if said:
        return str(said)
    if not isinstance(message.content, str):
        for block in message.content:
            if isinstance(block, dict) and block.get("type") == "refusal":
                return str(block.get("refusal") or "")
    return "" if message.response_metadata.get("stop_reason") == "refusal" else None
