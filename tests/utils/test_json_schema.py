"""References, titles and strictness: schema in, schema out."""

import copy

import pytest

from minichat.utils.json_schema import dereference_refs, strict_schema, with_keywords, without_titles

INT = {"type": "integer"}
LOOP = {"properties": {"next": {"$ref": "#/$defs/Loop"}}}
PING = {"properties": {"pong": {"$ref": "#/$defs/Pong"}}}
PONG = {"items": {"$ref": "#/$defs/Ping"}}

REFERENCES = [
    ({"a": 1}, {"a": 1}),
    ({"$ref": "#/$defs/I", "$defs": {"I": INT}}, INT),
    ({"$ref": "#/definitions/I", "definitions": {"I": INT}}, INT),
    (
        {"$ref": "#/$defs/I", "description": "d", "$defs": {"I": {**INT, "description": "i"}}},
        {**INT, "description": "d"},
    ),
    ({"items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"$ref": "#/$defs/B"}, "B": INT}}, {"items": INT}),
    ({"items": {"$ref": "#/$defs/a~1b~0c"}, "$defs": {"a/b~c": INT}}, {"items": INT}),
    ({"properties": {"$ref": INT}}, {"properties": {"$ref": INT}}),
    ({"default": {"$ref": "#/nowhere"}}, {"default": {"$ref": "#/nowhere"}}),
    ({"properties": {"up": {"$ref": "#"}}}, {"properties": {"up": {"$ref": "#"}}}),
    ({"$ref": "#/$defs/Loop", "$defs": {"Loop": LOOP, "Unused": INT}}, {**LOOP, "$defs": {"Loop": LOOP}}),
    (
        {"$ref": "#/definitions/L", "definitions": {"L": {"items": {"$ref": "#/definitions/L"}}}},
        {"items": {"$ref": "#/$defs/L"}, "$defs": {"L": {"items": {"$ref": "#/$defs/L"}}}},
    ),
    (
        {"anyOf": [{"$ref": "#/$defs/Ping"}], "$defs": {"Ping": PING, "Pong": PONG}},
        {
            "anyOf": [{"properties": {"pong": PONG}}],
            "$defs": {"Ping": {"properties": {"pong": PONG}}},
        },
    ),
]


@pytest.mark.parametrize("schema, expected", REFERENCES)
def test_references_are_written_out(schema, expected):
    before = copy.deepcopy(schema)
    assert dereference_refs(schema) == expected
    assert schema == before


@pytest.mark.parametrize("reference", ["#/$defs/Gone", "other.json#/a", "#/$defs/List/0"])
def test_a_reference_to_nothing_is_refused(reference):
    with pytest.raises(ValueError, match="put it under"):
        dereference_refs({"items": {"$ref": reference}, "$defs": {"List": [INT]}})


def test_titles_go_and_properties_called_title_stay():
    schema = {
        "title": "T",
        "properties": {"title": {"title": "Title", "enum": [{"title": 1}]}},
        "anyOf": [{"title": "A", "items": [{"title": "B"}], "default": {"title": 1}}],
        "additionalProperties": {"title": "C"},
    }
    assert without_titles(schema) == {
        "properties": {"title": {"enum": [{"title": 1}]}},
        "anyOf": [{"items": [{}], "default": {"title": 1}}],
        "additionalProperties": {},
    }


def test_nothing_stands_beside_a_reference():
    assert with_keywords(INT, {"default": 1}) == {**INT, "default": 1}
    assert with_keywords({"$ref": "#"}, {}) == {"$ref": "#"}
    assert with_keywords({"$ref": "#"}, {"default": 1}) == {"anyOf": [{"$ref": "#"}], "default": 1}


@pytest.mark.parametrize(
    "schema, expected",
    [
        ({}, {}),
        ({"type": "object"}, {"type": "object"}),
        ({"properties": {}}, {"properties": {}, "additionalProperties": False}),
        ({"additionalProperties": True}, {"additionalProperties": False}),
        ({"required": ["a"]}, {"required": ["a"], "additionalProperties": False}),
        (
            {"properties": {"a": INT, "b": INT}, "required": ["a"]},
            {"properties": {"a": INT, "b": INT}, "required": ["a", "b"], "additionalProperties": False},
        ),
        (
            {"properties": {"properties": INT}},
            {"properties": {"properties": INT}, "required": ["properties"], "additionalProperties": False},
        ),
        ({"items": [{"properties": {}}, True]}, {"items": [{"properties": {}, "additionalProperties": False}, True]}),
    ],
)
def test_strict_closes_objects_and_requires_everything(schema, expected):
    before = copy.deepcopy(schema)
    assert strict_schema(schema) == expected
    assert schema == before
