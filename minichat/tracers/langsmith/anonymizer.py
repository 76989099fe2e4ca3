"""`create_anonymizer`: rules or a function for the texts in a run, for the `anonymizer` of a `Client`.

Values are looked at in dicts and lists, however deep; keys are names and stay. Below a `max_depth` that is given
nothing is looked at, and so nothing told. (The SDK looks ten deep, and tells the rest as it is.)
Source of names and forms: langsmith 0.15.0, by running it.
"""

from __future__ import annotations

import inspect
import re

from ...errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Mapping, Optional, Sequence, Tuple, Union

    Path = Tuple[Union[str, int], ...]
    Rule = Mapping[str, Any]
    Replacer = Union[Callable[..., str], Sequence[Rule], Any]

__all__ = ["create_anonymizer"]

REDACTED = "[redacted]"


def create_anonymizer(replacer: Replacer, *, max_depth: Optional[int] = None) -> Callable[[Any], Any]:
    """Give a function that masks the texts of a value, and leaves the value itself as it is.

    `replacer` is a list of rules, {"pattern": a regular expression or its text, "replace": text, else `[redacted]`},
    or a function of a text, or one with two parameters: of a text and its path, a list of keys and indices.

    >>> hide = create_anonymizer([{"pattern": r"[0-9]{3}-[0-9]{4}", "replace": "<phone>"}])
    >>> hide({"text": "call 555-1234", "more": [1, "555-0000"]})
    {'text': 'call <phone>', 'more': [1, '<phone>']}

    Raises: `ConfigurationError` for a replacer that is none of these; `re.error` for a pattern that is none.
    """
    replace = _replacing(replacer)

    def hidden(value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return replace(value, list(path))
        if not isinstance(value, (dict, list, tuple)):
            return value
        if max_depth is not None and len(path) >= max_depth:
            return REDACTED
        if isinstance(value, dict):
            return {key: hidden(item, (*path, key)) for key, item in value.items()}
        return [hidden(item, (*path, index)) for index, item in enumerate(value)]

    return lambda value: hidden(value, ())


def _replacing(replacer: Any) -> Callable[[str, Any], str]:
    """Give the replacer as a function of a text and its path."""
    mask = getattr(replacer, "mask_nodes", None)
    if mask is not None:
        raise ConfigurationError("create_anonymizer takes rules or a function, not an object with mask_nodes")
    if callable(replacer):
        function: Any = replacer
        takes_path = len(inspect.signature(replacer).parameters) == 2  # as the SDK counts, also one with a default
        return function if takes_path else lambda text, path: function(text)
    try:
        rules = [(re.compile(rule["pattern"]), rule.get("replace")) for rule in replacer]
    except (TypeError, KeyError, AttributeError):
        raise ConfigurationError(
            'create_anonymizer takes a function, or rules: [{"pattern": "...", "replace": "..."}]'
        ) from None

    def ruled(text: str, path: Any) -> str:
        for pattern, replacement in rules:
            text = pattern.sub(REDACTED if replacement is None else replacement, text)
        return text

    return ruled
