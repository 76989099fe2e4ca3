"""What OpenAI's chat completions endpoint refuses, from the outside in: body, parameters, how they go together.

Messages are judged in `messages`, tools and schemas in `tools`. The first fault found is the answer, as
there. Sources: error bodies quoted in public issue threads, named beside each row; where no wording was found the
row says so and uses the nearest known sentence.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple

from ..replies import tokens
from . import messages, tools
from .errors import Refused, above, below, missing, unknown_value, wrong_type
from .models import Model, find
from .outcomes import MALFORMED

__all__ = ["check_chat", "prompt_tokens"]


class Rule(NamedTuple):
    """What a parameter may be. `nullable`: null counts as absent."""

    kind: str
    low: Optional[float] = None
    high: Optional[float] = None
    values: Sequence[str] = ()
    nullable: bool = True


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
RULES: Dict[str, Rule] = {
    "model": Rule("a string", nullable=False),
    "messages": Rule("an array of objects", nullable=False),
    "audio": Rule("an object"),
    "frequency_penalty": Rule("a decimal", -2, 2),
    "function_call": Rule("any"),
    "functions": Rule("an array of objects", nullable=False),
    "logit_bias": Rule("an object"),
    "logprobs": Rule("a boolean"),
    "max_completion_tokens": Rule("an integer", 1),
    "max_tokens": Rule("an integer", 1),
    "metadata": Rule("an object"),
    "modalities": Rule("an array of strings"),
    "moderation": Rule("an object"),
    "n": Rule("an integer", 1, 128),
    "parallel_tool_calls": Rule("a boolean", nullable=False),  # null is refused: IBM/unitxt#1193
    "prediction": Rule("an object"),
    "presence_penalty": Rule("a decimal", -2, 2),
    "prompt_cache_key": Rule("a string"),
    "prompt_cache_options": Rule("an object"),
    "prompt_cache_retention": Rule("a string", values=("in_memory", "24h")),
    "reasoning_effort": Rule("a string", values=EFFORTS),
    "response_format": Rule("an object"),  # null is taken: recording at-prompt-builder-…-56079ed4
    "safety_identifier": Rule("a string"),
    "seed": Rule("an integer", -(2**63), 2**63 - 1),
    "service_tier": Rule("a string", values=("auto", "default", "flex", "scale", "priority", "fast")),
    "stop": Rule("any"),
    "store": Rule("a boolean"),
    "stream": Rule("a boolean"),
    "stream_options": Rule("an object"),
    "temperature": Rule("a decimal", 0, 2),
    "tool_choice": Rule("any", nullable=False),
    "tools": Rule("an array of objects", nullable=False),
    "top_logprobs": Rule("an integer", 0, 20),
    "top_p": Rule("a decimal", 0, 1),
    "user": Rule("a string"),
    "verbosity": Rule("a string", values=("low", "medium", "high")),
    "web_search_options": Rule("an object"),
}
KINDS: Dict[str, Callable[[Any], bool]] = {
    "a string": lambda value: isinstance(value, str),
    "a boolean": lambda value: isinstance(value, bool),
    "an integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "a decimal": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "an object": lambda value: isinstance(value, dict),
    "an array of objects": lambda value: isinstance(value, list),
    "an array of strings": lambda value: isinstance(value, list),
    "any": lambda value: True,
}
UNSUPPORTED_WHEN_THINKING = ("top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias")


def check_chat(body: Any, *, any_name: bool = False) -> Tuple[Model, int]:
    """Judge the body of `POST /chat/completions`; give its model and the count of its tokens.

    With `any_name` the model may be called anything.

    Raises: Refused with OpenAI's own words for the first fault.
    """
    if not isinstance(body, dict):
        # No wording found for a body that is JSON but no object; the gateway's sentence for unreadable JSON is used.
        raise Refused(MALFORMED, gateway=True)
    name = body.get("model")
    if name is None or name == "":
        raise Refused("you must provide a model parameter", gateway=True)  # danielmiessler/Fabric#239
    if not isinstance(name, str):
        raise wrong_type("model", "a string", name)
    model = find(name, any_name=any_name)
    if model is None:  # recording test-model-name-suggestion-openai-chat
        raise Refused(
            f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found", status=404
        )
    _check_names(body, model)
    for key, value in body.items():
        _check_parameter(key, value, RULES[key])
    if "messages" not in body:
        raise missing("messages")
    _check_model_support(body, model)
    messages.check(body["messages"])
    tools.check(body)
    _check_together(body)
    return model, _check_lengths(body, model)


def _check_names(body: Dict[str, Any], model: Model) -> None:
    unknown = [key for key in body if key not in RULES]
    if body.get("reasoning_effort") is not None and model.ordinary and not model.reasons:
        unknown.append("reasoning_effort")  # coroot/coroot#698; null is taken: OpenAI-sublime-text#146
    if not unknown:
        return
    if model.reasons:
        # So say the models that reason, of the first: teabranch/open-responses-server#41 (o4-mini, the whole body),
        # 64bit/async-openai#386 (o3-mini), openai-php/client#645 (gpt-5-mini).
        # One report has it of gpt-4.1 (a comment in spring-projects/spring-ai#5197).
        raise Refused(f"Unknown parameter: '{unknown[0]}'.", param=unknown[0], code="unknown_parameter")
    # And so the others, of all: davidmigloz/langchain_dart#712 (gpt-4o-mini), yuanjua/chiken#21 and
    # TutteInstitute/toponymy#148 of May 2026; several: tbxark/ChatGPT-Telegram-Workers#5.
    plural = "s" if len(unknown) > 1 else ""
    raise Refused(f"Unrecognized request argument{plural} supplied: {', '.join(sorted(unknown))}", gateway=True)


def _check_parameter(name: str, value: Any, rule: Rule) -> None:
    if value is None and rule.nullable:
        return
    if not KINDS[rule.kind](value):
        raise wrong_type(name, rule.kind, value)
    if rule.low is not None or rule.high is not None:
        kind = "integer" if rule.kind == "an integer" else "decimal"
        if rule.low is not None and value < rule.low:
            raise below(name, value, rule.low, kind)
        if rule.high is not None and value > rule.high:
            raise above(name, value, rule.high, kind)
    if rule.values and value not in rule.values:
        raise unknown_value(name, value, rule.values)
    special = SPECIAL.get(name)
    if special is not None:
        special(value)


def _check_stop(value: Any) -> None:
    if isinstance(value, str):
        return
    if not isinstance(value, list):
        raise wrong_type("stop", "one of a string or array of strings", value)
    for place, item in enumerate(value):
        if not isinstance(item, str):
            raise wrong_type(f"stop[{place}]", "a string", item)
    if len(value) > 4:  # continuedev/continue#2461
        raise Refused(
            f"Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length "
            f"{len(value)} instead.",
            param="stop",
            code="array_above_max_length",
        )


def _check_stream_options(value: Dict[str, Any]) -> None:
    for key, item in value.items():
        if key not in ("include_usage", "include_obfuscation"):
            raise Refused(
                f"Unknown parameter: 'stream_options.{key}'.", param=f"stream_options.{key}", code="unknown_parameter"
            )
        if not isinstance(item, bool):
            raise wrong_type(f"stream_options.{key}", "a boolean", item)


def _check_logit_bias(value: Dict[str, Any]) -> None:
    for key, bias in value.items():
        if not KINDS["a decimal"](bias):
            raise wrong_type(f"logit_bias.{key}", "a decimal", bias)
        if not -100 <= bias <= 100:
            raise (below if bias < 0 else above)(f"logit_bias.{key}", bias, -100 if bias < 0 else 100, "decimal")


def _check_modalities(value: Any) -> None:
    for place, item in enumerate(value):
        if item not in ("text", "audio"):
            raise unknown_value(f"modalities[{place}]", item, ("text", "audio"))


def _check_audio(value: Dict[str, Any]) -> None:
    for key in ("voice", "format"):
        if key not in value:
            raise missing(f"audio.{key}")
    formats = ("wav", "aac", "mp3", "flac", "opus", "pcm16")
    if value["format"] not in formats:
        raise unknown_value("audio.format", value["format"], formats)


SPECIAL: Dict[str, Callable[[Any], None]] = {
    "stop": _check_stop,
    "stream_options": _check_stream_options,
    "logit_bias": _check_logit_bias,
    "modalities": _check_modalities,
    "audio": _check_audio,
}


def _check_model_support(body: Dict[str, Any], model: Model) -> None:
    if not model.reasons:
        return
    if body.get("max_tokens") is not None:  # FoundationAgents/OpenManus#555
        raise Refused(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    if not model.thinks(body.get("reasoning_effort")):
        return
    temperature = body.get("temperature")
    if temperature is not None and temperature != 1:
        if model.name in ("o1", "o3-mini") or model.name.startswith(("o1-2", "o3-mini-")):  # npiv/chatblade#100
            raise _unsupported("temperature")
        raise Refused(  # johny-b/llmcomp#69
            f"Unsupported value: 'temperature' does not support {temperature} with this model. Only the default (1) "
            "value is supported.",
            param="temperature",
            code="unsupported_value",
        )
    for name in UNSUPPORTED_WHEN_THINKING:
        value = body.get(name)
        if value is not None and value is not False and not (name == "top_p" and value == 1) and value != {}:
            if name in ("presence_penalty", "frequency_penalty") and value == 0:
                continue
            raise _unsupported(name)


def _unsupported(name: str) -> Refused:
    return Refused(
        f"Unsupported parameter: '{name}' is not supported with this model.", param=name, code="unsupported_parameter"
    )


def _check_together(body: Dict[str, Any]) -> None:
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:  # wording from memory
        raise Refused(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    if body.get("stream_options") is not None and not body.get("stream"):  # lobehub/lobehub#6735
        raise _only_when("stream_options", "stream")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):  # IBM/unitxt#1193
        raise _only_when("top_logprobs", "logprobs")
    if "audio" in (body.get("modalities") or ()) and body.get("audio") is None:
        raise missing("audio")  # no wording found
    wanted = (body.get("response_format") or {}).get("type")
    if wanted == "json_object" and not messages.mention_json(body["messages"]):  # mem0ai/mem0#3008
        raise Refused(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )


def _only_when(name: str, other: str) -> Refused:
    return Refused(f"The '{name}' parameter is only allowed when '{other}' is enabled.", param=name)


def _check_lengths(body: Dict[str, Any], model: Model) -> int:
    """Judge the sizes, and give the count of the tokens asked."""
    for name in ("max_tokens", "max_completion_tokens"):
        asked = body.get(name)
        if asked is not None and asked > model.completion:  # diffbot/code-gpt-docs#284; the code from memory
            raise Refused(
                f"{name} is too large: {asked}. This model supports at most {model.completion} completion tokens, "
                f"whereas you provided {asked}.",
                param=name,
                code="invalid_value",
            )
    used = prompt_tokens(body)
    if used > model.context:  # Nutlope/aicommits#259
        raise Refused(
            f"This model's maximum context length is {model.context} tokens. However, your messages resulted in "
            f"{used} tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )
    return used


def prompt_tokens(body: Dict[str, Any]) -> int:
    """Count the tokens of a request's messages and tools; never 0."""
    total = 3
    for message in body["messages"]:
        total += 3
        for key, value in message.items():
            if value is not None and key != "role":
                total += tokens.count(value) if isinstance(value, str) else tokens.count_chat(value)
    for key in ("tools", "functions", "response_format"):
        if body.get(key):
            total += 4 + tokens.count_chat(body[key])
    return total
