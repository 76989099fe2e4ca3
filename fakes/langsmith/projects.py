"""Projects ("sessions" on the wire): created at first sight, listed, counted. An experiment is one with a dataset.

What is counted are root runs: a project's `run_count` is its traces, its latencies and error rate are theirs. Tokens
are summed over all model calls. No latency is below 0: the JavaScript SDK tells the end in milliseconds, the start
finer, so that a short run of it ends before it starts.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Dict, List, Optional, Sequence

from .database import Database, Refused, as_id, clean, dumped, loaded, marks, new_id
from .derive import COSTS, iso, microseconds, now_us

__all__ = ["Projects", "percentile"]

_JSON = ("extra", "evaluator_keys")
_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
_ROOTS = "FROM runs WHERE session_id=? AND parent_run_id IS NULL"


class Projects(Database):
    """The projects of the store."""

    def project_for(self, name: str, start_us: int) -> str:
        """Give the id of the project of this name, which is made at first sight."""
        found = self.row("SELECT id FROM projects WHERE name=?", (name,))
        if found is not None:
            return str(found[0])
        made = new_id()
        self.insert("projects", {"id": made, "name": name, "start_us": start_us})
        return made

    def project(self, project_id: str, *, stats: bool = False) -> Optional[Dict[str, Any]]:
        """Give one project by id, or None."""
        return self._first("SELECT * FROM projects WHERE id=?", project_id, stats)

    def project_named(self, name: str, *, stats: bool = False) -> Optional[Dict[str, Any]]:
        """Give one project by name, or None."""
        return self._first("SELECT * FROM projects WHERE name=?", name, stats)

    def projects(
        self,
        *,
        name: Optional[str] = None,
        name_contains: Optional[str] = None,
        reference_dataset: Optional[str] = None,
        ids: Sequence[str] = (),
        reference_free: bool = False,
        metadata: Optional[Dict[str, Any]] = None,
        dataset_version: Optional[str] = None,
        limit: int = 100,
        offset: int = 0,
        stats: bool = False,
    ) -> List[Dict[str, Any]]:
        """List projects, the ones used last first; `reference_free` leaves experiments away.

        `metadata` is of `extra.metadata`, and so is the version of the dataset that an experiment ran on.
        """
        where: List[str] = ["1"]
        values: List[Any] = []
        for sql, value in (
            ("p.name=?", name),
            ("instr(lower(p.name), lower(?))", name_contains),
            ("p.reference_dataset_id=?", reference_dataset),
            ("json_has(p.extra, ?, 'metadata')", dumped(metadata)),
            ("json_extract(p.extra, '$.metadata.dataset_version')=?", dataset_version),
        ):
            if value is not None:
                where.append(sql)
                values.append(value)
        if ids:
            where.append(f"p.id IN ({marks(ids)})")
            values += ids
        if reference_free:
            where.append("p.reference_dataset_id IS NULL")
        rows = self.rows(
            f"SELECT p.* FROM projects p WHERE {' AND '.join(where)} ORDER BY max(p.start_us, coalesce((SELECT"
            " max(start_us) FROM runs WHERE session_id=p.id AND parent_run_id IS NULL), 0)) DESC, p.id"
            " LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return [self._project(row, stats) for row in rows]

    def create_project(self, said: Dict[str, Any], *, upsert: bool = False) -> Dict[str, Any]:
        """Make a project of the wire's fields.

        Raises: Refused (409) when the name is taken and `upsert` is not said, 404 for an unknown dataset.
        """
        name = clean(str(said.get("name") or "")) or "default"
        with self.writing():
            have = self.project_named(name)
            if have is not None:
                if not upsert:
                    raise Refused(409, f"a project named {name!r} exists; choose another name or say upsert=true")
                self.update_project(have["id"], said)
                return self.project(have["id"]) or have
            dataset = said.get("reference_dataset_id")
            if dataset and self.row("SELECT 1 FROM datasets WHERE id=?", (as_id(dataset),)) is None:
                raise Refused(404, f"there is no dataset {dataset}")
            values: Dict[str, Any] = {
                "id": as_id(said["id"]) if said.get("id") else new_id(),
                "name": name,
                "start_us": _moment(said.get("start_time")) or now_us(),
                "end_us": _moment(said.get("end_time")),
                "description": said.get("description"),
                "extra": dumped(said.get("extra")),
                "reference_dataset_id": as_id(dataset) if dataset else None,
                "num_examples": said.get("num_examples"),
                "num_repetitions": said.get("num_repetitions"),
                "evaluator_keys": dumped(said.get("evaluator_keys")),
            }
            if self.project(values["id"]) is not None:
                raise Refused(409, f"a project with the id {values['id']} exists")
            self.insert("projects", values)
        made = self.project(values["id"])
        assert made is not None
        return made

    def update_project(self, project_id: str, said: Dict[str, Any]) -> Dict[str, Any]:
        """Change what is said and not null. Raises: Refused (404 unknown, 409 name taken)."""
        with self.writing():
            have = self.project(project_id)
            if have is None:
                raise Refused(404, f"there is no project {project_id}")
            values: Dict[str, Any] = {}
            for name in ("name", "description", "num_examples", "num_repetitions"):
                if said.get(name) is not None:
                    values[name] = clean(said[name]) if isinstance(said[name], str) else said[name]
            if said.get("end_time") is not None:
                values["end_us"] = _moment(said["end_time"])
            for name in _JSON:
                if said.get(name) is not None:
                    values[name] = dumped(said[name])
            other = self.project_named(values["name"]) if "name" in values else None
            if other is not None and other["id"] != project_id:
                raise Refused(409, f"a project named {values['name']!r} exists")
            self.update("projects", project_id, values)
        return self.project(project_id) or have

    def delete_project(self, project_id: str) -> None:
        """Delete a project with its runs and their feedback. Raises: Refused (404)."""
        with self.writing() as db:
            if self.project(project_id) is None:
                raise Refused(404, f"there is no project {project_id}")
            mine = "(SELECT id FROM runs WHERE session_id=?)"
            db.execute(f"DELETE FROM feedback WHERE session_id=? OR run_id IN {mine}", (project_id, project_id))
            db.execute(f"DELETE FROM attachments WHERE owner_id IN {mine}", (project_id,))
            for table in ("shares", "feedback_tokens"):
                db.execute(f"DELETE FROM {table} WHERE run_id IN {mine}", (project_id,))
            db.execute("DELETE FROM runs WHERE session_id=?", (project_id,))
            db.execute("DELETE FROM projects WHERE id=?", (project_id,))

    def stats(self, project_id: str) -> Dict[str, Any]:
        """Count a project: see the module's note; latencies in seconds, None where nothing has ended."""
        count, failed, last = self.rows(
            f"SELECT count(*), coalesce(sum(error IS NOT NULL), 0), max(start_us) {_ROOTS}", (project_id,)
        )[0]
        took = [row[0] / 1e6 for row in self.rows(
            f"SELECT max(end_us - start_us, 0) AS took {_ROOTS} AND end_us IS NOT NULL ORDER BY took", (project_id,)
        )]  # fmt: skip
        return {
            "run_count": count,
            "error_rate": failed / count if count else None,
            "latency_p50": percentile(took, 0.5),
            "latency_p99": percentile(took, 0.99),
            **self._sums(project_id),
            "last_run_start_time": iso(last),
            "feedback_stats": self.scores(self._of_runs(count), project_id),
            "session_feedback_stats": self.scores("session_id=? AND run_id IS NULL", project_id),
        }

    def _of_runs(self, many: int) -> str:
        """Give SQL for feedback of a project's runs, which are so many or more: by them, or by the feedback if less."""
        (told,) = self.rows("SELECT count(*) FROM (SELECT 1 FROM feedback LIMIT ?)", (many,))[0]
        if told < many:
            return "EXISTS (SELECT 1 FROM runs r WHERE r.id=feedback.run_id AND r.session_id=?)"
        return "run_id IN (SELECT id FROM runs WHERE session_id=?) AND run_id IS NOT NULL"

    def _sums(self, project_id: str) -> Dict[str, Any]:
        """Sum tokens and costs over the calls that are not inside another call, whose sum has them in it."""
        names = (*_TOKENS, *COSTS)
        rows = self.rows(
            f"SELECT dotted_order, {', '.join(names)} FROM runs WHERE session_id=?"
            " AND (total_tokens IS NOT NULL OR total_cost IS NOT NULL)",
            (project_id,),
        )
        telling = {row["dotted_order"]: row for row in rows}
        told: Dict[str, List[Any]] = {name: [] for name in names}
        for row in rows:
            outer = _above(row["dotted_order"], telling)
            for name in names:
                if row[name] is not None and not any(one[name] is not None for one in outer):
                    told[name].append(row[name])
        return {
            name: sum(several) if name in _TOKENS else round(sum(several), 12) if several else None
            for name, several in told.items()
        }

    def latencies(self, project_id: str, buckets: int = 40) -> List[Dict[str, Any]]:
        """Give root runs by equal spans of time, oldest first: start, count, errors, p50, p99 (seconds or None)."""
        rows = self.rows(
            f"SELECT start_us, end_us, error IS NOT NULL AS failed {_ROOTS} ORDER BY start_us", (project_id,)
        )
        if not rows:
            return []
        first, span = rows[0]["start_us"], rows[-1]["start_us"] - rows[0]["start_us"] + 1
        spans: List[List[sqlite3.Row]] = [[] for _ in range(buckets)]
        for row in rows:
            spans[(row["start_us"] - first) * buckets // span].append(row)
        given = []
        for place, inside in enumerate(spans):
            took = sorted(max(row["end_us"] - row["start_us"], 0) / 1e6 for row in inside if row["end_us"] is not None)
            given.append({
                "start": iso(first + place * span // buckets),
                "count": len(inside),
                "errors": sum(row["failed"] for row in inside),
                "p50": percentile(took, 0.5),
                "p99": percentile(took, 0.99),
            })  # fmt: skip
        return given

    def feedback_stats(self, run_ids: Sequence[str]) -> Dict[str, Dict[str, Any]]:
        """Give, for each run that has any, `{key: {n, avg, values, comments}}`."""
        found: Dict[str, Dict[str, Any]] = {}
        for start in range(0, len(run_ids), 500):
            part = run_ids[start : start + 500]
            for row in self.rows(f"SELECT * FROM feedback WHERE run_id IN ({marks(part)}) ORDER BY created_us", part):
                _count(found.setdefault(row["run_id"], {}), row)
        return {run: _means(told) for run, told in found.items()}

    def scores(self, where: str, value: str) -> Dict[str, Any]:
        """Give `{key: {n, avg, values, comments}}` over the feedback of a condition with one value."""
        told: Dict[str, Any] = {}
        for row in self.rows(f"SELECT * FROM feedback WHERE {where} ORDER BY created_us", (value,)):
            _count(told, row)
        return _means(told)

    def _first(self, sql: str, value: str, stats: bool) -> Optional[Dict[str, Any]]:
        row = self.row(sql, (value,))
        return None if row is None else self._project(row, stats)

    def _project(self, row: sqlite3.Row, stats: bool) -> Dict[str, Any]:
        project = {
            "id": row["id"],
            "tenant_id": self.tenant_id,
            "name": row["name"],
            "description": row["description"],
            "start_time": iso(row["start_us"]),
            "end_time": iso(row["end_us"]),
            "extra": loaded(row["extra"]),
            "reference_dataset_id": row["reference_dataset_id"],
            "default_dataset_id": None,
        }
        if row["reference_dataset_id"]:
            for name in ("num_examples", "num_repetitions"):
                project[name] = row[name]
            project["evaluator_keys"] = loaded(row["evaluator_keys"])
        if stats:
            project.update(self.stats(row["id"]))
        return project


def _above(dotted_order: Optional[str], known: Dict[Optional[str], sqlite3.Row]) -> List[sqlite3.Row]:
    """Give those of the known runs that a run is below of."""
    found, above = [], dotted_order or ""
    while "." in above:
        above = above.rpartition(".")[0]
        if above in known:
            found.append(known[above])
    return found


def percentile(ordered: Sequence[float], part: float) -> Optional[float]:
    """Give the value below which such a part of sorted numbers lies, between two neighbours in proportion; or None."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * part
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _count(told: Dict[str, Any], row: sqlite3.Row) -> None:
    stats = told.setdefault(row["key"], {"n": 0, "scores": [], "values": {}, "comments": []})
    stats["n"] += 1
    if row["score"] is not None:
        stats["scores"].append(float(row["score"]))
    if row["value"] is not None:
        value = loaded(row["value"])
        name = value if isinstance(value, str) else row["value"]
        stats["values"][name] = stats["values"].get(name, 0) + 1
    if row["comment"]:
        stats["comments"].append(row["comment"])


def _means(told: Dict[str, Any]) -> Dict[str, Any]:
    for stats in told.values():
        scores = stats.pop("scores")
        stats["avg"] = sum(scores) / len(scores) if scores else None
    return told


def _moment(value: Any) -> Optional[int]:
    try:
        return microseconds(value)
    except ValueError as problem:
        raise Refused(422, str(problem)) from None
