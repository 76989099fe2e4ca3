"""Links: what shares a run or a dataset with whoever has the token, and tokens that take one feedback each.

A run or dataset has one token, the one it was shared with first, until that is taken back. A feedback token is of one
run and one key and ends at its time; the same token again replaces what it said before.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, List, Optional

from .database import Database, Refused, as_id, clean, dumped, loaded, new_id
from .derive import iso, microseconds, now_us
from .feedback import Feedback

__all__ = ["Shares"]

_MINUTE = 60_000_000  # microseconds
THREE_HOURS = 180 * _MINUTE
LONGEST = 10 * 366 * 24 * 60 * _MINUTE


class Shares(Feedback, Database):
    """The shares and feedback tokens of the store."""

    def share(self, run_id: str, token: Optional[str] = None) -> str:
        """Share a run by a link and give its token. Raises: Refused (404, 409 for a token that is in use)."""
        return self._share("shares", "runs", "run_id", run_id, token)

    def shared_token(self, run_id: str) -> Optional[str]:
        """Give the token a run is shared by, or None."""
        row = self.row("SELECT token FROM shares WHERE run_id=?", (run_id,))
        return None if row is None else str(row[0])

    def shared_run(self, token: str) -> Optional[str]:
        """Give the id of the run that a token shares, or None."""
        row = self.row("SELECT run_id FROM shares WHERE token=?", (token,))
        return None if row is None else str(row[0])

    def unshare(self, run_id: str) -> None:
        """Take the link of a run away; nothing happens where there is none."""
        with self.writing() as db:
            db.execute("DELETE FROM shares WHERE run_id=?", (run_id,))

    def share_dataset(self, dataset_id: str, token: Optional[str] = None) -> str:
        """Share a dataset by a link and give its token. Raises: Refused (404, 409 for a token that is in use)."""
        return self._share("dataset_shares", "datasets", "dataset_id", dataset_id, token)

    def dataset_token(self, dataset_id: str) -> Optional[str]:
        """Give the token a dataset is shared by, or None."""
        row = self.row("SELECT token FROM dataset_shares WHERE dataset_id=?", (dataset_id,))
        return None if row is None else str(row[0])

    def shared_dataset(self, token: str) -> Optional[str]:
        """Give the id of the dataset that a token shares, or None."""
        row = self.row("SELECT dataset_id FROM dataset_shares WHERE token=?", (token,))
        return None if row is None else str(row[0])

    def unshare_dataset(self, dataset_id: str) -> None:
        """Take the link of a dataset away; nothing happens where there is none."""
        with self.writing() as db:
            db.execute("DELETE FROM dataset_shares WHERE dataset_id=?", (dataset_id,))

    def make_feedback_token(self, said: Dict[str, Any]) -> Dict[str, Any]:
        """Make a token for feedback of one run and key: `run_id`, `feedback_key`, `expires_at` or `expires_in`.

        Shape: {"id", "expires_at"}. Raises: Refused (404 for an unknown run, 422).
        """
        key = said.get("feedback_key")
        if not isinstance(key, str) or not key:
            raise Refused(422, "a feedback token has a feedback_key, a text")
        run_id = as_id(said.get("run_id"))
        values: Dict[str, Any] = {
            "id": new_id(),
            "run_id": run_id,
            "key": clean(key),
            "feedback_id": as_id(said["id"]) if said.get("id") else new_id(),
            "feedback_config": dumped(said.get("feedback_config")),
            "expires_us": _end(said),
        }
        with self.writing():
            if self.row("SELECT 1 FROM runs WHERE id=?", (run_id,)) is None:
                raise Refused(404, f"there is no run {run_id}")
            self.insert("feedback_tokens", values)
        return {"id": values["id"], "expires_at": iso(values["expires_us"])}

    def feedback_tokens(self, run_id: str, *, limit: int = 100, offset: int = 0) -> List[Dict[str, Any]]:
        """List the tokens of a run that have not ended."""
        sql = "SELECT * FROM feedback_tokens WHERE run_id=? AND expires_us>? ORDER BY rowid LIMIT ? OFFSET ?"
        rows = self.rows(sql, (run_id, now_us(), limit, offset))
        return [{"id": row["id"], "expires_at": iso(row["expires_us"])} for row in rows]

    def add_feedback_by(self, token: str, said: Dict[str, Any]) -> Dict[str, Any]:
        """Keep what somebody with a token says: score, value, comment, correction, metadata.

        Raises: Refused (403 when the token has ended, 404 for none, 422).
        """
        row: Optional[sqlite3.Row] = self.row("SELECT * FROM feedback_tokens WHERE id=?", (token,))
        if row is None:
            raise Refused(404, "there is no such feedback token")
        if row["expires_us"] <= now_us():
            raise Refused(403, f"the feedback token has ended at {iso(row['expires_us'])}")
        given = {name: said.get(name) for name in ("score", "value", "comment", "correction")}
        source = {"type": "api", "metadata": said.get("metadata")}
        return self.add_feedback({
            **given, "id": row["feedback_id"], "run_id": row["run_id"], "key": row["key"], "feedback_source": source,
            "feedback_config": loaded(row["feedback_config"]),
        })  # fmt: skip

    def _share(self, table: str, things: str, column: str, thing: str, token: Optional[str]) -> str:
        with self.writing() as db:
            if self.row(f"SELECT 1 FROM {things} WHERE id=?", (thing,)) is None:
                raise Refused(404, f"there is no {things[:-1]} {thing}")
            have = self.row(f"SELECT token FROM {table} WHERE {column}=?", (thing,))
            if have is not None:
                return str(have[0])
            made = as_id(token) if token else new_id()
            if self.row(f"SELECT 1 FROM {table} WHERE token=?", (made,)) is not None:
                raise Refused(409, f"the token {made} shares another one")
            db.execute(f"INSERT INTO {table} VALUES (?, ?)", (made, thing))
        return made


def _end(said: Dict[str, Any]) -> int:
    """Give when a token ends: at a moment, or after so many days, hours and minutes; else after three hours."""
    moment, span = said.get("expires_at"), said.get("expires_in")
    if moment is not None:
        try:
            return microseconds(moment) or 0
        except ValueError as problem:
            raise Refused(422, f"expires_at: {problem}") from None
    if span is None:
        return now_us() + THREE_HOURS
    parts: List[Any] = [span.get(name) or 0 for name in ("days", "hours", "minutes")] if isinstance(span, dict) else []
    if not parts or not all(isinstance(part, int) and 0 <= part < 1 << 32 for part in parts):
        raise Refused(422, 'expires_in is {"days": 0, "hours": 3, "minutes": 0}')
    days, hours, minutes = (int(part) for part in parts)
    return now_us() + min(((days * 24 + hours) * 60 + minutes) * _MINUTE, LONGEST)
