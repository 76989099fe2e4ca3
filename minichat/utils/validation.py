"""Does a value fit? `build` makes what a Python annotation asks for, `check` asks a JSON schema.

`build` is for values a model wrote: the arguments of a tool, a structured answer. It converts as
pydantic's lax mode does ("3" where an int is asked for; a dict becomes a dataclass, also inside lists)
and tells all that does not fit at once, each with its place: ``address.lines[1]: expected a string,
got 3``. With ``strict=True`` nothing is converted but what JSON cannot say otherwise (an array for a
tuple, a text for an Enum). In a union the member that fits most closely wins.

Known classes are dataclasses, TypedDicts, NamedTuples, Enums, whatever has pydantic's
`model_validate`, and the standard library's dates, UUID, Decimal and paths; of any other class
the value has to be an instance.

Source of the conversions: pydantic 2's "Conversion Table", checked by running both
(tests/utils/test_validation.py).
"""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import functools
import typing

from ..errors import ChatError
from .annotations import LISTS, MAPS, SETS
from .fields import EMPTY, class_fields, form_name, is_named_tuple, is_typed_dict
from .scalars import LAX, STRICT, Unfit, scalar
from .schema_check import check, problem, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .fields import Field
    from .schema_check import Path

__all__ = ["ValidationError", "build", "build_fields", "check", "problem", "shown"]

ARRAYS = (list, tuple, set, frozenset, collections.deque)
WORDS: dict[Any, str] = {
    bool: "a boolean", int: "an integer", float: "a number", str: "a string", type(None): "null", None: "null",
    list: "an array", dict: "an object",
}  # fmt: skip
# What a list of built items becomes, where list or dict will not do.
MAKERS: dict[Any, Any] = {
    set: set, collections.abc.Set: set, collections.abc.MutableSet: set, frozenset: frozenset,
    collections.deque: collections.deque, collections.OrderedDict: collections.OrderedDict,
    collections.defaultdict: functools.partial(collections.defaultdict, None),
}  # fmt: skip


class ValidationError(ChatError, ValueError):
    """A value does not fit. `problems`: one sentence for each place, the place first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


def build(annotation: Any, value: Any, *, strict: bool = False) -> Any:
    """Give `value` as `annotation` asks for it.

    >>> build(typing.Dict[str, typing.List[int]], {"a": ["1", 2.0]})
    {'a': [1, 2]}

    Raises: `ValidationError` with all that does not fit; TypeError for an annotation that names
    something unknown.
    """
    builder = _Builder(STRICT if strict else LAX, as_tool=is_typed_dict(annotation))
    return builder.result(lambda: builder.build(annotation, value, ()))


def build_fields(fields: list[Field], values: Any, *, strict: bool = False) -> dict[str, Any]:
    """Give the values of `fields` (fields.py) that a dictionary names, each built; unknown names are left out.

    Raises: `ValidationError`, also for required fields that are missing.
    """
    builder = _Builder(STRICT if strict else LAX, as_tool=False)
    built: dict[str, Any] = builder.result(lambda: builder.fields(fields, values, ()))
    return built


class _Builder:
    """One attempt. `problems`: (path, sentence) pairs; `given`: how many known fields the value had.

    `as_tool`: how ``Annotated`` in a TypedDict is read, see `class_fields`.
    """

    def __init__(self, level: int, *, as_tool: bool) -> None:
        self.level = level
        self.as_tool = as_tool
        self.problems: list[tuple[Path, str]] = []
        self.given = 0

    def result(self, work: Callable[[], Any]) -> Any:
        """Give what `work` builds. Raises: `ValidationError` for what has been found wrong by then."""
        try:
            built = work()
        except RecursionError:
            raise ValidationError(["nested too deeply"]) from None
        if self.problems:
            raise ValidationError([problem(*one) for one in self.problems])
        return built

    def build(self, annotation: Any, value: Any, path: Path) -> Any:
        if annotation is EMPTY or annotation is typing.Any or annotation is object:
            return value
        if isinstance(annotation, dataclasses.InitVar):
            return self.build(annotation.type, value, path)
        if isinstance(annotation, typing.TypeVar):
            members = annotation.__constraints__ or (annotation.__bound__ or typing.Any,)
            return self.union(members, value, path)
        for alias in ("__supertype__", "__value__"):  # NewType; `type X = ...` of Python 3.12
            if hasattr(annotation, alias) and not isinstance(annotation, type):
                return self.build(getattr(annotation, alias), value, path)
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        form = form_name(origin)
        if form in ("Union", "UnionType"):
            return self.union(arguments, value, path)
        if form == "Literal":
            return self.one_of(arguments, value, path)
        if form in ("Annotated", "Final", "Required", "NotRequired", "ReadOnly"):
            return self.build(arguments[0], value, path)
        if form_name(annotation) == "LiteralString":
            return self.build(str, value, path)
        kind = origin or annotation
        if kind in LISTS or kind in SETS or kind is tuple or kind in MAPS:
            return self.container(kind, arguments, value, path)
        if kind is None or isinstance(kind, type):
            return self.instance(type(None) if kind is None else kind, value, path)
        raise TypeError(f"{annotation!r} says nothing about values")

    def misfit(self, path: Path, expected: str, value: Any) -> Any:
        self.problems.append((path, f"expected {expected}, got {shown(value)}"))
        return value

    def union(self, members: tuple[Any, ...], value: Any, path: Path) -> Any:
        """Take the member with most known fields, then the one that had to convert least, then the first."""
        best: Any = None
        failed = []
        for index, member in enumerate(members):
            trial, built = self._tried(self.level, member, value, path)
            if trial.problems:
                failed.append(trial)
                continue
            for level in range(self.level):  # it fits; how closely?
                closer, found = self._tried(level, member, value, path)
                if not closer.problems:
                    trial, built = closer, found
                    break
            rank = (-trial.given, trial.level, index)
            if best is None or rank < best[0]:
                best = (rank, built)
        if best is not None:
            self.given -= best[0][0]
            return best[1]
        # Where one member had the right shape and a part of it is wrong, that part is the news.
        inside = [trial for trial in failed if all(len(place) > len(path) for place, _ in trial.problems)]
        if len(inside) == 1 or len(failed) == 1:
            self.problems += (inside or failed)[0].problems
            return value
        return self.misfit(path, " or ".join(dict.fromkeys(_words(member) for member in members)), value)

    def _tried(self, level: int, member: Any, value: Any, path: Path) -> Any:
        trial = _Builder(level, as_tool=self.as_tool)
        return trial, trial.build(member, value, path)

    def one_of(self, choices: tuple[Any, ...], value: Any, path: Path) -> Any:
        for choice in choices:
            plain = choice.value if isinstance(choice, enum.Enum) and not isinstance(value, enum.Enum) else choice
            if value == plain and isinstance(value, bool) is isinstance(plain, bool):
                return choice
        return self.misfit(path, _words(typing.Literal[choices]), value)

    def container(self, kind: Any, arguments: tuple[Any, ...], value: Any, path: Path) -> Any:
        if kind in MAPS:
            return self.mapping(kind, arguments, value, path)
        if not isinstance(value, ARRAYS):
            return self.misfit(path, "an array", value)
        if kind is tuple and not (len(arguments) == 2 and arguments[1] is ...) and arguments:
            wanted = [one for one in arguments if one != ()]  # 3.9: tuple[()] has ((),)
            if len(wanted) != len(value):
                return self.misfit(path, f"an array of {len(wanted)}", value)
            return tuple(self.build(one, item, (*path, i)) for i, (one, item) in enumerate(zip(wanted, value)))
        one = arguments[0] if arguments else typing.Any
        before = len(self.problems)
        items = [self.build(one, item, (*path, i)) for i, item in enumerate(value)]
        if len(self.problems) > before:
            return items
        if kind in SETS and any(not _hashable(item) for item in items):
            return self.misfit(path, "an array of simple values", value)
        return tuple(items) if kind is tuple else MAKERS.get(kind, list)(items)

    def mapping(self, kind: Any, arguments: tuple[Any, ...], value: Any, path: Path) -> Any:
        if not isinstance(value, collections.abc.Mapping):
            return self.misfit(path, "an object", value)
        keys, values = arguments if len(arguments) == 2 else (typing.Any, typing.Any)
        before = len(self.problems)
        pairs = [
            (self.build(keys, key, (*path, str(key))), self.build(values, item, (*path, str(key))))
            for key, item in value.items()
        ]
        return value if len(self.problems) > before else MAKERS.get(kind, dict)(pairs)

    def instance(self, cls: type, value: Any, path: Path) -> Any:
        if callable(getattr(cls, "model_validate", None)):
            return self.pydantic_model(cls, value, path)
        if is_typed_dict(cls):
            return self.fields(_fields_of(cls, self.as_tool), value, path)
        if isinstance(value, cls) and not (cls is int and isinstance(value, bool)):
            return value
        if dataclasses.is_dataclass(cls) or is_named_tuple(cls):
            return self.record(cls, value, path)
        if issubclass(cls, enum.Enum):
            return self.member(cls, value, path)
        for base in cls.__mro__[:-1]:  # a subclass of str is made of a string
            expected = None
            try:
                built = scalar(base, value, self.level)
            except Unfit as unfit:
                expected = unfit.expected
            if expected is not None:  # not above: PyPy has no RecursionError while it handles another error
                return self.misfit(path, expected, value)
            if built is not NotImplemented:
                return self.made(cls, (built,), {}, path) if cls is not base and not isinstance(built, cls) else built
            if base in (list, tuple, set, frozenset, dict):
                return self.made(cls, (self.container(base, (), value, path),), {}, path)
        return self.misfit(path, _words(cls), value)

    def made(self, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], path: Path) -> Any:
        """Call a class; what it refuses is a problem of the value."""
        try:
            return cls(*args, **kwargs)
        except (TypeError, ValueError) as error:
            self.problems.append((path, f"{cls.__name__} refuses it: {error}"))
            return None

    def pydantic_model(self, cls: Any, value: Any, path: Path) -> Any:
        try:
            return cls.model_validate(value)
        except ValueError as error:
            details = getattr(error, "errors", None)
            listed: Any = details() if callable(details) else [{"loc": (), "msg": str(error)}]
            self.problems += [((*path, *one["loc"]), str(one["msg"])) for one in listed]
            return value

    def fields(self, fields: list[Field], value: Any, path: Path) -> dict[str, Any]:
        if not isinstance(value, collections.abc.Mapping):
            self.misfit(path, "an object", value)
            return {}
        built = {}
        for field in fields:
            if field.name in value:
                self.given += 1
                built[field.name] = self.build(field.annotation, value[field.name], (*path, field.name))
            elif field.required:
                self.problems.append(((*path, field.name), "is missing"))
        return built

    def record(self, cls: Any, value: Any, path: Path) -> Any:
        """Make a dataclass or NamedTuple."""
        fields = _fields_of(cls, self.as_tool)
        if is_named_tuple(cls) and isinstance(value, (list, tuple)) and len(value) <= len(fields):
            value = dict(zip(cls._fields, value))
        before = len(self.problems)
        built = self.fields(fields, value, path)
        return None if len(self.problems) > before else self.made(cls, (), built, path)

    def member(self, cls: type[enum.Enum], value: Any, path: Path) -> Any:
        values = [value]
        if self.level == LAX and issubclass(cls, (int, float)):
            try:
                values.append(scalar(int if issubclass(cls, int) else float, value, LAX))
            except Unfit:
                pass  # then the value itself has to be a member's
        for one in values:
            try:
                found = cls(one)
            except (ValueError, TypeError, KeyError):
                continue
            if not isinstance(one, bool) or isinstance(found.value, bool):
                return found
        return self.misfit(path, _words(cls), value)


@functools.lru_cache(maxsize=256)
def _fields_of(cls: type, as_tool: bool) -> list[Field]:
    return class_fields(cls, {}, cls.__name__, as_tool=as_tool)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _words(annotation: Any) -> str:
    """Say what an annotation asks for."""
    origin = typing.get_origin(annotation)
    form, arguments = form_name(origin), typing.get_args(annotation)
    if form == "Literal":
        return " or ".join(repr(one.value if isinstance(one, enum.Enum) else one) for one in arguments)
    if form in ("Union", "UnionType"):
        return " or ".join(dict.fromkeys(_words(member) for member in arguments))
    if form in ("Annotated", "Final", "Required", "NotRequired", "ReadOnly"):
        return _words(arguments[0])
    kind = origin or annotation
    if kind in LISTS or kind in SETS or kind is tuple:
        return "an array"
    if kind in MAPS:
        return "an object"
    if kind in WORDS:
        return WORDS[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return " or ".join(repr(member.value) for member in kind)
    return f"a {getattr(kind, '__name__', kind)}"
