"""When two requests are the same, and where two that are not differ.

A request is its method, its path, its query without keys, and its body. A JSON body counts by its value: the order of
keys, white space, escapes and the way a number is written (1, 1.0, 1e0) make no difference. The boundary of a
multipart body is the client's whim and counts as one and the same. Any other body counts by its bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Dict, Iterator, List, Tuple, Union
from urllib.parse import parse_qsl, unquote

from .scrub import is_secret_name

__all__ = ["Leaves", "canonical", "differences", "distance", "fingerprint", "leaves", "number", "parse", "shown"]

MOST_LINES = 10  # of a difference
WIDEST = 60  # characters of a value shown
EXACT = 2**53  # beyond it a float is no exact whole number
_ABSENT = object()
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?')

Leaves = Dict[str, Any]


def number(text: str) -> Union[int, float]:
    """Read a JSON number that has a fraction or an exponent; a whole one becomes an int."""
    value = float(text)
    return int(value) if abs(value) < EXACT and value.is_integer() else value


def parse(body: bytes) -> Any:
    """Give the value of a JSON body with its numbers normalised.

    Raises: ValueError when it is not JSON in UTF-8, or nested too deeply.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_float=number, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def canonical(body: bytes, content_type: str = "") -> bytes:
    """Give a body in the one form that all bodies of the same meaning share."""
    try:
        value = parse(body)
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
    except (ValueError, RecursionError):
        boundary = _BOUNDARY.search(content_type) if content_type.lower().startswith("multipart/") else None
        return body.replace(boundary.group(1).encode("latin-1", "replace"), b"boundary") if boundary else body


def fingerprint(method: str, target: str, body: bytes, content_type: str = "") -> str:
    """Give the hash of a request; `target` is the path, without the provider's prefix, and the query."""
    path, query = _split(target)
    parts = [method.upper(), path, json.dumps(query)]
    head = "\n".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + b"\n" + canonical(body, content_type)).hexdigest()


def _split(target: str) -> Tuple[str, List[Tuple[str, str]]]:
    path, _, query = target.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if not is_secret_name(pair[0])]
    return unquote(path), sorted(pairs)


def leaves(method: str, target: str, body: bytes) -> Leaves:
    """Give the parts of a request by where they stand: `path`, `query key`, and JSON paths of the body."""
    path, query = _split(target)
    found: Leaves = {"method": method.upper(), "path": path}
    found.update({f"query {name}": value for name, value in query})
    try:
        found.update(_walk(parse(body)) if body else ())
    except ValueError:
        found["body"] = f"({len(body)} bytes, no JSON) {body[:200].decode('utf-8', 'replace')}"
    return found


def _walk(value: Any) -> Iterator[Tuple[str, Any]]:
    """Give each leaf of a JSON value with its path, depth first, without recursion: a client chooses the depth."""
    waiting: List[Tuple[str, Any]] = [("", value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, dict) and here:
            rows = [(f"{path}.{key}" if path else str(key), one) for key, one in here.items()]
        elif isinstance(here, list) and here:
            rows = [(f"{path}[{place}]", one) for place, one in enumerate(here)]
        else:
            yield path or "body", here
            continue
        waiting.extend(reversed(rows))


def _same(one: Any, other: Any) -> bool:
    return one is other or (one == other and isinstance(one, bool) == isinstance(other, bool))


def distance(recorded: Leaves, asked: Leaves) -> Tuple[int, int]:
    """Tell how far two requests are apart: another method or path counts before everything else."""
    apart = sum(not _same(recorded[name], asked[name]) for name in ("method", "path"))
    both = recorded.keys() | asked.keys()
    return apart, sum(not _same(recorded.get(name, _ABSENT), asked.get(name, _ABSENT)) for name in both)


def differences(recorded: Leaves, asked: Leaves, most: int = MOST_LINES) -> List[str]:
    """Say in lines what differs, in the order of the recording, then what only the request has; at most so many."""
    names = [*recorded, *[name for name in asked if name not in recorded]]
    lines = [
        f"{name}: recorded {shown(recorded.get(name, _ABSENT))}, asked {shown(asked.get(name, _ABSENT))}"
        for name in names
        if not _same(recorded.get(name, _ABSENT), asked.get(name, _ABSENT))
    ]
    return lines if len(lines) <= most else [*lines[: most - 1], f"and {len(lines) - most + 1} more"]


def shown(value: Any) -> str:
    """Write a JSON value for a line of text; a long text is shown around its ends."""
    if value is _ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 12]}…{text[-11:]}"
