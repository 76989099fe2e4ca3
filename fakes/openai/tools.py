"""What OpenAI refuses in tools, tool_choice and response_format: names, schemas, and the rules of strict ones."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from .errors import Refused, missing, unknown_value, wrong_type
from .messages import FUNCTION_NAME, empty_array, no_match

__all__ = ["check", "check_name", "check_schema"]

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORBIDDEN_WHEN_STRICT = ("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
Complain = Callable[[str], Refused]


def check(body: Dict[str, Any]) -> None:
    """Judge tools, legacy functions, tool_choice and response_format.

    Raises: Refused for the first fault.
    """
    if "tools" in body:
        _check_tools(body["tools"])
    if "functions" in body:
        if not body["functions"]:
            raise empty_array("functions")
        for place, function in enumerate(body["functions"]):
            _check_function(function, f"functions[{place}]")
    if "tool_choice" in body:
        _check_choice(body["tool_choice"], body)
    if "parallel_tool_calls" in body and "tools" not in body:
        raise _needs_tools("parallel_tool_calls")
    if body.get("response_format") is not None:
        _check_format(body["response_format"])


def _check_tools(tools: List[Any]) -> None:
    if not tools:  # continuedev/continue#3403
        raise empty_array("tools")
    if len(tools) > 128:  # vishalmysore/Tools4AI#16
        raise Refused(
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with "
            f"length {len(tools)} instead.",
            param="tools",
            code="array_above_max_length",
        )
    for place, tool in enumerate(tools):
        here = f"tools[{place}]"
        if not isinstance(tool, dict):
            raise wrong_type(here, "an object", tool)
        kind = tool.get("type")
        if kind is None:
            raise missing(f"{here}.type")
        if kind not in ("function", "custom"):
            raise unknown_value(f"{here}.type", kind, ("function", "custom"))
        if kind not in tool:
            raise missing(f"{here}.{kind}")
        if kind == "function":
            _check_function(tool["function"], f"{here}.function")
        else:
            check_name(tool["custom"], f"{here}.custom")


def check_name(holder: Any, here: str) -> str:
    """Judge the name of a function or a format, and give it.

    Raises: Refused.
    """
    if not isinstance(holder, dict):
        raise wrong_type(here, "an object", holder)
    name = holder.get("name")
    if name is None:
        raise missing(f"{here}.name")
    if not isinstance(name, str):
        raise wrong_type(f"{here}.name", "a string", name)
    if len(name) > 64:  # the sentence: nanbingxyz/5ire#33, there for a description
        raise Refused(
            f"Invalid '{here}.name': string too long. Expected a string with maximum length 64, but got a string "
            f"with length {len(name)} instead.",
            param=f"{here}.name",
            code="string_above_max_length",
        )
    if not FUNCTION_NAME.match(name):  # brekkylab/ailoy#109
        raise no_match(f"{here}.name", "^[a-zA-Z0-9_-]+$")
    return name


def _check_function(function: Any, here: str) -> None:
    name = check_name(function, here)
    for key in function:
        if key not in ("name", "description", "parameters", "strict"):
            raise Refused(f"Unknown parameter: '{here}.{key}'.", param=f"{here}.{key}", code="unknown_parameter")
    description = function.get("description")
    if description is not None and not isinstance(description, str):
        raise wrong_type(f"{here}.description", "a string", description)
    strict = function.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise wrong_type(f"{here}.strict", "a boolean", strict)
    schema = function.get("parameters")
    if schema is None:
        return

    def complain(fault: str) -> Refused:  # bytedance/trae-agent#173, ComposioHQ/composio#1829
        return Refused(
            f"Invalid schema for function '{name}': {fault}",
            param=f"{here}.parameters",
            code="invalid_function_parameters",
        )

    check_schema(schema, complain, strict=bool(strict))


def check_schema(schema: Any, complain: Complain, *, strict: bool) -> None:
    """Judge a JSON schema; `complain` makes the refusal of a fault.

    Raises: what `complain` makes.
    """
    if not isinstance(schema, dict):  # FoundationAgents/OpenManus#1162
        raise complain(f"{_python(schema)} is not of type 'object', 'boolean'.")
    _check_types(schema, complain)
    if "$ref" not in schema and schema.get("type") != "object" and (schema or strict):
        found = schema.get("type")
        raise complain(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{found}\"'.")
    if strict:
        _check_strict(schema, (), complain)


def _check_types(schema: Any, complain: Complain) -> None:
    """Find a word that is no JSON Schema type, anywhere."""
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    for name in kind if isinstance(kind, list) else [kind]:
        if name is not None and name not in TYPES:
            raise complain(f"{_python(kind)} is not valid under any of the given schemas.")
    for child in _children(schema):
        _check_types(child[1], complain)


def _check_strict(schema: Dict[str, Any], context: Tuple[str, ...], complain: Complain) -> None:
    for keyword in FORBIDDEN_WHEN_STRICT:  # the sentence from memory
        if keyword in schema:
            raise complain(f"In context={context!r}, '{keyword}' is not permitted.")
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        if schema.get("additionalProperties") is not False:  # dottxt-ai/outlines#844
            raise complain(
                f"In context={context!r}, 'additionalProperties' is required to be supplied and to be false."
            )
        properties = schema["properties"] if isinstance(schema.get("properties"), dict) else {}
        required: List[Any] = schema["required"] if isinstance(schema.get("required"), list) else []
        absent = [key for key in properties if key not in required]
        if absent:  # vercel/ai#6484
            raise complain(
                f"In context={context!r}, 'required' is required to be supplied and to be an array including every "
                f"key in properties. Missing '{absent[0]}'."
            )
        extra = [key for key in required if not isinstance(key, str) or key not in properties]
        if extra:  # the sentence from memory
            raise complain(
                f"In context={context!r}, 'required' is required to be supplied and to be an array including every "
                f"key in properties. Extra required key '{extra[0]}' supplied."
            )
    elif kind is None and not any(key in schema for key in ("$ref", "anyOf", "enum", "const")):
        raise complain(f"In context={context!r}, schema must have a 'type' key.")  # apexive/odoo-llm#212
    elif kind == "array" and "items" not in schema:  # the sentence from memory
        raise complain(f"In context={context!r}, array schema missing items.")
    for path, child in _children(schema):
        if isinstance(child, dict):
            _check_strict(child, context + path, complain)


def _children(schema: Dict[str, Any]) -> List[Tuple[Tuple[str, ...], Any]]:
    found: List[Tuple[Tuple[str, ...], Any]] = []
    for keyword in ("properties", "$defs", "definitions"):
        if isinstance(schema.get(keyword), dict):
            found += [((keyword, key), child) for key, child in schema[keyword].items()]
    for keyword in ("anyOf", "allOf", "oneOf", "prefixItems"):
        if isinstance(schema.get(keyword), list):
            found += [((keyword, str(place)), child) for place, child in enumerate(schema[keyword])]
    if isinstance(schema.get("items"), dict):
        found.append((("items",), schema["items"]))
    return found


def _check_choice(choice: Any, body: Dict[str, Any]) -> None:
    if "tools" not in body:  # dapr/dapr-agents#248
        raise _needs_tools("tool_choice")
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            raise unknown_value("tool_choice", choice, ("none", "auto", "required"))
        return
    if not isinstance(choice, dict):
        raise wrong_type("tool_choice", "one of a string or object", choice)
    kind = choice.get("type")
    if kind is None:
        raise missing("tool_choice.type")
    if kind not in ("function", "custom", "allowed_tools"):
        raise unknown_value("tool_choice.type", kind, ("function", "custom", "allowed_tools"))
    if kind not in choice:
        raise missing(f"tool_choice.{kind}")
    if kind == "allowed_tools":
        if not isinstance(choice[kind], dict):
            raise wrong_type("tool_choice.allowed_tools", "an object", choice[kind])
        mode = choice[kind].get("mode")
        if mode not in ("auto", "required"):
            raise unknown_value("tool_choice.allowed_tools.mode", mode, ("auto", "required"))
        allowed = choice[kind].get("tools")
        if not isinstance(allowed, list):
            raise wrong_type("tool_choice.allowed_tools.tools", "an array of objects", allowed)
        for place, tool in enumerate(allowed):
            _check_offered(tool, f"tool_choice.allowed_tools.tools[{place}]", body)
    else:
        _check_offered(choice, "tool_choice", body)


def _check_offered(choice: Any, here: str, body: Dict[str, Any]) -> None:
    if not isinstance(choice, dict):
        raise wrong_type(here, "an object", choice)
    kind = choice.get("type")
    if kind not in ("function", "custom"):
        raise unknown_value(f"{here}.type", kind, ("function", "custom"))
    name = check_name(choice.get(kind), f"{here}.{kind}")
    offered = [(tool.get(tool["type"]) or {}).get("name") for tool in body["tools"]]
    if name not in offered:  # the Responses API's sentence (vllm-project/vllm#40399); chat's own was not found
        raise Refused(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")


def _needs_tools(name: str) -> Refused:
    return Refused(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", param=name)


def _check_format(wanted: Dict[str, Any]) -> None:
    kind = wanted.get("type")
    if kind is None:
        raise missing("response_format.type")
    if kind not in ("json_object", "json_schema", "text"):
        raise unknown_value("response_format.type", kind, ("json_object", "json_schema", "text"))
    for key in wanted:
        if key != "type" and key != kind:  # spring-projects/spring-ai#2969
            raise Refused(
                f"Unknown parameter: 'response_format.{key}'.", param=f"response_format.{key}", code="unknown_parameter"
            )
    if kind != "json_schema":
        return
    if "json_schema" not in wanted:  # openai/openai-python#1632
        raise missing("response_format.json_schema")
    name = check_name(wanted["json_schema"], "response_format.json_schema")
    if "schema" not in wanted["json_schema"]:
        raise missing("response_format.json_schema.schema")

    def complain(fault: str) -> Refused:  # moeru-ai/xsai#145
        return Refused(f"Invalid schema for response_format '{name}': {fault}", param="response_format")

    check_schema(wanted["json_schema"]["schema"], complain, strict=bool(wanted["json_schema"].get("strict")))


def _python(value: Any) -> str:
    """Write a value as the real messages do: they come from a Python validator."""
    return repr(value)
