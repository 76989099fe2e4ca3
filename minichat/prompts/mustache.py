"""Mustache templates without logic: `{{name}}`, `{{{raw}}}`, `{{#section}}...{{/section}}`, and no more.

A template is parsed to a tree, and the tree is rendered over a stack of scopes, innermost first. A
dotted name walks through dicts, lists and tuples only: no attribute of a Python object is ever read,
so a template from elsewhere reaches nothing but the values it was given. Not there: partials (there
is no place to take them from) and functions as values of sections.

Source: mustache(5), mustache.github.io; where that leaves room, the renderer of langchain-core 1.8,
which among others leaves out the items of a list that are false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # (kind, key, children); of kind "text" the key is the text itself
    Node = tuple[str, str, tuple[Any, ...]]
    Tree = tuple[Node, ...]

__all__ = ["MustacheError", "mustache_formatter", "mustache_template_vars"]

OPEN, CLOSE = "{{", "}}"
KINDS = {
    "!": "comment",
    "#": "section",
    "^": "inverted",
    "/": "end",
    ">": "partial",
    "=": "delimiters",
    "{": "raw",
    "&": "raw",
}
ESCAPES = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;"})


class MustacheError(SyntaxError, ConfigurationError):
    """The template is no mustache; LangChain's error is a SyntaxError too."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.msg = message  # what SyntaxError prints


def mustache_formatter(template: str, /, **values: Any) -> str:
    """Return the template with its tags filled in; what has no value is left empty.

    >>> mustache_formatter("{{#people}}{{name}}, {{/people}}", people=[{"name": "Ada"}, {"name": "Alan"}])
    'Ada, Alan, '
    >>> mustache_formatter("{{a}} {{{a}}} {{^b}}none{{/b}}", a="1 < 2")
    '1 &lt; 2 1 < 2 none'

    Raises: MustacheError where the template is none.
    """
    return _render(parse(template), [values])


def mustache_template_vars(template: str) -> set[str]:
    """Return the names that are looked up outside of sections, of dotted ones the first part."""
    return {key.split(".")[0] for kind, key, _ in parse(template) if kind != "text" and key != "."}


# -- parsing -----------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def parse(template: str) -> Tree:
    """Return the tree of a template.

    A tag that is no variable and stands alone on its line takes the line with it, as the standard has it.
    """
    opening, closing = OPEN, CLOSE
    open_sections: list[tuple[str, str, list[Node]]] = [("", "", [])]  # kind, key, nodes; first the whole
    at, alone = 0, True
    while True:
        start = template.find(opening, at)
        if start < 0:
            break
        text = template[at:start]
        kind, key, at = _tag(template, start, opening, closing)
        before = text.rpartition("\n")[2]
        alone = (alone or "\n" in text) and not before.strip() and kind not in ("variable", "raw")
        if alone:
            line, newline, _ = template[at:].partition("\n")
            alone = not line.strip()
            if alone:
                text = text.rstrip(" ")
                at += len(line) + 1 if newline else 0
        if text:
            open_sections[-1][2].append(("text", text, ()))
        if kind in ("section", "inverted"):
            open_sections.append((kind, key, []))
        elif kind == "end":
            begun, name, nodes = open_sections.pop()
            if not begun or name != key:
                raise _broken(template, start, f"{key!r} is closed, but {_is_open(name)}")
            open_sections[-1][2].append((begun, name, tuple(nodes)))
        elif kind == "delimiters":
            opening, closing = key.split()
        elif kind in ("variable", "raw"):
            open_sections[-1][2].append((kind, key, ()))
    if len(open_sections) > 1:
        raise _broken(template, len(template), f"the template ends, but {_is_open(open_sections[-1][1])}")
    if template[at:]:
        open_sections[0][2].append(("text", template[at:], ()))
    return tuple(open_sections[0][2])


def _tag(template: str, start: int, opening: str, closing: str) -> tuple[str, str, int]:
    """Return (kind, key, where it ends) of the tag that opens at `start`."""
    end = template.find(closing, start + len(opening))
    if end < 0:
        raise _broken(template, start, f"a tag is not closed with {closing!r}")
    inside = template[start + len(opening) : end]
    end += len(closing)
    if not inside.strip():
        raise _broken(template, start, "a tag is empty")
    kind = KINDS.get(inside[0], "variable")
    key = inside if kind == "variable" else inside[1:]
    if inside[0] == "{":
        if (opening, closing) != (OPEN, CLOSE) or not template.startswith("}", end):
            raise _broken(template, start, "a tag that opens with '{{{' is not closed with '}}}'")
        end += 1
    if kind == "partial":
        raise _broken(template, start, f"there are no partials to take {key.strip()!r} from")
    if kind == "delimiters":
        if not key.endswith("=") or len(key[:-1].split()) != 2:
            raise _broken(template, start, "delimiters are set as in '{{=<% %>=}}'")
        key = key[:-1]
    return kind, key.strip(), end


def _is_open(name: str) -> str:
    return f"section {name!r} is open" if name else "no section is open"


def _broken(template: str, at: int, what: str) -> MustacheError:
    return MustacheError(f"mustache template, line {template.count(chr(10), 0, at) + 1}: {what}")


# -- rendering ---------------------------------------------------------------------------------------


def _render(nodes: Tree, scopes: list[Any]) -> str:
    return "".join([_rendered(kind, key, children, scopes) for kind, key, children in nodes])


def _rendered(kind: str, key: str, children: Tree, scopes: list[Any]) -> str:
    if kind == "text":
        return key
    value = _look_up(key, scopes)
    if kind == "raw":
        return str(value)
    if kind == "variable":
        return str(value).translate(ESCAPES)
    if kind == "inverted":
        return "" if value else _render(children, scopes)
    if callable(value):
        raise ConfigurationError(
            f"mustache template: the value of section {key!r} is a function, which is not called"
        )
    if isinstance(value, (Sequence, Iterator)) and not isinstance(value, str):
        return "".join([_render(children, [item, *scopes]) for item in value if item])
    return _render(children, [value, *scopes]) if value else ""


def _look_up(key: str, scopes: list[Any]) -> Any:
    """Return what the innermost scope that knows the name has under it; "" for nothing.

    A zero or False stays what it is, and ends the walk along a dotted name.
    """
    if key == ".":
        return scopes[0]
    for value in scopes:
        try:
            for part in key.split("."):
                if value == 0:
                    break
                if isinstance(value, Mapping):
                    value = value[part]
                elif isinstance(value, (list, tuple)):
                    value = value[int(part)]
                else:
                    raise KeyError(part)
        except (LookupError, ValueError):
            continue
        return value if value == 0 else value or ""
    return ""
