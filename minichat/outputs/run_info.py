"""Which run gave a result, under LangChain's name for their module; they are written in the folder's `__init__`."""

from . import RunInfo

__all__ = ["RunInfo"]
