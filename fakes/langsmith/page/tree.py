"""A trace as one list: the tree of its runs, and beside each run a bar for when it ran.

Rows come in dotted order. A run with children is a `<details>`, so folding needs no script; the bars are SVG rectangles
in percent of the trace's span, so no style attribute is needed. Rows are written with format strings: a trace of
thousands of runs has to be there in an instant.
"""

from __future__ import annotations

import functools
from typing import Any, Dict, List, Optional, Tuple

from ..derive import microseconds
from .formats import count, duration, named
from .html import Html, escape, raw_number

__all__ = ["DEEPEST", "KINDS", "bar_of", "closeness", "failures", "span_of", "trace_tree"]

DEEPEST = 40  # levels that can be folded and are set in; browsers stop nesting elements at 512
NUMBERED = 10  # from this level on a row says its depth, which is hard to see by then
CLOSER = (7, 14, 24)  # a tree deeper than each is set in by smaller steps
_moment = functools.lru_cache(maxsize=20_000)(microseconds)  # each is asked for thrice, and again by the next look
KINDS = ("llm", "chain", "tool", "retriever", "prompt", "parser", "embedding")


def span_of(runs: List[Dict[str, Any]], now_us: int) -> Tuple[int, int]:
    """Give when a trace (of a run or more) began, and how many microseconds it has taken so far, at least one."""
    starts = [start for start in (_moment(run.get("start_time")) for run in runs) if start is not None]
    first = min(starts, default=now_us)
    return first, max(max(_end(run, now_us) for run in runs) - first, 1)


def bar_of(run: Dict[str, Any], span: Tuple[int, int], now_us: int) -> Tuple[float, float]:
    """Give where a run's bar begins and how wide it is, in percent of the trace's span."""
    start = _moment(run.get("start_time"))
    start = span[0] if start is None else start
    return (start - span[0]) * 100 / span[1], max(_end(run, now_us) - start, 0) * 100 / span[1]


def closeness(runs: List[Dict[str, Any]]) -> int:
    """Give by which of the style sheet's steps (0, 1, 2, 3) a tree is set in, so that names stay readable."""
    deepest = max((str(run["dotted_order"]).count(".") for run in runs), default=0)
    return sum(deepest > limit for limit in CLOSER)


def failures(runs: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Give the runs in which something failed first: those that failed with none below them that did."""
    failed = [run for run in runs if run["status"] == "error"]
    parents = {run["id"]: run["parent_run_id"] for run in runs}
    above = set()
    for run in failed:
        parent = run["parent_run_id"]
        while parent is not None and parent not in above:  # one between them may have gone on
            above.add(parent)
            parent = parents.get(parent)
    return [run for run in failed if run["id"] not in above]


def trace_tree(runs: List[Dict[str, Any]], *, selected: str, base: str, now_us: int) -> Html:
    """Give the list of a trace's runs, in the store's order; `base` is the address that a run's id is added to."""
    span = span_of(runs, now_us)
    there = {run["id"] for run in runs}
    column = " counted" if any(run.get("total_tokens") for run in runs) else ""  # on every row, so that all are alike
    parents = {run["parent_run_id"] for run in runs}
    parts: List[str] = []
    above: List[Tuple[str, bool]] = []  # the ids around a row, and whether each opened an element
    for run in runs:
        parent: Optional[str] = run["parent_run_id"] if run["parent_run_id"] in there else None
        while above and above[-1][0] != parent:
            if above.pop()[1]:
                parts.append("</details>")
        depth = len(above)
        row = _row(run, depth, column, span=span, selected=selected, base=base, now_us=now_us)
        foldable = run["id"] in parents and depth < DEEPEST
        if foldable:
            parts.append(f'<details open class="branch" data-fold="{escape(run["id"])}"><summary>{row}</summary>')
        else:
            parts.append(row)
        above.append((run["id"], foldable))
    parts.extend("</details>" for _, opened in above if opened)
    return Html("".join(parts))


def _row(
    run: Dict[str, Any], depth: int, column: str, *, span: Tuple[int, int], selected: str, base: str, now_us: int
) -> str:
    start, width = bar_of(run, span, now_us)
    status, kind = run["status"], run["run_type"] if run["run_type"] in KINDS else "other"
    begun = _moment(run.get("start_time")) or now_us
    took = duration(_end(run, now_us) - begun)
    if status == "pending":
        took = f'<span class="age" data-start="{begun // 1000}">{took}</span>'
    chosen = ' aria-current="true"' if run["id"] == selected else ""
    tokens = f"<small>{count(run['total_tokens'])} tok</small>" if run.get("total_tokens") else ""
    name = escape(named(run["name"]))
    mark = '<span class="sr">failed: </span>' if status == "error" else ""
    if depth >= NUMBERED:
        mark = f'<small class="level">{depth}</small>{mark}'
    return (
        f'<div class="row d{min(depth, DEEPEST)} {status}{column}" data-run="{escape(run["id"])}"'
        f' data-depth="{depth}"{chosen}>'
        f'<a href="{escape(base + run["id"])}" title="{name}">'
        f'<i class="kind {kind}" title="{escape(run["run_type"] or "")}"></i>{mark}{name}</a>{tokens}'
        f'<span class="took">{took}</span><svg class="bar" aria-hidden="true"><rect class="{kind}" y="15%" height="70%"'
        f' x="{raw_number(start)}%" width="{raw_number(width)}%"></rect></svg></div>'
    )


def _end(run: Dict[str, Any], now_us: int) -> int:
    """Give where a run's bar ends: an unfinished one's goes on until now, a failed one without an end has no length."""
    end = _moment(run.get("end_time"))
    if end is not None:
        return end
    start = _moment(run.get("start_time"))
    return now_us if start is None or run["status"] == "pending" else start
