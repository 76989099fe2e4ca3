"""The Runnable interface and what composes it."""

from __future__ import annotations

from .base import Runnable
from .binding import RunnableBinding

__all__ = ["Runnable", "RunnableBinding"]
