"""What is known about Anthropic's models: which names are ordinary, how much they hold, what each family refuses.

Sizes from the profile table of langchain-anthropic 1.7.10 and, for retired models, from Anthropic's model pages as
remembered. Refusals per family from ../shared/wire/anthropic.md and the issue threads named below.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

from ..replies import behaviours

__all__ = ["LISTED", "Model", "display_name", "find"]

ORDINARY = re.compile(
    r"claude-(3(-[57])?-(haiku|sonnet|opus)|(haiku|sonnet|opus|fable|mythos)-[45](-\d)?)(-\d{8}|-latest)?$"
)
# `GET /v1/models` names these, newest first, besides the ready behaviours.
LISTED = (
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-fable-5-1",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-sonnet-4-6",
    "claude-opus-4-6",
    "claude-opus-4-5-20251101",
    "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5-20250929",
)
# An alias is answered with the name of its snapshot (seen in the recordings for the 4.5s, 4.0 and 3.5 haiku).
SNAPSHOTS = {
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
    "claude-opus-4-0": "claude-opus-4-20250514",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    "claude-3-5-sonnet-latest": "claude-3-5-sonnet-20241022",
}
EFFORTS = ("low", "medium", "high", "xhigh", "max")


class Model(NamedTuple):
    """A model that can be asked.

    `budget` and `adaptive`: which kinds of thinking it takes; `omits`: it hides its thoughts unless asked to show them;
    `samples`: temperature and its like may be set; `one_sampler`: but not two of them; `forced`: tool_choice may force
    a tool; `prefill`: the conversation may end with the assistant; `efforts`: the levels it takes; `inline_system`: a
    system message may stand among the others; `overflows`: max_tokens may not reach beyond the context.
    """

    name: str
    snapshot: str
    ordinary: bool
    context: int = 200_000
    output: int = 128_000
    budget: bool = True
    adaptive: bool = True
    always_thinks: bool = False
    omits: bool = False
    samples: bool = True
    one_sampler: bool = False
    forced: bool = True
    prefill: bool = True
    efforts: Tuple[str, ...] = EFFORTS
    inline_system: bool = False
    overflows: bool = False


def find(name: str, *, any_name: bool = False) -> Optional[Model]:
    """Look a model up, or give None when Anthropic would not know it (and not `any_name` will do)."""
    if not ORDINARY.match(name):
        known = behaviours.is_fake(name) or any_name
        return Model(name, name, False) if known else None
    family, number = _generation(name)
    output = {(3, 0): 4_096, (3, 5): 8_192}.get(number, 64_000)
    if family == "opus" and (4, 0) <= number <= (4, 1):
        output = 32_000
    new = number >= (4, 6)
    newer = number >= (4, 7)
    return Model(
        name,
        SNAPSHOTS.get(name, name),
        True,
        context=1_000_000 if new else 200_000,
        output=128_000 if new else output,
        budget=(3, 7) <= number < (4, 7),
        adaptive=new,
        always_thinks=family in ("fable", "mythos") or number >= (5, 5),
        omits=newer,
        samples=not newer,
        one_sampler=number >= (4, 1),
        forced=not (number >= (5, 5) or (family in ("fable", "mythos") and number >= (5, 1))),
        prefill=not new,
        efforts=EFFORTS if newer else _efforts(family, number),
        inline_system=number >= (4, 8),
        overflows=number < (4, 5),
    )


def display_name(name: str) -> str:
    """Give a model's name as a person writes it: "Claude Opus 4.5"."""
    if not ORDINARY.match(name):
        return name
    family, (major, minor) = _generation(name)
    number = f"{major}.{minor}" if minor else str(major)
    return f"Claude {family.title()} {number}" if major > 3 else f"Claude {number} {family.title()}"


def _generation(name: str) -> Tuple[str, Tuple[int, int]]:
    parts = re.sub(r"-(\d{8}|latest)$", "", name).split("-")[1:]
    family = next(part for part in parts if not part.isdecimal())
    numbers = [int(part) for part in parts if part.isdecimal()]
    return family, (numbers[0], numbers[1] if len(numbers) > 1 else 0)


def _efforts(family: str, number: Tuple[int, int]) -> Tuple[str, ...]:
    if number >= (4, 6):
        return ("low", "medium", "high", "max")
    return ("low", "medium", "high") if (family, number) == ("opus", (4, 5)) else ()
