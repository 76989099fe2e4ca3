"""Answers to the prompts of LangChain's quick-start page, in words of our own.

A prompt is recognised by what it asks, not by its exact characters, so that a reader may change a comma. The French
sentences are the natural translations; the explanation is ours.
"""

from __future__ import annotations

from typing import Optional

__all__ = ["answer"]

REGULARIZATION = (
    "Regularization keeps a model honest. A model that is free to follow every wrinkle of its training data ends up "
    "overfitting: it remembers the noise and does badly on examples it has not met. Regularization charges a price "
    "for complexity, for instance with a penalty on large weights (L1 or L2), with dropout or by stopping early, so "
    "that a simpler explanation wins unless the data really call for more. The fit to the training data gets a "
    "little worse; the predictions on new data get better."
)
OVERFITTING = (
    "Overfitting means that a model has learnt its training data by heart, noise included, so that it does well on "
    "what it has seen and badly on what it has not. More data, a smaller model or regularization help against it."
)
FRENCH = {
    "i love programming": "J'adore la programmation.",
    "i love artificial intelligence": "J'adore l'intelligence artificielle.",
}


def answer(system: str, user: str) -> Optional[str]:
    """Give the answer to a quick-start prompt, or None when the prompt is none of them."""
    asked = user.lower()
    if "regularization" in asked or "regularisation" in asked:
        return REGULARIZATION
    if "overfitting" in asked:
        return OVERFITTING
    if "french" in asked or ("french" in system.lower() and "translat" in system.lower()):
        sentence = asked.rpartition(":")[2].strip().rstrip(".!")
        return FRENCH.get(sentence)
    return None
