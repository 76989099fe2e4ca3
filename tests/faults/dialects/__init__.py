"""The wires that the table of faults is run over; each in a module of its own."""

from __future__ import annotations

from .anthropic import Anthropic
from .fireworks import Fireworks
from .gemini import Gemini
from .mistral import Mistral
from .openai import ChatCompletions
from .responses import Responses
from .together import Together

__all__ = ["DIALECTS", "OPENAI"]

OPENAI = ChatCompletions()
DIALECTS = [OPENAI, Responses(), Anthropic(), Gemini(), Mistral(), Fireworks(), Together()]
