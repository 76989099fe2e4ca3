"""The API's calls about runs that are shared by a link, in both versions, and about where a run is shown."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .api_runs import known, page_of
from .calls import Call, Reply
from .database import Refused, ids
from .second import columns, selects, shown
from .store import Store

__all__ = ["ROUTES", "inside"]


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
    if call.v2:
        selected = selects(call.question("selects").get("selects"))
        found = inside(call.store, call.id(), columns(selected))
        if not found:
            raise Refused(404, "Run not found")
        return Reply(200, {"items": [shown(run, selected) for run in found]})
    shared = _inside(call)
    body = call.body()
    # What a filter of the root or of any run of the trace answers may be of runs that are not shared.
    if any(body.get(name) for name in ("trace_filter", "tree_filter")) and not _whole_trace(call):
        raise Refused(422, "trace_filter and tree_filter ask about runs that are not shared by this link")
    wanted = body.pop("id", None)
    left = sorted(shared if wanted is None else set(shared) & set(ids(wanted)))
    if not left:
        return Reply(200, {"runs": [], "cursors": {"next": None}})
    body.pop("trace", None)
    return Reply(200, page_of(call, body, ids=left))


def _whole_trace(call: Call) -> bool:
    return known(call, call.store.shared_run(call.id()), ["parent_run_id"])["parent_run_id"] is None


def _inside(call: Call) -> List[str]:
    found = [run["id"] for run in inside(call.store, call.id(), ["id"])]
    if not found:
        raise Refused(404, "Run not found")
    return found


def inside(store: Store, token: str, select: Optional[Sequence[str]]) -> List[Dict[str, Any]]:
    """Give what a token shares: a run and what is below it, in dotted order, and nothing else of its trace.

    With what is selected of each, or with everything.
    """
    shared = store.shared_run(token)
    root = store.run(shared, select=["id", "trace_id", "dotted_order"]) if shared is not None else None
    if root is None or shared is None:
        return []
    if select is not None:
        select = ["dotted_order", *select]
    if root["trace_id"] is None:  # only its end came, which did not say
        return [run for run in [store.run(shared, select=select)] if run is not None]
    return [
        run
        for run in store.trace(root["trace_id"], select=select)
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
