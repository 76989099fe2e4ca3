"""Runs, asked for: one, a trace, or whatever fits a `Query`, in pages that stay right while new runs come in.

A page ends with a cursor that names the last run on it (its start and id), so nothing is shown twice or left out when
runs are added meanwhile. Conditions become SQL; the filter language is `filters`'.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .attachments import Attachments
from .database import Refused, marks
from .derive import (
    EVERYTHING,
    HEAVY,
    STATUS,
    SUMMED,
    TOKEN_COUNTS,
    columns,
    inside,
    microseconds,
    run_object,
)
from .filters import compiled, searched
from .projects import Projects

__all__ = ["Query", "Runs"]

_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Query:
    """Which runs: all of what is said holds. `min_latency` is in seconds, times are ISO 8601 text."""

    sessions: Sequence[str] = ()  # project ids
    ids: Sequence[str] = ()
    trace: Optional[str] = None
    parent_run: Optional[str] = None
    reference_examples: Sequence[str] = ()
    is_root: Optional[bool] = None
    run_type: Optional[str] = None
    error: Optional[bool] = None  # True: only failed ones, False: only others
    status: Optional[str] = None  # pending, success, error
    name: Optional[str] = None  # a part of it, letters of either case
    tag: Optional[str] = None
    text: Optional[str] = None  # in name, inputs, outputs, error, tags or metadata
    min_latency: Optional[float] = None
    start_after: Optional[str] = None  # this moment or later
    end_before: Optional[str] = None
    changed_since: Optional[int] = None  # a mark, as `Runs.mark` gives it
    filter: Optional[str] = None  # of the run itself
    trace_filter: Optional[str] = None  # of its root
    tree_filter: Optional[str] = None  # of any run of its trace

    def where(self) -> Tuple[str, List[Any]]:
        """Give SQL over `runs r`, and its values. Raises: filters.BadFilter, Refused (422)."""
        parts: List[str] = ["1"]
        values: List[Any] = []

        def add(sql: str, *given: Any) -> None:
            parts.append(sql)
            values.extend(given)

        # A plus keeps sqlite from an index: what came in lately is few rows, and the roots of all projects are many.
        late = "+" if self.changed_since is not None else ""
        for column, wanted in (
            (f"{late}r.session_id", self.sessions),
            ("r.id", self.ids),
            ("r.reference_example_id", self.reference_examples),
        ):
            if len(wanted) > _IDS_AT_ONCE:  # sqlite bounds how many values a statement has
                add(f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(wanted)))
            elif wanted:
                add(f"{column} IN ({marks(wanted)})", *wanted)
        for column, value in (
            ("trace_id", self.trace),
            ("parent_run_id", self.parent_run),
            ("run_type", self.run_type),
        ):
            if value is not None:
                add(f"r.{column}=?", value)
        if self.is_root is not None:
            plus = "" if self.sessions and not late else "+"  # there is an index of a project's roots, none of all
            add(f"{plus}r.parent_run_id IS {'' if self.is_root else 'NOT '}NULL")
        if self.error is not None:
            add("r.error IS NOT NULL" if self.error else "r.error IS NULL")
        if self.status is not None:
            add(STATUS.format("r") + "=?", self.status)
        if self.name:
            add("instr(lower(r.name), lower(?))", self.name)
        if self.tag:
            add("EXISTS (SELECT 1 FROM json_each(r.tags) WHERE value=?)", self.tag)
        if self.text:
            add(*searched(self.text, "r"))
        if self.min_latency is not None:
            add("r.end_us - r.start_us >= ?", int(self.min_latency * 1e6))
        if self.start_after is not None:
            add("r.start_us >= ?", _moment(self.start_after))
        if self.end_before is not None:
            add("r.end_us <= ?", _moment(self.end_before))
        if self.changed_since is not None:
            add("r.received_us > ?", self.changed_since)
        if self.filter:
            add(*compiled(self.filter, "r"))
        if self.trace_filter:
            sql, *given = compiled(self.trace_filter, "t")
            add(f"EXISTS (SELECT 1 FROM runs t WHERE t.id=r.trace_id AND {sql})", *given)
        if self.tree_filter:
            sql, *given = compiled(self.tree_filter, "t")
            if self.is_root or self.ids or self.parent_run is not None:  # few of each trace
                add(f"EXISTS (SELECT 1 FROM runs t WHERE t.trace_id=r.trace_id AND {sql})", *given)
            else:  # each trace is looked through once, not once for each of its runs
                where, values_of = self._traces()
                add(f"r.trace_id IN (SELECT t.trace_id FROM runs t WHERE {where} AND {sql})", *values_of, *given)
        return " AND ".join(parts), values

    def _traces(self) -> Tuple[str, Sequence[Any]]:
        """Give SQL for the runs `t` of the traces that may be asked about, and its values."""
        if self.trace is not None:
            return "t.trace_id=?", [self.trace]
        if self.sessions:
            mine = f"SELECT k.trace_id FROM runs k WHERE k.session_id IN ({marks(self.sessions)})"
            return f"t.trace_id IN ({mine})", self.sessions
        return "1", ()


class Runs(Projects, Attachments):
    """The runs of the store, for reading."""

    def runs(
        self,
        *,
        select: Optional[Sequence[str]] = None,
        limit: int = 100,
        cursor: Optional[str] = None,
        newest_first: bool = True,
        **conditions: Any,
    ) -> Tuple[List[Dict[str, Any]], Optional[str]]:
        """Give a page of the runs that fit (`Query`), and the cursor of the next page or None.

        `select` names fields (derive.LIGHT, derive.HEAVY), None gives all; id is always there. A page of large runs
        ends before its limit, so that no answer takes the memory of hundreds of them: only the cursor tells the end.
        Raises: filters.BadFilter for a filter that is none, Refused (422) for a cursor or time that is none.
        """
        where, values = Query(**conditions).where()
        order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
        if cursor is not None:
            start, last = _opened(cursor)
            where += f" AND (r.start_us {beyond} ? OR (r.start_us = ? AND r.id {beyond} ?))"
            values += [start, start, last]
        wanted = _wanted(select)
        late = "+" if conditions.get("changed_since") is not None else ""  # these few are found first and sorted then
        rows, more = self.rows_up_to(
            f"SELECT r.start_us AS _at, {columns(wanted)} FROM runs r WHERE {where}"
            f" ORDER BY {late}r.start_us {order}, r.id {order} LIMIT ?",
            [*values, limit + 1],
            limit,
        )
        return self._shown(rows, select), _closed(rows[-1]["_at"], rows[-1]["id"]) if more and rows else None

    def every_run(self, *, newest_first: bool = True, **conditions: Any) -> Iterator[Dict[str, Any]]:
        """Give all runs that fit, whole, one after the other: in memory there is never more than one.

        Runs that come in meanwhile may be among them or not. Raises at once: filters.BadFilter, Refused (422).
        """
        page, cursor = self.runs(select=["id"], limit=_IDS_AT_ONCE, newest_first=newest_first, **conditions)

        def given(page: List[Dict[str, Any]], cursor: Optional[str]) -> Iterator[Dict[str, Any]]:
            while True:
                for one in page:
                    run = self.run(one["id"])
                    if run is not None:  # deleted meanwhile
                        yield run
                if cursor is None:
                    return
                page, cursor = self.runs(
                    select=["id"], limit=_IDS_AT_ONCE, newest_first=newest_first, cursor=cursor, **conditions
                )

        return given(page, cursor)

    def every_run_of(self, trace_id: str) -> Iterator[Dict[str, Any]]:
        """Give all runs of a trace in dotted order, whole, one after the other."""
        for one in self.trace(trace_id, select=["id"]):
            run = self.run(one["id"])
            if run is not None:
                yield run

    def count_runs(self, **conditions: Any) -> int:
        """Count the runs that fit."""
        where, values = Query(**conditions).where()
        return int(self.rows(f"SELECT count(*) FROM runs r WHERE {where}", values)[0][0])

    def run(self, run_id: str, *, select: Optional[Sequence[str]] = None) -> Optional[Dict[str, Any]]:
        """Give one run, or None."""
        rows = self.rows(f"SELECT {columns(_wanted(select))} FROM runs r WHERE r.id=?", (run_id,))
        found = self._shown(rows, select)
        return found[0] if found else None

    def trace(self, trace_id: str, *, select: Optional[Sequence[str]] = None) -> List[Dict[str, Any]]:
        """Give all runs of a trace in dotted order: parents before their children, siblings by start."""
        sql = f"SELECT {columns(_wanted(select))} FROM runs r WHERE r.trace_id=? ORDER BY r.dotted_order, r.start_us"
        return self._shown(self.rows(sql, (trace_id,)), select)

    def heavy(self, run_id: str, field: str) -> Optional[str]:
        """Give the JSON text of one heavy field, whole, or None. Raises: Refused (404) for another field."""
        if field not in HEAVY:
            raise Refused(404, f"{field[:60]!r} is none of {', '.join(HEAVY)}")
        row = self.row(f"SELECT {field} FROM runs WHERE id=?", (run_id,))
        return None if row is None else row[0]

    def mark(self) -> int:
        """Give a mark of now: `runs(changed_since=mark)` are the runs that something came in of since."""
        return int(self.rows("SELECT coalesce(max(received_us), 0) FROM runs")[0][0])

    def _shown(self, rows: Sequence[Any], select: Optional[Sequence[str]]) -> List[Dict[str, Any]]:
        found = [run_object(row, self.tenant_id) for row in rows]
        self._sum_up(found)
        for run in found:
            for name in ("_at", "_trace", "_order"):
                run.pop(name, None)
        if select is None or "feedback_stats" in select:
            stats = self.feedback_stats([run["id"] for run in found])
            for run in found:
                run["feedback_stats"] = stats.get(run["id"], {})
        if select is None or "s3_urls" in select:  # the wire's name for where attachments are
            for owner in self._with_attachments([run["id"] for run in found]):
                for run in found:
                    if run["id"] == owner:
                        run["s3_urls"] = self.attached(owner)
        return found

    def _sum_up(self, found: Sequence[Dict[str, Any]]) -> None:
        """Give runs that tell no tokens or costs of their own the sums of those below them."""
        names = [name for name in SUMMED if found and name in found[0]]
        lacking = [run for run in found if any(run[name] is None for name in names)]
        telling: List[Any] = []
        traces = sorted({run["_trace"] for run in lacking if run["_trace"]})
        for start in range(0, len(traces), 500):
            part = traces[start : start + 500]
            telling += self.rows(
                f"SELECT dotted_order, {', '.join(names)} FROM runs WHERE trace_id IN ({marks(part)})"
                " AND (total_tokens IS NOT NULL OR total_cost IS NOT NULL)",
                part,
            )
        for name in names:
            sums = inside(telling, name, {run["_order"] for run in lacking if run[name] is None})
            for run in found:
                told = [run[name]] if run[name] is not None else sums.get(run["_order"] or "", [])
                run[name] = sum(told) if name in TOKEN_COUNTS else round(sum(told), 12) if told else None

    def _with_attachments(self, run_ids: Sequence[str]) -> List[str]:
        having: List[str] = []
        for start in range(0, len(run_ids), 500):
            part = run_ids[start : start + 500]
            sql = f"SELECT DISTINCT owner_id FROM attachments WHERE owner_id IN ({marks(part)})"
            having += [row[0] for row in self.rows(sql, part)]
        return having


_KNOWN = frozenset((*EVERYTHING, "inputs_preview", "outputs_preview"))


def _wanted(select: Optional[Sequence[str]]) -> List[str]:
    """Give the columns to read: what is not known is left out, what others are made from is added."""
    if select is None:
        return list(EVERYTHING)
    wanted = [name for name in dict.fromkeys(select) if name in _KNOWN]
    for made, of in (("parent_run_ids", "dotted_order"), ("app_path", "session_id")):
        if made in select and of not in wanted:
            wanted.append(of)
    return wanted if "id" in wanted else ["id", *wanted]


def _closed(start_us: int, run_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start_us, run_id]).encode()).decode()


def _opened(cursor: str) -> Tuple[int, str]:
    try:
        start, run_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        return int(start), str(run_id)
    except (ValueError, TypeError):
        raise Refused(422, f"{cursor[:60]!r} is no cursor of a page; begin without one") from None


def _moment(text: str) -> Optional[int]:
    try:
        return microseconds(text)
    except ValueError as problem:
        raise Refused(422, str(problem)) from None
