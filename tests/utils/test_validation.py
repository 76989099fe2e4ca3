"""Values for annotations: what is converted, what is refused, and how that is said."""

import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import re
import sys
import typing
import uuid
from collections import OrderedDict, defaultdict, deque

import pytest

from minichat.utils.fields import EMPTY, Field
from minichat.utils.validation import ValidationError, build, build_fields


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Color(enum.Enum):
    RED = "red"
    DEEP = 7


class Tone(str, enum.Enum):
    DRY = "dry"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


@dataclasses.dataclass
class Path:
    points: typing.List[Point]
    name: typing.Optional[str] = None
    color: Color = Color.RED


@dataclasses.dataclass
class Tree:
    value: int
    children: "typing.List[Tree]" = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Positive:
    n: int
    double: int = dataclasses.field(init=False)

    def __post_init__(self):
        if self.n < 0:
            raise ValueError("n is below zero")
        self.double = 2 * self.n


class Person(typing.TypedDict):
    name: str
    age: int


class Loose(typing.TypedDict, total=False):
    name: str


class Pair(typing.NamedTuple):
    left: int
    right: str = "r"


class Name(str):
    pass


class Handle:
    pass


UserId = typing.NewType("UserId", int)
T = typing.TypeVar("T", int, str)
JSON_ = typing.Union[str, int, None, typing.List[typing.Any], typing.Dict[str, typing.Any]]
HANDLE = Handle()

# (annotation, value, what it becomes)
CONVERTED = [
    (int, 3, 3),
    (int, "3", 3),
    (int, " +3 ", 3),
    (int, "1_000", 1000),
    (int, "3.0", 3),
    (int, 3.0, 3),
    (int, True, 1),
    (float, 3, 3.0),
    (float, "1e3", 1000.0),
    (float, True, 1.0),
    (bool, True, True),
    (bool, "Yes", True),
    (bool, "off", False),
    (bool, 0, False),
    (bool, 1.0, True),
    (str, "x", "x"),
    (str, b"x", "x"),
    (None, None, None),
    (type(None), None, None),
    (bytes, "x", b"x"),
    (typing.Any, HANDLE, HANDLE),
    (object, [1], [1]),
    (typing.Optional[int], None, None),
    (typing.Optional[int], "3", 3),
    (typing.Union[int, str], "1", "1"),
    (typing.Union[int, str], 1, 1),
    (typing.Union[int, str], 1.0, 1),
    (typing.Union[int, float], 1.0, 1.0),
    (typing.Union[float, int], 1, 1),
    (typing.Union[bool, int], 1, 1),
    (typing.Union[bool, int], "yes", True),
    (typing.Union[int, typing.List[int]], ["1"], [1]),
    (typing.Union[Person, Point], {"x": 1, "y": 2}, Point(1, 2)),
    (typing.Union[Loose, Person], {"name": "n", "age": 1}, {"name": "n", "age": 1}),
    (typing.Union[Point, None], {"x": "1"}, Point(1)),
    (JSON_, {"a": [1, None]}, {"a": [1, None]}),
    (typing.Literal["a", 1], "a", "a"),
    (typing.Literal["a", 1], 1, 1),
    (Level, 2, Level.HIGH),
    (Level, "2", Level.HIGH),
    (Color, "red", Color.RED),
    (Color, 7, Color.DEEP),
    (Color, Color.RED, Color.RED),
    (Tone, "dry", Tone.DRY),
    (list, [1, "a"], [1, "a"]),
    (typing.List[int], ["1", 2.0], [1, 2]),
    (typing.Sequence[int], (1, 2), [1, 2]),
    (typing.Iterable[str], ["a"], ["a"]),
    (typing.Set[int], [1, "1"], {1}),
    (typing.FrozenSet[int], [1, 1], frozenset([1])),
    (typing.Tuple[int, str], ["1", "a"], (1, "a")),
    (typing.Tuple[int, ...], [], ()),
    (tuple, [1, "a"], (1, "a")),
    (typing.Dict[str, int], {"a": "1"}, {"a": 1}),
    (typing.Dict[int, int], {"1": 1}, {1: 1}),
    (typing.Mapping[str, Point], {"p": {"x": 1}}, {"p": Point(1)}),
    (dict, {"a": 1}, {"a": 1}),
    (Point, {"x": "1", "z": 3}, Point(1)),
    (Point, Point(1, 2), Point(1, 2)),
    (Path, {"points": [{"x": 1}, {"x": "2", "y": 3.0}], "color": 7}, Path([Point(1), Point(2, 3)], None, Color.DEEP)),
    (Tree, {"value": 1, "children": [{"value": "2"}]}, Tree(1, [Tree(2)])),
    (Person, {"name": "n", "age": "3", "more": 1}, {"name": "n", "age": 3}),
    (Loose, {}, {}),
    (Pair, [1], Pair(1, "r")),
    (Pair, {"left": 1, "right": "x"}, Pair(1, "x")),
    (Name, "n", Name("n")),
    (Handle, HANDLE, HANDLE),
    (UserId, "3", 3),
    (T, "x", "x"),
    (datetime.datetime, "2026-11-23T10:00:00Z", datetime.datetime(2026, 11, 23, 10, tzinfo=datetime.timezone.utc)),
    (datetime.datetime, "2026-11-23", datetime.datetime(2026, 11, 23)),
    (datetime.datetime, 0, datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)),
    (datetime.date, "2026-11-23", datetime.date(2026, 11, 23)),
    (datetime.date, "2026-11-23T00:00:00", datetime.date(2026, 11, 23)),
    (datetime.time, "10:00:01.5", datetime.time(10, 0, 1, 500000)),
    (datetime.timedelta, "P1DT2H", datetime.timedelta(days=1, hours=2)),
    (datetime.timedelta, "-PT1.5S", datetime.timedelta(seconds=-1.5)),
    (datetime.timedelta, 90, datetime.timedelta(seconds=90)),
    (uuid.UUID, "12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
    (decimal.Decimal, 1.5, decimal.Decimal("1.5")),
    (decimal.Decimal, "1.5", decimal.Decimal("1.5")),
    (pathlib.Path, "/a/b", pathlib.Path("/a/b")),
    (re.Pattern, "a+", re.compile("a+")),
    (complex, "1+2j", 1 + 2j),
]

# (annotation, value, problems)
REFUSED = [
    (int, "x", ["expected an integer, got 'x'"]),
    (int, 3.5, ["expected an integer, got 3.5"]),
    (int, math.inf, ["expected an integer, got inf"]),
    (int, "3.", ["expected an integer, got '3.'"]),
    (int, None, ["expected an integer, got None"]),
    (float, "x", ["expected a number, got 'x'"]),
    (bool, 2, ["expected a boolean, got 2"]),
    (bool, "maybe", ["expected a boolean, got 'maybe'"]),
    (str, 1, ["expected a string, got 1"]),
    (str, "x" * 3 + "\n", None),  # fits
    (str, ["y" * 100], ["expected a string, got ['" + "y" * 58 + "…"]),
    (None, 0, ["expected null, got 0"]),
    (typing.Optional[int], "x", ["expected an integer or null, got 'x'"]),
    (typing.Union[int, str], 1.5, ["expected an integer or a string, got 1.5"]),
    (typing.Optional[Point], {"x": "a"}, ["x: expected an integer, got 'a'"]),
    (typing.Union[Point, int], [], ["expected a Point or an integer, got []"]),
    (typing.Literal["a", 1], "1", ["expected 'a' or 1, got '1'"]),
    (Color, "blue", ["expected 'red' or 7, got 'blue'"]),
    (Level, 9, ["expected 1 or 2, got 9"]),
    (typing.List[int], "12", ["expected an array, got '12'"]),
    (typing.List[int], [1, "a", 2, "b"], ["[1]: expected an integer, got 'a'", "[3]: expected an integer, got 'b'"]),
    (typing.Tuple[int, str], [1], ["expected an array of 2, got [1]"]),
    (typing.Set[typing.Any], [[1]], ["expected an array of simple values, got [[1]]"]),
    (typing.Dict[str, int], [1], ["expected an object, got [1]"]),
    (typing.Dict[str, int], {"a": "x"}, ["a: expected an integer, got 'x'"]),
    (Point, 3, ["expected an object, got 3"]),
    (Point, {}, ["x: is missing"]),
    (Path, {"points": [{"y": 1}, {"x": "a", "y": "b"}], "name": 3, "color": "blue"}, [
        "points[0].x: is missing",
        "points[1].x: expected an integer, got 'a'",
        "points[1].y: expected an integer, got 'b'",
        "name: expected a string or null, got 3",
        "color: expected 'red' or 7, got 'blue'",
    ]),
    (Positive, {"n": -1}, ["Positive refuses it: n is below zero"]),
    (Person, {"name": 1}, ["name: expected a string, got 1", "age: is missing"]),
    (Handle, 1, ["expected a Handle, got 1"]),
    (datetime.date, "2026-11-23T01:00:00", ["expected a date (YYYY-MM-DD), got '2026-11-23T01:00:00'"]),
    (uuid.UUID, "x", ["expected a UUID, got 'x'"]),
    (decimal.Decimal, "x", ["expected a number, got 'x'"]),
    (re.Pattern, "(", ["expected a regular expression, got '('"]),
]  # fmt: skip

# (annotation, value, does it fit without conversion?)
STRICTLY = [
    (int, 3, True),
    (int, 3.0, True),
    (int, "3", False),
    (int, True, False),
    (float, 3, True),
    (float, "3", False),
    (bool, 1, False),
    (typing.Set[int], [1], True),
    (datetime.date, "2026-11-23", True),
    (Color, "red", True),
    (Level, "1", False),
    (Person, {"name": "n", "age": 1}, True),
    (Person, {"name": "n", "age": "1"}, False),
]


def problems_of(annotation, value, **options):
    try:
        build(annotation, value, **options)
    except ValidationError as error:
        assert str(error) == "\n".join(error.problems)
        return error.problems
    return None


@pytest.mark.parametrize("annotation, value, expected", CONVERTED, ids=repr)
def test_a_value_becomes_what_the_annotation_asks_for(annotation, value, expected):
    built = build(annotation, value)
    assert (built, type(built)) == (expected, type(expected))


@pytest.mark.parametrize("annotation, value, expected", REFUSED, ids=repr)
def test_what_does_not_fit_is_told_with_its_place(annotation, value, expected):
    assert problems_of(annotation, value) == expected


@pytest.mark.parametrize("annotation, value, fits", STRICTLY, ids=repr)
def test_strictly_nothing_is_converted_that_json_could_have_said(annotation, value, fits):
    assert (problems_of(annotation, value, strict=True) is None) is fits


@pytest.mark.parametrize(
    "annotation, value, expected",
    [
        (typing.Deque[int], ["1"], deque([1])),
        (typing.OrderedDict[str, int], {"a": 1}, OrderedDict(a=1)),
        (typing.DefaultDict[str, int], {"a": 1}, defaultdict(None, a=1)),
    ],
    ids=repr,
)
def test_other_containers_are_made_of_the_same_items(annotation, value, expected):
    built = build(annotation, value)
    assert (built, type(built)) == (expected, type(expected))


def test_what_a_class_works_out_itself_is_not_asked_for():
    assert build(Positive, {"n": "2", "double": 99}).double == 4


def test_metadata_says_nothing_about_the_value():
    if sys.version_info >= (3, 9):
        assert build(typing.Annotated[int, "a number"], "1") == 1


def test_a_typed_dict_read_as_a_tool_may_leave_out_what_has_a_default():
    class Search(typing.TypedDict):
        query: typing.Annotated[str, ..., "what to look for"]
        limit: typing.Annotated[int, 10, "how many"]

    assert build(Search, {"query": "q"}) == {"query": "q"}
    assert problems_of(Search, {"limit": 1}) == ["query: is missing"]


def test_fields_of_a_signature_are_built_and_what_is_unknown_left_out():
    fields = [Field("n", int, True), Field("p", Point, False), Field("any", EMPTY, False)]
    assert build_fields(fields, {"n": "1", "p": {"x": 1}, "any": "3", "more": 1}) == {"n": 1, "p": Point(1), "any": "3"}
    with pytest.raises(ValidationError) as caught:
        build_fields(fields, {"p": {}})
    assert caught.value.problems == ["n: is missing", "p.x: is missing"]
    assert isinstance(caught.value, ValueError)


def test_an_annotation_that_says_nothing_about_values_is_the_callers_error():
    with pytest.raises(TypeError, match="says nothing about values"):
        build("a text", 1)


class Box(typing.TypedDict):
    inner: "typing.Union[str, int, Box, typing.List[Box]]"


@pytest.mark.parametrize("leaf, said", [("x", None), ("3", None), (1.5, "expected a string or an integer or a Box")])
def test_a_union_in_itself_does_not_multiply_the_work(leaf, said):
    tried = []

    class Counted(dict):
        def __getitem__(self, key):
            tried.append(key)
            return super().__getitem__(key)

    nested = leaf
    for _ in range(30):
        nested = Counted(inner=nested)
    problems = problems_of(Box, nested)
    assert (problems is None) is (said is None) and (said is None or said in problems[0])
    assert len(tried) < 30 * 30


@pytest.mark.parametrize("strict", [True, False])
def test_a_value_nested_too_deeply_is_a_misfit(strict):
    nested = "x"
    for _ in range(100_000):
        nested = {"inner": nested}
    assert problems_of(Box, nested, strict=strict) == ["nested too deeply"]


# -- the same through pydantic ---------------------------------------------------------------

# What is done otherwise here, on purpose: (annotation, value) -> why.
DIFFERENT = {
    (repr(kind), repr(value)): why
    for kind, values, why in [
        (Level, [True], "true is not 1"),
        (typing.Union[bool, int], [1.0], "a number is closer to an int"),
        (typing.Literal[1, "a"], [True], "true is not 1"),
        (datetime.datetime, ["1", "1.0", b"1"], "a text is read as ISO 8601 only"),
        (datetime.timedelta, ["10:00"], "a text is read as ISO 8601 only"),
        (datetime.timedelta, [True, False], "true is no length"),
    ]
    for value in values
}
SAMPLES = [
    None, True, False, 0, 1, 2, -1, 1.0, 1.5, "1", "1.0", "x", "", "true", "no", "2026-11-23", "2026-11-23T10:00:00Z",
    "10:00", "P1D", b"1", [], [1], ["1"], ["a"], [1, "a"], (1,), {"a": 1}, {"a": "1"}, {}, {"x": 1},
    {"x": "1", "y": "2"},
    {"name": "n", "age": 3}, {"points": [{"x": 1}]}, {"value": 1, "children": [{"value": 2}]}, "red", 7, "dry",
    "12345678123456781234567812345678",
]  # fmt: skip
KINDS = [
    int, float, bool, str, None, typing.Optional[int], typing.Union[int, str], typing.Union[int, float],
    typing.Union[float, int], typing.Union[bool, int], typing.Union[int, typing.List[int]],
    typing.Literal["a", "1"], typing.Literal[1, "a"],
    Color, Tone, Level, typing.List[int], typing.List[str], typing.Set[int],
    typing.Tuple[int, str], typing.Tuple[int, ...], typing.Dict[str, int], typing.Dict[str, typing.Any],
    Point, Path, Tree,
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, uuid.UUID, decimal.Decimal, pathlib.Path,
]  # fmt: skip


def outcome(function, *errors):
    try:
        built = function()
    except errors:
        return "refused"
    return (built, type(built)) if built == built else "nan"


def test_pydantic_decides_the_same_on_every_kind_and_sample():
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed: nothing to compare with")
    if int(pydantic.VERSION.split(".")[0]) < 2:
        pytest.skip("pydantic 2 is not installed: nothing to compare with")
    from typing_extensions import TypedDict  # pydantic has it; typing's own will not do before Python 3.12

    class Animal(TypedDict):
        name: str
        age: int

    different = []
    for kind in [*KINDS, Animal, typing.Union[Point, Animal], typing.List[Animal]]:
        adapter = pydantic.TypeAdapter(kind)
        for value in SAMPLES:
            theirs = outcome(lambda: adapter.validate_python(value), pydantic.ValidationError)
            ours = outcome(lambda: build(kind, value), ValidationError)
            if ours != theirs and (repr(kind), repr(value)) not in DIFFERENT:
                different.append((kind, value, ours, theirs))
    assert different == []
