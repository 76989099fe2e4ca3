"""Tool: a function of one text."""

from __future__ import annotations

from ..utils.fields import Field
from .base import ArgsSchema, ToolException
from .function import FunctionTool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Dict, Optional, Tuple

__all__ = ["Tool"]


class Tool(FunctionTool):
    """A tool whose function takes one argument, whatever the model calls it.

    >>> echo = Tool("echo", lambda text: text + "!", "Say it again.")
    >>> echo.invoke("hi"), echo.invoke({"anything": "hi"})
    ('hi!', 'hi!')

    Raises: `ToolException` for any other number of arguments.
    """

    _kind = "Tool"

    def __init__(self, name: str, func: Optional[Callable[..., Any]], description: str, **kwargs: Any) -> None:
        super().__init__(name=name, func=func, description=description, **kwargs)

    @classmethod
    def from_function(
        cls,
        func: Optional[Callable[..., Any]],
        name: str,
        description: str,
        return_direct: bool = False,
        args_schema: Any = None,
        coroutine: Optional[Callable[..., Awaitable[Any]]] = None,
        **kwargs: Any,
    ) -> Tool:
        """Make a tool of a function, a coroutine function, or one of each."""
        if func is None and coroutine is None:
            raise ValueError("Function and/or coroutine must be provided")
        settings = {"return_direct": return_direct, "args_schema": args_schema, "coroutine": coroutine}
        return cls(name, func, description, **settings, **kwargs)

    @property
    def args(self) -> Dict[str, Any]:
        """The JSON schema of each argument; without a schema there is one text."""
        return {"tool_input": {"type": "string"}} if self.args_schema is None else super().args

    def _fields(self) -> ArgsSchema:
        if self.args_schema is None:
            return ArgsSchema(self.name, [Field("tool_input", str, required=True)])
        return super()._fields()

    def _to_args_and_kwargs(
        self, tool_input: Any, tool_call_id: Optional[str]
    ) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
        args, kwargs = super()._to_args_and_kwargs(tool_input, tool_call_id)
        values = (*args, *kwargs.values())
        if len(values) != 1:
            raise ToolException(
                f"Too many arguments to single-input tool {self.name}. Consider using StructuredTool instead. "
                f"Args: {list(values)}"
            )
        return values, {}
