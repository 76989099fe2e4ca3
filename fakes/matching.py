"""Does a request fit a rule? Conditions on single fields, each of which can say why it fails.

A text condition is a text (the whole of it, exactly), a compiled pattern (found anywhere), or a mapping as scripts
write it: `{"exact": …}`, `{"contains": …}`, `{"regex": …}`. Any other JSON value is compared as JSON. The fields are
those of `FIELDS`; `header` and `json` have a mapping from name or path to condition, `when` is a predicate.

A path into the body is `messages[0].content`, `$.messages[-1].content`, `tools[*].name` (any of them), with names
that have other signs in quotes: `metadata["a.b"]`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Pattern, Tuple, Union

from .reply import Ask
from .schemas import same

__all__ = ["Condition", "FIELDS", "condition", "conditions", "look_up", "path_steps"]

Step = Union[str, int, None]  # a name, an index, or any item
STEP = re.compile(r"""\.?([^.\[\]"'\s]+)|\[(-?\d+)\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]""")
WORDS = ("exact", "contains", "regex", "exists")
SHOWN = 60  # characters of a value in an explanation
_MISSING = object()


class Condition(NamedTuple):
    """One condition of a rule: which field, what is wanted in words, and the test itself."""

    field: str
    wanted: str
    values: Callable[[Ask], List[Any]]  # what the field has in a request; none when it is not there
    test: Callable[[Any], bool]

    def holds(self, ask: Ask) -> bool:
        """Tell whether the request fits."""
        return any(map(self.test, self.values(ask)))

    def why_not(self, ask: Ask) -> str:
        """Say what was found instead."""
        found = [_shown(value) for value in self.values(ask)] or ["missing"]
        return f"{self.field} is {' and '.join(found[:3])}, wanted {self.wanted}"


def _one(get: Callable[[Ask], Any]) -> Callable[[Ask], List[Any]]:
    return lambda ask: [get(ask)]


# Field -> what it has in a request.
FIELDS: Dict[str, Callable[[Ask], List[Any]]] = {
    "provider": _one(lambda ask: ask.provider),
    "api": _one(lambda ask: ask.api),
    "path": _one(lambda ask: ask.request.path),
    "model": _one(lambda ask: ask.model),
    "user": _one(lambda ask: ask.user),
    "system": _one(lambda ask: ask.system),
    "tool_result": lambda ask: list(ask.results),
    "tool": lambda ask: [tool.name for tool in ask.tools],
    "turn": _one(lambda ask: ask.turn),
}
NAMES = {"provider": {"gemini": "google"}}  # other names for a value
KNOWN = {
    "provider": ("openai", "anthropic", "google", "mistral", "fireworks", "together"),
    "api": ("chat_completions", "responses", "messages", "generate_content"),
}


def conditions(wanted: Mapping[str, Any]) -> Tuple[Condition, ...]:
    """Make the conditions of a rule from its keywords.

    Raises: ValueError or TypeError that begins with the field's name.
    """
    made: List[Condition] = []
    for field, value in wanted.items():
        if field == "header":
            for name, one in _mapping(field, value).items():
                made.append(_of_header(name, one))
        elif field == "json":
            for path, one in _mapping(field, value).items():
                made.append(_of_path(path, one))
        elif field == "when":
            if not callable(value):
                raise TypeError(f"when: takes a function of the request (fakes.Ask), not {value!r}")
            made.append(Condition("when", "what the function holds true", lambda ask: [ask], value))
        elif field in FIELDS:
            if value in KNOWN.get(field, ()) or not isinstance(value, str) or field not in KNOWN:
                made.append(condition(field, value, FIELDS[field]))
            elif value in NAMES.get(field, {}):
                made.append(condition(field, NAMES[field][value], FIELDS[field]))
            else:
                raise ValueError(f"{field}: {value!r} is none of {', '.join(KNOWN[field])}")
        else:
            raise ValueError(f"{field}: no such condition; there are {', '.join([*FIELDS, 'header', 'json', 'when'])}")
    return tuple(made)


def condition(field: str, wanted: Any, values: Callable[[Ask], List[Any]]) -> Condition:
    """Make one condition.

    Raises: ValueError or TypeError that begins with the field's name.
    """
    if isinstance(wanted, re.Pattern):
        return _of_pattern(field, wanted, values)
    if isinstance(wanted, Mapping) and len(wanted) == 1 and next(iter(wanted)) in WORDS:
        word, value = next(iter(wanted.items()))
        if word == "exists":
            if not isinstance(value, bool):
                raise TypeError(f"{field}.exists: is true or false, not {value!r}")
            said = "any value" if value else "none"
            return Condition(field, said, lambda ask: [values(ask)], lambda found: bool(found) is value)
        if word != "exact" and not isinstance(value, str):
            raise TypeError(f"{field}.{word}: takes a text, not {value!r}")
        if word == "contains":
            said = f"a text with {_shown(value)} in it"
            return Condition(field, said, values, lambda found: isinstance(found, str) and value in found)
        if word == "regex":
            try:
                return _of_pattern(field, re.compile(value), values)
            except re.error as problem:
                raise ValueError(f"{field}.regex: {value!r} is no regular expression: {problem}") from None
        wanted = value
    if isinstance(wanted, Mapping) and field in FIELDS:
        raise ValueError(f"{field}: a condition has one of {', '.join(WORDS)}, not {', '.join(map(str, wanted))}")
    if field == "turn" and (isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1):
        raise ValueError(f"turn: is a whole number from 1, not {wanted!r}")
    if field in FIELDS and field != "turn" and not isinstance(wanted, str):
        raise TypeError(f"{field}: takes a text, a pattern or a condition, not {wanted!r}")
    return Condition(field, _shown(wanted), values, lambda found: same(found, wanted))


def _of_pattern(field: str, pattern: "Pattern[str]", values: Callable[[Ask], List[Any]]) -> Condition:
    said = f"a text that {pattern.pattern!r} is found in"
    return Condition(field, said, values, lambda found: isinstance(found, str) and pattern.search(found) is not None)


def _of_header(name: str, wanted: Any) -> Condition:
    lower = name.lower()
    return condition(f"header {name}", wanted, lambda ask: [ask.headers[lower]] if lower in ask.headers else [])


def _of_path(path: str, wanted: Any) -> Condition:
    steps = path_steps(path)
    return condition(f"json {path}", wanted, lambda ask: look_up(ask.body, steps))


def _mapping(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"{field}: takes a mapping from {'name' if field == 'header' else 'path'} to condition")
    return value


def path_steps(path: str) -> Tuple[Step, ...]:
    """Read a path into a JSON value.

    Raises: ValueError when it is none.
    """
    rest = path[1:] if path.startswith("$") else path
    steps: List[Step] = []
    place = 0
    while place < len(rest):
        match = STEP.match(rest, place)
        if match is None:
            raise ValueError(f"json: cannot read the path {path!r} from {rest[place:]!r} on; a path is like a.b[0].c")
        name, index, star, quoted = match.groups()
        steps.append(name if name is not None else int(index) if index is not None else None if star else json.loads(quoted))
        place = match.end()
    return tuple(steps)


def look_up(value: Any, steps: Tuple[Step, ...]) -> List[Any]:
    """Give what stands at a path: none, one, or with [*] several values."""
    found = [value]
    for step in steps:
        below: List[Any] = []
        for one in found:
            if step is None:
                below += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            else:
                below += _step(one, step)
        found = below
    return found


def _step(value: Any, step: Union[str, int]) -> List[Any]:
    if isinstance(value, dict):
        item = value.get(str(step), _MISSING)
        return [] if item is _MISSING else [item]
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return [value[step]]
    return []


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return repr(text) if isinstance(value, str) else text
