"""Values from a JSON schema: does a value fit, and make one that does.

`make` is what a fake model fills tool arguments and JSON answers with. It picks the first allowed value (const,
default, first of enum, first branch of anyOf that can be made), fills every required and every listed property, and
stops descending into a schema that contains itself as soon as it may: below a depth only required properties are
filled, arrays are as short as allowed, and of several branches the shallow ones (null, plain types) are taken.
`fits` judges the same keywords, so `fits(make(schema), schema)` holds for every schema a value can be made for.
Not judged: if/then/else, dependent*, unevaluated*, contains.
"""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional

__all__ = ["fits", "make"]

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


def fits(value: Any, schema: Any, root: Optional[Dict[str, Any]] = None, depth: int = 0) -> bool:
    """Tell whether a value is valid for a schema."""
    if not isinstance(schema, dict) or depth > 2 * BOTTOM:
        return schema is not False
    root = schema if root is None else root
    if "$ref" in schema and not fits(value, _resolve(schema["$ref"], root), root, depth + 1):
        return False
    if "const" in schema and not _same(value, schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(_same(value, item) for item in schema["enum"]):
        return False
    if "type" in schema and not any(_is(value, name) for name in _types(schema)):
        return False
    if not all(fits(value, branch, root, depth + 1) for branch in _list(schema, "allOf")):
        return False
    for key in ("anyOf", "oneOf"):
        branches = _list(schema, key)
        if branches:
            matching = sum(fits(value, branch, root, depth + 1) for branch in branches)
            if matching == 0 or (key == "oneOf" and matching > 1):
                return False
    if "not" in schema and fits(value, schema["not"], root, depth + 1):
        return False
    if isinstance(value, dict):
        return _object_fits(value, schema, root, depth)
    if isinstance(value, list):
        return _array_fits(value, schema, root, depth)
    if isinstance(value, str):
        return _string_fits(value, schema)
    if _is(value, "number"):
        return _number_fits(value, schema)
    return True


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
    for favourite in (whole.get("default"), *_list(whole, "enum"), *_list(whole, "examples")):
        if favourite is not None and fits(favourite, schema, root):
            return favourite
    if _list(whole, "enum"):
        return whole["enum"][0]
    branches = _list(whole, "anyOf") or _list(whole, "oneOf")
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
    properties = _dict(schema, "properties")
    required = [key for key in _list(schema, "required") if isinstance(key, str)]
    wanted = [key for key in properties if depth < DEEP or key in required]
    wanted += [key for key in required if key not in properties]
    made = {key: make(properties.get(key, {"type": "string"}), root, name=key, depth=depth + 1) for key in wanted}
    extra = schema.get("additionalProperties")
    while len(made) < _least(schema, "minProperties", MANY):
        key = f"key{len(made) + 1}"
        made[key] = make(extra if isinstance(extra, dict) else {"type": "string"}, root, name=key, depth=depth + 1)
    return made


def _make_array(schema: Dict[str, Any], root: Dict[str, Any], *, name: str, depth: int) -> List[Any]:
    first = _list(schema, "prefixItems")
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
    choices = list(_list(_merged(item, root), "enum")) if isinstance(item, dict) else []
    if isinstance(value, str):
        choices += [f"{value}{number}" for number in range(2, len(made) + 3)]
    elif _is(value, "number"):
        choices += [value + number for number in range(1, len(made) + 2)]
    for choice in [value, *choices]:
        if not any(_same(choice, old) for old in made) and fits(choice, item, root):
            return choice
    return value


def _make_string(schema: Dict[str, Any], name: str) -> str:
    shaped = FORMATS.get(str(schema.get("format")))
    pattern = schema.get("pattern")
    for text in (shaped, WORDS.get(name), name, *GUESSES) if pattern or shaped else (WORDS.get(name), name or "text"):
        if text and _string_fits(text, schema):
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
    unit = step if _is(step, "number") and step > 0 else 1
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
        if (not whole or isinstance(value, int)) and _number_fits(value, schema):
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


def _walk(items: Any) -> str:
    written = ""
    for op, value in items:
        what = str(op)
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
    negated = str(items[0][0]) == "NEGATE"
    if not negated:
        op, value = items[0]
        what = str(op)
        if what == "LITERAL":
            return chr(value)
        if what == "RANGE":
            return chr(value[0])
        return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(value), "a")
    banned = {chr(value) for op, value in items[1:] if str(op) == "LITERAL"}
    ranges = [value for op, value in items[1:] if str(op) == "RANGE"]
    return next(c for c in "aA1-. _~é" if c not in banned and not any(a <= ord(c) <= b for a, b in ranges))


def _merged(schema: Any, root: Dict[str, Any], depth: int = 0) -> Dict[str, Any]:
    """Fold $ref and allOf into one schema; a branch list met twice is kept as part of the first."""
    if not isinstance(schema, dict) or depth > BOTTOM:
        return {}
    whole = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = [_resolve(schema["$ref"], root)] if "$ref" in schema else []
    for part in [*parts, *_list(schema, "allOf")]:
        for key, value in _merged(part, root, depth + 1).items():
            if key == "properties" and isinstance(whole.get(key), dict) and isinstance(value, dict):
                whole[key] = {**whole[key], **value}
            elif key == "required" and isinstance(whole.get(key), list) and isinstance(value, list):
                whole[key] = whole[key] + [item for item in value if item not in whole[key]]
            elif key in LEAST and _is(whole.get(key), "number") and _is(value, "number"):
                whole[key] = max(whole[key], value)
            elif key in MOST and _is(whole.get(key), "number") and _is(value, "number"):
                whole[key] = min(whole[key], value)
            elif key == "type" and "type" in whole:
                both = [name for name in _types(whole) if name in _types({"type": value})]
                whole[key] = both or value
            else:
                whole.setdefault(key, value)
    return whole


def _resolve(reference: Any, root: Dict[str, Any]) -> Any:
    """Follow a local JSON pointer; what cannot be followed allows anything."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return {}
    found: Any = root
    for step in reference[1:].split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return {}
    return found


def _kind(schema: Dict[str, Any]) -> str:
    names = _types(schema)
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


def _object_fits(value: Dict[str, Any], schema: Dict[str, Any], root: Dict[str, Any], depth: int) -> bool:
    properties = _dict(schema, "properties")
    patterns = _dict(schema, "patternProperties")
    extra = schema.get("additionalProperties", True)
    if any(isinstance(key, str) and key not in value for key in _list(schema, "required")):
        return False
    for key, item in value.items():
        rules = [properties[key]] if key in properties else []
        rules += [rule for pattern, rule in patterns.items() if _matches(pattern, key)]
        if not all(fits(item, rule, root, depth + 1) for rule in rules or [extra]):
            return False
    return _count(schema, "minProperties") <= len(value) <= _most(schema, "maxProperties", len(value))


def _array_fits(value: List[Any], schema: Dict[str, Any], root: Dict[str, Any], depth: int) -> bool:
    first = _list(schema, "prefixItems")
    rest = schema.get("items", True)
    rules = first + [rest] * (len(value) - len(first))
    if not all(fits(item, rule, root, depth + 1) for item, rule in zip(value, rules)):
        return False
    if schema.get("uniqueItems") and any(_same(a, b) for i, a in enumerate(value) for b in value[:i]):
        return False
    return _count(schema, "minItems") <= len(value) <= _most(schema, "maxItems", len(value))


def _string_fits(value: str, schema: Dict[str, Any]) -> bool:
    if not _count(schema, "minLength") <= len(value) <= _most(schema, "maxLength", len(value)):
        return False
    return _matches(schema.get("pattern"), value)


def _matches(pattern: Any, text: str) -> bool:
    """Search for a pattern; one that Python cannot read allows anything."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, text) is not None
    except (re.error, OverflowError):
        return True


def _number_fits(value: Any, schema: Dict[str, Any]) -> bool:
    low: Any = schema.get("minimum")
    high: Any = schema.get("maximum")
    above: Any = schema.get("exclusiveMinimum")  # true or false in draft 4, a number since
    below: Any = schema.get("exclusiveMaximum")
    step: Any = schema.get("multipleOf")
    return bool(
        (not _is(low, "number") or (value > low if above is True else value >= low))
        and (not _is(high, "number") or (value < high if below is True else value <= high))
        and (not _is(above, "number") or value > above)
        and (not _is(below, "number") or value < below)
        and (not _is(step, "number") or step <= 0 or abs(value / step - round(value / step)) < 1e-9)
    )


def _bounds(schema: Dict[str, Any]) -> Any:
    low = [schema[key] for key in ("minimum", "exclusiveMinimum") if _is(schema.get(key), "number")]
    high = [schema[key] for key in ("maximum", "exclusiveMaximum") if _is(schema.get(key), "number")]
    return (max(low) if low else None), (min(high) if high else None)


def _is(value: Any, name: Any) -> bool:
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return _is(value, "number") and math.isfinite(value) and value == int(value)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, kinds[name]) if name in kinds else True


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _types(schema: Dict[str, Any]) -> List[Any]:
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]


def _list(schema: Dict[str, Any], key: str) -> List[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _dict(schema: Dict[str, Any], key: str) -> Dict[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _most(schema: Dict[str, Any], key: str, otherwise: int) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else otherwise


def _count(schema: Dict[str, Any], key: str) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else 0


def _least(schema: Dict[str, Any], key: str, most: int) -> int:
    return min(_count(schema, key), most)
