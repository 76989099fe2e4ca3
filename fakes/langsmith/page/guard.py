"""Who may post a form. (Host, Origin and password are checked by the server, for the API and the page alike.)

A web page elsewhere may make a browser send a form to 127.0.0.1 (CSRF). So a form must come from our own site where the
browser says which, and carries a token that only our pages show. The token is of this process: a form left open over a
restart is refused and says so.
"""

from __future__ import annotations

import functools
import hmac
import json
import secrets
from typing import Any, Dict
from urllib.parse import parse_qsl

from ...serving.http11 import Request
from ..database import Refused
from ..ingest import DEEPEST, too_deep

__all__ = ["Forbidden", "form_of", "read_json", "token"]

MAX_FORM = 4 << 20  # bytes


class Forbidden(Exception):
    """A request that is not served: the status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@functools.lru_cache(maxsize=1)
def token() -> str:
    """Give the token that every form of this process carries."""
    return secrets.token_urlsafe(24)


def form_of(request: Request) -> Dict[str, str]:
    """Give a posted form's fields. Raises: Forbidden where it may not come from our page."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Forbidden(415, "a form is application/x-www-form-urlencoded")
    if len(request.body) > MAX_FORM:
        raise Forbidden(413, "the form is too large")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(403, "the form comes from another site")
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if not hmac.compare_digest(fields.pop("token", "").encode(), token().encode()):
        raise Forbidden(403, "the form is not of this server's run; go back, reload the page and send it again")
    return fields


def read_json(text: str, what: str) -> Any:
    """Give the value of a field that has JSON, with the API's bounds: NaN is null. Raises: Refused (422)."""
    try:
        value = json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as problem:
        raise Refused(422, f"{what}: not JSON: {problem}") from None
    if too_deep(text.encode("utf-8", "replace"), value):
        raise Refused(422, f"{what}: nested deeper than {DEEPEST}")
    return value
