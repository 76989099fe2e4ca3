"""What can go wrong with an answer: the table of kinds, each fault's settings, and when a fault strikes.

A `Fault` says what, where and when; it does nothing itself. `transmission` turns it into bytes, pauses and endings,
after the provider has written its answer; so every provider gets every fault and knows of none. A place is a byte
offset into the body (before compression and chunked coding), an event of the stream, "start" (before any byte) or
"headers" (behind them); negative events count from the end, and a body that is no stream is one event. One vocabulary
serves Python and JSON scripts: `{"kind": "reset", "event": 3}` is `Fault("reset", event=3)`.

A "status" fault answers instead of the reply, which is not used up: the next request gets it. Other faults of the
session and of the rule strike such a refusal too; those of a reply wait until that reply has its turn.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

__all__ = ["Fault", "KINDS"]


class Kind(NamedTuple):
    """What a kind of fault does, and which settings it takes besides those of its schedule."""

    does: str
    takes: FrozenSet[str] = frozenset()
    needs: FrozenSet[str] = frozenset()


def _kind(does: str, takes: str = "", needs: str = "") -> Kind:
    return Kind(does, frozenset((takes + " " + needs).split()), frozenset(needs.split()))


KINDS: Dict[str, Kind] = {
    "status": _kind("another status in the provider's shape, or with `body`", "message type code retry_after headers body", "status"),
    "cut": _kind("FIN in the middle: no last chunk, or fewer bytes than Content-Length says", "byte event at"),
    "reset": _kind("RST in the middle", "byte event at"),
    "end": _kind("a well-formed end too early: the last chunk comes, the terminator of the stream does not", "byte event"),
    "split": _kind("writes that break at these byte offsets, or after every `size` bytes", "byte size"),
    "trickle": _kind("one byte per write, headers too"),
    "slow_headers": _kind("headers line by line, over so many seconds", "", "seconds"),
    "duplicate": _kind("an event sent twice", "", "event"),
    "reorder": _kind("an event sent after the one that follows it", "", "event"),
    "malformed": _kind("an event whose JSON breaks off", "", "event"),
    "error_event": _kind("the provider's error event inside the stream, and the end", "status message type code", "event"),
    "content_length": _kind("Content-Length larger (or, negative, smaller) than the body by so many bytes", "", "by"),
    "gzip": _kind("a compressed body, asked for or not"),
    "hang": _kind("silence that does not end, with the connection open", "byte event at"),
    "stall": _kind("a pause", "byte event at", "seconds"),
}  # fmt: skip
SCHEDULE = frozenset(("times", "every", "rate", "skip"))
# Name and value of an HTTP header (RFC 9110, sections 5.1 and 5.5), in Latin-1.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")
PLACED = frozenset(("byte", "event", "at"))
_UNSET: Any = object()


class Fault:
    """One thing that goes wrong.

    `kind` is a key of `KINDS`, which says what it does; the places are `byte` (an offset, for "split" also several),
    `event` (from 0; -1 is the last) or `at` ("start", "headers"); without one it strikes in the middle of the body. It
    strikes each answer it belongs to; or, after having let `skip` pass, every `every`-th of them and so `times` at
    most; about each of those chosen so, `rate` (0 to 1) decides by the session's seed.

    Raises: ValueError or TypeError, naming the setting.
    """

    __slots__ = (
        "kind", "byte", "event", "at", "seconds", "size", "by", "status", "message", "type", "code", "retry_after",
        "headers", "body", "times", "every", "rate", "skip",
    )  # fmt: skip
    kind: str
    byte: Any  # an int; for "split" a tuple of them
    event: Optional[int]
    at: Optional[str]
    seconds: Optional[float]
    size: Optional[int]
    by: Optional[int]
    status: Optional[int]
    message: Optional[str]
    type: Optional[str]
    code: Optional[str]
    retry_after: Optional[float]
    headers: Optional[Mapping[str, str]]
    body: Union[str, bytes, None]
    times: Optional[int]
    every: Optional[int]
    rate: Optional[float]
    skip: Optional[int]

    def __init__(
        self,
        kind: str,
        *,
        byte: Union[int, Sequence[int]] = _UNSET,
        event: int = _UNSET,
        at: str = _UNSET,
        seconds: float = _UNSET,
        size: int = _UNSET,
        by: int = _UNSET,
        status: int = _UNSET,
        message: str = _UNSET,
        type: str = _UNSET,
        code: str = _UNSET,
        retry_after: float = _UNSET,
        headers: Mapping[str, str] = _UNSET,
        body: Union[str, bytes] = _UNSET,
        times: int = _UNSET,
        every: int = _UNSET,
        rate: float = _UNSET,
        skip: int = _UNSET,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind: no fault {kind!r}; there are {', '.join(KINDS)}")
        given = {name: value for name, value in locals().items() if name in self.__slots__ and value is not _UNSET}
        _check(kind, {name: value for name, value in given.items() if name != "kind"})
        for name in self.__slots__:
            setattr(self, name, given.get(name))
        if kind == "split" and self.byte is not None:
            self.byte = (byte,) if isinstance(byte, int) else tuple(byte)

    def __repr__(self) -> str:
        shown = [f"{name}={getattr(self, name)!r}" for name in self.__slots__[1:] if getattr(self, name) is not None]
        return f"Fault({', '.join([repr(self.kind), *shown])})"

    @property
    def place(self) -> str:
        """Say in words where it strikes."""
        for name in ("byte", "event", "at", "size"):
            value = getattr(self, name)
            if value is not None:
                return f"{name} {', '.join(map(str, value)) if isinstance(value, tuple) else value}"
        return ""

    def strikes(self, number: int, chance: Callable[[], float]) -> bool:
        """Tell whether it strikes the `number`-th answer it could, from 1; `chance()` is a number from 0 to 1."""
        number -= self.skip or 0
        if number < 1 or (self.times is not None and number > self.times * (self.every or 1)):
            return False
        if self.every is not None and number % self.every:
            return False
        return self.rate is None or chance() < self.rate


def _check(kind: str, given: Dict[str, Any]) -> None:
    takes = KINDS[kind].takes | SCHEDULE
    for name, value in given.items():
        if name not in takes:
            raise ValueError(f"{name}: a {kind!r} fault takes {', '.join(sorted(takes))}")
        problem = _problem(name, value, kind)
        if problem:
            raise (TypeError if problem.startswith("must be a") else ValueError)(f"{name}: {problem}, not {value!r}")
    missing = KINDS[kind].needs - given.keys()
    if missing:
        raise ValueError(f"{min(missing)}: a {kind!r} fault needs it")
    if len(PLACED & given.keys()) > 1:
        raise ValueError(f"{min(PLACED & given.keys())}: give one place: byte, event or at")
    if kind == "split" and ("byte" in given) == ("size" in given):
        raise ValueError("byte: a 'split' fault needs byte or size, one of them")


def _problem(name: str, value: Any, kind: str) -> str:
    """Say what is wrong with a setting's value; nothing when it is right."""
    if name in ("message", "type", "code"):
        return "" if isinstance(value, str) else "must be a text"
    if name == "at":
        return "" if value in ("start", "headers") else 'is "start" or "headers"'
    if name == "headers":
        if not isinstance(value, Mapping) or not all(isinstance(part, str) for item in value.items() for part in item):
            return "must be a mapping of texts"
        sound = all(NAME.fullmatch(name) and VALUE.fullmatch(text) for name, text in value.items())
        return "" if sound else "is no HTTP header"
    if name == "body":
        return "" if isinstance(value, (str, bytes)) else "must be a text or bytes"
    if name == "byte" and kind == "split" and isinstance(value, (list, tuple)):
        return "" if value and all(_whole(one, 1) for one in value) else "is one or more offsets from 1"
    if name in ("seconds", "retry_after", "rate"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "must be a number"
        most = 1 if name == "rate" else float("inf")
        return "" if 0 <= value <= most and value != float("inf") else f"is a number from 0 to {most}"
    if isinstance(value, bool) or not isinstance(value, int):
        return "must be a whole number"
    if name in ("event", "by"):
        return "is not 0" if name == "by" and not value else ""
    if name == "status":
        return "" if 200 <= value <= 599 else "is a status from 200 to 599"
    least = 0 if name == "skip" or (name == "byte" and kind != "split") else 1
    return "" if value >= least else f"is a whole number from {least}"


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def checked(faults: Any, where: str = "faults") -> Tuple[Fault, ...]:
    """Give the faults as a tuple.

    Raises: TypeError for what is no Fault.
    """
    if not isinstance(faults, (Fault, list, tuple)):
        raise TypeError(f"{where} takes Fault, or a list of them, not {type(faults).__name__}")
    several = (faults,) if isinstance(faults, Fault) else tuple(faults)
    for one in several:
        if not isinstance(one, Fault):
            raise TypeError(f"{where} takes Fault, not {type(one).__name__}")
    return several


def body_of(fault: Fault) -> Optional[bytes]:
    """Give the bytes of a "status" fault's own body, or None."""
    return fault.body.encode("utf-8") if isinstance(fault.body, str) else fault.body
