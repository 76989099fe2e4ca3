"""The answers to several prompts, under LangChain's name for their module; they are written in the folder's `__init__`."""

from . import LLMResult

__all__ = ["LLMResult"]
