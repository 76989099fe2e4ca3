"""What a tool gives, as the model is told of it: errors that were handled, and the message of a tool call.

Content is a text or a list of texts and blocks of known types; anything else is written as JSON, or as
`str` has it. Without a call's id the bare result is given.
"""

from __future__ import annotations

import json

from ..messages import ToolMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

__all__ = ["format_output", "handled", "is_validation_error", "split_artifact"]

# Source: langchain-core 1.8.2, by running it.
BLOCK_TYPES = (
    "text", "image_url", "image", "json", "search_result", "custom_tool_call_output", "document", "file",
)  # fmt: skip


def split_artifact(response: Any) -> Tuple[Any, Any]:
    """Take (content, artifact) apart.

    Raises: ValueError for anything but a tuple of two.
    """
    if isinstance(response, tuple) and len(response) == 2:
        return response
    raise ValueError(
        "Since response_format='content_and_artifact' a two-tuple of the message content and raw tool output is "
        f"expected. Instead, generated response is of type: {type(response)}."
    )


def is_validation_error(error: BaseException) -> bool:
    """Tell whether arguments did not fit; pydantic's errors are known by their name."""
    return any(base.__name__ == "ValidationError" for base in type(error).__mro__)


def handled(error: BaseException, flag: Any, *, setting: str, content: Any) -> Any:
    """Give what stands in for an error: `content` where the tool's `setting` is True, else what it says.

    Raises: ValueError for a setting that is neither bool, str nor callable.
    """
    if isinstance(flag, bool):
        return content
    if isinstance(flag, str):
        return flag
    if callable(flag):
        return flag(error)
    raise ValueError(f"Got unexpected type of `{setting}`. Expected bool, str or callable. Received: {flag}") from error


def format_output(content: Any, artifact: Any, *, tool_call_id: Optional[str], name: str, status: str) -> Any:
    """Give the `ToolMessage` of a call; the content itself where there is no call, or it is messages."""
    messages = content if isinstance(content, list) and content else [content]
    if tool_call_id is None or all(isinstance(one, ToolMessage) for one in messages):
        return content
    if not isinstance(content, str):
        blocks = isinstance(content, (list, tuple)) and all(_is_block(one) for one in content)
        content = list(content) if blocks else _text(content)
    return ToolMessage(content, artifact=artifact, tool_call_id=tool_call_id, name=name, status=status)


def _is_block(one: Any) -> bool:
    return isinstance(one, str) or (isinstance(one, dict) and one.get("type") in BLOCK_TYPES)


def _text(content: Any) -> str:
    try:
        return json.dumps(content, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(content)
