"""StructuredTool: a function of any arguments, made to fit what its schema says of them."""

from __future__ import annotations

import textwrap

from .function import FunctionTool
from .injected import source_of
from .schema import schema_of, schema_of_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Optional

__all__ = ["StructuredTool"]


class StructuredTool(FunctionTool):
    """A tool of any number of arguments.

    >>> def multiply(a: int, b: int = 2) -> int:
    ...     "Multiply two numbers."
    ...     return a * b
    >>> tool = StructuredTool.from_function(multiply)
    >>> tool.name, tool.description, tool.args["a"]
    ('multiply', 'Multiply two numbers.', {'title': 'A', 'type': 'integer'})
    >>> tool.invoke({"a": "3"})
    6
    """

    args_schema: Any

    _kind = "StructuredTool"

    @classmethod
    def from_function(
        cls,
        func: Optional[Callable[..., Any]] = None,
        coroutine: Optional[Callable[..., Awaitable[Any]]] = None,
        name: Optional[str] = None,
        description: Optional[str] = None,
        return_direct: bool = False,
        args_schema: Any = None,
        infer_schema: bool = True,
        *,
        response_format: str = "content",
        parse_docstring: bool = False,
        error_on_invalid_docstring: bool = False,
        **kwargs: Any,
    ) -> StructuredTool:
        """Make a tool of a function, a coroutine function, or one of each.

        Name, description and arguments are the function's own where they are not given;
        `parse_docstring` takes the descriptions of the arguments from its ``Args:`` section.

        Raises: ValueError without a function, a description, or for a docstring that does not fit the
        function; TypeError for an `args_schema` that is none.
        """
        source = func if func is not None else coroutine
        if source is None:
            raise ValueError("Function and/or coroutine must be provided")
        name = name or source.__name__
        if args_schema is None and infer_schema:
            args_schema = schema_of_function(
                name, source, parse_docstring=parse_docstring, error_on_invalid_docstring=error_on_invalid_docstring
            )
        if description is None:
            description = _description(source, args_schema, parse_docstring=parse_docstring)
        return cls(
            name=name,
            func=func,
            coroutine=coroutine,
            args_schema=args_schema,
            description=description.strip(),
            return_direct=return_direct,
            response_format=response_format,
            **kwargs,
        )


def _description(source: Callable[..., Any], args_schema: Any, *, parse_docstring: bool) -> str:
    """Give the function's docstring; with `parse_docstring`, or without one, what the schema says."""
    doc = source_of(source).__doc__
    found = None if parse_docstring else doc or None
    if found is None and args_schema is not None:
        if isinstance(args_schema, dict):
            found = args_schema.get("description")
        else:
            found = schema_of(args_schema).description or ("" if parse_docstring and doc else None)
    if found is None:
        raise ValueError("Function must have a docstring if description not provided.")
    return textwrap.dedent(found)
