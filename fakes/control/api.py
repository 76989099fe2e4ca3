"""The server's own API under /__fakes, for tests in other languages: who may call it, and which operation is meant.

What there is to call stands in one table, `operations.OPERATIONS`; from it come the routing here, the texts of 404 and
405, the checks of query and body, and the OpenAPI document, so they cannot disagree.

A web page may make a browser send requests to 127.0.0.1, under a name of its own (DNS rebinding), from its own origin,
or as a form; none of these may steer the tests. So the Host must be a loopback name or the address that the server was
told to listen on, an Origin must be a loopback one, and a body must call itself application/json. No error repeats the
key that came with the request.
"""

from __future__ import annotations

import json
import traceback
from typing import Any, Dict, Optional, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from ..journal.masking import keys_of, masked
from ..serving.http11 import Answer, Request
from ..session import HEADER, MAX_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..serving.listener import Listener
    from .operations import Operation

__all__ = ["Refused", "answer", "error", "is_loopback"]

MAX_BODY = 8 << 20  # bytes; a script may have whole streams in it
MAX_TOLD = 8_000  # characters of an error; it may show a value that was sent
MOST_ERRORS = 100  # of one body
ANY_ADDRESS = ("", "0.0.0.0", "::")  # told to listen on these, a server has every address of its machine


class Refused(Exception):
    """A control request that cannot be done: the status, why, and the field it is about."""

    def __init__(
        self, status: int, message: str, *, field: Optional[str] = None, errors: Sequence[Dict[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.errors = errors


def answer(request: Request, listener: "Listener") -> Answer:
    """Answer a control request."""
    try:
        return _answer(request, listener)
    except Refused as refused:
        keys = keys_of(request)
        errors = [{name: text[:MAX_TOLD] for name, text in one.items()} for one in refused.errors[:MOST_ERRORS]]
        message, field = refused.message[:MAX_TOLD], refused.field
        return error(refused.status, masked(message, keys), field=masked(field, keys), errors=masked(errors, keys))
    except RecursionError:  # within what the JSON reader takes, but beyond what a reader of its values takes
        return error(422, "objects and lists are nested too deeply")
    except Exception as fault:  # ours: say it loudly on both sides and go on serving
        traceback.print_exc()
        return error(500, f"{type(fault).__name__} while answering; the traceback is on stderr")


def error(
    status: int,
    message: str,
    *headers: Any,
    field: Optional[str] = None,
    errors: Sequence[Dict[str, Any]] = (),
) -> Answer:
    """Give an error of the server itself, not of a provider.

    Shape: {"error": {"message", "type": "fakes_error", "field"?, "errors"?: [{"message", "field"?}]}}
    """
    told: Dict[str, Any] = {"message": f"fakes: {message}", "type": "fakes_error"}
    if field is not None:
        told["field"] = field
    if errors:
        told["errors"] = list(errors)
    return _json(status, {"error": told}, *headers)


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine only."""
    name = _name_of(host)
    if name in ("localhost", "::1") or name.endswith(".localhost"):
        return True
    numbers = name.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(_is_byte(n) for n in numbers)


def _is_byte(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4 and int(text) < 256  # a superscript two is a digit, too


def _name_of(host: str) -> str:
    """Give the name or address of a Host header, without port and brackets."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def _answer(request: Request, listener: "Listener") -> Answer:
    from .calls import Call  # what it needs is not loaded before somebody asks
    from .operations import OPERATIONS

    _let_in(request, listener.host)
    path = unquote(request.path)
    matches = [(operation, operation.matches(path)) for operation in OPERATIONS]
    there = [(operation, parts) for operation, parts in matches if parts is not None]
    if not there:
        paths = dict.fromkeys(operation.path for operation in OPERATIONS)
        raise Refused(404, f"no such control path: {path}; there are {', '.join(sorted(paths))}")
    method = "GET" if request.method == "HEAD" else request.method
    chosen = [row for row in there if row[0].method == method]
    if not chosen:
        methods = ", ".join(sorted(operation.method for operation, _ in there))
        return error(405, f"{path} takes {methods}, not {request.method}", ("allow", methods))
    operation, parts = chosen[0]
    query = _query(request, operation)
    body = _body(request, operation)
    name = query.get("session", request.headers.get(HEADER))
    if name is not None and len(name) > MAX_NAME:
        raise Refused(400, f"a session's name has at most {MAX_NAME} characters", field="session")
    given = operation.run(Call(listener, name, query, body, parts))
    return given if isinstance(given, Answer) else _json(200, given)


def _let_in(request: Request, listening: str) -> None:
    """Refuse what a web page may have made a browser send.

    Raises: Refused.
    """
    host = request.headers.get("host", "")
    name = _name_of(host)
    told = _is_address(name) if listening in ANY_ADDRESS else name == listening.lower()
    if not is_loopback(host) and not told:
        raise Refused(
            403,
            "the control API answers only under a loopback name, such as 127.0.0.1 or localhost, or the address that "
            "the server was told to listen on",
        )
    origin = request.headers.get("origin")
    if origin is not None and not _is_loopback_origin(origin):
        raise Refused(403, "the control API takes no requests from web pages of another machine")


def _is_address(name: str) -> bool:
    """Tell an IP address from a name: a page cannot have one for its name unless it came from there."""
    import ipaddress

    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "@" not in parts.netloc and is_loopback(parts.netloc)


def _query(request: Request, operation: "Operation") -> Dict[str, Any]:
    from .operations import QUERIES

    found: Dict[str, Any] = {}
    for name, text in parse_qsl(request.query, keep_blank_values=True):
        if name not in operation.queries:
            known = f"it takes {', '.join(operation.queries)}" if operation.queries else "it takes none"
            raise Refused(400, f"unknown query parameter; {known}", field=name)
        if name in found:
            raise Refused(400, "given twice", field=name)
        schema = QUERIES[name][1]
        if schema["type"] == "integer":
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
            if not schema["minimum"] <= number <= schema["maximum"]:
                least, most = schema["minimum"], schema["maximum"]
                raise Refused(400, f"must be a whole number from {least} to {most}", field=name)
            found[name] = number
        else:
            found[name] = text
    return found


def _body(request: Request, operation: "Operation") -> Dict[str, Any]:
    """Read the body and hold it against the operation's own schema, field by field."""
    from .operations import check_fields

    kind = request.headers.get("content-type")
    form = kind is not None and kind.partition(";")[0].strip().lower() != "application/json"
    if request.body and (form or kind is None) or form and request.method not in ("GET", "HEAD"):
        raise Refused(415, "a body must be sent as content-type: application/json")
    if not request.body:
        if operation.body is not None and not operation.optional:
            raise Refused(400, f"{operation.method} {operation.path} takes a JSON object, and there is none")
        return {}
    if len(request.body) > MAX_BODY:
        raise Refused(413, f"the body is larger than {MAX_BODY} bytes")
    if operation.body is None:
        raise Refused(400, f"{operation.method} {operation.path} takes no body")
    try:
        body = request.json()
    except ValueError as problem:
        raise Refused(400, f"the body is not JSON: {problem}") from None
    if not isinstance(body, dict):
        raise Refused(422, "the body must be a JSON object")
    check_fields(body, operation.body)
    return body


def _json(status: int, value: Any, *headers: Any) -> Answer:
    body = json.dumps(value).encode("ascii") + b"\n"
    return Answer(status, [("content-type", "application/json"), *headers], body)
