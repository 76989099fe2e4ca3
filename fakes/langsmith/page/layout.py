"""The frame of every page: head, navigation, footer; and answers of other kinds: JSON, files, redirections.

The headers that keep an answer to itself are put on by the server (`security`).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Iterable, List, Optional, Tuple
from urllib.parse import quote

from ...serving.http11 import Answer
from .. import export
from .guard import token
from .html import Child, Html, tag
from .script import SCRIPT
from .style import STYLE

__all__ = [
    "asset", "download", "form", "json_answer", "jsonl_answer", "live_controls", "mark_of", "page", "pager", "problem",
    "redirect",
]  # fmt: skip

_ASSETS = {"style.css": ("text/css", STYLE.encode()), "script.js": ("text/javascript", SCRIPT.encode())}
_MARK = hashlib.sha256(STYLE.encode() + SCRIPT.encode()).hexdigest()[:12]
_HARMLESS = re.compile(
    r"(?:image/(?:png|jpeg|gif|webp|avif|bmp)|(?:audio|video)/[a-z0-9.+-]+|text/(?:plain|csv)|application/(?:pdf|json|zip))\Z"
)
_PLACES = (("Projects", "/projects"), ("Datasets", "/data"), ("Playground", "/playground"))


def page(
    title: str,
    *body: Child,
    path: Iterable[Tuple[str, str]] = (),
    here: str = "/projects",
    twin: Optional[str] = None,
    status: int = 200,
) -> Answer:
    """Give a whole page; `path` is the way to it (text, address), `twin` the address of the same as JSON."""
    path = list(path)
    links = [
        tag("a", text, href=address, aria_current="page" if address == here else None) for text, address in _PLACES
    ]
    crumbs = [tag("li", tag("a", text, href=address)) for text, address in path]
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("title", " · ".join([title, *[text for text, _ in reversed(path)], "fakes langsmith"])),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="icon", href=f"/static/icon.svg?{_MARK}"),
            tag("link", rel="stylesheet", href=f"/static/style.css?{_MARK}"),
            tag("script", src=f"/static/script.js?{_MARK}", defer=True),
        ),
        tag(
            "body",
            tag("a", "To the content", href="#main", class_="skip"),
            tag(
                "header",
                tag("a", "fakes langsmith", href="/projects", class_="brand"),
                tag("nav", links, aria_label="main"),
                class_="top",
            ),
            tag("nav", tag("ol", crumbs, class_="crumbs"), aria_label="the way here") if crumbs else None,
            tag("main", tag("h1", title), *body, id="main"),
            tag("footer", tag("a", "this page as JSON", href=twin)) if twin else None,
        ),
        lang="en",
    )
    return Answer(status, _headers("text/html; charset=utf-8"), ("<!DOCTYPE html>" + document).encode("utf-8"))


def live_controls() -> List[Html]:
    """Give what a live page is steered by; hidden where there is no script."""
    return [
        tag("button", "Pause", type="button", id="pause", hidden=True),
        tag("span", "the server does not answer; it is asked again", id="away", hidden=True, class_="bad", role="status"),
    ]


def pager(address: str, offset: int, step: int, *, more: bool) -> Optional[Html]:
    """Give the links to the rows before and after these, or nothing where there are no others."""
    links: List[Child] = []
    if offset:
        links.append(tag("a", "newer", href=f"{address}offset={max(offset - step, 0)}", class_="button"))
    if more:
        links.append(tag("a", "older", href=f"{address}offset={offset + step}", class_="button"))
    return tag("p", links, class_="pager") if links else None


def problem(status: int, why: str) -> Answer:
    """Give a page that says why there is no other."""
    titles = {403: "Not allowed", 404: "Not found", 405: "Not so", 409: "Already there", 415: "Not so"}
    return page(titles.get(status, "That did not work"), tag("p", why, class_="message error"), status=status)


def form(address: str, *fields: Child, class_: str = "form") -> Html:
    """Give a form that is posted to an address of ours, with the token in it."""
    hidden = tag("input", type="hidden", name="token", value=token())
    return tag("form", hidden, fields, method="post", action=address, class_=class_)


def json_answer(value: Any, *, status: int = 200, mark: Optional[str] = None) -> Answer:
    """Give a JSON value; `mark` becomes its ETag, which a live page compares with its own."""
    headers = _headers("application/json")
    return Answer(status, headers if mark is None else [*headers, ("etag", f'"{mark}"')], _encoded(value))


def mark_of(value: Any) -> str:
    """Give a mark of a JSON value: the same for the same, another for any other."""
    return hashlib.sha256(_encoded(value)).hexdigest()[:20]


def jsonl_answer(values: Iterable[Any], name: str) -> Answer:
    """Give values one to a line, as a file to keep; they are sent while they are read."""
    return export.jsonl(values, [*_headers("application/x-ndjson")[1:], _as_file(name)])


def download(data: bytes, kind: str, name: str) -> Answer:
    """Give bytes as a file to keep, never as a page or script of ours: such a type is not said."""
    plain = kind if _HARMLESS.match(kind) else "application/octet-stream"
    return Answer(200, [*_headers(plain), _as_file(name)], data)


def redirect(address: str) -> Answer:
    """Send the reader to an address of ours after a form (303)."""
    return Answer(303, [*_headers("text/plain"), ("location", quote(address, safe="/?&=#%:,.-_~"))])


def asset(name: str) -> Optional[Answer]:
    """Give the style sheet, the script or the icon; None for anything else."""
    if name == "icon.svg":
        kind, body = "image/svg+xml", _ICON
    elif name in _ASSETS:
        kind, body = _ASSETS[name]
    else:
        return None
    headers = [("content-type", f"{kind}; charset=utf-8"), ("cache-control", "max-age=86400")]
    return Answer(200, headers, body)


_ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    b'<rect x="1" y="2" width="12" height="3" fill="#3a76d6"/><rect x="3" y="6.5" width="6" height="3" fill="#2e9e6b"/>'
    b'<rect x="8" y="11" width="7" height="3" fill="#c77f1a"/></svg>'
)


def _headers(kind: str) -> List[Tuple[str, str]]:
    return [("content-type", kind), ("cache-control", "no-store")]


def _as_file(name: str) -> Tuple[str, str]:
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return "content-disposition", f'attachment; filename="{plain[:80] or "file"}"'


def _encoded(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair: only an escape can say it
        return json.dumps(value).encode("ascii")
