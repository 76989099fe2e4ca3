"""Values against JSON schemas: a table of what fits and what is said of the rest."""

import json

import pytest

from minichat.utils.schema_check import check

PRICE = {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}
NODE = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}
LIST = {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}

# (schema, value, problems)
TABLE = [
    ({}, object(), []),
    (True, 1, []),
    (False, 1, ["expected nothing, got 1"]),
    ({"type": "string"}, "x", []),
    ({"type": "string"}, 1, ["expected a string, got 1"]),
    ({"type": "integer"}, 1.0, []),
    ({"type": "integer"}, 1.5, ["expected an integer, got 1.5"]),
    ({"type": "integer"}, True, ["expected an integer, got True"]),
    ({"type": "number"}, True, ["expected a number, got True"]),
    ({"type": "number"}, 1, []),
    ({"type": "boolean"}, 1, ["expected a boolean, got 1"]),
    ({"type": "null"}, None, []),
    ({"type": ["string", "null"]}, None, []),
    ({"type": ["string", "null"]}, 1, ["expected a string or null, got 1"]),
    ({"type": "date"}, 1, []),
    ({"type": "array", "items": {"type": "integer"}}, [1, "a", 2, "b"], [
        "[1]: expected an integer, got 'a'", "[3]: expected an integer, got 'b'",
    ]),
    ({"type": "array"}, {}, ["expected an array, got {}"]),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["a", 1], []),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, [1, "a"], [
        "[0]: expected a string, got 1", "[1]: expected an integer, got 'a'",
    ]),
    ({"items": [{"type": "string"}], "additionalItems": False}, ["a", 1], ["[1]: expected nothing, got 1"]),
    ({"minItems": 2}, [1], ["expected at least 2 items, got [1]"]),
    ({"maxItems": 0}, [1], ["expected at most 0 items, got [1]"]),
    ({"uniqueItems": True}, [1, True, 1.0], ["expected no item twice, got 1.0 again"]),
    (PRICE, {"price": 1}, []),
    (PRICE, {}, ["price: is missing"]),
    (PRICE, {"price": "1"}, ["price: expected a number, got '1'"]),
    (PRICE, {"price": 1, "more": 1}, []),
    ({**PRICE, "additionalProperties": False}, {"price": 1, "more": 1}, ["more: is not expected; known are price"]),
    ({"additionalProperties": {"type": "string"}}, {"a": 1}, ["a: expected a string, got 1"]),
    ({"patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": False}, {"n1": 1, "n2": "x"}, [
        "n2: expected an integer, got 'x'",
    ]),
    ({"properties": {"items": {"type": "array", "items": PRICE}}}, {"items": [{"price": 1}, {"price": None}, {}]}, [
        "items[1].price: expected a number, got None", "items[2].price: is missing",
    ]),
    ({"enum": ["a", 1]}, "b", ["expected 'a' or 1, got 'b'"]),
    ({"enum": [1]}, True, ["expected 1, got True"]),
    ({"enum": [{"a": [1]}]}, {"a": [1.0]}, []),
    ({"const": None}, 0, ["expected None, got 0"]),
    ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, 1, []),
    ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, 1.5, ["expected a string or an integer, got 1.5"]),
    ({"anyOf": [PRICE, {"type": "null"}]}, {"price": "x"}, ["price: expected a number, got 'x'"]),
    ({"oneOf": [{"type": "string"}]}, 1, ["expected a string, got 1"]),
    ({"allOf": [{"type": "number"}, {"minimum": 2}]}, 1, ["expected a number from 2, got 1"]),
    ({"minimum": 1, "maximum": 3}, 2, []),
    ({"maximum": 3}, 4, ["expected a number up to 3, got 4"]),
    ({"exclusiveMinimum": 1}, 1, ["expected a number above 1, got 1"]),
    ({"exclusiveMaximum": 1}, 1, ["expected a number below 1, got 1"]),
    ({"exclusiveMinimum": True, "minimum": 1}, 1, []),
    ({"multipleOf": 0.1}, 0.3, []),
    ({"multipleOf": 2}, 3, ["expected a multiple of 2, got 3"]),
    ({"minLength": 2}, "a", ["expected at least 2 characters, got 'a'"]),
    ({"maxLength": 1}, "ab", ["expected at most 1 characters, got 'ab'"]),
    ({"minimum": 3}, "a text", []),
    ({"pattern": "^[0-9]+$"}, "1a", ["expected a string like ^[0-9]+$, got '1a'"]),
    ({"pattern": "(?<n>\\p{L}"}, "anything", []),
    ({"minProperties": 1}, {}, ["expected at least 1 properties, got {}"]),
    (LIST, {"next": {"next": None}}, []),
    (LIST, {"next": {"next": 1}}, ["next.next: expected an object or null, got 1"]),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, 1, []),
    ({"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "null"}}}, 1, ["expected null, got 1"]),
]  # fmt: skip


@pytest.mark.parametrize("schema, value, expected", TABLE, ids=repr)
def test_what_does_not_fit_is_listed(schema, value, expected):
    assert check(schema, value) == expected


def test_a_reference_to_nothing_is_the_callers_error():
    with pytest.raises(ValueError, match="put it under"):
        check({"properties": {"a": {"$ref": "#/$defs/gone"}}}, {"a": 1})


def test_a_value_nested_too_deeply_is_a_misfit():
    nested = None
    for _ in range(100_000):
        nested = {"next": nested}
    assert check(LIST, nested) == ["nested too deeply"]


def test_jsonschema_decides_the_same_on_the_whole_table():
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: nothing to compare with")
    compared = 0
    for schema, value, expected in TABLE:
        text = json.dumps(schema)
        # "date" is no type, \p is no Python, 0.3 / 0.1 is no int; draft 4 and 2019 wrote some things otherwise.
        skipped = ('"date"', "?<n>", "additionalItems", '"exclusiveMinimum": true', '$defs/a"', "0.1")
        if any(word in text for word in skipped):
            continue
        assert jsonschema.Draft202012Validator(schema).is_valid(value) is not bool(expected), schema
        compared += 1
    assert compared > 40
