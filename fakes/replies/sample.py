"""Values made from a JSON schema.

`make` is what a fake model fills tool arguments and JSON answers with. It picks the first allowed value (const,
default, first of enum, first branch of anyOf that can be made), fills every required and every listed property, and
stops descending into a schema that contains itself as soon as it may: below a depth only required properties are
filled, arrays are as short as allowed, and of several branches the shallow ones (null, plain types) are taken.
`schemas.fits` holds for every value made, unless the schema cannot be satisfied or demands more than `MANY` items.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

from .schemas import count_at, dict_at, fits, is_kind, list_at, number_fits, resolve, same, string_fits, types_of

__all__ = ["make"]

DEEP = 4  # nesting after which only what is required is made
LONG = 1_000  # characters, and
MANY = 64  # items or properties: a schema that demands more is not obeyed
BOTTOM = 24  # nesting at which an endless schema is given up with null
FORMATS = {
    "date-time": "2026-01-01T12:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "regex": "a",
    "byte": "ZmFrZQ==",
}
LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")  # of two, the larger binds
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")  # of two, the smaller
WORDS = {"city": "Paris", "location": "Paris", "country": "France", "name": "Ada", "unit": "celsius"}
# Candidates tried against a `pattern`; a pattern that none of them matches is walked by `_from_pattern`.
GUESSES = ("text", "Text", "TEXT", "a", "A", "0", "1", "42", "123", "1234", "12345", "2026-01-01", "a-b", "a_b", "A1")


def make(schema: Any, root: Optional[Dict[str, Any]] = None, *, name: str = "", depth: int = 0) -> Any:
    """Make a value that is valid for a schema; `name` is the property it is for."""
    if not isinstance(schema, dict):
        return {}
    root = schema if root is None else root
    if depth > BOTTOM:
        return None
    if "const" in schema:
        return schema["const"]
    whole = _merged(schema, root)
    if "const" in whole:
        return whole["const"]
    for favourite in (whole.get("default"), *list_at(whole, "enum"), *list_at(whole, "examples")):
        if favourite is not None and fits(favourite, schema, root):
            return favourite
    if list_at(whole, "enum"):
        return whole["enum"][0]
    branches = list_at(whole, "anyOf") or list_at(whole, "oneOf")
    if branches:
        return _from_branches(schema, whole, branches, root, name=name, depth=depth)
    kind = _kind(whole)
    if kind == "object":
        return _make_object(whole, root, depth)
    if kind == "array":
        return _make_array(whole, root, name=name, depth=depth)
    if kind == "string":
        return _make_string(whole, name)
    if kind in ("integer", "number"):
        return _make_number(whole, whole=kind == "integer")
    return {"boolean": True, "null": None}.get(kind)


def _from_branches(
    schema: Dict[str, Any], whole: Dict[str, Any], branches: List[Any], root: Dict[str, Any], *, name: str, depth: int
) -> Any:
    rest = {key: value for key, value in whole.items() if key not in ("anyOf", "oneOf")}
    ordered = sorted(branches, key=lambda branch: _nested(branch, root)) if depth >= DEEP else branches
    values = []
    for branch in ordered:
        values.append(make({"allOf": [rest, branch]}, root, name=name, depth=depth + 1))
        if fits(values[-1], schema, root):
            return values[-1]
    return values[0]


def _make_object(schema: Dict[str, Any], root: Dict[str, Any], depth: int) -> Dict[str, Any]:
    properties = dict_at(schema, "properties")
    required = [key for key in list_at(schema, "required") if isinstance(key, str)]
    wanted = [key for key in properties if depth < DEEP or key in required]
    wanted += [key for key in required if key not in properties]
    made = {key: make(properties.get(key, {"type": "string"}), root, name=key, depth=depth + 1) for key in wanted}
    extra = schema.get("additionalProperties")
    while len(made) < _least(schema, "minProperties", MANY):
        key = f"key{len(made) + 1}"
        made[key] = make(extra if isinstance(extra, dict) else {"type": "string"}, root, name=key, depth=depth + 1)
    return made


def _make_array(schema: Dict[str, Any], root: Dict[str, Any], *, name: str, depth: int) -> List[Any]:
    first = list_at(schema, "prefixItems")
    made = [make(item, root, name=name, depth=depth + 1) for item in first]
    least = _least(schema, "minItems", MANY)
    length = max(least, len(first), 0 if depth >= DEEP else 1)
    most = schema.get("maxItems")
    if isinstance(most, int):
        length = min(length, max(most, least))
    item = schema.get("items", {"type": "string"})
    while len(made) < length:
        value = make(item, root, name=name, depth=depth + 1)
        made.append(_another(value, made, item, root) if schema.get("uniqueItems") else value)
    return made


def _another(value: Any, made: List[Any], item: Any, root: Dict[str, Any]) -> Any:
    """Give a value unlike those made already, for uniqueItems, as far as the schema allows one."""
    choices = list(list_at(_merged(item, root), "enum")) if isinstance(item, dict) else []
    if isinstance(value, str):
        choices += [f"{value}{number}" for number in range(2, len(made) + 3)]
    elif is_kind(value, "number"):
        choices += [value + number for number in range(1, len(made) + 2)]
    for choice in [value, *choices]:
        if not any(same(choice, old) for old in made) and fits(choice, item, root):
            return choice
    return value


def _make_string(schema: Dict[str, Any], name: str) -> str:
    shaped = FORMATS.get(str(schema.get("format")))
    pattern = schema.get("pattern")
    for text in (shaped, WORDS.get(name), name, *GUESSES) if pattern or shaped else (WORDS.get(name), name or "text"):
        if text and string_fits(text, schema):
            return text
    text = _from_pattern(pattern) if isinstance(pattern, str) else (WORDS.get(name) or name or "text")
    least = _least(schema, "minLength", LONG)
    if len(text) < least and not pattern:
        text = (text + " ") * (least // (len(text) + 1) + 1)
        text = text[:least].rstrip().ljust(least, "x")
    most = schema.get("maxLength")
    return text[:most] if isinstance(most, int) and not pattern else text


def _make_number(schema: Dict[str, Any], *, whole: bool) -> Any:
    step: Any = schema.get("multipleOf")
    low, high = _bounds(schema)
    unit = step if is_kind(step, "number") and step > 0 else 1
    start = 21 if low is None and high is None else (low if low is not None else high)
    if whole and start != int(start):
        start = int(start) + (1 if low is not None and start > 0 else 0)
    candidates = [21, 1, 0, start, start + unit, start - unit]
    if low is not None and high is not None:
        candidates.append((low + high) / 2)
    base = (start // unit) * unit
    candidates += [base, base + unit, base - unit]
    for number in candidates:
        value = int(number) if number == int(number) else number
        if (not whole or isinstance(value, int)) and number_fits(value, schema):
            return value
    return int(start) if whole else start


def _from_pattern(pattern: str) -> str:
    """Walk a regular expression and write the shortest text along it; good for classes, counts, groups and choices."""
    try:
        from re import _parser  # type: ignore[attr-defined]  # Python 3.11 and later
    except ImportError:
        import sre_parse as _parser  # the same module's older name
    try:
        return _walk(_parser.parse(pattern))
    except (re.error, OverflowError):
        return "text"


def _name(code: Any) -> str:
    return getattr(code, "name", str(code))  # PyPy's str() of these is a number


def _walk(items: Any) -> str:
    written = ""
    for op, value in items:
        what = _name(op)
        if what == "LITERAL":
            written += chr(value)
        elif what == "NOT_LITERAL":
            written += "a" if value != ord("a") else "b"
        elif what == "ANY":
            written += "a"
        elif what == "IN":
            written += _one_of(value)
        elif what in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = value
            written += _walk(inner) * min(max(least, 1 if most and least == 0 and not written else least), LONG)
        elif what == "SUBPATTERN":
            written += _walk(value[-1])
        elif what == "BRANCH":
            written += _walk(value[1][0])
    return written


def _one_of(items: Any) -> str:
    negated = _name(items[0][0]) == "NEGATE"
    if not negated:
        op, value = items[0]
        what = _name(op)
        if what == "LITERAL":
            return chr(value)
        if what == "RANGE":
            return chr(value[0])
        return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(_name(value), "a")
    banned = {chr(value) for op, value in items[1:] if _name(op) == "LITERAL"}
    ranges = [value for op, value in items[1:] if _name(op) == "RANGE"]
    return next(c for c in "aA1-. _~é" if c not in banned and not any(a <= ord(c) <= b for a, b in ranges))


def _merged(schema: Any, root: Dict[str, Any], depth: int = 0) -> Dict[str, Any]:
    """Fold $ref and allOf into one schema; a branch list met twice is kept as part of the first."""
    if not isinstance(schema, dict) or depth > BOTTOM:
        return {}
    whole = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = [resolve(schema["$ref"], root)] if "$ref" in schema else []
    for part in [*parts, *list_at(schema, "allOf")]:
        for key, value in _merged(part, root, depth + 1).items():
            if key == "properties" and isinstance(whole.get(key), dict) and isinstance(value, dict):
                whole[key] = {**whole[key], **value}
            elif key == "required" and isinstance(whole.get(key), list) and isinstance(value, list):
                whole[key] = whole[key] + [item for item in value if item not in whole[key]]
            elif key in LEAST and is_kind(whole.get(key), "number") and is_kind(value, "number"):
                whole[key] = max(whole[key], value)
            elif key in MOST and is_kind(whole.get(key), "number") and is_kind(value, "number"):
                whole[key] = min(whole[key], value)
            elif key == "type" and "type" in whole:
                both = [name for name in types_of(whole) if name in types_of({"type": value})]
                whole[key] = both or value
            else:
                whole.setdefault(key, value)
    return whole


def _kind(schema: Dict[str, Any]) -> str:
    names = types_of(schema)
    if names:
        return next((name for name in names if name != "null"), "null")
    if "properties" in schema or "additionalProperties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema or "minItems" in schema:
        return "array"
    if any(key in schema for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")):
        return "number"
    return "string" if schema else "object"


def _nested(branch: Any, root: Dict[str, Any]) -> int:
    whole = _merged(branch, root)
    if "anyOf" in whole or "oneOf" in whole:
        return 2
    return {"object": 3, "array": 1}.get(_kind(whole), 0)


def _bounds(schema: Dict[str, Any]) -> Any:
    low = [schema[key] for key in ("minimum", "exclusiveMinimum") if is_kind(schema.get(key), "number")]
    high = [schema[key] for key in ("maximum", "exclusiveMaximum") if is_kind(schema.get(key), "number")]
    return (max(low) if low else None), (min(high) if high else None)


def _least(schema: Dict[str, Any], key: str, most: int) -> int:
    return min(count_at(schema, key), most)
