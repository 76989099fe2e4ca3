"""Three switches for the whole program: verbose, debug, and the cache of the models without one of their own.

Whoever makes a call asks for them then, so a switch turned later counts from the next call on. While
debug is on, every call has a `tracers.stdout.ConsoleCallbackHandler`. Names are those of
`langchain_core.globals`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    from .caches import BaseCache

__all__ = ["get_debug", "get_llm_cache", "get_verbose", "set_debug", "set_llm_cache", "set_verbose"]

_verbose = False
_debug = False
_console: Any = None
_llm_cache: Optional[BaseCache] = None


def set_verbose(value: bool) -> None:
    """Say what the models and tools made from now on have as `verbose` when they are not told."""
    global _verbose
    _verbose = value


def get_verbose() -> bool:
    """Give what `set_verbose` was told, else False."""
    return _verbose


def set_debug(value: bool) -> None:
    """Print every run with its input and output from the next call on, or stop doing so."""
    global _debug, _console
    if value and _console is None:
        from .context import register_hook
        from .tracers import ConsoleCallbackHandler

        _console = ConsoleCallbackHandler()  # one for all calls: a call inside another must not add a second
        register_hook(_when_debugging)
    _debug = value


def _when_debugging() -> Optional[Tuple[Any, bool]]:
    return (_console, True) if _debug else None


def get_debug() -> bool:
    """Give what `set_debug` was told, else False."""
    return _debug


def set_llm_cache(value: Optional[BaseCache]) -> None:
    """Set the cache of every model that has none of its own (`cache=None`); None for no cache.

    >>> from .caches import InMemoryCache
    >>> set_llm_cache(InMemoryCache())
    >>> get_llm_cache() is None
    False
    >>> set_llm_cache(None)

    Raises: TypeError for what is no cache.
    """
    global _llm_cache
    if value is not None and not hasattr(value, "lookup"):
        raise TypeError(f"set_llm_cache takes a cache such as InMemoryCache(), or None, not {type(value).__name__}")
    _llm_cache = value


def get_llm_cache() -> Optional[BaseCache]:
    """Give the cache that `set_llm_cache` was given, else None."""
    return _llm_cache
