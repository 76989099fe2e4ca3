"""What every page is made from: the request, its query, the store, and the time; and the words all pages share."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional
from urllib.parse import parse_qs, quote, urlencode

from ...serving.http11 import Request
from ..database import Refused
from ..derive import now_us
from .formats import score
from .html import Child, Html, tag
from .messages import conversation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store import Store

__all__ = ["View", "brief", "chips", "project_address", "run_address", "scores", "status_mark"]

_TELLING = re.compile(r'"(?:content|text|output|input|question|answer|result)":\s*"((?:[^"\\]|\\.)*)')
_HUMAN = re.compile(r'"HumanMessage"|"role":\s*"user"|"type":\s*"human"')
_SHORT = 140


class View:
    """One request for a page."""

    def __init__(self, request: Request, store: "Store") -> None:
        self.request = request
        self.store = store
        self.now_us = now_us()
        self._query = parse_qs(request.query, keep_blank_values=False)

    def text(self, name: str) -> Optional[str]:
        """Give a query parameter, the last where there are several; None for an empty one."""
        found = self._query.get(name)
        return found[-1] if found else None

    def texts(self, name: str) -> List[str]:
        """Give all values of a query parameter, also those in one with commas."""
        return [one for several in self._query.get(name, []) for one in several.split(",") if one]

    def offset(self) -> int:
        """Give how many rows come before the page; 0 for what is no number."""
        text = self.text("offset") or "0"
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def project(self, project_id: str, *, stats: bool = False) -> Dict[str, Any]:
        """Give a project. Raises: Refused (404)."""
        found = self.store.project(project_id, stats=stats)
        if found is None:
            raise Refused(404, f"there is no project {project_id}")
        return found

    def run(self, run_id: str) -> Dict[str, Any]:
        """Give a run, whole. Raises: Refused (404)."""
        found = self.store.run(run_id)
        if found is None:
            raise Refused(404, f"there is no run {run_id}; it may not have come yet")
        return found

    def dataset(self, dataset_id: str) -> Dict[str, Any]:
        """Give a dataset. Raises: Refused (404)."""
        found = self.store.dataset(dataset_id)
        if found is None:
            raise Refused(404, f"there is no dataset {dataset_id}")
        return found


def project_address(project_id: Optional[str], **query: str) -> str:
    """Give the address of a project's page."""
    asked = "?" + urlencode(query, quote_via=quote, errors="replace") if query else ""
    return f"/projects/p/{quote(project_id or '-', safe='')}{asked}"


def run_address(run: Dict[str, Any]) -> str:
    """Give the address of a run's page."""
    return f"{project_address(run.get('session_id'))}/r/{run['id']}"


def status_mark(status: str) -> Html:
    """Give a run's status as a coloured word."""
    return tag("span", status, class_=f"status {status}")


def chips(words: List[Any], project_id: Optional[str] = None) -> List[Child]:
    """Give tags, each in its box; with a project each leads to the runs of it, at any depth, that have it."""
    if project_id is None:
        return [tag("span", str(word), class_="chip") for word in words]
    return [
        tag("a", str(word), href=project_address(project_id, tag=str(word), all="1"), class_="chip") for word in words
    ]


def scores(stats: Dict[str, Any], project_id: Optional[str] = None) -> List[Child]:
    """Give what `feedback_stats` say: each key with its mean, or its values and how often each came.

    With a project, each leads to the runs of it that have such feedback.
    """
    found: List[Child] = []
    for key, told in sorted(stats.items()):
        mean = score(told.get("avg")) or _values(told)
        how: Dict[str, Any] = {"class_": "chip score", "title": f"{told.get('n')} in all"}
        if project_id is not None:
            asked = json.dumps(key, ensure_ascii=False)
            how["href"] = project_address(project_id, filter=f"eq(feedback_key, {asked})")
        found.append(tag("a" if project_id is not None else "span", f"{key} ", tag("b", mean), **how))
    return found


def _values(told: Dict[str, Any]) -> str:
    """Give the values of feedback without scores; where it has none either, as a remark has not, that it has none."""
    several, values = told.get("n", 1) > 1, list((told.get("values") or {}).items())
    if not values:
        return f"no score ×{told['n']}" if several else "no score"
    return ", ".join(f"{value} ×{times}" if several else value for value, times in values[:3])


def brief(preview: Optional[str], limit: int = _SHORT) -> str:
    """Give the telling words of a JSON text that may be cut.

    Where it is whole: what the last message says, or the one member; else the first content or text in it, a person's
    before the system's; else itself.
    """
    if not preview or preview in ("{}", "null"):
        return ""
    said = _whole(preview) or _telling(preview) or preview
    said = " ".join(said[: 8 * limit].split())
    return said if len(said) <= limit else said[:limit] + "…"


def _whole(preview: str) -> Optional[str]:
    """Give the words of a JSON text that is not cut, or None."""
    try:
        value = json.loads(preview)
    except (ValueError, RecursionError):
        return None
    for message in reversed(conversation(value)):
        for part in message.parts:
            if part.kind == "text" and part.text.strip():
                return part.text
    while isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value if isinstance(value, str) and value.strip() else None


def _telling(preview: str) -> Optional[str]:
    """Give the first content or text in a JSON text that is cut, or None."""
    human = _HUMAN.search(preview)
    for start in (human.start(), 0) if human else (0,):
        found = _TELLING.search(preview, start)
        if found and found.group(1):
            return _unescaped(found.group(1))
    return None


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
