"""Single values for `validation.build`: numbers, texts, dates and the like, at three levels of care.

EXACT takes a value of the very type, STRICT also what JSON has no other way to say (1 for a float, a
text for a date), LAX what pydantic 2 converts in lax mode ("3" for an int, "yes" for a bool).
Classes outside the builtins are known by name, so that nobody pays the import of what he does not use.

Source: pydantic 2, "Conversion Table", as it runs (tests/utils/test_validation.py compares).
"""

from __future__ import annotations

import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

__all__ = ["EXACT", "LAX", "STRICT", "Unfit", "scalar"]

EXACT, STRICT, LAX = 0, 1, 2
INTEGER = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*(?:\.0+)?")
TRUE = ("1", "true", "t", "yes", "y", "on")
FALSE = ("0", "false", "f", "no", "n", "off")
DURATION = re.compile(
    r"([-+]?)P(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?"
)


class Unfit(Exception):
    """A value cannot become what was asked for; `expected` says what that is: "an integer"."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def scalar(cls: type, value: Any, level: int) -> Any:
    """Give `value` as an instance of `cls`, or NotImplemented for a class that is not known here.

    Raises: `Unfit`.
    """
    key = (cls.__module__.partition(".")[0], cls.__name__)
    if key not in READERS:
        return NotImplemented
    expected, read = READERS[key]
    if isinstance(value, cls) and not (isinstance(value, bool) and cls is not bool):
        return value
    try:
        built = NotImplemented if level == EXACT else read(cls, value, level == LAX)
    except (ValueError, OverflowError, ArithmeticError):  # decimal's errors are ArithmeticErrors
        built = NotImplemented
    if built is NotImplemented:
        raise Unfit(expected)
    return built


def _null(cls: Any, value: Any, lax: bool) -> Any:
    return None if value is None else NotImplemented


def _bool(cls: Any, value: Any, lax: bool) -> Any:
    if not lax:
        return NotImplemented
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    word = _decoded(value).lower()
    return True if word in TRUE else False if word in FALSE else NotImplemented


def _int(cls: Any, value: Any, lax: bool) -> Any:
    if isinstance(value, bool):
        return int(value) if lax else NotImplemented
    if isinstance(value, float):  # JSON has one kind of number: 3.0 is as whole as 3
        return int(value) if value.is_integer() else NotImplemented
    text = _decoded(value).strip() if lax else ""
    return int(text.partition(".")[0]) if INTEGER.fullmatch(text) else NotImplemented


def _float(cls: Any, value: Any, lax: bool) -> Any:
    if isinstance(value, int) and (lax or not isinstance(value, bool)):
        return float(value)
    return float(_decoded(value)) if lax else NotImplemented


def _str(cls: Any, value: Any, lax: bool) -> Any:
    return value.decode() if lax and isinstance(value, (bytes, bytearray)) else NotImplemented


def _bytes(cls: Any, value: Any, lax: bool) -> Any:
    return value.encode() if isinstance(value, str) else NotImplemented


def _bytearray(cls: Any, value: Any, lax: bool) -> Any:
    return bytearray(value.encode() if isinstance(value, str) else value) if _is_text(value) else NotImplemented


def _complex(cls: Any, value: Any, lax: bool) -> Any:
    return complex(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else NotImplemented


def _pattern(cls: Any, value: Any, lax: bool) -> Any:
    try:
        return re.compile(value) if isinstance(value, str) else NotImplemented
    except re.error as error:
        raise ValueError(str(error)) from error


def _datetime(cls: Any, value: Any, lax: bool) -> Any:
    import datetime

    if isinstance(value, str):  # with its hyphens: from Python 3.11 on it reads almost any run of digits
        return datetime.datetime.fromisoformat(_iso(value)) if "-" in value else NotImplemented
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if _is_number(value) and lax and math.isfinite(value):
        return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=value)
    return NotImplemented


def _date(cls: Any, value: Any, lax: bool) -> Any:
    moment = _datetime(cls, value, lax)
    whole = moment is not NotImplemented and not (moment.hour or moment.minute or moment.second or moment.microsecond)
    return moment.date() if whole else NotImplemented


def _time(cls: Any, value: Any, lax: bool) -> Any:
    import datetime

    if isinstance(value, str):
        return datetime.time.fromisoformat(_iso(value)) if ":" in value else NotImplemented
    if _is_number(value) and lax and 0 <= value < 86400:
        return _datetime(cls, value, lax).timetz()
    return NotImplemented


def _timedelta(cls: Any, value: Any, lax: bool) -> Any:
    import datetime

    if isinstance(value, str):
        found = DURATION.fullmatch(value)
        if not found or not any(found.groups()[1:]):
            return NotImplemented
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
        length = datetime.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return -length if found.group(1) == "-" else length
    return datetime.timedelta(seconds=value) if _is_number(value) and lax else NotImplemented


def _from_text(cls: Any, value: Any, lax: bool) -> Any:
    return cls(value) if isinstance(value, str) else NotImplemented


def _decimal(cls: Any, value: Any, lax: bool) -> Any:
    return cls(str(value)) if _is_number(value) or isinstance(value, str) else NotImplemented


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, bytes, bytearray))


def _decoded(value: Any) -> str:
    """Give a text. Raises: ValueError for anything that is none."""
    if not _is_text(value):
        raise ValueError("no text")
    return value if isinstance(value, str) else value.decode()


def _iso(text: str) -> str:
    """Write an ISO moment as Python 3.9 and 3.10 read it: no Z, and 3 or 6 digits of a second."""
    text = re.sub("[zZ]$", "+00:00", text)
    return re.sub(r"(?<=:[0-9]{2})\.([0-9]{1,6})[0-9]*", lambda found: f".{found.group(1):0<6}", text)


# (top-level module, class) -> what to say when it does not fit, and (class, value, lax) -> instance or NotImplemented
READERS: dict[tuple[str, str], tuple[str, Callable[[Any, Any, bool], Any]]] = {
    ("builtins", "NoneType"): ("null", _null),
    ("builtins", "bool"): ("a boolean", _bool),
    ("builtins", "int"): ("an integer", _int),
    ("builtins", "float"): ("a number", _float),
    ("builtins", "str"): ("a string", _str),
    ("builtins", "bytes"): ("a string", _bytes),
    ("builtins", "bytearray"): ("a string", _bytearray),
    ("builtins", "complex"): ("a complex number", _complex),
    ("re", "Pattern"): ("a regular expression", _pattern),
    ("datetime", "datetime"): ("a date and time (ISO 8601)", _datetime),
    ("datetime", "date"): ("a date (YYYY-MM-DD)", _date),
    ("datetime", "time"): ("a time (HH:MM:SS)", _time),
    ("datetime", "timedelta"): ("a duration (ISO 8601: P1DT2H)", _timedelta),
    ("uuid", "UUID"): ("a UUID", _from_text),
    ("decimal", "Decimal"): ("a number", _decimal),
    ("_decimal", "Decimal"): ("a number", _decimal),
    ("pathlib", "Path"): ("a path", _from_text),
    ("pathlib", "PurePath"): ("a path", _from_text),
}
