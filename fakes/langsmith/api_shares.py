"""The API's calls about runs that are shared by a link, in both versions, and about where a run is shown."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from .api_runs import known, page_of
from .calls import Call, Reply
from .database import Refused, ids
from .second import columns, selects, shown

__all__ = ["ROUTES"]


def _share(call: Call) -> Reply:
    said = call.body() if call.request.body else {}
    run_id = call.id()
    return Reply(200, {"run_id": run_id, "share_token": call.store.share(run_id, said.get("share_token"))})


def _shared(call: Call) -> Reply:
    run_id = call.id()
    token = call.store.shared_token(run_id)
    return Reply(200, None if token is None else {"run_id": run_id, "share_token": token})


def _unshare(call: Call) -> Reply:
    call.store.unshare(call.id())
    return Reply(200, {})


def _url(call: Call) -> Reply:
    call.only("project_id", "trace_id", "start_time")
    return Reply(200, {"url": f"{call.origin}{known(call, call.id(), ['session_id'])['app_path']}"})


def _public_run(call: Call) -> Reply:
    return Reply(200, known(call, call.store.shared_run(call.id())))


def _public_one(call: Call) -> Reply:
    """Give a run of a shared trace, in version 2."""
    call.only("selects", "start_time")
    run_id = call.id(1)
    if run_id not in _inside(call):
        raise Refused(404, "Run not found")
    selected = selects(call.several("selects"))
    return Reply(200, shown(known(call, run_id, columns(selected)), selected))


def _public_query(call: Call) -> Reply:
    body = call.body()
    inside = _inside(call)
    if call.v2:
        selected = selects(body.get("selects"))
        found: List[Dict[str, Any]] = []
        cursor = None
        while True:
            page, cursor = call.store.runs(ids=inside, select=columns(selected), newest_first=False, cursor=cursor)
            found += page
            if cursor is None:
                return Reply(200, {"items": [shown(run, selected) for run in found]})
    wanted = body.pop("id", None)
    left = sorted(inside if wanted is None else set(inside) & set(ids(wanted)))
    if not left:
        return Reply(200, {"runs": [], "cursors": {"next": None}})
    body.pop("trace", None)
    return Reply(200, page_of(call, body, ids=left))


def _inside(call: Call) -> List[str]:
    """Give the ids of what a token shares: a run and what is below it, and nothing else of its trace."""
    root = known(call, call.store.shared_run(call.id()), ["id", "trace_id", "dotted_order"])
    return [
        run["id"]
        for run in call.store.trace(root["trace_id"], select=["id", "dotted_order"])
        if run["id"] == root["id"] or (run["dotted_order"] or "").startswith(f"{root['dotted_order']}.")
    ]


ROUTES: Dict[Tuple[str, str], Callable[[Call], Reply]] = {
    ("PUT", "runs/{}/share"): _share,
    ("POST", "runs/{}/share"): _share,
    ("GET", "runs/{}/share"): _shared,
    ("DELETE", "runs/{}/share"): _unshare,
    ("GET", "runs/{}/url"): _url,
    ("GET", "public/{}/run"): _public_run,
    ("GET", "public/{}/run/{}"): _public_one,
    ("POST", "public/{}/runs/query"): _public_query,
}
