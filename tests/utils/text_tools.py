"""Tools whose annotations are text, as `from __future__ import annotations` leaves them."""

from __future__ import annotations

import dataclasses
from typing import Annotated, List, Optional

try:
    from typing_extensions import NotRequired, TypedDict
except ImportError:
    import typing
    from typing import TypedDict

    NotRequired = getattr(typing, "NotRequired", None)


@dataclasses.dataclass
class Leg:
    """A leg."""

    length: Annotated[int, "in km"]
    next: Optional[Leg] = None


class Trip(TypedDict):
    """A trip."""

    days: int
    names: Annotated[List[str], ..., "who goes"]


if NotRequired is not None:

    class Loose(TypedDict):
        """Loose."""

        a: int
        b: NotRequired[int]


def plan(trip: Trip, budget: Annotated[Optional[float], "in euro"] = None, later: List[Trip] = ()) -> NoSuchName:  # noqa: F821
    """Plan it."""


def unresolvable(a: NoSuchName):  # noqa: F821
    """X."""


def new_union(a: int | None):
    """X."""


@dataclasses.dataclass
class Unresolvable:
    a: NoSuchName  # noqa: F821
