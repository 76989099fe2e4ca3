"""What a tool tells a model of its arguments, for every kind of annotation, and what it makes of values."""

from __future__ import annotations

import enum
from typing import Dict, List, Literal, Optional, Tuple, TypedDict, Union

from .library import program
from .observe import aattempt, attempt, shown


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Place(TypedDict):
    """Where."""

    city: str
    zip: Optional[int]


def schema_of(lc, function, **options):
    made = lc.tool(**options)(function) if options else lc.tool(function)
    return lc.convert_to_openai_tool(made)["function"], made


@program
def schema_of_plain_types(lc):
    def f(a: int, b: float, c: str, d: bool) -> str:
        """Do."""
        return f"{a!r} {b!r} {c!r} {d!r}"

    schema, made = schema_of(lc, f)
    return (
        schema,
        attempt(made.invoke, {"a": "1", "b": 2, "c": "x", "d": "true"}),
        attempt(made.invoke, {"a": 1.0, "b": "2.5", "c": "x", "d": 1}),
        attempt(made.invoke, {"a": 1.5, "b": 1, "c": "x", "d": True}),
        attempt(made.invoke, {"a": 1, "b": 1, "c": 3, "d": True}),
        attempt(made.invoke, {"a": 1, "b": 1, "c": "x", "d": "maybe"}),
    )


@program
def schema_of_containers(lc):
    def f(a: List[int], b: Dict[str, float], c: Tuple[int, str], d: list, e: dict) -> str:
        """Do."""
        return f"{a!r} {b!r} {c!r} {d!r} {e!r}"

    schema, made = schema_of(lc, f)
    value = {"a": ["1", 2], "b": {"x": "1.5"}, "c": [1, "y"], "d": [None], "e": {"k": []}}
    return (
        sorted(schema["parameters"]["properties"]),
        attempt(made.invoke, value),
        attempt(made.invoke, {**value, "a": 3}),
    )


@program
def schema_of_choices(lc):
    def f(a: Literal["x", "y"], b: Colour = Colour.RED, c: Union[int, str] = 1, d: Optional[int] = None) -> str:
        """Do."""
        return f"{a!r} {b!r} {c!r} {d!r}"

    schema, made = schema_of(lc, f)
    return (
        schema["parameters"]["properties"]["a"],
        schema["parameters"]["required"],
        attempt(made.invoke, {"a": "x"}),
        attempt(made.invoke, {"a": "z"}),
        attempt(made.invoke, {"a": "y", "b": "blue", "c": "s", "d": None}),
        attempt(made.invoke, {"a": "y", "b": "green"}),
    )


@program
def schema_with_defaults(lc):
    def f(a: int = 1, b: str = "x", c: Optional[List[str]] = None) -> str:
        """Do."""
        return f"{a} {b} {c}"

    schema, made = schema_of(lc, f)
    return schema, attempt(made.invoke, {}), attempt(made.invoke, {"c": ["q"]})


@program
def schema_without_annotations(lc):
    def f(a, b=1):
        """Do."""
        return f"{a!r} {b!r}"

    schema, made = schema_of(lc, f)
    return (
        sorted(schema["parameters"]["properties"]),
        attempt(made.invoke, {"a": [1]}),
        attempt(made.invoke, {"a": "x", "b": "y"}),
    )


@program
def schema_of_no_arguments(lc):
    def f() -> str:
        """Do."""
        return "done"

    schema, made = schema_of(lc, f)
    call = {"name": "f", "args": {}, "id": "1", "type": "tool_call"}
    return schema, attempt(made.invoke, {}), attempt(made.invoke, call)


@program
def schema_given_as_json(lc):
    given = {
        "title": "Find",
        "description": "Find things.",
        "type": "object",
        "properties": {"q": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["q"],
    }

    def f(**kwargs):
        """Unused."""
        return sorted(kwargs.items())

    made = lc.StructuredTool.from_function(f, name="find", description="Find it.", args_schema=given)
    return lc.convert_to_openai_tool(made), made.args, attempt(made.invoke, {"q": "x", "n": 1})


@program
def schema_with_descriptions(lc):
    def f(city: str, days: int = 1) -> str:
        """Give the weather.

        In detail, and in several
        lines.

        Args:
            city: The city,
                or town.
            days: How many.

        Returns:
            A text.
        """
        return ""

    plain, _ = schema_of(lc, f)
    parsed, _ = schema_of(lc, f, parse_docstring=True)
    return plain, parsed


@program
def schema_of_a_docstring_that_names_others(lc):
    def f(city: str) -> str:
        """Give the weather.

        Args:
            town: Not there.
        """
        return ""

    return attempt(lambda: lc.tool(parse_docstring=True)(f)), attempt(
        lambda: lc.tool(parse_docstring=True, error_on_invalid_docstring=False)(f).description
    )


@program
def openai_tools_of_other_things(lc):
    def plain(a: int) -> int:
        """Plain.

        Args:
            a: A number.
        """
        return a

    json_schema = {"title": "T", "description": "D.", "type": "object", "properties": {"x": {"type": "string"}}}
    function = {"name": "n", "description": "d", "parameters": {"type": "object", "properties": {}}}
    return (
        lc.convert_to_openai_tool(plain),
        lc.convert_to_openai_tool(json_schema),
        lc.convert_to_openai_tool(function),
        lc.convert_to_openai_tool({"type": "function", "function": function}),
        lc.convert_to_openai_tool(Place)["function"]["name"],
        lc.convert_to_openai_function(plain)["name"],
        attempt(lc.convert_to_openai_tool, {"nothing": 1}),
        attempt(lc.convert_to_openai_tool, 3),
    )


@program
def openai_tools_that_are_strict(lc):
    def f(a: int, b: Optional[str] = None) -> str:
        """Do."""
        return ""

    strict = lc.convert_to_openai_tool(f, strict=True)["function"]
    return strict["strict"], strict["parameters"]["required"], strict["parameters"]["additionalProperties"]


@program
def tool_made_by_each_spelling(lc):
    def f(a: int) -> int:
        """Do."""
        return a

    made = [
        lc.tool(f),
        lc.tool()(f),
        lc.tool("named")(f),
        lc.tool("named", description="Said.")(f),
    ]
    return [(one.name, one.description, one.invoke({"a": 1})) for one in made], attempt(lc.tool, 3)


@program
def tool_of_a_single_text(lc):
    @lc.tool(infer_schema=False)
    def echo(text: str) -> str:
        """Echo."""
        return f"<{text}>"

    return type(echo).__name__, echo.args, attempt(echo.invoke, "x"), attempt(echo.invoke, {"any": "y"})


@program
def tool_return_direct_and_extras(lc):
    @lc.tool(return_direct=True)
    def f(a: int) -> int:
        """Do."""
        return a

    f.tags, f.metadata = ["t"], {"m": 1}
    return f.return_direct, f.tags, f.metadata


@program
async def tool_errors_handled_in_async(lc):
    async def fail(x: int):
        raise lc.ToolException("no")

    made = lc.StructuredTool.from_function(coroutine=fail, name="fail", description="Fail.", handle_tool_error=True)
    call = {"name": "fail", "args": {"x": 1}, "id": "1", "type": "tool_call"}
    return (
        await aattempt(made.ainvoke({"x": 1})),
        await aattempt(made.ainvoke(call)),
        await aattempt(made.arun({"x": 2})),
    )


@program
def tool_batches_and_chains(lc):
    @lc.tool
    def double(x: int) -> int:
        """Double."""
        return x * 2

    return (
        attempt(double.batch, [{"x": 1}, {"x": 2}]),
        attempt(double.map().invoke, [{"x": 3}]),
        attempt((double | str).invoke, {"x": 4}),
        attempt(double.with_retry(stop_after_attempt=1).invoke, {"x": 5}),
        attempt(double.bind().invoke, {"x": 6}),
        shown(double.with_config(tags=["t"]).invoke({"x": 7})),
    )
