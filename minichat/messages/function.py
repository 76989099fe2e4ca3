"""The result of a function call of old, under LangChain's name for the module; it is written in `kinds`."""

from __future__ import annotations

from .kinds import FunctionMessage, FunctionMessageChunk

__all__ = ["FunctionMessage", "FunctionMessageChunk"]
