"""Does a value fit a JSON schema? And the small ways to read a schema that may be written wrongly.

Judged are types, enum, const, the limits, patterns, properties, items, $ref within the document and the four
combinators. Not judged: if/then/else, dependent*, unevaluated*, contains, format. A keyword whose own value is of the
wrong kind is passed over: the provider's checker, not this file, tells the client that its schema is wrong.
"""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional

__all__ = [
    "count_at",
    "dict_at",
    "fits",
    "is_kind",
    "list_at",
    "number_fits",
    "resolve",
    "same",
    "string_fits",
    "types_of",
]

BOTTOM = 48  # nesting of references at which a value is taken to fit


def fits(value: Any, schema: Any, root: Optional[Dict[str, Any]] = None, depth: int = 0) -> bool:
    """Tell whether a value is valid for a schema."""
    if not isinstance(schema, dict) or depth > BOTTOM:
        return schema is not False
    root = schema if root is None else root
    if "$ref" in schema and not fits(value, resolve(schema["$ref"], root), root, depth + 1):
        return False
    if "const" in schema and not same(value, schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(same(value, item) for item in schema["enum"]):
        return False
    if "type" in schema and not any(is_kind(value, name) for name in types_of(schema)):
        return False
    if not all(fits(value, branch, root, depth + 1) for branch in list_at(schema, "allOf")):
        return False
    for key in ("anyOf", "oneOf"):
        branches = list_at(schema, key)
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
        return string_fits(value, schema)
    if is_kind(value, "number"):
        return number_fits(value, schema)
    return True


def _object_fits(value: Dict[str, Any], schema: Dict[str, Any], root: Dict[str, Any], depth: int) -> bool:
    properties = dict_at(schema, "properties")
    patterns = dict_at(schema, "patternProperties")
    extra = schema.get("additionalProperties", True)
    if any(isinstance(key, str) and key not in value for key in list_at(schema, "required")):
        return False
    for key, item in value.items():
        rules = [properties[key]] if key in properties else []
        rules += [rule for pattern, rule in patterns.items() if _matches(pattern, key)]
        if not all(fits(item, rule, root, depth + 1) for rule in rules or [extra]):
            return False
    return count_at(schema, "minProperties") <= len(value) <= _most(schema, "maxProperties", len(value))


def _array_fits(value: List[Any], schema: Dict[str, Any], root: Dict[str, Any], depth: int) -> bool:
    first = list_at(schema, "prefixItems")
    rest = schema.get("items", True)
    rules = first + [rest] * (len(value) - len(first))
    if not all(fits(item, rule, root, depth + 1) for item, rule in zip(value, rules)):
        return False
    if schema.get("uniqueItems") and any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
        return False
    return count_at(schema, "minItems") <= len(value) <= _most(schema, "maxItems", len(value))


def string_fits(value: str, schema: Dict[str, Any]) -> bool:
    if not count_at(schema, "minLength") <= len(value) <= _most(schema, "maxLength", len(value)):
        return False
    return _matches(schema.get("pattern"), value)


def _matches(pattern: Any, text: str) -> bool:
    """Search for a pattern; one that Python cannot read allows anything."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, text) is not None
    except (re.error, OverflowError):
        return True


def number_fits(value: Any, schema: Dict[str, Any]) -> bool:
    low: Any = schema.get("minimum")
    high: Any = schema.get("maximum")
    above: Any = schema.get("exclusiveMinimum")  # true or false in draft 4, a number since
    below: Any = schema.get("exclusiveMaximum")
    step: Any = schema.get("multipleOf")
    return bool(
        (not is_kind(low, "number") or (value > low if above is True else value >= low))
        and (not is_kind(high, "number") or (value < high if below is True else value <= high))
        and (not is_kind(above, "number") or value > above)
        and (not is_kind(below, "number") or value < below)
        and (not is_kind(step, "number") or step <= 0 or abs(value / step - round(value / step)) < 1e-9)
    )


def resolve(reference: Any, root: Dict[str, Any]) -> Any:
    """Follow a local JSON pointer; what cannot be followed allows anything."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return {}
    found: Any = root
    for step in reference[1:].split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and len(step) < 10 and int(step) < len(found):
            found = found[int(step)]
        else:
            return {}
    return found


def is_kind(value: Any, name: Any) -> bool:
    if not isinstance(name, str):
        return True
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return is_kind(value, "number") and math.isfinite(value) and value == int(value)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, kinds[name]) if name in kinds else True


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def types_of(schema: Dict[str, Any]) -> List[Any]:
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]


def list_at(schema: Dict[str, Any], key: str) -> List[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def dict_at(schema: Dict[str, Any], key: str) -> Dict[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _most(schema: Dict[str, Any], key: str, otherwise: int) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else otherwise


def count_at(schema: Dict[str, Any], key: str) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else 0
