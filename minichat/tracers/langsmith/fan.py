"""Runs to several places: a queue and a thread for each, so that one which hangs keeps nothing from the others.

What is done once is the costly part: a run is written out by the thread that comes first, and the others take that.
"""

from __future__ import annotations

import threading

from .delivery import Ingest
from .ending import flush_all
from .endpoints import as_told_to, without_password
from .otel import SpanExport, collector, langsmith_too
from .snapshots import weight
from .transport import transport_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

    from .delivery import Destination
    from .endpoints import Endpoint
    from .sender import Sender
    from .settings import Settings

    # (key, settings, what makes the destination) -> the process's sender of this key
    SenderTo = Callable[[Tuple[Any, ...], Settings, Callable[[], Destination]], Sender]

__all__ = ["Fan", "joined"]

_fans: Dict[Tuple[Any, ...], Fan] = {}


def joined(settings: Settings, sender_to: SenderTo) -> Union[Sender, Fan]:
    """Give who takes runs under these settings: one sender, or the senders to several places as one."""
    target = collector()
    too = target is None or langsmith_too()
    key = (settings.place, target, too)
    if key in _fans:
        return _fans[key]
    members: List[Tuple[Sender, Optional[Endpoint]]] = []
    plain = not any(one.project is not None or one.primary is not None for one in settings.endpoints)
    if too and not settings.endpoints:
        members.append((sender_to(settings.place, settings, _ingest(settings)), None))
    for place in settings.endpoints if too else ():
        at = settings.at(place)
        members.append((sender_to(at.place, at, _ingest(at)), None if plain else place))
    if target is not None:
        spans = target
        members.append((sender_to((spans,), settings, lambda: SpanExport(settings, spans)), None))
    if len(members) == 1 and members[0][1] is None:
        return members[0][0]
    return _fans.setdefault(key, Fan(settings, members))


def _ingest(settings: Settings) -> Callable[[], Destination]:
    return lambda: Ingest(transport_for(settings))


class Fan:
    """Several senders as one: `members` are senders, each with the endpoint if that gets runs in a way of its own."""

    def __init__(self, settings: Settings, members: Sequence[Tuple[Sender, Optional[Endpoint]]]) -> None:
        self.settings = settings
        self._members = list(members)
        self._has_primary = any(place is not None and place.primary for _, place in members)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {[without_password(sender.settings.endpoint) for sender in self.senders]}>"

    @property
    def senders(self) -> List[Sender]:
        return list(dict.fromkeys(sender for sender, _ in self._members))

    @property
    def dropped(self) -> int:
        """Runs that were given up, each place's counted."""
        return sum(sender.dropped for sender in self.senders)

    def submit(self, op: str, run: Any) -> None:
        """Queue an operation for each place; as `Sender.submit`."""
        try:
            shared: Any = _Shared(run)
        except Exception:  # no dict, or one without an id: each sender says so
            shared = None
        for number, (sender, place) in enumerate(self._members):
            if shared is None:
                sender.submit(op, run)
            elif place is None:
                sender.submit(op, shared)
            else:
                sender.submit(op, _Elsewhere(shared, place, number, has_primary=self._has_primary))

    def flush(self, timeout: Optional[float] = 10.0) -> bool:
        """Wait until each place has what was queued so far, or it was given up there; as `Sender.flush`."""
        return flush_all(self.senders, timeout)

    def close(self, timeout: Optional[float] = 10.0) -> bool:
        """Flush, and end the threads; as `Sender.close`."""
        done = self.flush(timeout)
        return all([sender.close(timeout if done else 0) for sender in self.senders]) and done

    def hang_up(self) -> None:
        """Close the connections that are kept."""
        for sender in self.senders:
            sender.hang_up()


class _Shared(dict):  # type: ignore[type-arg]  # dict[str, Any] would need `Any` at run time
    """A run in several queues, resolved once."""

    __slots__ = ("_lock", "_run", "_told", "weight")

    def __init__(self, run: Dict[str, Any]) -> None:
        super().__init__(id=run["id"])
        size = getattr(run, "weight", None)
        self.weight: int = weight(run) if size is None else size
        self._lock = threading.Lock()
        self._run: Any = run
        self._told: Optional[Dict[str, Any]] = None

    def resolve(self) -> Dict[str, Any]:
        with self._lock:
            told = self._told
            if told is None:
                resolve = getattr(self._run, "resolve", None)
                self._told = told = dict(self._run) if resolve is None else resolve()
                self._run = None
            return told


class _Elsewhere(dict):  # type: ignore[type-arg]
    """The same as one endpoint gets it: in another project, under other ids."""

    __slots__ = ("_has_primary", "_place", "_shared", "weight")

    def __init__(self, shared: _Shared, place: Endpoint, number: int, *, has_primary: bool) -> None:
        super().__init__(id=(number, shared["id"]))  # only to tell runs apart in a queue that two endpoints share
        self.weight = shared.weight
        self._shared = shared
        self._place = place
        self._has_primary = has_primary

    def resolve(self) -> Dict[str, Any]:
        return as_told_to(self._place, self._shared.resolve(), has_primary=self._has_primary)
