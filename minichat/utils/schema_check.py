"""Does a JSON value fit a JSON schema? `check` lists what does not, each with its place.

The keywords are those that providers take in structured answers and tools, and the simple limits
beside them. `format` and unknown keywords say nothing, as the standard has it. Nothing is converted;
a number without fraction is an integer, however it was written.

Source: JSON Schema 2020-12, Validation, section 6 "A Vocabulary for Structural Validation", and Core,
section 10 "Applicators".
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    Path = tuple[Any, ...]  # names and indexes
    Problems = list[tuple[Path, str]]

__all__ = ["check", "problem", "shown"]

SHOWN = 60  # characters of a wrong value that are printed

WORDS = {
    "object": "an object", "array": "an array", "string": "a string", "integer": "an integer", "number": "a number",
    "boolean": "a boolean", "null": "null",
}  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, (list, tuple)),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
# keyword -> (which values it is about, does it hold?, how to say it)
LIMITS: dict[str, tuple[str, Callable[[Any, Any], bool], str]] = {
    "minimum": ("number", lambda value, limit: value >= limit, "a number from {}"),
    "maximum": ("number", lambda value, limit: value <= limit, "a number up to {}"),
    "exclusiveMinimum": ("number", lambda value, limit: value > limit, "a number above {}"),
    "exclusiveMaximum": ("number", lambda value, limit: value < limit, "a number below {}"),
    "multipleOf": ("number", lambda value, limit: _is_multiple(value, limit), "a multiple of {}"),
    "minLength": ("string", lambda value, limit: len(value) >= limit, "at least {} characters"),
    "maxLength": ("string", lambda value, limit: len(value) <= limit, "at most {} characters"),
    "pattern": ("string", lambda value, limit: _matches(limit, value), "a string like {}"),
    "minItems": ("array", lambda value, limit: len(value) >= limit, "at least {} items"),
    "maxItems": ("array", lambda value, limit: len(value) <= limit, "at most {} items"),
    "minProperties": ("object", lambda value, limit: len(value) >= limit, "at least {} properties"),
    "maxProperties": ("object", lambda value, limit: len(value) <= limit, "at most {} properties"),
}


def check(schema: Any, value: Any) -> list[str]:
    """List what in `value` does not fit `schema`; nothing when it fits.

    >>> check({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, {"n": "1"})
    ["n: expected an integer, got '1'"]

    Raises: ValueError for a ``$ref`` that leads nowhere in the schema.
    """
    try:
        return [problem(*one) for one in _Checker(schema).problems(schema, value, (), ())]
    except RecursionError:
        return ["nested too deeply"]


def problem(path: Path, what: str) -> str:
    """Say what is wrong at a place: ``items[2].price: expected a number, got 'x'``."""
    place = ""
    for step in path:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return f"{place}: {what}" if place else what


def shown(value: Any) -> str:
    """Print a wrong value, cut to a size that shows it and gives no whole text away."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


class _Checker:
    def __init__(self, root: Any) -> None:
        self.root = root

    def problems(self, schema: Any, value: Any, path: Path, open_refs: tuple[str, ...]) -> Problems:
        """List (path, sentence) pairs. `open_refs`: references followed since the last step into the value."""
        if not isinstance(schema, dict):
            return [(path, f"expected nothing, got {shown(value)}")] if schema is False else []
        found: Problems = []
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in open_refs:
            found += self.problems(self.target(reference), value, path, (*open_refs, reference))
        for part in schema.get("allOf", ()):
            found += self.problems(part, value, path, open_refs)
        for keyword in ("anyOf", "oneOf"):
            if schema.get(keyword):
                found += self.one_of(schema[keyword], value, path, open_refs)
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(TYPES[kind](value) for kind in kinds if kind in TYPES) and set(kinds) <= set(TYPES):
            return [*found, (path, f"expected {' or '.join(WORDS[kind] for kind in kinds)}, got {shown(value)}")]
        found += self.values(schema, value, path)
        if isinstance(value, dict):
            found += self.object(schema, value, path)
        elif isinstance(value, (list, tuple)):
            found += self.array(schema, value, path)
        return found

    def one_of(self, branches: list[Any], value: Any, path: Path, open_refs: tuple[str, ...]) -> Problems:
        failures = []
        for branch in branches:
            found = self.problems(branch, value, path, open_refs)
            if not found:
                return []
            failures.append(found)
        # Where one branch had the right shape and a part of it is wrong, that part is the news.
        inside = [found for found in failures if all(len(place) > len(path) for place, _ in found)]
        if len(inside) == 1 or len(failures) == 1:
            return (inside or failures)[0]
        words = [found[0][1].rpartition(", got ")[0].replace("expected ", "", 1) for found in failures]
        wanted = " or ".join(dict.fromkeys(word for word in words if word)) or "a value of another form"
        return [(path, f"expected {wanted}, got {shown(value)}")]

    def values(self, schema: dict[str, Any], value: Any, path: Path) -> Problems:
        found = []
        choices = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
        if choices is not None and not any(_same(value, choice) for choice in choices):
            found.append((path, f"expected {' or '.join(repr(one) for one in choices)}, got {shown(value)}"))
        for keyword, (kind, holds, words) in LIMITS.items():
            limit = schema.get(keyword)
            usable = isinstance(limit, str) if keyword == "pattern" else _is_number(limit)
            if usable and TYPES[kind](value) and not holds(value, limit):
                found.append((path, f"expected {words.format(limit)}, got {shown(value)}"))
        return found

    def object(self, schema: dict[str, Any], value: dict[str, Any], path: Path) -> Problems:
        found: Problems = [((*path, name), "is missing") for name in schema.get("required", ()) if name not in value]
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, item in value.items():
            parts = [named[name]] if name in named else []
            parts += [part for pattern, part in patterns.items() if _matches(pattern, str(name))]
            if not parts and schema.get("additionalProperties") is False:
                found.append(((*path, str(name)), f"is not expected; known are {', '.join(named) or 'none'}"))
            elif not parts and isinstance(schema.get("additionalProperties"), dict):
                parts = [schema["additionalProperties"]]
            for part in parts:
                found += self.problems(part, item, (*path, str(name)), ())
        return found

    def array(self, schema: dict[str, Any], value: Any, path: Path) -> Problems:
        found: Problems = []
        first, rest = schema.get("prefixItems", []), schema.get("items")
        if isinstance(rest, list):  # up to draft 2019-09
            first, rest = rest, schema.get("additionalItems")
        for index, item in enumerate(value):
            part = first[index] if index < len(first) else rest
            if part is not None:
                found += self.problems(part, item, (*path, index), ())
        if schema.get("uniqueItems") is True:
            twice = [item for index, item in enumerate(value) if any(_same(item, one) for one in value[:index])]
            found += [(path, f"expected no item twice, got {shown(item)} again") for item in twice[:1]]
        return found

    def target(self, reference: str) -> Any:
        start, *steps = reference.split("/")
        found = self.root
        for step in steps:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if start != "#" or found is None:
            raise ValueError(f"the JSON schema refers to {reference!r}, which it does not contain; put it under $defs")
        return found


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _is_multiple(value: float, unit: float) -> bool:
    times = value / unit if unit else 0.0
    return abs(times - round(times)) < 1e-9  # 0.3 / 0.1 is not quite 3


def _matches(pattern: str, text: str) -> bool:
    """Search, as the standard wants; a pattern that Python cannot read refuses nothing."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True
