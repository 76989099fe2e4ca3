"""A project's page: its root runs, newest first, with filters that stand in the address.

The page, its JSON twin and the JSONL export read the same query, so what is seen is what is exported. A filter that
cannot be read gives a message and no runs. The script watches the twin and fetches the page anew when it changes.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote, urlencode

from ...serving.http11 import Answer
from ..database import Refused
from ..derive import LIGHT
from ..filters import BadFilter
from .formats import count, latency, moment, named
from .html import Child, Html, tag
from .layout import json_answer, jsonl_answer, live_controls, mark_of, page
from .projects import figures, first_steps
from .tree import KINDS
from .view import View, brief, chips, project_address, run_address, scores, status_mark

__all__ = ["project_json", "project_jsonl", "project_page"]

ROWS = 50  # of a page
EXAMPLES = (  # of filter strings
    'eq(status, "error")', 'gt(latency, 2)', 'has(tags, "nightly")', 'search("bears")',
    'and(eq(metadata_key, "user"), eq(metadata_value, "u-17"))',
    'and(eq(feedback_key, "helpful"), lt(feedback_score, 0.5))', 'gt(start_time, "2026-11-23T00:00:00Z")',
)  # fmt: skip
FILTERS = ("type", "status", "tag", "name", "text", "latency", "filter", "trace_filter", "tree_filter", "all")
_SELECT = (*LIGHT, "feedback_stats")


def conditions(view: View, project_id: str) -> Dict[str, Any]:
    """Give what the address asks for, as the store takes it. Raises: Refused (422)."""
    asked: Dict[str, Any] = {"sessions": [project_id]}
    if view.text("all") is None:
        asked["is_root"] = True
    for name in ("type", "status", "tag", "name", "text", "filter", "trace_filter", "tree_filter"):
        value = view.text(name)
        if value is not None:
            asked["run_type" if name == "type" else name] = value
    slow = view.text("latency")
    if slow is not None:
        try:
            asked["min_latency"] = float(slow)
        except ValueError:
            raise Refused(422, f"the least latency is a number of seconds, not {slow[:60]!r}") from None
        if not 0 <= asked["min_latency"] < 1e9:
            raise Refused(422, f"the least latency is a number of seconds from 0, not {slow[:60]!r}")
    return asked


def project_page(view: View, project_id: str) -> Answer:
    """Give the page of a project, with a message in place of the runs where a filter is none."""
    project = view.project(project_id, stats=True)
    found, cursor, wrong = _found(view, project_id)
    asked = {name: text for name in FILTERS for text in [view.text(name)] if text is not None}
    here = project_address(project_id, **asked)
    twin = _twin(project_id, "json", asked, view.text("cursor"))
    message = tag("p", wrong, class_="message error", role="alert") if wrong else None
    live = None if view.text("cursor") or wrong else twin
    older = project_address(project_id, **asked, cursor=cursor) if cursor else None
    listed = tag(
        "form",
        _table(found, view) if found else (None if wrong else _nothing(view, project, bool(asked))),
        tag(
            "p",
            tag("button", "Compare two", type="submit", class_="quiet") if len(found) > 1 else None,
            tag("a", "older", href=older, class_="button") if older else None,
            tag("a", "newest", href=here, class_="button") if view.text("cursor") else None,
            class_="pager",
        ),
        action="/projects/compare",
        method="get",
        id="runs",
        data_live=live,
        data_mark=mark_of(found) if live else None,
        data_page=here,
    )
    return page(
        named(project["name"]),
        figures(view, project),
        _filters(view, project_id),
        message,
        tag(
            "p",
            live_controls() if live else None,
            tag("a", "JSONL", href=_twin(project_id, "jsonl", asked, None)),
            class_="actions",
        ),
        listed,
        path=[("Projects", "/projects")],
        twin=twin,
    )


def project_json(view: View, project_id: str) -> Answer:
    """Give the same as JSON: {"project", "runs", "next"} or {"error"}."""
    found, cursor, wrong = _found(view, project_id)
    if wrong:
        return json_answer({"error": wrong}, status=400)
    return json_answer({"project": view.project(project_id), "runs": found, "next": cursor}, mark=mark_of(found))


def project_jsonl(view: View, project_id: str) -> Answer:
    """Give the runs that fit, whole, one to a line, newest first."""
    project = view.project(project_id)
    try:
        found = view.store.every_run(**conditions(view, project_id))
    except BadFilter as problem:
        raise Refused(422, str(problem)) from None
    return jsonl_answer(found, f"{project['name']}.jsonl")


def _nothing(view: View, project: Dict[str, Any], filtered: bool) -> Html:
    """Say why there are no runs, and what to do about it."""
    if view.text("cursor"):
        return tag("p", "No older runs.", class_="none")
    if not view.store.runs(sessions=[project["id"]], select=["id"], limit=1)[0]:
        return first_steps(view, project["name"])
    if filtered:
        return tag("p", "No run fits this filter.", class_="none")
    inside = tag("a", "the runs inside others", href=project_address(project["id"], all="1"))
    return tag("p", "No root run has come; see ", inside, ".", class_="none")


def _found(view: View, project_id: str) -> Tuple[List[Dict[str, Any]], Optional[str], Optional[str]]:
    """Give the runs, the next cursor, and what is wrong with the question where something is."""
    try:
        asked = conditions(view, project_id)
        found, cursor = view.store.runs(select=_SELECT, limit=ROWS, cursor=view.text("cursor"), **asked)
    except (BadFilter, Refused) as problem:
        return [], None, f"The filter cannot be read: {problem}"
    return found, cursor, None


def _twin(project_id: str, ending: str, asked: Dict[str, str], cursor: Optional[str]) -> str:
    query = {**asked, "cursor": cursor} if cursor else asked
    return f"{project_address(project_id)}.{ending}" + ("?" + urlencode(query, quote_via=quote) if query else "")


def _filters(view: View, project_id: str) -> Html:
    def entry(name: str, label: str, **how: Any) -> Html:
        return tag("label", tag("span", label), tag("input", name=name, value=view.text(name) or "", **how))

    def choice(name: str, label: str, options: Tuple[str, ...]) -> Html:
        shown = [tag("option", "any", value="")]
        shown += [tag("option", one, value=one, selected=one == view.text(name)) for one in options]
        return tag("label", tag("span", label), tag("select", shown, name=name))

    def example(text: str) -> str:
        return project_address(project_id, filter=text, all="1")

    strings = (view.text("trace_filter"), view.text("tree_filter"))
    return tag(
        "form",
        choice("type", "Type", KINDS),
        choice("status", "Status", ("success", "error", "pending")),
        entry("name", "Name"),
        entry("tag", "Tag"),
        entry("text", "Text", type="search"),
        entry("latency", "At least, seconds", inputmode="decimal", size=6),
        entry("filter", "Filter", class_="string", placeholder='and(gt(latency, 1.5), has(tags, "t"))'),
        tag(
            "details",
            tag("summary", "Filters of root and tree; examples"),
            entry("trace_filter", "Root run", class_="string"),
            entry("tree_filter", "Any run of the tree", class_="string"),
            tag("p", "Filters are, for example:"),
            tag("ul", [tag("li", tag("a", tag("code", one), href=example(one))) for one in EXAMPLES]),
            open=any(strings),
        ),
        tag(
            "label",
            tag("input", type="checkbox", name="all", value="1", checked=view.text("all") is not None),
            tag("span", "also runs inside others"),
            class_="check",
        ),
        tag("button", "Filter", type="submit"),
        tag("a", "Clear", href=project_address(project_id), class_="button"),
        method="get",
        action=project_address(project_id),
        class_="filters",
        role="search",
    )


def _table(found: List[Dict[str, Any]], view: View) -> Html:
    heads = [
        tag("th", text, scope="col", class_=mark)
        for text, mark in (
            (tag("span", "choose", class_="sr"), "choose"), ("Status", None), ("Run", None), ("Latency", "number"),
            ("Tokens", "number"), ("Start (UTC)", "wide"),
        )
    ]  # fmt: skip
    rows = [_row(run, view) for run in found]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="list runs")


def _row(run: Dict[str, Any], view: View) -> Html:
    if run["status"] == "error":
        # The SDK puts the traceback right behind the error, with no line between.
        first = (run["error"] or "").partition("\n")[0].partition("Traceback (most recent call last)")[0]
        said: Child = tag("span", first[:200], class_="bad")
    else:
        asked, answered = brief(run["inputs_preview"], 90), brief(run["outputs_preview"])
        said = [asked, tag("span", " → ", class_="dim") if answered else None, answered]
    beside = [*chips(run["tags"][:6], run["session_id"]), *scores(run.get("feedback_stats") or {})]
    label = f"compare {named(run['name'])}"
    return tag(
        "tr",
        tag("td", tag("input", type="checkbox", name="run", value=run["id"], aria_label=label), class_="choose"),
        tag("td", status_mark(run["status"])),
        tag(
            "td",
            tag("a", named(run["name"]), href=run_address(run)),
            tag("small", run["run_type"], class_="dim"),
            tag("small", moment(run["start_time"]), " UTC", class_="dim narrow"),  # where its own column has no room
            beside,
            tag("div", said, class_="said"),
        ),
        tag("td", latency(run, view.now_us), class_="number"),
        tag("td", count(run["total_tokens"]) if run["total_tokens"] else "", class_="number"),
        tag("td", moment(run["start_time"]), class_="wide"),
        class_=run["status"],
        data_run=run["id"],
    )
