"""Latency and failures over time as a small SVG drawing, each span of time with a title that says its numbers.

p50 is a line, p50 to p99 are bars, and below the axis a red bar for the part that failed. What has no run leaves a gap
in the bars; the line goes on to the next one that has.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ..derive import iso, microseconds
from .formats import duration, percent, plural
from .html import Child, Html, raw_number, tag

__all__ = ["latency_chart"]

WIDTH, HEIGHT, HEAD, FOOT = 640, 132, 14, 18  # the foot is for failures
BASE = HEIGHT - FOOT
WIDEST = 40.0


def latency_chart(spans: List[Dict[str, Any]]) -> Optional[Html]:
    """Draw what `store.latencies` gives, or None where nothing has ended and nothing failed."""
    if not any(span["p50"] is not None or span["errors"] for span in spans):
        return None
    if spans[0]["start"] == spans[-1]["start"]:  # all in one moment, as a single run is
        spans = spans[:1]
    highest = max(span["p99"] or 0 for span in spans)
    step = WIDTH / len(spans)
    shapes: List[Child] = []
    line: List[str] = []
    for place, span in enumerate(spans):
        if not span["count"]:
            continue
        middle, width = (place + 0.5) * step, min(step - 2, WIDEST)
        told = f"{_told(span['start'], 19)} UTC: {plural(span['count'], 'run')}"
        if span["p50"] is not None:
            low, high = _height(span["p50"], highest), _height(span["p99"], highest)
            told += f", p50 {duration(round(span['p50'] * 1e6))}, p99 {duration(round(span['p99'] * 1e6))}"
            line.append(f"{raw_number(middle)},{raw_number(low)}")
            shapes.append(_bar("span", middle, width, high, max(low - high, 2)))
        if span["errors"]:
            part = span["errors"] / span["count"]
            told += f", {span['errors']} failed ({percent(part)})"
            shapes.append(_bar("failed", middle, width, BASE + 2, max(part * (FOOT - 2), 2)))
        hover = tag("title", told)
        x = raw_number(place * step)
        shapes.append(
            Html(f'<rect class="hover" x="{x}" y="0" width="{raw_number(step)}" height="{HEIGHT}">{hover}</rect>')
        )
    most = duration(round(highest * 1e6)) or "nothing"
    drawing = tag(
        "svg",
        tag("line", class_="axis", x1=0, x2=WIDTH, y1=BASE + 1, y2=BASE + 1),
        tag("polyline", class_="median", points=" ".join(line)),
        [tag("circle", class_="median", cx=point.split(",")[0], cy=point.split(",")[1], r=2.5) for point in line],
        shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"latency over time, at most {most}",
    )
    caption = tag(
        "figcaption",
        tag("span", _told(spans[0]["start"], 16)),
        tag("span", f"UTC · line p50, bars p99 up to {most}, red below: failed"),
        tag("span", _told(_end(spans), 16)),
    )
    return tag("figure", drawing, caption, class_="chart")


def _bar(name: str, middle: float, width: float, top: float, height: float) -> Html:
    return tag("rect", class_=name, x=raw_number(middle - width / 2), width=raw_number(width), y=raw_number(top),
               height=raw_number(height))  # fmt: skip


def _told(moment: str, letters: int) -> str:
    return moment[:letters].replace("T", " ")


def _end(spans: List[Dict[str, Any]]) -> str:
    """Give where the last span ends: all are equally long."""
    if len(spans) == 1:
        return str(spans[0]["start"])
    first, last = microseconds(spans[0]["start"]) or 0, microseconds(spans[-1]["start"]) or 0
    return iso(last + (last - first) // (len(spans) - 1)) or ""


def _height(seconds: float, highest: float) -> float:
    return BASE - (seconds / highest if highest else 0) * (BASE - HEAD)
