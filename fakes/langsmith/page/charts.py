"""Latency over time as a small SVG drawing: p50 as a line, p50 to p99 as bars, failures as marks, each with a title."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .formats import duration, percent, plural
from .html import Child, Html, raw_number, tag

__all__ = ["latency_chart"]

WIDTH, HEIGHT, FOOT = 640, 120, 14


def latency_chart(spans: List[Dict[str, Any]]) -> Optional[Html]:
    """Draw what `store.latencies` gives, or None where nothing has ended."""
    highest = max((span["p99"] or 0 for span in spans), default=0)
    if not any(span["p50"] is not None for span in spans):
        return None
    step = WIDTH / len(spans)
    shapes: List[Child] = []
    line: List[str] = []
    for place, span in enumerate(spans):
        if not span["count"]:
            continue
        left = place * step
        told = f"{span['start'][:19].replace('T', ' ')}: {plural(span['count'], 'run')}"
        if span["p50"] is not None:
            low, high = _height(span["p50"], highest), _height(span["p99"], highest)
            told += f", p50 {duration(int(span['p50'] * 1e6))}, p99 {duration(int(span['p99'] * 1e6))}"
            line.append(f"{raw_number(left + step / 2)},{raw_number(low)}")
            shapes.append(
                tag("rect", class_="span", x=raw_number(left + 1), width=raw_number(step - 2), y=raw_number(high),
                    height=raw_number(max(low - high, 2)))
            )  # fmt: skip
        if span["errors"]:
            told += f", {span['errors']} failed ({percent(span['errors'] / span['count'])})"
            shapes.append(
                tag("rect", class_="failed", x=raw_number(left + 1), width=raw_number(step - 2), y=HEIGHT - 4, height=4)
            )
        hover = tag("title", told)
        x, width = raw_number(left), raw_number(step)
        shapes.append(Html(f'<rect class="hover" x="{x}" y="0" width="{width}" height="{HEIGHT}">{hover}</rect>'))
    drawing = tag(
        "svg",
        tag("line", class_="axis", x1=0, x2=WIDTH, y1=HEIGHT - 5, y2=HEIGHT - 5),
        tag("polyline", class_="median", points=" ".join(line)),
        [tag("circle", class_="median", cx=point.split(",")[0], cy=point.split(",")[1], r=2.5) for point in line],
        shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"latency over time, at most {duration(int(highest * 1e6))}",
    )
    begun, ended = spans[0]["start"][:16].replace("T", " "), spans[-1]["start"][:16].replace("T", " ")
    caption = tag(
        "figcaption",
        tag("span", begun),
        tag("span", f"p50 line, p99 bars up to {duration(int(highest * 1e6))}; failures red"),
        tag("span", ended),
    )
    return tag("figure", drawing, caption, class_="chart")


def _height(seconds: float, highest: float) -> float:
    return HEIGHT - 6 - (seconds / highest if highest else 0) * (HEIGHT - 6 - FOOT)
