"""Texts that echo parts of the request: `You said {{user}}`. Read once, filled for every request.

Between double braces stands `user`, `system`, `model`, `provider`, `turn`, `tool_result` (several are joined with a
line break), `header.NAME`, `json.PATH` (as in `matching`), or a JSON text that is written as it is, for braces:
`{{"{{"}}`. A single brace, or two closing ones, mean themselves. What a request does not have is an empty text, a
value that is no text is written as JSON, and the request's own API key is masked.

In the arguments of a tool call what is filled in is written as JSON: inside a text it is escaped, elsewhere it is a
value of its own. So the arguments stay valid whatever the request says.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, NamedTuple, Union

from ..journal.exchanges import SECRET_HEADER, key_of
from ..replies.reply import Ask, Reply
from .matching import look_up, path_steps, shown, suggestion, without_key

__all__ = ["NAMES", "Template", "arguments", "filler", "template"]

INSIDE = re.compile(r'\{\{((?:"(?:[^"\\]|\\.)*"|(?!\}\})[^"])*)\}\}', re.DOTALL)
# Name -> the values in a request, and what the page of help says of it.
Values = Callable[[Ask], List[Any]]
NAMES: Dict[str, str] = {
    "user": "the text of the last user message",
    "system": "the text of all system messages",
    "model": "the model's name",
    "provider": "openai, anthropic, google, mistral, fireworks or together",
    "turn": "1, and one more for each answer of the model in the conversation",
    "tool_result": "the texts of the tool results at the end, joined with line breaks",
    "header.NAME": "a header of the request; one that carries a key cannot be echoed",
    "json.PATH": "a value of the request's body, such as json.messages[0].content",
}
PLAIN: Dict[str, Values] = {
    "user": lambda ask: [ask.user],
    "system": lambda ask: [ask.system],
    "model": lambda ask: [ask.model],
    "provider": lambda ask: [ask.provider],
    "turn": lambda ask: [ask.turn],
    "tool_result": lambda ask: list(ask.results),
}


class _Blank(NamedTuple):
    """A place to fill in. `quoted`: inside a text of JSON; `bare`: a value of JSON; neither: in ordinary text."""

    values: Values
    quoted: bool = False
    bare: bool = False

    def fill(self, ask: Ask, key: str) -> str:
        values = self.values(ask)
        if self.bare and len(values) == 1 and not isinstance(values[0], str):
            return without_key(_json(values[0]), key)
        text = "\n".join(value if isinstance(value, str) else _json(value) for value in values)
        text = without_key(text, key)
        return _json(text) if self.bare else _json(text)[1:-1] if self.quoted else text


class _Literal(str):
    """A text that stood between double braces itself."""


class Template:
    """A text with places to fill in.

    Raises: ValueError for a name that is none, or braces that are not closed.
    """

    __slots__ = ("_pieces",)

    def __init__(self, pieces: List[Union[str, _Blank]]) -> None:
        self._pieces = pieces

    def fill(self, ask: Ask) -> str:
        """Give the text for a request."""
        key = key_of(ask.request)
        return "".join([piece if isinstance(piece, str) else piece.fill(ask, key) for piece in self._pieces])


Filler = Union[str, Template]


def template(text: str) -> Callable[[Ask], Reply]:
    """Make a reply that echoes: `server.reply(fakes.template("You said {{user}}"))`.

    Raises: ValueError for a name that is none, or braces that are not closed; TypeError for what is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"template: takes a text, not {shown(text)}")
    filled = filler(text)

    def templated(ask: Ask) -> Reply:
        return Reply(filled if isinstance(filled, str) else filled.fill(ask))

    return templated


def filler(text: str) -> Filler:
    """Read a text; it stays a text when there is nothing to fill in.

    Raises: ValueError.
    """
    return _compact(_pieces(text))


def arguments(value: Any) -> Filler:
    """Read the arguments of a tool call, a JSON value or its text, and give JSON text.

    Raises: ValueError.
    """
    pieces: List[Union[str, _Blank]] = []
    if isinstance(value, str):
        inside = False
        for piece in _pieces(value):
            if isinstance(piece, _Blank):
                pieces.append(piece._replace(quoted=inside, bare=not inside))
            elif isinstance(piece, _Literal) and inside:
                pieces.append(_json(piece)[1:-1])
            else:
                pieces.append(piece)
                inside = _ends_inside(piece, inside)
    else:
        _write(value, pieces)
    return _compact(pieces)


def _write(value: Any, pieces: List[Union[str, _Blank]]) -> None:
    """Add a JSON value whose texts are templates."""
    if isinstance(value, str):
        pieces.append('"')
        for piece in _pieces(value):
            pieces.append(_json(piece)[1:-1] if isinstance(piece, str) else piece._replace(quoted=True))
        pieces.append('"')
    elif isinstance(value, dict):
        for place, (name, item) in enumerate(value.items()):
            pieces.append(("," if place else "{") + _json(name) + ":")
            _write(item, pieces)
        pieces.append("}" if value else "{}")
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            pieces.append("," if place else "[")
            _write(item, pieces)
        pieces.append("]" if value else "[]")
    else:
        pieces.append(_json(value))


def _ends_inside(text: str, inside: bool) -> bool:
    """Tell whether JSON text ends inside a text of it, given whether it begins there."""
    for sign in re.findall(r"\\.|\"", text, re.DOTALL):
        if sign == '"':
            inside = not inside
    return inside


def _compact(pieces: List[Union[str, _Blank]]) -> Filler:
    """Join the fixed texts that follow each other."""
    joined: List[Union[str, _Blank]] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] = f"{joined[-1]}{piece}"
        else:
            joined.append(piece)
    if len(joined) < 2 and not any(isinstance(piece, _Blank) for piece in joined):
        return str(joined[0]) if joined else ""
    return Template(joined)


def _pieces(text: str) -> List[Union[str, _Blank]]:
    """Cut a text into what is fixed and what is filled in."""
    pieces: List[Union[str, _Blank]] = []
    place = 0
    while True:
        opened = text.find("{{", place)
        pieces.append(text[place:] if opened < 0 else text[place:opened])
        if opened < 0:
            return pieces
        match = INSIDE.match(text, opened)
        if match is None:
            raise ValueError(
                f'{shown(text[opened:])} is not closed by }}}}; for the braces themselves write {{{{"{{{{"}}}}'
            )
        said = match.group(1).strip()
        if said.startswith('"'):
            pieces.append(_literal(said))
        else:
            pieces.append(_Blank(_values(said)))
        place = match.end()


def _literal(said: str) -> _Literal:
    try:
        return _Literal(json.loads(said))
    except ValueError:
        raise ValueError(f"{shown(said)} between double braces is no JSON text") from None


def _values(name: str) -> Values:
    """Give what a name stands for.

    Raises: ValueError.
    """
    if name in PLAIN:
        return PLAIN[name]
    if name.startswith("header."):
        header = name[len("header.") :].lower()
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", header):
            raise ValueError(f"{{{{{name}}}}}: {header!r} is no name of a header")
        if SECRET_HEADER.search(header):
            raise ValueError(f"{{{{{name}}}}}: a header that may carry a key cannot be echoed")
        return lambda ask: [ask.headers[header]] if header in ask.headers else []
    if name.startswith(("json.", "json[")):
        try:
            steps = path_steps(name[len("json") :])
        except ValueError as problem:
            raise ValueError(f"{{{{{name}}}}}: {problem}") from None
        return lambda ask: look_up(ask.body, steps)
    raise ValueError(f"{{{{{name}}}}} has no meaning{suggestion(name, NAMES)}")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
