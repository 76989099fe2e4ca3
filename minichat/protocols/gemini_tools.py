"""Gemini's API, the way out: tools and which of them may or must be called. Pure.

Functions travel together in one `{"functionDeclarations": [...]}`, Google's own tools (search, code execution, URL
context, file search, maps, ...) each in an object of its own. A function's parameters are JSON Schema and go as
`parametersJsonSchema`; a schema in Google's older dialect (types in capitals) goes as `parameters`; a function
without parameters has neither, for an object without properties is refused.
Source: ai.google.dev, "Gemini API reference", Tool, ToolConfig; langchain-google-genai 4.4.2, by running it;
recordings; read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .gemini_parts import camel_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List

    JSON = Any

__all__ = ["encode_tools", "is_built_in", "is_openapi", "tool_config"]

# In a dictionary that has one of these, a function is described; any other without "type" is a tool of Google's.
OF_A_FUNCTION = frozenset("name title function parameters properties input_schema toolSpec".split())
DECLARATIONS = ("functionDeclarations", "function_declarations")
TYPES = frozenset(("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "TYPE_UNSPECIFIED"))


def encode_tools(tools: Sequence[JSON]) -> List[JSON]:
    """Give the wire's `tools` for OpenAI's function tools, Google's declarations and its own tools.

    Raises: `ConfigurationError` for a tool of another provider's.
    """
    found: List[JSON] = []
    functions: List[JSON] = []
    for tool in tools:
        if not isinstance(tool, dict):
            raise ConfigurationError(f"{tool!r:.100} is no tool of a request; bind_tools() makes it one")
        listed = [name for name in DECLARATIONS if tool.get(name)]
        if listed:
            functions += [_declaration(one) for one in tool[listed[0]]]
        elif is_built_in(tool):
            # An empty object switches a tool on, None does not.
            found += [{camel_case(name): value} for name, value in tool.items() if value is not None]
        elif tool.get("type") in (None, "function"):
            functions.append(_declaration(tool.get("function", tool)))
        else:
            raise ConfigurationError(
                f"Gemini has no tool of the type {tool['type']!r}; its own are written as {{'google_search': {{}}}}, "
                "{'code_execution': {}}, {'url_context': {}}, {'file_search': {...}}"
            )
    if functions:
        found.append({"functionDeclarations": functions})
    return found


def is_built_in(tool: JSON) -> bool:
    """Tell whether a tool is one of Google's own, or a list of declarations: nothing to be converted."""
    return isinstance(tool, dict) and bool(tool) and "type" not in tool and not OF_A_FUNCTION.intersection(tool)


def _declaration(function: JSON) -> JSON:
    """Give the declaration of a function that OpenAI's, Google's, or a JSON schema describes."""
    declared = {camel_case(name): value for name, value in function.items() if name != "strict"}
    if "name" not in declared:
        raise ConfigurationError(f"a function needs a name: {function!r:.200}")
    schema = declared.pop("parameters", None)
    if schema and schema.get("properties"):
        declared["parameters" if is_openapi(schema) else "parametersJsonSchema"] = schema
    return declared


def is_openapi(schema: JSON) -> bool:
    """Tell whether a schema is in Google's older dialect, whose types are in capitals.

    >>> is_openapi({"type": "OBJECT"}), is_openapi({"type": "object", "properties": {}})
    (True, False)
    """
    kind = schema.get("type") if isinstance(schema, dict) else None
    return isinstance(kind, str) and kind in TYPES


def tool_config(choice: JSON, said: Dict[str, JSON], tools: List[JSON], *, gemini_3: bool) -> Dict[str, JSON]:
    """Give the wire's `toolConfig` for LangChain's `tool_choice` and the user's own `tool_config`.

    Raises: `ConfigurationError` for a choice that does not go with the tools, or with `said`.
    """
    names = [one["name"] for tool in tools for one in tool.get("functionDeclarations", ())]
    config = dict(said)
    if choice:
        if not tools:
            raise ConfigurationError(f"tool_choice={choice!r} needs tools= to choose from")
        if "functionCallingConfig" in config:
            raise ConfigurationError("tool_choice= and functionCallingConfig in tool_config= say the same; drop one")
        if names:
            config["functionCallingConfig"] = _calling_config(choice, names)
        elif choice not in ("auto", "none"):
            import warnings

            warnings.warn(f"tool_choice={choice!r} is not sent: Google's own tools cannot be forced", stacklevel=2)
    if gemini_3 and names and len(tools) > 1:
        # Asked for where Google's tools stand beside functions. Source: "Gemini API reference", ToolConfig.
        config.setdefault("includeServerSideToolInvocations", True)
    return config


def _calling_config(choice: JSON, names: List[str]) -> Dict[str, JSON]:
    if choice is True or choice in ("any", "required"):
        return {"mode": "ANY", "allowedFunctionNames": names}
    if choice in ("auto", "none"):
        return {"mode": choice.upper()}
    chosen = [choice] if isinstance(choice, str) else choice
    if isinstance(choice, dict):
        inner = choice.get("function_calling_config") or choice.get("functionCallingConfig") or choice
        if "mode" in inner:
            return {camel_case(name): value for name, value in inner.items()}
        function = choice.get("function")
        chosen = [function.get("name") if isinstance(function, dict) else choice.get("name")]
    if isinstance(chosen, (list, tuple)) and chosen and all(name in names for name in chosen):
        return {"mode": "ANY", "allowedFunctionNames": [*chosen]}
    raise ConfigurationError(
        f"tool_choice={choice!r} is none of 'auto', 'none', 'any', 'required', True, names of tools, or a "
        f"dictionary; the tools are {', '.join(names)}"
    )
