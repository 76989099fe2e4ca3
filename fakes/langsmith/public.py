"""Pages for whoever was given a link and has no password: a shared run with what is below it, or a shared dataset.

They show what the token shares and nothing beside it, and only read: no form, no script, no way to a project or to a
neighbour. What is too long for a page leads to the API's answer to the same token, an attachment to its signed address,
and the style sheet has an address of the token, too. A token that shares nothing gets no answer here.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import quote

from ..serving.http11 import Answer, Request
from .api_shares import inside
from .database import Refused
from .derive import LIGHT, now_us
from .page.conversation import json_block, value_block
from .page.formats import count, cut_text, latency, moment, named, plural
from .page.html import Child, Html, tag
from .page.layout import asset, pager
from .page.tree import closeness, trace_tree
from .page.view import View, chips, scores, status_mark
from .store import Store

__all__ = ["answer", "is_ours"]

ROWS = 50  # examples of a page
STYLE = "style.css"
_SELECT = tuple(name for name in LIGHT if not name.endswith("_preview"))


def answer(request: Request, store: Store) -> Optional[Answer]:
    """Answer a request that needs no password, or give None where nothing is shared at its address."""
    if request.method not in ("GET", "HEAD"):
        return None
    for pattern, handler in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found is not None:
            try:
                return handler(View(request, store), *found.groups())
            except Refused as refused:  # as a question that takes too long
                text = [("content-type", "text/plain; charset=utf-8")]
                return Answer(refused.status, text, f"{refused}\n".encode())
    return None


def is_ours(path: str) -> bool:
    """Tell whether a page of a shared run or dataset may be at an address."""
    return any(pattern.fullmatch(path) for pattern, _ in _ROUTES)


def _run(view: View, token: str, run_id: Optional[str] = None) -> Optional[Answer]:
    runs = inside(view.store, token, _SELECT)
    run = view.store.run(run_id or runs[0]["id"]) if runs else None
    if run is None or run["id"] not in {one["id"] for one in runs}:
        return None
    tree = trace_tree(runs, selected=run["id"], base=f"/public/{token}/r/", now_us=view.now_us)
    whole = f"/api/v2/public/{token}/run/{run['id']}?selects="
    return _page(
        token,
        named(run["name"]),
        tag(
            "div",
            tag("section", tag("p", plural(len(runs), "run"), class_="dim"), tree,
                class_=f"tree close{closeness(runs)}", aria_label="trace"),
            tag("section", _facts(run), *_values(run, whole), _attached(view.store, run["id"]),
                class_="run", aria_label="run"),
            class_="trace",
        ),
        twin=whole.partition("?")[0],
    )  # fmt: skip


def _dataset(view: View, token: str) -> Optional[Answer]:
    shared = view.store.shared_dataset(token)
    dataset = view.store.dataset(shared) if shared is not None else None
    if dataset is None:
        return None
    offset = view.offset()
    found = view.store.examples(dataset["id"], limit=ROWS + 1, offset=offset)
    whole = f"/public/{token}/examples"
    return _page(
        token,
        named(dataset["name"]),
        tag("p", dataset["description"]) if dataset["description"] else None,
        tag("h2", f"Examples ({count(dataset['example_count'])})"),
        [_example(view.store, example, whole) for example in found[:ROWS]],
        pager(f"/public/{token}/d?", offset, ROWS, more=len(found) > ROWS),
        twin=f"{whole}?limit={ROWS}&offset={offset}",
    )


def _facts(run: Dict[str, Any]) -> Html:
    pairs: List[Tuple[str, Child]] = [
        ("Status", status_mark(run["status"])),
        ("Type", run["run_type"]),
        ("Latency", latency(run, now_us())),
        ("Tokens", count(run["total_tokens"]) if run["total_tokens"] else None),
        ("Start (UTC)", moment(run["start_time"])),
        ("Tags", chips(run["tags"]) if run["tags"] else None),
        ("Feedback", scores(run["feedback_stats"]) if run["feedback_stats"] else None),
    ]
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value], class_="facts")


def _values(run: Dict[str, Any], whole: str) -> List[Child]:
    parts: List[Child] = []
    if run["error"]:
        parts += [tag("h2", "Error"), tag("div", cut_text(run["error"], whole + "ERROR"), class_="failure")]
    parts += [tag("h2", "Input"), value_block(run["inputs"], whole + "INPUTS")]
    if run["outputs"] is not None:
        parts += [tag("h2", "Output"), value_block(run["outputs"], whole + "OUTPUTS")]
    metadata = run["extra"].get("metadata") if isinstance(run["extra"], dict) else None
    if metadata:
        folded = json_block(metadata, whole + "METADATA")
        parts.append(tag("details", tag("summary", "Metadata"), folded, class_="raw"))
    return parts


def _attached(store: Store, owner_id: str) -> Optional[Html]:
    files = store.attachments(owner_id)
    links = [
        tag("li", tag("a", one["name"], href=store.address(owner_id, one["name"])), f" {one['type']},"
            f" {count(one['size'])} bytes")
        for one in files
    ]  # fmt: skip
    return tag("div", tag("h2", "Attachments"), tag("ul", links)) if links else None


def _example(store: Store, example: Dict[str, Any], whole: str) -> Html:
    one = f"{whole}?id={quote(example['id'])}"
    return tag(
        "section",
        tag("h3", "Input"), value_block(example["inputs"], one),
        [tag("h3", "Output"), value_block(example["outputs"], one)] if example["outputs"] is not None else None,
        _attached(store, example["id"]) if "attachment_urls" in example else None,
        class_="run",
    )  # fmt: skip


def _style(view: View, token: str) -> Optional[Answer]:
    store = view.store
    return asset(STYLE) if store.shared_run(token) or store.shared_dataset(token) else None


def _page(token: str, title: str, *body: Child, twin: str) -> Answer:
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("title", title, " · fakes langsmith"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="stylesheet", href=f"/public/{token}/{STYLE}?{_mark()}"),
        ),
        tag(
            "body",
            tag("header", tag("b", "fakes langsmith", class_="brand"), tag("span", "shared by a link"), class_="top"),
            tag("main", tag("h1", title), *body, id="main"),
            tag("footer", tag("a", "this page as JSON", href=twin)),
        ),
        lang="en",
    )
    headers = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")]
    return Answer(200, headers, ("<!DOCTYPE html>" + document).encode("utf-8", "replace"))


@functools.lru_cache(maxsize=1)
def _mark() -> str:
    """Give a mark of the style sheet, so that a browser does not keep one of an older version."""
    found = asset(STYLE)
    return hashlib.sha256(found.body if found is not None else b"").hexdigest()[:12]


_ID = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
_ROUTES: List[Tuple["re.Pattern[str]", Callable[..., Optional[Answer]]]] = [
    (re.compile(f"/public/{_ID}/r(?:/{_ID})?"), _run),
    (re.compile(f"/public/{_ID}/d"), _dataset),
    (re.compile(f"/public/{_ID}/{re.escape(STYLE)}"), _style),
]
