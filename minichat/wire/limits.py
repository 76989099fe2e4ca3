"""Every bound on what a peer may make us hold or wait for, in one place, with its default.

The defaults are far above what the six providers send and far below what hurts. A bound that is
passed is a `ProtocolError` which names the field here, so that it can be raised by whoever needs to.
"""

from __future__ import annotations

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Limits"]


class Limits:
    """Bounds of one model's traffic; immutable, compared by value.

    Units: sizes in bytes, times in seconds.

    >>> Limits(max_event_bytes=1024).max_event_bytes
    1024
    """

    max_head_bytes: int = 64 * 1024  # status line and headers, and again the trailers
    max_headers: int = 256  # lines of one head
    max_interim_replies: int = 8  # 1xx replies before the real one
    max_event_bytes: int = 16 * 1024 * 1024  # one server-sent event
    max_body_bytes: int = 256 * 1024 * 1024  # one reply that is not streamed
    max_error_bytes: int = 1024 * 1024  # of an error reply; the rest is not read
    max_buffered_bytes: int = 256 * 1024  # async: read ahead of the consumer before the peer must wait
    read_block_bytes: int = 64 * 1024  # asked of the socket at once
    max_idle_connections: int = 100  # kept open per destination; the oldest is closed
    idle_seconds: float = 60.0  # an idle connection older than this is not used again
    drain_seconds: float = 0.25  # waited for the end of a reply whose last event has come
    drain_blocks: int = 4  # of what a peer goes on sending after its last event; then the connection is closed
    max_retry_after: float = 120.0  # a longer Retry-After is not waited for: the error is raised

    def __init__(self, **bounds: float) -> None:
        for name, value in bounds.items():
            if name not in Limits.__annotations__:
                known = ", ".join(Limits.__annotations__)
                raise ConfigurationError(f"Limits has no field {name!r}; it has {known}")
            whole = Limits.__annotations__[name] == "int"
            fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            least = 1 if name == "read_block_bytes" else 0
            if not fits or not value >= least:
                kind = "whole number" if whole else "number"
                raise ConfigurationError(f"Limits({name}={value!r}): a {kind} of at least {least} is needed")
        self.__dict__.update(bounds)

    def _values(self) -> tuple[float, ...]:
        return tuple(getattr(self, name) for name in Limits.__annotations__)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Limits are immutable; make new ones: Limits({name}={value!r})")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"
