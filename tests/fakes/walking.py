"""Every place in a rich request, and that request with one value replaced or left out."""

from __future__ import annotations

import copy

from .asking import WEATHER_TOOL

WRONG = [None, True, -1, 1.5, 10**30, "", "text", "(", [], [1], {}, {"type": "function"}, [[]], {"a": {}}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "f",
            "description": "d",
            "parameters": {
                "type": "object",
                "properties": {
                    "a": {"type": "string", "pattern": "^a$", "format": "date", "minLength": 1, "maxLength": 3},
                    "b": {"type": "number", "minimum": 1, "maximum": 3, "multipleOf": 1},
                    "c": {"type": "array", "items": {"$ref": "#/$defs/x"}, "minItems": 1},
                    "d": {"anyOf": [{"enum": [1]}, {"const": 2}], "default": 1},
                },
                "required": ["a", "b"],
                "$defs": {"x": {"allOf": [{"minimum": 1}, {"minimum": 2, "type": "integer"}]}},
            },
        },
    },
    WEATHER_TOOL,
]
FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {}}}}}


def places(value, path=()):
    """Give the path of each value, the whole first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from places(child, path + (key,))


def keys(value):
    """Give the paths of the values that have a key, and so can be left out."""
    return [path for path in places(value) if path and isinstance(path[-1], str)]


def name(path):
    return ".".join(map(str, path)) or "body"


def changed(body, path, value=...):
    """Give a copy with one value replaced, or left out."""
    if not path:
        return value
    body = copy.deepcopy(body)
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return body
