"""The message of any role, under LangChain's name for the module; it is written in `kinds`."""

from __future__ import annotations

from .kinds import ChatMessage, ChatMessageChunk

__all__ = ["ChatMessage", "ChatMessageChunk"]
