"""Names that are imported from their home when somebody asks for them (PEP 562).

A folder's `__init__` says which module holds which name, so that importing one class does not import
all; type checkers get the same names by `if TYPE_CHECKING` beside it.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Dict

__all__ = ["names_from"]


def names_from(package: str, homes: Mapping[str, str], namespace: Dict[str, Any]) -> Callable[[str], Any]:
    """Give the `__getattr__` of a module; `homes` says home module (relative to `package`) -> its names."""
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        home = home_of.get(name)
        if home is None:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = getattr(import_module("." + home, package), name)
        namespace[name] = value
        return value

    return __getattr__
