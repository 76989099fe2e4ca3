"""What the API refuses in `tools`, `toolConfig` and schemas: names, shapes, and which of them go together.

`shape_faults` gives what the request validator says, all faults at once; `check_together` raises the first thing that
does not fit the model.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .errors import Refused
from .models import Model

__all__ = ["as_json_schema", "check_together", "declarations", "schema_faults", "shape_faults"]

Fault = Tuple[str, str]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
INVALID_NAME = (  # router-for-me/Cli-Proxy-API-Management-Center#120 (March 2026; before that without colons)
    "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores "
    "(_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
)
FORMATS = {
    "STRING": ("enum", "date-time"),
    "NUMBER": ("float", "double"),
    "INTEGER": ("int32", "int64"),
}


def declarations(request: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Give all function declarations of a request."""
    return [one for tool in request.get("tools") or () for one in tool.get("functionDeclarations") or ()]


def shape_faults(request: Dict[str, Any]) -> Iterator[Fault]:
    """Give the place of each wrong tool, and what is wrong with it."""
    for place, tool in enumerate(request.get("tools") or ()):
        where = f"tools[{place}]"
        if not tool:  # the sentence is quoted in many projects; whether with `*` and the request's name is not known
            yield f"{where}.tool_type", "required one_of 'tool_type' must have one initialized field"
        for number, function in enumerate(tool.get("functionDeclarations") or ()):
            here = f"{where}.function_declarations[{number}]"
            if not NAME.fullmatch(function.get("name") or ""):
                yield f"{here}.name", INVALID_NAME
            for key, path in (("parameters", "parameters"), ("response", "response")):
                if key in function:
                    yield from schema_faults(function[key], f"{here}.{path}")
            if "parameters" in function and "parametersJsonSchema" in function:  # no wording found
                yield f"{here}.parameters_json_schema", "must not be set together with parameters."


def schema_faults(schema: Dict[str, Any], where: str) -> Iterator[Fault]:
    """Give what the validator says about an OpenAPI schema."""
    kind = schema.get("type")
    if kind in (None, "TYPE_UNSPECIFIED") and not schema.get("anyOf"):  # danny-avila/LibreChat#6971
        yield f"{where}.type", "must be specified when not using one_of, any_of or all_of fields"
    properties = schema.get("properties") or {}
    # pipecat-ai/pipecat-flows#110, browser-use/browser-use#7; a function's own parameters may be empty by now:
    # recording chat_function_calling_…-b188f001 (August 2026)
    if kind == "OBJECT" and not properties and not where.endswith(".parameters"):
        yield f"{where}.properties", "should be non-empty for OBJECT type"
    if kind == "ARRAY" and "items" not in schema:  # AstrBotDevs/AstrBot#6029
        yield f"{where}.items", "missing field."
    if schema.get("enum") and kind not in ("STRING", None):  # as users report it; the whole line was not found
        yield f"{where}.enum", "only allowed for STRING type"
    allowed = FORMATS.get(kind or "")
    if schema.get("format") and kind == "STRING" and allowed is not None and schema["format"] not in allowed:
        # quoted in many projects' notes
        yield f"{where}.format", "only 'enum' and 'date-time' are supported for STRING type"
    for number, name in enumerate(schema.get("required") or ()):
        if name not in properties:  # iBUHub/AIStudioToAPI#154
            yield f"{where}.required[{number}]", "property is not defined"
    for name, child in properties.items():
        yield from schema_faults(child, f"{where}.properties[{name}]")
    if "items" in schema:
        yield from schema_faults(schema["items"], f"{where}.items")
    for number, child in enumerate(schema.get("anyOf") or ()):
        yield from schema_faults(child, f"{where}.any_of[{number}]")


def check_together(request: Dict[str, Any], model: Model) -> None:
    """Judge tools, toolConfig and the answer's form together.

    Raises: Refused for the first fault.
    """
    functions = declarations(request)
    names = [function["name"] for function in functions]
    for name in names:
        if names.count(name) > 1:  # several projects' notes, word for word the same
            raise Refused(f"Duplicate function declaration found: {name}")
    settings = request.get("toolConfig") or {}
    _check_calling(settings.get("functionCallingConfig") or {}, names, settings, model)
    builtin = [key for tool in request.get("tools") or () for key in tool if key != "functionDeclarations"]
    if functions and builtin:
        if model.old:  # withceleste/celeste-python#197 (February 2026; in 2025 without "by the model")
            raise Refused("Tool use with function calling is unsupported by the model.")
        if model.generation is not None and not settings.get("includeServerSideToolInvocations"):
            raise Refused(  # seen in the sources of several gateways in 2026
                "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function "
                "calling."
            )
    mime = (request.get("generationConfig") or {}).get("responseMimeType")
    if mime == "application/json" and model.old:
        if functions:  # symfony/ai#803
            raise Refused("Function calling with a response mime type: 'application/json' is unsupported")
        if builtin:  # snailyp/gemini-balance#264
            raise Refused("Tool use with a response mime type: 'application/json' is unsupported")


def _check_calling(calling: Dict[str, Any], names: List[str], settings: Dict[str, Any], model: Model) -> None:
    allowed = calling.get("allowedFunctionNames") or []
    if calling and not names and not (model.new and settings.get("includeServerSideToolInvocations")):
        # pydantic/pydantic-ai#5791, musistudio/claude-code-router#1207
        raise Refused("Function calling config is set without function_declarations.")
    if any(name not in names for name in allowed):  # quoted word for word in two projects' tests
        raise Refused("allowed_function_names should be a subset of the provided function_declarations.")
    # no wording found; the rule is in the API reference
    if allowed and calling.get("mode") not in ("ANY", "VALIDATED"):
        raise Refused("allowed_function_names should be set only when the function calling mode is ANY or VALIDATED.")


def as_json_schema(schema: Optional[Dict[str, Any]]) -> Any:
    """Give an OpenAPI schema of the API as JSON Schema."""
    if schema is None:
        return {}
    made: Dict[str, Any] = {}
    for key, value in schema.items():
        if key == "type":
            kind = value.lower()
            made["type"] = [kind, "null"] if schema.get("nullable") else kind
        elif key == "properties":
            made["properties"] = {name: as_json_schema(child) for name, child in value.items()}
        elif key == "items":
            made["items"] = as_json_schema(value)
        elif key == "anyOf":
            made["anyOf"] = [as_json_schema(child) for child in value]
        elif key not in ("nullable", "propertyOrdering", "example"):
            made[key] = value
    return made
