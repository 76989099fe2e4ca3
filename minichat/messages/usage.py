"""How many tokens a message cost: the shape of `usage_metadata`, for type checkers.

At run time a usage is a plain dict, and these names make one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class InputTokenDetails(TypedDict, total=False):
        """Units: tokens; they need not sum to the whole. Providers may add keys."""

        audio: int
        cache_creation: int
        cache_read: int

    class OutputTokenDetails(TypedDict, total=False):
        """Units: tokens; they need not sum to the whole. Providers may add keys."""

        audio: int
        reasoning: int

    class UsageMetadata(TypedDict, total=False):
        """Units: tokens. The three counts are always there, the details where a provider has them."""

        input_tokens: int
        output_tokens: int
        total_tokens: int
        input_token_details: InputTokenDetails
        output_token_details: OutputTokenDetails

else:
    InputTokenDetails = OutputTokenDetails = UsageMetadata = dict

__all__ = ["InputTokenDetails", "OutputTokenDetails", "UsageMetadata"]
