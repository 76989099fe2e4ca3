"""The password, and how fast it may be guessed: after ten wrong ones from an address each further one has to wait.

The wait doubles from a second to a minute and is told as 429 with Retry-After; until then the right password does not
open either, or guessing would go on beside the wait. A request without any password is no guess, and the same wrong
one again is none either: a program that is set up wrongly goes on asking, and must not shut its neighbour out. Of
IPv6 a network of 64 bits counts as one address. What is remembered is bounded, and no password is in it as it was said.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from collections import OrderedDict, deque
from typing import Callable, Deque, Optional, Sequence

from .database import Refused

__all__ = ["FREE", "LONGEST", "MOST", "QUIET", "Door", "Shut"]

FREE = 10  # wrong passwords before the first wait
LONGEST = 60  # seconds of a wait
QUIET = 3_600  # seconds without a wrong one, after which an address begins anew
MOST = 1_000  # addresses that are remembered; beyond, the one that was wrong longest ago is forgotten
REMEMBERED = 16  # wrong passwords of an address that are known again


class Shut(Refused):
    """Too many wrong passwords came from an address: `wait` is how many seconds it has to."""

    def __init__(self, wait: int) -> None:
        super().__init__(429, f"too many wrong passwords came from this address; try again in {wait} s")
        self.wait = wait


class _Tries:
    def __init__(self) -> None:
        self.wrong = 0
        self.until = -math.inf
        self.latest = 0.0
        self.known: Deque[bytes] = deque(maxlen=REMEMBERED)


class Door:
    """A password and who guessed at it; `clock` gives seconds that only grow.

    >>> door = Door("swordfish")
    >>> door.opens(["swordfish"], lambda: "127.0.0.1"), door.opens(["sardine"], lambda: "127.0.0.1")
    (True, False)
    """

    def __init__(self, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        if not isinstance(password, str) or not password:
            raise ValueError("password: must be a text that is not empty, or None for no password")
        self.password = password
        self._clock = clock
        self._secret = secrets.token_bytes(16)
        self._tries: "OrderedDict[str, _Tries]" = OrderedDict()

    def opens(self, said: Sequence[str], address: Callable[[], str]) -> bool:
        """Tell whether one of the passwords that a request says is right; `address` is asked where it matters.

        Raises: Shut when the address has to wait first.
        """
        guesses = [one for one in dict.fromkeys(said) if one]
        if not guesses:
            return False
        tries = self._known(address) if self._tries else None
        now = self._clock()
        if tries is not None and now < tries.until:
            raise Shut(math.ceil(tries.until - now))
        if any(_same(one, self.password) for one in guesses):
            return True  # and what was wrong stays counted: its neighbour's guesses are not the better for it
        self._wrong(guesses, _network(address()), now)
        return False

    def _known(self, address: Callable[[], str]) -> Optional[_Tries]:
        network = _network(address())
        tries = self._tries.get(network)
        if tries is not None and self._clock() - tries.latest > QUIET:
            del self._tries[network]
            return None
        return tries

    def _wrong(self, guesses: Sequence[str], network: str, now: float) -> None:
        tries = self._tries.setdefault(network, _Tries())
        self._tries.move_to_end(network)
        if len(self._tries) > MOST:
            self._tries.popitem(last=False)
        tries.latest = now
        marks = [hashlib.blake2b(one.encode("utf-8", "replace"), key=self._secret).digest() for one in guesses]
        fresh = [mark for mark in marks if mark not in tries.known]
        tries.known.extend(fresh)
        tries.wrong += len(fresh)
        if fresh and tries.wrong > FREE:
            tries.until = now + min(2 ** min(tries.wrong - FREE - 1, 16), LONGEST)


def _same(said: str, wanted: str) -> bool:
    """Compare secrets without telling by the time how much of them was right."""
    return hmac.compare_digest(said.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def _network(address: str) -> str:
    """Give what counts as one address: itself, or the network of an IPv6 one."""
    try:
        told = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a socket that has no address
        return address
    if isinstance(told, ipaddress.IPv6Address):
        return str(told.ipv4_mapped or ipaddress.ip_network((told, 64), strict=False))
    return str(told)
