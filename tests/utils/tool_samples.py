"""Functions and classes to be tools. tool_table.py says what becomes of them.

No `from __future__ import annotations` here: annotations are objects; as text they are in text_tools.py.
"""

import dataclasses
import decimal
import enum
import functools
import typing
from typing import (
    Annotated,
    Any,
    ClassVar,
    Dict,
    List,
    Literal,
    NewType,
    Optional,
    Tuple,
    TypeVar,
)

try:  # pydantic takes typing's own from Python 3.12 on only, so that langchain-core's answer can be had before
    from typing_extensions import NotRequired, Required, TypedDict
except ImportError:
    from typing import TypedDict

    NotRequired, Required = getattr(typing, "NotRequired", None), getattr(typing, "Required", None)


class Color(enum.Enum):
    """Colors."""

    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Mixed(str, enum.Enum):
    ONLY = "only"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


@dataclasses.dataclass
class Place:
    """A place."""

    name: str


@dataclasses.dataclass
class Journey:
    """A journey.

    Args:
        start: where it starts
    """

    kinds: ClassVar[int] = 3
    start: Place
    stops: List[Point] = dataclasses.field(default_factory=list)
    length: int = dataclasses.field(default=3, init=False)


@dataclasses.dataclass
class Built:
    """Built."""

    a: int
    seed: dataclasses.InitVar[int] = 3


@dataclasses.dataclass
class Node:
    """A node."""

    value: int
    next: Optional["Node"] = None


class Pair(typing.NamedTuple):
    left_side: int
    right: str = "x"


class Joke(TypedDict):
    """Joke to tell.

    Args:
        setup: how it starts
        unknown: is ignored
    """

    setup: Annotated[str, ..., "The setup"]
    punchline: Annotated[str, ..., "The punchline"]
    rating: Annotated[Optional[int], None, "How funny, 1 to 10"]
    language: Annotated[str, "en"]
    tags: Annotated[List[str], ..., "Tags"]
    kind: Literal["pun", "riddle"]
    author: Optional[str]
    extra: dict
    counts: Dict[str, int]
    best: Annotated[int, 7, "Best"]


class Silent(TypedDict):
    a: int


class Inner(TypedDict):
    """Inner."""

    a: int


class Outer(TypedDict):
    """Outer."""

    one: Inner
    many: List[Inner]
    maybe: Optional[Inner]
    listed: Annotated[List[Inner], ..., "listed"]


class WithEnum(TypedDict):
    """E."""

    color: Color


class WithDescribed(TypedDict):
    """D."""

    inner: Annotated[Inner, ..., "the inner"]


class WithPlace(TypedDict):
    """P."""

    place: Place


class WithPair(TypedDict):
    """T."""

    pair: Tuple[int, str]


class WithDecimal(TypedDict):
    """N."""

    price: decimal.Decimal


class Partial(TypedDict, total=False):
    """Half."""

    a: int
    b: Annotated[int, ..., "b"]


class Tree(TypedDict):
    """Tree."""

    children: List["Tree"]


class Told(TypedDict):
    """Told."""

    a: Annotated[int, "told"]
    b: Annotated[int, 3, "b told"]


class Documented(TypedDict):
    """Documented.

    Args:
        a: the a
    """

    a: int


UserId = NewType("UserId", int)
Bound = TypeVar("Bound", bound=int)
Free = TypeVar("Free")
Either = TypeVar("Either", int, str)

if NotRequired is not None:

    class Marked(TypedDict):
        """Marked."""

        a: Required[int]
        b: NotRequired[Annotated[int, ..., "b"]]
        c: Annotated[NotRequired[int], ..., "c"]

    class MarkedPartial(TypedDict, total=False):
        """Marked."""

        a: Required[int]
        b: int


def nothing():
    pass


def undocumented(a: int):
    pass


def unannotated(a, b=3):
    """X."""


def variadic(a: int, *args: int, **kw: str):
    """X."""


def bare_variadic(*rest, **more):
    """X."""


def keyword_only(a: int, *, b: str = "x"):
    """X."""


def positional_only(a: int, /, b: int):
    """X."""


def unlucky_names(args: int, kwargs: str):
    """X."""


async def waits(a: int) -> str:
    """Wait for it.

    Returns:
        something
    """


def google(a: int, b: str = "x", c: Annotated[int, "from the annotation"] = 1, d: Annotated[int, "told"] = 2):
    """First paragraph
    over two lines.

    Second one.

    Note:
        Belongs to it.

    Args:
        a: The a. It
            goes on: here.
        b (str, optional): The b: with a colon
        c: the docstring wins

    Returns:
        something

    Raises:
        ValueError: never
    """


def args_after_returns(a: int):
    """X.

    Returns:
        something

    More.

    Args:
        a: A
    """


def only_example():
    """X.

    Example:
        nothing()
    """


def raises_only(a: int):
    """X.

    Raises:
        ValueError: never
    """


def no_blank_line(a: int):
    """X.
    Args:
        a: A
    """


def blank_line_inside(a: int, b: int):
    """X.

    Args:
        a: A

        b: B

    Not this: C
    """


def next_line(a: int):
    """X.

    Args:
        a:
            On the next line.
    """


def starred(a: int, *args: int, **kwargs: int):
    """X.

    Args:
        a: A
        *args: the rest
        **kwargs: by name
        other: goes into kwargs
    """


def describes_unannotated(a, b: int):
    """X.

    Args:
        a: A
        b: B
    """


def arguments_heading(a: int):
    """X.

    Arguments:
        a: A
        b: unknown, and no promise
    """


def numpy_style(a: int, b: str = "x", c: int = 0, d: int = 0):
    """Short.

    Long text.

    Parameters
    ----------
    a : int
        The a.

        More of a.
    b : str, optional
        The b.
    c, d : int
        Both.

    Returns
    -------
    str
        Something.
    """


def rest_style(a: int, b: str = "x"):
    """Short.

    :param a: The a.
    :param str b: The b
        goes on.
    :raises ValueError: never
    :returns: something
    :rtype: str
    """


def run_arguments(a: int, run_manager: Any = None, callbacks: Any = None, config: Optional[dict] = None):
    """X."""


def unresolvable_but_skipped(a: int, run_manager: "NoSuchName" = None) -> "NoSuchName":  # noqa: F821
    """X."""


class RunnableConfig(TypedDict, total=False):
    """Stands for LangChain's own: known by its name."""

    tags: List[str]


class InjectedToolArg:
    """Stands for LangChain's own: known by its name."""


class InjectedToolCallId(InjectedToolArg):
    pass


def configured(a: int, config: RunnableConfig, again: Optional[RunnableConfig] = None, late: "RunnableConfig" = None):
    """X."""


def injected(a: int, b: Annotated[str, InjectedToolArg], c: Annotated[str, InjectedToolCallId()] = ""):
    """X."""


def own_descriptions(a: Place, b: Place, c: Color = Color.RED):
    """X.

    Args:
        b: mine
        c: also mine
    """


def recursive(node: Node):
    """X."""


def described_recursive(node: Annotated[Node, "start"]):
    """X."""


@functools.lru_cache
def cached(a: int):
    """X."""


class Methods:
    """Methods."""

    def method(self, a: int):
        """M."""

    @classmethod
    def class_method(cls, a: int):
        """C."""

    @staticmethod
    def static_method(a: int):
        """S."""

    def __call__(self, a: int):
        """Call."""


class Undocumented:
    """From the class."""

    def __call__(self, a: int):
        pass
