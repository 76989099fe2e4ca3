"""Tools: schema from the signature, results, tool messages, errors, and what they tell."""

from __future__ import annotations

from typing import Annotated, List, Optional

from .library import program
from .observe import aattempt, attempt, every_log, every_way, pieces, shown


def call(name, args, id="7"):
    return {"name": name, "args": args, "id": id, "type": "tool_call"}


def adder(lc, **options):
    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    return lc.tool(**options)(add) if options else lc.tool(add)


@program
def tool_from_a_function(lc):
    add = adder(lc)
    return add.name, add.description, add.args, add.return_direct, add.get_name(), type(add).__name__


@program
def tool_invoked_with_a_dict(lc):
    return every_way(lambda: adder(lc), {"a": 1}), attempt(adder(lc).invoke, {"a": 1, "b": 5})


@program
def tool_invoked_with_a_call(lc):
    return every_way(lambda: adder(lc), call("add", {"a": 1}))


@program
def tool_invoked_with_a_bare_value(lc):
    return (
        attempt(adder(lc).invoke, 3),
        attempt(adder(lc).invoke, "3"),
        attempt(adder(lc).run, {"a": 1}),
        attempt(adder(lc).run, "5"),
    )


@program
def tool_arguments_that_do_not_fit(lc):
    add = adder(lc)
    return (
        attempt(add.invoke, {}),
        attempt(add.invoke, {"a": "x"}),
        attempt(add.invoke, {"a": "5"}),
        attempt(add.invoke, {"a": 1, "more": 2}),
        attempt(add.invoke, call("add", {"a": "x"})),
        attempt(add.invoke, {"a": None}),
    )


@program
def tool_with_a_name_and_options(lc):
    def search(query: str) -> str:
        """Find."""
        return query

    made = lc.tool("find")(search)
    described = lc.tool("look", description="Looks things up.", return_direct=True)(search)
    return made.name, made.invoke({"query": "x"}), described.description, described.return_direct, made.description


@program
def tool_without_a_docstring(lc):
    def bare(x: int) -> int:
        return x

    return attempt(lc.tool, bare), attempt(lambda: lc.tool(description="said")(bare).description)


@program
def tool_docstring_is_parsed_for_arguments(lc):
    @lc.tool(parse_docstring=True)
    def weather(city: str, days: Optional[int] = None) -> str:
        """Give the weather.

        Args:
            city: where to look.
            days: how far ahead.
        """
        return f"{city} {days}"

    converted = lc.convert_to_openai_tool(weather)
    return weather.description, converted, weather.invoke({"city": "x"})


@program
def tool_as_an_openai_tool(lc):
    @lc.tool
    def find(words: List[str], limit: int = 3, exact: bool = False) -> str:
        """Find words."""
        return ""

    converted = lc.convert_to_openai_tool(find)["function"]
    return (
        converted["name"],
        converted["description"],
        converted["parameters"]["required"],
        sorted(converted["parameters"]["properties"]),
    )


@program
async def tool_that_is_async(lc):
    @lc.tool
    async def later(x: int) -> int:
        """Later."""
        return x + 1

    return (
        await aattempt(later.ainvoke({"x": 1})),
        attempt(later.invoke, {"x": 1}),
        await aattempt(later.ainvoke(call("later", {"x": 2}))),
    )


@program
def tool_with_content_and_artifact(lc):
    @lc.tool(response_format="content_and_artifact")
    def both(x: int):
        """Both."""
        return f"text {x}", {"raw": x}

    @lc.tool(response_format="content_and_artifact")
    def wrong(x: int):
        """Not a pair."""
        return "only text"

    return attempt(both.invoke, {"x": 1}), attempt(both.invoke, call("both", {"x": 1})), attempt(wrong.invoke, {"x": 1})


@program
def tool_results_as_messages(lc):
    @lc.tool
    def give(kind: str):
        """Give a value."""
        return {
            "dict": {"a": "é"},
            "list": [1, 2],
            "blocks": [{"type": "text", "text": "x"}],
            "none": None,
            "number": 1.5,
            "message": lc.ToolMessage("own", tool_call_id="9"),
        }[kind]

    kinds = ("dict", "list", "blocks", "none", "number", "message")
    return [attempt(give.invoke, call("give", {"kind": kind})) for kind in kinds]


@program
def tool_errors(lc):
    @lc.tool
    def plain(x: int):
        """Fail."""
        raise ValueError("no")

    @lc.tool
    def declared(x: int):
        """Fail as a tool."""
        raise lc.ToolException("tool says no")

    return (
        attempt(plain.invoke, {"x": 1}),
        attempt(declared.invoke, {"x": 1}),
        attempt(declared.invoke, call("declared", {"x": 1})),
    )


@program
def tool_errors_handled(lc):
    def fail(x: int):
        raise lc.ToolException("tool says no")

    def build(handler):
        return lc.StructuredTool.from_function(fail, name="fail", description="Fail.", handle_tool_error=handler)

    return (
        attempt(build(True).invoke, {"x": 1}),
        attempt(build("fixed text").invoke, {"x": 1}),
        attempt(build(lambda error: f"made of {error}").invoke, {"x": 1}),
        attempt(build(True).invoke, call("fail", {"x": 1})),
        attempt(build(False).invoke, {"x": 1}),
    )


@program
def tool_validation_errors_handled(lc):
    def fine(x: int):
        return x

    def build(handler):
        return lc.StructuredTool.from_function(fine, name="fine", description="Fine.", handle_validation_error=handler)

    return (
        attempt(build(True).invoke, {"x": "y"}),
        attempt(build("fixed").invoke, {}),
        attempt(build(lambda error: "made").invoke, call("fine", {"x": "y"})),
    )


@program
async def structured_tool_with_both_sides(lc):
    def sync(x: int) -> str:
        """Sync."""
        return f"sync {x}"

    async def later(x: int) -> str:
        return f"async {x}"

    made = lc.StructuredTool.from_function(func=sync, coroutine=later, name="both")
    return (
        made.name,
        made.description,
        made.invoke({"x": 1}),
        await made.ainvoke({"x": 1}),
        attempt(lc.StructuredTool.from_function),
    )


@program
def simple_tool(lc):
    made = lc.Tool(name="echo", description="Echo.", func=lambda text: f"<{text}>")
    return (
        every_way(lambda: made, "x"),
        attempt(made.invoke, {"any": "y"}),
        attempt(made.invoke, {"a": 1, "b": 2}),
        made.args,
        attempt(made.run, "z"),
    )


@program
def tool_class_of_ones_own(lc):
    class Twice(lc.BaseTool):
        name: str = "twice"
        description: str = "Doubles."

        def _run(self, x: int, run_manager=None) -> int:
            return x * 2

    return every_way(Twice, {"x": 4}), Twice().args, attempt(Twice().invoke, call("twice", {"x": 1}))


@program
def tool_with_an_injected_argument(lc):
    def save(text: str, user: Annotated[str, lc.InjectedToolArg]) -> str:
        """Save."""
        return f"{user}: {text}"

    # An annotation that names the library under test cannot be a string: give it as LangChain's users write it.
    save.__annotations__ = {"text": str, "user": Annotated[str, lc.InjectedToolArg], "return": str}
    made = lc.tool(save)
    schema = lc.convert_to_openai_tool(made)["function"]["parameters"]
    return made.invoke({"text": "a", "user": "u"}), sorted(schema["properties"]), schema["required"]


@program
def tool_that_learns_its_call_id(lc):
    def who(x: int, call_id: str) -> str:
        """Say who."""
        return f"{x} {call_id}"

    who.__annotations__ = {"x": int, "call_id": Annotated[str, lc.InjectedToolCallId], "return": str}
    made = lc.tool(who)
    return attempt(made.invoke, call("who", {"x": 1}, "c9")), attempt(made.invoke, {"x": 1})


@program
def tool_takes_the_config(lc):
    def look(x: int, config) -> str:
        """Look."""
        return ",".join(sorted(config["tags"]))

    look.__annotations__ = {"x": int, "config": lc.RunnableConfig, "return": str}
    made = lc.tool(look)
    return attempt(made.invoke, {"x": 1}, {"tags": ["b", "a"]}), sorted(made.args)


@program
def tool_from_a_runnable(lc):
    chain = lc.RunnableLambda(lambda d: d["x"] + 1)
    return attempt(lambda: lc.tool("plus", chain, description="Adds.").invoke({"x": 1}))


@program
def tools_tell_their_runs(lc):
    return every_log(lc, lambda: adder(lc), {"a": 1}, tags=["t"], metadata={"m": 1})


@program
def tool_errors_tell_their_runs(lc):
    return every_log(lc, lambda: adder(lc), {"a": "x"}), every_log(lc, lambda: adder(lc), call("add", {}))["invoke"]


@program
def tools_calling_runnables_are_parents(lc):
    inner = lc.RunnableLambda(lambda x: x * 2, name="inner")

    def build():
        @lc.tool
        def outer(x: int) -> int:
            """Outer."""
            return inner.invoke(x)

        return outer

    return every_log(lc, build, {"x": 2})


@program
def tools_in_a_chain(lc):
    chain = lc.RunnableLambda(lambda x: {"a": x}) | adder(lc) | (lambda x: x * 10)
    return every_way(lambda: chain, 1), pieces(adder(lc).stream({"a": 1}))


@program
def tool_descriptions_rendered(lc):
    return lc.render_text_description([adder(lc)]), shown(adder(lc).tool_call_schema is not None)
