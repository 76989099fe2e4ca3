"""The lock for what several threads count together, for rooms that do not import threading themselves.

It is held for a few lines of arithmetic and never across a wait, so it does no harm in an event loop.
"""

from __future__ import annotations

from threading import Lock

__all__ = ["Lock"]
