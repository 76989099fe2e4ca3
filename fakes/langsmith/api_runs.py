"""The API's calls about runs: ingest, one run, queries of both versions, and what it says of itself."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from . import ingest
from .calls import MOST, Call, Reply, whole
from .database import Refused, as_id, ids
from .second import columns, selects, shown

__all__ = ["ROUTES", "known", "page_of"]

# What the SDK's run object cannot do without, whatever was selected.
ALWAYS = ("id", "name", "start_time", "run_type", "trace_id", "session_id", "status", "app_path")
INFO = {
    "version": "0.18.0",  # what the SDK 0.15 wants for all it knows of projects; below it says so in a warning
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
NOBODY = "00000000-0000-0000-0000-000000000000"  # an id that no run has
_V2 = {
    "project_ids": "session", "reference_examples": "reference_example", "ids": "id", "trace_id": "trace",
    "trace": "trace", "parent_run_id": "parent_run", "run_type": "run_type", "is_root": "is_root",
    "error": "error", "has_error": "error", "query": "query", "filter": "filter", "trace_filter": "trace_filter",
    "tree_filter": "tree_filter", "min_start_time": "start_time", "start_time": "start_time", "selects": "select",
    "cursor": "cursor", "page_size": "limit", "limit": "limit", "order": "order", "sort_order": "order",
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
        return Reply(200, known(call, call.id()))
    selected = selects(call.several("selects"))
    return Reply(200, shown(known(call, call.id(), columns(selected)), selected))


def _query(call: Call) -> Reply:
    body = call.body()
    if not call.v2:
        return Reply(200, page_of(call, body))
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
    selected = selects(said.get("select"))
    said["select"] = columns(selected)
    page = page_of(call, said)
    return Reply(200, {
        "items": [shown(run, selected) for run in page["runs"]], "next_cursor": page["cursors"]["next"],
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
            if name == "reference_example" and isinstance(value, str):
                value = [value]  # so LangSmith's JavaScript SDK says it
            if not isinstance(value, list) or len(value) > 1_000:
                raise Refused(422, f"{name} is a list of at most 1,000 ids")
            if not value:
                return None  # of none of all
            conditions[_CONDITIONS[name]] = ids(value)
        elif name in _IDS:
            alone = value[0] if isinstance(value, list) and len(value) == 1 else value  # a list in its early versions
            conditions[_CONDITIONS[name]] = as_id(alone)
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


def page_of(call: Call, body: Dict[str, Any], **forced: Any) -> Dict[str, Any]:
    """Give the answer to a query of version 1; `forced` are conditions of the store that hold besides.

    Raises: Refused (422), filters.BadFilter.
    """
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
    if body.get("session") == []:  # so the JavaScript SDK says that no project was named
        del body["session"]
    conditions = _conditions(body)
    return Reply(200, call.store.tally(**conditions if conditions is not None else {"ids": [NOBODY]}))


def _group(call: Call) -> Reply:
    raise Refused(501, 'Not there: runs are not grouped here; query them with the filter eq(thread_id, "…")')


def known(call: Call, run_id: Optional[str], select: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    """Give a run that has to be there. Raises: Refused (404)."""
    run = call.store.run(run_id, select=select) if run_id is not None else None
    if run is None:
        raise Refused(404, "Run not found")
    return run


ROUTES = {
    ("GET", "info"): _info,
    ("POST", "runs/multipart"): _multipart,
    ("POST", "runs/batch"): _batch,
    ("POST", "runs/query"): _query,
    ("POST", "runs/stats"): _stats,
    ("POST", "runs/group"): _group,
    ("POST", "runs"): _post,
    ("PATCH", "runs/{}"): _patch,
    ("GET", "runs/{}"): _read,
}
