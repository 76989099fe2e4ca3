"""Runs to send and calls to send them by, for the tests of the LangSmith server."""

from __future__ import annotations

import http.client
import json
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

KEY = "lsv2_fake_key"
BOUNDARY = "0123456789abcdef0123456789abcdef"
START = "2026-11-23T04:25:25.000000+00:00"


def run_id(number: int) -> str:
    return f"01a20922-0000-7000-8000-{number:012x}"


def at(seconds: float) -> str:
    return f"2026-11-23T04:{25 + int(seconds) // 60:02}:{seconds % 60:09.6f}+00:00"


def a_run(
    number: int, seconds: float = 0.0, *, above: Optional[Dict[str, Any]] = None, **fields: Any
) -> Dict[str, Any]:
    """Give a run as it is posted at its start; `above` is its parent."""
    stamp = at(seconds).replace("-", "").replace(":", "").replace(".", "")[:-5] + "Z" + run_id(number)
    run = {
        "id": run_id(number),
        "trace_id": above["trace_id"] if above else run_id(number),
        "dotted_order": f"{above['dotted_order']}.{stamp}" if above else stamp,
        "name": f"run {number}",
        "run_type": "chain",
        "session_name": "demo",
        "start_time": at(seconds),
        "inputs": {"question": f"what is {number}?"},
        "outputs": {},
        "events": [],
    }
    if above:
        run["parent_run_id"] = above["id"]
    return {**run, **fields}


def the_end(run: Dict[str, Any], seconds: float = 1.0, **fields: Any) -> Dict[str, Any]:
    """Give the patch that ends a run, so many seconds after 04:25."""
    core = {name: run[name] for name in ("id", "trace_id", "dotted_order", "name", "run_type", "session_name")}
    return {**core, "end_time": at(seconds), "outputs": {"answer": 42}, **fields}


def usage(asked: int, answered: int) -> Dict[str, Any]:
    return {"metadata": {"usage_metadata": {
        "input_tokens": asked, "output_tokens": answered, "total_tokens": asked + answered}}}  # fmt: skip


def multipart(rows: List[Tuple[str, Any]], *, lengths: bool = True, end: bytes = b"--\r\n") -> bytes:
    """Give a body; a row is a name and a JSON value, bytes, or (content type, bytes)."""
    parts = []
    for name, value in rows:
        kind, data = "application/json", value
        if isinstance(value, tuple):
            kind, data = value
        elif not isinstance(value, bytes):
            data = json.dumps(value).encode()
        head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n'
        if lengths:
            head += f"Content-Length: {len(data)}\r\n"
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n".encode() + data + b"\r\n")
    return b"".join(parts) + b"--" + BOUNDARY.encode() + end


def parts_of(kind: str, run: Dict[str, Any]) -> List[Tuple[str, Any]]:
    """Give the rows of one operation as the SDK sends it."""
    apart = ("inputs", "outputs", "events", "extra", "error", "serialized")
    core = {name: value for name, value in run.items() if name not in apart}
    rows: List[Tuple[str, Any]] = [(f"{kind}.{run['id']}", core)]
    return rows + [(f"{kind}.{run['id']}.{name}", run[name]) for name in apart if run.get(name) is not None]


def ask(
    url: str, method: str, path: str, body: Any = None, *, headers: Optional[Dict[str, str]] = None
) -> Tuple[int, Any]:
    """Make a call and give status and parsed body; bytes go out as multipart."""
    sent = {"x-api-key": KEY, **(headers or {})}
    if isinstance(body, bytes):
        sent.setdefault("content-type", f"multipart/form-data; boundary={BOUNDARY}")
    elif body is not None:
        body = json.dumps(body).encode()
        sent.setdefault("content-type", "application/json")
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def caller(server: Any) -> Callable[..., Any]:
    """Give a function that asks a server's API with its key, and claims the status: the parsed body."""

    def call(
        method: str, path: str, body: Any = None, status: int = 200, headers: Optional[Dict[str, str]] = None
    ) -> Any:
        got, said = ask(server.url, method, path, body, headers={"x-api-key": server.key, **(headers or {})})
        assert got == status, (got, said)
        return said

    return call
