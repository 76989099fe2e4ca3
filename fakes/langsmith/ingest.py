"""Request bodies to what the store takes: runs by multipart, in a batch or singly; examples by multipart.

Everything of one request is read before anything is stored, and what cannot be read refuses the whole request (422):
the client is told once, and nothing is half there. JSON is kept as it came, with three exceptions: NaN and Infinity,
which are not JSON, become null, `\\uXXXX` becomes its letter, so that it can be searched, and a part that is nested
deeper than anything reads it again becomes a text with that JSON in it.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from .database import Refused, as_id, dumped, finite
from .merging import Op, Parsed
from .multipart import parts

__all__ = ["DEEPEST", "Taken", "batch", "encoded", "examples", "multipart", "read", "single", "too_deep"]

FIELDS = ("inputs", "outputs", "events", "extra", "error", "serialized")
_UNKEPT = ("attachments", "child_runs")  # sent with a single run, and no field of what is read back


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


DEEPEST = 400  # sqlite reads JSON 1,000 deep, Python writes less where it is called from deep down
_STRICT = json.JSONDecoder(parse_constant=_no_constant)


class Taken:
    """What one request brings: operations in their order, feedback, and attachments."""

    def __init__(self) -> None:
        self.ops: List[Op] = []
        self.feedback: List[Dict[str, Any]] = []
        self.attachments: List[Tuple[str, str, str, bytes]] = []


def read(data: bytes) -> Any:
    """Parse JSON; NaN and Infinity become null. Raises: Refused (422)."""
    value = _parsed(data, "the body").value
    if too_deep(data, value):
        raise Refused(422, f"the body: nested deeper than {DEEPEST}")
    return value


def multipart(body: bytes, content_type: str) -> Taken:
    """Read `POST /runs/multipart` (§4 of the wire notes). Raises: Refused (422)."""
    taken = Taken()
    ops: Dict[Tuple[str, str], Dict[str, Any]] = {}
    for part in _parts(body, content_type):
        kind, _, rest = part.name.partition(".")
        key, _, field = rest.partition(".")
        if kind == "attachment" and field:
            taken.attachments.append((as_id(key), field, part.type or "application/octet-stream", part.data))
            continue
        if kind == "feedback" and not field:
            said = _object(_parsed(part.data, part.name).value, part.name)
            taken.feedback.append({**said, "id": said.get("id") or key})
            continue
        if kind not in ("post", "patch") or (field and field not in FIELDS):
            raise Refused(422, f"part {part.name[:100]!r}: a name is post, patch, feedback or attachment, and an id")
        fields = ops.setdefault((kind, as_id(key)), {"id": key})
        value = _parsed(part.data, part.name)
        if too_deep(part.data, value.value):
            value = Parsed(dumped(value.text) or "", value.text)
        if field:
            fields[field] = value
        else:
            fields.update(_object(value.value, part.name))
    taken.ops = [Op(kind, fields) for (kind, _), fields in ops.items()]
    return taken


def batch(body: Any) -> Taken:
    """Read `POST /runs/batch`: `{"post": [run, …], "patch": [run, …]}`. Raises: Refused (422)."""
    taken = Taken()
    said = _object(body, "the body")
    for kind in ("post", "patch"):
        runs = said.get(kind)
        if runs is not None and not isinstance(runs, list):
            raise Refused(422, f"{kind} is a list of runs")
        taken.ops += [Op(kind, _object(run, f"{kind}: a run")) for run in runs or ()]
    return taken


def single(kind: str, body: Any, run_id: Optional[str] = None) -> Op:
    """Read `POST /runs` or `PATCH /runs/{id}`. Raises: Refused (422)."""
    fields = {name: value for name, value in _object(body, "the body").items() if name not in _UNKEPT}
    if run_id is not None:
        fields["id"] = run_id
    return Op(kind, fields)


def examples(body: bytes, content_type: str) -> Taken:
    """Read an upload of examples (§8): `ops` are of the kind "example", attachments have the examples' ids.

    Raises: Refused (422).
    """
    taken = Taken()
    found: Dict[str, Dict[str, Any]] = {}
    for part in _parts(body, content_type):
        key, _, field = part.name.partition(".")
        key = as_id(key)
        if field.startswith("attachment."):
            name = field.partition(".")[2]
            taken.attachments.append((key, name, part.type or "application/octet-stream", part.data))
            continue
        value = read(part.data)
        fields = found.setdefault(key, {})
        if not field:
            fields.update(_object(value, part.name))
        elif field in ("inputs", "outputs", "attachments_operations"):
            fields[field] = value
        else:
            raise Refused(422, f"part {part.name[:100]!r}: of an example are inputs, outputs and attachment.NAME")
    taken.ops = [Op("example", {**fields, "id": key}) for key, fields in found.items()]
    return taken


def encoded(value: Any) -> bytes:
    """Give a JSON value as the bytes of an answer; numbers beyond JSON become null."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except ValueError:  # 1e400 is JSON, and infinite once it was read
        return json.dumps(finite(value), separators=(",", ":")).encode("ascii")


def _parts(body: bytes, content_type: str) -> Any:
    try:
        return parts(body, content_type)
    except ValueError as problem:
        raise Refused(422, str(problem)) from None


def _parsed(data: bytes, what: str) -> Parsed:
    try:
        text = data.decode("utf-8")
        try:
            value = _STRICT.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            value = json.loads(text, parse_constant=lambda name: None)
            return Parsed(dumped(value) or "null", value)
    except (ValueError, RecursionError) as problem:
        told = "nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        raise Refused(422, f"{what[:100]}: no JSON in UTF-8: {told[:200]}") from None
    return Parsed(dumped(value) or "null" if "\\u" in text else text, value)


def too_deep(data: bytes, value: Any) -> bool:
    """Tell whether JSON, its bytes and its value, is nested deeper than `DEEPEST`."""
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        values = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list))]
        level = [inside for several in values for inside in several]
        if not level:
            return False
    return True


def _object(value: Any, what: str) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(422, f"{what[:100]} is a JSON object")
    return value
