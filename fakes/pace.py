"""How fast an answer comes: time to first token, tokens per second, jitter. Seconds in, seconds out; no clock here.

A streamed event counts as one token. The jitter of each pause comes from the request's moment, so the same request
keeps the same schedule on every run.
"""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional

__all__ = ["Pace"]


class Pace(NamedTuple):
    """Seconds to the first token, tokens per second after it (None: all at once), and how far each pause varies.

    `jitter` 0.1 makes each pause up to 10 % shorter or longer. What cannot be meant is refused where the pace is used.
    """

    first_token: float = 0.0
    tokens_per_second: Optional[float] = None
    jitter: float = 0.0

    def checked(self, where: str = "pace") -> "Pace":
        """Give itself.

        Raises: ValueError or TypeError that names the field.
        """
        for name, value in zip(self._fields, self):
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                and (value, name) != (None, self._fields[1])
            ):
                raise TypeError(f"{where}.{name} is a number, not {value!r}")
        if not 0 <= self.first_token < float("inf"):
            raise ValueError(f"{where}.first_token is a number of seconds from 0, not {self.first_token!r}")
        if self.tokens_per_second is not None and not 0 < self.tokens_per_second < float("inf"):
            raise ValueError(f"{where}.tokens_per_second is a number above 0, not {self.tokens_per_second!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"{where}.jitter is a share from 0 to 1, not {self.jitter!r}")
        return self

    def pauses(self, count: int, chance: Callable[[str], float]) -> List[float]:
        """Give the pause before each of `count` events; `chance(purpose)` is a number from 0 to 1, always the same."""
        step = 1 / self.tokens_per_second if self.tokens_per_second else 0.0
        pauses = [self.first_token] + [step] * (count - 1)
        if self.jitter:
            pauses = [
                pause * (1 + self.jitter * (2 * chance(f"jitter/{place}") - 1)) for place, pause in enumerate(pauses)
            ]
        return pauses

    def whole(self, tokens: int, chance: Callable[[str], float]) -> float:
        """Give the pause before an answer of so many tokens that comes in one piece."""
        return sum(self.pauses(max(tokens, 1), chance))
