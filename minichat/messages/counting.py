"""How many tokens messages will cost, roughly: characters divided by four, and a bit per message.

No tokenizer is needed, so it is fast and the same for every model; English text is met within some
tens of percent, other languages and code less well. The rule and its constants are those of
LangChain, so limits that were chosen with it keep their meaning.
"""

from __future__ import annotations

import json
import math

from ..errors import ConfigurationError
from .ai import AIMessage
from .convert import convert_to_messages
from .openai_messages import openai_role
from .tool import ToolMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Optional

    from .base import BaseMessage

__all__ = ["count_tokens_approximately"]

MAX_SCALE = 1.25  # how far a provider's own count may stretch ours


def count_tokens_approximately(
    messages: Any,
    *,
    chars_per_token: float = 4.0,
    extra_tokens_per_message: float = 3.0,
    count_name: bool = True,
    tokens_per_image: int = 85,
    use_usage_metadata_scaling: bool = False,
    tools: Optional[Iterable[Any]] = None,
) -> int:
    """Return about how many tokens the messages, and the tools offered with them, cost.

    >>> count_tokens_approximately([("human", "How are you?")])
    7

    Units: tokens; 85 for an image is OpenAI's price of one in low detail. With
    `use_usage_metadata_scaling` the count is stretched (never shrunk, and by a quarter at most) by
    what the provider counted at its last answer, if one provider gave all answers.
    `tools`: dicts as sent to the provider, or tools with a name, description and tool_call_schema.
    Raises: ConfigurationError for a rate that is not positive, or a tool of another kind.
    """
    if not chars_per_token > 0:
        raise ConfigurationError(f"chars_per_token must be more than 0, got {chars_per_token!r}")
    described = [len(json.dumps(_tool(at, tool))) for at, tool in enumerate(tools or ())]
    total: float = math.ceil(sum(described) / chars_per_token)
    converted = convert_to_messages(messages)
    providers = []
    counted = None  # by the provider, up to and with its last answer; and what we had there
    for message in converted:
        chars, images = _size(message, count_name=count_name)
        total += math.ceil(chars / chars_per_token) + images * tokens_per_image + extra_tokens_per_message
        if isinstance(message, AIMessage):
            providers.append(message.response_metadata.get("model_provider"))
            said = (message.usage_metadata or {}).get("total_tokens")
            if isinstance(said, int):
                counted = (said, total)
    if use_usage_metadata_scaling and counted is not None and len(converted) > 1 and _one_provider(providers):
        said, ours = counted
        if ours > 0:
            total *= min(MAX_SCALE, max(1.0, said / ours))
    return math.ceil(total)


def _one_provider(providers: list[Any]) -> bool:
    """Say whether all answers are known to be of one provider; those before the first named one are let go."""
    while providers and providers[0] is None:
        providers = providers[1:]
    return bool(providers) and all(provider == providers[0] for provider in providers)


def _size(message: BaseMessage, *, count_name: bool) -> tuple[int, int]:
    """Return the characters of a message, role and name included, and its number of images."""
    content = message.content
    chars = len(openai_role(message))
    images = 0
    if isinstance(content, str):
        chars += len(content)
        if isinstance(message, AIMessage) and message.tool_calls:  # a list has them among its blocks
            chars += len(repr(message.tool_calls))
    else:
        for block in content:
            if isinstance(block, str):
                chars += len(block)
            elif block.get("type") in ("image", "image_url"):
                images += 1
            elif block.get("type") == "text":
                chars += len(block.get("text", ""))
            else:
                chars += len(repr(block))
    if isinstance(message, ToolMessage):
        chars += len(message.tool_call_id)
    if message.name and count_name:
        chars += len(message.name)
    return chars, images


def _tool(at: int, tool: Any) -> dict[str, Any]:
    """Return what a provider is told of a tool; a class as its argument schema (pydantic's) is asked for it."""
    if isinstance(tool, dict):
        return tool
    schema = getattr(tool, "tool_call_schema", None)
    read = getattr(schema, "model_json_schema", None)
    if read is not None:
        schema = read()
    if not isinstance(schema, dict):
        raise ConfigurationError(
            f"tools[{at}] must be a dict, or a tool with name, description and tool_call_schema, "
            f"got {type(tool).__name__}"
        )
    parameters = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {"name": tool.name, "description": tool.description, "parameters": parameters}
