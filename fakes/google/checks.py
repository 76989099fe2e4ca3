"""What `generateContent` refuses, from the outside in: the JSON, each field, the fields together, the model's limits.

Three layers, as the real answers show them: the JSON reader (`proto`: "Invalid JSON payload received. …" and "Invalid
value at …", with field violations), the request validator ("* GenerateContentRequest.…", a line per fault, no details)
and the model's own judgement (one sentence). Contents are judged in `contents`, tools and schemas in `tools`. Each row
names where its sentence was found; where none was found the row says so.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from ..replies import tokens
from . import contents, proto, tools
from .errors import Refused, unspecified
from .models import INPUT, Model

__all__ = ["check_count", "check_generate", "prompt_tokens"]

Fault = Tuple[str, str]
MIME_TYPES = ("text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum")
WRONG_MIME = (
    "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`."
)
CACHED = 2_048  # tokens that a `cachedContent` stands for here: the least that Gemini 2.5 caches


def check_generate(body: Any, model: Model, *, version: str) -> Dict[str, Any]:
    """Judge the body of `generateContent` and give it with its names in lowerCamelCase.

    Raises: Refused for the first layer that finds a fault, with all that the layer found.
    """
    request = proto.read(body, "GenerateContentRequest", version=version)
    config = request.get("generationConfig") or {}
    faults: List[Fault] = [
        *contents.shape_faults(request),
        *tools.shape_faults(request),
        *_config_faults(config),
    ]
    if faults:
        raise unspecified(faults)
    contents.check_turns(request, model)
    tools.check_together(request, model)
    _check_config(config, model)
    _check_cached(request)
    used = prompt_tokens(request)
    if used > INPUT:  # recording chat_real_error_scenarios_vertexai_…-9ad4da7a, the same sentence here
        raise Refused(f"The input token count ({used}) exceeds the maximum number of tokens allowed ({INPUT}).")
    return request


def check_count(body: Any, model: Model, *, version: str) -> Dict[str, Any]:
    """Judge the body of `countTokens` and give the request whose tokens are to be counted."""
    request = proto.read(body, "CountTokensRequest", version=version)
    inner = request.get("generateContentRequest")
    if inner is not None:
        if request.get("contents"):  # no wording found; the rule is in the API reference
            fault = ("contents", "must not be set together with generate_content_request.")
            raise unspecified([fault], "CountTokensRequest")
        request = inner
    faults = list(contents.shape_faults(request))
    if faults:  # google-gemini/gemini-cli#5575
        raise unspecified(faults, "CountTokensRequest")
    return request


def _config_faults(config: Dict[str, Any]) -> Iterator[Fault]:
    where = "generation_config"
    temperature = config.get("temperature")
    if temperature is not None and not 0 <= temperature <= 2:  # measured by several projects in August 2026
        yield f"{where}.temperature", "temperature must be in the range [0.0, 2.0]."
    top_p = config.get("topP")
    if top_p is not None and not 0 <= top_p <= 1:  # no wording found; as temperature
        yield f"{where}.top_p", "top_p must be in the range [0.0, 1.0]."
    if (config.get("topK") or 0) < 0:  # no wording found (0 is taken)
        yield f"{where}.top_k", "top_k must be non-negative."
    count = config.get("candidateCount")
    if count is not None and not 1 <= count <= 8:  # two projects' notes, there without the path
        yield f"{where}.candidate_count", "candidate_count must be in the range [1, 8]."
    room = config.get("maxOutputTokens")
    if room is not None and room <= 0:  # wording from memory
        yield f"{where}.max_output_tokens", "max_output_tokens must be positive."
    if len(config.get("stopSequences") or ()) > 5:  # continuedev/continue#2702
        yield f"{where}.stop_sequences", "the number of stop_sequences must not exceed 5."
    for name in ("presencePenalty", "frequencyPenalty"):
        if not -2 <= (config.get(name) or 0) < 2:  # no wording found; as temperature
            yield f"{where}.{proto.snake(name)}", f"{proto.snake(name)} must be in the range [-2.0, 2.0)."
    mime = config.get("responseMimeType") or "text/plain"
    if mime not in MIME_TYPES:  # quoted whole in public notes on a text-to-speech trial
        yield f"{where}.response_mime_type", WRONG_MIME
    schema = config.get("responseSchema")
    if schema is not None:
        yield from tools.schema_faults(schema, f"{where}.response_schema")
        if mime == "text/plain":  # no wording found; the rule is in the API reference
            yield f"{where}.response_schema", "only allowed when response_mime_type is not `text/plain`."
        if "responseJsonSchema" in config:  # no wording found; the rule is in the API reference
            yield f"{where}.response_json_schema", "must not be set together with response_schema."
    if config.get("responseJsonSchema") is not None and mime == "text/plain":  # as for response_schema
        yield f"{where}.response_json_schema", "only allowed when response_mime_type is not `text/plain`."


def _check_config(config: Dict[str, Any], model: Model) -> None:
    if (config.get("candidateCount") or 1) > 1 and model.new:  # googleapis/js-genai#1609
        raise Refused("Multiple candidates is not enabled for this model")
    if config.get("responseLogprobs") and model.generation is not None:  # googleapis/python-genai's replay tests
        raise Refused(f"Logprobs is not enabled for models/{model.name}")
    if set(config.get("responseModalities") or ()) - {"TEXT", "MODALITY_UNSPECIFIED"}:  # wording from memory
        raise Refused("This model only supports text output.")
    _check_thinking(config.get("thinkingConfig") or {}, model)


def _check_thinking(thinking: Dict[str, Any], model: Model) -> None:
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    if thinking and not model.can_think:  # lobehub/lobehub#7985
        raise Refused(f"Thinking is not enabled for models/{model.name}")
    if level is not None and budget is not None:  # quoted word for word in many projects
        raise Refused("You can only set only one of thinking budget and thinking level.")
    if level is not None and model.old:  # RooCodeInc/Roo-Code#10700, microsoft/vscode#334581
        raise Refused("Thinking level is not supported for this model.")
    if level == "MINIMAL" and model.pro:  # quoted word for word in many projects
        raise Refused("Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.")
    if budget is None or model.generation is None or budget == -1:
        return
    if budget == 0 and model.pro:  # vercel/ai#8027 (a picture), word for word in many projects
        raise Refused("Budget 0 is invalid. This model only works in thinking mode.")
    low, high = model.budgets
    if budget != 0 and not low <= budget <= high:  # measured by several projects, 2026
        raise Refused(f"The thinking budget {budget} is invalid. Please choose a value between {low} and {high}.")


def _check_cached(request: Dict[str, Any]) -> None:
    name = request.get("cachedContent")
    if not name:
        return
    if not name.startswith("cachedContents/"):  # wording from memory
        raise Refused("CachedContent not found (or permission denied)", code=403)
    if any(request.get(key) for key in ("systemInstruction", "tools", "toolConfig")):  # wording from memory
        raise Refused(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
            "tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request."
        )


def prompt_tokens(request: Dict[str, Any]) -> int:
    """Count the tokens of a request's contents, instruction and tools; never 0."""
    total = 1 + (CACHED if request.get("cachedContent") else 0)
    system = request.get("systemInstruction")
    for content in [*(request.get("contents") or ()), *([system] if system else [])]:
        for part in content.get("parts") or ():
            total += _part_tokens(part)
    for function in tools.declarations(request):
        total += 4 + tokens.count_chat(function)
    return total


def _part_tokens(part: Dict[str, Any]) -> int:
    if "text" in part:
        return tokens.count(part["text"])
    if "inlineData" in part or "fileData" in part:
        return 258  # an image, and a page of a document (ai.google.dev/gemini-api/docs/tokens)
    return sum(tokens.count_chat(value) for key, value in part.items() if key != "thoughtSignature")
