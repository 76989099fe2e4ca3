"""Numbers, times and JSON as a person reads them. Everything here gives text or elements of `html`."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from ..derive import microseconds
from .html import Html, tag

__all__ = [
    "CUT", "age", "cost", "count", "cut_text", "duration", "latency", "moment", "named", "percent", "plural", "pretty",
    "score", "span_us",
]  # fmt: skip

CUT = 20_000  # characters of one text that a page shows; the rest is behind a link
LONGEST_NAME = 200


def duration(us: Optional[int]) -> str:
    """Give a span of microseconds: 312 ms, 1.24 s, 2 m 03 s, 3 h 12 m, 2 d 04 h; nothing for None."""
    if us is None:
        return ""
    seconds = max(us, 0) / 1e6
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 or not us else "<1 ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} m"
    return f"{whole // 86400} d {whole % 86400 // 3600:02} h"


def span_us(run: Dict[str, Any]) -> Optional[int]:
    """Give how long a run took, in microseconds, or None where it has not ended."""
    start, end = microseconds(run.get("start_time")), microseconds(run.get("end_time"))
    return None if start is None or end is None else end - start


def age(run: Dict[str, Any], now_us: int) -> Html:
    """Give how long an unfinished run has been under way; the script counts it on."""
    start = microseconds(run.get("start_time")) or now_us
    return tag("span", duration(now_us - start), class_="age", data_start=start // 1000, title="not finished")


def latency(run: Dict[str, Any], now_us: int) -> Html:
    """Give how long a run took, or its age where it has neither ended nor failed."""
    took = span_us(run)
    return age(run, now_us) if took is None and run["status"] == "pending" else tag("span", duration(took))


def moment(iso: Optional[str]) -> Optional[Html]:
    """Give a moment as an element: to the second, UTC, the whole of it on hovering."""
    if not iso:
        return None
    return tag("time", iso[:19].replace("T", " "), datetime=iso, title=iso)


def named(name: Optional[str]) -> str:
    """Give a name that can be seen and clicked: cut where it is very long, "unnamed" where it is blank."""
    if not name or not name.strip():
        return "unnamed"
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"


def count(number: Optional[float]) -> str:
    """Give a whole number with its thousands apart; nothing for None."""
    return "" if number is None else f"{number:,.0f}"


def cost(dollars: Optional[float]) -> str:
    """Give a cost in US dollars, as LangSmith's are: two decimals, below a dollar up to six; nothing for None."""
    if dollars is None:
        return ""
    if 0 < dollars < 0.000001:
        return "<$0.000001"
    if dollars >= 1 or not dollars:
        return f"${dollars:,.2f}"
    whole, _, part = f"{dollars:.6f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"


def plural(number: int, one: str) -> str:
    """Give a number with its noun: 1 run, 2 runs."""
    return f"{count(number)} {one}" if number == 1 else f"{count(number)} {one}s"


def percent(part: Optional[float]) -> str:
    """Give a part of one as percent; nothing for None."""
    return "" if part is None else f"{part * 100:.1f}".rstrip("0").rstrip(".") + " %"


def score(number: Optional[float]) -> str:
    """Give a score with at most three decimals; nothing for None."""
    return "" if number is None else f"{number:.3f}".rstrip("0").rstrip(".") if number % 1 else f"{number:.0f}"


def pretty(value: Any) -> str:
    """Give a JSON value indented, its letters readable; one nested too deeply for that in one line."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except RecursionError:  # indenting is Python's own code, which goes less deep than the reader in C
        return json.dumps(value, ensure_ascii=False)


def cut_text(text: str, whole: str, *, limit: int = CUT) -> Html:
    """Give a text as a block, cut after `limit` characters with a link to `whole`, where all of it is."""
    if len(text) <= limit:
        return tag("div", text, class_="text")
    rest = tag("a", f"{count(len(text) - limit)} more characters: show the whole", href=whole, class_="more")
    return tag("div", tag("div", text[:limit], class_="text"), rest, class_="cut")
