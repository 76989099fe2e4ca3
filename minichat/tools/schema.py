"""The arguments of a tool: their JSON schema as LangChain prints it, and a model's values made to fit.

`ArgsSchema` stands where LangChain has a pydantic class: ``tool.args_schema.model_json_schema()`` reads
the same. It holds a list of `Field` (utils/fields.py), made of a function's signature, a TypedDict or a
dataclass; `PydanticSchema` lets a pydantic class that a program brings do the same work. What is sent
to a provider is made of this schema by utils/function_calling.py, without the titles.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import typing

from ..utils.docstrings import read_docstring
from ..utils.fields import (
    EMPTY,
    class_fields,
    form_name,
    is_typed_dict,
    own_docstring,
    signature_fields,
)
from ..utils.function_calling import annotation_resolver
from ..utils.validation import ValidationError, build_fields, shown
from .injected import FILTERED_ARGS, asks_for_call_id, is_injected, runnable_config_param, source_of
from .titles import TitledWriter, in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional, Sequence

    from ..utils.fields import Field

__all__ = ["ArgsSchema", "ToolInputError", "create_schema_from_function", "schema_of", "schema_of_function"]

SYNTHETIC = ("args", "kwargs")  # LangChain's names for *args and **kwargs, which have no default to pass


class ToolInputError(ValidationError):
    """The arguments of a tool call do not fit. `tool`: its name; `problems`: one sentence for each argument."""

    def __init__(self, tool: str, problems: list[str]) -> None:
        super().__init__(problems)
        self.tool = tool
        self.args = (tool, problems)  # what pickling calls this with

    def __str__(self) -> str:
        return f"{self.tool}: {'; '.join(self.problems)}"


class ArgsSchema:
    """What a tool takes.

    >>> def add(a: int, b: int = 2):
    ...     "Add."
    >>> schema = create_schema_from_function("add", add)
    >>> schema.model_json_schema()["properties"]["b"]
    {'default': 2, 'title': 'B', 'type': 'integer'}
    >>> schema.validate({"a": "1"})
    {'a': 1, 'b': 2}
    """

    def __init__(self, title: str, fields: Sequence[Field], description: str = "") -> None:
        self.title = title
        self.description = description
        self.fields = list(fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([repr(self.title), *self.names])})"

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]

    @property
    def injected(self) -> list[str]:
        """The names of the arguments that the model does not see."""
        return [field.name for field in self.fields if is_injected(field.annotation)]

    @property
    def call_ids(self) -> list[str]:
        """The names of the arguments that are the id of the call."""
        return [field.name for field in self.fields if asks_for_call_id(field.annotation)]

    def for_model(self, title: str, description: str) -> ArgsSchema:
        """Give what the model sees of this schema, under the tool's own name and description."""
        hidden = self.injected
        return ArgsSchema(title, [field for field in self.fields if field.name not in hidden], description)

    def model_json_schema(self) -> dict[str, Any]:
        """Give the JSON schema, as pydantic's method of this name does.

        Raises: TypeError, naming the argument, for an annotation without JSON form.
        """
        writer = TitledWriter()
        schema = writer.object(self.fields, f"{self.title}(): parameter ")
        if self.description:
            schema["description"] = inspect.cleandoc(self.description)
        if writer.definitions:
            schema["$defs"] = writer.definitions
        return in_order({**schema, "title": self.title})  # type: ignore[no-any-return]

    schema = model_json_schema  # its name in pydantic 1, which many programs still call

    def validate(self, values: Any, *, tool: str = "") -> dict[str, Any]:
        """Give the arguments as the annotations ask for them, defaults added and unknown names left out.

        Raises: `ToolInputError`, naming `tool`, with all that does not fit.
        """
        if not isinstance(values, dict):
            raise ToolInputError(tool or self.title, [f"expected an object of arguments, got {shown(values)}"])
        try:
            built = build_fields(self.fields, values)
        except ValidationError as error:
            raise ToolInputError(tool or self.title, error.problems) from None
        given = {}
        for field in self.fields:
            if field.name in built:
                given[field.name] = built[field.name]
            elif field.default is not EMPTY and field.name not in SYNTHETIC:
                made = field.default.make() if isinstance(field.default, Factory) else copy.deepcopy(field.default)
                given[field.name] = made  # a list that is shared from call to call would keep what one added
        return given


class Factory:
    """The default of a dataclass's field that is made anew each time; nothing to tell the model."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class PydanticSchema(ArgsSchema):
    """A pydantic class as the schema of a tool; the program brings it, nothing here imports it."""

    def __init__(self, model: Any, hidden: Sequence[str] = ()) -> None:
        super().__init__(model.__name__, (), inspect.getdoc(model) or "")
        self.model = model
        self.hidden = hidden

    @property
    def names(self) -> list[str]:
        return [name for name in self.model.model_fields if name not in self.hidden]

    @property
    def injected(self) -> list[str]:
        return [name for name in self.names if is_injected(self._annotation(name))]

    @property
    def call_ids(self) -> list[str]:
        return [name for name in self.names if asks_for_call_id(self._annotation(name))]

    def _annotation(self, name: str) -> Any:
        """Put back together what pydantic takes apart: the type and what ``Annotated`` said of it."""
        field = self.model.model_fields[name]
        annotation = field.annotation
        for mark in field.metadata:
            annotation = typing.Annotated[annotation, mark]
        return annotation

    def for_model(self, title: str, description: str) -> ArgsSchema:
        schema = PydanticSchema(self.model, self.injected)
        schema.title, schema.description = title, description
        return schema

    def model_json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {**self.model.model_json_schema(by_alias=False), "title": self.title}
        schema["properties"] = {name: schema["properties"][name] for name in self.names}
        if "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in self.hidden]
        return {**schema, "description": self.description} if self.description else schema

    schema = model_json_schema

    def validate(self, values: Any, *, tool: str = "") -> dict[str, Any]:
        """As `ArgsSchema.validate`; raises pydantic's own error."""
        model = self.model.model_validate(values)
        fields = self.model.model_fields
        given = {*values, *model.model_fields_set}
        return {name: getattr(model, name) for name in fields if name in given or not fields[name].is_required()}


class JsonSchema(ArgsSchema):
    """A JSON schema as it was given: said to the model, and not looked into here, as in LangChain."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(given.get("title", ""), (), given.get("description", ""))
        self.given = given

    @property
    def names(self) -> list[str]:
        return list(self.given.get("properties", ()))

    def model_json_schema(self) -> dict[str, Any]:
        return self.given

    schema = model_json_schema

    def validate(self, values: Any, *, tool: str = "") -> Any:
        """Give the values as they came.

        Raises: ValueError for one text, of which a JSON schema does not say where it belongs.
        """
        if isinstance(values, str):
            raise ValueError("String tool inputs are not allowed when using tools with JSON schema args_schema.")
        return values


def create_schema_from_function(
    model_name: str,
    func: Callable[..., Any],
    *,
    filter_args: Optional[Sequence[str]] = None,
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = False,
    include_injected: bool = True,
) -> ArgsSchema:
    """Read what a function takes.

    `filter_args`: parameters left out, by default those the run fills in and a method's ``self``.
    `parse_docstring`: take the descriptions of arguments from a Google-style docstring.

    Raises: TypeError for an annotation that names something unknown; ValueError for a docstring that
    describes an argument the function does not have, or with `error_on_invalid_docstring` has no
    ``Args:``.
    """
    signature, source = inspect.signature(func), source_of(func)
    left_out = list(filter_args or FILTERED_ARGS)
    if isinstance(func, functools.partial):
        left_out += func.keywords
    first = next(iter(signature.parameters), "")
    if not filter_args and first in ("self", "cls") and "." in getattr(func, "__qualname__", ""):
        left_out.append(first)
    doc = inspect.getdoc(source)
    descriptions: dict[str, str] = {}
    description = doc or ""
    if parse_docstring:
        description, descriptions = _parsed(doc, signature, error=error_on_invalid_docstring)
    resolve = annotation_resolver(source.__name__, source)
    offered = []
    for parameter in signature.parameters.values():
        if parameter.name in left_out:
            continue
        parameter = parameter.replace(annotation=resolve(parameter.name, parameter.annotation))
        if include_injected or not is_injected(parameter.annotation):
            offered.append(parameter)
    fields = signature_fields(signature.replace(parameters=offered), lambda _, annotation: annotation, descriptions)
    return ArgsSchema(model_name, fields, description)


def schema_of_function(name: str, function: Callable[..., Any], **how: bool) -> ArgsSchema:
    """Read what a tool's function takes, but for what the run fills in: `create_schema_from_function`."""
    config_param = runnable_config_param(function)
    filter_args = [*FILTERED_ARGS, *([config_param] if config_param else [])]
    return create_schema_from_function(name, function, filter_args=filter_args, **how)


def _parsed(doc: Optional[str], signature: inspect.Signature, *, error: bool) -> tuple[str, dict[str, str]]:
    described = [name for name in signature.parameters if name not in (*FILTERED_ARGS, "runtime")]
    blocks = (doc or "").split("\n\n")
    invalid = not doc or (bool(described) and not any(block.startswith("Args:") for block in blocks[1:]))
    if error and invalid:
        raise ValueError("Found invalid Google-Style docstring.")
    description, descriptions, _ = read_docstring(doc)
    for name in descriptions:
        if name not in signature.parameters:
            raise ValueError(f"Arg {name} in docstring not found in function signature.")
    return description, descriptions


def schema_of(given: Any) -> ArgsSchema:
    """Make a schema of what a program gives as `args_schema`.

    Raises: TypeError for what is neither a JSON schema, a TypedDict, a dataclass nor a pydantic class.
    """
    if isinstance(given, ArgsSchema):
        return given
    if isinstance(given, dict):
        return JsonSchema(given)
    if isinstance(given, type) and hasattr(given, "model_fields") and hasattr(given, "model_validate"):
        return PydanticSchema(given)
    if is_typed_dict(given) or (isinstance(given, type) and dataclasses.is_dataclass(given)):
        description, descriptions, _ = read_docstring(own_docstring(given))
        fields = class_fields(given, descriptions, given.__name__)
        fields = _of_typed_dict(given, fields, descriptions) if is_typed_dict(given) else _with_factories(given, fields)
        return ArgsSchema(given.__name__, fields, description)
    raise TypeError(
        "args_schema must be a TypedDict, a dataclass, a subclass of pydantic BaseModel or a JSON schema dict. "
        f"Got: {given}."
    )


def _of_typed_dict(cls: Any, plain: list[Field], descriptions: dict[str, str]) -> list[Field]:
    """Read ``Annotated[type, default, description]`` as for other TypedDicts, but where it says injected."""
    fields = []
    hints = typing.get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    as_tool = class_fields(cls, descriptions, cls.__name__, as_tool=True)
    for field, told in zip(plain, as_tool):
        hint = hints[field.name]
        while form_name(typing.get_origin(hint)) in ("Required", "NotRequired", "ReadOnly"):
            hint = typing.get_args(hint)[0]
        fields.append(field._replace(annotation=hint) if is_injected(hint) else told)
    return fields


def _with_factories(cls: Any, fields: list[Field]) -> list[Field]:
    """Put each ``default_factory`` where the signature has a placeholder."""
    makers = {one.name: one.default_factory for one in dataclasses.fields(cls)}
    made = {name: Factory(make) for name, make in makers.items() if make is not dataclasses.MISSING}
    return [field._replace(default=made.get(field.name, field.default)) for field in fields]
