"""Reading JSON into the API's protobuf messages: names in both spellings, enums, numbers, bytes.

The grammar is that of protobuf's `ProtoStreamObjectWriter` (protobuf, src/google/protobuf/util/internal): a name may be
written lowerCamel or snake_case, null counts as absent, one thing may stand where a list is expected, numbers may be
strings. Every fault is collected and all are told at once, a line each, with the place in snake_case. Names that the
sentence quotes are quoted as they were sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Dict, List, Tuple

from .errors import Refused, field_violations, quoted
from .fields import ENUMS, MESSAGES, ONEOFS, PACKAGES

__all__ = ["read", "snake"]

DEEPEST = 100  # levels; protobuf's default limit of recursion
HUMP = re.compile(r"[A-Z]")
INTEGER = re.compile(r"-?\d{1,19}")
SCALARS = ("string", "int32", "int64", "float", "bool", "bytes")
_camel: Dict[str, str] = {}


def read(value: Any, message: str, *, version: str) -> Dict[str, Any]:
    """Give the request with its names in lowerCamelCase and its enums in upper case.

    Raises: Refused with a field violation for each fault.
    """
    if not isinstance(value, dict):  # the sentence is the writer's own, protobuf's proto_writer.cc
        sentence = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise field_violations([("", sentence)])
    _check_depth(value)
    reader = _Reader(version)
    found = reader.message(value, message, "")
    if reader.faults:
        raise field_violations(reader.faults)
    return found


def snake(name: str) -> str:
    """Write a lowerCamel name in snake_case."""
    return HUMP.sub(lambda hump: "_" + hump.group().lower(), name)


def _lower_camel(name: str) -> str:
    if name not in _camel:
        if len(_camel) > 4_096:  # names that clients invent must not pile up
            _camel.clear()
        head, *rest = name.split("_")
        _camel[name] = head + "".join(word[:1].upper() + word[1:] for word in rest)
    return _camel[name]


def _check_depth(value: Any) -> None:
    level, depth = [("", value)], 0
    while level:
        depth += 1
        if depth > DEEPEST:  # the sentence: protobuf's json_stream_parser.cc
            raise Refused(
                f"Invalid JSON payload received. Message too deep. Max recursion depth reached for key '{level[0][0]}'"
            )
        level = [
            (key, child)
            for above, item in level
            for key, child in (item.items() if isinstance(item, dict) else ((above, child) for child in item))
            if isinstance(child, (dict, list)) and child
        ]


class _Reader:
    """One reading: the API's version, which the names of types contain, and the faults so far."""

    def __init__(self, version: str) -> None:
        self.package = f"type.googleapis.com/google.ai.generativelanguage.{version}."
        self.faults: List[Tuple[str, str]] = []

    def message(self, value: Dict[str, Any], name: str, where: str) -> Dict[str, Any]:
        fields = MESSAGES[name]
        group, members = ONEOFS.get(name, ("", ()))
        taken = False
        found: Dict[str, Any] = {}
        for sent, item in value.items():
            key = _lower_camel(sent)
            kind = fields.get(key)
            if kind is None:
                self._bad_name(sent, where, "Cannot find field.")
                continue
            if item is None:
                continue
            if key in members:
                if taken:  # the sentence: an error body quoted in two proxies' sources (May and August 2026)
                    place = f" at '{where}'" if where else ""
                    why = f"oneof field '{group}' is already set. Cannot set '{sent}'"
                    self.faults.append((where, f"Invalid value{place} (oneof), {why}"))
                    continue
                taken = True
            path = f"{where}.{snake(key)}" if where else snake(key)
            if kind.startswith("*"):
                items = item if isinstance(item, list) else [item]
                found[key] = [
                    self._one(kind[1:], child, sent, path, f"{path}[{place}]")
                    for place, child in enumerate(items)
                    if child is not None
                ]
            elif isinstance(item, list) and kind != "value":  # zed-industries/zed#53919
                self._bad_name(sent, where, "Proto field is not repeating, cannot start list.")
            else:
                found[key] = self._one(kind, item, sent, where, path)
        return found

    def _one(self, kind: str, value: Any, sent: str, where: str, path: str) -> Any:
        if kind == "value":
            return value
        if kind in SCALARS or kind in ENUMS:
            # "Invalid value (add_label_ids), Starting an object on a scalar field" (Gmail's, in public notes); of a
            # list inside a list nothing was found
            if isinstance(value, (dict, list)):
                place = f" at '{where}'" if where else ""
                what = "an object on a scalar field" if isinstance(value, dict) else "a list on a scalar field"
                self.faults.append((where, f"Invalid value{place} ({snake(_lower_camel(sent))}), Starting {what}"))
                return None
            return self._enum(kind, value, path) if kind in ENUMS else self._scalar(kind, value, path)
        if not isinstance(value, dict):  # mscraftsman/generative-ai#53
            of = "type.googleapis.com/google.protobuf.Struct" if kind == "struct" else self.package + kind.strip("{}")
            self._bad_value(path, of, value)
            return {}
        if kind == "struct":
            return value
        if kind.startswith("{"):
            return self._map(kind[1:-1], value, path)
        return self.message(value, kind, path)

    def _map(self, kind: str, value: Dict[str, Any], path: str) -> Dict[str, Any]:
        found = {}
        for place, (key, item) in enumerate(value.items()):
            here = f"{path}[{place}].value"
            if isinstance(item, dict):
                found[key] = self.message(item, kind, here)
            else:
                self._bad_value(here, self.package + kind, item)
        return found

    def _enum(self, name: str, value: Any, path: str) -> Any:
        values = ENUMS[name]
        if isinstance(value, str) and value.upper().replace("-", "_") in values:
            return value.upper().replace("-", "_")
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(values):
            return values[value]
        self._bad_value(path, self.package + PACKAGES.get(name, name), value)  # simonw/llm-gemini#49
        return None

    def _scalar(self, kind: str, value: Any, path: str) -> Any:
        if kind == "string":
            if isinstance(value, str):
                return value
        elif kind == "bool":
            if isinstance(value, bool) or value in ("true", "false"):
                return value is True or value == "true"
        elif kind == "bytes":
            if isinstance(value, str):
                if not _is_base64(value):  # danny-avila/LibreChat#6593
                    sentence = f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for {quoted(value)}"
                    self.faults.append((path, sentence))
                return value
        else:
            number = _number(value, whole=kind != "float")
            limit = 2**31 if kind == "int32" else 2**63
            if number is not None and (kind == "float" or -limit <= number < limit):
                return number
        self._bad_value(path, f"TYPE_{kind.upper()}", value)  # egoist/chatwise-releases#536
        return None

    def _bad_name(self, sent: str, where: str, why: str) -> None:
        place = f" at '{where}'" if where else ""
        self.faults.append((where, f"Invalid JSON payload received. Unknown name {quoted(sent)}{place}: {why}"))

    def _bad_value(self, path: str, of: str, value: Any) -> None:
        self.faults.append((path, f"Invalid value at '{path}' ({of}), {quoted(value)}"))


def _number(value: Any, *, whole: bool) -> Any:
    """Give a number, also from a string; None when it is none, or has a fraction though `whole`."""
    if isinstance(value, str):
        if INTEGER.fullmatch(value):
            return int(value)
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if whole and value != value // 1:
        return None
    return int(value) if whole and abs(value) < 1e19 else value


def _is_base64(text: str) -> bool:
    """Tell whether a text is base64 in either alphabet, padded or not."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
