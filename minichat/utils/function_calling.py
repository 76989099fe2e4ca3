"""Anything a user may call a tool, as OpenAI's function-calling format has it.

A dict is recognised by its keys (OpenAI, Anthropic, Bedrock Converse, JSON Schema, a provider's
built-in tool). A TypedDict, a dataclass or a function is read with `fields` and `docstrings` and
written by `annotations`. Other libraries' objects are known by what they offer, never imported:
`model_json_schema` (pydantic), or a name with `tool_call_schema`, `args_schema` or `args` (a
LangChain tool). Loaded when the first tool is bound, so its imports cost nobody else.

Shape: {"type": "function", "function": {"name", "description"?, "parameters"?, "strict"?}}

Source: OpenAI API reference, "Chat Completions", `tools`; Anthropic, "Tool use", `input_schema`;
Amazon Bedrock API reference, "ToolSpecification"; what is sent for Python objects: langchain-core
1.7.2, by running it (tests/utils/test_function_calling.py names every difference).
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing

from .annotations import SchemaWriter
from .docstrings import read_docstring
from .fields import class_fields, form_name, is_named_tuple, is_typed_dict, own_docstring, signature_fields, unresolved
from .json_schema import dereference_refs, strict_schema, without_titles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

__all__ = [
    "RUN_ARGUMENTS",
    "annotation_resolver",
    "convert_to_openai_function",
    "convert_to_openai_tool",
    "injected_by",
]

# OpenAI's tools that are no functions; anything else that is neither function nor schema passes as well.
BUILT_IN = (
    "apply_patch", "code_interpreter", "computer", "computer_use_preview", "file_search", "image_generation", "mcp",
    "namespace", "tool_search", "web_search", "web_search_preview",
)  # fmt: skip
JSON_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FUNCTION_KEYS = ("function", "input_schema", "parameters", "properties", "title", "toolSpec")
SUPPORTED = (
    "a tool is a function with annotations, a dataclass, a TypedDict, a pydantic model, or a dict: OpenAI's "
    '{"name", "description", "parameters"}, Anthropic\'s {"name", "input_schema"}, or a JSON schema with a "title"'
)
# Filled in by whoever runs the tool, not by the model.
RUN_ARGUMENTS = ("run_manager", "callbacks")
INJECTED = ("InjectedToolArg", "_DirectlyInjectedToolArg")


def convert_to_openai_tool(tool: Any, *, strict: Optional[bool] = None) -> dict[str, Any]:
    """Convert a dict, function, class or tool object to OpenAI's tool format.

    A dict in that format already, or of a built-in type such as ``{"type": "web_search"}``, is
    returned as it is. `strict` True closes every object of the schema and requires every property;
    True and False are both sent, None sends nothing. A built-in tool has no schema to be strict about.

    Raises: TypeError for an annotation without JSON form, ValueError for anything else that is no tool.
    """
    if isinstance(tool, dict):
        kind = tool.get("type")
        if kind == "function":
            return tool if strict is None else _strict_tool(tool, strict=strict)
        if isinstance(kind, str) and (kind in BUILT_IN or kind.startswith("web_search_preview")):
            return tool
        if isinstance(kind, str) and kind not in JSON_TYPES and not any(key in tool for key in FUNCTION_KEYS):
            return tool
    metadata = getattr(tool, "metadata", None)
    if isinstance(metadata, dict) and metadata.get("type") == "custom_tool":  # langchain-openai's custom_tool
        form = {"format": metadata["format"]} if "format" in metadata else {}
        return {"type": "custom", "name": tool.name, "description": tool.description, **form}
    return {"type": "function", "function": convert_to_openai_function(tool, strict=strict)}


def convert_to_openai_function(function: Any, *, strict: Optional[bool] = None) -> dict[str, Any]:
    """Convert a dict, function, class or tool object to OpenAI's function format.

    Shape: {"name", "description"?, "parameters"?, "strict"?}
    Raises: TypeError for an annotation without JSON form, ValueError for anything else that is no tool.
    """
    if isinstance(function, dict):
        made = _from_dict(function)
    elif isinstance(function, type):
        made = _from_class(function)
    elif _is_tool_object(function):
        made = _from_tool_object(function)
    elif callable(getattr(function, "model_json_schema", None)):
        made = _from_json_schema(function.model_json_schema())
    elif callable(function):
        made = _from_callable(function)
    else:
        raise ValueError(f"{function!r:.200} is no tool; {SUPPORTED}")
    return made if strict is None else _with_strict(made, strict=strict)


def _strict_tool(tool: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    if isinstance(tool.get("function"), dict):
        return {**tool, "function": _with_strict(tool["function"], strict=strict)}
    return _with_strict(tool, strict=strict)  # the Responses API has name and parameters beside the type


def _with_strict(function: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    name = function.get("name")
    if function.get("strict", strict) != strict:
        raise ValueError(f"tool {name!r} says strict={function['strict']}, the call strict={strict}; drop one of them")
    function = {**function, "strict": strict}
    if strict and isinstance(function.get("parameters"), dict):
        function["parameters"] = strict_schema(function["parameters"])
    return function


def _from_dict(tool: dict[str, Any]) -> dict[str, Any]:
    if isinstance(tool.get("function"), dict):
        return _from_dict(tool["function"])
    if "toolSpec" in tool:
        try:
            return _function(tool["toolSpec"], tool["toolSpec"]["inputSchema"]["json"])
        except (KeyError, TypeError) as error:
            raise ValueError(f'a "toolSpec" needs "name" and "inputSchema": {{"json": ...}}: {tool!r:.200}') from error
    if "name" in tool and "input_schema" in tool:
        return _function(tool, tool["input_schema"])
    if "name" in tool:
        return {key: value for key, value in tool.items() if key in ("name", "description", "parameters", "strict")}
    if "title" in tool:
        schema = {key: value for key, value in tool.items() if key not in ("title", "description")}
        return _function({**tool, "name": tool["title"]}, schema if "properties" in schema else None)
    if "type" in tool or "properties" in tool:
        raise ValueError(f'a JSON schema needs a "title" at its top, the name of the tool: {tool!r:.200}')
    raise ValueError(f"{tool!r:.200} is no tool; {SUPPORTED}")


def _function(named: dict[str, Any], parameters: Any) -> dict[str, Any]:
    described = {"description": named["description"]} if "description" in named else {}
    return {"name": named["name"], **described, **({} if parameters is None else {"parameters": parameters})}


def _from_json_schema(schema: dict[str, Any], *, name: str = "", description: str = "") -> dict[str, Any]:
    flat = dereference_refs(schema)
    return {
        "name": name or flat.pop("title", ""),
        "description": description or flat.get("description", ""),
        "parameters": without_titles({key: value for key, value in flat.items() if key != "description"}),
    }


def _from_class(cls: type) -> dict[str, Any]:
    name = cls.__name__
    if callable(getattr(cls, "model_json_schema", None)):
        return _from_json_schema(cls.model_json_schema())  # type: ignore[attr-defined]
    if hasattr(cls, "__fields__") and callable(getattr(cls, "schema", None)):  # pydantic 1
        return _from_json_schema(cls.schema())  # type: ignore[attr-defined]
    typed_dict = is_typed_dict(cls)
    if not (typed_dict or dataclasses.is_dataclass(cls) or is_named_tuple(cls)):
        raise TypeError(f"class {name} is no tool; make it a dataclass or a TypedDict, or pass a function")
    # A dataclass or NamedTuple has a generated docstring with its signature: better than nothing.
    doc = own_docstring(cls) if typed_dict else inspect.getdoc(cls)
    description, descriptions, promised = read_docstring(doc)
    fields = class_fields(cls, descriptions, name, as_tool=typed_dict)
    if promised and not typed_dict:
        _check_names(name, descriptions, [field.name for field in fields])
    writer = SchemaWriter(typed_dict=typed_dict)
    return _written(name, description, writer, writer.object(fields, f"{name}: field "))


def _written(name: str, description: str, writer: SchemaWriter, parameters: dict[str, Any]) -> dict[str, Any]:
    definitions = {"$defs": writer.definitions} if writer.definitions else {}
    return {"name": name, "description": description, "parameters": {**parameters, **definitions}}


def _check_names(name: str, described: dict[str, str], known: list[str]) -> None:
    for argument in described:
        if argument not in known:
            raise ValueError(f"the docstring of {name} describes {argument!r}, no parameter of it; correct its Args:")


def _from_callable(function: Callable[..., Any]) -> dict[str, Any]:
    bound: dict[str, Any] = {}
    inner: Any = function
    while isinstance(inner, functools.partial):
        bound.update(inner.keywords)
        inner = inner.func
    name = getattr(inner, "__name__", "")
    if name == "<lambda>":
        raise ValueError("a lambda has no name to offer to the model; define it with def, or pass a dict")
    doc = inspect.getdoc(inner)
    if not name:  # an object with __call__; without docstring that one would inherit Python's own
        name, doc, inner = type(inner).__name__, inner.__call__.__doc__ or own_docstring(type(inner)), inner.__call__
    description, descriptions, promised = read_docstring(doc)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}() tells nothing of its parameters ({error}); pass a dict instead") from error
    variadic = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
    if promised and not variadic:  # with **kwargs, Args: may name what goes in there
        _check_names(name, descriptions, list(inspect.signature(inner).parameters))

    resolve = annotation_resolver(name, inner)
    offered = []
    for index, parameter in enumerate(signature.parameters.values()):
        receiver = index == 0 and parameter.name in ("self", "cls") and "." in getattr(inner, "__qualname__", "")
        if receiver or parameter.name in RUN_ARGUMENTS or parameter.name in bound:
            continue
        parameter = parameter.replace(annotation=resolve(parameter.name, parameter.annotation))
        if not _is_injected(parameter.annotation):
            offered.append(parameter)
    fields = signature_fields(signature.replace(parameters=offered), lambda _, annotation: annotation, descriptions)
    writer = SchemaWriter()
    return _written(name, description, writer, writer.object(fields, f"{name}(): parameter "))


def annotation_resolver(name: str, function: Any) -> Callable[[str, Any], Any]:
    """Make the function that turns one parameter's annotation, maybe written as text, into types.

    One at a time, so that a return annotation or a skipped parameter may be unresolvable.
    """
    plain = inspect.unwrap(function)
    scope = getattr(plain, "__globals__", {})
    type_parameters = {one.__name__: one for one in getattr(plain, "__type_params__", ())}

    def resolve(parameter: str, annotation: Any) -> Any:
        if isinstance(annotation, str) and "RunnableConfig" in annotation:
            return annotation  # skipped by its name, so it may be imported for type checkers only
        holder = types.SimpleNamespace(__annotations__={parameter: annotation})
        try:
            return typing.get_type_hints(holder, scope, type_parameters, include_extras=True)[parameter]
        except (NameError, TypeError, AttributeError, SyntaxError) as error:
            raise TypeError(f"{name}(): {unresolved(f'the annotation of {parameter}', error)}") from error

    return resolve


def _is_injected(annotation: Any) -> bool:
    """Tell whether a value comes from the caller: a RunnableConfig, or LangChain's injected arguments."""
    parts = (annotation, *typing.get_args(annotation))
    if any(getattr(part, "__name__", part) == "RunnableConfig" for part in parts) or (
        isinstance(annotation, str) and "RunnableConfig" in annotation
    ):
        return True
    return bool(injected_by(annotation).intersection(INJECTED))


def injected_by(annotation: Any) -> set[str]:
    """Name the classes, and their bases, that mark an annotation in ``Annotated``, or that it is itself."""
    marks: tuple[Any, ...] = (annotation, typing.get_origin(annotation))
    if form_name(marks[1]) == "Annotated":
        marks = typing.get_args(annotation)[1:]
    classes = [mark if isinstance(mark, type) else type(mark) for mark in marks]
    return {base.__name__ for cls in classes for base in cls.__mro__}


def _is_tool_object(tool: Any) -> bool:
    return isinstance(getattr(tool, "name", None), str) and any(
        hasattr(tool, name) for name in ("tool_call_schema", "args_schema", "args")
    )


def _from_tool_object(tool: Any) -> dict[str, Any]:
    name, description = tool.name, getattr(tool, "description", None) or ""
    schema = getattr(tool, "args_schema", None)
    if schema is None and any(base.__name__ == "Tool" for base in type(tool).__mro__):
        # LangChain's Tool takes one text; it unpacks this name from the call's arguments.
        only = {"__arg1": {"title": "__arg1", "type": "string"}}
        return {"name": name, "description": description, "parameters": _object(only)}
    schema = getattr(tool, "tool_call_schema", None) or schema
    if schema is None:
        properties = without_titles({"properties": tool.args})["properties"]
        return {"name": name, "description": description, "parameters": _object(properties)}
    if isinstance(schema, dict):
        return _from_json_schema(schema, name=name, description=description)
    made = convert_to_openai_function(schema)
    return {**made, "name": name, "description": description or made["description"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    required = [name for name, schema in properties.items() if "default" not in schema]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
