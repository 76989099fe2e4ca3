"""The API's calls about runs: ingest, one run, queries of both versions, sharing, and what it says of itself.

Version 2 asks for the same runs with other words: `project_ids`, selected fields in capitals, `items` and
`next_cursor`; a run of it has `project_id` and no `parent_run_id` (§8 of the wire notes).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from . import ingest
from .calls import MOST, Call, Reply, whole
from .database import Refused, as_id, ids
from .derive import microseconds

__all__ = ["ROUTES"]

# What the SDK's run object cannot do without, whatever was selected.
ALWAYS = ("id", "name", "start_time", "run_type", "trace_id", "session_id", "status", "app_path")
INFO = {
    "version": "0.16.0",
    "license_expiration_time": None,
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 16,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 20971520,
    },
    "instance_flags": {
        "dataset_examples_multipart_enabled": True,
        "examples_multipart_enabled": True,
        "zstd_compression_enabled": False,  # Python has had it since 3.14 only
    },
}
_CONDITIONS = {
    "session": "sessions", "id": "ids", "reference_example": "reference_examples", "trace": "trace",
    "parent_run": "parent_run", "run_type": "run_type", "is_root": "is_root", "error": "error", "query": "text",
    "filter": "filter", "trace_filter": "trace_filter", "tree_filter": "tree_filter", "start_time": "start_after",
    "end_time": "end_before",
}  # fmt: skip
_LISTS = ("session", "id", "reference_example")
_IDS = ("trace", "parent_run")
_FLAGS = ("is_root", "error")
_BESIDE = ("select", "limit", "cursor", "order", "execution_order")
NOBODY = "00000000-0000-0000-0000-000000000000"
_V2 = {
    "project_ids": "session", "reference_examples": "reference_example", "ids": "id", "trace_id": "trace",
    "trace": "trace", "parent_run_id": "parent_run", "run_type": "run_type", "is_root": "is_root",
    "error": "error", "has_error": "error", "query": "query", "filter": "filter", "trace_filter": "trace_filter",
    "tree_filter": "tree_filter", "min_start_time": "start_time", "start_time": "start_time", "selects": "select",
    "cursor": "cursor", "page_size": "limit", "limit": "limit", "order": "order", "sort_order": "order",
}  # fmt: skip
# What version 2's fields are made of, where it is not a field of the same name.
_V2_COLUMNS = {
    "project_id": ("session_id",), "is_root": ("parent_run_id",), "latency_seconds": ("start_time", "end_time"),
    "manifest": ("serialized",), "error_preview": ("error",), "metadata": ("extra",),
    "parent_run_ids": ("dotted_order", "parent_run_ids"),
}  # fmt: skip


def _info(call: Call) -> Reply:
    return Reply(200, INFO)


def _multipart(call: Call) -> Reply:
    taken = ingest.multipart(call.request.body, call.request.headers.get("content-type", ""))
    call.store.merge(taken.ops, taken.feedback, taken.attachments)
    return Reply(202, {"message": "Runs batch ingested"})


def _batch(call: Call) -> Reply:
    call.store.merge(ingest.batch(call.body()).ops)
    return Reply(202, {"message": "Runs batch ingested"})


def _post(call: Call) -> Reply:
    call.store.merge([ingest.single("post", call.body())])
    return Reply(202, {"message": "Run created"})


def _patch(call: Call) -> Reply:
    call.store.merge([ingest.single("patch", call.body(), call.id())])
    return Reply(202, {"message": "Run updated"})


def _read(call: Call) -> Reply:
    call.only("project_id", "session_id", "start_time", "selects", "select", "exclude_s3_stored_attributes")
    if not call.v2:
        return Reply(200, _known(call, call.id()))
    selected = [name.lower() for name in call.several("selects")]
    return Reply(200, _second(_known(call, call.id(), _columns(selected)), selected))


def _query(call: Call) -> Reply:
    body = call.body()
    if not call.v2:
        return Reply(200, _page(call, body))
    said: Dict[str, Any] = {}
    for name, value in body.items():
        if value is not None:
            if name not in _V2:
                raise Refused(422, f"{name[:100]!r} is no field of a query; there are {', '.join(_V2)}")
            said[_V2[name]] = value
    if isinstance(said.get("run_type"), str):
        said["run_type"] = said["run_type"].lower()
    if isinstance(said.get("order"), str):
        said["order"] = said["order"].lower()
    if not isinstance(said.get("select", []), list):
        raise Refused(422, "selects is a list of fields")
    selected = [str(name).lower() for name in said.get("select", ())]
    said["select"] = _columns(selected)
    page = _page(call, said)
    return Reply(200, {
        "items": [_second(run, selected) for run in page["runs"]], "next_cursor": page["cursors"]["next"],
    })  # fmt: skip


def _conditions(body: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Give what a query asks for as the store takes it; None where it can find nothing. Raises: Refused (422)."""
    said = {name: value for name, value in body.items() if value is not None}
    if "session_id" in said:  # as the SDK asks for the children of a run
        if "session" in said:
            raise Refused(422, "session and session_id are two words for one thing")
        said["session"] = [said.pop("session_id")]
    conditions: Dict[str, Any] = {}
    for name, value in said.items():
        if name in _LISTS:
            if not isinstance(value, list) or len(value) > 1_000:
                raise Refused(422, f"{name} is a list of at most 1,000 ids")
            if not value:
                return None  # of none of all
            conditions[_CONDITIONS[name]] = ids(value)
        elif name in _IDS:
            conditions[_CONDITIONS[name]] = as_id(value)
        elif name in _CONDITIONS:
            if not isinstance(value, bool if name in _FLAGS else str):
                raise Refused(422, f"{name} is {'true or false' if name in _FLAGS else 'a text'}")
            conditions[_CONDITIONS[name]] = value
        elif name not in _BESIDE:
            raise Refused(
                422, f"{name[:100]!r} is no field of a query; there are {', '.join((*_CONDITIONS, *_BESIDE))}"
            )
    if said.get("execution_order") == 1:
        conditions["is_root"] = True
    return conditions


def _page(call: Call, body: Dict[str, Any], **forced: Any) -> Dict[str, Any]:
    conditions = _conditions(body)
    if conditions is None:
        return {"runs": [], "cursors": {"next": None}}
    said = {name: value for name, value in body.items() if value is not None}
    select: Optional[Sequence[str]] = said.get("select")
    if select is not None:
        if not isinstance(select, list):
            raise Refused(422, "select is a list of fields")
        select = [*ALWAYS, *(str(name) for name in select)]
    if said.get("order", "desc") not in ("asc", "desc"):
        raise Refused(422, "order is asc or desc")
    cursor = said.get("cursor")
    found, following = call.store.runs(
        select=select,
        limit=min(whole("limit", said.get("limit", MOST), 1 << 60, 1), MOST),  # who wants more follows the cursor
        cursor=None if cursor is None else str(cursor),
        newest_first=said.get("order", "desc") == "desc",
        **{**conditions, **forced},
    )
    return {"runs": found, "cursors": {"next": following}}


def _stats(call: Call) -> Reply:
    body = call.body()
    if body.pop("data_source_type", None) not in (None, "current"):
        raise Refused(422, "data_source_type: only current runs are here")
    strange = sorted(set(body) & set(_BESIDE))
    if strange:
        raise Refused(422, f"{strange[0]!r} has no meaning for stats")
    conditions = _conditions(body)
    return Reply(200, call.store.tally(**conditions if conditions is not None else {"ids": [NOBODY]}))


def _columns(selected: Sequence[str]) -> Optional[List[str]]:
    """Give the columns that version 2's fields are made of; None, for all, where nothing was selected."""
    if not selected:
        return None
    return [column for name in selected for column in _V2_COLUMNS.get(name, (name,))]


def _second(run: Dict[str, Any], selected: Sequence[str]) -> Dict[str, Any]:
    """Give a run as version 2 does: what was selected and its id, or everything."""
    shown = {name: value for name, value in run.items() if name not in ("session_id", "parent_run_id", "serialized")}
    start, end = microseconds(run.get("start_time")), microseconds(run.get("end_time"))
    shown["project_id"] = run.get("session_id")
    shown["is_root"] = run.get("parent_run_id") is None
    shown["latency_seconds"] = None if start is None or end is None else (end - start) / 1e6
    shown["manifest"] = run.get("serialized")
    shown["error_preview"] = None if run.get("error") is None else run["error"][:300]
    if isinstance(run.get("extra"), dict):
        shown["metadata"] = run["extra"].get("metadata")
    for name in ("status", "run_type"):
        if isinstance(run.get(name), str):
            shown[name] = run[name].upper()
    return {name: shown[name] for name in dict.fromkeys(("id", *selected)) if name in shown} if selected else shown


def _known(call: Call, run_id: Optional[str], select: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    run = call.store.run(run_id, select=select) if run_id is not None else None
    if run is None:
        raise Refused(404, "Run not found")
    return run


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


def _public_run(call: Call) -> Reply:
    return Reply(200, _known(call, call.store.shared_run(call.id())))


def _public_query(call: Call) -> Reply:
    root = _known(call, call.store.shared_run(call.id()), ["id", "trace_id", "dotted_order"])
    # A run that is shared shows itself and what is below it, and nothing else of its trace.
    inside = {
        run["id"]
        for run in call.store.trace(root["trace_id"], select=["id", "dotted_order"])
        if run["id"] == root["id"] or (run["dotted_order"] or "").startswith(f"{root['dotted_order']}.")
    }
    body = call.body()
    wanted = body.pop("id", None)
    shown = sorted(inside if wanted is None else inside & set(ids(wanted)))
    if not shown:
        return Reply(200, {"runs": [], "cursors": {"next": None}})
    body.pop("trace", None)
    return Reply(200, _page(call, body, ids=shown))


ROUTES = {
    ("GET", "info"): _info,
    ("POST", "runs/multipart"): _multipart,
    ("POST", "runs/batch"): _batch,
    ("POST", "runs/query"): _query,
    ("POST", "runs/stats"): _stats,
    ("POST", "runs"): _post,
    ("PATCH", "runs/{}"): _patch,
    ("GET", "runs/{}"): _read,
    ("PUT", "runs/{}/share"): _share,
    ("GET", "runs/{}/share"): _shared,
    ("DELETE", "runs/{}/share"): _unshare,
    ("GET", "public/{}/run"): _public_run,
    ("POST", "public/{}/runs/query"): _public_query,
}
