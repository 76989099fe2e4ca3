"""Tools: functions a model may ask for. Names and sub-modules of `langchain_core.tools`.

injected.py says which arguments the model does not see, schema.py what it is told of the others, base.py
how one call goes, output.py what comes of it; simple.py and structured.py call functions, convert.py
makes tools of them. Conversion to a provider's form is `utils.function_calling`.
"""

from __future__ import annotations

from .base import (
    FILTERED_ARGS,
    ArgsSchema,
    BaseTool,
    BaseToolkit,
    InjectedToolArg,
    InjectedToolCallId,
    SchemaAnnotationError,
    ToolException,
    ToolInputError,
    create_schema_from_function,
)
from .convert import convert_runnable_to_tool, tool
from .render import ToolsRenderer, render_text_description, render_text_description_and_args
from .simple import Tool
from .structured import StructuredTool

__all__ = [
    "FILTERED_ARGS",
    "ArgsSchema",
    "BaseTool",
    "BaseToolkit",
    "InjectedToolArg",
    "InjectedToolCallId",
    "SchemaAnnotationError",
    "StructuredTool",
    "Tool",
    "ToolException",
    "ToolInputError",
    "ToolsRenderer",
    "convert_runnable_to_tool",
    "create_schema_from_function",
    "render_text_description",
    "render_text_description_and_args",
    "tool",
]
