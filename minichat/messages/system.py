"""The instructions' message, under LangChain's name for the module; it is written in `kinds`."""

from __future__ import annotations

from .kinds import SystemMessage, SystemMessageChunk

__all__ = ["SystemMessage", "SystemMessageChunk"]
