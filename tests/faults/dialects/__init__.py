"""The wires that the table of faults is run over; each in a module of its own."""

from __future__ import annotations

from .anthropic import Anthropic
from .gemini import Gemini
from .openai import ChatCompletions
from .responses import Responses

__all__ = ["DIALECTS", "OPENAI"]

OPENAI = ChatCompletions()
DIALECTS = [OPENAI, Responses(), Anthropic(), Gemini()]
