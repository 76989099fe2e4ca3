"""The lesson on Anthropic's messages: what a request needs, what is refused, and what each event means."""

from __future__ import annotations

from typing import Any, Dict

from ..lessons import (
    STRICT_CITY,
    STRICT_REPORT,
    ISSUE,
    Lesson,
    Note,
    Wrong,
    asked,
    offered,
    with_field,
    without_field,
    without_header,
)

__all__ = ["lesson"]

SDK = "anthropic 2.12.0"
PARAMS = f"{SDK} types/message_create_params.py"
MESSAGE = f"{SDK} types/message.py"
STREAMING = "platform.claude.com/docs/en/build-with-claude/streaming"
LIMITS = "platform.claude.com/docs/en/api/rate-limits"
ERRORS = "platform.claude.com/docs/en/api/errors"
VERSIONS = "platform.claude.com/docs/en/api/versioning"
RECORDED = "recordings of August 2026"


def lesson(model: str, *, stream: bool) -> Lesson:
    """Give the lesson for a model's name."""
    body: Dict[str, Any] = {
        "model": model,
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": asked(model)}],
    }
    if model == "fake-think":
        body.update(max_tokens=2048, thinking={"type": "enabled", "budget_tokens": 1024})
    if offered(model):
        body["tools"] = [
            {"name": tool, "description": does, "input_schema": STRICT_CITY} for tool, does in offered(model)
        ]
    if model == "fake-json":
        body["output_config"] = {"format": {"type": "json_schema", "schema": STRICT_REPORT}}
    if stream:
        body["stream"] = True
    headers = {"x-api-key": "YOUR_KEY", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    return Lesson("/anthropic/v1/messages", headers, body, ON_HEADERS, ON_FIELDS, WRONG, ON_ANSWER_HEADERS, ON_EVENTS)


ON_HEADERS = (
    Note("(?i)^x-api-key", "The key, bare; a Bearer token in Authorization is taken too.", f"{SDK} _client.py"),
    Note("(?i)^anthropic-version", "Required: the date of the API's form, which a client fixes and never computes.",
         VERSIONS),
    Note("(?i)^content-type", "The body is JSON in UTF-8.", f"{SDK} _base_client.py"),
)  # fmt: skip
ON_FIELDS = (
    Note("^model$", "Required.", PARAMS),
    Note("^max_tokens$", "Required here, unlike elsewhere: where the answer is cut, thoughts included.", PARAMS),
    Note("^messages$", "Required, and not empty; user and assistant speak in turn, and the system prompt is a field "
         "of its own, `system`.", PARAMS),
    Note("^thinking$", "Asks for thoughts; the budget is at least 1024 tokens and less than max_tokens.", PARAMS),
    Note("^tools$", "Functions on offer; `input_schema` is a JSON schema of type object.", PARAMS),
    Note("^output_config$", "The answer is to be JSON that fits the schema; it comes as a text block all the same.",
         f"{SDK} types/output_config_param.py"),
    Note("^stream$", "Answer as server-sent events.", PARAMS),
)  # fmt: skip


def _system_first(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    body["messages"].insert(0, {"role": "system", "content": "Be brief."})


def _orphan(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "21 degrees"}
    body["messages"] = [{"role": "user", "content": [result]}]


def _unanswered(headers: Dict[str, str], body: Dict[str, Any]) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
    body["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": "And in Rome?"}]


WRONG = (
    Wrong("Without a key.", without_header("x-api-key"), ISSUE % ("n8n-io/n8n", 37930)),
    Wrong("Without a version.", without_header("anthropic-version"), ISSUE % ("PipedreamHQ/pipedream", 9697)),
    Wrong("Without max_tokens.", without_field("max_tokens"), PARAMS),
    Wrong("With the system prompt as the first message.", _system_first, PARAMS),
    Wrong("With a tool's result that answers no call.", _orphan, ISSUE % ("anthropics/claude-code", 18947)),
    Wrong("With a call that is not answered in the next message.", _unanswered,
          ISSUE % ("anthropics/claude-code", 8210)),
    Wrong("With a field of another provider's.",
          with_field("response_format", {"type": "json_object"}), ISSUE % ("Aider-AI/aider", 4404)),
    Wrong("With a model that is not there.",
          with_field("model", "no-such-model"), ISSUE % ("anthropics/anthropic-sdk-typescript", 690)),
)  # fmt: skip
ON_ANSWER_HEADERS = (
    Note("^content-type: text/event-stream", "Events, each with its name and one line of data, whose JSON may be "
         "padded with spaces.", STREAMING),
    Note("^content-type: application/json", "One JSON document.", RECORDED),
    Note("^anthropic-ratelimit-input-tokens-limit", "What may be read per minute; the three below are for what is "
         "written, for requests, and for tokens in all.", LIMITS),
    Note("^anthropic-ratelimit-input-tokens-remaining", "What is left of it: a client can slow down before it is "
         "refused.", LIMITS),
    Note("^anthropic-ratelimit-input-tokens-reset", "When it is full again, as a time (RFC 3339) and not a number of "
         "seconds.", LIMITS),
    Note("^retry-after", "Wait so many seconds before the next try.", LIMITS),
    Note("^request-id", "Worth logging: it is what support asks for; errors have it in their body too.", ERRORS),
)  # fmt: skip
ON_EVENTS = (
    Note("^event: message_start", "The message opens: id, model, no content yet, and the tokens read; the whole "
         "prompt is input_tokens and both cache counts together.", f"{SDK} types/raw_message_start_event.py"),
    Note('^event: content_block_start\ndata: .*"type":"thinking"', "A block of thoughts opens at its index.",
         f"{SDK} types/raw_content_block_start_event.py"),
    Note('^event: content_block_start\ndata: .*"type":"tool_use"', "A call opens: the id to answer it by, its name, "
         "and an input that is empty until the pieces come.", f"{SDK} types/raw_content_block_start_event.py"),
    Note("^event: content_block_start", "A block of the content opens at its index; blocks come one after the other, "
         "and their order is to be kept.", f"{SDK} types/raw_content_block_start_event.py"),
    Note("^event: ping", "A sign of life, anywhere in the stream, to be passed over as is every event whose name is "
         "not known.", STREAMING),
    Note('"text_delta"', "A piece of the text, to be appended to its block.", f"{SDK} types/text_delta.py"),
    Note('"thinking_delta"', "A piece of the thoughts.", f"{SDK} types/thinking_delta.py"),
    Note('"signature_delta"', "The signature of the thoughts, whole and last: it goes back with them unchanged in the "
         "next request, or they are refused.", f"{SDK} types/signature_delta.py"),
    Note('"input_json_delta","partial_json":""', "The first piece of a call's input is usually empty; an input of "
         "which nothing more comes is {}.", RECORDED),
    Note('"input_json_delta"', "The input goes on: pieces of JSON text to be joined, and read only when the block "
         "stops.", f"{SDK} types/input_json_delta.py"),
    Note("^event: content_block_stop", "The block is complete, so its JSON may be read now.",
         f"{SDK} types/raw_content_block_stop_event.py"),
    Note('^event: message_delta\ndata: .*"stop_reason":"refusal"', "The model declined: what came before is not to be "
         "taken for an answer, and stop_details says why.", f"{SDK} types/refusal_stop_details.py"),
    Note("^event: message_delta", "Why it ended (end_turn, max_tokens, stop_sequence, tool_use, pause_turn, refusal), "
         "and the usage so far, which replaces the one before and is not added to it.",
         f"{SDK} types/raw_message_delta_event.py"),
    Note("^event: message_stop", "The end; a stream that stops without it was cut off, and there is no [DONE].",
         STREAMING),
    Note("^event: error", "It failed in the middle, though the status was 200: raise, and do not keep the pieces.",
         STREAMING),
    Note('"type":"error"', "A refusal: decide by the status and error.type, since the message is for people.", ERRORS),
    Note('^{"model".*"stop_reason":"refusal"', "The answer whole, and declined: stop_details says why.",
         f"{SDK} types/refusal_stop_details.py"),
    Note('^{"model"', "The answer whole: a list of content blocks, why it ended, and the usage.", MESSAGE),
)  # fmt: skip
