"""What Together's chat endpoint refuses: shapes and ranges of parameters, messages, tools, the length of it all.

Little of this is told apart by its words (see `errors`): the status and the field are what a client can go by. Fields
that the API does not know are passed over, as public recordings show (`stream_options` sent to it and answered).
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from ..replies import behaviours, tokens
from .errors import Refused, out_of_range, wrong_shape

__all__ = ["CONTEXT", "check_chat", "is_ordinary", "prompt_tokens", "room", "thinks"]

ORDINARY = re.compile(  # organizations of the model list; names are told apart by case there, but not here
    r"(meta-llama|mistralai|deepseek-ai|qwen|openai|google|moonshotai|zai-org|togethercomputer|nvidia|nousresearch|"
    r"minimaxai|arcee-ai|marin-community|essentialai|servicenow-ai|deepcogito|upstage|databricks|microsoft|gryphe)/\S+",
    re.IGNORECASE,
)
REASONERS = re.compile(r"openai/gpt-oss|Qwen/.*Thinking|zai-org/GLM|deepseek-ai/DeepSeek-R1|MiniMaxAI/", re.IGNORECASE)
CONTEXT = 131_072  # tokens
NAME = re.compile(r"^[a-zA-Z0-9_.-]+$")


class Rule(NamedTuple):
    """What a parameter may be: its kind, its bounds with the sentence for what is out of them, its words."""

    kind: str
    low: Optional[float] = None
    high: Optional[float] = None
    outside: str = ""
    words: Sequence[str] = ()


RULES: Dict[str, Rule] = {  # the SDK's types/chat/completion_create_params.py
    "model": Rule("string"),
    "messages": Rule("list"),
    "chat_template_kwargs": Rule("object"),
    "compliance": Rule("string", words=("hipaa",)),
    "context_length_exceeded_behavior": Rule("string", words=("truncate", "error")),
    "echo": Rule("boolean"),
    "frequency_penalty": Rule("number", -2, 2, "must be >= -2.0 and <= 2.0"),
    "function_call": Rule("any"),
    "logit_bias": Rule("object"),
    "logprobs": Rule("integer", 0, 20, "must be >= 0 and <= 20"),
    "max_tokens": Rule("integer", 1, None, "must be strictly positive"),
    "max_completion_tokens": Rule("integer", 1, None, "must be strictly positive"),  # langchain-together sends it
    "min_p": Rule("number", 0, 1, "must be >= 0.0 and <= 1.0"),
    "n": Rule("integer", 1, 128, "must be > 0 and <= 128"),
    "presence_penalty": Rule("number", -2, 2, "must be >= -2.0 and <= 2.0"),
    "reasoning": Rule("object"),
    "reasoning_effort": Rule("string", words=("low", "medium", "high")),
    "repetition_penalty": Rule("number", 0, None, "must be strictly positive"),
    "response_format": Rule("object"),
    "safety_model": Rule("string"),
    "seed": Rule("integer"),
    "stop": Rule("list"),  # a list, never a string: SWE-agent/SWE-agent#135
    "stream": Rule("boolean"),
    "temperature": Rule("number", 0, None, "must be strictly positive"),
    "tool_choice": Rule("any"),
    "tools": Rule("list"),
    "top_k": Rule("integer", -1, None, "must be strictly positive"),
    "top_p": Rule("number", 0, 1, "must be > 0.0 and <= 1.0"),
}
ROLES = ("system", "user", "assistant", "tool", "function")
PARTS = {"text": "text", "image_url": "image_url", "video_url": "video_url", "audio_url": "audio_url"}


def check_chat(body: Any, *, any_name: bool) -> None:
    """Judge the body of `POST /v1/chat/completions`; with `any_name` the model may be called anything.

    Raises: Refused for the first fault.
    """
    if not isinstance(body, dict):
        raise wrong_shape("body")
    for name in ("model", "messages"):
        if name not in body:
            raise wrong_shape(name)
    for name, value in body.items():
        if name in RULES and (value is not None or name in ("model", "messages")):
            _check_parameter(name, value, RULES[name])
    name = body["model"]
    if not (any_name or is_ordinary(name) or behaviours.is_fake(name)):  # maruel/genai, errors/bad_model
        raise Refused(
            f"Unable to access model {name}. Please visit https://api.together.ai/models to view the list of supported "
            "models.",
            code="model_not_available",
            status=404,
        )
    if not body["messages"]:
        raise wrong_shape("messages")
    for place, message in enumerate(body["messages"]):
        _check_message(message, f"messages[{place}]")
    _check_answers(body["messages"])
    _check_choice(body)
    used, asked = prompt_tokens(body), _asked(body)
    truncates = body.get("context_length_exceeded_behavior") == "truncate"
    if used > CONTEXT or (used + asked > CONTEXT and not truncates):
        # That it is a 403: docs.together.ai/docs/error-codes. The sentence: stanford-crfm/helm#2079.
        raise Refused(
            f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= {CONTEXT}. Given: {used} `inputs` "
            f"tokens and {asked} `max_new_tokens`",
            status=403,
        )


def is_ordinary(name: str) -> bool:
    """Tell whether a name is one that Together's model list could have."""
    return bool(ORDINARY.fullmatch(name))


def thinks(body: Dict[str, Any]) -> bool:
    """Tell whether an ordinary model reasons: such models do unless told not to, others when told to."""
    asked = (body.get("reasoning") or {}).get("enabled")
    return is_ordinary(body["model"]) and asked is not False and bool(asked or REASONERS.match(body["model"]))


def room(body: Dict[str, Any]) -> Optional[int]:
    """Give the tokens the answer may have: what is asked for, lowered to what the context leaves ("truncate")."""
    asked = _asked(body)
    return min(asked, max(1, CONTEXT - prompt_tokens(body))) if asked else None


def prompt_tokens(body: Dict[str, Any]) -> int:
    """Count the tokens of a request's messages and tools; never 0."""
    total = 6
    for message in body["messages"]:
        total += 4 + sum(tokens.count_chat(value) for key, value in message.items() if key != "role")
    return total + (tokens.count_chat(body["tools"]) if body.get("tools") else 0)


def _asked(body: Dict[str, Any]) -> int:
    return int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)


KINDS: Dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: True,
}


def _check_parameter(name: str, value: Any, rule: Rule) -> None:
    if not KINDS[rule.kind](value) or (rule.words and value not in rule.words):
        raise wrong_shape(name)
    low_fault = rule.low is not None and value < rule.low
    if low_fault or (rule.high is not None and value > rule.high):
        raise out_of_range("max_new_tokens" if name.startswith("max_") else name, rule.outside)
    if name == "stop" and not all(isinstance(item, str) for item in value):
        raise wrong_shape("stop")
    if name == "tools":
        for place, tool in enumerate(value):
            _check_tool(tool, f"tools[{place}]")
    if name == "response_format":
        _check_format(value)


def _check_tool(tool: Any, here: str) -> None:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise wrong_shape(f"{here}.type")
    function = tool.get("function")
    if not isinstance(function, dict):
        raise wrong_shape(f"{here}.function")
    if not isinstance(function.get("name"), str) or not NAME.match(function["name"]):
        raise wrong_shape(f"{here}.function.name")
    if not _is_schema(function.get("parameters") or {}):
        raise wrong_shape(f"{here}.function.parameters")


def _check_format(wanted: Dict[str, Any]) -> None:
    kind = wanted.get("type")
    if kind not in ("text", "json_object", "json_schema", "regex", "grammar"):
        raise wrong_shape("response_format.type")
    if kind == "json_schema":
        holder = wanted.get("json_schema")
        if not isinstance(holder, dict) or not isinstance(holder.get("name"), str):
            raise wrong_shape("response_format.json_schema")
        if not _is_schema(holder.get("schema", {})):
            raise wrong_shape("response_format.json_schema.schema")
    if not isinstance(wanted.get("schema", ""), str) and not _is_schema(wanted["schema"]):
        raise wrong_shape("response_format.schema")


def _is_schema(schema: Any) -> bool:
    """Tell whether a value can be a JSON schema: an object whose types are types, all the way down."""
    if not isinstance(schema, dict):
        return False
    kind = schema.get("type", "object")
    types = ["array", "boolean", "integer", "null", "number", "object", "string"]
    if any(name not in types for name in (kind if isinstance(kind, list) else [kind])):
        return False
    nested = [schema["items"]] if isinstance(schema.get("items"), dict) else []
    for key in ("properties", "$defs", "definitions"):
        nested += schema[key].values() if isinstance(schema.get(key), dict) else ()
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        nested += schema[key] if isinstance(schema.get(key), list) else ()
    return all(isinstance(child, bool) or _is_schema(child) for child in nested)


def _check_message(message: Any, here: str) -> None:
    if not isinstance(message, dict):
        raise wrong_shape(here)
    role = message.get("role")
    if role not in ROLES:  # there is no developer (wire/together.md)
        raise wrong_shape(f"{here}.role")
    content = message.get("content")
    if content is None:
        if role != "assistant" or not (message.get("tool_calls") or message.get("function_call")):
            raise wrong_shape(f"{here}.content")
    elif isinstance(content, list) and role != "tool":  # a tool's result is a string here
        for number, part in enumerate(content):
            _check_part(part, f"{here}.content[{number}]")
    elif not isinstance(content, str):
        raise wrong_shape(f"{here}.content")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise wrong_shape(f"{here}.tool_calls")
    for number, call in enumerate(calls):
        where = f"{here}.tool_calls[{number}]"
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise wrong_shape(f"{where}.function")
        if not isinstance(function.get("arguments"), str):
            raise wrong_shape(f"{where}.function.arguments")
        if not isinstance(call.get("id"), str):
            raise wrong_shape(f"{where}.id")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise wrong_shape(f"{here}.tool_call_id")


def _check_part(part: Any, here: str) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "input_audio":
        audio = part.get("input_audio")
        if not isinstance(audio, dict) or not isinstance(audio.get("data"), str) or audio.get("format") != "wav":
            raise wrong_shape(f"{here}.input_audio")
        return
    if not isinstance(kind, str) or kind not in PARTS:
        raise wrong_shape(f"{here}.type")
    value = part.get(PARTS[kind])
    if kind == "text" and not isinstance(value, str):
        raise wrong_shape(f"{here}.text")
    if kind != "text" and not (isinstance(value, dict) and isinstance(value.get("url"), str)):
        raise wrong_shape(f"{here}.{kind}.url")


def _check_answers(messages: List[Dict[str, Any]]) -> None:
    """Every tool result answers a call before it. That this is refused was not found; the sentence fits any fault."""
    calls: List[str] = []
    for place, message in enumerate(messages):
        calls += [call["id"] for call in message.get("tool_calls") or ()]
        if message["role"] == "tool" and message["tool_call_id"] not in calls:
            raise wrong_shape(f"messages[{place}].tool_call_id")


def _check_choice(body: Dict[str, Any]) -> None:
    choice = body.get("tool_choice")
    if choice is None or choice in ("auto", "none", "required"):
        return
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool["function"]["name"] for tool in body.get("tools") or ()]:
        raise wrong_shape("tool_choice")
