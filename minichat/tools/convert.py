"""`@tool`: functions and runnables made tools."""

from __future__ import annotations

import inspect

from ..runnables.base import Runnable
from ..utils.fields import EMPTY, Field, is_typed_dict
from ..utils.function_calling import annotation_resolver
from .base import ArgsSchema, BaseTool
from .injected import parameters_of
from .schema import schema_of
from .simple import Tool
from .structured import StructuredTool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Union

__all__ = ["convert_runnable_to_tool", "tool"]


def tool(
    name_or_callable: Union[str, Callable[..., Any], None] = None,
    runnable: Optional[Runnable[Any, Any]] = None,
    *args: Any,
    description: Optional[str] = None,
    return_direct: bool = False,
    args_schema: Any = None,
    infer_schema: bool = True,
    response_format: str = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: Optional[Dict[str, Any]] = None,
) -> Any:
    """Make a tool of a function: ``@tool``, ``@tool("name", ...)``, or ``tool("name", runnable)``.

    >>> @tool
    ... def add(a: int, b: int) -> int:
    ...     "Add two numbers."
    ...     return a + b
    >>> add.invoke({"a": 1, "b": 2})
    3
    >>> add.invoke({"type": "tool_call", "name": "add", "args": {"a": 1, "b": 2}, "id": "call_1"})
    ToolMessage(content='3', name='add', tool_call_id='call_1')

    Raises: ValueError for what is no function, has no description, or has a docstring that does not fit
    it; TypeError for an annotation that names something unknown.
    """
    settings = {
        "return_direct": return_direct,
        "response_format": response_format,
        "extras": extras,
    }

    def made(name: str, source: Any) -> BaseTool:
        if isinstance(source, Runnable):
            return _of_runnable(source, name, description or repr(source), args_schema, settings)
        func, coroutine = (None, source) if inspect.iscoroutinefunction(source) else (source, None)
        if infer_schema or args_schema is not None:
            return StructuredTool.from_function(
                func,
                coroutine,
                name=name,
                description=description,
                args_schema=args_schema,
                infer_schema=infer_schema,
                parse_docstring=parse_docstring,
                error_on_invalid_docstring=error_on_invalid_docstring,
                **settings,  # type: ignore[arg-type]
            )
        words = description or source.__doc__
        if words is None:
            raise ValueError("Function must have either a docstring or description when infer_schema is False.")
        return Tool(name, func, words, coroutine=coroutine, **settings)

    if args:
        raise ValueError(f"Too many arguments for tool decorator: {args!r:.200}; it takes a name and a runnable")
    if runnable is not None:
        if not name_or_callable:
            raise ValueError("Runnable without name for tool constructor")
        if not isinstance(name_or_callable, str):
            raise ValueError("Name must be a string for tool constructor")
        return made(name_or_callable, runnable)
    if name_or_callable is None:
        return lambda source: made(_name(source), source)
    if isinstance(name_or_callable, str):
        return lambda source: made(name_or_callable, source)
    if callable(name_or_callable) and hasattr(name_or_callable, "__name__"):
        return made(name_or_callable.__name__, name_or_callable)
    raise ValueError(
        "The first argument must be a string or a callable with a __name__ for tool decorator. "
        f"Got {type(name_or_callable)}"
    )


def convert_runnable_to_tool(
    runnable: Runnable[Any, Any],
    args_schema: Any = None,
    *,
    name: Optional[str] = None,
    description: Optional[str] = None,
    arg_types: Optional[Dict[str, Any]] = None,
) -> BaseTool:
    """Make a tool of a runnable that takes a dictionary of arguments, or one text.

    Raises: TypeError where neither `args_schema`, `arg_types` nor the runnable tells its arguments.
    """
    name = name or _name(runnable)
    if arg_types is not None:
        args_schema = ArgsSchema(name, [Field(key, kind, True) for key, kind in arg_types.items()])
    if args_schema is None and _input_annotation(runnable) in (str, "str"):
        words = description or "Takes a text."
        return Tool(name, runnable.invoke, words, coroutine=runnable.ainvoke)
    try:
        return _of_runnable(runnable, name, description, args_schema, {})
    except ValueError as error:
        raise TypeError(
            "Tool input must be str or dict. If dict, dict arguments must be typed. Either annotate types (e.g., with "
            f"TypedDict) or pass arg_types into `.as_tool` to specify. {error}"
        ) from error


def _name(source: Any) -> str:
    if not isinstance(source, Runnable):
        return str(source.__name__)
    get_name = getattr(source, "get_name", None)
    return str(get_name() if get_name is not None else source.name or type(source).__name__)


def _of_runnable(
    runnable: Runnable[Any, Any], name: str, description: Optional[str], args_schema: Any, settings: Dict[str, Any]
) -> StructuredTool:
    """Make the tool; its arguments are the runnable's input. Run inside the tool's, it finds its parent."""
    schema = args_schema if args_schema is not None else _schema_of_input(runnable)
    if schema is None:
        raise ValueError("Runnable must have an object schema. Pass args_schema=, what it takes.")
    if description is None:
        shown = schema if isinstance(schema, dict) else schema_of(schema).model_json_schema()
        description = f"Takes {shown}."

    def invoke(**values: Any) -> Any:
        return runnable.invoke(values)

    async def ainvoke(**values: Any) -> Any:
        return await runnable.ainvoke(values)

    return StructuredTool(
        name=name, func=invoke, coroutine=ainvoke, args_schema=schema, description=description, **settings
    )


def _schema_of_input(runnable: Any) -> Any:
    """Find what a runnable takes: a tool's schema, a prompt's variables, a function's annotated input."""
    if isinstance(runnable, BaseTool):
        return runnable.args_schema if isinstance(runnable.args_schema, dict) else runnable.get_input_schema()
    variables = getattr(runnable, "input_variables", None)
    if isinstance(variables, list):
        return ArgsSchema("PromptInput", [Field(name, str, True) for name in variables])
    annotation = _input_annotation(runnable)
    if is_typed_dict(annotation):
        return schema_of(annotation)
    first = getattr(runnable, "first", None)
    return _schema_of_input(first) if isinstance(first, Runnable) else None


def _input_annotation(runnable: Any) -> Any:
    """Give the annotation of the first parameter of the function that a RunnableLambda calls."""
    function = getattr(runnable, "func", None) or getattr(runnable, "afunc", None)
    for parameter in parameters_of(function).values() if callable(function) else ():
        try:
            return annotation_resolver(parameter.name, function)(parameter.name, parameter.annotation)
        except TypeError:
            return EMPTY
    return EMPTY
