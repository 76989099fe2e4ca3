"""Text answers, under LangChain's name for their module; they are written in the folder's `__init__`."""

from . import Generation, GenerationChunk

__all__ = ["Generation", "GenerationChunk"]
