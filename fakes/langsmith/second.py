"""Version 2 of the API asks for the same runs with other words, and shows them otherwise.

`project_ids`, selected fields in capitals, `items` and `next_cursor`; a run of it has `project_id` and no
`parent_run_id`, its status and type are in capitals (§8 of the wire notes).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from .database import Refused
from .derive import microseconds

__all__ = ["columns", "selects", "shown"]

# What version 2's fields are made of, where it is not a field of the same name.
_COLUMNS = {
    "project_id": ("session_id",), "is_root": ("parent_run_id",), "latency_seconds": ("start_time", "end_time"),
    "manifest": ("serialized",), "error_preview": ("error",), "metadata": ("extra",),
    "parent_run_ids": ("dotted_order", "parent_run_ids"),
}  # fmt: skip


def selects(said: Any) -> List[str]:
    """Give the selected fields in small letters. Raises: Refused (422)."""
    if said is not None and not isinstance(said, list):
        raise Refused(422, "selects is a list of fields")
    return [str(name).lower() for name in said or ()]


def columns(selected: Sequence[str]) -> Optional[List[str]]:
    """Give the columns that version 2's fields are made of; None, for all, where nothing was selected."""
    if not selected:
        return None
    return [column for name in selected for column in _COLUMNS.get(name, (name,))]


def shown(run: Dict[str, Any], selected: Sequence[str]) -> Dict[str, Any]:
    """Give a run as version 2 does: what was selected and its id, or everything."""
    made = {name: value for name, value in run.items() if name not in ("session_id", "parent_run_id", "serialized")}
    start, end = microseconds(run.get("start_time")), microseconds(run.get("end_time"))
    made["project_id"] = run.get("session_id")
    made["is_root"] = run.get("parent_run_id") is None
    made["latency_seconds"] = None if start is None or end is None else (end - start) / 1e6
    made["manifest"] = run.get("serialized")
    made["error_preview"] = None if run.get("error") is None else run["error"][:300]
    if isinstance(run.get("extra"), dict):
        made["metadata"] = run["extra"].get("metadata")
    for name in ("status", "run_type"):
        if isinstance(run.get(name), str):
            made[name] = run[name].upper()
    return {name: made[name] for name in dict.fromkeys(("id", *selected)) if name in made} if selected else made
