"""How two sets of recordings differ: what an API has lost, gained, or says in another way.

Facts of surfaces that are in both sets are compared as sets (`surface`). A surface that is in one set only is one
line. Of an event that is new or lost its keys are not told one by one, nor those below a key that is.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Set, Tuple

from .exchange import Recording
from .surface import Fact, surfaces

__all__ = ["Change", "compare", "lines"]


class Change(NamedTuple):
    """One difference: `what` is "lost", "new" or "changed"; `kind` of a fact is "surface", "event", "key", "value",
    "header" or "status". Of changed values `old` and `new` are the kinds seen.
    """

    what: str
    surface: str
    kind: str
    where: str
    old: str = ""
    new: str = ""

    @property
    def loses(self) -> bool:
        """Tell whether a client that relied on the old recordings may miss something."""
        return self.what == "lost" or bool(set(self.old.split("|")) - set(self.new.split("|")))

    def as_json(self) -> Dict[str, Any]:
        """Give it as plain JSON values."""
        row: Dict[str, Any] = {"what": self.what, "surface": self.surface, "kind": self.kind, "where": self.where}
        if self.kind == "value":
            row.update(old=self.old.split("|"), new=self.new.split("|"))
        return {**row, "loses": self.loses}

    def __str__(self) -> str:
        values = f": {self.old} -> {self.new}" if self.kind == "value" else ""
        return f"{self.what:8}{self.kind:8}{self.where}{values}"


def compare(old: Iterable[Recording], new: Iterable[Recording]) -> List[Change]:
    """Give what changed from the old recordings to the new, sorted by surface; what was lost comes first."""
    before, after = surfaces(old), surfaces(new)
    changes: List[Change] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            changes.append(Change("lost", name, "surface", "no new recording shows it"))
        elif name not in before:
            changes.append(Change("new", name, "surface", "no old recording shows it"))
        else:
            changes += _of_surface(name, before[name], after[name])
    return changes


def _of_surface(name: str, old: Set[Fact], new: Set[Fact]) -> List[Change]:
    changes = []
    for what, facts in (("lost", old - new), ("new", new - old)):
        events = {fact[1] for fact in facts if fact[0] == "event"}
        keys = {fact[1:] for fact in facts if fact[0] == "key"}
        for fact in sorted(facts):
            if fact[0] in ("event", "header", "status"):
                changes.append(Change(what, name, fact[0], fact[1]))
            elif fact[0] == "key" and fact[1] not in events and not _below(fact[2], fact[1], keys):
                changes.append(Change(what, name, "key", f"{fact[1]}: {fact[2]}"))
    before, after = _kinds(old), _kinds(new)
    for event, path in sorted(before.keys() & after.keys()):
        one, other = ("|".join(sorted(kinds[event, path])) for kinds in (before, after))
        if one != other:
            changes.append(Change("changed", name, "value", f"{event}: {path}", one, other))
    order = {"lost": 0, "changed": 1, "new": 2}
    return sorted(changes, key=lambda change: (order[change.what], change[2:]))


def _kinds(facts: Set[Fact]) -> Dict[Tuple[str, str], List[str]]:
    """Give the kinds of values by event and path."""
    found: Dict[Tuple[str, str], List[str]] = {}
    for fact in facts:
        if fact[0] == "kind":
            found.setdefault((fact[1], fact[2]), []).append(fact[3])
    return found


def _below(path: str, event: str, keys: Set[Fact]) -> bool:
    """Tell whether a path lies below another one that is told already."""
    places = [place for place, letter in enumerate(path) if letter in ".[("]
    return any((event, path[:place]) in keys for place in places)


def lines(changes: List[Change]) -> List[str]:
    """Write changes for people: a line for each surface, its changes below."""
    told: List[str] = []
    surface = ""
    for change in changes:
        if change.surface != surface:
            surface = change.surface
            told.append(surface)
        told.append(f"  {change}")
    return told
