"""What every template is, whatever it makes: fields by keyword, equality by value, LangChain's print.

Every public way to format stands twice, plain and with an `a` in front, because a subclass may define
either. What a built-in template does is written once, as a coroutine that reaches the templates inside
it through `either`; the plain method runs that coroutine, which never waits then.
"""

from __future__ import annotations

from ..settings import REQUIRED, Settings, _fields_of, _is_default

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any, Dict, List

__all__ = ["Template", "either", "missing_variables"]


class Template(Settings):
    """Base of everything here that has fields; equal to another of its class with equal fields."""

    def _values(self) -> Dict[str, Any]:
        fields, _ = _fields_of(type(self))
        return {name: getattr(self, name) for name in fields}

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Template):
            return NotImplemented
        return self is other or self._values() == other._values()

    __hash__ = None  # type: ignore[assignment]

    def _printed(self) -> List[str]:
        """Return the fields worth printing; dicts and input_variables are, even when empty, as in LangChain."""
        fields, _ = _fields_of(type(self))
        printed = []
        for name, value in self._values().items():
            always = fields[name] is REQUIRED or type(fields[name]) is dict or name == "input_variables"
            if always or not _is_default(value, fields[name]):
                printed.append(f"{name}={value!r}")
        return printed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._printed())})"

    def __str__(self) -> str:
        return " ".join(self._printed())


async def either(asynchronous: bool, template: Any, method: str, values: Mapping[str, Any]) -> Any:
    """Call a template's method, or its `a` twin where waiting is allowed."""
    if asynchronous:
        return await getattr(template, "a" + method)(**values)
    return getattr(template, method)(**values)


def missing_variables(owner: str, expected: Collection[str], received: Collection[str]) -> KeyError:
    """Return the error about the variables that did not come; they are named, no value is shown."""
    missing = sorted(set(expected).difference(received))
    braces = "{" + missing[0] + "}"
    return KeyError(
        f"Input to {owner} is missing variables {{{', '.join(map(repr, missing))}}}. "
        f" Expected: {sorted(set(expected))} Received: {list(received)}\n"
        f"Note: if you intend {braces} as text and no variable, write {{{braces}}} in an f-string template."
    )
