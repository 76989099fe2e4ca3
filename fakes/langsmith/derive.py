"""What the server makes of a run by itself: times as numbers, tokens, first token, status, and the object it shows.

Clients send none of these (§7 of the wire notes): a run's usage stands in its metadata, in its outputs or in the
message it answered with, and what it cost there too if the client knows. Times are microseconds since 1970 inside, as
text with an offset outside. A parent's tokens are the sum of those below it, made when it is asked for, since children
come and go in any order: by `inside` for runs that are shown, in SQL (`TOKENS`) where a filter asks.
"""

from __future__ import annotations

import re
import sqlite3
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Collection, Dict, List, Optional, Sequence, Tuple

from .database import dumped, loaded

__all__ = [
    "HEAVY", "LIGHT", "columns", "first_token", "inside", "iso", "microseconds", "now_us", "run_object", "segment",
    "usage",
]  # fmt: skip

HEAVY = ("inputs", "outputs", "extra", "events", "serialized")
LIGHT = (
    "id", "trace_id", "parent_run_id", "dotted_order", "session_id", "name", "run_type", "start_time", "end_time",
    "status", "error", "tags", "prompt_tokens", "completion_tokens", "total_tokens", "first_token_time",
    "reference_example_id", "inputs_preview", "outputs_preview",
)  # fmt: skip
TOKEN_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
COSTS = ("prompt_cost", "completion_cost", "total_cost")
SUMMED = (*TOKEN_COUNTS, *COSTS)
EVERYTHING = (*LIGHT[:-2], "prompt_token_details", "completion_token_details", *COSTS, "thread_id", *HEAVY)
PREVIEW = 300  # letters
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
EARLIEST = (datetime(1, 1, 1, tzinfo=timezone.utc) - EPOCH) // MICROSECOND
LATEST = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc) - EPOCH) // MICROSECOND
LEAST_NUMBER = 100_000_000  # a smaller number is no time that anybody means
MOST_SECONDS = 20_000_000_000  # as milliseconds August 1970, as seconds the year 2603
STATUS = "CASE WHEN {0}.error IS NOT NULL THEN 'error' WHEN {0}.end_us IS NOT NULL THEN 'success' ELSE 'pending' END"
# Of a run that is no model call: the sum over the ones below it, leaving out a call somewhere inside a call that has
# said it. Whose ids stand in a dotted order, json_each tells; json_quote makes JSON of whatever a client sent for one.
_SUM = (
    "{0}.{1}, (SELECT sum(c.{1}) FROM runs c WHERE c.trace_id={0}.trace_id AND c.{1} IS NOT NULL"
    " AND c.dotted_order > {0}.dotted_order || '.' AND c.dotted_order < {0}.dotted_order || '/'"
    " AND NOT EXISTS (SELECT 1 FROM json_each('[' || replace(json_quote(c.dotted_order), '.', '\",\"') || ']') s"
    " JOIN runs p ON p.id=substr(s.value, instr(s.value, 'Z') + 1)"
    " WHERE p.{1} IS NOT NULL AND p.id<>c.id AND p.dotted_order > {0}.dotted_order))"
)
TOKENS = f"coalesce({_SUM}, 0)"
COST = f"round(coalesce({_SUM}), 12)"  # null where nobody told one: prices are not known here
# What a conversation is called, by any of the names that LangSmith's guide to threads has for it.
_THREADS = ("thread_id", "session_id", "conversation_id")
THREAD = "CASE WHEN json_valid({0}.metadata) THEN coalesce(%s) END" % ", ".join(
    f"json_extract({{0}}.metadata, '$.{name}')" for name in _THREADS
)
_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d:?\d\d(?::?\d\d)?)?\Z"
)


def microseconds(text: Any) -> Optional[int]:
    """Give a moment as microseconds since 1970; None stays None. A time without an offset is UTC.

    A number is one since 1970, too: milliseconds, as LangSmith's JavaScript SDK sends the times of runs, or seconds if
    those would lie before August 1970. Raises: ValueError for what is no moment.
    """
    if text is None:
        return None
    if isinstance(text, (int, float)) and not isinstance(text, bool) and LEAST_NUMBER <= text <= LATEST // 1_000:
        return round(text * (1_000 if text > MOST_SECONDS else 1_000_000))
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time in ISO 8601")
    found = _STAMP.match(text.strip())
    if found is None:
        raise ValueError(f"{text[:60]!r} is not a time in ISO 8601")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=timezone.utc)
    whole = (moment - EPOCH) // MICROSECOND + int((fraction or "0")[:6].ljust(6, "0"))
    if offset and offset not in "Zz":
        digits = offset[1:].replace(":", "")
        away = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6] or 0)
        whole -= (away if offset[0] == "+" else -away) * 1_000_000
    if not EARLIEST <= whole <= LATEST:  # the offset led out of what a calendar has
        raise ValueError(f"{text[:60]!r} is not a time in ISO 8601")
    return whole


def iso(moment: Optional[int]) -> Optional[str]:
    """Give microseconds since 1970 as text with six digits and an offset; None stays None."""
    if moment is None:
        return None
    return (EPOCH + timedelta(microseconds=moment)).isoformat(timespec="microseconds")


def now_us() -> int:
    """Tell the time in microseconds since 1970."""
    return time.time_ns() // 1000


def segment(start_us: int, run_id: str) -> str:
    """Give a run's own part of a dotted order."""
    return (EPOCH + timedelta(microseconds=start_us)).strftime("%Y%m%dT%H%M%S%fZ") + run_id


def first_token(events: Any) -> Optional[int]:
    """Give when the first `new_token` came, in microseconds, or None."""
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict) and event.get("name") == "new_token":
            try:
                return microseconds(event.get("time"))
            except ValueError:
                return None
    return None


def usage(metadata: Any, outputs: Any) -> Dict[str, Any]:
    """Give a model call's usage (`input_tokens`, `output_tokens`, …), or an empty dict where none is told."""
    for place in (metadata, outputs):
        if isinstance(place, dict) and isinstance(place.get("usage_metadata"), dict):
            return dict(place["usage_metadata"])
    total: Dict[str, Any] = {}
    for message in _messages(outputs):
        fields = message.get("kwargs") if isinstance(message.get("kwargs"), dict) else message
        said = fields.get("usage_metadata") if isinstance(fields, dict) else None
        if isinstance(said, dict):
            for name, value in said.items():
                have = total.get(name)
                total[name] = have + value if isinstance(have, int) and isinstance(value, int) else value
    return total


def counts(said: Dict[str, Any]) -> Tuple[Optional[int], Optional[int], Optional[int]]:
    """Give prompt, completion and total tokens of a usage; None each where it says nothing."""
    asked, answered, total = (_count(said.get(name)) for name in ("input_tokens", "output_tokens", "total_tokens"))
    if total is None and (asked is not None or answered is not None):
        total = (asked or 0) + (answered or 0)
    return asked, answered, total


def costs(said: Dict[str, Any]) -> Tuple[Optional[float], Optional[float], Optional[float]]:
    """Give prompt, completion and total cost where a usage tells them; None each where it does not."""
    asked, answered, total = (_cost(said.get(name)) for name in ("input_cost", "output_cost", "total_cost"))
    if total is None and (asked is not None or answered is not None):
        total = (asked or 0.0) + (answered or 0.0)
    return asked, answered, total


def columns(select: Sequence[str], alias: str = "r") -> str:
    """Give SQL for the fields of `run_object`; with tokens or costs also `_trace` and `_order`, to sum them by."""
    parts = [f"{alias}.trace_id AS _trace, {alias}.dotted_order AS _order"] if set(select) & set(SUMMED) else []
    for name in select:
        if name == "thread_id":
            parts.append(f"{alias}.metadata AS thread_id")
        elif name == "status":
            parts.append(STATUS.format(alias) + " AS status")
        elif name in ("start_time", "end_time", "first_token_time"):
            parts.append(f"{alias}.{name[:-5]}_us AS {name}")
        elif name.endswith("_preview"):
            parts.append(f"substr({alias}.{name[:-8]}, 1, {PREVIEW}) AS {name}")
        else:
            parts.append(f"{alias}.{name}")
    return ", ".join(parts)


def inside(telling: Sequence[sqlite3.Row], name: str, wanted: Collection[str]) -> Dict[str, List[Any]]:
    """Give what the runs below each wanted dotted order tell of a number: not what is told inside another's sum.

    `telling` are rows with `dotted_order` and the number, all of a trace that have one.
    """
    tellers = {row["dotted_order"] for row in telling if row[name] is not None}
    found: Dict[str, List[Any]] = {}
    for row in telling:
        above = row["dotted_order"] or ""
        while row[name] is not None and "." in above:
            above = above.rpartition(".")[0]
            if above in tellers:
                break
            if above in wanted:
                found.setdefault(above, []).append(row[name])
    return found


def run_object(row: sqlite3.Row, tenant_id: str) -> Dict[str, Any]:
    """Give a run as the wire shows it, of the columns that were asked for."""
    run: Dict[str, Any] = {}
    for name in row.keys():
        value = row[name]
        if name in ("start_time", "end_time", "first_token_time"):
            value = iso(value)
        elif name in ("inputs", "outputs", "extra"):
            value = loaded(value) if value is not None else ({} if name != "outputs" else None)
        elif name in ("tags", "events"):
            value = loaded(value) or []
        elif name in ("serialized", "prompt_token_details", "completion_token_details"):
            value = loaded(value)
        elif name == "thread_id":
            metadata = loaded(value) or {}
            value = next((metadata[name] for name in _THREADS if metadata.get(name) is not None), None)
            value = value if value is None or isinstance(value, str) else dumped(value)
        elif name in ("name", "run_type"):
            value = value or ("unnamed" if name == "name" else "chain")
        run[name] = value
    if "dotted_order" in run:
        run["parent_run_ids"] = _above(run["dotted_order"])
    if "session_id" in run:
        run["app_path"] = f"/o/{tenant_id}/projects/p/{run['session_id']}/r/{run['id']}"
    return run


def _above(dotted_order: Optional[str]) -> List[str]:
    return [part.partition("Z")[2] for part in (dotted_order or "").split(".")[:-1]]


def _count(value: Any) -> Optional[int]:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value else None


def _cost(value: Any) -> Optional[float]:
    if isinstance(value, str):  # a decimal number may come as text
        try:
            value = float(value)
        except ValueError:
            return None
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15  # no NaN either
    return float(value) if fine else None


def _messages(outputs: Any) -> List[Dict[str, Any]]:
    if not isinstance(outputs, dict):
        return []
    found = []
    generations = outputs.get("generations")
    for prompt in generations if isinstance(generations, list) else ():
        for generation in prompt if isinstance(prompt, list) else (prompt,):
            if isinstance(generation, dict) and isinstance(generation.get("message"), dict):
                found.append(generation["message"])
    for name in ("output", "message"):
        if isinstance(outputs.get(name), dict):
            found.append(outputs[name])
    return found[:1] if not generations else found
