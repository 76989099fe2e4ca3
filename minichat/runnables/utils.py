"""Small public values around runnables: dicts that add up, and the fields a call may choose."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Mapping

__all__ = [
    "AddableDict",
    "ConfigurableField",
    "ConfigurableFieldMultiOption",
    "ConfigurableFieldSingleOption",
    "ConfigurableFieldSpec",
    "aadd",
    "add",
]


class AddableDict(dict):  # type: ignore[type-arg]
    """A dict that adds up with others: values of a key are added, or the later one stands.

    >>> AddableDict({"a": "x"}) + {"a": "y", "b": 1}
    {'a': 'xy', 'b': 1}
    """

    def __add__(self, other: Any) -> AddableDict:
        total = AddableDict(self)
        for key, value in other.items():
            total[key] = _added(total.get(key), value)
        return total

    def __radd__(self, other: Any) -> AddableDict:
        return AddableDict(other) + self


def _added(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    try:
        return left + right
    except TypeError:
        return right


def add(addables: Iterable[Any]) -> Any:
    """Add up items with `+`; None for none."""
    from .streams import Sum

    total = Sum()
    for item in addables:
        total.add(item)
    return total.value


async def aadd(addables: AsyncIterable[Any]) -> Any:
    """As `add`, for an async iterable."""
    from .streams import Sum

    total = Sum()
    async for item in addables:
        total.add(item)
    return total.value


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


class ConfigurableFieldSpec(NamedTuple):
    """What a call may choose, for people."""

    id: str
    annotation: Any
    name: Optional[str] = None
    description: Optional[str] = None
    default: Any = None
    is_shared: bool = False
    dependencies: Any = None
