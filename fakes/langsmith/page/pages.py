"""Which address is which page, and how what goes wrong is shown.

`answer` is the server's way in: it gives None for an address that no page has, but to a browser a page that says so.
Reading needs no script and no cookie.
Links in LangSmith's own shape (`/o/TENANT/projects/p/…/r/…`, `/o/TENANT/datasets/…`, `/public/TOKEN/r`), which the SDK
prints, lead to the pages here.
"""

from __future__ import annotations

import re
from typing import Any, Callable, List, Optional, Tuple
from urllib.parse import unquote

from ...serving.http11 import Answer, Request
from ..database import Refused, as_id
from ..filters import BadFilter
from . import compare, datasets, forms, playground, projects, runs, trace
from .guard import Forbidden
from .layout import asset, problem, redirect
from .view import View, run_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store import Store

__all__ = ["answer"]

Handler = Callable[..., Optional[Answer]]
_ID = r"([0-9a-fA-F-]{32,36})"
_PROJECT = r"/projects/p/[^/]+"


def answer(request: Request, store: "Store") -> Optional[Answer]:
    """Answer a request for a page, or give None where there is none at its address."""
    wrong_method = False
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found is None:
            continue
        if method != ("GET" if request.method == "HEAD" else request.method):
            wrong_method = True
            continue
        try:
            return handler(View(request, store), *[unquote(part) for part in found.groups()])
        except (Refused, Forbidden) as refused:
            return problem(refused.status, str(refused))
        except BadFilter as bad:
            return problem(400, str(bad))
    if wrong_method:
        return problem(405, f"{request.method} is not for this address")
    if "text/html" in request.headers.get("accept", ""):  # a person's browser; a program gets the API's answer
        return problem(404, "there is no page at this address")
    return None


def _moved(view: View, rest: str) -> Answer:
    """Lead from LangSmith's address of a project, run or dataset to ours."""
    query = "?" + view.request.query if view.request.query else ""
    if rest.startswith("datasets/"):
        return redirect("/data/" + rest[len("datasets/") :] + query)
    if rest in ("datasets", "projects"):
        return redirect("/data" if rest == "datasets" else "/projects")
    return redirect("/" + rest + ("" if "/r/" in rest else query))


def _shared(view: View, token: str) -> Answer:
    run_id = view.store.shared_run(as_id(token))
    if run_id is None:
        raise Refused(404, "nothing is shared by this link any more")
    return redirect(run_address(view.run(run_id)))


def _with_ids(handler: Any) -> Handler:
    """Read every id in the address before the handler has it. Raises: Refused (422)."""

    def call(view: View, *parts: str) -> Optional[Answer]:
        found: Optional[Answer] = handler(view, *[as_id(part) for part in parts])
        return found

    return call


def _row(method: str, pattern: str, handler: Any) -> Tuple[str, "re.Pattern[str]", Handler]:
    return method, re.compile(pattern), handler


_RUN = _PROJECT + "/r/" + _ID
_ROUTES: List[Tuple[str, "re.Pattern[str]", Handler]] = [
    _row("GET", r"/(?:projects)?", projects.projects_page),
    _row("GET", r"/projects\.json", projects.projects_json),
    _row("GET", r"/projects/compare", compare.compare_page),
    _row("GET", r"/projects/compare\.json", compare.compare_json),
    _row("GET", r"/projects/p/" + _ID, _with_ids(runs.project_page)),
    _row("GET", r"/projects/p/" + _ID + r"\.json", _with_ids(runs.project_json)),
    _row("GET", r"/projects/p/" + _ID + r"\.jsonl", _with_ids(runs.project_jsonl)),
    _row("GET", _RUN, _with_ids(trace.run_page)),
    _row("GET", _RUN + r"\.json", _with_ids(trace.run_json)),
    _row("GET", _RUN + r"\.jsonl", _with_ids(trace.run_jsonl)),
    _row("GET", _RUN + r"/(\w+)\.json", lambda view, run, field: trace.field_json(view, as_id(run), field)),
    _row("GET", _RUN + r"/files/([^/]+)", lambda view, run, name: trace.attachment(view, as_id(run), name)),
    _row("POST", _RUN + "/feedback", _with_ids(forms.give_feedback)),
    _row("POST", _RUN + "/feedback/" + _ID + "/delete", _with_ids(forms.delete_feedback)),
    _row("POST", _RUN + "/example", _with_ids(forms.add_example)),
    _row("POST", _RUN + "/share", _with_ids(forms.share)),
    _row("POST", _RUN + "/unshare", _with_ids(forms.unshare)),
    _row("GET", "/data", datasets.datasets_page),
    _row("GET", r"/data\.json", datasets.datasets_json),
    _row("POST", "/data", forms.new_dataset),
    _row("GET", "/data/" + _ID, _with_ids(datasets.dataset_page)),
    _row("GET", "/data/" + _ID + r"\.json", _with_ids(datasets.dataset_json)),
    _row("GET", "/data/" + _ID + r"\.jsonl", _with_ids(datasets.dataset_jsonl)),
    _row("POST", "/data/" + _ID + "/examples", _with_ids(forms.new_example)),
    _row("POST", "/data/" + _ID + "/examples/" + _ID + "/delete", _with_ids(forms.delete_example)),
    _row("GET", "/data/" + _ID + "/compare", _with_ids(datasets.experiments_page)),
    _row("GET", "/data/" + _ID + r"/compare\.json", _with_ids(datasets.experiments_json)),
    _row("GET", "/data/" + _ID + "/examples/" + _ID + r"\.json", _with_ids(datasets.example_json)),
    _row("GET", "/playground", playground.playground_page),
    _row("POST", "/playground", playground.begin),
    _row("GET", "/playground/" + _ID + r"\.json", _with_ids(playground.playground_json)),
    _row("POST", "/playground/" + _ID + "/stop", _with_ids(playground.end)),
    _row("GET", r"/o/[^/]+/((?:projects|datasets)(?:/.+)?)", _moved),
    _row("GET", "/public/" + _ID + "/r", _shared),
    _row("GET", r"/static/([\w.]+)", lambda view, name: asset(name)),
]
