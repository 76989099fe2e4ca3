"""One test's own corner of the server: its script, counters, clock, journal, and what a provider keeps for its client.

A session is chosen by the API key `sk-fake-<name>` or the header `x-fakes-session`; everything else is the session
with no name. A session without rules and replies of its own is answered from the script of the one with no name, with
its own place in it, so parallel tests share a server without meeting.

Ids, times and random-looking text come from the `Moment` of a request, so the same requests after a reset get the same
bytes. A session is read from the test's thread while the server's thread writes, hence the lock.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from typing import Any, Deque, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .clock import Clock
from .faults import Fault
from .journal.exchanges import Exchange, Journal, key_of
from .moment import EPOCH, Moment
from .pace import Pace
from .quotas import Limits, Meter, Quota
from .replies.reply import Ask
from .scripting.script import Script, Tally
from .serving.http11 import Request

__all__ = ["EPOCH", "Moment", "Picked", "Session", "Sessions"]

KEY = "sk-fake-"  # an API key that begins so names its session
HEADER = "x-fakes-session"
MAX_SESSIONS = 10_000  # the one that was used longest ago goes
MAX_NAME = 200  # characters of a session's name; a longer one is shortened, and stays different from others
MAX_JOURNALS = 256 << 20  # bytes of all journals; those of the sessions used longest ago are emptied
LOOK_EVERY = 100  # new sessions between two looks at the size of all journals
MAX_NOTES = 1_000  # problems and reports of a session; the oldest go
MAX_CONNECTIONS = 10_000  # whose numbers a session knows
ALWAYS_WRONG = "sk-fake-wrong"
MAX_KEPT = 4_000  # things that a provider keeps for its client, such as stored responses
MAX_KEPT_BYTES = 64 << 20


class Picked(NamedTuple):
    """What was decided about a request besides its answer's bytes: they are the listener's to act on."""

    ask: Ask
    rule: Optional[str]
    faults: Tuple[Fault, ...]
    pace: Optional[Pace]
    tokens: int  # of the answer, for the pace of one that comes in one piece


class Session:
    """One session's state."""

    def __init__(
        self,
        name: str = "",
        *,
        seed: int = 0,
        rejected: FrozenSet[str] = frozenset((ALWAYS_WRONG,)),
        clock: str = "real",
        main: Optional["Session"] = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self.rejected = rejected
        self.clock = Clock(clock)
        self.journal = Journal()
        self.problems: Deque[str] = deque(maxlen=MAX_NOTES)  # what a test should hear of though all was answered
        self.reports: Deque[Dict[str, Any]] = deque(maxlen=MAX_NOTES)  # what the client said of itself: see `verdict`
        self.picked: Optional[Picked] = None  # about the request that is being answered now
        self.unmatched = 0  # requests that no rule fitted, since the last reset
        self._main = main  # whose script answers while this session has none
        self._empty = Script()
        self._own: Optional[Script] = None
        self._borrowed: Optional[Script] = None  # the script whose rules and replies the own one has
        self._tally = Tally()
        self._tallied: Optional[Script] = None
        self._meter: Optional[Meter] = None
        self._metered: Optional[Quota] = None
        self._lock = threading.Lock()
        self._number = 0
        self._counts: Dict[str, int] = {}
        self._kept: Dict[str, Tuple[Any, int]] = {}
        self._kept_bytes = 0
        self._connections: Dict[int, int] = {}
        self._connected = 0

    @property
    def script(self) -> Script:
        """The script that answers: its own, or else the server's."""
        if self._own is None:
            return self._shared()
        if self._borrowed is not None and self._borrowed is not self._shared():
            self._borrow(self._own)
        return self._own

    def own_script(self) -> Script:
        """Give the script that this session alone is answered from, making it when there is none."""
        with self._lock:
            if self._own is None:
                self._own = Script()
            elif self._borrowed is not None:
                self._borrowed = None
                own = self._own
                self._own = Script(faults=own.faults, pace=own.pace, quota=own.quota)
                if self._tallied is own:
                    self._tallied = self._own  # how often its faults have struck is kept
            return self._own

    def own_settings(self) -> Script:
        """Give the script whose faults, pace and quota are this session's alone.

        It keeps the rules and replies of the server's script, now and after a change of that, until it gets its own.
        """
        with self._lock:
            if self._own is None:
                shared = self._shared()
                own = Script(faults=shared.faults, pace=shared.pace, quota=shared.quota, source=shared.source)
                self._borrow(own)
                if self._tallied is shared:
                    self._tallied = own  # the place in the server's replies is kept
                self._own = own
            return self._own

    def _shared(self) -> Script:
        return self._main.script if self._main is not None else self._empty

    def _borrow(self, own: Script) -> None:
        shared = self._borrowed = self._shared()
        own.rules, own.in_turn = shared.rules, shared.in_turn
        own.fallback, own.only_scripted = shared.fallback, shared.only_scripted

    def load(self, script: Script) -> None:
        """Be answered from another script, from its beginning."""
        with self._lock:
            self._own = script
            self._borrowed = None

    @property
    def has_own_rules(self) -> bool:
        """Tell whether its rules and replies are not the server's."""
        return self._own is not None and self._borrowed is None

    @property
    def tally(self) -> Tally:
        """What has been used of the script; a script that is new to this session begins at its beginning."""
        if self._tallied is not self.script:
            self._tallied = self.script
            self._tally = Tally()
        return self._tally

    @property
    def scripted(self) -> bool:
        """Tell whether a script says which reply is given, so that any name of a model will do."""
        return self.script.answers

    def moment(self) -> Moment:
        """Begin the next request."""
        with self._lock:
            self._number += 1
            self.picked = None
            return self.present()

    def present(self) -> Moment:
        """Give the moment of the request that began last."""
        return Moment(self.seed, self._number, int(self.clock.now()) if self.clock.kind != "real" else 0)

    def take(self, tokens: int) -> Optional[Limits]:
        """Take a request and its tokens from the quota; None when there is no quota."""
        meter = self._current_meter()
        return meter.take(tokens, self.clock.now()) if meter is not None else None

    def spend(self, tokens: int) -> None:
        """Take an answer's tokens from the quota."""
        meter = self._current_meter()
        if meter is not None:
            meter.spend(tokens)

    def limits(self) -> Optional[Limits]:
        """Tell what is left of the quota; None when there is none: the provider then tells numbers of its own."""
        meter = self._current_meter()
        return meter.limits(self.clock.now()) if meter is not None else None

    def _current_meter(self) -> Optional[Meter]:
        quota = self.script.quota
        if quota != self._metered:
            self._metered = quota
            self._meter = Meter(quota, self.clock.now()) if quota is not None else None
        return self._meter

    def connection(self, number: int) -> int:
        """Give the number that a connection of the server has in this session, from 1."""
        known = self._connections.get(number)
        if known is None:
            known = self._connected = self._connected + 1
            self._connections[number] = known
            if len(self._connections) > MAX_CONNECTIONS:
                del self._connections[next(iter(self._connections))]
        return known

    @property
    def connections(self) -> int:
        """How many connections its requests came on, since the last reset."""
        return self._connected

    def exchange(self, request: Request, connection: int) -> Exchange:
        """Begin a journal entry."""
        return Exchange(
            request,
            session=self.name,
            number=self.journal.count + 1,
            connection=self.connection(connection),
            at=self.clock.now(),
        )

    def count(self, name: str) -> int:
        """Count one more of a thing since the last reset; the first gives 1."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1
            return self._counts[name]

    def counted(self, name: str) -> int:
        """Tell how often a thing was counted since the last reset, without counting it."""
        with self._lock:
            return self._counts.get(name, 0)

    def keep(self, name: str, thing: Any, size: int) -> None:
        """Keep a thing until the next reset; the oldest go when there are too many or they are too large (bytes)."""
        with self._lock:
            self._drop(name)
            self._kept[name] = (thing, size)
            self._kept_bytes += size
            while len(self._kept) > MAX_KEPT or (self._kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1):
                self._drop(next(iter(self._kept)))

    def kept(self, name: str) -> Any:
        """Give a thing that was kept, or None."""
        with self._lock:
            return self._kept.get(name, (None, 0))[0]

    def drop(self, name: str) -> None:
        """Keep a thing no longer."""
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._kept_bytes -= self._kept.pop(name, (None, 0))[1]

    def reset(self, seed: Optional[int] = None) -> None:
        """Forget all requests; start every counter, the clock, and the script from its beginning; perhaps reseed.

        Connections on which an answer is under way are closed: nobody waits on a clock that is gone, nor takes for whole
        what belongs to a test that is over.
        """
        kind = self.clock.kind
        self.clock.stop()
        with self._lock:
            self.seed = self.seed if seed is None else seed
            self.journal.clear()
            self.problems.clear()
            self.reports.clear()
            self.clock = Clock(kind)
            self._tallied = self._metered = self._meter = None
            self._counts.clear()
            self._kept.clear()
            self._connections.clear()
            self._kept_bytes = self._number = self._connected = self.unmatched = 0


class Sessions:
    """All sessions of a server, and which of them a request belongs to."""

    def __init__(self, *, seed: int = 0, reject_keys: Iterable[str] = (), clock: str = "real") -> None:
        self.seed = seed  # of the sessions to come
        self.rejected = frozenset(reject_keys) | {ALWAYS_WRONG}
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = 0
        self.main = Session(seed=seed, rejected=self.rejected, clock=clock)
        self._named: Dict[str, Session] = {}  # the one used longest ago first

    def of(self, request: Request) -> Session:
        """Give the session of a request, beginning it when it is new."""
        name = request.headers.get(HEADER)
        if name is None:
            key = key_of(request)
            name = key[len(KEY) :] if key.startswith(KEY) and key not in self.rejected else ""
        return self.named(name) if name else self.main

    def named(self, name: str) -> Session:
        """Give a session by its name, beginning it when it is new; the empty name is the main one."""
        if not name:
            return self.main
        if len(name) > MAX_NAME:
            name = name[: MAX_NAME - 33] + "-" + hashlib.blake2b(name.encode("utf-8", "replace")).hexdigest()[:32]
        with self._lock:
            session = self._named.pop(name, None) or self._new(name)
            self._named[name] = session
            return session

    def _new(self, name: str) -> Session:
        while len(self._named) >= MAX_SESSIONS:
            del self._named[next(iter(self._named))]
        self._begun += 1
        if self._begun % LOOK_EVERY == 0:
            self._lighten()
        return Session(name, seed=self.seed, rejected=self.rejected, clock=self._clock, main=self.main)

    def _lighten(self) -> None:
        """Empty the journals that were written longest ago until all together are small enough."""
        room = MAX_JOURNALS
        for session in reversed(self._named.values()):
            room -= session.journal.held
            if room < 0:
                session.journal.clear()

    def drop(self, name: str) -> bool:
        """Forget a named session, and end what is under way in it; tell whether there was one."""
        with self._lock:
            session = self._named.pop(name, None)
        if session is not None:
            session.clock.stop()  # nobody could advance it any more
        return session is not None

    def every(self) -> List[Session]:
        """Give all sessions, the main one first."""
        with self._lock:
            return [self.main, *self._named.values()]
