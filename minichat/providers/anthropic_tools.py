"""Tools, tool choices and answer forms as Anthropic's API has them. Pure; loaded when the first tool is bound.

A tool is `{"name", "description"?, "input_schema", "strict"?}`; Anthropic's own tools (web search, code execution, an
editor) are dictionaries with a dated type, and are passed on. The requests are those of langchain-anthropic 1.7.10
(found by running it; tests/protocols/test_anthropic_langchain.py compares).
Source: Anthropic, "Tool use" and "Structured outputs"; anthropic 2.12 `lib/_parse/_transform.py`, for what a schema
of an answer may say; read 2026-11-23.
"""

from __future__ import annotations

import warnings

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional

    JSON = Any

__all__ = ["anthropic_tool", "answer_schema", "is_forced", "output_format", "read_tool_choice", "without_refused"]

# What a tool object's `extras` may say to Anthropic.
OF_A_TOOL = ("allowed_callers", "cache_control", "defer_loading", "eager_input_streaming", "input_examples")
# At the root of a schema the API refuses them, and the whole request with it.
REFUSED_AT_ROOT = ("oneOf", "anyOf", "allOf")
# What a schema of an answer may say of a text; the rest is told to the model in words.
TEXT_FORMATS = frozenset("date-time time date duration email hostname uri ipv4 ipv6 uuid".split())


def anthropic_tool(tool: Any, *, strict: Optional[bool] = None) -> Dict[str, JSON]:
    """Give a tool in Anthropic's form.

    Raises: TypeError, ValueError for what is no tool, as `convert_to_openai_tool`.
    """
    if isinstance(tool, dict) and "input_schema" in tool:
        return tool
    extras = getattr(tool, "extras", None)
    extras = extras if isinstance(extras, dict) else {}
    if "provider_tool_definition" in extras:
        return dict(extras["provider_tool_definition"])
    from ..utils.function_calling import convert_to_openai_tool

    converted = convert_to_openai_tool(tool, strict=strict)
    if not isinstance(converted.get("function"), dict):
        return converted  # a tool of Anthropic's
    function = converted["function"]
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    made = {"name": function["name"], "input_schema": schema}
    made.update((name, function[name]) for name in ("description", "strict") if name in function)
    made.update((name, extras[name]) for name in OF_A_TOOL if name in extras)
    return made


def without_refused(tools: List[Dict[str, JSON]], choice: JSON) -> List[Dict[str, JSON]]:
    """Give the tools that the API takes; one whose schema has a choice at its root is left out, with a warning.

    Raises: `ConfigurationError` when `choice` depends on such a tool.
    """
    kept = []
    for tool in tools:
        schema = tool.get("input_schema")
        refused = [word for word in REFUSED_AT_ROOT if isinstance(schema, dict) and word in schema]
        if not refused:
            kept.append(tool)
            continue
        name = tool.get("name")
        why = f"its input_schema has {'/'.join(refused)} at the root, which Anthropic refuses"
        if is_forced(choice) and choice.get("name", name) == name:
            raise ConfigurationError(f"the tool {name!r} cannot be offered: {why}; put the choice under a property")
        warnings.warn(f"the tool {name!r} is left out: {why}", stacklevel=3)
    return kept


def read_tool_choice(choice: Any, tools: Sequence[Dict[str, JSON]]) -> Dict[str, JSON]:
    """Give Anthropic's tool_choice for LangChain's words, OpenAI's dictionary, or its own.

    Raises: `ConfigurationError` for a choice that is none.
    """
    if isinstance(choice, dict):
        function = choice.get("function")
        if choice.get("type") == "function" and isinstance(function, dict):
            return {"type": "tool", "name": function.get("name")}
        return dict(choice)
    if choice is True or choice in ("any", "required"):
        return {"type": "any"}
    if choice in ("auto", "none"):
        return {"type": choice}
    names = [str(tool["name"]) for tool in tools if tool.get("name")]
    if choice in names:
        return {"type": "tool", "name": choice}
    raise ConfigurationError(
        f"tool_choice={choice!r} is none of 'auto', 'none', 'any', 'required', True, a dictionary, "
        f"or the name of a tool; the tools are {', '.join(names) or 'none'}"
    )


def is_forced(choice: JSON) -> bool:
    """Tell whether a tool_choice makes the model call a tool."""
    return isinstance(choice, dict) and choice.get("type") in ("any", "tool")


# -- the form of an answer -----------------------------------------------------------------


def output_format(schema: Any) -> Dict[str, JSON]:
    """Give `output_config.format` for a schema: a JSON schema, OpenAI's forms of one, or a class.

    Raises: ValueError, TypeError for what is no schema.
    """
    if isinstance(schema, dict):
        if isinstance(schema.get("json_schema"), dict):  # OpenAI's response_format
            schema = schema["json_schema"]
        if isinstance(schema.get("schema"), dict):
            schema = schema["schema"]
    elif isinstance(schema, type) and callable(getattr(schema, "model_json_schema", None)):
        schema = schema.model_json_schema()  # type: ignore[attr-defined]
    if not isinstance(schema, dict) or "parameters" in schema or "function" in schema or "input_schema" in schema:
        from ..utils.function_calling import convert_to_openai_function

        function = convert_to_openai_function(schema)
        described = {"description": function["description"]} if function.get("description") else {}
        schema = {"title": function["name"], **described, **function.get("parameters", {"type": "object"})}
    return {"type": "json_schema", "schema": answer_schema(schema)}


def answer_schema(schema: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give a JSON schema as Anthropic takes it: objects closed, and what it cannot enforce told in words.

    >>> answer_schema({"type": "integer", "minimum": 1})
    {'type': 'integer', 'description': '{minimum: 1}'}

    Raises: `ConfigurationError` for a part without a type.
    """
    left = dict(schema)
    made: Dict[str, JSON] = {}
    if "$defs" in left:
        made["$defs"] = {name: answer_schema(one) for name, one in left.pop("$defs").items()}
    if "$ref" in left:
        return {**made, "$ref": left["$ref"]}
    kind = left.pop("type", None)
    choices = {word: left.pop(word) for word in ("anyOf", "oneOf", "allOf") if isinstance(left.get(word), list)}
    for word in ("enum", "const"):
        values = left.get(word) if word == "enum" else [left.get(word)]
        if word in left and isinstance(values, list) and values and all(map(_is_primitive, values)):
            made[word] = left.pop(word)
    if "enum" in made or "const" in made:
        kind = None
    elif not choices and kind is None:
        raise ConfigurationError(f"a part of the schema has no type: {schema!r:.200}")
    if choices:
        word = next(iter(choices))
        made["allOf" if word == "allOf" else "anyOf"] = [answer_schema(one) for one in choices[word]]
    elif kind is not None:
        made["type"] = kind
    made.update((word, left.pop(word)) for word in ("description", "title") if left.get(word) is not None)
    _take_supported(kind, left, made)
    if left:
        told = "{" + ", ".join(f"{word}: {value}" for word, value in left.items()) + "}"
        made["description"] = "\n\n".join(filter(None, (made.get("description"), told)))
    return made


def _take_supported(kind: JSON, left: Dict[str, JSON], made: Dict[str, JSON]) -> None:
    """Move what can be enforced of a part of this type from `left` into `made`."""
    if kind == "object":
        properties = left.pop("properties", {})
        made["properties"] = {name: answer_schema(one) for name, one in properties.items()}
        left.pop("additionalProperties", None)
        made["additionalProperties"] = False
        if left.get("required") is not None:
            made["required"] = left.pop("required")
    elif kind == "array":
        if left.get("items") is not None:
            made["items"] = answer_schema(left.pop("items"))
        if left.get("minItems") in (0, 1):
            made["minItems"] = left.pop("minItems")
    elif kind == "string" and left.get("format") in TEXT_FORMATS:
        made["format"] = left.pop("format")


def _is_primitive(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))
