"""The server's own API under /__fakes, for tests in other languages: health and reset.

It refuses a request whose Host is not a loopback name or address: a web page may make a browser send requests to
127.0.0.1 under a name of its own (DNS rebinding), and must not steer the tests.
"""

from __future__ import annotations

import json
from typing import Any

from .http11 import Answer, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .listener import Listener

__all__ = ["answer", "error", "is_loopback"]


def answer(request: Request, listener: "Listener") -> Answer:
    """Answer a control request."""
    if not is_loopback(request.headers.get("host", "")):
        return error(403, "the control API answers only under a loopback name, such as 127.0.0.1 or localhost")
    routes = {"/__fakes/health": "GET", "/__fakes/reset": "POST"}
    method = routes.get(request.path)
    if method is None:
        return error(404, f"no such control path: {request.path}; there are {', '.join(sorted(routes))}")
    if request.method != method:
        return error(405, f"{request.path} takes {method}, not {request.method}", ("allow", method))
    if request.path == "/__fakes/reset":
        listener.reset()
        return _json(200, {"reset": True})
    requests = sum(session.journal.count for session in listener.sessions.every())
    return _json(200, {"status": "ok", "requests": requests, "connections": listener.connections})


def error(status: int, message: str, *headers: Any) -> Answer:
    """Give an error of the server itself, not of a provider."""
    return _json(status, {"error": {"message": f"fakes: {message}", "type": "fakes_error"}}, *headers)


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine only."""
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    else:
        name = host.partition(":")[0]
    name = name.lower().rstrip(".")
    if name in ("localhost", "::1") or name.endswith(".localhost"):
        return True
    numbers = name.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(n.isdigit() and int(n) < 256 for n in numbers)


def _json(status: int, value: Any, *headers: Any) -> Answer:
    body = json.dumps(value).encode("ascii") + b"\n"
    return Answer(status, [("content-type", "application/json"), *headers], body)
