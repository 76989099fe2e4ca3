"""Two runs side by side: their figures, and what differs between their inputs, parameters and outputs, line by line."""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, Optional, Tuple

from ...serving.http11 import Answer
from ..database import Refused, as_id
from .conversation import value_block
from .formats import cost, count, cut_text, latency, moment, named, pretty
from .html import Child, Html, join, tag
from .layout import json_answer, page
from .view import View, run_address, status_mark

__all__ = ["compare_json", "compare_page"]

MOST_LINES = 3_000  # of each side; difflib's time grows with their product


def compare_page(view: View) -> Answer:
    """Give the comparison of `?run=A&run=B`; with one run, a form that asks for the other."""
    ids = view.texts("run")
    if len(ids) != 2:
        return _ask(view, ids)
    left, right = _runs(view, ids)
    body: List[Child] = [_facts(left, right, view)]
    for title, name in (("Input", "inputs"), ("Output", "outputs"), ("Error", "error")):
        if left[name] or right[name]:
            body += [tag("h2", title), _sides(left, right, name)]
    for title, name in (("Parameters", "invocation_params"), ("Metadata", "metadata")):
        one, other = _extra(left, name), _extra(right, name)
        if one or other:
            body += [tag("h2", title), _difference(one, other)]
    query = f"run={left['id']}&run={right['id']}"
    title = f"{named(left['name'])} and {named(right['name'])}"
    return page(title, *body, path=[("Projects", "/projects")], twin=f"/projects/compare.json?{query}")


def compare_json(view: View) -> Answer:
    """Give both runs, whole, as JSON: {"runs": [A, B]}."""
    ids = view.texts("run")
    if len(ids) != 2:
        raise Refused(422, "name two runs: ?run=A&run=B")
    return json_answer({"runs": list(_runs(view, ids))})


def _runs(view: View, ids: List[str]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    return view.run(as_id(ids[0].strip())), view.run(as_id(ids[1].strip()))


def _ask(view: View, ids: List[str]) -> Answer:
    fields: List[Child] = []
    others: List[Dict[str, Any]] = []
    message: Child = None
    if len(ids) == 1:
        run = view.run(as_id(ids[0]))
        fields.append(tag("input", type="hidden", name="run", value=run["id"]))
        message = tag("p", "Compare ", tag("a", named(run["name"]), href=run_address(run)), " with:")
        asked: Dict[str, Any] = {"sessions": [run["session_id"]], "name": run["name"], "run_type": run["run_type"]}
        select = ("name", "start_time", "end_time", "status", "session_id")
        others = [one for one in view.store.runs(select=select, limit=20, **asked)[0] if one["id"] != run["id"]]
    else:
        message = tag("p", f"{len(ids)} runs were chosen; two can be compared.", class_="message") if ids else None
    labels = ("Run id",) if len(ids) == 1 else ("One run's id", "The other's id")
    fields += [tag("label", tag("span", label), tag("input", name="run", size=38, class_="string")) for label in labels]
    known = [
        tag(
            "li",
            tag("a", named(one["name"]), href=f"/projects/compare?run={ids[0]}&run={one['id']}"),
            " ",
            moment(one["start_time"]),
            " ",
            latency(one, view.now_us),
            " ",
            status_mark(one["status"]),
        )  # fmt: skip
        for one in others
    ]
    body = tag(
        "form", fields, tag("button", "Compare", type="submit"), method="get", action="/projects/compare", class_="form"
    )
    recent = [tag("h2", "Runs like it"), tag("ul", known)] if known else None
    return page("Compare two runs", message, body, recent, path=[("Projects", "/projects")])


def _facts(left: Dict[str, Any], right: Dict[str, Any], view: View) -> Html:
    rows = [
        tag("tr", tag("th", name, scope="row"), tag("td", shown(left)), tag("td", shown(right)))
        for name, shown in (
            ("Run", lambda run: tag("a", named(run["name"]), href=run_address(run))),
            ("Status", lambda run: status_mark(run["status"])),
            ("Latency", lambda run: latency(run, view.now_us)),
            ("Tokens", lambda run: count(run["total_tokens"]) if run["total_tokens"] else ""),
            ("Cost", lambda run: cost(run["total_cost"])),
            ("Start (UTC)", lambda run: moment(run["start_time"])),
        )
    ]
    return tag("table", tag("tbody", rows), class_="list facts-table")


def _sides(left: Dict[str, Any], right: Dict[str, Any], name: str) -> Html:
    if left[name] == right[name]:
        return join(tag("p", "the same on both sides", class_="dim"), _side(left, name))
    different = tag(
        "details", tag("summary", "Differences in the JSON"), _difference(left[name], right[name]), class_="raw"
    )
    return join(tag("div", _side(left, name, "first"), _side(right, name, "second"), class_="sides"), different)


def _side(run: Dict[str, Any], name: str, which: Optional[str] = None) -> Html:
    value, whole = run[name], f"{run_address(run)}/{name}.json"
    if name == "error":
        shown = cut_text(value, whole) if value else tag("p", "none", class_="none")
    else:
        shown = value_block(value, whole)
    mark = "failure" if name == "error" and value else None
    return tag("div", tag("h3", which) if which else None, shown, class_=mark)


def _difference(left: Any, right: Any) -> Html:
    one, other = (pretty(value).split("\n")[:MOST_LINES] for value in (left, right))
    marks = {"+": "added", "-": "gone", "@": "place"}
    lines = list(difflib.unified_diff(one, other, lineterm="", n=3))[2:]
    if not lines:
        return tag("p", "the same on both sides", class_="dim")
    shown = [tag("div", line[:2_000], class_=marks.get(line[:1])) for line in lines[:MOST_LINES]]
    return tag("div", shown, class_="difference")


def _extra(run: Dict[str, Any], name: str) -> Any:
    return run["extra"].get(name) if isinstance(run["extra"], dict) else None
