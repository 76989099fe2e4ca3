"""The prompt cache: where a request's marks are, what they write and read, and which marks are refused.

A request is a row of segments: its tools, its system prompt, its messages block by block. A mark (`cache_control`)
writes everything up to and with its segment; a later request of the same session whose row begins alike reads it, looking
back 20 segments from each of its marks, as the real cache does. What the session forgets at a reset is forgotten here.
Two differences, so that a short test can see caching at all: there is no smallest size (Anthropic's is 1,024 tokens or
more), and nothing grows too old.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from ..replies import tokens
from ..session import Session
from .errors import Refused, at

__all__ = ["Cached", "check", "count", "look_up"]

LOOK_BACK = 20  # segments (docs: "Prompt caching", how automatic prefix checking works)
PICTURE = 1_334  # tokens of a picture of a megapixel (docs: "Vision", width times height by 750)
PAPER = 2_000  # tokens of a PDF, which nobody opens here
MOST_MARKS = 4


class Segment(NamedTuple):
    """One piece of a request: its text as a key, its tokens, its mark's lifetime, and where it stands."""

    key: str
    tokens: int
    ttl: Optional[str]
    place: str


class Cached(NamedTuple):
    """What the cache did for a request, in tokens: read, written for five minutes, written for an hour."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0


def count(body: Dict[str, Any]) -> int:
    """Count the tokens of a request; never 0."""
    return 4 + sum(segment.tokens for segment in _segments(body))


def check(body: Dict[str, Any]) -> None:
    """Judge the number and the order of the marks. Raises: Refused."""
    marks = [segment for segment in _segments(body) if segment.ttl]
    if len(marks) > MOST_MARKS:  # tghamm/Anthropic.SDK#50
        raise Refused(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    for place, mark in enumerate(marks):
        if mark.ttl == "1h" and any(one.ttl == "5m" for one in marks[:place]):  # headroomlabs-ai/headroom#2939
            raise at(
                f"{mark.place}.cache_control.ttl",
                "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks "
                "are processed in the following order: `tools`, `system`, `messages`.",
            )


def look_up(body: Dict[str, Any], model: str, session: Session) -> Cached:
    """Read what is known of a request, and write what it marks."""
    segments = list(_segments(body))
    marks = [place for place, segment in enumerate(segments) if segment.ttl]
    if not marks:
        return Cached()
    keys: List[str] = []
    totals: List[int] = []
    chain = hashlib.blake2b(model.encode(), digest_size=16)
    for segment in segments:
        chain.update(segment.key.encode("utf-8", "surrogatepass") + b"\0")
        keys.append("anthropic cache " + chain.hexdigest())
        totals.append(segment.tokens + (totals[-1] if totals else 0))
    seen = {place for mark in marks for place in range(max(0, mark - LOOK_BACK + 1), mark + 1)}
    known = [place for place in seen if session.counted(keys[place])]
    read = totals[max(known)] if known else 0
    written = {"5m": 0, "1h": 0}
    done = read
    for mark in marks:
        written[str(segments[mark].ttl)] += max(0, totals[mark] - done)
        done = max(done, totals[mark])
        if not session.counted(keys[mark]):
            session.count(keys[mark])
    return Cached(read, written["5m"], written["1h"])


def _segments(body: Dict[str, Any]) -> Iterator[Segment]:
    rows = list(_rows(body))
    automatic = body.get("cache_control")
    last = max((place for place, segment in enumerate(rows) if "\0thinking" not in segment.key), default=-1)
    for place, segment in enumerate(rows):
        if automatic and place == last and not segment.ttl:
            segment = segment._replace(ttl=automatic.get("ttl", "5m"))
        yield segment


def _rows(body: Dict[str, Any]) -> Iterator[Segment]:
    for number, tool in enumerate(body.get("tools") or ()):
        yield _segment(tool, "tool", f"tools.{number}", more=8)
    config = body.get("output_config") or {}
    if config.get("format"):
        yield _segment({"format": config["format"]}, "format", "output_config")
    for number, block in enumerate(_blocks(body.get("system"))):
        yield _segment(block, "system", f"system.{number}")
    for place, message in enumerate(body["messages"]):
        for number, block in enumerate(_blocks(message["content"])):
            role = f"{message['role']}\0{block.get('type')}"
            yield _segment(block, role, f"messages.{place}.content.{number}", more=0 if number else 3)


def _blocks(content: Any) -> List[Dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content or []


def _segment(block: Dict[str, Any], role: str, place: str, *, more: int = 0) -> Segment:
    bare = {key: value for key, value in block.items() if key not in ("cache_control", "type")}
    mark = block.get("cache_control")
    ttl = mark.get("ttl", "5m") if mark else None
    key = role + "\0" + json.dumps(bare, sort_keys=True, ensure_ascii=False)
    return Segment(key, more + max(1, _weigh(bare)), ttl, place)


def _weigh(value: Any) -> int:
    if isinstance(value, dict):
        if value.get("type") == "base64" and "media_type" in value:
            return PAPER if value["media_type"] == "application/pdf" else PICTURE
        if value.get("type") in ("url", "file"):
            return PICTURE
        left_out = ("type", "signature", "cache_control")
        return sum(_weigh(item) for key, item in value.items() if key not in left_out)
    if isinstance(value, list):
        return sum(_weigh(item) for item in value)
    return tokens.count(value) if isinstance(value, str) else int(value is not None)
