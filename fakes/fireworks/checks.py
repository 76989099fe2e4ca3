"""What Fireworks' chat endpoint refuses.

The model server's checker is pydantic, and its sentences are pydantic's: "Extra inputs are not permitted, field:
'messages[7].tool_calls[0].approxNumTokens', value: 0" (microsoft/copilot-intellij-feedback#1874), "Input should be
'function', …, field: 'tools[8].type', value: 'web_search_20250305'" (boldsoftware/shelley#242). All faults of shape
are told together. Other sentences have their source beside them; where none was found, the row says so.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ..replies import behaviours, tokens
from . import messages
from .errors import EXTRA, fault, gateway, invalid, one_of

__all__ = ["CONTEXT", "check_chat", "is_ordinary", "prompt_tokens", "room", "short_name", "thinks"]

FAMILY = (
    r"(llama|mixtral|mistral|deepseek|qwen|qwq|gpt-oss|kimi|glm|gemma|minimax|phi|yi-|fire|dobby|nous|mythomax|starcoder|"
    r"codellama|code-|stablelm|dbrx|command|snorkel|flux|nomic|hermes|olmo|cogito|seed-oss|nemotron)"
)
# Fireworks' own models by family, and anything of another account: users deploy theirs under names of their own.
ORDINARY = re.compile(rf"accounts/(fireworks/(models|routers)/{FAMILY}|(?!fireworks/)[^/]+/[a-zA-Z]+/[^/]+$)")
REASONERS = re.compile(r"(gpt-oss|deepseek-r1|deepseek-v[34]|qwen3|qwq|glm-|kimi-k2|minimax)")
CONTEXT = 131_071  # tokens; the sentence names one less than the power of two
NAME = re.compile(r"^[a-zA-Z0-9_.-]{1,256}$")


class Rule(NamedTuple):
    """What a parameter may be: its kind, its bounds, its words."""

    kind: str
    low: Optional[float] = None
    high: Optional[float] = None
    words: Sequence[str] = ()


RULES: Dict[str, Rule] = {  # the SDK's types/chat/completion_create_params.py, with its ranges
    "model": Rule("string"),
    "messages": Rule("list"),
    "context_length_exceeded_behavior": Rule("string", words=("error", "truncate")),
    "echo": Rule("boolean"),
    "echo_last": Rule("integer", 0),
    "frequency_penalty": Rule("number", -2, 2),
    "function_call": Rule("any"),
    "functions": Rule("list"),
    "ignore_eos": Rule("boolean"),
    "logit_bias": Rule("object"),
    "logprobs": Rule("any"),
    "max_completion_tokens": Rule("integer", 0),
    "max_tokens": Rule("integer", 0),
    "metadata": Rule("object"),
    "min_p": Rule("number", 0, 1),
    "mirostat_lr": Rule("number", 0),
    "mirostat_target": Rule("number", 0),
    "n": Rule("integer", 1, 128),
    "parallel_tool_calls": Rule("boolean"),
    "perf_metrics_in_response": Rule("boolean"),
    "prediction": Rule("any"),
    "presence_penalty": Rule("number", -2, 2),
    "prompt_cache_isolation_key": Rule("string"),
    "prompt_cache_key": Rule("string"),
    "prompt_truncate_len": Rule("integer", 0),
    "raw_output": Rule("boolean"),
    "reasoning_effort": Rule("any"),
    "reasoning_history": Rule("string", words=("disabled", "interleaved", "preserved")),
    "repetition_penalty": Rule("number", 0, 2),
    "response_format": Rule("object"),
    "return_token_ids": Rule("boolean"),
    "safe_tokenization": Rule("boolean"),
    "seed": Rule("integer"),
    "service_tier": Rule("string", words=("auto", "default", "flex", "priority")),
    "speculation": Rule("any"),
    "stop": Rule("any"),
    "stream": Rule("boolean"),
    "stream_options": Rule("object"),  # not in the SDK's list, but langchain-fireworks 1.7.1 sends it each time
    "temperature": Rule("number", 0, 2),
    "thinking": Rule("object"),
    "tool_choice": Rule("any"),
    "tools": Rule("list"),
    "top_k": Rule("integer", 0, 100),
    "top_logprobs": Rule("integer", 0, 5),
    "top_p": Rule("number", 0, 1),
    "typical_p": Rule("number", 0, 1),
    "user": Rule("string"),
}
NUMBERS = {
    "number": ("valid number", "parse string as a number"),
    "integer": ("valid integer", "parse string as an integer"),
}


def check_chat(body: Any, *, any_name: bool) -> None:
    """Judge the body of `POST …/chat/completions`; with `any_name` the model may be called anything.

    Raises: Refused with Fireworks' own words.
    """
    if not isinstance(
        body, dict
    ):  # TabbyML/tabby#3676: here the message is pydantic's list itself, as Python writes it
        note = "Input should be a valid dictionary or object to extract fields from"
        raise invalid(str([{"type": "model_attributes_type", "loc": ("body",), "msg": note, "input": body}]))
    name = body.get("model")
    known = isinstance(name, str) and (any_name or is_ordinary(name) or behaviours.is_fake(short_name(name)))
    if isinstance(name, str) and not known:  # the gateway looks for the model before the server sees the request
        raise gateway(404, "Model not found, inaccessible, and/or not deployed", "NOT_FOUND", param="model")
    faults: List[str] = []
    for key in ("model", "messages"):
        if key not in body:
            fault(faults, "Field required", key)
    for key, value in body.items():
        if key not in RULES:  # web-infra-dev/midscene#1322
            fault(faults, EXTRA, key, value)
        elif value is not None or key in ("model", "messages"):
            _check_parameter(key, value, RULES[key], faults)
    if isinstance(body.get("messages"), list):
        for place, message in enumerate(body["messages"]):
            messages.check_message(message, f"messages[{place}]", faults)
    if faults:
        raise invalid(*faults)
    _check_together(body)
    used = prompt_tokens(body)
    if used > CONTEXT:  # quoted in several projects' tests with Fireworks' numbers
        raise invalid(f"The prompt is too long: {used}, model maximum context length: {CONTEXT}")


def short_name(model: str) -> str:
    """Give the last part of `accounts/fireworks/models/NAME`, or the name as it is."""
    return model[len("accounts/fireworks/models/") :] if model.startswith("accounts/fireworks/models/") else model


def is_ordinary(model: str) -> bool:
    """Tell whether a name is one that Fireworks' model library could have."""
    return bool(ORDINARY.match(model))


def thinks(body: Dict[str, Any]) -> bool:
    """Tell whether an ordinary model shows its reasoning: such models do unless told not to."""
    asleep = body.get("reasoning_effort") in ("none", False) or (body.get("thinking") or {}).get("type") == "disabled"
    return is_ordinary(body["model"]) and bool(REASONERS.match(short_name(body["model"]))) and not asleep


def room(body: Dict[str, Any]) -> Optional[int]:
    """Give the tokens the answer may have: what is asked for, lowered to what the context leaves ("truncate")."""
    asked = body.get("max_tokens") or body.get("max_completion_tokens")
    return min(asked, max(1, CONTEXT - prompt_tokens(body))) if asked else None


def prompt_tokens(body: Dict[str, Any]) -> int:
    """Count the tokens of a request's messages and tools; never 0."""
    total = 8
    for message in body["messages"]:
        total += 5 + sum(tokens.count_chat(value) for key, value in message.items() if key != "role")
    return total + (tokens.count_chat(body["tools"]) if body.get("tools") else 0)


def _check_parameter(name: str, value: Any, rule: Rule, faults: List[str]) -> None:
    wrong = _wrong_kind(rule.kind, value)
    if wrong:
        fault(faults, wrong, name, value)
    elif rule.low is not None and value < rule.low:
        fault(faults, f"Input should be greater than or equal to {rule.low:g}", name, value)
    elif rule.high is not None and value > rule.high:
        fault(faults, f"Input should be less than or equal to {rule.high:g}", name, value)
    elif rule.words and value not in rule.words:
        fault(faults, one_of(rule.words), name, value)
    elif name == "stop" and not (isinstance(value, str) or _are_strings(value)):
        fault(faults, "Input should be a valid string", "stop", value)
    elif name == "logprobs" and not (isinstance(value, (bool, int)) and 0 <= value <= 5):
        fault(faults, "Input should be a valid boolean", "logprobs", value)
    elif name == "reasoning_effort":
        _check_effort(value, faults)
    elif name == "thinking" and value.get("type") not in ("enabled", "disabled"):
        fault(faults, one_of(("enabled", "disabled")), "thinking.type", value.get("type"))
    elif name == "tools":
        _check_tools(value, faults)
    elif name == "tool_choice":
        _check_choice(value, faults)
    elif name == "response_format":
        _check_format(value, faults)


def _wrong_kind(kind: str, value: Any) -> str:
    """Give pydantic's sentence for a value of another kind, or nothing."""
    if kind == "string":
        return "" if isinstance(value, str) else "Input should be a valid string"
    if kind == "boolean":
        return "" if isinstance(value, bool) else "Input should be a valid boolean"
    if kind == "list":
        return "" if isinstance(value, list) else "Input should be a valid list"
    if kind == "object":
        return "" if isinstance(value, dict) else "Input should be a valid dictionary"
    if kind in NUMBERS:
        what, how = NUMBERS[kind]
        if isinstance(value, str):
            return f"Input should be a {what}, unable to {how}"
        if isinstance(value, float) and kind == "integer" and not value.is_integer():
            return f"Input should be a {what}, got a number with a fractional part"
        return "" if isinstance(value, (int, float)) and not isinstance(value, bool) else f"Input should be a {what}"
    return ""


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _check_effort(value: Any, faults: List[str]) -> None:
    words = ("low", "medium", "high", "none")
    if isinstance(value, str) and value not in words:
        fault(faults, one_of(words), "reasoning_effort", value)
    elif isinstance(value, int) and not isinstance(value, bool) and value < 1:
        fault(faults, "Input should be greater than 0", "reasoning_effort", value)


def _check_tools(tools: List[Any], faults: List[str]) -> None:
    for place, tool in enumerate(tools):
        here = f"tools[{place}]"
        if not isinstance(tool, dict):
            fault(faults, "Input should be a valid dictionary or object to extract fields from", here, tool)
            continue
        for key, value in tool.items():
            if key not in ("type", "function"):
                fault(faults, EXTRA, f"{here}.{key}", value)
        if tool.get("type") != "function":
            fault(faults, one_of(("function",)), f"{here}.type", tool.get("type"))
        elif not isinstance(tool.get("function"), dict):
            fault(faults, "Field required", f"{here}.function")
        elif not isinstance(tool["function"].get("name"), str):
            fault(faults, "Field required", f"{here}.function.name")


def _check_choice(choice: Any, faults: List[str]) -> None:
    words = ("auto", "none", "any", "required")
    if isinstance(choice, str) and choice not in words:
        fault(faults, one_of(words), "tool_choice", choice)
    elif not isinstance(choice, (str, dict)):
        fault(faults, "Input should be a valid string", "tool_choice", choice)
    elif isinstance(choice, dict) and not isinstance(_dict(choice.get("function")).get("name"), str):
        fault(faults, "Field required", "tool_choice.function.name")


def _dict(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _check_format(wanted: Dict[str, Any], faults: List[str]) -> None:
    kinds = ("json_object", "json_schema", "grammar", "text")
    kind = wanted.get("type")
    if kind not in kinds:
        fault(faults, one_of(kinds), "response_format.type", kind)
    elif kind == "grammar" and not isinstance(wanted.get("grammar"), str):
        fault(faults, "Field required", "response_format.grammar")
    elif kind == "json_schema" and not isinstance(wanted.get("json_schema"), (dict, str)):
        fault(faults, "Field required", "response_format.json_schema")


def _check_together(body: Dict[str, Any]) -> None:
    if not body["messages"]:  # no sentence was found
        raise invalid("messages must not be empty")
    open_calls: List[str] = []
    for place, message in enumerate(body["messages"]):
        if message["role"] != "tool":
            open_calls = [call.get("id") for call in message.get("tool_calls") or ()] or open_calls
        elif message.get("tool_call_id") not in open_calls:  # no sentence was found
            raise invalid(f"messages[{place}] with role 'tool' does not answer a tool call of the messages before it")
    offered = [tool["function"] for tool in body.get("tools") or ()]
    for function in offered:
        if not NAME.match(function["name"]):  # no sentence was found
            raise invalid(f"Invalid function name: '{function['name']}'")
        _check_schema(function.get("parameters"))
    wanted = body.get("response_format") or {}
    _check_schema(wanted.get("schema"))
    holder = wanted.get("json_schema")
    _check_schema(holder.get("schema", holder) if isinstance(holder, dict) else None)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["function"]["name"] not in [function["name"] for function in offered]:
        raise invalid(f"tool_choice names a function that is not in tools: '{choice['function']['name']}'")  # not found
    asked = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    if body.get("context_length_exceeded_behavior") == "error" and prompt_tokens(body) + asked > CONTEXT:
        # That it is a 400: the SDK's description of the parameter. The sentence of this case was not found.
        raise invalid(f"The prompt is too long: {prompt_tokens(body) + asked}, model maximum context length: {CONTEXT}")
    if asked > 4096 and not body.get("stream"):  # quoted in a public project's change log
        raise invalid("Requests with max_tokens > 4096 must have stream=true")


def _check_schema(schema: Any) -> None:
    """Refuse a schema that says something but not what (earendil-works/pi#5352), or whose type is no type."""
    if schema is None or schema == {} or isinstance(schema, (bool, str)):
        return
    telling = ("type", "properties", "items", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "prefixItems")
    types = ["array", "boolean", "integer", "null", "number", "object", "string"]
    known = isinstance(schema, dict) and any(key in schema for key in telling)
    kind = schema.get("type", "object") if isinstance(schema, dict) else None
    if not known or any(name not in types for name in (kind if isinstance(kind, list) else [kind])):
        raise invalid(f"JSON Schema not supported: could not understand the instance `{schema!r}`.")
    for key in ("properties", "$defs", "definitions"):
        children = schema.get(key)
        for child in children.values() if isinstance(children, dict) else ():
            _check_schema(None if _is_plain(child) else child)
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        for child in schema[key] if isinstance(schema.get(key), list) else ():
            _check_schema(None if _is_plain(child) else child)
    _check_schema(schema.get("items") if isinstance(schema.get("items"), dict) else None)


def _is_plain(schema: Any) -> bool:
    """Tell whether a property says nothing of its kind: any value will do."""
    plain = {"title", "description", "default", "examples", "minimum", "maximum", "minLength", "maxLength", "format"}
    return isinstance(schema, dict) and set(schema) <= plain
