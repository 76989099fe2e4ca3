"""Read what a docstring says about arguments: Google, NumPy and reST style.

The text before the first section is the description, its paragraphs joined by a space, as LangChain
joins them. Which style it is decides the first section heading found: ``Args:`` on a line of its
own (Google), ``Parameters`` underlined with dashes (NumPy), or ``:param name:`` (reST, as Sphinx
reads it). A docstring with none of them is description from end to end.

Source: Google Python Style Guide, 3.8.3 "Functions and Methods"; numpydoc, "Style guide", section
"Parameters"; Sphinx, "The Python Domain", section "Info field lists".
"""

from __future__ import annotations

import inspect
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, Optional

__all__ = ["read_docstring"]

GOOGLE_ARGUMENTS = ("Args:", "Arguments:", "Parameters:", "Attributes:")
# LangChain ends the description at these two; what else stands before Args ("Note:") belongs to it.
GOOGLE_END = ("Returns:", "Example:")
GOOGLE_HEADING = re.compile(r"(Args|Arguments|Parameters|Attributes|Returns|Yields|Raises|Examples?|Notes?):")
GOOGLE_ITEM = re.compile(r"\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:(.*)")
NUMPY_ARGUMENTS = re.compile(r"(?:Other )?Parameters|Attributes")
NUMPY_HEADING = re.compile(
    r"(?:Other )?Parameters|Attributes|Returns|Yields|Receives|Raises|Warns|Warnings|See Also|Notes|References|Examples"
    r"|Methods"
)
NUMPY_ITEM = re.compile(r"\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*\s*(?::.*)?$")
REST_FIELD = re.compile(r":(\w+)(?:\s+([^:]*))?:(?:\s+(.*))?$")
REST_ARGUMENTS = ("param", "parameter", "arg", "argument", "key", "keyword", "kwarg")
REST_OTHERS = ("type", "raises", "raise", "except", "exception", "return", "returns", "rtype", "var", "yield", "yields")


def read_docstring(text: Optional[str]) -> tuple[str, dict[str, str], bool]:
    """Give description, descriptions by argument, and whether a Google ``Args:`` section named them.

    The last value tells callers that the names are a promise: LangChain refuses a name that the
    signature does not have there, and only there.
    """
    lines = inspect.cleandoc(text or "").splitlines()
    for number, line in enumerate(lines):
        if line.startswith(GOOGLE_ARGUMENTS) and not line.split(":", 1)[1].strip():
            return _paragraphs(_before_end(lines[:number])), _google(lines[number + 1 :]), line.startswith("Args:")
        if _is_numpy_heading(lines, number):
            return _paragraphs(lines[:number]), _numpy(lines[number:]), False
        if _is_rest_field(line):
            return _paragraphs(lines[:number]), _rest(lines[number:]), False
    return _paragraphs(_before_end(lines)), {}, False


def _before_end(lines: list[str]) -> list[str]:
    """Drop what follows a section that ends the description, if it opens a paragraph."""
    for number, line in enumerate(lines):
        if line.startswith(GOOGLE_END) and (number == 0 or not lines[number - 1]):
            return lines[:number]
    return lines


def _paragraphs(lines: list[str]) -> str:
    return " ".join("\n".join(lines).split("\n\n")).strip()


def _google(lines: list[str]) -> dict[str, str]:
    """Read ``name (type): text`` items up to the next section.

    The first item sets the indentation: deeper lines continue the item above them, even with a
    colon inside. A blank line ends nothing; text back at the margin after one does.
    """
    found: dict[str, str] = {}
    name, margin, after_blank = "", -1, False
    for line in lines:
        if not line.strip():
            after_blank = True
            continue
        indent = len(line) - len(line.lstrip())
        if GOOGLE_HEADING.match(line) or (indent == 0 and after_blank):
            break
        item = GOOGLE_ITEM.match(line.strip())
        if item and (margin < 0 or indent <= margin):
            margin = indent if margin < 0 else margin
            name = item.group(1)
            found[name] = item.group(2).strip()
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
        after_blank = False
    return found


def _is_numpy_heading(lines: list[str], number: int, names: re.Pattern[str] = NUMPY_HEADING) -> bool:
    rule = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(names.fullmatch(lines[number])) and len(rule) >= 3 and not rule.strip("-")


def _numpy(lines: list[str]) -> dict[str, str]:
    """Read ``name : type`` lines at the margin, each with its indented description below."""
    found: dict[str, str] = {}
    names: list[str] = []
    wanted = False
    numbers = iter(range(len(lines)))
    for number in numbers:
        line = lines[number]
        if _is_numpy_heading(lines, number):
            wanted = _is_numpy_heading(lines, number, NUMPY_ARGUMENTS)
            names = []
            next(numbers)  # the rule under the heading
        elif wanted and line and not line[0].isspace():
            names = re.findall(r"\w+", line.split(":", 1)[0]) if NUMPY_ITEM.match(line) else []
        elif wanted and line.strip():
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


def _is_rest_field(line: str) -> bool:
    field = REST_FIELD.match(line)
    return bool(field) and field.group(1) in REST_ARGUMENTS + REST_OTHERS  # type: ignore[union-attr]


def _rest(lines: list[str]) -> dict[str, str]:
    """Read ``:param type name: text`` fields; indented lines continue the field above them."""
    found: dict[str, str] = {}
    for field, text in _rest_fields(lines):
        kind, *words = field.split()
        if kind in REST_ARGUMENTS and words:
            found[words[-1].lstrip("\\*")] = text
    return found


def _rest_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    field, text = "", ""
    for line in lines:
        match = REST_FIELD.match(line)
        if match or (line and not line[0].isspace()):
            if field:
                yield field, text
            field, text = (f"{match.group(1)} {match.group(2) or ''}", match.group(3) or "") if match else ("", "")
        elif field:
            text = f"{text} {line.strip()}".strip()
    if field:
        yield field, text
