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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store import Store

__all__ = ["View", "brief", "chips", "project_address", "run_address", "scores", "status_mark"]

_TELLING = re.compile(r'"(?:content|text|output|input|question|answer|result)":\s*"((?:[^"\\]|\\.)*)')
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
    asked = "?" + urlencode(query, quote_via=quote) if query else ""
    return f"/projects/p/{quote(project_id or '-', safe='')}{asked}"


def run_address(run: Dict[str, Any]) -> str:
    """Give the address of a run's page."""
    return f"{project_address(run.get('session_id'))}/r/{run['id']}"


def status_mark(status: str) -> Html:
    """Give a run's status as a coloured word."""
    return tag("span", status, class_=f"status {status}")


def chips(words: List[Any]) -> List[Child]:
    """Give tags, each in its box."""
    return [tag("span", str(word), class_="chip") for word in words]


def scores(stats: Dict[str, Any]) -> List[Child]:
    """Give what `feedback_stats` say: each key with its mean, or how often its values came."""
    found: List[Child] = []
    for key, told in sorted(stats.items()):
        mean = score(told.get("avg"))
        if not mean:
            values = told.get("values") or {}
            mean = ", ".join(f"{value} {times}" for value, times in list(values.items())[:3]) or str(told.get("n", ""))
        found.append(tag("span", f"{key} ", tag("b", mean), class_="chip score", title=f"{told.get('n')} in all"))
    return found


def brief(preview: Optional[str]) -> str:
    """Give the telling words of a JSON text that may be cut: its first content or text, else itself."""
    if not preview or preview in ("{}", "null"):
        return ""
    found = _TELLING.search(preview)
    if found and found.group(1):
        preview = _unescaped(found.group(1))
    preview = " ".join(preview.split())
    return preview if len(preview) <= _SHORT else preview[:_SHORT] + "…"


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
