"""Calls of version 2 that are not the same call with other words: traces, and lists of projects and datasets by cursor.

A trace is its root run and what was summed over it; projects tell their type, and a list is `items` and `next_cursor`.
(The SDK's `client.traces`, `client.sessions` and `client.datasets`, langsmith 0.15.) A cursor of a list is its offset.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from . import api_data
from .api_runs import page_of
from .calls import MOST, Call, Reply
from .database import Refused
from .second import columns, selects, shown

__all__ = ["ROUTES", "SECOND"]

_AGGREGATES = ("total_tokens", "total_cost", "first_token_time")


def _traces(call: Call) -> Reply:
    body = call.question(
        "project_id", "trace_ids", "trace_filter", "tree_filter", "min_start_time", "max_start_time", "selects",
        "cursor", "page_size",
    )  # fmt: skip
    if "project_id" not in body:
        raise Refused(422, "project_id is the project whose traces are asked for")
    selected = selects(body.pop("selects", None)) or ["id"]
    asked: Dict[str, Any] = {"session": [body.pop("project_id")], "is_root": True}
    for name, to in (
        ("trace_ids", "id"), ("trace_filter", "filter"), ("tree_filter", "tree_filter"),
        ("min_start_time", "start_time"), ("cursor", "cursor"),
    ):  # fmt: skip
        if name in body:
            asked[to] = body[name]
    asked.update(limit=body.get("page_size", 20), select=columns(["id", *selected]))
    if "max_start_time" in body:
        asked["filter"] = _before(str(body["max_start_time"]), "lt", asked.get("filter"))
    page = page_of(call, asked)
    items = [_trace(shown(run, selected), selected) for run in page["runs"]]
    return Reply(200, {"items": items, "next_cursor": page["cursors"]["next"]})


def _trace(run: Dict[str, Any], selected: List[str]) -> Dict[str, Any]:
    trace: Dict[str, Any] = {"root_run": {name: value for name, value in run.items() if name not in _AGGREGATES}}
    if set(selected) & set(_AGGREGATES):
        trace["trace_aggregates"] = {name: run.get(name) for name in _AGGREGATES if name in selected}
    return trace


def _runs_of_trace(call: Call) -> Reply:
    call.only("project_id", "filter", "min_start_time", "max_start_time", "selects")
    selected = selects(call.several("selects")) or ["id"]
    asked: Dict[str, Any] = {"trace": call.id(), "session": call.ids("project_id"), "order": "asc"}
    if not asked["session"]:
        raise Refused(422, "project_id is the project that the trace is in")
    asked.update(select=columns(["id", *selected]), filter=call.text("filter"), start_time=call.text("min_start_time"))
    until = call.text("max_start_time")
    if until is not None:
        asked["filter"] = _before(until, "lte", asked["filter"])
    found: List[Dict[str, Any]] = []
    while True:  # of a trace all runs are given at once
        page = page_of(call, asked)
        found += [shown(run, selected) for run in page["runs"]]
        asked["cursor"] = page["cursors"]["next"]
        if asked["cursor"] is None:
            return Reply(200, {"items": found})


def _before(moment: str, how: str, said: Any) -> str:
    """Add to a filter that a run started before a moment. Raises: Refused (422)."""
    if '"' in moment or "\\" in moment:
        raise Refused(422, "max_start_time is a time in ISO 8601")
    condition = f'{how}(start_time, "{moment}")'
    return f"and({condition}, {said})" if said else condition


def _projects(call: Call) -> Reply:
    call.only(
        "id", "name", "name_contains", "reference_dataset_id", "include_stats", "metadata", "dataset_version", "type",
        "cursor", "page_size",
    )  # fmt: skip
    references, kinds = call.ids("reference_dataset_id"), set(call.several("type"))
    if len(references) > 1:
        raise Refused(422, "reference_dataset_id is one dataset here")
    if not kinds <= {"PROJECT", "EXPERIMENT"} or len(kinds) > 1:
        raise Refused(422, "type is PROJECT or EXPERIMENT here")
    if kinds == {"EXPERIMENT"} and not references:
        raise Refused(422, "type EXPERIMENT: name the dataset, reference_dataset_id, whose experiments are listed")
    found, following = _page(call, lambda limit, offset: call.store.projects(
        name=call.text("name"), name_contains=call.text("name_contains"), ids=call.ids("id"),
        reference_dataset=references[0] if references else None, reference_free=kinds == {"PROJECT"},
        stats=call.flag("include_stats"), metadata=call.json("metadata"),
        dataset_version=call.text("dataset_version"), limit=limit, offset=offset,
    ))  # fmt: skip
    return Reply(200, {"items": [_typed(one) for one in found], "next_cursor": following})


def _datasets(call: Call) -> Reply:
    call.only("id", "name", "name_contains", "data_type", "metadata", "cursor", "page_size")
    kinds = call.several("data_type")
    if len(kinds) > 1:
        raise Refused(422, "data_type is one type here")
    found, following = _page(call, lambda limit, offset: call.store.datasets(
        ids=call.ids("id"), name=call.text("name"), name_contains=call.text("name_contains"),
        data_type=kinds[0] if kinds else None, metadata=call.json("metadata"), limit=limit, offset=offset,
    ))  # fmt: skip
    return Reply(200, {"items": found, "next_cursor": following})


def _page(call: Call, ask: Callable[[int, int], List[Dict[str, Any]]]) -> Tuple[List[Dict[str, Any]], Any]:
    """Give a page of a list and the cursor of the next one, or None. Raises: Refused (422)."""
    limit, offset = max(call.number("page_size", MOST, MOST), 1), call.number("cursor", 0, 1 << 60)
    found = ask(limit + 1, offset)
    return found[:limit], str(offset + limit) if len(found) > limit else None


def _typed(project: Dict[str, Any]) -> Dict[str, Any]:
    return {**project, "type": "EXPERIMENT" if project["reference_dataset_id"] else "PROJECT"}


def _project(method: str, path: str) -> Callable[[Call], Reply]:
    first = api_data.ROUTES[method, path]

    def call_of(call: Call) -> Reply:
        reply = first(call)
        return Reply(reply.status, _typed(reply.value))

    return call_of


ROUTES: Dict[Tuple[str, str], Callable[[Call], Reply]] = {
    ("POST", "traces/query"): _traces,
    ("GET", "traces/{}/runs"): _runs_of_trace,
}
# What stands in the place of the call of the same name, where version 2 is asked.
SECOND: Dict[Tuple[str, str], Callable[[Call], Reply]] = {
    ("GET", "sessions"): _projects,
    ("GET", "datasets"): _datasets,
    **{row: _project(*row) for row in (("POST", "sessions"), ("GET", "sessions/{}"), ("PATCH", "sessions/{}"))},
}
