"""Does a request fit a rule? Conditions on single fields, each of which can say why it fails.

A text condition is a text (the whole of it, exactly), a compiled pattern (found anywhere), or a mapping as scripts
write it: `{"exact": …}`, `{"contains": …}`, `{"regex": …}`, `{"exists": …}`. The fields are those of `FIELDS`;
`header` and `json` have a mapping from name or path to condition, `when` is a predicate. At a path of `json` any JSON
value may be wanted; an object is then wrapped as `{"exact": {…}}`, so that a misspelt word is not taken for one.

A path into the body is `messages[0].content`, `$.messages[-1].content`, `tools[*].name` (any of them), with names
that have other signs in quotes: `metadata["a.b"]`. A header that carries a secret can be matched; neither what was
wanted of it nor what was found is ever told.
"""

from __future__ import annotations

import difflib
import inspect
import json
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Pattern, Tuple, Union

from ..journal.exchanges import MASK, SECRET_HEADER, key_of
from ..replies.reply import Ask
from ..replies.schemas import same

__all__ = [
    "APIS", "Condition", "FIELDS", "Failure", "PROVIDERS", "Predicate", "Presence", "Test", "WORDS", "conditions",
    "look_up", "path_steps", "shown", "suggestion", "without_key",
]  # fmt: skip

Step = Union[str, int, None]  # a name, an index, or any item
STEP = re.compile(r"""\.?([^.\[\]"'\s]+)|\[(-?[0-9]{1,9})\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]""")
WORDS = ("exact", "contains", "regex", "exists")
SHOWN = 60  # characters of a value in an explanation
SHORTEST_KEY = 8  # characters; what is shorter is no secret, and would blot out half of a text
PROVIDERS = ("openai", "anthropic", "google", "mistral", "fireworks", "together")
APIS = ("chat_completions", "responses", "messages", "generate_content")
_MISSING = object()


class Failure(RuntimeError):
    """A function of the test's own failed, or gave what it must not; the text names it."""


class Condition(NamedTuple):
    """One condition of a rule: which field, what is wanted in words, and the test itself."""

    field: str
    wanted: str
    values: Callable[[Ask], List[Any]]  # what the field has in a request; none when it is not there
    test: Callable[[Any], bool]
    secret: bool = False

    def holds(self, ask: Ask) -> bool:
        """Tell whether the request fits."""
        test = self.test
        for value in self.values(ask):
            if test(value):
                return True
        return False

    def why_not(self, ask: Ask) -> str:
        """Say what was found instead."""
        if self.secret:
            return f"{self.field} has another value than the wanted one (a header with a secret is not shown)"
        key = key_of(ask.request)
        found = [shown(value, key) for value in self.values(ask)] or ["missing"]
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return f"{self.field} is {' and '.join(found[:3])}{more}, wanted {self.wanted}"


class Presence(NamedTuple):
    """The condition that a field is there at all, or is not."""

    field: str
    wanted: bool
    there: Callable[[Ask], bool]

    def holds(self, ask: Ask) -> bool:
        """Tell whether the request fits."""
        return self.there(ask) is self.wanted

    def why_not(self, ask: Ask) -> str:
        """Say what was found instead."""
        return f"{self.field} is missing, wanted any value" if self.wanted else f"{self.field} is there, wanted none"


class Predicate(NamedTuple):
    """A function of the test's as a condition. It is called once more when the error says why no rule fits."""

    function: Callable[[Ask], Any]
    name: str
    field: str = "when"

    def holds(self, ask: Ask) -> bool:
        """Tell what the function says.

        Raises: Failure, which names it, when it fails.
        """
        try:
            said = self.function(ask)
        except Exception as problem:
            raise Failure(f"the condition {self.name!r} raised {type(problem).__name__}: {problem}") from problem
        if inspect.isawaitable(said):
            if inspect.iscoroutine(said):
                said.close()
            raise Failure(
                f"the condition {self.name!r} gave something to await; a condition says true or false at once"
            )
        return bool(said)

    def why_not(self, ask: Ask) -> str:
        """Say which function it was."""
        return f"the condition {self.name!r} does not hold"


Test = Union[Condition, Presence, Predicate]


def _one(get: Callable[[Ask], Any]) -> Callable[[Ask], List[Any]]:
    return lambda ask: [get(ask)]


def _filled(get: Callable[[Ask], List[Any]]) -> Callable[[Ask], bool]:
    return lambda ask: any(get(ask))  # an empty text counts as none


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
NAMES = {"gemini": "google"}  # other names for a provider
KNOWN = {"provider": (*PROVIDERS, *NAMES), "api": APIS}


def conditions(wanted: Mapping[str, Any]) -> Tuple[Test, ...]:
    """Make the conditions of a rule from its keywords.

    Raises: ValueError or TypeError that begins with the field's name.
    """
    made: List[Test] = []
    for field, value in wanted.items():
        if field == "header":
            made += [_of_header(name, one) for name, one in _mapping(field, value).items()]
        elif field == "json":
            made += [_of_path(path, one) for path, one in _mapping(field, value).items()]
        elif field == "when":
            made.append(_predicate(value))
        elif field not in FIELDS:
            raise ValueError(f"{field}: no such condition{suggestion(field, [*FIELDS, 'header', 'json', 'when'])}")
        elif field == "turn":
            made.append(_of_turn(value))
        else:
            get = FIELDS[field]
            made.append(_condition(field, _known(field, value), get, there=_filled(get)))
    return tuple(made)


def _condition(
    field: str,
    wanted: Any,
    values: Callable[[Ask], List[Any]],
    *,
    there: Callable[[Ask], bool],
    any_json: bool = False,
    secret: bool = False,
) -> Test:
    """Make a condition; `there` says whether the field exists, `any_json` that it may be something else than a text."""
    tell = _hidden if secret else shown
    word, value = "exact", wanted
    if isinstance(wanted, Mapping):
        if len(wanted) != 1 or next(iter(wanted)) not in WORDS:
            remedy = '; an object to compare with is wrapped as {"exact": …}' if any_json else ""
            raise ValueError(f"{field}: a condition has one of {', '.join(WORDS)}, not {tell(wanted)}{remedy}")
        word, value = next(iter(wanted.items()))
    if isinstance(value, re.Pattern):
        if word not in ("exact", "regex") or not isinstance(value.pattern, str):
            raise TypeError(f"{field}: takes a pattern of text by itself or as regex, not {tell(value)}")
        return _of_pattern(field, value, values, secret)
    if word == "exists":
        if not isinstance(value, bool):
            raise TypeError(f"{field}.exists: is true or false, not {tell(value)}")
        return Presence(field, value, there)
    if not isinstance(value, str) and (word != "exact" or not any_json):
        named = f"{field}.{word}" if isinstance(wanted, Mapping) else field
        takes = "a text" if isinstance(wanted, Mapping) else "a text, a pattern or a condition"
        raise TypeError(f"{named}: takes {takes}, not {tell(value)}")
    if word == "contains":
        said = f"a text with {tell(value)} in it"
        return Condition(field, said, values, lambda found: isinstance(found, str) and value in found, secret)
    if word == "regex":
        try:
            return _of_pattern(field, re.compile(value), values, secret)
        except (re.error, OverflowError, RecursionError) as problem:
            raise ValueError(f"{field}.regex: {tell(value)} is no regular expression: {problem}") from None
    return Condition(field, tell(value), values, lambda found: same(found, value), secret)


def _of_pattern(field: str, pattern: "Pattern[str]", values: Callable[[Ask], List[Any]], secret: bool) -> Condition:
    said = f"a text that {(_hidden if secret else shown)(pattern.pattern)} is found in"
    return Condition(
        field, said, values, lambda found: isinstance(found, str) and pattern.search(found) is not None, secret
    )


def _of_turn(wanted: Any) -> Condition:
    value = wanted["exact"] if isinstance(wanted, Mapping) and list(wanted) == ["exact"] else wanted
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 1 or value % 1:
        raise ValueError(f"turn: is a whole number from 1, not {shown(value)}")
    return Condition("turn", str(int(value)), FIELDS["turn"], lambda found: bool(found == value))


def _known(field: str, wanted: Any) -> Any:
    """Give a wanted value with the one name that it has in `Ask`.

    Raises: ValueError for a name that no request can have.
    """
    if field not in KNOWN:
        return wanted
    exact = wanted.get("exact") if isinstance(wanted, Mapping) and list(wanted) == ["exact"] else wanted
    if not isinstance(exact, str):
        return wanted
    if exact not in KNOWN[field]:
        raise ValueError(f"{field}: no {field} {exact!r}{suggestion(exact, KNOWN[field])}")
    return NAMES.get(exact, exact)


def _of_header(name: str, wanted: Any) -> Test:
    lower = name.lower()
    return _condition(
        f"header {name}",
        wanted,
        lambda ask: [ask.headers[lower]] if lower in ask.headers else [],
        there=lambda ask: lower in ask.headers,
        secret=SECRET_HEADER.search(name) is not None,
    )


def _of_path(path: str, wanted: Any) -> Test:
    steps = path_steps(path)
    return _condition(
        f"json {path}",
        wanted,
        lambda ask: look_up(ask.body, steps),
        there=lambda ask: bool(look_up(ask.body, steps)),
        any_json=True,
    )


def _predicate(function: Any) -> Predicate:
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"when: takes a function of the request (fakes.Ask), which is not async, not {shown(function)}")
    return Predicate(function, getattr(function, "__name__", None) or type(function).__name__)


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
        try:
            steps.append(name if name else int(index) if index else None if star else json.loads(quoted))
        except ValueError:
            raise ValueError(f"json: in the path {path!r} the name {quoted} is no JSON text") from None
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
    if isinstance(value, list):
        if isinstance(step, str):  # messages.0.content
            step = int(step) if step.isascii() and step.isdigit() and len(step) < 10 else len(value)
        return [value[step]] if -len(value) <= step < len(value) else []
    return []


def without_key(text: str, key: str) -> str:
    """Mask the request's API key in a text."""
    return text.replace(key, MASK) if len(key) >= SHORTEST_KEY and key in text else text


def shown(value: Any, key: str = "") -> str:
    """Write a value for an error: cut when it is long, and without the API key."""
    text = without_key(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr, skipkeys=True), key
    )
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return repr(text) if isinstance(value, str) else text


def _hidden(value: Any) -> str:
    return "a value that is not shown, as it may be a key"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which known name was perhaps meant, or else which there are."""
    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"
