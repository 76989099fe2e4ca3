"""Gemini's API, the way out: settings under LangChain's names as the fields of a request. Pure.

A field may be named as LangChain or Google's Python SDK name it (`max_output_tokens`) or as the wire does
(`maxOutputTokens`); it leaves as the wire's, in `generationConfig` or beside it. What the user wrote in the wire's own
objects (`generation_config`, `tool_config`, `thinking_config`) wins over single settings. Only what was set is sent:
LangChain adds temperature 0.7 and a candidate count.
Source: ai.google.dev, "Gemini API reference", GenerateContentRequest, GenerationConfig; google-genai 3.4 `types.py`;
langchain-google-genai 4.4.2, by running it; read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .gemini_parts import camel_case, is_gemini_3
from .gemini_request import encode_contents
from .gemini_tools import encode_tools, is_openapi, tool_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict

    from ..messages import BaseMessage

    JSON = Any

__all__ = ["encode_request"]

# Other words for the wire's fields.
ALIASES = {
    "stop": "stopSequences",
    "max_tokens": "maxOutputTokens",
    "n": "candidateCount",
    "reasoning_effort": "thinkingLevel",
}
IN_CONFIG = frozenset(
    "temperature topP topK candidateCount maxOutputTokens stopSequences seed presencePenalty frequencyPenalty "
    "responseMimeType responseSchema responseJsonSchema responseModalities responseLogprobs logprobs mediaResolution "
    "speechConfig imageConfig thinkingConfig enableEnhancedCivicAnswers audioTimestamp routingConfig "
    "modelSelectionConfig".split()
)
THINKING = ("includeThoughts", "thinkingBudget", "thinkingLevel")
VOICE = "Kore"  # what LangChain's TTS models speak with when nobody chose


def encode_request(messages: Sequence[BaseMessage], fields: Dict[str, JSON], *, model: str) -> JSON:
    """Give the body of a request for `messages`; `fields`: settings, under any of their names.

    Raises: `ConfigurationError` for settings that contradict each other or that Gemini does not have.
    """
    given = {camel_case(ALIASES.get(name, name)): value for name, value in fields.items() if value is not None}
    gemini_3 = is_gemini_3(model)
    system, contents = encode_contents(messages, gemini_3=gemini_3)
    body: Dict[str, JSON] = {"contents": contents}
    if system:
        body["systemInstruction"] = {"parts": system}
    _refuse(given)
    offered = given.pop("tools", None) or given.pop("functions", None) or []
    if given.pop("codeExecution", None):
        if offered:
            raise ConfigurationError("code_execution=True beside tools=; put {'code_execution': {}} among the tools")
        offered = [{"codeExecution": {}}]
    tools = encode_tools(offered)
    if tools:
        body["tools"] = tools
    choice, said = given.pop("toolChoice", None), given.pop("toolConfig", None)
    chosen = tool_config(choice, camel_keys(plain(said or {})), tools, gemini_3=gemini_3)
    if chosen:
        body["toolConfig"] = chosen
    config = _generation_config(given, model)
    if config:
        body["generationConfig"] = config
    if "safetySettings" in given:
        body["safetySettings"] = _safety_settings(given.pop("safetySettings"))
    for name, value in given.items():  # what is unknown goes as it is, and Google says what it thinks of it
        body[name] = plain(value)
    return body


def _refuse(given: Dict[str, JSON]) -> None:
    if given.pop("parallelToolCalls", None) is not None:
        raise ConfigurationError("Gemini has no parallel_tool_calls; it calls as many tools at once as it sees fit")
    given.pop("strict", None)  # a response's schema is always kept to


# -- generationConfig ----------------------------------------------------------------------


def _generation_config(given: Dict[str, JSON], model: str) -> Dict[str, JSON]:
    """Take the settings of `generationConfig` out of `given`."""
    _read_response_format(given)
    config = {name: given.pop(name) for name in [*given] if name in IN_CONFIG}
    thinking = camel_keys(plain(config.pop("thinkingConfig", None) or {}))
    thinking.update({name: given.pop(name) for name in THINKING if name in given})
    if thinking:
        config["thinkingConfig"] = _thinking(thinking)
    stop = config.get("stopSequences")
    if isinstance(stop, str):
        config["stopSequences"] = [stop]
    modalities = config.get("responseModalities")
    if modalities:
        config["responseModalities"] = [str(_word(one)).upper() for one in modalities]
    for name in ("speechConfig", "imageConfig"):
        if name in config:
            config[name] = camel_keys(plain(config[name]))
    if "mediaResolution" in config:
        config["mediaResolution"] = _word(config["mediaResolution"])
    _place_schema(config)
    config.update(camel_keys(plain(given.pop("generationConfig", None) or {}), deep=False))
    if model.endswith("-tts") or "-tts-" in model:  # such models have no other answer, and refuse to guess
        config.setdefault("responseModalities", ["AUDIO"])
        voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": VOICE}}}
        config.setdefault("speechConfig", voice)
    return config


def _thinking(thinking: Dict[str, JSON]) -> Dict[str, JSON]:
    if "thinkingLevel" in thinking and "thinkingBudget" in thinking:
        import warnings

        warnings.warn(
            "thinking_level and thinking_budget are both set, which Gemini refuses; the level is sent", stacklevel=2
        )
        del thinking["thinkingBudget"]
    return {name: _word(value) for name, value in thinking.items()}


def _read_response_format(given: Dict[str, JSON]) -> None:
    """Put OpenAI's `response_format` into Gemini's words."""
    wanted = given.pop("responseFormat", None)
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise ConfigurationError(
            f"response_format={wanted!r:.200} is none of OpenAI's; use response_mime_type= and response_json_schema="
        )
    if kind != "text":
        given.setdefault("responseMimeType", "application/json")
    if kind == "json_schema" and "schema" in wanted["json_schema"]:
        given.setdefault("responseJsonSchema", wanted["json_schema"]["schema"])


def _place_schema(config: Dict[str, JSON]) -> None:
    """Send a schema under the name that its dialect has; JSON is what comes, unless another type is set."""
    schema = config.pop("responseSchema", None)
    if "responseJsonSchema" not in config and schema is not None:
        as_it_is = is_openapi(schema) or config.get("responseMimeType") not in (None, "application/json")
        config["responseSchema" if as_it_is else "responseJsonSchema"] = schema
    if "responseJsonSchema" in config or "responseSchema" in config:
        config.setdefault("responseMimeType", "application/json")


# -- beside it -----------------------------------------------------------------------------


def _safety_settings(told: JSON) -> JSON:
    """Give the wire's list for LangChain's {category: threshold}, or for the list itself."""
    if isinstance(told, dict):
        return [{"category": _word(key), "threshold": _word(value)} for key, value in told.items()]
    if isinstance(told, (list, tuple)):
        return [camel_keys(plain(one)) for one in told]
    raise ConfigurationError(
        "safety_settings takes {category: threshold}, as {'HARM_CATEGORY_HARASSMENT': 'BLOCK_NONE'}, or a list of "
        "{'category': ..., 'threshold': ...}"
    )


def _word(value: JSON) -> JSON:
    """Give an enum's member of Google's SDK as the word it stands for."""
    value = getattr(value, "value", value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def plain(value: JSON) -> JSON:
    """Give objects of Google's SDK (pydantic's, and enums) as JSON."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if callable(getattr(value, "model_dump", None)):
        return value.model_dump(mode="json", exclude_none=True)
    return _word(value) if hasattr(value, "value") else value


def camel_keys(value: JSON, *, deep: bool = True) -> JSON:
    """Give `value` with its keys as the wire spells them; `deep`: at every depth."""
    if isinstance(value, dict):
        return {camel_case(key): camel_keys(item) if deep else item for key, item in value.items()}
    if isinstance(value, list):
        return [camel_keys(item) for item in value]
    return value
