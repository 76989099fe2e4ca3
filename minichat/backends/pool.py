"""Idle connections, kept for the next request to the same place.

Newest first, so that a burst's surplus grows old and goes. A connection is only lent when it is
young enough and not readable: an idle peer has nothing to say but goodbye. `deque` and `dict`
operations are atomic, so threads need no lock; a forked child starts empty, since a socket shared
with its parent would mix two conversations.
"""

from __future__ import annotations

import os
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any, Deque, Dict, Optional, Tuple

    from ..wire.limits import Limits
    from .base import Connection

__all__ = ["Pool"]


class Pool:
    """Idle connections by destination."""

    def __init__(self) -> None:
        self._idle: Dict[Hashable, Deque[Tuple[float, Connection]]] = {}
        self._pid = os.getpid()
        # For aio.py, whose pools belong to one loop: what closes this one when its loop ends, and
        # what the loop's connections are read into, by size.
        self.keeper: Any = None
        self._blocks: Dict[int, memoryview] = {}

    def block(self, size: int) -> memoryview:
        """Give the one block of `size` bytes that all connections of a loop are read into."""
        block = self._blocks.get(size)
        if block is None:
            block = self._blocks[size] = memoryview(bytearray(size))
        return block

    def take(self, key: Hashable, limits: Limits) -> Optional[Connection]:
        """Give a live idle connection to `key`, or None."""
        if self._pid != os.getpid():
            self._forget_the_parents()
        idle = self._idle.get(key)
        if not idle:
            return None
        oldest = time.monotonic() - limits.idle_seconds
        while True:
            try:
                since, connection = idle.pop()
            except IndexError:
                return None
            if since >= oldest and not connection.is_dead():
                return connection
            connection.close()

    def _forget_the_parents(self) -> None:
        """Start empty in a forked child."""
        inherited, self._idle = self._idle, {}
        self._pid = os.getpid()
        if self.keeper is not None:
            return  # transports of the parent's loop, whose selector is shared: not to be touched
        for idle in inherited.values():
            for _, connection in idle:
                connection.close()  # our copy of the socket; the peer and the parent hear nothing

    def give(self, key: Hashable, connection: Connection, limits: Limits) -> None:
        """Keep `connection` for the next `take`; the oldest beyond the bound are closed."""
        if self._pid != os.getpid():
            return connection.close()
        idle = self._idle.get(key)
        if idle is None:
            idle = self._idle.setdefault(key, deque())
        now = time.monotonic()
        idle.append((now, connection))
        oldest = now - limits.idle_seconds
        try:
            while len(idle) > limits.max_idle_connections or idle[0][0] < oldest:
                idle.popleft()[1].close()
        except IndexError:
            return None  # another thread took the last one

    def close(self, tls_key: Optional[Hashable] = None) -> None:
        """Close idle connections: those made under `tls_key`, or all when it is None."""
        for key in list(self._idle):
            if tls_key is None or key[-1] == tls_key:  # type: ignore[index]  # proxy.Route.key
                idle = self._idle.pop(key, None)
                while idle:
                    idle.popleft()[1].close()
