"""Answers that are messages, under LangChain's name for their module; they are written in the folder's `__init__`."""

from . import ChatGeneration, ChatGenerationChunk

__all__ = ["ChatGeneration", "ChatGenerationChunk"]
