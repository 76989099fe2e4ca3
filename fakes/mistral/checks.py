"""What Mistral's chat endpoint refuses: parameters here, messages in `messages`.

Two stages, as there. First pydantic judges the shape and tells all faults at once (422); then the model server judges
what the words mean and tells the first fault (400). The sentences of the first stage are pydantic's own, seen in the
error bodies named beside each row; those of the second are quoted in public issue threads or stand in Mistral's open
request validator (mistral-common, protocol/instruct/validator.py), which the server runs. Where no body was found,
the row says so.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ..replies import behaviours, tokens
from . import messages
from .errors import Fault, fault, refused, unprocessable

__all__ = ["check_chat", "is_ordinary", "prompt_tokens", "thinks"]

ORDINARY = re.compile(
    r"(ft:)?(open-)?(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral|leanstral|labs-)"
)
CONTEXT = 262_144  # tokens; so the sentence below names it
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
TYPES = [
    "array",
    "boolean",
    "integer",
    "null",
    "number",
    "object",
    "string",
]  # a list: anything may be looked for in it


class Rule(NamedTuple):
    """What a parameter may be: its kind, its bounds, its words."""

    kind: str
    low: Optional[float] = None
    high: Optional[float] = None
    words: Sequence[str] = ()
    nullable: bool = True


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
RULES: Dict[str, Rule] = {  # the SDK's models/chatcompletionrequest.py
    "model": Rule("string", nullable=False),
    "messages": Rule("list", nullable=False),
    "temperature": Rule("number", 0, 1.5),  # the upper end: SillyTavern/SillyTavern#4856
    "top_p": Rule("number", 0, 1),
    "top_k": Rule("integer", 0),
    "max_tokens": Rule("integer", 0),
    "min_tokens": Rule("integer", 0),
    "stream": Rule("boolean", nullable=False),
    "stop": Rule("any"),
    "random_seed": Rule("integer", 0),
    "metadata": Rule("object"),
    "response_format": Rule("object"),
    "tools": Rule("list"),
    "tool_choice": Rule("any"),
    "presence_penalty": Rule("number", -2, 2),
    "frequency_penalty": Rule("number", -2, 2),
    "repetition_penalty": Rule("number", 0),
    "logprobs": Rule("boolean"),
    "top_logprobs": Rule("integer", 0, 20),
    "prompt_logprobs": Rule("boolean"),
    "top_prompt_logprobs": Rule("integer", 0, 20),
    "n": Rule("integer", 1, 128),  # that there is an end was not found; a fake needs one
    "prediction": Rule("object"),
    "parallel_tool_calls": Rule("boolean"),
    "reasoning_effort": Rule("string", words=EFFORTS),
    "prompt_mode": Rule("string", words=("reasoning",)),
    "guardrails": Rule("list"),
    "prompt_cache_key": Rule("string"),
    "service_tier": Rule("string", words=("auto", "standard_only")),
    "safe_prompt": Rule("boolean"),
    "stream_options": Rule("object"),  # known, but nothing may be in it: dnakov/anon-kode#53
}


def check_chat(body: Any, *, any_name: bool) -> Dict[str, Any]:
    """Judge the body of `POST /v1/chat/completions` and give it as read; with `any_name` any model's name will do.

    Raises: Refused with Mistral's own words.
    """
    if not isinstance(body, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise unprocessable([fault("model_attributes_type", (), message, body)])
    faults: List[Fault] = []
    for name in ("model", "messages"):
        if name not in body:
            faults.append(fault("missing", (name,), "Field required", body))
    read: Dict[str, Any] = {
        name: _read(RULES[name].kind, value) if name in RULES else value for name, value in body.items()
    }
    for name, value in read.items():
        if name not in RULES:  # Gitlawb/openclaude#739
            faults.append(fault("extra_forbidden", (name,), "Extra inputs are not permitted", value))
        else:
            _check_parameter(name, value, RULES[name], faults)
    if isinstance(read.get("messages"), list):
        messages.check_shapes(read["messages"], faults)
    if faults:
        raise unprocessable(faults)
    _check_model(read, any_name=any_name)
    _check_tools(read)
    messages.check_meaning(read["messages"])
    _check_sampling(read)
    used = prompt_tokens(read)
    if used > CONTEXT:  # a recorded body of mid 2026; before: "Prompt contains N tokens and 0 draft tokens, too large…"
        raise refused(f"Prompt {used} > {CONTEXT} maximum context length", "invalid_request_prompt_too_long", "3059")
    return read


def is_ordinary(name: str) -> bool:
    """Tell whether a name is one of Mistral's families."""
    return bool(ORDINARY.match(name))


def thinks(body: Dict[str, Any]) -> bool:
    """Tell whether the request asks an ordinary model to reason (recording mistral-reasoning-0e99f2da: unasked)."""
    effort = body.get("reasoning_effort")
    asked = effort not in (None, "none") or body.get("prompt_mode") == "reasoning"
    return is_ordinary(body["model"]) and (asked or (body["model"].startswith("magistral-medium") and effort is None))


def prompt_tokens(body: Dict[str, Any]) -> int:
    """Count the tokens of a request's messages and tools; never 0."""
    total = 2
    for message in body["messages"]:
        total += 2 + sum(tokens.count_chat(value) for key, value in message.items() if key != "role")
    return total + (tokens.count_chat(body["tools"]) if body.get("tools") else 0)


def _check_parameter(name: str, value: Any, rule: Rule, faults: List[Fault]) -> None:
    if value is None and rule.nullable:
        return
    wrong = _kind_fault(rule.kind, (name,), value)
    if wrong is not None:
        faults.append(wrong)
    elif rule.low is not None and value < rule.low:
        message = f"Input should be greater than or equal to {rule.low:g}"
        faults.append(fault("greater_than_equal", (name,), message, value, {"ge": rule.low}))
    elif rule.high is not None and value > rule.high:  # vegu-ai/talemate#102
        message = f"Input should be less than or equal to {rule.high:g}"
        faults.append(fault("less_than_equal", (name,), message, value, {"le": rule.high}))
    elif rule.words and value not in rule.words:
        faults.append(_no_word((name,), value, rule.words))
    elif name == "stream_options":
        for key, item in value.items():
            faults.append(fault("extra_forbidden", (name, key), "Extra inputs are not permitted", item))
    elif name == "stop" and not (isinstance(value, str) or _are_strings(value)):
        # A union's faults come one for each member; only the first is told here.
        faults.append(fault("string_type", (name, "str"), "Input should be a valid string", value))
    elif name == "response_format":
        _check_format(value, faults)
    elif name == "tools":
        _check_tool_shapes(value, faults)
    elif name == "tool_choice":
        _check_choice_shape(value, faults)


def _read(kind: str, value: Any) -> Any:
    """Read a value as pydantic does: `"1"` is a number, 5.0 an integer, "true" and 1 are true."""
    try:
        if kind == "number" and isinstance(value, str):
            return float(value)
        if kind == "integer" and isinstance(value, str):
            return int(value)
    except ValueError:
        return value
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "boolean" and isinstance(value, (str, int, float)):
        return {"true": True, "1": True, "false": False, "0": False}.get(f"{value}".lower(), value)
    return value


def _kind_fault(kind: str, loc: Sequence[Any], value: Any) -> Optional[Fault]:
    if kind == "string" and not isinstance(value, str):
        return fault("string_type", loc, "Input should be a valid string", value)
    if kind == "boolean" and not isinstance(value, bool):
        if isinstance(value, (str, int, float)):
            return fault("bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", value)
        return fault("bool_type", loc, "Input should be a valid boolean", value)
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        if isinstance(value, str):
            message = "Input should be a valid number, unable to parse string as a number"
            return fault("float_parsing", loc, message, value)
        return fault("float_type", loc, "Input should be a valid number", value)
    if kind == "integer" and (isinstance(value, bool) or not isinstance(value, int)):
        if isinstance(value, float):
            message = "Input should be a valid integer, got a number with a fractional part"
            return fault("int_from_float", loc, message, value)
        if isinstance(value, str):
            message = "Input should be a valid integer, unable to parse string as an integer"
            return fault("int_parsing", loc, message, value)
        return fault("int_type", loc, "Input should be a valid integer", value)
    if kind == "list" and not isinstance(value, list):
        return fault("list_type", loc, "Input should be a valid list", value)
    if kind == "object" and not isinstance(value, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        return fault("model_attributes_type", loc, message, value)
    return None


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _no_word(loc: Sequence[Any], value: Any, words: Sequence[str]) -> Fault:
    quoted = [f"'{word}'" for word in words]
    expected = ", ".join(quoted[:-1]) + (" or " if len(quoted) > 1 else "") + quoted[-1]
    return fault("enum", loc, f"Input should be {expected}", value, {"expected": expected})


def _check_format(wanted: Dict[str, Any], faults: List[Fault]) -> None:
    kind = wanted.get("type", "text")
    if kind not in ("text", "json_object", "json_schema"):
        faults.append(_no_word(("response_format", "type"), kind, ("text", "json_object", "json_schema")))
        return
    schema = wanted.get("json_schema")
    if kind == "json_schema" and not isinstance(schema, dict):  # no body of this fault was found
        faults.append(fault("missing", ("response_format", "json_schema"), "Field required", wanted))
    elif isinstance(schema, dict):
        for key in ("name", "schema"):
            if key not in schema:
                faults.append(fault("missing", ("response_format", "json_schema", key), "Field required", schema))


def _check_tool_shapes(tools: List[Any], faults: List[Fault]) -> None:
    for place, tool in enumerate(tools):
        wrong = _kind_fault("object", ("tools", place), tool)
        if wrong is not None:
            faults.append(wrong)
            continue
        if tool.get("type", "function") != "function":
            continue  # a tool of Mistral's own, such as web_search
        function = tool.get("function")
        if not isinstance(function, dict):
            faults.append(fault("missing", ("tools", place, "function"), "Field required", tool))
            continue
        for key in ("name", "parameters"):  # parameters are required by the SDK's models/function.py
            if key not in function:
                faults.append(fault("missing", ("tools", place, "function", key), "Field required", function))
        if "name" in function:
            wrong = _kind_fault("string", ("tools", place, "function", "name"), function["name"])
            faults.extend([wrong] if wrong is not None else [])


def _check_choice_shape(choice: Any, faults: List[Fault]) -> None:
    words = ("auto", "none", "any", "required")
    if isinstance(choice, str):
        if choice not in words:  # a union's two faults in truth; the first is told
            faults.append(_no_word(("tool_choice", "ToolChoiceEnum"), choice, words))
    elif not isinstance(choice, dict):
        faults.append(_no_word(("tool_choice", "ToolChoiceEnum"), choice, words))
    elif not isinstance(choice.get("function"), dict) or not isinstance(choice["function"].get("name"), str):
        faults.append(fault("missing", ("tool_choice", "ToolChoice", "function", "name"), "Field required", choice))


def _check_model(body: Dict[str, Any], *, any_name: bool) -> None:
    name = body["model"]
    if not (any_name or is_ordinary(name) or behaviours.is_fake(name)):  # tmc/langchaingo#1233, maruel/genai recording
        raise refused(f"Invalid model: {name}", "invalid_model", "1500")


def _check_tools(body: Dict[str, Any]) -> None:
    offered = [tool["function"] for tool in body.get("tools") or () if tool.get("type", "function") == "function"]
    for function in offered:
        problem = _schema_problem(function["parameters"])
        if problem:  # the type from a quoted body; its code was cut off there
            raise refused(f"Invalid tool schema: {problem}", "invalid_request_tool_schema", None)
        if not NAME.match(function["name"]):  # mistral-common; no body found, so type and code are the schema's
            raise refused(
                f"Function name was {function['name']} but must be a-z, A-Z, 0-9, or contain underscores and dashes, "
                "with a maximum length of 64.",
                "invalid_request_tool_schema",
                None,
            )
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        if name not in [function["name"] for function in offered]:  # no body of this fault was found
            raise refused(f"Tool {name} of tool_choice is not in tools", "invalid_request_invalid_args", "3051")


def _schema_problem(schema: Any) -> str:
    """Say what jsonschema's own checker says of a tool's schema that is none: no object, or a `type` that is no type."""
    if not isinstance(schema, dict):
        return f"{schema!r} is not of type 'object'"
    kind = schema.get("type", "object")
    if any(name not in TYPES for name in (kind if isinstance(kind, list) else [kind])):
        return f"{kind!r} is not valid under any of the given schemas"
    for key in ("properties", "$defs", "definitions"):
        children = schema.get(key, {})
        if not isinstance(children, dict):
            return f"{children!r} is not of type 'object'"
        for child in children.values():
            problem = "" if isinstance(child, bool) else _schema_problem(child)
            if problem:
                return problem
    items = schema.get("items")
    nested = [items] if isinstance(items, dict) else []
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        branches = schema.get(key, [])
        if not isinstance(branches, list):
            return f"{branches!r} is not of type 'array'"
        nested += [branch for branch in branches if not isinstance(branch, bool)]
    return next((problem for problem in map(_schema_problem, nested) if problem), "")


def _check_sampling(body: Dict[str, Any]) -> None:
    if body.get("temperature") == 0 and body.get("top_p") not in (None, 1):  # the code from a comment in public code
        raise refused("top_p must be 1 when using greedy sampling", "invalid_request_error", "3054")
    effort = body.get("reasoning_effort")
    if effort not in (None, "none", "high") and is_ordinary(body["model"]):  # three quoted bodies say it in three ways
        raise refused(
            f"reasoning_effort='{effort}' is not supported for this model. Must be one of "
            "(<ReasoningEffort.none: 'none'>, <ReasoningEffort.high: 'high'>)",
            "invalid_request_invalid_args",
            "3051",
        )
