"""Ingest into the tables: what is said of a run, in any order and any number of times, becomes one row.

A null or absent field never erases, a present one replaces whole (§4 of the wire notes). A `post` that comes after a
`patch` of the same run only fills what is still empty: it tells the start, and its `outputs: {}` is older than what the
patch said. So a post and its patch may be swapped, repeated, or come in different requests, with the same row at the
end. Everything of one call is one transaction: when `merge` returns, it is in the file.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, NamedTuple, Optional, Sequence, Tuple

from .attachments import Attachments
from .database import Refused, as_id, clean, dumped
from .derive import costs, counts, first_token, microseconds, now_us, segment, usage
from .feedback import Feedback
from .projects import Projects

__all__ = ["Merging", "Op", "Parsed"]

_COLUMNS = (
    "id", "trace_id", "parent_run_id", "dotted_order", "session_id", "name", "run_type", "start_us", "end_us",
    "received_us", "patched", "first_token_us", "prompt_tokens", "completion_tokens", "total_tokens",
    "prompt_token_details", "completion_token_details", "prompt_cost", "completion_cost", "total_cost",
    "reference_example_id", "tags", "metadata", "error", "inputs",
    "outputs", "events", "extra", "serialized",
)  # fmt: skip
_MERGED = [name for name in _COLUMNS if name not in ("id", "received_us", "patched", "start_us")]
_INSERT = (
    f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ("
    + ", ".join("coalesce(:start_us, :end_us, :received_us)" if name == "start_us" else f":{name}" for name in _COLUMNS)
    + ") ON CONFLICT(id) DO UPDATE SET received_us=excluded.received_us, start_us=coalesce(:start_us, runs.start_us), "
)
_SQL = {
    "patch": _INSERT + "patched=1, " + ", ".join(f"{name}=coalesce(excluded.{name}, runs.{name})" for name in _MERGED),
    "post": _INSERT
    + ", ".join(
        f"{name}=CASE WHEN runs.patched THEN coalesce(runs.{name}, excluded.{name})"
        f" ELSE coalesce(excluded.{name}, runs.{name}) END"
        for name in _MERGED
    ),
}
MOST_NAME = 4_096  # letters


class Op(NamedTuple):
    """One thing said of a run: `kind` is "post" or "patch", `fields` the wire's run, whole or in part."""

    kind: str
    fields: Dict[str, Any]


class Parsed:
    """A JSON value whose text is kept as it came: `text` in UTF-8's letters, `value` what it says."""

    __slots__ = ("text", "value")

    def __init__(self, text: str, value: Any) -> None:
        self.text = text
        self.value = value


class Merging(Feedback, Projects, Attachments):
    """The ingest side of the store."""

    def merge(
        self,
        ops: Iterable[Op],
        feedback: Sequence[Dict[str, Any]] = (),
        attachments: Sequence[Tuple[str, str, str, bytes]] = (),
    ) -> None:
        """Take operations, feedback and attachments (owner, name, type, data), all or nothing, and commit them.

        Raises: Refused (422) for an operation that is none; nothing is stored then.
        """
        with self.writing() as db:
            for op in ops:
                db.execute(_SQL[op.kind], self._row(op))
            for said in feedback:
                self.add_feedback(said)
            for owner, name, kind, data in attachments:
                self.attach(owner, name, kind, data)

    def _row(self, op: Op) -> Dict[str, Any]:
        said = op.fields
        values: Dict[str, Any] = {}
        raw: Dict[str, Any] = {}
        for name in ("inputs", "outputs", "events", "extra", "serialized", "error"):
            value = said.get(name)
            if isinstance(value, Parsed):
                raw[name], values[name] = value.value, value.text if value.value is not None else None
            else:
                raw[name], values[name] = value, dumped(value) if name != "error" else None
        values["error"] = _error(raw["error"])
        row: Dict[str, Any] = dict.fromkeys(_COLUMNS)
        row.update(values)
        row["id"] = as_id(said.get("id"))
        for name in ("trace_id", "parent_run_id", "reference_example_id"):
            if said.get(name):
                row[name] = as_id(said[name])
        row["name"] = _text(said.get("name"), "name")
        row["run_type"] = _text(said.get("run_type"), "run_type")
        row["dotted_order"] = _text(said.get("dotted_order"), "dotted_order", most=1 << 20)
        try:
            row["start_us"], row["end_us"] = microseconds(said.get("start_time")), microseconds(said.get("end_time"))
        except ValueError as problem:
            raise Refused(422, f"run {row['id']}: {problem}") from None
        row["received_us"], row["patched"] = self.tick(), int(op.kind == "patch")
        row["session_id"] = self._session(said, row, op.kind)
        if op.kind == "post":
            self._place(row)
        tags = said.get("tags")
        row["tags"] = dumped([str(tag) for tag in tags]) if isinstance(tags, list) else None
        extra = raw["extra"]
        metadata = extra.get("metadata") if isinstance(extra, dict) else None
        row["metadata"] = dumped(metadata) if isinstance(metadata, dict) else None
        row["first_token_us"] = first_token(raw["events"])
        if said.get("run_type") == "llm" or (said.get("run_type") is None and op.kind == "patch"):
            told = usage(metadata, raw["outputs"])
            row["prompt_tokens"], row["completion_tokens"], row["total_tokens"] = counts(told)
            row["prompt_cost"], row["completion_cost"], row["total_cost"] = costs(told)
            row["prompt_token_details"] = dumped(told.get("input_token_details") or None)
            row["completion_token_details"] = dumped(told.get("output_token_details") or None)
        return row

    def _session(self, said: Dict[str, Any], row: Dict[str, Any], kind: str) -> Optional[str]:
        if said.get("session_id"):
            return as_id(said["session_id"])
        name = said.get("session_name")
        if not name and kind == "patch":
            return None
        return self.project_for(_text(name, "session_name") or "default", row["start_us"] or now_us())

    def _place(self, row: Dict[str, Any]) -> None:
        """Give a run its trace and order where the client left them out, as `create_run` alone does."""
        if row["parent_run_id"] is None and row["dotted_order"] and "." in row["dotted_order"]:
            row["parent_run_id"] = row["dotted_order"].split(".")[-2].partition("Z")[2] or None
        if row["trace_id"] and row["dotted_order"]:
            return
        own = segment(row["start_us"] or row["received_us"], row["id"])
        above = None
        if row["parent_run_id"]:
            above = self.row("SELECT trace_id, dotted_order FROM runs WHERE id=?", (row["parent_run_id"],))
        if above is not None and above["dotted_order"]:
            row["trace_id"] = row["trace_id"] or above["trace_id"]
            row["dotted_order"] = row["dotted_order"] or above["dotted_order"] + "." + own
        row["trace_id"] = row["trace_id"] or row["parent_run_id"] or row["id"]
        row["dotted_order"] = row["dotted_order"] or own


def _text(value: Any, field: str, *, most: int = MOST_NAME) -> Optional[str]:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Refused(422, f"{field} is a text, not {type(value).__name__}")
    return clean(value[:most])


def _error(value: Any) -> Optional[str]:
    if value is None or value == "":
        return None
    return clean(value if isinstance(value, str) else dumped(value) or "")
