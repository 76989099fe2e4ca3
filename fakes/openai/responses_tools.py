"""What the Responses API refuses in tools, tool_choice and text.format. Its tools are flat, and many are its own.

"Measured": see `responses_checks`. The rules of JSON schemas are those of chat completions, in `tools`.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .errors import Refused, missing, unknown_value, wrong_type
from .tools import check_name, check_schema

__all__ = ["HOSTED_PREFIX", "check_choice", "check_choice_shape", "check_text", "check_tools", "hosted"]

# openai 3.54.0, types/responses/tool_param.py. For an unknown one no list as the API gives it was found.
TYPES = (
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use_preview",
    "custom",
    "file_search",
    "function",
    "image_generation",
    "local_shell",
    "mcp",
    "namespace",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
)
FUNCTION_KEYS = frozenset(
    (
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "defer_loading",
        "allowed_callers",
        "async",
        "output_schema",
    )
)
MODES = ("none", "auto", "required")
FORMATS = ("json_object", "text", "json_schema")  # in this order: measured
FORMAT_KEYS = {
    "text": ("type",),
    "json_object": ("type",),
    "json_schema": ("type", "name", "schema", "strict", "description"),
}
HOSTED_PREFIX = "hosted:"  # before the neutral name of a tool that runs at OpenAI: no function can be called so


def hosted(tool: Dict[str, Any]) -> Optional[str]:
    """Give "web_search" or "file_search" for a tool of that kind, whose calls the fake acts out."""
    kind = tool.get("type")
    if isinstance(kind, str) and kind.startswith("web_search"):
        return "web_search"
    return "file_search" if kind == "file_search" else None


def check_tools(tools: Any, name: str) -> None:
    """Judge the list of tools.

    Raises: Refused.
    """
    if not isinstance(tools, list):
        raise wrong_type(name, "an array of tools", tools)
    if len(tools) > 128:  # cgoinglove/better-chatbot#197
        raise Refused(
            f"Invalid '{name}': array too long. Expected an array with maximum length 128, but got an array with "
            f"length {len(tools)} instead.",
            param=name,
            code="array_above_max_length",
        )
    for place, tool in enumerate(tools):
        _check_tool(tool, f"{name}[{place}]")


def _check_tool(tool: Any, here: str) -> None:
    if not isinstance(tool, dict):  # the sentence from memory
        raise wrong_type(here, "an object", tool)
    kind = tool.get("type")
    if kind is None:
        raise missing(f"{here}.type")
    if kind not in TYPES:
        raise unknown_value(f"{here}.type", kind, TYPES)
    if kind == "function":
        _check_function(tool, here)
    elif kind == "custom":
        check_name(tool, here)
        wanted = tool.get("format")
        if wanted is not None and (not isinstance(wanted, dict) or wanted.get("type") not in ("text", "grammar")):
            found = wanted.get("type") if isinstance(wanted, dict) else wanted
            raise unknown_value(f"{here}.format.type", found, ("text", "grammar"))  # no wording found
    elif kind == "file_search":
        if tool.get("vector_store_ids") is None:
            raise missing(f"{here}.vector_store_ids")
    elif kind == "mcp":
        if tool.get("server_label") is None:
            raise missing(f"{here}.server_label")
    elif kind == "code_interpreter" and tool.get("container") is None:
        raise missing(f"{here}.container")


def _check_function(tool: Dict[str, Any], here: str) -> None:
    name = check_name(tool, here)
    for key in tool:
        if key not in FUNCTION_KEYS:
            raise Refused(f"Unknown parameter: '{here}.{key}'.", param=f"{here}.{key}", code="unknown_parameter")
    for key, kind, words in (("description", str, "a string"), ("strict", bool, "a boolean")):
        if tool.get(key) is not None and not isinstance(tool[key], kind):
            raise wrong_type(f"{here}.{key}", words, tool[key])
    if tool.get("parameters") is None:
        return

    def complain(fault: str) -> Refused:  # ComposioHQ/composio#1829, there for chat completions; the code likewise
        return Refused(
            f"Invalid schema for function '{name}': {fault}",
            param=f"{here}.parameters",
            code="invalid_function_parameters",
        )

    check_schema(tool["parameters"], complain, strict=tool.get("strict") is True)


def check_choice_shape(choice: Any, name: str) -> None:
    """Judge tool_choice by itself.

    Raises: Refused.
    """
    if isinstance(choice, str):
        if choice not in MODES:
            raise unknown_value(name, choice, MODES)
        return
    if not isinstance(choice, dict):
        raise wrong_type(name, "one of an object or 'none', 'auto', or 'required'", choice)
    kind = choice.get("type")
    if kind is None:
        raise missing(f"{name}.type")
    if kind not in (*TYPES, "allowed_tools"):  # no list as the API gives it was found
        raise unknown_value(f"{name}.type", kind, (*TYPES, "allowed_tools"))
    if kind in ("function", "custom"):
        if choice.get("name") is None:
            raise missing(f"{name}.name")
        if not isinstance(choice["name"], str):
            raise wrong_type(f"{name}.name", "a string", choice["name"])
    elif kind == "allowed_tools":
        mode = choice.get("mode")
        if mode not in ("auto", "required"):  # no wording found
            raise unknown_value(f"{name}.mode", mode, ("auto", "required"))
        if not isinstance(choice.get("tools"), list):
            raise wrong_type(f"{name}.tools", "an array of objects", choice.get("tools"))
        for place, tool in enumerate(choice["tools"]):
            if not isinstance(tool, dict) or tool.get("type") not in TYPES:
                found = tool.get("type") if isinstance(tool, dict) else tool
                raise unknown_value(f"{name}.tools[{place}].type", found, TYPES)


def check_choice(body: Dict[str, Any]) -> None:
    """Judge tool_choice beside the tools on offer.

    Raises: Refused.
    """
    choice = body.get("tool_choice")
    offered: List[Dict[str, Any]] = body.get("tools") or []
    for item in body["input"] if isinstance(body.get("input"), list) else ():
        if item.get("type") == "additional_tools":
            offered = offered + item["tools"]
    if choice == "required" and not offered:  # quoted in several clients' sources
        raise Refused("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
    if not isinstance(choice, dict):
        return
    for wanted in choice["tools"] if choice["type"] == "allowed_tools" else [choice]:
        if not any(_means(wanted, tool) for tool in offered):
            # vercel/ai packages/openai/src/responses/__fixtures__/openai-allowed-tools-web-search-error.1.json
            label = wanted.get("name") or wanted["type"]
            raise Refused(f"Tool choice '{label}' not found in 'tools' parameter.", param="tool_choice")


def _means(wanted: Dict[str, Any], tool: Dict[str, Any]) -> bool:
    if wanted["type"] != tool.get("type"):
        return False
    return wanted["type"] not in ("function", "custom") or wanted.get("name") == tool.get("name")


def check_text(text: Any, name: str) -> None:
    """Judge `text`: the format of the answer and its verbosity.

    Raises: Refused.
    """
    if not isinstance(text, dict):
        raise wrong_type(name, "an object", text)
    for key in text:
        if key not in ("format", "verbosity"):
            raise Refused(f"Unknown parameter: '{name}.{key}'.", param=f"{name}.{key}", code="unknown_parameter")
    if text.get("format") is not None:
        _check_format(text["format"], f"{name}.format")
    verbosity = text.get("verbosity")
    if verbosity is not None and verbosity not in ("low", "medium", "high"):
        raise unknown_value(f"{name}.verbosity", verbosity, ("low", "medium", "high"))


def _check_format(wanted: Any, here: str) -> None:
    if not isinstance(wanted, dict):
        raise wrong_type(here, "an object", wanted)
    kind = wanted.get("type")
    if kind is None:
        raise missing(f"{here}.type")
    if kind not in FORMATS:
        raise unknown_value(f"{here}.type", kind, FORMATS)
    for key in wanted:
        if key not in FORMAT_KEYS[kind]:
            raise Refused(f"Unknown parameter: '{here}.{key}'.", param=f"{here}.{key}", code="unknown_parameter")
    if kind != "json_schema":
        return
    name = check_name(wanted, here)
    if wanted.get("schema") is None:
        raise missing(f"{here}.schema")
    strict = wanted.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise wrong_type(f"{here}.strict", "a boolean", strict)

    def complain(fault: str) -> Refused:  # vercel/ai …/__fixtures__/issue-6454-nested-definitions-error.json
        return Refused(
            f"Invalid schema for response_format '{name}': {fault}", param=f"{here}.schema", code="invalid_json_schema"
        )

    check_schema(wanted["schema"], complain, strict=strict is True)
