"""The tables through langchain-core 1.8: equal, or different for a reason given here.

A row that is said to differ must still differ, so that the list cannot outlive its causes.
"""

from __future__ import annotations

import json

import pytest

pytest.importorskip("langchain_core.tools", reason="langchain-core is not installed: nothing to compare with")

from .library import Listener, invoked, library, shown  # noqa: E402
from .tables import CALLS, EVENTS, MADE, TOOLS, identity  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
ours, theirs = library("minichat"), library("langchain_core")

TITLES = "LangChain leaves the titles of classes inside unions and tuples, where they only cost tokens"
TEXT = "LangChain reads the schema of a Tool from its own internals; ours says what `args` says"
OWN_NAMES = "a signature is printed with the library's own names"
DIFFERENT = {
    **{
        (name, part): TITLES
        for name, make in TOOLS
        for part in ("OpenAI's form", "OpenAI's form, strict")
        if name.startswith("typing.Optional[tests.tools.makers.Point]")
        or "Pair" in name
        or name == "many"
        or name.startswith("typing.Union[tests.tools.makers.Point")
    },
    **{(name, "what the model sees"): TEXT for name in ("one_text", "not_inferred")},
    **{(name, "as a line"): OWN_NAMES for name in ("injected", "call_id", "asking_config")},
}


def schema(given):
    return given if isinstance(given, dict) else given.model_json_schema()


PARTS = {
    "arguments": lambda lc, tool: tool.args,
    "one input": lambda lc, tool: tool.is_single_input,
    "what the model sees": lambda lc, tool: schema(tool.tool_call_schema),
    "all arguments": lambda lc, tool: tool.args_schema and schema(tool.args_schema),
    "OpenAI's form": lambda lc, tool: lc.convert_to_openai_tool(tool),
    "OpenAI's form, strict": lambda lc, tool: lc.convert_to_openai_tool(tool, strict=True),
    "as a line": lambda lc, tool: lc.render_text_description_and_args([tool]),
    "as a short line": lambda lc, tool: lc.render_text_description([tool]).split("(")[0],
    "settings": lambda lc, tool: (tool.return_direct, tool.response_format, tool.extras, tool.verbose, tool.get_name()),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name, make", TOOLS, ids=[row[0] for row in TOOLS])
def test_a_tool_describes_itself_as_langchains_does(name, make, part):
    def written(lc):
        return shown(lambda: json.dumps(PARTS[part](lc, make(lc)), sort_keys=True))

    mine, its = written(ours), written(theirs)
    if (name, part) in DIFFERENT:
        assert mine != its, f"no difference any more: {DIFFERENT[name, part]}"
    else:
        assert mine == its


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("_, make, given, expected", CALLS, ids=[row[0] for row in CALLS])
def test_a_tool_gives_what_langchains_gives(_, make, given, expected, way):
    assert shown(lambda: invoked(make(ours), given, way=way)) == shown(lambda: invoked(make(theirs), given, way=way))


@pytest.mark.parametrize("_, make, expected", MADE, ids=[row[0] for row in MADE])
def test_a_tool_is_made_or_refused_as_by_langchain(_, make, expected):
    mine, its = shown(lambda: identity(make(ours))), shown(lambda: identity(make(theirs)))
    if expected is None:  # the words are ours
        mine, its = mine.split(":")[0], its.split(":")[0]
    assert mine == its


def heard(lc, make, given, config, way):
    listener = Listener()
    shown(lambda: invoked(make(lc), given, {**config, "callbacks": [listener]}, way=way))
    assert len(listener.events) >= 2
    return "\n".join(listener.events).replace("ToolInputError", "ValidationError")


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("_, make, given, config", EVENTS, ids=[row[0] for row in EVENTS])
def test_handlers_hear_what_langchains_hear(_, make, given, config, way):
    assert heard(ours, make, given, config, way) == heard(theirs, make, given, config, way)


def test_a_pydantic_class_describes_arguments_and_makes_them_fit():
    pydantic = pytest.importorskip("pydantic")

    def make(lc):
        from typing import Annotated

        class Inner(pydantic.BaseModel):
            """Inside."""

            n: int = 1

        class Model(pydantic.BaseModel):
            """A model."""

            a: int = pydantic.Field(description="the a")
            b: Annotated[str, lc.InjectedToolArg] = "q"
            c: int = pydantic.Field(default=3, alias="cc")
            d: list[Inner] = []

        Model.__annotations__.update(a=int, c=int, d=list[Inner])
        return lc.StructuredTool.from_function(lambda **values: values, name="m", args_schema=Model)

    for part in PARTS.values():
        assert part(ours, make(ours)) == part(theirs, make(theirs))

    def outcome(lc, given):
        return shown(lambda: make(lc).invoke(given))

    for given in ({"a": "1", "b": "y"}, {"a": 1, "cc": 7}, {"a": "x"}, "1"):
        assert outcome(ours, given) == outcome(theirs, given)
