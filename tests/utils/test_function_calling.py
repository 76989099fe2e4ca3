"""Every kind of tool, exactly; and every refusal, by what it says."""

import copy
import dataclasses
import decimal
import enum
import functools
import subprocess
import sys
from typing import Callable, Dict, List, TypedDict

import pytest

from minichat.utils.function_calling import convert_to_openai_function, convert_to_openai_tool

from . import text_tools
from .annotation_table import INT, STR
from .tool_samples import Color, Methods, Place, Point, injected, nothing
from .tool_table import ROWS, TOOLS, function, with_annotation


@pytest.mark.parametrize("tool, strict, expected", [row[1:4] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_tool_becomes_a_function(tool, strict, expected):
    assert convert_to_openai_function(tool, strict=strict) == expected


@pytest.mark.parametrize("tool, strict, expected", [row[:3] for row in TOOLS], ids=[str(row[:2]) for row in TOOLS])
def test_a_tool_becomes_a_tool(tool, strict, expected):
    assert convert_to_openai_tool(tool, strict=strict) == expected


@pytest.mark.parametrize("strict", [None, True, False])
def test_dicts_of_the_caller_are_not_changed(strict):
    for tool in [row[1] for row in ROWS] + [row[0] for row in TOOLS]:
        if isinstance(tool, dict) and tool.get("strict", strict) == strict:
            before = copy.deepcopy(tool)
            convert_to_openai_tool(tool, strict=strict)
            assert tool == before


TEXT = {
    "trip": {
        "type": "object",
        "description": "A trip.",
        "required": ["days", "names"],
        "properties": {"days": INT, "names": {"type": "array", "items": STR, "description": "who goes"}},
    }
}


def test_annotations_may_be_text():
    assert convert_to_openai_function(text_tools.plan) == function(
        "plan",
        "Plan it.",
        {
            "trip": TEXT["trip"],
            "budget": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None, "description": "in euro"},
            "later": {"type": "array", "items": TEXT["trip"], "default": []},
        },
        ["trip"],
    )
    assert convert_to_openai_function(text_tools.Trip) == function(
        "Trip", "A trip.", TEXT["trip"]["properties"], ["days", "names"]
    )


def test_a_dataclass_may_name_itself_as_text():
    leg = {
        "length": {"type": "integer", "description": "in km"},
        "next": {"anyOf": [{"$ref": "#/$defs/Leg"}, {"type": "null"}], "default": None},
    }
    inner = {"type": "object", "description": "A leg.", "properties": leg, "required": ["length"]}
    assert convert_to_openai_function(text_tools.Leg) == function(
        "Leg", "A leg.", leg, ["length"], **{"$defs": {"Leg": inner}}
    )


@pytest.mark.skipif(
    text_tools.NotRequired is None, reason="no NotRequired before Python 3.11 without typing_extensions"
)
def test_not_required_counts_also_as_text():
    assert convert_to_openai_function(text_tools.Loose) == function("Loose", "Loose.", {"a": INT, "b": INT}, ["a"])


def test_the_typed_dict_of_typing_is_known_too():
    class Plain(TypedDict, total=False):
        a: int

    assert convert_to_openai_function(Plain) == function("Plain", "", {"a": INT})


def test_injected_arguments_are_not_offered():
    assert convert_to_openai_function(injected) == function("injected", "X.", {"a": INT}, ["a"])


def test_a_type_alias_of_python_3_12_is_followed():
    if sys.version_info < (3, 12):
        pytest.skip("`type X = ...` needs Python 3.12")
    scope = {}
    exec("type Ids = list[int]\ndef f[T: int](x: Ids, y: 'T'): 'Doc.'", scope)
    ids = {"type": "array", "items": INT}
    assert convert_to_openai_function(scope["f"]) == function("f", "Doc.", {"x": ids, "y": INT}, ["x", "y"])


def test_two_recursive_classes_of_one_name_stay_apart():
    def make(field):
        cls = type("Same", (), {"__annotations__": {field: "Same"}})
        return dataclasses.dataclass(cls)

    def f(a, b):
        """F."""

    f.__annotations__ = {"a": make("left"), "b": make("right")}
    definitions = convert_to_openai_function(f)["parameters"]["$defs"]
    assert {name: list(schema["properties"]) for name, schema in definitions.items()} == {
        "Same": ["left"],
        "Same_": ["right"],
    }


class Model:
    """As pydantic 2 offers itself: a class method `model_json_schema`."""

    @classmethod
    def model_json_schema(cls):
        return {
            "title": "Model",
            "description": "M.",
            "type": "object",
            "required": ["title"],
            "properties": {
                "title": {"title": "Title", "type": "string", "default": {"title": "kept"}},
                "place": {"$ref": "#/$defs/Place", "description": "mine"},
                "again": {"anyOf": [{"$ref": "#/$defs/Loop"}, {"type": "null"}]},
            },
            "$defs": {
                "Place": {"title": "Place", "description": "its own", "type": "object", "properties": {}},
                "Loop": {"title": "Loop", "properties": {"loop": {"$ref": "#/$defs/Loop", "description": "on"}}},
            },
        }


ON = {"anyOf": [{"$ref": "#/$defs/Loop"}], "description": "on"}
MODEL = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": {"type": "string", "default": {"title": "kept"}},
        "place": {"type": "object", "properties": {}, "description": "mine"},
        "again": {"anyOf": [{"properties": {"loop": ON}}, {"type": "null"}]},
    },
}
LOOP = {"Loop": {"properties": {"loop": ON}}}


@pytest.mark.parametrize("model", [Model, Model()], ids=["class", "instance"])
def test_a_pydantic_model_is_known_by_its_method(model):
    assert convert_to_openai_function(model) == {
        "name": "Model",
        "description": "M.",
        "parameters": {**MODEL, "$defs": LOOP},
    }


def test_a_pydantic_model_inside_brings_its_definitions_to_the_top():
    made = convert_to_openai_function(with_annotation(List[Model]))["parameters"]
    assert made["properties"] == {"x": {"type": "array", "items": {**MODEL, "description": "M."}}}
    assert made["$defs"] == LOOP


def test_a_pydantic_1_model_is_known_by_its_method():
    class Old:
        __fields__ = {"a": None}

        @classmethod
        def schema(cls):
            return {
                "title": "Old",
                "type": "object",
                "properties": {"a": {"$ref": "#/definitions/A"}},
                "definitions": {"A": {"title": "A", "type": "integer"}},
            }

    assert convert_to_openai_function(Old) == function("Old", "", {"a": INT})


class ToolObject:
    def __init__(self, **attributes):
        self.name = "t"
        self.description = "d"
        self.__dict__.update(attributes)

    def __call__(self, wrong: int):
        """Not what the tool offers."""


class Tool(ToolObject):
    """LangChain's class of this name, whose tools take one text."""


PLACE_PARAMETERS = {"type": "object", "properties": {"name": STR}, "required": ["name"]}


@pytest.mark.parametrize(
    "tool, parameters",
    [
        (ToolObject(args_schema=Place), PLACE_PARAMETERS),
        (ToolObject(args_schema=None, tool_call_schema=Place), PLACE_PARAMETERS),
        (ToolObject(args_schema={"title": "x", "description": "y", **PLACE_PARAMETERS}), PLACE_PARAMETERS),
        (ToolObject(args_schema=None, args={"name": {"title": "Name", "type": "string"}}), PLACE_PARAMETERS),
        (ToolObject(args_schema=Model), {**MODEL, "$defs": LOOP}),
        (
            Tool(args_schema=None),
            {"type": "object", "properties": {"__arg1": {"title": "__arg1", "type": "string"}}, "required": ["__arg1"]},
        ),
    ],
    ids=[
        "args_schema",
        "tool_call_schema",
        "args_schema is a dict",
        "args",
        "args_schema is a model",
        "takes one text",
    ],
)
def test_a_tool_object_is_known_by_its_attributes(tool, parameters):
    expected = {"name": "t", "description": "d", "parameters": parameters}
    assert convert_to_openai_tool(tool) == {"type": "function", "function": expected}


def test_a_custom_tool_takes_free_text():
    tool = ToolObject(args_schema=None, metadata={"type": "custom_tool", "format": {"type": "text"}})
    assert convert_to_openai_tool(tool) == {
        "type": "custom",
        "name": "t",
        "description": "d",
        "format": {"type": "text"},
    }


def stale(a: int):
    """X.

    Args:
        a: A
        gone: no longer there
    """


def unsigned():
    """As some functions written in C are: inspect cannot tell the parameters."""


unsigned.__signature__ = "none"


class Alien:
    pass


@dataclasses.dataclass
class Holder:
    alien: Alien


REFUSED = [
    (with_annotation(Alien), TypeError, r"f\(\): parameter x is annotated <class .*Alien'>.*JSON schema"),
    (with_annotation(Dict[str, List[Alien]]), TypeError, r"f\(\): parameter x is annotated <class .*Alien"),
    (with_annotation(Callable[[int], int]), TypeError, r"f\(\): parameter x is annotated .*Callable"),
    (with_annotation(type), TypeError, r"f\(\): parameter x is annotated <class 'type'>"),
    (with_annotation(List[Holder]), TypeError, r"f\(\): parameter x, Holder\.alien is annotated"),
    (Holder, TypeError, r"Holder: field alien is annotated"),
    (
        text_tools.unresolvable,
        TypeError,
        r"unresolvable\(\): the annotation of a cannot be resolved .*NoSuchName.*import",
    ),
    (text_tools.Unresolvable, TypeError, r"Unresolvable: the annotations of Unresolvable cannot .*NoSuchName"),
    (lambda a: a, ValueError, r"lambda has no name.*def"),
    (functools.partial(lambda a: a, 1), ValueError, r"lambda has no name"),
    (Methods, TypeError, r"class Methods is no tool.*dataclass"),
    (Color, TypeError, r"class Color is no tool"),
    (int, TypeError, r"class int is no tool"),
    (stale, ValueError, r"docstring of stale describes 'gone'"),
    (unsigned, TypeError, r"unsigned\(\) tells nothing of its parameters"),
    ({"type": "object", "properties": {}}, ValueError, r'needs a "title"'),
    ({}, ValueError, r"is no tool; a tool is a function"),
    ({"toolSpec": {"name": "f"}}, ValueError, r'"toolSpec" needs'),
    ("text", ValueError, r"'text' is no tool"),
    (None, ValueError, r"None is no tool"),
    (Point(1), ValueError, r"Point\(x=1, y=0.5\) is no tool"),
]


@pytest.mark.parametrize("tool, error, says", REFUSED)
def test_what_is_no_tool_is_refused_with_a_remedy(tool, error, says):
    with pytest.raises(error, match=says):
        convert_to_openai_tool(tool)


def test_a_new_union_as_text_works_where_python_has_it():
    if sys.version_info >= (3, 10):
        made = convert_to_openai_function(text_tools.new_union)
        assert made["parameters"]["properties"]["a"] == {"anyOf": [INT, {"type": "null"}]}
    else:
        with pytest.raises(TypeError, match=r"new_union\(\): the annotation of a .*Union\[X, Y\]"):
            convert_to_openai_function(text_tools.new_union)


def test_the_description_in_a_typed_dict_must_be_text():
    from typing import Annotated

    class Wrong(TypedDict):
        a: Annotated[int, ..., 5]

    with pytest.raises(ValueError, match=r"Wrong\.a: the third argument"):
        convert_to_openai_function(Wrong)


@pytest.mark.parametrize(
    "tool", [{"name": "f", "strict": False}, {"type": "function", "function": {"name": "f", "strict": False}}]
)
def test_two_different_stricts_are_refused(tool):
    with pytest.raises(ValueError, match="'f' says strict=False, the call strict=True"):
        convert_to_openai_tool(tool, strict=True)
    assert convert_to_openai_tool(tool, strict=False) == convert_to_openai_tool(tool)


def test_a_reference_to_nothing_is_refused():
    class Broken:
        @classmethod
        def model_json_schema(cls):
            return {"title": "Broken", "properties": {"a": {"$ref": "#/$defs/Gone"}}}

    with pytest.raises(ValueError, match="#/\\$defs/Gone"):
        convert_to_openai_function(Broken)


def test_nothing_heavy_is_loaded():
    code = "import sys, minichat.utils.function_calling; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, universal_newlines=True
    ).stdout
    assert not {"asyncio", "ssl", "http.client", "decimal", "uuid", "typing_extensions", "pydantic"} & set(out.split())


def test_conversion_is_repeatable():
    assert convert_to_openai_tool(nothing) == convert_to_openai_tool(nothing)


def test_what_json_cannot_hold_is_left_out_of_defaults():
    class Dumps:
        def model_dump(self, mode):
            return {"mode": mode}

    values = [b"\xff", {1: 2}, {"a": object()}, [float("nan")], Dumps(), {"a": {"b"}}, {1, "a"}]
    shown = [
        convert_to_openai_function(with_annotation(dict, value))["parameters"]["properties"]["x"] for value in values
    ]
    missing = "no default"
    assert [one.get("default", missing) for one in shown] == [missing] * 4 + [{"mode": "json"}, {"a": ["b"]}, ["a", 1]]


def test_an_enum_of_values_that_json_cannot_hold_is_refused():
    odd = enum.Enum("odd", {"A": object()})
    with pytest.raises(TypeError, match=r"f\(\): parameter x may be one of .*use str or int values"):
        convert_to_openai_function(with_annotation(odd))


def test_what_is_returned_is_the_callers_to_change():
    first = convert_to_openai_function(with_annotation(decimal.Decimal))
    first["parameters"]["properties"]["x"]["anyOf"].clear()
    again = convert_to_openai_function(with_annotation(decimal.Decimal))
    assert again["parameters"]["properties"]["x"] == {"anyOf": [{"type": "number"}, STR]}
