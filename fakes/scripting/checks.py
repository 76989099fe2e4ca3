"""What is wrong with a script, and where: the errors, and the judging of a JSON value by the tables of fields.

A `Checker` goes through a script once and notes everything that is wrong; what is right is given back, so that one
slip does not hide the next. Constructors that refuse a value say so with the name of the field first, which becomes
the place.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..replies.schemas import is_kind
from .fields import ENOUGH, NEEDED, ONE_OF, SHAPES, Field
from .matching import shown, suggestion
from .places import Document, Path, line_and_column, spelled

__all__ = ["Checker", "FREE", "Problem", "ScriptError", "whole"]

KINDS = {
    "string": "a text", "array": "a list", "object": "an object", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip
FREE = Field("", {})  # a field that a constructor judges


class Problem(NamedTuple):
    """One thing that is wrong: file (empty for a mapping), line and column (from 1; 0 when unknown), field, words."""

    file: str
    line: int
    column: int
    field: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self.field + ': ' if self.field else ''}{self.text}"


class ScriptError(ValueError):
    """A script that cannot be used. The text is a line for each of `problems`; `files` are those it was read from."""

    def __init__(self, problems: List[Problem], files: Tuple[str, ...] = ()) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
        self.files = files


class Checker:
    """Judges the values of one script by the tables."""

    def __init__(self, document: Document, text: str = "", name: str = "") -> None:
        self._document = document
        self._text = text
        self._name = name
        self.problems: List[Problem] = []
        self.files = [name] if name else []
        for path, offset in document.repeated:
            self._note(path, "stands twice in its object; leave one out", offset)

    def wrong(self, path: Path, text: str, *, at_name: bool = False) -> None:
        """Note a problem, at a value or at its name."""
        offset = self._document.names.get(path) if at_name else None
        above = path
        while offset is None and self._name:
            offset = self._document.values.get(above)
            above = above[:-1]
        self._note(path, text, offset)

    def _note(self, path: Path, text: str, offset: Optional[int]) -> None:
        line, column = line_and_column(self._text, offset) if offset is not None else (0, 0)
        self.problems.append(Problem(self._name, line, column, spelled(path), text))

    def fields(self, value: Any, shape: str, path: Path, known: Optional[Mapping[str, Field]] = None) -> Dict[str, Any]:
        """Give the fields of an object that are right as far as the tables can tell."""
        table = SHAPES[shape] if known is None else known
        if not isinstance(value, Mapping):
            self.wrong(path, f"takes an object with {', '.join(table)}, not {shown(value)}")
            return {}
        found: Dict[str, Any] = {}
        for name, item in value.items():
            if name not in table:
                self.wrong((*path, str(name)), f"no such field{suggestion(str(name), table)}", at_name=True)
            elif self.fits(item, table[name].schema, (*path, name)):
                found[name] = item
        for name in NEEDED.get(shape, ()):
            if name not in value:
                self.wrong(path, f"needs {name!r}")
        some = ONE_OF.get(shape, ())
        there = [name for name in some if name in value]
        if some and len(there) != 1:
            self.wrong(path, f"has one of {', '.join(some)}, not {' and '.join(there) or 'none'}")
        if shape in ENOUGH and not any(name in value for name in ENOUGH[shape]):
            self.wrong(path, f"needs one of {', '.join(ENOUGH[shape])}, or error")
        return found

    def fits(self, value: Any, schema: Mapping[str, Any], path: Path) -> bool:
        """Judge a value by its fragment of schema; what the fragment only refers to is judged by its own reader."""
        if "enum" in schema and (not isinstance(value, str) or value not in schema["enum"]):
            known = schema["enum"]
            close = suggestion(value, known) if isinstance(value, str) else f"; there are {', '.join(known)}"
            self.wrong(path, f"cannot be {shown(value)}{close}")
            return False
        kinds = schema.get("type", ())
        kinds = (kinds,) if isinstance(kinds, str) else kinds
        if kinds and not any(is_kind(value, kind) for kind in kinds):
            takes = " or ".join(KINDS[kind] for kind in kinds)
            self.wrong(path, f"takes {takes}, not {shown(value)}")
            return False
        problem = _out_of_range(value, schema)
        if problem:
            self.wrong(path, f"{problem}, not {shown(value)}")
            return False
        if isinstance(value, (list, tuple)) and "items" in schema:
            return all([self.fits(item, schema["items"], (*path, place)) for place, item in enumerate(value)])
        if isinstance(value, Mapping) and isinstance(schema.get("additionalProperties"), dict):
            return all(
                [self.fits(item, schema["additionalProperties"], (*path, str(name))) for name, item in value.items()]
            )
        return True

    def made(self, make: Callable[..., Any], settings: Mapping[str, Any], path: Path) -> Any:
        """Call a constructor; what it refuses is told one setting after the other. None when there was anything."""
        left = {name: whole(value) for name, value in settings.items()}
        told: List[str] = []
        while True:
            try:
                thing = make(**left)
                return None if told else thing
            except (ValueError, TypeError) as problem:
                name, text = _field_and_text(str(problem))
                if name not in told:
                    self.wrong((*path, name) if name in left else path, text if name in left else f"{name}: {text}")
                told.append(name)
                if left.pop(name, None) is None:
                    return None


def _out_of_range(value: Any, schema: Mapping[str, Any]) -> str:
    """Say what a value is to be, when its schema has limits and it is outside of them."""
    if is_kind(value, "number"):
        kind = "is a whole number" if "integer" in schema.get("type", ()) else "is a number"
        least, most = schema.get("minimum"), schema.get("maximum")
        if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
            return f"{kind} above {schema['exclusiveMinimum']}"
        if (least is None or value >= least) and (most is None or value <= most) and value < float("inf"):
            return ""
        return f"{kind} from {least}" + ("" if most is None else f" to {most}")
    if isinstance(value, (str, list)) and len(value) < schema.get(
        "minLength" if isinstance(value, str) else "minItems", 0
    ):
        return "must not be empty"
    return ""


def whole(value: Any) -> Any:
    """Give 3 for 3.0 where a whole number is wanted: JSON knows no difference, as its schemas say."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _field_and_text(text: str) -> Tuple[str, str]:
    """Cut an error of a constructor into the field's name and what is wrong with it."""
    match = re.match(r"(?:pace\.|quota\.)?([a-z_]+)(?:: | (?=is ))(.*)", text, re.DOTALL)
    return (match.group(1), match.group(2)) if match else ("", text)
