"""The request to take a message away, under LangChain's name for the module; it is written in `kinds`."""

from __future__ import annotations

from .kinds import RemoveMessage

__all__ = ["RemoveMessage"]
