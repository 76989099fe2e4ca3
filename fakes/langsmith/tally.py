"""Statistics over the runs of any query: how many, how many failed, how long they took, tokens and costs.

Tokens and costs are the sum of what each run of the query shows, its own or that of the runs below it (`derive`). Here
the sums are made in one walk over the runs that tell any, since one query per run would take seconds for thousands.
"""

from __future__ import annotations

from typing import Any, Dict, List

from .database import marks
from .derive import SUMMED, TOKEN_COUNTS, inside, iso
from .projects import percentile
from .runs import Query, Runs

__all__ = ["Tally"]

FEW = 500  # traces that are named one by one


class Tally(Runs):
    """Statistics of the store's runs."""

    def tally(self, **conditions: Any) -> Dict[str, Any]:
        """Count the runs that fit (`runs.Query`); times in seconds, None where nothing has ended or told a cost.

        Raises: filters.BadFilter, Refused (422).
        """
        where, values = Query(**conditions).where()
        found = self.rows(
            "SELECT r.trace_id, r.dotted_order, r.start_us, max(r.end_us - r.start_us, 0) AS took,"
            " r.first_token_us - r.start_us AS waited,"
            f" r.error IS NOT NULL AS failed, {', '.join('r.' + name for name in SUMMED)} FROM runs r WHERE {where}",
            values,
        )
        took, waited = (
            sorted(row[name] / 1e6 for row in found if row[name] is not None) for name in ("took", "waited")
        )
        last = max((row["start_us"] for row in found), default=None)
        return {
            "run_count": len(found),
            "error_rate": sum(row["failed"] for row in found) / len(found) if found else None,
            "latency_p50": percentile(took, 0.5),
            "latency_p99": percentile(took, 0.99),
            "first_token_p50": percentile(waited, 0.5),
            "first_token_p99": percentile(waited, 0.99),
            "last_run_start_time": iso(last),
            **self._tallied(found, where, values),
        }

    def _tallied(self, found: List[Any], where: str, values: List[Any]) -> Dict[str, Any]:
        traces = {row["trace_id"] for row in found}
        if len(traces) <= FEW:  # the conditions may be dear, and were looked at once
            where, values = marks(traces), list(traces)
        else:
            where = f"SELECT r.trace_id FROM runs r WHERE {where}"
        telling = self.rows(
            f"SELECT c.dotted_order, {', '.join('c.' + name for name in SUMMED)} FROM runs c"
            f" WHERE (c.total_tokens IS NOT NULL OR c.total_cost IS NOT NULL) AND c.trace_id IN ({where})",
            values,
        )
        sums: Dict[str, Any] = {}
        for name in SUMMED:
            told = [row[name] for row in found if row[name] is not None]
            if any(row[name] is not None for row in telling):
                without = {row["dotted_order"] for row in found if row[name] is None and row["dotted_order"]}
                told += [value for several in inside(telling, name, without).values() for value in several]
            sums[name] = sum(told) if name in TOKEN_COUNTS else round(sum(told), 12) if told else None
        return sums
