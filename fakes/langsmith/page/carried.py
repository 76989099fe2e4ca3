"""What of a traced call can be sent again as a chat completion: its messages, tools and parameters in OpenAI's form.

A trace may come from any vendor's interface. What has a counterpart is turned into it; what has none is left out and
said, never sent as it is: a provider would refuse it, or worse, ignore it. (Shapes: the wire notes §5; Anthropic's
"Messages", Google's "GenerateContent", OpenAI's "Responses" beside "Chat completions".)
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .blocks import Part
from .formats import pretty
from .messages import Message, conversation

__all__ = ["ROLES", "Carried", "answered", "carried", "tool_of"]

ROLES = ("system", "user", "assistant", "tool", "JSON")  # the last: the text is the whole message
MOST = 100  # messages
DEEPEST = 60  # levels of a schema that are looked through
_THEIRS = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}
# Parameters of a chat completion, and those of other interfaces that mean the same.
_PASSED = frozenset(
    "temperature top_p max_tokens max_completion_tokens stop seed frequency_penalty presence_penalty tool_choice "
    "response_format reasoning_effort verbosity parallel_tool_calls logprobs top_logprobs logit_bias user n "
    "service_tier modalities audio prediction store metadata".split()
)
_SAME = {
    "stop_sequences": "stop", "max_output_tokens": "max_tokens", "max_tokens_to_sample": "max_tokens",
    "random_seed": "seed", "topP": "top_p", "maxOutputTokens": "max_tokens", "stopSequences": "stop",
}  # fmt: skip
# Taken at the OpenAI-like address of these providers only (Anthropic: "OpenAI SDK compatibility", read 2026-11-23;
# Fireworks and Together: "Create chat completion").
_THEIR_OWN = {"thinking": ("anthropic",), "top_k": ("fireworks", "together"), "min_p": ("fireworks", "together")}
# Said elsewhere in the form, or about the client and not the answer.
_SETTLED = frozenset(
    "model model_name messages contents input system instructions tools functions stream streaming stream_options "
    "stream_usage max_retries timeout request_timeout default_request_timeout _type model_kwargs use_responses_api "
    "output_version extra_headers config".split()
)
_CHOICES = {"auto": "auto", "any": "required", "none": "none", "required": "required"}


class Carried(NamedTuple):
    """A form's content: rows of role and text, tools, parameters, the model, the provider, and what was left out."""

    rows: List[Tuple[str, str]]
    tools: List[Dict[str, Any]]
    parameters: Dict[str, Any]
    model: Optional[str]
    provider: Optional[str]
    left_out: List[str]


def carried(run: Dict[str, Any]) -> Carried:
    """Give what of a run can be sent again, and in words what cannot."""
    left: List[str] = []
    called, provider = _called(run), _provider(run)
    found = conversation(run["inputs"])
    if len({message.label for message in found if message.label}) > 1:
        left.append("all prompts but the first of several")
        found = [message for message in found if message.label == found[0].label]
    if len(found) > MOST:
        left.append(f"all messages after the first {MOST}")
    rows = [row for message in found[:MOST] for row in [_row(message, left)] if row is not None]
    tools: List[Dict[str, Any]] = []
    listed = called.get("tools")
    for tool in listed if isinstance(listed, list) else []:
        turned, rest = tool_of(tool)
        tools += turned
        left += rest
    parameters = _parameters(called, provider, left)
    model = called.get("model") or called.get("model_name")
    name = str(model)[len("models/") :] if str(model).startswith("models/") else str(model)
    return Carried(rows, tools, parameters, name if model else None, provider, list(dict.fromkeys(left)))


def answered(run: Dict[str, Any]) -> Tuple[List[Tuple[str, str]], List[str]]:
    """Give a run's answer as rows that follow its question, a row for each tool's result, and what cannot be sent."""
    left: List[str] = []
    found = conversation(run["outputs"])
    found = [message for message in found if message.label == found[0].label]  # the first of several choices
    rows = [row for message in found for row in [_row(message, left)] if row is not None]
    for call in (call for message in found for call in message.calls if not call.get("theirs")):
        said = {"role": "tool", "content": "", "tool_call_id": _call_id(call)}
        rows.append(("JSON", pretty(said)))
    return rows, list(dict.fromkeys(left))


def tool_of(tool: Any) -> Tuple[List[Dict[str, Any]], List[str]]:
    """Give a tool in OpenAI's form (several where one declares several), and what of it has none."""
    if not isinstance(tool, dict):
        return [], [f"the tool {_short(tool)}"]
    if isinstance(tool.get("function"), dict):
        return [tool], []
    schema = next((tool[name] for name in ("input_schema", "parameters") if isinstance(tool.get(name), dict)), None)
    if schema is not None and tool.get("name") and tool.get("type") in (None, "function", "custom"):
        said = {"name": tool["name"], "description": tool.get("description") or "", "parameters": schema}
        if isinstance(tool.get("strict"), bool):
            said["strict"] = tool["strict"]
        rest = [f"{name} of the tool {tool['name']}" for name in ("cache_control",) if tool.get(name)]
        return [{"type": "function", "function": said}], rest
    declared = tool.get("function_declarations", tool.get("functionDeclarations"))
    if isinstance(declared, list):
        turned = [_declared(one) for one in declared if isinstance(one, dict) and one.get("name")]
        more = [f"the tool {name}" for name in tool if name not in ("function_declarations", "functionDeclarations")]
        return turned, more
    return [], [f"the tool {_short(tool)}, which the provider itself would run"]


def _declared(one: Dict[str, Any]) -> Dict[str, Any]:
    schema = one.get("parameters") or one.get("parameters_json_schema") or one.get("parametersJsonSchema")
    said = {"name": one["name"], "description": one.get("description") or "", "parameters": _lowered(schema or {})}
    return {"type": "function", "function": said}


def _lowered(schema: Any, depth: int = 0) -> Any:
    """Give a schema with its types in small letters: Google writes OBJECT where JSON Schema has object."""
    if depth > DEEPEST:
        return schema
    if isinstance(schema, list):
        return [_lowered(one, depth + 1) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: one.lower() if name == "type" and isinstance(one, str) else _lowered(one, depth + 1)
        for name, one in schema.items()
    }


def _called(run: Dict[str, Any]) -> Dict[str, Any]:
    """Give a call's parameters: where the tracer noted them, else beside the messages, as wrapped clients send them."""
    extra = run["extra"] if isinstance(run["extra"], dict) else {}
    noted = extra.get("invocation_params")
    if isinstance(noted, dict) and noted:
        return noted
    inputs = run["inputs"] if isinstance(run["inputs"], dict) else {}
    return inputs if "model" in inputs or "tools" in inputs else {}


def _provider(run: Dict[str, Any]) -> Optional[str]:
    extra = run["extra"] if isinstance(run["extra"], dict) else {}
    metadata = extra.get("metadata")
    said = metadata.get("ls_provider") if isinstance(metadata, dict) else None
    if not isinstance(said, str):
        return None
    return {"google_genai": "google", "google_vertexai": "google", "mistralai": "mistral"}.get(said, said)


def _parameters(called: Dict[str, Any], provider: Optional[str], left: List[str]) -> Dict[str, Any]:
    given: Dict[str, Any] = {}
    for name, value in called.items():
        if value in (None, [], {}) or (name in _SETTLED and not (name == "model_kwargs" and value)):
            continue
        name = _SAME.get(name, name)
        if name == "reasoning" and isinstance(value, dict) and value.get("effort"):
            given["reasoning_effort"] = value["effort"]
            left += [f"the parameter reasoning.{more}" for more in value if more != "effort"]
        elif name == "n" and value != 1:
            left.append(f"n = {_short(value)}: the playground asks for one answer")
        elif name == "tool_choice" and isinstance(value, dict) and "function" not in value:
            choice = _choice(value)
            if choice is None:
                left.append(f"the parameter tool_choice = {_short(value)}")
            else:
                given["tool_choice"] = choice
        elif name == "tool_choice" and value == "any":
            given["tool_choice"] = "required"
        elif (name in _PASSED and name != "n") or provider in _THEIR_OWN.get(name, ()):
            given[name] = value
        elif name != "n":
            left.append(f"the parameter {name} = {_short(value)}")
    return given


def _choice(value: Dict[str, Any]) -> Any:
    """Give Anthropic's choice of a tool in OpenAI's form, or None."""
    if value.get("type") == "tool" and value.get("name"):
        return {"type": "function", "function": {"name": value["name"]}}
    return _CHOICES.get(str(value.get("type")))


def _row(message: Message, left: List[str]) -> Optional[Tuple[str, str]]:
    """Give a message as the form has it: role and text where that is all, else the whole in OpenAI's form."""
    role = _THEIRS.get(message.role)
    if role is None:
        if message.role == "remove":
            left.append("messages that remove others")
            return None
        left.append(f"the role {message.role[:40]!r}, which became user")
        role = "user"
    parts = [Part("text", part.text) if role == "tool" and part.kind == "json" else part for part in message.parts]
    blocks = [block for part in parts for block in [_block(part, left)] if block is not None]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    plain = len(texts) == len(blocks)
    calls = [one for one in message.calls if not one.get("theirs")]
    left += [f"the provider's own call of {one['name']}" for one in message.calls if one.get("theirs")]
    if plain and len(texts) <= 1 and not calls and role != "tool" and not message.name:
        return role, texts[0] if texts else ""
    whole: Dict[str, Any] = {"role": role, "content": "".join(texts) if plain else blocks}
    if message.name and role != "tool":
        whole["name"] = message.name
    if calls:
        whole["tool_calls"] = [_called_tool(one) for one in calls]
    if role == "tool":
        whole["tool_call_id"] = message.answers or f"call_{message.name or 'tool'}"
    return "JSON", pretty(whole)


def _called_tool(call: Dict[str, Any]) -> Dict[str, Any]:
    args = call["args"]
    text = args if isinstance(args, str) else json.dumps({} if args is None else args, ensure_ascii=False)
    said = {"name": call["name"], "arguments": text}
    return {"id": _call_id(call), "type": "function", "function": said}


def _call_id(call: Dict[str, Any]) -> str:
    """Give a call's id. Google's calls have none; its results name the tool instead, and so get the same one."""
    return str(call["id"] or f"call_{call['name']}")


def _block(part: Part, left: List[str]) -> Optional[Dict[str, Any]]:
    """Give a part of a message as a content block of a chat completion, or None."""
    address = part.text
    if part.kind == "text":
        return {"type": "text", "text": part.text}
    if part.kind == "image" and not address.startswith("id "):
        return {"type": "image_url", "image_url": {"url": address}}
    if part.kind == "audio" and address.startswith("data:audio/"):
        kind, _, data = address[len("data:audio/") :].partition(";base64,")
        return {"type": "input_audio", "input_audio": {"data": data, "format": "mp3" if kind == "mpeg" else kind}}
    if part.kind == "file" and address.startswith("data:"):
        return {"type": "file", "file": {"filename": part.name or "file", "file_data": address}}
    if part.kind == "file" and address.startswith("id "):
        return {"type": "file", "file": {"file_id": address[3:]}}
    if part.kind == "json" and part.text:
        try:
            block = json.loads(part.text)
        except ValueError:
            block = None
        left.append(f"a content block of type {str(block.get('type') if isinstance(block, dict) else None)[:40]!r}")
    elif part.kind != "notes":  # citations belong to an answer and are no part of a question
        told = {"reasoning": "the model's reasoning", "refusal": "a refusal"}
        left.append(told.get(part.kind, f"{part.kind} {address[:100]}"))
    return None


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:120]
