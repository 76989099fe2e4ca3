"""A keyword constructor from class annotations, for models and whatever else has settings.

A subclass states its fields as a pydantic model or a dataclass does, and gets the constructor, a
`repr`, equality by identity and pickling:

>>> class Greeter(Settings):
...     greeting: str
...     mark: str = "!"
>>> Greeter(greeting="Hello")
Greeter(greeting='Hello')
>>> Greeter(greeting="Hello").mark
'!'

Values are not checked against their annotations, which are not even evaluated: a setting that matters
is checked by the class that uses it. A mutable default (list, dict, set) is copied for each object;
`dataclasses.field(default_factory=...)` works as a default.
"""

from __future__ import annotations

from .errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Dict, Tuple, TypeVar

    S = TypeVar("S", bound="Settings")

__all__ = ["SecretStr", "Settings"]

REQUIRED: Any = object()


class SecretStr:
    """A key or password that does not print itself, as pydantic's; pickling it is refused.

    >>> SecretStr("sk-123")
    SecretStr('**********')
    >>> SecretStr("sk-123").get_secret_value()
    'sk-123'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "SecretStr('**********')" if self._value else "SecretStr('')"

    def __str__(self) -> str:
        return "**********" if self._value else ""

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, SecretStr) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __reduce__(self) -> Any:
        raise TypeError("a SecretStr is not pickled: the secret would be readable in the pickle")


class Settings:
    """Base that turns class annotations into a keyword constructor.

    `_aliases`: other names of fields, as `{"model": "model_name"}`; merged along the bases.
    `model_post_init(context)`, when defined, is called after construction (pydantic's name).

    Raises: `ConfigurationError` for a missing or an unknown keyword, naming those that exist.
    """

    _aliases: Dict[str, str] = {}
    _given: Tuple[str, ...] = ()  # fields the constructor was called with

    def __init__(self, **values: Any) -> None:
        fields, aliases = _fields_of(type(self))
        given: Dict[str, Any] = {}
        unknown: Dict[str, Any] = {}
        for keyword, value in values.items():
            name = keyword if keyword in fields else aliases.get(keyword, "")
            if not name:
                unknown[keyword] = value
            elif name in given:
                raise ConfigurationError(f"{type(self).__name__}: {keyword}= gives {name} a second time")
            else:
                given[name] = value
        if unknown:
            given.update(self._accept_unknown(unknown, given))
        self._given = tuple(given)
        for name, default in fields.items():
            if name not in given:
                given[name] = _default(type(self), name, default)
        self.__dict__.update(given)
        post_init = getattr(self, "model_post_init", None)
        if post_init is not None:
            post_init(None)

    def _accept_unknown(self, unknown: Dict[str, Any], given: Dict[str, Any]) -> Dict[str, Any]:
        """Give further field values for keywords that are no fields; here there are none."""
        name = next(iter(unknown))
        hint = self._meant(name) or f"; it has {', '.join(_fields_of(type(self))[0])}"
        raise ConfigurationError(f"{type(self).__name__} has no setting {name!r}{hint}")

    @classmethod
    def _meant(cls, unknown: str, likeness: float = 0.6) -> str:
        """Give "; did you mean ...=?" when there is a setting whose name is like an unknown one, else ""."""
        from difflib import get_close_matches

        close = get_close_matches(unknown, cls.settings_fields(), 1, likeness)
        return f"; did you mean {close[0]}=?" if close else ""

    @classmethod
    def settings_fields(cls) -> Tuple[str, ...]:
        """Give the names of the fields, and the other names they go by."""
        fields, aliases = _fields_of(cls)
        return (*fields, *aliases)

    def settings_replaced(self: S, **changes: Any) -> S:
        """Give another object of this class, made with what this one was made with, and `changes`."""
        _, aliases = _fields_of(type(self))
        given = {name: self.__dict__[name] for name in self._given}
        return type(self)(**{**given, **{aliases.get(name, name): changes[name] for name in changes}})

    def __repr__(self) -> str:
        return self._repr_of(self.__dict__)

    def _repr_of(self, values: Mapping[str, Any]) -> str:
        """Print `values` of the fields that were given and are not their default."""
        fields, _ = _fields_of(type(self))
        shown = (
            f"{name}={values[name]!r}"
            for name, default in fields.items()
            if name in self._given and not _is_default(values[name], default)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def check_dictionary(name: str, value: Any) -> None:
    """Raises: `ConfigurationError` for what is neither a dictionary nor empty."""
    if not hasattr(value or {}, "keys"):
        raise ConfigurationError(f"{name}= takes a dictionary, not {type(value).__name__}")


def check_tags(tags: Any) -> Tuple[str, ...]:
    """Give a list's tags. Raises: `ConfigurationError` for what is no list of texts, such as a text."""
    if isinstance(tags, (str, bytes)) or not hasattr(tags, "__iter__"):
        raise ConfigurationError(f"tags= takes a list of texts, not {tags!r:.80}")
    return tuple(tags)


def _is_default(value: Any, default: Any) -> bool:
    """Compare as far as that is sure; a value that cannot be compared is no default."""
    try:
        return value is default or (type(value) is type(default) and bool(value == default))
    except Exception:  # any == of a user's class
        return False


def _default(owner: type, name: str, default: Any) -> Any:
    if default is REQUIRED:
        raise ConfigurationError(f"{owner.__name__} needs {name}=")
    if type(default) in (list, dict, set):
        return default.copy()
    factory = getattr(default, "default_factory", None)
    if callable(factory):
        return factory()
    return default


def _fields_of(owner: type) -> Any:
    """Give (fields, aliases) of a class: name -> default or REQUIRED, bases first."""
    known = owner.__dict__.get("_settings_fields")
    if known is not None:
        return known
    fields: Dict[str, Any] = {}
    aliases: Dict[str, str] = {}
    for base in reversed(owner.__mro__):
        annotations = base.__dict__.get("__annotations__")
        if annotations is None and "__annotate_func__" in base.__dict__:  # Python 3.14, PEP 649
            annotations = base.__annotations__
        for name, annotation in (annotations or {}).items():
            if name.startswith("_") or "ClassVar" in str(annotation):
                continue
            fields[name] = base.__dict__.get(name, REQUIRED)
        for name in fields:
            if name in base.__dict__ and name not in (annotations or {}):
                fields[name] = base.__dict__[name]  # a new default without a new annotation
        aliases.update(base.__dict__.get("_aliases", {}))
    owner._settings_fields = (fields, aliases)  # type: ignore[attr-defined]
    return fields, aliases
