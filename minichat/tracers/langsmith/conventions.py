"""Messages, answers and tools in the form of OpenTelemetry's GenAI conventions, from what a run holds of them.

A model's run has LangChain's messages, in the constructor form or plain; a function of the program's own that is
traced as a model has whatever its provider's SDK gave. Of that the form of chat completions is read too; what is in
none of these has no messages, and its span shows it as it is.
Source: GenAI semantic conventions of OpenTelemetry 1.41, JSON schemas of messages and tool definitions, 2026-11-23.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    JSON = Any

__all__ = ["answers_of", "fields_of", "message_of", "questions_of", "tools_of"]

ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "function": "tool"}


def questions_of(inputs: JSON) -> List[JSON]:
    """Give the messages that a model was asked, of all batches, as they stand there."""
    return [message for batch in _list(_dict(inputs).get("messages")) for message in _several(batch)]


def answers_of(outputs: JSON) -> List[Dict[str, JSON]]:
    """Give what a model answered as generations, with `message` or `text`, and `generation_info`."""
    outputs = _dict(outputs)
    generations = [
        one
        for batch in _list(outputs.get("generations"))
        for one in _several(batch)
        if isinstance(one, dict)
    ]
    if generations:
        return generations
    whole = _dict(outputs.get("output")) or outputs
    chosen = [one for one in _list(whole.get("choices")) if _dict(_dict(one).get("message"))]
    if chosen:
        about = {"model": whole.get("model"), "id": whole.get("id")}
        return [
            {
                "message": {**one["message"], "response_metadata": about},
                "generation_info": {"finish_reason": one.get("finish_reason")},
            }
            for one in chosen
        ]
    message = _dict(whole.get("message")) or whole
    return [{"message": message}] if "content" in message and ("role" in message or "type" in message) else []


def message_of(message: JSON) -> Dict[str, JSON]:
    """Give a message in the conventions' form: `{"role", "parts"}`."""
    fields = fields_of(message)
    kind = str(fields.get("type") or "")
    role = str(fields.get("role") or ROLES.get(kind, kind) or "user")
    content = fields.get("content")
    if role == "tool":
        part = {"type": "tool_call_response", "id": fields.get("tool_call_id"), "response": content}
        return {"role": role, "parts": [part]}
    blocks = [content] if isinstance(content, str) else _list(content)
    parts = [_part(block) for block in blocks if block and _dict(block).get("type") not in ("tool_use", "tool_call")]
    parts += [_call(_dict(call)) for call in _list(fields.get("tool_calls"))]
    return {"role": role, "parts": parts}


def fields_of(message: JSON) -> Dict[str, JSON]:
    """Give the fields of a message, in the constructor form or plain."""
    message = _dict(message)
    return _dict(message["kwargs"]) if message.get("type") == "constructor" else message


def tools_of(tools: JSON) -> List[Dict[str, JSON]]:
    """Give the tools that a model was offered: `{"type": "function", "name", "description", "parameters"}`.

    Those a provider runs itself are told as they are.

    >>> tools_of([{"type": "function", "function": {"name": "f", "parameters": {}}}, {"name": "g", "input_schema": {}}])
    [{'type': 'function', 'name': 'f', 'parameters': {}}, {'type': 'function', 'name': 'g', 'parameters': {}}]
    """
    told: List[Dict[str, JSON]] = []
    for one in _list(tools):
        tool = _dict(one)
        declared = _list(tool.get("functionDeclarations") or tool.get("function_declarations"))
        for function in declared or [_dict(tool.get("function")) or tool]:
            told.append(_tool(_dict(function)))
    return told


def _tool(function: Dict[str, JSON]) -> Dict[str, JSON]:
    schema = next((function[name] for name in SCHEMAS if isinstance(function.get(name), dict)), None)
    if schema is None and function.get("type") not in (None, "function"):
        return function
    known = {"name": function.get("name"), "description": function.get("description"), "parameters": schema}
    return {"type": "function", **{name: value for name, value in known.items() if value is not None}}


SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")


def _call(call: Dict[str, JSON]) -> Dict[str, JSON]:
    function = _dict(call.get("function"))  # of a chat completion, whose arguments are text
    arguments = call.get("args", function.get("arguments"))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            pass  # a model's mistake is told as it is
    name = call.get("name", function.get("name"))
    return {"type": "tool_call", "id": call.get("id"), "name": name, "arguments": arguments}


def _part(block: JSON) -> Dict[str, JSON]:
    if not isinstance(block, dict):
        return {"type": "text", "content": str(block)}
    kind = block.get("type")
    if kind == "text":
        return {"type": "text", "content": block.get("text")}
    if kind in ("thinking", "reasoning"):
        return {"type": "reasoning", "content": block.get("thinking") or block.get("reasoning") or ""}
    link = block.get("image_url")
    link = link.get("url") if isinstance(link, dict) else link or block.get("url")
    if isinstance(link, str) and not link.startswith("data:"):
        return {"type": "uri", "modality": str(kind).partition("_")[0], "uri": link}
    return block  # the conventions take parts of any other type as they are


def _several(value: JSON) -> List[JSON]:
    return value if isinstance(value, list) else [value]


def _dict(value: JSON) -> Dict[str, JSON]:
    return value if isinstance(value, dict) else {}


def _list(value: JSON) -> List[JSON]:
    return value if isinstance(value, list) else []
