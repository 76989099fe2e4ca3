"""The same table through langchain-core: equal, or different for a reason that the table gives.

Runs where langchain-core is installed. A row that claims a difference must still differ, so the list
of differences (tool_table.DIFFERENCES) cannot outlive its cause. Refusals count as an answer.
"""

import json
import sys

import pytest

theirs = pytest.importorskip(
    "langchain_core.utils.function_calling", reason="langchain-core is not installed: nothing to compare with"
)

from minichat.utils.function_calling import convert_to_openai_function, convert_to_openai_tool  # noqa: E402

from .tool_table import DIFFERENCES, ROWS, TOOLS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def outcome(convert, tool, strict):
    try:
        return json.dumps(convert(tool, strict=strict), sort_keys=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def compare(ours, other, tool, strict, difference):
    mine, its = outcome(ours, tool, strict), outcome(other, tool, strict)
    if difference:
        assert mine != its, f"no difference any more: {DIFFERENCES[difference]}"
    else:
        assert mine == its


@pytest.mark.parametrize("name, tool, strict, _, difference", ROWS, ids=[row[0] for row in ROWS])
def test_langchain_makes_the_same_function(name, tool, strict, _, difference):
    compare(convert_to_openai_function, theirs.convert_to_openai_function, tool, strict, difference)


@pytest.mark.parametrize("tool, strict, _, difference", TOOLS, ids=[str(row[:2]) for row in TOOLS])
def test_langchain_makes_the_same_tool(tool, strict, _, difference):
    compare(convert_to_openai_tool, theirs.convert_to_openai_tool, tool, strict, difference)


def test_langchains_own_tools_are_understood():
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import InjectedToolArg, StructuredTool, Tool, tool
    from pydantic import BaseModel, Field
    from typing_extensions import Annotated

    class Person(BaseModel):
        """A person."""

        title: str = Field(description="how to address")
        friends: list = []

    def add(a: int, b: Annotated[int, "the b"] = 2, config: RunnableConfig = None):
        """Add."""

    def told(a: Annotated[int, Field(description="in words")], b: Annotated[str, InjectedToolArg()]):
        """Tell."""

    def nested(person: Person):
        """Meet."""

    schema = {"type": "object", "properties": {"a": {"type": "integer", "title": "A"}}, "required": ["a"], "title": "s"}
    tools = [
        Person, told, nested, tool(add), Tool(name="t", description="d", func=print),
        StructuredTool(name="s", description="d", args_schema=schema, func=print),
        StructuredTool.from_function(add, name="p", args_schema=Person),
    ]  # fmt: skip
    for each in tools:
        for strict in (None, True):
            compare(convert_to_openai_tool, theirs.convert_to_openai_tool, each, strict, "")


def test_every_difference_is_shown_by_a_row():
    shown = {row[-1] for row in ROWS + TOOLS} - {""}
    elsewhere = {"type", "init=False"}  # refused in test_function_calling; seen with "nested docstring"
    assert shown | elsewhere == set(DIFFERENCES), sys.version
