"""The answers to one prompt, under LangChain's name for their module; they are written in the folder's `__init__`."""

from . import ChatResult

__all__ = ["ChatResult"]
