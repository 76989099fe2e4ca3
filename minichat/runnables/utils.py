"""Small public values around runnables: dicts that add up, and the fields a call may choose."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, TypeVar, Union

from ..errors import ConfigurationError
from .base import Runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

__all__ = [
    "AddableDict",
    "ConfigurableField",
    "ConfigurableFieldMultiOption",
    "ConfigurableFieldSingleOption",
    "ConfigurableFieldSpec",
    "Input",
    "Output",
    "RunnableLike",
    "aadd",
    "add",
    "unique_specs",
]

# For annotations of users' own generic runnables.
Input = TypeVar("Input", contravariant=True)
Output = TypeVar("Output", covariant=True)
RunnableLike = Union[Runnable[Any, Any], Callable[..., Any], Mapping[str, Any]]  # what `|` takes


class AddableDict(dict):  # type: ignore[type-arg]
    """A dict that adds up with others, key by key; None gives way.

    Raises: TypeError for values of a key that do not add.

    >>> AddableDict({"a": "x"}) + {"a": "y", "b": 1}
    {'a': 'xy', 'b': 1}
    """

    def __add__(self, other: Any) -> AddableDict:
        total = AddableDict(self)
        for key, value in other.items():
            total[key] = _added(key, total.get(key), value)
        return total

    def __radd__(self, other: Any) -> AddableDict:
        return AddableDict(other) + self


def _added(key: Any, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    try:
        return left + right
    except TypeError as error:
        kinds = f"{type(left).__name__!r} and {type(right).__name__!r}"
        raise TypeError(f"Cannot add incompatible types for key {key!r}: {kinds}.") from error


def add(addables: Iterable[Any]) -> Any:
    """Add up items with `+`; None for none.

    Raises: TypeError for items that do not add.
    """
    total: Any = None
    for item in addables:
        total = item if total is None else total + item
    return total


async def aadd(addables: AsyncIterable[Any]) -> Any:
    """As `add`, for an async iterable."""
    total: Any = None
    async for item in addables:
        total = item if total is None else total + item
    return total


class ConfigurableField(NamedTuple):
    """A field that a call may choose, under `id` in `config["configurable"]`."""

    id: str
    name: Optional[str] = None
    description: Optional[str] = None
    annotation: Any = None
    is_shared: bool = False

    def __hash__(self) -> int:
        return hash((self.id, str(self.annotation)))


class ConfigurableFieldSingleOption(NamedTuple):
    """A field that a call may choose out of named options."""

    id: str
    options: Mapping[str, Any]
    default: str
    name: Optional[str] = None
    description: Optional[str] = None
    is_shared: bool = False

    def __hash__(self) -> int:
        return hash((self.id, tuple(self.options), self.default))


class ConfigurableFieldMultiOption(NamedTuple):
    """A list field that a call may choose several named options for."""

    id: str
    options: Mapping[str, Any]
    default: Sequence[str]
    name: Optional[str] = None
    description: Optional[str] = None
    is_shared: bool = False

    def __hash__(self) -> int:
        return hash((self.id, tuple(self.options), tuple(self.default)))


def unique_specs(runnables: Iterable[Any]) -> List[ConfigurableFieldSpec]:
    """Give the `config_specs` of several runnables, each choice once.

    Raises: ValueError for one id with two meanings.
    """
    known: Dict[str, ConfigurableFieldSpec] = {}
    for runnable in runnables:
        for spec in runnable.config_specs:
            if known.setdefault(spec.id, spec) != spec:
                raise ConfigurationError(f"RunnableSequence contains conflicting config specs for {spec.id}")
    return list(known.values())


class ConfigurableFieldSpec(NamedTuple):
    """What a call may choose, for people."""

    id: str
    annotation: Any
    name: Optional[str] = None
    description: Optional[str] = None
    default: Any = None
    is_shared: bool = False
    dependencies: Any = None
