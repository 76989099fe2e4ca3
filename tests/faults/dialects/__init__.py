"""The wires that the table of faults is run over; each in a module of its own."""

from __future__ import annotations

from .openai import ChatCompletions

__all__ = ["DIALECTS", "OPENAI"]

OPENAI = ChatCompletions()
DIALECTS = [OPENAI]
