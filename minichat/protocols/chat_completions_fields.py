"""Chat Completions, field by field: the content, thoughts and tool calls of a message or delta. Pure.

A field of another kind than it should be raises TypeError here, where it came: what is given out can be added up.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict

    from ..messages import ToolCallChunk

    JSON = Any

__all__ = ["additional_kwargs_of", "content_of", "is_plain", "kept_of", "text_of", "tool_call_chunk"]

# What LangChain has no field for. "reasoning" is Together's, Groq's, OpenRouter's and vLLM's name of reasoning_content.
WITHOUT_FIELD = {
    "refusal": str,
    "function_call": dict,
    "audio": dict,
    "annotations": list,
    "reasoning_content": str,
    "reasoning": str,
}
TEXTS = ("arguments", "data", "id", "name", "transcript")  # of function_call and audio


def content_of(message: JSON) -> JSON:
    """Give the content of a message or delta: text, or a list of parts where a server has such.

    Raises: TypeError for anything else, which could not be added up.
    """
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, (str, dict)) for part in content):
        return content
    raise TypeError(f"content that is neither text nor a list of parts: {type(content).__name__}")


def text_of(value: JSON) -> JSON:
    """Give a text or None. Raises: TypeError for anything else, which could not be added up."""
    if value is None or type(value) is str:
        return value
    raise TypeError(f"a {type(value).__name__} where a text is due")


def is_plain(payload: JSON, choice: JSON) -> bool:
    """Tell whether a chunk says nothing beside its delta."""
    return not (
        choice.get("finish_reason")
        or choice.get("logprobs")
        or choice.get("index")
        or payload.get("usage")
        or payload.get("error")
    )


def tool_call_chunk(call: JSON) -> ToolCallChunk:
    """Give a piece of a tool call in LangChain's form. Raises: TypeError for what could not be added up."""
    function = call.get("function") or {}
    index, arguments, call_id, name = call.get("index"), function.get("arguments"), call.get("id"), function.get("name")
    # The ordinary piece is a number and a text.
    if type(index) is not int and index is not None:
        if type(index) is not float or not index.is_integer():
            raise TypeError("a tool call's index that is no number")
        index = int(index)  # Together's is typed so
    if type(arguments) is not str or name is not None or call_id is not None:
        text_of(arguments)
        text_of(name)
        text_of(call_id)
    return {"name": name, "args": arguments, "id": call_id, "index": index, "type": "tool_call_chunk"}


def additional_kwargs_of(source: JSON) -> Dict[str, JSON]:
    """Give what LangChain has no field for, by the provider's own names."""
    found = {}
    for name, value in source.items():
        if value and name in WITHOUT_FIELD:
            if name == "reasoning":  # one thought under two names is one thought
                if not isinstance(value, str) or source.get("reasoning_content"):
                    continue
                name = "reasoning_content"
            if not isinstance(value, WITHOUT_FIELD[name]):
                raise TypeError(f"{name} of another kind: {type(value).__name__}")
            if isinstance(value, dict):
                for part in TEXTS:
                    text_of(value.get(part))
            found[name] = value
        elif value and name == "tool_calls":
            custom = [call for call in value if "custom" in call]
            if custom:  # a custom tool takes text, not arguments: LangChain's ToolCall cannot say it
                found[name] = custom
    return found


def kept_of(names: Sequence[str], source: JSON) -> Dict[str, JSON]:
    """Give the fields `names` of a reply or choice that say something."""
    return {name: source[name] for name in names if source.get(name) is not None}
