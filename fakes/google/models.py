"""What is known about Gemini models: which names are ordinary, how they think, what they accept together.

Figures from ai.google.dev/gemini-api/docs/models and /thinking as of 2026; a test should not lean on the exact sizes.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

from ..replies import behaviours

__all__ = ["LISTED", "Model", "find", "resource"]

ORDINARY = re.compile(r"(gemini|gemma|learnlm)-(?!embedding)[a-z0-9.-]+|aqa")
NUMBER = re.compile(r"gem(?:ini|ma)-(\d+(?:\.\d+)?)")
# `GET /models` names these besides the ready behaviours.
LISTED = (
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-2.0-flash",
    "gemini-3-flash-preview",
    "gemini-3.1-pro-preview",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.6-flash",
    "gemini-flash-latest",
    "gemini-flash-lite-latest",
    "gemini-pro-latest",
)
# An alias is answered with the name of what it stands for (recording test_resolved_model_0-f80624f1).
STANDS_FOR = {
    "gemini-flash-latest": "gemini-3.6-flash",
    "gemini-flash-lite-latest": "gemini-3.5-flash-lite",
    "gemini-pro-latest": "gemini-3.1-pro-preview",
}
INPUT = 1_048_576  # tokens; the number in recording chat_real_error_scenarios_vertexai_…-9ad4da7a
OUTPUT = 65_536
RESOURCE = """{
  "name": "models/%s",
  "version": "%s",
  "displayName": "%s",
  "description": "%s",
  "inputTokenLimit": %d,
  "outputTokenLimit": %d,
  "supportedGenerationMethods": [
    "generateContent",
    "countTokens",
    "createCachedContent",
    "batchGenerateContent"
  ],
  "temperature": 1,
  "topP": 0.95,
  "topK": 64,
  "maxTemperature": 2%s
}"""


class Model(NamedTuple):
    """A model that can be asked. `generation` is None for the ready behaviours, which accept what any model accepts."""

    name: str
    version: str  # what `modelVersion` says
    generation: Optional[float]
    ordinary: bool

    @property
    def old(self) -> bool:
        """Tell whether this is a model before Gemini 3."""
        return self.generation is not None and self.generation < 3

    @property
    def new(self) -> bool:
        """Tell whether this model gives calls an id, signs its texts, and wants its signatures back.

        `fake-think` does so too, so that a client which loses a signature is told.
        """
        return self.name == "fake-think" or (self.generation is not None and self.generation >= 3)

    @property
    def pro(self) -> bool:
        return "-pro" in self.name

    @property
    def can_think(self) -> bool:
        return self.generation is None or self.generation >= 2.5

    @property
    def thinks(self) -> bool:
        """Tell whether it thinks without being asked to: the lite models do not."""
        if self.generation is None:
            return False
        return self.generation >= 2.5 and "-lite" not in self.name

    @property
    def budgets(self) -> Tuple[int, int]:
        """The least and the largest `thinkingBudget` besides 0 and -1."""
        if self.pro:
            return 128, 32_768
        return (512 if "-lite" in self.name else 0), 24_576


def find(name: str, *, any_name: bool = False) -> Optional[Model]:
    """Look a model up by its name without `models/`, or give None when the API would not know it."""
    ordinary = bool(ORDINARY.fullmatch(name))
    if not ordinary and not behaviours.is_fake(name) and not any_name:
        return None
    version = STANDS_FOR.get(name, name)
    number = NUMBER.match(version)
    generation = float(number.group(1)) if number else None
    if name.startswith("gemma"):
        generation = 2.0  # no thinking, no signatures
    return Model(name, version, generation, ordinary)


def resource(model: Model) -> str:
    """Give the JSON that describes a model."""
    title = " ".join(word.capitalize() for word in model.name.split("-"))
    thinking = ',\n  "thinking": true' if model.can_think else ""
    version = re.sub(r"^gem(ini|ma)-", "", model.version)
    return RESOURCE % (model.name, version, title, title, INPUT, OUTPUT, thinking)
