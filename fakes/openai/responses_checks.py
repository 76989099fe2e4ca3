"""What `POST /v1/responses` refuses, in the order in which OpenAI looks: model, names, parameters, state, abilities.

Input items are judged in `responses_input`, tools and formats in `responses_tools`. Order and sentences are those that
kangminlee-maker/local-OAuth-CLI-API-adapter measured at the API itself on 2026-08-30 and 31
(docs/conformance-matrix.md and test/openai-responses-validation-parity.test.mjs), below called "measured"; a row from
elsewhere names its source. Null counts as absent for every parameter but `model` and `input`.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from . import responses_input, responses_tools
from .checks import KINDS
from .errors import Refused, above, below, kind_of, missing, unknown_value
from .models import Model, find
from .outcomes import MALFORMED

__all__ = ["check_abilities", "check_request"]

Judge = Callable[[Any, str], None]
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# Beginning of the model's name -> the efforts it takes. First match wins. Measured for gpt-5.6; gpt-5.4 and gpt-5.5:
# quoted with these values in several clients' sources and tests; the rest from memory.
MODEL_EFFORTS = (
    ("gpt-5.6", ("none", "low", "medium", "high", "xhigh", "max")),
    ("gpt-5.5", ("none", "low", "medium", "high", "xhigh")),
    ("gpt-5.4", ("none", "low", "medium", "high", "xhigh")),
    ("gpt-5.1", ("none", "low", "medium", "high")),
    ("gpt-5.", EFFORTS),
    ("gpt-5", ("minimal", "low", "medium", "high")),
    ("o", ("low", "medium", "high")),
)
LONGEST_INPUT = 10_485_760  # characters
MOVED = (
    "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the "
    "new parameter. See the API documentation for more information: "
    "https://platform.openai.com/docs/api-reference/responses/create."
)


def check_request(body: Any, *, any_name: bool = False) -> Model:
    """Judge everything that needs no memory, and give the model; with `any_name` it may be called anything.

    Raises: Refused with OpenAI's own words for the first fault.
    """
    if not isinstance(body, dict):  # no wording found for JSON that is no object; the gateway's own for unreadable JSON
        raise Refused(MALFORMED, gateway=True)
    model = _check_model(body, any_name)
    if "input" not in body:
        raise missing("input")
    for key in body:
        if key not in PARAMETERS:
            raise _unknown(key, body)
    for name, judge in PARAMETERS.items():
        value = body.get(name)
        if name in body and (value is not None or name == "input"):
            judge(value, name)
    responses_tools.check_choice(body)
    return model


def _check_model(body: Dict[str, Any], any_name: bool) -> Model:
    if "model" not in body:
        raise missing("model")
    name = body["model"]
    if not isinstance(name, str):
        raise _wrong(name, "model", "a string", null="an object")
    model = find(name, any_name=any_name) if name else None
    if model is None and name == "":
        raise Refused("The requested model '' does not exist.", param="model", code="model_not_found")
    if model is None:
        # openai/codex#43543. The same key may instead get the 400 above: recording test-responses-create-api-error-…
        raise Refused(
            f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found", status=404
        )
    return model


def _unknown(key: str, body: Dict[str, Any]) -> Refused:
    """Say that a parameter is not known, and which known one may be meant: at most two changes away, nearest first."""
    if key == "messages":
        return Refused(MOVED, code="unsupported_parameter")
    near = [(_distance(key, name), name) for name in PARAMETERS if name not in body and abs(len(name) - len(key)) < 3]
    meant = [f"'{name}'" for distance, name in sorted(near) if distance < 3]
    hint = f" Did you mean {' or '.join(meant[:2])}?" if meant else ""
    return Refused(f"Unknown parameter: '{key}'.{hint}", param=key, code="unknown_parameter")


def _distance(one: str, other: str) -> int:
    """Count the letters to insert, drop or change to get from one word to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        previous, row[0] = row[0], place
        for column, counterpart in enumerate(other, 1):
            cost = previous + (letter != counterpart)
            previous, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, cost)
    return row[-1]


def _wrong(value: Any, param: str, expected: str, *, null: str = "null") -> Refused:
    """Say that a value is of the wrong kind; `model` and `input` call null an object (measured)."""
    got = null if value is None else kind_of(value)
    return Refused(
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param=param, code="invalid_type"
    )


def _kind(kind: str, low: Optional[float] = None, high: Optional[float] = None) -> Judge:
    """Make the judge of a simple parameter."""

    def judge(value: Any, name: str) -> None:
        if not KINDS[kind](value):
            raise _wrong(value, name, kind)
        word = "integer" if kind == "an integer" else "decimal"
        if low is not None and value < low:
            raise below(name, value, low, word)
        if high is not None and value > high:
            raise above(name, value, high, word)

    return judge


def _one_of(*values: str) -> Judge:
    def judge(value: Any, name: str) -> None:
        if not isinstance(value, str):
            raise _wrong(value, name, "one of " + _either(values))
        if value not in values:
            raise unknown_value(name, value, values)

    return judge


def _either(values: Tuple[str, ...]) -> str:
    quoted = [f"'{value}'" for value in values]
    return " or ".join(quoted) if len(quoted) < 3 else ", ".join(quoted[:-1]) + ", or " + quoted[-1]


def _members(known: Dict[str, Judge], *, required: Tuple[str, ...] = ()) -> Judge:
    """Make the judge of an object whose members are known."""

    def judge(value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(value, name, "an object")
        for key in value:
            if key not in known:
                raise Refused(f"Unknown parameter: '{name}.{key}'.", param=f"{name}.{key}", code="unknown_parameter")
        for key in required:
            if value.get(key) is None:
                raise missing(f"{name}.{key}")
        for key, member in known.items():
            if value.get(key) is not None:
                member(value[key], f"{name}.{key}")

    return judge


def _input(value: Any, name: str) -> None:
    if value is None:
        raise _wrong(value, name, "a string", null="an object")
    if isinstance(value, str):
        if len(value) > LONGEST_INPUT:  # the sentence with this length: many threads; from memory here
            raise responses_input.too_long(name, len(value), LONGEST_INPUT)
    elif isinstance(value, list):
        responses_input.check(value)
    else:
        raise _wrong(value, name, "one of a string or array of input items")


def _previous(value: Any, name: str) -> None:
    if not isinstance(value, str):
        raise _wrong(value, name, "a string")
    responses_input.check_id(value, name, "resp")  # ProjectTech4DevAI/kaapi-backend#317


def _include(value: Any, name: str) -> None:
    if not isinstance(value, list):
        short = tuple(f"{item[:3]}...{item[-3:]}" for item in INCLUDABLE)
        raise _wrong(value, name, "an array of one of " + _either(short))
    for place, item in enumerate(value):
        if not isinstance(item, str):  # no wording found for this one
            raise _wrong(item, f"{name}[{place}]", "one of " + _either(INCLUDABLE))
        if item not in INCLUDABLE:
            raise unknown_value(f"{name}[{place}]", item, INCLUDABLE)


def _metadata(value: Any, name: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(value, name, "a metadata object")
    if len(value) > 16:
        raise Refused(
            f"Invalid '{name}': too many properties. Expected an object with at most 16 properties, but got an object "
            f"with {len(value)} properties instead.",
            param=name,
            code="object_above_max_properties",
        )
    for key, item in value.items():
        if not isinstance(item, str):
            raise _wrong(item, f"{name}.{key}", "a string")
        if len(key) > 64:  # the code is measured, the sentence is not told
            raise Refused(
                f"Invalid property name in '{name}': '{key[:3]}...{key[-3:]}' is too long. Expected a name with "
                f"maximum length 64, but got a name with length {len(key)} instead.",
                param=f"{name}.{key}",
                code="property_name_above_max_length",
            )
        if len(item) > 512:
            raise responses_input.too_long(f"{name}.{key}", len(item), 512)


def _effort(value: Any, name: str) -> None:
    if isinstance(value, bool) or isinstance(value, (list, dict, float)):
        raise _wrong(value, name, f"one of one of {_either(EFFORTS)} or integer")
    if not isinstance(value, str):
        raise _wrong(value, name, "one of 'minimal', 'low', 'medium', or 'high'")
    if value not in EFFORTS:
        raise unknown_value(name, value, EFFORTS)


def _conversation(value: Any, name: str) -> None:
    if not isinstance(value, (str, dict)):  # no wording found
        raise _wrong(value, name, "one of a string or object")
    if isinstance(value, dict) and not isinstance(value.get("id"), str):
        raise missing(f"{name}.id")


def _any(value: Any, name: str) -> None:
    """Judged elsewhere, or not at all."""


_text = _kind("a string")
_flag = _kind("a boolean")
_object = _kind("an object")
# In the order in which faults are told (measured).
PARAMETERS: Dict[str, Judge] = {
    "model": _any,
    "input": _input,
    "previous_response_id": _previous,
    "prompt": _members({"id": _text, "version": _text, "variables": _object}, required=("id",)),
    "moderation": _members({"model": _text, "policy": _object}, required=("model",)),
    "include": _include,
    "tools": responses_tools.check_tools,
    "tool_choice": responses_tools.check_choice_shape,
    "metadata": _metadata,
    "text": responses_tools.check_text,
    "temperature": _kind("a decimal", 0, 2),
    "top_p": _kind("a decimal", 0, 1),
    "presence_penalty": _kind("a decimal", -2, 2),
    "frequency_penalty": _kind("a decimal", -2, 2),
    "parallel_tool_calls": _flag,
    "stream": _flag,
    "stream_options": _members({"include_obfuscation": _flag}),
    "background": _flag,
    "max_output_tokens": _kind("an integer", 16),
    "max_tool_calls": _kind("an integer", 1),
    "reasoning": _members(
        {
            "effort": _effort,
            "summary": _one_of("concise", "detailed", "auto"),
            "context": _one_of("auto", "current_turn", "all_turns"),  # values: openai 3.54.0 types/shared/reasoning.py
            "mode": _text,
        }
    ),
    "user": _text,
    "safety_identifier": _text,
    "prompt_cache_options": _members(
        {
            "mode": _one_of("implicit", "explicit"),
            "ttl": _one_of("30m", "12h"),
            "prewarm": _flag,
            "comparison_response_id": _text,
        }
    ),
    "prompt_cache_key": _text,
    "prompt_cache_retention": _one_of("in_memory", "24h"),
    "truncation": _one_of("auto", "disabled"),
    "instructions": _text,
    "store": _flag,
    "service_tier": _one_of("auto", "default", "fast", "flex", "priority"),
    "top_logprobs": _kind("an integer", 0, 20),
    "context_management": _kind("an array of objects"),
    "conversation": _conversation,
    "access_programs": _object,  # this and the rest: known to openai 3.54.0, never seen refused
    "background_options": _object,
    "image": _object,
}


def check_abilities(body: Dict[str, Any], model: Model) -> None:
    """Judge what a model cannot do; the last thing looked at (measured), and for a reasoning model most of it.

    Raises: Refused.
    """
    reasoning = body.get("reasoning") or {}
    effort = reasoning.get("effort")
    thinks = model.thinks(effort)
    for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty") if thinks else ():
        value = body.get(name)
        if value is not None and not (name == "temperature" and value == 1):
            raise Refused(f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
    for name in ("presence_penalty", "frequency_penalty"):  # measured on a reasoning model; taken to hold for all
        if body.get(name):
            raise Refused(f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
    include: List[str] = body.get("include") or []
    if model.ordinary and not model.reasons:
        for name in ("effort", "summary"):  # RageAgainstThePixel/OpenAI-DotNet#500
            if reasoning.get(name) is not None:
                raise Refused(
                    f"Unsupported parameter: 'reasoning.{name}' is not supported with this model.",
                    param=f"reasoning.{name}",
                    code="unsupported_parameter",
                )
        if "reasoning.encrypted_content" in include:  # pydantic/pydantic-ai#2865
            raise Refused("Encrypted content is not supported with this model.", param="include")
    for param in ("include", "top_logprobs") if thinks else ():
        asked = "message.output_text.logprobs" in include if param == "include" else body.get(param)
        if asked:
            raise Refused(
                "logprobs are not supported with reasoning models.", param=param, code="unsupported_parameter"
            )
    supported = next((values for prefix, values in MODEL_EFFORTS if model.name.startswith(prefix)), EFFORTS)
    if model.reasons and effort is not None and effort not in supported:
        listed = unknown_value("", effort, supported).message.partition(". ")[2]
        raise Refused(
            f"Unsupported value: '{effort}' is not supported with the '{model.name}' model. {listed}",
            param="reasoning.effort",
            code="unsupported_value",
        )
    if body.get("prompt_cache_retention") == "in_memory" and model.name.startswith(("gpt-5.5", "gpt-5.6")):
        raise Refused(
            "This model is compatible only with 24h extended prompt caching",
            param="prompt_cache_retention",
            code="invalid_parameter",
        )
