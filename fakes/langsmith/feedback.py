"""Feedback on runs and on whole experiments.

Feedback may come before the run it is about, and for an experiment without any run. The same id again replaces: ingest
is repeated by clients that heard no answer.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, List, Optional, Sequence

from .database import Database, Refused, as_id, clean, dumped, ids, loaded, marks, new_id
from .derive import iso, microseconds, now_us

__all__ = ["Feedback"]

_JSON = ("value", "correction", "feedback_source", "feedback_config", "extra")
_CHANGEABLE = ("key", "score", "value", "comment", "correction", "feedback_source", "extra")


class Feedback(Database):
    """The feedback of the store."""

    def add_feedback(self, said: Dict[str, Any]) -> Dict[str, Any]:
        """Keep feedback of the wire's fields (§9) and give it as it is listed.

        Raises: Refused (422) without a key, or with ids, times or a score that are none.
        """
        key = said.get("key")
        if not isinstance(key, str) or not key:
            raise Refused(422, "feedback has a key, a text")
        now = now_us()
        run_id = as_id(said["run_id"]) if said.get("run_id") else None
        if run_id is None and not said.get("session_id"):
            raise Refused(422, "feedback is of a run (run_id) or of an experiment (session_id)")
        trace_id, session_id = said.get("trace_id"), said.get("session_id")
        if run_id is not None and not (trace_id and session_id):
            run = self.row("SELECT trace_id, session_id FROM runs WHERE id=?", (run_id,))
            if run is not None:
                trace_id, session_id = trace_id or run["trace_id"], session_id or run["session_id"]
        try:
            created, modified = microseconds(said.get("created_at")), microseconds(said.get("modified_at"))
        except ValueError as problem:
            raise Refused(422, f"feedback: {problem}") from None
        values = {
            "id": as_id(said["id"]) if said.get("id") else new_id(),
            "run_id": run_id,
            "trace_id": as_id(trace_id) if trace_id else None,
            "session_id": as_id(session_id) if session_id else None,
            **{name: _column(name, said.get(name)) for name in (*_CHANGEABLE, "feedback_config")},
            "created_us": created or now,
            "modified_us": modified or now,
            "start_time": said.get("start_time"),
            "error": None if said.get("error") is None else int(bool(said["error"])),
            **{
                name: as_id(said[name]) if said.get(name) else None
                for name in ("comparative_experiment_id", "feedback_group_id")
            },
        }
        self.insert("feedback", values)
        return self._one(values["id"])

    def feedback(
        self,
        *,
        run_ids: Sequence[str] = (),
        keys: Sequence[str] = (),
        sources: Sequence[str] = (),
        session_ids: Sequence[str] = (),
        limit: int = 100,
        offset: int = 0,
    ) -> List[Dict[str, Any]]:
        """List feedback, newest first."""
        where: List[str] = ["1"]
        values: List[Any] = []
        for column, wanted in (
            ("run_id", ids(run_ids)),
            ("key", keys),
            ("json_extract(feedback_source, '$.type')", sources),
            ("session_id", ids(session_ids)),
        ):
            if wanted:
                where.append(f"{column} IN ({marks(wanted)})")
                values += wanted
        sql = f"SELECT * FROM feedback WHERE {' AND '.join(where)} ORDER BY created_us DESC, id LIMIT ? OFFSET ?"
        return [_shown(row) for row in self.rows(sql, [*values, limit, offset])]

    def feedback_one(self, feedback_id: str) -> Optional[Dict[str, Any]]:
        """Give one feedback, or None."""
        row = self.row("SELECT * FROM feedback WHERE id=?", (feedback_id,))
        return None if row is None else _shown(row)

    def change_feedback(self, feedback_id: str, said: Dict[str, Any]) -> Dict[str, Any]:
        """Change the fields that are there; null clears. Raises: Refused (404, 422)."""
        with self.writing():
            if self.feedback_one(feedback_id) is None:
                raise Refused(404, f"there is no feedback {feedback_id}")
            values = {name: _column(name, said[name]) for name in _CHANGEABLE if name in said}
            if "key" in values and not values["key"]:
                raise Refused(422, "feedback has a key, a text")
            self.update("feedback", feedback_id, {**values, "modified_us": now_us()})
        return self._one(feedback_id)

    def delete_feedback(self, feedback_id: str) -> None:
        """Delete one feedback. Raises: Refused (404)."""
        with self.writing() as db:
            if not db.execute("DELETE FROM feedback WHERE id=?", (feedback_id,)).rowcount:
                raise Refused(404, f"there is no feedback {feedback_id}")

    def _one(self, feedback_id: str) -> Dict[str, Any]:
        found = self.feedback_one(feedback_id)
        assert found is not None
        return found


def _column(name: str, value: Any) -> Any:
    if name == "score":
        if value is None or isinstance(value, (int, float)):
            return int(value) if isinstance(value, bool) else value
        raise Refused(422, "feedback's score is a number or a boolean; a text is its value")
    if name in _JSON:
        return dumped(value)
    if value is not None and not isinstance(value, str):
        raise Refused(422, f"feedback's {name} is a text")
    return None if value is None else clean(value)


def _shown(row: sqlite3.Row) -> Dict[str, Any]:
    shown = dict(row)
    created, modified = shown.pop("created_us"), shown.pop("modified_us")
    shown.update({name: loaded(shown[name]) for name in _JSON})
    shown.update(created_at=iso(created), modified_at=iso(modified))
    return shown
