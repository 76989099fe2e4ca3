"""The bodies of ingest: /runs/multipart and /runs/batch. Pure: values in, bytes out, whatever the values are.

A run must not be lost because one value in it is odd. What JSON has no word for is told in the nearest one (as
the SDK does: dates in ISO form, bytes in base64, a set as a list) and at last by its `repr`; only when the
quick encoder refuses is the value walked through by hand, where cycles, depth and keys can be looked at.
Source: RFC 7578; ../shared specification of the wire, section 4: readers go by each part's Content-Length.
"""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Dict, List, Tuple

    JSON = Any
    Operation = Tuple[str, Dict[str, JSON]]  # "post" or "patch", and the run

__all__ = ["Encoded", "batch_body", "dumps", "encode", "multipart_body"]

APART = ("inputs", "outputs", "events", "extra", "error", "serialized")  # parts of their own; the rest is the core
DEEPEST = 60  # levels of a value that had to be walked through
LONGEST_REPR = 10_000  # characters
LARGEST_FIELD = 20 * 1024 * 1024  # bytes; a server takes no request beyond it
KEPT_OF_A_LARGE_FIELD = 64 * 1024  # characters

# An encoder that goes down to the stack's end is told so by an error, but PyPy's compiler (7.3.11) may abort the process
# there: "Fatal RPython error: AssertionError".
_TAME_FIRST = sys.implementation.name == "pypy"


class Encoded:
    """A run as it goes out: `op`, `run_id`, JSON texts by field ("" the core), and their `size` in bytes."""

    __slots__ = ("fields", "op", "run_id", "size")

    def __init__(self, op: str, run_id: str, fields: Dict[str, bytes]) -> None:
        self.op = op
        self.run_id = run_id
        self.fields = fields
        self.size = sum(map(len, fields.values()))


def encode(op: str, run: Dict[str, JSON]) -> Encoded:
    """Make the JSON texts of one operation. Fields that are None are left out: they would erase nothing."""
    core = {
        name: value
        for name, value in run.items()
        if value is not None and name not in APART and name not in ("attachments", "child_runs")
    }
    fields = {"": dumps(core)}
    for name in APART:
        if run.get(name) is not None:
            fields[name] = _bounded(dumps(run[name]))
    return Encoded(op, str(run["id"]), fields)


def multipart_body(operations: Iterable[Encoded], boundary: str) -> bytes:
    """Give the body of POST /runs/multipart; its Content-Type is `multipart/form-data; boundary=...`."""
    parts: List[bytes] = []
    for one in operations:
        whole = _quoted(f"{one.op}.{one.run_id}")
        for name, text in one.fields.items():
            head = (
                f'--{boundary}\r\nContent-Disposition: form-data; name="{whole}{"." if name else ""}{name}"\r\n'
                f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
            )
            parts += (head.encode("ascii"), text, b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode("ascii"))
    return b"".join(parts)


def batch_body(operations: Sequence[Encoded]) -> bytes:
    """Give the body of POST /runs/batch: `{"post": [run, ...], "patch": [run, ...]}`, empty lists left out."""
    lists = []
    for op in ("post", "patch"):
        runs = [_joined(one.fields) for one in operations if one.op == op]
        if runs:
            lists.append(b'"%b":[%b]' % (op.encode("ascii"), b",".join(runs)))
    return b"{%b}" % b",".join(lists)


def _joined(fields: Dict[str, bytes]) -> bytes:
    """Put the fields behind the core's: JSON text into JSON text."""
    core = fields[""]
    rest = b",".join(
        b'"%b":%b' % (name.encode("ascii"), text) for name, text in fields.items() if name
    )
    return core[:-1] + (b"," if rest and core != b"{}" else b"") + rest + b"}"


def _quoted(name: str) -> str:
    """Give a part's name for its header: an id is a UUID, but a user's own may be anything."""
    plain = name.encode("ascii", "replace").decode("ascii")
    return "".join(mark if mark.isalnum() or mark in "._-" else "_" for mark in plain)


def _bounded(text: bytes) -> bytes:
    """Give a field, or its beginning and its size when no server would take it."""
    if len(text) <= LARGEST_FIELD:
        return text
    begun = text[: 4 * KEPT_OF_A_LARGE_FIELD].decode("utf-8", "ignore")[:KEPT_OF_A_LARGE_FIELD]
    return dumps({"truncated": begun, "bytes": len(text)})


# -- JSON of anything --------------------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """Give JSON text for any value; never raises.

    >>> dumps({"when": {1}, (1, 2): b"abc", "who": 1j, "nan": float("nan")})
    b'{"when":[1],"(1, 2)":"YWJj","who":"1j","nan":null}'
    """
    try:
        text = _write_tame(_tame(value, 0, ())) if _TAME_FIRST else _write(value)
    except Exception:  # from a value's own methods: a user's class may raise anything
        text = _write_tame(_tame(value, 0, ()))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Give what JSON can say of a value it has no word for; `json.dumps` asks for it."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        from base64 import b64encode

        return b64encode(bytes(value)).decode("ascii")
    if isinstance(value, (set, frozenset)):
        return list(value)
    isoformat = getattr(value, "isoformat", None)  # datetime, date, time
    if callable(isoformat) and not isinstance(value, type):
        return isoformat()
    name = type(value).__name__
    if name in ("UUID", "PosixPath", "WindowsPath", "Decimal"):
        return str(value)
    if isinstance(value, BaseException):
        return {"error": name, "message": str(value)}
    if isinstance(value, type):
        return _shown(value)
    dump = getattr(value, "model_dump", None)  # ours, pydantic's
    if callable(dump):
        return dump()
    fields = getattr(value, "__dataclass_fields__", None)
    if isinstance(fields, dict):
        return {field: getattr(value, field, None) for field in fields}
    if hasattr(value, "_value_") and hasattr(value, "_name_"):  # an Enum
        return value._value_
    return _shown(value)


def _shown(value: Any) -> str:
    """Give a `repr` that cannot fail and is not endless."""
    try:
        text = repr(value)
    except BaseException as error:  # a user's __repr__ (SystemExit too: it is not to end this thread), or a huge integer
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= LONGEST_REPR else f"{text[:LONGEST_REPR]}... ({len(text)} characters)"


def _tame(value: Any, depth: int, above: Tuple[int, ...]) -> Any:
    """Copy a value into what JSON can say, without cycles and not too deep."""
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str.__str__(value)
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 1024 else f"<int of {value.bit_length()} bits>"
    if isinstance(value, float):
        return float(value) if value - value == 0 else None  # as the SDK: JSON has no infinity
    if depth >= DEEPEST or id(value) in above:
        return "..." if id(value) in above else f"<{type(value).__name__}, too deep>"
    inside = (*above, id(value))
    try:
        if isinstance(value, dict):
            return {_key(key): _tame(item, depth + 1, inside) for key, item in list(value.items())}
        if isinstance(value, (list, tuple)):
            return [_tame(item, depth + 1, inside) for item in list(value)]
        return _tame(_plain(value), depth + 1, inside)
    except Exception:  # a user's class again; the rest of the run is still told
        return _shown(value)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    known = {True: "true", False: "false", None: "null"} if key is None or isinstance(key, bool) else {}
    return known[key] if known else _shown(key)


def _writer(default: Any) -> Callable[[Any], str]:
    # Made once: `json.dumps` makes one for each text, which takes longer than most of the texts.
    return json.JSONEncoder(default=default, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


_write, _write_tame = _writer(_plain), _writer(repr)
