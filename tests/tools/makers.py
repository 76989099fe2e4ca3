"""The tools of the tables: each function makes one with the library it is given."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Annotated, Any, Dict, List, Literal, NamedTuple, Optional, Set, Tuple, Union

try:
    from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12
except ImportError:
    from typing import TypedDict


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


@dataclasses.dataclass
class Point:
    """A point."""

    x: int
    y_axis: float = 0.5


class Trip(TypedDict):
    """A trip."""

    days: int
    name: str


class Pair(NamedTuple):
    first: int
    second: str = "x"


def typed(annotation, default=..., **settings):
    """Make the maker of a tool whose one parameter `some_x` is annotated like this."""

    def make(lc):
        def f(some_x):
            return some_x

        f.__annotations__ = {"some_x": annotation}
        if default is not ...:
            f.__defaults__ = (default,)
        return lc.tool(f, description="D.", **settings)

    return make


def giving(value, **settings):
    """Make the maker of a tool without parameters that gives `value`, or what `value(lc)` gives."""

    def make(lc):
        def f():
            """F."""
            return value(lc) if callable(value) else value

        return lc.tool(f, **settings)

    return make


def raising(*words, **fields):
    """Make the maker of a tool that raises ToolException; `fields` are set on it."""

    def make(lc):
        def f():
            """F."""
            raise lc.ToolException(*words)

        return with_fields(lc.tool(f), fields)

    return make


def checking(**fields):
    """Make the maker of a tool of one int; `fields` are set on it."""

    def make(lc):
        def f(x: int):
            """F."""
            return x

        f.__annotations__ = {"x": int}
        return with_fields(lc.tool(f), fields)

    return make


def with_fields(tool, fields):
    for name, value in fields.items():
        setattr(tool, name, value)
    return tool


def annotated(function, **annotations):
    """Annotate with objects: `from __future__ import annotations` made text of what stands in this file."""
    function.__annotations__ = annotations
    return function


def add(lc):
    def add(a, b=2):
        """Add two numbers."""
        return a + b

    return lc.tool(annotated(add, a=int, b=int))


def add_later(lc):
    async def add_later(a, b=2):
        """Add two numbers."""
        return a + b

    return lc.tool(annotated(add_later, a=int, b=int))


def add_both(lc):
    def plain(a):
        """Say which."""
        return f"sync {a}"

    async def later(a):
        return f"async {a}"

    return lc.StructuredTool.from_function(annotated(plain, a=int), annotated(later, a=int), name="both")


def nothing(lc):
    def nothing():
        """Nothing."""
        return "done"

    return lc.tool(nothing)


def many(lc):
    def many(a, b, c=None, *args, d=True, **kwargs):
        """Many."""
        return (a, b, c, args, d, kwargs)

    return lc.tool(annotated(many, a=int, b=Point, c=Optional[Color], args=int, d=bool, kwargs=str))


def documented(lc):
    def documented(a, b="x"):
        """Sum up.

        At length.

        Args:
            a: the a
                goes on
            b: the b

        Returns:
            nothing
        """
        return (a, b)

    return lc.tool(annotated(documented, a=int, b=str), parse_docstring=True)


def undescribed(lc):
    def documented(a, b="x"):
        """Sum up.

        Args:
            a: the a
        """

    return lc.tool(annotated(documented, a=int, b=str))


def renamed(lc):
    return lc.tool("search", return_direct=True, description="Look it up.")(annotated(lambda query: query, query=str))


def injected(lc):
    def injected(a, state, secret="s"):
        """I."""
        return (a, state, secret)

    marked = {"state": Annotated[dict, lc.InjectedToolArg], "secret": Annotated[str, lc.InjectedToolArg()]}
    return lc.tool(annotated(injected, a=int, **marked))


def call_id(lc):
    def call_id(a, which):
        """C."""
        return f"{a} of {which}"

    return lc.tool(annotated(call_id, a=int, which=Annotated[str, lc.InjectedToolCallId]))


def schema_beside(lc):
    """A JSON schema, and a function that asks for more."""

    def f(**kwargs):
        return sorted(kwargs.items())

    schema = {
        "title": "Given",
        "description": "Given.",
        "type": "object",
        "properties": {"a": {"type": "integer", "title": "A"}},
        "required": ["a"],
    }
    return lc.StructuredTool.from_function(f, name="given", args_schema=schema)


def one_text(lc):
    return lc.Tool("echo", lambda text: f"{text}!", "Say it again.")


def one_text_later(lc):
    async def echo(text):
        return f"{text}!"

    return lc.Tool("echo", None, "Say it again.", coroutine=echo)


def not_inferred(lc):
    def f(x):
        """Give it back."""
        return x

    return lc.tool("plain", infer_schema=False)(f)


def own(lc):
    class Own(lc.BaseTool):
        name: str = "own"
        description: str = "Of one's own."

        def _run(self, a: int, b: str = "z", run_manager=None):
            return (a, b, type(run_manager).__name__)

    Own._run.__annotations__.update(a=int, b=str)
    return Own()


def own_both(lc):
    class Own(lc.BaseTool):
        name: str = "own"
        description: str = "Of one's own."

        def _run(self, a):
            return "sync", a

        async def _arun(self, a, run_manager=None):
            return "async", a, type(run_manager).__name__

    return Own()


def own_with_schema(lc):
    class Own(lc.BaseTool):
        name: str = "own"
        description: str = "Of one's own."
        args_schema: Any = {"type": "object", "properties": {"a": {"type": "integer"}}}

        def _run(self, a=5):
            return a

    return Own()


def asking_config(lc):
    def asking(a, how):
        """A."""
        return (a, how["tags"], how["metadata"], how["configurable"])

    return lc.tool(annotated(asking, a=int, how=lc.RunnableConfig))


def asking_callbacks(lc):
    def asking(a, callbacks=None):
        """A."""
        return (a, type(callbacks).__name__)

    return lc.tool(annotated(asking, a=int))


def nesting(lc):
    """A tool that calls a runnable, which finds its parent."""
    inner = lc.RunnableLambda(lambda x: x + 1).with_config(run_name="inner")

    def nesting(a):
        """N."""
        return inner.invoke(a)

    return lc.tool(annotated(nesting, a=int))


def nesting_later(lc):
    inner = lc.RunnableLambda(lambda x: x + 1).with_config(run_name="inner")

    async def nesting(a):
        """N."""
        return await inner.ainvoke(a)

    return lc.tool(annotated(nesting, a=int))


def labelled(lc):
    return with_fields(add(lc), {"tags": ["own"], "metadata": {"own": 1}})


def failing(lc):
    def failing():
        """F."""
        raise KeyError("lost")

    return lc.tool(failing)


def artifact(value):
    return giving(value, response_format="content_and_artifact")


def message(lc):
    return lc.ToolMessage("mine", tool_call_id="other")


ANNOTATIONS = [
    int,
    str,
    float,
    bool,
    dict,
    list,
    Any,
    None,
    bytes,
    datetime.date,
    datetime.datetime,
    Optional[int],
    Union[int, str],
    List[int],
    Dict[str, int],
    Set[str],
    Tuple[int, str],
    Tuple[int, ...],
    Literal["a", "b"],
    Literal[1],
    Color,
    Point,
    Pair,
    Trip,
    Optional[Point],
    List[Point],
    List[Trip],
    Dict[str, Color],
    Union[Point, Color, None],
    Annotated[int, "how many"],
    Annotated[Point, "where"],
    Annotated[List[Color], "which"],
]
DEFAULTS = [
    (int, 3),
    (Optional[str], None),
    (List[int], [1]),
    (Dict[str, int], {}),
    (Color, Color.RED),
    (Point, Point(1)),
    (Annotated[int, "how many"], 4),
    (Optional[Point], None),
    (Tuple[int, str], (1, "a")),
]
