"""Values made from schemas are valid for them; the judge of that is checked against rows typed by hand."""

from __future__ import annotations

import pytest

from fakes.replies import sample
from fakes.replies import schemas

NODE = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
            "required": ["value", "children", "next"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/Node",
}
SELF = {"type": "object", "properties": {"me": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]}

# schema -> what is made of it (... : only that it fits)
MADE = [
    ({"type": "string"}, "text"),
    ({"type": "integer"}, 21),
    ({"type": "number"}, 21),
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"type": ["null", "integer"]}, 21),
    ({"type": "object", "properties": {}}, {}),
    ({}, {}),
    (True, {}),
    ({"const": 7}, 7),
    ({"enum": ["b", "a"]}, "b"),
    ({"enum": ["b", "a"], "default": "a"}, "a"),
    ({"type": "integer", "default": 3}, 3),
    ({"type": "integer", "default": "no", "minimum": 30}, 30),
    ({"type": "integer", "minimum": 1, "maximum": 5}, 1),
    ({"type": "integer", "exclusiveMinimum": 21}, 22),
    ({"type": "integer", "maximum": -3}, -3),
    ({"type": "integer", "minimum": 2.5, "maximum": 3.5}, 3),
    ({"type": "integer", "multipleOf": 10, "minimum": 1}, 10),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
    ({"type": "string", "minLength": 10}, ...),
    ({"type": "string", "maxLength": 2}, "te"),
    ({"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, "AAA-0000"),
    ({"type": "string", "pattern": r"^(foo|bar)\d+\s?x*$"}, ...),
    ({"type": "string", "pattern": "^[^a-z]+$"}, ...),
    ({"type": "string", "format": "date-time"}, "2026-01-01T12:00:00Z"),
    ({"type": "string", "format": "email"}, "ada@example.com"),
    ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000001"),
    ({"type": "array", "items": {"type": "integer"}}, [21]),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, [21, 21, 21]),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [21, 22, 23]),
    ({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
    ({"type": "array", "maxItems": 0}, []),
    ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False}, [21, "text"]),
    ({"type": "object", "required": ["a"]}, {"a": "a"}),
    ({"type": "object", "minProperties": 2}, ...),
    ({"properties": {"a": {"type": "boolean"}}}, {"a": True}),
    ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, None),
    ({"oneOf": [{"type": "integer", "minimum": 50}, {"type": "string"}]}, 50),
    ({"allOf": [{"type": "integer", "minimum": 5}, {"maximum": 6}]}, 5),
    ({"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"const": 1}}}]}, {"a": 21, "b": 1}),
    ({"type": "object", "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}}}, {"city": "Paris", "unit": "c"}),
    (NODE, ...),
    (SELF, ...),
    ({"$ref": "#/$defs/Missing"}, ...),
    ({"$defs": {"a/b": {"const": 1}}, "$ref": "#/$defs/a~1b"}, 1),
]


@pytest.mark.parametrize("row", range(len(MADE)))
def test_a_value_is_made_and_fits(row):
    schema, wanted = MADE[row]
    made = sample.make(schema)
    assert schemas.fits(made, schema), made
    if wanted is not ...:
        assert made == wanted and type(made) is type(wanted)


def test_an_endless_schema_comes_to_an_end():
    endless = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    made = sample.make(endless)
    depth = 0
    while made is not None:
        made, depth = made["a"], depth + 1
    assert depth > sample.DEEP


FITS = [
    (1, {"type": "integer"}, True),
    (1.0, {"type": "integer"}, True),
    (1.5, {"type": "integer"}, False),
    (True, {"type": "integer"}, False),
    (True, {"enum": [1]}, False),
    (1, {"const": True}, False),
    ("a", {"type": ["string", "null"]}, True),
    ({}, {"required": ["a"]}, False),
    ({"a": 1}, {"properties": {"a": {"type": "string"}}}, False),
    ({"b": 1}, {"additionalProperties": False}, False),
    ({"b": 1}, {"additionalProperties": {"type": "string"}}, False),
    ({"x1": 1}, {"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}, True),
    ([1, 1], {"uniqueItems": True}, False),
    ([1, True], {"uniqueItems": True}, True),
    ([1, 2], {"maxItems": 1}, False),
    (["a"], {"items": {"type": "integer"}}, False),
    ("abc", {"pattern": "b"}, True),
    ("abc", {"pattern": "^b"}, False),
    ("abc", {"minLength": 4}, False),
    (5, {"exclusiveMaximum": 5}, False),
    (0.3, {"multipleOf": 0.1}, True),
    (5, {"anyOf": [{"minimum": 6}, {"maximum": 4}]}, False),
    (5, {"oneOf": [{"minimum": 1}, {"maximum": 9}]}, False),
    (5, {"not": {"type": "integer"}}, False),
    (5, False, False),
    (5, True, True),
    (5, {"$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s"}, False),
]


@pytest.mark.parametrize("value, schema, verdict", FITS)
def test_fits_judges_as_json_schema_does(value, schema, verdict):
    assert schemas.fits(value, schema) is verdict
