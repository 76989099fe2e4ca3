"""HTML elements as text that is escaped by construction.

`tag` takes children and attributes; a `str` is text and is escaped, an `Html` is markup that came from here, a list is
its items. So there is no place where somebody could forget to escape. Attributes that would need the Content Security
Policy to allow inline code (`style`, `on...`) are refused, and an address that is neither ours nor http is not linked.

Text must reach the reader as it is: HTML turns CR into LF and drops NUL, so CR travels as a character reference and
control characters as their pictures (U+2400 and up); a lone surrogate, which UTF-8 cannot carry, is U+FFFD.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Optional, Union

__all__ = ["EMPTY", "Child", "Html", "escape", "join", "raw_number", "safe_address", "tag"]


class Html(str):
    """Markup that needs no escaping."""

    __slots__ = ()


Child = Union[str, None, Iterable["Child"]]
Attribute = Union[str, int, float, bool, None]

EMPTY = Html("")
_VOID = frozenset("br hr img input link meta".split())
_ADDRESSES = ("href", "src", "action", "formaction")
_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;", "\x7f": "\u2421"}
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z", re.IGNORECASE)
_DATA_MEDIA = re.compile(
    r"data:(?:image/(?:png|jpeg|jpg|gif|webp|avif|bmp|svg\+xml)|audio/(?:x-)?[a-z0-9]+);base64,[A-Za-z0-9+/=_-]*\Z"
)


def escape(text: str) -> Html:
    """Give text as markup that shows it verbatim, in an element or in a quoted attribute."""
    return Html(_SPECIAL.sub(_reference, text))


def _reference(found: "re.Match[str]") -> str:
    character = found.group()
    named = _NAMED.get(character)
    if named is not None:
        return named
    return "\ufffd" if character >= "\ud800" else chr(0x2400 + ord(character))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Give an element; `class_` means class, `data_id` means data-id, None and False leave an attribute out.

    Raises: ValueError for an attribute with code in it (style, on...), which no page has.
    """
    opening = "<" + name + _attributes(attributes) + ">"
    if name in _VOID:
        return Html(opening)
    parts: List[str] = [opening]
    _add(parts, children)
    parts.append("</" + name + ">")
    return Html("".join(parts))


def join(*children: Child) -> Html:
    """Give children without an element around them."""
    parts: List[str] = []
    _add(parts, children)
    return Html("".join(parts))


def raw_number(number: float) -> str:
    """Give a number for an SVG attribute: at most three decimals, never an exponent."""
    return f"{number:.3f}".rstrip("0").rstrip(".") or "0"


def safe_address(address: str) -> Optional[str]:
    """Give an address that may be linked to, or None: ours, http(s), or a place on this page."""
    if address[:1] in ("/", "#", "?") and not address.startswith(("//", "/\\")):
        return address
    return address if address.startswith(("http://", "https://")) else None


def _add(parts: List[str], children: Iterable[Child]) -> None:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(child))
        else:
            _add(parts, child)


def _attributes(attributes: Dict[str, Attribute]) -> str:
    if not attributes:
        return ""
    return "".join([_attribute(*row) for row in attributes.items() if row[1] is not None and row[1] is not False])


def _attribute(key: str, value: Attribute) -> str:
    name = _written(key)
    if value is True:
        return " " + name
    text = str(value)
    if name in _ADDRESSES and not _may_be(name, text):
        return ""
    return f' {name}="{escape(text)}"'


_CHECKED: Dict[str, str] = {}


def _written(key: str) -> str:
    name = _CHECKED.get(key)
    if name is None:
        name = key.rstrip("_").replace("_", "-")
        if name == "style" or name[:2].lower() == "on" or not _NAME.match(name):
            raise ValueError(f"no page has an attribute {name!r}")
        if name.lower() == "viewbox":
            name = "viewBox"
        _CHECKED[key] = name
    return name


def _may_be(name: str, text: str) -> bool:
    return bool(_DATA_MEDIA.match(text)) or text.startswith("/") if name == "src" else safe_address(text) is not None
