"""OpenAI's Responses, the way back: a response's output items as one message. Pure.

A response is a list of items: messages with parts of text, thoughts, calls of functions, calls of tools that
OpenAI runs itself. LangChain's message has them all in its content, in their order and in the wire's own
words ("responses/v1"), the function calls in `tool_calls` as well. What this code does not know stands there
too, so that it goes back with the conversation.

Sources: openai 3.54 `types/responses/`; what langchain-openai 1.7.4 makes of the same responses, by running
it (tests/protocols/test_responses_against_langchain.py compares); both read 2026-11-23.
"""

from __future__ import annotations

import json

from ..messages.tool import parse_openai_tool_calls, tool_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..messages import UsageMetadata

    JSON = Any

__all__ = [
    "annotation_read",
    "custom_arguments",
    "logprobs_of",
    "message_fields",
    "metadata_of",
    "parsed_answer",
    "part_block",
    "text_of",
    "usage_metadata",
    "without_nulls",
]

# What of a response is told in `response_metadata`; the rest repeats the request. The last three are ours.
TOLD = (
    "id object created_at status incomplete_details metadata user model service_tier "
    "background conversation moderation"
).split()
# LangChain's name for a count, and OpenAI's.
INPUT_DETAILS = (("cache_read", "cached_tokens"), ("cache_creation", "cache_write_tokens"))
OUTPUT_DETAILS = (("reasoning", "reasoning_tokens"),)


def message_fields(reply: JSON, provider: str) -> Dict[str, Any]:
    """Give the fields of the message that a whole response is, its content in the form "responses/v1".

    Raises: KeyError, TypeError or AttributeError for what is no response.
    """
    content: List[JSON] = []
    calls: List[JSON] = []
    invalid: List[JSON] = []
    logprobs: List[JSON] = []
    for item in reply["output"]:
        kind = item["type"]
        if kind == "message":
            content += [part_block(part, item) for part in item["content"]]
            logprobs += logprobs_of(item)
            continue
        content.append(without_nulls(item))
        if kind == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            found, wrong = parse_openai_tool_calls([{"id": item["call_id"], "function": function}])
            calls += found
            invalid += [{**one, "error": one.get("error") or "the arguments are no JSON object"} for one in wrong]
        elif kind == "custom_tool_call":
            args = json.loads(custom_arguments(item["input"]))
            calls.append(tool_call(name=item["name"], args=args, id=item["call_id"]))
    fields: Dict[str, Any] = {"content": content, "id": reply.get("id")}
    if calls:
        fields["tool_calls"] = calls
    if invalid:
        fields["invalid_tool_calls"] = invalid
    fields["response_metadata"] = metadata_of(reply, provider)
    if logprobs:
        fields["response_metadata"]["logprobs"] = {"content": logprobs}
    if reply.get("usage"):
        fields["usage_metadata"] = usage_metadata(reply["usage"], reply.get("service_tier"))
    parsed = parsed_answer(reply)
    if parsed is not None:
        fields["additional_kwargs"] = {"parsed": parsed}
    return fields


def part_block(part: JSON, item: JSON) -> Dict[str, JSON]:
    """Give the content block of one part of a message item."""
    kind = part["type"]
    if kind == "output_text":
        annotations = [annotation_read(one) for one in part.get("annotations") or ()]
        block = {"type": "text", "text": text_of(part["text"]), "annotations": annotations}
    elif kind == "refusal":
        block = {"type": "refusal", "refusal": text_of(part["refusal"])}
    else:
        block = without_nulls(part)
    if item.get("id"):
        block["id"] = item["id"]
    if item.get("phase"):  # commentary or final_answer
        block["phase"] = item["phase"]
    return block


def annotation_read(annotation: JSON) -> Dict[str, JSON]:
    """Give an annotation as it may stand in a message: "index" there joins pieces, so it has another name."""
    if not isinstance(annotation, dict):
        raise TypeError("an annotation that is no object")
    if "index" not in annotation:
        return annotation
    return {("file_index" if name == "index" else name): value for name, value in annotation.items()}


def custom_arguments(text: JSON) -> str:
    """Give the text that a custom tool is called with as the arguments of a function, as LangChain has it."""
    return json.dumps({"__arg1": text_of(text)}, ensure_ascii=False)


def logprobs_of(item: JSON) -> List[JSON]:
    """Give the log probabilities of all tokens of a message item."""
    found: List[JSON] = []
    for part in item["content"]:
        found += part.get("logprobs") or ()
    return found


def without_nulls(value: JSON) -> JSON:
    """Copy a value without what is null in its objects: what is null in an item was not said."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def metadata_of(reply: JSON, provider: str) -> Dict[str, JSON]:
    """Give the `response_metadata` of a whole response; there is no finish_reason, but a status."""
    metadata = {name: without_nulls(reply[name]) for name in TOLD if reply.get(name) is not None}
    metadata["model_provider"] = provider
    metadata["model_name"] = reply.get("model")
    if reply.get("usage"):
        metadata["token_usage"] = reply["usage"]
    return metadata


def parsed_answer(reply: JSON) -> JSON:
    """Give the answer read as JSON, where the request demanded it to fit a schema; None where it is none."""
    asked = (reply.get("text") or {}).get("format") or {}
    if asked.get("type") != "json_schema":
        return None
    parts = [part for item in reply.get("output") or () for part in item.get("content") or ()]
    text = "".join(part["text"] for part in parts if part.get("type") == "output_text")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None  # cut off at the limit of tokens


def usage_metadata(usage: JSON, service_tier: Optional[str] = None) -> UsageMetadata:
    """Give LangChain's `usage_metadata` for a `usage` object; details only where they were sent.

    Raises: TypeError for counts that are no numbers.
    """
    told_in = _count(usage.get("input_tokens"))
    told_out = _count(usage.get("output_tokens"))
    # Tokens of these tiers are priced apart, so LangChain counts them under names of their own.
    tier = f"{service_tier}_" if service_tier in ("priority", "flex") else ""
    details_in = _details(usage.get("input_tokens_details"), tier, INPUT_DETAILS)
    details_out = _details(usage.get("output_tokens_details"), tier, OUTPUT_DETAILS)
    if tier:
        details_in[tier[:-1]] = told_in - details_in.get(f"{tier}cache_read", 0)
        details_out[tier[:-1]] = told_out - details_out.get(f"{tier}reasoning", 0)
    total = usage.get("total_tokens")
    return {
        "input_tokens": told_in,
        "output_tokens": told_out,
        "total_tokens": told_in + told_out if total is None else _count(total),
        "input_token_details": details_in,  # type: ignore[typeddict-item]  # with the tiers' own names
        "output_token_details": details_out,  # type: ignore[typeddict-item]
    }


def _details(told: JSON, tier: str, names: JSON) -> Dict[str, int]:
    counts = ((tier + name, (told or {}).get(field)) for name, field in names)
    return {name: _count(count) for name, count in counts if count is not None}


def _count(value: JSON) -> int:
    if value is None:
        return 0
    if not isinstance(value, int):
        raise TypeError(f"a {type(value).__name__} where a number of tokens is due")
    return value


def text_of(value: JSON) -> str:
    """Give a text. Raises: TypeError for anything else, which could not be added up."""
    if type(value) is not str:
        raise TypeError(f"a {type(value).__name__} where a text is due")
    return value
