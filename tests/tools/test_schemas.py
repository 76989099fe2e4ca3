"""What the model is told of a tool's arguments, and what a program may give as `args_schema`."""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated, Any, Dict, List, Optional, TypedDict

import pytest

from minichat import ChatOpenAI
from minichat.runnables import RunnableConfig, RunnableLambda
from minichat.tools import (
    ArgsSchema,
    BaseTool,
    InjectedToolArg,
    SchemaAnnotationError,
    StructuredTool,
    Tool,
    ToolInputError,
    convert_runnable_to_tool,
    create_schema_from_function,
    render_text_description,
    render_text_description_and_args,
    tool,
)
from minichat.utils.function_calling import convert_to_openai_tool

from . import makers
from .library import invoked, library

ours = library("minichat")
INT = {"type": "integer"}
POINT = {
    "description": "A point.",
    "properties": {
        "x": {"title": "X", "type": "integer"},
        "y_axis": {"default": 0.5, "title": "Y Axis", "type": "number"},
    },
    "required": ["x"],
    "title": "Point",
    "type": "object",
}

ARGS = [
    (makers.add, {"a": {"title": "A", **INT}, "b": {"default": 2, "title": "B", **INT}}),
    (makers.nothing, {}),
    (makers.one_text, {"tool_input": {"type": "string"}}),
    (makers.injected, {"a": {"title": "A", **INT}}),
    (makers.call_id, {"a": {"title": "A", **INT}}),
    (makers.asking_config, {"a": {"title": "A", **INT}}),
    (makers.asking_callbacks, {"a": {"title": "A", **INT}}),
    (makers.own, {"a": {"title": "A", **INT}, "b": {"default": "z", "title": "B", "type": "string"}}),
    (makers.schema_beside, {"a": {"type": "integer", "title": "A"}}),
    (makers.undescribed, {"a": {"title": "A", **INT}, "b": {"default": "x", "title": "B", "type": "string"}}),
    (
        makers.documented,
        {
            "a": {"description": "the a goes on", "title": "A", **INT},
            "b": {"default": "x", "description": "the b", "title": "B", "type": "string"},
        },
    ),
    (makers.typed(makers.Point), {"some_x": {"$ref": "#/$defs/Point"}}),
    (
        makers.typed(Optional[makers.Point], None),
        {"some_x": {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}], "default": None}},
    ),
    (makers.typed(Annotated[makers.Point, "where"]), {"some_x": {"$ref": "#/$defs/Point", "description": "where"}}),
    (
        makers.typed(List[makers.Color]),
        {"some_x": {"items": {"$ref": "#/$defs/Color"}, "title": "Some X", "type": "array"}},
    ),
    (makers.typed(Any), {"some_x": {"title": "Some X"}}),
]


@pytest.mark.parametrize("make, expected", ARGS)
def test_args_are_the_schemas_by_name(make, expected):
    made = make(ours)
    assert made.args == expected
    assert made.is_single_input is (len(expected) == 1)


def test_classes_are_definitions_written_once():
    def f(a, b):
        """F."""

    made = tool(makers.annotated(f, a=makers.Point, b=List[makers.Point]))
    schema = made.tool_call_schema.model_json_schema()
    assert schema["$defs"] == {"Point": POINT}
    assert schema == made.tool_call_schema.schema() == made.get_input_jsonschema()
    assert list(schema) == ["$defs", "description", "properties", "required", "title", "type"]


def test_a_named_tuple_is_an_array_with_titles():
    assert makers.typed(makers.Pair)(ours).get_input_jsonschema()["$defs"]["Pair"] == {
        "type": "array",
        "minItems": 1,
        "maxItems": 2,
        "prefixItems": [{"title": "First", "type": "integer"}, {"default": "x", "title": "Second", "type": "string"}],
    }


def test_a_tool_of_one_text_says_so_in_its_schema_too():
    made = makers.one_text(ours)
    assert made.get_input_schema().names == ["tool_input"]
    assert made.tool_call_schema.model_json_schema()["properties"]["tool_input"]["type"] == "string"


def test_without_a_schema_the_function_is_read():
    made = StructuredTool(name="add", func=makers.add(ours).func, args_schema=None, description="D.")
    assert list(made.args) == ["a", "b"]
    assert made.invoke({"a": 1}) == 3
    assert StructuredTool(name="none", args_schema=None).args == {}

    class Own(StructuredTool):
        def _run(self, c: int = 5) -> int:
            return c

    assert list(Own(name="own", args_schema=None).args) == ["c"]


def test_a_schema_has_the_docstring_without_its_indentation():
    def f():
        """One.

        Two.
        """

    assert tool(f).get_input_jsonschema()["description"] == "One.\n\nTwo."
    f.__doc__ = "One.\n\n    Two.\n    "
    assert tool(f).description == "One.\n\n    Two."
    assert tool(f).tool_call_schema.model_json_schema()["description"] == "One.\n\nTwo."


def test_two_classes_of_one_name_are_two_definitions():
    def another():
        @dataclasses.dataclass
        class Point:
            z: str

        return Point

    def f(a, b):
        """F."""

    schema = tool(makers.annotated(f, a=makers.Point, b=another())).get_input_jsonschema()
    assert set(schema["$defs"]) == {"Point", "Point_"}
    assert schema["$defs"]["Point_"]["properties"] == {"z": {"title": "Z", "type": "string"}}


@dataclasses.dataclass
class Node:
    value: int
    next: Optional[Node] = None


def test_a_class_that_contains_itself_refers_to_itself():
    schema = makers.typed(Node)(ours).get_input_jsonschema()
    assert schema["$defs"]["Node"]["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/Node"}


def test_an_annotation_without_json_form_is_refused_where_it_is_to_be_told():
    class Handle:
        pass

    made = makers.typed(Handle)(ours)
    handle = Handle()
    assert made.invoke({"some_x": handle}) is handle
    with pytest.raises(TypeError, match="parameter some_x"):
        made.args


def test_an_annotation_that_names_something_unknown_is_refused_at_once():
    def f(a):
        """F."""

    f.__annotations__ = {"a": "NoSuchName"}
    with pytest.raises(TypeError, match="the annotation of a"):
        tool(f)


def test_annotations_written_as_text_are_understood():
    def f(a: int, state: Annotated[Dict[str, int], InjectedToolArg], config: RunnableConfig):
        """F."""
        return (a, state, config["tags"])

    made = tool(f)
    assert list(made.args) == ["a"]
    assert made.invoke({"a": "1", "state": {"k": 2}}, {"tags": ["t"]}) == (1, {"k": 2}, ["t"])


def test_openais_form_has_no_titles_and_no_definitions():
    bare = {**POINT, "properties": {"x": INT, "y_axis": {"default": 0.5, "type": "number"}}}
    del bare["title"]
    assert convert_to_openai_tool(makers.typed(makers.Point)(ours)) == {
        "type": "function",
        "function": {
            "name": "f",
            "description": "D.",
            "parameters": {"type": "object", "properties": {"some_x": bare}, "required": ["some_x"]},
        },
    }


def test_a_model_takes_tools():
    bound = ChatOpenAI(api_key="k").bind_tools([makers.add(ours), makers.schema_beside(ours)], strict=None)
    names = [one["function"]["name"] for one in bound.kwargs["tools"]]
    assert names == ["add", "given"]
    assert bound.kwargs["tools"][0] == convert_to_openai_tool(makers.add(ours))


# -- what a program gives ------------------------------------------------------------------------


class Search(TypedDict, total=False):
    """Look for it."""

    query: Annotated[str, ..., "what to look for"]
    limit: Annotated[int, 5, "how many"]


class Told(TypedDict):
    query: str
    state: Annotated[str, InjectedToolArg]


@dataclasses.dataclass
class Order:
    """Buy it.

    Args:
        what: the thing
    """

    what: str
    places: List[makers.Point] = dataclasses.field(default_factory=list)
    count: int = 1
    user: Annotated[str, InjectedToolArg] = "nobody"


def test_a_typed_dict_is_a_schema():
    made = StructuredTool.from_function(lambda **values: values, name="search", args_schema=Search)
    assert made.description == "Look for it."
    assert made.args["query"] == {"description": "what to look for", "title": "Query", "type": "string"}
    assert made.args["limit"] == {"default": 5, "description": "how many", "title": "Limit", "type": "integer"}
    assert made.invoke({"query": "x", "limit": "3"}) == {"query": "x", "limit": 3}
    assert made.invoke({"query": "x"}) == {"query": "x", "limit": 5}


def test_a_typed_dict_may_mark_what_is_injected():
    made = StructuredTool.from_function(lambda **values: values, name="told", description="D.", args_schema=Told)
    assert list(made.args) == ["query"]
    assert made.get_input_jsonschema()["required"] == ["query", "state"]
    assert made.invoke({"query": "q", "state": "s"}) == {"query": "q", "state": "s"}
    with pytest.raises(ToolInputError, match="^told: state: is missing$"):
        made.invoke({"query": "q"})


def test_a_dataclass_is_a_schema():
    made = StructuredTool.from_function(lambda **values: values, name="order", args_schema=Order)
    assert made.description == "Buy it."
    assert list(made.args) == ["what", "places", "count"]
    assert made.args["what"]["description"] == "the thing"
    assert convert_to_openai_tool(made)["function"]["parameters"]["required"] == ["what"]
    given = {"what": "tea", "places": [{"x": "1"}], "user": "me"}
    assert made.invoke(given) == {"what": "tea", "places": [makers.Point(1)], "count": 1, "user": "me"}
    assert made.invoke({"what": "tea"})["places"] == []
    with pytest.raises(ToolInputError, match="^order: what: is missing$"):
        made.invoke({})


class Model:
    """What pydantic's classes offer, as far as a tool asks."""

    model_fields: Dict[str, Any] = {}

    def __init__(self, given):
        self.__dict__.update({name: field.default for name, field in self.model_fields.items()}, **given)
        self.model_fields_set = set(given)

    @classmethod
    def model_validate(cls, given):
        return cls({name: int(value) for name, value in given.items() if name in cls.model_fields})

    @classmethod
    def model_json_schema(cls, by_alias=True):
        properties = {name: {"type": "integer", "title": name.title()} for name in cls.model_fields}
        return {"title": cls.__name__, "type": "object", "properties": properties, "required": ["a", "b"]}


class ModelField:
    annotation = int
    default = None

    def __init__(self, *metadata, default=...):
        self.metadata = metadata
        self.default = default

    def is_required(self):
        return self.default is ...


class Given(Model):
    """Given."""

    model_fields = {"a": ModelField(), "b": ModelField(InjectedToolArg), "c": ModelField(default=3)}


def test_what_behaves_as_a_pydantic_class_is_a_schema():
    made = StructuredTool.from_function(lambda **values: values, name="given", args_schema=Given)
    assert made.args_schema is made.get_input_schema() is Given
    assert made.description == "Given."
    schema = made.tool_call_schema.model_json_schema()
    assert (schema["title"], list(schema["properties"]), schema["required"]) == ("given", ["a", "c"], ["a"])
    assert made.invoke({"a": "1", "b": "2"}) == {"a": 1, "b": 2, "c": 3}


def test_what_behaves_as_a_pydantic_class_is_a_definition_inside_others():
    made = makers.typed(List[Given])(ours)
    assert made.args == {"some_x": {"items": {"$ref": "#/$defs/Given"}, "title": "Some X", "type": "array"}}
    assert list(made.get_input_jsonschema()["$defs"]["Given"]["properties"]) == ["a", "b", "c"]
    assert [one.c for one in made.invoke({"some_x": [{"a": 1, "b": 2}]})] == [3]


def test_a_tool_of_one_text_may_have_a_schema():
    made = Tool.from_function(
        lambda query: query, "search", "D.", args_schema=dict(makers.schema_beside(ours).args_schema)
    )
    assert list(made.args) == ["a"]
    assert made.invoke({"a": 1}) == 1
    checked = Tool.from_function(lambda query: query, "search", "D.", args_schema=Order)
    assert list(checked.args) == ["what", "places", "count"]
    with pytest.raises(ToolInputError, match="^search: what: is missing$"):
        checked.invoke({})


def test_a_built_in_function_that_tells_nothing_of_its_parameters_takes_one_text():
    made = Tool("number", dict.fromkeys, "D.")
    assert made.invoke("ab") == {"a": None, "b": None}
    assert Tool("text", str, "D.").invoke("1") == "1"


@pytest.mark.parametrize("given", [5, "x", int, object()])
def test_what_is_no_schema_is_refused(given):
    with pytest.raises(TypeError, match="args_schema must be a TypedDict, a dataclass"):
        Tool("n", len, "d", args_schema=given)


def test_a_json_schema_is_given_back():
    made = makers.schema_beside(ours)
    assert made.get_input_jsonschema() is made.args_schema
    assert made.get_input_schema().model_json_schema() is made.args_schema
    assert repr(made.get_input_schema()) == "JsonSchema('Given', a)"
    assert made.tool_call_schema == {**made.args_schema, "description": "Given."}
    assert StructuredTool(name="bare", func=len, args_schema={"type": "object"}).args == {}


def test_a_class_that_annotates_its_schema_as_an_object_is_refused():
    class BaseModel:
        pass

    with pytest.raises(SchemaAnnotationError, match="Tool definition for Wrong"):
        type("Wrong", (BaseTool,), {"__annotations__": {"args_schema": BaseModel}})


def test_a_method_is_read_without_its_self():
    class Shop:
        def buy(self, what: str, count: int = 1, callbacks: Any = None) -> str:
            """Buy it."""
            return f"{count} {what}"

    assert create_schema_from_function("buy", Shop.buy).names == ["what", "count"]
    assert create_schema_from_function("buy", Shop.buy, filter_args=["self", "count"]).names == ["what", "callbacks"]
    assert tool(Shop().buy).invoke({"what": "tea", "count": "2"}) == "2 tea"


class Greeter:
    def __call__(self, who: str, state: Annotated[str, InjectedToolArg] = "s") -> str:
        """Greet."""
        return f"hello {who} {state}"


def greet(greeting: str, who: str, state: Annotated[str, InjectedToolArg] = "s") -> str:
    """Greet."""
    return f"{greeting} {who} {state}"


CALLABLES = [Greeter(), functools.partial(greet, "hello"), functools.partial(greet, greeting="hello")]


@pytest.mark.parametrize("function", CALLABLES)
def test_what_can_be_called_is_read_where_it_is_written(function):
    made = StructuredTool.from_function(function, name="greet")
    assert (made.description, list(made.args)) == ("Greet.", ["who"])
    assert made.invoke({"who": "you"}) == "hello you s"
    assert made.invoke({"who": "you", "state": "t"}) == "hello you t"


def test_injected_arguments_are_in_the_whole_schema_only():
    made = makers.injected(ours)
    assert made.args_schema.names == ["a", "state", "secret"]
    assert made.args_schema.injected == ["state", "secret"]
    assert made.tool_call_schema.names == ["a"]
    assert create_schema_from_function("f", made.func, include_injected=False).names == ["a"]
    state = {"k": [1]}
    assert made.invoke({"a": "1", "state": state})[1] is state, "what the program gives is not copied"
    assert repr(made.tool_call_schema) == "ArgsSchema('injected', a)"


# -- runnables -----------------------------------------------------------------------------------


def length(given: Search) -> int:
    return len(given["query"])


class Prompt(RunnableLambda):
    input_variables = ["topic"]


RUNNABLES = [
    ("a function of a TypedDict", RunnableLambda(length), None, ["query", "limit"], {"query": "abc"}, 3),
    (
        "a schema that is told",
        RunnableLambda(dict),
        Search,
        ["query", "limit"],
        {"query": "a"},
        {"query": "a", "limit": 5},
    ),
    ("a prompt", Prompt(lambda given: given["topic"]), None, ["topic"], {"topic": "t"}, "t"),
    ("a sequence", RunnableLambda(length) | RunnableLambda(str), None, ["query", "limit"], {"query": "abc"}, "3"),
    ("a tool", makers.add(ours), None, ["a", "b"], {"a": 1}, 3),
]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("_, runnable, schema, args, given, expected", RUNNABLES, ids=[row[0] for row in RUNNABLES])
def test_a_runnable_becomes_a_tool(_, runnable, schema, args, given, expected, way):
    for made in (
        tool("named", runnable, args_schema=schema, description="D."),
        convert_runnable_to_tool(runnable, schema, name="named", description="D."),
    ):
        assert (made.name, made.description, list(made.args)) == ("named", "D.", args)
        assert invoked(made, given, way=way) == expected


def unresolvable(given: NoSuchName):  # noqa: F821
    return given


def test_a_runnable_that_does_not_tell_its_arguments_is_refused_until_it_is_told():
    runnable = RunnableLambda(lambda given: given["a"] + 1)
    with pytest.raises(ValueError, match="object schema. Pass args_schema="):
        tool("named", runnable)
    with pytest.raises(TypeError, match="Tool input must be str or dict"):
        convert_runnable_to_tool(runnable)
    with pytest.raises(TypeError, match="Tool input must be str or dict"):
        convert_runnable_to_tool(RunnableLambda(unresolvable))
    made = convert_runnable_to_tool(runnable, arg_types={"a": int})
    assert made.invoke({"a": "1"}) == 2
    assert made.description.startswith("Takes {'properties': {'a'")
    with pytest.raises(ValueError, match="Too many arguments for tool decorator"):
        tool("named", runnable, 3)


def test_a_runnable_of_one_text_becomes_a_tool_of_one_text():
    def shout(text: str) -> str:
        return text.upper()

    made = convert_runnable_to_tool(RunnableLambda(shout), name="shout")
    assert isinstance(made, Tool)
    assert made.invoke("hey") == "HEY"


def test_tools_are_rendered_as_lines():
    tools = [makers.one_text(ours), makers.own(ours), makers.add(ours)]
    echo, own, add = render_text_description(tools).split("\n")
    assert (echo, own) == ("echo(text) - Say it again.", "own - Of one's own.")
    assert add.startswith("add(a: int, b: int = 2) - Add two numbers.")
    lines = render_text_description_and_args(tools).split("\n")
    assert lines[0] == "echo(text) - Say it again., args: {'tool_input': {'type': 'string'}}"


def test_a_schema_can_be_made_by_hand():
    from minichat.utils.fields import Field

    schema = ArgsSchema("by_hand", [Field("n", int, True), Field("m", List[int], False, [])])
    made = StructuredTool(name="t", func=lambda n, m: (n, m), args_schema=schema)
    assert made.invoke({"n": "1"}) == (1, [])
    made.invoke({"n": 1})[1].append(9)
    assert made.invoke({"n": 1}) == (1, []), "a default is each call's own"
