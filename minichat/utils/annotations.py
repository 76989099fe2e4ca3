"""Python annotations to JSON Schema: what a parameter may be, said in a provider's words.

`SchemaWriter.schema` gives the schema of one annotation; classes with fields (dataclass, TypedDict,
NamedTuple, anything with pydantic's `model_json_schema`) are written out where they are used. Only
a class that contains itself becomes a definition with ``$ref``: `SchemaWriter.definitions`.

The output is what langchain-core 1.7.2 sends, in its two dialects. Functions and dataclasses go
through pydantic 2 there, a TypedDict given as a tool through pydantic 1, where None in a union only
means "may be left out". `SchemaWriter(typed_dict=True)` writes the second.

Source: JSON Schema 2020-12, Validation, section 7.3 "Defined Formats".
"""

from __future__ import annotations

import collections
import collections.abc
import copy
import dataclasses
import enum
import re
import typing

from .docstrings import read_docstring
from .fields import EMPTY, class_fields, form_name, is_named_tuple, is_typed_dict, own_docstring
from .json_schema import dereference_refs, with_keywords, without_titles
from .json_values import UNWRITABLE, json_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .fields import Field

__all__ = ["SchemaWriter"]

SCALARS: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "format": "binary"},
    bytearray: {"type": "string", "format": "binary"},
    complex: {"type": "string"},
    re.Pattern: {"type": "string", "format": "regex"},
    type(None): {"type": "null"},
}
# By name (top-level module, class), so that nobody pays the import of what he does not use.
NAMED_SCALARS: dict[tuple[str, str], dict[str, Any]] = {
    ("datetime", "datetime"): {"type": "string", "format": "date-time"},
    ("datetime", "date"): {"type": "string", "format": "date"},
    ("datetime", "time"): {"type": "string", "format": "time"},
    ("datetime", "timedelta"): {"type": "string", "format": "duration"},
    ("uuid", "UUID"): {"type": "string", "format": "uuid"},
    ("decimal", "Decimal"): {"anyOf": [{"type": "number"}, {"type": "string"}]},
    ("_decimal", "Decimal"): {"anyOf": [{"type": "number"}, {"type": "string"}]},
    ("pathlib", "PurePath"): {"type": "string", "format": "path"},
}
LISTS: tuple[Any, ...] = (
    list, collections.deque, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
    collections.abc.Iterator, collections.abc.Generator, collections.abc.Collection,
)  # fmt: skip
SETS: tuple[Any, ...] = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
MAPS: tuple[Any, ...] = (
    dict, collections.OrderedDict, collections.defaultdict, collections.abc.Mapping, collections.abc.MutableMapping,
)  # fmt: skip
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", type(None): "null"}


class SchemaWriter:
    """Write schemas, and collect the definitions of classes that contain themselves.

    `where` in the methods is the place, for error messages: "save(): parameter point, Point.x".
    """

    def __init__(self, *, typed_dict: bool = False) -> None:
        self.typed_dict = typed_dict
        self.definitions: dict[str, Any] = {}
        self._open: list[type] = []  # classes being written, outermost first
        self._recursive: dict[type, str] = {}  # those met inside themselves, with the name of their definition

    def object(self, fields: list[Field], prefix: str) -> dict[str, Any]:
        """Write an object with these fields as properties; `prefix` + name is the place of each."""
        properties = {}
        for field in fields:
            keywords: dict[str, Any] = {"description": field.description} if field.description else {}
            value = UNWRITABLE if field.default is EMPTY else json_value(field.default)
            if value is not UNWRITABLE and not (value is None and self.typed_dict):
                keywords["default"] = value
            schema = self.schema(field.annotation, f"{prefix}{field.name}")
            properties[field.name] = with_keywords(schema, keywords)
        required = [field.name for field in fields if field.required]
        return {"type": "object", "properties": properties, **({"required": required} if required else {})}

    def schema(self, annotation: Any, where: str) -> dict[str, Any]:
        """Write one annotation.

        Raises: TypeError, naming the place, for what has no JSON form.
        """
        if annotation is None:
            return {"type": "null"}
        if annotation in (EMPTY, typing.Any, object):
            return {}
        if isinstance(annotation, dataclasses.InitVar):
            return self.schema(annotation.type, where)
        if isinstance(annotation, typing.TypeVar):
            return self._type_variable(annotation, where)
        for alias in ("__supertype__", "__value__"):  # NewType; `type X = ...` of Python 3.12
            if hasattr(annotation, alias) and not isinstance(annotation, type):
                return self.schema(getattr(annotation, alias), where)
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        form = form_name(origin)
        if form in ("Union", "UnionType"):
            return self._union(arguments, where)
        if form == "Literal":
            return self._literal(arguments, where)
        if form in ("Annotated", "Final", "Required", "NotRequired", "ReadOnly"):
            return self.schema(arguments[0], where)
        if form_name(annotation) == "LiteralString":
            return {"type": "string"}
        if isinstance(annotation, type) and origin is None:
            return self._class(annotation, where)
        return self._container(annotation, origin, arguments, where)

    def _type_variable(self, variable: typing.TypeVar, where: str) -> dict[str, Any]:
        if variable.__constraints__:
            return self._union(variable.__constraints__, where)
        return self.schema(variable.__bound__, where) if variable.__bound__ is not None else {}

    def _union(self, members: tuple[Any, ...], where: str) -> dict[str, Any]:
        if self.typed_dict:
            members = tuple(member for member in members if member not in (None, type(None))) or members
        if len(members) == 1:
            return self.schema(members[0], where)
        branches: list[dict[str, Any]] = []
        for member in members:
            schema = self.schema(member, where)
            for branch in schema["anyOf"] if list(schema) == ["anyOf"] else [schema]:
                if branch not in branches:
                    branches.append(branch)
        return {"anyOf": branches}

    def _literal(self, values: tuple[Any, ...], where: str) -> dict[str, Any]:
        if self.typed_dict:
            values = tuple(value for value in values if value is not None) or values
        schema = self._enumeration(list(values), where)
        if len(values) == 1 and not self.typed_dict:
            schema["const"] = schema.pop("enum")[0]
        return schema

    def _enumeration(self, members: list[Any], where: str) -> dict[str, Any]:
        values = [json_value(member) for member in members]
        if any(value is UNWRITABLE for value in values):
            raise TypeError(f"{where} may be one of {members!r}, which JSON cannot hold; use str or int values")
        kinds = {type(value) for value in values}
        kind = JSON_TYPES.get(kinds.pop()) if len(kinds) == 1 else None
        return {"enum": values, **({"type": kind} if kind else {})}

    def _container(self, annotation: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> dict[str, Any]:
        kind = origin or annotation
        if kind in LISTS or kind in SETS:
            unique = {"uniqueItems": True} if kind in SETS else {}
            return {"type": "array", "items": self.schema(arguments[0], where) if arguments else {}, **unique}
        if kind in MAPS:
            values = self.schema(arguments[1], where) if len(arguments) == 2 else {}
            if not values and self.typed_dict:
                return {"type": "object"}
            return {"type": "object", "additionalProperties": values or True}
        if kind is tuple:
            return self._tuple(annotation, arguments, where)
        raise TypeError(
            f"{where} is annotated {annotation!r}, which has no JSON form; use str, int, float, bool, list, dict, "
            "Literal, an Enum, a dataclass or a TypedDict, or give the tool as a dict with its JSON schema"
        )

    def _tuple(self, annotation: Any, arguments: tuple[Any, ...], where: str) -> dict[str, Any]:
        if annotation in (tuple, typing.Tuple):
            return {"type": "array", "items": {}}
        if len(arguments) == 2 and arguments[1] is ...:
            return {"type": "array", "items": self.schema(arguments[0], where)}
        items = [self.schema(argument, where) for argument in arguments if argument != ()]  # 3.9: tuple[()] has ((),)
        size = {"type": "array", "minItems": len(items), "maxItems": len(items)}
        return {**size, "prefixItems": items} if items else size

    def _class(self, cls: type, where: str) -> dict[str, Any]:
        if callable(getattr(cls, "model_json_schema", None)):
            schema = without_titles(dereference_refs(cls.model_json_schema()))  # type: ignore[attr-defined]
            self.definitions.update(schema.pop("$defs", {}))
            return schema
        if is_typed_dict(cls) or dataclasses.is_dataclass(cls):
            return self._once(cls, where)
        if is_named_tuple(cls):
            return self._named_tuple(cls, where)
        if issubclass(cls, enum.Enum):
            schema = self._enumeration(list(cls), where)
            doc = own_docstring(cls)
            return {**schema, "description": doc} if doc else schema
        for base in cls.__mro__[:-1]:  # a subclass of str is a string
            scalar = SCALARS.get(base) or NAMED_SCALARS.get((base.__module__.partition(".")[0], base.__name__))
            if scalar:
                return copy.deepcopy(scalar)  # callers may change what they get
            if base in (list, tuple, set, frozenset, dict):
                return self._container(base, None, (), where)
        return self._container(cls, None, (), where)

    def _once(self, cls: type, where: str) -> dict[str, Any]:
        """Write a class with fields; met inside itself it becomes a definition."""
        if cls in self._open:
            name = cls.__name__
            while cls not in self._recursive and name in self._recursive.values():
                name += "_"  # two classes of one name
            self._recursive.setdefault(cls, name)
        else:
            self._open.append(cls)
            doc = own_docstring(cls)
            description, descriptions, _ = read_docstring(doc)
            fields = class_fields(cls, descriptions, where, as_tool=self.typed_dict)
            schema = self.object(fields, f"{where}, {cls.__name__}.")
            self._open.pop()
            # pydantic takes a docstring as it stands; only one that names arguments is better read.
            if description and (descriptions or self.typed_dict):
                schema["description"] = description
            elif doc:
                schema["description"] = doc
            if cls not in self._recursive:
                return schema
            self.definitions[self._recursive[cls]] = schema
        return {"$ref": f"#/$defs/{self._recursive[cls]}"}

    def _named_tuple(self, cls: type, where: str) -> dict[str, Any]:
        schema = self.object(class_fields(cls, {}, where), f"{where}, {cls.__name__}.")
        # In a list of values a title is the only place for the name.
        parts = schema["properties"].items()
        items = [with_keywords(part, {"title": name.replace("_", " ").title()}) for name, part in parts]
        required = len(schema.get("required", ()))
        return {"type": "array", "minItems": required, "maxItems": len(items), "prefixItems": items}
