"""JSON in what a model wrote, whole or cut off, under LangChain's name for the module.

Written in `messages.partial_json` (tool calls are read with it) and `output_parsers.json`.
"""

from __future__ import annotations

from ..messages.partial_json import parse_partial_json
from ..output_parsers.json import parse_and_check_json_markdown, parse_json_markdown

__all__ = ["parse_and_check_json_markdown", "parse_json_markdown", "parse_partial_json"]
