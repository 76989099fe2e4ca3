"""What Anthropic refuses in tools, tool_choice and output_config: names, schemas, and what a model does not take."""

from __future__ import annotations

from typing import Any, Dict, List

from .blocks import check_cache_control
from .errors import (
    OBJECT,
    SHAPE,
    Field,
    Refused,
    anything,
    array,
    at,
    boolean,
    check_record,
    dictionary,
    missing,
    one_of,
    string,
    unknown_tag,
)
from .models import EFFORTS, Model

__all__ = ["check", "check_choice_form", "check_output_form", "check_tools_form", "custom_tools", "runs_code"]

# The kinds of tools that run at Anthropic, or whose schema Anthropic knows: what its SDK 2.12.0 has types for.
SERVER_TOOLS = (
    "advisor_20260301", "bash_20241022", "bash_20250124", "browser_toolset_20260801", "code_execution_20250522",
    "code_execution_20250825", "code_execution_20260120", "code_execution_20260521", "computer_20241022",
    "computer_20250124", "computer_20251124", "computer_toolset_20260801", "mcp_toolset", "memory_20250818",
    "text_editor_20241022", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728",
    "tool_search_tool_bm25", "tool_search_tool_bm25_20251119", "tool_search_tool_regex",
    "tool_search_tool_regex_20251119", "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309",
    "web_fetch_20260318", "web_search_20250305", "web_search_20260209", "web_search_20260318",
)  # fmt: skip
NAME = "^[a-zA-Z0-9_-]{1,128}$"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
CUSTOM: Dict[str, Field] = {
    "name": Field(string(least=1, most=128, pattern=NAME), required=True),
    "description": Field(string()),
    "input_schema": Field(anything, required=True),
    "type": Field(one_of("custom"), nullable=True),
    "cache_control": Field(check_cache_control, nullable=True),
    "strict": Field(boolean),
    "allowed_callers": Field(array()),
    "defer_loading": Field(boolean),
    "eager_input_streaming": Field(boolean, nullable=True),
    "input_examples": Field(array()),
}
PARALLEL = Field(boolean)
CHOICES: Dict[str, Dict[str, Field]] = {
    "auto": {"disable_parallel_tool_use": PARALLEL},
    "any": {"disable_parallel_tool_use": PARALLEL},
    "tool": {"name": Field(string(), required=True), "disable_parallel_tool_use": PARALLEL},
    "none": {},
}
INVALID_SCHEMA = (  # anthropics/claude-code#86665
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn "
    "more about tool use at https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
OPEN_OBJECT = "For 'object' type, 'additionalProperties' must be explicitly set to false"  # veryfront-code#3921


def custom_tools(body: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Give the tools that the client runs."""
    return [tool for tool in body.get("tools") or () if tool.get("type") in (None, "custom")]


def runs_code(body: Dict[str, Any]) -> bool:
    """Tell whether the code execution tool is on offer."""
    return any(str(tool.get("type")).startswith("code_execution") for tool in body.get("tools") or ())


def check_tools_form(value: Any, place: str) -> None:
    """Judge each tool for itself. Raises: Refused."""
    array()(value, place)
    for number, tool in enumerate(value):
        where = f"{place}.{number}"
        if not isinstance(tool, dict):
            raise at(where, OBJECT)  # PARITY
        kind = tool.get("type")
        if kind in SERVER_TOOLS:  # its other settings are for the tool to judge, and it does not run here
            if "name" in tool:
                string()(tool["name"], f"{where}.{kind}.name")
            if tool.get("cache_control") is not None:
                check_cache_control(tool["cache_control"], f"{where}.{kind}.cache_control")
            continue
        if kind not in (None, "custom"):  # an OpenAI-shaped tool; the sentence: AstrBotDevs/AstrBot#4444
            raise unknown_tag(where, kind, (*SERVER_TOOLS, "custom"))
        where += ".custom"
        check_record(tool, where, CUSTOM)
        _check_schema(tool["input_schema"], f"{where}.input_schema")
        if tool.get("strict"):  # PARITY
            check_closed(tool["input_schema"], where)


def _check_schema(schema: Any, place: str) -> None:
    if not isinstance(schema, dict):
        raise at(place, OBJECT)  # no wording found
    if "type" not in schema:  # widely quoted for MCP tools without a schema
        raise missing(f"{place}.type")
    if schema["type"] != "object":  # as pydantic says it
        raise at(f"{place}.type", "Input should be 'object'")
    if any(key in schema for key in ("oneOf", "allOf", "anyOf")):  # anthropics/claude-code#40075
        raise at(place, "input_schema does not support oneOf, allOf, or anyOf at the top level")
    if not _is_schema(schema):
        raise at(place, INVALID_SCHEMA)


def _is_schema(schema: Any) -> bool:
    """Tell whether a value is a JSON schema, by its most used keywords."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict):
        return False
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    required = schema.get("required", [])
    return (
        all(kind in TYPES for kind in kinds if isinstance(kind, str))
        and all(isinstance(kind, str) for kind in kinds)
        and isinstance(required, list)
        and all(isinstance(name, str) for name in required)
        and isinstance(schema.get("enum", []), list)
        and all(isinstance(schema.get(key, {}), dict) for key in ("properties", "$defs", "definitions"))
        and all(_is_schema(inner) for inner in _inner(schema))
    )


def _inner(schema: Dict[str, Any]) -> List[Any]:
    """Give the schemas inside a schema; one that should be there and is none is given as it is."""
    found: List[Any] = [schema[key] for key in ("items", "additionalProperties", "not") if key in schema]
    for key in ("properties", "$defs", "definitions"):
        found += list(schema.get(key, {}).values())
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        branches = schema.get(key, [])
        found += branches if isinstance(branches, list) else [None]
    return found


def check_closed(schema: Any, place: str) -> None:
    """Want every object of a schema to be closed. Raises: Refused."""
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if (kind == "object" or isinstance(kind, list) and "object" in kind) and schema.get(
        "additionalProperties"
    ) is not False:
        raise at(place, OPEN_OBJECT)
    for inner in _inner(schema):
        check_closed(inner, place)


def check_choice_form(value: Any, place: str) -> None:
    """Judge the form of `tool_choice`. Raises: Refused."""
    if not isinstance(value, dict):  # a word, as OpenAI has it: PARITY
        raise at(place, OBJECT)
    kind = value.get("type")
    if kind is None:
        raise missing(f"{place}.type")
    if kind not in tuple(CHOICES):  # it may be anything, and not even hashable
        raise unknown_tag(place, kind, tuple(CHOICES))
    check_record(value, f"{place}.{kind}", CHOICES[kind], ignored=("type",))


def check_output_form(value: Any, place: str) -> None:
    """Judge the form of `output_config`. Raises: Refused."""
    fields = {"effort": Field(one_of(*EFFORTS), nullable=True), "format": Field(_check_format, nullable=True)}
    check_record(value, place, fields, ignored=("task_budget",), otherwise=SHAPE)


def _check_format(value: Any, place: str) -> None:
    kind = value.get("type") if isinstance(value, dict) else "json_schema"
    if kind not in (None, "json_schema"):
        raise at(f"{place}.type", "Input should be 'json_schema'")
    check_record(
        value, place, {"type": Field(one_of("json_schema"), required=True), "schema": Field(dictionary, required=True)}
    )
    if not _is_schema(value["schema"]):
        raise at(f"{place}.schema", INVALID_SCHEMA.partition(" Learn")[0])  # the sentence is that of tools
    check_closed(value["schema"], f"{place}.schema")


def check(body: Dict[str, Any], model: Model) -> None:
    """Judge tools, the choice among them and the effort against each other and the model. Raises: Refused."""
    tools = body.get("tools") or []
    names = [tool.get("name") for tool in tools if tool.get("name")]
    if len(set(names)) != len(names):  # eclipse-theia/theia#16122
        raise Refused("tools: Tool names must be unique.")
    choice = body.get("tool_choice")
    if choice is not None:
        if not tools and choice["type"] != "tool":  # PARITY
            raise Refused(f"tool_choice.{choice['type']} may only be specified while providing tools")
        if choice["type"] in ("any", "tool") and not model.forced:  # can1357/oh-my-pi#12939
            raise Refused('tool_choice: type "tool" and "any" are not supported for this model.')
        if choice["type"] == "tool" and choice["name"] not in names:  # PARITY
            raise Refused(f"Tool '{choice['name']}' not found in provided tools")
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and not model.efforts:  # quoted in several projects for Haiku 4.5
        raise Refused("This model does not support the effort parameter.")
    if effort is not None and effort not in model.efforts:  # the same
        levels = ", ".join(sorted(model.efforts))
        raise Refused(f"This model does not support effort level '{effort}'. Supported levels: {levels}.")
