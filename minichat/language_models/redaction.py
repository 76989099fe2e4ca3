"""Take a key out of whatever an exception quotes: a provider, or a proxy on the way, may echo it."""

from __future__ import annotations

from ..errors import ChatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["hide"]

SHORTEST_KEY = 4  # what is shorter is a stand-in, and would be found in ordinary words


def hide(key: str, error: ChatError) -> None:
    """Replace `key` in the error's text and facts by `***`."""
    if len(key) < SHORTEST_KEY:
        return
    error.args = _without(key, error.args)
    for fact, value in list(vars(error).items()):
        if fact != "partial":  # the model's words, not an account of the request
            setattr(error, fact, _without(key, value))


def _without(key: str, value: Any) -> Any:
    """Give `value` with `***` for the key, also for the beginning of one at a place where text was cut."""
    if isinstance(value, str):
        value = value.replace(key, "***")
        for length in range(len(key) - 1, SHORTEST_KEY - 1, -1):
            if value.endswith(key[:length]):
                return value[:-length] + "***"
        return value
    if isinstance(value, bytes):
        return _without(key, value.decode("latin-1")).encode("latin-1")
    try:
        if isinstance(value, dict):
            return {_without(key, name): _without(key, inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)([_without(key, inner) for inner in value])
    except RecursionError:
        return None  # too deep to look through
    return value
