"""Annotations and defaults beside the schemas they become: (annotation, [default,] schema, difference).

`difference` as in tool_table.py: "" where langchain-core gives the same.
"""

import collections.abc
import datetime
import decimal
import pathlib
import re
import sys
import typing
import uuid
from typing import (
    Annotated,
    Any,
    Dict,
    Iterable,
    List,
    Literal,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

from .tool_samples import (
    Bound,
    Color,
    Documented,
    Either,
    Free,
    Inner,
    Journey,
    Mixed,
    Pair,
    Place,
    Point,
    Size,
    Told,
    UserId,
)

POINT = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "number", "default": 0.5}},
    "required": ["x"],
}
PLACE = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "description": "A place."}
COLOR = {"type": "string", "enum": ["red", "blue"], "description": "Colors."}
INNER = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "description": "Inner."}
INT, STR, NULL = {"type": "integer"}, {"type": "string"}, {"type": "null"}
INTS = {"type": "array", "items": INT}

# (annotation, schema, difference)
ANNOTATIONS = [
    (str, STR, ""),
    (int, INT, ""),
    (float, {"type": "number"}, ""),
    (bool, {"type": "boolean"}, ""),
    (None, NULL, ""),
    (complex, STR, ""),
    (Any, {}, ""),
    (object, {}, ""),
    (bytes, {"type": "string", "format": "binary"}, ""),
    (list, {"type": "array", "items": {}}, ""),
    (List, {"type": "array", "items": {}}, ""),
    (List[int], INTS, ""),
    (list[int], INTS, ""),
    (list[None], {"type": "array", "items": NULL}, ""),
    (List[List[int]], {"type": "array", "items": INTS}, ""),
    (tuple, {"type": "array", "items": {}}, ""),
    (Tuple, {"type": "array", "items": {}}, ""),
    (Tuple[int, ...], INTS, ""),
    (Tuple[int, str], {"type": "array", "prefixItems": [INT, STR], "minItems": 2, "maxItems": 2}, ""),
    (Tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}, ""),
    (set, {"type": "array", "items": {}, "uniqueItems": True}, ""),
    (Set[int], {**INTS, "uniqueItems": True}, ""),
    (typing.FrozenSet[int], {**INTS, "uniqueItems": True}, ""),
    (dict, {"type": "object", "additionalProperties": True}, ""),
    (Dict[str, Any], {"type": "object", "additionalProperties": True}, ""),
    (Dict[str, int], {"type": "object", "additionalProperties": INT}, ""),
    (Dict[str, Point], {"type": "object", "additionalProperties": POINT}, ""),
    (collections.abc.Sequence[int], INTS, ""),
    (collections.abc.Sequence, {"type": "array", "items": {}}, ""),
    (collections.abc.Iterable[int], INTS, ""),
    (collections.abc.Mapping[str, int], {"type": "object", "additionalProperties": INT}, ""),
    (collections.abc.Mapping, {"type": "object", "additionalProperties": True}, ""),
    (collections.abc.Collection[int], INTS, "collection"),
    (Sequence[str], {"type": "array", "items": STR}, ""),
    (Iterable[int], INTS, ""),
    (Mapping[str, int], {"type": "object", "additionalProperties": INT}, ""),
    (Optional[int], {"anyOf": [INT, NULL]}, ""),
    (Union[int, str], {"anyOf": [INT, STR]}, ""),
    (Union[int, str, None], {"anyOf": [INT, STR, NULL]}, ""),
    (Union[int, List[int], Sequence[int]], {"anyOf": [INT, INTS]}, ""),
    (Union[decimal.Decimal, int], {"anyOf": [{"type": "number"}, STR, INT]}, ""),
    (Optional[Point], {"anyOf": [POINT, NULL]}, "titles"),
    (Optional[Color], {"anyOf": [COLOR, NULL]}, "titles"),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}, ""),
    (Literal["a"], {"type": "string", "const": "a"}, ""),
    (Literal[1, 2], {"type": "integer", "enum": [1, 2]}, ""),
    (Literal[True, False], {"type": "boolean", "enum": [True, False]}, ""),
    (Literal[1, "a", None], {"enum": [1, "a", None]}, ""),
    (Literal[Color.RED], {"type": "string", "const": "red"}, ""),
    (Optional[Literal["a"]], {"anyOf": [{"type": "string", "const": "a"}, NULL]}, ""),
    (Color, COLOR, ""),
    (Size, {"type": "integer", "enum": [1, 2]}, ""),
    (Mixed, {"type": "string", "enum": ["only"]}, ""),
    (List[Color], {"type": "array", "items": COLOR}, ""),
    (Point, POINT, ""),
    (List[Point], {"type": "array", "items": POINT}, ""),
    (Place, PLACE, ""),
    (Inner, INNER, ""),
    (
        Journey,
        {
            "type": "object",
            "description": "A journey.",
            "properties": {
                "start": {**PLACE, "description": "where it starts"},
                "stops": {"type": "array", "items": POINT},
            },
            "required": ["start"],
        },
        "nested docstring",
    ),
    (
        Pair,
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "prefixItems": [
                {"type": "integer", "title": "Left Side"},
                {"type": "string", "title": "Right", "default": "x"},
            ],
        },
        "",
    ),
    (
        Told,
        {
            "type": "object",
            "description": "Told.",
            "properties": {
                "a": {"type": "integer", "description": "told"},
                "b": {"type": "integer", "description": "b told"},
            },
            "required": ["a", "b"],
        },
        "nested texts",
    ),
    (
        Documented,
        {
            "type": "object",
            "description": "Documented.",
            "properties": {"a": {"type": "integer", "description": "the a"}},
            "required": ["a"],
        },
        "nested docstring",
    ),
    (datetime.datetime, {"type": "string", "format": "date-time"}, ""),
    (datetime.date, {"type": "string", "format": "date"}, ""),
    (datetime.time, {"type": "string", "format": "time"}, ""),
    (datetime.timedelta, {"type": "string", "format": "duration"}, ""),
    (uuid.UUID, {"type": "string", "format": "uuid"}, ""),
    (decimal.Decimal, {"anyOf": [{"type": "number"}, STR]}, ""),
    (pathlib.Path, {"type": "string", "format": "path"}, ""),
    (re.Pattern, {"type": "string", "format": "regex"}, ""),
    (UserId, INT, ""),
    (Bound, INT, ""),
    (Free, {}, ""),
    (Either, {"anyOf": [INT, STR]}, ""),
    (Annotated[int, "told"], {"type": "integer", "description": "told"}, ""),
    (Annotated[int, 1], INT, ""),
    (Annotated[int, 1, "told"], {"type": "integer", "description": "told"}, ""),
    (Annotated[Color, "told"], {**COLOR, "description": "told"}, ""),
    (Annotated[Optional[int], "told"], {"anyOf": [INT, NULL], "description": "told"}, ""),
    (Optional[Annotated[int, "lost"]], {"anyOf": [INT, NULL]}, ""),
    (List[Annotated[int, "lost"]], INTS, ""),
]
if sys.version_info >= (3, 10):
    ANNOTATIONS += [
        (int | None, {"anyOf": [INT, NULL]}, ""),
        (int | List[str], {"anyOf": [INT, {"type": "array", "items": STR}]}, ""),
    ]
if sys.version_info >= (3, 11):
    ANNOTATIONS += [
        (typing.LiteralString, STR, "collection"),
        (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}, ""),
    ]

# (annotation, default, schema, difference)
DEFAULTS = [
    (int, 3, {**INT, "default": 3}, ""),
    (int, None, {**INT, "default": None}, ""),
    (int, ..., None, ""),  # pydantic's "required"
    (float, float("inf"), {"type": "number"}, "infinity"),
    (Optional[int], None, {"anyOf": [INT, NULL], "default": None}, ""),
    (List[int], [1], {**INTS, "default": [1]}, ""),
    (tuple, (1, 2), {"type": "array", "items": {}, "default": [1, 2]}, ""),
    (set, {10, 2, 1}, {"type": "array", "items": {}, "uniqueItems": True, "default": [1, 2, 10]}, ""),
    (
        set,
        {"d", "c", "b", "a"},
        {"type": "array", "items": {}, "uniqueItems": True, "default": ["a", "b", "c", "d"]},
        "",
    ),
    (Color, Color.RED, {**COLOR, "default": "red"}, ""),
    (Size, Size.SMALL, {"type": "integer", "enum": [1, 2], "default": 1}, ""),
    (Point, Point(1), {**POINT, "default": {"x": 1, "y": 0.5}}, ""),
    (Inner, {"a": 1}, {**INNER, "default": {"a": 1}}, ""),
    (datetime.date, datetime.date(2020, 1, 2), {"type": "string", "format": "date", "default": "2020-01-02"}, ""),
    (datetime.time, datetime.time(1), {"type": "string", "format": "time", "default": "01:00:00"}, ""),
    (datetime.timedelta, datetime.timedelta(1), {"type": "string", "format": "duration"}, "timedelta default"),
    (uuid.UUID, uuid.UUID(int=1), {"type": "string", "format": "uuid", "default": str(uuid.UUID(int=1))}, ""),
    (decimal.Decimal, decimal.Decimal("1.5"), {"anyOf": [{"type": "number"}, STR], "default": "1.5"}, ""),
    (bytes, b"x", {"type": "string", "format": "binary", "default": "x"}, ""),
    (pathlib.Path, pathlib.PurePosixPath("a/b"), {"type": "string", "format": "path", "default": "a/b"}, ""),
    (Any, object(), {}, ""),
]
