"""One call of the API, as its functions see it: path ids, query, body; and what they answer with.

A parameter or field that is not known is refused in words: a filter that is silently ignored gives wrong results.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union
from urllib.parse import parse_qs

from ..serving.http11 import Answer, Request
from .database import Refused, as_id, ids
from .ingest import encoded, read
from .store import Store

__all__ = ["MOST", "Call", "Reply", "answer", "error", "is_type", "there", "whole"]

MOST = 100  # of a page
_JSON = [("content-type", "application/json")]


class Reply(NamedTuple):
    """A status and a JSON value; an answer always has one, `null` if need be: the SDK parses it."""

    status: int
    value: Any


class Call:
    """A request with its path taken apart. `ids` are what stood for `{…}`, `v2` tells /api/v2 from the rest."""

    def __init__(self, request: Request, store: Store, words: Sequence[str], *, v2: bool) -> None:
        self.request = request
        self.store = store
        self.words = list(words)
        self.v2 = v2
        try:
            self._query = parse_qs(request.query, keep_blank_values=True, max_num_fields=2_000)
        except ValueError:
            raise Refused(422, "the query has too many parameters") from None

    def id(self, place: int = 0) -> str:
        """Give an id of the path. Raises: Refused (422)."""
        return as_id(self.words[place])

    def only(self, *names: str) -> None:
        """Hold that the query has no other parameters. Raises: Refused (422)."""
        strange = sorted(set(self._query) - set(names))
        if strange:
            raise Refused(422, f"{strange[0][:100]!r} is no parameter here; there are {', '.join(names) or 'none'}")

    def text(self, name: str) -> Optional[str]:
        """Give the last value of a query parameter, or None where it is absent or empty."""
        return (self._query.get(name) or [""])[-1] or None

    def several(self, name: str) -> List[str]:
        """Give all values of a query parameter."""
        return [value for value in self._query.get(name, ()) if value]

    def ids(self, name: str) -> List[str]:
        """Give all values of a query parameter that are ids. Raises: Refused (422)."""
        return ids(self.several(name))

    def flag(self, name: str, otherwise: bool = False) -> bool:
        """Give a boolean of the query; Python's SDK sends `True` and `False`. Raises: Refused (422)."""
        said = (self.text(name) or "").lower()
        if said not in ("", "true", "false", "1", "0"):
            raise Refused(422, f"{name} is true or false")
        return said in ("true", "1") if said else otherwise

    def number(self, name: str, otherwise: int, most: int) -> int:
        """Give a number of the query. Raises: Refused (422)."""
        said = self.text(name)
        if said is None:
            return otherwise
        is_number = said.isascii() and said.isdigit() and len(said) < 16  # a superscript two is a digit, too
        return whole(name, int(said) if is_number else said, most)

    def page(self) -> Dict[str, Any]:
        """Give `limit` and `offset`. Raises: Refused (422)."""
        return {"limit": self.number("limit", MOST, MOST), "offset": self.number("offset", 0, 1 << 60)}

    def json(self, name: str) -> Optional[Dict[str, Any]]:
        """Give a query parameter that is a JSON object, or None. Raises: Refused (422)."""
        said = self.text(name)
        value = None if said is None else read(said.encode("utf-8", "replace"))
        if value is not None and not isinstance(value, dict):
            raise Refused(422, f"{name} is a JSON object")
        return value

    @property
    def origin(self) -> str:
        """The address of the server, as this client names it."""
        return f"http://{self.request.headers.get('host', 'localhost')}"

    def value(self) -> Any:
        """Give the body, any JSON value. Raises: Refused (422)."""
        return read(self.request.body)

    def body(self) -> Dict[str, Any]:
        """Give the body, a JSON object. Raises: Refused (422)."""
        value = self.value()
        if not isinstance(value, dict):
            raise Refused(422, "the body is a JSON object")
        return value

    def question(self, *names: str) -> Dict[str, Any]:
        """Give the body of a question without its nulls, which has no fields beside these. Raises: Refused (422)."""
        said = {name: value for name, value in self.body().items() if value is not None}
        strange = sorted(set(said) - set(names))
        if strange:
            raise Refused(422, f"{strange[0][:100]!r} is no field here; there are {', '.join(names)}")
        return said

    def body_list(self) -> List[Dict[str, Any]]:
        """Give the body, a list of JSON objects. Raises: Refused (422)."""
        value = self.value()
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise Refused(422, "the body is a list of JSON objects")
        return value


def there(found: Any, what: str) -> Any:
    """Hold that something was found. Raises: Refused (404)."""
    if found is None:
        raise Refused(404, f"{what} not found")
    return found


def whole(name: str, value: Any, most: int, least: int = 0) -> int:
    """Hold that a value is a whole number of a range. Raises: Refused (422)."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(422, f"{name} is a number from {least} to {most}")
    return value


def is_type(text: str) -> bool:
    """Tell whether a text may stand in a Content-Type header."""
    return re.fullmatch(r"[\w.+-]+/[\w.+-]+", text, re.ASCII) is not None


def answer(reply: Union[Reply, Answer]) -> Answer:
    """Give a reply as an answer; one that is an answer already stays."""
    if isinstance(reply, Answer):
        return reply
    return Answer(reply.status, _JSON, encoded(reply.value))


def error(status: int, why: str) -> Answer:
    """Give an error as LangSmith tells one."""
    return answer(Reply(status, {"detail": why}))
