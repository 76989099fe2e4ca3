"""The user's message, under LangChain's name for the module; it is written in `kinds`."""

from __future__ import annotations

from .kinds import HumanMessage, HumanMessageChunk

__all__ = ["HumanMessage", "HumanMessageChunk"]
