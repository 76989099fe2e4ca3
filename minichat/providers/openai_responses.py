"""ChatOpenAI and the Responses API: when a call goes there, and what its words are called there. Pure.

A call goes to Responses because the user said so, or because what it asks for exists nowhere else. Then settings
and keyword arguments, which have Chat Completions' names, get those of Responses. What Responses does not have
is refused, but for two things that LangChain drops too, with a warning here: `stop`, and a temperature
for models of the gpt-5 family that reason.

Source: the requests of langchain-openai 1.7.4, by running it; OpenAI's API reference, "Create a model response";
both 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .chat_completions import read_response_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, Optional, Tuple

    from ..messages import BaseMessage

    JSON = Any

__all__ = [
    "asks_for_responses",
    "last_response",
    "model_needs_responses",
    "read_own_choice",
    "takes_no_temperature",
    "to_responses",
    "with_extras",
]

# Models that Chat Completions does not have.
RESPONSES_ONLY = ("gpt-5-pro", "gpt-5.2-pro", "gpt-5.4-pro", "gpt-5.5-pro", "gpt-5.6-sol")
# Request fields that Chat Completions does not have.
RESPONSES_FIELDS = frozenset("context_management include previous_response_id reasoning text truncation".split())
# Tools that OpenAI runs itself, by the names under which tool_choice takes them.
BUILT_IN = frozenset(
    "file_search web_search_preview web_search computer_use_preview code_interpreter mcp image_generation "
    "tool_search apply_patch".split()
)
TOOL_EXTRAS = ("defer_loading", "async")
# Fields of Chat Completions that Responses does not have.
NOT_HERE = (
    "n seed logit_bias presence_penalty frequency_penalty functions function_call modalities audio prediction "
    "web_search_options"
).split()


def model_needs_responses(model: str) -> bool:
    """Tell whether Chat Completions does not have this model."""
    return model.startswith(RESPONSES_ONLY) or "codex" in model


def asks_for_responses(model: str, body: Dict[str, Any]) -> bool:
    """Tell whether a request's fields ask for what only Responses has."""
    tools = body.get("tools") or ()
    if any("type" in tool and tool["type"] != "function" for tool in tools):
        return True
    return bool(tools and model.lower().startswith("gpt-6")) or not RESPONSES_FIELDS.isdisjoint(body)


def takes_no_temperature(model: str, effort: Optional[str]) -> bool:
    """Tell whether a model refuses every temperature but 1: gpt-5 and its kin, while they reason."""
    return model.startswith("gpt-5") and "chat" not in model and effort != "none"


def last_response(messages: Sequence[BaseMessage]) -> Tuple[int, Optional[str]]:
    """Give how many messages there are up to the last one that is a response, and its id; 0 and None without one."""
    for place in range(len(messages), 0, -1):
        response_id = messages[place - 1].response_metadata.get("id")
        if isinstance(response_id, str) and response_id.startswith("resp_"):
            return place, response_id
    return 0, None


def read_own_choice(choice: str, tools: Sequence[Any]) -> Any:
    """Give the dictionary for the name of a tool that is no plain function; any other word as it is."""
    for tool in tools:
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind in ("custom", "function"):
            inner = tool.get(kind)
            if (inner if isinstance(inner, dict) else tool).get("name") == choice:
                return {"type": kind, kind: {"name": choice}}
    return {"type": choice} if choice in BUILT_IN else choice


def with_extras(tool: Any, strict: Optional[bool]) -> Any:
    """Give a tool with what its `extras` say to OpenAI: that it is loaded late, or need not be waited for."""
    extras = getattr(tool, "extras", None)
    told = {name: extras[name] for name in TOOL_EXTRAS if name in extras} if isinstance(extras, dict) else {}
    if not told:
        return tool
    from ..utils.function_calling import convert_to_openai_tool

    return {**convert_to_openai_tool(tool, strict=strict), **told}


def to_responses(body: Dict[str, Any], stream: bool) -> None:
    """Put the fields of a request into the words of Responses, in place.

    Raises: `ConfigurationError` for a field that Responses does not have.
    """
    for name in NOT_HERE:
        if body.get(name) is not None and (name, body[name]) != ("n", 1):
            raise ConfigurationError(
                f"the Responses API has no {name}=; leave it out, or pass use_responses_api=False"
            )
        body.pop(name, None)
    for name in ("max_tokens", "max_completion_tokens"):
        if name in body:
            body["max_output_tokens"] = body.pop(name)
    effort = body.pop("reasoning_effort", None)
    if effort is not None:
        body["reasoning"] = {"effort": effort, **(body.get("reasoning") or {})}
    _drop(body)
    if body.pop("logprobs", None) and "message.output_text.logprobs" not in (body.get("include") or ()):
        body["include"] = [*(body.get("include") or ()), "message.output_text.logprobs"]
    body.pop("stream_usage", None)  # a response always counts its tokens
    if "stream_options" in body:
        told = {name: value for name, value in (body.pop("stream_options") or {}).items() if name != "include_usage"}
        body.update({"stream_options": told} if told else {})
    _add_text_settings(body)
    if body.get("tools"):
        body["tools"] = [_tool(tool, stream) for tool in body["tools"]]
    else:
        body.pop("tools", None)
    if "tool_choice" in body:
        body["tool_choice"] = _tool_choice(body["tool_choice"])


def _drop(body: Dict[str, Any]) -> None:
    """Drop what LangChain drops, with a warning."""
    left = []
    if body.pop("stop", None):
        left.append("stop")
    temperature = body.get("temperature")
    effort = (body.get("reasoning") or {}).get("effort")
    if temperature is not None and takes_no_temperature(body.get("model") or "", effort):
        del body["temperature"]
        left += ["temperature"] if temperature != 1 else []
    if left:
        import warnings

        warnings.warn(
            f"not sent, because the Responses API does not take it from this model: {', '.join(left)}", stacklevel=2
        )


def _add_text_settings(body: Dict[str, Any]) -> None:
    text = dict(body.get("text") or {})
    verbosity = body.pop("verbosity", None)
    if verbosity is not None:
        text["verbosity"] = verbosity
    wanted = body.pop("response_format", None)
    if wanted is not None:
        wanted = read_response_format(wanted, body.pop("strict", None))
        text["format"] = {"type": wanted["type"], **wanted.get("json_schema", {})}
    if text:
        body["text"] = text


def _tool(tool: JSON, stream: bool) -> JSON:
    """Give a tool in the flat form of Responses; those that OpenAI runs have one form only."""
    if tool.get("type") == "function" and isinstance(tool.get("function"), dict):
        beside = {name: value for name, value in tool.items() if name not in ("type", "function")}
        return {"type": "function", **tool["function"], **beside}
    if tool.get("type") == "custom" and isinstance(tool.get("custom"), dict):
        return {"type": "custom", **tool["custom"]}
    if tool.get("type") == "image_generation" and stream and "partial_images" not in tool:
        return {**tool, "partial_images": 1}  # OpenAI demands it of a stream; the partial images are not shown
    return tool


def _tool_choice(choice: JSON) -> JSON:
    if not isinstance(choice, dict):
        return choice
    inner = choice.get(choice.get("type", ""))  # Chat Completions nests what is chosen under its type
    if not isinstance(inner, dict):
        return choice
    flat = {"type": choice["type"], **inner}
    if choice["type"] == "allowed_tools" and isinstance(flat.get("tools"), list):
        flat["tools"] = [_tool_choice(tool) for tool in flat["tools"]]
    return flat
