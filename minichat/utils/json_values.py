"""Python values as JSON holds them: defaults and the members of an Enum.

A default only informs the model, so what JSON cannot hold is left out by the callers (`UNWRITABLE`),
never guessed at. Dates, paths and the like are the text that their type reads back.
"""

from __future__ import annotations

import dataclasses
import enum
import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["UNWRITABLE", "json_value"]

UNWRITABLE: Any = object()
# By name (top-level module, class), so that nobody pays the import of what he does not use.
ISO_FORMAT = {("datetime", "date"), ("datetime", "time")}  # datetime is a date
AS_TEXT = {("uuid", "UUID"), ("decimal", "Decimal"), ("_decimal", "Decimal"), ("pathlib", "PurePath")}


def json_value(value: Any) -> Any:
    """Give a default as JSON would hold it, or UNWRITABLE where JSON cannot."""
    if isinstance(value, enum.Enum):
        return json_value(value.value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else UNWRITABLE
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [json_value(item) for item in (_sorted(value) if isinstance(value, (set, frozenset)) else value)]
        return UNWRITABLE if any(item is UNWRITABLE for item in items) else items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if callable(getattr(value, "model_dump", None)):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        pairs = {key: json_value(item) for key, item in value.items()}
        good = all(isinstance(key, str) and item is not UNWRITABLE for key, item in pairs.items())
        return pairs if good else UNWRITABLE
    if isinstance(value, (bytes, bytearray)):
        return _text(value)
    names = [(base.__module__.partition(".")[0], base.__name__) for base in type(value).__mro__]
    if ISO_FORMAT.intersection(names):
        return value.isoformat()
    return str(value) if AS_TEXT.intersection(names) else UNWRITABLE


def _sorted(values: set[Any] | frozenset[Any]) -> list[Any]:
    """A set has no order of its own, and a prompt should not change from run to run."""
    try:
        return sorted(values)
    except TypeError:  # of several types
        return sorted(values, key=repr)


def _text(value: bytes | bytearray) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return UNWRITABLE
