"""Tools as lines of text, for prompts that describe them in words."""

from __future__ import annotations

import inspect

from .base import BaseTool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List

    ToolsRenderer = Callable[[List[BaseTool]], str]
else:
    ToolsRenderer = object

__all__ = ["ToolsRenderer", "render_text_description", "render_text_description_and_args"]


def render_text_description(tools: List[BaseTool]) -> str:
    """Give one line a tool: ``name(signature) - description``."""
    return "\n".join(_line(tool) for tool in tools)


def render_text_description_and_args(tools: List[BaseTool]) -> str:
    """Give one line a tool: ``name(signature) - description, args: {schemas}``."""
    return "\n".join(f"{_line(tool)}, args: {tool.args}" for tool in tools)


def _line(tool: BaseTool) -> str:
    function = getattr(tool, "func", None)
    signature = inspect.signature(function) if function else ""
    return f"{tool.name}{signature} - {tool.description}"
