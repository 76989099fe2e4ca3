"""Compare a request that was rebuilt from messages with the one that was recorded: as JSON, path by path."""

import re

__all__ = ["check_same", "differences"]

NOTHING = object()


def differences(recorded, built, path=""):
    """Give (path, recorded, built) of every leaf that differs; `NOTHING` where one has none.

    A path reads as "messages[2].content[0].text"; numbers are equal by value, keys have no order.
    """
    if isinstance(recorded, dict) and isinstance(built, dict):
        found = []
        for key in dict.fromkeys([*recorded, *built]):
            place = f"{path}.{key}" if path else str(key)
            found += differences(recorded.get(key, NOTHING), built.get(key, NOTHING), place)
        return found
    if isinstance(recorded, list) and isinstance(built, list):
        found = []
        for index in range(max(len(recorded), len(built))):
            left = recorded[index] if index < len(recorded) else NOTHING
            right = built[index] if index < len(built) else NOTHING
            found += differences(left, right, f"{path}[{index}]")
        return found
    same = recorded == built and isinstance(recorded, bool) == isinstance(built, bool)
    return [] if same else [(path, recorded, built)]


def check_same(recorded, built, allowed):
    """Demand that `built` says what `recorded` says, but for what is allowed.

    `allowed`: rows of (pattern of the whole path, reason, test(recorded, built) -> bool). A row says why the two
    may differ there, and its test how: a row that lets everything pass is no comparison.
    """
    left = []
    for path, old, new in differences(recorded, built):
        rows = [row for row in allowed if re.fullmatch(row[0], path)]
        if not any(test(old, new) for _, _, test in rows):
            left.append((path, old if old is not NOTHING else "(nothing)", new if new is not NOTHING else "(nothing)"))
    assert not left, left
